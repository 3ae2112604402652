"""The memo: what a council needs of a plan on two sheets of paper."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from reports.figures import figures
from reports.figures.changes import site_changes
from reports.figures.public import Public, public_measures
from reports.maps.atlas import atlas, atlas_of_municipalities
from reports.maps.symbols import SIGNS
from reports.page.page import map_title, money_told, rendered
from reports.page.tables import PageTable, page_tables
from reports.publish.public_page import LEFT_OUT, cost_told, public_answers, public_tables

if TYPE_CHECKING:
    from reports.figures.contents import Contents

_CHANGES = ("opens", "grows", "changes_form", "shrinks", "closes")
_MOST_RULES = 6
LETTERS = 25.0
"""Height of the names on the map, which is small on paper."""


def memo(contents: Contents, *, public: bool = False) -> str:
    """Return the memo as an HTML page that prints on two sheets of A4."""
    words = contents.words
    return rendered(
        "memo.html",
        {
            "lang": contents.lang,
            "w": words,
            "years": contents.years,
            "title": words("public_title", title=contents.title) if public else contents.title,
            "status": contents.status,
            "status_note": contents.status_note,
            "provenance": contents.provenance,
            "note": getattr(contents.region.parameters.region.note, contents.lang, ""),
            "map_data": "",
            **(_in_public(contents) if public else _in_full(contents)),
        },
    )


def _in_full(contents: Contents) -> dict[str, Any]:
    tables = page_tables(contents)
    drawn = atlas(contents, len(figures.all_years(contents.plan)) - 1, LETTERS)
    held = [one for one in contents.bindings if one.rule.kind == "policy"]
    return {
        "marked": "",
        "findings": contents.page_findings,
        "answers": [(contents.words.of(a.question), contents.words.of(a.answer)) for a in contents.answers],
        "money_told": money_told(contents),
        "tables": {name: tables[name] for name in ("payers", "municipality", "comparison", "beds")},
        "sites": _sites(contents),
        "rules": [rule.sentence for rule in held[:_MOST_RULES]],
        **_map(contents, drawn),
    }


def _in_public(contents: Contents) -> dict[str, Any]:
    public = Public(contents.plan)
    tables = public_tables(contents, public)
    at = len(figures.all_years(contents.plan)) - 1
    drawn = atlas_of_municipalities(contents, public_measures(contents, public), at, LETTERS)
    return {
        "findings": [],
        "marked": contents.words("public_note", sign=LEFT_OUT, threshold=public.threshold),
        "answers": public_answers(contents, public),
        "money_told": cost_told(contents),
        "tables": {
            "payers": tables["cost"],
            **{n: tables[n] for n in ("municipality", "comparison", "beds")},
        },
        "sites": None,
        "rules": [],
        **_map(contents, drawn),
    }


def _map(contents: Contents, drawn: Any) -> dict[str, Any]:
    """Return the map of the last year, still."""
    words = contents.words
    return {
        "atlas": drawn,
        "map_title": map_title(contents, drawn, contents.years["last"]),
        "signs": [
            {"event": event, "sign": sign, "words": words(f"event_{event}")}
            for event, sign in SIGNS.items()
            if event in {mark.event for mark in drawn.sites}
        ],
    }


def _sites(contents: Contents) -> PageTable:
    """Return how many sites open, grow, change, shrink and close, and their places then and now."""
    words, plan = contents.words, contents.plan
    changes, write = site_changes(plan), contents.notation
    rows = []
    for event in _CHANGES:
        own = changes[changes["event"] == event]
        if len(own):
            then, now = (write.number(float(own[end].sum())) for end in ("base", "last"))
            rows.append([words(f"event_{event}"), str(len(own)), f"{then} → {now}"])
    head = [words("what_happens"), words("memo_sites"), words("places_head")]
    return PageTable(words("memo_sites_caption", **contents.years), head, rows, numbers=frozenset({1, 2}))
