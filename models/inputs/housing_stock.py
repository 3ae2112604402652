"""Social housing stock by municipality, the yardstick of a fair share of homes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from geodata.faults import Fault, InputError, did_you_mean
from models.region.tables import read, stock_table

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    import pandas as pd

    from models.region.region import Region

type Stock = dict[tuple[str, str], float]
"""(corporation, municipality) → homes that it owns there."""

ROUNDING = 0.01
"""Share by which corporations together may own more than a municipality's total: counts of other years."""


def read_stock(file: Path, region: Region) -> Stock:
    """Read what each corporation owns: columns corporation, municipality, social_homes.

    Raises
    ------
    InputError
        With every fault: a corporation that offers nothing, an unknown municipality, the same twice, or
        more homes in a municipality than municipalities.csv has there.
    """
    faults = list[Fault]()
    if not file.is_file():
        raise InputError([Fault(str(file), "no such file", "a table of social homes", "Check the path.")])
    table = stock_table(file.name)
    rows = read(file.parent, table, faults)
    if not faults:
        faults.extend(_unknown(file.name, rows, region))
        faults.extend(_too_many(file.name, rows, region))
    if faults:
        raise InputError(faults)
    keys = zip(rows["corporation"], rows["municipality"], strict=True)
    return dict(zip(keys, rows["social_homes"].astype(float), strict=True))


def _unknown(file: str, rows: pd.DataFrame, region: Region) -> Iterator[Fault]:
    known = {
        "corporation": sorted({str(name) for name in region.homes["corporation"]}),
        "municipality": [str(code) for code in region.municipalities.index],
    }
    for column, codes in known.items():
        for line, code in rows[column].items():
            if code not in codes:
                expected = f"a {column} of this region"
                remedy = did_you_mean(str(code), codes)
                yield Fault(file, f"'{code}'", expected, remedy, int(str(line)), column)


def _too_many(file: str, rows: pd.DataFrame, region: Region) -> Iterator[Fault]:
    totals = region.municipalities["social_homes"]
    for code, owned in rows.groupby("municipality")["social_homes"].sum().items():
        most = float(totals.get(code, float("nan")))
        if owned > most * (1.0 + ROUNDING):
            found = f"{owned:,.0f} homes in {code} together"
            remedy = "Correct one of the two."
            yield Fault(file, found, f"at most the {most:,.0f} of municipalities.csv", remedy)
