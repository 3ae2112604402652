"""Bars as plain SVG: a stack per year with a dashed line beside it, stacks across, and small bars by site."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    import pandas as pd

WIDTH, HEIGHT = 620.0, 270.0
_LEFT, _RIGHT, _TOP, _BOTTOM = 44.0, 8.0, 22.0, 28.0
_STEPS = (1, 2, 2.5, 5, 10)
_FEWEST = 6
"""People from which a number is written inside a bar."""


@dataclass(frozen=True)
class Rect:
    """A part of a bar and the style class of its colour."""

    style: str
    x: float
    y: float
    width: float
    height: float
    text: str = ""


@dataclass(frozen=True)
class BarColumn:
    """The bar of one year: its parts, what it says when pointed at, and where it stands."""

    year: str
    x: float
    width: float
    top: float
    total: str
    says: str
    parts: Sequence[Rect]


@dataclass(frozen=True)
class YearsChart:
    """Stacked bars per year: the quantity above, the grid, the bars, the line and what its colours mean."""

    title: str
    unit: str
    grid: Sequence[tuple[float, str]]
    columns: Sequence[BarColumn]
    line: str
    line_name: str
    legend: Sequence[tuple[str, str]]
    alt: str


@dataclass(frozen=True)
class Strip:
    """A stack across: its name, its parts, and the whole in words."""

    name: str
    says: str
    parts: Sequence[Rect]


def years_chart(
    table: pd.DataFrame,
    looks: Mapping[str, tuple[str, str]],
    beside: pd.Series,
    words: tuple[str, str, str],
    write: Callable[[float], str],
) -> YearsChart:
    """Return a chart of rows × years.

    Parameters
    ----------
    looks
        Row → its name and style class.
    beside
        A value per year, drawn as a dashed line.
    words
        Title, quantity with unit, and the name of the line.
    """
    most = max(float(table.sum().max()), float(beside.max()), 1e-9)
    step = _step(most)
    top = step * math.ceil(most / step + 1e-9)
    tall = HEIGHT - _TOP - _BOTTOM

    def level(value: float) -> float:
        return round(_TOP + tall * (1 - value / top), 1)

    slot = (WIDTH - _LEFT - _RIGHT) / len(table.columns)
    columns, points = [], []
    for number, year in enumerate(table.columns):
        x, base, parts, said = _LEFT + slot * number, 0.0, [], []
        for code, value in table[year].items():
            name, style = looks[str(code)]
            if value > 1e-9:
                parts.append(
                    Rect(style, round(x + slot * 0.14, 1), level(base + value), round(slot * 0.72, 1),
                         round(tall * value / top, 1))
                )  # fmt: skip
                said.append(f"{name} {write(float(value))}")
            base += float(value)
        says = f"{year}: {write(base)} ({', '.join(said)}); {words[2]} {write(float(beside[year]))}"
        top_of_both = level(max(base, float(beside[year])))
        columns.append(
            BarColumn(str(year), round(x, 1), round(slot, 1), top_of_both, write(base), says, parts)
        )
        points.append(f"{x + slot / 2:.1f} {level(float(beside[year])):.1f}")
    used = [str(code) for code in table.index[(table > 1e-9).any(axis=1)]]
    ends = " ".join(column.says for column in (columns[0], columns[-1]))
    return YearsChart(
        words[0],
        words[1],
        [(level(step * count), write(step * count)) for count in range(round(top / step) + 1)],
        columns,
        "M" + "L".join(points),
        words[2],
        [(looks[code][1], looks[code][0]) for code in used],
        f"{words[0]}. {words[1]}. {ends}",
    )


def strip(
    name: str,
    values: Mapping[str, int],
    looks: Mapping[str, tuple[str, str]],
    most: float,
    width: float = 560.0,
) -> Strip:
    """Return a stack across on a scale that ends at `most`; small parts have no number in them."""
    parts, x, said = [], 0.0, []
    for code, value in values.items():
        if value <= 0:
            continue
        label, style = looks[code]
        wide = width * value / most if most else 0.0
        room = wide >= 9.0 * len(str(value)) + 4
        text = str(value) if value >= _FEWEST and room else ""
        parts.append(Rect(style, round(x, 1), 1.0, round(max(wide - 1.0, 0.8), 1), 18.0, text))
        said.append(f"{label} {value}")
        x += wide
    return Strip(name, f"{name}: {', '.join(said)}", parts)


def small_bars(table: pd.DataFrame, styles: Mapping[str, str], most: float) -> list[Rect]:
    """Return the bars of one site, a stack per year in a drawing of 100 by 24, with `most` as its height."""
    slot, rects = 100.0 / len(table.columns), []
    for number, year in enumerate(table.columns):
        y = 24.0
        for code, value in table[year].items():
            tall = 24.0 * float(value) / most if most else 0.0
            if tall > 0:
                y -= tall
                rects.append(
                    Rect(
                        styles[str(code)],
                        round(slot * (number + 0.1), 2),
                        round(y, 2),
                        round(slot * 0.8, 2),
                        round(tall, 2),
                    )
                )
    return rects


def _step(most: float) -> float:
    """Return the distance of grid lines: a round number of which at most five make up the height."""
    rough = most / 5
    power = 10.0 ** math.floor(math.log10(rough))
    return next(power * factor for factor in _STEPS if power * factor >= rough - 1e-12)
