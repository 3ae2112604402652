"""A plan: every decision as a labelled array, its proof, and the do-nothing reference beside it."""

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Literal, NamedTuple

import numpy as np
import pandas as pd
import xarray as xr

from models.drawing import AreaMap, Graph, dots
from models.html_card import card, plain_card
from models.parameters.parameters import WAITING
from models.result import Result
from optimiser.accounts.ledger import Labels, ledger, spent, summed
from optimiser.accounts.relocations import tightened
from optimiser.accounts.residents import by_origin
from optimiser.model.formulation import EUROS, POINTS, RECOVERED
from optimiser.model.model import Floats, Model
from optimiser.problem import Problem
from optimiser.rule import Family

type Status = Literal["proven", "within_gap", "best_found", "by_hand", "impossible"]

WEIGHTS = (
    "travel", "misfit", "waiting", "unasked_moves", "intramural_reduction", "within_travel_norm",
    "neighbourhood_concentration", "fair_share_between_municipalities", "waiting_does_not_grow",
    "facilities_kept_apart", "budget", "provider_share", "contract_nodes", "specialist_scale",
    "staff_within_reach", "residents_stay", "sites_run_as_settled", "agreed_decisions_are_kept",
)  # fmt: skip
"""Parts of the objective that only steer."""


class DecisionArray(NamedTuple):
    """A family of decisions as the plan's arrays hold it."""

    name: str
    dims: tuple[str, ...]
    units: str
    long_name: str


BY_PERSON = ("neighbourhood", "profile", "tier", "year")
AT_SITE = ("site", "tier", "year")
IN_AREA = ("neighbourhood", "year")
IN_TOWN = ("municipality", "year")

DECIDED = (
    DecisionArray("clients", BY_PERSON, "clients", "clients by origin, profile and tier"),
    DecisionArray("entered", BY_PERSON, "clients", "clients who enter a tier"),
    DecisionArray("left", BY_PERSON, "clients", "clients who leave a tier for another or to wait"),
    DecisionArray("waiting", ("neighbourhood", "profile", "year"), "clients", "clients without a place"),
    DecisionArray("places", AT_SITE, "places", "places at a site"),
    DecisionArray("operating", AT_SITE, "1", "whether a tier runs at a site"),
    DecisionArray("added", AT_SITE, "places", "places added in the year"),
    DecisionArray("removed", AT_SITE, "places", "places removed in the year"),
    DecisionArray("converted", ("site", "tier", "to_tier", "year"), "places", "places converted in the year"),
    DecisionArray("homes", ("neighbourhood", "tier", "year"), "homes", "homes in use"),
    DecisionArray(
        "new_homes", ("corporation", "neighbourhood", "year"), "homes", "homes handed over in the year"
    ),
    DecisionArray("kept_homes", IN_AREA, "homes", "homes that stay with people who recovered"),
    DecisionArray("excess", IN_AREA, "weighted places", "weighted places over the norm of the year"),
    DecisionArray("short_reduction", ("year",), "places", "places short of the reduction path"),
    DecisionArray("beyond_norm", IN_TOWN, "clients", "clients too many beyond the travel norm"),
    DecisionArray("unfair", IN_TOWN, "places", "places outside the band around the fair share"),
    DecisionArray("waiting_growth", IN_TOWN, "clients", "clients waiting above the base year"),
    DecisionArray("relocated", AT_SITE, "clients", "residents who must move because their place goes"),
    DecisionArray("natural_leavers", AT_SITE, "clients", "residents who move to the Wlz, recover or die"),
    DecisionArray("asked_moves", AT_SITE, "clients", "residents whose own need asks them to move on"),
    DecisionArray(
        "priced_relocations", ("tier", "year"), "clients", "relocated residents not priced as unasked moves"
    ),
    DecisionArray("too_near", ("site", "year"), "facilities", "running facilities too near to another"),
    DecisionArray("over_budget", ("account", "year"), "EUR", "Wmo euros above the grants"),
    DecisionArray("over_share", ("provider", "year"), "places", "places above the provider's share"),
    DecisionArray(
        "between_nodes", ("site", "year"), "places", "places changed between renewals of contracts"
    ),
    DecisionArray(
        "below_scale", ("tier", "year"), "places", "places short of the least number in the region"
    ),
    DecisionArray("short_staff", IN_TOWN, "fte", "staff asked above what can be had"),
    DecisionArray("unsettled", ("site", "year"), "sites", "sites that run otherwise than is settled"),
    DecisionArray(
        "broken_agreements", ("agreement", "year"), "places", "places or homes otherwise than agreed"
    ),
)
"""All families but `housed`, which is by pair, and those that follow: residents, running, grows, closing."""


@dataclass(frozen=True)
class Proof:
    """How far a plan can be from the best one.

    `objective` and `bound` are discounted euros and points together; `gap` is their distance as a
    share of the objective, `gap_eur` the distance itself, and `gap_controllable` the distance as
    a share of what any plan could still influence: the objective less `unavoidable`.
    """

    status: Status
    objective: float
    bound: float
    unavoidable: float
    seconds: float
    solver: str
    asked_gap: float

    @property
    def gap_eur(self) -> float:
        """Distance between the plan and the bound, never negative."""
        return max(0.0, self.objective - self.bound)

    @property
    def gap(self) -> float:
        """Distance as a share of the objective."""
        return self.gap_eur / abs(self.objective) if self.objective else 0.0

    @property
    def gap_controllable(self) -> float:
        """Distance as a share of the cost that a plan can influence."""
        controllable = self.objective - self.unavoidable
        return self.gap_eur / controllable if controllable > 0 else 0.0


@dataclass(frozen=True, repr=False)
class Plan(Result):
    """A verified plan of a problem.

    `data` and `reference` (nothing added, removed, converted or handed over) hold the same variables.
    """

    problem: Problem
    data: xr.Dataset
    reference: xr.Dataset
    proof: Proof

    def summary(self) -> str:
        """Return base and last year, beside doing nothing, and the proof."""
        return plain_card(self._title, self._told(), heads=self._heads, note=self._note)

    def _repr_html_(self) -> str:
        """Return what a notebook shows: the same as a table."""
        return card(self._title, self._told(), heads=self._heads, note=self._note)

    @property
    def _title(self) -> str:
        problem = self.problem
        return f"Plan {problem.region.parameters.region.name}, {problem.years[0]}–{problem.years[-1]}"

    @property
    def _heads(self) -> tuple[str, ...]:
        base, last = self.problem.base_year, self.problem.years[-1]
        return str(base), str(last), f"nothing done, {last}"

    @property
    def _note(self) -> str:
        proof = self.proof
        return (
            f"{proof.status.replace('_', ' ')}: at most {proof.gap:.2%} above the best plan there is "
            f"(EUR and points {proof.gap_eur:,.0f}; {proof.gap_controllable:.2%} of what a plan can change). "
            f"{proof.solver}, {proof.seconds:.1f} s."
        )

    def _frames(self) -> Mapping[str, Callable[[], pd.DataFrame]]:
        sites, areas = ["site", "tier"], ["neighbourhood", "tier"]
        return {
            "places": lambda: self._by_year("places", sites),
            "homes": lambda: self._by_year("homes", areas),
            "new_homes": lambda: self._by_year("new_homes", ["corporation", "neighbourhood"]),
            "clients": lambda: self._by_year("clients", ["profile", "tier"]),
            "waiting": lambda: self._by_year("waiting", ["neighbourhood", "profile"]),
            "cost": lambda: self._by_year("cost", ["part"]),
            "cost_by_payer": lambda: self._by_year("cost", ["payer"]),
            "proof": lambda: pd.DataFrame({"proof": vars(self.proof)}),
        }

    def _by_year(self, name: str, rows: list[str]) -> pd.DataFrame:
        """Return a family with a column per year, without rows that are zero in all of them."""
        array = self.data[name]
        summed = array.sum([dim for dim in array.dims if dim not in (*rows, "year")])
        frame = summed.transpose(*rows, "year").to_series().unstack("year")
        return frame[(frame != 0.0).any(axis=1)]

    def _graphs(self) -> Mapping[str, Callable[[], Graph]]:
        data = self.data
        return {
            "places": lambda: self._graph(data["places"].sum("site"), "Places by tier", "places"),
            "homes": lambda: self._graph(data["homes"].sum("neighbourhood"), "Homes in use", "homes"),
            "clients": lambda: self._graph(
                data["clients"].sum(["neighbourhood", "profile"]), "Clients by tier", "clients"
            ),
            "waiting": lambda: self._graph(
                data["waiting"].sum("neighbourhood"), "People waiting by profile", "clients"
            ),
            "cost": lambda: self._graph(
                data["cost"].sum(["part", "stream"]), "Cost by payer", "EUR a year, nominal"
            ),
        }

    def _graph(self, array: xr.DataArray, title: str, unit: str) -> Graph:
        other = next(str(dim) for dim in array.dims if dim != "year")
        return Graph(array.to_series().unstack(other), title, unit)

    def _area_map(self) -> AreaMap:
        last = self.problem.years[-1]
        homes = self.data["homes"].sel(year=last).sum("tier").to_series()
        places = self.data["places"].sel(year=last).sum("tier").to_series()
        title = f"Homes in use, and places at sites (dots), {last}"
        return AreaMap(self.problem.region.neighbourhoods, homes, title, dots(self.problem.sites, places))

    def _told(self) -> Iterator[tuple[object, ...]]:
        """Generate what stands in the card of a plan."""
        both, last = (self.data, self.reference), self.problem.years[-1]
        for tier in self.problem.facility_tiers:
            base = float(self.data["base_places"].sel(tier=tier).sum())
            yield f"Places, {tier}", base, *(float(d["places"].sel(tier=tier, year=last).sum()) for d in both)
        for name, told in (("homes", "Homes in use"), ("waiting", "People waiting")):
            base = float(self.data[f"base_{name}"].sum())
            yield told, base, *(float(d[name].sel(year=last).sum()) for d in both)
        yield "Homes handed over, all years", "", *(float(d["new_homes"].sum()) for d in both)
        yield "Million EUR, all years", "", *(f"{float(d['cost'].sum()) / 1e6:,.1f}" for d in both)


def dataset(model: Model, values: Floats) -> xr.Dataset:
    """Label a solution: one variable per family, with costs, weights and funding need.

    Parameters
    ----------
    values
        (column) value of every variable, in the order of PuLP's variable ids.
    """
    problem, x = model.problem, model.decisions
    labels = labels_of(problem)
    coords = {dim: labels[dim] for made in DECIDED for dim in made.dims}
    decided = {made.name: _labelled(x.family(made.name), values, made, labels) for made in DECIDED}
    data = xr.Dataset(decided, coords=coords)
    # where both cost nothing a solver may do and undo at once; where they cost something it never does
    # (those who leave a site count in `residents_stay`: there both stay as they are)
    kept = np.isin(
        data["tier"].values, [] if problem.policies.residents_stay.mode == "off" else problem.resident_tiers
    )
    for one, other in (("entered", "left"), ("added", "removed")):
        both = np.minimum(data[one].values, data[other].values)
        if one == "entered":
            both[:, :, kept, :] = 0.0
        data = data.assign({name: data[name].copy(data=data[name].values - both) for name in (one, other)})
    data = data.merge(_housed(problem, x.housed, values)).merge(_base(problem))
    data = data.assign(weight=_points(model, values)).assign_coords(_names(problem))
    data = data.assign(recovered=_recovered(problem, data), relocated=tightened(problem, data))
    return data.assign(money(problem, data))


def _recovered(problem: Problem, data: xr.Dataset) -> xr.DataArray:
    """Return the people who recover and leave care in a year (neighbourhood of origin, profile, year)."""
    share = problem.exits.sel(exit=RECOVERED, tier=list(problem.tiers.index), drop=True)
    people = (
        (_before(problem, data, "clients") * share).sum("tier").transpose("neighbourhood", "profile", "year")
    )
    told = {"units": "clients", "long_name": "clients who recover and leave care in the year"}
    return people.assign_attrs(told)


def _before(problem: Problem, data: xr.Dataset, name: str) -> xr.DataArray:
    """Return who was there at the end of the year before, in every planned year."""
    base = data[f"base_{name}"].expand_dims(year=[problem.base_year])
    every = xr.concat([base, data[name]], dim="year", join="exact")
    return every.isel(year=slice(0, -1)).assign_coords(year=data["year"])


def labels_of(problem: Problem) -> dict[str, list[str] | list[int]]:
    """Return the codes along every dimension of what is decided."""
    tiers = [str(k) for k in problem.tiers.index]
    return {
        "neighbourhood": list(problem.areas),
        "municipality": list(problem.towns),
        "profile": list(problem.profiles),
        "tier": tiers,
        "to_tier": tiers,
        "site": list(problem.sites.index),
        "provider": list(problem.providers),
        "agreement": list(dict.fromkeys(one.name for one in (*problem.agreed.every, *problem.wished.every))),
        "account": list(problem.accounts),
        "corporation": list(dict.fromkeys(offer.corporation for offer in problem.offers)),
        "year": list(problem.years),
    }


def _labelled(
    family: Family, values: Floats, made: DecisionArray, labels: Mapping[str, list[str] | list[int]]
) -> tuple[tuple[str, ...], Floats, dict[str, str]]:
    """Place the values of a family in an array; a label without a variable cannot differ from zero."""
    positions = [{label: n for n, label in enumerate(labels[dim])} for dim in made.dims]
    array = np.zeros([len(known) for known in positions])
    if family:
        index = [[known[part] for known, part in zip(positions, label, strict=True)] for label in family]
        array[tuple(np.array(index).T)] = values[[v.id for v in family.values()]]
    return made.dims, array, {"units": made.units, "long_name": made.long_name}


def _housed(problem: Problem, family: Family, values: Floats) -> xr.Dataset:
    pairs, years = problem.pairs, list(problem.years)
    housed = values[[v.id for v in family.values()]].reshape(len(pairs), len(years))
    kept = housed.max(axis=1) > 0.0
    used = pairs[kept]
    coords = {
        "year": years,
        # `tier` is a dimension already: the tier of a pair needs a name of its own
        **{
            name: ("pair", used.index.get_level_values(level).to_numpy(dtype=object))
            for name, level in (("origin", "origin"), ("location", "location"), ("pair_tier", "tier"))
        },
    }
    return xr.Dataset(
        {
            "housed": (
                ("pair", "year"),
                housed[kept],
                {
                    "units": "clients",
                    "long_name": "clients by origin, location and tier; pairs without anybody left out",
                },
            ),
            "travel_minutes": (
                ("pair",),
                used["minutes"].to_numpy(),
                {"units": "minutes", "long_name": "travel time from the origin"},
            ),
            "within_norm": (
                ("pair",),
                used["within"].to_numpy().astype(np.int8),
                {"units": "1", "long_name": "whether the travel time is within the norm of the tier"},
            ),
        },
        coords=coords,
    )


def _base(problem: Problem) -> xr.Dataset:
    places = problem.site_tiers["base"].to_xarray().fillna(0.0).astype(float)
    occupied = problem.site_tiers["wlz_occupied"].to_xarray().fillna(0.0).astype(float)
    full = {"site": list(problem.sites.index), "tier": list(problem.tiers.index)}
    return xr.Dataset(
        {
            "base_places": places.reindex(full, fill_value=0.0).assign_attrs(
                units="places", long_name="places in the base year"
            ),
            "wlz_occupied": occupied.reindex(full, fill_value=0.0).assign_attrs(
                units="places", long_name="places lived in by people of the Wlz"
            ),
            "base_clients": problem.clients.transpose("neighbourhood", "profile", "tier"),
            "base_waiting": problem.waiting.transpose("neighbourhood", "profile"),
            "base_homes": problem.homes,
        }
    )


def _names(problem: Problem) -> dict[str, object]:
    areas, sites = problem.neighbourhoods, problem.sites
    return {
        "site_neighbourhood": ("site", sites["neighbourhood"].to_numpy(dtype=object)),
        "site_provider": ("site", sites["provider"].to_numpy(dtype=object)),
        "site_name": ("site", sites["name"].to_numpy(dtype=object)),
        "site_status": ("site", sites["status"].to_numpy(dtype=object)),
        "neighbourhood_municipality": ("neighbourhood", areas["municipality"].to_numpy(dtype=object)),
        "neighbourhood_name": ("neighbourhood", areas["name"].to_numpy(dtype=object)),
        "municipality_name": ("municipality", problem.municipalities["name"].to_numpy(dtype=object)),
        "inhabitants": ("neighbourhood", areas["inhabitants"].to_numpy(dtype=float)),
    }


def _points(model: Model, values: Floats) -> xr.DataArray:
    """Sum the priced decisions that only steer: points by part and year."""
    sums: dict[tuple[str, int], float] = defaultdict(float)
    for term in model.terms:
        if term.stream == POINTS:
            sums[term.part, term.year] += term.amount * float(values[term.variable.id])
    parts, years = [*EUROS, *WEIGHTS], list(model.problem.years)
    labels = {"part": parts, "year": years}
    points = [[sums[part, t] for t in years] for part in parts]
    told = {"units": "points", "long_name": "points that only steer and are never paid"}
    return xr.DataArray(points, coords=labels, dims=tuple(labels), attrs=told)


def money(problem: Problem, data: xr.Dataset) -> dict[str, xr.DataArray]:
    """Return what a plan costs: of every euro whose people it is for, who pays it, and what is granted.

    Parameters
    ----------
    data
        The decisions of a plan; the euros are computed from them and from the prices alone.
    """
    lines, treasury = ledger(problem, data), problem.region.treasury
    streams, years = list(problem.streams), list(problem.years)
    account = treasury.account(spent(problem, lines).sum("part"))
    each: Labels = {"stream": streams, "year": years}
    paid: Labels = {"part": [*EUROS, *WEIGHTS], "payer": list(problem.payers), **each}
    need = summed(lines, {"origin": list(problem.towns), **each})
    told = {"units": "EUR", "long_name": "nominal undiscounted euros that somebody pays"}
    origin = {"units": "EUR", "long_name": "nominal euros by municipality of origin"}
    return {
        "cost": summed(lines, paid).assign_attrs(told),
        "funding_need": need.rename(origin="municipality").assign_attrs(origin),
        "funding_due": account.due,
        "grant": account.grant,
        "grant_steps": treasury.grant_steps(streams, years),
        "funding_gap": account.gap,
        # only municipalities settle; the arrays of a plan share one list of payers
        "settlement": account.settlement.reindex(payer=list(problem.payers), fill_value=0.0),
        "to_wlz": _to_wlz(problem, data),
    }


def _to_wlz(problem: Problem, data: xr.Dataset) -> xr.DataArray:
    """Return the people who move to the Wlz in a year (municipality of origin, year); waiting ones too."""
    rate = problem.exits.sel(exit="wlz", drop=True)
    lived, queue = (_before(problem, data, name) for name in ("clients", "waiting"))
    gone = (lived * rate.sel(tier=lived["tier"])).sum(["profile", "tier"])
    people = by_origin(problem, gone + (queue * rate.sel(tier=WAITING, drop=True)).sum("profile"))
    told = {"units": "clients", "long_name": "clients who move to the Wlz, by municipality of origin"}
    return people.rename(origin="municipality").transpose("municipality", "year").assign_attrs(told)
