"""What regions share is priced in a region's own solve, and is no part of the plan that comes out."""

from dataclasses import replace

import pytest
from builders import EUROS_ONLY, ONE_YEAR, best, tiny_problem

from optimiser.assembly.money import SharedPrice
from optimiser.model.coupling_limits import open_tiers, used_by

PROBLEM = tiny_problem(EUROS_ONLY | ONE_YEAR)
PLAN = best(PROBLEM)


def priced(kind, price):
    """Return the best plan of one year when a shared unit has a price."""
    return best(replace(PROBLEM, shared_prices=(SharedPrice(kind, 2022, price),)))


def test_beds_are_open_to_everyone_and_group_places_are_not():
    """Only what the law keeps nationally accessible: intramural places, and shelters (none here)."""
    assert open_tiers(PROBLEM) == ("bed",)
    beds = float(PLAN.data["places"].sel(tier="bed", year=2022).sum())
    assert used_by(PROBLEM, PLAN.data, "open_places", 2022) == beds


def test_a_priced_euro_is_all_that_is_paid():
    """No other points stand in this objective but waiting, so a plan's price is what it pays from the Wmo."""
    plan = priced("budget", 0.5)
    euros = used_by(PROBLEM, plan.data, "budget", 2022)
    assert euros == pytest.approx(float(plan.data["cost"].sum()))
    own = plan.proof.objective - 0.5 * euros
    assert own >= PLAN.proof.objective * (1 - 1e-9)
    assert plan.proof.objective <= PLAN.proof.objective + 0.5 * used_by(PROBLEM, PLAN.data, "budget", 2022)


def test_a_bed_that_is_rewarded_enough_stays():
    """A bed costs nothing that is not paid per client; rewarded, all ten of the base stay."""
    assert used_by(PROBLEM, priced("open_places", 1e5).data, "open_places", 2022) == 10.0


def test_places_of_the_wlz_are_not_open():
    """Two of the ten beds are lived in by people of the Wlz: eight are open at most."""
    sites = """\
site,name,neighbourhood,provider,status,tier,places,wlz_occupied,most,plot_most,earliest
S1,Site one,N1,provider A,existing,bed,10,2,10,10,
S2,Site two,N2,provider B,existing,group,4,0,8,8,
"""
    problem = tiny_problem(EUROS_ONLY | ONE_YEAR, sites=sites)
    plan = best(replace(problem, shared_prices=(SharedPrice("open_places", 2022, 1e5),)))
    assert used_by(problem, plan.data, "open_places", 2022) == 8.0
