"""The public version: whoever has all of it cannot compute a small count."""

import json
import re
from dataclasses import replace
from typing import Any

import geopandas as gpd
import openpyxl
import pandas as pd
import pytest
from attack import disclosed
from sample_plan import ANSWERS, RULES, SITES, sample_plan

from reports.figures import figures
from reports.figures.contents import Contents
from reports.figures.public import MONEY, Public, handed_over, home_accounts, people_accounts, place_accounts
from reports.folder.layers import write_public_layers
from reports.publish.memo import memo
from reports.publish.public_page import LEFT_OUT, public_page, public_tables
from reports.publish.public_workbook import write_public_workbook

COUNTS = (
    "clients", "base_clients", "waiting", "base_waiting", "places", "base_places", "homes", "base_homes",
    "new_homes",
)  # fmt: skip


@pytest.fixture(scope="module")
def sample(tmp_path_factory: pytest.TempPathFactory) -> Any:
    return sample_plan(tmp_path_factory.mktemp("sample") / "input")


def told(plan: Any, factor: float) -> Contents:
    """Return a plan with `factor` times as many people, places and homes."""
    more = {name: plan.data[name] * factor for name in COUNTS}
    return Contents(replace(plan, data=plan.data.assign(more)), ANSWERS, RULES, "nl")


@pytest.fixture(params=[1.0, 4.0, 9.0, 30.0])
def contents(request: pytest.FixtureRequest, sample: Any) -> Contents:
    return told(sample, request.param)


@pytest.mark.parametrize("account", ["people", "places", "homes"])
def test_no_table_gives_a_small_count_away(contents: Contents, account: str) -> None:
    """Linear programming over all published counts and all their sums, for every small count there is:
    those that are published when large, and those of municipality × tier that never are.
    """
    public = Public(contents.plan)
    accounts = {"people": people_accounts, "places": place_accounts, "homes": home_accounts}[account]
    table = getattr(public, account)
    for year, known in accounts(contents.plan).items():
        exact = {cell: known.cells[cell] for cell in table.index[table[year].notna()]}
        sums = [(one.total, one.parts) for one in known.sums]
        assert disclosed(known.cells, exact, sums, public.threshold) == {}
        assert all(value >= public.threshold for value in exact.values())


def test_homes_handed_over_are_not_given_away(contents: Contents) -> None:
    table, counts = Public(contents.plan).handed_over, handed_over(contents.plan)
    whole = counts.copy()
    whole.loc["total"] = counts.sum()
    whole["total"] = whole.sum(axis=1)
    exact = {cell: float(whole.loc[cell]) for cell, value in table.stack().dropna().items()}
    sums = [(("total", name), [(row, name) for row in counts.index]) for name in whole.columns]
    sums += [((row, "total"), [(row, name) for name in counts.columns]) for row in whole.index]
    assert disclosed(whole.stack().to_dict(), exact, sums, 10) == {}


def test_what_is_large_is_published(sample: Any) -> None:
    """Thirty times the sample: (9.5 + 4 × 1.25) × 30 = 435 people with a place in the base year,
    4 × 0.5 × 30 = 60 who wait, together 495; and 10 × 30 = 300 beds. Nobody lives in a group yet: that
    0 is small, so the places of all tiers together are left out with it.
    """
    public = Public(told(sample, 30).plan)
    people, places = public.people[2024], public.places[2024]
    assert [float(people[people.index == (kind,)].iloc[0]) for kind in ("living", "all")] == [435, 495]
    assert people[people.index == ("tier", "waiting")].tolist() == [60]
    assert places[places.index == ("intramural",)].tolist() == [300]
    assert places[places.index == ("all",)].isna().all()


def test_the_threshold_is_the_regions(sample: Any) -> None:
    contents = told(sample, 4)
    region = figures.region_of(contents.plan)
    parameters = region.parameters.model_copy(
        update={"privacy": region.parameters.privacy.model_copy(update={"threshold": 2})}
    )
    problem = replace(contents.plan.problem, region=replace(region, parameters=parameters))
    lower = Public(replace(contents.plan, problem=problem))
    assert lower.threshold == 2
    assert lower.people.notna().sum().sum() > Public(contents.plan).people.notna().sum().sum()


def test_euros_are_rounded_and_left_out_with_the_people(contents: Contents) -> None:
    public = Public(contents.plan)
    cost = public.cost
    assert ((cost.dropna() % MONEY) == 0).all()
    if public.people[[cell[0] == "town" for cell in public.people.index]].isna().any(axis=None):
        # with two municipalities the one would follow from the total less the other
        assert cost.isna().all()


@pytest.mark.parametrize("lang", ["nl", "en"])
def test_page_and_memo_show_published_figures_only(sample: Any, lang: Any) -> None:
    contents = replace(told(sample, 9), lang=lang)
    public = Public(contents.plan)
    for text in (public_page(contents), memo(contents, public=True)):
        assert contents.words("public_note", sign=LEFT_OUT, threshold=10) in text
        for name in (*contents.region.sites["name"], *contents.region.neighbourhoods["name"]):
            assert name not in text
        assert not re.search(rf'data-code="({"|".join(SITES)})"', text)
    found = re.search(r'id="map-data">(.*?)</script>', public_page(contents), re.S)
    assert found
    drawn = json.loads(found[1])
    assert drawn["sites"] == {}
    town = public.people[[cell[0] == "town_waiting" for cell in public.people.index]]
    shown = [value for line in drawn["measures"]["waiting"]["values"].values() for value in line]
    assert sorted(v for v in shown if v is not None) == sorted(town.stack().dropna().tolist())
    tables = public_tables(contents, public)
    counted = sum(cell == LEFT_OUT for row in [*tables["people"].rows, tables["people"].foot] for cell in row)
    tiers = public.people[[cell[0] == "tier" or cell == ("all",) for cell in public.people.index]]
    assert counted == tiers.isna().sum().sum() > 0


def test_workbook_and_layers_show_published_figures_only(sample: Any, tmp_path: Any) -> None:
    contents = told(sample, 9)
    public = Public(contents.plan)
    write_public_workbook(contents, tmp_path / "public.xlsx")
    write_public_workbook(contents, tmp_path / "again.xlsx")
    assert (tmp_path / "public.xlsx").read_bytes() == (tmp_path / "again.xlsx").read_bytes()
    book = openpyxl.load_workbook(tmp_path / "public.xlsx")
    sheet = book[contents.words("sheet_public_tiers")]
    cells = [cell.value for row in sheet.iter_rows(min_row=5, min_col=2) for cell in row]
    tiers = public.people[[cell[0] == "tier" for cell in public.people.index]]
    assert [LEFT_OUT if pd.isna(n) else n for n in tiers.to_numpy().ravel()] == cells
    write_public_layers(contents, tmp_path / "public.gpkg")
    layer = gpd.read_file(tmp_path / "public.gpkg", layer="municipalities")
    assert sorted(layer["name"]) == ["Gemeente A", "Gemeente B"]
    assert len(gpd.list_layers(tmp_path / "public.gpkg")) == 1
