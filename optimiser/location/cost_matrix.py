"""Cost matrix: the selection of columns that underlies most location models."""

from dataclasses import dataclass, replace
from typing import Self

import numpy as np
from numpy.typing import NDArray

type Floats = NDArray[np.float64]
type Bools = NDArray[np.bool_]
type Places = NDArray[np.intp]

ROOM = 1e-6
"""Weighted places by which a sum of floats may exceed a limit."""


@dataclass(frozen=True)
class CandidateCosts:
    """Choose `count` columns so that the least cost of every row, added up, is as little as can be.

    Attributes
    ----------
    costs
        (row, column); infinite where the column cannot serve the row.
    count
        How many columns are chosen, the forced ones among them.
    forced
        (column): those that are chosen whatever they cost.
    loads, most
        (limit, column) and (limit): the loads of the chosen columns add up to at most `most`.
    """

    costs: Floats
    count: int
    forced: Bools
    loads: Floats
    most: Floats

    @property
    def free(self) -> int:
        """How many columns are still to be chosen beside the forced ones."""
        return self.count - int(self.forced.sum())

    def value(self, chosen: Places) -> float:
        """Return the cost of chosen columns, infinite where a row is served by none of them."""
        return float(self.costs[:, chosen].min(axis=1).sum())

    def fits(self, chosen: Places) -> bool:
        """Whether chosen columns are of the right number, hold the forced ones and keep within the limits."""
        right = len(chosen) == self.count and bool(np.isin(np.flatnonzero(self.forced), chosen).all())
        return right and bool((self.loads[:, chosen].sum(axis=1) <= self.most + ROOM).all())

    def packed(self, order: Places) -> Places:
        """Return the forced columns and the first others of an order that keep within the limits."""
        chosen = list(np.flatnonzero(self.forced))
        load = self.loads[:, chosen].sum(axis=1)
        for column in order:
            if len(chosen) == self.count:
                break
            if not self.forced[column] and (load + self.loads[:, column] <= self.most + ROOM).all():
                chosen.append(column)
                load = load + self.loads[:, column]
        return np.sort(np.array(chosen, dtype=np.intp))

    def part(self, columns: Places, forced: Bools) -> Self:
        """Return the choice among some columns, with those that are forced now."""
        return replace(self, costs=self.costs[:, columns], loads=self.loads[:, columns], forced=forced)


def blocks(rows: int, columns: int) -> list[slice]:
    """Return the rows in pieces whose costs fit a processor's cache."""
    size = max(1, 100_000 // max(columns, 1))
    return [slice(start, start + size) for start in range(0, rows, size)]
