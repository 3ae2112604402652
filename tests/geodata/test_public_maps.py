"""Every map beside the project is read whole by the reader that it is for; without them these are skipped."""

import geopandas as gpd
import pandas as pd
import pytest
from maps import needs, the_map

from geodata.cbs import CRS, read_extract
from geodata.indicator_tables import read_figures
from geodata.indicators import numbers, our_names, texts
from geodata.layers import read_layer
from geodata.locations import read_locations

REGIONS = {
    "regio_bmwe.gpkg": {"wijk": 15, "buurt": 67, "pc4_2018": 48, "plaatsen": 20},
    "regio_drenthe.gpkg": {"wijk": 189, "buurt": 679, "pc4_2018": 260, "plaatsen": 94},
    "regio_rotterdam.gpkg": {"wijk": 89, "buurt": 337, "pc4_2018": 111, "plaatsen": 37},
    "regio_zuidoost_drenthe.gpkg": {"wijk": 61, "buurt": 209, "pc4_2018": 81, "plaatsen": 40},
}
"""Of each region the areas of both levels, and the points of both layers of these."""

TOWNS = {"nl_gemeente_2017.gpkg": (388, 17_081_507), "nl_gemeente_2022.gpkg": (345, 17_590_672)}
TABLES = {"nl_wijk_2024_kwb.csv": 3393, "nl_gemeente_2024_kwb.csv": 342}
HOSPITALS = "zorg_ziekenhuizen_2019.geojson"
COUNTRY = "nl_wijk_2022.gpkg"


@needs(COUNTRY)
def test_no_map_is_left_out():
    """What lies in the folder is what is read here."""
    there = {path.name for path in the_map(COUNTRY).parent.iterdir()}
    assert there == {*REGIONS, *TOWNS, *TABLES, HOSPITALS, COUNTRY}


@needs(COUNTRY)
def test_all_wijken_by_naming_every_municipality():
    """345 municipalities at once: 3,340 wijken, and as many inhabitants as CBS publishes."""
    faults = []
    every = gpd.read_file(the_map(COUNTRY), ignore_geometry=True)["gm_code"].unique()
    extract = read_extract(the_map(COUNTRY), list(every), "wijk", faults)
    assert faults == []
    assert (len(extract.areas), len(extract.municipalities), extract.year) == (3340, 345, 2022)
    assert extract.areas["inhabitants"].sum() == 17_588_925


@pytest.mark.parametrize("level", ["wijk", "buurt"])
@pytest.mark.parametrize("name", [pytest.param(name, marks=needs(name)) for name in REGIONS])
def test_regions_at_both_levels(name, level):
    """Layers of several years and kinds in one file: the one of the level is found, every area in it."""
    faults = []
    layer = next(n for n in gpd.list_layers(the_map(name))["name"] if n.startswith(level))
    raw = gpd.read_file(the_map(name), layer=layer, ignore_geometry=True)
    extract = read_extract(the_map(name), list(raw["gm_code"].unique()), level, faults)
    assert faults == []
    counted = extract.areas["inhabitants"]
    assert len(counted) == REGIONS[name][level]
    assert counted.sum() == pd.to_numeric(raw["inwoners"]).clip(lower=0).sum() > 10_000


@pytest.mark.parametrize("layer", ["pc4_2018", "plaatsen"])
@pytest.mark.parametrize("name", [pytest.param(name, marks=needs(name)) for name in REGIONS])
def test_points_of_regions(name, layer):
    """Postcodes and places are points with coordinates in metres, inside the Netherlands."""
    faults = []
    points = read_locations(f"{the_map(name)}#{layer}", CRS, faults)
    assert faults == []
    assert len(points) == REGIONS[name][layer]
    assert points["x"].astype(float).between(0, 300_000).all()
    assert points["y"].astype(float).between(300_000, 630_000).all()


@needs(HOSPITALS)
def test_hospitals_in_degrees():
    """A GeoJSON in degrees: 89 places, brought to metres."""
    faults = []
    places = read_locations(the_map(HOSPITALS), CRS, faults)
    assert faults == []
    assert len(places) == 89
    assert places["x"].astype(float).between(0, 300_000).all()


@pytest.mark.parametrize("name", [pytest.param(name, marks=needs(name)) for name in TOWNS])
def test_municipalities_of_two_years(name):
    """Under the column names of either year: all of them, and the published sum."""
    faults = []
    raw = read_layer(the_map(name), lambda names: names[0], "gemeenten", faults)
    raw = raw.rename(columns=our_names(raw.columns))
    counted = numbers(name, raw["inhabitants"], texts(raw["municipality"]), "inhabitants", faults)
    assert faults == []
    assert (len(counted), counted.sum()) == TOWNS[name]


@pytest.mark.parametrize("name", [pytest.param(name, marks=needs(name)) for name in TABLES])
def test_key_figures_of_2024(name):
    """Tables without geometry: a row per code, inhabitants of all the country."""
    faults = []
    figures = read_figures(the_map(name), faults)
    assert faults == []
    assert len(figures) == TABLES[name]
    assert figures["inhabitants"].sum() == pytest.approx(17_900_000, rel=0.01)
