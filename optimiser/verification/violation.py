"""Violations of a plan: what is broken, where, by how much."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

type Floats = NDArray[np.float64]

PEOPLE = 1e-4
"""Clients, places or homes by which a computed sum may be off: the solver's own tolerance, summed."""

EUROS = 1.0
"""Nominal euros by which a yearly sum of tens of millions may be off: rounding of floating point."""

CENT = 0.01
"""Euros by which sums of a plan's own amounts may be off."""

EXACT = 1e-9
"""What is copied from the problem may be off by rounding of floating point only."""

WHOLE = 1e-6
"""What is a whole number, or not negative, may be off by the solver's tolerance of one variable."""


@dataclass(frozen=True)
class Violation:
    """One claim of a rule that a plan does not meet."""

    rule: str
    where: str
    amount: float
    unit: str

    def __str__(self) -> str:
        return f"{self.rule} at {self.where}: off by {self.amount:.6g} {self.unit}"


def exceeds(
    rule: str, over: object, unit: str, *labels: Sequence[object], tolerance: float = PEOPLE
) -> Iterator[Violation]:
    """Generate a violation for every entry above the tolerance, or that is no number.

    Parameters
    ----------
    over
        An array that must be at most zero.
    labels
        Those along each of its axes, in order.
    """
    amounts = np.asarray(over, dtype=float)
    within = amounts <= tolerance  # false for NaN
    if within.all():
        return
    for index in np.argwhere(~within):
        where = ", ".join(str(known[i]) for known, i in zip(labels, index, strict=True))
        yield Violation(rule, where or "region", float(amounts[tuple(index)]), unit)


def differs(
    rule: str, off: Floats, unit: str, *labels: Sequence[object], tolerance: float = PEOPLE
) -> Iterator[Violation]:
    """Generate a violation for every entry of an array that must be zero and is not; see `exceeds`."""
    return exceeds(rule, np.abs(off), unit, *labels, tolerance=tolerance)
