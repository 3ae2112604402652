"""Files as planners and publishers have them: what `init` reads of them, and what it says."""

import geopandas as gpd
import pandas as pd
import pytest
import shapely
from shapely import box

import cli
from geodata.cbs import read_extract
from models.region import tables
from models.region.read_region import read_region

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


def test_outlines_alone_will_do_where_a_table_has_the_figures(tmp_path):
    """Generalised borders have codes and no more: the municipality is in the code, its name in the table."""
    shapes = [box(120_000 + 2000 * k, 450_000, 122_000 + 2000 * k, 452_000) for k in range(3)]
    outlines = pd.DataFrame({"statcode": list(AREAS), "statnaam": ["A", "B", "C"], "jrstatcode": "2024"})
    source = tmp_path / "borders.gpkg"
    gpd.GeoDataFrame(outlines, geometry=shapes, crs="EPSG:28992").to_file(
        source, layer="wijk_gegeneraliseerd_2024"
    )
    table = tmp_path / "kwb.csv"
    rows = [f"{code};{'Testdorp' if '9902' in code else 'Proefstad'};{n}" for code, n in AREAS.items()]
    table.write_text("\n".join(["gwb_code;gm_naam;a_inw", *rows]), encoding="utf-8")
    command = ["init", str(tmp_path / "new"), "--from", str(source), "--municipalities", "Proefstad,Testdorp"]
    assert cli.main([*command, "--figures", str(table)]) == cli.DONE
    made = gpd.read_file(tmp_path / "new" / "neighbourhoods.gpkg").set_index("code")
    assert made["inhabitants"].to_dict() == AREAS
    assert made["municipality"].to_dict() == {code: f"GM{code[2:6]}" for code in AREAS}
    towns = pd.read_csv(tmp_path / "new" / "municipalities.csv").set_index("code")
    assert towns["name"].to_dict() == {"GM9901": "Proefstad", "GM9902": "Testdorp"}


def test_outlines_without_a_table_are_refused_with_what_to_give(tmp_path, capsys):
    """No inhabitants anywhere: --figures is named, and nothing is written."""
    source = tmp_path / "bare_2023.gpkg"
    gpd.read_file(write_map(tmp_path)).drop(columns="aantal_inwoners").to_file(source)
    command = ["init", str(tmp_path / "new"), "--from", str(source), "--municipalities", "Proefstad"]
    assert cli.main(command) == cli.BAD_INPUT
    assert "--figures" in capsys.readouterr().err
    assert not (tmp_path / "new").exists()


@pytest.mark.parametrize(
    ("shape", "told"), [(None, "'WK990100' without a shape"), ("swapped", "within the area of use")]
)
def test_a_map_that_lies_nowhere_is_refused_before_anything_is_written(tmp_path, capsys, shape, told):
    """An area without a shape, and coordinates with north before east: one fault, no folder."""
    source, frame = tmp_path / "odd_2023.gpkg", gpd.read_file(write_map(tmp_path))
    if shape is None:
        frame.loc[0, "geometry"] = None
    else:
        frame = frame.to_crs("EPSG:4326")
        swapped = shapely.transform(frame.geometry.array, lambda places: places[:, ::-1])
        frame = frame.set_geometry(gpd.GeoSeries(swapped, crs=frame.crs))
    frame.to_file(source)
    command = ["init", str(tmp_path / "new"), "--from", str(source), "--municipalities", "Proefstad"]
    assert cli.main(command) == cli.BAD_INPUT
    said = capsys.readouterr().err
    assert "1 fault" in said
    assert told in said
    assert not (tmp_path / "new").exists()


def test_tiers_and_columns_in_dutch_make_a_sound_region(tmp_path, capsys):
    """As a planner's own list has them; what is read as which tier is said."""
    sites = "Locatie;Naam;Vorm;Plaatsen;X;Y;;\na;Adam;Beschermd wonen;20;121000;451000;;\n"
    assert init(tmp_path, sites) == cli.DONE
    assert "Read 'Beschermd wonen' as tier intramural." in capsys.readouterr().err
    assert read_region(tmp_path / "new").site_tiers["places"].to_dict() == {("a", "intramural"): 20}


def test_what_check_would_refuse_is_not_written(tmp_path, capsys):
    """A site with two answers to one question: init says what check would, and leaves no folder."""
    sites = (
        "site,tier,places,x,y,plot_most\na,intramural,8,121000,451000,9\na,group_living,2,121000,451000,10\n"
    )
    assert init(tmp_path, sites) == cli.BAD_INPUT
    assert "plot_most" in capsys.readouterr().err
    assert not (tmp_path / "new").exists()
