"""`plan.gpkg`: the plan as map layers, for whoever has a GIS."""

from __future__ import annotations

from typing import TYPE_CHECKING

import geopandas as gpd
import pandas as pd
import pyogrio

from reports.figures import figures
from reports.figures.public import Public, public_measures

if TYPE_CHECKING:
    from pathlib import Path

    from optimiser.plan import Plan
    from reports.figures.contents import Contents

# A GeoPackage carries the date of its last change; a fixed one keeps re-runs equal.
_FIXED_DATE = {"OGR_CURRENT_DATE": "2000-01-01T00:00:00.000Z"}


def write_layers(plan: Plan, file: Path) -> None:
    """Write the layers `neighbourhoods` and `sites`, one column a measure and year.

    Only columns of ours are written: one of the input's, such as `fid`, may mean something to
    the format.
    """
    pyogrio.set_gdal_config_options(_FIXED_DATE)
    try:
        neighbourhood_layer(plan).to_file(file, layer="neighbourhoods", driver="GPKG")
        site_layer(plan).to_file(file, layer="sites", driver="GPKG")
    finally:
        pyogrio.set_gdal_config_options(dict.fromkeys(_FIXED_DATE))


def write_public_layers(contents: Contents, file: Path) -> None:
    """Write the layer `municipalities` with what may be published; what is left out is empty."""
    region = contents.region
    shapes = region.neighbourhoods[["municipality", "geometry"]].dissolve(by="municipality", method="unary")
    towns = region.municipalities.loc[shapes.index, ["name", "inhabitants"]]
    tables = public_measures(contents, Public(contents.plan))
    years = [table.reindex(towns.index).add_prefix(f"{name}_") for name, table in tables.items()]
    frame = pd.concat([towns, *years], axis=1).rename_axis("municipality").reset_index()
    layer = gpd.GeoDataFrame(frame, geometry=shapes.geometry.to_numpy(), crs=region.neighbourhoods.crs)
    pyogrio.set_gdal_config_options(_FIXED_DATE)
    try:
        layer.to_file(file, layer="municipalities", driver="GPKG")
    finally:
        pyogrio.set_gdal_config_options(dict.fromkeys(_FIXED_DATE))


def neighbourhood_layer(plan: Plan) -> gpd.GeoDataFrame:
    """Return the areas with what they can carry, and places, per 1,000, homes, waiting and excess by year."""
    region = figures.region_of(plan)
    areas = region.neighbourhoods
    held = figures.neighbourhood_places(plan)
    tables = {
        "places": held,
        "places_per_1000": figures.per_thousand(plan, held),
        "homes": figures.neighbourhood_homes(plan),
        "waiting": figures.neighbourhood_waiting(plan),
        "excess": figures.neighbourhood_excess(plan),
    }
    years = [table.reindex(areas.index).add_prefix(f"{name}_") for name, table in tables.items()]
    about = areas[["name", "municipality", "inhabitants"]]
    about = about.assign(carrying_capacity=region.carrying_capacity["index"])
    frame = pd.concat([about, *years], axis=1)
    coded = frame.rename_axis("neighbourhood").reset_index()
    return gpd.GeoDataFrame(coded, geometry=areas.geometry.to_numpy(), crs=areas.crs)


def site_layer(plan: Plan) -> gpd.GeoDataFrame:
    """Return the sites with what has happened to them by the last year and their places by year."""
    region = figures.region_of(plan)
    totals, events = figures.site_totals(plan), figures.site_events(plan)
    sites = region.sites.reindex(totals.index)
    about = sites[["name", "neighbourhood", "provider", "status"]].assign(what_happens=events.iloc[:, -1])
    frame = pd.concat([about, totals.add_prefix("places_")], axis=1).rename_axis("site").reset_index()
    points = gpd.points_from_xy(sites["x"], sites["y"])
    return gpd.GeoDataFrame(frame, geometry=points, crs=region.neighbourhoods.crs)
