"""Review of a plan before it is shown: findings a region's director would object to.

Every finding is computed from the plan's own arrays and its reference. Sentences are made in reports/.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Literal

import numpy as np
import pandas as pd
import xarray as xr

from models.parameters.parameters import MO
from optimiser.model.policies import reduction_path
from optimiser.plan import Plan
from optimiser.problem import Problem
from optimiser.verification.verify import recomputed_objective

type Severity = Literal["serious", "notable", "context"]
type Level = Literal["region", "municipality", "neighbourhood", "site"]
type FindingKind = Literal[
    "no_better_plan", "doing_nothing_is_best", "gap_wider_than_difference", "gap_above_limit",
    "tenants_put_out", "shelter_lost", "wish_not_met", "people_relocated",
    "people_swapped", "built_and_gone", "built_beside_closure", "form_gone",
    "empty_while_waiting", "lever_is_slack", "fewer_at_home", "more_waiting", "dearer",
]  # fmt: skip

WITHHOLDING: frozenset[FindingKind] = frozenset({"no_better_plan", "gap_wider_than_difference"})
"""Findings with which a plan answers no question of the council."""

NO_HEADLINE = WITHHOLDING | {"gap_above_limit"}
"""Findings with which the figures of a plan are not announced in one sentence."""

GAP_LIMIT = 0.05
"""Proven gap above which a plan has no headline: an assumption of the report's design."""

PERSON = 1.0
"""People or client-years from which a finding is worth a sentence."""

PLACE = 0.5
"""Places from which a finding is worth a sentence: places are whole but for a solver's tolerance."""

SAME = 0.01
"""Largest difference of any count between two plans that are the same but for a solver's tolerance."""

_ORDER: tuple[Severity, ...] = ("serious", "notable", "context")


@dataclass(frozen=True)
class Finding:
    """Something of a plan that its reader must hear first.

    Attributes
    ----------
    number
        The size: people, places, euros or a share, by kind.
    place, level
        The code of the place, empty for the region as a whole.
    year
        The year in which it is largest, or from which it holds.
    tier
        The form of housing it is about, if one.
    amounts
        Further numbers of the sentence, by name.
    """

    kind: FindingKind
    severity: Severity
    number: float
    place: str = ""
    level: Level = "region"
    year: int | None = None
    tier: str = ""
    amounts: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class BedDrivers:
    """The intramural places of the last year by their use; the five parts add up to `beds`.

    Attributes
    ----------
    only_beds
        People who may live in no other form than a bed.
    elsewhere
        People in a bed for whom another form exists.
    wlz
        Places lived in by people of the Wlz.
    turnover
        Places between two residents: what `occupancy` says cannot be lived in, on average over the year.
    empty
        Places that somebody could live in and that nobody does.
    """

    only_beds: float
    elsewhere: float
    wlz: float
    turnover: float
    empty: float
    beds: float


def review(plan: Plan) -> tuple[Finding, ...]:
    """Return the findings of a plan, the most serious first and larger before smaller."""
    findings = [one for look in _LOOKS for one in look(_Reviewed(plan))]
    return tuple(sorted(findings, key=lambda one: _ORDER.index(one.severity)))


def proof_findings(plan: Plan) -> tuple[Finding, ...]:
    """Return only the findings on how far a plan is from the best one and from doing nothing."""
    return tuple(_proof(_Reviewed(plan)))


def withholds_answers(findings: tuple[Finding, ...]) -> bool:
    """Return whether a plan with these findings answers no question of the council."""
    return any(one.kind in WITHHOLDING for one in findings)


def bed_drivers(plan: Plan) -> BedDrivers:
    """Return what the intramural places of the last year are used for."""
    problem, last = plan.problem, plan.data.isel(year=-1)
    tiers = _intramural(problem)
    people = last["clients"].sum("neighbourhood").sel(tier=tiers).sum("tier").to_series()
    others = {p for p, k in problem.allowed if k not in tiers}
    only = sum(float(count) for p, count in people.items() if p not in others)
    elsewhere = float(people.sum()) - only
    beds = last["places"].sel(tier=tiers)
    wlz = np.minimum(plan.data["wlz_occupied"].sel(tier=tiers), beds)
    occupancy = problem.tiers["occupancy"].astype(float).to_xarray().sel(tier=tiers)
    turnover = float(((beds - wlz) * (1.0 - occupancy)).sum())
    held, total = float(wlz.sum()), float(beds.sum())
    return BedDrivers(only, elsewhere, held, turnover, total - held - turnover - only - elsewhere, total)


def improvement(plan: Plan) -> float:
    """Return by how much a plan's objective lies below the reference's: discounted euros and points."""
    return recomputed_objective(plan.problem, plan.reference) - plan.proof.objective


def arrivals(problem: Problem, data: xr.Dataset) -> xr.DataArray:
    """Return places that come to (site, tier, year): added, or by conversion from another tier."""
    made = xr.zeros_like(data["added"])
    for (site, tier, to), ratio in problem.ratios.items():
        turned = ratio * data["converted"].sel(site=site, tier=tier, to_tier=to, drop=True)
        made.loc[{"site": site, "tier": to}] += turned
    return data["added"] + made


def departures(data: xr.Dataset) -> xr.DataArray:
    """Return places that go from (site, tier, year): removed, or by conversion to another tier."""
    return data["removed"] + data["converted"].sum("to_tier")


def built_and_gone(problem: Problem, data: xr.Dataset) -> pd.DataFrame:
    """Return places that came in the plan and are gone before its end, by (site, tier).

    What goes is taken from what came first: a place that is built and one that goes later at the same
    site in the same tier are work for nothing. Columns `built`, `gone` and `year`, the first departure.
    """
    came, went = arrivals(problem, data), departures(data)
    rows = {}
    for site, tier in problem.places_at:
        into, out = (a.sel(site=site, tier=tier).transpose("year").to_numpy() for a in (came, went))
        stock = gone = 0.0
        first = 0
        for at, year in enumerate(problem.years):
            lost = min(stock, float(out[at]))
            first = first or (year if lost > SAME else 0)
            gone, stock = gone + lost, stock - lost + float(into[at])
        rows[site, tier] = (float(into.sum()), gone, first)
    index = pd.MultiIndex.from_tuples(rows, names=["site", "tier"])
    return pd.DataFrame(list(rows.values()), index=index, columns=["built", "gone", "year"])


def tenants_put_out(problem: Problem, data: xr.Dataset) -> xr.DataArray:
    """Return tenants who lose a home though one would suit them, by (neighbourhood, year); a least number."""
    homes = list(problem.home_tiers)
    before = _last_year(problem, data, "clients").sel(tier=homes)
    kept = problem.retained.sel(tier=homes)
    lived = (before * kept).sum(["profile", "tier"]).rename(to_profile="profile")
    suits = xr.DataArray(
        [[float((p, k) in problem.fits) for k in homes] for p in problem.profiles],
        coords={"profile": list(problem.profiles), "tier": homes},
        dims=("profile", "tier"),
    )
    live = (data["clients"].sel(tier=homes) * suits).sum("tier")
    lost = (lived - live).clip(min=0.0) * (suits.sum("tier") > 0)
    return lost.sum("profile").transpose("neighbourhood", "year")


def moved_by_site(problem: Problem, data: xr.Dataset) -> xr.DataArray:
    """Return people who must move because a house has fewer of them, by (site, tier, year).

    The plan's own `relocated` where the rule that counts it is on. Else the least number: the residents
    that a tier's houses lose beyond all who left the tier, spread over the houses by what each loses.
    """
    if "relocated" in data and problem.policies.residents_stay.mode != "off":
        return data["relocated"].fillna(0.0).transpose("site", "tier", "year")
    living = _residents(problem, data)
    fewer = (living.shift(year=1) - living).isel(year=slice(1, None)).clip(min=0.0)
    lost = fewer.sum("site")
    beyond = (lost - _leavers(problem, data).sum("neighbourhood")).clip(min=0.0)
    return (fewer * (beyond / lost.where(lost > SAME)).fillna(0.0)).transpose("site", "tier", "year")


def moved_between_houses(problem: Problem, data: xr.Dataset) -> xr.DataArray:
    """Return people who stay in a tier but not in their house, by (tier, year); a least number.

    Known from the second year on: nobody counted who lived where in the base year.
    """
    pairs = pd.DataFrame(
        {name: data[name].to_numpy() for name in ("origin", "location")}
        | {"tier": data["pair_tier"].to_numpy()}
    )
    housed = pd.DataFrame(data["housed"].transpose("pair", "year").to_numpy(), columns=list(problem.years))
    fewer = (-housed.diff(axis=1)).clip(lower=0.0)
    inside = pairs["tier"].isin(problem.facility_tiers)
    lost = fewer[inside].groupby([pairs["origin"][inside], pairs["tier"][inside]]).sum()
    stacked = _leavers(problem, data).stack(row=("neighbourhood", "tier")).transpose("row", "year")
    left = pd.DataFrame(stacked.to_numpy(), index=stacked.indexes["row"], columns=list(problem.years))
    beyond = (lost - left.reindex(index=lost.index, fill_value=0.0)).clip(lower=0.0)
    by_tier = beyond.groupby(level=1).sum().reindex(index=list(problem.facility_tiers), fill_value=0.0)
    dims = {"tier": list(by_tier.index), "year": list(problem.years)}
    return xr.DataArray(by_tier.to_numpy(), coords=dims, dims=tuple(dims))


@dataclass(frozen=True)
class _Reviewed:
    """A plan under review, with what several looks need."""

    plan: Plan

    @property
    def problem(self) -> Problem:
        return self.plan.problem

    @property
    def data(self) -> xr.Dataset:
        return self.plan.data

    @property
    def last(self) -> int:
        return self.problem.years[-1]

    def base(self, tier: str) -> xr.DataArray:
        """Return the places of a tier in the base year, by site."""
        return self.data["base_places"].sel(tier=tier, drop=True)

    def places(self, tier: str) -> xr.DataArray:
        """Return the places of a tier in the last year, by site."""
        return self.data["places"].sel(tier=tier, drop=True).isel(year=-1, drop=True)

    @cached_property
    def town(self) -> dict[str, str]:
        """Site → municipality."""
        problem = self.problem
        return {site: problem.municipality_of[area] for site, area in problem.neighbourhood_of.items()}

    @cached_property
    def by_town(self) -> dict[tuple[str, str], tuple[float, float]]:
        """(municipality, tier) → places in the base year and in the last."""
        rows = dict[tuple[str, str], tuple[float, float]]()
        for tier in self.problem.facility_tiers:
            for end, array in enumerate((self.base(tier), self.places(tier))):
                for site, places in array.to_series().items():
                    ends = list(rows.get((self.town[str(site)], tier), (0.0, 0.0)))
                    ends[end] += float(places)
                    rows[self.town[str(site)], tier] = (ends[0], ends[1])
        return rows


def _proof(seen: _Reviewed) -> Iterator[Finding]:
    """Generate what makes a plan no answer: it is doing nothing, or its gap hides the difference."""
    plan, proof = seen.plan, seen.plan.proof
    if proof.status == "by_hand":  # nobody searched, so more time finds nothing
        return
    if is_doing_nothing(plan):
        if proof.status == "proven":
            yield Finding("doing_nothing_is_best", "serious", 0.0)
        else:
            yield Finding("no_better_plan", "serious", proof.gap)
        return
    gain = improvement(plan)
    if proof.gap_eur > abs(gain):
        amounts = {"gap_eur": proof.gap_eur, "difference": abs(gain)}
        yield Finding("gap_wider_than_difference", "serious", proof.gap, amounts=amounts)
    elif proof.gap > GAP_LIMIT:
        yield Finding("gap_above_limit", "serious", proof.gap, amounts={"gap_eur": proof.gap_eur})


def is_doing_nothing(plan: Plan) -> bool:
    """Return whether a plan decides nothing that the reference does not: same places, homes and people."""
    names = ("places", "homes", "clients", "waiting")
    return all(float(abs(plan.data[n].fillna(0) - plan.reference[n].fillna(0)).max()) <= SAME for n in names)


def _tenants(seen: _Reviewed) -> Iterator[Finding]:
    lost = tenants_put_out(seen.problem, seen.data)
    if float(lost.sum()) >= PERSON:
        area, year = _where(lost)
        idle = float(tenants_put_out(seen.problem, seen.plan.reference).sum())
        yield Finding(
            "tenants_put_out", "serious", float(lost.sum()), area, "neighbourhood", year,
            amounts={"reference": idle},
        )  # fmt: skip


def _moves(seen: _Reviewed) -> Iterator[Finding]:
    by_site = moved_by_site(seen.problem, seen.data)
    total = float(by_site.sum())
    if total >= PERSON:
        site, year = _where(by_site.sum("tier"))
        yield Finding("people_relocated", "notable", total, site, "site", year)
    between = moved_between_houses(seen.problem, seen.data)
    known = by_site.sum("site").sel(tier=list(between["tier"].values)).isel(year=slice(1, None))
    swaps = (between.isel(year=slice(1, None)) - known).clip(min=0.0)
    if swaps.size and float(swaps.sum()) >= PERSON:
        tier, year = _where(swaps)
        yield Finding("people_swapped", "notable", float(swaps.sum()), year=year, tier=tier)


def _thrown_away(seen: _Reviewed) -> Iterator[Finding]:
    table = built_and_gone(seen.problem, seen.data)
    if table["gone"].sum() >= PLACE:
        site, tier = (str(code) for code in table.index[int(table["gone"].to_numpy().argmax())])
        yield Finding(
            "built_and_gone", "serious", float(table["gone"].sum()), site, "site",
            int(table["year"].loc[(site, tier)]), tier, {"built": float(table["built"].sum())},
        )  # fmt: skip


def _beside(seen: _Reviewed) -> Iterator[Finding]:
    """Generate the neighbourhoods where a tier grows in one house while it goes from another.

    What a house loses is told from its most places, so that one built and closed in the plan counts.
    """
    for tier in seen.problem.facility_tiers:
        ends = {"base": seen.base(tier), "last": seen.places(tier)}
        peaks = seen.data["places"].sel(tier=tier, drop=True).max("year")
        houses = pd.DataFrame({name: array.to_series() for name, array in {**ends, "peak": peaks}.items()})
        grown = houses["last"] > houses["base"] + SAME
        more = (houses["last"] - houses["base"]).where(grown, 0.0)
        less = (houses.max(axis=1) - houses["last"]).where(~grown, 0.0)
        area = [seen.problem.neighbourhood_of[str(site)] for site in houses.index]
        both = pd.DataFrame({"more": more, "less": less}).groupby(area).sum()
        for code, places in both.min(axis=1).items():
            if places < PLACE:
                continue
            yield Finding(
                "built_beside_closure", "notable", float(places), str(code), "neighbourhood", tier=tier,
                amounts={name: float(both[name].loc[str(code)]) for name in ("more", "less")},
            )  # fmt: skip


def _forms(seen: _Reviewed) -> Iterator[Finding]:
    """Generate the municipalities without a form that they had, and the shelter that is lost."""
    streams = seen.problem.stream_of
    for (town, tier), (had, has) in seen.by_town.items():
        shelter = streams[tier] == MO
        if had >= PLACE and (has < PLACE or (shelter and has <= had - PLACE)):
            yield Finding(
                "shelter_lost" if shelter else "form_gone", "serious" if shelter else "notable",
                had - has, town, "municipality", seen.last, tier, {"base": had, "last": has},
            )  # fmt: skip


def _wish(seen: _Reviewed) -> Iterator[Finding]:
    """Generate the wish for fewer beds where it is not met, and where it changes nothing."""
    problem, data = seen.problem, seen.data
    if problem.policies.intramural_reduction.mode == "off":
        return
    tiers = _intramural(problem)
    occupied = float(data["wlz_occupied"].sel(tier=tiers).sum())
    base = float(data["base_places"].sel(tier=tiers).sum())
    beds = data["places"].sel(tier=tiers).sum(["site", "tier"])
    most = {t: (1.0 - gone) * (base - occupied) + occupied for t, gone in reduction_path(problem).items()}
    drivers = bed_drivers(seen.plan)
    amounts = {
        "base": base, "most": most[seen.last], "last": float(beds.sel(year=seen.last)),
        "only_beds": drivers.only_beds, "elsewhere": drivers.elsewhere, "wlz": drivers.wlz,
        "turnover": drivers.turnover, "empty": drivers.empty,
    }  # fmt: skip
    over = amounts["last"] - amounts["most"]
    if over >= PLACE:
        yield Finding("wish_not_met", "serious", over, year=seen.last, amounts=amounts)
    elif max(float(beds.sel(year=t)) - limit for t, limit in most.items()) <= -PLACE:
        yield Finding("lever_is_slack", "context", -over, year=seen.last, amounts=amounts)


def _empty(seen: _Reviewed) -> Iterator[Finding]:
    """Generate the year and municipality with most empty places for people who wait there."""
    problem, data = seen.problem, seen.data
    living = _residents(problem, data).isel(year=slice(1, None))
    occupancy = problem.tiers["occupancy"].astype(float).to_xarray()
    usable = (data["places"] - data["wlz_occupied"]) * occupancy.reindex(tier=data["tier"].values)
    empty = _by_town((usable - living).clip(min=0.0), "site", seen.town, problem.towns)
    queue = _by_town(data["waiting"], "neighbourhood", problem.municipality_of, problem.towns)
    tiers, profiles = list(problem.facility_tiers), list(problem.profiles)
    suits = xr.DataArray(
        [[float((p, k) in problem.fits) for k in tiers] for p in profiles],
        coords={"profile": profiles, "tier": tiers}, dims=("profile", "tier"),
    )  # fmt: skip
    queue, empty = queue.sel(profile=profiles), empty.sel(tier=tiers)
    # per profile at most what is empty in a form that suits it, and together at most what is empty at all
    fitting = (empty * suits).sum("tier")
    helped = queue.where(queue < fitting, fitting).sum("profile")
    wanted = (empty * ((queue * suits).sum("profile") > SAME)).sum("tier")
    both = helped.where(helped < wanted, wanted).transpose("municipality", "year")
    if both.size and float(both.max()) >= PERSON:
        town, year = _where(both)
        number = float(both.sel(municipality=town, year=year))
        yield Finding("empty_while_waiting", "notable", number, town, "municipality", year)


def _worse(seen: _Reviewed) -> Iterator[Finding]:
    """Generate the figures that look worse than doing nothing, with what lies behind them."""
    plan, problem = seen.plan, seen.problem
    both = {"plan": plan.data, "reference": plan.reference}
    homes = list(problem.home_tiers)
    home = {n: float(d["clients"].isel(year=-1).sel(tier=homes).sum()) for n, d in both.items()}
    if home["reference"] - home["plan"] >= PERSON:
        after = {f"independent_{n}": living_independently(d) for n, d in both.items()}
        number = home["reference"] - home["plan"]
        yield Finding("fewer_at_home", "context", number, year=seen.last, amounts=home | after)
    years = {n: float(d["waiting"].sum()) for n, d in both.items()}
    if years["plan"] - years["reference"] >= PERSON:
        yield Finding("more_waiting", "notable", years["plan"] - years["reference"], amounts=years)
    cost = {n: float(d["cost"].sum()) for n, d in both.items()}
    # what a report rounds to: a tenth of a million
    if cost["plan"] - cost["reference"] >= 50_000.0:
        yield Finding("dearer", "context", cost["plan"] - cost["reference"], amounts=cost)


def living_independently(data: xr.Dataset) -> float:
    """Return people who left care in the planned years and kept their home, without support."""
    return float(data["kept_homes"].fillna(0.0).sum())


_LOOKS = (_proof, _tenants, _thrown_away, _forms, _wish, _moves, _beside, _empty, _worse)
"""Each looks for one class of findings."""


def _intramural(problem: Problem) -> list[str]:
    return [str(tier) for tier in problem.tiers.index[problem.tiers["intramural"]]]


def _where(array: xr.DataArray) -> tuple[str, int]:
    """Return place and year of the largest value of a (place, year) array, the earliest of equals."""
    place = next(str(dim) for dim in array.dims if dim != "year")
    by_year = array.transpose("year", place)
    at = np.unravel_index(int(by_year.to_numpy().argmax()), by_year.shape)
    return str(by_year[place].values[at[1]]), int(by_year["year"].values[at[0]])


def _last_year(problem: Problem, data: xr.Dataset, name: str) -> xr.DataArray:
    """Return an array by the planned years, each holding the value of the year before it."""
    now = data[name].fillna(0.0)
    base = data[f"base_{name}"].fillna(0.0).expand_dims(year=[problem.base_year])
    whole = xr.concat([base, now], "year", coords="minimal", compat="override", join="exact")
    return whole.isel(year=slice(0, -1)).assign_coords(year=list(problem.years))


def _leavers(problem: Problem, data: xr.Dataset) -> xr.DataArray:
    """Return people who leave a tier, by (neighbourhood, tier, year): care ends, or for another tier."""
    before = _last_year(problem, data, "clients")
    staying = (before * problem.retained.sel(tier=before["tier"])).sum(["profile", "to_profile"])
    ended = before.sum("profile") - staying
    return ended.clip(min=0.0) + data["left"].fillna(0.0).sum("profile")


def _residents(problem: Problem, data: xr.Dataset) -> xr.DataArray:
    """Return residents by (site, tier, year), the base year included.

    In the base year a tier's people live in its houses in the shares of their places: an assumption.
    """
    tiers, sites = list(problem.facility_tiers), [str(site) for site in data["site"].values]
    housed = pd.DataFrame(data["housed"].transpose("pair", "year").to_numpy(), columns=list(problem.years))
    by = [data["location"].to_numpy(), data["pair_tier"].to_numpy()]
    summed = housed.groupby(by).sum()
    index = pd.MultiIndex.from_product([sites, tiers])
    shape = (len(sites), len(tiers), len(problem.years))
    planned = summed.reindex(index, fill_value=0.0).to_numpy().reshape(shape)
    free = (data["base_places"] - data["wlz_occupied"]).sel(tier=tiers).clip(min=0.0)
    share = (free / free.sum("site").where(free.sum("site") > 0)).fillna(0.0)
    base = share * data["base_clients"].sel(tier=tiers).sum(["neighbourhood", "profile"])
    coords = {"site": sites, "tier": tiers, "year": [problem.base_year, *problem.years]}
    first = base.transpose("site", "tier").to_numpy()[:, :, None]
    return xr.DataArray(np.concatenate([first, planned], axis=2), coords=coords, dims=tuple(coords))


def _by_town(array: xr.DataArray, dim: str, town: Mapping[str, str], towns: Sequence[str]) -> xr.DataArray:
    codes = [town[str(code)] for code in array[dim].values]
    summed = array.assign_coords(municipality=(dim, codes)).groupby("municipality").sum()
    return summed.reindex(municipality=list(towns), fill_value=0.0)
