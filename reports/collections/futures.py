"""One start for many futures as it is told: what is committed, what it costs, and what every future does."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from geodata.tables import guarded
from models.demand.scenario_draws import draws
from models.drawing import AreaMap, Graph, dots
from models.result import Result
from optimiser.tradeoffs.two_stage import as_table, no_regret
from optimiser.tradeoffs.two_stage_set import two_stage_set
from reports.answers.plan_brief import aligned
from reports.text.notation import Language, Notation
from reports.text.records import records
from reports.text.words import Words

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from threading import Event

    from models.region.region import Region
    from optimiser.solver.executors import Work
    from optimiser.solver.limits import Report
    from optimiser.tradeoffs.two_stage_set import Reader, TwoStageOptions, TwoStageSet
    from reports.folder.collection import Collection

FIGURES = ("expected", "tail", "bound", "stochastic", "perfect")
"""What is told of a first stage as a whole."""


@dataclass(frozen=True, repr=False)
class Futures(Result):
    """A shared first stage and what every future comes to with it, told in one language."""

    found: TwoStageSet
    lang: Language = "nl"

    @property
    def is_possible(self) -> bool:
        """Whether the start has a plan in every future."""
        return self.found.is_possible

    def summary(self) -> str:
        """Return figures, regret per future and the moves without regret."""
        return self.text()

    def _frames(self) -> Mapping[str, Callable[[], pd.DataFrame]]:
        return {
            "regret": self.frame,
            "no_regret": self.moves,
            "start": lambda: as_table(self.found.start),
            "figures": lambda: pd.DataFrame(
                {"figure": {name: getattr(self.found, name) for name in FIGURES}}
            ),
        }

    def _graphs(self) -> Mapping[str, Callable[[], Graph]]:
        return {"objective": self._objectives, "regret": self._regret_graph}

    def _objectives(self) -> Graph:
        known = self.frame().set_index("draw")[["own", "start", "mean_start"]]
        return Graph(known, "Objective per future", "discounted EUR and points", "bar")

    def _regret_graph(self) -> Graph:
        known = self.frame().set_index("draw")[["regret", "mean_regret"]]
        return Graph(known, "Regret per future", "discounted EUR and points", "bar")

    def _area_map(self) -> AreaMap:
        region, moves = self.found.region, self.moves()
        size = moves.assign(size=moves["least_change"].abs()).groupby("site")["size"].sum()
        title = "Sites that change in every future (dots)"
        areas = region.neighbourhoods
        return AreaMap(areas, areas["inhabitants"], title, dots(region.sites, size))

    def frame(self) -> pd.DataFrame:
        """Return a line per future: objectives, bound, and the regret of either start."""
        found, lines = self.found, []
        for n, (own, chosen, mean) in enumerate(zip(found.own, found.chosen, found.mean, strict=True)):
            least = found.least[n]
            lines.append(
                {
                    "draw": n + 1,
                    "own": own.objective,
                    "own_bound": own.bound,
                    "start": chosen.objective,
                    "regret": chosen.objective - least,
                    "mean_start": mean.objective,
                    "mean_regret": mean.objective - least,
                    "eur_per_year": chosen.eur,
                }
            )
        return pd.DataFrame(lines)

    def moves(self) -> pd.DataFrame:
        """Return what every future's own plan has done by the last committed year."""
        return no_regret(self.found.problem, [outcome.start for outcome in self.found.own], self._until)

    @property
    def _until(self) -> int:
        return self.found.problem.years[min(self.found.options.commit, len(self.found.problem.years)) - 1]

    def word(self, key: str, **values: object) -> str:
        """Return a word in the language."""
        return Words(self.lang, "futures")(key, **values)

    def text(self) -> str:
        """Return figures, regret per future and the moves without regret."""
        head = self.word("head", count=len(self.found.own), seed=self.found.options.seed, year=self._until)
        if not self.is_possible:
            return "\n".join([head, self.word("impossible"), "", *self._moves()])
        return "\n".join([head, "", *self._figures(), "", *self._regrets(), "", *self._moves()])

    def _figures(self) -> Iterator[str]:
        write = Notation(self.lang)
        unclear = self.word("within", gap=write.number(self.found.gap))
        differences = {key: getattr(self.found, key) for key in ("stochastic", "perfect")}
        rows = [
            [self.word("expected"), write.number(self.found.expected)],
            [self.word("tail"), write.number(self.found.tail)],
            [self.word("cannot"), write.number(self.found.bound)],
            *(
                [self.word(key), write.number(saved) + ("" if saved > self.found.gap else f", {unclear}")]
                for key, saved in differences.items()
            ),
            [self.word("eur"), write.millions(float(np.mean([o.eur for o in self.found.chosen])))],
        ]
        yield from aligned(rows)
        if self.found.compared is not None:
            yield self.word("best_of_some", count=self.found.compared)

    def _regrets(self) -> Iterator[str]:
        write = Notation(self.lang)
        head = [self.word(key) for key in ("future", "own", "start", "regret", "mean", "regret")]
        names = ("own", "start", "regret", "mean_start", "mean_regret")
        rows = [
            [str(line["draw"]), *(write.number(line[name]) for name in names)]
            for line in self.frame().to_dict("records")
        ]
        yield from aligned([head, *rows])

    def _moves(self) -> Iterator[str]:
        yield self.word("moves", year=self._until)
        names, tiers, write = (
            self.found.region.sites["name"],
            self.found.region.parameters.tiers,
            Notation(self.lang),
        )
        lines = self.moves().to_dict("records")
        for line in lines:
            tier = getattr(tiers[line["tier"]].name, self.lang)
            least = write.signed(line["least_change"])
            yield self.word("move", site=names[line["site"]], tier=tier, least=least, base=line["base"])
        if not lines:
            yield self.word("no_moves")

    def record(self) -> dict[str, Any]:
        """Return all of it for a program; what is not known is null."""
        figures = {name: getattr(self.found, name) for name in FIGURES}
        return {
            **{name: value if np.isfinite(value) else None for name, value in figures.items()},
            "futures": records(self.frame()),
            "no_regret": records(self.moves()),
            "start": records(as_table(self.found.start)),
        }


def question(region: Region, asked: TwoStageOptions) -> dict[str, Any]:
    """Return what a folder must have been asked for to go on with it."""
    return {
        "futures of": region.digest,
        "draws": asked.draws,
        "commit": asked.commit,
        "gap": asked.gap,
        "seed": asked.seed,
    }


def gather(
    read: Reader,
    kept: Collection,
    asked: TwoStageOptions,
    work: Work,
    progress: Report = lambda _: None,
    stop: Event | None = None,
) -> Futures | None:
    """Plan what a collection lacks, and write what the futures tell.

    Returns None where `stop` was set before the end; the next time it goes on from there. Raises NoPlanYet
    where no future had a plan.
    """
    table = draws(read({}).assumptions, asked.draws, asked.seed)
    kept.begin()
    kept.text("draws.csv", guarded(table).to_csv(lineterminator="\n"))
    found = two_stage_set(read, kept, asked, work, progress, stop)
    if found is None:
        return None
    told = Futures(found, kept.lang)
    kept.text("futures.txt", told.text() + "\n")
    for name, frame in (
        ("regret", told.frame()),
        ("no_regret", told.moves()),
        ("start", as_table(found.start)),
    ):
        kept.text(f"{name}.csv", guarded(frame).to_csv(index=False, lineterminator="\n"))
    return told
