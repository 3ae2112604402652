"""Whole places and homes near a relaxation whose sites are settled."""

from collections.abc import Iterator
from dataclasses import replace
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import Bounds, LinearConstraint, milp
from scipy.sparse import csr_array, eye_array, hstack, vstack

from optimiser.model.model import Arrays, Floats, Model
from optimiser.model.variables import column_ids
from optimiser.rule import Family, Row, Rule
from optimiser.solver.highs import Columns

SITE_RULES = frozenset(
    {
        "large_enough_to_run", "small_enough_to_fit", "places_carry_over", "intramural_reduction",
        "replacement_before_closure", "neighbourhood_concentration", "fair_share_between_municipalities",
        "facilities_kept_apart", "provider_share", "contract_nodes", "specialist_scale", "buildings_stay",
        "bed_houses_keep_scale", "shelter_stays", "notice_before_closing", "sites_run_as_settled",
        "agreed_decisions_are_kept", "pace_within_ceiling", "concentration_within_ceiling",
    }
)  # fmt: skip
"""Rules that speak of places, and of people at most as a given; so may rules of somebody's own."""

PLACE_LOST, PLACE_SPARE = 50_000.0, 5_000.0
"""What rounding a place down or up is held to cost: somebody waits, or a place stands empty."""

HELD = 1e-5
"""Distance of a row from its limit where places are fitted to people: a tenth of what the check allows."""

NODES = 200
"""Nodes in which whole places are looked for near a relaxation."""


class Margin(NamedTuple):
    """Places by which the replacement rule is kept.

    Attributes
    ----------
    in_whole
        In whole places, since who moves to the Wlz or home shifts a little after rounding.
    in_fractions
        Before that, so that there is something to lose in rounding.
    """

    in_whole: float
    in_fractions: float


MARGINS = (Margin(0.5, 0.0), Margin(0.5, 6.0), Margin(3.0, 0.0), Margin(0.0, 0.0))
"""Margins in the order in which they are tried, until people can live with what was rounded."""

SPARED, BEDS_SPARED = 0.006, 0.1
"""Part of all places of today, and of the beds that may go in a year, that are spared where sites are decided
in fractions of a place."""


def whole_places(model: Model, values: Floats, margin: float) -> tuple[Columns, Floats] | None:
    """Return places, additions, removals and conversions in whole numbers, near a relaxation.

    `operating` stays as it is in `values`, which must be whole. The rules on places hold, that on
    replacement by a margin of places; what people do is taken from `values`. None where no such rounding
    exists.
    """
    x, arrays = model.decisions, model.arrays
    whole, free = _whole(model), _on_places(model)
    chosen = np.array(_rows_on_places(model, whole), dtype=np.intp)
    given = values.copy()
    given[free] = 0.0
    told_of_people = np.abs(csr_array(arrays.matrix[chosen]) @ given) > 0.0
    cautious = np.array([model.rows[n][0].name == "replacement_before_closure" for n in chosen])
    upper = arrays.row_upper[chosen] - margin * (cautious & told_of_people)
    found = _nearest_whole(model, values, free, chosen, upper)
    if found is None:
        return None
    closing = column_ids(x.closing)
    found[closing] = _beds_go(model, found)
    return whole, found[whole]


def _whole(model: Model) -> Columns:
    x = model.decisions
    return column_ids(x.places, x.added, x.removed, x.converted, x.grows, x.closing)


def _on_places(model: Model) -> Columns:
    """Return the columns of places, and those that say by how much soft rules on places are broken."""
    x = model.decisions
    slack = column_ids(
        x.excess, x.short_reduction, x.unfair, x.running, x.too_near, x.over_share, x.between_nodes,
        x.below_scale, x.unsettled, x.broken_agreements,
    )  # fmt: skip
    return np.concatenate([_whole(model), slack])


def _nearest_whole(
    model: Model, values: Floats, free: Columns, chosen: NDArray[np.intp], row_upper: Floats
) -> Floats | None:
    """Return (column) the free columns with whole places near `values` where the chosen rows hold."""
    arrays = model.arrays
    matrix = csr_array(arrays.matrix[chosen])
    given = values.copy()
    given[free] = 0.0
    fixed = matrix @ given
    lower, upper = arrays.row_lower[chosen] - fixed, row_upper - fixed
    places, order = column_ids(model.decisions.places), np.sort(free)
    count = len(places)
    picked = (np.arange(count), np.searchsorted(order, places))
    pick = csr_array((np.ones(count), picked), shape=(count, len(order)))
    body = hstack([matrix.tocsc()[:, order], csr_array((len(chosen), 2 * count))])
    near = hstack([pick, eye_array(count), -eye_array(count)])
    solved = milp(
        np.concatenate([arrays.cost[order], np.full(count, PLACE_LOST), np.full(count, PLACE_SPARE)]),
        integrality=np.concatenate([arrays.integer[order].astype(int), np.zeros(2 * count)]),
        bounds=Bounds(
            np.concatenate([arrays.lower[order], np.zeros(2 * count)]),
            np.concatenate([arrays.upper[order], np.full(2 * count, np.inf)]),
        ),
        constraints=LinearConstraint(
            vstack([body, near], format="csc"),
            np.concatenate([lower, values[places]]),
            np.concatenate([upper, values[places]]),
        ),
        # nodes and not seconds, so that the same problem is rounded the same way on any machine
        options={"node_limit": NODES, "mip_rel_gap": 1e-3},
    )
    if solved.x is None:
        return None
    found = np.zeros(len(arrays.cost))
    found[order] = solved.x[: len(order)]
    whole = _whole(model)
    found[whole] = np.round(found[whole])
    return found


def places_for(model: Model, values: Floats) -> Floats | None:
    """Return (column) values with whole places, near those in `values`, around what people do there.

    People stay as they are, and so do homes and in which years sites run; every row that speaks of places
    holds. None where no such places exist, or people break a rule by themselves.
    """
    x, arrays = model.decisions, model.arrays
    free = _on_places(model)
    chosen = np.flatnonzero(arrays.speaks_of(free))
    found = _nearest_whole(model, values, free, chosen, arrays.row_upper[chosen])
    if found is None:
        return None
    made = values.copy()
    made[free] = found[free]
    made[column_ids(x.closing)] = _beds_go(model, made)
    sums = arrays.matrix @ made
    off = np.maximum(arrays.row_lower - sums, sums - arrays.row_upper).max()
    return made if off <= HELD else None


def replacement_rows(model: Model) -> NDArray[np.intp]:
    """Return the rows that hold what goes against what takes its place."""
    kept = {"now", "before", "fits"}
    return np.array([n for n, (_, row) in _replacement(model) if row.label[0] in kept], dtype=np.intp)


def tightened(model: Model, small: Arrays, row_of: NDArray[np.int32]) -> Arrays:
    """Return a small model (its row per row of the model) in which fewer beds may go than in truth.

    Sites that are decided in fractions of a place use up all room; then no whole places may be left.
    """
    upper, matrix = small.row_upper.copy(), small.matrix.copy()
    upper[row_of[replacement_rows(model)]] -= SPARED * sum(model.problem.base_places.values())
    closing = set(column_ids(model.decisions.closing).tolist())
    for n, (_, row) in _replacement(model):
        if row.label[0] == "yearly":
            most = next(-amount for v, amount in row.terms if v.id in closing)
            entries = slice(*matrix.indptr[row_of[n] : row_of[n] + 2])
            of_row = matrix.data[entries]
            matrix.data[entries] = np.where(of_row == -most, np.floor(BEDS_SPARED * most) - most, of_row)
    return replace(small, row_upper=upper, matrix=matrix)


def _replacement(model: Model) -> Iterator[tuple[int, tuple[Rule, Row]]]:
    return ((n, made) for n, made in enumerate(model.rows) if made[0].name == "replacement_before_closure")


def _beds_go(model: Model, values: Floats) -> Floats:
    """Return, per year in which beds may go, 1 where some do: a year in which none goes owes nothing."""
    yearly = {
        row.label[1]: sum(c * values[v.id] for v, c in row.terms if c > 0.0)
        for rule, row in model.rows
        if rule.name == "replacement_before_closure" and row.label[0] == "yearly"
    }
    return np.array([float(yearly[t] > 0.0) for (t,) in model.decisions.closing])


def _rows_on_places(model: Model, whole: Columns) -> list[int]:
    of_places = set(whole.tolist())

    def counts(rule: Rule, row: Row) -> bool:
        own = rule.kind == "own" and any(v.id in of_places for v, _ in row.terms)
        return own or rule.name in SITE_RULES

    return [n for n, (rule, row) in enumerate(model.rows) if counts(rule, row)]


def whole_homes(model: Model, values: Floats) -> tuple[Columns, Floats]:
    """Return homes in whole numbers: per offer the nearest whole total, by largest remainder inside it.

    What is agreed on homes holds, as far as the offers go.
    """
    new_homes = model.decisions.new_homes
    rounded: dict[int, float] = {}
    left: dict[int, list[int]] = {}
    for offer in model.problem.offers:
        columns = _columns(new_homes, offer.corporation, offer.neighbourhoods, offer.year)
        rounded |= zip(columns, _largest_remainder(values[columns], offer.homes), strict=True)
        # one count for all columns of an offer: what one takes, the others lack
        room = [offer.homes - int(sum(rounded[column] for column in columns))]
        left |= dict.fromkeys(columns, room)
    for homes in model.problem.agreed.homes:
        columns = _columns(new_homes, homes.corporation, homes.neighbourhoods, homes.year)
        _bring_to(homes.homes, columns, values, rounded, left)
    columns_of_all = column_ids(new_homes)
    return columns_of_all, np.array([rounded[column] for column in columns_of_all])


def _columns(new_homes: Family, corporation: str, neighbourhoods: tuple[str, ...], year: int) -> list[int]:
    labels = [(corporation, j, year) for j in neighbourhoods]
    return [new_homes[label].id for label in labels if label in new_homes]


def _bring_to(
    total: int, columns: list[int], values: Floats, rounded: dict[int, float], left: dict[int, list[int]]
) -> None:
    """Give or take a home at a time where rounding has taken or given most, until they are as agreed."""
    while (lacking := total - round(sum(rounded[column] for column in columns))) != 0:
        step = 1 if lacking > 0 else -1
        able = [c for c in columns if (left[c][0] > 0 if step > 0 else rounded[c] > 0)]
        if not able:
            return
        column = max(able, key=lambda c: step * (float(values[c]) - rounded[c]))
        rounded[column] += step
        left[column][0] -= step


def _largest_remainder(shares: Floats, most: int) -> Floats:
    """Round shares down, and up where most is lost, until they add up to their rounded total."""
    total = min(round(float(shares.sum())), most)
    whole = np.floor(shares + 1e-9)
    first = np.argsort(-(shares - whole), kind="stable")[: max(0, total - int(whole.sum()))]
    whole[first] += 1
    return whole
