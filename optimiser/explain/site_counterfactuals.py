"""Site counterfactuals: force a site open or closed and re-solve.

The site's other answer is asked for as a rule beside the others, so that everything that holds in a
plan still holds. In a large model the other sites run as they do in the plan, and places, homes
and people are chosen anew; in a small one everything is.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from geodata.faults import Fault, InputError, did_you_mean
from optimiser.explain.binding_rules import runs_of, values_of_plan
from optimiser.explain.marginal_values import ValueFigures, figures, points_of
from optimiser.model.model import RULES, Floats, Model
from optimiser.model.variables import Decisions
from optimiser.plan import Plan, dataset
from optimiser.problem import Problem
from optimiser.rule import Row, Rule
from optimiser.search.matheuristic import SearchResult
from optimiser.search.optimise import search_near
from optimiser.search.reduced_model import SMALL
from optimiser.solver.limits import Limits, Report
from optimiser.verification.verify import violations

FORCED_NAME = "site_as_asked"


@dataclass(frozen=True)
class Otherwise:
    """A site's other answer: whether it runs in the last year of the plan, and what the other answer changes.

    Attributes
    ----------
    change
        Other plan less this one; None where no other plan was found.
    impossible
        Whether it is proven that no plan has the other answer.
    gaps
        Distance of both plans to their bounds together, in objective units.
    better_than
        The least that any plan with the other answer costs more than this plan; below 0 nothing is proven.
    others_stand
        Whether the other sites run as in the plan.
    """

    site: str
    runs: bool
    people: float
    change: ValueFigures | None
    impossible: bool
    gaps: float
    better_than: float
    others_stand: bool

    @property
    def is_distinguishable(self) -> bool:
        """Whether the difference is larger than the gaps, or the other answer is proven to be worse."""
        return self.change is not None and (abs(self.change.objective) > self.gaps or self.better_than > 0.0)


def as_asked(problem: Problem, site: str, *, runs: bool) -> Rule:
    """Return the rule that a site runs in the last year; or that it does not, a candidate in no year."""
    last, new = (
        problem.years[-1],
        not any(problem.base_places[at] for at in problem.places_at if at[0] == site),
    )
    years = problem.years if new and not runs else (last,)

    def rows(_: Problem, x: Decisions) -> Iterator[Row]:
        for t in years:
            terms = [(y, 1.0) for (s, _, year), y in x.operating.items() if s == site and year == t]
            yield Row((site, t), terms, ">=" if runs else "<=", float(runs))

    sentence = {"nl": "De locatie draait zoals gevraagd.", "en": "The site runs as asked."}
    return Rule(FORCED_NAME, "core", ("site", "year"), "tiers", "Σ_k y[s,k,t] ≥ 1, or = 0", sentence, rows)


def otherwise(plan: Plan, site: str, limits: Limits, report: Report = lambda _: None) -> Otherwise:
    """Return what would change if a site that runs at the end did not, or one that does not did.

    Raises
    ------
    InputError
        Where the plan has no such site.
    """
    problem = plan.problem
    _check_known(problem, site)
    runs = bool(plan.data["operating"].sel(site=site, year=problem.years[-1]).sum() > 0.5)
    model = Model.of(problem, (*RULES, as_asked(problem, site, runs=not runs)))
    free = [n for n, (s, _) in enumerate(problem.places_at) if s == site]
    result = search_near(model, runs_of(plan), free, limits, report)
    here = plan.data["housed"].where(plan.data["location"] == site, 0.0).isel(year=-1).sum()
    now = values_of_plan(model, plan)
    points = points_of(model)
    change = None
    if result.values is not None:
        _check(problem, model, result.values)
        before = figures(model, points, now, plan.proof.objective)
        change = figures(model, points, result.values, result.objective) - before
    return Otherwise(
        site, runs, float(here), change, result.infeasible, _gaps(plan, result),
        result.bound - plan.proof.objective, len(model.arrays.cost) > SMALL,
    )  # fmt: skip


def _gaps(plan: Plan, result: SearchResult) -> float:
    return plan.proof.gap_eur + max(0.0, result.objective - result.bound)


def _check_known(problem: Problem, site: str) -> None:
    known = list(dict.fromkeys(s for s, _ in problem.places_at))
    if site not in known:
        hint = did_you_mean(site, known)
        raise InputError([Fault("--site", f"no site '{site}'", "a site of the plan", hint)])


def _check(problem: Problem, model: Model, values: Floats) -> None:
    broken = violations(problem, dataset(model, values))
    if broken:
        raise ValueError(f"The other plan fails its check: {broken[0]}")
