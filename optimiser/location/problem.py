"""Location problem: travel minutes from origins to sites, and the limits on a selection."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Literal, Self

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from geodata.faults import Fault, InputError, did_you_mean
from models.demand.forecast import Outlook
from models.region.region import Region
from optimiser.location import region_instance
from optimiser.location.crowd import Crowd

type Aim = Literal["travel", "worst", "coverage", "spread"]

WHERE = "location problem"
AIMS = ("travel", "worst", "coverage", "spread")


@dataclass(frozen=True)
class LocationProblem:
    """Which sites to choose; checked when it is made, and varied with `dataclasses.replace`.

    Attributes
    ----------
    minutes
        (origin × site): travel minutes, labelled; infinite where the site cannot be reached.
    aim
        `travel`: fewest minutes added up over people (p-median); `worst`: shortest longest
        journey (p-centre); `coverage`: most people within `radius` (maximal covering);
        `spread`: chosen sites as far apart as can be (p-dispersion).
    sites
        How many are chosen, those that are always open among them. None, with `coverage`: as few
        as bring everybody within `radius` (set covering).
    demand
        (origin): people; 1 each where it is left out. Where nobody lives, nobody has to travel.
    radius
        Minutes that count as near, for `coverage`.
    limit
        Minutes that nobody may exceed; without one, `coverage` may leave people out.
    always, never
        Sites that are chosen in any case, and sites that may not be.
    capacity
        (site): people it can serve; None where it does not matter.
    divided
        Whether people of one origin may go to different sites; only of use with `capacity`.
    between
        (site × site): minutes from one site to another, for `spread`; left out where origins are
        the sites themselves.
    crowds
        Limits on what is chosen around a place.

    Raises
    ------
    InputError
        With everything that is wrong with it.
    """

    minutes: pd.DataFrame
    aim: Aim
    sites: int | None
    demand: pd.Series = field(default_factory=lambda: pd.Series(dtype=float))
    radius: float | None = None
    limit: float | None = None
    always: tuple[str, ...] = ()
    never: tuple[str, ...] = ()
    capacity: pd.Series | None = None
    divided: bool = False
    between: pd.DataFrame | None = None
    crowds: tuple[Crowd, ...] = ()

    def __post_init__(self) -> None:
        """Check all of it, and label what was left out."""
        if self.demand.empty:
            object.__setattr__(self, "demand", pd.Series(1.0, index=self.minutes.index))
        if self.between is None and list(self.minutes.index) == list(self.minutes.columns):
            object.__setattr__(self, "between", self.minutes)
        errors = tuple(faults(self))
        if errors:
            raise InputError(errors)

    @classmethod
    def of(
        cls,
        region: Region,
        outlook: Outlook,
        *,
        tier: str | None = None,
        capacity: float | str | None = None,
        around: float | None = None,
        around_places: float | None = None,
        **options: Any,
    ) -> Self:
        """Return the problem of a region: its people, its sites (or neighbourhoods, for homes), its minutes.

        Parameters
        ----------
        tier
            Only sites that may have this tier count, and only people whom it fits; without one,
            every site and everybody. Its norm is the radius where none is given.
        capacity
            People that every site can serve; `room`: the places it has room for.
        around, around_places
            Most chosen sites, and most weighted places of chosen sites, in any neighbourhood with
            those that border on it.
        asked
            The other attributes: at least `aim` and `sites`.

        Raises
        ------
        InputError
            With everything that is wrong with what is asked.
        """
        wrong = tuple(region_instance.faults(region, tier, capacity))
        if wrong:
            raise InputError(wrong)
        norm = None if tier is None else region.parameters.tiers[tier].norm.value
        return cls(
            minutes=region_instance.minutes(region, tier),
            demand=region_instance.people(region, outlook, tier),
            between=region_instance.between(region, tier),
            capacity=region_instance.capacity(region, tier, capacity),
            crowds=region_instance.crowds(region, tier, around, around_places),
            **{"radius": norm, **options},
        )

    @property
    def candidates(self) -> list[str]:
        """The sites that may be chosen, in the order of `minutes`."""
        return [str(site) for site in self.minutes.columns if site not in self.never]

    @property
    def origins(self) -> list[str]:
        """The origins where somebody lives, in the order of `minutes`."""
        return [str(origin) for origin in self.minutes.index[self.people_of_all() > 0]]

    def people_of_all(self) -> NDArray[np.float64]:
        """Return the people (origin), in the order of `minutes`."""
        return self.demand.reindex(self.minutes.index).to_numpy(float)


def faults(problem: LocationProblem) -> Iterator[Fault]:
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


def _aim(problem: LocationProblem) -> Iterator[Fault]:
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


def _named(problem: LocationProblem) -> Iterator[Fault]:
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


def _count(problem: LocationProblem) -> Iterator[Fault]:
    if problem.sites is None:
        return
    allowed = len([site for site in problem.minutes.columns if site not in problem.never])
    always = len(set(problem.always))
    if not max(always, 1) <= problem.sites <= allowed:
        expected = f"a number from {max(always, 1)} to {allowed}: {always} are always open, {allowed} may be"
        yield _fault("sites", f"{problem.sites}", expected, "Choose another number, or allow more sites.")
    elif problem.aim == "spread" and problem.sites < 2:
        yield _fault("sites", "1", "at least 2 sites to keep apart", "Choose another aim or number.")


def _between(problem: LocationProblem) -> Iterator[Fault]:
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
