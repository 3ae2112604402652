"""Limits of what is plausible: beyond them a number is a slip of the pen or of another unit."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from geodata.faults import Fault
from models.parameters.parameters import Tier
from models.parameters.quantity import Quantity
from models.parameters.toml_schema import TOML
from models.region.draft import Draft


@dataclass(frozen=True)
class Plausible:
    """From what to what a number can be believed, what is usual, and what to look at where it is not."""

    least: float
    most: float
    usual: str
    remedy: str

    def fault(self, key: str, value: float) -> Fault | None:
        """Return what is wrong with a value, None where it can be believed."""
        if self.least <= value <= self.most:
            return None
        expected = f"from {self.least:g} to {self.most:g} (usual: {self.usual})"
        return Fault(TOML, f"{value:,.10g}", expected, self.remedy, column=key)


DETOUR = Plausible(
    1.0, 5.0, "1.2 to 1.6", "A road is never shorter than the straight line: 1.3 is 30 % longer."
)
SPEED = Plausible(3.0, 130.0, "30 to 70 km/h", "Give kilometres an hour from door to door.")
TERMINAL = Plausible(0.0, 50.0, "5 to 20", "Give how many times the last year counts, not euros or a year.")
DISCOUNT = Plausible(-0.05, 0.3, "0.02 to 0.06", "Give a share: 0.04 is 4 %.")
INDEXATION = Plausible(-0.1, 0.15, "0.01 to 0.05", "Give a share: 0.03 is 3 %.")
OCCUPANCY = Plausible(0.3, 1.0, "0.9 to 1", "Give the share of places that is lived in: 0.95 is 95 %.")
MINUTES = Plausible(0.5, 600.0, "10 to 30 minutes", "Give minutes, not hours or kilometres.")
WEEKLY = Plausible(
    0.0, 5_000.0, "100 to 1,500 EUR a week", "Give euros per client and week: of a year, 1/52."
)
PRICE_YEAR = Plausible(1990, 2100, "the year of the contract", "Name the year whose prices these are.")
"""Limits by hand: generous assumptions, beyond which no Dutch region was found."""

MOST_PLACES = 0.05
"""Places per inhabitant above which one of the two is wrong: the bundled regions have some 0.001."""


def of(draft: Draft) -> Iterator[Fault]:
    """Generate the numbers of a region that cannot be meant."""
    years, road = draft.years, draft.road
    if years is not None:
        yield from _beyond("years.terminal", years.terminal, TERMINAL)
        yield from _beyond("years.discount_rate", years.discount_rate, DISCOUNT)
        yield from _beyond("years.indexation", years.indexation, INDEXATION)
        yield from _known(PRICE_YEAR.fault("years.price_year", years.price_year))
    if road is not None:
        yield from _beyond("travel.detour", road.detour, DETOUR)
        yield from _beyond("travel.speed", road.speed, SPEED)
    for code, tier in draft.tiers.items():
        yield from _of_tier(f"tiers.{code}", tier)
    yield from _places(draft)


def _of_tier(key: str, tier: Tier) -> Iterator[Fault]:
    limits: Mapping[str, Plausible] = {
        "rate": WEEKLY, "client": WEEKLY, "occupancy": OCCUPANCY, "norm": MINUTES, "reach": MINUTES,
    }  # fmt: skip
    for name, limit in limits.items():
        number: Quantity | None = getattr(tier, name)
        yield from _beyond(f"{key}.{name}", number, limit)
        if number is not None and number.price_year is not None:
            yield from _known(PRICE_YEAR.fault(f"{key}.{name}.price_year", number.price_year))


def _beyond(key: str, number: Quantity | None, limit: Plausible) -> Iterator[Fault]:
    if number is not None:
        yield from _known(limit.fault(key, number.value))


def _known(fault: Fault | None) -> Iterator[Fault]:
    if fault is not None:
        yield fault


def _places(draft: Draft) -> Iterator[Fault]:
    """Check that the places of today are few beside the inhabitants."""
    if not {"places"} <= set(draft.site_rows) or "inhabitants" not in draft.areas:
        return
    places, people = float(draft.site_rows["places"].sum()), float(draft.areas["inhabitants"].sum())
    if people > 0 and places > MOST_PLACES * people:
        found = f"{places:,.0f} places for {people:,.0f} inhabitants"
        expected = f"at most {MOST_PLACES:.0%} of the inhabitants (usual: 0.1 to 0.4 %)"
        remedy = "Check the column places, and the inhabitants of the neighbourhoods."
        yield Fault("sites.csv", found, expected, remedy, column="places")
