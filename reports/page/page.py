"""`report.html`: the plan on one page that opens offline and asks no other host for anything."""

from __future__ import annotations

import base64
import functools
import hashlib
import json
from dataclasses import dataclass
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from optimiser.review import WITHHOLDING
from reports.figures import figures
from reports.maps.site_map import site_map
from reports.page.certainty import bed_use, certainty
from reports.page.municipality_card import towns
from reports.page.overview import overview
from reports.page.sections import cost_chart, people_chart, people_strips, site_groups
from reports.page.tables import page_tables
from reports.text.glossary import glossary

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from reports.figures.contents import Contents
    from reports.maps.atlas import Atlas

_SECTIONS = (
    "questions", "where", "who", "cost", "corporations", "lots", "sure", "limits", "municipality",
    "assumptions",
)  # fmt: skip
"""Sections of the page in their order, by the anchor that the menu leads to."""


@dataclass(frozen=True)
class Chart:
    """A picture, its title, and its text for who does not see it."""

    title: str
    source: str
    alt: str


def write_page(contents: Contents, file: Path) -> None:
    """Write the page of a plan."""
    file.write_bytes(page(contents).encode("utf-8"))


def page(contents: Contents) -> str:
    """Return the page of a plan as HTML."""
    return rendered("report.html", _told(contents), style="report.css", scripts=("report.js",))


def rendered(
    template: str,
    told: dict[str, Any],
    style: str = "page.css",
    scripts: Sequence[str] = ("map.js", "public.js"),
) -> str:
    """Return a template filled in, with our style and script and the policy that lets only those run."""
    look, script = _resource(style), "".join(map(_resource, scripts))
    return (
        _environment()
        .get_template(template)
        .render(
            **told,
            # Both are our own files, fixed by their hash in the policy; everything else is escaped.
            style=Markup(look),
            script=Markup(script),
            policy=policy(script, look),
        )
    )


@functools.cache
def _environment() -> Environment:
    """Return the environment of the templates, which are compiled once."""
    return Environment(
        loader=PackageLoader("reports"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )


def policy(script: str, style: str) -> str:
    """Return the content-security policy: this script, this style, pictures in the page, no more."""
    ours = f"script-src {_fingerprint(script)}; style-src {_fingerprint(style)}; img-src data:"
    return f"default-src 'none'; {ours}; base-uri 'none'; form-action 'none'"


def embedded(data: object) -> Markup:
    """Return JSON that may stand inside a script element: nothing in it can close that element."""
    text = json.dumps(data, ensure_ascii=False, separators=(",", ":"))
    for sign in "<>&\u2028\u2029":
        text = text.replace(sign, f"\\u{ord(sign):04x}")
    return Markup(text)


def _told(contents: Contents) -> dict[str, Any]:
    """Return everything that the template names."""
    drawn, tables = site_map(contents), page_tables(contents)
    region, words = contents.region, contents.words
    cards = towns(contents)
    return {
        "lang": contents.lang,
        "w": words,
        "years": contents.years,
        "title": contents.title,
        "view": overview(contents),
        "findings": contents.page_findings,
        "withheld": _withheld(contents),
        "note": getattr(region.parameters.region.note, contents.lang, ""),
        "status": contents.status,
        "status_note": contents.status_note,
        "sure": certainty(contents),
        "bed_use": bed_use(contents),
        "provenance": contents.provenance,
        "sections": [
            (anchor, words(f"nav_{anchor}"))
            for anchor in _SECTIONS
            if anchor != "lots" or tables["lots"].rows
        ],
        "answers": contents.answers,
        "towns": cards,
        "first_town": region.parameters.region.central_municipality or cards[0].code,
        "money_told": money_told(contents),
        "remarks": region.remarks,
        "tables": tables,
        "map": drawn,
        "map_data": embedded(drawn.data),
        "groups": site_groups(contents, drawn),
        "facility_legend": [(style, name) for name, style in drawn.data["tiers"]],
        "people": people_chart(contents),
        "towns_people": people_strips(contents),
        "cost": cost_chart(contents),
        "payers": ", ".join(map(contents.payer, figures.payers(contents.plan))),
        "funding": contents.funding_told,
        "flows_note": _flows_note(contents),
        "bindings": _bindings(contents),
        "glossary": glossary(words),
        "unused": int((figures.site_events(contents.plan) == "unused").all(axis=1).sum()),
    }


def _withheld(contents: Contents) -> str:
    """Return why the plan answers no question, or an empty text."""
    for one in contents.review:
        if one.kind in WITHHOLDING:
            return contents.finding(one, commands=False).text
    return ""


def money_told(contents: Contents) -> str:
    """Return what the plan costs, in the first and last year and in all, beside doing nothing."""
    write, cost = contents.notation, figures.cost_by_payer(contents.plan).sum()
    idle = float(figures.comparison(contents.plan)["nothing"]["cost"])
    ends = {"from_": write.millions(float(cost.iloc[0])), "to": write.millions(float(cost.iloc[-1]))}
    money = {"all": write.millions(float(cost.sum())), "idle": write.millions(idle)}
    return contents.words("money_told", **ends, **money, **contents.years)


def _bindings(contents: Contents) -> list[dict[str, Any]]:
    """Return the rules that hold the plan back, policies apart from the core."""
    return [
        {
            "title": contents.words(f"binding_{kind}"),
            "rules": [one for one in contents.bindings if one.rule.kind == kind],
        }
        for kind in ("policy", "core")
    ]


def _flows_note(contents: Contents) -> str:
    total = figures.tier_flows(contents.plan).groupby(level="what").sum().sum(axis=1)
    placed = contents.notation.number(float(total["entered"] - total["left"]))
    return contents.words("flows_note", placed=placed)


def map_title(contents: Contents, drawn: Atlas, year: int | None = None) -> str:
    """Return what the map shows first, in the base year or another."""
    first = next(iter(drawn.data["measures"].values()))["label"]
    shown = str(year or contents.years["base"])
    return str(drawn.data["title"]).replace("{measure}", first).replace("{year}", shown)


def picture(title: str, svg: bytes, alt: str) -> Chart:
    """Return an SVG as a picture that stands in the page itself."""
    # As a picture, its inline styles fall outside the page's policy and its ids outside the page's.
    return Chart(title, "data:image/svg+xml;base64," + base64.b64encode(svg).decode("ascii"), alt)


def _resource(name: str) -> str:
    return files("reports").joinpath(name).read_text(encoding="utf-8")


def _fingerprint(text: str) -> str:
    return "'sha256-" + base64.b64encode(hashlib.sha256(text.encode("utf-8")).digest()).decode("ascii") + "'"
