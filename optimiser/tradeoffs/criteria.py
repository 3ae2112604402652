"""Criteria that plans are traded for: cost, travel, concentration and pace."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

from geodata.faults import Fault, InputError, did_you_mean
from optimiser.model.variables import Decisions
from optimiser.plan import Plan
from optimiser.problem import Problem
from optimiser.rule import Row, Rule, Terms

COST = "cost"
"""What is left of the objective when the points of what else is traded are taken off; it is minimised."""

LEFT = 1e-3
"""Part of their price at which traded points still count, so that of two plans of equal cost the one that
is better otherwise is chosen (augmented ε-constraint: Mavrotas 2009)."""


@dataclass(frozen=True)
class Criterion:
    """Something beside cost that a plan has little or much of.

    Attributes
    ----------
    terms
        What it adds up, over the decisions of a problem.
    measured
        The same of a plan, from its arrays.
    lighter
        The problem with the points for it at a part of their price.
    """

    name: str
    unit: str
    sentence: dict[str, str]
    terms: Callable[[Problem, Decisions], Terms]
    measured: Callable[[Plan], float]
    lighter: Callable[[Problem], Problem]

    def ceiling(self, most: float) -> Rule:
        """Return the rule that it stays at or under `most`."""

        def rows(problem: Problem, x: Decisions) -> Iterator[Row]:
            yield Row((), self.terms(problem, x), "<=", most)

        sentence = {
            "nl": f"{self.sentence['nl']} is hoogstens {most:g}.",
            "en": f"{self.sentence['en']} is at most {most:g}.",
        }
        name = f"{self.name}_within_ceiling"
        return Rule(name, "core", (), self.unit, f"Σ {self.name} ≤ {most:g}", sentence, rows)


def _travel_terms(problem: Problem, x: Decisions) -> Terms:
    minutes = problem.pairs["minutes"].to_dict()
    return [(f, float(minutes[i, at, k])) for (i, at, k, _), f in x.housed.items()]


def _travelled(plan: Plan) -> float:
    return float((plan.data["housed"] * plan.data["travel_minutes"]).sum())


def _without_travel(problem: Problem) -> Problem:
    return replace(problem, steering=replace(problem.steering, travel=LEFT * problem.steering.travel))


def _concentration_terms(_: Problem, x: Decisions) -> Terms:
    return [(excess, 1.0) for excess in x.excess.values()]


def _concentrated(plan: Plan) -> float:
    return float(plan.data["excess"].sum())


def _pace_terms(problem: Problem, x: Decisions) -> Terms:
    beds = set(problem.intramural_at)
    return [(places, 1.0) for (s, k, _), places in x.places.items() if (s, k) in beds]


def _beds_kept(plan: Plan) -> float:
    tiers = plan.problem.tiers
    return float(plan.data["places"].sel(tier=list(tiers.index[tiers["intramural"]])).sum())


def _cheaper(policy: str) -> Callable[[Problem], Problem]:
    """Return what takes most of the price off a policy."""

    def lighter(problem: Problem) -> Problem:
        given = getattr(problem.policies, policy)
        price = given.price.model_copy(update={"value": LEFT * given.price.value})
        policies = problem.policies.model_copy(update={policy: given.model_copy(update={"price": price})})
        return replace(problem, policies=policies)

    return lighter


CRITERIA = {
    made.name: made
    for made in (
        Criterion(
            "travel", "client-minutes",
            {"nl": "Reistijd tussen herkomst en woning, opgeteld over mensen en jaren",
             "en": "Travel time between origin and home, summed over people and years"},
            _travel_terms, _travelled, _without_travel,
        ),
        Criterion(
            "concentration", "weighted place-years",
            {"nl": "Plekken boven de norm voor concentratie, opgeteld over wijken en jaren",
             "en": "Places over the concentration norm, summed over neighbourhoods and years"},
            _concentration_terms, _concentrated, _cheaper("neighbourhood_concentration"),
        ),
        Criterion(
            "pace", "bed-years",
            {"nl": "Intramurale bedden die er nog zijn, opgeteld over de jaren",
             "en": "Intramural beds that are still there, summed over the years"},
            _pace_terms, _beds_kept, _cheaper("intramural_reduction"),
        ),
    )
}  # fmt: skip


def traded(names: list[str], problem: Problem) -> list[Criterion]:
    """Return the criteria beside cost, in the order of their names.

    Raises
    ------
    InputError
        Where a name is unknown or twice, cost or everything else is missing, or a criterion means nothing.
    """
    known = [COST, *CRITERIA]
    faults = [
        Fault("--trade", f"the unknown criterion '{name}'", ", ".join(known), did_you_mean(name, known))
        for name in names
        if name not in known
    ]
    if len(set(names)) < len(names):
        faults.append(Fault("--trade", "a criterion twice", "each criterion once", "Leave one out."))
    if COST not in names or len(names) < 2:
        expected = "cost and at least one other criterion"
        faults.append(Fault("--trade", ", ".join(names), expected, "For instance --trade cost,travel."))
    mode = problem.policies.neighbourhood_concentration.mode
    if "concentration" in names and mode != "soft":
        remedy = "Add --set policies.neighbourhood_concentration.mode=soft."
        faults.append(Fault("--trade", f"concentration where its policy is {mode}", "a soft policy", remedy))
    if faults:
        raise InputError(faults)
    return [CRITERIA[name] for name in names if name != COST]
