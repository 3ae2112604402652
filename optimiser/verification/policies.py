"""Verification of the policies on places: reduction, concentration, fairness, distance, providers, scale."""

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from models.region.decisions import DecidedHomes, DecidedPlaces
from optimiser.verification.arrays import PlanArrays, positions
from optimiser.verification.violation import PEOPLE, Floats, Violation, exceeds

RUNS = 0.5
"""From which value a 0–1 variable counts as 1."""


def reduction(plan: PlanArrays) -> Iterator[Violation]:
    """Check the intramural places of the Wmo against the path of the base."""
    problem, policy = plan.problem, plan.problem.policies.intramural_reduction
    if policy.mode == "off":
        return
    open_to_wmo = (plan["places"] - plan["wlz_occupied"][..., None])[:, plan.beds].sum(axis=(0, 1))
    base = (plan.base - plan["wlz_occupied"])[:, plan.beds].sum()
    points = {problem.base_year: 0.0, problem.years[-1]: policy.by_end.value}
    points |= {year: share.value for year, share in policy.path.items()}
    gone = np.interp(plan.years, sorted(points), [points[year] for year in sorted(points)])
    over = open_to_wmo - (1.0 - gone) * base - plan["short_reduction"]
    yield from exceeds("intramural_reduction", over, "places", plan.labels["t"])


def concentration(plan: PlanArrays) -> Iterator[Violation]:
    """Check the weighted places of every neighbourhood by each measure of the policy."""
    problem, policy = plan.problem, plan.problem.policies.neighbourhood_concentration
    if policy.mode == "off":
        return
    weight = plan.of_tiers("concentration_weight")
    base, now = plan.base @ weight, np.einsum("skt,k->st", plan["places"], weight)
    weighed = plan.facility & (weight > 0)
    somewhere = weighed & plan.mask("k", problem.site_tiers.index.get_level_values("tier"))
    smallest = plan.of_tiers("least")[somewhere].min() if somewhere.any() else 0.0
    for measure in policy.measures:
        here = np.unique(plan.area_of) if measure == "share" else np.arange(len(plan.labels["j"]))
        then, over = (
            _over_the_norm(plan, load, measure, float(smallest))[here] for load in (base[:, None], now)
        )
        over = over - plan.narrowing * np.maximum(then, 0.0) - plan["excess"][here]
        areas = [plan.labels["j"][n] for n in here]
        yield from exceeds("neighbourhood_concentration", over, "weighted places", areas, plan.labels["t"])


def _over_the_norm(plan: PlanArrays, load: Floats, measure: str, smallest: float) -> Floats:
    """Return (neighbourhood, …) the weighted places (site, …) above what a measure lets it carry."""
    problem, policy = plan.problem, plan.problem.policies.neighbourhood_concentration
    capacity = problem.neighbourhoods["carrying_capacity"].to_numpy(dtype=float)
    inside = np.zeros((len(plan.labels["j"]), *load.shape[1:]))
    np.add.at(inside, plan.area_of, load)
    if measure == "share" and policy.most_share:
        share = np.minimum(policy.most_share.value * capacity, 1.0)
        everywhere = plan.by_town(inside)[plan.town_of]
        return inside - smallest - share[:, None] * (everywhere - smallest)
    inhabitants = problem.neighbourhoods["inhabitants"].to_numpy(dtype=float)
    norm = policy.own_norm
    if measure == "around":
        near = _near(plan)
        inside, inhabitants, norm = near @ inside, near @ inhabitants, policy.norm
    carried = (norm.value if norm else 0.0) * inhabitants / 1000.0
    return np.asarray(inside - np.maximum(carried * capacity, smallest)[:, None])


def _near(plan: PlanArrays) -> Floats:
    """Return (neighbourhood, neighbourhood) 1 where the second is the first or its neighbour."""
    at = {code: n for n, code in enumerate(plan.labels["j"])}
    near = np.zeros((len(at), len(at)))
    for code, around in plan.problem.around.items():
        near[at[code], [at[other] for other in around]] = 1.0
    return near


def fairness(plan: PlanArrays) -> Iterator[Violation]:
    """Check the places of every municipality against the band around its fair share."""
    problem, policy = plan.problem, plan.problem.policies.fair_share_between_municipalities
    if policy.mode == "off":
        return
    share, band = problem.municipalities["share"].to_numpy(dtype=float)[:, None], policy.band.value
    counted = ~plan.shelter
    town = plan.town_of[plan.area_of]

    def beyond(places: Floats) -> tuple[Floats, Floats]:
        there, fair = plan.by_town(places, town), share * places.sum(axis=0)
        return there - fair * (1.0 + band), fair * (1.0 - band) - there

    base = beyond(plan.base[:, counted].sum(axis=1)[:, None])
    for now, then in zip(beyond(plan["places"][:, counted].sum(axis=1)), base, strict=True):
        over = now - plan.narrowing * np.maximum(then, 0.0) - plan["unfair"]
        rule = "fair_share_between_municipalities"
        yield from exceeds(rule, over, "places", plan.labels["m"], plan.labels["t"])


def apart(plan: PlanArrays) -> Iterator[Violation]:
    """Check that of facilities that are all near each other no more than one runs."""
    problem, policy = plan.problem, plan.problem.policies.facilities_kept_apart
    if policy.mode == "off":
        return
    here = plan.mask("s", problem.site_tiers.index.get_level_values("site"))
    codes = [code for code, inside in zip(plan.labels["s"], here, strict=True) if inside]
    x, y = (problem.sites[name].to_numpy(dtype=float)[here] for name in ("x", "y"))
    near = np.hypot(x[:, None] - x, y[:, None] - y) < policy.distance.value
    np.fill_diagonal(near, val=False)
    runs = (plan["operating"][here] > RUNS).any(axis=1) - plan["too_near"][here]
    base = (plan.base[here] > 0).any(axis=1)
    for together in _cliques(near, set(), set(range(len(codes))), set()):
        if len(together) < 2:
            continue
        more = max(0.0, float(base[together].sum()) - 1.0)
        over = runs[together].sum(axis=0) - 1.0 - np.ceil(plan.narrowing * more - 1e-9)
        sites = "+".join(str(codes[n]) for n in together)
        yield from exceeds("facilities_kept_apart", over[None], "facilities", [sites], plan.labels["t"])


def _cliques(near: NDArray[np.bool_], group: set[int], may: set[int], seen: set[int]) -> Iterator[list[int]]:
    """Generate the groups, all near each other, to which none can be added (Bron and Kerbosch)."""
    if not may and not seen:
        yield sorted(group)
        return
    pivot = max(may | seen, key=lambda n: len(may & set(np.flatnonzero(near[n]))))
    for n in sorted(may - set(np.flatnonzero(near[pivot]))):
        around = set(np.flatnonzero(near[n]).tolist())
        yield from _cliques(near, group | {n}, may & around, seen & around)
        may, seen = may - {n}, seen | {n}


def help_near(plan: PlanArrays) -> Iterator[Violation]:
    """Check that supported homes lie within the response time of a staffed base."""
    problem, policy = plan.problem, plan.problem.policies.help_within_reach
    if policy.mode == "off":
        return
    areas, sites = plan.labels["j"], plan.labels["s"]
    minutes = problem.region.minutes
    soon = (minutes["minutes"] <= policy.response.value).to_numpy(dtype=bool)
    origin = positions(areas, minutes["origin"].to_numpy()[soon])
    destination = positions(sites, minutes["destination"].to_numpy()[soon])
    there = (origin >= 0) & (destination >= 0)
    reached = np.zeros((len(areas), len(sites)), dtype=bool)
    reached[origin[there], destination[there]] = True
    staffed = plan.mask("k", policy.staffed)
    runs = (plan["operating"][:, staffed] > RUNS).any(axis=1)
    ran = (plan.base[:, staffed] > 0).any(axis=1)
    helped, was_helped = reached.astype(float) @ runs > 0, reached.astype(float) @ ran > 0
    homes = plan["homes"][:, plan.mask("k", policy.homes)].sum(axis=1)
    left = plan.narrowing * np.where(was_helped, 0.0, plan.base_homes)[:, None]
    over = (homes - left) * ~helped
    inhabited = plan.mask("j", problem.inhabited)
    codes = [code for code, inside in zip(areas, inhabited, strict=True) if inside]
    yield from exceeds("help_within_reach", over[inhabited], "homes", codes, plan.labels["t"])


def providers(plan: PlanArrays) -> Iterator[Violation]:
    """Check the share of the region's places that each provider has."""
    problem, policy = plan.problem, plan.problem.policies.provider_share
    if policy.mode == "off":
        return
    names = problem.sites["provider"].to_numpy(dtype=object)
    own = np.array([names == q for q in plan.labels["q"]], dtype=float).reshape(-1, len(names))
    now, base = plan["places"].sum(axis=1), plan.base.sum(axis=1)[:, None]
    over, then = (own @ places - policy.share.value * places.sum(axis=0) for places in (now, base))
    over = over - plan.narrowing * np.maximum(then, 0.0) - plan["over_share"]
    yield from exceeds("provider_share", over, "places", plan.labels["q"], plan.labels["t"])


def renewals(plan: PlanArrays) -> Iterator[Violation]:
    """Check that places change only in the years in which contracts end."""
    policy = plan.problem.policies.contract_nodes
    if policy.mode == "off":
        return
    last = max(policy.contract_ends, default=plan.problem.years[-1])
    between = [
        n
        for n, t in enumerate(plan.problem.years)
        if t not in policy.contract_ends and not (t > last and (t - last) % policy.renewal_years == 0)
    ]
    changed = (plan["added"] + plan.gone).sum(axis=1) - plan["between_nodes"]
    years = [plan.problem.years[n] for n in between]
    yield from exceeds("contract_nodes", changed[:, between], "places", plan.labels["s"], years)


def scale(plan: PlanArrays) -> Iterator[Violation]:
    """Check that a tier for a small group has its least places in the region, or none."""
    policy = plan.problem.policies.specialist_scale
    if policy.mode == "off":
        return
    tiers = list(policy.tiers)
    at = [plan.labels["k"].index(k) for k in tiers]
    now, base = plan["places"][:, at].sum(axis=0), plan.base[:, at].sum(axis=0)
    under = np.where(base > 0, np.maximum(policy.least.value - base, 0.0), 0.0)
    short = policy.least.value - plan.narrowing * under[:, None] - now - plan["below_scale"][at]
    runs = (plan["operating"][:, at] > RUNS).any(axis=0)
    yield from exceeds("specialist_scale", short * runs, "places", tiers, plan.labels["t"])


def staff(plan: PlanArrays) -> Iterator[Violation]:
    """Check the staff that places and homes ask for against the staff that can be had."""
    policy = plan.problem.policies.staff_within_reach
    if policy.mode == "off":
        return
    tiers = plan.labels["k"]
    place, client = (
        np.array([asked[str(k)].value if k in asked else 0.0 for k in tiers])
        for asked in (policy.per_place, policy.per_client)
    )
    pairs = plan.pairs
    where = np.where(pairs.site >= 0, plan.area_of[pairs.site], pairs.area)
    at_home = np.einsum("jkt,k->jt", plan.housed_by(where, len(plan.labels["j"])), client)
    at_sites = np.zeros_like(at_home)
    np.add.at(at_sites, plan.area_of, np.einsum("skt,k->st", plan["places"], place))
    over = plan.by_town(at_home + at_sites) - plan["short_staff"]
    for m, fte in policy.available.items():
        row = over[plan.labels["m"].index(m)] - fte.value
        yield from exceeds("staff_within_reach", row[None], "fte", [m], plan.labels["t"])
    if policy.in_region:
        total = over.sum(axis=0) - policy.in_region.value
        yield from exceeds("staff_within_reach", total, "fte in the region", plan.labels["t"])


def notice(plan: PlanArrays) -> Iterator[Violation]:
    """Check that no place goes before the notice is over; what goes in a year is gone from its first day."""
    policy = plan.problem.policies.notice_before_closing
    if policy.mode == "off":
        return
    months = 12.0 * (plan.years - plan.problem.base_year - 1)
    early = plan["removed"] * (months < policy.notice.value)
    yield from exceeds("notice_before_closing", early, "places", *_labels(plan, "skt"))


def _labels(plan: PlanArrays, axes: str) -> tuple[Sequence[object], ...]:
    return tuple(plan.labels[axis] for axis in axes)


def settled(plan: PlanArrays) -> Iterator[Violation]:
    """Check which sites are open, by their places and not by what is said to run."""
    policy = plan.problem.policies.sites_run_as_settled
    if policy.mode == "off":
        return
    is_open = plan["places"].sum(axis=1) > RUNS
    base, last = plan.base.sum(axis=1)[:, None] > 0, plan.years == plan.problem.years[-1]
    lacks, has = ~is_open & (base | last), is_open & (~base | last)
    for off, named in ((lacks, policy.open), (has, policy.shut)):
        sites = list(named)
        at = [plan.labels["s"].index(s) for s in sites]
        over = off[at] - plan["unsettled"][at]
        yield from exceeds("sites_run_as_settled", over, "sites", sites, plan.labels["t"])


def agreed(plan: PlanArrays) -> Iterator[Violation]:
    """Check what was agreed or wished against the plan; a departure must be stated as one."""
    if plan.problem.policies.agreed_decisions_are_kept.mode == "off":
        return
    for one in (*plan.problem.agreed.every, *plan.problem.wished.every):
        year = plan.labels["t"].index(one.year)
        stated = plan["broken_agreements"][plan.labels["g"].index(one.name), year]
        over = abs(_difference(plan, one, year)) - float(stated)
        if not over <= PEOPLE:
            yield Violation("agreed_decisions_are_kept", f"{one.name}, {one.year}", over, "places or homes")


def _difference(plan: PlanArrays, one: DecidedPlaces | DecidedHomes, year: int) -> float:
    """Return the places or homes of a plan less those of a decision."""
    if isinstance(one, DecidedPlaces):
        site, tier = plan.labels["s"].index(one.site), plan.labels["k"].index(one.tier)
        return float(plan["places"][site, tier, year]) - one.places
    if one.corporation not in plan.labels["c"]:
        return -float(one.homes)
    areas = positions(plan.labels["j"], list(one.neighbourhoods))
    return float(plan["new_homes"][plan.labels["c"].index(one.corporation), areas, year].sum()) - one.homes


CHECKS = (
    reduction, concentration, fairness, apart, help_near, providers, renewals, scale, staff, notice,
    settled, agreed,
)  # fmt: skip
