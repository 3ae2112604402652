"""Region jobs: solve regions in worker processes and cache the results on disk.

A region's answer is kept under the hash of its input files, the prices and the limits of the solve: asked
again, it is there at once, so that a country that was stopped goes on where it was.
"""

import hashlib
import json
import math
import os
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Executor, Future, wait
from dataclasses import dataclass, replace
from pathlib import Path
from threading import Event

import numpy as np

from models.demand.forecast import forecast
from models.region.read_region import read_region
from optimiser.model.coupling_limits import used_by, uses
from optimiser.model.model import Model
from optimiser.plan import Plan, Proof
from optimiser.problem import Problem
from optimiser.regions.price_coordination import Limit, Prices, RegionAnswer, shared_prices
from optimiser.search.aggregation import WITHIN_M
from optimiser.search.lagrangian_bound import LagrangianBound
from optimiser.search.reduced_model import SMALL, ReducedModel, values_of
from optimiser.solve import NoPlanYet, solve
from optimiser.solver.highs import LinearModel, version
from optimiser.solver.limits import Clock, Limits

type Write = Callable[[Plan, Path], object]
"""Writes the folder of a plan; given from outside, since reports lie beyond the optimiser."""

PAUSE_SECONDS = 0.2


class StopFile(Event):
    """A stop that other processes, and machines with the same folder, hear: set when the file is there."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self._path = path

    def is_set(self) -> bool:
        """Whether the file is there."""
        return self._path.exists()


@dataclass(frozen=True)
class RegionJob:
    """One region asked at prices: for a relaxation, or for a plan that is written to disc.

    Attributes
    ----------
    region
        Folder of its input.
    kept
        Folder in which its answers are kept.
    own_bound
        What its plan costs at least where nothing is shared; its plan folder tells the gap to it.
    """

    name: str
    region: Path
    kept: Path
    limits: tuple[Limit, ...]
    prices: Prices
    plan: bool
    gap: float
    seconds: float
    seed: int
    stop: Path
    write: Write
    own_bound: float = -math.inf

    def digest(self) -> str:
        """Return the hash of all that the answer depends on."""
        digest = hashlib.sha256()
        for file in sorted(self.region.iterdir()):
            if file.is_file():
                digest.update(file.name.encode() + b"\0" + file.read_bytes() + b"\0")
        solving = (self.gap, self.seconds, self.seed) if self.plan else ()
        limits = [(limit.kind, limit.year) for limit in self.limits]
        contents = (limits, [float(price) for price in self.prices], self.plan, solving, version())
        digest.update(json.dumps(contents).encode())
        return digest.hexdigest()[:24]


def answer(job: RegionJob) -> RegionAnswer | None:
    """Return what a region makes of prices, from disc where it is kept; None where it was stopped."""
    file = job.kept / f"{job.digest()}.json"
    cached = _kept(file)
    if cached is not None:
        return cached
    if job.stop.exists():
        return None
    region = read_region(job.region)
    problem = replace(
        Problem.of(region, forecast(region)), shared_prices=shared_prices(job.limits, job.prices)
    )
    made = _planned(job, problem, file.with_suffix("")) if job.plan else _relaxed(job, problem)
    if made is not None:
        _keep(file, made)
    return made


def _kept(file: Path) -> RegionAnswer | None:
    """Return an answer that was kept; None where there is none, or what is there cannot be read."""
    try:
        written = json.loads(file.read_text(encoding="utf-8"))
        cached = RegionAnswer(**{**written, "used": tuple(float(amount) for amount in written["used"])})
        sound = math.isfinite(cached.bound) and math.isfinite(cached.cost)
    except (OSError, ValueError, TypeError, KeyError, RecursionError):
        return None
    # its plan may have been taken away, or never have been finished
    lost = bool(cached.plan) and not (file.parent / cached.plan / "plan.nc").is_file()
    return cached if sound and not lost else None


def _keep(file: Path, made: RegionAnswer) -> None:
    """Write an answer whole or not at all."""
    file.parent.mkdir(parents=True, exist_ok=True)
    fresh = file.with_suffix(f".{os.getpid()}.new")
    fresh.write_text(json.dumps(made.__dict__), encoding="utf-8")
    fresh.replace(file)


def _relaxed(job: RegionJob, problem: Problem) -> RegionAnswer | None:
    """Return the bound at the prices, and the relaxation behind it."""
    model, limits = Model.of(problem), Limits(0.0, np.inf, StopFile(job.stop), job.seed)
    if len(model.arrays.cost) <= SMALL:
        every = model.arrays.columns
        solution = LinearModel(model.arrays, every, limits).relax(interior=True)
        if solution.outcome != "optimal":
            return None
        bound, values = solution.bound, values_of(solution)
    else:
        smaller, solution = ReducedModel.relaxed(model, WITHIN_M[0], limits, Clock(limits))
        prices = smaller.prices(solution)
        if prices is None or solution.outcome != "optimal":
            return None
        bound, values = LagrangianBound.of(model).bound(prices), smaller.expand(values_of(solution))
    asked = shared_prices(job.limits, tuple(1.0 for _ in job.limits))
    used = tuple(
        constant + sum(amount * float(values[v.id]) for v, amount in terms)
        for _, (terms, constant) in uses(problem, model.decisions, asked)
    )
    objective = float(model.arrays.cost @ values) + model.arrays.constant
    return RegionAnswer(bound, objective - _priced(job, used), used)


def _planned(job: RegionJob, problem: Problem, folder: Path) -> RegionAnswer | None:
    """Make a plan at the prices and write its folder, in which it stands for the region alone."""
    stop = StopFile(job.stop)
    try:
        plan = solve(problem, gap=job.gap, seconds=job.seconds, seed=job.seed, stop=stop)
    except NoPlanYet:
        if stop.is_set():
            return None
        raise
    if stop.is_set():
        # not what it would have become: not to be taken for it later
        return None
    used = tuple(used_by(problem, plan.data, limit.kind, limit.year) for limit in job.limits)
    cost = plan.proof.objective - _priced(job, used)
    bound = job.own_bound if problem.shared_prices else max(job.own_bound, plan.proof.bound)
    job.kept.mkdir(parents=True, exist_ok=True)
    job.write(_alone(plan, cost, bound, job.gap), folder)
    return RegionAnswer(plan.proof.bound, cost, used, folder.name)


def _priced(job: RegionJob, used: Sequence[float]) -> float:
    """Return what is shared at its prices, discounted."""
    return sum(
        limit.weight * limit.sign * price * amount
        for limit, price, amount in zip(job.limits, job.prices, used, strict=True)
    )


def _alone(plan: Plan, cost: float, bound: float, gap: float) -> Plan:
    """Return a plan as one of its region alone: without shared prices, against its own bound."""
    proof, alone = plan.proof, replace(plan.problem, shared_prices=())
    unavoidable = proof.unavoidable
    if plan.problem.shared_prices:
        unpriced = Model.of(alone)
        unavoidable = LagrangianBound.of(unpriced).bound(np.zeros(len(unpriced.rows)))
    reached = cost - max(bound, unavoidable) <= gap * abs(cost)
    own = Proof(
        status="within_gap" if reached else "best_found",
        objective=cost,
        bound=max(bound, unavoidable),
        unavoidable=unavoidable,
        seconds=proof.seconds,
        solver=proof.solver,
        asked_gap=gap,
    )
    figures = ("status", "gap", "gap_eur", "gap_controllable", "bound", "objective", "unavoidable")
    data = plan.data.assign_attrs({name: getattr(own, name) for name in figures})
    return Plan(alone, data, plan.reference, own)


@dataclass(frozen=True)
class Crew:
    """The regions of a country and who works on them.

    Attributes
    ----------
    regions
        Region → folder of its input, the largest first.
    kept
        Where answers are kept, a folder a region.
    told
        Hears what is asked, how many regions have answered, and how many there are.
    """

    regions: Mapping[str, Path]
    kept: Path
    limits: tuple[Limit, ...]
    executor: Executor
    write: Write
    stop: Event
    gap: float
    seconds: float
    seed: int = 0
    told: Callable[[str, int, int], None] = lambda *_: None

    @property
    def stop_file(self) -> Path:
        """Tells workers to stop."""
        return self.kept / "stop"

    def relax(self, prices: Prices) -> dict[str, RegionAnswer]:
        """Ask every region for a bound at prices."""
        return self._bounds(prices, list(self.regions))

    def plan(self, prices: Prices, names: Sequence[str]) -> dict[str, RegionAnswer]:
        """Ask some regions for a plan at prices."""
        free = tuple(0.0 for _ in self.limits)
        alone = self._bounds(free, names) if self.limits else {}
        jobs = [
            replace(self._job(name, prices, plan=True), own_bound=alone[name].bound)
            if name in alone
            else self._job(name, prices, plan=True)
            for name in names
        ]
        return self._ask("plans", jobs)

    def _bounds(self, prices: Prices, names: Sequence[str]) -> dict[str, RegionAnswer]:
        return self._ask("bounds", [self._job(name, prices, plan=False) for name in names])

    def _job(self, name: str, prices: Prices, *, plan: bool) -> RegionJob:
        return RegionJob(
            name, self.regions[name], self.kept / name, self.limits, prices, plan,
            self.gap, self.seconds, self.seed, self.stop_file, self.write,
        )  # fmt: skip

    def _ask(self, what: str, jobs: Sequence[RegionJob]) -> dict[str, RegionAnswer]:
        """Hand jobs out and gather the answers; when stopped, what is done by then."""
        self.kept.mkdir(parents=True, exist_ok=True)
        self.stop_file.unlink(missing_ok=True)
        running = {self.executor.submit(answer, job): job.name for job in jobs}
        waiting = set(running)
        self.told(what, 0, len(jobs))
        while waiting:
            done, waiting = wait(waiting, timeout=PAUSE_SECONDS)
            if done:
                self.told(what, len(jobs) - len(waiting), len(jobs))
            if self.stop.is_set() and waiting:
                self.stop_file.touch()
                waiting -= {future for future in waiting if future.cancel()}
        return {name: made for future, name in running.items() if (made := _made(future)) is not None}


def _made(future: Future[RegionAnswer | None]) -> RegionAnswer | None:
    return None if future.cancelled() else future.result()
