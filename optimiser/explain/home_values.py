"""Marginal value of one extra home: re-optimise the assignment, places as planned.

The whole decisions of a plan stand, and one home more is handed over. What that brings is the difference
of two linear programmes that are both solved to the end; it is no dual of a model with whole numbers, and
has no gap. Changing sites or places as well could only make a home worth more: it is worth this at least.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array, eye_array

from optimiser.explain.binding_rules import values_of_plan
from optimiser.explain.marginal_values import APART, OF_HOMES, WITHIN_M
from optimiser.model.formulation import POINTS
from optimiser.model.model import Arrays, Floats, Model
from optimiser.model.variables import column_ids
from optimiser.plan import Plan
from optimiser.search.aggregation import aggregate
from optimiser.search.assignment import with_fixed
from optimiser.search.reduced_model import values_of
from optimiser.solver.highs import Columns, LinearModel, Solution
from optimiser.solver.limits import Clock, Limits, Progress, Report


@dataclass(frozen=True)
class HomeWorth:
    """What one home more in a place changes; below 0 is less.

    Attributes
    ----------
    neighbourhood, corporation
        Where in the place it brings most, and a corporation that hands homes over there in that year.
    eur
        Nominal euros that somebody pays over all planned years, the price of the home in it.
    places
        Client-years in places of facilities.
    waiting
        Client-years of waiting.
    objective
        Discounted euros and points, as plans are compared in.
    grouped
        Whether neighbourhoods near each other moved as one.
    """

    place: str
    year: int
    corporation: str
    neighbourhood: str
    eur: float
    places: float
    waiting: float
    objective: float
    grouped: bool


@dataclass(frozen=True)
class Counted:
    """What a choice of everybody comes to; the fields as in `HomeWorth`."""

    eur: float
    places: float
    waiting: float
    objective: float


@dataclass(frozen=True)
class FixedPlanValues:
    """The programme over people where sites and places stand as in a plan.

    Attributes
    ----------
    expand, place, row_of
        From the columns of the whole model and to those, and to its rows, as in `Aggregate`; the identity
        in a small model.
    paid, lived
        (column) nominal euros, and 1 for a client-year in a facility.
    """

    model: Model
    arrays: Arrays
    expand: csr_array
    place: NDArray[np.int32]
    row_of: NDArray[np.int32]
    paid: Floats
    lived: Floats
    grouped: bool

    @classmethod
    def of(cls, model: Model, values: Floats, *, homes_stand: bool) -> Self:
        """Fix the whole decisions of a plan's values (column); homes handed over only where they stand."""
        whole = np.flatnonzero(model.arrays.integer).astype(np.int32)
        if not homes_stand:
            whole = np.setdiff1d(whole, column_ids(model.decisions.new_homes)).astype(np.int32)
        arrays = with_fixed(model, whole, values[whole].round())
        grouped = len(arrays.cost) > APART
        expand = csr_array(eye_array(len(arrays.cost)))
        place = arrays.columns
        row_of = np.arange(len(model.rows), dtype=np.int32)
        if grouped:
            small = aggregate(model, WITHIN_M, arrays)
            arrays, expand, place, row_of = small.arrays, small.expand, small.place, small.row_of
        paid, lived = _paid(model), _lived(model)
        return cls(model, arrays, expand, place, row_of, paid, lived, grouped)

    def taking_part(self) -> Columns:
        """Return the columns that may be more than nothing, and all homes."""
        possible = self.arrays.upper > 0.0
        possible[self.place[column_ids(self.model.decisions.new_homes)]] = True
        return np.flatnonzero(possible).astype(np.int32)

    def counted(self, solution: Solution) -> Counted:
        """Return what a choice comes to."""
        values = self.expand @ values_of(solution)
        waiting = values[column_ids(self.model.decisions.waiting)].sum()
        return Counted(
            float(self.paid @ values), float(self.lived @ values), float(waiting), solution.objective
        )


def _paid(model: Model) -> Floats:
    paid = np.zeros(len(model.arrays.cost))
    for term in model.terms:
        if term.stream != POINTS:
            paid[term.variable.id] += term.amount
    return paid


def _lived(model: Model) -> Floats:
    lived, facilities = np.zeros(len(model.arrays.cost)), set(model.problem.facility_tiers)
    for (_, _, k, _), clients in model.decisions.clients.items():
        lived[clients.id] = float(k in facilities)
    return lived


def home_worths(
    plan: Plan,
    limits: Limits,
    report: Report = lambda _: None,
    *,
    places: Iterable[tuple[str, int]] | None = None,
    model: Model | None = None,
) -> Iterator[HomeWorth]:
    """Generate what one home more is worth, by place and year, until all are asked or time is up.

    Parameters
    ----------
    asked
        (place, year), a municipality or a neighbourhood each; by default all municipalities in each year
        in which homes are offered there, the first year first.
    """
    model, clock = model or Model.of(plan.problem), Clock(limits)
    spots = _spots(model)
    keys = sorted(spots, key=lambda key: (key[1], key[0])) if places is None else list(places)
    spots |= {(j, t): [one] for one in model.decisions.new_homes for _, j, t in [one]}
    standing = FixedPlanValues.of(model, values_of_plan(model, plan), homes_stand=True)
    program = _program(standing, limits)
    report(Progress(clock.seconds, "one home more", None, None))
    base = program.relax(interior=standing.grouped, seconds=clock.left)
    if base.outcome != "optimal" or base.reduced is None:
        return
    before, brings = standing.counted(base), base.reduced
    for number, key in enumerate(keys):
        if clock.left <= 0.0:
            return
        report(Progress(clock.seconds, f"one home more, {number} of {len(keys)}", None, None))
        column = {label: int(standing.place[model.decisions.new_homes[label].id]) for label in spots[key]}
        best = min(column, key=lambda label: brings[column[label]])
        after = _with_one_more(standing, program, column[best], clock)
        if after is not None:
            yield _difference(key, best, before, after, standing.grouped)


def _spots(model: Model) -> dict[tuple[str, int], list[tuple[str, str, int]]]:
    """Return (municipality, year) → the homes (corporation, neighbourhood, year) that there can be."""
    town = model.problem.municipality_of
    spots: dict[tuple[str, int], list[tuple[str, str, int]]] = {}
    for label in model.decisions.new_homes:
        spots.setdefault((town[label[1]], label[2]), []).append((label[0], label[1], label[2]))
    return spots


def _program(standing: FixedPlanValues, limits: Limits) -> LinearModel:
    """Hand the programme to the solver, without the rules that keep homes to what was offered."""
    program = LinearModel(standing.arrays, standing.taking_part(), limits)
    for n, (rule, _) in enumerate(standing.model.rows):
        if rule.name in OF_HOMES:
            program.set_row(int(standing.row_of[n]), -np.inf, np.inf)
    return program


def _with_one_more(
    standing: FixedPlanValues, program: LinearModel, column: int, clock: Clock
) -> Counted | None:
    """Let everybody choose with one home more in a column (of the programme), and put it back."""
    at = np.array([column], dtype=np.int32)
    homes = standing.arrays.lower[at]
    program.set_bounds(at, homes + 1.0, homes + 1.0)
    try:
        chosen = program.relax(seconds=clock.left)
        return standing.counted(chosen) if chosen.outcome == "optimal" else None
    finally:
        program.set_bounds(at, homes, homes)


def _difference(
    key: tuple[str, int], label: tuple[str, str, int], before: Counted, after: Counted, grouped: bool
) -> HomeWorth:
    return HomeWorth(
        place=key[0],
        year=key[1],
        corporation=label[0],
        neighbourhood=label[1],
        eur=after.eur - before.eur,
        places=after.places - before.places,
        waiting=after.waiting - before.waiting,
        objective=after.objective - before.objective,
        grouped=grouped,
    )
