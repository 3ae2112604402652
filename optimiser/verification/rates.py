"""Rates by the numbers of region.toml alone: what a client, a place and a running house cost in a year."""

import numpy as np

from models.parameters.quantity import Quantity
from optimiser.verification.arrays import PlanArrays
from optimiser.verification.violation import Floats

WEEKS = 365.25 / 7


def grown(plan: PlanArrays, amount: Quantity | None) -> Floats:
    """Return (year) an amount at the price level of each year, 0 where there is none."""
    if amount is None:
        return np.zeros(len(plan.years))
    return amount.value * level(plan, amount.price_year)


def level(plan: PlanArrays, since: int | None = None) -> Floats:
    """Return (year) what a euro or point of a price year, the region's by default, counts in each year."""
    years = plan.problem.region.parameters.years
    passed = plan.years - (since or years.price_year)
    return np.asarray((1.0 + years.indexation.value) ** passed, dtype=float)


def by_client(plan: PlanArrays) -> Floats:
    """Return (tier, year) what follows a client: the weekly amount less the parts paid by house and place."""
    total = _weekly(plan)
    return np.asarray(total - _presence(plan) - _availability(plan))


def by_place(plan: PlanArrays) -> Floats:
    """Return (tier, year) what a place costs, lived in or not."""
    tiers = plan.problem.region.parameters.tiers
    own = np.array([grown(plan, tiers[str(code)].place) for code in plan.labels["k"]])
    return np.asarray(own + _availability(plan) * plan.of_tiers("occupancy")[:, None])


def by_house(plan: PlanArrays) -> Floats:
    """Return (site, tier, year) presence in a house, less the part of those for whom the Wlz pays."""
    tiers = plan.problem.region.parameters.tiers
    shifts = [tiers[str(code)].presence for code in plan.labels["k"]]
    whole = np.array([grown(plan, shift.per_site if shift else None) for shift in shifts])
    return np.asarray(np.maximum(whole - plan.wlz[..., None] * _presence(plan), 0.0))


def _weekly(plan: PlanArrays) -> Floats:
    tiers = [plan.problem.region.parameters.tiers[str(code)] for code in plan.labels["k"]]
    return WEEKS * np.array([grown(plan, tier.rate) + grown(plan, tier.client) for tier in tiers])


def _presence(plan: PlanArrays) -> Floats:
    """Return (tier, year) what a client of a full house of the reference size pays of presence."""
    tiers, share = plan.problem.region.parameters.tiers, np.zeros((len(plan.labels["k"]), len(plan.years)))
    for n, code in enumerate(plan.labels["k"]):
        shift = tiers[str(code)].presence
        if shift:
            share[n] = grown(plan, shift.per_site) / shift.reference_places.value
    return np.asarray(share / plan.of_tiers("occupancy")[:, None])


def _availability(plan: PlanArrays) -> Floats:
    """Return (tier, year) the part of what presence leaves of a rate that does not follow the client."""
    tiers = plan.problem.region.parameters.tiers
    part = np.array(
        [one.value if (one := tiers[str(code)].availability) else 0.0 for code in plan.labels["k"]]
    )
    return np.asarray(part[:, None] * (_weekly(plan) - _presence(plan)))
