"""A plan: every decision as a labelled array, its proof, and the do-nothing reference beside it."""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Literal, NamedTuple

import numpy as np
import xarray as xr

from models.funding import due
from optimiser.decisions import Family
from optimiser.formulation import EUROS, POINTS, paid_by_the_wlz
from optimiser.model import Floats, Model
from optimiser.problem import Problem
from optimiser.spending import spent

type Status = Literal["proven", "within_gap", "best_found", "impossible"]

WEIGHTS = (
    "travel", "misfit", "waiting", "unasked_moves", "intramural_reduction", "within_travel_norm",
    "neighbourhood_concentration", "fair_share_between_municipalities", "waiting_does_not_grow",
    "facilities_kept_apart", "budget", "provider_share", "contract_nodes", "specialist_scale",
    "staff_within_reach",
)  # fmt: skip
"""Parts of the objective that only steer."""


class Decided(NamedTuple):
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
    Decided("clients", BY_PERSON, "clients", "clients by origin, profile and tier"),
    Decided("entered", BY_PERSON, "clients", "clients who enter a tier"),
    Decided("left", BY_PERSON, "clients", "clients who leave a tier for another or to wait"),
    Decided("waiting", ("neighbourhood", "profile", "year"), "clients", "clients without a place"),
    Decided("places", AT_SITE, "places", "places at a site"),
    Decided("operating", AT_SITE, "1", "whether a tier runs at a site"),
    Decided("added", AT_SITE, "places", "places added in the year"),
    Decided("removed", AT_SITE, "places", "places removed in the year"),
    Decided("converted", ("site", "tier", "to_tier", "year"), "places", "places converted in the year"),
    Decided("homes", ("neighbourhood", "tier", "year"), "homes", "homes in use"),
    Decided("new_homes", ("corporation", "neighbourhood", "year"), "homes", "homes handed over in the year"),
    Decided("kept_homes", IN_AREA, "homes", "homes that stay with people who recovered"),
    Decided("excess", IN_AREA, "weighted places", "weighted places over the norm of the year"),
    Decided("short_reduction", ("year",), "places", "places short of the reduction path"),
    Decided("beyond_norm", IN_TOWN, "clients", "clients too many beyond the travel norm"),
    Decided("unfair", IN_TOWN, "places", "places outside the band around the fair share"),
    Decided("waiting_growth", IN_TOWN, "clients", "clients waiting above the base year"),
    Decided("too_near", ("site", "year"), "facilities", "running facilities too near to another"),
    Decided("over_budget", ("year",), "EUR", "Wmo euros above the grants"),
    Decided("over_share", ("provider", "year"), "places", "places above the provider's share"),
    Decided("between_nodes", ("site", "year"), "places", "places changed between renewals of contracts"),
    Decided("below_scale", ("tier", "year"), "places", "places short of the least number in the region"),
    Decided("short_staff", IN_TOWN, "fte", "staff asked above what can be had"),
)
"""All families but `housed`, which is kept by pair, and those that only follow: running, adds and removes."""


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


@dataclass(frozen=True)
class Plan:
    """A verified plan of a problem.

    `data` and `reference` (nothing added, removed, converted or handed over) hold the same variables.
    """

    problem: Problem
    data: xr.Dataset
    reference: xr.Dataset
    proof: Proof


def dataset(model: Model, values: Floats) -> xr.Dataset:
    """Label a solution: one variable per family, with costs, weights and funding need.

    Parameters
    ----------
    values
        (column) value of every variable, in the order of PuLP's variable ids.
    """
    problem, x = model.problem, model.decisions
    labels = _labels(problem)
    data = xr.Dataset({made.name: _labelled(x.family(made.name), values, made, labels) for made in DECIDED})
    # where both cost nothing a solver may do and undo at once; where they cost something it never does
    for one, other in (("entered", "left"), ("added", "removed")):
        both = np.minimum(data[one].values, data[other].values)
        data = data.assign({name: data[name].copy(data=data[name].values - both) for name in (one, other)})
    data = data.merge(_housed(problem, x.housed, values)).merge(_base(problem))
    money = _money(model, values)
    data = data.assign(weight=money["weight"]).assign_coords(_names(problem))
    return data.assign(_paid(problem, data, money["cost"]))


def _labels(problem: Problem) -> dict[str, list[str] | list[int]]:
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
        "corporation": list(dict.fromkeys(offer.corporation for offer in problem.offers)),
        "year": list(problem.years),
    }


def _labelled(
    family: Family, values: Floats, made: Decided, labels: Mapping[str, list[str] | list[int]]
) -> xr.DataArray:
    """Place the values of a family in an array; a label without a variable cannot differ from zero."""
    positions = [{label: n for n, label in enumerate(labels[dim])} for dim in made.dims]
    array = np.zeros([len(known) for known in positions])
    if family:
        index = [[known[part] for known, part in zip(positions, label, strict=True)] for label in family]
        array[tuple(np.array(index).T)] = values[[v.id for v in family.values()]]
    attrs = {"units": made.units, "long_name": made.long_name}
    return xr.DataArray(array, coords={dim: labels[dim] for dim in made.dims}, dims=made.dims, attrs=attrs)


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


def _money(model: Model, values: Floats) -> xr.Dataset:
    """Sum the priced decisions: nominal euros by part, stream and year; points by part and year."""
    problem, years = model.problem, list(model.problem.years)
    sums: dict[tuple[str, str, int], float] = defaultdict(float)
    for term in model.terms:
        sums[term.part, term.stream, term.year] += term.amount * float(values[term.variable.id])
    for stream, year, eur in paid_by_the_wlz(problem):
        sums["sites", stream, year] -= eur
    for stream, by_year in _personal_budgets(problem):
        for year in years:
            sums["support", stream, year] += by_year[year]
    streams = list(dict.fromkeys(problem.tiers["stream"]))
    parts = [*EUROS, *WEIGHTS]
    cost = [[[sums[part, stream, t] for t in years] for stream in streams] for part in parts]
    weight = [[sums[part, POINTS, t] for t in years] for part in parts]
    return xr.Dataset(
        {
            "cost": (
                ("part", "stream", "year"), np.array(cost),
                {"units": "EUR", "long_name": "nominal undiscounted euros that somebody pays"},
            ),
            "weight": (
                ("part", "year"), np.array(weight),
                {"units": "points", "long_name": "points that only steer and are never paid"},
            ),
        },
        coords={"part": parts, "stream": streams, "year": years},
    )  # fmt: skip


def _personal_budgets(problem: Problem) -> Iterator[tuple[str, dict[int, float]]]:
    """Generate the support of clients with a personal budget by stream and year (EUR)."""
    clients = problem.personal_budget.sum(["neighbourhood", "profile"]).to_series()
    yearly = problem.prices.support.mul(clients, axis=0)
    for stream in dict.fromkeys(problem.tiers["stream"]):
        paid = yearly[problem.tiers["stream"].reindex(yearly.index) == stream].sum()
        yield stream, {t: float(paid[t]) for t in problem.years}


def _paid(problem: Problem, data: xr.Dataset, cost: xr.DataArray) -> dict[str, xr.DataArray]:
    """Say of every euro whose people it is for, who bears it, and who receives and settles what.

    `cost` has no payer yet (part, stream, year); the regime of each year gives it one.
    """
    treasury, where = problem.region.treasury, spent(problem, data, cost)
    account = treasury.account(where.sum("part"))
    payers = due(where, treasury).rename(municipality="payer").transpose("part", "payer", "stream", "year")
    need = where.sum(["part", "host", "setting"]).rename(origin="municipality")
    return {
        "cost": payers.reindex(part=cost["part"].values, fill_value=0.0).assign_attrs(cost.attrs),
        "funding_need": need.assign_attrs(units="EUR", long_name="nominal euros by municipality of origin"),
        "funding_due": account.due,
        "grant": account.grant,
        "funding_gap": account.gap,
        "settlement": account.settlement,
    }
