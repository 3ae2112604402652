"""The figures of a plan as tables: what page, workbook, layers and summary all show.

Every table has the base year as its first column unless it says otherwise; codes are the
index. `plan` arrays are those of `optimiser`; nothing here decides or re-computes a rule.
"""

from __future__ import annotations

import hashlib
from dataclasses import replace
from typing import TYPE_CHECKING, Literal

import numpy as np
import pandas as pd
import xarray as xr

from models.funding.funding import BORNE
from optimiser.accounts.ledger import ledger
from optimiser.model.variables import SLACK
from optimiser.plan import WEIGHTS

if TYPE_CHECKING:
    from models.region.region import Region
    from optimiser.plan import Plan

type Setting = Literal["facility", "home"]
type Event = Literal["opens", "grows", "shrinks", "changes_form", "closes", "stays", "unused"]

CENT = 0.005
"""Euros below which a line is nothing."""

NOTHING = 1e-6
"""Euros below which a line of the ledger is what a solver leaves of a 0; all together stay under a cent."""

TOLERANCE = 1e-6
"""Below this a count is nothing: what a solver leaves of a 0."""


def region_of(plan: Plan) -> Region:
    """Return the region that a plan is for; a problem made by hand without one cannot be told."""
    region = plan.problem.region
    if region is None:
        raise ValueError("the problem of this plan has no region, which a report needs")
    return region


def base_year(plan: Plan) -> int:
    """Return the observed year."""
    return region_of(plan).parameters.years.base


def planned_years(plan: Plan) -> list[int]:
    """Return the planned years, in order."""
    return [int(year) for year in plan.data["year"].values]


def all_years(plan: Plan) -> list[int]:
    """Return the base year and the planned years."""
    return [base_year(plan), *planned_years(plan)]


def tier_codes(region: Region, setting: Setting) -> list[str]:
    """Return the tiers of one setting in the order of the region's file."""
    return list(region.parameters.tiers_of(setting))


def doing_nothing(plan: Plan) -> Plan:
    """Return the do-nothing reference in the place of the plan, so that it can be asked for the same."""
    return replace(plan, data=plan.reference)


def places(plan: Plan) -> xr.DataArray:
    """Return facility places by (site, tier, year), the base year included."""
    codes = [t for t in tier_codes(region_of(plan), "facility") if t in plan.data["tier"].values]
    return _with_base(plan, "places", "base_places").sel(tier=codes)


def clients(plan: Plan) -> xr.DataArray:
    """Return clients by (neighbourhood of origin, profile, tier, year), the base year included."""
    return _with_base(plan, "clients", "base_clients")


def waiting(plan: Plan) -> xr.DataArray:
    """Return people waiting by (neighbourhood of origin, profile, year), the base year included."""
    return _with_base(plan, "waiting", "base_waiting")


def homes(plan: Plan) -> xr.DataArray:
    """Return homes in use by (neighbourhood, year), the base year included."""
    planned = plan.data["homes"].fillna(0).sum("tier")
    return _join(plan.data["base_homes"], planned, base_year(plan))


def places_by_tier(plan: Plan) -> pd.DataFrame:
    """Return facility places, tiers × years."""
    return _table(places(plan).sum("site"), "tier")


def living_by_tier(plan: Plan) -> pd.DataFrame:
    """Return clients in homes with support, home tiers × years."""
    codes = tier_codes(region_of(plan), "home")
    return _table(clients(plan).sum(["neighbourhood", "profile"]).sel(tier=codes), "tier")


def homes_by_tier(plan: Plan) -> pd.DataFrame:
    """Return homes in use with support, home tiers × planned years."""
    codes = [t for t in tier_codes(region_of(plan), "home") if t in plan.data["tier"].values]
    return _table(plan.data["homes"].fillna(0).sum("neighbourhood").sel(tier=codes), "tier")


def tier_flows(plan: Plan) -> pd.DataFrame:
    """Return people who move, (tier, what) × planned years; `start` + `entered` − `left` − `out` = `end`.

    `left` goes to another tier or to wait, `out` leaves care: recovered, to the Wlz, or died.
    """
    dims = ["neighbourhood", "profile"]
    living = clients(plan).sum(dims)
    start = living.shift(year=1).isel(year=slice(1, None))
    end = living.isel(year=slice(1, None))
    entered, left = (plan.data[name].fillna(0).sum(dims) for name in ("entered", "left"))
    flows = {"start": start, "entered": entered, "left": left, "end": end}
    flows["out"] = start + entered - left - end
    order = [(tier, what) for tier in region_of(plan).parameters.tiers for what in FLOWS]
    tables = {what: _table(flow, "tier") for what, flow in flows.items()}
    return pd.concat(tables).swaplevel().reindex(pd.MultiIndex.from_tuples(order, names=["tier", "what"]))


FLOWS = ("start", "entered", "left", "out", "end")
"""What is told of people who move, in the order in which it adds up."""


def clients_by_tier_and_profile(plan: Plan) -> pd.DataFrame:
    """Return clients, (tier, profile) × years; those waiting stand under tier `waiting`."""
    stacked = everybody(plan).sum("neighbourhood").stack(row=("tier", "profile"))
    return _rows(stacked.transpose("row", "year"))


def everybody(plan: Plan) -> xr.DataArray:
    """Return people by (neighbourhood of origin, profile, tier, year); tier `waiting` is without a place."""
    queue = waiting(plan).expand_dims(tier=["waiting"])
    both = xr.concat([clients(plan), queue], "tier", coords="minimal", compat="override", join="exact")
    return both.sel(tier=[*region_of(plan).parameters.tiers, "waiting"])


def site_places(plan: Plan) -> pd.DataFrame:
    """Return facility places, (site, tier) × years, without the pairs that never have one."""
    stacked = places(plan).stack(row=("site", "tier")).transpose("row", "year")
    table = _rows(stacked)
    return table[(table > TOLERANCE).any(axis=1)]


def site_totals(plan: Plan) -> pd.DataFrame:
    """Return facility places of all tiers together, sites × years."""
    return _table(places(plan).sum("tier"), "site")


def site_events(plan: Plan) -> pd.DataFrame:
    """Return what has happened to each site since the base year, sites × years.

    A candidate that opened and is empty again `closes`. `changes_form` is said of a site that keeps
    running while its tiers change: places were converted, or as many came in one tier as went in
    another.
    """
    by_tier, totals = places(plan), site_totals(plan)
    start = by_tier.sel(year=base_year(plan))
    moved = _table(abs(by_tier - start).sum("tier"), "site") > TOLERANCE
    converted = plan.data["converted"].fillna(0).sum(["tier", "to_tier"]).cumsum("year")
    turned = _table(converted, "site").reindex(columns=totals.columns, fill_value=0.0) > TOLERANCE
    before, peak = totals.iloc[:, 0], peak_places(plan)
    events = {
        year: [
            _event(*site)
            for site in zip(before, peak[year], totals[year], turned[year], moved[year], strict=True)
        ]
        for year in totals.columns
    }
    return pd.DataFrame(events, index=totals.index)


def peak_places(plan: Plan) -> pd.DataFrame:
    """Return the most facility places that a site has had up to and including each year, sites × years."""
    return site_totals(plan).cummax(axis=1)


def _event(before: float, peak: float, now: float, turned: bool, moved: bool) -> Event:
    """Name what happened to one site between the base year and now; `peak` is the most it has had."""
    if now <= TOLERANCE:
        return "closes" if peak > TOLERANCE else "unused"
    if before <= TOLERANCE:
        return "opens"
    if turned or (moved and abs(now - before) <= TOLERANCE):
        return "changes_form"
    if abs(now - before) <= TOLERANCE:
        return "stays"
    return "grows" if now > before else "shrinks"


def neighbourhood_places(plan: Plan) -> pd.DataFrame:
    """Return facility places, neighbourhoods × years."""
    at = plan.data["site_neighbourhood"].to_series()
    summed = site_totals(plan).groupby(at.to_numpy()).sum()
    return summed.reindex(region_of(plan).neighbourhoods.index, fill_value=0.0)


def neighbourhood_places_of(plan: Plan, tier: str) -> pd.DataFrame:
    """Return the places of one facility tier, neighbourhoods × years."""
    at = plan.data["site_neighbourhood"].to_series()
    summed = _table(places(plan).sel(tier=tier), "site").groupby(at.to_numpy()).sum()
    return summed.reindex(region_of(plan).neighbourhoods.index, fill_value=0.0)


def neighbourhood_minutes(plan: Plan) -> pd.DataFrame:
    """Return how far people live from where they come from, neighbourhoods of origin × years.

    Minutes, the mean over people; NaN in the base year and where nobody comes from.
    """
    table = _mean_minutes(plan, pair_labels(plan.data)["origin"])
    table.insert(0, base_year(plan), np.nan)
    return table.reindex(region_of(plan).neighbourhoods.index)


def neighbourhood_waiting(plan: Plan) -> pd.DataFrame:
    """Return people waiting, neighbourhoods of origin × years."""
    return _table(waiting(plan).sum("profile"), "neighbourhood")


def neighbourhood_homes(plan: Plan) -> pd.DataFrame:
    """Return homes in use with support, neighbourhoods × years."""
    return _table(homes(plan), "neighbourhood")


def neighbourhood_excess(plan: Plan) -> pd.DataFrame:
    """Return weighted places over the norm, neighbourhoods × years; NaN in the base year."""
    table = _table(plan.data["excess"].fillna(0), "neighbourhood")
    table.insert(0, base_year(plan), np.nan)
    return table


def per_thousand(plan: Plan, table: pd.DataFrame) -> pd.DataFrame:
    """Return `table` (neighbourhoods × years) per 1,000 inhabitants; NaN where nobody lives."""
    inhabitants = region_of(plan).neighbourhoods["inhabitants"].reindex(table.index)
    return table.div(inhabitants.where(inhabitants > 0), axis=0) * 1000


def by_municipality(plan: Plan, table: pd.DataFrame) -> pd.DataFrame:
    """Return `table` (neighbourhoods × years) added up to municipalities."""
    at = region_of(plan).neighbourhoods["municipality"].reindex(table.index)
    summed = table.groupby(at.to_numpy()).sum(min_count=1)
    return summed.reindex(region_of(plan).municipalities.index, fill_value=0.0)


def cost_by_municipality(plan: Plan) -> pd.DataFrame:
    """Return euros, municipalities that people come from × planned years; they add up to all cost."""
    return _table(plan.data["funding_need"].fillna(0).sum("stream"), "municipality")


def funding(plan: Plan) -> pd.DataFrame:
    """Return euros needed, due, granted and the gap, (municipality, stream, what) × planned years.

    `need` is by municipality of origin, `due` what a municipality bears, `gap` the grant less that.
    Of streams that others pay, only the need (and a grant where one is given) is told.
    """
    names = {"need": "funding_need", "due": "funding_due", "grant": "grant", "gap": "funding_gap"}
    order = ("municipality", "stream")
    lines = {
        what: _rows(plan.data[name].stack(row=order).transpose("row", "year")) for what, name in names.items()
    }
    table = pd.concat(lines, names=["what", *order]).dropna(how="all")
    others = ~table.index.get_level_values("stream").isin(BORNE)
    told = table[~(others & (table.index.get_level_values("what") == "due"))]
    known = told[(told.abs() > CENT).any(axis=1)].reorder_levels([1, 2, 0])
    order_of = {
        code: n
        for n, code in enumerate([*plan.data["municipality"].values, *plan.data["stream"].values, *names])
    }
    return known.sort_index(level=[0, 1, 2], key=lambda level: level.map(lambda code: order_of.get(code, 0)))


def grant_steps(plan: Plan) -> pd.DataFrame:
    """Return how each grant comes about, (municipality, stream, step) × planned years, in euros."""
    order = ("municipality", "stream", "step")
    table = _rows(plan.data["grant_steps"].stack(row=order).transpose("row", "year"))
    return table[(table.abs() > CENT).any(axis=1)]


def settlement(plan: Plan) -> pd.DataFrame:
    """Return what municipalities settle, (payer, host) × planned years, in euros."""
    table = _rows(plan.data["settlement"].stack(row=("payer", "host")).transpose("row", "year"))
    return table[(table.abs() > CENT).any(axis=1)]


def to_wlz(plan: Plan) -> pd.DataFrame:
    """Return people who move to the Wlz, municipalities of origin × planned years."""
    return _table(plan.data["to_wlz"], "municipality")


def wlz_money(plan: Plan) -> pd.DataFrame:
    """Return the euros taken out of the grants for the Wlz, municipalities × planned years."""
    return -_table(plan.data["grant_steps"].sel(step="wlz").sum("stream"), "municipality")


def ledger_lines(plan: Plan) -> pd.DataFrame:
    """Return every euro of the plan in lines, as `optimiser.ledger` has them, without lines of nothing."""
    lines = ledger(plan.problem, plan.data)
    told = lines[lines["eur"].abs() > NOTHING]
    order = ["origin", "year", "part", "stream", "place", "tier", "built", "host", "payer"]
    return told.sort_values(order, kind="stable", ignore_index=True)


def payers(plan: Plan) -> list[str]:
    """Return the codes of those who pay anything."""
    paid = _euros(plan).sum(["part", "stream", "year"])
    return [str(code) for code in paid["payer"].values[paid.values > CENT]]


def cost_by_payer(plan: Plan) -> pd.DataFrame:
    """Return euros, who pays × planned years, the largest first."""
    table = _table(_euros(plan).sum(["part", "stream"]), "payer")
    paid = table[(table.abs() > CENT).any(axis=1)]
    return paid.loc[paid.sum(axis=1).sort_values(ascending=False, kind="stable").index]


def cost_by_part(plan: Plan) -> pd.DataFrame:
    """Return euros, parts × planned years."""
    return _table(_euros(plan).sum(["payer", "stream"]), "part")


def cost_lines(plan: Plan) -> pd.DataFrame:
    """Return euros, (part, payer, stream) × planned years, without the lines that are all nothing."""
    table = _rows(_euros(plan).stack(row=("part", "payer", "stream")).transpose("row", "year"))
    return table[(table.abs() > CENT).any(axis=1)]


def steering(plan: Plan) -> pd.DataFrame:
    """Return the points that steer and that nobody pays, parts × planned years."""
    return _table(plan.data["weight"].sel(part=list(WEIGHTS)), "part")


def shortfalls(plan: Plan) -> pd.DataFrame:
    """Return by how much each policy falls short, policies × planned years, in `shortfall_unit`.

    A policy that is off has no line.
    """
    policies = region_of(plan).parameters.policies
    # where nothing is agreed a plan has no agreements to fall short of
    known = [name for name in SLACK if SLACK[name] in plan.data and plan.data[SLACK[name]].size]
    on = [name for name in known if getattr(policies, name).mode != "off"]
    rows = {name: _by_year(plan.data[SLACK[name]].fillna(0)) for name in on}
    return pd.DataFrame(rows, index=planned_years(plan)).T


def unfair_last(plan: Plan) -> pd.Series:
    """Return the places outside the band around the fair share in the last year, by municipality."""
    return _table(plan.data["unfair"].fillna(0), "municipality").iloc[:, -1]


def shortfall_unit(plan: Plan, policy: str) -> str:
    """Return what the shortfall of a policy counts."""
    return str(plan.data[SLACK[policy]].attrs["units"])


def home_agreements(plan: Plan) -> pd.DataFrame:
    """Return homes handed over, (corporation, neighbourhood) × planned years, without lines of nothing."""
    stacked = plan.data["new_homes"].fillna(0).stack(row=("corporation", "neighbourhood"))
    table = _rows(stacked.transpose("row", "year"))
    return table[(table > TOLERANCE).any(axis=1)]


def home_offers(plan: Plan) -> pd.DataFrame:
    """Return homes offered and agreed, (corporation, municipality, what) × planned years."""
    region, years = region_of(plan), planned_years(plan)
    at = region.neighbourhoods["municipality"]
    offers = region.homes[region.homes["year"].isin(years)]
    place = offers["municipality"].where(offers["municipality"].notna(), offers["neighbourhood"].map(at))
    offered = offers.assign(place=place).pivot_table(
        index=["corporation", "place"], columns="year", values="homes", aggfunc="sum", fill_value=0
    )
    agreed = home_agreements(plan)
    keys = [agreed.index.get_level_values(0), agreed.index.get_level_values(1).map(at)]
    summed = agreed.groupby(keys).sum()
    both = {"offered": offered.astype(float), "agreed": summed}
    lines = pd.concat(both, names=["what", "corporation", "municipality"]).reindex(columns=years).fillna(0.0)
    return lines.reorder_levels([1, 2, 0]).sort_index(level=[0, 1], sort_remaining=False)


def travel(plan: Plan) -> pd.DataFrame:
    """Return how far people live from where they come from, municipalities of origin × planned years.

    Columns (measure, year): `minutes`, the mean over people, and `within`, the share that
    lives within the norm of the tier. NaN where nobody is housed.
    """
    region, pairs = region_of(plan), pair_labels(plan.data)
    housed = plan.data["housed"].transpose("pair", "year").to_numpy()
    minutes = plan.data["travel_minutes"].to_numpy()
    norm = (
        pairs["tier"]
        .map({code: tier.norm.value for code, tier in region.parameters.tiers.items()})
        .to_numpy()
    )
    home = pairs["origin"].map(region.neighbourhoods["municipality"])
    frame = pd.DataFrame(housed, columns=planned_years(plan))
    people = frame.groupby(home.to_numpy()).sum()
    near = frame.mul(minutes <= norm, axis=0).groupby(home.to_numpy()).sum()
    known = people.where(people > TOLERANCE)
    far = _mean_minutes(plan, home)
    return pd.concat({"minutes": far, "within": near / known}, axis=1, names=["measure", "year"])


def _mean_minutes(plan: Plan, by: pd.Series) -> pd.DataFrame:
    """Return the mean minutes of those housed, (value of `by` of their pair) × planned years."""
    housed = plan.data["housed"].transpose("pair", "year").to_numpy()
    frame = pd.DataFrame(housed, columns=planned_years(plan))
    people = frame.groupby(by.to_numpy()).sum()
    far = frame.mul(plan.data["travel_minutes"].to_numpy(), axis=0).groupby(by.to_numpy()).sum()
    return far / people.where(people > TOLERANCE)


def mean_minutes(data: xr.Dataset) -> pd.Series:
    """Return minutes between origin and place, the mean over all people housed, by planned year."""
    people = data["housed"].sum("pair")
    mean = (data["housed"] * data["travel_minutes"]).sum("pair") / people.where(people > TOLERANCE)
    return mean.to_series()


def pair_labels(data: xr.Dataset) -> pd.DataFrame:
    """Return origin, location and tier of every pair, in the order of the arrays."""
    names = {
        label: label if label in data.coords and data[label].dims == ("pair",) else f"pair_{label}"
        for label in ("origin", "location", "tier")
    }
    return pd.DataFrame({label: data[name].to_numpy() for label, name in names.items()})


def municipality_changes(plan: Plan) -> pd.DataFrame:
    """Return what changes for each municipality: (measure, first | last) columns, municipalities as rows.

    Cost compares the first with the last planned year, everything else the base year with the last.
    """
    tables = {
        "places": neighbourhood_places(plan),
        "homes": neighbourhood_homes(plan),
        "people": _table(clients(plan).sum(["profile", "tier"]), "neighbourhood"),
        "waiting": neighbourhood_waiting(plan),
    }
    found = {}
    for measure, table in tables.items():
        summed = by_municipality(plan, table)
        found[measure, "first"], found[measure, "last"] = summed.iloc[:, 0], summed.iloc[:, -1]
    cost = cost_by_municipality(plan).reindex(region_of(plan).municipalities.index)
    found["cost", "first"], found["cost", "last"] = cost.iloc[:, 0], cost.iloc[:, -1]
    return pd.DataFrame(found)


def comparison(plan: Plan) -> pd.DataFrame:
    """Return the plan beside doing nothing: measures as rows, columns `plan`, `nothing`, `unit`."""
    planned, nothing = _measures(plan, plan.data), _measures(plan, plan.reference)
    rows = {name: (planned[name], nothing[name], unit) for name, unit in MEASURES.items()}
    return pd.DataFrame.from_dict(rows, orient="index", columns=["plan", "nothing", "unit"])


def measures(plan: Plan) -> dict[str, float]:
    """Return the figures by which plans are compared, named as in `MEASURES`."""
    return _measures(plan, plan.data)


def beds(plan: Plan) -> float:
    """Return the intramural places of the last year."""
    tiers = plan.problem.tiers
    return float(plan.data["places"].isel(year=-1).sel(tier=list(tiers.index[tiers["intramural"]])).sum())


def plan_id(plan: Plan) -> str:
    """Return a name of 12 signs for a plan: another input or another decision gives another one."""
    made = hashlib.sha256(region_of(plan).digest.encode())
    for name in ("places", "homes", "new_homes", "clients", "waiting"):
        array = np.round(plan.data[name].fillna(0).to_numpy(), 4) + 0.0
        made.update(np.ascontiguousarray(array, dtype="<f8").tobytes())
    return made.hexdigest()[:12]


MEASURES = {
    "places": "places",
    "people_home": "clients",
    "waiting": "clients",
    "waiting_years": "clients",
    "minutes": "minutes",
    "excess": "places",
    "cost": "EUR",
    "cost_last": "EUR",
}
"""What plan and do-nothing are compared by, with its unit; the names are words of `reports.words`."""


def _measures(plan: Plan, data: xr.Dataset) -> dict[str, float]:
    """Return the figures of one side of the comparison; of the last year where not said otherwise."""
    last, region = data.isel(year=-1), region_of(plan)
    facility, home = tier_codes(region, "facility"), tier_codes(region, "home")
    cost = data["cost"].sum(["part", "payer", "stream"])
    figures = {
        "places": last["places"].sel(tier=facility).sum(),
        "people_home": last["clients"].sel(tier=home).sum(),
        "waiting": last["waiting"].sum(),
        "waiting_years": data["waiting"].sum(),
        "excess": last["excess"].sum(),
        "cost": cost.sum(),
        "cost_last": cost.isel(year=-1),
    }
    return {
        **{name: float(value) for name, value in figures.items()},
        "minutes": float(mean_minutes(data).iloc[-1]),
    }


def _with_base(plan: Plan, name: str, base: str) -> xr.DataArray:
    return _join(plan.data[base].fillna(0), plan.data[name].fillna(0), base_year(plan))


def _join(base: xr.DataArray, planned: xr.DataArray, year: int) -> xr.DataArray:
    """Put the base year before the planned ones; in numpy, as a report asks for it some seventy times."""
    others = [dim for dim in planned.dims if dim != "year"]
    first = base.transpose(*others).to_numpy()[..., np.newaxis]
    values = np.concatenate([first, planned.transpose(*others, "year").to_numpy()], axis=-1)
    coords = {name: labels for name, labels in planned.coords.items() if "year" not in labels.dims}
    coords["year"] = xr.DataArray([year, *planned["year"].to_numpy()], dims="year")
    return xr.DataArray(values, coords, [*others, "year"], name=planned.name)


def _euros(plan: Plan) -> xr.DataArray:
    """Return the cost without the parts that are points, which share its dimension."""
    cost = plan.data["cost"].fillna(0)
    return cost.sel(part=[part for part in cost["part"].values if part not in WEIGHTS])


def _by_year(array: xr.DataArray) -> pd.Series:
    """Return an array added up to years."""
    return array.sum([dim for dim in array.dims if dim != "year"]).to_series()


def _table(array: xr.DataArray, rows: str) -> pd.DataFrame:
    """Return a two-dimensional array as rows × years."""
    frame = array.transpose(rows, "year").to_pandas()
    assert isinstance(frame, pd.DataFrame)
    return frame


def _rows(stacked: xr.DataArray) -> pd.DataFrame:
    """Return an array with a stacked `row` dimension as rows × years."""
    return pd.DataFrame(stacked.to_numpy(), index=stacked.indexes["row"], columns=stacked.indexes["year"])
