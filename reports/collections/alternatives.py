"""Other good plans side by side: what each has, which sites they all use, and what room they leave."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, ClassVar

import pandas as pd

from geodata.tables import guarded
from models.drawing import AreaMap, Graph, dots
from models.result import Result
from optimiser.model.model import RULES
from optimiser.tradeoffs.near_optimal_set import near_optimal_set
from optimiser.tradeoffs.ranges import counted, counts
from reports.answers.council import council_answers
from reports.answers.plan_brief import aligned
from reports.figures import figures
from reports.figures.contents import Contents
from reports.text.records import records
from reports.text.words import Words

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from threading import Event

    from models.region.region import Region
    from optimiser.plan import Plan
    from optimiser.problem import Problem
    from optimiser.solver.limits import Report
    from optimiser.tradeoffs.near_optimal import Band
    from optimiser.tradeoffs.near_optimal_set import AlternativesOptions, NearOptimalSet
    from optimiser.tradeoffs.ranges import Ranges
    from reports.folder.collection import Collection
    from reports.text.notation import Language


@dataclass(frozen=True, repr=False)
class OtherPlans(Result):
    """The plans of a band, told in one language."""

    found: NearOptimalSet
    lang: Language = "nl"
    is_possible: ClassVar[bool] = True
    """It begins with a plan."""

    @property
    def band(self) -> Band:
        """What the plans have in common."""
        return self.found.band

    @property
    def plans(self) -> Sequence[Plan]:
        """The plans, the best first."""
        return self.found.plans

    @property
    def facts(self) -> Sequence[Mapping[str, Any]]:
        """Per plan `distance` and `most`, None for the best."""
        return self.found.facts

    @property
    def extents(self) -> Sequence[Ranges]:
        """Least and most of what is counted."""
        return self.found.ranges

    def summary(self) -> str:
        """Return the table of plans, the sites and the room in the last year."""
        return self.text()

    def _frames(self) -> Mapping[str, Callable[[], pd.DataFrame]]:
        return {"plans": self.frame, "sites": self.sites, "ranges": self.room}

    def _graphs(self) -> Mapping[str, Callable[[], Graph]]:
        return {"cost": self._cost_graph, "beds": self._beds_graph}

    def _cost_graph(self) -> Graph:
        cost = self.frame().set_index("plan")[["eur_per_year"]]
        return Graph(cost, "Cost of the plans", "EUR a year, nominal", "bar")

    def _beds_graph(self) -> Graph:
        beds = self.frame().set_index("plan")[["beds_middle", "beds_last"]]
        return Graph(beds, "Intramural places half-way and at the end", "places", "bar")

    def _area_map(self) -> AreaMap:
        problem, last = self.band.best.problem, self.band.best.problem.years[-1]
        runs = [plan.data["operating"].sel(year=last).sum("tier").to_series() > 0 for plan in self.plans]
        counted = pd.concat(runs, axis=1).sum(axis=1).astype(float)
        title = f"In how many of {len(self.plans)} plans a site runs in {last} (dots)"
        areas = problem.region.neighbourhoods
        return AreaMap(areas, areas["inhabitants"], title, dots(problem.sites, counted))

    @cached_property
    def told(self) -> Contents:
        """The best plan as it is told."""
        return Contents(self.band.best, council_answers(self.band.best), RULES, self.lang)

    def text(self) -> str:
        """Return the table of plans, the sites and the room in the last year."""
        return "\n".join([*self._head(), "", *self._plans(), "", *self._sites(), "", *self._room()])

    def word(self, key: str, **values: object) -> str:
        """Return a word in the language."""
        return Words(self.lang, "alternatives")(key, **values)

    def _head(self) -> list[str]:
        number, band = self.told.notation.number, self.band
        return [
            self.word(
                "head" if len(self.plans) > 1 else "alone",
                count=len(self.plans),
                within=self._within,
                most=number(band.most),
                bound=number(band.best.proof.bound),
            )
        ]

    @property
    def _within(self) -> str:
        return self.told.notation.percent(self.band.within)

    def _plans(self) -> Iterator[str]:
        years, write = self.told.years, self.told.notation
        towns = [self.told.municipality(m) for m in self.band.best.problem.towns]
        years_of = self.band.best.problem.years
        middle = years_of[(len(years_of) - 1) // 2]
        head = ("plan", "above", "gap", "differs", "cost")
        rows = [
            [
                *(self.word(key) for key in head),
                self.word("beds", year=middle),
                self.word("beds", year=years["last"]),
                self.word("homes"),
                self.word("waiting", year=years["last"]),
                *towns,
            ]
        ]
        frame = self.frame()
        for number, row in enumerate(frame.to_dict("records")):
            apart, most = self.facts[number].get("distance"), self.facts[number].get("most")
            rows.append(
                [
                    str(row["plan"]),
                    write.percent(row["above_best"], 2),
                    write.percent(row["gap"], 2),
                    "" if apart is None else f"{apart}" + ("" if most is None else f" ({most})"),
                    write.millions(row["eur_per_year"]),
                    *(write.number(row[name]) for name in ("beds_middle", "beds_last", "new_homes")),
                    write.number(row["waiting_last"], 1),
                    *(write.number(row[f"places_{m}"]) for m in self.band.best.problem.towns),
                ]
            )
        yield from aligned(rows)
        yield self.word("note")

    def frame(self) -> pd.DataFrame:
        """Return a line per plan: proof, money, beds, homes, waiting and places by municipality."""
        return pd.DataFrame([self._line(number, plan) for number, plan in enumerate(self.plans)])

    def _line(self, number: int, plan: Plan) -> dict[str, object]:
        best, problem, facts = self.band.best.proof.objective, plan.problem, self.facts[number]
        middle, last = problem.years[(len(problem.years) - 1) // 2], problem.years[-1]
        intramural = list(problem.tiers.index[problem.tiers["intramural"]])
        beds = plan.data["places"].sel(tier=intramural).sum(["site", "tier"])
        asked = [count for count in counts(plan) if count.kind == "municipality" and count.year == last]
        return {
            "plan": f"plan-{number + 1}",
            "objective": plan.proof.objective,
            "bound": plan.proof.bound,
            "gap": plan.proof.gap,
            "above_best": (plan.proof.objective - best) / abs(best),
            "distance": facts.get("distance"),
            "proven_most_distance": facts.get("most"),
            "eur_per_year": float(figures.cost_by_part(plan).sum().mean()),
            "beds_middle": float(beds.sel(year=middle)),
            "beds_last": float(beds.sel(year=last)),
            "new_homes": float(plan.data["new_homes"].sum()),
            "waiting_last": float(plan.data["waiting"].sel(year=last).sum()),
            **{f"places_{count.code}": counted(plan, count) for count in asked},
        }

    def _sites(self) -> Iterator[str]:
        yield self.word("sites", year=self.told.years["last"], within=self._within)
        for verdict, extents in self._by_verdict().items():
            starred = {e.count.code: e.is_proven and verdict != "depends" for e in extents}
            # one plan alone tells nothing of what others have in common, unless it is proven
            told = [code for code, star in starred.items() if star or len(self.plans) > 1]
            named = [self._site_name(code) + "*" * starred[code] for code in told]
            yield f"  {self.word(verdict)} ({len(named)}): {', '.join(named) or self.word('none')}"

    def _by_verdict(self) -> dict[str, list[Ranges]]:
        of_sites = [extent for extent in self.extents if extent.count.kind == "site"]
        verdicts = ("always", "depends", "never")
        return {verdict: [e for e in of_sites if _verdict(e) == verdict] for verdict in verdicts}

    def _site_name(self, code: str) -> str:
        return str(self.told.region.sites.at[code, "name"])

    def _room(self) -> Iterator[str]:
        last = self.told.years["last"]
        yield self.word("room", year=last)
        rows = [["", self.word("found"), self.word("proven")]]
        for extent in self.extents:
            if extent.count.kind != "site" and extent.count.year == last:
                ends = ["–" if end is None else str(end) for end in (extent.least, extent.most)]
                inner = f"{extent.found_least}–{extent.found_most}"
                rows.append([self._name(extent), inner, " – ".join(ends) if ends != ["–", "–"] else "–"])
        yield from aligned(rows)

    def _name(self, extent: Ranges) -> str:
        kind, code = extent.count.kind, extent.count.code
        if kind == "site":
            return self._site_name(code)
        return self.told.municipality(code) if kind == "municipality" else self.told.tier(code)

    def room(self) -> pd.DataFrame:
        """Return a line per count: the ends that were found, and those that are proven (empty: not asked)."""
        lines = [
            {
                "kind": e.count.kind,
                "code": e.count.code,
                "name": self._name(e),
                "year": e.count.year,
                "unit": "tiers" if e.count.kind == "site" else "places",
                "found_least": e.found_least,
                "found_most": e.found_most,
                "proven_least": e.least,
                "proven_most": e.most,
            }
            for e in self.extents
        ]
        return pd.DataFrame(lines).astype({"proven_least": "Int64", "proven_most": "Int64"})

    def sites(self) -> pd.DataFrame:
        """Return a line per site: always, depends or never in the last year, and whether that is proven."""
        return pd.DataFrame(
            [
                {
                    "site": e.count.code,
                    "name": self._site_name(e.count.code),
                    "verdict": _verdict(e),
                    "holds_for": "all plans of the band" if e.is_proven else "the plans found",
                    **{f"plan-{n}": counted(plan, e.count) for n, plan in enumerate(self.plans, start=1)},
                }
                for e in self.extents
                if e.count.kind == "site"
            ]
        )

    def record(self) -> dict[str, Any]:
        """Return all of it for a program."""
        return {
            "within": self.band.within,
            "most": self.band.most,
            "plans": records(self.frame()),
            "sites": records(self.sites()),
            "room": records(self.room()),
        }


def question(region: Region, asked: AlternativesOptions) -> dict[str, Any]:
    """Return what a folder must have been asked for to go on with it; more plans may be asked later."""
    return {"alternatives of": region.digest, "within": asked.within, "seed": asked.seed}


def gather(
    problem: Problem,
    kept: Collection,
    asked: AlternativesOptions,
    progress: Report = lambda _: None,
    stop: Event | None = None,
) -> OtherPlans:
    """Make the plans that a collection lacks, and write what all of them tell.

    Once `stop` is set, what is finished is told. Raises as `optimiser.solve` does, where there is no plan.
    """
    told = OtherPlans(near_optimal_set(problem, kept, asked, progress, stop), kept.lang)
    kept.text("alternatives.txt", told.text() + "\n")
    for name, frame in (("plans", told.frame()), ("sites", told.sites()), ("room", told.room())):
        kept.text(f"{name}.csv", guarded(frame).to_csv(index=False, lineterminator="\n"))
    return told


def _verdict(extent: Ranges) -> str:
    return "always" if extent.is_always else "never" if extent.is_never else "depends"
