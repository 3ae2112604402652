"""Again, at once: a plan stays in the solver, and a changed number is planned from where it stands.

A cap, a minute, a percentage, a price, a home offered or a lock leaves what is decided and nearly all
rows as they were: only the rows of policies and offers are written anew, in place among the others.
The smaller model (`aggregate.py`) takes the new numbers with its columns and two bases: one where sites
are free, which gives prices and so a bound, and one where they run as planned. Both are a few steps of
the simplex method from where they ended. Whole places and homes, and everybody apart, follow as in the
search. What changes more than numbers (a site, a tier, a policy switched on) is built anew.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass, fields
from threading import Event
from typing import Any, Self

import numpy as np

from optimiser.model.model import Floats, Model
from optimiser.model.variables import may_be_broken, settled_sites
from optimiser.plan import Plan
from optimiser.problem import Problem, same
from optimiser.search.aggregation import aggregate
from optimiser.search.lagrangian_bound import LagrangianBound
from optimiser.search.matheuristic import Matheuristic
from optimiser.search.reduced_model import SMALL, ReducedModel, Sites, add_what_pays, nearest
from optimiser.solve import NoPlanYet, ReferenceBeside, cheaper, proof_of, running_as_in, solve, verified
from optimiser.solver.highs import LinearModel, Solution
from optimiser.solver.limits import Clock, Limits, Progress

WITHIN_M = 15_000.0
"""Metres across a group of origins, as in the first round of the search."""

FEWEST_SECONDS = 1.0
"""A search of fewer seconds finds nothing that is not there already."""

NUMBERS = frozenset(
    {"policies", "offers", "prices", "steering", "agreed", "wished", "region", "outlook", "tiers", "pairs"}
)
"""Fields of a problem in which numbers may differ; the others say what is decided on, and who is there."""


@dataclass(frozen=True)
class WarmStart:
    """A plan and its model as they stand in the solver, to plan on from.

    `free` and `settled` are the bases where sites are free and where they run as `runs` says.
    """

    plan: Plan
    model: Model
    smaller: ReducedModel
    runs: Floats
    free: Any
    settled: Any

    @classmethod
    def of(cls, plan: Plan, stop: Event | None = None) -> Self | None:
        """Put a plan in the solver; None where the model is so small that solving it anew is as quick.

        Also None where it was stopped before it stood.
        """
        model = Model.of(plan.problem)
        if len(model.arrays.cost) <= SMALL:
            return None
        limits = Limits(0.0, np.inf, stop or Event())
        smaller, relaxed = ReducedModel.relaxed(model, WITHIN_M, limits, Clock(limits))
        if relaxed.outcome != "optimal":
            return None
        free, runs = smaller.program.basis(), running_as_in(plan, plan.problem)
        smaller.settle(dict(enumerate(runs)))
        if smaller.relax(Clock(limits)) is None:
            return None
        return cls(plan, model, smaller, runs, free, smaller.program.basis())

    def again(
        self,
        problem: Problem,
        *,
        gap: float = 0.01,
        seconds: float = 150.0,
        seed: int = 0,
        progress: Callable[[Progress], None] = lambda _: None,
        stop: Event | None = None,
    ) -> "WarmStart | None":
        """Return how it stands with other numbers, its plan verified.

        None where more than numbers differ, or no plan was found from here: then `solve` is to be asked.

        Parameters and errors are those of `optimiser.solve`; the do-nothing reference is made beside.
        """
        if not only_numbers_differ(self.plan.problem, problem):
            return None
        began = time.monotonic()
        limits = Limits(gap, seconds, stop or Event(), seed)
        model = self.model.with_numbers_of(problem)
        with ReferenceBeside(model, limits, progress) as beside:
            run, smaller, free = self._searched(model, limits, beside.heard)
            if run.best is None:
                return None
            reference, _ = beside.made()
        proof = proof_of(model, run.found(), limits, time.monotonic() - began)
        plan = verified(model, run.best, reference, proof)
        return WarmStart(plan, model, smaller, running_as_in(plan, problem), free, smaller.program.basis())

    def planned(self, problem: Problem, *, gap: float = 0.01, seconds: float = 150.0, **asked: Any) -> Plan:
        """Return a plan with other numbers: from here, and searched on where the gap is not met by then.

        The seconds are for both together; parameters and errors are those of `optimiser.solve`.
        """
        began = time.monotonic()
        near = self.again(problem, gap=gap, seconds=seconds, **asked)
        left = seconds - (time.monotonic() - began)
        if near is None:
            return solve(problem, gap=gap, seconds=max(left, FEWEST_SECONDS), start=self.plan, **asked)
        stop = asked.get("stop")
        if near.plan.proof.gap <= gap or left < FEWEST_SECONDS or (stop is not None and stop.is_set()):
            return near.plan
        try:
            further = solve(problem, gap=gap, seconds=left, start=near.plan, **asked)
        except NoPlanYet:
            return near.plan
        return cheaper(near.plan, further)

    def _searched(
        self, model: Model, limits: Limits, progress: Callable[[Progress], None]
    ) -> tuple[Matheuristic, ReducedModel, Any]:
        """Bound, settle, improve and round, each from where it ended."""
        run = Matheuristic(model, limits, progress)
        smaller, relaxed = self._with_numbers_of(model, limits)
        free, prices = smaller.program.basis(), smaller.prices(relaxed)
        if prices is not None:
            run.bound = LagrangianBound.of(model).bound(prices)
        run.tell("relaxation")
        if relaxed.values is None:  # whether there is a plan at all is for `solve` to say
            return run, smaller, free
        smaller.settle(dict(enumerate(self.runs)))
        if len(smaller.program.columns) == len(self.smaller.program.columns):
            smaller.program.begin_from(self.settled)
        settled = smaller.relax(run.clock)
        if settled is None:
            smaller.ask_again(list(range(smaller.sites.count)))
            settled = run.construct(smaller, relaxed)
        if settled is not None:
            run.rounds(smaller, settled)
        return run, smaller, free

    def _with_numbers_of(self, model: Model, limits: Limits) -> tuple[ReducedModel, Solution]:
        """Return the smaller model with other numbers, relaxed from the basis where sites are free."""
        small = aggregate(model, WITHIN_M)
        program = LinearModel(small.arrays, self.smaller.program.columns, limits)
        same_rows = len(small.arrays.row_lower) == len(self.smaller.aggregate.arrays.row_lower)
        if same_rows:
            program.begin_from(self.free)
        relaxed = program.relax(interior=not same_rows)
        part = small.takes_part(nearest(model))
        part[program.columns] = True
        relaxed = add_what_pays(program, relaxed, part, Clock(limits))
        return ReducedModel(small, program, Sites.of(model, small.place)), relaxed


def planned_again(plan: Plan, problem: Problem, **limits: Any) -> Plan:
    """Return a plan of a problem near that of another plan: in place where only numbers differ, else anew."""
    standing = WarmStart.of(plan)
    if standing is None:
        return solve(problem, start=plan, **limits)
    return standing.planned(problem, **limits)


def only_numbers_differ(before: Problem, after: Problem) -> bool:
    """Whether two problems decide on the same things for the same people: only numbers may differ."""
    others = (f.name for f in fields(Problem) if f.name not in NUMBERS)
    return (
        all(same(getattr(before, name), getattr(after, name)) for name in others)
        and same(before.tiers.drop(columns="norm"), after.tiers.drop(columns="norm"))
        and same(before.pairs[["minutes"]], after.pairs[["minutes"]])
        and _offered(before) == _offered(after)
        and _switched(before) == _switched(after)
    )


def _offered(problem: Problem) -> list[tuple[Any, ...]]:
    return [(o.corporation, o.place, o.year, o.neighbourhoods, o.homes > 0) for o in problem.offers]


def _switched(problem: Problem) -> tuple[Any, ...]:
    """Return what of the policies and agreements decides which slacks there are."""
    policies = problem.policies
    modes = tuple(getattr(policies, name).mode for name in type(policies).model_fields)
    kept = may_be_broken(problem)
    sites = settled_sites(problem) if policies.sites_run_as_settled.mode == "soft" else []
    decided = (*problem.agreed.homes, *problem.wished.homes)
    homes = tuple((d.corporation, d.place, d.neighbourhoods) for d in decided)
    return modes, problem.accounts, policies.specialist_scale.tiers, kept, sites, homes
