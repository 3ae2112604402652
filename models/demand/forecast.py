"""Demand forecast by profile and origin: base stock, inflow and the steps between years."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import geopandas as gpd
import pandas as pd
import xarray as xr

from models.demand.pathway import CarePathway
from models.drawing import AreaMap, Graph
from models.html_card import plain_card
from models.parameters.parameters import EXITS, WAITING
from models.region.region import Region
from models.result import Result

NEW, TREND, CHANGED, REMAINDER = "new clients", "trend of the inflow", "changed profile", "remainder"
STEPS = (NEW, TREND, *EXITS, CHANGED, REMAINDER)


@dataclass(frozen=True, repr=False)
class Outlook(Result):
    """The demand that a plan must meet, all arrays labelled, all in clients.

    Attributes
    ----------
    base_clients
        (neighbourhood, profile, tier): people with a place in the base year.
    base_waiting
        (neighbourhood, profile): people without one; it follows from registrations and places.
    personal_budget
        (neighbourhood, profile, tier): people who bring their own location (PGB); they count in
        people and money, not in places, and their number stays as it is.
    inflow
        (neighbourhood, profile, year): new clients.
    pathway
        What becomes of people.
    reconciliation
        Per pool of places (tier): registered, room, housed, waiting and empty in the base year.
    steps
        Columns year, profile, step, clients: the change of the demand since the year before, by
        named step; the steps of a year and profile add up to the change, `remainder` included.
    areas
        The neighbourhoods of the arrays, to draw a map.
    """

    base_clients: xr.DataArray
    base_waiting: xr.DataArray
    personal_budget: xr.DataArray
    inflow: xr.DataArray
    pathway: CarePathway
    reconciliation: pd.DataFrame
    steps: pd.DataFrame
    areas: gpd.GeoDataFrame

    def summary(self) -> str:
        """Return the demand by year and profile, and how the base year was reconciled."""
        demand = self.to_frame()
        years = list(demand.index)
        rows = [(str(year), *map(float, row)) for year, row in zip(years, demand.to_numpy(), strict=True)]
        waiting, everybody = float(self.base_waiting.sum()), float(demand.iloc[0].sum())
        title = f"Forecast, clients {years[0]}–{years[-1]}"
        note = f"In {years[0]} {waiting:,.1f} of {everybody:,.1f} clients had no place."
        return plain_card(title, rows, heads=[str(profile) for profile in demand.columns], note=note)

    def _frames(self) -> Mapping[str, Callable[[], pd.DataFrame]]:
        return {
            "demand": self.to_frame,
            "steps": self.steps.copy,
            "reconciliation": self.reconciliation.copy,
            "inflow": lambda: self.inflow.sum("neighbourhood").to_series().unstack("profile"),
        }

    def _graphs(self) -> Mapping[str, Callable[[], Graph]]:
        return {
            "demand": lambda: Graph(self.to_frame(), "Demand by profile", "clients"),
            "steps": self._steps_graph,
        }

    def _steps_graph(self) -> Graph:
        steps = self.steps.pivot_table(
            index="year", columns="step", values="clients", aggfunc="sum", sort=False
        )
        return Graph(steps, "Change of the demand by step", "clients a year", "bar")

    def _area_map(self) -> AreaMap:
        known = self.base_clients.sum(["profile", "tier"]) + self.base_waiting.sum("profile")
        return AreaMap(self.areas, known.to_series(), "Clients of the base year by origin")

    def to_frame(self) -> pd.DataFrame:
        """Return the demand per profile and year (clients), the base year first."""
        base_year = int(self.inflow["year"].min()) - 1
        start = (
            self.base_clients.sum(["neighbourhood", "tier"]) + self.base_waiting.sum("neighbourhood")
        ).to_series()
        change = self.steps.pivot_table(
            index="year", columns="profile", values="clients", aggfunc="sum", sort=False
        )
        demand = change.cumsum() + start
        return pd.concat([start.to_frame(base_year).T, demand]).rename_axis(index="year", columns="profile")


def forecast(region: Region) -> Outlook:
    """Return the demand of a region: stock brought to neighbourhoods, inflow, and what becomes of people."""
    in_kind = _registered(region, "ZIN")
    share, reconciliation = _housed_share(region, in_kind)
    tiers = list(region.parameters.tiers)
    housed = in_kind.sel(tier=tiers) * share
    # added up and not the difference of two sums, which may be a little below nothing
    waiting = in_kind.sel(tier=WAITING, drop=True) + (in_kind.sel(tier=tiers) * (1.0 - share)).sum("tier")
    pathway = CarePathway.of(region.parameters)
    inflow = _inflow(region, in_kind)
    return Outlook(
        base_clients=_named(housed, "clients with a place in the base year"),
        base_waiting=_named(waiting, "clients without a place in the base year"),
        personal_budget=_named(_registered(region, "PGB").sel(tier=tiers), "clients with a personal budget"),
        inflow=_named(inflow, "new clients of the year"),
        pathway=pathway,
        reconciliation=reconciliation,
        steps=_steps(region, housed, waiting, inflow, pathway),
        areas=region.neighbourhoods,
    )


def _named(array: xr.DataArray, long_name: str) -> xr.DataArray:
    return array.assign_attrs(units="clients", long_name=long_name)


def _registered(region: Region, form: str) -> xr.DataArray:
    """Return the clients of one form by (neighbourhood, profile, tier), `waiting` among the tiers."""
    labels = {
        "neighbourhood": list(region.neighbourhoods.index),
        "profile": list(region.parameters.profiles),
        "tier": [*region.parameters.tiers, WAITING],
    }
    stock = xr.DataArray(0.0, coords=labels, dims=tuple(labels))
    for row in region.clients.loc[region.clients["form"] == form].to_dict("records"):
        part = _origins(region, row["neighbourhood"], row["municipality"], str(row["basis"]))
        where = {"neighbourhood": list(part.index), "profile": row["profile"], "tier": row["tier"]}
        stock.loc[where] += float(row["clients"]) * part.to_numpy()
    return stock


def _origins(region: Region, neighbourhood: object, municipality: object, basis: str) -> pd.Series:
    """Return the share of a count per neighbourhood it may come from.

    A registration says where the file is kept, not where somebody comes from: it is spread over
    all municipalities of the same centre, a count by origin over its municipality, both by
    inhabitants of 15 and over.
    """
    if isinstance(neighbourhood, str) and basis == "origin":
        return pd.Series(1.0, index=[neighbourhood])
    adults = region.neighbourhoods["inhabitants_15_plus"].astype(float)
    central, served = region.municipalities["central"], [municipality]
    if basis == "registration":
        served = list(central.index[central == central[str(municipality)]])
    adults = adults[region.neighbourhoods["municipality"].isin(served)]
    share: pd.Series = adults[adults > 0] / adults.sum()
    return share


def _housed_share(region: Region, registered: xr.DataArray) -> tuple[xr.DataArray, pd.DataFrame]:
    """Return the share of the registered that has a place, per tier, and the sums behind it."""
    parameters = region.parameters
    rows: list[tuple[str, float, float, float, float, float]] = []
    share: dict[str, float] = {}
    homes = region.homes.loc[region.homes["year"] == parameters.years.base, "homes"].sum()
    facilities = [((tier,), _room(region, tier)) for tier in parameters.tiers_of("facility")]
    for tiers, room in (*facilities, (parameters.tiers_of("home"), float(homes))):
        clients = float(registered.sel(tier=list(tiers)).sum())
        housed = min(clients, room)
        share.update(dict.fromkeys(tiers, housed / clients if clients else 0.0))
        rows.append(("+".join(tiers), clients, room, housed, clients - housed, room - housed))
    names = ["tier", "registered", "room", "housed", "waiting", "empty"]
    return (
        xr.DataArray(
            [share[k] for k in parameters.tiers], coords={"tier": list(parameters.tiers)}, dims="tier"
        ),
        pd.DataFrame(rows, columns=names).set_index("tier"),
    )


def _room(region: Region, tier: str) -> float:
    """Return the places of a facility tier that can be lived in by Wmo clients in the base year."""
    occupancy = region.parameters.tiers[tier].occupancy
    if occupancy is None or tier not in region.site_tiers.index.get_level_values("tier"):
        return 0.0
    here = region.site_tiers.xs(tier, level="tier")
    return occupancy.value * float((here["places"] - here["wlz_occupied"]).sum())


def _inflow(region: Region, registered: xr.DataArray) -> xr.DataArray:
    """Return new clients by (neighbourhood, profile, year): a share of the base stock, with a trend."""
    inflow, years = region.parameters.pathway.inflow, region.parameters.years.planned
    by_origin = registered.sum(["profile", "tier"])
    profiles = list(region.parameters.profiles)
    mix = [inflow.profiles[p].value if p in inflow.profiles else 0.0 for p in profiles]
    growth = [(1.0 + inflow.trend.value) ** step for step in range(1, len(years) + 1)]
    return (
        by_origin
        * inflow.share.value
        * xr.DataArray(mix, coords={"profile": profiles}, dims="profile")
        * xr.DataArray(growth, coords={"year": list(years)}, dims="year")
    )


def _steps(
    region: Region, housed: xr.DataArray, waiting: xr.DataArray, inflow: xr.DataArray, pathway: CarePathway
) -> pd.DataFrame:
    """Carry the base mix of tiers on and book every change of the demand under its step."""
    stock = xr.concat([housed, waiting.expand_dims(tier=[WAITING])], dim="tier").sum("neighbourhood")
    demand = stock.sum("tier")
    nobody_yet = (stock["tier"] == WAITING).astype(float)
    mix = (stock / demand.where(demand > 0, 1.0)).where(demand > 0, nobody_yet)
    retained = (mix * pathway.retained).sum("tier")
    exits = (mix * pathway.exits).sum("tier")
    new = inflow.sum("neighbourhood")
    level = new.isel(year=0, drop=True) / (1.0 + region.parameters.pathway.inflow.trend.value)
    frames = []
    for year in region.parameters.years.planned:
        lost = -(exits * demand)
        stayed = demand + lost.sum("exit")
        moved = (retained * demand).sum("profile").rename(to_profile="profile")
        after = moved + new.sel(year=year, drop=True)
        booked = {NEW: level, TREND: new.sel(year=year, drop=True) - level, CHANGED: moved - stayed}
        booked |= {name: lost.sel(exit=name, drop=True) for name in EXITS}
        booked[REMAINDER] = after - demand - sum(booked.values(), start=demand * 0.0)
        frames += [_step_rows(year, name, booked[name]) for name in STEPS]
        demand = after
    return pd.concat(frames, ignore_index=True)


def _step_rows(year: int, name: str, clients: xr.DataArray) -> pd.DataFrame:
    return pd.DataFrame(
        {"year": year, "profile": clients["profile"].to_numpy(), "step": name, "clients": clients.to_numpy()}
    )
