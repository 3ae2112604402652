"""Residents by municipality of origin and of residence, for whom a plan spends money."""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
import xarray as xr

from optimiser.problem import Problem

FACILITY, HOME = "facility", "home"

NOBODY = 1e-6
"""Clients below which nobody lives somewhere: what a solver leaves of a 0."""


def people_between(problem: Problem, data: xr.Dataset) -> xr.DataArray:
    """Return clients (origin, host, tier, year): municipality they come from and live in, by tier.

    Clients with a personal budget bring their own location: the municipality they come from.
    """
    housed = at_locations(problem, data)
    of = problem.municipality_of
    there = of | {site: of[area] for site, area in problem.neighbourhood_of.items()}
    town = housed.index.get_level_values("location").map(there)
    keys = [town, *(housed.index.get_level_values(name) for name in ("tier", "year"))]
    summed = housed.groupby(keys).sum()
    summed.index = summed.index.set_names(["host", "tier", "year"])
    towns, tiers, years = list(problem.towns), list(problem.tiers.index), list(problem.years)
    rows = pd.MultiIndex.from_product([towns, tiers, years])
    dense = summed.reindex(rows, fill_value=0.0).to_numpy().reshape(len(towns), len(tiers), len(years), -1)
    between = dense.transpose(3, 0, 1, 2)  # (origin, host, tier, year)
    # of the people of a tier, not of the pairs: those add up to it within the solver's tolerance only
    member = np.array([[float(of[area] == town) for area in problem.areas] for town in towns])
    clients = data["clients"].sum("profile").transpose("neighbourhood", "tier", "year").to_numpy()
    lived = np.einsum("oj,jky->oky", member, clients)
    total, own = between.sum(axis=1, keepdims=True), np.eye(len(towns))[:, :, None, None]
    somebody = total > NOBODY
    part = np.where(somebody, between / np.where(somebody, total, 1.0), own)
    budgets = problem.personal_budget.sum("profile").transpose("neighbourhood", "tier").to_numpy()
    at_home = (member @ budgets)[:, None, :, None] * own
    everybody = lived[:, None] * part + at_home
    labels = {"origin": towns, "host": towns, "tier": tiers, "year": years}
    attrs = {"units": "clients", "long_name": "clients by municipality of origin and of residence"}
    return xr.DataArray(everybody, coords=labels, dims=tuple(labels), attrs=attrs)


def at_locations(problem: Problem, data: xr.Dataset) -> pd.DataFrame:
    """Return clients by (location, tier, year), a column per municipality of origin."""
    years, of = list(problem.years), problem.municipality_of
    lived = pd.DataFrame(data["housed"].transpose("pair", "year").to_numpy(), columns=years)
    lived["location"], lived["tier"] = data["location"].to_numpy(), data["pair_tier"].to_numpy()
    lived["origin"] = [of[origin] for origin in data["origin"].to_numpy()]
    by_year = lived.groupby(["location", "tier", "origin"])[years].sum().rename_axis("year", axis="columns")
    table = pd.DataFrame(by_year.stack().unstack("origin")).fillna(0.0)
    return table.reindex(columns=list(problem.towns), fill_value=0.0)


def waiting_at_home(problem: Problem, data: xr.Dataset) -> xr.DataArray:
    """Return people waiting (origin, stream, year) by municipality they come from and who bridges them."""
    streams = list(dict.fromkeys(problem.stream_of_waiting.values()))
    pays = belonging(streams, problem.stream_of_waiting, ("stream", "profile"))
    people: xr.DataArray = xr.dot(by_origin(problem, data["waiting"]), pays, dim="profile")
    return people


def belonging(groups: Sequence[str], group_of: Mapping[str, str], dims: tuple[str, str]) -> xr.DataArray:
    """Return (group, member) 1 where the member belongs to the group, else 0."""
    return xr.DataArray(
        [[float(own == group) for own in group_of.values()] for group in groups],
        coords={dims[0]: list(groups), dims[1]: list(group_of)},
        dims=dims,
    )


def by_origin(problem: Problem, people: xr.DataArray) -> xr.DataArray:
    """Return people by neighbourhood added up to the municipality of origin."""
    town = belonging(problem.towns, problem.municipality_of, ("origin", "neighbourhood"))
    summed: xr.DataArray = xr.dot(people, town, dim="neighbourhood")
    return summed
