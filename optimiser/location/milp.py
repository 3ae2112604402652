"""Location MILP for HiGHS: sites and assignment, for models beyond plain selection.

Columns are y (site: chosen), then x (origin, site: share of the origin that goes there) where
capacities count or people may be left out. Without capacities, "everybody is served" needs no
x: every origin wants one chosen site among those it may go to.
"""

from dataclasses import dataclass
from typing import Self

import numpy as np
from scipy.sparse import coo_array, csr_array, eye_array, hstack, vstack

from optimiser.location.cost_matrix import Bools, Floats, Places
from optimiser.location.instance import LocationInstance
from optimiser.model.model import Arrays
from optimiser.solver.highs import LinearModel, Outcome
from optimiser.solver.limits import Clock, Limits

type Rows = tuple[csr_array, Floats, Floats]
"""Coefficients, least and most of some rows."""


@dataclass(frozen=True)
class MilpSolution:
    """What a program gave: chosen sites, shares (origin, site) where it has them, objective and bound."""

    outcome: Outcome
    chosen: Places
    shares: Floats | None
    objective: float
    bound: float


@dataclass(frozen=True)
class Program:
    """A program over sites, and over who goes where if `pairs` (origin, site) are given.

    Attributes
    ----------
    cost
        (column) to be as little as possible.
    rows
        What must hold.
    given
        The problem it belongs to.
    pairs
        Origins and sites of the x columns, or None.
    """

    given: LocationInstance
    cost: Floats
    rows: tuple[Rows, ...]
    pairs: tuple[Places, Places] | None

    @classmethod
    def covering(cls, instance: LocationInstance, near: Bools, cost: Floats | None = None) -> Self:
        """Return the program in which every origin has a chosen site near; `cost` (site) or none."""
        columns = near.shape[1]
        cost = np.zeros(columns) if cost is None else cost
        return cls(instance, cost, (*_of_sites(instance, columns), _covered(near, columns)), None)

    @classmethod
    def counting(cls, instance: LocationInstance, near: Bools, *, everybody: bool) -> Self:
        """Return the program of most people near; `everybody` must be reached, though not near.

        Columns after y are z (set of sites): whether one of them is chosen. Origins with the same
        sites near share one.
        """
        sets, which = np.unique(near, axis=0, return_inverse=True)
        count, extra = near.shape[1], len(sets)
        people = np.bincount(which.ravel(), weights=instance.people, minlength=extra)
        linked = csr_array(hstack([csr_array(-sets.astype(float)), eye_array(extra)]))
        rows: list[Rows] = [
            *_of_sites(instance, count + extra),
            (linked, np.full(extra, -np.inf), np.zeros(extra)),
        ]
        if everybody:
            rows.append(_covered(np.isfinite(instance.minutes), count + extra))
        return cls(instance, np.concatenate([np.zeros(count), -people]), tuple(rows), None)

    @classmethod
    def serving(
        cls,
        instance: LocationInstance,
        near: Bools,
        *,
        everybody: bool,
        site_cost: float = 0.0,
        pair_cost: Floats | None = None,
    ) -> Self:
        """Return the program of who goes where, at most to capacity.

        A chosen site costs `site_cost`, all people of an origin there `pair_cost` (origin, site).
        """
        origins, sites = np.nonzero(near)
        count, pairs = near.shape[1], len(origins)
        shape = count + pairs
        x = count + np.arange(pairs)
        each = coo_array((np.ones(pairs), (origins, x)), shape=(len(near), shape)).tocsr()
        linked = _linked(sites, x, shape)
        rows: list[Rows] = [
            *_of_sites(instance, shape),
            (each, np.full(len(near), float(everybody)), np.ones(len(near))),
            (linked, np.full(pairs, -np.inf), np.zeros(pairs)),
        ]
        if instance.capacity is not None:
            rows.append(_capacity(instance, origins, sites, x, shape))
        cost = np.zeros(shape) if pair_cost is None else np.concatenate([np.zeros(count), pair_cost[near]])
        cost[:count] += site_cost
        return cls(instance, cost, tuple(rows), (origins, sites))

    def solved(self, clock: Clock, limits: Limits, *, more: tuple[Rows, ...] = ()) -> MilpSolution:
        """Solve, with more rows if given."""
        count, rows = len(self.given.forced), (*self.rows, *more)
        columns = len(self.cost)
        whole = np.arange(columns) < count
        if self.pairs is not None and not self.given.divided:
            whole[:] = True
        arrays = Arrays(
            cost=self.cost,
            constant=0.0,
            matrix=csr_array(vstack([_widened(row[0], columns) for row in rows])),
            row_lower=np.concatenate([row[1] for row in rows]),
            row_upper=np.concatenate([row[2] for row in rows]),
            lower=np.concatenate([self.given.forced.astype(float), np.zeros(columns - count)]),
            upper=np.ones(columns),
            integer=whole,
        )
        model = LinearModel(arrays, np.arange(columns, dtype=np.int32), limits)
        result = model.search(gap=0.0, seconds=clock.left, start=None, progress=lambda *_: None)
        if result.values is None:
            return MilpSolution(result.outcome, np.zeros(0, np.intp), None, np.inf, result.bound)
        chosen = np.flatnonzero(result.values[:count] > 0.5)
        return MilpSolution(
            result.outcome, chosen, self._shares(result.values), result.objective, result.bound
        )

    def _shares(self, values: Floats) -> Floats | None:
        if self.pairs is None:
            return None
        shares = np.zeros((len(self.given.people), len(self.given.forced)))
        shares[self.pairs] = values[len(self.given.forced) :]
        return shares


def needed(near: Bools) -> Bools:
    """Return the rows that are no larger than another: who has those served has all served."""
    rows = np.unique(near, axis=0)
    size = rows.sum(axis=1)
    rows = rows[np.argsort(size, kind="stable")]
    size = np.sort(size)
    remaining = np.ones(len(rows), bool)
    values = rows.astype(np.float32)
    for start in range(0, len(rows), 512):
        block = slice(start, start + 512)
        common = values @ values[block].T
        # row i lies within row k of the block, and comes before it
        within = (common == size[:, None]) & (
            np.arange(len(rows))[:, None] < np.arange(start, start + common.shape[1])
        )
        remaining[block] = ~within.any(axis=0)
    return rows[remaining]


def _covered(near: Bools, columns: int) -> Rows:
    """Return: every origin has a chosen site near."""
    rows = _widened(csr_array(needed(near).astype(float)), columns)
    return rows, np.ones(rows.shape[0]), np.full(rows.shape[0], np.inf)


def _of_sites(instance: LocationInstance, columns: int) -> list[Rows]:
    """Return the rows on the number of sites and on what may be chosen around a place."""
    sites = len(instance.forced)
    blocks: list[Rows] = []
    if instance.count is not None:
        ones = _widened(csr_array(np.ones((1, sites))), columns)
        blocks.append((ones, np.array([float(instance.count)]), np.array([float(instance.count)])))
    if len(instance.most):
        loads = _widened(csr_array(instance.loads), columns)
        blocks.append((loads, np.full(len(instance.most), -np.inf), instance.most))
    return blocks


def _linked(sites: Places, x: Places, columns: int) -> csr_array:
    """Return x ≤ y for every pair."""
    row = np.arange(len(x))
    values = np.concatenate([np.ones(len(x)), -np.ones(len(x))])
    places = (np.concatenate([row, row]), np.concatenate([x, sites]))
    return coo_array((values, places), shape=(len(x), columns)).tocsr()


def _capacity(instance: LocationInstance, origins: Places, sites: Places, x: Places, columns: int) -> Rows:
    """Return: people at a site ≤ its capacity, if chosen."""
    assert instance.capacity is not None
    count = len(instance.forced)
    values = np.concatenate([instance.people[origins], -instance.capacity])
    places = (np.concatenate([sites, np.arange(count)]), np.concatenate([x, np.arange(count)]))
    rows = coo_array((values, places), shape=(count, columns)).tocsr()
    return rows, np.full(count, -np.inf), np.zeros(count)


def _widened(rows: csr_array, columns: int) -> csr_array:
    """Return rows over more columns, which have no part in them."""
    return csr_array((rows.data, rows.indices, rows.indptr), shape=(rows.shape[0], columns))
