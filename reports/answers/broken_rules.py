"""Violations of a hand-made plan, in the sentences of the rules with their amounts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from optimiser.model.model import RULES
from reports.figures import figures
from reports.text.words import Words

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from optimiser.manual_plan import EditChange
    from optimiser.verification.violation import Violation
    from reports.figures.contents import Contents

SHOWN = 5
"""Breaches of one rule that are written out, the largest first."""


def rule_check(told: Contents, broken: Sequence[Violation]) -> Iterator[str]:
    """Generate which rules are broken, where and by how much, and which soft policies fall short."""
    said = Words(told.lang, "broken")
    by_rule: dict[str, list[Violation]] = {}
    for one in broken:
        by_rule.setdefault(one.rule, []).append(one)
    key = {0: "none", 1: "one"}.get(len(by_rule), "count")
    yield said(key, count=len(by_rule))
    sentences: Mapping[str, str] = {
        rule.name: rule.sentence[told.lang] for rule in (*RULES, *told.plan.problem.own_rules)
    }
    for name, ones in by_rule.items():
        yield f"  {name}: {sentences.get(name, '')}".rstrip(": ")
        largest = sorted(ones, key=lambda one: -one.amount)
        for one in largest[:SHOWN]:
            yield f"    {one.where}: {told.notation.number(one.amount, 1)} {one.unit}"
        if largest[SHOWN:]:
            yield f"    {said('more', count=len(largest) - SHOWN)}"
    short = figures.shortfalls(told.plan).sum(axis=1)
    lines = [
        f"  {told.part(str(name))}: {told.notation.number(amount, 1)} "
        f"{figures.shortfall_unit(told.plan, str(name))}"
        for name, amount in short.items()
        if amount > figures.TOLERANCE
    ]
    if lines:
        yield said("short")
        yield from lines


def change_lines(told: Contents, changes: Sequence[EditChange]) -> Iterator[str]:
    """Generate what a finished plan has otherwise than the table that it was finished from."""
    said = Words(told.lang, "broken")
    if not changes:
        yield said("as_edited")
        return
    places = sum(abs(one.planned - one.asked) for one in changes)
    yield said("changed", places=places, count=len(changes))
    for one in changes:
        yield f"  {one.name}, {one.year}: {one.asked} → {one.planned}"
