"""A new region, made of CBS's map: what the map knows, default assumptions, and what is left to do."""

import csv
import math
import shutil
import tomllib
from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pandas as pd

from geodata.addresses import placed, read_addresses
from geodata.bundled import region_folder
from geodata.cbs import CRS, Extract, Level, read_extract
from geodata.faults import Fault, InputError, did_you_mean
from geodata.indicators import INDICATORS
from geodata.layers import Source, label_of
from geodata.locations import ADDRESS, read_locations, read_rows, without_coordinates
from geodata.numerals import exact_text, parse_number
from geodata.roads import cut_out
from geodata.tables import guarded
from models.parameters.parameters import Parameters
from models.parameters.toml_schema import TOML
from models.parameters.toml_writer import region_text
from models.region import tables
from models.region.column_names import with_our_names
from models.region.read_region import read_region

DEFAULTS = "zuidoost-drenthe"
"""The bundled region whose numbers a new region begins with, less what is true of that region only."""

NOTES: Mapping[str, str] = {
    "tiers.intramural.norm": "no Dutch norm was found; some 12 km in a straight line",
    "tiers.intramural.reach": "farther a client loses family, work and practitioner",
    "tiers.intramural.presence.reference_places": "the size of house at which the parts come to the rate: "
    "use the mean of this region",
    "tiers.group_living.building": "a room with shared living room",
    "tiers.room_rental.building": "a rented room with own kitchenette and bathroom",
    "pathway.wlz.intensive": "S0 expects 'ruim 30 %' to go at once; here spread over ten years",
    "policies.intramural_reduction.by_end": "S1 wants fewer intramural beds and names no number",
    "policies.replacement_before_closure.most_per_year": "about one in eight beds a year",
    "policies.neighbourhood_concentration.norm": "no Dutch norm is in force; an example's",
}
"""What is said of its numbers where its own note tells of that region."""

YEARS = 10
"""Years that a new region plans ahead."""

HOMES_PER_1000 = 0.083
"""Homes offered a year per 1,000 inhabitants: those of the bundled region Zuidoost-Drenthe (140 in ten years
for 169,054 inhabitants), themselves an assumption."""

MIX: Mapping[str, Mapping[str, int]] = {
    "intramural": {"intensive": 88, "moderate": 49, "light": 14},
    "group_living": {"moderate": 12},
    "room_rental": {"moderate": 8, "light": 6},
    "shelter": {"homeless": 20},
}
"""How the clients of a tier divide over profiles: that of the same region, itself an assumption."""

MOST = 8
"""Most places at a candidate site of which nothing is known: the median at those of group living and of
shelter in the same region, themselves assumptions."""

ROAD_SPEEDS: Mapping[str, float] = {"R": 100, "P": 80, "W": 60, "G": 40, "T": 30}
"""Speed in km/h by road manager as NWB has them (WEGBEHSRT: State, province, water board, municipality,
other): common limits, assumed where lines have no speed."""

_ROAD_NOTE = "a common limit on roads of this manager (WEGBEHSRT of NWB); the roads given have no speeds"

_ASSUMED_FULL = "assumed: no room for more than the places that there are"
_ASSUMED_ROOM = f"assumed: room for {MOST}, as at candidate sites of the bundled region Zuidoost-Drenthe"
_ASSUMED_HOMES = (
    f"assumed: {HOMES_PER_1000} homes a year per 1,000 inhabitants, as in the bundled region "
    "Zuidoost-Drenthe; replace it by what corporations offer"
)
_ESTIMATED = (
    "estimated: occupancy x places of sites.csv that the Wlz does not hold, divided over profiles as in the "
    "bundled region Zuidoost-Drenthe; replace it by a count"
)


@dataclass(frozen=True)
class MapOptions:
    """What a planner gives to make a region of: sources, names of municipalities, what may be left out."""

    source: Source
    municipalities: Sequence[str]
    level: Level = "wijk"
    figures: Sequence[Source] = ()
    crosswalk: Source | None = None
    sites: Source | None = None
    addresses: Source | None = None
    tables: Sequence[tuple[str, Source]] = ()
    roads: Source | None = None
    base: int | None = None
    name: str | None = None

    def read(self) -> "NewRegion":
        """Read all of it; raises InputError with every fault."""
        faults = list[Fault]()
        extract = read_extract(self.source, self.municipalities, self.level, faults, self.figures)
        if extract is not None:
            extract = extract.with_figures(self.figures, self.crosswalk, faults)
            faults.extend(_uncounted(extract) if not faults else ())
        sites = self._sites(faults)
        tables = {name: read_rows(source, faults) for name, source in self.tables}
        base = self.base or (extract.year - 1 if extract is not None and extract.year else None)
        if extract is not None and base is None:
            remedy = "Name the base year: --base 2023."
            faults.append(Fault("--base", f"no year in the name of {extract.label}", "a year", remedy))
        if faults or extract is None or base is None:
            raise InputError(faults)
        name = (self.name or ", ".join(extract.municipalities["name"]))[:80]
        label = label_of(self.sites) if self.sites else "sites.csv"
        return NewRegion(extract, name, base, sites, label, tables, self.roads)

    def _sites(self, faults: list[Fault]) -> pd.DataFrame | None:
        """Return the sites as they are given, addresses looked up where there is a table of these."""
        if self.addresses is not None and self.sites is None:
            expected, remedy = "it with a list of sites", "Name the list: --sites sites.csv."
            faults.append(Fault("--addresses", "no sites to look up", expected, remedy))
        if self.sites is None:
            return None
        sites = read_locations(self.sites, CRS, faults)
        table = read_addresses(self.addresses, CRS, faults) if self.addresses is not None else None
        return sites if table is None else placed(sites, label_of(self.sites), table, faults)


def _uncounted(extract: Extract) -> Iterator[Fault]:
    """Tell where neither the map nor a table of figures says how many people live anywhere."""
    if extract.areas["inhabitants"].isna().all():
        remedy = "Give a table of CBS's key figures of that year: --figures FILE."
        yield Fault(extract.label, "no inhabitants", "the inhabitants of every area", remedy)


@dataclass(frozen=True)
class NewRegion:
    """What a new region is made of.

    `sites` are places as `geodata.locations.read_locations` reads them, under `sites_label`; without
    them the tables of sites and clients stay empty for the planner to fill in.
    """

    extract: Extract
    name: str
    base: int
    sites: pd.DataFrame | None = None
    sites_label: str = "sites.csv"
    given: Mapping[str, pd.DataFrame] = field(default_factory=dict)
    """Other tables by name (`clients`), each a frame of text, to stand in the folder as they are."""
    roads: Source | None = None

    @property
    def is_whole(self) -> bool:
        """Whether nothing must be filled in before a plan can be made."""
        return self.sites is not None or {"sites", "clients"} <= set(self.given)


def write_region(new: NewRegion, folder: Path) -> tuple[str, ...]:
    """Write the folder of a region and return what its planner must know of it, in sentences.

    Raises
    ------
    InputError
        When the folder holds something, or what would be written has faults; nothing is written then.
    """
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        found = "a folder with files in it" if folder.is_dir() else "a file"
        raise InputError([Fault(str(folder), found, "a new or empty folder", "Name another folder.")])
    defaults = default_assumptions()
    new, renamed = _in_our_words(new, defaults["tiers"])
    sites = _sites(new, list(defaults["tiers"]))
    raw, told = _fitted(defaults, sites)
    raw = _completed(raw, new)
    folder.mkdir(parents=True, exist_ok=True)
    try:
        _write(folder, new, raw, sites)
        if new.is_whole:
            read_region(folder)  # as `check` reads it: what it refuses is not written
    except BaseException:
        shutil.rmtree(folder)
        raise
    return (*_said(new), *renamed, *told)


def _in_our_words(new: NewRegion, tiers: Mapping[str, Any]) -> tuple[NewRegion, list[str]]:
    """Return what a region is made of with our names for the columns and tiers of its sites; say which."""
    if new.sites is None:
        return new, []
    sites, renamed = _with_tiers(with_our_names(new.sites, tables.SITES.every_column), tiers)
    return replace(new, sites=sites), renamed


def default_assumptions() -> dict[str, Any]:
    """Return the sections of `region.toml` that hold for any region: all but its name, years and money."""
    text = (region_folder(DEFAULTS) / TOML).read_text(encoding="utf-8")
    raw = tomllib.loads(text)
    for key, note in NOTES.items():
        *sections, last = key.split(".")
        table = raw
        for section in sections:
            table = table[section]
        table[last]["note"] = note
    years = {name: raw["years"][name] for name in ("indexation", "discount_rate", "terminal")}
    kept = (
        "tiers",
        "profiles",
        "pathway",
        "travel",
        "homes",
        "costs",
        "weights",
        "policies",
        "carrying_capacity",
    )
    return {"years": years, **{name: raw[name] for name in kept}, "checks": {"rounding": 5}}


def _write(folder: Path, new: NewRegion, raw: dict[str, Any], sites: list[dict[str, str]]) -> None:
    if new.roads is not None:
        faults = list[Fault]()
        bare = cut_out(new.roads, new.extract.areas, folder, faults)
        if faults:
            raise InputError(faults)
        raw = _with_road_speeds(raw, bare)
    parameters = Parameters.model_validate(raw)
    made = f"# {new.name}: made by 'spreidplan init' from {new.extract.label}."
    text = f"{made}\n{_HEAD}\n{region_text(parameters)}"
    (folder / TOML).write_text(text, encoding="utf-8", newline="\n")
    areas = new.extract.areas.drop(columns="municipality_name", errors="ignore")
    areas.to_file(folder / "neighbourhoods.gpkg", layer="neighbourhoods", driver="GPKG")
    _table(folder, tables.MUNICIPALITIES, _municipalities(new))
    _table(folder, tables.SITES, sites)
    _table(folder, tables.CLIENTS, _clients(parameters, sites))
    _table(folder, tables.HOMES, _homes(new))
    for name, rows in new.given.items():
        _give(folder, name, rows)
    (folder / "README.md").write_text(_readme(new), encoding="utf-8", newline="\n")


def _with_road_speeds(raw: dict[str, Any], bare: Sequence[str]) -> dict[str, Any]:
    """Return the numbers with a speed assumed for each road manager of NWB of whose roads none is known."""
    speeds = {
        kind.upper(): {"value": ROAD_SPEEDS[kind.upper()], "unit": "km/h", "note": _ROAD_NOTE}
        for kind in bare
        if kind.upper() in ROAD_SPEEDS
    }
    return {**raw, "travel": {**raw["travel"], "road_speeds": speeds}} if speeds else raw


def _give(folder: Path, name: str, rows: pd.DataFrame) -> None:
    """Write a table as it was given, with decimal points or commas as it has them."""
    separator = ";" if rows.attrs["decimal"] == "," else ","
    guarded(rows).to_csv(
        folder / f"{name}.csv", sep=separator, index=False, encoding="utf-8", lineterminator="\n"
    )


_HEAD = """#
# Every number without a `source` is a default assumption of spreidplan, listed as such in every report:
# replace it by what is known of this region, with its source, as in
#     rate = {value = 888, unit = "EUR/client-week", price_year = 2020, source = "contract 2020-2024"}
# 'spreidplan check FOLDER' tells every fault at once, 'spreidplan assumptions FOLDER' lists every number.
"""


def _table(folder: Path, table: tables.TableSchema, rows: Iterable[Mapping[str, Any]]) -> None:
    with (folder / table.file).open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(table.every_column), restval="", lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


# region.toml ---------------------------------------------------------------------------------


def _completed(raw: dict[str, Any], new: NewRegion) -> dict[str, Any]:
    """Return the defaults with what is true of this region: its name, years and indicators."""
    towns = new.extract.municipalities
    header = {
        "name": new.name, "language": "nl", "crs": CRS, "note": _NOTE,
        "central_municipality": str(towns["inhabitants"].idxmax()),
    }  # fmt: skip
    years = {"base": new.base, "last": new.base + YEARS, "price_year": new.base, **raw["years"]}
    present = [name for name in INDICATORS if name in new.extract.areas and _known(new, name)]
    capacity = raw["carrying_capacity"]
    kept = {name: one for name, one in capacity["indicators"].items() if name in present}
    capacity = {**capacity, "indicators": kept} if kept else {"mode": "off"}
    return {"region": header, **raw, "years": years, "carrying_capacity": capacity}


def _known(new: NewRegion, indicator: str) -> bool:
    return bool(new.extract.areas[indicator].notna().any())


_NOTE = {
    "nl": "Wijken en inwoners komen van de kaart van het CBS. Wat in region.toml en de tabellen geen bron "
    "heeft, is een standaardaanname van spreidplan en zegt niets over deze regio.",
    "en": "Neighbourhoods and inhabitants are those of CBS's map. What has no source in region.toml and the "
    "tables is a default assumption of spreidplan, and tells nothing of this region.",
}


def _fitted(raw: dict[str, Any], sites: Sequence[Mapping[str, str]]) -> tuple[dict[str, Any], list[str]]:
    """Take facility tiers without a site out, and profiles that then have no tier; say so."""
    if not sites:
        return raw, []
    used = {row["tier"] for row in sites}
    gone = [code for code, tier in raw["tiers"].items() if tier["setting"] == "facility" and code not in used]
    homeless = [
        code
        for code, one in raw["profiles"].items()
        if not _left(one, "fits", gone) + _left(one, "also", gone)
    ]
    if len(homeless) == len(raw["profiles"]):
        found, remedy = "no site with a tier in which anyone may live", "Add a site."
        raise InputError([Fault("sites.csv", found, "one at least", remedy, column="tier")])
    told = [f"Taken out of region.toml: tier {code}, of which there is no site." for code in gone]
    told += [f"Taken out of region.toml: profile {code}, which has no tier left." for code in homeless]
    return _without(raw, gone, homeless), told


def _left(profile: Mapping[str, Any], field: str, gone: Sequence[str]) -> list[str]:
    return [tier for tier in profile.get(field, []) if tier not in gone]


def _without(raw: dict[str, Any], tiers: Sequence[str], profiles: Sequence[str]) -> dict[str, Any]:
    kept = {code: _profile(one, tiers) for code, one in raw["profiles"].items() if code not in profiles}
    conversions = {
        source: {to: one for to, one in targets.items() if to not in tiers}
        for source, targets in raw["costs"]["conversions"].items()
        if source not in tiers
    }
    conversions = {source: targets for source, targets in conversions.items() if targets}
    return {
        **raw,
        "tiers": {code: tier for code, tier in raw["tiers"].items() if code not in tiers},
        "profiles": kept,
        "pathway": _pathway(raw["pathway"], tiers, profiles),
        "costs": {**raw["costs"], "conversions": conversions},
    }


def _profile(one: Mapping[str, Any], gone: Sequence[str]) -> dict[str, Any]:
    """Return a profile less the tiers that are gone; where none fits, those that it may live in do."""
    fits, also = _left(one, "fits", gone), _left(one, "also", gone)
    return {**one, "fits": fits or also, "also": also if fits else []}


def _pathway(pathway: Mapping[str, Any], tiers: Sequence[str], profiles: Sequence[str]) -> dict[str, Any]:
    inflow = {code: share for code, share in pathway["inflow"]["profiles"].items() if code not in profiles}
    if profiles:
        whole = sum(share["value"] for share in inflow.values())
        note = "scaled: a profile was taken out"
        inflow = {code: {"value": share["value"] / whole, "note": note} for code, share in inflow.items()}

    def by_profile(table: Mapping[str, Any]) -> dict[str, Any]:
        return {code: one for code, one in table.items() if code not in profiles}

    def between(table: Mapping[str, Any]) -> dict[str, Any]:
        kept = {code: by_profile(to) for code, to in by_profile(table).items()}
        return {code: to for code, to in kept.items() if to}

    def by_tier(table: Mapping[str, Any]) -> dict[str, Any]:
        kept = {code: by_profile(one) for code, one in table.items() if code not in tiers}
        return {code: one for code, one in kept.items() if one}

    return {
        "inflow": {**pathway["inflow"], "profiles": inflow},
        "transitions": {
            tier: moves
            for tier, table in pathway["transitions"].items()
            if tier not in tiers and (moves := between(table))
        },
        "recovered": by_tier(pathway["recovered"]),
        "wlz": by_profile(pathway["wlz"]),
        "died": by_profile(pathway["died"]),
    }


# The tables ----------------------------------------------------------------------------------


def _municipalities(new: NewRegion) -> Iterable[dict[str, Any]]:
    source = str(new.extract.areas["source"].iloc[0])
    for code, row in new.extract.municipalities.iterrows():
        homes = "" if math.isnan(row["social_homes"]) else f"{row['social_homes']:.0f}"
        yield {
            "code": code, "name": row["name"], "inhabitants": _plain(row["inhabitants"]), "region": new.name,
            "social_homes": homes, "source": source, "note": row["note"],
        }  # fmt: skip


def _plain(number: float) -> str:
    return "" if math.isnan(number) else f"{number:.10g}"


TIER_WORDS: Mapping[str, str] = {
    "beschermd wonen": "intramural", "bw": "intramural", "intramuraal": "intramural",
    "groepswonen": "group_living", "kamerverhuur": "room_rental", "kamers": "room_rental",
    "maatschappelijke opvang": "shelter", "mo": "shelter", "opvang": "shelter",
}  # fmt: skip
"""Words with which lists of sites name a tier, besides its code and its names in `region.toml`."""


def _with_tiers(sites: pd.DataFrame, tiers: Mapping[str, Any]) -> tuple[pd.DataFrame, list[str]]:
    """Return sites with the codes of tiers for their names, and what was read as which."""
    if "tier" not in sites:
        return sites, []
    known = {word: code for word, code in TIER_WORDS.items() if code in tiers}
    known |= {str(name).casefold(): code for code, tier in tiers.items() for name in tier["name"].values()}
    known |= {code.casefold(): code for code in tiers}
    codes = sites["tier"].map(lambda text: known.get(text.casefold(), text))
    read = dict(zip(sites["tier"], codes, strict=True))
    named = sites.assign(tier=codes)
    named.attrs = dict(sites.attrs)
    return named, [f"Read '{word}' as tier {code}." for word, code in read.items() if word != code]


def _sites(new: NewRegion, tiers: Sequence[str]) -> list[dict[str, str]]:
    """Return the rows of sites.csv, what is not given filled in as far as it follows."""
    if new.sites is None:
        return []
    faults = without_coordinates(new.sites_label, new.sites)
    faults.extend(_wrong_sites(new.sites, new.sites_label, tiers))
    if faults:
        raise InputError(faults)
    decimal = str(new.sites.attrs["decimal"])
    rows = list(_rows(new.sites).values())
    open_today = {row.get("site") for row in rows if _has_places(row)}
    return [_site(row, number, decimal, open_today) for number, row in enumerate(rows, start=1)]


def _has_places(row: Mapping[str, str]) -> bool:
    return row["places"] not in ("", "0")


def _rows(sites: pd.DataFrame) -> dict[int, dict[str, str]]:
    """Return the rows of a frame of text by line."""
    records = ({str(name): str(text) for name, text in row.items()} for row in sites.to_dict("records"))
    return dict(zip([int(line) for line in sites.index], records, strict=True))


def _wrong_sites(sites: pd.DataFrame, label: str, tiers: Sequence[str]) -> Iterator[Fault]:
    """Generate what is wrong with the columns and tiers of the sites; `check` tells of the rest."""
    known, columns = [*tables.SITES.every_column], [str(name) for name in sites]
    for name in columns:
        if name not in known and name.lower() not in ADDRESS:
            remedy = did_you_mean(name, known) + " Else take it out."
            yield Fault(label, f"the unknown column '{name}'", "a column of sites.csv", remedy, 1, name)
    for name in ("tier", "places"):
        if name not in columns:
            yield Fault(label, "no such column", f"a column '{name}'", f"Add the column '{name}'.", 1, name)
    for line, row in _rows(sites).items():
        if row.get("tier", tiers[0]) not in tiers:
            remedy = did_you_mean(row["tier"], list(tiers))
            yield Fault(label, f"'{row['tier']}'", "a tier of the defaults", remedy, line, "tier")
    if sites.empty:
        yield Fault(label, "no rows", "at least one site", "Fill in the sites.")


def _site(row: Mapping[str, str], number: int, decimal: str, open_today: Set[str | None]) -> dict[str, str]:
    kept = {name: text for name, text in row.items() if name in tables.SITES.every_column}
    notes = [kept.get("note", "")]
    kept |= {name: _with_point(kept[name], name, decimal) for name in kept if kept[name]}
    if not kept.get("status"):
        is_open = _has_places(row) or (bool(kept.get("site")) and kept["site"] in open_today)
        kept["status"] = "existing" if is_open else "candidate"
    if not kept.get("site"):
        kept["site"] = f"site_{number}"
    if not kept.get("most"):
        kept["most"] = kept["places"] if _has_places(row) else str(MOST)
        notes.append(_ASSUMED_FULL if _has_places(row) else _ASSUMED_ROOM)
    return {**kept, "note": "; ".join(text for text in notes if text)}


def _with_point(text: str, name: str, decimal: str) -> str:
    """Return a cell as a file with commas has it; what cannot be read stays, for `check` to tell of."""
    column = tables.SITES.every_column[name]
    if not tables.is_number(column):
        return text
    try:
        return exact_text(parse_number(text, decimal, fits=tables.fits(column)))
    except ValueError:
        return text


def _clients(parameters: Parameters, sites: Sequence[Mapping[str, str]]) -> Iterable[dict[str, Any]]:
    """Estimate the clients of the base year from the places that they live in."""
    for tier in dict.fromkeys(row["tier"] for row in sites):
        occupancy = parameters.tiers[tier].occupancy
        free = sum(
            _count(row, "places") - _count(row, "wlz_occupied") for row in sites if row["tier"] == tier
        )
        mix = {p: weight for p, weight in MIX[tier].items() if p in parameters.profiles}
        clients = math.floor((occupancy.value if occupancy else 1.0) * free)
        for profile, count in _divided(clients, mix).items():
            if count:
                yield {
                    "municipality": parameters.region.central_municipality, "profile": profile, "tier": tier,
                    "clients": count, "year": parameters.years.base, "form": "ZIN", "basis": "registration",
                    "note": _ESTIMATED,
                }  # fmt: skip


def _count(row: Mapping[str, str], name: str) -> float:
    try:
        return parse_number(row.get(name) or "0")
    except ValueError:
        return 0.0  # told by check, with its line


def _divided(total: int, weights: Mapping[str, int]) -> dict[str, int]:
    """Divide a whole number by weights, the largest remainders rounded up."""
    exact = {key: total * weight / sum(weights.values()) for key, weight in weights.items()}
    whole = {key: math.floor(part) for key, part in exact.items()}
    behind = sorted(exact, key=lambda key: whole[key] - exact[key])
    return {key: count + (key in behind[: total - sum(whole.values())]) for key, count in whole.items()}


def _homes(new: NewRegion) -> Iterable[dict[str, Any]]:
    """Assume an offer of homes for every municipality and year, whole homes as they add up."""
    for code, row in new.extract.municipalities.iterrows():
        yearly = HOMES_PER_1000 * float(row["inhabitants"]) / 1000
        for step in range(1, YEARS + 1):
            homes = math.floor(yearly * step) - math.floor(yearly * (step - 1))
            if homes:
                yield {
                    "corporation": "Corporations", "municipality": code, "year": new.base + step,
                    "homes": homes, "note": _ASSUMED_HOMES,
                }  # fmt: skip


# What is said --------------------------------------------------------------------------------


def _said(new: NewRegion) -> list[str]:
    areas = new.extract.areas
    told = [
        f"{len(areas)} areas with {areas['inhabitants'].sum():,.0f} inhabitants, from {new.extract.label}."
    ]
    told.extend(new.extract.repairs)
    if new.extract.missing:
        told.append(f"Not known of any area: {', '.join(new.extract.missing)}.")
        told.extend(_capacity_told(new))
    if new.extract.unused:
        told.append(f"Not used of {new.extract.label}: {', '.join(new.extract.unused)}.")
    uncounted = areas.loc[areas["inhabitants"].isna(), "code"]
    if len(uncounted):
        told.append(f"CBS gives no inhabitants of {', '.join(uncounted[:8])}: fill them in.")
    homes = "" if "homes" in new.given else ", and the homes of homes.csv"
    told.append(f"Assumed: every number of region.toml without a source{homes}.")
    left = [name for name in ("sites", "clients") if name not in new.given]
    if new.sites is None:
        if left:
            names = " and ".join(left)
            told.append(f"Left to do: fill in the tables {names}; README.md in the folder says how.")
    elif "clients" in left:
        told.append("Estimated: the clients, from the places; replace them by a count where there is one.")
        told.append("Assumed: nobody lives in homes with support yet; clients.csv is where to count them.")
    return told


def _capacity_told(new: NewRegion) -> list[str]:
    """Say what carrying capacity is made of, where the region lacks some of its indicators."""
    wanted = list(default_assumptions()["carrying_capacity"]["indicators"])
    used = [name for name in wanted if name in new.extract.areas and _known(new, name)]
    lacking = [name for name in wanted if name not in used]
    if not lacking:
        return []
    if not used:
        return [f"Carrying capacity is switched off: none of its indicators is known ({', '.join(lacking)})."]
    missing = ", ".join(lacking)
    return [
        f"Carrying capacity is made of {', '.join(used)} only, without {missing}: give these with --figures."
    ]


def _readme(new: NewRegion) -> str:
    """Return what each table of the folder holds, column by column."""
    lines = [
        f"# {new.name}", "",
        f"Made from {new.extract.label}. `spreidplan check` on this folder tells what is left to do.", "",
        "A number without a source is an assumption and is listed as such in every report. Give each number "
        "that you fill in its `source`; `note` is free.",
    ]  # fmt: skip
    explained = (tables.SITES, tables.CLIENTS, tables.HOMES, tables.MUNICIPALITIES, tables.TRAVEL)
    for table in (*explained, tables.BUDGETS):
        lines += _explained(table)
    codes = ", ".join(f"`{code}`" for code in MIX)
    lines += [
        "", f"Tiers of sites: {codes}. Tiers and profiles are named and priced in `region.toml`.", "",
        "Each tier there has a site. Where the region has none of a tier, make the folder again with the "
        "list of sites (`spreidplan init … --sites FILE`): it then takes the tier out of `region.toml`.", "",
    ]  # fmt: skip
    return "\n".join(lines)


def _explained(table: tables.TableSchema) -> list[str]:
    absent = " (may be absent)" if table.may_be_absent else ""
    lines = ["", f"## {table.file}{absent}", "", f"Holds {table.purpose}.", "", "| column | must | what |"]
    rows = [
        f"| {name} | {'yes' if column.required else ''} | {tables.meaning(name)} |"
        for name, column in table.every_column.items()
    ]
    return [*lines, "|---|---|---|", *rows]
