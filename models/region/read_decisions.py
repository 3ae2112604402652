"""Reading of decisions: a table checked against a region."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd

from geodata.faults import Fault, InputError, did_you_mean
from models.region.decisions import AgreedDecisions, DecidedHomes, DecidedPlaces
from models.region.tables import TableSchema, agreed_table, read

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from models.region.region import Region


def read_decided(file: Path, region: Region) -> AgreedDecisions:
    """Read decisions and check them against a region.

    A row names either site, tier, year and places, or corporation, neighbourhood or municipality,
    year and homes; `asked_by` says on whose behalf and may be empty.

    Raises
    ------
    InputError
        With every fault of the table: codes and years that the region does not plan, rows that
        decide nothing, both or the same twice, fewer places than people of the Wlz live in.
    """
    faults = list[Fault]()
    if not file.is_file():
        raise InputError([Fault(str(file), "no such file", "a table of decisions", "Check the path.")])
    table = agreed_table(file.name)
    rows = read(file.parent, table, faults)
    if not faults:
        faults.extend(fault for check in _CHECKS for fault in check(table, rows, region))
    if faults:
        raise InputError(faults)
    about = rows[rows["site"].notna()], rows[rows["corporation"].notna()]
    return AgreedDecisions(
        tuple(_places(row) for row in about[0].to_dict("records")),
        tuple(_homes(row, region) for row in about[1].to_dict("records")),
    )


def _places(row: dict[Any, Any]) -> DecidedPlaces:
    return DecidedPlaces(row["site"], row["tier"], int(row["year"]), int(row["places"]), _who(row))


def _homes(row: dict[Any, Any], region: Region) -> DecidedHomes:
    near = isinstance(row["neighbourhood"], str)
    place = str(row["neighbourhood"] if near else row["municipality"])
    areas = region.neighbourhoods
    lived_in = areas.index[(areas["municipality"] == place) & (areas["inhabitants"] > 0)]
    inside = (place,) if near else tuple(str(code) for code in lived_in)
    return DecidedHomes(row["corporation"], place, inside, int(row["year"]), int(row["homes"]), _who(row))


def _who(row: dict[Any, Any]) -> str:
    return row["asked_by"] if isinstance(row["asked_by"], str) else ""


_PLACES, _HOMES = ("site", "tier", "places"), ("corporation", "homes")


def _complete(table: TableSchema, rows: pd.DataFrame, region: Region) -> Iterator[Fault]:
    """Tell of rows that are neither about places nor about homes, or about both."""
    del region
    either = "site, tier and places; or corporation, neighbourhood or municipality, and homes"
    for line, row in rows.iterrows():
        given = {name for name in rows.columns if pd.notna(row[name])}
        where = given & {"neighbourhood", "municipality"}
        about_places = given >= set(_PLACES) and not given & {*_HOMES, *where}
        about_homes = given >= set(_HOMES) and len(where) == 1 and not given & set(_PLACES)
        if not (about_places or about_homes):
            told = (
                ", ".join(name for name in (*_PLACES, *_HOMES, *sorted(where)) if name in given)
                or "none of these"
            )
            yield Fault(table.file, told, either, "Fill in one of the two, the rest empty.", int(str(line)))


def _codes(table: TableSchema, rows: pd.DataFrame, region: Region) -> Iterator[Fault]:
    lived_in = region.neighbourhoods.index[region.neighbourhoods["inhabitants"] > 0]
    known = {
        "site": [str(site) for site in region.sites.index],
        "neighbourhood": [str(code) for code in lived_in],
        "municipality": [str(code) for code in region.municipalities.index],
        "corporation": sorted({str(name) for name in region.homes["corporation"]}),
        "year": [str(year) for year in region.parameters.years.planned],
    }
    for column, codes in known.items():
        for line, code in rows[column].dropna().items():
            if str(code) not in codes:
                remedy = did_you_mean(str(code), codes)
                expected = "a planned year" if column == "year" else f"a {column} of this region"
                yield Fault(table.file, f"'{code}'", expected, remedy, int(str(line)), column)
    possible = {(str(site), str(tier)) for site, tier in region.site_tiers.index}
    here = rows[rows["site"].isin(known["site"])]
    for line, row in here.iterrows():
        if (row["site"], row["tier"]) not in possible:
            tiers = [tier for site, tier in possible if site == row["site"]]
            remedy = f"{did_you_mean(str(row['tier']), sorted(tiers))} Or add it to sites.csv."
            yield Fault(table.file, f"'{row['tier']}'", "a tier of this site", remedy, int(str(line)), "tier")


def _lived_in(table: TableSchema, rows: pd.DataFrame, region: Region) -> Iterator[Fault]:
    """Tell of places that would be fewer than people of the Wlz live in."""
    occupied = region.site_tiers["wlz_occupied"].to_dict()
    for line, row in rows[rows["site"].notna() & rows["places"].notna()].iterrows():
        live = int(occupied.get((row["site"], row["tier"]), 0))
        if row["places"] < live:
            remedy = "They stay: leave their places, or change wlz_occupied in sites.csv."
            expected = f"at least the {live} places in which people of the Wlz live"
            yield Fault(table.file, str(row["places"]), expected, remedy, int(str(line)), "places")


_CHECKS = (_complete, _codes, _lived_in)
