"""The tables in one workbook: written, filled in as a planner does, read with the checks of the folder."""

import datetime

import openpyxl
import pytest
from cbs_map import write_map
from pandas.testing import assert_frame_equal
from tiny import write_tiny_region

import cli
from geodata.bundled import bundled_regions, region_folder
from geodata.faults import InputError
from models.region.read_region import read_region
from models.region.tables import TABLES, meaning
from models.region.workbook import WORKBOOK, gather
from reports.folder.case import write_case

FRAMES = ("municipalities", "sites", "site_tiers", "clients", "homes", "budgets", "series")


@pytest.fixture
def tiny(tmp_path):
    """Return the folder of the tiny region with its tables in a workbook."""
    folder = tmp_path / "tiny"
    folder.mkdir()
    write_tiny_region(folder)
    gather(folder)
    return folder


def column(sheet, name):
    """Return the number of a column by its name, with or without a unit behind it."""
    return 1 + [str(cell.value).partition(" [")[0] for cell in sheet[1]].index(name)


def fill(folder, sheet, row, **cells):
    """Write cells of a row as a planner would."""
    book = openpyxl.load_workbook(folder / WORKBOOK)
    for name, value in cells.items():
        book[sheet].cell(row, column(book[sheet], name), value)
    book.save(folder / WORKBOOK)


@pytest.mark.parametrize("name", bundled_regions())
def test_a_workbook_says_what_the_files_say(tmp_path, name):
    """Every table of every bundled region is the same when read back from its sheets."""
    assert cli.main(["init", str(tmp_path / "new"), "--from", name, "--xlsx"]) == cli.DONE
    assert not list((tmp_path / "new").glob("*.csv"))
    files, sheets = read_region(region_folder(name)), read_region(tmp_path / "new")
    for frame in FRAMES:
        assert_frame_equal(getattr(sheets, frame), getattr(files, frame))
    assert sheets.assumptions.equals(files.assumptions)


def test_sheets_have_units_and_choices(tiny):
    """Units stand in the header; status and codes are chosen from lists; every column is explained."""
    book = openpyxl.load_workbook(tiny / WORKBOOK)
    sites = book["sites"]
    assert "running_cost [EUR/year]" in [cell.value for cell in sites[1]]
    rules = {str(rule.sqref): rule.formula1 for rule in sites.data_validations.dataValidation}
    letter = sites.cell(1, column(sites, "status")).column_letter
    assert rules[f"{letter}2:{letter}1001"] == '"existing,candidate"'
    tiers = [cell.value for cell in book["lists"]["C"] if cell.value]
    assert tiers == ["facility tier", "bed", "group"]
    explained = {(row[0], row[1]) for row in book["explanation"].iter_rows(min_row=2, values_only=True)}
    assert {
        (table.file.removesuffix(".csv"), name) for table in TABLES for name in table.every_column
    } <= explained


def test_every_column_has_a_meaning():
    """A column without one would be a hole in the explanations."""
    assert all(meaning(name) for table in TABLES for name in table.every_column)


def test_faults_are_told_by_sheet_and_row(tiny):
    """A word for a number, a wrong status and an empty cell, all at once."""
    fill(tiny, "sites", 2, places="tien", status="gesloten")
    fill(tiny, "clients", 3, profile=None)
    with pytest.raises(InputError) as told:
        read_region(tiny)
    places = {(fault.file, fault.row, fault.column) for fault in told.value.faults}
    assert {
        ("tables.xlsx, sheet sites", 2, "places"), ("tables.xlsx, sheet sites", 2, "status"),
    } <= places  # fmt: skip
    assert all(not fault.file.endswith(".csv") for fault in told.value.faults)


def test_dates_and_decimals_as_a_spreadsheet_keeps_them(tiny):
    """A date stays a day, a whole number in a cell of decimals stays whole, 2.5 stays 2.5."""
    for row in (2, 3):
        fill(tiny, "sites", row, contract_end=datetime.datetime(2027, 12, 31))
    fill(tiny, "clients", 2, clients=2.5)
    region = read_region(tiny)
    assert region.sites["contract_end"].iloc[0] == "2027-12-31"
    assert region.clients["clients"].iloc[0] == 2.5


def test_a_formula_that_nobody_calculated_is_told(tiny):
    """openpyxl stores the formula and no value: nothing may be read into it."""
    fill(tiny, "clients", 2, clients="=3+4")
    with pytest.raises(InputError, match=r"sheet clients, line 2, clients: found the formula =3\+4"):
        read_region(tiny)


def test_a_workbook_beside_its_files_is_a_fault(tiny):
    """Which of the two counts is not for us to say."""
    (tiny / "homes.csv").write_text("corporation,municipality,year,homes\n", encoding="utf-8")
    with pytest.raises(InputError, match=r"homes\.csv: found a file beside tables\.xlsx"):
        read_region(tiny)


def test_a_sheet_that_is_gone_and_a_file_that_is_none(tiny):
    """A required sheet is missed; of a damaged file nothing else is said."""
    book = openpyxl.load_workbook(tiny / WORKBOOK)
    del book["sites"]
    book.save(tiny / WORKBOOK)
    with pytest.raises(InputError, match=r"tables\.xlsx: found no such sheet; expected a sheet 'sites'"):
        read_region(tiny)
    (tiny / WORKBOOK).write_bytes(b"no workbook")
    with pytest.raises(InputError) as told:
        read_region(tiny)
    assert [fault.found[:26] for fault in told.value.faults if WORKBOOK in fault.file] == [
        "a file that cannot be read"
    ]


def test_a_map_becomes_a_workbook_and_a_plan_keeps_it(tmp_path, capsys):
    """`init --from MAP --xlsx`, then the sites and clients filled in; the case of a plan reads the same."""
    source, folder = write_map(tmp_path), tmp_path / "new"
    asked = ["--municipalities", "GM9901", "--xlsx"]
    assert cli.main(["init", str(folder), "--from", str(source), *asked]) == cli.DONE
    assert cli.main(["check", str(folder)]) == cli.BAD_INPUT
    told = capsys.readouterr().out
    assert "tables.xlsx, sheet sites: found no rows" in told
    tiers = ("intramural", "group_living", "room_rental", "shelter")
    for row, tier in enumerate(tiers, start=2):
        fill(
            folder,
            "sites",
            row,
            site=f"s{row}",
            neighbourhood="WK990100",
            status="existing",
            tier=tier,
            places=8,
            most=8,
        )
    person = {
        "municipality": "GM9901",
        "profile": "moderate",
        "tier": "intramural",
        "clients": 5,
        "year": 2022,
    }
    fill(folder, "clients", 2, **person, form="ZIN", basis="registration")
    region = read_region(folder)
    assert region.site_tiers["places"].sum() == 32
    write_case(region, tmp_path / "case")
    assert_frame_equal(read_region(tmp_path / "case").site_tiers, region.site_tiers)
