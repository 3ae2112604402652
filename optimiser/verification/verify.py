"""Verification of a plan from its own arrays: every rule, balance and euro.

Nothing here is shared with the formulation: no variables, no rows, no terms. The arrays of the plan and
the data of the problem are all that is read; they are brought into one order (`arrays`) and every claim
is computed from them again in numpy, chapter by chapter.
"""

from collections.abc import Iterator

import numpy as np
import xarray as xr

from optimiser.problem import Problem
from optimiser.verification import bearing, continuity, money, people, places, policies, relocation
from optimiser.verification.arrays import MAY_BE_ABSENT, PlanArrays
from optimiser.verification.violation import WHOLE, Violation, exceeds

SIGNED = frozenset({*MAY_BE_ABSENT, "grant_steps"})
"""What may be less than nothing, or have no number."""

HALF = 0.5
"""Tolerance of what is 0 or 1."""


def violations(problem: Problem, data: xr.Dataset) -> tuple[Violation, ...]:
    """Return everything in which a plan's arrays break a rule or misstate an amount; empty is verified."""
    plan = PlanArrays(problem, data)
    faults = tuple(plan.faults())
    return faults or tuple(_broken(plan))


def _broken(plan: PlanArrays) -> Iterator[Violation]:
    yield from _not_negative(plan)
    for chapter in (people, places, policies, continuity, relocation):
        for check in chapter.CHECKS:
            yield from check(plan)
    euros = money.Euros(plan)
    for check_euros in (*bearing.CHECKS, *money.CHECKS):
        yield from check_euros(plan, euros)
    yield from _own_rules(plan)


def _not_negative(plan: PlanArrays) -> Iterator[Violation]:
    """Check that nothing is negative but what may be."""
    for name in plan.data.data_vars:
        if name not in SIGNED:
            over = -plan.data.variables[name].values.astype(float)
            if (over > WHOLE).any():
                labels = _labels(plan.data[name])
                yield from exceeds("nothing is negative", over, str(name), *labels, tolerance=WHOLE)


def _own_rules(plan: PlanArrays) -> Iterator[Violation]:
    """Run the checks that came with rules of the user; one that has no number has a fault."""
    for rule in plan.problem.own_rules:
        none = xr.full_like(plan.data["year"], np.nan, dtype=float)
        over = rule.check(plan.problem, plan.data) if rule.check else none
        labels, values = _labels(over), over.to_numpy().astype(float)
        unknown = np.isnan(values).astype(float)
        yield from exceeds(
            rule.name, unknown, "claims that its check says nothing of", *labels, tolerance=HALF
        )
        yield from exceeds(rule.name, np.nan_to_num(values), rule.unit, *labels)


def _labels(array: xr.DataArray) -> tuple[list[object], ...]:
    """Return the labels along each dimension, numbers where there are none."""
    return tuple(
        array[dim].to_numpy().tolist() if dim in array.coords else list(range(array.sizes[dim]))
        for dim in array.dims
    )


def recomputed_objective(problem: Problem, data: xr.Dataset) -> float:
    """Return the objective of a plan: discounted euros and points, from the arrays alone."""
    plan = PlanArrays(problem, data)
    return money.objective(plan, money.Euros(plan))


def recomputed_bearing(problem: Problem, data: xr.Dataset) -> xr.DataArray:
    """Return the Wmo euros (account, year) that each municipality bears."""
    plan = PlanArrays(problem, data)
    labels = {"account": plan.labels["m"], "year": plan.labels["t"]}
    return xr.DataArray(bearing.bearing(plan, money.Euros(plan)), coords=labels, dims=tuple(labels))


def recomputed_others(problem: Problem, data: xr.Dataset) -> dict[str, xr.DataArray]:
    """Return the nominal euros by year of payers that are no municipality."""
    plan = PlanArrays(problem, data)
    years = plan.labels["t"]
    paid = money.Euros(plan).others
    return {name: xr.DataArray(eur, coords={"year": years}, dims="year") for name, eur in paid.items()}
