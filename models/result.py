"""Result of a call from Python: summary, tables, a map and plots, and what a notebook shows of it."""

from __future__ import annotations

from abc import ABC, abstractmethod
from html import escape
from typing import TYPE_CHECKING

from geodata.faults import Fault, InputError, did_you_mean

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    import pandas as pd
    from matplotlib.axes import Axes

    from models.drawing import AreaMap, Graph

LINES, WIDTH = 15, 110
"""Most lines of what an interactive session shows, and characters of each."""


class Result(ABC):
    """A frozen answer of the front door, which says itself what can be asked of it."""

    @abstractmethod
    def summary(self) -> str:
        """Return all of it as text."""

    @abstractmethod
    def _frames(self) -> Mapping[str, Callable[[], pd.DataFrame]]:
        """Return what makes each table, by name, the most important one first."""

    @abstractmethod
    def _graphs(self) -> Mapping[str, Callable[[], Graph]]:
        """Return what makes each plot, by kind, the most important one first."""

    def _area_map(self) -> AreaMap:
        """Return the map; raises InputError where a result has none."""
        found = f"no map of {type(self).__name__}"
        raise InputError([Fault(".map", found, "a result with places", "Draw .map() of its region or plan.")])

    @property
    def table_names(self) -> tuple[str, ...]:
        """Names that `table` knows."""
        return tuple(self._frames())

    @property
    def plot_kinds(self) -> tuple[str, ...]:
        """Kinds that `plot` knows."""
        return tuple(self._graphs())

    def table(self, name: str | None = None) -> pd.DataFrame:
        """Return a table by its name, else the first; raises InputError where it is unknown."""
        return _named(self._frames(), name, "table")()

    def plot(self, kind: str | None = None, *, ax: Axes | None = None) -> Axes:
        """Draw a kind of plot, else the first, and return its axes; raises InputError where it is unknown."""
        return _named(self._graphs(), kind, "plot")().draw(ax)

    def map(self, *, ax: Axes | None = None) -> Axes:
        """Draw the map and return its axes."""
        return self._area_map().draw(ax)

    def __repr__(self) -> str:
        """Return the head of the summary, and the names of tables and plots."""
        names = self._methods()
        lines = self.summary().splitlines()
        most = LINES - len(names) - 1
        head = [_clipped(line) for line in (lines if len(lines) <= most else [*lines[: most - 1], "…"])]
        return "\n".join([*head, *map(_clipped, names)])

    def _repr_html_(self) -> str:
        """Return what a notebook shows: the summary, and the names of tables and plots."""
        return f"<pre>{escape(self.summary())}</pre>{self._names_html()}"

    def _names_html(self) -> str:
        return "".join(f"<p><small>{escape(line)}</small></p>" for line in self._methods())

    def _methods(self) -> list[str]:
        lines = {"table": self.table_names, "plot": self.plot_kinds}
        told = [f".{method}: {', '.join(names)}" for method, names in lines.items() if names]
        return [*told, "also .summary() and .map()"]


def _named[Made](known: Mapping[str, Callable[[], Made]], name: str | None, what: str) -> Callable[[], Made]:
    """Return what a name stands for, the first where there is none."""
    chosen = next(iter(known)) if name is None else name
    if chosen not in known:
        remedy = did_you_mean(chosen, list(known))
        raise InputError([Fault(f".{what}", f"'{chosen}'", f"a {what} of this result", remedy)])
    return known[chosen]


def _clipped(line: str) -> str:
    return line if len(line) <= WIDTH else f"{line[: WIDTH - 1]}…"
