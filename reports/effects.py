"""What moving a number does, as a table and as a record."""

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

import pandas as pd

from optimiser.sensitivity import Effect, Moved


def measured_words(name: str, done: int, asked: int) -> str:
    """Say what was solved, and how far a difference can be trusted."""
    part = f"{done} of {asked} numbers measured" + (", then stopped" if done < asked else "")
    if name == "relaxation":
        return (
            f"{part}: the relaxation, without whole places, homes or sites, solved again at both ends of the "
            "range; in a large region with neighbourhoods within 15 km moving as one. Right for ranking, not "
            "what a plan would cost more."
        )
    return f"{part}: whole plans, each within its own gap; a difference below both gaps is no finding."


def effects_table(measured: Sequence[Effect]) -> str:
    """Lay out a line per end of a range: differences from the region as it stands."""

    lines = [
        [one.key, f"{one.value:g} → {moved.value:g} {one.unit}", *_difference(moved)]
        for one in measured
        for moved in one.moved
    ]
    if not lines:
        return "Nothing was measured."
    columns = ["key", "moved", "objective", "EUR/year", "beds", "waiting", ""]
    frame = pd.DataFrame(lines, columns=columns)
    for column in ("key", "moved", ""):
        width = max((len(text) for text in frame[column]), default=0)
        frame[column] = frame[column].str.ljust(width)
    return "\n".join(line.rstrip() for line in str(frame.to_string(index=False)).splitlines())


def _difference(moved: Moved) -> list[str]:
    effect = moved.effect
    if effect is None:
        return ["-", "-", "-", "-", moved.reason]
    told = [
        f"{effect.objective:+,.0f}",
        f"{effect.eur:+,.0f}",
        f"{effect.beds:+.1f}",
        f"{effect.waiting:+.1f}",
    ]
    return [*told, moved.reason if moved.reason or effect.is_distinguishable else "not distinguishable"]


def effect_record(one: Effect) -> dict[str, Any]:
    """Return what moving a number does, for a program."""
    ends: dict[str, Any] = {}
    for moved in one.moved:
        known = {} if moved.effect is None else asdict(moved.effect)
        distinct = moved.effect is not None and moved.effect.is_distinguishable
        ends[moved.end] = {"to": moved.value, "reason": moved.reason, "distinguishable": distinct, **known}
    said = {"key": one.key, "value": one.value, "unit": one.unit, "source": one.source}
    return {**said, "swing": one.swing, **ends}
