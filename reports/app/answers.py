"""Answers of the what-if page: one plan, two side by side, and questions about one."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from optimiser.compare.comparison import Distance, better_and_worse, common_years
from optimiser.model.model import RULES
from reports.answers.comparison import results, site_differences
from reports.answers.council import council_answers
from reports.answers.explanation import sections
from reports.answers.repairs import as_record, shortage_lines
from reports.app.wording import Wording
from reports.figures import figures
from reports.figures.contents import Contents
from reports.maps.atlas import atlas
from reports.text.notation import MINUS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from optimiser.explain.explanation import Explanation
    from optimiser.infeasibility.repair import Diagnosis
    from optimiser.plan import Plan
    from optimiser.problem import Problem
    from optimiser.tradeoffs.ranges import Ranges
    from reports.answers.comparison import Life
    from reports.text.notation import Language, Notation

LANGUAGES: tuple[Language, ...] = ("nl", "en")
SHOWN = 0.05
"""Client-years from which a number of people is told."""

TILES = ("beds", "people_home", "waiting", "cost")
"""The figures that stand above the map."""

EURO = ("cost", "cost_last")


def plan_answer(plan: Plan) -> dict[str, Any]:
    """Return what is shown of one plan, in each language."""
    return {lang: _plan_in(Contents(plan, council_answers(plan), RULES, lang)) for lang in LANGUAGES}


def _plan_in(told: Contents) -> dict[str, Any]:
    proof = told.plan.proof
    tiles = [tile for tile in _figures(told) if tile["name"] in TILES]
    return {
        "title": told.title,
        "status": told.status,
        "proof": f"{proof.solver}, {told.notation.number(proof.seconds)} s",
        "tiles": tiles,
        "answers": [
            {"question": told.words.of(a.question), "answer": told.words.of(a.answer)} for a in told.answers
        ],
        "map": atlas(told).data,
    }


def _figures(told: Contents) -> list[dict[str, Any]]:
    words, write = Wording(told.lang), told.notation
    return [
        {
            "name": name,
            "label": words(name if name in ("beds", "homes") else f"compare_{name}", **told.years),
            "value": write.millions(value) if name in EURO else write.number(value, _digits(name)),
            "number": value,
        }
        for name, value in results(told.plan).items()
    ]


def _digits(name: str) -> int:
    return 0 if name in ("beds", "places", "homes") else 1


def comparison_answer(first: Plan, second: Plan) -> dict[str, Any]:
    """Return two plans side by side, in each language; raises InputError where they cannot be compared."""
    distance = Distance.between(first, second)
    people = better_and_worse(first, second).groupby(level="about", sort=False).sum()
    sites = site_differences(first, second)
    answer: dict[str, Any] = {"distinguishable": distance.is_distinguishable}
    for lang in LANGUAGES:
        told = [Contents(plan, (), (), lang) for plan in (first, second)]
        years = common_years(first, second)
        answer[lang] = {
            "rows": list(_rows(told, distance)),
            "towns": list(_towns(told)),
            "sites": [_site(told[0], *line) for line in sites],
            "people": [
                {
                    "about": Wording(lang)(f"about_{about}"),
                    "better": told[0].notation.number(row["better"], 1),
                    "worse": told[0].notation.number(row["worse"], 1),
                }
                for about, row in people.iterrows()
                if row[["better", "worse"]].max() > SHOWN
            ],
            "years": {"first": years[0], "last": years[-1]},
        }
    return answer


def _rows(told: list[Contents], distance: Distance) -> Iterator[dict[str, Any]]:
    """Generate a line per measure: of either plan, and the difference."""
    write = told[0].notation
    for one, other in zip(*map(_figures, told), strict=True):
        change = other["number"] - one["number"]
        name, euros = one["name"], one["name"] in EURO
        yield {
            "label": one["label"],
            "first": one["value"],
            "second": other["value"],
            "change": _signed_euros(write, change) if euros else write.signed(change, _digits(name)),
            # the gaps are in euros and points, so only of euros can it be said that they drown in them
            "drowned": name == "cost" and 0.0 < abs(change) <= distance.margin,
        }


def _signed_euros(write: Notation, change: float) -> str:
    """Return a difference in euros as amounts are written, its sign before the euro sign."""
    signed = write.signed(change)
    sign = signed[0] if signed[0] in ("+", MINUS) else ""
    return sign + write.millions(abs(change))


def _towns(told: list[Contents]) -> Iterator[dict[str, Any]]:
    """Generate a line per municipality: what it has in the last year in either plan."""
    tables = [figures.municipality_changes(one.plan) for one in told]
    write = told[0].notation
    for code in tables[0].index:
        cells = {}
        for name, digits in (("places", 0), ("homes", 0), ("waiting", 1), ("cost", 0)):
            values = [float(table[name, "last"][code]) for table in tables]
            form = (
                write.millions if name == "cost" else lambda value, digits=digits: write.number(value, digits)
            )
            cells[name] = [form(value) for value in values]
        yield {"town": told[0].municipality(str(code)), "cells": cells}


def _site(told: Contents, site: str, first: Life | None, second: Life | None) -> dict[str, str]:
    name = str(told.region.sites["name"].get(site, site))
    return {"site": site, "name": name, "first": _life(told, first), "second": _life(told, second)}


def _life(told: Contents, life: Life | None) -> str:
    if life is None:
        return "–"
    event, year, places = life
    words = told.words(f"event_{event}")
    return f"{words} {year} ({places:.0f})" if year else f"{words} ({places:.0f})"


def explanation_answer(explanation: Explanation) -> dict[str, Any]:
    """Return why a plan is as it is: headings with lines, in each language."""
    return {lang: sections(explanation, lang) for lang in LANGUAGES}


def clash_answer(diagnosis: Diagnosis, problem: Problem) -> dict[str, Any]:
    """Return what is short where no plan meets what is asked, and which single changes would do."""
    answer: dict[str, Any] = {"why": "impossible"}
    for lang in LANGUAGES:
        told = as_record(diagnosis, problem, lang)["repairs"]
        answer[lang] = {
            "lines": shortage_lines(diagnosis, problem, lang),
            "repairs": [
                {"said": one["sentence"].partition("   --set")[0], "key": one["set"] and one["key"],
                 "to": f"{one['to']:g}"}
                for one in told
            ],
        }  # fmt: skip
    return answer


def room_answer(extent: Ranges, now: int, within: float) -> dict[str, Any]:
    """Return how few and how many places a municipality can have in the last year."""
    return {
        "year": extent.count.year,
        "least": extent.least,
        "most": extent.most,
        "found_least": extent.found_least,
        "found_most": extent.found_most,
        "now": now,
        "within": within,
    }


def stored(answer: dict[str, Any]) -> str:
    """Return an answer as JSON; what is not known is null and never NaN."""
    return json.dumps(answer, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
