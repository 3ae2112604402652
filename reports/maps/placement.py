"""Fixed positions on a map: signs that touch no other sign, and names that touch neither sign nor name."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import shapely

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

_GOLDEN = math.pi * (3.0 - math.sqrt(5.0))
_ROUNDS = 900
_SHRINK = 0.93
_NARROW, _SLIM, _WIDE = frozenset("ijlI.,:;'|"), frozenset("ftr ()-/"), frozenset("mwMW")
_WIDTHS = {"narrow": 0.32, "slim": 0.42, "wide": 0.99, "capital": 0.76, "other": 0.64}
"""Widths of letters as shares of their height, in the widest font of the page's stack."""
_SPACED = 0.14
"""Distance between the capitals of a municipality as a share of their height."""
_DIRECTIONS = (0, 180, 330, 210, 30, 150, 300, 240, 60, 120, 270, 90)
_DISTANCES = (6.0, 14.0, 24.0, 38.0, 52.0)


@dataclass(frozen=True)
class Circle:
    """A sign: its middle and its radius."""

    x: float
    y: float
    r: float


@dataclass(frozen=True)
class Box:
    """A rectangle on the map, by its edges."""

    left: float
    top: float
    right: float
    bottom: float

    def meets(self, other: Box) -> bool:
        """Return whether two rectangles overlap."""
        across = self.left < other.right and other.left < self.right
        return across and self.top < other.bottom and other.top < self.bottom

    def touches(self, sign: Circle, gap: float = 6.0) -> bool:
        """Return whether a sign comes nearer than a gap."""
        x = min(max(sign.x, self.left), self.right)
        y = min(max(sign.y, self.top), self.bottom)
        return math.hypot(sign.x - x, sign.y - y) < sign.r + gap

    @property
    def edges(self) -> tuple[float, float, float, float]:
        """The left, top, right and bottom edge."""
        return self.left, self.top, self.right, self.bottom

    def inside(self, width: float, height: float) -> bool:
        """Return whether the rectangle lies on a drawing of a size."""
        return self.left >= 0 and self.top >= 0 and self.right <= width and self.bottom <= height


@dataclass(frozen=True)
class Name:
    """A name to be placed: its text, the point it is of, and how far from there it may stand."""

    text: str
    x: float
    y: float
    capitals: bool = False
    reach: float = 0.0
    """Distance over which the name of an area may be moved; 0 for the name of a point."""


@dataclass(frozen=True)
class PlacedName:
    """A name and the middle of its line."""

    text: str
    x: float
    y: float
    capitals: bool
    box: Box


def spread(signs: Sequence[Circle], width: float, height: float, gap: float = 3.0) -> list[Circle]:
    """Return the signs moved apart until no two touch, as near to their points as that allows.

    Where all do not fit at their size, all shrink by one factor, so that areas keep their ratio.
    """
    if not signs:
        return []
    points = np.array([(one.x, one.y) for one in signs], dtype=float)
    radii = np.array([one.r for one in signs], dtype=float)
    while True:
        moved = _pushed(points, radii + gap / 2, width, height)
        if moved is not None:
            return [Circle(float(x), float(y), float(r)) for (x, y), r in zip(moved, radii, strict=True)]
        radii = radii * _SHRINK


def _pushed(points: np.ndarray, radii: np.ndarray, width: float, height: float) -> np.ndarray | None:
    """Return positions without overlap, or None where the rounds did not find any."""
    steps = np.arange(len(points))
    # Points that coincide leave in different directions, the same ones every time.
    start = points + 0.5 * np.column_stack([np.cos(steps * _GOLDEN), np.sin(steps * _GOLDEN)])
    now, need = start.copy(), radii[:, None] + radii[None, :]
    low, high = radii[:, None], np.array([[width, height]]) - radii[:, None]
    if (high < low).any():
        return None
    for count in range(_ROUNDS):
        apart = now[:, None, :] - now[None, :, :]
        distance = np.hypot(apart[..., 0], apart[..., 1])
        np.fill_diagonal(distance, np.inf)
        over = np.clip(need - distance, 0.0, None)
        if count > 20 and over.max() <= 1e-3:
            return now
        push = apart / np.where(distance > 1e-9, distance, 1.0)[..., None] * (over * 0.52)[..., None]
        pull = 0.04 * (points - now) if count < 2 * _ROUNDS // 3 and count % 3 == 0 else 0.0
        now = np.clip(now + push.sum(axis=1) + pull, low, high)
    return None


@dataclass(frozen=True)
class MapGround:
    """What names are placed on: the size of the drawing, its signs, and borders best left uncrossed."""

    width: float
    height: float
    signs: Sequence[Circle]
    borders: shapely.Geometry


def place_names(names: Sequence[Name], ground: MapGround, size: float) -> list[PlacedName]:
    """Return the names that fit, in the order of their weight; one that fits nowhere is left out."""
    placed: list[PlacedName] = []
    shapely.prepare(ground.borders)
    for name in names:
        free = [box for box in _free_boxes(name, ground, size) if not any(map(box.meets, _boxes(placed)))]
        clear = (box for box in free if not ground.borders.intersects(shapely.box(*box.edges)))
        if free:
            box = next(clear, free[0])
            x, y = (box.left + box.right) / 2, (box.top + box.bottom) / 2
            placed.append(PlacedName(name.text, round(x, 1), round(y, 1), name.capitals, box))
    return placed


def _boxes(placed: Sequence[PlacedName]) -> list[Box]:
    return [name.box for name in placed]


def _free_boxes(name: Name, ground: MapGround, size: float) -> Iterator[Box]:
    """Generate the boxes of a name on the drawing that touch no sign, the best first."""
    for x, y in _spots(name, size):
        box = _box(name, x, y, size)
        if box.inside(ground.width, ground.height) and not any(map(box.touches, ground.signs)):
            yield box


def _spots(name: Name, size: float) -> Iterator[tuple[float, float]]:
    """Generate middles of the line of a name, the best first."""
    if name.reach:
        yield name.x, name.y
        for ring in (0.2, 0.4, 0.6, 0.8, 1.0):
            for angle in _DIRECTIONS:
                turn = math.radians(angle)
                yield name.x + ring * name.reach * math.cos(turn), name.y + ring * name.reach * math.sin(turn)
        return
    half = _half(name, size)
    for distance in _DISTANCES:
        for angle in _DIRECTIONS:
            turn = math.radians(angle)
            across = math.cos(turn) * (distance + half)
            yield name.x + across, name.y + math.sin(turn) * (distance + size / 2)


def _half(name: Name, size: float) -> float:
    spaced = _SPACED * len(name.text) if name.capitals else 0.0
    return (sum(map(_letter, name.text)) + spaced) * size / 2


def _letter(letter: str) -> float:
    """Return the width of a letter as a share of its height."""
    kinds = {"narrow": _NARROW, "slim": _SLIM, "wide": _WIDE}
    kind = next((kind for kind, letters in kinds.items() if letter in letters), "other")
    return _WIDTHS["capital" if kind == "other" and letter.isupper() else kind]


def _box(name: Name, x: float, y: float, size: float) -> Box:
    half = _half(name, size)
    return Box(x - half, y - 0.62 * size, x + half, y + 0.62 * size)
