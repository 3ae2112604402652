"""A location problem: who travels how long to which site, and what a choice of sites must keep to."""

from dataclasses import dataclass, field
from typing import Any, Literal, Self

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from geodata.faults import InputError
from models.demand.forecast import Outlook
from models.region.region import Region
from optimiser.location import region_instance
from optimiser.location.checks import faults
from optimiser.location.crowd import Crowd

type Aim = Literal["travel", "worst", "coverage", "spread"]


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
        found = tuple(faults(self))
        if found:
            raise InputError(found)

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
        **asked: Any,
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
            **{"radius": norm, **asked},
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
