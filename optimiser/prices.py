"""Prices of every decision in every planned year."""

from dataclasses import dataclass
from typing import Self

import pandas as pd

from models.parameters import finance
from models.parameters.parameters import Parameters
from models.parameters.quantity import Quantity
from models.region.region import Region


@dataclass(frozen=True)
class Prices:
    """Nominal euros: one row per label, one column per planned year.

    Attributes
    ----------
    support
        Index tier; EUR per client-year; of an all-in rate what follows the client.
    contribution
        Index tier; EUR per client-year, the part of the support that the client pays.
    place
        Index tier; EUR per place-year, lived in or not; of an all-in rate its availability.
    closing
        Index tier; EUR, once, for one place removed.
    running
        Index (site, tier); EUR per year that the tier runs at the site; presence of an all-in rate too.
    capital
        Index (site, tier); EUR per year, from the column's year on, for one place added in it.
    conversion
        Index (tier, to_tier); EUR per year, from the column's year on, for one place converted in it.
    changeover
        Index (tier, to_tier); EUR, once, for one place converted: the old one is paid beside the new.
    general
        Index `new_home` (EUR per home, once), `bridging` (EUR per client-year of waiting) and
        `home_capital` (EUR per year, from the column's year on, for one home handed over in it).
    """

    support: pd.DataFrame
    contribution: pd.DataFrame
    place: pd.DataFrame
    closing: pd.DataFrame
    running: pd.DataFrame
    capital: pd.DataFrame
    conversion: pd.DataFrame
    changeover: pd.DataFrame
    general: pd.DataFrame

    @classmethod
    def of(cls, region: Region) -> Self:
        """Bring every amount of a region to the planned years."""
        parameters = region.parameters
        years, tiers, costs = parameters.years, parameters.tiers, parameters.costs
        planned = list(years.planned)
        converted = {
            (tier, to): [_yearly(parameters, finance.nominal(conversion.cost, t, years)) for t in planned]
            for tier, targets in costs.conversions.items()
            for to, conversion in targets.items()
        }
        changeover = {
            (tier, to): [finance.changeover_per_place(tiers[tier], both, t, years) for t in planned]
            for tier, targets in costs.conversions.items()
            for to, both in targets.items()
        }
        support = {
            k: [finance.support_per_client(tier, t, years) for t in planned] for k, tier in tiers.items()
        }
        place = {k: [finance.place_per_year(tier, t, years) for t in planned] for k, tier in tiers.items()}
        contribution = {
            k: [finance.contribution_per_client(tier, t, years) for t in planned] for k, tier in tiers.items()
        }
        closing = {
            k: [finance.closing_per_place(tier, t, parameters) for t in planned] for k, tier in tiers.items()
        }
        general = {
            "new_home": _grown(parameters, costs.new_home),
            "bridging": [eur * finance.WEEKS_PER_YEAR for eur in _grown(parameters, costs.bridging)],
            "home_capital": [_yearly(parameters, eur) for eur in _grown(parameters, costs.home_capital)],
        }
        return cls(
            support=_table(support, planned),
            contribution=_table(contribution, planned),
            place=_table(place, planned),
            closing=_table(closing, planned),
            running=_running(region),
            capital=_at_sites(region, "building_cost", "building").map(lambda eur: _yearly(parameters, eur)),
            conversion=_table(converted, planned),
            changeover=_table(changeover, planned),
            general=_table(general, planned),
        )


def _table(
    rows: dict[str, list[float]] | dict[tuple[str, str], list[float]], years: list[int]
) -> pd.DataFrame:
    frame = pd.DataFrame(list(rows.values()), columns=years, dtype=float)
    frame.index = pd.Index(list(rows), tupleize_cols=True)
    return frame


def _grown(parameters: Parameters, amount: Quantity | None) -> list[float]:
    years = parameters.years
    return [finance.nominal(amount, t, years) if amount else 0.0 for t in years.planned]


def _yearly(parameters: Parameters, capital_eur: float) -> float:
    costs = parameters.costs
    return finance.annuity(capital_eur, costs.interest.value, costs.asset_life.value)


def _running(region: Region) -> pd.DataFrame:
    """Return what a tier costs that runs at a site; presence of an all-in rate less the part of the Wlz."""
    years, tiers = region.parameters.years, region.parameters.tiers
    table, occupied = _at_sites(region, "running_cost", "running"), region.site_tiers["wlz_occupied"]
    for (site, code), wlz in zip(occupied.index, occupied, strict=True):
        tier = tiers[code]
        if tier.presence:
            each = [finance.running_per_site(tier, float(wlz), t, years) for t in years.planned]
            table.loc[(site, code)] = each
    return table


def _at_sites(region: Region, own_column: str, tier_field: str) -> pd.DataFrame:
    """A site's own amount, at the region's price level, goes before the amount of its tier."""
    parameters, rows = region.parameters, {}
    given = region.site_tiers[own_column]
    for (site, tier), own in zip(given.index, given, strict=True):
        amount = getattr(parameters.tiers[tier], tier_field)
        if pd.notna(own):
            amount = Quantity(value=float(own), unit="EUR")
        rows[site, tier] = _grown(parameters, amount)
    return _table(rows, list(parameters.years.planned))
