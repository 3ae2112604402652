"""Work, not seconds, ends a search: any machine makes the same plan."""

import time

import numpy as np
import pytest
from builders import best, tiny_problem

from optimiser.search import optimise
from optimiser.solve import NoPlanYet, solve
from optimiser.solver.highs import LinearModel
from optimiser.solver.limits import Clock, Limits, Work
from optimiser.verification.verify import violations


@pytest.fixture
def by_stages(monkeypatch):
    """Search the tiny region as a large one is searched."""
    monkeypatch.setattr(optimise, "SMALL", 0)


def slowed(monkeypatch):
    """Let every solve take a tenth of a second more than it does."""
    ran = LinearModel._run

    def late(self, seconds, nodes=None):
        time.sleep(0.1)
        return ran(self, seconds, nodes)

    monkeypatch.setattr(LinearModel, "_run", late)


@pytest.mark.parametrize("work", [12, 20, 60])
def test_a_slow_machine_makes_the_same_plan(by_stages, monkeypatch, work):
    """Ten or a hundred times slower, the same work ends in the same arrays, bit by bit."""
    problem = tiny_problem()
    plan = solve(problem, gap=0.0, work=work)
    slowed(monkeypatch)
    other = solve(problem, gap=0.0, work=work)
    assert violations(problem, plan.data) == ()
    assert other.proof.bound == plan.proof.bound
    for name in plan.data.data_vars:
        assert plan.data[name].equals(other.data[name]), name


def test_more_work_is_never_worse(by_stages):
    """From little to enough, the plan's cost falls to the optimum, which the bound never passes."""
    problem, optimum = tiny_problem(), best(tiny_problem()).proof.objective
    proofs = [solve(problem, gap=0.0, work=work).proof for work in (12, 40, 5_000)]
    costs = [proof.objective for proof in proofs]
    assert costs == sorted(costs, reverse=True)
    assert all(proof.bound <= optimum * (1 + 1e-7) for proof in proofs)
    assert costs[-1] == pytest.approx(optimum, rel=1e-7)


def test_work_is_counted_and_ends():
    """One programme is one; at the end no second is left."""
    limits = Limits(0.0, np.inf, work=Work(2))
    clock = Clock(limits)
    assert clock.left == np.inf
    limits.work.spent += 2
    assert clock.left == 0.0


def test_too_little_work_for_any_plan_is_said(by_stages):
    """Hard rules that doing nothing breaks, and work for one programme: there is no plan yet."""
    hard = tiny_problem({"policies.intramural_reduction.mode": "hard"})
    with pytest.raises(NoPlanYet):
        solve(hard, gap=0.0, work=1)
