"""Re-estimated rates of the care pathway, beside the assumed ones.

Of n people of a profile in a tier at the beginning of a quarter, k move or leave in one way. For the
quarterly chance k/n the interval is that of Clopper and Pearson (1934), exact for a binomial count. A year
has four quarters in which the other ways out compete, so the yearly probability of way j is

    p_j = q_j / Q · (1 − (1 − Q)⁴),   Q = Σ q of all ways in the same measure (moves, or outflow),

with the ends of the interval of q_j in the place of q_j. For the yearly inflow, a Poisson count, it is the
exact interval of Garwood (1936).
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import pandas as pd
from scipy.stats import binomtest, chi2

from models.monitoring.actuals import QUARTERS, Quarter
from models.monitoring.history import Counts
from models.parameters.parameters import WAITING, Parameters
from models.parameters.quantity import Quantity

LEVEL = 0.9
"""Chance that an interval holds the rate: 5 % on each side, as the band of a plan."""

type State = tuple[str, str]
"""Tier (or waiting) and profile."""


@dataclass(frozen=True)
class Rate:
    """A yearly rate, estimated and assumed.

    Attributes
    ----------
    key
        Where `region.toml` has it.
    events, trials
        What was counted: events, and people at the beginning of each quarter added up (of the inflow:
        clients of the base year times years).
    value, low, high
        The estimate per year and its interval.
    assumed
        The number of the region; None where it has none, which counts as 0.
    """

    key: str
    events: int
    trials: float
    value: float
    low: float
    high: float
    assumed: Quantity | None

    @property
    def agrees(self) -> bool:
        """Whether the assumed number lies within the interval."""
        assumed = self.assumed.value if self.assumed is not None else 0.0
        return self.low - 1e-12 <= assumed <= self.high + 1e-12


@dataclass(frozen=True)
class Estimates:
    """What can be estimated from counts; `skipped` are quarters of which too little was counted."""

    rates: tuple[Rate, ...]
    skipped: tuple[tuple[str, str], ...]
    """(measure, quarter)."""


@dataclass(frozen=True)
class Estimator:
    """Counts with what is needed to make rates of them.

    Attributes
    ----------
    base
        (tier or waiting, profile) → people in the base year, with which the first quarter begins.
    registered
        People in the base year, of whom the inflow is a share.
    """

    counts: Counts
    parameters: Parameters
    towns: Sequence[str]
    base: Mapping[State, float]
    registered: float
    _skipped: dict[tuple[str, str], None] = field(default_factory=dict)

    def estimates(self, until: Quarter) -> Estimates:
        """Return every rate of which something was counted up to a quarter."""
        rates = [*self._inflow(until), *self._moved(until), *self._left(until)]
        return Estimates(tuple(rates), tuple(self._skipped))

    def _quarters(self, measure: str, until: Quarter) -> Iterator[tuple[Quarter, pd.DataFrame]]:
        for quarter in self.counts.quarters(measure):
            if quarter <= until:
                rows = self.counts.of_region(measure, quarter, self.towns)
                if rows is None:
                    self._skipped[measure, str(quarter)] = None
                else:
                    yield quarter, rows

    def _inflow(self, until: Quarter) -> Iterator[Rate]:
        inflow, base = self.parameters.pathway.inflow, self.parameters.years.base
        events, exposure = 0, 0.0
        for quarter, rows in self._quarters("inflow", until):
            events += int(rows["value"].sum())
            exposure += (1.0 + inflow.trend.value) ** (quarter.year - base) / QUARTERS
        people = self.registered * exposure
        if people > 0:
            low, high = garwood(events, LEVEL)
            rates = events / people, low / people, high / people
            yield Rate("pathway.inflow.share", events, people, *rates, inflow.share)

    def _moved(self, until: Quarter) -> Iterator[Rate]:
        """Generate the changes of profile, by tier."""
        ways: dict[tuple[State, str], int] = {}
        trials: dict[State, float] = {}
        for quarter, rows in self._quarters("moves", until):
            here = self._beginning(quarter)
            if here is None:
                self._skipped["moves", str(quarter)] = None
                continue
            _add(trials, here)
            for row in rows.to_dict("records"):
                way = (row["tier"], row["profile"]), row["to_profile"]
                ways[way] = ways.get(way, 0) + int(row["value"])
        assumed = self.parameters.pathway.transitions
        known = {((k, p), q) for k, by in assumed.items() for p, to in by.items() for q in to}
        order = sorted({*ways, *known}, key=self._order)
        for state, to in order:
            number = assumed.get(state[0], {}).get(state[1], {}).get(to)
            others = sum(n for (at, other), n in ways.items() if at == state and other != to)
            key = f"pathway.transitions.{state[0]}.{state[1]}.{to}"
            yield from _rate(key, ways.get((state, to), 0), others, trials.get(state, 0.0), number)

    def _order(self, way: tuple[State, str]) -> tuple[int, int, int]:
        tiers, profiles = [*self.parameters.tiers, WAITING], list(self.parameters.profiles)
        (tier, profile), to = way
        return tiers.index(tier), profiles.index(profile), profiles.index(to)

    def _left(self, until: Quarter) -> Iterator[Rate]:
        """Generate who recovered, by tier and profile, and who went to the Wlz or died, by profile."""
        left: dict[tuple[str, str, str], int] = {}
        trials: dict[State, float] = {}
        for quarter, rows in self._quarters("outflow", until):
            here = self._beginning(quarter)
            if here is None or rows["profile"].eq("").any() or rows["tier"].eq("").any():
                self._skipped["outflow", str(quarter)] = None
                continue
            _add(trials, here)
            for row in rows.to_dict("records"):
                way = row["tier"], row["profile"], row["exit"]
                left[way] = left.get(way, 0) + int(row["value"])
        pathway = self.parameters.pathway
        for tier, by in pathway.recovered.items():
            for profile, number in by.items():
                events = left.get((tier, profile, "recovered"), 0)
                others = sum(n for (k, p, _), n in left.items() if (k, p) == (tier, profile)) - events
                key = f"pathway.recovered.{tier}.{profile}"
                yield from _rate(key, events, others, trials.get((tier, profile), 0.0), number)
        for exit_, table in (("wlz", pathway.wlz), ("died", pathway.died)):
            for profile, number in table.items():
                mine = {way: n for way, n in left.items() if way[1] == profile}
                events = sum(n for (_, _, way), n in mine.items() if way == exit_)
                people = sum(n for (_, p), n in trials.items() if p == profile)
                others = sum(mine.values()) - events
                yield from _rate(f"pathway.{exit_}.{profile}", events, others, people, number)

    def _beginning(self, quarter: Quarter) -> dict[State, float] | None:
        """Return who was in which tier and profile when a quarter began, None where that is not known."""
        before = quarter.previous
        if before.year <= self.parameters.years.base:
            return dict(self.base)
        housed = self.counts.of_region("clients", before, self.towns)
        without = self.counts.of_region("waiting", before, self.towns)
        tables = [(housed, None), (without, WAITING)]
        counts: dict[State, float] = {}
        for rows, tier in tables:
            if rows is None:
                if tier is None:
                    return None
                continue
            if rows["profile"].eq("").any():
                return None
            for row in rows.to_dict("records"):
                counts[tier or row["tier"], row["profile"]] = float(row["value"])
        return counts


def _add(sums: dict[State, float], more: Mapping[State, float]) -> None:
    for state, people in more.items():
        sums[state] = sums.get(state, 0.0) + people


def _rate(key: str, events: int, others: int, people: float, assumed: Quantity | None) -> Iterator[Rate]:
    trials = max(round(people), events + others)
    if trials:
        interval = binomtest(events, trials).proportion_ci(LEVEL, method="exact")
        rest = others / trials
        low, high = yearly(float(interval.low), rest), yearly(float(interval.high), rest)
        yield Rate(key, events, trials, yearly(events / trials, rest), low, high, assumed)


def yearly(quarterly: float, others: float) -> float:
    """Return the probability in a year of one way, from that in a quarter and that of all other ways."""
    every = min(1.0, quarterly + others)
    return quarterly / every * (1.0 - (1.0 - every) ** QUARTERS) if every > 0 else 0.0


def garwood(events: int, level: float) -> tuple[float, float]:
    """Return the exact interval of the mean of a Poisson count (Garwood 1936)."""
    tail = (1.0 - level) / 2
    low = float(chi2.ppf(tail, 2 * events)) / 2 if events else 0.0
    return low, float(chi2.ppf(1.0 - tail, 2 * (events + 1))) / 2
