"""Small counts left out of what is published, so that they cannot be computed back.

A count under the threshold is not published, 0 included. Where a published sum would give it
away, other cells are left out as well: cells that are cheap to miss, found by linear
programming (Kelly, Golden and Assad, "Cell suppression: disclosure protection for sensitive
tabular data", Networks 22, 1992). What is promised: whoever knows every published cell and
every sum can still not tell whether a small count is 0, the threshold, or anything between.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from scipy import sparse
from scipy.optimize import Bounds, LinearConstraint, milp

if TYPE_CHECKING:
    from collections.abc import Collection, Hashable, Iterable, Sequence

TOTAL = "total"
"""Label of a margin."""
_SLACK = 1e-6
"""What a solver leaves of a number; a 9.9999999 is a 10."""


@dataclass(frozen=True, slots=True)
class Sum:
    """A relation that everybody knows: one cell is the sum of others."""

    total: Hashable
    parts: tuple[Hashable, ...]
    weights: tuple[float, ...] = ()
    """What each part counts for; 1 where nothing is said."""


def suppressed_table(counts: pd.DataFrame, threshold: float, *, across: bool = True) -> pd.DataFrame:
    """Return `counts` with a row of sums, and a column of them where `across`; NaN is not published.

    Without `across`, columns stand apart, as years of a stock do.

    Raises
    ------
    ValueError
        When a count is negative or not known, or a label is `total` or there twice.
    """
    full, sums = _with_margins(counts, across=across)
    cells = pd.MultiIndex.from_product([full.index, full.columns])
    seen = shown(pd.Series(full.to_numpy().ravel(), index=cells), sums, threshold)
    return full.where(seen.to_numpy().reshape(full.shape))


def shown(
    values: pd.Series,
    sums: Iterable[Sum],
    threshold: float,
    latent: Collection[Hashable] = (),
    amounts: Collection[Hashable] = (),
) -> pd.Series:
    """Return for every cell of `values` whether it may be published, given what adds up to what.

    Parameters
    ----------
    values
        Counts by cell, at least 0; a cell that may stand in several tables is one cell.
    sums
        Which cells add up to which; true of `values`.
    threshold
        Counts under this are protected.
    latent
        Cells that are never published but are part of a sum, and are protected all the same.
    amounts
        Cells that are no counts, such as euros: never small, but left out where they tell too much.

    Raises
    ------
    ValueError
        When a value is negative or not known, a cell is there twice, or a sum does not hold.
    """
    system = _System.of(values, tuple(sums))
    small = np.asarray(system.values < threshold - _SLACK) & ~values.index.isin(list(amounts))
    hidden = small | values.index.isin(list(latent))
    for component in system.components():
        _protect(component, small[component.cells], hidden, threshold)
    return pd.Series(~hidden, index=values.index)


@dataclass(frozen=True)
class _System:
    """Cells (columns) and what everybody knows of them: `relations @ values = 0`."""

    values: np.ndarray
    relations: sparse.csr_array
    cells: np.ndarray
    """Where the cells stand in the whole."""

    @classmethod
    def of(cls, values: pd.Series, sums: Sequence[Sum]) -> _System:
        counts = values.to_numpy(dtype=float)
        if not values.index.is_unique:
            raise ValueError("a cell is there twice")
        if not np.isfinite(counts).all() or (counts < -_SLACK).any():
            raise ValueError("counts must be known and at least 0")
        at: dict[Any, int] = {cell: n for n, cell in enumerate(values.index)}
        entries = [
            (row, at[cell], sign)
            for row, one in enumerate(sums)
            for cell, sign in (
                (one.total, -1.0),
                *zip(one.parts, one.weights or (1.0,) * len(one.parts), strict=True),
            )
        ]
        rows, columns, signs = zip(*entries, strict=True) if entries else ((), (), ())
        relations = sparse.csr_array((signs, (rows, columns)), shape=(len(sums), len(values)))
        off = np.abs(relations @ counts) if len(sums) else np.zeros(0)
        if (off > 1e-4 * (1 + counts.max(initial=0.0))).any():
            raise ValueError(f"{sums[int(off.argmax())].total} is not the sum of its parts")
        return cls(np.maximum(counts, 0.0), relations, np.arange(len(values)))

    def components(self) -> Iterable[_System]:
        """Generate the parts of the system that share no cell; cells without a relation need none."""
        links = abs(self.relations.T) @ abs(self.relations)
        count, label = sparse.csgraph.connected_components(links, directed=False)
        sizes = np.bincount(label, minlength=count)
        for number in np.flatnonzero(sizes > 1):
            cells = np.flatnonzero(label == number)
            own = self.relations[:, cells]
            yield _System(self.values[cells], own[np.diff(own.indptr) > 0], cells)


def _protect(system: _System, small: np.ndarray, hidden: np.ndarray, threshold: float) -> None:
    """Hide further cells until every small count may be 0 and may be the threshold."""
    lowest, highest = system.values.copy(), system.values.copy()
    cells = np.flatnonzero(small)
    for cell in cells[np.argsort(-system.values[cells], kind="stable")]:
        for aim in (threshold, 0.0):
            if lowest[cell] - _SLACK <= aim <= highest[cell] + _SLACK:
                continue
            other = _another_truth(system, hidden[system.cells], int(cell), aim)
            hidden[system.cells[np.abs(other - system.values) > _SLACK]] = True
            np.minimum(lowest, other, out=lowest)
            np.maximum(highest, other, out=highest)


def _another_truth(system: _System, hidden: np.ndarray, cell: int, aim: float) -> np.ndarray:
    """Return counts that keep every sum, in which `cell` is `aim`, and that change what is cheap to miss.

    Least Σ price × |change|; a hidden cell is free, any other costs more the larger it is.
    """
    count = len(system.values)
    price = np.where(hidden, 1e-6, 1.0 + system.values)
    change = sparse.hstack([system.relations, -system.relations], format="csr")
    step = aim - system.values[cell]
    up, down = np.full(count, np.inf), system.values.copy()
    floor = np.zeros(2 * count)
    for side, size in ((0, max(step, 0.0)), (count, max(-step, 0.0))):
        floor[side + cell] = size
    up[cell], down[cell] = floor[cell], floor[count + cell]
    found = milp(
        np.concatenate([price, price]),
        constraints=LinearConstraint(change, 0.0, 0.0),
        bounds=Bounds(floor, np.concatenate([up, down])),
    )
    if not found.success:
        # cannot be: all sums that a cell is part of may rise and fall with it, down to 0
        raise ValueError(f"no other truth was found ({found.message})")
    return np.asarray(system.values + found.x[:count] - found.x[count:])


def _with_margins(counts: pd.DataFrame, *, across: bool) -> tuple[pd.DataFrame, list[Sum]]:
    """Return a table with its margins, and the sums among its cells (row, column)."""
    if TOTAL in counts.index or TOTAL in counts.columns or not counts.columns.is_unique:
        raise ValueError(f"no label may be '{TOTAL}' or stand twice")
    full = pd.concat([counts, counts.sum().to_frame(TOTAL).T])
    sums = [Sum((TOTAL, name), tuple((row, name) for row in counts.index)) for name in counts.columns]
    if across:
        full = full.assign(**{TOTAL: full.sum(axis=1)})
        sums.append(Sum((TOTAL, TOTAL), tuple((row, TOTAL) for row in counts.index)))
        sums += [Sum((row, TOTAL), tuple((row, name) for name in counts.columns)) for row in full.index]
    return full, sums
