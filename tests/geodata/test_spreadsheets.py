"""Figures in an Excel workbook and in CSV files with titles above and a source below."""

import openpyxl
import pytest

from geodata.spreadsheets import OLD_EXCEL
from geodata.tables import read_table

ROWS = [["gwb_code", "a_inw", "p_koopw"], ["WK990100", 5100, 50], ["WK990101", 3050, 51.5]]
READ = {"gwb_code": ["WK990100", "WK990101"], "a_inw": ["5100", "3050"], "p_koopw": ["50", "51.5"]}


def workbook(path, rows, first=()):
    """Write rows into a workbook, below lines of one cell; the sheet before them is empty."""
    book = openpyxl.Workbook()
    sheet = book.create_sheet("KWB")
    for row in [*([line] for line in first), *rows]:
        sheet.append(row)
    book.save(path)
    return path


@pytest.mark.parametrize("first", [(), ("Kerncijfers wijken en buurten 2024",)], ids=["bare", "titled"])
def test_a_workbook_is_read_as_a_table(tmp_path, first):
    """The first sheet with rows: cells as text, lines as the sheet counts them."""
    faults = []
    table = read_table(workbook(tmp_path / "kwb.xlsx", ROWS, first), faults)
    assert faults == []
    assert table.to_dict("list") == READ
    assert list(table.index) == [2 + len(first), 3 + len(first)]
    assert table.attrs["decimal"] == ""


def test_titles_above_and_the_source_below_are_no_rows(tmp_path):
    """As the portal of StatLine hands out a table; the separator is that of the column names."""
    path = tmp_path / "statline.csv"
    path.write_text(
        '"Kerncijfers wijken en buurten, 2023"\n'
        '"Wijken en buurten";"code";"inwoners"\n"Wijk 0";"WK990100";"5100"\n"Bron: CBS"\n',
        encoding="utf-8",
    )
    faults = []
    table = read_table(path, faults)
    assert faults == []
    assert table.to_dict("list") == {
        "Wijken en buurten": ["Wijk 0"], "code": ["WK990100"], "inwoners": ["5100"],
    }  # fmt: skip
    assert table.attrs["decimal"] == ","


@pytest.mark.parametrize(
    ("name", "content", "found"),
    [
        ("old.xls", OLD_EXCEL + b"\0" * 100, "before Excel 2007"),
        ("sites.csv", OLD_EXCEL + b"\0" * 100, "before Excel 2007"),
        ("broken.xlsx", b"PK\x03\x04 and nothing more", "damaged workbook"),
    ],
)
def test_what_is_no_workbook_is_one_fault(tmp_path, name, content, found):
    """An old workbook is named as what it is, also where it is called a CSV file."""
    path = tmp_path / name
    path.write_bytes(content)
    faults = []
    assert read_table(path, faults).empty
    (fault,) = faults
    assert found in fault.found
    assert "save as" in fault.remedy
