"""Graphs and area maps by matplotlib: what a result draws in a notebook."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import pandas as pd

if TYPE_CHECKING:
    import geopandas as gpd
    from matplotlib.axes import Axes

NO_FIGURES = "no figures to draw"
"""Text in a graph of a table in which there is no number."""

LARGEST = 220.0
"""Area (points²) of the dot of the largest site on a map."""


@dataclass(frozen=True)
class Graph:
    """A table to draw: its index along the horizontal axis, a line or bar per column."""

    frame: pd.DataFrame
    title: str
    unit: str
    style: Literal["line", "bar"] = "line"

    def draw(self, ax: Axes | None = None) -> Axes:
        """Draw the table on axes, new ones if there are none."""
        ax, frame = _axes(ax), self.frame.astype(float)
        if frame.notna().to_numpy().any():
            several = frame.shape[1] > 1
            if self.style == "bar":
                frame.plot.bar(ax=ax, legend=several)
            else:
                frame.plot.line(ax=ax, legend=several, marker="o")
        else:  # all of it may be too small to publish
            ax.text(0.5, 0.5, NO_FIGURES, ha="center", va="center", transform=ax.transAxes)
        ax.set(title=self.title, ylabel=self.unit, xlabel=self.frame.index.name or "")
        return ax


@dataclass(frozen=True)
class AreaMap:
    """Neighbourhoods in greys by a number, or in colours by a name, with dots for sites.

    Attributes
    ----------
    values
        Index neighbourhood: a number, or a name; what is missing is drawn empty.
    dots
        Index site: x, y (metres) and size; None without dots.
    """

    areas: gpd.GeoDataFrame
    values: pd.Series
    title: str
    dots: pd.DataFrame | None = None

    def draw(self, ax: Axes | None = None) -> Axes:
        """Draw the map on axes, new ones if there are none."""
        ax = _axes(ax)
        shown = self.areas[["geometry"]].assign(value=self.values.reindex(self.areas.index))
        shown.plot(ax=ax, color="none", edgecolor="silver", linewidth=0.4)
        there = shown[shown["value"].notna()]
        if pd.api.types.is_numeric_dtype(there["value"]):
            there.plot("value", ax=ax, cmap="Greys", edgecolor="white", linewidth=0.4, legend=len(there) > 0)
        elif len(there):
            there.plot("value", ax=ax, cmap="tab20", edgecolor="white", categorical=True, legend=True)
        if self.dots is not None and len(self.dots):
            size = LARGEST * self.dots["size"] / self.dots["size"].max()
            ax.scatter(self.dots["x"], self.dots["y"], s=size, color="firebrick", alpha=0.7, zorder=3)
        ax.set_axis_off()
        ax.set_title(self.title)
        return ax


def dots(sites: pd.DataFrame, size: pd.Series) -> pd.DataFrame:
    """Return the dots of sites (x, y) that have a size above nothing."""
    placed = sites[["x", "y"]].assign(size=size.reindex(sites.index).fillna(0.0))
    return placed[placed["size"] > 0.0]


def _axes(ax: Axes | None) -> Axes:
    if ax is not None:
        return ax
    from matplotlib import pyplot as plt

    return plt.subplots()[1]
