"""Review of a plan in sentences: what to hear first, in Dutch or English."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from optimiser.review import Finding, answers_nothing, bed_use, review
from reports.text.notation import Notation
from reports.text.words import Words

if TYPE_CHECKING:
    from collections.abc import Iterator

    from optimiser.plan import Plan
    from reports.text.notation import Language

LANGUAGES: tuple[Language, ...] = ("nl", "en")

OF_BEDS = ("wish_not_met", "lever_slack")
"""Findings that go with what keeps the beds."""


def review_lines(plan: Plan, lang: Language) -> list[str]:
    """Return the findings of a plan in sentences, the gravest first."""
    return [line for finding in review(plan) for line in _told(plan, finding, lang)]


def review_record(plan: Plan) -> list[dict[str, Any]]:
    """Return the findings of a plan for a program: kind, numbers, place, year, and the sentences."""
    return [
        {
            "kind": finding.kind,
            "number": round(finding.number, 6),
            "beside": round(finding.beside, 6),
            "place": finding.place,
            "year": finding.year,
            "sentences": {lang: " ".join(_told(plan, finding, lang)) for lang in LANGUAGES},
        }
        for finding in review(plan)
    ]


def withheld(plan: Plan, lang: Language) -> str | None:
    """Return why a plan answers no question, or None where it does."""
    if not answers_nothing(review(plan)):
        return None
    return Words(lang)("finding_no_answer")


def _told(plan: Plan, finding: Finding, lang: Language) -> Iterator[str]:
    words, number = Words(lang), Notation(lang)
    yield words(
        f"finding_{finding.kind}",
        number=whole(finding.number, lang),
        beside=whole(finding.beside, lang),
        share=number.percent(finding.number, 1),
        place=_name(plan, finding.place),
        year=finding.year,
    )
    if finding.kind in OF_BEDS and finding.year is not None:
        use = bed_use(plan, finding.year)
        yield words(
            "finding_bed_use",
            only=whole(use.only_a_bed, lang),
            others=whole(use.others, lang),
            empty=whole(use.empty, lang),
            wlz=whole(use.wlz, lang),
        )


def whole(number: float, lang: Language) -> str:
    """Return a count of people or places as people say it: whole, and `less than 1` where that is so."""
    if 0.05 < number < 1.0:
        return Words(lang)("less_than_one")
    return Notation(lang).number(round(number))


def _name(plan: Plan, code: str) -> str:
    """Return the name of a site, neighbourhood or municipality."""
    for table in (plan.problem.sites, plan.problem.neighbourhoods, plan.problem.municipalities):
        if code in table.index:
            return str(table.at[code, "name"])
    return code
