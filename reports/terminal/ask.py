"""Commands that ask about plans: explain, compare, alternatives, frontier, futures."""

import functools
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

from reports.terminal import values
from reports.terminal.declare import argument, option, options
from reports.terminal.messages import ABORTED, DONE, NO_PLAN, language, no_plan, print_json, print_lines, tell
from reports.terminal.options import (
    AsJson,
    CollectionFolder,
    Lang,
    Options,
    PlanFolder,
    PlanSeed,
    RegionName,
    RepairTime,
    Scenarios,
    Settings,
)
from reports.terminal.progress import ProgressDisplay, interruptible
from reports.terminal.solving import chosen_region, settings_by_key

if TYPE_CHECKING:
    from models.region.region import Region
    from optimiser.explain.explanation import Explanation
    from optimiser.plan import Plan
    from optimiser.problem import Problem
    from reports.folder.collection import StoredPlan


def explain(
    plan: PlanFolder,
    *,
    lang: Lang = None,
    json: AsJson = False,
    sites: Annotated[
        list[str],
        options(
            "--site SITE",
            "why it runs, or does not: the plan made again with the other answer; may be given again",
        ),
    ],
    again: Annotated[
        bool, option("--again", "also ask the whole plan again where rules on places and homes bind")
    ] = False,
    each: Annotated[int, option("--each N", "units asked of each kind (3)", values.count)] = 3,
    time: Annotated[float, option("--time SECONDS", "for asking (15)", values.positive)] = 15.0,
) -> int:
    """Say which rules bind and what one more is worth."""
    return _explain(Options(**locals()))


def compare(
    plans: Annotated[list[Path], argument("PLAN", "folders of plans; the first is compared with")],
    *,
    lang: Lang = None,
    json: AsJson = False,
    solve_on: Annotated[
        float | None,
        option(
            "--solve-on SECONDS",
            "where a difference is not distinguishable: improve both plans for so long, and write them",
            values.positive,
        ),
    ] = None,
    attribute: Annotated[
        bool, option("--attribute", "between two plans: what each change of the input does")
    ] = False,
    by: Annotated[
        Literal["key", "scenario"],
        option(
            "--by key|scenario",
            "with --attribute: a step per key, or the keys of one scenario together (key)",
        ),
    ] = "key",
    ordered: Annotated[
        bool, option("--ordered", "with --attribute: in one order, also for 4 steps or fewer")
    ] = False,
    gap: Annotated[float, option("--gap SHARE", "of each plan half-way (0.01)", values.share)] = 0.01,
    time: Annotated[float, option("--time SECONDS", "for each of them (60)", values.positive)] = 60.0,
    seed: Annotated[int, option("--seed N", "same seed and input, same plan (0)", values.count)] = 0,
    output: Annotated[
        Path | None,
        option(
            "-o, --output FOLDER",
            "keep the plans half-way here, and use those that are there: go on where it stopped",
        ),
    ] = None,
) -> int:
    """Set plans side by side."""
    return _compare(Options(**locals()))


def alternatives(
    region: RegionName,
    *,
    scenarios: Scenarios,
    settings: Settings,
    gap: Annotated[
        float, option("--gap SHARE", "good enough, such as 0.01 or 1% (0.01)", values.share)
    ] = 0.01,
    time: Annotated[float, option("--time SECONDS", "longest solve (300)", values.positive)] = 300.0,
    seed: PlanSeed = 0,
    repair_time: RepairTime = 60.0,
    lang: Lang = None,
    json: AsJson = False,
    within: Annotated[float, option("--within SHARE", "above the best plan found (2%)", values.share)] = 0.02,
    count: Annotated[int, option("--count K", "plans, the best among them (5)", values.one_or_more)] = 5,
    room: Annotated[
        float, option("--room SECONDS", "to prove what is possible (120)", values.positive)
    ] = 120.0,
    output: CollectionFolder,
) -> int:
    """Make other good plans, as different as can be."""
    return _alternatives(Options(**locals()))


def frontier(
    region: RegionName,
    *,
    scenarios: Scenarios,
    settings: Settings,
    gap: Annotated[
        float, option("--gap SHARE", "good enough, such as 0.01 or 1% (0.01)", values.share)
    ] = 0.01,
    time: Annotated[float, option("--time SECONDS", "longest solve (300)", values.positive)] = 300.0,
    seed: PlanSeed = 0,
    repair_time: RepairTime = 60.0,
    lang: Lang = None,
    json: AsJson = False,
    trade: Annotated[
        Any,
        option(
            "--trade A,B",
            "of cost, travel, concentration, pace: cost and one more at least (cost,travel)",
            values.names,
        ),
    ] = ("cost", "travel"),
    points: Annotated[int, option("--points N", "plans at most (5)", values.one_or_more)] = 5,
    within: Annotated[
        float, option("--within SHARE", "most cost above the cheapest (5%)", values.share)
    ] = 0.05,
    output: CollectionFolder,
) -> int:
    """Show what more of one thing costs in another."""
    return _frontier(Options(**locals()))


def futures(
    region: RegionName,
    *,
    scenarios: Scenarios,
    settings: Settings,
    gap: Annotated[
        float, option("--gap SHARE", "good enough, such as 0.01 or 1% (0.01)", values.share)
    ] = 0.01,
    time: Annotated[float, option("--time SECONDS", "longest solve (300)", values.positive)] = 300.0,
    seed: PlanSeed = 0,
    repair_time: RepairTime = 60.0,
    lang: Lang = None,
    json: AsJson = False,
    draws: Annotated[int, option("--draws N", "futures (8)", values.one_or_more)] = 8,
    commit: Annotated[
        int, option("--commit YEARS", "first years, the same in all (3)", values.one_or_more)
    ] = 3,
    processes: Annotated[
        int | None, option("--processes N", "solves at once on this machine (all cores)", values.one_or_more)
    ] = None,
    scheduler: Annotated[
        str | None, option("--scheduler ADDRESS", "of a Dask cluster to work on, such as tcp://host:8786")
    ] = None,
    output: CollectionFolder,
) -> int:
    """Make one start that serves many futures."""
    return _futures(Options(**locals()))


def _explain(arguments: Options) -> int:
    from optimiser.explain.explanation import explain
    from reports.answers.explanation import as_record, as_text
    from reports.figures.figures import region_of
    from reports.folder.folder import read_plan

    plan, stop = read_plan(arguments.plan), threading.Event()
    lang = arguments.lang or region_of(plan).parameters.region.language
    ticker = ProgressDisplay(lang=lang)
    asked = {"sites": arguments.sites, "seconds": arguments.time, "each": arguments.each}

    def work() -> "Explanation":
        return explain(plan, **asked, again=arguments.again, report=ticker, stop=stop)

    told = interruptible(work, stop, ticker, "stop_known")
    if arguments.json:
        print_json(as_record(told, lang))
    else:
        print_lines([as_text(told, lang)])
    return DONE


def _compare(arguments: Options) -> int:
    from geodata.faults import Fault, InputError

    folders, pairs = arguments.plans, arguments.plans[1:]
    if not pairs or (arguments.attribute and len(pairs) > 1):
        expected = "two plans" if arguments.attribute else "two plans or more"
        found = f"{len(folders)} plan" + ("s" if pairs else "")
        raise InputError([Fault("compare", found, expected, "Name the folders of the plans.")])
    from reports.answers.comparison import PlanComparison
    from reports.figures.figures import region_of
    from reports.folder.folder import read_plan

    plans = [read_plan(folder) for folder in folders]
    lang = arguments.lang or region_of(plans[0]).parameters.region.language
    compared = PlanComparison.of(plans, lang)
    if arguments.solve_on and not all(one.is_distinguishable for one in compared.distances):
        compared = PlanComparison.of(_solved_on(plans, arguments, lang), lang)
    record = compared.record()
    if not arguments.json:
        print_lines(compared.lines())
    if arguments.attribute:
        record["attribution"] = _attribute(compared.plans, lang, arguments)
    if arguments.json:
        print_json(record)
    return DONE


def _solved_on(plans: "Sequence[Plan]", arguments: Options, lang: Any) -> "list[Plan]":
    """Improve plans that are not proven for a while, and write those that have become better."""
    from optimiser.compare.comparison import improved
    from reports.folder.folder import write

    stop, ticker, found = threading.Event(), ProgressDisplay(lang=lang), list["Plan"]()
    for folder, plan in zip(arguments.plans, plans, strict=True):
        tell(ticker.words("solving_on", folder=folder))
        limits = {"seconds": arguments.solve_on, "seed": arguments.seed, "progress": ticker, "stop": stop}
        work = functools.partial(improved, plan, **limits)
        found.append(interruptible(work, stop, ticker, "stop_plan"))
        if found[-1] is not plan:
            write(found[-1], folder, lang=arguments.lang or "nl")
    return found


def _attribute(plans: "Sequence[Plan]", lang: Any, arguments: Options) -> Any:
    from optimiser.solve import solve
    from optimiser.solver.limits import Progress
    from reports.answers.attribution import Between, attribution_lines, attribution_record, steps_between
    from reports.figures.contents import Contents

    stop, ticker, began = threading.Event(), ProgressDisplay(lang=lang), time.monotonic()
    limits = {"gap": arguments.gap, "seconds": arguments.time, "seed": arguments.seed}

    def make(problem: "Problem", near: "Plan") -> "Plan | None":
        plan = solve(problem, **limits, progress=ticker, stop=stop, start=near)
        return None if stop.is_set() else plan

    def tell(done: int, total: int, what: str) -> None:
        ticker(Progress(time.monotonic() - began, f"{done} of {total} plans; next: {what}", None, None))

    steps = steps_between(*plans, by_scenario=arguments.by == "scenario")
    half_way = Between(plans[0], plans[1], steps, make, limits, arguments.output, arguments.ordered)
    found = interruptible(lambda: half_way.attribution(tell), stop, ticker, "stop_finished")
    if not arguments.json:
        told = Contents(plans[0], (), (), lang)
        print_lines(["", *attribution_lines(found, half_way.missing, steps, told)])
    return attribution_record(found, half_way.missing, steps)


def _alternatives(arguments: Options) -> int:
    region, given = chosen_region(arguments), arguments
    from models.demand.forecast import forecast
    from optimiser.problem import Problem
    from optimiser.tradeoffs.near_optimal_set import AlternativesOptions
    from reports.collections.alternatives import gather, question

    asked = AlternativesOptions(given.within, given.count, given.gap, given.time, given.seed, given.room)
    return _gathered(
        arguments, region, question(region, asked), "plans",
        lambda kept, *how: gather(Problem.of(region, forecast(region)), kept, asked, *how),
    )  # fmt: skip


def _frontier(arguments: Options) -> int:
    region, given = chosen_region(arguments), arguments
    from models.demand.forecast import forecast
    from optimiser.problem import Problem
    from optimiser.tradeoffs.pareto_trace import ParetoOptions
    from reports.collections.frontier import gather, question

    asked = ParetoOptions(tuple(given.trade), given.points, given.within, given.gap, given.time, given.seed)
    return _gathered(
        arguments, region, question(region, asked), "points",
        lambda kept, *how: gather(Problem.of(region, forecast(region)), kept, asked, *how),
    )  # fmt: skip


def _futures(arguments: Options) -> int:
    region = chosen_region(arguments)
    from geodata.bundled import region_folder
    from models.region.read_region import read_region
    from optimiser.solver.executors import workers
    from optimiser.tradeoffs.two_stage_set import TwoStageOptions
    from reports.collections.futures import gather, question

    asked = TwoStageOptions(arguments.draws, arguments.commit, arguments.gap, arguments.time, arguments.seed)
    folder, settings = region_folder(arguments.region), settings_by_key(arguments.settings)

    def read(drawn: Mapping[str, str]) -> "Region":
        return read_region(folder, arguments.scenarios, {**settings, **drawn})

    with workers(arguments.scheduler, arguments.processes) as work:
        return _gathered(
            arguments, region, question(region, asked), "futures",
            lambda kept, *how: gather(read, kept, asked, work, *how),
        )  # fmt: skip


def _gathered(
    arguments: Options,
    region: "Region",
    question: Mapping[str, Any],
    what: str,
    gather: "Callable[..., StoredPlan | None]",
) -> int:
    """Gather what answers a question in a folder, tell it, and say how it ended."""
    from optimiser.solve import Impossible, NoPlanYet
    from reports.folder.collection import Collection

    kept = Collection(arguments.output, question, language(arguments, region))
    stop, ticker = threading.Event(), ProgressDisplay(lang=kept.lang)
    try:
        told = interruptible(lambda: gather(kept, ticker, stop), stop, ticker, f"stop_{what}")
    except (Impossible, NoPlanYet) as error:
        return no_plan(error, arguments)
    if told is None:
        tell(ticker.words("half_way", folder=kept.folder))
        return ABORTED
    if arguments.json:
        print_json({"folder": str(kept.folder), **told.record()})
    else:
        print_lines([told.text(), "", str(kept.folder.resolve())])
    return DONE if told.is_possible else NO_PLAN
