"""A smaller model with the same whole decisions: origins that lie near each other move as one.

Where the people of two neighbourhoods are the same mix, sharing every flow between them in
proportion to their number is one way to carry a plan out. Columns are substituted, x = expand·x′;
rows of an origin become multiples of each other and one is kept. Every plan of the smaller model
is therefore a plan of the whole one; its bound, however, holds for the smaller model only.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.cluster.hierarchy import fcluster, linkage
from scipy.sparse import csr_array

from optimiser.decisions import Family
from optimiser.model import Arrays, Floats, Model
from optimiser.problem import Problem

WITHIN_M = 8_000.0
"""Metres across a group of origins: about the distance at which the choice of a site is the same."""

SAME_MIX = 1e-9


@dataclass(frozen=True)
class Aggregate:
    """The smaller model and how to get back: values = expand @ smaller values.

    `place` gives, for a column that stands for itself, its column in the smaller model, else −1.
    """

    arrays: Arrays
    expand: csr_array
    place: NDArray[np.int32]


def aggregate(model: Model, taking_part: NDArray[np.bool_]) -> Aggregate:
    """Return the smaller model over the columns that take part."""
    problem, x = model.problem, model.decisions
    group, part = _groups(problem)
    columns: list[tuple[int, int, float]] = []
    labels: dict[object, int] = {}
    place = np.full(len(model.arrays.cost), -1, dtype=np.int32)
    by_origin = (x.clients, x.entered, x.left, x.waiting)
    for number, family in enumerate(by_origin):
        for label, variable in family.items():
            origin = str(label[0])
            column = labels.setdefault((number, group[origin], *label[1:]), len(labels))
            columns.append((variable.id, column, part[origin]))
    for pairs in _shared_pairs(problem, x.housed, taking_part, group):
        column = labels.setdefault(("housed", pairs[0][0]), len(labels))
        columns += [(variable, column, part[origin]) for variable, origin in pairs]
    grouped = {v.id for family in (*by_origin, x.housed) for v in family.values()}
    for variable in range(len(place)):
        if variable not in grouped:
            place[variable] = labels.setdefault(("own", variable), len(labels))
            columns.append((variable, int(place[variable]), 1.0))
    rows, smaller, share = (np.array(values) for values in zip(*columns, strict=True))
    expand = csr_array((share.astype(float), (rows, smaller)), shape=(len(place), len(labels)))
    return Aggregate(_substituted(model, expand, place, group, part), expand, place)


def _groups(problem: Problem) -> tuple[dict[str, str], dict[str, float]]:
    """Return per origin the group it moves with, and its part of the group's people."""
    flat = [problem.clients, problem.waiting, problem.inflow]
    people = np.hstack([a.transpose("neighbourhood", ...).values.reshape(a.sizes["neighbourhood"], -1) for a in flat])
    total = people.sum(axis=1)
    mix = people / np.where(total > 0, total, 1.0)[:, None]
    areas = problem.neighbourhoods
    near = np.zeros(len(areas), dtype=int)
    spot = areas[["x", "y"]].to_numpy(dtype=float)
    if len(areas) > 1 and np.isfinite(spot).all():
        near = fcluster(linkage(spot, "complete"), WITHIN_M, "distance")
    else:
        near = np.arange(len(areas))
    groups: dict[str, str] = {}
    first: dict[tuple[object, ...], list[int]] = {}
    for n, code in enumerate(areas.index):
        key = (near[n], areas.at[code, "municipality"], total[n] > 0)
        same = next((m for m in first.get(key, []) if np.abs(mix[m] - mix[n]).max() < SAME_MIX), None)
        if same is None:
            first.setdefault(key, []).append(n)
            same = n
        groups[code] = str(areas.index[same])
    size = pd.Series(total, index=areas.index)
    sums = size.groupby(pd.Series(groups)).sum()
    return groups, {c: float(size[c] / sums[groups[c]]) if sums[groups[c]] > 0 else 1.0 for c in areas.index}


def _shared_pairs(
    problem: Problem, housed: Family, taking_part: NDArray[np.bool_], group: dict[str, str]
) -> list[list[tuple[int, str]]]:
    """Return, per group, location, tier and year, the columns of its members, where all of them reach."""
    members = pd.Series(group).value_counts().to_dict()
    together: dict[tuple[object, ...], list[tuple[int, str]]] = {}
    for (origin, location, tier, year), variable in housed.items():
        key = (group[str(origin)], location, tier, year)
        together.setdefault(key, []).append((variable.id, str(origin)))
    del problem
    return [
        pairs for (g, *_), pairs in together.items()
        if len(pairs) == members[g] and any(taking_part[column] for column, _ in pairs)
    ]  # fmt: skip


BY_ORIGIN = ("everyone_is_accounted_for", "clients_are_housed")
"""Rules with one row per origin: of a group one row says what all say."""


def _substituted(
    model: Model, expand: csr_array, place: NDArray[np.int32], group: dict[str, str], part: dict[str, float]
) -> Arrays:
    arrays = model.arrays
    kept, scale = [], []
    for n, (rule, row) in enumerate(model.rows):
        origin = str(row.label[0])
        if rule.name not in BY_ORIGIN:
            kept.append(n)
            scale.append(1.0)
        elif group[origin] == origin:
            kept.append(n)
            scale.append(1.0 / part[origin])
    factor: Floats = np.array(scale)
    matrix = csr_array(arrays.matrix[kept] @ expand)
    matrix = csr_array(matrix.multiply(factor[:, None]))
    own = np.flatnonzero(place >= 0)
    columns = expand.shape[1]
    lower, upper, integer = np.zeros(columns), np.full(columns, np.inf), np.zeros(columns, dtype=bool)
    lower[place[own]], upper[place[own]] = arrays.lower[own], arrays.upper[own]
    integer[place[own]] = arrays.integer[own]
    return Arrays(
        cost=expand.T @ arrays.cost,
        constant=arrays.constant,
        matrix=matrix,
        row_lower=arrays.row_lower[kept] * factor,
        row_upper=arrays.row_upper[kept] * factor,
        lower=lower,
        upper=upper,
        integer=integer,
    )
