"""Limit on the number of sites selected around one place."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Crowd:
    """Weights of the chosen sites around a place add up to at most `most`."""

    around: str
    weights: Mapping[str, float]
    most: float
