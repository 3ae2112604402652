"""Files as planners and publishers have them: what `init` reads of them, and what it says."""

import geopandas as gpd
import pandas as pd
import pytest
from shapely import box

import cli
from geodata.cbs import read_extract
from models.region import tables
from models.region.region import read_region

AREAS = {"WK990100": 5000, "WK990101": 3000, "WK990200": 1200}

SPELLINGS = {
    "GeoPackage of CBS": (
        "percentage_personen_0_tot_15_jaar", "percentage_koopwoningen",
        "perc_huurwoningen_in_bezit_woningcorporaties", "percentage_personen_met_laag_inkomen",
    ),
    "web services": (
        "percentagePersonen0Tot15Jaar", "percentageKoopwoningen",
        "percHuurwoningenInBezitWoningcorporaties", "percentagePersonenMetLaagInkomen",
    ),
    "shapefile": ("P_00_14_JR", "P_KOOPWON", "P_HUURCORP", "P_LAAGINKP"),
    "key figures": ("p_00_14_jr", "p_koopw", "p_wcorpw", "p_ink_li"),
}  # fmt: skip
"""Names under which CBS gives children, owners, corporations and low incomes."""

FACILITIES = ("intramural", "group_living", "room_rental", "shelter")


def write_map(folder, columns=SPELLINGS["GeoPackage of CBS"], name="wijken_2023.gpkg", **more):
    """Write three squares of two municipalities."""
    frame = pd.DataFrame({"wijkcode": list(AREAS), "wijknaam": [f"Wijk {code}" for code in AREAS]})
    frame["gemeentecode"] = ["GM9901", "GM9901", "GM9902"]
    frame["gemeentenaam"] = ["Proefstad", "Proefstad", "Testdorp"]
    frame = frame.assign(aantal_inwoners=list(AREAS.values()), **dict.fromkeys(columns, 20.0), **more)
    shapes = [box(120_000 + 2000 * k, 450_000, 122_000 + 2000 * k, 452_000) for k in range(3)]
    gpd.GeoDataFrame(frame, geometry=shapes, crs="EPSG:28992").to_file(folder / name)
    return folder / name


def init(tmp_path, sites, source=None):
    """Make a region of a map and a list of sites; return the exit code."""
    (tmp_path / "list.csv").write_text(sites, encoding="utf-8")
    source = source or write_map(tmp_path)
    options = ["--municipalities", "Proefstad,Testdorp", "--sites", str(tmp_path / "list.csv")]
    return cli.main(["init", str(tmp_path / "new"), "--from", str(source), *options])


def test_each_spelling_of_cbs_is_read(tmp_path):
    """The same four figures, whatever CBS calls them; a column that nothing is read from is listed."""
    for number, (kind, columns) in enumerate(SPELLINGS.items()):
        folder = tmp_path / str(number)
        folder.mkdir()
        faults = []
        extract = read_extract(write_map(folder, columns, afstand=1.0), ["Proefstad"], "wijk", faults)
        assert faults == []
        assert set(extract.missing) == {"woningvoorraad", "gemiddelde_woningwaarde"}, kind
        assert extract.unused == ("afstand",), kind


def test_the_year_is_that_of_the_rows_where_no_name_has_it(tmp_path):
    """The web services of CBS give a column `jaar`."""
    source = write_map(tmp_path, name="wijken.gpkg", jaar=2024)
    assert read_extract(source, ["Proefstad"], "wijk", []).year == 2024


@pytest.mark.parametrize("text", ["5.000", "5,000"])
def test_text_of_a_map_that_reads_either_way_is_refused(tmp_path, text):
    """Five inhabitants or five thousand: both are shown."""
    faults = []
    read_extract(write_map(tmp_path, aantalInwoners=[text, "300", "1200"]).rename(tmp_path / "m_2023.gpkg"),
                 ["Proefstad"], "wijk", faults)  # fmt: skip
    assert faults == []  # the usual name goes before the other
    frame = gpd.read_file(tmp_path / "m_2023.gpkg").drop(columns="aantal_inwoners")
    frame.to_file(tmp_path / "n_2023.gpkg")
    read_extract(tmp_path / "n_2023.gpkg", ["Proefstad"], "wijk", faults)
    assert ["5 or 5000" in fault.expected for fault in faults] == [True]


def test_what_the_index_lacks_is_told(tmp_path, capsys):
    """An index of one indicator is called that."""
    source = write_map(tmp_path, ("percentage_koopwoningen",), jaarlijks=1)
    assert init(tmp_path, "site,tier,places,x,y\na,intramural,20,121000,451000\n", source) == cli.DONE
    told = " ".join(capsys.readouterr().err.split())
    assert "made of percentage_koopwoningen only, without" in told
    assert "Not used of wijken_2023.gpkg: jaarlijks." in told


@pytest.mark.parametrize("tiers", [
    ("shelter",), ("group_living",), ("room_rental",), ("shelter", "group_living"),
    ("group_living", "room_rental"), FACILITIES,
])  # fmt: skip
def test_a_list_of_any_tiers_gives_a_sound_region(tmp_path, tiers):
    """Profiles and their transitions follow the tiers that there are."""
    rows = [f"s{number},{tier},8,121000,451000" for number, tier in enumerate(tiers)]
    assert init(tmp_path, "\n".join(["site,tier,places,x,y", *rows, ""])) == cli.DONE
    region = read_region(tmp_path / "new")
    assert {row for row in region.parameters.tiers if row in FACILITIES} == set(tiers)


def test_dutch_numbers_and_dates_of_a_list_are_read(tmp_path):
    """A file of semicolons as Excel saves it, with empty columns at the end."""
    text = ("site;tier;places;most;x;y;contract_end;building_cost;;\n"
            "a;intramural;20;1.000;121.000,5;451.000,5;31-12-2025;€ 112.000;;\n")  # fmt: skip
    assert init(tmp_path, text) == cli.DONE
    site = pd.read_csv(tmp_path / "new" / "sites.csv").iloc[0]
    assert (site["most"], site["building_cost"], site["x"], site["y"]) == (
        1000,
        112_000,
        121_000.5,
        451_000.5,
    )
    faults = []
    read = tables.read(tmp_path / "new", tables.SITES, faults)
    assert (faults, list(read["contract_end"])) == ([], ["2025-12-31"])
