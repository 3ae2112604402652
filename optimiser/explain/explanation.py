"""Explanation of a plan: binding rules, marginal values and sites."""

from collections.abc import Sequence
from dataclasses import dataclass
from threading import Event

from optimiser.explain.binding_rules import Binding, bindings, values_of_plan
from optimiser.explain.marginal_values import Worth, worths
from optimiser.explain.site_counterfactuals import Otherwise, otherwise
from optimiser.model.model import Model
from optimiser.plan import Plan
from optimiser.solver.limits import Limits, Progress, Report

SECONDS_A_SITE = 60.0
"""Least time for the other answer of a site."""


@dataclass(frozen=True)
class Explanation:
    """What is said of a plan."""

    plan: Plan
    bindings: tuple[Binding, ...]
    worths: tuple[Worth, ...]
    sites: tuple[Otherwise, ...]


def explain(
    plan: Plan,
    *,
    sites: Sequence[str] = (),
    seconds: float = 15.0,
    each: int = 3,
    again: bool = False,
    report: Report = lambda _: None,
    stop: Event | None = None,
) -> Explanation:
    """Return why a plan is as it is.

    Parameters
    ----------
    sites
        Sites of which the other answer is asked, each a plan of its own.
    seconds
        After this no further unit is asked: it is told by its price. Whole plans have as long each.
    each
        How many units of a kind are asked.
    again
        Whether rules on places are also asked of the whole problem.
    """
    limits = Limits(plan.proof.asked_gap, seconds, stop or Event())
    report(Progress(0.0, "which rules bind", None, None))
    model = Model.of(plan.problem)
    binding = bindings(model, values_of_plan(model, plan))
    report(Progress(0.0, "what one more is worth", None, None))
    values = tuple(worths(plan, limits, each=each, again=again, model=model))
    longer = Limits(limits.gap, max(seconds, SECONDS_A_SITE), limits.stop)
    counterfactuals = []
    for site in sites:
        report(Progress(0.0, f"the other answer for {site}", None, None))
        counterfactuals.append(otherwise(plan, site, longer, report))
    return Explanation(plan, tuple(binding), values, tuple(counterfactuals))
