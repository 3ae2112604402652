"""The front door for plans: solve, warm start and score, what they return and what they warn of."""

import warnings
from dataclasses import FrozenInstanceError, replace

import pandas as pd
import pytest
from results import shown

import spreidplan as sp
from reports.front_door.plan_warnings import changes_nothing, warn_of


@pytest.fixture(name="plan")
def _plan(tiny):
    return tiny


@pytest.fixture(name="problem")
def _problem(tiny):
    return tiny.problem


def test_region_forecast_problem_and_plan_show_themselves(problem, plan):
    """Each has a text, tables, plots and a map; the tables are those of the arrays."""
    region = shown(problem.region)
    assert region["clients"]["clients"].sum() == 18 + 1  # one waits
    assert shown(sp.forecast(problem.region))["demand"].index[0] == problem.base_year
    assert "replacement_before_closure" in shown(problem)["policies"].index
    tables = shown(plan)
    assert tables["places"].to_numpy().sum() == float(plan.data["places"].sum())
    assert tables["cost"].to_numpy().sum() == pytest.approx(float(plan.data["cost"].sum()))
    assert tables["proof"].at["status", "proof"] == "proven"


def test_a_plan_is_frozen_and_a_table_is_a_copy(problem, plan):
    """Neither a field nor a frame of a result can be changed by who reads it."""
    with pytest.raises(FrozenInstanceError):
        plan.proof = None
    table = problem.table("sites")
    table.iloc[0, 0] = "another"
    assert problem.table("sites").iloc[0, 0] != "another"


def test_an_unknown_table_is_told_with_the_nearest(plan):
    """The remedy names what there is."""
    with pytest.raises(sp.InputError, match="Did you mean 'places'"):
        plan.table("plases")
    with pytest.raises(sp.InputError, match="a plot of this result"):
        plan.plot("pie")


def test_a_plan_that_changes_nothing_warns(plan):
    """The reference in the place of the plan is doing nothing; the plan itself is not."""
    assert not changes_nothing(plan)
    with pytest.warns(sp.NothingChanges, match=r"docs/python\.md#warnings"):
        warn_of(replace(plan, data=plan.reference))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert warn_of(plan) is plan


def test_a_plan_that_missed_its_gap_warns(plan):
    """Both distances are told: that of the plan and that which was asked."""
    proof = replace(plan.proof, status="best_found", bound=plan.proof.objective * 0.9, asked_gap=0.01)
    with pytest.warns(sp.GapMissed, match=r"within 10\.00% of the best possible, and 1\.00% was asked"):
        warn_of(replace(plan, proof=proof))


def test_a_warm_start_plans_a_changed_problem(problem, plan):
    """With waiting at a tenfold price the best plan is found, as by a solve from nothing."""
    steering = replace(problem.steering, waiting=10 * problem.steering.waiting)
    changed = replace(problem, steering=steering)
    near = sp.warm_start(plan, changed, gap=0.0)
    assert near.proof.objective == pytest.approx(sp.solve(changed, gap=0.0).proof.objective)


def test_a_plan_is_scored_from_a_table(problem, plan):
    """A site emptied by hand in the last year stays so, and what is broken is in a table."""
    site, tier = problem.places_at[0]
    edit = pd.DataFrame([{"site": site, "tier": tier, "year": problem.years[-1], "places": 0}])
    scored = sp.score(problem, edit)
    assert float(scored.plan.data["places"].sel(site=site, tier=tier, year=problem.years[-1])) == 0.0
    tables = shown(scored)
    assert len(tables["broken"]) == len(scored.broken)
    assert f"breaks {len(scored.broken)} rules" in scored.summary() or not scored.broken
