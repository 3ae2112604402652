"""The input of a plan as a folder, so that every command on the plan can read it again and solve."""

from __future__ import annotations

from typing import TYPE_CHECKING

from geodata.tables import guarded_text
from models.parameters.toml_writer import region_text
from models.region.decisions import AGREED, decided_text
from models.region.read_region import region_files

if TYPE_CHECKING:
    from pathlib import Path

    from models.region.region import Region


def write_case(region: Region, folder: Path) -> None:
    """Write the region's input to a new `folder`, with the overrides applied.

    Tables, areas and scenarios are the bytes that were read, but for an apostrophe before a cell that a
    spreadsheet program would run; `region.toml` is written anew with the values that were used, and is
    read back to see that it says the same.

    Raises
    ------
    ValueError
        When the written `region.toml` does not read back as the parameters of the region.
    """
    folder.mkdir()
    # a table that was saved in Excel during the solve must not come into the case
    for name, content in (region.files or region_files(region.folder)).items():
        if name.endswith(".toml") and "/" not in name:
            continue
        target = folder / name
        target.parent.mkdir(exist_ok=True)
        target.write_bytes(_safe(content) if name.lower().endswith(".csv") else content)
    if region.agreed:
        text = decided_text(region.agreed)
        (folder / AGREED).write_text(text, encoding="utf-8", newline="\n")
    text = region_text(region.parameters)
    (folder / "region.toml").write_text(text, encoding="utf-8", newline="\n")


def _safe(content: bytes) -> bytes:
    """Return a CSV file in which no spreadsheet program finds a formula to run; else the very same bytes."""
    try:
        return guarded_text(content.decode("utf-8")).encode("utf-8")
    except UnicodeDecodeError:
        # a file beside those of the region, which nobody reads: its signs are those of ASCII all the same
        return guarded_text(content.decode("latin-1")).encode("latin-1")
