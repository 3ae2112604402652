"""What a hand-made plan breaks, in the sentences of the rules and with the amounts of the check."""

from __future__ import annotations

from typing import TYPE_CHECKING

from optimiser import RULES
from reports import figures

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from optimiser import Violation
    from optimiser.score import Change
    from reports.contents import Contents
    from reports.notation import Language

SHOWN = 5
"""Breaches of one rule that are written out, the largest first."""

_SAID: dict[str, dict[Language, str]] = {
    "none": {"nl": "Geen regel gebroken.", "en": "No rule broken."},
    "one": {"nl": "1 regel gebroken:", "en": "1 rule broken:"},
    "count": {"nl": "{count} regels gebroken:", "en": "{count} rules broken:"},
    "more": {"nl": "en op {count} andere plekken", "en": "and in {count} other places"},
    "as_edited": {"nl": "Niets is anders dan in de tabel.", "en": "Nothing differs from the table."},
    "changed": {
        "nl": "Anders dan in de tabel, {places} plekken of woningen in {count} regels:",
        "en": "Other than in the table, {places} places or homes in {count} lines:",
    },
    "short": {
        "nl": "Beleid dat tekortschiet, tegen zijn prijs (alle jaren samen):",
        "en": "Policies that fall short, at their price (all years together):",
    },
}


def rule_check(told: Contents, broken: Sequence[Violation]) -> Iterator[str]:
    """Generate which rules are broken, where and by how much, and which soft policies fall short."""
    by_rule: dict[str, list[Violation]] = {}
    for one in broken:
        by_rule.setdefault(one.rule, []).append(one)
    key = {0: "none", 1: "one"}.get(len(by_rule), "count")
    yield _SAID[key][told.lang].format(count=len(by_rule))
    sentences: Mapping[str, str] = {
        rule.name: rule.sentence[told.lang] for rule in (*RULES, *told.plan.problem.own_rules)
    }
    for name, ones in by_rule.items():
        yield f"  {name}: {sentences.get(name, '')}".rstrip(": ")
        largest = sorted(ones, key=lambda one: -one.amount)
        for one in largest[:SHOWN]:
            yield f"    {one.where}: {told.notation.number(one.amount, 1)} {one.unit}"
        if largest[SHOWN:]:
            yield f"    {_SAID['more'][told.lang].format(count=len(largest) - SHOWN)}"
    short = figures.shortfalls(told.plan).sum(axis=1)
    lines = [
        f"  {told.part(str(name))}: {told.notation.number(amount, 1)} "
        f"{figures.shortfall_unit(told.plan, str(name))}"
        for name, amount in short.items()
        if amount > figures.TOLERANCE
    ]
    if lines:
        yield _SAID["short"][told.lang]
        yield from lines


def change_lines(told: Contents, changes: Sequence[Change]) -> Iterator[str]:
    """Generate what a finished plan has otherwise than the table that it was finished from."""
    if not changes:
        yield _SAID["as_edited"][told.lang]
        return
    places = sum(abs(one.planned - one.asked) for one in changes)
    yield _SAID["changed"][told.lang].format(places=places, count=len(changes))
    for one in changes:
        yield f"  {one.name}, {one.year}: {one.asked} → {one.planned}"
