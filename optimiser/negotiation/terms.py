"""Around the table: what each agreement costs, what late delivery does, and what room each party has.

Everything about whole decisions is asked again: the plan without a lock, the plan with fewer homes. A
difference that is smaller than what the two proofs leave open together is no finding.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from math import floor
from typing import TYPE_CHECKING

import numpy as np

from models.demand.forecast import forecast
from models.region.decisions import AgreedDecisions, DecidedHomes, DecidedPlaces
from models.region.read_region import locked
from optimiser.compare.comparison import Distance
from optimiser.explain.binding_rules import values_of_plan
from optimiser.explain.home_values import FixedPlanValues
from optimiser.manual_plan import decided_by, score
from optimiser.model.model import Floats, Model
from optimiser.model.variables import column_ids
from optimiser.plan import Plan
from optimiser.problem import Problem
from optimiser.search.assignment import people_follow
from optimiser.search.reduced_model import SMALL, values_of
from optimiser.search.rounding import whole_homes
from optimiser.solve import Impossible, NoPlanYet, solve, verified
from optimiser.solver.highs import LinearModel
from optimiser.solver.limits import Clock, Limits, Progress, Report
from optimiser.tradeoffs.near_optimal import EUR_PER_UNIT, Band
from optimiser.tradeoffs.ranges import Count, Ranges, columns_of_homes, found, in_band, proven
from optimiser.verification.violation import Violation

if TYPE_CHECKING:
    from optimiser.assembly.capacity import Offer

USUAL_DELIVERY = 0.71
"""Part of the promised homes that is delivered: 112 of 158 at De Key, Amsterdam, in 2019 (derived)."""

ATTEMPTS, CAUTION = 3, 1.2
"""How often a plan that came out dearer than the band is sought again, and times what it was too dear."""


@dataclass(frozen=True)
class Lock:
    """What one party has asked of one place or site, all its years together."""

    name: str
    asked_by: str
    agreed: AgreedDecisions

    @property
    def years(self) -> tuple[int, ...]:
        """The years that it speaks of."""
        return tuple(sorted({one.year for one in self.agreed.every}))


@dataclass(frozen=True)
class LockPrice:
    """What a lock costs: the plan with all that is agreed against the best one found without it.

    `without` is None where it was not made; `distance` is from that plan to the one with the lock, so
    that an objective above 0 is what the lock costs.
    """

    lock: Lock
    without: Plan | None
    distance: Distance | None


@dataclass(frozen=True)
class Delivery:
    """What happens where corporations hand over a part of what is promised.

    Attributes
    ----------
    share
        The part.
    homes
        Homes that the plan asks, and that are then handed over.
    unprepared
        Sites and places as planned all the same; `broken` are the rules that this breaks.
    prepared
        The plan made again knowing it; None where it was not made, `why` then says what stops it.
    """

    share: float
    homes: tuple[int, int]
    unprepared: Plan
    broken: tuple[Violation, ...]
    prepared: Plan | None
    why: tuple[str, ...] = ()

    @property
    def is_finished(self) -> bool:
        """Whether it was planned anew, or is known why it cannot be."""
        return self.prepared is not None or bool(self.why)


def locks(decided: AgreedDecisions) -> list[Lock]:
    """Return decisions by what they are about and who asked, in their order."""
    together: dict[tuple[str, str], list[DecidedPlaces | DecidedHomes]] = {}
    for one in decided.every:
        together.setdefault((one.name, one.asked_by), []).append(one)
    return [Lock(name, who, _decided(ones)) for (name, who), ones in together.items()]


def _decided(ones: Sequence[DecidedPlaces | DecidedHomes]) -> AgreedDecisions:
    return AgreedDecisions(
        tuple(one for one in ones if isinstance(one, DecidedPlaces)),
        tuple(one for one in ones if isinstance(one, DecidedHomes)),
    )


def without(problem: Problem, lock: Lock) -> Problem:
    """Return a problem in which one lock is not agreed."""
    gone = set(lock.agreed.every)
    kept = replace(problem, agreed=_decided([one for one in problem.agreed.every if one not in gone]))
    return kept if kept.agreed else kept.with_modes(agreed_decisions_are_kept="off")


def with_locks(plan: Plan, agreed: AgreedDecisions, limits: Limits, report: Report = lambda _: None) -> Plan:
    """Return the best plan found in which more is agreed; a plan that keeps it already stays as it is.

    Raises
    ------
    InputError
        Where something is agreed twice.
    Impossible, NoPlanYet
        As `solve`.
    """
    region = locked(plan.problem.region, agreed)
    problem = Problem.of(region, plan.problem.outlook or forecast(region))
    if problem.policies.agreed_decisions_are_kept.mode == "hard" and keeps(plan, agreed):
        model = Model.of(problem)
        return verified(model, values_of_plan(model, plan), plan.reference, plan.proof)
    return solve(
        problem, gap=limits.gap, seconds=limits.seconds, seed=limits.seed,
        progress=_staged(report, "with all that is agreed"), stop=limits.stop, start=plan,
    )  # fmt: skip


def keeps(plan: Plan, agreed: AgreedDecisions) -> bool:
    """Whether a plan has places and homes as they are agreed."""
    places, homes = plan.data["places"], plan.data["new_homes"]
    there = [float(places.sel(site=d.site, tier=d.tier, year=d.year)) == d.places for d in agreed.places]
    for d in agreed.homes:
        offered = d.corporation in homes["corporation"].values
        inside = {"corporation": d.corporation, "year": d.year, "neighbourhood": list(d.neighbourhoods)}
        there.append((float(homes.sel(inside).sum()) if offered else 0.0) == d.homes)
    return all(there)


def lock_prices(plan: Plan, limits: Limits, report: Report = lambda _: None) -> Iterator[LockPrice]:
    """Generate what each lock of a plan costs; `limits` are those of each solve.

    A plan that keeps a lock is one without it too, so a lock never costs less than nothing.
    """
    for lock in locks(plan.problem.agreed):
        if limits.stop.is_set():
            return
        free = without(plan.problem, lock)
        try:
            other = solve(
                free, gap=limits.gap, seconds=limits.seconds, seed=limits.seed,
                progress=_staged(report, f"without {lock.name}"), stop=limits.stop, start=plan,
            )  # fmt: skip
        except NoPlanYet:
            yield LockPrice(lock, None, None)
            return
        best = other if other.proof.objective <= plan.proof.objective else _as_one_of(free, plan, other)
        yield LockPrice(lock, best, Distance.between(best, plan))


def _as_one_of(problem: Problem, plan: Plan, other: Plan) -> Plan:
    """Return a plan as one of a problem that allows more, with the bound that was found for it."""
    proof = replace(plan.proof, bound=min(other.proof.bound, plan.proof.objective))
    return replace(plan, problem=problem, proof=proof)


def _staged(report: Report, what: str) -> Report:
    return lambda told: report(replace(told, stage=f"{what}: {told.stage}"))


# Delivery ------------------------------------------------------------------------------------


def delivered(homes: Sequence[int], share: float) -> list[int]:
    """Return what is handed over of homes in a row: by the n-th home the nearest whole number to share·n."""
    promised = np.cumsum([0, *homes]).tolist()
    there = [floor(share * n + 0.5) for n in promised]
    return [later - before for before, later in pairwise(there)]


def delivered_homes(plan: Plan, share: float) -> AgreedDecisions:
    """Return a plan's places, and the part of its homes that is handed over.

    Home by home in the order of years, per corporation and municipality.
    """
    decided, town = decided_by(plan), plan.problem.municipality_of
    rows: dict[tuple[str, str], list[DecidedHomes]] = {}
    for one in sorted(decided.homes, key=lambda one: (one.year, one.place)):
        rows.setdefault((one.corporation, town[one.place]), []).append(one)
    left = [
        replace(one, homes=homes)
        for ones in rows.values()
        for one, homes in zip(ones, delivered([one.homes for one in ones], share), strict=True)
    ]
    return AgreedDecisions(decided.places, tuple(one for one in left if one.homes))


def delivered_offers(problem: Problem, share: float) -> Problem:
    """Return a problem in which a part of what is offered comes; nothing is agreed on homes any more."""
    rows: dict[tuple[str, str], list[Offer]] = {}
    for offer in sorted(problem.offers, key=lambda offer: offer.year):
        rows.setdefault((offer.corporation, offer.place), []).append(offer)
    offers = tuple(
        replace(offer, homes=homes)
        for ones in rows.values()
        for offer, homes in zip(ones, delivered([one.homes for one in ones], share), strict=True)
    )
    fewer = replace(problem, offers=offers, agreed=AgreedDecisions(problem.agreed.places))
    return fewer if fewer.agreed else fewer.with_modes(agreed_decisions_are_kept="off")


def delivery(plan: Plan, share: float, limits: Limits, report: Report = lambda _: None) -> Delivery:
    """Return what delivery of a part of the homes does, with the sites as planned and planned anew.

    Raises
    ------
    NoPlanYet
        Where it was stopped before people had chosen again.
    """
    fewer = delivered_homes(plan, share)
    homes = (
        round(float(plan.data["new_homes"].sum())),
        sum(one.homes for one in fewer.homes),
    )
    told = _staged(report, f"delivery of {share:.0%}")
    scored = score(plan.problem, fewer, seed=limits.seed, progress=told, stop=limits.stop)
    known = Delivery(share, homes, scored.plan, scored.broken, None)
    if limits.stop.is_set():
        return known
    try:
        again = solve(
            delivered_offers(plan.problem, share), gap=limits.gap, seconds=limits.seconds, seed=limits.seed,
            progress=told, stop=limits.stop, start=plan,
        )  # fmt: skip
    except NoPlanYet:
        return known
    except Impossible as error:
        return replace(known, why=error.explanation)
    return replace(known, prepared=again)


# Room ----------------------------------------------------------------------------------------


def parties(problem: Problem) -> list[Count]:
    """Return what there is room in: the homes of each corporation, and in each municipality, all years."""
    corporations = dict.fromkeys(offer.corporation for offer in problem.offers if offer.homes)
    offered = {
        problem.municipality_of[j] for offer in problem.offers if offer.homes for j in offer.neighbourhoods
    }
    return [
        *(Count("homes_of", c, None) for c in corporations),
        *(Count("homes_in", m, None) for m in problem.towns if m in offered),
    ]


def room(band: Band, limits: Limits, report: Report = lambda _: None) -> Iterator[Ranges]:
    """Generate the least and the most homes of each party over all plans of a band, until time is up.

    In a small model both ends are proven. In a large one the outer ends are bounds, and the inner ones
    are plans with the sites and places of the best one; there may be others.
    """
    asked = found([band.best], parties(band.best.problem))
    model, clock = Model.of(band.best.problem), Clock(limits)
    small = len(model.arrays.cost) <= SMALL
    inner = None
    for extent in proven(band, asked, limits, report):
        if small or clock.left <= 0.0:
            yield extent
            continue
        inner = inner or _Inner.of(band, model, limits)
        yield inner.widened(extent, clock, report)


@dataclass(frozen=True)
class _Inner:
    """Plans of a band with the sites and places of its best one, and homes as they come."""

    band: Band
    model: Model
    limits: Limits
    values: Floats
    standing: FixedPlanValues
    program: LinearModel

    @classmethod
    def of(cls, band: Band, model: Model, limits: Limits) -> "_Inner":
        values = values_of_plan(model, band.best)
        standing = FixedPlanValues.of(model, values, homes_stand=False)
        program = LinearModel(in_band(standing.arrays, band), standing.taking_part(), limits)
        return cls(band, model, limits, values, standing, program)

    def widened(self, extent: Ranges, clock: Clock, report: Report) -> Ranges:
        """Return an extent with what plans were found to have."""
        report(Progress(clock.seconds, f"room of {extent.count.code}", None, None))
        low = self._reached(extent.count, 1.0, clock) if extent.least != extent.found_least else None
        high = self._reached(extent.count, -1.0, clock) if extent.most != extent.found_most else None
        ends = [end for end in (extent.found_least, extent.found_most, low, high) if end is not None]
        return replace(extent, found_least=min(ends), found_most=max(ends))

    def _reached(self, count: Count, sign: float, clock: Clock) -> int | None:
        """Return how many homes a plan of the band has that has few (1) or many (−1)."""
        columns, spent = columns_of_homes(self.model, count), 0.0
        cost = np.zeros(len(self.model.arrays.cost))
        cost[columns] = sign
        self.program.set_cost(self.standing.expand.T @ cost)
        for _ in range(ATTEMPTS):
            self._spend(spent)
            chosen = self.program.relax(interior=True, seconds=clock.left)
            if chosen.outcome != "optimal":
                return None
            homes, given = whole_homes(self.model, self.standing.expand @ values_of(chosen))
            above = self._above(homes, given, clock)
            if above <= 0.0:
                at = np.searchsorted(np.sort(homes), columns)
                return round(float(given[np.argsort(homes)][at].sum()))
            spent += CAUTION * above
        return None

    def _spend(self, less: float) -> None:
        """Let the programme spend so much less than the band allows."""
        row, arrays = len(self.program.arrays.row_lower) - 1, self.program.arrays
        self.program.set_row(row, -np.inf, float(arrays.row_upper[row]) - less / EUR_PER_UNIT)

    def _above(self, homes: np.ndarray, given: Floats, clock: Clock) -> float:
        """Return by how much a plan with these homes is dearer than the band; infinite if there is none."""
        x = self.model.decisions
        stand = column_ids(x.places, x.operating, x.added, x.removed, x.converted, x.grows, x.closing)
        columns = np.concatenate([stand, homes]).astype(np.int32)
        fixed = np.concatenate([self.values[stand].round(), given])
        followed = people_follow(self.model, columns, fixed, None, self.limits, clock)
        if followed is None:
            return np.inf
        objective = float(self.model.arrays.cost @ followed) + self.model.arrays.constant
        return 0.0 if self.band.holds(objective) else objective - self.band.most
