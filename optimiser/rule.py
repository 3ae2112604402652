"""A rule: one claim that holds when a plan is good, with its name, unit, sentences and rows."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any, Literal

import xarray as xr
from pulp import LpVariable

type Label = tuple[Any, ...]
"""Codes, and the year last: what a variable or row is about."""

type Family = dict[Label, LpVariable]
type Terms = list[tuple[LpVariable, float]]
type Kind = Literal["core", "policy", "own"]
# of a Problem and its Decisions, which import this module
type Rows = Callable[[Any, Any], Iterator["Row"]]
type Check = Callable[[Any, xr.Dataset], xr.DataArray]


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
    `check` belongs to a rule of somebody's own (`own_rule`): by how much a plan's arrays miss it, in
    `unit`, above 0 where they do. Those of spreidplan are checked in `verify.py`.
    """

    name: str
    kind: Kind
    dims: tuple[str, ...]
    unit: str
    equation: str
    sentence: dict[str, str]
    rows: Rows
    check: Check | None = None


def slack(family: Family, label: Label, sign: float) -> Terms:
    """Return the slack of a soft policy, nothing where the policy is hard."""
    return [(family[label], sign)] if label in family else []


def rule(kind: Kind, dims: tuple[str, ...], unit: str, *, nl: str, en: str) -> Callable[[Rows], Rule]:
    """Make a rule of a generator of rows; its name is the function's and its equation the docstring."""

    def made(rows: Rows) -> Rule:
        equation = " ".join((rows.__doc__ or "").split())
        return Rule(rows.__name__, kind, dims, unit, equation, {"nl": nl, "en": en}, rows)

    return made


def own_rule(dims: tuple[str, ...], unit: str, *, nl: str, en: str, check: Check) -> Callable[[Rows], Rule]:
    """Make a rule of your own of a generator of rows, for `Problem.with_rules`; it is hard.

    Parameters
    ----------
    dims
        What the label of a row is made of, the year last.
    unit
        What a row counts, and the check with it.
    nl, en
        The sentence that reports tell.
    check
        Takes the problem and the arrays of a plan; returns by how much each claim is missed, above 0
        where it is. Write it from the arrays and not from the rows: it is what proves the rows right.
    """

    def made(rows: Rows) -> Rule:
        return replace(rule("policy", dims, unit, nl=nl, en=en)(rows), kind="own", check=check)

    return made
