"""Tables of a PostgreSQL database with PostGIS, named as `postgresql://user@host/database#schema.table`."""

import re
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import geopandas as gpd
import pandas as pd

from geodata.faults import Fault

_SCHEMES = ("postgresql://", "postgres://")
_EXPECTED = "a table that can be read: postgresql://user@host/database#schema.table"
_PASSWORD = re.compile(r"(password=)[^\s&#]+", re.IGNORECASE)

_GEOMETRY = """
    SELECT a.attname
    FROM pg_attribute a JOIN pg_type t ON t.oid = a.atttypid
    WHERE a.attrelid = %s::regclass AND t.typname = 'geometry' AND a.attnum > 0 AND NOT a.attisdropped
    ORDER BY a.attnum
"""


def is_database(source: Path | str) -> bool:
    """Tell whether a source is a table of a database and not a file."""
    return isinstance(source, str) and source.startswith(_SCHEMES)


def label_of(source: str) -> str:
    """Return a source without user, password and options: `postgresql://host/database#schema.table`."""
    parts = urlsplit(source)
    port = f":{parts.port}" if parts.port else ""
    return f"postgresql://{parts.hostname or ''}{port}{parts.path}#{parts.fragment}"


def read_table(source: str, faults: list[Fault]) -> pd.DataFrame | None:
    """Read a whole table; None after adding the fault that prevents it.

    Returns
    -------
    pd.DataFrame
        A `GeoDataFrame` with the reference system of the first shape where the table has a
        column of geometry, else a plain frame. Nothing is written, and the connection is read-only.
    """
    try:
        import psycopg
    except ImportError:
        remedy = "Install it with: pip install 'spreidplan[postgis]'"
        faults.append(Fault(label_of(source), "no psycopg, which talks to PostgreSQL", _EXPECTED, remedy))
        return None
    table = urlsplit(source).fragment
    if not table:
        faults.append(Fault(label_of(source), "no table", _EXPECTED, "Name it behind a #."))
        return None
    try:
        with psycopg.connect(source.partition("#")[0], connect_timeout=10) as connection:
            connection.read_only = True
            return _read(connection, table)
    except psycopg.Error as error:
        reason = _PASSWORD.sub(r"\1…", " ".join(str(error).split()))
        remedy = "Check the address, that you may read the table, and that the network reaches the server."
        faults.append(Fault(label_of(source), reason, _EXPECTED, remedy))
    return None


def _read(connection: Any, table: str) -> pd.DataFrame:
    from psycopg import sql

    name = sql.Identifier(*table.split("."))
    quoted = name.as_string(connection)
    shapes = [str(row[0]) for row in connection.execute(_GEOMETRY, [quoted])]
    if not shapes:
        return _frame(connection.execute(sql.SQL("SELECT * FROM {}").format(name)))
    shape = sql.Identifier(shapes[0])
    asked = "SELECT *, ST_AsBinary(ST_Force2D({0})) AS wkb__, ST_SRID({0}) AS srid__ FROM {1}"
    frame = _frame(connection.execute(sql.SQL(asked).format(shape, name)))
    known = frame["srid__"].dropna()
    crs = f"EPSG:{int(known.iloc[0])}" if len(known) and known.iloc[0] > 0 else None
    geometry = gpd.GeoSeries.from_wkb(frame["wkb__"], crs=crs)
    plain = frame.drop(columns=[*shapes, "wkb__", "srid__"])
    layer: pd.DataFrame = gpd.GeoDataFrame(plain, geometry=geometry)
    return layer


def _frame(rows: Any) -> pd.DataFrame:
    names = [str(column.name) for column in rows.description]
    return pd.DataFrame(rows.fetchall(), columns=names)
