"""The workbook on paper: rows as high as their text, and the header on every page."""

import math

import openpyxl
import pytest
from sample_plan import ANSWERS, RULES, sample_plan

from reports.figures.contents import Contents
from reports.workbook.workbook import write_workbook


@pytest.fixture(scope="module")
def book(tmp_path_factory: pytest.TempPathFactory) -> openpyxl.Workbook:
    folder = tmp_path_factory.mktemp("print")
    write_workbook(Contents(sample_plan(folder / "input"), ANSWERS, RULES, "nl"), folder / "plan.xlsx")
    return openpyxl.load_workbook(folder / "plan.xlsx")


def test_a_row_is_as_high_as_its_longest_text(book: openpyxl.Workbook) -> None:
    """15 points a line: LibreOffice prints rows that have no height over each other."""
    sheet = book["Samenvatting"]
    width = sheet.column_dimensions["B"].width
    long = [cell for cell in sheet["B"][3:] if isinstance(cell.value, str) and len(cell.value) > width]
    assert long
    for cell in long:
        assert sheet.row_dimensions[cell.row].height >= 15 * math.ceil(len(cell.value) / width)


def test_every_sheet_repeats_its_header(book: openpyxl.Workbook) -> None:
    assert all(sheet.print_title_rows for sheet in book.worksheets)
    assert book["Elke euro"].print_title_rows == "$4:$5"
