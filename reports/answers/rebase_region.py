"""Region folder re-based on observed counts, ready to plan from."""

from __future__ import annotations

import shutil
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pandas as pd

from geodata.tables import guarded, read_table
from models.parameters.parameters import WAITING
from models.parameters.toml_writer import region_text
from models.region.decisions import AGREED, decided_text
from models.region.read_decisions import read_decided
from models.region.read_region import locked, read_region
from models.region.tables import TABLES, UNDER_WAY
from models.region.workbook import WORKBOOK, read_book, read_sheet
from optimiser.monitoring.rebase import PLANNED, Today
from reports.text.rounding import largest_remainder

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from geodata.faults import Fault
    from models.region.region import Region

_DIGITS = 4
"""Decimals of people in fractions, where a count tells less than a plan."""

_CLIENTS = (
    "municipality", "neighbourhood", "profile", "tier", "clients", "year", "form", "basis", "source", "note"
)  # fmt: skip


def region_of_today(
    today: Today, folder: Path, settings: Mapping[str, str], lock: Path | None = None
) -> Region:
    """Write the state of today as a region into a new `folder` and read it, checked as any other.

    Parameters
    ----------
    settings
        Dotted keys of `region.toml` with other values, as for `read_region`.
    lock
        A table of what is agreed beside what the plan keeps already.

    Raises
    ------
    InputError
        Where the state, the settings or what is agreed have faults.
    """
    shutil.copytree(today.plan.problem.region.folder, folder)
    raw = _raw(folder)
    changed = {
        "sites.csv": _sites(today, raw["sites.csv"]),
        "clients.csv": _clients(today, raw["clients.csv"]),
        "homes.csv": _homes(today, raw["homes.csv"]),
    }
    if "budgets.csv" in raw:
        budgets = raw["budgets.csv"]
        changed["budgets.csv"] = budgets[[int(year) >= today.base for year in budgets["year"]]]
    for name, frame in changed.items():
        guarded(frame).to_csv(folder / name, sep=_separator(raw[name]), index=False, lineterminator="\n")
    guarded(_under_way(today)).to_csv(folder / UNDER_WAY.file, index=False, lineterminator="\n")
    (folder / "region.toml").write_text(region_text(today.parameters), encoding="utf-8", newline="\n")
    (folder / AGREED).unlink(missing_ok=True)
    if today.agreed:
        (folder / AGREED).write_text(decided_text(today.agreed), encoding="utf-8", newline="\n")
    region = read_region(folder, settings=settings)
    whole = replace(region, overrides=(*today.overrides, *region.overrides))
    return whole if lock is None else locked(whole, read_decided(lock, whole))


def _raw(folder: Path) -> dict[str, pd.DataFrame]:
    """Return the tables of a region as text, by file; a workbook is taken apart into files."""
    faults: list[Fault] = []
    book = read_book(folder / WORKBOOK, faults) if (folder / WORKBOOK).is_file() else None
    if book is None:
        files = (table.file for table in TABLES if (folder / table.file).is_file())
        return {file: read_table(folder / file, faults) for file in files}
    raw = {table.file: read_sheet(book, table, faults) for table in TABLES if table in book}
    (folder / WORKBOOK).unlink()
    filled = {file: frame for file, frame in raw.items() if not frame.empty}
    for file, frame in filled.items():
        guarded(frame).to_csv(folder / file, sep=_separator(frame), index=False, lineterminator="\n")
    return filled


def _separator(raw: pd.DataFrame) -> str:
    """Return the separator that goes with the decimal mark of a table."""
    return ";" if raw.attrs["decimal"] == "," else ","


def _number(value: float, raw: pd.DataFrame) -> str:
    text = f"{value:.{_DIGITS}f}".rstrip("0").rstrip(".")
    if len(text.partition(".")[2]) == 3:
        text += "0"  # three digits behind a mark could be read as thousands
    return text.replace(".", str(raw.attrs["decimal"]))


def _said(day: str, today: Today) -> dict[str, str]:
    """Return source and note of a row that was counted on a day, or was not."""
    return {"source": f"counted {day} ({today.quarter})" if day else "", "note": "" if day else PLANNED}


def _sites(today: Today, raw: pd.DataFrame) -> pd.DataFrame:
    """Return the sites with the places of today; what has places exists, and they fit."""
    rows: list[dict[Any, Any]] = []
    running = {site for (site, _), (places, _) in today.places.items() if places}
    for row in raw.to_dict("records"):
        places, day = today.places[row["site"], row["tier"]]
        most = max(places, int(float(row["most"])))
        status = "existing" if row["site"] in running else row["status"]
        # a row of which nothing was counted and nothing changed keeps its source
        told = _said(day, today) if day or str(places) != row["places"] else {}
        rows.append(row | {"places": str(places), "most": str(most), "status": status} | told)
    whole = pd.DataFrame(rows)
    if "plot_most" in whole:
        # a plot that holds more than was thought possible holds it
        held = whole.groupby("site")["places"].transform(lambda cells: sum(map(int, cells)))
        limits = zip(whole["plot_most"], held, strict=True)
        whole["plot_most"] = [str(max(int(float(limit)), all_)) if limit else "" for limit, all_ in limits]
    return whole


def _clients(today: Today, raw: pd.DataFrame) -> pd.DataFrame:
    """Return people by origin: by neighbourhood where the region has them so, else by municipality."""
    people, counted = today.people
    near = "neighbourhood" in raw and bool((raw["neighbourhood"] != "").any())
    town_of = today.plan.problem.municipality_of
    place_of = {area: area if near else town for area, town in town_of.items()}
    frame = people.to_dataframe("clients").assign(counted=counted.to_series())
    frame = frame.reset_index()
    frame["place"] = frame["neighbourhood"].map(place_of)
    grouped = frame.groupby(["place", "profile", "tier"], sort=False).agg(
        {"clients": "sum", "counted": "all"}
    )
    state = today.counts.state(today.quarter)
    days = {name: state.loc[state["measure"] == name, "as_of"].min() for name in ("clients", "waiting")}
    rows = []
    for (place, profile, tier), row in grouped[grouped["clients"] > 0.5 * 10**-_DIGITS].iterrows():
        day = str(days["waiting" if tier == WAITING else "clients"]) if row["counted"] else ""
        where = {"neighbourhood" if near else "municipality": place}
        what = {"profile": profile, "tier": tier, "clients": _number(float(row["clients"]), raw)}
        fixed = {"year": str(today.base), "form": "ZIN", "basis": "origin"}
        rows.append({**where, **what, **fixed, **_said(day, today)})
    budgets = raw[raw["form"] == "PGB"].assign(year=str(today.base))
    return _texts([*rows, *budgets.to_dict("records")], [*_CLIENTS])


def _under_way(today: Today) -> pd.DataFrame:
    note = "being built, if the plan was followed; late where it should have been there"
    rows = [
        {"site": site, "tier": tier, "year": str(year), "places": str(places), "note": note}
        for (site, tier, year), places in today.under_way.items()
    ]
    return _texts(rows, ["site", "tier", "year", "places", "note"])


def _homes(today: Today, raw: pd.DataFrame) -> pd.DataFrame:
    """Return homes in use today by corporation, and the offers of the years to come as they were."""
    region = today.plan.problem.region
    in_town, day = today.homes
    town_of = today.plan.problem.municipality_of
    rows: list[dict[str, str]] = []
    for town, homes in in_town.items():
        weights: dict[tuple[str, str], float] = {
            at: n for at, n in today.homes_by_place.items() if town_of.get(at[1], at[1]) == town and n > 0
        }
        total = round(homes)
        if not total:
            continue
        if not weights:
            weights = {(next(iter(region.homes["corporation"]), "unknown"), town): 1.0}
        whole = float(sum(weights.values()))
        each = largest_remainder([total * n / whole for n in weights.values()], total)
        for (corporation, place), count in zip(weights, each, strict=True):
            column = "neighbourhood" if place in town_of else "municipality"
            what = {"corporation": corporation, column: place, "year": str(today.base), "homes": str(count)}
            rows.append({**what, **_said(day, today)})
    later = raw[[int(year) > today.base for year in raw["year"]]]
    columns = list(dict.fromkeys([*raw.columns, "neighbourhood", "source", "note"]))
    return _texts([*rows, *later.to_dict("records")], columns)


def _texts(rows: Sequence[Mapping[Any, str]], columns: Sequence[str]) -> pd.DataFrame:
    """Return rows as a table of text; what a row does not have is an empty cell."""
    return pd.DataFrame([[row.get(name, "") for name in columns] for row in rows], columns=list(columns))
