"""Agreements that cannot all be kept: what each would have to be for a plan to exist, the least in all.

All other hard rules stand. In a small model the changes are the fewest places and homes there are; in a large
one they are read off a plan in which agreements may be broken at their price.
"""

from dataclasses import dataclass, replace

from models.region.decisions import AgreedDecisions, DecidedHomes, DecidedPlaces
from optimiser.infeasibility.levers import Lever
from optimiser.model.model import Floats, Model
from optimiser.problem import Problem
from optimiser.search.elastic import NOTHING, ElasticModel, softened

KEPT = "agreed_decisions_are_kept"


@dataclass(frozen=True)
class Concession:
    """An agreement, and the places or homes that it would have to say."""

    agreed: DecidedPlaces | DecidedHomes
    to: int

    @property
    def now(self) -> int:
        """The places or homes that it says."""
        return self.agreed.places if isinstance(self.agreed, DecidedPlaces) else self.agreed.homes


@dataclass(frozen=True)
class Conceding(Lever):
    """All the agreements that give way, changed at once: a single step."""

    concessions: tuple[Concession, ...] = ()


def conceding(problem: Problem, clash: ElasticModel) -> Conceding | None:
    """Return what agreements would have to say where nothing else gives way; None where that is no way."""
    if problem.policies.agreed_decisions_are_kept.mode != "hard" or not problem.agreed:
        return None
    sparing = ElasticModel.with_costs(clash.model, clash.counting, clash.limits, least=KEPT)
    amount, values, _ = sparing.least()
    if values is None or any(shortage.policy != KEPT for shortage in sparing.shortages(values)):
        return None
    return changed(problem, sparing.model, values) if amount > NOTHING else None


def changed(problem: Problem, model: Model, values: Floats) -> Conceding | None:
    """Return the agreements that a plan (column) of a model breaks; None where it keeps them all."""
    there = ((agreed, round(_there(model, values, agreed))) for agreed in problem.agreed.every)
    broken = tuple(one for one in (Concession(agreed, to) for agreed, to in there) if one.to != one.now)
    total = float(sum(abs(one.to - one.now) for one in broken))
    every = float(sum(Concession(agreed, 0).now for agreed in problem.agreed.every))

    def apply(given: Problem, value: float) -> Problem:
        return given if value < total else replace(given, agreed=_conceded(given.agreed, broken))

    if not broken:
        return None
    return Conceding(
        "agreed.csv", KEPT, (), "places and homes", 0.0, total, total, every or total, False, apply,
        (KEPT,), broken,
    )  # fmt: skip


def breakable(problem: Problem) -> Problem:
    """Return a problem whose agreements may be broken at their price."""
    return softened(problem, (KEPT,))


def _there(model: Model, values: Floats, agreed: DecidedPlaces | DecidedHomes) -> float:
    """Return the places or homes that a plan has of an agreement."""
    x = model.decisions
    if isinstance(agreed, DecidedPlaces):
        return float(values[x.places[agreed.site, agreed.tier, agreed.year].id])
    labels = [(agreed.corporation, j, agreed.year) for j in agreed.neighbourhoods]
    return float(sum(values[x.new_homes[label].id] for label in labels if label in x.new_homes))


def _conceded(agreed: AgreedDecisions, broken: tuple[Concession, ...]) -> AgreedDecisions:
    to = {id(one.agreed): one.to for one in broken}
    return AgreedDecisions(
        tuple(replace(one, places=to.get(id(one), one.places)) for one in agreed.places),
        tuple(replace(one, homes=to.get(id(one), one.homes)) for one in agreed.homes),
    )
