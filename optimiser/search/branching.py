"""Branching on the small relaxation beside the search: decisions on sites, then a bound on every plan.

1. Over the sites and the years in which beds may go, with heuristics: what runs when, for the search to make
   a plan of. Limits are tightened: in fractions of a place all room would be used, and none left to round.
2. Where that has found nothing by the time the search has settled sites by itself: near those, over the
   sites on which they and the relaxation disagree (RINS; Danna, Rothberg and Le Pape 2005).
3. Over all that is counted in whole numbers, without heuristics: the cuts and branches raise the bound.
"""

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace
from threading import Event
from typing import NamedTuple

import numpy as np
from scipy.sparse import csr_array

from optimiser.model.model import Arrays, Floats, Model
from optimiser.model.variables import column_ids
from optimiser.search.aggregation import Aggregate
from optimiser.search.reduced_model import WORTH_TAKING, ReducedModel
from optimiser.search.relaxation import Indices, Relaxation
from optimiser.search.rounding import tightened
from optimiser.solver.highs import LinearModel, Solution
from optimiser.solver.limits import Clock, Limits

FINE = 0.25
"""Part of the asked gap to which each of the two searches goes."""

SITES_SHARE = 0.3
"""Part of the seconds left that decisions on sites may take."""

SITES_NODES, BOUND_NODES = 20, 50
"""Nodes for sites and for the bound where work is counted."""

AGREED = 0.3
"""Difference in use up to which a site runs in the relaxation as it was settled, and is left at that."""


type Heard = Callable[[float, float], None]
"""Hears incumbent and bound of a search, both without the constant."""


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
        self._tightened = tightened(model, self._small, self._relaxation.structure.row_of)
        self._stop, self._thread = Event(), ThreadPoolExecutor(max_workers=1)
        self._branching: Future[None] | None = None
        self._sites_stop, self._sites_ended = Event(), Event()
        self._begun_near: tuple[Floats, Floats] | None = None

    @property
    def sites_are_decided(self) -> bool:
        """Tell whether no more decisions on sites are to come."""
        return self._sites_ended.is_set()

    def begin(self) -> None:
        """Branch, in turn where work is counted: the order of events must not matter."""
        if np.isfinite(self._limits.work.left):
            self._branch()
        else:
            self._branching = self._thread.submit(self._branch)

    def relaxed(self) -> tuple[ReducedModel, Solution]:
        """Return the small relaxation, tightened, in a solver of its own, and its solution."""
        structure, small = self._relaxation.structure, self._tightened
        program = LinearModel(small, small.columns, self._limits)
        # nothing is shared out: what it says of people is of no neighbourhood
        nothing = csr_array((len(structure.column_of), len(small.cost)))
        merged = Aggregate(small, nothing, structure.column_of, structure.row_of)
        solution = program.relax(interior=True, seconds=self._clock.left)
        return ReducedModel(merged, program, self._relaxation.sites), solution

    def search_near(self, relaxed: Floats, settled: Floats) -> None:
        """Search for decisions on sites near settled ones (column), unless there are some already."""
        if self.decided is not None:
            return
        if np.isfinite(self._limits.work.left):
            self._rins(relaxed, settled)
        elif not self.sites_are_decided:
            self._begun_near = relaxed, settled
            self._sites_stop.set()

    def wait(self) -> None:
        """Wait until there is nothing left to branch on, or no time."""
        if self._branching is not None:
            self._branching.result()

    def end(self) -> None:
        """Stop branching; what went wrong in it is raised here."""
        self._stop.set()
        self._sites_stop.set()
        self._thread.shutdown()
        if self._branching is not None:
            self._branching.result()

    def _branch(self) -> None:
        root = self._program(self._small, self._stop).relax(interior=True, seconds=self._clock.left)
        if root.outcome == "optimal":
            self._hear(np.inf, root.objective - self._small.constant)
        try:
            self._over_sites()
            if self._begun_near is not None:
                self._rins(*self._begun_near)
        finally:
            self._sites_ended.set()
        if not self._stop.is_set() and self._clock.left > 0.0:
            program = self._program(self._small, self._stop)
            program.prefer_branching()
            self._search(program, self._clock.left, BOUND_NODES, self._hear)

    def _over_sites(self) -> None:
        """Search over what is settled first, and keep the best decisions."""
        grows = self._relaxation.structure.column_of[column_ids(self._model.decisions.grows)]
        first = np.zeros(len(self._tightened.cost), dtype=bool)
        first[np.concatenate([*self._settled, grows])] = True
        counted = replace(self._tightened, integer=self._tightened.integer & first)
        self._decide(self._program(counted, self._sites_stop))

    def _rins(self, relaxed: Floats, settled: Floats) -> None:
        """Search where sites on which a relaxation and what is settled agree stay as they are."""
        operating, small = self._relaxation.sites.operating, self._tightened
        first, begun = np.zeros(len(small.cost), dtype=bool), settled.copy()
        both = np.concatenate(self._settled)
        first[both] = True
        begun[both] = settled[both].round()
        agreed = np.abs(relaxed[operating] - begun[operating]).max(axis=1) < AGREED
        lower, upper = small.lower.copy(), small.upper.copy()
        stays = operating[agreed].ravel()
        lower[stays] = upper[stays] = begun[stays]
        near = replace(small, integer=small.integer & first, lower=lower, upper=upper)
        self._decide(self._program(near, self._stop), start=begun)

    @property
    def _settled(self) -> tuple[Indices, Indices]:
        """The columns that say which sites run, and in which years beds may go."""
        closing = column_ids(self._model.decisions.closing)
        return self._relaxation.sites.operating.ravel(), self._relaxation.structure.column_of[closing]

    def _decide(self, program: LinearModel, start: Floats | None = None) -> None:
        """Keep the best decisions that a search finds; those it starts from are known."""
        operating, constant = self._relaxation.sites.operating, self._small.constant
        known = np.inf if start is None else float(self._small.cost @ start)
        cheaper = known - WORTH_TAKING * abs(known) if start is not None else known

        def keep(cost: float, values: Floats) -> None:
            if cost < cheaper:
                runs, going = values[operating].round(), values[self._settled[1]].round()
                self.decided = Decided(cost + constant, runs, going)

        program.hear_solutions(keep)
        self._search(program, SITES_SHARE * self._clock.left, SITES_NODES, start=start)

    def _program(self, small: Arrays, stop: Event) -> LinearModel:
        limits = replace(self._limits, stop=stop)
        return LinearModel(small, small.columns, limits)

    def _search(
        self,
        program: LinearModel,
        seconds: float,
        nodes: int,
        progress: Heard = lambda _, __: None,
        start: Floats | None = None,
    ) -> None:
        most = nodes if np.isfinite(self._limits.work.left) else None
        gap = FINE * self._limits.gap
        ended = program.search(gap=gap, seconds=seconds, start=start, progress=progress, nodes=most)
        progress(np.inf, ended.bound - self._small.constant)

    def _hear(self, _: float, bound: float) -> None:
        """Take what is proven of the small relaxation, without its constant."""
        if np.isfinite(bound):
            self.bound = max(self.bound, bound + self._small.constant)
