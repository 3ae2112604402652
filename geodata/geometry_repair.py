"""Shapes of areas made sound: outlines that cross themselves, parts that are no area, shapes that lack."""

import geopandas as gpd
import shapely
from shapely import Geometry

from geodata.faults import Fault

_POLYGONAL = ("Polygon", "MultiPolygon")
_SHAPES = "a polygon that encloses something"


def mended(
    label: str, areas: gpd.GeoDataFrame, faults: list[Fault]
) -> tuple[gpd.GeoDataFrame, tuple[str, ...]]:
    """Return areas (column `code`, coordinates in metres) with sound shapes, and a remark on each repair.

    An outline that crosses itself becomes the parts that it encloses; of a collection the polygons stay.
    Points stay as they are. An area without any surface is a fault: nobody can say where it lies.
    """
    shapes: list[Geometry | None] = []
    remarks: list[str] = []
    for code, shape in zip(areas["code"], areas.geometry.array, strict=True):
        whole, remark = _sound(shape)
        shapes.append(whole)
        if whole is None:
            found = f"area '{code}' {remark}"
            faults.append(Fault(label, found, _SHAPES, "Draw it again in a GIS program.", column="geometry"))
        elif remark:
            remarks.append(f"Repaired of {label}: area {code} {remark}.")
    return areas.set_geometry(gpd.GeoSeries(shapes, index=areas.index, crs=areas.crs)), tuple(remarks)


def _sound(shape: Geometry | None) -> tuple[Geometry | None, str]:
    """Return a shape that is sound and what was done to it; None and what is wrong where nothing is left."""
    if shape is None or shapely.is_empty(shape):
        return None, "without a shape"
    if shape.geom_type == "Point" or (shape.geom_type in _POLYGONAL and shapely.is_valid(shape)):
        return shape, ""
    polygons = _polygons(shapely.make_valid(shape))
    if not shapely.area(polygons) > 0.0:
        return None, f"with a {shape.geom_type} that encloses nothing"
    if shape.geom_type in _POLYGONAL:
        hectares = shapely.area(polygons) / 10_000
        return polygons, f"had an outline that crosses itself; what it encloses ({hectares:,.1f} ha) is kept"
    return polygons, f"was a {shape.geom_type}; its polygons are kept"


def _polygons(shape: Geometry) -> Geometry:
    """Return the polygons of a valid shape as one."""
    parts = [part for part in shapely.get_parts(shape) if part.geom_type in _POLYGONAL]
    nested = [part for part in shapely.get_parts(shape) if part.geom_type == "GeometryCollection"]
    return shapely.union_all([*parts, *map(_polygons, nested)])
