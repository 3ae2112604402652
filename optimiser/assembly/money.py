"""Discounting, steering weights, shared prices and policies of a problem, from a region."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import xarray as xr

from models.parameters.finance import nominal, price_level
from models.parameters.parameters import Parameters, Policies
from models.parameters.quantity import Quantity
from models.region.region import Region

LESS = 0.99
"""Part of the points of an unasked move that a relocation within its tier costs at most."""


@dataclass(frozen=True)
class Steering:
    """Points of what only steers: never paid, and kept apart from euros.

    Attributes
    ----------
    travel, misfit, waiting, unasked_move
        At the level of the region's price year.
    level
        Year → what points of the price year count in it: they are indexed like euros.
    """

    travel: float
    misfit: float
    waiting: float
    unasked_move: float
    level: Mapping[int, float]


@dataclass(frozen=True)
class SharedPrice:
    """Price in a year, above its own, of a unit of something that several regions share.

    `kind` is "budget" (a Wmo euro, in points) or "open_places" (a place open to everyone that is kept, in
    points per place-year: a reward). It steers one solve of a decomposed country and is no part of a plan.
    """

    kind: Literal["budget", "open_places"]
    year: int
    price: float


def policies_of(region: Region) -> Policies:
    """Return the policies; where nothing is agreed nothing is to be kept."""
    policies = region.parameters.policies
    if region.agreed:
        return policies
    off = policies.agreed_decisions_are_kept.model_copy(update={"mode": "off"})
    return policies.model_copy(update={"agreed_decisions_are_kept": off})


def by_year(years: tuple[int, ...], values: list[float], units: str = "1") -> xr.DataArray:
    """Return values labelled by year."""
    return xr.DataArray(values, coords={"year": list(years)}, dims="year", attrs={"units": units})


def steering_of(parameters: Parameters) -> Steering:
    """Return the points of what only steers."""
    weights, years = parameters.weights, parameters.years
    return Steering(
        travel=nominal(weights.travel, years.price_year, years),
        misfit=nominal(weights.misfit, years.price_year, years),
        waiting=nominal(weights.waiting, years.price_year, years),
        unasked_move=nominal(weights.unasked_move, years.price_year, years),
        level={t: price_level(t, years.price_year, years) for t in years.planned},
    )


def points_of(price: Quantity, year: int, parameters: Parameters) -> float:
    """Return the price of a policy in a year: indexed like euros, but for a price by the nominal euro."""
    return price.value if price.unit == "points/EUR" else nominal(price, year, parameters.years)
