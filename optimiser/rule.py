"""A rule: one claim that holds when a plan is good, with its name, unit, sentences and rows."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Literal

from pulp import LpVariable

from optimiser.decisions import Decisions, Family, Label
from optimiser.problem import Problem

type Terms = list[tuple[LpVariable, float]]
type Kind = Literal["core", "policy"]
type Rows = Callable[[Problem, Decisions], Iterator["Row"]]


@dataclass(frozen=True, slots=True)
class Row:
    """One linear row of a rule: Σ coefficient × variable  sense  rhs."""

    label: Label
    terms: Terms
    sense: Literal["<=", ">=", "=="]
    rhs: float


@dataclass(frozen=True)
class Rule:
    """A rule as everything that speaks of it needs it.

    `sentence` tells it to a planner in Dutch (nl) and English (en); `equation` is the algebra
    that `rows` generates; `dims` names what a row's label is made of; `unit` is what a row counts.
    """

    name: str
    kind: Kind
    dims: tuple[str, ...]
    unit: str
    equation: str
    sentence: dict[str, str]
    rows: Rows


def slack(family: Family, label: Label, sign: float) -> Terms:
    """Return the slack of a soft policy, nothing where the policy is hard."""
    return [(family[label], sign)] if label in family else []


def rule(kind: Kind, dims: tuple[str, ...], unit: str, *, nl: str, en: str) -> Callable[[Rows], Rule]:
    """Make a rule of a generator of rows; its name is the function's and its equation the docstring."""

    def made(rows: Rows) -> Rule:
        equation = " ".join((rows.__doc__ or "").split())
        return Rule(rows.__name__, kind, dims, unit, equation, {"nl": nl, "en": en}, rows)

    return made
