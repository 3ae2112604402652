"""Plans side by side: what differs, who gains, who loses, and whether the difference is real."""

import json
from dataclasses import replace

import numpy as np
import pytest
from builders import EUROS_ONLY, ONE_YEAR, best, tiny_problem, tiny_region
from tiny import HOMES, write_tiny_region

from geodata.faults import InputError
from models.demand.forecast import forecast
from models.region.differences import between, key_differences
from models.region.read_region import read_region
from optimiser.compare.comparison import Distance, _moved, better_and_worse, improved
from optimiser.problem import Problem
from reports.answers.comparison import PlanComparison, site_differences
from reports.folder.folder import read_plan, write


@pytest.fixture(scope="module")
def home_offered():
    """Return the best plan of one year: a home more in M2 for the one who waits there."""
    homes = "corporation,municipality,year,homes\nC1,M1,2021,2\nC1,M2,2021,2\nC1,M2,2022,1\n"
    return best(tiny_problem(EUROS_ONLY | ONE_YEAR, homes=homes))


@pytest.fixture(scope="module")
def home_refused():
    """Return the best plan where nobody has a home to offer and group living is closed to light clients."""
    homes = "corporation,municipality,year,homes\nC1,M1,2021,2\nC1,M2,2021,2\n"
    return best(tiny_problem(EUROS_ONLY | ONE_YEAR, homes=homes))


def with_waiting(plan, area, profile, people):
    """Return a plan in which more people of an area wait, and as many fewer live in its home tier."""
    data = plan.data.copy(deep=True)
    at = {"neighbourhood": area, "profile": profile}
    data["waiting"].loc[at] += people
    data["clients"].loc[at | {"tier": "home"}] -= people
    return replace(plan, data=data)


def test_keys_are_told_old_and_new_and_defaults_count():
    """A number, a mode that was a default, a year of a path that one region lacks."""
    one = tiny_region().parameters
    changed = {
        "policies.intramural_reduction.by_end": "0.4",
        "policies.intramural_reduction.path.2022": "0.1",
        "policies.buildings_stay.mode": "hard",
    }
    other = tiny_region(changed).parameters
    told = {d.key: (d.old, d.new) for d in key_differences(one, other)}
    assert told == {
        "policies.intramural_reduction.by_end": (0.5, 0.4),
        "policies.intramural_reduction.path.2022": (None, 0.1),
        "policies.buildings_stay.mode": ("off", "hard"),
    }
    assert key_differences(one, one) == ()


def test_a_source_is_no_difference_and_a_price_year_is():
    """Who said a number does not change a plan; of which year its euros are does."""
    one = tiny_region().parameters
    sourced = "{value = 1000, unit = 'EUR/client-week', price_year = 2021, source = 'another sheet'}"
    assert key_differences(one, tiny_region({"tiers.bed.rate": sourced}).parameters) == ()
    dated = sourced.replace("2021", "2020")
    (told,) = key_differences(one, tiny_region({"tiers.bed.rate": dated}).parameters)
    assert (told.old, told.new) == ("1000.0 EUR/client-week 2021", "1000.0 EUR/client-week 2020")


def test_half_way_has_some_keys_of_the_other():
    """All keys give the other region, no keys this one; a key that the other lacks is taken away."""
    one = tiny_region({"policies.intramural_reduction.path.2022": "0.1"}).parameters
    other = tiny_region({"policies.intramural_reduction.by_end": "0.4", "weights.travel": "3"}).parameters
    keys = [d.key for d in key_differences(one, other)]
    assert keys == [
        "policies.intramural_reduction.by_end",
        "policies.intramural_reduction.path.2022",
        "weights.travel",
    ]
    assert key_differences(between(one, other, keys), other) == ()
    assert key_differences(between(one, other, []), one) == ()
    half = between(one, other, keys[1:])
    assert [d.key for d in key_differences(half, other)] == keys[:1]
    assert half.policies.intramural_reduction.path == {}


def test_keys_that_cannot_go_together_are_a_fault():
    """A last year before the base year fits no region, whoever set it."""
    one, other = tiny_region().parameters, tiny_region({"years.last": "2022"}).parameters
    with pytest.raises(InputError):
        between(
            one.model_copy(update={"years": one.years.model_copy(update={"base": 2023})}),
            other, ["years.last"],
        )  # fmt: skip


def test_the_losing_are_counted_beside_the_gaining(home_offered):
    """One client of N1 loses a home and half a client of N2 gains one: 1 worse, 0.5 better, not 0.5 worse.

    Both come from M1. The plan has one year, so client-years are clients.
    """
    lost = with_waiting(home_offered, "N1", "light", 1.0)
    both = with_waiting(lost, "N2", "light", -0.5)
    places = better_and_worse(home_offered, both).loc["place"]
    assert places.loc[("M1", "light")].to_dict() == pytest.approx(
        {"better": 0.5, "worse": 1.0, "only_first": 0.0, "only_second": 0.0}
    )
    assert places.drop(("M1", "light")).to_numpy().sum() == pytest.approx(0.0)


def test_a_plan_beside_itself_has_nobody_better_or_worse(home_offered):
    """All four counts are nothing, for places and for minutes."""
    assert better_and_worse(home_offered, home_offered).to_numpy() == pytest.approx(0.0)


def test_better_is_the_other_way_round_worse(home_offered, home_refused):
    """What one plan gives beside the other, the other takes: exactly mirrored."""
    there, back = better_and_worse(home_offered, home_refused), better_and_worse(home_refused, home_offered)
    assert there["better"].to_numpy() == pytest.approx(back["worse"].to_numpy())
    assert there["only_first"].to_numpy() == pytest.approx(back["only_second"].to_numpy())
    assert there["worse"].sum() > 0


def test_without_the_home_one_more_lives_where_it_does_not_fit(home_offered, home_refused):
    """The home's client lives in group living instead, which light clients may but do not fit: 1 worse."""
    told = better_and_worse(home_offered, home_refused).loc["place"].sum()
    homes = [plan.data["clients"].sel(tier="home").sum() for plan in (home_offered, home_refused)]
    assert float(homes[0] - homes[1]) == pytest.approx(1.0)
    assert told.to_list() == pytest.approx([0.0, 1.0, 0.0, 0.0])


def test_minutes_compare_the_farthest_with_the_farthest(home_offered):
    """Everybody housed elsewhere and 6 minutes farther is worse off by travel; 4 minutes do not count.

    All locations get other names, so that nobody is held to have stayed.
    """
    people = float(home_offered.data["housed"].sum())

    def farther(minutes):
        data = home_offered.data
        elsewhere = data["location"].copy(data=[f"{place}x" for place in data["location"].values])
        moved = data.assign(travel_minutes=data["travel_minutes"] + minutes)
        return replace(home_offered, data=moved.assign_coords(location=elsewhere))

    told = better_and_worse(home_offered, farther(6.0)).loc["minutes"].sum()
    assert told[["better", "worse"]].to_list() == pytest.approx([0.0, people])
    few = better_and_worse(home_offered, farther(4.0)).loc["minutes"][["better", "worse"]]
    assert few.to_numpy().sum() == 0.0
    assert better_and_worse(farther(6.0), home_offered).loc["minutes"]["better"].sum() == pytest.approx(
        people
    )


def test_who_can_stay_is_held_to_stay():
    """Of places at 0, 2 … 18 minutes one person moves from the nearest to one at 20: one is farther.

    Compared in order, everybody would live 2 minutes farther, and nobody would be told of.
    """
    minutes = np.arange(0.0, 22.0, 2.0)
    one, other = np.ones((1, 11)), np.ones((1, 11))
    one[0, -1], other[0, 0] = 0.0, 0.0
    assert _moved(minutes, one, other) == (0.0, 1.0, 0.0, 0.0)
    assert _moved(minutes, other, one) == (1.0, 0.0, 0.0, 0.0)


def test_more_people_in_one_plan_are_told_apart(home_offered):
    """Twice as many light clients wait in M2 in one plan: those are only there, and nobody is worse off."""
    data = home_offered.data.copy(deep=True)
    data["clients"].loc[{"profile": "light", "neighbourhood": "N3"}] *= 2.0
    more = replace(home_offered, data=data)
    extra = float(home_offered.data["clients"].sel(profile="light", neighbourhood="N3").sum())
    told = better_and_worse(home_offered, more).loc["place"].sum()
    assert told.to_list() == pytest.approx([0.0, 0.0, 0.0, extra])


@pytest.mark.parametrize(
    ("difference", "real"), [(99.0, False), (100.0, False), (101.0, True), (-101.0, True)]
)
def test_a_difference_counts_above_both_gaps_together(home_offered, difference, real):
    """Gaps of 60 and 40 leave 100 open."""
    proof = home_offered.proof
    first = replace(home_offered, proof=replace(proof, objective=1000.0, bound=940.0))
    second = replace(
        home_offered, proof=replace(proof, objective=1000.0 + difference, bound=960.0 + difference)
    )
    distance = Distance.between(first, second)
    assert distance.margin == pytest.approx(100.0)
    assert distance.is_distinguishable is real


def test_solving_on_takes_the_better_of_plan_and_bound(home_offered):
    """A plan with a worse bound gets the proven one back; a proven plan stays the very same object."""
    vague = replace(home_offered, proof=replace(home_offered.proof, bound=0.0, status="best_found"))
    better = improved(vague, seconds=20.0)
    assert better.proof.status == "proven"
    assert better.proof.objective == pytest.approx(home_offered.proof.objective)
    assert better.data is vague.data or better.proof.objective < vague.proof.objective
    proven = replace(home_offered, proof=replace(home_offered.proof, bound=home_offered.proof.objective))
    assert improved(proven, seconds=20.0) is proven


def test_sites_that_differ_are_told_with_year_and_places(home_offered):
    """S3 opens with four places in the altered plan and is unused in the other."""
    data = home_offered.data.copy(deep=True)
    data["places"].loc[{"site": "S3", "tier": "group"}] = 4.0
    (told,) = site_differences(home_offered, replace(home_offered, data=data))
    site, first, second = told
    assert (site, first, second) == ("S3", ("unused", None, 0.0), ("opens", 2022, 4.0))


def test_plans_of_other_places_cannot_be_compared(home_offered):
    """The fault names the plan: two squares are not the three of the first, and 2030 is not 2022."""
    problem = home_offered.problem
    fewer = replace(problem, neighbourhoods=problem.neighbourhoods.iloc[:2])
    with pytest.raises(InputError, match=r"plan 2: found other neighbourhoods"):
        PlanComparison.of([home_offered, replace(home_offered, problem=fewer)], "en")
    later = replace(home_offered, data=home_offered.data.assign_coords(year=[2030]))
    with pytest.raises(InputError, match=r"plan 2: found other years"):
        PlanComparison.of([home_offered, later], "en")


@pytest.fixture(scope="module")
def folders(tmp_path_factory):
    """Return the folders of two plans of one year: with a home for M2 in the second, and dearer beds."""
    here = tmp_path_factory.mktemp("plans")
    for name, homes in (("one", ""), ("two", "C1,M2,2022,1,agreement 2021\n")):
        region = write_tiny_region(here / f"region_{name}")
        lines = [line for line in HOMES.splitlines(keepends=True) if "2021," in line or "corporation" in line]
        (region / "homes.csv").write_text("".join(lines) + homes, encoding="utf-8")
        rate = {"tiers.bed.rate": "1010"} if name == "two" else {}
        read = read_region(region, settings=EUROS_ONLY | ONE_YEAR | rate)
        write(best(Problem.of(read, forecast(read))), here / name)
    return here / "one", here / "two"


def test_lines_tell_inputs_results_sites_people_and_the_verdict(folders):
    """One key and one file differ; one more has a home; both are proven, so it is real."""
    told = PlanComparison.of([read_plan(folder) for folder in folders], "en")
    lines = list(told.lines())
    assert "  plan 2  tiers.bed.rate: 1000 → 1010" in lines
    assert "  plan 2  homes.csv: other content" in lines
    assert any(line.split()[:3] == ["Homes", "handed", "over,"] and "1.0" in line for line in lines)
    assert any(", light" in line and line.split()[-4:] == ["1.0", "0.0", "0.0", "0.0"] for line in lines)
    assert any("the difference is real" in line for line in lines)
    assert list(PlanComparison.of(told.plans, "nl").lines())[-1].endswith("het verschil is echt.")


def test_a_plan_beside_itself_is_not_distinguishable(folders):
    """No key, no site, nobody: and the offer to solve on."""
    plan = read_plan(folders[0])
    lines = list(PlanComparison.of([plan, plan], "en").lines())
    assert "  plan 2  no difference" in lines
    assert "  Nobody is better or worse off." in lines
    assert any("not distinguishable" in line for line in lines)
    assert any("--solve-on" in line for line in lines)


def test_a_record_for_a_program_is_not_rounded(folders):
    """The objective's difference is that of the proofs, and JSON takes all of it."""
    plans = [read_plan(folder) for folder in folders]
    record = json.loads(json.dumps(PlanComparison.of(plans, "en").record(), allow_nan=False))
    (compared,) = record["compared"]
    assert compared["objective"] == plans[1].proof.objective - plans[0].proof.objective
    assert compared["files"] == ["homes.csv"]
    assert [one["key"] for one in compared["keys"]] == ["tiers.bed.rate"]
    assert sum(row["better"] for row in compared["people"] if row["about"] == "place") == pytest.approx(1.0)
