"""What things cost: price years, annuities, the two ways to pay a tier, closing, and the discount."""

import numpy as np
import pytest
from builders import WEEKS, tiny_problem, tiny_region
from hypothesis import given
from hypothesis import strategies as st
from tiny import SITES

from models.parameters.finance import annuity, closing_per_place, discount, nominal, support_per_client
from models.parameters.quantity import Quantity

GROWTH = {"years.indexation": "0.1", "years.discount_rate": "0.05"}


def test_an_amount_grows_from_its_own_price_year():
    """At 10 % a year 1,000 of 2021 is 1,210 in 2023, and 1,000 of 2022 is 1,100.

    An amount without a year is of the region's price year, 2021; one of 2023 is worth less in 2022.
    """
    years = tiny_region(GROWTH).parameters.years
    assert nominal(Quantity(value=1000, unit="EUR", price_year=2021), 2023, years) == pytest.approx(1210)
    assert nominal(Quantity(value=1000, unit="EUR", price_year=2022), 2023, years) == pytest.approx(1100)
    assert nominal(Quantity(value=1000, unit="EUR"), 2022, years) == pytest.approx(1100)
    assert nominal(Quantity(value=1000, unit="EUR", price_year=2023), 2022, years) == pytest.approx(
        1000 / 1.1
    )


def test_an_annuity_without_interest_is_a_part_a_year():
    """100,000 over ten years is 10,000 a year."""
    assert annuity(100_000, 0.0, 10) == 10_000


def test_an_annuity_repays_the_capital():
    """At 5 % over two years: 100,000 × 0.05 ÷ (1 − 1.05⁻²) = 53,780.49; what is owed is then just repaid."""
    yearly = annuity(100_000, 0.05, 2)
    assert yearly == pytest.approx(53_780.49, abs=0.01)
    assert (100_000 * 1.05 - yearly) * 1.05 - yearly == pytest.approx(0, abs=1e-6)


@given(
    capital=st.floats(1.0, 1e7), interest=st.floats(0.001, 0.2), life=st.integers(1, 60),
)  # fmt: skip
def test_payments_are_worth_the_capital(capital, interest, life):
    """Discounted at the same interest all payments together are the capital; each is more than its part."""
    yearly = annuity(capital, interest, life)
    worth = sum(yearly * (1 + interest) ** -year for year in range(1, life + 1))
    assert worth == pytest.approx(capital)
    assert yearly > capital / life


def test_a_tier_is_paid_by_rate_or_by_components():
    """A week costs 1,000 in a bed, 400 in a group place; a year has 365.25 ÷ 7; 2022 is dearer by 10 %."""
    parameters = tiny_region(GROWTH).parameters
    assert pytest.approx(365.25 / 7) == WEEKS
    assert support_per_client(parameters.tiers["bed"], 2022, parameters.years) == pytest.approx(1_100 * WEEKS)
    assert support_per_client(parameters.tiers["group"], 2022, parameters.years) == pytest.approx(440 * WEEKS)


def test_closing_pays_the_weeks_that_a_place_still_runs():
    """Eight weeks of double running: a bed is paid by its rate (5,000 + 8 × 1,000), a group place by its own
    component (2,000 + 8 ÷ 52.18 × 10,000 = 3,533.20). Without such weeks only the closing itself is paid.
    """
    parameters = tiny_region({"costs.double_running": "8"}).parameters
    assert closing_per_place(parameters.tiers["bed"], 2022, parameters) == pytest.approx(13_000)
    assert closing_per_place(parameters.tiers["group"], 2022, parameters) == pytest.approx(3_533.20, abs=0.01)
    plain = tiny_region().parameters
    assert closing_per_place(plain.tiers["bed"], 2022, plain) == 5_000


def test_the_first_planned_year_is_not_discounted():
    """2022 counts whole, 2023 counts 1 ÷ 1.05."""
    years = tiny_region(GROWTH).parameters.years
    assert [discount(year, years) for year in years.planned] == pytest.approx([1.0, 1 / 1.05])


def test_prices_of_a_problem():
    """Every table is in nominal euros of its year: 10 % a year from 2021, capital in ten yearly parts."""
    prices = tiny_problem(GROWTH).prices
    assert prices.support.loc["home"].tolist() == pytest.approx([330 * WEEKS, 363 * WEEKS])
    assert prices.place.loc["group"].tolist() == pytest.approx([11_000, 12_100])
    assert prices.place.loc["bed"].tolist() == [0.0, 0.0]
    assert prices.running.loc[("S1", "group")].tolist() == pytest.approx([55_000, 60_500])
    assert prices.running.loc[("S1", "bed")].tolist() == [0.0, 0.0]
    assert prices.capital.loc[("S3", "group")].tolist() == pytest.approx([5_500, 6_050])
    assert prices.conversion.loc[("bed", "group")].tolist() == pytest.approx([1_100, 1_210])
    assert prices.general.loc["new_home"].tolist() == pytest.approx([2_200, 2_420])
    assert prices.general.loc["bridging"].tolist() == pytest.approx([220 * WEEKS, 242 * WEEKS])


def test_a_site_may_have_its_own_costs():
    """S2 runs at 70,000 and builds at 40,000 a place; S1 and S3 cost what their tier costs."""
    header, *rows = SITES.splitlines()
    own = {2: "70000,40000"}
    lines = [f"{row},{own.get(n, ',')}" for n, row in enumerate(rows)]
    prices = tiny_problem(sites="\n".join([f"{header},running_cost,building_cost", *lines]) + "\n").prices
    assert prices.running.xs("group", level=1)[2022].to_dict() == {"S1": 50_000, "S2": 70_000, "S3": 50_000}
    assert prices.capital.xs("group", level=1)[2022].to_dict() == {"S1": 5_000, "S2": 4_000, "S3": 5_000}


def test_nothing_costs_less_than_nothing():
    """No price of the tiny region is negative or missing."""
    prices = tiny_problem().prices
    for name in ("support", "place", "closing", "running", "capital", "conversion", "general"):
        table = getattr(prices, name)
        assert np.isfinite(table.to_numpy()).all()
        assert (table.to_numpy() >= 0).all()
