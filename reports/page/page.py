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

from reports.figures import figures
from reports.maps.atlas import Atlas, atlas
from reports.maps.charts import flows_chart, wrapped, years_chart
from reports.maps.symbols import SIGNS
from reports.page.municipality_card import towns
from reports.page.tables import page_tables
from reports.text.glossary import glossary

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    import pandas as pd

    from optimiser.plan import Plan
    from reports.figures.contents import Contents

_SECTIONS = {
    "map-section": "map_section",
    "municipalities": "all_municipalities",
    "beds": "beds_section",
    "flows": "flows_section",
    "cost": "cost_section",
    "agreements": "agreements_section",
    "lots": "lots_section",
    "comparison": "comparison_section",
    "rules": "binding_title",
    "proof": "proof_section",
    "remarks": "remarks_section",
    "assumptions": "assumptions_section",
    "glossary": "glossary_section",
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
    return rendered("report.html", _told(contents))


def rendered(template: str, told: dict[str, Any]) -> str:
    """Return a template filled in, with our style and script and the policy that lets only those run."""
    environment = Environment(
        loader=PackageLoader("reports"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    style, script = _resource("page.css"), _resource("map.js") + _resource("report.js")
    return environment.get_template(template).render(
        **told,
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
        **_first_screen(contents),
        "lang": contents.lang,
        "w": words,
        "years": contents.years,
        "title": contents.title,
        "status": contents.status,
        "findings": contents.findings,
        "status_note": contents.status_note,
        "note": getattr(region.parameters.region.note, contents.lang, ""),
        "provenance": contents.provenance,
        "sections": [
            (anchor, words(key))
            for anchor, key in _SECTIONS.items()
            if anchor != "lots" or tables["lots"].rows
        ],
        "remarks": region.remarks,
        "tables": tables,
        "atlas": drawn,
        "charts": _charts(contents),
        "map_title": map_title(contents, drawn),
        "map_data": embedded(drawn.data),
        "signs": [
            {"event": event, "sign": sign, "words": words(f"event_{event}")} for event, sign in SIGNS.items()
        ],
        "payers": ", ".join(map(contents.payer, figures.payers(contents.plan))),
        "funding": contents.funding_told,
        "flows_note": _flows_note(contents),
        "bindings": _bindings(contents),
        "glossary": glossary(words),
        "unused": int((figures.site_events(contents.plan) == "unused").all(axis=1).sum()),
    }


def _first_screen(contents: Contents) -> dict[str, Any]:
    """Return what a council member sees first: answers, the municipality, money, how sure."""
    cards, region = towns(contents), contents.region
    return {
        "answers": contents.answers,
        "towns": cards,
        "first_town": region.parameters.region.central_municipality or cards[0].code,
        "money_told": money_told(contents),
        "tiles": _tiles(contents),
    }


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
        "flows": _flows_chart(contents),
    }


def _flows_chart(contents: Contents) -> Chart:
    words, flows = contents.words, figures.tier_flows(contents.plan).sum(axis=1).unstack("what", sort=False)
    names = dict(zip(flows.index, wrapped([contents.tier(str(code)) for code in flows.index]), strict=True))
    labels = {what: words(f"flow_{what}") for what in ("entered", "left", "out")}
    svg = flows_chart(flows, names, labels, contents.notation.number)
    return picture(words("flows_title", **contents.years), svg, words("flows_alt"))


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
    alt = words(f"{key}_alt", **_ends(table, write), base=table.columns[0], year=table.columns[-1])
    return picture(words(f"{key}_title"), svg, alt)


def picture(title: str, svg: bytes, alt: str) -> Chart:
    """Return an SVG as a picture that stands in the page itself."""
    # As a picture, its inline styles fall outside the page's policy and its ids outside the page's.
    return Chart(title, "data:image/svg+xml;base64," + base64.b64encode(svg).decode("ascii"), alt)


def _ends(table: pd.DataFrame, write: Callable[[float], str]) -> dict[str, str]:
    """Return the totals of the first and last year as words."""
    totals = table.sum()
    return {"first": write(float(totals.iloc[0])), "last": write(float(totals.iloc[-1]))}


def _resource(name: str) -> str:
    return files("reports").joinpath(name).read_text(encoding="utf-8")


def _fingerprint(text: str) -> str:
    return "'sha256-" + base64.b64encode(hashlib.sha256(text.encode("utf-8")).digest()).decode("ascii") + "'"
