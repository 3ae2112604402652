"""From settled sites to a plan: integer decisions, homes per neighbourhood, then everybody by block.

The people of a few neighbourhoods, the homes there and what the region has in common (slacks) form a block.
A block is solved with all others fixed: what they use of places and homes is taken off its rows' limits.
From a feasible assignment each solve is feasible and never worse, so a sweep may stop at any time.
"""

import logging
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Self

import numpy as np
from numpy.typing import NDArray
from scipy.cluster.hierarchy import fcluster, linkage
from scipy.sparse import csc_array, csr_array, eye_array, hstack

from optimiser.model.model import Arrays, Floats, Model
from optimiser.model.variables import column_ids
from optimiser.problem import Problem
from optimiser.search.assignment import Pairs, cleaned
from optimiser.search.relaxation import Relaxation, groups_of_rows
from optimiser.search.rounding import whole_homes
from optimiser.solver.highs import LinearModel
from optimiser.solver.limits import Clock, Limits

logger = logging.getLogger(__name__)

type Indices = NDArray[np.int32]

BREACH = 3e6
"""Objective units per unit of a shared row that a block may not keep while others still have to move."""

PAIRS, MORE_PAIRS = 14, 25
"""Pairs per origin, tier and year among which people choose, the best at the prices; more in a sweep."""

PASSES = 3
"""How often all blocks are solved until every row holds."""

FEASIBLE = 1e-6
"""Violation of a row below which it holds."""


@dataclass(frozen=True)
class Blocks:
    """The columns of each block of neighbourhoods.

    `owner` (column) is the number of the block, −1 for continuous decisions of the whole region and −2 for
    integer ones.
    """

    model: Model
    owner: NDArray[np.int64]
    count: int
    by_column: csc_array
    limits: Limits
    clock: Clock

    @classmethod
    def of(cls, model: Model, block: Mapping[str, int], limits: Limits, clock: Clock) -> Self:
        """Divide the continuous columns of a model over blocks of neighbourhoods."""
        x = model.decisions
        owner = np.where(model.arrays.integer, -2, -1).astype(np.int64)
        for family in (x.clients, x.entered, x.left, x.waiting, x.housed, x.homes, x.kept_homes):
            for at, variable in family.items():
                owner[variable.id] = block[at[0]]
        return cls(model, owner, len(set(block.values())), csc_array(model.arrays.matrix), limits, clock)

    def first(self, start: Floats, parts: Floats, prices: Floats) -> Floats | None:
        """Return (column) an assignment, smallest block first; None where none was found.

        Parameters
        ----------
        start
            (column) the integer decisions, and those of the region as they are to begin with.
        parts
            (block, row) what each is to use of every row until it is solved.
        """
        taking_part = self.taking_part(start, prices, PAIRS)
        values, parts = start.copy(), parts.copy()
        values[self.owner >= 0] = 0.0
        order = np.argsort([np.count_nonzero(self.owner == n) for n in range(self.count)], kind="stable")
        for number in range(PASSES):
            for block in order:
                if self.clock.left <= 0.0:
                    return None
                if not self._solve(values, parts, [int(block)], taking_part, elastic=True):
                    return None
            values = cleaned(self.model.arrays, values)
            off = self.violation(values)
            logger.info("%.1f s: pass %d, violation %.2g", self.clock.seconds, number, off)
            if off <= FEASIBLE:
                return values
        return None

    def sweep(self, values: Floats, prices: Floats, groups: Iterable[list[int]]) -> Floats:
        """Return (column) a feasible assignment made better, a group of blocks at a time."""
        taking_part = self.taking_part(values, prices, MORE_PAIRS)
        better, parts = values.copy(), self.parts(values)
        for group in groups:
            if self.clock.left <= 0.0:
                break
            self._solve(better, parts, group, taking_part, elastic=False)
        better = cleaned(self.model.arrays, better)
        return better if self.violation(better) <= FEASIBLE else values

    def parts(self, values: Floats) -> Floats:
        """Return (block, row) what each uses of every row."""
        used = []
        for n in range(self.count):
            columns = np.flatnonzero(self.owner == n)
            used.append(self.by_column[:, columns] @ values[columns])
        return np.array(used)

    def violation(self, values: Floats) -> float:
        """Return by how much the worst row is violated."""
        arrays = self.model.arrays
        used = arrays.matrix @ values
        return float(max((arrays.row_lower - used).max(), (used - arrays.row_upper).max(), 0.0))

    def taking_part(self, values: Floats, prices: Floats, count: int) -> NDArray[np.bool_]:
        """Return (column) whether people may choose it: the best pairs with places, and those in use."""
        pairs = Pairs.of(self.model)
        arrays = without_closed_sites(self.model, values)
        chosen = pairs.best(arrays, prices, count)
        housed = np.zeros(len(values), dtype=bool)
        housed[pairs.columns.ravel()] = True
        used: NDArray[np.bool_] = ~housed | chosen | (values > 0.0)
        return used

    def _solve(
        self,
        values: Floats,
        parts: Floats,
        group: list[int],
        taking_part: NDArray[np.bool_],
        *,
        elastic: bool,
    ) -> bool:
        """Solve a group of blocks in place, all others fixed; False where it has no solution."""
        arrays = self.model.arrays
        own = np.isin(self.owner, group) & taking_part
        columns = np.flatnonzero(own | (self.owner == -1)).astype(np.int32)
        touched = self.by_column[:, columns]
        rows = np.unique(touched.indices)
        block = csr_array(csr_array(touched)[rows])
        fixed = self._fixed(values)[rows] + parts.sum(axis=0)[rows] - parts[group].sum(axis=0)[rows]
        lower, upper = arrays.row_lower[rows] - fixed, arrays.row_upper[rows] - fixed
        if not elastic:
            now = block @ values[columns]
            lower, upper = np.minimum(lower, now), np.maximum(upper, now)
        whole = Arrays(
            arrays.cost[columns], 0.0, block, lower, upper, arrays.lower[columns], arrays.upper[columns],
            np.zeros(len(columns), dtype=bool),
        )  # fmt: skip
        shared = np.flatnonzero(self._shared[rows])
        if elastic:
            whole = _elastic(whole, shared)
        program = LinearModel(whole, np.arange(len(whole.cost), dtype=np.int32), self.limits)
        solution = program.relax(interior=True, crossover=False, seconds=self.clock.left)
        if solution.outcome == "stopped" and self.clock.left > 0.0:
            solution = program.relax(seconds=self.clock.left)
        if solution.values is None or solution.outcome != "optimal":
            return False
        values[np.isin(self.owner, group)] = 0.0
        values[columns] = solution.values[: len(columns)]
        for n in group:
            mine = np.flatnonzero(self.owner == n)
            parts[n] = self.by_column[:, mine] @ values[mine]
        return True

    def _fixed(self, values: Floats) -> Floats:
        """Return (row) what the integer decisions use."""
        whole = np.flatnonzero(self.owner == -2)
        used: Floats = self.by_column[:, whole] @ values[whole]
        return used

    @cached_property
    def _shared(self) -> NDArray[np.bool_]:
        """Return (row) whether more than one block, or the region, has a part in it."""
        entries = self.model.arrays.matrix.tocoo()
        owners = self.owner[entries.col]
        most = np.full(entries.shape[0], -3)
        least = np.full(entries.shape[0], self.count)
        np.maximum.at(most, entries.row, owners)
        np.minimum.at(least, entries.row, owners)
        shared: NDArray[np.bool_] = (most != least) | (most < 0)
        return shared


def _elastic(arrays: Arrays, rows: NDArray[np.int64]) -> Arrays:
    """Return arrays in which some rows may be missed, above or below, at a price that is all that counts."""
    count = len(arrays.row_lower)
    pick = eye_array(count, format="csc")[:, rows]
    more = arrays.with_columns(np.full(2 * len(rows), BREACH), np.full(2 * len(rows), np.inf))
    return replace(more, matrix=csr_array(hstack([arrays.matrix, pick, -pick])))


def without_closed_sites(model: Model, values: Floats) -> Arrays:
    """Return the arrays of a model with nobody housed where there are no places."""
    x, upper = model.decisions, model.arrays.upper.copy()
    for (_, at, k, t), housed in x.housed.items():
        if (at, k, t) in x.places and not values[x.places[at, k, t].id]:
            upper[housed.id] = 0.0
    return replace(model.arrays, upper=upper)


WITHIN_M, FEW = 15_000.0, 25
"""Metres across a cluster in the middle model, and neighbourhoods up to which each is one."""

INTEGER_GAP, NODES = 3e-3, 500
"""Gap (share) and nodes at which the search for integer decisions on the small model ends."""

UNCHANGED = 1e-3
"""Distance from how a site runs today within which the relaxation leaves it as it is."""

MARGIN = 0.5
"""Places by which rows on places and people are kept, since people shift a little after rounding."""

CHOICES = 30
"""Locations per cluster, tier and year in the middle model when sites are settled: the best at the prices."""

BLOCK = 12
"""Neighbourhoods of a block, unless a cluster has more."""

NEIGHBOURS = 2
"""Blocks that are assigned again together with one, those nearest to it."""


class Construction:
    """Plans of a model from decisions of the small one.

    The middle model keeps homes, and clusters of neighbourhoods within a municipality, apart: it gives the
    homes of every neighbourhood and the part of each municipality in every place and home.
    """

    def __init__(self, relaxation: Relaxation, limits: Limits, clock: Clock) -> None:
        self.relaxation, self.limits, self.clock = relaxation, limits, clock
        self.model: Model = relaxation.model

    @cached_property
    def blocks(self) -> Blocks:
        """Neighbourhoods in blocks."""
        return Blocks.of(self.model, blocks_of(self.model.problem), self.limits, self.clock)

    @cached_property
    def middle(self) -> Relaxation:
        """The middle model."""
        row_of = groups_of_rows(self.model, clusters(self.model.problem), homes_apart=True)
        return Relaxation.of(self.model, self.limits, self.clock, row_of)

    @cached_property
    def site_columns(self) -> NDArray[np.int32]:
        """The integer columns but those of new homes."""
        integer = self.model.arrays.integer.copy()
        integer[column_ids(self.model.decisions.new_homes)] = False
        return np.flatnonzero(integer).astype(np.int32)

    def integers(
        self,
        runs: Floats,
        free: NDArray[np.bool_] | None = None,
        *,
        seconds: float = np.inf,
        nodes: int = NODES,
        start: Floats | None = None,
    ) -> Floats | None:
        """Return (small column) the best integer decisions of the small model.

        Sites run as given (site and tier, year), but for those that are free.
        """
        small, sites = self.relaxation.small, self.relaxation.sites
        lower, upper = small.lower.copy(), small.upper.copy()
        kept = slice(None) if free is None else ~free
        lower[sites.operating[kept]] = upper[sites.operating[kept]] = runs[kept]
        arrays = replace(small, lower=lower, upper=upper, row_upper=small.row_upper - self._margin)
        program = LinearModel(arrays, np.arange(len(small.cost), dtype=np.int32), self.limits)
        solution = program.search(
            gap=INTEGER_GAP,
            seconds=min(seconds, self.clock.left),
            start=start,
            progress=lambda *_: None,
            nodes=nodes,
        )
        logger.info(
            "%.1f s: integers %.0f, bound %.0f", self.clock.seconds, solution.objective, solution.bound
        )
        return solution.values

    def integers_near(self, use: Floats, *, seconds: float = np.inf) -> Floats | None:
        """Return integer decisions of which sites keep what the relaxation leaves as it is today."""
        base = (self.relaxation.sites.base > 0).astype(float)
        free = (np.abs(use - base[:, None]) > UNCHANGED).any(axis=1)
        logger.info("%d of %d free", free.sum(), len(free))
        return self.integers(np.broadcast_to(base[:, None], use.shape), free, seconds=seconds)

    @cached_property
    def _margin(self) -> Floats:
        """What rows at most on both places and people are kept short of their limit."""
        arrays, structure = self.relaxation.small, self.relaxation.structure
        of_sites, of_people = np.zeros(len(arrays.cost)), np.zeros(len(arrays.cost))
        of_sites[structure.column_of[self.site_columns]] = 1.0
        x = self.model.decisions
        of_people[structure.column_of[column_ids(x.clients, x.waiting)]] = 1.0
        both = (abs(arrays.matrix) @ of_sites > 0.0) & (abs(arrays.matrix) @ of_people > 0.0)
        margin: Floats = np.where(both & np.isfinite(arrays.row_upper), MARGIN, 0.0)
        margin[np.isfinite(arrays.row_lower)] = 0.0
        return margin

    def plan(self, decided: Floats, prices: Floats) -> tuple[Floats, Floats] | None:
        """Return (column) a plan with given decisions, and (row) the prices it was made at."""
        middle, model = self.middle, self.model
        values = np.zeros(len(model.arrays.cost))
        sites = self.site_columns
        values[sites] = decided[self.relaxation.structure.column_of[sites]].round()
        middle.reprice(prices)
        place = middle.structure.column_of[sites]
        middle.program.set_bounds(place, values[sites], values[sites])
        far = middle.beyond_best(without_closed_sites(model, values), CHOICES)
        middle.program.set_bounds(far, np.zeros(len(far)), np.zeros(len(far)))
        solution = middle.program.relax(interior=True, crossover=False, seconds=self.clock.left)
        if solution.values is None or solution.duals is None:
            return None
        logger.info("%.1f s: middle model %.0f", self.clock.seconds, solution.objective)
        homes, count = whole_homes(model, self._representatives(solution.values))
        values[homes] = count
        at_home = middle.structure.column_of[homes]
        middle.program.set_bounds(at_home, count, count)
        solution = middle.program.relax(interior=True, crossover=False, seconds=self.clock.left)
        for columns in (at_home, far):
            middle.program.set_bounds(columns, middle.small.lower[columns], middle.small.upper[columns])
        if solution.values is None or solution.duals is None:
            return None
        logger.info("%.1f s: with whole homes %.0f", self.clock.seconds, solution.objective)
        regional = self.blocks.owner == -1
        values[regional] = self._representatives(solution.values)[regional]
        new_prices = middle.prices(solution)
        logger.info("%.1f s: prices", self.clock.seconds)
        assigned = self.blocks.first(values, self._parts(solution.values), new_prices)
        return None if assigned is None else (assigned, new_prices)

    def prices_of_relaxation(self, prices: Floats) -> Floats | None:
        """Return (row) the prices of the middle model with nothing settled, None where time ran out."""
        middle, sites = self.middle, self.site_columns
        middle.reprice(prices)
        place = middle.structure.column_of[sites]
        middle.program.set_bounds(place, middle.small.lower[place], middle.small.upper[place])
        solution = middle.take_bound(interior=True, crossover=False)
        return middle.prices(solution) if solution.outcome == "optimal" else None

    def sweep(self, values: Floats, prices: Floats) -> Floats:
        """Return a plan made better by assigning neighbouring municipalities again."""
        return self.blocks.sweep(
            values, prices, neighbouring(self.model.problem, blocks_of(self.model.problem))
        )

    def _representatives(self, values: Floats) -> Floats:
        """Return (column) the values of the middle model, each at the first column that it stands for."""
        structure = self.middle.structure
        whole = np.zeros(len(self.model.arrays.cost))
        whole[structure.order[structure.starts]] = values
        return whole

    def _parts(self, values: Floats) -> Floats:
        """Return (municipality, row) what each uses of the rows that stay alone in the middle model."""
        structure = self.middle.structure
        owner = self.blocks.owner[structure.order[structure.starts]]
        alone = np.bincount(structure.row_of)[structure.row_of] == 1
        used = [
            np.where(alone, (structure.matrix @ np.where(owner == n, values, 0.0))[structure.row_of], 0.0)
            for n in range(self.blocks.count)
        ]
        return np.array(used)


def clusters(problem: Problem) -> dict[str, str]:
    """Return neighbourhood → its cluster: those of a municipality that lie near each other."""
    codes, town = list(problem.areas), problem.municipality_of
    spot = problem.neighbourhoods[["x", "y"]].to_numpy(dtype=float)
    if len(codes) <= FEW or not np.isfinite(spot).all():
        return {code: code for code in codes}
    near = fcluster(linkage(spot, "complete"), WITHIN_M, "distance")
    return {code: f"{town[code]} {near[n]}" for n, code in enumerate(codes)}


def blocks_of(problem: Problem) -> dict[str, int]:
    """Return neighbourhood → its block: clusters of one municipality, few neighbourhoods each."""
    inside: dict[tuple[str, str], list[str]] = {}
    for code, cluster in clusters(problem).items():
        inside.setdefault((problem.municipality_of[code], cluster), []).append(code)
    block: dict[str, int] = {}
    number, count, last = -1, 0, None
    for (town, _), codes in sorted(inside.items()):
        if town != last or count + len(codes) > BLOCK:
            number, count, last = number + 1, 0, town
        count += len(codes)
        block |= dict.fromkeys(codes, number)
    return block


def neighbouring(problem: Problem, block: dict[str, int]) -> list[list[int]]:
    """Return for each block its number and those of the nearest others."""
    spots = problem.neighbourhoods[["x", "y"]].astype(float)
    at = spots.groupby([block[str(j)] for j in spots.index]).mean().sort_index().to_numpy()
    apart = np.nan_to_num(np.hypot(*(at[:, None, :] - at[None, :, :]).transpose(2, 0, 1)), nan=np.inf)
    groups = {
        tuple(sorted(map(int, row[: NEIGHBOURS + 1]))) for row in np.argsort(apart, axis=1, kind="stable")
    }
    return [list(group) for group in sorted(groups)]
