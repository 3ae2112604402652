"""Notebooks are stored without output and run from top to bottom."""

import json
from pathlib import Path

import pytest

NOTEBOOKS = sorted((Path(__file__).parent.parent / "notebooks").glob("*.ipynb"))


def cells(notebook: Path) -> list[dict]:
    """Return the code cells of a notebook."""
    return [c for c in json.loads(notebook.read_text(encoding="utf-8"))["cells"] if c["cell_type"] == "code"]


@pytest.mark.parametrize("notebook", NOTEBOOKS, ids=lambda path: path.stem)
def test_it_is_stored_without_output(notebook):
    """What a notebook shows is made by running it."""
    assert all(not cell["outputs"] and cell["execution_count"] is None for cell in cells(notebook))


@pytest.mark.slow
def test_the_first_plan_runs(tmp_path, monkeypatch):
    """The cells one after the other, as a reader runs them: a plan within 5 % and its folder."""
    monkeypatch.chdir(tmp_path)
    names: dict = {}
    for cell in cells(next(path for path in NOTEBOOKS if path.stem == "first_plan")):
        exec("".join(cell["source"]), names)
    assert names["proof"].gap <= 0.05
    assert (tmp_path / "my-plan" / "report.html").is_file()
    assert list(names["places"].columns) == list(range(2022, 2032))
