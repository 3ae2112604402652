"""Greedy and interchange heuristics for a selection of columns (Teitz and Bart)."""

import numpy as np

from optimiser.location.cost_matrix import ROOM, Bools, CandidateCosts, Floats, Places, blocks


def greedy(choice: CandidateCosts) -> Places:
    """Return columns taken one by one, each the one that saves most; fewer where the limits allow no more."""
    costs = finite(choice.costs)
    chosen = [int(column) for column in np.flatnonzero(choice.forced)]
    nearest = costs[:, chosen].min(axis=1) if chosen else costs.max(axis=1)
    while len(chosen) < choice.count:
        total = _total(costs, nearest)
        load = choice.loads[:, chosen].sum(axis=1)
        total[((load[:, None] + choice.loads) > choice.most[:, None] + ROOM).any(axis=0)] = np.inf
        total[chosen] = np.inf
        best = int(np.argmin(total))
        if np.isinf(total[best]):
            break
        chosen.append(best)
        nearest = np.minimum(nearest, costs[:, best])
    return np.sort(np.array(chosen, dtype=np.intp))


def interchange(choice: CandidateCosts, chosen: Places, *, rounds: int = 1000) -> Places:
    """Return columns that no exchange of one for another improves (Teitz and Bart 1968, best first).

    What each exchange would cost follows from the nearest and second nearest chosen column of
    every row: leaving r and taking j, rows of r pay min(second, c_j), the others min(nearest, c_j).
    """
    costs, rows = finite(choice.costs), np.arange(len(choice.costs))
    for _ in range(rounds):
        inside = costs[:, chosen]
        near = inside.argmin(axis=1)
        nearest = inside[rows, near]
        inside[rows, near] = np.inf
        second = np.minimum(inside.min(axis=1), costs.max())
        total = _exchanges(costs, nearest, second, near, len(chosen))
        total[~_allowed(choice, chosen)] = np.inf
        leave, take = divmod(int(np.argmin(total)), costs.shape[1])
        if not total[leave, take] < nearest.sum() * (1 - 1e-12) - 1e-9:
            break
        chosen = np.sort(np.append(np.delete(chosen, leave), take))
    return chosen


def finite(costs: Floats) -> Floats:
    """Return costs in which what cannot be costs more than all that can."""
    if np.isfinite(costs).all():
        return costs
    known = np.where(np.isfinite(costs), costs, 0.0)
    return np.where(np.isfinite(costs), costs, known.max(axis=1).sum() + 1.0)


def _total(costs: Floats, nearest: Floats) -> Floats:
    """Return the whole cost (column) once a column is added."""
    total = np.zeros(costs.shape[1])
    for block in blocks(*costs.shape):
        total += np.minimum(costs[block], nearest[block, None]).sum(axis=0)
    return total


def _exchanges(costs: Floats, nearest: Floats, second: Floats, near: Places, count: int) -> Floats:
    """Return the whole cost of every exchange (which chosen one leaves, which column comes)."""
    columns, order = costs.shape[1], np.argsort(near, kind="stable")
    loss, extra = np.zeros(columns), np.zeros((count, columns))
    for block in blocks(len(order), columns):
        rows = order[block]
        cost, owner = costs[rows], near[rows]
        now = np.minimum(cost, nearest[rows, None])
        loss += now.sum(axis=0)
        first = np.flatnonzero(np.diff(owner, prepend=-1))
        extra[owner[first]] += np.add.reduceat(np.minimum(cost, second[rows, None]) - now, first, axis=0)
    return loss + extra


def _allowed(choice: CandidateCosts, chosen: Places) -> Bools:
    """Tell (which leaves, which comes) whether the forced stay, none comes twice and limits hold."""
    allowed = np.broadcast_to(~choice.forced[chosen, None], (len(chosen), choice.costs.shape[1])).copy()
    allowed[:, chosen] = False
    load = choice.loads[:, chosen].sum(axis=1)
    for place, column in enumerate(chosen) if len(load) else ():
        left = choice.most - load + choice.loads[:, column] + ROOM
        allowed[place] &= (choice.loads <= left[:, None]).all(axis=0)
    return allowed
