"""The signs of the map: a shape and an outline for what happens to a site, colours for areas.

Nothing is said by colour alone: every event has its own shape or mark.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import floor, log10, sqrt

import numpy as np

from reports.figures.figures import Event


@dataclass(frozen=True, slots=True)
class Sign:
    """How an event is drawn: paths in a box from −1 to 1 and the colour of fill and outline."""

    shape: str
    mark: str
    fill: str
    outline: str


_CIRCLE = "M-1 0a1 1 0 1 0 2 0a1 1 0 1 0-2 0z"
_TRIANGLE = "M0-1.25L1.2 .85H-1.2z"
_DIAMOND = "M0-1.3L1.3 0L0 1.3L-1.3 0z"

SIGNS: dict[Event, Sign] = {
    "opens": Sign(_TRIANGLE, "", "#00795a", "#ffffff"),
    "grows": Sign(_CIRCLE, "M-.55 0H.55M0-.55V.55", "#0b3d91", "#ffffff"),
    "changes_form": Sign(_DIAMOND, "", "#9b3a78", "#ffffff"),
    "stays": Sign(_CIRCLE, "", "#4d565e", "#ffffff"),
    "shrinks": Sign(_CIRCLE, "M-.55 0H.55", "#b04a00", "#ffffff"),
    "closes": Sign(_CIRCLE, "M-.5-.5L.5 .5M-.5 .5L.5-.5", "#ffffff", "#8a1c1c"),
    "unused": Sign(_CIRCLE, "", "#ffffff", "#6b747c"),
}
"""In the order of the legend."""

SHADES = ("#e2edf3", "#b9d5e4", "#8cb9d3", "#5b97bb", "#2f7199")
NOTHING = "#f7f5ef"
UNKNOWN = "url(#unknown)"


def radius(places: float) -> float:
    """Return the radius of a sign in pixels: its area follows the places, and it stays visible."""
    return round(min(17.0, max(3.0, 2.3 * sqrt(max(places, 0.0)))), 1)


def breaks(values: Sequence[float] | np.ndarray) -> list[float]:
    """Return the upper ends of all classes but the last: quintiles of what is above nothing, two digits."""
    known = np.asarray(values, dtype=float)
    known = known[np.isfinite(known) & (known > 1e-6)]
    if not len(known):
        return []
    ends = sorted({_two_digits(float(end)) for end in np.quantile(known, (0.2, 0.4, 0.6, 0.8))})
    return [end for end in ends if end < known.max()]


def shade(value: float, ends: Sequence[float]) -> str:
    """Return the colour of a value among the classes that end at `ends`."""
    if not np.isfinite(value):
        return UNKNOWN
    if value <= 1e-6:
        return NOTHING
    return SHADES[sum(value > end for end in ends)]


def _two_digits(value: float) -> float:
    return round(value, 1 - floor(log10(value)))
