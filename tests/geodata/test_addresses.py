"""Addresses of sites, looked up by postcode and number in a table that the planner gives."""

import geopandas as gpd
import pandas as pd
import pytest
from cbs_map import BOTTOM, LEFT, write_map
from shapely import Point

import cli
from geodata.addresses import read_addresses
from models.region.read_region import read_region

RD = "EPSG:28992"
BAG = f"""postcode,huisnummer,huisletter,toevoeging,x,y
9901AB,12,,,{LEFT + 500},{BOTTOM + 500}
9901AB,12,A,,{LEFT + 510},{BOTTOM + 500}
9901AB,12,A,bis,{LEFT + 1500},{BOTTOM + 500}
9901AB,14,,1,{LEFT + 500},{BOTTOM + 600}
9901AB,14,,2,{LEFT + 500},{BOTTOM + 600.5}
9901AB,16,,1,{LEFT + 500},{BOTTOM + 700}
9901AB,16,,2,{LEFT + 500},{BOTTOM + 800}
9901AC,1,,,,
"""


@pytest.fixture(name="bag")
def _bag(tmp_path):
    path = tmp_path / "bag.csv"
    path.write_text(BAG, encoding="utf-8")
    return path


def init(folder, sites, *options):
    """Make a region of the small map and a list of sites, with the addresses beside the list."""
    (folder / "list.csv").write_text(sites, encoding="utf-8")
    command = ["init", str(folder / "new"), "--from", str(write_map(folder)), "--municipalities", "GM9901"]
    return cli.main([*command, "--sites", str(folder / "list.csv"), *options])


@pytest.mark.parametrize(
    ("asked", "place"),
    [
        (("9901AB", "12", ""), (LEFT + 500, BOTTOM + 500)),  # the one without a suffix is meant
        (("9901AB", "12", "A"), (LEFT + 510, BOTTOM + 500)),
        (("9901AB", "12", "ABIS"), (LEFT + 1500, BOTTOM + 500)),
        (("9901AB", "14", ""), (LEFT + 500, BOTTOM + 600)),  # two doors half a metre apart are one place
        (("9901AB", "16", ""), "more than one place in bag.csv: 16-1, 16-2"),
        (("9901AB", "12", "B"), "not in bag.csv, which has 12, 12-A, 12-ABIS"),
        (("9901AB", "18", ""), "not in bag.csv"),
        (("9901AC", "1", ""), "not in bag.csv"),  # it is in the table, without a place
    ],
)
def test_an_address_is_found_or_it_is_said_why_not(bag, asked, place):
    """By postcode, number and suffix; never the nearest one, and never one of two."""
    faults = []
    postcode, number, suffix = asked
    assert read_addresses(bag, RD, faults).find((postcode, number), suffix) == place
    assert faults == []


def test_the_same_from_points_and_from_longitudes(tmp_path):
    """A GeoPackage of points in degrees, and a table with lon and lat and decimal commas: within a metre."""
    point = gpd.GeoSeries([Point(LEFT + 500, BOTTOM + 500)], crs=RD)
    degrees = point.to_crs("EPSG:4326")
    lon, lat = (f"{value:.7f}".replace(".", ",") for value in (degrees.x[0], degrees.y[0]))
    rows = {"postcode": ["9901AB"], "huisnummer": [12]}
    gpd.GeoDataFrame(rows, geometry=degrees).to_file(tmp_path / "bag.gpkg", layer="adressen")
    (tmp_path / "bag.csv").write_text(f"Postcode;Huisnummer;lon;lat\n9901 ab;12;{lon};{lat}\n", "utf-8")
    for name in ("bag.gpkg", "bag.csv"):
        faults = []
        found = read_addresses(tmp_path / name, RD, faults)
        assert faults == []
        assert found.find(("9901AB", "12"), "") == pytest.approx((LEFT + 500, BOTTOM + 500), abs=1.0)


def test_sites_with_addresses_make_a_region(tmp_path, bag):
    """As people write them, one with a neighbourhood of its own; the row says where its place comes from."""
    sites = (
        "name,postcode,huisnummer,toevoeging,neighbourhood,tier,places\n"
        "One,9901 ab,12-a,,,intramural,8\nTwo,9901AB,12,A bis,,intramural,6\n"
        "Three,,,,WK990100,group_living,0\n"
    )
    assert init(tmp_path, sites, "--addresses", str(bag)) == cli.DONE
    region = read_region(tmp_path / "new")
    placed = region.sites.set_index("name")
    assert placed.loc["One", ["x", "y", "neighbourhood"]].tolist() == [LEFT + 510, BOTTOM + 500, "WK990100"]
    assert placed.loc["Two", "neighbourhood"] == "WK990101"
    written = pd.read_csv(tmp_path / "new" / "sites.csv")
    assert written["note"].str.contains("place of its address in bag.csv").tolist() == [True, True, False]
    # a candidate of which nothing is known has room for eight, and says that this is assumed
    assert written.loc[2, "most"] == 8
    assert "assumed: room for 8" in written.loc[2, "note"]


@pytest.mark.parametrize(
    ("columns", "row", "x"),
    [
        ("adres,postcode", "Kerkstraat 12,9901 ab", 500),
        ("adres,postcode", "Plein 1945 12a,9901AB", 510),
        ("adres", '"Kerkstraat 12-A, 9901 AB Stad"', 510),
        ("straat,postcode,huisnummer", "Kerkstraat,9901AB,12", 500),
        ("straat,postcode,huisnummer,toevoeging", "Plein 1945,9901AB,12 A,bis", 1500),
    ],
)
def test_an_address_may_stand_in_one_column(tmp_path, bag, columns, row, x):
    """Street and number together, with the postcode beside or behind them, as lists of sites have it."""
    assert init(tmp_path, f"{columns},tier,places\n{row},intramural,8\n", "--addresses", str(bag)) == cli.DONE
    assert read_region(tmp_path / "new").sites["x"].tolist() == [LEFT + x]


def test_what_is_not_found_is_told_with_all_other_faults(tmp_path, bag, capsys):
    """Not there, two places, no number: a fault with its line each, and nothing is written."""
    sites = (
        "straat,postcode,huisnummer,tier,places\n"
        "Kerkstraat,9901AB,18,intramural,8\nKerkstraat,9901AB,16,intramural,8\nKerkstraat 3,,,intramural,8\n"
    )
    assert init(tmp_path, sites, "--addresses", str(bag)) == cli.BAD_INPUT
    told = capsys.readouterr().err
    assert "list.csv, line 2: found the address 'Kerkstraat 9901AB 18', not in bag.csv" in told
    assert "line 3: found the address 'Kerkstraat 9901AB 16', more than one place in bag.csv" in told
    assert "line 4: found the address 'Kerkstraat 3', without a postcode and a number" in told
    assert not (tmp_path / "new").exists()


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("postcode,x,y\n9901AB,1,2\n", "expected postcode, huisnummer and coordinates"),
        ("postcode,huisnummer\n9901AB,1\n", "expected postcode, huisnummer and coordinates"),
        ("postcode,huisnummer,x,y\n9901AB,1,here,2\n", "line 2, x: found 'here'"),
    ],
)
def test_a_table_that_is_none_is_told(tmp_path, text, told, capsys):
    """Columns that lack and coordinates that are no numbers, with where and what to do."""
    (tmp_path / "bag.csv").write_text(text, encoding="utf-8")
    sites = "postcode,huisnummer,tier,places\n9901AB,1,intramural,8\n"
    assert init(tmp_path, sites, "--addresses", str(tmp_path / "bag.csv")) == cli.BAD_INPUT
    assert told in capsys.readouterr().err


def test_addresses_go_with_sites(tmp_path, bag, capsys):
    """Without a list of sites, or with a region to copy, the table would be left unread."""
    command = ["init", str(tmp_path / "new"), "--addresses", str(bag)]
    assert cli.main([*command, "--from", str(write_map(tmp_path)), "--municipalities", "GM9901"]) == 2
    assert "--addresses: found no sites to look up" in capsys.readouterr().err
    assert cli.main(command) == cli.BAD_INPUT
    assert "--addresses: found a region to copy" in capsys.readouterr().err
