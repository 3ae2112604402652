"""Figures of old areas brought to new ones: merged municipalities and wijken whose borders changed.

A crosswalk has columns `code_old`, `code_new` and `weight`: the part of an old area's people that live in a
new one. The weights of an old area add up to 1, so that totals are kept.
"""

from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd

from geodata.faults import Fault
from geodata.indicators import COUNTS
from geodata.numerals import parse_number
from geodata.tables import read_table

COLUMNS = ("code_old", "code_new", "weight")

SUMS_TO_ONE = 1e-6
"""How far the written weights of an old area may be from 1: they are decimals."""

SLIVER = 0.01
"""Part of an old area's people below which an overlap is a difference in drawing, not a move."""


def overlay(old: gpd.GeoDataFrame, new: gpd.GeoDataFrame, people: gpd.GeoDataFrame) -> pd.DataFrame:
    """Make a crosswalk by laying areas over one another (areal interpolation weighted by inhabitants).

    Parameters
    ----------
    old, new
        Columns `code` and `geometry`, in one projected system.
    people
        `inhabitants` and `geometry` in the same system: small areas, within which people are taken to live
        evenly. They may be the new areas themselves.

    Returns
    -------
    pd.DataFrame
        `COLUMNS`. An old area where nobody lives is divided by its surface; one that no new area
        touches is not in it.
    """
    small = people[["inhabitants", people.geometry.name]].copy()
    small["people_area"] = small.geometry.area
    pieces = gpd.overlay(small, _coded(old, "code_old"), how="intersection", keep_geom_type=True)
    pieces = gpd.overlay(pieces, _coded(new, "code_new"), how="intersection", keep_geom_type=True)
    pieces["surface"] = pieces.geometry.area
    pieces["weight"] = pieces["inhabitants"].fillna(0.0) * pieces["surface"] / pieces["people_area"]
    parts = pd.DataFrame(pieces).groupby(["code_old", "code_new"])[["weight", "surface"]].sum()
    empty = parts.groupby("code_old")["weight"].transform("sum") == 0
    weight = parts["weight"].where(~empty, parts["surface"])
    shares = weight / weight.groupby("code_old").transform("sum")
    kept = shares[shares >= SLIVER]
    return (kept / kept.groupby("code_old").transform("sum")).rename("weight").reset_index()


def _coded(areas: gpd.GeoDataFrame, name: str) -> gpd.GeoDataFrame:
    return areas[["code", areas.geometry.name]].rename(columns={"code": name})


def read_crosswalk(path: Path, faults: list[Fault]) -> pd.DataFrame:
    """Read a crosswalk from a CSV file with `COLUMNS`; what is wrong with it is added to `faults`."""
    raw = read_table(path, faults)
    lacking = [name for name in COLUMNS if name not in raw]
    for name in lacking:
        faults.append(Fault(path.name, "no such column", f"a column '{name}'", "Add it.", 1, name))
    if lacking:
        return pd.DataFrame({name: [] for name in COLUMNS})
    weights = []
    for line, text in raw["weight"].items():
        try:
            weights.append(parse_number(text, raw.attrs["decimal"]))
        except ValueError as error:
            weights.append(np.nan)
            faults.append(Fault(path.name, f"'{text}'", str(error), "Correct it.", int(str(line)), "weight"))
    read = raw[["code_old", "code_new"]].assign(weight=weights)
    sums = read.groupby("code_old")["weight"].sum(min_count=1)
    for code, total in sums[(sums - 1).abs() > SUMS_TO_ONE].items():
        remedy = "Let the parts of an old area add up to 1, so that nobody is lost."
        found = f"weights of {code} that add up to {total:g}"
        faults.append(Fault(path.name, found, "1", remedy, column="weight"))
    return read.assign(weight=read["weight"] / read.groupby("code_old")["weight"].transform("sum"))


def carry_over(figures: pd.DataFrame, crosswalk: pd.DataFrame) -> pd.DataFrame:
    """Bring figures of old areas (index: code) to new ones.

    Counts (`COUNTS`) are divided by the weights, so their totals stay; of shares and means the new area
    gets the mean by the people who bring them. A count that an old area lacks is lacking in
    every new area with a part of it; of shares the mean of what is known is taken.
    """
    parts = crosswalk[crosswalk["code_old"].isin(figures.index)]
    rows = figures.loc[parts["code_old"]].reset_index(drop=True)
    weight = parts["weight"].reset_index(drop=True)
    people = weight * rows["inhabitants"] if "inhabitants" in rows else weight
    # where nobody comes from, the surface that the weight stands for counts
    people = people.where(people.groupby(parts["code_new"].to_numpy()).transform("sum") > 0, weight)
    into = pd.Index(parts["code_new"], name="code")
    return pd.DataFrame({
        str(name): _summed(rows[name] * weight, into) if name in COUNTS else _mean(rows[name], people, into)
        for name in rows
    })  # fmt: skip


def _summed(parts: pd.Series, into: pd.Index) -> pd.Series:
    by = parts.set_axis(into)
    return by.groupby(level=0).sum().where(by.notna().groupby(level=0).all())


def _mean(values: pd.Series, people: pd.Series, into: pd.Index) -> pd.Series:
    known = people.where(values.notna(), 0.0)
    above = (values.fillna(0.0) * known).set_axis(into).groupby(level=0).sum()
    below = known.set_axis(into).groupby(level=0).sum()
    return above / below.where(below > 0)
