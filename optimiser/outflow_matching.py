"""Outflow matching (*transferpunt*): clients assigned to vacant homes, proven optimal.

A client and a home are a pair where form, reach and dates allow it. Of all assignments in which a client
has one home at most, a home one client, and no neighbourhood takes more people than its limit, the best
is chosen step by step, each step as good as can be without giving up on those before it:

1. as many clients as possible have a home;
2. among equally many, those who have been ready longest;
3. as many as possible live where they want to;
4. corporations house people in proportion to the homes that they make free;
5. the keys come soon, and homes lie in neighbourhoods under their norm, near where people come from.

Limits per neighbourhood make it more than an assignment problem, so every step is a model in whole
numbers, which HiGHS solves to the end. Where it was not, the placement says so.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import cached_property
from itertools import product
from math import floor
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import Bounds, LinearConstraint, OptimizeResult, milp
from scipy.sparse import csr_array, hstack, vstack

from models.inputs.outflow_clients import FreeHome, ReadyClient
from models.region.region import Region
from optimiser.model.model import Floats
from optimiser.plan import Plan
from optimiser.problem import Problem

type Why = Literal["no_home", "out_of_reach", "dates", "not_wanted", "concentration", "taken"]
"""Why somebody has no home: none of that form in this round; none within reach; none free at a time that
fits; none in the area that is wanted (where only that will do); the neighbourhoods that are left have taken
as many as they may; all others went to people, as many as can be."""

DAYS_PER_MONTH = 365.25 / 12
NORM_POINTS, DAY_POINTS = 30.0, 1.0
"""Minutes of travel that a neighbourhood over its norm, and a day later, are worth: assumptions."""

HALF = 0.5
"""Part of a municipality's inhabitants from whom a home must be within reach where no neighbourhood of
origin is known."""


@dataclass(frozen=True)
class RoundRules:
    """The rules of a round of placing.

    Attributes
    ----------
    per_thousand
        People placed in a neighbourhood at most, per 1,000 inhabitants; one at least.
    lead_days
        From being ready (urgency) to the key.
    idle_days
        How long a home may stand empty for somebody.
    only_wanted
        Whether somebody who names an area is placed there or not at all.
    until
        Homes that come free after this day take no part.
    """

    per_thousand: float
    lead_days: int
    idle_days: int
    only_wanted: bool
    until: date


@dataclass(frozen=True)
class Match:
    """A client and a home.

    Attributes
    ----------
    key
        The day of the key.
    minutes
        From where the client comes from.
    flips_on
        The day on which the lease becomes the client's; None where it is from the first.
    in_wanted, in_norm
        Whether it lies where the client wants to live (None: no wish), and within the norm of travel.
    over_norm
        Whether the plan has more places in that neighbourhood than its norm.
    """

    client: ReadyClient
    home: FreeHome
    key: date
    minutes: float
    flips_on: date | None
    in_wanted: bool | None
    in_norm: bool
    over_norm: bool


@dataclass(frozen=True)
class Unmatched:
    """A client without a home, and why; `homes` is how many there would have been, did nobody else ask."""

    client: ReadyClient
    why: Why
    homes: int


@dataclass(frozen=True)
class Placement:
    """Who goes where.

    Attributes
    ----------
    used, fair
        Corporation → homes that are used, and what would be in proportion to those that it makes free.
    proven
        Whether every step was solved to the end.
    seconds
        That it took.
    """

    matches: tuple[Match, ...]
    unmatched: tuple[Unmatched, ...]
    homes: tuple[FreeHome, ...]
    rules: RoundRules
    used: dict[str, int]
    fair: dict[str, float]
    proven: bool


def round_rules(
    region: Region,
    clients: Sequence[ReadyClient],
    *,
    months: int,
    idle_days: int,
    per_thousand: float,
    only_wanted: bool,
) -> RoundRules:
    """Return the rules of a round that ends some months after the first client is ready."""
    until = min(client.ready for client in clients) + timedelta(days=round(months * DAYS_PER_MONTH))
    lead = round(region.parameters.homes.lead.value * DAYS_PER_MONTH)
    return RoundRules(per_thousand, lead, idle_days, only_wanted, until)


def homes_of_plan(plan: Plan, first: date, until: date) -> list[FreeHome]:
    """Return the homes that a plan has handed over between two days, spread evenly over each year.

    The n-th of the N homes of a corporation in a year, in the order of their neighbourhoods, comes free
    when (n − ½)/N of the year has passed.
    """
    counts = plan.data["new_homes"].transpose("corporation", "year", "neighbourhood").round().astype(int)
    homes = []
    for corporation, year in product(counts["corporation"].values, counts["year"].values.tolist()):
        here = counts.sel(corporation=corporation, year=year)
        areas = np.repeat(here["neighbourhood"].values, here.to_numpy())
        begin = date(int(year), 1, 1)
        days = (date(int(year) + 1, 1, 1) - begin).days
        for n, area in enumerate(areas):
            free = begin + timedelta(days=floor((n + 0.5) / len(areas) * days))
            if first <= free <= until:
                homes.append(FreeHome(f"{corporation}-{year}-{n + 1}", str(corporation), str(area), "", free))
    return homes


def place(
    plan: Plan,
    clients: Sequence[ReadyClient],
    homes: Sequence[FreeHome],
    rules: RoundRules,
    *,
    seconds: float = 60.0,
) -> Placement:
    """Return the best placement; `seconds` are those of each step."""
    desk = _Desk(plan, tuple(clients), tuple(h for h in homes if h.free <= rules.until), rules)
    chosen, proven = desk.chosen(seconds)
    matches = tuple(desk.match(*desk.pairs[n]) for n in np.flatnonzero(chosen))
    placed = {match.client.client for match in matches}
    used = Counter(match.home.corporation for match in matches)
    free = Counter(home.corporation for home in desk.homes)
    return Placement(
        matches=matches,
        unmatched=tuple(desk.unmatched(c, chosen) for c in desk.clients if c.client not in placed),
        homes=desk.homes,
        rules=rules,
        used={name: used[name] for name in sorted(free)},
        fair={name: len(matches) * free[name] / len(desk.homes) for name in sorted(free)},
        proven=proven,
    )


@dataclass(frozen=True)
class _Desk:
    """Who could go where, and the models that choose."""

    plan: Plan
    clients: tuple[ReadyClient, ...]
    homes: tuple[FreeHome, ...]
    rules: RoundRules
    _travel: dict[tuple[str, str, str], tuple[float, bool] | None] = field(default_factory=dict)

    @property
    def problem(self) -> Problem:
        return self.plan.problem

    @cached_property
    def pairs(self) -> list[tuple[int, int]]:
        """(client, home) that could be."""
        return [
            (c, h)
            for c, client in enumerate(self.clients)
            for h, home in enumerate(self.homes)
            if self.obstacle(client, home) is None
        ]

    def obstacle(self, client: ReadyClient, home: FreeHome) -> Why | None:
        """Return what stands between a client and a home, None where nothing does."""
        if home.tier not in ("", client.tier):
            return "no_home"
        if self.travel(client, home.neighbourhood) is None:
            return "out_of_reach"
        if (self.key(client, home) - home.free).days > self.rules.idle_days:
            return "dates"
        if self.rules.only_wanted and client.wanted and home.neighbourhood not in client.wanted:
            return "not_wanted"
        return None

    def key(self, client: ReadyClient, home: FreeHome) -> date:
        """Return the day of the key: the home is free and the time from urgency to key has passed."""
        return max(home.free, client.ready + timedelta(days=self.rules.lead_days))

    @cached_property
    def _reach(self) -> dict[tuple[str, str, str], tuple[float, bool]]:
        """(origin, location, tier) → minutes and whether they are within the norm; only within reach."""
        tiers = {client.tier for client in self.clients}
        near = self.problem.pairs[self.problem.pairs.index.get_level_values("tier").isin(tiers)]
        values = zip(near["minutes"].astype(float), near["within"].astype(bool), strict=True)
        return dict(zip(near.index, values, strict=True))

    def travel(self, client: ReadyClient, area: str) -> tuple[float, bool] | None:
        """Return minutes from where a client comes from, and whether within the norm; None beyond reach.

        Where only the municipality is known: the mean over its inhabitants who have the home within
        reach, and these must be half of them.
        """
        if client.neighbourhood:
            return self._reach.get((client.neighbourhood, area, client.tier))
        key = (client.municipality, area, client.tier)
        if key not in self._travel:
            self._travel[key] = self._mean(*key)
        return self._travel[key]

    def _mean(self, town: str, area: str, tier: str) -> tuple[float, bool] | None:
        people = self.problem.neighbourhoods["inhabitants"].to_dict()
        inside = [j for j in self.problem.areas if self.problem.municipality_of[j] == town]
        reached = [(people[j], *self._reach[j, area, tier]) for j in inside if (j, area, tier) in self._reach]
        weight, everybody = sum(n for n, _, _ in reached), sum(people[j] for j in inside)
        if not weight or weight < HALF * everybody:
            return None
        minutes = sum(n * m for n, m, _ in reached) / weight
        return minutes, sum(n for n, _, near in reached if near) >= HALF * weight

    @cached_property
    def most(self) -> dict[str, int]:
        """Neighbourhood → people who may be placed there."""
        people = self.problem.neighbourhoods["inhabitants"].to_dict()
        areas = dict.fromkeys(home.neighbourhood for home in self.homes)
        return {j: max(1, floor(self.rules.per_thousand * people[j] / 1000.0 + 1e-9)) for j in areas}

    def over_norm(self, home: FreeHome) -> bool:
        """Whether the plan has places over the norm around a home in its year."""
        years = self.plan.data["year"].values.tolist()
        year = min(max(home.free.year, years[0]), years[-1])
        return float(self.plan.data["excess"].sel(neighbourhood=home.neighbourhood, year=year)) > HALF

    # ------------------------------------------------------------------ choosing

    def chosen(self, seconds: float) -> tuple[NDArray[np.bool_], bool]:
        """Return (pair) who goes where, and whether each step was solved to the end."""
        count = len(self.pairs)
        if not count:
            return np.zeros(0, dtype=bool), True
        rows, proven, values = self._limits(), True, np.zeros(count)
        upper: list[float] = []
        steps: list[Floats] = [
            -np.ones(count), -self._ready_long(), -self._wanted(), self._unfair_cost(), self._rest(),
        ]  # fmt: skip
        limits: list[csr_array] = []
        for cost in steps:
            result = _solved(cost, rows, limits, upper, count, seconds)
            if result.x is None:
                proven = False
                break
            values, proven = result.x, proven and result.status == 0
            best = float(np.round(cost @ _whole(result.x, count)[: len(cost)], 6))
            limits.append(csr_array(cost[None, :]))
            upper.append(best + 1e-6)
        return _whole(values, count)[:count] > HALF, proven

    def _limits(self) -> "tuple[csr_array, Floats]":
        """Return the rows Σ ≤ upper over pairs and unfairness: clients, homes, neighbourhoods, fairness."""
        columns = np.arange(len(self.pairs))
        client, home = np.array(self.pairs).T
        blocks = [_sums(client, columns, len(self.clients)), _sums(home, columns, len(self.homes))]
        areas = {j: n for n, j in enumerate(self.most)}
        where = np.array([areas[self.homes[h].neighbourhood] for h in home])
        blocks.append(_sums(where, columns, len(areas)))
        tops = [
            np.ones(len(self.clients)),
            np.ones(len(self.homes)),
            np.array(list(self.most.values()), float),
        ]
        matrix = csr_array(vstack(blocks))
        unfair, names = self._unfair(), self._corporations
        empty = csr_array((matrix.shape[0], len(names)))
        whole = vstack([hstack([matrix, empty]), hstack([unfair, _minus(len(names))])])
        return csr_array(whole), np.concatenate([*tops, np.zeros(2 * len(names))])

    @cached_property
    def _corporations(self) -> list[str]:
        return sorted({home.corporation for home in self.homes})

    def _unfair(self) -> csr_array:
        """Return the rows ±(homes used of a corporation − its part of all that are used)."""
        free = Counter(home.corporation for home in self.homes)
        owner = np.array([self._corporations.index(self.homes[h].corporation) for _, h in self.pairs])
        part = np.array([free[name] / len(self.homes) for name in self._corporations])
        away = (owner[None, :] == np.arange(len(part))[:, None]).astype(float) - part[:, None]
        return csr_array(np.vstack([away, -away]))

    def _ready_long(self) -> Floats:
        """Return (pair) days from being ready until the round ends."""
        end = max([self.rules.until, *(client.ready for client in self.clients)])
        return np.array([float((end - self.clients[c].ready).days) for c, _ in self.pairs])

    def _wanted(self) -> Floats:
        return np.array([float(self._in_wanted(c, h) is True) for c, h in self.pairs])

    def _in_wanted(self, c: int, h: int) -> bool | None:
        wanted = self.clients[c].wanted
        return self.homes[h].neighbourhood in wanted if wanted else None

    def _unfair_cost(self) -> Floats:
        return np.concatenate([np.zeros(len(self.pairs)), np.ones(len(self._corporations))])

    def _rest(self) -> Floats:
        """Return (pair) days until the key, minutes, and points for a neighbourhood over its norm."""
        over = [self.over_norm(home) for home in self.homes]
        cost = []
        for c, h in self.pairs:
            client, home = self.clients[c], self.homes[h]
            near = self.travel(client, home.neighbourhood)
            days = (self.key(client, home) - client.ready).days
            cost.append(DAY_POINTS * days + (near[0] if near else 0.0) + NORM_POINTS * over[h])
        return np.array(cost)

    # ------------------------------------------------------------------ telling

    def match(self, c: int, h: int) -> Match:
        """Return what is told of a pair."""
        client, home = self.clients[c], self.homes[h]
        near = self.travel(client, home.neighbourhood) or (float("nan"), False)
        months = 12.0 * float(self.problem.tiers["flip_years"].to_dict()[client.tier])
        key = self.key(client, home)
        flips = key + timedelta(days=round(months * DAYS_PER_MONTH)) if months else None
        wanted, over = self._in_wanted(c, h), self.over_norm(home)
        return Match(client, home, key, near[0], flips, wanted, near[1], over)

    def unmatched(self, client: ReadyClient, chosen: NDArray[np.bool_]) -> Unmatched:
        """Return why somebody has no home."""
        obstacles = [self.obstacle(client, home) for home in self.homes]
        possible = [h for h, obstacle in enumerate(obstacles) if obstacle is None]
        if not possible:
            order: tuple[Why, ...] = ("not_wanted", "dates", "out_of_reach")
            nearest: Why = next((one for one in order if one in obstacles), "no_home")
            return Unmatched(client, nearest, 0)
        used = {self.pairs[n][1] for n in np.flatnonzero(chosen)}
        left = [h for h in possible if h not in used]
        return Unmatched(client, "concentration" if left else "taken", len(possible))


def _sums(group: NDArray[np.int_], columns: NDArray[np.int_], count: int) -> csr_array:
    """Return the rows that add columns up by group."""
    return csr_array((np.ones(len(columns)), (group, columns)), shape=(count, len(columns)))


def _minus(count: int) -> csr_array:
    """Return −1 for the unfairness of each corporation, once for either sign."""
    one = -np.eye(count)
    return csr_array(np.vstack([one, one]))


def _whole(values: Floats, count: int) -> Floats:
    """Return values with the pairs in whole numbers."""
    return np.concatenate([values[:count].round(), values[count:]])


def _solved(
    cost: Floats,
    rows: "tuple[csr_array, Floats]",
    limits: Sequence[csr_array],
    upper: Sequence[float],
    count: int,
    seconds: float,
) -> OptimizeResult:
    """Solve one step: pairs are 0 or 1, unfairness from 0; the steps before stay as good as they are."""
    matrix, tops = rows
    columns = matrix.shape[1]
    wide = [_widened(row, columns) for row in limits]
    whole = np.concatenate([np.ones(count), np.zeros(columns - count)])
    return milp(
        np.concatenate([cost, np.zeros(columns - len(cost))]),
        integrality=whole,
        bounds=Bounds(np.zeros(columns), np.where(whole > 0, 1.0, np.inf)),
        constraints=LinearConstraint(csr_array(vstack([matrix, *wide])), -np.inf, [*tops, *upper]),
        options={"mip_rel_gap": 0.0, "time_limit": seconds},
    )


def _widened(row: csr_array, columns: int) -> csr_array:
    return csr_array(hstack([row, csr_array((1, columns - row.shape[1]))]))


def reasons(match: Match) -> Iterator[str]:
    """Generate the codes of why a match is as it is."""
    if match.in_wanted is not None:
        yield "wanted" if match.in_wanted else "elsewhere"
    yield "near" if match.in_norm else "within_reach"
    if match.key > match.home.free:
        yield "kept_for"
    if match.over_norm:
        yield "over_norm"
