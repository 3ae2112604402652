"""Regions read, plans made and plans written, as several commands need them."""

import functools
import json
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from reports.terminal.messages import DONE, NO_PLAN, language, print_json, print_lines, tell
from reports.terminal.options import Options
from reports.terminal.progress import ProgressDisplay, interruptible

if TYPE_CHECKING:
    import pandas as pd

    from models.region.region import Region
    from optimiser.plan import Plan
    from optimiser.problem import Problem
    from optimiser.solve import Impossible
    from reports.figures.contents import Contents


def chosen_region(arguments: Options) -> "Region":
    from geodata.bundled import region_folder

    # A mistyped name is told before the rest is loaded.
    folder, settings = region_folder(arguments.region), settings_by_key(arguments.settings)
    from models.region.read_region import read_region

    region = read_region(folder, arguments.scenarios, settings)
    if getattr(arguments, "lock", None) is not None:
        from models.region.read_decisions import read_decided
        from models.region.read_region import locked

        region = locked(region, read_decided(arguments.lock, region))
    for change in region.overrides:
        tell(f"{change.key}: {change.old} → {change.new} ({change.origin})")
    return region


def settings_by_key(pairs: Sequence[tuple[str, str]], option: str = "--set") -> dict[str, str]:
    """Return the settings by key; a key that is set twice has no order to go by."""
    from geodata.faults import Fault, InputError

    keys = [key for key, _ in pairs]
    twice = sorted({key for key in keys if keys.count(key) > 1})
    if twice:
        raise InputError(Fault(option, f"{key} twice", "each key once", "Leave one out.") for key in twice)
    return dict(pairs)


def solved(problem: "Problem", arguments: Options, start: "Plan | None" = None) -> "Plan":
    from optimiser.solve import solve

    limits = {"gap": arguments.gap, "seconds": arguments.time, "seed": arguments.seed, "work": arguments.work}
    stop, ticker = (
        threading.Event(),
        ProgressDisplay(None if arguments.work else arguments.time, lang=language(arguments, problem.region)),
    )
    work = functools.partial(solve, problem, **limits, progress=ticker, stop=stop, start=start)
    return interruptible(work, stop, ticker, "stop_plan")


def impossible(problem: "Problem", error: "Impossible", arguments: Options) -> int:
    """Say what is short and what would do."""
    from optimiser.infeasibility.repair import diagnose, verified
    from optimiser.solver.limits import Limits
    from reports.answers.repairs import as_record, as_text

    lang = language(arguments, problem.region)
    stop, ticker = threading.Event(), ProgressDisplay(arguments.repair_time, lang=lang)
    limits = Limits(arguments.gap, arguments.repair_time, stop, arguments.seed)
    first = interruptible(
        lambda: diagnose(problem, limits, ticker, error.clash), stop, ticker, "stop_repairs"
    )
    if not (arguments.json or first.exact):
        tell(as_text(first, problem, lang), "")
    found = interruptible(lambda: verified(problem, first, limits, ticker), stop, ticker, "stop_repairs")
    if arguments.json:
        told = {"status": error.status, "message": str(error), "explanation": list(error.explanation)}
        print_json({**told, **as_record(found, problem, lang)})
    else:
        tell(as_text(found, problem, lang))
    return NO_PLAN


def written(plan: "Plan", folder: Path, arguments: Options, lots: "pd.DataFrame | None" = None) -> int:
    """Write the plan and say what it is, where it lies and what a council asks of it."""
    from reports.answers.plan_brief import brief
    from reports.folder.folder import write_contents

    told = report_contents(plan, arguments, lots)
    lang = told.lang
    report = (write_contents(told, folder) / "report.html").resolve()
    answers = [(answer.question[lang], answer.answer[lang]) for answer in told.answers]
    if arguments.json:
        summary = json.loads((folder / "summary.json").read_text(encoding="utf-8"))
        asked = [{"question": question, "answer": answer} for question, answer in answers]
        print_json({"folder": str(folder), "report": str(report), "summary": summary, "answers": asked})
    else:
        print_lines([brief(told), ""])
        print_lines(f"{question}\n  {answer}" for question, answer in answers)
        print_lines(["", str(report)])
    return DONE


def report_contents(plan: "Plan", arguments: Options, lots: "pd.DataFrame | None" = None) -> "Contents":
    """Return what a report tells of a plan, in the language asked or else the region's."""
    from optimiser.model.model import RULES
    from reports.answers.council import council_answers
    from reports.figures.contents import Contents
    from reports.figures.figures import region_of

    lang = arguments.lang or region_of(plan).parameters.region.language
    return Contents(plan, council_answers(plan), RULES, lang, lots)
