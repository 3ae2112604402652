"""Homes requested of corporations by place and year, beside those offered.

Nothing is solved for this: all of it follows from the arrays of the plan and the tables of its region.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from models.inputs.housing_stock import Stock
from optimiser.plan import Plan
from optimiser.problem import Problem

BY = ("corporation", "place", "year")
COLUMNS = ("offered", "asked", "direct", "flip")

NOBODY = 1e-3
"""People below which a flow is what a solver leaves of nothing."""


@dataclass(frozen=True)
class HomesAsked:
    """What a plan asks of corporations.

    Attributes
    ----------
    table
        Index (corporation, place, year); `asked` homes handed over in that year, of which `direct` let to
        the client and `flip` (*omklap*) to the provider first, and `offered` (NaN where the offer was made
        for a municipality and the place is a neighbourhood).
    short
        (place, year) people of that place who need a home and have none: they wait, or live in a form
        that does not fit them although a home would. A stock, mean over the year.
    shares
        A line per municipality, and per corporation in it whose stock is known: `social_homes`, `share`
        of the region's, `fair` homes of all that are asked or short in the last year, `offered`, `asked`.
    """

    table: pd.DataFrame
    short: pd.DataFrame
    shares: pd.DataFrame

    @classmethod
    def of(cls, plan: Plan, stock: Stock | None = None, *, by_neighbourhood: bool = False) -> "HomesAsked":
        """Return what a plan asks, by municipality or by neighbourhood."""
        whole, short = _asked(plan), _short(plan)
        town = plan.problem.municipality_of
        of_towns = short.groupby([town[str(j)] for j in short.index]).sum().reindex(list(plan.problem.towns))
        by_town = _summed(whole, plan.problem, town)
        shares = _shares(plan.problem, by_town, of_towns, stock or {})
        if by_neighbourhood:
            return cls(_summed(whole, plan.problem, None), short, shares)
        return cls(by_town, of_towns, shares)


def _asked(plan: Plan) -> pd.DataFrame:
    """Return (corporation, neighbourhood, year) homes asked, and of these the leases that flip."""
    homes = plan.data["new_homes"].to_series().round().astype(int)
    cells = homes[homes > 0].rename_axis(list(BY)).to_frame("asked")
    cells["flip"] = 0
    share, town = flip_shares(plan), plan.problem.municipality_of
    for code, inside in cells.groupby(cells.index.get_level_values("place").map(town)):
        part = share.loc[str(code)].reindex(inside.index.get_level_values("year")).to_numpy(dtype=float)
        asked = inside["asked"].to_numpy()
        cells.loc[inside.index, "flip"] = _whole(asked * part, asked)
    return cells


def _whole(exact: np.ndarray, most: np.ndarray) -> np.ndarray:
    """Return whole numbers near exact ones that add up to their rounded total, none above its most."""
    floors = np.floor(exact + 1e-9).astype(int)
    left = round(float(exact.sum())) - int(floors.sum())
    for n in np.argsort(-(exact - floors), kind="stable"):
        if left > 0 and floors[n] < most[n]:
            floors[n] += 1
            left -= 1
    return floors


def flip_shares(plan: Plan) -> pd.DataFrame:
    """Return (municipality, year) the part of new leases that begin on the provider's name.

    Of the people from there who enter a home in that year, those who enter a form whose lease flips. Who
    goes from such a form to one with a lease of their own stays in the home: no new lease. Where nobody
    enters, the people who live there in homes tell.
    """
    problem, years = plan.problem, plan.problem.tiers["flip_years"].to_dict()
    flips = [k for k in problem.home_tiers if years[k] > 0.0]
    direct = [k for k in problem.home_tiers if k not in flips]
    entered, left = (_by_town(plan, name) for name in ("entered", "left"))
    lived = _by_town(plan, "clients")
    first = _at(entered, flips)
    leases = first + (_at(entered, direct) - _at(left, flips)).clip(lower=0.0)
    begun, all_homes = _at(lived, flips), _at(lived, list(problem.home_tiers))
    known = leases.to_numpy() > NOBODY
    part = np.where(known, first, begun)
    whole = np.where(known, leases, all_homes)
    share = np.divide(part, whole, out=np.zeros_like(whole), where=whole > NOBODY)
    return pd.DataFrame(share, index=leases.index, columns=leases.columns)


def _by_town(plan: Plan, name: str) -> pd.DataFrame:
    """Return (municipality of origin and tier, year) people."""
    towns = plan.problem.municipality_of
    array = plan.data[name].sum("profile").transpose("neighbourhood", "tier", "year")
    codes = [towns[str(j)] for j in array["neighbourhood"].values]
    frame = array.to_series().unstack("year")
    return frame.groupby([np.repeat(codes, array.sizes["tier"]), frame.index.get_level_values("tier")]).sum()


def _at(people: pd.DataFrame, tiers: list[str]) -> pd.DataFrame:
    """Return (municipality, year) people in some tiers together."""
    towns = people.index.get_level_values(0).unique()
    inside = people[people.index.get_level_values(1).isin(tiers)]
    return inside.groupby(level=0).sum().reindex(towns, fill_value=0.0)


def _short(plan: Plan) -> pd.DataFrame:
    """Return (neighbourhood, year) people whom a home would fit, and who wait or live in another form."""
    problem = plan.problem
    home = set(problem.home_tiers)
    profiles = [p for p in problem.profiles if any((p, k) in problem.fits for k in home)]
    waiting = plan.data["waiting"].sel(profile=profiles).sum("profile")
    unfitting = [(p, k) for p, k in problem.allowed if p in profiles and (p, k) not in problem.fits]
    clients = plan.data["clients"]
    elsewhere = sum((clients.sel(profile=p, tier=k, drop=True) for p, k in unfitting), start=0.0 * waiting)
    short = (waiting + elsewhere).transpose("neighbourhood", "year")
    people = np.where(short.to_numpy() > NOBODY, short.to_numpy(), 0.0)
    return pd.DataFrame(people, index=list(problem.areas), columns=list(problem.years))


def _summed(cells: pd.DataFrame, problem: Problem, town: Mapping[str, str] | None) -> pd.DataFrame:
    """Return the table: by municipality where neighbourhoods are mapped to one, else by neighbourhood."""
    frame = cells.reset_index()
    offers = pd.DataFrame(
        [(o.corporation, o.place, o.year, float(o.homes)) for o in problem.offers if o.homes > 0],
        columns=[*BY, "offered"],
    )
    if town is None:
        offers = offers[offers["place"].isin(problem.areas)]
    else:
        frame["place"] = frame["place"].map(town)
        offers["place"] = offers["place"].map(lambda place: town.get(place, place))
    asked = frame.groupby(list(BY))[["asked", "flip"]].sum()
    offered = offers.groupby(list(BY))["offered"].sum()
    both = asked.join(offered, how="outer")
    both[["asked", "flip"]] = both[["asked", "flip"]].fillna(0).astype(int)
    both["direct"] = both["asked"] - both["flip"]
    return both[list(COLUMNS)].sort_index()


def _shares(problem: Problem, table: pd.DataFrame, short: pd.DataFrame, stock: Stock) -> pd.DataFrame:
    """Return a line per municipality, and per corporation in it whose stock is known."""
    owned = problem.region.municipalities["social_homes"].astype(float)
    owned = owned.reindex(list(problem.towns))
    total = float(owned.sum()) if owned.notna().all() else np.nan
    last = problem.years[-1]
    needed = float(table["asked"].sum()) + float(short[last].sum())
    sums = table.groupby(level=["corporation", "place"])[["offered", "asked"]].sum()
    rows = []
    for code in problem.towns:
        here = sums[sums.index.get_level_values("place") == code].sum()
        rows.append(("", code, float(owned[code]), float(here["offered"]), float(here["asked"])))
        for (corporation, place), homes in stock.items():
            if place == code:
                here = sums.reindex([(corporation, code)]).fillna(0.0).iloc[0]
                rows.append((corporation, code, homes, float(here["offered"]), float(here["asked"])))
    frame = pd.DataFrame(rows, columns=["corporation", "municipality", "social_homes", "offered", "asked"])
    frame["share"] = frame["social_homes"] / total
    frame["fair"] = frame["share"] * needed
    return frame
