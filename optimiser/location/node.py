"""Node of the branch-and-bound tree: a subset of all selections."""

from dataclasses import dataclass, replace
from typing import Self

import numpy as np

from optimiser.location.cost_matrix import ROOM, Bools, CandidateCosts, Floats, Places


@dataclass(frozen=True)
class Part:
    """The choices from some columns, some of them forced, that serve every row within a cost.

    `columns` are places in the whole choice, `forced` goes with them, `within` with the rows.
    """

    columns: Places
    forced: Bools
    within: Floats

    @classmethod
    def whole(cls, choice: CandidateCosts) -> Self:
        """Return the part that is everything."""
        rows, columns = choice.costs.shape
        return cls(np.arange(columns), choice.forced, np.full(rows, np.inf))

    def kept(self, columns: Bools, forced: Bools | None = None) -> Self:
        """Return this part with only some of its columns, and some more of them forced."""
        more = self.forced if forced is None else self.forced | forced
        return replace(self, columns=self.columns[columns], forced=more[columns])

    def with_one(self, column: int) -> Self:
        """Return this part with one more of its columns forced."""
        forced = self.forced.copy()
        forced[column] = True
        return replace(self, forced=forced)

    def within_ball(self, row: int, radius: float) -> Self:
        """Return the choices of this part that serve a row within a cost."""
        within = self.within.copy()
        within[row] = min(within[row], radius)
        return replace(self, within=within)


def narrowed(choice: CandidateCosts, part: Part) -> tuple[Part, CandidateCosts] | None:
    """Draw what follows from a part: columns that must be in or cannot be; None where nothing is left.

    A row never pays more than at the nearest forced column, so dearer ones cannot serve it;
    a row that one column alone can serve forces that column; a column that breaks a limit goes.
    """
    while True:
        left = int(part.forced.sum())
        if len(part.columns) < choice.count or left > choice.count:
            return None
        if left == choice.count:
            part = part.kept(part.forced)
        fitting = _fitting(choice, part)
        if not fitting[part.forced].all():
            return None
        if not fitting.all():
            part = part.kept(fitting)
            continue
        costs = choice.costs[:, part.columns]
        if part.forced.any():
            part = replace(part, within=np.minimum(part.within, costs[:, part.forced].min(axis=1)))
        costs[costs > part.within[:, None]] = np.inf
        serving = np.isfinite(costs)
        many = serving.sum(axis=1)
        if not many.all():
            return None
        alone = np.unique(serving[many == 1].argmax(axis=1))
        if part.forced[alone].all():
            rest = choice.part(part.columns, part.forced)
            return part, replace(rest, costs=costs)
        forced = part.forced.copy()
        forced[alone] = True
        part = replace(part, forced=forced)


def distinct(choice: CandidateCosts) -> Bools:
    """Tell which columns are no copy of an earlier one; all of them where copies could be needed."""
    columns = choice.costs.shape[1]
    columns_left = choice.forced.copy()
    seen = {choice.costs[:, column].tobytes() for column in np.flatnonzero(columns_left)}
    for column in np.flatnonzero(~columns_left):
        key = choice.costs[:, column].tobytes()
        columns_left[column] = key not in seen
        seen.add(key)
    enough = not len(choice.most) and columns_left.sum() >= choice.count
    return columns_left if enough else np.ones(columns, bool)


def _fitting(choice: CandidateCosts, part: Part) -> Bools:
    """Tell which columns keep within the limits beside the forced ones."""
    if not len(choice.most):
        return np.ones(len(part.columns), bool)
    loads = choice.loads[:, part.columns]
    load = loads[:, part.forced].sum(axis=1)
    beside = load[:, None] + np.where(part.forced, 0.0, loads)
    fits: Bools = (beside <= choice.most[:, None] + ROOM).all(axis=0)
    return fits
