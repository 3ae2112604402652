"""Location models from Python: sites of a region, proven best for one aim."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from models.demand.forecast import forecast
from optimiser.location import locate as location_models
from optimiser.location.locate import LocationProblem
from reports.answers.location import Located
from reports.front_door.targets import region_of

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from threading import Event

    from optimiser.location.problem import Aim
    from optimiser.solver.limits import Progress
    from reports.front_door.targets import RegionLike
    from reports.text.notation import Language


def locate(
    target: RegionLike,
    *,
    aim: Aim = "travel",
    sites: int | None = None,
    tier: str | None = None,
    radius: float | None = None,
    limit: float | None = None,
    always: Sequence[str] = (),
    never: Sequence[str] = (),
    capacity: float | Literal["room"] | None = None,
    divided: bool = False,
    around: float | None = None,
    around_places: float | None = None,
    seconds: float = 300.0,
    seed: int = 0,
    lang: Language = "en",
    progress: Callable[[Progress], None] = lambda _: None,
    stop: Event | None = None,
) -> Located:
    """Return sites of a region, proven best for one aim.

    Parameters
    ----------
    aim
        "travel" (fewest minutes in all), "worst" (shortest longest journey), "coverage" (most people
        near) or "spread" (sites far apart).
    sites
        How many; left out with coverage: as few as reach everybody.
    tier
        Only its sites, and the people whom it fits.
    radius
        Minutes that are near, for coverage; the norm of the tier.
    limit
        Minutes that nobody may exceed.
    always, never
        Sites that are chosen in any case, or not at all.
    capacity, divided
        People per site, or "room" for its places; and whether people of one neighbourhood may part.
    around, around_places
        Most chosen sites, or weighted places, in a neighbourhood and those around it.
    seconds, seed
        Of the search.

    Raises
    ------
    InputError
        Where what is asked makes no sense.
    OutOfReach, NoAnswerYet
        Where no choice does what is asked, or none was found in time.
    """
    region = region_of(target)
    near = {} if radius is None else {"radius": radius}
    problem = LocationProblem.of(
        region, forecast(region), aim=aim, sites=sites, tier=tier, limit=limit, always=tuple(always),
        never=tuple(never), capacity=capacity, divided=divided, around=around, around_places=around_places,
        **near,
    )  # fmt: skip
    answer = location_models.locate(problem, seconds=seconds, seed=seed, progress=progress, stop=stop)
    return Located(answer, region, tier, lang)
