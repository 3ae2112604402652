"""Hard policies that may be broken at a price that is all that counts: a plan where construction finds none.

Along a relaxation sites are settled one after another, and where policies are hard the last of them may
leave no answer. With breaches there always is one; a plan in which nothing is broken is a plan of the
problem itself, and what bounds all plans with breaches bounds those without.
"""

from collections.abc import Iterator
from dataclasses import fields, replace

import numpy as np

from models.parameters.parameters import Budget, SoftPolicy
from optimiser.model.model import Floats, Model
from optimiser.model.variables import Decisions
from optimiser.problem import Problem
from optimiser.search.elastic import Shortage, hard_policies, shortages_of
from optimiser.search.matheuristic import Matheuristic, SearchResult
from optimiser.solver.limits import Clock, Limits, Progress, Report

BREACH_PRICE = 1e7
"""Points per unit that make a breach the last thing to be chosen."""

EUR_BREACH_PRICE = 1e3
"""The same for a euro over the budget."""


def breachable(problem: Problem) -> Problem:
    """Return the problem with hard policies soft, at a price that makes a breach the last thing chosen."""
    hard = {name: _breachable(getattr(problem.policies, name)) for name in hard_policies(problem)}
    return replace(problem, policies=problem.policies.model_copy(update=hard))


def _breachable(policy: SoftPolicy) -> SoftPolicy:
    breach = EUR_BREACH_PRICE if isinstance(policy, Budget) else BREACH_PRICE
    price = policy.price.model_copy(update={"value": breach})
    return policy.model_copy(update={"mode": "soft", "price": price})


def nearest(model: Model, limits: Limits, clock: Clock, report: Report, bound: float) -> SearchResult:
    """Search, in the time that is left, for the plan that breaks the least and then costs the least.

    Found are values of the model where nothing is broken, else by how much what is; `bound` is what is
    known to bound its plans.
    """
    search = _Search(model, limits, clock, report)
    search.bound = bound
    search.by_stages(None)
    if search.whole is not None:
        return SearchResult(search.whole, search.whole_objective, search.bound)
    return SearchResult(None, np.inf, search.bound, shortages=tuple(search.shortages()))


class _Search(Matheuristic):
    """A search with breaches that keeps the best plan without any apart, as values of the model itself."""

    def __init__(self, model: Model, limits: Limits, clock: Clock, report: Report) -> None:
        super().__init__(Model.of(breachable(model.problem)), limits, self._heard, clock)
        self._told, self._columns = report, _columns(model.decisions, self.model.decisions)
        self._hard = hard_policies(model.problem)
        self.whole: Floats | None = None
        self.whole_objective = np.inf

    def keep(self, values: Floats, stage: str) -> None:
        super().keep(values, stage)
        if self.best is not None and self.objective < self.whole_objective and not any(self.shortages()):
            self.whole, self.whole_objective = self.best[self._columns], self.objective
            self.tell(stage)

    def done(self) -> bool:
        """Whether a plan without breaches is within the asked gap, or no time is left.

        However wide the gap, a plan with breaches is not what was asked for.
        """
        distance = self.whole_objective - self.bound
        reached = self.whole is not None and distance <= self.limits.gap * abs(self.whole_objective)
        return reached or self.clock.left <= 0.0

    def shortages(self) -> Iterator[Shortage]:
        """Generate what the best plan so far breaks."""
        if self.best is not None:
            yield from shortages_of(self.model, self._hard, self.best)

    def _heard(self, told: Progress) -> None:
        """Pass on how far it is; a plan with breaches is none."""
        incumbent = self.whole_objective if self.whole is not None else None
        self._told(replace(told, incumbent=incumbent))


def _columns(decided: Decisions, with_breaches: Decisions) -> np.ndarray:
    """Return (column of a model) the column of the same decision in the model with breaches."""
    both = [
        (variable.id, with_breaches.family(family.name)[label].id)
        for family in fields(Decisions)
        for label, variable in decided.family(family.name).items()
    ]
    columns = np.zeros(len(both), dtype=np.int32)
    columns[[own for own, _ in both]] = [other for _, other in both]
    return columns
