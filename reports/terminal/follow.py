"""Commands that follow a plan in use: monitor."""

import functools
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from reports.terminal import values
from reports.terminal.declare import argument, option, options
from reports.terminal.messages import DONE, language, no_plan, print_json, print_lines, tell
from reports.terminal.options import AsJson, Lang, LockFile, Options, PlanSeed, RepairTime, WorkLimit
from reports.terminal.progress import ProgressDisplay, interruptible
from reports.terminal.solving import impossible, settings_by_key, solved

if TYPE_CHECKING:
    from reports.answers.monitor import Monitor


def monitor(
    plan: Annotated[Path, argument("PLAN", "folder of a plan; it is not changed")],
    *,
    lock: LockFile = None,
    gap: Annotated[
        float, option("--gap SHARE", "good enough, such as 0.01 or 1% (0.01)", values.share)
    ] = 0.01,
    time: Annotated[float, option("--time SECONDS", "longest solve (300)", values.positive)] = 300.0,
    seed: PlanSeed = 0,
    repair_time: RepairTime = 60.0,
    work: WorkLimit = None,
    lang: Lang = None,
    json: AsJson = False,
    actuals: Annotated[
        Path | None, option("--actuals FILE", "what was counted: CSV, see docs/monitor.md; recorded")
    ] = None,
    history: Annotated[
        Path | None, option("--history FILE", "where counts are kept (PLAN.monitor.duckdb beside it)")
    ] = None,
    quarter: Annotated[
        str | None,
        option("--quarter QUARTER", "such as 2027Q1 (the last one that was counted)", values.quarter),
    ] = None,
    draws: Annotated[int, option("--draws N", "draws of the band (400)", values.one_or_more)] = 400,
    public: Annotated[
        bool, option("--public", "the region as a whole only, without small counts of people")
    ] = False,
    replan: Annotated[
        bool, option("--replan", "plan on from there, with what is agreed and few changes")
    ] = False,
    output: Annotated[Path | None, option("-o, --output NEWPLAN", "with --replan: folder to write")] = None,
    settings: Annotated[
        list[Any],
        options(
            "--set KEY=VALUE",
            "with --replan: a number of region.toml, such as an estimated rate",
            values.setting,
        ),
    ],
) -> int:
    """Hold what was counted against a plan, and plan on from there."""
    return _monitor(Options(**locals()))


def _monitor(arguments: Options) -> int:
    from models.monitoring.actuals import Quarter, read_actuals
    from models.monitoring.history import History
    from reports.answers.monitor import monitored, needed
    from reports.folder.folder import read_plan

    _check_replan(arguments)
    plan = read_plan(arguments.plan)
    region = plan.problem.region
    history = History.beside(arguments.plan, region.parameters.region.name)
    if arguments.history is not None:
        history = History(arguments.history, history.region)
    if arguments.actuals is not None:
        recorded = history.record(read_actuals(arguments.actuals, region), arguments.actuals.name)
        tell(f"{arguments.actuals}: {'recorded' if recorded else 'was recorded before'} in {history.file}")
    counts = history.read().within(plan.problem.years)
    quarter = needed(counts, history.file, Quarter.of(arguments.quarter) if arguments.quarter else None)
    lang = language(arguments, region)
    drawn = {"draws": arguments.draws, "seed": arguments.seed}
    told = monitored(plan, counts, quarter, lang, public=arguments.public, **drawn)
    if arguments.replan:
        return _replan(told, arguments)
    if arguments.json:
        print_json(told.record())
    else:
        print_lines([told.text()])
    return DONE


def _check_replan(arguments: Options) -> None:
    """Refuse options that go together and do not."""
    from geodata.faults import Fault, InputError

    if arguments.replan and arguments.output is None:
        raise InputError([Fault("--replan", "no folder", "one for the new plan", "Name it with -o.")])
    if arguments.replan and arguments.public:
        expected, remedy = "one of the two", "A new plan is published with spreidplan report."
        raise InputError([Fault("--public", "it with --replan", expected, remedy)])
    alone = {"-o": arguments.output, "--lock": arguments.lock, "--set": arguments.settings}
    unused = [name for name, value in alone.items() if value and not arguments.replan]
    if unused:
        remedy = "Add --replan, or leave it out."
        raise InputError(Fault(name, "no --replan", "it, as this goes with it", remedy) for name in unused)


def _replan(told: "Monitor", arguments: Options) -> int:
    """Plan on from the state that is told, write the plan and say what changed and why."""
    from geodata.temporary import temporary_folder
    from models.demand.forecast import forecast
    from optimiser.manual_plan import finishing, score
    from optimiser.monitoring.rebase import Today
    from optimiser.problem import Problem
    from optimiser.solve import Impossible, NoPlanYet
    from reports.answers.rebase_region import region_of_today
    from reports.answers.replan import Replanned
    from reports.folder.folder import check_replaceable, write

    check_replaceable(arguments.output)
    today = Today(told.plan, told.counts, told.compared.quarter)
    with temporary_folder() as folder:
        region = region_of_today(today, folder / "today", settings_by_key(arguments.settings), arguments.lock)
        for change in region.overrides:
            tell(f"{change.key}: {change.old} → {change.new} ({change.origin})")
        problem, stop, ticker = (
            Problem.of(region, forecast(region)),
            threading.Event(),
            ProgressDisplay(lang=told.lang),
        )
        work = functools.partial(
            score, problem, today.as_planned, seed=arguments.seed, progress=ticker, stop=stop
        )
        wished = finishing(problem, today.as_planned)
        try:
            kept = interruptible(work, stop, ticker, "stop").plan
            plan = solved(wished, arguments, start=kept)
        except Impossible as error:
            return impossible(wished, error, arguments)
        except NoPlanYet as error:
            return no_plan(error, arguments)
        result = Replanned(today, kept, plan, told.lang)
        write(plan, arguments.output, lang=told.lang)
    if arguments.json:
        replanned = {"folder": str(arguments.output), **result.record()}
        print_json({**told.record(), "replanned": replanned})
    else:
        print_lines([told.text(), "", result.text(), "", str(arguments.output.resolve())])
    return DONE
