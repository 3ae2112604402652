"""The bundled region zuidoost-drenthe: what is real, what is assumed, and that its base year adds up."""

import re

import pytest

from geodata.bundled import bundled_regions
from models import forecast, read_region
from optimiser import Problem


@pytest.fixture(scope="module")
def region():
    """Read the bundled region once."""
    return read_region(bundled_regions()["zuidoost-drenthe"])


def test_the_neighbourhoods_are_the_61_of_cbs(region):
    """CBS counts 61 wijken with inhabitants in the three municipalities, 169,075 people in all (2022)."""
    areas = region.neighbourhoods
    assert len(areas) == 61
    assert areas["inhabitants"].sum() == 169_075
    assert set(region.municipalities["name"]) == {"Emmen", "Coevorden", "Borger-Odoorn"}
    assert all(re.fullmatch(r"WK\d{6}", code) for code in areas.index)


def test_municipalities_and_neighbourhoods_agree_within_the_rounding(region):
    """Counts of wijken are rounded to 5: a municipality of n wijken may differ by 5 n from its own count."""
    by_town = region.neighbourhoods.groupby("municipality")["inhabitants"].agg(["sum", "size"])
    off = (by_town["sum"] - region.municipalities["inhabitants"]).abs()
    assert (off <= 5 * by_town["size"]).all()


def test_the_240_registered_clients_all_have_a_place_or_wait(region):
    """CBS 86050NED: 240 Wmo clients with stay or shelter, registered at Emmen for the whole region."""
    outlook = forecast(region)
    assert set(region.clients["basis"]) == {"registration"}
    assert region.clients["clients"].sum() == 240
    housed, waiting = float(outlook.base_clients.sum()), float(outlook.base_waiting.sum())
    assert housed + waiting == pytest.approx(240, abs=1e-9)
    assert housed == pytest.approx(outlook.reconciliation["housed"].sum(), abs=1e-9)
    assert waiting == pytest.approx(outlook.reconciliation["waiting"].sum(), abs=1e-9)
    assert waiting > 0
    assert (outlook.reconciliation["housed"] <= outlook.reconciliation["room"] + 1e-9).all()


def test_the_steps_of_ten_years_add_up_to_the_change(region):
    """A year's demand is the year before plus the steps; the remainder is what arithmetic loses: nothing."""
    outlook = forecast(region)
    demand = outlook.to_frame().sum(axis="columns")
    steps = outlook.steps.groupby("year")["clients"].sum()
    assert list(steps.index) == list(range(2022, 2032))
    assert (demand.diff().iloc[1:].to_numpy() - steps.to_numpy()) == pytest.approx(0, abs=1e-9)
    remainder = outlook.steps.loc[outlook.steps["step"] == "remainder", "clients"]
    assert remainder.abs().max() < 1e-9


def test_it_is_as_large_as_the_plan_of_a_region_is(region):
    """At least 5 tiers, 4 profiles, 20 sites that exist and 40 that could."""
    status = region.sites["status"].value_counts()
    assert len(region.parameters.tiers) >= 5
    assert len(region.parameters.profiles) >= 4
    assert (status["existing"], status["candidate"]) == (20, 40)
    problem = Problem.of(region, forecast(region))
    assert problem.years == tuple(range(2022, 2032))


def test_no_site_or_provider_bears_the_name_of_a_real_one(region):
    """The sources name no sites of the region: ours are a neighbourhood and a number."""
    names = region.neighbourhoods["name"].to_dict()
    assert all(re.fullmatch(r"Provider [A-K]", provider) for provider in region.sites["provider"])
    assert all(re.fullmatch(r"Corporatie_[A-C]", name) for name in region.homes["corporation"])
    for name, neighbourhood in zip(region.sites["name"], region.sites["neighbourhood"], strict=True):
        assert re.fullmatch(re.escape(names[neighbourhood]) + r" \d+", name)


def test_every_number_has_a_source_or_is_called_an_assumption(region):
    """The register is what every report shows; nothing in it is blank."""
    register = region.assumptions
    assert register["source"].str.len().gt(0).all()
    assumed = register[register["source"] == "assumption"]
    assert len(assumed) > 20
    rate = register.set_index("key").loc["tiers.intramural.rate"]
    assert (rate["value"], rate["price_year"]) == (888, 2020)
    assert "S3" in rate["source"]


@pytest.mark.parametrize("lang", ["nl", "en"])
def test_it_says_what_a_reader_must_know(region, lang):
    """Voronoi cells, estimated minutes and spread registrations are told in both languages."""
    remarks = " ".join(remark[lang] for remark in region.remarks)
    assert "Voronoi" in remarks
    assert "66" in remarks
    assert "15" in remarks
    assert "240" in getattr(region.parameters.region.note, lang)
