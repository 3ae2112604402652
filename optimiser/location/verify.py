"""Independent verification of a location solution from the problem tables."""

from collections.abc import Iterator

import numpy as np
import pandas as pd

from optimiser.location.problem import LocationProblem
from optimiser.location.solution import Location

PEOPLE = 1e-4
"""People, or shares of an origin, by which a computed sum may be off."""

RELATIVE = 1e-6
"""Share by which the stated objective may differ from the one computed anew."""


def misfits(answer: Location) -> tuple[str, ...]:
    """Return everything in which an answer breaks what was asked or misstates itself; empty is verified."""
    problem, checks = answer.problem, (_choice, _crowds, _journeys, _served, _room, _worth)
    return tuple(message for check in checks for message in check(problem, answer))


def _choice(problem: LocationProblem, answer: Location) -> Iterator[str]:
    chosen = list(answer.sites)
    if len(set(chosen)) != len(chosen):
        yield "a site is chosen twice"
    if problem.sites is not None and len(chosen) != problem.sites:
        yield f"{len(chosen)} sites are chosen, not {problem.sites}"
    for site in chosen:
        if site not in problem.minutes.columns or site in problem.never:
            yield f"site {site} may not be chosen"
    for site in problem.always:
        if site not in chosen:
            yield f"site {site} is not chosen"


def _crowds(problem: LocationProblem, answer: Location) -> Iterator[str]:
    for crowd in problem.crowds:
        load = sum(crowd.weights.get(site, 0.0) for site in answer.sites)
        if load > crowd.most + PEOPLE:
            yield f"{load:g} around {crowd.around}, at most {crowd.most:g}"


def _journeys(problem: LocationProblem, answer: Location) -> Iterator[str]:
    for row in answer.assignment.to_dict("records"):
        minutes = float(problem.minutes.loc[row["origin"], row["site"]])
        if row["site"] not in answer.sites:
            yield f"{row['origin']} goes to {row['site']}, which is not chosen"
        if minutes != float(row["minutes"]):
            yield f"{row['origin']} to {row['site']} is {minutes:g} minutes, not {row['minutes']:g}"
        most = problem.radius if problem.sites is None else problem.limit
        if most is not None and row["people"] > 0 and minutes > most:
            yield f"{row['origin']} travels {minutes:g} minutes, at most {most:g}"


def _served(problem: LocationProblem, answer: Location) -> Iterator[str]:
    served = _sums(answer.assignment, "origin")
    may_be_left = problem.aim == "coverage" and problem.sites is not None and problem.limit is None
    for origin, people in zip(problem.demand.index, problem.demand.to_numpy(float), strict=True):
        there = served.get(str(origin), 0.0)
        if there > people + PEOPLE or (there < people - PEOPLE and not may_be_left):
            yield f"{there:g} of {people:g} people of {origin} are served"
    if not problem.divided:
        parts = answer.assignment[answer.assignment["people"] > PEOPLE].groupby("origin").size()
        yield from (f"{origin} is divided over {count} sites" for origin, count in parts.items() if count > 1)


def _room(problem: LocationProblem, answer: Location) -> Iterator[str]:
    if problem.capacity is None:
        return
    room = {str(site): float(most) for site, most in problem.capacity.items()}
    for site, people in _sums(answer.assignment, "site").items():
        if people > room[site] + PEOPLE:
            yield f"site {site} serves {people:g}, at most {room[site]:g}"


def _sums(assignment: pd.DataFrame, label: str) -> dict[str, float]:
    """Return the people by origin or by site."""
    return {str(key): float(people) for key, people in assignment.groupby(label)["people"].sum().items()}


def _worth(problem: LocationProblem, answer: Location) -> Iterator[str]:
    real = worth(problem, answer.sites, answer.assignment)
    if not np.isclose(real, answer.objective, rtol=RELATIVE, atol=PEOPLE):
        yield f"the objective is {real:.9g}, not {answer.objective:.9g}"
    less = problem.aim in ("travel", "worst") or problem.sites is None
    margin = RELATIVE * abs(real) + 1e-9
    if (answer.bound > real + margin) if less else (answer.bound < real - margin):
        yield f"the bound {answer.bound:.9g} is beyond the objective {real:.9g}"


def worth(problem: LocationProblem, sites: tuple[str, ...], assignment: pd.DataFrame) -> float:
    """Return what sites and assignment are worth to the problem's aim, from its tables."""
    people = assignment["people"].to_numpy(float)
    rows = problem.minutes.index.get_indexer(pd.Index(assignment["origin"]))
    columns = problem.minutes.columns.get_indexer(pd.Index(assignment["site"]))
    minutes = problem.minutes.to_numpy(float)[rows, columns]
    if problem.sites is None:
        return float(len(sites))
    if problem.aim == "travel":
        return float((people * minutes)[people > 0].sum())
    if problem.aim == "worst":
        return float(minutes[people > 0].max())
    if problem.aim == "coverage":
        return float(people[minutes <= problem.radius].sum())
    assert problem.between is not None
    apart = problem.between.loc[list(sites), list(sites)].to_numpy(float)
    apart = np.minimum(apart, apart.T)
    return float(apart[np.triu_indices(len(apart), 1)].min())
