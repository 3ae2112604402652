"""What rests on what: effects worked out on paper, and what is said of those that are not known."""

import json
import os
import signal
import threading
from dataclasses import replace

import pandas as pd
import pytest
from builders import BED, EUROS_ONLY, HOME, ONE_YEAR, WAIT, tiny_problem
from test_cli import started
from tiny import write_tiny_region

import cli
from models.demand.forecast import forecast
from models.region.read_region import read_region
from optimiser.compare.sensitivity import (
    Effect,
    Moved,
    SensitivityFigures,
    Stopped,
    effects,
    planned,
    ranked,
    relaxed,
    with_range,
    without_range,
)
from optimiser.problem import Problem

QUICK = EUROS_ONLY | ONE_YEAR
FULL = """\
site,neighbourhood,status,tier,places,most,earliest
S1,N1,existing,bed,10,10,
S2,N2,existing,group,4,4,
"""


@pytest.fixture
def reader(tmp_path):
    """Return how the tiny region of one year, euros only, is read; beds 1000 (800–1200) EUR a week."""
    folder = write_tiny_region(tmp_path / "tiny")
    (folder / "sites.csv").write_text(FULL, encoding="utf-8")
    (folder / "homes.csv").write_text(
        "corporation,municipality,year,homes\nC1,M1,2021,2\nC1,M2,2021,2\n", encoding="utf-8"
    )
    ranges = {
        "tiers.bed.rate": "{value = 1000, low = 800, high = 1200}",
        "costs.bridging": "{value = 200, low = 200, high = 300}",
        "tiers.bed.closing": "{value = 5000, low = 4000, high = 6000}",
        "pathway.inflow.profiles.light": "{value = 0.5, low = 0.4, high = 0.6}",
    }

    def read(settings):
        return read_region(folder, settings=QUICK | ranges | dict(settings))

    return read


def measured(read, *keys, evaluate=relaxed):
    """Return the effects of some keys, by key."""
    register = read({}).assumptions
    rows = register[register["key"].isin(keys)]
    return {one.key: one for one in effects(read, with_range(rows), evaluate)}


def test_the_effect_of_a_price_by_hand(reader):
    """Ten people in ten beds all year, whatever a bed costs; one waits.

    52.18 weeks · 10 people · 200 EUR a week = 104,357 EUR less or more, and no bed or waiting moves.
    """
    (effect,) = measured(reader, "tiers.bed.rate").values()
    for moved, eur in zip(effect.moved, (-BED * 0.2 * 10, BED * 0.2 * 10), strict=True):
        assert moved.effect.objective == pytest.approx(eur, rel=1e-6)
        assert moved.effect.eur == pytest.approx(eur, rel=1e-6)
        assert (moved.effect.beds, moved.effect.waiting) == pytest.approx((0.0, 0.0), abs=1e-5)
        assert moved.effect.is_distinguishable
    assert effect.swing == pytest.approx(BED * 0.4 * 10, rel=1e-6)


def test_the_relaxation_by_hand(reader):
    """Ten beds, four group places and four homes are full and one waits.

    The group site costs 50,000 to run and 10,000 a place.
    """
    region = reader({})
    figures = relaxed(Problem.of(region, forecast(region)))
    group = 4 * 400 * 365.25 / 7 + 50_000 + 40_000
    assert figures.objective == pytest.approx(10 * BED + group + 4 * HOME + WAIT, rel=1e-6)
    assert (figures.beds, figures.waiting) == pytest.approx((10.0, 1.0), abs=1e-4)
    assert figures.eur == pytest.approx(figures.objective - 100_000, rel=1e-6)


def test_the_end_that_is_the_value_itself_is_not_solved(reader):
    """Bridging is 200 and at least 200; at 300 the one who waits costs 100 EUR a week more."""
    (effect,) = measured(reader, "costs.bridging").values()
    low, high = effect.moved
    assert (low.reason, low.effect.objective) == ("is the value itself", 0.0)
    assert high.effect.eur == pytest.approx(100 * 365.25 / 7, rel=1e-5)


def test_what_changes_nothing_is_not_distinguishable(reader):
    """No bed closes, so the price of closing has no effect: it is below what the solver can tell."""
    (effect,) = measured(reader, "tiers.bed.closing").values()
    assert [moved.effect.is_distinguishable for moved in effect.moved] == [False, False]


def test_a_number_that_cannot_move_alone_says_why(reader):
    """The profiles of the inflow add up to 1: one of them at 0.4 or 0.6 is refused, not skipped."""
    (effect,) = measured(reader, "pathway.inflow.profiles.light").values()
    assert [moved.effect for moved in effect.moved] == [None, None]
    assert all("cannot be set alone" in moved.reason for moved in effect.moved)
    assert effect.swing == 0.0


def test_ranked_by_swing(reader):
    """104,357 either way comes before 5,218 one way."""
    found = measured(reader, "costs.bridging", "tiers.bed.rate", "tiers.bed.closing")
    assert [one.key for one in ranked(found.values())] == [
        "tiers.bed.rate", "costs.bridging", "tiers.bed.closing",
    ]  # fmt: skip


def test_plans_give_the_same_where_the_relaxation_is_whole(reader):
    """All is full and nothing can change: the plan is the relaxation, and its gap is told with it."""
    (plans,) = measured(
        reader, "tiers.bed.rate", evaluate=lambda p: planned(p, gap=0.0, seconds=30.0)
    ).values()
    assert plans.moved[1].effect.objective == pytest.approx(BED * 0.2 * 10, rel=1e-6)
    assert plans.moved[1].effect.eur == pytest.approx(BED * 0.2 * 10, rel=1e-6)


def test_a_relaxation_and_a_plan_count_the_same(reader):
    """Figures summed from the solver's values are those of the labelled plan, personal budgets included."""
    region = reader({})
    person = pd.DataFrame([{**region.clients.iloc[0], "form": "PGB", "tier": "home", "clients": 3.0}])
    region = replace(region, clients=pd.concat([region.clients, person], ignore_index=True))
    problem = Problem.of(region, forecast(region))
    one, other = relaxed(problem), planned(problem, gap=0.0, seconds=30.0)
    figures = ["objective", "eur", "beds", "waiting"]
    assert [getattr(one, name) for name in figures] == pytest.approx(
        [getattr(other, name) for name in figures], rel=1e-5
    )


def test_a_difference_below_both_gaps_is_no_finding():
    """Two plans within 600 of their bounds that differ by 1,000 may be equally good: 600 + 600 > 1,000."""
    one = SensitivityFigures(objective=10_000, gap=600, eur=0, beds=0, waiting=0)
    other = SensitivityFigures(objective=11_000, gap=600, eur=0, beds=0, waiting=0)
    assert (other - one).gap == 1200
    assert not (other - one).is_distinguishable
    assert (SensitivityFigures(11_201, 600, 0, 0, 0) - one).is_distinguishable


def test_swing_counts_the_value_itself():
    """Dearer at both ends by 3 and 5: the value itself is the best, and 5 lies between."""
    ends = [SensitivityFigures(amount, 0, 0, 0, 0) for amount in (3.0, 5.0)]
    moved = tuple(Moved(end, 0.0, figures) for end, figures in zip(("low", "high"), ends, strict=True))
    assert Effect("key", 0.0, "share", "assumption", moved).swing == 5.0


def test_every_number_has_a_range_or_is_named_without_one(reader):
    """The two parts are the register: nothing falls between."""
    register = reader({}).assumptions
    assert sorted([*with_range(register)["key"], *without_range(register)["key"]]) == sorted(register["key"])
    assert len(with_range(register)) == 4


def test_what_was_measured_before_a_stop_stands(reader):
    """Stopped after the first number: it is kept, and the second is not begun."""
    rows = with_range(reader({}).assumptions)
    stop, found = threading.Event(), []
    for one in effects(reader, rows, lambda problem: relaxed(problem, stop)):
        found.append(one.key)
        stop.set()
    assert found == [rows["key"].iloc[0]]
    with pytest.raises(Stopped):
        planned(tiny_problem(QUICK), stop=stop, gap=0.0, seconds=10.0)


def test_a_moved_number_replaces_what_the_planner_set(reader, tmp_path, capsys):
    """`--set` gives a value with a range; both ends are measured in its place."""
    words = ["assumptions", str(tmp_path / "tiny"), "--measure", "--only", "tiers.bed.rate", "--json"]
    asked = ["--set", "tiers.bed.rate={value = 1000, low = 900, high = 1000}", "--plans", "1"]
    assert cli.main([*words, *asked]) == cli.DONE
    told = json.loads(capsys.readouterr().out)
    (one,) = told["relaxation"]
    assert (one["low"]["to"], one["high"]["reason"]) == (900, "is the value itself")
    assert one["low"]["objective"] < 0
    assert [plan["key"] for plan in told["plans"]] == ["tiers.bed.rate"]
    assert told["interrupted"] is False


def test_the_register_as_a_list(tmp_path, capsys):
    """Key, unit, value, range, price year and source of every number; "-" where there is none."""
    folder = str(write_tiny_region(tmp_path / "tiny"))
    assert cli.main(["assumptions", folder, "--lang", "en"]) == cli.DONE
    lines = capsys.readouterr().out.splitlines()
    assert ["tiers.bed.rate", "EUR/client-week", "1,000", "–", "–", "2021", "tariff", "sheet", "2021"] in [
        line.split() for line in lines
    ]
    assert cli.main(["assumptions", folder, "--json"]) == cli.DONE
    told = json.loads(capsys.readouterr().out)
    assert len(told) == len(lines) - 1
    assert cli.main(["assumptions", folder, "--measure", "--lang", "en"]) == cli.DONE
    assert f"No range stated, so not moved ({len(told)})" in capsys.readouterr().out
    assert cli.main(["assumptions", folder, "--measure", "--lang", "nl"]) == cli.DONE
    assert f"dus niet verschoven ({len(told)})" in capsys.readouterr().out


def test_an_unknown_key_to_measure(tmp_path, capsys):
    folder = str(write_tiny_region(tmp_path / "tiny"))
    assert cli.main(["assumptions", folder, "--only", "teirs"]) == cli.BAD_INPUT
    assert "Did you mean 'tiers'" in capsys.readouterr().err


CLASH = (
    "--set=policies.intramural_reduction.mode=hard",
    "--set=policies.intramural_reduction.by_end={value = 1.0, low = 0.0, high = 1.0}",
    "--set=policies.replacement_before_closure.most_per_year=0",
)
"""All beds must be gone in the last year and none may go in any year: no plan does both."""


def test_a_region_without_any_plan_has_no_effects(tmp_path, capsys):
    """There is nothing to compare with: exit 1, and the reason on standard error."""
    folder = str(write_tiny_region(tmp_path / "tiny"))
    assert cli.main(["assumptions", folder, "--measure", *CLASH]) == cli.NO_PLAN
    told = capsys.readouterr()
    assert told.out == ""
    assert "No plan meets the hard rules" in told.err


def test_an_end_without_any_plan_says_so(tmp_path, capsys):
    """As it stands no bed has to go; at the high end all must, which cannot be."""
    folder = str(write_tiny_region(tmp_path / "tiny"))
    by_end = "--set=policies.intramural_reduction.by_end={value = 0.0, low = 0.0, high = 1.0}"
    assert cli.main(["assumptions", folder, "--measure", "--json", CLASH[0], by_end, CLASH[2]]) == cli.DONE
    (one,) = json.loads(capsys.readouterr().out)["relaxation"]
    assert one["high"]["reason"].startswith("impossible")
    assert "objective" not in one["high"]


@pytest.mark.slow
@pytest.mark.skipif(os.name != "posix", reason="Ctrl-C is sent as a POSIX signal")
def test_ctrl_c_keeps_what_was_measured(tmp_path):
    """Stopped at the fifth solve of groningen-bmwe: two numbers are measured and told, exit 0."""
    process = started("assumptions", "groningen-bmwe", "--measure", "--json", cwd=tmp_path)
    for line in process.stderr:
        if " 5 klaar" in line:
            break
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=100)
    assert process.returncode == cli.DONE, err
    told = json.loads(out)
    assert told["interrupted"] is True
    assert 2 <= len(told["relaxation"]) <= 4
