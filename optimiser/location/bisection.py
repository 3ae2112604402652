"""Bisection over levels: the first level that is feasible."""

from collections.abc import Callable
from dataclasses import dataclass

from optimiser.location.milp import MilpSolution


@dataclass(frozen=True)
class Threshold:
    """The first level found to work and the first not proven not to: the same when proven.

    `level` and `answer` are None where nothing was found; `none` says that no level works.
    """

    answer: MilpSolution | None
    level: int | None
    first_possible: int
    none: bool
    asked: int


def first_level(
    count: int, works: Callable[[int], MilpSolution], known: tuple[int, MilpSolution] | None
) -> Threshold:
    """Return the first of `count` levels that works, when all after it work too.

    `works` answers for a level: optimal, infeasible, or stopped when time ran out. `known` is a
    level that is known to work.
    """
    low, high = 0, count if known is None else known[0]
    answer = None if known is None else known[1]
    trials = 0
    if known is None:
        # is there any answer at all?
        last = works(count - 1)
        trials += 1
        if last.outcome != "optimal":
            return Threshold(None, None, 0, last.outcome == "infeasible", trials)
        high, answer = count - 1, last
    while low < high:
        middle = (low + high) // 2
        result = works(middle)
        trials += 1
        if result.outcome == "optimal":
            high, answer = middle, result
        elif result.outcome == "infeasible":
            low = middle + 1
        else:
            break
    return Threshold(answer, high, low, none=False, asked=trials)
