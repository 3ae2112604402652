"""The ledger of a plan: every euro with its stream and year, whose people it is for, and who pays it."""

from itertools import product

import numpy as np
import pandas as pd
import xarray as xr
from numpy.typing import NDArray

from models.funding.funding import BORNE, SETTINGS
from optimiser.accounts.charges import charges
from optimiser.accounts.residents import NOBODY, at_locations
from optimiser.problem import Problem

type Matrix = NDArray[np.float64]
type Labels = dict[str, list[str] | list[int]]

SMALLEST = 1e-12
"""Share of a charge below which it is nothing: what a solver leaves of a 0."""


def ledger(problem: Problem, data: xr.Dataset) -> pd.DataFrame:
    """Return every euro of a plan in lines that add up to its cost.

    Returns
    -------
    pd.DataFrame
        The columns of `charges`, with `origin`, `host` and `payer` always filled in, and with
        `share_origin` (the part of the charge that is for people of `origin`), `share_payer` (the
        part of that which `payer` pays under the regime of the year), `eur` (nominal: the product of
        quantity, both shares and price) and `account` (the municipality in whose
        `funding_due` the line counts: the payer, or the origin where others pay).
    """
    lines = _with_payer(problem, _with_origin(problem, data, charges(problem, data)))
    eur = lines["quantity"] * lines["share_origin"] * lines["share_payer"] * lines["price"]
    borne = lines["stream"].isin(BORNE)
    account = lines["payer"].where(borne, lines["origin"])
    return lines.assign(eur=eur, account=account)


def _with_origin(problem: Problem, data: xr.Dataset, rows: pd.DataFrame) -> pd.DataFrame:
    """Divide what is shared over the municipalities that those come from for whom it is."""
    towns = list(problem.towns)
    shared = rows["origin"] == ""
    known = rows[~shared].assign(share_origin=1.0)
    weights = _sharing(problem, data, rows[shared])
    divided = _spread(rows[shared], weights, towns, "origin", "share_origin")
    return pd.concat([known, divided], ignore_index=True)


def _sharing(problem: Problem, data: xr.Dataset, rows: pd.DataFrame) -> Matrix:
    """Return the shares (row, municipality) of the people for whom a shared charge is.

    They are those who live at the place in the tier; where nobody does, those at the place, in such places
    of its municipality, in such places anywhere, all people; and without anybody it is the payer's.
    """
    lived = at_locations(problem, data)
    labels = lived.index.to_frame(index=False)
    of = problem.municipality_of
    there = of | {site: of[area] for site, area in problem.neighbourhood_of.items()}
    labels["host"] = labels["location"].map(there)
    labels["setting"] = labels["tier"].map(problem.tiers["setting"])
    levels = (
        ("location", "tier", "year"), ("location", "year"), ("host", "setting", "year"),
        ("setting", "year"), ("year",),
    )  # fmt: skip
    asked = rows.rename(columns={"place": "location"})
    weights = np.tile([float(m == problem.payer) for m in problem.towns], (len(rows), 1))
    for level in reversed(levels):
        summed = lived.groupby([labels[name].to_numpy() for name in level]).sum()
        wanted = pd.MultiIndex.from_frame(asked[list(level)]) if len(level) > 1 else asked[level[0]]
        found = summed.reindex(wanted).fillna(0.0).to_numpy()
        somebody = found.sum(axis=1) > NOBODY
        weights[somebody] = found[somebody]
    return np.asarray(weights / weights.sum(axis=1, keepdims=True), dtype=float)


def _with_payer(problem: Problem, rows: pd.DataFrame) -> pd.DataFrame:
    """Divide what municipalities bear over them; others are paid by who pays their stream."""
    borne = rows["stream"].isin(BORNE)
    others = rows[~borne]
    named = others["payer"].where(others["payer"] != "", others["stream"])
    paid = others.assign(payer=named, share_payer=1.0)
    own = rows[borne]
    divided = _spread(own, _bearing(problem, own), list(problem.towns), "payer", "share_payer")
    return pd.concat([divided, paid], ignore_index=True)


def _bearing(problem: Problem, rows: pd.DataFrame) -> Matrix:
    """Return the shares (row, municipality) that each bears of the stream under the regime of the year."""
    towns, treasury = list(problem.towns), problem.region.treasury
    codes = pd.Index(treasury.municipalities.index)
    shares, columns = np.zeros((len(rows), len(towns))), codes.get_indexer(pd.Index(towns))
    origin, host = (codes.get_indexer(pd.Index(rows[name])) for name in ("origin", "host"))
    setting = pd.Index(SETTINGS).get_indexer(pd.Index(rows["setting"]))
    years, streams = rows["year"].to_numpy(), rows["stream"].to_numpy()
    for year, stream in product(problem.years, BORNE):
        now = (years == year) & (streams == stream)
        borne = treasury.bearing(year, stream).to_numpy()
        shares[now] = borne[origin[now], host[now], setting[now]][:, columns]
    return shares


def _spread(rows: pd.DataFrame, shares: Matrix, codes: list[str], name: str, share: str) -> pd.DataFrame:
    """Return a row per positive share: its code under `name`, and the share."""
    row, column = np.nonzero(shares > SMALLEST)
    return rows.iloc[row].assign(**{name: np.array(codes, dtype=object)[column], share: shares[row, column]})


def spent(problem: Problem, lines: pd.DataFrame) -> xr.DataArray:
    """Return the euros of a ledger (part, origin, host, setting, stream, year); nothing is lost."""
    towns = list(problem.towns)
    labels: Labels = {
        "part": list(dict.fromkeys(lines["part"])), "origin": towns, "host": towns,
        "setting": list(SETTINGS), "stream": list(problem.streams), "year": list(problem.years),
    }  # fmt: skip
    return summed(lines, labels)


def summed(lines: pd.DataFrame, labels: Labels) -> xr.DataArray:
    """Return the euros of a ledger by the given labels: a dimension per column, zero where none are."""
    array = np.zeros([len(known) for known in labels.values()])
    index = tuple(pd.Index(known).get_indexer(pd.Index(lines[name])) for name, known in labels.items())
    np.add.at(array, index, lines["eur"].to_numpy(dtype=float))
    return xr.DataArray(array, coords=labels, dims=tuple(labels))
