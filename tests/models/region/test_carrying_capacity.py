"""The index of carrying capacity: a case by hand, what holds for any figures, and what is a fault."""

import json
import math

import geopandas as gpd
import pandas as pd
import pytest
from builders import EUROS_ONLY, ONE_YEAR, amount, best, tiny_problem, tiny_region
from hypothesis import given, settings
from hypothesis import strategies as st
from tiny import REGION, neighbourhoods

from geodata.bundled import bundled_regions
from geodata.faults import InputError
from geodata.indicators import INDICATORS
from models.parameters.parameters import CarryingCapacity, Indicator
from models.parameters.quantity import Quantity
from models.region.carrying_capacity import NAMES, carrying_capacity
from models.region.read_region import read_region

LOW, OWNED = "percentage_laag_inkomen", "percentage_koopwoningen"
RENTED = "percentage_huurwoningen_in_bezit_woningcorporaties"
ON = {"carrying_capacity.mode": '"on"'}
BY_HAND = {LOW: [37.3, 47.4, 39.7], RENTED: [10, 30, 50]}

OWNED_ONLY = """
[carrying_capacity]
mode = "on"

[carrying_capacity.indicators.percentage_koopwoningen]
weight = 1
sign = "+"
"""


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
    """Low incomes of 37.3, 47.4 and 39.7 % are percentiles 30, 90 and 50: .7, .1 and .5 are left.

    Of rented homes the country is not known: 10, 30, 50 % are 1, ½, 0 within the region. Half of each is
    .85, .3 and .25, and from 0.6 to 1.4 that is 0.6 + 0.8 × .85 = 1.28, 0.84 and 0.8.
    """
    made = tiny_region(ON, neighbourhoods=squares(BY_HAND)).carrying_capacity
    assert made[LOW].tolist() == pytest.approx([0.7, 0.1, 0.5])
    assert made[RENTED].tolist() == pytest.approx([1, 0.5, 0])
    assert made["index"].tolist() == pytest.approx([1.28, 0.84, 0.8])


def test_beyond_the_outer_percentiles_is_the_end():
    """60 % of low incomes is more than in 99 % of the country, and none is less than in any wijk."""
    areas = squares({LOW: [60, 0, 39.7], RENTED: [10, 10, 10]})
    assert tiny_region(ON, neighbourhoods=areas).carrying_capacity[LOW].tolist() == [0.0, 1.0, 0.5]


def test_no_figure_moves_the_index_of_another():
    """N1 gets poorer: its own index falls, and those of N2 and N3 stay to the last digit."""
    text = REGION + OWNED_ONLY.replace(OWNED, LOW).replace('"+"', '"-"')
    before, after = (
        tiny_region(region=text, neighbourhoods=squares({LOW: [low, 47.4, 39.7]})).carrying_capacity["index"]
        for low in (37.3, 47.4)
    )
    assert after["N1"] == pytest.approx(before["N1"] - 0.8 * 0.6)
    assert after[["N2", "N3"]].tolist() == before[["N2", "N3"]].tolist()


def test_the_norm_is_scaled_by_it():
    """A norm of 0.5 lets N1 with N2 carry 8 × 1.28 = 10.24, where it carries 12: 1.76 are over.

    N2 with both may carry 10 × 0.84 = 8.4 of 12: 3.6 are over. N3 with N2 may carry 5 × 0.8 = 4 and has 2.
    """
    policy = {
        "policies.neighbourhood_concentration.mode": '"soft"',
        "policies.neighbourhood_concentration.norm": "0.5",
        "costs.conversions.bed.group.cost": "300000",
    }
    plan = best(tiny_problem(EUROS_ONLY | ONE_YEAR | policy | ON, neighbourhoods=squares(BY_HAND)))
    over = [amount(plan, "excess", neighbourhood=j) for j in ("N1", "N2", "N3")]
    assert over == pytest.approx([1.76, 3.6, 0])


def test_the_share_is_scaled_by_it():
    """0.4 of M1's 12 weighted places is 0.512 in N1: it may have 2 + 0.512 × 10 = 7.12 and has 10.

    N2 may have 2 + 0.336 × 10 = 5.36 of them and has 2, its four group places at a half.
    """
    policy = {
        "policies.neighbourhood_concentration.mode": '"soft"',
        "policies.neighbourhood_concentration.measures": '["share"]',
        "policies.neighbourhood_concentration.most_share": "0.4",
        "costs.conversions.bed.group.cost": "300000",
        "policies.replacement_before_closure.most_per_year": "1.0",
    }
    plan = best(tiny_problem(EUROS_ONLY | ONE_YEAR | policy | ON, neighbourhoods=squares(BY_HAND)))
    over = [amount(plan, "excess", neighbourhood=j) for j in ("N1", "N2", "N3")]
    assert over == pytest.approx([2.88, 0, 0])


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
    told = [one for one in region.remarks if "capacity" in one["en"] or "national" in one["en"]]
    remark, relative = told
    assert "share of corporation homes" in relative["en"]
    assert "percentage" not in relative["nl"]
    assert "share of low incomes (−, 50 %), share of corporation homes (−, 50 %)" in remark["en"]
    assert "from 0.80 to 1.28" in remark["en"]
    assert "aandeel corporatiewoningen" in remark["nl"]
    assert "van 0,80 tot 1,28" in remark["nl"]


def test_a_missing_figure_is_a_fault_or_the_middle():
    """Of N2 no low incomes are known: told with its remedy; or it stands in the middle of the country."""
    missing = squares({LOW: [37.3, -99997, 39.7], RENTED: [10, 30, 50]})
    with pytest.raises(InputError) as caught:
        tiny_region(ON, neighbourhoods=missing)
    (fault,) = caught.value.faults
    assert fault.column == f"carrying_capacity.indicators.{LOW}"
    assert fault.found == "no figure for 1 neighbourhoods (N2)"
    assert 'carrying_capacity.missing = "mean"' in fault.remedy
    region = tiny_region(ON | {"carrying_capacity.missing": '"mean"'}, neighbourhoods=missing)
    assert region.carrying_capacity[LOW].tolist() == pytest.approx([0.7, 0.5, 0.5])
    assert any("a figure of N2 (1) is missing" in remark["en"] for remark in region.remarks)


def test_bounds_that_ban_a_place_are_refused():
    """An index of 0 would let a neighbourhood carry nothing, and the least lies under the most."""
    for bounds in ({"least": "0"}, {"least": "1.5"}):
        with pytest.raises(InputError, match="above 0"):
            tiny_region(ON | {f"carrying_capacity.{k}": v for k, v in bounds.items()},
                        neighbourhoods=squares(BY_HAND))  # fmt: skip


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


def test_all_indicators_have_a_name_for_readers():
    """What can be chosen can be told."""
    assert set(NAMES) == set(INDICATORS)


@pytest.mark.parametrize("name", sorted(bundled_regions()))
def test_the_bundled_regions_are_scaled(name):
    """Within the bounds, and the wijk with most low incomes of the region lower than the one with fewest."""
    region = read_region(bundled_regions()[name])
    index, low = region.carrying_capacity["index"], region.neighbourhoods[LOW]
    assert index.between(0.6, 1.4).all()
    assert index[low.idxmax()] < index[low.idxmin()]


def frame(people: list[int], **figures: list[float]) -> gpd.GeoDataFrame:
    """Return neighbourhoods with nothing but their inhabitants and figures."""
    return gpd.GeoDataFrame({"inhabitants": people, **figures}, geometry=gpd.GeoSeries([None] * len(people)))


AREA = st.tuples(st.integers(1, 50_000), st.floats(0, 100), st.one_of(st.none(), st.floats(0, 100)))
WEIGHTS = st.tuples(st.floats(0.01, 10), st.floats(0.01, 10))


@settings(deadline=None, max_examples=200)
@given(st.lists(AREA, min_size=1, max_size=12), WEIGHTS)
def test_it_stays_in_bounds_and_follows_its_signs(areas, weights):
    """From 0.6 to 1.4; who is no worse on any figure is no lower on the index."""
    people, low, owned = (list(values) for values in zip(*areas, strict=True))
    given_areas = frame(people, **{LOW: low, OWNED: [math.nan if v is None else v for v in owned]})
    chosen = section(**{LOW: (weights[0], "-"), OWNED: (weights[1], "+")})
    made = carrying_capacity(given_areas, chosen)
    assert made["index"].between(0.6 - 1e-9, 1.4 + 1e-9).all()
    assert made[[LOW, OWNED]].min().min() >= 0
    assert made[[LOW, OWNED]].max().max() <= 1
    for a in given_areas.index:
        for b in given_areas.index:
            known = owned[a] is not None and owned[b] is not None
            if known and low[a] <= low[b] and owned[a] >= owned[b]:
                assert made.at[a, "index"] >= made.at[b, "index"] - 1e-9


@settings(deadline=None)
@given(st.lists(st.tuples(st.integers(1, 9_999), st.integers(0, 100)), min_size=2, max_size=8))
def test_units_and_turning_over_change_nothing_within_a_region(areas):
    """Per cents or shares give one index where the region is the measure, and so does what is left."""
    people, rented = (list(values) for values in zip(*areas, strict=True))
    index = carrying_capacity(frame(people, **{RENTED: rented}), section(**{RENTED: (1, "-")}))["index"]
    shares = frame(people, **{RENTED: [value / 100 for value in rented]})
    left = frame(people, **{RENTED: [100 - value for value in rented]})
    for areas_too, chosen in (
        (shares, section(**{RENTED: (3, "-")})), (left, section(**{RENTED: (1, "+")})),
    ):  # fmt: skip
        pd.testing.assert_series_equal(carrying_capacity(areas_too, chosen)["index"], index, atol=1e-9)
