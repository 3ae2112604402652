"""The commands: each reads what is asked, calls the packages and prints what these say.

Results go to standard output and everything else to standard error. The exit code is 0 when
done, 1 when no plan meets the hard rules and 2 when the input cannot be used.
"""

import argparse
import json
import math
import os
import shutil
import sys
import threading
import time
import traceback
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import Future, wait
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

# The packages are imported where they are used, so that --help and a mistyped option answer
# at once: together they take seconds to load.
if TYPE_CHECKING:
    import pandas as pd

    from geodata.faults import InputError
    from models import Region
    from optimiser import Impossible, NoPlanYet, Plan, Problem, Progress
    from optimiser.locate import Location, LocationProblem, NoAnswerYet, OutOfReach
    from optimiser.sensitivity import Effect, Evaluate, Moved

type Command = Callable[[argparse.Namespace], int]

DONE, NO_PLAN, BAD_INPUT, OUR_FAULT, ABORTED = 0, 1, 2, 70, 130
DEMO_REGION, DEMO_FOLDER = "zuidoost-drenthe", Path("spreidplan-demo")


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code."""
    _write_utf8(sys.stdout, sys.stderr)
    arguments = parser().parse_args(argv)
    try:
        code = _run(arguments)
        sys.stdout.flush()
    except BrokenPipeError:
        # Who reads our output has seen enough; the flush at exit must not fail on it again.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return DONE
    except KeyboardInterrupt:
        _tell("Aborted.")
        return ABORTED
    except OSError as error:
        _tell(f"{error.filename}: {error.strerror}" if error.filename else str(error))
        return BAD_INPUT
    except Exception:  # noqa: BLE001 - Python itself would end in 1, which says that no plan exists
        traceback.print_exc()
        _tell("This is a fault of spreidplan and not of your input.")
        return OUR_FAULT
    return code


def _run(arguments: argparse.Namespace) -> int:
    from geodata.faults import InputError

    try:
        code: int = arguments.command(arguments)
    except InputError as error:
        return _refused(error, arguments)
    return code


# What can be asked ---------------------------------------------------------------------------


def parser() -> argparse.ArgumentParser:
    """Return the reader of the command line."""
    whole = argparse.ArgumentParser(
        prog="spreidplan",
        description="Plan housing with support: which beds can go, what replaces them and where.",
        epilog="REGION is the name of a bundled region or a folder. Exit code: 0 done, 1 no plan meets "
        "the hard rules, 2 the input cannot be used.",
        allow_abbrev=False,
    )
    commands = whole.add_subparsers(metavar="COMMAND", required=True)
    as_json, reading, speaking = _as_json(), _reading(), _speaking()

    def add(name: str, command: Command, does: str, *options: argparse.ArgumentParser) -> Any:
        added = commands.add_parser(
            name, help=does, description=does.capitalize() + ".", parents=options, allow_abbrev=False
        )
        added.set_defaults(command=command)
        return added

    does = "plan the bundled region and write its report"
    demo = add("demo", _plan, does, _solving(150.0, gap=0.02), speaking, as_json)
    demo.set_defaults(region=DEMO_REGION, scenarios=[], settings=[], output=DEMO_FOLDER)
    demo.add_argument("-o", "--output", type=Path, metavar="PLAN", help=f"folder (default {DEMO_FOLDER})")
    add("regions", _regions, "name the bundled regions", as_json)
    init = add("init", _init, "make a new region folder to fill in")
    init.add_argument("folder", type=Path, metavar="FOLDER", help="a folder that is new or empty")
    init.add_argument("--from", dest="source", default=DEMO_REGION, metavar="REGION", help="region to copy")
    add("check", _check, "tell every fault of a region at once", reading, as_json)
    told = add("forecast", _forecast, "show the demand, with the steps that add up to it", reading, as_json)
    _add_backtest(told)
    _add_assumptions(add("assumptions", _assumptions, "list every number with its source", reading, as_json))
    solving = _solving(300.0, gap=0.01)
    plan = add("plan", _plan, "make a plan and write its folder", reading, solving, speaking, as_json)
    plan.add_argument("-o", "--output", type=Path, required=True, metavar="PLAN", help="folder to write")
    _add_locate(add("locate", _locate, "choose sites, proven best for one aim", reading, as_json))
    report = add("report", _report, "write the report of a plan again", speaking, as_json)
    report.add_argument("plan", type=Path, metavar="PLAN", help="folder of a plan")
    return whole


def _as_json() -> argparse.ArgumentParser:
    options = argparse.ArgumentParser(add_help=False)
    options.add_argument("--json", action="store_true", help="print the result as JSON")
    return options


def _reading() -> argparse.ArgumentParser:
    options = argparse.ArgumentParser(add_help=False)
    options.add_argument("region", metavar="REGION", help="name of a bundled region, or a folder")
    options.add_argument(
        "-s", "--scenario", dest="scenarios", action="append", default=[], metavar="SCENARIO",
        help="scenario of the region, or a file; may be given again",
    )  # fmt: skip
    options.add_argument(
        "--set", dest="settings", action="append", default=[], type=_setting, metavar="KEY=VALUE",
        help="a number of region.toml, such as policies.intramural_reduction.by_end=0.4",
    )  # fmt: skip
    return options


def _solving(seconds: float, gap: float) -> argparse.ArgumentParser:
    options = argparse.ArgumentParser(add_help=False)
    enough = "good enough, such as 0.01 or 1%% (%(default)s)"
    options.add_argument("--gap", type=_share, default=gap, metavar="SHARE", help=enough)
    options.add_argument(
        "--time", type=_positive, default=seconds, metavar="SECONDS", help="longest solve (%(default)g)"
    )
    options.add_argument(
        "--seed", type=_count, default=0, metavar="N", help="same seed and input, same plan (0)"
    )
    return options


def _add_backtest(forecast: argparse.ArgumentParser) -> None:
    forecast.add_argument(
        "--backtest", action="store_true", help="fit on early years of series.csv, hold against later ones"
    )
    forecast.add_argument(
        "--until", type=_count, metavar="YEAR", help="last year to fit on (all but two); implies --backtest"
    )
    forecast.add_argument(
        "--level", type=_chance, metavar="SHARE",
        help="chance that the interval should hold a count (80%%); implies --backtest",
    )  # fmt: skip


def _add_assumptions(assumptions: argparse.ArgumentParser) -> None:
    add = assumptions.add_argument
    add("--measure", action="store_true", help="rank numbers by the effect of moving each within its range")
    add(
        "--only", action="append", default=[], metavar="KEY",
        help="with --measure: a key, or the beginning of keys, such as tiers; may be given again",
    )  # fmt: skip
    add(
        "--plans", type=_count, default=0, metavar="N",
        help="with --measure: also make whole plans for the N numbers of most effect",
    )  # fmt: skip
    add("--gap", type=_share, default=0.01, metavar="SHARE", help="of each of those plans (%(default)s)")
    add("--time", type=_positive, default=60.0, metavar="SECONDS", help="for each of them (%(default)g)")


def _add_locate(locate: argparse.ArgumentParser) -> None:
    add = locate.add_argument
    sites: dict[str, Any] = {"type": _codes, "default": (), "metavar": "SITE,…"}
    add("--sites", type=_count, metavar="N", help="how many; left out with coverage: as few as reach all")
    aims = "fewest minutes in all, shortest longest journey, most people near, or sites far apart"
    add("--for", dest="aim", required=True, choices=["travel", "worst", "coverage", "spread"], help=aims)
    add("--tier", metavar="TIER", help="only its sites and the people whom it fits; else all")
    add("--radius", type=_minutes, metavar="MINUTES", help="what is near, for coverage (the tier's norm)")
    add("--limit", type=_minutes, metavar="MINUTES", help="what nobody may exceed")
    add("--open", help="sites that are chosen in any case", **sites)
    add("--never", help="sites that are not chosen", **sites)
    add("--capacity", type=_room, metavar="PEOPLE", help="people per site, or 'room': its places")
    add("--divided", action="store_true", help="with --capacity: people of one neighbourhood may part")
    around = "at most so many {} in a neighbourhood and those around it"
    add("--around", type=_minutes, metavar="N", help=around.format("chosen sites"))
    add("--around-places", type=_minutes, metavar="N", help=around.format("weighted places"))
    add("--time", type=_positive, default=300.0, metavar="SECONDS", help="longest search (%(default)g)")
    add("--seed", type=_count, default=0, metavar="N", help="same seed and input, same answer (0)")


def _speaking() -> argparse.ArgumentParser:
    options = argparse.ArgumentParser(add_help=False)
    options.add_argument("--lang", choices=["nl", "en"], help="language of the report; else the region's")
    return options


def _setting(text: str) -> tuple[str, str]:
    key, equals, value = text.partition("=")
    if not (key.strip() and equals and value.strip()):
        raise argparse.ArgumentTypeError(f"'{text}' is not KEY=VALUE, such as years.last=2030")
    return key.strip(), value.strip()


def _share(text: str) -> float:
    try:
        share = float(text.removesuffix("%")) / (100 if text.endswith("%") else 1)
    except ValueError:
        share = math.nan
    if not 0 <= share < 1:
        raise argparse.ArgumentTypeError(f"'{text}' is not a share from 0 to 1, such as 0.01 or 1%")
    return share


def _chance(text: str) -> float:
    share = _share(text)
    if not share:
        raise argparse.ArgumentTypeError("an interval that holds a count with chance 0 says nothing")
    return share


def _positive(text: str) -> float:
    try:
        seconds = float(text)
    except ValueError:
        seconds = math.nan
    if not 0 < seconds < math.inf:
        raise argparse.ArgumentTypeError(f"'{text}' is not a number of seconds above 0")
    return seconds


def _minutes(text: str) -> float:
    try:
        number = float(text)
    except ValueError:
        number = math.nan
    if not 0 <= number < math.inf:
        raise argparse.ArgumentTypeError(f"'{text}' is not a number of at least 0")
    return number


def _room(text: str) -> float | str:
    return text if text == "room" else _minutes(text)


def _codes(text: str) -> tuple[str, ...]:
    codes = tuple(code.strip() for code in text.split(","))
    if not all(codes):
        raise argparse.ArgumentTypeError(f"'{text}' is not a list of sites, such as S1,S2")
    return codes


def _count(text: str) -> int:
    if not (text.isascii() and text.isdigit()):
        raise argparse.ArgumentTypeError(f"'{text}' is not a whole number of at least 0")
    return int(text)


# The commands --------------------------------------------------------------------------------


def _regions(arguments: argparse.Namespace) -> int:
    from geodata.bundled import bundled_regions

    regions = bundled_regions()
    if arguments.json:
        _print_json([{"name": name, "folder": str(folder)} for name, folder in regions.items()])
    else:
        _print(f"{name:24} {folder}" for name, folder in regions.items())
    return DONE


def _init(arguments: argparse.Namespace) -> int:
    from geodata.bundled import region_folder
    from geodata.faults import Fault, InputError

    source, folder = region_folder(arguments.source), arguments.folder
    if folder.exists() and any(folder.iterdir()):
        raise InputError(
            [Fault(str(folder), "a folder with files in it", "a new or empty folder", "Name another folder.")]
        )
    # copyfile and not copy: an installed region may be read-only, the planner's copy is not.
    shutil.copytree(source, folder, copy_function=shutil.copyfile, dirs_exist_ok=True)
    _print([str(folder)])
    _tell(f"Fill it in, then: spreidplan check {folder}")
    return DONE


def _check(arguments: argparse.Namespace) -> int:
    region = _read(arguments)
    remarks = [_in_language(remark, region) for remark in region.remarks]
    counts = {
        "municipalities": len(region.municipalities),
        "neighbourhoods": len(region.neighbourhoods),
        "sites": len(region.sites),
        "assumptions": len(region.assumptions),
    }
    if arguments.json:
        _print_json({"faults": [], "region": region.parameters.region.name, **counts, "remarks": remarks})
    else:
        _print([f"{region.parameters.region.name}: no faults"])
        _print(f"  {count:6} {noun}" for noun, count in counts.items())
        _print(f"Note: {remark}" for remark in remarks)
    return DONE


def _forecast(arguments: argparse.Namespace) -> int:
    region = _read(arguments)
    if arguments.backtest or arguments.until is not None or arguments.level is not None:
        return _backtest(region, arguments)
    from models import forecast
    from models.series import overview

    outlook, past = forecast(region), overview(region.series)
    if arguments.json:
        demand, counts = _records(outlook.to_frame().reset_index()), _records(past.reset_index())
        _print_json({"demand": demand, "steps": _records(outlook.steps), "series": counts})
    else:
        _print([_steps_table(outlook.to_frame(), outlook.steps), "", _table(outlook.to_frame())])
        _print([] if past.empty else ["", _series_table(past)])
    return DONE


def _backtest(region: "Region", arguments: argparse.Namespace) -> int:
    from models.backtest import LEVEL, backtest

    test = backtest(region, cut=arguments.until, level=arguments.level or LEVEL)
    if arguments.json:
        fitted = {"until": test.cut, "level": test.level, "growth": test.trend.growth}
        _print_json({**fitted, "predictions": _records(test.rows), "words": list(test.words)})
    else:
        _print([_backtest_table(test.rows), "", *test.words])
    return DONE


def _assumptions(arguments: argparse.Namespace) -> int:
    region = _read(arguments)
    if arguments.measure or arguments.only or arguments.plans:
        from optimiser import Impossible, NoPlanYet

        try:
            return _measure(region, arguments)
        except (Impossible, NoPlanYet) as error:
            return _no_plan(error, arguments)
    if arguments.json:
        _print_json(_records(region.assumptions))
    else:
        _print([_register_table(region.assumptions)])
    return DONE


def _measure(region: "Region", arguments: argparse.Namespace) -> int:
    from optimiser.sensitivity import planned, ranked, relaxed, with_range, without_range

    register = _only(region.assumptions, arguments.only)
    rows, fixed = with_range(register), without_range(register)
    stop = threading.Event()
    measured = ranked(_effects(arguments, rows, lambda problem: relaxed(problem, stop), stop))
    parts = [("relaxation", measured, len(rows))]
    if arguments.plans and not stop.is_set():
        top = register.set_index("key", drop=False).loc[[one.key for one in measured[: arguments.plans]]]
        limits = {"gap": arguments.gap, "seconds": arguments.time}
        whole = _effects(arguments, top, lambda problem: planned(problem, stop=stop, **limits), stop)
        parts.append(("plans", ranked(whole), len(top)))
    if arguments.json:
        found = {name: [_effect_record(one) for one in told] for name, told, _ in parts}
        _print_json({**found, "interrupted": stop.is_set(), "no_range_stated": fixed["key"].tolist()})
    else:
        for name, told, asked in parts:
            _print([_measured_words(name, len(told), asked), "", _effects_table(told), ""])
        _print([f"No range stated, so not moved ({len(fixed)}): {', '.join(fixed['key'])}"])
    return DONE


def _only(register: "pd.DataFrame", begins: Sequence[str]) -> "pd.DataFrame":
    """Return the rows whose key is one of these or lies below it; all where none is named."""
    from geodata.faults import Fault, InputError, did_you_mean

    parts = {key: [".".join(key.split(".")[:n]) for n in range(1, 9)] for key in register["key"]}
    known = list(dict.fromkeys(part for below in parts.values() for part in below))
    strange = [begin for begin in begins if begin not in known]
    if strange:
        raise InputError(
            Fault("--only", f"the unknown key '{key}'", "a key of the register", did_you_mean(key, known))
            for key in strange
        )
    return register[[not begins or bool(set(parts[key]) & set(begins)) for key in register["key"]]]


def _effects(
    arguments: argparse.Namespace, rows: "pd.DataFrame", evaluate: "Evaluate", stop: threading.Event
) -> "list[Effect]":
    """Measure until done or Ctrl-C; what was measured by then is returned."""
    from geodata.bundled import region_folder
    from models import read_region
    from optimiser import Progress
    from optimiser.sensitivity import effects

    folder, settings = region_folder(arguments.region), _settings(arguments.settings)
    ticker, began, measured = Ticker(sys.stderr), time.monotonic(), list["Effect"]()

    def tell(done: int, total: int, what: str) -> None:
        seconds = time.monotonic() - began
        left = f", some {seconds / done * (total - done):.0f} s to go" if done else ""
        ticker(Progress(seconds, f"{done} of {total} solves{left}: {what}", None, None))

    def work() -> None:
        def read(moved: Mapping[str, str]) -> "Region":
            return read_region(folder, arguments.scenarios, {**settings, **moved})

        measured.extend(effects(read, rows, evaluate, tell))

    _heard(work, stop, ticker, "Stopping with what is measured so far; Ctrl-C again aborts.")
    return measured


def _plan(arguments: argparse.Namespace) -> int:
    region = _read(arguments)
    from models import forecast
    from optimiser import Impossible, NoPlanYet, Problem

    problem = Problem.of(region, forecast(region))
    try:
        plan = _solved(problem, arguments)
    except (Impossible, NoPlanYet) as error:
        return _no_plan(error, arguments)
    return _written(plan, arguments.output, arguments)


def _locate(arguments: argparse.Namespace) -> int:
    region = _read(arguments)
    from optimiser.locate import NoAnswerYet, OutOfReach, locate
    from reports.location import record, table

    problem, stop, ticker = _location_problem(region, arguments), threading.Event(), Ticker(sys.stderr)

    def work() -> "Location":
        limits = {"seconds": arguments.time, "seed": arguments.seed}
        return locate(problem, **limits, progress=ticker, stop=stop)

    try:
        answer = _heard(work, stop, ticker, "Stopping with the best sites so far; Ctrl-C again aborts.")
    except (OutOfReach, NoAnswerYet) as error:
        return _no_plan(error, arguments)
    if arguments.json:
        _print_json(record(answer, region, arguments.tier))
    else:
        _print([table(answer, region, arguments.tier)])
    return DONE


def _location_problem(region: "Region", arguments: argparse.Namespace) -> "LocationProblem":
    from models import forecast
    from optimiser.locate import LocationProblem

    names = ("tier", "aim", "sites", "limit", "never", "divided", "capacity", "around", "around_places")
    asked = {name: getattr(arguments, name) for name in names}
    near = {} if arguments.radius is None else {"radius": arguments.radius}
    return LocationProblem.of(region, forecast(region), always=arguments.open, **asked, **near)


def _report(arguments: argparse.Namespace) -> int:
    from reports import read_plan

    return _written(read_plan(arguments.plan), arguments.plan, arguments)


def _read(arguments: argparse.Namespace) -> "Region":
    from geodata.bundled import region_folder

    # A mistyped name is told before the rest is loaded.
    folder, settings = region_folder(arguments.region), _settings(arguments.settings)
    from models import read_region

    region = read_region(folder, arguments.scenarios, settings)
    for change in region.overrides:
        _tell(f"{change.key}: {change.old} → {change.new} ({change.origin})")
    return region


def _settings(pairs: Sequence[tuple[str, str]]) -> dict[str, str]:
    """Return the settings by key; a key that is set twice has no order to go by."""
    from geodata.faults import Fault, InputError

    keys = [key for key, _ in pairs]
    twice = sorted({key for key in keys if keys.count(key) > 1})
    if twice:
        raise InputError(Fault("--set", f"{key} twice", "each key once", "Leave one out.") for key in twice)
    return dict(pairs)


# Solving -------------------------------------------------------------------------------------


def _solved(problem: "Problem", arguments: argparse.Namespace) -> "Plan":
    from optimiser import solve

    limits = {"gap": arguments.gap, "seconds": arguments.time, "seed": arguments.seed}
    stop, ticker = threading.Event(), Ticker(sys.stderr)
    said = "Stopping with the best plan so far; Ctrl-C again aborts."
    return _heard(lambda: solve(problem, **limits, progress=ticker, stop=stop), stop, ticker, said)


def _heard[Result](work: Callable[[], Result], stop: threading.Event, ticker: "Ticker", said: str) -> Result:
    """Work in a thread, so that Ctrl-C is heard: once stops with what there is, twice aborts."""
    outcome = Future[Result]()
    threading.Thread(target=_work_into, args=(outcome, work), daemon=True).start()
    while not outcome.done():
        try:
            wait([outcome], timeout=0.2)
        except KeyboardInterrupt:
            ticker.end()
            if stop.is_set():
                # The solver's own thread cannot be ended in any other way.
                _tell("Aborted; nothing was written.")
                os._exit(ABORTED)
            stop.set()
            _tell(said)
    ticker.end()
    return outcome.result()


def _work_into[Result](outcome: Future[Result], work: Callable[[], Result]) -> None:
    try:
        outcome.set_result(work())
    except BaseException as error:  # noqa: BLE001 - handed on to the thread that waits
        outcome.set_exception(error)


class Ticker:
    """Progress of a solve: one line kept up to date on a screen, one line a change elsewhere."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._last = ""
        self._width = shutil.get_terminal_size().columns - 1 if stream.isatty() else 0

    def __call__(self, progress: "Progress") -> None:
        """Show how far the solve is."""
        text = progress.stage
        if progress.incumbent is not None:
            text += f"  plan {progress.incumbent:,.0f}"
        if progress.bound is not None:
            text += f"  bound {progress.bound:,.0f}"
        if progress.gap is not None and math.isfinite(progress.gap):
            text += f"  gap {progress.gap:.2%}"
        line = f"{progress.seconds:6.0f} s  {text}"
        if self._width:
            self._write("\r" + line[: self._width].ljust(self._width))
        elif text != self._last:
            self._write(line + "\n")
        self._last = text

    def end(self) -> None:
        """Leave the line of the screen, if one was begun."""
        if self._width and self._last:
            self._write("\n")
        self._last = ""

    def _write(self, text: str) -> None:
        self._stream.write(text)
        self._stream.flush()


# What is said --------------------------------------------------------------------------------


def _written(plan: "Plan", folder: Path, arguments: argparse.Namespace) -> int:
    """Write the plan and say what it is, where it lies and what a council asks of it."""
    from optimiser import RULES, council_answers
    from reports import write
    from reports.brief import brief
    from reports.contents import Contents
    from reports.figures import region_of

    lang = arguments.lang or region_of(plan).parameters.region.language
    told = Contents(plan, council_answers(plan), RULES, lang)
    report = (write(plan, folder, lang=lang) / "report.html").resolve()
    answers = [(answer.question[lang], answer.answer[lang]) for answer in told.answers]
    if arguments.json:
        summary = json.loads((folder / "summary.json").read_text(encoding="utf-8"))
        asked = [{"question": question, "answer": answer} for question, answer in answers]
        _print_json({"folder": str(folder), "report": str(report), "summary": summary, "answers": asked})
    else:
        _print([brief(told), ""])
        _print(f"{question}\n  {answer}" for question, answer in answers)
        _print(["", str(report)])
    return DONE


def _steps_table(demand: "pd.DataFrame", steps: "pd.DataFrame") -> str:
    """Lay out one column a year: the clients of the year before, each step, the clients."""
    clients = demand.sum(axis="columns")
    table = steps.pivot_table(index="step", columns="year", values="clients", aggfunc="sum", sort=False)
    table.loc["clients, year before"] = clients.shift().reindex(table.columns)
    table.loc["clients"] = clients.reindex(table.columns)
    order = ["clients, year before", *steps["step"].unique(), "clients"]
    return _table(table.loc[order].rename_axis(index=None, columns=None))


def _register_table(register: "pd.DataFrame") -> str:
    named = register.rename(columns={"price_year": "price year"})
    columns = ["key", "unit", "value", "low", "high", "price year", "source"]
    texts = named[columns].astype(object).where(named[columns].notna(), "-")
    for column in ("value", "low", "high"):
        texts[column] = [_number(value) for value in texts[column]]
    for column in ("key", "unit", "source"):
        width = max(len(column), *(len(text) for text in texts[column]))
        texts[column] = texts[column].str.ljust(width)
    return "\n".join(line.rstrip() for line in str(texts.to_string(index=False)).splitlines())


def _number(value: object) -> str:
    return f"{value:.10g}" if isinstance(value, float) else str(value)


def _measured_words(name: str, done: int, asked: int) -> str:
    """Say what was solved, and how far a difference can be trusted."""
    part = f"{done} of {asked} numbers measured" + (", then stopped" if done < asked else "")
    if name == "relaxation":
        return (
            f"{part}: the relaxation, without whole places, homes or sites, solved again at both ends of the "
            "range. Differences are of that bound: right for ranking, not what a plan would cost more."
        )
    return f"{part}: whole plans, each within its own gap; a difference below both gaps is no finding."


def _effects_table(measured: "Sequence[Effect]") -> str:
    """Lay out a line per end of a range: differences from the region as it stands."""
    import pandas as pd

    lines = [
        [one.key, f"{one.value:g} → {moved.value:g} {one.unit}", *_difference(moved)]
        for one in measured
        for moved in one.moved
    ]
    if not lines:
        return "Nothing was measured."
    columns = ["key", "moved", "objective", "EUR/year", "beds", "waiting", ""]
    frame = pd.DataFrame(lines, columns=columns)
    for column in ("key", "moved", ""):
        width = max((len(text) for text in frame[column]), default=0)
        frame[column] = frame[column].str.ljust(width)
    return "\n".join(line.rstrip() for line in str(frame.to_string(index=False)).splitlines())


def _difference(moved: "Moved") -> list[str]:
    effect = moved.effect
    if effect is None:
        return ["-", "-", "-", "-", moved.reason]
    told = [
        f"{effect.objective:+,.0f}",
        f"{effect.eur:+,.0f}",
        f"{effect.beds:+.1f}",
        f"{effect.waiting:+.1f}",
    ]
    return [*told, moved.reason if moved.reason or effect.is_distinguishable else "not distinguishable"]


def _effect_record(one: "Effect") -> dict[str, Any]:
    ends: dict[str, Any] = {}
    for moved in one.moved:
        known = {} if moved.effect is None else asdict(moved.effect)
        distinct = moved.effect is not None and moved.effect.is_distinguishable
        ends[moved.end] = {"to": moved.value, "reason": moved.reason, "distinguishable": distinct, **known}
    said = {"key": one.key, "value": one.value, "unit": one.unit, "source": one.source}
    return {**said, "swing": one.swing, **ends}


def _series_table(past: "pd.DataFrame") -> str:
    """Lay out past counts; "ca." marks what is given as about so many, "-" what is not known."""

    def counted(column: str) -> list[str]:
        return ["-" if math.isnan(count) else f"{count:.0f}" for count in past[column]]

    def shares(column: str, sign: str = "+") -> list[str]:
        return ["-" if math.isnan(share) else f"{share:{sign}.1%}" for share in past[column]]

    about = ["ca. " if circa else "" for circa in past["circa"]]
    told = past.assign(
        indications=[ca + count for ca, count in zip(about, counted("indications"), strict=True)],
        growth=shares("growth"), redeemed=counted("redeemed"), redeemed_growth=shares("redeemed_growth"),
        redemption_rate=shares("redemption_rate", "-"), without_a_place=counted("without_a_place"),
    ).drop(columns="circa")  # fmt: skip
    return str(told.rename(columns=lambda name: name.replace("_", " ")).to_string())


def _backtest_table(rows: "pd.DataFrame") -> str:
    """Lay out clients in whole numbers, errors with their sign; "-" where there is no interval."""
    told = rows.assign(
        error_share=[f"{share:+.1%}" for share in rows["error_share"]],
        error=[f"{error:+.0f}" for error in rows["error"]],
        inside=rows["inside"].map({True: "yes", False: "NO"}).fillna("-"),
    )
    whole = told.rename(columns={"error_share": "error %"})
    return str(whole.to_string(index=False, float_format="{:.0f}".format, na_rep="-"))


def _table(frame: "pd.DataFrame") -> str:
    # Adding 0 takes the sign off what rounds to nothing.
    return str((frame.round(1) + 0.0).to_string(float_format="{:.1f}".format))


def _records(frame: "pd.DataFrame") -> Any:
    return json.loads(frame.to_json(orient="records", double_precision=15))


def _in_language(words: dict[str, str], region: "Region") -> str:
    return words[region.parameters.region.language]


def _refused(error: "InputError", arguments: argparse.Namespace) -> int:
    """Tell the faults; those of `check` are its result, those of the others stand in its way."""
    if getattr(arguments, "json", False):
        _print_json({"faults": [asdict(fault) for fault in error.faults]})
    elif arguments.command is _check:
        _print([str(error)])
    else:
        _tell(str(error))
    sys.stdout.flush()
    return BAD_INPUT


def _no_plan(
    error: "Impossible | NoPlanYet | OutOfReach | NoAnswerYet", arguments: argparse.Namespace
) -> int:
    if arguments.json:
        _print_json({"status": error.status, "message": str(error), "explanation": list(error.explanation)})
    else:
        _tell(str(error))
    return NO_PLAN


def _print(lines: Iterable[str]) -> None:
    for line in lines:
        print(line)


def _print_json(value: object) -> None:
    print(json.dumps(value, ensure_ascii=False, indent=2, allow_nan=False))


def _tell(*lines: str) -> None:
    print(*lines, sep="\n", file=sys.stderr, flush=True)


def _write_utf8(*streams: TextIO) -> None:
    """Make a redirected Windows console write what a terminal does: →, € and accents."""
    for stream in streams:
        if stream.encoding.lower() != "utf-8" and hasattr(stream, "reconfigure"):
            stream.reconfigure(encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main())
