"""The map as SVG paths: a region's areas and sites in drawing units, y pointing down."""

import math
from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import pandas as pd
from shapely import MultiPolygon, Polygon
from shapely.geometry.base import BaseGeometry

WIDTH = 1000.0
"""Width of the drawing in its own units."""
_RING = 16.0
"""Distance between neighbouring signs of one ring, in drawing units."""


@dataclass(frozen=True)
class Frame:
    """How metres of the region's grid become drawing units: x = (east − left) × scale, y flipped."""

    left: float
    top: float
    scale: float
    height: float

    @classmethod
    def around(cls, areas: gpd.GeoDataFrame, margin: float = 0.02) -> "Frame":
        """Return the frame that holds all areas with a margin on every side."""
        west, south, east, north = (float(edge) for edge in areas.total_bounds)
        pad = margin * max(east - west, north - south)
        scale = WIDTH / (east - west + 2 * pad)
        return cls(west - pad, north + pad, scale, (north - south + 2 * pad) * scale)

    def place(self, x: float, y: float) -> tuple[float, float]:
        """Return a point of the grid in drawing units."""
        return (x - self.left) * self.scale, (self.top - y) * self.scale


def simplified(areas: gpd.GeoDataFrame, frame: Frame) -> gpd.GeoSeries:
    """Return the areas with no more corners than the drawing shows, shared borders kept shared.

    Areas that overlap are no coverage; those are simplified one by one, by half as much.
    """
    tolerance = 0.6 / frame.scale
    if areas.geometry.is_valid_coverage():
        return areas.geometry.simplify_coverage(tolerance)
    return areas.geometry.simplify(tolerance / 2, preserve_topology=True)


def path(shape: BaseGeometry, frame: Frame) -> str:
    """Return a polygon as the `d` of an SVG path, with one decimal."""
    polygons = shape.geoms if isinstance(shape, MultiPolygon) else [shape]
    rings = [
        ring
        for polygon in polygons
        if isinstance(polygon, Polygon)
        for ring in (polygon.exterior, *polygon.interiors)
    ]
    return "".join(_ring(np.asarray(ring.coords)[:, :2], frame) for ring in rings)


def _ring(points: np.ndarray, frame: Frame) -> str:
    x = np.rint((points[:-1, 0] - frame.left) * frame.scale * 10).astype(int)
    y = np.rint((frame.top - points[:-1, 1]) * frame.scale * 10).astype(int)
    steps = zip(np.diff(x), np.diff(y), strict=True)
    moves = "".join(f"l{_tenths(dx)} {_tenths(dy)}" for dx, dy in steps if dx or dy)
    return f"M{_tenths(x[0])} {_tenths(y[0])}{moves}z"


def _tenths(value: int) -> str:
    return f"{value / 10:g}" if abs(value) < 1_000_000 else f"{value / 10:.1f}"


def site_points(sites: pd.DataFrame, frame: Frame) -> tuple[dict[str, tuple[float, float]], bool]:
    """Return where each site is drawn, and whether any was moved to stand beside another.

    Sites on one point stand in rings around it, in the order of their codes: the first ring
    holds six, every next one six more.
    """
    placed: dict[str, tuple[float, float]] = {}
    moved = False
    spots: dict[tuple[float, float], list[str]] = {}
    for code, x, y in zip(sites.index, sites["x"], sites["y"], strict=True):
        spots.setdefault((round(x), round(y)), []).append(str(code))
    for spot, codes in spots.items():
        centre = frame.place(*spot)
        codes.sort()
        moved |= len(codes) > 1
        for code, (dx, dy) in zip(codes, ring_offsets(len(codes)), strict=True):
            placed[code] = (round(centre[0] + dx, 1), round(centre[1] + dy, 1))
    return placed, moved


def ring_offsets(count: int) -> list[tuple[float, float]]:
    """Return `count` offsets in drawing units around a point; a single sign stays on it."""
    if count == 1:
        return [(0.0, 0.0)]
    if count == 2:
        # Two need no full ring around them.
        return [(-_RING / 2, 0.0), (_RING / 2, 0.0)]
    offsets: list[tuple[float, float]] = []
    ring = 1
    while len(offsets) < count:
        seats = min(6 * ring, count - len(offsets))
        angles = [2 * math.pi * seat / seats for seat in range(seats)]
        offsets += [(_RING * ring * math.sin(angle), -_RING * ring * math.cos(angle)) for angle in angles]
        ring += 1
    return offsets
