"""Cost borne by a municipality for every decision, as far as a linear row can express it.

Support and bridging follow the person: where they come from and live is decided, so what they cost is
linear in the plan under every regime. What is shared (sites, capital, conversion, closing, homes)
is divided over the origins of the people who turn out to live there, a quotient of decisions.
Here it is divided by where people in such places came from in the base year: the base allocation.
Where a regime does not ask for the origin of a shared cost, that makes no difference.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from pulp import LpVariable

from models.funding.funding import MUNICIPAL, SETTINGS
from optimiser.accounts.residents import FACILITY, HOME, NOBODY, by_origin
from optimiser.model.formulation import CostTerm
from optimiser.model.variables import Decisions
from optimiser.problem import Problem

type Matrix = NDArray[np.float64]


@dataclass(frozen=True)
class BaseAllocation:
    """The shares of municipalities in municipal euros, by year; see the module."""

    problem: Problem

    @cached_property
    def bearing(self) -> dict[int, Matrix]:
        """Year → (origin, host, setting, municipality) share that each bears."""
        towns, treasury = list(self.problem.towns), self.problem.region.treasury
        order = {"origin": towns, "host": towns, "setting": list(SETTINGS), "municipality": towns}
        return {t: treasury.bearing(t).sel(order).to_numpy() for t in self.problem.years}

    @cached_property
    def origins(self) -> Matrix:
        """(setting, origin) share of the people who live in such places in the base year."""
        problem = self.problem
        people = by_origin(problem, problem.clients.sum("profile"))
        everybody = people.sum("tier").to_numpy()
        payer = np.array([float(m == problem.payer) for m in problem.towns])
        rows = []
        for setting in SETTINGS:
            tiers = list(problem.tiers.index[problem.tiers["setting"] == setting])
            here = people.sel(tier=tiers).sum("tier").to_numpy()
            chosen = next(who for who in (here, everybody, payer) if who.sum() > NOBODY)
            rows.append(chosen / chosen.sum())
        return np.array(rows)

    @cached_property
    def exact(self) -> bool:
        """Whether the shared costs are borne alike whatever the origin, so that rows are not approximate."""
        return all(bool(np.allclose(borne, borne[:1])) for borne in self.bearing.values())

    def shared(self, host: str, setting: str, year: int) -> Matrix:
        """Return the share of every municipality in a shared cost of places in `host`."""
        at, kind = self.problem.towns.index(host), SETTINGS.index(setting)
        return np.asarray(self.origins[kind] @ self.bearing[year][:, at, kind, :])

    def person(self, origin: str, host: str, setting: str, year: int) -> Matrix:
        """Return the share of every municipality in what one person costs."""
        towns = self.problem.towns
        borne: Matrix = self.bearing[year][towns.index(origin), towns.index(host), SETTINGS.index(setting)]
        return borne

    def of(self, x: Decisions, terms: Iterator[CostTerm]) -> Iterator[tuple[LpVariable, int, Matrix]]:
        """Generate every municipal euro: the variable, the year, and what each municipality bears of one."""
        hosts = self._hosts(x)
        for term in terms:
            if term.stream in MUNICIPAL and term.variable.id in hosts:
                host, setting = hosts[term.variable.id]
                yield term.variable, term.year, term.amount * self.shared(host, setting, term.year)
        yield from self._people(x)

    def _hosts(self, x: Decisions) -> dict[int, tuple[str, str]]:
        """Return variable → where the shared cost that it decides on lies."""
        of, at = self.problem.municipality_of, self.problem.neighbourhood_of
        found = {
            variable.id: (of[at[label[0]]], FACILITY)
            for family in (x.operating, x.places, x.removed, x.added, x.converted)
            for label, variable in family.items()
        }
        return found | {g.id: (of[label[1]], HOME) for label, g in x.new_homes.items()}

    def _people(self, x: Decisions) -> Iterator[tuple[LpVariable, int, Matrix]]:
        problem, prices = self.problem, self.problem.prices
        of = problem.municipality_of
        there = of | {site: of[area] for site, area in problem.neighbourhood_of.items()}
        own = (prices.support - prices.contribution).stack().to_dict()
        setting = problem.tiers["setting"].to_dict()
        for (i, location, k, t), f in x.housed.items():
            if problem.stream_of[k] in MUNICIPAL:
                yield f, t, own[k, t] * self.person(of[i], there[location], setting[k], t)
        bridging = dict(zip(problem.years, prices.general.loc["bridging"], strict=True))
        for (i, p, t), w in x.waiting.items():
            if problem.stream_of_waiting[p] in MUNICIPAL:
                yield w, t, float(bridging[t]) * self.person(of[i], of[i], HOME, t)

    def personal_budgets(self, year: int) -> Matrix:
        """Return what every municipality bears of the support of personal budgets in a year."""
        problem, prices = self.problem, self.problem.prices
        people = by_origin(problem, problem.personal_budget.sum("profile"))
        each = (prices.support[year] - prices.contribution[year]).astype(float).to_dict()
        total = np.zeros(len(problem.towns))
        for k, setting in problem.tiers["setting"].to_dict().items():
            if problem.stream_of[str(k)] in MUNICIPAL:
                for m in problem.towns:
                    eur = float(people.sel(tier=k, origin=m)) * float(each[k])
                    total += eur * self.person(m, m, str(setting), year)
        return total

    def paid_by_the_wlz(self, year: int) -> Matrix:
        """Return what no municipality bears in a year of the places that the terms count: the Wlz's."""
        problem, place = self.problem, self.problem.prices.place[year].astype(float).to_dict()
        of, at = problem.municipality_of, problem.neighbourhood_of
        total = np.zeros(len(problem.towns))
        for (s, k), occupied in problem.wlz_occupied.items():
            if problem.stream_of[k] in MUNICIPAL and occupied:
                total += occupied * float(place[k]) * self.shared(of[at[s]], FACILITY, year)
        return total
