"""Branch and bound for p-median-like selections, on Lagrangian bounds.

At the root and at every node an ascent gives a bound and takes away columns that no better
choice can hold. What is left is first probed (with one column forced, is the bound already too
high?) and then branched on balls: either a row is served within a radius, or all columns within
it go. Both raise the bound, where forcing or dropping one column among many alike hardly would.
"""

import heapq
from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np

from optimiser.location.cost_matrix import Bools, CandidateCosts, Floats, Places
from optimiser.location.incumbent import Incumbent, LocationSearch
from optimiser.location.node import Part, distinct, narrowed
from optimiser.location.radius_formulation import by_radii
from optimiser.location.subgradient import Ascent, Multipliers, ascend, first_prices
from optimiser.solver.limits import Clock

ROOT_STEPS, NODE_STEPS, PROBE_STEPS, TRIAL_STEPS = 150, 150, 80, 20
"""Subgradient steps; more of them cost time and save nodes. Found by trial."""

PROBED = 600
"""Columns above which probing each one takes longer than branching."""

TRIED = 6
"""Balls that are tried before one is branched on."""


CONSIDERED = 150
"""Balls of which those are chosen."""

FAR = 1e12
"""The gain of a branch that is empty."""

NONE = np.zeros(0)


@dataclass(frozen=True)
class Node:
    """A part of the choices that may hold a better one."""

    bound: float
    part: Part
    prices: Multipliers
    often: Floats
    trail: Floats


@dataclass(frozen=True)
class Proven:
    """The best choice found, and the bound under which none costs less."""

    chosen: Places
    value: float
    bound: float
    nodes: int


def best_choice(choice: CandidateCosts, start: Places, step: float, search: LocationSearch) -> Proven:
    """Return the best choice, proven unless the clock runs out.

    Parameters
    ----------
    start
        A choice that keeps to the rules.
    step
        The least by which two choices can differ in cost; 0 where they are no whole numbers.
    """
    best = Incumbent(choice, start, step)
    best.improve(start)
    node = _root(choice, best, search.clock)
    if node is None:
        return Proven(best.chosen, best.value, best.proven_bound, 0)
    search.tell(best.value, node.bound)
    left = narrowed(choice, node.part)
    if left is not None and len(choice.most):
        # limits on loads make the prices' bound weak, and what is left small
        bound = by_radii(left[1], left[0], best, search)
        return Proven(best.chosen, best.value, min(best.value, bound), 1)
    return _branched(choice, _probed(choice, node, best, search.clock), best, search)


def _root(choice: CandidateCosts, best: Incumbent, clock: Clock) -> Node | None:
    """Bound the whole, again and again while columns keep falling away."""
    whole = Part.whole(choice).kept(distinct(choice))
    node = Node(-np.inf, whole, first_prices(choice, best.chosen), NONE, NONE)
    for sweep in range(8):
        before = len(node.part.columns)
        bounded = _bounded(choice, node, best, steps=ROOT_STEPS, first_step=0.7 if sweep == 0 else 0.3)
        if bounded is None:
            return None
        node = bounded
        if sweep < 3:
            best.improve(
                choice.packed(node.part.columns[np.argsort(-node.often, kind="stable")]), near=np.inf
            )
        if (sweep > 2 and len(node.part.columns) > 0.98 * before) or not clock.left:
            break
    return node


def _bounded(
    choice: CandidateCosts, node: Node, best: Incumbent, *, steps: int = NODE_STEPS, first_step: float = 0.5
) -> Node | None:
    """Bound a node and narrow it; None where nothing better is in it."""
    part, prices, bound = node.part, node.prices, node.bound
    for again in (False, True):
        left = narrowed(choice, part)
        if left is None:
            return None
        part, rest = left
        if len(part.columns) == choice.count:
            best.offer(part.columns)
            return None
        ascent = ascend(
            rest, prices, best.value, best.enough, steps=steps, first_step=0.2 if again else first_step
        )
        if ascent.bound > best.enough:
            return None
        best.improve(_suggested(choice, part, ascent))
        part, prices, bound = part.kept(~ascent.out, ascent.in_), ascent.prices, max(bound, ascent.bound)
        often, trail = ascent.often[~ascent.out], ascent.trail[:, ~ascent.out]
        if ascent.out.mean() < 0.15 and not ascent.in_.any():
            break
    return Node(bound, part, prices, often, trail)


def _suggested(choice: CandidateCosts, part: Part, ascent: Ascent) -> Places:
    """Return the choice that the prices make: the columns that are worth most."""
    order = np.argsort(ascent.worth, kind="stable")
    return choice.packed(np.concatenate([part.columns[part.forced], part.columns[order]]))


def _probed(choice: CandidateCosts, node: Node, best: Incumbent, clock: Clock) -> Node | None:
    """Take away the columns that, once forced, raise the bound too high; repeat while many go."""
    while choice.count < len(node.part.columns) <= PROBED and clock.left:
        before = len(node.part.columns)
        part = _sifted(choice, node, best, clock)
        bounded = _bounded(choice, replace(node, part=part), best)
        if bounded is None:
            return None
        node = bounded
        if len(node.part.columns) > 0.8 * before:
            break
    return node


def _sifted(choice: CandidateCosts, node: Node, best: Incumbent, clock: Clock) -> Part:
    """Probe columns, the rarest first, until thirty in a row have stayed."""
    part, stayed = node.part, 0
    for column in node.part.columns[np.argsort(node.often, kind="stable")]:
        place = int(np.flatnonzero(part.columns == column)[0])
        if part.forced[place]:
            continue
        forced = replace(node, part=part.with_one(place))
        if _bounded(choice, forced, best, steps=PROBE_STEPS) is None:
            part, stayed = part.kept(part.columns != column), 0
        else:
            stayed += 1
        if stayed == 30 or not clock.left:
            break
    return part


def _branched(choice: CandidateCosts, root: Node | None, best: Incumbent, search: LocationSearch) -> Proven:
    """Search the tree, the least bound first."""
    count = 0
    heap = [(root.bound, count, root)] if root is not None else []
    while heap and heap[0][0] <= best.enough:
        search.tell(best.value, heap[0][0])
        if not search.clock.left:
            return Proven(best.chosen, best.value, heap[0][0], count)
        _, _, node = heapq.heappop(heap)
        for child in _children(choice, node, best):
            bounded = _bounded(choice, child, best)
            if bounded is not None:
                count += 1
                heapq.heappush(heap, (bounded.bound, count, bounded))
    return Proven(best.chosen, best.value, best.proven_bound, count)


def _children(choice: CandidateCosts, node: Node, best: Incumbent) -> Iterator[Node]:
    """Split a node on the ball that raises the lesser of both bounds most."""
    left = narrowed(choice, node.part)
    if left is None:
        return
    part, rest = left
    if len(part.columns) == choice.count:
        best.offer(part.columns)
        return
    if len(part.columns) != len(node.often):
        # something followed: bound it anew before it is split
        yield replace(node, part=part)
        return
    rows, radii = _promising(rest, node)
    if not len(rows):
        # every row pays the same wherever it goes, so only the limits on loads are left to settle
        best.improve(choice.packed(part.columns), near=np.inf)
        column = int(np.flatnonzero(~part.forced)[0])
        yield replace(node, part=part.with_one(column))
        yield replace(node, part=part.kept(np.arange(len(part.columns)) != column))
        return
    row, radius = _telling(rest, rows, radii, node, best)
    yield replace(node, part=part.within_ball(row, radius))
    yield replace(node, part=part.kept(rest.costs[row] > radius))


def _telling(
    rest: CandidateCosts, rows: Places, radii: Floats, node: Node, best: Incumbent
) -> tuple[int, float]:
    """Return the row and radius to branch on: of some balls, the one whose lesser gain is largest."""
    if len(rows) == 1:
        return int(rows[0]), float(radii[0])
    scores = []
    for row, radius in zip(rows, radii, strict=True):
        inside = rest.costs[row] <= radius
        costs = rest.costs.copy()
        costs[row, ~inside] = np.inf
        one = CandidateCosts(costs, rest.count, rest.forced, rest.loads, rest.most)
        two = rest.part(np.flatnonzero(~inside), rest.forced[~inside])
        gains = sorted(_gain(part, node, best) for part in (one, two))
        scores.append(gains[0] + 0.2 * gains[1])
    first = int(np.argmax(scores))
    return int(rows[first]), float(radii[first])


def _gain(part: CandidateCosts, node: Node, best: Incumbent) -> float:
    """Return how much a few steps raise the bound of a part, at most to where it can be dropped."""
    most = best.enough - node.bound
    if part.costs.shape[1] <= part.count or part.free < 0:
        return most
    ascent = ascend(part, node.prices, best.value, best.enough, steps=TRIAL_STEPS, first_step=0.4)
    return min(most, max(0.0, ascent.bound - node.bound))


def _promising(rest: CandidateCosts, node: Node) -> tuple[Places, Floats]:
    """Return the rows and radii of a few balls: those that promise most among all that come near halving."""
    rows, radii = _halved(rest.costs, node.often)
    if len(rows) <= 1 or not len(node.trail):
        return rows[:1], radii[:1]
    inside = rest.costs[rows] <= radii[:, None]
    gains = _foreseen(rest, node.trail, inside)
    order = np.argsort(-gains.min(axis=0) - 0.2 * gains.max(axis=0), kind="stable")[:TRIED]
    return rows[order], radii[order]


def _foreseen(rest: CandidateCosts, trail: Floats, inside: Bools) -> Floats:
    """Return (branch, ball) how much the bound rises, at the last prices, if the ball is used or goes."""
    free = ~rest.forced
    value, balls = trail[:, free], inside[:, free]
    count = rest.free
    order = np.argpartition(value, count - 1, axis=1)[:, :count]
    best = np.take_along_axis(value, order, axis=1)
    without = np.where(balls[:, None, :], np.inf, value)
    gone = np.sort(np.partition(without, count - 1, axis=2)[:, :, :count], axis=2).sum(axis=2) - best.sum(
        axis=1
    )
    nearest = np.where(balls[:, None, :], value, np.inf).min(axis=2)
    used = np.maximum(0.0, nearest - best.max(axis=1))
    held = inside[:, rest.forced].any(axis=1)
    used[held] = 0.0
    gone = np.where(held[:, None] | ~np.isfinite(gone), FAR, gone)
    return np.stack([used.mean(axis=1), gone.mean(axis=1)])


def _halved(costs: Floats, often: Floats) -> tuple[Places, Floats]:
    """Return rows and radii of different balls that come near to halving the relaxation, evenest first."""
    rows = np.arange(len(costs))
    order = np.argsort(costs, axis=1, kind="stable")
    radii = np.take_along_axis(costs, order, axis=1)
    inside = np.cumsum(often[order], axis=1)
    whole = np.zeros(radii.shape, bool)
    # a ball ends where the next cost is really larger, and is never all there is
    whole[:, :-1] = (radii[:, :-1] < radii[:, 1:]) & np.isfinite(radii[:, 1:])
    evenness = np.where(whole, np.minimum(inside, 1 - inside), -1.0)
    at = evenness.argmax(axis=1)
    halves, radii = evenness[rows, at], radii[rows, at]
    some = _different(costs <= radii[:, None], np.argsort(-halves, kind="stable"), halves)
    return some, radii[some]


def _different(balls: Bools, order: Places, halves: Floats) -> Places:
    """Return rows of different balls among the most even."""
    seen, distinct = set[bytes](), list[int]()
    for row in order:
        if halves[row] < max(0.0, 0.5 * halves[order[0]]):
            break
        key = balls[row].tobytes()
        if key not in seen:
            seen.add(key)
            distinct.append(int(row))
    return np.array(distinct[:CONSIDERED], dtype=np.intp)
