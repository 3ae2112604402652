"""Figures by area: StatLine's spellings, years that do not match, and what a crosswalk keeps."""

import geopandas as gpd
import pandas as pd
import pytest
from cbs_map import RD, square, write_map
from hypothesis import given, settings
from hypothesis import strategies as st
from maps import needs, the_map
from shapely import box

from geodata.areas import read_areas
from geodata.cbs import read_extract
from geodata.crosswalk import carry_over, overlay, read_crosswalk
from geodata.indicator_tables import joined, read_figures
from geodata.indicators import our_names

STATLINE = """WijkenEnBuurten;Gemeentenaam_1;SoortRegio_2;AantalInwoners_5;k_0Tot15Jaar_8;Koopwoningen_47;\
k_40PersonenMetLaagsteInkomen_70
"NL00      ";Nederland;Land;17590672;2700000;57;40,0
"GM9901    ";Stad;Gemeente;6000;900;55;41,5
"WK990100  ";Stad;Wijk;4010;600;50;44,5
"WK990101  ";Stad;Wijk;1990;300;65;       .
"WK990102  ";Stad;Wijk;0;.;.;.
"WK990200  ";Dorp;Wijk;1000;100;80;39,5
"""


def table(folder, text=STATLINE):
    """Write a table and return its path."""
    path = folder / "85318NED.csv"
    path.write_text(text, encoding="utf-8")
    return path


def test_statline_is_read_as_it_comes(tmp_path):
    """Numbers behind names, spaces behind codes, decimal commas, and a point for what is secret."""
    faults = []
    figures = read_figures(table(tmp_path), faults)
    assert faults == []
    assert figures.loc["WK990100"].to_dict() == {
        "inhabitants": 4010, "inhabitants_0_15": 600, "percentage_koopwoningen": 50,
        "percentage_laag_inkomen": 44.5,
    }  # fmt: skip
    assert pd.isna(figures.loc["WK990101", "percentage_laag_inkomen"])


@pytest.mark.parametrize(
    "name", ["Koopwoningen_40", "Koopwoningen_47", "koopwoningen", "P_KOOPW", "pct_koop"]
)
def test_a_figure_has_one_name_in_every_year(name):
    """StatLine numbers its columns anew each year."""
    assert our_names([name]) == {name: "percentage_koopwoningen"}


def test_a_table_takes_the_place_of_the_maps_figures(tmp_path):
    """Inhabitants of the table, and municipalities that add up to them."""
    faults = []
    extract = read_extract(write_map(tmp_path), ["GM9901"], "wijk", faults)
    joined_to = extract.with_figures([table(tmp_path)], None, faults)
    assert faults == []
    assert joined_to.areas["inhabitants"].tolist() == [4010, 1990, 0]
    assert joined_to.municipalities.loc["GM9901", "inhabitants"] == 6000
    assert "85318NED.csv" in joined_to.areas["source"].iloc[0]


def test_a_table_of_another_year_is_told(tmp_path):
    """A wijk that the table lacks and one that only it has: no guess which became which."""
    faults = []
    figures = read_figures(table(tmp_path, STATLINE.replace("WK990101", "WK990109")), faults)
    joined(["WK990100", "WK990101"], figures, "85318NED.csv", faults)
    (fault,) = faults
    assert fault.found == (
        "no row for 1 of 2 areas (WK990101), and 2 that the map lacks (WK990109, WK990102)"
    )
    assert "crosswalk" in fault.remedy


def test_a_crosswalk_keeps_totals(tmp_path):
    """A quarter of old A goes to X: 100 × ¼ + 60 = 85 people; the share is the mean by people."""
    (tmp_path / "steps.csv").write_text(
        "code_old;code_new;weight\nA;X;0,25\nA;Y;0,75\nB;X;1\n", encoding="utf-8"
    )
    faults = []
    steps = read_crosswalk(tmp_path / "steps.csv", faults)
    figures = pd.DataFrame(
        {"inhabitants": [100.0, 60.0], "percentage_koopwoningen": [40.0, 80.0]}, index=["A", "B"]
    )
    new = carry_over(figures, steps)
    assert faults == []
    assert new["inhabitants"].to_dict() == {"X": 85, "Y": 75}
    # (25 × 40 + 60 × 80) / 85
    assert new.loc["X", "percentage_koopwoningen"] == pytest.approx(5800 / 85)
    assert new.loc["Y", "percentage_koopwoningen"] == 40


def test_weights_that_lose_people_are_a_fault(tmp_path):
    """0.9 of an old area: a tenth of it would vanish."""
    (tmp_path / "steps.csv").write_text("code_old,code_new,weight\nA,X,0.9\n", encoding="utf-8")
    faults = []
    read_crosswalk(tmp_path / "steps.csv", faults)
    assert [fault.found for fault in faults] == ["weights of A that add up to 0.9"]


def test_overlay_weighs_by_people_and_not_by_surface():
    """Half of the old area's surface goes to the new one, with the village in which nine in ten live."""
    old = gpd.GeoDataFrame({"code": ["old"]}, geometry=[box(0, 0, 2000, 1000)], crs=RD)
    halves = [box(0, 0, 1000, 1000), box(1000, 0, 2000, 1000)]
    new = gpd.GeoDataFrame({"code": ["west", "east"]}, geometry=halves, crs=RD)
    people = gpd.GeoDataFrame({"inhabitants": [900.0, 100.0]}, geometry=halves, crs=RD)
    weights = overlay(old, new, people).set_index("code_new")["weight"]
    assert weights.to_dict() == pytest.approx({"east": 0.1, "west": 0.9})


@settings(max_examples=25, deadline=None)
@given(st.lists(st.floats(0, 10_000), min_size=4, max_size=4), st.integers(100, 3900))
def test_overlay_loses_nobody(people, border):
    """Whatever the border, the parts of the old areas add up to them."""
    squares = [square(number) for number in range(4)]
    small = gpd.GeoDataFrame({"inhabitants": people}, geometry=squares, crs=RD)
    west, south, east, north = small.total_bounds
    shapes = [box(west, south, west + border, north), box(west + border, south, east, north)]
    old = gpd.GeoDataFrame({"code": ["A", "B"]}, geometry=shapes, crs=RD)
    new = gpd.GeoDataFrame({"code": list("wxyz")}, geometry=squares, crs=RD)
    steps = overlay(old, new, small)
    counts = pd.DataFrame({"inhabitants": [123.0, 456.0]}, index=["A", "B"])
    assert carry_over(counts, steps)["inhabitants"].sum() == pytest.approx(579)


@needs("nl_gemeente_2017.gpkg", "nl_gemeente_2022.gpkg", "nl_wijk_2022.gpkg")
def test_bmwe_became_het_hogeland_and_westerkwartier():
    """Bedum, De Marne and Eemsmond went whole; of Winsum one in nine went to Westerkwartier."""
    old = gpd.read_file(the_map("nl_gemeente_2017.gpkg")).rename(columns={"gm_code": "code"})
    old = old[old["gm_naam"].isin(["Bedum", "De Marne", "Winsum", "Eemsmond"])]
    new = gpd.read_file(the_map("nl_gemeente_2022.gpkg")).rename(columns={"gm_code": "code"})
    wijken = gpd.read_file(the_map("nl_wijk_2022.gpkg")).rename(columns={"inwoners": "inhabitants"})
    steps = overlay(old, new, wijken.cx[210_000:260_000, 580_000:620_000])
    weights = steps.set_index(["code_old", "code_new"])["weight"]
    assert set(steps["code_new"]) == {"GM1966", "GM1969"}
    # wijk 13 of Westerkwartier has 1,550 of the 13,485 people who lived in Winsum's wijken in 2022
    assert weights["GM0053", "GM1969"] == pytest.approx(1550 / 13_485, abs=0.01)
    counts = old.set_index("code")[["inwoners"]].rename(columns={"inwoners": "inhabitants"}).astype(float)
    assert carry_over(counts, steps)["inhabitants"].sum() == pytest.approx(49_819)


@needs("nl_wijk_2022.gpkg")
def test_all_wijken_of_the_netherlands_can_be_read():
    """3,340 wijken without a fault, and as many inhabitants as CBS publishes."""
    faults = []
    areas = read_areas(the_map("nl_wijk_2022.gpkg"), RD, faults)
    assert faults == []
    assert len(areas) == 3340
    assert areas["inhabitants"].sum() == 17_588_925


@needs("nl_wijk_2022.gpkg", "nl_wijk_2024_kwb.csv")
def test_key_figures_of_2024_do_not_fit_the_map_of_2022(tmp_path):
    """Utrecht's wijken are the same in both years; where a code changed, it is told."""
    faults = []
    extract = read_extract(the_map("nl_wijk_2022.gpkg"), ["Utrecht"], "wijk", faults)
    extract.with_figures([the_map("nl_wijk_2024_kwb.csv")], None, faults)
    assert faults == []
    whole = pd.read_csv(the_map("nl_wijk_2024_kwb.csv"))["wk_code"]
    map_codes = gpd.read_file(the_map("nl_wijk_2022.gpkg"), ignore_geometry=True)["wk_code"]
    joined(list(map_codes), read_figures(the_map("nl_wijk_2024_kwb.csv"), faults), "kwb", faults)
    (fault,) = faults
    assert fault.found.startswith(f"no row for {(~map_codes.isin(whole)).sum()} of 3340 areas")
