"""The areas of a region: who lives in them, to which municipality they belong, where they lie."""

import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from pyproj import CRS
from pyproj.exceptions import CRSError
from scipy.spatial import KDTree

from geodata.faults import Fault, did_you_mean
from geodata.indicators import COLUMNS, INDICATORS, is_absent, is_water, numbers, our_names, texts
from geodata.invisible import INVISIBLE
from geodata.layers import read_layer

LONE_RADIUS_M = 1000.0
"""Radius of the area of a point that is alone in its region, in metres."""

SAME_SPOT_M = 1.0
"""Two points closer than this lie at one spot, in metres."""

_LAYER = "neighbourhoods"
_CODE = r"[A-Za-z0-9_]{1,40}"
_NAME = rf"[^\x00-\x1f{INVISIBLE}]{{0,200}}"
_UNCOUNTED = "Fill in an estimate, merge it with a neighbour, or mark it as water ('JA')."


def read_areas(path: Path, crs: str, faults: list[Fault]) -> gpd.GeoDataFrame:
    """Read areas with their inhabitants from a GeoPackage or GeoJSON file.

    Parameters
    ----------
    path
        Polygons, or points whose areas then are Voronoi cells (see `voronoi_cells`). Column
        names as in `COLUMNS`, in capitals or not.
    crs
        Projected reference system in metres of the result (see `is_in_metres`). A file in another one is
        reprojected; GeoJSON without a `crs` member is in degrees (WGS 84) by its standard.
    faults
        Every fault that is found is added here; the frame then holds what could be read.

    Returns
    -------
    gpd.GeoDataFrame
        Index `code`; `name`, `municipality`, `inhabitants`, `inhabitants_15_plus`, the
        `INDICATORS` that are present (NaN where suppressed), `source` ("" where none), `x` and `y` of a
        point inside (the given point, where points were given) and `geometry`. Water is left
        out. `attrs["drawn_as"]` is "polygons" or "voronoi"; `attrs["adults_assumed"]` tells
        whether inhabitants of 15 and over had to be assumed, for the codes in
        `attrs["adults_assumed_in"]`: the region's share of children, or none where no area
        gives it.
    """
    raw = read_layer(path, lambda names: _one_layer(path.name, names), "areas", faults)
    if raw is None:
        return _nothing(crs)
    raw = raw.rename(columns=our_names(raw.columns))
    if _lacks_columns(path.name, raw, faults) or not lies_in(path.name, raw, crs, faults):
        return _nothing(crs)
    dry = _without_water(raw.to_crs(crs))
    if dry.empty:
        remedy = "Add the areas where people live, or mark them as land ('NEE')."
        faults.append(Fault(path.name, "water only", "areas where people live", remedy, column="water"))
        return _nothing(crs)
    areas = _with_figures(path.name, dry, faults)
    areas = _with_shapes(path.name, areas, faults)
    return _with_adults(areas)


def is_in_metres(crs: str) -> bool:
    """Tell whether `crs` names a projected reference system with metres on its axes."""
    try:
        system = CRS.from_user_input(crs)
    except CRSError:
        return False
    return bool(system.is_projected and all(axis.unit_name == "metre" for axis in system.axis_info))


def voronoi_cells(points: Sequence[shapely.Point]) -> list[shapely.Geometry]:
    """Return the part of the map nearest to each point, in the order of the points.

    The cells end where the convex hull of the points ends, widened by the median distance
    (metres) from a point to its nearest other; a lone point gets a circle of 1 km.

    Raises
    ------
    ValueError
        When two points lie at one spot.
    """
    together = shapely.MultiPoint(points)
    if len(points) == 1:
        return [together.buffer(LONE_RADIUS_M)]
    nearest = _nearest_distances(points)
    if nearest.min() < SAME_SPOT_M:
        raise ValueError("two points lie at one spot")
    edge = together.convex_hull.buffer(float(np.median(nearest)))
    cells = shapely.voronoi_polygons(together, extend_to=edge, ordered=True)
    return [cell.intersection(edge) for cell in cells.geoms]


def _nearest_distances(points: Sequence[shapely.Point]) -> np.ndarray:
    places = shapely.get_coordinates(points)
    distances, _ = KDTree(places).query(places, k=2)
    return np.asarray(distances)[:, 1]


def _nothing(crs: str) -> gpd.GeoDataFrame:
    columns = ("name", "municipality", "source", "inhabitants", "inhabitants_15_plus", "x", "y")
    empty: dict[str, Any] = {
        name: pd.Series(dtype="str" if i < 3 else "float") for i, name in enumerate(columns)
    }
    areas = gpd.GeoDataFrame(empty, geometry=gpd.GeoSeries([], crs=crs))
    areas.index = pd.Index([], dtype="str", name="code")
    areas.attrs |= {"drawn_as": "polygons", "adults_assumed": False, "adults_assumed_in": ()}
    return areas


def _one_layer(file: str, names: Sequence[str]) -> str | Fault:
    if _LAYER in names:
        return _LAYER
    if len(names) == 1:
        return names[0]
    found = f"{len(names)} layers ({', '.join(names[:8])})" if names else "no layer of areas"
    return Fault(
        file, found, "one layer of areas", f"Keep one layer, or name the one that counts '{_LAYER}'."
    )


def _lacks_columns(file: str, raw: gpd.GeoDataFrame, faults: list[Fault]) -> bool:
    lacking = [name for name in ("code", "municipality", "inhabitants") if name not in raw]
    for name in lacking:
        written = [str(column) for column in raw.columns if column != raw.geometry.name]
        expected = "one of the columns " + ", ".join(COLUMNS[name])
        near = did_you_mean(name, written)
        faults.append(Fault(file, f"no column of {name}", expected, near, column=name))
    return bool(lacking)


def lies_in(file: str, raw: gpd.GeoDataFrame, crs: str, faults: list[Fault]) -> bool:
    """Tell whether the coordinates can be what the file says they are."""
    use = CRS.from_user_input(crs).area_of_use
    west, south, east, north = raw.to_crs("EPSG:4326").total_bounds
    if use is None or math.isnan(west):
        return True
    # a degree of slack: areas of use are rough
    inside = bool(
        use.west - 1 <= west <= east <= use.east + 1 and use.south - 1 <= south <= north <= use.north + 1
    )
    if not inside:
        found = (
            f"coordinates from {_pair(raw.total_bounds[:2])} to {_pair(raw.total_bounds[2:])} in "
            f"{raw.crs.name}"
        )
        remedy = (
            "Check the file's CRS, and that x comes before y; GeoJSON without a 'crs' member holds "
            "longitude and latitude in degrees."
        )
        faults.append(
            Fault(file, found, f"places within the area of use of {crs}", remedy, column="geometry")
        )
    return inside


def _pair(corner: np.ndarray) -> str:
    return f"({corner[0]:g}, {corner[1]:g})"


def _without_water(raw: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    if "water" not in raw:
        return raw
    return raw[~is_water(raw["water"])]


def _with_figures(file: str, raw: gpd.GeoDataFrame, faults: list[Fault]) -> gpd.GeoDataFrame:
    areas = gpd.GeoDataFrame(geometry=raw.geometry)
    for name in ("code", "municipality"):
        areas[name] = texts(raw[name])
    areas["name"] = texts(raw["name"]) if "name" in raw else areas["code"]
    areas["source"] = texts(raw["source"]) if "source" in raw else ""
    counted = ("inhabitants", "inhabitants_15_plus", "inhabitants_0_15", "percentage_0_15", *INDICATORS)
    for name in (name for name in counted if name in raw):
        areas[name] = numbers(file, raw[name], areas["code"], name, faults)
    absent = pd.Series([is_absent(value) for value in raw["inhabitants"]], index=raw.index)
    return _checked(file, areas, absent, faults)


def _checked(file: str, areas: gpd.GeoDataFrame, absent: pd.Series, faults: list[Fault]) -> gpd.GeoDataFrame:
    """Tell of areas without a code, a municipality or inhabitants, and of doubles; index by code."""
    nameless = areas["code"] == ""
    if nameless.any():
        rows = ", ".join(str(position + 1) for position in np.flatnonzero(nameless)[:10])
        found, remedy = (
            f"{nameless.sum()} areas without a code (numbers {rows})",
            "Give every area its code, or take it out.",
        )
        faults.append(Fault(file, found, "a code", remedy, column="code"))
    double = ~nameless & areas["code"].duplicated()
    strange = ~nameless & ~areas["code"].str.fullmatch(_CODE)
    homeless = ~nameless & (areas["municipality"] == "")
    unlawful = ~nameless & ~homeless & ~areas["municipality"].str.fullmatch(_CODE)
    garbled = ~nameless & ~areas["name"].str.fullmatch(_NAME)
    uncounted = ~nameless & absent
    for wrong, column, found, expected, remedy in (
        (
            strange,
            "code",
            "area '{}'",
            "a code of letters, digits and _ (at most 40)",
            "Put the rest in the name.",
        ),
        (double, "code", "area '{}' more than once", "each area once", "Merge its parts into one area."),
        (
            homeless,
            "municipality",
            "area '{}' without a municipality",
            "a code",
            "Fill it in, or take the area out.",
        ),
        (
            unlawful,
            "municipality",
            "area '{}' in a municipality with a strange code",
            "a code of letters, digits and _ (at most 40)",
            "Write the code of the municipality, such as GM0114.",
        ),
        (
            garbled,
            "name",
            "area '{}' with a strange name",
            "a text of one line and at most 200 characters",
            "Write its name anew.",
        ),
        (uncounted, "inhabitants", "area '{}' without inhabitants", "a number", _UNCOUNTED),
    ):
        for code in areas.loc[wrong, "code"].unique():
            faults.append(Fault(file, found.format(code), expected, remedy, column=column))
    return areas[~(nameless | double)].set_index("code")


def _with_shapes(file: str, areas: gpd.GeoDataFrame, faults: list[Fault]) -> gpd.GeoDataFrame:
    kinds = areas.geometry.geom_type
    points = kinds == "Point"
    polygons = kinds.isin(["Polygon", "MultiPolygon"])
    usable = ~areas.geometry.is_empty & (points | polygons)  # a missing shape is of no kind
    for code in areas.index[~usable]:
        found = f"area '{code}' with {kinds[code] if isinstance(kinds[code], str) else 'no shape'}"
        faults.append(
            Fault(file, found, "a polygon or a point", "Draw it again in a GIS program.", column="geometry")
        )
    if (points & usable).any() and (polygons & usable).any():
        found = f"{points.sum()} points among {polygons.sum()} polygons"
        faults.append(
            Fault(file, found, "polygons only, or points only", "Use one of the two.", column="geometry")
        )
    drawn = areas[usable & polygons] if (polygons & usable).any() else areas[usable & points]
    if drawn.empty:
        return _located(drawn, "polygons")
    if (polygons & usable).any():
        return _located(_sound(file, drawn, faults), "polygons")
    return _cells(file, drawn, faults)


def _sound(file: str, areas: gpd.GeoDataFrame, faults: list[Fault]) -> gpd.GeoDataFrame:
    valid = areas.geometry.is_valid
    for code in areas.index[~valid]:
        found = (
            f"area '{code}' with an outline that crosses itself "
            f"({shapely.is_valid_reason(areas.geometry[code])})"
        )
        remedy = "Repair it with 'fix geometries' in a GIS program."
        faults.append(Fault(file, found, "a valid polygon", remedy, column="geometry"))
    sound = areas[valid]
    for first, second, share in _overlaps(sound):
        found = f"areas '{first}' and '{second}' that overlap by {share:.0%} of the smaller"
        remedy = "Keep areas of one kind and one year, and repair their borders."
        faults.append(Fault(file, found, "areas beside one another", remedy, column="geometry"))
    return sound


MOST_OVERLAP = 0.02
"""Part of the smaller area that may lie in another: generalised borders cross a little."""


def _overlaps(areas: gpd.GeoDataFrame) -> list[tuple[str, str, float]]:
    shapes = areas.geometry.to_numpy()
    first, second = areas.sindex.query(shapes, predicate="intersects")
    once = first < second
    first, second = first[once], second[once]
    common = shapely.area(shapely.intersection(shapes[first], shapes[second]))
    smaller = np.minimum(shapely.area(shapes[first]), shapely.area(shapes[second]))
    shares = np.divide(common, smaller, out=np.zeros_like(common), where=smaller > 0)
    much = shares > MOST_OVERLAP
    names = areas.index.to_numpy()
    return list(zip(names[first[much]], names[second[much]], shares[much], strict=True))


def _cells(file: str, areas: gpd.GeoDataFrame, faults: list[Fault]) -> gpd.GeoDataFrame:
    twice = _at_one_spot(areas)
    for code, other in twice:
        remedy = "Move one of them to the middle of its own area, or merge the two."
        found = f"areas '{other}' and '{code}' at one spot"
        faults.append(Fault(file, found, "points apart from one another", remedy, column="geometry"))
    apart = areas.drop(index=[code for code, _ in twice])
    located = _located(apart, "voronoi")
    return located.set_geometry(
        gpd.GeoSeries(voronoi_cells(list(apart.geometry)), index=apart.index, crs=areas.crs)
    )


def _at_one_spot(areas: gpd.GeoDataFrame) -> list[tuple[str, str]]:
    places = shapely.get_coordinates(areas.geometry.to_numpy())
    pairs = sorted(KDTree(places).query_pairs(SAME_SPOT_M))
    first: dict[int, int] = {}
    for a, b in pairs:
        first.setdefault(b, a)
    return [(areas.index[b], areas.index[a]) for b, a in first.items()]


def _located(areas: gpd.GeoDataFrame, drawn_as: str) -> gpd.GeoDataFrame:
    points = areas.geometry.representative_point()
    located = areas.assign(x=points.x, y=points.y)
    located.attrs["drawn_as"] = drawn_as
    return located


def _with_adults(areas: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Add inhabitants of 15 and over: given, or by the share of children, or assumed."""
    people = areas["inhabitants"]
    children = areas["percentage_0_15"] / 100 if "percentage_0_15" in areas else people * math.nan
    given = areas["inhabitants_15_plus"] if "inhabitants_15_plus" in areas else people * math.nan
    young = areas["inhabitants_0_15"] if "inhabitants_0_15" in areas else people * math.nan
    # children and inhabitants are each rounded, so that a hamlet may have more of the first
    adults = given.fillna((people - young).clip(lower=0)).fillna(people * (1 - children))
    assumed = adults.isna()
    known = people[~assumed].sum()
    share = adults[~assumed].sum() / known if known > 0 else 1.0
    adults = adults.where(~assumed, people * share)
    with_adults = areas.assign(inhabitants_15_plus=adults)
    with_adults.attrs = {
        **areas.attrs,
        "adults_assumed": bool(assumed.any()),
        "adults_assumed_in": tuple(areas.index[assumed]),
    }
    leading = ["name", "municipality", "inhabitants", "inhabitants_15_plus"]
    indicators = [name for name in INDICATORS if name in with_adults]
    return with_adults[[*leading, *indicators, "source", "x", "y", "geometry"]]
