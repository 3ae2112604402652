"""Commands about a region: check, forecast, assumptions, partition, locate."""

import threading
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

from reports.terminal import values
from reports.terminal.assumptions_range import measure
from reports.terminal.declare import option, options
from reports.terminal.messages import DONE, in_language, language, no_plan, print_json, print_lines, records
from reports.terminal.options import AnswerSeed, AsJson, Lang, Options, RegionName, Scenarios, Settings
from reports.terminal.progress import ProgressDisplay, interruptible
from reports.terminal.solving import chosen_region, settings_by_key

if TYPE_CHECKING:
    from models.region.region import Region
    from optimiser.location.locate import Location, LocationProblem


def check(
    region: RegionName,
    *,
    scenarios: Scenarios,
    settings: Settings,
    json: AsJson = False,
) -> int:
    """Tell every fault of a region at once."""
    return _check(Options(**locals()))


def forecast(
    region: RegionName,
    *,
    scenarios: Scenarios,
    settings: Settings,
    lang: Lang = None,
    json: AsJson = False,
    backtest: Annotated[
        bool, option("--backtest", "fit on early years of series.csv, hold against later ones")
    ] = False,
    until: Annotated[
        int | None,
        option("--until YEAR", "last year to fit on (all but two); implies --backtest", values.count),
    ] = None,
    level: Annotated[
        float | None,
        option(
            "--level SHARE",
            "chance that the interval should hold a count (80%); implies --backtest",
            values.chance,
        ),
    ] = None,
) -> int:
    """Show the demand, with the steps that add up to it."""
    return _forecast(Options(**locals()))


def assumptions(
    region: RegionName,
    *,
    scenarios: Scenarios,
    settings: Settings,
    lang: Lang = None,
    json: AsJson = False,
    measure: Annotated[
        bool, option("--measure", "rank numbers by the effect of moving each within its range")
    ] = False,
    only: Annotated[
        list[str],
        options(
            "--only KEY", "with --measure: a key, or the beginning of keys, such as tiers; may be given again"
        ),
    ],
    plans: Annotated[
        int,
        option(
            "--plans N",
            "with --measure: also make whole plans for the N numbers of most effect",
            values.count,
        ),
    ] = 0,
    gap: Annotated[float, option("--gap SHARE", "of each of those plans (0.01)", values.share)] = 0.01,
    time: Annotated[float, option("--time SECONDS", "for each of them (60)", values.positive)] = 60.0,
) -> int:
    """List every number with its source."""
    return _assumptions(Options(**locals()))


def locate(
    region: RegionName,
    *,
    scenarios: Scenarios,
    settings: Settings,
    lang: Lang = None,
    json: AsJson = False,
    sites: Annotated[
        int | None, option("--sites N", "how many; left out with coverage: as few as reach all", values.count)
    ] = None,
    aim: Annotated[
        Literal["travel", "worst", "coverage", "spread"],
        option(
            "--for travel|worst|coverage|spread",
            "fewest minutes in all, shortest longest journey, most people near, or sites far apart",
        ),
    ],
    tier: Annotated[
        str | None, option("--tier TIER", "only its sites and the people whom it fits; else all")
    ] = None,
    radius: Annotated[
        float | None,
        option("--radius MINUTES", "what is near, for coverage (the tier's norm)", values.minutes),
    ] = None,
    limit: Annotated[
        float | None, option("--limit MINUTES", "what nobody may exceed", values.minutes)
    ] = None,
    open: Annotated[Any, option("--open SITE,…", "sites that are chosen in any case", values.codes)] = (),
    never: Annotated[Any, option("--never SITE,…", "sites that are not chosen", values.codes)] = (),
    capacity: Annotated[
        Any,
        option("--capacity PEOPLE", "people per site, or 'room': its places", values.capacity),
    ] = None,
    divided: Annotated[
        bool, option("--divided", "with --capacity: people of one neighbourhood may part")
    ] = False,
    around: Annotated[
        float | None,
        option(
            "--around N",
            "at most so many chosen sites in a neighbourhood and those around it",
            values.minutes,
        ),
    ] = None,
    around_places: Annotated[
        float | None,
        option(
            "--around-places N",
            "at most so many weighted places in a neighbourhood and those around it",
            values.minutes,
        ),
    ] = None,
    time: Annotated[float, option("--time SECONDS", "longest search (300)", values.positive)] = 300.0,
    seed: AnswerSeed = 0,
) -> int:
    """Choose sites, proven best for one aim."""
    return _locate(Options(**locals()))


def partition(
    region: RegionName,
    *,
    scenarios: Scenarios,
    settings: Settings,
    lang: Lang = None,
    json: AsJson = False,
    into: Annotated[
        Any,
        option(
            "--into N",
            "how many cooperating regions, such as 3 or 2-4 (2-4, or as many as there are municipalities)",
            values.number_range,
        ),
    ] = None,
    given: Annotated[
        list[str],
        options(
            "--given FILE",
            "also score this one: a CSV file (municipality, group), or 'A,B,C;D,E'; may be given again",
        ),
    ],
    flows: Annotated[
        Path | None, option("--flows FILE", "counted clients: CSV with origin, destination, clients")
    ] = None,
    weigh: Annotated[
        list[Any],
        options(
            "--weigh NAME=VALUE",
            "travel, tie, scale, balance, band or overhead, such as tie=500; may be given again",
            values.setting,
        ),
    ],
) -> int:
    """Compare groups of municipalities that could cooperate."""
    return _partition(Options(**locals()))


def _check(arguments: Options) -> int:
    region = chosen_region(arguments)
    remarks = [in_language(remark, region) for remark in region.remarks]
    counts = {
        "municipalities": len(region.municipalities),
        "neighbourhoods": len(region.neighbourhoods),
        "sites": len(region.sites),
        "assumptions": len(region.assumptions),
    }
    if arguments.json:
        print_json({"faults": [], "region": region.parameters.region.name, **counts, "remarks": remarks})
    else:
        print_lines([f"{region.parameters.region.name}: no faults"])
        print_lines(f"  {count:6} {noun}" for noun, count in counts.items())
        print_lines(f"Note: {remark}" for remark in remarks)
    return DONE


def _forecast(arguments: Options) -> int:
    region = chosen_region(arguments)
    if arguments.backtest or arguments.until is not None or arguments.level is not None:
        return _backtest(region, arguments)
    from models.demand.forecast import forecast
    from models.region.series import overview
    from reports.answers.demand import Demand

    outlook, past = forecast(region), overview(region.series)
    if arguments.json:
        demand, counts = records(outlook.to_frame().reset_index()), records(past.reset_index())
        print_json({"demand": demand, "steps": records(outlook.steps), "series": counts})
    else:
        print_lines([Demand(region, language(arguments, region)).text(outlook, past)])
    return DONE


def _backtest(region: "Region", arguments: Options) -> int:
    from models.demand.backtest import LEVEL, backtest
    from reports.answers.demand import Foreseen

    test = backtest(region, cut=arguments.until, level=arguments.level or LEVEL)
    told = Foreseen(test, language(arguments, region))
    if arguments.json:
        fitted = {"until": test.cut, "level": test.level, "growth": test.trend.growth}
        print_json({**fitted, "predictions": records(test.rows), "words": told.sentences()})
    else:
        print_lines([told.text()])
    return DONE


def _assumptions(arguments: Options) -> int:
    region = chosen_region(arguments)
    if arguments.measure or arguments.only or arguments.plans:
        from optimiser.solve import Impossible, NoPlanYet

        try:
            return measure(region, arguments)
        except (Impossible, NoPlanYet) as error:
            return no_plan(error, arguments)
    if arguments.json:
        print_json(records(region.assumptions))
    else:
        from reports.figures.assumptions_table import register_table

        print_lines([register_table(region.assumptions, language(arguments, region))])
    return DONE


def _partition(arguments: Options) -> int:
    region = chosen_region(arguments)
    from models.demand.forecast import forecast
    from models.inputs.care_flows import read_care_flows
    from models.inputs.partition_file import read_partition
    from optimiser.regions.cooperation import Cooperation, Weighing
    from reports.answers.partition import compared

    given = [read_partition(text, region) for text in arguments.given]
    flows = read_care_flows(arguments.flows, region) if arguments.flows else None
    weighing = Weighing.of(region.parameters).changed(settings_by_key(arguments.weigh, "--weigh"))
    known = Cooperation.of(region, forecast(region), weighing, flows)
    lang = language(arguments, region)
    first, last = arguments.into or (2, min(4, len(region.municipalities)))
    told = compared(region, known, range(first, last + 1), given, lang)
    if arguments.json:
        print_json(told.record())
    else:
        print_lines([told.text()])
    return DONE


def _locate(arguments: Options) -> int:
    region = chosen_region(arguments)
    from optimiser.location.locate import NoAnswerYet, OutOfReach, locate
    from reports.answers.location import Located, record

    problem, stop, ticker = (
        _location_problem(region, arguments),
        threading.Event(),
        ProgressDisplay(arguments.time, lang=language(arguments, region)),
    )

    def work() -> "Location":
        limits = {"seconds": arguments.time, "seed": arguments.seed}
        return locate(problem, **limits, progress=ticker, stop=stop)

    try:
        answer = interruptible(work, stop, ticker, "stop_sites")
    except (OutOfReach, NoAnswerYet) as error:
        return no_plan(error, arguments)
    if arguments.json:
        print_json(record(answer, region, arguments.tier))
    else:
        lang = language(arguments, region)
        print_lines([Located(answer, region, arguments.tier, lang).text()])
    return DONE


def _location_problem(region: "Region", arguments: Options) -> "LocationProblem":
    from models.demand.forecast import forecast
    from optimiser.location.locate import LocationProblem

    names = ("tier", "aim", "sites", "limit", "never", "divided", "capacity", "around", "around_places")
    asked = {name: getattr(arguments, name) for name in names}
    near = {} if arguments.radius is None else {"radius": arguments.radius}
    return LocationProblem.of(region, forecast(region), always=arguments.open, **asked, **near)
