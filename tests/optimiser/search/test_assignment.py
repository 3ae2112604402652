"""Clients housed anew where they are as many as before."""

import numpy as np
import pytest
from builders import best, tiny_problem

from optimiser.explain.binding_rules import values_of_plan
from optimiser.model.model import Model
from optimiser.model.variables import column_ids
from optimiser.search.assignment import housed_anew, with_fixed
from optimiser.solver.limits import Clock, Limits

UNLIMITED = Limits(0.0, np.inf)


@pytest.fixture(scope="module", name="model")
def tiny_model():
    """Return the model of the tiny region and the values of its best plan."""
    plan = best(tiny_problem())
    model = Model.of(plan.problem)
    return model, values_of_plan(model, plan)


def housed(model, values, pairs):
    """Return what comes of clients housed anew at some pairs, where what is whole in a plan stands."""
    whole = np.flatnonzero(model.arrays.integer).astype(np.int32)
    arrays = with_fixed(model, whole, values[whole])
    return housed_anew(model, arrays, values, pairs, UNLIMITED, Clock(UNLIMITED))


def breach(model, values):
    """Return by how much each row is broken."""
    sums = model.arrays.matrix @ values
    return np.maximum(0.0, np.maximum(model.arrays.row_lower - sums, sums - model.arrays.row_upper))


def test_the_best_plan_stays_as_good(model):
    """In a plan that cannot be better, clients housed anew cost as much, and every rule holds."""
    model, values = model
    anew = housed(model, values, np.ones(len(values), dtype=bool))
    assert breach(model, anew).max() < 1e-5
    assert model.arrays.cost @ anew == pytest.approx(model.arrays.cost @ values, rel=1e-6)


def test_clients_who_live_nowhere_are_housed(model):
    """From nobody being housed: as many per origin, tier and year as before, and each of them somewhere."""
    model, values = model
    nowhere = values.copy()
    nowhere[column_ids(model.decisions.housed)] = 0.0
    rows = [n for n, (rule, _) in enumerate(model.rows) if rule.name == "clients_are_housed"]
    assert breach(model, nowhere)[rows].max() > 1.0
    anew = housed(model, nowhere, np.ones(len(values), dtype=bool))
    assert breach(model, anew)[rows].max() < 1e-5
    clients = column_ids(model.decisions.clients, model.decisions.waiting)
    assert (anew[clients] == values[clients]).all()


def test_who_has_no_pair_is_left_unhoused_and_told_by_the_rows(model):
    """With no pair at all there is an answer still: rows are broken by everybody who has a place."""
    model, values = model
    anew = housed(model, values, np.zeros(len(values), dtype=bool))
    assert not anew[column_ids(model.decisions.housed)].any()
    unhoused = [n for n, (rule, _) in enumerate(model.rows) if rule.name == "clients_are_housed"]
    assert breach(model, anew)[unhoused].sum() == pytest.approx(
        values[column_ids(model.decisions.clients)].sum()
    )
