"""The map of wijken and buurten of CBS (*Wijk- en Buurtkaart*): the areas of chosen municipalities.

Any year's map will do: columns are known under the names of every year (see `geodata.figures`), layers
by the word in their name (`buurten`, `cbs_wijken_2021`, `gemeenten2021`).
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal, Self

import geopandas as gpd
import pandas as pd
from pyogrio.errors import DataSourceError

from geodata import postgis
from geodata.areas import lies_in
from geodata.crosswalk import COLUMNS, overlay, read_crosswalk
from geodata.faults import Fault, did_you_mean
from geodata.geometry_repair import mended
from geodata.indicator_tables import joined, known_figures, municipality_names, read_figures
from geodata.indicators import COUNTED, INDICATORS, is_water, numbers, our_names, texts
from geodata.layers import Source, label_of, layer_names, read_layer, year_of

type Level = Literal["buurt", "wijk"]

CRS = "EPSG:28992"
"""Rijksdriehoeksmeting, in metres."""

PREFIX = {"buurt": "BU", "wijk": "WK"}
"""How the codes of a level begin."""

_PLURAL = {"buurt": "buurten", "wijk": "wijken", "gemeente": "gemeenten"}
_SPOKEN = {"den haag": "'s-gravenhage", "den bosch": "'s-hertogenbosch"}
_ASKED = "--municipalities"


@dataclass(frozen=True)
class Extract:
    """What the map says of the chosen municipalities.

    Attributes
    ----------
    areas
        code, name, municipality, inhabitants and the figures that the map has (NaN where CBS gives
        none), source and geometry, in RD; water is left out.
    municipalities
        Index `code`: name, inhabitants, social_homes (NaN where not known), and of each number a note
        where it is derived.
    year
        Of the map, where its name or that of its layer tells.
    label
        The map as its reader knows it.
    """

    areas: gpd.GeoDataFrame
    municipalities: pd.DataFrame
    year: int | None
    label: str
    level: Level
    unused: tuple[str, ...] = ()
    """Columns of the map that nothing is read from."""
    repairs: tuple[str, ...] = ()
    """Repairs of the shapes, in sentences."""

    @property
    def missing(self) -> tuple[str, ...]:
        """The figures that are known of no area at all."""
        figures = ("inhabitants", *INDICATORS)
        lacking = [n for n in figures if n not in self.areas or self.areas[n].isna().all()]
        children = {"percentage_0_15", "inhabitants_0_15", "inhabitants_15_plus"} & set(self.areas)
        return (*lacking, *(() if children else ("percentage_0_15",)))

    def with_figures(self, tables: Sequence[Source], crosswalk: Source | None, faults: list[Fault]) -> Self:
        """Return this extract with the figures of tables in place of the map's own, joined by code.

        `crosswalk` is for tables of another year: a CSV file, or the map of that year, of which one is made.
        """
        areas, codes = self.areas, list(self.areas["code"])
        steps = self._crosswalk(crosswalk, faults) if crosswalk is not None else None
        for table in tables:
            label = label_of(table)
            figures = joined(codes, read_figures(table, faults, own_columns=False), label, faults, steps)
            used = known_figures(figures)
            if not used:
                known = ", ".join(INDICATORS)
                faults.append(Fault(label, "no figure that is known", f"inhabitants, {known}", "Check it."))
            # people and homes of old areas are divided by weights, and stay whole
            whole = figures.assign(**{name: figures[name].round() for name in used if name in COUNTED})
            values = {name: whole[name].to_numpy() for name in used}
            areas = areas.assign(**values, source=areas["source"] + f"; {len(used)} figures: {label}")
        return replace(self, areas=areas, municipalities=_summed_anew(self.municipalities, areas, self.areas))

    def _crosswalk(self, source: Source, faults: list[Fault]) -> pd.DataFrame:
        if not postgis.is_database(source) and Path(source).suffix.lower() == ".csv":
            return read_crosswalk(Path(source), faults)
        label = label_of(source)
        old = read_layer(source, lambda names: _named(label, names, self.level), _PLURAL[self.level], faults)
        if old is None:
            return pd.DataFrame({name: [] for name in COLUMNS})
        old = old.rename(columns=our_names(old.columns)).to_crs(CRS)
        near = old[old.intersects(self.areas.union_all())]
        return overlay(near.assign(code=texts(near["code"])), self.areas, self.areas)


def read_extract(
    source: Source, chosen: Sequence[str], level: Level, faults: list[Fault], figures: Sequence[Source] = ()
) -> Extract | None:
    """Read the areas of municipalities, given by name or code; None where faults prevent it.

    A name that the map does not have is a fault that names the nearest. Where tables of figures follow
    (`figures`), a map of outlines alone will do, and the names of municipalities are looked up in these.
    """
    label = label_of(source)
    whole = read_layer(source, lambda names: _named(label, names, level), _PLURAL[level], faults)
    if whole is None:
        return None
    year = year_of(*_layers(source, level), label)
    year = year or _year_within(whole)
    known_names = our_names(whole.columns)
    raw = _completed(whole.rename(columns=known_names), figures)
    lacking = [name for name in ("code", "municipality", "inhabitants") if name not in raw]
    if lacking:
        remedy = "Take the map as CBS publishes it"
        remedy += ", or give its figures with --figures." if lacking == ["inhabitants"] else "."
        found = f"no column of {', '.join(lacking)}"
        faults.append(Fault(label, found, f"the {_PLURAL[level]} of CBS", remedy))
        return None
    if "water" in raw:
        raw = raw[~is_water(raw["water"])]
    known = len(faults)
    codes = _chosen(label, raw, chosen, faults)
    if len(faults) > known or not _is_of_level(label, raw, level, faults):
        return None
    here = raw[texts(raw["municipality"]).isin(codes)]
    if not lies_in(label, here, CRS, faults):
        return None
    areas, repairs = mended(label, _areas(label, here, year, faults), faults)
    towns = _municipalities(source, areas, raw, codes, faults)
    unused = [str(name) for name in whole if name not in known_names and name not in _NOT_FIGURES]
    return Extract(areas, towns, year, label, level, tuple(unused), repairs)


_BEGINS_WITH_MUNICIPALITY = r"(?:WK|BU)\d{6,8}"
"""Codes of CBS: WK or BU, four digits of the municipality, two of the wijk, and two of the buurt."""


def _completed(raw: gpd.GeoDataFrame, figures: Sequence[Source]) -> gpd.GeoDataFrame:
    """Add to outlines alone what their codes and the tables of figures tell: municipality, name, room."""
    if "municipality" not in raw and "code" in raw:
        codes = texts(raw["code"])
        if codes.str.fullmatch(_BEGINS_WITH_MUNICIPALITY).all():
            raw = raw.assign(municipality="GM" + codes.str[2:6])
    if not figures or "municipality" not in raw:
        return raw
    if "inhabitants" not in raw:
        raw = raw.assign(inhabitants=float("nan"))
    if "municipality_name" not in raw:
        names = municipality_names(figures)
        codes = texts(raw["municipality"])
        raw = raw.assign(municipality_name=codes.map(lambda code: names.get(code, code)))
    return raw


_NOT_FIGURES = (
    "geometry",
    "fid",
    "id",
    "ogc_fid",
    "gml_id",
    "jaar",
    "jrstatcode",
    "statcode",
    "statnaam",
    "rubriek",
)
"""Columns of a map that say nothing of the people in it."""


def _year_within(layer: gpd.GeoDataFrame) -> int | None:
    """Return the year of the column `jaar`, or that before the codes of `jrstatcode`."""
    columns = {str(name).lower(): layer[name] for name in layer}
    for name in ("jaar", "jrstatcode"):
        years = {year_of(str(value)[:4]) for value in columns[name].dropna()} if name in columns else set()
        if len(years) == 1:
            return years.pop()
    return None


def _summed_anew(towns: pd.DataFrame, new: gpd.GeoDataFrame, old: gpd.GeoDataFrame) -> pd.DataFrame:
    """Return municipalities with inhabitants that go with those of their areas, where these have changed."""
    if new["inhabitants"].equals(old["inhabitants"]):
        return towns
    sums = new.groupby("municipality")["inhabitants"].sum()
    return towns.assign(inhabitants=sums.loc[towns.index], note="derived: sum of its areas")


def _layers(source: Source, level: str) -> list[str]:
    """Return the names of the layers that the year may stand in; none where they cannot be had."""
    try:
        return [name for name in layer_names(source) if level in name.lower()]
    except (DataSourceError, OSError, UnicodeDecodeError):
        return []


def _named(label: str, names: Sequence[str], level: str) -> str | Fault:
    """Return the layer of a level: the only one with its word in its name, or the only one there is."""
    fitting = [name for name in names if level in name.lower()]
    if len(fitting) == 1:
        return fitting[0]
    if len(names) == 1:
        return names[0]
    several = fitting or list(names)
    found = f"{len(several)} layers ({', '.join(several[:8])})" if several else "no layer with shapes"
    remedy = f"Name the one that is meant: {label}#LAYER."
    return Fault(label, found, f"one layer of {_PLURAL[level]}", remedy)


def _is_of_level(label: str, raw: gpd.GeoDataFrame, level: Level, faults: list[Fault]) -> bool:
    """Tell whether the codes are those of the level that was asked for."""
    code = texts(raw["code"]).iloc[0].upper()
    other: Level = "buurt" if level == "wijk" else "wijk"
    if not code.startswith(PREFIX[other]):
        return True
    remedy = f"Ask for --level {other}, or take another layer."
    faults.append(Fault(label, f"{_PLURAL[other]} ({code})", f"the {_PLURAL[level]}", remedy))
    return False


def _chosen(label: str, raw: gpd.GeoDataFrame, chosen: Sequence[str], faults: list[Fault]) -> list[str]:
    """Return the codes of the municipalities that were asked for, by name or code, in that order."""
    codes = texts(raw["municipality"])
    names = texts(raw["municipality_name"]) if "municipality_name" in raw else codes
    by_word = {name.casefold(): code for name, code in zip(names, codes, strict=True)}
    by_word |= {code.casefold(): code for code in codes}
    by_word |= {word: by_word[name] for word, name in _SPOKEN.items() if name in by_word}
    known = sorted(set(names))
    asked = [word.strip() for word in chosen if word.strip()]
    for word in asked:
        if word.casefold() not in by_word:
            remedy = _nearest(word, known)
            faults.append(Fault(_ASKED, f"'{word}'", f"a municipality of {label}", remedy))
    if not asked:
        remedy = f'Name them: {_ASKED} "Emmen,Coevorden".'
        faults.append(
            Fault(_ASKED, "no municipality", f"one at least of the {len(known)} of {label}", remedy)
        )
    return list(dict.fromkeys(by_word[w.casefold()] for w in asked if w.casefold() in by_word))


def _nearest(word: str, known: list[str]) -> str:
    near = did_you_mean(word.capitalize(), known)
    inside = [name for name in known if word.casefold() in name.casefold()]
    if inside and not near.startswith("Did"):
        return "Did you mean " + " or ".join(f"'{name}'" for name in inside[:3]) + "?"
    return near


def _areas(label: str, raw: gpd.GeoDataFrame, year: int | None, faults: list[Fault]) -> gpd.GeoDataFrame:
    areas = gpd.GeoDataFrame(geometry=raw.geometry).to_crs(CRS)
    codes = texts(raw["code"])
    areas["code"], areas["municipality"] = codes, texts(raw["municipality"])
    areas["name"] = texts(raw["name"]) if "name" in raw else codes
    if "municipality_name" in raw:
        areas["municipality_name"] = texts(raw["municipality_name"])
    for name in ("inhabitants", "inhabitants_0_15", "percentage_0_15", *INDICATORS):
        if name in raw:
            areas[name] = numbers(label, raw[name], codes, name, faults)
    areas["source"] = source_text(year, label)
    return areas.sort_values("code").reset_index(drop=True)


def source_text(year: int | None, label: str) -> str:
    """Return how figures of the map name their source."""
    return f"CBS/Kadaster, Wijk- en Buurtkaart{f' {year}' if year else ''} ({label})"


def _municipalities(
    source: Source, areas: gpd.GeoDataFrame, raw: gpd.GeoDataFrame, codes: list[str], faults: list[Fault]
) -> pd.DataFrame:
    """Return the figures of the layer of municipalities, or where it has none the sums of the areas."""
    rows = _from_layer(source, codes, faults)
    names = dict(zip(texts(raw["municipality"]), areas_names(raw), strict=True))
    sums = areas.groupby("municipality")["inhabitants"].sum()
    for code in codes:
        if code not in rows:
            note = f"derived: sum of its {int((areas['municipality'] == code).sum())} areas"
            rows[code] = {
                "inhabitants": float(sums[code]),
                "social_homes": _social(areas, code),
                "note": note,
            }
        rows[code]["name"] = names[code]
    return pd.DataFrame.from_dict(rows, orient="index").loc[codes].rename_axis("code")


def areas_names(raw: gpd.GeoDataFrame) -> pd.Series:
    """Return the name of the municipality of every row, its code where no name is given."""
    return texts(raw["municipality_name" if "municipality_name" in raw else "municipality"])


def _from_layer(source: Source, codes: list[str], faults: list[Fault]) -> dict[str, dict[str, Any]]:
    """Return what the layer `gemeenten` of the same file says; nothing where it has no such layer."""
    if postgis.is_database(source) or "#" in str(source):
        return {}
    # until 2017 the maps were called gem_2017, wijk_2017 and buurt_2017
    fitting = [n for n in layer_names(source) if "gemeente" in n.lower() or n.lower().startswith("gem_")]
    years = {year_of(name) for name in (*fitting, *_layers(source, "wijk"), *_layers(source, "buurt"))}
    if len(fitting) != 1 or len(years) > 1:
        return {}  # which year's figures would go with the areas is not for us to guess
    layer = read_layer(source, lambda _: fitting[0], "gemeenten", faults)
    if layer is None:
        return {}
    raw = layer.rename(columns=our_names(layer.columns))
    if not {"municipality", "inhabitants"} <= set(raw.columns):
        return {}
    raw = raw[texts(raw["municipality"]).isin(codes)]
    raw = raw[~is_water(raw["water"])] if "water" in raw else raw
    here = texts(raw["municipality"])
    figures = {
        name: numbers(label_of(source), raw[name], here, name, faults)
        for name in ("inhabitants", *_SOCIAL)
        if name in raw
    }
    frame = pd.DataFrame(figures).set_axis(pd.Index(here))
    return {str(code): _municipality(row) for code, row in frame.iterrows()}


_SOCIAL = ("woningvoorraad", "percentage_huurwoningen_in_bezit_woningcorporaties")


def _municipality(row: pd.Series) -> dict[str, Any]:
    homes = row.get(_SOCIAL[0], float("nan")) * row.get(_SOCIAL[1], float("nan")) / 100
    note = "" if pd.isna(homes) else "social_homes derived: homes × share of corporations"
    return {"inhabitants": row["inhabitants"], "social_homes": round(homes, 0), "note": note}


def _social(areas: gpd.GeoDataFrame, code: str) -> float:
    """Return the corporation homes of a municipality, from the shares of its areas; NaN where unknown."""
    if not set(_SOCIAL) <= set(areas.columns):
        return float("nan")
    here = areas[areas["municipality"] == code]
    homes = here[_SOCIAL[0]] * here[_SOCIAL[1]] / 100
    # an area without homes has no share, and no homes of corporations either
    known = homes.notna() | (here[_SOCIAL[0]] == 0)
    return float(homes.sum().round()) if known.all() else float("nan")
