"""What is agreed is kept, what is finished departs as little as it can: by hand on the tiny region."""

from dataclasses import replace

import numpy as np
import pytest
from builders import EUROS_ONLY, amount, best, least_cost, tiny_problem, tiny_region
from tiny import write_tiny_region

from geodata.faults import InputError
from models.demand.forecast import forecast
from models.region.decisions import AgreedDecisions, DecidedHomes, DecidedPlaces
from models.region.read_region import locked, read_region
from optimiser.manual_plan import changes, decided_by, finishing, score
from optimiser.model.model import Model
from optimiser.problem import Problem
from optimiser.search.rounding import whole_homes
from optimiser.solve import Impossible, solve
from optimiser.verification.verify import violations
from reports.folder.folder import read_plan, write

FOUR_BEDS = AgreedDecisions(
    (DecidedPlaces("S1", "bed", 2022, 9, "provider A"), DecidedPlaces("S1", "bed", 2023, 4))
)
NO_HOME = AgreedDecisions((), (DecidedHomes("C1", "M1", ("N1", "N2"), 2022, 0, "C1"),))


def agreed(decided, settings=None, **files):
    """Return the problem of the tiny region in which something is agreed."""
    region = locked(tiny_region(settings, **files), decided)
    return Problem.of(region, forecast(region))


def test_agreed_places_and_homes_stand():
    """Without an agreement the plan keeps 5 beds in 2022 and hands a home over in M1."""
    free = best(tiny_problem())
    assert amount(free, "places", site="S1", tier="bed", year=2022) == 5.0
    kept = best(agreed(FOUR_BEDS))
    assert [amount(kept, "places", site="S1", tier="bed", year=t) for t in (2022, 2023)] == [9.0, 4.0]
    homes = best(agreed(NO_HOME))
    assert amount(homes, "new_homes", neighbourhood=["N1", "N2"], year=2022) == 0.0
    assert kept.proof.objective > free.proof.objective
    assert violations(kept.problem, kept.data) == ()


def test_agreeing_on_the_best_plan_costs_nothing():
    """Every place and home of the best plan locked: the same objective."""
    free = best(tiny_problem())
    kept = best(agreed(decided_by(free)))
    assert kept.proof.objective == pytest.approx(free.proof.objective, abs=1.0)


def test_a_lock_costs_what_other_solvers_say():
    """The same rows given to scipy's solver, beside the search."""
    problem = agreed(FOUR_BEDS + NO_HOME)
    assert best(problem).proof.objective == pytest.approx(least_cost(problem), abs=1.0)


def test_a_soft_agreement_is_broken_where_its_price_is_less():
    """Nine beds in 2022 where the plan wants five: at a point a place they go, and four are stated."""
    price = {
        "policies.agreed_decisions_are_kept.mode": "soft",
        "policies.agreed_decisions_are_kept.price": "1",
    }
    nine = AgreedDecisions((DecidedPlaces("S1", "bed", 2022, 9),))
    plan = best(agreed(nine, price))
    beds = amount(plan, "places", site="S1", tier="bed", year=2022)
    assert beds < 9.0
    assert amount(plan, "broken_agreements") == pytest.approx(9.0 - beds)
    assert amount(plan, "weight", part="agreed_decisions_are_kept") == pytest.approx(9.0 - beds)
    off = best(agreed(nine, {"policies.agreed_decisions_are_kept.mode": "off"}))
    assert amount(off, "broken_agreements") == 0.0


def test_an_agreement_that_no_rule_allows_is_impossible_and_named():
    """All ten beds gone in 2022, of which the rule lets five go."""
    gone = AgreedDecisions((DecidedPlaces("S1", "bed", 2022, 0),))
    with pytest.raises(Impossible, match=r"agreed_decisions_are_kept: 5\.0 places short at S1 bed, 2022"):
        best(agreed(gone))


@pytest.mark.parametrize(
    ("name", "at", "by"),
    [
        ("places", {"site": "S1", "tier": "bed", "year": 2023}, 1.0),
        ("new_homes", {"corporation": "C1", "neighbourhood": "N1", "year": 2022}, 1.0),
    ],
)
def test_the_check_sees_a_broken_agreement(name, at, by):
    """One bed or home more than agreed, and the check says which and how many."""
    plan = best(agreed(FOUR_BEDS + NO_HOME))
    data = plan.data.copy(deep=True)
    data[name].loc[at] += by
    broken = [one for one in violations(plan.problem, data) if one.rule == "agreed_decisions_are_kept"]
    assert [one.amount for one in broken] == [by]


def test_an_agreement_is_kept_in_the_case_and_in_a_hand_made_plan(tmp_path):
    """Written with who asked, read back, and told as broken where an edit goes against it."""
    region = locked(read_region(write_tiny_region(tmp_path / "tiny")), FOUR_BEDS)
    problem = Problem.of(region, forecast(region))
    folder = write(best(problem), tmp_path / "plan")
    again = read_plan(folder)
    assert again.problem.agreed == FOUR_BEDS
    assert "provider A" in (folder / "case" / "agreed.csv").read_text(encoding="utf-8")
    scored = score(
        problem, AgreedDecisions((DecidedPlaces("S1", "bed", 2022, 9), DecidedPlaces("S1", "bed", 2023, 6)))
    )
    told = [one for one in scored.broken if one.rule == "agreed_decisions_are_kept"]
    assert [(one.where, one.amount) for one in told] == [("S1 bed, 2023", 2.0)]


def test_the_same_agreed_twice_is_a_fault():
    """In the region's folder and in the file beside it."""
    with pytest.raises(InputError, match="S1 bed in 2022 twice"):
        locked(locked(tiny_region(), FOUR_BEDS), FOUR_BEDS)


def test_a_lock_makes_another_digest():
    """Two plans with and without it are not of the same input."""
    region = tiny_region()
    assert locked(region, FOUR_BEDS).digest != region.digest


def test_finishing_changes_as_little_as_it_can():
    """Two beds go in 2023 with nothing instead, and homes are what can replace them: exactly two changes.

    No plan with one change exists: the rule misses two places.
    """
    problem, edit = tiny_problem(), AgreedDecisions((DecidedPlaces("S1", "bed", 2023, 8),))
    assert {one.rule for one in score(problem, edit).broken} == {"replacement_before_closure"}
    plan = solve(finishing(problem, edit), gap=0.0, seconds=60.0, start=score(problem, edit).plan)
    assert violations(plan.problem, plan.data) == ()
    assert sum(abs(one.planned - one.asked) for one in changes(plan, edit)) == 2


def test_finishing_a_plan_that_breaks_nothing_changes_nothing():
    """Doing nothing keeps every hard rule, so it stays as it is, though another plan is cheaper."""
    problem = tiny_problem()
    plan = best(finishing(problem, AgreedDecisions()))
    assert changes(plan, AgreedDecisions()) == ()


def test_what_is_agreed_stands_when_an_edit_is_finished():
    """Nine beds are agreed for 2022, the edit says six: nine it is, and the rest as the edit says."""
    edit = AgreedDecisions((DecidedPlaces("S1", "bed", 2022, 6), DecidedPlaces("S1", "bed", 2023, 9)))
    nine = AgreedDecisions((DecidedPlaces("S1", "bed", 2022, 9),))
    plan = best(finishing(agreed(nine, EUROS_ONLY), edit))
    assert amount(plan, "places", site="S1", tier="bed", year=2022) == 9.0
    assert amount(plan, "places", site="S1", tier="bed", year=2023) == 9.0


def test_homes_are_rounded_to_what_is_agreed():
    """Two offers of one home each in M1; 0.4 and 0.4 round to none, but one is agreed: the first gets it."""
    homes = (
        "corporation,municipality,neighbourhood,year,homes\n"
        "C1,M1,,2021,2\nC1,M2,,2021,2\nC1,,N1,2022,1\nC1,,N2,2022,1\n"
    )
    one = AgreedDecisions((), (DecidedHomes("C1", "M1", ("N1", "N2"), 2022, 1),))
    model = Model.of(agreed(one, homes=homes))
    values = np.zeros(len(model.arrays.cost))
    new = model.decisions.new_homes
    for label, value in ((("C1", "N1", 2022), 0.3), (("C1", "N2", 2022), 0.4)):
        values[new[label].id] = value
    columns, whole = whole_homes(model, values)
    found = dict(zip(columns.tolist(), whole.tolist(), strict=True))
    assert [found[new["C1", j, 2022].id] for j in ("N1", "N2")] == [0.0, 1.0]
    none = Model.of(replace(model.problem, agreed=AgreedDecisions()))
    assert whole_homes(none, values)[1].tolist() == [0.0, 0.0]
