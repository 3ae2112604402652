"""The tables of the page: every cell as the text that people read."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pandas as pd

from reports.figures import figures
from reports.figures.contents import Contents, is_assumed
from reports.text.rounding import largest_remainder, whole_columns

if TYPE_CHECKING:
    from reports.text.notation import Notation

type Write = Callable[[float], str]

_HOMES_OF = ["offered", "agreed"]
"""What is told of the homes of a corporation."""


@dataclass(frozen=True)
class PageTable:
    """A table of text; the first `labels` columns name the row, those in `numbers` are aligned right."""

    caption: str
    head: Sequence[str]
    rows: Sequence[Sequence[str]]
    labels: int = 1
    foot: Sequence[str] = ()
    long: bool = False
    numbers: frozenset[int] = field(default_factory=frozenset)


def page_tables(contents: Contents) -> dict[str, PageTable]:
    """Return all tables of the page by the name that the template has for them."""
    return {
        "municipality": _municipality(contents),
        "payers": _payers(contents),
        "sites": _sites(contents),
        "beds": _beds(contents),
        "homes": _homes(contents),
        "clients": _clients(contents),
        "flows": _flows(contents),
        "travel": _travel(contents),
        "agreements": _agreements(contents),
        "agreement_totals": _agreement_totals(contents),
        "agreed": _agreed(contents),
        "lots": _lots(contents),
        "cost": _cost(contents),
        "parts": _parts(contents),
        "funding": _funding(contents),
        "settlement": _settlement(contents),
        "comparison": _comparison(contents),
        "shortfalls": _shortfalls(contents),
        "rules": _rules(contents),
        "proof": _proof(contents),
        "overrides": _overrides(contents),
        "assumptions": _assumptions(contents),
    }


def by_year(
    caption: str,
    labels: Sequence[str],
    names: Sequence[Sequence[str]],
    table: pd.DataFrame,
    write: Write,
    total: str = "",
) -> PageTable:
    """Return labelled rows × years, with a row of sums where `total` names one."""
    rows = [
        [*name, *map(write, values)] for name, values in zip(names, table.to_numpy(dtype=float), strict=True)
    ]
    foot = [total, *[""] * (len(labels) - 1), *map(write, table.sum().to_numpy(dtype=float))] if total else []
    columns = [*labels, *map(str, table.columns)]
    return PageTable(
        caption, columns, rows, len(labels), foot, numbers=frozenset(range(len(labels), len(columns)))
    )


def _municipality(contents: Contents) -> PageTable:
    words, write = contents.words, contents.notation
    changes = figures.municipality_changes(contents.plan)
    heads = {
        "places": "places_head",
        "homes": "homes_head",
        "people": "people_head",
        "waiting": "waiting_head",
        "cost": "cost_head",
    }
    columns: list[list[str]] = []
    for measure in heads:
        form = _in_millions(write) if measure == "cost" else write.number
        ends = [
            changes[measure, end] if measure == "cost" else _whole(changes[measure, end])
            for end in ("first", "last")
        ]
        totals = [float(end.sum()) for end in ends]
        columns.append([f"{form(a)} → {form(b)}" for a, b in [*zip(*ends, strict=True), tuple(totals)]])
    names = [*(contents.municipality(str(code)) for code in changes.index), words("region_total")]
    rows = [list(row) for row in zip(names, *columns, strict=True)]
    head = [words("municipality"), *(words(key) for key in heads.values())]
    caption = words("municipality_caption", **contents.years)
    return PageTable(caption, head, rows[:-1], foot=rows[-1], numbers=frozenset(range(1, len(head))))


def _in_millions(write: Notation) -> Write:
    return lambda euros: write.number(euros / 1e6, 1)


def _whole(people: pd.Series) -> pd.Series:
    return pd.Series(largest_remainder(people.to_numpy()), index=people.index)


def _sites(contents: Contents) -> PageTable:
    words, plan = contents.words, contents.plan
    totals, events = figures.site_totals(plan), figures.site_events(plan).iloc[:, -1]
    used = [code for code in totals.index if code in contents.used_sites.index]
    names = [
        [
            str(contents.region.sites.at[code, "name"]),
            contents.neighbour_name(str(code)),
            words(f"event_{events[code]}"),
        ]
        for code in used
    ]
    labels = [words("site"), words("neighbourhood"), words("what_happens")]
    return by_year(
        words("events_caption"), labels, names, totals.loc[used], contents.notation.number, words("total")
    )


def _beds(contents: Contents) -> PageTable:
    table = figures.places_by_tier(contents.plan)
    names = [[contents.tier(str(code))] for code in table.index]
    words = contents.words
    return by_year(
        words("beds_title"), [words("tier")], names, table, contents.notation.number, words("total")
    )


def _payers(contents: Contents) -> PageTable:
    """Return who pays how much over all years, and which part of it."""
    words, write = contents.words, contents.notation
    paid = figures.cost_by_payer(contents.plan).sum(axis=1)
    all_of_it = float(paid.sum())
    rows = [
        [contents.payer(str(code)), write.millions(eur), write.percent(eur / all_of_it, 0)]
        for code, eur in paid.items()
    ]
    head = [words("who_pays"), words("compare_cost", **contents.years), words("share_head")]
    return PageTable(words("who_pays"), head, rows, numbers=frozenset({1, 2}))


def _homes(contents: Contents) -> PageTable:
    table, words = figures.homes_by_tier(contents.plan), contents.words
    names = [[contents.tier(str(code))] for code in table.index]
    caption, labels = words("homes_used_caption"), [words("tier")]
    return by_year(caption, labels, names, table, contents.notation.number, words("total"))


def _flows(contents: Contents) -> PageTable:
    """Return who goes in and out of each tier over all years together."""
    words, flows = contents.words, figures.tier_flows(contents.plan)
    rows = []
    for tier, lines in flows.groupby(level="tier", sort=False):
        told = lines.droplevel("tier")
        amounts = [told.loc["start"].iloc[0], *told.loc[["entered", "left", "out"]].sum(axis=1)]
        amounts.append(told.loc["end"].iloc[-1])
        rows.append([contents.tier(str(tier)), *(contents.notation.number(float(n), 1) for n in amounts)])
    head = [words("tier"), *(words(f"flow_{what}") for what in figures.FLOWS)]
    caption = words("flows_caption", **contents.years)
    return PageTable(caption, head, rows, numbers=frozenset(range(1, len(head))))


def _agreed(contents: Contents) -> PageTable:
    """Return what is agreed beforehand, and who asked; no rows where nothing is."""
    words, region = contents.words, contents.region
    rows = []
    for one in region.agreed.places:
        name, tier = str(region.sites["name"].get(one.site, one.site)), contents.tier(one.tier)
        rows.append([name, tier, str(one.year), contents.notation.number(one.places), one.asked_by])
    for home in region.agreed.homes:
        place = str(region.neighbourhoods["name"].get(home.place, contents.municipality(home.place)))
        rows.append(
            [f"{home.corporation}, {place}", words("agreements_section"), str(home.year),
             contents.notation.number(home.homes), home.asked_by]
        )  # fmt: skip
    head = [words(key) for key in ("what", "tier", "year", "number", "asked_by")]
    return PageTable(words("agreed_caption"), head, rows, numbers=frozenset({2, 3}))


def _lots(contents: Contents) -> PageTable:
    """Return the lots that were given with the plan; no rows where none were."""
    words, write, lots = contents.words, contents.notation, contents.lots
    rows = [
        [str(line["lot"]), str(line["region"]), f"{line['first_year']}–{line['last_year']}",
         *(write.number(line[name]) for name in ("expected", "least", "most")), write.euros(line["eur"])]
        for line in (lots.to_dict("records") if lots is not None else [])
    ]  # fmt: skip
    keys = ("lot", "lot_region", "lot_term", "lot_expected", "lot_least", "lot_most", "euros")
    head = [words(key) for key in keys]
    return PageTable(words("lots_caption"), head, rows, numbers=frozenset({3, 4, 5, 6}))


def _clients(contents: Contents) -> PageTable:
    words = contents.words
    table = whole_columns(figures.clients_by_tier_and_profile(contents.plan))
    table = table[(table > 0).any(axis=1)]
    names = [[contents.tier(tier), contents.profile(profile)] for tier, profile in table.index]
    return by_year(
        words("clients_caption"),
        [words("tier"), words("profile")],
        names,
        table,
        contents.notation.number,
        words("total"),
    )


def _travel(contents: Contents) -> PageTable:
    words, write = contents.words, contents.notation
    table = figures.travel(contents.plan)
    forms: dict[str, Write] = {
        "minutes": lambda v: write.number(v, 1),
        "within": lambda v: write.percent(v, 0),
    }
    rows = [
        [contents.municipality(str(code)), words(measure), *map(form, table.loc[code, measure])]
        for code in table.index
        for measure, form in forms.items()
    ]
    head = [words("municipality"), words("what"), *map(str, figures.planned_years(contents.plan))]
    return PageTable(words("travel_caption"), head, rows, 2, numbers=frozenset(range(2, len(head))))


def _agreements(contents: Contents) -> PageTable:
    words = contents.words
    table = figures.home_offers(contents.plan)
    names = [
        [corporation, contents.municipality(place), words(what)] for corporation, place, what in table.index
    ]
    labels = [words("corporation"), words("municipality"), words("what")]
    return by_year(words("agreements_caption"), labels, names, table, contents.notation.number)


def _agreement_totals(contents: Contents) -> PageTable:
    """Return homes offered and in the plan over all years, by corporation and municipality."""
    words, write = contents.words, contents.notation
    summed = figures.home_offers(contents.plan).sum(axis=1).unstack("what")
    summed = summed.reindex(columns=list(_HOMES_OF)).fillna(0.0)
    totals = [write.number(float(summed[what].sum())) for what in _HOMES_OF]
    rows = [
        [str(corporation), contents.municipality(str(place)), *(write.number(float(n)) for n in line)]
        for (corporation, place), line in zip(summed.index, summed[_HOMES_OF].to_numpy(), strict=True)
    ]
    head = [words("corporation"), words("municipality"), *map(words, _HOMES_OF)]
    caption = words("agreement_totals_caption", **contents.years)
    foot = [words("total"), "", *totals] if rows else []
    return PageTable(caption, head, rows, 2, foot, numbers=frozenset({2, 3}))


def _cost(contents: Contents) -> PageTable:
    words, table = contents.words, figures.cost_by_municipality(contents.plan) / 1000
    names = [[contents.municipality(str(code))] for code in table.index]
    return by_year(
        words("cost_caption"), [words("municipality")], names, table, contents.notation.number, words("total")
    )


def _parts(contents: Contents) -> PageTable:
    words, table = contents.words, figures.cost_by_part(contents.plan) / 1000
    table = table[(table.abs() > 0).any(axis=1)]
    names = [[contents.part(str(code))] for code in table.index]
    return by_year(
        words("parts_caption"), [words("part")], names, table, contents.notation.number, words("total")
    )


def _funding(contents: Contents) -> PageTable:
    """Return what is needed, due, granted and short, municipality by municipality."""
    words, table = contents.words, figures.funding(contents.plan) / 1000
    names = [
        [contents.municipality(place), contents.stream(stream), words(what)]
        for place, stream, what in table.index
    ]
    labels = [words("municipality"), words("stream"), words("what")]
    return by_year(words("funding_caption"), labels, names, table, contents.notation.number)


def _settlement(contents: Contents) -> PageTable:
    """Return what one municipality pays another for people who live there; no rows where none does."""
    words, table = contents.words, figures.settlement(contents.plan) / 1000
    names = [[contents.municipality(payer), contents.municipality(host)] for payer, host in table.index]
    labels = [words("payer"), words("settles_with")]
    return by_year(
        words("settlement_caption"), labels, names, table, contents.notation.number, words("total")
    )


def _comparison(contents: Contents) -> PageTable:
    words, write = contents.words, contents.notation
    rows = []
    for name, line in figures.comparison(contents.plan).iterrows():
        plan, nothing, money = float(line["plan"]), float(line["nothing"]), line["unit"] == "EUR"
        form: Write = write.euros if money else lambda value: write.number(value, 1)
        change = write.signed(plan - nothing, 0 if money else 1)
        rows.append([words(f"compare_{name}", **contents.years), form(plan), form(nothing), change])
    head = [words(key) for key in ("measure", "plan", "nothing", "difference")]
    caption = words("comparison_caption", **contents.years)
    return PageTable(caption, head, rows, numbers=frozenset({1, 2, 3}))


def _shortfalls(contents: Contents) -> PageTable:
    words, write = contents.words, contents.notation
    table = figures.shortfalls(contents.plan)
    missed = table[(table > figures.TOLERANCE).any(axis=1)]
    names = [
        [
            contents.part(str(code)),
            words.known(f"unit_{(unit := figures.shortfall_unit(contents.plan, str(code)))}", unit),
        ]
        for code in missed.index
    ]
    return by_year(
        words("rules_caption"),
        [words("rule"), words("unit")],
        names,
        missed,
        lambda value: write.number(value, 1) if value > 0.05 else "",
    )


def _rules(contents: Contents) -> PageTable:
    words = contents.words
    rows = [[rule.name, words.of(rule.sentence), contents.rule_kind(rule)] for rule in contents.rules]
    return PageTable(words("rules_list"), [words("rule"), words("sentence"), words("kind")], rows, long=True)


def _proof(contents: Contents) -> PageTable:
    words, write, proof = contents.words, contents.notation, contents.plan.proof
    rows = [
        ["proof_objective", write.number(proof.objective)],
        ["proof_bound", write.number(proof.bound)],
        ["proof_gap", write.percent(proof.gap, 2)],
        ["proof_gap_eur", write.number(proof.gap_eur)],
        ["proof_gap_controllable", write.percent(proof.gap_controllable, 2)],
        ["plan_id", figures.plan_id(contents.plan)],
        ["proof_solver", proof.solver],
        ["proof_seconds", write.number(proof.seconds, 1)],
        ["proof_scenario", contents.scenario or words("none")],
        ["proof_digest", contents.region.digest],
    ]
    head = [words("item"), words("value")]
    return PageTable(words("proof_caption"), head, [[words(key), value] for key, value in rows], long=True)


def _overrides(contents: Contents) -> PageTable:
    words = contents.words
    rows = [[o.key, str(o.old), str(o.new), str(o.origin)] for o in contents.region.overrides]
    return PageTable(
        words("overrides_caption"),
        [words(key) for key in ("number", "old", "new", "origin")],
        rows,
        long=True,
    )


def _assumptions(contents: Contents) -> PageTable:
    words, write = contents.words, contents.notation
    rows = []
    for line in contents.region.assumptions.to_dict("records"):
        source = words("assumption") if is_assumed(line["source"]) else str(line["source"])
        amounts = {key: _said(line[key], write.plain) for key in ("value", "low", "high")}
        rows.append(
            [
                str(line["key"]),
                amounts["value"],
                _said(line["unit"]),
                _said(line["price_year"], lambda year: str(int(year))),
                source,
                _said(line["note"]),
                amounts["low"],
                amounts["high"],
            ]
        )
    assumed = int(contents.region.assumptions["source"].map(is_assumed).sum())
    caption = words("assumptions_caption", sourced=len(rows) - assumed, assumed=assumed)
    keys = ("number", "value", "unit", "price_year", "source", "note", "low", "high")
    return PageTable(caption, [words(key) for key in keys], rows, long=True, numbers=frozenset({1, 3, 6, 7}))


def _said(value: object, write: Write | None = None) -> str:
    """Return a cell of the assumptions as text; what is not given stays empty."""
    if value is None or (isinstance(value, float) and pd.isna(value)):
        return ""
    return write(float(value)) if write and isinstance(value, int | float) else str(value)
