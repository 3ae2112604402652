"""Location instance as arrays: inhabited origins by candidate sites."""

from dataclasses import dataclass
from typing import Self

import numpy as np

from optimiser.location.cost_matrix import Bools, CandidateCosts, Floats
from optimiser.location.problem import LocationProblem


@dataclass(frozen=True)
class LocationInstance:
    """What the search needs of a problem, without labels.

    Attributes
    ----------
    minutes
        (origin, site); infinite beyond the limit.
    limited
        Whether there is a limit, so that nobody may be left out.
    people
        (origin).
    count
        How many sites; None for as few as possible.
    forced
        (site).
    loads, most
        (crowd, site) and (crowd).
    capacity
        (site) people, or None.
    divided
        Whether people of one origin may part.
    """

    minutes: Floats
    limited: bool
    people: Floats
    count: int | None
    forced: Bools
    loads: Floats
    most: Floats
    capacity: Floats | None
    divided: bool

    @classmethod
    def of(cls, problem: LocationProblem) -> Self:
        """Take the arrays of a problem."""
        sites, origins = problem.candidates, problem.origins
        minutes = problem.minutes.loc[origins, sites].to_numpy(float)
        if problem.limit is not None:
            minutes = np.where(minutes <= problem.limit, minutes, np.inf)
        capacity = problem.capacity
        return cls(
            minutes=minutes,
            limited=problem.limit is not None,
            people=problem.demand.loc[origins].to_numpy(float),
            count=problem.sites,
            forced=np.array([site in problem.always for site in sites]),
            loads=np.array([[crowd.weights.get(site, 0.0) for site in sites] for crowd in problem.crowds])
            .reshape(len(problem.crowds), len(sites))
            .astype(float),
            most=np.array([crowd.most for crowd in problem.crowds], dtype=float),
            capacity=None if capacity is None else capacity.loc[sites].to_numpy(float),
            divided=problem.divided,
        )

    def choice(self, costs: Floats) -> CandidateCosts:
        """Return the choice of sites under given costs (origin, site)."""
        assert self.count is not None
        return CandidateCosts(costs, self.count, self.forced, self.loads, self.most)


def least_difference(costs: Floats) -> float:
    """Return the least by which two sums of costs can differ: their common divisor if whole, else 0."""
    known = np.unique(costs[np.isfinite(costs)])
    if len(known) == 0 or known.max() > 1e12 or not (known == np.round(known)).all():
        return 0.0
    return float(np.gcd.reduce(known.astype(np.int64)))
