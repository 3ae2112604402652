"""The best plan of a model within limits: by stages, or near what is known."""

from collections.abc import Collection
from dataclasses import replace

import numpy as np

from optimiser.model.model import Floats, Model
from optimiser.search.aggregation import Eased
from optimiser.search.elastic import hard_policies
from optimiser.search.feasibility_phase import nearest
from optimiser.search.matheuristic import Matheuristic, SearchResult
from optimiser.search.reduced_model import SMALL
from optimiser.solver.limits import Limits, Report


def search(
    model: Model,
    limits: Limits,
    report: Report,
    runs: Floats | None = None,
    *,
    bound: float = -np.inf,
    eased: Eased | None = None,
) -> SearchResult:
    """Return the best plan within the limits.

    Parameters
    ----------
    runs
        (site and tier, year) 1 where a site is to run in the plan that the search looks around in
        first, else 0; None to construct one along the relaxation.
    bound
        What is known to bound every plan of the model.
    eased
        Rows on what people do that groups of origins would overstate.
    """
    run = Matheuristic(model, limits, report)
    run.bound = bound
    if len(model.arrays.cost) <= SMALL:
        run.whole_model()
        return run.found()
    run.by_stages(runs, eased)
    found = run.found()
    if found.values is not None or found.infeasible or not hard_policies(model.problem):
        return found
    other = nearest(model, limits, run.clock, report, found.bound)
    return replace(
        found, values=other.values, objective=other.objective, bound=other.bound, shortages=other.shortages
    )


def search_near(
    model: Model, runs: Floats, free: Collection[int], limits: Limits, report: Report
) -> SearchResult:
    """Return a plan in which sites run as given, but for those that may choose.

    Parameters
    ----------
    runs
        (site and tier, year) 1 where it runs.
    free
        Numbers of the rows of `runs` that may run otherwise.
    """
    run = Matheuristic(model, limits, report)
    if len(model.arrays.cost) <= SMALL:
        run.whole_model()
    else:
        run.near(runs, free)
    return run.found()
