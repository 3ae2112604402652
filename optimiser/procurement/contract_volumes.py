"""Contract volumes of a plan: client-weeks by place of delivery, with least and most."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
import xarray as xr

from geodata.faults import Fault, InputError
from models.demand.demand_draws import demand_factors
from models.demand.forecast import forecast
from models.parameters.finance import WEEKS_PER_YEAR
from models.parameters.parameters import MO
from optimiser.plan import Plan

TERMS = (4, 2, 2)
"""Years of a contract and of its extensions, as in Emmen (S1)."""
BAND = (0.05, 0.95)
"""Parts of the draws below which and above which volumes are called least and most."""


@dataclass(frozen=True)
class ContractTerm:
    """The years of a contract or of one of its extensions, as far as the plan goes."""

    name: str
    years: tuple[int, ...]
    length: int
    """Years that it lasts, also those beyond the plan."""


@dataclass(frozen=True)
class Volumes:
    """What is bought of a plan from the start of a contract on.

    Attributes
    ----------
    expected
        (neighbourhood, tier, year): client-weeks delivered there, in kind; MO is subsidised and not in it.
    drawn
        (draw, neighbourhood, tier, year): the same with the demand of a draw, and in a facility no more
        than its places hold.
    eur
        (neighbourhood, tier, year): nominal EUR of support, running and places; no capital.
    contracts
        Sites whose contract does not end as the new ones start: site, contract_end, months (that they
        have to be bridged when positive, that they run on when negative).
    """

    expected: xr.DataArray
    drawn: xr.DataArray
    eur: xr.DataArray
    terms: tuple[ContractTerm, ...]
    contracts: pd.DataFrame

    @property
    def years(self) -> tuple[int, ...]:
        """The years of all terms that the plan knows."""
        return tuple(year for term in self.terms for year in term.years)


def volumes(
    plan: Plan, *, start: int | None = None, terms: tuple[int, ...] = TERMS, draws: int = 200, seed: int = 0
) -> Volumes:
    """Return the volumes of a plan from `start` on, by default the first year after its contracts end.

    Raises
    ------
    InputError
        When `start` is no planned year, or no contract node where the policy contract_nodes is on.
    """
    first = _start(plan, start)
    split = _terms(plan, first, terms)
    years = [year for term in split for year in term.years]
    tiers = [str(k) for k, stream in plan.problem.tiers["stream"].items() if stream != MO]
    delivered = _delivered(plan).sel(tier=tiers, year=years) * WEEKS_PER_YEAR
    factors = _tier_factors(plan, tiers, years, draws, seed)
    room = _room(plan).sel(tier=tiers, year=years) * WEEKS_PER_YEAR
    # what a plan delivers is within its room; rounding of the solver must not cut it
    demand, limit = delivered * factors, room.where(room > delivered, delivered)
    return Volumes(
        expected=delivered.assign_attrs(units="client-weeks", long_name="client-weeks delivered"),
        drawn=demand.where(demand < limit, limit).transpose("draw", "neighbourhood", "tier", "year"),
        eur=_euros(plan).sel(tier=tiers, year=years),
        terms=split,
        contracts=_contracts(plan, first),
    )


def _start(plan: Plan, start: int | None) -> int:
    years, known = plan.problem.years, nodes(plan)
    if start is None:
        ends = [int(str(end)[:4]) for end in plan.problem.region.sites["contract_end"] if end]
        earliest = max(max(ends, default=years[0] - 1) + 1, years[0])
        return min((node for node in known if node >= earliest), default=years[-1])
    faults = []
    if start not in years:
        faults.append(
            Fault("--start", str(start), f"a year from {years[0]} to {years[-1]}", "Choose another.")
        )
    elif start not in known:
        told = ", ".join(map(str, known))
        faults.append(
            Fault("--start", str(start), f"a year in which contracts are renewed: {told}", "Choose one.")
        )
    if faults:
        raise InputError(faults)
    return start


def nodes(plan: Plan) -> list[int]:
    """Return the years in which a contract may start: all, or those of the policy contract_nodes."""
    policy, years = plan.problem.policies.contract_nodes, plan.problem.years
    if policy.mode == "off":
        return list(years)
    last = max(policy.contract_ends)
    later = range(last, years[-1] + 1, policy.renewal_years)
    return [year for year in years if year in policy.contract_ends or year in later]


def _terms(plan: Plan, first: int, lengths: tuple[int, ...]) -> tuple[ContractTerm, ...]:
    known, terms, year = set(plan.problem.years), list[ContractTerm](), first
    for number, length in enumerate(lengths):
        years = tuple(t for t in range(year, year + length) if t in known)
        name = "contract" if number == 0 else f"extension {number}"
        terms.append(ContractTerm(name, years, length))
        year += length
    return tuple(term for term in terms if term.years)


def _delivered(plan: Plan) -> xr.DataArray:
    """Return clients (neighbourhood, tier, year) by where they live."""
    problem, data = plan.problem, plan.data
    area = [problem.neighbourhood_of.get(str(to), str(to)) for to in data["location"].to_numpy()]
    rows = pd.DataFrame(data["housed"].transpose("pair", "year").to_numpy(), columns=list(problem.years))
    summed = rows.groupby([area, list(data["pair_tier"].to_numpy())]).sum().clip(lower=0.0)
    return _labelled(plan, summed)


def _labelled(plan: Plan, rows: pd.DataFrame) -> xr.DataArray:
    """Return rows (neighbourhood, tier) × years as an array; what is absent is 0."""
    labels = {
        "neighbourhood": list(plan.problem.neighbourhoods.index),
        "tier": list(plan.problem.tiers.index),
        "year": list(plan.problem.years),
    }
    full = rows.reindex(pd.MultiIndex.from_product([labels["neighbourhood"], labels["tier"]]), fill_value=0.0)
    shape = [len(known) for known in labels.values()]
    return xr.DataArray(full.to_numpy(float).reshape(shape), coords=labels, dims=tuple(labels))


def _room(plan: Plan) -> xr.DataArray:
    """Return clients that facilities have room for, (neighbourhood, tier, year); homes have no limit here."""
    problem = plan.problem
    places = plan.data["places"].fillna(0.0)
    wlz = problem.site_tiers["wlz_occupied"].unstack("tier", fill_value=0)
    wlz = wlz.reindex(index=problem.sites.index, columns=problem.tiers.index, fill_value=0)
    taken = xr.DataArray(
        wlz.to_numpy(float),
        coords={"site": list(wlz.index), "tier": list(wlz.columns)},
        dims=("site", "tier"),
    ).sel(site=places["site"], tier=places["tier"])
    free = (places - taken).clip(min=0.0).transpose("site", "tier", "year")
    table = pd.DataFrame(
        free.to_numpy().reshape(-1, free.sizes["year"]),
        index=pd.MultiIndex.from_product([free["site"].values, free["tier"].values]),
        columns=list(problem.years),
    )
    area = [problem.neighbourhood_of[str(site)] for site, _ in table.index]
    summed = _labelled(plan, table.groupby([area, table.index.get_level_values(1)]).sum())
    occupancy = problem.tiers["occupancy"].astype(float)
    part = xr.DataArray(occupancy.to_numpy(), coords={"tier": list(occupancy.index)}, dims="tier")
    facility = (problem.tiers["setting"] == "facility").to_numpy()
    at_sites = xr.DataArray(facility, coords={"tier": list(occupancy.index)}, dims="tier")
    return (summed * part).where(at_sites, np.inf)


def _tier_factors(plan: Plan, tiers: list[str], years: list[int], draws: int, seed: int) -> xr.DataArray:
    """Return drawn ÷ expected demand (draw, tier, year): that of a tier's profiles, by their part in it."""
    region = plan.problem.region
    outlook = plan.problem.outlook or forecast(region)
    people = plan.data["clients"].sel(tier=tiers, year=years).sum("neighbourhood")
    total = people.sum("profile")
    mix = (people / total.where(total > 0)).fillna(0.0)
    by_profile = demand_factors(region, outlook, draws, seed).sel(year=years)
    factors = (by_profile * mix).sum("profile")
    return factors.where(total > 0, 1.0)


def _euros(plan: Plan) -> xr.DataArray:
    """Return nominal EUR (neighbourhood, tier, year): support of whoever lives there, running, places."""
    problem, prices = plan.problem, plan.problem.prices
    years = list(problem.years)
    support = prices.support[years].rename_axis(index="tier", columns="year").stack().to_xarray()
    eur = _delivered(plan) * support.sel(tier=list(problem.tiers.index), year=years)
    rows = []
    for site, tier in prices.running.index:
        at = {"site": site, "tier": tier}
        if tier in plan.data["places"]["tier"].values and site in plan.data["places"]["site"].values:
            runs = plan.data["operating"].sel(at).fillna(0.0).to_numpy()
            held = (plan.data["places"] - plan.data["wlz_occupied"]).sel(at).fillna(0.0).to_numpy()
            each = prices.place.loc[tier, years].to_numpy(float) if tier in prices.place.index else 0.0
            amount = runs * prices.running.loc[(site, tier), years].to_numpy(float) + held * each
            rows.append([problem.neighbourhood_of[site], tier, *amount])
    if not rows:
        return eur
    sites = pd.DataFrame(rows, columns=["area", "tier", *years]).groupby(["area", "tier"]).sum()
    return eur + _labelled(plan, sites)


def _contracts(plan: Plan, first: int) -> pd.DataFrame:
    """Return existing sites whose contract does not end the day before the first year begins."""
    sites = plan.problem.region.sites
    ends = sites.loc[sites["contract_end"].notna() & (sites["status"] == "existing"), "contract_end"].astype(
        str
    )
    months = [12 * (first - 1 - int(end[:4])) + (12 - int(end[5:7] or 12)) if end else 0 for end in ends]
    table = pd.DataFrame({"contract_end": ends, "months": months}, index=ends.index)
    return table[table["months"] != 0]
