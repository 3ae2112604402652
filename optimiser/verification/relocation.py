"""Residents of a plan, verified: who left a house, why, and how many had to move."""

from collections.abc import Iterator

import numpy as np
import xarray as xr

from optimiser.problem import Problem
from optimiser.verification.violation import Violation, at_sites, broken, year_before

RULE = "residents_stay"


def residents(problem: Problem, data: xr.Dataset) -> Iterator[Violation]:
    """Fewer people in a house than last year have died, left, asked to move on, or are relocated."""
    if problem.policies.residents_stay.mode == "off":
        if RULE in data["part"].values:
            yield from broken(
                f"points of {RULE}", data["weight"].sel(part=RULE, drop=True), "points", both=True
            )
        return
    now = _residents(problem, data)
    before = year_before(problem, now, _of_the_base(problem, data))
    relocated, natural, asked = (data[name] for name in ("relocated", "natural_leavers", "asked_moves"))
    for name, moved in (("relocated", relocated), ("natural_leavers", natural), ("asked_moves", asked)):
        yield from broken(
            f"{RULE}: {name} without residents", moved.where(~_counts(problem, data), 0.0), "clients"
        )
    yield from broken(RULE, before - now - natural - asked - relocated, "clients")
    yield from _leavers(problem, data, before)
    most = problem.policies.residents_stay.most_per_year
    if most is not None or problem.policies.residents_stay.mode == "hard":
        limit = most.value if most is not None else 0.0
        yield from broken(RULE, relocated.sum(["site", "tier"]) - limit, "clients")


def _leavers(problem: Problem, data: xr.Dataset, before: xr.DataArray) -> Iterator[Violation]:
    """No more leave by themselves than the pathway says, nor ask to move than leave a tier that misfits."""
    gone = problem.exits.sum("exit").sel(tier=data["tier"].values)
    lived = year_before(problem, data["clients"].sum("neighbourhood"), problem.clients.sum("neighbourhood"))
    natural, asked = data["natural_leavers"], data["asked_moves"]
    yield from broken(RULE, natural.sum("site") - (lived * gone).sum("profile"), "natural leavers")
    yield from broken(RULE, natural - gone.max("profile") * before, "natural leavers of a site")
    unfit = (data["left"].sum("neighbourhood") * (1.0 - _fitting(problem, data))).sum("profile")
    yield from broken(RULE, asked.sum("site") - unfit, "asked moves")
    most = problem.policies.residents_stay.most_asked.value
    yield from broken(RULE, asked - most * before, "asked moves of a site")
    yield from broken(
        RULE, _unpriced(problem, data) - data["priced_relocations"], "relocations without a price"
    )


def recomputed_moves(problem: Problem, data: xr.Dataset) -> dict[str, xr.DataArray]:
    """Return the points (year) of people who must move, and of those whose need asks it; none where off."""
    policy = problem.policies.residents_stay
    if policy.mode == "off":
        return {}
    price = min(policy.price.value, 0.99 * problem.steering.unasked_move)
    paid = price * data["priced_relocations"].sum("tier")
    return {RULE: paid + policy.asked.value * data["asked_moves"].sum(["site", "tier"])}


def _unpriced(problem: Problem, data: xr.Dataset) -> xr.DataArray:
    """Return (tier, year) those relocated beyond the moves out of a fitting tier, which have a price."""
    unasked = (data["left"].sum("neighbourhood") * _fitting(problem, data)).sum("profile")
    counted = xr.DataArray(
        [float(k in _tiers(problem)) for k in data["tier"].values], coords={"tier": data["tier"]}, dims="tier"
    )
    return (data["relocated"].sum("site") - unasked) * counted


def _residents(problem: Problem, data: xr.Dataset) -> xr.DataArray:
    """Return (site, tier, year) the people housed there."""
    there = np.zeros([data.sizes[name] for name in ("site", "tier", "year")])
    site, tier = ({label: n for n, label in enumerate(data[name].values)} for name in ("site", "tier"))
    housed = data["housed"].transpose("pair", "year").to_numpy()
    for n, (at, k) in enumerate(zip(data["location"].values, data["pair_tier"].values, strict=True)):
        if k in _tiers(problem):
            there[site[at], tier[k]] += housed[n]
    labels = {name: data[name].values for name in ("site", "tier", "year")}
    return xr.DataArray(there, coords=labels, dims=tuple(labels))


def _of_the_base(problem: Problem, data: xr.Dataset) -> xr.DataArray:
    """Return (site, tier) the residents of the base year: a tier's people by the places of the Wmo."""
    places = at_sites(problem, "base", data) - at_sites(problem, "wlz_occupied", data)
    places = places.clip(min=0.0).where(_counts(problem, data), 0.0)
    people = problem.clients.sum(["neighbourhood", "profile"]).sel(tier=data["tier"].values)
    total = places.sum("site")
    return places / total.where(total > 0.0, 1.0) * people


def _tiers(problem: Problem) -> set[str]:
    facility = problem.tiers["setting"] == "facility"
    return set(problem.tiers.index[facility & (problem.tiers["stream"] != "MO")])


def _counts(problem: Problem, data: xr.Dataset) -> xr.DataArray:
    """Return (site, tier) whether there are or may be residents."""
    known = set(problem.site_tiers.index)
    tiers = _tiers(problem)
    flags = [[(s, k) in known and k in tiers for k in data["tier"].values] for s in data["site"].values]
    labels = {"site": data["site"].values, "tier": data["tier"].values}
    return xr.DataArray(
        np.array(flags, dtype=bool).reshape(len(flags), -1), coords=labels, dims=tuple(labels)
    )


def _fitting(problem: Problem, data: xr.Dataset) -> xr.DataArray:
    labels = {"profile": data["profile"].values, "tier": data["tier"].values}
    fits = [[float((p, k) in problem.fits) for k in labels["tier"]] for p in labels["profile"]]
    return xr.DataArray(fits, coords=labels, dims=tuple(labels))
