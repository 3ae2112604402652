"""One start for several futures, against every start there is of a small region."""

import os
import signal
from dataclasses import replace
from itertools import product
from math import inf
from threading import Event

import numpy as np
import pandas as pd
import pytest
from builders import tiny_problem, tiny_region
from test_brute_force import BruteForce, drawn, problem_of
from tiny import write_tiny_region

import cli
from geodata.faults import InputError
from models.demand.scenario_draws import DELIVERED, draws, settings
from models.region.read_region import read_region
from optimiser.model.model import Model
from optimiser.solver.executors import workers
from optimiser.solver.limits import Limits
from optimiser.tradeoffs import two_stage
from optimiser.tradeoffs.two_stage import (
    Screening,
    Task,
    delivered,
    different,
    held,
    no_regret,
    planned,
    screened,
    shared_start,
    value_at_risk_beyond,
)
from optimiser.tradeoffs.two_stage_set import TwoStageOptions
from reports.collections.futures import gather, question
from reports.folder.collection import Collection

LIMITS = (1e-9, 60.0, 0)
UNSURE = {
    "pathway.inflow.share": "{value = 0.2, low = 0.02, high = 0.5}",
    "pathway.wlz.intensive": "{value = 0.05, low = 0.0, high = 0.2}",
}
SEED, OFFERS = 0, ((0, 0), (2, 0), (0, 2))
"""A drawn case, and the homes that are handed over in its two years in three futures of it."""


@pytest.fixture(scope="module")
def cases():
    """Return the futures of the case: they differ in the homes that come, and in what a place costs."""
    case, places = drawn(SEED), (2_000, 10_000, 30_000)
    return [replace(case, offered=o, place=p) for o, p in zip(OFFERS, places, strict=True)]


@pytest.fixture(scope="module")
def problems(cases):
    """Return the problem of each future."""
    return [problem_of(case) for case in cases]


@pytest.fixture(scope="module")
def by_start(cases):
    """Return for every start (first year's places and conversions) the least cost in each future."""
    forces = [BruteForce(case) for case in cases]
    homes = [list(product(range(c.offered[0] + 1), range(c.offered[1] + 1))) for c in cases]
    return {
        first: [
            min(f.cost(first, second, g) for second in f.steps(first[0]) for g in given)
            for f, given in zip(forces, homes, strict=True)
        ]
        for first in forces[0].steps(forces[0].start)
    }


def test_the_start_is_the_best_of_all_starts(problems, by_start):
    """Its mean over the futures, each planned on from it, is the least mean over every start there is."""
    least = min(np.mean(costs) for costs in by_start.values())
    start, bound = shared_start(problems, 1, Limits(1e-9, 60.0))
    outcomes = [planned(Task(problem, 1, start, LIMITS)) for problem in problems]
    assert np.mean([outcome.objective for outcome in outcomes]) == pytest.approx(least, abs=0.02)
    assert bound == pytest.approx(least, abs=0.02)
    assert all(outcome.start == start for outcome in outcomes)


def test_knowing_beforehand_is_worth_what_the_futures_differ_by(problems, by_start):
    """The futures' own plans cost in the mean what each of them costs with its own best start."""
    own = [planned(Task(problem, 1, None, LIMITS)).objective for problem in problems]
    assert own == pytest.approx([min(costs) for costs in zip(*by_start.values(), strict=True)], abs=0.02)
    assert min(np.mean(costs) for costs in by_start.values()) > np.mean(own) + 1


def test_a_start_costs_in_each_future_what_it_costs(problems, by_start):
    """Every start of the futures' own plans, held in every other future, costs what brute force says."""
    for problem in problems:
        start = planned(Task(problem, 1, None, LIMITS)).start
        places = tuple(
            round(start["places", (s, k, 2022)]) for s, k in (("S1", "bed"), ("S1", "group"), ("S2", "group"))
        )
        converted = round(start["converted", ("S1", "bed", "group", 2022)])
        costs = [planned(Task(other, 1, start, LIMITS)).objective for other in problems]
        assert costs == pytest.approx(by_start[places, converted], abs=0.02)


def test_a_start_that_a_future_cannot_have_is_infinite(problems):
    """More beds than fit are no start of any plan, and the relaxation says so too."""
    start = planned(Task(problems[0], 1, None, LIMITS)).start
    start = {**start, ("places", ("S1", "bed", 2022)): 0.0, ("operating", ("S1", "bed", 2022)): 1.0}
    assert planned(Task(problems[0], 1, start, LIMITS)).objective == inf
    assert screened(Screening(problems[0], 1, (start,), LIMITS)) == [inf]


def test_screening_is_below_what_a_start_costs(problems, by_start):
    """On a region whose origins do not group the smaller relaxation bounds the plans that begin so."""
    starts = tuple(planned(Task(problem, 1, None, LIMITS)).start for problem in problems)
    for problem in problems:
        found = screened(Screening(problem, 1, starts, LIMITS))
        costs = [planned(Task(problem, 1, start, LIMITS)).objective for start in starts]
        assert all(low <= cost + 0.01 for low, cost in zip(found, costs, strict=True))
    assert min(np.mean(costs) for costs in by_start.values()) < inf


def test_what_is_committed_is_fixed():
    """Sites of the first year are fixed at the start's values; homes and the second year are not."""
    problem = tiny_problem()
    start = planned(Task(problem, 1, None, LIMITS)).start
    model = held(problem, start)
    before, after = Model.of(problem).arrays, model.arrays
    changed = (before.lower != after.lower) | (before.upper != after.upper)
    fixed = {v.id for name, label in start for v in [model.decisions.family(name)[label]]}
    assert set(np.flatnonzero(changed)) <= fixed
    assert all(after.lower[n] == after.upper[n] for n in fixed)


def test_delivery_hands_over_whole_homes():
    """C1 offers 1, 1 and 1: 71 % adds up to 0.71, 1.42 and 2.13, in whole homes 1, 1 and 2: so 1, 0 and 1."""
    problem = tiny_problem()
    assert [offer.homes for offer in problem.offers] == [1, 1, 1]
    assert [offer.homes for offer in delivered(problem, 0.71).offers] == [1, 0, 1]
    assert [offer.homes for offer in delivered(problem, 1.0).offers] == [1, 1, 1]
    assert [offer.homes for offer in delivered(problem, 0.0).offers] == [0, 0, 0]


def test_the_tail_is_the_mean_of_the_dearest():
    """Of 1, 2, 3, 4 the dearest quarter is 4; the dearest 3/8 is 4 and half of 3: (4 + 1.5) ÷ 1.5."""
    assert value_at_risk_beyond([1.0, 2.0, 3.0, 4.0], 0.25) == 4.0
    assert value_at_risk_beyond([4.0, 1.0, 3.0, 2.0], 0.375) == pytest.approx(5.5 / 1.5)
    assert value_at_risk_beyond([1.0, 2.0, 3.0, 4.0], 1.0) == 2.5
    assert value_at_risk_beyond([1.0, inf], 0.5) == inf


def test_no_regret_is_what_every_future_does():
    """10 beds become 6 and 8: two fewer whatever comes. Of 4 group places one future has 5: no move."""
    problem = tiny_problem()
    beds, groups = ("places", ("S1", "bed", 2022)), ("places", ("S2", "group", 2022))
    other = {("places", ("S1", "group", 2022)): 0.0, ("places", ("S3", "group", 2022)): 0.0}
    moves = no_regret(problem, [{**other, beds: 6.0, groups: 5.0}, {**other, beds: 8.0, groups: 4.0}], 2022)
    assert moves.values.tolist() == [["S1", "bed", 10, -2.0, -4.0]]


def test_draws_are_the_same_for_a_seed_and_in_their_ranges():
    """Every number with a range, and delivery; the same seed the same draws, another one others."""
    register = tiny_region(UNSURE).assumptions
    table = draws(register, 50, 7)
    assert list(table) == ["pathway.inflow.share", "pathway.wlz.intensive", DELIVERED]
    pd.testing.assert_frame_equal(table, draws(register, 50, 7))
    assert not table.equals(draws(register, 50, 8))
    assert table[DELIVERED].between(0.71, 1.0).all()
    assert table["pathway.inflow.share"].between(0.02, 0.5).all()
    # a triangle's mean is that of its corners: (0.02 + 0.2 + 0.5) ÷ 3
    assert table["pathway.inflow.share"].mean() == pytest.approx(0.24, abs=0.005)


def test_a_draw_is_read_as_settings():
    """The numbers reach the region; delivery is none of its keys."""
    draw = draws(tiny_region(UNSURE).assumptions, 1, 0).iloc[0]
    region = tiny_region({**UNSURE, **settings(draw)})
    assert region.parameters.pathway.inflow.share.value == draw["pathway.inflow.share"]
    assert DELIVERED not in settings(draw)


@pytest.fixture
def tiny(tmp_path):
    """Return the folder of the region that fits in the head."""
    return write_tiny_region(tmp_path / "tiny")


def gathered(tiny, here, work, stop=None, count=2):
    """Gather futures as the command does."""

    def read(drawn_settings):
        return read_region(tiny, settings={**UNSURE, **drawn_settings})

    asked = TwoStageOptions(draws=count, commit=1, gap=1e-9, seconds=60.0)
    return gather(read, Collection(here, question(read({}), asked), "en"), asked, work, stop=stop)


@pytest.fixture(scope="module")
def told(tmp_path_factory):
    """Return what two futures come to, one after the other in this process."""
    here = tmp_path_factory.mktemp("futures")
    with workers(processes=1) as work:
        return gathered(write_tiny_region(here / "tiny"), here / "out", work)


def test_figures_add_up(told):
    """Expected is the mean over futures, no regret is negative, and values are differences of means."""
    frame = told.frame()
    assert told.found.expected == pytest.approx(frame["start"].mean())
    assert (frame[["regret", "mean_regret"]] >= -1e-6).all(axis=None)
    assert told.found.perfect == pytest.approx(frame["regret"].mean())
    assert told.found.stochastic == pytest.approx(frame["mean_start"].mean() - told.found.expected)
    assert told.found.stochastic >= -1e-6
    assert told.found.bound <= told.found.expected + 1e-6
    assert told.found.compared is None


def test_processes_give_what_one_after_the_other_gives(told, tiny, tmp_path):
    """The same draws give the same start, objectives and bounds wherever they are solved."""
    with workers(processes=2) as work:
        there = gathered(tiny, tmp_path / "there", work)
    assert told.found.start == there.found.start
    pd.testing.assert_frame_equal(told.frame(), there.frame(), check_exact=True)


@pytest.mark.slow
@pytest.mark.filterwarnings("default")
def test_a_cluster_gives_what_one_machine_gives(told, tiny, tmp_path):
    """A Dask cluster of two workers on this machine gives the same start and figures."""
    distributed = pytest.importorskip("distributed", reason="the extra 'cluster' is not installed")
    with (
        distributed.LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=None) as cluster,
        workers(scheduler=cluster.scheduler_address) as work,
    ):
        there = gathered(tiny, tmp_path / "there", work)
    assert told.found.start == there.found.start
    pd.testing.assert_frame_equal(told.frame(), there.frame(), check_exact=True)


def test_without_dask_a_scheduler_is_refused(monkeypatch):
    """The message names the extra to install."""
    monkeypatch.setitem(__import__("sys").modules, "distributed", None)
    with pytest.raises(InputError, match="cluster"), workers(scheduler="tcp://nowhere:1"):
        pass


def test_starts_that_are_the_same_are_compared_once():
    """Of four starts one is none and one is said twice; of the two that are left the first is one."""
    a, b = {("places", ("S1", "bed", 2022)): 4.0}, {("places", ("S1", "bed", 2022)): 5.0}
    assert different([a, {}, dict(a), b], 32) == (a, b)
    assert different([a, {}, dict(a), b], 1) == (a,)


def test_a_folder_with_little_in_it_is_gone_on_with(tiny, tmp_path):
    """Stopped before any answer, a folder is of its question all the same; a damaged note is no answer."""
    stop = Event()
    stop.set()
    with workers(processes=1) as work:
        assert gathered(tiny, tmp_path / "out", work, stop) is None
        told = gathered(tiny, tmp_path / "out", work)
        for number, text in enumerate(("{", "[]", '{"start": 3}')):
            (tmp_path / "out" / "notes" / f"own-{number}.json").write_text(text, encoding="utf-8")
        again = gathered(tiny, tmp_path / "out", work)
    assert again.found.start == told.found.start
    pd.testing.assert_frame_equal(again.frame(), told.frame())


def test_a_stop_keeps_what_is_finished(told, tiny, tmp_path):
    """One outcome is kept when a stop comes at once; the next run goes on from it to the same figures."""
    stop = Event()

    def one(function, tasks):
        for task in tasks:
            stop.set()
            yield function(task)

    assert gathered(tiny, tmp_path / "out", one, stop) is None
    with workers(processes=1) as work:
        again = gathered(tiny, tmp_path / "out", work)
    assert again.found.start == told.found.start
    pd.testing.assert_frame_equal(again.frame(), told.frame())


def _interrupted(number):
    """Return a number after what Ctrl-C sends to every process of a terminal."""
    os.kill(os.getpid(), signal.SIGINT)
    return number


def test_a_process_finishes_what_it_solves_when_ctrl_c_is_pressed():
    """A terminal sends Ctrl-C to all processes of a command: only the one that started them heeds it."""
    with workers(processes=2) as work:
        assert list(work(_interrupted, [1, 2])) == [1, 2]


def test_a_stop_while_starts_are_compared_keeps_those_too(tiny, tmp_path, monkeypatch):
    """In a large region the futures in which starts were compared are kept; the rest follows."""
    monkeypatch.setattr(two_stage, "SMALL", 0)
    stop, asked = Event(), []

    def until_compared(function, tasks):
        for task in tasks:
            asked.append(function.__name__)
            if function is screened:
                stop.set()
            yield function(task)

    assert gathered(tiny, tmp_path / "out", until_compared, stop) is None
    assert asked.count("screened") == 1
    asked.clear()
    told = gathered(tiny, tmp_path / "out", until_compared)
    assert asked.count("screened") == 1
    assert told.found.compared == 1  # those of both futures and of the mean are the same


def test_large_regions_compare_the_starts_there_are(told, tiny, tmp_path, monkeypatch):
    """The way of large models, on a small one: all three starts are one, under a bound that holds."""
    with workers(processes=1) as work:
        monkeypatch.setattr(two_stage, "SMALL", 0)
        compared = gathered(tiny, tmp_path / "compared", work)
    assert compared.found.compared == 1
    assert compared.found.bound <= told.found.expected + 0.01 <= compared.found.expected + 0.02
    assert not np.isnan([compared.found.expected, compared.found.tail, compared.found.perfect]).any()


def test_no_plan_in_any_future_is_told(tiny, tmp_path):
    """All beds must be gone and none may go: no future has a plan, and that is no fault of ours."""
    clash = [
        "--set=policies.intramural_reduction.mode=hard",
        "--set=policies.intramural_reduction.by_end=1.0",
        "--set=policies.replacement_before_closure.most_per_year=0",
    ]
    words = ["futures", str(tiny), "--draws", "1", "--commit", "1", "--processes", "1", *clash]
    assert cli.main([*words, "-o", str(tmp_path / "out")]) == cli.NO_PLAN


def test_the_command_tells_futures_and_moves(tiny, tmp_path, capsys):
    """A line per future, and the files of a run."""
    words = ["futures", str(tiny), "--draws", "2", "--commit", "1", "--processes", "1"]
    assert cli.main([*words, "-o", str(tmp_path / "out")]) == cli.DONE
    told = capsys.readouterr().out
    assert "expected with this start" in told
    assert {"draws.csv", "regret.csv", "no_regret.csv", "start.csv", "futures.txt"} <= {
        path.name for path in (tmp_path / "out").iterdir()
    }
