"""New-client classification by the three published readings, which decides who pays.

Official — the expertise team of September 2019, agreed by the VNG committee: in the 365 days
before the report somebody (a) made no application and (b) used no sheltered housing, both in the
region where they report.
Indication — §4.1 of the regional plan of Zuidoost-Drenthe: no indication for at least a year, or
from outside the region.
Use — §4.3 of the same plan: reports on or after 1 January 2022, and no sheltered housing in the
region in the 365 days before.

The texts that write "a year" are read as 365 days too: a leap year would otherwise make somebody
new a day later than their neighbour.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal

type Reading = Literal["official", "indication", "use"]
READINGS: tuple[Reading, ...] = ("official", "indication", "use")

WINDOW_DAYS = 365
"""Days before the report that count: the day 365 days ago is the first, the day before it the last."""

IN_FORCE = date(2022, 1, 1)
"""The date of the reading `use`; earlier reports are of nobody's new clients."""


@dataclass(frozen=True)
class Event:
    """What somebody did or had in a region, from `first` up to and including `last`."""

    kind: Literal["application", "indication", "use"]
    """An application, granted or refused; a valid indication; living in sheltered housing."""
    region: str
    first: date
    last: date | None = None
    """None: an application happens on one day, an indication or use goes on."""

    def __post_init__(self) -> None:
        if self.last is not None and self.last < self.first:
            raise ValueError(f"an {self.kind} from {self.first} cannot end on {self.last}")


@dataclass(frozen=True)
class Report:
    """Somebody who asks for sheltered housing: when, in which region, and from which they come."""

    day: date
    region: str
    origin: str
    """The region of the municipality where they live or lived before care."""
    history: Sequence[Event] = ()


def is_new(report: Report, reading: Reading) -> bool:
    """Return whether somebody is a new client in one of the three readings.

    Raises ValueError where the reading is none of `READINGS`.
    """
    match reading:
        case "official":
            return not _had(report, "application") and not _had(report, "use")
        case "indication":
            return report.origin != report.region or not _had(report, "indication")
        case "use":
            return report.day >= IN_FORCE and not _had(report, "use")
        case _:
            raise ValueError(f"no reading '{reading}'; known are {', '.join(READINGS)}")


def responsible(report: Report, reading: Reading, *, municipality: str, central: str) -> str:
    """Return who pays: a new client's own municipality, else the central one of the region."""
    return municipality if is_new(report, reading) else central


def _had(report: Report, kind: Literal["application", "indication", "use"]) -> bool:
    """Return whether something of a kind fell, in part, in the days before the report and in its region."""
    since, until = report.day - timedelta(days=WINDOW_DAYS), report.day - timedelta(days=1)
    return any(
        event.kind == kind
        and event.region == report.region
        and event.first <= until
        and _last(event, until) >= since
        for event in report.history
    )


def _last(event: Event, until: date) -> date:
    if event.last is not None:
        return event.last
    return event.first if event.kind == "application" else until
