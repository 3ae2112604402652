"""Demand, its steps and its backtest, as tables and sentences."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pandas as pd

from models.demand.backtest import LAST, PATHWAY, TREND
from reports.answers.plan_brief import aligned
from reports.text.notation import Language, Notation
from reports.text.words import Words

if TYPE_CHECKING:
    from models.demand.backtest import Backtest
    from models.demand.forecast import Outlook
    from models.region.region import Region

type Row = tuple[str, ...]


class _Told:
    """What is told in one language."""

    lang: Language

    @property
    def _said(self) -> Words:
        return Words(self.lang, "demand")

    @property
    def _write(self) -> Notation:
        return Notation(self.lang)


@dataclass(frozen=True)
class Demand(_Told):
    """The demand of a region, to be told in one language."""

    region: "Region"
    lang: Language

    def text(self, outlook: "Outlook", past: pd.DataFrame) -> str:
        """Return what adds up to the clients of each year, the clients by profile, and past counts."""
        demand = outlook.to_frame()
        blocks = [self._steps(demand, outlook.steps), self._profiles(demand)]
        blocks += [] if past.empty else [self._past(past)]
        return "\n\n".join("\n".join(aligned(rows, indent="")) for rows in blocks)

    def _steps(self, demand: pd.DataFrame, steps: pd.DataFrame) -> Iterator[Row]:
        """Generate a line a step, one column a year: the clients of the year before, steps, clients."""
        clients = demand.sum(axis="columns")
        changes = steps.pivot_table(index="step", columns="year", values="clients", aggfunc="sum", sort=False)
        yield "", *map(str, changes.columns)
        yield self._line("year_before", clients.shift().reindex(changes.columns))
        for step, counts in changes.iterrows():
            yield self._line(f"step_{str(step).replace(' ', '_')}", counts)
        yield self._line("clients", clients.reindex(changes.columns))

    def _line(self, key: str, counts: pd.Series) -> Row:
        return self._said(key), *(self._write.number(count, 1) for count in counts)

    def _profiles(self, demand: pd.DataFrame) -> Iterator[Row]:
        known = self.region.parameters.profiles
        yield "", *map(str, demand.index)
        for code, counts in demand.items():
            name = self._said.of(known[str(code)].name)
            yield name, *(self._write.number(count, 1) for count in counts)

    def _past(self, past: pd.DataFrame) -> Iterator[Row]:
        """Generate past counts: ≈ marks what is given as about so many, a dash what is not known."""
        number, share = self._write.number, self._write.signed_percent
        columns = (
            "indications",
            "growth",
            "redeemed",
            "redeemed_growth",
            "redemption_rate",
            "without_a_place",
        )
        yield self._said("year"), *map(self._said, columns)
        for year, row in past.iterrows():
            yield (
                str(year),
                ("≈ " if row["circa"] else "") + number(row["indications"]),
                share(row["growth"]),
                number(row["redeemed"]),
                share(row["redeemed_growth"]),
                self._write.percent(row["redemption_rate"]),
                number(row["without_a_place"]),
            )


@dataclass(frozen=True)
class Foreseen(_Told):
    """A forecast held against what happened, to be told in one language."""

    test: "Backtest"
    lang: Language

    def text(self) -> str:
        """Return the table and what must be read with it."""
        return "\n".join([*aligned(self._rows(), indent=""), "", *self.sentences()])

    def sentences(self) -> list[str]:
        """Return what to read with the table: how little stands behind it, what did worse than nothing."""
        test, said, write = self.test, self._said, self._write
        counts = test.trend.counts
        told = [
            said(
                "fitted", count=len(counts), first=counts.index[0], last=test.cut,
                growth=write.signed_percent(test.trend.growth), noise=write.percent(test.trend.noise),
                level=write.percent(test.level, 0), reach=write.number(test.trend.reach(test.level), 1),
            ),
            said("only_the_trend"),
            *(self._verdict(method) for method in (PATHWAY, TREND)),
        ]  # fmt: skip
        if test.approximate:
            told.append(said("approximate", years=", ".join(map(str, test.approximate))))
        if test.redeemed_too_few is not None:
            told.append(said("redeemed_too_few", count=test.redeemed_too_few, last=test.cut))
        return told

    def _rows(self) -> Iterator[Row]:
        """Generate clients in whole numbers, errors with their sign; a dash where there is no interval."""
        number, said = self._write.number, self._said
        columns = ("method", "year", "observed", "predicted", "low", "high", "error", "error_share", "inside")
        yield tuple(map(said, columns))
        for row in self.test.rows.to_dict("records"):
            held = row["inside"]
            yield (
                self._method(row["method"]),
                str(row["year"]),
                *(number(row[column]) for column in ("observed", "predicted", "low", "high")),
                self._write.signed(row["error"]),
                self._write.signed_percent(row["error_share"]),
                number(None) if held is None else said("yes" if held else "no"),
            )

    def _method(self, method: str) -> str:
        return self._said(f"method_{method.replace(' ', '_')}")

    def _verdict(self, method: str) -> str:
        rows, said, write = self.test.rows, self._said, self._write
        rows = rows[rows["method"] == method]
        outside = [str(year) for year, held in zip(rows["year"], rows["inside"], strict=True) if not held]
        held = said("misses", years=", ".join(outside)) if outside else said("stays")
        off, naive = self.test.mean_error(method), self.test.mean_error(LAST)
        than = said("worse_than" if off > naive else "better_than" if off < naive else "as_good_as")
        shares = {"off": write.percent(off), "naive": write.percent(naive)}
        return said("verdict", method=self._method(method), held=held, than=than, **shares)
