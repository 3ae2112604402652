"""Conversion of decisions between plans and tables."""

from __future__ import annotations

from typing import TYPE_CHECKING

from geodata.faults import Fault, InputError
from reports.figures import figures

if TYPE_CHECKING:
    from pathlib import Path

    from models.region.region import Region
    from optimiser.plan import Plan


def check_same_region(plan: Plan, region: Region, folder: Path) -> None:
    """Check that a plan is one of a region; raises InputError where it is of another one."""
    name, other = region.parameters.region.name, figures.region_of(plan).parameters.region.name
    if name != other:
        remedy = f"Name its region, or {folder / 'case'}."
        raise InputError([Fault(str(folder), f"a plan of {other}", f"a plan of {name}", remedy)])
