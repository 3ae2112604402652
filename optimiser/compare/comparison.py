"""Comparison of two plans: significance against the gaps, and who is better or worse off."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import product
from typing import Any

import numpy as np
import pandas as pd
import xarray as xr

from optimiser.model.model import Floats
from optimiser.plan import Plan, Proof, Status
from optimiser.problem import Problem
from optimiser.solve import PROVEN, NoPlanYet, solve

FARTHER_MIN = 5.0
"""Minutes by which a place lies farther, or nearer, before it counts: an assumption."""

COUNTS = ("better", "worse", "only_first", "only_second")
BY = ("about", "municipality", "profile")


@dataclass(frozen=True)
class Distance:
    """How far a second plan's objective lies from a first one's, and what the proofs leave open.

    `objective` is in discounted euros and points, `margin` the two proven gaps together in the
    same unit: each plan may lie that far above the best one of its own problem.
    """

    objective: float
    margin: float

    @classmethod
    def between(cls, first: Plan, second: Plan) -> "Distance":
        """Return the second plan's distance from the first."""
        proofs = first.proof, second.proof
        return cls(
            proofs[1].objective - proofs[0].objective,
            sum(proof.gap_eur for proof in proofs),
        )

    @property
    def is_distinguishable(self) -> bool:
        """Whether the difference is larger than the two gaps together."""
        return abs(self.objective) > self.margin

    @property
    def gap_needed(self) -> float:
        """How small the two gaps must be together for this difference to count, as an amount."""
        return abs(self.objective)


def common_years(first: Plan, second: Plan) -> list[int]:
    """Return the years that both plans plan."""
    return [int(t) for t in first.data["year"].values if t in second.data["year"].values]


def better_and_worse(first: Plan, second: Plan) -> pd.DataFrame:
    """Return by how many people the second plan is better and worse for those who come from somewhere.

    Index (about, municipality of origin, profile), columns better, worse, only_first and
    only_second, in client-years over the common years. About `place`: a person is worst off
    waiting, better off in a tier that does not fit the profile, best in one that does. About
    `minutes`: the place lies at least `FARTHER_MIN` nearer or farther; the plan does not say of
    which profile that person is, so profile is "". People have no names in a plan: of one
    neighbourhood (and profile) and year as many as can be are held to be the same in both plans,
    and the others are put in order from worst to best, the first compared with the first. Where
    the plans do not have equally many, the larger number is scaled to the smaller and the rest is
    `only` in one. Better and worse are never set off against each other.
    """
    years = common_years(first, second)
    rows = [*_places(first, second, years), *_minutes(first, second, years)]
    table = pd.DataFrame(rows, columns=[*BY, *COUNTS])
    return table.groupby(list(BY), sort=False).sum()


type Row = tuple[str | float, ...]


def _places(first: Plan, second: Plan, years: list[int]) -> Iterator[Row]:
    """Generate rows about having a place, and one that fits."""
    stands = [_standing(plan.problem, plan.data, years) for plan in (first, second)]
    one, other = xr.align(*stands, join="outer", fill_value=0.0)
    better, worse, only_one, only_other = _compared(one.values, other.values)
    town = first.problem.municipality_of
    areas, profiles = one["neighbourhood"].values, one["profile"].values
    for (i, area), (p, profile) in product(enumerate(areas), enumerate(profiles)):
        counts = (better, worse, only_one, only_other)
        yield "place", town[area], str(profile), *(float(count[i, p].sum()) for count in counts)


def _standing(problem: Problem, data: xr.Dataset, years: list[int]) -> xr.DataArray:
    """Return people by standing (the last dimension): waiting, in an unfitting tier, in a fitting one."""
    fits = xr.zeros_like(data["clients"].isel(neighbourhood=0, year=0, drop=True))
    for profile, tier in problem.fits:
        fits.loc[{"profile": profile, "tier": tier}] = 1.0
    clients, queue = data["clients"].sel(year=years), data["waiting"].sel(year=years)
    in_order = [queue, (clients * (1.0 - fits)).sum("tier"), (clients * fits).sum("tier")]
    stacked = xr.concat(in_order, dim="standing", coords="minimal", compat="override", join="exact")
    return stacked.transpose("neighbourhood", "profile", "year", "standing")


def _compared(one: Floats, other: Floats) -> tuple[Floats, Floats, Floats, Floats]:
    """Return (…) people better and worse off, and only in one or the other; standing is the last axis."""
    one, other, only_one, only_other = _changed(one, other)
    before, after = (np.cumsum(people, axis=-1)[..., :-1] for people in (one, other))
    return _covered(after, before), _covered(before, after), only_one, only_other


def _changed(one: Floats, other: Floats) -> tuple[Floats, Floats, Floats, Floats]:
    """Return (…, class) equally many people in both, less those who stay, and (…) those only in one."""
    totals = one.sum(axis=-1), other.sum(axis=-1)
    both = np.minimum(*totals)
    scaled = [
        people * np.where(total > 0, both / np.where(total > 0, total, 1.0), 0.0)[..., None]
        for people, total in zip((one, other), totals, strict=True)
    ]
    stay = np.minimum(*scaled)
    return scaled[0] - stay, scaled[1] - stay, totals[0] - both, totals[1] - both


def _covered(begins: Floats, ends: Floats) -> Floats:
    """Return the length covered by the intervals [begins, ends) of the last axis, which are in order."""
    reached = np.zeros(begins.shape[:-1])
    covered = np.zeros_like(reached)
    for n in range(begins.shape[-1]):
        start = np.maximum(begins[..., n], reached)
        covered += np.maximum(0.0, ends[..., n] - start)
        reached = np.maximum(reached, ends[..., n])
    return covered


def _minutes(first: Plan, second: Plan, years: list[int]) -> Iterator[Row]:
    """Generate rows about how far from their own neighbourhood people live."""
    one, other = (_housed(plan.data, years) for plan in (first, second))
    minutes = pd.concat([one["minutes"], other["minutes"]], axis=1).bfill(axis=1).iloc[:, 0].sort_index()
    people = [rows[years].reindex(minutes.index, fill_value=0.0) for rows in (one, other)]
    places = minutes.reset_index().groupby("origin").indices
    for area, town in first.problem.municipality_of.items():
        here = places.get(area, [])
        at = [table.to_numpy()[here].T for table in people]
        yield "minutes", town, "", *_moved(minutes.to_numpy()[here], at[0], at[1])


def _housed(data: xr.Dataset, years: list[int]) -> pd.DataFrame:
    """Return by (origin, location, tier) the minutes and the people of each year."""
    names = ("origin", "location", "pair_tier")
    index = pd.MultiIndex.from_arrays([data[name].values.astype(str) for name in names], names=names)
    frame = pd.DataFrame(data["housed"].transpose("pair", "year").values, index, data["year"].values)
    return frame[years].assign(minutes=data["travel_minutes"].values)


def _moved(minutes: Floats, one: Floats, other: Floats) -> tuple[float, float, float, float]:
    """Return client-years nearer and farther, and only in one plan or the other, of one origin.

    `minutes` is by place; `one` and `other` are people by (year, place).
    """
    farthest = np.argsort(-minutes, kind="stable")
    one, other, only_one, only_other = _changed(one[:, farthest], other[:, farthest])
    counts = np.array([_apart(minutes[farthest], a, b) for a, b in zip(one, other, strict=True)])
    nearer, farther = counts.sum(axis=0) if len(counts) else (0.0, 0.0)
    return float(nearer), float(farther), float(only_one.sum()), float(only_other.sum())


def _apart(minutes: Floats, one: Floats, other: Floats) -> tuple[float, float]:
    """Return how many live nearer and farther; the farthest in one goes with the farthest in the other."""
    until = one.cumsum(), other.cumsum()
    if not len(minutes) or until[0][-1] <= 0.0:
        return 0.0, 0.0
    edges = np.unique(np.concatenate([[0.0], *until]).clip(0.0, min(until[0][-1], until[1][-1])))
    middle, width = (edges[:-1] + edges[1:]) / 2.0, np.diff(edges)
    was, becomes = (minutes[np.searchsorted(known, middle)] for known in until)
    change = becomes - was
    return float(width[change <= -FARTHER_MIN].sum()), float(width[change >= FARTHER_MIN].sum())


def improved(plan: Plan, *, seconds: float, **limits: Any) -> Plan:
    """Return a plan solved on for a while: what is better of plan and bound; the same object if nothing is.

    `limits` are those of `optimiser.solve` but for the gap, which is asked to be nothing.
    """
    try:
        better = solve(plan.problem, gap=0.0, seconds=seconds, start=plan, **limits)
    except NoPlanYet:
        return plan
    best = better if better.proof.objective < plan.proof.objective else plan
    bound = max(better.proof.bound, plan.proof.bound)
    if best is plan and bound <= plan.proof.bound:
        return plan
    proof = replace(best.proof, bound=bound, asked_gap=plan.proof.asked_gap)
    return replace(best, proof=replace(proof, status=_status(proof)))


def _status(proof: Proof) -> Status:
    if proof.gap <= PROVEN:
        return "proven"
    return "within_gap" if proof.gap <= proof.asked_gap else "best_found"
