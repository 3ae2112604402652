"""Sheets of the workbook: how a question, a table and its sums are written."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any

import pandas as pd
import xlsxwriter
from xlsxwriter.utility import xl_col_to_name, xl_rowcol_to_cell

from reports.maps.charts import COLOURS

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from reports.figures.contents import Contents

_CREATED = datetime(2000, 1, 1)


def new_book(file: Path, title: str) -> xlsxwriter.Workbook:
    """Return a workbook to be written to `file`: the same content gives the same bytes."""
    # Text from data is never a formula or a link: a name that starts with "=" stays a name.
    options = {"strings_to_formulas": False, "strings_to_urls": False, "nan_inf_to_errors": False}
    book = xlsxwriter.Workbook(file, options)
    book.set_properties({"title": title, "created": _CREATED})
    return book


type Cell = str | float | int | None

FIRST_ROW = 3
"""Row of the table's header: above it stand the question and a note."""


_WIDTH = 8.43
"""Width of a column that nobody has set, in characters."""
_LETTER = 1.1
"""Widths of a digit that a letter of running text takes at most."""
_LINE, _HIGHEST = 15.0, 409.0
"""Height of a line and of the highest row, in points."""


@dataclass
class _Layout:
    """A sheet, its texts by row and column, and the widths of its columns: what heights follow from."""

    sheet: Any
    texts: list[tuple[int, int, str]] = field(default_factory=list)
    widths: dict[int, float] = field(default_factory=dict)


class Writer:
    """Writes sheets of one workbook in one language."""

    def __init__(self, book: xlsxwriter.Workbook, contents: Contents) -> None:
        self.book, self.contents, self.words = book, contents, contents.words
        self._name, self._tables = "", 0
        self._layouts: dict[str, _Layout] = {}
        self.bold = book.add_format({"bold": True, "font_size": 14})
        self.muted = book.add_format({"italic": True, "font_color": "#555555"})
        self.head = book.add_format({"bold": True, "bottom": 1, "text_wrap": True, "valign": "top"})
        self.choice = book.add_format({"bold": True, "bg_color": "#fff2a8", "border": 1})
        self.wrap = book.add_format({"text_wrap": True, "valign": "top"})
        self.formats = {
            form: book.add_format({"num_format": form, "valign": "top"})
            for form in ("#,##0", "#,##0.0", "#,##0.00", "0.0000", "0.0%", "General")
        }
        self.sums = {
            form: book.add_format({"num_format": form, "bold": True, "top": 1}) for form in self.formats
        }

    def sheet(self, name: str, note: str = "") -> Any:
        """Return a new sheet that opens with its question."""
        sheet = self.book.add_worksheet(self.words(f"sheet_{name}")[:31])
        self._name, self._tables = name, 0
        sheet.write_string(0, 0, self.words(f"ask_{name}"), self.bold)
        sheet.write_string(1, 0, note, self.muted)
        sheet.freeze_panes(FIRST_ROW + 1, 0)
        sheet.set_landscape()
        sheet.fit_to_pages(1, 0)
        sheet.repeat_rows(0, FIRST_ROW)
        sheet.set_footer("&L&A&R&P / &N")
        return sheet

    def _layout(self, sheet: Any) -> _Layout:
        """Return what is known of the texts and widths of a sheet, also of one that somebody else made."""
        return self._layouts.setdefault(sheet.get_name(), _Layout(sheet))

    def widths(self, sheet: Any, first: int, last: int, width: float) -> None:
        """Set the width of columns, in characters."""
        sheet.set_column(first, last, width)
        for column in range(first, last + 1):
            self._layout(sheet).widths[column] = width

    def finish(self) -> None:
        """Give every row the height of its longest text: not every program does so by itself."""
        for layout in self._layouts.values():
            lines: dict[int, int] = {}
            for row, column, text in layout.texts:
                width = layout.widths.get(column, _WIDTH)
                needed = sum(math.ceil(max(1, len(part)) * _LETTER / width) for part in text.split("\n"))
                lines[row] = max(lines.get(row, 1), needed)
            for row, count in lines.items():
                if count > 1:
                    layout.sheet.set_row(row, min(_HIGHEST, _LINE * count))

    def header(self, sheet: Any, row: int, names: Sequence[str | int]) -> None:
        """Write the names of the columns."""
        for column, name in enumerate(names):
            sheet.write(row, column, name, self.head)

    def line(self, sheet: Any, row: int, cells: Sequence[Cell], form: str = "General") -> None:
        """Write one row: text as text, numbers in the format, what is not known as an empty cell."""
        for column, cell in enumerate(cells):
            if isinstance(cell, str):
                sheet.write_string(row, column, cell, self.wrap)
                self._layout(sheet).texts.append((row, column, cell))
            elif cell is None or pd.isna(cell):
                sheet.write_blank(row, column, None)
            else:
                sheet.write_number(row, column, cell, self.formats[form])

    def table(
        self,
        sheet: Any,
        labels: Sequence[str],
        rows: Sequence[Sequence[str]],
        table: pd.DataFrame,
        form: str = "#,##0",
        *,
        summed: bool = True,
        top: int = FIRST_ROW,
    ) -> int:
        """Write labelled rows × years, with a row of sums where asked; return the first row below."""
        self.header(sheet, top, [*labels, *(int(year) for year in table.columns)])
        for number, (names, values) in enumerate(zip(rows, table.to_numpy(dtype=float), strict=True)):
            self.line(sheet, top + 1 + number, [*names, *values], form)
        end = top + 1 + len(rows)
        named = self.as_table(sheet, top, end - 1, [*labels, *map(str, table.columns)])
        if summed and len(rows):
            self._sums(sheet, table, len(labels), top + 1, form)
            last = xl_rowcol_to_cell(end, len(labels) + len(table.columns) - 1, row_abs=True, col_abs=True)
            first = xl_rowcol_to_cell(end, len(labels), row_abs=True, col_abs=True)
            self.name(f"{named}_total", sheet, f"{first}:{last}")
            end += 1
        for column in range(len(labels)):
            self.widths(sheet, column, column, 26)
        self.widths(sheet, len(labels), len(labels) + len(table.columns) - 1, 12)
        return end

    def as_table(self, sheet: Any, top: int, last: int, head: Sequence[str]) -> str:
        """Make what is written a native table, to be filtered and named in formulas; return its name."""
        self._tables += 1
        name = f"t_{self._name}" + (f"_{self._tables}" if self._tables > 1 else "")
        if last > top and all(head) and len(set(head)) == len(head):
            columns = [{"header": text, "header_format": self.head} for text in head]
            look = {"name": name, "columns": columns, "style": "Table Style Light 1", "banded_rows": False}
            sheet.add_table(top, 0, last, len(head) - 1, look)
        return name

    def name(self, name: str, sheet: Any, cells: str) -> None:
        """Give cells of a sheet a name for formulas, the same in every language."""
        quoted = sheet.get_name().replace("'", "''")
        self.book.define_name(name, f"='{quoted}'!{cells}")

    def stacked(self, sheet: Any, table: pd.DataFrame, labels: int, at: int, title: str) -> None:
        """Draw rows × years, written from `FIRST_ROW` on, as stacked columns in row `at`."""
        chart, name = self.book.add_chart({"type": "column", "subtype": "stacked"}), sheet.get_name()
        end = labels + len(table.columns) - 1
        for number in range(len(table)):
            row = FIRST_ROW + 1 + number
            chart.add_series(
                {
                    "name": [name, row, 0],
                    "categories": [name, FIRST_ROW, labels, FIRST_ROW, end],
                    "values": [name, row, labels, row, end],
                    "gap": 60,
                    "fill": {"color": COLOURS[number % len(COLOURS)]},
                }
            )
        chart.set_title({"name": title, "name_font": {"size": 12}})
        chart.set_legend({"position": "bottom"})
        chart.set_size({"width": 760, "height": 340})
        sheet.insert_chart(at, 0, chart, {"description": title})

    def _sums(self, sheet: Any, table: pd.DataFrame, offset: int, first: int, form: str) -> None:
        """Write the sum of every year as a formula that carries its value, as readers show that one."""
        last = first + len(table) - 1
        sheet.write_string(last + 1, 0, self.words("total"), self.sums["General"])
        for column, year in enumerate(table.columns, start=offset):
            letter = xl_col_to_name(column)
            formula = f"=SUM({letter}{first + 1}:{letter}{last + 1})"
            sheet.write_formula(last + 1, column, formula, self.sums[form], value=float(table[year].sum()))
