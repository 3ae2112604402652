"""Near-optimal ranges: least and most of a count over all plans within a band.

The inner ends are found: plans that reach them exist. The outer ends are proven: no plan of the band is
beyond them. In a small model both come from the solver and meet; in a large one the outer ends
are bounds from the prices of the smaller model (`bound.py`), with one row more that keeps the cost in the
band, and rounded inwards where what is counted is whole.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
import xarray as xr
from scipy.sparse import csr_array

from optimiser.model.model import Arrays, Floats, Model
from optimiser.plan import Plan
from optimiser.search.aggregation import WITHIN_M
from optimiser.search.lagrangian_bound import LagrangianBound
from optimiser.search.reduced_model import SMALL, ReducedModel
from optimiser.solver.highs import Columns, LinearModel
from optimiser.solver.limits import Clock, Limits, Progress, Report
from optimiser.tradeoffs.near_optimal import EUR_PER_UNIT, Band

type Kind = Literal["municipality", "tier", "site", "homes_of", "homes_in"]

WORTH = 1e4
"""Objective units of one place while bounds are sought, so that the solver's tolerance is little of one."""

WHOLE = 1e-5
"""How far from a whole number a bound on a whole number may be and still be taken for it."""


@dataclass(frozen=True)
class Count:
    """What is counted in one year, or in all planned years together where `year` is None.

    Places per municipality or tier, the tiers that run at a site, or homes handed over: `homes_of` a
    corporation, `homes_in` a municipality.
    """

    kind: Kind
    code: str
    year: int | None


@dataclass(frozen=True)
class Ranges:
    """The least and the most of a count over all plans of a band.

    `found_least` and `found_most` are reached by plans that exist; no plan is below `least` or above
    `most`; these are None where they were not asked.
    """

    count: Count
    found_least: int
    found_most: int
    least: int | None = None
    most: int | None = None

    @property
    def is_always(self) -> bool:
        """Whether every plan that was found has one at least."""
        return self.found_least > 0

    @property
    def is_never(self) -> bool:
        """Whether no plan that was found has any."""
        return self.found_most == 0

    @property
    def is_proven(self) -> bool:
        """Whether what is said of always or never holds for every plan of the band, found or not."""
        if self.is_always:
            return self.least is not None and self.least > 0
        return self.most == 0 if self.is_never else True


def counts(plan: Plan) -> list[Count]:
    """Return all that can be asked, the last year first."""
    problem = plan.problem
    tiers = [k for k in problem.facility_tiers if any(tier == k for _, tier in problem.places_at)]
    sites = dict.fromkeys(s for s, _ in problem.places_at)
    asked: list[Count] = []
    for t in reversed(problem.years):
        asked += [Count("municipality", m, t) for m in problem.towns]
        asked += [Count("tier", k, t) for k in tiers]
        asked += [Count("site", s, t) for s in sites if t == problem.years[-1]]
    return asked


def counted(plan: Plan, count: Count) -> int:
    """Return a count in a plan."""
    if count.kind in ("homes_of", "homes_in"):
        return _homes(plan, count)
    places = plan.data["places"].sel(year=count.year).transpose("site", "tier")
    if count.kind == "site":
        return int((places.sel(site=count.code) > 0.5).sum())
    if count.kind == "tier":
        return _whole(places.sel(tier=count.code))
    town = plan.problem.municipality_of
    inside = [s for s in places["site"].values if town[plan.problem.neighbourhood_of[str(s)]] == count.code]
    return _whole(places.sel(site=inside))


def _homes(plan: Plan, count: Count) -> int:
    homes = plan.data["new_homes"]
    if count.year is not None:
        homes = homes.sel(year=count.year)
    if count.kind == "homes_of":
        return _whole(homes.sel(corporation=count.code))
    town = plan.problem.municipality_of
    return _whole(homes.sel(neighbourhood=[j for j in plan.problem.areas if town[j] == count.code]))


def _whole(places: xr.DataArray) -> int:
    return round(float(places.sum()))


def found(plans: Sequence[Plan], asked: Sequence[Count]) -> list[Ranges]:
    """Return the extents over plans that there are."""
    seen = {count: [counted(plan, count) for plan in plans] for count in asked}
    return [Ranges(count, min(values), max(values)) for count, values in seen.items()]


def proven(
    band: Band, extents: Sequence[Ranges], limits: Limits, report: Report = lambda _: None
) -> Iterator[Ranges]:
    """Generate the extents with their outer ends, in their order, until time is up; the rest as they are.

    A site that runs in one plan and not in another is not asked: both exist.
    """
    model, clock = Model.of(band.best.problem), Clock(limits)
    outer: _Whole | _InParts | None = None
    for number, extent in enumerate(extents):
        if extent.count.kind == "site" and not (extent.is_always or extent.is_never):
            yield extent
            continue
        report(Progress(clock.seconds, f"room, {number} of {len(extents)}", None, None))
        if clock.left > 0.0 and outer is None:
            outer = (_InParts if len(model.arrays.cost) > SMALL else _Whole)(model, band, limits, clock)
        if clock.left <= 0.0 or outer is None:
            yield extent
            continue
        columns = _columns(model, extent.count)
        yield _widened(extent, outer.least(columns, 1.0), outer.least(columns, -1.0))


def _widened(extent: Ranges, low: tuple[float, float], high: tuple[float, float]) -> Ranges:
    """Return an extent with what was proven (first) and reached (second) at either end."""
    least, most = np.ceil(low[0] - WHOLE), np.floor(-high[0] + WHOLE)
    return replace(
        extent,
        least=max(0, int(least)) if np.isfinite(least) else None,
        most=int(most) if np.isfinite(most) else None,
        found_least=int(min(extent.found_least, round(low[1]) if np.isfinite(low[1]) else np.inf)),
        found_most=int(max(extent.found_most, round(-high[1]) if np.isfinite(high[1]) else -np.inf)),
    )


def _columns(model: Model, count: Count) -> Columns:
    """Return the columns that a count adds up."""
    problem, x = model.problem, model.decisions
    if count.kind in ("homes_of", "homes_in"):
        return columns_of_homes(model, count)
    family = x.operating if count.kind == "site" else x.places
    town = problem.municipality_of

    def belongs(site: str, tier: str) -> bool:
        code = {"site": site, "tier": tier, "municipality": town[problem.neighbourhood_of[site]]}
        return code[count.kind] == count.code

    return np.array(
        [v.id for (s, k, t), v in family.items() if t == count.year and belongs(s, k)], dtype=np.int32
    )


def columns_of_homes(model: Model, count: Count) -> Columns:
    """Return the columns that a count of homes adds up."""
    town, at = model.problem.municipality_of, 0 if count.kind == "homes_of" else 1
    found = [
        v.id
        for (c, j, t), v in model.decisions.new_homes.items()
        if (c, town[j])[at] == count.code and count.year in (None, t)
    ]
    return np.array(found, dtype=np.int32)


def in_band(arrays: Arrays, band: Band) -> Arrays:
    """Return arrays with a last row that keeps the objective in the band."""
    row = csr_array((arrays.cost / EUR_PER_UNIT)[None, :])
    most = (band.most - arrays.constant) / EUR_PER_UNIT
    return replace(arrays.with_rows(row, np.array([-np.inf]), np.array([most])), constant=0.0)


class _Whole:
    """The least of a count in a model that the solver takes as it is."""

    def __init__(self, model: Model, band: Band, limits: Limits, clock: Clock) -> None:
        self.arrays, self.clock = in_band(model.arrays, band), clock
        self.program = LinearModel(self.arrays, self.arrays.columns, limits)

    def least(self, columns: Columns, sign: float) -> tuple[float, float]:
        """Return the proven least of the signed sum of columns, and the least that a plan has."""
        self.program.set_cost(_cost(len(self.arrays.cost), columns, sign))
        found = self.program.search(gap=0.0, seconds=self.clock.left, start=None, progress=lambda *_: None)
        return found.bound, found.objective


class _InParts:
    """A bound on the least of a count in a large model."""

    def __init__(self, model: Model, band: Band, limits: Limits, clock: Clock) -> None:
        smaller, _ = ReducedModel.relaxed(model, WITHIN_M[0], limits, clock)
        apart = LagrangianBound.of(model)
        self.clock, self.aggregate = clock, smaller.aggregate
        self.whole = in_band(model.arrays, band)
        self.apart = replace(apart, linking=np.append(apart.linking, True))
        self.program = LinearModel(in_band(smaller.aggregate.arrays, band), smaller.program.columns, limits)

    def least(self, columns: Columns, sign: float) -> tuple[float, float]:
        """Return what the signed sum of columns is at least; no plan is made, so none reaches it."""
        cost = WORTH * _cost(len(self.whole.cost), columns, sign)
        self.program.set_cost(self.aggregate.expand.T @ cost)
        # another cost leaves the last basis far from good: from nothing by interior point is ten times faster
        solution = self.program.relax(interior=True, crossover=False, seconds=self.clock.left)
        if solution.duals is None:
            return -np.inf, np.inf
        prices = np.append(solution.duals[self.aggregate.row_of], solution.duals[-1])
        priced = replace(self.apart, arrays=replace(self.whole, cost=cost))
        return priced.bound(prices) / WORTH, np.inf


def _cost(count: int, columns: Columns, sign: float) -> Floats:
    cost = np.zeros(count)
    cost[columns] = sign
    return cost
