"""Decisions that somebody has taken: places and homes, as an edit of a plan or as agreements."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from geodata.tables import guarded

AGREED = "agreed.csv"
"""Name of the table of agreements in the folder of a region."""


@dataclass(frozen=True, slots=True)
class DecidedPlaces:
    """The places of a tier at a site in a year."""

    site: str
    tier: str
    year: int
    places: int
    asked_by: str = ""

    @property
    def name(self) -> str:
        """What is decided, whatever the year."""
        return " ".join(self.where)

    @property
    def where(self) -> tuple[str, str]:
        """Site and tier."""
        return self.site, self.tier


@dataclass(frozen=True, slots=True)
class DecidedHomes:
    """The homes that a corporation hands over in a neighbourhood or municipality in a year."""

    corporation: str
    place: str
    neighbourhoods: tuple[str, ...]
    year: int
    homes: int
    asked_by: str = ""

    @property
    def name(self) -> str:
        """What is decided, whatever the year."""
        return " ".join(self.where)

    @property
    def where(self) -> tuple[str, str]:
        """Corporation and place."""
        return self.corporation, self.place


@dataclass(frozen=True)
class AgreedDecisions:
    """What a table decides; what it does not name is not decided."""

    places: tuple[DecidedPlaces, ...] = ()
    homes: tuple[DecidedHomes, ...] = ()

    @property
    def every(self) -> tuple[DecidedPlaces | DecidedHomes, ...]:
        """All of it."""
        return (*self.places, *self.homes)

    def __bool__(self) -> bool:
        return bool(self.places or self.homes)

    def __add__(self, other: AgreedDecisions) -> AgreedDecisions:
        return AgreedDecisions((*self.places, *other.places), (*self.homes, *other.homes))


NOTHING = AgreedDecisions()


def decided_text(decided: AgreedDecisions) -> str:
    """Return decisions as the text of a table that reads back as the same."""
    columns = ["site", "tier", "corporation", "neighbourhood", "municipality", "year", "places", "homes"]
    rows = [
        {"site": d.site, "tier": d.tier, "year": d.year, "places": d.places, "asked_by": d.asked_by}
        for d in decided.places
    ]
    for d in decided.homes:
        column = "neighbourhood" if d.neighbourhoods == (d.place,) else "municipality"
        whose = {"corporation": d.corporation, column: d.place, "asked_by": d.asked_by}
        rows.append({**whose, "year": d.year, "homes": d.homes})
    frame = pd.DataFrame(rows, columns=[*columns, "asked_by"])
    whole = frame.astype({"year": "Int64", "places": "Int64", "homes": "Int64"})
    return str(guarded(whole).to_csv(index=False, lineterminator="\n"))
