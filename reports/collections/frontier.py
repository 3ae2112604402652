"""The front between cost and what else is traded: gathered in a folder, as a table and as a picture."""

from __future__ import annotations

import math
from dataclasses import dataclass
from threading import Event
from typing import TYPE_CHECKING, Any, ClassVar

import pandas as pd

from geodata.tables import guarded
from optimiser.solve import NoPlanYet, solve
from optimiser.solver.limits import Limits
from optimiser.tradeoffs.criteria import COST, CRITERIA, Criterion, traded
from optimiser.tradeoffs.pareto import Point, Steps, Tracer, front
from reports.answers.plan_brief import aligned
from reports.figures import figures
from reports.maps.charts import front_chart
from reports.text.notation import Language, Notation
from reports.text.records import records
from reports.text.words import Words

if TYPE_CHECKING:
    from collections.abc import Iterator

    from models.region.region import Region
    from optimiser.plan import Plan
    from optimiser.problem import Problem
    from optimiser.solver.limits import Report
    from reports.folder.collection import Collection

BEST = "best"
"""Name of the plan that is best at the region's own prices; it is not made under ceilings."""


@dataclass(frozen=True)
class ParetoOptions:
    """What is traded, and how finely.

    Attributes
    ----------
    trade
        Names of criteria, cost among them.
    points
        Plans in all, at most, the cheapest among them.
    within
        Share above the cheapest plan's cost up to which the front is traced.
    gap, seconds, seed
        Of every solve, as in `optimiser.solve`.
    """

    trade: tuple[str, ...]
    points: int = 5
    within: float = 0.05
    gap: float = 0.01
    seconds: float = 150.0
    seed: int = 0


@dataclass(frozen=True)
class Front:
    """The points that were sought; `names` are the folders of their plans."""

    names: tuple[str, ...]
    points: tuple[Point, ...]
    own: dict[str, float]
    lang: Language = "nl"
    is_possible: ClassVar[bool] = True
    """It begins with a plan."""

    def word(self, key: str, **values: object) -> str:
        """Return a word in the language."""
        return Words(self.lang, "frontier")(key, **values)

    @property
    def on_front(self) -> list[Point]:
        """The points that no other dominates, the cheapest first."""
        return front(self.points)

    def name(self, point: Point) -> str:
        """Return the folder of the plan of a point."""
        return next(n for n, p in zip(self.names, self.points, strict=True) if p.plan is point.plan)

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
                ceilings = ", ".join(f"{name} ≤ {most:,.0f}" for name, most in point.ceilings.items())
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
    """Find the points that a collection lacks, keep each as it is finished, and write table and picture.

    Raises InputError where what is traded makes no sense, and as `optimiser.solve` where there is no plan.
    """
    criteria = traded(list(asked.trade), problem)
    limits = Limits(asked.gap, asked.seconds, stop or Event(), asked.seed)
    best = _own_plan(problem, kept, limits, progress)
    tracer = Tracer(problem, criteria, limits, progress)
    points = {name: _read(kept, name) for name in kept.names() if name != BEST}
    tracer.know([Point({}, tracer.values(best), -math.inf, best), *points.values()])
    if "point-1" not in points:
        points["point-1"] = tracer.point({}, best)
        _keep(kept, "point-1", points["point-1"], stopped=limits.stop.is_set())
    # from loose to tight: each begins at the plan of its neighbour
    steps = enumerate(_steps(kept, tracer, points["point-1"], asked).grid(), start=2)
    for number, ceilings in reversed(list(steps)):
        name = f"point-{number}"
        if limits.stop.is_set():
            break
        if name not in points:
            points[name] = tracer.point(ceilings, best)
            _keep(kept, name, points[name], stopped=limits.stop.is_set())
    return _written(Front(tuple(points), tuple(points.values()), tracer.values(best), kept.lang), kept)


def _own_plan(problem: Problem, kept: Collection, limits: Limits, progress: Report) -> Plan:
    if BEST in kept.names():
        return kept.plan(BEST)
    best = solve(problem, gap=limits.gap, seconds=limits.seconds, seed=limits.seed, progress=progress,
                 stop=limits.stop)  # fmt: skip
    kept.keep(BEST, best, {})
    return best


def _steps(kept: Collection, tracer: Tracer, cheapest: Point, asked: ParetoOptions) -> Steps:
    """Return the ceilings; the least of each criterion is sought once and then kept beside the cheapest."""
    facts = kept.facts("point-1") if "point-1" in kept.names() else {}
    least = facts.get("least")
    if least is None:
        dearest = cheapest.values[COST] + asked.within * abs(cheapest.values[COST])
        least = {c.name: min(_known(tracer, c, dearest), cheapest.values[c.name]) for c in tracer.criteria}
        kept.keep("point-1", None, {**facts, "least": least})
    most = {name: value for name, value in cheapest.values.items() if name != COST}
    return Steps.between(least, most, asked.points)


def _known(tracer: Tracer, criterion: Criterion, cost: float) -> float:
    """Return the least of a criterion; raises NoPlanYet where it was not found: no ceilings follow then."""
    least = tracer.least(criterion, cost)
    if not math.isfinite(least):
        raise NoPlanYet(f"The least {criterion.name} at that cost was not found in time. Give it more time.")
    return least


def _keep(kept: Collection, name: str, point: Point, *, stopped: bool) -> None:
    """Keep a point; one that was cut short and has no plan is sought again another time."""
    if point.plan is None and stopped:
        return
    bound = point.bound if math.isfinite(point.bound) else None
    impossible = point.bound == math.inf
    facts = {"ceilings": point.ceilings, "values": point.values, "bound": bound, "impossible": impossible}
    kept.keep(name, point.plan, {**facts, "worth": point.worth})


def _read(kept: Collection, name: str) -> Point:
    facts = kept.facts(name)
    unknown = math.inf if facts["impossible"] else -math.inf
    bound = unknown if facts["bound"] is None else facts["bound"]
    plan = kept.plan(name) if facts["values"] else None
    return Point(facts["ceilings"], facts["values"], bound, plan, facts.get("worth"))


def _written(told: Front, kept: Collection) -> Front:
    kept.text("frontier.txt", told.text() + "\n")
    kept.text("frontier.csv", guarded(told.frame()).to_csv(index=False, lineterminator="\n"))
    kept.content("frontier.svg", told.chart())
    return told
