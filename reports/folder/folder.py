"""The folder of a plan: written whole or not at all, and read back."""

from __future__ import annotations

import logging
import re
import shutil
from contextlib import contextmanager
from dataclasses import replace
from errno import EEXIST
from pathlib import Path
from secrets import token_hex
from typing import TYPE_CHECKING

from pyogrio.errors import DataSourceError
from xlsxwriter.exceptions import XlsxFileError

from geodata.faults import Fault, InputError
from geodata.temporary import ending_with_process
from models.demand.forecast import forecast
from models.region.read_region import read_region
from optimiser.model.model import RULES
from optimiser.plan import Plan
from optimiser.problem import Problem
from reports.answers.council import council_answers
from reports.figures.contents import Contents
from reports.figures.summary import write_summary
from reports.folder.arrays import check_belongs, read_arrays, said_in, stored_rules, write_arrays
from reports.folder.case import write_case
from reports.folder.file_lock import locked
from reports.folder.integrity import MANIFEST, case_digest, check_manifest, check_plan, write_manifest
from reports.folder.layers import write_layers
from reports.page.page import write_page
from reports.workbook.workbook import write_workbook

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from optimiser.rule import Rule
    from reports.text.notation import Language

_LOG = logging.getLogger(__name__)

CASE = "case"
FILES = ("plan.nc", "summary.json", "plan.xlsx", "plan.gpkg", "report.html", MANIFEST)
"""What lies in the folder of a plan beside `case`."""
_HALF_WAY = frozenset({"plan.gpkg-journal", "plan.gpkg-wal", "plan.gpkg-shm"})
"""What SQLite has beside a file while it writes it."""
_TOKEN = re.compile(r"[0-9a-f]{8}")
_NOT_WRITTEN = (OSError, RuntimeError, DataSourceError, XlsxFileError)
"""What netCDF, GDAL and XlsxWriter raise where a disk is full or read-only."""
_OF_OTHERS = frozenset({".DS_Store", "Thumbs.db", "desktop.ini"})
"""What desktops leave in a folder that somebody has looked at."""


def write(plan: Plan, folder: Path, lang: Language = "nl") -> Path:
    """Write the folder of a plan and return it.

    Everything is written to a folder beside it first and put in place by rename; a plan that was
    there is kept as `<name>.previous` until that has succeeded.

    Raises
    ------
    InputError
        When `folder` holds something else than a plan, or a program holds one of its files
        open; nothing is lost, and the message tells where the new plan lies.
    """
    rules = (*RULES, *plan.problem.own_rules)
    return write_contents(Contents(plan, council_answers(plan), rules, lang), folder)


def write_contents(contents: Contents, folder: Path) -> Path:
    """Write the folder of a plan whose answers and rules are given; see `write`."""
    target = Path(folder).resolve()
    with locked(target):
        _clear_up(target)
        check_replaceable(target)
        with _beside(target) as fresh:
            for name, writer in _writers(contents).items():
                _LOG.info("writing %s", name)
                _written(writer, fresh / name, target)
            _put_in_place(fresh, target)
    return Path(folder)


def check_writable(folder: Path) -> None:
    """Check that a plan can be put at `folder` before it is made, and clear up what a killed run left.

    Raises
    ------
    InputError
        When `folder` holds something else than a plan, or nothing can be written beside it.
    """
    target = Path(folder).resolve()
    try:
        with locked(target):
            _clear_up(target)
            check_replaceable(target)
            _check_nothing_in_the_way(_named(target, "previous"))
            with _beside(target) as fresh:
                (fresh / "plan.nc").write_bytes(b"")
    except OSError as error:
        raise _unwritable(target, error) from error


def read_plan(folder: Path, rules: Sequence[Rule] = ()) -> Plan:
    """Return the plan that a folder holds; its region is read again from the case, and it is verified again.

    Parameters
    ----------
    rules
        The rules of your own with which the plan was made, if any: a folder holds their names only.

    Raises
    ------
    InputError
        When the folder is not one of a plan, or what it holds cannot be used or verified; or where the
        rules are not those of the plan, which would be planned on without them.
    """
    folder = Path(folder)
    _recover(folder.resolve())
    _check_is_plan(folder)
    data, reference = read_arrays(folder / "plan.nc")
    said = said_in(data, folder / "plan.nc")
    _check_case(folder, said.case_digest)
    region = read_region(folder / CASE)
    # The case has the overrides applied; that they were, and of which files, the arrays remember.
    region = replace(region, overrides=said.overrides, digest=said.digest)
    _check_rules(folder, stored_rules(data, folder / "plan.nc"), rules)
    problem = Problem.of(region, forecast(region)).with_rules(*rules)
    for arrays in (data, reference):
        check_belongs(arrays, problem, folder / "plan.nc")
    plan = Plan(problem, data, reference, said.proof)
    check_plan(plan, folder / "plan.nc")
    return plan


def verify_folder(folder: Path) -> tuple[int, Plan]:
    """Verify a plan folder for a third party; return how many files its manifest lists, and the plan.

    Raises
    ------
    InputError
        With every file that is not as it was written, or with what of the plan cannot be verified.
    """
    _check_is_plan(Path(folder))
    return check_manifest(Path(folder)), read_plan(folder)


def _check_case(folder: Path, digest: str) -> None:
    if case_digest(folder / CASE) != digest:
        found = "input that is not the one the plan was made of (its digest differs)"
        remedy = f"Copy {CASE} to a folder of its own, change it there and plan that; or make the plan again."
        raise _refusal(folder / CASE, found, "the case as it was written with the plan", remedy)


def _check_rules(folder: Path, made_with: Sequence[str], given: Sequence[Rule]) -> None:
    names = [rule.name for rule in given]
    if sorted(names) != sorted(made_with):
        found = f"a plan made with rules of somebody's own: {', '.join(made_with) or 'none'}"
        remedy = "Give just these from Python: sp.read_plan(folder, rules=[…]). The report is in the folder."
        raise _refusal(folder, found, f"those given: {', '.join(names) or 'none'}", remedy)


def check_replaceable(folder: Path) -> None:
    """Check that `folder` is free, empty, or holds a plan and nothing else.

    Raises InputError otherwise: a folder of somebody's own work is never replaced.
    """
    if not folder.exists():
        return
    if not folder.is_dir():
        raise _refusal(folder, "a file", "a new folder, or one that holds a plan", "Choose another name.")
    strange = _strange(folder)
    present = {path.name for path in folder.iterdir()} - _OF_OTHERS
    if strange or (present and not {"plan.nc", CASE} <= present):
        found = f"a folder with {', '.join((strange or sorted(present))[:5])}"
        raise _refusal(
            folder,
            found,
            "a new folder, or one that holds a plan and nothing else",
            "Choose another folder, or move what is yours out of it.",
        )


def _check_nothing_in_the_way(previous: Path) -> None:
    """Check before a plan is made that what is there can be kept as `previous` while it is replaced."""
    if previous.exists() and (not previous.is_dir() or _strange(previous)):
        found = f"a folder with {', '.join(_strange(previous)[:5])}" if previous.is_dir() else "a file"
        remedy = f"Move {previous.name} elsewhere, or choose another folder with -o."
        raise _refusal(previous, found, "nothing: the plan that is replaced is kept there meanwhile", remedy)


def _recover(target: Path) -> None:
    """Put the plan before it back where a run was killed after moving it away and before putting its own."""
    previous = _named(target, "previous")
    if target.exists() or not (previous / "plan.nc").is_file():
        return
    with locked(target):
        if not target.exists() and previous.exists():
            previous.rename(target)
            _LOG.warning("an earlier run was broken off: the plan before it is put back in %s", target)


def _clear_up(target: Path) -> None:
    """Take away what runs that were killed left beside a plan; whoever calls holds the lock."""
    left = [path for path in target.parent.glob(f".{target.name}.*") if _is_ours(path, target)]
    for path in left:
        shutil.rmtree(path, ignore_errors=True)
        _LOG.warning("an earlier run was broken off while it wrote: its %s is taken away", path.name)
    previous = _named(target, "previous")
    if (target / "plan.nc").is_file() and previous.is_dir() and not _strange(previous):
        _LOG.warning("an earlier run was broken off after it wrote: %s is taken away", previous.name)
        _forget(previous)
    if not target.exists() and (previous / "plan.nc").is_file() and not _strange(previous):
        previous.rename(target)
        _LOG.warning("an earlier run was broken off: the plan before it is put back in %s", target)


def _is_ours(path: Path, target: Path) -> bool:
    ending = path.name.removeprefix(f".{target.name}.")
    return bool(_TOKEN.fullmatch(ending)) and path.is_dir() and not {*_strange(path)} - _HALF_WAY


def _written(writer: Callable[[Path], None], file: Path, target: Path) -> None:
    """Write one part of a plan, or say why it could not be and that nothing is lost."""
    try:
        writer(file)
    except _NOT_WRITTEN as error:
        raise _unwritable(target, error) from error


def _unwritable(target: Path, error: Exception) -> InputError:
    reason = (error.strerror if isinstance(error, OSError) else None) or str(error) or type(error).__name__
    return _refusal(
        target,
        f"a place where it cannot be written ({reason})",
        "a folder on a disk with room, in which you may write",
        "Make room, or choose another folder with -o. What was there is unchanged.",
    )


def _strange(folder: Path) -> list[str]:
    """Return what a folder holds that no plan has."""
    return sorted({path.name for path in folder.iterdir()} - _OF_OTHERS - {CASE, *FILES})


def _check_is_plan(folder: Path) -> None:
    if (folder / "plan.nc").is_file() and (folder / CASE).is_dir():
        return
    found = "no such folder" if not folder.exists() else "no plan.nc and case in it"
    previous = _named(folder, "previous")
    remedy = f"The plan before it lies in {previous}." if previous.exists() else "Check the path."
    raise _refusal(folder, found, "the folder of a plan", remedy)


def _writers(contents: Contents) -> dict[str, Callable[[Path], None]]:
    """Return what writes each part of the folder."""
    return {
        CASE: lambda path: write_case(contents.region, path),
        "plan.nc": lambda path: write_arrays(contents.plan, path, case_digest(path.parent / CASE)),
        "summary.json": lambda path: write_summary(contents, path),
        "plan.xlsx": lambda path: write_workbook(contents, path),
        "plan.gpkg": lambda path: write_layers(contents.plan, path),
        "report.html": lambda path: write_page(contents, path),
        MANIFEST: write_manifest,  # last: it lists all others
    }


@contextmanager
def _beside(target: Path) -> Iterator[Path]:
    """Make a new folder on the same disk, and take it away again if it is still there at the end."""
    fresh = target.with_name(f".{target.name}.{token_hex(4)}")
    fresh.mkdir(parents=True)
    try:
        with ending_with_process(fresh):
            yield fresh
    finally:
        shutil.rmtree(fresh, ignore_errors=True)


def _put_in_place(fresh: Path, target: Path) -> None:
    """Rename `fresh` to `target`, the plan that is there to `.previous` until that has succeeded."""
    previous = _named(target, "previous")
    try:
        if target.exists():
            _remove_plan(previous)
            target.rename(previous)
        try:
            fresh.rename(target)
        except OSError:
            if previous.exists() and not target.exists():
                previous.rename(target)
            raise
    except OSError as error:
        raise _held(fresh, target, error) from error
    _forget(previous)


def _held(fresh: Path, target: Path, error: OSError) -> InputError:
    """Keep the new plan under a name that can be found, and say so."""
    kept = next(name for n in range(1, 1000) if not (name := _named(target, f"new-{n}")).exists())
    fresh.rename(kept)
    reason = error.strerror or type(error).__name__
    expected, remedy = "a folder that can be renamed", ""
    if isinstance(error, PermissionError):
        expected = "a folder that no program holds open"
        remedy = "Close the program that holds one of its files open (Excel, a GIS, a browser). "
    elif isinstance(error, FileExistsError):
        expected, remedy = "nothing of that name", f"Move {_named(target, 'previous').name} elsewhere. "
    found = f"a folder that cannot be replaced ({reason})"
    return _refusal(
        target, found, expected, f"{remedy}The earlier plan is unchanged; the new one lies in {kept}."
    )


def _remove_plan(folder: Path) -> None:
    """Remove what an earlier run left, be it in part; a folder with anything else in it is refused."""
    if not folder.exists():
        return
    if not folder.is_dir() or _strange(folder):
        raise FileExistsError(EEXIST, f"{folder} is in the way and holds more than a plan")
    shutil.rmtree(folder)


def _forget(previous: Path) -> None:
    """Remove the plan that was replaced; one of its files held open is no reason to fail."""
    try:
        _remove_plan(previous)
    except OSError as error:
        _LOG.warning("%s is left behind: %s", previous, error)


def _named(folder: Path, ending: str) -> Path:
    return folder.with_name(f"{folder.name}.{ending}")


def _refusal(folder: Path, found: str, expected: str, remedy: str) -> InputError:
    return InputError([Fault(str(folder), found, expected, remedy)])
