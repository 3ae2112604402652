"""What somebody could find out who knows every published cell and every sum: by linear programming.

Shares no code with `reports.suppression`.
"""

from collections.abc import Mapping, Sequence

import numpy as np
from scipy.optimize import linprog

type Equation = tuple[object, Sequence[object]] | tuple[object, Sequence[object], Sequence[float]]
"""A cell, those that it is the sum of, and what each of them counts for where that is not 1."""


def reach(published: Mapping[object, float], sums: Sequence[Equation], cell: object) -> tuple[float, float]:
    """Return the least and the most that `cell` can be; cells that are not published are at least 0."""
    unknown = sorted({c for total, parts, *_ in sums for c in (total, *parts)} - set(published), key=str)
    at = {c: n for n, c in enumerate(unknown)}
    if cell not in at:
        return (0.0, np.inf) if cell not in published else (published[cell], published[cell])
    left, right = np.zeros((len(sums), len(unknown))), np.zeros(len(sums))
    for row, (total, parts, *weights) in enumerate(sums):
        counted = weights[0] if weights else [1.0] * len(parts)
        for c, sign in ((total, -1.0), *zip(parts, counted, strict=True)):
            if c in at:
                left[row, at[c]] += sign
            else:
                right[row] -= sign * published[c]
    ends = []
    for sign in (1.0, -1.0):
        goal = np.zeros(len(unknown))
        goal[at[cell]] = sign
        found = linprog(goal, A_eq=left, b_eq=right, bounds=(0, None), method="highs")
        assert found.status in (0, 3), found.message
        ends.append(sign * found.fun if found.status == 0 else sign * -np.inf)
    return ends[0], ends[1]


def disclosed(
    values: Mapping[object, float],
    published: Mapping[object, float],
    sums: Sequence[Equation],
    threshold: float,
) -> dict[object, tuple[float, float]]:
    """Return the small counts of which something within 0 … threshold can be ruled out, with what is left."""
    found = {}
    for cell, value in values.items():
        if value < threshold - 1e-6:
            low, high = reach(published, sums, cell)
            if low > 1e-3 or high < threshold - 1e-3:
                found[cell] = (low, high)
    return found
