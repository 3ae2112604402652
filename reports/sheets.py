"""Sheets of the workbook: how a question, a table and its sums are written."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd
from xlsxwriter.utility import xl_col_to_name

if TYPE_CHECKING:
    from collections.abc import Sequence

    import xlsxwriter

    from reports.contents import Contents

type Cell = str | float | int | None

FIRST_ROW = 3
"""Row of the table's header: above it stand the question and a note."""


class Writer:
    """Writes sheets of one workbook in one language."""

    def __init__(self, book: xlsxwriter.Workbook, contents: Contents) -> None:
        self.book, self.contents, self.words = book, contents, contents.words
        self.bold = book.add_format({"bold": True, "font_size": 14})
        self.muted = book.add_format({"italic": True, "font_color": "#555555"})
        self.head = book.add_format({"bold": True, "bottom": 1, "text_wrap": True, "valign": "top"})
        self.choice = book.add_format({"bold": True, "bg_color": "#fff2a8", "border": 1})
        self.wrap = book.add_format({"text_wrap": True, "valign": "top"})
        self.formats = {
            form: book.add_format({"num_format": form})
            for form in ("#,##0", "#,##0.0", "#,##0.00", "0.0000", "0.0%", "General")
        }
        self.sums = {
            form: book.add_format({"num_format": form, "bold": True, "top": 1}) for form in self.formats
        }

    def sheet(self, name: str, note: str = "") -> Any:
        """Return a new sheet that opens with its question."""
        sheet = self.book.add_worksheet(self.words(f"sheet_{name}")[:31])
        sheet.write_string(0, 0, self.words(f"ask_{name}"), self.bold)
        sheet.write_string(1, 0, note, self.muted)
        sheet.freeze_panes(FIRST_ROW + 1, 0)
        sheet.set_landscape()
        sheet.fit_to_pages(1, 0)
        return sheet

    def header(self, sheet: Any, row: int, names: Sequence[str | int]) -> None:
        """Write the names of the columns."""
        for column, name in enumerate(names):
            sheet.write(row, column, name, self.head)

    def line(self, sheet: Any, row: int, cells: Sequence[Cell], form: str = "General") -> None:
        """Write one row: text as text, numbers in the format, what is not known as an empty cell."""
        for column, cell in enumerate(cells):
            if isinstance(cell, str):
                sheet.write_string(row, column, cell, self.wrap)
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
        if summed and len(rows):
            self._sums(sheet, table, len(labels), top + 1, form)
            end += 1
        for column in range(len(labels)):
            sheet.set_column(column, column, 26)
        sheet.set_column(len(labels), len(labels) + len(table.columns) - 1, 12)
        return end

    def _sums(self, sheet: Any, table: pd.DataFrame, offset: int, first: int, form: str) -> None:
        """Write the sum of every year as a formula that carries its value, as readers show that one."""
        last = first + len(table) - 1
        sheet.write_string(last + 1, 0, self.words("total"), self.sums["General"])
        for column, year in enumerate(table.columns, start=offset):
            letter = xl_col_to_name(column)
            formula = f"=SUM({letter}{first + 1}:{letter}{last + 1})"
            sheet.write_formula(last + 1, column, formula, self.sums[form], value=float(table[year].sum()))
