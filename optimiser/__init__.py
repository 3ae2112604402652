"""What to have where and when: the problem, its rules, the solve and the check."""

from optimiser.again import Standing, planned_again
from optimiser.answers import Answer, council_answers
from optimiser.model import RULES, Model
from optimiser.plan import Plan, Proof
from optimiser.problem import Offer, Problem
from optimiser.progress import Progress
from optimiser.rule import Row, Rule, own_rule
from optimiser.solve import Impossible, NoPlanYet, Unverified, solve
from optimiser.verify import Violation, violations

__all__ = [
    "RULES",
    "Answer",
    "Impossible",
    "Model",
    "NoPlanYet",
    "Offer",
    "Plan",
    "Problem",
    "Progress",
    "Proof",
    "Row",
    "Rule",
    "Standing",
    "Unverified",
    "Violation",
    "council_answers",
    "own_rule",
    "planned_again",
    "solve",
    "violations",
]
