"""Plans from Python: solve, warm start, score."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from geodata.tables import guarded
from geodata.temporary import temporary_folder
from models.region.decisions import AGREED, AgreedDecisions
from models.region.read_decisions import read_decided
from optimiser import manual_plan
from optimiser import solve as solving
from optimiser.warm_start import planned_again
from reports.front_door.plan_warnings import warn_of
from reports.front_door.targets import plan_of, problem_of

if TYPE_CHECKING:
    from collections.abc import Callable
    from threading import Event

    from models.region.region import Region
    from optimiser.manual_plan import ScoredPlan
    from optimiser.plan import Plan
    from optimiser.problem import Problem
    from optimiser.solver.limits import Progress
    from reports.front_door.targets import PlanLike, ProblemLike


def solve(
    target: ProblemLike,
    *,
    gap: float = 0.01,
    seconds: float = 150.0,
    seed: int = 0,
    progress: Callable[[Progress], None] = lambda _: None,
    stop: Event | None = None,
    start: PlanLike | None = None,
    work: int | None = None,
) -> Plan:
    """Return the best plan of a problem or region that the limits allow, verified, with its proof.

    Parameters and errors are those of `optimiser.solve`. It warns (`NothingChanges`, `GapMissed`) where
    the plan equals doing nothing or is farther from the best possible than `gap`.
    """
    begin = None if start is None else plan_of(start)
    plan = solving.solve(
        problem_of(target), gap=gap, seconds=seconds, seed=seed, progress=progress, stop=stop, start=begin,
        work=work,
    )  # fmt: skip
    return warn_of(plan)


def warm_start(
    plan: PlanLike,
    target: ProblemLike,
    *,
    gap: float = 0.01,
    seconds: float = 150.0,
    seed: int = 0,
    progress: Callable[[Progress], None] = lambda _: None,
    stop: Event | None = None,
) -> Plan:
    """Return a plan of a changed problem, from where another plan stands.

    Where only numbers differ, the model and bases of the plan are used; else it is solved with the plan as
    a start. Parameters, errors and warnings are those of `solve`.
    """
    near = planned_again(
        plan_of(plan), problem_of(target), gap=gap, seconds=seconds, seed=seed, progress=progress, stop=stop
    )
    return warn_of(near)


def score(
    target: ProblemLike,
    edit: AgreedDecisions | pd.DataFrame | str | Path,
    *,
    seed: int = 0,
    progress: Callable[[Progress], None] = lambda _: None,
    stop: Event | None = None,
) -> ScoredPlan:
    """Return the plan that places and homes written by hand make, and the rules that it breaks.

    Parameters
    ----------
    edit
        Decisions, or a table or CSV file of site, tier, year, places and corporation, neighbourhood (or
        municipality), year, homes.

    Raises
    ------
    InputError
        With every fault of the table.
    NoPlanYet
        Where it was stopped before there was a plan.
    """
    problem = problem_of(target)
    decided = edit if isinstance(edit, AgreedDecisions) else _decided(edit, problem)
    return manual_plan.score(problem, decided, seed=seed, progress=progress, stop=stop)


def _decided(edit: pd.DataFrame | str | Path, problem: Problem) -> AgreedDecisions:
    """Return the decisions of a table or its file."""
    if not isinstance(edit, pd.DataFrame):
        return read_decided(Path(edit), problem.region)
    with temporary_folder() as folder:
        return _from_table(edit, folder / AGREED, problem.region)


def _from_table(edit: pd.DataFrame, file: Path, region: Region) -> AgreedDecisions:
    guarded(edit).to_csv(file, index=False, lineterminator="\n")
    return read_decided(file, region)
