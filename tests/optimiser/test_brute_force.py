"""All whole decisions of small regions, one by one, against the plan that is proven the best.

Nothing of the formulation is used here. What a choice of places, conversions and homes costs is
added up in plain arithmetic from the same numbers that are written into the region's files; what
people do then is one small transport problem per year, since nobody's need changes and moving
is free, so that years do not depend on each other but through places and homes.
"""

from dataclasses import dataclass
from functools import cache
from itertools import product
from math import floor, inf, pi, sqrt

import numpy as np
import pytest
from builders import WEEKS, tiny_problem
from scipy.optimize import linprog

from optimiser.problem import Problem
from optimiser.solve import Impossible, solve

YEARS = (2022, 2023)
TOWN = {"N1": "M1", "N2": "M1", "N3": "M2"}
PEOPLE = {"N1": 10_000, "N2": 6_000, "N3": 4_000}
AROUND = {"N1": ("N1", "N2"), "N2": ("N1", "N2", "N3"), "N3": ("N2", "N3")}
SQUARE_AT = {"S1": "N1", "S2": "N3"}
ALLOWED = {"intensive": ("bed", "group"), "light": ("home", "group")}
PRICE = {
    "intramural_reduction": 10_000, "within_travel_norm": 1_000, "neighbourhood_concentration": 700,
    "fair_share_between_municipalities": 900, "waiting_does_not_grow": 20_000,
}  # fmt: skip
SHARE, BAND, NORM, BY_END, MOST_PER_YEAR = 0.8, 0.2, 0.15, 0.5, 0.7
LEAST = 2
TRAVEL, MISFIT, WAITING = 10, 1_000, 100_000


@dataclass(frozen=True)
class Case:
    """The numbers that differ from case to case; `hard` names the policies without a price."""

    beds: int
    groups: int
    most_groups: int
    plot: int
    clients: tuple[tuple[str, str, str, int], ...]
    homes_in_n2: int
    offered: tuple[int, int]
    running: int
    place: int
    building: int
    conversion: int
    years_ahead: int
    terminal: int
    hard: tuple[str, ...] = ()


def drawn(seed: int) -> Case:
    """Return a case with numbers by lot, the same for the same seed."""
    rng = np.random.default_rng(seed)
    beds, groups, homes = int(rng.integers(2, 4)), int(rng.choice([0, 2, 3])), int(rng.integers(0, 3))
    in_n1 = int(rng.integers(0, beds + 1))
    hard = ("intramural_reduction", "neighbourhood_concentration", "fair_share_between_municipalities")
    return Case(
        beds=beds,
        groups=groups,
        most_groups=3,
        plot=int(rng.integers(4, 6)),
        clients=(
            ("N1", "intensive", "bed", in_n1),
            ("N3", "intensive", "bed", beds - in_n1 - int(rng.integers(0, 2)) * (beds > in_n1)),
            ("N2", "light", "group", groups),
            ("N2", "light", "home", homes),
            ("N3", "light", "waiting", int(rng.integers(0, 3))),
            ("N1", "intensive", "waiting", int(rng.integers(0, 2))),
        ),
        homes_in_n2=homes,
        offered=(int(rng.integers(0, 3)), int(rng.integers(0, 3))),
        running=int(rng.choice([5_000, 30_000, 60_000])),
        place=int(rng.choice([2_000, 10_000])),
        building=int(rng.choice([20_000, 50_000])),
        conversion=int(rng.choice([5_000, 60_000])),
        years_ahead=int(rng.integers(0, 2)),
        terminal=int(rng.integers(1, 4)),
        hard=(hard[seed % 3],) if seed % 2 else (),
    )  # fmt: skip


def problem_of(case: Case) -> Problem:
    """Write the case into the files of the tiny region."""
    settings = {f"policies.{name}.price": str(price) for name, price in PRICE.items()}
    settings |= {f"policies.{name}.mode": "hard" for name in case.hard}
    settings |= {
        "years.terminal": str(case.terminal), "years.discount_rate": "0.04", "years.indexation": "0.02",
        "weights.unasked_move": "0", "tiers.group.building_years": "0",
        "tiers.group.running": str(case.running), "tiers.group.place": str(case.place),
        "tiers.group.building": str(case.building), "costs.conversions.bed.group.cost": str(case.conversion),
        "policies.intramural_reduction.by_end": str(BY_END), "policies.within_travel_norm.share": str(SHARE),
        "policies.replacement_before_closure.years_ahead": str(case.years_ahead),
        "policies.replacement_before_closure.most_per_year": str(MOST_PER_YEAR),
        "policies.neighbourhood_concentration.norm": str(NORM),
        "policies.fair_share_between_municipalities.band": str(BAND),
    }  # fmt: skip
    status, base = ("existing", case.groups) if case.groups else ("candidate", 0)
    return tiny_problem(
        settings,
        sites="site,name,neighbourhood,provider,status,tier,places,wlz_occupied,most,plot_most,earliest\n"
        f"S1,Site one,N1,A,existing,bed,{case.beds},0,{case.beds},{case.plot},\n"
        f"S1,Site one,N1,A,existing,group,0,0,{case.most_groups},{case.plot},\n"
        f"S2,Site two,N3,B,{status},group,{base},0,{case.most_groups},{case.most_groups},\n",
        clients="neighbourhood,profile,tier,clients,year,form,basis\n"
        + "".join(f"{i},{p},{k},{n},2021,ZIN,origin\n" for i, p, k, n in case.clients),
        homes=f"corporation,neighbourhood,year,homes\nC1,N2,2021,{case.homes_in_n2}\n"
        f"C1,N1,2022,{case.offered[0]}\nC1,N3,2023,{case.offered[1]}\n",
    )


def minutes(origin: str, location: str) -> float:
    """Return the minutes between squares of 2 km at a kilometre a minute; inside one, ½·√(area ÷ π)."""
    apart = abs(int(origin[1]) - int(SQUARE_AT.get(location, location)[1]))
    return 2.0 * apart if apart else 0.5 * sqrt(4 / pi)


@dataclass(frozen=True)
class Stand:
    """What stands in a year: beds and group places at S1, group places at S2, homes per square."""

    beds: int
    groups: int
    groups_at_s2: int
    homes: tuple[int, int, int]


class BruteForce:
    """Every choice of a case and what it costs."""

    def __init__(self, case: Case) -> None:
        self.case = case
        self.people = cache(self._people)

    def best(self) -> float:
        """Return the least cost over every choice of places, conversions and homes in two years."""
        homes = list(product(range(self.case.offered[0] + 1), range(self.case.offered[1] + 1)))
        return min(
            self.cost(first, second, given)
            for first in self.steps(self.start)
            for second in self.steps(first[0])
            for given in homes
        )

    @property
    def start(self) -> tuple[int, int, int]:
        """The places of the base year."""
        return self.case.beds, 0, self.case.groups

    def steps(self, before: tuple[int, int, int]) -> list[tuple[tuple[int, int, int], int]]:
        """Return what can stand a year later, and how many beds are converted to come there."""
        case, found = self.case, []
        sizes = [0, *range(LEAST, case.most_groups + 1)]
        for beds, groups, at_s2 in product([0, *range(LEAST, case.beds + 1)], sizes, sizes):
            if beds + groups <= case.plot:
                found += [((beds, groups, at_s2), converted) for converted in range(before[0] + 1)]
        return found

    def cost(self, first: tuple, second: tuple, given: tuple[int, int]) -> float:
        """Return the objective of one choice, infinite where a hard rule forbids it."""
        case, total, before = self.case, 0.0, self.start
        shown = [self.start[1] + self.start[2]]
        arrived, yearly_later = [], [0.0, 0.0]
        for n, (now, converted) in enumerate((first, second)):
            year, last = YEARS[n], n == 1
            rise = 1.02 ** (year - 2021)
            beds = now[0] - (before[0] - converted)
            at_s1, at_s2 = now[1] - (before[1] + converted), now[2] - before[2]
            added_beds, removed_beds = max(beds, 0), max(-beds, 0)
            added = max(at_s1, 0) + max(at_s2, 0)
            removed = max(-at_s1, 0) + max(-at_s2, 0)
            if max(abs(beds) - case.beds, abs(at_s1) - case.most_groups, abs(at_s2) - case.most_groups) > 0:
                return inf
            if -at_s1 > before[1]:  # what a bed became this year does not go this year
                return inf
            once = rise * (5_000 * removed_beds + 2_000 * removed + 2_000 * given[n])
            capital = (100_000 * added_beds + case.building * added + case.conversion * converted) / 10
            for later in range(n, 2):
                yearly_later[later] += capital * rise
            sites = rise * (case.running * ((now[1] > 0) + (now[2] > 0)) + case.place * (now[1] + now[2]))
            arrived.append(converted)
            shown.append(now[1] + now[2])
            going = removed_beds + converted
            too_fast = going > floor(MOST_PER_YEAR * case.beds)
            if too_fast or (going and not self.replaced(n, now[0], shown, arrived, given)):
                return inf
            homes = (given[0], case.homes_in_n2, given[1] if last else 0)
            points = rise * self.points(n, now)
            people = self.people(year, Stand(*now, homes))
            factor = (case.terminal if last else 1.0) / 1.04**n
            total += once / 1.04**n + factor * (sites + yearly_later[n] + points + people)
            before = now
        return total

    def replaced(
        self, n: int, beds: int, shown: list[int], arrived: list[int], given: tuple[int, int]
    ) -> bool:
        """Tell whether places and homes stand for the beds that are gone, now and the years ahead before.

        As many people need one as in the base year; a home is the cheapest that a light person can have, so
        that all are lived in as far as there are such people.
        """
        case = self.case
        empty = case.beds - sum(number for _, _, tier, number in case.clients if tier == "bed")

        def instead(opened: int) -> int:
            more = shown[opened + 1] - shown[0] + self.at_home(given[: opened + 1]) - self.at_home(())
            return empty + more + sum(arrived[opened + 1 : n + 1])

        return case.beds - beds <= min(instead(n), instead(n - case.years_ahead))

    def at_home(self, given: tuple[int, ...]) -> int:
        """Return the people in homes, with those that were given so far."""
        light = sum(number for _, profile, _, number in self.case.clients if profile == "light")
        return min(light, self.case.homes_in_n2 + sum(given))

    def points(self, n: int, now: tuple[int, int, int]) -> float:
        """Return the points of the policies that speak of places alone."""
        beds, groups, at_s2 = now
        left = (1 - n) / 2  # of a deviation in the base: half in 2022, nothing in 2023
        over = {"intramural_reduction": beds - self.case.beds * (1 - BY_END * (n + 1) / 2)}
        concentration = 0.0
        for around in AROUND.values():
            limit = max(NORM * sum(PEOPLE[a] for a in around) / 1000, LEAST)
            load, base = (
                ("N1" in around) * (b + g / 2) + ("N3" in around) * at / 2 for b, g, at in (now, self.start)
            )
            concentration += max(0.0, load - limit - left * max(0.0, base - limit))
        over["neighbourhood_concentration"] = concentration
        unfair = 0.0
        for share, there, base in ((0.8, beds + groups, self.case.beds), (0.2, at_s2, self.case.groups)):
            every, had = sum(now), sum(self.start)
            sides = [
                there - share * (1 + BAND) * every - left * max(0.0, base - share * (1 + BAND) * had),
                share * (1 - BAND) * every - there - left * max(0.0, share * (1 - BAND) * had - base),
            ]
            unfair += max(0.0, *sides)
        over["fair_share_between_municipalities"] = unfair
        if any(over[name] > 1e-9 for name in self.case.hard):
            return inf
        return sum(PRICE[name] * max(0.0, amount) for name, amount in over.items())

    def _people(self, year: int, stand: Stand) -> float:
        """Return the least that it costs to house everybody or have them wait: a transport problem."""
        room = {("S1", "bed"): stand.beds, ("S1", "group"): stand.groups, ("S2", "group"): stand.groups_at_s2}
        room |= {(square, "home"): homes for square, homes in zip(PEOPLE, stand.homes, strict=True)}
        demand: dict[tuple[str, str], int] = {}
        for origin, profile, _, number in self.case.clients:
            demand[origin, profile] = demand.get((origin, profile), 0) + number
        weekly = {"bed": 1000, "group": 400, "home": 300}
        ways = [
            (who, spot, weekly[spot[1]] * WEEKS + TRAVEL * minutes(who[0], spot[0])
             + (MISFIT if who[1] == "light" and spot[1] == "group" else 0))
            for who in demand for spot in room if spot[1] in ALLOWED[who[1]]
        ]  # fmt: skip
        waits = [(who, None, 200 * WEEKS + WAITING) for who in demand]
        columns = [*ways, *waits]
        slack = [("beyond", town) for town in ("M1", "M2")] + [("growth", town) for town in ("M1", "M2")]
        cost = [c for _, _, c in columns]
        cost += [PRICE["within_travel_norm"]] * 2 + [PRICE["waiting_does_not_grow"]] * 2
        none = [0.0] * len(slack)
        balance = [[float(who == one) for who, _, _ in columns] + none for one in demand]
        rows = [[float(spot == one) for _, spot, _ in columns] + none for one in room]
        limits = list(map(float, room.values()))
        for town in ("M1", "M2"):
            beyond = [
                SHARE - (spot is not None and minutes(who[0], spot[0]) <= 3) if TOWN[who[0]] == town else 0.0
                for who, spot, _ in columns
            ]
            rows.append(beyond + [-float(one == ("beyond", town)) for one in slack])
            limits.append(0.0)
            waiting = [float(spot is None and TOWN[who[0]] == town) for who, spot, _ in columns]
            rows.append(waiting + [-float(one == ("growth", town)) for one in slack])
            had = [n for i, _, tier, n in self.case.clients if tier == "waiting" and TOWN[i] == town]
            limits.append(float(sum(had)))
        solved = linprog(cost, rows, limits, balance, list(demand.values()))
        assert solved.status == 0
        return 1.02 ** (year - 2021) * float(solved.fun)  # euros and points rise alike


SEEDS = range(10)


@pytest.mark.parametrize("seed", SEEDS)
def test_no_choice_is_cheaper_than_the_plan(seed):
    """The least over every choice is the plan's proven objective, to a cent in some hundreds of thousands."""
    case = drawn(seed)
    least = BruteForce(case).best()
    problem = problem_of(case)
    if least == inf:
        with pytest.raises(Impossible):
            solve(problem, gap=0.0, seconds=60.0)
        return
    plan = solve(problem, gap=0.0, seconds=60.0)
    assert plan.proof.status == "proven"
    assert plan.proof.objective == pytest.approx(least, abs=0.01)


def test_the_cases_differ_in_what_matters():
    """Some have a site to open, a year ahead, a hard policy; one has no plan."""
    cases = [drawn(seed) for seed in SEEDS]
    assert {case.groups == 0 for case in cases} == {True, False}
    assert {case.years_ahead for case in cases} == {0, 1}
    assert len({case.hard for case in cases}) == 4
