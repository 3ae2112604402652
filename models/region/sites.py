"""Locations of sites: given as a neighbourhood, as x and y, or as longitude and latitude."""

import math
from collections.abc import Iterator
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd

from geodata.faults import Fault

TOLERANCE_M = 500.0
"""Distance in metres up to which a site may lie outside every area: outlines are simplified."""

_FILE = "sites.csv"
_SHARED = ("name", "neighbourhood", "x", "y", "lon", "lat", "provider", "status", "plot_most", "contract_end")


def locate(rows: pd.DataFrame, areas: gpd.GeoDataFrame, faults: list[Fault]) -> pd.DataFrame:
    """Return one row per site of `sites.csv`, with the neighbourhood it lies in and its `x`, `y` (metres).

    A site given by its neighbourhood alone lies at the neighbourhood's own point. One given by
    coordinates lies in the area around them, or in the nearest within `TOLERANCE_M`. What the
    rows of one site say of it must agree; `line` is the first of them.
    """
    faults.extend(_disagreements(rows))
    named = rows[rows["site"].notna()]
    sites = named.groupby("site", sort=False)[list(_SHARED)].first()
    sites["line"] = named.reset_index().groupby("site", sort=False)["line"].first()
    sites["name"] = sites["name"].fillna(sites.index.to_series())
    sites["provider"] = sites["provider"].fillna("")
    faults.extend(_half_given(sites))
    return _placed(_in_metres(sites, areas), areas, faults)


def _disagreements(rows: pd.DataFrame) -> Iterator[Fault]:
    for site, group in rows.groupby("site", sort=False):
        for column in _SHARED:
            said = group[column].dropna()
            other = said[said != said.iloc[0]] if len(said) else said
            if len(other):
                found = (
                    f"'{other.iloc[0]}' for site {site}, which line {said.index[0]} says is '{said.iloc[0]}'"
                )
                remedy = "Write the same on every row of the site, or only on the first."
                line: Any = other.index[0]
                yield Fault(_FILE, found, "one answer per site", remedy, int(line), column)


def _half_given(sites: pd.DataFrame) -> Iterator[Fault]:
    for one, two in (("x", "y"), ("lon", "lat")):
        half = sites[sites[one].isna() != sites[two].isna()]
        for site, row in half.iterrows():
            missing = one if pd.isna(row[one]) else two
            found = f"site {site} with half a coordinate"
            yield Fault(
                _FILE, found, f"both {one} and {two}, or neither", f"Fill in {missing}.", row["line"], missing
            )


def _in_metres(sites: pd.DataFrame, areas: gpd.GeoDataFrame) -> pd.DataFrame:
    if areas.crs is None:
        return sites
    points = gpd.GeoSeries(gpd.points_from_xy(sites["lon"], sites["lat"]), index=sites.index, crs="EPSG:4326")
    metres = points.to_crs(areas.crs)
    given = sites["x"].notna() & sites["y"].notna()
    usable = ~given & np.isfinite(metres.x) & np.isfinite(metres.y)
    return sites.assign(x=sites["x"].where(~usable, metres.x), y=sites["y"].where(~usable, metres.y))


def _placed(sites: pd.DataFrame, areas: gpd.GeoDataFrame, faults: list[Fault]) -> pd.DataFrame:
    if areas.empty:
        return sites
    placed = sites.copy()
    for site, row in sites.iterrows():
        if math.isnan(row["x"]) or math.isnan(row["y"]):
            faults.extend(_without_coordinates(str(site), row, areas))
            if row["neighbourhood"] in areas.index:
                placed.loc[site, ["x", "y"]] = areas.loc[row["neighbourhood"], ["x", "y"]].to_numpy(float)
        else:
            code, fault = _area_around(str(site), row, areas)
            faults.extend([fault] if fault else [])
            placed.loc[site, "neighbourhood"] = code
    return placed


def _without_coordinates(site: str, row: pd.Series, areas: gpd.GeoDataFrame) -> Iterator[Fault]:
    if pd.isna(row["neighbourhood"]) and row[["x", "y", "lon", "lat"]].isna().all():
        remedy = "Fill in the neighbourhood, x and y, or lon and lat."
        yield Fault(
            _FILE,
            f"site {site} without a place",
            "a neighbourhood or coordinates",
            remedy,
            row["line"],
            "neighbourhood",
        )
    elif pd.isna(row["neighbourhood"]) and not row[["lon", "lat"]].isna().any():
        remedy = f"Check lon and lat; the region is in {areas.crs.name}."
        yield Fault(
            _FILE,
            f"site {site} off the map",
            "coordinates inside the region",
            remedy,
            row["line"],
            "lon, lat",
        )


def _area_around(site: str, row: pd.Series, areas: gpd.GeoDataFrame) -> tuple[str | None, Fault | None]:
    """Return the code of the area a point belongs to, or what is wrong with the point."""
    point = gpd.points_from_xy([row["x"]], [row["y"]])[0]
    distances = areas.distance(point)
    said = row["neighbourhood"]
    columns = "x, y" if pd.isna(row["lon"]) else "lon, lat"
    if distances.min() > TOLERANCE_M:
        found = (
            f"site {site} at ({row['x']:.0f}, {row['y']:.0f}), {distances.min() / 1000:.1f} km "
            f"outside the region"
        )
        expected = f"a place inside it, or within {TOLERANCE_M:.0f} m"
        remedy = (
            "Check the coordinates: x is the easting, y the northing, in the region's system (or "
            "use lon and lat)."
        )
        return None, Fault(_FILE, found, expected, remedy, row["line"], columns)
    if pd.notna(said) and said in areas.index:
        if distances[said] <= TOLERANCE_M:
            return str(said), None
        found = f"site {site} in neighbourhood {said}, with coordinates in {distances.idxmin()}"
        remedy = "Correct one of the two, or leave the neighbourhood empty."
        return str(said), Fault(
            _FILE, found, "coordinates in that neighbourhood", remedy, row["line"], columns
        )
    return (str(distances.idxmin()) if pd.isna(said) else str(said)), None
