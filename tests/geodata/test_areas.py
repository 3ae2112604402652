"""Areas: polygons and points, CBS columns as they come, and what is said of a wrong file."""

import json
from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pytest
import shapely
from shapely import Point
from tiny import SOUTH_M, SQUARE_M, WEST_M, neighbourhoods, square

from geodata.areas import read_areas, voronoi_cells

if TYPE_CHECKING:
    from geodata.faults import Fault

RD = "EPSG:28992"


def read(path):
    """Return the areas of a file and its faults."""
    faults: list[Fault] = []
    return read_areas(path, RD, faults), faults


def write(tmp_path, document) -> object:
    """Write a GeoJSON document and return its path."""
    path = tmp_path / "neighbourhoods.geojson"
    path.write_text(json.dumps(document), encoding="utf-8")
    return path


def with_points(document):
    """Return the document with the middle of each square in place of the square."""
    for column, feature in enumerate(document["features"]):
        middle = [WEST_M + (column + 0.5) * SQUARE_M, SOUTH_M + SQUARE_M / 2]
        feature["geometry"] = {"type": "Point", "coordinates": middle}
    return document


def test_polygons_of_a_geojson(tmp_path):
    """The three squares come back with their figures; 20 % children leaves 80 % of 15 and over."""
    areas, faults = read(write(tmp_path, neighbourhoods()))
    assert faults == []
    assert list(areas.index) == ["N1", "N2", "N3"]
    assert areas["inhabitants_15_plus"].tolist() == [8000.0, 4800.0, 3200.0]
    assert areas.area.tolist() == [4e6] * 3
    assert (areas.at["N1", "x"], areas.at["N1", "y"]) == (251_000.0, 526_000.0)
    assert areas.attrs == {"drawn_as": "polygons", "adults_assumed": False, "adults_assumed_in": ()}
    assert areas.crs == RD


def test_degrees_are_brought_to_metres(tmp_path):
    """The same squares in longitude and latitude, without a crs member as the standard has it."""
    path = write(tmp_path, neighbourhoods())
    gpd.read_file(path).to_crs("EPSG:4326").to_file(tmp_path / "degrees.geojson", driver="GeoJSON")
    areas, faults = read(tmp_path / "degrees.geojson")
    assert faults == []
    # seven decimals of a degree are about a centimetre
    assert areas.area.to_numpy() == pytest.approx(4e6, rel=1e-4)
    assert areas.at["N1", "x"] == pytest.approx(251_000, abs=1)


def test_cbs_columns_of_a_geopackage(tmp_path):
    """Names in capitals or not, codes for missing, water, and a column called fid."""
    frame = gpd.GeoDataFrame(
        {
            "FID": [7, 8, 9, 10],
            "BU_CODE": ["BU01140001", "BU01140002", "BU01140003", "BU01149999"],
            "BU_NAAM": ["Een", "Twee", "Drie", "Meer"],
            "WK_CODE": ["WK011400"] * 4,
            "GM_CODE": ["GM0114"] * 4,
            "H2O": ["NEE", "NEE", "B", "JA"],
            "AANT_INW": [100, 300, 600, -99997],
            "P_00_14_JR": [10, 30, -99997, -99997],
            "percentage_laag_inkomen": ["40,5", ".", "39", "."],
        },
        geometry=[shapely.Polygon(square(column)) for column in range(4)],
        crs=RD,
    )
    frame.rename(columns={"FID": "other_fid"}).to_file(tmp_path / "neighbourhoods.gpkg", layer="buurten")
    areas, faults = read(tmp_path / "neighbourhoods.gpkg")
    assert faults == []
    assert list(areas.index) == ["BU01140001", "BU01140002", "BU01140003"]  # the water is gone
    assert areas["name"].tolist() == ["Een", "Twee", "Drie"]
    assert areas["municipality"].unique().tolist() == ["GM0114"]
    # 90 + 210 of 400 are 15 and over where it is known: 75 %, so 450 of the 600
    assert areas["inhabitants_15_plus"].tolist() == [90.0, 210.0, 450.0]
    assert areas.attrs["adults_assumed_in"] == ("BU01140003",)
    assert areas["percentage_laag_inkomen"].tolist()[::2] == [40.5, 39.0]
    assert np.isnan(areas["percentage_laag_inkomen"].iloc[1])


def test_without_any_share_of_children_all_inhabitants_count(tmp_path):
    """It is assumed, and said to be."""
    document = neighbourhoods()
    for feature in document["features"]:
        del feature["properties"]["percentage_personen_0_tot_15_jaar"]
    areas, _ = read(write(tmp_path, document))
    assert areas["inhabitants_15_plus"].tolist() == areas["inhabitants"].tolist()
    assert areas.attrs["adults_assumed"]


def test_points_become_voronoi_cells(tmp_path):
    """Between two points lies the border; the outer edge is the nearest distance, 2 km, away."""
    areas, faults = read(write(tmp_path, with_points(neighbourhoods())))
    assert faults == []
    assert areas.attrs["drawn_as"] == "voronoi"
    assert areas["x"].tolist() == [251_000.0, 253_000.0, 255_000.0]
    # the middle cell: 2 km wide, and 2 km to the north and to the south of the line of points
    assert areas.geometry["N2"].bounds == pytest.approx((252_000, 524_000, 254_000, 528_000))
    assert areas.geometry["N1"].bounds[0] == pytest.approx(249_000)
    assert areas.union_all().area == pytest.approx(areas.area.sum())  # no overlap, no hole


def test_voronoi_cells_hold_their_own_point_in_order():
    """Thirty scattered points: each cell holds its point and no other."""
    places = [Point(*xy) for xy in np.random.default_rng(1).uniform(0, 10_000, (30, 2))]
    cells = voronoi_cells(places)
    for number, cell in enumerate(cells):
        assert [i for i, place in enumerate(places) if cell.covers(place)] == [number]


def test_a_lone_point_gets_a_circle():
    """There is no nearest other, so the radius is 1 km."""
    (cell,) = voronoi_cells([Point(0, 0)])
    assert cell.bounds == pytest.approx((-1000, -1000, 1000, 1000))


def test_voronoi_of_two_points_at_one_spot_is_refused():
    """The map nearest to either would be the same map."""
    with pytest.raises(ValueError, match="one spot"):
        voronoi_cells([Point(0, 0), Point(0, 0.5), Point(9, 9)])


def _break(feature: int, **properties):
    def change(document):
        document["features"][feature]["properties"] |= properties

    return change


def _shape(feature: int, kind, coordinates):
    def change(document):
        shape = {"type": kind, "coordinates": coordinates} if kind else None
        document["features"][feature]["geometry"] = shape

    return change


def _drop(name: str):
    def change(document):
        for feature in document["features"]:
            del feature["properties"][name]

    return change


def _rename(old: str, new: str):
    def change(document):
        for feature in document["features"]:
            feature["properties"][new] = feature["properties"].pop(old)

    return change


def _same_spot(document):
    with_points(document)
    document["features"][2]["geometry"] = document["features"][0]["geometry"]


BOW_TIE = [
    [[250_000, 525_000], [252_000, 527_000], [252_000, 525_000], [250_000, 527_000], [250_000, 525_000]]
]


@pytest.mark.parametrize(
    ("change", "column", "found", "remedy"),
    [
        (_break(1, inhabitants=-99997), "inhabitants", "area 'N2' without inhabitants", "estimate"),
        (_break(1, inhabitants=None), "inhabitants", "area 'N2' without inhabitants", "water"),
        (_break(1, inhabitants=-5), "inhabitants", "'-5' for area 'N2'", "Correct"),
        (_break(1, inhabitants="many"), "inhabitants", "'many' for area 'N2'", "Correct"),
        (_break(1, municipality=None), "municipality", "area 'N2' without a municipality", "Fill it in"),
        (_break(1, code=None), "code", "areas without a code (numbers 2)", "its code"),
        (_break(1, code="N1"), "code", "area 'N1' more than once", "Merge"),
        (_break(1, code="N 2"), "code", "area 'N 2'", "name"),
        (_shape(1, None, None), "geometry", "area 'N2' with no shape", "Draw it again"),
        (_shape(1, "LineString", square(1)), "geometry", "area 'N2' with LineString", "Draw it again"),
        (_shape(1, "Point", [253_000, 526_000]), "geometry", "1 points among 2 polygons", "one of the two"),
        (
            _shape(0, "Polygon", BOW_TIE),
            "geometry",
            "area 'N1' with an outline that crosses",
            "fix geometries",
        ),
        (_shape(1, "Polygon", [square(0)]), "geometry", "'N1' and 'N2' that overlap by 100%", "borders"),
        (_same_spot, "geometry", "areas 'N1' and 'N3' at one spot", "Move"),
        (_drop("inhabitants"), "inhabitants", "no column of inhabitants", "code, name, municipality"),
        (_rename("municipality", "municipalty"), "municipality", "no column", "Did you mean 'municipalty'"),
        (lambda d: d.pop("crs"), "geometry", "coordinates from (250000, 525000)", "degrees"),
        (lambda d: d["features"].clear(), None, "no areas", "Export"),
    ],
)
def test_what_is_wrong_with_areas_is_told(tmp_path, change, column, found, remedy):
    """One change to the sound file, one fault that names file, column, area and remedy."""
    document = neighbourhoods()
    change(document)
    _, faults = read(write(tmp_path, document))
    assert [(fault.file, fault.column) for fault in faults] == [("neighbourhoods.geojson", column)]
    assert found in faults[0].found
    assert remedy in faults[0].remedy


@pytest.mark.parametrize("name", ["neighbourhoods.geojson", "neighbourhoods.gpkg"])
@pytest.mark.parametrize("content", [b"", b"{ hello", b"\x00\x01\x02"])
def test_a_file_that_is_no_map(tmp_path, name, content):
    """Whatever the bytes, one fault and no exception."""
    (tmp_path / name).write_bytes(content)
    areas, faults = read(tmp_path / name)
    assert areas.empty
    assert [fault.file for fault in faults] == [name]
    assert "Export" in faults[0].remedy


def test_a_ring_that_is_not_closed(tmp_path):
    """GEOS refuses it; the planner hears so without a traceback."""
    document = neighbourhoods()
    _shape(0, "Polygon", [square(0)[:2]])(document)
    _, faults = read(write(tmp_path, document))
    assert ["Export" in fault.remedy or "fix" in fault.remedy for fault in faults] == [True]


def test_a_geopackage_without_a_reference_system(tmp_path):
    """Numbers without a system are no places."""
    frame = gpd.read_file(write(tmp_path, neighbourhoods())).set_crs(None, allow_override=True)
    with pytest.warns(UserWarning, match="crs"):
        frame.to_file(tmp_path / "neighbourhoods.gpkg")
    _, faults = read(tmp_path / "neighbourhoods.gpkg")
    assert [fault.found for fault in faults] == ["no reference system"]
    assert "Assign" in faults[0].remedy


def test_of_several_layers_the_one_called_neighbourhoods_counts(tmp_path):
    """With two layers of other names nobody can tell which; named so, it is read."""
    frame = gpd.read_file(write(tmp_path, neighbourhoods()))
    path = tmp_path / "neighbourhoods.gpkg"
    frame.to_file(path, layer="wijken")
    frame.to_file(path, layer="buurten")
    _, faults = read(path)
    assert [fault.found for fault in faults] == ["2 layers (wijken, buurten)"]
    frame.to_file(path, layer="neighbourhoods")
    areas, faults = read(path)
    assert (len(areas), faults) == (3, [])
