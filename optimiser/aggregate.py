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

from optimiser.decisions import Family, Label
from optimiser.model import Arrays, Floats, Model
from optimiser.problem import Problem

WITHIN_M = 8_000.0
"""Metres across a group of origins: about the distance at which the choice of a site is the same."""

SAME_MIX = 1e-9


@dataclass(frozen=True)
class Aggregate:
    """The smaller model and how to get back: values = expand @ smaller values.

    `place` gives, for a column that stands for itself, its column in the smaller model, else −1;
    `row_of` gives, for every row of the whole model, the row that speaks for it in the smaller one.
    """

    arrays: Arrays
    expand: csr_array
    place: NDArray[np.int32]
    row_of: NDArray[np.int32]

    def takes_part(self, columns: NDArray[np.bool_]) -> NDArray[np.bool_]:
        """Return (smaller column) whether it stands for any of the given columns of the whole model."""
        taken: NDArray[np.bool_] = (self.expand.T @ columns.astype(float)) > 0.0
        return taken


def aggregate(model: Model) -> Aggregate:
    """Return the smaller model of a model."""
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
    for pairs in _shared_pairs(x.housed, group):
        column = labels.setdefault(("housed", pairs[0][0]), len(labels))
        columns += [(member, column, part[origin]) for member, origin in pairs]
    grouped = {v.id for family in (*by_origin, x.housed) for v in family.values()}
    for own in range(len(place)):
        if own not in grouped:
            place[own] = labels.setdefault(("own", own), len(labels))
            columns.append((own, int(place[own]), 1.0))
    rows, smaller, share = (np.array(values) for values in zip(*columns, strict=True))
    expand = csr_array((share.astype(float), (rows, smaller)), shape=(len(place), len(labels)))
    kept, row_of = _speaking_rows(model, group)
    scale = np.array([_scale(model, n, part) for n in kept])
    return Aggregate(_substituted(model.arrays, expand, place, kept, scale), expand, place, row_of)


def _groups(problem: Problem) -> tuple[dict[str, str], dict[str, float]]:
    """Return per origin the group it moves with, and its part of the group's people."""
    flat = [problem.clients, problem.waiting, problem.inflow]
    people = np.hstack(
        [a.transpose("neighbourhood", ...).values.reshape(a.sizes["neighbourhood"], -1) for a in flat]
    )
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


def _shared_pairs(housed: Family, group: dict[str, str]) -> list[list[tuple[int, str]]]:
    """Return, per group, location, tier and year, the columns of its members, where all of them reach."""
    members = pd.Series(group).value_counts().to_dict()
    together: dict[tuple[object, ...], list[tuple[int, str]]] = {}
    for (origin, location, tier, year), variable in housed.items():
        key = (group[str(origin)], location, tier, year)
        together.setdefault(key, []).append((variable.id, str(origin)))
    return [pairs for (g, *_), pairs in together.items() if len(pairs) == members[g]]


BY_ORIGIN = ("everyone_is_accounted_for", "clients_are_housed")
"""Rules with one row per origin: of a group one row says what all say."""


def _speaking_rows(model: Model, group: dict[str, str]) -> tuple[list[int], NDArray[np.int32]]:
    """Return the rows that are kept, and for every row the kept row that speaks for it."""
    kept: list[int] = []
    speaks: dict[Label, int] = {}
    row_of = np.zeros(len(model.rows), dtype=np.int32)
    for n, (rule, row) in enumerate(model.rows):
        origin, *rest = row.label
        label = (rule.name, group[str(origin)], *rest) if rule.name in BY_ORIGIN else (n,)
        if label not in speaks:
            # the first origin of a group in the order of the rows is the one that gave it its name
            speaks[label] = len(kept)
            kept.append(n)
        row_of[n] = speaks[label]
    return kept, row_of


def _scale(model: Model, n: int, part: dict[str, float]) -> float:
    """Return what brings a row of one origin to the size of its group."""
    rule, row = model.rows[n]
    return 1.0 / part[str(row.label[0])] if rule.name in BY_ORIGIN else 1.0


def _substituted(
    arrays: Arrays, expand: csr_array, place: NDArray[np.int32], kept: list[int], scale: Floats
) -> Arrays:
    """Return the arrays over the smaller columns and the rows that are kept."""
    matrix = csr_array((csr_array(arrays.matrix[kept]) @ expand).multiply(scale[:, None]))
    own, columns = np.flatnonzero(place >= 0), expand.shape[1]
    lower, upper, integer = np.zeros(columns), np.full(columns, np.inf), np.zeros(columns, dtype=bool)
    lower[place[own]], upper[place[own]] = arrays.lower[own], arrays.upper[own]
    integer[place[own]] = arrays.integer[own]
    return Arrays(
        cost=expand.T @ arrays.cost,
        constant=arrays.constant,
        matrix=matrix,
        row_lower=arrays.row_lower[kept] * scale,
        row_upper=arrays.row_upper[kept] * scale,
        lower=lower,
        upper=upper,
        integer=integer,
    )
