"""Counts per quarter: read, kept, held against a plan, made into rates, and planned on from."""

import hashlib
import json
import os
import shutil
import subprocess
import sys
from dataclasses import replace
from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from builders import EUROS_ONLY, best, tiny_problem, tiny_region
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import binom, poisson
from tiny import CLIENTS, REGION, write_tiny_region

from cli import BAD_INPUT, DONE, main
from geodata.faults import InputError
from models.demand.forecast import forecast
from models.monitoring.actuals import COLUMNS, DETAIL, MEASURES, Quarter, read_actuals
from models.monitoring.estimated_rates import Estimator, garwood, yearly
from models.monitoring.history import Counts, History
from models.region.decisions import AgreedDecisions, DecidedHomes, DecidedPlaces
from models.region.read_region import read_region
from optimiser.manual_plan import decided_by, score
from optimiser.model.model import Model
from optimiser.monitoring.control_bands import compare
from optimiser.monitoring.expected_counts import Tracker
from optimiser.monitoring.rebase import Today
from optimiser.problem import Problem
from reports.answers.monitor import monitored
from reports.answers.rebase_region import region_of_today
from reports.folder.folder import read_plan, write

HEADER = "quarter,measure,municipality,site,tier,profile,to_profile,exit,value,as_of\n"
LONGER = {"years.last": "2025"}
FEW = ["--draws", "20"]
"""The tiny region states no ranges; few draws are quick."""

NOBODY_WAITS = CLIENTS.replace("M2,light,waiting,1,2021,ZIN,origin,registration 2021\n", "")
TINY = tiny_region()
ROOT = Path(__file__).parents[3]


def row(quarter, measure, value, as_of="", **detail):
    """Return one count as it is kept; by default made on the first day after the quarter."""
    known = dict.fromkeys(DETAIL, "") | detail
    one = Quarter.of(quarter)
    after = date(one.year + one.number // 4, one.number * 3 % 12 + 1, 1)
    return {"quarter": quarter, "measure": measure, **known, "value": value, "as_of": as_of or str(after)}


def counts(*refreshes):
    """Return a history of refreshes, each a list of rows."""
    rows = [{**one, "refresh": n} for n, refresh in enumerate(refreshes, 1) for one in refresh]
    frame = pd.DataFrame(rows, columns=[*COLUMNS, "refresh"])
    return Counts(frame, pd.DataFrame(columns=["file", "recorded"]))


def text_of(*rows):
    """Return rows as a file of counts."""
    names = HEADER.strip().split(",")
    return HEADER + "".join(",".join(str(one[name]) for name in names) + "\n" for one in rows)


@pytest.fixture(scope="module")
def plan(written):
    """Return the proven best plan of the tiny region until 2025."""
    return read_plan(written)


@pytest.fixture(scope="module")
def still():
    """Return a plan in which nothing changes: no policy, no travel, no new homes, nobody who waits."""
    no_homes = "corporation,municipality,year,homes\nC1,M1,2021,2\nC1,M2,2021,2\n"
    dear = EUROS_ONLY | {"weights.unasked_move": "1000000"}
    return best(tiny_problem(dear, homes=no_homes, clients=NOBODY_WAITS))


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    """Return a region and beside it the folder of that plan, written once."""
    folder = tmp_path_factory.mktemp("written")
    region = read_region(write_tiny_region(folder / "tiny"), settings=LONGER)
    return write(best(Problem.of(region, forecast(region))), folder / "plan")


@pytest.fixture
def folder(written, tmp_path):
    """Return the folder of that plan, and the region beside it, for one test alone."""
    shutil.copytree(written.parent, tmp_path / "own")
    return tmp_path / "own" / "plan"


FIRST = (
    row("2022Q1", "clients", 6, municipality="M1", tier="bed"),
    row("2022Q1", "clients", 4, municipality="M2", tier="bed"),
    row("2022Q1", "homes", 3, municipality="M1"),
    row("2022Q1", "homes", 2, municipality="M2"),
    row("2022Q1", "places", 10, site="S1", tier="bed"),
)


# ------------------------------------------------------------------ reading


def test_a_quarter_knows_its_place_in_time():
    """2027Q1 ends a quarter into 2027; before it comes 2026Q4; as text they stand in the same order."""
    assert Quarter.of("2027Q1").end == 2027.25
    assert Quarter.of("2027Q1").previous == Quarter(2026, 4)
    assert Quarter.of("2027Q3").first_day.isoformat() == "2027-07-01"
    quarters = [Quarter(year, number) for year in (2026, 2027) for number in (1, 2, 3, 4)]
    assert sorted(map(str, quarters)) == [str(one) for one in quarters]


def test_every_fault_of_a_table_is_told_at_once(tmp_path):
    """One file with a fault of each kind: line and column of all of them in one message."""
    file = tmp_path / "counts.csv"
    faulty = (
        "2022Q5,clients,M1,,bed,,,,1,2022-04-01",  # no such quarter
        "2022Q1,guests,M1,,bed,,,,1,2022-04-01",  # unknown measure
        "2022Q1,clients,M1,,,,,,1,2022-04-01",  # a tier is missing
        "2022Q1,places,M1,S1,bed,,,,1,2022-04-01",  # places have no municipality
        "2022Q1,clients,M9,,bed,,,,1,2022-04-01",  # unknown code
        "2022Q1,homes,M1,,bed,,,,1,2022-04-01",  # a facility tier has no homes
        "2022Q1,places,,S2,bed,,,,1,2022-04-01",  # no such tier at the site
        "2022Q1,moves,,,bed,light,light,,1,2022-04-01",  # a move to itself
        "2022Q1,inflow,,,,,,,-1,2022-04-01",  # negative
        "2022Q1,waiting,M2,,,,,,2.5,2022-04-01",  # not whole
        "2031Q1,inflow,,,,,,,1,2031-04-01",  # not planned
        "2022Q2,inflow,,,,,,,1,2022-02-31",  # no such day
        "2022Q2,waiting,,,,,,,1,2022-01-01",  # before the quarter
        "2022Q3,clients,M1,,bed,light,,,1,2022-10-01",  # light may not live in a bed
        "2022Q1,outflow,M1,,,,,moved,1,2022-04-01",  # unknown exit
    )
    file.write_text(HEADER + "\n".join(faulty) + "\n", encoding="utf-8")
    with pytest.raises(InputError) as caught:
        read_actuals(file, tiny_region())
    assert {fault.row for fault in caught.value.faults} == set(range(2, len(faulty) + 2))
    text = str(caught.value)
    for told in ("2022Q5", "guests", "a tier", "no municipality", "'M9'", "home tier", "a tier of this site"):
        assert told in text
    for told in ("another profile", "0 or more", "a whole number", "planned year", "a day that exists"):
        assert told in text
    for told in ("a day from 2022-04-01", "one of its tiers", "recovered, wlz, died"):
        assert told in text


@pytest.mark.parametrize(
    ("rows", "told"),
    [
        ((row("2022Q1", "inflow", 1), row("2022Q1", "inflow", 2)), "each once"),
        ((row("2022Q1", "inflow", 1), row("2022Q1", "inflow", 2, municipality="M1")), "in one way"),
        ((row("2022Q1", "inflow", ""),), "one value at least"),
    ],
)
def test_counts_that_would_count_twice_or_say_nothing_are_faults(tmp_path, rows, told):
    """The same twice; the region and one of its parts; a file without any value."""
    file = tmp_path / "counts.csv"
    file.write_text(text_of(*rows), encoding="utf-8")
    with pytest.raises(InputError, match=told):
        read_actuals(file, tiny_region())


# ------------------------------------------------------------------ known answer 16, and the state


def test_a_partial_refresh_keeps_older_values_with_their_day(folder, tmp_path, capsys):
    """Known answer 16. The file of Q2 has no columns site and municipality: homes and places stay those of
    Q1 with the day of Q1; what was counted again is of Q2; an empty value is no count.
    """
    first, second = tmp_path / "q1.csv", tmp_path / "q2.csv"
    first.write_text(text_of(*FIRST, row("2022Q1", "waiting", 1)), encoding="utf-8")
    second.write_text(
        "quarter;measure;value;as_of\n2022Q2;waiting;3;2022-07-04\n2022Q2;homes;;2022-07-04\n",
        encoding="utf-8",
    )
    assert main(["monitor", str(folder), "--actuals", str(first), *FEW]) == DONE
    capsys.readouterr()
    assert main(["monitor", str(folder), "--actuals", str(second), "--json", *FEW]) == DONE
    told = json.loads(capsys.readouterr().out)
    whole = {one["measure"]: one for one in told["whole"]}
    assert told["quarter"] == "2022Q2"
    assert (whole["waiting"]["counted"], whole["waiting"]["as_of"]) == (3, "2022-07-04")
    assert (whole["homes"]["counted"], whole["homes"]["as_of"]) == (5, "2022-04-01")
    assert (whole["homes"]["quarter"], whole["homes"]["carried"]) == ("2022Q1", True)
    (places,) = [one for one in told["parts"] if one["measure"] == "places"]
    assert (places["site"], places["counted"], places["as_of"]) == ("S1", 10, "2022-04-01")
    assert not whole["waiting"]["carried"]
    assert main(["monitor", str(folder), "--lang", "en", *FEW]) == DONE
    printed = capsys.readouterr().out
    assert "2022-04-01*" in printed
    assert "not counted again this quarter" in printed


def test_the_newest_count_of_a_quarter_counts_whenever_it_was_recorded():
    """A correction counted later wins; one that was counted earlier and recorded later does not."""
    one = row("2022Q1", "waiting", 5, "2022-04-10")
    later, earlier = {**one, "value": 6, "as_of": "2022-04-20"}, {**one, "value": 7, "as_of": "2022-04-01"}
    assert counts([one], [later], [earlier]).state(Quarter(2022, 1))["value"].tolist() == [6]
    assert len(counts([one], [later], [earlier]).rows) == 3


def test_another_detail_takes_the_place_of_the_older_one():
    """Waiting by municipality in Q1 and for the region in Q2: the people of Q1 are not counted beside."""
    parts = [row("2022Q1", "waiting", n, municipality=m) for m, n in (("M1", 2), ("M2", 3))]
    known = counts(parts, [row("2022Q2", "waiting", 4)])
    assert known.of_region("waiting", Quarter(2022, 1), ["M1", "M2"])["value"].sum() == 5
    assert known.of_region("waiting", Quarter(2022, 2), ["M1", "M2"])["value"].sum() == 4


def test_a_sum_is_only_of_what_was_counted_everywhere():
    """M2 was not counted: no sum for the region, rather than one that is too low."""
    known = counts([row("2022Q1", "waiting", 2, municipality="M1")])
    assert known.of_region("waiting", Quarter(2022, 1), ["M1", "M2"]) is None


@given(st.permutations(range(6)), st.lists(st.integers(0, 9), min_size=6, max_size=6))
@settings(max_examples=40, deadline=None)
def test_the_order_of_recording_does_not_matter(order, values):
    """Counts with days of their own give one state, in whatever order their files came in."""
    rows = [
        row(f"2022Q{1 + n // 3}", "waiting", values[n], f"2022-07-{1 + n:02}", municipality="M1")
        for n in range(6)
    ]
    columns = list(COLUMNS)
    straight = counts(*([one] for one in rows)).state(Quarter(2022, 2))[columns]
    mixed = counts(*([rows[n]] for n in order)).state(Quarter(2022, 2))[columns]
    pd.testing.assert_frame_equal(straight, mixed)


# ------------------------------------------------------------------ the history


def frame(*rows):
    """Return rows as they are recorded."""
    return pd.DataFrame(list(rows), columns=list(COLUMNS))


def test_a_history_only_grows_and_knows_a_file_that_it_has(tmp_path):
    """What is recorded stays; the same again adds nothing; of another region it is refused."""
    history = History(tmp_path / "h.duckdb", "Tiny")
    assert history.read().rows.empty
    assert history.record(frame(*FIRST), "one.csv")
    assert not history.record(frame(*FIRST), "again.csv")
    assert history.record(frame(row("2022Q1", "homes", 4, municipality="M1")), "two.csv")
    known = history.read()
    assert known.refreshes["file"].tolist() == ["one.csv", "two.csv"]
    assert known.rows["value"].tolist()[-1] == 4
    assert len(known.rows) == len(FIRST) + 1
    with pytest.raises(InputError, match="counts of Tiny"):
        History(history.file, "Elsewhere").read()


DYING = """
import os, sys
import duckdb, pandas as pd
from pathlib import Path
import models.monitoring.history as h
from models.monitoring.history import History
connect, when = duckdb.connect, sys.argv[2]

class Dies:
    "A connection in a process that ends as by a loss of power."
    def __init__(self, inner): self.inner = inner
    def __getattr__(self, name):
        if name == when: os._exit(9)
        return getattr(self.inner, name)

def opened(path, read_only=None):
    return connect(path) if read_only is None else Dies(connect(path, read_only=read_only))

h.duckdb.connect = opened
if when == "link":
    h.os.link = lambda *_: os._exit(9)
History(Path(sys.argv[1]), "Tiny").record(pd.read_json(sys.argv[3], dtype=False), "dying.csv")
"""


@pytest.mark.parametrize(("when", "survives"), [("commit", False), ("close", True), ("link", None)])
def test_a_crash_leaves_the_history_whole(tmp_path, when, survives):
    """The process dies before the transaction is committed (nothing of it is there), after it and before
    the file is closed (all of it is there), and while the very first file is made (there is none yet).
    """
    history, more = History(tmp_path / "h.duckdb", "Tiny"), tmp_path / "more.json"
    new = [row("2022Q2", "waiting", n, municipality=m) for m, n in (("M1", 8), ("M2", 9))]
    more.write_text(frame(*new).to_json(), encoding="utf-8")
    if survives is not None:
        history.record(frame(*FIRST), "one.csv")
    died = subprocess.run(
        [sys.executable, "-c", DYING, history.file, when, more],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        check=False,
    )
    assert died.returncode == 9
    known = history.read()
    expected = {None: [], False: ["one.csv"], True: ["one.csv", "dying.csv"]}[survives]
    assert known.refreshes["file"].tolist() == expected
    assert len(known.rows) == (len(FIRST) if expected else 0) + (len(new) if survives else 0)
    assert history.record(frame(row("2022Q3", "waiting", 1)), "after.csv")
    assert history.read().refreshes["file"].tolist() == [*expected, "after.csv"]


READER = "import duckdb, sys; c = duckdb.connect(sys.argv[1], read_only=True); print(1, flush=True); input()"
WRITER = "import duckdb, sys; c = duckdb.connect(sys.argv[1]); print(1, flush=True); input()"


@pytest.mark.parametrize(("other", "can_read"), [(READER, True), (WRITER, False)])
def test_one_writes_and_any_number_read(tmp_path, other, can_read):
    """Beside a reader one can read and not write; beside a writer neither. Each is told, nothing is lost."""
    history = History(tmp_path / "h.duckdb", "Tiny")
    history.record(frame(*FIRST), "one.csv")
    command = [sys.executable, "-c", other, str(history.file)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        process.stdout.readline()
        if can_read:
            assert len(history.read().rows) == len(FIRST)
        else:
            with pytest.raises(InputError, match="somebody else"):
                history.read()
        with pytest.raises(InputError, match="somebody else"):
            history.record(frame(row("2022Q2", "waiting", 1)), "two.csv")
        process.communicate(b"\n")
    assert len(history.read().rows) == len(FIRST)


def test_a_file_that_is_no_history_is_left_alone(tmp_path):
    """Another file under the name, or a place that cannot be written, is told; nothing is overwritten."""
    other = tmp_path / "notes.duckdb"
    other.write_bytes(b"my notes" * 100)
    for asked in (History(other, "Tiny"), History(tmp_path / "nowhere" / "h.duckdb", "Tiny")):
        with pytest.raises(InputError, match=r"no history|cannot be written"):
            asked.record(frame(*FIRST), "one.csv")
    assert other.read_bytes() == b"my notes" * 100


# ------------------------------------------------------------------ what a plan expects


def test_a_plan_is_followed_on_a_line_between_the_middles_of_years(plan):
    """The end of Q2 is the middle of the year: the year's average. The end of Q4 lies half-way."""
    tracker = Tracker(plan, draws=2)
    by_year = plan.data["clients"].sel(tier="bed").sum(["neighbourhood", "profile"])
    first, second = (float(by_year.sel(year=year)) for year in (2022, 2023))
    middle, end = (tracker.at(Quarter(2022, n)).of("clients", {"tier": "bed"})[0] for n in (2, 4))
    assert middle == pytest.approx(first)
    assert end == pytest.approx((first + second) / 2)
    quarter = tracker.at(Quarter(2022, 1)).of("clients", {"tier": "bed"})[0]
    assert quarter == pytest.approx(0.25 * 10 + 0.75 * first)


def test_where_nobody_moves_there_is_no_band(still):
    """Nobody comes, moves or leaves, places are full and nothing is promised: everybody is there for sure."""
    state = [
        row("2023Q4", "clients", 10, tier="bed"),
        row("2023Q4", "clients", 3, tier="group"),
        row("2023Q4", "clients", 4, tier="home"),
    ]
    compared = compare(Tracker(still, draws=40), counts(state), Quarter(2023, 4))
    told = {one.detail["tier"]: (one.least, one.most, one.beyond) for one in compared.whole}
    assert told == {"bed": (10, 10, 0), "group": (4, 4, -1), "home": (4, 4, 0)}


def leaving(rate):
    """Return the region's text with people who die at a yearly rate."""
    before, _, after = REGION.partition("[pathway.died]\n")
    died = after.replace("intensive = 0.0\nlight = 0.0", f"intensive = {rate}\nlight = {rate}")
    return f"{before}[pathway.died]\n{died}"


def test_the_band_of_flows_is_that_of_a_poisson_count():
    """Of the 19 people 0.2 die in a year. In a quarter that is 19 · 0.2 / 4 = 0.95, less those who are gone
    by then; the draws are a Poisson number around it, as no range is stated.
    """
    problem = tiny_problem(EUROS_ONLY | {"years.last": "2022"}, region=leaving(0.2))
    expected, drawn = Tracker(best(problem), draws=1000).at(Quarter(2022, 1)).of("outflow", {"exit": "died"})
    assert 0.8 < expected <= 0.95
    # three standard errors of a thousand draws, of the mean and of the part in which nobody died
    assert drawn.mean() == pytest.approx(expected, abs=0.09)
    assert (drawn == 0).mean() == pytest.approx(poisson.pmf(0, expected), abs=0.047)


def test_the_band_of_people_is_that_of_who_is_still_there():
    """Of ten people in beds each is still there after a year with chance 0.8: a binomial number, of which
    the plan expects 8; places are free, so nobody has to wait, and nobody waits who could take one.
    """
    settings_ = EUROS_ONLY | {"years.last": "2022", "weights.unasked_move": "1000000"}
    problem = tiny_problem(settings_, region=leaving(0.2), clients=NOBODY_WAITS)
    tracker = Tracker(best(problem), draws=1000)
    expected, drawn = tracker.at(Quarter(2022, 2)).of("clients", {"tier": "bed", "profile": "intensive"})
    assert expected == pytest.approx(8.0)
    # six of M1 and four of M2 are spread over neighbourhoods, by municipality whole
    for share in (0.05, 0.5, 0.95):
        assert abs(np.quantile(drawn, share) - binom.ppf(share, 10, 0.8)) <= 1


def test_a_count_beyond_the_band_is_told_with_how_far(plan):
    """In the middle of 2022 the plan has 5 beds, after 10: between them every number is on its way."""
    places = plan.data["places"].sel(site="S1", tier="bed").to_series()
    assert [round(places[year]) for year in (2022, 2023)] == [5, 0]
    rows = {n: [row("2022Q4", "places", n, site="S1", tier="bed")] for n in (0, 3, 5, 6)}
    beyond = {
        n: compare(Tracker(plan, draws=10), counts(one), Quarter(2022, 4)).parts[0].beyond
        for n, one in rows.items()
    }
    assert beyond == {0: 0, 3: 0, 5: 0, 6: 1}


# ------------------------------------------------------------------ rates


def test_intervals_by_hand():
    """No event in n trials: 5 % is left at 1 − 0.05^(1/n). No Poisson event: 5 % at −ln 0.05 = 2.996.
    A chance of 0.1 a quarter is 1 − 0.9⁴ = 0.3439 a year; beside another of 0.1 it is half of 1 − 0.8⁴.
    """
    assert garwood(0, 0.9) == (0.0, pytest.approx(2.9957, abs=1e-4))
    assert yearly(0.1, 0.0) == pytest.approx(0.3439)
    assert yearly(0.1, 0.1) == pytest.approx(0.5904 / 2)
    assert yearly(0.0, 0.0) == 0.0


def estimator(known, **base):
    """Return an estimator for the tiny region with these people in the base year."""
    people = {tuple(state.split("_")): float(n) for state, n in base.items()}
    return Estimator(known, TINY.parameters, ["M1", "M2"], people, 20.0)


def test_rates_come_from_counts_and_people_at_the_beginning():
    """Q1 begins with the 100 of the base and 8 become light; Q2 with the 90 that were counted, 2 do: 10 of
    190 a quarter. Municipality M2 reports that nobody moved.
    """
    moved = {"tier": "bed", "profile": "intensive", "to_profile": "light"}
    known = counts(
        [
            row("2022Q1", "moves", 8, municipality="M1", **moved),
            row("2022Q1", "moves", 0, municipality="M2", **moved),
            row("2022Q1", "clients", 90, tier="bed", profile="intensive"),
        ],
        [
            row("2022Q2", "moves", 2, municipality="M1", **moved),
            row("2022Q2", "moves", 0, municipality="M2", **moved),
        ],
    )
    rates = {one.key: one for one in estimator(known, bed_intensive=100).estimates(Quarter(2022, 2)).rates}
    one = rates["pathway.transitions.bed.intensive.light"]
    assert (one.events, one.trials) == (10, 190)
    assert one.value == pytest.approx(1 - (1 - 10 / 190) ** 4)
    # Clopper and Pearson: at the low end 10 or more is a 5 % chance, at the high end 10 or fewer
    low, high = (1 - (1 - end) ** 0.25 for end in (one.low, one.high))
    assert binom.sf(9, 190, low) == pytest.approx(0.05)
    assert binom.cdf(10, 190, high) == pytest.approx(0.05)
    assert not one.agrees  # the tiny region assumes that nobody moves


def test_a_quarter_that_not_everybody_reported_is_left_out():
    """M2 says nothing of Q1: no rate, and that is told."""
    known = counts([row("2022Q1", "inflow", 3, municipality="M1")])
    found = estimator(known, bed_intensive=10).estimates(Quarter(2022, 1))
    assert found.rates == ()
    assert found.skipped == (("inflow", "2022Q1"),)


@given(st.integers(1, 400), st.data())
@settings(max_examples=20, deadline=None)
def test_an_interval_holds_its_estimate_and_narrows(trials, data):
    """Low ≤ estimate ≤ high within 0 and 1; ten times the people give a narrower interval."""
    events = data.draw(st.integers(0, trials))
    moved = {"tier": "bed", "profile": "intensive", "to_profile": "light"}

    def of(times):
        known = counts([row("2022Q1", "moves", events * times, **moved)])
        found = estimator(known, bed_intensive=trials * times).estimates(Quarter(2022, 1)).rates
        return next(one for one in found if one.key.endswith("bed.intensive.light"))

    few, many = of(1), of(10)
    assert 0 <= few.low <= few.value <= few.high <= 1
    assert many.value == pytest.approx(few.value)
    assert many.high - many.low <= few.high - few.low + 1e-9


# ------------------------------------------------------------------ planning on


def today_of(plan, *rows):
    """Return the state after one refresh."""
    known = counts(list(rows))
    return Today(plan, known, known.last)


def test_the_path_and_the_inflow_stay_as_many_places_and_people(folder, tmp_path):
    """Half of 10 beds must be gone in 2025. At the end of 2022 there are 8: 3 of 8 must go yet. 12 % of 17
    people a year came in; now there are 34, so that it is 6 % of them.
    """
    region = read_region(folder.parent / "tiny", settings=LONGER | {"pathway.inflow.share": "0.12"})
    plan = best(Problem.of(region, forecast(region)))
    rows = [row("2022Q4", "places", 8, site="S1", tier="bed")]
    rows += [row("2022Q4", "clients", n, tier=k) for k, n in (("bed", 7), ("group", 9), ("home", 16))]
    rows += [row("2022Q4", "waiting", 6)]
    today = today_of(plan, *rows)
    new = region_of_today(today, tmp_path / "today", {})
    policy = new.parameters.policies.intramural_reduction
    assert policy.by_end.value == pytest.approx(3 / 8)
    assert {t: share.value for t, share in policy.path.items()} == {
        2023: pytest.approx(1 - 7.5 / 8),
        2024: pytest.approx(1 - 6.25 / 8),
    }
    outlook, before = forecast(new), forecast(region)
    assert float(today.people[0].sum()) == pytest.approx(38)
    for year in (2023, 2024, 2025):
        assert float(outlook.inflow.sel(year=year).sum()) == pytest.approx(
            float(before.inflow.sel(year=year).sum()), abs=0.01
        )
    assert {one.key for one in new.overrides} >= {"years.base", "pathway.inflow.share"}


def test_counts_by_profile_and_town_come_back_as_they_were(folder, tmp_path):
    """What was counted is what the new base year says, by municipality, profile and tier; nobody else is."""
    plan = read_plan(folder)
    told = {("M1", "bed", "intensive"): 5, ("M2", "group", "light"): 3, ("M2", "home", "light"): 4}
    rows = [row("2022Q3", "clients", n, municipality=m, tier=k, profile=p) for (m, k, p), n in told.items()]
    new = region_of_today(today_of(plan, *rows), tmp_path / "today", {})
    housed = new.clients[new.clients["tier"] != "waiting"]
    found = housed.groupby(["municipality", "tier", "profile"])["clients"].sum().to_dict()
    assert found == {at: pytest.approx(float(n)) for at, n in told.items()}


def as_planned(plan, year):
    """Return counts of places as a plan has them in a year, as at its end."""
    places = plan.data["places"].sel(year=year).to_series()
    return [
        row(f"{year}Q4", "places", round(float(places[at])), site=at[0], tier=at[1])
        for at in plan.problem.places_at
    ]


def digest(folder):
    """Return what a folder holds, byte for byte."""
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    return {str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


def test_planning_on_keeps_what_is_agreed_and_the_plan_itself(folder, tmp_path, capsys):
    """Ten beds are counted where five were planned, and C1 has agreed on one home in M2 in 2023, which
    stands. The new plan keeps every rule; the old plan's folder, made read-only, stays byte for byte.
    """
    counted, lock = tmp_path / "counts.csv", tmp_path / "lock.csv"
    counted.write_text(text_of(*FIRST), encoding="utf-8")
    lock.write_text("corporation,municipality,year,homes,asked_by\nC1,M2,2023,1,Aldermen\n", encoding="utf-8")
    before = digest(folder)
    for path in (folder, *folder.rglob("*")):
        path.chmod(0o555 if path.is_dir() else 0o444)
    command = [
        "monitor",
        str(folder),
        "--actuals",
        str(counted),
        *FEW,
        "--replan",
        "-o",
        str(tmp_path / "new"),
    ]
    assert main([*command, "--lock", str(lock), "--json", "--gap", "0"]) == DONE
    told = json.loads(capsys.readouterr().out)["replanned"]
    assert digest(folder) == before
    # the counts of the year that is now the base say nothing of the new plan
    again = ["monitor", str(tmp_path / "new"), "--history", f"{folder}.monitor.duckdb", *FEW]
    assert main(again) == BAD_INPUT
    assert "no counts" in capsys.readouterr().err
    new = read_plan(tmp_path / "new")
    assert new.problem.base_year == 2022
    assert new.problem.base_places["S1", "bed"] == 10
    assert float(new.data["new_homes"].sel(corporation="C1", neighbourhood="N3", year=2023)) == 1
    assert told["other_than_planned"] == [{"site": "S1", "tier": "bed", "planned": 5, "counted": 10}]
    assert {one["rule"] for one in told["carried_on"]} == {"replacement_before_closure"}
    assert {"S1 bed", "S1 group"} & {one["name"] for one in told["changes"]}
    assert told["agreed"] == 1
    for path in (folder, *folder.rglob("*")):
        path.chmod(0o755)


def test_where_all_is_as_planned_nothing_changes(folder, tmp_path, capsys):
    """Nobody moves and the places are those of the plan: the plan made on has every decision of the old."""
    plan, counted = read_plan(folder), tmp_path / "counts.csv"
    counted.write_text(text_of(*as_planned(plan, 2023)), encoding="utf-8")
    command = [
        "monitor",
        str(folder),
        "--actuals",
        str(counted),
        *FEW,
        "--replan",
        "-o",
        str(tmp_path / "new"),
    ]
    assert main([*command, "--lang", "en", "--gap", "0"]) == DONE
    assert "No places or homes change;" in capsys.readouterr().out
    ahead = Today(plan, counts(as_planned(plan, 2023)), Quarter(2023, 4)).ahead(decided_by(plan))
    again = decided_by(read_plan(tmp_path / "new"))
    assert {d for d in again.places if d.places} == {d for d in ahead.places if d.places}
    assert set(again.homes) == set(ahead.homes)
    assert all(isinstance(d, DecidedPlaces | DecidedHomes) for d in again.every)


def test_what_is_being_built_goes_on(plan):
    """Group places take a year to build. At S1 5 beds become group places in 2022 and 5 more in 2023, when 2
    that were begun in 2022 are added: 5, then 12. At the end of 2022 these 2 are under way, also where the 5
    of 2023 are there already; and one of them, where 11 are. Where 10 are there at the end of 2023, the 2 are
    late and come in 2024; where 9 are, the third that lacks is no building.
    """
    at = {"site": "S1", "tier": "group"}
    assert [float(plan.data["places"].sel(year=t, **at)) for t in (2022, 2023)] == [5, 12]
    assert float(plan.data["added"].sel(year=2023, **at)) == 2
    found = {
        (year, counted): today_of(plan, row(f"{year}Q4", "places", counted, **at)).under_way
        for year, counted in ((2022, 5), (2022, 10), (2022, 11), (2023, 12), (2023, 10), (2023, 9))
    }
    assert found == {
        (2022, 5): {("S1", "group", 2023): 2},
        (2022, 10): {("S1", "group", 2023): 2},
        (2022, 11): {("S1", "group", 2023): 1},
        (2023, 12): {},
        (2023, 10): {("S1", "group", 2024): 2},
        (2023, 9): {("S1", "group", 2024): 2},
    }


def test_only_what_is_under_way_is_ready_before_it_could_be_built():
    """S3 may open in 2022 and takes a year to build: nothing in 2022, but for the 3 that are under way."""
    problem = tiny_problem()
    begun = replace(problem, under_way={("S3", "group", 2022): 3})
    assert ("S3", "group", 2022) not in Model.of(problem).decisions.added
    model = Model.of(begun)
    assert model.arrays.upper[model.decisions.added["S3", "group", 2022].id] == 3
    edit = AgreedDecisions((DecidedPlaces("S3", "group", 2022, 4),))
    early = {one.where: one.amount for one in score(begun, edit).broken if "before" in one.unit}
    assert early == {"S3, group, 2022": 1}
    assert score(begun, AgreedDecisions((DecidedPlaces("S3", "group", 2022, 3),))).broken == ()


def test_faults_of_places_under_way_are_told(tmp_path):
    """An unknown site, a tier that the site cannot have, a year that is not planned: all at once."""
    folder = write_tiny_region(tmp_path / "tiny")
    rows = "site,tier,year,places\nS9,group,2022,1\nS2,bed,2022,1\nS3,group,2021,1\nS3,group,2022,4\n"
    (folder / "under_way.csv").write_text(rows, encoding="utf-8")
    with pytest.raises(InputError) as caught:
        read_region(folder)
    assert [(fault.row, fault.column) for fault in caught.value.faults] == [
        (2, "site"),
        (3, "tier"),
        (4, "year"),
    ]


# ------------------------------------------------------------------ the command


def test_small_counts_are_not_in_the_public_form(folder, tmp_path, capsys):
    """With --public no part of the region is told, no rate, no count under ten nor what is expected of it."""
    counted = tmp_path / "counts.csv"
    counted.write_text(text_of(*FIRST, row("2022Q1", "waiting", 9)), encoding="utf-8")
    command = ["monitor", str(folder), "--actuals", str(counted), "--public", *FEW]
    assert main([*command, "--json"]) == DONE
    told = json.loads(capsys.readouterr().out)
    assert "parts" not in told
    known = {(one["measure"], one.get("tier")): one["counted"] for one in told["whole"]}
    assert known == {("clients", "bed"): 10, ("waiting", None): None, ("homes", None): None}
    assert "rates" not in told
    for one in told["whole"]:
        assert all(one[name] is None or one[name] >= 10 for name in ("counted", "expected"))
        assert (one["least"] is None) == (one["most"] is None) == (one["expected"] is None)
    assert main([*command, "--lang", "nl"]) == DONE
    assert "onder 10" in capsys.readouterr().out


def test_a_small_count_of_the_public_form_does_not_follow_from_the_others(plan):
    """Of 46 people 4 live in group living: beside 12 and 30 the 4 would follow, so the 12 are left out too.

    Expected are 40, 40 and 40, of which nothing is small: what is counted decides.
    """
    told = monitored(plan, counts(FIRST), Quarter(2022, 1), "en", draws=2, seed=0, public=True)
    one = told.compared.whole[0]
    whole = tuple(
        replace(one, measure="clients", detail={"tier": tier}, counted=counted, expected=40.0)
        for tier, counted in (("bed", 12), ("home", 30), ("group", 4))
    )
    some = replace(told, compared=replace(told.compared, whole=whole))
    assert {one["tier"]: one["counted"] for one in some.record()["whole"]} == {
        "bed": None, "home": 30, "group": None,
    }  # fmt: skip
    lines = [line.split() for line in some.text().splitlines() if "2022-04-01" in line]
    assert [line[line.index("2022-04-01") - 1] for line in lines] == ["–", "30", "–"]


def test_what_the_plan_expects_of_few_people_is_not_told(plan):
    """Counted are 40 and 40, expected 33 and 7: neither row is told, or the 7 would follow from the plan."""
    told = monitored(plan, counts(FIRST), Quarter(2022, 1), "en", draws=2, seed=0, public=True)
    one = told.compared.whole[0]
    whole = tuple(
        replace(one, measure="clients", detail={"tier": tier}, counted=40, expected=expected)
        for tier, expected in (("bed", 33.0), ("group", 7.0))
    )
    some = replace(told, compared=replace(told.compared, whole=whole))
    assert [one["expected"] for one in some.record()["whole"]] == [None, None]


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ([], "no counts"),
        (["--replan"], "Name it with -o"),
        (["--replan", "--public", "-o", "new"], "one of the two"),
        (["--set", "years.last=2030"], "Add --replan"),
        (["--actuals", "nowhere.csv"], "no such file"),
    ],
)
def test_what_cannot_be_asked_is_told(folder, capsys, options, told):
    """Nothing counted, no folder for the new plan, options without --replan, a file that is not there."""
    assert main(["monitor", str(folder), *options]) == BAD_INPUT
    assert told in capsys.readouterr().err


def test_measures_are_what_the_page_lists():
    """docs/monitor.md has a row for every measure."""
    page = (ROOT / "docs" / "monitor.md").read_text(encoding="utf-8")
    assert [name for name in MEASURES if f"| `{name}` |" not in page] == []
