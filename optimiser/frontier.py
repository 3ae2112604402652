"""What more of one thing costs in another: plans on the front between cost and other criteria.

The ε-constraint method on whole plans: cost is minimised with a ceiling on every other criterion, and
the ceilings step from what the cheapest plan has down to the least that there is at a cost of a given share
more. With two criteria the ceilings are `points` equal steps; with more they are a full grid, as fine in
every direction as `points` in all allow (the whole part of the root, two at least).

What cost is here: the objective (discounted euros, and the points of waiting, misfit and all that is not
traded) with a thousandth of the points of what is traded. The solver's bound with the ceilings on is a
bound on every plan that meets them, so every point has a gap of its own.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import product

import numpy as np
from scipy.sparse import csr_array

from optimiser.aggregate import aggregate
from optimiser.alternatives import EUR_PER_UNIT
from optimiser.criteria import COST, Criterion
from optimiser.highs import LinearModel, version
from optimiser.model import RULES, Arrays, Floats, Model
from optimiser.plan import Plan, Proof
from optimiser.problem import Problem
from optimiser.progress import Limits, Progress, Report
from optimiser.search import WITHIN_M, search
from optimiser.smaller import SMALL
from optimiser.solve import running_as_in, status_of, verified
from optimiser.verify import recomputed_objective

type Ceilings = dict[str, float]

SAME = 1e-6
"""Share of a value within which two values are the same: the solver's own precision."""


@dataclass(frozen=True)
class Point:
    """The cheapest plan found under some ceilings; `plan` is None where no plan meets them.

    `values` are what the plan has of each criterion, cost first; no plan that meets the ceilings costs less
    than `bound`.
    """

    ceilings: Ceilings
    values: dict[str, float]
    bound: float
    plan: Plan | None

    @property
    def gap(self) -> float:
        """What a plan under these ceilings could cost less at most."""
        return max(0.0, self.values[COST] - self.bound)

    def meets(self, ceilings: Mapping[str, float]) -> bool:
        """Whether its plan keeps to some ceilings."""
        return all(_at_most(self.values[name], most) for name, most in ceilings.items())

    def dominates(self, other: "Point") -> bool:
        """Whether its plan is as good in everything and better in something."""
        no_worse = all(_at_most(value, other.values[name]) for name, value in self.values.items())
        return no_worse and any(
            not _at_most(other.values[name], value) for name, value in self.values.items()
        )

    def is_dearer_than(self, other: "Point") -> bool:
        """Whether it costs more for certain: even the best plan under its ceilings would."""
        return self.bound > other.values[COST]


def _at_most(value: float, most: float) -> bool:
    return value <= most + SAME * max(1.0, abs(most))


def front(points: Sequence[Point]) -> list[Point]:
    """Return the points with plans that no other point dominates, the cheapest first, each plan once.

    A plan may have been found under other ceilings than those it is the cheapest for: it then takes the
    place of what was found there, with the bound of that place.
    """
    there = [point for point in points if point.plan is not None]
    settled = [_cheapest_for(point, there) for point in there]
    kept: list[Point] = []
    for point in sorted(settled, key=lambda one: tuple(one.values.values())):
        if not any(other.dominates(point) for other in settled) and not any(_same(point, k) for k in kept):
            kept.append(point)
    return kept


def _cheapest_for(point: Point, others: Sequence[Point]) -> Point:
    """Return the cheapest plan that keeps to the ceilings of a point, with the point's own bound."""
    best = min((o for o in others if o.meets(point.ceilings)), key=lambda o: o.values[COST], default=point)
    if best.values[COST] >= point.values[COST]:
        return point
    return replace(point, values=best.values, plan=best.plan)


def _same(one: Point, other: Point) -> bool:
    return all(_close(one.values[name], value) for name, value in other.values.items())


def _close(one: float, other: float) -> bool:
    return abs(one - other) <= SAME * max(1.0, abs(one), abs(other))


@dataclass(frozen=True)
class Steps:
    """The ceilings of a front: of each criterion from tight to what the cheapest plan has."""

    of: dict[str, tuple[float, ...]]

    @classmethod
    def between(cls, least: Mapping[str, float], most: Mapping[str, float], points: int) -> "Steps":
        """Return equal steps between the least and what the cheapest plan has, at most `points` in all."""
        each = max(2, int(points ** (1.0 / len(most)) + 1e-9))
        return cls({name: _stepped(least[name], top, each) for name, top in most.items()})

    def grid(self) -> Iterator[Ceilings]:
        """Generate every combination, the loosest left out: that is the cheapest plan itself."""
        for steps in list(product(*self.of.values()))[:-1]:
            yield dict(zip(self.of, steps, strict=True))


def _stepped(least: float, most: float, count: int) -> tuple[float, ...]:
    if _close(least, most):
        return (most,)
    return tuple(float(step) for step in np.linspace(least, most, count))


class Tracer:
    """Finds points of a front: the problem with its traded points taken off, and what is known so far."""

    def __init__(
        self, problem: Problem, criteria: Sequence[Criterion], limits: Limits, report: Report
    ) -> None:
        self.problem, self.criteria, self.limits, self.report = problem, criteria, limits, report
        self.lighter = problem
        for criterion in criteria:
            self.lighter = criterion.lighter(self.lighter)
        self.whole = Model.of(problem)
        self._known: list[Point] = []

    def know(self, points: Iterable[Point]) -> None:
        """Let the search under other ceilings begin at points that were found before."""
        self._known += [point for point in points if point.plan is not None]

    def values(self, plan: Plan) -> dict[str, float]:
        """Return what a plan of the problem has of each criterion, cost first, from its arrays."""
        cost = recomputed_objective(self.lighter, plan.data)
        return {COST: cost} | {criterion.name: criterion.measured(plan) for criterion in self.criteria}

    def point(self, ceilings: Ceilings, best: Plan) -> Point:
        """Return the cheapest plan found under ceilings; its `values` are empty where none was found.

        `best` is the plan of the problem itself: its bound and reference go with every plan.
        """
        rules = [c.ceiling(ceilings[c.name]) for c in self.criteria if c.name in ceilings]
        model = Model.of(self.lighter, [*RULES, *rules])
        known = [point for point in self._known if point.meets(ceilings)]
        near = min(known, key=lambda point: point.values[COST], default=None)
        runs = None if near is None or near.plan is None else running_as_in(near.plan, self.problem)
        self.report(Progress(0.0, _told(ceilings), None, None))
        found = search(model, self.limits, self.report, runs)
        if found.values is None and near is not None:
            # what is known meets the ceilings too: it stands where no better was found in time
            return replace(near, ceilings=ceilings, bound=found.bound)
        if found.values is None:
            return Point(ceilings, {}, np.inf if found.infeasible else found.bound, None)
        plan = self._plan(found.values, best)
        point = Point(ceilings, self.values(plan), found.bound, plan)
        self.know([point])
        return point

    def _plan(self, values: Floats, best: Plan) -> Plan:
        """Return a verified plan of the problem itself; its proof is against the best plan of that."""
        known = best.proof
        objective = float(self.whole.arrays.cost @ values) + self.whole.arrays.constant
        status = status_of(objective, known.bound, self.limits.gap)
        proof = Proof(status, objective, known.bound, known.unavoidable, 0.0, version(), self.limits.gap)
        return verified(self.whole, values, best.reference, proof)

    def least(self, criterion: Criterion, cost: float) -> float:
        """Return the least of a criterion at a cost of at most `cost`: of plans, in a large model relaxed."""
        model = Model.of(self.lighter)
        wanted = np.zeros(len(model.arrays.cost))
        for variable, amount in criterion.terms(self.lighter, model.decisions):
            wanted[variable.id] += amount
        small = len(wanted) <= SMALL
        arrays = model.arrays if small else None
        if arrays is None:
            grouped = aggregate(model, WITHIN_M[0])
            arrays, wanted = grouped.arrays, np.asarray(grouped.expand.T @ wanted)
        sought = replace(_at_cost(arrays, cost), cost=wanted, constant=0.0)
        program = LinearModel(sought, np.arange(len(wanted), dtype=np.int32), self.limits)
        if small:
            found = program.search(gap=0.0, seconds=self.limits.seconds, start=None, progress=lambda *_: None)
        else:
            found = program.relax(interior=True, crossover=False, seconds=self.limits.seconds)
        # a hair more, so that the plan that has the least is not shut out by the solver's tolerance
        return found.objective + SAME * max(1.0, abs(found.objective))


def _at_cost(arrays: Arrays, cost: float) -> Arrays:
    row = csr_array(arrays.cost[None, :] / EUR_PER_UNIT)
    most = (cost - arrays.constant) / EUR_PER_UNIT
    return arrays.with_rows(row, np.array([-np.inf]), np.array([most]))


def _told(ceilings: Ceilings) -> str:
    return ", ".join(f"{name} ≤ {most:,.0f}" for name, most in ceilings.items()) or "the cheapest plan"
