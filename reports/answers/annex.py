"""Workbook of agreements (`agreements.xlsx`) with an annex to sign per corporation.

The same plan gives the same bytes: the creation date in the file is fixed.
"""

from __future__ import annotations

import re
from datetime import datetime
from typing import TYPE_CHECKING, Any

import pandas as pd
import xlsxwriter

from geodata.faults import Fault, InputError
from geodata.tables import guarded
from reports.answers.agreements import measured
from reports.figures.contents import is_assumed
from reports.text.words import Words
from reports.workbook.sheets import FIRST_ROW, Writer

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from reports.answers.agreements import Negotiation
    from reports.workbook.sheets import Cell

WORKBOOK, ROWS = "agreements.xlsx", "agreements.csv"
FILES = (WORKBOOK, ROWS)
"""What the folder of a negotiation holds."""

_CREATED = datetime(2000, 1, 1)
_FORBIDDEN = re.compile(r"[\[\]:*?/\\']")
_LONGEST = 31
"""Characters of a sheet's name in Excel."""

_KEYS = ("homes.", "tiers.", "homes.csv", "municipalities.csv")
_ABOUT_HOMES = ("flip", "keeps_home", "lead")


def write_agreements(told: Negotiation, folder: Path) -> Path:
    """Write `agreements.xlsx` and `agreements.csv` to a folder that is new, empty or holds earlier ones.

    Raises
    ------
    InputError
        When the folder holds something else.
    """
    check_folder(folder, FILES)
    folder.mkdir(parents=True, exist_ok=True)
    text = guarded(told.rows()).to_csv(index=False, lineterminator="\n")
    _whole(folder / ROWS, lambda file: file.write_text(text, encoding="utf-8", newline="\n"))
    _whole(folder / WORKBOOK, lambda file: _write_workbook(told, file))
    return folder


def check_folder(folder: Path, files: Sequence[str]) -> None:
    """Refuse a folder that holds anything but some files."""
    strange = sorted({path.name for path in folder.iterdir()} - set(files)) if folder.is_dir() else []
    if strange or folder.is_file():
        found = f"a folder with {', '.join(strange[:5])}" if strange else "a file"
        expected = "a new folder, or one of earlier results"
        raise InputError([Fault(str(folder), found, expected, "Name another folder.")])


def _whole(file: Path, write: Any) -> None:
    """Write a file whole or not at all."""
    fresh = file.with_name(f".{file.name}.new")
    try:
        write(fresh)
        fresh.replace(file)
    finally:
        fresh.unlink(missing_ok=True)


def _write_workbook(told: Negotiation, file: Path) -> None:
    options = {"strings_to_formulas": False, "strings_to_urls": False, "nan_inf_to_errors": False}
    with xlsxwriter.Workbook(file, options) as book:
        book.set_properties({"title": told.first().splitlines()[0], "created": _CREATED})
        annex = _Annex(Writer(book, told.told), told)
        annex.overview()
        annex.fair()
        if told.worths or told.prices or told.room or told.delivery is not None:
            annex.again()
        for corporation in dict.fromkeys(told.asked.table.index.get_level_values("corporation")):
            annex.corporation(str(corporation))
        annex.assumptions()


class _Annex:
    """Writes the sheets of one negotiation."""

    def __init__(self, writer: Writer, told: Negotiation) -> None:
        self.writer, self.told, self.names = writer, told, set[str]()
        self.years = list(told.plan.problem.years)

    def word(self, key: str, **values: object) -> str:
        return Words(self.told.lang, "annex")(key, **values)

    def sheet(self, name: str, question: str, note: str = "") -> Any:
        """Return a new sheet with a name that Excel takes and no other sheet has."""
        plain = _FORBIDDEN.sub(" ", name).strip()[:_LONGEST] or "-"
        free, number = plain, 2
        while free.lower() in self.names:
            free, number = f"{plain[: _LONGEST - 4]} ({number})", number + 1
        self.names.add(free.lower())
        sheet = self.writer.book.add_worksheet(free)
        sheet.write_string(0, 0, question, self.writer.bold)
        sheet.write_string(1, 0, note, self.writer.muted)
        sheet.set_landscape()
        sheet.set_paper(9)
        sheet.fit_to_pages(1, 0)
        return sheet

    def overview(self) -> None:
        """Write asked, offered, lease and short."""
        status = self.told.told.status
        sheet = self.sheet(self.word("overview"), self.told.first().splitlines()[0], status)
        sheet.write_string(2, 0, self.word("overview_note"), self.writer.muted)
        groups = self.told.asked.table.groupby(level=["corporation", "place"], sort=False)
        labels = [self.word("corporation"), self.word("place"), self.word("what")]
        self._head(sheet, FIRST_ROW, labels)
        row = FIRST_ROW + 1
        for (corporation, code), rows in [(one, rows) for one, rows in groups if isinstance(one, tuple)]:
            by_year = rows.droplevel(["corporation", "place"])
            row = self._homes(sheet, row, by_year, [str(corporation), self.told.place(str(code))])
        for code, people in self.told.asked.short.iterrows():
            cells: list[Cell] = ["", self.told.place(str(code)), self.word("short")]
            self.writer.line(sheet, row, [*cells, *(round(float(n), 1) for n in people)], "#,##0.0")
            row += 1
        self._widths(sheet, (24, 24, 30))

    def _homes(self, sheet: Any, row: int, rows: pd.DataFrame, labels: list[str]) -> int:
        """Write what is asked and offered of a place, a column a year and their sum; return the row below."""
        for name in ("asked", "offered", "direct", "flip"):
            values = rows[name].reindex(self.years)
            if values.notna().any():
                sums = values.fillna(0.0)
                cells: list[Cell] = [*labels, self.word(name), *(float(n) for n in sums), float(sums.sum())]
                self.writer.line(sheet, row, cells, "#,##0")
                row += 1
        return row

    def _head(self, sheet: Any, row: int, labels: Sequence[str]) -> None:
        self.writer.header(sheet, row, [*labels, *self.years, self.word("total")])

    def _widths(self, sheet: Any, widths: Sequence[int]) -> None:
        for column, width in enumerate(widths):
            sheet.set_column(column, column, width)
        sheet.set_column(len(widths), len(widths) + len(self.years), 9)

    def fair(self) -> None:
        """Write the fair shares."""
        last = self.told.told.years["last"]
        sheet = self.sheet(self.word("fair"), self.told.word("fair", last=last))
        head = self.told.head("fair_head")
        self.writer.header(sheet, FIRST_ROW, [self.word("corporation"), self.word("municipality"), *head[1:]])
        for number, row in enumerate(self.told.asked.shares.to_dict("records")):
            cells: list[Cell] = [
                row["corporation"], self.told.place(row["municipality"]), row["social_homes"],
                round(row["share"], 4), round(row["fair"], 1), row["offered"], row["asked"],
                round(row["offered"] - row["fair"], 1),
            ]  # fmt: skip
            self.writer.line(sheet, FIRST_ROW + 1 + number, cells)
        for column, width in enumerate((24, 24, 16, 10, 12, 12, 12, 24)):
            sheet.set_column(column, column, width)

    def again(self) -> None:
        """Write what was solved again, numbers as numbers."""
        told, sheet = self.told, self.sheet(self.word("again"), self.word("again_ask"))
        within = told.told.notation.percent(told.within)
        late = told.delivery_lines()[0] if told.delivery is not None else ""
        row = FIRST_ROW
        for title, head, cells, notes in (
            (told.word("locks"), told.head("lock_head"), told.lock_cells(), []),
            (told.word("worth"), told.head("worth_head"), told.worth_cells(), [told.word("worth_note")]),
            (late, told.delivery_head, told.delivery_cells(), told.delivery_notes()),
            (told.word("room", within=within), told.head("room_cells"), told.room_cells(), []),
        ):
            rows = list(cells)
            if rows:
                row = self._block(sheet, row, title, head, rows)
                for note in notes:
                    sheet.write_string(row, 0, note, self.writer.muted)
                    row += 1
                row += 1
        for column, width in enumerate((34, 16, 24, 24, 24, 24, 20, 26)):
            sheet.set_column(column, column, width)

    def _block(
        self, sheet: Any, row: int, title: str, head: Sequence[str], rows: Sequence[Sequence[Cell]]
    ) -> int:
        """Write a title, the names of columns and rows; return the row below."""
        sheet.write_string(row, 0, title, self.writer.bold)
        self.writer.header(sheet, row + 1, list(head))
        for number, cells in enumerate(rows, start=row + 2):
            for column, cell in enumerate(cells):
                form = "#,##0.0" if isinstance(cell, float) and abs(cell) < 1000 else "#,##0"
                if isinstance(cell, str):
                    sheet.write_string(number, column, cell)
                elif cell is not None:
                    whole = isinstance(cell, int)
                    sheet.write_number(
                        number, column, cell, self.writer.formats["General" if whole else form]
                    )
        return row + 2 + len(rows)

    # ------------------------------------------------------------------ an annex to sign

    def corporation(self, name: str) -> None:
        """Write the annex of one corporation: parties, years, lease, room, what is assumed, signatures."""
        told, years = self.told.told, self.told.told.years
        title = self.word("annex", first=years["first"], last=years["last"])
        region = told.region.parameters.region.name
        sheet = self.sheet(name, title, self.word("draft", region=region, digest=told.region.digest[:12]))
        sheet.hide_gridlines(2)
        rows = pd.DataFrame(self.told.asked.table.xs(name, level="corporation"))
        places = [str(code) for code in dict.fromkeys(rows.index.get_level_values("place"))]
        towns = self._towns(places)
        row = self._parties(sheet, FIRST_ROW, name, towns)
        row = self._year_table(sheet, row, rows, places)
        row = self._told(sheet, row, self.word("lease"), [self.told.lease, self._lead()])
        lines = [*self._fair(name, towns), *self._room(name), *self._worth(towns), *self._late()]
        row = self._told(sheet, row, self.word("room"), lines)
        row = self._told(sheet, row, self.word("rests"), self._rests())
        self._signatures(sheet, row, [name, *(self.told.place(code) for code in towns)])
        self._widths(sheet, (30, 26))

    def _towns(self, places: Sequence[str]) -> list[str]:
        town = self.told.plan.problem.municipality_of
        return list(dict.fromkeys(town.get(code, code) for code in places))

    def _parties(self, sheet: Any, row: int, name: str, towns: Sequence[str]) -> int:
        sheet.write_string(row, 0, self.word("parties"), self.writer.head)
        lines = [
            (self.word("corporation"), name),
            (self.word("municipality"), ", ".join(self.told.place(code) for code in towns)),
            (self.word("tenants"), self.word("fill")),
            (self.word("provider"), self.word("fill")),
        ]
        for number, cells in enumerate(lines, start=1):
            self.writer.line(sheet, row + number, list(cells))
        return row + len(lines) + 2

    def _year_table(self, sheet: Any, row: int, rows: pd.DataFrame, places: Sequence[str]) -> int:
        sheet.write_string(row, 0, self.word("years"), self.writer.head)
        self._head(sheet, row + 1, [self.word("place"), self.word("what")])
        row += 2
        for code in places:
            here = pd.DataFrame(rows.xs(code, level="place"))
            row = self._homes(sheet, row, here, [self.told.place(code)])
        sums = rows.groupby(level="year").sum(min_count=1)
        if len(places) > 1:
            row = self._homes(sheet, row, sums, [self.word("total")])
        blank: list[Cell] = [self.word("total"), self.word("agreed"), *(None for _ in self.years), None]
        for column, cell in enumerate(blank):
            sheet.write(row, column, cell, self.writer.choice)
        return row + 2

    def _told(self, sheet: Any, row: int, title: str, lines: Sequence[str]) -> int:
        if not lines:
            return row
        sheet.write_string(row, 0, title, self.writer.head)
        for number, line in enumerate(lines, start=1):
            sheet.write_string(row + number, 0, line)
        return row + len(lines) + 2

    def _lead(self) -> str:
        lead = self.told.told.region.parameters.homes.lead.value
        part = self.told.told.notation.percent(1.0 - lead / 12.0, 0)
        return self.word("lead", months=self.told.told.notation.plain(lead), part=part)

    def _room(self, name: str) -> list[str]:
        found = [e for e in self.told.room if e.count.kind == "homes_of" and e.count.code == name]
        within = self.told.told.notation.percent(self.told.within)
        now = round(float(self.told.plan.data["new_homes"].sel(corporation=name).sum()))
        return [
            self.word(
                "room_of",
                within=within,
                now=now,
                found=f"{e.found_least}–{e.found_most}",
                proven="–".join("?" if end is None else str(end) for end in (e.least, e.most)),
            )
            for e in found
        ]

    def _fair(self, name: str, towns: Sequence[str]) -> list[str]:
        """Return the fair share of the corporation where its stock is known, else of its municipalities."""
        write, shares = self.told.told.notation.number, self.told.asked.shares
        own = shares[shares["corporation"] == name]
        whole = shares[(shares["corporation"] == "") & shares["municipality"].isin(list(towns))]
        return [
            self.word(
                "fair_of", fair=write(row["fair"], 1), offered=write(row["offered"]),
                asked=write(row["asked"]),
                whose=", ".join(filter(None, (row["corporation"], self.told.place(row["municipality"])))),
            )
            for row in (whole if own.empty else own).to_dict("records")
        ]  # fmt: skip

    def _late(self) -> list[str]:
        late, write = self.told.delivery, self.told.told.notation
        if late is None:
            return []
        there, now = (measured(plan)["waiting_years"] for plan in (late.unprepared, self.told.plan))
        share = write.percent(late.share, 0)
        return [self.word("late_of", share=share, late=write.number(there), now=write.number(now))]

    def _worth(self, towns: Sequence[str]) -> list[str]:
        write, told = self.told.told.notation, dict[str, str]()
        for one in self.told.worths:
            if one.place in towns:
                told.setdefault(
                    one.place,
                    self.word(
                        "worth_of", place=self.told.place(one.place), year=one.year,
                        eur=write.euros(-one.eur), places=write.number(-one.places, 1),
                        waiting=write.number(-one.waiting, 1),
                    ),
                )  # fmt: skip
        return list(told.values())

    def _rests(self) -> list[str]:
        frame = self.told.told.region.assumptions
        rows = frame[frame["key"] == "homes.csv"].to_dict("records")
        told = (
            f"{self.word('no_source') if is_assumed(row['source']) else row['source']}"
            + (f" ({row['note']})" if row["note"] else "")
            for row in rows
        )
        return [self.word("rests_offer", sources="; ".join(told)), self.word("rests_lease"), *self._assumed()]

    def _assumed(self) -> list[str]:
        """Return the numbers on homes that have no source, each with its value."""
        write = self.told.told.notation
        return [
            f"{row['key']} = {write.plain(row['value'])} {row['unit']}: {self.word('no_source')}"
            for row in self._numbers()
            if is_assumed(row["source"])
        ]

    def _numbers(self) -> list[dict[str, Any]]:
        frame = self.told.told.region.assumptions
        rows = frame[["key", "value", "unit", "source", "note"]].to_dict("records")
        return [
            {str(k): v for k, v in row.items()}
            for row in rows
            if str(row["key"]).startswith(_KEYS) and str(row["key"]).rsplit(".", 1)[-1] in _ABOUT_HOMES
        ]

    def _signatures(self, sheet: Any, row: int, parties: Sequence[str]) -> None:
        sheet.write_string(row, 0, self.word("sign"), self.writer.head)
        names = self.word("sign_head").split("|")
        columns = (0, 1, 2, 6, 8)
        for column, name in zip(columns, names, strict=True):
            sheet.write_string(row + 1, column, name, self.writer.head)
        line = self.writer.book.add_format({"bottom": 1})
        everybody = [*parties, self.word("tenants"), self.word("provider")]
        for number, party in enumerate(everybody):
            at = row + 3 + 2 * number
            sheet.set_row(at, 28)
            sheet.write_string(at, 0, party)
            for column in range(1, 12):
                sheet.write_blank(at, column, None, line)

    def assumptions(self) -> None:
        """Write every number of the plan with its source, those on homes first."""
        sheet = self.sheet(self.word("assumptions"), self.word("assumptions_ask"))
        self.writer.header(sheet, FIRST_ROW, self.word("number_head").split("|"))
        columns = ["key", "value", "unit", "source", "note"]
        frame = self.told.told.region.assumptions[columns]
        about = frame["key"].isin([row["key"] for row in self._numbers()])
        for number, row in enumerate(pd.concat([frame[about], frame[~about]]).to_dict("records")):
            source = self.word("no_source") if is_assumed(row["source"]) else row["source"]
            cells = [None if pd.isna(cell) else cell for cell in {**row, "source": source}.values()]
            self.writer.line(sheet, FIRST_ROW + 1 + number, cells)
        for column, width in enumerate((44, 14, 22, 50, 60)):
            sheet.set_column(column, column, width)
