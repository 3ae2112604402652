"""Commands that make a plan: demo, plan, score."""

import functools
import json
import sys
import threading
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from typer import BadParameter

from reports.terminal import values
from reports.terminal.country import plan_country
from reports.terminal.declare import argument, option, options
from reports.terminal.messages import DONE, no_plan, print_json, print_lines
from reports.terminal.options import (
    DEMO_FOLDER,
    DEMO_REGION,
    AsJson,
    Lang,
    LockFile,
    Options,
    PlanSeed,
    RegionName,
    RepairTime,
    Scenarios,
    Settings,
    WorkLimit,
)
from reports.terminal.progress import ProgressDisplay, interruptible
from reports.terminal.solving import chosen_region, impossible, solved, written

if TYPE_CHECKING:
    from models.region.decisions import AgreedDecisions
    from models.region.region import Region
    from optimiser.plan import Plan


def demo(
    *,
    gap: Annotated[
        float, option("--gap SHARE", "good enough, such as 0.01 or 1% (0.02)", values.share)
    ] = 0.02,
    time: Annotated[float, option("--time SECONDS", "longest solve (150)", values.positive)] = 150.0,
    seed: PlanSeed = 0,
    repair_time: RepairTime = 60.0,
    work: WorkLimit = None,
    lang: Lang = None,
    json: AsJson = False,
    output: Annotated[Path, option("-o, --output PLAN", "folder (default spreidplan-demo)")] = DEMO_FOLDER,
) -> int:
    """Plan the bundled region and write its report."""
    return _plan(Options(region=DEMO_REGION, scenarios=[], settings=[], **locals()))


def plan(
    region: Annotated[
        str | None,
        argument("REGION", "name of a bundled region, or a folder; with --country whose numbers to use"),
    ] = None,
    *,
    scenarios: Scenarios,
    settings: Settings,
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
    country: Annotated[
        Path | None, option("--country MAP", "map of neighbourhoods, such as all CBS wijken")
    ] = None,
    regions: Annotated[int, option("--regions N", "regions to make of it (43)", values.count)] = 43,
    only: Annotated[
        list[str], options("--only CODE", "only the region of this central municipality; may be given again")
    ],
    national_budget: Annotated[
        float | None, option("--national-budget EUR", "Wmo euros a year together, indexed", values.positive)
    ] = None,
    open_places: Annotated[
        float | None,
        option("--open-places N", "places open to everyone that stay, each year", values.positive),
    ] = None,
    workers: Annotated[
        int | None, option("--workers N", "regions at work at once (one a core)", values.count)
    ] = None,
    scheduler: Annotated[
        str | None, option("--scheduler ADDRESS", "Dask scheduler such as tcp://host:8786 (extra 'cluster')")
    ] = None,
    output: Annotated[Path, option("-o, --output PLAN", "folder to write")],
) -> int:
    """Make a plan and write its folder."""
    return _plan(Options(**locals()))


def score(
    region: RegionName,
    *,
    scenarios: Scenarios,
    settings: Settings,
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
    edit: Annotated[
        Path | None,
        option(
            "--edit FILE", "table of site, tier, year, places and corporation, neighbourhood, year, homes"
        ),
    ] = None,
    export: Annotated[Path | None, option("--export PLAN", "print the table of a plan, to be edited")] = None,
    output: Annotated[
        Path | None, option("-o, --output PLAN", "folder to write the scored or finished plan to")
    ] = None,
    finish: Annotated[
        bool, option("--finish", "plan on from the edit, keeping all rules with few changes")
    ] = False,
) -> int:
    """Score a plan made by hand, or plan on from it."""
    if (edit is None) == (export is None):
        raise BadParameter("Name one of --edit and --export.")
    return _score(Options(**locals()))


def _plan(arguments: Options) -> int:
    if getattr(arguments, "country", None) is not None:
        return plan_country(arguments)
    _refuse_without_region(arguments)
    region = chosen_region(arguments)
    from models.demand.forecast import forecast
    from optimiser.problem import Problem
    from optimiser.solve import Impossible, NoPlanYet
    from reports.folder.folder import check_writable

    check_writable(arguments.output)
    problem = Problem.of(region, forecast(region))
    try:
        plan = solved(problem, arguments)
    except Impossible as error:
        return impossible(problem, error, arguments)
    except NoPlanYet as error:
        return no_plan(error, arguments)
    return written(plan, arguments.output, arguments)


def _refuse_without_region(arguments: Options) -> None:
    from geodata.faults import Fault, InputError

    if arguments.region is None:
        remedy = "Name a region, or a map with --country."
        raise InputError([Fault("REGION", "nothing", "a bundled region or a folder", remedy)])


def _score(arguments: Options) -> int:
    region = chosen_region(arguments)
    if arguments.export:
        return _export(region, arguments.export)
    from models.demand.forecast import forecast
    from models.region.read_decisions import read_decided
    from optimiser.manual_plan import finishing, score
    from optimiser.problem import Problem
    from optimiser.solve import Impossible, NoPlanYet

    edit = read_decided(arguments.edit, region)
    problem, stop, ticker = (
        Problem.of(region, forecast(region)),
        threading.Event(),
        ProgressDisplay(lang=arguments.lang or region.parameters.region.language),
    )
    work = functools.partial(score, problem, edit, seed=arguments.seed, progress=ticker, stop=stop)
    try:
        plan = interruptible(work, stop, ticker, "stop").plan
        if arguments.finish:
            plan = solved(finishing(problem, edit), arguments, start=plan)
    except (Impossible, NoPlanYet) as error:
        return no_plan(error, arguments)
    return _print_score(plan, edit, arguments)


def _export(region: "Region", folder: Path) -> int:
    from models.region.decisions import decided_text
    from optimiser.manual_plan import decided_by
    from reports.answers.decisions import check_same_region
    from reports.folder.folder import read_plan

    plan = read_plan(folder)
    check_same_region(plan, region, folder)
    sys.stdout.write(decided_text(decided_by(plan)))
    return DONE


def _print_score(plan: "Plan", edit: "AgreedDecisions", arguments: Options) -> int:
    """Say what a scored plan is and what it breaks, and write it where a folder is named."""
    from optimiser.manual_plan import broken_rules, changes
    from reports.answers.broken_rules import change_lines, rule_check
    from reports.answers.council import council_answers
    from reports.answers.plan_brief import brief
    from reports.figures.contents import Contents
    from reports.figures.figures import region_of
    from reports.figures.summary import summary
    from reports.folder.folder import write

    lang = arguments.lang or region_of(plan).parameters.region.language
    told, broken = Contents(plan, council_answers(plan), (), lang), broken_rules(plan)
    folder = None if arguments.output is None else str(write(plan, arguments.output, lang=lang))
    if arguments.json:
        rules, other = [asdict(one) for one in broken], [asdict(one) for one in changes(plan, edit)]
        figures = json.loads(json.dumps(summary(told), default=str))
        print_json({"folder": folder, "broken": rules, "changes": other, "summary": figures})
    else:
        print_lines([brief(told), "", *rule_check(told, broken)])
        print_lines(["", *change_lines(told, changes(plan, edit))] if arguments.finish else [])
        print_lines([] if folder is None else ["", folder])
    return DONE
