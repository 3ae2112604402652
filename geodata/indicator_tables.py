"""Tables of figures joined by code: StatLine, *Kerncijfers wijken en buurten*, Leefbaarometer, any other."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import pandas as pd

from geodata import postgis
from geodata.crosswalk import carry_over
from geodata.faults import Fault
from geodata.indicators import COLUMNS, COUNTS, INDICATORS, is_absent, number, our_names
from geodata.layers import Source, label_of
from geodata.tables import read_table

_CODES = ("id", "gm_code", "gemeentecode")
"""Where a table keeps its codes if in none of the usual columns; Leefbaarometer calls them `id`."""

_LOWEST = -1e12

FIGURES = (*COUNTS, *INDICATORS, "percentage_0_15")
"""Figures that are known, by our names."""


def read_figures(source: Source, faults: list[Fault], *, own_columns: bool = True) -> pd.DataFrame:
    """Read a table of figures by area.

    Codes lose the spaces that StatLine pads them with; known columns get our names, others keep theirs in
    small letters, or are left out without `own_columns`. Columns of text are left out; a cell that is no
    number in a column of numbers is a fault.

    Returns
    -------
    pd.DataFrame
        Index `code`; a column of numbers per figure, NaN where CBS gives none.
    """
    label = label_of(source)
    raw = _raw(source, faults)
    if raw.empty:
        return _nothing()
    names = our_names(raw.columns)
    code = _code_column(raw, names)
    if code is None:
        expected = "one of the columns " + ", ".join((*COLUMNS["code"], *_CODES))
        faults.append(
            Fault(label, "no column of codes", expected, "Name the column of codes 'code'.", 1, "code")
        )
        return _nothing()
    codes = raw[code].astype("str").str.strip()
    for line in raw.index[codes.duplicated()]:
        found = f"{codes[line]} again"
        faults.append(Fault(label, found, "each area once", "Keep one year and one row.", int(line), code))
    columns = {}
    for name in (str(column) for column in raw if column != code):
        ours = names.get(name, "")
        if own_columns or ours in FIGURES:
            read = _column(label, raw[name], ours, raw.attrs.get("decimal", ""), faults)
            if read is not None:
                columns[ours or name.lower()] = read
    figures = pd.DataFrame(columns, index=raw.index).set_axis(pd.Index(codes, name="code"))
    return figures[~figures.index.duplicated()]


def municipality_names(tables: Sequence[Source]) -> dict[str, str]:
    """Return the names of municipalities by code (GM0114) that tables of wijken and buurten give."""
    found: dict[str, str] = {}
    for source in tables:
        raw = _raw(source, [])  # what is wrong with it is told where its figures are read
        names = our_names(raw.columns)
        written = {ours: column for column, ours in names.items()}
        if {"code", "municipality_name"} <= set(written):
            codes = raw[written["code"]].astype("str").str.strip()
            towns = raw[written["municipality_name"]].astype("str").str.strip()
            pairs = zip(codes, towns, strict=True)
            found |= {f"GM{code[2:6]}": name for code, name in pairs if code[:2] in ("WK", "BU") and name}
    return found


def _code_column(raw: pd.DataFrame, names: Mapping[str, str]) -> str | None:
    ours = {name: written for written, name in names.items()}
    if "code" in ours:
        return ours["code"]
    by_lower = {str(name).lower(): str(name) for name in raw}
    return next((by_lower[name] for name in _CODES if name in by_lower), None)


def _raw(source: Source, faults: list[Fault]) -> pd.DataFrame:
    if not postgis.is_database(source):
        return read_table(Path(source), faults)
    read = postgis.read_table(str(source), faults)
    if read is None:
        return pd.DataFrame()
    plain = pd.DataFrame(read.drop(columns=["geometry"], errors="ignore"))
    return plain.set_axis(pd.RangeIndex(2, len(plain) + 2, name="line"))


def _nothing() -> pd.DataFrame:
    return pd.DataFrame(index=pd.Index([], dtype="str", name="code"))


def _column(label: str, column: pd.Series, name: str, decimal: str, faults: list[Fault]) -> pd.Series | None:
    """Return a column as numbers, None where it is one of text."""
    read: list[float] = []
    doubtful = 0
    wrong: list[tuple[int, str, str]] = []
    for line, value in column.items():
        try:
            read.append(number(value, name=name, decimal=decimal, least=_LOWEST))
        except (TypeError, ValueError) as error:
            read.append(float("nan"))
            wrong.append((int(str(line)), str(value), str(error)))
            doubtful += any(sign.isdigit() for sign in str(value))
    given = sum(not is_absent(value, decimal) if isinstance(value, str) else True for value in column)
    # half of it written in digits: then the others are mistakes; else it is a column of words
    if not given or (len(wrong) - doubtful) * 2 > given or (len(wrong) * 2 > given and name not in FIGURES):
        return None
    for line, text, expected in wrong:
        faults.append(Fault(label, f"'{text}'", expected, "Correct the figure.", line, str(column.name)))
    return pd.Series(read, index=column.index, dtype="float")


def joined(
    codes: Sequence[str], figures: pd.DataFrame, label: str, faults: list[Fault],
    crosswalk: pd.DataFrame | None = None, gaps: bool = False,
) -> pd.DataFrame:  # fmt: skip
    """Return the figures of areas, in the order of `codes`.

    Areas that the table lacks are a fault, as it then is one of another year: nothing is guessed. With `gaps`
    they get no figures, unless the table has areas of the same municipalities that `codes` lack. With a
    crosswalk (see `geodata.crosswalk`) figures of old codes are first brought to the new ones.
    """
    if crosswalk is not None:
        figures = carry_over(figures, crosswalk)
    lacking = [code for code in codes if code not in figures.index]
    towns, kind, known = {code[2:6] for code in codes}, codes[0][:2], set(codes)
    others = [c for c in figures.index if c[:2] == kind and c[2:6] in towns and c not in known]
    strangers = len(lacking) == len(codes)
    if lacking and (others or strangers or not gaps):
        found = f"no row for {len(lacking)} of {len(codes)} areas ({_listed(lacking)})"
        if others:
            found += f", and {len(others)} that the map lacks ({_listed(others)})"
        remedy = "Take the table of the map's year, or give a crosswalk: code_old, code_new, weight."
        faults.append(Fault(label, found, "a row for every area", remedy, column="code"))
    return figures.reindex(list(codes))


def _listed(codes: Sequence[str]) -> str:
    return ", ".join(codes[:5]) + (", …" if codes[5:] else "")


def known_figures(figures: pd.DataFrame) -> list[str]:
    """Return the columns that are figures of ours, by name."""
    return [name for name in figures if name in FIGURES]
