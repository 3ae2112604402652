"""Verification of continuity: replaced beds; tenants, buildings and shelters that stay."""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from optimiser.verification.arrays import PlanArrays
from optimiser.verification.violation import PEOPLE, Floats, Violation, differs, exceeds


def tenants(plan: PlanArrays) -> Iterator[Violation]:
    """Check that who lived in a home and still needs support lives in a home, where one fits the need."""
    if plan.problem.policies.tenants_stay.mode == "off":
        return
    homes = ~plan.facility
    lived = plan.base_clients[..., homes]
    everybody, in_use = lived.sum(), plan.base_homes.sum()
    if everybody > in_use:  # more tenants than homes in the base year: each loses the same part
        lived = lived * (in_use / everybody)
    now = plan["clients"][:, :, homes]
    expected = np.einsum("jpkt,kpq->jqt", plan.year_before(now, lived), plan.retained[:-1][homes])
    suited = plan.among(plan.problem.fits)[:, homes].any(axis=1)
    short = (expected - now.sum(axis=2)) * suited[:, None]
    yield from exceeds("tenants_stay", short, "clients", *(plan.labels[axis] for axis in "jpt"))


def buildings(plan: PlanArrays) -> Iterator[Violation]:
    """Check that what the plan opened stands, and that a tier of the base year grows or shrinks, not both."""
    if plan.problem.policies.buildings_stay.mode == "off":
        return
    s, k, t = (plan.labels[axis] for axis in "skt")
    stood = plan.base > 0.0
    opened = plan.gone * ~stood[..., None]
    yield from exceeds("buildings_stay", opened, "places opened by the plan that go", s, k, t)
    come = (plan["added"] + plan.arrived).sum(axis=2)
    both = np.minimum(plan.gone.sum(axis=2), come) * stood
    yield from exceeds("buildings_stay", both, "places both ways", s, k)


def bed_houses(plan: PlanArrays) -> Iterator[Violation]:
    """Check that a house whose beds are there at the end never had less than its part of them."""
    policy = plan.problem.policies.bed_houses_keep_scale
    if policy.mode == "off":
        return
    least = np.floor(policy.share.value * plan.base) * plan.beds
    goes_on = plan["places"][..., -1] > 0.5
    short = (least * goes_on)[..., None] - plan["places"]
    yield from exceeds("bed_houses_keep_scale", short, "places", *(plan.labels[axis] for axis in "skt"))


def shelters(plan: PlanArrays) -> Iterator[Violation]:
    """Check that places of the shelter stream stand as in the base year until the scenario frees them."""
    policy = plan.problem.policies.shelter_stays
    if policy.mode == "off":
        return
    s, k, t = (plan.labels[axis] for axis in "skt")
    free = np.array([policy.free_from.get(str(site), np.inf) for site in s])
    held = (plan.years < free[:, None])[:, None, :] & plan.shelter[:, None]
    changed = (plan["places"] - plan.base[..., None]) * held
    yield from differs("shelter_stays", changed, "places", s, k, t)


def replacement(plan: PlanArrays) -> Iterator[Violation]:
    """Check that where beds go, places and homes stand for everybody as in the base year, and the pace."""
    policy = plan.problem.policies.replacement_before_closure
    if policy.mode == "off":
        return
    rule, years = "replacement_before_closure", plan.labels["t"]
    going = plan.gone[:, plan.beds].sum(axis=(0, 1))
    pace = policy.most_per_year.value * plan.base[:, plan.beds].sum()
    most = np.floor(pace) + np.zeros(len(years))
    if policy.houses_stop_at_once and plan.problem.policies.buildings_stay.mode != "off":
        so_far = going.cumsum() - np.floor(pace * (plan.years - plan.problem.base_year))
        yield from exceeds(rule, so_far, "places so far", years)
        most = most + _in_houses_that_stop(plan)
    yield from exceeds(rule, going - most, "places in one year", years)
    closes = going > PEOPLE
    need, instead, ahead = _need(plan), _instead(plan), policy.years_ahead
    yield from exceeds(rule, (need - instead) * closes, "places", years)
    if ahead:
        earlier = np.concatenate([np.zeros(ahead), instead])[: len(instead)]
        yield from exceeds(rule, (need - earlier - _just_converted(plan, ahead)) * closes, "places", years)
    only = _for_beds_alone(plan)
    if only.any():
        yield from exceeds(rule, _without_a_bed(plan, only) * closes, "clients without a bed", years)


def _in_houses_that_stop(plan: PlanArrays) -> Floats:
    """Return (year) the beds of the base year in houses whose last bed goes in the year."""
    stood = plan.year_before(plan["places"], plan.base)
    stops = (stood > 0.5) & (plan["places"] < 0.5)
    return np.asarray((stops * plan.base[..., None])[:, plan.beds].sum(axis=(0, 1)))


def _wmo(plan: PlanArrays) -> NDArray[np.bool_]:
    """Return (profile) whose places the Wmo pays for: those that may live in no shelter."""
    return ~plan.among(plan.problem.allowed)[:, plan.shelter].any(axis=1)


def _need(plan: PlanArrays) -> Floats:
    """Return (year) the beds gone, and the people more than in the base year, less the beds empty then."""
    people, occupancy = _wmo(plan), plan.of_tiers("occupancy")[plan.beds]
    gone = plan.base[:, plan.beds].sum() - plan["places"][:, plan.beds].sum(axis=(0, 1))
    open_in_base = ((plan.base - plan.wlz)[:, plan.beds] @ occupancy).sum()
    empty = max(0.0, float(open_in_base - plan.base_clients[..., plan.beds].sum()))
    now = plan["clients"][:, people].sum(axis=(0, 1, 2)) + plan["waiting"][:, people].sum(axis=(0, 1))
    then = plan.base_clients[:, people].sum() + plan.base_waiting[:, people].sum()
    return np.asarray(gone + now - then - empty)


def _instead(plan: PlanArrays) -> Floats:
    """Return (year) the people who fit in other facilities, and live in homes, more than in the base year."""
    people, others = _wmo(plan), _other_facilities(plan)
    homes = ~plan.facility & ~plan.shelter
    occupancy = plan.of_tiers("occupancy")[others]
    stood = np.einsum("skt,k->t", plan["places"][:, others], occupancy)
    stood = stood - (plan.base[:, others] @ occupancy).sum()
    lived = plan["clients"][:, people][:, :, homes].sum(axis=(0, 1, 2))
    return np.asarray(stood + lived - plan.base_clients[:, people][:, :, homes].sum())


def _other_facilities(plan: PlanArrays) -> NDArray[np.bool_]:
    return plan.facility & ~plan.shelter & ~plan.beds


def _just_converted(plan: PlanArrays, ahead: int) -> Floats:
    """Return (year) the people who fit in beds that became other places within the years ahead."""
    others = _other_facilities(plan)
    ratio = (
        np.nan_to_num(plan.conversions("ratio"))[:, plan.beds][..., others]
        * plan.of_tiers("occupancy")[others]
    )
    by_year = np.einsum("skot,sko->t", plan["converted"][:, plan.beds][:, :, others], ratio)
    total = np.cumsum(by_year)
    return np.asarray(total - np.concatenate([np.zeros(ahead), total])[: len(total)])


def _for_beds_alone(plan: PlanArrays) -> NDArray[np.bool_]:
    """Return (profile) which of the Wmo fit beds and no other facility."""
    fits = plan.among(plan.problem.fits)
    elsewhere = fits[:, plan.facility & ~plan.beds].any(axis=1)
    return fits[:, plan.facility & plan.beds].any(axis=1) & ~elsewhere & _wmo(plan)


def _without_a_bed(plan: PlanArrays, only: NDArray[np.bool_]) -> Floats:
    """Return (year) the people for beds alone who have none, less those who had none in the base year."""
    homes = plan.among(plan.problem.fits)[only].any(axis=0) & ~plan.facility & ~plan.shelter
    elsewhere = ~homes  # who does not live in a home that fits needs a bed
    occupancy, beds = plan.of_tiers("occupancy")[plan.beds], plan.beds
    usable = np.einsum("skt,k->t", (plan["places"] - plan["wlz_occupied"][..., None])[:, beds], occupancy)
    now = plan["clients"][:, only][:, :, elsewhere].sum(axis=(0, 1, 2)) - usable
    then = (
        plan.base_clients[:, only][:, :, elsewhere].sum()
        - ((plan.base - plan.wlz)[:, beds] @ occupancy).sum()
    )
    queue = plan["waiting"][:, only].sum(axis=(0, 1)) - plan.base_waiting[:, only].sum()
    return np.asarray(now + queue - max(0.0, float(then)))


CHECKS = (tenants, buildings, bed_houses, shelters, replacement)
