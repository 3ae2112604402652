"""Attribution of the difference between two plans to the changes of input.

The plans A and B differ in n steps; v(S) are the figures of a plan with the steps S taken and the
others not, so that v(∅) is A and v(all) is B. *In order* a step's part is what it adds to those
before it. *Shapley* is the mean of that over every order,
φ_i = Σ_S∌i |S|!(n−|S|−1)!/n! · (v(S∪i) − v(S)) (Shapley 1953); it asks 2ⁿ plans and favours no
order. Both add up exactly, whatever the plans are; that the plans are not proven best is told as a
margin beside each part.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from math import factorial
from typing import Literal

import pandas as pd

type Steps = frozenset[int]
"""The steps that are taken, by number."""

type Method = Literal["shapley", "ordered"]
type Figures = Mapping[str, float]

MOST_FOR_SHAPLEY = 4
"""Steps up to which every subset is planned: sixteen plans, two of which are there already."""

OBJECTIVE, MARGIN = "objective", "margin"


@dataclass(frozen=True)
class Attribution:
    """The parts of a difference.

    Attributes
    ----------
    parts
        Index step; a column per figure, and `margin`: what the proofs of the plans behind it leave
        open of the objective. Steps whose plans are not there yet have no row.
    total
        Per figure, B less A.
    method
        `ordered` also where a Shapley attribution was stopped half-way.
    """

    parts: pd.DataFrame
    total: pd.Series
    method: Method

    @property
    def remainder(self) -> pd.Series:
        """Return per figure what no part accounts for: nothing once every plan is there."""
        return self.total - self.parts[self.total.index].sum()


def method_for(steps: int, *, in_order: bool = False) -> Method:
    """Return Shapley where few steps make that possible and nobody asks for an order."""
    return "ordered" if in_order or steps > MOST_FOR_SHAPLEY else "shapley"


def needed(steps: int, method: Method) -> list[Steps]:
    """Return the subsets to plan, the order's own first: stopped half-way it is an ordered attribution."""
    chain = [frozenset(range(n)) for n in range(steps + 1)]
    if method == "ordered":
        return chain
    every = [frozenset(taken) for n in range(steps + 1) for taken in combinations(range(steps), n)]
    return [*chain, *(taken for taken in every if taken not in chain)]


def attribute(
    names: Sequence[str], values: Mapping[Steps, Figures], gaps: Mapping[Steps, float], method: Method
) -> Attribution:
    """Return the parts of the difference between no step and all steps.

    Parameters
    ----------
    names
        Of the steps, in order.
    values
        The figures of the plans that are there; no step and all steps must be among them.
    gaps
        The proven gap of each of these plans (discounted euros and points).
    method
        What is wanted; parts are in order where plans for Shapley are missing.
    """
    count = len(names)
    whole = set(needed(count, method)) <= set(values)
    used: Method = method if whole else "ordered"
    frame = pd.DataFrame({taken: pd.Series(dict(figures)) for taken, figures in values.items()}).T
    frame.index = pd.Index(list(values), tupleize_cols=False)
    rows = {name: _part(n, count, frame, gaps, used) for n, name in enumerate(names)}
    known = {name: row for name, row in rows.items() if row is not None}
    columns = [*frame.columns, MARGIN]
    parts = pd.DataFrame.from_dict(known, orient="index", columns=columns).rename_axis("step")
    every, none = frozenset(range(count)), frozenset[int]()
    return Attribution(parts, _at(frame, every) - _at(frame, none), used)


def _at(frame: pd.DataFrame, taken: Steps) -> pd.Series:
    return frame.iloc[[one == taken for one in frame.index].index(True)]


def _part(
    step: int, count: int, frame: pd.DataFrame, gaps: Mapping[Steps, float], method: Method
) -> pd.Series | None:
    """Return the part of one step with its margin, or None where a plan is missing."""
    if method == "ordered":
        before = [(frozenset(range(step)), 1.0)]
    else:
        others = [n for n in range(count) if n != step]
        subsets = [frozenset(taken) for n in range(count) for taken in combinations(others, n)]
        before = [(taken, _weight(len(taken), count)) for taken in subsets]
    if any(taken not in gaps or taken | {step} not in gaps for taken, _ in before):
        return None
    part = pd.Series(0.0, index=[*frame.columns, MARGIN])
    for taken, weight in before:
        part[frame.columns] += weight * (_at(frame, taken | {step}) - _at(frame, taken))
        part[MARGIN] += weight * (gaps[taken] + gaps[taken | {step}])
    return part


def _weight(before: int, count: int) -> float:
    """Return the share of all orders in which just so many given steps come before this one."""
    return factorial(before) * factorial(count - before - 1) / factorial(count)
