"""An all-in rate of which a part is paid by house and by place: on the tiny region, by hand.

A bed costs 1,000 a week. Presence of 1,000 a week (52,178.57 a year) for a house of ten leaves 900 for each
client; of these, 40 % is availability: 540 follow the client and 360 the place.
"""

import pytest
from builders import (
    BED,
    EUROS_ONLY,
    ONE_YEAR,
    WEEKS,
    WITH_A_CANDIDATE,
    amount,
    best,
    tiny_problem,
    tiny_region,
)
from tiny import CLIENTS, SITES

from geodata.faults import InputError
from optimiser.accounts.charges import charges
from optimiser.verification.verify import violations

CENT = 0.01
STILL = 775_539.29
BY_HOUSE = {"tiers.bed.presence.per_site": str(1000 * WEEKS), "tiers.bed.presence.reference_places": "10"}
BY_PLACE = {"tiers.bed.availability": "0.4"}
TWO_FEWER = CLIENTS.replace("M1,intensive,bed,6", "M1,intensive,bed,4")


def one_year(settings, **files):
    """Return the best plan of 2022, in which no other place can come."""
    return best(tiny_problem(EUROS_ONLY | ONE_YEAR | settings, sites=WITH_A_CANDIDATE, **files))


def test_the_parts_of_a_rate():
    """900 a week by client and 1,000 by house; 540, 360 and 1,000 where a place costs its availability."""
    prices = tiny_problem(BY_HOUSE).prices
    assert prices.support.loc["bed", 2022] == pytest.approx(900 * WEEKS)
    assert prices.running.loc[("S1", "bed"), 2022] == pytest.approx(1000 * WEEKS)
    assert prices.place.loc["bed", 2022] == 0
    prices = tiny_problem(BY_HOUSE | BY_PLACE).prices
    assert prices.support.loc["bed", 2022] == pytest.approx(540 * WEEKS)
    assert prices.place.loc["bed", 2022] == pytest.approx(360 * WEEKS)


def test_vacancy_between_two_clients_is_in_the_rate():
    """Where nine of ten places can be lived in, nine share presence (888.89) and a place (0.9)."""
    prices = tiny_problem(BY_HOUSE | BY_PLACE | {"tiers.bed.occupancy": "0.9"}).prices
    rest = 1000 - 1000 / 9
    assert prices.support.loc["bed", 2022] == pytest.approx(0.6 * rest * WEEKS)
    assert prices.place.loc["bed", 2022] == pytest.approx(0.4 * rest * 0.9 * WEEKS)


def test_the_wlz_pays_its_part_of_the_presence():
    """With one of ten places lived in by somebody of the Wlz, a tenth of the presence is not the Wmo's."""
    sites = SITES.replace("existing,bed,10,0", "existing,bed,10,1")
    prices = tiny_problem(BY_HOUSE, sites=sites).prices
    assert prices.running.loc[("S1", "bed"), 2022] == pytest.approx(900 * WEEKS)


@pytest.mark.parametrize("settings", [{}, BY_HOUSE, BY_HOUSE | BY_PLACE])
def test_a_full_house_of_the_reference_size_costs_what_the_rate_says(settings):
    """Ten people in ten beds: ten times 1,000 a week in all three ways; nothing is done."""
    assert one_year(settings).proof.objective == pytest.approx(STILL, abs=2 * CENT)


def test_a_half_empty_house_is_not_free():
    """Eight people in ten beds: presence costs two shares more (2 × 100 a week), and empty beds nothing."""
    plan = one_year(BY_HOUSE, clients=TWO_FEWER)
    assert plan.proof.objective == pytest.approx(STILL - 2 * BED + 200 * WEEKS, abs=2 * CENT)
    assert amount(plan, "removed") == 0


def test_an_empty_bed_goes_where_it_costs_its_availability():
    """An empty bed costs 360 a week (18,784.29 a year) and 5,000 to close: both go."""
    plan = one_year(BY_HOUSE | BY_PLACE, clients=TWO_FEWER)
    assert amount(plan, "removed", tier="bed") == 2
    assert plan.proof.objective == pytest.approx(STILL - 2 * BED + 200 * WEEKS + 10_000, abs=2 * CENT)
    lines = charges(plan.problem, plan.data).query("tier == 'bed' and unit == 'place-year'")
    assert (lines["quantity"] * lines["price"]).sum() == pytest.approx(8 * 360 * WEEKS)
    assert "tiers.bed.availability" in lines["keys"].iloc[0]


def test_a_plan_that_pays_otherwise_is_caught():
    """Support and sites of a plan that pays all-in are not those of presence."""
    plan = one_year({})
    other = tiny_problem(EUROS_ONLY | ONE_YEAR | BY_HOUSE, sites=WITH_A_CANDIDATE)
    said = {v.rule for v in violations(other, plan.data)}
    assert {"cost of support", "cost of sites"} <= said
    assert not violations(plan.problem, plan.data)


@pytest.mark.parametrize(
    ("settings", "part"),
    [
        ({"tiers.bed.presence.per_site": "600000", "tiers.bed.presence.reference_places": "10"}, "presence"),
        ({"tiers.group.availability": "0.4"}, "all-in rate"),
        ({"tiers.home.availability": "0.4"}, "home tier"),
        (BY_HOUSE | {"tiers.bed.presence.reference_places": "0"}, "reference_places"),
    ],
)
def test_what_is_no_part_of_a_rate_is_a_fault(settings, part):
    """More presence than the rate, a part of a rate that is not there, a home, and a house without places."""
    with pytest.raises(InputError, match=part):
        tiny_region(settings)


def test_a_personal_budget_pays_no_house():
    """Who brings an own place pays no part of a house: such a row is a fault."""
    with pytest.raises(InputError, match="personal budget"):
        tiny_region(BY_HOUSE, clients=CLIENTS + "M2,intensive,bed,1,2021,PGB,origin,registration 2021\n")
