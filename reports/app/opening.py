"""What `serve` is given: a region, the folder of a plan, or a folder of several plans."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from geodata.bundled import region_folder
from geodata.faults import Fault, InputError
from reports.collection import ASKED
from reports.folder import CASE


@dataclass(frozen=True)
class Opened:
    """The folder of the region, the plan that was opened, and plans to click through.

    Attributes
    ----------
    gallery
        Of every plan its name, its folder and what is known of it.
    """

    region: Path
    given: Path | None = None
    gallery: tuple[dict[str, Any], ...] = ()


def opened(name_or_path: str) -> Opened:
    """Return what lies there; raises InputError where it is none of the three."""
    folder = region_folder(name_or_path).resolve()
    if (folder / "plan.nc").is_file() and (folder / CASE).is_dir():
        return Opened(folder / CASE, folder)
    if (folder / ASKED).is_file():
        plans = tuple(_plans(folder))
        if not plans:
            remedy = "Make them with 'spreidplan alternatives' or 'spreidplan frontier'."
            raise InputError([Fault(str(folder), "no plan that is finished", "plans in it", remedy)])
        first = Path(plans[0]["folder"])
        return Opened(first / CASE, first, plans)
    return Opened(folder)


def _plans(folder: Path) -> list[dict[str, Any]]:
    written = json.loads((folder / ASKED).read_text(encoding="utf-8"))["plans"]
    return [
        {"name": name, "folder": str(folder / name), "facts": facts}
        for name, facts in written.items()
        if (folder / name / "plan.nc").is_file()
    ]
