"""The map of the sites: signs at fixed positions for all years, names that cover none, and net changes."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

from reports.figures import figures
from reports.maps import drawing
from reports.maps.placement import Circle, MapGround, Name, PlacedName, place_names, spread
from reports.maps.tier_colours import tier_classes

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import geopandas as gpd
    import pandas as pd

    from reports.figures.contents import Contents

_LETTERS = {"wide": 24.0, "narrow": 34.0}
"""Height of the letters in drawing units, for a map of 500 and one of 360 pixels."""
_LEAST, _PER_ROOT = 13.0, 6.4
_LEAST_NET = 29.0
_STRIP = 46.0
"""Height below the areas in which the scale bar stands."""
_SCALES = (0.5, 1, 2, 5, 10, 20, 50)
STATES: tuple[figures.Event, ...] = ("opens", "grows", "changes_form", "stays", "shrinks", "closes")
"""What may have happened to a site since the base year, in the order of the legend."""


@dataclass(frozen=True)
class SiteSign:
    """A site as drawn: where it stands, where it is, and how it looks in the year shown first."""

    code: str
    title: str
    x: float
    y: float
    r: float
    event: str
    lead: str
    """Path of the line to its own point where the sign stands beside it, else empty."""
    anchor: tuple[float, float]


@dataclass(frozen=True)
class NetSign:
    """The net change of an area since the base year."""

    code: str
    title: str
    x: float
    y: float
    r: float
    text: str
    side: str


@dataclass(frozen=True)
class SiteMap:
    """All that the page draws its map from; `data` is what the script reads."""

    width: float
    height: float
    cells: Sequence[str]
    borders: Sequence[tuple[str, str]]
    signs: Sequence[SiteSign]
    nets: Sequence[NetSign]
    names: dict[str, Sequence[PlacedName]]
    """Names by set: for the signs and for the net changes, wide and narrow."""
    letters: dict[str, float]
    scale: tuple[float, str]
    """Length of the scale bar in drawing units, and its words."""
    estimated: bool
    """Whether the borders of areas are drawn around points, and are no real ones."""
    data: dict[str, Any]


def site_map(contents: Contents) -> SiteMap:
    """Return the map of the sites that have places in some year, drawn for the last year."""
    areas = contents.region.neighbourhoods
    frame = drawing.Frame.around(areas)
    shapes = drawing.simplified(areas, frame)
    town = areas["municipality"]
    drawer = _Drawer(contents, frame, areas)
    signs, nets = drawer.signs(), drawer.nets()
    towns = [(str(code), shapes[town == code].union_all()) for code in sorted(town.unique())]
    borders = _drawn(shapely.unary_union([shapely.boundary(shape) for _, shape in towns]), frame)
    return SiteMap(
        width=drawing.WIDTH,
        height=frame.height + _STRIP,
        cells=[drawing.path(shape, frame) for shape in shapes],
        borders=[(code, drawing.path(shape, frame)) for code, shape in towns],
        signs=signs,
        nets=nets,
        names={
            f"{kind}-{width}": drawer.names(circles, borders, _LETTERS[width])
            for kind, circles in (("sites", drawer.largest), ("net", drawer.net_circles))
            for width in _LETTERS
        },
        letters=_LETTERS,
        scale=_scale(contents, frame),
        estimated=areas.attrs.get("drawn_as") == "voronoi",
        data=drawer.data(),
    )


def _drawn(shape: shapely.Geometry, frame: drawing.Frame) -> shapely.Geometry:
    """Return a shape of the grid in drawing units."""
    return shapely.transform(shape, lambda points: np.column_stack(frame.place(points[:, 0], points[:, 1])))


def reason(contents: Contents, site: str) -> str:
    """Return why a site changes: the share of its municipality beside the fair one, or an empty text."""
    words, write = contents.words, contents.notation
    event = figures.site_events(contents.plan).iloc[:, -1][site]
    town = str(
        contents.region.neighbourhoods.at[contents.region.sites.at[site, "neighbourhood"], "municipality"]
    )
    places = figures.municipality_changes(contents.plan)["places", "first"]
    fair = contents.plan.problem.municipalities["share"]
    if not places.sum():
        return ""
    share, norm = float(places[town] / places.sum()), float(fair[town])
    more = event in ("opens", "grows") and share < norm - 0.005
    less = event in ("closes", "shrinks") and share > norm + 0.005
    if not (more or less):
        return ""
    return words(
        "why_share",
        place=contents.municipality(town),
        year=contents.years["base"],
        share=write.percent(share, 0),
        fair=write.percent(norm, 0),
    )


class _Drawer:
    """Places everything once; the script only swaps what a year shows."""

    def __init__(self, contents: Contents, frame: drawing.Frame, areas: gpd.GeoDataFrame) -> None:
        self.contents, self.frame, self.areas = contents, frame, areas
        self.words = contents.words
        totals = figures.site_totals(contents.plan)
        self.totals = totals[(totals > figures.TOLERANCE).any(axis=1)]
        self.events = figures.site_events(contents.plan).loc[self.totals.index]
        peak = figures.peak_places(contents.plan).loc[self.totals.index]
        gone = (self.events == "closes").astype(float)
        self.sizes = self.totals + gone * peak  # a closed site keeps the size it had
        self.points = self._points()
        wished = [
            Circle(x, y, max(_LEAST, _PER_ROOT * math.sqrt(size)))
            for (x, y), size in zip(self.points, self.sizes.max(axis=1), strict=True)
        ]
        self.largest = spread(wished, drawing.WIDTH, frame.height)
        self.factor = self.largest[0].r / wished[0].r if wished else 1.0
        self.net_table = self._net_table()
        self.net_circles = self._net_circles()

    def _points(self) -> list[tuple[float, float]]:
        sites = self.contents.region.sites.loc[self.totals.index]
        return [self.frame.place(x, y) for x, y in zip(sites["x"], sites["y"], strict=True)]

    def radius(self, size: float) -> float:
        """Return the radius of a sign: its area follows the places, and it stays visible."""
        return round(self.factor * max(_LEAST, _PER_ROOT * math.sqrt(max(size, 0.0))), 1)

    def signs(self) -> list[SiteSign]:
        """Return the signs of the last year."""
        drawn = []
        for code, point, at in zip(map(str, self.totals.index), self.points, self.largest, strict=True):
            moved = math.dist(point, (at.x, at.y)) > at.r
            lead = f"M{point[0]:.1f} {point[1]:.1f}L{at.x:.1f} {at.y:.1f}" if moved else ""
            event = str(self.events.at[code, self.events.columns[-1]])
            size = _of(self.sizes, code)[-1]
            drawn.append(
                SiteSign(
                    code, f"{self._name(code)}: {self.what(code)}", round(at.x, 1), round(at.y, 1),
                    self.radius(size), event, lead, (round(point[0], 1), round(point[1], 1)),
                )
            )  # fmt: skip
        return drawn

    def _net_table(self) -> pd.DataFrame:
        """Return net places since the base year by area, for the areas with a sign."""
        areas = self.contents.region.sites.loc[self.totals.index, "neighbourhood"].astype(str)
        summed = self.totals.round().groupby(areas.to_numpy()).sum()
        return summed.sub(summed.iloc[:, 0], axis=0).astype(int)

    def _net_circles(self) -> list[Circle]:
        most = self.net_table.abs().max(axis=1)
        middles = [
            self.frame.place(self.areas.at[code, "x"], self.areas.at[code, "y"]) for code in most.index
        ]
        wished = [
            Circle(x, y, max(_LEAST_NET, 7.2 * math.sqrt(amount)))
            for (x, y), amount in zip(middles, most, strict=True)
        ]
        return spread(wished, drawing.WIDTH, self.frame.height)

    def nets(self) -> list[NetSign]:
        """Return the net changes up to the last year."""
        drawn = []
        for code, at in zip(map(str, self.net_table.index), self.net_circles, strict=True):
            amount = int(_of(self.net_table, code)[-1])
            text = self.contents.notation.signed(amount)
            title = self.words("net_title", place=self.contents.neighbourhood(code), count=text)
            side = "more" if amount > 0 else "less" if amount < 0 else "same"
            drawn.append(NetSign(code, title, round(at.x, 1), round(at.y, 1), round(at.r, 1), text, side))
        return drawn

    def names(self, circles: Sequence[Circle], borders: shapely.Geometry, size: float) -> list[PlacedName]:
        """Return the names that stand free of the signs, those of municipalities before those of places."""
        ground = MapGround(drawing.WIDTH, self.frame.height, circles, borders)
        return place_names(list(self._wanted()), ground, size)

    def _wanted(self) -> Iterator[Name]:
        people = self.areas.groupby("municipality")["inhabitants"].sum().sort_values(ascending=False)
        for code in people.index:
            own = self.areas[self.areas["municipality"] == code]
            west, south, east, north = own.total_bounds
            x, y = self.frame.place(float(own["x"].mean()), float(own["y"].mean()))
            reach = 0.5 * min(east - west, north - south) * self.frame.scale
            yield Name(self.contents.municipality(str(code)).upper(), x, y, capitals=True, reach=reach)
        sizes = self.sizes.max(axis=1)
        at = self.contents.region.sites.loc[self.totals.index, "neighbourhood"].astype(str)
        busy = sizes.groupby(at.to_numpy()).sum().sort_values(ascending=False)
        others = self.areas["inhabitants"].drop(busy.index).sort_values(ascending=False).head(12)
        for code in [*busy.index, *others.index]:
            x, y = self.frame.place(self.areas.at[code, "x"], self.areas.at[code, "y"])
            yield Name(self.contents.neighbourhood(str(code)), x, y)

    def _name(self, code: str) -> str:
        return str(self.contents.region.sites.at[code, "name"])

    def what(self, code: str) -> str:
        """Return what happens to a site in the plan, in a sentence."""
        event = str(self.events.at[code, self.events.columns[-1]])
        line = [round(places) for places in _of(self.totals, code)]
        years = [int(year) for year in self.totals.columns]
        if event == "stays":
            # A site that ends as it began may have changed in between; its years show that.
            return self.words("site_stays", places=line[-1])
        since = next(
            (
                int(before)
                for before in reversed(self.events.columns)
                if self.events.at[code, before] != event
            ),
            None,
        )
        year = years[0] if since is None else since + 1
        most = round(_of(self.sizes, code)[-1]) if event == "closes" else line[0]
        return self.words(f"site_{event}", since=year, first=most, places=line[-1], year=years[-1])

    def data(self) -> dict[str, Any]:
        """Return what the script needs to show another year, or a card."""
        tiers = [str(code) for code in figures.tier_codes(self.contents.region, "facility")]
        classes, by_tier = tier_classes(self.contents.region), figures.site_places(self.contents.plan).round()
        words = ("in_year", "no_places", "play", "stop")
        return {
            "years": [int(year) for year in self.totals.columns],
            "tiers": [[self.contents.tier(code), classes[code]] for code in tiers],
            "sites": [self._facts(str(code), tiers, by_tier) for code in self.totals.index],
            "nets": self.net_table.to_numpy().tolist(),
            "words": {key: self.words(key) for key in words},
        }

    def _facts(self, code: str, tiers: Sequence[str], by_tier: pd.DataFrame) -> dict[str, Any]:
        area = str(self.contents.region.sites.at[code, "neighbourhood"])
        town = self.contents.municipality(str(self.areas.at[area, "municipality"]))
        counts = [
            [int(n) for n in _of(by_tier, (code, tier))] if (code, tier) in by_tier.index else 0
            for tier in tiers
        ]
        return {
            "name": self._name(code),
            "where": f"{self.contents.neighbourhood(area)}, {town}",
            "what": self.what(code),
            "why": reason(self.contents, code),
            "states": [str(event) for event in self.events.loc[code]],
            "r": [self.radius(size) for size in _of(self.sizes, code)],
            "places": counts,
        }


def _of(table: pd.DataFrame, code: object) -> list[float]:
    """Return the numbers of one row."""
    return [float(number) for number in table.loc[[code]].to_numpy(dtype=float)[0]]


def _scale(contents: Contents, frame: drawing.Frame) -> tuple[float, str]:
    """Return the scale bar: the round distance nearest to a fifth of the width, in kilometres."""
    best = min(_SCALES, key=lambda km: abs(km * 1000 * frame.scale - drawing.WIDTH / 5))
    return round(best * 1000 * frame.scale, 1), f"{contents.notation.plain(best)} km"
