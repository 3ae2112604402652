"""The input of a plan as a folder, so that every command on the plan can read it again and solve."""

from __future__ import annotations

from typing import TYPE_CHECKING

from models.parameters.toml_writer import region_text
from models.region.decisions import AGREED, decided_text
from models.region.read_region import region_files

if TYPE_CHECKING:
    from pathlib import Path

    from models.region.region import Region


def write_case(region: Region, folder: Path) -> None:
    """Write the region's input to a new `folder`, with the overrides applied.

    Tables, areas and scenarios are the bytes that were read; `region.toml` is written anew
    with the values that were used, and is read back to see that it says the same.

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
        target.write_bytes(content)
    if region.agreed:
        text = decided_text(region.agreed)
        (folder / AGREED).write_text(text, encoding="utf-8", newline="\n")
    text = region_text(region.parameters)
    (folder / "region.toml").write_text(text, encoding="utf-8", newline="\n")
