"""Verification of budgets: the Wmo euros that the region or each municipality bears."""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from optimiser.verification.arrays import PlanArrays, positions
from optimiser.verification.money import Euros, granted
from optimiser.verification.rates import by_client
from optimiser.verification.violation import EUROS, PEOPLE, Floats, Violation, exceeds

NOBODY = PEOPLE / 100
"""Fewer people than this live nowhere."""


def budget(plan: PlanArrays, euros: Euros) -> Iterator[Violation]:
    """Check the Wmo euros of the region, or of each municipality, against the grants that are known."""
    policy = plan.problem.policies.budget
    if policy.mode == "off":
        return
    accounts: list[object] = ["region"] if policy.level == "region" else list(plan.labels["m"])
    if policy.level == "region":
        spent, received = euros.of_stream("Wmo")[None], granted(plan)[None]
    else:
        spent = bearing(plan, euros)
        grants = plan.problem.region.treasury.grants(["Wmo"], list(plan.problem.years))
        received = plan.given(grants.sel(stream="Wmo", drop=True), "mt")
    stated = plan["over_budget"][positions(plan.labels["a"], accounts)]
    over = np.where(np.isnan(received), 0.0, spent - received - stated)
    yield from exceeds("budget", over, "EUR", accounts, plan.labels["t"], tolerance=EUROS)


def bearing(plan: PlanArrays, euros: Euros) -> Floats:
    """Return (municipality, year) the Wmo euros that each bears: support by where people come from and live;
    what is shared by where people in such places came from in the base year.
    """
    towns, base = plan.labels["m"], plan.by_town(plan.base_clients.sum(axis=1))
    borne = _borne(plan)
    total = np.zeros((len(towns), len(plan.years)))
    payer = np.array([float(m == plan.problem.payer) for m in towns])
    for setting, tiers in (("facility", plan.facility), ("home", ~plan.facility)):
        shares = borne[setting]
        total += np.einsum("iht,ihmt->mt", _support_between(plan, euros, tiers), shares)
        here = base[:, tiers].sum(axis=1)
        here = here if here.sum() > NOBODY else base.sum(axis=1)
        here = here / here.sum() if here.sum() > NOBODY else payer
        total += np.einsum("ht,i,ihmt->mt", _shared_in(plan, euros, setting), here, shares)
    waiting = plan.by_town(np.einsum("jpt,p->jt", euros.bridging, euros.bridged_by("Wmo")))
    return np.asarray(total + np.einsum("it,iimt->mt", waiting, borne["home"]))


def _borne(plan: PlanArrays) -> dict[str, Floats]:
    """Return setting → (origin, host, municipality, year) the share that each municipality bears."""
    towns = plan.labels["m"]
    by_year = [plan.problem.region.treasury.bearing(t) for t in plan.problem.years]
    labels = {"origin": towns, "host": towns, "municipality": towns}
    return {
        setting: np.stack(
            [one.sel(labels | {"setting": setting}).transpose(*labels).to_numpy() for one in by_year], axis=-1
        )
        for setting in ("facility", "home")
    }


def _support_between(plan: PlanArrays, euros: Euros, tiers: NDArray[np.bool_]) -> Floats:
    """Return (origin, host, year) support by Wmo tiers less contributions; personal budgets at home."""
    prices = plan.problem.prices
    each = by_client(plan) - euros.priced(prices.contribution, "k")
    each = each * (tiers & plan.of_stream("Wmo"))[:, None]
    pairs, towns = plan.pairs, len(plan.labels["m"])
    host = np.where(pairs.site >= 0, plan.town_of[plan.area_of[pairs.site]], plan.town_of[pairs.area])
    summed = np.zeros((towns, towns, len(plan.years)))
    np.add.at(summed, (plan.town_of[pairs.origin], host), pairs.housed * each[pairs.tier])
    own = np.einsum("mkt,kt->mt", plan.by_town(plan.budgets.sum(axis=1)), each)
    summed[np.arange(towns), np.arange(towns)] += own
    return summed


def _shared_in(plan: PlanArrays, euros: Euros, setting: str) -> Floats:
    """Return (municipality, year) the Wmo euros of the sites, or of new homes, that lie there."""
    if setting == "home":
        return plan.by_town(euros.homes) * float(euros.general_stream == "Wmo")
    every = sum(euros.at_sites.values(), np.zeros_like(plan["places"]))
    at_sites = every[:, plan.of_stream("Wmo")].sum(axis=1)
    return plan.by_town(at_sites, plan.town_of[plan.area_of])


CHECKS = (budget,)
