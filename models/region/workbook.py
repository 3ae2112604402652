"""The tables of a region as one workbook: a sheet for each, with drop-downs, to fill in and to read back."""

import tomllib
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any

import openpyxl
import pandas as pd
import xlsxwriter

from geodata.areas import read_areas
from geodata.cbs import CRS
from geodata.faults import Fault
from geodata.numerals import exact_text, parse_number
from geodata.size_limits import MEGABYTE
from geodata.tables import read_table
from models.parameters.parameters import WAITING
from models.parameters.toml_schema import TOML
from models.region.tables import TABLES, UNITS, TableSchema, choices, is_number, meaning

WORKBOOK = "tables.xlsx"
"""The file that may stand in a region's folder in place of the CSV files."""

EXPLAINED, LISTS = "explanation", "lists"
FIRST_ROWS = 1000
"""Rows of a sheet that get drop-downs."""

MOST_BYTES = 60 * MEGABYTE
"""Bytes of a workbook unfolded; reading it takes some 30 times as much memory."""
MOST_ROWS, MOST_COLUMNS = 200_000, 100
"""Rows and columns of a sheet; `travel` of a province has some ten thousand rows."""

_UNIT = " ["


def sheet_of(table: TableSchema) -> str:
    """Return the sheet of a table: `sites` of sites.csv."""
    return table.file.removesuffix(".csv")


def gather(folder: Path) -> Path:
    """Put the CSV files of a region's folder into a workbook beside them, and take the files away.

    Raises
    ------
    InputError
        When a table cannot be read.
    """
    lists = _lists(folder)
    path = folder / WORKBOOK
    book = xlsxwriter.Workbook(path, {"strings_to_formulas": False, "strings_to_urls": False})
    book.set_properties({"created": datetime(2020, 1, 1)})
    for table in TABLES:
        _write_table(book, table, _rows(folder / table.file), lists)
    _write_explanation(book)
    _write_lists(book, lists)
    book.close()
    for table in TABLES:
        (folder / table.file).unlink(missing_ok=True)
    return path


def _rows(path: Path) -> pd.DataFrame:
    return read_table(path, []) if path.exists() else pd.DataFrame()


def _lists(folder: Path) -> dict[str, list[str]]:
    """Return the codes of the region from which a planner chooses, by column, and those of fixed words."""
    raw = tomllib.loads((folder / TOML).read_text(encoding="utf-8"))
    areas = [name for name in ("neighbourhoods.gpkg", "neighbourhoods.geojson") if (folder / name).is_file()]
    known = (
        [str(code) for code in read_areas(folder / areas[0], raw["region"].get("crs", CRS), []).index]
        if areas
        else []
    )
    towns = _rows(folder / "municipalities.csv")
    tiers = raw["tiers"]
    return {
        "municipality": list(towns["code"]) if "code" in towns else [],
        "neighbourhood": known,
        "facility tier": [code for code, tier in tiers.items() if tier["setting"] == "facility"],
        "tier": [*tiers, WAITING],
        "profile": list(raw["profiles"]),
    }


def _write_table(book: Any, table: TableSchema, rows: pd.DataFrame, lists: Mapping[str, list[str]]) -> None:
    sheet = book.add_worksheet(sheet_of(table))
    bold, text = (
        book.add_format({"bold": True, "bottom": 1, "text_wrap": True}),
        book.add_format({"num_format": "@"}),
    )
    sheet.freeze_panes(1, 0)
    for position, (name, column) in enumerate(table.every_column.items()):
        unit = UNITS.get(name)
        sheet.write(0, position, f"{name}{_UNIT}{unit}]" if unit else name, bold)
        sheet.write_comment(0, position, meaning(name) + ("" if column.required else " (may be empty)"))
        # codes and dates stay as they are typed
        sheet.set_column(position, position, 16, None if is_number(column) else text)
        for row, cell in enumerate(rows.get(name, []), start=1):
            if cell:
                _write_cell(
                    sheet, row, position, cell, number=is_number(column), decimal=rows.attrs["decimal"]
                )
        source = _choice(table, name, lists)
        if source is not None:
            sheet.data_validation(1, position, FIRST_ROWS, position, {"validate": "list", "source": source})


def _write_cell(sheet: Any, row: int, column: int, cell: str, *, number: bool, decimal: str) -> None:
    try:
        if number:
            sheet.write_number(row, column, parse_number(cell, decimal))
            return
    except ValueError:
        pass  # told when it is read back
    sheet.write_string(row, column, cell)


def _choice(table: TableSchema, name: str, lists: Mapping[str, list[str]]) -> str | list[str] | None:
    """Return the source of a drop-down: fixed words, or a range of the sheet of lists."""
    words = choices(table.columns[name]) if name in table.columns else None
    if words:
        return words
    key = "facility tier" if (sheet_of(table), name) == ("sites", "tier") else name
    key = "neighbourhood" if key == "origin" else "municipality" if key == "central" else key
    if not lists.get(key):
        return None
    column = xlsxwriter.utility.xl_col_to_name(list(lists).index(key))
    return f"={LISTS}!${column}$2:${column}${len(lists[key]) + 1}"


def _write_lists(book: Any, lists: Mapping[str, list[str]]) -> None:
    sheet = book.add_worksheet(LISTS)
    for column, (name, codes) in enumerate(lists.items()):
        sheet.write_column(0, column, [name, *codes])
    sheet.hide()


def _write_explanation(book: Any) -> None:
    sheet = book.add_worksheet(EXPLAINED)
    bold = book.add_format({"bold": True, "bottom": 1})
    sheet.write_row(0, 0, ["sheet", "column", "must be filled in", "unit", "what it is"], bold)
    sheet.set_column(0, 3, 18)
    sheet.set_column(4, 4, 90)
    row = 1
    for table in TABLES:
        sheet.write_row(row, 0, [sheet_of(table), "", "", "", f"The sheet holds {table.purpose}."])
        for name, column in table.every_column.items():
            row += 1
            must = "yes" if column.required else "no"
            sheet.write_row(row, 0, [sheet_of(table), name, must, UNITS.get(name, ""), meaning(name)])
        row += 1


# Reading back --------------------------------------------------------------------------------


@dataclass(frozen=True)
class Book:
    """A workbook that was filled in: the values that a program stored, and the formulas behind them."""

    values: Any
    formulas: Any

    def __contains__(self, table: TableSchema) -> bool:
        """Tell whether the table has its sheet."""
        return sheet_of(table) in self.values.sheetnames


def read_book(path: Path, faults: list[Fault]) -> Book | None:
    """Open a workbook; None after adding the fault that prevents it."""
    known = len(faults)
    try:
        faults.extend(_unfolds(path))
        if len(faults) > known:
            return None
        book = Book(openpyxl.load_workbook(path, data_only=True), openpyxl.load_workbook(path))
    except Exception as error:  # noqa: BLE001 - openpyxl lets whatever a damaged zip or XML raises through
        found = f"a file that cannot be read ({error})"
        faults.append(Fault(path.name, found, "an Excel workbook", "Save it as .xlsx."))
        return None
    faults.extend(_out_of_bounds(path, book))
    return book if len(faults) == known else None


def _unfolds(path: Path) -> Iterator[Fault]:
    """Generate a fault where the archive would unfold to more than a workbook of tables ever is."""
    with zipfile.ZipFile(path) as archive:
        size = sum(part.file_size for part in archive.infolist())
    if size > MOST_BYTES:
        found = f"a workbook that unfolds to {size / MEGABYTE:,.0f} MB"
        remedy = "Take out what is no table, or keep the tables as CSV files."
        yield Fault(path.name, found, f"at most {MOST_BYTES // MEGABYTE} MB", remedy)


def _out_of_bounds(path: Path, book: Book) -> Iterator[Fault]:
    """Generate a fault for every sheet with a cell so far away that all before it could not be read."""
    for table in TABLES:
        if table not in book:
            continue
        sheet = book.values[sheet_of(table)]
        if not hasattr(sheet, "iter_rows"):
            remedy = "Give its rows a sheet of cells."
            yield Fault(path.name, f"a chart called '{sheet_of(table)}'", "a sheet of cells", remedy)
        elif sheet.max_row > MOST_ROWS or sheet.max_column > MOST_COLUMNS:
            found = f"a cell in row {sheet.max_row:,}, or column {sheet.max_column:,}, of '{sheet_of(table)}'"
            expected = f"at most {MOST_ROWS:,} rows and {MOST_COLUMNS} columns"
            remedy = "Delete the empty rows and columns behind the table, or keep it as a CSV file."
            yield Fault(path.name, found, expected, remedy)


def read_sheet(book: Book, table: TableSchema, faults: list[Fault]) -> pd.DataFrame:
    """Read the sheet of a table into a frame of text, as `read_table` reads a CSV file.

    The index `line` is the row of the sheet. Rows without anything in them are left out.
    """
    rows = list(book.values[sheet_of(table)].iter_rows(values_only=True))
    header = [_text(cell).partition(_UNIT)[0] for cell in rows[0]] if rows else []
    lines, cells = [], []
    for line, row in enumerate(rows[1:], start=2):
        texts = [_text(cell) for cell, name in zip(row, header, strict=False) if name]
        if any(texts):
            lines.append(line)
            cells.append(texts)
    named = [name for name in header if name]
    for name in sorted({name for name in named if named.count(name) > 1}):
        remedy = "Keep one of the two and take the other out."
        faults.append(Fault(table.file, "the same column twice", "each column once", remedy, 1, name))
    columns = {name: [row[position] for row in cells] for position, name in enumerate(named)}
    frame = pd.DataFrame(columns, index=pd.Index(lines, name="line", dtype="int64"), dtype="str")
    frame.attrs["decimal"] = ""
    faults.extend(_uncalculated(book, table, header))
    return frame


def _uncalculated(book: Book, table: TableSchema, header: list[str]) -> Iterator[Fault]:
    """Generate a fault for every formula whose value no program has stored."""
    values = book.values[sheet_of(table)]
    for row in book.formulas[sheet_of(table)].iter_rows(min_row=2):
        for name, cell in zip(header, row, strict=False):
            if cell.data_type == "f" and values.cell(cell.row, cell.column).value is None:
                remedy = "Open it in a spreadsheet program and save it, or write the value."
                yield Fault(table.file, f"the formula {cell.value}", "its value", remedy, cell.row, name)


def _text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, datetime | date):
        return value.strftime("%Y-%m-%d")
    if isinstance(value, float):
        return exact_text(value)
    return str(value).strip()


def where_in_workbook(fault: Fault) -> str:
    """Return the file of a fault as its planner sees it: `tables.xlsx, sheet sites` of sites.csv."""
    tables = {table.file: table for table in TABLES}
    return f"{WORKBOOK}, sheet {sheet_of(tables[fault.file])}" if fault.file in tables else fault.file
