"""Marginal values of one extra unit: home, place, minute, path, norm or euro.

The whole decisions of a plan stay as they are, places, sites and homes alike; everybody chooses
again with one unit more. That is a linear programme, so its prices (duals) may be read: they say
where a unit is worth most, and the programme solved again with a whole unit more says how much.
Changing the sites as well could only make it worth more, so each figure is what it is worth at least.

In a large model neighbourhoods near each other move as one in this (`aggregate.py`), so that a
question takes a second; the plan itself is solved with everybody apart.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Literal, Self

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.sparse import csr_array, eye_array

from optimiser.explain.binding_rules import bindings, runs_of, values_of_plan
from optimiser.model.formulation import POINTS
from optimiser.model.model import Arrays, Floats, Model
from optimiser.model.variables import column_ids
from optimiser.plan import Plan
from optimiser.problem import Problem
from optimiser.rule import Label, Rule
from optimiser.search.aggregation import aggregate
from optimiser.search.assignment import with_fixed
from optimiser.search.optimise import search_near
from optimiser.search.reduced_model import values_of
from optimiser.solver.highs import LinearModel, Solution
from optimiser.solver.limits import Clock, Limits

WITHIN_M = 8_000.0
"""Metres across a group of neighbourhoods that move as one in a large model."""

APART = 20_000
"""Columns up to which everybody chooses apart."""

type What = Literal["home", "place", "offer", "minute", "norm_place", "path_place", "euro", "person", "unit"]
"""What there is one more of; `unit` is one of the rule's own unit."""

type Basis = Literal["price", "people", "plans"]
"""How a figure was found: a price of the linear programme over people; that programme solved again
with one more; or the whole problem solved again, sites and all."""

MATTERS = 1.0
"""Objective units (euros and points) below which one unit more is worth nothing."""


@dataclass(frozen=True)
class ValueFigures:
    """What a choice of everybody comes to, or a difference of two: discounted euros and points, and people.

    `objective` = `eur` + `points`; `waiting` in client-years, `minutes` in client-minutes of travel a year.
    """

    objective: float
    eur: float
    points: float
    waiting: float
    minutes: float

    def __sub__(self, other: Self) -> "ValueFigures":
        """Return the difference."""
        return ValueFigures(
            self.objective - other.objective,
            self.eur - other.eur,
            self.points - other.points,
            self.waiting - other.waiting,
            self.minutes - other.minutes,
        )


@dataclass(frozen=True)
class Worth:
    """What one unit more changes, where and when; a `change` below 0 is a gain.

    `price` is the dual of the row, negative where more is better; None where there is no such row.
    `grouped` says that neighbourhoods near each other moved as one; `gaps` is the distance of both plans
    to their bounds together where whole plans are compared (objective units), else 0.
    """

    what: What
    rule: Rule
    label: Label
    basis: Basis
    price: float | None
    change: ValueFigures | None
    grouped: bool
    gaps: float = 0.0

    @property
    def is_distinguishable(self) -> bool:
        """Whether the change is larger than the gaps of the plans that are compared."""
        return self.change is not None and abs(self.change.objective) > self.gaps


@dataclass(frozen=True)
class People:
    """Everybody's choice where the whole decisions of a plan stand, kept in the solver.

    Attributes
    ----------
    expand, place, row_of
        From the columns of the programme, and to its columns and rows, as in `Aggregate`; the identity in a
        small model.
    points
        (column) what each counts in the objective and nobody pays.
    """

    model: Model
    program: LinearModel
    expand: csr_array
    place: NDArray[np.int32]
    row_of: NDArray[np.int32]
    points: Floats
    grouped: bool

    @classmethod
    def of(cls, model: Model, values: Floats, limits: Limits) -> Self:
        """Hand the programme of a plan's values (column) to the solver."""
        whole = np.flatnonzero(model.arrays.integer).astype(np.int32)
        arrays = with_fixed(model, whole, values[whole].round())
        grouped = len(model.arrays.cost) > APART
        expand = csr_array(eye_array(len(arrays.cost)))
        place = arrays.columns
        row_of = np.arange(len(model.rows), dtype=np.int32)
        if grouped:
            small = aggregate(model, WITHIN_M, arrays)
            arrays, expand, place, row_of = small.arrays, small.expand, small.place, small.row_of
        possible = arrays.upper > 0.0
        possible[place[column_ids(model.decisions.new_homes)]] = True
        program = LinearModel(arrays, np.flatnonzero(possible).astype(np.int32), limits)
        return cls(model, program, expand, place, row_of, points_of(model), grouped)

    @property
    def arrays(self) -> Arrays:
        """The programme."""
        return self.program.arrays

    def choose(self, *, anew: bool = True) -> Solution:
        """Let everybody choose: anew, or from where the last choice ended."""
        solution = self.program.relax(interior=anew and self.grouped)
        if solution.outcome != "optimal":
            raise ValueError("Expected the decisions of a plan to be possible.")
        return solution

    def with_one_more(self, row: int) -> Solution:
        """Let everybody choose with one unit more of a row (of the whole model), and put it back."""
        at, more = int(self.row_of[row]), 1.0 if self.model.rows[row][1].sense == "<=" else -1.0
        lower, upper = self.arrays.row_lower[at], self.arrays.row_upper[at]
        self.program.set_row(at, lower + more, upper + more)
        try:
            return self.choose(anew=False)
        finally:
            self.program.set_row(at, lower, upper)

    def with_one_home_more(self, label: tuple[str, str, int]) -> Solution:
        """Let everybody choose with one home more handed over, beyond what was offered, and put it back.

        As in `home_values`: it comes after its lead time and is paid for.
        """
        at = self.place[[self.model.decisions.new_homes[label].id]]
        offers = np.unique(
            [self.row_of[n] for n, (one, _) in enumerate(self.model.rows) if one.name in OF_HOMES]
        )
        limits = [(int(row), self.arrays.row_lower[row], self.arrays.row_upper[row]) for row in offers]
        homes = self.arrays.lower[at]
        for row, _, _ in limits:
            self.program.set_row(row, -np.inf, np.inf)
        self.program.set_bounds(at, homes + 1.0, homes + 1.0)
        try:
            return self.choose(anew=False)
        finally:
            self.program.set_bounds(at, homes, homes)
            for row, lower, upper in limits:
                self.program.set_row(row, lower, upper)

    def figures(self, solution: Solution) -> ValueFigures:
        """Return what a choice comes to."""
        return figures(self.model, self.points, self.expand @ values_of(solution), solution.objective)


def figures(model: Model, points: Floats, values: Floats, objective: float) -> ValueFigures:
    """Return what values (column) come to; `points` as `points_of` gives them."""
    x, minutes = model.decisions, model.problem.pairs["minutes"].to_numpy()
    lived = values[[v.id for v in x.housed.values()]].reshape(len(minutes), -1)
    in_points = float(points @ values)
    return ValueFigures(
        objective=objective,
        eur=objective - in_points,
        points=in_points,
        waiting=float(values[[v.id for v in x.waiting.values()]].sum()),
        minutes=float(minutes @ lived.sum(axis=1)) / lived.shape[1],
    )


def points_of(model: Model) -> Floats:
    """Return (column) what a unit of each counts in the objective and nobody pays."""
    points, problem = np.zeros(len(model.arrays.cost)), model.problem
    weight = {
        (t, once): problem.objective_weight(t, once=once) for t in problem.years for once in (True, False)
    }
    for term in model.terms:
        if term.stream == POINTS:
            points[term.variable.id] += term.amount * weight[term.year, term.once]
    return points


OF_HOMES = frozenset({"homes_within_agreements", "agreed_decisions_are_kept"})
"""Rules that a home more than was offered, or agreed, would break: left out where one more is asked."""

OF_RULE: Mapping[str, What] = {
    "homes_carry_over": "home",
    "served_within_places": "place",
    "neighbourhood_concentration": "norm_place",
    "intramural_reduction": "path_place",
    "budget": "euro",
    "waiting_does_not_grow": "person",
    "within_travel_norm": "person",
    "fair_share_between_municipalities": "unit",
    "provider_share": "unit",
    "staff_within_reach": "unit",
}
"""Rules of which a unit more may be asked for with the sites as they are, and what it is."""


OF_PLANS: Mapping[str, What] = {
    "homes_within_agreements": "offer",
    "intramural_reduction": "path_place",
    "neighbourhood_concentration": "norm_place",
    "replacement_before_closure": "unit",
    "fair_share_between_municipalities": "unit",
    "provider_share": "unit",
    "budget": "euro",
}
"""Rules on whole decisions: with the sites as they are a unit more at most spares a price, so the whole plan
is asked again."""


def worths(
    plan: Plan, limits: Limits, *, each: int = 3, again: bool = False, model: Model | None = None
) -> Iterator[Worth]:
    """Generate what one unit more is worth, kind by kind, the most first; cut short when time is up.

    Parameters
    ----------
    each
        How many rows of a kind are asked again: those of the highest price, one per spot.
    again
        Whether the dearest row of a rule on whole decisions is also asked of the whole problem: a plan each.
    model
        Of the plan's problem, where it is at hand.
    """
    model, clock = model or Model.of(plan.problem), Clock(limits)
    values = values_of_plan(model, plan)
    people = People.of(model, values, limits)
    chosen = people.choose()
    before = people.figures(chosen)
    rows = list(_dearest(people, chosen, each))
    for row in rows:
        worth = _worth(people, chosen, before, row, again=clock.left > 0.0)
        if worth.change is None or abs(worth.change.objective) >= MATTERS:
            yield worth
    yield from _minutes(model, values, before, limits, clock)
    for row in _binding_rows(model, values, people, chosen) if again else ():
        yield _planned_again(plan, model, values, row, limits)


def _binding_rows(model: Model, values: Floats, people: People, chosen: Solution) -> Iterator[int]:
    """Generate, of each rule on whole decisions that binds, the row with the highest price."""
    prices = np.abs(_duals(chosen))[people.row_of]
    number = {(rule.name, row.label): n for n, (rule, row) in enumerate(model.rows)}
    first: dict[str, int] = {}
    for binding in bindings(model, values):
        name, n = binding.rule.name, number[binding.rule.name, binding.label]
        if name in OF_PLANS and prices[n] > prices[first.setdefault(name, n)]:
            first[name] = n
    yield from first.values()


def _worth(people: People, chosen: Solution, before: ValueFigures, row: int, *, again: bool) -> Worth:
    """Return what one more of a row is worth: asked again, or by its price alone."""
    rule, made = people.model.rows[row]
    price = -abs(float(_duals(chosen)[people.row_of[row]]))
    change = people.figures(_one_more(people, row)) - before if again else None
    basis: Basis = "people" if again else "price"
    return Worth(OF_RULE[rule.name], rule, made.label, basis, price, change, people.grouped)


def _one_more(people: People, row: int) -> Solution:
    """Return everybody's choice with one unit more of a row; a home more is one that is handed over."""
    rule, made = people.model.rows[row]
    if OF_RULE[rule.name] != "home":
        return people.with_one_more(row)
    given = [label for label in people.model.decisions.new_homes if label[1:] == made.label]
    return people.with_one_home_more(min(given))


def _planned_again(plan: Plan, model: Model, values: Floats, row: int, limits: Limits) -> Worth:
    """Return what one more of a row is worth to a whole plan, all decisions free but, in a large
    model, which sites run."""
    rule, made = model.rows[row]
    more = replace(made, rhs=made.rhs + (1.0 if made.sense == "<=" else -1.0))
    rows = (*model.rows[:row], (rule, more), *model.rows[row + 1 :])
    result = search_near(replace(model, rows=rows), runs_of(plan), (), limits, lambda _: None)
    change, points = None, points_of(model)
    if result.values is not None:
        after = figures(model, points, result.values, result.objective)
        change = after - figures(model, points, values, plan.proof.objective)
    gaps = plan.proof.gap_eur + max(0.0, result.objective - result.bound)
    return Worth(OF_PLANS[rule.name], rule, made.label, "plans", None, change, grouped=False, gaps=gaps)


def _dearest(people: People, chosen: Solution, each: int) -> Iterator[int]:
    """Generate the rows of each kind with the highest price, no more than one of a spot."""
    prices, model = np.abs(_duals(chosen))[people.row_of], people.model
    dearest: dict[str, dict[Label, int]] = {name: {} for name in OF_RULE}
    for n in np.argsort(-prices, kind="stable"):
        rule, row = model.rows[n]
        if prices[n] < MATTERS:
            break
        spot = _spot(model, rule, row.label)
        if spot is not None and len(dearest[rule.name]) < each:
            dearest[rule.name].setdefault(spot, int(n))
    for name in OF_RULE:
        yield from dearest[name].values()


def _spot(model: Model, rule: Rule, label: Label) -> Label | None:
    """Return what a row is one of several of, so that one is asked; None where it is not asked at all.

    Homes by municipality, where and when a corporation hands any over; places by neighbourhood and tier;
    other rules by their label but the year.
    """
    problem = model.problem
    if rule.name == "homes_carry_over":
        offered = any(one[1:] == label for one in model.decisions.new_homes)
        return (problem.municipality_of[label[0]],) if offered else None
    if rule.name == "served_within_places":
        at_site = label[1] in problem.facility_tiers
        return (problem.neighbourhood_of[label[0]], label[1]) if at_site else None
    return label[:-1] if rule.name in OF_RULE else None


def _minutes(
    model: Model, values: Floats, before: ValueFigures, limits: Limits, clock: Clock
) -> Iterator[Worth]:
    """Generate what one minute more of each tier's travel norm is worth."""
    rules = {rule.name: rule for rule, _ in model.rows}
    norm = rules.get("within_travel_norm")
    for tier in model.problem.tiers.index if norm else ():
        if clock.left <= 0.0:
            return
        longer = _with_longer_norm(model.problem, str(tier), 1.0)
        if norm is None or longer["within"].equals(model.problem.pairs["within"]):
            continue
        changed = model.changed(replace(model.problem, pairs=longer), (norm.name,))
        people = People.of(changed, values, limits)
        change = people.figures(people.choose()) - before
        if abs(change.objective) >= MATTERS:
            yield Worth("minute", norm, (str(tier),), "people", None, change, people.grouped)


def _with_longer_norm(problem: Problem, tier: str, minutes: float) -> pd.DataFrame:
    """Return the pairs where the norm of a tier is longer."""
    pairs = problem.pairs.copy()
    here = pairs.index.get_level_values("tier") == tier
    norm = float(problem.tiers["norm"][tier]) + minutes
    pairs.loc[here, "within"] = pairs["minutes"][here] <= norm
    return pairs


def _duals(solution: Solution) -> Floats:
    if solution.duals is None:
        raise ValueError("Expected a relaxation that was solved to the end.")
    return solution.duals
