"""The small relaxation: never above the optimum, as good as the whole relaxation at its prices."""

from dataclasses import replace

import numpy as np
import pytest
from builders import best, tiny_problem

from optimiser.model.model import Arrays, Model
from optimiser.search.branching import Branching
from optimiser.search.reduced_model import values_of
from optimiser.search.relaxation import (
    AT_LEAST,
    AT_MOST,
    Relaxation,
    Structure,
    WrongSign,
    groups_of_rows,
    projected,
    senses,
    small_arrays,
)
from optimiser.solver.highs import LinearModel, Solution
from optimiser.solver.limits import Clock, Limits, Work

REGIONS = (
    {},
    {"pathway.inflow.share": "0.2", "years.discount_rate": "0.03"},
    {"policies.within_travel_norm.mode": "hard"},
    {
        "policies.tenants_stay.mode": "hard",
        "policies.buildings_stay.mode": "hard",
        "policies.residents_stay.mode": "soft",
        "weights.unasked_move": "0",
    },
    {"pathway.recovered.home.light": "0.2", "homes.lead": "3", "policies.intramural_reduction.by_end": "0.9"},
)
MANY = 1e6
"""More than any decision of these regions, euros of a budget left out."""

COUNTED = Limits(1e-4, np.inf, work=Work(10_000))
"""Work in place of seconds: nothing runs beside."""

SEEDS = 40
"""Random prices of the right sign for each region: 200 in all."""


@pytest.fixture(scope="module", params=range(len(REGIONS)), name="region")
def small_region(request) -> tuple[Model, float]:
    """Return the model of a small region, and what its best plan costs."""
    problem = tiny_problem(REGIONS[request.param])
    return Model.of(problem), best(problem).proof.objective


def relaxed(arrays: Arrays) -> Solution:
    """Return the solution of the linear relaxation."""
    return LinearModel(arrays, np.arange(len(arrays.cost), dtype=np.int32)).relax()


def in_integers(arrays: Arrays) -> float:
    """Return what is proven in integers."""
    program = LinearModel(arrays, np.arange(len(arrays.cost), dtype=np.int32))
    return program.search(gap=0.0, seconds=np.inf, start=None, progress=lambda *_: None).bound


def random_prices(arrays: Arrays, duals: np.ndarray, seed: int) -> np.ndarray:
    """Return prices of the right sign: a part of the best ones, each off by chance, little or much."""
    random = np.random.default_rng(seed)
    size = 10.0 ** random.uniform(-1.0, 5.0)
    noise = random.normal(0.0, size, len(duals)) * (random.random(len(duals)) < random.random())
    return projected(senses(arrays), duals * random.uniform(0.0, 1.5) + noise)


def test_rows_and_columns_merge(region):
    """There is something to prove: the small model has fewer rows and columns."""
    model, _ = region
    structure = Structure.of(model.arrays, groups_of_rows(model))
    assert structure.matrix.shape[0] < 0.8 * len(model.rows)
    assert structure.matrix.shape[1] < 0.8 * len(model.arrays.cost)


def test_no_prices_prove_more_than_the_optimum(region):
    """Whatever the prices are, the small model is not above the best plan, relaxed or in integers."""
    model, optimum = region
    arrays, structure = model.arrays, Structure.of(model.arrays, groups_of_rows(model))
    duals, limited = relaxed(arrays).duals, 0
    # prices may open a way to earn without end; people are few, so that every column has a limit
    few = replace(arrays, upper=np.minimum(arrays.upper, MANY))
    for seed in range(SEEDS):
        small = small_arrays(few, structure, random_prices(arrays, duals, seed))
        bound = relaxed(small).bound
        assert bound <= optimum * (1 + 1e-9), seed
        limited += np.isfinite(bound)
        if seed % 10 == 0:
            assert in_integers(small) <= optimum * (1 + 1e-9), seed
    assert limited == SEEDS


def test_at_its_own_prices_the_root_is_that_of_the_whole_model(region):
    """With the prices of the whole linear relaxation nothing is lost; without prices something is."""
    model, optimum = region
    arrays, structure = model.arrays, Structure.of(model.arrays, groups_of_rows(model))
    whole = relaxed(arrays)
    at_prices = relaxed(small_arrays(arrays, structure, projected(senses(arrays), whole.duals)))
    assert at_prices.bound == pytest.approx(whole.bound, rel=1e-9)
    assert at_prices.bound <= optimum
    without = relaxed(small_arrays(arrays, structure, np.zeros(len(arrays.row_lower))))
    assert without.bound <= whole.bound * (1 + 1e-9)


@pytest.mark.parametrize(("kind", "sign"), [(AT_MOST, 1.0), (AT_LEAST, -1.0)])
def test_a_price_of_the_wrong_sign_is_refused(region, kind, sign):
    """One price of a row at most above 0, or of a row at least below 0, proves nothing."""
    model, _ = region
    structure, sense = Structure.of(model.arrays, groups_of_rows(model)), senses(model.arrays)
    prices = np.zeros(len(sense))
    prices[np.flatnonzero(sense == kind)[0]] = sign * 10.0
    with pytest.raises(WrongSign):
        small_arrays(model.arrays, structure, prices)


def test_rows_of_unlike_sense_do_not_merge(region):
    """A row at most and an equality in one group are refused."""
    model, _ = region
    row_of, sense = groups_of_rows(model), senses(model.arrays)
    one, other = np.flatnonzero(sense == AT_MOST)[0], np.flatnonzero(sense == 0)[0]
    row_of[row_of == row_of[one]] = row_of[other]
    with pytest.raises(ValueError, match="one sense"):
        Structure.of(model.arrays, row_of)


def test_branching_ends_between_the_relaxation_and_the_optimum(region):
    """From no prices at all: the bound is above nothing being priced, and never above the best plan."""
    model, optimum = region
    limits = Limits(0.0, 60.0)
    branching = Branching(model, np.zeros(len(model.rows)), limits, Clock(limits))
    branching.begin()
    branching.wait()
    branching.end()
    root = relaxed(Relaxation.of(model).at(np.zeros(len(model.rows)))).objective
    assert root - 1e-6 * optimum <= branching.bound <= optimum * (1 + 1e-7)
    assert branching.decided is not None
    # beds that are spared so that there is room to round cost a little
    assert branching.decided.objective <= optimum * 1.05
    assert set(np.unique(branching.decided.runs)) <= {0.0, 1.0}


def test_cheaper_decisions_are_found_around_settled_ones(region):
    """From every facility of today running on, in the same order each time; from the best there are none."""
    model, _ = region
    branching = Branching(model, np.zeros(len(model.rows)), COUNTED, Clock(COUNTED))
    small, begun = branching.relaxed()
    small.settle({n: np.full(len(model.problem.years), float(b > 0)) for n, b in enumerate(small.sites.base)})
    settled = small.relax(Clock(COUNTED))
    branching.search_near(values_of(begun), values_of(settled))
    found = branching.decided
    assert found is not None
    assert found.objective < settled.objective
    again = small.settle_all(model, found.runs, found.closing, Clock(COUNTED))
    assert again.objective == pytest.approx(found.objective, rel=1e-6)
    branching.decided = None
    branching.search_near(values_of(again), values_of(again))
    assert branching.decided is None


def test_branching_that_fails_says_so(region, monkeypatch):
    """What goes wrong beside the search is raised where it ends."""
    model, _ = region
    limits = Limits(0.0, 60.0)

    def refuse(*_: object) -> None:
        raise WrongSign

    monkeypatch.setattr(Branching, "_over_sites", refuse)
    branching = Branching(model, np.zeros(len(model.rows)), limits, Clock(limits))
    branching.begin()
    with pytest.raises(WrongSign):
        branching.end()
