"""Procurement lots (*percelen*) by districting: contiguous, balanced, at scale, within one region.

A unit is a municipality, or each of its neighbourhoods where the municipality alone is larger than a lot may
be. A lot has a root r among its units, and y(r) says whether r is one; x(i, r) whether unit i is in that lot.

    minimise   Σ clients(i) · km(i, r) · x(i, r)                          near to its root
             + band · (over(r) + under(r)) + scale · Σ short(r, k)         what gives way, at a price
    with  Σ_r x(i, r) = 1;  x(i, r) ≤ y(r) = x(r, r);  Σ y(r) = number of lots
          Σ volume(i) x(i, r) ≤ (1 + band) · mean · y(r) + over(r),  ≤ largest · y(r)  (hard)
          Σ volume(i) x(i, r) ≥ (1 − band) · mean · (y(r) − small(r)) − under(r)
          Σ volume(i, k) x(i, r) + short(r, k) ≥ least(k) · has(r, k)
          has(r, k) ≥ x(i, r)  where volume(i, k) > 0
          Σ small(r) ≥ 1,  Σ volume(i) x(i, r) ≤ small volume where small(r)          (where asked for)

x(i, r) exists only inside a named region of municipalities.csv, so a region can leave with its lots whole.
Contiguity is exact: for every set C of units of a lot that hangs together apart from its root, a unit i
of C is in the lot only if a neighbour of C is: x(i, r) ≤ Σ_{j next to C} x(j, r). The rows for single
units are there from the start; the others are added where a solution breaks them, and it is solved again.
"""

import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import count as count_from
from typing import Any

import networkx as nx
import numpy as np
import pulp
from numpy.typing import NDArray

from geodata.faults import Fault, InputError
from geodata.neighbours import merged
from models.parameters.finance import WEEKS_PER_YEAR
from optimiser.plan import Plan
from optimiser.procurement.contract_volumes import Volumes
from optimiser.solve import Impossible, NoPlanYet
from optimiser.solver.highs import THREADS, use_one_thread_count

type Floats = NDArray[np.float64]

BAND_PRICE, SCALE_PRICE = 1000.0, 1000.0
"""Client-km that a client outside the band, or a client short of a tier's least size, weighs: choices that
put balance and scale before nearness."""

_NONE = (pulp.LpSolveStatus.Infeasible,)

EMPTY_WEIGHT = 0.05
"""Clients that a unit without any counts for, so that it too goes to the lot that is near."""


@dataclass(frozen=True)
class Wish:
    """What is asked of the lots."""

    lots: int | None = None
    """Number of lots; by default as few as `max_share` allows."""
    max_share: float | None = None
    """Largest part of the volume that one lot has, so that no provider gets more with one lot."""
    band: float = 0.3
    """Part of a mean lot that a lot may be larger or smaller without giving way at a price."""
    small: float | None = None
    """Part of the volume below which at least one lot is, for small and new providers."""


@dataclass(frozen=True)
class Patchwork:
    """The units that lots are made of, as arrays in the order of `units`.

    Attributes
    ----------
    areas
        Unit → its neighbourhoods.
    volume
        (unit, tier): client-weeks over all terms.
    least
        (tier): client-weeks over all terms below which a tier is too small; 0 for homes.
    place
        (unit, 2): metres east and north.
    region
        (unit): the named region that no lot may leave.
    """

    units: tuple[str, ...]
    areas: Mapping[str, tuple[str, ...]]
    volume: Floats
    least: Floats
    place: Floats
    region: tuple[str, ...]
    graph: "nx.Graph[str]"
    years: int

    @cached_property
    def size(self) -> Floats:
        """(unit): client-weeks over all tiers and terms."""
        total: Floats = self.volume.sum(axis=1)
        return total

    @property
    def clients(self) -> Floats:
        """(unit): clients at a time, on average."""
        return self.size / (self.years * WEEKS_PER_YEAR)

    @classmethod
    def of(cls, plan: Plan, bought: Volumes, wish: Wish) -> "Patchwork":
        """Return municipalities as units, those larger than a lot may be by neighbourhood."""
        most = _most(float(bought.expected.sum()), wish)
        problem, towns = plan.problem, plan.problem.region.municipalities
        expected = bought.expected.sum("year").transpose("neighbourhood", "tier")
        area_codes = [str(code) for code in expected["neighbourhood"].values]
        town_of = problem.municipality_of
        held = dict.fromkeys(map(str, towns.index), 0.0)
        for area, size in zip(area_codes, expected.sum("tier").to_numpy(), strict=True):
            held[town_of[area]] += float(size)
        unit_of = {a: a if held[town_of[a]] > most else town_of[a] for a in area_codes}
        units = tuple(dict.fromkeys(unit_of.values()))
        areas = {unit: tuple(a for a in area_codes if unit_of[a] == unit) for unit in units}
        named = towns["region"].astype(str)
        return cls(
            units=units,
            areas=areas,
            volume=np.array([expected.sel(neighbourhood=list(areas[u])).sum("neighbourhood") for u in units]),
            least=_least(plan, bought),
            place=np.array([_centre(plan, areas[unit]) for unit in units]),
            region=tuple(str(named[town_of[areas[unit][0]]]) for unit in units),
            graph=merged(problem.region.contiguity, unit_of),
            years=len(bought.years),
        )


def _least(plan: Plan, bought: Volumes) -> Floats:
    """Return the client-weeks (tier) of the least places of a facility, lived in over all years."""
    tiers = plan.problem.tiers.loc[list(bought.expected["tier"].values)]
    policy = plan.problem.policies.specialist_scale
    least = []
    for tier, row in tiers.iterrows():
        if row["setting"] != "facility":
            least.append(0.0)
            continue
        places = float(row["least"])
        if policy.mode != "off" and tier in policy.tiers:
            places = max(places, policy.least.value)
        least.append(places * float(row["occupancy"]) * WEEKS_PER_YEAR * len(bought.years))
    return np.array(least)


def _centre(plan: Plan, areas: Sequence[str]) -> tuple[float, float]:
    """Return the middle of areas, by inhabitants; without any each counts alike."""
    rows = plan.problem.neighbourhoods.loc[list(areas)]
    people = rows["inhabitants"].to_numpy(float)
    weight = people if people.sum() > 0 else np.ones(len(rows))
    return float(np.average(rows["x"], weights=weight)), float(np.average(rows["y"], weights=weight))


@dataclass(frozen=True)
class Division:
    """Lots with the solver's proof; each lot is a tuple of units, its root first."""

    patchwork: Patchwork
    lots: tuple[tuple[str, ...], ...]
    objective: float
    bound: float
    seconds: float
    rounds: int
    """Times it was solved until every lot hung together."""

    @property
    def gap(self) -> float:
        """Distance to the bound as a share of the objective."""
        return max(0.0, self.objective - self.bound) / self.objective if self.objective > 0 else 0.0

    def areas(self, lot: int) -> tuple[str, ...]:
        """Return the neighbourhoods of a lot."""
        return tuple(area for unit in self.lots[lot] for area in self.patchwork.areas[unit])

    def is_contiguous(self, lot: int) -> bool:
        """Whether a lot hangs together."""
        return nx.is_connected(self.patchwork.graph.subgraph(self.lots[lot]))


def wished(plan: Plan, lots: int | None, max_share: float | None, band: float, small: float | None) -> Wish:
    """Return a wish, with the largest share of the policy provider_share where none is given.

    Raises
    ------
    InputError
        When neither a number of lots nor a largest share is known.
    """
    policy = plan.problem.policies.provider_share
    if max_share is None and policy.mode != "off":
        max_share = policy.share.value
    if not lots and max_share is None:
        found = "0 lots" if lots == 0 else "neither --lots nor --max-share"
        remedy = "Give one of them; the policy provider_share is off."
        raise InputError([Fault("--lots", found, "a number of lots, or a largest share", remedy)])
    return Wish(lots, max_share, band, small)


def _most(total: float, wish: Wish) -> float:
    """Return the client-weeks above which a municipality is offered by neighbourhood."""
    limits = [
        *([wish.max_share * total] if wish.max_share else []),
        *([(1 + wish.band) * _mean(total, wish, wish.lots)] if wish.lots else []),
    ]
    return min(limits)


def divide(patchwork: Patchwork, wish: Wish, *, seconds: float = 60.0, gap: float = 0.0) -> Division:
    """Return the best lots that can be found in time.

    Raises
    ------
    Impossible
        When the number of lots, the largest share and the named regions cannot go together.
    NoPlanYet
        When no lots were found in the time.
    """
    began = time.monotonic()
    counts = [wish.lots] if wish.lots else _counts(patchwork, wish)
    last: Impossible | None = None
    for count in counts:
        try:
            _check(patchwork, wish, count)
            return _divided(patchwork, wish, count, began + seconds, gap)
        except Impossible as error:
            last = error
    raise last or Impossible(("no number of lots is possible",))


def _counts(patchwork: Patchwork, wish: Wish) -> range:
    """Return the numbers of lots to try: from the fewest that the largest share allows, in each region."""
    share = wish.max_share or 1.0
    most = share * patchwork.size.sum()
    fewest = sum(max(1, int(np.ceil(size / most - 1e-9))) for size in _by_region(patchwork).values())
    return range(fewest, max(fewest, min(len(patchwork.units), fewest + 3)) + 1)


def _by_region(patchwork: Patchwork) -> dict[str, float]:
    regions = dict.fromkeys(patchwork.region, 0.0)
    for region, size in zip(patchwork.region, patchwork.size, strict=True):
        regions[region] += float(size)
    return regions


def _check(patchwork: Patchwork, wish: Wish, count: int) -> None:
    """Tell beforehand what cannot go together, in words that name it."""
    regions = _by_region(patchwork)
    pieces = sum(
        nx.number_connected_components(patchwork.graph.subgraph(_units_of(patchwork, region)))
        for region in regions
    )
    faults = []
    if not pieces <= count <= len(patchwork.units):
        faults.append(
            f"{count} lots: the named regions ask {pieces} at least, and {len(patchwork.units)} are possible"
        )
    if wish.max_share is not None:
        most = wish.max_share * patchwork.size.sum()
        faults += [
            f"{unit} alone has {size / patchwork.size.sum():.1%} of it, a lot at most {wish.max_share:.1%}"
            for unit, size in zip(patchwork.units, patchwork.size, strict=True)
            if size > most * (1 + 1e-9)
        ]
        fewest = sum(max(1, int(np.ceil(size / most - 1e-9))) for size in regions.values())
        if count < fewest:
            faults.append(
                f"{count} lots of at most {wish.max_share:.1%} cannot hold the volume of every region"
            )
    if faults:
        raise Impossible(tuple(faults))


def _units_of(patchwork: Patchwork, region: str) -> list[str]:
    return [unit for unit, own in zip(patchwork.units, patchwork.region, strict=True) if own == region]


def _divided(patchwork: Patchwork, wish: Wish, count: int, until: float, gap: float) -> Division:
    """Solve, add the rows of the lots that fall apart, and solve again until none does."""
    began, rounds = time.monotonic(), 0
    program = _Program.of(patchwork, wish, count)
    bound = -np.inf
    while True:
        rounds += 1
        left = until - time.monotonic()
        if left <= 0.5:
            raise NoPlanYet("no lots that hang together were found in the time given")
        # half of what is left, so that there is time to mend lots that fall apart
        use_one_thread_count()
        stats = program.problem.solve(pulp.HiGHS(msg=False, timeLimit=left / 2, gapRel=gap, threads=THREADS))
        if stats.status in _NONE:
            raise Impossible((f"{count} contiguous lots within the largest share do not exist",))
        if not stats.has_solution or stats.objective is None:
            raise NoPlanYet("no lots were found in the time given")
        bound = max(bound, stats.best_bound if stats.best_bound is not None else -np.inf)
        lots = program.lots()
        if not program.mend(lots):
            spent = time.monotonic() - began
            return Division(patchwork, lots, float(stats.objective), float(bound), spent, rounds)


@dataclass(frozen=True)
class _Program:
    """The lots as a linear model; `inside` holds the variable of unit i in the lot of root r."""

    patchwork: Patchwork
    problem: pulp.LpProblem
    inside: dict[tuple[int, int], Any]
    small: dict[int, Any]
    """Root → whether its lot is the one for small and new providers; empty where none is asked for."""
    number: Iterator[int] = field(default_factory=count_from)

    @classmethod
    def of(cls, patchwork: Patchwork, wish: Wish, count: int) -> "_Program":
        problem = pulp.LpProblem("lots", pulp.LpMinimize)
        known = range(len(patchwork.units))
        inside = {
            (i, r): problem.add_variable(f"in_{i}_{r}", 0, 1, cat="Binary")
            for r in known
            for i in known
            if patchwork.region[i] == patchwork.region[r]
        }
        small = {
            r: problem.add_variable(f"small_{r}", 0, 1, cat="Binary") for r in known if wish.small is not None
        }
        program = cls(patchwork, problem, inside, small)
        terms = [*program._near(), *program._sized(wish, count), *program._scaled()]
        problem.setObjective(pulp.lpSum_vars_coefs(terms))
        program._assigned(count)
        program._small_enough(wish)
        for unit in known:
            program._touching([unit])
        return program

    def _column(self, r: int) -> list[tuple[int, Any]]:
        return [(i, variable) for (i, root), variable in self.inside.items() if root == r]

    @property
    def _roots(self) -> range:
        return range(len(self.patchwork.units))

    def _near(self) -> Iterator[tuple[Any, float]]:
        """Generate the client-kilometres from each unit to the root of its lot."""
        place, weight = self.patchwork.place, np.maximum(self.patchwork.clients, EMPTY_WEIGHT)
        for (i, r), variable in self.inside.items():
            yield variable, float(weight[i] * np.hypot(*(place[i] - place[r])) / 1000)

    def _assigned(self, count: int) -> None:
        """Every unit is in one lot, only lots with a root hold units, and there are so many lots."""
        for i in self._roots:
            mine = [variable for (unit, _), variable in self.inside.items() if unit == i]
            self.problem.addConstraint(pulp.lpSum_vars(mine) == 1, f"in_one_lot_{i}")
        for (i, r), variable in self.inside.items():
            if i != r:
                terms = [(variable, 1.0), (self.inside[r, r], -1.0)]
                self.problem.addConstraint(pulp.lpSum_vars_coefs(terms) <= 0, f"has_a_root_{i}_{r}")
        chosen = [self.inside[r, r] for r in self._roots]
        self.problem.addConstraint(pulp.lpSum_vars(chosen) == count, "number_of_lots")

    def _sized(self, wish: Wish, count: int) -> Iterator[tuple[Any, float]]:
        """Hold lots within the band at a price, and within the largest share whatever it costs.

        The rows count clients at a time, so that no coefficient is large.
        """
        clients = self.patchwork.clients
        mean = _mean(float(clients.sum()), wish, count)
        for r in self._roots:
            held = [(variable, float(clients[i])) for i, variable in self._column(r)]
            root = self.inside[r, r]
            over = self.problem.add_variable(f"over_{r}", 0, None)
            under = self.problem.add_variable(f"under_{r}", 0, None)
            top = [*held, (root, -(1 + wish.band) * mean), (over, -1.0)]
            self.problem.addConstraint(pulp.lpSum_vars_coefs(top) <= 0, f"not_too_large_{r}")
            bottom = [*held, (root, -(1 - wish.band) * mean), (under, 1.0)]
            if r in self.small:
                bottom.append((self.small[r], (1 - wish.band) * mean))
            self.problem.addConstraint(pulp.lpSum_vars_coefs(bottom) >= 0, f"not_too_small_{r}")
            if wish.max_share is not None:
                largest = [*held, (root, -wish.max_share * float(clients.sum()))]
                self.problem.addConstraint(pulp.lpSum_vars_coefs(largest) <= 0, f"largest_share_{r}")
            yield over, BAND_PRICE
            yield under, BAND_PRICE

    def _scaled(self) -> Iterator[tuple[Any, float]]:
        """Hold a tier that a lot has to its least size, at a price; in clients at a time."""
        per_client = self.patchwork.years * WEEKS_PER_YEAR
        for k, least in enumerate(self.patchwork.least):
            if least <= 0:
                continue
            held = self.patchwork.volume[:, k] / per_client
            for r in self._roots:
                column = [(i, variable) for i, variable in self._column(r) if held[i] > 1e-6]
                if not column:
                    continue
                has = self.problem.add_variable(f"has_{k}_{r}", 0, 1)
                short = self.problem.add_variable(f"short_{k}_{r}", 0, None)
                for i, variable in column:
                    terms = [(has, 1.0), (variable, -1.0)]
                    self.problem.addConstraint(pulp.lpSum_vars_coefs(terms) >= 0, f"has_tier_{k}_{i}_{r}")
                terms = [(variable, float(held[i])) for i, variable in column]
                terms += [(short, 1.0), (has, -float(least) / per_client)]
                self.problem.addConstraint(pulp.lpSum_vars_coefs(terms) >= 0, f"large_enough_{k}_{r}")
                yield short, SCALE_PRICE

    def _small_enough(self, wish: Wish) -> None:
        """Ask at least one lot that a small provider can take."""
        if wish.small is None:
            return
        clients = self.patchwork.clients
        total = float(clients.sum())
        for r, small in self.small.items():
            rooted = [(small, 1.0), (self.inside[r, r], -1.0)]
            self.problem.addConstraint(pulp.lpSum_vars_coefs(rooted) <= 0, f"small_is_a_lot_{r}")
            held = [(variable, float(clients[i])) for i, variable in self._column(r)]
            room = [*held, (small, (1 - wish.small) * total)]
            self.problem.addConstraint(pulp.lpSum_vars_coefs(room) <= total, f"small_enough_{r}")
        self.problem.addConstraint(pulp.lpSum_vars(list(self.small.values())) >= 1, "one_small_lot")

    def _touching(self, part: Iterable[int]) -> None:
        """A unit of a part is in the lot of a root outside it only if something next to the part is."""
        units, held = self.patchwork.units, set(part)
        position = {unit: n for n, unit in enumerate(units)}
        ring = {position[other] for i in held for other in self.patchwork.graph.neighbors(units[i])} - held
        for r in self._roots:
            if r in held:
                continue
            around = [(self.inside[j, r], 1.0) for j in ring if (j, r) in self.inside]
            for i in held:
                if (i, r) in self.inside and not (len(held) == 1 and r in ring):
                    terms = [*around, (self.inside[i, r], -1.0)]
                    self.problem.addConstraint(
                        pulp.lpSum_vars_coefs(terms) >= 0, f"touching_{next(self.number)}"
                    )

    def lots(self) -> tuple[tuple[str, ...], ...]:
        """Return the lots of the solution, the root of each first."""
        units = self.patchwork.units
        return tuple(
            (units[r], *(units[i] for i, variable in self._column(r) if i != r and _is_one(variable)))
            for r in self._roots
            if _is_one(self.inside[r, r])
        )

    def mend(self, lots: Iterable[Sequence[str]]) -> bool:
        """Add rows for every part of a lot that is apart from its root; return whether there was one."""
        position, apart = {unit: n for n, unit in enumerate(self.patchwork.units)}, False
        for lot in lots:
            for part in nx.connected_components(self.patchwork.graph.subgraph(lot)):
                if lot[0] not in part:
                    self._touching(sorted(position[unit] for unit in part))
                    apart = True
        return apart


def _mean(total: float, wish: Wish, count: int) -> float:
    """Return the size of a mean lot; where one is small, that of the others."""
    if wish.small is None or count == 1:
        return total / count
    return total * (1 - wish.small) / (count - 1)


def _is_one(variable: Any) -> bool:
    return float(variable.value() or 0.0) > 0.5
