"""The best plan of a model within limits: on its small relaxation, by stages, or near what is known.

On the small relaxation: relax, then bound beside plan, integers, assignment and sweep.

1. The small model (`relaxation.py`) is relaxed at prices of its own: a bound on every plan.
2. Sites are settled along the relaxation; where that ends in a dead end, by a search over the sites that the
   relaxation changes.
3. Places, changes and homes are made integer on the small model, and everybody is assigned block by block
   (`plan_construction.py`): the first plan.
4. With time left: sites where plan and relaxation disagree are free in a search from the plan (relaxation
   induced neighbourhoods: Danna, Rothberg and Le Pape 2005); what is better there is made a plan, and kept
   where it is better as a plan too. Blocks are assigned again together.
5. Beside it the small model is branched on in a thread, for the bound.
"""

import logging
import threading
from collections.abc import Collection
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from optimiser.model.model import Floats, Model
from optimiser.search.aggregation import Eased
from optimiser.search.elastic import hard_policies
from optimiser.search.feasibility_phase import nearest
from optimiser.search.matheuristic import Matheuristic, SearchResult
from optimiser.search.plan_construction import UNCHANGED, Construction
from optimiser.search.reduced_model import SMALL
from optimiser.search.relaxation import Relaxation
from optimiser.solver.highs import LinearModel, Solution
from optimiser.solver.limits import Limits, Report

logger = logging.getLogger(__name__)

ROUNDS = 2
"""How often prices are taken again at the relaxation: more bring little."""

FREE = 10
"""Sites and tiers that are free at once in a neighbourhood of the plan."""

PARTS = (0.75, 0.5)
"""Parts of the answers, the clearest, that stand after a dead end."""

NODES = 200
"""Nodes in which a neighbourhood is searched."""

SHARE = 0.3
"""Part of the seconds left that one search of a neighbourhood may take."""

PROMISE = 2e-5
"""Share of the objective that decisions must gain on the small model to be made a plan."""

RESERVE = 1.25
"""Times the seconds that making a plan took before, which must be left to make another."""

FEWEST_SECONDS = 0.5
"""A search of fewer seconds is not begun."""


class RelaxationSearch(Matheuristic):
    """One search of a model on its small relaxation."""

    def by_relaxation(self, runs: Floats | None = None) -> None:
        """Relax, bound, and make plans until the limits; sites first run as given where they are."""
        self.tell("relaxation")
        relaxation = Relaxation.of(self.model, self.limits, self.clock)
        solution = relaxation.take_bound(interior=True)
        if solution.outcome == "infeasible" and not self._whole_is_possible():
            return
        for _ in range(ROUNDS):
            if solution.outcome != "optimal":
                return
            self.take_bound(relaxation.bound, None)
            relaxation.reprice(relaxation.prices())
            solution = relaxation.take_bound()
        if solution.outcome != "optimal":
            return
        prices = relaxation.prices()
        self.take_bound(relaxation.bound, prices)
        self.tell("relaxation")
        if self.done():
            return
        making = _Making(self, relaxation, solution, prices)
        decided = making.first(runs)
        if decided is None or not making.plan(decided) or self.done():
            return
        making.sharpen()
        if self.done() or not making.time_for_another():
            return
        with BoundBeside(self, relaxation):
            again = making.first(None, improved=True)
            if again is not None:
                making.plan(again)
            making.improve()

    def first_decisions(self, relaxation: Relaxation, solution: Solution, *, improved: bool) -> Floats | None:
        """Return (site and tier, year) what runs along the relaxation; None in a dead end."""
        settled = self.construct(relaxation, solution)
        if settled is not None and improved and not self.clock.left <= 0.0:
            settled = self.improve(relaxation, settled)
        return None if settled is None else relaxation.sites.use(settled).round()


class _Making:
    """Plans made one after another, each from decisions of the small model."""

    def __init__(
        self, search: RelaxationSearch, relaxation: Relaxation, solution: Solution, prices: Floats
    ) -> None:
        self.search, self.relaxation, self.prices = search, relaxation, prices
        self.solution, self.use = solution, relaxation.sites.use(solution)
        self.construction = Construction(relaxation, search.limits, search.clock)
        self.decided: Floats | None = None
        self.pair_prices = prices
        self._random = np.random.default_rng(search.limits.seed)

    def sharpen(self) -> None:
        """Take the prices of the relaxed middle model: decisions on the small one flatter less."""
        relaxation = self.relaxation
        prices = self.construction.prices_of_relaxation(self.prices)
        if prices is None:
            return
        relaxation.reprice(prices)
        solution = relaxation.take_bound()
        if solution.outcome == "optimal":
            self.solution, self.use, self.prices = solution, relaxation.sites.use(solution), prices
            self.search.take_bound(relaxation.bound, relaxation.prices())
        self.search.tell("relaxation")

    def first(self, runs: Floats | None, *, improved: bool = False) -> Floats | None:
        """Return (small column) integer decisions along the relaxation, or with sites as given."""
        if runs is None:
            runs = self.search.first_decisions(self.relaxation, self.solution, improved=improved)
            self.relaxation.ask_again(list(range(self.relaxation.sites.count)))
            self.search.tell("sites")
        if runs is not None:
            decided = self.construction.integers(runs, seconds=self._seconds())
            return self._near_answers() if decided is None else decided
        return self._near_answers()

    def _near_answers(self) -> Floats | None:
        """Return integer decisions where only the clearest answers of the construction stand."""
        answers, sites = list(self.search.answers.items()), self.relaxation.sites
        for part in PARTS:
            clearest = dict(answers[: int(len(answers) * part)])
            runs, free = np.zeros((sites.count, sites.operating.shape[1])), np.ones(sites.count, dtype=bool)
            for n, years in clearest.items():
                runs[n], free[n] = years, False
            # what nobody asked about is as in the relaxation
            clear = np.abs(self.use - self.use.round()).max(axis=1) <= UNCHANGED
            unasked = clear & ~np.isin(np.arange(sites.count), [n for n, _ in answers])
            runs[unasked], free[unasked] = self.use[unasked].round(), False
            decided = self.construction.integers(runs, free, seconds=self._seconds())
            if decided is not None or self.search.clock.left <= 0.0:
                return decided
        return self.construction.integers_near(self.use, seconds=self._seconds())

    def plan(self, decided: Floats) -> bool:
        """Make a plan of decisions and keep it where it is better; False where none was made."""
        search, began = self.search, self.search.clock.seconds
        made = self.construction.plan(decided, self.prices)
        if made is None:
            return False
        values, prices = made
        before = search.objective
        search.keep(values, "a plan")
        search.finishing = max(search.finishing, search.clock.seconds - began)
        if search.objective < before:
            self.decided, self.pair_prices = decided, prices
        return True

    def improve(self) -> None:
        """Search neighbourhoods of the plan, and assign again, until the limits."""
        search, swept = self.search, np.inf
        number = 0
        while not search.done() and self.time_for_another():
            if search.objective < swept and number != 1 and search.best is not None:
                search.keep(self.construction.sweep(search.best, self.pair_prices), "a plan, assigned again")
                swept = search.objective
                if search.done():
                    return
            better = self._neighbour(self._free(number))
            number += 1
            if better is not None:
                self.plan(better)

    def _neighbour(self, free: NDArray[np.bool_]) -> Floats | None:
        """Return better decisions of the small model near those of the plan; None where there are none."""
        decided, small = self.decided, self.relaxation.small
        if decided is None or not free.any():
            return None
        runs = decided[self.relaxation.sites.operating].round()
        better = self.construction.integers(runs, free, seconds=self._seconds(), nodes=NODES, start=decided)
        if better is None:
            return None
        gain = float(small.cost @ (decided - better))
        return better if gain > PROMISE * abs(self.search.objective) else None

    def _free(self, number: int) -> NDArray[np.bool_]:
        """Return (site and tier) that may run otherwise: where plan and relaxation disagree, or by chance."""
        assert self.decided is not None
        runs = self.decided[self.relaxation.sites.operating].round()
        off = np.abs(runs - self.use).sum(axis=1)
        weight = off if number == 0 else off + 0.1
        if number:
            weight = weight * self._random.random(len(weight))
        free = np.zeros(len(weight), dtype=bool)
        free[np.argsort(-weight, kind="stable")[:FREE]] = True
        return free & (weight > 0.0)

    def _seconds(self) -> float:
        """Return the seconds that a search over sites may take."""
        left = self.search.clock.left
        return left if not np.isfinite(left) else max(FEWEST_SECONDS, SHARE * left)

    def time_for_another(self) -> bool:
        """Whether a plan can be made in the time that is left."""
        return self.search.clock.left > RESERVE * self.search.finishing


class BoundBeside:
    """Branching on the small model in a thread, for the bound; not where work is counted.

    Only the search that it belongs to reads the bound, and it changes nothing but when the search ends.
    """

    def __init__(self, search: RelaxationSearch, relaxation: Relaxation) -> None:
        self._search, self._stop = search, threading.Event()
        small, kept = relaxation.small, np.zeros(len(relaxation.small.cost), dtype=bool)
        kept[relaxation.sites.operating] = True
        self._arrays = replace(small, integer=small.integer & kept)
        self._limits = Limits(0.0, search.clock.left, self._stop, search.limits.seed)
        self._thread = threading.Thread(target=self._branch, daemon=True)

    def __enter__(self) -> None:
        if not np.isfinite(self._search.limits.work.left):
            self._thread.start()

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        if self._thread.ident is not None:
            self._thread.join()

    def _branch(self) -> None:
        arrays, search = self._arrays, self._search
        program = LinearModel(arrays, np.arange(len(arrays.cost), dtype=np.int32), self._limits)
        program.prefer_branching()

        def take(_: float, bound: float) -> None:
            if np.isfinite(bound):
                search.take_bound(bound + arrays.constant, None)

        program.search(gap=search.limits.gap / 4, seconds=search.clock.left, start=None, progress=take)


def search(
    model: Model,
    limits: Limits,
    report: Report,
    runs: Floats | None = None,
    *,
    bound: float = -np.inf,
    eased: Eased | None = None,
) -> SearchResult:
    """Return the best plan within the limits.

    Parameters
    ----------
    runs
        (site and tier, year) 1 where a site is to run in the plan that the search looks around in
        first, else 0; None to construct one along the relaxation.
    bound
        What is known to bound every plan of the model.
    eased
        Rows on what people do that groups of origins would overstate.
    """
    run = RelaxationSearch(model, limits, report)
    run.bound = bound
    if len(model.arrays.cost) <= SMALL:
        run.whole_model()
        return run.found()
    run.by_stages(runs, eased)
    found = run.found()
    if found.values is not None or found.infeasible or not hard_policies(model.problem):
        return found
    other = nearest(model, limits, run.clock, report, found.bound)
    return replace(
        found, values=other.values, objective=other.objective, bound=other.bound, shortages=other.shortages
    )


def search_near(
    model: Model, runs: Floats, free: Collection[int], limits: Limits, report: Report
) -> SearchResult:
    """Return a plan in which sites run as given, but for those that may choose.

    Parameters
    ----------
    runs
        (site and tier, year) 1 where it runs.
    free
        Numbers of the rows of `runs` that may run otherwise.
    """
    run = Matheuristic(model, limits, report)
    if len(model.arrays.cost) <= SMALL:
        run.whole_model()
    else:
        run.near(runs, free)
    return run.found()
