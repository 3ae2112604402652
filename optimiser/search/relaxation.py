"""Price-corrected aggregation: a small relaxation of the whole mixed-integer programme.

Model: the least cᵀx, rows a_r x {=, ≤, ≥} b_r, bounds, some x integer. Each row r has a price π_r,
≤ 0 on ≤ rows and ≥ 0 on ≥ rows. Rows of one sense that differ only by their neighbourhood, and speak of no
site, form a group R; all other rows are groups of one.

1. Group price π_R: the mean for equalities, the largest of the members' for ≤ rows, the smallest for ≥ rows.
2. δ_r = π_r − π_R, so δ_r ≤ 0 on ≤ rows and δ_r ≥ 0 on ≥ rows.
3. Corrected cost c̃ = c − Aᵀδ, and a constant δᵀb.
4. The rows of a group are added up: T A x {=, ≤, ≥} T b.
5. Columns with equal entries in T A, integer or not alike and with no lower limit but 0, merge into one:
   X_J = Σ_j∈J x_j with cost min_j∈J c̃_j and the sum of the bounds.

Proof that no plan costs less than the small model says. Let x be feasible. Each term of δᵀ(b − A x) is ≤ 0:
it is 0 on equalities, b − a x ≥ 0 and δ ≤ 0 on ≤ rows, b − a x ≤ 0 and δ ≥ 0 on ≥ rows. Hence
cᵀx ≥ cᵀx + δᵀ(b − A x) = c̃ᵀx + δᵀb ≥ Σ_J (min_j∈J c̃_j) X_J + δᵀb, the last since x ≥ 0; and X satisfies
the summed rows, the summed bounds and integrality, since a sum of integers is one.

Columns are compared exactly, not at a number of digits. At optimal prices of the whole linear relaxation
nothing is lost: every c̃_j less the group prices of its rows is its reduced cost, which is ≥ 0 and 0 where x
is used, so the small relaxation is worth the same.

Prices of the rows of one neighbourhood each come from a linear programme over its people: with the shared
rows priced, they choose between tiers, each at its cheapest location, and waiting (Geoffrion 1974).
"""

from dataclasses import dataclass
from typing import Any, Self

import highspy
import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from optimiser.model.model import Arrays, Floats, Model
from optimiser.model.variables import column_ids
from optimiser.search.reduced_model import Sites
from optimiser.solver.highs import checked, new_highs, run

type Indices = NDArray[np.int32]


@dataclass(frozen=True)
class OwnRows:
    """The people of each neighbourhood, and the rows that speak of nobody and nothing else.

    Attributes
    ----------
    people, rows
        Per neighbourhood its columns but those of `housed`, and its rows.
    housed, choice
        The columns of `housed`, and for each the row by which its people are housed.
    """

    people: tuple[Indices, ...]
    rows: tuple[Indices, ...]
    housed: Indices
    choice: Indices

    @classmethod
    def of(cls, model: Model, arrays: Arrays) -> Self:
        """Return the rows whose columns belong to one neighbourhood."""
        x, problem = model.decisions, model.problem
        number = {code: n for n, code in enumerate(problem.areas)}
        owner = np.full(len(arrays.cost), -1, dtype=np.int64)
        for family in (x.clients, x.entered, x.left, x.waiting, x.housed):
            for at, variable in family.items():
                owner[variable.id] = number[at[0]]
        housed = np.array([v.id for v in x.housed.values()], dtype=np.int32)
        is_housed = np.zeros(len(owner), dtype=bool)
        is_housed[housed] = True
        entries = arrays.matrix.tocoo()
        of_row = np.full(arrays.matrix.shape[0], -2, dtype=np.int64)
        owners = owner[entries.col]
        np.maximum.at(of_row, entries.row, owners)
        least = np.full(len(of_row), len(number), dtype=np.int64)
        np.minimum.at(least, entries.row, owners)
        own = (of_row == least) & (of_row >= 0)
        rows = tuple(np.flatnonzero(own & (of_row == n)).astype(np.int32) for n in range(len(number)))
        people = np.flatnonzero((owner >= 0) & ~is_housed)
        columns = tuple(people[owner[people] == n].astype(np.int32) for n in range(len(number)))
        chosen = is_housed[entries.col] & own[entries.row]
        choice = np.full(len(owner), -1, dtype=np.int32)
        choice[entries.col[chosen]] = entries.row[chosen]
        return cls(columns, rows, housed, choice[housed])

    def prices(self, arrays: Arrays, prices: Floats) -> Floats:
        """Return prices with those of own rows where they are best, the others as they are."""
        best = prices.copy()
        every = np.concatenate(self.rows)
        best[every] = 0.0
        reduced = arrays.cost - arrays.matrix.T @ best
        cheapest = np.full(len(best), np.inf)
        np.minimum.at(cheapest, self.choice, reduced[self.housed])
        # Σ clients − Σ housed = 0: clients pay for the cheapest location
        housing = np.unique(self.choice)
        best[housing] = -cheapest[housing]
        reduced = arrays.cost - arrays.matrix.T @ best
        solver, last = None, None
        for columns, rows in zip(self.people, self.rows, strict=True):
            balances = rows[~np.isin(rows, self.choice)]
            block = csr_array(arrays.matrix[balances]).tocsc()[:, columns]
            cost = reduced[columns]
            sides = arrays.row_lower[balances], arrays.row_upper[balances]
            if solver is None or not _same(block, last):
                solver, last = new_highs(), block
                checked(solver.passModel(_programme(block, cost, *sides)), "passModel")
            else:
                _change(solver, cost, *sides)
            run(solver)
            if solver.getModelStatus() == highspy.HighsModelStatus.kOptimal:
                best[balances] = np.asarray(solver.getSolution().row_dual)
        return best


def _same(block: Any, other: Any) -> bool:
    return other is not None and block.shape == other.shape and (block != other).nnz == 0


def _change(solver: Any, cost: Floats, lower: Floats, upper: Floats) -> None:
    columns, rows = np.arange(len(cost), dtype=np.int32), np.arange(len(lower), dtype=np.int32)
    checked(solver.changeColsCost(len(cost), columns, cost), "changeColsCost")
    checked(solver.changeRowsBounds(len(lower), rows, lower, upper), "changeRowsBounds")


def _programme(block: Any, cost: Floats, lower: Floats, upper: Floats) -> highspy.HighsLp:
    program = highspy.HighsLp()
    program.num_row_, program.num_col_ = block.shape
    program.col_cost_ = cost
    program.col_lower_, program.col_upper_ = np.zeros(len(cost)), np.full(len(cost), np.inf)
    program.row_lower_, program.row_upper_ = lower, upper
    program.a_matrix_.format_ = highspy.MatrixFormat.kColwise
    program.a_matrix_.start_ = block.indptr.astype(np.int32)
    program.a_matrix_.index_ = block.indices.astype(np.int32)
    program.a_matrix_.value_ = block.data
    return program


SOLVER_DUST = 1e-5
"""Price of the wrong sign, as a share of the largest, that a solver's arithmetic may leave."""


class WrongSign(ValueError):
    """A price of the wrong sign for the sense of its row: it proves nothing."""


@dataclass(frozen=True)
class Structure:
    """Rows and columns of a model that merge; made once, whatever the prices are.

    Attributes
    ----------
    row_of, column_of
        (row, column) the small row and the small column of which it is a part.
    order, starts
        The columns sorted by their small column, and where each of those begins.
    matrix
        (small row, small column) the summed rows.
    """

    row_of: Indices
    column_of: Indices
    order: Indices
    starts: Indices
    matrix: csr_array

    @classmethod
    def of(cls, arrays: Arrays, row_of: Indices) -> Self:
        """Merge the columns whose entries are equal once the rows of each group are added up."""
        _check_senses(arrays, row_of)
        ones = (np.ones(len(row_of)), (row_of, np.arange(len(row_of))))
        summed = (csr_array(ones, shape=(int(row_of.max()) + 1, len(row_of))) @ arrays.matrix).tocsc()
        summed.sum_duplicates()
        summed.eliminate_zeros()
        column_of = _equal_columns(summed, arrays)
        order = np.argsort(column_of, kind="stable").astype(np.int32)
        starts = np.flatnonzero(np.diff(column_of[order], prepend=-1)).astype(np.int32)
        return cls(row_of, column_of, order, starts, csr_array(summed[:, order[starts]]))

    def column_sums(self, values: Floats) -> Floats:
        """Return (small column) the sums over the columns that it stands for."""
        return np.bincount(self.column_of, weights=values, minlength=len(self.starts))

    def row_sums(self, values: Floats) -> Floats:
        """Return (small row) the sums over the rows that it stands for."""
        return np.bincount(self.row_of, weights=values, minlength=self.matrix.shape[0])

    def column_least(self, values: Floats) -> Floats:
        """Return (small column) the least over the columns that it stands for."""
        least: Floats = np.minimum.reduceat(values[self.order], self.starts)
        return least


def _check_senses(arrays: Arrays, row_of: Indices) -> None:
    """Refuse to add up rows of unlike sense."""
    first = np.zeros(int(row_of.max()) + 1, dtype=np.int8)
    sense = senses(arrays)
    first[row_of] = sense
    members = np.bincount(row_of)
    if (first[row_of] != sense).any() or (sense[members[row_of] > 1] == RANGED).any():
        raise ValueError("Expected rows of one sense in every group.")


EQUAL, AT_MOST, AT_LEAST, RANGED = 0, 1, 2, 3


def senses(arrays: Arrays) -> NDArray[np.int8]:
    """Return (row) whether it is an equality, at most, at least, or has two limits (or none)."""
    lower, upper = np.isfinite(arrays.row_lower), np.isfinite(arrays.row_upper)
    sense = np.full(len(lower), RANGED, dtype=np.int8)
    sense[lower & upper & (arrays.row_lower == arrays.row_upper)] = EQUAL
    sense[~lower & upper] = AT_MOST
    sense[lower & ~upper] = AT_LEAST
    return sense


def _equal_columns(summed: csr_array, arrays: Arrays) -> Indices:
    """Return (column) a number that is equal where all entries and the kind of column are, exactly."""
    counts = np.diff(summed.indptr)
    column_of = np.full(len(counts), -1, dtype=np.int32)
    made = 0
    for count in np.unique(counts):
        columns = np.flatnonzero(counts == count)
        entries = summed.indptr[columns][:, None] + np.arange(count)
        alone = np.where(arrays.lower[columns] == 0.0, -1, columns)
        key = np.column_stack(
            [summed.indices[entries], summed.data[entries].view(np.int64), arrays.integer[columns], alone]
        ).astype(np.int64)
        _, number = np.unique(key, axis=0, return_inverse=True)
        column_of[columns] = made + number
        made += int(number.max()) + 1
    return column_of


BY_NEIGHBOURHOOD = frozenset({"neighbourhood", "location", "origin"})
"""First dimensions of rules whose rows may differ by their neighbourhood alone."""


def groups_of_rows(model: Model) -> Indices:
    """Return (row) the number of its group: rows alike but for the neighbourhood, which speak of no site."""
    areas, sense = set(model.problem.areas), senses(model.arrays)
    x, arrays = model.decisions, model.arrays
    apart = arrays.speaks_of(column_ids(x.places, x.operating, x.added, x.removed, x.converted, x.grows))
    first: dict[tuple[object, ...], int] = {}
    row_of = np.zeros(len(model.rows), dtype=np.int32)
    for n, (rule, row) in enumerate(model.rows):
        label: tuple[object, ...] = (n,)
        if set(rule.dims[:1]) & BY_NEIGHBOURHOOD and not apart[n] and sense[n] != RANGED:
            at = next((place for place, part in enumerate(row.label) if part in areas), None)
            if at is not None:
                label = (rule.name, int(sense[n]), *row.label[:at], *row.label[at + 1 :])
        row_of[n] = first.setdefault(label, len(first))
    return row_of


def right_sign(arrays: Arrays, prices: Floats) -> Floats:
    """Return prices without the solver's dust; raise WrongSign beyond that."""
    sense = senses(arrays)
    signed = np.where(sense == AT_MOST, np.minimum(prices, 0.0), prices)
    signed = np.where(sense == AT_LEAST, np.maximum(signed, 0.0), signed)
    off = np.abs(signed - prices)
    if off.size and off.max() > SOLVER_DUST * np.abs(prices).max():
        raise WrongSign(f"Expected a price of the sign of its row, found {prices[off.argmax()]:.6g}.")
    return signed


def small_arrays(arrays: Arrays, structure: Structure, prices: Floats) -> Arrays:
    """Return the small model at some prices (row of the whole model), which must have the right sign."""
    signed = right_sign(arrays, prices)
    delta = signed - _group_prices(senses(arrays), structure, signed)[structure.row_of]
    sides = np.where(delta > 0.0, arrays.row_lower, arrays.row_upper)
    moved = np.flatnonzero(delta)
    return Arrays(
        cost=structure.column_least(arrays.cost - arrays.matrix.T @ delta),
        constant=arrays.constant + float(delta[moved] @ sides[moved]),
        matrix=structure.matrix,
        row_lower=structure.row_sums(arrays.row_lower),
        row_upper=structure.row_sums(arrays.row_upper),
        lower=structure.column_sums(arrays.lower),
        upper=structure.column_sums(arrays.upper),
        integer=arrays.integer[structure.order[structure.starts]],
    )


def _group_prices(sense: NDArray[np.int8], structure: Structure, prices: Floats) -> Floats:
    """Return (small row) the price of each group, by the sense of its rows."""
    count = structure.matrix.shape[0]
    of_group = structure.row_sums(prices) / np.bincount(structure.row_of, minlength=count)
    for kind, extreme, start in ((AT_MOST, np.maximum, -np.inf), (AT_LEAST, np.minimum, np.inf)):
        rows = np.flatnonzero(sense == kind)
        edge = np.full(count, start)
        extreme.at(edge, structure.row_of[rows], prices[rows])
        groups = np.unique(structure.row_of[rows])
        of_group[groups] = edge[groups]
    return of_group


def projected(sense: NDArray[np.int8], prices: Floats) -> Floats:
    """Return the nearest prices of the right sign."""
    at_most = np.where(sense == AT_MOST, np.minimum(prices, 0.0), prices)
    nearest: Floats = np.where(sense == AT_LEAST, np.maximum(at_most, 0.0), at_most)
    return nearest


@dataclass(frozen=True)
class Relaxation:
    """The small relaxation of a model at any prices."""

    model: Model
    structure: Structure
    own: OwnRows

    @classmethod
    def of(cls, model: Model) -> Self:
        """Merge the rows and columns of a model."""
        return cls(model, Structure.of(model.arrays, groups_of_rows(model)), OwnRows.of(model, model.arrays))

    @property
    def sites(self) -> Sites:
        """The sites in it."""
        return Sites.of(self.model, self.structure.column_of)

    def at(self, prices: Floats) -> Arrays:
        """Return the small model at prices (row of the whole model), each neighbourhood's own the best."""
        arrays = self.model.arrays
        sense = senses(arrays)
        best = self.own.prices(arrays, projected(sense, prices))
        return small_arrays(arrays, self.structure, projected(sense, best))
