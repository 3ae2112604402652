"""Actuals: clients, places, homes and flows per quarter, with the day of each count.

A row is one count. What is counted is told by `measure`; of whom or what, by municipality or site, tier,
profile, to_profile and exit. Stocks are those at the end of the quarter, flows those within it.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any, Self

import pandas as pd

from geodata.faults import Fault, InputError, did_you_mean
from models.parameters.parameters import WAITING
from models.region.region import Region
from models.region.tables import ACTUALS_DETAIL, TableSchema, actuals_table, read

DETAIL = ACTUALS_DETAIL
KEY = ("quarter", "measure", *DETAIL)
COLUMNS = (*KEY, "value", "as_of")
QUARTERS = 4


@dataclass(frozen=True, slots=True)
class Measure:
    """Something that is counted.

    Attributes
    ----------
    about
        What it is, in plain words.
    is_flow
        Counted over the quarter, not at the end of it.
    needs, takes
        Columns that every row of it fills in, and those that it may fill in beside them.
    """

    about: str
    is_flow: bool
    needs: tuple[str, ...]
    takes: tuple[str, ...]
    of_people: bool = True


MEASURES: Mapping[str, Measure] = {
    "clients": Measure("people with a place or home", False, ("tier",), ("municipality", "profile")),
    "waiting": Measure("people without", False, (), ("municipality", "profile")),
    "places": Measure("places of a tier at a site", False, ("site", "tier"), (), of_people=False),
    "homes": Measure("homes in use, of home tiers", False, (), ("municipality", "tier"), of_people=False),
    "inflow": Measure("new clients", True, (), ("municipality", "profile")),
    "moves": Measure(
        "people who changed of profile", True, ("tier", "profile", "to_profile"), ("municipality",)
    ),
    "outflow": Measure("people who left care", True, ("exit",), ("municipality", "tier", "profile")),
}
"""What may be counted; `municipality` is that of origin."""


@dataclass(frozen=True, slots=True, order=True)
class Quarter:
    """A quarter of a calendar year."""

    year: int
    number: int

    @classmethod
    def of(cls, text: str) -> Self:
        """Read 2027Q1."""
        year, _, number = text.partition("Q")
        return cls(int(year), int(number))

    def __str__(self) -> str:
        return f"{self.year}Q{self.number}"

    @property
    def first_day(self) -> date:
        """The day on which it begins."""
        return date(self.year, 3 * self.number - 2, 1)

    @property
    def end(self) -> float:
        """Its end in years: 2027.25 for 2027Q1."""
        return self.year + self.number / QUARTERS

    @property
    def previous(self) -> "Quarter":
        """The quarter before it."""
        return Quarter(self.year, self.number - 1) if self.number > 1 else Quarter(self.year - 1, QUARTERS)


def read_actuals(file: Path, region: Region) -> pd.DataFrame:
    """Read counts and check them against a region.

    Returns
    -------
    pd.DataFrame
        `COLUMNS`; detail that a row does not give is "", `value` is whole, `as_of` a day as text. Rows
        without a value say nothing and are left out.

    Raises
    ------
    InputError
        With every fault of the table.
    """
    faults = list[Fault]()
    if not file.is_file():
        raise InputError([Fault(str(file), "no such file", "a table of counts", "Check the path.")])
    table = actuals_table(file.name, list(MEASURES))
    rows = read(file.parent, table, faults)
    texts = rows.assign(**{name: rows[name].astype(object).fillna("") for name in (*KEY, "as_of")})
    for check in (_complete, _codes, _possible, _days, _one_detail):
        faults.extend(check(table, texts, region))
    if faults:
        raise InputError(sorted(dict.fromkeys(faults), key=lambda fault: fault.row or 0))
    known = texts[texts["value"].notna()]
    if known.empty:
        raise InputError(
            [Fault(file.name, "no count", "one value at least", "Fill in the column 'value'.", 1)]
        )
    return known[list(COLUMNS)].astype({"value": "int64"}).reset_index(drop=True)


def _rows(texts: pd.DataFrame) -> Iterator[tuple[int, dict[Any, Any]]]:
    for line, row in zip(texts.index, texts.to_dict("records"), strict=True):
        yield int(line), row


def _complete(table: TableSchema, texts: pd.DataFrame, region: Region) -> Iterator[Fault]:
    """Tell of detail that a measure needs, and of detail that it cannot have."""
    del region
    for line, row in _rows(texts):
        measure = MEASURES.get(row["measure"])
        if measure is None:
            continue
        for name in measure.needs:
            if not row[name]:
                remedy = f"Fill it in: '{row['measure']}' is counted by {name}."
                yield Fault(table.file, "an empty cell", f"a {name}", remedy, line, name)
        for name in DETAIL:
            if row[name] and name not in (*measure.needs, *measure.takes):
                expected = f"no {name}: '{row['measure']}' is not counted by it"
                yield Fault(table.file, f"'{row[name]}'", expected, "Leave the cell empty.", line, name)


def _codes(table: TableSchema, texts: pd.DataFrame, region: Region) -> Iterator[Fault]:
    tiers, profiles = list(region.parameters.tiers), list(region.parameters.profiles)
    known = {
        "municipality": [str(code) for code in region.municipalities.index],
        "site": [str(code) for code in region.sites.index],
        "profile": profiles,
        "to_profile": profiles,
    }
    homes = list(region.parameters.tiers_of("home"))
    by_measure = {"moves": [*tiers, WAITING], "outflow": [*tiers, WAITING], "homes": homes}
    for line, row in _rows(texts):
        codes = {**known, "tier": by_measure.get(row["measure"], tiers)}
        for name, allowed in codes.items():
            if row[name] and row[name] not in allowed:
                expected = f"a {'home tier' if allowed is homes else name} of this region"
                yield Fault(
                    table.file, f"'{row[name]}'", expected, did_you_mean(row[name], allowed), line, name
                )


def _possible(table: TableSchema, texts: pd.DataFrame, region: Region) -> Iterator[Fault]:
    """Tell of places where none can be, of moves that are none, and of fewer places than are lived in."""
    at, occupied = {(str(s), str(k)) for s, k in region.site_tiers.index}, region.site_tiers["wlz_occupied"]
    sites = {site for site, _ in at}
    for line, row in _rows(texts):
        here = row["site"], row["tier"]
        if row["measure"] == "places" and row["site"] in sites and row["tier"] and here not in at:
            tiers = sorted(tier for site, tier in at if site == row["site"])
            remedy = f"{did_you_mean(row['tier'], tiers)} Or add it to the region's sites.csv."
            yield Fault(table.file, f"'{row['tier']}'", "a tier of this site", remedy, line, "tier")
        if row["measure"] == "places" and here in at and pd.notna(row["value"]):
            live, lived_in = int(occupied[here]), region.parameters.tiers[row["tier"]].occupancy
            if live > row["value"] * (lived_in.value if lived_in else 1.0):
                expected = f"room for the {live} people of the Wlz who live there"
                remedy = "Correct it, or change wlz_occupied in sites.csv."
                yield Fault(table.file, str(row["value"]), expected, remedy, line, "value")
        profile = region.parameters.profiles.get(row["profile"])
        elsewhere = profile is not None and row["tier"] not in profile.allowed
        if row["measure"] == "clients" and elsewhere and row["tier"] in region.parameters.tiers:
            expected = "one of its tiers: " + ", ".join(profile.allowed if profile else ())
            remedy = f"Move them to another row, or add the tier to profiles.{row['profile']}.also."
            yield Fault(table.file, f"'{row['profile']}' in '{row['tier']}'", expected, remedy, line, "tier")
        if row["measure"] == "moves" and row["profile"] and row["profile"] == row["to_profile"]:
            remedy = "Take it out: who does not move, stays."
            yield Fault(
                table.file, f"'{row['profile']}' to itself", "another profile", remedy, line, "to_profile"
            )


def _days(table: TableSchema, texts: pd.DataFrame, region: Region) -> Iterator[Fault]:
    """Tell of quarters that the plan does not have, days that do not exist or come before their quarter."""
    years = region.parameters.years.planned
    for line, row in _rows(texts):
        try:
            quarter = Quarter.of(row["quarter"])
        except ValueError:
            continue
        if quarter.year not in years:
            expected = f"a quarter of a planned year, {years[0]} to {years[-1]}"
            remedy = "Leave it out: the base year is in the region itself."
            yield Fault(table.file, f"'{quarter}'", expected, remedy, line, "quarter")
        if len(row["as_of"]) != len("2027-03-31"):
            continue
        try:
            day = date.fromisoformat(row["as_of"])
        except ValueError:
            yield Fault(table.file, f"'{row['as_of']}'", "a day that exists", "Correct it.", line, "as_of")
            continue
        if 1 <= quarter.number <= QUARTERS and day < quarter.first_day:
            expected = f"a day from {quarter.first_day} on"
            remedy = "An older count keeps its own quarter: leave the row out."
            yield Fault(table.file, f"'{row['as_of']}'", expected, remedy, line, "as_of")


def _one_detail(table: TableSchema, texts: pd.DataFrame, region: Region) -> Iterator[Fault]:
    """Tell of a measure that is counted in two ways in one quarter: they would count people twice."""
    del region
    first: dict[tuple[str, str], tuple[int, tuple[str, ...]]] = {}
    for line, row in _rows(texts[texts["value"].notna()]):
        filled = detail_of(row)
        since, expected = first.setdefault((row["quarter"], row["measure"]), (line, filled))
        if filled != expected:
            found = f"'{row['measure']}' by {', '.join(filled) or 'region'}"
            breakdown = f"by {', '.join(expected) or 'region'}, as on line {since}"
            yield Fault(table.file, found, breakdown, "Count a measure in one way within a quarter.", line)


def detail_of(row: Mapping[Any, Any]) -> tuple[str, ...]:
    """Return the columns of detail that a row fills in."""
    return tuple(name for name in DETAIL if row[name])
