"""Charges of a plan: every quantity, its nominal price, and the numbers behind the price."""

from collections.abc import Callable, Iterator

import numpy as np
import pandas as pd
import xarray as xr

from models.parameters.finance import CLIENT, CORPORATION
from models.parameters.parameters import Tier
from optimiser.accounts.residents import FACILITY, HOME, people_between, waiting_at_home
from optimiser.problem import Problem

COLUMNS = {
    "part": "", "stream": "", "year": 0, "payer": "", "origin": "", "host": "", "place": "",
    "setting": FACILITY, "tier": "", "built": 0, "unit": "", "quantity": 0.0, "price": 0.0, "keys": "",
}  # fmt: skip
"""Columns of the charges, and what stands where one says nothing of it."""

INDEXATION = "years.indexation"
SITES_CSV = "sites.csv"


def charges(problem: Problem, data: xr.Dataset) -> pd.DataFrame:
    """Return everything that a plan pays, one row per quantity with a price that is not zero.

    Parameters
    ----------
    data
        The decisions of a plan.

    Returns
    -------
    pd.DataFrame
        `COLUMNS`. `quantity` (in `unit`) times `price` (nominal EUR for one of it) is what is paid in
        `year`. `payer` is who pays a stream that is not the municipalities' (see `problem.payers`),
        else empty: that depends on the regime. `origin` is empty where the cost is shared by the
        people who live at `place` (a site or neighbourhood in the municipality `host`). `built` is the year
        since which capital is paid. `keys` names the numbers of the register of assumptions
        that make the price, the first one the price itself.
    """
    rows = [
        *_support(problem, data), *_bridging(problem, data), *_sites(problem, data),
        *_changeover(problem, data), *_capital(problem, data), *_conversion(problem, data),
        *_homes(problem, data),
    ]  # fmt: skip
    frame = pd.concat([rows for rows in rows if len(rows)] or [pd.DataFrame(columns=list(COLUMNS))])
    for name, otherwise in COLUMNS.items():
        column = frame[name] if name in frame else pd.Series(otherwise, index=frame.index)
        frame[name] = column.where(column.notna(), otherwise).astype(type(otherwise))
    return frame.loc[frame["price"] != 0.0, list(COLUMNS)].reset_index(drop=True)


def _amounts(array: xr.DataArray) -> pd.DataFrame:
    """Return the entries of an array that are not zero: a column per dimension, and `quantity`."""
    values = array.to_numpy()
    where = np.nonzero(values)
    labels = {str(dim): array.indexes[dim].take(at) for dim, at in zip(array.dims, where, strict=True)}
    return pd.DataFrame({**labels, "quantity": values[where]})


def _looked_up(rows: pd.DataFrame, prices: pd.DataFrame, *columns: str) -> pd.Series:
    """Return the price of every row from a table by label and year."""
    if rows.empty:
        return pd.Series(dtype=float)
    wanted = pd.MultiIndex.from_frame(rows[[*columns]]) if len(columns) > 1 else pd.Index(rows[columns[0]])
    row, year = prices.index.get_indexer(wanted), prices.columns.get_indexer(pd.Index(rows["year"]))
    # a label that the table lacks is at −1: there stand zeros
    known = np.pad(np.nan_to_num(prices.to_numpy(dtype=float)), ((0, 1), (0, 1)))
    return pd.Series(known[row, year], index=rows.index)


def _support(problem: Problem, data: xr.Dataset) -> Iterator[pd.DataFrame]:
    """Generate the support of people with a place: what the tier's stream pays and what the client does."""
    people = _amounts(people_between(problem, data))
    people = people.assign(
        part="support", unit="client-year",
        setting=people["tier"].map(problem.tiers["setting"]), stream=people["tier"].map(problem.stream_of),
    )  # fmt: skip
    own = _looked_up(people, problem.prices.contribution, "tier")
    given = _keys(problem, _support_keys)
    both = _keys(problem, lambda code, tier: [f"tiers.{code}.contribution"] if tier.contribution else [])
    named = [_joined(*given[k], *both[k], INDEXATION) for k in people["tier"]]
    yield people.assign(price=_looked_up(people, problem.prices.support, "tier") - own, keys=named)
    paid = people[own > 0.0]
    named = [_joined(*both[k], INDEXATION) for k in paid["tier"]]
    yield paid.assign(stream=CLIENT, payer=CLIENT, price=own[own > 0.0], keys=named)


def _support_keys(code: str, tier: Tier) -> list[str]:
    if tier.rate is None:
        return [f"tiers.{code}.client"]
    parts = [f"tiers.{code}.availability"] if tier.availability else []
    return [f"tiers.{code}.rate", *_presence_keys(code, tier), *parts]


def _presence_keys(code: str, tier: Tier) -> list[str]:
    if tier.presence is None:
        return []
    names = ("presence.per_site", "presence.reference_places", "occupancy")
    return [f"tiers.{code}.{name}" for name in names]


def _place_keys(code: str, tier: Tier) -> list[str]:
    return _support_keys(code, tier) if tier.rate else [f"tiers.{code}.place"]


def _bridging(problem: Problem, data: xr.Dataset) -> Iterator[pd.DataFrame]:
    rows = _amounts(waiting_at_home(problem, data))
    yield rows.assign(
        part="bridging", unit="client-year", setting=HOME, host=rows["origin"],
        price=_by_year(problem, rows, "bridging"),
        keys=_joined("costs.bridging", INDEXATION),
    )  # fmt: skip


def _sites(problem: Problem, data: xr.Dataset) -> Iterator[pd.DataFrame]:
    """Generate what running sites, their places and places taken away or changing over cost."""
    prices, own = problem.prices, problem.region.site_tiers["running_cost"]
    running = _at_sites(problem, data["operating"])
    present = _keys(problem, _presence_keys)
    keys = [
        _joined(*present[k], SITES_CSV, INDEXATION)
        if present[k]
        else _joined(_own_or(own, s, k, f"tiers.{k}.running"), INDEXATION)
        for s, k in zip(running["place"], running["tier"], strict=True)
    ]
    priced = _looked_up(running, prices.running, "place", "tier")
    yield running.assign(part="sites", unit="site-year", price=priced, keys=keys)
    # the Wlz itself pays for the places its people live in
    places = _at_sites(problem, data["places"] - data["wlz_occupied"])
    paid = _keys(problem, _place_keys)
    keys = [_joined(*paid[k], INDEXATION) for k in places["tier"]]
    yield places.assign(
        part="sites", unit="place-year", price=_looked_up(places, prices.place, "tier"), keys=keys
    )
    removed = _at_sites(problem, data["removed"])
    named = _keys(problem, _closing_keys)
    keys = [_joined(*named[k]) for k in removed["tier"]]
    priced = _looked_up(removed, prices.closing, "tier")
    yield removed.assign(part="closing", unit="place", price=priced, keys=keys)


def _changeover(problem: Problem, data: xr.Dataset) -> Iterator[pd.DataFrame]:
    """Generate the weeks in which a converted place is paid beside what it becomes."""
    if not len(problem.prices.changeover):
        return
    changed = _at_sites(problem, data["converted"])
    priced = _looked_up(changed, problem.prices.changeover, "tier", "to_tier")
    still = _keys(problem, _still_paid_keys)
    keys = [
        _joined(f"costs.conversions.{k}.{m}.changeover", *still[k], INDEXATION)
        for k, m in zip(changed["tier"], changed["to_tier"], strict=True)
    ]
    rows = changed.assign(part="closing", unit="place", price=priced, keys=keys)
    yield _of_what_it_became(problem, rows)


def _still_paid_keys(code: str, tier: Tier) -> list[str]:
    return [f"tiers.{code}.rate"] if tier.rate else [f"tiers.{code}.place"] if tier.place else []


def _closing_keys(code: str, tier: Tier) -> list[str]:
    still = _still_paid_keys(code, tier)
    return [f"tiers.{code}.closing", *still, *(["costs.double_running"] if still else []), INDEXATION]


def _capital(problem: Problem, data: xr.Dataset) -> Iterator[pd.DataFrame]:
    """Generate the annuities of added places, in every year from that of building on."""
    added, own = _at_sites(problem, data["added"]), problem.region.site_tiers["building_cost"]
    keys = [
        _annuity_of(_own_or(own, s, k, f"tiers.{k}.building"))
        for s, k in zip(added["place"], added["tier"], strict=True)
    ]
    priced = _looked_up(added, problem.prices.capital, "place", "tier")
    yield _since(problem, added.assign(part="capital", unit="place", price=priced, keys=keys))


def _conversion(problem: Problem, data: xr.Dataset) -> Iterator[pd.DataFrame]:
    """Generate the annuities of converted places."""
    if not len(problem.prices.conversion):
        return
    changed = _at_sites(problem, data["converted"])
    priced = _looked_up(changed, problem.prices.conversion, "tier", "to_tier")
    keys = [
        _annuity_of(f"costs.conversions.{k}.{m}.cost")
        for k, m in zip(changed["tier"], changed["to_tier"], strict=True)
    ]
    rows = changed.assign(part="conversion", unit="place", price=priced, keys=keys)
    yield _since(problem, _of_what_it_became(problem, rows))


def _of_what_it_became(problem: Problem, rows: pd.DataFrame) -> pd.DataFrame:
    """Return charges for changing places as those of the people who live in what a place became."""
    return rows.assign(tier=rows["to_tier"], stream=rows["to_tier"].map(problem.stream_of))


def _homes(problem: Problem, data: xr.Dataset) -> Iterator[pd.DataFrame]:
    """Generate what a home handed over costs at once, and what its corporation pays for it from then on."""
    rows = _amounts(data["new_homes"]).rename(columns={"neighbourhood": "place"})
    rows = rows.assign(setting=HOME, unit="home", host=rows["place"].map(problem.municipality_of))
    yield rows.assign(
        part="homes", stream=problem.general_stream, price=_by_year(problem, rows, "new_home"),
        keys=_joined("costs.new_home", INDEXATION),
    )  # fmt: skip
    if problem.has_home_capital:
        capital = rows.assign(
            part="home_capital", stream=CORPORATION, payer=rows["corporation"],
            price=_by_year(problem, rows, "home_capital"), keys=_annuity_of("costs.home_capital"),
        )  # fmt: skip
        yield _since(problem, capital)


def _by_year(problem: Problem, rows: pd.DataFrame, name: str) -> pd.Series:
    """Return the price of every row that depends on its year only."""
    prices = dict(zip(problem.years, problem.prices.general.loc[name], strict=True))
    return rows["year"].map(prices)


def _at_sites(problem: Problem, array: xr.DataArray) -> pd.DataFrame:
    """Return what is not zero at sites, with the municipality they stand in and the stream of the tier."""
    rows = _amounts(array).rename(columns={"site": "place"})
    host = rows["place"].map(problem.neighbourhood_of).map(problem.municipality_of)
    return rows.assign(host=host, stream=rows["tier"].map(problem.stream_of))


def _since(problem: Problem, rows: pd.DataFrame) -> pd.DataFrame:
    """Return what was built in a year as a row for that year and every one after it."""
    years = pd.DataFrame({"later": list(problem.years)})
    every = rows.rename(columns={"year": "built"}).merge(years, how="cross")
    return pd.DataFrame(every[every["later"] >= every["built"]]).rename(columns={"later": "year"})


def _keys(problem: Problem, of: Callable[[str, Tier], list[str]]) -> dict[str, list[str]]:
    return {code: of(code, tier) for code, tier in problem.region.parameters.tiers.items()}


def _own_or(own: pd.Series, site: str, tier: str, otherwise: str) -> str:
    """Return where an amount at a site is from: sites.csv where it has its own, else the tier."""
    return SITES_CSV if pd.notna(own[(site, tier)]) else otherwise


def _annuity_of(key: str) -> str:
    return _joined(key, "costs.interest", "costs.asset_life", INDEXATION)


def _joined(*keys: str) -> str:
    return "; ".join(keys)
