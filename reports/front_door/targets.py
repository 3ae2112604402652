"""Regions, problems and plans, from themselves or from where they are kept."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from geodata.bundled import region_folder
from models.region.read_region import read_region as region_in
from models.region.region import Region
from optimiser.plan import Plan
from optimiser.problem import Problem
from reports.folder.folder import read_plan

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

type RegionLike = Region | str | Path
"""A region, the name of a bundled one, or a folder."""
type ProblemLike = Problem | Plan | Region | str | Path
"""A problem, or a plan or region of which it is made."""
type PlanLike = Plan | str | Path
"""A plan, or its folder."""


def read_region(
    path: str | Path,
    *,
    scenario: str | Sequence[str] = (),
    settings: Mapping[str, object] | None = None,
) -> Region:
    """Return a region, read and checked.

    Parameters
    ----------
    path
        The name of a bundled region, or a folder with a `region.toml`.
    scenario
        Name of a scenario of the region, or several.
    settings
        Dotted keys of `region.toml` with other values: numbers, booleans, or text as in TOML.

    Raises
    ------
    InputError
        With every fault of the folder, and of settings that it does not know.
    """
    return region_in(region_folder(path), _names(scenario), settings)


def region_of(target: RegionLike) -> Region:
    """Return a region, read where only its name or folder is known."""
    return target if isinstance(target, Region) else read_region(target)


def problem_of(target: ProblemLike) -> Problem:
    """Return the problem of a plan or region, or the problem itself."""
    if isinstance(target, Problem):
        return target
    return target.problem if isinstance(target, Plan) else Problem.of(region_of(target))


def plan_of(target: PlanLike) -> Plan:
    """Return a plan, read where only its folder is known."""
    return target if isinstance(target, Plan) else read_plan(Path(target))


def _names(scenario: str | Sequence[str]) -> tuple[str, ...]:
    return (scenario,) if isinstance(scenario, str) else tuple(scenario)
