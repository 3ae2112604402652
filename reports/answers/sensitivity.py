"""Sensitivity analysis as a table and as records."""

from collections.abc import Iterator, Sequence
from dataclasses import asdict
from typing import Any

from optimiser.compare.sensitivity import Effect, Moved
from reports.answers.plan_brief import aligned
from reports.text.notation import UNKNOWN, Language, Notation
from reports.text.words import Words


def measured_words(name: str, done: int, asked: int, lang: Language) -> str:
    """Say what was solved, and how far a difference can be trusted."""
    said = Words(lang, "numbers")
    return said(
        "measured", done=done, asked=asked, stopped=said("then_stopped") if done < asked else "",
        how=said(f"by_{name}"),
    )  # fmt: skip


def not_moved_words(keys: Sequence[str], lang: Language) -> str:
    """Name the numbers without a range, of which nothing is known."""
    return Words(lang, "numbers")("no_range", count=len(keys), keys=", ".join(keys)).rstrip(": ")


def effects_table(measured: Sequence[Effect], lang: Language) -> str:
    """Lay out a line per end of a range: differences from the region as it stands."""
    said, write = Words(lang, "numbers"), Notation(lang)
    if not any(one.moved for one in measured):
        return said("nothing_measured")
    columns = ("key", "moved", "objective", "eur_a_year", "beds", "waiting")
    rows = [(*map(said, columns), "")]
    rows += [
        (one.key, f"{write.plain(one.value)} → {write.plain(moved.value)} {one.unit}", *cells)
        for one in measured
        for moved in one.moved
        for cells in [tuple(_difference(moved, said, write))]
    ]
    return "\n".join(aligned(rows, indent=""))


def _difference(moved: Moved, said: Words, write: Notation) -> Iterator[str]:
    effect, reason = moved.effect, said.known(f"reason_{moved.reason.replace(' ', '_')}", moved.reason)
    if effect is None:
        yield from (UNKNOWN, UNKNOWN, UNKNOWN, UNKNOWN, reason)
        return
    yield write.signed(effect.objective)
    yield write.signed(effect.eur)
    yield write.signed(effect.beds, 1)
    yield write.signed(effect.waiting, 1)
    yield reason if reason or effect.is_distinguishable else said("not_distinguishable")


def effect_record(one: Effect) -> dict[str, Any]:
    """Return what moving a number does, for a program."""
    ends: dict[str, Any] = {}
    for moved in one.moved:
        known = {} if moved.effect is None else asdict(moved.effect)
        distinct = moved.effect is not None and moved.effect.is_distinguishable
        ends[moved.end] = {"to": moved.value, "reason": moved.reason, "distinguishable": distinct, **known}
    said = {"key": one.key, "value": one.value, "unit": one.unit, "source": one.source}
    return {**said, "swing": one.swing, **ends}
