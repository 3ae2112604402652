"""The process that reads and solves, apart from the page: ended at any moment, it takes its solver along."""

from __future__ import annotations

import os
import shutil
import threading
import time
from collections import OrderedDict
from dataclasses import dataclass, field
from pathlib import Path
from queue import SimpleQueue
from typing import TYPE_CHECKING, Any

from geodata.faults import InputError
from models.demand.forecast import forecast
from models.region.read_region import read_region
from optimiser.explain.explanation import explain
from optimiser.infeasibility.repair import diagnose
from optimiser.problem import Problem
from optimiser.solve import Impossible, NoPlanYet, solve
from optimiser.solver.executors import begin
from optimiser.solver.limits import Limits
from optimiser.tradeoffs.near_optimal import Band
from optimiser.tradeoffs.ranges import Count, counted, found, proven
from optimiser.warm_start import WarmStart, only_numbers_differ
from reports.app.answers import (
    clash_answer,
    comparison_answer,
    explanation_answer,
    plan_answer,
    room_answer,
    stored,
)
from reports.folder.arrays import write_arrays
from reports.folder.case import write_case
from reports.folder.collection import Collection
from reports.folder.folder import CASE, read_plan
from reports.folder.integrity import case_digest

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from multiprocessing.connection import Connection

    from models.region.region import Region
    from optimiser.plan import Plan
    from optimiser.solver.limits import Progress
    from reports.text.notation import Language

HELD = 4
"""Plans that are kept at hand."""

OFTEN = 0.25
"""Seconds between two messages about progress."""

ENOUGH = "enough"
"""Message that asks for the best so far."""


class Clashing(Exception):
    """No plan meets what is asked; `told` says what is short and what would do."""

    def __init__(self, told: dict[str, Any]) -> None:
        super().__init__("No plan meets what is asked.")
        self.told = told


def work(connection: Connection, region: str, folder: str) -> None:
    """Answer one order after another until the connection is closed; never returns otherwise.

    Parameters
    ----------
    connection
        Takes orders (tables with `kind`) and the word `ENOUGH`; gives ("progress" | "done" | "failed", what).
    region
        The folder of the region that all is asked about.
    folder
        Where plans are kept, a folder each.
    """
    begin()
    orders: SimpleQueue[dict[str, Any]] = SimpleQueue()
    bench = Bench(Path(region), Path(folder), connection)
    threading.Thread(target=_listen, args=(connection, orders, bench), daemon=True).start()
    while True:
        order = orders.get()
        bench.asked.clear()
        bench.stop.clear()
        try:
            connection.send(("done", bench.answer(order)))
        except InputError as error:
            connection.send(("failed", {"why": "faults", "lines": [str(f) for f in error.faults]}))
        except Clashing as error:
            connection.send(("failed", error.told))
        except NoPlanYet:
            connection.send(("failed", {"why": "unsolved", "lines": []}))
        except Exception as error:  # noqa: BLE001 - told to the page; the process goes on
            connection.send(("failed", {"why": "fault", "lines": [f"{type(error).__name__}: {error}"]}))
        if orders.empty():
            bench.stand()


def _listen(connection: Connection, orders: SimpleQueue[dict[str, Any]], bench: Bench) -> None:
    """Hear what is asked while the solver is at work; without anybody to answer, end."""
    try:
        while True:
            heard = connection.recv()
            if heard == ENOUGH:
                bench.stop.set()
            else:
                orders.put(heard)
                bench.asked.set()
    except (EOFError, OSError):
        os._exit(0)


@dataclass
class Bench:
    """What the process has at hand: the region's folder, and plans by their name."""

    region: Path
    folder: Path
    connection: Connection
    stop: threading.Event = field(default_factory=threading.Event)
    asked: threading.Event = field(default_factory=threading.Event)
    """Set when the next order is there, which what is done between orders must not keep waiting."""
    plans: OrderedDict[str, Plan] = field(default_factory=OrderedDict)
    to_stand: Plan | None = None
    """The plan that others are to be planned on from, until it stands in the solver."""
    standing: WarmStart | None = None
    told: float = 0.0
    """When progress was last told."""

    def answer(self, order: Mapping[str, Any]) -> Any:
        """Return what an order asks for."""
        kinds: dict[str, Callable[[Mapping[str, Any]], Any]] = {
            "plan": self._plan, "compare": self._compare, "explain": self._explain, "room": self._room,
            "alternatives": self._others, "front": self._others,
        }  # fmt: skip
        self.told = 0.0
        return kinds[order["kind"]](order)

    def stand(self) -> None:
        """Put the last plan in the solver while nobody asks, so that a moved slider is answered at once."""
        if self.to_stand is None:
            return
        self.standing = None  # two at once would take twice the memory
        self.standing = WarmStart.of(self.to_stand, self.asked)
        if not self.asked.is_set():
            self.to_stand = None

    def _tell(self, progress: Progress) -> None:
        now = time.monotonic()
        if now - self.told >= OFTEN:
            self.told = now
            told = {"incumbent": progress.incumbent, "bound": progress.bound, "gap": progress.gap}
            told = {name: v if v is not None and abs(v) < 1e30 else None for name, v in told.items()}
            self.connection.send(("progress", {**told, "stage": progress.stage}))

    def _plan(self, order: Mapping[str, Any]) -> Any:
        """Solve, or read where there is a plan already; what is shown of it is written beside it."""
        name = order["plan"]
        if not (self.folder / name / "answer.json").is_file():
            plan = read_plan(Path(order["given"])) if order.get("given") else self._solved(order)
            self.connection.send(("progress", {"stage": "writing"}))
            self._keep(name, plan)
            if "work" not in order["limits"] and not self._stands_near(plan):
                self.to_stand = plan
        return {"plan": name}

    def _stands_near(self, plan: Plan) -> bool:
        """Whether what stands in the solver differs from a plan in numbers only, and so serves as well."""
        before = None if self.standing is None else self.standing.plan
        return before is not None and only_numbers_differ(before.problem, plan.problem)

    def _solved(self, order: Mapping[str, Any]) -> Plan:
        region = read_region(self.region, settings=order["set"])
        problem = Problem.of(region, forecast(region))
        try:
            return self._again(problem, order["limits"])
        except Impossible as error:
            limits = Limits(order["limits"]["gap"], order["repair"], self.stop)
            found = diagnose(problem, limits, self._tell, error.clash)
            raise Clashing(clash_answer(found, problem)) from error

    def _again(self, problem: Problem, limits: Mapping[str, Any]) -> Plan:
        """Plan on from the plan that stands, and search on from there where the gap asked is not met.

        Bounded by work, a plan must not depend on what was asked before: it is solved anew.
        """
        asked = {**limits, "progress": self._tell, "stop": self.stop}
        if self.standing is None or "work" in limits:
            return solve(problem, **asked)
        return self.standing.planned(problem, **asked)

    def _keep(self, name: str, plan: Plan) -> None:
        """Write what is needed to read a plan again, and then what is shown of it."""
        target = self.folder / name
        write_core(plan, target)
        fresh = target / "answer.new"
        fresh.write_text(stored(plan_answer(plan)), encoding="utf-8")
        fresh.replace(target / "answer.json")
        self._hold(name, plan)

    def _hold(self, name: str, plan: Plan) -> Plan:
        self.plans[name] = plan
        self.plans.move_to_end(name)
        while len(self.plans) > HELD:
            self.plans.popitem(last=False)
        return plan

    def _read(self, name: str) -> Plan:
        return self._hold(name, self.plans[name] if name in self.plans else read_plan(self.folder / name))

    def _compare(self, order: Mapping[str, Any]) -> Any:
        return comparison_answer(self._read(order["first"]), self._read(order["second"]))

    def _explain(self, order: Mapping[str, Any]) -> Any:
        told = explain(self._read(order["plan"]), seconds=order["seconds"], report=self._tell, stop=self.stop)
        return explanation_answer(told)

    def _room(self, order: Mapping[str, Any]) -> Any:
        plan, within = self._read(order["plan"]), order["within"]
        count = Count("municipality", order["town"], plan.problem.years[-1])
        limits = Limits(0.0, order["seconds"], self.stop, 0)
        (extent,) = proven(Band(plan, within), found([plan], [count]), limits, self._tell)
        return room_answer(extent, counted(plan, count), within)

    def _others(self, order: Mapping[str, Any]) -> Any:
        """Make plans that differ, or a front; each can be shown as a plan of its own."""
        plan, folder = self._read(order["plan"]), self.folder / order["name"]
        if order["kind"] == "alternatives":
            from optimiser.tradeoffs.near_optimal_set import AlternativesOptions
            from reports.collections.alternatives import gather, question

            asked = AlternativesOptions(order["within"], order["count"], room_seconds=1.0, **order["limits"])
            kept = Collection(folder, question(_region(plan), asked), writer=write_core)
            if not kept.names():
                kept.keep("plan-1", plan, {"distance": None, "most": None})
            gather(plan.problem, kept, asked, self._tell, self.stop)
        else:
            from optimiser.tradeoffs.pareto_trace import BEST, ParetoOptions
            from reports.collections import frontier

            wanted = ParetoOptions(("cost", "travel"), order["count"], order["within"], **order["limits"])
            kept = Collection(folder, frontier.question(_region(plan), wanted), writer=write_core)
            if not kept.names():
                kept.keep(BEST, plan, {})
            frontier.gather(plan.problem, kept, wanted, self._tell, self.stop)
        return {"plans": [listed for name in kept.names() if (listed := _listed(folder, name, kept))]}


def write_core(plan: Plan, folder: Path, lang: Language = "nl") -> None:
    """Write no more of a plan than what reads it again; a page has no use for workbooks."""
    del lang  # the arrays and the case speak none
    folder.mkdir(parents=True, exist_ok=True)
    if not (folder / CASE).exists():
        # whole or not at all: whoever cancels may end this process here
        fresh = folder / f"{CASE}.new"
        shutil.rmtree(fresh, ignore_errors=True)
        write_case(_region(plan), fresh)
        fresh.rename(folder / CASE)
    write_arrays(plan, folder / "plan.nc", case_digest(folder / CASE))


def _listed(folder: Path, name: str, kept: Collection) -> dict[str, Any] | None:
    """Return where a plan of a collection lies and what is known of it; None where there is none."""
    if not (folder / name / "plan.nc").is_file():
        return None
    return {"name": name, "folder": str(folder / name), "facts": kept.facts(name)}


def _region(plan: Plan) -> Region:
    from reports.figures.figures import region_of

    return region_of(plan)
