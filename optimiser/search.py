"""From a relaxation to a plan with a proof: relax, construct, round, prove; stopped at any time.

1. The relaxation is solved with the nearest pairs only; pairs that would pay are priced in until
   none is left, so that its value bounds every plan of the whole model.
2. Sites are settled along the relaxation, the clearest first, with a look at both answers where
   few questions are left; then sites that are used least are tried without.
3. Places and homes are brought to whole numbers.
4. What time is left goes to the whole model, from the best plan, to close the gap.
"""

import logging
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from optimiser.aggregate import Aggregate, aggregate
from optimiser.decisions import Family
from optimiser.highs import Columns, LinearModel, Solution
from optimiser.model import Arrays, Floats, Model
from optimiser.progress import Clock, Limits, Progress, Report
from optimiser.rounding import whole_homes, whole_places

logger = logging.getLogger(__name__)

SMALL = 20_000
"""Columns up to which the solver is simply given the whole model."""

NEAREST_SITES, NEAREST_HOMES = 10, 6
"""Pairs per origin and tier that take part from the start; others are priced in when they pay."""

POINTED_AT = 0.15
"""Part of all pairs and years with which the whole relaxation begins: those that look best before it."""

PAYS = 1e-6
"""Reduced cost, in objective units, beyond which a pair left out would pay."""

USED = 1e-6
"""Use of a site (the relaxation's `operating`) that counts as use."""

PER_ROUND, DROPPED, RUNS = 0.25, 0.5, 0.2
"""Part of the open questions settled in a round; use below which a weak candidate is dropped; part
of its strongest year from which a chosen candidate runs."""

FEW, BOTH = 4, 8
"""Open questions from which both answers are tried, and how many times; the rest is answered yes."""

RESERVE_S, WORTHWHILE_S = 12.0, 60.0
"""Seconds kept for whole numbers and the last flows; seconds below which a large whole model is not begun."""

ROUNDING_SHARE = 0.25
"""Part of the asked gap that is left for whole places and homes when sites are improved."""


@dataclass(frozen=True)
class Found:
    """The best values found (column), their objective, and a bound on every plan of the model."""

    values: Floats | None
    objective: float
    bound: float
    infeasible: bool = False


def search(model: Model, limits: Limits, start: Floats | None, report: Report) -> Found:
    """Return the best plan within the limits.

    Parameters
    ----------
    start
        (column) A plan to begin with, or None; it is the answer until a better one is found.
    """
    run = _Search(model, limits, report)
    if start is not None:
        run.keep(start, "do nothing")
    if len(model.arrays.cost) > SMALL and not run.by_stages():
        return run.found()
    if not run.done():
        run.whole_model()
    return run.found()


def do_nothing(model: Model, limits: Limits) -> Floats:
    """Return (column) the base carried on: places stay as they are, offered homes used where they help."""
    x, arrays = model.decisions, model.arrays
    still = np.array([v.id for f in (x.added, x.removed, x.converted) for v in f.values()], dtype=np.int32)
    runs = np.array([v.id for v in x.operating.values()], dtype=np.int32)
    base = model.problem.site_tiers["base"]
    open_now = np.array([float(base[s, k] > 0) for s, k, _ in x.operating])
    program = LinearModel(
        arrays, np.flatnonzero(_nearest(model, NEAREST_SITES, NEAREST_HOMES)).astype(np.int32), limits
    )
    program.set_bounds(still, np.zeros(len(still)), np.zeros(len(still)))
    program.set_bounds(runs, open_now, open_now)
    relaxed = program.relax(interior=True)
    if relaxed.values is None:
        raise ValueError("Expected the base year to be possible: its places and homes carry on.")
    program.set_bounds(*_twice(whole_homes(model, relaxed.values)))
    settled = program.relax()
    return _cleaned(arrays, _values(settled))


def _twice(fixed: tuple[Columns, Floats]) -> tuple[Columns, Floats, Floats]:
    return fixed[0], fixed[1], fixed[1]


def people_follow(model: Model, columns: Columns, values: Floats) -> Solution:
    """Return the best that people can do where the given decisions stand: a linear programme."""
    arrays = model.arrays
    program = LinearModel(arrays, np.arange(len(arrays.cost), dtype=np.int32))
    program.set_bounds(columns, values, values)
    return program.relax(interior=len(arrays.cost) > SMALL)


class _Search:
    """One search: the model, where it stands, and its best plan so far."""

    def __init__(self, model: Model, limits: Limits, report: Report) -> None:
        self.model, self.arrays, self.limits, self.report = model, model.arrays, limits, report
        self.clock = Clock(limits)
        self.best: Floats | None = None
        self.objective, self.bound, self.infeasible = np.inf, -np.inf, False

    def tell(self, stage: str) -> None:
        """Report where the search stands."""
        incumbent = self.objective if self.best is not None else None
        self.report(Progress(self.clock.seconds, stage, incumbent, _finite(self.bound)))

    def keep(self, values: Floats, stage: str) -> None:
        """Take a whole-numbered plan as the incumbent where it is better."""
        objective = float(self.arrays.cost @ values) + self.arrays.constant
        if objective < self.objective:
            self.best, self.objective = values, objective
        self.tell(stage)

    def done(self) -> bool:
        """Whether the asked gap is reached, the model is impossible or no time is left."""
        reached = self.best is not None and self.objective - self.bound <= self.limits.gap * abs(
            self.objective
        )
        return reached or self.infeasible or self.clock.left <= 0.0

    def found(self) -> Found:
        """Return what the search has."""
        return Found(self.best, self.objective, self.bound, self.infeasible)

    def by_stages(self) -> bool:
        """Relax, construct, round and improve; False where there is nothing more to do."""
        self.tell("relaxation of the smaller model")
        smaller, relaxed = _Smaller.relaxed(self.model, self.limits, self.clock)
        whole = self.relaxation(smaller, relaxed)
        if self.done() or not np.isfinite(self.bound):
            return False
        settled = self.construct(smaller, relaxed)
        if settled is not None:
            self.to_whole_numbers(smaller, settled, "first plan")
            if not self.done():
                settled = self.improve(smaller, settled)
                self.to_whole_numbers(smaller, settled, "improved plan")
            self.let_everybody_choose(whole)
        return not self.done() and self.clock.left >= WORTHWHILE_S

    def let_everybody_choose(self, program: LinearModel) -> None:
        """Solve the flows of every origin apart, where the whole decisions of the best plan stand."""
        if self.best is None or self.clock.left <= 0.0:
            return
        columns = np.flatnonzero(self.arrays.integer).astype(np.int32)
        program.set_bounds(columns, self.best[columns], self.best[columns])
        solution = program.relax(interior=True, seconds=self.clock.left)
        if solution.values is not None:
            self.keep(_cleaned(self.arrays, solution.values), "every neighbourhood apart")

    def relaxation(self, smaller: "_Smaller", relaxed: Solution) -> LinearModel:
        """Solve the whole relaxation from the pairs that the smaller one points at, and bound every plan."""
        self.tell("relaxation")
        taking_part = _pointed_at(self.model, smaller, relaxed)
        program, solution = _priced_in(self.arrays, taking_part, self.limits, self.clock)
        if solution.outcome == "infeasible":
            self.infeasible = True
        elif solution.outcome == "optimal":
            self.bound = max(self.bound, solution.objective)
        self.tell("relaxation")
        return program

    def construct(self, smaller: "_Smaller", relaxed: Solution) -> Solution | None:
        """Settle which sites run in which years, along the relaxation."""
        solution = relaxed
        left, tries = set(range(smaller.sites.count)), 0
        while solution.values is not None and not self.done():
            use = smaller.sites.use(solution)
            questions = [n for n in left if _is_open(use[n])]
            if not questions:
                smaller.sites.fix(
                    smaller.program, {n: (row > USED).astype(float) for n, row in enumerate(use)}
                )
                return self._relaxed(smaller)
            questions.sort(key=lambda n: (float(use[n].max()), n))
            settled = self._settle(smaller, use, questions, both=len(questions) <= FEW and tries < BOTH)
            tries += len(questions) <= FEW
            if settled is None:
                logger.info("no answer to %d open sites", len(questions))
                return None
            solution, answered = settled
            left -= answered
            self.tell(f"sites, {len(questions)} open")
        return None

    def _relaxed(self, smaller: "_Smaller") -> Solution | None:
        solution = smaller.program.relax(seconds=self.clock.left)
        return solution if solution.outcome == "optimal" else None

    def _settle(
        self, smaller: "_Smaller", use: Floats, questions: list[int], *, both: bool
    ) -> tuple[Solution, set[int]] | None:
        """Answer the clearest of the open questions, and solve again."""
        sites, program = smaller.sites, smaller.program
        if both:
            return self._try_both(smaller, use, questions[-1])
        count = len(questions) if len(questions) <= FEW else max(1, int(len(questions) * PER_ROUND))
        answers = {n: sites.running(n, use[n]) for n in questions[-count:]}
        weak = [n for n in questions[:count] if not sites.base[n] and use[n].max() < DROPPED]
        answers |= {n: np.zeros(use.shape[1]) for n in weak if n not in answers}
        sites.fix(program, answers)
        answered = self._relaxed(smaller)
        if answered is None and self.clock.left > 0.0:
            sites.release(program, list(answers))
            answers = {n: np.full(use.shape[1], 1.0 if sites.base[n] else 0.0) for n in answers}
            sites.fix(program, answers)
            answered = self._relaxed(smaller)
        return (answered, set(answers)) if answered is not None else None

    def _try_both(self, smaller: "_Smaller", use: Floats, question: int) -> tuple[Solution, set[int]] | None:
        """Solve with either answer and keep the better one."""
        tried: list[tuple[float, int, Solution, Floats]] = []
        for answer in (
            smaller.sites.running(question, use[question]),
            smaller.sites.closing(question, use[question]),
        ):
            smaller.sites.fix(smaller.program, {question: answer})
            solution = self._relaxed(smaller)
            if solution is not None:
                tried.append((solution.objective, len(tried), solution, answer))
        if not tried:
            return None
        _, _, solution, answer = min(tried)
        smaller.sites.fix(smaller.program, {question: answer})
        return solution, {question}

    def improve(self, smaller: "_Smaller", settled: Solution) -> Solution:
        """Change what one site does at a time, the least filled first, while that pays."""
        best, enough = settled, self.limits.gap * (1.0 - ROUNDING_SHARE)
        smaller.settle_all(settled)
        for n in np.argsort(smaller.sites.filled(settled), kind="stable").tolist():
            for change in smaller.sites.changes(n, smaller.sites.use(best)[n].round()):
                if (
                    best.objective - self.bound <= enough * abs(best.objective)
                    or self.clock.left <= RESERVE_S
                ):
                    return best
                before = smaller.sites.use(best)[n].round()
                smaller.sites.fix(smaller.program, {n: change})
                tried = self._relaxed(smaller)
                if tried is not None and tried.objective < best.objective - PAYS * abs(best.objective):
                    best = tried
                else:
                    smaller.sites.fix(smaller.program, {n: before})
                self.tell("sites tried otherwise")
        return best

    def to_whole_numbers(self, smaller: "_Smaller", settled: Solution, stage: str) -> None:
        """Round homes, then places, let people follow, and open the rounded numbers again."""
        if settled.values is None or self.clock.left <= 0.0:
            return
        homes, given = whole_homes(self.model, smaller.expand(settled.values))
        smaller.fix(homes, given)
        near = self._relaxed(smaller)
        values = settled.values if near is None or near.values is None else near.values
        rounded = whole_places(self.model, smaller.expand(values))
        if rounded is not None:
            smaller.fix(*rounded)
            whole = self._relaxed(smaller)
            if whole is not None and whole.values is not None:
                self.keep(_cleaned(self.arrays, smaller.expand(whole.values)), stage)
            smaller.release(rounded[0])
        smaller.release(homes)

    def whole_model(self) -> None:
        """Give the whole model to the solver, from the best plan, for the time that is left."""
        program = LinearModel(self.arrays, np.arange(len(self.arrays.cost), dtype=np.int32), self.limits)
        self.tell("whole model")

        def listen(incumbent: float, bound: float) -> None:
            if np.isfinite(bound):
                self.bound = max(self.bound, bound + self.arrays.constant)
            better = incumbent + self.arrays.constant if abs(incumbent) < 1e30 else np.inf
            shown = _finite(min(self.objective, better))
            self.report(Progress(self.clock.seconds, "whole model", shown, _finite(self.bound)))

        solution = program.search(
            gap=self.limits.gap, seconds=self.clock.left, start=self.best, progress=listen
        )
        if np.isfinite(solution.bound):
            self.bound = max(self.bound, solution.bound)
        self.infeasible = solution.outcome == "infeasible" and self.best is None
        if solution.values is not None:
            self._fix_whole(solution.values)

    def _fix_whole(self, values: Floats) -> None:
        """Bring near-whole values of the solver to whole numbers and let people follow."""
        columns = np.flatnonzero(self.arrays.integer).astype(np.int32)
        followed = people_follow(self.model, columns, values[columns].round())
        exact = followed.values if followed.values is not None else values
        self.keep(_cleaned(self.arrays, exact), "whole model")


@dataclass(frozen=True)
class _Smaller:
    """The smaller model in the solver, and the sites in it."""

    aggregate: Aggregate
    program: LinearModel
    sites: "_Sites"

    @classmethod
    def relaxed(cls, model: Model, limits: Limits, clock: Clock) -> tuple["_Smaller", Solution]:
        """Group origins, hand the smaller model to the solver and solve its relaxation."""
        small = aggregate(model)
        taking_part = small.takes_part(_nearest(model, NEAREST_SITES, NEAREST_HOMES))
        program, solution = _priced_in(small.arrays, taking_part, limits, clock)
        return cls(small, program, _Sites.of(model, small.place)), solution

    def expand(self, values: Floats) -> Floats:
        """Return the values of the whole model."""
        whole: Floats = self.aggregate.expand @ values
        return whole

    def fix(self, columns: Columns, values: Floats) -> None:
        """Fix columns of the whole model that stand for themselves."""
        self.program.set_bounds(self.aggregate.place[columns], values, values)

    def release(self, columns: Columns) -> None:
        """Give columns of the whole model their own bounds back."""
        place, arrays = self.aggregate.place[columns], self.aggregate.arrays
        self.program.set_bounds(place, arrays.lower[place], arrays.upper[place])

    def settle_all(self, solution: Solution) -> None:
        """Fix whether every site runs as a solution has it."""
        self.sites.fix(self.program, {n: row.round() for n, row in enumerate(self.sites.use(solution))})


@dataclass(frozen=True)
class _Sites:
    """The columns of `operating` and `places`, one row per site and tier, one column per year."""

    operating: NDArray[np.int32]
    places: NDArray[np.int32]
    base: NDArray[np.int64]
    most: NDArray[np.int64]

    @classmethod
    def of(cls, model: Model, place: NDArray[np.int32]) -> "_Sites":
        """Return the sites of a model, columns as `place` renumbers them."""
        problem, x = model.problem, model.decisions
        labels = list(problem.site_tiers.index)
        shape = (len(labels), len(problem.years))

        def columns(family: Family) -> NDArray[np.int32]:
            found = [family[s, k, t].id for s, k in labels for t in problem.years]
            return place[np.array(found, dtype=np.int32)].reshape(shape)

        limits = problem.site_tiers[["base", "most"]].to_numpy(dtype=np.int64)
        return cls(columns(x.operating), columns(x.places), limits[:, 0], limits[:, 1])

    @property
    def count(self) -> int:
        """How many sites and tiers there are."""
        return len(self.base)

    def use(self, solution: Solution) -> Floats:
        """Return (site and tier, year) how much each runs in a relaxation, from 0 to 1."""
        return _values(solution)[self.operating]

    def filled(self, solution: Solution) -> Floats:
        """Return (site and tier) how full each is over the years, from 0 to 1."""
        filled: Floats = _values(solution)[self.places].sum(axis=1) / np.maximum(
            self.most * self.places.shape[1], 1
        )
        return filled

    def running(self, n: int, use: Floats) -> Floats:
        """Return the years in which it runs when the answer is yes."""
        return (use > (USED if self.base[n] else RUNS * use.max())).astype(float)

    def closing(self, n: int, use: Floats) -> Floats:
        """Return the years in which it runs when the answer is no: none, or until it is used half."""
        if not self.base[n]:
            return np.zeros_like(use)
        until: Floats = (np.cumsum(use < DROPPED) == 0).astype(float)
        return until

    def changes(self, n: int, use: Floats) -> Iterator[Floats]:
        """Generate other years in which it could run: never, a year later or earlier, always."""
        years = np.flatnonzero(use)
        if not len(years):
            return
        if not self.base[n]:
            yield np.zeros_like(use)
            for first in (years[0] + 1, years[0] - 1):
                if 0 <= first < len(use):
                    yield (np.arange(len(use)) >= first).astype(float)
        elif years[-1] + 1 < len(use):
            yield np.ones_like(use)

    def fix(self, program: LinearModel, answers: dict[int, Floats]) -> None:
        """Fix whether sites run."""
        columns = np.concatenate([self.operating[n] for n in answers])
        values = np.concatenate(list(answers.values()))
        program.set_bounds(columns, values, values)

    def release(self, program: LinearModel, sites: list[int]) -> None:
        """Open the question again."""
        columns = np.concatenate([self.operating[n] for n in sites])
        program.set_bounds(columns, np.zeros(len(columns)), np.ones(len(columns)))


def _values(solution: Solution) -> Floats:
    if solution.values is None:
        raise ValueError("Expected a solution with values.")
    return solution.values


def _finite(number: float) -> float | None:
    return number if np.isfinite(number) else None


def _is_open(use: Floats) -> bool:
    return bool(((use > USED) & (use < 1.0 - USED)).any())


def _nearest(model: Model, sites: int, homes: int) -> NDArray[np.bool_]:
    """Return (column) whether it takes part from the start: all but the pairs that lie far."""
    problem = model.problem
    rank = problem.pairs.groupby(level=["origin", "tier"]).cumcount().to_numpy()
    at_home = problem.pairs.index.get_level_values("tier").isin(problem.home_tiers)
    taking_part = np.ones(len(model.arrays.cost), dtype=bool)
    taking_part[_pair_columns(model)[rank >= np.where(at_home, homes, sites)].ravel()] = False
    return taking_part


def _pair_columns(model: Model) -> NDArray[np.int32]:
    """Return (pair, year) the columns of `housed`."""
    columns = np.array([v.id for v in model.decisions.housed.values()], dtype=np.int32)
    return columns.reshape(len(model.problem.pairs), len(model.problem.years))


def _pointed_at(model: Model, smaller: _Smaller, relaxed: Solution) -> NDArray[np.bool_]:
    """Return (column) whether it takes part from the start: the best pairs at the smaller model's prices."""
    if relaxed.duals is None:
        return _nearest(model, NEAREST_SITES, NEAREST_HOMES)
    arrays, columns = model.arrays, _pair_columns(model).ravel()
    reduced = arrays.cost - arrays.matrix.T @ relaxed.duals[smaller.aggregate.row_of]
    best = columns[np.argsort(reduced[columns], kind="stable")[: max(1, int(POINTED_AT * len(columns)))]]
    taking_part = _nearest(model, 1, 1)
    taking_part[best] = True
    return taking_part


def _priced_in(
    arrays: Arrays, taking_part: NDArray[np.bool_], limits: Limits, clock: Clock
) -> tuple[LinearModel, Solution]:
    """Solve a relaxation over some columns, adding those that pay until none is left.

    Its value then holds for all columns. A solution that is not `optimal` was stopped before that
    point and bounds nothing.
    """
    program = LinearModel(arrays, np.flatnonzero(taking_part).astype(np.int32), limits)
    solution = program.relax(interior=True, seconds=clock.left)
    if solution.outcome == "infeasible" and not taking_part.all():
        # the pairs left out may be just those that are needed
        return _priced_in(arrays, np.ones_like(taking_part), limits, clock)
    part, by_column = taking_part.copy(), arrays.matrix.tocsc()
    while solution.duals is not None:
        reduced = arrays.cost - by_column.T @ solution.duals
        paying = np.flatnonzero(~part & (reduced < -PAYS)).astype(np.int32)
        logger.info("%d pairs pay, %.1f s", len(paying), clock.seconds)
        if not len(paying):
            break
        part[paying] = True
        program.add_columns(paying)
        solution = program.relax(seconds=clock.left)
    return program, solution


def _cleaned(arrays: Arrays, values: Floats) -> Floats:
    """Return values without the solver's dust: whole numbers whole, nothing outside its bounds."""
    whole = np.where(arrays.integer, values.round(), values)
    return np.clip(np.where(np.abs(whole) < 1e-11, 0.0, whole), arrays.lower, arrays.upper)
