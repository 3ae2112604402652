"""Policies that a scenario may switch on: each hard, soft with a price, or off.

A soft policy has a slack that is reported and priced. What the base year already breaks is
grandfathered: the deviation may not grow and narrows to the norm by the last year.

Those that are off unless a scenario asks for them stand in `optional_policies.py`.
"""

from collections.abc import Iterator

import numpy as np

from models.parameters.parameters import MO
from optimiser.assembly.money import points_of
from optimiser.model.agreed_decisions import agreed_decisions_are_kept
from optimiser.model.concentration import bounds
from optimiser.model.continuity import CONTINUITY
from optimiser.model.formulation import POINTS, CostTerm
from optimiser.model.optional_policies import CONDITIONS
from optimiser.model.relocation import residents_stay
from optimiser.model.replacement import replacement_before_closure
from optimiser.model.variables import SLACK, Decisions
from optimiser.problem import Problem
from optimiser.rule import Row, Rule, Terms, rule, slack


@rule(
    "policy",
    ("year",),
    "places",
    nl="Het aantal intramurale Wmo-plekken daalt volgens het afgesproken pad.",
    en="Intramural Wmo places fall along the agreed path.",
)
def intramural_reduction(problem: Problem, x: Decisions) -> Iterator[Row]:
    """Σ_s,k∈intramural (z[s,k,t] − wlz_occupied[s,k]) ≤ (1 − gone[t])·base + short[t]."""
    beds = problem.intramural_at
    occupied = sum(problem.wlz_occupied[b] for b in beds)
    base = sum(problem.base_places[b] for b in beds) - occupied
    for t, gone in reduction_path(problem).items():
        terms: Terms = [(x.places[s, k, t], 1.0) for s, k in beds]
        yield Row((t,), [*terms, *slack(x.short_reduction, (t,), -1.0)], "<=", (1.0 - gone) * base + occupied)


def reduction_path(problem: Problem) -> dict[int, float]:
    """Return the share of the base's intramural places that is gone by each year."""
    policy = problem.policies.intramural_reduction
    given = {problem.base_year: 0.0, problem.years[-1]: policy.by_end.value}
    given |= {year: share.value for year, share in policy.path.items()}
    known = sorted(given)
    gone = np.interp(problem.years, known, [given[year] for year in known])
    return dict(zip(problem.years, gone.tolist(), strict=True))


@rule(
    "policy",
    ("municipality", "year"),
    "clients",
    nl="De meeste mensen uit een gemeente wonen binnen de reistijdnorm van hun woonvorm.",
    en="Most people of a municipality live within the travel norm of their tier.",
)
def within_travel_norm(problem: Problem, x: Decisions) -> Iterator[Row]:
    """Σ f within norm ≥ share·(Σ f + Σ w) − beyond[m,t], over the origins i in municipality m."""
    share = problem.policies.within_travel_norm.share.value
    within, home = problem.pairs["within"].to_dict(), problem.municipality_of
    terms: dict[tuple[str, int], Terms] = {(m, t): [] for m in problem.towns for t in problem.years}
    for (i, location, k, t), f in x.housed.items():
        terms[home[i], t].append((f, (1.0 if within[i, location, k] else 0.0) - share))
    for (i, _, t), w in x.waiting.items():
        terms[home[i], t].append((w, -share))
    for label, counted in terms.items():
        yield Row(label, [*counted, *slack(x.beyond_norm, label, 1.0)], ">=", 0.0)


@rule(
    "policy",
    ("neighbourhood", "year"),
    "weighted places",
    nl="Een wijk draagt niet meer plekken dan de norm, gemeten zoals de regio kiest.",
    en="A neighbourhood carries no more places than the norm, measured as the region chooses.",
)
def neighbourhood_concentration(problem: Problem, x: Decisions) -> Iterator[Row]:
    """Σ_s around j, k weight[k]·z[s,k,t] ≤ limit[j] + narrowing[t]·max(0, base − limit)[j] + excess[j,t],
    limit[j] = max(norm·inhabitants around j·carrying capacity[j], least facility);
    own: the same over j alone; share: Σ_s∈j,k weight[k]·z[s,k,t] − least facility
    ≤ min(1, most share·carrying capacity[j])·(Σ_s∈m,k weight[k]·z[s,k,t] − least facility) + the same.
    One excess for all: the largest of what the measures chosen find.
    """
    base = problem.base_places
    for bound in bounds(problem):
        j, over = bound.neighbourhood, bound.over(base)
        measure = () if bound.measure == "around" else (bound.measure,)
        for t in problem.years:
            terms: Terms = [(x.places[s, k, t], weight) for (s, k), weight in bound.weights.items()]
            allowed = bound.limit + problem.narrowing(t) * over
            yield Row((*measure, j, t), [*terms, *slack(x.excess, (j, t), -1.0)], "<=", allowed)


@rule(
    "policy",
    ("municipality", "side", "year"),
    "places",
    nl="Elke gemeente heeft ongeveer haar aandeel van de plekken.",
    en="Every municipality has about its share of the places.",
)
def fair_share_between_municipalities(problem: Problem, x: Decisions) -> Iterator[Row]:
    """|there − share[m]·all| ≤ band·share[m]·all + narrowing[t]·(base deviation beyond the band)
    + unfair[m,t]; places of the shelter stream (MO) do not count.
    """
    band = problem.policies.fair_share_between_municipalities.band.value
    base = {at: places for at, places in problem.base_places.items() if problem.stream_of[at[1]] != MO}
    town = {(s, k): problem.municipality_of[problem.neighbourhood_of[s]] for s, k in base}
    all_base = float(sum(base.values()))
    for m, share in zip(problem.towns, problem.municipalities["share"], strict=True):
        there_base = float(sum(places for at, places in base.items() if town[at] == m))
        for side, sign in (("over", 1.0), ("under", -1.0)):
            edge = share * (1.0 + sign * band)
            beyond = max(0.0, sign * (there_base - edge * all_base))
            for t in problem.years:
                terms: Terms = [
                    (x.places[s, k, t], sign * ((1.0 if town[s, k] == m else 0.0) - edge)) for s, k in town
                ]
                given = slack(x.unfair, (m, t), -1.0)
                yield Row((m, side, t), [*terms, *given], "<=", problem.narrowing(t) * beyond)


@rule(
    "policy",
    ("municipality", "year"),
    "clients",
    nl="In geen gemeente wachten meer mensen dan in het basisjaar.",
    en="In no municipality do more people wait than in the base year.",
)
def waiting_does_not_grow(problem: Problem, x: Decisions) -> Iterator[Row]:
    """Σ_i∈m,p w[i,p,t] ≤ base waiting[m] + growth[m,t]."""
    base = problem.waiting.sum("profile").to_series()
    for m in problem.towns:
        inside = [i for i, town in problem.municipality_of.items() if town == m]
        for t in problem.years:
            terms: Terms = [(x.waiting[i, p, t], 1.0) for i in inside for p in problem.profiles]
            given = slack(x.waiting_growth, (m, t), -1.0)
            yield Row((m, t), [*terms, *given], "<=", float(base[inside].sum()))


POLICIES: tuple[Rule, ...] = (
    intramural_reduction,
    replacement_before_closure,
    within_travel_norm,
    neighbourhood_concentration,
    fair_share_between_municipalities,
    waiting_does_not_grow,
    *CONDITIONS,
    residents_stay,
    *CONTINUITY,
    agreed_decisions_are_kept,
)


def deviations(problem: Problem, x: Decisions) -> Iterator[CostTerm]:
    """Generate the points that deviating from a soft policy costs, indexed like euros."""
    for name, family in SLACK.items():
        price = getattr(problem.policies, name).price
        points = {t: points_of(price, t, problem.region.parameters) for t in problem.years}
        for (*_, t), short in x.family(family).items():
            yield CostTerm(name, POINTS, t, short, points[t])
