"""The smaller model in the solver, and the sites in it: what runs when, and what else could."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from optimiser.model.model import Arrays, Floats, Model
from optimiser.model.variables import column_ids
from optimiser.rule import Family
from optimiser.search.aggregation import Aggregate, aggregate
from optimiser.solver.highs import Columns, LinearModel, Solution
from optimiser.solver.limits import Clock, Limits

SMALL = 4_000
"""Columns up to which a model is small enough to be given to the solver as it is."""

NEAREST_SITES, NEAREST_HOMES = 40, 15
"""Pairs per origin and tier that take part from the start; others are priced in when they pay.

Many: the first solve is by interior point and hardly slower for them, and those after it by simplex."""

WORTH_TAKING = 1e-6
"""Share of the objective that other decisions on sites must bring to be taken."""

PAYS = 1e-6
"""Reduced cost, in objective units, beyond which a pair left out would pay."""

USED = 1e-6
"""Use of a site (the relaxation's `operating`) that counts as use."""

DROPPED, RUNS = 0.5, 0.2
"""Use below which a weak candidate is dropped; part of its strongest year from which a chosen one runs."""


class SiteChange(NamedTuple):
    """Other years in which a site could run, and at least what that changes in the objective."""

    at_least: float
    site: int
    runs: Floats


class Guide(NamedTuple):
    """Choices of people in a smaller model (column) and its prices (row): both point at good pairs."""

    values: Floats
    prices: Floats


@dataclass(frozen=True)
class Sites:
    """The columns of `operating` and `places`, one row per site and tier, one column per year."""

    operating: Columns
    places: Columns
    base: NDArray[np.int64]
    most: NDArray[np.int64]

    @classmethod
    def of(cls, model: Model, place: NDArray[np.int32]) -> "Sites":
        """Return the sites of a model, columns as `place` renumbers them."""
        problem, x = model.problem, model.decisions
        labels = list(problem.site_tiers.index)
        shape = (len(labels), len(problem.years))

        def columns(family: Family) -> Columns:
            found = [family[s, k, t].id for s, k in labels for t in problem.years]
            return place[np.array(found, dtype=np.int32)].reshape(shape)

        limits = problem.site_tiers[["base", "most"]].to_numpy(dtype=np.int64)
        return cls(columns(x.operating), columns(x.places), limits[:, 0], limits[:, 1])

    @property
    def count(self) -> int:
        """How many sites and tiers there are."""
        return len(self.base)

    def use(self, solution: Solution) -> Floats:
        """Return (site and tier, year) how much each runs in a relaxation, from 0 to 1."""
        return values_of(solution)[self.operating]

    def running(self, n: int, use: Floats) -> Floats:
        """Return the years in which it runs when the answer is yes."""
        return (use > (USED if self.base[n] else RUNS * use.max())).astype(float)

    def closing(self, n: int, use: Floats) -> Floats:
        """Return the years in which it runs when the answer is no: none, or until it is used half."""
        if not self.base[n]:
            return np.zeros_like(use)
        until: Floats = (np.cumsum(use < DROPPED) == 0).astype(float)
        return until

    def changes(self, now: Floats, reduced: Floats) -> list[SiteChange]:
        """Return what one site or tier could do otherwise, the most promising first.

        With the reduced costs of `operating` at a solution where it is fixed, the objective after a
        change is at least what duality says: what cannot pay is left out.
        """
        worth = reduced[self.operating]
        found = [
            SiteChange(at_least, n, runs)
            for n in range(self.count)
            for runs in self._other_years(n, now[n])
            if (at_least := float(worth[n] @ (runs - now[n]))) < 0.0
        ]
        return sorted(found, key=lambda change: change.at_least)

    def _other_years(self, n: int, now: Floats) -> Iterator[Floats]:
        """Generate the years up to any year for a site that runs today, from any year for another one."""
        years = np.arange(len(now))
        for turn in range(len(now) + 1):
            runs = (years < turn if self.base[n] else years >= turn).astype(float)
            if not np.array_equal(runs, now):
                yield runs


@dataclass(frozen=True)
class ReducedModel:
    """The smaller model in the solver, and the sites in it."""

    aggregate: Aggregate
    program: LinearModel
    sites: Sites

    @classmethod
    def relaxed(
        cls, model: Model, within_m: float, limits: Limits, clock: Clock
    ) -> tuple["ReducedModel", Solution]:
        """Group origins, hand the smaller model to the solver and solve its relaxation."""
        return cls.of(model, aggregate(model, within_m), limits, clock)

    @classmethod
    def of(
        cls, model: Model, small: Aggregate, limits: Limits, clock: Clock
    ) -> tuple["ReducedModel", Solution]:
        """Hand a smaller model to the solver and solve its relaxation."""
        taking_part = small.takes_part(nearest(model))
        program, solution = priced_in(small.arrays, taking_part, limits, clock)
        return cls(small, program, Sites.of(model, small.place)), solution

    def relax(self, clock: Clock, below: float = np.inf, *, interior: bool = False) -> Solution | None:
        """Solve the relaxation, from where the last ended or anew; None where it has none below a limit."""
        solution = self.program.relax(interior=interior, seconds=clock.left, below=below)
        return solution if solution.outcome == "optimal" and solution.objective < below else None

    def expand(self, values: Floats) -> Floats:
        """Return the values of the whole model."""
        whole: Floats = self.aggregate.expand @ values
        return whole

    def prices(self, solution: Solution) -> Floats | None:
        """Return (row of the whole model) the prices at a relaxation of the smaller one."""
        return None if solution.duals is None else solution.duals[self.aggregate.row_of]

    def guide(self, solution: Solution) -> Guide | None:
        """Return what points at good pairs of the whole model, where the smaller one has prices."""
        prices = self.prices(solution)
        return None if prices is None else Guide(self.expand(values_of(solution)), prices)

    def fix(self, columns: Columns, values: Floats) -> None:
        """Fix columns of the whole model, all those that stand together."""
        place, total = self.aggregate.total(columns, values)
        self.program.set_bounds(place, total, total)

    def release(self, columns: Columns) -> None:
        """Give columns of the whole model their own bounds back."""
        place, arrays = np.unique(self.aggregate.place[columns]), self.aggregate.arrays
        self.program.set_bounds(place, arrays.lower[place], arrays.upper[place])

    def settle(self, answers: dict[int, Floats]) -> None:
        """Fix in which years sites run."""
        columns = np.concatenate([self.sites.operating[n] for n in answers])
        values = np.concatenate(list(answers.values()))
        self.program.set_bounds(columns, values, values)

    def settle_all(self, model: Model, runs: Floats, going: Floats, clock: Clock) -> Solution | None:
        """Fix in which years sites run and in which beds may go; where they cannot, all may choose again."""
        closing = column_ids(model.decisions.closing)
        self.settle(dict(enumerate(runs)))
        self.fix(closing, going)
        # so much changes at once that the way from where the last one ended is longer than anew
        settled = self.relax(clock, interior=True)
        if settled is None:
            self.ask_again(list(range(self.sites.count)))
            self.release(closing)
        return settled

    def settle_closing(self, model: Model, solution: Solution, clock: Clock) -> Solution | None:
        """Fix in which years beds may go: in fractions of a year nothing need replace them.

        All years in which the relaxation lets any go, or as many of them as go together, the first first.
        """
        closing = column_ids(model.decisions.closing)
        if not len(closing):
            return solution
        use = values_of(solution)[self.aggregate.place[closing]]
        self.fix(closing, (use > USED).astype(float))
        settled = self.relax(clock)
        if settled is not None or clock.left <= 0.0:
            return settled
        self.release(closing)
        for year in closing[use > USED]:
            one = np.array([year], dtype=np.int32)
            self.fix(one, np.ones(1))
            if self.relax(clock) is None:
                self.fix(one, np.zeros(1))
        return self.relax(clock)

    def sparing(self, rows: NDArray[np.intp], places: float, clock: Clock) -> Solution | None:
        """Solve with so many places less room in rows of the whole model, which then have it back."""
        self._with_less_room(rows, places)
        solution = self.relax(clock)
        self._with_less_room(rows, 0.0)
        return solution

    def _with_less_room(self, rows: NDArray[np.intp], places: float) -> None:
        arrays = self.aggregate.arrays
        for row in np.unique(self.aggregate.row_of[rows]):
            upper = float(arrays.row_upper[row]) - places
            self.program.set_row(int(row), float(arrays.row_lower[row]), upper)

    def lived_in(self, places: Columns, whole: Floats, clock: Clock) -> Solution | None:
        """Return what people do where places are as given, which then are free again; None if they cannot."""
        self.fix(places, whole)
        lived_in = self.relax(clock)
        self.release(places)
        return lived_in

    def ask_again(self, sites: list[int]) -> None:
        """Let sites run or not, as they like."""
        columns = np.concatenate([self.sites.operating[n] for n in sites])
        self.program.set_bounds(columns, np.zeros(len(columns)), np.ones(len(columns)))


def values_of(solution: Solution) -> Floats:
    """Return the values of a solution that has them."""
    if solution.values is None:
        raise ValueError("Expected a solution with values.")
    return solution.values


def as_used(use: Floats, most: float) -> Floats:
    """Return the years in which a site runs that is used most of those that may choose, or by half."""
    runs = (use > RUNS * use.max()) if use.max() >= min(most, DROPPED) else np.zeros_like(use)
    years: Floats = runs.astype(float)
    return years


def reduced_costs(solution: Solution) -> Floats:
    """Return the reduced costs (column) of a relaxation that has them."""
    if solution.reduced is None:
        raise ValueError("Expected a relaxation that was solved to the end.")
    return solution.reduced


def nearest(model: Model, sites: int = NEAREST_SITES, homes: int = NEAREST_HOMES) -> NDArray[np.bool_]:
    """Return (column) whether it takes part from the start: all but the pairs that lie far."""
    problem = model.problem
    rank = problem.pairs.groupby(level=["origin", "tier"]).cumcount().to_numpy()
    at_home = problem.pairs.index.get_level_values("tier").isin(problem.home_tiers)
    taking_part = np.ones(len(model.arrays.cost), dtype=bool)
    taking_part[pair_columns(model)[rank >= np.where(at_home, homes, sites)].ravel()] = False
    return taking_part


def pair_columns(model: Model) -> Columns:
    """Return (pair, year) the columns of `housed`."""
    columns = np.array([v.id for v in model.decisions.housed.values()], dtype=np.int32)
    return columns.reshape(len(model.problem.pairs), len(model.problem.years))


def priced_in(
    arrays: Arrays, taking_part: NDArray[np.bool_], limits: Limits, clock: Clock
) -> tuple[LinearModel, Solution]:
    """Solve a relaxation over some columns, adding those that pay until none is left.

    A solution that is not `optimal` was stopped before that point.
    """
    program = LinearModel(arrays, np.flatnonzero(taking_part).astype(np.int32), limits)
    solution = program.relax(interior=True, seconds=clock.left)
    if solution.outcome == "infeasible" and not taking_part.all():
        # the pairs left out may be just those that are needed
        return priced_in(arrays, np.ones_like(taking_part), limits, clock)
    return program, add_what_pays(program, solution, taking_part, clock)


def add_what_pays(
    program: LinearModel, solution: Solution, taking_part: NDArray[np.bool_], clock: Clock
) -> Solution:
    """Let columns that pay join those taking part and solve again, until none is left."""
    arrays = program.arrays
    part, by_column = taking_part.copy(), arrays.matrix.tocsc()
    while solution.duals is not None:
        reduced = arrays.cost - by_column.T @ solution.duals
        # what is fixed to nothing does not pay
        paying = np.flatnonzero(~part & (reduced < -PAYS) & (arrays.upper > 0.0)).astype(np.int32)
        if not len(paying):
            break
        part[paying] = True
        program.add_columns(paying)
        solution = program.relax(seconds=clock.left)
    return solution
