"""p-centre: the least radius within which the selected sites reach everybody.

The answer is one of the minutes in the table, so it is looked for among them by halving
(Minieka 1970): can so many sites reach everybody within this? A greedy cover says yes for many,
the relaxation says no for most of the rest; whole numbers decide the few between.
"""

import numpy as np

from optimiser.location.bisection import Threshold, first_level
from optimiser.location.cost_matrix import Bools, CandidateCosts, Floats, Places
from optimiser.location.instance import LocationInstance
from optimiser.location.milp import MilpSolution, Program
from optimiser.solver.limits import Clock, Limits


def levels(instance: LocationInstance) -> Floats:
    """Return the minutes that the longest journey can take, in order."""
    nearest = instance.minutes.min(axis=1).max()
    known = np.unique(instance.minutes[np.isfinite(instance.minutes)])
    return known[known >= nearest]


def shortest_longest(instance: LocationInstance, clock: Clock, limits: Limits) -> Threshold:
    """Return the first of the levels at which everybody is reached by a choice that keeps to the rules."""
    known = levels(instance)

    def works(level: int) -> MilpSolution:
        near = instance.minutes <= known[level]
        if instance.capacity is not None:
            return Program.serving(instance, near, everybody=True).solved(clock, limits)
        return Program.covering(instance, near).solved(clock, limits)

    start = None if instance.capacity is not None else _by_greed(instance, known)
    return first_level(len(known), works, start)


def _by_greed(instance: LocationInstance, known: Floats) -> tuple[int, MilpSolution] | None:
    """Return a level that greedy covers reach, with the choice; none where they keep to no rule."""
    plain = instance.choice(instance.minutes)
    low, high, best = 0, len(known) - 1, None
    while low <= high:
        middle = (low + high) // 2
        chosen = filled(
            plain, greedy_cover(instance.minutes <= known[middle], np.flatnonzero(instance.forced))
        )
        if plain.fits(chosen) and bool((instance.minutes[:, chosen].min(axis=1) <= known[middle]).all()):
            reached = instance.minutes[:, chosen].min(axis=1).max()
            best = (int(np.searchsorted(known, reached)), MilpSolution("optimal", chosen, None, 0.0, 0.0))
            high = min(best[0], middle) - 1
        else:
            low = middle + 1
    return best


def filled(choice: CandidateCosts, chosen: Places) -> Places:
    """Return chosen columns with others added up to the number asked, as far as the limits allow."""
    others = np.setdiff1d(np.arange(len(choice.forced)), chosen)
    return choice.packed(np.concatenate([chosen, others]))


def greedy_cover(near: Bools, chosen: Places) -> Places:
    """Return columns that cover every row, each the one that covers most of what is left."""
    taken = list(chosen)
    left = ~near[:, taken].any(axis=1)
    while left.any():
        gain = near[left].sum(axis=0)
        best = int(gain.argmax())
        if not gain[best]:
            break
        taken.append(best)
        left &= ~near[:, best]
    return np.sort(np.array(taken, dtype=np.intp))
