"""A changed number is planned from where the last plan stands: the same model, the same proof."""

from dataclasses import replace
from functools import cache
from threading import Event

import numpy as np
import pytest
from builders import best, tiny_problem

from optimiser import warm_start
from optimiser.model.model import Model
from optimiser.solve import Impossible, cheaper, solve
from optimiser.verification.verify import violations
from optimiser.warm_start import WarmStart, only_numbers_differ, planned_again

NUMBERS = {
    "cap": {"policies.neighbourhood_concentration.norm": "9"},
    "percentage": {"policies.intramural_reduction.by_end": "0.3"},
    "path": {"policies.intramural_reduction.path.2022": "0.3"},
    "minute": {"tiers.bed.norm": "4"},
    "share": {"policies.within_travel_norm.share": "0.95"},
    "price": {"policies.intramural_reduction.price": "900"},
    "waiting": {"weights.waiting": "200000"},
    "euro": {"tiers.group.building": "1"},
}


@pytest.fixture(scope="module")
def problem():
    """Return the problem of the region that fits in the head."""
    return tiny_problem()


@pytest.fixture(scope="module")
def plan(problem):
    """Return its best plan."""
    return best(problem)


@pytest.fixture
def large(monkeypatch):
    """Treat the tiny region as one that is too large to be solved anew."""
    monkeypatch.setattr(warm_start, "SMALL", 0)


@cache
def optimum(changed):
    """Return what the best plan with a changed number costs."""
    return best(tiny_problem(NUMBERS[changed])).proof.objective


def fewer_homes(problem):
    """Return the problem with a home less in every offer of more than one."""
    less = (replace(offer, homes=offer.homes - (offer.homes > 1)) for offer in problem.offers)
    return replace(problem, offers=tuple(less))


def same_arrays(one, other):
    """Whether two models are the same to the last number, rows and columns in the same order."""
    pairs = [
        (getattr(one, name), getattr(other, name)) for name in ("cost", "row_lower", "row_upper", "upper")
    ]
    equal = all(np.array_equal(a, b) for a, b in pairs) and one.constant == other.constant
    return equal and abs(one.matrix - other.matrix).max() == 0.0


@pytest.mark.parametrize("changed", NUMBERS)
def test_the_model_in_place_is_the_one_written_anew(problem, changed):
    """Rows of policies, costs and limits of the new numbers stand where they would have stood."""
    other = tiny_problem(NUMBERS[changed])
    assert only_numbers_differ(problem, other)
    model = Model.of(problem)
    in_place, anew = model.with_numbers_of(other), Model.of(other)
    assert same_arrays(in_place.arrays, anew.arrays)
    assert not same_arrays(in_place.arrays, model.arrays)
    assert [(rule.name, row.label) for rule, row in in_place.rows] == [
        (rule.name, row.label) for rule, row in anew.rows
    ]


def test_a_home_less_is_a_number_too(problem):
    """Offers keep their place; only how many homes there are differs."""
    other = fewer_homes(problem)
    assert only_numbers_differ(problem, other)
    assert same_arrays(Model.of(problem).with_numbers_of(other).arrays, Model.of(other).arrays)


@pytest.mark.parametrize(
    "settings",
    [
        {"policies.fair_share_between_municipalities.mode": "off"},
        {"policies.intramural_reduction.mode": "hard"},
        {"tiers.bed.reach": "3"},
        {"homes.lead": "6"},
        {"pathway.recovered.home.light": "0.2"},
    ],
)
def test_what_is_more_than_a_number_is_seen(problem, settings):
    """Other slacks, pairs, rows of the core or people: the model is written anew."""
    assert not only_numbers_differ(problem, tiny_problem(settings))


@pytest.mark.parametrize("changed", NUMBERS)
def test_planned_again_is_as_good_as_it_says(large, plan, changed):
    """The optimum of the changed problem lies between the bound and the plan, which keeps every rule."""
    other = tiny_problem(NUMBERS[changed])
    standing = WarmStart.of(plan).again(other, gap=0.0)
    least, proof = optimum(changed), standing.plan.proof
    assert proof.bound <= least * (1 + 1e-7)
    assert proof.objective >= least * (1 - 1e-7)
    assert violations(other, standing.plan.data) == ()


def test_and_again_from_there(large, problem, plan):
    """Back to the first numbers, the plan is no worse than the first one by more than its gap."""
    there = WarmStart.of(plan).again(tiny_problem(NUMBERS["percentage"]), gap=0.0)
    back = there.again(problem, gap=0.0).plan
    assert back.proof.bound <= plan.proof.objective * (1 + 1e-7)
    assert back.proof.objective - back.proof.gap_eur <= plan.proof.objective * (1 + 1e-7)


@pytest.mark.parametrize("changed", NUMBERS)
def test_it_searches_on_until_the_gap_is_met(large, plan, changed):
    """Asked for no gap at all, what is left of the time goes into a search from there: the optimum."""
    other = tiny_problem(NUMBERS[changed])
    proof = WarmStart.of(plan).planned(other, gap=0.0, seconds=60.0).proof
    assert proof.status == "proven"
    assert proof.objective == pytest.approx(optimum(changed), rel=1e-7)


def test_stopped_it_gives_what_it_has_and_searches_no_further(large, plan, monkeypatch):
    """A stop heard once there is a plan: that plan, of the other numbers, checked."""
    stop, other = Event(), tiny_problem(NUMBERS["cap"])
    monkeypatch.setattr(warm_start, "solve", never_asked)

    def heard(told):
        if told.incumbent is not None:
            stop.set()

    found = WarmStart.of(plan).planned(other, gap=-1.0, progress=heard, stop=stop)
    assert violations(other, found.data) == ()
    assert stop.is_set()


def never_asked(*_, **__):
    """Stand where nothing may be solved anew."""
    raise AssertionError("expected no search after a stop")


def test_of_two_plans_the_cheaper_with_the_better_bound(problem, plan):
    """A best plan of 1 and a poor one that knows the bound of the best."""
    poor = solve(problem, gap=1.0)
    loose = replace(plan, proof=replace(plan.proof, bound=poor.proof.bound, status="best_found"))
    knows = replace(poor, proof=replace(poor.proof, bound=plan.proof.bound))
    both = cheaper(knows, loose)
    assert (both.proof.objective, both.proof.bound) == (plan.proof.objective, plan.proof.bound)
    assert both.proof.status == both.data.attrs["status"] == "proven"
    assert both.data.attrs["bound"] == plan.proof.bound


def test_another_region_is_solved_anew(plan):
    """A switched policy, and a region so small that solving is as quick, take the ordinary way."""
    other = tiny_problem({"policies.fair_share_between_municipalities.mode": "off"})
    assert planned_again(plan, other, gap=0.0).proof.objective == pytest.approx(
        solve(other, gap=0.0).proof.objective, rel=1e-7
    )


def test_what_cannot_be_is_said_as_ever(large):
    """Two beds of ten may go a year: one bed fewer by 2023 is possible, none left is not."""
    hard = {
        "policies.intramural_reduction.mode": "hard",
        "policies.replacement_before_closure.most_per_year": "0.2",
    }
    near = best(tiny_problem({**hard, "policies.intramural_reduction.by_end": "0.1"}))
    never = tiny_problem({**hard, "policies.intramural_reduction.by_end": "1.0"})
    assert only_numbers_differ(near.problem, never)
    assert WarmStart.of(near).again(never, gap=0.0) is None
    with pytest.raises(Impossible):
        planned_again(near, never, gap=0.0)


def test_other_sites_that_are_settled_are_numbers_only_where_hard(problem):
    """Soft, each settled site has a slack of its own, so that another site is another model."""
    key = "policies.sites_run_as_settled"
    one, other = {f"{key}.shut": '["S1"]'}, {f"{key}.shut": '["S2"]'}
    assert only_numbers_differ(tiny_problem(one), tiny_problem(other))
    soft = {f"{key}.mode": '"soft"'}
    assert not only_numbers_differ(tiny_problem({**one, **soft}), tiny_problem({**other, **soft}))
