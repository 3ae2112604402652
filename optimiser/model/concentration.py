"""Concentration limits: weighted places that a neighbourhood may carry, by chosen measure."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import get_args

from models.parameters.parameters import ConcentrationMeasure
from optimiser.problem import Problem

type At = tuple[str, str]
"""A site and a tier."""


@dataclass(frozen=True)
class Bound:
    """What one measure asks of one neighbourhood: Σ weights × places ≤ limit.

    Attributes
    ----------
    measure, neighbourhood
        Which measure, and of which neighbourhood.
    weights
        (site, tier) → what a place there counts; below 0 where it only adds to what is shared.
    limit
        Weighted places.
    """

    measure: ConcentrationMeasure
    neighbourhood: str
    weights: Mapping[At, float]
    limit: float

    def over(self, places: Mapping[At, float]) -> float:
        """Return by how many weighted places the limit is passed, 0 within it."""
        return max(0.0, sum(weight * places[at] for at, weight in self.weights.items()) - self.limit)


def bounds(problem: Problem) -> Iterator[Bound]:
    """Generate the bounds of every chosen measure, where a neighbourhood has or may have weighted places.

    around
        The neighbourhood with its neighbours carries at most norm × inhabitants × carrying capacity.
    own
        The same for the neighbourhood by itself, with a norm of its own.
    share
        Of its municipality's weighted places beyond one facility, a neighbourhood carries at
        most most_share × carrying capacity (never more than all).

    No limit is below one facility of the least size, so that a region without any may begin with one.
    """
    makers: dict[ConcentrationMeasure, Callable[[Problem], Iterator[Bound]]] = {
        "around": _around, "own": _own, "share": _share,
    }  # fmt: skip
    chosen = problem.policies.neighbourhood_concentration.measures
    for measure in get_args(ConcentrationMeasure.__value__):
        if measure in chosen:
            yield from (bound for bound in makers[measure](problem) if bound.weights)


def _around(problem: Problem) -> Iterator[Bound]:
    norm = problem.policies.neighbourhood_concentration.norm
    yield from _per_inhabitants(problem, "around", problem.around, norm.value if norm else 0.0)


def _own(problem: Problem) -> Iterator[Bound]:
    norm = problem.policies.neighbourhood_concentration.own_norm
    alone = {j: (j,) for j in problem.areas}
    yield from _per_inhabitants(problem, "own", alone, norm.value if norm else 0.0)


def _per_inhabitants(
    problem: Problem, measure: ConcentrationMeasure, areas: Mapping[str, tuple[str, ...]], norm: float
) -> Iterator[Bound]:
    """Generate the bounds of a norm per 1,000 inhabitants, over the areas that count for each."""
    inside, smallest = _weighted_places(problem), _smallest(problem)
    people, capacity = problem.neighbourhoods["inhabitants"], _capacity(problem)
    for j, counted in areas.items():
        limit = norm / 1000.0 * float(people[list(counted)].sum()) * capacity[j]
        weights = {at: weight for a in counted for at, weight in inside.get(a, {}).items()}
        yield Bound(measure, j, weights, max(limit, smallest))


def _share(problem: Problem) -> Iterator[Bound]:
    """Σ_j weight·z − least ≤ share·(Σ_m weight·z − least): written with all variables on the left."""
    most = problem.policies.neighbourhood_concentration.most_share
    inside, smallest, capacity = _weighted_places(problem), _smallest(problem), _capacity(problem)
    town = problem.municipality_of
    for j, here in inside.items():
        share = min(1.0, (most.value if most else 1.0) * capacity[j])
        weights = {
            at: weight * ((1.0 if at in here else 0.0) - share)
            for a, there in inside.items()
            if town[a] == town[j]
            for at, weight in there.items()
        }
        yield Bound("share", j, weights, (1.0 - share) * smallest)


def _weighted_places(problem: Problem) -> dict[str, dict[At, float]]:
    """Return neighbourhood → (site, tier) there → weight of a place, where a place weighs anything."""
    weight = problem.tiers["concentration_weight"].to_dict()
    inside: dict[str, dict[At, float]] = {}
    for s, k in problem.places_at:
        if weight[k]:
            inside.setdefault(problem.neighbourhood_of[s], {})[s, k] = float(weight[k])
    return inside


def _smallest(problem: Problem) -> float:
    """Return the least size of a facility whose places weigh anything."""
    least, weight = problem.tiers["least"].to_dict(), problem.tiers["concentration_weight"].to_dict()
    return min((float(least[k]) for _, k in problem.places_at if weight[k] > 0), default=0.0)


def _capacity(problem: Problem) -> dict[str, float]:
    return {str(j): float(index) for j, index in problem.neighbourhoods["carrying_capacity"].items()}
