"""The workbook in LibreOffice: it opens, and what its formulas give is what the cells said already."""

import shutil
import subprocess
from pathlib import Path

import openpyxl
import pytest
from sample_plan import ANSWERS, RULES, sample_plan

from reports.figures.contents import Contents
from reports.workbook.workbook import write_workbook

OFFICE = shutil.which("soffice") or shutil.which("libreoffice")


@pytest.mark.skipif(OFFICE is None, reason="no LibreOffice (on Debian: apt install libreoffice-calc-nogui)")
def test_libreoffice_works_out_what_the_cells_say(tmp_path: Path) -> None:
    """A copy without any value beside its formulas is opened, worked out and written by LibreOffice."""
    told, bare, out = tmp_path / "plan.xlsx", tmp_path / "bare.xlsx", tmp_path / "out"
    write_workbook(Contents(sample_plan(tmp_path / "input"), ANSWERS, RULES, "nl"), told)
    formulas = openpyxl.load_workbook(told)
    formulas.save(bare)
    profile = f"-env:UserInstallation={(tmp_path / 'profile').as_uri()}"
    command = [OFFICE, "--headless", profile, "--convert-to", "xlsx", "--outdir", out, bare]
    subprocess.run(command, check=True, capture_output=True, timeout=300)
    said, found = (openpyxl.load_workbook(file, data_only=True) for file in (told, out / bare.name))
    cells = [
        (sheet.title, cell.coordinate)
        for sheet in formulas
        for row in sheet.iter_rows()
        for cell in row
        if cell.data_type == "f"
    ]
    assert len(cells) > 20
    assert {at: found[at[0]][at[1]].value for at in cells} == {
        at: pytest.approx(value) if isinstance(value := said[at[0]][at[1]].value, float | int) else value
        for at in cells
    }
    assert found.sheetnames == formulas.sheetnames
