"""`plan --country`: from a map to a plan of every region and a summary; asked again it goes on."""

import json

import pytest

from benchmarks.regions import Size, map_of
from cli import main

ASKED = ["--regions", "2", "--gap", "20%", "--time", "30", "--workers", "2", "--json"]


@pytest.fixture(scope="module")
def country_map(tmp_path_factory):
    """Ten neighbourhoods in four municipalities."""
    file = tmp_path_factory.mktemp("map") / "map.geojson"
    file.write_text(map_of(Size(10, 4, 40_000), seed=5), encoding="utf-8")
    return file


def test_a_region_or_a_country_is_asked_for(tmp_path, capsys):
    """Without either there is nothing to plan."""
    assert main(["plan", "-o", str(tmp_path / "plan")]) == 2
    assert "--country" in capsys.readouterr().err


def test_settings_belong_to_a_region(country_map, tmp_path, capsys):
    """A country's numbers are those of a region folder: no setting is silently left out."""
    asked = ["plan", "--country", str(country_map), "-o", str(tmp_path / "c"), "--set", "years.last=2025"]
    assert main(asked) == 2
    assert "--set" in capsys.readouterr().err


def test_a_folder_of_something_else_is_left_alone(country_map, tmp_path, capsys):
    """Somebody's own work is never mixed with a country's."""
    (tmp_path / "thesis.docx").write_text("", encoding="utf-8")
    assert main(["plan", "--country", str(country_map), "-o", str(tmp_path)]) == 2
    assert "thesis.docx" in capsys.readouterr().err


@pytest.mark.slow
def test_a_country_is_planned_and_goes_on_where_it_was(country_map, tmp_path, capsys):
    """Two regions with a budget that binds: a plan folder each, a summary, and no solve the second time."""
    folder = tmp_path / "country"
    asked = ["plan", "--country", str(country_map), *ASKED, "-o", str(folder)]
    assert main(asked) == 0
    told = capsys.readouterr()
    free = json.loads(told.out)
    assert "maakt voor elke regio een plan, 0 van 2 klaar" in told.err
    assert " regions" not in told.err
    assert (free["regions"], free["limits_met"], free["limits"]) == (2, True, [])
    assert 0.0 <= free["gap"] <= 0.2
    for name in (path.name for path in (folder / "regions").iterdir()):
        assert (folder / "plans" / name / "report.html").is_file()
    answers = {path: path.stat().st_mtime_ns for path in folder.rglob("kept/*/*.json")}
    assert main(asked) == 0
    assert json.loads(capsys.readouterr().out) == free
    assert {path: path.stat().st_mtime_ns for path in folder.rglob("kept/*/*.json")} == answers
    assert "zijn verzonnen" in (folder / "country.txt").read_text(encoding="utf-8")
