"""Plans of many regions at once: `plan --country`."""

import os
import threading
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from reports.terminal.messages import DONE, NO_PLAN, no_plan, print_json, print_lines
from reports.terminal.options import Options
from reports.terminal.progress import ProgressDisplay, interruptible

if TYPE_CHECKING:
    from collections.abc import Iterator
    from concurrent.futures import Executor

    from optimiser.regions.price_coordination import Limit
    from optimiser.regions.region_jobs import Crew


COUNTRY_TEMPLATE = "drenthe"
"""Whose numbers the regions of a country use where none is named."""


def plan_country(arguments: Options) -> int:
    from geodata.faults import Fault, InputError
    from optimiser.regions.price_coordination import coordinate
    from optimiser.solve import Impossible, NoPlanYet
    from reports.answers.country import told_in_words, write_country_plans

    if arguments.work is not None:
        raise InputError([Fault("--work", "it beside --country", "--time for many regions", "Leave it out.")])
    limits, names = _prepared(arguments)
    lang: Any = arguments.lang or "nl"
    stop, ticker = threading.Event(), ProgressDisplay(lang=lang)
    with _executor(arguments) as executor:
        crew = _crew(arguments, limits, executor, stop, ticker)
        try:
            country = interruptible(
                lambda: coordinate(list(crew.regions), limits, crew.relax, crew.plan, gap=arguments.gap),
                stop, ticker, "stop_regions",
            )  # fmt: skip
        except (Impossible, NoPlanYet) as error:
            return no_plan(error, arguments)
    if country is None:
        return no_plan(NoPlanYet("Not every region has a plan yet; the same command goes on."), arguments)
    told = write_country_plans(country, names, arguments.output, lang)
    if arguments.json:
        print_json(told)
    else:
        print_lines([told_in_words(told, lang), "", str(arguments.output.resolve())])
    return DONE if told["limits_met"] else NO_PLAN


def _prepared(arguments: Options) -> "tuple[tuple[Limit, ...], dict[str, str]]":
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
    arguments: Options, limits: "tuple[Limit, ...]", executor: "Executor",
    stop: threading.Event, ticker: "ProgressDisplay",
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
def _executor(arguments: Options) -> "Iterator[Executor]":
    """Give processes on this machine, which leave Ctrl-C to us, or a Dask cluster."""
    from optimiser.solver.executors import cluster, own_processes

    if arguments.scheduler is None:
        with own_processes(arguments.workers or os.cpu_count() or 1) as processes:
            yield processes
        return
    with cluster(arguments.scheduler) as client, client.get_executor(pure=False) as executor:
        yield executor
