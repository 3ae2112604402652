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
    since = year - (amount.price_year if amount.price_year is not None else years.price_year)
    return amount.value * (1.0 + years.indexation.value) ** since


def annuity(capital_eur: float, interest: float, life_years: float) -> float:
    """Return the yearly payment (EUR) that repays a capital over its life at a yearly interest."""
    if interest == 0.0:
        return capital_eur / life_years
    last: float = (1.0 + interest) ** -life_years
    return capital_eur * interest / (1.0 - last)


def support_per_client(tier: Tier, year: int, years: Years) -> float:
    """Return the euros a client-year costs in a tier: its all-in rate or its client component."""
    weekly = tier.rate or tier.client
    return nominal(weekly, year, years) * WEEKS_PER_YEAR if weekly else 0.0


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
