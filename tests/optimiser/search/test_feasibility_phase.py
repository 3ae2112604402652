"""Where construction finds no plan: hard policies broken at a price, as little as can be."""

import math

import pytest
from builders import best, tiny_problem

from optimiser.model.model import Model
from optimiser.search import matheuristic
from optimiser.search.feasibility_phase import nearest
from optimiser.search.matheuristic import Matheuristic
from optimiser.solve import NoPlanYet, solve
from optimiser.solver.limits import Clock, Limits
from optimiser.verification.verify import violations

HARD = {
    "policies.intramural_reduction.mode": "hard",
    "policies.replacement_before_closure.most_per_year": "0.2",
}
"""Of ten beds two may go a year, 2022 and 2023."""

POSSIBLE = HARD | {"policies.intramural_reduction.by_end": "0.3"}
TOO_MUCH = HARD | {"policies.intramural_reduction.by_end": "1.0"}


@pytest.fixture
def stuck(monkeypatch):
    """Let construction with hard policies find no answer, in a region that is taken for large."""
    construct = Matheuristic.construct

    def without_answer(self, smaller, relaxed):
        return construct(self, smaller, relaxed) if type(self) is not Matheuristic else None

    monkeypatch.setattr("optimiser.search.optimise.SMALL", 0)
    monkeypatch.setattr(matheuristic.Matheuristic, "construct", without_answer)


def test_a_plan_that_breaks_nothing_is_a_plan_of_the_problem():
    """Sought with breaches, its values are those of the model without: no rule broken, and the best."""
    model, limits = Model.of(tiny_problem(POSSIBLE)), Limits(0.0, 60.0)
    found = nearest(model, limits, Clock(limits), lambda _: None, -math.inf)
    optimum = best(model.problem).proof.objective
    assert found.shortages == ()
    assert found.objective == pytest.approx(optimum, rel=1e-7)
    assert float(model.arrays.cost @ found.values) + model.arrays.constant == pytest.approx(found.objective)
    assert found.bound <= optimum * (1 + 1e-7)


def test_where_construction_is_stuck_there_is_a_plan_all_the_same(stuck):
    """The same optimum as ever, proven; a plan with breaches is never told as one."""
    told = []
    plan = solve(tiny_problem(POSSIBLE), gap=0.0, progress=told.append)
    assert plan.proof.status == "proven"
    assert plan.proof.objective == pytest.approx(best(tiny_problem(POSSIBLE)).proof.objective, rel=1e-7)
    assert violations(plan.problem, plan.data) == ()
    assert all(one.incumbent is None or one.incumbent < 1e7 for one in told)


def test_without_a_plan_it_is_told_what_the_nearest_breaks():
    """All ten beds must be gone by 2023 and two may go a year: six are too many then, and three in 2022."""
    model, limits = Model.of(tiny_problem(TOO_MUCH)), Limits(0.0, 60.0)
    found = nearest(model, limits, Clock(limits), lambda _: None, -math.inf)
    assert found.values is None
    short = {one.label[-1]: one.amount for one in found.shortages}
    assert {one.policy for one in found.shortages} == {"intramural_reduction"}
    assert short == pytest.approx({2022: 3.0, 2023: 6.0})


def test_no_plan_yet_says_what_the_nearest_breaks():
    """In words, and line by line for a program."""
    error = NoPlanYet("No plan.", ("one", "other"))
    assert str(error) == "No plan.\n- one\n- other"
    assert error.explanation == ("one", "other")


def test_however_wide_the_gap_a_plan_with_breaches_is_none():
    """Asked for any plan at all, the search goes on until one breaks nothing."""
    model, limits = Model.of(tiny_problem(POSSIBLE)), Limits(0.999, 60.0)
    found = nearest(model, limits, Clock(limits), lambda _: None, -math.inf)
    assert found.values is not None
    assert found.shortages == ()
