"""From a problem to a plan: what its status claims, what stops it, and that other solvers agree."""

import re
import threading

import highspy
import numpy as np
import pulp
import pytest
import xarray as xr
from builders import amount, best, by_scipy, tiny_problem

from optimiser.model.model import Model
from optimiser.plan import Plan
from optimiser.problem import Problem
from optimiser.search import optimise
from optimiser.solve import Impossible, NoPlanYet, solve
from optimiser.verification.verify import recomputed_objective, violations

SOME_FLOW = {
    "pathway.inflow.share": "0.2",
    "pathway.transitions.bed.intensive.light": "0.2",
    "pathway.recovered.home.light": "0.2",
    "pathway.wlz.intensive": "0.05",
    "homes.lead": "3",
    "years.terminal": "3",
    "years.discount_rate": "0.03",
}


@pytest.fixture(scope="module", name="problem")
def tiny() -> Problem:
    """Return the problem of the tiny region."""
    return tiny_problem()


@pytest.fixture(scope="module", name="plan")
def proven(problem) -> Plan:
    """Return its best plan."""
    return best(problem)


def stopped() -> threading.Event:
    """Return the event of somebody who has pressed Ctrl-C already."""
    event = threading.Event()
    event.set()
    return event


def clash(problem: Problem) -> dict[tuple[str, str], float]:
    """Return what stops a plan: policy and where → by how much."""
    with pytest.raises(Impossible) as caught:
        solve(problem, gap=0.0)
    told = [re.fullmatch(r"(\w+): (\d+\.\d) .*?(?:at|in) (.*)", line) for line in caught.value.explanation]
    assert all(told), caught.value.explanation
    return {(line[1], line[3]): float(line[2]) for line in told if line}


def test_a_plan_without_a_gap_is_proven(plan):
    """Asked for a gap of 0, bound and objective meet within the solver's arithmetic."""
    proof = plan.proof
    assert (proof.status, proof.asked_gap) == ("proven", 0.0)
    assert proof.gap <= 1e-6
    assert proof.unavoidable < proof.bound <= proof.objective + 1e-6 * proof.objective
    assert proof.solver == f"HiGHS {highspy.Highs().version()}"
    assert proof.seconds > 0


def test_a_gap_that_is_asked_for_is_met(problem, plan):
    """At 90 % doing nothing will do: the plan is within the gap, and costs no less than the best."""
    proof = solve(problem, gap=0.9).proof
    assert proof.status == "within_gap"
    assert 1e-6 < proof.gap <= 0.9
    assert proof.bound <= plan.proof.objective <= proof.objective
    assert proof.gap_eur == pytest.approx(proof.objective - proof.bound)
    assert proof.gap_controllable == pytest.approx(proof.gap_eur / (proof.objective - proof.unavoidable))
    assert proof.gap_controllable > proof.gap


def test_without_time_the_best_found_is_doing_nothing(problem, plan):
    """No second to search: what is left is the reference, whose bound is what no plan can avoid."""
    found = solve(problem, gap=0.0, seconds=0.0)
    assert found.proof.status == "best_found"
    assert found.proof.bound == found.proof.unavoidable < plan.proof.objective
    xr.testing.assert_allclose(found.data["places"], found.reference["places"])
    assert float(found.data["added"].sum() + found.data["removed"].sum() + found.data["converted"].sum()) == 0


def test_a_stop_gives_the_best_so_far(problem):
    """Stopped before it began, the answer is doing nothing, verified as any other."""
    found = solve(problem, gap=0.0, stop=stopped())
    assert found.proof.status == "best_found"
    assert violations(problem, found.data) == ()


@pytest.mark.parametrize("limits", [{"seconds": 0.0}, {"stop": stopped()}], ids=["no time", "stopped"])
def test_no_plan_yet_where_doing_nothing_breaks_a_hard_rule(problem, limits):
    """Half the beds must go, hard: doing nothing is no plan then, and nothing else was looked for."""
    with pytest.raises(NoPlanYet):
        solve(problem.with_modes(intramural_reduction="hard"), gap=0.0, **limits)


def test_a_stop_while_searching_ends_the_search(problem):
    """Stopped at the first incumbent it tells of, a plan comes out that is as good as that."""
    event, heard = threading.Event(), []

    def stop_at_once(progress):
        heard.append(progress)
        if progress.incumbent is not None:
            event.set()

    found = solve(problem, gap=0.0, progress=stop_at_once, stop=event)
    first = next(told.incumbent for told in heard if told.incumbent is not None)
    assert found.proof.objective <= first + 1e-6
    assert violations(problem, found.data) == ()


def test_progress_only_gets_better(problem):
    """Incumbents fall, bounds rise, and neither crosses the other."""
    heard = []
    found = solve(problem, gap=0.0, progress=heard.append)
    incumbents = [told.incumbent for told in heard if told.incumbent is not None]
    bounds = [told.bound for told in heard if told.bound is not None]
    assert (np.diff(incumbents) <= 1e-6).all()
    assert (np.diff(bounds) >= -1e-6).all()
    assert bounds[-1] <= found.proof.objective + 1e-6 <= incumbents[0] + 1e-5
    assert all(told.gap is None or told.gap >= 0 for told in heard)


def test_doing_nothing_is_verified_and_never_cheaper(problem, plan):
    """The reference changes no place, is checked like a plan, and costs as much as the plan at the least."""
    reference = plan.reference
    assert violations(problem, reference) == ()
    for site, tier in problem.site_tiers.index:
        kept = reference["places"].sel(site=site, tier=tier)
        assert (kept == problem.site_tiers.at[(site, tier), "base"]).all()
    assert recomputed_objective(problem, reference) >= recomputed_objective(problem, plan.data)


def test_the_reference_of_hard_policies_is_the_same(problem, plan):
    """Doing nothing breaks the path; it is told beside a hard path too, where it is no plan."""
    hard = best(problem.with_modes(intramural_reduction="hard"))
    xr.testing.assert_allclose(hard.reference["places"], plan.reference["places"])
    assert float(hard.reference["short_reduction"].sum()) == pytest.approx(2.5 + 5)


def test_a_path_that_is_too_steep_is_impossible():
    """Five beds must go by 2022 and ten by 2023, but only two a year may: three and six are short."""
    problem = tiny_problem(
        {
            "policies.intramural_reduction.mode": "hard", "policies.intramural_reduction.by_end": "1.0",
            "policies.replacement_before_closure.most_per_year": "0.2",
        }
    )  # fmt: skip
    assert clash(problem) == {("intramural_reduction", "2022"): 3.0, ("intramural_reduction", "2023"): 6.0}


def test_more_people_than_can_be_housed_are_impossible():
    """As many come as there were, 19, and nobody leaves; no more may wait than in the base, one in M2.

    2022: 38 people. S1 has ten beds, its most; none may become group places, since a bed goes only where
    everybody has a place. Nothing can be built within the year, so that with S2's four there are 14 places,
    and homes are 4 + 1. Of 38 then 19 wait, 18 more than in the base.
    """
    problem = tiny_problem(
        {
            "years.last": "2022",
            "pathway.inflow.share": "1.0",
            "policies.waiting_does_not_grow.mode": "hard",
        }
    )  # fmt: skip
    stops = clash(problem)
    assert {policy for policy, _ in stops} == {"waiting_does_not_grow"}
    assert {where for _, where in stops} <= {"M1, 2022", "M2, 2022"}
    assert sum(stops.values()) == pytest.approx(18.0, abs=0.11)  # each is told to a tenth


def test_a_clash_names_only_what_is_hard():
    """No place may be in M1, which has 80 % of the shares: the soft policies are not what stops it."""
    problem = tiny_problem(
        {
            "policies.fair_share_between_municipalities.mode": "hard",
            "policies.fair_share_between_municipalities.band": "0",
        }
    )  # fmt: skip
    stops = clash(problem)
    assert {policy for policy, _ in stops} == {"fair_share_between_municipalities"}
    # nothing can be built in M2 before 2023, and half of the base's deviation is let pass in 2022:
    # M1 has all z places, 0.2 z over its share, less 0.5 × 0.2 × 14 = 1.4. The ten beds stay, since with
    # one waiting none may go; S2's four places may: 0.2 × 10 - 1.4 = 0.6
    assert stops == dict.fromkeys(stops, 0.6)
    assert all(where.endswith("2022") for _, where in stops)


def test_the_same_seed_gives_the_same_plan():
    """Twice the same question: every array is the same, but for the seconds it took."""
    problem = tiny_problem(SOME_FLOW)
    first, second = (solve(problem, gap=0.0, seed=7) for _ in range(2))
    different = {"seconds"}
    for attrs in (first.data.attrs, second.data.attrs):
        different |= {name for name in attrs if first.data.attrs[name] != second.data.attrs[name]}
    assert different == {"seconds"}
    xr.testing.assert_equal(first.data, second.data)
    xr.testing.assert_equal(first.reference, second.reference)


def test_the_proof_travels_with_the_arrays(plan):
    """What the proof says stands in the attributes, with the region's name and the digest of its files."""
    attrs, proof = plan.data.attrs, plan.proof
    for name in ("status", "gap", "gap_eur", "gap_controllable", "bound", "objective", "seconds", "solver"):
        assert attrs[name] == getattr(proof, name)
    assert attrs["region"] == "Tiny"
    assert attrs["digest"] == plan.problem.region.digest
    assert [name for name in plan.data.data_vars if "units" not in plan.data[name].attrs] == []
    assert [name for name in plan.data.data_vars if not plan.data[name].attrs.get("long_name")] == []


def test_euros_and_points_add_up_to_the_objective(plan):
    """Without discount and terminal value the objective is the sum of all costs and weights."""
    total = float(plan.data["cost"].sum() + plan.data["weight"].sum())
    assert total == pytest.approx(plan.proof.objective, abs=0.01)
    assert float(plan.data["funding_need"].sum()) == pytest.approx(float(plan.data["cost"].sum()), abs=0.01)


def test_what_cannot_be_avoided_is_people_in_the_cheapest_tier():
    """Ten intensive people in group places and nine light ones at home, whatever room there is, in 2022.

    10 × 20,871.43 + 9 × 15,653.57 = 349,596.43; and each travels at least the 0.5642 minutes inside
    the own square (½·√(4 km² ÷ π) = 0.5642 km, a kilometre a minute), at 10 points a minute:
    19 × 5.642 = 107.19.
    """
    plan = best(tiny_problem({"years.last": "2022", "weights.unasked_move": "0"}))
    assert plan.proof.unavoidable == pytest.approx(349_596.43 + 107.19, abs=0.01)


VARIANTS = {"tiny": {}, "with a flow of people": SOME_FLOW, "hard": {
    "policies.intramural_reduction.mode": "hard", "policies.neighbourhood_concentration.mode": "hard",
}}  # fmt: skip


@pytest.mark.parametrize("variant", VARIANTS)
def test_other_ways_to_the_same_optimum(variant, tmp_path):
    """The plan, scipy on the arrays, PuLP's own hand-over to HiGHS, and HiGHS on the exported files agree."""
    problem = tiny_problem(VARIANTS[variant])
    objective = best(problem).proof.objective
    model = Model.of(problem)
    assert by_scipy(model).fun == pytest.approx(objective, rel=1e-7)
    for ending in ("lp", "mps"):
        path = str(tmp_path / f"model.{ending}")
        (model.program.writeLP if ending == "lp" else model.program.writeMPS)(path)
        assert by_file(path) + (model.constant if ending == "lp" else 0) == pytest.approx(objective, rel=1e-7)
    model.program.solve(pulp.HiGHS(msg=False, gapRel=0.0))
    assert pulp.value(model.program.objective) == pytest.approx(objective, rel=1e-7)


def by_file(path: str) -> float:
    """Return the optimum of a model in a file, as HiGHS reads and solves it."""
    highs = highspy.Highs()
    highs.setOptionValue("output_flag", False)
    highs.setOptionValue("mip_rel_gap", 0.0)
    assert highs.readModel(path) == highspy.HighsStatus.kOk
    highs.run()
    return float(highs.getInfo().objective_function_value)


def test_a_solver_of_others_agrees(problem, plan):
    """CBC, where it is installed, knows nothing of HiGHS and finds the same optimum."""
    solver = pulp.COIN_CMD(msg=False, gapRel=0.0)
    if not solver.available():
        pytest.skip("CBC is not installed")
    model = Model.of(problem)
    model.program.solve(solver)
    assert pulp.value(model.program.objective) == pytest.approx(plan.proof.objective, rel=1e-7)


@pytest.mark.parametrize("variant", VARIANTS)
def test_the_search_by_stages_ends_in_the_same_optimum(variant, monkeypatch):
    """Large models are relaxed, constructed, rounded and improved first; here the tiny one, then proven."""
    problem = tiny_problem(VARIANTS[variant])
    whole = best(problem)
    monkeypatch.setattr(optimise, "SMALL", 0)
    stages = []
    staged = solve(problem, gap=0.0, progress=lambda told: stages.append(told.stage))
    assert {"relaxation", "a plan in whole numbers"} <= set(stages)
    assert staged.proof.status == "proven"
    assert staged.proof.objective == pytest.approx(whole.proof.objective, rel=1e-7)


def test_the_search_by_stages_says_what_stops_it(monkeypatch):
    """A path that is too steep is impossible by this way too."""
    monkeypatch.setattr(optimise, "SMALL", 0)
    test_a_path_that_is_too_steep_is_impossible()


def test_nobody_is_housed_beyond_reach(plan):
    """Only pairs within reach exist; their minutes are those of the region."""
    assert float(plan.data["travel_minutes"].max()) <= 10
    assert amount(plan, "housed") == pytest.approx(amount(plan, "clients"))


def test_a_plan_to_begin_with_is_kept_where_nothing_better_is_found(problem, plan, monkeypatch):
    """By stages, from the sites of the optimum, the optimum is found again; the start decides no more."""
    monkeypatch.setattr(optimise, "SMALL", 0)
    again = solve(problem, gap=0.0, start=plan)
    assert again.proof.objective == pytest.approx(plan.proof.objective, rel=1e-6)
    hotter = tiny_problem({"policies.intramural_reduction.by_end": "0.5"})
    assert violations(hotter, solve(hotter, gap=0.0, start=plan).data) == ()
