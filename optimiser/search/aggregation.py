"""A smaller model with the same sites: origins, and homes, that lie near each other move as one.

Where the people of two neighbourhoods are the same mix, sharing every flow between them in
proportion to their number is one way to carry a plan out; so is sharing homes in proportion to
what is offered. Columns are substituted, x = expand·x′, and the rows of a group are added up. What
is reached by a part of a group only is shared by that part: then the sum of a group's rows says
less than each of them, and flows must be settled in the whole model before a plan is one. The
smaller model points at good plans, and its prices bound every plan
(`optimiser/search/lagrangian_bound.py`); its own value bounds nothing.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import NamedTuple, Self

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.cluster.hierarchy import fcluster, linkage
from scipy.sparse import csr_array

from optimiser.model.model import Arrays, Floats, Model
from optimiser.problem import Problem
from optimiser.rule import Label

SAME_MIX = 1e-9

WITHIN_M = (15_000.0, 8_000.0, 5_000.0, 3_000.0)
"""Metres across a group of origins, round by round; at the first the choice of a site is much the same."""

FARTHER_M, MANY_GROUPS = 30_000.0, 25
"""Metres across a group in a round before these, where the first would have more groups than this: sites
are settled in a third of the time, so that a plan is there early; the bound comes from the later rounds."""

OVERSTATED = 1.1
"""Times what a plan has under a ceiling that groups may make of it, to be of use."""

type Share = tuple[int, Label, float]
"""A column of the whole model, the label of the smaller column it is a part of, and which part (to scale)."""


@dataclass(frozen=True)
class Aggregate:
    """The smaller model and how to get there and back.

    Attributes
    ----------
    expand
        (column, smaller column) values of the whole model = expand @ smaller values; columns add up to 1.
    place
        (column) the smaller column of which it is a part.
    row_of
        (row) the smaller row of which it is a part.
    """

    arrays: Arrays
    expand: csr_array
    place: NDArray[np.int32]
    row_of: NDArray[np.int32]

    def takes_part(self, columns: NDArray[np.bool_]) -> NDArray[np.bool_]:
        """Return (smaller column) whether it stands for any of the given columns of the whole model."""
        taken: NDArray[np.bool_] = np.bincount(self.place[columns], minlength=self.expand.shape[1]) > 0
        return taken

    def total(self, columns: NDArray[np.int32], values: Floats) -> tuple[NDArray[np.int32], Floats]:
        """Return the smaller columns that stand for the given ones, and what their values add up to."""
        smaller, part = np.unique(self.place[columns], return_inverse=True)
        return smaller.astype(np.int32), np.bincount(part, weights=values)

    def eased(self, eased: "Eased") -> Self:
        """Return it with ceilings as much higher as it overstates what a known plan has of them.

        A group shares every flow and cannot choose what is nearest to each of its origins: what is within
        a ceiling in the whole model may be far above it here.
        """
        upper = self.arrays.row_upper.copy()
        upper[self.row_of[eased.rows]] *= self.overstated(eased)
        return replace(self, arrays=replace(self.arrays, row_upper=upper))

    def overstated(self, eased: "Eased") -> Floats:
        """Return, per row with a ceiling, how many times what the known plan has it makes of it."""
        image = np.bincount(self.place, weights=eased.known, minlength=len(self.arrays.cost))
        stated = self.arrays.matrix[self.row_of[eased.rows]] @ image
        speaks = (eased.amounts > 0.0) & (stated > 0.0)
        times: Floats = np.divide(stated, eased.amounts, out=np.ones_like(stated), where=speaks)
        return times


class Eased(NamedTuple):
    """Rows that keep what people do under a ceiling, and the people of a plan that is known.

    Attributes
    ----------
    rows
        Their numbers in the whole model.
    known
        (column) what that plan does; columns of no such row may be left at nothing.
    amounts
        (of `rows`) what it has of each.
    """

    rows: NDArray[np.int64]
    known: Floats
    amounts: Floats


def aggregate(model: Model, within_m: float, arrays: Arrays | None = None) -> Aggregate:
    """Return the smaller model of a model; no two origins of a group lie farther apart than `within_m`.

    `arrays` are the model's with other limits of columns, where these are not its own.
    """
    group, size = _groups(model.problem, within_m)
    labels: dict[Label, int] = {}
    columns = len(model.arrays.cost)
    place, part = np.full(columns, -1, dtype=np.int32), np.ones(columns)
    for column, label, share in _shares(model, group, size):
        place[column], part[column] = labels.setdefault(label, len(labels)), share
    alone = np.flatnonzero(place < 0)
    place[alone] = len(labels) + np.arange(len(alone), dtype=np.int32)
    count = len(labels) + len(alone)
    total = np.bincount(place, weights=part, minlength=count)
    members = np.bincount(place, minlength=count)
    equal, total_or_one = 1.0 / members[place], np.where(total > 0.0, total, 1.0)
    parts = np.where(total[place] > 0.0, part / total_or_one[place], equal)
    expand = csr_array((parts, (np.arange(columns), place)), shape=(columns, count))
    row_of, together = _together(model, group)
    whole = model.arrays if arrays is None else arrays
    return Aggregate(_substituted(whole, expand, place, together), expand, place, row_of)


def _shares(model: Model, group: dict[str, str], size: dict[str, float]) -> Iterator[Share]:
    """Generate which columns move as one, and in which proportion."""
    x, problem = model.decisions, model.problem
    for number, family in enumerate((x.clients, x.entered, x.left, x.waiting)):
        for (origin, *rest), variable in family.items():
            yield variable.id, (number, group[origin], *rest), size[origin]
    at_home = set(problem.home_tiers)
    for (origin, location, k, t), variable in x.housed.items():
        there = group[location] if k in at_home else location
        yield variable.id, ("housed", group[origin], there, k, t), size[origin]
    decided = (*problem.agreed.homes, *problem.wished.homes)
    alone = {(d.corporation, d.place, d.year) for d in decided if d.neighbourhoods == (d.place,)}
    offered: dict[Label, float] = {}
    for offer in problem.offers:
        for j in offer.neighbourhoods:
            key = (offer.corporation, j, offer.year)
            offered[key] = offered.get(key, 0.0) + offer.homes / len(offer.neighbourhoods)
    for (corporation, j, t), variable in x.new_homes.items():
        if (corporation, j, t) in alone:
            continue  # what is decided of one neighbourhood says nothing of those near it
        yield variable.id, ("new_homes", corporation, group[j], t), offered[corporation, j, t]
    room = _homes_there_can_be(problem)
    for family_name in ("homes", "kept_homes"):
        for (j, *rest), variable in x.family(family_name).items():
            yield variable.id, (family_name, group[j], *rest), room[j]


def _homes_there_can_be(problem: Problem) -> dict[str, float]:
    """Return per neighbourhood the homes in use and, by equal parts, what is offered."""
    room = {str(j): float(homes) for j, homes in problem.homes.to_series().items()}
    for offer in problem.offers:
        for j in offer.neighbourhoods:
            room[j] += offer.homes / len(offer.neighbourhoods)
    return room


def groups_within(problem: Problem, within_m: float) -> int:
    """Return how many groups there are where no two origins of one lie farther apart than `within_m`."""
    return len(set(_groups(problem, within_m)[0].values()))


def _groups(problem: Problem, within_m: float) -> tuple[dict[str, str], dict[str, float]]:
    """Return per origin the group it moves with, and its people."""
    flat = [problem.clients, problem.waiting, problem.inflow]
    people = np.hstack(
        [a.transpose("neighbourhood", ...).values.reshape(a.sizes["neighbourhood"], -1) for a in flat]
    )
    total = people.sum(axis=1)
    mix = people / np.where(total > 0, total, 1.0)[:, None]
    near = _near(problem.neighbourhoods, within_m)
    groups: dict[str, str] = {}
    first: dict[tuple[object, ...], list[int]] = {}
    codes = problem.areas
    town = problem.municipality_of
    for n, code in enumerate(codes):
        key = (near[n], town[code], total[n] > 0)
        same = next((m for m in first.get(key, []) if np.abs(mix[m] - mix[n]).max() < SAME_MIX), None)
        if same is None:
            first.setdefault(key, []).append(n)
            same = n
        groups[code] = codes[same]
    return groups, dict(zip(codes, total.tolist(), strict=True))


def _near(areas: pd.DataFrame, within_m: float) -> NDArray[np.int64]:
    """Return (area) the number of its cluster; areas without a spot stay alone."""
    spot = areas[["x", "y"]].to_numpy(dtype=float)
    if len(areas) < 2 or not np.isfinite(spot).all():
        return np.arange(len(areas))
    return np.asarray(fcluster(linkage(spot, "complete"), within_m, "distance"), dtype=np.int64)


BY_ORIGIN = frozenset({"everyone_is_accounted_for", "tenants_stay", "clients_are_housed"})
"""Rules with one row per origin: of a group their sum holds."""


def _together(model: Model, group: dict[str, str]) -> tuple[NDArray[np.int32], csr_array]:
    """Return for every row the smaller row of which it is a part, and the sums as a matrix."""
    first: dict[Label, int] = {}
    row_of = np.zeros(len(model.rows), dtype=np.int32)
    homes = set(model.problem.home_tiers)
    for n, (rule, row) in enumerate(model.rows):
        row_of[n] = first.setdefault(_row_label(n, rule.name, row.label, group, homes), len(first))
    ones = (np.ones(len(row_of)), (row_of, np.arange(len(row_of))))
    return row_of, csr_array(ones, shape=(len(first), len(row_of)))


def _row_label(n: int, rule: str, label: Label, group: dict[str, str], homes: set[str]) -> Label:
    """Return what a row is called in the smaller model: alike where rows of a group add up."""
    if rule in BY_ORIGIN or (rule == "served_within_places" and label[1] in homes):
        return (rule, group[label[0]], *label[1:])
    if rule == "homes_carry_over" and label[0] in group:
        return (rule, group[label[0]], *label[1:])
    if rule == "homes_carry_over" and len(label) == 3:
        return (rule, "kept", group[label[1]], *label[2:])
    return (n,)


def _substituted(arrays: Arrays, expand: csr_array, place: NDArray[np.int32], together: csr_array) -> Arrays:
    """Return the arrays over the smaller columns and the summed rows."""
    columns = expand.shape[1]
    return Arrays(
        cost=expand.T @ arrays.cost,
        constant=arrays.constant,
        matrix=csr_array(together @ arrays.matrix @ expand),
        row_lower=together @ arrays.row_lower,
        row_upper=together @ arrays.row_upper,
        lower=np.bincount(place, weights=arrays.lower, minlength=columns),
        upper=np.bincount(place, weights=arrays.upper, minlength=columns),
        integer=np.bincount(place, weights=arrays.integer, minlength=columns) > 0,
    )


def rounds_of(problem: Problem) -> tuple[float, ...]:
    """Return the metres across a group of origins, round by round."""
    many = groups_within(problem, WITHIN_M[0]) > MANY_GROUPS
    return (FARTHER_M, *WITHIN_M) if many else WITHIN_M


def grouped_finely_enough(model: Model, eased: Eased | None) -> Iterator[tuple[float, Aggregate]]:
    """Generate metres across a group and the smaller model, ever smaller groups; ceilings are eased.

    Groups that overstate too much of what is under a ceiling are left out, but for the smallest: their
    prices bound little, and what is cheapest in them is dear in the whole model.
    """
    for within_m in rounds_of(model.problem):
        grouped = aggregate(model, within_m)
        if eased is None:
            yield within_m, grouped
        elif within_m == WITHIN_M[-1] or grouped.overstated(eased).max() <= OVERSTATED:
            yield within_m, grouped.eased(eased)
