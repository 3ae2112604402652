"""Other good plans and the room they leave, against every choice there is of a small region."""

from functools import cache
from itertools import product
from math import inf
from threading import Event

import numpy as np
import pytest
from builders import best
from test_brute_force import BruteForce, drawn, problem_of
from tiny import write_tiny_region

import cli
from geodata.faults import InputError
from models.demand.forecast import forecast
from models.region.read_region import read_region
from optimiser.model.model import Model
from optimiser.model.variables import column_ids
from optimiser.problem import Problem
from optimiser.solver.limits import Limits
from optimiser.tradeoffs import near_optimal as far
from optimiser.tradeoffs import ranges
from optimiser.tradeoffs.near_optimal import Band, alternatives, distance, spread_apart
from optimiser.tradeoffs.near_optimal_set import AlternativesOptions
from optimiser.tradeoffs.ranges import counted, counts, found, proven
from reports.collections.alternatives import gather, question
from reports.folder.collection import Collection

WITHIN = 0.15
CASES = (0, 2)
"""Two of the drawn cases with ten plans of different cost in the band at least."""


@cache
def choices(seed):
    """Return every choice of places in two years of a case, with the least it costs over homes to have."""
    case = drawn(seed)
    force = BruteForce(case)
    homes = list(product(range(case.offered[0] + 1), range(case.offered[1] + 1)))
    least = {}
    for first in force.steps(force.start):
        for second in force.steps(first[0]):
            cost = min(force.cost(first, second, given) for given in homes)
            if cost < inf:
                at = (first[0], second[0])
                least[at] = min(cost, least.get(at, inf))
    return least


@cache
def best_of(seed):
    """Return the proven best plan of a case."""
    return best(problem_of(drawn(seed)))


def in_band(seed, within=WITHIN):
    """Return the choices (places in either year at S1 bed, S1 group, S2 group) within the band."""
    cost = choices(seed)
    return [at for at, eur in cost.items() if eur <= min(cost.values()) * (1 + within) + 0.01]


def runs(at):
    """Return which of the three run in either year, as 0 and 1."""
    return tuple(int(places > 0) for year in at for places in year)


def planned_runs(plan):
    """Return the same of a plan."""
    places = plan.data["places"]
    order = (("S1", "bed"), ("S1", "group"), ("S2", "group"))
    return tuple(int(float(places.sel(site=s, tier=k, year=t)) > 0.5) for t in (2022, 2023) for s, k in order)


def apart(one, other):
    """Return in how many places two patterns differ."""
    return sum(a != b for a, b in zip(one, other, strict=True))


@pytest.mark.parametrize("seed", CASES)
def test_each_plan_is_as_far_as_can_be_from_those_before(seed):
    """Of every choice in the band none is farther from the nearest plan so far than the next plan is."""
    plan, patterns = best_of(seed), {runs(at) for at in in_band(seed)}
    before = [planned_runs(plan)]
    for other in alternatives(Band(plan, WITHIN), [plan], 4, Limits(0.0, 60.0)):
        pattern = planned_runs(other.plan)
        farthest = max(min(apart(one, known) for known in before) for one in patterns)
        assert other.distance == farthest == other.most
        assert other.distance == min(apart(pattern, known) for known in before)
        assert pattern in patterns
        before.append(pattern)
    assert len(before) == min(4, len(patterns))


@pytest.mark.parametrize("seed", CASES)
def test_a_plan_is_the_cheapest_whose_sites_run_that_way(seed):
    """Its objective is the least over all choices with that pattern, so no band is filled up with waste."""
    plan, cost = best_of(seed), choices(seed)
    for other in alternatives(Band(plan, WITHIN), [plan], 3, Limits(0.0, 60.0)):
        pattern = planned_runs(other.plan)
        least = min(eur for at, eur in cost.items() if runs(at) == pattern)
        assert other.plan.proof.objective == pytest.approx(least, abs=0.01)
        # the bound of the best plan is one for every plan, and the best is proven
        assert other.plan.proof.bound == plan.proof.bound
        assert other.plan.proof.gap_eur == pytest.approx(least - min(cost.values()), abs=0.02)


@pytest.mark.parametrize("seed", CASES)
def test_far_plans_by_parts_are_in_the_band(seed, monkeypatch):
    """The way of large models, on a small one: plans differ, are in the band, and no distance is proven.

    It moves one site at a time, so on a region of two sites it takes a wider band to move any.
    """
    monkeypatch.setattr(far, "SMALL", 0)
    plan, patterns = best_of(seed), {runs(at) for at in in_band(seed, 0.4)}
    others = list(alternatives(Band(plan, 0.4), [plan], 2, Limits(0.0, 60.0)))
    assert [planned_runs(other.plan) in patterns for other in others] == [True]
    assert [(other.distance > 0, other.most) for other in others] == [(True, None)]


def test_nothing_but_the_best_is_in_an_empty_band():
    """With nothing to spend above the best of this case no site can run otherwise, and that is the end."""
    plan = best_of(0)
    assert len({runs(at) for at, eur in choices(0).items() if eur <= min(choices(0).values()) + 0.01}) == 1
    assert list(alternatives(Band(plan, 0.0), [plan], 3, Limits(0.0, 60.0))) == []


def test_a_stop_keeps_what_there_is():
    """Nothing is sought once a stop is asked for."""
    stop = Event()
    stop.set()
    plan = best_of(0)
    assert list(alternatives(Band(plan, WITHIN), [plan], 3, Limits(0.0, 60.0, stop))) == []
    asked = found([plan], counts(plan))
    assert list(proven(Band(plan, WITHIN), asked, Limits(0.0, 60.0, stop))) == asked


def brute_extent(seed, count):
    """Return the least and the most of a count over every choice in the band."""
    order = {("M1", "bed"): 0, ("M1", "group"): 1, ("M2", "group"): 2}
    site = {"M1": "S1", "M2": "S2"}
    counted_here = [
        n
        for (town, tier), n in order.items()
        if count.code in {"municipality": (town,), "tier": (tier,), "site": (site[town],)}[count.kind]
    ]
    year = count.year - 2022
    values = [
        sum((at[year][n] > 0) if count.kind == "site" else at[year][n] for n in counted_here)
        for at in in_band(seed)
    ]
    return min(values), max(values)


@pytest.mark.parametrize("seed", CASES)
def test_room_is_what_every_choice_in_the_band_has(seed):
    """Least and most of each count, found and proven alike, are those over all choices."""
    plan = best_of(seed)
    for room in proven(Band(plan, WITHIN), found([plan], counts(plan)), Limits(0.0, 60.0)):
        truth = brute_extent(seed, room.count)
        assert (room.found_least, room.found_most) == truth
        assert (room.least, room.most) == truth
        assert room.is_proven


@pytest.mark.parametrize("seed", CASES)
def test_bounds_by_parts_hold_every_choice(seed, monkeypatch):
    """The way of large models, on a small one: no choice in the band is outside what is called proven."""
    monkeypatch.setattr(ranges, "SMALL", 0)
    plan = best_of(seed)
    rooms = list(proven(Band(plan, WITHIN), found([plan], counts(plan)), Limits(0.0, 60.0)))
    for room in rooms:
        least, most = brute_extent(seed, room.count)
        assert room.least <= least <= most <= room.most
    # and they say something: not one count is left between nothing and everything
    assert any(room.least > 0 for room in rooms)


def test_counts_are_what_a_plan_has():
    """By municipality and by tier the places of a year add up to the same."""
    plan = best_of(0)
    for year in (2022, 2023):
        by = {
            kind: sum(counted(plan, c) for c in counts(plan) if c.kind == kind and c.year == year)
            for kind in ("municipality", "tier")
        }
        assert by["municipality"] == by["tier"] == round(float(plan.data["places"].sel(year=year).sum()))


def test_the_distance_column_is_the_hamming_distance():
    """At a plan's own values the last column may be its distance to the reference, and no more."""
    plan, model = best_of(0), Model.of(best_of(0).problem)
    operating = column_ids(model.decisions.operating)
    reference = np.zeros(len(operating))
    arrays = spread_apart(model.arrays, operating, [reference], 1e9)
    values = np.zeros(len(arrays.cost))
    values[operating] = 1.0
    room = arrays.row_upper[-1] - arrays.matrix[[-1]] @ values
    assert float(room[0]) == len(operating)
    assert distance(plan, plan) == 0


@pytest.fixture
def tiny(tmp_path):
    """Return the folder of the region that fits in the head."""
    return write_tiny_region(tmp_path / "tiny")


def gathered(folder, here, **asked):
    """Gather plans in a folder as the command does."""
    region = read_region(folder)
    what = AlternativesOptions(within=0.3, seconds=60.0, room_seconds=0.001, **asked)
    kept = Collection(here, question(region, what), "en")
    return gather(Problem.of(region, forecast(region)), kept, what), kept


def test_a_folder_is_gone_on_with(tiny, tmp_path):
    """Two plans, then one more: the first two are read and not made again, the third is as far as before."""
    first, kept = gathered(tiny, tmp_path / "out", count=2)
    made = (tmp_path / "out" / "plan-1" / "plan.nc").stat().st_mtime_ns
    second, _ = gathered(tiny, tmp_path / "out", count=3)
    assert kept.names() == ["plan-1", "plan-2", "plan-3"]
    assert (tmp_path / "out" / "plan-1" / "plan.nc").stat().st_mtime_ns == made
    assert [p.proof.objective for p in second.plans[:2]] == [p.proof.objective for p in first.plans]
    assert len((tmp_path / "out" / "plans.csv").read_text().splitlines()) == 4


def test_a_folder_of_another_question_is_left_alone(tiny, tmp_path):
    """Another band, or a folder with something of somebody's own, is refused with both sides named."""
    gathered(tiny, tmp_path / "out", count=1)
    region = read_region(tiny)
    with pytest.raises(InputError, match=r"within 0\.3 instead of 0\.1"):
        Collection(tmp_path / "out", question(region, AlternativesOptions(within=0.1)))
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "letter.txt").write_text("mine")
    with pytest.raises(InputError, match=r"letter\.txt"):
        Collection(tmp_path / "mine", question(region, AlternativesOptions()))


def test_the_command_tells_plans_sites_and_room(tiny, tmp_path, capsys):
    """One line a plan; every site under always, depends or never."""
    words = ["alternatives", str(tiny), "--within", "30%", "--count", "2", "-o", str(tmp_path / "out")]
    assert cli.main(words) == cli.DONE
    told = capsys.readouterr().out
    assert "plan-2" in told
    assert all(name in told for name in ("Site one", "Site two", "Site three"))
    assert (tmp_path / "out" / "alternatives.txt").read_text(encoding="utf-8").strip() in told


def test_one_plan_alone_says_so(tiny, tmp_path):
    """Nothing is called always or never by one plan that was found, but what is proven of all."""
    first, _ = gathered(tiny, tmp_path / "out", count=1)
    lines = first.text().splitlines()
    assert lines[0].startswith("No second plan within 30.0% of the best was found in the time given")
    verdicts = [
        line.strip().partition(": ")[2] for line in lines if line.strip().startswith(("always (", "never ("))
    ]
    assert len(verdicts) == 2
    assert all(name.endswith("*") or name == "none" for line in verdicts for name in line.split(", "))
