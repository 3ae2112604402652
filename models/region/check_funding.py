"""Consistency checks of funding: regimes, shares, hosts and amounts."""

from collections.abc import Iterator

import pandas as pd

from geodata.faults import Fault
from models.funding.funding import MUNICIPAL, SHARES_TO_ONE, Treasury
from models.parameters.finance import CLIENT, CORPORATION
from models.parameters.parameters import MO, NEVER, Funding, Regime, Years
from models.parameters.toml_schema import TOML
from models.region.draft import Draft

_BY_SHARE: frozenset[Regime] = frozenset({"objective", "development", "residence"})
_WITH_A_PATH: frozenset[Regime] = frozenset({"objective", "residence"})


def of_money(draft: Draft) -> Iterator[Fault]:
    """Check that every regime of a planned year has what it needs."""
    if draft.funding is None or draft.years is None:
        return
    used = {draft.funding.regime(year) for year in draft.years.planned}
    if used & _WITH_A_PATH and draft.funding.path is None:
        remedy = f"Add funding.path.shape and funding.path.yearly (0.1), or let funding.law be '{NEVER}'."
        yield Fault(TOML, "no growth path", "its shape, linear or geometric", remedy, column="funding.path")
    if used & _BY_SHARE:
        yield from _shares(draft)
    if "development" in used:
        yield from _hosts(draft, draft.funding)
        yield from _shelter_is_paid_once(draft, draft.funding)
    yield from _centres(draft)
    yield from _corporations(draft)
    yield from _amounts(draft, draft.funding, draft.years)


def _centres(draft: Draft) -> Iterator[Fault]:
    """Check that a central municipality is its own: else nobody could say who bears what."""
    rows = draft.municipalities.dropna(subset="code").drop_duplicates("code")
    header = draft.header.central_municipality if draft.header else None
    central = rows.set_index("code")["central"].fillna(header)
    for line, code, own in zip(rows.index, rows["code"], central, strict=True):
        above = central.get(own, own)
        if above != own:
            found = f"'{own}' as centre of {code}, though {above} is the centre of {own}"
            remedy = f"Write {own} in the column central of {own} too, or {above} here."
            yield Fault("municipalities.csv", found, "a centre that is its own", remedy, int(line), "central")


def _corporations(draft: Draft) -> Iterator[Fault]:
    """Check that no corporation that pays is called as another payer is."""
    if draft.costs is None or draft.costs.home_capital is None:
        return
    taken = {*draft.municipality_codes, CLIENT, CORPORATION, "Wmo", "Wlz", "Zvw", MO}
    for name, rows in draft.homes[draft.homes["corporation"].isin(list(taken))].groupby("corporation"):
        found, line = f"a corporation called '{name}', as another payer is", int(rows.index[0])
        yield Fault("homes.csv", found, "a name of its own", "Give it another name.", line, "corporation")


def _shares(draft: Draft) -> Iterator[Fault]:
    """Check that objective shares are given for all or none, and add up to 1."""
    given = draft.municipalities["objective_share"].dropna()
    if given.empty:
        return
    for line in draft.municipalities.index.difference(given.index):
        remedy = "Fill it in, or leave the column empty: inhabitants then stand in, and reports say so."
        expected = "a share for every municipality"
        yield Fault("municipalities.csv", "an empty cell", expected, remedy, int(line), "objective_share")
    if len(given) == len(draft.municipalities) and abs(given.sum() - 1.0) > SHARES_TO_ONE:
        remedy = "Correct the shares of the grant that the municipalities of the region divide."
        yield Fault(
            "municipalities.csv",
            f"shares that add up to {given.sum():g}",
            "1",
            remedy,
            column="objective_share",
        )


def _hosts(draft: Draft, funding: Funding) -> Iterator[Fault]:
    """Check that every kind of shared facility has both a host and a budget."""
    kinds = [cell.split("|") for cell in draft.municipalities["host"].dropna()]
    hosted = {kind for cell in kinds for kind in cell}
    for kind in sorted(set(funding.facilities) - hosted):
        remedy = f"Write {kind} in the column host of its municipality, or take the budget out."
        key = f"funding.facilities.{kind}"
        yield Fault(TOML, f"a budget for '{kind}', which nobody hosts", "a host", remedy, column=key)
    for kind in sorted(hosted - set(funding.facilities)):
        remedy = f"Add funding.facilities.{kind}, 0 where it has no budget of its own."
        yield Fault("municipalities.csv", f"hosts of '{kind}'", "a budget for it", remedy, column="host")


def _shelter_is_paid_once(draft: Draft, funding: Funding) -> Iterator[Fault]:
    """Check that no host gets Wmo money for a shelter whose cost its centre bears from the MO."""
    own, budget = [code for code, tier in draft.tiers.items() if tier.stream == MO], funding.facilities
    if own and "shelter" in budget and budget["shelter"].value > 0:
        found = f"a budget out of the Wmo for shelter, beside tiers of {MO} ({', '.join(own)})"
        remedy = f"Write 0: under every regime the centre receives the subsidy ({MO}) and bears shelter."
        yield Fault(TOML, found, "shelter that is paid once", remedy, column="funding.facilities.shelter")


def _amounts(draft: Draft, funding: Funding, years: Years) -> Iterator[Fault]:
    """Check that execution cost and shared facilities fit in the grant of every year that has one."""
    if draft.budgets.empty:
        return
    towns = draft.municipalities.dropna(subset="code").drop_duplicates("code").set_index("code")
    rows = draft.budgets.dropna(subset=["municipality", "year", "stream", "eur"])
    rows = pd.DataFrame(rows[rows["municipality"].isin(towns.index)])
    treasury = Treasury(funding, years, towns, rows)
    left = treasury.historic(MUNICIPAL, years.planned).sum(["municipality", "stream"], min_count=1)
    for year in years.planned:
        eur = float(left.sel(year=year))
        fixed = float(treasury.facility_budgets(year).sum())
        if eur < 0:
            found = f"{-eur:,.0f} EUR more than the grant of {year}"
            remedy = "Lower the execution cost or the Wlz take-out, or correct budgets.csv."
            yield Fault(TOML, found, "a grant that covers them", remedy, column="funding.execution")
        elif funding.regime(year) == "development" and fixed > eur:
            found = f"{fixed:,.0f} EUR for shared facilities in {year}, of {eur:,.0f} EUR"
            remedy = "Lower their budgets, or correct budgets.csv."
            yield Fault(TOML, found, "no more than the budget", remedy, column="funding.facilities")
