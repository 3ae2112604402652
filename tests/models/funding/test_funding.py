"""Who receives, bears and settles what: each regime on amounts that can be added up by hand."""

import numpy as np
import pandas as pd
import pytest
import xarray as xr
from builders import best, tiny_problem, tiny_region
from tiny import REGION

from geodata.faults import InputError
from models.funding.funding import (
    REGIMES,
    Treasury,
    blended,
    development,
    due,
    legacy_part,
    objective_shares,
    settlement,
    wlz_take_out,
)
from models.parameters.parameters import Funding, GrowthPath, Years
from optimiser.accounts.ledger import ledger, spent
from optimiser.accounts.residents import people_between
from optimiser.problem import Problem
from optimiser.verification.verify import violations

YEARS = Years(base=2021, last=2024, price_year=2021, indexation=0.1, discount_rate=0.0, terminal=1.0)
PATH = {"shape": "linear", "yearly": 0.1}
TOWNS = pd.DataFrame(
    {
        "inhabitants": [60_000.0, 40_000.0, 100_000.0],
        "objective_share": [0.5, 0.3, 0.2],
        "region": ["west", "west", "north"],
        "host": [("intramural", "shelter"), (), ("intramural",)],
        "central": ["A", "A", "A"],
    },
    index=pd.Index(["A", "B", "G"], name="code"),
)
"""A is the central municipality of B, in one pooled region; G lies in another."""

BUDGETS = pd.DataFrame(
    [("A", year, "Wmo", 1000.0) for year in (2022, 2023, 2024)],
    columns=["municipality", "year", "stream", "eur"],
)


def treasury(budgets: pd.DataFrame = BUDGETS, **funding: object) -> Treasury:
    """Return the treasury of the three towns with some choices of region.toml."""
    return Treasury(Funding.model_validate(funding), YEARS, TOWNS, budgets)


def euros(**entries: float) -> xr.DataArray:
    """Return what is spent each year in the Wmo: `BG_home=30` is 30 on people of B at home in G."""
    labels = {
        "origin": list(TOWNS.index), "host": list(TOWNS.index), "setting": ["facility", "home"],
        "stream": ["Wmo", "Zvw"], "year": [2022, 2023, 2024],
    }  # fmt: skip
    spent_there = xr.DataArray(0.0, coords=labels, dims=tuple(labels))
    for name, eur in entries.items():
        (origin, host), setting = name.split("_")[0], name.split("_")[1]
        where = {"origin": origin, "host": host, "setting": setting, "stream": "Wmo"}
        spent_there.loc[where] = eur
    return spent_there


SPENT = euros(AA_facility=400, BA_facility=100, BB_home=50, BG_facility=30, GG_home=70, AG_home=20)
"""670 EUR a year: of A 420, of B 180, of G 70; in A 500, in B 50, in G 120."""


def by_town(money: xr.DataArray, year: int, stream: str = "Wmo") -> dict[str, float]:
    """Return one year of a stream, town by town."""
    series = money.sel(stream=stream, year=year).to_series()
    return {str(code): pytest.approx(eur) for code, eur in series.items()}


def test_by_default_the_law_never_comes():
    """The centre receives what budgets.csv says and bears all; nothing is settled."""
    account = treasury().account(SPENT)
    assert account.grant.sel(year=2023, stream="Wmo").to_series().fillna(-1).to_dict() == {
        "A": 1000, "B": -1, "G": -1,
    }  # fmt: skip
    assert by_town(account.due, 2023) == {"A": 670, "B": 0, "G": 0}
    assert float(account.settlement.sum()) == 0.0
    assert float(account.gap.sel(municipality="A", stream="Wmo", year=2023)) == pytest.approx(330)
    assert account.grant.attrs["regimes"] == "2022 central, 2023 central, 2024 central"


def test_two_regions_of_one_file_have_their_own_centres():
    """G is its own centre: its 70 stay there, the 600 of A and B are borne by A."""
    own = Treasury(Funding(), YEARS, TOWNS.assign(central=["A", "A", "G"]), BUDGETS)
    assert by_town(due(SPENT, own), 2022) == {"A": 600, "B": 0, "G": 70}


@pytest.mark.parametrize(
    "funding",
    [
        {}, {"before": "development"}, {"law": 2015, "after": "objective", "path": PATH},
        {"law": 2015, "after": "residence", "path": PATH},
    ],
    ids=["central", "development", "objective", "residence"],
)  # fmt: skip
def test_every_centre_bears_the_shelter_of_its_own(funding):
    """Of the MO A bears 600 of A and B; G, a centre too, its own 70. None is settled, law or no law."""
    own = Treasury(Funding.model_validate(funding), YEARS, TOWNS.assign(central=["A", "A", "G"]), BUDGETS)
    shelter = SPENT.assign_coords(stream=["MO", "Zvw"])
    for year in (2022, 2024):
        assert by_town(due(shelter, own), year, "MO") == {"A": 600, "B": 0, "G": 70}
    assert float(own.account(shelter).settlement.sum()) == 0.0


@pytest.mark.parametrize(
    ("shape", "nth", "left"),
    [
        ("linear", 1, 0.9), ("linear", 9, 0.1), ("linear", 10, 0.0), ("linear", 30, 0.0),
        ("geometric", 1, 0.9), ("geometric", 2, 0.81), ("geometric", 10, 0.9**10),
    ],
)  # fmt: skip
def test_the_growth_path(shape, nth, left):
    """A tenth of the whole is gone in ten years; a tenth of what is left leaves 34.9 % then."""
    path = GrowthPath.model_validate({"shape": shape, "yearly": 0.1})
    assert legacy_part(path, nth) == pytest.approx(left, abs=1e-12)


def test_the_shape_of_the_path_is_no_default():
    with pytest.raises(ValueError, match="shape"):
        GrowthPath.model_validate({"yearly": 0.1})


def test_the_grant_moves_to_the_objective_shares():
    """The law comes in 2023: then a tenth of the 1,000 is divided 0.5, 0.3, 0.2, in 2024 two tenths."""
    grants = treasury(law=2023, after="objective", path=PATH).grants(["Wmo"], [2022, 2023, 2024])
    assert by_town(grants.fillna(0.0), 2022) == {"A": 1000, "B": 0, "G": 0}
    assert by_town(grants, 2023) == {"A": 950, "B": 30, "G": 20}
    assert by_town(grants, 2024) == {"A": 900, "B": 60, "G": 40}


def test_a_law_after_the_plan_changes_nothing_in_it():
    late = treasury(law=2030, after="objective", path=PATH).account(SPENT)
    xr.testing.assert_identical(late.due, treasury().account(SPENT).due)
    assert "objective" not in late.grant.attrs["regimes"]


def test_a_law_of_before_the_plan_is_already_under_way():
    """From 2015 on, 2024 is the tenth year: nothing of the historic distribution is left."""
    grants = treasury(law=2015, after="residence", path=PATH).grants(["Wmo"], [2024])
    assert by_town(grants, 2024) == {"A": 500, "B": 300, "G": 200}


def test_inhabitants_stand_in_for_objective_shares_and_it_is_said():
    """60, 40 and 100 thousand people: 0.3, 0.2, 0.5; one missing share is enough."""
    partly = TOWNS.assign(objective_share=[0.5, np.nan, 0.2])
    proxy = objective_shares(partly)
    assert proxy.to_series().tolist() == pytest.approx([0.3, 0.2, 0.5])
    assert "proxy" in proxy.attrs["basis"]
    assert objective_shares(TOWNS).attrs["basis"] == "objective_share"


def test_under_the_objective_grant_a_host_bears_who_comes_from_another_region():
    """New clients are a tenth: 67. B's 30 in G are G's, A's 20 in G too; the rest is borne by origin.

    A 0.1 × 400 + 0.9 × 670 = 643, B 0.1 × (100 + 50) = 15, G 0.1 × (70 + 30 + 20) = 12.
    """
    account = treasury(law=2022, after="objective", path=PATH).account(SPENT)
    assert by_town(account.due, 2022) == {"A": 643, "B": 15, "G": 12}
    assert float(account.settlement.sum()) == 0.0


def test_the_origin_bears_new_clients_under_the_residence_principle():
    """A 0.1 × 420 + 0.9 × 670 = 645, B 18, G 7; wherever they live."""
    account = treasury(law=2022, after="residence", path=PATH).account(SPENT)
    assert by_town(account.due, 2022) == {"A": 645, "B": 18, "G": 7}


def settled(account: xr.DataArray, year: int) -> dict[tuple[str, str], float]:
    """Return what is settled in a year, without the pairs that settle nothing."""
    series = account.sel(year=year).to_series()
    return {pair: pytest.approx(eur) for pair, eur in series[series.abs() > 1e-9].items()}


def test_nothing_is_settled_inside_a_pooled_region():
    """B owes A nothing for its 100; G is paid by B for a tenth of 30, by A for its own 20 and old clients.

    A pays G 0.1 × 20 + 0.9 × (20 + 30 + 70) = 110: the central municipality keeps the legacy clients,
    among them those of G, whose centre it is here.
    """
    account = treasury(law=2022, after="residence", path=PATH).account(SPENT)
    assert settled(account.settlement, 2022) == {("B", "G"): 3, ("A", "G"): 110}


def test_a_split_region_settles_every_pair():
    """Unpooled, each municipality's bill is what is spent there, plus what it pays, less what it gets."""
    for year in (2022, 2024):
        account = treasury(law=2022, after="residence", path=PATH, pooled=False).account(SPENT)
        there = SPENT.sum(["origin", "setting"]).rename(host="municipality").sel(stream="Wmo", year=year)
        pays = account.settlement.sum("host").rename(payer="municipality").sel(year=year)
        gets = account.settlement.sum("payer").rename(host="municipality").sel(year=year)
        borne = account.due.sel(stream="Wmo", year=year)
        assert borne.values == pytest.approx((there + pays - gets).values)
        assert float(account.settlement.sel(payer="B", host="B", year=year)) == 0.0


def test_a_host_bears_its_facilities_in_the_development_model():
    """In A 500 in facilities, in G 30; at home A's people cost 20, B's 50, G's 70."""
    account = treasury(before="development").account(SPENT)
    assert by_town(account.due, 2022) == {"A": 520, "B": 50, "G": 100}


def test_the_development_model_gives_everybody_a_and_hosts_b():
    """1,000 − 100 of carrying out = 900; b: shelter 200 to A, intramural 300 halved between A and G.

    What is left for a is 400, by share 200, 120, 80.
    """
    chest = treasury(
        before="development",
        execution={"value": 100, "price_year": 2022},
        facilities={
            "shelter": {"value": 200, "price_year": 2022},
            "intramural": {"value": 300, "price_year": 2022},
        },
    )
    assert by_town(chest.grants(["Wmo"], [2022]), 2022) == {"A": 550, "B": 120, "G": 230}
    # a year later carrying out and the facilities are 10 % dearer: 1,000 − 110 − 550 = 340 is left for a
    assert by_town(chest.grants(["Wmo"], [2023]), 2023) == {"A": 170 + 220 + 165, "B": 102, "G": 68 + 165}


def test_a_facility_without_a_host_or_beyond_the_budget_is_refused():
    share = objective_shares(TOWNS)
    kinds = {"kind": ["walk_in"]}
    hosts = xr.DataArray([[0.0], [0.0], [0.0]], coords=share.coords | kinds, dims=("municipality", "kind"))
    walk_in = xr.DataArray([10.0], coords=kinds, dims="kind")
    with pytest.raises(ValueError, match="without a host"):
        development(xr.DataArray(100.0), share, walk_in, hosts)
    with pytest.raises(ValueError, match="more than the whole budget"):
        development(xr.DataArray(5.0), share, walk_in, hosts + 1.0)


def test_wlz_money_goes_off_in_its_year():
    """A fifth from 2023 on, then 80 of carrying out in prices of 2023 (88 in 2024)."""
    chest = treasury(wlz={"money": 0.2, "since": 2023}, execution={"value": 80, "price_year": 2023})
    left = chest.grants(["Wmo"], [2022, 2023, 2024]).sel(municipality="A", stream="Wmo")
    assert left.values.tolist() == pytest.approx([1000 - 80 / 1.1, 720, 712])


def test_the_last_grant_goes_on_only_when_asked():
    """One amount, of 2022: 1,000, and if it goes on 1,100 and 1,210 at 10 % a year; never backwards."""
    one = BUDGETS[BUDGETS["year"] == 2022]
    stops = treasury(one).grants(["Wmo"], [2021, 2022, 2023]).sel(municipality="A", stream="Wmo")
    assert stops.fillna(-1).values.tolist() == [-1, 1000, -1]
    goes_on = treasury(one, carry_on=True).grants(["Wmo"], [2021, 2022, 2023, 2024])
    assert goes_on.sel(municipality="A", stream="Wmo").fillna(-1).values.tolist() == pytest.approx(
        [-1, 1000, 1100, 1210]
    )


def test_streams_of_others_are_not_divided():
    """What health insurers pay stays with the origin, and its grant as it is given, in every regime."""
    given = pd.concat(
        [BUDGETS, pd.DataFrame([("B", 2022, "Zvw", 40.0)], columns=BUDGETS.columns)], ignore_index=True
    )
    cured = SPENT.copy()
    cured.loc[{"origin": "B", "host": "G", "setting": "home", "stream": "Zvw"}] = 25.0
    for funding in (
        {"before": "central"}, {"law": 2022, "path": PATH}, {"law": 2022, "after": "objective", "path": PATH},
        {"before": "development"},
    ):  # fmt: skip
        account = treasury(given, execution=100, **funding).account(cured)
        assert by_town(account.due, 2022, "Zvw") == {"A": 0, "B": 25, "G": 0}
        assert by_town(account.grant.fillna(0.0), 2022, "Zvw") == {"A": 0, "B": 40, "G": 0}
        assert float(account.settlement.sel(payer="B", host="G", year=2022)) in (0.0, pytest.approx(3.0))


@pytest.mark.parametrize("regime", REGIMES)
def test_every_regime_reconciles_to_the_cent(regime):
    """Grants add up to what is left of the grant, and what is borne to what is spent; amounts in millions."""
    first = "before" if regime in ("central", "development") else "after"
    choices = {first: regime, "law": 2023 if first == "after" else "never", "path": PATH}
    budgets = BUDGETS.assign(eur=[116_000_000.01, 117_123_456.78, 118_000_000.99])
    chest = treasury(budgets, execution=9_600_000, wlz={"money": 0.276, "since": 2022}, **choices)
    account = chest.account(SPENT * 123_456.789)
    total = budgets["eur"].to_numpy() * (1 - 0.276) - 9_600_000 * 1.1 ** np.array([1, 2, 3])
    assert account.grant.sum(["municipality", "stream"]).values == pytest.approx(total, abs=0.005)
    assert float(account.due.sum()) == pytest.approx(3 * 670 * 123_456.789, abs=0.005)


def test_every_regime_says_how_it_depends_on_the_plan():
    """Two languages and a source; no grant depends on the plan, and only one regime settles anything."""
    assert {card.grant for card in REGIMES.values()} == {"no"}
    assert [name for name, card in REGIMES.items() if card.settlement != "no"] == ["residence"]
    assert all(card.sentence.keys() == {"nl", "en"} and card.source for card in REGIMES.values())
    assert [name for name, card in REGIMES.items() if card.due == "linear"] == ["central"]


def test_blending_keeps_the_sum():
    historic = xr.DataArray([700.0, 200.0, 100.0], coords=objective_shares(TOWNS).coords, dims="municipality")
    half = blended(historic, objective_shares(TOWNS), 0.5)
    assert half.values.tolist() == pytest.approx([600, 250, 150])


def test_people_leave_for_the_wlz_in_fractions():
    leaving, staying = wlz_take_out(xr.DataArray([31.0, 52.0]), 0.3)
    assert leaving.values.tolist() == pytest.approx([9.3, 15.6])
    assert staying.values.tolist() == pytest.approx([21.7, 36.4])
    with pytest.raises(ValueError, match="a share from 0 to 1, not 30"):
        wlz_take_out(xr.DataArray([1.0]), 30)


# ------------------------------------------------------------------ from the files of a region

HOSTING = """\
code,name,inhabitants,region,objective_share,host,central
M1,Westerveen,16000,Tiny,0.8,intramural|shelter,
M2,Oosterveen,4000,Tiny,0.2,,M1
"""
GRANTS = "municipality,year,stream,eur\nM1,2022,Wmo,900000\nM1,2023,Wmo,1000000\n"
DEVELOPMENT = {"funding.before": "development"}


def test_a_municipality_says_what_it_hosts_and_who_is_its_centre():
    towns = tiny_region(municipalities=HOSTING).municipalities
    assert towns["host"].to_dict() == {"M1": ("intramural", "shelter"), "M2": ()}
    assert towns["central"].to_dict() == {"M1": "M1", "M2": "M1"}


def test_the_fields_have_units_and_stand_in_the_register():
    """Execution cost of a scenario is listed with its unit and price year."""
    region = tiny_region({"funding.execution": "1000"})
    row = region.assumptions.set_index("key").loc["funding.execution"]
    assert (row["value"], row["unit"], row["price_year"]) == (1000.0, "EUR/year", 2021)


FAULTY = [
    # settings, tables, where, what is told
    ({"funding.law": "2022"}, {}, "funding.path", "no growth path"),
    ({"funding.law": "soon"}, {}, "funding.law", "a year from 1990 to 2100, or 'never'"),
    ({"funding.before": "residence"}, {}, "funding.before", "'central' or 'development'"),
    ({"funding.pooling": "true"}, {}, "funding.pooling", "'pooled'"),
    ({"funding.execution": "-1"}, {}, "funding.execution", "at least 0"),
    ({"funding.execution": "2e6"}, {"budgets": GRANTS}, "funding.execution", "1,100,000 EUR more than"),
    ({}, {"municipalities": HOSTING.replace("shelter", "hotel")}, "host", "one or more of shelter, walk_in"),
    ({}, {"municipalities": HOSTING.replace(",,M1", ",,M9")}, "central", "a municipality of this region"),
    (DEVELOPMENT, {"municipalities": HOSTING.replace("0.2", "0.3")}, "objective_share", "add up to 1.1"),
    (DEVELOPMENT, {"municipalities": HOSTING.replace("0.2", "")}, "objective_share", "an empty cell"),
    (DEVELOPMENT, {"municipalities": HOSTING}, "host", "hosts of 'intramural'"),
]  # fmt: skip


@pytest.mark.parametrize(("settings", "files", "column", "told"), FAULTY)
def test_money_that_does_not_fit_is_a_fault(settings, files, column, told):
    """Where it stands and what is wrong, before anything is planned."""
    with pytest.raises(InputError) as caught:
        tiny_region(settings, **files)
    faults = [fault for fault in caught.value.faults if fault.column == column]
    assert any(told in str(fault) for fault in faults), caught.value


def with_facilities(text: str) -> str:
    """Return the region file with the development model's budgets, which no setting can add at once."""
    return text + "\n[funding]\nbefore = 'development'\nfacilities = {intramural = 300000, shelter = 50000}\n"


def test_facilities_fit_in_the_budget():
    """350,000 for facilities fit in a grant of 350,000 and leave nothing for the rest; 340,000 is too few."""
    files = {"region": with_facilities(REGION), "municipalities": HOSTING}
    fitting = tiny_region(**files, budgets=GRANTS.replace("900000", "350000"))
    left = fitting.treasury.grants(["Wmo"], [2022])
    assert left.values.ravel().tolist() == pytest.approx([350_000, 0])
    with pytest.raises(InputError, match="350,000 EUR for shared facilities in 2022, of 340,000"):
        tiny_region(**files, budgets=GRANTS.replace("900000", "340000"))


# ------------------------------------------------------------------ in a plan


@pytest.fixture(scope="module", name="problem")
def problem_with_grants() -> Problem:
    """Return the tiny problem with a grant, prices that grow and people with a personal budget."""
    clients = (
        "municipality,profile,tier,clients,year,form,basis\n"
        "M1,intensive,bed,6,2021,ZIN,origin\nM2,intensive,bed,4,2021,ZIN,origin\n"
        "M1,light,group,4,2021,ZIN,origin\nM1,light,home,2,2021,ZIN,origin\n"
        "M2,light,home,2,2021,ZIN,origin\nM2,light,waiting,1,2021,ZIN,origin\n"
        "M2,intensive,bed,1,2021,PGB,origin\n"
    )
    return tiny_problem({"years.indexation": "0.02"}, clients=clients, budgets=GRANTS)


@pytest.fixture(scope="module", name="plan")
def best_plan(problem):
    return best(problem)


def test_the_plan_pays_the_grant_of_the_regime(plan):
    """Budgets.csv as it is, to M1 alone; M1 bears every euro."""
    grant = plan.data["grant"].sel(stream="Wmo")
    assert grant.sel(municipality="M1").values.tolist() == [900_000, 1_000_000]
    assert grant.sel(municipality="M2").isnull().all()
    assert float(plan.data["funding_due"].sel(municipality="M2").sum()) == 0.0
    assert float(plan.data["funding_due"].sum()) == pytest.approx(float(plan.data["cost"].sum()), abs=0.01)


def test_every_euro_has_an_origin_a_host_and_a_payer(plan):
    """By part and year the euros spent on people are the plan's cost, to the cent."""
    cost = plan.data["cost"]
    where = spent(plan.problem, ledger(plan.problem, plan.data))
    told = where.sum(["origin", "host", "setting", "stream"])
    gap = told - cost.sum(["payer", "stream"]).sel(part=told["part"])
    assert float(abs(gap).max()) < 0.005
    need = where.sum(["part", "host", "setting"]).rename(origin="municipality")
    assert float(abs(need - plan.data["funding_need"]).max()) < 0.005


def test_people_are_counted_where_they_come_from_and_live(plan):
    """20 people less those who wait: 12 of M1, 8 of M2 of whom one brings a personal budget."""
    people = people_between(plan.problem, plan.data)
    waiting = plan.data["waiting"].sum(["neighbourhood", "profile"])
    assert people.sum(["origin", "host", "tier"]).values == pytest.approx((20 - waiting).values, abs=1e-6)
    assert people.sel(origin="M1").sum(["host", "tier"]).values == pytest.approx([12, 12], abs=1e-6)
    # nobody of M1 can be in a facility of M2 in 2022: S3 is not built yet
    there = people.sel(origin="M1", host="M2", tier=["bed", "group"], year=2022)
    assert float(there.sum()) == pytest.approx(0)


def test_another_regime_changes_who_pays_and_not_what():
    """The law coming moves euros between municipalities; the cost of the plan stays as it was."""
    same = {"years.indexation": "0.02"}
    settings = same | {
        "funding.law": "2022", "funding.path.shape": "geometric",
        "funding.path.yearly": "0.1",
    }  # fmt: skip
    before, again = best(tiny_problem(same, budgets=GRANTS)), best(tiny_problem(settings, budgets=GRANTS))
    assert float(again.data["cost"].sum()) == pytest.approx(float(before.data["cost"].sum()), abs=0.01)
    due_by_town = again.data["funding_due"].sum(["stream", "year"]).to_series()
    assert (due_by_town > 0).all()
    assert float(again.data["settlement"].sum()) == 0.0  # one pooled region
    assert again.data["grant"].sel(municipality="M2", stream="Wmo").values.tolist() == pytest.approx(
        [900_000 * 0.1 * 0.2, 1_000_000 * 0.19 * 0.2]
    )


def test_payers_are_municipalities_of_the_regime(plan):
    assert plan.data["cost"]["payer"].values.tolist() == ["M1", "M2"]
    paid = plan.data["cost"].sum(["part", "stream", "year"])
    assert float(paid.sel(payer="M2")) == 0.0
    assert float(paid.sel(payer="M1")) > 0.0


def test_settlement_is_by_pair_and_year(plan):
    assert plan.data["settlement"].dims == ("payer", "host", "year")
    assert settlement(euros(), treasury()).dims == ("payer", "host", "year")


@pytest.mark.parametrize("regime", REGIMES)
def test_a_plan_of_every_regime_is_verified(regime):
    """The grant is computed anew from budgets.csv: carried on, Wlz money and execution cost off."""
    first = "before" if regime in ("central", "development") else "after"
    settings = {
        "years.indexation": "0.02", "funding.carry_on": "true", "funding.execution": "50000",
        "funding.wlz.money": "0.3", "funding.wlz.since": "2023", f"funding.{first}": regime,
        "funding.law": "never" if first == "before" else "2023",
        "funding.path.shape": "geometric", "funding.path.yearly": "0.1",
    }  # fmt: skip
    plan = best(tiny_problem(settings, budgets=GRANTS.replace("M1,2023,Wmo,1000000\n", "")))
    assert violations(plan.problem, plan.data) == ()
    last = plan.data["grant"].sum(["municipality", "stream"]).sel(year=2023)
    assert float(last) == pytest.approx(900_000 * 1.02 * 0.7 - 50_000 * 1.02**2)
