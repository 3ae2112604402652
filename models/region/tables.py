"""The tables of a region: their columns, and their cells as numbers and codes."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd
import pandera.pandas as pa

from geodata.faults import Fault, did_you_mean
from geodata.invisible import INVISIBLE
from geodata.numerals import Fits, parse_number, read_date
from geodata.tables import read_table
from models.parameters.parameters import EXITS
from models.region.column_names import in_our_words, with_our_names

_WHOLE = "Int64"
_ONE_OF = "one of "
LARGEST = 10**12
"""No count or amount of a region is larger; beyond it a number no longer fits its column."""
_TEXT = pa.Check.str_matches(
    rf"^[^\x00-\x1f{INVISIBLE}]{{1,200}}$", error="a text of one line and at most 200 characters"
)
_CODE = pa.Check.str_matches(r"^[A-Za-z0-9_]{1,40}$", error="a code of letters, digits and _ (at most 40)")
_DATE = pa.Check.str_matches(
    r"^[12]\d{3}(-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01]))?$", error="a date as 2027-12-31, or a year"
)
_DAY = pa.Check.str_matches(r"^[12]\d{3}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])$", error="a day as 2027-03-31")
_QUARTER = pa.Check.str_matches(r"^(19|20)\d\dQ[1-4]$", error="a quarter as 2027Q1")
ACTUALS_DETAIL = ("municipality", "site", "tier", "profile", "to_profile", "exit")
"""Columns of counted figures that say of whom or what."""
_NOT_NEGATIVE = pa.Check.ge(0, error="0 or more")
_YEAR = pa.Check.in_range(1990, 2100, error="a year from 1990 to 2100")
_SHARE = pa.Check.in_range(0, 1, error="a share from 0 to 1")
SHARED_FACILITIES = ("shelter", "walk_in", "intramural", "expert_pool")
"""What a municipality may host for its region, as the column `host` names it."""
_HOST = pa.Check.str_matches(
    rf"^({'|'.join(SHARED_FACILITIES)})(\|({'|'.join(SHARED_FACILITIES)}))*$",
    error=f"one or more of {', '.join(SHARED_FACILITIES)}, with | between them",
)


def _one_of(*words: str) -> pa.Check:
    return pa.Check.isin(words, error=_ONE_OF + ", ".join(words))


def _given(kind: Any, *checks: pa.Check) -> pa.Column:
    return pa.Column(kind, list(checks))


def _optional(kind: Any, *checks: pa.Check) -> pa.Column:
    return pa.Column(kind, list(checks), nullable=True, required=False)


@dataclass(frozen=True)
class TableSchema:
    """A table that a region's folder may hold."""

    file: str
    purpose: str
    """What the region needs it for, as told when it is missing."""
    columns: dict[str, pa.Column]
    key: tuple[str, ...]
    """Columns that together stand once."""
    may_be_empty: bool = False
    may_be_absent: bool = False
    blank: tuple[tuple[str, str], ...] = ()
    """Columns with what an empty cell of theirs means."""
    meanings: tuple[tuple[str, str], ...] = ()
    """Columns that hold something else here than in other tables."""

    def means(self, column: str) -> str:
        """Return what a column holds in this table."""
        return dict(self.meanings).get(column, MEANINGS[column])

    @property
    def schema(self) -> pa.DataFrameSchema:
        """The pandera schema of the converted frame."""
        return pa.DataFrameSchema(self.every_column)

    @property
    def every_column(self) -> dict[str, pa.Column]:
        """The columns with those that every table may carry."""
        return {**self.columns, "source": _optional(str, _TEXT), "note": _optional(str)}


MUNICIPALITIES = TableSchema(
    "municipalities.csv",
    "the municipalities that pay and their inhabitants",
    {
        "code": _given(str, _CODE),
        "name": _given(str, _TEXT),
        "inhabitants": _given(float, _NOT_NEGATIVE),
        "region": _optional(str, _TEXT),
        "objective_share": _optional(float, _SHARE),
        "social_homes": _optional(float, _NOT_NEGATIVE),
        "host": _optional(str, _HOST),
        "central": _optional(str, _CODE),
    },
    key=("code",),
)
SITES = TableSchema(
    "sites.csv",
    "the sites where places are or could be",
    {
        "site": _given(str, _CODE),
        "name": _optional(str, _TEXT),
        "neighbourhood": _optional(str, _CODE),
        "x": _optional(float),
        "y": _optional(float),
        "lon": _optional(float, pa.Check.in_range(-180, 180, error="degrees from -180 to 180")),
        "lat": _optional(float, pa.Check.in_range(-90, 90, error="degrees from -90 to 90")),
        "provider": _optional(str, _TEXT),
        "status": _given(str, _one_of("existing", "candidate")),
        "tier": _given(str, _CODE),
        "places": _given(_WHOLE, _NOT_NEGATIVE),
        "wlz_occupied": _optional(_WHOLE, _NOT_NEGATIVE),
        "most": _given(_WHOLE, _NOT_NEGATIVE),
        "plot_most": _optional(_WHOLE, _NOT_NEGATIVE),
        "earliest": _optional(_WHOLE, _YEAR),
        "contract_end": _optional(str, _DATE),
        "running_cost": _optional(float, _NOT_NEGATIVE),
        "building_cost": _optional(float, _NOT_NEGATIVE),
    },
    key=("site", "tier"),
)
CLIENTS = TableSchema(
    "clients.csv",
    "the clients of the base year",
    {
        "municipality": _optional(str, _CODE),
        "neighbourhood": _optional(str, _CODE),
        "profile": _given(str, _CODE),
        "tier": _given(str, _CODE),
        "clients": _given(float, _NOT_NEGATIVE),
        "year": _given(_WHOLE, _YEAR),
        "form": _given(str, _one_of("ZIN", "PGB")),
        "basis": _given(str, _one_of("origin", "registration")),
    },
    key=("municipality", "neighbourhood", "profile", "tier", "form", "basis"),
)
HOMES = TableSchema(
    "homes.csv",
    "the homes that corporations let and offer",
    {
        "corporation": _given(str, _TEXT),
        "municipality": _optional(str, _CODE),
        "neighbourhood": _optional(str, _CODE),
        "year": _given(_WHOLE, _YEAR),
        "homes": _given(_WHOLE, _NOT_NEGATIVE),
    },
    key=("corporation", "municipality", "neighbourhood", "year"),
    may_be_empty=True,
)
TRAVEL = TableSchema(
    "travel.csv",
    "travel minutes",
    {
        "origin": _given(str, _CODE),
        "destination": _given(str, _CODE),
        "minutes": _given(float, pa.Check.in_range(0, 1440, error="minutes from 0 to 1440")),
        "mode": _optional(str, _one_of("car", "bicycle", "public_transport")),
    },
    key=("origin", "destination", "mode"),
    blank=(("mode", "car"),),
    may_be_absent=True,
)
BUDGETS = TableSchema(
    "budgets.csv",
    "the grants of municipalities",
    {
        "municipality": _given(str, _CODE),
        "year": _given(_WHOLE, _YEAR),
        "stream": _given(str, _one_of("Wmo", "Wlz", "Zvw", "MO")),
        "eur": _given(float, _NOT_NEGATIVE),
    },
    key=("municipality", "year", "stream"),
    may_be_empty=True,
    may_be_absent=True,
)
SERIES = TableSchema(
    "series.csv",
    "counts of past years: indications, and those of them that were redeemed",
    {
        "year": _given(_WHOLE, _YEAR),
        "indications": _optional(float, _NOT_NEGATIVE),
        "redeemed": _optional(float, _NOT_NEGATIVE),
        "circa": _optional(str, _one_of("ca.")),
    },
    key=("year",),
    may_be_empty=True,
    may_be_absent=True,
)
UNDER_WAY = TableSchema(
    "under_way.csv",
    "places that are being built already",
    {
        "site": _given(str, _CODE),
        "tier": _given(str, _CODE),
        "year": _given(_WHOLE, _YEAR),
        "places": _given(_WHOLE, _NOT_NEGATIVE),
    },
    key=("site", "tier", "year"),
    may_be_empty=True,
    may_be_absent=True,
)
MEANINGS = {
    "code": "CBS code, such as GM0114",
    "name": "name as people know it",
    "inhabitants": "inhabitants",
    "region": "who settles nothing among themselves; else the region's name",
    "objective_share": "share of the grant by objective measures, 0 to 1",
    "social_homes": "homes owned by corporations",
    "host": f"shared facilities that it hosts: {', '.join(SHARED_FACILITIES)}, with | between them",
    "central": "code of the municipality that registers its clients",
    "site": "a code of your own, the same on every row of a site",
    "neighbourhood": "code of the neighbourhood; may be left out where there are coordinates",
    "municipality": "code of the municipality",
    "x": "easting in metres (RD)",
    "y": "northing in metres (RD)",
    "lon": "longitude in degrees",
    "lat": "latitude in degrees",
    "provider": "who runs it",
    "status": "existing or candidate",
    "tier": "a tier of region.toml",
    "places": "places today, 0 at a candidate; of those under way the places that are ready then",
    "wlz_occupied": "places lived in by people of the Wlz",
    "most": "places of this tier that fit",
    "plot_most": "places that fit on the plot, all tiers together",
    "earliest": "first year in which places can be added",
    "contract_end": "date, or year, in which the contract ends",
    "running_cost": "EUR a year, where the tier's own does not hold",
    "building_cost": "EUR a place, where the tier's own does not hold",
    "profile": "a profile of region.toml",
    "clients": "people; fractions are let pass",
    "year": "calendar year; of clients the base year, of homes the base year (in use) or later (offered), "
    "of places under way the first in which they can be used",
    "form": "ZIN or PGB",
    "basis": "origin (where people come from) or registration (where their file is kept)",
    "corporation": "who lets or offers the homes",
    "homes": "whole homes",
    "origin": "code of a neighbourhood",
    "destination": "a site, or the code of a neighbourhood",
    "minutes": "minutes from door to door",
    "mode": "car (where it is empty), bicycle or public_transport",
    "stream": "Wmo, Wlz, Zvw or MO",
    "eur": "EUR in that year",
    "indications": "indications given in the year",
    "redeemed": "those of them that were redeemed",
    "circa": "ca. where the count is about so many",
    "asked_by": "on whose behalf it was decided",
    "quarter": "quarter that was counted, such as 2027Q1",
    "measure": "what was counted",
    "to_profile": "profile that people changed to",
    "exit": "how people left care",
    "value": "the count; empty: not counted again",
    "as_of": "day of the count",
    "source": "where the row comes from; without one it is an assumption",
    "note": "anything",
}
"""What a column holds, by its name: the same in every table."""


UNITS = {
    "x": "m", "y": "m", "lon": "degrees", "lat": "degrees", "places": "places", "wlz_occupied": "places",
    "most": "places", "plot_most": "places", "earliest": "year", "running_cost": "EUR/year",
    "building_cost": "EUR/place", "clients": "people", "homes": "homes", "minutes": "minutes", "eur": "EUR",
    "inhabitants": "people", "objective_share": "0 to 1", "social_homes": "homes", "indications": "people",
    "redeemed": "people", "year": "year",
}  # fmt: skip
"""Units of the columns that have one."""


def is_number(column: pa.Column) -> bool:
    """Tell whether the cells of a column are numbers, and not codes, words or dates."""
    return _kind(column) != "str"


def is_date(column: pa.Column) -> bool:
    """Tell whether the cells of a column are dates."""
    return any(check in (_DATE, _DAY) for check in column.checks)


def choices(column: pa.Column) -> list[str]:
    """Return the words that a column takes, none where it takes any."""
    for check in column.checks:
        if str(check.error).startswith(_ONE_OF):
            return str(check.error).removeprefix(_ONE_OF).split(", ")
    return []


def meaning(column: str) -> str:
    """Return what a column of that name holds."""
    return MEANINGS[column]


TABLES = (MUNICIPALITIES, SITES, CLIENTS, HOMES, TRAVEL, BUDGETS, SERIES, UNDER_WAY)


def agreed_table(file: str) -> TableSchema:
    """Return the table of decisions that a file holds: an edit of a plan, or what was agreed."""
    columns = {
        "site": _optional(str, _CODE),
        "tier": _optional(str, _CODE),
        "corporation": _optional(str, _TEXT),
        "neighbourhood": _optional(str, _CODE),
        "municipality": _optional(str, _CODE),
        "year": _given(_WHOLE, _YEAR),
        "places": _optional(_WHOLE, _NOT_NEGATIVE),
        "homes": _optional(_WHOLE, _NOT_NEGATIVE),
        "asked_by": _optional(str, _TEXT),
    }
    key = ("site", "tier", "corporation", "neighbourhood", "municipality", "year")
    meanings = (
        ("year", "a planned year"),
        ("places", "places in that year: all of them, not the change"),
        ("homes", "homes handed over in that year"),
        ("neighbourhood", "where the homes are handed over; or the municipality"),
    )
    return TableSchema(file, "what is decided", columns, key=key, meanings=meanings)


def stock_table(file: str) -> TableSchema:
    """Return the table of the homes that corporations own."""
    columns = {
        "corporation": _given(str, _TEXT),
        "municipality": _given(str, _CODE),
        "social_homes": _given(float, _NOT_NEGATIVE),
    }
    return TableSchema(file, "the homes that corporations own", columns, key=("corporation", "municipality"))


def actuals_table(file: str, measures: Sequence[str]) -> TableSchema:
    """Return the table of what was counted that a file holds, a row per count."""
    columns = {
        "quarter": _given(str, _QUARTER),
        "measure": _given(str, _one_of(*measures)),
        **{name: _optional(str, _CODE) for name in ACTUALS_DETAIL if name != "exit"},
        "exit": _optional(str, _one_of(*EXITS)),
        "value": pa.Column(_WHOLE, [_NOT_NEGATIVE], nullable=True),
        "as_of": _given(str, _DAY),
    }
    return TableSchema(file, "what was counted", columns, key=("quarter", "measure", *ACTUALS_DETAIL))


def read(folder: Path, table: TableSchema, faults: list[Fault]) -> pd.DataFrame:
    """Read one table of a region from its CSV file, see `converted`."""
    path = folder / table.file
    if not path.exists():
        return blank(table)
    known = len(faults)
    raw = read_table(path, faults)
    if len(faults) > known and raw.columns.empty:
        return blank(table)
    return converted(table, raw, faults, sound=len(faults) == known)


def converted(
    table: TableSchema, raw: pd.DataFrame, faults: list[Fault], *, sound: bool = True
) -> pd.DataFrame:
    """Turn a frame of text into numbers and codes; `sound` tells that reading it met no fault.

    Every column of the table is there, missing cells as NaN or NA; the index `line` is the
    line in the file. What is wrong with a cell, a column or a key is added to `faults`.
    """
    known = len(faults)
    raw = _in_our_names(table, raw)
    _check_columns(table, raw, faults)
    if raw.empty and not table.may_be_empty and sound and len(faults) == known:
        remedy = f"Fill in {table.purpose}."
        faults.append(Fault(table.file, "no rows", "at least one row", remedy))
    frame, told = _converted(table, raw, faults)
    faults.extend(_failures(table, raw, frame, told))
    whole = frame.fillna(dict(table.blank))
    faults.extend(_duplicates(table, whole))
    return whole


def blank(table: TableSchema) -> pd.DataFrame:
    """Return a table without rows."""
    empty = pd.DataFrame(
        {name: pd.Series(dtype=_kind(column)) for name, column in table.every_column.items()}
    )
    return empty.set_axis(pd.Index([], dtype="int64", name="line"))


def _in_our_names(table: TableSchema, raw: pd.DataFrame) -> pd.DataFrame:
    """Return a frame of text with our names for its columns, and our words in those that take few."""
    renamed = with_our_names(raw, table.every_column)
    few = {name: choices(column) for name, column in table.every_column.items() if name in renamed}
    for name, words in few.items():
        if words:
            renamed[name] = in_our_words(renamed[name], words)
    return renamed


def _kind(column: pa.Column) -> str:
    return {"Int64": "Int64", "float64": "float64"}.get(str(column.dtype), "str")


def _check_columns(table: TableSchema, raw: pd.DataFrame, faults: list[Fault]) -> None:
    known = list(table.every_column)
    for name in raw.columns:
        if name not in known:
            expected = "a column of this table"
            faults.append(
                Fault(
                    table.file, f"the unknown column '{name}'", expected, did_you_mean(name, known), 1, name
                )
            )
    for name, column in table.columns.items():
        if column.required and name not in raw:
            remedy = f"Add the column '{name}'."
            faults.append(Fault(table.file, "no such column", f"a column '{name}'", remedy, 1, name))


def _converted(
    table: TableSchema, raw: pd.DataFrame, faults: list[Fault]
) -> tuple[pd.DataFrame, set[tuple[int, str]]]:
    """Turn text into numbers; return the frame and the cells of which a fault was told."""
    told: set[tuple[int, str]] = set()
    columns = {}
    for name, column in table.every_column.items():
        kind = _kind(column)
        if name not in raw:
            columns[name] = pd.Series([math.nan] * len(raw), index=raw.index, dtype="float64")
        elif kind == "str":
            cells = raw[name].where(raw[name] != "")
            columns[name] = _dates(table.file, cells, faults) if is_date(column) else cells
            told |= {(int(line), name) for line in raw.index[columns[name].isna() & (raw[name] != "")]}
        else:
            columns[name] = _numbers(table.file, raw[name], column, raw.attrs["decimal"], faults)
            unread = columns[name].isna() & (raw[name] != "")
            told |= {(int(line), name) for line in raw.index[unread]}
    kinds = {name: _kind(column) for name, column in table.every_column.items()}
    return pd.DataFrame(columns, index=raw.index).astype(kinds), told


def _dates(file: str, column: pd.Series, faults: list[Fault]) -> pd.Series:
    """Return dates as year-month-day; one that can be read in two ways is a fault."""
    cells: list[Any] = []
    for line, text in column.items():
        try:
            cells.append(read_date(text) if isinstance(text, str) else text)
        except ValueError as error:
            remedy = "Write it as year-month-day, such as 2027-12-31."
            faults.append(Fault(file, f"'{text}'", str(error), remedy, int(str(line)), str(column.name)))
            cells.append(math.nan)
    return pd.Series(cells, index=column.index, dtype=column.dtype)


def _numbers(file: str, column: pd.Series, schema: pa.Column, decimal: str, faults: list[Fault]) -> pd.Series:
    cells = []
    for line, text in zip(column.index, column, strict=True):
        cells.append(_cell(file, int(line), str(column.name), text, schema, decimal, faults))
    return pd.Series(cells, index=column.index, dtype="float64")


def _cell(
    file: str, line: int, name: str, text: str, schema: pa.Column, decimal: str, faults: list[Fault]
) -> float:
    if text == "":
        return math.nan
    is_share = _SHARE in schema.checks
    try:
        number = parse_number(text, decimal, fits=fits(schema, text), percent=is_share)
    except ValueError as error:
        remedy = f"Write the digits alone, with '{decimal or '.'}' for decimals."
        faults.append(Fault(file, f"'{text}'", str(error), remedy, line, name))
        return math.nan
    if is_share and text.endswith("%"):
        number /= 100
    if abs(number) > LARGEST:
        faults.append(Fault(file, f"'{text[:40]}'", "a number up to 10¹²", "Correct it.", line, name))
        return math.nan
    if (_kind(schema) == _WHOLE or name in WHOLE) and not number.is_integer():
        faults.append(Fault(file, f"'{text}'", "a whole number", "Round it.", line, name))
        return math.nan
    return number


WHOLE = ("inhabitants", "social_homes")
"""Columns of people and homes that are whole, though they are kept as decimals."""


def fits(schema: pa.Column, text: str = "") -> Fits | None:
    """Return whether a number can stand in a column with two limits; None where it has none."""
    scale = 100 if _SHARE in schema.checks and text.endswith("%") else 1
    limits = [
        (check.statistics["min_value"] * scale, check.statistics["max_value"] * scale)
        for check in schema.checks
        if {"min_value", "max_value"} <= set(check.statistics or {})
    ]
    if not limits:
        return None
    return lambda number: all(low <= number <= high for low, high in limits)


def _failures(
    table: TableSchema, raw: pd.DataFrame, frame: pd.DataFrame, told: set[tuple[int, str]]
) -> Iterator[Fault]:
    try:
        table.schema.validate(frame, lazy=True)
    except pa.errors.SchemaErrors as error:
        cases = error.failure_cases
    else:
        return
    for line, name, check in zip(cases["index"], cases["column"], cases["check"], strict=True):
        if name not in raw or (line, name) in told:
            continue  # the column is missing or the cell no number: already told
        text = str(raw.at[line, name])
        if check == "not_nullable":
            remedy = "Fill it in, or take the row out."
            yield Fault(table.file, "an empty cell", "a value", remedy, int(line), name)
        else:
            remedy = (
                did_you_mean(text, check.removeprefix("one of ").split(", "))
                if check.startswith("one of ")
                else "Correct it."
            )
            yield Fault(table.file, f"'{text}'", check, remedy, int(line), name)


def _duplicates(table: TableSchema, frame: pd.DataFrame) -> Iterator[Fault]:
    key = list(table.key)
    texts = frame[key].astype("object").where(frame[key].notna(), "").astype("str")
    first: dict[tuple[Any, ...], Any] = {}
    for line, values in zip(frame.index, texts.itertuples(index=False), strict=True):
        if tuple(values) in first:
            named = ", ".join(f"{name} {value}" for name, value in zip(key, values, strict=True) if value)
            remedy = "Take one of the two out, or add them up."
            yield Fault(
                table.file,
                f"{named} again, as on line {first[tuple(values)]}",
                "each once",
                remedy,
                line,
                ", ".join(key),
            )
        else:
            first[tuple(values)] = line
