"""What a search may use, and whom it tells how far it is."""

from collections.abc import Callable
from dataclasses import dataclass

from optimiser.solver.limits import Clock, Limits


@dataclass(frozen=True)
class LocationSearch:
    """Time, seed and stop, and a listener to incumbent and bound."""

    clock: Clock
    limits: Limits
    tell: Callable[[float, float], None]
