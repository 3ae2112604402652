"""The input of a plan as a folder, so that every command on the plan can read it again and solve."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

from models.parameters.toml_writer import region_text
from models.region.decisions import AGREED, decided_text

if TYPE_CHECKING:
    from pathlib import Path

    from models.region.region import Region

_COPIED = (".csv", ".xlsx", ".gpkg", ".geojson", ".graphml", ".md")


def write_case(region: Region, folder: Path) -> None:
    """Write the region's input to a new `folder`, with the overrides applied.

    Tables, areas and scenarios are copied as they were read; `region.toml` is written anew
    with the values that were used, and is read back to see that it says the same.

    Raises
    ------
    ValueError
        When the written `region.toml` does not read back as the parameters of the region.
    """
    folder.mkdir()
    for file in sorted(region.folder.iterdir()):
        if file.is_file() and file.suffix in _COPIED and not file.name.startswith("."):
            shutil.copyfile(file, folder / file.name)
    scenarios = sorted((region.folder / "scenarios").glob("*.toml"))
    if scenarios:
        (folder / "scenarios").mkdir()
        for file in scenarios:
            shutil.copyfile(file, folder / "scenarios" / file.name)
    if region.agreed:
        text = decided_text(region.agreed)
        (folder / AGREED).write_text(text, encoding="utf-8", newline="\n")
    text = region_text(region.parameters)
    (folder / "region.toml").write_text(text, encoding="utf-8", newline="\n")
