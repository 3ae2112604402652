"""A plan: every decision as a labelled array, its proof, and the do-nothing reference beside it."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd
import xarray as xr

from optimiser.decisions import Family, Label
from optimiser.formulation import EUROS, POINTS
from optimiser.model import Floats, Model
from optimiser.problem import Problem

type Status = Literal["proven", "within_gap", "best_found", "impossible"]

WEIGHTS = (
    "travel", "misfit", "waiting", "unasked_moves", "intramural_reduction", "within_travel_norm",
    "neighbourhood_concentration", "fair_share_between_municipalities", "waiting_does_not_grow",
)  # fmt: skip
"""Parts of the objective that only steer."""


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
    years = list(problem.years)
    labels = {
        "neighbourhood": list(problem.neighbourhoods.index),
        "municipality": list(problem.municipalities.index),
        "profile": list(problem.profiles),
        "tier": list(problem.tiers.index),
        "to_tier": list(problem.tiers.index),
        "site": list(problem.sites.index),
        "corporation": list(dict.fromkeys(problem.offers["corporation"])),
        "year": years,
    }

    def labelled(family: Family, dims: tuple[str, ...], units: str, long_name: str) -> xr.DataArray:
        return _labelled(family, values, {dim: labels[dim] for dim in dims}, units, long_name)

    by_person = ("neighbourhood", "profile", "tier", "year")
    at_site = ("site", "tier", "year")
    moves = _net_moves(x.entered, x.left, values)
    data = xr.Dataset(
        {
            "clients": labelled(x.clients, by_person, "clients", "clients by origin, profile and tier"),
            "entered": labelled(x.entered, by_person, "clients", "clients who enter a tier"),
            "left": labelled(x.left, by_person, "clients", "clients who leave a tier for another or to wait"),
            "waiting": labelled(
                x.waiting, ("neighbourhood", "profile", "year"), "clients", "clients without a place"
            ),
            "places": labelled(x.places, at_site, "places", "places at a site"),
            "operating": labelled(x.operating, at_site, "1", "whether a tier runs at a site"),
            "added": labelled(x.added, at_site, "places", "places added in the year"),
            "removed": labelled(x.removed, at_site, "places", "places removed in the year"),
            "converted": labelled(
                x.converted, ("site", "tier", "to_tier", "year"), "places", "places converted in the year"
            ),
            "homes": labelled(x.homes, ("neighbourhood", "tier", "year"), "homes", "homes in use"),
            "new_homes": labelled(
                x.new_homes,
                ("corporation", "neighbourhood", "year"),
                "homes",
                "homes handed over in the year",
            ),
            "kept_homes": labelled(
                x.kept_homes, ("neighbourhood", "year"), "homes", "homes that stay with people who recovered"
            ),
            "excess": labelled(
                x.excess,
                ("neighbourhood", "year"),
                "weighted places",
                "weighted places over the norm of the year",
            ),
            "short_reduction": labelled(
                x.short_reduction, ("year",), "places", "places short of the reduction path"
            ),
            "beyond_norm": labelled(
                x.beyond_norm, ("municipality", "year"), "clients", "clients too many beyond the travel norm"
            ),
            "unfair": labelled(
                x.unfair, ("municipality", "year"), "places", "places outside the band around the fair share"
            ),
            "waiting_growth": labelled(
                x.waiting_growth, ("municipality", "year"), "clients", "clients waiting above the base year"
            ),
        }
    )
    for name in ("entered", "left"):
        data[name] = data[name].copy(data=(data[name] - _spread(moves, data[name])).values)
    # where both cost nothing a solver may add and remove at once; where they cost something it never does
    both = np.minimum(data["added"].values, data["removed"].values)
    for name in ("added", "removed"):
        data[name] = data[name].copy(data=data[name].values - both)
    data = data.merge(_housed(problem, x.housed, values)).merge(_base(problem))
    data = data.merge(_money(model, values)).assign_coords(_names(problem))
    return data.assign(funding_need=_funding_need(problem, data), **_settled(problem, data))


def _labelled(
    family: Family, values: Floats, labels: Mapping[str, list[str] | list[int]], units: str, long_name: str
) -> xr.DataArray:
    """Place the values of a family in an array; a label without a variable cannot differ from zero."""
    positions = {dim: {label: n for n, label in enumerate(known)} for dim, known in labels.items()}
    array = np.zeros([len(known) for known in labels.values()])
    if family:
        index = [[positions[dim][part] for dim, part in zip(labels, label, strict=True)] for label in family]
        array[tuple(np.array(index).T)] = values[[v.id for v in family.values()]]
    attrs = {"units": units, "long_name": long_name}
    return xr.DataArray(array, coords=dict(labels), dims=tuple(labels), attrs=attrs)


def _net_moves(entered: Family, left: Family, values: Floats) -> dict[Label, float]:
    """Return what enters and leaves the same tier in the same year: nobody moves there."""
    both = {label: min(values[v.id], values[left[label].id]) for label, v in entered.items() if label in left}
    return {label: moved for label, moved in both.items() if moved > 0.0}


def _spread(moves: Mapping[Label, float], like: xr.DataArray) -> xr.DataArray:
    spread = xr.zeros_like(like)
    index = [spread.indexes[dim] for dim in spread.dims]
    for label, moved in moves.items():
        at = tuple(known.get_loc(part) for known, part in zip(index, label, strict=True))
        spread.values[at] = moved
    return spread


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
                ("pair", "year"), housed[kept],
                {"units": "clients", "long_name": "clients by origin, location and tier; pairs without anybody left out"},
            ),
            "travel_minutes": (
                ("pair",), used["minutes"].to_numpy(), {"units": "minutes", "long_name": "travel time from the origin"},
            ),
            "within_norm": (
                ("pair",), used["within"].to_numpy().astype(np.int8),
                {"units": "1", "long_name": "whether the travel time is within the norm of the tier"},
            ),
        },
        coords=coords,
    )  # fmt: skip


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
    """Sum the priced decisions: nominal euros by part, payer, stream and year; points by part and year."""
    problem, years = model.problem, list(model.problem.years)
    sums: dict[tuple[str, str, int], float] = defaultdict(float)
    for term in model.terms:
        sums[term.part, term.stream, term.year] += term.amount * float(values[term.variable.id])
    for stream, by_year in _personal_budgets(problem):
        for year in years:
            sums["support", stream, year] += by_year[year]
    streams = list(dict.fromkeys(problem.tiers["stream"]))
    parts = [*EUROS, *WEIGHTS]
    cost = [[[[sums[part, stream, t] for t in years] for stream in streams]] for part in parts]
    weight = [[sums[part, POINTS, t] for t in years] for part in parts]
    return xr.Dataset(
        {
            "cost": (
                ("part", "payer", "stream", "year"), np.array(cost),
                {"units": "EUR", "long_name": "nominal undiscounted euros that somebody pays"},
            ),
            "weight": (
                ("part", "year"), np.array(weight),
                {"units": "points", "long_name": "points that only steer and are never paid"},
            ),
        },
        coords={"part": parts, "payer": [problem.payer], "stream": streams, "year": years},
    )  # fmt: skip


def _personal_budgets(problem: Problem) -> Iterable[tuple[str, dict[int, float]]]:
    """Generate the support of clients with a personal budget by stream and year (EUR)."""
    clients = problem.personal_budget.sum(["neighbourhood", "profile"]).to_series()
    yearly = problem.prices.support.mul(clients, axis=0)
    for stream, tiers in problem.tiers.groupby("stream").groups.items():
        yield str(stream), {int(t): float(eur) for t, eur in yearly.loc[list(tiers)].sum().items()}  # type: ignore[call-overload]


def _funding_need(problem: Problem, data: xr.Dataset) -> xr.DataArray:
    """Bring the euros to the municipalities that clients come from.

    Support and bridging follow the client; what sites, capital and homes cost follows the number
    of clients a municipality has in places and homes that year. Sums over municipalities equal `cost`.
    """
    town = xr.DataArray(
        [[float(m == problem.municipality_of[i]) for i in problem.neighbourhoods.index] for m in data["municipality"].values],
        coords={"municipality": data["municipality"], "neighbourhood": list(problem.neighbourhoods.index)},
        dims=("municipality", "neighbourhood"),
    )  # fmt: skip
    support = problem.prices.support.rename_axis(index="tier", columns="year").stack().to_xarray()
    bridging = problem.prices.general.loc["bridging"].rename_axis("year").to_xarray()
    streams = xr.DataArray(
        [[float(problem.tiers.at[k, "stream"] == stream) for k in problem.tiers.index] for stream in data["stream"].values],
        coords={"stream": data["stream"], "tier": list(problem.tiers.index)},
        dims=("stream", "tier"),
    )  # fmt: skip
    clients = data["clients"].sum("profile") + problem.personal_budget.sum("profile")
    people = (clients * town).sum("neighbourhood")
    direct = (people * support * streams).sum("tier")
    first = xr.DataArray(
        [1.0] + [0.0] * (data.sizes["stream"] - 1), coords={"stream": data["stream"]}, dims="stream"
    )
    direct = direct + (data["waiting"].sum("profile") * town).sum("neighbourhood") * bridging * first
    part = people.sum("tier") / people.sum(["tier", "municipality"]).clip(min=1e-12)
    shared = data["cost"].sum("payer").drop_sel(part=["support", "bridging"]).sum("part")
    need = (direct + shared * part).transpose("municipality", "stream", "year")
    return need.assign_attrs(units="EUR", long_name="nominal euros by municipality of origin")


def _settled(problem: Problem, data: xr.Dataset) -> dict[str, xr.DataArray]:
    """Grants as given in budgets.csv (absent where none is given), and settlement inside a pooled region."""
    grant = xr.full_like(
        data["cost"].sum(["part", "payer"]).expand_dims(municipality=data["municipality"]), np.nan
    )
    if problem.region is not None:
        for row in problem.region.budgets.itertuples():
            if row.year in problem.years and row.stream in data["stream"].values:
                grant.loc[{"municipality": row.municipality, "stream": row.stream, "year": row.year}] = float(
                    row.eur
                )  # type: ignore[arg-type]
    hosts = data["municipality"].values
    settlement = xr.DataArray(
        np.zeros((1, len(hosts), data.sizes["year"])),
        coords={"payer": data["payer"], "host": hosts, "year": data["year"]},
        dims=("payer", "host", "year"),
    )
    grant = grant.transpose("municipality", "stream", "year")
    return {
        "grant": grant.assign_attrs(units="EUR", long_name="grant; missing where budgets.csv gives none"),
        "settlement": settlement.assign_attrs(
            units="EUR", long_name="settlement between municipalities; nothing inside a pooled region"
        ),
    }
