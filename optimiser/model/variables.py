"""Decision variables: PuLP's variables, each family a mapping from label to variable."""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, fields
from functools import lru_cache
from itertools import product
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from pulp import LpProblem, LpVariable

from optimiser.problem import Problem
from optimiser.rule import Family, Label

type Category = Literal["Continuous", "Integer", "Binary"]
type Most = Callable[[Label], float | None]

SLACK = {
    "intramural_reduction": "short_reduction",
    "within_travel_norm": "beyond_norm",
    "neighbourhood_concentration": "excess",
    "fair_share_between_municipalities": "unfair",
    "waiting_does_not_grow": "waiting_growth",
    "facilities_kept_apart": "too_near",
    "budget": "over_budget",
    "provider_share": "over_share",
    "contract_nodes": "between_nodes",
    "specialist_scale": "below_scale",
    "staff_within_reach": "short_staff",
    "sites_run_as_settled": "unsettled",
    "agreed_decisions_are_kept": "broken_agreements",
}
"""Policies that can be soft, and the family by which each is deviated from."""


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
    running
        (site, year) from 0 to 1: at least whether any tier runs; made for facilities kept apart.
    grows
        (site, tier) 1 where a tier of today may grow, 0 where it may shrink; made for buildings that stay.
    closing
        (year) 0 or 1: whether beds may go in the year; made for replacement before closure.
    residents
        (site, tier, year) people housed at a site, shelters left out; made for residents who stay.
    relocated
        (site, tier, year) residents who must move because their place goes or is needed for another.
    natural_leavers
        (site, tier, year) residents who move to the Wlz, recover or die.
    asked_moves
        (site, tier, year) residents who move because the tier no longer fits their need.
    priced_relocations
        (tier, year) relocated residents whose move is not priced as an unasked move already.
    too_near
        (site, year) running facilities too near to another one.
    over_budget
        (account, year) EUR above the grants: of the region, or of every municipality.
    over_share
        (provider, year) places above the provider's share.
    between_nodes
        (site, year) places changed in a year without a contract to renew.
    below_scale
        (tier, year) places short of the least number in the region.
    short_staff
        (municipality, year) fte asked above what can be had.
    unsettled
        (site, year) whether a site runs otherwise than is settled.
    broken_agreements
        (agreement, year) places or homes by which a plan departs from what was agreed or wished.
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
    running: Family
    grows: Family
    closing: Family
    residents: Family
    relocated: Family
    natural_leavers: Family
    asked_moves: Family
    priced_relocations: Family
    too_near: Family
    over_budget: Family
    over_share: Family
    between_nodes: Family
    below_scale: Family
    short_staff: Family
    unsettled: Family
    broken_agreements: Family

    def family(self, name: str) -> Family:
        """Return a family by its name."""
        found: Family = getattr(self, name)
        return found

    def all(self) -> list[LpVariable]:
        """Return every variable, in the order in which it was made."""
        made = [v for f in fields(self) for v in self.family(f.name).values()]
        return sorted(made, key=lambda variable: variable.id)


def column_ids(*families: Family) -> NDArray[np.int32]:
    """Return the columns of families in the model's arrays."""
    return np.array([v.id for family in families for v in family.values()], dtype=np.int32)


LONGEST_NAME = 90
"""Characters of a name in an LP file, with room for a number behind it: PuLP writes no more than 100."""


def lp_name(*label: object) -> str:
    """Return a name that every LP format takes; it is never parsed back."""
    return "_".join(map(_plain, label))[:LONGEST_NAME]


@lru_cache(maxsize=2**16, typed=True)
def _plain(part: object) -> str:
    """Return a part of a label without signs that LP formats refuse; a model of a million names has few."""
    return re.sub(r"\W", "_", str(part), flags=re.ASCII)


class LpNames:
    """Names of one kind in a model, each once: where two labels read the same, the later gets a number.

    Codes may hold "_", and corporations any sign, so that labels can differ where their names do not.
    """

    def __init__(self) -> None:
        self._taken: dict[str, int] = {}

    def of(self, *label: object) -> str:
        """Return the name of a label that was not named before."""
        first = name = lp_name(*label)
        while name in self._taken:
            self._taken[first] += 1
            name = f"{first}__{self._taken[first]}"
        self._taken[name] = 1
        return name


def decide(problem: Problem, program: LpProblem) -> Decisions:
    """Make the variables of a problem in PuLP's program."""
    names = LpNames()

    def family(
        name: str, labels: Iterable[Label], cat: Category = "Continuous", most: Most = _no_limit
    ) -> Family:
        once = list(labels)
        if len(set(once)) < len(once):
            raise ValueError(f"{name} decides the same thing twice")
        return {at: program.add_variable(names.of(name, *at), 0, most(at), cat=cat) for at in once}

    def each_year(labels: Iterable[Label]) -> list[Label]:
        return [(*label, year) for label in labels for year in problem.years]

    def in_soft(policy: str, labels: Iterable[Label]) -> Family:
        """Make the slack of a policy, where it is soft."""
        soft = getattr(problem.policies, policy).mode == "soft"
        return family(SLACK[policy], each_year(labels) if soft else [])

    def if_on(policy: str, labels: list[Label]) -> list[Label]:
        """Return labels where a policy is on, so that one that is off costs nothing."""
        return labels if getattr(problem.policies, policy).mode != "off" else []

    def fits(at: Label) -> float:
        return problem.most_places[at[:2]]

    one_way = problem.policies.buildings_stay.mode != "off"

    def may_go(at: Label) -> float:
        """Return how many places may go: none that the plan itself has opened, where buildings stay."""
        return 0.0 if one_way and not problem.base_places[at[:2]] else fits(at)

    def may_be_converted(at: Label) -> float:
        """Converting is building: nothing arrives before the tier could be built there."""
        return may_go(at) if at[3] >= problem.converted_from[at[:3]] else 0.0

    areas, towns = problem.areas, [(m,) for m in problem.towns]
    sites: list[Label] = [(s,) for s in dict.fromkeys(s for s, _ in problem.places_at)]
    lived, places = each_year(_in_areas(areas, problem.allowed)), each_year(problem.places_at)
    buildable = [at for at in places if at[2] >= problem.first_year[at[:2]] or problem.under_way.get(at)]

    def can_be_built(at: Label) -> float:
        ready = at[2] >= problem.first_year[at[:2]]
        return fits(at) if ready else min(fits(at), problem.under_way[at])

    today: list[Label] = [at for at in problem.places_at if problem.base_places[at]]
    residents = if_on("residents_stay", each_year(problem.residents_at))
    given = [(o.corporation, j, o.year) for o in problem.offers if o.homes > 0 for j in o.neighbourhoods]
    return Decisions(
        clients=family("clients", lived),
        entered=family("entered", lived),
        left=family("left", each_year(_in_areas(areas, problem.left_states))),
        waiting=family("waiting", each_year(product(areas, problem.profiles))),
        housed=family("housed", each_year(problem.reachable)),
        places=family("places", places, "Integer", fits),
        added=family("added", buildable, "Integer", can_be_built),
        removed=family("removed", places, "Integer", may_go),
        converted=family("converted", each_year(problem.ratios), "Integer", may_be_converted),
        operating=family("operating", places, "Binary", _one),
        homes=family("homes", each_year(product(problem.inhabited, problem.home_tiers))),
        new_homes=family("new_homes", given, "Integer"),
        kept_homes=family("kept_homes", each_year((j,) for j in problem.inhabited if problem.home_tiers)),
        excess=in_soft("neighbourhood_concentration", [(j,) for j in areas]),
        short_reduction=in_soft("intramural_reduction", [()]),
        beyond_norm=in_soft("within_travel_norm", towns),
        unfair=in_soft("fair_share_between_municipalities", towns),
        waiting_growth=in_soft("waiting_does_not_grow", towns),
        running=family("running", if_on("facilities_kept_apart", each_year(sites)), most=_one),
        grows=family("grows", if_on("buildings_stay", today), "Binary", _one),
        closing=family("closing", if_on("replacement_before_closure", each_year([()])), "Binary", _one),
        residents=family("residents", residents),
        relocated=family("relocated", residents),
        natural_leavers=family("natural_leavers", residents),
        asked_moves=family("asked_moves", residents),
        priced_relocations=family(
            "priced_relocations", if_on("residents_stay", each_year((k,) for k in problem.resident_tiers))
        ),
        too_near=in_soft("facilities_kept_apart", sites),
        over_budget=in_soft("budget", [(account,) for account in problem.accounts]),
        over_share=in_soft("provider_share", [(q,) for q in problem.providers]),
        between_nodes=in_soft("contract_nodes", sites),
        below_scale=in_soft("specialist_scale", [(k,) for k in problem.policies.specialist_scale.tiers]),
        short_staff=in_soft("staff_within_reach", towns),
        unsettled=in_soft("sites_run_as_settled", settled_sites(problem)),
        broken_agreements=family("broken_agreements", may_be_broken(problem)),
    )


def settled_sites(problem: Problem) -> list[Label]:
    """Return the sites of which it is settled whether they run."""
    policy = problem.policies.sites_run_as_settled
    return [(site,) for site in (*policy.open, *policy.shut)]


def may_be_broken(problem: Problem) -> list[Label]:
    """Return what is agreed where that is soft, and always what is only wished."""
    policy, agreed, wished = problem.policies.agreed_decisions_are_kept, problem.agreed, problem.wished
    kept = agreed.every if policy.mode == "soft" else ()
    free = wished.every if policy.mode != "off" else ()
    return [(one.name, one.year) for one in (*kept, *free)]


def _in_areas(areas: Iterable[str], states: Iterable[tuple[str, str]]) -> list[Label]:
    return [(i, *state) for i, state in product(areas, states)]


def _one(_: Label) -> float:
    return 1.0


def _no_limit(_: Label) -> None:
    return None
