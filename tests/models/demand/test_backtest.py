"""The forecast against what happened: intervals worked out on paper, and Rotterdam as it is."""

import json
import math

import pandas as pd
import pytest
from builders import tiny_region

import cli
from geodata.bundled import bundled_regions
from geodata.faults import InputError
from models.demand.backtest import LAST, PATHWAY, TREND, Trend, backtest
from models.region.read_region import read_region
from reports.answers.demand import Foreseen

UP = 1000 * math.exp(0.3)
BUMP = f"year,indications,redeemed,circa\n2017,1000,,\n2018,{UP!r},,\n2019,1000,,\n2020,1200,,\n2021,400,,\n"
"""In logarithms the first three lie 0, 0.3 and 0 above 1000: a flat line at 0.1, off by −0.1, 0.2, −0.1."""

NOISE = math.sqrt(0.06)
"""Squares add up to 0.01 + 0.04 + 0.01 = 0.06, over 3 − 2 = 1 degree of freedom."""


def predicted(test, method, year):
    """Return one row of a backtest."""
    return test.rows.set_index(["method", "year"]).loc[(method, year)]


def test_a_trend_by_hand():
    """Half of Student's t with 1 degree of freedom lies within 1, so the 50 % interval is one standard error.

    Two years from the middle of years −1, 0 and 1 (squares 2): √(0.06 · (1 + 1/3 + 4/2)) = √0.2.
    """
    trend = Trend.of(pd.Series([1000, UP, 1000], index=[2017, 2018, 2019]))
    assert trend.growth == pytest.approx(0.0, abs=1e-12)
    assert trend.noise == pytest.approx(NOISE)
    assert trend.slope_error == pytest.approx(math.sqrt(0.06 / 2))
    assert trend.reach(0.5) == pytest.approx(1.0)
    middle, low, high = (math.log(value / 1000) for value in trend.at(2020, 0.5))
    assert middle == pytest.approx(0.1)
    assert (middle - low, high - middle) == pytest.approx((math.sqrt(0.2), math.sqrt(0.2)))


def test_steady_growth_is_carried_on_without_doubt():
    """10 % more each year, exactly: 1,331 is next, and the interval has no width."""
    trend = Trend.of(pd.Series([1000.0, 1100.0, 1210.0], index=[2016, 2017, 2018]))
    assert trend.at(2019, 0.95) == pytest.approx((1331.0, 1331.0, 1331.0))


def test_where_nobody_comes_or_goes_the_pathway_stays_at_the_last_count():
    """The tiny region has no inflow: 1,000 goes on, and only the noise of two counts is in the interval.

    In logarithms ± √0.06 · √2 = √0.12 = 0.346: 707 to 1,414 holds 1,200 but not 400.
    """
    test = backtest(tiny_region(series=BUMP), cut=2019, level=0.5)
    row = predicted(test, PATHWAY, 2020)
    assert row["predicted"] == pytest.approx(1000.0)
    assert math.log(row["high"] / 1000) == pytest.approx(math.sqrt(0.12))
    assert (row["error"], row["error_share"]) == pytest.approx((-200.0, -1 / 6))
    assert [predicted(test, PATHWAY, year)["inside"] for year in (2020, 2021)] == [True, False]
    assert any(
        "care pathway: misses its interval in 2021" in words for words in Foreseen(test, "en").sentences()
    )


def test_the_fitted_trend_is_the_trend_of_the_inflow():
    """A tenth of 19 people come in, a tenth more of them each year: 1,331 becomes 1,331 · (1 + 0.1 · 1.1)."""
    steady = "year,indications,redeemed,circa\n2017,1100,,\n2018,1210,,\n2019,1331,,\n2020,1400,,\n2021,1,,\n"
    test = backtest(tiny_region({"pathway.inflow.share": "0.1"}, series=steady), cut=2019)
    assert predicted(test, PATHWAY, 2020)["predicted"] == pytest.approx(1331 * 1.11)
    assert predicted(test, PATHWAY, 2021)["predicted"] == pytest.approx(1331 * (1.11 + 0.121))


def test_later_counts_are_not_looked_at():
    """Other counts after the cut change what is observed and nothing that is predicted."""
    told = [
        backtest(tiny_region(series=BUMP.replace("400", count)), cut=2019).rows for count in ("400", "4000")
    ]
    columns = ["predicted", "low", "high"]
    pd.testing.assert_frame_equal(told[0][columns], told[1][columns])


@pytest.mark.parametrize(
    ("cut", "expected"),
    [(2018, "3 counts above zero"), (2021, "a count after 2021"), (1999, "3 counts above zero")],
)
def test_too_few_counts_are_a_fault(cut, expected):
    """Two counts have a line but no interval; without a later count there is nothing to hold it against."""
    with pytest.raises(InputError, match=expected):
        backtest(tiny_region(series=BUMP), cut=cut)


def test_a_region_without_a_series_is_a_fault():
    with pytest.raises(InputError, match=r"series.csv: found no counts"):
        backtest(tiny_region())


def test_no_further_than_the_region_plans():
    """The tiny region plans two years; the third after 2018 has no forecast to test."""
    with pytest.raises(InputError, match="at most 2 years after 2018"):
        backtest(
            tiny_region(series="year,indications,redeemed,circa\n2016,9,,\n" + BUMP.split("\n", 1)[1]),
            cut=2018,
        )


def test_rotterdam_as_it_is():
    """Fitted on 2015–2018 (S3): 2,008 and 1,993 were counted in 2019 and 2020.

    The line through 2,400, 2,123, 1,923 and 2,024 falls 5.9 % a year and foretells 1,812 and 1,705,
    10 and 14 % too few; 2,024 carried on is 1 and 2 % too many. The pathway, of which only the trend
    is fitted, is within a per cent. Every interval is wide enough to hold.
    """
    test = backtest(read_region(bundled_regions()["rotterdam"]))
    assert test.cut == 2018
    assert test.trend.growth == pytest.approx(-0.0592, abs=5e-5)
    told = test.rows.pivot_table(index="method", columns="year", values="predicted").round(0)
    assert told.loc[TREND].to_list() == [1812, 1705]
    assert told.loc[LAST].to_list() == [2024, 2024]
    assert told.loc[PATHWAY].to_list() == pytest.approx([2008, 1993], rel=0.01)
    line = predicted(test, TREND, 2020)
    assert (line["low"], line["high"]) == pytest.approx((1348, 2155), abs=1)
    assert test.rows["inside"].dropna().all()
    said = " ".join(Foreseen(test, "en").sentences())
    assert "worse than carrying on the last count (1.2%)" in said
    assert "no proof" in said
    assert "2015 is given as about" in said
    assert "known of 2 years" in said


def test_the_command_shows_it(capsys):
    """A table with a row per method and year; as JSON the same figures, an absent interval null."""
    assert cli.main(["forecast", "rotterdam", "--backtest", "--lang", "en"]) == cli.DONE
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].split()[:4] == ["method", "year", "observed", "predicted"]
    assert lines[4].split() == ["trend", "2020", "1,993", "1,705", "1,348", "2,155", "−288", "−14.5%", "yes"]
    assert cli.main(["forecast", "rotterdam", "--json", "--until", "2019", "--level", "50%"]) == cli.DONE
    told = json.loads(capsys.readouterr().out)
    assert (told["until"], told["level"]) == (2019, 0.5)
    assert [row["low"] is None for row in told["predictions"]] == [False, False, True]
    assert "bewijst niet dat het vooruitziet" in " ".join(told["words"])


def test_the_command_refuses_a_region_without_counts(capsys):
    assert cli.main(["forecast", "zuidoost-drenthe", "--backtest"]) == cli.BAD_INPUT
    assert "series.csv" in capsys.readouterr().err
