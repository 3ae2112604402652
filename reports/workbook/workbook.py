"""`plan.xlsx`: one sheet a question, sums as formulas, the assumptions last.

The same plan gives the same bytes: the creation date in the file is fixed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd
from xlsxwriter.utility import xl_col_to_name

from reports.figures import figures
from reports.figures.contents import Contents, is_assumed
from reports.text.glossary import glossary
from reports.text.rounding import whole_columns
from reports.workbook.bookkeeping import write_funding, write_lines, write_one_municipality
from reports.workbook.sheets import FIRST_ROW, Cell, Writer, new_book

if TYPE_CHECKING:
    from pathlib import Path


def write_workbook(contents: Contents, file: Path) -> None:
    """Write the workbook of a plan."""
    with new_book(file, contents.title) as book:
        writer = Writer(book, contents)
        for write in (
            _summary,
            _places,
            _beds,
            _homes,
            _clients,
            _flows,
            _waiting,
            _parts,
            _payers,
            write_funding,
            write_one_municipality,
            write_lines,
            _concentration,
            _travel,
            _comparison,
            _rules,
            write_glossary,
            write_assumptions,
        ):
            write(writer)
        writer.finish()


def _summary(writer: Writer) -> None:
    contents, words, proof = writer.contents, writer.words, writer.contents.plan.proof
    sheet = writer.sheet("summary", contents.title)
    writer.header(sheet, FIRST_ROW, [words("item"), words("value")])
    lines: list[tuple[str, Cell]] = [
        (words("proof_caption"), contents.status),
        ("", contents.status_note),
        *((words.of(a.question), words.of(a.answer)) for a in contents.answers),
        (words("plan_id"), figures.plan_id(contents.plan)),
        (words("proof_objective"), proof.objective),
        (words("proof_bound"), proof.bound),
        (words("proof_gap_eur"), proof.gap_eur),
        (words("proof_solver"), proof.solver),
        (words("proof_digest"), contents.region.digest),
        *((words("remarks_section"), words.of(remark)) for remark in contents.region.remarks),
    ]
    for number, line in enumerate(lines):
        writer.line(sheet, FIRST_ROW + 1 + number, line, "#,##0")
    below = FIRST_ROW + 1 + len(lines)
    for number, (key, share) in enumerate(
        (("proof_gap", proof.gap), ("proof_gap_controllable", proof.gap_controllable))
    ):
        writer.line(sheet, below + number, [words(key), share], "0.0%")
        writer.name(key, sheet, f"$B${below + number + 1}")
    named = {
        words("plan_id"): "plan_id",
        words("proof_objective"): "objective",
        words("proof_bound"): "bound",
    }
    for number, (label, _) in enumerate(lines):
        if label in named:
            writer.name(named[label], sheet, f"$B${FIRST_ROW + number + 2}")
    writer.widths(sheet, 0, 0, 48)
    writer.widths(sheet, 1, 1, 90)


def _places(writer: Writer) -> None:
    contents, words = writer.contents, writer.words
    table = figures.site_places(contents.plan)
    events = figures.site_events(contents.plan).iloc[:, -1]
    sites = contents.region.sites
    rows = [
        [
            site,
            str(sites.at[site, "name"]),
            contents.neighbour_name(site),
            str(sites.at[site, "provider"]),
            contents.tier(tier),
            words(f"event_{events[site]}"),
        ]
        for site, tier in table.index
    ]
    labels = [words(key) for key in ("code", "site", "neighbourhood", "provider", "tier", "what_happens")]
    sheet = writer.sheet("places", words("not_used_summary"))
    writer.table(sheet, labels, rows, table)


def _beds(writer: Writer) -> None:
    table = figures.places_by_tier(writer.contents.plan)
    sheet = writer.sheet("beds")
    rows = [[writer.contents.tier(str(code))] for code in table.index]
    end = writer.table(sheet, [writer.words("tier")], rows, table)
    writer.stacked(sheet, table, 1, end + 1, writer.words("beds_title"))


def _homes(writer: Writer) -> None:
    contents, words = writer.contents, writer.words
    offers, agreed = figures.home_offers(contents.plan), figures.home_agreements(contents.plan)
    sheet = writer.sheet("homes")
    rows = [
        [corporation, contents.municipality(place), words(what)] for corporation, place, what in offers.index
    ]
    labels = [words("corporation"), words("municipality"), words("what")]
    end = writer.table(sheet, labels, rows, offers, summed=False)
    places = [
        [corporation, contents.neighbourhood(code), words("agreed")] for corporation, code in agreed.index
    ]
    writer.table(
        sheet, [words("corporation"), words("neighbourhood"), words("what")], places, agreed, top=end + 2
    )


def _clients(writer: Writer) -> None:
    contents = writer.contents
    table = whole_columns(figures.clients_by_tier_and_profile(contents.plan))
    rows = [[contents.tier(tier), contents.profile(profile)] for tier, profile in table.index]
    sheet = writer.sheet("clients", writer.words("rounded_note"))
    writer.table(sheet, [writer.words("tier"), writer.words("profile")], rows, table)


def _waiting(writer: Writer) -> None:
    plan = writer.contents.plan
    table = whole_columns(figures.by_municipality(plan, figures.neighbourhood_waiting(plan)))
    rows = [[writer.contents.municipality(str(code))] for code in table.index]
    sheet = writer.sheet("waiting", writer.words("rounded_note"))
    end = writer.table(sheet, [writer.words("municipality")], rows, table)
    writer.stacked(sheet, table, 1, end + 1, writer.words("measure_waiting"))


def _flows(writer: Writer) -> None:
    """Write who goes in and out of each tier by year; the end is a formula of what stands above it."""
    contents, words = writer.contents, writer.words
    sheet, flows = writer.sheet("flows", words("flows_how")), figures.tier_flows(contents.plan)
    labels, years = [words("tier"), words("what")], [str(year) for year in flows.columns]
    writer.header(sheet, FIRST_ROW, [*labels, *years])
    for row, ((tier, what), line) in enumerate(
        zip(flows.index, flows.to_numpy(), strict=True), FIRST_ROW + 1
    ):
        named: list[Cell] = [contents.tier(tier), words(f"flow_{what}")]
        if what != "end":
            writer.line(sheet, row, [*named, *map(float, line)], "#,##0.0")
            continue
        writer.line(sheet, row, named)
        for column, value in enumerate(line, start=2):
            at = xl_col_to_name(column)
            formula = f"={at}{row - 3}+{at}{row - 2}-{at}{row - 1}-{at}{row}"
            sheet.write_formula(row, column, formula, writer.sums["#,##0.0"], value=float(value))
    writer.as_table(sheet, FIRST_ROW, FIRST_ROW + len(flows), [*labels, *years])
    writer.widths(sheet, 0, 1, 30)
    writer.widths(sheet, 2, 1 + len(years), 12)


def write_glossary(writer: Writer) -> None:
    """Write what the words mean."""
    words = writer.words
    sheet = writer.sheet("glossary")
    writer.header(sheet, FIRST_ROW, [words("term"), words("meaning")])
    terms = glossary(words)
    for row, line in enumerate(terms, start=FIRST_ROW + 1):
        writer.line(sheet, row, line)
    writer.as_table(sheet, FIRST_ROW, FIRST_ROW + len(terms), [words("term"), words("meaning")])
    writer.widths(sheet, 0, 0, 28)
    writer.widths(sheet, 1, 1, 110)


def _parts(writer: Writer) -> None:
    contents = writer.contents
    table = figures.cost_lines(contents.plan).round(2)
    rows = [
        [contents.part(part), contents.payer(payer), contents.stream(stream)]
        for part, payer, stream in table.index
    ]
    labels = [writer.words("part"), writer.words("payer"), writer.words("stream")]
    sheet = writer.sheet("parts")
    end = writer.table(sheet, labels, rows, table)
    writer.stacked(sheet, table, 3, end + 1, writer.words("ask_parts"))


def _payers(writer: Writer) -> None:
    contents, words = writer.contents, writer.words
    table = figures.cost_by_municipality(contents.plan).round(2)
    rows = [[contents.municipality(str(code))] for code in table.index]
    sheet = writer.sheet("payers")
    end = writer.table(sheet, [words("municipality")], rows, table)
    writer.stacked(sheet, table, 1, end + 1, words("ask_payers"))


def _concentration(writer: Writer) -> None:
    contents, words = writer.contents, writer.words
    table = figures.per_thousand(contents.plan, figures.neighbourhood_places(contents.plan))
    areas = contents.region.neighbourhoods
    rows = [
        [str(code), str(areas.at[code, "name"]), contents.municipality(str(areas.at[code, "municipality"]))]
        for code in table.index
    ]
    labels = [words("code"), words("neighbourhood"), words("municipality")]
    writer.table(writer.sheet("concentration"), labels, rows, table, "#,##0.0", summed=False)


def _travel(writer: Writer) -> None:
    contents, words = writer.contents, writer.words
    table = figures.travel(contents.plan)
    sheet, top = writer.sheet("travel"), FIRST_ROW
    for measure, form in (("minutes", "#,##0.0"), ("within", "0.0%")):
        rows = [[contents.municipality(str(code)), words(measure)] for code in table.index]
        labels = [words("municipality"), words("what")]
        top = 1 + writer.table(sheet, labels, rows, pd.DataFrame(table[measure]), form, summed=False, top=top)


def _comparison(writer: Writer) -> None:
    contents, words = writer.contents, writer.words
    sheet = writer.sheet("comparison", words("comparison_caption", **contents.years))
    writer.header(sheet, FIRST_ROW, [words(key) for key in ("measure", "plan", "nothing", "difference")])
    for number, (name, line) in enumerate(figures.comparison(contents.plan).iterrows()):
        row = FIRST_ROW + 1 + number
        form = "#,##0" if line["unit"] == "EUR" else "#,##0.0"
        writer.line(
            sheet, row, [words(f"compare_{name}", **contents.years), line["plan"], line["nothing"]], form
        )
        sheet.write_formula(
            row,
            3,
            f"=B{row + 1}-C{row + 1}",
            writer.formats[form],
            value=float(line["plan"] - line["nothing"]),
        )
    writer.widths(sheet, 0, 0, 48)
    writer.widths(sheet, 1, 3, 16)


def _rules(writer: Writer) -> None:
    contents, words = writer.contents, writer.words
    sheet = writer.sheet("rules")
    short = figures.shortfalls(contents.plan)
    names = [words("rule"), words("sentence"), words("kind"), words("unit")]
    writer.header(sheet, FIRST_ROW, [*names, *(int(year) for year in short.columns)])
    for number, rule in enumerate(contents.rules):
        missed = list(short.loc[rule.name]) if rule.name in short.index else []
        cells = [rule.name, words.of(rule.sentence), contents.rule_kind(rule), rule.unit, *missed]
        writer.line(sheet, FIRST_ROW + 1 + number, cells, "#,##0.0")
    sheet.write_string(1, 0, words("rules_caption"), writer.muted)
    writer.widths(sheet, 0, 0, 34)
    writer.widths(sheet, 1, 1, 80)
    writer.widths(sheet, 2, 3, 22)


def write_assumptions(writer: Writer) -> None:
    """Write every number under the plan with its source."""
    words = writer.words
    sheet = writer.sheet("assumptions")
    keys = ("number", "value", "unit", "price_year", "source", "note", "low", "high")
    writer.header(sheet, FIRST_ROW, [words(key) for key in keys])
    columns = ("key", "value", "unit", "price_year", "source", "note", "low", "high")
    for number, line in enumerate(writer.contents.region.assumptions[list(columns)].to_dict("records")):
        source = words("assumption") if is_assumed(line["source"]) else line["source"]
        cells = [None if pd.isna(cell) else cell for cell in {**line, "source": source}.values()]
        writer.line(sheet, FIRST_ROW + 1 + number, cells)
    writer.as_table(
        sheet, FIRST_ROW, FIRST_ROW + len(writer.contents.region.assumptions), [words(key) for key in keys]
    )
    for column, width in enumerate((48, 14, 24, 12, 60, 60, 10, 10)):
        writer.widths(sheet, column, column, width)
