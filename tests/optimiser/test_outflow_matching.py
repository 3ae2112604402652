"""The outflow desk: by hand, against every possible placement, and what may never be read or told."""

import json
from datetime import date, timedelta
from itertools import product

import pytest
from builders import best, tiny_problem
from hypothesis import given, settings
from hypothesis import strategies as st
from tiny import write_tiny_region

import cli
from geodata.faults import InputError
from models.inputs.outflow_clients import (
    FreeHome,
    ReadyClient,
    looks_identifying,
    passes_eleven_test,
    read_free,
    read_ready,
)
from models.region.read_region import read_region
from optimiser.outflow_matching import NORM_POINTS, RoundRules, homes_of_plan, place, reasons
from reports.answers.outflow import OutflowDesk

REACH_THREE = {"tiers.home.reach": "3"}
"""Minutes: from N1 to N2 and from N2 to N3 it is two, from N1 to N3 four and so beyond reach."""

PEOPLE = {"N1": 10_000, "N2": 6_000, "N3": 4_000}
YEAR_END = date(2023, 1, 1)


@pytest.fixture(scope="module", name="plan")
def _plan():
    return best(tiny_problem(REACH_THREE))


def rules(per_thousand=1.0, lead=0, idle=30, only_wanted=False):
    return RoundRules(per_thousand, lead, idle, only_wanted, YEAR_END)


def client(code, area="N1", *, ready="2022-01-01", wanted=()):
    town = "M2" if area == "N3" else "M1"
    return ReadyClient(code, town, area, frozenset(wanted), "home", date.fromisoformat(ready))


def home(code, area="N1", *, free="2022-02-01", corporation="C1", tier=""):
    return FreeHome(code, corporation, area, tier, date.fromisoformat(free))


def placed(plan, clients, homes, *args, **kwargs):
    """Return client → home, and client → why there is none."""
    found = place(plan, clients, homes, rules(*args, **kwargs))
    assert found.proven
    return (
        {match.client.client: match.home.home for match in found.matches},
        {one.client.client: one.why for one in found.unmatched},
    )


# ------------------------------------------------------------------ by hand


def test_who_has_been_ready_longest_goes_first(plan):
    """One home, two people: who could leave on 1 January has it, though the other wants to be there."""
    clients = [client("c2", ready="2022-01-10", wanted=["N1"]), client("c1", wanted=["N2"])]
    assert placed(plan, clients, [home("h1")]) == ({"c1": "h1"}, {"c2": "taken"})


def test_more_people_go_before_who_goes_first(plan):
    """From N3 only h2 in N2 is within reach; from N1 both are: the first in line gives way, and both live."""
    clients = [client("c1", "N1"), client("c2", "N3", ready="2022-01-20")]
    homes = [home("h1", "N1", free="2022-02-20"), home("h2", "N2")]
    assert placed(plan, clients, homes)[0] == {"c1": "h1", "c2": "h2"}


def test_the_area_wanted_goes_before_minutes_and_days(plan):
    """The home in N2 lies two minutes away and comes a month later; that is where the client wants to be."""
    homes = [home("h1", "N1"), home("h2", "N2", free="2022-03-01")]
    assert placed(plan, [client("c1", wanted=["N2"])], homes)[0] == {"c1": "h2"}


def test_each_reason_for_no_home(plan):
    """Form, reach, dates, wanted area and neighbourhood, each the only thing in the way."""
    assert placed(plan, [client("c1")], [home("h1", tier="bed")])[1] == {"c1": "no_home"}
    assert placed(plan, [client("c1", "N1")], [home("h1", "N3")])[1] == {"c1": "out_of_reach"}
    wants = [client("c1", wanted=["N2"])]
    assert placed(plan, wants, [home("h1", "N1")], only_wanted=True)[1] == {"c1": "not_wanted"}
    # 0.25 per 1,000 of the 4,000 inhabitants of N3 is one person, and there are two homes
    both = [client("c1", "N3"), client("c2", "N3", ready="2022-01-20")]
    homes = [home("h1", "N3"), home("h2", "N3")]
    _, why = placed(plan, both, homes, per_thousand=0.25)
    assert why == {"c2": "concentration"}
    assert placed(plan, both, homes)[1] == {}


def test_the_key_comes_when_the_lead_time_has_passed(plan):
    """Urgent on 1 June and 91 days later the key, 31 August: 61 days after the home of 1 July came free."""
    asked, free = [client("c1", ready="2022-06-01")], [home("h1", free="2022-07-01")]
    assert placed(plan, asked, free, lead=91, idle=60)[1] == {"c1": "dates"}
    (match,) = place(plan, asked, free, rules(lead=91, idle=61)).matches
    assert (match.key, match.key - match.home.free) == (date(2022, 8, 31), timedelta(days=61))
    assert list(reasons(match)) == ["near", "kept_for"]


def test_corporations_house_in_proportion(plan):
    """Two homes each and two people: one each, although both homes of A come free first."""
    homes = [home("h1", corporation="A"), home("h2", corporation="A")]
    homes += [home(f"h{n}", corporation="B", free="2022-06-01") for n in (3, 4)]
    found = place(plan, [client("c1"), client("c2")], homes, rules())
    assert found.used == {"A": 1, "B": 1}
    assert found.fair == {"A": 1.0, "B": 1.0}


def test_a_municipality_reaches_what_most_of_it_reaches(plan):
    """Of M1's 16,000 the 6,000 of N2 have N3 within reach: not half.

    N2 lies at 2 minutes for the 10,000 of N1, and at those inside N2 for the rest.
    """
    anywhere = ReadyClient("c1", "M1", "", frozenset(), "home", date(2022, 1, 1))
    assert placed(plan, [anywhere], [home("h1", "N3")])[1] == {"c1": "out_of_reach"}
    (match,) = place(plan, [anywhere], [home("h1", "N2")], rules()).matches
    minutes = plan.problem.region.minutes.set_index(["origin", "destination"])["minutes"]
    assert match.minutes == pytest.approx((10_000 * 2.0 + 6_000 * minutes["N2", "N2"]) / 16_000)


def test_a_lease_that_flips_says_when():
    """Twelve months after the key: 365 days."""
    plan = best(tiny_problem(REACH_THREE | {"tiers.home.flip": "12"}))
    (match,) = place(plan, [client("c1")], [home("h1")], rules()).matches
    assert match.flips_on == date(2022, 2, 1) + timedelta(days=365)


def test_homes_of_a_plan_are_spread_over_the_year(plan):
    """C1 hands over a home in 2022 and two in 2023: half-way 2022, and after ¼ and ¾ of 2023."""
    homes = homes_of_plan(plan, date(2022, 1, 1), date(2023, 12, 31))
    assert len(homes) == int(plan.data["new_homes"].sum()) == 3
    assert [one.free for one in homes] == [date(2022, 7, 2), date(2023, 4, 2), date(2023, 10, 1)]
    assert len(homes_of_plan(plan, date(2022, 7, 3), date(2023, 4, 2))) == 1


# ------------------------------------------------------------------ every possible placement

days = st.integers(0, 200).map(lambda n: date(2022, 1, 1) + timedelta(days=n))
areas = st.sampled_from(sorted(PEOPLE))
some_clients = st.lists(
    st.tuples(areas, st.frozensets(areas, max_size=2), days), min_size=1, max_size=4
).map(
    lambda drawn: [
        ReadyClient(f"c{n}", "M2" if a == "N3" else "M1", a, wanted, "home", day)
        for n, (a, wanted, day) in enumerate(drawn)
    ]
)  # fmt: skip
some_homes = st.lists(
    st.tuples(areas, st.sampled_from(["A", "B"]), days, st.sampled_from(["", "home", "bed"])),
    min_size=1, max_size=4,
).map(lambda drawn: [FreeHome(f"h{n}", c, a, k, day) for n, (a, c, day, k) in enumerate(drawn)])  # fmt: skip


def every_placement(clients, homes, asked, minutes):
    """Generate every way to place people, client → home or None, that breaks no rule."""
    for choice in product([None, *range(len(homes))], repeat=len(clients)):
        given_out = [h for h in choice if h is not None]
        if len(set(given_out)) < len(given_out):
            continue
        in_area = [homes[h].neighbourhood for h in given_out]
        most = {j: max(1, int(asked.per_thousand * n / 1000)) for j, n in PEOPLE.items()}
        if any(in_area.count(j) > most[j] for j in in_area):
            continue
        if all(h is None or may(clients[c], homes[h], asked, minutes) for c, h in enumerate(choice)):
            yield choice


def may(one, free, asked, minutes):
    near = minutes[one.neighbourhood, free.neighbourhood] <= 3.0
    key = max(free.free, one.ready + timedelta(days=asked.lead_days))
    return free.tier in ("", "home") and near and (key - free.free).days <= asked.idle_days


def worth(choice, clients, homes, asked, minutes, over):
    """Return what is compared, in its order: the smaller the better."""
    pairs = [(clients[c], homes[h]) for c, h in enumerate(choice) if h is not None]
    end = max([asked.until, *(one.ready for one in clients)])
    inside = [one for one in homes if one.free <= asked.until]
    unfair = sum(
        abs(
            sum(h.corporation == name for _, h in pairs)
            - len(pairs) * sum(h.corporation == name for h in inside) / len(inside)
        )
        for name in ("A", "B")
    )
    rest = sum(
        (max(h.free, c.ready + timedelta(days=asked.lead_days)) - c.ready).days
        + minutes[c.neighbourhood, h.neighbourhood]
        + NORM_POINTS * over(h)
        for c, h in pairs
    )
    long = -sum((end - c.ready).days for c, _ in pairs)
    return -len(pairs), long, -sum(h.neighbourhood in c.wanted for c, h in pairs), unfair, rest


@settings(max_examples=60, deadline=None)
@given(some_clients, some_homes, st.sampled_from([0.2, 0.25, 1.0]), st.sampled_from([0, 91]))
def test_no_placement_is_better(plan, clients, homes, per_thousand, lead):
    """Against every one of the at most 5⁴ placements: the same value in every step, and no rule broken."""
    asked = rules(per_thousand, lead)
    pairs = plan.problem.region.minutes
    minutes = dict(
        zip(zip(pairs["origin"], pairs["destination"], strict=True), pairs["minutes"], strict=True)
    )

    def over(one):
        return float(plan.data["excess"].sel(neighbourhood=one.neighbourhood, year=2022)) > 0.5

    found = place(plan, clients, homes, asked)
    assert found.proven
    number = {one.home: n for n, one in enumerate(homes)}
    where = {match.client.client: number[match.home.home] for match in found.matches}
    chosen = tuple(where.get(one.client) for one in clients)
    every = list(every_placement(clients, homes, asked, minutes))
    assert chosen in every
    least = min(worth(choice, clients, homes, asked, minutes, over) for choice in every)
    assert worth(chosen, clients, homes, asked, minutes, over) == pytest.approx(least, abs=1e-4)
    assert len(found.matches) + len(found.unmatched) == len(clients)
    assert sum(found.used.values()) == len(found.matches) == pytest.approx(sum(found.fair.values()))
    for one in found.unmatched:
        possible = sum(may(one.client, free, asked, minutes) for free in homes)
        assert one.homes == possible
        assert (one.why in ("taken", "concentration")) == (possible > 0)


# ------------------------------------------------------------------ nobody can be known


@pytest.mark.parametrize(
    ("code", "why"),
    [
        ("111222333", "BSN"),
        ("111.222.333", "BSN"),
        ("11122233-3", "BSN"),
        ("C111222333", "BSN"),
        ("bsn-111222333", "BSN"),
        ("P_111.222.333-x", "BSN"),
        ("7-111222333", "BSN"),
        ("111222333ab111", "BSN"),
        ("11-12-22-33-3", "BSN"),
        ("j.jansen@example.org", "e-mail"),
        ("Jan Jansen", "name"),
        ("jansen85", "name"),
        ("JANSEN", "name"),
        ("qx", "name"),
        ("19850412", "date"),
        ("C-1985-04-12", "date"),
        ("12-04-1985", "date"),
        ("0612345678", "telephone"),
        ("7811AB12", "postcode"),
    ],
)
def test_what_may_identify_is_refused_and_not_repeated(tmp_path, code, why):
    """In either table, with the reason and the line, and without the cell itself."""
    region = read_region(write_tiny_region(tmp_path / "tiny"))
    assert why in looks_identifying(code)
    ready = tmp_path / "ready.csv"
    ready.write_text(f"client,municipality,tier,ready\n{code},M1,home,2022-01-01\n", encoding="utf-8")
    free = tmp_path / "free.csv"
    free.write_text(f"home,corporation,neighbourhood,free\n{code},C1,N1,2022-01-01\n", encoding="utf-8")
    for read, file in ((read_ready, ready), (read_free, free)):
        with pytest.raises(InputError) as refused:
            read(file, region)
        (fault,) = refused.value.faults
        assert (fault.row, why in fault.found) == (2, True)
        assert code not in str(refused.value)


def test_ordinary_pseudonyms_are_taken():
    """Codes as desks give them, and nine digits that are no BSN."""
    assert [looks_identifying(code) for code in ("C-0012", "client-7", "ab12cd", "123456789", "0-7")] == [
        ""
    ] * 5
    assert not passes_eleven_test("123456789")
    assert not passes_eleven_test("000000000")


@settings(max_examples=200)
@given(st.integers(10_000_000, 99_999_999))
def test_every_number_that_passes_the_eleven_test_is_refused(first):
    """Eight digits and the ninth that makes 9·d1 + … + 2·d8 − d9 a multiple of 11, where there is one."""
    digits = [int(d) for d in f"{first:08d}"]
    last = sum((9 - n) * d for n, d in enumerate(digits)) % 11
    if last < 10:
        assert looks_identifying(f"{first:08d}{last}") != ""


def test_all_faults_are_told_at_once_and_none_repeats_a_cell(tmp_path):
    """Columns first; then every line, with the column and what to do."""
    region = read_region(write_tiny_region(tmp_path / "tiny"))
    file = tmp_path / "ready.csv"
    file.write_text("client,naam,municipality,tier,ready\nc1,Piet,M1,home,2022-01-01\n", encoding="utf-8")
    with pytest.raises(InputError, match="somebody could be known") as refused:
        read_ready(file, region)
    assert "Piet" not in str(refused.value)
    lines = [
        "client,municipality,neighbourhood,wanted,tier,ready",
        "c1,Kerkweg,N3,N9,bed,1961-05-06",
        "c2,M1,N1,N1|M2,home,2022-02-30",
        "c2,M2,,,home,2022-03-01",
    ]
    file.write_text("\n".join(lines) + "\n", encoding="utf-8")
    with pytest.raises(InputError) as refused:
        read_ready(file, region)
    told = [(fault.row, fault.column) for fault in refused.value.faults]
    assert told == [
        (2, "municipality"), (2, "neighbourhood"), (2, "wanted"), (2, "tier"), (2, "ready"), (3, "ready"),
        (4, "client"),
    ]  # fmt: skip
    assert not {word for word in ("Kerkweg", "1961", "N9") if word in str(refused.value)}


def test_the_command_tells_nothing_but_pseudonyms(tmp_path, capsys):
    """Text in both languages, JSON and CSV: no origin, no wish, no date of being ready; the CSV adds up."""
    region = write_tiny_region(tmp_path / "tiny")
    assert cli.main(["plan", str(region), "-o", str(tmp_path / "plan"), "--time", "30"]) == cli.DONE
    ready, out = tmp_path / "ready.csv", tmp_path / "placed.csv"
    ready.write_text(
        "client,municipality,neighbourhood,wanted,tier,ready\n"
        "c-1,M1,N1,N2,home,2022-01-17\nc-2,M2,,M2,home,2022-01-19\nc-3,M2,N3,,home,2022-01-23\n",
        encoding="utf-8",
    )
    capsys.readouterr()
    asked = ["place", str(tmp_path / "plan"), "--ready", str(ready), "-o", str(out)]
    texts = []
    for more in (["--lang", "nl"], ["--lang", "en"], ["--json"]):
        assert cli.main([*asked, *more]) == cli.DONE
        texts.append(capsys.readouterr().out)
    told = json.loads(texts[-1])
    assert told["proven"]
    assert told["placed"] + told["not_placed"] == 3
    rows = out.read_text(encoding="utf-8").splitlines()
    assert len(rows) == 4
    for text in (*texts, out.read_text(encoding="utf-8")):
        assert "c-1" in text
        assert not [day for day in ("2022-01-17", "2022-01-19", "2022-01-23") if day in text]
    assert "wanted" not in rows[0]
    assert "municipality" not in rows[0]


def test_a_round_without_homes_is_told(tmp_path):
    """No home comes free at all: everybody is told so, and nothing divides by nothing."""
    plan = best(tiny_problem(REACH_THREE))
    found = place(plan, [client("c1")], [], rules())
    assert [one.why for one in found.unmatched] == ["no_home"]
    assert "c1" in OutflowDesk(plan, found, of_plan=True, lang="en").text()
