"""Bars of certainty: the bound beside the plan, sourced beside assumed figures, and the use of the beds."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from optimiser.review import bed_drivers, improvement
from reports.figures.contents import is_assumed
from reports.maps.bars import Rect, Strip, strip
from reports.text.rounding import largest_remainder
from reports.text.words import Words

if TYPE_CHECKING:
    from collections.abc import Sequence

    from reports.figures.contents import Contents

_WIDTH = 480.0
_BED_USES = {
    "only_beds": "c-bed", "elsewhere": "c-room", "wlz": "c-shelter", "turnover": "c-group",
    "empty": "c-waiting",
}  # fmt: skip
"""Use of a bed → style class of its part of the bar."""


@dataclass(frozen=True)
class GapBar:
    """A bar on the scale where the plan is 100: its name, its value in words, and its length."""

    name: str
    value: str
    part: Rect


@dataclass(frozen=True)
class Certainty:
    """How far any plan could be better, and on how many assumed figures the plan rests."""

    gap: str
    bars: Sequence[GapBar]
    assumed: str
    sources: Strip
    source_legend: Sequence[tuple[str, str]]


@dataclass(frozen=True)
class BedUse:
    """What the beds of the last year are used for: parts that add up to all beds, and a sentence for each."""

    title: str
    strip: Strip
    lines: Sequence[tuple[str, str]]
    """Style class and sentence."""


def certainty(contents: Contents) -> Certainty:
    """Return how sure a plan is, in bars and sentences."""
    words, write, proof = contents.words, contents.notation, contents.plan.proof
    # Rounded up, so that the sentence never promises more than is proven.
    gap = write.percent(math.ceil(proof.gap * 1000 - 1e-6) / 1000, 1)
    assumed = contents.region.assumptions["source"].map(is_assumed)
    counts = {"sourced": int((~assumed).sum()), "assumed": int(assumed.sum())}
    looks = {"sourced": (words("sure_sourced"), "c-one"), "assumed": (words("assumption"), "c-waiting")}
    return Certainty(
        words("sure_gap", gap=gap),
        list(_gap_bars(contents)),
        words.counted("assumed_count", counts["assumed"], all=len(assumed)),
        strip(words("sure_figures"), counts, looks, len(assumed), _WIDTH),
        [(style, name) for name, style in looks.values()],
    )


def _gap_bars(contents: Contents) -> list[GapBar]:
    """Return bound, plan and doing nothing on one scale from 0, on which the plan is 100."""
    proof = contents.plan.proof
    if proof.objective <= 0 or proof.bound < 0:
        return []
    totals = {
        "bound": proof.bound,
        "plan": proof.objective,
        "nothing": proof.objective + improvement(contents.plan),
    }
    most = max(totals.values())
    bars = []
    for key, total in totals.items():
        value = contents.notation.number(100.0 * total / proof.objective, 1)
        part = Rect(f"g-{key}", 0.0, 1.0, round(_WIDTH * total / most, 1), 18.0)
        bars.append(GapBar(contents.words(f"sure_{key}"), value, part))
    return bars


def bed_use(contents: Contents) -> BedUse | None:
    """Return what stops fewer beds, or None where the plan has none left."""
    words, use = Words(contents.lang, "findings"), bed_drivers(contents.plan)
    beds = round(use.beds)
    if not beds:
        return None
    parts = [max(0.0, getattr(use, name)) for name in _BED_USES]
    counts = dict(zip(_BED_USES, map(int, largest_remainder(parts, beds)), strict=True))
    title = contents.words("bed_use_title", beds=contents.notation.number(beds), year=contents.years["last"])
    looks = {
        name: (words.counted(f"beds_{name}", counts[name]).rstrip("."), style)
        for name, style in _BED_USES.items()
    }
    lines = [
        (style, words.counted(f"beds_{name}", counts[name]))
        for name, style in _BED_USES.items()
        if counts[name]
    ]
    return BedUse(title, strip(title, counts, looks, beds, _WIDTH), lines)
