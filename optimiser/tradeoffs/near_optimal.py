"""Other good plans: each as different as can be from those before it, and not much dearer than the best.

Plans differ in which sites run when: their distance is the number of (site, tier, year) that run in
one and not in the other (Hamming). A next plan has the largest distance to the nearest of those before
it, among all plans whose objective is at most a share above the best's (modelling to generate
alternatives: Brill, Chang and Hopkins 1982). Of the plans whose sites run that way the cheapest is taken.

In a small model the solver proves how far a plan can be. In a large one the farthest relaxation of the
smaller model is a target, towards which one site at a time is moved from the best plan (path relinking:
Glover 1997); what is found is told as found, and there may be others where none is.
"""

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
import xarray as xr
from scipy.sparse import csr_array, hstack

from optimiser.model.model import Arrays, Floats, Model
from optimiser.model.variables import column_ids
from optimiser.plan import Plan, Proof
from optimiser.search.aggregation import WITHIN_M, Aggregate
from optimiser.search.matheuristic import Matheuristic
from optimiser.search.reduced_model import SMALL, ReducedModel, Sites, nearest, priced_in, reduced_costs
from optimiser.solve import running_as_in, status_of, verified
from optimiser.solver.highs import Columns, LinearModel, Solution, version
from optimiser.solver.limits import Clock, Limits, Progress, Report

EUR_PER_UNIT = 1e4
"""Objective units per unit of the row that keeps a plan in the band: the solver's numbers are of a size."""

HALF = 0.5
"""Use in a relaxation from which a site is said to run."""

ATTEMPTS = 4
"""How often a plan that came out dearer than the band is sought again with less to spend."""

TO_FINISH = 0.5
"""Share of the seconds that is kept for whole places and homes, and everybody apart."""

CAUTION = 1.2
"""Times what the plan was too dear, that it may spend less the next time."""


@dataclass(frozen=True)
class Band:
    """All plans of a problem whose objective is at most a share above that of the best one known."""

    best: Plan
    within: float

    @property
    def most(self) -> float:
        """The dearest objective in the band: discounted euros and points."""
        return self.best.proof.objective + self.within * abs(self.best.proof.objective)

    def holds(self, objective: float) -> bool:
        """Whether a plan with this objective is in the band, to the precision of the check of a plan."""
        return objective <= self.most + max(1.0, 1e-7 * abs(self.most))


@dataclass(frozen=True)
class Alternative:
    """Another plan in the band, and how far it is from the nearest plan before it (sites × tiers × years).

    No plan in the band is farther than `most` from all of those before; None where that is not known.
    """

    plan: Plan
    distance: int
    most: int | None


def distance(one: Plan, other: Plan) -> int:
    """Return how many (site, tier, year) run in one plan and not in the other."""
    return int((_runs(one.data) != _runs(other.data)).sum())


def _runs(data: xr.Dataset) -> xr.DataArray:
    """Return 1 where a site has places of a tier in a year."""
    return (data["places"] > 0.5).astype(int).transpose("site", "tier", "year")


def alternatives(
    band: Band, known: Sequence[Plan], count: int, limits: Limits, report: Report = lambda _: None
) -> Iterator[Alternative]:
    """Generate plans of the band until there are `count` with those known, none is left or time is up.

    Parameters
    ----------
    known
        The plans there are, the best among them.
    limits
        `seconds` for each plan; `gap` is not looked at, the band is the gap.

    Raises
    ------
    Unverified
        Where a plan does not pass the check of its own arrays.
    """
    model, plans = Model.of(band.best.problem), list(known)
    seeker = _InParts(model, band) if len(model.arrays.cost) > SMALL else _Whole(model, band)
    while len(plans) < count and not limits.stop.is_set():
        began = time.monotonic()
        values, most = seeker.farthest(
            [running_as_in(plan, model.problem).ravel() for plan in plans], limits, report
        )
        if values is None:
            return
        plan = _planned(model, band, values, time.monotonic() - began)
        away = min(distance(plan, other) for other in plans)
        if not away:
            return
        plans.append(plan)
        yield Alternative(plan, away, most)


def _planned(model: Model, band: Band, values: Floats, seconds: float) -> Plan:
    """Return a plan of the band; its bound is that of the best plan, as it bounds every plan."""
    known = band.best.proof
    objective = float(model.arrays.cost @ values) + model.arrays.constant
    status = status_of(objective, known.bound, band.within)
    proof = Proof(status, objective, known.bound, known.unavoidable, seconds, version(), band.within)
    return verified(model, values, band.best.reference, proof)


def spread_apart(arrays: Arrays, operating: Columns, references: Sequence[Floats], budget: float) -> Arrays:
    """Return arrays whose last column is the distance, to be made large.

    min −D subject to the rows of `arrays`, cost·x + constant ≤ budget, and D ≤ Σ_y=0 x + Σ_y=1 (1 − x)
    for every reference y.
    """
    columns = len(arrays.cost)
    sought = replace(arrays, cost=np.zeros(columns), constant=0.0).with_columns(
        np.array([-1.0]), np.array([float(len(operating))])
    )
    rows = np.zeros((1 + len(references), columns))
    rows[0] = arrays.cost / EUR_PER_UNIT
    for row, reference in zip(rows[1:], references, strict=True):
        row[operating] = np.where(reference > 0.5, 1.0, -1.0)
    own = np.array([[0.0], *([1.0] for _ in references)])
    upper = [(budget - arrays.constant) / EUR_PER_UNIT, *(reference.sum() for reference in references)]
    matrix = csr_array(hstack([csr_array(rows), csr_array(own)]))
    return sought.with_rows(matrix, np.full(len(upper), -np.inf), np.array(upper))


class _Whole:
    """The farthest plan of a model that the solver takes as it is."""

    def __init__(self, model: Model, band: Band) -> None:
        self.model, self.band = model, band
        self.operating = column_ids(model.decisions.operating)

    def farthest(
        self, references: Sequence[Floats], limits: Limits, report: Report
    ) -> tuple[Floats | None, int | None]:
        """Return the values of the farthest plan, and the proven most distance that there can be."""
        clock, arrays = Clock(limits), self.model.arrays
        report(Progress(clock.seconds, "the farthest plan", None, None))
        sought = spread_apart(arrays, self.operating, references, self.band.most)
        program = LinearModel(sought, sought.columns, limits)
        found = program.search(gap=0.0, seconds=clock.left, start=None, progress=lambda *_: None)
        if found.values is None or found.values[-1] < 0.5:
            return None, None
        most = int(np.floor(-found.bound + 1e-6)) if np.isfinite(found.bound) else None
        runs = found.values[self.operating].round()
        return self._cheapest(runs, found.values[:-1], limits), most

    def _cheapest(self, runs: Floats, start: Floats, limits: Limits) -> Floats | None:
        """Return the cheapest plan whose sites run so."""
        arrays = self.model.arrays
        program = LinearModel(arrays, arrays.columns, limits)
        program.set_bounds(self.operating, runs, runs)
        search = Matheuristic(self.model, limits, lambda _: None)
        # the last step of a plan that was found is not cut short
        found = program.search(gap=1e-9, seconds=limits.seconds, start=start, progress=lambda *_: None)
        if found.values is None:
            return None
        search.fix_whole(found.values)
        return search.best if self.band.holds(search.objective) else None


class _InParts:
    """A far plan of a large model: from the best plan site by site towards the farthest relaxation."""

    def __init__(self, model: Model, band: Band) -> None:
        self.model, self.band = model, band
        self.best = running_as_in(band.best, model.problem)
        self._ordinary: ReducedModel | None = None
        self._above = 0.0

    def farthest(
        self, references: Sequence[Floats], limits: Limits, report: Report
    ) -> tuple[Floats | None, int | None]:
        """Return the values of a far plan in the band, None where none was found in time."""
        search = Matheuristic(self.model, limits, report)
        ordinary = self._ordinary or self._begin(search)
        budget = self.band.most - max(0.0, self._above)
        target = self._target(ordinary.aggregate, references, budget, search)
        for _ in range(ATTEMPTS):
            settled = None if target is None else self._towards(target, ordinary, budget, search)
            if settled is None or search.clock.left <= 0.0:
                break
            finish = Matheuristic(self.model, limits, report, search.clock)
            finish.to_whole_numbers(ordinary, settled)
            if finish.best is not None and self.band.holds(finish.objective):
                return finish.best, None
            above = finish.objective - self.band.most
            band = self.band.most - self.band.best.proof.objective
            budget -= CAUTION * above if np.isfinite(above) else band / ATTEMPTS
        return None, None

    def _begin(self, search: Matheuristic) -> ReducedModel:
        """Solve the smaller model, and see how much dearer the best plan is in the whole one."""
        search.tell("relaxation")
        ordinary, _ = ReducedModel.relaxed(self.model, WITHIN_M[0], search.limits, search.clock)
        settled = search.settled(ordinary, self.best)
        if settled is not None:
            self._above = self.band.best.proof.objective - settled.objective
        self._ordinary = ordinary
        return ordinary

    def _target(
        self, small: Aggregate, references: Sequence[Floats], budget: float, search: Matheuristic
    ) -> Floats | None:
        """Return (site and tier, year) what runs, by half at least, in the farthest relaxation."""
        operating = Sites.of(self.model, small.place).operating
        sought = spread_apart(small.arrays, operating.ravel(), references, budget)
        taking_part = np.append(small.takes_part(nearest(self.model)), True)
        search.tell("the farthest relaxation")
        _, relaxed = priced_in(sought, taking_part, search.limits, search.clock)
        if relaxed.values is None:
            return None
        return (relaxed.values[operating] > HALF).astype(float)

    def _towards(
        self, target: Floats, smaller: ReducedModel, budget: float, search: Matheuristic
    ) -> Solution | None:
        """Let sites run as in the target one at a time, the cheapest first, while the budget lasts."""
        runs = self.best.copy()
        now = search.settled(smaller, runs)
        left = {n for n in range(len(runs)) if not np.array_equal(runs[n], target[n])}
        seconds = search.clock.left
        kept = TO_FINISH * seconds if np.isfinite(seconds) else 0.0
        while left and now is not None and search.clock.left > kept:
            basis, worth = smaller.program.basis(), reduced_costs(now)[smaller.sites.operating]
            # what duality says a site that runs otherwise costs at least, per year in which it does
            steps = {n: target[n] - runs[n] for n in left}
            _, turn = min((float(worth[n] @ step) / abs(step).sum(), n) for n, step in steps.items())
            left.remove(turn)
            smaller.settle({turn: target[turn]})
            changed = smaller.relax(search.clock, below=budget)
            if changed is None:
                smaller.settle({turn: runs[turn]})
                smaller.program.begin_from(basis)
                continue
            runs[turn], now = target[turn], changed
            search.tell(f"{len(left)} sites to go")
        return now
