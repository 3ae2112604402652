"""Plan folders that were changed after they were written: none of them is read, and each is told in words."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import netCDF4
import numpy as np
import pandas as pd
import pytest
from tiny import write_tiny_region

import cli
from geodata.faults import InputError
from models.demand.forecast import forecast
from models.region.read_region import read_region
from optimiser.problem import Problem
from optimiser.solve import solve
from reports.folder import folder as plan_folder
from reports.folder.folder import read_plan, verify_folder, write
from reports.folder.integrity import MANIFEST, case_digest


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder of a plan of the tiny region."""
    place = tmp_path_factory.mktemp("sound")
    region = read_region(write_tiny_region(place / "region"))
    return write(solve(Problem.of(region, forecast(region)), gap=0.0, seconds=60.0), place / "plan")


@pytest.fixture
def folder(sound: Path, tmp_path: Path) -> Path:
    """Return a copy to be changed."""
    return shutil.copytree(sound, tmp_path / "plan")


def _array(name: str, change: Callable[[Any], Any], group: str = "") -> Callable[[Path], None]:
    def tamper(folder: Path) -> None:
        with netCDF4.Dataset(folder / "plan.nc", "a") as data:
            place = data.groups[group] if group else data
            place.variables[name][:] = change(np.asarray(place.variables[name][:], dtype=float))

    return tamper


def _proof(*, attributes: bool = True, **figures: object) -> Callable[[Path], None]:
    """Change the proof, and the attributes that repeat it."""

    def tamper(folder: Path) -> None:
        with netCDF4.Dataset(folder / "plan.nc", "a") as data:
            data.proof = json.dumps({**json.loads(data.proof), **figures})
            for name, value in figures.items():
                if attributes and name in data.ncattrs():
                    data.setncattr(name, value)

    return tamper


def _attribute(name: str, value: object) -> Callable[[Path], None]:
    def tamper(folder: Path) -> None:
        with netCDF4.Dataset(folder / "plan.nc", "a") as data:
            data.setncattr(name, value)

    return tamper


def _removed(name: str) -> Callable[[Path], None]:
    def tamper(folder: Path) -> None:
        with netCDF4.Dataset(folder / "plan.nc", "a") as data:
            data.delncattr(name)

    return tamper


def _append(name: str, text: str = "\n") -> Callable[[Path], None]:
    def tamper(folder: Path) -> None:
        with (folder / name).open("a", encoding="utf-8") as file:
            file.write(text)

    return tamper


def _cut(folder: Path) -> None:
    content = (folder / "plan.nc").read_bytes()
    (folder / "plan.nc").write_bytes(content[: len(content) // 2])


def _huge(folder: Path) -> None:
    """Claim 800 GB that take no place in the file."""
    with netCDF4.Dataset(folder / "plan.nc", "a") as data:
        data.createDimension("many", 10**11)
        data.createVariable("claimed", "f8", ("many",), zlib=True, chunksizes=(10**6,))


def _case_and_its_digest(folder: Path) -> None:
    """Make the case another and the digest in the arrays with it: the plan then breaks its rules."""
    file = folder / "case" / "clients.csv"
    table = pd.read_csv(file, dtype=str)
    table["clients"] = (table["clients"].astype(float) * 2).astype(str)
    table.to_csv(file, index=False)
    _attribute("case_digest", case_digest(folder / "case"))(folder)


@pytest.fixture(autouse=True)
def _each_case_is_read_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Read a case anew only where its files are others, since most tests change the arrays alone."""
    monkeypatch.setattr(plan_folder, "read_region", lambda case: _read(case_digest(case), case))
    monkeypatch.setattr(plan_folder, "forecast", lambda region: _forecast(id(region.clients), region))


_CASES: dict[str, Any] = {}
_FORECASTS: dict[int, Any] = {}


def _read(digest: str, case: Path) -> Any:
    if digest not in _CASES:
        _CASES[digest] = read_region(case)
    return _CASES[digest]


def _forecast(frame: int, region: Any) -> Any:
    if frame not in _FORECASTS:
        _FORECASTS[frame] = forecast(region)
    return _FORECASTS[frame]


TAMPERED: dict[str, Callable[[Path], None]] = {
    "places times ten": _array("places", lambda a: a * 10),
    "places not a number": _array("places", lambda a: a * np.nan),
    "places below zero": _array("places", lambda a: -a - 1),
    "half a place": _array("places", lambda a: a + 0.5),
    "clients not a number": _array("clients", lambda a: a * np.nan),
    "clients halved": _array("clients", lambda a: a / 2),
    "clients without end": _array("clients", lambda a: a + np.inf),
    "nobody waits": _array("waiting", lambda a: a * 0 + 3.0),
    "homes doubled": _array("homes", lambda a: a * 2 + 1),
    "new homes from nowhere": _array("new_homes", lambda a: a + 1),
    "nothing runs": _array("operating", lambda a: 1 - a),
    "removed beds put back": _array("removed", lambda a: a + 1),
    "added beds more": _array("added", lambda a: a + 1),
    "converted more": _array("converted", lambda a: a + 1),
    "people housed elsewhere": _array("housed", lambda a: a[::-1] * 1.1),
    "cost halved": _array("cost", lambda a: a / 2),
    "weights gone": _array("weight", lambda a: a * 0 - 1),
    "the reference dearer": _array("cost", lambda a: a * 2, "do_nothing"),
    "the reference with more places": _array("places", lambda a: a + 5, "do_nothing"),
    "the reference not a number": _array("clients", lambda a: a * np.nan, "do_nothing"),
    "a bound of -1": _proof(bound=-1.0),
    "a bound above the objective": _proof(bound=1e12),
    "a bound without end": _proof(bound=float("-inf")),
    "a cheaper objective": _proof(objective=1.0),
    "an objective not a number": _proof(objective=float("nan")),
    "a status of one's own": _proof(status="perfect"),
    "proof and attributes apart": _proof(attributes=False, status="best_found"),
    "seconds below zero": _proof(seconds=-1.0),
    "an attribute other than the proof": _attribute("gap", 0.5),
    "no proof": _removed("proof"),
    "a proof that is no JSON": _attribute("proof", "[" * 100_000),
    "overrides that are none": _attribute("overrides", '["x"]'),
    "a table of the case edited": _append("case/clients.csv"),
    "the settings of the case edited": _append("case/region.toml", "\n# edited\n"),
    "a file added to the case": lambda folder: (folder / "case" / "extra.md").write_text("x") and None,
    "a file taken from the case": lambda folder: (folder / "case" / "homes.csv").unlink(),
    "the case edited and its digest": _case_and_its_digest,
    "half a file of arrays": _cut,
    "rules of one's own that are no JSON": _attribute("own_rules", "[["),
    "rules of one's own that are none": _attribute("own_rules", "[1]"),
    "arrays that fill the memory": _huge,
}  # fmt: skip
"""Changes of a folder by somebody, by name."""


def test_a_sound_folder_is_verified(sound: Path) -> None:
    count, plan = verify_folder(sound)
    listed = json.loads((sound / MANIFEST).read_text(encoding="utf-8"))["files"]
    assert count == len(listed) == len([path for path in sound.rglob("*") if path.is_file()]) - 1
    assert plan.proof.status == "proven"


@pytest.mark.parametrize("how", TAMPERED)
def test_a_changed_plan_is_not_read(how: str, folder: Path) -> None:
    TAMPERED[how](folder)
    with pytest.raises(InputError) as told:
        read_plan(folder)
    assert all(fault.found and fault.remedy for fault in told.value.faults)


@pytest.mark.parametrize("name", ["report.html", "summary.json", "plan.xlsx", "plan.gpkg", "case/sites.csv"])
def test_a_third_party_sees_which_file_was_changed(name: str, folder: Path) -> None:
    with (folder / name).open("ab") as file:
        file.write(b" ")
    with pytest.raises(InputError, match=name.replace(".", r"\.")):
        verify_folder(folder)


def test_a_third_party_sees_what_is_missing_and_added(folder: Path) -> None:
    (folder / "report.html").unlink()
    (folder / "extra.txt").write_text("x", encoding="utf-8")
    with pytest.raises(InputError) as told:
        verify_folder(folder)
    assert [Path(fault.file).name for fault in told.value.faults] == ["extra.txt", "report.html"]


@pytest.mark.parametrize("text", ["", "[]", '{"files": 3}', "[" * 100_000])
def test_a_manifest_that_cannot_be_read_is_told(text: str, folder: Path) -> None:
    (folder / MANIFEST).write_text(text, encoding="utf-8")
    with pytest.raises(InputError, match="no manifest that can be read"):
        verify_folder(folder)


def test_a_table_saved_during_the_solve_does_not_come_into_the_case(tmp_path: Path) -> None:
    """The region is edited after it was read: the case has what was read, and the plan is verified."""
    place = write_tiny_region(tmp_path / "region")
    region = read_region(place)
    before = (place / "clients.csv").read_bytes()
    plan = solve(Problem.of(region, forecast(region)), gap=0.0, seconds=60.0)
    (place / "clients.csv").write_bytes(before.replace(b",", b";"))
    (place / "homes.csv").unlink()
    target = write(plan, tmp_path / "plan")
    assert (target / "case" / "clients.csv").read_bytes() == before
    assert read_plan(target).problem.region.digest == region.digest


def test_the_command_tells_what_was_verified(sound: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["verify", str(sound)]) == cli.DONE
    assert "files are as they were written" in capsys.readouterr().out
    assert cli.main(["verify", str(sound), "--json"]) == cli.DONE
    assert json.loads(capsys.readouterr().out)["status"] == "proven"


def test_the_command_ends_in_2_at_a_changed_folder(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    _append("report.html")(folder)
    assert cli.main(["verify", str(folder)]) == cli.BAD_INPUT
    assert "report.html" in capsys.readouterr().err


def test_an_honest_plan_of_an_earlier_version_is_told_with_what_to_do(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    _removed("case_digest")(folder)
    (folder / MANIFEST).unlink()
    assert cli.main(["report", str(folder)]) == cli.BAD_INPUT
    told = capsys.readouterr().err
    assert "a plan of an earlier version" in told
    assert f"spreidplan plan {folder / 'case'} -o NEW" in " ".join(told.split())
