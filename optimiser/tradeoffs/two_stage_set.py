"""Driver of the two-stage plan: futures drawn and planned, and the first stage that serves them best."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from threading import Event
from typing import TYPE_CHECKING, Any

import numpy as np

from models.demand.forecast import forecast
from models.demand.scenario_draws import DELIVERED, draws, settings
from models.region.region import Region
from optimiser.problem import Problem
from optimiser.solve import NoPlanYet
from optimiser.solver.limits import Limits, Progress
from optimiser.tradeoffs.two_stage import (
    MOST_STARTS,
    Outcome,
    Screening,
    Start,
    Task,
    delivered,
    different,
    planned,
    screened,
    shared_start,
    value_at_risk_beyond,
)

if TYPE_CHECKING:
    import pandas as pd

    from optimiser.solver.executors import Work
    from optimiser.solver.limits import Report
    from optimiser.tradeoffs.plan_store import PlanStore

type Reader = Callable[[Mapping[str, str]], Region]
"""Reads the region with other settings (dotted key → value as in TOML) beside those asked for."""

TAIL = 0.25
"""Share of the futures, the dearest, of which the mean is told as conditional value at risk."""


@dataclass(frozen=True)
class TwoStageOptions:
    """How many futures, how many first years are committed, and for how long each solve may take.

    `gap`, `seconds` and `seed` are as in `optimiser.solve`; the seed is also that of the draws.
    """

    draws: int = 8
    commit: int = 3
    gap: float = 0.01
    seconds: float = 150.0
    seed: int = 0

    @property
    def limits(self) -> tuple[float, float, int]:
        """Gap, seconds and seed of every solve."""
        return self.gap, self.seconds, self.seed


@dataclass(frozen=True)
class TwoStageSet:
    """What was found: per draw the outcome of its own plan, with the chosen start and with that for the mean.

    Attributes
    ----------
    bound
        What no start has as a mean objective.
    compared
        How many starts were compared; None where the start is the best of all, to the gap.
    """

    region: Region
    problem: Problem
    options: TwoStageOptions
    own: tuple[Outcome, ...]
    chosen: tuple[Outcome, ...]
    mean: tuple[Outcome, ...]
    start: Start
    bound: float
    compared: int | None

    @property
    def is_possible(self) -> bool:
        """Whether the start has a plan in every future."""
        return bool(np.isfinite(self.expected))

    @property
    def expected(self) -> float:
        """Mean objective with the start."""
        return _mean(self.chosen)

    @property
    def tail(self) -> float:
        """Mean objective of the dearest futures with the start."""
        return value_at_risk_beyond([outcome.objective for outcome in self.chosen], TAIL)

    @property
    def stochastic(self) -> float:
        """What planning with futures saves in the mean, against planning for the mean future."""
        return _mean(self.mean) - self.expected

    @property
    def perfect(self) -> float:
        """What knowing the future beforehand would save in the mean."""
        return self.expected - float(np.mean(self.least))

    @property
    def gap(self) -> float:
        """How far the expected objective is from its bound."""
        return max(0.0, self.expected - self.bound)

    @property
    def least(self) -> list[float]:
        """The least objective known per future, whoever's start it has."""
        every = zip(self.own, self.chosen, self.mean, strict=True)
        return [min(outcome.objective for outcome in known) for known in every]


def _mean(outcomes: Sequence[Outcome]) -> float:
    return float(np.mean([outcome.objective for outcome in outcomes]))


def two_stage_set(
    read: Reader,
    store: PlanStore,
    options: TwoStageOptions,
    work: Work,
    progress: Report = lambda _: None,
    stop: Event | None = None,
) -> TwoStageSet | None:
    """Draw futures, plan each, choose a start and plan each with it; what is finished is kept.

    Returns None where `stop` was set before the end; the next time it goes on from there. Raises NoPlanYet
    where no future had a plan.
    """
    region = read({})
    table = draws(region.assumptions, options.draws, options.seed)
    problems = [_problem(read, row) for _, row in table.iterrows()]
    middle = _problem(read, table.mean())
    bench = _Bench(store, work, progress, stop or Event())
    own = bench.done("own", [Task(p, options.commit, None, options.limits) for p in [middle, *problems]])
    if own is None:
        return None
    for_mean, *each = own
    if not any(outcome.start for outcome in own):
        raise NoPlanYet("No future had a plan in time. Give each more time, or a plan does not exist.")
    found = _chosen(problems, each, for_mean.start, options, bench)
    if found is None:
        return None
    start, bound, compared = found
    chosen = bench.done("start", [Task(p, options.commit, start, options.limits) for p in problems])
    mean = chosen
    if start != for_mean.start:
        mean = bench.done("mean", [Task(p, options.commit, for_mean.start, options.limits) for p in problems])
    if chosen is None or mean is None:
        return None
    if _mean(mean) < _mean(chosen):
        start, chosen = for_mean.start, mean
    return TwoStageSet(
        region, problems[0], options, tuple(each), tuple(chosen), tuple(mean), start, bound, compared
    )


def _problem(read: Reader, draw: pd.Series) -> Problem:
    region = read(settings(draw))
    return delivered(Problem.of(region, forecast(region)), float(draw[DELIVERED]))


def _chosen(
    problems: Sequence[Problem],
    own: Sequence[Outcome],
    for_mean: Start,
    options: TwoStageOptions,
    bench: _Bench,
) -> tuple[Start, float, int | None] | None:
    """Return the start, a bound on the mean objective of any, and how many were compared; None if stopped."""
    bound = float(np.mean([outcome.bound for outcome in own]))
    gap, seconds, seed = options.limits
    exact = shared_start(problems, options.commit, Limits(gap, seconds, seed=seed))
    if exact is not None:
        return exact[0], max(bound, exact[1]), None
    starts = different([for_mean, *(outcome.start for outcome in own)], MOST_STARTS)
    tasks = [Screening(problem, options.commit, starts, options.limits) for problem in problems]
    compared = bench.compared(tasks)
    if compared is None:
        return None
    means = np.mean(compared, axis=0)
    return starts[int(np.argmin(means))], bound, len(starts)


@dataclass(frozen=True)
class _Bench:
    """Where tasks are done and their outcomes kept."""

    store: PlanStore
    work: Work
    progress: Report
    stop: Event

    def done(self, name: str, tasks: Sequence[Task]) -> list[Outcome] | None:
        """Return the outcomes of tasks; what had no plan in time is not kept: it may have more later."""
        return self._answers(name, planned, tasks, (_stored, _restored))

    def compared(self, tasks: Sequence[Screening]) -> list[list[float]] | None:
        """Return per future the objective of the smaller model with each start."""
        return self._answers("compared", screened, tasks, (_stored_objectives, _restored_objectives))

    def _answers[Task, Answer](
        self,
        name: str,
        function: Callable[[Task], Answer],
        tasks: Sequence[Task],
        facts: tuple[Callable[[Answer], dict[str, Any] | None], Callable[[Mapping[str, Any]], Answer]],
    ) -> list[Answer] | None:
        """Return the answers to tasks, those that were kept from before; None once a stop is asked for.

        `facts` makes of an answer what is kept of it, or nothing, and of that the answer again.
        """
        began = time.monotonic()
        stored, restored = facts
        labels = [f"{name}-{n}" for n in range(len(tasks))]
        before = ((label, self._before(label, restored)) for label in labels)
        found = {label: answer for label, answer in before if answer is not None}
        open_ones = [n for n, label in enumerate(labels) if label not in found]
        if open_ones and self.stop.is_set():
            return None
        answers = self.work(function, [tasks[n] for n in open_ones])
        for done, n in enumerate(open_ones):
            seconds = time.monotonic() - began
            self.progress(Progress(seconds, f"{name}, {done} of {len(open_ones)} futures", None, None))
            found[labels[n]] = next(answers)
            kept = stored(found[labels[n]])
            if kept is not None:
                self.store.note(labels[n], kept)
            if self.stop.is_set() and n != open_ones[-1]:
                return None
        return [found[label] for label in labels]

    def _before[Answer](self, label: str, restored: Callable[[Mapping[str, Any]], Answer]) -> Answer | None:
        """Return an answer that was kept; None where there is none, or what is there is none."""
        noted = self.store.noted(label)
        try:
            return None if noted is None else restored(noted)
        except (KeyError, TypeError, ValueError):
            return None


def _stored_objectives(objectives: list[float]) -> dict[str, Any]:
    return {"objectives": [one if np.isfinite(one) else None for one in objectives]}


def _restored_objectives(facts: Mapping[str, Any]) -> list[float]:
    return [np.inf if one is None else float(one) for one in facts["objectives"]]


def _stored(outcome: Outcome) -> dict[str, Any] | None:
    """Return an outcome as JSON has it: a label is a list there, and what is impossible has no number.

    None where it had no plan in time.
    """
    if not outcome.start and outcome.bound != np.inf:
        return None
    numbers = {name: getattr(outcome, name) for name in ("objective", "bound", "eur")}
    start = [[family, list(label), value] for (family, label), value in outcome.start.items()]
    return {name: v if np.isfinite(v) else None for name, v in numbers.items()} | {"start": start}


def _restored(facts: Mapping[str, Any]) -> Outcome:
    numbers = {n: np.inf if facts[n] is None else float(facts[n]) for n in ("objective", "bound", "eur")}
    start = {(family, tuple(label)): float(value) for family, label, value in facts["start"]}
    return Outcome(**numbers, start=start)
