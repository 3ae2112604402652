"""Store of plans that answer one question: what is finished is known the next time."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from collections.abc import Mapping

    from optimiser.plan import Plan


class PlanStore(Protocol):
    """Plans by name with facts of each, and notes of answers that have no plan of their own."""

    def names(self) -> list[str]:
        """Return the plans that are finished, in the order in which they were stored."""

    def plan(self, name: str) -> Plan:
        """Return a plan by its name."""

    def facts(self, name: str) -> dict[str, Any]:
        """Return what is known of a plan beside itself."""

    def keep(self, name: str, plan: Plan | None, facts: Mapping[str, Any]) -> None:
        """Store a plan, or nothing where it is there or there is none, and the facts of it."""

    def note(self, name: str, facts: Mapping[str, Any]) -> None:
        """Store the facts of an answer without a plan."""

    def noted(self, name: str) -> dict[str, Any] | None:
        """Return the facts of such an answer, None where there are none."""


@dataclass(frozen=True)
class MemoryStore:
    """A store in memory, for a question that is asked once."""

    _plans: dict[str, Plan | None] = field(default_factory=dict)
    _facts: dict[str, dict[str, Any]] = field(default_factory=dict)
    _notes: dict[str, dict[str, Any]] = field(default_factory=dict)

    def names(self) -> list[str]:
        """Return the plans that are finished, in the order in which they were stored."""
        return list(self._facts)

    def plan(self, name: str) -> Plan:
        """Return a plan by its name; raises KeyError where there is none."""
        plan = self._plans[name]
        if plan is None:
            raise KeyError(name)
        return plan

    def facts(self, name: str) -> dict[str, Any]:
        """Return what is known of a plan beside itself."""
        return dict(self._facts[name])

    def keep(self, name: str, plan: Plan | None, facts: Mapping[str, Any]) -> None:
        """Store a plan, or nothing where it is there or there is none, and the facts of it."""
        self._plans[name] = self._plans.get(name) if plan is None else plan
        self._facts[name] = dict(facts)

    def note(self, name: str, facts: Mapping[str, Any]) -> None:
        """Store the facts of an answer without a plan."""
        self._notes[name] = dict(facts)

    def noted(self, name: str) -> dict[str, Any] | None:
        """Return the facts of such an answer, None where there are none."""
        known = self._notes.get(name)
        return None if known is None else dict(known)
