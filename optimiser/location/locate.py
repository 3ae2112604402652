"""Classical location models on any region or matrix, each answer proven and verified.

    problem = LocationProblem(minutes, aim="travel", sites=5)
    answer = locate(problem)
    answer.sites, answer.mean_minutes, answer.status

Which sites serve best is asked in four ways: the fewest minutes in all (p-median), the
shortest longest journey (p-centre), the most people near (maximal covering, or set covering
where the number of sites is asked for), the widest spread (p-dispersion); each with capacities,
sites that are always or never open, limits on what stands around a place and on anybody's
journey.
"""

from collections.abc import Callable, Iterator
from threading import Event

import numpy as np
import pandas as pd

from optimiser.location.crowd import Crowd
from optimiser.location.incumbent import LocationSearch
from optimiser.location.infeasible import explained
from optimiser.location.instance import LocationInstance
from optimiser.location.models import (  # fmt: skip
    LocationResult,
    Nothing,
    fewest_minutes,
    fewest_sites,
    least_worst,
    most_within,
    widest_spread,
)
from optimiser.location.problem import Aim, LocationProblem
from optimiser.location.solution import Location, OutOfReach
from optimiser.location.verify import misfits
from optimiser.solver.highs import version
from optimiser.solver.limits import Clock, Limits, Progress

__all__ = ["Aim", "Crowd", "Location", "LocationProblem", "NoAnswerYet", "OutOfReach", "Wrong", "locate"]

PROVEN = 1e-6
"""Gap (share) up to which an answer is called proven."""


class NoAnswerYet(Exception):
    """The search was stopped, or ran out of time, before it had any choice."""

    status = "no answer yet"
    explanation: tuple[str, ...] = ()


class Wrong(Exception):
    """The answer that was found does not pass its check; it is withheld."""

    def __init__(self, messages: tuple[str, ...]) -> None:
        super().__init__(
            "\n".join(["The answer fails its check and is withheld.", *(f"- {t}" for t in messages)])
        )


def locate(
    problem: LocationProblem,
    *,
    seconds: float = 300.0,
    seed: int = 0,
    progress: Callable[[Progress], None] = lambda _: None,
    stop: Event | None = None,
) -> Location:
    """Return the best sites, proven unless time runs out, and checked anew.

    Parameters
    ----------
    seconds
        Wall-clock seconds after which the best choice so far is returned, with its bound.
    seed
        Of the solver; same problem and seed, same answer.
    progress
        Hears how far the search has come.
    stop
        Set it from outside to stop with the best choice so far.

    Raises
    ------
    OutOfReach
        Where no choice of sites does what is asked, with who is left out.
    NoAnswerYet
        Where the search ended before it had any choice.
    Wrong
        Where the answer does not pass its check.
    """
    limits = Limits(0.0, seconds, stop or Event(), seed)
    clock = Clock(limits)

    def tell(incumbent: float, bound: float) -> None:
        progress(Progress(clock.seconds, "search", incumbent, bound))

    result = _found(problem, LocationInstance.of(problem), LocationSearch(clock, limits, tell))
    if isinstance(result, Nothing):
        if result.none:
            raise OutOfReach(explained(problem, limits))
        raise NoAnswerYet("The search ended before it had a choice. Give it more time.")
    answer = _answer(problem, result, clock.seconds)
    messages = misfits(answer)
    if messages:
        raise Wrong(messages)
    return answer


def _found(
    problem: LocationProblem, instance: LocationInstance, search: LocationSearch
) -> LocationResult | Nothing:
    if problem.sites is None:
        return fewest_sites(instance, _radius(problem), search)
    if problem.aim == "travel":
        return fewest_minutes(instance, search)
    if problem.aim == "worst":
        return least_worst(instance, search)
    if problem.aim == "coverage":
        return most_within(instance, _radius(problem), search)
    assert problem.between is not None
    between = problem.between.loc[problem.candidates, problem.candidates].to_numpy(float)
    return widest_spread(instance, np.minimum(between, between.T), search)


def _radius(problem: LocationProblem) -> float:
    assert problem.radius is not None
    return problem.radius


def _answer(problem: LocationProblem, result: LocationResult, seconds: float) -> Location:
    sites = tuple(problem.candidates[place] for place in result.chosen)
    proven = abs(result.objective - result.bound) <= PROVEN * max(abs(result.objective), 1e-9)
    rows = _nearest(problem, sites) if result.shares is None else _shared(problem, result.shares)
    return Location(
        problem=problem,
        sites=sites,
        assignment=pd.DataFrame(rows, columns=["origin", "site", "people", "minutes"]),
        objective=result.objective,
        bound=result.bound,
        status="proven" if proven else "best_found",
        seconds=seconds,
        solver=version(),
        nodes=result.nodes,
    )


def _nearest(problem: LocationProblem, sites: tuple[str, ...]) -> Iterator[tuple[str, str, float, float]]:
    """Send every origin to its nearest chosen site, where it reaches one."""
    minutes = problem.minutes.loc[:, list(sites)]
    values, people = minutes.to_numpy(float), problem.people_of_all()
    at = values.argmin(axis=1)
    for row, origin in enumerate(minutes.index):
        if np.isfinite(values[row, at[row]]):
            yield origin, sites[at[row]], float(people[row]), float(values[row, at[row]])


def _shared(problem: LocationProblem, shares: np.ndarray) -> Iterator[tuple[str, str, float, float]]:
    """Send people where the shares say."""
    origins, sites = problem.origins, problem.candidates
    minutes = problem.minutes.loc[origins, sites].to_numpy(float)
    people = problem.demand.loc[origins].to_numpy(float)
    for row, column in zip(*np.nonzero(shares > 1e-7), strict=True):
        there = float(people[row] * shares[row, column])
        yield origins[row], sites[column], there, float(minutes[row, column])
