"""Readers of the values that options take: shares, ranges, lists, settings."""

import math

from typer import BadParameter


def setting(text: str) -> tuple[str, str]:
    """Return key and value of KEY=VALUE."""
    key, equals, value = text.partition("=")
    if not (key.strip() and equals and value.strip()):
        raise BadParameter(f"'{text}' is not KEY=VALUE, such as years.last=2030")
    return key.strip(), value.strip()


def names(text: str) -> list[str]:
    """Return the names of a,b."""
    names = [name.strip() for name in text.split(",")]
    if not all(names):
        raise BadParameter(f"'{text}' has an empty name; write a,b")
    return names


def table_source(text: str) -> tuple[str, str]:
    """Return name and source of NAME=SOURCE."""
    name, equals, source = text.partition("=")
    known = ("clients", "homes", "budgets", "travel", "series")
    if name not in known or not (equals and source):
        raise BadParameter(f"'{text}' is not NAME=SOURCE with one of {', '.join(known)}")
    return name, source


def share(text: str) -> float:
    """Return the share of 0.01 or 1%."""
    try:
        share = float(text.removesuffix("%")) / (100 if text.endswith("%") else 1)
    except ValueError:
        share = math.nan
    if not 0 <= share < 1:
        raise BadParameter(f"'{text}' is not a share from 0 to 1, such as 0.01 or 1%")
    return share


def number_range(text: str) -> tuple[int, int]:
    """Return the first and last number of 3 or 2-4."""
    first, _, last = text.partition("-")
    if not (first.isascii() and first.isdigit() and (last or first).isdigit() and "-" not in last):
        raise BadParameter(f"'{text}' is not a number or a range, such as 3 or 2-4")
    numbers = int(first), int(last or first)
    if not 1 <= numbers[0] <= numbers[1]:
        raise BadParameter(f"'{text}' does not begin at 1 or more and end above it")
    return numbers


def terms(text: str) -> tuple[int, ...]:
    """Return the years of a contract and its extensions, 4+2+2."""
    parts = text.split("+")
    if not all(part.isascii() and part.isdigit() and int(part) for part in parts):
        raise BadParameter(f"'{text}' is not years with + between them, such as 4+2+2")
    return tuple(map(int, parts))


def chance(text: str) -> float:
    """Return a share above 0."""
    part = share(text)
    if not part:
        raise BadParameter("a share of 0 leaves nothing")
    return part


def quarter(text: str) -> str:
    """Return a quarter such as 2027Q1."""
    year, mark, number = text.partition("Q")
    if not (year.isascii() and year.isdigit() and len(year) == 4 and mark and number in {"1", "2", "3", "4"}):
        raise BadParameter(f"'{text}' is not a quarter, such as 2027Q1")
    return text


def positive(text: str) -> float:
    """Return a number above 0."""
    try:
        seconds = float(text)
    except ValueError:
        seconds = math.nan
    if not 0 < seconds < math.inf:
        raise BadParameter(f"'{text}' is not a number of seconds above 0")
    return seconds


def minutes(text: str) -> float:
    """Return a number of at least 0."""
    try:
        number = float(text)
    except ValueError:
        number = math.nan
    if not 0 <= number < math.inf:
        raise BadParameter(f"'{text}' is not a number of at least 0")
    return number


def capacity(text: str) -> float | str:
    """Return people per site, or 'room'."""
    return text if text == "room" else minutes(text)


def codes(text: str) -> tuple[str, ...]:
    """Return the codes of S1,S2."""
    codes = tuple(code.strip() for code in text.split(","))
    if not all(codes):
        raise BadParameter(f"'{text}' is not a list of sites, such as S1,S2")
    return codes


def count(text: str) -> int:
    """Return a whole number of at least 0."""
    if not (text.isascii() and text.isdigit()):
        raise BadParameter(f"'{text}' is not a whole number of at least 0")
    return int(text)


def one_or_more(text: str) -> int:
    """Return a whole number of at least 1."""
    number = count(text)
    if not number:
        raise BadParameter("0 is not a number of at least 1")
    return number
