"""The table of changes, and every count of a sentence that is taken from it."""

import re
from dataclasses import replace

import numpy as np
import pytest
from builders import best, tiny_problem

from optimiser.plan import Plan
from reports.answers.council import council_answers
from reports.figures.changes import bed_sites, event_counts, site_changes, tier_changes


@pytest.fixture(scope="module", name="plan")
def tiny_plan() -> Plan:
    """Return the proven best plan of the tiny region."""
    return best(tiny_problem())


def drawn(plan: Plan, seed: int) -> Plan:
    """Return the plan with places drawn at random wherever there may be places."""
    draw = np.random.default_rng(seed)
    data = plan.data.copy(deep=True)
    data["places"][:] = 0.0
    for site, tier in plan.problem.places_at:
        counts = draw.integers(0, 9, len(plan.problem.years))
        data["places"].loc[{"site": site, "tier": tier}] = counts.astype(float)
    return replace(plan, data=data)


@pytest.mark.parametrize("seed", range(8))
def test_every_count_of_the_council_is_in_the_arrays(plan: Plan, seed: int) -> None:
    """Gross per tier, net per tier and beds, in both languages, are those of base and last places."""
    other = drawn(plan, seed)
    base, last = other.data["base_places"], other.data["places"].isel(year=-1)
    gross = (last - base).clip(min=0.0).sum("site").to_series()
    net = (last - base).sum("site").to_series()
    missing, beds, _ = council_answers(other)
    names = {k: other.problem.region.parameters.tiers[k].name for k in other.problem.facility_tiers}
    for lang in ("nl", "en"):
        told = {
            name: int(n)
            for n, name in re.findall(r"(\d+) × ([a-z ]+?)(?:,| en | and )", missing.answer[lang])
        }
        assert told == {getattr(names[k], lang): int(gross[k]) for k in names if gross[k] > 0}
        for k, name in names.items():
            sign = {1: "+", -1: "−", 0: ""}[int(np.sign(net[k]))]
            assert f"{getattr(name, lang)} {sign}{abs(int(net[k]))}" in missing.answer[lang]
        numbers = [int(n) for n in re.findall(r"\d+", beds.answer[lang])]
        assert numbers[:2] == [int(base.sel(tier="bed").sum()), int(last.sel(tier="bed").sum())]


@pytest.mark.parametrize("seed", range(8))
def test_gross_less_gross_is_net_and_sites_are_counted_once(plan: Plan, seed: int) -> None:
    other = drawn(plan, seed)
    tiers, sites = tier_changes(other), site_changes(other)
    assert (tiers["more"] - tiers["less"] == tiers["last"] - tiers["base"]).all()
    assert (sites["more"] - sites["less"] == sites["net"]).all()
    assert sites["net"].sum() == tiers["net"].sum()
    assert sum(event_counts(other).values()) == len(sites)
    bed = other.data["places"].sel(tier="bed").isel(year=-1)
    had = other.data["base_places"].sel(tier="bed")
    assert bed_sites(other) == (
        int(((had > 0) & (bed == 0)).sum()),
        int(((bed > 0) & (bed < had)).sum()),
    )


def test_a_search_that_was_stopped_at_once_answers_no_question(plan: Plan) -> None:
    """As in a large region where nothing better was found in the time: the council hears that, thrice."""
    proof = replace(plan.proof, status="best_found", bound=0.5 * plan.proof.objective)
    stopped = replace(plan, data=plan.reference, proof=proof)
    answers = council_answers(stopped)
    assert {one.answer["nl"] for one in answers} == {answers[0].answer["nl"]}
    assert "geen beter plan gevonden dan niets doen" in answers[0].answer["nl"]
    assert "--time" in answers[0].answer["en"]
    assert len({one.answer["en"] for one in council_answers(plan)}) == 3
