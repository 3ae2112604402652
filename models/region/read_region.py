"""Reading of a region's folder: tables, scenarios and settings, checked as a whole."""

import hashlib
import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import geopandas as gpd
import pandas as pd
from pydantic import ValidationError

from geodata.areas import is_in_metres, read_areas
from geodata.faults import Fault, InputError, did_you_mean
from geodata.neighbours import contiguity
from models.parameters import scenario
from models.parameters.parameters import Header, Parameters
from models.parameters.scenario import COMMAND_LINE, Override
from models.parameters.toml_schema import TOML, read_toml, validation_faults
from models.region import assumptions, check_funding, check_parameters, check_tables, sites, tables
from models.region import caveats as remarks
from models.region import under_construction as under_way
from models.region.carrying_capacity import TABLE, carrying_capacity, faults_of, with_indicators
from models.region.decisions import AGREED, AgreedDecisions, decided_text
from models.region.draft import Draft, sections
from models.region.home_offers import with_more
from models.region.read_decisions import read_decided
from models.region.read_travel import ROADS, faults_of_norms, travelled
from models.region.region import Region
from models.region.series import series
from models.region.workbook import WORKBOOK, Book, read_book, read_sheet, sheet_of, where_in_workbook

DEFAULT_CRS = "EPSG:28992"

_AREA_FILES = ("neighbourhoods.gpkg", "neighbourhoods.geojson")

_DATA = (".csv", ".xlsx", ".toml", ".gpkg", ".geojson", ".graphml")
_KEPT = (*_DATA, ".md")


def read_region(
    folder: Path, scenarios: Sequence[str] = (), settings: Mapping[str, object] | None = None
) -> Region:
    """Read a region's folder, apply scenarios and settings, and check all of it at once.

    Parameters
    ----------
    folder
        Holds `region.toml`, the tables and the neighbourhoods.
    scenarios
        Names of files in the folder's `scenarios/`, without `.toml`.
    settings
        Dotted keys of `region.toml` with the values to use: numbers, booleans, or text as in TOML.

    Raises
    ------
    InputError
        With every fault of the folder.
    """
    folder, faults = Path(folder), list[Fault]()
    _check_folder(folder)
    files = region_files(folder)
    faults.extend(_files(folder))
    raw = read_toml(folder / TOML, TOML, faults) or {}
    chosen, overrides = scenario.override(raw, folder, scenarios, settings or {}, faults)
    parameters = _parameters(chosen, faults) if raw else None
    draft = _draft(folder, chosen, faults)
    faults.extend(check_parameters.of_parameters(draft))
    faults.extend(check_tables.of_tables(draft))
    faults.extend(under_way.of_draft(draft))
    faults.extend(check_funding.of_money(draft))
    faults.extend(faults_of(draft))
    faults.extend(faults_of_norms(draft))
    if faults or parameters is None:
        raise InputError(_told(folder, faults, overrides))
    if region_files(folder) != files:
        found, remedy = "a file that was saved while it was read", "Run it again."
        raise InputError([Fault(str(folder), found, "files that stay as they are", remedy)])
    region = _region(folder, parameters, draft, overrides, _digest(files, scenarios, overrides))
    region = replace(region, files=files)
    agreed = folder / AGREED
    return locked(region, read_decided(agreed, region)) if agreed.is_file() else region


def locked(region: Region, agreed: AgreedDecisions) -> Region:
    """Return the region with more that is agreed.

    Raises
    ------
    InputError
        Where something is agreed twice.
    """
    both = region.agreed + agreed
    names = [(one.name, one.year) for one in both.every]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        remedy = "Take one of the two out."
        raise InputError(
            Fault(AGREED, f"{name} in {year} twice", "each agreed once", remedy) for name, year in twice
        )
    digest = hashlib.sha256(f"{region.digest}\n{decided_text(agreed)}".encode()).hexdigest()
    return replace(region, agreed=both, digest=digest)


def _check_folder(folder: Path) -> None:
    expected = "the folder of a region, with a region.toml"
    if (folder / TOML).is_file():
        return
    if not folder.exists():
        found, remedy = "no such folder", "Check the path."
    elif not folder.is_dir():
        found, remedy = "a file", f"Give its folder, {folder.parent}."
    elif (folder / "case" / TOML).is_file():
        found, remedy = "the folder of a plan", f"Its region is {folder / 'case'}."
    else:
        names = sorted(path.name for path in folder.iterdir() if not path.name.startswith("."))
        found = "no region.toml" + (f" among {', '.join(names[:6])}" if names else ", the folder is empty")
        remedy = "Choose another folder, or make a new region with 'spreidplan init'."
    raise InputError([Fault(str(folder), found, expected, remedy)])


def _files(folder: Path) -> Iterator[Fault]:
    """Tell of files that are missing, and of data that nobody would read."""
    known = [TOML, AGREED, *_AREA_FILES, *ROADS, TABLE, WORKBOOK, *(table.file for table in tables.TABLES)]
    present = sorted(
        path.name for path in folder.iterdir() if path.is_file() and not path.name.startswith(".")
    )
    strange = [name for name in present if name not in known and name.endswith(_DATA)]
    for table in tables.TABLES:
        if table.file in present and WORKBOOK in present:
            remedy = f"Keep the sheet '{sheet_of(table)}' of {WORKBOOK}, or the CSV files without it."
            yield Fault(table.file, f"a file beside {WORKBOOK}", "the tables once", remedy)
        elif WORKBOOK in present:
            continue
        elif table.file not in present and not table.may_be_absent:
            remedy = f"Add it: it holds {table.purpose}."
            near = did_you_mean(table.file, strange)
            yield Fault(
                table.file,
                "no such file",
                f"{table.file} in {folder.name}",
                f"{remedy} {near}" if strange else remedy,
            )
    areas = [name for name in _AREA_FILES if name in present]
    if len(areas) != 1:
        found = " and ".join(areas) if areas else "no such file"
        remedy = "Keep one of the two." if areas else "Add it: it holds the areas and their inhabitants."
        yield Fault("neighbourhoods", found, " or ".join(_AREA_FILES), remedy)
    for name in strange:
        remedy = (
            did_you_mean(name, known) + " Else rename it or take it out, so that nobody thinks it counts."
        )
        yield Fault(name, "a file that is not read", "the files of a region", remedy)


def _in_order(faults: Sequence[Fault]) -> list[Fault]:
    """Return faults file by file and line by line: settings and scenarios first, tables last."""
    files = [
        TOML,
        *_AREA_FILES,
        "neighbourhoods",
        *ROADS,
        TABLE,
        WORKBOOK,
        *(table.file for table in tables.TABLES),
    ]
    rank = {name: number for number, name in enumerate(files, start=1)}
    return sorted(
        dict.fromkeys(faults), key=lambda fault: (rank.get(fault.file, 0), fault.file, fault.row or 0)
    )


def _told(folder: Path, faults: Sequence[Fault], overrides: Sequence[Override]) -> list[Fault]:
    """Return faults in order, each where its planner finds it: in a scenario, or a sheet of the workbook."""
    ordered = _in_order([_where_set(fault, overrides) for fault in faults])
    if not (folder / WORKBOOK).is_file():
        return ordered
    return [
        fault if (folder / fault.file).exists() else replace(fault, file=where_in_workbook(fault))
        for fault in ordered
    ]


def _where_set(fault: Fault, overrides: Sequence[Override]) -> Fault:
    """Return a fault of `region.toml` with the scenario or setting that gave the value."""
    if fault.file != TOML or fault.column is None:
        return fault
    key = f"{fault.column}."
    for one in overrides:
        # the key itself, a part of its value, or a section that no longer agrees with it
        if key.startswith(f"{one.key}.") or one.key.startswith(key):
            name = one.origin.removeprefix("scenario ")
            return replace(
                fault, file=COMMAND_LINE if one.origin == COMMAND_LINE else f"scenarios/{name}.toml"
            )
    return fault


def _parameters(raw: dict[str, Any], faults: list[Fault]) -> Parameters | None:
    try:
        return Parameters.model_validate(raw)
    except ValidationError as error:
        faults.extend(validation_faults(error, raw))
        return None


def _draft(folder: Path, raw: dict[str, Any], faults: list[Fault]) -> Draft:
    sound = sections(raw)
    areas = _areas(folder, _crs(sound["header"]), faults)
    areas = with_indicators(folder, areas, sound["capacity"], faults)
    read = _tables(folder, faults)
    located = sites.locate(read["sites.csv"], areas, faults)
    draft = Draft(
        **sound,
        areas=areas,
        municipalities=read["municipalities.csv"],
        site_rows=read["sites.csv"],
        sites=located,
        clients=read["clients.csv"],
        homes=read["homes.csv"],
        travel=read["travel.csv"],
        budgets=read["budgets.csv"],
        series=read["series.csv"],
        under_way=read["under_way.csv"],
        network=None,
    )
    return replace(draft, network=travelled(draft, folder, faults))


def _tables(folder: Path, faults: list[Fault]) -> dict[str, pd.DataFrame]:
    """Return every table by the name of its file, from there or from its sheet where there is a workbook."""
    if not (folder / WORKBOOK).is_file():
        return {table.file: tables.read(folder, table, faults) for table in tables.TABLES}
    book = read_book(folder / WORKBOOK, faults)
    if book is None:
        return {table.file: tables.blank(table) for table in tables.TABLES}
    return {table.file: _from_sheet(book, table, faults) for table in tables.TABLES}


def _from_sheet(book: Book, table: tables.TableSchema, faults: list[Fault]) -> pd.DataFrame:
    if table not in book:
        if not table.may_be_absent:
            remedy = f"Add it: it holds {table.purpose}."
            faults.append(Fault(WORKBOOK, "no such sheet", f"a sheet '{sheet_of(table)}'", remedy))
        return tables.blank(table)
    known = len(faults)
    raw = read_sheet(book, table, faults)
    if raw.empty and table.may_be_absent:
        return tables.blank(table)
    return tables.converted(table, raw, faults, sound=len(faults) == known)


def _crs(header: Header | None) -> str:
    """Return the region's system, or where that cannot be used one with which to look for other faults."""
    return header.crs if header is not None and is_in_metres(header.crs) else DEFAULT_CRS


def _areas(folder: Path, crs: str, faults: list[Fault]) -> gpd.GeoDataFrame:
    paths = [folder / name for name in _AREA_FILES if (folder / name).is_file()]
    if len(paths) != 1:
        areas = gpd.GeoDataFrame(
            {name: [] for name in ("municipality", "inhabitants", "x", "y")}, geometry=[]
        )
    else:
        areas = read_areas(paths[0], crs, faults)
    areas.index.name = "neighbourhood"
    return areas


def _region(
    folder: Path, parameters: Parameters, draft: Draft, overrides: tuple[Override, ...], digest: str
) -> Region:
    last = parameters.years.last
    sources = {
        "municipalities.csv": draft.municipalities,
        "neighbourhoods": draft.areas,
        "sites.csv": draft.site_rows,
        "clients.csv": draft.clients,
        "homes.csv": draft.homes,
        "travel.csv": draft.travel,
        "budgets.csv": draft.budgets,
        "series.csv": draft.series,
        "under_way.csv": draft.under_way,
    }
    return Region(
        folder=folder,
        parameters=parameters,
        municipalities=_municipalities(draft.municipalities, parameters.region),
        neighbourhoods=draft.areas,
        carrying_capacity=carrying_capacity(draft.areas, parameters.carrying_capacity),
        contiguity=contiguity(draft.areas),
        sites=_sites(draft.sites, draft.site_rows),
        site_tiers=_site_tiers(draft.site_rows, parameters.years.base + 1),
        clients=_plain(draft.clients).astype({"year": int}),
        homes=_homes(draft, parameters),
        minutes=draft.minutes if draft.minutes is not None else pd.DataFrame(),
        minutes_given=not draft.travel.empty
        or (draft.network is not None and draft.network.roads is not None),
        budgets=_plain(draft.budgets[draft.budgets["year"] <= last]).astype({"year": int}),
        under_way=_plain(draft.under_way).astype({"year": int, "places": int}),
        series=series(draft.series),
        assumptions=assumptions.register(parameters, sources),
        overrides=overrides,
        digest=digest,
        remarks=(*remarks.of(parameters, draft), *remarks.without_effect(parameters, overrides)),
    )


def _homes(draft: Draft, parameters: Parameters) -> pd.DataFrame:
    known = draft.homes[draft.homes["year"] <= parameters.years.last]
    at = draft.areas["municipality"].to_dict()
    plain = _plain(known).astype({"year": int, "homes": int})
    return with_more(plain, parameters.homes.more, at, parameters.years.planned)


def _municipalities(rows: pd.DataFrame, header: Header) -> pd.DataFrame:
    indexed = rows.set_index("code").drop(columns=["source", "note"])
    hosts = [tuple(cell.split("|")) if isinstance(cell, str) else () for cell in indexed["host"]]
    return indexed.assign(
        region=indexed["region"].fillna(header.name),
        host=pd.Series(hosts, indexed.index),
        central=indexed["central"].fillna(header.central_municipality),
    )


def _sites(located: pd.DataFrame, rows: pd.DataFrame) -> pd.DataFrame:
    """Return the sites; a plot without a limit of its own holds what its tiers may hold together."""
    together = rows.groupby("site", sort=False)["most"].sum()
    whole = located.assign(plot_most=located["plot_most"].fillna(together).astype(int))
    ends = whole["contract_end"].astype(object).where(whole["contract_end"].notna(), None)
    columns = ["name", "neighbourhood", "provider", "status", "plot_most", "contract_end", "x", "y"]
    return whole.assign(contract_end=ends)[columns]


def _site_tiers(rows: pd.DataFrame, first_year: int) -> pd.DataFrame:
    columns = ["places", "wlz_occupied", "most", "earliest", "running_cost", "building_cost"]
    indexed = rows.set_index(["site", "tier"])[columns]
    earliest = indexed["earliest"].fillna(first_year).clip(lower=first_year)
    filled = indexed.assign(earliest=earliest, wlz_occupied=indexed["wlz_occupied"].fillna(0))
    return filled.astype(dict.fromkeys(["places", "wlz_occupied", "most", "earliest"], int))


def _plain(rows: pd.DataFrame) -> pd.DataFrame:
    """Return rows numbered from 0, without their sources; a place that is not given is None."""
    plain = rows.drop(columns=["source", "note"]).reset_index(drop=True)
    for column in ("municipality", "neighbourhood"):
        if column in plain:
            plain[column] = plain[column].astype(object).where(plain[column].notna(), None)
    return plain


def region_files(folder: Path) -> dict[str, bytes]:
    """Return the bytes of a region's files by their names below its folder, scenarios included."""
    found = [
        *(path for path in folder.iterdir() if path.suffix in _KEPT and not path.name.startswith(".")),
        *(folder / "scenarios").glob("*.toml"),
    ]
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(found)
        if path.is_file() and os.access(path, os.R_OK)
    }


def _digest(files: Mapping[str, bytes], scenarios: Sequence[str], overrides: Sequence[Override]) -> str:
    known = {TOML, *_AREA_FILES, *ROADS, TABLE, WORKBOOK, *(table.file for table in tables.TABLES)}
    names = sorted(name for name in files if name in known)
    digest = hashlib.sha256()
    for name in [*names, *(f"scenarios/{name}.toml" for name in sorted(scenarios))]:
        digest.update(f"{name}\n{len(files[name])}\n".encode() + files[name])
    for one in overrides:
        digest.update(f"{one.key}={one.new!r}\n".encode())
    return digest.hexdigest()
