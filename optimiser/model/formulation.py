"""Core formulation: constraints of any region and the cost of a plan, to be read as a paper.

What is decided stands in `decisions.py`, what a scenario may switch on in `policies.py`.
Symbols: n clients, w waiting, f housed, z places, a added, r removed, c converted, y operating,
h homes, g new homes; i origin, p profile, k tier, s site, j neighbourhood, t year.
"""

from collections.abc import Iterator
from itertools import combinations
from typing import NamedTuple

import pandas as pd
from pulp import LpVariable

from models.parameters.finance import CLIENT, CORPORATION
from models.parameters.parameters import WAITING
from optimiser.model.variables import Decisions
from optimiser.problem import Problem
from optimiser.rule import Label, Row, Rule, Terms, rule

RECOVERED = "recovered"


@rule(
    "core",
    ("neighbourhood", "profile", "tier", "year"),
    "clients",
    nl="Iedereen telt mee: niemand verschijnt of verdwijnt zonder dat het model weet waarheen.",
    en="Everyone is accounted for: nobody appears or vanishes.",
)
def everyone_is_accounted_for(problem: Problem, x: Decisions) -> Iterator[Row]:
    """n[i,p,k,t] = Σ_q retained[k,q,p]·n[i,q,k,t−1] + entered[i,p,k,t] − left[i,p,k,t];
    w[i,p,t] = Σ_q retained[waiting,q,p]·w[i,q,t−1] + inflow[i,p,t]
    + Σ_k left[i,p,k,t] − Σ_k entered[i,p,k,t].
    """
    retained = problem.retained.to_series().to_dict()
    inflow = problem.inflow.to_series().to_dict()
    base, queue = problem.clients.to_series().to_dict(), problem.waiting.to_series().to_dict()
    allowed = set(problem.allowed)
    lives_in = {k: [p for p, tier in problem.allowed if tier == k] for k in problem.tiers.index}
    tiers_of = {p: [k for q, k in problem.allowed if q == p] for p in problem.profiles}
    leaves = {p: [k for q, k in problem.left_states if q == p] for p in problem.profiles}
    for i in problem.areas:
        for t in problem.years:
            first = t == problem.years[0]
            for p, k in problem.left_states:
                # in the base year people may live where the pathway no longer lets them: they leave first
                before = problem.profiles if first else lives_in[k]
                stays = [(q, retained[k, q, p]) for q in before if retained[k, q, p]]
                terms: Terms = [(x.left[i, p, k, t], 1.0)]
                if (p, k) in allowed:
                    terms += [(x.clients[i, p, k, t], 1.0), (x.entered[i, p, k, t], -1.0)]
                if first:
                    rhs = sum(part * base[i, q, k] for q, part in stays)
                else:
                    terms += [(x.clients[i, q, k, t - 1], -part) for q, part in stays]
                    rhs = 0.0
                yield Row((i, p, k, t), terms, "==", rhs)
            for p in problem.profiles:
                stays = [(q, retained[WAITING, q, p]) for q in problem.profiles if retained[WAITING, q, p]]
                terms = [(x.waiting[i, p, t], 1.0)]
                terms += [(x.entered[i, p, k, t], 1.0) for k in tiers_of[p]]
                terms += [(x.left[i, p, k, t], -1.0) for k in leaves[p]]
                rhs = inflow[i, p, t]
                if first:
                    rhs += sum(part * queue[i, q] for q, part in stays)
                else:
                    terms += [(x.waiting[i, q, t - 1], -part) for q, part in stays]
                yield Row((i, p, WAITING, t), terms, "==", rhs)


@rule(
    "core",
    ("neighbourhood", "tier", "year"),
    "clients",
    nl="Wie een plek heeft, woont op een bereikbare plek.",
    en="Whoever has a place lives at one within reach.",
)
def clients_are_housed(problem: Problem, x: Decisions) -> Iterator[Row]:
    """Σ_p n[i,p,k,t] = Σ_l f[i,l,k,t] over the locations l within reach."""
    locations: dict[tuple[str, str], list[str]] = {}
    for i, location, k in problem.reachable:
        locations.setdefault((i, k), []).append(location)
    for i in problem.areas:
        for k in problem.tiers.index:
            for t in problem.years:
                terms: Terms = [(x.clients[i, p, k, t], 1.0) for p, tier in problem.allowed if tier == k]
                terms += [(x.housed[i, at, k, t], -1.0) for at in locations.get((i, k), ())]
                if terms:
                    yield Row((i, k, t), terms, "==", 0.0)


@rule(
    "core",
    ("location", "tier", "year"),
    "clients",
    nl="Er wonen niet meer mensen dan er plekken of woningen zijn.",
    en="No more people live somewhere than there are places or homes.",
)
def served_within_places(problem: Problem, x: Decisions) -> Iterator[Row]:
    """Σ_i f[i,s,k,t] ≤ occupancy[k]·(z[s,k,t] − wlz_occupied[s,k]); Σ_i f[i,j,k,t] ≤ h[j,k,t]."""
    origins: dict[tuple[str, str], list[str]] = {}
    for i, location, k in problem.reachable:
        origins.setdefault((location, k), []).append(i)
    occupancy, occupied = problem.tiers["occupancy"].to_dict(), problem.wlz_occupied
    for s, k in problem.places_at:
        for t in problem.years:
            terms: Terms = [(x.housed[i, s, k, t], 1.0) for i in origins.get((s, k), ())]
            terms.append((x.places[s, k, t], -occupancy[k]))
            yield Row((s, k, t), terms, "<=", -occupancy[k] * occupied[s, k])
    for j, k, t in x.homes:
        terms = [(x.housed[i, j, k, t], 1.0) for i in origins.get((j, k), ())]
        yield Row((j, k, t), [*terms, (x.homes[j, k, t], -1.0)], "<=", 0.0)


@rule(
    "core",
    ("site", "tier", "year"),
    "places",
    nl="Een voorziening die draait, is groot genoeg om te draaien.",
    en="A facility that runs is large enough to run.",
)
def large_enough_to_run(problem: Problem, x: Decisions) -> Iterator[Row]:
    """z[s,k,t] ≥ least[s,k]·y[s,k,t]."""
    least = problem.least_places
    for (s, k, t), places in x.places.items():
        yield Row((s, k, t), [(places, 1.0), (x.operating[s, k, t], -float(least[s, k]))], ">=", 0.0)


@rule(
    "core",
    ("site", "tier", "year"),
    "places",
    nl="Een voorziening past op haar plek.",
    en="A facility fits on its plot.",
)
def small_enough_to_fit(problem: Problem, x: Decisions) -> Iterator[Row]:
    """z[s,k,t] ≤ most[s,k]·y[s,k,t]; z[s,k,t] ≤ base[s,k]·y[s,k,t] + Σ_u≤t (a[s,k,u]
    + Σ_m ratio[m,k]·c[s,m,k,u]); Σ_k z[s,k,t] ≤ plot[s]; z[s,k,t] + z[s,m,t] ≤ plot[s]
    − (plot[s] − most[s,m])·(1 − y[s,k,t]) − (plot[s] − most[s,k])·(1 − y[s,m,t]).
    """
    # the second and the last hold in every plan anyway; they keep the relaxation from running a large
    # site by halves (Barany, Van Roy and Wolsey 1984; Padberg, Van Roy and Wolsey 1985)
    most = problem.most_places
    for (s, k, t), places in x.places.items():
        yield Row((s, k, t), [(places, 1.0), (x.operating[s, k, t], -float(most[s, k]))], "<=", 0.0)
    yield from _no_larger_than_it_was(problem, x)
    yield from _on_one_plot(problem, x)


def _no_larger_than_it_was(problem: Problem, x: Decisions) -> Iterator[Row]:
    incoming: dict[tuple[str, str], list[tuple[str, float]]] = {}
    for (s, k, m), ratio in problem.ratios.items():
        incoming.setdefault((s, m), []).append((k, ratio))
    for (s, k), base in problem.base_places.items():
        grown: Terms = []
        for t in problem.years if 0 < base < problem.most_places[s, k] else ():
            grown += [(x.added[s, k, t], -1.0)] if (s, k, t) in x.added else []
            grown += [(x.converted[s, m, k, t], -ratio) for m, ratio in incoming.get((s, k), ())]
            now: Terms = [(x.places[s, k, t], 1.0), (x.operating[s, k, t], -float(base))]
            yield Row(("grown", s, k, t), [*now, *grown], "<=", 0.0)


def _on_one_plot(problem: Problem, x: Decisions) -> Iterator[Row]:
    plots = problem.sites["plot_most"].astype(float).to_dict()
    here: dict[str, list[str]] = {}
    for s, k in problem.places_at:
        here.setdefault(s, []).append(k)
    for s, tiers in here.items():
        most = {k: min(float(problem.most_places[s, k]), plots[s]) for k in tiers}
        crowded = [(k, m) for k, m in combinations(tiers, 2) if most[k] + most[m] > plots[s]]
        alone = len(tiers) == 1 and plots[s] < problem.most_places[s, tiers[0]]
        for t in problem.years:
            if alone or (len(tiers) > 2 and sum(most.values()) > plots[s]):
                yield Row((s, t), [(x.places[s, k, t], 1.0) for k in tiers], "<=", plots[s])
            for k, m in crowded:
                spare, other = plots[s] - most[m], plots[s] - most[k]
                terms: Terms = [(x.places[s, k, t], 1.0), (x.places[s, m, t], 1.0)]
                terms += [(x.operating[s, k, t], -spare)] if spare else []
                terms += [(x.operating[s, m, t], -other)] if other else []
                yield Row((s, k, m, t), terms, "<=", plots[s] - spare - other)


@rule(
    "core",
    ("site", "tier", "year"),
    "places",
    nl="Plekken gaan over van jaar op jaar: alleen wat erbij komt, weggaat of verandert telt.",
    en="Places carry over from year to year: only what is added, removed or converted changes them.",
)
def places_carry_over(problem: Problem, x: Decisions) -> Iterator[Row]:
    """z[s,k,t] = z[s,k,t−1] + a[s,k,t] + Σ_m ratio[m,k]·c[s,m,k,t] − r[s,k,t] − Σ_m c[s,k,m,t];
    r[s,k,t] + Σ_m c[s,k,m,t] ≤ z[s,k,t−1].
    """
    # the second: what goes in a year stood there the year before, or a bed that is converted would count as
    # replaced by a place that is removed the same year
    outgoing: dict[tuple[str, str], list[str]] = {}
    incoming: dict[tuple[str, str], list[tuple[str, float]]] = {}
    for (s, k, m), ratio in problem.ratios.items():
        outgoing.setdefault((s, k), []).append(m)
        incoming.setdefault((s, m), []).append((k, ratio))
    for (s, k, t), places in x.places.items():
        terms: Terms = [(places, 1.0), (x.removed[s, k, t], 1.0)]
        if (s, k, t) in x.added:
            terms.append((x.added[s, k, t], -1.0))
        terms += [(x.converted[s, k, m, t], 1.0) for m in outgoing.get((s, k), ())]
        terms += [(x.converted[s, m, k, t], -ratio) for m, ratio in incoming.get((s, k), ())]
        going: Terms = [(x.removed[s, k, t], 1.0)]
        going += [(x.converted[s, k, m, t], 1.0) for m in outgoing.get((s, k), ())]
        comes = (s, k, t) in x.added or (s, k) in incoming
        if t == problem.years[0]:
            before: Terms = []
            base = float(problem.base_places[s, k])
        else:
            before, base = [(x.places[s, k, t - 1], -1.0)], 0.0
        yield Row((s, k, t), [*terms, *before], "==", base)
        if comes:
            yield Row(("goes", s, k, t), [*going, *before], "<=", base)


@rule(
    "core",
    ("neighbourhood", "year"),
    "homes",
    nl="Woningen gaan over van jaar op jaar; wie herstelt houdt vaak de woning.",
    en="Homes carry over from year to year; whoever recovers often keeps the home.",
)
def homes_carry_over(problem: Problem, x: Decisions) -> Iterator[Row]:
    """Σ_k h[j,k,t] ≤ Σ_k h[j,k,t−1] − kept[j,t] + Σ_c (1−lead)·g[c,j,t] + Σ_c lead·g[c,j,t−1];
    Σ_j kept[j,t] = Σ_i,p,k keeps_home[k]·(1 − exits[k,p])^flip years[k]·recovered[k,p]·n[i,p,k,t−1];
    kept[j,t] ≤ highest rate · Σ_k h[j,k,t−1].
    Homes of those who die, move to the Wlz or recover elsewhere are given back: they stay in the sum.
    """
    first, lead = problem.years[0], problem.home_lead_years
    in_use = problem.homes.to_series().to_dict()
    rate = _keeping_rates(problem)
    highest = max((rate[p, k] for p, k in problem.allowed), default=0.0)
    given: dict[tuple[str, int], list[LpVariable]] = {}
    for (_, j, t), new in x.new_homes.items():
        given.setdefault((j, t), []).append(new)
    for j, t in x.kept_homes:
        tiers = problem.home_tiers
        terms: Terms = [(x.homes[j, k, t], 1.0) for k in tiers]
        terms.append((x.kept_homes[j, t], 1.0))
        terms += [(new, lead - 1.0) for new in given.get((j, t), ())]
        terms += [(new, -lead) for new in given.get((j, t - 1), ())]
        bound: Terms = [(x.kept_homes[j, t], 1.0)]
        if t == first:
            yield Row((j, t), terms, "<=", in_use[j])
            yield Row(("kept", j, t), bound, "<=", highest * in_use[j])
        else:
            before = [x.homes[j, k, t - 1] for k in tiers]
            yield Row((j, t), [*terms, *((h, -1.0) for h in before)], "<=", 0.0)
            yield Row(("kept", j, t), [*bound, *((h, -highest) for h in before)], "<=", 0.0)
    base = problem.clients.to_series().to_dict()
    for t in problem.years:
        terms = [(kept, 1.0) for (_, year), kept in x.kept_homes.items() if year == t]
        keeping = [(i, p, k) for i in problem.areas for p, k in problem.allowed if rate[p, k]]
        if t == first:
            yield Row(("kept", t), terms, "==", sum(rate[p, k] * base[i, p, k] for i, p, k in keeping))
        else:
            terms += [(x.clients[i, p, k, t - 1], -rate[p, k]) for i, p, k in keeping]
            yield Row(("kept", t), terms, "==", 0.0)


def _keeping_rates(problem: Problem) -> dict[tuple[str, str], float]:
    """Return the part of (profile, tier) that recovers in a year and stays on in the home.

    Of those who leave a tier at a yearly rate q, the part (1 − q)^T has been there for T years: the others
    go before the lease is on their own name.
    """
    recovered = problem.exits.sel(exit=RECOVERED).to_series().to_dict()
    leaves = problem.exits.sum("exit").to_series().to_dict()
    keeps, flip = problem.tiers["keeps_home"].to_dict(), problem.tiers["flip_years"].to_dict()
    return {
        (p, k): keeps[k] * (1.0 - leaves[k, p]) ** flip[k] * recovered[k, p]
        for p in problem.profiles
        for k in problem.home_tiers
    } | {(p, k): 0.0 for p in problem.profiles for k in problem.facility_tiers}


@rule(
    "core",
    ("corporation", "place", "year"),
    "homes",
    nl="Er komen niet meer woningen dan de corporatie voor die plaats en dat jaar heeft toegezegd.",
    en="No more homes are handed over than the corporation has offered for that place and year.",
)
def homes_within_agreements(problem: Problem, x: Decisions) -> Iterator[Row]:
    """Σ_j∈place g[c,j,t] ≤ offered[c,place,t]."""
    for offer in problem.offers:
        if offer.homes > 0:
            new = [(x.new_homes[offer.corporation, j, offer.year], 1.0) for j in offer.neighbourhoods]
            yield Row((offer.corporation, offer.place, offer.year), new, "<=", float(offer.homes))


CORE: tuple[Rule, ...] = (
    everyone_is_accounted_for,
    clients_are_housed,
    served_within_places,
    large_enough_to_run,
    small_enough_to_fit,
    places_carry_over,
    homes_carry_over,
    homes_within_agreements,
)

EUROS = ("support", "sites", "capital", "conversion", "closing", "homes", "home_capital", "bridging")
"""Parts of the objective that somebody pays."""

POINTS = "points"
"""Stands where a stream stands, in what is never paid."""


class CostTerm(NamedTuple):
    """One priced decision: part of the objective, stream and year, the variable and the amount per unit.

    What happens `once` does not return in the years that the last one stands for.
    """

    part: str
    stream: str
    year: int
    variable: LpVariable
    amount: float
    once: bool = False


def paid(problem: Problem, x: Decisions) -> Iterator[CostTerm]:
    """Generate what somebody pays, in nominal euros of the year in which it is paid."""
    yield from paid_for_people(problem, x)
    yield from paid_for_sites(problem, x)
    yield from paid_for_capital(problem, x)
    yield from paid_for_homes(problem, x)


def paid_for_people(problem: Problem, x: Decisions) -> Iterator[CostTerm]:
    """Σ support[k,t]·n[i,p,k,t] + Σ bridging[t]·w[i,p,t]; of the support a client pays contribution[k,t]."""
    support, bridging = _amounts(problem.prices.support), _general(problem, "bridging")
    own, stream = _amounts(problem.prices.contribution), problem.stream_of
    for (_, _, k, t), n in x.clients.items():
        yield CostTerm("support", stream[k], t, n, support[k, t] - own[k, t])
        if own[k, t]:
            yield CostTerm("support", CLIENT, t, n, own[k, t])
    for (_, p, t), w in x.waiting.items():
        yield CostTerm("bridging", problem.stream_of_waiting[p], t, w, bridging[t])


def paid_for_sites(problem: Problem, x: Decisions) -> Iterator[CostTerm]:
    """Σ running[s,k,t]·y[s,k,t] + Σ place[k,t]·(z[s,k,t] − wlz_occupied[s,k]);
    once: Σ closing[k,t]·r[s,k,t] + Σ changeover[k,m,t]·c[s,k,m,t].
    """
    running, place = _amounts(problem.prices.running), _amounts(problem.prices.place)
    closing, stream = _amounts(problem.prices.closing), problem.stream_of
    for (s, k, t), y in x.operating.items():
        if running[s, k, t]:
            yield CostTerm("sites", stream[k], t, y, running[s, k, t])
    for (_, k, t), z in x.places.items():
        if place[k, t]:
            yield CostTerm("sites", stream[k], t, z, place[k, t])
    for (_, k, t), r in x.removed.items():
        yield CostTerm("closing", stream[k], t, r, closing[k, t], once=True)
    changeover = _amounts(problem.prices.changeover)
    for (_, k, m, t), c in x.converted.items():
        if changeover[k, m, t]:
            yield CostTerm("closing", stream[m], t, c, changeover[k, m, t], once=True)


def paid_by_the_wlz(problem: Problem) -> Iterator[tuple[str, int, float]]:
    """Generate stream, year and EUR of the places that people of the Wlz live in: it pays for them itself.

    Known beforehand, so no decision: to be taken off what `paid_for_sites` has for all places.
    """
    place, stream = _amounts(problem.prices.place), problem.stream_of
    for (_, k), occupied in problem.wlz_occupied.items():
        for t in problem.years if occupied else ():
            yield stream[k], t, place[k, t] * occupied


def paid_for_capital(problem: Problem, x: Decisions) -> Iterator[CostTerm]:
    """Σ_u≤t capital[s,k,u]·a[s,k,u] + Σ_u≤t conversion[k,m,u]·c[s,k,m,u], u the year of building."""
    capital, conversion = _amounts(problem.prices.capital), _amounts(problem.prices.conversion)
    stream = problem.stream_of
    for (s, k, u), a in x.added.items():
        for t in problem.years_from(u):
            yield CostTerm("capital", stream[k], t, a, capital[s, k, u])
    for (_, k, m, u), c in x.converted.items():
        for t in problem.years_from(u):
            yield CostTerm("conversion", stream[m], t, c, conversion[k, m, u])


def paid_for_homes(problem: Problem, x: Decisions) -> Iterator[CostTerm]:
    """Once: Σ new_home[t]·g[c,j,t]; by the corporation: Σ_u≤t home_capital[u]·g[c,j,u]."""
    new_home, capital = _general(problem, "new_home"), _general(problem, "home_capital")
    for (_, _, u), g in x.new_homes.items():
        yield CostTerm("homes", problem.general_stream, u, g, new_home[u], once=True)
        for t in problem.years_from(u) if capital[u] else ():
            yield CostTerm("home_capital", CORPORATION, t, g, capital[u])


def _amounts(table: pd.DataFrame) -> dict[Label, float]:
    """Return a table of prices as a mapping from its label, the year last."""
    stacked = table.stack()
    return dict(zip(stacked.index, stacked, strict=True))


def _general(problem: Problem, name: str) -> dict[int, float]:
    return dict(zip(problem.years, problem.prices.general.loc[name], strict=True))


def steered(problem: Problem, x: Decisions) -> Iterator[CostTerm]:
    """Σ travel·minutes·f + misfit·n where k does not fit p + waiting·w; once: unasked move·left where it
    does; all times level[t]: points steer and are never paid, and are indexed like euros.
    """
    steering, minutes = problem.steering, problem.pairs["minutes"].to_dict()
    level = steering.level
    for (i, location, k, t), f in x.housed.items():
        yield CostTerm("travel", POINTS, t, f, level[t] * steering.travel * minutes[i, location, k])
    for (_, p, k, t), n in x.clients.items():
        if (p, k) not in problem.fits:
            yield CostTerm("misfit", POINTS, t, n, level[t] * steering.misfit)
    for (_, _, t), w in x.waiting.items():
        yield CostTerm("waiting", POINTS, t, w, level[t] * steering.waiting)
    for (_, p, k, t), gone in x.left.items():
        if (p, k) in problem.fits:
            yield CostTerm("unasked_moves", POINTS, t, gone, level[t] * steering.unasked_move, once=True)
