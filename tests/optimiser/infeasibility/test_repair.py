"""What would do where hard rules clash: by hand, by brute force, and by pasting what is proposed."""

from dataclasses import replace

import numpy as np
import pytest
import test_brute_force
from builders import EUROS_ONLY, ONE_YEAR, least_cost, tiny_problem, tiny_region
from test_brute_force import BruteForce, drawn, problem_of

from models.demand.forecast import forecast
from models.region.decisions import AgreedDecisions, DecidedPlaces
from models.region.read_region import locked
from optimiser.infeasibility.concessions import Conceding
from optimiser.infeasibility.levers import levers
from optimiser.infeasibility.repair import diagnose, verified
from optimiser.problem import Problem
from optimiser.search.elastic import ElasticModel
from optimiser.solve import solve
from optimiser.solver.limits import Limits
from reports.answers.repairs import as_record, as_text

LIMITS = Limits(0.0, 60.0)

TOO_STEEP = {
    "policies.intramural_reduction.mode": "hard",
    "policies.intramural_reduction.by_end": "1.0",
    "policies.replacement_before_closure.most_per_year": "0.2",
}
"""Five beds must go by 2022 and ten by 2023, but only two a year may."""


def told(problem):
    """Return the diagnosis with every repair tried."""
    return verified(problem, diagnose(problem, LIMITS), LIMITS)


@pytest.fixture(scope="module")
def steep():
    """Return the diagnosis of the path that is too steep, of which several tests read."""
    return told(tiny_problem(TOO_STEEP))


def test_a_path_that_is_too_steep(steep):
    """Two of ten beds a year: 20 % by 2022 and 40 % by 2023 can be done, so by_end 0.4; or five a year.

    The repair of by_end goes down by 0.6 of 1.0, that of the pace up by 0.3 of 0.2: the first is the
    smaller change.
    """
    found = steep
    assert [(s.policy, s.label, s.amount) for s in found.shortages] == [
        ("intramural_reduction", (2022,), pytest.approx(3.0)),
        ("intramural_reduction", (2023,), pytest.approx(6.0)),
    ]
    assert [(r.lever.key, r.to) for r in found.repairs] == [
        ("policies.intramural_reduction.by_end", 0.4),
        ("policies.replacement_before_closure.most_per_year", 0.5),
    ]
    assert all(repair.verified and repair.least for repair in found.repairs)
    assert found.let_go is not None
    assert (found.let_go.policies, found.let_go.verified) == (("intramural_reduction",), True)


def pasted(settings, repair, steps, **files):
    """Return the problem of a region with a repair that many steps short, set as a planner would."""
    lever = repair.lever
    value = f"{repair.to - steps * lever.step:g}"
    return tiny_problem(settings | {lever.key: value}, **files)


NORMS = {
    "policies.within_travel_norm.mode": "hard",
    "policies.within_travel_norm.share": "1.0",
    "tiers.bed.norm": "1.5",
}
"""Everybody within the norm; four people of M2 live in beds 4 minutes away, and beds are only at S1."""

SPREAD = {
    "policies.fair_share_between_municipalities.mode": "hard",
    "policies.fair_share_between_municipalities.band": "0.05",
}
CROWDED = {
    "policies.neighbourhood_concentration.mode": "hard",
    "policies.neighbourhood_concentration.norm": "0.1",
}


@pytest.mark.parametrize(
    "settings", [TOO_STEEP, NORMS, SPREAD, CROWDED], ids=["pace", "norm", "fair", "load"]
)
def test_what_is_proposed_can_be_pasted(settings):
    """With the setting as it is told a plan exists, and with one step less none: by scipy, of the files."""
    assert least_cost(tiny_problem(settings)) == np.inf
    found = told(tiny_problem(settings))
    pasteable = [repair for repair in found.repairs if repair.lever.settable]
    assert pasteable
    for repair in pasteable:
        assert repair.verified
        assert np.isfinite(least_cost(pasted(settings, repair, 0)))
        assert least_cost(pasted(settings, repair, 1)) == np.inf


def test_a_problem_that_has_a_plan_needs_no_repair():
    """Nothing gives way in the region as it stands."""
    clash = ElasticModel.of(tiny_problem({"policies.intramural_reduction.mode": "hard"}), LIMITS)
    assert clash.least()[0] == pytest.approx(0.0, abs=1e-9)


def test_brute_force_agrees_on_the_path(monkeypatch):
    """Of every choice of places and homes none meets the path one step steeper, and some the one told."""
    seeds = [seed for seed in range(3, 60, 6) if "intramural_reduction" in drawn(seed).hard]
    checked = 0
    for seed in seeds:
        case = drawn(seed)
        monkeypatch.setattr(test_brute_force, "BY_END", 0.9)
        if BruteForce(case).best() < np.inf:
            continue
        found = diagnose(problem_of(case), LIMITS)
        repair = next(r for r in found.repairs if r.lever.key == "policies.intramural_reduction.by_end")
        monkeypatch.setattr(test_brute_force, "BY_END", repair.to)
        assert BruteForce(case).best() < np.inf
        monkeypatch.setattr(test_brute_force, "BY_END", repair.to + 0.01)
        assert BruteForce(case).best() == np.inf
        checked += 1
        if checked == 2:
            break
    assert checked == 2


def test_in_fractions_and_groups_the_answer_is_no_larger(steep, monkeypatch):
    """A large model is asked in fractions: what is proven too little there is too little here."""
    whole = {r.lever.key: r for r in steep.repairs}
    monkeypatch.setattr("optimiser.search.elastic.SMALL", 0)
    found = told(tiny_problem(TOO_STEEP))
    assert not found.exact
    assert {r.lever.key for r in found.repairs} == set(whole)
    assert all(r.verified and r.to == whole[r.lever.key].to for r in found.repairs)


def test_two_rules_that_clash_apart_are_let_go_together():
    """The path and the norm of a neighbourhood each cannot hold: no number does for both."""
    settings = TOO_STEEP | CROWDED
    found = told(tiny_problem(settings))
    assert found.let_go is not None
    assert set(found.let_go.policies) == {"intramural_reduction", "neighbourhood_concentration"}
    assert found.let_go.verified
    soft = {f"policies.{name}.mode": "soft" for name in found.let_go.policies}
    assert solve(tiny_problem(settings | soft)).proof.objective > 0


GROWTH = AgreedDecisions((DecidedPlaces("S2", "group", 2022, 12), DecidedPlaces("S2", "group", 2023, 12)))
"""Four places run in the base and eight fit; four more can be built in a year at first."""


def agreed(decided, settings=None):
    """Return the problem of the tiny region in which something is agreed."""
    region = locked(tiny_region(settings), decided)
    return Problem.of(region, forecast(region))


def in_2022_and_2023(first, second):
    """Return the agreements on the places at S2."""
    return AgreedDecisions(
        tuple(replace(one, places=n) for one, n in zip(GROWTH.places, (first, second), strict=True))
    )


def test_agreements_that_clash_are_agreed_otherwise():
    """Twelve places at S2 cannot be: 4 in 2022, as building takes a year, and the 8 that fit in 2023."""
    problem = agreed(GROWTH)
    found = told(problem)
    (repair,) = found.repairs
    assert [(one.agreed.year, one.now, one.to) for one in repair.lever.concessions] == [
        (2022, 12, 4),
        (2023, 12, 8),
    ]
    assert (repair.change, repair.verified, repair.least) == (12.0, True, True)
    assert np.isfinite(least_cost(agreed(in_2022_and_2023(4, 8))))
    assert {least_cost(agreed(in_2022_and_2023(*near))) for near in ((5, 8), (4, 9))} == {np.inf}
    text = as_text(found, problem, "en")
    assert "agree otherwise: Site two, group living 2022: 12 → 4 places; " in text
    assert "[Site two, group living; places] 2022: 8.0, 2023: 4.0" in text
    assert as_record(found, problem, "en")["repairs"][0]["agreements"][1] == {
        "agreement": "S2 group", "year": 2023, "from": 12, "to": 8
    }  # fmt: skip


def test_in_a_large_model_agreements_are_read_off_a_plan(monkeypatch):
    """Fractions say what is short; what would do instead is what a plan has that may break agreements."""
    problem = agreed(GROWTH)
    monkeypatch.setattr("optimiser.search.elastic.SMALL", 0)
    found = told(problem)
    repair = next(one for one in found.repairs if isinstance(one.lever, Conceding))
    assert (repair.verified, repair.least) == (True, False)
    assert repair.change >= 12.0
    assert np.isfinite(least_cost(repair.lever.apply(problem, repair.to)))
    assert least_cost(problem) == np.inf


def test_agreements_stay_where_they_are_not_the_cause():
    """Where the path is too steep for the pace nothing agreed is asked to give way."""
    found = told(agreed(in_2022_and_2023(4, 4), TOO_STEEP))
    assert found.repairs
    assert not any(isinstance(one.lever, Conceding) for one in found.repairs)


def test_more_grant_is_a_repair():
    """A grant of 100,000 where the year costs more: so much more that the cheapest plan can be paid."""
    settings = EUROS_ONLY | ONE_YEAR | {"policies.budget.mode": "hard", "weights.waiting": "60000"}
    budgets = "municipality,year,stream,eur\nM1,2022,Wmo,100000\n"
    found = told(tiny_problem(settings, budgets=budgets))
    (repair,) = (one for one in found.repairs if one.lever.unit == "EUR")
    richer = budgets.replace("100000", f"{100_000 + repair.change:.0f}")
    poorer = budgets.replace("100000", f"{100_000 + repair.change - repair.lever.step:.0f}")
    assert np.isfinite(least_cost(tiny_problem(settings, budgets=richer)))
    assert least_cost(tiny_problem(settings, budgets=poorer)) == np.inf
    assert repair.verified


def test_levers_are_of_hard_policies_and_offers():
    """Nothing soft stands in the way; what is offered may."""
    soft = {lever.policy for lever in levers(tiny_problem())}
    assert soft == {"replacement_before_closure", "homes_within_agreements"}


@pytest.mark.parametrize(("lang", "says"), [("nl", "Wat elk voor zich genoeg is"), ("en", "What is enough")])
def test_it_is_told_in_both_languages(steep, lang, says):
    """The sentence of the rule, the amount and year, and what to paste."""
    problem, found = tiny_problem(TOO_STEEP), steep
    text = as_text(found, problem, lang)
    assert says in text
    assert "--set policies.intramural_reduction.by_end=0.4" in text
    assert "2023: 6" in text
    record = as_record(found, problem, lang)
    assert record["repairs"][0]["set"] == "policies.intramural_reduction.by_end=0.4"
    assert record["short"][0] == {
        "rule": "intramural_reduction", "label": [2022], "amount": pytest.approx(3.0), "unit": "places",
    }  # fmt: skip
