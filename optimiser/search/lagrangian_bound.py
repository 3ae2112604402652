"""A bound on every plan from any prices: each origin does the best for itself, and none can do better.

The rows that tie origins together are priced (Lagrange) and left out. What is left falls apart:
sites, homes and slacks have a least value each by their own limits; the people of an origin choose
between tiers and waiting, each tier at its cheapest location, in a small linear programme. The sum
is a bound whatever the prices are; with the prices of the smaller model (`aggregate.py`) it lies
close to the relaxation of the whole model, which therefore need not be solved (Geoffrion 1974).
"""

from dataclasses import dataclass
from itertools import product
from typing import Any, Self

import highspy
import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize_scalar
from scipy.sparse import csr_array

from optimiser.model.model import Arrays, Floats, Model
from optimiser.search.aggregation import BY_ORIGIN
from optimiser.solver.highs import checked, new_highs, run

type Indices = NDArray[np.int32]

BALANCES = frozenset({"everyone_is_accounted_for", "tenants_stay"})
"""Rules on the people of one origin, whatever the location they are housed at."""

GENEROUS = 10.0
"""Times all people, places and homes: more than a count of them can be, where a column has no limit."""

DEARER, STEPS = 4.0, 25
"""Times a price up to which a better one is sought, and in how many bounds."""


@dataclass(frozen=True)
class LagrangianBound:
    """A model that prices take apart by origin.

    Attributes
    ----------
    linking
        (row) whether it ties origins together, and is priced.
    common
        Columns that belong to no origin.
    states
        (origin, state) the columns of an origin: clients, entered, left and waiting, in one order for all.
    balances
        (origin, balance) the rows that account for an origin's people, and those by which its tenants stay.
    housed, choice
        The columns of `housed`, and for each the (origin, tier, year) that it is a choice in, by number.
    chosen
        (origin, state) the (origin, tier, year) in which a client chooses, by number; −1 for other states.
    unlimited
        What stands for no limit.
    """

    arrays: Arrays
    linking: NDArray[np.bool_]
    common: Indices
    states: Indices
    balances: Indices
    housed: Indices
    choice: Indices
    chosen: Indices
    unlimited: float

    @classmethod
    def of(cls, model: Model, arrays: Arrays | None = None) -> Self:
        """Take a model apart; `arrays` are the model's with other costs, where these are not its own."""
        problem, x = model.problem, model.decisions
        areas, years = problem.areas, problem.years
        number = {at: n for n, at in enumerate(product(areas, problem.tiers.index, years))}
        lives = [
            (family, *rest) for family in (x.clients, x.entered, x.left) for rest in _rests(family, areas[0])
        ]
        lives += [(x.waiting, *rest) for rest in _rests(x.waiting, areas[0])]
        states = [[family[i, *rest].id for family, *rest in lives] for i in areas]
        chosen = [
            [number[i, rest[1], rest[2]] if family is x.clients else -1 for family, *rest in lives]
            for i in areas
        ]
        balances: dict[str, list[int]] = {i: [] for i in areas}
        for n, (rule, row) in enumerate(model.rows):
            if rule.name in BALANCES:
                balances[row.label[0]].append(n)
        own = np.array(states, dtype=np.int32)
        housed = np.array([v.id for v in x.housed.values()], dtype=np.int32)
        common = np.setdiff1d(np.arange(len(model.arrays.cost)), np.concatenate([own.ravel(), housed]))
        return cls(
            arrays=model.arrays if arrays is None else arrays,
            linking=np.array([rule.name not in BY_ORIGIN for rule, _ in model.rows]),
            common=common.astype(np.int32),
            states=own,
            balances=np.array(list(balances.values()), dtype=np.int32),
            housed=housed,
            choice=np.array([number[i, k, t] for i, _, k, t in x.housed], dtype=np.int32),
            chosen=np.array(chosen, dtype=np.int32),
            unlimited=GENEROUS * _everything(model),
        )

    def bound(self, prices: Floats) -> float:
        """Return what no plan goes below; `prices` (row) are objective units per unit of the row."""
        arrays = self.arrays
        priced = self._allowed(np.where(self.linking, prices, 0.0))
        reduced = arrays.cost - arrays.matrix.T @ priced
        upper, lower = arrays.row_upper, arrays.row_lower
        given = np.where(priced > 0.0, lower, upper)
        fixed = float(priced[priced != 0.0] @ given[priced != 0.0]) + arrays.constant
        return fixed + self._common_value(reduced) + self._people_value(reduced)

    def sharpened(self, prices: Floats, rows: NDArray[np.int64]) -> Floats:
        """Return prices with those of some rows where the bound is highest, one row after another.

        The bound is concave in each: a price is sought from nothing to `DEARER` times what it is.
        """
        best = prices.copy()
        for row in rows[prices[rows] != 0.0]:

            def lowered(price: float, row: int = int(row)) -> float:
                tried = best.copy()
                tried[row] = price
                return -self.bound(tried)

            ends = sorted((0.0, DEARER * prices[row]))
            found = minimize_scalar(lowered, bounds=ends, method="bounded", options={"maxiter": STEPS})
            if found.fun < lowered(float(best[row])):
                best[row] = found.x
        return best

    def _allowed(self, priced: Floats) -> Floats:
        """Return prices with the sign that their rows have."""
        arrays = self.arrays
        priced = np.where(np.isfinite(arrays.row_lower), priced, np.minimum(priced, 0.0))
        signed: Floats = np.where(np.isfinite(arrays.row_upper), priced, np.maximum(priced, 0.0))
        return signed

    def _common_value(self, reduced: Floats) -> float:
        """Return the least value of what belongs to no origin, each column by its own limits."""
        cost, arrays = reduced[self.common], self.arrays
        upper = np.minimum(arrays.upper[self.common], self.unlimited)
        return float(np.minimum(cost * arrays.lower[self.common], cost * upper).sum())

    def _people_value(self, reduced: Floats) -> float:
        """Return the least value of the people, origin by origin."""
        cheapest = np.full(int(self.chosen.max()) + 1, np.inf)
        np.minimum.at(cheapest, self.choice, reduced[self.housed])
        lives = self.chosen >= 0
        cost = reduced[self.states]
        cost[lives] += cheapest[self.chosen[lives]]
        nowhere = ~np.isfinite(cost)
        upper = np.where(nowhere, 0.0, np.inf)
        cost[nowhere] = 0.0
        highs, count, rows = self._programme(), self.states.shape[1], self.balances.shape[1]
        columns, balances = np.arange(count, dtype=np.int32), np.arange(rows, dtype=np.int32)
        total, none = 0.0, np.zeros(count)
        for origin in range(len(self.states)):
            at = self.balances[origin]
            highs.changeColsCost(count, columns, cost[origin])
            highs.changeColsBounds(count, columns, none, upper[origin])
            highs.changeRowsBounds(rows, balances, self.arrays.row_lower[at], self.arrays.row_upper[at])
            run(highs)
            if highs.getModelStatus() != highspy.HighsModelStatus.kOptimal:
                return -np.inf
            total += highs.getInfo().objective_function_value
        return total

    def _programme(self) -> Any:
        """Return a solver that holds the pathway of the first origin: it is the same for all."""
        arrays = self.arrays
        part = csr_array(arrays.matrix[self.balances[0]]).tocsc()[:, self.states[0]]
        program = highspy.HighsLp()
        program.num_col_, program.num_row_ = part.shape[1], part.shape[0]
        program.col_cost_ = np.zeros(part.shape[1])
        program.col_lower_, program.col_upper_ = np.zeros(part.shape[1]), np.full(part.shape[1], np.inf)
        program.row_lower_ = arrays.row_lower[self.balances[0]]
        program.row_upper_ = arrays.row_upper[self.balances[0]]
        program.a_matrix_.format_ = highspy.MatrixFormat.kColwise
        program.a_matrix_.start_ = part.indptr.astype(np.int32)
        program.a_matrix_.index_ = part.indices.astype(np.int32)
        program.a_matrix_.value_ = part.data
        highs = new_highs()
        checked(highs.passModel(program), "passModel")
        return highs


def _rests(family: Any, origin: str) -> list[tuple[Any, ...]]:
    """Return the labels of one origin without it, in the order of the family."""
    return [tuple(rest) for at, *rest in family if at == origin]


def _everything(model: Model) -> float:
    """Return all people there can ever be, all places that fit and all homes, added up."""
    problem = model.problem
    people = sum(float(a.sum()) for a in (problem.clients, problem.waiting, problem.inflow))
    homes = float(problem.homes.sum()) + sum(offer.homes for offer in problem.offers)
    return people + sum(problem.most_places.values()) + homes + 1.0
