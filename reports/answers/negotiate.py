"""Rounds of a negotiation: locks, homes, late delivery and room, solved one after the other."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from optimiser.explain.home_values import home_worths
from optimiser.negotiation.terms import delivery, lock_prices, parties, room
from optimiser.solve import NoPlanYet
from optimiser.solver.limits import Limits
from optimiser.tradeoffs.near_optimal import Band

if TYPE_CHECKING:
    from collections.abc import Callable
    from threading import Event

    from optimiser.solver.limits import Report
    from reports.answers.agreements import Negotiation


@dataclass(frozen=True)
class Asking:
    """What is asked again, and how long for; fields as the options of the command."""

    share: float
    within: float
    gap: float
    seconds: float
    seed: int


def negotiate(
    first: Negotiation, asking: Asking, keep: Callable[[Negotiation], None], report: Report, stop: Event
) -> Negotiation:
    """Ask again what locks, homes and late delivery do and what room there is; `keep` hears each part.

    Once `stop` is set, what is finished is returned.
    """
    plan, told = first.plan, replace(first, within=asking.within, whole=False)
    limits = Limits(asking.gap, asking.seconds, stop, asking.seed)

    def kept(**part: Any) -> Negotiation:
        now = replace(told, **part)
        keep(now)
        return now

    told = kept(prices=list(lock_prices(plan, limits, report)))
    told = kept(worths=[] if stop.is_set() else list(home_worths(plan, limits, report)))
    if not stop.is_set():
        try:
            told = kept(delivery=delivery(plan, asking.share, limits, report))
        except NoPlanYet:
            return told
    if not stop.is_set():
        each = len(parties(plan.problem))
        longer = replace(limits, seconds=each * asking.seconds)
        told = kept(room=list(room(Band(plan, asking.within), longer, report)))
    return kept(whole=told.is_finished and not stop.is_set())
