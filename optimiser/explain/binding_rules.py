"""Binding rules of a plan by place and year: rows without slack, and policies deviated from."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass

import numpy as np
from pulp import LpVariable

from optimiser.model.model import Floats, Model
from optimiser.model.variables import SLACK
from optimiser.plan import DECIDED, Plan
from optimiser.rule import Label, Row, Rule

BOOKKEEPING = frozenset(
    {"everyone_is_accounted_for", "clients_are_housed", "places_carry_over", "homes_carry_over"}
)
"""Rules that only say how people, places and homes carry over: they always bind and stop nobody."""

ROOM = 1e-6
"""Room in a row, as a share of its size, below which it has none."""


@dataclass(frozen=True)
class Binding:
    """A row of a rule that has no room left; `over` is by how much a soft policy is deviated from."""

    rule: Rule
    label: Label
    over: float


def values_of_plan(model: Model, plan: Plan) -> Floats:
    """Return (column) the decisions of a plan; what only follows from them is made to follow."""
    x, values = model.decisions, np.zeros(len(model.arrays.cost))
    for made in DECIDED:
        array = plan.data[made.name].transpose(*made.dims)
        places = [{label: n for n, label in enumerate(array[dim].values.tolist())} for dim in made.dims]
        for label, variable in x.family(made.name).items():
            at = tuple(known[part] for known, part in zip(places, label, strict=True))
            values[variable.id] = array.values[at]
    _set_housed(model, plan, values)
    for (s, _, t), runs in x.operating.items():
        if (s, t) in x.running:
            values[x.running[s, t].id] = max(values[x.running[s, t].id], values[runs.id])
    for (s, k), grows in x.grows.items():
        values[grows.id] = float(any(values[v.id] > 0.0 for v in _coming(model, s, k)))
    for (t,), closing in x.closing.items():
        values[closing.id] = float(any(values[v.id] > 0.0 for v in _beds_going(model, t)))
    return values


def _coming(model: Model, site: str, tier: str) -> Iterator[LpVariable]:
    """Generate the decisions by which a tier of a site grows."""
    x = model.decisions
    yield from (v for (s, k, _), v in x.added.items() if (s, k) == (site, tier))
    yield from (v for (s, _, k, _), v in x.converted.items() if (s, k) == (site, tier))


def _beds_going(model: Model, year: int) -> Iterator[LpVariable]:
    """Generate the decisions by which beds go in a year."""
    x, beds = model.decisions, set(model.problem.intramural_at)
    yield from (v for (s, k, t), v in x.removed.items() if t == year and (s, k) in beds)
    yield from (v for (s, k, _, t), v in x.converted.items() if t == year and (s, k) in beds)


def _set_housed(model: Model, plan: Plan, values: Floats) -> None:
    data, x = plan.data, model.decisions
    pairs = zip(data["origin"].values, data["location"].values, data["pair_tier"].values, strict=True)
    lived = data["housed"].transpose("pair", "year").values
    for (i, at, k), row in zip(pairs, lived, strict=True):
        for t, clients in zip(model.problem.years, row, strict=True):
            values[x.housed[str(i), str(at), str(k), t].id] = clients


def runs_of(plan: Plan) -> Floats:
    """Return (site and tier, year) 1 where it runs in a plan, in the order of the problem's sites."""
    operating = plan.data["operating"].transpose("site", "tier", "year")
    rows = [operating.sel(site=s, tier=k).to_numpy() for s, k in plan.problem.places_at]
    return np.array(rows).round()


def bindings(model: Model, values: Floats, without: Collection[str] = BOOKKEEPING) -> list[Binding]:
    """Return the rows without room, in the order of the rules.

    A row in which nothing is decided (all its variables are 0) says nothing and is left out.
    """
    arrays, slack = model.arrays, _slack_columns(model)
    used = arrays.matrix @ values
    size = np.maximum(1.0, abs(arrays.matrix) @ abs(values))
    room = np.minimum(used - arrays.row_lower, arrays.row_upper - used)
    tight = np.flatnonzero(room <= ROOM * size)
    rows = []
    for n in tight:
        rule, row = model.rows[n]
        if rule.name not in without and any(values[v.id] for v, _ in row.terms):
            rows.append(Binding(rule, row.label, _over(row, slack, values)))
    return rows


def _slack_columns(model: Model) -> Mapping[int, str]:
    return {v.id: name for name, family in SLACK.items() for v in model.decisions.family(family).values()}


def _over(row: Row, slack: Mapping[int, str], values: Floats) -> float:
    return float(sum(abs(c) * values[v.id] for v, c in row.terms if v.id in slack))
