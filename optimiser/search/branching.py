"""Branching on the small relaxation beside the search: decisions on sites, then a bound on every plan.

1. Over the sites and the years in which beds may go, with heuristics: what runs when, for the search to make
   a plan of. What is proven on the way bounds every plan too.
2. Over all that is counted in whole numbers, without heuristics: the cuts and branches raise the bound.
"""

from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace
from threading import Event
from typing import NamedTuple

import numpy as np
from scipy.sparse import csr_array

from optimiser.model.model import Arrays, Floats, Model
from optimiser.model.variables import column_ids
from optimiser.search.aggregation import Aggregate
from optimiser.search.reduced_model import ReducedModel
from optimiser.search.relaxation import Indices, Relaxation
from optimiser.solver.highs import LinearModel, Solution
from optimiser.solver.limits import Clock, Limits

FINE = 0.25
"""Part of the asked gap to which each of the two searches goes."""

SITES_SHARE = 0.3
"""Part of the seconds left that decisions on sites may take."""

SITES_NODES, BOUND_NODES = 20, 50
"""Nodes for sites and for the bound where work is counted."""


class Decided(NamedTuple):
    """Decisions of the small model: running sites (site and tier, year), years in which beds go, cost."""

    objective: float
    runs: Floats
    closing: Floats


class Branching:
    """Branching on the small relaxation at some prices: in a thread, or in turn where work is counted.

    The search that it belongs to reads `bound` and `decided` whenever it likes.
    """

    def __init__(self, model: Model, prices: Floats, limits: Limits, clock: Clock) -> None:
        self.bound = -np.inf
        self.decided: Decided | None = None
        self._model, self._limits, self._clock = model, limits, clock
        self._relaxation = Relaxation.of(model)
        self._small = self._relaxation.at(prices)
        self._stop, self._thread = Event(), ThreadPoolExecutor(max_workers=1)
        self._branching: Future[None] | None = None

    def begin(self) -> None:
        """Branch, in turn where work is counted: the order of events must not matter."""
        if np.isfinite(self._limits.work.left):
            self._branch()
        else:
            self._branching = self._thread.submit(self._branch)

    def relaxed(self) -> tuple[ReducedModel, Solution]:
        """Return the small relaxation in a solver of its own, to settle sites in, and its solution."""
        structure, small = self._relaxation.structure, self._small
        program = LinearModel(small, np.arange(len(small.cost), dtype=np.int32), self._limits)
        # nothing is shared out: what it says of people is of no neighbourhood
        nothing = csr_array((len(structure.column_of), len(small.cost)))
        merged = Aggregate(small, nothing, structure.column_of, structure.row_of)
        solution = program.relax(interior=True, seconds=self._clock.left)
        if solution.outcome == "optimal":
            self.bound = max(self.bound, solution.objective)
        return ReducedModel(merged, program, self._relaxation.sites), solution

    def wait(self) -> None:
        """Wait until there is nothing left to branch on, or no time."""
        if self._branching is not None:
            self._branching.result()

    def end(self) -> None:
        """Stop branching; what went wrong in it is raised here."""
        self._stop.set()
        self._thread.shutdown()
        if self._branching is not None:
            self._branching.result()

    def _branch(self) -> None:
        small, operating = self._small, self._relaxation.sites.operating
        x, column_of = self._model.decisions, self._relaxation.structure.column_of
        closing = column_of[column_ids(x.closing)]
        settled = np.concatenate([operating.ravel(), closing, column_of[column_ids(x.grows)]])
        self._over_sites(small, settled, operating, closing)
        if not self._stop.is_set() and self._clock.left > 0.0:
            program = self._program(small)
            program.prefer_branching()
            self._search(program, small, self._clock.left, BOUND_NODES)

    def _over_sites(self, small: Arrays, settled: Indices, operating: Indices, closing: Indices) -> None:
        """Search over what is settled first, and keep the best decisions."""
        first = np.zeros(len(small.cost), dtype=bool)
        first[settled] = True
        program = self._program(replace(small, integer=small.integer & first))

        def keep(cost: float, values: Floats) -> None:
            runs, going = values[operating].round(), values[closing].round()
            self.decided = Decided(cost + small.constant, runs, going)

        program.hear_solutions(keep)
        self._search(program, small, SITES_SHARE * self._clock.left, SITES_NODES)

    def _program(self, small: Arrays) -> LinearModel:
        limits = replace(self._limits, stop=self._stop)
        return LinearModel(small, np.arange(len(small.cost), dtype=np.int32), limits)

    def _search(self, program: LinearModel, small: Arrays, seconds: float, nodes: int) -> None:
        def hear(_: float, bound: float) -> None:
            if np.isfinite(bound):
                self.bound = max(self.bound, bound + small.constant)

        most = nodes if np.isfinite(self._limits.work.left) else None
        gap = FINE * self._limits.gap
        ended = program.search(gap=gap, seconds=seconds, start=None, progress=hear, nodes=most)
        if np.isfinite(ended.bound):
            self.bound = max(self.bound, ended.bound)
