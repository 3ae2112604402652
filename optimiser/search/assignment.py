"""Assignment of clients with the integer decisions fixed: a linear programme.

In a large model everybody chooses among good pairs only. What people do in a smaller model points at them:
clients as they are there are housed anew a part at a time, in small transport problems.
"""

import logging
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, fields, replace
from typing import NamedTuple, Self

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csc_array, csr_array, hstack

from optimiser.model.model import Arrays, Floats, Model
from optimiser.model.variables import Decisions, column_ids
from optimiser.search.aggregation import aggregate
from optimiser.search.reduced_model import SMALL, Guide, nearest, pair_columns
from optimiser.search.rounding import whole_homes
from optimiser.solver.highs import Columns, LinearModel
from optimiser.solver.limits import Clock, Limits

logger = logging.getLogger(__name__)

BEST, NEAREST, MORE = 14, 4, 6
"""Pairs per origin, tier and year among which everybody is housed anew: those that look best and those
that are nearest; and how many more at a time where more would pay."""

STILL_BEST, STILL_NEAREST = 3, 2
"""The same for the choice of everybody at once, beside the pairs at which clients were housed anew."""

ROUNDS = 3
"""Rounds in which pairs that would pay are added; as many again while a hard rule is broken."""

WORTHWHILE = 0.1
"""Share of the objective that pairs left out would bring, one person each, before it is solved again."""

BREACH_PRICE = 1e6
"""Points per unit by which a hard rule on people may be broken while good pairs are still looked for: the
last thing that is chosen, so that there is an answer, and prices say which pairs keep the rule."""

UNBROKEN = 1e-5
"""Breach of all rules together that is dust: a tenth of what the check lets each rule be off."""

LIVED_IN = 1e-9
"""Clients at a pair that count as such, and not as dust of an interior point."""

OF_TIERS = ("residents", "relocated", "natural_leavers", "asked_moves", "priced_relocations")
"""Families on the people at sites, whose label ends in tier and year."""

type Part = tuple[str, str]
"""A tier, or a municipality with the homes in it; the other of the two is empty."""

DO_NOTHING_WITHIN_M = 8_000.0
"""Metres across a group of origins when homes are brought to whole numbers for the reference."""


@dataclass(frozen=True)
class _PartColumns:
    """The pairs of a part, and what else is decided with them."""

    pairs: Columns
    other: Columns


def people_follow(
    model: Model, columns: Columns, values: Floats, guide: Guide | None, limits: Limits, clock: Clock
) -> Floats | None:
    """Return (column) the best that people can do where the given whole decisions stand.

    What is returned is a plan; in a large model pairs that would hardly pay may be left out of the choice.
    None where nothing was found in time.
    """
    followed = nearly_followed(model, columns, values, guide, limits, clock)
    return None if followed is None or followed.broken > UNBROKEN else followed.values


class Followed(NamedTuple):
    """Choices of people (column), and the sum of what they break of hard rules (units of each)."""

    values: Floats
    broken: float


def nearly_followed(
    model: Model, columns: Columns, values: Floats, guide: Guide | None, limits: Limits, clock: Clock
) -> Followed | None:
    """Return the best that people can do as `people_follow` does, or what breaks hard rules the least."""
    arrays = with_fixed(model, columns, values)
    if len(arrays.cost) <= SMALL:
        solution = LinearModel(arrays, _possible(arrays), limits).relax(seconds=clock.left)
        return None if solution.values is None else Followed(cleaned(model.arrays, solution.values), 0.0)
    pairs = _Pairs.of(model)
    taking_part = _good_pairs(model, arrays, pairs, guide, limits, clock)
    breakable, count = _breakable(model, arrays), len(arrays.cost)
    found: Followed | None = None
    for number in range(2 * ROUNDS):
        if found is not None and found.broken <= UNBROKEN and number >= ROUNDS:
            break
        breaches = np.ones(len(breakable.cost) - count, dtype=bool)
        program = LinearModel(breakable, _possible(breakable, np.append(taking_part, breaches)), limits)
        # without corners: a vertex would take several times as long and is no better a plan
        solution = program.relax(interior=True, crossover=False, seconds=clock.left)
        if solution.values is None or solution.duals is None:
            break
        broken = float(solution.values[count:].sum())
        if found is None or broken <= max(UNBROKEN, found.broken):
            found = Followed(cleaned(model.arrays, solution.values[:count]), broken)
        reduced = arrays.cost - arrays.matrix.T @ solution.duals
        left_out = ~taking_part & (reduced < 0.0) & (arrays.upper > 0.0)
        promised = -float(reduced[left_out].sum())
        logger.info(
            "%.1f s: %.0f, %.3g broken, pairs left out promise %.0f",
            clock.seconds, solution.objective, broken, promised,
        )  # fmt: skip
        # where a hard rule is broken, pairs are worth while that may pay for it
        helps = broken > UNBROKEN and promised > BREACH_PRICE * broken
        if promised < WORTHWHILE * abs(solution.objective) and not helps:
            break
        taking_part |= left_out & (pairs.best(arrays, solution.duals, MORE) if broken <= UNBROKEN else True)
    return found


def _good_pairs(
    model: Model, arrays: Arrays, pairs: "_Pairs", guide: Guide | None, limits: Limits, clock: Clock
) -> NDArray[np.bool_]:
    """Return (column) whether it takes part in the choice of everybody: of the pairs those that look good."""
    if guide is None:
        return nearest(model, NEAREST, NEAREST)
    among = (
        nearest(model, NEAREST, NEAREST) | pairs.best(arrays, guide.prices, BEST) | (guide.values > LIVED_IN)
    )
    anew = housed_anew(model, arrays, np.clip(guide.values, arrays.lower, arrays.upper), among, limits, clock)
    good = nearest(model, STILL_NEAREST, STILL_NEAREST) | pairs.best(arrays, guide.prices, STILL_BEST)
    taking_part: NDArray[np.bool_] = good | (anew > LIVED_IN)
    return taking_part


def housed_anew(
    model: Model, arrays: Arrays, values: Floats, taking_part: NDArray[np.bool_], limits: Limits, clock: Clock
) -> Floats:
    """Return (column) values in which clients are housed at the pairs (column) that take part.

    How many clients each origin has per tier and year stays as in `values`, and so does all that is fixed
    in `arrays`; the sites of one tier, or the homes of one municipality, are shared out at a time, while
    all others stand. Rows may be broken in what is returned: it says which pairs are good, and is no plan.
    """
    by_column = arrays.matrix.tocsc()
    for part in _parts(model):
        if clock.left <= 0.0:
            break
        values = _shared_out(arrays, by_column, values, part, taking_part, limits, clock)
    return values


def parts_of(model: Model) -> int:
    """Return how many parts clients are housed anew in: none in a small model, where all choose at once."""
    small = len(model.arrays.cost) <= SMALL
    return 0 if small else len(model.problem.facility_tiers) + len(model.problem.towns)


def _parts(model: Model) -> Iterator[_PartColumns]:
    """Generate the sites of each tier, then the homes of each municipality, the smallest first."""
    x, problem = model.decisions, model.problem
    at_home, town = set(problem.home_tiers), problem.municipality_of
    pairs, other = defaultdict[Part, list[int]](list), defaultdict[Part, list[int]](list)
    for (_, location, k, _), housed in x.housed.items():
        pairs[("", town[location]) if k in at_home else (k, "")].append(housed.id)
    for family in (x.homes, x.kept_homes):
        for (j, *_), homes in family.items():
            other["", town[j]].append(homes.id)
    for name in OF_TIERS:
        for at, people in x.family(name).items():
            other[at[-2], ""].append(people.id)
    shared = _slack(x)
    for part in sorted(pairs, key=lambda part: (part[0] == "", len(pairs[part]))):
        with_all = np.concatenate([np.array(other[part], dtype=np.int32), shared])
        yield _PartColumns(np.array(pairs[part], dtype=np.int32), with_all)


def _slack(x: Decisions) -> Columns:
    """Return the columns that are neither people nor homes: what rows are off by, and what is fixed."""
    named = {"clients", "entered", "left", "waiting", "housed", "homes", "kept_homes", *OF_TIERS}
    return column_ids(*(x.family(field.name) for field in fields(x) if field.name not in named))


def _shared_out(
    arrays: Arrays,
    by_column: csc_array,
    values: Floats,
    part: _PartColumns,
    taking_part: NDArray[np.bool_],
    limits: Limits,
    clock: Clock,
) -> Floats:
    """Return values with one part shared out anew; as they were where that has no answer in time."""
    columns = np.concatenate([part.pairs[taking_part[part.pairs]], part.other])
    columns = np.unique(columns[arrays.upper[columns] > arrays.lower[columns]]).astype(np.int32)
    stands = values.copy()
    stands[part.pairs] = stands[columns] = 0.0
    of_part = by_column[:, columns]
    rows = np.unique(of_part.indices)
    rest = arrays.matrix[rows] @ stands
    smaller = _of_part(arrays, columns, csr_array(of_part.tocsr()[rows]), rows, rest)
    every = smaller.columns
    solution = LinearModel(smaller, every, limits).relax(interior=True, crossover=False, seconds=clock.left)
    if solution.values is None:
        return values
    stands[columns] = np.clip(solution.values[: len(columns)], arrays.lower[columns], arrays.upper[columns])
    return stands


def _of_part(
    arrays: Arrays, columns: Columns, matrix: csr_array, rows: NDArray[np.int32], rest: Floats
) -> Arrays:
    """Return the arrays of some columns and rows, less what the others add up to; each row may be broken."""
    lower, upper = arrays.row_lower[rows] - rest, arrays.row_upper[rows] - rest
    short, over = np.flatnonzero(np.isfinite(lower)), np.flatnonzero(np.isfinite(upper))
    count = len(short) + len(over)
    return Arrays(
        cost=np.concatenate([arrays.cost[columns], np.full(count, BREACH_PRICE)]),
        constant=0.0,
        matrix=csr_array(hstack([matrix, _breaches(short, over, len(rows))])),
        row_lower=lower,
        row_upper=upper,
        lower=np.concatenate([arrays.lower[columns], np.zeros(count)]),
        upper=np.concatenate([arrays.upper[columns], np.full(count, np.inf)]),
        integer=np.zeros(len(columns) + count, dtype=bool),
    )


def _breakable(model: Model, arrays: Arrays) -> Arrays:
    """Return arrays in which hard rules on people may be broken, at a price that makes it the last choice.

    With few pairs, or the places and homes that stand, they may be impossible to keep, which the solver
    takes long to find out and after which it names no pair that would help.
    """
    x = model.decisions
    speaks = arrays.speaks_of(column_ids(x.clients, x.left, x.waiting, x.housed))
    policy = np.array([rule.kind != "core" for rule, _ in model.rows])
    at_least = np.flatnonzero(speaks & policy & ~np.isfinite(arrays.row_upper))
    at_most = np.flatnonzero(speaks & policy & ~np.isfinite(arrays.row_lower))
    count = len(at_least) + len(at_most)
    breaches = _breaches(at_least, at_most, len(arrays.row_lower))
    return replace(
        arrays.with_columns(np.full(count, BREACH_PRICE), np.full(count, np.inf)),
        matrix=csr_array(hstack([arrays.matrix, breaches])),
    )


def _breaches(short: NDArray[np.intp], over: NDArray[np.intp], rows: int) -> csr_array:
    """Return (row, breach) what a row is short of at least, then what another has over at most."""
    signs = np.concatenate([np.ones(len(short)), -np.ones(len(over))])
    at = (np.concatenate([short, over]), np.arange(len(signs)))
    return csr_array((signs, at), shape=(rows, len(signs)))


def do_nothing(model: Model, limits: Limits) -> Floats:
    """Return (column) the base carried on: places stay as they are, offered homes used where they help."""
    x, problem = model.decisions, model.problem
    still = column_ids(x.added, x.removed, x.converted, x.grows, x.closing)
    places = np.array([float(problem.base_places[s, k]) for s, k, _ in x.places])
    columns = np.concatenate([still, column_ids(x.operating), column_ids(x.places)])
    stays = np.concatenate([np.zeros(len(still)), np.sign(places), places])
    homes, given, guide = _homes_that_help(model, columns, stays, limits)
    columns, stays = np.concatenate([columns, homes]), np.concatenate([stays, given])
    followed = people_follow(model, columns, stays, guide, limits, Clock(limits))
    if followed is None:
        raise ValueError("Expected the base year to be possible: its places and homes carry on.")
    return followed


def _homes_that_help(
    model: Model, columns: Columns, stays: Floats, limits: Limits
) -> tuple[Columns, Floats, Guide | None]:
    """Return whole homes where the given decisions stand, and what people do with them."""
    small = aggregate(model, DO_NOTHING_WITHIN_M)
    place, total = small.total(columns, stays)
    program = LinearModel(small.arrays, small.arrays.columns, limits)
    program.set_bounds(place, total, total)
    solution = program.relax(interior=True, crossover=False)
    if solution.values is None:
        raise ValueError("Expected the base year to be possible: its places and homes carry on.")
    lived = small.expand @ solution.values
    homes, given = whole_homes(model, lived)
    return homes, given, None if solution.duals is None else Guide(lived, solution.duals[small.row_of])


def with_fixed(model: Model, columns: Columns, values: Floats) -> Arrays:
    """Return the arrays of a model with columns fixed, and nobody housed where there are no places."""
    lower, upper = model.arrays.lower.copy(), model.arrays.upper.copy()
    lower[columns] = upper[columns] = values
    x = model.decisions
    closed = [
        housed.id
        for (_, at, k, t), housed in x.housed.items()
        if (at, k, t) in x.places and not upper[x.places[at, k, t].id]
    ]
    upper[np.array(closed, dtype=np.int32)] = 0.0
    return replace(model.arrays, lower=lower, upper=upper)


def cleaned(arrays: Arrays, values: Floats) -> Floats:
    """Return values without the solver's dust: whole numbers whole, nothing outside its bounds."""
    whole = np.where(arrays.integer, values.round(), values)
    return np.clip(np.where(np.abs(whole) < 1e-11, 0.0, whole), arrays.lower, arrays.upper)


def netted(model: Model, values: Floats) -> Floats:
    """Return values without what is done and undone at once, which a plan with a wide gap may have.

    Places added and removed in a year, and people who enter and leave a tier: all rows hold without.
    """
    x, net = model.decisions, values.copy()
    # those who leave a site count in `residents_stay`: there both stay as they are
    stay = model.problem.policies.residents_stay.mode != "off"
    counted = set(model.problem.resident_tiers) if stay else set()
    moves = {at: made for at, made in x.entered.items() if at[2] not in counted}
    for one, other in ((x.added, x.removed), (moves, x.left)):
        both = [(made.id, other[at].id) for at, made in one.items()]
        first, second = np.array(both, dtype=np.int32).reshape(-1, 2).T
        least = np.minimum(values[first], values[second])
        net[first] -= least
        net[second] -= least
    return net


def _possible(arrays: Arrays, taking_part: NDArray[np.bool_] | None = None) -> Columns:
    """Return the columns that may be more than nothing."""
    possible = arrays.upper > 0.0
    return np.flatnonzero(possible if taking_part is None else possible & taking_part).astype(np.int32)


@dataclass(frozen=True)
class _Pairs:
    """The columns of `housed`: (pair, year), and for each pair the number of its origin and tier."""

    columns: Columns
    chooser: NDArray[np.int64]

    @classmethod
    def of(cls, model: Model) -> Self:
        pairs = model.problem.pairs.reset_index()
        chooser = pairs.groupby(["origin", "tier"]).ngroup()
        return cls(pair_columns(model), np.asarray(chooser, dtype=np.int64))

    def best(self, arrays: Arrays, prices: Floats, count: int) -> NDArray[np.bool_]:
        """Return (column) whether it is among the best pairs of an origin, tier and year at these prices."""
        reduced = arrays.cost - arrays.matrix.T @ prices
        best = np.zeros(len(arrays.cost), dtype=bool)
        for columns in self.columns.T:
            possible = np.flatnonzero(arrays.upper[columns] > 0.0)
            order = possible[np.lexsort((reduced[columns[possible]], self.chooser[possible]))]
            chooser = self.chooser[order]
            begins = np.flatnonzero(np.diff(chooser, prepend=-1))
            rank = np.arange(len(order)) - np.repeat(begins, np.diff(begins, append=len(order)))
            best[columns[order[rank < count]]] = True
        return best
