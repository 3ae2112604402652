"""Relocation: residents of a site who must move because its places go or are needed for others."""

from collections.abc import Iterator

from optimiser.assembly.money import points_of
from optimiser.model.formulation import POINTS, CostTerm
from optimiser.model.variables import Decisions
from optimiser.problem import Problem
from optimiser.rule import Row, Terms, rule


@rule(
    "policy",
    ("site", "tier", "year"),
    "clients",
    nl="Bewoners die moeten verhuizen omdat hun plek verdwijnt, tellen mee, en het zijn er weinig.",
    en="Residents who must move because their place goes are counted, and they are few.",
)
def residents_stay(problem: Problem, x: Decisions) -> Iterator[Row]:
    """F[s,k,t] = Σ_i f[i,s,k,t]; of the base: the tier's people by places less those of the Wlz;
    relocated[s,k,t] ≥ F[s,k,t−1] − natural[s,k,t] − asked[s,k,t] − F[s,k,t];
    Σ_s natural[s,k,t] ≤ Σ_i,p exits[k,p]·n[i,p,k,t−1]; natural[s,k,t] ≤ max_p exits[k,p]·F[s,k,t−1];
    Σ_s asked[s,k,t] ≤ Σ_i, p that k does not fit left[i,p,k,t]; asked[s,k,t] ≤ most_asked·F[s,k,t−1];
    priced[k,t] ≥ Σ_s relocated[s,k,t] − Σ_i, p that k fits left[i,p,k,t];
    Σ_s,k relocated[s,k,t] ≤ most_per_year.
    """
    lived: dict[tuple[str, str, int], Terms] = {at: [(there, -1.0)] for at, there in x.residents.items()}
    for (_, s, k, t), f in x.housed.items():
        if (s, k, t) in lived:
            lived[s, k, t].append((f, 1.0))
    for at, terms in lived.items():
        yield Row(("lived", *at), terms, "==", 0.0)
    exits = problem.exits.sum("exit").to_series().to_dict()
    highest = {k: max(exits[k, p] for p in problem.profiles) for k in problem.resident_tiers}
    most_asked, first = problem.policies.residents_stay.most_asked.value, problem.years[0]

    def before(at: tuple[str, str, int], share: float) -> tuple[Terms, float]:
        s, k, t = at
        if t == first:
            return [], share * problem.base_residents[s, k]
        return [(x.residents[s, k, t - 1], share)], 0.0

    for at, moved in x.relocated.items():
        natural, asked = x.natural_leavers[at], x.asked_moves[at]
        terms, there = before(at, -1.0)
        leave: Terms = [(moved, 1.0), (natural, 1.0), (asked, 1.0), (x.residents[at], 1.0)]
        yield Row(at, [*leave, *terms], ">=", -there)
        for name, variable, share in (("natural", natural, highest[at[1]]), ("asked", asked, most_asked)):
            terms, there = before(at, -share)
            yield Row((name, *at), [(variable, 1.0), *terms], "<=", -there)
    yield from _by_tier(problem, x)
    yield from _in_one_year(problem, x)


def _by_tier(problem: Problem, x: Decisions) -> Iterator[Row]:
    """Σ over sites of those who leave naturally, ask to move, or are moved, against what people do."""
    exits = problem.exits.sum("exit").to_series().to_dict()
    base = problem.clients.to_series().to_dict()
    left: dict[tuple[str, int, bool], Terms] = {}
    for (_, p, k, t), gone in x.left.items():
        left.setdefault((k, t, (p, k) in problem.fits), []).append((gone, -1.0))
    leaving: dict[tuple[str, int], Terms] = {}
    for (_, p, k, t), n in x.clients.items():
        if exits[k, p]:
            leaving.setdefault((k, t + 1), []).append((n, -exits[k, p]))
    for (k, t), priced in x.priced_relocations.items():
        sites = [s for s, tier in problem.residents_at if tier == k]
        known = 0.0
        if t == problem.years[0]:
            known = sum(exits[k, p] * base[i, p, k] for i in problem.areas for p in problem.profiles)
        naturally: Terms = [(x.natural_leavers[s, k, t], 1.0) for s in sites]
        asked: Terms = [(x.asked_moves[s, k, t], 1.0) for s in sites]
        moved: Terms = [(x.relocated[s, k, t], -1.0) for s in sites]
        if sites:
            yield Row(("all natural", k, t), [*naturally, *leaving.get((k, t), ())], "<=", known)
            yield Row(("all asked", k, t), [*asked, *left.get((k, t, False), ())], "<=", 0.0)
            unasked = [(gone, 1.0) for gone, _ in left.get((k, t, True), ())]
            yield Row(("priced", k, t), [(priced, 1.0), *moved, *unasked], ">=", 0.0)


def _in_one_year(problem: Problem, x: Decisions) -> Iterator[Row]:
    policy = problem.policies.residents_stay
    limit = policy.most_per_year.value if policy.most_per_year else 0.0
    if policy.most_per_year or policy.mode == "hard":
        for t in problem.years:
            moved: Terms = [(one, 1.0) for (_, _, year), one in x.relocated.items() if year == t]
            yield Row(("in one year", t), moved, "<=", limit)


def moves(problem: Problem, x: Decisions) -> Iterator[CostTerm]:
    """Once: Σ min(price, 0.99·unasked move)·priced[k,t] + Σ asked·asked[s,k,t], indexed like euros."""
    policy = problem.policies.residents_stay
    for (_, t), priced in x.priced_relocations.items():
        yield CostTerm("residents_stay", POINTS, t, priced, problem.relocation_price(t), once=True)
    for (_, _, t), asked in x.asked_moves.items():
        points = points_of(policy.asked, t, problem.region.parameters)
        yield CostTerm("residents_stay", POINTS, t, asked, points, once=True)
