"""Demand draws: seeded samples within the stated ranges, with the least and most of a volume.

Each number of the care pathway with a `low` and a `high` is drawn by itself from a triangular
distribution with its value at the top; the parts of profiles in the inflow are scaled back to 1. What has
no range stays what it is. The randomness is drawn first, so a draw can be made again alone.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np
import xarray as xr

from models.demand.forecast import Outlook
from models.demand.pathway import yearly_rates
from models.parameters.parameters import Parameters, Pathway
from models.parameters.quantity import Quantity
from models.region.region import Region

_TRIES = 1000
"""Times that one draw is made again because its moves and exits add up to more than everybody."""


def drawn_pathways(parameters: Parameters, draws: int, seed: int) -> tuple[Pathway, ...]:
    """Return care pathways drawn from the stated ranges; the same seed gives the same ones."""
    random = np.random.default_rng(seed)
    return tuple(_possible(parameters, random) for _ in range(draws))


def demand_factors(region: Region, outlook: Outlook, draws: int, seed: int) -> xr.DataArray:
    """Return drawn demand ÷ expected demand, (draw, profile, year); 1 where nobody is expected.

    Demand is that of the forecast: the base mix of tiers carried on, with inflow, moves and exits. The
    draws are those of `drawn_pathways` with the same number and seed.
    """
    parameters, stock = region.parameters, _stock(outlook)
    new = outlook.inflow.sum("neighbourhood").transpose("year", "profile").to_numpy()
    expected = _demand(parameters, stock, new, parameters.pathway)
    pathways = drawn_pathways(parameters, draws, seed)
    drawn = np.stack([_demand(parameters, stock, new, pathway) for pathway in pathways])
    factors = np.divide(drawn, expected, out=np.ones_like(drawn), where=expected > 0)
    labels: dict[str, Any] = {
        "draw": range(draws),
        "profile": list(region.parameters.profiles),
        "year": list(region.parameters.years.planned),
    }
    attrs = {"units": "1", "long_name": "drawn demand as a part of the expected demand"}
    return xr.DataArray(factors, coords=labels, dims=tuple(labels), attrs=attrs)


def drawn(pathway: Pathway, random: np.random.Generator) -> Pathway:
    """Return a pathway with every number that has a range drawn from it."""
    inflow = pathway.inflow
    mix = {code: _number(one, random) for code, one in inflow.profiles.items()}
    total = sum(one.value for one in mix.values())
    scaled = {code: _moved(one, one.value / total) for code, one in mix.items()} if total > 0 else mix
    return pathway.model_copy(
        update={
            "inflow": inflow.model_copy(
                update={
                    "share": _number(inflow.share, random),
                    "trend": _number(inflow.trend, random),
                    "profiles": scaled,
                }
            ),
            "transitions": {
                tier: {code: _numbers(row, random) for code, row in rows.items()}
                for tier, rows in pathway.transitions.items()
            },
            "recovered": {tier: _numbers(row, random) for tier, row in pathway.recovered.items()},
            "wlz": _numbers(pathway.wlz, random),
            "died": _numbers(pathway.died, random),
        }
    )


def _numbers(row: Mapping[str, Quantity], random: np.random.Generator) -> dict[str, Quantity]:
    return {code: _number(one, random) for code, one in row.items()}


def _number(number: Quantity, random: np.random.Generator) -> Quantity:
    if number.low is None or number.high is None or not number.low < number.high:
        return number
    top = min(max(number.value, number.low), number.high)
    return _moved(number, float(random.triangular(number.low, top, number.high)))


def _moved(number: Quantity, value: float) -> Quantity:
    return number.model_copy(update={"value": value})


def _possible(parameters: Parameters, random: np.random.Generator) -> Pathway:
    """Return a drawn pathway in which nobody moves and leaves more than once a year."""
    for _ in range(_TRIES):
        pathway = drawn(parameters.pathway, random)
        changed = parameters.model_copy(update={"pathway": pathway})
        retained, _ = yearly_rates(changed)
        if float(retained.min()) >= 0:
            return pathway
    raise RuntimeError("the ranges of the pathway leave no draw in which moves and exits are at most 1")


def _stock(outlook: Outlook) -> np.ndarray:
    """Return the people of the base year (tier or waiting, profile)."""
    housed = outlook.base_clients.sum("neighbourhood").transpose("tier", "profile").to_numpy()
    return np.vstack([housed, outlook.base_waiting.sum("neighbourhood").to_numpy()])


def _demand(parameters: Parameters, stock: np.ndarray, new: np.ndarray, pathway: Pathway) -> np.ndarray:
    """Return the demand (profile, year) of a pathway.

    Parameters
    ----------
    stock
        (tier or waiting, profile) people of the base year.
    new
        (year, profile) new clients of the region's own pathway.
    """
    every_rate, _ = yearly_rates(parameters.model_copy(update={"pathway": pathway}))
    demand = stock.sum(axis=0)
    nobody_yet = np.zeros_like(stock)
    nobody_yet[-1] = 1.0  # those who wait
    mix = np.where(demand > 0, stock / np.where(demand > 0, demand, 1.0), nobody_yet)
    # (profile, to_profile): what becomes of one person of a profile, in the tiers where they live
    retained = np.einsum("kp,kpq->pq", mix, every_rate)
    draws, wanted = [], parameters.pathway.inflow
    growing = (1.0 + wanted.trend.value) ** np.arange(1, len(new) + 1)
    for step, level in enumerate(new.sum(axis=1) / growing, 1):
        base = level / wanted.share.value if wanted.share.value else 0.0
        growth = (1.0 + pathway.inflow.trend.value) ** step
        entering = [
            pathway.inflow.profiles[p].value if p in pathway.inflow.profiles else 0.0
            for p in parameters.profiles
        ]
        demand = demand @ retained + base * pathway.inflow.share.value * growth * np.array(entering)
        draws.append(demand)
    return np.array(draws).T
