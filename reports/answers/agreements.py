"""Performance agreements (*prestatieafspraken*) for a terminal, a program and tables."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import pandas as pd

from models.drawing import AreaMap, Graph
from models.region.decisions import DecidedPlaces
from models.result import Result
from optimiser.compare.comparison import Distance
from reports.answers.plan_brief import aligned
from reports.figures import figures
from reports.figures.contents import Contents
from reports.text.columns import columns_of_text
from reports.text.notation import UNKNOWN
from reports.text.records import records
from reports.text.words import Words

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from optimiser.explain.home_values import HomeWorth
    from optimiser.negotiation.home_requests import HomesAsked
    from optimiser.negotiation.terms import Delivery, Lock, LockPrice
    from optimiser.plan import Plan
    from optimiser.tradeoffs.ranges import Ranges
    from reports.text.notation import Language
    from reports.workbook.sheets import Cell

MEASURED = (
    "homes", "waiting_years", "waiting_last", "beds", "in_facilities", "cost", "objective", "gap_eur",
)  # fmt: skip
"""What plans are compared in at the table."""

TOLD_YEARS = 3
"""Years of which a terminal shows what one home more is worth: the first, one half-way and the last."""


@dataclass(frozen=True, repr=False)
class Negotiation(Result):
    """What goes to the table: the homes asked, and whatever was asked again so far.

    Attributes
    ----------
    within
        Share above this plan's objective in which there is room.
    whole
        Whether all that was asked is there.
    """

    plan: Plan
    asked: HomesAsked
    lang: Language
    worths: Sequence[HomeWorth] = ()
    delivery: Delivery | None = None
    prices: Sequence[LockPrice] = ()
    room: Sequence[Ranges] = ()
    within: float = 0.02
    whole: bool = True

    def summary(self) -> str:
        """Return what needs no solving, and what was solved again."""
        return "\n\n".join(filter(None, (self.first(), self.again())))

    def _frames(self) -> Mapping[str, Callable[[], pd.DataFrame]]:
        return {
            "homes": self.rows,
            "short": self.asked.short.copy,
            "shares": self.asked.shares.copy,
            "values": lambda: pd.DataFrame([_worth(one) for one in self.worths]),
            "locks": lambda: pd.json_normalize([self._lock_record(one) for one in self.prices]),
            "ranges": lambda: pd.DataFrame([_room(one) for one in self.room]),
        }

    def _graphs(self) -> Mapping[str, Callable[[], Graph]]:
        homes = self.asked.table[["asked", "offered"]].groupby(level="year").sum()
        return {"homes": lambda: Graph(homes, "Homes asked and offered", "homes a year", "bar")}

    def _area_map(self) -> AreaMap:
        homes = self.plan.data["new_homes"].sum(["corporation", "year"]).to_series()
        return AreaMap(self.told.region.neighbourhoods, homes, "Homes asked in all years")

    @cached_property
    def told(self) -> Contents:
        """The plan as it is told."""
        return Contents(self.plan, (), (), self.lang)

    def word(self, key: str, **values: object) -> str:
        """Return words in the language."""
        return Words(self.lang, "agreements")(key, **values)

    def head(self, key: str, **values: object) -> list[str]:
        """Return the names of columns."""
        return self.word(key, **values).split("|")

    def place(self, code: str) -> str:
        """Return the name of a municipality or a neighbourhood."""
        areas = self.told.region.neighbourhoods.index
        return self.told.neighbourhood(code) if code in areas else self.told.municipality(code)

    @property
    def flip_months(self) -> float | None:
        """The fewest months before the lease of any form flips, None where none does."""
        tiers = self.told.region.parameters.tiers.values()
        return min((tier.flip.value for tier in tiers if tier.flip and tier.flip.value), default=None)

    @property
    def lease(self) -> str:
        """What direct and omklap mean here."""
        months = self.flip_months
        if months is None:
            return self.word("no_flip")
        return self.word("lease", months=self.told.notation.plain(months))

    @property
    def is_finished(self) -> bool:
        """Whether no part was cut short by time."""
        offered = self.plan.problem.offers
        town = self.plan.problem.municipality_of
        spots = {(town[j], o.year) for o in offered if o.homes for j in o.neighbourhoods}
        late = self.delivery
        priced = all(one.distance is not None for one in self.prices)
        return priced and len(self.worths) == len(spots) and (late is None or late.is_finished)

    # ------------------------------------------------------------------ the first answer

    def first(self) -> str:
        """Return what needs no solving: asked, offered, short, kind of lease and fair share."""
        years = self.told.years
        name = self.told.region.parameters.region.name
        title = self.word("title", region=name, first=years["first"], last=years["last"])
        blocks = [
            [title, self.told.status, "", self.word("asked_of")],
            [*columns_of_text(self._asked_rows(), 2), "", self.lease, "", self.word("short")],
            [*aligned(self._short_rows()), "", self.word("fair", last=years["last"])],
            aligned(self._fair_rows()),
        ]
        if self.asked.shares["fair"].isna().any():
            blocks.append([self.word("no_stock")])
        elif not self.asked.shares["corporation"].any():
            blocks.append([self.word("unknown_stock")])
        return "\n".join(line for block in blocks for line in block)

    def _asked_rows(self) -> Iterator[list[str]]:
        years, write = self.plan.problem.years, self.told.notation.number
        yield [
            self.word("corporation"), self.word("place"), *map(str, years), self.word("total"),
            self.word("direct"), self.word("flip"),
        ]  # fmt: skip
        groups = self.asked.table.groupby(level=["corporation", "place"], sort=False)
        for key, rows in groups:
            corporation, code = _pair(key)
            by_year = rows.droplevel(["corporation", "place"])
            cells = [_of(by_year, t) for t in years]
            asked = int(rows["asked"].sum())
            offered = rows["offered"].sum() if rows["offered"].notna().any() else None
            total = f"{asked}/{write(offered)}" if offered is not None else str(asked)
            leases = (str(int(rows[name].sum())) for name in ("direct", "flip"))
            yield [corporation, self.place(code), *cells, total, *leases]
        sums = self.asked.table.groupby(level="year").sum(min_count=1).reindex(list(years))
        whole = self.asked.table.sum(min_count=1)
        told = [_cell(row) for row in sums.to_dict("records")]
        leases = (write(float(whole[name])) for name in ("direct", "flip"))
        yield [self.word("total"), "", *told, _cell(whole.to_dict()), *leases]

    def _short_rows(self) -> Iterator[list[str]]:
        write, short = self.told.notation.number, self.asked.short
        yield ["", *map(str, short.columns)]
        for code, people in short.iterrows():
            yield [self.place(str(code)), *(write(float(n), 1) for n in people)]
        yield [self.word("total"), *(write(float(n), 1) for n in short.sum())]

    def _fair_rows(self) -> Iterator[list[str]]:
        write = self.told.notation
        yield self.head("fair_head")
        for row in records(self.asked.shares):
            name = self.told.municipality(row["municipality"])
            over = None if row["fair"] is None else row["offered"] - row["fair"]
            yield [
                "  " + ", ".join((row["corporation"], name)) if row["corporation"] else name,
                write.number(row["social_homes"]), write.percent(row["share"]), write.number(row["fair"], 1),
                write.number(row["offered"]), write.number(row["asked"]), write.signed(over, 1),
            ]  # fmt: skip

    # ------------------------------------------------------------------ what was asked again

    def again(self) -> str:
        """Return what was solved again: one home more, delivery, locks and room."""
        blocks = []
        if self.prices:
            blocks.append([self.word("locks"), *columns_of_text(self._lock_rows(), 1)])
        if self.worths:
            rows = columns_of_text(self._worth_rows(), 1)
            blocks.append([self.word("worth"), *rows, self.word("worth_note")])
        if self.delivery is not None:
            blocks.append(self.delivery_lines())
        if self.room:
            within = self.told.notation.percent(self.within)
            blocks.append([self.word("room", within=within), *aligned(self._room_rows())])
        if not self.whole:
            blocks.append([self.word("stopped")])
        return "\n\n".join("\n".join(block) for block in blocks)

    def worth_cells(self) -> Iterator[list[Cell]]:
        """Generate what one home more is worth: place, year, and what is saved."""
        for one in self.worths:
            saved = (-one.eur, -one.places, -one.waiting, -one.objective)
            yield [self.place(one.place), one.year, *saved]

    def _worth_rows(self) -> Iterator[list[str]]:
        """Generate the rows of some years, with names above."""
        yield self.head("worth_head")
        years = sorted({one.year for one in self.worths})
        some = {years[n * (len(years) - 1) // (TOLD_YEARS - 1)] for n in range(TOLD_YEARS)}
        for cells in self.worth_cells():
            if cells[1] in some:
                yield self._texts(cells, (0, 0, 0, 1, 1, 0))

    def _texts(self, cells: Sequence[Cell], digits: Sequence[int]) -> list[str]:
        """Return cells as text, numbers that are no years or counts with so many decimals."""
        write = self.told.notation.number
        return [
            write(cell, places) if isinstance(cell, float) else UNKNOWN if cell is None else str(cell)
            for cell, places in zip(cells, digits, strict=True)
        ]

    def delivery_lines(self) -> list[str]:
        """Return what delivery of a part of the homes does."""
        late = self.delivery
        if late is None:
            return []
        share = self.told.notation.percent(late.share, 0)
        asked, there = late.homes
        measures = zip(MEASURED, self.delivery_cells(), strict=True)
        rows = [self.delivery_head, *(self._measure(key, cells) for key, cells in measures)]
        number = self.told.notation.number
        said = self.word("delivery", share=share, there=number(there), asked=number(asked))
        return [said, *aligned(rows), *self.delivery_notes()]

    def delivery_cells(self) -> Iterator[list[Cell]]:
        """Generate the measures of the plan beside those with fewer homes; None where there is no plan."""
        late = self.delivery
        if late is None:
            return
        found = [measured(plan) if plan else None for plan in (self.plan, late.unprepared, late.prepared)]
        for key in MEASURED:
            values = [None if one is None else one[key] for one in found]
            if key == "gap_eur":
                values[1] = None  # its bound is that of the plan with all homes
            yield [self.word(key, last=self.told.years["last"]), *values]

    def _measure(self, key: str, cells: Sequence[Cell]) -> list[str]:
        """Return a measure as text: euros that somebody pays in millions, all else in whole numbers."""
        write, (name, *values) = self.told.notation, cells
        numbers = [value if isinstance(value, float) else None for value in values]
        return [str(name), *map(write.millions if key == "cost" else write.number, numbers)]

    @property
    def delivery_head(self) -> list[str]:
        """The names above the measures."""
        share = self.delivery.share if self.delivery else 0.0
        return self.head("delivery_head", share=self.told.notation.percent(share, 0))

    def delivery_notes(self) -> list[str]:
        """Return which rules late delivery breaks, and whether the difference is real."""
        return [] if self.delivery is None else list(self._delivery_notes(self.delivery))

    def _delivery_notes(self, late: Delivery) -> Iterator[str]:
        if late.broken:
            names = ", ".join(dict.fromkeys(one.rule for one in late.broken))
            yield self.word("breaks", count=len(late.broken), names=names)
        if late.why:
            yield self.word("no_plan", why="; ".join(late.why))
        if late.prepared is not None:
            yield self._verdict(late.prepared)

    def _verdict(self, other: Plan) -> str:
        """Return by how much another plan is dearer, between what the two proofs leave open."""
        distance, number = Distance.between(self.plan, other), self.told.notation.number
        amount = number(distance.objective)
        if not distance.is_distinguishable:
            return self.word("within_gaps", amount=amount, margin=number(distance.margin))
        least = number(distance.objective - other.proof.gap_eur)
        most = number(distance.objective + self.plan.proof.gap_eur)
        if distance.objective < 0.0:
            return self.word("costs_less", amount=amount, least=least, most=most)
        return self.word("costs_more", amount=amount, least=least, most=most)

    def lock_cells(self) -> Iterator[list[Cell]]:
        """Generate what each agreement costs: price, gaps together, cost, waiting years, verdict."""
        for one in self.prices:
            told = [self.lock_name(one.lock), _span(one.lock.years), one.lock.asked_by or self.word("nobody")]
            if one.without is None or one.distance is None:
                yield [*told, None, None, None, None, self.word("unknown")]
                continue
            here, there = measured(self.plan), measured(one.without)
            yield [
                *told, one.distance.objective, one.distance.margin, here["cost"] - there["cost"],
                here["waiting_years"] - there["waiting_years"],
                self.word("is_real" if one.distance.is_distinguishable else "is_not"),
            ]  # fmt: skip

    def _lock_rows(self) -> Iterator[list[str]]:
        yield self.head("lock_head")
        for cells in self.lock_cells():
            yield self._texts(cells, (0, 0, 0, 0, 0, 0, 1, 0))

    def lock_name(self, lock: Lock) -> str:
        """Return what a lock is about, with names in place of codes."""
        one = lock.agreed.every[0]
        if isinstance(one, DecidedPlaces):
            site = str(self.told.region.sites.at[one.site, "name"])
            return f"{site}, {self.told.tier(one.tier)}"
        return f"{one.corporation}, {self.place(one.place)}"

    def room_cells(self) -> Iterator[list[Cell]]:
        """Generate the homes of each party: now, offered, found least and most, proven least and most."""
        for extent in self.room:
            count = extent.count
            by = "corporation" if count.kind == "homes_of" else "municipality"
            name = count.code if by == "corporation" else self.told.municipality(count.code)
            found = (extent.found_least, extent.found_most, extent.least, extent.most)
            yield [name, *self._now_and_offered(by, count.code), *found]

    def _room_rows(self) -> Iterator[list[str]]:
        yield self.head("room_head")
        for name, now, offered, *ends in self.room_cells():
            low, high, least, most = ("?" if end is None else str(end) for end in ends)
            yield [str(name), str(now), str(offered), f"{low}–{high}", f"{least}–{most}"]

    def _now_and_offered(self, by: str, code: str) -> tuple[int, int]:
        problem, homes = self.plan.problem, self.plan.data["new_homes"]
        town = problem.municipality_of
        if by == "corporation":
            offered = sum(o.homes for o in problem.offers if o.corporation == code)
            return round(float(homes.sel(corporation=code).sum())), offered
        inside = [j for j in problem.areas if town[j] == code]
        offered = sum(o.homes for o in problem.offers if town[o.neighbourhoods[0]] == code)
        return round(float(homes.sel(neighbourhood=inside).sum())), offered

    # ------------------------------------------------------------------ rows and record

    def rows(self) -> pd.DataFrame:
        """Return a row per corporation, place and year: what goes into `agreements.csv`."""
        frame = self.asked.table.reset_index()
        frame.insert(2, "place_name", [self.place(str(code)) for code in frame["place"]])
        frame["offered"] = frame["offered"].round().astype("Int64")
        frame["flip_months"] = pd.NA if self.flip_months is None else self.flip_months
        return frame

    def record(self) -> dict[str, Any]:
        """Return all of it for a program."""
        return {
            "region": self.told.region.parameters.region.name,
            "digest": self.told.region.digest,
            "gap": self.plan.proof.gap,
            "homes": records(self.rows()),
            "short": {str(code): _by_year(people) for code, people in self.asked.short.iterrows()},
            "fair_share": records(self.asked.shares),
            "one_home_more": [_worth(one) for one in self.worths],
            "delivery": self._delivery_record(),
            "locks": [self._lock_record(one) for one in self.prices],
            "room": [_room(extent) for extent in self.room],
            "within": self.within,
            "complete": self.whole,
        }

    def _delivery_record(self) -> dict[str, Any] | None:
        late = self.delivery
        if late is None:
            return None
        again = late.prepared
        away = None if again is None else Distance.between(self.plan, again)
        return {
            "share": late.share,
            "homes_asked": late.homes[0],
            "homes_delivered": late.homes[1],
            "plan": measured(self.plan),
            "unprepared": measured(late.unprepared),
            "broken": sorted({one.rule for one in late.broken}),
            "planned_again": None if again is None else measured(again),
            "distinguishable": None if away is None else away.is_distinguishable,
            "why_not": list(late.why),
        }

    def _lock_record(self, one: LockPrice) -> dict[str, Any]:
        known = one.distance
        return {
            "what": self.lock_name(one.lock),
            "years": list(one.lock.years),
            "asked_by": one.lock.asked_by,
            "price": None if known is None else known.objective,
            "gaps_together": None if known is None else known.margin,
            "distinguishable": None if known is None else known.is_distinguishable,
            "without": None if one.without is None else measured(one.without),
        }


def measured(plan: Plan) -> dict[str, float]:
    """Return what plans are compared in at the table; euros nominal, over all planned years."""
    data, last = plan.data, plan.problem.years[-1]
    facilities = list(plan.problem.facility_tiers)
    return {
        "homes": float(data["new_homes"].sum()),
        "waiting_years": float(data["waiting"].sum()),
        "waiting_last": float(data["waiting"].sel(year=last).sum()),
        "beds": figures.beds(plan),
        "in_facilities": float(data["clients"].sel(tier=facilities).sum()),
        "cost": float(figures.cost_by_part(plan).to_numpy().sum()),
        "objective": plan.proof.objective,
        "gap_eur": plan.proof.gap_eur,
    }


def _pair(key: object) -> tuple[str, str]:
    """Return the two codes of a group."""
    first, second = key if isinstance(key, tuple) else ("", "")
    return str(first), str(second)


def _of(rows: pd.DataFrame, year: int) -> str:
    """Return asked/offered of a year, a dot where neither is."""
    return _cell({str(key): cell for key, cell in rows.loc[year].items()}) if year in rows.index else "·"


def _cell(row: Any) -> str:
    asked = 0 if pd.isna(row["asked"]) else round(row["asked"])
    return str(asked) if pd.isna(row["offered"]) else f"{asked}/{round(row['offered'])}"


def _span(years: Sequence[int]) -> str:
    return str(years[0]) if len(years) == 1 else f"{years[0]}–{years[-1]}"


def _worth(one: HomeWorth) -> dict[str, Any]:
    return {
        "place": one.place, "year": one.year, "corporation": one.corporation,
        "neighbourhood": one.neighbourhood, "eur_saved": -one.eur, "place_years_freed": -one.places,
        "waiting_years_less": -one.waiting, "objective": -one.objective, "grouped": one.grouped,
    }  # fmt: skip


def _room(extent: Ranges) -> dict[str, Any]:
    return {
        "party": extent.count.code, "kind": extent.count.kind, "found_least": extent.found_least,
        "found_most": extent.found_most, "proven_least": extent.least, "proven_most": extent.most,
    }  # fmt: skip


def _by_year(people: pd.Series) -> dict[str, float]:
    return {str(year): float(count) for year, count in people.items()}
