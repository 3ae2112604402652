"""Comparison of partitions of a region: cost of each, and who pays for splitting."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd

from models.drawing import AreaMap, Graph
from models.inputs.partition_file import Partition, present, thought_of
from models.parameters.parameters import Parameters
from models.parameters.quantity import Quantity
from models.region.region import Region
from models.result import Result
from optimiser.regions.cooperation import Cooperation
from optimiser.regions.districting import Best, Group, Partitioner, ScoredPartition
from reports.answers.plan_brief import aligned
from reports.text.notation import Language, Notation
from reports.text.words import Words


@dataclass(frozen=True, repr=False)
class PartitionComparison(Result):
    """Partitions of one region to be told beside each other; the first is all municipalities together."""

    known: Cooperation
    parameters: Parameters
    scored: tuple[ScoredPartition, ...]
    found: tuple[Best, ...]
    lang: Language
    areas: gpd.GeoDataFrame

    def summary(self) -> str:
        """Return the comparison as a terminal shows it."""
        return self.text()

    def _frames(self) -> Mapping[str, Callable[[], pd.DataFrame]]:
        return {
            "partitions": self._partition_table,
            "groups": self._group_table,
            "municipalities": self._town_table,
        }

    def _partition_table(self) -> pd.DataFrame:
        rows = [
            {"partition": one.partition.name, "groups": len(one.groups), "minutes": one.minutes,
             "eur": one.eur, "short": float(one.short.sum()), "elsewhere": one.cut, "total": one.total}
            for one in self.scored
        ]  # fmt: skip
        return pd.DataFrame(rows)

    def _group_table(self) -> pd.DataFrame:
        rows = [
            {"partition": one.partition.name, **self._group_record(group)}
            for one in self.scored
            for group in one.groups
        ]
        return pd.json_normalize(rows)

    def _town_table(self) -> pd.DataFrame:
        """Return the group of every municipality in each partition."""
        known = {
            one.partition.name: {town: n + 1 for n, group in enumerate(one.groups) for town in group.towns}
            for one in self.scored
        }
        return pd.DataFrame(known).rename_axis("municipality")

    def _graphs(self) -> Mapping[str, Callable[[], Graph]]:
        return {"cost": self._cost_graph}

    def _cost_graph(self) -> Graph:
        known = self._partition_table().set_index("partition")[["eur", "total"]]
        return Graph(known, "Cost of the partitions", "EUR a year, and points", "bar")

    def _area_map(self) -> AreaMap:
        """Return the partition of the least cost that has more than one group, in colours."""
        split = [one for one in self.scored if len(one.groups) > 1] or list(self.scored)
        best = min(split, key=lambda one: one.total)
        group = {town: f"group {n + 1}" for n, one in enumerate(best.groups) for town in one.towns}
        return AreaMap(self.areas, self.areas["municipality"].map(group), f"Partition: {best.partition.name}")

    def text(self) -> str:
        """Return the comparison as a terminal shows it."""
        blocks = [
            [
                self._said(
                    "title", region=self.parameters.region.name, towns=len(self.known.towns), base=self._base
                )
            ],
            [self._said("people", clients=self._write.number(float(self.known.clients.sum()), 1)), ""],
            [*aligned(self._rows()), ""],
            self._legend(),
            [self._proof(best) for best in self.found],
            self._lowest(),
            *[[*aligned(self._groups(number)), ""] for number in range(1, len(self.scored))],
            [self._said("who"), *aligned(self._who()), ""],
            [self._said("small_groups", threshold=self._threshold), ""] if self._has_small_numbers() else [],
            [self._said("assumed"), *self._assumptions()],
        ]
        return "\n".join(line for block in blocks for line in block)

    def record(self) -> dict[str, Any]:
        """Return the comparison for a program: people in fractions, euros of the base year."""
        return {
            "region": self.parameters.region.name,
            "base": self._base,
            "flows_are_estimated": self.known.flows_are_estimated,
            "assumptions": [{"key": name, **number.model_dump()} for name, number in _weights(self.known)],
            "partitions": [self._record(one) for one in self.scored],
            "proofs": [
                {
                    "partition": best.scored.partition.name,
                    "sets": best.sets,
                    "bound": best.bound,
                    "gap": best.gap,
                    "seconds": round(best.seconds, 3),
                }
                for best in self.found
            ],
        }

    @property
    def _threshold(self) -> int:
        """Numbers of people under this are not published."""
        return int(self.parameters.privacy.threshold)

    def _has_small_numbers(self) -> bool:
        """Tell whether a number of people under the threshold is told."""
        groups = [group for one in self.scored for group in one.groups]
        return any(float(number) < self._threshold for group in groups for number in group.clients)

    def _legend(self) -> list[str]:
        estimated = self._said("estimated") if self.known.flows_are_estimated else ""
        keys = ("minutes", "more", "small", "elsewhere", "score", "price", "price_more", "price_most")
        return [*(self._said(key, estimated=estimated, base=self._base) for key in keys), ""]

    @property
    def _write(self) -> Notation:
        return Notation(self.lang)

    @property
    def _base(self) -> int:
        return self.parameters.years.base

    def _said(self, key: str, **values: object) -> str:
        return Words(self.lang, "cooperation")(key, **values)

    def _heads(self, key: str) -> list[str]:
        """Return the names of columns, which stand in one text with bars between them."""
        return self._said(key).split("|")

    def _name(self, one: ScoredPartition) -> str:
        """Return what a partition is called, our own names in the language."""
        name, _, count = one.partition.name.partition(" of ")
        told = {"pooled": "pooled", "municipalities.csv": "present", "best": "best", "--given": "given"}
        said = self._said(told[name], count=count) if name in told else name.replace("_", " ").capitalize()
        return said if one.is_contiguous else f"{said} ({self._said('apart')})"

    def _rows(self) -> list[Sequence[str]]:
        write, pooled = self._write, self.scored[0]
        rows: list[Sequence[str]] = [self._heads("head")]
        for letter, one in zip(_LETTERS, self.scored, strict=False):
            rows.append(
                (
                    letter,
                    self._name(one),
                    write.number(len(one.groups)),
                    write.number(one.minutes, 1),
                    write.number(one.eur),
                    write.signed(one.eur - pooled.eur),
                    write.number(float(one.short.sum()), 1),
                    write.number(one.cut, 1),
                    write.number(one.total),
                )
            )
        return rows

    def _proof(self, best: Best) -> str:
        write = self._write
        letter = _LETTERS[self.scored.index(best.scored)]
        return self._said(
            "proof", letter=letter, sets=write.number(best.sets), gap=write.percent(best.gap, 2),
            seconds=write.number(best.seconds, 1),
        )  # fmt: skip

    def _lowest(self) -> list[str]:
        write = self._write
        order = sorted(range(len(self.scored)), key=lambda n: self.scored[n].total)
        lowest = self.scored[order[0]]
        others = [
            self._said(
                "against",
                letter=_LETTERS[n],
                points=write.number(one.total - lowest.total),
                minutes=write.signed(one.minutes - lowest.minutes, 1),
                eur=write.signed(one.eur - lowest.eur),
                short=write.signed(float(one.short.sum() - lowest.short.sum()), 1),
            )
            for n in order[1:]
            for one in [self.scored[n]]
        ]
        return [self._said("lowest", letter=_LETTERS[order[0]]), *(f"  {other}" for other in others), ""]

    def _groups(self, number: int) -> list[Sequence[str]]:
        one, write = self.scored[number], self._write
        rows: list[Sequence[str]] = [(_LETTERS[number], *self._heads("group_head"))]
        for place, group in enumerate(one.groups):
            towns = ", ".join(self._town(town) for town in group.towns)
            named = one.partition.names
            clients = float(group.clients.sum())
            rows.append(
                (
                    "",
                    f"{named[place]}: {towns}" if named else towns,
                    write.number(clients, 1),
                    write.number(float(group.client_minutes.sum()) / clients if clients else 0.0, 1),
                    write.number(float(group.eur.sum())),
                    self._short(group),
                )
            )
        return rows

    def _short(self, group: Group) -> str:
        """Return which forms are too small in a group, and by how many places."""
        names = [self.parameters.tiers[tier.tier].name for tier in self.known.tiers]
        told = [
            f"{getattr(name, self.lang)} {self._write.number(float(short), 1)}"
            for name, short in zip(names, group.short, strict=True)
            if short > 0
        ]
        return ", ".join(told) or "0"

    def _town(self, code: str) -> str:
        return self.known.names[self.known.position[code]]

    def _who(self) -> list[Sequence[str]]:
        """Return a row per municipality: what each partition changes against all together."""
        write, pooled = self._write, _by_town(self.known, self.scored[0])
        others = [_by_town(self.known, one) - pooled for one in self.scored[1:]]
        heads = [f"{letter} {unit}" for letter in _LETTERS[1 : len(self.scored)] for unit in ("min", "EUR")]
        rows: list[Sequence[str]] = [(self._said("town"), *heads)]
        people = self.known.clients.sum(axis=1)
        sums = [other.sum(axis=0) for other in others]
        for n, name in [*enumerate(self.known.names), (-1, self._said("together"))]:
            asked = float(people[n] if n >= 0 else people.sum())
            cells = [other[n] if n >= 0 else total for other, total in zip(others, sums, strict=True)]
            rows.append(
                (
                    name,
                    *(
                        text
                        for minutes, eur in cells
                        for text in (write.signed(minutes / asked if asked else 0.0, 1), write.signed(eur))
                    ),
                )
            )
        return rows

    def _assumptions(self) -> list[str]:
        """Return the weights, each with its source or as the assumption that it is."""
        return [
            f"  {name} = {self._write.plain(number.value)} {number.unit} "
            f"({number.source or self._said('assumption')}{': ' + number.note if number.note else ''})"
            for name, number in _weights(self.known)
        ]

    def _record(self, one: ScoredPartition) -> dict[str, Any]:
        towns = _by_town(self.known, one)
        return {
            "name": one.partition.name,
            "contiguous": one.is_contiguous,
            "points": one.points,
            "total": one.total,
            "eur": one.eur,
            "minutes": one.minutes,
            "elsewhere": one.cut,
            "groups": [self._group_record(group) for group in one.groups],
            "municipalities": [
                {"code": code, "name": name, "client_minutes": float(minutes), "eur": float(eur)}
                for code, name, (minutes, eur) in zip(self.known.towns, self.known.names, towns, strict=True)
            ],
        }

    def _group_record(self, group: Group) -> dict[str, Any]:
        tiers = [tier.tier for tier in self.known.tiers]
        return {
            "municipalities": list(group.towns),
            "clients": dict(zip(tiers, map(float, group.clients), strict=True)),
            "too_small": dict(zip(tiers, map(float, group.short), strict=True)),
            "eur": float(group.eur.sum()),
            "client_minutes": float(group.client_minutes.sum()),
            "no_room": group.elsewhere,
            "elsewhere": group.cut,
        }


def compared(
    region: Region, known: Cooperation, counts: Sequence[int], given: Sequence[Partition], lang: Language
) -> PartitionComparison:
    """Score all together, the regions as they are, what is thought of or given, and the best of each number.

    Raises
    ------
    InputError
        When a number of groups cannot be, or a file of the region's `partitions` has faults.
    """
    search = Partitioner(known)
    wanted = [Partition("pooled", (known.towns,)), present(region), *thought_of(region), *given]
    if len(wanted[1].groups) == 1:
        del wanted[1]
    found = tuple(search.best(count) for count in counts)
    scored = (*(search.score(one) for one in wanted), *(best.scored for best in found))
    return PartitionComparison(known, region.parameters, scored, found, lang, region.neighbourhoods)


_LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"


def _weights(known: Cooperation) -> list[tuple[str, Quantity]]:
    return [(one.name, getattr(known.weighing, one.name)) for one in fields(known.weighing)]


def _by_town(known: Cooperation, one: ScoredPartition) -> np.ndarray:
    """Return (municipality): client-minutes and EUR a year."""
    found = np.zeros((len(known.towns), 2))
    for group in one.groups:
        for town, minutes, eur in zip(group.towns, group.client_minutes, group.eur.sum(axis=1), strict=True):
            found[known.position[town]] = minutes, eur
    return found
