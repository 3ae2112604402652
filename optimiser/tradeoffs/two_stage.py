"""One start for several futures: the first years are the same in all, later years follow each future.

What is committed is what sites do (`places`, `operating`, `added`, `removed`, `converted`) up to a year;
homes and people follow each future from the beginning. A start is judged by the mean objective of the
futures' best plans that begin with it (two-stage programming: Birge and Louveaux 2011). In small models
the best start is found exactly in the extensive form, in which all futures share the columns of the first
years. In large ones the starts of the futures' own plans and of the mean future are compared in the
smaller model, `MOST_STARTS` at most, and the one that does best in the mean is taken: a best of some,
with the mean of the futures' bounds as a bound on what any start can do.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from scipy.sparse import csr_array, vstack

from optimiser.model.model import Arrays, Floats, Model
from optimiser.plan import dataset
from optimiser.problem import Problem
from optimiser.rule import Label
from optimiser.search.aggregation import WITHIN_M
from optimiser.search.optimise import search
from optimiser.search.reduced_model import SMALL, ReducedModel
from optimiser.solve import Unverified
from optimiser.solver.highs import LinearModel
from optimiser.solver.limits import Clock, Limits
from optimiser.verification.verify import violations

if TYPE_CHECKING:
    from optimiser.assembly.capacity import Offer

COMMITTED = ("places", "operating", "added", "removed", "converted")
"""Families of decisions that are the same in every future, in the first years."""

MOST_STARTS = 32
"""Starts that are compared in every future at most; the work is the product of both."""

type Start = dict[tuple[str, Label], float]
"""What is committed: family and label → value."""


@dataclass(frozen=True)
class Task:
    """One future to be planned, with what is committed; solved alike wherever that is done."""

    problem: Problem
    commit: int
    start: Start | None
    limits: tuple[float, float, int]


@dataclass(frozen=True)
class Outcome:
    """What a future comes to: objective and bound (discounted euros and points), nominal euros per year.

    Both are infinite where no plan begins so. `start` is what its plan does in the first years.
    """

    objective: float
    bound: float
    eur: float
    start: Start


def delivered(problem: Problem, share: float) -> Problem:
    """Return the problem where each corporation hands over a share of its homes, in whole homes over time."""
    offered: dict[str, float] = {}
    handed: dict[str, int] = {}
    offers: list[Offer] = []
    for offer in sorted(problem.offers, key=lambda one: one.year):
        who = offer.corporation
        offered[who] = offered.get(who, 0.0) + share * offer.homes
        homes = min(offer.homes, int(np.floor(offered[who] + 0.5)) - handed.get(who, 0))
        handed[who] = handed.get(who, 0) + homes
        offers.append(replace(offer, homes=homes))
    return replace(problem, offers=tuple(offers))


def planned(task: Task) -> Outcome:
    """Return what the best plan of a future comes to that begins as committed, verified.

    Raises Unverified where its arrays do not pass the check.
    """
    gap, seconds, seed = task.limits
    model = held(task.problem, task.start)
    found = search(model, Limits(gap, seconds, seed=seed), lambda _: None)
    if found.values is None:
        return Outcome(np.inf, np.inf if found.infeasible else found.bound, np.inf, {})
    data = dataset(model, found.values)
    broken = violations(task.problem, data)
    if broken:
        raise Unverified(broken)
    years = len(task.problem.years)
    return Outcome(
        found.objective,
        min(found.bound, found.objective),
        float(data["cost"].sum()) / years,
        _start(model, found.values, task.commit),
    )


def held(problem: Problem, start: Start | None) -> Model:
    """Return the model of a problem with what is committed fixed."""
    model = Model.of(problem)
    for (family, label), value in (start or {}).items():
        model.decisions.family(family)[label].bounds(value, value)
    return model


def _start(model: Model, values: Floats, commit: int) -> Start:
    """Return what values (column) do in the first years."""
    return {key: float(round(values[column])) for key, column in _committed_columns(model, commit).items()}


def _committed_columns(model: Model, commit: int) -> dict[tuple[str, Label], int]:
    years = model.problem.years[:commit]
    return {
        (name, label): variable.id
        for name in COMMITTED
        for label, variable in model.decisions.family(name).items()
        if label[-1] in years
    }


def different(starts: Iterable[Start], most: int) -> tuple[Start, ...]:
    """Return the starts that differ, the first ones, at most so many; an empty one is no start.

    Futures are drawn in no order, so that the first are as good a sample as any.
    """
    met = dict[frozenset[tuple[tuple[str, Label], float]], Start]()
    for start in starts:
        if start:
            met.setdefault(frozenset(start.items()), start)
    return tuple(met.values())[:most]


@dataclass(frozen=True)
class Screening:
    """A future in which several starts are compared."""

    problem: Problem
    commit: int
    starts: tuple[Start, ...]
    limits: tuple[float, float, int]


def screened(task: Screening) -> list[float]:
    """Return per start the objective of the smaller model's relaxation; infinite where none begins so."""
    gap, seconds, seed = task.limits
    limits = Limits(gap, seconds, seed=seed)
    model = Model.of(task.problem)
    smaller, _ = ReducedModel.relaxed(model, WITHIN_M[0], limits, Clock(limits))
    columns = _committed_columns(model, task.commit)
    place = np.array(list(columns.values()), dtype=np.int32)
    found = []
    for start in task.starts:
        smaller.fix(place, np.array([start[key] for key in columns]))
        solution = smaller.relax(Clock(limits))
        found.append(np.inf if solution is None else solution.objective)
    return found


def shared_start(problems: Sequence[Problem], commit: int, limits: Limits) -> tuple[Start, float] | None:
    """Return the best start for all futures and a bound on the mean objective, in the extensive form.

    None where it is too large for the solver as it is, or no start suits all.
    """
    # to write a large one down takes seconds and much memory: who lives where tells its size
    if sum(len(problem.pairs) * len(problem.years) for problem in problems) > SMALL:
        return None
    models = [Model.of(problem) for problem in problems]
    if sum(len(model.arrays.cost) for model in models) > SMALL:
        return None
    arrays, shared = extensive(models, commit)
    program = LinearModel(arrays, arrays.columns, limits)
    found = program.search(gap=limits.gap, seconds=limits.seconds, start=None, progress=lambda *_: None)
    if found.values is None:
        return None
    return {key: float(round(found.values[column])) for key, column in shared.items()}, found.bound


def extensive(models: Sequence[Model], commit: int) -> tuple[Arrays, dict[tuple[str, Label], int]]:
    """Return all futures as one model with the mean objective, and the columns that they share."""
    shared: dict[tuple[str, Label], int] = {}
    for model in models:
        for key in _committed_columns(model, commit):
            shared.setdefault(key, len(shared))
    count = len(shared)
    places: list[np.ndarray] = []
    for model in models:
        place = np.full(len(model.arrays.cost), -1, dtype=np.int64)
        for key, column in _committed_columns(model, commit).items():
            place[column] = shared[key]
        own = np.flatnonzero(place < 0)
        place[own] = count + np.arange(len(own))
        count += len(own)
        places.append(place)
    return _joined([model.arrays for model in models], places, count), shared


def _joined(parts: Sequence[Arrays], places: Sequence[np.ndarray], count: int) -> Arrays:
    cost, lower = np.zeros(count), np.zeros(count)
    upper, integer = np.full(count, np.inf), np.zeros(count, dtype=bool)
    blocks = []
    for arrays, place in zip(parts, places, strict=True):
        cost[place] += arrays.cost / len(parts)
        lower[place] = np.maximum(lower[place], arrays.lower)
        upper[place] = np.minimum(upper[place], arrays.upper)
        integer[place] |= arrays.integer
        entries = arrays.matrix.tocoo()
        blocks.append(csr_array((entries.data, (entries.row, place[entries.col])),
                                shape=(arrays.matrix.shape[0], count)))  # fmt: skip
    return Arrays(
        cost=cost,
        constant=float(np.mean([arrays.constant for arrays in parts])),
        matrix=csr_array(vstack(blocks)),
        row_lower=np.concatenate([arrays.row_lower for arrays in parts]),
        row_upper=np.concatenate([arrays.row_upper for arrays in parts]),
        lower=lower,
        upper=upper,
        integer=integer,
    )


def value_at_risk_beyond(objectives: Sequence[float], tail: float) -> float:
    """Return the mean of the dearest share `tail` of equally likely objectives.

    It is the conditional value at risk (Rockafellar and Uryasev 2000).
    """
    worst = np.sort(np.asarray(objectives, dtype=float))[::-1]
    weight = np.clip(tail * len(worst) - np.arange(len(worst)), 0.0, 1.0)
    return float(worst[weight > 0] @ weight[weight > 0] / weight.sum())


def no_regret(problem: Problem, starts: Sequence[Start], year: int) -> pd.DataFrame:
    """Return what every future's own plan has done by a year: site, tier, base and places at least changed.

    `least_change` is the smallest change in its direction over all futures: whatever comes, that much.
    """
    lines = []
    for (site, tier), base in problem.base_places.items():
        change = [start["places", (site, tier, year)] - base for start in starts]
        least = min(change) if min(change) > 0 else max(change) if max(change) < 0 else 0.0
        if least:
            lines.append((site, tier, base, least, max(change, key=abs)))
    return pd.DataFrame(lines, columns=["site", "tier", "base", "least_change", "most_change"])


def as_table(start: Mapping[tuple[str, Label], float]) -> pd.DataFrame:
    """Return the places of a start: site, tier, year, places."""
    rows = [(*label, places) for (family, label), places in start.items() if family == "places"]
    return pd.DataFrame(rows, columns=["site", "tier", "year", "places"])
