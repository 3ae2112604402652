"""Performance agreements: the first answer by hand, everything asked again against other solves."""

import json
from dataclasses import replace
from threading import Event

import numpy as np
import openpyxl
import pytest
from builders import (
    BED,
    EUROS_ONLY,
    GROUP,
    HOME,
    ONE_YEAR,
    amount,
    best,
    by_scipy,
    least_cost,
    tiny_problem,
    tiny_region,
)
from hypothesis import given
from hypothesis import strategies as st
from scipy.optimize import Bounds, LinearConstraint, milp
from scipy.sparse import vstack
from tiny import HOMES, write_tiny_region

import cli
from geodata.faults import InputError
from models.demand.forecast import forecast
from models.inputs.housing_stock import read_stock
from models.region.decisions import AgreedDecisions, DecidedHomes, DecidedPlaces
from models.region.read_region import locked
from optimiser.explain.home_values import home_worths
from optimiser.model.model import Model
from optimiser.negotiation import terms
from optimiser.negotiation.home_requests import HomesAsked, flip_shares
from optimiser.negotiation.terms import (  # fmt: skip
    delivered,
    delivered_homes,
    delivered_offers,
    delivery,
    keeps,
    lock_prices,
    locks,
    parties,
    room,
    with_locks,
)
from optimiser.problem import Problem
from optimiser.solver.limits import Limits
from optimiser.tradeoffs import ranges
from optimiser.tradeoffs.near_optimal import Band
from optimiser.tradeoffs.ranges import Count, columns_of_homes, counted
from optimiser.verification.verify import violations
from reports.answers.agreements import Negotiation
from reports.answers.annex import FILES, write_agreements
from reports.answers.negotiate import Asking, negotiate

LIMITS = Limits(0.0, 60.0)
CENT = 0.01
BEDS = (DecidedPlaces("S1", "bed", 2022, 9, "provider A"), DecidedPlaces("S1", "bed", 2023, 4, "provider A"))
NO_HOME = DecidedHomes("C1", "M1", ("N1", "N2"), 2022, 0, "C1")
SEVERAL = "corporation,municipality,year,homes,source\n" + "".join(
    f"{name},{town},{year},{homes},\n"
    for name, town, year, homes in [
        ("Woon [Noord]/Zuid: een heel lange naam A", "M1", 2022, 1),
        ("Woon [Noord]/Zuid: een heel lange naam B", "M1", 2022, 1),
        ("=C3", "M2", 2022, 1),
        ("C1", "M1", 2021, 2),
        ("C1", "M2", 2021, 2),
    ]
)


@pytest.fixture(scope="module", name="plan")
def _plan():
    return best(tiny_problem())


def with_agreed(*decided, settings=None, **files):
    """Return the problem of the tiny region in which something is agreed."""
    places = tuple(one for one in decided if isinstance(one, DecidedPlaces))
    homes = tuple(one for one in decided if isinstance(one, DecidedHomes))
    region = locked(tiny_region(settings, **files), AgreedDecisions(places, homes))
    return Problem.of(region, forecast(region))


# ------------------------------------------------------------------ the first answer


def test_asked_offered_short_and_fair_share_by_hand(plan):
    """C1 offers a home in M1 in either year and one in M2 in 2023, and the plan asks all three.

    Four light people of M1 live in group places, where they do not fit, and one of M2 waits. The home of 2022
    goes to the one who waits, so four are short; the two of 2023 take two out of the group, so two are.
    Fair: M1 owns 2,000 of 2,500 homes, four fifths of the three asked and the two still short.
    """
    asked = HomesAsked.of(plan)
    assert asked.table["asked"].to_dict() == {
        ("C1", "M1", 2022): 1,
        ("C1", "M1", 2023): 1,
        ("C1", "M2", 2023): 1,
    }
    assert (asked.table["offered"] == asked.table["asked"]).all()
    assert asked.short.loc["M1"].tolist() == pytest.approx([4.0, 2.0])
    assert asked.short.loc["M2"].tolist() == pytest.approx([0.0, 0.0])
    shares = asked.shares.set_index("municipality")
    assert shares["fair"].to_dict() == pytest.approx({"M1": 0.8 * 5.0, "M2": 0.2 * 5.0})


def test_everything_adds_up(plan):
    """By neighbourhood, by municipality and in the plan's arrays: the same homes, people and leases."""
    near, far = HomesAsked.of(plan, by_neighbourhood=True), HomesAsked.of(plan)
    assert near.table["asked"].sum() == far.table["asked"].sum() == int(plan.data["new_homes"].sum())
    for table in (near.table, far.table):
        assert (table["direct"] + table["flip"] == table["asked"]).all()
    assert near.short.sum().tolist() == pytest.approx(far.short.sum().tolist())
    assert near.table["offered"].isna().all()
    whole = far.shares[far.shares["corporation"] == ""]
    assert whole["share"].sum() == pytest.approx(1.0)
    assert whole["fair"].sum() == pytest.approx(far.table["asked"].sum() + far.short[2023].sum())


def test_where_every_form_flips_every_lease_does(plan):
    """The tiny region's only form in homes: a lease of the client's own, and with twelve months none is."""
    assert HomesAsked.of(plan).table["flip"].sum() == 0
    flips = best(tiny_problem({"tiers.home.flip": "12"}))
    table = HomesAsked.of(flips).table
    assert (table["flip"] == table["asked"]).all()


def test_without_known_stock_there_is_no_fair_share_and_all_else_stands(plan, tmp_path):
    """Social homes are optional: a dash in the table, a sentence why, and a workbook all the same."""
    region = plan.problem.region
    unknown = replace(region, municipalities=region.municipalities.assign(social_homes=np.nan))
    bare = replace(plan, problem=replace(plan.problem, region=unknown))
    told = Negotiation(bare, HomesAsked.of(bare), "en")
    assert "No fair share" in told.first()
    assert "1/1" in told.first()
    assert [row["fair"] for row in told.record()["fair_share"]] == [None, None]
    write_agreements(told, tmp_path / "out")


def test_the_part_of_leases_that_flip_by_hand(plan):
    """Three enter a form that flips, two another, of whom one came out of the first: 3 / (3 + 1)."""
    tiers = plan.problem.tiers.copy()
    tiers.loc[["group", "home"], "setting"] = "home"
    tiers.loc["group", "flip_years"] = 1.0
    data = plan.data.copy(deep=True)
    for name in ("entered", "left"):
        data[name].loc[{}] = 0.0
    here = {"neighbourhood": "N1", "profile": "light", "year": 2022}
    data["entered"].loc[{**here, "tier": "group"}] = 3.0
    data["entered"].loc[{**here, "tier": "home"}] = 2.0
    data["left"].loc[{**here, "tier": "group"}] = 1.0
    share = flip_shares(replace(plan, problem=replace(plan.problem, tiers=tiers), data=data))
    assert share.at["M1", 2022] == pytest.approx(3 / 4)


def test_stock_of_corporations_is_read_and_checked(plan, tmp_path):
    """What C1 owns in M1 is half of the region's homes, so half of the five; every fault is told at once."""
    file = tmp_path / "stock.csv"
    file.write_text("corporation,municipality,social_homes\nC1,M1,1250\n", encoding="utf-8")
    region = plan.problem.region
    shares = HomesAsked.of(plan, read_stock(file, region)).shares.set_index(["corporation", "municipality"])
    assert shares.at[("C1", "M1"), "fair"] == pytest.approx(2.5)
    assert shares.at[("C1", "M1"), "asked"] == 2
    file.write_text("corporation,municipality,social_homes\nC2,M1,3000\nC1,M9,1\n", encoding="utf-8")
    with pytest.raises(InputError) as refused:
        read_stock(file, region)
    told = [fault.found for fault in refused.value.faults]
    assert told == ["'C2'", "'M9'", "3,000 homes in M1 together"]


# ------------------------------------------------------------------ one home more


def test_one_home_more_by_hand():
    """A light person leaves group living for it, whose place takes an intensive one out of a bed.

    That saves 36,525.00 in a year (see test_explanation.py), the home itself costs 2,000, and a client-year
    in a facility is free.
    """
    plan = best(tiny_problem(EUROS_ONLY | ONE_YEAR))
    (worth,) = home_worths(plan, LIMITS)
    by_hand = (GROUP - HOME) + (BED - GROUP) - 2_000.0
    assert by_hand == pytest.approx(34_525.00, abs=CENT)
    assert (worth.place, worth.year, worth.corporation) == ("M1", 2022, "C1")
    assert worth.eur == worth.objective == pytest.approx(-by_hand, abs=CENT)
    assert (worth.places, worth.waiting) == pytest.approx((-1.0, 0.0))


def test_one_home_more_is_the_difference_of_two_solves(plan):
    """Scipy with all whole decisions fixed, and with one home more in the best neighbourhood of the place."""
    model = Model.of(plan.problem)
    values = terms.values_of_plan(model, plan)
    dropped = [n for n, (rule, _) in enumerate(model.rows) if rule.name == "homes_within_agreements"]

    def cost(more=None):
        arrays = model.arrays
        lower, upper = arrays.lower.copy(), arrays.upper.copy()
        lower[arrays.integer] = upper[arrays.integer] = values[arrays.integer]
        if more is not None:
            column = model.decisions.new_homes[more].id
            lower[column] = upper[column] = values[column] + 1.0
        tops = arrays.row_upper.copy()
        tops[dropped] = np.inf
        fixed = replace(model)
        fixed.__dict__["arrays"] = replace(arrays, lower=lower, upper=upper, row_upper=tops)
        return by_scipy(fixed).fun

    before = cost()
    for worth in home_worths(plan, LIMITS):
        labels = [
            label
            for label in model.decisions.new_homes
            if label[2] == worth.year and plan.problem.municipality_of[label[1]] == worth.place
        ]
        chosen = (worth.corporation, worth.neighbourhood, worth.year)
        assert worth.objective == pytest.approx(cost(chosen) - before, abs=CENT)
        # a price is a slope: another neighbourhood may be worth more by a whole home, but none by much here
        assert worth.objective == pytest.approx(min(cost(label) for label in labels) - before, abs=2_500.0)


# ------------------------------------------------------------------ delivery


@given(st.lists(st.integers(0, 9), max_size=8), st.floats(0.0, 1.0))
def test_what_is_delivered_is_whole_and_near(homes, share):
    """By each offer at most half a home from the share of all promised by then; never more than offered."""
    there = delivered(homes, share)
    assert all(0 <= came <= promised for came, promised in zip(there, homes, strict=True))
    assert np.abs(np.cumsum(there) - share * np.cumsum(homes)).max(initial=0.0) <= 0.5 + 1e-9


def test_delivery_of_71_percent_by_hand(plan):
    """Of M1's two homes 1.42 come, so one, the first (0.71 rounds up); of M2's one 0.71, so one."""
    fewer, town = delivered_homes(plan, 0.71), plan.problem.municipality_of
    came = [(town[one.place], one.year, one.homes) for one in fewer.homes]
    assert sorted(came) == [("M1", 2022, 1), ("M2", 2023, 1)]
    late = delivery(plan, 0.71, LIMITS)
    assert late.homes == (3, 2)
    assert late.unprepared.data["places"].equals(plan.data["places"])
    assert amount(late.unprepared, "new_homes") == 2.0
    assert late.prepared.proof.objective == pytest.approx(
        least_cost(delivered_offers(plan.problem, 0.71)), abs=1.0
    )
    # whoever knows it beforehand is never worse off, and neither is better than having all homes
    assert plan.proof.objective < late.prepared.proof.objective <= late.unprepared.proof.objective + 1.0
    assert late.is_finished


def test_what_is_agreed_on_homes_is_what_does_not_come():
    """A locked home that is not offered makes a plan impossible; in what is delivered it is not locked."""
    problem = with_agreed(DecidedHomes("C1", "M1", ("N1", "N2"), 2022, 1, "C1"))
    fewer = delivered_offers(problem, 0.3)
    assert sum(offer.homes for offer in fewer.offers) == 1
    assert least_cost(replace(fewer, agreed=problem.agreed, policies=problem.policies)) == np.inf
    assert np.isfinite(least_cost(fewer))


# ------------------------------------------------------------------ locks


def test_a_lock_costs_the_difference_of_two_solves():
    """The same rows given to scipy's solver, with and without: nine beds in 2022, and no home in M1."""
    problem = with_agreed(*BEDS, NO_HOME)
    plan = best(problem)
    prices = list(lock_prices(plan, LIMITS))
    assert [(one.lock.name, one.lock.asked_by, one.lock.years) for one in prices] == [
        ("S1 bed", "provider A", (2022, 2023)),
        ("C1 M1", "C1", (2022,)),
    ]
    for one, left in zip(prices, ((NO_HOME,), BEDS), strict=True):
        by_scipys = least_cost(problem) - least_cost(with_agreed(*left))
        assert one.distance.objective == pytest.approx(by_scipys, abs=1.0)
        assert one.distance.is_distinguishable
        assert violations(one.without.problem, one.without.data) == ()


def test_a_lock_that_the_plan_keeps_anyway_costs_nothing(plan):
    """No solve is needed to agree on it, and its price is no finding."""
    home = DecidedHomes("C1", "M1", ("N1", "N2"), 2022, 1, "Westerveen")
    agreed = AgreedDecisions((), (home,))
    assert keeps(plan, agreed)
    assert not keeps(plan, AgreedDecisions((), (NO_HOME,)))
    stopped = Event()
    stopped.set()
    kept = with_locks(plan, agreed, Limits(0.0, 60.0, stopped))
    assert kept.proof == plan.proof
    (price,) = lock_prices(kept, LIMITS)
    assert price.distance.objective == pytest.approx(0.0, abs=1.0)
    assert not price.distance.is_distinguishable


def test_locks_are_by_party():
    """The same homes asked by two parties in two years are two locks."""
    other = replace(NO_HOME, year=2023, asked_by="M1")
    assert [lock.asked_by for lock in locks(AgreedDecisions(BEDS, (NO_HOME, other)))] == [
        "provider A",
        "C1",
        "M1",
    ]


# ------------------------------------------------------------------ room


def extremes(band, count):
    """Return the least and most of a count over the band, by scipy's solver on the model's own rows."""
    model = Model.of(band.best.problem)
    arrays, columns = model.arrays, columns_of_homes(model, count)
    rows = vstack([arrays.matrix, arrays.cost[None, :]]).tocsc()
    ends = []
    for sign in (1.0, -1.0):
        cost = np.zeros(len(arrays.cost))
        cost[columns] = sign
        found = milp(
            cost,
            integrality=arrays.integer.astype(int),
            bounds=Bounds(arrays.lower, arrays.upper),
            constraints=LinearConstraint(
                rows,
                np.append(arrays.row_lower, -np.inf),
                np.append(arrays.row_upper, band.most - arrays.constant),
            ),
        )
        ends.append(round(sign * found.fun))
    return tuple(ends)


@pytest.mark.parametrize("within", [0.0, 0.02, 0.05])
def test_room_is_what_another_solver_finds(plan, within):
    """Least and most homes of the corporation and of both municipalities, found and proven alike."""
    band = Band(plan, within)
    found = list(room(band, LIMITS))
    assert [one.count for one in found] == parties(plan.problem)
    for one in found:
        assert (one.found_least, one.found_most) == (one.least, one.most) == extremes(band, one.count)


def test_room_by_parts_holds_and_is_reached(monkeypatch):
    """The way of large models, on a small one: what is proven holds all plans, what is found is one."""
    plan = best(tiny_problem(EUROS_ONLY, homes=HOMES.replace("C1,M1,2023,1", "C1,M1,2023,3")))
    band = Band(plan, 0.1)
    truth = {count: extremes(band, count) for count in parties(plan.problem)}
    for module in (terms, ranges):
        monkeypatch.setattr(module, "SMALL", 0)
    for one in room(band, LIMITS):
        least, most = truth[one.count]
        assert one.least <= least <= one.found_least <= counted(plan, one.count)
        assert counted(plan, one.count) <= one.found_most <= most <= one.most


def test_homes_are_counted_by_party_and_year(plan):
    """By corporation and by municipality the same homes."""
    both = [counted(plan, Count("homes_in", m, None)) for m in ("M1", "M2")]
    assert sum(both) == counted(plan, Count("homes_of", "C1", None)) == 3
    assert counted(plan, Count("homes_of", "C1", 2022)) == 1


# ------------------------------------------------------------------ what goes to the table


@pytest.fixture(scope="module", name="told")
def _told():
    """Return a negotiation in which all was asked, with corporations whose names Excel does not take."""
    plan = best(with_agreed(BEDS[0], settings=ONE_YEAR, homes=SEVERAL))
    first = Negotiation(plan, HomesAsked.of(plan), "nl")
    heard = []
    whole = negotiate(first, Asking(0.71, 0.05, 0.0, 60.0, 0), heard.append, lambda _: None, Event())
    assert heard[-1] == whole
    return whole


def cells(sheet):
    return [cell.value for row in sheet.iter_rows() for cell in row if cell.value is not None]


@pytest.mark.parametrize("lang", ["nl", "en"])
def test_the_workbook_has_an_annex_to_sign_for_each_corporation(told, tmp_path, lang):
    """Own sheets in spite of their names, with parties and signatures; what they ask adds up to the plan."""
    told = replace(told, lang=lang)
    write_agreements(told, tmp_path / "out")
    book = openpyxl.load_workbook(tmp_path / "out" / "agreements.xlsx")
    assert {path.name for path in (tmp_path / "out").iterdir()} == set(FILES)
    names = sorted(told.asked.table.index.get_level_values("corporation").unique())
    assert len(names) == 3
    asked = {"nl": "gevraagd", "en": "asked"}[lang]
    total = 0.0
    for name in names:
        signed = {"nl": "Handtekening", "en": "Signature"}[lang]
        (sheet,) = [one for one in book if {name, signed} <= set(cells(one))]
        rows = [row for row in sheet.iter_rows(values_only=True) if row[1] == asked]
        total += sum(row[3] for row in rows)  # place, what, 2022, total
        assert {"nl": "Partijen", "en": "Parties"}[lang] in cells(sheet)
    assert total == told.plan.data["new_homes"].sum()
    assert not [c for s in book for row in s.iter_rows() for c in row if c.data_type == "f"]


def test_the_text_tells_every_part(told):
    """Each part under its own heading in either language, and numbers of the plan in them."""
    for lang, words in (
        ("nl", ("Eerlijk deel", "Eén woning meer", "71", "Wat elke afspraak kost", "Ruimte in woningen")),
        ("en", ("Fair share", "One home more", "71%", "What each agreement costs", "Room in homes")),
    ):
        text = replace(told, lang=lang).first() + replace(told, lang=lang).again()
        assert all(word in text for word in words)
        assert "Westerveen" in text
    record = json.loads(json.dumps(told.record(), allow_nan=False))
    assert record["complete"]
    assert sum(row["asked"] for row in record["homes"]) == told.plan.data["new_homes"].sum()
    assert record["locks"][0]["asked_by"] == "provider A"


def test_a_stop_keeps_the_first_answer(plan):
    """Stopped before anything was asked again: the table stands, and says that it is not all."""
    stop = Event()
    stop.set()
    first = Negotiation(plan, HomesAsked.of(plan), "en")
    told = negotiate(first, Asking(0.71, 0.02, 0.0, 60.0, 0), lambda _: None, lambda _: None, stop)
    assert (told.worths, told.delivery, told.room, told.whole) == ([], None, (), False)
    assert "finished" in told.again()


@pytest.fixture(scope="module", name="folder")
def _folder(tmp_path_factory):
    """Return the folder of a plan of the tiny region."""
    here = tmp_path_factory.mktemp("agreements")
    region = write_tiny_region(here / "tiny")
    asked = ["plan", str(region), "-o", str(here / "plan"), "--time", "30", "--set", "years.last=2022"]
    assert cli.main(asked) == cli.DONE
    return here / "plan"


def test_the_command_answers_at_once_and_leaves_the_work_of_others_alone(folder, tmp_path, capsys):
    """--quick solves nothing; by neighbourhood; a folder with a letter in it is refused beforehand."""
    asked = ["agreements", str(folder), "--quick"]
    assert cli.main([*asked, "--wijk", "--json", "-o", str(tmp_path / "out")]) == cli.DONE
    told = json.loads(capsys.readouterr().out)
    assert {row["place"] for row in told["homes"]} <= {"N1", "N2", "N3"}
    assert told["one_home_more"] == []
    rows = (tmp_path / "out" / "agreements.csv").read_text(encoding="utf-8").splitlines()
    assert len(rows) == 1 + len(told["homes"])
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "letter.txt").write_text("mine", encoding="utf-8")
    assert cli.main([*asked, "-o", str(tmp_path / "mine")]) == cli.BAD_INPUT
    assert "letter.txt" in capsys.readouterr().err


def test_the_command_prices_a_lock(folder, tmp_path, capsys):
    """With --lock the plan is made again, and the price stands in the table; an unknown code is refused."""
    lock = tmp_path / "lock.csv"
    lock.write_text("corporation,municipality,year,homes,asked_by\nC1,M1,2022,0,C1\n", encoding="utf-8")
    asked = ["agreements", str(folder), "--lang", "en", "--gap", "0"]
    assert cli.main([*asked, "--lock", str(lock)]) == cli.DONE
    out = capsys.readouterr().out
    line = next(line for line in out.splitlines() if line.startswith("  C1, Westerveen"))
    assert line.rstrip().endswith("distinguishable")
    assert "0/1" in out
    lock.write_text("corporation,municipality,year,homes\nC9,M1,2022,0\n", encoding="utf-8")
    assert cli.main([*asked, "--lock", str(lock)]) == cli.BAD_INPUT
