"""Verification of money: every euro and point of a plan, who pays it, and the grants."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from models.parameters.quantity import Quantity
from optimiser.verification.arrays import PlanArrays, positions
from optimiser.verification.rates import WEEKS, by_client, by_house, by_place, grown, level
from optimiser.verification.relocation import moves
from optimiser.verification.violation import CENT, EUROS, Floats, Violation, differs, exceeds

ONCE = frozenset({"closing", "homes", "unasked_moves", "residents_stay"})
"""Parts that are paid once, in their own year; the others return every year."""

SLACK: Mapping[str, str] = {
    "intramural_reduction": "short_reduction",
    "within_travel_norm": "beyond_norm",
    "neighbourhood_concentration": "excess",
    "fair_share_between_municipalities": "unfair",
    "waiting_does_not_grow": "waiting_growth",
    "facilities_kept_apart": "too_near",
    "budget": "over_budget",
    "provider_share": "over_share",
    "contract_nodes": "between_nodes",
    "specialist_scale": "below_scale",
    "staff_within_reach": "short_staff",
    "sites_run_as_settled": "unsettled",
    "agreed_decisions_are_kept": "broken_agreements",
}
"""Soft policy → the variable that states by how much it is missed."""


@dataclass(frozen=True)
class Euros:
    """Nominal euros of a plan as finely as they arise, from the arrays and the prices alone."""

    plan: PlanArrays

    def priced(self, table: pd.DataFrame, *axes: str) -> Floats:
        """Return prices (label, …, year) in the order of the plan, 0 where there is none."""
        known = [self.plan.labels[axis] for axis in axes]
        full = np.zeros((*(len(labels) for labels in known), len(self.plan.years)))
        years = positions(table.columns.tolist(), self.plan.labels["t"])
        at = [positions(labels, table.index.get_level_values(level)) for level, labels in enumerate(known)]
        inside = np.all([one >= 0 for one in at], axis=0)
        values = table.to_numpy(dtype=float)[:, years]
        full[tuple(one[inside] for one in at)] = values[inside]
        return full

    def _general(self, name: str) -> Floats:
        return np.asarray(self.plan.problem.prices.general.loc[name, list(self.plan.years)], dtype=float)

    @cached_property
    def support(self) -> Floats:
        """(tier, year) support of clients, those with a personal budget too."""
        people = (self.plan["clients"] + self.plan.budgets).sum(axis=(0, 1))
        return np.asarray(people * by_client(self.plan))

    @cached_property
    def at_sites(self) -> dict[str, Floats]:
        """Part → (site, tier, year) what places cost; a conversion belongs to the tier it leads to."""
        plan, prices = self.plan, self.plan.problem.prices
        used = plan["places"] - plan["wlz_occupied"][..., None]
        own, present = self.priced(prices.running, "s", "k"), by_house(plan)
        running = plan["operating"] * np.where(self._with_presence[:, None], present, own)
        costs = {
            "sites": running + used * by_place(plan),
            "capital": np.cumsum(plan["added"] * self.priced(prices.capital, "s", "k"), axis=-1),
            "closing": plan["removed"] * self.priced(prices.closing, "k"),
            "conversion": np.zeros_like(plan["places"]),
        }
        if len(prices.conversion):
            each, once = (self.priced(table, "k", "o") for table in (prices.conversion, prices.changeover))
            costs["conversion"] = np.cumsum(np.einsum("skot,kot->sot", plan["converted"], each), axis=-1)
            costs["closing"] = costs["closing"] + np.einsum("skot,kot->sot", plan["converted"], once)
        return costs

    @cached_property
    def _with_presence(self) -> NDArray[np.bool_]:
        """(tier) whether a part of its rate is paid by house."""
        tiers = self.plan.problem.region.parameters.tiers
        return np.array([tiers[str(code)].presence is not None for code in self.plan.labels["k"]])

    @cached_property
    def homes(self) -> Floats:
        """(neighbourhood, year) what new homes cost once."""
        return np.asarray(self.plan["new_homes"].sum(axis=0) * self._general("new_home"))

    @cached_property
    def home_capital(self) -> Floats:
        """(corporation, year) what corporations go on paying for the homes they handed over."""
        return np.cumsum(self.plan["new_homes"].sum(axis=1) * self._general("home_capital"), axis=-1)

    @cached_property
    def bridging(self) -> Floats:
        """(neighbourhood, profile, year) support of people who wait."""
        return np.asarray(self.plan["waiting"] * self._general("bridging"))

    @cached_property
    def contributions(self) -> Floats:
        """(tier, year) what clients pay, from region.toml's own numbers."""
        plan, tiers = self.plan, self.plan.problem.region.parameters.tiers
        people = (plan["clients"] + plan.budgets).sum(axis=(0, 1))
        own = [grown(plan, tiers[str(code)].contribution) for code in plan.labels["k"]]
        return np.asarray(people * WEEKS * np.array(own))

    @cached_property
    def parts(self) -> dict[str, Floats]:
        """Part → (year) euros of the region."""
        return {
            "support": self.support.sum(axis=0),
            **{part: eur.sum(axis=(0, 1)) for part, eur in self.at_sites.items()},
            "homes": self.homes.sum(axis=0),
            "home_capital": self.home_capital.sum(axis=0),
            "bridging": self.bridging.sum(axis=(0, 1)),
        }

    @cached_property
    def general_stream(self) -> str:
        """The stream of homes: the first that a tier has and that is not of shelter."""
        streams = [str(stream) for stream in self.plan.problem.tiers["stream"]]
        return next((stream for stream in streams if stream != "MO"), "MO")

    def bridged_by(self, stream: str) -> Floats:
        """Return (profile) 1 where a stream pays for people who wait: MO for the homeless."""
        homeless = self.plan.among(self.plan.problem.allowed)[:, self.plan.shelter].any(axis=1)
        general = np.full(len(homeless), stream == self.general_stream)
        return np.where(homeless, stream == "MO", general).astype(float)

    def of_stream(self, stream: str) -> Floats:
        """Return (year) what the stream of some tiers pays: their cost less contributions."""
        own = self.plan.of_stream(stream)
        total = (self.support - self.contributions)[own].sum(axis=0)
        for eur in self.at_sites.values():
            total = total + eur[:, own].sum(axis=(0, 1))
        if stream == self.general_stream:
            total = total + self.homes.sum(axis=0)
        return np.asarray(total + np.einsum("jpt,p->t", self.bridging, self.bridged_by(stream)))

    @cached_property
    def others(self) -> dict[str, Floats]:
        """Payer that is no municipality → (year) euros."""
        paid = {name: self.of_stream(name) for name in ("Wlz", "Zvw")}
        paid["client"] = self.contributions.sum(axis=0)
        if self.plan.problem.region.parameters.costs.home_capital:
            paid |= dict(zip(map(str, self.plan.labels["c"]), self.home_capital, strict=True))
        return paid


def points(plan: PlanArrays) -> dict[str, Floats]:
    """Return part → (year) points, from the arrays and the weights alone."""
    weights, pairs, grew = plan.problem.steering, plan.pairs, level(plan)
    fits = plan.among(plan.problem.fits)
    unfit = np.einsum("jpkt,pk->t", plan["clients"], ~fits)
    moved = np.einsum("jpkt,pk->t", plan["left"], fits)
    slack = {
        name: _price(plan, getattr(plan.problem.policies, name).price)
        * plan[variable].reshape(-1, len(plan.years)).sum(axis=0)
        for name, variable in SLACK.items()
    }
    return {
        "travel": grew * weights.travel * (pairs.minutes @ pairs.housed),
        "misfit": grew * weights.misfit * unfit,
        "waiting": grew * weights.waiting * plan["waiting"].sum(axis=(0, 1)),
        "unasked_moves": grew * weights.unasked_move * moved,
        "residents_stay": moves(plan),
        **slack,
    }


def _price(plan: PlanArrays, price: Quantity) -> Floats:
    """Return (year) what a unit of a miss costs; one counted in euros of the year has grown already."""
    if price.unit.endswith("/EUR"):
        return np.full(len(plan.years), price.value)
    return grown(plan, price)


def costs_add_up(plan: PlanArrays, euros: Euros) -> Iterator[Violation]:
    """Check the cost of every part and year, and that the funding need is all of it."""
    t, cost = plan.labels["t"], plan["cost"]
    stated = dict(zip(plan.labels["n"], cost.sum(axis=(1, 2)), strict=True))
    for part, eur in euros.parts.items():
        yield from differs(f"cost of {part}", stated.get(part, 0.0) - eur, "EUR", t, tolerance=EUROS)
    need = plan["funding_need"].sum(axis=0) - cost.sum(axis=(0, 1))
    yield from differs("funding need adds up to the cost", need, "EUR", plan.labels["f"], t, tolerance=CENT)


def payers(plan: PlanArrays, euros: Euros) -> Iterator[Violation]:
    """Check that municipalities pay the Wmo and the MO only, and everybody else their own stream."""
    m, f, t = (plan.labels[axis] for axis in "mft")
    paid, municipal = plan["cost"].sum(axis=0), plan.mask("f", ("Wmo", "MO"))
    town = positions(plan.labels["y"], m)
    by_town, borne = paid[town], municipal[:, None]
    due = (by_town - plan["funding_due"]) * borne
    yield from differs("what is due is the cost by payer", due, "EUR", m, f, t, tolerance=CENT)
    elsewhere = (plan["funding_due"] - plan["funding_need"]) * ~borne
    yield from differs("what others pay is due by origin", elsewhere, "EUR", m, f, t, tolerance=CENT)
    others = np.delete(paid, town, axis=0)
    misplaced = np.abs(by_town * ~borne).sum(axis=0) + np.abs(others * borne).sum(axis=0)
    yield from exceeds("every stream has its own payers", misplaced, "EUR", f, t, tolerance=CENT)
    names = [name for n, name in enumerate(plan.labels["y"]) if n not in town]
    for name, stated in zip(names, others.sum(axis=1), strict=True):
        off = stated - euros.others.get(str(name), 0.0)
        yield from differs(f"what {name} pays", off, "EUR", t, tolerance=EUROS)


def shelter(plan: PlanArrays, euros: Euros) -> Iterator[Violation]:
    """Check that the centre of the municipality that people come from bears shelter, whatever the regime."""
    if "MO" not in plan.labels["f"]:
        return
    m, t, at = plan.labels["m"], plan.labels["t"], plan.labels["f"].index("MO")
    off = plan["cost"][:, :, at].sum(axis=(0, 1)) - euros.of_stream("MO")
    yield from differs("what is paid from the MO", off, "EUR", t, tolerance=EUROS)
    centre = positions(m, plan.problem.region.municipalities["central"].reindex(m))
    off = plan["funding_due"][:, at] - plan.by_town(plan["funding_need"][:, at], centre)
    yield from differs("its centre bears shelter", off, "EUR", m, t, tolerance=CENT)


def grants(plan: PlanArrays, euros: Euros) -> Iterator[Violation]:
    """Check grants against budgets.csv, their steps, and the gap between them and what is due."""
    del euros
    e, m, f, t = (plan.labels[axis] for axis in "emft")
    grant, steps, rows = plan["grant"], plan["grant_steps"], plan.problem.region.budgets
    received = np.nansum(grant[:, plan.mask("f", ("Wmo",))], axis=(0, 1))
    off = received - np.nan_to_num(granted(plan))
    yield from differs("grants add up to what is given", off, "EUR", t, tolerance=CENT)
    off = steps.sum(axis=0) - np.nan_to_num(grant)
    yield from differs("the steps of a grant add up to it", off, "EUR", m, f, t, tolerance=CENT)
    written = np.zeros((len(f), len(t)))
    stream, year = positions(f, rows["stream"]), positions(t, rows["year"])
    there = (stream >= 0) & (year >= 0)
    np.add.at(written, (stream[there], year[there]), rows["eur"].to_numpy(dtype=float)[there])
    off = steps[e.index("given")].sum(axis=0) - written
    yield from differs("what is given stands in budgets.csv", off, "EUR", f, t, tolerance=CENT)
    known = ~np.isnan(grant)
    gap = np.where(known, np.nan_to_num(grant - plan["funding_due"] - plan["funding_gap"], nan=np.inf), 0.0)
    gap = np.where(known == ~np.isnan(plan["funding_gap"]), gap, np.inf)
    yield from differs("the gap is the grant less what is due", gap, "EUR", m, f, t, tolerance=CENT)


def granted(plan: PlanArrays) -> Floats:
    """Return (year) the Wmo grant of the region, NaN without one: Wlz money and execution cost off."""
    parameters = plan.problem.region.parameters
    funding, years, rows = parameters.funding, parameters.years, plan.problem.region.budgets
    by_town: dict[str, dict[int, float]] = {}
    for row in rows[rows["stream"] == "Wmo"].to_dict("records"):
        by_town.setdefault(str(row["municipality"]), {})[int(row["year"])] = float(row["eur"])
    growth, total = 1.0 + years.indexation.value, []
    for t in plan.problem.years:
        latest = [(own, max((y for y in own if y <= t), default=None)) for own in by_town.values()]
        given = [
            own[last] * growth ** (t - last)
            for own, last in latest
            if last is not None and (last == t or funding.carry_on)
        ]
        taken = funding.wlz.money.value if funding.wlz and t >= funding.wlz.since else 0.0
        cost = funding.execution
        off = cost.value * growth ** (t - (cost.price_year or years.price_year)) if cost else 0.0
        total.append(sum(given) * (1.0 - taken) - off if given else np.nan)
    return np.array(total)


def points_add_up(plan: PlanArrays, euros: Euros) -> Iterator[Violation]:
    """Check the points of every part and year."""
    del euros
    stated = dict(zip(plan.labels["n"], plan["weight"], strict=True))
    for part, own in points(plan).items():
        off = stated.get(part, 0.0) - own
        yield from differs(f"points of {part}", off, "points", plan.labels["t"], tolerance=EUROS)


def objective(plan: PlanArrays, euros: Euros) -> float:
    """Return the discounted euros and points of a plan, from its arrays alone."""
    discount = plan.given(plan.problem.discount, "t")
    repeated = np.where(plan.years == plan.years[-1], plan.problem.terminal, 1.0)
    amounts = euros.parts | points(plan)
    total = sum(
        float((amount * (1.0 if part in ONCE else repeated)) @ discount) for part, amount in amounts.items()
    )
    return total + _shared(plan, discount)


def _shared(plan: PlanArrays, discount: Floats) -> float:
    """Return what is priced because regions share it: Wmo euros, less places open to everyone."""
    if not plan.problem.shared_prices:
        return 0.0
    tiers = plan.facility & (plan.beds | plan.shelter)
    places = (plan["places"] - plan["wlz_occupied"][..., None])[:, tiers].sum(axis=(0, 1))
    euros = plan["cost"][:, :, plan.mask("f", ("Wmo",))].sum(axis=(0, 1, 2))
    total = 0.0
    for one in plan.problem.shared_prices:
        t = plan.labels["t"].index(one.year)
        total += one.price * float((euros if one.kind == "budget" else -places)[t] * discount[t])
    return total


CHECKS = (costs_add_up, payers, shelter, grants, points_add_up)
