"""Re-plan compared with the former plan carried on: changes and their reasons."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from optimiser.manual_plan import EditChange, broken_rules, changes
from reports.answers.broken_rules import rule_check
from reports.answers.plan_brief import aligned
from reports.figures.contents import Contents
from reports.text.notation import Notation
from reports.text.words import Words

if TYPE_CHECKING:
    from collections.abc import Iterator

    from optimiser.monitoring.rebase import Today
    from optimiser.plan import Plan
    from reports.text.notation import Language


@dataclass(frozen=True)
class Replanned:
    """A plan made on from today, beside the old one carried on unchanged.

    Attributes
    ----------
    kept
        The old plan's decisions in today's state, people following; it may break rules.
    plan
        The plan that keeps all rules and what is agreed, with as few changes as can be.
    """

    today: Today
    kept: Plan
    plan: Plan
    lang: Language

    def text(self) -> str:
        """Return what changed and why, as a terminal shows it."""
        return "\n".join(
            [self._title(), "", *self._facts(), "", *self._broken(), *self._figures(), "", *self._changed()]
        )

    def record(self) -> dict[str, Any]:
        """Return the same for a program."""
        return {
            "base": self.today.base,
            "status": self.plan.proof.status,
            "other_than_planned": [
                {"site": site, "tier": tier, "planned": was, "counted": now}
                for (site, tier), (was, now) in self.today.other_than_planned().items()
            ],
            "under_way": [
                {"site": site, "tier": tier, "year": year, "places": places}
                for (site, tier, year), places in self.today.under_way.items()
            ],
            "carried_on": [asdict(one) for one in broken_rules(self.kept)],
            "figures": [{"name": key, "kept": was, "new": now} for key, was, now, _ in self._rows()],
            "changes": [{**asdict(one), "why": self._why(one)} for one in self.changes],
            "agreed": len(self.plan.problem.agreed.every),
        }

    @cached_property
    def changes(self) -> tuple[EditChange, ...]:
        """What the plan has otherwise than the old one."""
        return changes(self.plan, self.today.as_planned)

    def _said(self, key: str, **values: object) -> str:
        return Words(self.lang, "replanned")(key, **values)

    @property
    def _last(self) -> int:
        return self.plan.problem.years[-1]

    def _title(self) -> str:
        years = self.plan.problem.years
        base, quarter = self.today.base, self.today.quarter
        return self._said("title", quarter=quarter, first=years[0], last=years[-1], base=base)

    def _facts(self) -> Iterator[str]:
        others = self.today.other_than_planned()
        yield self._said("facts", base=self.today.base) if others else self._said("as_planned")
        for at, (was, now) in others.items():
            yield f"  {self._said('places', at=' '.join(at), was=was, now=now)}"
        ready = [f"{s} {k} {places} ({year})" for (s, k, year), places in self.today.under_way.items()]
        if ready:
            yield self._said("under_way", places=", ".join(ready))

    def _broken(self) -> Iterator[str]:
        broken = broken_rules(self.kept)
        if not broken:
            yield self._said("breaks_nothing")
            return
        yield self._said("carried_on")
        told = Contents(self.kept, (), (), self.lang)
        yield from (line for line in rule_check(told, broken) if line.startswith("  "))

    def _rows(self) -> Iterator[tuple[str, float, float, int]]:
        both = self.kept, self.plan
        beds = self.plan.problem.intramural_at
        waiting = [float(one.data["waiting"].sel(year=self._last).sum()) for one in both]
        places = [one.data["places"].sel(year=self._last).to_series() for one in both]
        intramural = [float(sum(found[at] for at in beds)) for found in places]
        eur = [float(one.data["cost"].sum()) for one in both]
        broken = [float(len({one.rule for one in broken_rules(plan)})) for plan in both]
        yield "waiting", waiting[0], waiting[1], 1
        yield "beds", intramural[0], intramural[1], 0
        yield "eur", eur[0], eur[1], 0
        yield "broken", broken[0], broken[1], 0

    def _figures(self) -> list[str]:
        write = Notation(self.lang)
        rows = [
            (self._said(key, last=self._last), write.number(was, digits), write.number(now, digits))
            for key, was, now, digits in self._rows()
        ]
        return aligned([tuple(self._said("head").split("|")), *rows])

    def _changed(self) -> Iterator[str]:
        agreed = len(self.plan.problem.agreed.every)
        if agreed:
            yield self._said("kept", count=agreed)
        yield self._said("changed") if self.changes else self._said("unchanged")
        for one in self.changes:
            yield f"  {self._said('line', **asdict(one))} {self._why(one)}".rstrip()

    def _why(self, change: EditChange) -> str:
        """Return what today or an agreement says of a change; the rest follows from the rules that break."""
        if (change.name, change.year) in {(one.name, one.year) for one in self.plan.problem.agreed.every}:
            return self._said("because_agreed")
        others = {" ".join(at): pair for at, pair in self.today.other_than_planned().items()}
        if change.name in others:
            was, now = others[change.name]
            return self._said("because_counted", was=was, now=now)
        return ""
