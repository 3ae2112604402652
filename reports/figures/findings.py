"""Sentences of the review: each finding in one to three short sentences, in Dutch or English."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from reports.text.notation import Language, Notation
from reports.text.rounding import largest_remainder
from reports.text.words import Words

if TYPE_CHECKING:
    from collections.abc import Iterator

    from optimiser.review import Finding, FindingKind, Severity

_MORE_TIME = ("no_better_plan", "gap_wider_than_difference", "gap_above_limit")
_COUNTED = {
    "finding_tenants_put_out": "number",
    "finding_people_relocated": "number",
    "finding_people_swapped": "number",
    "finding_empty_while_waiting": "number",
    "finding_fewer_at_home": "plan",
    "finding_fewer_at_home_more": "independent_plan",
}
"""Sentences with another form for one person or place, and the number that they count."""
_PARTS = ("only_beds", "elsewhere", "turnover", "empty", "wlz")


@dataclass(frozen=True)
class FindingText:
    """A finding as people read it."""

    kind: FindingKind
    severity: Severity
    text: str


def whole(value: float, lang: Language) -> str:
    """Return people or places as a whole number; what is above 0 and below 1 is "less than 1"."""
    if 1e-6 < value < 1.0 - 1e-6:
        return Words(lang, "findings")("less_than_one")
    return Notation(lang).number(_rounded(value))


def _rounded(value: float) -> int:
    return math.floor(value + 0.5)


def finding_text(
    finding: Finding, lang: Language, place: str, tier: str, *, commands: bool = True
) -> FindingText:
    """Return a finding in words.

    Parameters
    ----------
    place, tier
        Their names, empty where the finding is about none.
    commands
        Whether its advice may name options of a command: not on a page.
    """
    text = " ".join(_sentences(finding, lang, place, tier, commands))
    return FindingText(finding.kind, finding.severity, text)


def withheld_text(finding: Finding, lang: Language) -> str:
    """Return why a plan answers no question, and what to do."""
    return " ".join(_sentences(finding, lang, "", "", commands=True))


def _sentences(finding: Finding, lang: Language, place: str, tier: str, commands: bool) -> Iterator[str]:
    words, kind = Words(lang, "findings"), finding.kind
    values = _values(finding, lang) | {"place": place, "tier": tier, "year": finding.year}
    for key in (f"finding_{kind}", f"finding_{kind}_more"):
        if key in _COUNTED:
            amounts = {"number": finding.number, **finding.amounts}
            yield words.counted(key, _rounded(amounts[_COUNTED[key]]), **values)
        elif key == f"finding_{kind}" or key in words:
            yield words(key, **values)
    if kind in ("wish_not_met", "lever_is_slack"):
        yield from _drivers(finding, lang)
    if kind in _MORE_TIME:
        yield words("more_time" if commands else "longer_run")


def _values(finding: Finding, lang: Language) -> dict[str, Any]:
    """Return the numbers of a sentence as they are written."""
    write, amounts = Notation(lang), finding.amounts
    values: dict[str, Any] = {name: whole(value, lang) for name, value in amounts.items()}
    if finding.kind in _MORE_TIME:
        values["gap"] = write.percent(finding.number, 1)
    elif finding.kind == "dearer":
        values["number"] = write.millions(finding.number)
    else:
        values["number"] = whole(finding.number, lang)
    if "most" in amounts:
        values["most"] = write.number(math.floor(amounts["most"] + 1e-6))
        values["less"] = write.percent(1.0 - amounts["last"] / amounts["base"] if amounts["base"] else 0.0, 0)
    return values


def _drivers(finding: Finding, lang: Language) -> Iterator[str]:
    """Generate what the beds are used for, in whole numbers that add up to the beds."""
    words = Words(lang, "findings")
    parts = [max(0.0, finding.amounts[name]) for name in _PARTS]
    counts = largest_remainder(parts, round(finding.amounts["last"]))
    for name, count in zip(_PARTS, counts, strict=True):
        if count:
            yield words.counted(f"beds_{name}", int(count))
