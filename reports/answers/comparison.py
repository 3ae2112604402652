"""Plans side by side: what went in, what came out, who gains and who loses, and whether it is real."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import cached_property, partial
from typing import TYPE_CHECKING, Any

import pandas as pd

from geodata.faults import Fault, InputError
from models.drawing import AreaMap, Graph
from models.region.differences import Difference, file_differences, key_differences
from models.result import Result
from optimiser.compare.comparison import COUNTS, Distance, better_and_worse, common_years
from reports.answers.plan_brief import aligned
from reports.figures import figures
from reports.figures.contents import Contents
from reports.text.words import Words

if TYPE_CHECKING:
    from optimiser.plan import Plan
    from reports.text.notation import Language

SHOWN = 0.05
"""Client-years from which a number of people is told; below it, it would be written as 0.0."""


@dataclass(frozen=True, repr=False)
class PlanComparison(Result):
    """Plans of one region, each compared with the first."""

    plans: tuple[Plan, ...]
    lang: Language

    def summary(self) -> str:
        """Return the plans side by side."""
        return "\n".join(self.lines())

    def _frames(self) -> Mapping[str, Callable[[], pd.DataFrame]]:
        return {"measures": self._measures, "payers": self._payer_table, "sites": self._site_table,
                "people": self._people_table, "inputs": self._input_table}  # fmt: skip

    def _measures(self) -> pd.DataFrame:
        return pd.DataFrame({self._name(n): _measured(plan) for n, plan in enumerate(self.plans)})

    def _payer_table(self) -> pd.DataFrame:
        return pd.DataFrame({self._name(n): _paid(plan) for n, plan in enumerate(self.plans)}).fillna(0.0)

    def _site_table(self) -> pd.DataFrame:
        rows = [
            {"plan": n, **_site_record(*row)}
            for n, other in enumerate(self.plans[1:], start=2)
            for row in site_differences(self.plans[0], other)
        ]
        return pd.json_normalize(rows)

    def _people_table(self) -> pd.DataFrame:
        numbered = dict(enumerate(self.people, start=2))
        return pd.concat(numbered, names=["plan"]) if numbered else pd.DataFrame()

    def _input_table(self) -> pd.DataFrame:
        rows = [{"plan": n, **asdict(one)} for n, keys in enumerate(self.keys, start=2) for one in keys]
        return pd.DataFrame(rows)

    def _graphs(self) -> Mapping[str, Callable[[], Graph]]:
        return {"places": partial(self._graph, "places"), "homes": partial(self._graph, "homes")}

    def _graph(self, name: str) -> Graph:
        known = {}
        for n, plan in enumerate(self.plans):
            array = plan.data[name]
            known[self._name(n)] = array.sum([dim for dim in array.dims if dim != "year"]).to_series()
        return Graph(pd.DataFrame(known), f"{name.capitalize()} of the plans", name)

    def _area_map(self) -> AreaMap:
        year = common_years(self.plans[0], self.plans[-1])[-1]
        one, other = (
            plan.data["homes"].sel(year=year).sum("tier").to_series()
            for plan in (self.plans[0], self.plans[-1])
        )
        title = f"Homes in {year}: the last plan less the first"
        return AreaMap(self.plans[0].problem.region.neighbourhoods, other - one, title)

    @classmethod
    def of(cls, plans: Sequence[Plan], lang: Language) -> PlanComparison:
        """Return the comparison; raises InputError where plans share no year or other neighbourhoods."""
        for number, plan in enumerate(plans[1:], start=2):
            _check_alike(plans[0], plan, number)
        return cls(tuple(plans), lang)

    @cached_property
    def keys(self) -> tuple[tuple[Difference, ...], ...]:
        """Per other plan the keys of `region.toml` that differ from the first."""
        parameters = [figures.region_of(plan).parameters for plan in self.plans]
        return tuple(key_differences(parameters[0], other) for other in parameters[1:])

    @cached_property
    def files(self) -> tuple[tuple[str, ...], ...]:
        """Per other plan the files that differ from the first."""
        regions = [figures.region_of(plan) for plan in self.plans]
        return tuple(file_differences(regions[0], other) for other in regions[1:])

    @cached_property
    def distances(self) -> tuple[Distance, ...]:
        """Per other plan how far its objective lies from the first."""
        return tuple(Distance.between(self.plans[0], plan) for plan in self.plans[1:])

    @cached_property
    def people(self) -> tuple[pd.DataFrame, ...]:
        """Per other plan who is better and worse off than in the first."""
        return tuple(better_and_worse(self.plans[0], plan) for plan in self.plans[1:])

    def lines(self) -> Iterator[str]:
        """Generate what a terminal shows."""
        yield from aligned([(self._name(n), _status(told)) for n, told in enumerate(self._told)])
        yield from ["", self._say("inputs"), *self._inputs()]
        yield from ["", self._say("results"), *aligned(self._results())]
        yield from ["", self._say("paid"), *aligned(self._payers())]
        sites = list(self._sites())
        yield from ["", self._say("sites"), *(aligned(sites) if sites[1:] else ["  " + self._say("same")])]
        for n in range(1, len(self.plans)):
            yield from ["", self._say("people", name=self._name(n)), *self._gains(n)]
        yield from ["  " + self._say("how"), "", self._say("real"), *self._verdicts()]

    def record(self) -> dict[str, Any]:
        """Return the same for a program; people and euros are not rounded."""
        first, *others = self.plans
        return {
            "measures": [
                {"objective": p.proof.objective, "gap": p.proof.gap_eur, **results(p)} for p in self.plans
            ],
            "euros_by_payer": [_paid(plan).to_dict() for plan in self.plans],
            "compared": [
                {
                    "keys": [asdict(one) for one in self.keys[n]],
                    "files": list(self.files[n]),
                    "sites": [_site_record(*row) for row in site_differences(first, other)],
                    "people": self.people[n].reset_index().to_dict("records"),
                    "objective": self.distances[n].objective,
                    "gaps_together": self.distances[n].margin,
                    "distinguishable": self.distances[n].is_distinguishable,
                }
                for n, other in enumerate(others)
            ],
        }

    @cached_property
    def _told(self) -> list[Contents]:
        return [Contents(plan, (), (), self.lang) for plan in self.plans]

    def _say(self, key: str, **values: object) -> str:
        return Words(self.lang, "comparison")(key, **{**self._told[0].years, **values})

    def _words(self, key: str) -> str:
        return self._told[0].words(key, **self._told[0].years)

    def _name(self, n: int) -> str:
        return self._say("plan", number=n + 1)

    def _inputs(self) -> Iterator[str]:
        for n, (keys, files) in enumerate(zip(self.keys, self.files, strict=True), start=1):
            changed = [f"{one.key}: {_value(one.old)} → {_value(one.new)}" for one in keys]
            changed += [f"{file}: {self._say('file')}" for file in files]
            for line in changed or [self._say("same")]:
                yield f"  {self._name(n)}  {line}"

    def _results(self) -> Iterator[tuple[str, ...]]:
        """Generate a row per measure, in the words in which a plan is compared with doing nothing."""
        write, found = self._told[0].notation, [results(plan) for plan in self.plans]
        yield "", *map(self._name, range(len(self.plans)))
        for name in found[0]:
            label = (
                self._say(name)
                if name in Words(self.lang, "comparison")
                else self._told[0].words(f"compare_{name}", **self._told[0].years)
            )
            numbers = [one[name] for one in found]
            euros = figures.MEASURES.get(name) == "EUR"
            yield label, *(write.euros(n) if euros else write.number(n, 1) for n in numbers)

    def _payers(self) -> Iterator[tuple[str, ...]]:
        table = pd.DataFrame({n: _paid(plan) for n, plan in enumerate(self.plans)}).fillna(0.0)
        yield "", *map(self._name, range(len(self.plans)))
        for payer, row in table.iterrows():
            yield self._told[0].municipality(str(payer)), *map(self._told[0].notation.euros, row)

    def _sites(self) -> Iterator[tuple[str, ...]]:
        """Generate a row per site that another plan treats otherwise."""
        words, names = self._told[0].words, self._told[0].region.sites["name"]
        lives = [site_lives(plan) for plan in self.plans]
        yield "", *map(self._name, range(len(self.plans)))
        for site in lives[0]:
            if len({life.get(site) for life in lives}) > 1:
                cells = [_life(life.get(site), words) for life in lives]
                yield f"{names.get(site, site)} ({site})", *cells

    def _gains(self, n: int) -> Iterator[str]:
        """Generate who gains and who loses: everybody first, then each; who loses is never left out."""
        people, number = self.people[n - 1], self._told[0].notation.number
        if (people <= SHOWN).all(axis=None):
            yield "  " + self._say("nobody")
            return
        whole = people.groupby(level="about", sort=False).sum()
        shown = people[(people > SHOWN).any(axis=1)]
        head = tuple(self._say(count, name=self._name(n)) for count in COUNTS)
        rows = [("", *head)]
        for about, row in whole.iterrows():
            name = f"{self._say(f'about_{about}')}, {self._say('everybody')}"
            rows.append((name, *(number(count, 1) for count in row)))
            for at, below in shown[shown.index.get_level_values("about") == about].iterrows():
                rows.append((f"  {self._whose(at)}", *(number(count, 1) for count in below)))
        yield from aligned(rows)

    def _whose(self, at: Any) -> str:
        told, (_, municipality, profile) = self._told[0], at
        return ", ".join([told.municipality(municipality), *([told.profile(profile)] if profile else [])])

    def _verdicts(self) -> Iterator[str]:
        write = self._told[0].notation
        costs = [figures.measures(plan)["cost"] for plan in self.plans]
        if any(self.keys):
            yield "  " + self._say("own_measure")
        for n, distance in enumerate(self.distances, start=1):
            real = distance.is_distinguishable
            yield "  " + self._say(
                "distinguishable" if real else "indistinguishable",
                name=self._name(n),
                distance=write.signed(distance.objective),
                margin=write.number(distance.margin),
            )
            eur = costs[n] - costs[0]
            if abs(eur) <= distance.margin:
                yield "  " + self._say("eur_too_small", eur=write.signed(eur))
            if not real:
                yield "  " + self._say("solve_on")


type Life = tuple[str, int | None, float]
"""What a site comes to: its event, the year of it, and its places in the last year."""


def site_lives(plan: Plan) -> dict[str, Life]:
    """Return per site what has become of it in the last year, and since when that is so."""
    places, lives = figures.site_totals(plan).iloc[:, -1].to_dict(), {}
    for site, row in figures.site_events(plan).iterrows():
        years, known = figures.all_years(plan), [str(event) for event in row]
        since = years[next(n for n in range(len(known)) if set(known[n:]) == {known[-1]})]
        dated = known[-1] not in ("stays", "unused")
        lives[str(site)] = (known[-1], since if dated else None, float(places[site]))
    return lives


def site_differences(first: Plan, second: Plan) -> list[tuple[str, Life | None, Life | None]]:
    """Return the sites with another end, another year of it, or other places in the last year."""
    one, other = site_lives(first), site_lives(second)
    return [(s, one.get(s), other.get(s)) for s in {**one, **other} if one.get(s) != other.get(s)]


def results(plan: Plan) -> dict[str, float]:
    """Return the figures that are shown of a plan: those of a report, with beds and new homes."""
    found = figures.measures(plan)
    return {"beds": figures.beds(plan), "homes": float(plan.data["new_homes"].sum()), **found}


def _measured(plan: Plan) -> dict[str, float]:
    return {"objective": plan.proof.objective, "gap": plan.proof.gap_eur, **results(plan)}


def _check_alike(first: Plan, other: Plan, number: int) -> None:
    where = f"plan {number}"
    if set(first.problem.areas) != set(other.problem.areas):
        remedy = "Compare plans of one region."
        raise InputError([Fault(where, "other neighbourhoods", "those of plan 1", remedy)])
    if not common_years(first, other):
        raise InputError(
            [Fault(where, "other years", "a year that plan 1 plans too", "Plan the same years.")]
        )


def _paid(plan: Plan) -> pd.Series:
    lines = figures.cost_lines(plan)
    return lines.groupby(level="payer", sort=False).sum().sum(axis=1)


def _status(told: Contents) -> str:
    return f"{told.title}. {told.status}"


def _life(life: Life | None, words: Words) -> str:
    if life is None:
        return "–"
    event, year, places = life
    dated = f"{words(f'event_{event}')} {year}" if year else words(f"event_{event}")
    return f"{dated} ({places:.0f})"


def _site_record(site: str, first: Life | None, second: Life | None) -> dict[str, Any]:
    names = ("event", "year", "places")
    told = [None if life is None else dict(zip(names, life, strict=True)) for life in (first, second)]
    return {"site": site, "first": told[0], "second": told[1]}


def _value(value: object) -> str:
    if isinstance(value, Mapping):
        return ", ".join(f"{key} = {_value(inner)}" for key, inner in value.items())
    return "–" if value is None else f"{value:.10g}" if isinstance(value, float) else str(value)
