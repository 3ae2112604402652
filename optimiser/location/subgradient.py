"""Lagrangian lower bound by subgradient steps on the multipliers.

Relaxing "every row is served by one chosen column" with multipliers λ leaves a problem that is
solved by looking: a column is worth ρ_j = Σ_i min(0, c_ij − λ_i), and the best `count` are
taken, so L(λ) = Σ_i λ_i + Σ ρ of those is at most the cost of any choice (Cornuéjols, Fisher
and Nemhauser 1977; Christofides and Beasley 1982). Limits on loads are relaxed likewise. The
best L equals the bound of the linear relaxation.
"""

from dataclasses import dataclass

import numpy as np

from optimiser.location.cost_matrix import Bools, CandidateCosts, Floats, Places, blocks

MOMENTUM = 0.6
"""How much of a step's direction is that of the steps before; found by trial on the hard cases."""

LAST_STEP = 0.02
"""Length of the last step as a share of the distance to the incumbent."""


FADE = 0.93
"""How much of what is taken often stays from one step to the next."""


KEPT = 12
"""How many of the last steps an ascent remembers."""


@dataclass(frozen=True)
class Multipliers:
    """Multipliers: of the rows, and of the limits (never negative)."""

    rows: Floats
    limits: Floats


@dataclass(frozen=True)
class Ascent:
    """What an ascent found.

    Attributes
    ----------
    bound
        No choice costs less.
    prices
        The multipliers that give it.
    worth
        (column): ρ at these prices, so the less the better.
    often
        (column): how often it was taken lately, from 0 to 1: an estimate of the relaxation's solution.
    trail
        (step, column): ρ at some of the last steps.
    out, in_
        (column): what cannot be, or must be, in any choice better than the incumbent.
    """

    bound: float
    prices: Multipliers
    worth: Floats
    often: Floats
    trail: Floats
    out: Bools
    in_: Bools


def first_prices(choice: CandidateCosts, chosen: Places) -> Multipliers:
    """Return prices to begin with: halfway between the nearest and the second of a good choice."""
    nearest = np.sort(choice.costs[:, chosen], axis=1)
    nearest = np.where(np.isfinite(nearest), nearest, nearest[:, :1])
    rows = nearest[:, : min(2, choice.count)].mean(axis=1)
    return Multipliers(rows, np.zeros(len(choice.most)))


class CostTable:
    """Costs as the ascent walks them: by column, in pieces that fit a processor's cache."""

    def __init__(self, choice: CandidateCosts) -> None:
        self.choice = choice
        self._costs = np.ascontiguousarray(choice.costs.T)
        columns, rows = self._costs.shape
        self._blocks = blocks(columns, rows)
        self._paid, self._ones = np.empty((self._blocks[0].stop, rows)), np.ones(rows)
        self.free, self.forced = np.flatnonzero(~choice.forced), np.flatnonzero(choice.forced)

    def worth(self, prices: Multipliers) -> Floats:
        """Return ρ (column): what a column saves at these prices, plus what it asks of the limits."""
        value = prices.limits @ self.choice.loads - prices.rows.sum()
        for block in self._blocks:
            costs = self._costs[block]
            # Σ min(0, c − λ) = Σ min(c, λ) − Σ λ, in one walk through the costs
            paid = np.minimum(costs, prices.rows, out=self._paid[: len(costs)])
            value[block] += paid @ self._ones
        return value

    def taken(self, value: Floats) -> tuple[Places, float, float]:
        """Return the best columns, the worst value among the free ones of these and the best that is left.

        The two values are equal where nothing is left to choose.
        """
        count, free = self.choice.free, value[self.free]
        if not 0 < count < len(free):
            return np.concatenate([self.forced, self.free if count > 0 else self.free[:0]]), 0.0, 0.0
        order = np.argpartition(free, (count - 1, count))
        columns = np.concatenate([self.forced, self.free[order[:count]]])
        return columns, float(free[order[count - 1]]), float(free[order[count]])

    def slope(self, prices: Multipliers, columns: Places) -> Floats:
        """Return the direction in which the bound rises: rows served by none want a higher price."""
        served = (self._costs[columns] < prices.rows).sum(axis=0)
        unserved: Floats = np.asarray(1.0 - served, dtype=np.float64)
        if not len(prices.limits):
            return unserved
        over = self.choice.loads[:, columns].sum(axis=1) - self.choice.most
        return np.concatenate([unserved, over])


def ascend(
    choice: CandidateCosts,
    prices: Multipliers,
    incumbent: float,
    enough: float,
    *,
    steps: int,
    first_step: float = 0.5,
) -> Ascent:
    """Raise the bound by a number of subgradient steps from given prices.

    Steps follow Polyak towards the incumbent, shrinking from `first_step` to `LAST_STEP`, in a
    direction smoothed over the steps before. It ends early once the bound exceeds `enough`:
    nothing better than the incumbent is left then.
    """
    table, columns = CostTable(choice), choice.costs.shape[1]
    left, above, weight = np.full(columns, -np.inf), np.full(columns, -np.inf), 0.0
    best, best_prices, best_worth = -np.inf, prices, np.zeros(columns)
    often, direction, length = np.zeros(columns), np.zeros(len(prices.rows) + len(prices.limits)), first_step
    trail = list[Floats]()
    for step in range(steps):
        value = table.worth(prices)
        if (steps - step) % 4 == 0:
            trail.append(value)
        taken, last, next_ = table.taken(value)
        bound = float(prices.rows.sum() + value[taken].sum() - prices.limits @ choice.most)
        if bound > best:
            best, best_prices, best_worth = bound, prices, value
            if best > enough:
                break
        if last < next_:
            # the bound if a column were taken that is not, or left that is
            np.maximum(left, bound + value - last, out=left)
            np.maximum(above, bound + next_ - value, out=above)
        often *= FADE
        often[taken] += 1 - FADE
        weight = FADE * weight + 1 - FADE
        length *= (LAST_STEP / first_step) ** (1 / steps)
        direction *= MOMENTUM
        direction += (1 - MOMENTUM) * table.slope(prices, taken)
        steep = float(direction @ direction)
        if steep < 1e-9:
            break
        prices = _moved(prices, length * (incumbent - bound) / steep * direction)
    free = ~choice.forced
    often /= max(weight, 1e-9)
    last_ones = np.array(trail[-KEPT:]).reshape(-1, columns)
    return Ascent(
        best, best_prices, best_worth, often, last_ones, free & (left > enough), free & (above > enough)
    )


def _moved(prices: Multipliers, step: Floats) -> Multipliers:
    if not len(prices.limits):
        return Multipliers(prices.rows + step, prices.limits)
    rows = prices.rows + step[: len(prices.rows)]
    return Multipliers(rows, np.maximum(0.0, prices.limits + step[len(prices.rows) :]))
