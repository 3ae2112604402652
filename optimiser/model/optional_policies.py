"""Policies that are off unless a scenario asks for them: contracts, scale, distance, staff and money.

Written as those of `policies.py`, and as those grandfathered unless the docstring says otherwise.
"""

from collections.abc import Iterable, Iterator

import networkx as nx
import numpy as np

from optimiser.model.cost_allocation import BaseAllocation
from optimiser.model.formulation import paid, paid_by_the_wlz
from optimiser.model.variables import Decisions
from optimiser.problem import REGION, Problem
from optimiser.rule import Row, Rule, Terms, rule, slack

WMO = "Wmo"
"""The stream that the policy on budgets looks at."""


@rule(
    "policy",
    ("sites", "year"),
    "facilities",
    nl="Van locaties die te dicht bij elkaar liggen, is er hoogstens één in gebruik.",
    en="Of sites that lie too near to each other one runs at most.",
)
def facilities_kept_apart(problem: Problem, x: Decisions) -> Iterator[Row]:
    """running[s,t] ≥ y[s,k,t]; for every largest set C of sites that all lie too near to
    each other: Σ_s∈C running[s,t] ≤ 1 + ⌈narrowing[t]·(running in the base − 1)⌉ + Σ_s∈C near[s,t].
    """
    for (s, k, t), y in x.operating.items():
        yield Row(("runs", s, k, t), [(x.running[s, t], 1.0), (y, -1.0)], ">=", 0.0)
    open_now = {s for (s, _), places in problem.base_places.items() if places}
    for together in too_near_together(problem):
        over = max(0, len(open_now & set(together)) - 1)
        for t in problem.years:
            terms: Terms = [(x.running[s, t], 1.0) for s in together]
            terms += [near for s in together for near in slack(x.too_near, (s, t), -1.0)]
            # facilities are whole: what is left of a deviation is too
            allowed = 1.0 + float(np.ceil(problem.narrowing(t) * over - 1e-9))
            yield Row(("near", *together, t), terms, "<=", allowed)


def too_near_together(problem: Problem) -> list[tuple[str, ...]]:
    """Return the maximal cliques of two sites or more in the graph of sites too near to each other.

    A row per clique says what a row per pair says, and bounds the relaxation closer.
    """
    least = problem.policies.facilities_kept_apart.distance.value
    codes = list(dict.fromkeys(s for s, _ in problem.places_at))
    spot = problem.sites.loc[codes, ["x", "y"]].to_numpy(dtype=float)
    apart = np.hypot(*(spot[:, None, :] - spot[None, :, :]).transpose(2, 0, 1))
    near = nx.Graph(
        (codes[m], codes[n]) for m, n in zip(*np.nonzero(np.triu(apart < least, k=1)), strict=True)
    )
    return sorted(tuple(sorted(clique)) for clique in nx.find_cliques(near))


@rule(
    "policy",
    ("neighbourhood", "year"),
    "homes",
    nl="Wie thuis hulp nodig kan hebben, woont waar die snel kan komen.",
    en="Whoever may need help at home lives where it can come soon.",
)
def help_within_reach(problem: Problem, x: Decisions) -> Iterator[Row]:
    """Σ_k∈homes h[j,k,t] ≤ all homes there can be in j by t · Σ y[s,k,t] over the staffed tiers k
    at sites s within the response time of j + narrowing[t]·base homes[j] where none ran in the base.
    """
    policy = problem.policies.help_within_reach
    base, near = problem.homes.to_series().to_dict(), _help_near(problem)
    for j in problem.inhabited:
        helped = any(problem.base_places[at] for at in near[j])
        for t in problem.years:
            offered = sum(o.homes for o in problem.offers if j in o.neighbourhoods and o.year <= t)
            terms: Terms = [(x.homes[j, k, t], 1.0) for k in policy.homes]
            terms += [(x.operating[s, k, t], -(base[j] + offered)) for s, k in near[j]]
            if policy.homes:
                yield Row((j, t), terms, "<=", 0.0 if helped else problem.narrowing(t) * base[j])


def _help_near(problem: Problem) -> dict[str, list[tuple[str, str]]]:
    """Return neighbourhood → (site, tier) from which staff can come within the response time."""
    policy, minutes = problem.policies.help_within_reach, problem.region.minutes
    soon = minutes[minutes["minutes"] <= policy.response.value]
    pairs = set(zip(soon["origin"], soon["destination"], strict=True))
    staffed = [(s, k) for s, k in problem.places_at if k in policy.staffed]
    return {j: [(s, k) for s, k in staffed if (j, s) in pairs] for j in problem.inhabited}


@rule(
    "policy",
    ("account", "year"),
    "EUR",
    nl="De Wmo-kosten van een jaar blijven binnen de toegekende budgetten.",
    en="The Wmo costs of a year stay within the grants.",
)
def budget(problem: Problem, x: Decisions) -> Iterator[Row]:
    """Σ of all that is paid from the Wmo in t ≤ Σ grants[t] − support of personal budgets[t]
    + Σ place[k,t]·wlz_occupied[s,k] + over[t]; by municipality m: Σ of what m bears in t ≤ grant[m,t]
    − its personal budgets[t] + its part of the places of the Wlz[t] + over[m,t], shared costs on the
    base allocation; in years that have a grant; not grandfathered.
    """
    rows = _of_region(problem, x) if problem.accounts == (REGION,) else _of_municipalities(problem, x)
    for (account, t), (terms, bound) in rows.items():
        given = slack(x.over_budget, (account, t), -1.0)
        yield Row((account, t), [*terms, *given], "<=", problem.grants[account, t] - bound)


type _Sums = dict[tuple[str, int], tuple[Terms, float]]


def _of_region(problem: Problem, x: Decisions) -> _Sums:
    """Return (region, year) → what is paid from the Wmo; personal budgets in it less places of the Wlz."""
    spent = paid_from_the_wmo(problem, x, [t for _, t in problem.grants])
    return {(REGION, t): sums for t, sums in spent.items()}


def paid_from_the_wmo(problem: Problem, x: Decisions, years: Iterable[int]) -> dict[int, tuple[Terms, float]]:
    """Return year → what is paid from the Wmo, and the part that no decision changes, in nominal EUR."""
    spent: dict[int, Terms] = {t: [] for t in years}
    for term in paid(problem, x):
        if term.stream == WMO and term.year in spent:
            spent[term.year].append((term.variable, term.amount))
    own = problem.personal_budget.sum(["neighbourhood", "profile"]).to_series()
    own = own[[problem.stream_of[str(k)] == WMO for k in own.index]]
    each = problem.prices.support - problem.prices.contribution
    bound = {t: float((each[t].reindex(own.index) * own).sum()) for t in spent}
    for stream, t, eur in paid_by_the_wlz(problem):
        if stream == WMO and t in bound:
            bound[t] -= eur
    return {t: (terms, bound[t]) for t, terms in spent.items()}


def _of_municipalities(problem: Problem, x: Decisions) -> _Sums:
    """Return (municipality, year) → what it bears on the base allocation; none where it bears nothing."""
    allocation, towns = BaseAllocation(problem), problem.towns
    spent: dict[tuple[str, int], Terms] = {at: [] for at in problem.grants}
    for variable, t, borne in allocation.of(x, paid(problem, x)):
        for m in np.flatnonzero(borne):
            if (towns[m], t) in spent:
                spent[towns[m], t].append((variable, float(borne[m])))
    bound = {t: allocation.personal_budgets(t) - allocation.paid_by_the_wlz(t) for t in problem.years}
    return {(m, t): (terms, float(bound[t][towns.index(m)])) for (m, t), terms in spent.items() if terms}


@rule(
    "policy",
    ("provider", "year"),
    "places",
    nl="Geen aanbieder heeft meer dan een afgesproken deel van de plekken.",
    en="No provider has more than an agreed share of the places.",
)
def provider_share(problem: Problem, x: Decisions) -> Iterator[Row]:
    """Σ_s∈q,k z[s,k,t] ≤ share·Σ_s,k z[s,k,t] + narrowing[t]·max(0, base[q] − share·base) + over[q,t]."""
    share, own = problem.policies.provider_share.share.value, problem.provider_of
    base = problem.base_places
    for q in problem.providers:
        over = sum(places * ((own[s] == q) - share) for (s, _), places in base.items())
        for t in problem.years:
            terms: Terms = [(x.places[s, k, t], (own[s] == q) - share) for s, k in problem.places_at]
            allowed = problem.narrowing(t) * max(0.0, over)
            yield Row((q, t), [*terms, *slack(x.over_share, (q, t), -1.0)], "<=", allowed)


@rule(
    "policy",
    ("site", "year"),
    "places",
    nl="Plekken veranderen alleen in jaren waarin contracten worden vernieuwd.",
    en="Places change only in years in which contracts are renewed.",
)
def contract_nodes(problem: Problem, x: Decisions) -> Iterator[Row]:
    """Σ_k (a[s,k,t] + r[s,k,t] + Σ_m c[s,k,m,t]) ≤ between[s,t] in every year t that is no node."""
    nodes = renewals(problem)
    changes: dict[tuple[str, int], Terms] = {}
    for family in (x.added, x.removed, x.converted):
        for (s, *_, t), changed in family.items():
            changes.setdefault((s, t), []).append((changed, 1.0))
    for (s, t), terms in changes.items():
        if t not in nodes:
            yield Row((s, t), [*terms, *slack(x.between_nodes, (s, t), -1.0)], "<=", 0.0)


def renewals(problem: Problem) -> set[int]:
    """Return the years in which contracts are renewed: those named, then every renewal period."""
    policy, last = problem.policies.contract_nodes, problem.years[-1]
    named = policy.contract_ends
    later = range(max(named), last + 1, policy.renewal_years) if named else ()
    return {*named, *later}


@rule(
    "policy",
    ("site", "tier", "year"),
    "places",
    nl="Een woonvorm voor een kleine groep heeft in de regio genoeg plekken, of geen.",
    en="A tier for a small group has enough places in the region, or none.",
)
def specialist_scale(problem: Problem, x: Decisions) -> Iterator[Row]:
    """Σ_u z[u,k,t] ≥ least·y[s,k,t] − narrowing[t]·(least − base[k] where 0 < base[k] < least) − below[k,t]:
    where a tier runs at any site s, the sites u together have its least.
    """
    policy, base = problem.policies.specialist_scale, problem.base_places
    for k in policy.tiers:
        there = [s for s, tier in problem.places_at if tier == k]
        known = float(sum(base[s, k] for s in there))
        under = max(0.0, policy.least.value - known) if known else 0.0
        for s in there:
            for t in problem.years:
                least = policy.least.value - problem.narrowing(t) * under
                terms: Terms = [(x.places[u, k, t], 1.0) for u in there]
                terms.append((x.operating[s, k, t], -least))
                yield Row((s, k, t), [*terms, *slack(x.below_scale, (k, t), 1.0)], ">=", 0.0)


@rule(
    "policy",
    ("municipality", "year"),
    "fte",
    nl="Plekken en mensen vragen niet meer personeel dan er te krijgen is.",
    en="Places and people ask no more staff than can be had.",
)
def staff_within_reach(problem: Problem, x: Decisions) -> Iterator[Row]:
    """Σ_s∈m per_place[k]·z[s,k,t] + Σ_l∈m per_client[k]·f[i,l,k,t] ≤ available[m] + short[m,t];
    the same over all m ≤ in_region + Σ_m short[m,t]. Not grandfathered: nobody can be asked twice.
    """
    policy, town = problem.policies.staff_within_reach, problem.municipality_of
    host = {s: town[j] for s, j in problem.neighbourhood_of.items()}
    place = {k: fte.value for k, fte in policy.per_place.items()}
    client = {k: fte.value for k, fte in policy.per_client.items()}
    at_sites = set(problem.facility_tiers)
    asked: dict[tuple[str, int], Terms] = {(m, t): [] for m in problem.towns for t in problem.years}
    for (s, k, t), z in x.places.items():
        if place.get(k):
            asked[host[s], t].append((z, place[k]))
    for (_, at, k, t), f in x.housed.items():
        if client.get(k):
            asked[host[at] if k in at_sites else town[at], t].append((f, client[k]))
    short = {at: slack(x.short_staff, at, -1.0) for at in asked}
    for m, fte in policy.available.items():
        for t in problem.years:
            yield Row((m, t), [*asked[m, t], *short[m, t]], "<=", fte.value)
    for t in problem.years if policy.in_region else ():
        everywhere = [term for m in problem.towns for term in (*asked[m, t], *short[m, t])]
        yield Row(("region", t), everywhere, "<=", policy.in_region.value if policy.in_region else 0.0)


@rule(
    "policy",
    ("site", "tier", "year"),
    "places",
    nl="Plekken gaan pas weg als de opzegtermijn van contract en huur voorbij is.",
    en="Places go only after the notice of contract and lease has passed.",
)
def notice_before_closing(problem: Problem, x: Decisions) -> Iterator[Row]:
    """r[s,k,t] = 0 where 12·(t − base − 1) < notice: notice is given when the base year ends, and what
    goes in a year is gone from its first day. Conversions stay: building and provider do.
    """
    notice, first = problem.policies.notice_before_closing.notice.value, problem.base_year + 1
    for (s, k, t), removed in x.removed.items():
        if 12.0 * (t - first) < notice:
            yield Row((s, k, t), [(removed, 1.0)], "==", 0.0)


@rule(
    "policy",
    ("site", "year"),
    "sites",
    nl="Een locatie waarvan vaststaat dat zij open is of dicht gaat, is dat in het plan ook.",
    en="A site of which it is settled that it is open or goes, is so in the plan.",
)
def sites_run_as_settled(problem: Problem, x: Decisions) -> Iterator[Row]:
    """Σ_k y[s,k,t] + unsettled[s,t] ≥ 1 and Σ_k z[s,k,t] + unsettled[s,t] ≥ 1 where s is open,
    y[s,k,t] ≤ unsettled[s,t] where it is shut: open in every year and shut in the last where the site
    runs in the base, open in the last and shut in every year where it is a candidate.
    """
    policy, last = problem.policies.sites_run_as_settled, problem.years[-1]
    today = {s for (s, _), places in problem.base_places.items() if places > 0}
    tiers = {s: [k for site, k in problem.places_at if site == s] for s, _ in problem.places_at}
    for s in policy.open:
        for t in problem.years if s in today else (last,):
            given = slack(x.unsettled, (s, t), 1.0)
            for name, family in (("runs", x.operating), ("has", x.places)):
                terms: Terms = [(family[s, k, t], 1.0) for k in tiers[s]]
                yield Row((name, s, t), [*terms, *given], ">=", 1.0)
    for s in policy.shut:
        for t in (last,) if s in today else problem.years:
            for k in tiers[s]:
                given = slack(x.unsettled, (s, t), -1.0)
                yield Row((s, k, t), [(x.operating[s, k, t], 1.0), *given], "<=", 0.0)


CONDITIONS: tuple[Rule, ...] = (
    facilities_kept_apart,
    help_within_reach,
    budget,
    provider_share,
    contract_nodes,
    specialist_scale,
    staff_within_reach,
    notice_before_closing,
    sites_run_as_settled,
)
"""In the order of the design."""
