"""Every rule by itself: what it says, and the rows that it writes for a region of two squares.

The stored rows, golden/<rule>.lp beside this file, are meant to be read beside the equation above them. When
a rule is changed on purpose, write them anew and read the difference:

    PYTHONPATH=. python tests/optimiser/model/test_rules.py
"""

import json
import re
from dataclasses import replace
from pathlib import Path

import pytest
from builders import SITE_COLUMNS, tiny_problem, with_shelter
from tiny import REGION, neighbourhoods

from models.parameters.parameters import Policies
from optimiser.model.formulation import CORE, paid_by_the_wlz
from optimiser.model.model import RULES, Model
from optimiser.model.variables import lp_name
from optimiser.problem import Problem
from optimiser.rule import Rule

GOLDEN = Path(__file__).parent / "golden"
OBJECTIVE = "objective.txt"

SITES = """\
site,name,neighbourhood,provider,status,tier,places,wlz_occupied,most,plot_most,earliest
S1,Site one,N1,provider A,existing,bed,4,1,5,6,
S1,Site one,N1,provider A,existing,group,0,0,6,6,
S2,Site two,N2,provider B,candidate,group,0,0,5,5,2023
"""
CLIENTS = """\
municipality,profile,tier,clients,year,form,basis
M1,intensive,bed,2,2021,ZIN,origin
M2,light,home,2,2021,ZIN,origin
M2,light,waiting,1,2021,ZIN,origin
"""
HOMES = """\
corporation,municipality,neighbourhood,year,homes
C1,M1,,2021,1
C1,M2,,2021,2
C1,,N1,2022,1
C2,M2,,2023,2
"""
TOWNS = """\
code,name,inhabitants,objective_share,social_homes
M1,Westerveen,10000,0.75,2000
M2,Oosterveen,6000,0.25,500
"""
GROUP_TIER = REGION.partition("[tiers.group]\n")[2].partition("[tiers.home]")[0]
NUMBERS = {
    "tiers.bed.occupancy": "0.9",
    "tiers.group.reach": "1.5",
    "tiers.group.norm": "1",
    "tiers.home.norm": "1",
    "pathway.inflow.share": "0.1",
    "pathway.transitions.bed.intensive.light": "0.2",
    "pathway.recovered.home.light": "0.1",
    "pathway.wlz.intensive": "0.05",
    "pathway.died.light": "0.02",
    "costs.conversions.bed.group.ratio": "0.5",
    "costs.conversions.bed.group.changeover": "8",
    "homes.lead": "3",
    "policies.fair_share_between_municipalities.band": "0.2",
    "policies.neighbourhood_concentration.norm": "0.125",
    "policies.neighbourhood_concentration.measures": '["around", "own", "share"]',
    "policies.neighbourhood_concentration.own_norm": "0.35",
    "policies.neighbourhood_concentration.most_share": "0.6",
    "policies.replacement_before_closure.years_ahead": "1",
    "policies.facilities_kept_apart.mode": "soft",
    "policies.facilities_kept_apart.distance": "2500",
    "policies.help_within_reach.mode": "hard",
    "policies.help_within_reach.homes": '["home"]',
    "policies.help_within_reach.staffed": '["group"]',
    "policies.help_within_reach.response": "1.5",
    "policies.budget.mode": "soft",
    "policies.budget.level": "municipality",
    "funding.before": "development",
    "policies.provider_share.mode": "soft",
    "policies.provider_share.share": "0.75",
    "policies.contract_nodes.mode": "soft",
    "policies.contract_nodes.contract_ends": "[2021]",
    "policies.specialist_scale.mode": "soft",
    "policies.specialist_scale.tiers": '["bed", "group"]',
    "policies.specialist_scale.least": "6",
    "policies.tenants_stay.mode": "hard",
    "policies.buildings_stay.mode": "hard",
    "policies.bed_houses_keep_scale.mode": "hard",
    "policies.replacement_before_closure.houses_stop_at_once": "true",
    "policies.shelter_stays.mode": "hard",
    "policies.residents_stay.mode": "soft",
    "policies.residents_stay.most_per_year": "2",
    "policies.notice_before_closing.mode": "hard",
    "policies.sites_run_as_settled.mode": "soft",
    "policies.sites_run_as_settled.open": '["S1"]',
    "policies.sites_run_as_settled.shut": '["S2"]',
    "tiers.home.flip": "12",
}
STAFF = """
[policies.staff_within_reach]
mode = "soft"
per_place = {bed = 0.8, group = 0.5}
per_client = {home = 0.1}
available = {M1 = 6}
in_region = 7
"""
BUDGETS = """\
municipality,year,stream,eur
M1,2022,Wmo,300000
M2,2022,Wmo,50000
"""


NUMBERS_OF_SHELTER = {
    "years.last": "2023",
    "policies.shelter_stays.mode": "hard",
    "policies.shelter_stays.free_from.S4": "2023",
}

PRICED = NUMBERS | {
    "tiers.bed.contribution": "100",
    "tiers.home.contribution": "5",
    "costs.home_capital": "5000",
    "costs.double_running": "8",
    "costs.interest": "0.04",
    "years.discount_rate": "0.03",
    "years.indexation": "0.02",
    "years.terminal": "4",
}
"""And a price for everything that can be paid."""

AGREED = """\
site,tier,corporation,neighbourhood,municipality,year,places,homes,asked_by
S1,bed,,,,2023,3,,provider A
,,C2,,M2,2023,,1,C2
"""


def two_squares(numbers: dict[str, str] = NUMBERS) -> Problem:
    """Return the problem of two squares, N1 in M1 and N2 in M2, with a number for everything that rows hold.

    A bed may stand empty for a tenth of the time and one of four is held by the Wlz; of people in a
    bed a fifth gets better in a year, of those at home a tenth recovers, half of whom keep the
    home. Group places are in reach of one's own square only. Two years, 2022 and 2023; contracts
    are renewed in 2021 and 2023, and only 2022 has grants. The two sites lie 2 km apart.
    Three beds and a home of C2 are agreed for 2023.
    """
    areas = neighbourhoods()
    areas["features"] = areas["features"][:2]
    areas["features"][1]["properties"]["municipality"] = "M2"
    squares = json.dumps(areas)
    return tiny_problem(
        numbers,
        sites=SITES,
        clients=CLIENTS,
        homes=HOMES,
        municipalities=TOWNS,
        neighbourhoods=squares,
        budgets=BUDGETS,
        agreed=AGREED,
        region=REGION + STAFF,
    )


@pytest.fixture(scope="module", name="problem")
def the_problem() -> Problem:
    """Return the problem of two squares."""
    return two_squares()


def lp_text(model: Model, folder: Path) -> str:
    """Return a model as PuLP writes it to a file."""
    path = folder / "model.lp"
    model.program.writeLP(str(path))
    return path.read_text(encoding="utf-8")


def rows_of(problem: Problem, rule: Rule, folder: Path) -> str:
    """Return the rows that one rule writes, one on a line, under what the rule says."""
    text = lp_text(Model.of(problem, rules=(rule,)), folder)
    rows = text.partition("Subject To\n")[2].partition("Bounds\n")[0].replace("\n ", " ")
    head = [rule.sentence["en"], rule.equation, f"One row per {', '.join(rule.dims)}; in {rule.unit}."]
    return "".join(f"\\ {line}\n" for line in head) + rows


def objective_of(problem: Problem) -> str:
    """Return what the model pays and steers by: part, stream, year, amount of one, and the decision."""
    model = Model.of(problem)
    lines = [
        f"{one.part} {one.stream} {one.year} {'once' if one.once else 'yearly'}: "
        f"{one.amount:.6g} {one.variable.name}"
        for one in model.terms
    ]
    return "\n".join([*lines, f"constant: {model.constant:.10g}"]) + "\n"


def test_the_terms_of_the_objective():
    """Everything that is paid or steered by, term by term, beside what is stored."""
    stored = (GOLDEN / OBJECTIVE).read_text(encoding="utf-8")
    assert objective_of(two_squares(PRICED)).splitlines() == stored.splitlines()


def shown_by(rule: Rule, problem: Problem) -> Problem:
    """Return the problem whose rows show a rule: the two squares, or the tiny region with a shelter."""
    return with_shelter(NUMBERS_OF_SHELTER) if rule.name == "shelter_stays" else problem


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.name)
def test_the_rows_of_a_rule(rule, problem, tmp_path):
    """A rule by itself writes what is stored; the comparison is by line, so that the difference shows."""
    stored = (GOLDEN / f"{rule.name}.lp").read_text(encoding="utf-8")
    assert rows_of(shown_by(rule, problem), rule, tmp_path).splitlines() == stored.splitlines()


def test_no_rule_lacks_its_rows_and_no_rows_lack_a_rule():
    """One stored file per rule, and none that is left of a rule that went or was renamed."""
    names = [f"{rule.name}.lp" for rule in RULES]
    assert sorted(path.name for path in GOLDEN.iterdir()) == sorted([*names, OBJECTIVE])


def test_stored_rows_are_rows():
    """Nothing is stored that PuLP would not write: each line names its rule and compares with a number."""
    for rule in RULES:
        lines = (GOLDEN / f"{rule.name}.lp").read_text(encoding="utf-8").splitlines()
        rows = [line for line in lines if not line.startswith("\\")]
        assert rows, f"{rule.name} has no rows: the two squares do not show it"
        assert all(re.fullmatch(rf"{rule.name}\w*: .+ (<=|>=|=) \S+", row) for row in rows), rule.name


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.name)
def test_a_rule_says_what_it_is(rule):
    """Two sentences with a full stop, a unit, the dimensions of its rows and an equation that compares."""
    assert re.fullmatch(r"[a-z]+(_[a-z]+)*", rule.name)
    assert set(rule.sentence) == {"nl", "en"}
    assert all(re.fullmatch(r"[A-Z].{20,}\.", sentence) for sentence in rule.sentence.values())
    assert rule.sentence["nl"] != rule.sentence["en"]
    assert rule.unit in ("clients", "places", "weighted places", "homes", "facilities", "sites", "fte", "EUR")
    assert rule.dims
    assert rule.dims[-1] == "year"
    assert any(sign in rule.equation for sign in "=≤≥")
    assert rule.kind == ("core" if rule in CORE else "policy")


def test_every_rule_stands_in_the_model_once():
    """The core and the policies are all there is, and no two share a name or a sentence."""
    assert RULES[: len(CORE)] == CORE
    assert {rule.kind for rule in RULES[len(CORE) :]} == {"policy"}
    for part in ("name", "equation"):
        assert len({getattr(rule, part) for rule in RULES}) == len(RULES)
    for language in ("nl", "en"):
        assert len({rule.sentence[language] for rule in RULES}) == len(RULES)


def test_every_policy_has_its_settings_and_the_other_way_round():
    """A section of `region.toml` without a rule would be a promise that nothing keeps."""
    assert {rule.name for rule in RULES if rule.kind == "policy"} == set(Policies.model_fields)


def test_names_in_the_lp_file_are_unique(problem, tmp_path):
    """No two variables and no two rows of the model share a name; a row's begins with its rule's."""
    model = Model.of(problem)
    columns = [variable.name for variable in model.decisions.all()]
    assert len(columns) == len(set(columns))
    text = lp_text(model, tmp_path).partition("Subject To\n")[2].partition("Bounds\n")[0]
    names = re.findall(r"^(\w+):", text, re.MULTILINE)
    assert len(names) == len(set(names)) == len(model.rows)
    assert set(names) == {lp_name(rule.name, *row.label) for rule, row in model.rows}


def test_codes_with_underscores_have_names_of_their_own(tmp_path):
    """S_1 in tier group and S in tier 1_group would read the same, as would two corporations C+ and C-.

    A code of 40 signs makes no name longer than an LP file takes. The plan is the same as with plain codes.
    """
    long = "S" * 40
    sites = SITES.replace("S1,", f"{long},").replace("S2,", "S_bed,") + (
        "S,Site four,N2,provider B,candidate,bed_group,0,0,5,5,2023\n"
        "S_bed,Site two,N2,provider B,candidate,bed,0,0,5,5,2023\n"
        "S,Site four,N2,provider B,candidate,bed,0,0,5,5,2023\n"
    )
    other = REGION.replace("[tiers.home]", "[tiers.bed_group]\n" + GROUP_TIER + "\n[tiers.home]")
    homes = HOMES.replace("C1,M1,,2021,1", "C+,M1,,2021,1").replace("C1,,N1", "C+,,N1").replace("C2", "C-")
    homes += "C-,,N1,2022,1\n"
    named = tiny_problem(sites=sites, homes=homes, region=other)
    model = Model.of(named)
    columns = [variable.name for variable in model.decisions.all()]
    assert {"places_S_bed_group_2022", "places_S_bed_group_2022__2"} <= set(columns)
    assert {"new_homes_C__N1_2022", "new_homes_C__N1_2022__2"} <= set(columns)
    assert len(columns) == len(set(columns))
    names = re.findall(r"^(\w+):", lp_text(model, tmp_path).partition("Subject To\n")[2], re.MULTILINE)
    assert len(names) == len(set(names)) == len(model.rows)
    assert max(map(len, [*columns, *names])) <= 100


def test_nothing_is_decided_twice(problem):
    """Two offers of one corporation for one neighbourhood and year, which the reader refuses, are refused."""
    twice = replace(problem, offers=(*problem.offers, problem.offers[0]))
    with pytest.raises(ValueError, match="new_homes decides the same thing twice"):
        Model.of(twice)


def test_rows_speak_of_labels_and_never_of_positions(problem):
    """The last part of every row's label is a planned year, and a rule never writes a label twice."""
    seen = set()
    for rule, row in Model.of(problem).rows:
        assert row.label[-1] in problem.years
        assert (rule.name, row.label) not in seen
        seen.add((rule.name, row.label))


def test_a_policy_that_is_off_writes_nothing(problem):
    """Switched off, a policy has neither rows nor slack; hard, it has rows and no slack."""
    for rule in RULES[len(CORE) :]:
        off = Model.of(problem.with_modes(**{rule.name: "off"}))
        assert rule.name not in {other.name for other, _ in off.rows}
    soft, hard = Model.of(problem), Model.of(problem.with_modes(intramural_reduction="hard"))
    assert len(soft.decisions.all()) - len(hard.decisions.all()) == len(problem.years)
    assert len(soft.rows) == len(hard.rows)


PLOTS = SITE_COLUMNS + (
    "S1,Site one,N1,provider A,existing,bed,3,0,4,8,\n"
    "S1,Site one,N1,provider A,existing,group,2,0,5,8,\n"
    "S1,Site one,N1,provider A,existing,shelter,3,2,6,8,\n"
    "S2,Site two,N2,provider B,existing,bed,2,0,9,5,\n"
    "S3,Site three,N3,provider B,existing,bed,1,0,3,9,\n"
    "S3,Site three,N3,provider B,existing,group,1,0,3,9,\n"
)
ON_PLOTS = """\
municipality,profile,tier,clients,year,form,basis
M1,intensive,bed,5,2021,ZIN,origin
M1,light,group,2,2021,ZIN,origin
M2,homeless,shelter,1,2021,ZIN,origin
"""


def fits_on_its_plot() -> dict[tuple, tuple[dict[str, float], float]]:
    """Return label → coefficients and right side of the rows `small_enough_to_fit`, of 2022."""
    problem = with_shelter(sites=PLOTS, clients=ON_PLOTS)
    rule = next(rule for rule in RULES if rule.name == "small_enough_to_fit")
    model = Model.of(problem)
    rows = rule.rows(problem, model.decisions)
    return {row.label: ({v.name: amount for v, amount in row.terms}, row.rhs) for row in rows}


def test_forms_that_share_a_plot():
    """S1 has room for 8: bed ≤ 4, group ≤ 5 and shelter ≤ 6 do not all fit, nor do any two of them.

    Bed and group: group alone leaves 8 − 5 = 3 for beds, bed alone leaves 8 − 4 = 4 for group, so that
    bed + group ≤ 8 − 3·(1 − y_bed) − 4·(1 − y_group), that is bed + group − 3·y_bed − 4·y_group ≤ 1.
    S2 has one form that may be larger than its plot; both forms of S3 fit on theirs.
    """
    rows = fits_on_its_plot()
    on_plots = {label: row for label, row in rows.items() if len(label) != 3 and label[0] != "grown"}
    bed, group, shelter = ("places_S1_bed_2022", "places_S1_group_2022", "places_S1_shelter_2022")
    runs = {tier: f"operating_S1_{tier}_2022" for tier in ("bed", "group", "shelter")}
    assert on_plots == {
        ("S1", 2022): ({bed: 1, group: 1, shelter: 1}, 8),
        ("S1", "bed", "group", 2022): ({bed: 1, group: 1, runs["bed"]: -3, runs["group"]: -4}, 1),
        ("S1", "bed", "shelter", 2022): ({bed: 1, shelter: 1, runs["bed"]: -2, runs["shelter"]: -4}, 2),
        ("S1", "group", "shelter", 2022): ({group: 1, shelter: 1, runs["group"]: -2, runs["shelter"]: -3}, 3),
        ("S2", 2022): ({"places_S2_bed_2022": 1}, 5),
    }


def test_a_form_grows_by_what_is_converted_into_it():
    """Group at S1 has 2 places: more of them in 2022, when none can be built yet, are beds converted."""
    assert fits_on_its_plot()["grown", "S1", "group", 2022] == (
        {"places_S1_group_2022": 1, "operating_S1_group_2022": -2,
         "converted_S1_bed_group_2022": -1},
        0.0,
    )  # fmt: skip


def test_the_wlz_pays_for_each_of_its_places():
    """Two people of the Wlz live in the shelter: 2 × EUR 15,000 are its own to pay."""
    problem = with_shelter(sites=PLOTS, clients=ON_PLOTS)
    assert list(paid_by_the_wlz(problem)) == [("MO", 2022, 30_000.0)]


def write_golden() -> None:
    """Store the rows of every rule as they are now."""
    problem = two_squares()
    GOLDEN.mkdir(exist_ok=True)
    for rule in RULES:
        target = GOLDEN / f"{rule.name}.lp"
        target.write_text(rows_of(shown_by(rule, problem), rule, GOLDEN), encoding="utf-8")
    (GOLDEN / "model.lp").unlink()
    (GOLDEN / OBJECTIVE).write_text(objective_of(two_squares(PRICED)), encoding="utf-8")


if __name__ == "__main__":
    write_golden()
