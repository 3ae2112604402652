"""Tables of a negotiation or procurement: agreements, lots, outflow, partition."""

from __future__ import annotations

from pathlib import Path
from threading import Event
from typing import TYPE_CHECKING

from models.demand.forecast import forecast
from models.funding.price_basis import read_price_bases
from models.inputs.care_flows import read_care_flows
from models.inputs.housing_stock import read_stock
from models.inputs.outflow_clients import read_free, read_ready
from models.inputs.partition_file import read_partition
from models.region.read_decisions import read_decided
from optimiser.negotiation.home_requests import HomesAsked
from optimiser.negotiation.terms import USUAL_DELIVERY, with_locks
from optimiser.outflow_matching import homes_of_plan, place, round_rules
from optimiser.procurement.contract_volumes import volumes
from optimiser.procurement.lots import Patchwork, divide, wished
from optimiser.regions.cooperation import Cooperation, Weighing
from optimiser.solver.limits import Limits
from reports.answers.agreements import Negotiation
from reports.answers.lots import Tender
from reports.answers.negotiate import Asking, negotiate
from reports.answers.outflow import OutflowDesk
from reports.answers.partition import PartitionComparison, compared
from reports.front_door.targets import plan_of, region_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from optimiser.solver.limits import Report
    from reports.front_door.targets import PlanLike, RegionLike
    from reports.text.notation import Language

USUAL_LOTS = 3
"""Lots where neither a number nor a largest share is asked."""


def agreements(
    plan: PlanLike,
    *,
    stock: str | Path | None = None,
    by_neighbourhood: bool = False,
    lock: str | Path | None = None,
    solve: bool = False,
    delivery: float = USUAL_DELIVERY,
    within: float = 0.02,
    gap: float = 0.01,
    seconds: float = 60.0,
    seed: int = 0,
    lang: Language = "en",
    report: Report = lambda _: None,
    stop: Event | None = None,
) -> Negotiation:
    """Return the homes that a plan asks of corporations, beside what they offer.

    Parameters
    ----------
    stock
        CSV file of what corporations own: corporation, municipality, social_homes.
    by_neighbourhood
        Homes by neighbourhood in place of municipality.
    lock
        CSV file of what is agreed: the plan is made again with it, and each agreement is priced.
    solve
        Whether to also solve for what one home more, late delivery and each agreement do, and for the
        room that each party has.
    delivery
        Share of the homes that is handed over.
    within
        Share above the plan's objective in which there is room.
    gap, seconds, seed
        Of each solve.
    """
    plan, stop = plan_of(plan), stop or Event()
    region = plan.problem.region
    owned = read_stock(Path(stock), region) if stock else {}
    if lock is not None:
        limits = Limits(gap, seconds, stop, seed)
        plan = with_locks(plan, read_decided(Path(lock), region), limits, report)
    first = Negotiation(plan, HomesAsked.of(plan, owned, by_neighbourhood=by_neighbourhood), lang)
    if not solve:
        return first
    return negotiate(first, Asking(delivery, within, gap, seconds, seed), lambda _: None, report, stop)


def lots(
    plan: PlanLike,
    *,
    lots: int | None = None,
    max_share: float | None = None,
    band: float = 0.3,
    small: float | None = None,
    start: int | None = None,
    terms: tuple[int, ...] = (4, 2, 2),
    draws: int = 200,
    seed: int = 0,
    prices: str | Path | None = None,
    gap: float = 0.0,
    seconds: float = 120.0,
    lang: Language = "en",
) -> Tender:
    """Return the volumes of a plan divided into procurement lots, proven.

    Parameters
    ----------
    lots, max_share
        Number of lots, else as few as a largest share of the volume in one lot allows; else three.
    band
        Share by which a lot may be larger or smaller than the mean.
    small
        Share that at least one lot does not exceed, for new providers.
    start, terms
        First year (the one after the contracts end), and the years of the contract and its extensions.
    draws, seed
        Draws of the demand for the least and most of every volume.
    prices
        CSV file of cost prices: tier and the six elements.
    gap, seconds
        Of the solve.

    Raises
    ------
    Impossible
        Where no division does what is asked.
    """
    plan = plan_of(plan)
    number = USUAL_LOTS if lots is None and max_share is None else lots
    basis = read_price_bases(Path(prices), plan.problem.region.parameters.tiers) if prices else {}
    wish = wished(plan, number, max_share, band, small)
    bought = volumes(plan, start=start, terms=terms, draws=draws, seed=seed)
    division = divide(Patchwork.of(plan, bought, wish), wish, seconds=seconds, gap=gap)
    return Tender(plan, bought, division, wish, basis, lang)


def match_outflow(
    plan: PlanLike,
    ready: str | Path,
    *,
    free: str | Path | None = None,
    months: int = 12,
    idle_days: int = 30,
    per_thousand: float = 1.0,
    only_wanted: bool = False,
    seconds: float = 60.0,
    lang: Language = "en",
) -> OutflowDesk:
    """Return clients who are ready to leave matched to homes that come free.

    Parameters
    ----------
    ready
        CSV file of clients: client (pseudonym), municipality, neighbourhood, wanted, tier, ready.
    free
        CSV file of homes: home, corporation, neighbourhood, tier, free; else those of the plan.
    months
        How long after the first client is ready homes take part.
    idle_days
        How long a home may stand empty.
    per_thousand
        People placed in a neighbourhood at most, per 1,000 inhabitants; one at least.
    only_wanted
        Whether who names an area is placed there or not at all.
    seconds
        For each step.
    """
    plan = plan_of(plan)
    region = plan.problem.region
    clients = read_ready(Path(ready), region)
    rules = round_rules(
        region, clients, months=months, idle_days=idle_days, per_thousand=per_thousand,
        only_wanted=only_wanted,
    )  # fmt: skip
    if free is None:
        homes = homes_of_plan(plan, min(client.ready for client in clients), rules.until)
    else:
        homes = read_free(Path(free), region)
    return OutflowDesk(plan, place(plan, clients, homes, rules, seconds=seconds), free is None, lang)


def partition(
    target: RegionLike,
    *,
    into: int | Sequence[int] | None = None,
    known: Sequence[str] = (),
    flows: str | Path | None = None,
    weigh: Mapping[str, float] | None = None,
    lang: Language = "en",
) -> PartitionComparison:
    """Return partitions of the municipalities into cooperating regions, the best of each number proven.

    Parameters
    ----------
    into
        Numbers of groups; two to four where there are so many municipalities.
    known
        Other partitions to score: CSV files (municipality, group), or texts such as 'A,B,C;D,E'.
    flows
        CSV file of counted clients: origin, destination, clients.
    weigh
        Other weights: travel, tie, scale, balance, band or overhead.

    Raises
    ------
    InputError
        Where a number of groups cannot be, or a file has faults.
    """
    region = region_of(target)
    numbers = range(2, min(4, len(region.municipalities)) + 1) if into is None else into
    weights = {name: str(value) for name, value in (weigh or {}).items()}
    weighing = Weighing.of(region.parameters).changed(weights)
    counted = read_care_flows(Path(flows), region) if flows else None
    cooperation = Cooperation.of(region, forecast(region), weighing, counted)
    others = [read_partition(text, region) for text in known]
    return compared(region, cooperation, [numbers] if isinstance(numbers, int) else numbers, others, lang)
