"""The page that may be put on the web: figures per municipality or wider, small counts left out."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import pandas as pd

from optimiser.review import proof_findings, withholds_answers
from reports.figures import figures
from reports.figures.public import Public, in_steps, of_kind, public_measures
from reports.maps.atlas import atlas_of_municipalities
from reports.maps.charts import wrapped, years_chart
from reports.page.page import embedded, map_title, picture, rendered
from reports.page.tables import PageTable, by_year, page_tables
from reports.text.glossary import glossary

if TYPE_CHECKING:
    from reports.figures.contents import Contents
    from reports.page.page import Chart

LEFT_OUT = "x"
"""What stands where a count is left out."""


def public_page(contents: Contents) -> str:
    """Return the public page of a plan as HTML."""
    words, public = contents.words, Public(contents.plan)
    drawn = atlas_of_municipalities(contents, public_measures(contents, public))
    whole = page_tables(contents)
    return rendered(
        "public.html",
        {
            "lang": contents.lang,
            "w": words,
            "years": contents.years,
            "title": words("public_title", title=contents.title),
            "public_note": words("public_note", sign=LEFT_OUT, threshold=public.threshold),
            "note": getattr(contents.region.parameters.region.note, contents.lang, ""),
            "status": contents.status,
            "status_note": contents.status_note,
            "provenance": contents.provenance,
            "answers": public_answers(contents, public),
            "money_told": cost_told(contents),
            "remarks": contents.region.remarks,
            "atlas": drawn,
            "map_title": map_title(contents, drawn),
            "map_data": embedded(drawn.data),
            "charts": _charts(contents, public),
            "tables": {
                **public_tables(contents, public),
                **{name: whole[name] for name in ("rules", "proof", "overrides", "assumptions")},
            },
            "glossary": glossary(words),
        },
    )


def public_tables(contents: Contents, public: Public) -> dict[str, PageTable]:
    """Return the tables of the public version, `LEFT_OUT` where a count is not published."""
    living, places = of_kind(public.people, "tier"), of_kind(public.places, "tier")
    everybody = public.people[_is(public.people, "all")]
    all_places = public.places[_is(public.places, "all")]
    return {
        "municipality": _municipalities(contents, public),
        "beds": _counts(contents, "beds_title", pd.concat([places, all_places.set_axis(["total"])])),
        "people": _counts(contents, "public_people", pd.concat([living, everybody.set_axis(["total"])])),
        "profiles": _profiles(contents, public),
        "homes": _homes(contents, public),
        "comparison": _comparison(contents, public),
        "cost": _cost(contents),
    }


def cost_told(contents: Contents) -> str:
    """Return the cost of all planned years, rounded as the public version does."""
    idle = float(figures.comparison(contents.plan)["nothing"]["cost"])
    paid = in_steps(pd.Series([float(figures.cost_by_payer(contents.plan).to_numpy().sum()), idle]))
    write = contents.notation.millions
    return contents.words("public_money", all=write(paid[0]), idle=write(paid[1]), **contents.years)


def public_answers(contents: Contents, public: Public) -> list[tuple[str, str]]:
    """Return the three questions of a council, answered with what may be published."""
    words, years = contents.words, contents.years
    if withholds_answers(proof_findings(contents.plan)):
        return [(words.of(one.question), words.of(one.answer)) for one in contents.answers]
    queue, beds = (
        of_kind(public.people, "tier").loc[["waiting"]],
        public.places[_is(public.places, "intramural")],
    )

    def ends(line: pd.DataFrame) -> dict[str, str]:
        then, now = (_said(contents, float(line[years[end]].iloc[0])) for end in ("base", "last"))
        return {"then": then, "now": now}

    outside = int((figures.unfair_last(contents.plan) > figures.TOLERANCE).sum())
    above = int((figures.neighbourhood_excess(contents.plan).iloc[:, -1] > figures.TOLERANCE).sum())
    told = (
        words("public_missing", **ends(queue), **years),
        words("public_beds", **ends(beds), **years),
        words("public_spread", above=above, outside=outside, **years),
    )
    return [(words.of(one.question), text) for one, text in zip(contents.answers, told, strict=True)]


def _is(table: pd.DataFrame, kind: str) -> list[bool]:
    return [cell == (kind,) for cell in table.index]


def _said(contents: Contents, value: float) -> str:
    """Return a count, or the sign that it is left out."""
    return LEFT_OUT if math.isnan(value) else contents.notation.number(value)


def _counts(contents: Contents, caption: str, table: pd.DataFrame) -> PageTable:
    """Return tiers × years; the last row is the total, which is no sum of what is shown."""
    words = contents.words
    names = [[words("total") if code == "total" else contents.tier(str(code))] for code in table.index]
    made = by_year(words(caption), [words("tier")], names, table, lambda n: _said(contents, n))
    return PageTable(made.caption, made.head, made.rows[:-1], foot=made.rows[-1], numbers=made.numbers)


def _profiles(contents: Contents, public: Public) -> PageTable:
    words, table = contents.words, of_kind(public.people, "profile")
    names = [[contents.tier(tier), contents.profile(profile)] for tier, profile in table.index]
    labels = [words("tier"), words("profile")]
    return by_year(words("clients_caption"), labels, names, table, lambda n: _said(contents, n))


def _municipalities(contents: Contents, public: Public) -> PageTable:
    words, write, years = contents.words, contents.notation, contents.years
    columns = {
        "places_head": of_kind(public.places, "town"),
        "homes_head": of_kind(public.homes, "town"),
        "people_head": of_kind(public.people, "town"),
        "waiting_head": of_kind(public.people, "town_waiting"),
    }
    rows = []
    for code in columns["people_head"].index:
        cells = [
            " → ".join(_said(contents, table.loc[[code], years[end]].iloc[0]) for end in ("base", "last"))
            for table in columns.values()
        ]
        cost = float(public.cost[code])
        rows.append(
            [contents.municipality(code), *cells, LEFT_OUT if math.isnan(cost) else write.millions(cost)]
        )
    head = [words("municipality"), *(words(key) for key in columns), words("compare_cost", **years)]
    caption = words("public_municipalities", **years)
    return PageTable(caption, head, rows, numbers=frozenset(range(1, len(head))))


def _homes(contents: Contents, public: Public) -> PageTable:
    words, table = contents.words, public.handed_over

    def named(code: str) -> str:
        return words("total") if code == "total" else contents.municipality(code)

    rows = [
        [words("total") if corporation == "total" else str(corporation), *(_said(contents, n) for n in line)]
        for corporation, line in zip(table.index, table.to_numpy(dtype=float), strict=True)
    ]
    head = [words("corporation"), *(named(str(code)) for code in table.columns)]
    caption = words("public_homes", **contents.years)
    return PageTable(caption, head, rows[:-1], foot=rows[-1], numbers=frozenset(range(1, len(head))))


def _comparison(contents: Contents, public: Public) -> PageTable:
    """Return the plan beside doing nothing; of doing nothing too, small counts are left out."""
    words, last = contents.words, contents.years["last"]
    compared = figures.comparison(contents.plan)["nothing"]
    plan = {
        "places": public.places[_is(public.places, "all")][last].iloc[0],
        "people_home": of_kind(public.people, "setting").at["home", last],
        "waiting": of_kind(public.people, "tier").at["waiting", last],
    }
    rows = []
    for name, value in plan.items():
        nothing = float(compared[name])
        kept = nothing if nothing >= public.threshold else math.nan
        label = words(f"compare_{name}", **contents.years)
        rows.append([label, _said(contents, float(value)), _said(contents, kept)])
    head = [words(key) for key in ("measure", "plan", "nothing")]
    return PageTable(words("comparison_caption", **contents.years), head, rows, numbers=frozenset({1, 2}))


def _cost(contents: Contents) -> PageTable:
    """Return the euros of all planned years by payer, rounded."""
    words, write = contents.words, contents.notation
    table = figures.cost_by_payer(contents.plan).sum(axis=1)
    rows = [[contents.payer(str(code)), write.millions(eur)] for code, eur in in_steps(table).items()]
    head = [words("who_pays"), words("compare_cost", **contents.years)]
    return PageTable(words("who_pays"), head, rows, numbers=frozenset({1}))


def _charts(contents: Contents, public: Public) -> dict[str, Chart]:
    """Return the chart of places where every total is shown; tiers that are left out stand together."""
    places = of_kind(public.places, "tier")
    total = public.places[_is(public.places, "all")].iloc[0]
    if total.isna().any():
        return {}
    whole = places[places.notna().all(axis=1)]
    names = dict(zip(whole.index, wrapped([contents.tier(str(code)) for code in whole.index]), strict=True))
    if len(whole) < len(places):
        whole, names = pd.concat([whole, (total - whole.sum()).to_frame("rest").T]), {
            **names, "rest": contents.words("public_rest"),
        }  # fmt: skip
    idle = figures.places_by_tier(figures.doing_nothing(contents.plan)).sum()
    svg = years_chart(whole, names, idle, contents.words("nothing_line"), contents.notation.number)
    ends = {
        "first": contents.notation.number(total.iloc[0]),
        "last": contents.notation.number(total.iloc[-1]),
    }
    alt = contents.words("beds_alt", **ends, base=total.index[0], year=total.index[-1])
    return {"beds": picture(contents.words("beds_title"), svg, alt)}
