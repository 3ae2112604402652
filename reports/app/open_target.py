"""Target that `serve` opens: a region, a plan folder, or a folder of plans."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from geodata.bundled import region_folder
from geodata.faults import Fault, InputError
from geodata.tables import read_table
from reports.folder.collection import ASKED
from reports.folder.folder import CASE

if TYPE_CHECKING:
    from collections.abc import Iterator


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
    """Return what lies there: a region, a plan or plans; raises InputError where it is none of them."""
    folder = region_folder(name_or_path).resolve()
    if (folder / "plan.nc").is_file() and (folder / CASE).is_dir():
        return Opened(folder / CASE, folder)
    if (folder / ASKED).is_file():
        plans = tuple(_plans(folder))
        if not plans:
            remedy = "Make them with 'spreidplan alternatives' or 'spreidplan frontier'."
            raise InputError([Fault(str(folder), "no plan that is finished", "plans in it", remedy)])
        return _first_of(plans)
    plans = () if (folder / "region.toml").exists() else tuple(_side_by_side(folder))
    return _first_of(plans) if plans else Opened(folder)


def _first_of(plans: tuple[dict[str, Any], ...]) -> Opened:
    first = Path(plans[0]["folder"])
    return Opened(first / CASE, first, plans)


def _side_by_side(folder: Path) -> Iterator[dict[str, Any]]:
    """Generate the plans that lie in a folder by name; raises InputError where they are of other sites."""
    found = sorted(path.parent for path in folder.glob("*/plan.nc") if (path.parent / CASE).is_dir())
    for plan in found:
        if _sites(plan) != _sites(found[0]):
            expected, remedy = f"the sites of {found[0].name}", "Put plans of one region in a folder."
            raise InputError([Fault(str(plan), "a plan of other sites", expected, remedy)])
        yield {"name": plan.name, "folder": str(plan), "facts": {"distance": None, "label": plan.name}}


def _sites(plan: Path) -> set[str]:
    return set(read_table(plan / CASE / "sites.csv", [])["site"])


def _plans(folder: Path) -> list[dict[str, Any]]:
    written = json.loads((folder / ASKED).read_text(encoding="utf-8"))["plans"]
    return [
        {"name": name, "folder": str(folder / name), "facts": facts}
        for name, facts in written.items()
        if (folder / name / "plan.nc").is_file()
    ]
