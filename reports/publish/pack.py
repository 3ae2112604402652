"""The decision pack: what goes to a council, in one folder."""

from __future__ import annotations

from typing import TYPE_CHECKING

from geodata.faults import Fault, InputError
from geodata.temporary import temporary_folder
from reports.figures.public import Public
from reports.folder.layers import write_layers, write_public_layers
from reports.page.page import page
from reports.publish.memo import memo
from reports.publish.pdf import browser, printed
from reports.publish.public_page import public_page
from reports.publish.public_workbook import write_public_workbook
from reports.workbook.workbook import write_workbook

if TYPE_CHECKING:
    from pathlib import Path

    from reports.figures.contents import Contents

REPORT, WORKBOOK, LAYERS, PDF, PAPER, README = (
    "report.html", "plan.xlsx", "plan.gpkg", "memo.pdf", "memo.html", "README.txt",
)  # fmt: skip
_MAY_HOLD = frozenset({REPORT, WORKBOOK, LAYERS, PDF, PAPER, README, ".DS_Store", "Thumbs.db", "desktop.ini"})


def write_pack(contents: Contents, folder: Path, *, public: bool = False, by: Path | None = None) -> str:
    """Write report, workbook, layers, memo and README.txt; return why the memo is no PDF, or nothing.

    Parameters
    ----------
    public
        Whether all of it is the version with small counts left out.
    by
        The browser that prints the memo; one of this computer where none is named.

    Raises
    ------
    InputError
        When the folder holds something else than an earlier pack, or a file is held open.
    """
    check_replaceable(folder)
    with temporary_folder() as fresh:
        why = _write(contents, fresh, public=public, by=by or browser())
        folder.mkdir(parents=True, exist_ok=True)
        _move(fresh, folder)
    return why


def check_replaceable(folder: Path) -> None:
    """Check that a folder is new or holds an earlier pack; raises InputError otherwise."""
    strange = sorted({path.name for path in folder.iterdir()} - _MAY_HOLD) if folder.is_dir() else []
    if strange or folder.is_file():
        found = f"a folder with {', '.join(strange[:5])}" if strange else "a file"
        expected = "a new folder, or one of an earlier pack"
        raise InputError([Fault(str(folder), found, expected, "Name another folder with -o.")])


def _write(contents: Contents, folder: Path, *, public: bool, by: Path | None) -> str:
    text = public_page(contents) if public else page(contents)
    (folder / REPORT).write_bytes(text.encode("utf-8"))
    if public:
        write_public_workbook(contents, folder / WORKBOOK)
        write_public_layers(contents, folder / LAYERS)
    else:
        write_workbook(contents, folder / WORKBOOK)
        write_layers(contents.plan, folder / LAYERS)
    paper = folder / PAPER
    paper.write_bytes(memo(contents, public=public).encode("utf-8"))
    why = printed(paper, folder / PDF, by)
    if not why:
        paper.unlink()
    (folder / README).write_text(_readme(contents, why, public=public), encoding="utf-8", newline="\r\n")
    return why


def _readme(contents: Contents, why: str, *, public: bool) -> str:
    """Return what every file is for, in plain text that any computer opens."""
    words = contents.words
    files = (REPORT, WORKBOOK, LAYERS, PAPER if why else PDF)
    told = [f"{name}: {words(f'pack_{name.replace(".", "_")}')}" for name in files]
    threshold = Public(contents.plan).threshold
    marked = words("pack_public", threshold=threshold) if public else words("pack_full", threshold=threshold)
    return "\n".join(
        [contents.title, "", contents.status, "", *told, "", marked, "", contents.provenance, ""]
    )


def _move(fresh: Path, folder: Path) -> None:
    """Put every file in its place, and take away the memo that an earlier pack had in the other form."""
    names = {path.name for path in fresh.iterdir()}
    near = {name: folder / f".{name}.new" for name in names}
    try:
        for name in sorted(names):
            # to the disk of the folder first, so that the last step is a rename
            near[name].write_bytes((fresh / name).read_bytes())
            near[name].replace(folder / name)
        for name in {PDF, PAPER} - names:
            (folder / name).unlink(missing_ok=True)
    except PermissionError as error:
        found, expected = "a file that cannot be replaced", "a file that no program holds open"
        remedy = "Close the program that holds it open (Excel, a GIS, a browser) and ask again."
        where = str(error.filename2 or error.filename)
        raise InputError([Fault(where, found, expected, remedy)]) from error
    finally:
        for path in near.values():
            path.unlink(missing_ok=True)
