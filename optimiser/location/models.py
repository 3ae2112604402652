"""Location models, each with the search that solves it."""

from dataclasses import dataclass, replace

import numpy as np

from optimiser.location.branch_and_bound import best_choice
from optimiser.location.cost_matrix import CandidateCosts, Floats, Places
from optimiser.location.incumbent import LocationSearch
from optimiser.location.instance import Given, least_difference
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


def fewest_minutes(given: Given, search: LocationSearch) -> LocationResult | Nothing:
    """Choose so that people travel as little as possible, all together (p-median)."""
    costs = given.people[:, None] * given.minutes
    if given.capacity is not None:
        program = Program.serving(given, np.isfinite(costs), everybody=True, pair_cost=costs)
        return _from_program(program.solved(search.clock, search.limits))
    return _least_cost(given, costs, search)


def most_within(given: Given, radius: float, search: LocationSearch) -> LocationResult | Nothing:
    """Choose so that as many people as possible are near (maximal covering)."""
    near = given.minutes <= radius
    if given.capacity is not None:
        cost = np.where(near, -given.people[:, None], 0.0)
        within = np.isfinite(given.minutes) if given.limited else near
        program = Program.serving(given, within, everybody=given.limited, pair_cost=cost)
    else:
        program = Program.counting(given, near, everybody=given.limited)
    found = _from_program(program.solved(search.clock, search.limits))
    if isinstance(found, Nothing):
        return found
    return LocationResult(found.chosen, found.shares, -found.objective, -found.bound, found.nodes)


def least_worst(given: Given, search: LocationSearch) -> LocationResult | Nothing:
    """Choose so that the longest journey is as short as possible (p-centre)."""
    known = levels(given)
    if not len(known):
        return Nothing(none=True)
    found = shortest_longest(given, search.clock, search.limits)
    if found.answer is None or found.level is None:
        return Nothing(found.none)
    objective, bound = float(known[found.level]), float(known[found.first_possible])
    chosen = _nearer(given, found.answer.chosen, objective) if given.capacity is None else found.answer.chosen
    return LocationResult(chosen, found.answer.shares, objective, bound, found.asked)


def _nearer(given: Given, chosen: Places, within: float) -> Places:
    """Return a choice that is as good for the farthest and, by exchanges, better for the others."""
    costs = np.where(given.minutes <= within, given.people[:, None] * given.minutes, np.inf)
    count = replace(given, count=len(chosen))
    return interchange(count.choice(costs), chosen)


def widest_spread(given: Given, between: Floats, search: LocationSearch) -> LocationResult | Nothing:
    """Choose so that the nearest two sites are as far apart as possible (p-dispersion)."""
    known = distances(between)
    found = farthest_apart(given, between, search.clock, search.limits)
    if found.answer is None or found.level is None:
        return Nothing(found.none)
    objective, bound = float(known[found.level]), float(known[found.first_possible])
    return LocationResult(found.answer.chosen, found.answer.shares, objective, bound, found.asked)


def fewest_sites(given: Given, radius: float, search: LocationSearch) -> LocationResult | Nothing:
    """Choose as few sites as bring everybody near (set covering)."""
    near = given.minutes <= radius
    if given.capacity is not None:
        program = Program.serving(given, near, everybody=True, site_cost=1.0)
    else:
        program = Program.covering(given, near, np.ones(near.shape[1]))
    found = _from_program(program.solved(search.clock, search.limits))
    if isinstance(found, Nothing):
        return found
    chosen = _nearer(given, found.chosen, radius) if given.capacity is None else found.chosen
    return LocationResult(
        chosen, found.shares, float(len(chosen)), float(np.ceil(found.bound - 1e-6)), found.nodes
    )


def _least_cost(given: Given, costs: Floats, search: LocationSearch) -> LocationResult | Nothing:
    choice = given.choice(costs)
    start = _start(given, choice, search)
    if isinstance(start, Nothing):
        return start
    found = best_choice(choice, start, least_difference(costs), search)
    return LocationResult(found.chosen, None, found.value, found.bound, found.nodes)


def _start(given: Given, choice: CandidateCosts, search: LocationSearch) -> Places | Nothing:
    """Return a choice that keeps to the rules: by greed, or by asking for any that does."""
    for chosen in (
        greedy(choice),
        filled(choice, greedy_cover(np.isfinite(choice.costs), np.flatnonzero(choice.forced))),
    ):
        if choice.fits(chosen) and np.isfinite(choice.value(chosen)):
            return chosen
    answer = Program.covering(given, np.isfinite(choice.costs)).solved(search.clock, search.limits)
    return answer.chosen if len(answer.chosen) else Nothing(answer.outcome == "infeasible")


def _from_program(answer: MilpSolution) -> LocationResult | Nothing:
    if not len(answer.chosen):
        return Nothing(answer.outcome == "infeasible")
    return LocationResult(
        answer.chosen, answer.shares, answer.objective, min(answer.bound, answer.objective), 0
    )
