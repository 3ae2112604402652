"""Municipality card: a plan from the view of one municipality."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import pandas as pd

from models.funding.funding import BORNE
from reports.figures import figures
from reports.text.rounding import largest_remainder

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from reports.figures.contents import Contents
    from reports.figures.figures import Event

_CHANGES: tuple[Event, ...] = ("opens", "grows", "changes_form", "shrinks", "closes")
_MOST_SITES = 12
"""Sites of one kind of change that a card names."""
_COUNTS = ("places", "homes", "people", "waiting")


@dataclass(frozen=True)
class Fact:
    """A figure of a municipality: its name, what it was and what it becomes."""

    name: str
    first: str
    last: str


@dataclass(frozen=True)
class Town:
    """What changes for a municipality, in figures and in sentences."""

    code: str
    name: str
    facts: Sequence[Fact]
    sentences: Sequence[str]


def towns(contents: Contents) -> list[Town]:
    """Return a card for every municipality, in the order of their names."""
    cards = _Cards(contents)
    codes = map(str, contents.region.municipalities.index)
    return [cards.card(code) for code in sorted(codes, key=contents.municipality)]


class _Cards:
    """Writes the cards of one plan from tables that are made once."""

    def __init__(self, contents: Contents) -> None:
        plan = contents.plan
        self.contents, self.words, self.write = contents, contents.words, contents.notation
        self.changes = figures.municipality_changes(plan)
        self.minutes = pd.DataFrame(figures.travel(plan)["minutes"])
        self.money = figures.funding(plan)
        self.events = figures.site_events(plan).iloc[:, -1]
        self.places = figures.site_totals(plan)
        self.homes = figures.home_agreements(plan).sum(axis=1)
        self.excess = figures.neighbourhood_excess(plan).iloc[:, -1]
        self.town_of = contents.region.neighbourhoods["municipality"]

    def card(self, code: str) -> Town:
        """Return the card of one municipality."""
        told = [*self._sites(code), *self._homes(code), *self._excess(code), *self._money(code)]
        return Town(code, self.contents.municipality(code), list(self._facts(code)), told)

    def _facts(self, code: str) -> Iterator[Fact]:
        for measure in _COUNTS:
            first, last = (self._whole(measure, end)[code] for end in ("first", "last"))
            yield Fact(self.words(f"{measure}_head"), self.write.number(first), self.write.number(last))
        first, last = (float(self.changes["cost", end][code]) for end in ("first", "last"))
        name = self.words("town_cost", **self.contents.years)
        yield Fact(name, self.write.millions(first), self.write.millions(last))
        if code in self.minutes.index:
            line = self.minutes.loc[[code]].to_numpy(dtype=float)[0]
            name = self.words("town_minutes", **self.contents.years)
            yield Fact(name, self.write.number(line[0]), self.write.number(line[-1]))

    def _whole(self, measure: str, end: str) -> pd.Series:
        """Return people or places in whole numbers that add up to those of the region."""
        column = self.changes[measure, end]
        return pd.Series(largest_remainder(column.to_numpy()), index=column.index)

    def _sites(self, code: str) -> Iterator[str]:
        """Generate what happens to the sites of a municipality, a sentence for each kind of change."""
        sites = self.contents.region.sites
        own = self.events[sites["neighbourhood"].reindex(self.events.index).map(self.town_of) == code]
        began = self.places.iloc[:, 0].reindex(own.index) > figures.TOLERANCE
        for event in _CHANGES:
            if names := self._named(own.index[(own == event) & (began | (event != "closes"))], event):
                yield self.words(f"town_{event}", sites=names)
        if names := self._named(own.index[(own == "closes") & ~began], "closes"):
            yield self.words("town_for_a_time", sites=names)
        if not own.isin(_CHANGES).any():
            yield self.words("town_sites_stay")

    def _named(self, sites: pd.Index, event: Event) -> str:
        """Return sites by name; of many those that have or had most places, and how many others there are."""
        largest = self.places.loc[sites].max(axis=1).nlargest(_MOST_SITES).index
        told = ", ".join(self._site(str(site), event) for site in (s for s in sites if s in largest))
        left = len(sites) - len(largest)
        return f"{told} {self.words('town_more_sites', count=left)}" if left else told

    def _site(self, site: str, event: Event) -> str:
        name, line = (
            str(self.contents.region.sites.at[site, "name"]),
            self.places.loc[[site]].to_numpy(dtype=float)[0],
        )
        first, last = (self.write.number(line[end]) for end in (0, -1))
        if event in ("opens", "closes"):
            count = last if event == "opens" else self.write.number(line.max())
            return f"{name} ({count})"
        return f"{name} ({first} → {last})"

    def _homes(self, code: str) -> Iterator[str]:
        at = self.homes.index.get_level_values("neighbourhood").map(self.town_of)
        summed = self.homes[at == code].groupby(level="corporation").sum()
        if len(summed):
            each = ", ".join(f"{name} {self.write.number(homes)}" for name, homes in summed.items())
            yield self.words.counted("town_homes", round(summed.sum()), each=each, **self.contents.years)

    def _excess(self, code: str) -> Iterator[str]:
        over = self.excess[(self.town_of.reindex(self.excess.index) == code) & (self.excess > 0.05)]
        if len(over):
            names = ", ".join(
                f"{self.contents.neighbourhood(str(area))} ({self.write.number(amount, 1)})"
                for area, amount in over.sort_values(ascending=False).items()
            )
            yield self.words("town_excess", names=names, **self.contents.years)

    def _money(self, code: str) -> Iterator[str]:
        """Generate what a municipality pays itself in the last year, and how that stands to its grant."""
        year = self.contents.years["last"]
        own = self.money[self.money.index.get_level_values("municipality") == code][year]
        borne = own[own.index.get_level_values("stream").isin(BORNE)].groupby(level="what").sum()
        due, grant = float(borne.get("due", 0.0)), float(borne.get("grant", 0.0))
        if due <= figures.CENT:
            yield self.words("town_pays_nothing", year=year)
        elif grant <= figures.CENT:
            yield self.words("town_due", due=self.write.millions(due), year=year)
        else:
            key = "town_left" if grant >= due else "town_short"
            yield self.words(
                key, due=self.write.millions(due), grant=self.write.millions(grant),
                gap=self.write.millions(abs(grant - due)), year=year,
            )  # fmt: skip
