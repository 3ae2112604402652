"""What a fresh clone promises: pinned packages, data that travels along, README that is true."""

import re
import shutil
import subprocess
import sys
import tomllib
import zipfile
from importlib.metadata import requires
from pathlib import Path

import pytest

import cli

ROOT = Path(__file__).parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
README = (ROOT / "README.md").read_text(encoding="utf-8")
PINS = re.findall(r"^[^#\n].*", (ROOT / "constraints.txt").read_text(encoding="utf-8"), re.MULTILINE)
PACKAGES = PROJECT["tool"]["setuptools"]["packages"]


def tracked() -> list[Path]:
    """Return the files that are or would be committed, relative to the root."""
    if not shutil.which("git") or not (ROOT / ".git").exists():
        pytest.skip("not a clone, so there is no telling which files are tracked")
    listed = subprocess.run(
        ["git", "ls-files", "-co", "--exclude-standard", "-z"], cwd=ROOT, capture_output=True, check=True
    )
    names = listed.stdout.decode().split("\0")
    return [Path(name) for name in names if name and (ROOT / name).is_file()]


def normal(name: str) -> str:
    """Return a package name as package indexes compare it."""
    return re.sub(r"[-_.]+", "-", name).lower()


def test_constraints_pin_exactly_and_name_no_address():
    """`name==version` and no more: no index, no file, no platform, so every machine can use them."""
    assert [line for line in PINS if not re.fullmatch(r"[A-Za-z0-9_.-]+==[A-Za-z0-9_.!+]+", line)] == []
    names = [normal(line.partition("==")[0]) for line in PINS]
    assert len(names) == len(set(names))


def test_constraints_pin_all_that_is_asked_for():
    """Every dependency has a pin, and so has what those depend on in turn."""
    asked = [*PROJECT["project"]["dependencies"], *PROJECT["project"]["optional-dependencies"]["dev"]]
    pinned = {normal(line.partition("==")[0]) for line in PINS}
    unpinned, todo = set(), {_name(text) for text in asked}
    seen = set()
    while todo:
        name = todo.pop()
        seen.add(name)
        unpinned |= {name} - pinned
        needed = {_name(text) for text in requires(name) or [] if ";" not in text}
        todo |= needed - seen
    assert unpinned == set()


def _name(requirement: str) -> str:
    return normal(re.match(r"[A-Za-z0-9_.-]+", requirement)[0])


@pytest.mark.parametrize("name", PROJECT["project"]["dependencies"])
def test_every_dependency_is_used(name):
    """A package that no module imports and no library needs by name is not asked for."""
    used_by_others = {"netcdf4"}  # xarray writes plan.nc through it
    text = "\n".join(
        path.read_text(encoding="utf-8") for package in PACKAGES for path in (ROOT / package).rglob("*.py")
    )
    name = _name(name)
    assert name in used_by_others or re.search(rf"^\s*(?:import|from) {name}\b", text, re.MULTILINE)


def test_packages_are_all_named():
    """A package that pyproject.toml does not name is in no wheel."""
    found = {
        ".".join(path.parent.relative_to(ROOT).parts)
        for package in PACKAGES
        for path in (ROOT / package.replace(".", "/")).rglob("__init__.py")
    }
    assert found == set(PACKAGES)


def test_the_wheel_holds_every_file_of_the_packages(tmp_path):
    """Regions, templates, scripts and styles are installed along with the code."""
    clone, wheels = tmp_path / "clone", tmp_path / "wheels"
    files = tracked()
    for file in files:
        (clone / file).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(ROOT / file, clone / file)
    offline = ["--no-deps", "--no-build-isolation", "--no-index"]
    command = [sys.executable, "-m", "pip", "wheel", "--quiet", *offline, "--wheel-dir", wheels, clone]
    subprocess.run(command, check=True, capture_output=True)
    (wheel,) = wheels.iterdir()
    held = set(zipfile.ZipFile(wheel).namelist())
    wanted = {file.as_posix() for file in files if file.parts[0] in PACKAGES or file.name == "cli.py"}
    assert wanted - held == set()
    assert "geodata/regions/zuidoost-drenthe/region.toml" in held
    assert not {name for name in held if name.startswith(("tests/", "benchmarks/"))}


def test_no_file_names_a_path_of_a_machine():
    """What is committed works anywhere: no home folders, no drive letters."""
    machine = re.compile(r"/(?:home|Users|root|work|opt)/\w|\b[A-Z]:\\\\?Users\b")
    found = {}
    for file in tracked():
        try:
            text = (ROOT / file).read_text(encoding="utf-8")
        except UnicodeDecodeError:
            continue
        found |= {file.as_posix(): match[0] for match in [machine.search(text)] if match}
    # The Makefile looks for a Python where package managers put it.
    found.pop("Makefile", None)
    assert found == {}


def test_readme_names_only_make_targets_that_exist():
    """`make demo` and `make test`, as README has them, are in the Makefile."""
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    named = set(re.findall(r"`make ([a-z]+)`", README))
    assert {"demo", "test"} <= named <= targets


def test_readme_lists_the_commands_of_the_parser():
    """The table of commands in README and `spreidplan --help` name the same ones."""
    assert set(re.findall(r"^\| `spreidplan ([a-z]+)", README, re.MULTILINE)) == set(cli.commands().commands)


@pytest.mark.parametrize("example", re.findall(r"^ *spreidplan (.+)$", README, re.MULTILINE))
def test_readme_examples_can_be_parsed(example):
    """Every command line in README is one that the parser accepts."""
    assert cli.parse(example.partition("  #")[0].split()).command


def test_python_version_is_one_that_the_project_takes():
    """`.python-version` picks a Python that pyproject.toml allows."""
    least = re.fullmatch(r">=(\d+)\.(\d+)", PROJECT["project"]["requires-python"])
    picked = (ROOT / ".python-version").read_text(encoding="utf-8").strip().split(".")
    assert tuple(map(int, picked)) >= tuple(map(int, least.groups()))


def test_the_licence_is_whole():
    """EUPL-1.2: fifteen articles in order, and the appendix of compatible licences."""
    text = (ROOT / "LICENSE").read_text(encoding="utf-8")
    assert [int(number) for number in re.findall(r"^(\d+)\. [A-Z]", text, re.MULTILINE)] == list(range(1, 16))
    assert text.startswith("EUROPEAN UNION PUBLIC LICENCE v. 1.2")
    assert text.split()[-3:] == ["new", "EUPL", "version."]


@pytest.mark.skipif(not shutil.which("make"), reason="make is not there")
def test_make_says_what_is_missing_without_a_python(tmp_path):
    """Where no Python is new enough, make names what it tried and what to do, and fails."""
    for file in ("Makefile", "pyproject.toml", "constraints.txt"):
        shutil.copyfile(ROOT / file, tmp_path / file)
    old = tmp_path / "python3.13"
    old.write_text("#!/bin/sh\necho 'no such version' >&2\nexit 127\n", encoding="utf-8")
    old.chmod(0o755)
    made = subprocess.run(
        ["make", "demo", f"PYTHON={old}"], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert made.returncode != 0
    assert "needs Python 3.12 or newer" in made.stderr
    assert f"{old}: is there but does not run" in made.stderr
    assert not (tmp_path / ".venv").exists()
