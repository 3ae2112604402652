"""Incumbent of a location search, and the limits that the search works under."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from optimiser.location.cost_matrix import CandidateCosts, Places
from optimiser.location.interchange import interchange
from optimiser.solver.limits import Clock, Limits

PRECISION = 1e-9
"""Share of the value within which two choices of costs that are no whole numbers count as equally good."""


@dataclass(frozen=True)
class LocationSearch:
    """Time, seed and stop, and a listener to incumbent and bound."""

    clock: Clock
    limits: Limits
    tell: Callable[[float, float], None]


class Incumbent:
    """The best choice known so far; only what is offered can change it.

    `step` is the least by which the values of two choices can differ, 0 where that is not known.
    """

    def __init__(self, choice: CandidateCosts, chosen: Places, step: float) -> None:
        self._choice, self._step = choice, step
        self._seen: set[bytes] = set()
        self.chosen, self.value = chosen, np.inf
        self.offer(chosen)

    @property
    def enough(self) -> float:
        """The bound above which nothing better is left."""
        least = self._step * (1 - 1e-6) if self._step else PRECISION * self.value
        return self.value - max(least, 1e-9)

    @property
    def proven_bound(self) -> float:
        """What the bound is worth once nothing better is left."""
        return self.value if self._step else max(0.0, self.enough)

    def offer(self, chosen: Places) -> None:
        """Take a choice where it keeps to the rules and is better."""
        if self._choice.fits(chosen):
            value = self._choice.value(chosen)
            if value < self.value:
                self.value, self.chosen = value, np.sort(chosen)

    def improve(self, chosen: Places, *, near: float = 1.03) -> None:
        """Take the best that exchanges make of a choice, where it comes near enough to be worth the try."""
        key = np.sort(chosen).tobytes()
        if key in self._seen or not self._choice.fits(chosen):
            return
        self._seen.add(key)
        if self._choice.value(chosen) <= near * self.value:
            self.offer(interchange(self._choice, chosen))
