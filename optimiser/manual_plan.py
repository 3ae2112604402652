"""Manual plan: evaluation of hand-made decisions, with assignment and violations.

Places and homes stand as they are written down. Whatever rule they break, there is a plan of them:
rules that speak of whole decisions are left out, hard policies that can be soft are made so, and
the check of a plan (`verify.py`), which knows none of this, then says what is broken and by how much.
"""

import json
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, fields, replace
from threading import Event

import numpy as np
import pandas as pd
import xarray as xr
from scipy.optimize import Bounds, LinearConstraint, milp

from models.drawing import AreaMap, Graph
from models.region.decisions import AgreedDecisions, DecidedHomes, DecidedPlaces
from models.result import Result
from optimiser.assembly.capacity import Offer
from optimiser.model.model import RULES, Floats, Model
from optimiser.model.variables import SLACK, column_ids
from optimiser.plan import Plan, Proof, dataset
from optimiser.problem import Problem
from optimiser.search.aggregation import WITHIN_M
from optimiser.search.assignment import people_follow
from optimiser.search.elastic import hard_policies
from optimiser.search.feasibility_phase import breachable
from optimiser.search.lagrangian_bound import LagrangianBound
from optimiser.search.reduced_model import SMALL, ReducedModel
from optimiser.solve import NoPlanYet, reference_of, signed, unavoidable
from optimiser.solver.highs import Columns, LinearModel, version
from optimiser.solver.limits import Clock, Limits, Progress
from optimiser.verification.verify import recomputed_objective, violations
from optimiser.verification.violation import Violation

BROKEN = "broken_rules"
"""Attribute of a hand-made plan: the rules that it breaks, as JSON."""

LEFT_OUT = frozenset(
    {
        "large_enough_to_run", "small_enough_to_fit", "homes_within_agreements",
        "replacement_before_closure", "help_within_reach", "buildings_stay", "shelter_stays",
        "bed_houses_keep_scale", "notice_before_closing",
    }
)  # fmt: skip
"""Rules without a slack that an edit may break."""

TOO_EARLY = 1e9
"""Points that keep places from being built before they can be, where a conversion would do."""


@dataclass(frozen=True, repr=False)
class ScoredPlan(Result):
    """A hand-made plan, and what it breaks of the core rules and hard policies."""

    plan: Plan
    broken: tuple[Violation, ...]

    def summary(self) -> str:
        """Return the plan, and every rule that it breaks."""
        head = f"It breaks {len(self.broken)} rules:" if self.broken else "It breaks no rule."
        return "\n".join([self.plan.summary(), head, *(f"- {violation}" for violation in self.broken)])

    def _frames(self) -> Mapping[str, Callable[[], pd.DataFrame]]:
        return {"broken": self._broken, **self.plan._frames()}

    def _broken(self) -> pd.DataFrame:
        columns = [field.name for field in fields(Violation)]
        return pd.DataFrame([asdict(one) for one in self.broken], columns=columns)

    def _graphs(self) -> Mapping[str, Callable[[], Graph]]:
        return self.plan._graphs()

    def _area_map(self) -> AreaMap:
        return self.plan._area_map()


@dataclass(frozen=True)
class Stated:
    """Every whole decision of an edit.

    Attributes
    ----------
    places
        (site, tier, year) → places; a year that is not written down is as the one before it.
    homes
        (corporation, neighbourhood, year) → homes handed over; none where nothing is written down.
    """

    places: dict[tuple[str, str, int], int]
    homes: dict[tuple[str, str, int], int]

    @classmethod
    def of(cls, problem: Problem, edit: AgreedDecisions) -> "Stated":
        """Complete an edit: carry places over from the year before, the first from the base year."""
        written = {(d.site, d.tier, d.year): d.places for d in edit.places}
        places: dict[tuple[str, str, int], int] = {}
        for site, tier in problem.places_at:
            now = problem.base_places[site, tier]
            for year in problem.years:
                now = places[site, tier, year] = written.get((site, tier, year), now)
        return cls(places, dict(_homes(edit.homes)))

    def decided(self) -> AgreedDecisions:
        """Return the same as decisions, complete."""
        homes = ((c, j, (j,), t, n) for (c, j, t), n in self.homes.items())
        return AgreedDecisions(
            tuple(DecidedPlaces(*at, n) for at, n in self.places.items()),
            tuple(DecidedHomes(*one) for one in homes),
        )


def decided_by(plan: Plan) -> AgreedDecisions:
    """Return the places and homes of a plan as decisions, to be edited."""
    data, problem = plan.data, plan.problem
    places = data["places"].to_series().round().astype(int).to_dict()
    homes = data["new_homes"].to_series().round().astype(int).to_dict()
    return AgreedDecisions(
        tuple(
            DecidedPlaces(s, k, t, places[s, k, t])
            for s, k in problem.places_at
            for t in problem.years
            if any(places[s, k, u] for u in problem.years) or problem.base_places[s, k]
        ),
        tuple(
            DecidedHomes(c, j, (j,), t, homes[c, j, t])
            for c, j, t in _labels_of_homes(problem)
            if homes[c, j, t]
        ),
    )


def score(
    problem: Problem,
    edit: AgreedDecisions,
    *,
    seed: int = 0,
    progress: Callable[[Progress], None] = lambda _: None,
    stop: Event | None = None,
) -> ScoredPlan:
    """Return the plan that an edit makes, with the same figures and checks as any other.

    People choose the best they can where the edit's places and homes stand. The bound is that of the
    relaxation of the problem as it is, so the gap says how much a plan that keeps the rules may save;
    where rules are broken an edit may come below it.

    Raises
    ------
    NoPlanYet
        Where it was stopped before the end.
    """
    began = time.monotonic()
    limits = Limits(0.0, np.inf, stop or Event(), seed)
    stated, model = Stated.of(problem, edit), Model.of(problem)
    progress(Progress(0.0, "do nothing", None, None))
    reference, _ = reference_of(model, limits)
    progress(Progress(time.monotonic() - began, "people follow", None, None))
    data = _forgiven_nothing(problem, _followed(problem, stated, limits))
    progress(Progress(time.monotonic() - began, "bound", None, None))
    proof = _proof(model, recomputed_objective(problem, data), limits, began)
    broken = violations(problem, data)
    attrs = {BROKEN: json.dumps([[v.rule, v.where, v.amount, v.unit] for v in broken], ensure_ascii=False)}
    return ScoredPlan(
        Plan(problem, signed(problem, data, proof).assign_attrs(attrs), reference, proof), broken
    )


def _labels_of_homes(problem: Problem) -> list[tuple[str, str, int]]:
    return list(dict.fromkeys((o.corporation, j, o.year) for o in problem.offers for j in o.neighbourhoods))


def finishing(problem: Problem, edit: AgreedDecisions) -> Problem:
    """Return the problem of a plan that keeps every rule and departs from an edit as little as it can.

    Every place and home of the edit, and none of a home that it does not name, is a wish: each that
    is otherwise in a year costs the price of `agreed_decisions_are_kept`, far above what moving one
    place saves. What is agreed stands.
    """
    stated = Stated.of(problem, edit)
    nothing = dict.fromkeys(_labels_of_homes(problem), 0)
    more_homes = {at: n for at, n in stated.homes.items() if at in nothing}
    whole = Stated(stated.places, nothing | more_homes).decided()
    agreed = {(d.name, d.year) for d in problem.agreed.every}
    wished = AgreedDecisions(
        tuple(d for d in whole.places if (d.name, d.year) not in agreed),
        tuple(d for d in whole.homes if (d.name, d.year) not in agreed),
    )
    on = problem if problem.agreed else problem.with_modes(agreed_decisions_are_kept="hard")
    return replace(on, wished=wished)


@dataclass(frozen=True, slots=True)
class EditChange:
    """A place or home that a finished plan has otherwise than the edit."""

    name: str
    year: int
    asked: int
    planned: int


def changes(plan: Plan, edit: AgreedDecisions) -> tuple[EditChange, ...]:
    """Return in what a plan departs from an edit: places at sites and homes, by year."""
    stated, got = Stated.of(plan.problem, edit), Stated.of(plan.problem, decided_by(plan))
    homes = {**dict.fromkeys(stated.homes, 0), **dict.fromkeys(got.homes, 0)}
    both = [
        *((f"{s} {k}", t, n, got.places[s, k, t]) for (s, k, t), n in stated.places.items()),
        *((f"{c} {j}", t, stated.homes.get((c, j, t), 0), got.homes.get((c, j, t), 0)) for c, j, t in homes),
    ]
    return tuple(EditChange(*one) for one in both if one[2] != one[3])


def broken_rules(plan: Plan) -> tuple[Violation, ...]:
    """Return what a hand-made plan breaks, as it was written down with it; nothing for any other plan."""
    return tuple(Violation(*one) for one in json.loads(plan.data.attrs.get(BROKEN, "[]")))


def _homes(decided: Iterable[DecidedHomes]) -> Iterator[tuple[tuple[str, str, int], int]]:
    for d in decided:
        if d.neighbourhoods != (d.place,):
            raise ValueError(f"expected the neighbourhood of the homes of {d.name}, not a municipality")
        if d.homes:
            yield (d.corporation, d.place, d.year), d.homes


def _followed(problem: Problem, stated: Stated, limits: Limits) -> xr.Dataset:
    """Return the arrays of the plan in which an edit stands and people do the best that they can."""
    free = _unbound(problem, stated)
    model = Model.of(free, [rule for rule in RULES if rule.name not in LEFT_OUT])
    x = model.decisions
    columns = column_ids(x.places, x.operating, x.new_homes)
    values = np.array(
        [
            *(stated.places[at] for at in x.places),
            *(min(1, stated.places[at]) for at in x.operating),
            *(stated.homes.get(at, 0) for at in x.new_homes),
        ],
        dtype=float,
    )
    moved, by = _moves(model, problem, columns, values)
    followed = people_follow(
        model, np.concatenate([columns, moved]), np.concatenate([values, by]), None, limits, Clock(limits)
    )
    if followed is None:
        raise NoPlanYet("It was stopped before people had followed.")
    return dataset(model, followed)


def _unbound(problem: Problem, stated: Stated) -> Problem:
    """Return a problem in which the edit fits: limits as wide as it needs, hard policies soft."""
    tiers, sites = problem.site_tiers.copy(), problem.sites.copy()
    first = problem.years[0]
    most: dict[tuple[str, str], int] = {}
    for (s, k, _), places in stated.places.items():
        most[s, k] = max(most.get((s, k), problem.most_places[s, k]), places)
    tiers["most"] = [most[at] for at in problem.places_at]
    tiers["first_year"] = first
    sites["plot_most"] = 10 * sum(most.values())
    wide = replace(problem, site_tiers=tiers, sites=sites, offers=_offers(problem, stated))
    # as bounds of the variables, so that leaving out its rows is not enough
    return breachable(wide.with_modes(buildings_stay="off"))


def _offers(problem: Problem, stated: Stated) -> tuple[Offer, ...]:
    """Return one offer per corporation and year, wherever homes were offered or are asked."""
    where: dict[tuple[str, int], dict[str, None]] = {}
    for offer in problem.offers:
        where.setdefault((offer.corporation, offer.year), {}).update(dict.fromkeys(offer.neighbourhoods))
    for corporation, j, t in stated.homes:
        where.setdefault((corporation, t), {})[j] = None
    homes = sum(stated.homes.values()) + sum(offer.homes for offer in problem.offers)
    return tuple(
        Offer(corporation, corporation, t, max(1, homes), tuple(places))
        for (corporation, t), places in where.items()
    )


def _moves(model: Model, problem: Problem, columns: Columns, values: Floats) -> tuple[Columns, Floats]:
    """Return the cheapest additions, removals and conversions (whole) that lead to the given places."""
    x, arrays = model.decisions, model.arrays
    moved = column_ids(x.added, x.removed, x.converted)
    chosen = [n for n, (rule, _) in enumerate(model.rows) if rule.name == "places_carry_over"]
    moves = np.zeros(len(arrays.cost))
    moves[columns] = values
    stands = arrays.matrix[chosen] @ moves
    lower, upper = arrays.row_lower[chosen] - stands, arrays.row_upper[chosen] - stands
    cost = arrays.cost[moved] + 1e-3
    early = [t < problem.first_year[s, k] and not problem.under_way.get((s, k, t)) for s, k, t in x.added]
    cost[: len(early)] += np.where(early, TOO_EARLY, 0.0)
    solved = milp(
        cost,
        integrality=np.ones(len(moved), dtype=int),
        bounds=Bounds(np.zeros(len(moved)), arrays.upper[moved]),
        constraints=LinearConstraint(arrays.matrix[chosen].tocsc()[:, moved], lower, upper),
    )
    if solved.x is None:
        raise ValueError("Expected places to be added and removed as an edit asks.")
    return moved, np.round(solved.x)


def _forgiven_nothing(problem: Problem, data: xr.Dataset) -> xr.Dataset:
    """Return the arrays without the slack, and its points, of policies that are hard in the problem."""
    hard = hard_policies(problem)
    clean = data.assign({SLACK[name]: xr.zeros_like(data[SLACK[name]]) for name in hard})
    weight = data["weight"].copy(deep=True)
    weight.loc[{"part": [*hard]}] = 0.0
    return clean.assign(weight=weight)


def _proof(model: Model, objective: float, limits: Limits, began: float) -> Proof:
    least = unavoidable(model)
    bound = min(max(least, _bound(model, limits)), objective)
    return Proof("by_hand", objective, bound, least, time.monotonic() - began, version(), 0.0)


def _bound(model: Model, limits: Limits) -> float:
    """Return a bound on every plan that keeps the rules, or minus infinity where it was stopped."""
    if len(model.arrays.cost) > SMALL:
        smaller, relaxed = ReducedModel.relaxed(model, WITHIN_M[0], limits, Clock(limits))
        prices = smaller.prices(relaxed)
        return -np.inf if prices is None else LagrangianBound.of(model).bound(prices)
    every = model.arrays.columns
    return LinearModel(model.arrays, every, limits).relax().bound
