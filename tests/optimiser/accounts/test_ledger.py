"""Every euro of a plan has a payer, a stream, a year and a source, and the lines add up to the cent."""

import numpy as np
import pandas as pd
import pytest
from builders import BED, EUROS_ONLY, HOME, ONE_YEAR, WEEKS, amount, best, tiny_problem, tiny_region
from tiny import HOMES, SITES

from geodata.faults import InputError
from optimiser.accounts.ledger import ledger, summed
from optimiser.plan import Plan
from optimiser.verification.verify import violations

CENT = 0.005
CHANGED = 724_003.57
"""The plan of one year in test_tiny_by_hand.py: five beds, nine in group places, five at home."""

PAID_BY_OTHERS = {
    "tiers.bed.contribution": "100", "tiers.home.contribution": "5", "costs.home_capital": "150000",
}  # fmt: skip
GRANTS = "municipality,year,stream,eur\nM1,2022,Wmo,900000\n"
TOWNS = """\
code,name,inhabitants,region,objective_share,central
M1,Westerveen,16000,West,0.8,M1
M2,Oosterveen,4000,East,0.2,M2
"""
REGIMES = {
    "central": {},
    "objective": {"funding.law": "2015", "funding.after": "objective"},
    "development": {"funding.before": "development"},
    "residence": {"funding.law": "2020", "funding.after": "residence"},
}
PATH = {"funding.path.shape": "linear", "funding.path.yearly": "0.1", "funding.carry_on": "true"}


@pytest.fixture(scope="module", name="plan", params=REGIMES)
def plan_of_a_regime(request) -> Plan:
    """Return the best plan of two regions with a centre each, with contributions and capital."""
    settings = {
        "years.indexation": "0.02", "costs.interest": "0.03", "costs.double_running": "8",
        "costs.conversions.bed.group.changeover": "2",
    }  # fmt: skip
    clients = (
        "municipality,profile,tier,clients,year,form,basis\n"
        "M1,intensive,bed,6,2021,ZIN,origin\nM2,intensive,bed,4,2021,ZIN,origin\n"
        "M1,light,group,4,2021,ZIN,origin\nM1,light,home,2,2021,ZIN,origin\n"
        "M2,light,home,2,2021,ZIN,origin\nM2,light,waiting,1,2021,ZIN,origin\n"
        "M2,intensive,bed,1,2021,PGB,origin\n"
    )
    problem = tiny_problem(
        settings | PAID_BY_OTHERS | PATH | REGIMES[request.param],
        clients=clients, budgets=GRANTS, municipalities=TOWNS,
    )  # fmt: skip
    return best(problem)


@pytest.fixture(scope="module", name="lines")
def lines_of_the_plan(plan) -> pd.DataFrame:
    """Return every euro of the plan."""
    return ledger(plan.problem, plan.data)


def off(plan: Plan, lines: pd.DataFrame, name: str, **columns: str) -> float:
    """Return by how much the lines, added up by their columns, differ most from an array of the plan."""
    array = plan.data[name]
    labels = {columns.get(str(dim), str(dim)): list(array[dim].values) for dim in array.dims}
    return float(np.abs(summed(lines, labels).to_numpy() - array.to_numpy()).max())


def test_the_plan_is_verified(plan):
    assert violations(plan.problem, plan.data) == ()


def test_the_lines_add_up_to_the_cent(plan, lines):
    """By part, payer, stream and year; by municipality of origin; and by who bears it."""
    assert off(plan, lines, "cost") < CENT
    assert off(plan, lines, "funding_need", municipality="origin") < CENT
    assert off(plan, lines, "funding_due", municipality="account") < CENT


def test_a_line_is_its_quantity_times_its_shares_times_its_price(lines):
    product = lines["quantity"] * lines["share_origin"] * lines["share_payer"] * lines["price"]
    assert float((product - lines["eur"]).abs().max()) == 0.0
    assert (lines[["quantity", "price", "share_origin", "share_payer"]] >= 0.0).all(axis=None)
    assert (lines[["share_origin", "share_payer"]] <= 1.0 + 1e-12).all(axis=None)


def test_settlement_is_the_lines_of_others_regions(plan, lines):
    """Under the residence principle what is paid for somebody who lives elsewhere goes to that host."""
    wmo = lines[(lines["stream"] == "Wmo") & (lines["payer"] != lines["host"])]
    elsewhere = float(wmo["eur"].sum())
    settles = plan.problem.region.parameters.funding.regime(2022) == "residence"
    assert float(plan.data["settlement"].sum()) == pytest.approx(elsewhere if settles else 0.0, abs=CENT)
    assert not settles or elsewhere > 1000


def test_every_line_names_numbers_of_the_register(plan, lines):
    """Each key stands in the register, where its source is; the first is the price of the line."""
    known = set(plan.problem.region.assumptions["key"])
    named = {key for keys in lines["keys"] for key in keys.split("; ")}
    assert named <= known
    assert {
        "costs.conversions.bed.group.changeover",
        "tiers.bed.rate",
        "tiers.bed.contribution",
        "costs.home_capital",
        "costs.interest",
    } <= named
    assert lines["keys"].str.endswith("years.indexation").all()


def test_a_site_is_for_the_people_who_live_there(plan, lines):
    """The place cost of group places at a site follows the origins of the people housed there that year."""
    data, of = plan.data, plan.problem.municipality_of
    here = lines[(lines["part"] == "sites") & (lines["unit"] == "place-year") & (lines["price"] > 0)]
    shares = here.groupby(["place", "tier", "year", "origin"])["eur"].sum()
    assert len(shares) > 2
    for (site, tier, year), part in shares.groupby(level=["place", "tier", "year"]):
        lived = (data["location"] == site) & (data["pair_tier"] == tier)
        people = data["housed"].sel(year=year).where(lived, 0.0).to_numpy()
        for origin in ("M1", "M2"):
            mine = people[[of[code] == origin for code in data["origin"].values]].sum() / people.sum()
            told = part.groupby("origin").sum().get(origin, 0.0) / part.sum()
            assert told == pytest.approx(mine, abs=1e-9)


def test_no_line_pays_for_a_place_of_the_wlz():
    """One of S2's four group places is of the Wlz: before the horizon three cost 10,000 each."""
    sites = SITES.replace("existing,group,4,0,8,8", "existing,group,4,1,8,8")
    plan = best(tiny_problem(EUROS_ONLY | ONE_YEAR, sites=sites))
    lines = ledger(plan.problem, plan.reference).query("unit == 'place-year' and tier == 'group'")
    assert float((lines["quantity"] * lines["share_origin"] * lines["share_payer"]).sum()) == pytest.approx(3)
    assert lines["eur"].sum() == pytest.approx(30_000)
    assert off(plan, ledger(plan.problem, plan.data), "cost") < CENT


def test_each_centre_bears_its_own_region():
    """M1 and M2 are centres: without a law each bears what is spent on its own people, whoever hosts them."""
    problem = tiny_problem({}, municipalities=TOWNS)
    plan = best(problem)
    due, need = plan.data["funding_due"], plan.data["funding_need"]
    assert float(abs(due - need).max()) < CENT
    assert float(due.sel(municipality="M2").sum()) > 100_000


def one_year(**settings: str) -> Plan:
    """Return the best plan of 2022, euros and waiting only."""
    return best(tiny_problem(EUROS_ONLY | ONE_YEAR | settings))


def test_a_contribution_moves_money_and_changes_no_plan():
    """Five people in beds pay 100 a week, five at home 5: 26,089.29 + 1,304.46 less for M1, in all the same.

    A week is a seventh of a day's 365.25: 5 × 100 × 52.17857 and 5 × 5 × 52.17857.
    """
    plan = one_year(**{"tiers.bed.contribution": "100", "tiers.home.contribution": "5"})
    assert plan.proof.objective == pytest.approx(CHANGED, abs=0.01)
    assert amount(plan, "cost", payer="client") == pytest.approx(5 * 105 * WEEKS, abs=CENT)
    assert amount(plan, "cost", payer="client", stream="client", part="support") == pytest.approx(27_393.75)
    assert amount(plan, "cost", payer="M1") == pytest.approx(CHANGED - 27_393.75, abs=0.01)
    support = plan.data["cost"].sel(part="support").sum(["payer", "year"]).to_series()
    assert support["Wmo"] == pytest.approx(5 * BED + 9 * 400 * WEEKS + 5 * HOME - 27_393.75, abs=0.01)


def test_a_corporation_pays_its_capital():
    """One home is handed over in 2022: 50,000 over ten years without interest is 5,000 a year, by C1."""
    plan = one_year(**{"costs.home_capital": "50000"})
    assert amount(plan, "new_homes") == 1
    assert plan.proof.objective == pytest.approx(CHANGED + 5_000, abs=0.01)
    capital = plan.data["cost"].sel(part="home_capital", stream="corporation", payer="C1")
    assert float(capital.sum()) == pytest.approx(5_000, abs=CENT)
    assert amount(plan, "cost", payer="M1") == pytest.approx(CHANGED, abs=0.01)


def test_capital_of_homes_is_paid_in_every_later_year():
    """Handed over in 2022, it is paid in 2022 and 2023, indexed at the year of handing over."""
    plan = best(tiny_problem(EUROS_ONLY | {"costs.home_capital": "50000", "years.indexation": "0.1"}))
    given = plan.data["new_homes"].sum(["corporation", "neighbourhood"]).values
    paid = plan.data["cost"].sel(part="home_capital").sum(["payer", "stream"]).values
    assert paid[0] == pytest.approx(given[0] * 5_500)
    assert paid[1] == pytest.approx(given[0] * 5_500 + given[1] * 6_050)


def test_too_dear_a_home_is_not_handed_over():
    """Without the fifth home somebody lives in a bed that is added: 46,525 more than at home, but no 2,000.

    A capital of 440,000 is 44,000 a year, which is paid; 450,000 is 45,000 and is not.
    """
    assert amount(one_year(**{"costs.home_capital": "440000"}), "new_homes") == 1
    assert amount(one_year(**{"costs.home_capital": "450000"}), "new_homes") == 0


def test_what_is_not_given_is_nothing_and_is_said():
    """Without contributions and capital there are no such streams, and a remark says so for each."""
    problem = tiny_problem()
    assert problem.streams == ("Wmo",)
    assert problem.payers == ("M1", "M2")
    said = " ".join(remark["en"] for remark in problem.region.remarks)
    assert "Contributions of clients are not given" in said
    assert "corporations invest in homes is not given" in said
    said = " ".join(remark["en"] for remark in tiny_region(PAID_BY_OTHERS).remarks)
    assert "not given" not in said


@pytest.mark.parametrize(
    ("settings", "files", "column"),
    [
        ({"tiers.home.contribution": "301"}, {}, "tiers.home.contribution"),
        ({"tiers.group.contribution": "401"}, {}, "tiers.group.contribution"),
        ({"costs.home_capital": "1"}, {"homes": HOMES.replace("C1,", "M1,")}, "corporation"),
        ({}, {"municipalities": TOWNS.replace("0.8,M1", "0.8,M2").replace("0.2,M2", "0.2,M1")}, "central"),
    ],
)
def test_what_could_not_be_paid_is_refused(settings, files, column):
    """More than the support costs, a corporation that has a municipality's code, centres in a circle."""
    with pytest.raises(InputError) as refused:
        tiny_region(settings, **files)
    assert {fault.column for fault in refused.value.faults} == {column}
