"""The map of a plan: shapes, signs and the figures behind every year, ready to draw."""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from reports.figures import figures
from reports.maps import drawing
from reports.maps.labels import SIZE, Label, town_labels
from reports.maps.symbols import NOTHING, SHADES, SIGNS, UNKNOWN, Sign, breaks, radius, shade

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd

    from reports.figures.contents import Contents
    from reports.figures.figures import Event


@dataclass(frozen=True)
class Area:
    """A neighbourhood as drawn; `fill` and `title` are of the year shown first."""

    code: str
    path: str
    fill: str
    title: str


@dataclass(frozen=True)
class SiteMark:
    """A site as drawn in the year shown first; x and y in drawing units, r in pixels."""

    code: str
    x: float
    y: float
    r: float
    event: str
    sign: Sign
    title: str


@dataclass(frozen=True)
class Atlas:
    """All that the page draws its map from; `data` is what the script reads."""

    frame: drawing.Frame
    areas: list[Area]
    borders: list[tuple[str, str]]
    """Code of a municipality and its outline."""
    sites: list[SiteMark]
    labels: list[Label]
    letters: float
    """Height of the letters of the labels."""
    ringed: bool
    legend: list[tuple[str, str]]
    data: dict[str, Any]


def atlas(contents: Contents, at: int = 0, letters: float = SIZE) -> Atlas:
    """Return the map of a plan with names in letters of a height; the year shown first is number `at`."""
    areas = contents.region.neighbourhoods
    frame = drawing.Frame.around(areas)
    shapes = drawing.simplified(areas, frame)
    points, ringed = drawing.site_points(_sites_with_points(contents), frame)
    drawn = _coloured(contents, _Coloured(areas, shapes, frame, measures(contents), at, letters))
    sites = _site_marks(contents, points, at)
    return replace(drawn, sites=sites, ringed=ringed, data={**drawn.data, "sites": _site_facts(contents)})


def atlas_of_municipalities(
    contents: Contents, tables: Mapping[str, pd.DataFrame], at: int = 0, letters: float = SIZE
) -> Atlas:
    """Return a map of municipalities, without sites, for `tables`: measure → municipalities × years.

    A value that is not known is told as one that is not shown.
    """
    areas = contents.region.neighbourhoods
    frame = drawing.Frame.around(areas)
    shapes = drawing.simplified(areas, frame)
    whole = shapes.groupby(areas["municipality"]).agg(lambda own: own.union_all())
    towns = contents.region.municipalities.loc[whole.index, ["name", "inhabitants"]]
    named = towns.assign(municipality=towns.index)
    drawn = _coloured(contents, _Coloured(named, whole, frame, tables, at, letters))
    words = {**drawn.data["words"], "base_unknown": contents.words("not_shown")}
    return replace(drawn, data={**drawn.data, "words": words})


@dataclass(frozen=True)
class _Coloured:
    """Areas (code → name, municipality, inhabitants), their simplified shapes, and what colours them."""

    areas: pd.DataFrame
    shapes: pd.Series
    frame: drawing.Frame
    tables: Mapping[str, pd.DataFrame]
    at: int
    letters: float


def _coloured(contents: Contents, asked: _Coloured) -> Atlas:
    """Return the map of areas alone."""
    ends = {name: breaks(table.to_numpy().ravel()) for name, table in asked.tables.items()}
    first = next(iter(asked.tables))
    return Atlas(
        frame=asked.frame,
        areas=_areas(contents, asked, first, ends[first]),
        borders=_borders(asked),
        sites=[],
        labels=_labels(contents, asked),
        letters=asked.letters,
        ringed=False,
        legend=legend(contents, ends[first]),
        data=_data(contents, asked, ends),
    )


def measures(contents: Contents) -> dict[str, pd.DataFrame]:
    """Return what areas can be coloured by: measure → neighbourhoods × years."""
    plan, index = contents.plan, contents.region.neighbourhoods.index
    facility = figures.places_by_tier(plan).index
    tables = {
        "places": figures.per_thousand(plan, figures.neighbourhood_places(plan)),
        **{f"places_{tier}": figures.neighbourhood_places_of(plan, str(tier)) for tier in facility},
        "homes": figures.per_thousand(plan, figures.neighbourhood_homes(plan)),
        "waiting": figures.neighbourhood_waiting(plan),
        "minutes": figures.neighbourhood_minutes(plan),
        "excess": figures.neighbourhood_excess(plan),
    }
    return {name: table.reindex(index) for name, table in tables.items()}


def legend(contents: Contents, ends: list[float]) -> list[tuple[str, str]]:
    """Return colour and words of every class of a measure."""
    words, write = contents.words, contents.notation.plain
    lines = [(NOTHING, words("none"))]
    for number, end in enumerate(ends):
        start = f"{write(ends[number - 1])} – " if number else f"{words('up_to')} "
        lines.append((SHADES[number], start + write(end)))
    if ends:
        lines.append((SHADES[len(ends)], f"{words('above')} {write(ends[-1])}"))
    return lines


def _areas(contents: Contents, asked: _Coloured, first: str, ends: list[float]) -> list[Area]:
    start, names = asked.tables[first].iloc[:, asked.at], asked.areas["name"]
    return [
        Area(
            code,
            drawing.path(shape, asked.frame),
            shade(float(start[code]), ends),
            f"{names[code]}: {contents.notation.number(float(start[code]), 1)}",
        )
        for code, shape in zip(map(str, asked.shapes.index), asked.shapes, strict=True)
    ]


def _borders(asked: _Coloured) -> list[tuple[str, str]]:
    """Return the outlines of the municipalities, from the same simplified shapes."""
    at = asked.areas["municipality"]
    return [
        (str(code), drawing.path(asked.shapes[at == code].union_all(), asked.frame))
        for code in sorted(at.unique())
    ]


def _labels(contents: Contents, asked: _Coloured) -> list[Label]:
    names = contents.region.municipalities["name"]
    return town_labels(contents.region.neighbourhoods, names, asked.frame, asked.letters)


def _sites_with_points(contents: Contents) -> pd.DataFrame:
    totals = figures.site_totals(contents.plan)
    return contents.region.sites.loc[totals.index, ["x", "y"]]


def _site_marks(contents: Contents, points: Mapping[str, tuple[float, float]], at: int) -> list[SiteMark]:
    counts = figures.site_totals(contents.plan).iloc[:, at]
    events: Mapping[Any, Event] = figures.site_events(contents.plan).iloc[:, at].to_dict()
    peak = figures.peak_places(contents.plan).iloc[:, at]
    marks = []
    for code, event in events.items():
        count = float(counts[code])
        title = f"{contents.region.sites['name'][code]}: {contents.words(f'event_{event}')}, {count:.0f}"
        x, y = points[str(code)]
        size = float(peak[code]) if event == "closes" else count  # what has closed is as large as it was
        marks.append(SiteMark(str(code), x, y, radius(size), event, SIGNS[event], title))
    # Large signs first, so that small ones stay in sight.
    return sorted(marks, key=lambda mark: (-mark.r, mark.code))


def _data(contents: Contents, asked: _Coloured, ends: Mapping[str, list[float]]) -> dict[str, Any]:
    frame = asked.frame
    words = contents.words
    return {
        "lang": contents.lang,
        "years": figures.all_years(contents.plan),
        "frame": {
            "left": frame.left,
            "top": frame.top,
            "scale": frame.scale,
            "crs": str(contents.region.parameters.region.crs),
        },
        "measures": {
            name: _measure(contents, name, table, ends[name]) for name, table in asked.tables.items()
        },
        "areas": _area_facts(contents, asked.areas),
        "sites": {},
        "signs": {name: {**asdict(sign), "words": words(f"event_{name}")} for name, sign in SIGNS.items()},
        "colours": {"shades": SHADES, "nothing": NOTHING, "unknown": UNKNOWN},
        "words": {key: words(key) for key in _SCRIPT_WORDS},
        "title": words(
            "map_title", region=contents.region.parameters.region.name, measure="{measure}", year="{year}"
        ),
    }


_SCRIPT_WORDS = ("inhabitants", "base_unknown", "municipality", "neighbourhood", "provider", "what_happens")
"""Words that the script writes."""


def _measure(contents: Contents, name: str, table: pd.DataFrame, ends: list[float]) -> dict[str, Any]:
    return {
        "label": _label(contents, name),
        "breaks": ends,
        "legend": legend(contents, ends),
        "values": _values(table),
    }


def _label(contents: Contents, name: str) -> str:
    """Return the words of a measure; places of one tier are told by its name."""
    tier = name.removeprefix("places_")
    if tier == name:
        return contents.words(f"measure_{name}")
    return contents.words("measure_places_of", tier=contents.tier(tier))


def _area_facts(contents: Contents, areas: pd.DataFrame) -> dict[str, dict[str, Any]]:
    return {
        str(code): {
            "name": str(line["name"]),
            "municipality": contents.municipality(str(line["municipality"])),
            "inhabitants": float(line["inhabitants"]),
        }
        for code, line in areas.iterrows()
    }


def _site_facts(contents: Contents) -> dict[str, dict[str, Any]]:
    totals, events = figures.site_totals(contents.plan), figures.site_events(contents.plan)
    sites, tiers = contents.region.sites, _tiers_of_sites(contents)
    # What has closed is drawn as large as it was.
    closed = (events == "closes").astype(float)
    radii = (totals + closed * figures.peak_places(contents.plan)).map(radius)
    return {
        str(code): {
            "name": str(sites.at[code, "name"]),
            "area": str(sites.at[code, "neighbourhood"]),
            "provider": str(sites.at[code, "provider"]),
            "places": [float(n) for n in totals.loc[code]],
            "events": list(events.loc[code]),
            "r": [float(r) for r in radii.loc[code]],
            "tiers": tiers.get(str(code), []),
        }
        for code in totals.index
    }


def _tiers_of_sites(contents: Contents) -> dict[str, list[list[Any]]]:
    """Return site → name of a tier and its places by year, for the tiers that ever have one."""
    found: dict[str, list[list[Any]]] = {}
    table = figures.site_places(contents.plan)
    for (site, tier), line in zip(table.index, table.to_numpy(dtype=float), strict=True):
        found.setdefault(str(site), []).append([contents.tier(str(tier)), line.tolist()])
    return found


def _values(table: pd.DataFrame) -> dict[str, list[float | None]]:
    """Return code → a value per year, None where it is not known."""
    return {
        str(code): [round(float(v), 3) if np.isfinite(v) else None for v in line]
        for code, line in table.iterrows()
    }
