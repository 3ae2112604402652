"""The index of carrying capacity: a case by hand, what holds for any figures, and what is a fault."""

import json
import math

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from builders import EUROS_ONLY, ONE_YEAR, amount, best, tiny_problem, tiny_region
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from tiny import REGION, neighbourhoods

from geodata.bundled import bundled_regions
from geodata.faults import InputError
from geodata.indicators import INDICATORS
from models.parameters.parameters import CarryingCapacity, Indicator
from models.parameters.quantity import Quantity
from models.region.carrying_capacity import NAMES, carrying_capacity
from models.region.region import read_region

LOW, OWNED = "percentage_laag_inkomen", "percentage_koopwoningen"
RENTED = "percentage_huurwoningen_in_bezit_woningcorporaties"
ON = {"carrying_capacity.mode": '"on"'}
BY_HAND = {LOW: [20, 40, 30], RENTED: [10, 30, 50]}


def squares(figures: dict[str, list[float | None]]) -> str:
    """Return the three squares as GeoJSON with more figures, in the order N1, N2, N3."""
    areas = neighbourhoods()
    for name, values in figures.items():
        for feature, value in zip(areas["features"], values, strict=True):
            feature["properties"][name] = value
    return json.dumps(areas)


def section(**indicators: tuple[float, str]) -> CarryingCapacity:
    """Return a section that is on: indicator → weight and sign; a figure that is missing is the mean."""
    made = {
        name: Indicator(weight=Quantity(value=weight, unit="factor"), sign=sign)
        for name, (weight, sign) in indicators.items()
    }
    return CarryingCapacity(mode="on", missing="mean", indicators=made)


def test_two_indicators_by_hand():
    """Low incomes of 20, 40 and 30 % are 1, 0 and ½ of what can be carried; rented 10, 30, 50 % are 1, ½, 0.

    Half of each: 1, ¼ and ¼. Over 10,000, 6,000 and 4,000 inhabitants that is 0.625 on average, so
    the index is 1.6, 0.4 and 0.4.
    """
    made = tiny_region(ON, neighbourhoods=squares(BY_HAND)).carrying_capacity
    assert made[LOW].tolist() == pytest.approx([1, 0, 0.5])
    assert made[RENTED].tolist() == pytest.approx([1, 0.5, 0])
    assert made["index"].tolist() == pytest.approx([1.6, 0.4, 0.4])


def test_the_norm_is_scaled_by_it():
    """A norm of 0.5 lets N1 with N2 carry 8 × 1.6 = 12.8, where it carries 12: nothing is over any more.

    N2 with both may carry 10 × 0.4 = 4 of 12: eight are over. N3 with N2 carries 2, the least facility.
    """
    policy = {
        "policies.neighbourhood_concentration.mode": '"soft"',
        "policies.neighbourhood_concentration.norm": "0.5",
        "costs.conversions.bed.group.cost": "300000",
    }
    plan = best(tiny_problem(EUROS_ONLY | ONE_YEAR | policy | ON, neighbourhoods=squares(BY_HAND)))
    assert [amount(plan, "excess", neighbourhood=j) for j in ("N1", "N2", "N3")] == pytest.approx([0, 8, 0])


def test_the_share_is_scaled_by_it():
    """0.4 of M1's 12 weighted places is 0.64 in N1: it may have 2 + 0.64 × 10 = 8.4 and has 10.

    N2 may have 2 + 0.16 × 10 = 3.6 of them and has 2, its four group places at a half.
    """
    policy = {
        "policies.neighbourhood_concentration.mode": '"soft"',
        "policies.neighbourhood_concentration.measures": '["share"]',
        "policies.neighbourhood_concentration.most_share": "0.4",
        "costs.conversions.bed.group.cost": "300000",
        "policies.replacement_before_closure.most_per_year": "1.0",
    }
    plan = best(tiny_problem(EUROS_ONLY | ONE_YEAR | policy | ON, neighbourhoods=squares(BY_HAND)))
    assert [amount(plan, "excess", neighbourhood=j) for j in ("N1", "N2", "N3")] == pytest.approx([1.6, 0, 0])


def test_a_region_that_does_not_ask_has_none():
    """Off, every neighbourhood can carry the norm, and no number of it is among the assumptions."""
    region = tiny_region(neighbourhoods=squares(BY_HAND))
    assert region.carrying_capacity.to_dict("list") == {"index": [1.0, 1.0, 1.0]}
    assert not [key for key in region.assumptions["key"] if key.startswith("carrying_capacity")]
    assert not [remark for remark in region.remarks if "carrying capacity" in remark["en"]]


def test_its_weights_are_assumptions_and_it_is_told():
    """No source weighs the indicators: the register says so, and a remark says what the index is made of."""
    region = tiny_region(ON, neighbourhoods=squares(BY_HAND))
    rows = region.assumptions.set_index("key").loc[[f"carrying_capacity.indicators.{LOW}.weight"]]
    assert rows[["value", "source", "note"]].to_numpy().tolist() == [
        [0.5, "assumption", "default of spreidplan"]
    ]
    (remark,) = [remark for remark in region.remarks if "carrying capacity" in remark["en"]]
    assert "share of low incomes (−, 50 %), share of corporation homes (−, 50 %)" in remark["en"]
    assert "from 0.40 to 1.60" in remark["en"]
    assert "aandeel corporatiewoningen" in remark["nl"]
    assert "van 0,40 tot 1,60" in remark["nl"]


def test_a_missing_figure_is_a_fault_or_the_mean():
    """Of N2 no low incomes are known: told with its remedy; or 20 and 30 % by inhabitants, 22.9 %."""
    missing = squares({LOW: [20, -99997, 30], RENTED: [10, 30, 50]})
    with pytest.raises(InputError) as caught:
        tiny_region(ON, neighbourhoods=missing)
    (fault,) = caught.value.faults
    assert fault.column == f"carrying_capacity.indicators.{LOW}"
    assert fault.found == "no figure for 1 neighbourhoods (N2)"
    assert 'carrying_capacity.missing = "mean"' in fault.remedy
    region = tiny_region(ON | {"carrying_capacity.missing": '"mean"'}, neighbourhoods=missing)
    mean = (10_000 * 20 + 4_000 * 30) / 14_000
    assert region.carrying_capacity[LOW].tolist() == pytest.approx([1, (30 - mean) / 10, 0])
    assert any("a figure of N2 (1) is missing" in remark["en"] for remark in region.remarks)


OWNED_ONLY = """
[carrying_capacity]
mode = "on"

[carrying_capacity.indicators.percentage_koopwoningen]
weight = 1
sign = "+"
"""
DEFAULT = '\n[carrying_capacity]\nmode = "on"\n'


@pytest.mark.parametrize(
    ("figures", "section_text", "found", "remedy"),
    [
        ({LOW: [20, 40, 30]}, DEFAULT, "no such column", "switch the index off"),
        (
            {LOW: [20, 40, 30], OWNED: [5, 6, 7]},
            DEFAULT,
            "no such column",
            f"proxy: indicators.{OWNED}, with sign",
        ),
        ({OWNED: [None] * 3}, OWNED_ONLY, "no figure at all", "Take it out"),
        (
            {OWNED: [5, 6, 7]},
            OWNED_ONLY.replace("= 1", "= 0"),
            "no weight above 0",
            "Raise one",
        ),
        (
            {OWNED: [5, 6, 7]},
            OWNED_ONLY.replace("koop", "koob"),
            "'percentage_koobwoningen'",
            "'percentage_koopwoningen'",
        ),
        (
            {OWNED: [5, 6, None]},
            OWNED_ONLY,
            "no figure for 1 neighbourhoods (N3)",
            "Fill",
        ),
    ],
)
def test_what_it_cannot_be_made_of_is_a_fault(figures, section_text, found, remedy):
    """One fault, which says what to do."""
    with pytest.raises(InputError) as caught:
        tiny_region(region=REGION + section_text, neighbourhoods=squares(figures))
    (fault,) = caught.value.faults
    assert (fault.found, remedy in fault.remedy) == (found, True)


def test_an_index_that_is_nothing_for_anybody_is_a_fault():
    """All live in N1, which by its only indicator can carry least: nothing is left to bring to 1."""
    areas = json.loads(squares({OWNED: [5, 6, 7]}))
    for feature, people in zip(areas["features"], (20_000, 0, 0), strict=True):
        feature["properties"] |= {"inhabitants": people, "municipality": "M1"}
    with pytest.raises(InputError, match="an index of 0 wherever somebody lives"):
        tiny_region(region=REGION + OWNED_ONLY, neighbourhoods=json.dumps(areas))


def test_all_indicators_have_a_name_for_readers():
    """What can be chosen can be told."""
    assert set(NAMES) == set(INDICATORS)


@pytest.mark.parametrize("name", sorted(bundled_regions()))
def test_the_bundled_regions_are_scaled(name):
    """Mean 1 over the inhabitants, none below 0, and the wijk with most low incomes below the average."""
    region = read_region(bundled_regions()[name])
    index, people = region.carrying_capacity["index"], region.neighbourhoods["inhabitants"]
    assert np.average(index, weights=people) == pytest.approx(1, abs=1e-12)
    assert index.min() >= 0
    assert index[region.neighbourhoods[LOW].idxmax()] < 1


def frame(people: list[int], **figures: list[float]) -> gpd.GeoDataFrame:
    """Return neighbourhoods with nothing but their inhabitants and figures."""
    return gpd.GeoDataFrame({"inhabitants": people, **figures}, geometry=gpd.GeoSeries([None] * len(people)))


AREA = st.tuples(st.integers(1, 50_000), st.floats(0, 100), st.one_of(st.none(), st.floats(0, 100)))
WEIGHTS = st.tuples(st.floats(0.01, 10), st.floats(0.01, 10))


@settings(deadline=None, max_examples=200)
@given(st.lists(AREA, min_size=1, max_size=12), WEIGHTS)
def test_it_is_1_on_average_and_follows_its_signs(areas, weights):
    """The mean over the inhabitants is 1; who is no worse on any figure is no lower on the index."""
    people, low, owned = (list(values) for values in zip(*areas, strict=True))
    assume(any(value is not None for value in owned))
    given_areas = frame(people, **{LOW: low, OWNED: [math.nan if v is None else v for v in owned]})
    chosen = section(**{LOW: (weights[0], "-"), OWNED: (weights[1], "+")})
    made = carrying_capacity(given_areas, chosen)
    assert np.average(made["index"], weights=people) == pytest.approx(1, abs=1e-9)
    assert made[[LOW, OWNED]].min().min() >= 0
    assert made[[LOW, OWNED]].max().max() <= 1
    for a in given_areas.index:
        for b in given_areas.index:
            known = owned[a] is not None and owned[b] is not None
            if known and low[a] <= low[b] and owned[a] >= owned[b]:
                assert made.at[a, "index"] >= made.at[b, "index"] - 1e-9


@settings(deadline=None)
@given(st.lists(st.tuples(st.integers(1, 9_999), st.integers(0, 100)), min_size=2, max_size=8))
def test_units_and_turning_over_change_nothing(areas):
    """Per cents or shares give one index, and so does the share of what is left with the other sign."""
    people, owned = (list(values) for values in zip(*areas, strict=True))
    by_owned = carrying_capacity(frame(people, **{OWNED: owned}), section(**{OWNED: (1, "+")}))["index"]
    shares = frame(people, **{OWNED: [value / 100 for value in owned]})
    rented = frame(people, **{RENTED: [100 - value for value in owned]})
    for areas_too, chosen in (
        (shares, section(**{OWNED: (3, "+")})), (rented, section(**{RENTED: (1, "-")})),
    ):  # fmt: skip
        pd.testing.assert_series_equal(carrying_capacity(areas_too, chosen)["index"], by_owned, atol=1e-9)
