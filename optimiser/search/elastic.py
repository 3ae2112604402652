"""Elastic relaxation: least violation of the hard policies, where, when and by how much.

Hard policies are made to give way at a price that is all that counts: in whole numbers in a small
model; in a large one in fractions, over neighbourhoods that move as one (`aggregate.py`).
"""

from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Self

import numpy as np
from numpy.typing import NDArray

from models.parameters.parameters import Budget, Mode
from optimiser.infeasibility.levers import Lever
from optimiser.model.model import Arrays, Floats, Model
from optimiser.model.variables import SLACK, column_ids
from optimiser.plan import DECIDED
from optimiser.problem import Problem
from optimiser.rule import Label, Row
from optimiser.search.aggregation import aggregate
from optimiser.search.lagrangian_bound import LagrangianBound
from optimiser.search.reduced_model import SMALL
from optimiser.solver.highs import LinearModel
from optimiser.solver.limits import Limits

NOTHING = 1e-6
"""Breach below which a rule holds."""

A_EURO = 1e-4
"""What a euro over the budget counts beside a place or a person short."""

SPARED = 1e4
"""What a unit of a policy counts that is to stand, beside one of that which is to give way."""

WITHIN_M = 15_000.0
"""Metres across a group of neighbourhoods that move as one in a larger model."""


@dataclass(frozen=True)
class Shortage:
    """By how much a hard policy gives way at the least, where and when (label, the year last)."""

    policy: str
    label: Label
    amount: float
    unit: str


@dataclass(frozen=True)
class ElasticModel:
    """A problem whose hard policies may give way, in the solver: what gives way at the least."""

    model: Model
    arrays: Arrays
    program: LinearModel
    row_of: NDArray[np.int32]
    expand: Callable[[Floats], Floats]
    whole: bool
    limits: Limits

    @classmethod
    def of(cls, problem: Problem, limits: Limits) -> Self:
        """Make the hard policies of a problem give way."""
        hard = hard_policies(problem)
        return cls.with_costs(Model.of(softened(problem, hard)), hard, limits)

    def with_free(self, free: Collection[str]) -> Self:
        """Return the same where it does not count by how much some policies give way."""
        rest = [name for name in self.counting if name not in free]
        return self.with_costs(self.model, rest, self.limits)

    @classmethod
    def with_costs(cls, model: Model, hard: list[str], limits: Limits, least: str | None = None) -> Self:
        """Let nothing count but what gives way, by far the least that which `least` names."""
        cost = np.zeros(len(model.arrays.cost))
        for name in hard:
            spared = least is not None and name != least
            cost[_columns(model, name)] = _counts(model.problem, name) * (SPARED if spared else 1.0)
        arrays = replace(model.arrays, cost=cost, constant=0.0)
        whole = len(cost) <= SMALL
        small, row_of, expand = arrays, np.arange(len(model.rows), dtype=np.int32), _same
        if not whole:
            grouped = aggregate(model, WITHIN_M, arrays)
            small, row_of = grouped.arrays, grouped.row_of

            def expand(values: Floats) -> Floats:
                every: Floats = grouped.expand @ values
                return every

        program = LinearModel(small, small.columns, limits)
        return cls(model, arrays, program, row_of, expand, whole, limits)

    def least(
        self, *, fractions: bool = False, anew: bool = True
    ) -> tuple[float, Floats | None, Floats | None]:
        """Return the least that gives way, with values (column) and prices (row) where there are any.

        In fractions it is solved anew, or from where the last solve ended.
        """
        if self.whole and not fractions:
            found = self.program.search(gap=0.0, seconds=np.inf, start=None, progress=lambda *_: None)
        else:
            found = self.program.relax(interior=anew and not self.whole)
        if found.values is None:
            return np.inf, None, None
        prices = None if found.duals is None else found.duals[self.row_of]
        return found.objective, self.expand(found.values), prices

    def holds_for_fractions_of_places(self) -> bool:
        """Whether nothing gives way once places and homes come in fractions, yes or no staying yes or no.

        Only in a model small enough to be solved in whole numbers.
        """
        if not self.whole:
            return False
        choices = np.zeros(len(self.arrays.cost), dtype=bool)
        x = self.model.decisions
        choices[column_ids(x.operating, x.running, x.grows, x.closing)] = True
        divisible = replace(self.arrays, integer=self.arrays.integer & choices)
        program = LinearModel(divisible, divisible.columns, self.limits)
        found = program.search(gap=0.0, seconds=np.inf, start=None, progress=lambda *_: None)
        return found.objective <= NOTHING

    @property
    def is_proven(self) -> bool:
        """Whether something must give way for everybody apart too, in fractions: then there is no plan."""
        amount, _, prices = self.least(fractions=True)
        if self.whole:
            return amount > NOTHING
        return prices is not None and self.apart.bound(prices) > NOTHING

    def with_value(self, lever: Lever, value: float) -> float:
        """Return the least that gives way where a number is another."""
        with self._at(lever, value) as (clash, _):
            return clash.least(anew=False)[0]

    def proves_too_little(self, lever: Lever, value: float) -> bool:
        """Whether it is proven, for everybody apart and whole numbers too, that a value is not enough."""
        with self._at(lever, value) as (clash, arrays):
            amount, _, prices = clash.least(anew=False)
            if self.whole:
                return amount > NOTHING
            apart = replace(clash.apart, arrays=arrays)
            return prices is not None and apart.bound(prices) > NOTHING

    @cached_property
    def apart(self) -> LagrangianBound:
        """What prices take apart by origin, to bound what must give way."""
        return LagrangianBound.of(self.model, self.arrays)

    @contextmanager
    def _at(self, lever: Lever, value: float) -> Iterator[tuple[Self, Arrays]]:
        """Set a number, and put it back: in the solver where only limits of rows change."""
        again = self.model.changed(lever.apply(self.model.problem, value), lever.rules)
        before = [(n, row) for n, (rule, row) in enumerate(self.model.rows) if rule.name in lever.rules]
        after = [row for rule, row in again.rows if rule.name in lever.rules]
        if not _same_terms([row for _, row in before], after):
            other = self.with_costs(again, self.counting, self.limits)
            yield other, other.arrays
            return
        lower, upper = self.arrays.row_lower.copy(), self.arrays.row_upper.copy()
        for (n, _), row in zip(before, after, strict=True):
            lower[n], upper[n] = self._set(n, row)
        try:
            yield self, replace(self.arrays, row_lower=lower, row_upper=upper)
        finally:
            for n, row in before:
                self._set(n, row)

    @property
    def counting(self) -> list[str]:
        """The policies of which it counts what gives way."""
        return [name for name in SLACK if self.arrays.cost[_columns(self.model, name)].any()]

    def _set(self, n: int, row: Row) -> tuple[float, float]:
        """Give a row of the model its limits in the solver, and return them."""
        limits = (-np.inf if row.sense == "<=" else row.rhs, np.inf if row.sense == ">=" else row.rhs)
        self.program.set_row(int(self.row_of[n]), *limits)
        return limits

    def shortages(self, values: Floats) -> Iterator[Shortage]:
        """Generate what gives way."""
        return shortages_of(self.model, self.counting, values)


def shortages_of(model: Model, policies: Collection[str], values: Floats) -> Iterator[Shortage]:
    """Generate by how much policies that are soft in a model give way in values (column)."""
    for name in policies:
        unit = next(made.units for made in DECIDED if made.name == SLACK[name])
        for label, variable in model.decisions.family(SLACK[name]).items():
            if values[variable.id] > NOTHING:
                yield Shortage(name, label, float(values[variable.id]), unit)


def _same(values: Floats) -> Floats:
    return values


def _columns(model: Model, policy: str) -> list[int]:
    return [v.id for v in model.decisions.family(SLACK[policy]).values()]


def _counts(problem: Problem, policy: str) -> float:
    return A_EURO if isinstance(getattr(problem.policies, policy), Budget) else 1.0


def _same_terms(before: list[Row], after: list[Row]) -> bool:
    def left(rows: list[Row]) -> list[object]:
        return [(row.label, row.sense, [(v.id, c) for v, c in row.terms]) for row in rows]

    return left(before) == left(after)


def hard_policies(problem: Problem) -> list[str]:
    """Return the policies that are hard and could be soft."""
    return [name for name in SLACK if getattr(problem.policies, name).mode == "hard"]


def softened(problem: Problem, names: list[str] | tuple[str, ...]) -> Problem:
    """Return a problem with policies made soft."""
    return problem.with_modes(**dict[str, Mode](dict.fromkeys(names, "soft")))
