"""Counts of past years: indications, how many of them were redeemed, and how they grew.

A year may be missing, and a count may be given as about so many (`circa`); neither is filled in.
"""

import pandas as pd


def series(rows: pd.DataFrame) -> pd.DataFrame:
    """Return the rows of `series.csv` by year: index year; indications, redeemed (NaN: not known), circa."""
    indexed = rows.set_index(rows["year"].astype(int))[["indications", "redeemed", "circa"]].sort_index()
    return indexed.assign(circa=indexed["circa"].notna())


def redemption_rate(given: pd.DataFrame) -> pd.Series:
    """Return the share (0–1) of the indications that was redeemed (*verzilverd*), NaN where not known."""
    rate = given["redeemed"] / given["indications"].where(given["indications"] > 0)
    return pd.Series(rate, name="redemption_rate")


def without_a_place(given: pd.DataFrame) -> pd.Series:
    """Return the people whose indication was not redeemed: latent demand, NaN where not known."""
    return pd.Series(given["indications"] - given["redeemed"], name="without_a_place")


def yearly_growth(counts: pd.Series) -> pd.Series:
    """Return the change since the year before (1/year); NaN where one of the two is missing or skipped."""
    before = counts.copy()
    before.index = before.index + 1
    return pd.Series(counts / before.reindex(counts.index) - 1.0, name="yearly_growth")


def mean_growth(counts: pd.Series, first: int, last: int) -> float:
    """Return the constant yearly growth (1/year) that leads from one year's count to another's.

    Raises
    ------
    ValueError
        Where the years are not in order, or a count is not known or zero.
    """
    known = counts.dropna()
    if not first < last or not {first, last} <= set(known.index) or not known[first] > 0:
        raise ValueError(f"no growth from {first} to {last}: counts are known of {list(known.index)}")
    return float((known[last] / known[first]) ** (1.0 / (last - first)) - 1.0)


def overview(given: pd.DataFrame) -> pd.DataFrame:
    """Return the counts by year beside what follows from them, NaN where not known.

    Columns: indications, redeemed, without a place (clients); redemption rate (0–1); yearly growth of
    the indications and of the redeemed (1/year); circa.
    """
    return pd.DataFrame(
        {
            "indications": given["indications"],
            "growth": yearly_growth(given["indications"]),
            "redeemed": given["redeemed"],
            "redeemed_growth": yearly_growth(given["redeemed"]),
            "redemption_rate": redemption_rate(given),
            "without_a_place": without_a_place(given),
            "circa": given["circa"],
        },
        index=given.index,
    )
