"""`report.html`: the plan on one page that opens offline and asks no other host for anything."""

from __future__ import annotations

import base64
import hashlib
import json
from dataclasses import dataclass
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from reports import figures
from reports.atlas import Atlas, atlas
from reports.charts import wrapped, years_chart
from reports.signs import SIGNS
from reports.tables import page_tables

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    import pandas as pd

    from optimiser.plan import Plan
    from reports.contents import Contents

_SECTIONS = {
    "questions": "questions",
    "municipality": "municipality_section",
    "map-section": "map_section",
    "beds": "beds_section",
    "agreements": "agreements_section",
    "cost": "cost_section",
    "comparison": "comparison_section",
    "rules": "rules_section",
    "proof": "proof_section",
    "remarks": "remarks_section",
    "assumptions": "assumptions_section",
}


@dataclass(frozen=True)
class Tile:
    """A figure of the first screen and what it is held against."""

    name: str
    value: str
    beside: str


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
    environment = Environment(
        loader=PackageLoader("reports"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    style, script = _resource("page.css"), _resource("map.js") + _resource("report.js")
    return environment.get_template("report.html").render(
        **_told(contents),
        # Both are our own files, fixed by their hash in the policy; everything else is escaped.
        style=Markup(style),
        script=Markup(script),
        policy=policy(script, style),
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
    drawn, tables = atlas(contents), page_tables(contents)
    region, words = contents.region, contents.words
    return {
        "lang": contents.lang,
        "w": words,
        "years": contents.years,
        "title": contents.title,
        "status": contents.status,
        "status_note": contents.status_note,
        "note": getattr(region.parameters.region.note, contents.lang, ""),
        "digest": region.digest,
        "tiles": _tiles(contents),
        "sections": [(anchor, words(key)) for anchor, key in _SECTIONS.items()],
        "answers": contents.answers,
        "remarks": region.remarks,
        "tables": tables,
        "atlas": drawn,
        "charts": _charts(contents),
        "map_title": _map_title(contents, drawn),
        "map_data": embedded(drawn.data),
        "signs": [
            {"event": event, "sign": sign, "words": words(f"event_{event}")} for event, sign in SIGNS.items()
        ],
        "payers": ", ".join(map(contents.payer, figures.payers(contents.plan))),
        "funding": contents.funding_told,
        "unused": int((figures.site_events(contents.plan) == "unused").all(axis=1).sum()),
    }


def _map_title(contents: Contents, drawn: Atlas) -> str:
    first = next(iter(drawn.data["measures"].values()))["label"]
    return str(drawn.data["title"]).replace("{measure}", first).replace("{year}", str(contents.years["base"]))


def _tiles(contents: Contents) -> list[Tile]:
    """Return the four figures of the first screen."""
    words, write, years = contents.words, contents.notation, contents.years
    lines = figures.comparison(contents.plan)
    tiles = []
    for name in ("places", "people_home", "waiting", "cost"):
        plan, nothing = float(lines["plan"][name]), float(lines["nothing"][name])
        form = write.millions if lines["unit"][name] == "EUR" else write.number
        tiles.append(
            Tile(words(f"compare_{name}", **years), form(plan), f"{words('nothing_line')}: {form(nothing)}")
        )
    return tiles


def _charts(contents: Contents) -> dict[str, Chart]:
    """Return the charts: beds, people in homes, cost; each beside what doing nothing gives."""
    write = contents.notation
    return {
        "beds": _chart(contents, "beds", figures.places_by_tier, contents.tier, write.number),
        "homes": _chart(contents, "homes", figures.living_by_tier, contents.tier, write.number),
        "cost": _chart(
            contents,
            "cost",
            lambda plan: figures.cost_by_municipality(plan) / 1e6,
            contents.municipality,
            lambda value: write.number(value, 1),
        ),
    }


def _chart(
    contents: Contents,
    key: str,
    asked: Callable[[Plan], pd.DataFrame],
    named: Callable[[str], str],
    write: Callable[[float], str],
) -> Chart:
    """Return the chart of a table (rows × years): title and alternative are words of `key`."""
    words, table = contents.words, asked(contents.plan)
    idle = asked(figures.doing_nothing(contents.plan)).sum()
    names = dict(zip(table.index, wrapped([named(str(code)) for code in table.index]), strict=True))
    svg = years_chart(table, names, idle, words("nothing_line"), write)
    # As a picture, its inline styles fall outside the page's policy and its ids outside the page's.
    source = "data:image/svg+xml;base64," + base64.b64encode(svg).decode("ascii")
    alt = words(f"{key}_alt", **_ends(table, write), base=table.columns[0], year=table.columns[-1])
    return Chart(words(f"{key}_title"), source, alt)


def _ends(table: pd.DataFrame, write: Callable[[float], str]) -> dict[str, str]:
    """Return the totals of the first and last year as words."""
    totals = table.sum()
    return {"first": write(float(totals.iloc[0])), "last": write(float(totals.iloc[-1]))}


def _resource(name: str) -> str:
    return files("reports").joinpath(name).read_text(encoding="utf-8")


def _fingerprint(text: str) -> str:
    return "'sha256-" + base64.b64encode(hashlib.sha256(text.encode("utf-8")).digest()).decode("ascii") + "'"
