"""Price levels and annuities: amounts of a price year brought to the year of payment."""

from models.parameters.parameters import Conversion, Parameters, Tier, Years
from models.parameters.quantity import Quantity

WEEKS_PER_YEAR = 365.25 / 7

CLIENT = "client"
"""Stream of what clients pay of their support themselves."""

CORPORATION = "corporation"
"""Stream of what corporations invest in homes."""


def nominal(amount: Quantity, year: int, years: Years) -> float:
    """Return an amount at the price level of `year`, indexed from its own price year."""
    since = amount.price_year if amount.price_year is not None else years.price_year
    return amount.value * price_level(year, since, years)


def price_level(year: int, since: int, years: Years) -> float:
    """Return what a euro of the year `since` counts in `year`."""
    level: float = (1.0 + years.indexation.value) ** (year - since)
    return level


def annuity(capital_eur: float, interest: float, life_years: float) -> float:
    """Return the yearly payment (EUR) that repays a capital over its life at a yearly interest."""
    if interest == 0.0:
        return capital_eur / life_years
    last: float = (1.0 + interest) ** -life_years
    return capital_eur * interest / (1.0 - last)


def support_per_client(tier: Tier, year: int, years: Years) -> float:
    """Return the euros that a client-year costs: of an all-in rate what follows the client."""
    weekly = tier.rate or tier.client
    every = nominal(weekly, year, years) * WEEKS_PER_YEAR if weekly else 0.0
    return every - presence_per_client(tier, year, years) - _availability_per_client(tier, year, years)


def place_per_year(tier: Tier, year: int, years: Years) -> float:
    """Return the euros that a place costs in a year, lived in or not; of an all-in rate its availability."""
    if tier.rate:
        return _availability_per_client(tier, year, years) * _clients_per_place(tier)
    return nominal(tier.place, year, years) if tier.place else 0.0


def _availability_per_client(tier: Tier, year: int, years: Years) -> float:
    if not (tier.rate and tier.availability):
        return 0.0
    rest = nominal(tier.rate, year, years) * WEEKS_PER_YEAR - presence_per_client(tier, year, years)
    return tier.availability.value * rest


def _clients_per_place(tier: Tier) -> float:
    return tier.occupancy.value if tier.occupancy else 1.0


def presence_per_client(tier: Tier, year: int, years: Years) -> float:
    """Return the euros of presence for a client-year, in a full house of the reference size."""
    if tier.presence is None:
        return 0.0
    clients = tier.presence.reference_places.value * _clients_per_place(tier)
    return nominal(tier.presence.per_site, year, years) / clients


def running_per_site(tier: Tier, wlz_occupied: float, year: int, years: Years) -> float:
    """Return the euros of a site that runs for a year: its running, or presence less what the Wlz pays of it.

    People of the Wlz live there all the time, so that their part is known beforehand.
    """
    if tier.presence is None:
        return nominal(tier.running, year, years) if tier.running else 0.0
    paid_elsewhere = wlz_occupied * presence_per_client(tier, year, years)
    return max(0.0, nominal(tier.presence.per_site, year, years) - paid_elsewhere)


def contribution_per_client(tier: Tier, year: int, years: Years) -> float:
    """Return the euros of a client-year that the client pays: part of the support, and none on top."""
    return nominal(tier.contribution, year, years) * WEEKS_PER_YEAR if tier.contribution else 0.0


def closing_per_place(tier: Tier, year: int, parameters: Parameters) -> float:
    """Return the euros of taking one place away: the closing itself and the weeks it still runs.

    While a site empties, an all-in place is still paid by its rate and a place paid by
    components by its place component (double running is a real cost and is shown as one).
    """
    years, weeks = parameters.years, parameters.costs.double_running.value
    closing = nominal(tier.closing, year, years) if tier.closing else 0.0
    return closing + _still_paid(tier, weeks, year, years)


def changeover_per_place(tier: Tier, conversion: Conversion, year: int, years: Years) -> float:
    """Return the euros of the weeks in which a place of `tier` is paid beside what it becomes."""
    return _still_paid(tier, conversion.changeover.value, year, years)


def _still_paid(tier: Tier, weeks: float, year: int, years: Years) -> float:
    if tier.rate:
        return weeks * nominal(tier.rate, year, years)
    return weeks / WEEKS_PER_YEAR * nominal(tier.place, year, years) if tier.place else 0.0


def discount(year: int, years: Years) -> float:
    """Return what a euro of a year is worth in the first planned year."""
    return (1.0 + years.discount_rate.value) ** -(year - years.base - 1)
