"""Verification of residents: who left a house, why, and how many had to move."""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from optimiser.verification.arrays import PlanArrays
from optimiser.verification.rates import grown, level
from optimiser.verification.violation import Floats, Violation, exceeds

RULE = "residents_stay"

MOVED = ("relocated", "natural_leavers", "asked_moves")

LESS = 0.99
"""A relocation costs at most this part of an unasked move, or people would leave and enter at once."""


def residents(plan: PlanArrays) -> Iterator[Violation]:
    """Check that who is gone from a house has died or left, asked to move, or is counted as relocated."""
    policy = plan.problem.policies.residents_stay
    if policy.mode == "off":
        return
    s, k, t = (plan.labels[axis] for axis in "skt")
    nowhere = ~_may_live(plan)[..., None]
    for name in MOVED:
        yield from exceeds(RULE, plan[name] * nowhere, f"{name} without residents", s, k, t)
    now, before = _residents(plan)
    gone = before - now - plan["natural_leavers"] - plan["asked_moves"] - plan["relocated"]
    yield from exceeds(RULE, gone, "clients", s, k, t)
    yield from _leavers(plan, before)
    if policy.most_per_year or policy.mode == "hard":
        most = policy.most_per_year.value if policy.most_per_year else 0.0
        yield from exceeds(RULE, plan["relocated"].sum(axis=(0, 1)) - most, "clients in one year", t)


def _leavers(plan: PlanArrays, before: Floats) -> Iterator[Violation]:
    """Check that no more leave by themselves than the pathway says, nor ask to move than a misfit makes."""
    s, k, t = (plan.labels[axis] for axis in "skt")
    natural, asked, rate = plan["natural_leavers"], plan["asked_moves"], plan.leaving[:-1]
    lived = plan.year_before(plan["clients"], plan.base_clients)
    leave = np.einsum("jpkt,kp->kt", lived, rate)
    yield from exceeds(RULE, natural.sum(axis=0) - leave, "natural leavers", k, t)
    yield from exceeds(
        RULE, natural - rate.max(axis=1)[:, None] * before, "natural leavers of a site", s, k, t
    )
    misfit = np.einsum("jpkt,pk->kt", plan["left"], ~plan.among(plan.problem.fits))
    yield from exceeds(RULE, asked.sum(axis=0) - misfit, "asked moves", k, t)
    most = plan.problem.policies.residents_stay.most_asked.value
    yield from exceeds(RULE, asked - most * before, "asked moves of a site", s, k, t)
    unasked = np.einsum("jpkt,pk->kt", plan["left"], plan.among(plan.problem.fits))
    short = plan["relocated"].sum(axis=0) - unasked - plan["priced_relocations"]
    yield from exceeds(RULE, short * _lived_in(plan)[:, None], "relocations without a price", k, t)


def _lived_in(plan: PlanArrays) -> NDArray[np.bool_]:
    """Return (tier) whether it has residents: every facility but shelters."""
    return plan.facility & ~plan.shelter


def _may_live(plan: PlanArrays) -> NDArray[np.bool_]:
    """Return (site, tier) whether there are or may be residents."""
    known = np.zeros(plan.base.shape, dtype=bool)
    known[plan.site_index] = True
    return known & _lived_in(plan)


def _residents(plan: PlanArrays) -> tuple[Floats, Floats]:
    """Return (site, tier, year) the residents, and those of the year before.

    In the base year a tier's people live where its places are, those of the Wlz left out.
    """
    now = plan.housed_by(plan.pairs.site, len(plan.labels["s"])) * _lived_in(plan)[:, None]
    places = np.maximum(plan.base - plan.wlz, 0.0) * _lived_in(plan)
    total = places.sum(axis=0)
    people = plan.base_clients.sum(axis=(0, 1))
    base = places / np.where(total > 0.0, total, 1.0) * people
    return now, plan.year_before(now, base)


def moves(plan: PlanArrays) -> Floats:
    """Return (year) the points of people who must move, and of those whose need asks for it."""
    policy = plan.problem.policies.residents_stay
    if policy.mode == "off":
        return np.zeros(len(plan.years))
    unasked = level(plan) * plan.problem.steering.unasked_move
    price = np.minimum(grown(plan, policy.price), LESS * unasked)
    asked = grown(plan, policy.asked) * plan["asked_moves"].sum(axis=(0, 1))
    return np.asarray(price * plan["priced_relocations"].sum(axis=0) + asked)


CHECKS = (residents,)
