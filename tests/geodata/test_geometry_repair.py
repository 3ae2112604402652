"""Shapes of areas made sound, and what is said of each repair."""

import geopandas as gpd
import pytest
from shapely import GeometryCollection, LineString, MultiPolygon, Point, Polygon, box

from geodata.geometry_repair import mended

SQUARE = box(0, 0, 100, 100)
BOWTIE = Polygon([(0, 0), (100, 100), (100, 0), (0, 100)])
"""Two triangles of 100 by 50 metres that meet in the middle: 5,000 m², half a hectare."""


def repaired(*shapes):
    """Return the shapes as mended, what was said and the faults."""
    areas = gpd.GeoDataFrame(
        {"code": [f"A{n}" for n in range(len(shapes))]}, geometry=list(shapes), crs="EPSG:28992"
    )
    faults = []
    sound, remarks = mended("map.gpkg", areas, faults)
    return list(sound.geometry), remarks, [f"{fault.column}: {fault.found}" for fault in faults]


@pytest.mark.parametrize("shape", [SQUARE, MultiPolygon([SQUARE, box(200, 0, 300, 100)]), Point(1, 1)])
def test_what_is_sound_stays_as_it_is(shape):
    """Nothing is changed, and nothing said."""
    assert repaired(shape) == ([shape], (), [])


def test_an_outline_that_crosses_itself_keeps_what_it_encloses():
    """The bow tie keeps both triangles, and the repair names its area by size."""
    (shape,), (remark,), faults = repaired(BOWTIE)
    assert shape.is_valid
    assert shape.area == pytest.approx(5_000)
    assert "area A0 had an outline that crosses itself" in remark
    assert "(0.5 ha)" in remark
    assert faults == []


def test_of_a_collection_the_polygons_stay():
    """A line beside a square is left out."""
    (shape,), (remark,), faults = repaired(GeometryCollection([SQUARE, LineString([(0, 0), (500, 500)])]))
    assert shape.equals(SQUARE)
    assert "A0 was a GeometryCollection" in remark
    assert faults == []


@pytest.mark.parametrize(
    ("shape", "found"),
    [
        (None, "without a shape"),
        (Polygon(), "without a shape"),
        (LineString([(0, 0), (1, 1)]), "with a LineString that encloses nothing"),
        (Polygon([(0, 0), (1, 1), (2, 2)]), "with a Polygon that encloses nothing"),
    ],
)
def test_an_area_without_surface_is_one_fault(shape, found):
    """The others stay; the one that cannot be mended is named."""
    _, remarks, faults = repaired(SQUARE, shape)
    assert remarks == ()
    assert faults == [f"geometry: area 'A1' {found}"]
