"""Public figures: per municipality or wider, small counts suppressed.

Every published count, and every sum that holds among them and among what they are sums of, goes
through one suppression (`reports.suppression`), so that no table gives away what another hides.
Nothing is told of a site, a neighbourhood, or of who moves between tiers.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import pandas as pd

from reports.figures import figures
from reports.figures.suppression import Sum, shown, suppressed_table

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    import xarray as xr

    from optimiser.plan import Plan
    from reports.figures.contents import Contents

type Cell = tuple[str, ...]
"""What a count is of: its kind first, then the codes; `("town", "GM0114")`, `("tier", "shelter")`."""

WAITING = "waiting"
MONEY = 100_000
"""Euros are published in steps of this."""


@dataclass(frozen=True)
class PublicAccount:
    """Counts of one year, which add up to which, and those that are never published."""

    cells: Mapping[Cell, float]
    sums: tuple[Sum, ...]

    @property
    def latent(self) -> list[Cell]:
        """Counts of a municipality and tier: what others are sums of, never published."""
        return [cell for cell in self.cells if cell[0] == "in"]

    @classmethod
    def of(cls, cells: Mapping[Cell, float], sums: Iterable[tuple[Cell, Iterable[Cell]]]) -> PublicAccount:
        """Return the account of cells and of the sums that are made of them, in their order."""
        filled, kept = dict(cells), list[Sum]()
        for total, parts in sums:
            some = tuple(parts)
            filled.setdefault(total, sum(filled[part] for part in some))
            kept.append(Sum(total, some))
        return cls(filled, tuple(kept))


@dataclass(frozen=True)
class Public:
    """The figures of a plan that may be published; NaN is a count that is left out."""

    plan: Plan

    @property
    def threshold(self) -> int:
        """Counts under this are small."""
        return figures.region_of(self.plan).parameters.privacy.threshold

    @cached_property
    def people(self) -> pd.DataFrame:
        """People by `town` and `town_waiting` (of origin), `tier`, `profile` (in a tier) and in all."""
        return self._published(people_accounts(self.plan))

    @cached_property
    def places(self) -> pd.DataFrame:
        """Places by `town`, `tier`, `intramural` and in all."""
        return self._published(place_accounts(self.plan))

    @cached_property
    def homes(self) -> pd.DataFrame:
        """Homes in use by `town` and in all."""
        return self._published(home_accounts(self.plan))

    @cached_property
    def handed_over(self) -> pd.DataFrame:
        """Homes handed over in all planned years, corporations × municipalities, with their totals."""
        return suppressed_table(handed_over(self.plan), self.threshold).round()

    @cached_property
    def cost(self) -> pd.Series:
        """Euros of all planned years by municipality of origin, rounded to `MONEY`.

        Left out where the people of a municipality are, in any year, and then of a second one too.
        """
        cost = figures.cost_by_municipality(self.plan).sum(axis=1)
        known = cost.reindex(_codes(self.plan), fill_value=0.0)
        seen = of_kind(self.people, "town").reindex(known.index).notna().all(axis=1)
        if (~seen).sum() == 1 and seen.any():
            seen = seen & (known.index != known[seen].idxmin())
        return in_steps(known.where(seen))

    def _published(self, accounts: Mapping[int, PublicAccount]) -> pd.DataFrame:
        """Return cells × years in whole numbers, without what is latent; NaN where left out."""
        columns = {}
        for year, account in accounts.items():
            index = pd.Index(list(account.cells), tupleize_cols=False)
            values = pd.Series(list(account.cells.values()), index=index)
            seen = shown(values, account.sums, self.threshold, account.latent)
            columns[year] = values.where(seen).round()[~index.isin(account.latent)]
        return pd.DataFrame(columns)


def of_kind(table: pd.DataFrame, kind: str) -> pd.DataFrame:
    """Return the rows of one kind of cell under their codes."""
    own = [cell for cell in table.index if cell[0] == kind]
    rows = table[[cell[0] == kind for cell in table.index]]
    return rows.set_axis([cell[1] if len(cell) == 2 else cell[1:] for cell in own])


def public_measures(contents: Contents, public: Public) -> dict[str, pd.DataFrame]:
    """Return what municipalities can be coloured by: measure → municipalities × years."""
    inhabitants = contents.region.municipalities["inhabitants"]
    return {
        "places": of_kind(public.places, "town").div(inhabitants, axis=0) * 1000,
        "homes": of_kind(public.homes, "town").div(inhabitants, axis=0) * 1000,
        "waiting": of_kind(public.people, "town_waiting"),
    }


def in_steps(euros: pd.Series) -> pd.Series:
    """Return euros rounded to `MONEY`."""
    return (euros / MONEY).round() * MONEY


def people_accounts(plan: Plan) -> dict[int, PublicAccount]:
    """Return, by year, people by municipality and tier and by tier and profile, with all their sums."""
    everybody, towns = figures.everybody(plan), _codes(plan)
    tiers = [str(code) for code in everybody["tier"].values]
    # That nobody of a profile lives in a tier that is not for it, everybody knows.
    possible = {*plan.problem.allowed, *((p, WAITING) for p in plan.problem.profiles)}
    pairs = [(k, p) for k in tiers for p in map(str, everybody["profile"].values) if (p, k) in possible]
    living = [k for k in tiers if k != WAITING]
    sums: list[tuple[Cell, Iterable[Cell]]] = [
        *((("town", m), [("in", m, k) for k in living]) for m in towns),
        *((("tier", k), [_inner(m, k) for m in towns]) for k in tiers),
        *((("tier", k), [("profile", *pair) for pair in pairs if pair[0] == k]) for k in tiers),
        *((("setting", name), [("tier", k) for k in own]) for name, own in _settings(plan).items()),
        (("living",), [("tier", k) for k in living]),
        (("living",), [("town", m) for m in towns]),
        (("all",), [("living",), ("tier", WAITING)]),
    ]
    accounts = {}
    for year in figures.all_years(plan):
        now = everybody.sel(year=year)
        grid = _by_town(plan, now.sum("profile"))
        wide = now.sum("neighbourhood").transpose("tier", "profile").to_series()
        cells = {_inner(m, k): n for (m, k), n in grid.items()}
        cells |= {("profile", *pair): float(wide[pair]) for pair in pairs}
        accounts[year] = PublicAccount.of(cells, sums)
    return accounts


def place_accounts(plan: Plan) -> dict[int, PublicAccount]:
    """Return, by year, places in facilities by municipality and tier, with all their sums."""
    places, towns = figures.places(plan), _codes(plan)
    tiers = [str(code) for code in places["tier"].values]
    kinds = figures.region_of(plan).parameters.tiers
    sums: list[tuple[Cell, Iterable[Cell]]] = [
        *((("town", m), [("in", m, k) for k in tiers]) for m in towns),
        *((("tier", k), [("in", m, k) for m in towns]) for k in tiers),
        (("intramural",), [("tier", k) for k in tiers if kinds[k].intramural]),
        (("all",), [("town", m) for m in towns]),
        (("all",), [("tier", k) for k in tiers]),
    ]
    return {
        year: PublicAccount.of(
            {("in", *pair): n for pair, n in _by_town(plan, places.sel(year=year)).items()}, sums
        )
        for year in figures.all_years(plan)
    }


def home_accounts(plan: Plan) -> dict[int, PublicAccount]:
    """Return, by year, homes in use by municipality, with their sum."""
    table = figures.by_municipality(plan, figures.neighbourhood_homes(plan)).fillna(0.0)
    return {
        year: PublicAccount.of(
            {("town", str(m)): float(n) for m, n in table[year].items()},
            [(("all",), [("town", m) for m in _codes(plan)])],
        )
        for year in figures.all_years(plan)
    }


def handed_over(plan: Plan) -> pd.DataFrame:
    """Return homes handed over in all planned years, corporations × municipalities."""
    homes = _frame(plan.data["new_homes"].fillna(0).sum("year"), "neighbourhood", "corporation")
    towns = figures.region_of(plan).neighbourhoods["municipality"]
    return homes.groupby(towns.reindex(homes.index).to_numpy()).sum().T


def _frame(array: xr.DataArray, rows: str, columns: str) -> pd.DataFrame:
    laid = array.transpose(rows, columns)
    return pd.DataFrame(laid.to_numpy(), index=laid[rows].to_numpy(), columns=laid[columns].to_numpy())


def _inner(town: str, tier: str) -> Cell:
    """Return the cell of a municipality and tier; those waiting are published by municipality."""
    return ("town_waiting", town) if tier == WAITING else ("in", town, tier)


def _codes(plan: Plan) -> list[str]:
    return [str(code) for code in figures.region_of(plan).municipalities.index]


def _settings(plan: Plan) -> dict[str, list[str]]:
    region = figures.region_of(plan)
    return {"facility": figures.tier_codes(region, "facility"), "home": figures.tier_codes(region, "home")}


def _by_town(plan: Plan, array: xr.DataArray) -> dict[tuple[str, str], float]:
    """Return an array (neighbourhood or site, tier) added up to (municipality, tier)."""
    towns = figures.region_of(plan).neighbourhoods["municipality"]
    if "site" in array.dims:
        towns = plan.data["site_neighbourhood"].to_series().map(towns)
    frame = _frame(array, "site" if "site" in array.dims else "neighbourhood", "tier")
    summed = frame.groupby(towns.reindex(frame.index).to_numpy()).sum().reindex(_codes(plan), fill_value=0.0)
    values = summed.to_numpy(dtype=float)
    return {
        (str(m), str(k)): float(values[row, column])
        for row, m in enumerate(summed.index)
        for column, k in enumerate(summed.columns)
    }
