"""Homes that corporations offer, with more or fewer of them where a scenario says so."""

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from models.parameters.quantity import Quantity


def with_more(
    homes: pd.DataFrame,
    more: Mapping[str, Quantity],
    municipality_of: Mapping[str, str],
    years: Sequence[int],
) -> pd.DataFrame:
    """Return homes (in use and offered) with as many a year more in some municipalities.

    Parameters
    ----------
    homes
        corporation, municipality or neighbourhood (the other None), year, homes.
    more
        municipality → homes a year more in every planned year. They are put with the largest offer
        of that municipality and year; where there is none, with the corporation that has most homes
        there, anywhere in the municipality. Fewer homes are taken from the largest offers first, and
        no more than are offered.
    municipality_of
        neighbourhood → municipality.
    years
        The planned years.
    """
    if not more:
        return homes
    rows = homes.to_dict("records")
    place = [str(row["municipality"] or municipality_of[row["neighbourhood"]]) for row in rows]
    for town, extra in more.items():
        there = [row for row, at in zip(rows, place, strict=True) if at == town]
        for year in years:
            offers = sorted((row for row in there if row["year"] == year), key=lambda row: -row["homes"])
            if extra.value > 0 and not offers:
                offers = [{"corporation": _largest(there), "municipality": town, "neighbourhood": None}]
                offers[0] |= {"year": year, "homes": 0}
                rows.append(offers[0])
            _add(offers, round(extra.value))
    return pd.DataFrame(rows, columns=homes.columns).astype({"year": int, "homes": int})


def _add(offers: list[dict[Any, Any]], extra: int) -> None:
    """Add homes to the first of the offers, or take them from each in turn."""
    for offer in offers:
        before = offer["homes"]
        offer["homes"] = max(0, before + extra)
        extra -= offer["homes"] - before


def _largest(rows: list[dict[Any, Any]]) -> str:
    """Return the corporation with most homes; the checks have seen that there is one."""
    counts: dict[str, int] = {}
    for row in rows:
        counts[row["corporation"]] = counts.get(row["corporation"], 0) + row["homes"]
    return max(counts, key=lambda name: counts[name])
