"""The front between cost and what else is traded: gathered in a folder, as a table and as a picture."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, ClassVar

import pandas as pd

from geodata.tables import guarded
from models.drawing import AreaMap, Graph
from models.result import Result
from optimiser.tradeoffs.criteria import COST, CRITERIA
from optimiser.tradeoffs.pareto import front
from optimiser.tradeoffs.pareto_trace import BEST, pareto_trace
from reports.answers.plan_brief import aligned
from reports.figures import figures
from reports.maps.charts import front_chart
from reports.text.notation import Language, Notation
from reports.text.records import records
from reports.text.words import Words

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from threading import Event

    from models.region.region import Region
    from optimiser.problem import Problem
    from optimiser.solver.limits import Report
    from optimiser.tradeoffs.pareto import Point
    from optimiser.tradeoffs.pareto_trace import ParetoOptions, ParetoTrace
    from reports.folder.collection import Collection


@dataclass(frozen=True, repr=False)
class Front(Result):
    """The points that were sought, told in one language."""

    trace: ParetoTrace
    lang: Language = "nl"
    is_possible: ClassVar[bool] = True
    """It begins with a plan."""

    @property
    def points(self) -> tuple[Point, ...]:
        """The points, in the order in which they were found."""
        return self.trace.points

    @property
    def own(self) -> dict[str, float]:
        """What the plan has that is best at the region's own prices."""
        return self.trace.own

    def summary(self) -> str:
        """Return the table, and what was sought in vain."""
        return self.text()

    def _frames(self) -> Mapping[str, Callable[[], pd.DataFrame]]:
        return {"front": self.frame, "own": lambda: pd.DataFrame({"own": self.own})}

    def _graphs(self) -> Mapping[str, Callable[[], Graph]]:
        return {name: partial(self._graph, name) for name in self.own if name != COST}

    def _graph(self, name: str) -> Graph:
        known = self.frame().sort_values(name).set_index(name)[[COST, "cost_bound"]]
        title = f"Cost against {name}, and what no plan costs less than"
        return Graph(known, title, "discounted EUR and points")

    def _area_map(self) -> AreaMap:
        first, last = (point.plan for point in (self.on_front[0], self.on_front[-1]))
        assert first is not None
        assert last is not None
        year = first.problem.years[-1]
        one, other = (plan.data["homes"].sel(year=year).sum("tier").to_series() for plan in (first, last))
        title = f"Homes in {year}: the dearest plan of the front less the cheapest"
        return AreaMap(first.problem.region.neighbourhoods, other - one, title)

    def word(self, key: str, **values: object) -> str:
        """Return a word in the language."""
        return Words(self.lang, "frontier")(key, **values)

    @property
    def on_front(self) -> list[Point]:
        """The points that no other dominates, the cheapest first."""
        return front(self.points)

    def name(self, point: Point) -> str:
        """Return the folder of the plan of a point."""
        names = zip(self.trace.names, self.points, strict=True)
        return next(name for name, other in names if other.plan is point.plan)

    def frame(self) -> pd.DataFrame:
        """Return a line per point of the front: what it has, its bound, and how much dearer it is."""
        kept = self.on_front
        return pd.DataFrame([self._line(point, kept[0]) for point in kept])

    def _line(self, point: Point, cheapest: Point) -> dict[str, Any]:
        plan = point.plan
        assert plan is not None
        return {
            "plan": self.name(point),
            **point.values,
            "cost_bound": point.bound,
            "cost_gap": point.gap,
            "dearer_least": max(0.0, point.bound - cheapest.values[COST]),
            "dearer_most": max(0.0, point.values[COST] - cheapest.bound),
            "distinguishable": point.is_dearer_than(cheapest),
            "eur_per_year": float(figures.cost_by_part(plan).sum().mean()),
            "waiting_last": float(plan.data["waiting"].isel(year=-1).sum()),
        }

    def text(self) -> str:
        """Return the table, and what was sought in vain."""
        kept, write = self.frame(), Notation(self.lang)
        others = [name for name in self.own if name != COST]
        head = ["plan", *others, COST, "bound", "more", "eur", "waiting"]
        rows = [[self.word(key) for key in head]]
        for line in kept.to_dict("records"):
            between = self.word(
                "between", least=write.number(line["dearer_least"]), most=write.number(line["dearer_most"])
            )
            more = between if line["distinguishable"] else self.word("unclear")
            rows.append(
                [
                    str(line["plan"]),
                    *(write.number(line[name]) for name in others),
                    write.number(line[COST]),
                    write.number(line["cost_bound"]),
                    "–" if line["plan"] == kept["plan"].iloc[0] else more,
                    write.millions(line["eur_per_year"]),
                    write.number(line["waiting_last"], 1),
                ]
            )
        head_line = self.word("head", count=len(kept), asked=len(self.points))
        own = ", ".join(f"{self.word(name)} {write.number(value)}" for name, value in self.own.items())
        return "\n".join(
            [head_line, "", *aligned(rows), "", self.word("yours", name=BEST, values=own), *self._in_vain()]
        )

    def _in_vain(self) -> Iterator[str]:
        for point in self.points:
            if point.plan is None:
                ceilings = ", ".join(
                    f"{self.word(name)} ≤ {Notation(self.lang).number(most)}"
                    for name, most in point.ceilings.items()
                )
                yield self.word("none" if point.bound == math.inf else "late", ceilings=ceilings)

    def chart(self) -> bytes:
        """Return an SVG: a panel per criterion, cost upwards, with a line down to each point's bound."""
        units = {name: f"{self.word(name)} ({CRITERIA[name].unit})" for name in self.own if name != COST}
        return front_chart(self.frame(), units, self.word(COST), Notation(self.lang).millions)

    def record(self) -> dict[str, Any]:
        """Return all of it for a program."""
        in_vain = [p.ceilings for p in self.points if p.plan is None]
        return {"points": records(self.frame()), "own": self.own, "not_found": in_vain}


def question(region: Region, asked: ParetoOptions) -> dict[str, Any]:
    """Return what a folder must have been asked for to go on with it."""
    return {
        "frontier of": region.digest,
        "trade": list(asked.trade),
        "points": asked.points,
        "within": asked.within,
        "seed": asked.seed,
    }


def gather(
    problem: Problem,
    kept: Collection,
    asked: ParetoOptions,
    progress: Report = lambda _: None,
    stop: Event | None = None,
) -> Front:
    """Find the points that a collection lacks, and write table and picture.

    Raises InputError where what is traded makes no sense, and as `optimiser.solve` where there is no plan.
    """
    told = Front(pareto_trace(problem, kept, asked, progress, stop), kept.lang)
    kept.text("frontier.txt", told.text() + "\n")
    kept.text("frontier.csv", guarded(told.frame()).to_csv(index=False, lineterminator="\n"))
    kept.content("frontier.svg", told.chart())
    return told
