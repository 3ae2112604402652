"""Violations of a plan, and its arrays beside those of the problem."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd
import xarray as xr

from optimiser.problem import Problem

PEOPLE = 1e-4
"""Clients, places or homes by which a computed sum may be off: the solver's own tolerance, summed."""


@dataclass(frozen=True)
class Violation:
    """One claim of a rule that a plan does not meet."""

    rule: str
    where: str
    amount: float
    unit: str

    def __str__(self) -> str:
        return f"{self.rule} at {self.where}: off by {self.amount:.6g} {self.unit}"


def broken(
    rule: str, over: xr.DataArray, unit: str, tolerance: float = PEOPLE, *, both: bool = False
) -> Iterator[Violation]:
    """Generate a violation for every entry that is positive (for equalities: not zero), or no number."""
    size = abs(over) if both else over
    flat = size.values.ravel()
    if not len(flat) or flat.max() <= tolerance:
        return
    for position in np.flatnonzero(~(flat <= tolerance)):
        index = np.unravel_index(position, size.shape)
        where = ", ".join(
            str(size[d].values[i]) if d in size.coords else str(i)
            for d, i in zip(size.dims, index, strict=True)
        )
        yield Violation(rule, where or "region", float(flat[position]), unit)


def series(values: pd.Series, dim: str) -> xr.DataArray:
    """Return a column as an array whose dimension is named."""
    return xr.DataArray.from_series(values.rename_axis(dim))


def year_before(problem: Problem, planned: xr.DataArray, base: xr.DataArray) -> xr.DataArray:
    """Return last year's values at every planned year."""
    first = base.expand_dims(year=[problem.base_year])
    whole = xr.concat([first, planned], dim="year").transpose(*planned.dims)
    return whole.isel(year=slice(0, -1)).assign_coords(year=planned["year"])


def at_sites(problem: Problem, column: str, data: xr.Dataset) -> xr.DataArray:
    given = problem.site_tiers[column].astype(float).to_xarray()
    return given.reindex(site=data["site"].values, tier=data["tier"].values).fillna(0.0)


def bed_tiers(problem: Problem, data: xr.Dataset) -> list[str]:
    return [str(k) for k in data["tier"].values if problem.tiers.at[k, "intramural"]]
