"""Location solutions as text and as a record."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import pandas as pd

from models.drawing import AreaMap, Graph, dots
from models.region.region import Region
from models.result import Result
from optimiser.location.locate import Location
from optimiser.location.region_instance import places
from reports.text.columns import columns_of_text
from reports.text.notation import Language, Notation
from reports.text.words import Words


@dataclass(frozen=True, repr=False)
class Located(Result):
    """An answer of `locate` to be told in one language; `tier` is the form that was asked for, if any."""

    answer: Location
    region: Region
    tier: str | None
    lang: Language

    def summary(self) -> str:
        """Return what was asked, each site with its people and minutes, and the proof."""
        return self.text()

    def _frames(self) -> Mapping[str, Callable[[], pd.DataFrame]]:
        return {
            "sites": lambda: sites(self.answer, self.region, self.tier),
            "assignment": self.answer.assignment.copy,
        }

    def _graphs(self) -> Mapping[str, Callable[[], Graph]]:
        return {"minutes": self._minutes_graph}

    def _minutes_graph(self) -> Graph:
        known = self.table("sites")[["mean_minutes", "worst_minutes"]]
        return Graph(known, "Minutes to the sites", "minutes", "bar")

    def _area_map(self) -> AreaMap:
        rows = self.answer.assignment
        minutes = (rows["minutes"] * rows["people"]).groupby(rows["origin"]).sum()
        people = rows.groupby("origin")["people"].sum()
        chosen = places(self.region, self.tier).loc[list(self.answer.sites)]
        at = dots(chosen, self.answer.per_site()["people"])
        return AreaMap(self.region.neighbourhoods, minutes / people, "Minutes to the chosen sites (dots)", at)

    def text(self) -> str:
        """Return what was asked, each site with its people and minutes, and the proof."""
        return "\n".join(
            [
                self._asked(),
                "",
                *columns_of_text(self._rows(), 3),
                "",
                self._served(),
                *self._near(),
                self._proof(),
            ]
        )

    def _said(self, key: str, **values: object) -> str:
        return Words(self.lang, "location")(key, **values)

    @cached_property
    def _write(self) -> Notation:
        return Notation(self.lang)

    def _asked(self) -> str:
        asked, radius = self.answer.problem, self._write.plain(self.answer.problem.radius)
        aim = self._said(f"aim_{asked.aim}", radius=radius)
        if asked.sites is None:
            aim = self._said("fewest", radius=radius)
        count = Words(self.lang, "location").counted("sites", len(self.answer.sites))
        return self._said("asked", sites=count, aim=aim, sure=self._said(self.answer.status))

    def _rows(self) -> Iterator[list[str]]:
        """Generate a row per site, with names above."""
        yield self._said("head").split("|")
        for code, row in sites(self.answer, self.region, self.tier).iterrows():
            numbers = (row[name] for name in ("people", "mean_minutes", "worst_minutes"))
            yield [str(code), row["name"], row["neighbourhood"], *(self._write.number(n, 1) for n in numbers)]

    def _served(self) -> str:
        answer, number = self.answer, self._write.number
        people, served = float(answer.problem.demand.sum()), float(answer.assignment["people"].sum())
        key = "served_some" if served < people - 1e-6 else "served"
        mean, worst = number(answer.mean_minutes, 1), number(answer.worst_minutes, 1)
        return self._said(key, people=number(people, 1), served=number(served, 1), mean=mean, worst=worst)

    def _near(self) -> Iterator[str]:
        norm = _norm(self.answer, self.region, self.tier)
        if norm is not None:
            share = self._write.percent(self.answer.share_within(norm))
            yield self._said("near", share=share, norm=self._write.plain(norm))

    def _proof(self) -> str:
        answer, plain = self.answer, self._write.plain
        aim = "fewest" if answer.problem.sites is None else answer.problem.aim
        return self._said(
            "proof", objective=plain(round(answer.objective, 1)), unit=self._said(f"unit_{aim}"),
            bound=plain(round(answer.bound, 1)), gap=self._write.percent(answer.gap, 2), solver=answer.solver,
            seconds=plain(round(answer.seconds, 1)),
        )  # fmt: skip


def record(answer: Location, region: Region, tier: str | None) -> dict[str, Any]:
    """Return the answer for a program; what has no value is None."""
    per_site = sites(answer, region, tier).reset_index()
    norm = _norm(answer, region, tier)
    return {
        "aim": answer.problem.aim,
        "status": answer.status,
        "objective": answer.objective,
        "bound": answer.bound,
        "gap": answer.gap,
        "unit": answer.unit,
        "seconds": answer.seconds,
        "solver": answer.solver,
        "people": float(answer.problem.demand.sum()),
        "served": float(answer.assignment["people"].sum()),
        "mean_minutes": answer.mean_minutes,
        "worst_minutes": answer.worst_minutes,
        "norm_minutes": norm,
        "within_norm": None if norm is None else answer.share_within(norm),
        "sites": per_site.astype(object).where(per_site.notna(), None).to_dict("records"),
        "assignment": answer.assignment.to_dict("records"),
    }


def sites(answer: Location, region: Region, tier: str | None) -> pd.DataFrame:
    """Return the chosen sites: name, neighbourhood by name, people, mean and worst minutes."""
    found = places(region, tier).loc[list(answer.sites), ["name", "neighbourhood"]]
    named = found["neighbourhood"].map(region.neighbourhoods["name"])
    return found.assign(neighbourhood=named).join(answer.per_site()).rename_axis("site")


def _norm(answer: Location, region: Region, tier: str | None) -> float | None:
    """Return the minutes that count as near: as asked, else the tier's norm, if any."""
    norm = None if tier is None else region.parameters.tiers[tier].norm.value
    return norm if answer.problem.radius is None else answer.problem.radius
