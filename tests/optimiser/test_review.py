"""The review of a plan: every class of findings, on plans small enough to count by hand."""

from dataclasses import replace

import numpy as np
import pytest
from builders import EUROS_ONLY, ONE_YEAR, best, tiny_problem

from optimiser.review import (
    bed_drivers,
    built_and_gone,
    improvement,
    moved_between_houses,
    moved_by_site,
    proof_findings,
    review,
    tenants_put_out,
    withholds_answers,
)

HALF = EUROS_ONLY | {
    "policies.intramural_reduction.mode": "soft",
    "policies.intramural_reduction.by_end": "0.5",
}


@pytest.fixture(scope="module")
def plan():
    """Return the tiny region's best plan."""
    return best(tiny_problem())


def changed(plan, **arrays):
    """Return a plan with arrays changed: name → function of a copy."""
    data = plan.data.copy(deep=True)
    for name, change in arrays.items():
        change(data[name])
    return replace(plan, data=data)


def set_at(value, **where):
    """Return a change of one cell, or of a line of cells."""

    def change(array):
        array.loc[where] = value

    return change


def findings(plan):
    """Return the findings by kind; where there are several of a kind, the last."""
    return {one.kind: one for one in review(plan)}


def test_a_plan_like_doing_nothing_is_no_answer(plan):
    """The reference in the place of the plan: no council answer, and nothing else on the proof."""
    idle = replace(plan, data=plan.reference, proof=replace(plan.proof, status="best_found"))
    assert [one.kind for one in proof_findings(idle)] == ["no_better_plan"]
    assert review(idle)[0].kind == "no_better_plan"
    assert withholds_answers(review(idle))


def test_where_doing_nothing_is_proven_the_best_it_is_an_answer(plan):
    """More time finds nothing then: it is said so, and the council gets its figures."""
    best = replace(plan, data=plan.reference)
    assert plan.proof.status == "proven"
    assert [one.kind for one in proof_findings(best)] == ["doing_nothing_is_best"]
    assert not withholds_answers(review(best))


def test_a_proven_plan_that_gains_something_has_nothing_on_its_proof(plan):
    assert improvement(plan) > 0
    assert proof_findings(plan) == ()
    assert not withholds_answers(review(plan))


def test_a_gap_wider_than_the_gain_is_a_finding(plan):
    """A bound that lies twice the gain below leaves open whether the plan is any good."""
    gain = improvement(plan)
    wide = replace(plan.proof, bound=plan.proof.objective - 2 * gain, status="best_found")
    (found,) = proof_findings(replace(plan, proof=wide))
    assert found.kind == "gap_wider_than_difference"
    assert found.amounts == pytest.approx({"gap_eur": 2 * gain, "difference": gain})
    narrow = replace(plan.proof, bound=plan.proof.objective - gain / 2, status="best_found")
    expected = ["gap_above_limit"] if narrow.gap > 0.05 else []
    assert [one.kind for one in proof_findings(replace(plan, proof=narrow))] == expected


def test_places_built_and_gone_again_are_counted(plan):
    """S3 gets 5 group places in 2022 of which 3 go in 2023; S1's beds were there and do not count."""
    data = plan.data.copy(deep=True)
    for name in ("added", "removed", "converted"):
        data[name][:] = 0.0
    data["added"].loc[{"site": "S3", "tier": "group", "year": 2022}] = 5.0
    data["removed"].loc[{"site": "S3", "tier": "group", "year": 2023}] = 3.0
    data["removed"].loc[{"site": "S1", "tier": "bed", "year": 2023}] = 4.0
    table = built_and_gone(plan.problem, data)
    assert table.sum()[["built", "gone"]].tolist() == [5.0, 3.0]
    assert table["year"]["S3", "group"] == 2023
    found = findings(replace(plan, data=data))["built_and_gone"]
    assert (found.number, found.place, found.year, found.amounts) == (3.0, "S3", 2023, {"built": 5.0})


def test_a_converted_place_that_goes_is_built_and_gone(plan):
    """Three beds of S1 become three group places in 2022; two of them are removed in 2023."""
    data = plan.data.copy(deep=True)
    for name in ("added", "removed", "converted"):
        data[name][:] = 0.0
    data["converted"].loc[{"site": "S1", "tier": "bed", "to_tier": "group", "year": 2022}] = 3.0
    data["removed"].loc[{"site": "S1", "tier": "group", "year": 2023}] = 2.0
    assert built_and_gone(plan.problem, data).loc[("S1", "group")].tolist() == [3.0, 2.0, 2023]


def test_tenants_are_put_out_when_fewer_live_in_homes(plan):
    """Four people live in homes in the base year and nobody leaves: with none in 2022 four are out."""
    data = plan.data.copy(deep=True)
    data["clients"][:] = plan.problem.clients.expand_dims(year=plan.problem.years).transpose(
        *data["clients"].dims
    )
    assert float(tenants_put_out(plan.problem, data).sum()) == pytest.approx(0.0)
    data["clients"].loc[{"tier": "home"}] = 0.0
    out = tenants_put_out(plan.problem, data)
    homes = float(plan.problem.clients.sel(tier="home").sum())
    assert float(out.sel(year=2022).sum()) == pytest.approx(homes)
    assert float(out.sel(year=2023).sum()) == 0.0
    assert findings(replace(plan, data=data))["tenants_put_out"].number == pytest.approx(homes)


def counting(plan, mode):
    """Return a plan whose rule on residents is on or off."""
    policies = plan.problem.policies
    rule = policies.residents_stay.model_copy(update={"mode": mode})
    return replace(
        plan,
        problem=replace(plan.problem, policies=policies.model_copy(update={"residents_stay": rule})),
        data=plan.data.copy(deep=True),
    )


def test_relocations_of_the_plan_itself_are_told(plan):
    """Where the rule counts them, nothing is worked out."""
    own = counting(plan, "soft")
    own.data["relocated"][:] = 0.0
    assert float(moved_by_site(own.problem, own.data).sum()) == 0.0
    own.data["relocated"].loc[{"site": "S1", "tier": "bed", "year": 2023}] = 2.5
    found = findings(own)["people_relocated"]
    assert (found.number, found.place, found.year) == (2.5, "S1", 2023)


def test_without_the_rule_the_least_number_of_relocations_is_worked_out(plan):
    """All ten in the beds of S1 are somewhere else in 2022 though nobody left the tier."""
    off = counting(plan, "off")
    off.data["relocated"][:] = 0.0
    off.data["left"][:] = 0.0
    off.data["housed"][:] = 0.0
    beds = float(off.data["base_clients"].sel(tier="bed").sum())
    by_site = moved_by_site(off.problem, off.data)
    assert float(by_site.sel(site="S1", tier="bed", year=2022)) == pytest.approx(beds)
    assert float(by_site.sel(year=2023).sum()) == 0.0


def test_people_who_change_houses_are_counted_by_origin(plan):
    """Somebody's house loses all it had in 2023, and nobody leaves: so many people moved."""
    data = plan.data.copy(deep=True)
    data["left"][:] = 0.0
    inside = data["pair_tier"].isin(list(plan.problem.facility_tiers))
    lived = float(data["housed"].isel(pair=np.flatnonzero(inside.values)).sel(year=2022).sum())
    data["housed"].loc[{"year": 2023}] = 0.0
    between = moved_between_houses(plan.problem, data)
    assert float(between.sel(year=2022).sum()) == 0.0
    assert float(between.sel(year=2023).sum()) == pytest.approx(lived)


def test_a_municipality_that_loses_a_form_is_told(plan):
    """S1 is the only house with beds in M1: it goes to none."""
    gone = changed(plan, places=set_at(0.0, site="S1", tier="bed"))
    found = [one for one in review(gone) if one.kind == "form_gone" and one.tier == "bed"]
    assert [(one.place, one.number, one.amounts) for one in found] == [
        ("M1", 10.0, {"base": 10.0, "last": 0.0})
    ]


def test_a_house_that_opens_beside_one_that_closes(plan):
    """Sites of one neighbourhood: one loses its group places, another gains them."""
    problem = plan.problem
    sites = problem.sites.assign(neighbourhood=["N1", "N2", "N2"])
    data = plan.data.copy(deep=True)
    data["places"].loc[{"tier": "group"}] = 0.0
    data["places"].loc[{"tier": "group", "site": "S3"}] = 6.0
    here = replace(plan, problem=replace(problem, sites=sites), data=data)
    found = findings(here)["built_beside_closure"]
    assert (found.place, found.tier, found.amounts) == ("N2", "group", {"more": 6.0, "less": 4.0})


def test_a_wish_that_is_not_met_names_asked_and_achieved(plan):
    """Half of ten beds may stay, and all ten do."""
    problem = tiny_problem(HALF)
    full = changed(best(problem), places=set_at(10.0, site="S1", tier="bed"))
    found = findings(full)["wish_not_met"]
    assert (found.number, found.amounts["most"], found.amounts["last"]) == (5.0, 5.0, 10.0)


def test_a_lever_that_changes_nothing_is_told(plan):
    """Ten per cent fewer is asked and no bed is left in any year: asking less would change nothing."""
    problem = tiny_problem(HALF | {"policies.intramural_reduction.by_end": "0.1"})
    empty = changed(best(problem), places=set_at(0.0, site="S1", tier="bed"))
    found = findings(empty)
    assert "wish_not_met" not in found
    assert found["lever_is_slack"].number == pytest.approx(9.0)


def test_the_uses_of_the_beds_add_up(plan):
    drivers = bed_drivers(plan)
    parts = drivers.only_beds + drivers.elsewhere + drivers.wlz + drivers.turnover + drivers.empty
    assert parts == pytest.approx(drivers.beds)


def test_a_bed_between_two_residents_is_not_called_empty():
    """Ten beds at 80 %, full with eight people: two are free between residents, and none stands empty.

    With nobody in them two are still between residents, and eight stand empty.
    """
    stays = {"tiers.bed.occupancy": "0.8", "policies.replacement_before_closure.most_per_year": "0"}
    full = best(tiny_problem(EUROS_ONLY | ONE_YEAR | stays))
    drivers = bed_drivers(full)
    assert (drivers.beds, drivers.turnover) == (10.0, pytest.approx(2.0))
    assert drivers.empty == pytest.approx(0.0, abs=1e-6)
    nobody = changed(full, clients=set_at(0.0, tier="bed"))
    drivers = bed_drivers(nobody)
    assert (drivers.turnover, drivers.empty) == (pytest.approx(2.0), pytest.approx(8.0))


def test_empty_places_beside_people_who_wait(plan):
    """S2 has eight group places that nobody uses in 2023, and three intensive people of M1 or M2 wait."""
    data = plan.data.copy(deep=True)
    data["waiting"][:] = 0.0
    data["housed"][:] = 0.0
    data["places"][:] = 0.0
    data["places"].loc[{"site": "S2", "tier": "group", "year": 2023}] = 8.0
    data["waiting"].loc[{"neighbourhood": "N2", "profile": "intensive", "year": 2023}] = 3.0
    found = findings(replace(plan, data=data))["empty_while_waiting"]
    assert (found.number, found.place, found.year) == (3.0, "M1", 2023)


def test_fewer_in_homes_is_told_with_who_kept_a_home(plan):
    """Both are told for plan and reference alike."""
    reference = plan.reference.copy(deep=True)
    home = {"tier": "home", "year": 2023}
    reference["clients"].loc[home] = plan.data["clients"].loc[home] + 2.0
    found = findings(replace(plan, reference=reference))["fewer_at_home"]
    assert set(found.amounts) == {"plan", "reference", "independent_plan", "independent_reference"}
    assert found.number == pytest.approx(found.amounts["reference"] - found.amounts["plan"])


def test_serious_findings_stand_first(plan):
    severities = [one.severity for one in review(replace(plan, data=plan.reference))]
    assert severities == sorted(severities, key=["serious", "notable", "context"].index)
