"""Scenario draws for two-stage plans: inflow, moves to the Wlz, recovery and delivery of homes.

A number is drawn from the range that its region states, by a triangle with the number itself as the most
likely value; numbers are drawn apart, each spread evenly over its range (Latin hypercube: McKay, Beckman and
Conover 1979). They are drawn first and kept, so that any single future can be made again.
"""

import numpy as np
import pandas as pd
from scipy.stats import qmc, triang

UNCERTAIN = ("pathway.inflow.share", "pathway.inflow.trend", "pathway.recovered", "pathway.wlz")
"""Keys of the register, or what keys begin with, that are drawn where they state a range."""

DELIVERED = "delivered"
"""Column of the draws: the part of the offered homes that is handed over."""

LEAST_TO_MOST = (0.71, 1.0, 1.0)
"""Least, most likely and most part of the offered homes that is handed over: under a quota of 30 % of the
homes that come free, De Key handed over 112 of 158 (annual report 2019); that the agreement itself is most
likely is an assumption."""


def draws(register: pd.DataFrame, count: int, seed: int) -> pd.DataFrame:
    """Return one future a row: a column per key of `UNCERTAIN` that has a range, and `DELIVERED`.

    Parameters
    ----------
    register
        As `models.assumptions.register` lists it.
    count, seed
        How many futures; the same seed gives the same ones.
    """
    rows = register[[_is_uncertain(key) for key in register["key"]]]
    rows = rows[rows["low"].notna() & rows["high"].notna() & (rows["low"] < rows["high"])]
    ranges = [(row["key"], row["low"], row["value"], row["high"]) for row in rows.to_dict("records")]
    ranges.append((DELIVERED, *LEAST_TO_MOST))
    chances = qmc.LatinHypercube(len(ranges), rng=np.random.default_rng(seed)).random(count)
    drawn = {
        key: triang.ppf(chances[:, n], _top(low, value, high), loc=low, scale=high - low)
        for n, (key, low, value, high) in enumerate(ranges)
    }
    return pd.DataFrame(drawn, index=pd.RangeIndex(1, count + 1, name="draw"))


def _top(low: float, value: float, high: float) -> float:
    """Return where the top of the triangle is, from 0 to 1; a number outside its range counts as its end."""
    return (min(max(value, low), high) - low) / (high - low)


def _is_uncertain(key: str) -> bool:
    return any(key == known or key.startswith(f"{known}.") for known in UNCERTAIN)


def settings(draw: pd.Series) -> dict[str, str]:
    """Return a draw as settings of `models.read_region`; delivery of homes is no number of the region."""
    return {str(key): repr(float(value)) for key, value in draw.items() if key != DELIVERED}
