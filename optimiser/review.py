"""Review of a plan: findings that whoever must sign it wants to hear first, from its own arrays."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd
import xarray as xr

from models.parameters.parameters import MO
from optimiser.plan import Plan
from optimiser.problem import Problem
from optimiser.verification.verify import recomputed_objective

type FindingKind = Literal[
    "nothing_better", "gap_too_wide", "wish_not_met", "lever_slack", "tenants_out", "relocated",
    "built_and_gone", "opens_and_closes", "shelter_lost", "without_places", "empty_and_waiting",
    "waits_longer", "fewer_at_home",
]  # fmt: skip

PERSON, PLACE = 0.5, 0.5
"""People, and places, from which something is a finding."""

WIDE = 0.05
"""Gap (share) above which a plan answers no question: a twentieth of all cost is not ruled out."""


@dataclass(frozen=True)
class Finding:
    """One thing to hear before a plan is shown.

    Attributes
    ----------
    kind
        The class of the finding.
    number
        People, places or years that it is about, or the share of the gap.
    beside
        The number to compare it with, such as what was asked or what doing nothing gives.
    place
        Code of the site, neighbourhood or municipality where it is largest; empty for the region.
    year
        Year in which it is largest, or from which it holds.
    """

    kind: FindingKind
    number: float
    beside: float = 0.0
    place: str = ""
    year: int | None = None


def review(plan: Plan) -> tuple[Finding, ...]:
    """Return the findings of a plan, the gravest first."""
    checks = (
        _nothing_better, _gap_too_wide, _wish, _tenants_out, _shelter_lost, _relocated, _built_and_gone,
        _opens_and_closes, _without_places, _empty_and_waiting, _waits_longer, _fewer_at_home,
    )  # fmt: skip
    return tuple(finding for check in checks for finding in check(plan))


def answers_nothing(findings: tuple[Finding, ...]) -> bool:
    """Return whether a plan is too far from proven, or too near to doing nothing, to answer a question."""
    return any(finding.kind in ("nothing_better", "gap_too_wide") for finding in findings)


def _nothing_better(plan: Plan) -> Iterator[Finding]:
    """A search that was stopped before it found anything better than doing nothing."""
    moved = sum(float(plan.data[name].sum()) for name in ("added", "removed", "converted"))
    if moved < PLACE and plan.proof.status == "best_found":
        yield Finding("nothing_better", plan.proof.gap)


def _gap_too_wide(plan: Plan) -> Iterator[Finding]:
    """A gap above a twentieth, or wider than what the plan gains on doing nothing."""
    proof = plan.proof
    if proof.status in ("proven", "by_hand"):
        return
    gained = recomputed_objective(plan.problem, plan.reference) - proof.objective
    if proof.gap > WIDE or 0.0 <= gained < proof.gap_eur:
        yield Finding("gap_too_wide", proof.gap, gained)


def _wish(plan: Plan) -> Iterator[Finding]:
    """Beds of the last year against the beds that the reduction path asks for."""
    problem, policy = plan.problem, plan.problem.policies.intramural_reduction
    if policy.mode == "off":
        return
    beds = _beds(problem)
    wlz = float(plan.data["wlz_occupied"].sel(tier=beds).sum())
    base = float(plan.data["base_places"].sel(tier=beds).sum()) - wlz
    achieved = float(plan.data["places"].isel(year=-1).sel(tier=beds).sum()) - wlz
    asked = np.floor((1.0 - policy.by_end.value) * base + 1e-9)
    last = problem.years[-1]
    if achieved > asked + PLACE:
        yield Finding("wish_not_met", achieved, asked, year=last)
    elif achieved < asked - PLACE:
        yield Finding("lever_slack", achieved, asked, year=last)


@dataclass(frozen=True)
class BedUse:
    """The beds of a year by what keeps them; the parts add up to the beds."""

    only_a_bed: float
    others: float
    empty: float
    wlz: float


def bed_use(plan: Plan, year: int) -> BedUse:
    """Return what the beds of a year are for: people who fit no other tier, others, nobody, the Wlz."""
    problem = plan.problem
    beds = _beds(problem)
    places = float(plan.data["places"].sel(year=year, tier=beds).sum())
    wlz = float(plan.data["wlz_occupied"].sel(tier=beds).sum())
    people = plan.data["clients"].sel(year=year, tier=beds).sum(["neighbourhood", "tier"])
    bound = [p for p in problem.profiles if {k for q, k in problem.fits if q == p} <= set(beds)]
    only = float(people.sel(profile=bound).sum())
    others = float(people.sum()) - only
    return BedUse(only, others, places - wlz - only - others, wlz)


def _beds(problem: Problem) -> list[str]:
    return [str(k) for k in problem.tiers.index[problem.tiers["intramural"]]]


def _before(plan: Plan, name: str, base: xr.DataArray) -> xr.DataArray:
    """Return the values of the year before, in the order of the plan's array."""
    planned = plan.data[name]
    shifted = planned.shift(year=1)
    return shifted.fillna(base.reindex_like(planned.isel(year=0, drop=True)))


def _tenants_out(plan: Plan) -> Iterator[Finding]:
    """People who lived in a home that suited them and, still in care, live in none the year after."""
    problem = plan.problem
    homes = list(problem.home_tiers)
    if not homes:
        return
    suited = [p for p in problem.profiles if any((p, k) in problem.fits for k in homes)]
    before = _before(plan, "clients", problem.clients).sel(tier=homes)
    stayed = (before * problem.retained.sel(tier=homes)).sum(["profile", "tier"])
    expected = stayed.rename(to_profile="profile").sel(profile=suited)
    now = plan.data["clients"].sel(tier=homes, profile=suited).sum("tier")
    out = (expected - now).clip(min=0.0).sum(["neighbourhood", "profile"]).to_series()
    if out.sum() > PERSON:
        worst = plan.problem.years[int(out.to_numpy().argmax())]
        yield Finding("tenants_out", float(out.sum()), year=worst)


def residents(plan: Plan) -> xr.DataArray:
    """Return the people (site, tier, year) who live at a site."""
    housed = pd.DataFrame(
        plan.data["housed"].transpose("pair", "year").to_numpy(), columns=list(plan.problem.years)
    )
    housed["site"], housed["tier"] = plan.data["location"].to_numpy(), plan.data["pair_tier"].to_numpy()
    summed = housed[housed["tier"].isin(plan.problem.facility_tiers)].groupby(["site", "tier"]).sum()
    labels = ("site", "tier", "year")
    there = xr.DataArray.from_series(pd.Series(summed.stack()).rename_axis(labels))
    sites, tiers = plan.data["site"].values, plan.data["tier"].values
    filled: xr.DataArray = there.reindex(site=sites, tier=tiers).fillna(0.0)
    return filled


def least_relocated(plan: Plan) -> xr.DataArray:
    """Return the least number of residents (tier, year) who must move to another building.

    Residents of a site fall by those who recover, go to the Wlz, die, or whose need asks for another tier;
    a fall beyond all of these together is people who move house unasked. The first planned year is left
    out: which house people live in in the base year is not known.
    """
    problem, here = plan.problem, residents(plan)
    fall = (here.shift(year=1) - here).clip(min=0.0).fillna(0.0).sum("site")
    before = plan.data["clients"].shift(year=1).fillna(0.0)
    exits = problem.exits.sum("exit").reindex(tier=plan.data["tier"].values)
    natural = (before * exits).sum(["neighbourhood", "profile"])
    left = plan.data["left"].sum("neighbourhood")
    unfit = xr.zeros_like(left.isel(year=0, drop=True))
    for p in problem.profiles:
        for k in plan.data["tier"].values:
            unfit.loc[{"profile": p, "tier": k}] = float((p, k) not in problem.fits)
    asked = (left * unfit).sum("profile")
    least: xr.DataArray = (fall - natural - asked).clip(min=0.0)
    return least


def _relocated(plan: Plan) -> Iterator[Finding]:
    """The least number of residents who must move, with the site that loses most."""
    moved = least_relocated(plan)
    total = float(moved.sum())
    if total <= PERSON:
        return
    here = residents(plan)
    year = int(moved.sum("tier").idxmax("year"))
    fall = (here.shift(year=1) - here).sel(year=year).sum("tier").to_series()
    yield Finding("relocated", total, place=str(fall.idxmax()), year=year)


def _built_and_gone(plan: Plan) -> Iterator[Finding]:
    """Places that the plan added or converted and that are gone again before its end."""
    opened = opened_places(plan)
    gone = (plan.data["removed"] + plan.data["converted"].sum("to_tier")).fillna(0.0)
    base = plan.data["base_places"]
    lost = (gone.sum("year") - base).clip(min=0.0)
    total = lost.clip(max=opened.sum("year")).sum("tier").to_series()
    if total.sum() > PLACE:
        yield Finding("built_and_gone", float(total.sum()), place=str(total.idxmax()))


def opened_places(plan: Plan) -> xr.DataArray:
    """Return the places (site, tier, year) added on the ground: built, or converted from another tier."""
    arrived = plan.data["added"].fillna(0.0).copy(deep=True)
    for (s, k, m), ratio in plan.problem.ratios.items():
        arrived.loc[{"site": s, "tier": m}] += ratio * plan.data["converted"].sel(site=s, tier=k, to_tier=m)
    return arrived


def _opens_and_closes(plan: Plan) -> Iterator[Finding]:
    """A neighbourhood in which one site opens a tier and another gives that tier up."""
    base, last = plan.data["base_places"], plan.data["places"].isel(year=-1)
    area = plan.problem.neighbourhood_of
    then, now = base.to_series().to_dict(), last.to_series().to_dict()
    opened = {(area[s], k) for s, k in plan.problem.places_at if then[s, k] < PLACE < now[s, k]}
    for s, k in plan.problem.places_at:
        if now[s, k] < PLACE < then[s, k] and (area[s], k) in opened:
            yield Finding("opens_and_closes", float(then[s, k]), place=area[s])


def _by_town(plan: Plan, tiers: list[str]) -> tuple[pd.Series, pd.Series]:
    """Return the places of some tiers by municipality, in the base year and the last."""
    area, town = plan.problem.neighbourhood_of, plan.problem.municipality_of
    here = [town[area[str(s)]] for s in plan.data["site"].values]
    first = plan.data["base_places"].sel(tier=tiers).sum("tier").to_series()
    last = plan.data["places"].isel(year=-1).sel(tier=tiers).sum("tier").to_series()
    return first.groupby(here).sum(), last.groupby(here).sum()


def _shelter_lost(plan: Plan) -> Iterator[Finding]:
    """A municipality that ends with less shelter than it has."""
    tiers = [k for k in plan.problem.facility_tiers if plan.problem.stream_of[k] == MO]
    if not tiers:
        return
    first, last = _by_town(plan, tiers)
    for code in first.index[first > last + PLACE]:
        yield Finding(
            "shelter_lost", float(last[code]), float(first[code]), str(code), plan.problem.years[-1]
        )


def _without_places(plan: Plan) -> Iterator[Finding]:
    """A municipality that has places of the Wmo today and none in the last year."""
    tiers = [k for k in plan.problem.facility_tiers if plan.problem.stream_of[k] != MO]
    first, last = _by_town(plan, tiers)
    for code in first.index[(first > PLACE) & (last < PLACE)]:
        yield Finding("without_places", float(first[code]), place=str(code), year=plan.problem.years[-1])


def _empty_and_waiting(plan: Plan) -> Iterator[Finding]:
    """The year in which most people wait while places of a tier that fits them stand empty."""
    problem = plan.problem
    occupancy = xr.DataArray.from_series(problem.tiers["occupancy"].rename_axis("tier"))
    usable = ((plan.data["places"] - plan.data["wlz_occupied"]) * occupancy).sum("site")
    lived = plan.data["clients"].sum(["neighbourhood", "profile"])
    empty = (usable - lived).sel(tier=list(problem.facility_tiers)).clip(min=0.0)
    waiting = plan.data["waiting"].sum("neighbourhood")
    worst: tuple[float, float, int] | None = None
    for p in problem.profiles:
        fitting = [k for k in problem.facility_tiers if (p, k) in problem.fits]
        for t in problem.years if fitting else ():
            queue = float(waiting.sel(profile=p, year=t))
            spare = float(empty.sel(tier=fitting, year=t).sum())
            if queue > PERSON and spare > PLACE and (worst is None or queue > worst[0]):
                worst = (queue, spare, t)
    if worst:
        yield Finding("empty_and_waiting", worst[1], worst[0], year=worst[2])


def _waits_longer(plan: Plan) -> Iterator[Finding]:
    """Years of waiting together, where the plan has more of them than doing nothing."""
    years, otherwise = float(plan.data["waiting"].sum()), float(plan.reference["waiting"].sum())
    if years > otherwise + PERSON:
        yield Finding("waits_longer", years, otherwise)


def _fewer_at_home(plan: Plan) -> Iterator[Finding]:
    """Fewer people in homes with support than when nothing is done, beside the homes that people kept."""
    homes = list(plan.problem.home_tiers)
    now, otherwise = (
        float(data["clients"].isel(year=-1).sel(tier=homes).sum()) for data in (plan.data, plan.reference)
    )
    if now < otherwise - PERSON:
        yield Finding("fewer_at_home", float(plan.data["kept_homes"].sum()), otherwise - now)
