"""Figures of areas under the names that CBS and others give them, and what they write for a missing one."""

import math
import re
from collections.abc import Iterable
from decimal import Decimal
from numbers import Real
from typing import Any

import pandas as pd

from geodata.faults import Fault
from geodata.numerals import parse_number

COLUMNS = {
    "code": (
        "code", "buurtcode", "bu_code", "wijkcode", "wk_code", "gwb_code", "codering", "regiocode",
        "wijkenenbuurten", "statcode",
    ),
    "name": ("name", "buurtnaam", "bu_naam", "wijknaam", "wk_naam", "statnaam"),
    "municipality": ("municipality", "gemeentecode", "gm_code"),
    "municipality_name": ("municipality_name", "gemeentenaam", "gm_naam"),
    "inhabitants": ("inhabitants", "aantal_inwoners", "inwoners", "aant_inw", "aantalinwoners", "a_inw"),
    "inhabitants_15_plus": ("inhabitants_15_plus",),
    "inhabitants_0_15": ("inhabitants_0_15", "inw_0_15", "k_0tot15jaar", "0_tot_15_jaar", "a_00_14"),
    "percentage_0_15": ("percentage_personen_0_tot_15_jaar", "pct_0_14", "p_00_14_jr"),
    "water": ("water", "h2o"),
    "source": ("source",),
}  # fmt: skip
"""Our names of columns and those under which they come; the first that is present is used."""

INDICATORS = {
    "percentage_laag_inkomen": (
        "percentage_laag_inkomen", "percentage_personen_met_laag_inkomen", "pct_laag_inkomen", "p_ink_li",
        "p_laaginkp", "k_40personenmetlaagsteinkomen", "40_personen_met_laagste_inkomen",
    ),
    "percentage_huurwoningen_in_bezit_woningcorporaties": (
        "percentage_huurwoningen_in_bezit_woningcorporaties",
        "perc_huurwoningen_in_bezit_woningcorporaties", "pct_corporatie", "pct_corporatie_2021",
        "p_wcorpw", "p_huurcorp", "inbezitwoningcorporatie",
    ),
    "percentage_koopwoningen": (
        "percentage_koopwoningen", "pct_koop", "p_koopw", "p_koopwon", "koopwoningen",
    ),
    "woningvoorraad": ("woningvoorraad", "aantal_woningen", "woningen", "a_woning"),
    "gemiddelde_woningwaarde": (
        "gemiddelde_woningwaarde", "gemiddelde_woz_waarde_woning", "woz_keur", "g_wozbag", "g_woz", "woz",
        "gemiddeldewozwaardevanwoningen", "gemiddeldewoningwaarde",
    ),
}  # fmt: skip
"""CBS figures that say how much a neighbourhood can carry; kept where they are present."""

COUNTS = ("inhabitants", "inhabitants_15_plus", "inhabitants_0_15", "woningvoorraad")
"""Figures that add up over areas; the others are shares and means."""

COUNTED = ("inhabitants", "inhabitants_0_15", "woningvoorraad")
"""Figures that count people or homes, so that they are whole."""

_PERCENT = (0, 100)

LIMITS = dict.fromkeys(
    (
        "percentage_0_15",
        "percentage_laag_inkomen",
        "percentage_huurwoningen_in_bezit_woningcorporaties",
        "percentage_koopwoningen",
    ),
    _PERCENT,
)
"""Least and most of the figures that have both."""

LARGEST = 1e12
"""No figure of an area is larger."""

MISSING_FROM = -99990
"""CBS writes codes up to this number (−99997 and lower) for what is missing or secret."""

_YEARLY = re.compile(r"_[0-9]{1,3}$")


def our_names(columns: Iterable[Any]) -> dict[str, str]:
    """Return written name → our name, for the columns that are known.

    Capitals, underscores and spaces do not count (`percentagePersonen0Tot15Jaar` in the web services), nor
    do the number that StatLine puts behind a name and that differs from year to year (`Koopwoningen_40` in
    2022, `Koopwoningen_47` in 2024), or the headings and the unit around it in the tables of its portal
    (`Wonen/Eigendom/Koopwoningen (%)`).
    """
    # of "Code" and "code" the one without capitals counts
    written = sorted((str(column) for column in columns), key=str.islower)
    present = {_squashed(_YEARLY.sub("", column)): column for column in written}
    present |= {_squashed(_topic(column)): column for column in written}
    present |= {_squashed(column): column for column in written}
    names: dict[str, str] = {}
    for ours, theirs in {**COLUMNS, **INDICATORS}.items():
        for name in map(_squashed, theirs):
            if name in present and not (ours in COUNTS and present[name].endswith("(%)")):
                names[present[name]] = ours
                break
    return names


def _squashed(column: str) -> str:
    return re.sub(r"[^a-z0-9]", "", column.lower())


def _topic(column: str) -> str:
    """Return the last heading of a column of StatLine's portal, without its unit."""
    return re.sub(r"\s*\([^()]*\)$", "", column.rpartition("/")[2])


def texts(column: pd.Series) -> pd.Series:
    """Return a column as text without the spaces around it, "" where there is none."""
    stripped = [("" if _is_missing(value) else str(value).strip()) for value in column]
    return pd.Series(stripped, index=column.index, dtype="str")


def numbers(file: str, column: pd.Series, codes: pd.Series, name: str, faults: list[Fault]) -> pd.Series:
    """Return the figures of a column, NaN where missing; `codes` are the areas they belong to."""
    read = []
    for value, code in zip(column, codes, strict=True):
        try:
            read.append(number(value, name=name))
        except ValueError as error:
            read.append(math.nan)
            found = f"'{value}' for area '{code}'"
            faults.append(Fault(file, found, str(error), "Correct the figure.", column=name))
    return pd.Series(read, index=column.index, dtype="float")


def number(value: Any, *, name: str = "", decimal: str = "", least: float = 0.0) -> float:
    """Return the figure of a column, NaN where CBS means that there is none.

    A text without a decimal mark that is known (`decimal` "") has one reading or is refused; a count
    of people or homes is whole.

    Raises
    ------
    ValueError
        When it is no number, can be read in two ways, or lies outside the limits of the column.
    """
    if is_absent(value, decimal):
        return math.nan
    if isinstance(value, bool) or not isinstance(value, str | Real | Decimal):
        raise ValueError("a number")
    limits = LIMITS.get(name)
    fits = None if limits is None else lambda one: limits[0] <= one <= limits[1]
    if isinstance(value, str):
        percent = limits == _PERCENT
        read = parse_number(value.strip(), decimal, fits=fits, whole=name in COUNTED, percent=percent)
    else:
        read = float(value)
        if name in COUNTED and not read.is_integer() and math.isfinite(read):
            raise ValueError("a whole number")
    if fits is not None and not fits(read):
        raise ValueError(f"a percentage from {_PERCENT[0]} to {_PERCENT[1]}")
    if not least <= read <= LARGEST:
        missing = f"or a CBS code below {MISSING_FROM} for a missing one"
        raise ValueError(f"a number of {least:g} or more ({missing})")
    return read


def is_absent(value: Any, decimal: str = "") -> bool:
    """Tell whether CBS means: no figure."""
    if isinstance(value, str):
        try:
            return value.strip() in ("", ".") or parse_number(value.strip(), decimal) <= MISSING_FROM
        except ValueError:
            return False
    if _is_missing(value):
        return True
    return isinstance(value, Real | Decimal) and float(value) <= MISSING_FROM


def _is_missing(value: Any) -> bool:
    return (
        value is None or value is pd.NA or value is pd.NaT or (isinstance(value, float) and math.isnan(value))
    )


def is_water(column: pd.Series) -> pd.Series:
    """Tell which rows are water (`JA`)."""
    return texts(column).str.upper().isin(["JA", "YES", "TRUE", "1"])
