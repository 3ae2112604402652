"""Names on the map: each municipality at the middle of its people, inside the map and off the other names."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from reports.maps.drawing import WIDTH

if TYPE_CHECKING:
    import pandas as pd

    from reports.maps.drawing import Frame

SIZE = 17.0
"""Height of the letters in drawing units, on a screen of a desk; the script fits them to other screens."""

_LETTER = 0.62
"""Mean width of a bold letter as a share of its height, in the widest of the fonts that pages ask for."""
_LINES = (0.0, -1.15, 1.15, -2.3, 2.3)
"""How many lines a name may stand above or below its own place; `fit` in map.js tries the same."""


@dataclass(frozen=True)
class Label:
    """The name of a municipality, where it stands (the middle of its line) and the place it is of."""

    text: str
    x: float
    y: float
    at: tuple[float, float]


def town_labels(areas: pd.DataFrame, names: pd.Series, frame: Frame, size: float = SIZE) -> list[Label]:
    """Return a name for every municipality, the one with most people first, in letters of `size`.

    `areas` has municipality, inhabitants, x and y; a name that would stand on an earlier one
    stands a line or two above or below its place, and none crosses the edge of the map.
    """
    people = areas.groupby("municipality")["inhabitants"].sum()
    labels: list[Label] = []
    for code in people.sort_values(ascending=False, kind="stable").index:
        own = areas[areas["municipality"] == code]
        weights = own["inhabitants"].to_numpy() + 1.0
        middle = (float(np.average(own[axis], weights=weights)) for axis in ("x", "y"))
        x, y = (round(one, 1) for one in frame.place(*middle))
        labels.append(_placed(str(names[code]), (x, y), frame, size, labels))
    return labels


def _placed(text: str, at: tuple[float, float], frame: Frame, size: float, others: list[Label]) -> Label:
    half = _half(text, size)
    x = min(max(at[0], half), WIDTH - half)
    lines = [min(max(at[1] + lines * size, size), frame.height - size / 2) for lines in _LINES]
    free = (y for y in lines if not any(_is_on(x, y, half, other, size) for other in others))
    return Label(text, round(x, 1), round(next(free, at[1]), 1), at)


def _half(text: str, size: float) -> float:
    return min(len(text) * _LETTER * size, WIDTH) / 2


def _is_on(x: float, y: float, half: float, other: Label, size: float) -> bool:
    return abs(x - other.x) < half + _half(other.text, size) and abs(y - other.y) < 1.1 * size
