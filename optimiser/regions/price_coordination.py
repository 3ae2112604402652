"""Price coordination (Dantzig–Wolfe) of regions under shared national limits, with a bound.

1. Limits that tie regions together are priced (Lagrange). For any prices the bounds of the regions, less
   the prices times the limits, bound every plan of the country (Geoffrion 1974).
2. Prices are raised or lowered by cutting planes in a box (Marsten, Hogan and Blankenship 1975): each
   region's answer so far is a plane above its bound as a function of the prices; the prices at which the
   planes promise most, no farther than the box from the best ones, are tried next. The box doubles when
   the bound rises and is halved when it does not.
3. Every region makes a plan at the prices that come nearest to meeting the limits, of those whose bound is
   as good as the best. Among all plans that regions have made, one for each is
   chosen so that the limits hold at the least cost: a small whole-number programme.
4. Where no choice meets the limits, the prices of what is short are raised, and regions make plans
   again, a few at a time, until a choice meets them.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import batched
from typing import Literal

import numpy as np
from scipy.optimize import Bounds, LinearConstraint, linprog, milp
from scipy.sparse import coo_array

from models.parameters.finance import discount, nominal
from models.parameters.parameters import Years
from models.parameters.quantity import Quantity
from optimiser.assembly.money import SharedPrice
from optimiser.model.model import Floats

ENOUGH = 0.005
"""Part of the asked gap by which new prices must promise to raise the bound, for another round; and by
which the bound may be lower at the prices that regions make plans at."""

RAISE = 0.5
"""Part of its first box by which the price of what is short is raised for another round of plans; twice
as much each round, since a whole plan may need a price far beyond that of the relaxation."""

AT_ONCE = 4
"""Regions that make a plan once more before it is looked whether the limits hold."""

MET = 1e-6
"""Share of a limit that rounding may exceed it."""


@dataclass(frozen=True)
class Limit:
    """What all regions together may use (budget: Wmo EUR of a year) or must keep (open_places: places).

    `weight` is what a point of the year counts in the objective; `box` is how far its price may
    move at first (points per unit).
    """

    kind: Literal["budget", "open_places"]
    year: int
    amount: float
    weight: float
    box: float

    @property
    def sign(self) -> float:
        """1 for a limit from above, −1 for one from below."""
        return 1.0 if self.kind == "budget" else -1.0

    def short(self, used: float) -> float:
        """Return by how much a use breaks the limit."""
        return max(0.0, self.sign * (used - self.amount) - MET * abs(self.amount))


BUDGET_BOX, PLACES_BOX = 0.1, 5_000.0
"""How far prices move at first: points per euro, and points per place-year, about half what waiting costs."""


def national_limits(years: Years, budget: float | None, open_places: float | None) -> tuple[Limit, ...]:
    """Return the limits of every planned year.

    Parameters
    ----------
    budget
        Most Wmo euros a year of all regions together, at the price level of `years.price_year`.
    open_places
        Least places open to everyone.
    """
    limits = list[Limit]()
    for t in years.planned:
        weight = discount(t, years)
        if budget is not None:
            eur = nominal(Quantity(value=budget, unit="EUR"), t, years)
            limits.append(Limit("budget", t, eur, weight, BUDGET_BOX))
        if open_places is not None:
            limits.append(Limit("open_places", t, open_places, weight, PLACES_BOX))
    return tuple(limits)


type Prices = tuple[float, ...]
"""Points per unit of each limit, none negative, in the order of the limits."""


def shared_prices(limits: Sequence[Limit], prices: Prices) -> tuple[SharedPrice, ...]:
    """Return the prices as a region's problem has them; what is free is left out."""
    return tuple(
        SharedPrice(limit.kind, limit.year, price)
        for limit, price in zip(limits, prices, strict=True)
        if price > 0.0
    )


@dataclass(frozen=True)
class RegionAnswer:
    """What a region makes of prices.

    Attributes
    ----------
    bound
        What no plan of the region goes below, prices included.
    cost
        Objective of its plan (or relaxation) without the prices.
    used
        (limit) what that uses.
    plan
        Where its plan is kept; "" for a relaxation.
    """

    bound: float
    cost: float
    used: tuple[float, ...]
    plan: str = ""


type Ask = Callable[[Prices], Mapping[str, RegionAnswer]]
"""Asks every region what it makes of prices; a region without an answer is left out."""


type AskSome = Callable[[Prices, Sequence[str]], Mapping[str, RegionAnswer]]
"""Asks some regions what they make of prices."""


@dataclass(frozen=True)
class Country:
    """A plan for every region, and what no plan of the country goes below."""

    limits: tuple[Limit, ...]
    prices: Prices
    plans: dict[str, RegionAnswer]
    bound: float

    @property
    def cost(self) -> float:
        """Objective of all plans together."""
        return sum(answer.cost for answer in self.plans.values())

    @property
    def used(self) -> tuple[float, ...]:
        """(limit) what all plans use together."""
        return tuple(sum(answer.used[n] for answer in self.plans.values()) for n in range(len(self.limits)))

    @property
    def short(self) -> tuple[float, ...]:
        """(limit) by how much the plans break it; all nothing when the limits are met."""
        return tuple(limit.short(used) for limit, used in zip(self.limits, self.used, strict=True))

    @property
    def gap(self) -> float | None:
        """Share by which the plans may exceed the best ones; None while a limit is not met."""
        if any(self.short) or not self.cost or not np.isfinite(self.bound):
            return None
        return max(0.0, self.cost - self.bound) / abs(self.cost)


@dataclass
class Coordination:
    """What regions have answered so far: bounds by prices, planes and plans."""

    regions: tuple[str, ...]
    limits: tuple[Limit, ...]
    bounds: dict[Prices, dict[str, float]] = field(default_factory=dict)
    planes: dict[str, list[RegionAnswer]] = field(default_factory=dict)
    used: dict[Prices, list[float]] = field(default_factory=dict)
    plans: dict[str, list[RegionAnswer]] = field(default_factory=dict)

    def hear(self, prices: Prices, answers: Mapping[str, RegionAnswer]) -> bool:
        """Take answers in; tell whether every region has one."""
        known = self.bounds.setdefault(prices, {})
        for name, answer in answers.items():
            known[name] = max(known.get(name, -np.inf), answer.bound)
            self.planes.setdefault(name, []).append(answer)
            if answer.plan:
                self.plans.setdefault(name, []).append(answer)
        used = [sum(answer.used[n] for answer in answers.values()) for n in range(len(self.limits))]
        self.used.setdefault(prices, used)
        return set(answers) == set(self.regions)

    def bound(self, prices: Prices) -> float:
        """Return what no plan of the country goes below, by these prices."""
        known = self.bounds.get(prices, {})
        if set(known) != set(self.regions):
            return -np.inf
        fixed = sum(
            limit.weight * limit.sign * price * limit.amount
            for limit, price in zip(self.limits, prices, strict=True)
        )
        return sum(known.values()) - fixed

    @property
    def best(self) -> Prices:
        """The prices with the highest bound, the earliest of them."""
        return max(self.bounds, key=self.bound)

    def nearest(self, within: float) -> Prices:
        """Return the prices at which the answers came nearest to meeting the limits, the best bound first.

        Of those whose bound is at most a share `within` below the best; what is short counts as a share
        of its limit.
        """
        best = self.bound(self.best)
        good = [prices for prices in self.bounds if best - self.bound(prices) <= within * abs(best)]
        return min(good, key=lambda prices: (self._short(prices), -self.bound(prices)))

    def _short(self, prices: Prices) -> float:
        return sum(
            limit.short(used) / max(1.0, abs(limit.amount))
            for limit, used in zip(self.limits, self.used[prices], strict=True)
        )

    def promised(self, prices: Prices) -> float:
        """Return what the planes say of the bound at prices: what regions answered, were it certain."""
        factors = [
            limit.weight * limit.sign * price for limit, price in zip(self.limits, prices, strict=True)
        ]
        priced = sum(
            min(
                answer.cost + sum(f * used for f, used in zip(factors, answer.used, strict=True))
                for answer in self.planes[name]
            )
            for name in self.regions
        )
        return priced - sum(f * limit.amount for f, limit in zip(factors, self.limits, strict=True))

    def country(self, chosen: dict[str, RegionAnswer]) -> Country:
        """Return the country with a plan chosen for each region."""
        best = self.best
        return Country(self.limits, best, chosen, self.bound(best))


def coordinate(
    regions: Sequence[str],
    limits: Sequence[Limit],
    relax: Ask,
    plan: AskSome,
    *,
    gap: float = 0.01,
    rounds: int = 12,
    repairs: int = 3,
    heard: Callable[[Country], None] = lambda _: None,
) -> Country | None:
    """Return plans for all regions within the shared limits, or as near to them as was found.

    Parameters
    ----------
    regions
        By name, the largest first.
    relax, plan
        Ask regions at prices: all for a bound and the relaxation behind it, and some for a plan.
    gap
        Share of the cost by which the plans may exceed the bound; prices are not sharpened for less.
    rounds, repairs
        The most times that prices are tried on relaxations, and raised for plans where a limit is short.
    heard
        Hears the country each time that all regions have a plan.

    Returns
    -------
    Country | None
        None where a region has no plan: the asking was stopped.
    """
    coordination = Coordination(tuple(regions), tuple(limits))
    if limits and not _price(coordination, relax, rounds, ENOUGH * gap):
        return None
    prices = coordination.nearest(ENOUGH * gap) if coordination.bounds else ()
    coordination.hear(prices, plan(prices, regions))
    if set(coordination.plans) != set(regions):
        return None
    country = coordination.country(chosen(coordination))
    heard(country)
    box = np.array([limit.box for limit in limits])
    for number in range(repairs):
        short = np.array(country.short) > 0.0
        # with no limit short, prices are right already: only longer solves would help
        if not short.any():
            break
        prices = tuple((np.array(prices) + 2.0**number * RAISE * box * short).tolist())
        # the last ones given are the smallest: soon done, and they fill up what is short most closely
        for some in batched(reversed(regions), AT_ONCE):
            answers = plan(prices, some)
            coordination.hear(prices, answers)
            country = coordination.country(chosen(coordination))
            heard(country)
            if set(answers) != set(some):
                return country
            if not any(country.short):
                break
    return country


def _price(coordination: Coordination, relax: Ask, rounds: int, enough: float) -> bool:
    """Look for the prices with the highest bound, until what more could be won is less than a share of it.

    What could be won is told by the planes alone: a bound lies below what a relaxation costs at any prices.
    Tells whether the regions answered to the first.
    """
    centre: Prices = tuple(0.0 for _ in coordination.limits)
    if not coordination.hear(centre, relax(centre)):
        return False
    box = np.array([limit.box for limit in coordination.limits])
    for _ in range(rounds - 1):
        proposed, promised = propose(coordination, centre, box)
        won = promised - coordination.promised(centre)
        if won <= enough * abs(coordination.bound(centre)) or proposed in coordination.bounds:
            break
        if not coordination.hear(proposed, relax(proposed)):
            break
        if coordination.bound(proposed) > coordination.bound(centre):
            centre, box = proposed, 2.0 * box
        else:
            box = box / 2.0
    return True


def propose(coordination: Coordination, centre: Prices, box: Floats) -> tuple[Prices, float]:
    """Return the prices within the box around the centre that promise most, and the bound promised.

    max Σ_r θ_r − Σ_l weight·sign·price·amount with θ_r ≤ cost + Σ_l weight·sign·price·used for every
    answer of region r.
    """
    limits, count = coordination.limits, len(coordination.limits)
    factor = np.array([limit.weight * limit.sign for limit in limits])
    amounts = np.array([limit.amount for limit in limits])
    rows, right = list[Floats](), list[float]()
    for n, name in enumerate(coordination.regions):
        for answer in coordination.planes[name]:
            own = np.zeros(len(coordination.regions))
            own[n] = 1.0
            rows.append(np.concatenate([-factor * np.array(answer.used), own]))
            right.append(answer.cost)
    around = [(max(0.0, c - b), c + b) for c, b in zip(centre, box, strict=True)]
    cost = np.concatenate([factor * amounts, -np.ones(len(coordination.regions))])
    free: list[tuple[float | None, float | None]] = [(None, None)] * len(coordination.regions)
    result = linprog(cost, A_ub=np.array(rows), b_ub=right, bounds=[*around, *free], method="highs")
    if result.x is None:
        return centre, coordination.bound(centre)
    return tuple(float(price) for price in result.x[:count]), -float(result.fun or 0.0)


def chosen(coordination: Coordination) -> dict[str, RegionAnswer]:
    """Return one plan for each region: as little short of the limits as can be, then at the least cost."""
    plans = [(name, answer) for name in coordination.regions for answer in coordination.plans[name]]
    costs = np.array([answer.cost for _, answer in plans])
    if not coordination.limits:
        taken = np.array(
            [answer is min(coordination.plans[name], key=lambda one: one.cost) for name, answer in plans]
        )
        return {name: answer for (name, answer), is_taken in zip(plans, taken, strict=True) if is_taken}
    scale = np.array([max(1.0, abs(limit.amount)) for limit in coordination.limits])
    least = _choice(coordination, plans, np.zeros(len(plans)), 1.0 / scale, np.full(len(scale), np.inf))
    allowed = least[len(plans) :] * (1.0 + MET) + MET * scale
    best = _choice(coordination, plans, costs, np.zeros(len(scale)), allowed)
    return {name: answer for (name, answer), part in zip(plans, best, strict=False) if part > 0.5}


def _choice(
    coordination: Coordination,
    plans: list[tuple[str, RegionAnswer]],
    costs: Floats,
    shortage: Floats,
    allowed: Floats,
) -> Floats:
    """Solve for (plan) whether it is chosen and (limit) what is short, at a cost of either."""
    count, limits = len(plans), coordination.limits
    number = {name: n for n, name in enumerate(coordination.regions)}
    one_each = coo_array(
        (np.ones(count), ([number[name] for name, _ in plans], np.arange(count))),
        shape=(len(number), count + len(limits)),
    )
    sign = np.array([limit.sign for limit in limits])
    used = sign[:, None] * np.array([answer.used for _, answer in plans]).T
    right = sign * np.array([limit.amount for limit in limits])
    # rows scaled, since euros and places differ by millions
    scale = np.maximum(1.0, np.abs(right))
    held = np.hstack([used / scale[:, None], -np.diag(1.0 / scale)])
    result = milp(
        np.concatenate([costs, shortage]),
        integrality=np.concatenate([np.ones(count), np.zeros(len(limits))]),
        bounds=Bounds(np.zeros(count + len(limits)), np.concatenate([np.ones(count), allowed])),
        constraints=[LinearConstraint(one_each, 1.0, 1.0), LinearConstraint(held, -np.inf, right / scale)],
    )
    if result.x is None:
        raise ValueError("Expected a choice: what is short has no limit of its own.")
    return np.asarray(result.x)
