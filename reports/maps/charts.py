"""Charts by matplotlib: figures as SVG, the same bytes for the same figures."""

import io
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import matplotlib as mpl
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, MaxNLocator

COLOURS = ("#0072b2", "#e69f00", "#009e73", "#cc79a7", "#56b4e9", "#d55e00", "#6b6b6b", "#b8a800")
"""Colours of Okabe and Ito, which people who see no red or green can tell apart."""
HATCHES = ("", "//", "", "..", "", "\\\\", "xx", "")
"""Every other colour is hatched too, so that a black and white print keeps them apart."""
_STYLE: dict[Any, Any] = {
    "svg.hashsalt": "spreidplan",
    "font.family": "DejaVu Sans",
    "font.size": 10,
    "text.parse_math": False,  # a dollar in a name is a dollar
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.edgecolor": "#5b6770",
    "axes.labelcolor": "#33404a",
    "xtick.color": "#33404a",
    "ytick.color": "#33404a",
    "hatch.linewidth": 0.6,
}


def stacked_years(axes: Axes, table: pd.DataFrame, names: Mapping[str, str]) -> Axes:
    """Draw rows × years as stacked bars, one colour a row."""
    bottom = pd.Series(0.0, index=table.columns)
    for number, (code, values) in enumerate(table.iterrows()):
        look = number % len(COLOURS)
        axes.bar(
            [str(year) for year in table.columns],
            values,
            bottom=bottom,
            label=names[str(code)],
            width=0.72,
            color=COLOURS[look],
            hatch=HATCHES[look],
            edgecolor="white",
            linewidth=0.8,
        )
        bottom = bottom + values
    return axes


def line_beside(axes: Axes, values: pd.Series, name: str) -> Axes:
    """Draw one value a year as marks on a dashed line, to hold the bars against."""
    axes.plot(
        [str(year) for year in values.index],
        values,
        color="#1b2733",
        linestyle="--",
        marker="D",
        markersize=4.5,
        linewidth=1.2,
        label=name,
        markerfacecolor="white",
    )
    return axes


def years_chart(
    table: pd.DataFrame,
    names: Mapping[str, str],
    beside: pd.Series,
    beside_name: str,
    write: Callable[[float], str],
) -> bytes:
    """Return an SVG of stacked bars per year with a dashed line beside them.

    `write` turns a value of the axis into text.
    """
    with mpl.rc_context(_STYLE):
        figure = Figure(figsize=(9.2, 3.7), layout="constrained")
        FigureCanvasSVG(figure)
        axes = figure.add_subplot()
        line_beside(stacked_years(axes, table, names), beside, beside_name)
        # Bars end where the axis does unless told otherwise, and a mark on that edge is cut in two.
        axes.set_ylim(0.0, 1.06 * max(float(table.sum().max()), float(beside.max()), 1.0))
        axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _position: write(value)))
        axes.yaxis.set_major_locator(MaxNLocator(nbins=6, integer=True))
        axes.grid(axis="y", color="#dde3e8", linewidth=0.7)
        axes.set_axisbelow(True)
        axes.tick_params(length=0)
        figure.legend(loc="outside right upper", frameon=False, handlelength=1.4, labelspacing=0.8)
        return _svg(figure)


def trade_off(axes: Axes, found: pd.Series, cost: pd.Series, bound: pd.Series) -> Axes:
    """Draw points of cost against something else, each with a line down to what no plan there goes below."""
    order = found.sort_values().index
    axes.plot(found[order], cost[order], color=COLOURS[0], linewidth=1.0, drawstyle="steps-post", alpha=0.5)
    below = bound.where(bound.abs() < float("inf"), cost)  # a bound that is not known has no line
    axes.vlines(found, below, cost, color=COLOURS[6], linewidth=3.0, alpha=0.5)
    axes.plot(found, cost, color=COLOURS[0], linestyle="none", marker="o", markersize=5.0)
    return axes


def front_chart(
    points: pd.DataFrame, criteria: Mapping[str, str], cost: str, write: Callable[[float], str]
) -> bytes:
    """Return an SVG with a panel per criterion (column → label of the axis), cost upwards."""
    with mpl.rc_context(_STYLE):
        figure = Figure(figsize=(4.6 * len(criteria), 3.9), layout="constrained")
        FigureCanvasSVG(figure)
        panels = figure.subplots(1, len(criteria), squeeze=False, sharey=True)[0]
        for axes, (name, label) in zip(panels, criteria.items(), strict=True):
            trade_off(axes, points[name], points["cost"], points["cost_bound"])
            axes.set_xlabel(label)
            axes.xaxis.set_major_locator(MaxNLocator(nbins=5))
            axes.grid(color="#dde3e8", linewidth=0.7)
            axes.set_axisbelow(True)
            axes.tick_params(length=0)
        panels[0].set_ylabel(cost)
        panels[0].yaxis.set_major_formatter(FuncFormatter(lambda value, _position: write(value)))
        return _svg(figure)


def _svg(figure: Figure) -> bytes:
    buffer = io.BytesIO()
    figure.savefig(buffer, format="svg", metadata={"Date": None})
    return buffer.getvalue()


def wrapped(names: Sequence[str], most: int = 26) -> list[str]:
    """Return names broken over lines at spaces, so that a legend stays narrow."""
    lines = []
    for name in names:
        parts = [""]
        for word in name.split():
            fits = len(parts[-1]) + len(word) < most
            parts = [*parts[:-1], f"{parts[-1]} {word}".strip()] if fits else [*parts, word]
        lines.append("\n".join(part for part in parts if part))
    return lines
