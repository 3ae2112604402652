"""Pareto front between cost and other criteria.

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
import pandas as pd
from numpy.typing import NDArray
from scipy.sparse import csr_array

from optimiser.model.model import Arrays, Floats, Model
from optimiser.plan import Plan, Proof
from optimiser.problem import Problem
from optimiser.search.aggregation import Eased, grouped_finely_enough
from optimiser.search.optimise import search
from optimiser.search.reduced_model import SMALL, pair_columns
from optimiser.solve import running_as_in, status_of, verified
from optimiser.solver.highs import LinearModel, version
from optimiser.solver.limits import Limits, Progress, Report
from optimiser.tradeoffs.criteria import COST, Criterion
from optimiser.tradeoffs.near_optimal import EUR_PER_UNIT
from optimiser.verification.verify import recomputed_objective

type Ceilings = dict[str, float]

SAME = 1e-6
"""Share of a value within which two values are the same: the solver's own precision."""


@dataclass(frozen=True)
class Point:
    """The cheapest plan found under some ceilings; `plan` is None where no plan meets them.

    `values` are what the plan has of each criterion, cost first; no plan that meets the ceilings costs less
    than `bound`. Where prices gave a bound, `line`, `worth` is what one more under each ceiling takes off it.
    """

    ceilings: Ceilings
    values: dict[str, float]
    bound: float
    plan: Plan | None
    worth: dict[str, float] | None = None
    line: float = -np.inf

    @property
    def gap(self) -> float:
        """What a plan under these ceilings could cost less at most."""
        return max(0.0, self.values[COST] - self.bound)

    def meets(self, ceilings: Mapping[str, float]) -> bool:
        """Whether its plan keeps to some ceilings."""
        return all(_at_most(self.values[name], most) for name, most in ceilings.items())

    def above(self, ceilings: Mapping[str, float]) -> float:
        """Return how many times a ceiling its plan has of what it is most above."""
        return max(self.values[name] / max(most, SAME) for name, most in ceilings.items())

    def bound_under(self, ceilings: Mapping[str, float]) -> float:
        """Return what no plan under other ceilings costs less than, as far as this point's bound says.

        What bounds the plans under loose ceilings bounds those under tighter ones. A bound from prices is
        one line over all ceilings: the prices stay, and only what the ceilings give to them changes.
        """
        looser = {name: ceilings.get(name, np.inf) - most for name, most in self.ceilings.items()}
        tighter = self.bound if all(more <= 0.0 for more in looser.values()) else -np.inf
        if self.worth is None or not np.isfinite(self.line):
            return tighter
        taken = sum(self.worth[name] * more for name, more in looser.items() if self.worth[name])
        return max(tighter, self.line - taken)

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
    place of what was found there, with the bound of that place. So may a bound.
    """
    there = [_bounded(point, points) for point in points if point.plan is not None]
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


def _bounded(point: Point, others: Iterable[Point]) -> Point:
    """Return a point with the best bound that any other gives it."""
    known = max((other.bound_under(point.ceilings) for other in others), default=-np.inf)
    return replace(point, bound=known, worth=None) if known > point.bound else point


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
        self.light = self.whole.with_numbers_of(self.lighter)
        self._known: list[Point] = []

    def know(self, points: Iterable[Point]) -> None:
        """Let the search under other ceilings begin at plans, and with bounds, that were found before."""
        self._known += points

    def values(self, plan: Plan) -> dict[str, float]:
        """Return what a plan of the problem has of each criterion, cost first, from its arrays."""
        cost = recomputed_objective(self.lighter, plan.data)
        return {COST: cost} | {criterion.name: criterion.measured(plan) for criterion in self.criteria}

    def point(self, ceilings: Ceilings, best: Plan) -> Point:
        """Return the cheapest plan found under ceilings; its `values` are empty where none was found.

        `best` is the plan of the problem itself: its bound and reference go with every plan.
        """
        self.report(Progress(0.0, _told(ceilings), None, None))
        bound = max((point.bound_under(ceilings) for point in self._known), default=-np.inf)
        near = self._near(ceilings)
        stands = near if near is not None and near.meets(ceilings) else None
        if stands and stands.values[COST] - bound <= self.limits.gap * abs(stands.values[COST]):
            return replace(stands, ceilings=ceilings, bound=bound, worth=None, line=-np.inf)
        point = self._sought(ceilings, bound, near, best)
        if point.plan is None and stands:
            # what is known meets the ceilings too: it stands where no better was found in time
            found = replace(stands, ceilings=ceilings, bound=point.bound)
            point = replace(found, worth=point.worth, line=point.line)
        self.know([point])
        return point

    def _near(self, ceilings: Mapping[str, float]) -> Point | None:
        """Return the cheapest known point that meets ceilings, else the one that is least above them."""
        known = [point for point in self._known if point.plan is not None]
        meeting = [point for point in known if point.meets(ceilings)]
        if meeting:
            return min(meeting, key=lambda point: point.values[COST])
        return min(known, key=lambda point: point.above(ceilings), default=None)

    def _sought(self, ceilings: Ceilings, bound: float, near: Point | None, best: Plan) -> Point:
        rules = {c.name: c.ceiling(ceilings[c.name]) for c in self.criteria if c.name in ceilings}
        model = self.light.under(rules.values())
        first = len(self.light.rows)
        found = search(
            model,
            self.limits,
            self.report,
            None if near is None or near.plan is None else running_as_in(near.plan, self.problem),
            bound=bound,
            eased=self._eased(model, np.arange(first, len(model.rows)), near) if rules else None,
        )
        worth, line = None, -np.inf
        if found.prices is not None:
            line, prices = found.priced, found.prices[first:]
            worth = {name: max(0.0, -float(price)) for name, price in zip(rules, prices, strict=True)}
        if found.values is None:
            return Point(ceilings, {}, np.inf if found.infeasible else found.bound, None, worth, line)
        plan = self._plan(found.values, best)
        return Point(ceilings, self.values(plan), found.bound, plan, worth, line)

    def _eased(self, model: Model, rows: NDArray[np.int64], near: Point | None) -> Eased | None:
        """Return rows of ceilings with the people of a plan; None where there is none."""
        if near is None or near.plan is None or len(model.arrays.cost) <= SMALL:
            return None
        known = people_of(near.plan, model)
        return Eased(rows, known, model.arrays.matrix[rows] @ known)

    def _plan(self, values: Floats, best: Plan) -> Plan:
        """Return a verified plan of the problem itself; its proof is against the best plan of that."""
        known = best.proof
        objective = float(self.whole.arrays.cost @ values) + self.whole.arrays.constant
        status = status_of(objective, known.bound, self.limits.gap)
        proof = Proof(status, objective, known.bound, known.unavoidable, 0.0, version(), self.limits.gap)
        return verified(self.whole, values, best.reference, proof)

    def least(self, criterion: Criterion, cost: float) -> float:
        """Return the least of a criterion at a cost of at most `cost`: of plans, in a large model about.

        About: of the relaxation of the smaller model, less what that overstates the cheapest known plan.
        """
        model = self.light.under([criterion.ceiling(np.inf)])
        row = np.array([len(model.rows) - 1])
        eased = self._eased(model, row, self._near({}))
        if eased is None:
            found = self._least(self.light.arrays, model.arrays.matrix[row], cost, whole=True)
        else:
            _, grouped = next(grouped_finely_enough(model, eased))
            wanted = grouped.arrays.matrix[grouped.row_of[row]]
            found = self._least(grouped.arrays, wanted, cost, whole=False)
            found /= float(grouped.overstated(eased)[0])
        # a hair more, so that the plan that has the least is not shut out by the solver's tolerance
        return found + SAME * max(1.0, abs(found))

    def _least(self, arrays: Arrays, wanted: csr_array, cost: float, *, whole: bool) -> float:
        """Return the least of a row at a cost; infinite where none was found in time."""
        sought = replace(_at_cost(arrays, cost), cost=wanted.toarray().ravel(), constant=0.0)
        program = LinearModel(sought, sought.columns, self.limits)
        seconds = self.limits.seconds
        if whole:
            return program.search(gap=0.0, seconds=seconds, start=None, progress=lambda *_: None).objective
        return program.relax(interior=True, crossover=False, seconds=seconds).objective


def people_of(plan: Plan, model: Model) -> Floats:
    """Return (column) who is housed where in a plan; nothing in all other columns."""
    housed, values = plan.data["housed"], np.zeros(len(model.arrays.cost))
    at = pd.MultiIndex.from_arrays([plan.data[name].values for name in ("origin", "location", "pair_tier")])
    known = pd.DataFrame(housed.transpose("pair", "year").values, index=at)
    values[pair_columns(model)] = known.reindex(model.problem.pairs.index, fill_value=0.0).to_numpy()
    return values


def _at_cost(arrays: Arrays, cost: float) -> Arrays:
    row = csr_array(arrays.cost[None, :] / EUR_PER_UNIT)
    most = (cost - arrays.constant) / EUR_PER_UNIT
    return arrays.with_rows(row, np.array([-np.inf]), np.array([most]))


def _told(ceilings: Ceilings) -> str:
    return ", ".join(f"{name} ≤ {most:,.0f}" for name, most in ceilings.items()) or "the cheapest plan"
