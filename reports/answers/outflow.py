"""Outflow desk as text, record and rows, by pseudonym only."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import pandas as pd

from geodata.tables import guarded
from models.drawing import AreaMap, Graph
from models.result import Result
from optimiser.outflow_matching import reasons
from reports.figures.contents import Contents
from reports.text.columns import columns_of_text
from reports.text.words import Words

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path

    from optimiser.outflow_matching import Match, Placement, Unmatched
    from optimiser.plan import Plan
    from reports.text.notation import Language


@dataclass(frozen=True, repr=False)
class OutflowDesk(Result):
    """A placement to be told in one language; `of_plan` says that the homes are those of the plan."""

    plan: Plan
    placement: Placement
    of_plan: bool
    lang: Language

    def summary(self) -> str:
        """Return the placement as a terminal shows it."""
        return self.text()

    def _frames(self) -> Mapping[str, Callable[[], pd.DataFrame]]:
        return {"clients": self.rows, "corporations": self._corporation_table}

    def _corporation_table(self) -> pd.DataFrame:
        placed = self.placement
        return pd.DataFrame({"placed": placed.used, "in_proportion": placed.fair}).rename_axis("corporation")

    def _graphs(self) -> Mapping[str, Callable[[], Graph]]:
        return {"corporations": self._corporation_graph}

    def _corporation_graph(self) -> Graph:
        return Graph(self._corporation_table(), "Clients placed by corporation", "clients", "bar")

    def _area_map(self) -> AreaMap:
        placed = Counter(match.home.neighbourhood for match in self.placement.matches)
        values = pd.Series(placed, dtype=float)
        return AreaMap(self.told.region.neighbourhoods, values, "Clients placed by neighbourhood")

    @cached_property
    def told(self) -> Contents:
        """The plan as it is told."""
        return Contents(self.plan, (), (), self.lang)

    def word(self, key: str, **values: object) -> str:
        """Return words in the language."""
        return Words(self.lang, "placement")(key, **values)

    def text(self) -> str:
        """Return the placement as a terminal shows it."""
        placed, rules = self.placement, self.placement.rules
        people = len(placed.matches) + len(placed.unmatched)
        title = self.word(
            "title", placed=len(placed.matches), clients=people, homes=len(placed.homes), until=rules.until
        )
        blocks = [
            [title, self.word("proven" if placed.proven else "not_proven"), self.word("order")],
            [self._rules(), *([self.word("of_plan")] if self.of_plan else [])],
            columns_of_text(self._matches(), 7) if placed.matches else [],
            [self.word("unmatched"), *self._unmatched()] if placed.unmatched else [],
            columns_of_text(self._corporations(), 1),
            [self.word("by_area"), *columns_of_text(self._areas(), 2)] if placed.matches else [],
        ]
        return "\n\n".join("\n".join(block) for block in blocks if block)

    def _rules(self) -> str:
        lead = self.told.region.parameters.homes.lead
        rules, write = self.placement.rules, self.told.notation
        source = lead.source or self.told.words("assumption")
        return self.word(
            "rules", lead=rules.lead_days, lead_source=source, idle=rules.idle_days,
            per=write.plain(rules.per_thousand),
        )  # fmt: skip

    def _matches(self) -> Iterator[list[str]]:
        yield self.word("head").split("|")
        for match in self.placement.matches:
            home = match.home
            yield [
                match.client.client, home.home, home.corporation, self.told.neighbourhood(home.neighbourhood),
                self.told.tier(match.client.tier), str(match.key), self._lease(match),
                self.told.notation.number(match.minutes), self._why(match),
            ]  # fmt: skip

    def _lease(self, match: Match) -> str:
        return self.word("flip", day=match.flips_on) if match.flips_on else self.word("direct")

    def _why(self, match: Match) -> str:
        return ", ".join(self.word(f"why_{reason}") for reason in reasons(match))

    def _unmatched(self) -> Iterator[str]:
        for one in self.placement.unmatched:
            yield f"  {one.client.client}: {self._why_not(one)}"

    def _why_not(self, one: Unmatched) -> str:
        return self.word(one.why, count=one.homes)

    def _corporations(self) -> Iterator[list[str]]:
        yield self.word("by_corporation").split("|")
        free = Counter(home.corporation for home in self.placement.homes)
        for name, used in self.placement.used.items():
            fair = self.told.notation.number(self.placement.fair[name], 1)
            yield [name, str(used), fair, str(free[name])]

    def _areas(self) -> Iterator[list[str]]:
        yield self.word("area_head").split("|")
        places = Counter((m.home.corporation, m.home.neighbourhood) for m in self.placement.matches)
        for (corporation, area), count in sorted(places.items()):
            yield [corporation, self.told.neighbourhood(area), str(count)]

    # ------------------------------------------------------------------ rows and record

    def rows(self) -> pd.DataFrame:
        """Return a row per client: the home, or why there is none."""
        lines = [*map(self._match, self.placement.matches), *map(self._no_match, self.placement.unmatched)]
        columns = [
            "client", "placed", "home", "corporation", "neighbourhood", "neighbourhood_name", "tier", "key",
            "lease", "flips_on", "minutes", "reasons",
        ]  # fmt: skip
        return pd.DataFrame(lines, columns=columns)

    def write(self, file: Path) -> None:
        """Write the rows as CSV."""
        guarded(self.rows()).to_csv(file, index=False, lineterminator="\n")

    def _match(self, match: Match) -> dict[str, Any]:
        home = match.home
        return {
            "client": match.client.client, "placed": 1, "home": home.home, "corporation": home.corporation,
            "neighbourhood": home.neighbourhood,
            "neighbourhood_name": self.told.neighbourhood(home.neighbourhood), "tier": match.client.tier,
            "key": str(match.key), "lease": "flip" if match.flips_on else "direct",
            "flips_on": str(match.flips_on) if match.flips_on else None, "minutes": round(match.minutes, 1),
            "reasons": "|".join(reasons(match)),
        }  # fmt: skip

    def _no_match(self, one: Unmatched) -> dict[str, Any]:
        return {"client": one.client.client, "placed": 0, "tier": one.client.tier, "reasons": one.why}

    def record(self) -> dict[str, Any]:
        """Return all of it for a program."""
        placed, rules = self.placement, self.placement.rules
        rows = self.rows().astype(object)
        plain = rows.where(rows.notna(), None).to_dict("records")
        return {
            "region": self.told.region.parameters.region.name,
            "proven": placed.proven,
            "placed": len(placed.matches),
            "not_placed": len(placed.unmatched),
            "homes": len(placed.homes),
            "homes_of_plan": self.of_plan,
            "until": str(rules.until),
            "lead_days": rules.lead_days,
            "idle_days": rules.idle_days,
            "per_thousand": rules.per_thousand,
            "clients": [{str(key): cell for key, cell in row.items()} for row in plain],
            "corporations": {
                name: {"placed": used, "in_proportion": placed.fair[name]}
                for name, used in placed.used.items()
            },
        }
