"""What can be wrong with a location problem."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from geodata.faults import Fault, did_you_mean

if TYPE_CHECKING:
    from optimiser.location.problem import LocationProblem

WHERE = "location problem"
AIMS = ("travel", "worst", "coverage", "spread")


def faults(problem: "LocationProblem") -> Iterator[Fault]:
    """Generate everything that is wrong with a problem; labels first, as the rest speaks of them."""
    labels = [*_labels(problem.minutes, "minutes")]
    yield from labels
    yield from _aim(problem)
    if labels:
        return
    yield from _numbers(problem.minutes.to_numpy(), "minutes", "minutes of at least 0, or infinite")
    yield from _per_label(problem.demand, list(problem.minutes.index), "demand", "people")
    if problem.capacity is not None:
        yield from _per_label(problem.capacity, list(problem.minutes.columns), "capacity", "people")
    yield from _named(problem)
    yield from _count(problem)
    yield from _between(problem)


def _fault(column: str, found: str, expected: str, remedy: str) -> Fault:
    return Fault(WHERE, found, expected, remedy, column=column)


def _labels(minutes: pd.DataFrame, column: str) -> Iterator[Fault]:
    for axis, name in ((minutes.index, "origin"), (minutes.columns, "site")):
        if not len(axis):
            yield _fault(column, f"no {name} at all", f"at least one {name}", "Give one row an origin.")
        strange = [label for label in axis if not isinstance(label, str)]
        if strange:
            remedy = "Label rows and columns with codes, as text."
            yield _fault(column, f"the {name} {strange[0]!r}", f"codes of {name}s as text", remedy)
        twice = axis[axis.duplicated()]
        if len(twice):
            yield _fault(column, f"the {name} '{twice[0]}' twice", f"each {name} once", "Leave one out.")


def _aim(problem: "LocationProblem") -> Iterator[Fault]:
    if problem.aim not in AIMS:
        yield _fault("aim", f"'{problem.aim}'", "an aim", did_you_mean(str(problem.aim), AIMS))
    if problem.aim == "coverage" and problem.radius is None:
        remedy = "Say how many minutes count as near."
        yield _fault("radius", "none", "a radius in minutes, as the aim is coverage", remedy)
    if problem.sites is None and problem.aim != "coverage":
        remedy = "Say how many; only with coverage are as few as possible chosen."
        yield _fault("sites", "no number", "how many sites to choose", remedy)
    for column, value in (("radius", problem.radius), ("limit", problem.limit)):
        if value is not None and not value >= 0:
            yield _fault(column, f"{value}", "minutes of at least 0", "Give a number.")


def _numbers(values: np.ndarray, column: str, expected: str, *, infinite: bool = True) -> Iterator[Fault]:
    try:
        numbers = values.astype(float)
    except (TypeError, ValueError):
        yield _fault(column, "something that is no number", expected, "Give numbers only.")
        return
    if np.isnan(numbers).any():
        remedy = "Fill it in; infinite says that it cannot be reached." if infinite else "Fill it in."
        yield _fault(column, f"{int(np.isnan(numbers).sum())} empty cells", expected, remedy)
    if (numbers < 0).any():
        yield _fault(column, f"{numbers[numbers < 0][0]:g}", expected, "Correct the sign.")
    if not infinite and np.isinf(numbers).any():
        yield _fault(column, "an infinite number", expected, "Give a number.")


def _per_label(values: pd.Series, labels: list[str], column: str, noun: str) -> Iterator[Fault]:
    expected = f"a number of {noun} for each label of minutes"
    twice = values.index[values.index.duplicated()]
    if len(twice):
        yield _fault(column, f"'{twice[0]}' twice", "each label once", "Leave one out.")
        return
    missing = [label for label in labels if label not in values.index]
    strange = [str(label) for label in values.index if label not in set(labels)]
    if missing:
        yield _fault(column, f"nothing for '{missing[0]}' and {len(missing) - 1} more", expected, "Add it.")
    if strange:
        yield _fault(column, f"the unknown label '{strange[0]}'", expected, did_you_mean(strange[0], labels))
    yield from _numbers(values.to_numpy(), column, f"{noun} of at least 0", infinite=False)
    if column == "demand" and not missing and not float(np.nan_to_num(values.to_numpy(float)).sum()) > 0:
        yield _fault(column, "nobody", "somebody to serve", "Give at least one origin people.")


def _named(problem: "LocationProblem") -> Iterator[Fault]:
    known = [str(site) for site in problem.minutes.columns]
    crowded = [(f"crowds, {crowd.around}", tuple(crowd.weights)) for crowd in problem.crowds]
    for column, named in (("always", problem.always), ("never", problem.never), *crowded):
        for site in named:
            if site not in known:
                yield _fault(column, f"the unknown site '{site}'", "a site", did_you_mean(site, known))
    for site in problem.always:
        if site in problem.never:
            remedy = "Leave it out of one of the two."
            yield _fault("never", f"site '{site}', which is always open", "sites of one kind", remedy)
    for crowd in problem.crowds:
        numbers = np.array([*crowd.weights.values(), crowd.most], dtype=float)
        yield from _numbers(numbers, f"crowds, {crowd.around}", "weights of at least 0", infinite=False)


def _count(problem: "LocationProblem") -> Iterator[Fault]:
    if problem.sites is None:
        return
    allowed = len([site for site in problem.minutes.columns if site not in problem.never])
    always = len(set(problem.always))
    if not max(always, 1) <= problem.sites <= allowed:
        expected = f"a number from {max(always, 1)} to {allowed}: {always} are always open, {allowed} may be"
        yield _fault("sites", f"{problem.sites}", expected, "Choose another number, or allow more sites.")
    elif problem.aim == "spread" and problem.sites < 2:
        yield _fault("sites", "1", "at least 2 sites to keep apart", "Choose another aim or number.")


def _between(problem: "LocationProblem") -> Iterator[Fault]:
    if problem.aim != "spread":
        return
    known = set(problem.minutes.columns)
    if problem.between is None:
        remedy = "Give minutes from site to site."
        yield _fault("between", "nothing", "minutes between sites, as the aim is spread", remedy)
        return
    for axis in (problem.between.index, problem.between.columns):
        missing = sorted(known - set(axis))
        if missing or axis.has_duplicates:
            found = f"nothing for '{missing[0]}'" if missing else "a site twice"
            yield _fault("between", found, "each site once, both ways", "Complete the table.")
            return
    yield from _numbers(problem.between.to_numpy(), "between", "minutes of at least 0")
