"""Driver of the Pareto front: the cheapest plan, then plans under ceilings that step from loose to tight."""

from __future__ import annotations

import math
from dataclasses import dataclass
from threading import Event
from typing import TYPE_CHECKING

from optimiser.solve import NoPlanYet, solve
from optimiser.solver.limits import Limits
from optimiser.tradeoffs.criteria import COST, Criterion, traded
from optimiser.tradeoffs.pareto import Point, Steps, Tracer

if TYPE_CHECKING:
    from optimiser.plan import Plan
    from optimiser.problem import Problem
    from optimiser.solver.limits import Report
    from optimiser.tradeoffs.plan_store import PlanStore

BEST = "best"
"""Name of the plan that is best at the region's own prices; it is not made under ceilings."""


@dataclass(frozen=True)
class ParetoOptions:
    """Criteria that are traded, and the number of points.

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
class ParetoTrace:
    """The points that were sought; `names` are those of their plans, `own` has the plan at own prices."""

    names: tuple[str, ...]
    points: tuple[Point, ...]
    own: dict[str, float]


def pareto_trace(
    problem: Problem,
    store: PlanStore,
    options: ParetoOptions,
    progress: Report = lambda _: None,
    stop: Event | None = None,
) -> ParetoTrace:
    """Find the points that a store lacks, store each as it is finished, and return all.

    Raises InputError where what is traded makes no sense, and as `optimiser.solve` where there is no plan.
    """
    criteria = traded(list(options.trade), problem)
    limits = Limits(options.gap, options.seconds, stop or Event(), options.seed)
    best = _own_plan(problem, store, limits, progress)
    tracer = Tracer(problem, criteria, limits, progress)
    points = {name: _read(store, name) for name in store.names() if name != BEST}
    tracer.know([Point({}, tracer.values(best), -math.inf, best), *points.values()])
    if "point-1" not in points:
        points["point-1"] = tracer.point({}, best)
        _keep(store, "point-1", points["point-1"], stopped=limits.stop.is_set())
    # from loose to tight: each begins at the plan of its neighbour
    steps = enumerate(_steps(store, tracer, points["point-1"], options).grid(), start=2)
    for number, ceilings in reversed(list(steps)):
        name = f"point-{number}"
        if limits.stop.is_set():
            break
        if name not in points:
            points[name] = tracer.point(ceilings, best)
            _keep(store, name, points[name], stopped=limits.stop.is_set())
    return ParetoTrace(tuple(points), tuple(points.values()), tracer.values(best))


def _own_plan(problem: Problem, store: PlanStore, limits: Limits, progress: Report) -> Plan:
    if BEST in store.names():
        return store.plan(BEST)
    best = solve(problem, gap=limits.gap, seconds=limits.seconds, seed=limits.seed, progress=progress,
                 stop=limits.stop)  # fmt: skip
    store.keep(BEST, best, {})
    return best


def _steps(store: PlanStore, tracer: Tracer, cheapest: Point, options: ParetoOptions) -> Steps:
    """Return the ceilings; the least of each criterion is sought once and then kept beside the cheapest."""
    facts = store.facts("point-1") if "point-1" in store.names() else {}
    least = facts.get("least")
    if least is None:
        dearest = cheapest.values[COST] + options.within * abs(cheapest.values[COST])
        least = {c.name: min(_known(tracer, c, dearest), cheapest.values[c.name]) for c in tracer.criteria}
        store.keep("point-1", None, {**facts, "least": least})
    most = {name: value for name, value in cheapest.values.items() if name != COST}
    return Steps.between(least, most, options.points)


def _known(tracer: Tracer, criterion: Criterion, cost: float) -> float:
    """Return the least of a criterion; raises NoPlanYet where it was not found: no ceilings follow then."""
    least = tracer.least(criterion, cost)
    if not math.isfinite(least):
        raise NoPlanYet(f"The least {criterion.name} at that cost was not found in time. Give it more time.")
    return least


def _keep(store: PlanStore, name: str, point: Point, *, stopped: bool) -> None:
    """Keep a point; one that was cut short and has no plan is sought again another time."""
    if point.plan is None and stopped:
        return
    bound = point.bound if math.isfinite(point.bound) else None
    impossible = point.bound == math.inf
    facts = {"ceilings": point.ceilings, "values": point.values, "bound": bound, "impossible": impossible}
    line = point.line if math.isfinite(point.line) else None
    store.keep(name, point.plan, {**facts, "worth": point.worth, "line": line})


def _read(store: PlanStore, name: str) -> Point:
    facts = store.facts(name)
    unknown = math.inf if facts["impossible"] else -math.inf
    bound = unknown if facts["bound"] is None else facts["bound"]
    plan = store.plan(name) if facts["values"] else None
    line = facts.get("line")
    line = -math.inf if line is None else line
    return Point(facts["ceilings"], facts["values"], bound, plan, facts.get("worth"), line)
