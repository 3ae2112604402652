"""Quarterly monitor (*kwartaalmonitor*): counts beside the plan, and re-estimated rates."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import pandas as pd

from geodata.faults import Fault, InputError
from models.drawing import AreaMap, Graph
from models.monitoring.actuals import Quarter
from models.monitoring.estimated_rates import LEVEL, Estimates, Estimator, Rate
from models.monitoring.history import Counts
from models.parameters.parameters import WAITING
from models.result import Result
from optimiser.monitoring.control_bands import BAND, Compared, MonitorComparison, compare
from optimiser.monitoring.expected_counts import Tracker
from optimiser.plan import Plan
from reports.answers.plan_brief import aligned
from reports.figures.suppression import TOTAL, Sum, shown
from reports.text.notation import UNKNOWN, Language, Notation
from reports.text.words import Words

SHOWN = 20
"""Parts outside the band that are written out, the farthest outside first."""


@dataclass(frozen=True, repr=False)
class Monitor(Result):
    """A comparison of counts and plan to be told in one language.

    With `public` only the region as a whole is told, without the counts that are too small to publish,
    what is expected of them, or rates.
    """

    plan: Plan
    counts: Counts
    compared: MonitorComparison
    estimates: Estimates
    draws: int
    lang: Language
    public: bool = False

    def summary(self) -> str:
        """Return the monitor as a terminal shows it."""
        return self.text()

    def _frames(self) -> Mapping[str, Callable[[], pd.DataFrame]]:
        whole = {"whole": lambda: pd.DataFrame([self._entry(one) for one in self.compared.whole])}
        inner = {
            "parts": lambda: pd.DataFrame([self._entry(one) for one in self.compared.parts]),
            "rates": lambda: pd.json_normalize([_rate_entry(one) for one in self.estimates.rates]),
        }
        return whole if self.public else whole | inner

    def _graphs(self) -> Mapping[str, Callable[[], Graph]]:
        return {"whole": self._whole_graph}

    def _whole_graph(self) -> Graph:
        names = [self.name(one) for one in self.compared.whole]
        known = self.table("whole")[["counted", "expected"]].astype(float).set_index(pd.Index(names))
        title = f"Counted and expected, {self.compared.quarter}"
        return Graph(known, title, "clients, places or homes", "bar")

    def _area_map(self) -> AreaMap:
        """Return how many parts lie outside the band, by municipality."""
        towns = Counter(
            one.detail["municipality"]
            for one in ([] if self.public else self.compared.parts)
            if one.is_outside and "municipality" in one.detail
        )
        areas = self.plan.problem.region.neighbourhoods
        outside = areas["municipality"].map(pd.Series(towns, dtype=float)).fillna(0.0)
        return AreaMap(areas, outside, f"Counts outside the band by municipality, {self.compared.quarter}")

    def text(self) -> str:
        """Return the monitor as a terminal shows it."""
        carried = any(one.carried for one in self.compared.whole)
        blocks = [
            [self._title(), *([self._said("small", threshold=self._threshold)] if self.public else []), ""],
            [*aligned(self._rows(self.compared.whole)), ""],
            [
                *([self._said("carried")] if carried else []),
                self._said("band", draws=self.draws),
                *(self._said(key) for key in ("band_more", "reading", "reading_more")),
                "",
            ],
            [] if self.public else [self._chance(), *self._parts(), "", *self._rates()],
        ]
        return "\n".join(line.rstrip() for block in blocks for line in block).rstrip()

    def record(self) -> dict[str, Any]:
        """Return the monitor for a program: counts whole, expectations in fractions."""
        compared = self.compared
        inner = {} if self.public else self._inner()
        return {
            "region": self._parameters.region.name,
            "quarter": str(compared.quarter),
            "band": {"least": BAND[0], "most": BAND[1], "draws": self.draws},
            "whole": [self._entry(one) for one in compared.whole],
            **inner,
            "outside_by_chance": compared.expected_outside,
            "not_estimated": [
                {"measure": measure, "quarter": quarter} for measure, quarter in self.estimates.skipped
            ],
            "refreshes": [
                {"refresh": int(str(n)), "file": row["file"], "recorded": row["recorded"]}
                for n, row in self.counts.refreshes.iterrows()
            ],
        }

    def _inner(self) -> dict[str, Any]:
        """Return what is not for everybody."""
        return {
            "parts": [self._entry(one) for one in self.compared.parts],
            "rates": [_rate_entry(one) for one in self.estimates.rates],
        }

    # ------------------------------------------------------------------ words

    @property
    def _parameters(self) -> Any:
        return self.plan.problem.region.parameters

    @cached_property
    def _write(self) -> Notation:
        return Notation(self.lang)

    def _said(self, key: str, **values: object) -> str:
        return Words(self.lang, "monitor")(key, **values)

    def _title(self) -> str:
        years = self.plan.problem.years
        return self._said(
            "title", region=self._parameters.region.name, quarter=self.compared.quarter, first=years[0],
            last=years[-1],
        )  # fmt: skip

    def name(self, one: Compared) -> str:
        """Return what was counted in the words of the language."""
        told = [self._said(one.measure), *self._detail(one.detail)]
        what = " · ".join(told)
        if one.since == one.quarter:
            return what
        return self._said("since", what=what, since=one.since, until=one.quarter)

    def _detail(self, detail: Mapping[str, str]) -> Iterator[str]:
        problem, parameters = self.plan.problem, self._parameters
        for column, code in detail.items():
            if column == "municipality":
                yield str(problem.municipalities.at[code, "name"])
            elif column == "site":
                yield str(problem.sites.at[code, "name"] or code)
            elif column == "tier":
                known = parameters.tiers.get(code)
                yield self._said("waiting_tier") if code == WAITING else getattr(known.name, self.lang)
            elif column in ("profile", "to_profile"):
                name = getattr(parameters.profiles[code].name, self.lang)
                yield f"→ {name}" if column == "to_profile" else name
            else:
                yield self._said(code)

    # ------------------------------------------------------------------ rows

    @property
    def _threshold(self) -> int:
        return int(self._parameters.privacy.threshold)

    @cached_property
    def _tellable(self) -> tuple[frozenset[int], frozenset[int]]:
        """Numbers of the rows of the whole whose count, and whose expectation, may be told to everybody.

        Nothing told gives a small number away, also to who knows how many there are of a measure in all.
        """
        counted, expected = set[int](), set[int]()
        for measure in {one.measure for one in self.compared.whole}:
            rows = {n: one for n, one in enumerate(self.compared.whole) if one.measure == measure}
            counted |= self._shown({n: float(one.counted) for n, one in rows.items()})
            expected |= self._shown({n: one.expected for n, one in rows.items()})
        return frozenset(counted), frozenset(expected)

    def _shown(self, numbers: Mapping[int, float]) -> set[int]:
        index = pd.Index([*numbers, TOTAL], dtype=object)
        values = pd.Series([*numbers.values(), sum(numbers.values())], index)
        told = shown(values, [Sum(TOTAL, tuple(numbers))], self._threshold)
        return {n for n in numbers if bool(told[n])}

    def _is_told(self, one: Compared) -> tuple[bool, bool]:
        """Whether its count, and what the plan expects of it, may be told."""
        if not self.public:
            return True, True
        number, (counted, expected) = self.compared.whole.index(one), self._tellable
        return number in counted, number in expected

    def _rows(self, compared: Iterable[Compared]) -> list[Sequence[str]]:
        write, rows = self._write, list[Sequence[str]]([self._said("head").split("|")])
        for one in compared:
            counted, expected = self._is_told(one)
            outside = counted and expected and one.is_outside
            rows.append(
                (
                    self.name(one),
                    write.number(one.counted) if counted else UNKNOWN,
                    one.as_of + ("*" if one.carried else ""),
                    write.number(one.expected, 1) if expected else UNKNOWN,
                    f"{write.number(one.least)}–{write.number(one.most)}" if expected else UNKNOWN,
                    f"{self._said('outside')} {write.signed(one.beyond)}" if outside else "",
                )
            )
        return rows

    def _chance(self) -> str:
        banded = self.compared.by_chance
        return self._said(
            "chance",
            all=len(banded),
            count=sum(one.is_outside for one in banded),
            expected=self._write.number(self.compared.expected_outside, 0),
        )

    def _parts(self) -> list[str]:
        outside = sorted(
            (one for one in self.compared.parts if one.is_outside), key=lambda one: -abs(one.beyond)
        )
        if not outside:
            return [self._said("nothing")]
        rest = len(outside) - SHOWN
        more = [f"  {self._said('more', count=rest)}"] if rest > 0 else []
        return [self._said("parts"), *aligned(self._rows(outside[:SHOWN])), *more]

    def _rates(self) -> list[str]:
        rates = self.estimates.rates
        if not rates:
            return list(self._skipped())
        write, rows = self._write, list[Sequence[str]]([self._said("rate_head").split("|")])
        for one in rates:
            assumed = one.assumed
            known = assumed is not None and assumed.low is not None and assumed.high is not None
            span = f"{write.plain(assumed.low)}–{write.plain(assumed.high)}" if known and assumed else UNKNOWN
            rows.append(
                (
                    one.key.removeprefix("pathway."),
                    write.number(one.events),
                    write.number(one.trials),
                    write.number(one.value, 3),
                    f"{write.number(one.low, 3)}–{write.number(one.high, 3)}",
                    write.number(assumed.value if assumed else 0.0, 3),
                    span,
                    "" if one.agrees else self._said("disagrees"),
                )
            )
        said = [self._said("rates", level=write.percent(LEVEL, 0)), *aligned(rows)]
        note = [] if all(one.agrees for one in rates) else [self._said("rates_note")]
        return [*said, *note, *self._skipped()]

    def _skipped(self) -> Iterator[str]:
        quarters: dict[str, list[str]] = {}
        for measure, quarter in self.estimates.skipped:
            quarters.setdefault(measure, []).append(quarter)
        for measure, ones in quarters.items():
            yield self._said("skipped", measure=self._said(measure).lower(), quarters=", ".join(ones))

    def _entry(self, one: Compared) -> dict[str, Any]:
        counted, expected = self._is_told(one)
        band = {"expected": one.expected, "least": one.least, "most": one.most}
        return {
            "measure": one.measure,
            **one.detail,
            "since": str(one.since),
            "quarter": str(one.quarter),
            "as_of": one.as_of,
            "carried": one.carried,
            **(band if expected else dict.fromkeys(band)),
            "counted": one.counted if counted else None,
            "outside": one.is_outside if counted and expected else None,
        }


def needed(counts: Counts, file: Path, asked: Quarter | None) -> Quarter:
    """Return the quarter that is asked, or the last one that was counted.

    Raises
    ------
    InputError
        Where nothing was counted up to it.
    """
    last = counts.last
    if last is None:
        remedy = "Give a file of counts with --actuals."
        raise InputError([Fault(str(file), "no counts", "counts of a quarter at least", remedy)])
    first = min(Quarter.of(text) for text in counts.rows["quarter"].unique())
    if asked is not None and not first <= asked <= last:
        expected = f"a quarter from {first} to {last}, of which something was counted"
        raise InputError([Fault("--quarter", str(asked), expected, "Choose one of them.")])
    return asked or last


def monitored(
    plan: Plan, counts: Counts, quarter: Quarter, lang: Language, *, draws: int, seed: int, public: bool
) -> Monitor:
    """Return counts up to a quarter beside a plan, with the band of so many draws, and rates of them."""
    problem = plan.problem
    housed = problem.clients.sum("neighbourhood").transpose("tier", "profile")
    without = problem.waiting.sum("neighbourhood")
    people = {
        (tier, profile): float(housed.sel(tier=tier, profile=profile))
        for tier in map(str, problem.tiers.index)
        for profile in problem.profiles
    }
    people |= {(WAITING, profile): float(without.sel(profile=profile)) for profile in problem.profiles}
    estimator = Estimator(
        counts, problem.region.parameters, problem.towns, base=people, registered=sum(people.values())
    )
    compared = compare(Tracker(plan, draws, seed), counts, quarter)
    return Monitor(plan, counts, compared, estimator.estimates(quarter), draws, lang, public)


def _rate_entry(one: Rate) -> dict[str, Any]:
    assumed = None if one.assumed is None else one.assumed.model_dump()
    return {**asdict(one), "assumed": assumed, "agrees": one.agrees}
