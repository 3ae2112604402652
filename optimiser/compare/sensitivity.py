"""One-at-a-time sensitivity analysis: move each number within its range and re-solve.

A range is what the region's file says (`low`, `high`); a number without one is not moved, as
nobody has said how wrong it may be. One number moves at a time, through the same settings that a
planner has, so that every check of the input holds for the moved number too.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from threading import Event
from typing import Any, Literal

import numpy as np
import pandas as pd

from geodata.faults import InputError
from models.demand.forecast import forecast
from models.region.region import Region
from optimiser.model.formulation import POINTS, paid_by_the_wlz
from optimiser.model.model import Floats, Model
from optimiser.plan import Plan
from optimiser.problem import Problem
from optimiser.search.reduced_model import SMALL, ReducedModel
from optimiser.solve import PROVEN, Impossible, NoPlanYet, solve
from optimiser.solver.highs import LinearModel
from optimiser.solver.limits import Clock, Limits

type Reader = Callable[[Mapping[str, str]], Region]
"""Reads the region with other settings (dotted key → value as in TOML) beside those asked for."""

WITHIN_M = 15_000.0
"""Metres across a group of neighbourhoods that move as one where a large model is measured."""

type End = Literal["low", "high"]
ENDS: tuple[End, End] = ("low", "high")


class Stopped(Exception):
    """The measuring was asked to stop; what was measured before it stands."""


@dataclass(frozen=True)
class SensitivityFigures:
    """What is compared: of a relaxation (fractions of places, `gap` its arithmetic) or of a plan."""

    objective: float
    """Discounted euros and points."""
    gap: float
    """Distance to the proven bound, in the same unit."""
    eur: float
    """Nominal euros per planned year that somebody pays, undiscounted."""
    beds: float
    """Intramural places in the last year."""
    waiting: float
    """Client-years of waiting per planned year."""

    def __sub__(self, other: "SensitivityFigures") -> "SensitivityFigures":
        """Return the difference; the gaps add up."""
        return SensitivityFigures(
            self.objective - other.objective,
            self.gap + other.gap,
            self.eur - other.eur,
            self.beds - other.beds,
            self.waiting - other.waiting,
        )

    @property
    def is_distinguishable(self) -> bool:
        """Whether a difference is larger than the gaps of both together."""
        return abs(self.objective) > self.gap


type Evaluate = Callable[[Problem], SensitivityFigures]


@dataclass(frozen=True)
class Moved:
    """One number at one end of its range: the difference that it makes, or why none is known."""

    end: End
    value: float
    effect: SensitivityFigures | None
    reason: str = ""


@dataclass(frozen=True)
class Effect:
    """One number of the register, and the difference that each end of its range makes."""

    key: str
    value: float
    unit: str
    source: str
    moved: tuple[Moved, ...]

    @property
    def swing(self) -> float:
        """Distance between the lowest and the highest objective, over the range and the value itself."""
        reached = [0.0, *(one.effect.objective for one in self.moved if one.effect is not None)]
        return max(reached) - min(reached)


def with_range(register: pd.DataFrame) -> pd.DataFrame:
    """Return the rows of the register whose range has width."""
    return register[register["low"].notna() & register["high"].notna() & (register["low"] < register["high"])]


def without_range(register: pd.DataFrame) -> pd.DataFrame:
    """Return the other rows: nothing is known of what they move."""
    return register.drop(with_range(register).index)


def relaxed(problem: Problem, stop: Event | None = None) -> SensitivityFigures:
    """Return the figures of the relaxation: no whole places, homes or sites.

    Of a large model it is the smaller one's, in which like neighbourhoods near each other move as
    one (`aggregate.py`): some tenths of a per cent off, alike at both ends of a range.

    Raises
    ------
    Impossible
        Where the hard rules cannot hold even for fractions.
    Stopped
        Where `stop` was set before the end.
    """
    model = Model.of(problem)
    limits = Limits(0.0, np.inf, stop or Event())
    columns, expand = len(model.arrays.cost), None
    if columns > SMALL:
        smaller, found = ReducedModel.relaxed(model, WITHIN_M, limits, Clock(limits))
        expand = smaller.expand
    else:
        every = np.arange(columns, dtype=np.int32)
        found = LinearModel(model.arrays, every, limits).relax(interior=True, crossover=False)
    if found.outcome == "infeasible":
        raise Impossible(("the hard rules cannot hold, not even for fractions of places",))
    if found.outcome != "optimal" or found.values is None:
        raise Stopped
    values = found.values if expand is None else expand(found.values)
    return _of_relaxation(model, values, found.objective)


def _of_relaxation(model: Model, values: Floats, objective: float) -> SensitivityFigures:
    """Sum the values themselves: labelled arrays, settled and granted, would take longer than the solve."""
    problem, x = model.problem, model.decisions
    paid = [term for term in model.terms if term.stream != POINTS]
    euros = float(sum(term.amount * values[term.variable.id] for term in paid))
    chosen = problem.personal_budget.sum(["neighbourhood", "profile"]).to_series()
    own = problem.prices.support.mul(chosen, axis=0)[list(problem.years)].to_numpy().sum()
    own -= sum(eur for _, _, eur in paid_by_the_wlz(problem))
    years, last, at = len(problem.years), problem.years[-1], set(problem.intramural_at)
    return SensitivityFigures(
        objective=objective,
        gap=PROVEN * abs(objective),
        eur=(euros + float(own)) / years,
        beds=float(sum(values[v.id] for (s, k, t), v in x.places.items() if t == last and (s, k) in at)),
        waiting=float(sum(values[v.id] for v in x.waiting.values())) / years,
    )


def planned(problem: Problem, *, stop: Event | None = None, **limits: Any) -> SensitivityFigures:
    """Return the figures of the best plan within the limits of `optimiser.solve`.

    Raises
    ------
    Impossible, NoPlanYet
        As `solve` does.
    Stopped
        Where `stop` was set: a search cut short says nothing of the number that was moved.
    """
    plan = solve(problem, stop=stop, **limits)
    if stop is not None and stop.is_set():
        raise Stopped
    return _of_plan(plan)


def _of_plan(plan: Plan) -> SensitivityFigures:
    problem, data = plan.problem, plan.data
    years, beds = len(problem.years), list(problem.tiers.index[problem.tiers["intramural"]])
    return SensitivityFigures(
        objective=plan.proof.objective,
        gap=plan.proof.gap_eur,
        eur=float(data["cost"].sum()) / years,
        beds=float(data["places"].sel(tier=beds, year=problem.years[-1]).sum()),
        waiting=float(data["waiting"].sum()) / years,
    )


def effects(
    read: Reader,
    rows: pd.DataFrame,
    evaluate: Evaluate,
    tell: Callable[[int, int, str], None] = lambda *_: None,
) -> Iterator[Effect]:
    """Generate the effect of each number, one at a time; it ends early where `evaluate` is stopped.

    Parameters
    ----------
    read
        Returns the region with other settings.
    rows
        Rows of the register with a range (`with_range`), in the order in which to measure.
    evaluate
        Returns the figures of a problem: `relaxed`, `planned`, or either with its limits.
    tell
        Hears how many solves are done, how many there are, and which is next.
    """
    total = 1 + 2 * len(rows)
    tell(0, total, "as it stands")
    try:
        base = evaluate(_problem(read({})))
        for number, row in enumerate(rows.to_dict("records")):
            moved: list[Moved] = []
            for end in ENDS:
                tell(1 + 2 * number + len(moved), total, f"{row['key']} = {row[end]:g}")
                moved.append(_moved(read, base, row, end, evaluate))
            yield Effect(row["key"], row["value"], row["unit"], row["source"], tuple(moved))
    except Stopped:
        return


def _moved(
    read: Reader, base: SensitivityFigures, row: Mapping[Any, Any], end: End, evaluate: Evaluate
) -> Moved:
    value = float(row[end])
    if value == row["value"]:
        return Moved(end, value, base - base, "is the value itself")
    try:
        return Moved(end, value, evaluate(_problem(read({row["key"]: repr(value)}))) - base)
    except InputError as error:
        return Moved(end, value, None, f"cannot be set alone: {error.faults[0]}")
    except (Impossible, NoPlanYet) as error:
        return Moved(end, value, None, " ".join([error.status, *error.explanation]))


def _problem(region: Region) -> Problem:
    return Problem.of(region, forecast(region))


def ranked(measured: Iterable[Effect]) -> list[Effect]:
    """Return effects by swing, the largest first; those of which nothing is known come last."""
    return sorted(measured, key=lambda one: (-one.swing, one.key))
