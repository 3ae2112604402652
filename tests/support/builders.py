"""Variants of the tiny region (tests/support/tiny.py), from its files to a problem, and what they cost."""

import pickle
import tempfile
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path

import numpy as np
from scipy.optimize import Bounds, LinearConstraint, OptimizeResult, milp
from tiny import CLIENTS, REGION, SITES, write_tiny_region

from models.demand.forecast import forecast
from models.region.read_region import read_region
from models.region.region import Region
from optimiser.model.model import Model
from optimiser.plan import Plan
from optimiser.problem import Problem
from optimiser.solve import solve

WEEKS = 365.25 / 7
BED, GROUP, HOME, BRIDGE = 1000 * WEEKS, 400 * WEEKS, 300 * WEEKS, 200 * WEEKS
"""EUR of a client-year: bed (52,178.57), group (20,871.43), home (15,653.57), waiting (10,435.71)."""

WAIT = 100_000 + BRIDGE
"""What a client-year of waiting counts in the objective: the weight and the bridging support."""

SOFT = (
    "intramural_reduction", "within_travel_norm", "neighbourhood_concentration",
    "fair_share_between_municipalities", "waiting_does_not_grow",
)  # fmt: skip

EUROS_ONLY = {
    **{f"policies.{name}.mode": "off" for name in SOFT},
    "weights.travel": "0",
    "weights.misfit": "0",
    "weights.unasked_move": "0",
}
"""No soft policy and no points but those of waiting, so that a sum on paper is short."""

ONE_YEAR = {"years.last": "2022"}

SITE_COLUMNS = "site,name,neighbourhood,provider,status,tier,places,wlz_occupied,most,plot_most,earliest\n"

REPLACEMENT = EUROS_ONLY | {
    "policies.intramural_reduction.mode": "soft",
    "policies.replacement_before_closure.most_per_year": "1.0",
}
WITH_A_CANDIDATE = SITE_COLUMNS + (
    "S1,Site one,N1,provider A,existing,bed,10,0,10,10,\n"
    "S2,Site two,N2,provider B,existing,group,4,0,4,4,\n"
    "S3,Site three,N3,provider B,candidate,group,0,0,8,8,2023\n"
)  # fmt: skip
"""S3 may open in 2023 with eight group places, and nothing can be converted or built elsewhere."""


def tiny_region(settings: Mapping[str, str] | None = None, **files: str) -> Region:
    """Return the tiny region with other settings (dotted keys) and files (`sites="…"` is sites.csv).

    Each call has a region of its own: the same files and settings are read once in a process, and copied.
    """
    return pickle.loads(_pickled_region(_as_key(settings), _as_key(files)))


type Key = tuple[tuple[str, str], ...]


def _as_key(texts: Mapping[str, str] | None) -> Key:
    return tuple((texts or {}).items())


@lru_cache(maxsize=256)
def _pickled_region(settings: Key, files: Key) -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        write_tiny_region(Path(folder))
        for name, text in files:
            ending = {"neighbourhoods": "geojson", "region": "toml"}.get(name, "csv")
            (Path(folder) / f"{name}.{ending}").write_text(text, encoding="utf-8")
        return pickle.dumps(read_region(Path(folder), settings=dict(settings)))


def tiny_problem(settings: Mapping[str, str] | None = None, **files: str) -> Problem:
    """Return the problem of a variant of the tiny region."""
    return pickle.loads(_pickled_problem(_as_key(settings), _as_key(files)))


@lru_cache(maxsize=256)
def _pickled_problem(settings: Key, files: Key) -> bytes:
    region = tiny_region(dict(settings), **dict(files))
    return pickle.dumps(Problem.of(region, forecast(region)))


def best(problem: Problem) -> Plan:
    """Return the proven best plan."""
    plan = solve(problem, gap=0.0, seconds=60.0)
    assert plan.proof.status == "proven"
    return plan


def by_scipy(model: Model) -> OptimizeResult:
    """Solve a model's own arrays with scipy's interface, none of our search; `fun` has the constant in it."""
    arrays = model.arrays
    found = milp(
        arrays.cost,
        integrality=arrays.integer.astype(int),
        bounds=Bounds(arrays.lower, arrays.upper),
        constraints=LinearConstraint(arrays.matrix.tocsc(), arrays.row_lower, arrays.row_upper),
        options={"mip_rel_gap": 0.0},
    )
    if found.x is not None:
        found.fun += arrays.constant
    return found


def least_cost(problem: Problem) -> float:
    """Return the objective of the best plan, infinite where there is none."""
    found = by_scipy(Model.of(problem))
    return float(found.fun) if found.status == 0 else np.inf


def amount(plan: Plan, name: str, **where: object) -> float:
    """Return the sum of one variable of a plan over all that is not named."""
    return float(plan.data[name].sel(where).sum())


SHELTER = """
[tiers.shelter]
name = {nl = "opvang", en = "shelter"}
setting = "facility"
stream = "MO"
running = 60000
place = 15000
building = 10000
closing = 1000
occupancy = 1.0
least = 4
norm = 10
reach = 10

[profiles.homeless]
name = {nl = "dakloos", en = "homeless"}
fits = ["shelter"]
"""
FLOWS = (
    ("[pathway.wlz]\n", "[pathway.wlz]\nhomeless = 0.0\n"),
    ("[pathway.died]\n", "[pathway.died]\nhomeless = 0.0\n"),
)
SHELTERED = SITES + "S4,Site four,N1,provider C,existing,shelter,4,0,8,8,,,\n"
HOMELESS = CLIENTS + "M2,homeless,shelter,3,2021,ZIN,origin,registration 2021\n"


def with_shelter(settings=None, text: str = SHELTER, more: str = "", **files: str) -> Problem:
    """Return the tiny region with a shelter S4 in N1 for three homeless people of M2, over one year."""
    region = REGION + text + more
    for old, new in FLOWS:
        region = region.replace(old, new)
    tables = {"sites": SHELTERED, "clients": HOMELESS} | files
    return tiny_problem(EUROS_ONLY | ONE_YEAR | (settings or {}), region=region, **tables)
