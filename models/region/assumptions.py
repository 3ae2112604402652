"""The register of every number that a plan rests on, and where each comes from."""

from collections.abc import Iterator, Mapping
from typing import Any

import pandas as pd
from pydantic import BaseModel

from models.parameters.parameters import Parameters
from models.parameters.quantity import Quantity

ASSUMPTION = "assumption"
"""Stands as source of a number that has none: the planner assumes it."""

COLUMNS = ("key", "value", "unit", "price_year", "source", "note", "low", "high")

_UNITS = {
    "building_years": "years", "years_ahead": "years", "renewal_years": "years", "years": "years",
    "rounding": "inhabitants",
}  # fmt: skip


def register(parameters: Parameters, tables: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """List every number of a region with its source.

    Parameters
    ----------
    parameters
        `region.toml` as used, overrides included.
    tables
        The frames of the region by name of file; where they have them, `source` and `note`
        of their rows are told.

    Returns
    -------
    pd.DataFrame
        `COLUMNS`: one row per number of `region.toml` (dotted key, in the order of the file),
        then one per table, source and note (value: how many rows share them). Amounts without
        a price year carry the region's.
    """
    rows = [*_of_section(parameters, "", parameters.years.price_year), *_of_tables(tables)]
    frame = pd.DataFrame(rows, columns=list(COLUMNS))
    return frame.astype({"value": float, "low": float, "high": float, "price_year": "Int64"})


def _of_section(section: BaseModel, above: str, price_year: int) -> Iterator[dict[str, Any]]:
    for name in type(section).model_fields:
        value, written = getattr(section, name), name in section.model_fields_set
        if not written and getattr(value, "mode", "on") == "off":
            continue  # a policy that nobody asks for rests on nothing
        for row in _of_value(value, f"{above}{name}", price_year):
            yield row if written else {**row, "note": row["note"] or "default of spreidplan"}


def _of_value(value: Any, key: str, price_year: int) -> Iterator[dict[str, Any]]:
    if isinstance(value, Quantity):
        yield _row(key, value, price_year)
    elif isinstance(value, BaseModel):
        yield from _of_section(value, f"{key}.", price_year)
    elif isinstance(value, dict):
        for name, inner in value.items():
            yield from _of_value(inner, f"{key}.{name}", price_year)
    elif isinstance(value, tuple):
        for position, inner in enumerate(value, start=1):
            yield from _of_value(inner, f"{key}.{position}", price_year)
    elif isinstance(value, int) and not isinstance(value, bool):
        unit = _UNITS.get(key.rsplit(".", 1)[-1], "year")
        yield _row(key, Quantity(value=value, unit=unit), price_year)


def _row(key: str, number: Quantity, price_year: int) -> dict[str, Any]:
    row = number.model_dump()
    if number.unit.startswith("EUR") and number.price_year is None:
        row["price_year"] = price_year
    return {**row, "key": key, "source": number.source or ASSUMPTION, "note": number.note or ""}


def _of_tables(tables: Mapping[str, pd.DataFrame]) -> Iterator[dict[str, Any]]:
    for file, frame in tables.items():
        said = pd.DataFrame({name: _words(frame, name) for name in ("source", "note")}, index=frame.index)
        for (source, note), group in said.groupby(["source", "note"], sort=False):
            yield {
                "key": file,
                "value": float(len(group)),
                "unit": "rows",
                "source": source or ASSUMPTION,
                "note": note,
            }


def _words(frame: pd.DataFrame, name: str) -> pd.Series:
    if name not in frame:
        return pd.Series("", index=frame.index, dtype="str")
    return frame[name].fillna("")
