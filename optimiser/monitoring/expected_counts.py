"""Expected counts of a plan at the end of a quarter, with their uncertainty band.

A plan gives year averages. Stocks follow a straight line between the middles of two years, a flow is a
quarter of a year's. Places are decided and change on a day that the plan does not know: their band is what
lies between the figures of those two years. Around people there is a band of two parts:

* the ranges that `region.toml` states for inflow, moves and exits, drawn together
  (`models/demand/demand_draws.py`);
* chance: of n people of the base a binomial number is still there in the same profile and tier,
  and all others are a Poisson number. Flows are Poisson.

    count(cell, draw) ~ Binomial(⌈n⌉, kept / ⌈n⌉) + Poisson(expected · factor(draw) − kept),
    kept = min(n · stay^elapsed years, expected · factor(draw))

A place is lived in with the chance of its occupancy. Whoever does not fit waits, and who waits takes what is
free in a tier that suits up to what the plan expects there, wherever in the region that is. Around homes the
band is that of delivery (`models/demand/scenario_draws.py`).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import xarray as xr
from numpy.typing import NDArray
from scipy.stats import triang

from models.demand.demand_draws import demand_factors, drawn_pathways
from models.demand.forecast import forecast
from models.demand.pathway import yearly_rates
from models.demand.scenario_draws import LEAST_TO_MOST
from models.monitoring.actuals import QUARTERS, Quarter
from models.parameters.parameters import EXITS, WAITING, Pathway
from optimiser.plan import Plan

type Floats = NDArray[np.float64]

DRAWS = 400
"""Draws of the band by default: its ends then differ little from seed to seed."""


@dataclass(frozen=True)
class Expected:
    """What is expected of a quarter.

    Attributes
    ----------
    mean
        Measure → array over the columns of detail that it can have; clients, places, homes, or persons
        in the quarter.
    drawn
        Measure → the same with `draw` as first dimension.
    """

    mean: Mapping[str, xr.DataArray]
    drawn: Mapping[str, xr.DataArray]

    def of(self, measure: str, detail: Mapping[str, str]) -> tuple[float, Floats]:
        """Return the expectation and the draws (draw) of what has this detail, the rest summed."""
        mean, drawn = self.mean[measure].sel(detail), self.drawn[measure].sel(detail)
        return float(mean.sum()), drawn.sum([dim for dim in drawn.dims if dim != "draw"]).to_numpy()


@dataclass(frozen=True)
class Tracker:
    """A plan against which counts are held."""

    plan: Plan
    draws: int = DRAWS
    seed: int = 0

    def at(self, quarter: Quarter) -> Expected:
        """Return what the plan expects of a quarter of its years."""
        random = np.random.default_rng([self.seed, quarter.year, quarter.number])
        people, waiting = self._stock(quarter.end), self._waiting_at(quarter.end)
        drawn_people, drawn_waiting = self._drawn_stock(quarter, people, waiting, random)
        homes, drawn_homes = self._homes_at(quarter)
        places, drawn_places = self._places_at(quarter.end)
        flows, drawn_flows = self._flows(quarter, random)
        mean = {
            "clients": self._labelled(people, "municipality", "profile", "tier"),
            "waiting": self._labelled(waiting, "municipality", "profile"),
            "homes": self._labelled(homes, "municipality", "tier"),
            "places": places,
            **flows,
        }
        drawn = {
            "clients": self._labelled(drawn_people, "draw", "municipality", "profile", "tier"),
            "waiting": self._labelled(drawn_waiting, "draw", "municipality", "profile"),
            "homes": self._labelled(drawn_homes, "draw", "municipality", "tier"),
            "places": drawn_places,
            **drawn_flows,
        }
        return Expected(mean, drawn)

    # ------------------------------------------------------------------ labels and years

    @cached_property
    def _labels(self) -> dict[str, list[Any]]:
        problem = self.plan.problem
        return {
            "draw": list(range(self.draws)),
            "municipality": list(problem.towns),
            "profile": list(problem.profiles),
            "to_profile": list(problem.profiles),
            "tier": [str(code) for code in problem.tiers.index],
            "exit": list(EXITS),
        }

    def _labelled(self, values: Floats, *dims: str) -> xr.DataArray:
        coords = {dim: self._labels[dim] for dim in dims}
        return xr.DataArray(values, coords=coords, dims=dims)

    def _by_town(self, array: xr.DataArray) -> xr.DataArray:
        """Return an array by neighbourhood summed by municipality, in the order of the region."""
        town = [self.plan.problem.municipality_of[str(code)] for code in array["neighbourhood"].values]
        grouped = array.assign_coords(municipality=("neighbourhood", town)).groupby("municipality").sum()
        return grouped.reindex(municipality=self._labels["municipality"], fill_value=0.0)

    @cached_property
    def _middles(self) -> list[float]:
        """The middles of the base year and of the planned ones, for which the plan has averages."""
        problem = self.plan.problem
        return [year + 0.5 for year in (problem.base_year, *problem.years)]

    def _along(self, series: Floats, moment: float) -> Floats:
        """Return a series (year, …) at a moment: on the line between the middles of two years."""
        place = float(np.interp(moment, self._middles, np.arange(len(self._middles))))
        low = min(int(place), len(series) - 2)
        between: Floats = series[low] + (place - low) * (series[low + 1] - series[low])
        return between

    # ------------------------------------------------------------------ people

    @cached_property
    def _people(self) -> Floats:
        """(year, municipality, profile, tier): clients, the base year first."""
        order = ("year", "municipality", "profile", "tier")
        base = self._by_town(self.plan.problem.clients).expand_dims(year=[self.plan.problem.base_year])
        planned = self._by_town(self.plan.data["clients"].fillna(0.0)).sel(tier=base["tier"].values)
        joined = xr.concat([base, planned], dim="year", join="outer").transpose(*order)
        return joined.sel(tier=self._labels["tier"]).to_numpy().clip(min=0.0)

    @cached_property
    def _waiting(self) -> Floats:
        """(year, municipality, profile): people without a place, the base year first."""
        base = self._by_town(self.plan.problem.waiting).expand_dims(year=[self.plan.problem.base_year])
        planned = self._by_town(self.plan.data["waiting"].fillna(0.0))
        joined = xr.concat([base, planned], dim="year", join="outer")
        return joined.transpose("year", "municipality", "profile").to_numpy().clip(min=0.0)

    def _stock(self, moment: float) -> Floats:
        return self._along(self._people, moment)

    def _waiting_at(self, moment: float) -> Floats:
        return self._along(self._waiting, moment)

    def _drawn_stock(
        self, quarter: Quarter, people: Floats, waiting: Floats, random: np.random.Generator
    ) -> tuple[Floats, Floats]:
        """Return counts with a place (draw, town, profile, tier), and without one (draw, town, profile)."""
        elapsed = max(0.0, quarter.end - self._middles[0])
        stay = self._stay**elapsed
        factors = self._factors(quarter.end)[:, None, :]
        housed = _counted(self._people[0], stay[:, :-1], people * factors[..., None], random)
        without = _counted(self._waiting[0], stay[:, -1], waiting * factors, random)
        return self._fitted(self._pools(quarter, random), housed, without, people)

    @cached_property
    def _stay(self) -> Floats:
        """(profile, tier or waiting): the part that is there a year later in the same profile."""
        retained = self.plan.problem.retained.sel(tier=[*self._labels["tier"], WAITING])
        own = [retained.sel(profile=p, to_profile=p).to_numpy() for p in self._labels["profile"]]
        return np.array(own)

    def _factors(self, moment: float) -> Floats:
        """(draw, profile): drawn ÷ expected demand at a moment."""
        return self._along(self._demand, moment)

    @cached_property
    def _demand(self) -> Floats:
        """(year, draw, profile): drawn ÷ expected demand, 1 in the base year."""
        region = self.plan.problem.region
        outlook = self.plan.problem.outlook or forecast(region)
        factors = demand_factors(region, outlook, self.draws, self.seed).transpose("year", "draw", "profile")
        known = factors.sel(profile=self._labels["profile"]).to_numpy()
        return np.concatenate([np.ones_like(known[:1]), known])

    def _fitted(
        self, pools: list[tuple[list[int], Floats]], housed: Floats, without: Floats, expected: Floats
    ) -> tuple[Floats, Floats]:
        """Return the counts where nobody lives in a place that is not there, and a free one is taken."""
        stayed, waiting = housed.copy(), without.copy()
        for tiers, room in pools:
            total = stayed[..., tiers].sum(axis=(1, 2, 3))
            part = np.divide(room, total, out=np.ones_like(total), where=total > room)
            fits = stayed[..., tiers] * part[:, None, None, None]
            waiting += (stayed[..., tiers] - fits).sum(axis=3)
            stayed[..., tiers] = fits
        for tiers, room in pools:
            for tier in tiers:
                free = room - stayed[..., tiers].sum(axis=(1, 2, 3))
                self._filled(tier, free, stayed, waiting, expected)
        return stayed, waiting

    def _pools(self, quarter: Quarter, random: np.random.Generator) -> list[tuple[list[int], Floats]]:
        """Return the tiers that share places, and how many people (draw) these hold.

        On a day each place is lived in with the chance of its occupancy; home tiers share the homes.
        """
        problem, tiers, pools = self.plan.problem, self._labels["tier"], list[tuple[list[int], Floats]]()
        for tier in problem.facility_tiers:
            room = random.binomial(self._free(quarter.end, tier), self._occupancy[tier], self.draws)
            pools.append(([tiers.index(tier)], room.astype(float)))
        homes = float(self._along(self._homes, quarter.end).sum())
        return [*pools, ([tiers.index(tier) for tier in problem.home_tiers], np.full(self.draws, homes))]

    @property
    def _occupancy(self) -> dict[str, float]:
        return {str(k): float(share) for k, share in self.plan.problem.tiers["occupancy"].items()}

    def _free(self, moment: float, tier: str) -> int:
        """Return the places of a tier that people of the Wlz leave."""
        places = float(self._places_at(moment)[0].sel(tier=tier).sum())
        taken = sum(n for (_, k), n in self.plan.problem.wlz_occupied.items() if k == tier)
        return max(0, round(places - taken))

    def _filled(self, tier: int, free: Floats, stayed: Floats, waiting: Floats, expected: Floats) -> None:
        """Let people who wait take what is free (draw) in a tier, up to what the plan expects there."""
        problem, profiles = self.plan.problem, self._labels["profile"]
        code = self._labels["tier"][tier]
        suits = [n for n, profile in enumerate(profiles) if (profile, code) in problem.allowed]
        demand = np.minimum(free, float(expected[..., tier].sum()) - stayed[..., tier].sum(axis=(1, 2)))
        queue = waiting[..., suits].sum(axis=(1, 2))
        part = np.divide(demand.clip(min=0.0), queue, out=np.zeros_like(queue), where=queue > 0).clip(max=1.0)
        taken = waiting[..., suits] * part[:, None, None]
        stayed[..., suits, tier] += taken
        waiting[..., suits] -= taken

    # ------------------------------------------------------------------ places and homes

    @cached_property
    def _places(self) -> xr.DataArray:
        """(year, site, tier): places, the base year first."""
        planned = self.plan.data["places"].fillna(0.0)
        base = xr.zeros_like(planned.isel(year=[0])).assign_coords(year=[self.plan.problem.base_year])
        base = base.copy(deep=True)
        for (site, tier), places in self.plan.problem.base_places.items():
            base.loc[{"site": site, "tier": tier}] = float(places)
        return xr.concat([base, planned], dim="year").transpose("year", "site", "tier")

    def _places_at(self, moment: float) -> tuple[xr.DataArray, xr.DataArray]:
        """Return places (site, tier), and (draw, site, tier) with those of the year before and after."""
        values, like = self._places.to_numpy(), self._places.isel(year=0, drop=True)
        at = float(np.interp(moment, self._middles, np.arange(len(self._middles))))
        ends = values[int(np.floor(at))], values[int(np.ceil(at))]
        drawn = np.stack([ends[draw % 2] for draw in range(self.draws)])
        labelled = xr.DataArray(drawn, dims=("draw", *like.dims), coords=like.coords)
        return like.copy(data=self._along(values, moment)), labelled

    @cached_property
    def _homes(self) -> Floats:
        """(year, municipality, tier): homes in use; those of the base by the people who live in them."""
        tiers, problem = self._labels["tier"], self.plan.problem
        planned = self._by_town(self.plan.data["homes"].fillna(0.0)).reindex(tier=tiers, fill_value=0.0)
        by_year = planned.transpose("year", "municipality", "tier").to_numpy()
        in_homes = np.array([tier in problem.home_tiers for tier in tiers])
        lived = self._people[0].sum(axis=1) * in_homes
        total = lived.sum(axis=1, keepdims=True)
        split = np.divide(lived, total, out=np.zeros_like(lived), where=total > 0)
        split[total[:, 0] == 0] = in_homes / max(1, in_homes.sum())
        base = self._by_town(problem.homes).to_numpy()[:, None] * split
        return np.concatenate([base[None], by_year])

    def _homes_at(self, quarter: Quarter) -> tuple[Floats, Floats]:
        """Return homes in use (town, tier), and (draw, town, tier) where part of the new ones is lacking."""
        homes = self._along(self._homes, quarter.end)
        in_town = homes.sum(axis=1)
        lacking = np.minimum(self._new_homes(quarter), in_town)
        part = np.divide(lacking, in_town, out=np.zeros_like(in_town), where=in_town > 0)
        drawn = homes * (1.0 - self._undelivered[:, None, None] * part[:, None])
        return homes, drawn

    @cached_property
    def _undelivered(self) -> Floats:
        """(draw): the part of the promised homes that is not handed over."""
        low, top, high = LEAST_TO_MOST
        chances = (np.arange(self.draws) + 0.5) / self.draws
        delivered = triang.ppf(chances, (top - low) / (high - low), loc=low, scale=high - low)
        mixed: Floats = np.random.default_rng([self.seed, 0]).permutation(1.0 - delivered)
        return mixed

    def _new_homes(self, quarter: Quarter) -> Floats:
        """(municipality): homes that the plan has handed over by the end of a quarter, evenly in a year."""
        data = self._by_town(self.plan.data["new_homes"].fillna(0.0).sum("corporation"))
        part = [float(np.clip(quarter.end - year, 0.0, 1.0)) for year in data["year"].values]
        weighed = data * xr.DataArray(part, coords={"year": data["year"]}, dims="year")
        return weighed.sum("year").to_numpy()

    # ------------------------------------------------------------------ flows

    @cached_property
    def _pathways(self) -> tuple[Pathway, ...]:
        return drawn_pathways(self.plan.problem.region.parameters, self.draws, self.seed)

    @cached_property
    def _rates(self) -> tuple[Floats, Floats]:
        """Drawn moves (draw, tier or waiting, profile, to_profile) and exits (…, exit), per year."""
        parameters = self.plan.problem.region.parameters
        drawn = [yearly_rates(parameters.model_copy(update={"pathway": one})) for one in self._pathways]
        return np.stack([_moves(retained) for retained, _ in drawn]), np.stack([exits for _, exits in drawn])

    def _flows(
        self, quarter: Quarter, random: np.random.Generator
    ) -> tuple[dict[str, xr.DataArray], dict[str, xr.DataArray]]:
        """Return new clients, changes of profile and exits of a quarter, expected and drawn."""
        middle = quarter.end - 0.5 / QUARTERS
        stock = np.concatenate([self._stock(middle), self._waiting_at(middle)[..., None]], axis=2)
        factors = self._factors(middle)
        retained, all_exits = yearly_rates(self.plan.problem.region.parameters)
        new, drawn_new = self._inflow(quarter)
        dims = ("municipality", "profile"), ("municipality", "profile", "tier", "to_profile")
        means = {
            "inflow": self._labelled(new, *dims[0]),
            "moves": self._flow(np.einsum("mpk,kpq->mpkq", stock, _moves(retained)), "to_profile"),
            "outflow": self._flow(np.einsum("mpk,kpe->mpke", stock, all_exits), "exit"),
        }
        moves, exits = self._rates
        moved = np.einsum("mpk,dp,dkpq->dmpkq", stock, factors, moves, optimize=True)
        gone = np.einsum("mpk,dp,dkpe->dmpke", stock, factors, exits, optimize=True)
        drawn = {
            "inflow": self._labelled(random.poisson(drawn_new).astype(float), "draw", *dims[0]),
            "moves": self._flow(random.poisson(moved / QUARTERS) * float(QUARTERS), "to_profile"),
            "outflow": self._flow(random.poisson(gone / QUARTERS) * float(QUARTERS), "exit"),
        }
        return means, drawn

    def _flow(self, yearly: Floats, last: str) -> xr.DataArray:
        """Label the part of a year's flow that is a quarter's; people who wait stand under `waiting`."""
        dims = ["municipality", "profile", "tier", last]
        dims = dims if yearly.ndim == len(dims) else ["draw", *dims]
        coords = {dim: self._labels[dim] for dim in dims} | {"tier": [*self._labels["tier"], WAITING]}
        return xr.DataArray(yearly / QUARTERS, coords=coords, dims=dims)

    def _inflow(self, quarter: Quarter) -> tuple[Floats, Floats]:
        """Return new clients of a quarter (town, profile), and what draws expect (draw, town, profile)."""
        problem, profiles = self.plan.problem, self._labels["profile"]
        year = self._by_town(problem.inflow.sel(year=quarter.year)).transpose("municipality", "profile")
        new = year.sel(profile=profiles).to_numpy() / QUARTERS
        step = quarter.year - problem.base_year
        assumed = _level(problem.region.parameters.pathway, profiles, step)
        drawn = np.stack([_level(one, profiles, step) for one in self._pathways])
        factors = np.divide(drawn, assumed, out=np.ones_like(drawn), where=assumed > 0)
        return new, new * factors[:, None, :]


def _level(pathway: Pathway, profiles: list[str], step: int) -> Floats:
    """Return new clients per client of the base (profile) in the `step`-th planned year."""
    inflow = pathway.inflow
    whole = inflow.share.value * (1.0 + inflow.trend.value) ** step
    return np.array([whole * (inflow.profiles[p].value if p in inflow.profiles else 0.0) for p in profiles])


def _moves(retained: Floats) -> Floats:
    """Return (tier or waiting, profile, to_profile): the part that changes of profile in a year."""
    moves = retained.copy()
    diagonal = np.arange(moves.shape[1])
    moves[:, diagonal, diagonal] = 0.0
    return moves


def _counted(base: Floats, stay: Floats, expected: Floats, random: np.random.Generator) -> Floats:
    """Return drawn counts (draw, …) of what is expected (draw, …), part of it there in the base (…)."""
    stayed = np.minimum(base * stay, expected)
    people = np.ceil(base - 1e-9)
    chance = np.divide(stayed, people, out=np.zeros_like(stayed), where=people > 0)
    counted: Floats = random.binomial(people.astype(int), np.clip(chance, 0.0, 1.0)).astype(float)
    return counted + random.poisson(np.maximum(expected - stayed, 0.0))
