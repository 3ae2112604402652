"""Infeasible location problems: who is out of reach, and how many sites are needed."""

from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from optimiser.location.cost_matrix import Floats, Places
from optimiser.location.instance import LocationInstance
from optimiser.location.milp import Program
from optimiser.location.problem import LocationProblem
from optimiser.solver.limits import Clock, Limits

SHOWN = 12
"""Origins that are named one by one."""


def explained(problem: LocationProblem, limits: Limits) -> tuple[str, ...]:
    """Return sentences on what stops it, the plainest reason alone where there is one."""
    instance, clock = LocationInstance.of(problem), Clock(limits)
    reach = (
        instance.minutes
        if problem.sites is not None
        else np.where(instance.minutes <= (problem.radius or 0.0), instance.minutes, np.inf)
    )
    nowhere = np.flatnonzero(np.isinf(reach).all(axis=1))
    if len(nowhere):
        return tuple(_out_of_reach(problem, nowhere))
    crowded = _too_crowded(problem, instance, clock, limits)
    return crowded or tuple(_left_out(problem, instance, np.isfinite(reach), clock, limits))


def _out_of_reach(problem: LocationProblem, rows: Places) -> Iterator[str]:
    """Name the origins that no site reaches, with their nearest."""
    minutes = problem.minutes.loc[problem.origins, problem.candidates]
    limit = problem.radius if problem.sites is None else problem.limit
    for row in rows[:SHOWN]:
        origin, nearest = minutes.index[row], minutes.iloc[row].min()
        who = f"{origin} ({problem.demand[origin]:g} people)"
        if np.isinf(nearest):
            yield f"{who} is out of reach of every site that may be chosen."
        else:
            where = minutes.iloc[row].idxmin()
            far = f"its nearest site, {where}, is {nearest:.1f} minutes away, not {limit:g}"
            yield f"{who} is out of reach: {far}."
    if len(rows) > SHOWN:
        yield f"So are {len(rows) - SHOWN} more origins."


def _too_crowded(
    problem: LocationProblem, instance: LocationInstance, clock: Clock, limits: Limits
) -> tuple[str, ...]:
    """Say so where the limits around places alone leave too few sites, or forbid those always open."""
    over = instance.loads[:, instance.forced].sum(axis=1) > instance.most
    if over.any():
        around = [crowd.around for crowd, too in zip(problem.crowds, over, strict=True) if too]
        return (f"The sites that are always open exceed the limit around {', '.join(around)}.",)
    if instance.count is None or not len(instance.most):
        return ()
    free = replace(instance, count=None, capacity=None)
    anything = np.ones((1, instance.minutes.shape[1]), bool)
    most = Program.covering(free, anything, -np.ones(instance.minutes.shape[1])).solved(clock, limits)
    if len(most.chosen) >= instance.count:
        return ()
    return (f"The limits around places leave room for {len(most.chosen)} sites, not {instance.count}.",)


def _left_out(
    problem: LocationProblem, instance: LocationInstance, near: np.ndarray, clock: Clock, limits: Limits
) -> Iterator[str]:
    """Name who is left out when as many as possible are served, and how many sites serve all."""
    cost = -instance.people[:, None] * near
    best = Program.serving(instance, near, everybody=False, pair_cost=cost).solved(clock, limits)
    if best.shares is None:
        yield f"No {instance.count} sites can be chosen that keep to the rules."
        return
    people = instance.people * (1 - best.shares.sum(axis=1))
    left = np.flatnonzero(people > 1e-6)
    which = f"{instance.count} sites" if instance.count is not None else "The sites that may be chosen"
    share = people.sum() / instance.people.sum()
    everybody = instance.people.sum()
    yield f"{which} leave out at least {people.sum():.6g} of {everybody:.6g} people ({share:.1%})."
    yield f"For instance: {_listed(problem, left, people)}."
    yield from _room(instance)
    yield from _needed(instance, near, clock, limits)


def _listed(problem: LocationProblem, rows: Places, people: Floats) -> str:
    names = [f"{problem.origins[row]} ({people[row]:.3g})" for row in rows[:SHOWN]]
    more = f" and {len(rows) - SHOWN} more" if len(rows) > SHOWN else ""
    return ", ".join(names) + more


def _room(instance: LocationInstance) -> Iterator[str]:
    if instance.capacity is None or instance.count is None:
        return
    open_ = instance.capacity[instance.forced].sum()
    free = instance.count - int(instance.forced.sum())
    others = np.sort(instance.capacity[~instance.forced])[::-1][:free].sum()
    everybody = instance.people.sum()
    if open_ + others < everybody:
        capacity = open_ + others
        yield f"The largest {instance.count} sites have room for {capacity:.6g} of {everybody:.6g} people."


def _needed(instance: LocationInstance, near: np.ndarray, clock: Clock, limits: Limits) -> Iterator[str]:
    """Say how many sites would do."""
    if instance.count is None:
        return
    free = replace(instance, count=None)
    if instance.capacity is not None:
        program = Program.serving(free, near, everybody=True, site_cost=1.0)
    else:
        program = Program.covering(free, near, np.ones(near.shape[1]))
    least = program.solved(clock, limits)
    if least.outcome == "optimal" and len(least.chosen) > instance.count:
        yield f"At least {len(least.chosen)} sites are needed."
    elif least.outcome == "infeasible":
        yield "No number of sites serves everybody within the rules."
