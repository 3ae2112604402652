"""A lower bound by Lagrange multipliers: what every row would pay at most to be served.

Relaxing "every row is served by one chosen column" with multipliers λ leaves a problem that is
solved by looking: a column is worth ρ_j = Σ_i min(0, c_ij − λ_i), and the best `count` are
taken, so L(λ) = Σ_i λ_i + Σ ρ of those is at most the cost of any choice (Cornuéjols, Fisher
and Nemhauser 1977; Christofides and Beasley 1982). Limits on loads are relaxed likewise. The
best L equals the bound of the linear relaxation.
"""

from dataclasses import dataclass

import numpy as np

from optimiser.location.choice import Bools, Choice, Floats, Places, blocks

MOMENTUM = 0.6
"""How much of a step's direction is that of the steps before; found by trial on the hard cases."""

LAST_STEP = 0.02
"""Length of the last step as a share of the distance to the incumbent."""


@dataclass(frozen=True)
class Prices:
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
    out, in_
        (column): what cannot be, or must be, in any choice better than the incumbent.
    """

    bound: float
    prices: Prices
    worth: Floats
    often: Floats
    out: Bools
    in_: Bools


def first_prices(choice: Choice, chosen: Places) -> Prices:
    """Return prices to begin with: halfway between the nearest and the second of a good choice."""
    nearest = np.sort(choice.costs[:, chosen], axis=1)
    nearest = np.where(np.isfinite(nearest), nearest, nearest[:, :1])
    rows = nearest[:, : min(2, choice.count)].mean(axis=1)
    return Prices(rows, np.zeros(len(choice.most)))


def worth(choice: Choice, prices: Prices) -> Floats:
    """Return ρ (column): what a column saves at these prices, plus what it asks of the limits."""
    rows, columns = choice.costs.shape
    total = prices.limits @ choice.loads
    for block in blocks(rows, columns):
        saved = choice.costs[block] - prices.rows[block, None]
        np.minimum(saved, 0.0, out=saved)
        total += np.ones(len(saved)) @ saved
    return total


class Taken:
    """The columns that are best at some prices, and the two between which the line is drawn."""

    def __init__(self, choice: Choice, value: Floats) -> None:
        free, forced = np.flatnonzero(~choice.forced), np.flatnonzero(choice.forced)
        self.free, count = free, choice.free
        self.decided = not 0 < count < len(free)
        if self.decided:
            self.columns = np.concatenate([forced, free if count > 0 else free[:0]])
            return
        order = np.argpartition(value[free], (count - 1, count))
        self.picked = free[order[:count]]
        self.columns = np.concatenate([forced, self.picked])
        self.last, self.next = value[free[order[count - 1]]], value[free[order[count]]]


def ascend(
    choice: Choice, prices: Prices, incumbent: float, enough: float, *, steps: int, first_step: float = 0.5
) -> Ascent:
    """Raise the bound by a number of subgradient steps from given prices.

    Steps follow Polyak towards the incumbent, shrinking from `first_step` to `LAST_STEP`, in a
    direction smoothed over the steps before. It ends early once the bound exceeds `enough`:
    nothing better than the incumbent is left then.
    """
    columns = choice.costs.shape[1]
    out, in_, often = np.zeros(columns, bool), np.zeros(columns, bool), np.zeros(columns)
    best, best_prices, best_worth = -np.inf, prices, np.zeros(columns)
    direction, length, weight = np.zeros(len(prices.rows) + len(prices.limits)), first_step, 0.0
    for _ in range(steps):
        value = worth(choice, prices)
        taken = Taken(choice, value)
        bound = float(prices.rows.sum() + value[taken.columns].sum() - prices.limits @ choice.most)
        if bound > best:
            best, best_prices, best_worth = bound, prices, value
        if best > enough:
            break
        _fix(taken, value, enough - bound, out, in_)
        often *= 0.93
        often[taken.columns] += 0.07
        weight = 0.93 * weight + 0.07
        length *= (LAST_STEP / first_step) ** (1 / steps)
        direction = (1 - MOMENTUM) * _slope(choice, prices, taken.columns) + MOMENTUM * direction
        steep = float(direction @ direction)
        if steep < 1e-9:
            break
        prices = _moved(prices, length * (incumbent - bound) / steep * direction)
    return Ascent(best, best_prices, best_worth, often / max(weight, 1e-9), out, in_)


def _fix(taken: Taken, value: Floats, slack: float, out: Bools, in_: Bools) -> None:
    """Mark the columns whose taking, or leaving, would raise the bound over the incumbent."""
    if taken.decided:
        return
    out[taken.free[value[taken.free] - taken.last > slack]] = True
    in_[taken.picked[taken.next - value[taken.picked] > slack]] = True


def _slope(choice: Choice, prices: Prices, columns: Places) -> Floats:
    """Return the direction in which the bound rises: rows served by none want a higher price."""
    served = (choice.costs[:, columns] < prices.rows[:, None]).sum(axis=1)
    over = choice.loads[:, columns].sum(axis=1) - choice.most
    return np.concatenate([1.0 - served, over])


def _moved(prices: Prices, step: Floats) -> Prices:
    rows = prices.rows + step[: len(prices.rows)]
    return Prices(rows, np.maximum(0.0, prices.limits + step[len(prices.rows) :]))
