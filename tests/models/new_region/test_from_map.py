"""A region made of CBS's map: what the map knows is in it, what is assumed says so, check tells the rest."""

import json
import re
import sqlite3
import zipfile

import geopandas as gpd
import pandas as pd
import pytest
from cbs_map import BOTTOM, LEFT, NAMES, WIJKEN, write_map
from maps import needs, the_map
from shapely import LineString, Point

import cli
from geodata.cbs import read_extract
from models.new_region.from_map import default_assumptions
from models.region.read_region import read_region

SITES = """site;name;neighbourhood;provider;tier;places
a;Eerste huis;WK990100;A;intramural;20
b;Tweede huis;WK990101;B;intramural;11
c;Groep;WK990200;B;group_living;8
"""


def init(folder, source, towns="Stad aan 't Meer,GM9902", *options):
    """Run the command as a planner does."""
    return cli.main(["init", str(folder), "--from", str(source), "--municipalities", towns, *options])


@pytest.mark.parametrize(("spelling", "year"), [("long", 2023), ("short", 2017)])
def test_a_map_of_any_year_becomes_a_region(tmp_path, spelling, year):
    """Both spellings of the columns; the lake is left out; codes below −99990 are missing."""
    source = write_map(tmp_path, spelling=spelling, year=year)
    faults = []
    extract = read_extract(source, ["dorp", "GM9901"], "wijk", faults)
    assert faults == []
    assert extract.year == year
    assert list(extract.areas["code"]) == [row[0] for row in WIJKEN]
    areas = extract.areas.set_index("code")
    assert areas["inhabitants"].sum() == 7005
    assert pd.isna(areas.loc["WK990102", "percentage_laag_inkomen"])
    # the layer of municipalities has the unrounded count, and 30 % of 3,000 homes is 900
    assert extract.municipalities.loc["GM9901", ["name", "inhabitants", "social_homes"]].tolist() == [
        NAMES["GM9901"], 6002, 900,
    ]  # fmt: skip


def test_check_says_what_is_left_to_do(tmp_path, capsys):
    """Without sites, two faults remain: the sites and the clients."""
    assert init(tmp_path / "new", write_map(tmp_path)) == cli.DONE
    capsys.readouterr()
    assert cli.main(["check", str(tmp_path / "new"), "--json"]) == cli.BAD_INPUT
    faults = json.loads(capsys.readouterr().out)["faults"]
    assert [(fault["file"], fault["found"]) for fault in faults] == [
        ("sites.csv", "no rows"), ("clients.csv", "no rows"),
    ]  # fmt: skip


def test_with_a_list_of_sites_the_region_is_whole(tmp_path):
    """Clients follow from the places; tiers without a site and profiles without a tier are taken out."""
    (tmp_path / "list.csv").write_text(SITES, encoding="utf-8")
    assert (
        init(tmp_path / "new", write_map(tmp_path), "dorp,GM9901", "--sites", str(tmp_path / "list.csv")) == 0
    )
    region = read_region(tmp_path / "new")
    tiers = list(region.parameters.tiers)
    assert tiers == ["intramural", "group_living", "scattered_home", "own_home", "housing_first"]
    assert region.parameters.years.base == 2022
    assert region.parameters.region.central_municipality == "GM9901"
    counted = region.clients.groupby("tier")["clients"].sum()
    # ⌊0.95 × 31⌋ = 29 of the beds and ⌊0.95 × 8⌋ = 7 of the group can be lived in
    assert counted.to_dict() == {"group_living": 7, "intramural": 29}
    # 29 × 88/151 = 16.9, 29 × 49/151 = 9.4 and 29 × 14/151 = 2.7, the largest remainders up
    assert region.clients[region.clients["tier"] == "intramural"]["clients"].tolist() == [17, 9, 3]
    assert region.site_tiers["most"].tolist() == [20, 11, 8]
    # 0.083 × 6,002 / 1,000 is half a home a year, so one every other year
    homes = region.homes.groupby("municipality")["homes"].sum()
    assert homes["GM9901"] == 4


def test_a_form_that_a_site_has_no_places_of_yet_is_not_another_site(tmp_path):
    """Two rows of one site: it is a site of today, and may get up to eight places of the other form."""
    rows = "site,neighbourhood,tier,places\na,WK990100,intramural,20\na,WK990100,group_living,0\n"
    (tmp_path / "list.csv").write_text(rows, encoding="utf-8")
    assert init(tmp_path / "new", write_map(tmp_path), "GM9901", "--sites", str(tmp_path / "list.csv")) == 0
    region = read_region(tmp_path / "new")
    assert region.sites["status"].to_dict() == {"a": "existing"}
    assert region.site_tiers["most"].tolist() == [20, 8]


def test_every_default_says_that_it_is_one(tmp_path):
    """What no map gives is in the register as an assumption or with its source."""
    (tmp_path / "list.csv").write_text(SITES, encoding="utf-8")
    init(tmp_path / "new", write_map(tmp_path), "dorp,GM9901", "--sites", str(tmp_path / "list.csv"))
    register = read_region(tmp_path / "new").assumptions.set_index("key")
    assert register.loc["tiers.intramural.building", "source"] == "assumption"
    for file in ("clients.csv", "homes.csv"):
        assert register.loc[file, "source"] == "assumption"
        assert "replace it" in register.loc[file, "note"]
    assert "CBS/Kadaster" in register.loc["municipalities.csv", "source"]


def test_no_default_tells_of_the_region_that_it_comes_from():
    """Values are those of the bundled region; its places and counts are in no note of another one."""
    notes = list(texts_under("note", default_assumptions()))
    assert len(notes) > 100
    local = re.compile(r"Emmen|Coevorden|Borger|BOCE|sites\.csv|[0-9]+ beds|wijken in")
    assert [note for note in notes if local.search(note)] == []


def texts_under(key, value):
    """Generate the texts under a key, wherever in a table."""
    if isinstance(value, dict):
        for name, inner in value.items():
            if name == key and isinstance(inner, str):
                yield inner
            yield from texts_under(key, inner)


def test_an_unknown_municipality_gets_the_nearest(tmp_path, capsys):
    """A name that the map lacks; nothing is written."""
    assert init(tmp_path / "new", write_map(tmp_path), "Drop,Stad aan 't Meer") == cli.BAD_INPUT
    told = capsys.readouterr().err
    assert "found 'Drop'; expected a municipality of wijkenbuurten_2023_v1.gpkg. Did you mean 'Dorp'?" in told
    assert not (tmp_path / "new").exists()


def test_sites_as_points(tmp_path):
    """A GeoJSON file in degrees: the point finds its wijk."""
    here = gpd.GeoSeries([Point(LEFT + 1500, BOTTOM + 500)], crs="EPSG:28992").to_crs("EPSG:4326")
    rows = {"site": ["huis"], "tier": ["intramural"], "places": [12], "provider": ["A"]}
    gpd.GeoDataFrame(rows, geometry=here).to_file(tmp_path / "sites.geojson", driver="GeoJSON")
    assert (
        init(tmp_path / "new", write_map(tmp_path), "GM9901", "--sites", str(tmp_path / "sites.geojson")) == 0
    )
    region = read_region(tmp_path / "new")
    assert region.sites.loc["huis", "neighbourhood"] == "WK990101"


def test_an_address_alone_is_a_fault(tmp_path, capsys):
    """Nothing is looked up; the other faults of the list are told beside it."""
    (tmp_path / "list.csv").write_text(
        "site,adres,tier,places\na,Dorpsstraat 1,intramural,8\nb,,intramurl,8\n", encoding="utf-8"
    )
    assert init(tmp_path / "new", write_map(tmp_path), "GM9901", "--sites", str(tmp_path / "list.csv")) == 2
    told = capsys.readouterr().err
    assert "list.csv, line 2: found the address 'Dorpsstraat 1' without coordinates" in told
    assert "nothing leaves this machine" in told
    assert "list.csv, line 3, tier: found 'intramurl'" in told
    assert "Did you mean 'intramural'?" in told


def test_options_of_a_map_are_refused_with_a_region(tmp_path, capsys):
    """`--municipalities` without a map would be left unread."""
    assert cli.main(["init", str(tmp_path / "new"), "--municipalities", "Emmen"]) == cli.BAD_INPUT
    assert "--municipalities: found a region to copy" in capsys.readouterr().err


def test_a_filled_folder_is_left_alone(tmp_path, capsys):
    """The map and the new region are not mixed."""
    assert init(tmp_path, write_map(tmp_path)) == cli.BAD_INPUT
    assert "a folder with files in it" in capsys.readouterr().err


@needs("nl_wijk_2022.gpkg")
@pytest.mark.parametrize(
    ("towns", "areas", "people"),
    [
        ("Zwolle, Kampen, Dalfsen", 28, 214_625),
        ("Den Helder,Texel,Schagen,Hollands Kroon", 46, 165_645),
        ("Den Haag", 44, None),
    ],
)
def test_regions_of_the_real_map(tmp_path, towns, areas, people, capsys):
    """Wijken as CBS counts them; all that check misses are the sites and the clients."""
    assert init(tmp_path / "new", the_map("nl_wijk_2022.gpkg"), towns) == cli.DONE
    capsys.readouterr()
    written = gpd.read_file(tmp_path / "new" / "neighbourhoods.gpkg")
    assert len(written) == areas
    assert people is None or written["inhabitants"].sum() == people
    assert cli.main(["check", str(tmp_path / "new"), "--json"]) == cli.BAD_INPUT
    faults = json.loads(capsys.readouterr().out)["faults"]
    assert {fault["file"] for fault in faults} == {"sites.csv", "clients.csv"}


def test_tables_and_roads_are_taken_along(tmp_path):
    """Clients with decimal commas as they are; of the roads those near, a far one stays behind."""
    (tmp_path / "list.csv").write_text(SITES, encoding="utf-8")
    (tmp_path / "people.csv").write_text(
        "municipality;profile;tier;clients;year;form;basis\nGM9901;moderate;intramural;7,5;2022;ZIN;origin\n",
        encoding="utf-8",
    )
    near = LineString([(LEFT, BOTTOM + 500), (LEFT + 4000, BOTTOM + 500)])
    far = LineString([(LEFT + 90_000, BOTTOM), (LEFT + 91_000, BOTTOM)])
    gpd.GeoDataFrame({"maxspeed": [50, 80]}, geometry=[near, far], crs="EPSG:28992").to_file(
        tmp_path / "nwb.gpkg"
    )
    options = ["--table", f"clients={tmp_path / 'people.csv'}", "--roads", str(tmp_path / "nwb.gpkg")]
    towns, sites = "dorp,GM9901", ["--sites", str(tmp_path / "list.csv")]
    assert init(tmp_path / "new", write_map(tmp_path), towns, *sites, *options) == cli.DONE
    assert len(gpd.read_file(tmp_path / "new" / "roads.gpkg")) == 1
    region = read_region(tmp_path / "new")
    assert region.clients["clients"].tolist() == [7.5]
    assert "come from roads.gpkg" in " ".join(remark["en"] for remark in region.remarks)


def test_roads_of_another_region_are_a_fault_and_nothing_is_left(tmp_path, capsys):
    """None of the lines is near: the folder is taken away again."""
    far = LineString([(LEFT + 90_000, BOTTOM), (LEFT + 91_000, BOTTOM)])
    gpd.GeoDataFrame({"maxspeed": [50]}, geometry=[far], crs="EPSG:28992").to_file(tmp_path / "nwb.gpkg")
    assert init(tmp_path / "new", write_map(tmp_path), "GM9901", "--roads", str(tmp_path / "nwb.gpkg")) == 2
    assert "nwb.gpkg: found no road near the region" in capsys.readouterr().err
    assert not (tmp_path / "new").exists()


def test_the_layer_and_the_level_that_are_meant(tmp_path):
    """Two layers of wijken: one is named behind a #; wijken asked for as buurten are told."""
    source = write_map(tmp_path)
    gpd.read_file(source, layer="wijken").to_file(source, layer="wijken_oud")
    faults = []
    assert read_extract(source, ["Dorp"], "wijk", faults) is None
    assert faults[0].found == "2 layers (wijken, wijken_oud)"
    assert faults[0].remedy == "Name the one that is meant: wijkenbuurten_2023_v1.gpkg#LAYER."
    assert read_extract(f"{source}#wijken", ["Dorp"], "wijk", []) is not None
    assert read_extract(f"{source}#wijken", ["Dorp"], "buurt", faults) is None
    assert faults[1].remedy == "Ask for --level wijk, or take another layer."
    assert read_extract(f"{source}#nothing", ["Dorp"], "wijk", faults) is None
    assert faults[2].found == "no layer 'nothing'"


def test_a_map_is_read_from_the_zip_in_which_cbs_hands_it_out(tmp_path):
    """A GeoPackage beside a note: the same areas as unpacked; with two maps in it nobody knows which."""
    source = write_map(tmp_path)
    packed = tmp_path / "wijkbuurtkaart_2023_v2.zip"
    with zipfile.ZipFile(packed, "w") as archive:
        archive.write(source, source.name)
        archive.writestr("toelichting.txt", "…")
    unpacked, faults = read_extract(source, ["Dorp"], "wijk", []), []
    read = read_extract(packed, ["Dorp"], "wijk", faults)
    assert faults == []
    assert (read.areas["code"] == unpacked.areas["code"]).all()
    assert read.municipalities.equals(unpacked.municipalities)
    with zipfile.ZipFile(packed, "a") as archive:
        archive.write(source, "again.gpkg")
    assert read_extract(packed, ["Dorp"], "wijk", faults) is None
    assert faults[0].file == packed.name
    assert init(tmp_path / "new", write_map(tmp_path, year=2024)) == cli.DONE


def test_a_zip_of_a_map_with_views_is_refused(tmp_path):
    """A view may have no end, in a zip as well as beside it."""
    source, packed, faults = write_map(tmp_path), tmp_path / "map.zip", []
    database = sqlite3.connect(source)
    database.execute("CREATE VIEW endless AS SELECT * FROM gpkg_contents")
    database.close()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.write(source, source.name)
    assert read_extract(packed, ["Dorp"], "wijk", faults) is None
    assert [fault.found for fault in faults] == ["a zip of a GeoPackage with views (endless)"]


def test_shapefiles_of_2017_from_one_zip(tmp_path):
    """Columns of ten letters at most; the file of municipalities says how many homes are social."""
    source, packed = write_map(tmp_path, spelling="short", year=2017), tmp_path / "wijkbuurtkaart_2017_v3.zip"
    (tmp_path / "shapes").mkdir()
    for layer, name in (("cbs_wijken_2017", "wijk_2017_v3"), ("gemeenten2017", "gem_2017_v3")):
        gpd.read_file(source, layer=layer).to_file(tmp_path / "shapes" / f"{name}.shp")
    with zipfile.ZipFile(packed, "w") as archive:
        for file in sorted((tmp_path / "shapes").iterdir()):
            archive.write(file, file.name)
    faults = []
    extract = read_extract(packed, ["GM9901"], "wijk", faults)
    assert faults == []
    assert extract.year == 2017
    assert extract.municipalities.loc["GM9901", ["inhabitants", "social_homes"]].tolist() == [6002, 900]


def test_a_map_without_a_year_asks_for_the_base_year(tmp_path, capsys):
    """Nothing tells of which year the figures are; with --base the region is made."""
    source = write_map(tmp_path).rename(tmp_path / "kaart.gpkg")
    assert init(tmp_path / "new", source) == cli.BAD_INPUT
    assert "--base: found no year in the name of kaart.gpkg" in capsys.readouterr().err
    assert init(tmp_path / "new", source, "Dorp", "--base", "2024") == cli.DONE
    assert "base = 2024" in (tmp_path / "new" / "region.toml").read_text(encoding="utf-8")


def test_roads_without_speeds_are_assumed_to_have_those_of_their_manager(tmp_path):
    """NWB has none: the folder then names a speed for each manager on its roads, listed as an assumption."""
    (tmp_path / "list.csv").write_text(SITES, encoding="utf-8")
    lines = [LineString([(LEFT + x, BOTTOM + 500), (LEFT + x + 1500, BOTTOM + 500)]) for x in (0, 1500)]
    rows = {"WVK_ID": [1, 2], "WEGBEHSRT": ["P", "G"]}
    gpd.GeoDataFrame(rows, geometry=lines, crs="EPSG:28992").to_file(tmp_path / "nwb.gpkg", layer="Wegvakken")
    options = ("--sites", str(tmp_path / "list.csv"), "--roads", str(tmp_path / "nwb.gpkg"))
    assert init(tmp_path / "new", write_map(tmp_path), "dorp,GM9901", *options) == cli.DONE
    region = read_region(tmp_path / "new")
    register = region.assumptions.set_index("key")
    assert register.loc["travel.road_speeds.P", ["value", "source"]].tolist() == [80, "assumption"]
    assert "travel.road_speeds.R" not in register.index
    assert any("100% of the length of the roads" in remark["en"] for remark in region.remarks)
