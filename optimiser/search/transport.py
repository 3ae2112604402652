"""Clients as they are, housed anew a part at a time: small transport problems that point at good pairs."""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, fields, replace

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csc_array, csr_array, hstack

from optimiser.model.model import Arrays, Floats, Model
from optimiser.model.variables import Decisions, column_ids
from optimiser.solver.highs import Columns, LinearModel
from optimiser.solver.limits import Clock, Limits

BREACH_PRICE = 1e6
"""Points per unit by which a hard rule on people may be broken while good pairs are still looked for: the
last thing that is chosen, so that there is an answer, and prices say which pairs keep the rule."""

OF_TIERS = ("residents", "relocated", "natural_leavers", "asked_moves", "priced_relocations")
"""Families on the people at sites, whose label ends in tier and year."""

type Part = tuple[str, str]
"""A tier, or a municipality with the homes in it; the other of the two is empty."""


@dataclass(frozen=True)
class _PartColumns:
    """The pairs of a part, and what else is decided with them."""

    pairs: Columns
    other: Columns


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
    smaller = _breakable(arrays, columns, csr_array(of_part.tocsr()[rows]), rows, rest)
    every = np.arange(len(smaller.cost), dtype=np.int32)
    solution = LinearModel(smaller, every, limits).relax(interior=True, crossover=False, seconds=clock.left)
    if solution.values is None:
        return values
    stands[columns] = np.clip(solution.values[: len(columns)], arrays.lower[columns], arrays.upper[columns])
    return stands


def _breakable(
    arrays: Arrays, columns: Columns, matrix: csr_array, rows: NDArray[np.int32], rest: Floats
) -> Arrays:
    """Return the arrays of some columns and rows, less what the others add up to; each row may be broken."""
    lower, upper = arrays.row_lower[rows] - rest, arrays.row_upper[rows] - rest
    short, over = np.flatnonzero(np.isfinite(lower)), np.flatnonzero(np.isfinite(upper))
    count = len(short) + len(over)
    signs = np.concatenate([np.ones(len(short)), -np.ones(len(over))])
    at = (np.concatenate([short, over]), np.arange(count))
    breaches = csr_array((signs, at), shape=(len(rows), count))
    return replace(
        arrays,
        cost=np.concatenate([arrays.cost[columns], np.full(count, BREACH_PRICE)]),
        constant=0.0,
        matrix=csr_array(hstack([matrix, breaches])),
        row_lower=lower,
        row_upper=upper,
        lower=np.concatenate([arrays.lower[columns], np.zeros(count)]),
        upper=np.concatenate([arrays.upper[columns], np.full(count, np.inf)]),
        integer=np.zeros(len(columns) + count, dtype=bool),
    )
