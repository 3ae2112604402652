"""Driver of near-optimal plans: as many as asked, with the ranges that they leave."""

from __future__ import annotations

from dataclasses import dataclass
from threading import Event
from typing import TYPE_CHECKING, Any

from optimiser.solve import solve
from optimiser.solver.limits import Limits
from optimiser.tradeoffs.near_optimal import Band, alternatives
from optimiser.tradeoffs.ranges import Ranges, counts, found, proven

if TYPE_CHECKING:
    from collections.abc import Mapping

    from optimiser.plan import Plan
    from optimiser.problem import Problem
    from optimiser.solver.limits import Report
    from optimiser.tradeoffs.plan_store import PlanStore


@dataclass(frozen=True)
class AlternativesOptions:
    """Number of plans, distance above the best, and limits of each search.

    Attributes
    ----------
    within
        Share by which a plan's objective may exceed that of the best plan found.
    count
        Plans in all.
    gap, seconds, seed
        Of every solve, as in `optimiser.solve`.
    room_seconds
        For proving what is possible within the band.
    """

    within: float = 0.02
    count: int = 5
    gap: float = 0.01
    seconds: float = 150.0
    seed: int = 0
    room_seconds: float = 120.0


@dataclass(frozen=True)
class NearOptimalSet:
    """The plans of a band, the best first; `facts` has per plan `distance` and `most` (None for the best)."""

    band: Band
    plans: tuple[Plan, ...]
    facts: tuple[Mapping[str, Any], ...]
    ranges: tuple[Ranges, ...]


def near_optimal_set(
    problem: Problem,
    store: PlanStore,
    options: AlternativesOptions,
    progress: Report = lambda _: None,
    stop: Event | None = None,
) -> NearOptimalSet:
    """Make the plans that a store lacks, store each as it is finished, and return all with their ranges.

    Once `stop` is set, what is finished is returned. Raises as `optimiser.solve` does.
    """
    limits = Limits(options.gap, options.seconds, stop or Event(), options.seed)
    plans = [store.plan(name) for name in store.names()]
    if not plans:
        plans = [solve(problem, gap=options.gap, seconds=options.seconds, seed=options.seed,
                       progress=progress, stop=limits.stop)]  # fmt: skip
        store.keep("plan-1", plans[0], {"distance": None, "most": None})
    band = Band(plans[0], options.within)
    for other in alternatives(band, plans, options.count, limits, progress):
        plans.append(other.plan)
        store.keep(f"plan-{len(plans)}", other.plan, {"distance": other.distance, "most": other.most})
    ranges = found(plans, counts(plans[0]))
    longer = Limits(0.0, options.room_seconds, limits.stop, options.seed)
    proofs = tuple(proven(band, ranges, longer, progress))
    return NearOptimalSet(band, tuple(plans), tuple(map(store.facts, store.names())), proofs)
