"""Verification of places and homes: whole, balanced, of a size that can run, and offered."""

from collections.abc import Iterator

import numpy as np

from optimiser.verification.arrays import PlanArrays
from optimiser.verification.violation import EXACT, PEOPLE, WHOLE, Violation, differs, exceeds

COUNTS = {
    "places": "skt", "added": "skt", "removed": "skt", "converted": "skot", "operating": "skt",
    "new_homes": "cjt",
}  # fmt: skip
"""What is counted in whole numbers, with its axes."""


def whole_numbers(plan: PlanArrays) -> Iterator[Violation]:
    """Check that places and homes are whole and not added and removed at once."""
    s, k, t = (plan.labels[axis] for axis in "skt")
    for name, axes in COUNTS.items():
        labels = (plan.labels[axis] for axis in axes)
        fraction = plan[name] - plan[name].round()
        yield from differs("whole numbers", fraction, name, *labels, tolerance=WHOLE)
    both = np.minimum(plan["added"], plan["removed"])
    yield from exceeds("places_carry_over", both, "places added and removed at once", s, k, t)
    yield from exceeds("whole numbers", plan["operating"] - 1.0, "operating", s, k, t)


def base_year(plan: PlanArrays) -> Iterator[Violation]:
    """Check that what a plan says of the base year is what the problem has."""
    given = {
        "base_places": (plan.base, "sk", "places"),
        "wlz_occupied": (plan.wlz, "sk", "places"),
        "base_clients": (plan.base_clients, "jpk", "clients"),
        "base_waiting": (plan.base_waiting, "jp", "clients"),
        "base_homes": (plan.base_homes, "j", "homes"),
    }
    for name, (values, axes, unit) in given.items():
        labels = (plan.labels[axis] for axis in axes)
        yield from differs(f"{name} as given", plan[name] - values, unit, *labels, tolerance=EXACT)


def sizes(plan: PlanArrays) -> Iterator[Violation]:
    """Check least and most places where a tier runs, the plot, and the first year of what is added."""
    s, k, t = (plan.labels[axis] for axis in "skt")
    places, runs, most = plan["places"], plan["operating"], plan.at_sites("most")[..., None]
    yield from exceeds(
        "large_enough_to_run", plan.at_sites("least")[..., None] * runs - places, "places", s, k, t
    )
    rule = "small_enough_to_fit"
    yield from exceeds(rule, places - most * runs, "places", s, k, t)
    yield from exceeds(rule, runs * (most == 0.0), "tiers that cannot run there", s, k, t)
    plot = plan.problem.sites["plot_most"].to_numpy(dtype=float)
    yield from exceeds(rule, places.sum(axis=1) - plot[:, None], "places on the plot", s, t)
    early = plan["added"] * (plan.years < plan.at_sites("first_year")[..., None])
    for (site, tier, year), begun in plan.problem.under_way.items():
        at = s.index(site), k.index(tier), t.index(year)
        early[at] -= float(begun) * (early[at] > 0.0)
    yield from exceeds(rule, early, "places added before they can be built", s, k, t)


def places_balance(plan: PlanArrays) -> Iterator[Violation]:
    """Check places against last year's, what is added, removed and converted, and when that can be."""
    s, k, t = (plan.labels[axis] for axis in "skt")
    rule, converted, ready = "places_carry_over", plan["converted"], plan.conversions("first_year")[..., None]
    impossible = converted * np.isnan(plan.conversions("ratio"))[..., None]
    yield from exceeds(rule, impossible, "places converted where that is not possible", s, k, k, t)
    soon = converted * (plan.years < ready)
    yield from exceeds(rule, soon, "places converted before they can be used", s, k, k, t)
    before = plan.year_before(plan["places"], plan.base)
    after = before + plan["added"] + plan.arrived - plan.gone
    yield from differs(rule, plan["places"] - after, "places", s, k, t)
    yield from exceeds(rule, plan.gone - before, "places that go and did not stand there", s, k, t)


def homes_balance(plan: PlanArrays) -> Iterator[Violation]:
    """Check homes in use against last year's, those kept by people who recovered, and new ones."""
    j, t = plan.labels["j"], plan.labels["t"]
    rule, lead = "homes_carry_over", plan.problem.home_lead_years
    homes, new = plan["homes"].sum(axis=1), plan["new_homes"].sum(axis=0)
    before, late = plan.year_before(homes, plan.base_homes), plan.year_before(new, np.zeros(len(j)))
    room = before - plan["kept_homes"] + (1.0 - lead) * new + lead * late
    yield from exceeds(rule, homes - room, "homes", j, t)
    stays = (1.0 - plan.leaving[:-1]) ** plan.of_tiers("flip_years")[:, None]
    rate = plan.exits["recovered"][:-1] * plan.of_tiers("keeps_home")[:, None] * stays
    recovered = np.einsum("jpkt,kp->t", plan.year_before(plan["clients"], plan.base_clients), rate)
    yield from differs(rule, plan["kept_homes"].sum(axis=0) - recovered, "homes kept", t)
    highest = rate.T[plan.among(plan.problem.allowed)].max(initial=0.0)
    over = plan["kept_homes"] - highest * before
    yield from exceeds(rule, over, "homes kept above the highest rate", j, t)


def offered(plan: PlanArrays) -> Iterator[Violation]:
    """Check new homes against what corporations have offered for that place and year."""
    rule, new = "homes_within_agreements", plan["new_homes"]
    c, j, t = (plan.labels[axis] for axis in "cjt")
    asked = np.zeros(new.shape, dtype=bool)
    area = {code: n for n, code in enumerate(j)}
    for offer in plan.problem.offers:
        at = c.index(offer.corporation), [area[code] for code in offer.neighbourhoods], t.index(offer.year)
        asked[at] = True
        over = float(new[at].sum()) - offer.homes
        if not over <= PEOPLE:
            yield Violation(rule, f"{offer.corporation}, {offer.place}, {offer.year}", over, "homes")
    yield from exceeds(rule, new * ~asked, "homes never offered", c, j, t)


CHECKS = (whole_numbers, base_year, sizes, places_balance, homes_balance, offered)
