"""Coupling limits between regions: a national budget and open places, priced in the objective.

A limit that ties regions together is priced and left out (Lagrange), so that each region is solved by
itself; `optimiser/regions/price_coordination.py` finds the prices. Points of a year count discounted,
without the years that the last one stands for.
"""

from collections.abc import Iterator, Sequence

import xarray as xr

from models.parameters.parameters import MO
from optimiser.assembly.money import SharedPrice
from optimiser.model.formulation import POINTS, CostTerm
from optimiser.model.optional_policies import WMO, paid_from_the_wmo
from optimiser.model.variables import Decisions
from optimiser.problem import Problem
from optimiser.rule import Terms

SHARED = "shared_limits"
"""Part of the objective in which shared prices stand."""


def shared(problem: Problem, x: Decisions) -> Iterator[CostTerm]:
    """Σ price[budget,t]·(Wmo euros of t) − Σ price[open,t]·Σ_s,k∈open z[s,k,t]."""
    for one, (terms, _) in uses(problem, x, problem.shared_prices):
        for variable, amount in terms:
            yield CostTerm(SHARED, POINTS, one.year, variable, _sign(one) * one.price * amount, once=True)


def shared_constant(problem: Problem, x: Decisions) -> float:
    """Return the part of what is shared that no decision changes, priced and discounted."""
    return sum(
        _sign(one) * one.price * constant * problem.objective_weight(one.year, once=True)
        for one, (_, constant) in uses(problem, x, problem.shared_prices)
    )


def uses(
    problem: Problem, x: Decisions, asked: Sequence[SharedPrice]
) -> Iterator[tuple[SharedPrice, tuple[Terms, float]]]:
    """Generate what is used of each: the terms, and the part that no decision changes."""
    years = {one.year for one in asked if one.kind == "budget"}
    euros = paid_from_the_wmo(problem, x, years) if years else {}
    tiers = set(open_tiers(problem))
    closed = -float(sum(n for (_, k), n in problem.wlz_occupied.items() if k in tiers))
    for one in asked:
        if one.kind == "budget":
            yield one, euros[one.year]
        else:
            places = ((z, k) for (_, k, t), z in x.places.items() if t == one.year)
            yield one, ([(z, 1.0) for z, k in places if k in tiers], closed)


def open_tiers(problem: Problem) -> tuple[str, ...]:
    """Return the tiers whose places are open to everyone in the country: intramural, and those of the MO.

    *Landelijke toegankelijkheid*: the legal definition is expected to stay intramural only, so what
    lies between is not nationally accessible (regional plan BOCE, § 4.4.1).
    """
    return tuple(
        k for k in problem.facility_tiers if problem.tiers.loc[k, "intramural"] or problem.stream_of[k] == MO
    )


def used_by(problem: Problem, data: xr.Dataset, kind: str, year: int) -> float:
    """Return how much a plan's arrays use: Wmo euros of a year, or places open to everyone."""
    if kind == "budget":
        at_year = data["cost"].sel(year=year)
        return float(at_year.sel(stream=WMO).sum()) if WMO in at_year["stream"].values else 0.0
    tiers = list(open_tiers(problem))
    places = data["places"].sel(year=year, tier=tiers).sum() - data["wlz_occupied"].sel(tier=tiers).sum()
    return float(places)


def _sign(one: SharedPrice) -> float:
    """Return 1 for what is limited from above, −1 for what is asked for."""
    return 1.0 if one.kind == "budget" else -1.0
