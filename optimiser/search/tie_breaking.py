"""Among plans of equal cost the steadiest: no place comes, goes or changes form that need not.

Lexicographic: first the objective, then the places added, removed and converted over all years.
The second is asked only where the first is proven, and of a model that is small enough to be given
to the solver as it is; in a larger one no two plans are known to be of equal cost.
"""

from dataclasses import replace

import numpy as np
from scipy.sparse import csr_array, vstack

from optimiser.model.model import Arrays, Floats, Model
from optimiser.model.variables import column_ids
from optimiser.search.assignment import people_follow
from optimiser.search.reduced_model import SMALL
from optimiser.solver.highs import LinearModel
from optimiser.solver.limits import Clock, Limits, Work

EQUAL = 1e-7
"""Share of the objective within which two plans are of equal cost: less than the proof can tell apart."""

WORK = 2_000
"""Nodes in which a steadier plan is looked for; the plan itself stands where none is found by then."""


def steadiest(model: Model, values: Floats, limits: Limits) -> Floats:
    """Return (column) the steadiest plan of equal cost; the plan itself where none moves fewer places."""
    arrays = model.arrays
    if len(arrays.cost) > SMALL or moved(model, values) == 0.0:
        return values
    cost = float(arrays.cost @ values)
    allowed = cost + EQUAL * abs(cost + arrays.constant)
    every = arrays.columns
    # not seconds: the same plan is found on any machine
    limits = replace(limits, seconds=np.inf, work=Work(WORK))
    program, clock = LinearModel(_fewest_moves(model, allowed), every, limits), Clock(limits)
    found = program.search(gap=0.0, seconds=clock.left, start=values, progress=lambda *_: None)
    if found.values is None:
        return values
    whole = np.flatnonzero(arrays.integer).astype(np.int32)
    steady = people_follow(model, whole, found.values[whole].round(), None, limits, clock)
    if (
        steady is None
        or float(arrays.cost @ steady) > allowed
        or moved(model, steady) >= moved(model, values)
    ):
        return values
    return steady


def moved(model: Model, values: Floats) -> float:
    """Return the places that are added, removed or converted, over all years."""
    x = model.decisions
    return float(values[column_ids(x.added, x.removed, x.converted)].sum().round(6))


def _fewest_moves(model: Model, allowed: float) -> Arrays:
    """Return the model that counts moves, with what a plan may cost as one more row."""
    arrays, x = model.arrays, model.decisions
    count = np.zeros(len(arrays.cost))
    count[column_ids(x.added, x.removed, x.converted)] = 1.0
    # in thousands, so that the row is of the size of the others
    row = csr_array(arrays.cost[None, :] / 1e3)
    return replace(
        arrays,
        cost=count,
        constant=0.0,
        matrix=csr_array(vstack([arrays.matrix, row])),
        row_lower=np.append(arrays.row_lower, -np.inf),
        row_upper=np.append(arrays.row_upper, allowed / 1e3),
    )
