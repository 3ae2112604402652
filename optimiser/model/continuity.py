"""Continuity: buildings, tenants and shelters that stay."""

import math
from collections.abc import Iterator

from models.parameters.parameters import MO
from optimiser.model.variables import Decisions
from optimiser.problem import Problem
from optimiser.rule import Family, Row, Terms, rule


@rule(
    "policy",
    ("origin", "profile", "year"),
    "clients",
    nl="Wie in een woning woont, blijft in een woning zolang een woonvorm in een woning past.",
    en="Who lives in a home goes on living in a home as long as some home tier suits the need.",
)
def tenants_stay(problem: Problem, x: Decisions) -> Iterator[Row]:
    """Σ_k∈homes n[i,p,k,t] ≥ Σ_k∈homes Σ_q retained[k,q,p]·n[i,q,k,t−1], where some home tier fits p;
    in the first year × min(1, homes in use / tenants) of the base.
    """
    # a base with more tenants than homes is grandfathered: all of them lose the same part
    retained, base = problem.retained.to_series().to_dict(), problem.clients.to_series().to_dict()
    homes, first = problem.home_tiers, problem.years[0]
    tenants = float(problem.clients.sel(tier=list(homes)).sum())
    part = min(1.0, float(problem.homes.sum()) / tenants) if tenants else 1.0
    allowed = {k: [p for p, tier in problem.allowed if tier == k] for k in homes}
    for p in problem.profiles:
        if not any((p, k) in problem.fits for k in homes):
            continue
        stays = {k: [(q, retained[k, q, p]) for q in problem.profiles if retained[k, q, p]] for k in homes}
        for i in problem.areas:
            for t in problem.years:
                terms: Terms = [(x.clients[i, p, k, t], 1.0) for k in homes if p in allowed[k]]
                rhs = 0.0
                if t == first:
                    rhs = part * sum(rate * base[i, q, k] for k in homes for q, rate in stays[k])
                else:
                    terms += [
                        (x.clients[i, q, k, t - 1], -rate)
                        for k in homes
                        for q, rate in stays[k]
                        if q in allowed[k]
                    ]
                yield Row((i, p, t), terms, ">=", rhs)


@rule(
    "policy",
    ("site", "tier", "year"),
    "places",
    nl="Wat het plan opent of van vorm verandert, blijft tot het eind; een vorm van nu groeit of krimpt.",
    en="What is opened or converted in the plan stands to its end; a tier of today goes one way, up or down.",
)
def buildings_stay(problem: Problem, x: Decisions) -> Iterator[Row]:
    """r[s,k,t] + Σ_m c[s,k,m,t] ≤ base[s,k]·(1 − d[s,k]);
    a[s,k,t] + Σ_m ratio[m,k]·c[s,m,k,t] ≤ (most[s,k] − base[s,k])·d[s,k];
    r[s,k,t] = c[s,k,m,t] = 0 where base[s,k] = 0, as bounds of the variables.
    """
    outgoing, incoming = _conversions(problem)
    for (s, k), grows in x.grows.items():
        base, room = float(problem.base_places[s, k]), float(problem.most_places[s, k])
        for t in problem.years:
            going: Terms = [(x.removed[s, k, t], 1.0)]
            going += [(x.converted[s, k, m, t], 1.0) for m in outgoing.get((s, k), ())]
            yield Row(("shrinks", s, k, t), [*going, (grows, base)], "<=", base)
            coming = _added(x.added, (s, k, t))
            coming += [(x.converted[s, m, k, t], ratio) for m, ratio in incoming.get((s, k), ())]
            if coming:
                yield Row(("grows", s, k, t), [*coming, (grows, base - room)], "<=", 0.0)


def _conversions(
    problem: Problem,
) -> tuple[dict[tuple[str, str], list[str]], dict[tuple[str, str], list[tuple[str, float]]]]:
    """Return (site, tier) → the tiers it can become, and those that can become it with their ratio."""
    outgoing: dict[tuple[str, str], list[str]] = {}
    incoming: dict[tuple[str, str], list[tuple[str, float]]] = {}
    for (s, k, m), ratio in problem.ratios.items():
        outgoing.setdefault((s, k), []).append(m)
        incoming.setdefault((s, m), []).append((k, ratio))
    return outgoing, incoming


def _added(added: Family, at: tuple[str, str, int]) -> Terms:
    return [(added[at], 1.0)] if at in added else []


@rule(
    "policy",
    ("site", "tier", "year"),
    "places",
    nl="Een huis met bedden houdt de meeste van zijn bedden, of het stopt of krijgt een andere vorm.",
    en="A house with beds keeps most of them, or it stops or changes form.",
)
def bed_houses_keep_scale(problem: Problem, x: Decisions) -> Iterator[Row]:
    """z[s,k,t] ≥ ⌊share·base[s,k]⌋·y[s,k,last] for the beds k of today: what runs in the last year has kept
    its scale in every year, and what is run down on the way has stopped by then.
    """
    last = problem.years[-1]
    for (s, k), keeps in kept_beds(problem).items():
        for t in problem.years:
            runs: Terms = [(x.places[s, k, t], 1.0), (x.operating[s, k, last], -keeps)]
            yield Row((s, k, t), runs, ">=", 0.0)


def kept_beds(problem: Problem) -> dict[tuple[str, str], float]:
    """Return (site, tier) → the whole beds that a house of today keeps while it goes on."""
    share, base = problem.policies.bed_houses_keep_scale.share.value, problem.base_places
    return {at: float(math.floor(share * base[at])) for at in problem.intramural_at if base[at]}


@rule(
    "policy",
    ("site", "tier", "year"),
    "places",
    nl="Plekken in de opvang veranderen alleen waar het scenario dat zegt.",
    en="Shelter places change only where the scenario says so.",
)
def shelter_stays(problem: Problem, x: Decisions) -> Iterator[Row]:
    """z[s,k,t] = base[s,k] for the tiers k of the stream MO, before the year in which s is free."""
    free = problem.policies.shelter_stays.free_from
    for (s, k, t), places in x.places.items():
        if problem.stream_of[k] == MO and not (s in free and t >= free[s]):
            yield Row((s, k, t), [(places, 1.0)], "==", float(problem.base_places[s, k]))


CONTINUITY = (tenants_stay, buildings_stay, bed_houses_keep_scale, shelter_stays)
