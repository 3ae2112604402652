"""Whole places near a relaxation, and around what people do."""

from dataclasses import replace

import numpy as np
import pytest
from builders import best
from tiny import write_tiny_region

from models.demand.forecast import forecast
from models.region.read_region import read_region
from optimiser.explain.binding_rules import values_of_plan
from optimiser.model.model import Model
from optimiser.model.variables import column_ids
from optimiser.problem import Problem
from optimiser.search.rounding import places_for, replacement_rows, tightened, whole_places
from optimiser.solve import dataset, violations


@pytest.fixture(scope="module", name="plan")
def tiny_plan(tmp_path_factory):
    """Return the best plan of the tiny region: ten beds at S1, four group places at S2."""
    region = read_region(write_tiny_region(tmp_path_factory.mktemp("tiny")))
    return best(Problem.of(region, forecast(region)))


@pytest.fixture(scope="module", name="model")
def tiny_model(plan):
    """Return its model."""
    return Model.of(plan.problem)


def test_places_are_fitted_to_people(plan, model):
    """From places that are fewer than people live in, in fractions, whole ones that every rule allows."""
    values = values_of_plan(model, plan)
    x = model.decisions
    values[column_ids(x.places, x.removed)] -= 0.6
    made = places_for(model, values)
    assert made is not None
    places = made[column_ids(x.places)]
    assert (places == places.round()).all()
    assert violations(plan.problem, dataset(model, made)) == ()
    people = column_ids(x.clients, x.housed, x.waiting, x.new_homes)
    assert (made[people] == values[people]).all()


def test_beds_that_may_not_go_come_back(plan, model):
    """In 2022 two beds of S1 more go than the rule on replacement allows: they come back, and people stay."""
    values = values_of_plan(model, plan)
    x = model.decisions
    values[x.removed["S1", "bed", 2022].id] += 2.0
    values[x.places["S1", "bed", 2022].id] -= 2.0
    assert "replacement_before_closure" in {v.rule for v in violations(plan.problem, dataset(model, values))}
    made = places_for(model, values)
    assert made is not None
    assert violations(plan.problem, dataset(model, made)) == ()


def test_more_people_than_places_can_be_are_told(plan, model):
    """A thousand people at S1 fit in no number of places."""
    values = values_of_plan(model, plan)
    at_s1 = next(v.id for at, v in model.decisions.housed.items() if at[1] == "S1")
    values[at_s1] += 1000.0
    assert places_for(model, values) is None


def test_who_breaks_a_rule_by_themselves_is_not_mended_with_places(plan, model):
    """Clients that appear from nowhere: no places make that a plan."""
    values = values_of_plan(model, plan)
    values[next(iter(model.decisions.waiting.values())).id] += 5.0
    assert places_for(model, values) is None


def test_a_whole_plan_stays_as_it_is(plan, model):
    """Rounding the best plan changes nothing."""
    values = values_of_plan(model, plan)
    columns, whole = whole_places(model, values, 0.0)
    assert (whole == values[columns].round()).all()


def test_sites_are_decided_tightened(model):
    """Six of 1,000 places of today less room for beds to go, and no other row has less."""
    made = tightened(model, model.arrays, np.arange(len(model.rows), dtype=np.int32))
    kept, today = replacement_rows(model), sum(model.problem.base_places.values())
    assert today > 0
    before, after = model.arrays.row_upper, made.row_upper
    assert before[kept] - after[kept] == pytest.approx(0.006 * today)
    assert (np.delete(before, kept) == np.delete(after, kept)).all()


def test_one_bed_in_ten_of_those_of_a_year_is_spared(model):
    """Of nine beds that may go in a year none, of a hundred ten."""
    x = model.decisions
    for most, spared in ((9.0, 0.0), (100.0, 10.0)):
        rows = np.arange(len(model.rows), dtype=np.int32)
        matrix, yearly = model.arrays.matrix.copy(), []
        for n, (rule, row) in enumerate(model.rows):
            if rule.name == "replacement_before_closure" and row.label[0] == "yearly":
                yearly.append((n, x.closing[row.label[1:]].id))
        changed = replace(model, rows=tuple(_with_most(made, most) for made in model.rows))
        for n, column in yearly:
            matrix[n, column] = -most
        made = tightened(changed, replace(model.arrays, matrix=matrix), rows)
        assert yearly
        assert [made.matrix[n, column] for n, column in yearly] == [spared - most] * len(yearly)


def _with_most(made, most):
    """Return a rule and its row with another number of beds that may go in a year."""
    rule, row = made
    if rule.name != "replacement_before_closure" or row.label[0] != "yearly":
        return made
    terms = [(v, -most if c < 0.0 and v.name.startswith("closing") else c) for v, c in row.terms]
    return rule, replace(row, terms=terms) if hasattr(row, "__dataclass_fields__") else row._replace(
        terms=terms
    )
