"""Location models, each with the search that solves it."""

from dataclasses import dataclass, replace

import numpy as np

from optimiser.location.branch_and_bound import best_choice
from optimiser.location.cost_matrix import CandidateCosts, Floats, Places
from optimiser.location.incumbent import LocationSearch
from optimiser.location.instance import LocationInstance, least_difference
from optimiser.location.interchange import greedy, interchange
from optimiser.location.milp import MilpSolution, Program
from optimiser.location.p_centre import filled, greedy_cover, levels, shortest_longest
from optimiser.location.p_dispersion import distances, farthest_apart


@dataclass(frozen=True)
class LocationResult:
    """Chosen sites (by place), shares (origin, site) where capacities count, objective and bound."""

    chosen: Places
    shares: Floats | None
    objective: float
    bound: float
    nodes: int


@dataclass(frozen=True)
class Nothing:
    """No choice was found: there is `none`, or time ran out before one was."""

    none: bool


def fewest_minutes(instance: LocationInstance, search: LocationSearch) -> LocationResult | Nothing:
    """Choose so that people travel as little as possible, all together (p-median)."""
    costs = instance.people[:, None] * instance.minutes
    if instance.capacity is not None:
        program = Program.serving(instance, np.isfinite(costs), everybody=True, pair_cost=costs)
        return _from_program(program.solved(search.clock, search.limits))
    return _least_cost(instance, costs, search)


def most_within(
    instance: LocationInstance, radius: float, search: LocationSearch
) -> LocationResult | Nothing:
    """Choose so that as many people as possible are near (maximal covering)."""
    near = instance.minutes <= radius
    if instance.capacity is not None:
        cost = np.where(near, -instance.people[:, None], 0.0)
        within = np.isfinite(instance.minutes) if instance.limited else near
        program = Program.serving(instance, within, everybody=instance.limited, pair_cost=cost)
    else:
        program = Program.counting(instance, near, everybody=instance.limited)
    result = _from_program(program.solved(search.clock, search.limits))
    if isinstance(result, Nothing):
        return result
    return LocationResult(result.chosen, result.shares, -result.objective, -result.bound, result.nodes)


def least_worst(instance: LocationInstance, search: LocationSearch) -> LocationResult | Nothing:
    """Choose so that the longest journey is as short as possible (p-centre)."""
    known = levels(instance)
    if not len(known):
        return Nothing(none=True)
    result = shortest_longest(instance, search.clock, search.limits)
    if result.answer is None or result.level is None:
        return Nothing(result.none)
    objective, bound = float(known[result.level]), float(known[result.first_possible])
    chosen = (
        _nearer(instance, result.answer.chosen, objective)
        if instance.capacity is None
        else result.answer.chosen
    )
    return LocationResult(chosen, result.answer.shares, objective, bound, result.asked)


def _nearer(instance: LocationInstance, chosen: Places, within: float) -> Places:
    """Return a choice that is as good for the farthest and, by exchanges, better for the others."""
    costs = np.where(instance.minutes <= within, instance.people[:, None] * instance.minutes, np.inf)
    count = replace(instance, count=len(chosen))
    return interchange(count.choice(costs), chosen)


def widest_spread(
    instance: LocationInstance, between: Floats, search: LocationSearch
) -> LocationResult | Nothing:
    """Choose so that the nearest two sites are as far apart as possible (p-dispersion)."""
    known = distances(between)
    result = farthest_apart(instance, between, search.clock, search.limits)
    if result.answer is None or result.level is None:
        return Nothing(result.none)
    objective, bound = float(known[result.level]), float(known[result.first_possible])
    return LocationResult(result.answer.chosen, result.answer.shares, objective, bound, result.asked)


def fewest_sites(
    instance: LocationInstance, radius: float, search: LocationSearch
) -> LocationResult | Nothing:
    """Choose as few sites as bring everybody near (set covering)."""
    near = instance.minutes <= radius
    if instance.capacity is not None:
        program = Program.serving(instance, near, everybody=True, site_cost=1.0)
    else:
        program = Program.covering(instance, near, np.ones(near.shape[1]))
    result = _from_program(program.solved(search.clock, search.limits))
    if isinstance(result, Nothing):
        return result
    chosen = _nearer(instance, result.chosen, radius) if instance.capacity is None else result.chosen
    return LocationResult(
        chosen, result.shares, float(len(chosen)), float(np.ceil(result.bound - 1e-6)), result.nodes
    )


def _least_cost(
    instance: LocationInstance, costs: Floats, search: LocationSearch
) -> LocationResult | Nothing:
    choice = instance.choice(costs)
    start = _start(instance, choice, search)
    if isinstance(start, Nothing):
        return start
    result = best_choice(choice, start, least_difference(costs), search)
    return LocationResult(result.chosen, None, result.value, result.bound, result.nodes)


def _start(instance: LocationInstance, choice: CandidateCosts, search: LocationSearch) -> Places | Nothing:
    """Return a choice that keeps to the rules: by greed, or by asking for any that does."""
    for chosen in (
        greedy(choice),
        filled(choice, greedy_cover(np.isfinite(choice.costs), np.flatnonzero(choice.forced))),
    ):
        if choice.fits(chosen) and np.isfinite(choice.value(chosen)):
            return chosen
    answer = Program.covering(instance, np.isfinite(choice.costs)).solved(search.clock, search.limits)
    return answer.chosen if len(answer.chosen) else Nothing(answer.outcome == "infeasible")


def _from_program(answer: MilpSolution) -> LocationResult | Nothing:
    if not len(answer.chosen):
        return Nothing(answer.outcome == "infeasible")
    return LocationResult(
        answer.chosen, answer.shares, answer.objective, min(answer.bound, answer.objective), 0
    )
