"""Check a plan again from its own arrays: every rule, balance and euro.

Nothing here is shared with the formulation: no variables, no rows, no terms. The arrays of the
plan and the givens of the problem are all that is read, and every claim is computed anew.
"""

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pandas as pd
import xarray as xr
from numpy.typing import NDArray

from models.region.decisions import DecidedHomes, DecidedPlaces
from optimiser.problem import Problem
from optimiser.verification.continuity import buildings, replacement, shelters, tenants
from optimiser.verification.relocation import recomputed_moves, residents
from optimiser.verification.violation import (
    PEOPLE,
    Violation,
    at_sites,
    bed_tiers,
    broken,
    series,
    year_before,
)

EUROS = 1.0
"""Nominal euros by which a yearly sum of tens of millions may be off: rounding of floating point."""

CENT = 0.01
"""Euros by which sums of a plan's own amounts may be off."""

MAY_BE_ABSENT = ("grant", "funding_gap")
"""What has no number where budgets.csv gives none."""

SIGNED = (*MAY_BE_ABSENT, "grant_steps")
"""What may be less than nothing, or have no number."""


def violations(problem: Problem, data: xr.Dataset) -> tuple[Violation, ...]:
    """Return everything in which a plan's arrays break a rule or misstate an amount; empty is verified."""
    checks = (
        _givens, _whole_numbers, _nothing_negative,
        _people, _waiting, _housing, _capacity, _sizes, _place_balance, _home_balance, _agreements,
        _reduction, replacement, _travel, _concentration, _fairness, _queue,
        _apart, _help, _budget, _providers, _renewals, _scale, _staff, _notice,
        _settled, _agreed, tenants, buildings, shelters, residents,
        _costs, _payers, _grants, _wlz, _points, _own_rules,
    )  # fmt: skip
    unknown = [
        Violation("arrays", str(name), float("nan"), "not a number")
        for name in data.data_vars
        if name not in MAY_BE_ABSENT and not np.isfinite(data[name].to_numpy().astype(float)).all()
    ]
    return tuple(unknown) or tuple(v for check in checks for v in check(problem, data))


def _table(values: pd.DataFrame, *dims: str) -> xr.DataArray:
    """Return a table as an array whose dimensions are named, that of its columns last."""
    named = values.set_axis(values.index.set_names(list(dims[:-1])))
    return xr.Dataset.from_dataframe(named).to_dataarray(dims[-1]).transpose(*dims)


def _whole_numbers(problem: Problem, data: xr.Dataset) -> Iterator[Violation]:
    del problem
    for name in ("places", "added", "removed", "converted", "operating", "new_homes"):
        yield from broken("whole numbers", abs(data[name] - data[name].round()), name, 1e-6)
    both = data["added"].where(data["added"] < data["removed"], data["removed"])
    yield from broken("places_carry_over", both, "places added and removed at once")
    yield from broken("whole numbers", data["operating"] - 1.0, "operating")


def _givens(problem: Problem, data: xr.Dataset) -> Iterator[Violation]:
    """What a plan says of the base year must be what the problem was given."""
    given = {
        "base_places": at_sites(problem, "base", data),
        "wlz_occupied": at_sites(problem, "wlz_occupied", data),
        "base_clients": problem.clients,
        "base_waiting": problem.waiting,
        "base_homes": problem.homes,
    }
    for name, values in given.items():
        yield from broken(f"{name} as given", data[name] - values, str(data[name].units), 1e-9, both=True)


def _nothing_negative(problem: Problem, data: xr.Dataset) -> Iterator[Violation]:
    del problem
    for name in data.data_vars:
        if name not in SIGNED:
            yield from broken("nothing is negative", -data[name].astype(float), str(name), 1e-6)


def _people(problem: Problem, data: xr.Dataset) -> Iterator[Violation]:
    before = year_before(problem, data["clients"], problem.clients)
    stay = problem.retained.sel(tier=data["tier"].values)
    after = (before * stay).sum("profile").rename(to_profile="profile") + data["entered"] - data["left"]
    yield from broken("everyone_is_accounted_for", data["clients"] - after, "clients", both=True)
    allowed = xr.zeros_like(data["clients"].isel(neighbourhood=0, year=0, drop=True))
    for profile, tier in problem.allowed:
        allowed.loc[{"profile": profile, "tier": tier}] = 1.0
    yield from broken(
        "everyone_is_accounted_for", data["clients"] * (1.0 - allowed), "clients in a tier not allowed"
    )
    total = data["clients"].sum(["profile", "tier", "neighbourhood"]) + data["waiting"].sum(
        ["profile", "neighbourhood"]
    )
    stock = problem.clients.sum(["profile", "tier", "neighbourhood"]) + problem.waiting.sum(
        ["profile", "neighbourhood"]
    )
    gone = (before * problem.exits.sel(tier=data["tier"].values)).sum(
        ["neighbourhood", "profile", "tier", "exit"]
    )
    queue = year_before(problem, data["waiting"], problem.waiting)
    gone = gone + (queue * problem.exits.sel(tier="waiting", drop=True)).sum(
        ["neighbourhood", "profile", "exit"]
    )
    expected = year_before(problem, total, stock) + problem.inflow.sum(["neighbourhood", "profile"]) - gone
    yield from broken("everyone_is_accounted_for", total - expected, "clients", both=True)


def _waiting(problem: Problem, data: xr.Dataset) -> Iterator[Violation]:
    before = year_before(problem, data["waiting"], problem.waiting)
    stay = problem.retained.sel(tier="waiting", drop=True)
    arrived = (before * stay).sum("profile").rename(to_profile="profile") + problem.inflow
    after = arrived + (data["left"] - data["entered"]).sum("tier")
    yield from broken("everyone_is_accounted_for", data["waiting"] - after, "clients waiting", both=True)


def _pairs(data: xr.Dataset) -> pd.DataFrame:
    """Return the housed clients in rows: origin, location, tier, minutes, within and one column per year."""
    frame = pd.DataFrame(data["housed"].transpose("pair", "year").values, columns=list(data["year"].values))
    for name, coordinate in (("origin", "origin"), ("location", "location"), ("tier", "pair_tier")):
        frame[name] = data[coordinate].values
    frame["minutes"], frame["within"] = data["travel_minutes"].values, data["within_norm"].values.astype(bool)
    return frame


def _by(pairs: pd.DataFrame, years: list[int], *keys: str) -> xr.DataArray:
    """Return the housed clients summed per key and year."""
    return _table(pairs.groupby(list(keys))[years].sum(), *keys, "year")


def _housing(problem: Problem, data: xr.Dataset) -> Iterator[Violation]:
    pairs, years = _pairs(data), list(problem.years)
    known = problem.pairs.reindex(pd.MultiIndex.from_frame(pairs[["origin", "location", "tier"]]))
    for name, value in (("minutes", known["minutes"]), ("within", known["within"].astype(float))):
        wrong = np.abs(pairs[name].astype(float).to_numpy() - value.fillna(np.inf).to_numpy())
        yield from broken("clients_are_housed", xr.DataArray(wrong, dims="pair"), f"{name} of a pair", 1e-9)
    lived = data["clients"].sum("profile").rename(neighbourhood="origin")
    housed = _by(pairs, years, "origin", "tier").reindex_like(lived).fillna(0.0)
    yield from broken("clients_are_housed", lived - housed, "clients", both=True)


def _capacity(problem: Problem, data: xr.Dataset) -> Iterator[Violation]:
    housed = _by(_pairs(data), list(problem.years), "location", "tier")
    occupancy = series(problem.tiers["occupancy"], "tier")
    usable = (data["places"] - data["wlz_occupied"]) * occupancy
    sites = (
        housed.reindex(location=data["site"].values, tier=data["tier"].values)
        .fillna(0.0)
        .rename(location="site")
    )
    yield from broken("served_within_places", sites - usable, "clients")
    yield from broken("served_within_places", data["wlz_occupied"] - data["places"], "places of the Wlz")
    areas = housed.reindex(location=data["neighbourhood"].values, tier=data["tier"].values).fillna(0.0)
    yield from broken(
        "served_within_places", areas.rename(location="neighbourhood") - data["homes"], "clients"
    )


def _sizes(problem: Problem, data: xr.Dataset) -> Iterator[Violation]:
    places, runs = data["places"], data["operating"]
    yield from broken("large_enough_to_run", at_sites(problem, "least", data) * runs - places, "places")
    most = at_sites(problem, "most", data)
    yield from broken("small_enough_to_fit", places - most * runs, "places")
    yield from broken("small_enough_to_fit", runs.where(most == 0.0, 0.0), "tiers that cannot run there")
    plot = series(problem.sites["plot_most"].astype(float), "site")
    yield from broken("small_enough_to_fit", places.sum("tier") - plot, "places on the plot")
    opens = at_sites(problem, "first_year", data)
    early = data["added"].where(data["year"] < opens, 0.0)
    for (s, k, t), begun in problem.under_way.items():
        if float(early.sel(site=s, tier=k, year=t)) > 0.0:
            early.loc[{"site": s, "tier": k, "year": t}] -= float(begun)
    yield from broken("small_enough_to_fit", early, "places added before they can be built")
    if len(problem.conversions):
        ready = problem.conversions["first_year"].to_xarray()
        ready = ready.reindex_like(data["converted"].isel(year=0, drop=True))
        soon = data["converted"].where(data["year"] < ready, 0.0)
        yield from broken("places_carry_over", soon, "places converted before they can be used")


def _place_balance(problem: Problem, data: xr.Dataset) -> Iterator[Violation]:
    base = at_sites(problem, "base", data)
    ratio = problem.conversions["ratio"].to_xarray() if len(problem.conversions) else None
    arrives = xr.zeros_like(data["places"])
    if ratio is not None:
        ratio = ratio.reindex(
            site=data["site"].values, tier=data["tier"].values, to_tier=data["to_tier"].values
        )
        impossible = data["converted"].where(ratio.isnull(), 0.0)
        yield from broken("places_carry_over", impossible, "places converted where that is not possible")
        arrives = (data["converted"] * ratio.fillna(0.0)).sum("tier").rename(to_tier="tier")
    gone = data["removed"] + data["converted"].sum("to_tier")
    before = year_before(problem, data["places"], base)
    after = before + data["added"] + arrives - gone
    yield from broken("places_carry_over", data["places"] - after, "places", both=True)
    yield from broken("places_carry_over", gone - before, "places that go and did not stand there")


def _home_balance(problem: Problem, data: xr.Dataset) -> Iterator[Violation]:
    homes, lead = data["homes"].sum("tier"), problem.home_lead_years
    new = data["new_homes"].sum("corporation")
    late = year_before(problem, new, xr.zeros_like(new.isel(year=0, drop=True)))
    room = year_before(problem, homes, problem.homes) - data["kept_homes"] + (1.0 - lead) * new + lead * late
    yield from broken("homes_carry_over", homes - room, "homes")
    keeps = series(problem.tiers["keeps_home"], "tier")
    exits = problem.exits.sel(tier=data["tier"].values)
    long_enough = (1.0 - exits.sum("exit")) ** series(problem.tiers["flip_years"], "tier")
    rate = exits.sel(exit="recovered", drop=True) * keeps * long_enough
    recovered = (year_before(problem, data["clients"], problem.clients) * rate).sum(
        ["neighbourhood", "profile", "tier"]
    )
    yield from broken(
        "homes_carry_over", data["kept_homes"].sum("neighbourhood") - recovered, "homes kept", both=True
    )
    highest = max(float(rate.sel(profile=p, tier=k)) for p, k in problem.allowed)
    most = highest * year_before(problem, homes, problem.homes)
    yield from broken("homes_carry_over", data["kept_homes"] - most, "homes kept above the highest rate")


def _agreements(problem: Problem, data: xr.Dataset) -> Iterator[Violation]:
    asked = xr.zeros_like(data["new_homes"])
    for offer in problem.offers:
        inside = list(offer.neighbourhoods)
        here = {"corporation": offer.corporation, "neighbourhood": inside, "year": offer.year}
        over = float(data["new_homes"].sel(here).sum()) - offer.homes
        asked.loc[here] = 1.0
        if over > PEOPLE:
            where = f"{offer.corporation}, {offer.place}, {offer.year}"
            yield Violation("homes_within_agreements", where, over, "homes")
    yield from broken("homes_within_agreements", data["new_homes"] * (1.0 - asked), "homes never offered")


def _reduction(problem: Problem, data: xr.Dataset) -> Iterator[Violation]:
    policy = problem.policies.intramural_reduction
    if policy.mode == "off":
        return
    beds = bed_tiers(problem, data)
    open_to_wmo = (data["places"] - data["wlz_occupied"]).sel(tier=beds).sum(["site", "tier"])
    base = float((at_sites(problem, "base", data) - data["wlz_occupied"]).sel(tier=beds).sum())
    points = {problem.base_year: 0.0, problem.years[-1]: policy.by_end.value}
    points.update({year: share.value for year, share in policy.path.items()})
    gone = np.interp(problem.years, sorted(points), [points[year] for year in sorted(points)])
    allowed = xr.DataArray((1.0 - gone) * base, coords={"year": list(problem.years)}, dims="year")
    yield from broken("intramural_reduction", open_to_wmo - allowed - data["short_reduction"], "places")


def _towns(problem: Problem, values: xr.DataArray, dim: str) -> xr.DataArray:
    """Return values summed per municipality of the neighbourhoods along a dimension."""
    town = problem.neighbourhoods["municipality"].reindex(values[dim].values).to_numpy()
    summed = values.assign_coords(municipality=(dim, town)).groupby("municipality").sum(dim)
    return summed.reindex(municipality=list(problem.municipalities.index), fill_value=0.0)


def _travel(problem: Problem, data: xr.Dataset) -> Iterator[Violation]:
    policy = problem.policies.within_travel_norm
    if policy.mode == "off":
        return
    pairs, years = _pairs(data), list(problem.years)
    waiting = _towns(problem, data["waiting"].sum("profile"), "neighbourhood")
    every = _towns(problem, data["clients"].sum(["profile", "tier"]), "neighbourhood") + waiting
    near = _by(pairs[pairs["within"]], years, "origin")
    near = near.reindex(origin=data["neighbourhood"].values, fill_value=0.0)
    short = policy.share.value * every - _towns(problem, near, "origin")
    yield from broken("within_travel_norm", short - data["beyond_norm"], "clients")


def _concentration(problem: Problem, data: xr.Dataset) -> Iterator[Violation]:
    policy = problem.policies.neighbourhood_concentration
    if policy.mode == "off":
        return
    weight = series(problem.tiers["concentration_weight"], "tier")
    facility = problem.tiers["setting"] == "facility"
    weighed = problem.tiers.index[facility & (problem.tiers["concentration_weight"] > 0)]
    somewhere = weighed.intersection(problem.site_tiers.index.get_level_values("tier"))
    smallest = min(problem.tiers["least"].reindex(somewhere).tolist(), default=0.0)
    base = (at_sites(problem, "base", data) * weight).sum("tier")
    now = (data["places"] * weight).sum("tier")
    at = problem.sites["neighbourhood"].reindex(data["site"].values)
    for measure in policy.measures:
        for j in at.unique() if measure == "share" else problem.neighbourhoods.index:
            then = _over_the_norm(problem, base, at, measure, j, smallest).clip(min=0.0)
            over = _over_the_norm(problem, now, at, measure, j, smallest) - _left_over(problem) * then
            over = over - data["excess"].sel(neighbourhood=j, drop=True)
            yield from broken(
                "neighbourhood_concentration", over.expand_dims(neighbourhood=[j]), "weighted places"
            )


def _over_the_norm(
    problem: Problem, load: xr.DataArray, at: pd.Series, measure: str, j: str, smallest: float
) -> xr.DataArray:
    """Return the weighted places (site, …) of a neighbourhood above what a measure lets it carry."""
    policy, areas = problem.policies.neighbourhood_concentration, problem.neighbourhoods
    capacity = areas["carrying_capacity"].astype(float).to_dict()[j]
    if measure == "share" and policy.most_share:
        share = min(policy.most_share.value * capacity, 1.0)
        town = at.map(areas["municipality"]).to_numpy() == areas.at[j, "municipality"]
        whole = load.isel(site=np.flatnonzero(town)).sum("site")
        return load.isel(site=np.flatnonzero(at == j)).sum("site") - smallest - share * (whole - smallest)
    counted = list(problem.around[j]) if measure == "around" else [j]
    norm = policy.norm if measure == "around" else policy.own_norm
    carried = norm.value * float(areas.loc[counted, "inhabitants"].sum()) / 1000.0 if norm else 0.0
    inside = np.flatnonzero(at.isin(counted))
    return load.isel(site=inside).sum("site") - max(carried * capacity, smallest)


def _fairness(problem: Problem, data: xr.Dataset) -> Iterator[Violation]:
    policy = problem.policies.fair_share_between_municipalities
    if policy.mode == "off":
        return
    home = problem.sites["neighbourhood"].map(problem.neighbourhoods["municipality"])
    share = series(problem.municipalities["share"], "municipality")

    def beyond(places: xr.DataArray) -> tuple[xr.DataArray, xr.DataArray]:
        there = places.assign_coords(municipality=("site", home.reindex(places["site"].values).to_numpy()))
        there = (
            there.groupby("municipality")
            .sum("site")
            .reindex(municipality=share["municipality"].values, fill_value=0.0)
        )
        fair = share * places.sum("site")
        return there - fair * (1.0 + policy.band.value), fair * (1.0 - policy.band.value) - there

    counted = [k for k in data["tier"].values if problem.tiers.at[k, "stream"] != "MO"]
    base = beyond(at_sites(problem, "base", data).sel(tier=counted).sum("tier"))
    horizon = problem.years[-1] - problem.base_year
    left = (problem.years[-1] - data["year"]) / horizon
    for now, then in zip(beyond(data["places"].sel(tier=counted).sum("tier")), base, strict=True):
        yield from broken(
            "fair_share_between_municipalities", now - left * then.clip(min=0.0) - data["unfair"], "places"
        )


def _queue(problem: Problem, data: xr.Dataset) -> Iterator[Violation]:
    if problem.policies.waiting_does_not_grow.mode == "off":
        return
    now = _towns(problem, data["waiting"].sum("profile"), "neighbourhood")
    then = _towns(problem, problem.waiting.sum("profile"), "neighbourhood")
    yield from broken("waiting_does_not_grow", now - then - data["waiting_growth"], "clients")


def _left_over(problem: Problem) -> xr.DataArray:
    """Return the part of a grandfathered deviation that is left by year."""
    years = np.array(problem.years)
    left = (years[-1] - years) / (years[-1] - problem.base_year)
    return xr.DataArray(left, coords={"year": years}, dims="year")


def _apart(problem: Problem, data: xr.Dataset) -> Iterator[Violation]:
    policy = problem.policies.facilities_kept_apart
    if policy.mode == "off":
        return
    codes = [s for s in data["site"].values if s in problem.site_tiers.index.get_level_values("site")]
    x, y = (problem.sites.loc[codes, name].to_numpy(dtype=float) for name in ("x", "y"))
    near = np.sqrt((x[:, None] - x) ** 2 + (y[:, None] - y) ** 2) < policy.distance.value
    np.fill_diagonal(near, False)
    sites = data[["operating", "too_near"]].sel(site=codes)
    runs = (sites["operating"] > 0.5).any("tier").astype(float) - sites["too_near"]
    base = (at_sites(problem, "base", data).sel(site=codes) > 0).any("tier").astype(float)
    for together in _groups_of_neighbours(near, set(), set(range(len(codes))), set()):
        if len(together) > 1:
            allowed = 1.0 + np.ceil(_left_over(problem) * max(0.0, float(base[together].sum()) - 1.0) - 1e-9)
            over = runs.isel(site=together).sum("site") - allowed
            sites_of = "+".join(codes[n] for n in together)
            yield from broken("facilities_kept_apart", over.expand_dims(sites=[sites_of]), "facilities")


def _groups_of_neighbours(
    near: NDArray[np.bool_], group: set[int], may: set[int], seen: set[int]
) -> Iterator[list[int]]:
    """Generate the groups, all near each other, to which none can be added (Bron and Kerbosch)."""
    if not may and not seen:
        yield sorted(group)
        return
    pivot = max(may | seen, key=lambda n: len(may & set(np.flatnonzero(near[n]))))
    for n in sorted(may - set(np.flatnonzero(near[pivot]))):
        around = set(np.flatnonzero(near[n]).tolist())
        yield from _groups_of_neighbours(near, group | {n}, may & around, seen & around)
        may, seen = may - {n}, seen | {n}


def _help(problem: Problem, data: xr.Dataset) -> Iterator[Violation]:
    policy = problem.policies.help_within_reach
    if policy.mode == "off":
        return
    known = problem.region.minutes.set_index(["origin", "destination"])["minutes"]
    homes = data["homes"].sel(tier=list(policy.homes)).sum("tier")
    staffed = list(policy.staffed)
    runs = (data["operating"].sel(tier=staffed) > 0.5).any("tier")
    ran = (at_sites(problem, "base", data).sel(tier=staffed) > 0).any("tier")
    for j in problem.inhabited:
        soon = [s for s in data["site"].values if known.get((j, s), np.inf) <= policy.response.value]
        helped = runs.sel(site=soon).any("site")
        kept = 0.0 if bool(ran.sel(site=soon).any()) else float(problem.homes.sel(neighbourhood=j))
        over = (homes.sel(neighbourhood=[j]) - _left_over(problem) * kept).where(~helped, 0.0)
        yield from broken("help_within_reach", over, "homes")


def _budget(problem: Problem, data: xr.Dataset) -> Iterator[Violation]:
    policy = problem.policies.budget
    if policy.mode == "off":
        return
    if policy.level == "region":
        spent = recomputed_stream(problem, data, "Wmo").expand_dims(account=["region"])
        granted = _granted(problem)
    else:
        spent = recomputed_bearing(problem, data)
        granted = problem.region.treasury.grants(["Wmo"], list(problem.years)).sel(stream="Wmo", drop=True)
        granted = granted.rename(municipality="account")
    over = spent - granted - data["over_budget"]
    yield from broken("budget", over.fillna(0.0), "EUR", EUROS)


def recomputed_bearing(problem: Problem, data: xr.Dataset) -> xr.DataArray:
    """Return the Wmo euros (account, year) that each municipality bears, with what is shared divided by
    where people in such places came from in the base year.
    """
    towns, years = list(problem.municipalities.index), list(problem.years)
    town = {str(j): str(m) for j, m in problem.neighbourhoods["municipality"].items()}
    there = town | {str(s): town[str(j)] for s, j in problem.sites["neighbourhood"].items()}
    wmo = [str(k) for k in problem.tiers.index if problem.tiers.at[k, "stream"] == "Wmo"]
    general = _belongs_to_no_tier(problem) == "Wmo"
    base = _towns(problem, problem.clients.sum("profile"), "neighbourhood")
    bearing = [problem.region.treasury.bearing(t).expand_dims(year=[t]) for t in years]
    borne = xr.concat(bearing, dim="year", join="exact")
    total = xr.DataArray(0.0, coords={"municipality": towns, "year": years}, dims=("municipality", "year"))
    for setting in ("facility", "home"):
        tiers = [k for k in wmo if problem.tiers.at[k, "setting"] == setting]
        every = list(problem.tiers.index[problem.tiers["setting"] == setting])
        shares = borne.sel(setting=setting, drop=True)
        people = _support_between(problem, data, tiers, town, there)
        total = total + (people * shares).sum(["origin", "host"])
        here = base.sel(tier=every).sum("tier")
        here = here if float(here.sum()) > PEOPLE / 100 else base.sum("tier")
        alone = xr.DataArray([float(m == problem.payer) for m in towns], coords=here.coords, dims=here.dims)
        here = here / here.sum() if float(here.sum()) > PEOPLE / 100 else alone
        shared = (here.rename(municipality="origin") * shares).sum("origin")
        for host in towns:
            eur = _shared_in(problem, data, host, setting, general=general)
            total = total + eur * shared.sel(host=host, drop=True)
    queue = (data["waiting"] * _bridged_by(problem, data, "Wmo")).sum("profile")
    waiting = _towns(problem, queue, "neighbourhood").rename(municipality="origin")
    prices = problem.prices.general.loc["bridging"].to_numpy()
    eur = waiting * xr.DataArray(prices, coords={"year": years}, dims="year")
    home = borne.sel(setting="home", drop=True)
    for m in towns:
        total = total + (eur * home.sel(host=m)).sel(origin=m, drop=True).drop_vars("host")
    return total.rename(municipality="account")


def _support_between(
    problem: Problem, data: xr.Dataset, tiers: list[str], town: dict[str, str], there: dict[str, str]
) -> xr.DataArray:
    """Return the support (origin, host, year) of some tiers less contributions, personal budgets at home."""
    towns, years = list(problem.municipalities.index), list(problem.years)
    each = problem.prices.support - problem.prices.contribution
    pairs = _pairs(data)
    pairs = pairs[pairs["tier"].isin(tiers)]
    eur = pairs[years] * each.reindex(pairs["tier"]).to_numpy()
    keys = [pairs["origin"].map(town).to_numpy(), pairs["location"].map(there).to_numpy()]
    summed = eur.groupby(keys).sum()
    summed = summed.reindex(pd.MultiIndex.from_product([towns, towns]), fill_value=0.0)
    array = summed.to_numpy(dtype=float, copy=True).reshape(len(towns), len(towns), len(years))
    own = _towns(problem, problem.personal_budget.sum("profile").sel(tier=tiers), "neighbourhood")
    for n, m in enumerate(towns):
        array[n, n] += own.sel(municipality=m).to_numpy() @ each.reindex(tiers).to_numpy()
    labels = {"origin": towns, "host": towns, "year": years}
    return xr.DataArray(array, coords=labels, dims=tuple(labels))


def _shared_in(problem: Problem, data: xr.Dataset, host: str, setting: str, *, general: bool) -> xr.DataArray:
    """Return the Wmo euros by year of sites, or of new homes, in a municipality."""
    town = problem.neighbourhoods["municipality"]
    if setting == "home":
        inside = xr.DataArray(
            (town == host).reindex(data["neighbourhood"].values).to_numpy(), dims="neighbourhood"
        )
        only = data.assign(new_homes=data["new_homes"].where(inside, 0.0))
        return recomputed_costs(problem, only)["homes"] * float(general)
    at = problem.sites["neighbourhood"].map(town).reindex(data["site"].values)
    inside = xr.DataArray((at == host).to_numpy(), dims="site")
    wmo = series((problem.tiers["stream"] == "Wmo").astype(float), "tier")
    at_sites = ("operating", "places", "added", "removed", "wlz_occupied")
    only = data.assign(
        {name: data[name].where(inside, 0.0) * wmo for name in at_sites}
        | {"converted": data["converted"].where(inside, 0.0) * wmo.rename(tier="to_tier")}
    )
    costs = recomputed_costs(problem, only)
    return costs["sites"] + costs["capital"] + costs["conversion"] + costs["closing"]


def _granted(problem: Problem) -> xr.DataArray:
    """Return the Wmo grant of every year (EUR, NaN without one): Wlz money and execution cost off."""
    funding, years = problem.region.parameters.funding, problem.region.parameters.years
    rows = problem.region.budgets
    table = rows[rows["stream"] == "Wmo"].pivot_table(index="year", columns="municipality", values="eur")
    growth, total = 1.0 + years.indexation.value, {}
    for t in problem.years:
        given = [
            float(own[last]) * growth ** (t - last)
            for own in (table[town].dropna() for town in table)
            if (last := max((int(y) for y in own.index if int(y) <= t), default=None)) is not None
            and (last == t or funding.carry_on)
        ]
        taken = funding.wlz.money.value if funding.wlz and t >= funding.wlz.since else 0.0
        cost = funding.execution
        off = cost.value * growth ** (t - (cost.price_year or years.price_year)) if cost else 0.0
        total[t] = sum(given) * (1.0 - taken) - off if given else np.nan
    return xr.DataArray(list(total.values()), coords={"year": list(total)}, dims="year")


def _providers(problem: Problem, data: xr.Dataset) -> Iterator[Violation]:
    policy = problem.policies.provider_share
    if policy.mode == "off":
        return
    provider = xr.DataArray(
        problem.sites["provider"].reindex(data["site"].values).to_numpy(dtype=object), dims="site"
    )
    now, base = data["places"].sum("tier"), at_sites(problem, "base", data).sum("tier")
    for q in data["provider"].values:
        over, then = (
            places.where(provider == q, 0.0).sum("site") - policy.share.value * places.sum("site")
            for places in (now, base)
        )
        over = over - _left_over(problem) * max(0.0, float(then)) - data["over_share"].sel(provider=[q])
        yield from broken("provider_share", over, "places")


def _renewals(problem: Problem, data: xr.Dataset) -> Iterator[Violation]:
    policy = problem.policies.contract_nodes
    if policy.mode == "off":
        return
    last = max(policy.contract_ends, default=problem.years[-1])
    between = [
        t
        for t in problem.years
        if t not in policy.contract_ends and not (t > last and (t - last) % policy.renewal_years == 0)
    ]
    changed = (data["added"] + data["removed"] + data["converted"].sum("to_tier")).sum("tier")
    yield from broken("contract_nodes", (changed - data["between_nodes"]).sel(year=between), "places")


def _scale(problem: Problem, data: xr.Dataset) -> Iterator[Violation]:
    policy = problem.policies.specialist_scale
    if policy.mode == "off":
        return
    tiers = list(policy.tiers)
    now = data["places"].sel(tier=tiers).sum("site")
    base = at_sites(problem, "base", data).sel(tier=tiers).sum("site")
    under = (policy.least.value - base).clip(min=0.0).where(base > 0, 0.0)
    short = policy.least.value - _left_over(problem) * under - now - data["below_scale"]
    runs = (data["operating"].sel(tier=tiers) > 0.5).any("site")
    yield from broken("specialist_scale", short.where(runs, 0.0), "places")


def _staff(problem: Problem, data: xr.Dataset) -> Iterator[Violation]:
    policy = problem.policies.staff_within_reach
    if policy.mode == "off":
        return
    tiers = data["tier"].values
    place = xr.DataArray(
        [policy.per_place[k].value if k in policy.per_place else 0.0 for k in tiers], dims="tier"
    )
    pairs, years = _pairs(data), list(problem.years)
    each = {k: fte.value for k, fte in policy.per_client.items()}
    pairs[years] = pairs[years].mul(pairs["tier"].map(each).fillna(0.0), axis=0)
    pairs["location"] = pairs["location"].replace(problem.sites["neighbourhood"].to_dict())
    at_home = _by(pairs, years, "location").reindex(location=data["neighbourhood"].values, fill_value=0.0)
    at_sites = (data["places"] * place).sum("tier")
    at_sites = at_sites.assign_coords(
        site=problem.sites["neighbourhood"].reindex(data["site"].values).to_numpy()
    )
    asked = _towns(problem, at_home, "location") + _towns(problem, at_sites, "site")
    over = asked - data["short_staff"]
    for m, fte in policy.available.items():
        yield from broken("staff_within_reach", over.sel(municipality=[m]) - fte.value, "fte")
    if policy.in_region:
        whole = over.sum("municipality") - policy.in_region.value
        yield from broken("staff_within_reach", whole, "fte in the region")


def _notice(problem: Problem, data: xr.Dataset) -> Iterator[Violation]:
    policy = problem.policies.notice_before_closing
    if policy.mode == "off":
        return
    # what goes in a year is gone from its first day
    months = 12.0 * (data["year"] - problem.base_year - 1)
    yield from broken(
        "notice_before_closing", data["removed"].where(months < policy.notice.value, 0.0), "places"
    )


def _settled(problem: Problem, data: xr.Dataset) -> Iterator[Violation]:
    """Look at the places, not at what is said to run: a site with a place is open."""
    policy, last = problem.policies.sites_run_as_settled, data["year"] == problem.years[-1]
    if policy.mode == "off":
        return
    is_open = (data["places"].sum("tier") > 0.5).astype(float)
    base = at_sites(problem, "base", data).sum("tier") > 0
    lacks = (1.0 - is_open).where(base | last, 0.0).sel(site=list(policy.open))
    has = is_open.where(~base | last, 0.0).sel(site=list(policy.shut))
    for off in (lacks, has):
        yield from broken("sites_run_as_settled", off - data["unsettled"].sel(site=off["site"]), "sites")


def _agreed(problem: Problem, data: xr.Dataset) -> Iterator[Violation]:
    """Compare what was agreed or wished with what the plan has; a departure must be stated as one."""
    if problem.policies.agreed_decisions_are_kept.mode == "off":
        return
    stated = data["broken_agreements"].to_series().to_dict()
    for one in (*problem.agreed.every, *problem.wished.every):
        if isinstance(one, DecidedPlaces):
            got = float(data["places"].sel(site=one.site, tier=one.tier, year=one.year))
            off = abs(got - one.places)
        else:
            off = abs(_handed_over(data, one) - one.homes)
        over = off - stated[one.name, one.year]
        if over > PEOPLE:
            where = f"{one.name}, {one.year}"
            yield Violation("agreed_decisions_are_kept", where, over, "places or homes")


def _handed_over(data: xr.Dataset, homes: DecidedHomes) -> float:
    if homes.corporation not in data["corporation"].values:
        return 0.0
    here = {"corporation": homes.corporation, "neighbourhood": list(homes.neighbourhoods), "year": homes.year}
    return float(data["new_homes"].sel(here).sum())


def _costs(problem: Problem, data: xr.Dataset) -> Iterator[Violation]:
    said = data["cost"].sum(["payer", "stream"])
    for part, eur in recomputed_costs(problem, data).items():
        yield from broken(f"cost of {part}", said.sel(part=part, drop=True) - eur, "EUR", EUROS, both=True)
    need = data["funding_need"].sum(["municipality"]) - data["cost"].sum(["payer", "part"])
    yield from broken("funding need adds up to the cost", need, "EUR", CENT, both=True)


def _payers(problem: Problem, data: xr.Dataset) -> Iterator[Violation]:
    """Municipalities pay the Wmo and the MO and nothing else; everybody else pays their own stream."""
    paid, towns = data["cost"].sum("part"), list(problem.municipalities.index)
    others, theirs = paid.drop_sel(payer=towns), paid["stream"].isin(["Wmo", "MO"])
    by_payer = paid.sel(payer=towns).where(theirs, 0.0).rename(payer="municipality")
    due = data["funding_due"].where(theirs, 0.0)
    yield from broken("what is due is the cost by payer", by_payer - due, "EUR", CENT, both=True)
    elsewhere = (data["funding_due"] - data["funding_need"]).where(~theirs, 0.0)
    yield from broken("what others pay is due by origin", elsewhere, "EUR", CENT, both=True)
    misplaced = abs(paid.sel(payer=towns).where(~theirs, 0.0)).sum("payer")
    misplaced = misplaced + abs(others.where(theirs, 0.0)).sum("payer")
    yield from broken("every stream has its own payers", misplaced, "EUR", CENT)
    yield from _shelter(problem, data)
    own = recomputed_others(problem, data)
    for name in others["payer"].values:
        said = others.sel(payer=name, drop=True).sum("stream")
        yield from broken(f"what {name} pays", said - own.get(str(name), 0.0), "EUR", EUROS, both=True)


def _shelter(problem: Problem, data: xr.Dataset) -> Iterator[Violation]:
    """The centre of the municipality that people come from bears shelter, whatever the regime."""
    if "MO" not in data["stream"].values:
        return
    said = data["cost"].sel(stream="MO", drop=True).sum(["part", "payer"])
    own = recomputed_stream(problem, data, "MO")
    yield from broken("what is paid from the MO", said - own, "EUR", EUROS, both=True)
    centre = problem.region.municipalities["central"]
    shelter = data[["funding_due", "funding_need"]].sel(stream="MO", drop=True)
    for m in data["municipality"].values:
        around = [town for town in data["municipality"].values if centre[town] == m]
        need = shelter["funding_need"].sel(municipality=around).sum("municipality")
        off = shelter["funding_due"].sel(municipality=[m]) - need
        yield from broken("its centre bears shelter", off, "EUR", CENT, both=True)


def recomputed_others(problem: Problem, data: xr.Dataset) -> dict[str, xr.DataArray]:
    """Return the nominal euros by year of payers that are no municipality."""
    paid = {name: recomputed_stream(problem, data, name) for name in ("Wlz", "Zvw")}
    paid["client"] = sum(_contributions(problem, data).values(), xr.zeros_like(data["year"], dtype=float))
    capital = problem.region.parameters.costs.home_capital
    for corporation in data["corporation"].values if capital else ():
        only = data["new_homes"].where(data["corporation"] == corporation, 0.0)
        paid[str(corporation)] = recomputed_costs(problem, data.assign(new_homes=only))["home_capital"]
    return paid


def recomputed_stream(problem: Problem, data: xr.Dataset, stream: str) -> xr.DataArray:
    """Return the nominal euros by year that the stream of some tiers pays: their cost less contributions."""
    own = series((problem.tiers["stream"] == stream).astype(float), "tier")
    at_sites = ("operating", "places", "added", "removed", "wlz_occupied")
    only = data.assign(
        {name: data[name] * own for name in ("clients", *at_sites)}
        | {"new_homes": data["new_homes"] * float(_belongs_to_no_tier(problem) == stream)}
        | {"waiting": data["waiting"] * _bridged_by(problem, data, stream)}
        | {"converted": data["converted"] * own.rename(tier="to_tier")}
    )
    budgets = problem.personal_budget * own
    parts = recomputed_costs(replace(problem, personal_budget=budgets), only)
    total = sum(parts.values(), xr.zeros_like(data["year"], dtype=float)) - parts["home_capital"]
    tiers = [k for k in problem.tiers.index if problem.tiers.at[k, "stream"] == stream]
    return total - sum(eur for k, eur in _contributions(problem, data).items() if k in tiers)


def _belongs_to_no_tier(problem: Problem) -> str:
    """Return the stream of homes: the first that a tier has and that is not of shelter."""
    streams = [str(stream) for stream in problem.tiers["stream"]]
    return next((stream for stream in streams if stream != "MO"), "MO")


def _bridged_by(problem: Problem, data: xr.Dataset, stream: str) -> xr.DataArray:
    """Return (profile) 1 where the stream pays while one waits: MO for the homeless, homes' for the rest."""
    homeless = {p for p, k in problem.allowed if problem.tiers.at[k, "stream"] == "MO"}
    other = _belongs_to_no_tier(problem)
    paid = ["MO" if p in homeless else other for p in data["profile"].values]
    return xr.DataArray([float(name == stream) for name in paid], dims="profile")


def _contributions(problem: Problem, data: xr.Dataset) -> dict[str, xr.DataArray]:
    """Return what clients pay by tier and year, from region.toml's own numbers."""
    parameters = problem.region.parameters
    people = data["clients"].sum(["neighbourhood", "profile"])
    people = people + problem.personal_budget.sum(["neighbourhood", "profile"])
    growth, paid = 1.0 + parameters.years.indexation.value, {}
    for code, tier in parameters.tiers.items():
        if tier.contribution:
            since = data["year"] - (tier.contribution.price_year or parameters.years.price_year)
            paid[code] = (
                people.sel(tier=code, drop=True) * tier.contribution.value * 365.25 / 7 * growth**since
            )
    return paid


def _grants(problem: Problem, data: xr.Dataset) -> Iterator[Violation]:
    received = data["grant"].where(data["stream"] == "Wmo").sum(["municipality", "stream"])
    other = received - _granted(problem).fillna(0.0)
    yield from broken("grants add up to what is given", other, "EUR", CENT, both=True)
    steps = data["grant_steps"].sum("step") - data["grant"].fillna(0.0)
    yield from broken("the steps of a grant add up to it", steps, "EUR", CENT, both=True)
    given = data["grant_steps"].sel(step="given", drop=True).sum("municipality")
    rows = problem.region.budgets
    for stream in data["stream"].values:
        table = rows[rows["stream"] == stream].groupby("year")["eur"].sum()
        written = series(table.reindex(list(problem.years), fill_value=0.0).astype(float), "year")
        off = given.sel(stream=[stream]) - written
        yield from broken("what is given stands in budgets.csv", off, "EUR", CENT, both=True)
    gap = (data["grant"] - data["funding_due"] - data["funding_gap"]).fillna(0.0)
    gap = gap.where(data["grant"].notnull() == data["funding_gap"].notnull(), np.inf)
    yield from broken("the gap is the grant less what is due", gap, "EUR", CENT, both=True)


def _wlz(problem: Problem, data: xr.Dataset) -> Iterator[Violation]:
    """People who move to the Wlz are those of the year before at the yearly probability."""
    rate = problem.exits.sel(exit="wlz", drop=True)
    lived = year_before(problem, data["clients"], problem.clients) * rate.sel(tier=data["tier"].values)
    queue = year_before(problem, data["waiting"], problem.waiting) * rate.sel(tier="waiting", drop=True)
    gone = lived.sum(["profile", "tier"]) + queue.sum("profile")
    off = _towns(problem, gone, "neighbourhood") - data["to_wlz"]
    yield from broken("people who move to the Wlz", off, "clients", both=True)


def recomputed_costs(problem: Problem, data: xr.Dataset) -> dict[str, xr.DataArray]:
    """Return the nominal euros of every part by year, from the arrays and the prices alone."""
    prices, years = problem.prices, list(problem.years)
    later = xr.DataArray(
        np.triu(np.ones((len(years), len(years)))),
        coords={"built": years, "year": years},
        dims=("built", "year"),
    )

    def still_paid(yearly: xr.DataArray) -> xr.DataArray:
        return (yearly.rename(year="built") * later).sum("built")

    by_tier = {
        name: _table(getattr(prices, name), "tier", "year") for name in ("support", "place", "closing")
    }
    at_site = {
        name: _table(getattr(prices, name), "site", "tier", "year").fillna(0.0)
        for name in ("running", "capital")
    }
    general = {
        name: xr.DataArray(prices.general.loc[name].to_numpy(), coords={"year": years}, dims="year")
        for name in prices.general.index
    }
    clients = data["clients"].sum(["neighbourhood", "profile"])
    budgets = problem.personal_budget.sum(["neighbourhood", "profile"])
    costs = {
        "support": ((clients + budgets) * by_tier["support"]).sum("tier"),
        "sites": (data["operating"] * at_site["running"]).sum(["site", "tier"])
        + ((data["places"] - data["wlz_occupied"]).sum("site") * by_tier["place"]).sum("tier"),
        "capital": still_paid((data["added"] * at_site["capital"]).sum(["site", "tier"])),
        "closing": (data["removed"].sum("site") * by_tier["closing"]).sum("tier"),
        "homes": data["new_homes"].sum(["corporation", "neighbourhood"]) * general["new_home"],
        "home_capital": still_paid(
            data["new_homes"].sum(["corporation", "neighbourhood"]) * general["home_capital"]
        ),
        "bridging": data["waiting"].sum(["neighbourhood", "profile"]) * general["bridging"],
        "conversion": xr.zeros_like(data["year"], dtype=float),
    }
    if len(prices.conversion):
        changed = data["converted"].sum("site") * _table(prices.conversion, "tier", "to_tier", "year").fillna(
            0.0
        )
        costs["conversion"] = still_paid(changed.sum(["tier", "to_tier"]))
        both = _table(prices.changeover, "tier", "to_tier", "year").fillna(0.0)
        costs["closing"] = costs["closing"] + (data["converted"].sum("site") * both).sum(["tier", "to_tier"])
    return costs


def recomputed_points(problem: Problem, data: xr.Dataset) -> dict[str, xr.DataArray]:
    """Return the points of every part by year, from the arrays and the weights alone."""
    steering, policies = problem.steering, problem.policies
    fitting = xr.zeros_like(data["clients"].isel(neighbourhood=0, year=0, drop=True))
    for profile, tier in problem.fits:
        fitting.loc[{"profile": profile, "tier": tier}] = 1.0
    clients, left = data["clients"].sum("neighbourhood"), data["left"].sum("neighbourhood")
    slack = {
        "intramural_reduction": data["short_reduction"],
        "within_travel_norm": data["beyond_norm"].sum("municipality"),
        "neighbourhood_concentration": data["excess"].sum("neighbourhood"),
        "fair_share_between_municipalities": data["unfair"].sum("municipality"),
        "waiting_does_not_grow": data["waiting_growth"].sum("municipality"),
        "facilities_kept_apart": data["too_near"].sum("site"),
        "budget": data["over_budget"].sum("account"),
        "provider_share": data["over_share"].sum("provider"),
        "contract_nodes": data["between_nodes"].sum("site"),
        "specialist_scale": data["below_scale"].sum("tier"),
        "staff_within_reach": data["short_staff"].sum("municipality"),
        "sites_run_as_settled": data["unsettled"].sum("site"),
        "agreed_decisions_are_kept": data["broken_agreements"].sum("agreement"),
    }
    return (
        {
            "travel": steering.travel * (data["housed"] * data["travel_minutes"]).sum("pair"),
            "misfit": steering.misfit * (clients * (1.0 - fitting)).sum(["profile", "tier"]),
            "waiting": steering.waiting * data["waiting"].sum(["neighbourhood", "profile"]),
            "unasked_moves": steering.unasked_move * (left * fitting).sum(["profile", "tier"]),
        }
        | recomputed_moves(problem, data)
        | {name: getattr(policies, name).price.value * amount for name, amount in slack.items()}
    )


def _own_rules(problem: Problem, data: xr.Dataset) -> Iterator[Violation]:
    """Run the checks that came with rules of somebody's own; one that finds no number finds a fault."""
    for rule in problem.own_rules:
        over = rule.check(problem, data) if rule.check else xr.full_like(data["year"], np.nan, dtype=float)
        unknown = over.isnull().astype(float)
        yield from broken(rule.name, unknown, "claims that its check says nothing of", 0.5)
        yield from broken(rule.name, over.fillna(0.0), rule.unit)


def _points(problem: Problem, data: xr.Dataset) -> Iterator[Violation]:
    for part, points in recomputed_points(problem, data).items():
        yield from broken(
            f"points of {part}", data["weight"].sel(part=part, drop=True) - points, "points", EUROS, both=True
        )


def recomputed_objective(problem: Problem, data: xr.Dataset) -> float:
    """Return the objective of a plan: discounted euros and points, from the arrays alone."""
    amounts = recomputed_costs(problem, data) | recomputed_points(problem, data)
    last = data["year"] == problem.years[-1]
    repeated = xr.full_like(last, problem.terminal, dtype=float).where(last, 1.0)
    once = ("closing", "homes", "unasked_moves", "residents_stay")
    weighed = sum(amount * (1.0 if part in once else repeated) for part, amount in amounts.items())
    return float((weighed * problem.discount).sum()) + _recomputed_shared(problem, data)


def _recomputed_shared(problem: Problem, data: xr.Dataset) -> float:
    """Return what is priced because regions share it: Wmo euros, less places open to everyone."""
    tiers = problem.tiers
    facilities = tiers[tiers["setting"] == "facility"]
    names = list(facilities.index[facilities["intramural"].astype(bool) | (facilities["stream"] == "MO")])
    places = (data["places"].sum("site") - data["wlz_occupied"].sum("site")).sel(tier=names).sum("tier")
    euros = data["cost"].sum(["part", "payer"]).reindex(stream=["Wmo"], fill_value=0.0).sum("stream")
    total = 0.0
    for one in problem.shared_prices:
        count = euros if one.kind == "budget" else -places
        total += one.price * float((count * problem.discount).sel(year=one.year))
    return total
