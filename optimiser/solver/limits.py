"""Limits and progress of a search."""

import math
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field

type Report = Callable[["Progress"], None]


@dataclass(frozen=True)
class Progress:
    """Where a search stands; `gap` is the share by which the incumbent may exceed the best plan."""

    seconds: float
    stage: str
    incumbent: float | None
    bound: float | None

    @property
    def gap(self) -> float | None:
        """Distance between incumbent and bound as a share of the incumbent."""
        if self.incumbent is None or self.bound is None or not self.incumbent:
            return None
        return max(0.0, self.incumbent - self.bound) / abs(self.incumbent)


class Work:
    """Work of the solver, the same on any machine: programmes solved, and nodes of a search."""

    def __init__(self, most: float = math.inf) -> None:
        self._most, self.spent = most, 0.0

    @property
    def left(self) -> float:
        """Work that may still be done."""
        return max(0.0, self._most - self.spent)


@dataclass(frozen=True)
class Limits:
    """When a search may stop: at a gap (share), after seconds or work, or when asked to; and its seed."""

    gap: float
    seconds: float
    stop: threading.Event = field(default_factory=threading.Event)
    seed: int = 0
    work: Work = field(default_factory=Work)


class Clock:
    """Seconds since a search began, and what is left of them."""

    def __init__(self, limits: Limits) -> None:
        self._began, self._limits = time.monotonic(), limits

    @property
    def seconds(self) -> float:
        """Seconds since the beginning."""
        return time.monotonic() - self._began

    @property
    def left(self) -> float:
        """Seconds that are left; nothing once a stop is asked for or the work is done."""
        if self._limits.stop.is_set() or not self._limits.work.left:
            return 0.0
        return max(0.0, self._limits.seconds - self.seconds)
