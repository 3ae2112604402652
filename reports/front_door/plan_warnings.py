"""Warnings about a plan: it changes nothing, or it missed the gap that was asked."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from optimiser.plan import Plan

DOCS = "docs/python.md#warnings"
"""Where the warnings are explained."""
WHOLE_DECISIONS = ("places", "operating", "added", "removed", "converted", "new_homes")
"""Families that nobody decides on when nothing is done."""
SAME = 1e-6
"""Places or homes by which two plans may differ and be the same: the tolerance of the solver."""


class PlanWarning(UserWarning):
    """Something about a plan that a reader must know before using it."""


class NothingChanges(PlanWarning):
    """The plan opens, closes and changes nothing: it equals doing nothing."""


class GapMissed(PlanWarning):
    """The search ended before the plan was as near to the best possible as was asked."""


def warn_of(plan: Plan, *, stacklevel: int = 3) -> Plan:
    """Return a plan, with a warning where it changes nothing or missed its gap."""
    proof = plan.proof
    if changes_nothing(plan):
        text = f"The plan equals doing nothing: no place or home is added, removed or converted. See {DOCS}."
        warnings.warn(text, NothingChanges, stacklevel=stacklevel)
    if proof.status == "best_found":
        text = (
            f"The plan is within {proof.gap:.2%} of the best possible, and {proof.asked_gap:.2%} was asked. "
            f"Give it more seconds, or a larger gap. See {DOCS}."
        )
        warnings.warn(text, GapMissed, stacklevel=stacklevel)
    return plan


def changes_nothing(plan: Plan) -> bool:
    """Return whether a plan decides the same as its do-nothing reference."""
    return all(
        np.allclose(plan.data[name].values, plan.reference[name].values, rtol=0.0, atol=SAME)
        for name in WHOLE_DECISIONS
    )
