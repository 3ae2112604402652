"""What people look at: the folder written whole or not at all, and figures that are the plan's."""

import base64
import hashlib
import json
import re
import shutil
import sqlite3
import tomllib
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import openpyxl
import pandas as pd
import pytest
from sample_plan import ANSWERS, NUMBERS, RULES, sample_plan
from shapely import Polygon, box
from tiny import write_tiny_region

from geodata.faults import InputError
from models.demand.forecast import forecast
from models.parameters.parameters import Parameters
from models.parameters.toml_writer import region_text
from models.region.read_region import read_region
from optimiser.problem import Problem
from optimiser.solve import solve
from optimiser.verification.verify import violations
from reports.answers.lots import read_lots
from reports.figures import figures
from reports.figures.contents import Contents
from reports.figures.summary import summary
from reports.folder import folder
from reports.folder.arrays import read_arrays, said_in
from reports.folder.folder import FILES, read_plan, write, write_contents
from reports.maps import drawing, symbols
from reports.page.municipality_card import towns
from reports.page.page import embedded, page, policy
from reports.page.tables import page_tables
from reports.text.notation import Notation
from reports.text.rounding import largest_remainder, whole_columns
from reports.text.words import Words
from reports.workbook.workbook import write_workbook

HOSTILE = "<script>alert(1)</script>"

WEEKS = 365.25 / 7
ANNUITY = 0.03 / (1 - 1.03**-30)
"""Part of a capital that is paid each year: 3 % over 30 years."""

SPENT = {
    # people in beds, in group places, at home and waiting; homes handed over
    2025: (6.65 * 900 + 2.85 * 600 + 5 * 300 + 1.6 * 150) * WEEKS + 3 * 4_000,
    2026: (3.8 * 900 + 3.8 * 600 + 7 * 300 + 0.8 * 150) * WEEKS + 1 * 4_000,
}
CLOSED = 3 * (5_000 + 8 * 900)
"""Three beds a year are taken away, and paid for eight weeks more."""

BUILT = {2025: 3 * (80_000 + 180_000) * ANNUITY, 2026: 1 * (80_000 + 180_000) * ANNUITY}
"""Three group places and homes in 2025, one of each in 2026."""

COST = {
    2025: (SPENT[2025] + CLOSED + BUILT[2025]) * 1.02,
    2026: (SPENT[2026] + CLOSED + BUILT[2026]) * 1.02**2 + BUILT[2025] * 1.02,
}
"""What the sample costs, at 2 % a year from 2024; what was built in 2025 keeps its price."""


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> Contents:
    return Contents(sample_plan(tmp_path_factory.mktemp("told") / "input"), ANSWERS, RULES, "nl")


@pytest.fixture(scope="module")
def written(told: Contents, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Return the folder of the plan in each language, written once; tests read it and change copies only."""
    place = tmp_path_factory.mktemp("written")
    return {lang: write_contents(replace(told, lang=lang), place / lang) for lang in ("nl", "en")}


@pytest.fixture
def quickly(written: dict[str, Path], monkeypatch: pytest.MonkeyPatch) -> None:
    """Let each part of a folder be copied from a written one, where only the putting in place matters."""

    def writers(contents: Contents) -> dict[str, Callable[[Path], object]]:
        source = written[contents.lang]
        return {path.name: partial(_copied, path) for path in sorted(source.iterdir())}

    monkeypatch.setattr(folder, "_writers", writers)


def _copied(source: Path, target: Path) -> object:
    return shutil.copytree(source, target) if source.is_dir() else shutil.copy(source, target)


# Numbers -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        (
            [1.4, 1.4, 1.2],
            [2, 1, 1],
        ),  # sums to 4: one unit short, the first of the two largest remainders has it
        ([0.5, 0.5], [1, 0]),  # sums to 1
        ([2.9999999999, 0.4, 0.4], [3, 1, 0]),  # a solver's 3 is 3, and leaves 0.8 ≈ 1 to the others
        ([], []),
        ([0.0, 0.0], [0, 0]),
    ],
)
def test_whole_people_add_up_to_the_rounded_total(values: list[float], expected: list[int]) -> None:
    assert largest_remainder(values).tolist() == expected


@pytest.mark.parametrize("values", [[-1.0], [np.nan], [np.inf]])
def test_what_cannot_be_people_is_not_rounded(values: list[float]) -> None:
    with pytest.raises(ValueError, match="finite values of at least 0"):
        largest_remainder(values)


def test_a_total_out_of_reach_is_refused() -> None:
    with pytest.raises(ValueError, match="cannot be rounded to 9"):
        largest_remainder([1.5, 1.5], total=9)


def test_rounded_columns_keep_their_totals_and_what_is_unknown() -> None:
    table = pd.DataFrame({2024: [np.nan, np.nan], 2025: [1.5, 1.5]})
    rounded = whole_columns(table)
    assert rounded[2025].tolist() == [2, 1]
    assert rounded[2024].isna().all()


def test_numbers_are_written_in_the_language() -> None:
    dutch, english = Notation("nl"), Notation("en")
    assert (dutch.number(1234.5, 1), english.number(1234.5, 1)) == ("1.234,5", "1,234.5")
    assert (dutch.euros(1234), english.euros(-1234)) == ("€\xa01.234", "€\xa0−1,234")
    assert (dutch.millions(12_345_678), dutch.millions(99_999)) == ("€\xa012,3\xa0mln", "€\xa099.999")
    assert (dutch.percent(0.01236, 2), english.percent(0.5, 0)) == ("1,24\xa0%", "50%")
    assert (dutch.signed(2), dutch.signed(-2), dutch.signed(0.001, 1)) == ("+2", "−2", "0,0")
    assert (dutch.number(-0.04, 1), dutch.number(float("nan")), dutch.euros(None)) == ("0,0", "–", "–")
    assert (dutch.plain(1.38), dutch.plain(900.0), dutch.plain(1 / 3)) == ("1,38", "900", "0,333333")


# Figures -------------------------------------------------------------------------------------


def test_figures_are_those_of_the_arrays(told: Contents) -> None:
    plan = told.plan
    assert figures.places_by_tier(plan).loc["bw"].tolist() == [10, 7, 4]
    assert figures.living_by_tier(plan).loc["home"].tolist() == [5, 5, 7]
    # A1 has 4 beds and 4 group places in 2026 on 4,000 inhabitants.
    assert figures.per_thousand(plan, figures.neighbourhood_places(plan)).at["A1", 2026] == pytest.approx(2)
    # What somebody pays in 2026 is worked out here part by part, in prices of 2024.
    assert figures.cost_by_municipality(plan)[2026].sum() == pytest.approx(COST[2026], abs=0.01)
    assert figures.cost_by_part(plan)[2026].sum() == pytest.approx(COST[2026], abs=0.01)
    assert figures.cost_by_part(plan)[2025].sum() == pytest.approx(COST[2025], abs=0.01)
    # 4 beds short of the path when nothing is done in 2026, none in the plan.
    assert figures.shortfalls(plan).at["intramural_reduction", 2026] == 0
    assert figures.shortfalls(figures.doing_nothing(plan)).at["intramural_reduction", 2026] == 4


def test_travel_is_the_mean_over_people(told: Contents) -> None:
    table = figures.travel(told.plan)
    # From B in 2026: 3.8 people at 26 minutes and 1 at 2, of whom only the latter within 20.
    assert table.at["GMB", ("minutes", 2026)] == pytest.approx((3.8 * 26 + 1 * 2) / 4.8)
    assert table.at["GMB", ("within", 2026)] == pytest.approx(1 / 4.8)


def test_agreements_stand_beside_offers(told: Contents) -> None:
    table = figures.home_offers(told.plan)
    assert table.loc[("Corp", "GMB", "offered")].tolist() == [0, 2]
    assert table.loc[("Corp", "GMB", "agreed")].tolist() == [0, 1]
    # The 5 homes of the base year are in use, not offered.
    assert table.xs("offered", level="what").to_numpy().sum() == 5


@pytest.mark.parametrize(
    ("before", "peak", "now", "turned", "moved", "event"),
    [
        (10, 10, 4, False, True, "shrinks"),
        (0, 4, 4, False, True, "opens"),
        (4, 4, 0, True, True, "closes"),
        (10, 10, 8, True, True, "changes_form"),
        (4, 4, 4, False, True, "changes_form"),
        (4, 4, 4, False, False, "stays"),
        (4, 6, 6, False, True, "grows"),
        (0, 0, 0, False, False, "unused"),
        (0, 5, 0, False, False, "closes"),  # a candidate that was used for a while
    ],
)
def test_what_happens_to_a_site(
    before: float, peak: float, now: float, turned: bool, moved: bool, event: str
) -> None:
    assert figures._event(before, peak, now, turned, moved) == event


# The map -------------------------------------------------------------------------------------


def test_north_is_up_and_shapes_are_closed() -> None:
    areas = gpd.GeoDataFrame(geometry=[box(0, 0, 100, 50)], crs="EPSG:28992")
    frame = drawing.Frame.around(areas, margin=0)
    assert frame.place(0, 50) == (0, 0)
    assert frame.place(100, 0) == (1000, 500)
    assert drawing.path(box(0, 0, 100, 50), frame) == "M1000 500l0 -500l-1000 0l0 500z"


def test_a_hole_is_a_second_ring() -> None:
    areas = gpd.GeoDataFrame(geometry=[box(0, 0, 10, 10)], crs="EPSG:28992")
    holed = Polygon(box(0, 0, 10, 10).exterior, [box(4, 4, 6, 6).exterior])
    assert drawing.path(holed, drawing.Frame.around(areas)).count("M") == 2


@pytest.mark.parametrize("count", [1, 2, 6, 7, 20])
def test_sites_on_one_point_stand_apart(count: int) -> None:
    offsets = np.array(drawing.ring_offsets(count))
    apart = np.hypot(*(offsets[:, None] - offsets[None]).transpose(2, 0, 1)) + 1000 * np.eye(count)
    assert len(offsets) == count
    assert apart.min() > 15


def test_classes_of_a_measure() -> None:
    ends = symbols.breaks([0, 0, 1, 2, 3, 4, 50])
    assert ends == sorted(ends)
    assert ends[-1] < 50
    assert symbols.shade(0, ends) == symbols.NOTHING
    assert symbols.shade(50, ends) == symbols.SHADES[len(ends)]
    assert symbols.shade(float("nan"), ends) == symbols.UNKNOWN
    assert symbols.breaks([0, np.nan]) == []


def test_every_event_has_its_own_look_without_colour() -> None:
    looks = {(s.shape, s.mark, s.fill == "#ffffff") for s in symbols.SIGNS.values()}
    assert len(looks) == len(symbols.SIGNS)


# The folder ----------------------------------------------------------------------------------


def test_a_failure_leaves_the_earlier_plan(
    told: Contents, written: dict[str, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    target = shutil.copytree(written["nl"], tmp_path / "out" / "plan")
    before = {path: path.read_bytes() for path in target.rglob("*") if path.is_file()}

    def fails(*_: object) -> None:
        raise RuntimeError("disk full")

    monkeypatch.setattr(folder, "write_layers", fails)
    with pytest.raises(InputError, match="disk full"):
        write_contents(replace(told, lang="en"), target)
    assert {path: path.read_bytes() for path in target.rglob("*") if path.is_file()} == before
    assert [path.name for path in target.parent.iterdir()] == ["plan"]


@pytest.mark.usefixtures("quickly")
def test_a_plan_is_replaced_by_the_next(told: Contents, tmp_path: Path) -> None:
    target = write_contents(told, tmp_path / "out" / "plan")
    write_contents(replace(told, lang="en"), target)
    assert 'lang="en"' in (target / "report.html").read_text(encoding="utf-8")
    assert [path.name for path in target.parent.iterdir()] == ["plan"]


@pytest.mark.usefixtures("quickly")
def test_a_folder_of_somebody_else_is_refused(told: Contents, tmp_path: Path) -> None:
    other = tmp_path / "thesis"
    other.mkdir()
    (other / "chapter.docx").write_text("years of work", encoding="utf-8")
    with pytest.raises(InputError, match=r"chapter\.docx.*Choose another folder"):
        write_contents(told, other)
    assert (other / "chapter.docx").read_text(encoding="utf-8") == "years of work"
    plan = write_contents(told, tmp_path / "plan")
    (plan / "notes.txt").write_text("mine", encoding="utf-8")
    with pytest.raises(InputError, match=r"notes\.txt"):
        write_contents(told, plan)
    assert (plan / "notes.txt").exists()


@pytest.mark.usefixtures("quickly")
def test_an_empty_folder_is_used_and_a_file_is_not(told: Contents, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    assert (write_contents(told, tmp_path / "empty") / "plan.nc").exists()
    (tmp_path / "file").write_text("x", encoding="utf-8")
    with pytest.raises(InputError, match="found a file"):
        write_contents(told, tmp_path / "file")


@pytest.mark.usefixtures("quickly")
@pytest.mark.parametrize("stuck", ["old", "new"])
def test_a_file_held_open_loses_nothing(
    told: Contents, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, stuck: str
) -> None:
    """Windows refuses to rename a folder with an open file in it: the old one, or (a scanner) the new."""
    target = write_contents(told, tmp_path / "out" / "plan")
    rename = Path.rename

    def windows(self: Path, to: Path) -> Path:
        held = self.name == "plan" if stuck == "old" else to.name == "plan" and self.name.startswith(".")
        if held:
            raise PermissionError(13, "Access is denied")
        return rename(self, to)

    monkeypatch.setattr(Path, "rename", windows)
    with pytest.raises(InputError, match=r"Access is denied.*Close the program.*plan\.new-1"):
        write_contents(replace(told, lang="en"), target)
    assert 'lang="nl"' in (target / "report.html").read_text(encoding="utf-8")
    assert 'lang="en"' in (target.parent / "plan.new-1" / "report.html").read_text(encoding="utf-8")
    assert {path.name for path in target.parent.iterdir()} == {"plan", "plan.new-1"}


@pytest.mark.usefixtures("quickly")
def test_a_rest_of_an_earlier_run_is_cleared_and_work_of_somebody_is_not(
    told: Contents, tmp_path: Path
) -> None:
    target = write_contents(told, tmp_path / "out" / "plan")
    rest = tmp_path / "out" / "plan.previous"
    rest.mkdir()
    (rest / "plan.xlsx").write_text("was open in Excel while the rest was removed", encoding="utf-8")
    write_contents(told, target)
    assert [path.name for path in target.parent.iterdir()] == ["plan"]
    rest.mkdir()
    (rest / "notes.txt").write_text("mine", encoding="utf-8")
    with pytest.raises(InputError, match=r"plan\.previous is in the way.*plan\.new-1"):
        write_contents(replace(told, lang="en"), target)
    assert {path.name for path in target.parent.iterdir()} == {"plan", "plan.previous", "plan.new-1"}


def test_the_folder_is_complete_and_the_same_plan_gives_the_same_bytes(
    told: Contents, written: dict[str, Path], tmp_path: Path
) -> None:
    one, two = written["nl"], write_contents(told, tmp_path / "deep" / "plan")
    assert {path.name for path in two.iterdir()} == {*FILES, "case"}
    assert [path.name for path in two.parent.iterdir()] == ["plan"]
    for name in FILES:
        assert (one / name).read_bytes() == (two / name).read_bytes(), name


def test_the_case_reads_back(told: Contents, written: dict[str, Path]) -> None:
    case = written["nl"] / "case"
    read = Parameters.model_validate(tomllib.loads((case / "region.toml").read_text(encoding="utf-8")))
    assert read == told.region.parameters
    assert read.tiers["bw"].model_fields_set == told.region.parameters.tiers["bw"].model_fields_set
    assert (case / "clients.csv").read_bytes() == (told.region.folder / "clients.csv").read_bytes()
    assert (case / "scenarios" / "fast.toml").exists()


@pytest.mark.parametrize("name", ['a "quoted" name', "back\\slash", "two\nlines", "tab\t", "é €"])
def test_any_text_survives_region_toml(name: str) -> None:
    numbers = {**NUMBERS, "region": {**NUMBERS["region"], "name": name}}
    parameters = Parameters.model_validate(numbers)
    assert tomllib.loads(region_text(parameters))["region"]["name"] == name


def test_arrays_read_back_with_proof_and_reference(written: dict[str, Path]) -> None:
    file = written["nl"] / "plan.nc"
    data, reference = read_arrays(file)
    assert data["places"].sel(site="s1", tier="bw", year=2026).item() == 4
    assert reference["places"].sel(site="s1", tier="bw", year=2026).item() == 10
    assert data["places"].attrs["units"] == "places"
    assert data.attrs["gap_eur"] == 50_000
    said = said_in(data, file)
    assert said.proof.bound == 4_000_000
    assert said.overrides == ()
    register = {line["key"]: line["source"] for line in json.loads(data.attrs["assumptions"])}
    assert register["tiers.bw.rate"].startswith('Circular "2024"')
    assert register["tiers.bw.contribution"] == "assumption"
    assert list(data["site_name"].values) == ["Plek één", "Plek twee", "Plek drie"]


def test_a_file_that_is_no_netcdf_is_told(tmp_path: Path) -> None:
    (tmp_path / "plan.nc").write_text("nothing", encoding="utf-8")
    with pytest.raises(InputError, match="cannot be read"):
        read_arrays(tmp_path / "plan.nc")


def test_the_summary_is_json_and_says_what_the_plan_says(told: Contents, written: dict[str, Path]) -> None:
    text = (written["nl"] / "summary.json").read_text(encoding="utf-8")
    read = json.loads(text, parse_constant=lambda word: pytest.fail(f"{word} is not JSON"))
    assert read == json.loads(json.dumps(summary(told)))
    assert read["places"]["bw"] == {"2024": 10, "2025": 7, "2026": 4}
    assert read["proof"]["gap_eur"] == 50_000
    assert read["council"][2]["answer"]["en"] == "Nearly."


# The workbook --------------------------------------------------------------------------------


def _sheets(file: Path, *, values: bool) -> Any:
    return openpyxl.load_workbook(file, data_only=values)


def test_sums_are_formulas_with_the_value_of_their_cells(written: dict[str, Path]) -> None:
    file = written["nl"] / "plan.xlsx"
    formulas, cached = _sheets(file, values=False), _sheets(file, values=True)
    sums = [
        (sheet.title, cell)
        for sheet in formulas
        for row in sheet.iter_rows()
        for cell in row
        if isinstance(cell.value, str) and cell.value.startswith("=SUM(")
    ]
    assert len(sums) > 12
    for title, cell in sums:
        sheet = cached[title]
        added = sum(float(c.value) for (c,) in sheet[cell.value[5:-1]])
        assert sheet[cell.coordinate].value == pytest.approx(added, abs=1e-9), (title, cell.coordinate)


def test_text_of_the_input_is_never_a_formula(tmp_path: Path) -> None:
    told = Contents(sample_plan(tmp_path / "input", site_name="=2+3"), ANSWERS, RULES, "nl")
    write_workbook(told, tmp_path / "plan.xlsx")
    book = _sheets(tmp_path / "plan.xlsx", values=False)
    names = [cell for cell in book["Plaatsen per locatie"]["B"] if cell.value == "=2+3"]
    notes = [cell for cell in book["Aannames"]["F"] if cell.value == "=1+1"]
    # openpyxl tells a formula by its type, "f"; text that starts with "=" is "s".
    assert [cell.data_type for cell in (*names, *notes)] == ["s", "s"]


@pytest.mark.parametrize("lang", ["nl", "en"])
def test_the_workbook_has_a_sheet_a_question_and_the_assumptions_last(
    written: dict[str, Path], lang: Any
) -> None:
    book = _sheets(written[lang] / "plan.xlsx", values=True)
    assert len(book.sheetnames) == 18
    assert book.sheetnames[-1] == Words(lang)("sheet_assumptions")
    assert all(sheet["A1"].value.endswith("?") or sheet["A1"].value.endswith(")") for sheet in book)
    assert len(book[Words(lang)("sheet_beds")]._charts) == 1


def test_tables_are_native_and_totals_have_names(told: Contents, written: dict[str, Path]) -> None:
    """The names are the same in every language, so that a formula of somebody's own keeps working."""
    book = _sheets(written["en"] / "plan.xlsx", values=True)
    beds = book["Beds per tier"]
    assert beds.tables["t_beds"].ref == "A4:D6"  # two tiers under their heads; three years
    assert [column.name for column in beds.tables["t_beds"].tableColumns] == ["Tier", "2024", "2025", "2026"]
    sheet, cells = next(book.defined_names["t_beds_total"].destinations)
    assert [cell.value for cell in book[sheet][cells][0]] == [10, 10, 8]
    sheet, cells = next(book.defined_names["plan_id"].destinations)
    assert book[sheet][cells].value == figures.plan_id(told.plan)


def test_moves_add_up_by_formula(written: dict[str, Path]) -> None:
    """Home: 5 people, nobody in or out in 2025; 2 more in 2026."""
    file = written["nl"] / "plan.xlsx"
    rows = [
        [cell.value for cell in row] for row in _sheets(file, values=True)["Verhuizen"].iter_rows(min_row=5)
    ]
    home = {row[1]: row[2:4] for row in rows if row[0] == "Thuis met begeleiding"}
    assert home == {
        "begin": [5, 5], "erin": [0, 2], "naar andere vorm of wachten": [0, 0], "uit de zorg": [0, 0],
        "eind": [5, 7],
    }  # fmt: skip
    formulas = [row[2].value for row in _sheets(file, values=False)["Verhuizen"].iter_rows(min_row=5)]
    assert formulas[4] == "=C5+C6-C7-C8"


def test_another_decision_gives_the_plan_another_name(told: Contents) -> None:
    plan = told.plan
    other = replace(plan, data=plan.data.assign(places=plan.data["places"] + 1))
    assert figures.plan_id(plan) == figures.plan_id(replace(plan, reference=plan.data))
    assert figures.plan_id(other) != figures.plan_id(plan)


def test_lots_are_told_where_they_are_given(told: Contents, tmp_path: Path) -> None:
    lots = pd.DataFrame(
        [(1, "A", "contract", 2025, 2026, 520.4, 500, 540, 312_000)],
        columns=["lot", "region", "term", "first_year", "last_year", "expected", "least", "most", "eur"],
    )
    lots.to_csv(tmp_path / "lots.csv", index=False)
    text = page(replace(told, lots=read_lots(tmp_path)))
    assert '<section id="lots"' in text
    assert "€\xa0312.000" in text
    assert '<section id="lots"' not in page(told)
    with pytest.raises(InputError, match=r"lots\.csv"):
        read_lots(tmp_path / "elsewhere")


def test_what_changes_for_a_municipality_is_told(told: Contents) -> None:
    """Site 1 of A goes from 10 to 4 places and site 2 opens with 4: 10 → 8 in A; 9.5 people of A in
    2024 and 2.5 at home; their homes from 2.5 to 6.
    """
    first, second = towns(told)
    assert [(fact.first, fact.last) for fact in first.facts[:2]] == [("10", "8"), ("3", "6")]
    assert "Opent: Plek twee (4)." in first.sentences
    assert "Krimpt: Plek één (10 → 4)." in first.sentences
    assert second.sentences[0] == "Aan de locaties in deze gemeente verandert niets."
    assert "1 woning:" in second.sentences[1]


def test_cost_in_the_workbook_is_cost_in_the_plan(written: dict[str, Path]) -> None:
    book = _sheets(written["nl"] / "plan.xlsx", values=True)
    last = next(row for row in book["Kosten per onderdeel"].iter_rows(values_only=True) if row[0] == "Totaal")
    # Cells are in cents: each of a dozen lines may be half a cent off.
    assert last[3] == pytest.approx(COST[2025], abs=0.1)
    assert last[4] == pytest.approx(COST[2026], abs=0.1)


# The layers ----------------------------------------------------------------------------------


def test_the_layers_read_back(written: dict[str, Path]) -> None:
    file = written["nl"] / "plan.gpkg"
    areas, sites = gpd.read_file(file, layer="neighbourhoods"), gpd.read_file(file, layer="sites")
    assert areas.crs == "EPSG:28992"
    assert areas.set_index("neighbourhood").at["A1", "places_2026"] == 8
    assert "fid" not in areas.columns  # the sample's areas have a column of that name
    found = sites.set_index("site")
    assert found["what_happens"].to_dict() == {"s1": "shrinks", "s2": "opens", "s3": "unused"}
    # In a GIS sites stand where they are; only the page's drawing moves them apart.
    assert found.geometry["s1"].equals(found.geometry["s2"])
    with sqlite3.connect(file) as database:
        names = {name for (name,) in database.execute("select table_name from gpkg_contents")}
    database.close()
    assert names == {"neighbourhoods", "sites"}


# The page ------------------------------------------------------------------------------------


class _Page(HTMLParser):
    """Collects what a browser would act on."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.scripts: list[tuple[dict[str, str | None], str]] = []
        self.styles: list[str] = []
        self.attributes: list[tuple[str, str, str]] = []
        self.ids: list[str] = []
        self._open = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.attributes += [(tag, name, value or "") for name, value in attrs]
        self.ids += [value or "" for name, value in attrs if name == "id"]
        self._open = tag
        if tag == "script":
            self.scripts.append((dict(attrs), ""))

    def handle_data(self, data: str) -> None:
        if self._open == "script":
            attributes, text = self.scripts[-1]
            self.scripts[-1] = (attributes, text + data)
        elif self._open == "style":
            self.styles.append(data)

    def handle_endtag(self, tag: str) -> None:
        self._open = ""


def _hash(text: str) -> str:
    return "'sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode() + "'"


def test_the_policy_lets_exactly_our_script_and_style_run(told: Contents) -> None:
    read = _Page(page(told))
    stated = next(value for tag, name, value in read.attributes if tag == "meta" and "script-src" in value)
    data, script = read.scripts
    assert data[0]["type"] == "application/json"
    assert f"script-src {_hash(script[1])};" in stated
    assert f"style-src {_hash(read.styles[0])};" in stated
    assert stated.startswith("default-src 'none'")
    assert "unsafe" not in stated
    assert policy("x", "y") != policy("x ", "y")
    # An inline style or handler would be refused by the policy, so there is none.
    assert not [a for a in read.attributes if a[1] == "style" or a[1].startswith("on")]


@pytest.mark.parametrize("lang", ["nl", "en"])
def test_the_page_asks_no_other_host(told: Contents, lang: Any) -> None:
    read = _Page(page(replace(told, lang=lang)))
    fetched = [
        value for _, name, value in read.attributes if name in ("src", "href", "action", "data", "srcset")
    ]
    assert fetched
    assert all(value.startswith(("#", "data:image/svg+xml;base64,")) for value in fetched)
    assert not re.search(r"url\((?!#)|@import|https?:", read.styles[0])
    assert not re.search(r"https?:|fetch\(|XMLHttpRequest|import\(", read.scripts[1][1])


def test_anchors_and_labels_have_their_targets(told: Contents) -> None:
    read = _Page(page(told))
    assert len(read.ids) == len(set(read.ids))
    named = ("for", "aria-labelledby", "aria-describedby")
    wanted = [value for _, name, value in read.attributes if name in named]
    wanted += [value[1:] for _, name, value in read.attributes if name == "href"]
    assert set(wanted) <= set(read.ids)


def test_a_hostile_name_stays_text(tmp_path: Path) -> None:
    told = Contents(sample_plan(tmp_path / "input", site_name=HOSTILE), ANSWERS, RULES, "nl")
    text = page(told)
    assert HOSTILE not in text
    assert text.count("<script") == 2
    read = json.loads(_Page(text).scripts[0][1])
    assert read["sites"][0]["name"] == HOSTILE


def test_embedded_json_cannot_close_its_element() -> None:
    text = str(embedded({"name": "</script><!--\u2028&"}))
    assert not set("<>&\u2028") & set(text)
    assert json.loads(text) == {"name": "</script><!--\u2028&"}


@pytest.mark.parametrize("lang", ["nl", "en"])
def test_the_page_shows_the_last_year_without_javascript(told: Contents, lang: Any) -> None:
    text = page(replace(told, lang=lang))
    assert text.count('class="cell" d=') == 4
    assert 'data-code="s1" data-event="shrinks"' in text
    assert 'data-code="s2" data-event="opens"' in text
    assert 'data-code="s3"' not in text
    for answer in ANSWERS:
        assert answer.answer[lang] in text
    # Jinja fails on a word that is missing, and no key is left standing for one.
    assert not re.search(
        r"\{[a-z_]+\}", re.sub(r"<style>.*?</style>|<script.*?</script>", "", text, flags=re.S)
    )


@pytest.mark.parametrize(
    ("status", "said", "unsaid"),
    [
        ("proven", "is dit het beste plan", ""),
        ("within_gap", "Bewezen binnen 1,23\xa0%", "beste plan"),
        ("best_found", "niet uitgesloten", "Bewezen"),
    ],
)
def test_the_status_claims_no_more_than_is_proven(
    told: Contents, status: Any, said: str, unsaid: str
) -> None:
    proof = replace(told.plan.proof, status=status)
    sentence = Contents(replace(told.plan, proof=proof), ANSWERS, RULES, "nl").status
    assert said in sentence
    assert not unsaid or unsaid not in sentence
    assert "optima" not in sentence.lower()


def test_the_municipality_table_adds_up(told: Contents) -> None:
    table = page_tables(told)["municipality"]
    waiting = [row[4].split(" → ") for row in table.rows]
    # Four squares with 0.5 waiting each in 2024, and 0.2 in 2026: 2 people, then 0.8, which is 1.
    assert [sum(int(n) for n in side) for side in zip(*waiting, strict=True)] == [2, 1]
    assert table.foot[4] == "2 → 1"


def test_assumptions_are_all_there_with_their_sources(told: Contents) -> None:
    table = page_tables(told)["assumptions"]
    sources = [row[4] for row in table.rows]
    assert set(sources) == {'Circular "2024"\nannex \\ 3', "contract", "aanname"}
    assert f"2 met een bron, {sources.count('aanname')} aangenomen" in table.caption


def test_a_problem_without_a_region_cannot_be_told(told: Contents) -> None:
    plan = replace(told.plan, problem=replace(told.plan.problem, region=None))
    with pytest.raises(ValueError, match="no region"):
        summary(replace(told, plan=plan))


# A real plan ---------------------------------------------------------------------------------


def test_a_plan_reads_back_as_it_was_solved(tmp_path: Path) -> None:
    """The tiny region with an override: same arrays, proof and input, and still verified."""
    settings = {"policies.intramural_reduction.by_end": "0.2"}
    region = read_region(write_tiny_region(tmp_path / "tiny"), settings=settings)
    plan = solve(Problem.of(region, forecast(region)), gap=0.0, seconds=30)
    target = write(plan, tmp_path / "plan", lang="en")
    read = read_plan(target)
    again = read.problem.region
    assert again is not None
    assert read.proof == plan.proof
    assert again.parameters == region.parameters
    assert again.overrides == region.overrides
    assert again.digest == region.digest
    pd.testing.assert_frame_equal(again.assumptions, region.assumptions)
    for name, array in plan.data.data_vars.items():
        np.testing.assert_array_equal(read.data[name].values, array.values, err_msg=str(name))
        np.testing.assert_array_equal(read.reference[name].values, plan.reference[name].values)
    assert violations(read.problem, read.data) == ()
    # Written again, in another language, it is the same plan.
    write(read, target, lang="nl")
    assert json.loads((target / "summary.json").read_text(encoding="utf-8"))["overrides"][0]["new"] == 0.2
    assert Contents(read, ANSWERS, RULES, "nl").scenario == "--set"


def test_what_is_no_plan_is_not_read(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no such folder"):
        read_plan(tmp_path / "nowhere")
    (tmp_path / "gone.previous").mkdir()
    with pytest.raises(InputError, match=r"The plan before it lies in .*gone\.previous"):
        read_plan(tmp_path / "gone")
