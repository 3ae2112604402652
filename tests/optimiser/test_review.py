"""The review of a plan: what a plan must not hide, found in its own arrays, by hand on the tiny region."""

from dataclasses import replace

import pytest
from builders import EUROS_ONLY, best, tiny_problem, with_shelter

from optimiser.plan import Plan
from optimiser.review import answers_nothing, bed_use, least_relocated, review
from reports.answers.council import council_answers
from reports.answers.review import review_lines, review_record


@pytest.fixture(scope="module", name="plan")
def tiny_plan() -> Plan:
    """Return the proven best plan of the tiny region by euros alone."""
    return best(tiny_problem(EUROS_ONLY))


def kinds(plan):
    """Return what the review finds, by kind."""
    return {finding.kind: finding for finding in review(plan)}


def changed(plan, **arrays):
    """Return the plan with other arrays."""
    return replace(plan, data=plan.data.assign(**arrays))


def test_tenants_who_lose_a_home_are_found():
    """Homes at 1,500 a week are dearer than a bed: by euros alone the four tenants of 2021 are put out."""
    plan = best(tiny_problem(EUROS_ONLY | {"tiers.home.rate": "1500"}))
    at_home = plan.data["clients"].sel(tier="home", profile="light")
    first = (plan.problem.clients.sel(tier="home", profile="light") - at_home.isel(year=0)).clip(min=0.0)
    later = (-at_home.diff("year")).clip(min=0.0)
    out = float(first.sum()) + float(later.sum())
    assert out >= 4.0
    assert kinds(plan)["tenants_out"].number == pytest.approx(out)


def test_places_built_and_gone_again_are_found(plan):
    """Four places of S3 are said to come in 2022 and to go in 2023."""
    added, removed = plan.data["added"].copy(deep=True), plan.data["removed"].copy(deep=True)
    added.loc[{"site": "S3", "tier": "group", "year": 2022}] = 4.0
    removed.loc[{"site": "S3", "tier": "group", "year": 2023}] = 4.0
    found = kinds(changed(plan, added=added, removed=removed))["built_and_gone"]
    assert (found.number, found.place) == (4.0, "S3")


def test_a_bed_that_goes_was_not_built(plan):
    """What stood in 2021 and goes is no waste, however much of it goes."""
    assert "built_and_gone" not in kinds(plan)


def test_lost_shelter_is_found():
    """S4 has four places; two are said to stand in the last year."""
    plan = best(with_shelter())
    assert "shelter_lost" not in kinds(plan)
    places = plan.data["places"].copy(deep=True)
    places.loc[{"site": "S4", "tier": "shelter"}] = 2.0
    found = kinds(changed(plan, places=places))["shelter_lost"]
    assert (found.number, found.beside, found.place) == (2.0, 4.0, "M1")


@pytest.mark.parametrize(("by_end", "kind"), [(0.8, "wish_not_met"), (0.2, "lever_slack"), (0.5, None)])
def test_a_wish_is_held_against_what_is_achieved(plan, by_end, kind):
    """Of ten beds five are said to stand in 2023: more than was asked, fewer than was asked, or as asked."""
    places = plan.data["places"].copy(deep=True)
    places.loc[{"site": "S1", "tier": "bed", "year": 2023}] = 5.0
    policies = plan.problem.policies
    share = policies.intramural_reduction.by_end.model_copy(update={"value": by_end})
    path = policies.intramural_reduction.model_copy(update={"by_end": share, "mode": "soft"})
    problem = replace(plan.problem, policies=policies.model_copy(update={"intramural_reduction": path}))
    found = kinds(replace(changed(plan, places=places), problem=problem))
    assert {"wish_not_met", "lever_slack"} & set(found) == ({kind} if kind else set())
    if kind:
        assert (found[kind].number, found[kind].beside) == (5.0, round(10 * (1 - by_end)))


def test_the_use_of_beds_adds_up(plan):
    """People for whom only a bed fits, others, empty beds and those of the Wlz are all beds."""
    for year in plan.problem.years:
        use = bed_use(plan, year)
        beds = float(plan.data["places"].sel(year=year, tier="bed").sum())
        assert use.only_a_bed + use.others + use.empty + use.wlz == pytest.approx(beds)


def test_nobody_moves_unseen(plan):
    """All who live in group places in 2022 are said to live there no more in 2023, and nobody left care."""
    housed = plan.data["housed"].copy(deep=True)
    group = (plan.data["pair_tier"] == "group").values
    there = float(housed.isel(pair=group).sel(year=2022).sum())
    housed.loc[{"year": 2023}] = housed.sel(year=2023).where(~group, 0.0)
    moved = least_relocated(changed(plan, housed=housed)).sel(tier="group", year=2023)
    unfit = [p for p in plan.problem.profiles if (p, "group") not in plan.problem.fits]
    asked = float(plan.data["left"].sel(tier="group", profile=unfit, year=2023).sum())
    assert there > asked
    assert float(moved) == pytest.approx(max(0.0, there - asked))


def test_a_plan_that_does_nothing_answers_no_question(plan):
    """A search that was stopped at once ends with doing nothing: the council hears that, and nothing else."""
    still = {name: plan.data[name] * 0.0 for name in ("added", "removed", "converted")}
    proof = replace(plan.proof, status="best_found", bound=0.5 * plan.proof.objective)
    stopped = replace(changed(plan, **still), proof=proof)
    assert answers_nothing(review(stopped))
    answers = {one.answer["nl"] for one in council_answers(stopped)}
    assert len(answers) == 1
    assert "geen beter plan gevonden" in answers.pop()
    assert not answers_nothing(review(plan))
    assert len({one.answer["en"] for one in council_answers(plan)}) == 3


def test_every_finding_has_its_sentence_in_both_languages(plan):
    """The record and the lines say the same, each of at most twenty words."""
    proof = replace(plan.proof, status="best_found", bound=0.5 * plan.proof.objective)
    stopped = replace(plan, proof=proof)
    for lang in ("nl", "en"):
        lines = review_lines(stopped, lang)
        assert " ".join(lines) == " ".join(one["sentences"][lang] for one in review_record(stopped))
        assert lines
        assert all("{" not in line for line in lines)
