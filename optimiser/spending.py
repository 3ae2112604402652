"""For whom every euro of a plan is spent and where: by municipality of origin and of residence."""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
import xarray as xr

from optimiser.problem import Problem

FACILITY, HOME = "facility", "home"
SETTING_OF_PART = {
    "sites": FACILITY,
    "capital": FACILITY,
    "conversion": FACILITY,
    "closing": FACILITY,
    "homes": HOME,
}
"""Shared parts of the cost: they are for whoever lives in such a place, wherever it stands."""


def people_between(problem: Problem, data: xr.Dataset) -> xr.DataArray:
    """Return clients (origin, host, tier, year): municipality they come from and live in, by tier.

    Clients with a personal budget bring their own location: the municipality they come from.
    """
    towns, years, tiers = list(problem.towns), list(problem.years), list(problem.tiers.index)
    lived = pd.DataFrame(data["housed"].transpose("pair", "year").to_numpy(), columns=years)
    of = problem.municipality_of
    there = of | {site: of[area] for site, area in problem.neighbourhood_of.items()}
    keys = [
        [of[origin] for origin in data["origin"].to_numpy()],
        [there[location] for location in data["location"].to_numpy()],
        list(data["pair_tier"].to_numpy()),
    ]
    labels = {"origin": towns, "host": towns, "tier": tiers, "year": years}
    rows = pd.MultiIndex.from_product([towns, towns, tiers])
    summed = lived.groupby(keys).sum().reindex(rows, fill_value=0.0).to_numpy()
    between = xr.DataArray(
        summed.reshape([len(known) for known in labels.values()]), coords=labels, dims=tuple(labels)
    )
    budgets = _by_origin(problem, problem.personal_budget.sum("profile"))
    return (between + budgets * _own_town(problem)).assign_attrs(
        units="clients", long_name="clients by municipality of origin and of residence"
    )


def spent(problem: Problem, data: xr.Dataset, cost: xr.DataArray) -> xr.DataArray:
    """Divide the cost over the municipalities of the people for whom it is spent.

    Parameters
    ----------
    data
        `housed` and `waiting` of a plan.
    cost
        (part, stream, year) nominal EUR.

    Returns
    -------
    xr.DataArray
        (part, origin, host, setting, stream, year) nominal EUR; sums to `cost`. Support goes where
        a person lives, bridging is at home, and shared parts follow the number of people in
        such places (where there are none, all people). What nobody lives to use is the payer's.
    """
    people = people_between(problem, data)
    setting_of = {str(tier): str(setting) for tier, setting in problem.tiers["setting"].items()}
    setting = belonging((FACILITY, HOME), setting_of, ("setting", "tier"))
    stream = belonging(cost["stream"].values.tolist(), problem.stream_of, ("stream", "tier"))
    support = problem.prices.support.rename_axis(index="tier", columns="year").stack().to_xarray()
    living = (people * setting).sum("tier")
    queue = belonging(cost["stream"].values.tolist(), problem.stream_of_waiting, ("stream", "profile"))
    waiting = _by_origin(problem, (data["waiting"] * queue).sum("profile")) * _own_town(problem)
    weights = {
        "support": (people * support * setting * stream).sum("tier"),
        "bridging": waiting * _only(HOME),
        **{
            part: _else(living.sel(setting=kind, drop=True), living.sum("setting")) * _only(kind)
            for part, kind in SETTING_OF_PART.items()
        },
    }
    parts = [_divided(problem, cost.sel(part=[part]), weight) for part, weight in weights.items()]
    order = ("part", "origin", "host", "setting", "stream", "year")
    return xr.concat(parts, dim="part", join="exact").transpose(*order)


def _divided(problem: Problem, eur: xr.DataArray, weight: xr.DataArray) -> xr.DataArray:
    """Divide euros in proportion to weights (origin, host, setting); without any they are the payer's."""
    own = _own_town(problem)
    chosen = _else(weight, own.where(own["origin"] == problem.payer, 0.0) * _only(FACILITY))
    return eur * chosen / chosen.sum(["origin", "host", "setting"])


def _else(weight: xr.DataArray, other: xr.DataArray) -> xr.DataArray:
    """Return weights, and others where they are all zero."""
    dims = [dim for dim in weight.dims if dim in ("origin", "host", "setting")]
    return weight.where(weight.sum(dims) > 0, other)


def belonging(groups: Sequence[str], group_of: Mapping[str, str], dims: tuple[str, str]) -> xr.DataArray:
    """Return (group, member) 1 where the member belongs to the group, else 0."""
    return xr.DataArray(
        [[float(own == group) for own in group_of.values()] for group in groups],
        coords={dims[0]: list(groups), dims[1]: list(group_of)},
        dims=dims,
    )


def _by_origin(problem: Problem, people: xr.DataArray) -> xr.DataArray:
    town = belonging(problem.towns, problem.municipality_of, ("origin", "neighbourhood"))
    return (people * town).sum("neighbourhood")


def _own_town(problem: Problem) -> xr.DataArray:
    labels = {"origin": list(problem.towns), "host": list(problem.towns)}
    return xr.DataArray(np.eye(len(problem.towns)), coords=labels, dims=tuple(labels))


def _only(setting: str) -> xr.DataArray:
    here = [float(setting == one) for one in (FACILITY, HOME)]
    return xr.DataArray(here, coords={"setting": [FACILITY, HOME]}, dims="setting")
