"""The workbook of the public version: the tables of its page, and no number more."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from reports.figures.public import Public, of_kind
from reports.publish.public_page import LEFT_OUT
from reports.workbook.sheets import FIRST_ROW, Writer, new_book
from reports.workbook.workbook import write_assumptions, write_glossary

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from reports.figures.contents import Contents


def write_public_workbook(contents: Contents, file: Path) -> None:
    """Write the workbook of the public version; `LEFT_OUT` stands where a count is left out."""
    public, words = Public(contents.plan), contents.words
    with new_book(file, words("public_title", title=contents.title)) as book:
        writer = Writer(book, contents)
        note = words("public_note", sign=LEFT_OUT, threshold=public.threshold)
        town, tier, profile = ([words(key)] for key in ("municipality", "tier", "profile"))

        def towns(table: pd.DataFrame) -> list[list[str]]:
            return [[contents.municipality(str(code))] for code in table.index]

        def tiers(table: pd.DataFrame) -> list[list[str]]:
            return [[contents.tier(str(code))] for code in table.index]

        for name, labels, rows, table in (
            ("beds", tier, tiers, of_kind(public.places, "tier")),
            ("payers", town, towns, pd.DataFrame({words("euros"): public.cost})),
            ("homes", town, towns, of_kind(public.homes, "town")),
            ("waiting", town, towns, of_kind(public.people, "town_waiting")),
            ("people", town, towns, of_kind(public.people, "town")),
            ("places", town, towns, of_kind(public.places, "town")),
            ("tiers", tier, tiers, of_kind(public.people, "tier")),
        ):
            _sheet(writer, name, note, labels, rows(table), table)
        whole = of_kind(public.people, "profile")
        names = [[contents.tier(k), contents.profile(p)] for k, p in whole.index]
        _sheet(writer, "clients", note, [*tier, *profile], names, whole)
        write_assumptions(writer)
        write_glossary(writer)


def _sheet(
    writer: Writer,
    name: str,
    note: str,
    labels: Sequence[str],
    rows: Sequence[Sequence[str]],
    table: pd.DataFrame,
) -> None:
    """Write labelled rows × years; there are no sums, since what is left out is no 0."""
    sheet = writer.sheet(f"public_{name}", note)
    writer.header(sheet, FIRST_ROW, [*labels, *map(str, table.columns)])
    for number, (named, values) in enumerate(zip(rows, table.to_numpy(dtype=float), strict=True)):
        cells = [LEFT_OUT if pd.isna(value) else float(value) for value in values]
        writer.line(sheet, FIRST_ROW + 1 + number, [*named, *cells], "#,##0")
    sheet.set_column(0, len(labels) - 1, 32)
    sheet.set_column(len(labels), len(labels) + len(table.columns) - 1, 14)
