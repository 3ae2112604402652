"""Addresses, looked up by postcode and house number in a table on this machine: nothing is sent anywhere.

The table is the planner's own, such as an extract of the register of addresses (BAG) for the region.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

import geopandas as gpd
import pandas as pd

from geodata.faults import Fault
from geodata.layers import Source, label_of
from geodata.locations import address_columns, addressed, has_place, read_locations
from geodata.numerals import parse_number

SAME_PLACE_M = 1.0
"""Rows of one address that lie closer together than this (metres) are one place."""

_NUMBERS = ("huisnummer", "house_number", "number")
_SUFFIXES = ("huisletter", "toevoeging", "huisnummertoevoeging", "huisnummer_toevoeging")
_TEXTS = ("adres", "address", "straat", "straatnaam")
_POSTCODE = re.compile(r"\b[1-9][0-9]{3} ?[A-Za-z]{2}\b")
# of "Plein 1945 12 bis" 12 bis, of "Dorpsstraat 3-2" 3-2
_AT_THE_END = re.compile(r"(?<![0-9])[0-9]{1,5}(?: ?[A-Za-z]{1,4}| ?[-/] ?[A-Za-z0-9]{1,4})?$")
_HOUSE = re.compile(r"([0-9]{1,5})\W*(.*)")
_REMEDY = (
    "Give an extract of the register of addresses (BAG) with the columns postcode, huisnummer, where there "
    "are any huisletter and toevoeging, and x and y or lon and lat; or a GeoPackage of such points."
)

type Key = tuple[str, str]
"""Postcode and number: 7811AB, 12."""


@dataclass(frozen=True)
class Addresses:
    """Places by address: of each postcode and number the suffixes (12 bis: BIS) with x and y in metres."""

    label: str
    places: Mapping[Key, Mapping[str, tuple[tuple[float, float], ...]]]

    def find(self, key: Key, suffix: str) -> tuple[float, float] | str:
        """Return the place of an address, or what is wrong in words.

        Without a suffix the address that has none is meant, else the only one with that number.
        """
        here = self.places.get(key)
        if here is None:
            return f"not in {self.label}"
        spots = here.get(suffix)
        if spots is None:
            if suffix:
                return f"not in {self.label}, which has {_listed(key, here)}"
            spots = tuple(spot for each in here.values() for spot in each)
        (x, y), *others = spots
        if any(abs(x - u) + abs(y - v) > SAME_PLACE_M for u, v in others):
            return f"more than one place in {self.label}: {_listed(key, here)}"
        return x, y


def _listed(key: Key, suffixes: Iterable[str]) -> str:
    return ", ".join("-".join(filter(None, (key[1], one))) for one in sorted(suffixes)[:8])


def read_addresses(source: Source, crs: str, faults: list[Fault]) -> Addresses | None:
    """Read a table of addresses (CSV, GeoPackage, GeoJSON or PostGIS); None where faults prevent it."""
    known, label = len(faults), label_of(source)
    rows = read_locations(source, crs, faults)
    rows = rows.rename(columns=str.lower)
    number = _first(rows, _NUMBERS)
    if len(faults) > known:
        return None
    if "postcode" not in rows or number is None or not _in_metres(rows, crs, label, faults):
        if len(faults) == known:
            found = f"the columns {', '.join(map(str, rows))}"
            faults.append(Fault(label, found, "postcode, huisnummer and coordinates", _REMEDY, 1))
        return None
    places: dict[Key, dict[str, tuple[tuple[float, float], ...]]] = {}
    for row in rows.to_dict("records"):
        key, suffix = _house(row["postcode"], row[number], *(row.get(name, "") for name in _SUFFIXES))
        if key is not None and (spot := _spot(row["x"], row["y"])) is not None:
            here = places.setdefault(key, {})
            here[suffix] = (*here.get(suffix, ()), spot)
    return Addresses(label, places)


def placed(sites: pd.DataFrame, label: str, addresses: Addresses, faults: list[Fault]) -> pd.DataFrame:
    """Return places with x and y filled in where only an address is given; a fault where it is not found."""
    found = dict[int, tuple[float, float]]()
    rows = sites.loc[~has_place(sites) & addressed(sites), address_columns(sites)]
    for line, row in zip(rows.index, rows.to_dict("records"), strict=True):
        of = {str(name).lower(): str(text) for name, text in row.items()}
        key, suffix = _asked(of)
        spot = "without a postcode and a number" if key is None else addresses.find(key, suffix)
        if isinstance(spot, str):
            told = f"the address '{' '.join(text for text in of.values() if text)}', {spot}"
            remedy = "Correct the address, or fill in x and y, lon and lat, or the neighbourhood."
            faults.append(Fault(label, told, "an address of the table, one place", remedy, int(line)))
        else:
            found[int(line)] = spot
    return _filled(sites, found, addresses.label)


def _asked(of: Mapping[str, str]) -> tuple[Key | None, str]:
    """Return what the columns of an address ask for; postcode and number may stand in one text."""
    text = next((of[name] for name in _TEXTS if of.get(name)), "")
    in_text = _POSTCODE.search(text)
    street = text[: in_text.start()] if in_text else text
    last = _AT_THE_END.search(street.strip(" ,"))
    number = next((of[name] for name in _NUMBERS if of.get(name)), last[0] if last else "")
    postcode = of.get("postcode") or (in_text[0] if in_text else "")
    return _house(postcode, number, *(of.get(name, "") for name in _SUFFIXES))


def _filled(sites: pd.DataFrame, found: Mapping[int, tuple[float, float]], table: str) -> pd.DataFrame:
    filled = sites.assign(**{name: "" for name in ("x", "y", "note") if name not in sites})
    for line, (x, y) in found.items():
        note = str(filled.loc[line, "note"])
        told = f"place of its address in {table}"
        filled.loc[line, ["x", "y", "note"]] = [f"{x:.1f}", f"{y:.1f}", f"{note}; {told}" if note else told]
    filled.attrs = dict(sites.attrs)
    return filled


def _house(postcode: str, number: str, *suffixes: str) -> tuple[Key | None, str]:
    """Return postcode and number as they are compared, and the suffix: of `7811 ab`, `12-bis` 12 and BIS."""
    code = re.sub(r"\s", "", postcode).upper()
    match = _HOUSE.fullmatch(number.strip())
    if not re.fullmatch(r"[1-9][0-9]{3}[A-Z]{2}", code) or match is None:
        return None, ""
    return (code, str(int(match[1]))), re.sub(r"\W|_", "", "".join([match[2], *suffixes])).upper()


def _first(rows: pd.DataFrame, names: tuple[str, ...]) -> str | None:
    return next((name for name in names if name in rows), None)


def _spot(x: str, y: str) -> tuple[float, float] | None:
    return (float(x), float(y)) if x and y else None


def _in_metres(rows: pd.DataFrame, crs: str, label: str, faults: list[Fault]) -> bool:
    """Make numbers of `x` and `y`, of `lon` and `lat` where those are given; tell whether there are any."""
    names = next((pair for pair in (("x", "y"), ("lon", "lat")) if set(pair) <= set(rows.columns)), None)
    if names is None:
        return False
    wrong = list(_not_numbers(rows, names, label))
    if wrong:
        faults.extend(wrong[:20])
        return False
    decimal = str(rows.attrs["decimal"])
    one, two = ([parse_number(text, decimal) if text else None for text in rows[name]] for name in names)
    if names == ("lon", "lat"):
        points = gpd.GeoSeries(gpd.points_from_xy(one, two), crs="EPSG:4326").to_crs(crs)
        one, two = list(points.x), list(points.y)
    for name, values in (("x", one), ("y", two)):
        rows[name] = ["" if value is None or value != value else str(value) for value in values]
    return True


def _not_numbers(rows: pd.DataFrame, names: tuple[str, str], label: str) -> Iterator[Fault]:
    for name in names:
        for line, text in rows[name].items():
            try:
                parse_number(text or "0", str(rows.attrs["decimal"]))
            except ValueError as error:
                yield Fault(label, f"'{text}'", str(error), "Correct it.", int(str(line)), name)
