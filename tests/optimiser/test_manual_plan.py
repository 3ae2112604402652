"""A plan made by hand: people follow, the figures are those of any plan, and what is broken is told."""

from dataclasses import replace

import pytest
from builders import EUROS_ONLY, ONE_YEAR, amount, best, tiny_problem, tiny_region
from tiny import write_tiny_region

from geodata.faults import InputError
from models.region.decisions import AgreedDecisions, DecidedHomes, DecidedPlaces, decided_text
from models.region.read_decisions import read_decided
from optimiser.manual_plan import Stated, broken_rules, decided_by, score
from optimiser.verification.verify import violations
from reports.answers.broken_rules import rule_check
from reports.figures.contents import Contents
from reports.folder.folder import read_plan, write

HEADER = "site,tier,corporation,neighbourhood,municipality,year,places,homes,asked_by\n"


@pytest.fixture(scope="module")
def plan():
    """Return the proven best plan of the tiny region."""
    return best(tiny_problem())


@pytest.fixture
def read(tmp_path):
    """Return what reads rows of decisions for the tiny region."""
    region = tiny_region()

    def reader(*rows):
        file = tmp_path / "edit.csv"
        file.write_text(HEADER + "".join(f"{row}\n" for row in rows), encoding="utf-8")
        return read_decided(file, region)

    return reader


def told(broken):
    """Return rule and amount of what is broken, by rule and place."""
    return {(one.rule, one.where): pytest.approx(one.amount) for one in broken}


def test_the_best_plan_scores_as_it_was_found(plan):
    """Its places and homes stated by hand: the same objective, people and money, and nothing broken."""
    scored = score(plan.problem, decided_by(plan))
    assert scored.broken == ()
    assert scored.plan.proof.objective == pytest.approx(plan.proof.objective, abs=1.0)
    assert scored.plan.proof.status == "by_hand"
    assert scored.plan.proof.bound <= plan.proof.objective
    for name in ("places", "operating", "added", "removed", "converted", "new_homes"):
        assert (scored.plan.data[name] == plan.data[name]).all(), name
    assert float(scored.plan.data["cost"].sum()) == pytest.approx(float(plan.data["cost"].sum()), abs=1.0)


def test_a_table_that_is_written_reads_back(plan, tmp_path):
    """What `--export` prints is what `--edit` reads."""
    region = plan.problem.region
    file = tmp_path / "plan.csv"
    file.write_text(decided_text(decided_by(plan)), encoding="utf-8")
    assert read_decided(file, region) == decided_by(plan)


def test_a_year_that_is_not_written_is_as_the_one_before(plan):
    """S2 has 4 group places in 2021 and is said to have 6 in 2022: 6 in 2023 too; S1 keeps its 10 beds."""
    stated = Stated.of(plan.problem, AgreedDecisions((DecidedPlaces("S2", "group", 2022, 6),)))
    assert [stated.places["S2", "group", t] for t in (2022, 2023)] == [6, 6]
    assert [stated.places["S1", "bed", t] for t in (2022, 2023)] == [10, 10]
    assert stated.homes == {}


def test_places_that_change_form_are_converted_and_not_rebuilt():
    """10 beds become 5 beds and 5 group places on S1: 5 conversions of 10,000 EUR in ten years."""
    edit = AgreedDecisions((DecidedPlaces("S1", "bed", 2022, 5), DecidedPlaces("S1", "group", 2022, 5)))
    scored = score(tiny_problem(EUROS_ONLY | ONE_YEAR), edit)
    assert amount(scored.plan, "converted") == 5.0
    assert amount(scored.plan, "added") == amount(scored.plan, "removed") == 0.0
    assert amount(scored.plan, "cost", part="conversion") == pytest.approx(5 * 10_000 / 10)
    assert scored.broken == ()


def test_doing_nothing_by_hand_is_the_reference():
    """An edit that changes nothing costs what doing nothing costs, but for the homes that nobody asked."""
    homes = "corporation,municipality,year,homes\nC1,M1,2021,2\nC1,M2,2021,2\n"
    scored = score(tiny_problem(homes=homes), AgreedDecisions())
    data, reference = scored.plan.data, scored.plan.reference
    assert float(data["cost"].sum()) == pytest.approx(float(reference["cost"].sum()), abs=1.0)
    assert float(data["waiting"].sum()) == pytest.approx(float(reference["waiting"].sum()))


@pytest.mark.parametrize(
    ("edit", "expected"),
    [
        # S3 needs two places to run and opens in 2022, built in one year: from 2023 on
        (
            AgreedDecisions((DecidedPlaces("S3", "group", 2023, 1),)),
            {("large_enough_to_run", "S3, group, 2023"): 1},
        ),
        # eight fit on S2, of its tier and on its plot
        (
            AgreedDecisions((DecidedPlaces("S2", "group", 2023, 11),)),
            {
                ("small_enough_to_fit", "S2, group, 2023"): 3,
                ("small_enough_to_fit", "S2, 2023"): 3,
            },
        ),
        # in 2022 nothing that is built can be ready
        (
            AgreedDecisions((DecidedPlaces("S2", "group", 2022, 6),)),
            {("small_enough_to_fit", "S2, group, 2022"): 2},
        ),
        # C1 offers M1 one home in 2022
        (
            AgreedDecisions((), (DecidedHomes("C1", "N1", ("N1",), 2022, 3),)),
            {("homes_within_agreements", "C1, M1, 2022"): 2},
        ),
        # and M2 none in that year
        (
            AgreedDecisions((), (DecidedHomes("C1", "N3", ("N3",), 2022, 1),)),
            {("homes_within_agreements", "C1, N3, 2022"): 1},
        ),
        # two of the ten beds go without anything instead; five a year may go
        (
            AgreedDecisions((DecidedPlaces("S1", "bed", 2023, 8),)),
            {("replacement_before_closure", "2023"): 2},
        ),
    ],
)
def test_what_an_edit_breaks_is_told_with_its_amount(edit, expected):
    """One rule at a time, each amount by hand; and nothing else is said to be broken."""
    scored = score(tiny_problem(), edit)
    assert {(one.rule, one.where): one.amount for one in scored.broken} == told(
        replace(scored.broken[0], rule=rule, where=where, amount=float(off))
        for (rule, where), off in expected.items()
    )


def test_a_hard_policy_that_breaks_is_told_and_costs_no_points():
    """All ten beds stay where half must go: 5 short, and no points are paid for what may not be."""
    problem = tiny_problem({"policies.intramural_reduction.mode": "hard"})
    scored = score(problem, AgreedDecisions())
    assert told(scored.broken) == {
        ("intramural_reduction", "2022"): 2.5,
        ("intramural_reduction", "2023"): 5.0,
    }
    assert amount(scored.plan, "weight", part="intramural_reduction") == 0.0
    assert amount(scored.plan, "short_reduction") == 0.0


def test_what_is_broken_is_all_that_the_check_finds():
    """The arrays of a hand-made plan pass every other part of the check: people, money, points."""
    edit = AgreedDecisions(
        (DecidedPlaces("S1", "bed", 2022, 0),), (DecidedHomes("C9", "N1", ("N1",), 2023, 2),)
    )
    region = tiny_region(homes="corporation,municipality,year,homes\nC1,M1,2021,2\nC9,M2,2022,1\n")
    problem = tiny_problem(homes=region.homes.assign(neighbourhood="").to_csv(index=False))
    scored = score(problem, edit)
    assert violations(problem, scored.plan.data) == scored.broken
    assert {one.rule for one in scored.broken} == {"replacement_before_closure", "homes_within_agreements"}


def test_a_hand_made_plan_is_kept_and_read_with_what_it_breaks(tmp_path):
    """Written as a folder, marked, and told in both languages."""
    from models.demand.forecast import forecast
    from models.region.read_region import read_region
    from optimiser.problem import Problem

    region = read_region(write_tiny_region(tmp_path / "tiny"))
    scored = score(
        Problem.of(region, forecast(region)), AgreedDecisions((DecidedPlaces("S1", "bed", 2023, 8),))
    )
    again = read_plan(write(scored.plan, tmp_path / "plan"))
    assert broken_rules(again) == scored.broken
    told_in = {lang: Contents(again, (), (), lang) for lang in ("nl", "en")}
    assert "Made by hand" in told_in["en"].status
    assert "Rules broken: 1 (replacement_before_closure)." in told_in["en"].status
    lines = list(rule_check(told_in["en"], scored.broken))
    assert lines[0] == "1 rule broken:"
    assert "    2023: 2.0 places" in lines
    assert next(rule_check(told_in["nl"], scored.broken)) == "1 regel gebroken:"
    assert next(rule_check(told_in["en"], ())) == "No rule broken."


@pytest.mark.parametrize(
    ("row", "found"),
    [
        ("S9,bed,,,,2022,3,,", "'S9'"),
        ("S1,bd,,,,2022,3,,", "Did you mean 'bed'?"),
        ("S2,bed,,,,2022,3,,", "a tier of this site"),
        ("S1,bed,,,,2031,3,,", "a planned year"),
        ("S1,bed,,,,2022,,,", "Fill in one of the two"),
        ("S1,bed,C1,,M1,2022,3,1,", "Fill in one of the two"),
        ("S1,bed,,,,2022,-1,,", "0 or more"),
        ("S1,bed,,,,2022,2.5,,", "a whole number"),
        (",,C1,,,2022,,1,", "Fill in one of the two"),
        (",,C1,N1,M1,2022,,1,", "Fill in one of the two"),
        (",,C2,N1,,2022,,1,", "a corporation of this region"),
        (",,C1,N7,,2022,,1,", "a neighbourhood of this region"),
        (",,C1,,M7,2022,,1,", "a municipality of this region"),
    ],
)
def test_a_row_that_decides_nothing_that_is_there_is_a_fault(read, row, found):
    """The fault names the line and what would do."""
    with pytest.raises(InputError, match=found) as caught:
        read(row)
    assert caught.value.faults[0].row == 2


def test_the_same_twice_is_a_fault(read):
    """Two numbers for one thing have no order to go by."""
    with pytest.raises(InputError, match="each once"):
        read("S1,bed,,,,2022,3,,", "S1,bed,,,,2022,4,,")


def test_people_of_the_wlz_are_not_edited_away(tmp_path):
    """Three of ten beds are lived in by people of the Wlz: two places are too few, three are not."""
    sites = (
        "site,name,neighbourhood,provider,status,tier,places,wlz_occupied,most,plot_most,earliest\n"
        "S1,Site one,N1,provider A,existing,bed,10,3,10,12,\n"
        "S2,Site two,N2,provider B,existing,group,4,0,8,8,\n"
    )
    region = tiny_region(sites=sites, clients=FEWER_IN_BEDS)
    file = tmp_path / "edit.csv"
    file.write_text(HEADER + "S1,bed,,,,2022,2,,\n", encoding="utf-8")
    with pytest.raises(InputError, match="at least the 3 places"):
        read_decided(file, region)
    file.write_text(HEADER + "S1,bed,,,,2022,3,,\n", encoding="utf-8")
    assert read_decided(file, region).places == (DecidedPlaces("S1", "bed", 2022, 3),)


FEWER_IN_BEDS = """\
municipality,profile,tier,clients,year,form,basis
M1,intensive,bed,6,2021,ZIN,origin
M1,light,group,4,2021,ZIN,origin
M1,light,home,2,2021,ZIN,origin
M2,light,home,2,2021,ZIN,origin
"""
