"""Replacement before closure: beds go only while everybody who needs a place has one as in the base year."""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

from pulp import LpVariable

from models.parameters.parameters import MO
from optimiser.model.variables import Decisions
from optimiser.problem import Problem
from optimiser.rule import Row, Terms, rule


@rule(
    "policy",
    ("year",),
    "places",
    nl="Een bed gaat pas weg als iedereen die een plek nodig heeft er een heeft, zoals in het basisjaar; "
    "en niet te veel bedden in één jaar.",
    en="A bed goes only where everybody who needs a place has one as in the base year, and not too many "
    "in one year.",
)
def replacement_before_closure(problem: Problem, x: Decisions) -> Iterator[Row]:
    """Σ (r + c out)[bed,t] ≤ ⌊most_per_year·base beds⌋·g[t]; where g[t] = 1:
    B₀ − B[t] ≤ Σ_k occ[k]·(z[k,t] − z₀[k]) + H[t] − H₀ + P₀ − P[t] + empty₀ over the other tiers k,
    the same with z and H of t − years ahead, + Σ occ·ratio·c out of beds in the years between, and
    P'[t] − W'₀ ≤ occ·B[t] + H'[t] + short₀. B beds, H people in homes, P people in homes, places and waiting,
    W waiting; ' of profiles that fit no other facility than a bed; all of the Wmo, without the Wlz.
    Where a house may stop at once: + Σ z₀[s,k]·(y[s,k,t−1] − y[s,k,t]) beds of today in the first;
    y[s,k,t−1] − y[s,k,t] ≤ g[t]; Σ_u≤t (r + c out)[bed,u] ≤ ⌊most_per_year·base beds·(t − base)⌋.
    """
    balance, policy = _Balance(problem, x), problem.policies.replacement_before_closure
    ahead, most = policy.years_ahead, policy.most_per_year.value * balance.beds_base
    at_once = policy.houses_stop_at_once and problem.policies.buildings_stay.mode != "off"
    for t in problem.years:
        closing = x.closing[(t,)]
        going: Terms = [*balance.going(t), (closing, -float(math.floor(most)))]
        if at_once:
            stops, known = balance.stopping(t)
            yield Row(("yearly", t), [*going, *stops], "<=", known)
            yield from balance.stopped(t)
            so_far = [term for u in problem.years if u <= t for term in balance.going(u)]
            yield Row(("so far", t), so_far, "<=", float(math.floor(most * (t - problem.base_year))))
        else:
            yield Row(("yearly", t), going, "<=", 0.0)
        for name, since in (("now", t), ("before", t - ahead)) if ahead else (("now", t),):
            terms, known = balance.lacking(t, since)
            yield Row((name, t), [*terms, (closing, balance.largest(t))], "<=", balance.largest(t) - known)
        terms, known = balance.without_a_bed(t)
        if terms:
            yield Row(("fits", t), [*terms, (closing, balance.largest(t))], "<=", balance.largest(t) - known)


@dataclass(frozen=True)
class _Balance:
    """Beds, other places and people of the Wmo, as terms of a year and as numbers of the base."""

    problem: Problem
    x: Decisions

    @cached_property
    def beds_base(self) -> float:
        """Places of the base in beds, those of the Wlz too."""
        return float(sum(self.problem.base_places[at] for at in self.problem.intramural_at))

    @cached_property
    def profiles(self) -> frozenset[str]:
        """The profiles whose places the Wmo pays for."""
        return frozenset(p for p, stream in self.problem.stream_of_waiting.items() if stream != MO)

    @cached_property
    def home_tiers(self) -> frozenset[str]:
        """The home tiers that the Wmo pays for."""
        return frozenset(k for k in self.problem.home_tiers if self.problem.stream_of[k] != MO)

    @cached_property
    def only_beds(self) -> frozenset[str]:
        """The profiles that fit no other facility than a bed."""
        beds = {k for _, k in self.problem.intramural_at}
        facilities = set(self.problem.facility_tiers)
        fitting = {p: {k for q, k in self.problem.fits if q == p} & facilities for p in self.profiles}
        return frozenset(p for p, tiers in fitting.items() if tiers and tiers <= beds)

    @cached_property
    def occupancy(self) -> dict[str, float]:
        """Tier → people per place."""
        return {str(k): float(share) for k, share in self.problem.tiers["occupancy"].items()}

    @cached_property
    def empty(self) -> float:
        """People who still fitted in the beds of the base."""
        problem, beds = self.problem, self.problem.intramural_at
        room = sum(
            self.occupancy[k] * (problem.base_places[s, k] - problem.wlz_occupied[s, k]) for s, k in beds
        )
        lived = problem.clients.sel(tier=list({k for _, k in beds}))
        return max(0.0, float(room) - float(lived.sum()))

    def largest(self, year: int) -> float:
        """Return more than can ever be lacking in a year: all beds, and everybody who may have come."""
        came = self.problem.inflow.sel(year=[t for t in self.problem.years if t <= year])
        everybody = self.people_base + float(came.sum())
        return math.ceil(self.beds_base + self.places_base + self.at_home_base + everybody)

    @cached_property
    def places_base(self) -> float:
        """People who fit in the other places of the base."""
        base = self.problem.base_places
        return sum(self.occupancy[k] * base[s, k] for s, k in self.problem.replacing_at)

    @cached_property
    def at_home_base(self) -> float:
        """People with support in homes in the base."""
        return self._clients_base(self.profiles, self.home_tiers)

    @cached_property
    def people_base(self) -> float:
        """Everybody of the base, those who wait too."""
        tiers = frozenset(str(k) for k in self.problem.tiers.index)
        return self._clients_base(self.profiles, tiers) + self._waiting_base(self.profiles)

    def going(self, year: int) -> Terms:
        """Return the beds that go or are converted in a year."""
        beds = set(self.problem.intramural_at)
        terms: Terms = [(self.x.removed[s, k, year], 1.0) for s, k in beds if (s, k, year) in self.x.removed]
        return terms + [
            (c, 1.0) for (s, k, _, t), c in self.x.converted.items() if t == year and (s, k) in beds
        ]

    def stopping(self, year: int) -> tuple[Terms, float]:
        """Return less the beds of today of the houses that stop in a year: terms and right side."""
        terms: Terms = []
        right = 0.0
        for (s, k), base in self._houses.items():
            before, known = self._ran(s, k, year, -base)
            terms += [*before, (self.x.operating[s, k, year], base)]
            right += known
        return terms, right

    def stopped(self, year: int) -> Iterator[Row]:
        """Generate that a house stops only in a year in which beds may go."""
        for s, k in self._houses:
            before, right = self._ran(s, k, year, 1.0)
            terms = [*before, (self.x.operating[s, k, year], -1.0), (self.x.closing[(year,)], -1.0)]
            yield Row(("stops", s, k, year), terms, "<=", right)

    def _ran(self, site: str, tier: str, year: int, times: float) -> tuple[Terms, float]:
        """Return whether a house of today ran the year before, so many times; known, and right, at first."""
        if year == self.problem.years[0]:
            return [], -times
        return [(self.x.operating[site, tier, year - 1], times)], 0.0

    @cached_property
    def _houses(self) -> dict[tuple[str, str], float]:
        """Houses with beds today, and how many."""
        base = self.problem.base_places
        return {at: float(base[at]) for at in self.problem.intramural_at if base[at]}

    def lacking(self, year: int, since: int) -> tuple[Terms, float]:
        """Return what is lacking for the beds gone by a year, from what stands since: terms, known part."""
        x, problem = self.x, self.problem
        terms: Terms = [(x.places[s, k, year], -1.0) for s, k in problem.intramural_at]
        known = self.beds_base - self.empty - self.people_base
        terms += self._people(year, self.profiles)
        if since >= problem.years[0]:
            terms += [(x.places[s, k, since], -self.occupancy[k]) for s, k in problem.replacing_at]
            terms += self._at_home(since, self.profiles, self.home_tiers)
            known += self.places_base + self.at_home_base
        others, beds = set(problem.replacing_at), set(problem.intramural_at)
        terms += [
            (c, -self.occupancy[m] * problem.ratios[s, k, m])
            for (s, k, m, t), c in x.converted.items()
            if since < t <= year and (s, k) in beds and (s, m) in others
        ]
        return _summed(terms), known

    def without_a_bed(self, year: int) -> tuple[Terms, float]:
        """Return the people who fit beds alone and would have none: terms and known part."""
        if not self.only_beds:
            return [], 0.0
        problem, x, people = self.problem, self.x, self.only_beds
        beds = problem.intramural_at
        terms = self._people(year, people) + self._at_home(year, people, self._fitting_homes(people))
        terms += [(x.places[s, k, year], -self.occupancy[k]) for s, k in beds]
        wlz = sum(self.occupancy[k] * problem.wlz_occupied[s, k] for s, k in beds)
        room = sum(self.occupancy[k] * problem.base_places[s, k] for s, k in beds) - wlz
        tiers = frozenset(str(k) for k in problem.tiers.index)
        housed = self._clients_base(people, tiers)
        short = max(0.0, housed - self._clients_base(people, self._fitting_homes(people)) - room)
        return _summed(terms), wlz - self._waiting_base(people) - short

    def _fitting_homes(self, profiles: frozenset[str]) -> frozenset[str]:
        fitting = {k for p, k in self.problem.fits if p in profiles}
        return frozenset(fitting & self.home_tiers)

    def _people(self, year: int, profiles: frozenset[str]) -> Terms:
        """Return everybody of some profiles, who wait too."""
        terms: Terms = [(n, 1.0) for p, _, n in self._clients[year] if p in profiles]
        return terms + [(w, 1.0) for p, w in self._waiting[year] if p in profiles]

    def _at_home(self, year: int, profiles: frozenset[str], homes: frozenset[str]) -> Terms:
        """Return the people of some profiles in some home tiers, to be taken off."""
        return [(n, -1.0) for p, k, n in self._clients[year] if p in profiles and k in homes]

    @cached_property
    def _clients(self) -> dict[int, list[tuple[str, str, LpVariable]]]:
        by_year: dict[int, list[tuple[str, str, LpVariable]]] = {t: [] for t in self.problem.years}
        for (_, p, k, t), n in self.x.clients.items():
            by_year[t].append((p, k, n))
        return by_year

    @cached_property
    def _waiting(self) -> dict[int, list[tuple[str, LpVariable]]]:
        by_year: dict[int, list[tuple[str, LpVariable]]] = {t: [] for t in self.problem.years}
        for (_, p, t), w in self.x.waiting.items():
            by_year[t].append((p, w))
        return by_year

    def _clients_base(self, profiles: frozenset[str], tiers: frozenset[str]) -> float:
        base = self.problem.clients
        return float(base.sel(profile=sorted(profiles), tier=sorted(tiers)).sum())

    def _waiting_base(self, profiles: frozenset[str]) -> float:
        return float(self.problem.waiting.sel(profile=sorted(profiles)).sum())


def _summed(terms: Terms) -> Terms:
    """Return terms with each variable once, those that cancel left out."""
    total: dict[int, float] = {}
    for variable, coefficient in terms:
        total[variable.id] = total.get(variable.id, 0.0) + coefficient
    once = {variable.id: variable for variable, _ in terms}
    return [(once[n], coefficient) for n, coefficient in total.items() if coefficient]
