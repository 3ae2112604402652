"""Control bands: counts compared with expectations, and the outliers."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from math import ceil, floor
from typing import Any

import numpy as np
import pandas as pd

from models.monitoring.actuals import DETAIL, MEASURES, Quarter, detail_of
from models.monitoring.history import Counts
from models.parameters.parameters import EXITS, WAITING
from optimiser.monitoring.expected_counts import Expected, Floats, Tracker

BAND = (0.05, 0.95)
"""Parts of the draws below and above which a count is outside the band: by chance one in ten is."""

HEADLINES: Mapping[str, tuple[str, ...]] = {
    "clients": ("tier",),
    "waiting": (),
    "places": ("tier",),
    "homes": (),
    "inflow": (),
    "moves": ("profile", "to_profile"),
    "outflow": ("exit",),
}
"""By what each measure is told for the region as a whole."""


@dataclass(frozen=True)
class Compared:
    """One count beside what the plan expects of it.

    Attributes
    ----------
    detail
        Column of detail → code; what is not named is summed.
    since, quarter
        The quarters over which a flow was counted; of a stock both are the quarter of its count.
    as_of
        The day of the count; of a sum of stocks the oldest, of a flow the newest.
    carried
        Whether it, or a part of it, is of an earlier quarter than the one that is told.
    least, most
        The band, in whole people, places or homes.
    """

    measure: str
    detail: Mapping[str, str]
    since: Quarter
    quarter: Quarter
    as_of: str
    carried: bool
    counted: int
    expected: float
    least: float
    most: float

    @property
    def beyond(self) -> float:
        """How far the count is above the band, or (negative) below it; 0 inside."""
        if self.counted > self.most:
            return self.counted - self.most
        return min(0.0, self.counted - self.least)

    @property
    def is_outside(self) -> bool:
        """Whether the count lies outside the band."""
        return abs(self.beyond) > 1e-9


@dataclass(frozen=True)
class MonitorComparison:
    """All counts of a history up to a quarter, held against a plan.

    Attributes
    ----------
    whole
        The region as a whole.
    parts
        The counts as they were given: per municipality, site, tier, profile.
    """

    quarter: Quarter
    whole: tuple[Compared, ...]
    parts: tuple[Compared, ...]

    @property
    def every(self) -> tuple[Compared, ...]:
        """Each thing once, the whole first."""
        known = {(one.measure, tuple(sorted(one.detail.items()))): one for one in (*self.parts, *self.whole)}
        return tuple(known.values())

    @property
    def expected_outside(self) -> float:
        """How many of those with a band would be outside it by chance alone."""
        return (1.0 - (BAND[1] - BAND[0])) * len(self.by_chance)

    @property
    def by_chance(self) -> tuple[Compared, ...]:
        """Those whose band has chance in it: all but places, which are decided."""
        return tuple(one for one in self.every if one.measure != "places")


def compare(tracker: Tracker, counts: Counts, quarter: Quarter) -> MonitorComparison:
    """Return what is known at the end of a quarter beside what the plan expects, the same for the region."""
    held = _Held(tracker, counts, quarter)
    problem = tracker.plan.problem
    codes = [*problem.towns, *problem.sites.index, *problem.tiers.index, WAITING, *problem.profiles, *EXITS]
    rank = {str(code): number for number, code in enumerate(codes)}

    def order(one: Compared) -> tuple[int, list[int]]:
        return list(MEASURES).index(one.measure), [rank[code] for code in one.detail.values()]

    return MonitorComparison(
        quarter, tuple(sorted(held.whole(), key=order)), tuple(sorted(held.parts(), key=order))
    )


@dataclass(frozen=True)
class _Held:
    tracker: Tracker
    counts: Counts
    quarter: Quarter
    _known: dict[Quarter, Expected] = field(default_factory=dict)

    def _at(self, quarter: Quarter) -> Expected:
        if quarter not in self._known:
            self._known[quarter] = self.tracker.at(quarter)
        return self._known[quarter]

    def parts(self) -> Iterator[Compared]:
        """Generate the counts as they were given; flows from the first quarter on that has them."""
        for row in self.counts.state(self.quarter).to_dict("records"):
            if not MEASURES[row["measure"]].is_flow:
                detail = {name: row[name] for name in detail_of(row)}
                quarter = Quarter.of(row["quarter"])
                yield self._one(row["measure"], detail, (quarter,), row, quarter)
        for measure, known in MEASURES.items():
            quarters = self._quarters(measure)
            if known.is_flow and quarters:
                yield from self._flows(measure, quarters)

    def _quarters(self, measure: str) -> tuple[Quarter, ...]:
        return tuple(q for q in self.counts.quarters(measure) if q <= self.quarter)

    def _flows(self, measure: str, quarters: tuple[Quarter, ...]) -> Iterator[Compared]:
        """Generate sums of a flow by municipality, where it was counted so in all of the quarters."""
        states = [self.counts.state(q) for q in quarters]
        tables = [state[state["measure"] == measure] for state in states]
        towns = [set(table["municipality"]) for table in tables]
        for town in sorted(set.intersection(*towns) - {""}):
            here = pd.concat([table[table["municipality"] == town] for table in tables])
            row = {"value": here["value"].sum(), "as_of": here["as_of"].max()}
            yield self._one(measure, {"municipality": town}, quarters, row, quarters[-1])

    def whole(self) -> Iterator[Compared]:
        """Generate the region as a whole, where all of it was counted."""
        for measure, names in HEADLINES.items():
            if MEASURES[measure].is_flow:
                yield from self._whole_flow(measure, names)
                continue
            rows = self._of_region(measure, self.quarter)
            if rows is None or not set(names) <= _filled(rows):
                continue
            for detail, group in _groups(rows, names):
                newest = max(Quarter.of(text) for text in group["quarter"])
                row = {"value": group["value"].sum(), "as_of": group["as_of"].min()}
                oldest = Quarter.of(min(group["oldest"]))
                yield self._one(measure, detail, (newest,), row, oldest)

    def _whole_flow(self, measure: str, names: tuple[str, ...]) -> Iterator[Compared]:
        known = {q: self._of_region(measure, q) for q in self._quarters(measure)}
        tables = {q: rows for q, rows in known.items() if rows is not None and set(names) <= _filled(rows)}
        if not tables:
            return
        for detail, group in _groups(pd.concat(tables.values()), names):
            row = {"value": group["value"].sum(), "as_of": group["as_of"].max()}
            yield self._one(measure, detail, tuple(sorted(tables)), row, max(tables))

    def _of_region(self, measure: str, quarter: Quarter) -> pd.DataFrame | None:
        problem = self.tracker.plan.problem
        rows = self.counts.of_region(measure, quarter, problem.towns)
        if rows is None or measure != "places":
            return rows
        # of places every site that has any by the plan must have been counted
        planned = self._at(quarter).mean["places"].to_series()
        planned_at = {at for at, places in planned.items() if places > 0.5}
        return rows if planned_at <= set(zip(rows["site"], rows["tier"], strict=True)) else None

    def _one(
        self,
        measure: str,
        detail: Mapping[str, str],
        quarters: tuple[Quarter, ...],
        row: Mapping[Any, Any],
        oldest: Quarter,
    ) -> Compared:
        counts = [self._at(q).of(measure, detail) for q in quarters]
        mean, drawn = sum(one for one, _ in counts), np.sum([draws for _, draws in counts], axis=0)
        least, most = _band(float(mean), drawn)
        return Compared(
            measure=measure,
            detail=dict(detail),
            since=quarters[0],
            quarter=quarters[-1],
            as_of=str(row["as_of"]),
            carried=oldest < self.quarter,
            counted=int(row["value"]),
            expected=float(mean),
            least=least,
            most=most,
        )


def _band(mean: float, drawn: Floats) -> tuple[float, float]:
    """Return the band, to whole people, places and homes outwards."""
    least, most = (float(end) for end in np.quantile(drawn, BAND))
    return max(0.0, floor(min(least, mean) + 1e-6)), ceil(max(most, mean) - 1e-6)


def _filled(rows: pd.DataFrame) -> set[str]:
    return {name for name in DETAIL if name in rows and rows[name].ne("").all()}


def _groups(rows: pd.DataFrame, names: tuple[str, ...]) -> Iterator[tuple[dict[str, str], pd.DataFrame]]:
    if not names:
        yield {}, rows
        return
    for codes, group in rows.groupby(list(names), sort=False):
        yield dict(zip(names, map(str, codes), strict=True)), group
