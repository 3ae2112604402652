"""Location instance of a region: candidate sites, demand and distances."""

from collections.abc import Iterator

import numpy as np
import pandas as pd

from geodata.faults import Fault, did_you_mean
from geodata.minutes import travel_minutes
from models.demand.forecast import Outlook
from models.region.region import Region
from optimiser.location.crowd import Crowd


def faults(region: Region, tier: str | None, room: float | str | None = None) -> Iterator[Fault]:
    """Generate what is wrong with asking for sites of a tier (None: any) with so much room."""
    if isinstance(room, str) and room != "room":
        yield Fault("capacity", f"'{room}'", "a number of people, or 'room'", "Correct it.")
    known = list(region.parameters.tiers)
    if tier is not None and tier not in known:
        yield Fault("tier", f"the unknown tier '{tier}'", "a tier of the region", did_you_mean(tier, known))
    elif places(region, tier).empty:
        yield Fault("tier", f"no site for '{tier}'", "a tier with sites", "Add a row to sites.csv.")


def places(region: Region, tier: str | None) -> pd.DataFrame:
    """Return what may be chosen (index code): name, neighbourhood, x, y in metres, room in places.

    Sites that may have the tier, or any tier where none is named. Homes need no site, so for a
    tier in homes it is the neighbourhoods in which people live, with room for everybody.
    """
    columns = ["name", "neighbourhood", "x", "y", "room"]
    if tier is not None and region.parameters.tiers[tier].setting == "home":
        areas = region.neighbourhoods[region.neighbourhoods["inhabitants"] > 0]
        return pd.DataFrame(areas.assign(neighbourhood=areas.index, room=np.inf)[columns])
    if tier is None:
        return region.sites.assign(room=region.sites["plot_most"].astype(float))[columns]
    most = region.site_tiers["most"].unstack("tier")[tier].dropna()
    most = most[most > 0].astype(float)
    return region.sites.loc[region.sites.index.isin(most.index)].assign(room=most)[columns]


def minutes(region: Region, tier: str | None) -> pd.DataFrame:
    """Return travel minutes (neighbourhood × place); what `travel.csv` leaves out is out of reach.

    Where there is no such table, all pairs are estimated, those beyond the reach of a tier too.
    """
    candidates, origins = places(region, tier), region.neighbourhoods
    if region.minutes_given:
        pairs = region.minutes
    else:
        road = region.parameters.travel
        pairs = travel_minutes(
            origins, candidates, detour=road.detour.value, speed_kph=road.speed.value, most=np.inf
        )
    table = pairs.pivot_table(index="origin", columns="destination", values="minutes")
    return table.reindex(index=origins.index, columns=candidates.index).fillna(np.inf).astype(float)


def between(region: Region, tier: str | None) -> pd.DataFrame:
    """Return the minutes (place × place), estimated from the straight line like all estimated minutes."""
    candidates, road = places(region, tier), region.parameters.travel
    spot = candidates["x"].to_numpy(float) + 1j * candidates["y"].to_numpy(float)
    kilometres = np.abs(spot[:, None] - spot) / 1000 * road.detour.value
    return pd.DataFrame(kilometres / road.speed.value * 60, index=candidates.index, columns=candidates.index)


def people(region: Region, outlook: Outlook, tier: str | None) -> pd.Series:
    """Return the clients (neighbourhood) of the base year whom the tier fits, the waiting among them."""
    profiles = region.parameters.profiles
    fitting = [code for code, profile in profiles.items() if tier is None or tier in profile.fits]
    fitting = fitting or [code for code, profile in profiles.items() if tier in profile.allowed]
    everybody = outlook.base_clients.sum("tier") + outlook.base_waiting
    return everybody.sel(profile=fitting).sum("profile").to_series().reindex(region.neighbourhoods.index)


def capacity(region: Region, tier: str | None, room: float | str | None) -> pd.Series | None:
    """Return the people (place) that can be served: a number, or as many as there is room for."""
    if room is None:
        return None
    space = places(region, tier)["room"]
    everybody = float(region.clients["clients"].sum())
    return space.clip(upper=everybody) if room == "room" else pd.Series(float(room), index=space.index)


def crowds(
    region: Region, tier: str | None, sites: float | None, weighted_places: float | None
) -> tuple[Crowd, ...]:
    """Return the limits in any neighbourhood with those that border on it: on sites, on weighted places.

    A chosen site counts with all the places it has room for, times the weight of its tier.
    """
    candidates = places(region, tier)
    written = None if tier is None else region.parameters.tiers[tier].concentration_weight
    weight = candidates["room"].replace(np.inf, 0.0) * (1.0 if written is None else written.value)
    ones = pd.Series(1.0, index=candidates.index)
    return (*_crowds(region, candidates, ones, sites), *_crowds(region, candidates, weight, weighted_places))


def _crowds(
    region: Region, candidates: pd.DataFrame, weight: pd.Series, most: float | None
) -> Iterator[Crowd]:
    """Generate the limits that could bind: where the sites around weigh more than is allowed."""
    for code in region.neighbourhoods.index if most is not None else ():
        here = weight[candidates["neighbourhood"].isin([code, *region.contiguity[code]])]
        if most is not None and here.sum() > most:
            yield Crowd(str(code), {str(site): float(w) for site, w in here.items()}, most)
