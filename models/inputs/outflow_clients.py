"""Input tables of the outflow desk: clients ready to leave, by pseudonym, and vacant homes.

What is read of a client is a pseudonym, where the client comes from and wants to live, a form and a date.
Whatever looks like a name, a citizen service number, an address or a date of birth is refused, and no
fault repeats what a cell says: faults end up on screens and in logs.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

from geodata.faults import Fault, InputError
from geodata.tables import read_table

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    import pandas as pd

    from models.region.region import Region

READY_COLUMNS = ("client", "municipality", "neighbourhood", "wanted", "tier", "ready")
FREE_COLUMNS = ("home", "corporation", "neighbourhood", "tier", "free")
_OPTIONAL = frozenset({"neighbourhood", "wanted"})
_OPTIONAL_OF_HOMES = frozenset({"tier"})

_CODE = re.compile(r"[A-Za-z0-9_-]{1,40}")
_ISO = re.compile(r"\d{4}-\d{2}-\d{2}")
_DAY = re.compile(r"(19|20)\d{2}[-_]?(0[1-9]|1[0-2])[-_]?(0[1-9]|[12]\d|3[01])")
_TURNED_DAY = re.compile(r"(0[1-9]|[12]\d|3[01])[-_]?(0[1-9]|1[0-2])[-_]?(19|20)\d{2}")
_POSTCODE = re.compile(r"\d{4}[-_]?[A-Za-z]{2}([-_]?\d+)?")
_PHONE = re.compile(r"(0|31|0031)[1-9]\d{8}")
_LETTERS = re.compile(r"[A-Za-z]{4,}")
_PLAIN_WORDS = frozenset({"client", "home", "woning", "pseudo"})

IDENTIFYING = re.compile(
    r"name|naam|geboorte|birth|bsn|burgerservice|e-?mail|phone|telefoon|mobiel|adres|address|straat|street|"
    r"postcode|huisnummer|geslacht|gender",
    re.IGNORECASE,
)
"""Names of columns that say that somebody could be known from them."""

EARLIEST_YEARS = 5
"""Years before the first planned one from which a date is taken for one of birth, or a slip."""


@dataclass(frozen=True, slots=True)
class ReadyClient:
    """Somebody who can leave.

    Attributes
    ----------
    client
        A pseudonym: letters, digits, - and _ (at most 40), a digit in it, no four letters in a row.
    municipality
        Where the client comes from.
    neighbourhood
        The one there, "" where only the municipality is known.
    wanted
        Neighbourhoods in which the client wants to live; empty where any within reach will do. A file has
        codes of neighbourhoods or municipalities, with | between them.
    tier
        The form, one in homes.
    ready
        From when the client can leave, as 2027-03-01.
    """

    client: str
    municipality: str
    neighbourhood: str
    wanted: frozenset[str]
    tier: str
    ready: date


@dataclass(frozen=True, slots=True)
class FreeHome:
    """A home that comes free.

    Attributes
    ----------
    home
        A code like that of a client: no address.
    corporation
        Who lets it.
    neighbourhood
        Where it is.
    tier
        The form, one in homes; "" where any of them will do.
    free
        From when it is empty, as 2027-03-01.
    """

    home: str
    corporation: str
    neighbourhood: str
    tier: str
    free: date


def looks_identifying(code: str) -> str:
    """Return why a pseudonym could make somebody known, "" where it could not.

    Refused are a citizen service number (BSN: eight or nine digits that pass the eleven test, also with
    something before, behind or between them), an e-mail address, a telephone number, a date, a postcode,
    and whatever may be a name: no digit in it, a space, or four letters or more in a row.
    """
    digits = re.sub(r"[\s._-]", "", code)
    if "@" in code:
        return "an e-mail address"
    if any(map(_holds_bsn, re.findall(r"\d{8,}", digits))):
        return "a citizen service number (BSN)"
    if _PHONE.fullmatch(digits):
        return "a telephone number"
    if _DAY.search(code) or _TURNED_DAY.search(code):
        return "a date, perhaps of birth"
    if _POSTCODE.fullmatch(re.sub(r"\s", "", code)):
        return "a postcode"
    words = {word.lower() for word in _LETTERS.findall(code)} - _PLAIN_WORDS
    if words or " " in code or not any(sign.isdigit() for sign in code):
        return "what may be a name"
    return ""


def _holds_bsn(digits: str) -> bool:
    """Tell whether some nine digits in a row, or just eight, could be a BSN."""
    return any(map(passes_eleven_test, (digits[at : at + 9] for at in range(max(1, len(digits) - 8)))))


def passes_eleven_test(digits: str) -> bool:
    """Whether eight or nine digits could be a BSN: 9·d1 + 8·d2 + … + 2·d8 − d9 is a multiple of 11."""
    if not (digits.isascii() and digits.isdigit() and len(digits) in (8, 9)) or not int(digits):
        return False
    weights = (9, 8, 7, 6, 5, 4, 3, 2, -1)
    return sum(w * int(d) for w, d in zip(weights, digits.zfill(9), strict=True)) % 11 == 0


def read_ready(file: Path, region: Region) -> list[ReadyClient]:
    """Read the clients who are ready to leave.

    Columns: client (pseudonym), municipality (code), neighbourhood (code of where the client comes from,
    may be empty), wanted (codes of neighbourhoods or municipalities, "|" between them, may be empty),
    tier (a form in homes), ready (2027-03-01).

    Raises
    ------
    InputError
        With every fault; none repeats what a cell says.
    """
    rows, faults = _rows(file, READY_COLUMNS, _OPTIONAL)
    codes = _Codes.of(region)
    clients = list[ReadyClient]()
    for line, row in rows:
        found = list(_of_client(row, codes))
        faults.extend(_fault(file, line, *one) for one in found)
        if not found:
            clients.append(_client(row, codes))
    faults.extend(_twice(file, rows, "client"))
    if faults:
        raise InputError(faults)
    return clients


def read_free(file: Path, region: Region) -> list[FreeHome]:
    """Read the homes that come free.

    Columns: home (a code, no address), corporation, neighbourhood (code), tier (may be empty), free
    (2027-03-01, from when the home is empty).

    Raises
    ------
    InputError
        With every fault; none repeats what a cell says.
    """
    rows, faults = _rows(file, FREE_COLUMNS, _OPTIONAL_OF_HOMES)
    codes = _Codes.of(region)
    homes = list[FreeHome]()
    for line, row in rows:
        found = list(_of_home(row, codes))
        faults.extend(_fault(file, line, *one) for one in found)
        if not found:
            home = (row["home"], row["corporation"], row["neighbourhood"], row["tier"])
            homes.append(FreeHome(*home, date.fromisoformat(row["free"])))
    faults.extend(_twice(file, rows, "home"))
    if faults:
        raise InputError(faults)
    return homes


type _Row = dict[str, str]
type _Found = tuple[str, str, str, str]
"""Column, what was found (never the cell itself), what was expected, what to do."""


@dataclass(frozen=True)
class _Codes:
    """The codes that a row may name."""

    towns: frozenset[str]
    areas: dict[str, str]
    inhabited: frozenset[str]
    corporations: tuple[str, ...]
    home_tiers: tuple[str, ...]
    first: int
    last: int

    @classmethod
    def of(cls, region: Region) -> _Codes:
        areas, years = region.neighbourhoods, region.parameters.years
        return cls(
            towns=frozenset(str(code) for code in region.municipalities.index),
            areas={str(code): str(town) for code, town in areas["municipality"].items()},
            inhabited=frozenset(str(code) for code in areas.index[areas["inhabitants"] > 0]),
            corporations=tuple(sorted({str(name) for name in region.homes["corporation"]})),
            home_tiers=region.parameters.tiers_of("home"),
            first=years.planned[0] - EARLIEST_YEARS,
            last=years.last,
        )

    def inside(self, code: str) -> frozenset[str]:
        """Return the inhabited neighbourhoods of a code."""
        if code in self.areas:
            return frozenset({code}) & self.inhabited
        return frozenset(j for j, town in self.areas.items() if town == code) & self.inhabited


def _rows(
    file: Path, columns: tuple[str, ...], optional: frozenset[str]
) -> tuple[list[tuple[int, _Row]], list[Fault]]:
    """Return the lines of a table, every column there; and the faults of its columns."""
    if not file.is_file():
        raise InputError([Fault(str(file), "no such file", "a table", "Check the path.")])
    faults = list[Fault]()
    frame = read_table(file, faults)
    if faults:
        # a fault of the file itself may hold a piece of a cell
        raise InputError(Fault(f.file, _untold(f.found), f.expected, f.remedy, f.row) for f in faults)
    faults.extend(_of_columns(file, frame, columns, optional))
    if frame.empty and not faults:
        faults.append(Fault(file.name, "no rows", "one row at least", "Fill in the table."))
    if faults:
        raise InputError(faults)
    whole = frame.reindex(columns=list(columns), fill_value="")
    records = whole.to_dict("records")
    lines = zip(frame.index, records, strict=True)
    return [(int(n), {str(k): str(v) for k, v in row.items()}) for n, row in lines], faults


def _untold(found: str) -> str:
    return (
        found if found.split(" ")[0].isdigit() or found.startswith("columns") else "what is no CSV in UTF-8"
    )


def _of_columns(
    file: Path, frame: pd.DataFrame, columns: tuple[str, ...], optional: frozenset[str]
) -> Iterator[Fault]:
    for number, name in enumerate(frame.columns, start=1):
        if name in columns:
            continue
        named = bool(IDENTIFYING.search(str(name)))
        found = "a column from which somebody could be known" if named else "a column of another name"
        remedy = (
            "Take it out: nothing that identifies a person is read." if named else "Rename or take it out."
        )
        yield Fault(file.name, f"{found} (number {number})", ", ".join(columns), remedy, 1)
    for name in columns:
        if name not in frame.columns and name not in optional:
            yield Fault(file.name, "no such column", f"a column '{name}'", "Add it.", 1, name)


def _fault(file: Path, line: int, column: str, found: str, expected: str, remedy: str) -> Fault:
    return Fault(file.name, found, expected, remedy, line, column)


def _twice(file: Path, rows: list[tuple[int, _Row]], column: str) -> Iterator[Fault]:
    first: dict[str, int] = {}
    for line, row in rows:
        if row[column] and first.setdefault(row[column], line) != line:
            found = f"the same as on line {first[row[column]]}"
            yield Fault(file.name, found, "each once", "Take one of the two out.", line, column)


def _pseudonym(column: str, code: str) -> Iterator[_Found]:
    expected = "a pseudonym: letters, digits, - and _ (at most 40), with a digit, no four letters in a row"
    why = looks_identifying(code) if code else "nothing"
    if why:
        yield column, why, expected, "Give everybody a code of your own, such as C-0012, and keep the key."
    elif not _CODE.fullmatch(code):
        yield column, "other signs", expected, "Write letters, digits, - and _ only."


def _of_client(row: _Row, codes: _Codes) -> Iterator[_Found]:
    yield from _pseudonym("client", row["client"])
    if row["municipality"] not in codes.towns:
        yield "municipality", "an unknown code", "a municipality of this region", _known(codes.towns)
    if row["neighbourhood"] and codes.areas.get(row["neighbourhood"]) != row["municipality"]:
        remedy = "Correct one of the two, or leave this one empty."
        yield "neighbourhood", "an unknown code", "a neighbourhood of that municipality", remedy
    for code in _parts(row["wanted"]):
        if not codes.inside(code):
            expected = "codes of inhabited neighbourhoods or of municipalities, with | between them"
            yield "wanted", "an unknown code", expected, "Correct it, or leave it empty."
    if row["tier"] not in codes.home_tiers:
        yield "tier", "something else", f"a form in homes: {', '.join(codes.home_tiers)}", "Correct it."
    yield from _day("ready", row["ready"], codes)


def _of_home(row: _Row, codes: _Codes) -> Iterator[_Found]:
    yield from _pseudonym("home", row["home"])
    if row["corporation"] not in codes.corporations:
        expected = f"a corporation of homes.csv: {', '.join(codes.corporations)}"
        yield "corporation", "an unknown name", expected, "Correct it, or add its homes to the region."
    if row["neighbourhood"] not in codes.inhabited:
        remedy = "Write its code; no address."
        yield "neighbourhood", "an unknown code", "an inhabited neighbourhood of this region", remedy
    if row["tier"] and row["tier"] not in codes.home_tiers:
        yield "tier", "something else", f"a form in homes: {', '.join(codes.home_tiers)}", "Correct it."
    yield from _day("free", row["free"], codes)


def _day(column: str, text: str, codes: _Codes) -> Iterator[_Found]:
    expected = f"a date from {codes.first} to {codes.last}, such as {codes.last - 1}-03-01"
    try:
        day = date.fromisoformat(text) if _ISO.fullmatch(text) else None
    except ValueError:
        day = None
    if day is None:
        yield column, "no date" if text else "nothing", expected, "Write year-month-day."
    elif not codes.first <= day.year <= codes.last:
        yield column, "a date of another time", expected, "Correct it; a date of birth is not read."


def _known(codes: frozenset[str]) -> str:
    return f"Known here: {', '.join(sorted(codes)[:12])}{', …' if len(codes) > 12 else ''}."


def _parts(text: str) -> list[str]:
    return [part.strip() for part in text.split("|")] if text else []


def _client(row: _Row, codes: _Codes) -> ReadyClient:
    wanted = frozenset[str]().union(*(codes.inside(code) for code in _parts(row["wanted"])))
    day = date.fromisoformat(row["ready"])
    return ReadyClient(row["client"], row["municipality"], row["neighbourhood"], wanted, row["tier"], day)
