"""Verification of people: who comes, moves, waits, leaves and lives where."""

from collections.abc import Iterator

import numpy as np

from optimiser.verification.arrays import PlanArrays
from optimiser.verification.violation import EXACT, Violation, differs, exceeds


def accounted_for(plan: PlanArrays) -> Iterator[Violation]:
    """Check clients by origin, profile and tier, and the region's total, against the care pathway."""
    j, p, k, t = (plan.labels[axis] for axis in "jpkt")
    rule, clients = "everyone_is_accounted_for", plan["clients"]
    before = plan.year_before(clients, plan.base_clients)
    after = np.einsum("jpkt,kpq->jqkt", before, plan.retained[:-1]) + plan["entered"] - plan["left"]
    yield from differs(rule, clients - after, "clients", j, p, k, t)
    forbidden = ~plan.among(plan.problem.allowed)
    yield from exceeds(rule, clients * forbidden[..., None], "clients in a tier not allowed", j, p, k, t)
    queue = plan.year_before(plan["waiting"], plan.base_waiting)
    leaving = plan.leaving
    gone = np.einsum("jpkt,kp->t", before, leaving[:-1]) + np.einsum("jpt,p->t", queue, leaving[-1])
    total = clients.sum(axis=(0, 1, 2)) + plan["waiting"].sum(axis=(0, 1))
    stock = before.sum(axis=(0, 1, 2)) + queue.sum(axis=(0, 1))
    expected = stock + plan.inflow.sum(axis=(0, 1)) - gone
    yield from differs(rule, total - expected, "clients in the region", t)


def queued(plan: PlanArrays) -> Iterator[Violation]:
    """Check the people who wait by origin and profile."""
    j, p, t = (plan.labels[axis] for axis in "jpt")
    before = plan.year_before(plan["waiting"], plan.base_waiting)
    arrived = np.einsum("jpt,pq->jqt", before, plan.retained[-1]) + plan.inflow
    after = arrived + (plan["left"] - plan["entered"]).sum(axis=2)
    yield from differs("everyone_is_accounted_for", plan["waiting"] - after, "clients waiting", j, p, t)


def housed(plan: PlanArrays) -> Iterator[Violation]:
    """Check who is housed where: everybody once, in pairs within reach, with their own minutes."""
    rule, pairs = "clients_are_housed", plan.pairs
    numbers = range(len(pairs.tier))
    minutes, within = pairs.minutes - pairs.expected_minutes, pairs.within - pairs.expected_within
    yield from differs(rule, minutes, "minutes of a pair", numbers, tolerance=EXACT)
    yield from differs(rule, within, "within of a pair", numbers, tolerance=EXACT)
    j, k, t = (plan.labels[axis] for axis in "jkt")
    lived = plan["clients"].sum(axis=1)
    yield from differs(rule, lived - plan.housed_by(pairs.origin, len(j)), "clients", j, k, t)


def served(plan: PlanArrays) -> Iterator[Violation]:
    """Check that nobody is housed beyond the places of a site and the homes of a neighbourhood."""
    j, s, k, t = (plan.labels[axis] for axis in "jskt")
    rule, pairs = "served_within_places", plan.pairs
    usable = (plan["places"] - plan["wlz_occupied"][..., None]) * plan.of_tiers("occupancy")[:, None]
    yield from exceeds(rule, plan.housed_by(pairs.site, len(s)) - usable, "clients", s, k, t)
    taken = plan["wlz_occupied"][..., None] - plan["places"]
    yield from exceeds(rule, taken, "places of the Wlz", s, k, t)
    yield from exceeds(rule, plan.housed_by(pairs.area, len(j)) - plan["homes"], "clients", j, k, t)


def moved_to_the_wlz(plan: PlanArrays) -> Iterator[Violation]:
    """Check who moves to the Wlz: those of the year before at the yearly probability."""
    rate = plan.exits["wlz"]
    lived = np.einsum("jpkt,kp->jt", plan.year_before(plan["clients"], plan.base_clients), rate[:-1])
    queue = np.einsum("jpt,p->jt", plan.year_before(plan["waiting"], plan.base_waiting), rate[-1])
    off = plan.by_town(lived + queue) - plan["to_wlz"]
    yield from differs("people who move to the Wlz", off, "clients", plan.labels["m"], plan.labels["t"])


def queue_within_base(plan: PlanArrays) -> Iterator[Violation]:
    """Check that in no municipality more people wait than in the base year, but for what is stated."""
    if plan.problem.policies.waiting_does_not_grow.mode == "off":
        return
    now, then = plan.by_town(plan["waiting"].sum(axis=1)), plan.by_town(plan.base_waiting.sum(axis=1))
    over = now - then[:, None] - plan["waiting_growth"]
    yield from exceeds("waiting_does_not_grow", over, "clients", plan.labels["m"], plan.labels["t"])


def within_norm(plan: PlanArrays) -> Iterator[Violation]:
    """Check the share of each municipality's people who are housed within the travel norm."""
    policy = plan.problem.policies.within_travel_norm
    if policy.mode == "off":
        return
    every = plan.by_town(plan["clients"].sum(axis=(1, 2)) + plan["waiting"].sum(axis=1))
    near = plan.housed_by(plan.pairs.origin, len(plan.labels["j"]), plan.pairs.within).sum(axis=1)
    short = policy.share.value * every - plan.by_town(near) - plan["beyond_norm"]
    yield from exceeds("within_travel_norm", short, "clients", plan.labels["m"], plan.labels["t"])


CHECKS = (accounted_for, queued, housed, served, moved_to_the_wlz, queue_within_base, within_norm)
