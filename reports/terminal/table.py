"""Commands for the table of a negotiation or procurement: agreements, place, lots."""

import functools
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from reports.terminal import values
from reports.terminal.declare import option
from reports.terminal.messages import DONE, language, no_plan, print_json, print_lines
from reports.terminal.options import AnswerSeed, AsJson, Lang, Options, PlanFolder
from reports.terminal.progress import ProgressDisplay, interruptible

if TYPE_CHECKING:
    from collections.abc import Callable

    from models.region.decisions import AgreedDecisions
    from optimiser.plan import Plan
    from reports.answers.agreements import Negotiation
    from reports.answers.negotiate import Asking


def agreements(
    plan: PlanFolder,
    *,
    lang: Lang = None,
    json: AsJson = False,
    quick: Annotated[
        bool, option("--quick", "only what needs no solving: asked, offered, short, fair share")
    ] = False,
    wijk: Annotated[bool, option("--wijk", "homes by neighbourhood in place of municipality")] = False,
    stock: Annotated[
        Path | None,
        option("--stock FILE", "what corporations own: CSV with corporation, municipality, social_homes"),
    ] = None,
    lock: Annotated[
        Path | None, option("--lock FILE", "what is agreed, to keep and to price: as for plan --lock")
    ] = None,
    delivery: Annotated[
        float, option("--delivery SHARE", "part of the homes that is handed over (0.71)", values.chance)
    ] = 0.71,
    within: Annotated[
        float, option("--within SHARE", "above this plan, for the room (2%)", values.share)
    ] = 0.02,
    gap: Annotated[float, option("--gap SHARE", "of each solve (0.01)", values.share)] = 0.01,
    time: Annotated[float, option("--time SECONDS", "for each solve (60)", values.positive)] = 60.0,
    seed: AnswerSeed = 0,
    output: Annotated[
        Path | None, option("-o, --output FOLDER", "also write agreements.xlsx and .csv there")
    ] = None,
) -> int:
    """Tell the homes asked of corporations, and what agreeing on them does."""
    return _agreements(Options(**locals()))


def place(
    plan: PlanFolder,
    *,
    lang: Lang = None,
    json: AsJson = False,
    ready: Annotated[
        Path,
        option(
            "--ready FILE",
            "clients: CSV with client (pseudonym), municipality, neighbourhood, wanted, tier, ready",
        ),
    ],
    free: Annotated[
        Path | None,
        option(
            "--free FILE",
            "homes: CSV with home, corporation, neighbourhood, tier, free; else those of the plan",
        ),
    ] = None,
    months: Annotated[
        int,
        option("--months N", "how long after the first is ready homes take part (12)", values.one_or_more),
    ] = 12,
    idle: Annotated[int, option("--idle DAYS", "a home may stand empty (30)", values.count)] = 30,
    per_thousand: Annotated[
        float,
        option(
            "--per-thousand N",
            "people placed in a neighbourhood at most, per 1,000 inhabitants, one at least (1)",
            values.positive,
        ),
    ] = 1.0,
    only_wanted: Annotated[
        bool, option("--only-wanted", "who names an area is placed there or not at all")
    ] = False,
    time: Annotated[float, option("--time SECONDS", "for each step (60)", values.positive)] = 60.0,
    output: Annotated[
        Path | None, option("-o, --output FILE", "also write a CSV file: a line per client")
    ] = None,
) -> int:
    """Match clients ready to leave to homes that come free."""
    return _place(Options(**locals()))


def lots(
    plan: PlanFolder,
    *,
    lang: Lang = None,
    json: AsJson = False,
    lots: Annotated[
        int | None, option("--lots N", "number of lots; else as few as --max-share allows", values.count)
    ] = None,
    max_share: Annotated[
        float | None,
        option("--max-share SHARE", "largest part of the volume in one lot, such as 40%", values.chance),
    ] = None,
    band: Annotated[
        float, option("--band SHARE", "larger or smaller than a mean lot (0.3)", values.share)
    ] = 0.3,
    small: Annotated[
        float | None,
        option("--small SHARE", "at least one lot is this small, for new providers", values.chance),
    ] = None,
    start: Annotated[
        int | None, option("--start YEAR", "first year; else the one after the contracts end", values.count)
    ] = None,
    terms: Annotated[Any, option("--terms YEARS", "contract and extensions (4+2+2)", values.terms)] = (
        4,
        2,
        2,
    ),
    draws: Annotated[int, option("--draws N", "draws of the demand (200)", values.count)] = 200,
    seed: Annotated[int, option("--seed N", "same seed, same draws (0)", values.count)] = 0,
    prices: Annotated[
        Path | None, option("--prices FILE", "cost prices: CSV with tier and the six elements")
    ] = None,
    gap: Annotated[float, option("--gap SHARE", "good enough, such as 1% (0)", values.share)] = 0.0,
    time: Annotated[float, option("--time SECONDS", "longest solve (120)", values.positive)] = 120.0,
    output: Annotated[
        Path | None, option("-o, --output FOLDER", "also write CSV tables and a GeoPackage there")
    ] = None,
) -> int:
    """Divide the volumes of a plan into procurement lots."""
    return _lots(Options(**locals()))


def _agreements(arguments: Options) -> int:
    from models.inputs.housing_stock import read_stock
    from optimiser.negotiation.home_requests import HomesAsked
    from optimiser.solve import Impossible, NoPlanYet
    from reports.answers.agreements import Negotiation
    from reports.answers.annex import FILES, check_folder
    from reports.answers.negotiate import negotiate
    from reports.folder.folder import read_plan

    if arguments.output:
        check_folder(arguments.output, FILES)
    plan, stop = read_plan(arguments.plan), threading.Event()
    stock = read_stock(arguments.stock, plan.problem.region) if arguments.stock else {}
    agreed = _agreed_decisions(arguments, plan)
    lang = arguments.lang or plan.problem.region.parameters.region.language
    ticker = ProgressDisplay(lang=lang)
    told = Negotiation(plan, HomesAsked.of(plan, stock, by_neighbourhood=arguments.wijk), lang)
    keep = _keeping(arguments)
    keep(told)
    if not arguments.json:
        print_lines([told.first()])
    if agreed:
        try:
            plan = _with_locks(plan, agreed, arguments, stop, ticker)
        except (Impossible, NoPlanYet) as error:
            return no_plan(error, arguments)
        told = Negotiation(plan, HomesAsked.of(plan, stock, by_neighbourhood=arguments.wijk), lang)
        keep(told)
        if not arguments.json:
            print_lines(["", told.word("with_locks"), "", told.first()])
    if not arguments.quick:
        work = functools.partial(negotiate, told, _asking(arguments), keep, ticker, stop)
        told = interruptible(work, stop, ticker, "stop_finished")
    if arguments.json:
        print_json(told.record())
    elif told.again():
        print_lines(["", told.again()])
    return DONE


def _with_locks(
    plan: "Plan",
    agreed: "AgreedDecisions",
    arguments: Options,
    stop: threading.Event,
    ticker: "ProgressDisplay",
) -> "Plan":
    """Return the plan with all that is agreed."""
    from optimiser.negotiation.terms import with_locks
    from optimiser.solver.limits import Limits

    limits = Limits(arguments.gap, arguments.time, stop, arguments.seed)
    return interruptible(lambda: with_locks(plan, agreed, limits, ticker), stop, ticker, "stop_plan")


def _agreed_decisions(arguments: Options, plan: "Plan") -> "AgreedDecisions | None":
    """Return what is agreed in a file, where one is named."""
    if arguments.lock is None:
        return None
    from models.region.read_decisions import read_decided

    return read_decided(arguments.lock, plan.problem.region)


def _asking(arguments: Options) -> "Asking":
    from reports.answers.negotiate import Asking

    return Asking(arguments.delivery, arguments.within, arguments.gap, arguments.time, arguments.seed)


def _keeping(arguments: Options) -> "Callable[[Negotiation], None]":
    """Return what writes a negotiation so far, where a folder is named."""
    from reports.answers.annex import write_agreements

    def keep(told: "Negotiation") -> None:
        if arguments.output:
            write_agreements(told, arguments.output)

    return keep


def _place(arguments: Options) -> int:
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
    desk = OutflowDesk(plan, placed, arguments.free is None, language(arguments, region))
    if arguments.output:
        desk.write(arguments.output)
    if arguments.json:
        print_json(desk.record())
    else:
        print_lines([desk.text()])
    return DONE


def _lots(arguments: Options) -> int:
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
        return no_plan(error, arguments)
    tender = Tender(plan, bought, division, wish, given, arguments.lang or parameters.region.language)
    if arguments.output:
        tender.write(arguments.output)
    if arguments.json:
        print_json(tender.record())
    else:
        print_lines([tender.text()])
    return DONE
