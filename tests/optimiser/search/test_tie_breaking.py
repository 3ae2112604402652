"""Among plans of equal cost the steadiest, and the same one each time."""

import numpy as np
import pytest
from builders import EUROS_ONLY, best, by_scipy, tiny_problem

from optimiser.model.model import Model
from optimiser.search.tie_breaking import EQUAL, _fewest_moves, moved, steadiest
from optimiser.solver.highs import LinearModel
from optimiser.solver.limits import Limits

FREE_TO_MOVE = EUROS_ONLY | {
    "tiers.group.building": "0",
    "tiers.group.closing": "0",
    "tiers.group.building_years": "0",
    "tiers.bed.building": "0",
    "tiers.bed.closing": "0",
    "costs.conversions.bed.group.cost": "0",
    "policies.replacement_before_closure.mode": "off",
}
"""Places come and go for nothing, so that swapping them to and fro costs no more than leaving them."""


def to_and_fro(model):
    """Return an optimum that moves as many places as it can, which costs nothing here."""
    found = by_scipy(model)
    cost = float(model.arrays.cost @ found.x)
    arrays = _fewest_moves(model, cost + EQUAL * abs(found.fun))
    most = LinearModel(
        type(arrays)(**{**vars(arrays), "cost": -arrays.cost}), np.arange(len(arrays.cost), dtype=np.int32)
    )
    return most.search(gap=0.0, seconds=60.0, start=None, progress=lambda *_: None).values


def test_a_see_saw_that_costs_nothing_is_taken_out():
    """An optimum that swaps places to and fro becomes one of the same cost that moves fewer."""
    model = Model.of(tiny_problem(FREE_TO_MOVE))
    restless = to_and_fro(model)
    calm = steadiest(model, restless, Limits(0.0, 60.0))
    assert moved(model, calm) < moved(model, restless)
    assert float(model.arrays.cost @ calm) == pytest.approx(
        float(model.arrays.cost @ restless), rel=2 * EQUAL
    )
    again = steadiest(model, calm, Limits(0.0, 60.0))
    assert moved(model, again) == moved(model, calm)


def test_a_proven_plan_is_the_steadiest_of_its_cost():
    """Scipy, asked for the fewest moves at the plan's cost, finds no fewer than the plan has."""
    plan = best(tiny_problem(FREE_TO_MOVE))
    model = Model.of(plan.problem)
    cost = plan.proof.objective - model.arrays.constant
    arrays = _fewest_moves(model, cost + EQUAL * abs(plan.proof.objective))
    everywhere = np.arange(len(arrays.cost), dtype=np.int32)
    least = LinearModel(arrays, everywhere).search(
        gap=0.0, seconds=60.0, start=None, progress=lambda *_: None
    )
    moves = sum(float(plan.data[name].sum()) for name in ("added", "removed", "converted"))
    assert moves == pytest.approx(least.objective)


def test_the_same_input_and_seed_give_the_same_plan():
    """Twice the same problem with many plans of equal cost: the same places, homes and people."""
    one, other = (best(tiny_problem(FREE_TO_MOVE)) for _ in range(2))
    for name in ("places", "new_homes", "clients", "waiting"):
        assert (one.data[name] == other.data[name]).all(), name
