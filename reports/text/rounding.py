"""Whole people in tables: rounding by largest remainder, so that totals hold."""

import math
from collections.abc import Sequence

import numpy as np
import pandas as pd


def largest_remainder(values: Sequence[float] | np.ndarray, total: int | None = None) -> np.ndarray:
    """Return `values` as whole numbers that add up to `total`.

    `values` has shape (n,), none negative or NaN; `total` is the rounded sum where not given
    and may differ from the sum by less than n. Every value is rounded down, and the units
    that are then short go to the largest remainders, ties to the first.

    Raises ValueError where a value is negative or not a number, or the total is out of reach.
    """
    given = np.asarray(values, dtype=float)
    if not np.isfinite(given).all() or (given < 0).any():
        raise ValueError("only finite values of at least 0 can be rounded to whole people")
    # A solver's 2.9999999 is 3: without this its remainder would win a unit from a real one.
    snapped = np.where(np.abs(given - np.rint(given)) < 1e-6, np.rint(given), given)
    floors = np.floor(snapped).astype(int)
    wanted = math.floor(snapped.sum() + 0.5) if total is None else total
    short = wanted - int(floors.sum())
    if not 0 <= short <= len(floors):
        raise ValueError(
            f"{len(floors)} values that add up to {snapped.sum():g} cannot be rounded to {wanted}"
        )
    order = np.argsort(-(snapped - floors), kind="stable")
    floors[order[:short]] += 1
    return floors


def whole_columns(table: pd.DataFrame) -> pd.DataFrame:
    """Return `table` (rows × years, people) in whole numbers, each column keeping its rounded total.

    A column that is not known (all NaN) stays so.
    """
    rounded = {
        year: column if column.isna().all() else largest_remainder(column.to_numpy())
        for year, column in table.items()
    }
    return pd.DataFrame(rounded, index=table.index)
