"""The bundled regions: what is published, what is assumed, and that the base year adds up."""

import re

import pytest

from geodata.bundled import bundled_regions
from models.demand.forecast import forecast
from models.region.read_region import read_region
from models.region.series import redemption_rate, without_a_place
from optimiser.problem import Problem

ALL = ("zuidoost-drenthe", "groningen-bmwe", "drenthe", "rotterdam")


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


# ------------------------------------------------------------------ the other three


@pytest.fixture(scope="module")
def every():
    """Read each bundled region once, by name."""
    return {name: read_region(folder) for name, folder in bundled_regions().items()}


def numbers(region):
    """Return the register by key."""
    return region.assumptions.set_index("key")


def test_these_four_are_bundled(every):
    assert sorted(every) == sorted(ALL)


@pytest.mark.parametrize("name", ALL)
def test_every_number_of_every_region_has_a_source_or_is_called_an_assumption(every, name):
    """Nothing is blank, and no range leaves its value out."""
    register = every[name].assumptions
    assert register["source"].str.len().gt(0).all()
    ranged = register.dropna(subset=["low", "high"])
    assert ((ranged["low"] <= ranged["value"]) & (ranged["value"] <= ranged["high"])).all()
    assert len(ranged) > 50


def test_groningen_is_the_memo(every):
    """S0, Q4-2017, by municipality in kind and by personal budget: 78 + 8 = 86."""
    region = every["groningen-bmwe"]
    clients = region.clients.assign(town=region.clients["municipality"].map(region.municipalities["name"]))
    table = clients.pivot_table(index="town", columns="form", values="clients", aggfunc="sum", fill_value=0)
    assert {town: (row["ZIN"], row["PGB"]) for town, row in table.iterrows()} == {
        "Bedum": (0, 0), "De Marne": (31, 0), "Winsum": (2, 1), "Eemsmond": (45, 7),
    }  # fmt: skip
    assert (set(clients["year"]), clients["clients"].sum()) == ({2017}, 86)
    published = numbers(region).filter(regex=r"^checks\.clients\.", axis="index")
    assert published["source"].str.startswith("S0").all()
    assert published["value"].to_dict() == {
        "checks.clients.all": 86, "checks.clients.ZIN": 78, "checks.clients.PGB": 8,
        "checks.clients.GM0005": 0, "checks.clients.GM1663": 31, "checks.clients.GM0053": 3,
        "checks.clients.GM1651": 52,
    }  # fmt: skip


def test_groningen_has_three_facilities_of_two_providers(every):
    """S0 names De Tille in Uithuizen (Lentis), and Broek and Eenrum (both Keroazie)."""
    sites = every["groningen-bmwe"].sites
    existing = sites[sites["status"] == "existing"]
    assert sorted(zip(existing["provider"], existing["name"], strict=True)) == [
        ("Keroazie", "Keroazie Broek"), ("Keroazie", "Keroazie Eenrum"), ("Lentis", "De Tille"),
    ]  # fmt: skip
    towns = existing["neighbourhood"].map(every["groningen-bmwe"].neighbourhoods["municipality"])
    assert towns.to_list() == ["GM1651", "GM1663", "GM1663"]
    register = numbers(every["groningen-bmwe"])
    assert "S0 names" in " ".join(register.loc[["sites.csv"], "note"])


def test_groningen_sends_thirty_per_cent_to_the_wlz_over_ten_years(every):
    """S0: "ruim 30 %" of the residents, 0.30 · 78 in kind = 23.4; ten years at 2.5 bring about that."""
    steps = forecast(every["groningen-bmwe"]).steps
    gone = -steps.loc[steps["step"] == "wlz", "clients"].sum()
    assert gone == pytest.approx(0.30 * 78, abs=1.5)


def test_rotterdam_has_seven_municipalities_and_89_wijken(every):
    region = every["rotterdam"]
    assert len(region.neighbourhoods) == 89
    assert sorted(region.municipalities["name"]) == [
        "Albrandswaard", "Barendrecht", "Capelle aan den IJssel", "Krimpen aan den IJssel", "Lansingerland",
        "Ridderkerk", "Rotterdam",
    ]  # fmt: skip
    assert len(set(region.municipalities["region"])) == 1
    assert region.parameters.funding.pooled


def test_rotterdam_series_is_that_of_the_slides(every):
    """S3: indications 2015 (ca.) to 2020, redeemed from 2017; 96.4, 93.3, 94.5 and 91.0 %."""
    series = every["rotterdam"].series
    assert series["indications"].to_dict() == {
        2015: 2400, 2016: 2123, 2017: 1923, 2018: 2024, 2019: 2008, 2020: 1993,
    }  # fmt: skip
    assert series["redeemed"].dropna().to_dict() == {2017: 1854, 2018: 1888, 2019: 1898, 2020: 1813}
    assert series.index[series["circa"]].to_list() == [2015]
    assert redemption_rate(series).dropna().round(3).to_list() == [0.964, 0.933, 0.945, 0.910]
    assert without_a_place(series).dropna().to_list() == [69, 136, 110, 180]
    register = numbers(every["rotterdam"])
    assert register.loc[["series.csv"], "source"].str.startswith("S3").all()


def test_rotterdam_money_is_that_of_the_slides(every):
    """S3: 888 (700–1,100) EUR a week, 116 million of which 32 to the Wlz, 9.6 million to carry out."""
    region = every["rotterdam"]
    register = numbers(region)
    rate = register.loc["tiers.intramural.rate"]
    assert (rate["value"], rate["low"], rate["high"], rate["price_year"]) == (888, 700, 1100, 2020)
    money, execution = register.loc["funding.wlz.money"], register.loc["funding.execution"]
    assert money["value"] * 116 == pytest.approx(32, abs=0.01)
    assert (execution["value"], execution["price_year"]) == (9_600_000, 2020)
    assert all(row["source"].startswith("S3") for row in (rate, money, execution))
    assert region.budgets[["municipality", "year", "eur"]].to_numpy().tolist() == [
        ["GM0599", 2020, 116_000_000]
    ]


def test_rotterdam_has_50_from_55_in_and_1_to_ridderkerk(every):
    """S3: 50 come from it; 55 live in it: 95 % of 40 places and 17 homes; 1 goes to live in it."""
    region = every["rotterdam"]
    assert region.clients.loc[region.clients["municipality"] == "GM0597", "clients"].sum() == 50
    assert set(region.clients["basis"]) == {"origin"}
    towns = region.sites["neighbourhood"].map(region.neighbourhoods["municipality"])
    here = region.site_tiers[
        region.site_tiers.index.get_level_values("site").isin(towns.index[towns == "GM0597"])
    ]
    homes = region.homes[region.homes["municipality"] == "GM0597"].groupby("year")["homes"].sum()
    assert 0.95 * here["places"].sum() + homes[2020] == pytest.approx(55)
    assert homes[2021] == 1
    assert numbers(region).loc["checks.clients.GM0597", "source"].startswith("S3")


def test_rotterdam_offers_a_part_of_its_600_urgency_homes(every):
    """S2: some 600 homes a year by urgency, for all groups; the part for BW is assumed and says so."""
    region = every["rotterdam"]
    offered = region.homes[(region.homes["municipality"] == "GM0599") & (region.homes["year"] > 2020)]
    yearly = offered.groupby("year")["homes"].sum()
    assert (yearly < 0.2 * 600).all()
    notes = " ".join(numbers(region).loc[["homes.csv"], "note"])
    assert "600 urgency homes" in notes
    assert "assumed offer" in notes


def test_drenthe_has_twelve_municipalities_in_three_regions(every):
    """12 = 3 (S1) + 5 (S4) + 4 (what S4 leaves), 189 wijken of CBS; 240 at Emmen and 345 at Assen."""
    region = every["drenthe"]
    assert len(region.neighbourhoods) == 189
    towns = region.municipalities.groupby("region")["name"].agg(sorted).to_dict()
    assert towns == {
        "Zuidoost-Drenthe": ["Borger-Odoorn", "Coevorden", "Emmen"],
        "Noord- en Midden-Drenthe": ["Aa en Hunze", "Assen", "Midden-Drenthe", "Noordenveld", "Tynaarlo"],
        "Zuidwest-Drenthe": ["De Wolden", "Hoogeveen", "Meppel", "Westerveld"],
    }
    by_file = region.clients.groupby("municipality")["clients"].sum().to_dict()
    assert by_file == {"GM0114": 240, "GM0106": 345}
    assert set(region.clients["basis"]) == {"registration"}
    assert numbers(region).loc["checks.clients.all", "source"].startswith("CBS 86050NED")
