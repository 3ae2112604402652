"""Questions about plans: explain, compare, alternatives, Pareto front, two-stage plan."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from models.parameters.scenario import COMMAND_LINE, scenario_names
from models.region.region import Region
from optimiser.explain.explanation import explain as explanation_of
from optimiser.solver.executors import workers
from optimiser.tradeoffs.near_optimal_set import AlternativesOptions, near_optimal_set
from optimiser.tradeoffs.pareto_trace import ParetoOptions, pareto_trace
from optimiser.tradeoffs.plan_store import MemoryStore
from optimiser.tradeoffs.two_stage_set import TwoStageOptions, two_stage_set
from reports.answers.comparison import PlanComparison
from reports.collections import alternatives as alternatives_on_disk
from reports.collections import frontier, futures
from reports.collections.alternatives import OtherPlans
from reports.collections.frontier import Front
from reports.collections.futures import Futures
from reports.folder.collection import Collection
from reports.front_door.explained import ExplainedPlan
from reports.front_door.targets import plan_of, problem_of, read_region

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from threading import Event

    from optimiser.solver.limits import Report
    from reports.front_door.targets import PlanLike, ProblemLike, RegionLike
    from reports.text.notation import Language


def explain(
    plan: PlanLike,
    *,
    sites: Sequence[str] = (),
    seconds: float = 15.0,
    each: int = 3,
    again: bool = False,
    lang: Language = "en",
    report: Report = lambda _: None,
    stop: Event | None = None,
) -> ExplainedPlan:
    """Return why a plan is as it is: rules that bind, marginal values, and the other answer for sites.

    Parameters are those of `optimiser.explain.explanation.explain`.
    """
    known = explanation_of(
        plan_of(plan), sites=sites, seconds=seconds, each=each, again=again, report=report, stop=stop
    )
    return ExplainedPlan(known, lang)


def compare(*plans: PlanLike, lang: Language = "en") -> PlanComparison:
    """Return plans of one region side by side, each compared with the first.

    Raises
    ------
    InputError
        Where plans share no year or have other neighbourhoods.
    """
    return PlanComparison.of([plan_of(plan) for plan in plans], lang)


def alternatives(
    target: ProblemLike,
    *,
    within: float = 0.02,
    count: int = 5,
    gap: float = 0.01,
    seconds: float = 150.0,
    seed: int = 0,
    room_seconds: float = 120.0,
    folder: str | Path | None = None,
    lang: Language = "en",
    progress: Report = lambda _: None,
    stop: Event | None = None,
) -> OtherPlans:
    """Return near-optimal plans, as different as can be, and the ranges that they leave.

    Parameters
    ----------
    within
        Share by which a plan's objective may exceed that of the best plan found.
    count
        Plans in all.
    gap, seconds, seed
        Of every solve.
    room_seconds
        For proving what is possible within the band.
    folder
        Where plans are stored as they are finished; the same call goes on from there.
    """
    problem = problem_of(target)
    options = AlternativesOptions(within, count, gap, seconds, seed, room_seconds)
    if folder is None:
        return OtherPlans(near_optimal_set(problem, MemoryStore(), options, progress, stop), lang)
    store = Collection(Path(folder), alternatives_on_disk.question(problem.region, options), lang)
    return alternatives_on_disk.gather(problem, store, options, progress, stop)


def pareto(
    target: ProblemLike,
    *,
    trade: Sequence[str] = ("cost", "travel"),
    points: int = 5,
    within: float = 0.05,
    gap: float = 0.01,
    seconds: float = 150.0,
    seed: int = 0,
    folder: str | Path | None = None,
    lang: Language = "en",
    progress: Report = lambda _: None,
    stop: Event | None = None,
) -> Front:
    """Return the Pareto front between cost and other criteria, each point with its own bound.

    Parameters
    ----------
    trade
        Of cost, travel, concentration and pace: cost and one more at least.
    points
        Plans in all, at most.
    within
        Share above the cheapest plan's cost up to which the front is traced.
    gap, seconds, seed
        Of every solve.
    folder
        Where plans are stored as they are finished; the same call goes on from there.
    """
    problem = problem_of(target)
    options = ParetoOptions(tuple(trade), points, within, gap, seconds, seed)
    if folder is None:
        return Front(pareto_trace(problem, MemoryStore(), options, progress, stop), lang)
    store = Collection(Path(folder), frontier.question(problem.region, options), lang)
    return frontier.gather(problem, store, options, progress, stop)


def two_stage(
    target: RegionLike,
    *,
    scenario: str | Sequence[str] = (),
    settings: Mapping[str, object] | None = None,
    draws: int = 8,
    commit: int = 3,
    gap: float = 0.01,
    seconds: float = 150.0,
    seed: int = 0,
    processes: int | None = None,
    scheduler: str | None = None,
    folder: str | Path | None = None,
    lang: Language = "en",
    progress: Report = lambda _: None,
    stop: Event | None = None,
) -> Futures | None:
    """Return one first stage that serves many futures, with the regret of each; None where it was stopped.

    Parameters
    ----------
    target, scenario, settings
        The region, as `read_region` reads it, or a region that was read.
    draws, commit
        How many futures, and how many first years are the same in all of them.
    gap, seconds, seed
        Of every solve; the seed is also that of the draws.
    processes, scheduler
        Solves at once on this machine (all cores), or the address of a Dask cluster.
    folder
        Where outcomes are stored as they are finished; the same call goes on from there.

    Raises
    ------
    NoPlanYet
        Where no future had a plan in time.
    """
    read = _reader(target, scenario, settings or {})
    options = TwoStageOptions(draws, commit, gap, seconds, seed)
    with workers(scheduler, processes) as work:
        if folder is None:
            found = two_stage_set(read, MemoryStore(), options, work, progress, stop)
            return None if found is None else Futures(found, lang)
        store = Collection(Path(folder), futures.question(read({}), options), lang)
        return futures.gather(read, store, options, work, progress, stop)


def _reader(
    target: RegionLike, scenario: str | Sequence[str], settings: Mapping[str, object]
) -> Callable[[Mapping[str, Any]], Region]:
    """Return what reads a region again with drawn settings beside those that it has."""
    folder = target.folder if isinstance(target, Region) else target
    names, known = _changes(target) if isinstance(target, Region) else ([], {})
    names = [*names, *([scenario] if isinstance(scenario, str) else scenario)]
    known = {**known, **settings}

    def read(drawn: Mapping[str, Any]) -> Region:
        return read_region(folder, scenario=names, settings={**known, **drawn})

    return read


def _changes(region: Region) -> tuple[list[str], dict[str, object]]:
    """Return the scenarios and settings with which a region was read."""
    there = scenario_names(region.folder)
    origins = {one.origin.removeprefix("scenario ") for one in region.overrides}
    ranges = region.assumptions.drop_duplicates("key").set_index("key")[["value", "low", "high"]]
    known = {str(key): row.dropna().to_dict() for key, row in ranges.iterrows()}
    own = {one.key: one.new for one in region.overrides if one.origin == COMMAND_LINE}
    # a number with a range keeps it: draws come from there
    with_range = {key: known[key] for key in own if len(known.get(key, {})) > 1}
    return [name for name in there if name in origins], own | with_range
