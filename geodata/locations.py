"""Places given one by one: a CSV file, a GeoJSON file, a GeoPackage or a table of PostGIS, with coordinates.

A place with an address only is told as a fault, unless it was looked up (see `geodata.addresses`).
"""

from collections.abc import Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

import pandas as pd

from geodata import postgis
from geodata.faults import Fault
from geodata.layers import Source, label_of, read_layer
from geodata.numerals import exact_text
from geodata.tables import read_table

ADDRESS = (
    "address", "adres", "straat", "straatnaam", "huisnummer", "house_number", "number", "huisletter",
    "toevoeging", "huisnummertoevoeging", "huisnummer_toevoeging", "postcode", "woonplaats",
)  # fmt: skip
"""Columns of an address, as they are called in lists of places."""

_TABLES = (".csv", ".xlsx", ".xlsm", ".xls")

_COORDINATES = (("x", "y"), ("lon", "lat"))


def read_locations(source: Source, crs: str, faults: list[Fault]) -> pd.DataFrame:
    """Read places into a frame of text, as `read_table` reads a CSV file or a workbook.

    Shapes become `x` and `y` in the metres of `crs`: a point itself, of anything else a point inside.
    The index `line` is the line of a CSV file, or 1 more than the number of the feature.
    """
    if not postgis.is_database(source) and Path(source).suffix.lower() in _TABLES:
        return read_table(Path(source), faults)
    layer = read_layer(source, lambda names: _only(label_of(source), names), "places", faults)
    if layer is None:
        return _frame(pd.DataFrame())
    shapes = layer.geometry.to_crs(crs)
    unplaced = shapes.isna() | shapes.is_empty
    for position in [number for number, wrong in enumerate(unplaced, start=1) if wrong]:
        remedy = "Draw it, or take it out."
        faults.append(Fault(label_of(source), "no shape", "a point", remedy, position + 1, "geometry"))
    points = shapes.representative_point()
    attributes = pd.DataFrame(layer.drop(columns=layer.geometry.name)).drop(
        columns=["x", "y", "lon", "lat", "fid"], errors="ignore"
    )
    return _frame(attributes.assign(x=points.x.round(1), y=points.y.round(1)))


def read_rows(source: Source, faults: list[Fault]) -> pd.DataFrame:
    """Read a table of rows without shapes into a frame of text: a CSV file, or a table of a database."""
    if not postgis.is_database(source):
        return read_table(Path(source), faults)
    rows = postgis.read_table(str(source), faults)
    return _frame(pd.DataFrame() if rows is None else pd.DataFrame(rows))


def _frame(rows: pd.DataFrame) -> pd.DataFrame:
    text = {str(name): [_text(value) for value in rows[name]] for name in rows}
    frame = pd.DataFrame(text, index=pd.RangeIndex(2, len(rows) + 2, name="line"), dtype="str")
    frame.attrs["decimal"] = ""
    return frame


def _text(value: Any) -> str:
    if value is None or value is pd.NA or value != value:
        return ""
    if isinstance(value, float | Decimal):
        return exact_text(float(value))
    return str(value).strip()


def _only(label: str, names: Sequence[str]) -> str | Fault:
    if len(names) == 1:
        return names[0]
    found = f"{len(names)} layers ({', '.join(names[:8])})" if names else "no layer with shapes"
    return Fault(label, found, "one layer of places", f"Name the one that is meant: {label}#LAYER.")


def without_coordinates(label: str, places: pd.DataFrame) -> list[Fault]:
    """Return a fault for every place that has an address but no coordinates and no neighbourhood."""
    remedy = (
        "Give a table of addresses with --addresses (an extract of the register of addresses BAG: postcode, "
        "huisnummer and coordinates), or fill in lon and lat, x and y, or the neighbourhood. It is looked up "
        "nowhere else: nothing leaves this machine."
    )
    return [
        Fault(label, f"the address '{address}' without coordinates", "coordinates", remedy, int(str(line)))
        for line, row in places.loc[~has_place(places), address_columns(places)].iterrows()
        if (address := " ".join(text for text in row if text))
    ]


def has_place(places: pd.DataFrame) -> pd.Series:
    """Return of every place whether it has coordinates or a neighbourhood."""
    given = pd.Series(False, index=places.index)
    for columns in (*_COORDINATES, ("neighbourhood",)):
        if set(columns) <= set(places.columns):
            given |= (places[list(columns)] != "").all(axis=1)
    return given


def addressed(places: pd.DataFrame) -> pd.Series:
    """Return of every place whether it has any part of an address."""
    return (places[address_columns(places)] != "").any(axis=1)


def address_columns(places: pd.DataFrame) -> list[str]:
    """Return the columns that are parts of an address."""
    return [str(name) for name in places if str(name).lower() in ADDRESS]
