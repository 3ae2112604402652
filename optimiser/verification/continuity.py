"""Continuity of a plan, verified: replaced beds, tenants, buildings and shelters that stay."""

from collections.abc import Iterator

import numpy as np
import xarray as xr

from optimiser.problem import Problem
from optimiser.verification.violation import (
    PEOPLE,
    Violation,
    at_sites,
    bed_tiers,
    broken,
    series,
    year_before,
)


def tenants(problem: Problem, data: xr.Dataset) -> Iterator[Violation]:
    """Who lived in a home and still needs support lives in a home, where one fits the need."""
    if problem.policies.tenants_stay.mode == "off":
        return
    homes = [str(k) for k in data["tier"].values if problem.tiers.at[k, "setting"] == "home"]
    suited = [p for p in data["profile"].values if any((p, k) in problem.fits for k in homes)]
    lived = problem.clients.sel(tier=homes)
    everybody, in_use = float(lived.sum()), float(problem.homes.sum())
    if everybody > in_use:
        # more tenants than homes in the base year: each loses the same part
        lived = lived * (in_use / everybody)
    stayed = year_before(problem, data["clients"].sel(tier=homes), lived) * problem.retained.sel(tier=homes)
    expected = stayed.sum(["profile", "tier"]).rename(to_profile="profile")
    short = expected - data["clients"].sel(tier=homes).sum("tier")
    yield from broken("tenants_stay", short.sel(profile=suited), "clients")


def buildings(problem: Problem, data: xr.Dataset) -> Iterator[Violation]:
    """What the plan opened stands; a tier of the base year grows or shrinks and never both."""
    if problem.policies.buildings_stay.mode == "off":
        return
    base = at_sites(problem, "base", data)
    gone = data["removed"] + data["converted"].sum("to_tier")
    come = data["added"] + _arrived(problem, data)
    yield from broken("buildings_stay", gone.where(base == 0.0, 0.0), "places opened by the plan that go")
    ever = gone.sum("year").clip(max=come.sum("year"))
    yield from broken("buildings_stay", ever.where(base > 0.0, 0.0), "places both ways")


def shelters(problem: Problem, data: xr.Dataset) -> Iterator[Violation]:
    """Places of the shelter stream stand as in the base year, where and until the scenario frees them."""
    policy = problem.policies.shelter_stays
    if policy.mode == "off":
        return
    tiers = [k for k in data["tier"].values if problem.tiers.at[k, "stream"] == "MO"]
    changed = (data["places"] - at_sites(problem, "base", data)).sel(tier=tiers)
    for site, year in policy.free_from.items():
        changed = changed.where((changed["site"] != site) | (changed["year"] < year), 0.0)
    yield from broken("shelter_stays", changed, "places", both=True)


def _arrived(problem: Problem, data: xr.Dataset) -> xr.DataArray:
    """Return the places (site, tier, year) that conversions have brought."""
    if not len(problem.conversions):
        return xr.zeros_like(data["added"])
    ratio = problem.conversions["ratio"].to_xarray()
    ratio = ratio.reindex_like(data["converted"].isel(year=0, drop=True)).fillna(0.0)
    return (data["converted"] * ratio).sum("tier").rename(to_tier="tier")


def replacement(problem: Problem, data: xr.Dataset) -> Iterator[Violation]:
    """In a year in which beds go, places and homes stand for everybody as much as in the base year."""
    policy = problem.policies.replacement_before_closure
    if policy.mode == "off":
        return
    bed = bed_tiers(problem, data)
    base = at_sites(problem, "base", data)
    going = (data["removed"] + data["converted"].sum("to_tier")).sel(tier=bed).sum(["site", "tier"])
    most = np.floor(policy.most_per_year.value * float(base.sel(tier=bed).sum()))
    yield from broken("replacement_before_closure", going - most, "places in one year")
    closes = going > PEOPLE
    short, ahead = _replaced(problem, data, bed), policy.years_ahead
    yield from broken("replacement_before_closure", short["now"].where(closes, 0.0), "places now")
    if ahead:
        yield from broken("replacement_before_closure", short["then"].where(closes, 0.0), "places")
    only = _for_beds_alone(problem, bed)
    if only:
        lacking = _without_a_bed(problem, data, bed, only)
        yield from broken("replacement_before_closure", lacking.where(closes, 0.0), "clients without a bed")


def _replaced(problem: Problem, data: xr.Dataset, bed: list[str]) -> dict[str, xr.DataArray]:
    """Return (year) the places lacking for the beds gone, by what stands now and what stood then."""
    tiers = problem.tiers
    wmo = [k for k in data["tier"].values if tiers.at[k, "stream"] != "MO"]
    others = [k for k in wmo if tiers.at[k, "setting"] == "facility" and k not in bed]
    homes = [k for k in wmo if tiers.at[k, "setting"] == "home"]
    people = _profiles(problem)
    occupancy, base = series(tiers["occupancy"], "tier"), at_sites(problem, "base", data)
    gone = float(base.sel(tier=bed).sum()) - data["places"].sel(tier=bed).sum(["site", "tier"])
    wlz = at_sites(problem, "wlz_occupied", data)
    room = float(((base - wlz) * occupancy).sel(tier=bed).sum())
    empty = max(0.0, room - float(problem.clients.sel(tier=bed).sum()))
    stood = (data["places"] * occupancy).sel(tier=others).sum(["site", "tier"])
    stood_base = (base * occupancy).sel(tier=others).sum()
    at_home = data["clients"].sel(profile=people, tier=homes).sum(["neighbourhood", "profile", "tier"])
    at_home_base = problem.clients.sel(profile=people, tier=homes).sum()
    need = data["clients"].sel(profile=people).sum(["neighbourhood", "profile", "tier"])
    need = need + data["waiting"].sel(profile=people).sum(["neighbourhood", "profile"])
    need_base = problem.clients.sel(profile=people).sum() + problem.waiting.sel(profile=people).sum()
    more = need - float(need_base) - empty
    instead = stood + at_home - float(stood_base + at_home_base)
    ahead = problem.policies.replacement_before_closure.years_ahead
    then = instead.shift(year=ahead, fill_value=0.0) + _just_converted(problem, data, bed, others, ahead)
    return {"now": gone + more - instead, "then": gone + more - then}


def _just_converted(
    problem: Problem, data: xr.Dataset, bed: list[str], others: list[str], ahead: int
) -> xr.DataArray:
    """Return (year) the people who fit in beds converted to other places within the years ahead."""
    if not len(problem.conversions) or not ahead:
        return xr.zeros_like(data["year"], dtype=float)
    ratio = problem.conversions["ratio"].to_xarray()
    ratio = ratio.reindex_like(data["converted"].isel(year=0, drop=True)).fillna(0.0)
    occupancy = series(problem.tiers["occupancy"], "tier").rename(tier="to_tier")
    fits = (data["converted"] * ratio * occupancy).sel(tier=bed, to_tier=others)
    by_year = fits.sum(["site", "tier", "to_tier"])
    return by_year.rolling(year=ahead, min_periods=1).sum()


def _profiles(problem: Problem) -> list[str]:
    """Return the profiles that may live in no tier of the shelter stream."""
    sheltered = {p for p, k in problem.allowed if problem.tiers.at[k, "stream"] == "MO"}
    return [p for p in problem.profiles if p not in sheltered]


def _for_beds_alone(problem: Problem, bed: list[str]) -> list[str]:
    """Return the profiles that fit beds and no other facility."""
    facilities = set(problem.tiers.index[problem.tiers["setting"] == "facility"])
    fitting = {p: {k for q, k in problem.fits if q == p} & facilities for p in _profiles(problem)}
    return [p for p, tiers in fitting.items() if tiers and tiers <= set(bed)]


def _without_a_bed(problem: Problem, data: xr.Dataset, bed: list[str], only: list[str]) -> xr.DataArray:
    """Return (year) the people for beds alone who have none, less those who had none in the base year."""
    tiers = problem.tiers
    fitting = {k for p, k in problem.fits if p in only}
    homes = [k for k in fitting if tiers.at[k, "setting"] == "home" and tiers.at[k, "stream"] != "MO"]
    occupancy = series(tiers["occupancy"], "tier")
    usable = ((data["places"] - data["wlz_occupied"]) * occupancy).sel(tier=bed).sum(["site", "tier"])
    people = data["clients"].sel(profile=only)
    placed = people.sum(["neighbourhood", "profile", "tier"])
    at_home = people.sel(tier=homes).sum(["neighbourhood", "profile", "tier"])
    waiting = data["waiting"].sel(profile=only).sum(["neighbourhood", "profile"])
    now = placed + waiting - usable - at_home
    base = at_sites(problem, "base", data) - at_sites(problem, "wlz_occupied", data)
    usable_base = float((base * occupancy).sel(tier=bed).sum())
    housed = problem.clients.sel(profile=only)
    without = float(housed.sum()) - float(housed.sel(tier=homes).sum()) - usable_base
    return now - float(problem.waiting.sel(profile=only).sum()) - max(0.0, without)
