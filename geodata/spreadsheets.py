"""Tables in an Excel workbook, as statistics offices hand them out: the first sheet with rows."""

import zipfile
from pathlib import Path
from typing import Any

import openpyxl
import pandas as pd

from geodata.faults import Fault
from geodata.numerals import exact_text
from geodata.size_limits import MEGABYTE, MOST_TABLE, is_too_large

OLD_EXCEL = b"\xd0\xcf\x11\xe0"
"""First bytes of a workbook of Excel before 2007, whatever its name says."""


def is_spreadsheet(path: Path) -> bool:
    """Tell whether a file is a workbook by its name, or one of before 2007 by how it begins."""
    if path.suffix.lower() in (".xlsx", ".xlsm", ".xls"):
        return True
    try:
        with path.open("rb") as file:
            return file.read(4) == OLD_EXCEL
    except OSError:
        return False  # told by who reads it


def read_sheet(path: Path, faults: list[Fault]) -> list[tuple[int, list[str]]]:
    """Return the rows of the first sheet that has any as text, with their numbers; none after a fault."""
    remedy = "In a spreadsheet program choose 'save as', 'Excel workbook (.xlsx)' or 'CSV UTF-8'."
    if not path.is_file():
        faults.append(Fault(path.name, "no such file", "an Excel workbook", "Check the path."))
        return []
    if is_too_large(path, MOST_TABLE, faults):
        return []
    try:
        with path.open("rb") as file:
            old = file.read(4) == OLD_EXCEL
        found = "a workbook of before Excel 2007 (.xls)" if old else _too_much(path)
        rows = [] if found else _first_rows(path)
    except Exception as error:  # noqa: BLE001 - openpyxl lets whatever a damaged zip or XML raises through
        found, rows = f"a damaged workbook, or a file of another kind ({type(error).__name__})", []
    if found:
        expected = "a workbook of Excel 2007 or later, or a CSV file"
        faults.append(Fault(path.name, found, expected, remedy))
    return rows


def _first_rows(path: Path) -> list[tuple[int, list[str]]]:
    """Return the rows with anything in them of the first sheet that has any."""
    book = openpyxl.load_workbook(path, read_only=True, data_only=True)
    try:
        for sheet in book.worksheets:
            rows = [(n, [_text(cell) for cell in row]) for n, row in enumerate(sheet.values, start=1)]
            if full := [(n, row) for n, row in rows if any(row)]:
                return full
    finally:
        book.close()
    return []


def _too_much(path: Path) -> str:
    """Return that a workbook unfolds to more than a table can be, "" where it does not."""
    with zipfile.ZipFile(path) as archive:
        size = sum(part.file_size for part in archive.infolist())
    return f"a workbook that unfolds to {size / MEGABYTE:,.0f} MB" if size > MOST_TABLE else ""


def _text(value: Any) -> str:
    if value is None or value is pd.NA or value != value:
        return ""
    if isinstance(value, float):
        return exact_text(value)
    return str(value).strip()
