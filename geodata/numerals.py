"""Numbers as people write them: decimal marks, thousands, currency and percent signs."""

import re
from collections.abc import Callable

type Fits = Callable[[float], bool]
"""Whether a number can stand where it was written."""

PLAIN = re.compile(r"[+-]?([0-9]+)(?:([.,])([0-9]+))?(?:[eE][+-]?[0-9]+)?")
"""A number without thousands separators or units."""

_SPACED = re.compile(r"(?<=[0-9])[ \u00a0\u202f'’](?=[0-9]{3}(?![0-9]))")
_CURRENCY = re.compile(r"^([+-]?)\s*(?:€|EUR\b)\s*|\s*(?:€|\bEUR)$", re.IGNORECASE)
_ROUND = re.compile(r"(?<=[0-9]),(?:-{1,2}|–|—)$")
"""How a Dutch price without cents ends: `112.000,-`."""

_GROUPED = re.compile(r"([+-]?)([0-9]{1,3}(?:([.,])[0-9]{3})(?:\3[0-9]{3})*)(?:(?!\3)([.,])([0-9]+))?")
_DAY_FIRST = re.compile(r"([0-9]{1,2})([-/.])([0-9]{1,2})\2([0-9]{4})(?: 0{1,2}:00(?::00)?)?")
_DAY_LAST = re.compile(r"([0-9]{4})([-/])([0-9]{1,2})\2([0-9]{1,2})(?:[ T]00:00(?::00(?:\.0+)?)?)?")
_MOST_MONTHS = 12


def parse_number(
    text: str, decimal: str = ".", *, fits: Fits | None = None, whole: bool = False, percent: bool = False
) -> float:
    """Return the number that `text` writes, never guessing.

    Parameters
    ----------
    text
        Digits with a decimal mark, points, commas, spaces or apostrophes between thousands, a euro sign.
    decimal
        The decimal mark of the table: "," in a file with semicolons (where a point parts thousands), "." in
        one with commas, "" where nothing tells, as in the text of a map.
    fits
        Whether a number can stand here: of two readings the only one that can is taken.
    whole
        Whether it counts people, places or homes, so that a fraction is wrong.
    percent
        Whether a percent sign may follow: the number before it is returned.

    Raises
    ------
    ValueError
        When it is no finite number, or could be read in two ways; the message says what was expected, and
        shows both readings.
    """
    bare = _without_units(text, percent=percent)
    readings = sorted(set(_readings(bare, decimal)))
    if not readings:
        raise ValueError(
            "a plain number" + ("" if percent or "%" not in text else ", without a percent sign")
        )
    fitting = [number for number in readings if fits is None or fits(number)]
    if fits is not None and not fitting:  # the other reading, where it is the only one that can stand here
        fitting = [number for number in _readings(bare, "") if fits(number)]
    fitting = fitting or readings
    if len(fitting) > 1:
        shown = " or ".join(f"{number:.10g}" for number in fitting)
        raise ValueError(f"a number that can be read in one way only: this is {shown}")
    if fitting[0] in (float("inf"), float("-inf")):
        raise ValueError("a finite number")
    if whole and not fitting[0].is_integer():
        raise ValueError("a whole number")
    return fitting[0]


def is_plain(text: str) -> bool:
    """Tell whether a text is a number without thousands separators or units."""
    return PLAIN.fullmatch(text) is not None


def exact_text(number: float) -> str:
    """Return a number as text that `parse_number` reads in one way, whatever its decimals."""
    if float(number).is_integer():
        return f"{number:.0f}"
    text = repr(float(number))
    _, mark, decimals = text.partition(".")
    return text + "0" if mark and len(decimals) == 3 and decimals.isdigit() else text


def read_date(text: str) -> str:
    """Return a date as year-month-day; a text that is none is returned as it is.

    Raises
    ------
    ValueError
        When day and month cannot be told apart; the message shows both readings.
    """
    if match := _DAY_LAST.fullmatch(text):
        year, _, month, day = match.groups()
        return f"{year}-{int(month):02d}-{int(day):02d}"
    match = _DAY_FIRST.fullmatch(text)
    if match is None:
        return text
    first, second, year = int(match[1]), int(match[3]), match[4]
    if first != second and first <= _MOST_MONTHS and second <= _MOST_MONTHS:
        raise ValueError(
            "a date that can be read in one way only: this is "
            f"{year}-{second:02d}-{first:02d} or {year}-{first:02d}-{second:02d}"
        )
    day, month = (first, second) if second <= _MOST_MONTHS else (second, first)
    return f"{year}-{month:02d}-{day:02d}"


def _without_units(text: str, *, percent: bool) -> str:
    bare = _CURRENCY.sub(r"\1", text.strip())
    bare = _ROUND.sub("", bare)
    if percent:
        bare = bare.removesuffix("%").rstrip()
    return _SPACED.sub("", bare)


def _readings(text: str, decimal: str) -> list[float]:
    """Return every number that a text can mean beside a decimal mark."""
    plain, grouped = PLAIN.fullmatch(text), _GROUPED.fullmatch(text)
    readings = []
    if grouped is not None:
        sign, whole, mark, _, cents = grouped.groups()
        readings.append(float(f"{sign}{whole.replace(mark, '')}.{cents or 0}"))
    if plain is not None:
        readings.append(float(text.replace(",", ".")))
    if plain is None or grouped is None or len(readings) == 1:
        return readings
    return readings[slice(*_taken(plain, decimal))]


def _taken(plain: re.Match[str], decimal: str) -> tuple[int, int]:
    """Return which of the readings as thousands and as decimals are possible, as a slice.

    The mark stands before three digits. Beside decimal commas a point parts thousands, and a comma is the
    decimal mark unless the decimals end in a zero that nobody writes.
    """
    whole, mark, digits = plain.groups()
    if whole.startswith("0"):
        return 1, 2
    if decimal == "," and mark == ".":
        return 0, 1
    if decimal == "," and not digits.endswith("0"):
        return 1, 2
    return 0, 2
