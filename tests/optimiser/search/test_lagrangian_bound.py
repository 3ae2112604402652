"""The bound from prices: below every plan whatever the prices are, and the relaxation's at its own prices."""

import numpy as np
import pytest
from builders import tiny_problem
from hypothesis import given
from hypothesis import strategies as st

from optimiser.model.model import Model
from optimiser.search.aggregation import aggregate
from optimiser.search.lagrangian_bound import LagrangianBound
from optimiser.solver.highs import LinearModel

MODEL = Model.of(tiny_problem())
COLUMNS = np.arange(len(MODEL.arrays.cost), dtype=np.int32)
RELAXED = LinearModel(MODEL.arrays, COLUMNS).relax()


def test_at_its_own_prices_the_bound_is_the_relaxation():
    """Duality: what is priced right loses nothing by being taken apart."""
    assert LagrangianBound.of(MODEL).bound(RELAXED.duals) == pytest.approx(RELAXED.objective, rel=1e-9)


def tenants() -> Model:
    """Return the tiny region where who lives in a home stays in one, with more who would leave."""
    return Model.of(tiny_problem({"policies.tenants_stay.mode": "hard", "weights.unasked_move": "0"}))


def test_tenants_who_stay_lose_nothing_by_being_taken_apart():
    """Each origin keeps its own tenants: that row needs no price, and moves as one in a group."""
    model = tenants()
    relaxed = LinearModel(model.arrays, np.arange(len(model.arrays.cost), dtype=np.int32)).relax()
    stay = np.array([rule.name == "tenants_stay" for rule, _ in model.rows])
    assert stay.any()
    unpriced = np.where(stay, 0.0, relaxed.duals)
    assert LagrangianBound.of(model).bound(unpriced) == pytest.approx(relaxed.objective, rel=1e-9)
    rows = aggregate(model, 1e9).row_of
    assert len(np.unique(rows[stay])) < stay.sum()


@given(st.integers(0, 2**32 - 1), st.floats(0.0, 3.0))
def test_no_prices_bound_above_the_relaxation(seed, spread):
    """Any prices do, also those of a wrong sign: they are taken as nothing."""
    noise = np.random.default_rng(seed).normal(0.0, spread, len(MODEL.rows))
    prices = RELAXED.duals + noise * (np.abs(RELAXED.duals).mean() + 1.0)
    assert LagrangianBound.of(MODEL).bound(prices) <= RELAXED.objective * (1.0 + 1e-9)


def test_without_prices_places_are_free_and_people_are_not():
    """What is left without prices is what no plan avoids: each client in the cheapest tier within reach."""
    nothing = np.zeros(len(MODEL.rows))
    assert 0.0 < LagrangianBound.of(MODEL).bound(nothing) < RELAXED.objective


def test_the_smaller_model_of_groups_of_one_is_the_model():
    """Groups of no metres across are single neighbourhoods: nothing moves as one but what is the same."""
    small = aggregate(MODEL, 0.0)
    solution = LinearModel(small.arrays, np.arange(len(small.arrays.cost), dtype=np.int32)).relax()
    assert solution.objective == pytest.approx(RELAXED.objective, rel=1e-9)


def test_there_and_back_keeps_totals():
    """A total of the smaller model, shared out and added up again, is the same."""
    small = aggregate(MODEL, 1e9)
    values = np.arange(1.0, small.expand.shape[1] + 1.0)
    smaller, total = small.total(COLUMNS, small.expand @ values)
    assert smaller.tolist() == list(range(len(values)))
    assert total == pytest.approx(values)
