"""One colour per tier on every picture: violet for a place in a facility, green for a home."""

from __future__ import annotations

from typing import TYPE_CHECKING

from models.parameters.parameters import MO
from reports.figures import figures

if TYPE_CHECKING:
    from models.region.region import Region

_FACILITY = ("group", "room")
_HOME = ("scattered", "own", "first")
WAITING = "c-waiting"


def tier_classes(region: Region) -> dict[str, str]:
    """Return the style class of every tier, in the order of the region's file.

    Beds have the darkest violet, shelter a grey one; others take theirs by their order.
    """
    classes: dict[str, str] = {}
    tiers = region.parameters.tiers
    rest = 0
    for code in figures.tier_codes(region, "facility"):
        if tiers[code].intramural:
            classes[code] = "c-bed"
        elif tiers[code].stream == MO:
            classes[code] = "c-shelter"
        else:
            classes[code] = f"c-{_FACILITY[min(rest, len(_FACILITY) - 1)]}"
            rest += 1
    for number, code in enumerate(figures.tier_codes(region, "home")):
        classes[code] = f"c-{_HOME[min(number, len(_HOME) - 1)]}"
    return classes
