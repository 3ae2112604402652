"""What is decided: PuLP's variables, each family a mapping from label to variable."""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, fields
from itertools import product

from pulp import LpProblem, LpVariable

from optimiser.problem import Problem

type Label = tuple[str | int, ...]
type Family = dict[Label, LpVariable]


@dataclass(frozen=True)
class Decisions:
    """The variables of a plan by label, the year last; symbols as in the design.

    Attributes
    ----------
    clients, entered, left
        (neighbourhood of origin, profile, tier, year) clients.
    waiting
        (neighbourhood, profile, year) clients.
    housed
        (origin, location, tier, year) clients; reachable pairs only.
    places, added, removed
        (site, tier, year) whole places.
    converted
        (site, tier, to_tier, year) whole places.
    operating
        (site, tier, year) 0 or 1.
    homes
        (neighbourhood, tier, year) homes in use.
    new_homes
        (corporation, neighbourhood, year) whole homes handed over.
    kept_homes
        (neighbourhood, year) homes that stay with people who have recovered.
    excess
        (neighbourhood, year) weighted places over the norm of that year.
    short_reduction
        (year) places by which the reduction path is missed.
    beyond_norm
        (municipality, year) clients too many beyond the travel norm.
    unfair
        (municipality, year) places outside the band around the fair share.
    waiting_growth
        (municipality, year) clients waiting above the base.
    """

    clients: Family
    entered: Family
    left: Family
    waiting: Family
    housed: Family
    places: Family
    added: Family
    removed: Family
    converted: Family
    operating: Family
    homes: Family
    new_homes: Family
    kept_homes: Family
    excess: Family
    short_reduction: Family
    beyond_norm: Family
    unfair: Family
    waiting_growth: Family

    def all(self) -> list[LpVariable]:
        """Return every variable, in the order in which it was made."""
        made = [v for f in fields(self) for v in getattr(self, f.name).values()]
        return sorted(made, key=lambda variable: variable.id)


def lp_name(*label: object) -> str:
    """Return a name that every LP format takes; it is never parsed back."""
    return re.sub(r"\W", "_", "_".join(str(part) for part in label), flags=re.ASCII)


def decide(problem: Problem, program: LpProblem) -> Decisions:
    """Make the variables of a problem in PuLP's program."""
    years, areas = problem.years, tuple(problem.neighbourhoods.index)
    policies, municipalities = problem.policies, tuple(problem.municipalities.index)

    def family(
        name: str, labels: Iterable[Label], cat: str = "Continuous", most: Callable[[Label], float | None] = _no_limit
    ) -> Family:
        return {label: program.add_variable(lp_name(name, *label), 0, most(label), cat=cat) for label in labels}

    def each_year(labels: Iterable[Label]) -> list[Label]:
        return [(*label, year) for label in labels for year in years]

    def where(mode: str, labels: list[Label]) -> list[Label]:
        return labels if mode == "soft" else []

    site_tiers = [(str(s), str(k)) for s, k in problem.site_tiers.index]
    limits = problem.site_tiers["most"].to_dict()
    opens = problem.site_tiers["first_year"].to_dict()
    lived = [(i, p, k) for i, (p, k) in product(areas, problem.allowed)]
    left = [(i, p, k) for i, (p, k) in product(areas, problem.left_states)]
    homes = [(j, k) for j in areas if problem.neighbourhoods.at[j, "inhabitants"] > 0 for k in problem.home_tiers]
    given = [(o.corporation, j, o.year) for o in problem.offers.itertuples() for j in o.neighbourhoods if o.homes > 0]
    in_municipalities = each_year((m,) for m in municipalities)
    return Decisions(
        clients=family("clients", each_year(lived)),
        entered=family("entered", each_year(lived)),
        left=family("left", each_year(left)),
        waiting=family("waiting", each_year(product(areas, problem.profiles))),
        housed=family("housed", each_year(problem.pairs.index)),
        places=family("places", each_year(site_tiers), "Integer", lambda at: limits[at[:2]]),
        added=family(
            "added", [at for at in each_year(site_tiers) if at[2] >= opens[at[:2]]], "Integer", lambda at: limits[at[:2]]
        ),
        removed=family("removed", each_year(site_tiers), "Integer", lambda at: limits[at[:2]]),
        converted=family("converted", each_year(problem.conversions.index), "Integer", lambda at: limits[at[:2]]),
        operating=family("operating", each_year(site_tiers), "Binary", lambda _: 1.0),
        homes=family("homes", each_year(homes)),
        new_homes=family("new_homes", given, "Integer"),
        kept_homes=family("kept_homes", each_year((j,) for j in dict.fromkeys(j for j, _ in homes))),
        excess=family("excess", where(policies.neighbourhood_concentration.mode, each_year((j,) for j in areas))),
        short_reduction=family("short_reduction", where(policies.intramural_reduction.mode, each_year([()]))),
        beyond_norm=family("beyond_norm", where(policies.within_travel_norm.mode, in_municipalities)),
        unfair=family("unfair", where(policies.fair_share_between_municipalities.mode, in_municipalities)),
        waiting_growth=family("waiting_growth", where(policies.waiting_does_not_grow.mode, in_municipalities)),
    )


def _no_limit(_: Label) -> None:
    return None
