"""The commands: each reads what is asked, calls the packages and prints what these say.

Results go to standard output and everything else to standard error. The exit code is 0 when
done, 1 when no plan meets the hard rules and 2 when the input cannot be used.
"""

import _thread
import argparse
import functools
import importlib.util
import json
import math
import os
import shutil
import sys
import tempfile
import threading
import time
import traceback
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import BrokenExecutor, Executor, Future, wait
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

# The packages are imported where they are used, so that --help and a mistyped option answer
# at once: together they take seconds to load.
if TYPE_CHECKING:
    import pandas as pd

    from geodata.faults import InputError
    from models.region.decisions import AgreedDecisions
    from models.region.region import Region
    from optimiser.compare.sensitivity import Effect, Evaluate
    from optimiser.explain.explanation import Explanation
    from optimiser.location.locate import Location, LocationProblem, NoAnswerYet, OutOfReach
    from optimiser.plan import Plan
    from optimiser.problem import Problem
    from optimiser.regions.price_coordination import Limit
    from optimiser.regions.region_jobs import Crew
    from optimiser.solve import Impossible, NoPlanYet
    from optimiser.solver.limits import Progress
    from reports.answers.agreements import Asking, Negotiation
    from reports.answers.monitor import Monitor
    from reports.app.launch import Place
    from reports.figures.contents import Contents
    from reports.folder.collection import StoredPlan

type Command = Callable[[argparse.Namespace], int]

DONE, NO_PLAN, BAD_INPUT, OUR_FAULT, ABORTED = 0, 1, 2, 70, 130
BEGUN = 5.0
"""Seconds in which a thread has begun, or there is no memory for one."""
COUNTRY_TEMPLATE = "drenthe"
"""Whose numbers the regions of a country use where none is named."""
_LOST = (
    "A worker process was ended from outside, or lost, most likely for want of memory. What was finished is "
    "kept: the same command goes on from there, with --workers 1 at its smallest."
)
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
    except BrokenExecutor:
        _tell(_LOST)
        return OUR_FAULT
    except MemoryError:
        _tell("Out of memory. Nothing was changed. Close other programs, or take a larger machine.")
        return OUR_FAULT
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
    as_json, reading, locking, speaking = _as_json(), _reading(), _locking(), _speaking()

    def add(name: str, command: Command, does: str, *options: argparse.ArgumentParser) -> Any:
        added = commands.add_parser(
            name, help=does, description=does.capitalize() + ".", parents=options, allow_abbrev=False
        )
        added.set_defaults(command=command)
        return added

    does = "plan the bundled region and write its report"
    demo = add("demo", _plan, does, _solving(150.0, gap=0.02), _working(), speaking, as_json)
    demo.set_defaults(region=DEMO_REGION, scenarios=[], settings=[], output=DEMO_FOLDER)
    demo.add_argument("-o", "--output", type=Path, metavar="PLAN", help=f"folder (default {DEMO_FOLDER})")
    add("regions", _regions, "name the bundled regions", as_json)
    init = add("init", _init, "make a new region folder to fill in")
    _add_making(init)
    add("check", _check, "tell every fault of a region at once", reading, as_json)
    told = add(
        "forecast", _forecast, "show the demand, with the steps that add up to it", reading, speaking, as_json
    )
    _add_backtest(told)
    _add_assumptions(
        add("assumptions", _assumptions, "list every number with its source", reading, speaking, as_json)
    )
    solving = _solving(300.0, gap=0.01)
    does = "make a plan and write its folder"
    one_or_all = _reading(of="; with --country whose numbers to use", nargs="?")
    plan = add("plan", _plan, does, one_or_all, locking, solving, _working(), speaking, as_json)
    _add_country(plan)
    plan.add_argument("-o", "--output", type=Path, required=True, metavar="PLAN", help="folder to write")
    _add_questions(add, solving, locking)
    return whole


def _add_questions(add: Any, solving: argparse.ArgumentParser, locking: argparse.ArgumentParser) -> None:
    """Add the commands that ask more of a region or of a plan than to make one."""
    as_json, reading, speaking = _as_json(), _reading(), _speaking()
    other = add(
        "alternatives", _alternatives, "make other good plans, as different as can be", reading, solving,
        speaking, as_json,
    )  # fmt: skip
    _add_alternatives(other)
    front = add(
        "frontier", _frontier, "show what more of one thing costs in another", reading, solving, speaking,
        as_json,
    )  # fmt: skip
    _add_frontier(front)
    futures = add(
        "futures", _futures, "make one start that serves many futures", reading, solving, speaking, as_json
    )
    _add_futures(futures)
    _add_partition(
        add(
            "partition",
            _partition,
            "compare groups of municipalities that could cooperate",
            reading,
            speaking,
            as_json,
        )
    )
    _add_lots(add("lots", _lots, "divide the volumes of a plan into procurement lots", speaking, as_json))
    does = "tell the homes asked of corporations, and what agreeing on them does"
    _add_agreements(add("agreements", _agreements, does, speaking, as_json))
    _add_place(
        add("place", _place, "match clients ready to leave to homes that come free", speaking, as_json)
    )
    does = "score a plan made by hand, or plan on from it"
    _add_score(add("score", _score, does, reading, locking, solving, _working(), speaking, as_json))
    _add_compare(add("compare", _compare, "set plans side by side", speaking, as_json))
    does = "hold what was counted against a plan, and plan on from there"
    _add_monitor(add("monitor", _monitor, does, locking, solving, _working(), speaking, as_json))
    _add_locate(add("locate", _locate, "choose sites, proven best for one aim", reading, speaking, as_json))
    report = add("report", _report, "write the report of a plan again", speaking, as_json)
    _add_report(report)
    does = "open the what-if page in the browser"
    _add_serve(add("serve", _serve, does, _solving(150.0, gap=0.02), _working(), speaking))
    why = add("explain", _explain, "say which rules bind and what one more is worth", speaking, as_json)
    why.add_argument("plan", type=Path, metavar="PLAN", help="folder of a plan")
    _add_explaining(why)


def _add_making(init: argparse.ArgumentParser) -> None:
    add = init.add_argument
    add("folder", type=Path, metavar="FOLDER", help="a folder that is new or empty")
    add(
        "--from", dest="source", default=DEMO_REGION, metavar="REGION|MAP",
        help="region to copy, or CBS's map of wijken and buurten: a GeoPackage (FILE or FILE#LAYER) or a "
        "table of PostGIS (postgresql://user@host/database#schema.table)",
    )  # fmt: skip
    add("--municipalities", metavar="NAMES", help="with a map: names or codes, with commas between them")
    add("--level", choices=["wijk", "buurt"], default="wijk", help="with a map: which areas (%(default)s)")
    add(
        "--figures", action="append", default=[], metavar="TABLE",
        help="with a map: table of figures joined by code (StatLine, KWB), in place of the map's; may be "
        "given again",
    )  # fmt: skip
    add(
        "--crosswalk", metavar="FILE",
        help="with --figures of another year: CSV of code_old, code_new, weight, or the map of that year",
    )  # fmt: skip
    add("--sites", metavar="FILE", help="with a map: sites as CSV, GeoJSON, GeoPackage or PostGIS")
    looked_up = "with --sites: table of addresses (postcode, huisnummer, x, y), such as an extract of BAG"
    add("--addresses", metavar="FILE", help=looked_up)
    base = "with a map: base year (default the year before the map's)"
    add("--base", type=_count, metavar="YEAR", help=base)
    add("--roads", metavar="FILE", help="with a map: GraphML, or lines with speeds; those near are copied")
    add(
        "--table", dest="tables", action="append", default=[], type=_table_source, metavar="NAME=SOURCE",
        help="with a map: clients, homes, budgets, travel or series as CSV or PostGIS; may be given again",
    )  # fmt: skip
    add("--xlsx", action="store_true", help="put the tables in one workbook, with drop-downs, to fill in")
    add("--name", metavar="NAME", help="with a map: name of the region (default its municipalities)")


def _as_json() -> argparse.ArgumentParser:
    options = argparse.ArgumentParser(add_help=False)
    options.add_argument("--json", action="store_true", help="print the result as JSON")
    return options


def _reading(of: str = "", nargs: str | None = None) -> argparse.ArgumentParser:
    options = argparse.ArgumentParser(add_help=False)
    named = f"name of a bundled region, or a folder{of}"
    options.add_argument("region", metavar="REGION", nargs=nargs, help=named)
    options.add_argument(
        "-s", "--scenario", dest="scenarios", action="extend", type=_names, default=[], metavar="SCENARIO",
        help="scenarios of the region, such as a,b; may be given again",
    )  # fmt: skip
    options.add_argument(
        "--set", dest="settings", action="append", default=[], type=_setting, metavar="KEY=VALUE",
        help="a number of region.toml, such as policies.intramural_reduction.by_end=0.4",
    )  # fmt: skip
    return options


def _locking() -> argparse.ArgumentParser:
    options = argparse.ArgumentParser(add_help=False)
    options.add_argument(
        "--lock", type=Path, metavar="FILE",
        help="agreed decisions to keep: a table as for score --edit, asked_by says who asked",
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
        "--seed", type=_count, default=0, metavar="N", help="same seed, input and --work, same plan (0)"
    )
    options.add_argument(
        "--repair-time", type=_positive, default=60.0, metavar="SECONDS",
        help="where no plan exists: to find the smallest changes that give one (%(default)g)",
    )  # fmt: skip
    return options


def _working() -> argparse.ArgumentParser:
    options = argparse.ArgumentParser(add_help=False)
    options.add_argument(
        "--work", type=_one_or_more, metavar="N",
        help="in place of --time: work for the solver, so that any machine makes the same plan",
    )  # fmt: skip
    return options


def _add_country(plan: argparse.ArgumentParser) -> None:
    add = plan.add_argument_group("many regions at once, sites, clients and homes synthetic").add_argument
    add("--country", type=Path, metavar="MAP", help="map of neighbourhoods, such as all CBS wijken")
    add("--regions", type=_count, default=43, metavar="N", help="regions to make of it (%(default)s)")
    add(
        "--only", action="append", default=[], metavar="CODE",
        help="only the region of this central municipality; may be given again",
    )  # fmt: skip
    add("--national-budget", type=_positive, metavar="EUR", help="Wmo euros a year together, indexed")
    add("--open-places", type=_positive, metavar="N", help="places open to everyone that stay, each year")
    add("--workers", type=_count, metavar="N", help="regions at work at once (one a core)")
    add("--scheduler", metavar="ADDRESS", help="Dask scheduler such as tcp://host:8786 (extra 'cluster')")


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


def _add_score(score: argparse.ArgumentParser) -> None:
    add, one_of = score.add_argument, score.add_mutually_exclusive_group(required=True)
    one_of.add_argument(
        "--edit", type=Path, metavar="FILE",
        help="table of site, tier, year, places and corporation, neighbourhood, year, homes",
    )  # fmt: skip
    one_of.add_argument("--export", type=Path, metavar="PLAN", help="print the table of a plan, to be edited")
    add("-o", "--output", type=Path, metavar="PLAN", help="folder to write the scored or finished plan to")
    add("--finish", action="store_true", help="plan on from the edit, keeping all rules with few changes")


def _add_compare(compare: argparse.ArgumentParser) -> None:
    add = compare.add_argument
    add("plans", type=Path, nargs="+", metavar="PLAN", help="folders of plans; the first is compared with")
    add(
        "--solve-on", type=_positive, metavar="SECONDS",
        help="where a difference is not distinguishable: improve both plans for so long, and write them",
    )  # fmt: skip
    add("--attribute", action="store_true", help="between two plans: what each change of the input does")
    add(
        "--by", choices=["key", "scenario"], default="key",
        help="with --attribute: a step per key, or the keys of one scenario together (%(default)s)",
    )  # fmt: skip
    add("--ordered", action="store_true", help="with --attribute: in one order, also for 4 steps or fewer")
    add("--gap", type=_share, default=0.01, metavar="SHARE", help="of each plan half-way (%(default)s)")
    add("--time", type=_positive, default=60.0, metavar="SECONDS", help="for each of them (%(default)g)")
    add("--seed", type=_count, default=0, metavar="N", help="same seed and input, same plan (0)")
    add(
        "-o", "--output", type=Path, metavar="FOLDER",
        help="keep the plans half-way here, and use those that are there: go on where it stopped",
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


def _add_alternatives(alternatives: argparse.ArgumentParser) -> None:
    add = alternatives.add_argument
    add("--within", type=_share, default=0.02, metavar="SHARE", help="above the best plan found (2%%)")
    add("--count", type=_one_or_more, default=5, metavar="K", help="plans, the best among them (5)")
    add("--room", type=_positive, default=120.0, metavar="SECONDS", help="to prove what is possible (120)")
    add("-o", "--output", type=Path, required=True, metavar="FOLDER", help="new folder, or one to go on with")


def _add_frontier(frontier: argparse.ArgumentParser) -> None:
    add = frontier.add_argument
    add(
        "--trade", type=_names, default=("cost", "travel"), metavar="A,B",
        help="of cost, travel, concentration, pace: cost and one more at least (cost,travel)",
    )  # fmt: skip
    add("--points", type=_one_or_more, default=5, metavar="N", help="plans at most (5)")
    add("--within", type=_share, default=0.05, metavar="SHARE", help="most cost above the cheapest (5%%)")
    add("-o", "--output", type=Path, required=True, metavar="FOLDER", help="new folder, or one to go on with")


def _add_futures(futures: argparse.ArgumentParser) -> None:
    add = futures.add_argument
    add("--draws", type=_one_or_more, default=8, metavar="N", help="futures (8)")
    add("--commit", type=_one_or_more, default=3, metavar="YEARS", help="first years, the same in all (3)")
    add("--processes", type=_one_or_more, metavar="N", help="solves at once on this machine (all cores)")
    add("--scheduler", metavar="ADDRESS", help="of a Dask cluster to work on, such as tcp://host:8786")
    add("-o", "--output", type=Path, required=True, metavar="FOLDER", help="new folder, or one to go on with")


def _add_report(report: argparse.ArgumentParser) -> None:
    report.add_argument("plan", type=Path, metavar="PLAN", help="folder of a plan")
    help = "also write report, workbook, map layers, a memo of two pages and README.txt in one folder"
    report.add_argument("--pack", action="store_true", help=help)
    help = "the same folder with small counts left out, for the web"
    report.add_argument("--public", action="store_true", help=help)
    help = "folder of the pack; else PLAN-pack or PLAN-public"
    report.add_argument("-o", "--output", type=Path, metavar="FOLDER", help=help)
    help = "folder that `lots -o` has written, to be told in the report"
    report.add_argument("--lots", type=Path, metavar="FOLDER", help=help)


def _add_lots(lots: argparse.ArgumentParser) -> None:
    add = lots.add_argument
    add("plan", type=Path, metavar="PLAN", help="folder of a plan")
    add("--lots", type=_count, metavar="N", help="number of lots; else as few as --max-share allows")
    add(
        "--max-share",
        type=_chance,
        metavar="SHARE",
        help="largest part of the volume in one lot, such as 40%%",
    )
    add(
        "--band",
        type=_share,
        default=0.3,
        metavar="SHARE",
        help="larger or smaller than a mean lot (%(default)s)",
    )
    add("--small", type=_chance, metavar="SHARE", help="at least one lot is this small, for new providers")
    add("--start", type=_count, metavar="YEAR", help="first year; else the one after the contracts end")
    add("--terms", type=_terms, default=(4, 2, 2), metavar="YEARS", help="contract and extensions (4+2+2)")
    add("--draws", type=_count, default=200, metavar="N", help="draws of the demand (%(default)s)")
    add("--seed", type=_count, default=0, metavar="N", help="same seed, same draws (0)")
    add("--prices", type=Path, metavar="FILE", help="cost prices: CSV with tier and the six elements")
    add("--gap", type=_share, default=0.0, metavar="SHARE", help="good enough, such as 1%% (%(default)g)")
    add("--time", type=_positive, default=120.0, metavar="SECONDS", help="longest solve (%(default)g)")
    add("-o", "--output", type=Path, metavar="FOLDER", help="also write CSV tables and a GeoPackage there")


def _add_agreements(agreements: argparse.ArgumentParser) -> None:
    add = agreements.add_argument
    add("plan", type=Path, metavar="PLAN", help="folder of a plan")
    add("--quick", action="store_true", help="only what needs no solving: asked, offered, short, fair share")
    add("--wijk", action="store_true", help="homes by neighbourhood in place of municipality")
    add(
        "--stock", type=Path, metavar="FILE",
        help="what corporations own: CSV with corporation, municipality, social_homes",
    )  # fmt: skip
    add("--lock", type=Path, metavar="FILE", help="what is agreed, to keep and to price: as for plan --lock")
    add(
        "--delivery", type=_chance, default=0.71, metavar="SHARE",
        help="part of the homes that is handed over (%(default)s)",
    )  # fmt: skip
    add("--within", type=_share, default=0.02, metavar="SHARE", help="above this plan, for the room (2%%)")
    add("--gap", type=_share, default=0.01, metavar="SHARE", help="of each solve (%(default)s)")
    add("--time", type=_positive, default=60.0, metavar="SECONDS", help="for each solve (%(default)g)")
    add("--seed", type=_count, default=0, metavar="N", help="same seed and input, same answer (0)")
    add("-o", "--output", type=Path, metavar="FOLDER", help="also write agreements.xlsx and .csv there")


def _add_place(place: argparse.ArgumentParser) -> None:
    add = place.add_argument
    add("plan", type=Path, metavar="PLAN", help="folder of a plan")
    add(
        "--ready", type=Path, required=True, metavar="FILE",
        help="clients: CSV with client (pseudonym), municipality, neighbourhood, wanted, tier, ready",
    )  # fmt: skip
    add(
        "--free", type=Path, metavar="FILE",
        help="homes: CSV with home, corporation, neighbourhood, tier, free; else those of the plan",
    )  # fmt: skip
    add(
        "--months", type=_one_or_more, default=12, metavar="N",
        help="how long after the first is ready homes take part (%(default)s)",
    )  # fmt: skip
    add("--idle", type=_count, default=30, metavar="DAYS", help="a home may stand empty (%(default)s)")
    add(
        "--per-thousand", type=_positive, default=1.0, metavar="N",
        help="people placed in a neighbourhood at most, per 1,000 inhabitants, one at least (%(default)g)",
    )  # fmt: skip
    add("--only-wanted", action="store_true", help="who names an area is placed there or not at all")
    add("--time", type=_positive, default=60.0, metavar="SECONDS", help="for each step (%(default)g)")
    add("-o", "--output", type=Path, metavar="FILE", help="also write a CSV file: a line per client")


def _add_monitor(monitor: argparse.ArgumentParser) -> None:
    add = monitor.add_argument
    add("plan", type=Path, metavar="PLAN", help="folder of a plan; it is not changed")
    add("--actuals", type=Path, metavar="FILE", help="what was counted: CSV, see docs/monitor.md; recorded")
    add("--history", type=Path, metavar="FILE", help="where counts are kept (PLAN.monitor.duckdb beside it)")
    add("--quarter", type=_quarter, metavar="QUARTER", help="such as 2027Q1 (the last one that was counted)")
    add("--draws", type=_one_or_more, default=400, metavar="N", help="draws of the band (%(default)s)")
    add("--public", action="store_true", help="the region as a whole only, without small counts of people")
    add("--replan", action="store_true", help="plan on from there, with what is agreed and few changes")
    add("-o", "--output", type=Path, metavar="NEWPLAN", help="with --replan: folder to write")
    add(
        "--set", dest="settings", action="append", default=[], type=_setting, metavar="KEY=VALUE",
        help="with --replan: a number of region.toml, such as an estimated rate",
    )  # fmt: skip


def _add_partition(partition: argparse.ArgumentParser) -> None:
    add = partition.add_argument
    add(
        "--into", type=_range, metavar="N",
        help="how many cooperating regions, such as 3 or 2-4 (2-4, or as many as there are municipalities)",
    )  # fmt: skip
    add(
        "--given", action="append", default=[], metavar="FILE",
        help="also score this one: a CSV file (municipality, group), or 'A,B,C;D,E'; may be given again",
    )  # fmt: skip
    add("--flows", type=Path, metavar="FILE", help="counted clients: CSV with origin, destination, clients")
    add(
        "--weigh", action="append", default=[], type=_setting, metavar="NAME=VALUE",
        help="travel, tie, scale, balance, band or overhead, such as tie=500; may be given again",
    )  # fmt: skip


def _add_explaining(explain: argparse.ArgumentParser) -> None:
    add = explain.add_argument
    add(
        "--site", dest="sites", action="append", default=[], metavar="SITE",
        help="why it runs, or does not: the plan made again with the other answer; may be given again",
    )  # fmt: skip
    add(
        "--again",
        action="store_true",
        help="also ask the whole plan again where rules on places and homes bind",
    )
    add("--each", type=_count, default=3, metavar="N", help="units asked of each kind (%(default)s)")
    add("--time", type=_positive, default=15.0, metavar="SECONDS", help="for asking (%(default)g)")


def _add_serve(serve: argparse.ArgumentParser) -> None:
    add = serve.add_argument
    serve.set_defaults(repair_time=15.0)  # somebody looks on
    of = "name of a bundled region, folder of a region, of a plan, or of several plans (%(default)s)"
    add("target", metavar="REGION|PLAN", nargs="?", default=DEMO_REGION, help=of)
    add(
        "--host", default="127.0.0.1", metavar="ADDRESS",
        help="listen beyond this machine, such as 0.0.0.0; the link then holds a token (%(default)s)",
    )  # fmt: skip
    add("--port", type=_count, metavar="N", help="port (the first free one from 8427 on)")
    add("--no-browser", dest="browser", action="store_false", help="do not open the browser")
    add("--until-closed", action="store_true", help="stop when the last page has been closed a minute")
    add("--shortcut", action="store_true", help="write a start by double click on the desktop, and end")
    add("-o", "--output", type=Path, metavar="FOLDER", help="with --shortcut: where to write it")


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


def _names(text: str) -> list[str]:
    names = [name.strip() for name in text.split(",")]
    if not all(names):
        raise argparse.ArgumentTypeError(f"'{text}' has an empty name; write a,b")
    return names


def _table_source(text: str) -> tuple[str, str]:
    name, equals, source = text.partition("=")
    known = ("clients", "homes", "budgets", "travel", "series")
    if name not in known or not (equals and source):
        raise argparse.ArgumentTypeError(f"'{text}' is not NAME=SOURCE with one of {', '.join(known)}")
    return name, source


def _share(text: str) -> float:
    try:
        share = float(text.removesuffix("%")) / (100 if text.endswith("%") else 1)
    except ValueError:
        share = math.nan
    if not 0 <= share < 1:
        raise argparse.ArgumentTypeError(f"'{text}' is not a share from 0 to 1, such as 0.01 or 1%")
    return share


def _range(text: str) -> tuple[int, int]:
    """Return the first and last number of 3 or 2-4."""
    first, _, last = text.partition("-")
    if not (first.isascii() and first.isdigit() and (last or first).isdigit() and "-" not in last):
        raise argparse.ArgumentTypeError(f"'{text}' is not a number or a range, such as 3 or 2-4")
    numbers = int(first), int(last or first)
    if not 1 <= numbers[0] <= numbers[1]:
        raise argparse.ArgumentTypeError(f"'{text}' does not begin at 1 or more and end above it")
    return numbers


def _terms(text: str) -> tuple[int, ...]:
    """Return the years of a contract and its extensions, 4+2+2."""
    parts = text.split("+")
    if not all(part.isascii() and part.isdigit() and int(part) for part in parts):
        raise argparse.ArgumentTypeError(f"'{text}' is not years with + between them, such as 4+2+2")
    return tuple(map(int, parts))


def _chance(text: str) -> float:
    share = _share(text)
    if not share:
        raise argparse.ArgumentTypeError("a share of 0 leaves nothing")
    return share


def _quarter(text: str) -> str:
    year, mark, number = text.partition("Q")
    if not (year.isascii() and year.isdigit() and len(year) == 4 and mark and number in {"1", "2", "3", "4"}):
        raise argparse.ArgumentTypeError(f"'{text}' is not a quarter, such as 2027Q1")
    return text


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


def _one_or_more(text: str) -> int:
    count = _count(text)
    if not count:
        raise argparse.ArgumentTypeError("0 is not a number of at least 1")
    return count


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

    if _is_map(arguments.source):
        return _init_from_map(arguments)
    _only_with_a_map(arguments)
    source, folder = region_folder(arguments.source), arguments.folder
    if folder.exists() and any(folder.iterdir()):
        raise InputError(
            [Fault(str(folder), "a folder with files in it", "a new or empty folder", "Name another folder.")]
        )
    # copyfile and not copy: an installed region may be read-only, the planner's copy is not.
    shutil.copytree(source, folder, copy_function=shutil.copyfile, dirs_exist_ok=True)
    return _made(arguments)


def _made(arguments: argparse.Namespace, told: Sequence[str] = (), *, is_whole: bool = False) -> int:
    """Put the tables in a workbook where that is asked for, and say where the new region is."""
    folder, into = arguments.folder, arguments.folder
    if arguments.xlsx:
        from models.region.workbook import gather

        into = gather(folder)
    _print([str(folder)])
    first = f"Look through {into}" if is_whole else f"Fill in {into}"
    _tell(*told, f"{first}, then: spreidplan check {folder}")
    return DONE


def _is_map(source: str) -> bool:
    """Tell a map from a region by how it is written."""
    kinds = (".gpkg", ".geojson", ".json", ".shp", ".zip")
    return "://" in source or Path(source.partition("#")[0]).suffix.lower() in kinds


_WITH_A_MAP = frozenset(
    ("municipalities", "sites", "addresses", "base", "name", "figures", "crosswalk", "roads", "tables")
)
"""Options of `init` that are used with a map only."""


def _only_with_a_map(arguments: argparse.Namespace) -> None:
    """Refuse what would be left unused when a region is copied."""
    from geodata.faults import Fault, InputError

    unused = [name for name in sorted(_WITH_A_MAP) if getattr(arguments, name) not in (None, [])]
    if unused:
        remedy = "Name CBS's map: --from wijkenbuurten_2024.gpkg."
        found, expected = f"a region to copy ('{arguments.source}')", "a map, as this goes with one"
        options = [{"tables": "table"}.get(name, name) for name in unused]
        raise InputError(Fault(f"--{name}", found, expected, remedy) for name in options)


def _init_from_map(arguments: argparse.Namespace) -> int:
    """Make a region of CBS's map, and say what was assumed and what is left to do."""
    from models.new_region.from_map import MapOptions, write_region

    given = {name: getattr(arguments, name) for name in _WITH_A_MAP - {"municipalities"}}
    towns = (arguments.municipalities or "").split(",")
    new = MapOptions(arguments.source, towns, arguments.level, **given).read()
    told = write_region(new, arguments.folder)
    return _made(arguments, told, is_whole=new.is_whole)


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
    from models.demand.forecast import forecast
    from models.region.series import overview
    from reports.answers.demand import Demand

    outlook, past = forecast(region), overview(region.series)
    if arguments.json:
        demand, counts = _records(outlook.to_frame().reset_index()), _records(past.reset_index())
        _print_json({"demand": demand, "steps": _records(outlook.steps), "series": counts})
    else:
        _print([Demand(region, _lang(arguments, region)).text(outlook, past)])
    return DONE


def _backtest(region: "Region", arguments: argparse.Namespace) -> int:
    from models.demand.backtest import LEVEL, backtest
    from reports.answers.demand import Foreseen

    test = backtest(region, cut=arguments.until, level=arguments.level or LEVEL)
    told = Foreseen(test, _lang(arguments, region))
    if arguments.json:
        fitted = {"until": test.cut, "level": test.level, "growth": test.trend.growth}
        _print_json({**fitted, "predictions": _records(test.rows), "words": told.sentences()})
    else:
        _print([told.text()])
    return DONE


def _assumptions(arguments: argparse.Namespace) -> int:
    region = _read(arguments)
    if arguments.measure or arguments.only or arguments.plans:
        from optimiser.solve import Impossible, NoPlanYet

        try:
            return _measure(region, arguments)
        except (Impossible, NoPlanYet) as error:
            return _no_plan(error, arguments)
    if arguments.json:
        _print_json(_records(region.assumptions))
    else:
        from reports.figures.assumptions_table import register_table

        _print([register_table(region.assumptions, _lang(arguments, region))])
    return DONE


def _measure(region: "Region", arguments: argparse.Namespace) -> int:
    from optimiser.compare.sensitivity import planned, ranked, relaxed, with_range, without_range
    from reports.answers.sensitivity import effect_record, effects_table, measured_words, not_moved_words

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
        found = {name: [effect_record(one) for one in told] for name, told, _ in parts}
        _print_json({**found, "interrupted": stop.is_set(), "no_range_stated": fixed["key"].tolist()})
    else:
        lang = _lang(arguments, region)
        for name, told, asked in parts:
            _print([measured_words(name, len(told), asked, lang), "", effects_table(told, lang), ""])
        _print([not_moved_words(fixed["key"].tolist(), lang)])
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
    from models.region.region import read_region
    from optimiser.compare.sensitivity import effects
    from optimiser.solver.limits import Progress

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
    if getattr(arguments, "country", None) is not None:
        return _plan_country(arguments)
    _refuse_without_region(arguments)
    region = _read(arguments)
    from models.demand.forecast import forecast
    from optimiser.problem import Problem
    from optimiser.solve import Impossible, NoPlanYet
    from reports.folder.folder import check_writable

    check_writable(arguments.output)
    problem = Problem.of(region, forecast(region))
    try:
        plan = _solved(problem, arguments)
    except Impossible as error:
        return _impossible(problem, error, arguments)
    except NoPlanYet as error:
        return _no_plan(error, arguments)
    return _written(plan, arguments.output, arguments)


def _lots(arguments: argparse.Namespace) -> int:
    from models.funding.price_basis import read_price_bases
    from optimiser.procurement.contract_volumes import volumes
    from optimiser.procurement.lots import Patchwork, divide, wished
    from optimiser.solve import Impossible, NoPlanYet
    from reports.answers.lots import Tender
    from reports.folder.folder import read_plan

    plan = read_plan(arguments.plan)
    parameters = plan.problem.region.parameters
    given = read_price_bases(arguments.prices, parameters.tiers) if arguments.prices else {}
    wish = wished(plan, arguments.lots, arguments.max_share, arguments.band, arguments.small)
    drawn = {"draws": max(1, arguments.draws), "seed": arguments.seed}
    bought = volumes(plan, start=arguments.start, terms=arguments.terms, **drawn)
    try:
        division = divide(Patchwork.of(plan, bought, wish), wish, seconds=arguments.time, gap=arguments.gap)
    except (Impossible, NoPlanYet) as error:
        return _no_plan(error, arguments)
    tender = Tender(plan, bought, division, wish, given, arguments.lang or parameters.region.language)
    if arguments.output:
        tender.write(arguments.output)
    if arguments.json:
        _print_json(tender.record())
    else:
        _print([tender.text()])
    return DONE


def _agreements(arguments: argparse.Namespace) -> int:
    from models.inputs.housing_stock import read_stock
    from optimiser.negotiation.home_requests import HomesAsked
    from optimiser.solve import Impossible, NoPlanYet
    from reports.answers.agreements import Negotiation, negotiate
    from reports.answers.annex import FILES, check_folder
    from reports.folder.folder import read_plan

    if arguments.output:
        check_folder(arguments.output, FILES)
    plan, stop, ticker = read_plan(arguments.plan), threading.Event(), Ticker(sys.stderr)
    stock = read_stock(arguments.stock, plan.problem.region) if arguments.stock else {}
    agreed = _agreed(arguments, plan)
    lang = arguments.lang or plan.problem.region.parameters.region.language
    told = Negotiation(plan, HomesAsked.of(plan, stock, by_neighbourhood=arguments.wijk), lang)
    keep = _keeping(arguments)
    keep(told)
    if not arguments.json:
        _print([told.first()])
    if agreed:
        try:
            plan = _with_locks(plan, agreed, arguments, stop, ticker)
        except (Impossible, NoPlanYet) as error:
            return _no_plan(error, arguments)
        told = Negotiation(plan, HomesAsked.of(plan, stock, by_neighbourhood=arguments.wijk), lang)
        keep(told)
        if not arguments.json:
            _print(["", told.word("with_locks"), "", told.first()])
    if not arguments.quick:
        said = "Stopping with what is finished; Ctrl-C again aborts."
        work = functools.partial(negotiate, told, _asking(arguments), keep, ticker, stop)
        told = _heard(work, stop, ticker, said)
    if arguments.json:
        _print_json(told.record())
    elif told.again():
        _print(["", told.again()])
    return DONE


def _agreed(arguments: argparse.Namespace, plan: "Plan") -> "AgreedDecisions | None":
    """Return what is agreed in a file, where one is named."""
    if arguments.lock is None:
        return None
    from models.region.decisions import read_decided

    return read_decided(arguments.lock, plan.problem.region)


def _with_locks(
    plan: "Plan",
    agreed: "AgreedDecisions",
    arguments: argparse.Namespace,
    stop: threading.Event,
    ticker: "Ticker",
) -> "Plan":
    """Return the plan with all that is agreed."""
    from optimiser.negotiation.terms import with_locks
    from optimiser.solver.limits import Limits

    limits = Limits(arguments.gap, arguments.time, stop, arguments.seed)
    said = "Stopping with the best plan so far; Ctrl-C again aborts."
    return _heard(lambda: with_locks(plan, agreed, limits, ticker), stop, ticker, said)


def _place(arguments: argparse.Namespace) -> int:
    from models.inputs.outflow_clients import read_free, read_ready
    from optimiser.outflow_matching import homes_of_plan, place, round_rules
    from reports.answers.outflow import OutflowDesk
    from reports.folder.folder import read_plan

    plan = read_plan(arguments.plan)
    region = plan.problem.region
    clients = read_ready(arguments.ready, region)
    rules = round_rules(
        region, clients, months=arguments.months, idle_days=arguments.idle,
        per_thousand=arguments.per_thousand, only_wanted=arguments.only_wanted,
    )  # fmt: skip
    if arguments.free:
        homes = read_free(arguments.free, region)
    else:
        homes = homes_of_plan(plan, min(client.ready for client in clients), rules.until)
    placed = place(plan, clients, homes, rules, seconds=arguments.time)
    desk = OutflowDesk(plan, placed, arguments.free is None, _lang(arguments, region))
    if arguments.output:
        desk.write(arguments.output)
    if arguments.json:
        _print_json(desk.record())
    else:
        _print([desk.text()])
    return DONE


def _asking(arguments: argparse.Namespace) -> "Asking":
    from reports.answers.agreements import Asking

    return Asking(arguments.delivery, arguments.within, arguments.gap, arguments.time, arguments.seed)


def _keeping(arguments: argparse.Namespace) -> "Callable[[Negotiation], None]":
    """Return what writes a negotiation so far, where a folder is named."""
    from reports.answers.annex import write_agreements

    def keep(told: "Negotiation") -> None:
        if arguments.output:
            write_agreements(told, arguments.output)

    return keep


def _partition(arguments: argparse.Namespace) -> int:
    region = _read(arguments)
    from models.demand.forecast import forecast
    from models.inputs.care_flows import read_care_flows
    from models.inputs.partition_file import read_partition
    from optimiser.regions.cooperation import Cooperation, Weighing
    from reports.answers.partition import compared

    given = [read_partition(text, region) for text in arguments.given]
    flows = read_care_flows(arguments.flows, region) if arguments.flows else None
    weighing = Weighing.of(region.parameters).changed(_settings(arguments.weigh, "--weigh"))
    known = Cooperation.of(region, forecast(region), weighing, flows)
    lang = _lang(arguments, region)
    first, last = arguments.into or (2, min(4, len(region.municipalities)))
    told = compared(region, known, range(first, last + 1), given, lang)
    if arguments.json:
        _print_json(told.record())
    else:
        _print([told.text()])
    return DONE


def _monitor(arguments: argparse.Namespace) -> int:
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
        _tell(f"{arguments.actuals}: {'recorded' if recorded else 'was recorded before'} in {history.file}")
    counts = history.read().within(plan.problem.years)
    quarter = needed(counts, history.file, Quarter.of(arguments.quarter) if arguments.quarter else None)
    lang = _lang(arguments, region)
    drawn = {"draws": arguments.draws, "seed": arguments.seed}
    told = monitored(plan, counts, quarter, lang, public=arguments.public, **drawn)
    if arguments.replan:
        return _replan(told, arguments)
    if arguments.json:
        _print_json(told.record())
    else:
        _print([told.text()])
    return DONE


def _check_replan(arguments: argparse.Namespace) -> None:
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


def _replan(told: "Monitor", arguments: argparse.Namespace) -> int:
    """Plan on from the state that is told, write the plan and say what changed and why."""
    from tempfile import TemporaryDirectory

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
    with TemporaryDirectory() as folder:
        region = region_of_today(today, Path(folder) / "today", _settings(arguments.settings), arguments.lock)
        for change in region.overrides:
            _tell(f"{change.key}: {change.old} → {change.new} ({change.origin})")
        problem, stop, ticker = Problem.of(region, forecast(region)), threading.Event(), Ticker(sys.stderr)
        work = functools.partial(
            score, problem, today.as_planned, seed=arguments.seed, progress=ticker, stop=stop
        )
        wished = finishing(problem, today.as_planned)
        try:
            kept = _heard(work, stop, ticker, "Stopping; Ctrl-C again aborts.").plan
            plan = _solved(wished, arguments, start=kept)
        except Impossible as error:
            return _impossible(wished, error, arguments)
        except NoPlanYet as error:
            return _no_plan(error, arguments)
        result = Replanned(today, kept, plan, told.lang)
        write(plan, arguments.output, lang=told.lang)
    if arguments.json:
        replanned = {"folder": str(arguments.output), **result.record()}
        _print_json({**told.record(), "replanned": replanned})
    else:
        _print([told.text(), "", result.text(), "", str(arguments.output.resolve())])
    return DONE


def _refuse_without_region(arguments: argparse.Namespace) -> None:
    from geodata.faults import Fault, InputError

    if arguments.region is None:
        remedy = "Name a region, or a map with --country."
        raise InputError([Fault("REGION", "nothing", "a bundled region or a folder", remedy)])


def _plan_country(arguments: argparse.Namespace) -> int:
    from geodata.faults import Fault, InputError
    from optimiser.regions.price_coordination import coordinate
    from optimiser.solve import Impossible, NoPlanYet
    from reports.answers.country import told_in_words, write_country_plans

    if arguments.work is not None:
        raise InputError([Fault("--work", "it beside --country", "--time for many regions", "Leave it out.")])
    limits, names = _prepared(arguments)
    stop, ticker = threading.Event(), Ticker(sys.stderr)
    with _executor(arguments) as executor:
        crew = _crew(arguments, limits, executor, stop, ticker)
        heard = "Stopping; regions that are done are kept, and the same command goes on from there."
        try:
            country = _heard(
                lambda: coordinate(list(crew.regions), limits, crew.relax, crew.plan, gap=arguments.gap),
                stop, ticker, heard,
            )  # fmt: skip
        except (Impossible, NoPlanYet) as error:
            return _no_plan(error, arguments)
    if country is None:
        return _no_plan(NoPlanYet("Not every region has a plan yet; the same command goes on."), arguments)
    lang: Any = arguments.lang or "nl"
    told = write_country_plans(country, names, arguments.output, lang)
    if arguments.json:
        _print_json(told)
    else:
        _print([told_in_words(told, lang), "", str(arguments.output.resolve())])
    return DONE if told["limits_met"] else NO_PLAN


def _prepared(arguments: argparse.Namespace) -> "tuple[tuple[Limit, ...], dict[str, str]]":
    """Write the regions' folders; return the shared limits and what the regions are called."""
    from geodata.bundled import region_folder
    from geodata.faults import Fault, InputError
    from models.new_region.synthetic_country import Template, write_country
    from optimiser.regions.price_coordination import national_limits
    from reports.answers.country import check_usable

    if arguments.scenarios or arguments.settings or arguments.lock:
        remedy = "Change the numbers of a region folder, and name it as REGION."
        raise InputError([Fault("--country", "--scenario, --set or --lock", "none of these", remedy)])
    check_usable(arguments.output)
    template = Template.of(region_folder(arguments.region or COUNTRY_TEMPLATE))
    folder = arguments.output / "regions"
    names = write_country(
        arguments.country, folder, template,
        regions=arguments.regions, seed=arguments.seed, only=arguments.only,
    )  # fmt: skip
    years = template.parameters.years
    return national_limits(years, arguments.national_budget, arguments.open_places), names


def _crew(
    arguments: argparse.Namespace, limits: "tuple[Limit, ...]", executor: "Executor",
    stop: threading.Event, ticker: "Ticker",
) -> "Crew":  # fmt: skip
    from functools import partial

    from optimiser.regions.region_jobs import Crew
    from optimiser.solver.limits import Progress
    from reports.folder.folder import write

    began, folder = time.monotonic(), arguments.output.resolve()

    def told(what: str, done: int, total: int) -> None:
        ticker(Progress(time.monotonic() - began, f"{what}, {done} of {total} regions", None, None))

    regions = {path.name: path for path in (folder / "regions").iterdir()}
    return Crew(
        regions=dict(sorted(regions.items(), key=lambda pair: -_size(pair[1]))),
        kept=folder / "kept",
        limits=limits,
        executor=executor,
        write=partial(write, lang=arguments.lang or "nl"),
        stop=stop,
        gap=arguments.gap,
        seconds=arguments.time,
        seed=arguments.seed,
        told=told,
    )


def _size(region: Path) -> int:
    """Return what tells a large region, which had better begin early."""
    return (region / "sites.csv").stat().st_size


@contextmanager
def _executor(arguments: argparse.Namespace) -> "Iterator[Executor]":
    """Give processes on this machine, which leave Ctrl-C to us, or a Dask cluster."""
    from optimiser.solver.executors import cluster, own_processes

    if arguments.scheduler is None:
        with own_processes(arguments.workers or os.cpu_count() or 1) as processes:
            yield processes
        return
    with cluster(arguments.scheduler) as client, client.get_executor(pure=False) as executor:
        yield executor


def _locate(arguments: argparse.Namespace) -> int:
    region = _read(arguments)
    from optimiser.location.locate import NoAnswerYet, OutOfReach, locate
    from reports.answers.location import Located, record

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
        lang = _lang(arguments, region)
        _print([Located(answer, region, arguments.tier, lang).text()])
    return DONE


def _location_problem(region: "Region", arguments: argparse.Namespace) -> "LocationProblem":
    from models.demand.forecast import forecast
    from optimiser.location.locate import LocationProblem

    names = ("tier", "aim", "sites", "limit", "never", "divided", "capacity", "around", "around_places")
    asked = {name: getattr(arguments, name) for name in names}
    near = {} if arguments.radius is None else {"radius": arguments.radius}
    return LocationProblem.of(region, forecast(region), always=arguments.open, **asked, **near)


def _report(arguments: argparse.Namespace) -> int:
    from reports.answers.lots import read_lots
    from reports.folder.folder import read_plan

    lots = read_lots(arguments.lots) if arguments.lots else None
    plan = read_plan(arguments.plan)
    if not (arguments.pack or arguments.public):
        return _written(plan, arguments.plan, arguments, lots)
    return _packed(_told(plan, arguments, lots), arguments)


def _packed(told: "Contents", arguments: argparse.Namespace) -> int:
    """Write the decision pack and say where it lies."""
    from reports.publish.pack import write_pack

    plan, kind = arguments.plan.resolve(), "public" if arguments.public else "pack"
    folder = arguments.output or plan.with_name(f"{plan.name}-{kind}")
    why = write_pack(told, folder, public=arguments.public)
    if why:
        _tell(f"The memo is a page to be printed by hand: {why}.")
    files = sorted(path.name for path in folder.iterdir())
    if arguments.json:
        _print_json(
            {"folder": str(folder), "files": files, "public": arguments.public, "no_pdf": why or None}
        )
    else:
        _print([str(folder), *(f"  {name}" for name in files)])
    return DONE


def _told(plan: "Plan", arguments: argparse.Namespace, lots: "pd.DataFrame | None" = None) -> "Contents":
    """Return what a report tells of a plan, in the language asked or else the region's."""
    from optimiser.model.model import RULES
    from reports.answers.council import council_answers
    from reports.figures.contents import Contents
    from reports.figures.figures import region_of

    lang = arguments.lang or region_of(plan).parameters.region.language
    return Contents(plan, council_answers(plan), RULES, lang, lots)


def _alternatives(arguments: argparse.Namespace) -> int:
    region, given = _read(arguments), arguments
    from models.demand.forecast import forecast
    from optimiser.problem import Problem
    from reports.collections.alternatives import AlternativesOptions, gather, question

    asked = AlternativesOptions(given.within, given.count, given.gap, given.time, given.seed, given.room)
    return _gathered(
        arguments, region, question(region, asked), "plans",
        lambda kept, *how: gather(Problem.of(region, forecast(region)), kept, asked, *how),
    )  # fmt: skip


def _frontier(arguments: argparse.Namespace) -> int:
    region, given = _read(arguments), arguments
    from models.demand.forecast import forecast
    from optimiser.problem import Problem
    from reports.collections.frontier import ParetoOptions, gather, question

    asked = ParetoOptions(tuple(given.trade), given.points, given.within, given.gap, given.time, given.seed)
    return _gathered(
        arguments, region, question(region, asked), "points",
        lambda kept, *how: gather(Problem.of(region, forecast(region)), kept, asked, *how),
    )  # fmt: skip


def _futures(arguments: argparse.Namespace) -> int:
    region = _read(arguments)
    from geodata.bundled import region_folder
    from models.region.region import read_region
    from optimiser.solver.executors import workers
    from reports.collections.futures import TwoStageOptions, gather, question

    asked = TwoStageOptions(arguments.draws, arguments.commit, arguments.gap, arguments.time, arguments.seed)
    folder, settings = region_folder(arguments.region), _settings(arguments.settings)

    def read(drawn: Mapping[str, str]) -> "Region":
        return read_region(folder, arguments.scenarios, {**settings, **drawn})

    with workers(arguments.scheduler, arguments.processes) as work:
        return _gathered(
            arguments, region, question(region, asked), "futures",
            lambda kept, *how: gather(read, kept, asked, work, *how),
        )  # fmt: skip


def _gathered(
    arguments: argparse.Namespace,
    region: "Region",
    question: Mapping[str, Any],
    what: str,
    gather: "Callable[..., StoredPlan | None]",
) -> int:
    """Gather what answers a question in a folder, tell it, and say how it ended."""
    from optimiser.solve import Impossible, NoPlanYet
    from reports.folder.collection import Collection

    kept = Collection(arguments.output, question, _lang(arguments, region))
    stop, ticker = threading.Event(), Ticker(sys.stderr)
    said = f"Stopping with the {what} that are finished; Ctrl-C again aborts."
    try:
        told = _heard(lambda: gather(kept, ticker, stop), stop, ticker, said)
    except (Impossible, NoPlanYet) as error:
        return _no_plan(error, arguments)
    if told is None:
        _tell(f"Stopped half-way; the same command with -o {kept.folder} goes on.")
        return ABORTED
    if arguments.json:
        _print_json({"folder": str(kept.folder), **told.record()})
    else:
        _print([told.text(), "", str(kept.folder.resolve())])
    return DONE if told.is_possible else NO_PLAN


def _score(arguments: argparse.Namespace) -> int:
    region = _read(arguments)
    if arguments.export:
        return _export(region, arguments.export)
    from models.demand.forecast import forecast
    from models.region.decisions import read_decided
    from optimiser.manual_plan import finishing, score
    from optimiser.problem import Problem
    from optimiser.solve import Impossible, NoPlanYet

    edit = read_decided(arguments.edit, region)
    problem, stop, ticker = Problem.of(region, forecast(region)), threading.Event(), Ticker(sys.stderr)
    work = functools.partial(score, problem, edit, seed=arguments.seed, progress=ticker, stop=stop)
    try:
        plan = _heard(work, stop, ticker, "Stopping; Ctrl-C again aborts.").plan
        if arguments.finish:
            plan = _solved(finishing(problem, edit), arguments, start=plan)
    except (Impossible, NoPlanYet) as error:
        return _no_plan(error, arguments)
    return _told_score(plan, edit, arguments)


def _export(region: "Region", folder: Path) -> int:
    from models.region.decisions import decided_text
    from optimiser.manual_plan import decided_by
    from reports.answers.decisions import check_same_region
    from reports.folder.folder import read_plan

    plan = read_plan(folder)
    check_same_region(plan, region, folder)
    sys.stdout.write(decided_text(decided_by(plan)))
    return DONE


def _told_score(plan: "Plan", edit: "AgreedDecisions", arguments: argparse.Namespace) -> int:
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
        _print_json({"folder": folder, "broken": rules, "changes": other, "summary": figures})
    else:
        _print([brief(told), "", *rule_check(told, broken)])
        _print(["", *change_lines(told, changes(plan, edit))] if arguments.finish else [])
        _print([] if folder is None else ["", folder])
    return DONE


def _compare(arguments: argparse.Namespace) -> int:
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
        compared = PlanComparison.of(_solved_on(plans, arguments), lang)
    record = compared.record()
    if not arguments.json:
        _print(compared.lines())
    if arguments.attribute:
        record["attribution"] = _attribute(compared.plans, lang, arguments)
    if arguments.json:
        _print_json(record)
    return DONE


def _solved_on(plans: "Sequence[Plan]", arguments: argparse.Namespace) -> "list[Plan]":
    """Improve plans that are not proven for a while, and write those that have become better."""
    from optimiser.compare.comparison import improved
    from reports.folder.folder import write

    stop, ticker, found = threading.Event(), Ticker(sys.stderr), list["Plan"]()
    for folder, plan in zip(arguments.plans, plans, strict=True):
        _tell(f"{folder}: solving on")
        limits = {"seconds": arguments.solve_on, "seed": arguments.seed, "progress": ticker, "stop": stop}
        work = functools.partial(improved, plan, **limits)
        found.append(_heard(work, stop, ticker, "Stopping with the best plan so far; Ctrl-C again aborts."))
        if found[-1] is not plan:
            write(found[-1], folder, lang=arguments.lang or "nl")
    return found


def _attribute(plans: "Sequence[Plan]", lang: Any, arguments: argparse.Namespace) -> Any:
    from optimiser.solve import solve
    from optimiser.solver.limits import Progress
    from reports.answers.attribution import Between, attribution_lines, attribution_record, steps_between
    from reports.figures.contents import Contents

    stop, ticker, began = threading.Event(), Ticker(sys.stderr), time.monotonic()
    limits = {"gap": arguments.gap, "seconds": arguments.time, "seed": arguments.seed}

    def make(problem: "Problem", near: "Plan") -> "Plan | None":
        plan = solve(problem, **limits, progress=ticker, stop=stop, start=near)
        return None if stop.is_set() else plan

    def tell(done: int, total: int, what: str) -> None:
        ticker(Progress(time.monotonic() - began, f"{done} of {total} plans; next: {what}", None, None))

    steps = steps_between(*plans, by_scenario=arguments.by == "scenario")
    half_way = Between(plans[0], plans[1], steps, make, limits, arguments.output, arguments.ordered)
    said = "Stopping with what is finished; Ctrl-C again aborts."
    found = _heard(lambda: half_way.attribution(tell), stop, ticker, said)
    if not arguments.json:
        told = Contents(plans[0], (), (), lang)
        _print(["", *attribution_lines(found, half_way.missing, steps, told)])
    return attribution_record(found, half_way.missing, steps)


def _explain(arguments: argparse.Namespace) -> int:
    from optimiser.explain.explanation import explain
    from reports.answers.explanation import as_record, as_text
    from reports.figures.figures import region_of
    from reports.folder.folder import read_plan

    plan, stop, ticker = read_plan(arguments.plan), threading.Event(), Ticker(sys.stderr)
    asked = {"sites": arguments.sites, "seconds": arguments.time, "each": arguments.each}
    said = "Stopping with what is known so far; Ctrl-C again aborts."

    def work() -> "Explanation":
        return explain(plan, **asked, again=arguments.again, report=ticker, stop=stop)

    told = _heard(work, stop, ticker, said)
    lang = arguments.lang or region_of(plan).parameters.region.language
    if arguments.json:
        _print_json(as_record(told, lang))
    else:
        _print([as_text(told, lang)])
    return DONE


def _serve(arguments: argparse.Namespace) -> int:
    from geodata.bundled import bundled_regions
    from reports.app.open_target import opened
    from reports.app.shortcut import write_shortcut

    there = opened(arguments.target)
    if arguments.shortcut:
        bundled = arguments.target in bundled_regions()
        target = arguments.target if bundled else str(Path(arguments.target).resolve())
        _print([str(write_shortcut(target, arguments.output))])
        return DONE
    _refuse_without_app()
    from models.region.region import read_region
    from reports.app.launch import serve
    from reports.app.server import QuestionOptions

    _tell("Reading the region; the browser opens in a moment. Ctrl-C stops.")
    region = read_region(there.region)
    limits = {"gap": arguments.gap, "seconds": arguments.time, "seed": arguments.seed}
    limits |= {} if arguments.work is None else {"work": arguments.work}
    with tempfile.TemporaryDirectory(prefix="spreidplan-", ignore_cleanup_errors=True) as folder:
        asked = QuestionOptions(
            region, Path(folder), limits, there.given, there.gallery,
            _lang(arguments, region), arguments.repair_time,
        )  # fmt: skip
        options = {"host": arguments.host, "port": arguments.port, "browser": arguments.browser}
        serve(asked, **options, until_closed=arguments.until_closed, told=_told_place)
    return DONE


def _told_place(place: "Place") -> None:
    _print([place.url])
    sys.stdout.flush()  # who started it through a pipe waits for this


def _refuse_without_app() -> None:
    from geodata.faults import Fault, InputError

    if not all(map(importlib.util.find_spec, ("starlette", "uvicorn"))):
        remedy = "Install them: pip install 'spreidplan[app]'."
        raise InputError([Fault("serve", "no packages starlette and uvicorn", "both", remedy)])


def _read(arguments: argparse.Namespace) -> "Region":
    from geodata.bundled import region_folder

    # A mistyped name is told before the rest is loaded.
    folder, settings = region_folder(arguments.region), _settings(arguments.settings)
    from models.region.region import read_region

    region = read_region(folder, arguments.scenarios, settings)
    if getattr(arguments, "lock", None) is not None:
        from models.region.decisions import read_decided
        from models.region.region import locked

        region = locked(region, read_decided(arguments.lock, region))
    for change in region.overrides:
        _tell(f"{change.key}: {change.old} → {change.new} ({change.origin})")
    return region


def _settings(pairs: Sequence[tuple[str, str]], option: str = "--set") -> dict[str, str]:
    """Return the settings by key; a key that is set twice has no order to go by."""
    from geodata.faults import Fault, InputError

    keys = [key for key, _ in pairs]
    twice = sorted({key for key in keys if keys.count(key) > 1})
    if twice:
        raise InputError(Fault(option, f"{key} twice", "each key once", "Leave one out.") for key in twice)
    return dict(pairs)


# Solving -------------------------------------------------------------------------------------


def _solved(problem: "Problem", arguments: argparse.Namespace, start: "Plan | None" = None) -> "Plan":
    from optimiser.solve import solve

    limits = {"gap": arguments.gap, "seconds": arguments.time, "seed": arguments.seed, "work": arguments.work}
    stop, ticker = threading.Event(), Ticker(sys.stderr)
    said = "Stopping with the best plan so far; Ctrl-C again aborts."
    work = functools.partial(solve, problem, **limits, progress=ticker, stop=stop, start=start)
    return _heard(work, stop, ticker, said)


def _heard[Result](work: Callable[[], Result], stop: threading.Event, ticker: "Ticker", said: str) -> Result:
    """Work in a thread, so that Ctrl-C is heard: once stops with what there is, twice aborts."""
    outcome, began = Future[Result](), time.monotonic()
    # not threading.Thread: its start never ends where the thread has no memory to begin with
    try:
        _thread.start_new_thread(_work_into, (outcome, work))
    except RuntimeError as error:
        raise MemoryError from error
    while not outcome.done():
        if time.monotonic() - began > BEGUN and not outcome.running():
            raise MemoryError
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
    outcome.set_running_or_notify_cancel()
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


def _written(
    plan: "Plan", folder: Path, arguments: argparse.Namespace, lots: "pd.DataFrame | None" = None
) -> int:
    """Write the plan and say what it is, where it lies and what a council asks of it."""
    from reports.answers.plan_brief import brief
    from reports.folder.folder import write_contents

    told = _told(plan, arguments, lots)
    lang = told.lang
    report = (write_contents(told, folder) / "report.html").resolve()
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


def _records(frame: "pd.DataFrame") -> Any:
    return json.loads(frame.to_json(orient="records", double_precision=15))


def _lang(arguments: argparse.Namespace, region: "Region") -> Any:
    """Return the language that was asked for, or else the region's."""
    return arguments.lang or region.parameters.region.language


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


def _impossible(problem: "Problem", error: "Impossible", arguments: argparse.Namespace) -> int:
    """Say what is short and what would do."""
    from optimiser.infeasibility.repair import diagnose, verified
    from optimiser.solver.limits import Limits
    from reports.answers.repairs import as_record, as_text

    stop, ticker = threading.Event(), Ticker(sys.stderr)
    limits = Limits(arguments.gap, arguments.repair_time, stop, arguments.seed)
    said = "Stopping with the repairs found so far; Ctrl-C again aborts."
    lang = arguments.lang or problem.region.parameters.region.language
    first = _heard(lambda: diagnose(problem, limits, ticker, error.clash), stop, ticker, said)
    if not (arguments.json or first.exact):
        _tell(as_text(first, problem, lang), "")
    found = _heard(lambda: verified(problem, first, limits, ticker), stop, ticker, said)
    if arguments.json:
        told = {"status": error.status, "message": str(error), "explanation": list(error.explanation)}
        _print_json({**told, **as_record(found, problem, lang)})
    else:
        _tell(as_text(found, problem, lang))
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
