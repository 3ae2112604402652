"""Re-basing of a plan on observed counts, completed by planned ones.

The year of the last quarter that was counted becomes the base year, and the years after it are planned.
What a region states as a share of its base keeps its meaning: new clients stay as many, the path of the beds
and the most that may go in a year stay as many places.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd
import xarray as xr

from geodata.faults import Fault, InputError
from models.monitoring.actuals import Quarter
from models.monitoring.history import Counts
from models.parameters.parameters import WAITING, Parameters
from models.parameters.quantity import Quantity
from models.parameters.scenario import Override
from models.region.decisions import AgreedDecisions
from optimiser.manual_plan import decided_by
from optimiser.model.policies import reduction_path
from optimiser.plan import Plan

PLANNED = "as the plan has it; not counted"


@dataclass(frozen=True)
class Today:
    """The state of a region at the end of a quarter.

    Raises
    ------
    InputError
        Where no planned year is left after the quarter's.
    """

    plan: Plan
    counts: Counts
    quarter: Quarter

    def __post_init__(self) -> None:
        last = self.plan.problem.years[-1]
        if self.base >= last:
            expected = f"a quarter before {last}, the last year of the plan"
            remedy = "Nothing is left to plan: choose a later last year and make a new plan."
            raise InputError([Fault("--replan", f"counts of {self.quarter}", expected, remedy)])

    @property
    def base(self) -> int:
        """The new base year."""
        return self.quarter.year

    def ahead(self, decided: AgreedDecisions) -> AgreedDecisions:
        """Return the decisions of the years that are still to come."""
        return AgreedDecisions(
            tuple(one for one in decided.places if one.year > self.base),
            tuple(one for one in decided.homes if one.year > self.base),
        )

    @property
    def agreed(self) -> AgreedDecisions:
        """What is agreed for the years to come."""
        return self.ahead(self.plan.problem.region.agreed)

    @property
    def as_planned(self) -> AgreedDecisions:
        """What the plan decides for the years to come."""
        return self.ahead(decided_by(self.plan))

    # ------------------------------------------------------------------ people

    @cached_property
    def people(self) -> tuple[xr.DataArray, xr.DataArray]:
        """People (neighbourhood, profile, tier or waiting), and whether each number was counted."""
        problem = self.plan.problem
        order = ("neighbourhood", "profile", "tier")
        housed = self.plan.data["clients"].sel(year=self.base, drop=True).fillna(0.0).clip(min=0.0)
        without = self.plan.data["waiting"].sel(year=self.base, drop=True).fillna(0.0).clip(min=0.0)
        joined = xr.concat([housed, without.expand_dims(tier=[WAITING])], dim="tier")
        tiers = [*map(str, problem.tiers.index), WAITING]
        known = joined.sel(tier=tiers).transpose(*order).copy(deep=True)
        counted = xr.zeros_like(known, dtype=bool)
        for measure in ("clients", "waiting"):
            self._count(measure, known, counted)
        return known, counted

    def _count(self, measure: str, people: xr.DataArray, counted: xr.DataArray) -> None:
        """Bring people to what was counted, in the mix of the plan where a count does not tell it."""
        state = self.counts.state(self.quarter)
        rows = state[state["measure"] == measure]
        towns = set(rows["municipality"]) - {""} or set(self.plan.problem.towns)
        if rows.empty:
            return
        tiers = [WAITING] if measure == "waiting" else list(map(str, self.plan.problem.tiers.index))
        inside = {"neighbourhood": self._areas(towns), "tier": tiers}
        # who was never named where it was counted is nobody
        weights = people.loc[inside].copy(deep=True)
        people.loc[inside], counted.loc[inside] = 0.0, True
        for row in rows.to_dict("records"):
            cell: dict[str, list[str]] = {
                "neighbourhood": self._areas({row["municipality"]} if row["municipality"] else towns),
                "profile": [row["profile"]] if row["profile"] else list(self.plan.problem.profiles),
                "tier": [WAITING] if measure == "waiting" else [row["tier"]],
            }
            people.loc[cell] = self._spread(float(row["value"]), weights.loc[cell], cell)

    def _areas(self, towns: set[str]) -> list[str]:
        return [j for j, town in self.plan.problem.municipality_of.items() if town in towns]

    def _spread(self, count: float, weights: xr.DataArray, cell: Mapping[str, list[str]]) -> xr.DataArray:
        """Divide a count as the plan has people; where it has none, by inhabitants and who may live there."""
        if float(weights.sum()) <= 1e-9:
            problem = self.plan.problem
            allowed = {*problem.allowed, *((p, WAITING) for p in problem.profiles)}
            may = [[float((p, k) in allowed) for k in cell["tier"]] for p in cell["profile"]]
            people = problem.neighbourhoods.loc[cell["neighbourhood"], "inhabitants"].to_numpy(float)
            weights = weights.copy(data=people[:, None, None] * np.array(may)[None])
        return count * weights / float(weights.sum())

    # ------------------------------------------------------------------ places and homes

    @cached_property
    def places(self) -> dict[tuple[str, str], tuple[int, str]]:
        """(site, tier) → places, and the day on which they were counted ("" where they were not)."""
        state = self.counts.state(self.quarter)
        rows = state[state["measure"] == "places"].to_dict("records")
        counted = {(row["site"], row["tier"]): (int(row["value"]), str(row["as_of"])) for row in rows}
        planned = self.plan.data["places"].sel(year=self.base).to_series()
        return {at: counted.get(at, (round(float(planned[at])), "")) for at in self.plan.problem.places_at}

    def other_than_planned(self) -> dict[tuple[str, str], tuple[int, int]]:
        """Return (site, tier) → places planned and counted, where these differ."""
        planned = self.plan.data["places"].sel(year=self.base).to_series().round().astype(int)
        return {
            at: (int(planned[at]), places)
            for at, (places, _) in self.places.items()
            if places != int(planned[at])
        }

    @cached_property
    def under_way(self) -> dict[tuple[str, str, int], int]:
        """(site, tier, year) → places that are being built, if the plan was followed so far.

        What the plan adds within the time that building takes has been begun. What it has added and was
        not counted is late, and taken to be ready in the first year. What was counted above it came early:
        from conversions of the years to come, and what these do not account for from the building.
        """
        problem, first = self.plan.problem, self.base + 1
        found: dict[tuple[str, str, int], int] = {}
        added = self.plan.data["added"].fillna(0.0).to_series().round().astype(int)
        converted = self._converted()
        other = self.other_than_planned()
        for site, tier in problem.places_at:
            planned, counted = other.get((site, tier), (0, 0))
            so_far = sum(int(added[site, tier, t]) for t in problem.years if t <= self.base)
            late, early = min(max(0, planned - counted), so_far), max(0, counted - planned)
            lasts = problem.region.parameters.tiers[tier].building_years
            for year in range(first, min(self.base + lasts, problem.years[-1]) + 1):
                early = max(0, early - converted.get((site, tier, year), 0))
                begun = int(added[site, tier, year]) + (late if year == first else 0)
                found[site, tier, year] = max(0, begun - early)
                early = max(0, early - begun)
            if late and not lasts:
                found[site, tier, first] = late
        return {at: places for at, places in found.items() if places}

    def _converted(self) -> dict[tuple[str, str, int], int]:
        """Return (site, tier, year) → places that arrive by conversion in the plan."""
        found: dict[tuple[str, str, int], int] = {}
        moved = self.plan.data["converted"].fillna(0.0)
        for (site, tier, to), ratio in self.plan.problem.ratios.items():
            for year in self.plan.problem.years:
                places = round(float(moved.sel(site=site, tier=tier, to_tier=to, year=year)) * ratio)
                found[site, to, year] = found.get((site, to, year), 0) + places
        return found

    @cached_property
    def homes(self) -> tuple[dict[str, float], str]:
        """Municipality → homes in use, and the day of the count ("" where they were not counted).

        Where they were not, they are at least as many as people were counted to live in.
        """
        data, problem = self.plan.data, self.plan.problem
        by_area = data["homes"].sel(year=self.base).fillna(0.0).sum("tier").to_series()
        town = by_area.index.map(problem.municipality_of)
        planned = by_area.groupby(town).sum().reindex(problem.towns, fill_value=0.0)
        state = self.counts.state(self.quarter)
        rows = state[state["measure"] == "homes"]
        if rows.empty:
            people, counted = (one.sel(tier=list(problem.home_tiers)) for one in self.people)
            least = float(people.sum()) if bool(counted.any()) else 0.0
            part = max(1.0, least / float(planned.sum())) if planned.sum() > 0 else 1.0
            return {str(m): float(h) * part for m, h in planned.items()}, ""
        day = str(rows["as_of"].min())
        if rows["municipality"].eq("").all():
            weights = planned if planned.sum() > 0 else pd.Series(1.0, planned.index)
            each = weights * float(rows["value"].sum()) / float(weights.sum())
            return {str(m): float(h) for m, h in each.items()}, day
        counts = rows.groupby("municipality")["value"].sum()
        return {str(m): float(counts.get(m, h)) for m, h in planned.items()}, day

    @cached_property
    def homes_by_place(self) -> dict[tuple[str, str], float]:
        """(corporation, neighbourhood or municipality) → homes of the base and those planned since."""
        region, weights = self.plan.problem.region, dict[tuple[str, str], float]()
        base = region.homes[region.homes["year"] == region.parameters.years.base]
        for row in base.to_dict("records"):
            place = row["neighbourhood"] if isinstance(row["neighbourhood"], str) else row["municipality"]
            at = (str(row["corporation"]), str(place))
            weights[at] = weights.get(at, 0.0) + float(row["homes"])
        handed = self.plan.data["new_homes"].fillna(0.0)
        for offer in self.plan.problem.offers:
            if offer.year <= self.base:
                each = handed.sel(corporation=offer.corporation, year=offer.year)
                new = float(each.sel(neighbourhood=list(offer.neighbourhoods)).sum())
                at = (offer.corporation, offer.place)
                weights[at] = weights.get(at, 0.0) + new
        return weights

    # ------------------------------------------------------------------ numbers

    @cached_property
    def parameters(self) -> Parameters:
        """The numbers of the region with the new base year; shares of the base mean what they did."""
        old, origin = self.plan.problem.region.parameters, f"monitor {self.quarter}"
        inflow = old.pathway.inflow
        share = self._rescaled(inflow.share, self._inflow_factor(), origin)
        pathway = old.pathway.model_copy(update={"inflow": inflow.model_copy(update={"share": share})})
        policies = old.policies.model_copy(
            update={
                "intramural_reduction": self._reduction(origin),
                "replacement_before_closure": self._closure(origin),
            }
        )
        return old.model_copy(
            update={
                "years": old.years.model_copy(update={"base": self.base}),
                "pathway": pathway,
                "policies": policies,
                "checks": old.checks.model_copy(update={"clients": {}}),
            }
        )

    @cached_property
    def overrides(self) -> tuple[Override, ...]:
        """What `parameters` changes, on record as any other change."""
        old, new, origin = self.plan.problem.region.parameters, self.parameters, f"monitor {self.quarter}"
        before, after = old.policies.intramural_reduction, new.policies.intramural_reduction
        pairs: dict[str, tuple[Any, Any]] = {
            "years.base": (old.years.base, new.years.base),
            "pathway.inflow.share": (old.pathway.inflow.share.value, new.pathway.inflow.share.value),
            "policies.intramural_reduction.by_end": (before.by_end.value, after.by_end.value),
            "policies.replacement_before_closure.most_per_year": (
                old.policies.replacement_before_closure.most_per_year.value,
                new.policies.replacement_before_closure.most_per_year.value,
            ),
        }
        pairs |= {
            f"policies.intramural_reduction.path.{year}": (
                before.path[year].value if year in before.path else None,
                share.value,
            )
            for year, share in after.path.items()
        }
        return tuple(Override(key, was, now, origin) for key, (was, now) in pairs.items() if was != now)

    def _inflow_factor(self) -> float:
        """Return by what the yearly inflow is another share of the people of today than of those then."""
        problem = self.plan.problem
        before = float(problem.clients.sum() + problem.waiting.sum())
        now = float(self.people[0].sum())
        trend = problem.region.parameters.pathway.inflow.trend.value
        steps = self.base - problem.base_year
        return before / now * (1.0 + trend) ** steps if now > 0 else 1.0

    def _beds(self) -> tuple[float, float, float]:
        """Return intramural places of the base then and now, and those that the Wlz occupies."""
        problem = self.plan.problem
        then = float(sum(problem.base_places[at] for at in problem.intramural_at))
        now = float(sum(self.places[at][0] for at in problem.intramural_at))
        return then, now, float(sum(problem.wlz_occupied[at] for at in problem.intramural_at))

    def _reduction(self, origin: str) -> Any:
        """Return the policy whose path has as many places as before, and never more than today."""
        problem = self.plan.problem
        policy = problem.policies.intramural_reduction
        then, now, occupied = self._beds()
        left = {t: (1.0 - gone) * (then - occupied) for t, gone in reduction_path(problem).items()}
        share = {
            t: float(np.clip(1.0 - beds / (now - occupied), 0.0, 1.0)) if now > occupied else 0.0
            for t, beds in left.items()
            if t > self.base
        }
        note = f"as many places as before, of those of {self.base}"
        path = {
            t: Quantity(value=round(part, 6), unit="share", source=origin, note=note)
            for t, part in share.items()
        }
        last = problem.years[-1]
        return policy.model_copy(update={"by_end": path.pop(last), "path": path})

    def _closure(self, origin: str) -> Any:
        policy = self.plan.problem.policies.replacement_before_closure
        then, now, _ = self._beds()
        most = self._rescaled(policy.most_per_year, then / now if now > 0 else 1.0, origin)
        return policy.model_copy(update={"most_per_year": most})

    @staticmethod
    def _rescaled(share: Quantity, factor: float, origin: str) -> Quantity:
        def of(value: float | None) -> float | None:
            return None if value is None else round(min(1.0, value * factor), 6)

        note = f"was {share.value:g} of an earlier base; as many people or places"
        known = {"value": of(share.value), "low": of(share.low), "high": of(share.high)}
        return share.model_copy(update={**known, "source": origin, "note": note})
