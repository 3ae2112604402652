"""A plan small enough to check by hand: four squares, three sites, three tiers, two years.

Nothing here is solved. The decisions are written down, so that a test of a report can name the
figure it expects to read and why; what they cost and who pays it is computed as for any plan.
"""

from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import geopandas as gpd
import networkx as nx
import numpy as np
import pandas as pd
import xarray as xr
from shapely.geometry import box

from models.demand.pathway import CarePathway
from models.parameters.parameters import Parameters
from models.region.assumptions import register
from models.region.region import Region
from optimiser.model.formulation import EUROS
from optimiser.plan import DECIDED, WEIGHTS, Proof, money
from optimiser.problem import Problem

BASE, YEARS = 2024, (2025, 2026)
NEIGHBOURHOODS = ("A1", "A2", "B1", "B2")
MUNICIPALITY_OF = ("GMA", "GMA", "GMB", "GMB")
SITES = ("s1", "s2", "s3")
TIERS = ("bw", "group", "home")
PROFILES = ("high", "low")

NUMBERS: dict[str, Any] = {
    "region": {
        "name": "Vierkant & Co",
        "central_municipality": "GMA",
        "note": {"nl": "Only squares; “nothing” is real.", "en": "Only squares; “nothing” is real."},
    },
    "years": {
        "base": BASE,
        "last": 2026,
        "price_year": 2024,
        "indexation": 0.02,
        "discount_rate": 0.03,
        "terminal": 5,
    },
    "tiers": {
        "bw": {
            "name": {"nl": "Beschermd wonen", "en": "Sheltered housing"},
            "setting": "facility",
            "intramural": True,
            "rate": {"value": 900, "source": 'Circular "2024"\nannex \\ 3'},
            "building": 100000,
            "closing": 5000,
            "contribution": 50,
            "occupancy": 0.95,
            "least": 4,
            "norm": 20,
            "reach": 45,
            "concentration_weight": 1,
        },
        "group": {
            "name": {"nl": "Groepswonen", "en": "Group living"},
            "setting": "facility",
            "rate": 600,
            "building": 80000,
            "closing": 3000,
            "occupancy": 0.95,
            "least": 3,
            "norm": 20,
            "reach": 45,
            "concentration_weight": 0.5,
        },
        "home": {
            "name": {"nl": "Thuis met begeleiding", "en": "Home with support"},
            "setting": "home",
            "rate": 300,
            "norm": 20,
            "reach": 45,
            "keeps_home": 0.5,
        },
    },
    "profiles": {
        "high": {"name": {"nl": "Hoog", "en": "High"}, "fits": ["bw", "group"], "also": ["home"]},
        "low": {"name": {"nl": "Laag", "en": "Low"}, "fits": ["home", "group"]},
    },
    "pathway": {
        "inflow": {"share": 0.1, "trend": 0.01, "profiles": {"high": 0.5, "low": 0.5}},
        "transitions": {"home": {"high": {"low": 0.2}}},
        "recovered": {"home": {"low": 0.2}},
        "wlz": {"high": 0.01},
        "died": {"high": 0.01, "low": 0.01},
    },
    "travel": {"detour": {"value": 1.3, "note": "=1+1", "low": 1.2, "high": 1.5}, "speed": 40},
    "homes": {"lead": 6},
    "costs": {
        "interest": 0.03,
        "asset_life": 30,
        "new_home": 4000,
        "home_capital": 180000,
        "bridging": 150,
        "double_running": 8,
        "conversions": {"bw": {"group": {"ratio": 0.8, "cost": 20000}}},
    },
    "funding": {"law": 2026, "path": {"shape": "linear", "yearly": 0.1}, "pooled": False, "carry_on": True},
    "weights": {"travel": 5, "misfit": 2000, "waiting": 60000, "unasked_move": 500},
    "policies": {
        "intramural_reduction": {"price": 9000, "by_end": 0.4, "path": {2025: 0.1}},
        "replacement_before_closure": {"years_ahead": 0, "most_per_year": 0.5},
        "within_travel_norm": {"price": 3000, "share": 0.9},
        "neighbourhood_concentration": {"price": 2000, "norm": 5},
        "fair_share_between_municipalities": {"price": 1000, "band": 0.2},
        "waiting_does_not_grow": {"price": 8000},
    },
}


@dataclass(frozen=True)
class SamplePlan:
    """What reports ask of a plan."""

    problem: Any
    data: xr.Dataset
    reference: xr.Dataset
    proof: Any


@dataclass(frozen=True)
class Answer:
    """A question of a council and its answer, in Dutch and English."""

    question: dict[str, str]
    answer: dict[str, str]


@dataclass(frozen=True)
class Rule:
    """What a report tells of a rule."""

    name: str
    sentence: dict[str, str]
    unit: str
    kind: str


ANSWERS = (
    Answer(
        {"nl": "Ontbreekt er iets?", "en": "Is something missing?"},
        {"nl": "Ja: groepswonen in B.", "en": "Yes: group living in B."},
    ),
    Answer(
        {"nl": "Kan een voorziening met minder bedden toe?", "en": "Can a facility do with fewer beds?"},
        {"nl": "Ja: plek één gaat van 10 naar 4.", "en": "Yes: site one goes from 10 to 4."},
    ),
    Answer(
        {"nl": "Is de spreiding eerlijk?", "en": "Is the spread fair?"}, {"nl": "Bijna.", "en": "Nearly."}
    ),
)
RULES = (
    Rule(
        "clients_are_housed",
        {"nl": "Iedereen woont ergens.", "en": "Everybody lives somewhere."},
        "clients",
        "core",
    ),
    Rule(
        "intramural_reduction", {"nl": "Het aantal bedden daalt.", "en": "Beds go down."}, "places", "policy"
    ),
)


def _array(values: Any, units: str, long_name: str, **coords: Any) -> xr.DataArray:
    return xr.DataArray(
        np.asarray(values, dtype=float),
        coords=coords,
        dims=tuple(coords),
        attrs={"units": units, "long_name": long_name},
    )


def sample_region(folder: Path, site_name: str = "Plek één") -> Region:
    """Return the region of the sample; `folder` holds input files to be copied."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "clients.csv").write_text("municipality;tier;clients\nGMA;bw;9,5\n", encoding="utf-8")
    (folder / "region.toml").write_text("# as the planner wrote it\n", encoding="utf-8")
    (folder / "scenarios").mkdir(exist_ok=True)
    (folder / "scenarios" / "fast.toml").write_text("[policies]\n", encoding="utf-8")
    squares = [
        box(230000 + 2000 * i, 530000 + 2000 * j, 232000 + 2000 * i, 532000 + 2000 * j)
        for i in (0, 1)
        for j in (0, 1)
    ]
    neighbourhoods = gpd.GeoDataFrame(
        {
            "name": ["A-Noord", "A-Zuid", "B-Noord", "B-Zuid"],
            "municipality": list(MUNICIPALITY_OF),
            "inhabitants": [4000.0, 2000.0, 3000.0, 1000.0],
            "fid": [9, 9, 9, 9],
        },
        index=pd.Index(NEIGHBOURHOODS, name="neighbourhood"),
        geometry=squares,
        crs="EPSG:28992",
    )
    neighbourhoods["x"] = neighbourhoods.geometry.centroid.x
    neighbourhoods["y"] = neighbourhoods.geometry.centroid.y
    neighbourhoods.attrs["drawn_as"] = "polygons"
    sites = pd.DataFrame(
        {
            "name": [site_name, "Plek twee", "Plek drie"],
            "neighbourhood": ["A1", "A1", "B1"],
            "provider": ["Aanbieder A", "Aanbieder A", "Aanbieder B"],
            "status": ["existing", "candidate", "candidate"],
            "plot_most": [10, 8, 8],
            "contract_end": [None, None, None],
            "x": [231000.0, 231000.0, 235000.0],
            "y": [531000.0, 531000.0, 531000.0],
        },
        index=pd.Index(SITES, name="site"),
    )
    homes = pd.DataFrame(
        {
            "corporation": ["Corp", "Corp", "Corp"],
            "municipality": ["GMA", "GMB", None],
            "neighbourhood": [None, None, "A1"],
            "year": [2025, 2026, 2024],
            "homes": [3, 2, 5],
        }
    )
    site_tiers = pd.DataFrame(
        [("s1", "bw", 10, 10), ("s2", "group", 0, 8), ("s3", "group", 0, 8)],
        columns=["site", "tier", "places", "most"],
    ).assign(wlz_occupied=0, earliest=YEARS[0], running_cost=np.nan, building_cost=[np.nan, np.nan, 90_000.0])
    parameters = Parameters.model_validate(NUMBERS)
    roads: nx.Graph[str] = nx.Graph()
    roads.add_nodes_from(NEIGHBOURHOODS)
    return Region(
        folder=folder,
        parameters=parameters,
        neighbourhoods=neighbourhoods,
        sites=sites,
        site_tiers=site_tiers.set_index(["site", "tier"]),
        municipalities=pd.DataFrame(
            {
                "name": ["Gemeente A", "Gemeente B"],
                "inhabitants": [6000.0, 4000.0],
                "region": ["A", "B"],
                "objective_share": [np.nan, np.nan],
                "host": [(), ()],
                "central": ["GMA", "GMA"],
            },
            index=pd.Index(["GMA", "GMB"], name="code"),
        ),
        under_way=pd.DataFrame(columns=["site", "tier", "year", "places"]),
        homes=homes,
        clients=pd.DataFrame(),
        minutes=pd.DataFrame(
            [("A1", "s1", 2.0), ("B1", "s2", 26.0), *((code, code, 2.0) for code in NEIGHBOURHOODS)],
            columns=["origin", "destination", "minutes"],
        ),
        minutes_given=True,
        budgets=pd.DataFrame(
            [("GMA", 2025, "Wmo", 600_000.0)], columns=["municipality", "year", "stream", "eur"]
        ),
        series=pd.DataFrame(),
        assumptions=register(parameters, {"sites.csv": pd.DataFrame({"source": ["contract"]})}),
        carrying_capacity=pd.DataFrame({"index": 1.0}, index=neighbourhoods.index),
        contiguity=roads,
        overrides=(),
        digest="0123456789abcdef" * 4,
        remarks=(
            {"nl": "Reistijd is hemelsbreed × omweg ÷ snelheid.", "en": "Travel is straight line × detour."},
        ),
    )


def sample_problem(region: Region) -> Problem:
    """Return the problem of the sample; its people are those of `sample_data`."""
    people = sample_decisions(region, planned=False)
    pathway = CarePathway.of(region.parameters)
    outlook: Any = SimpleNamespace(
        base_clients=people["base_clients"],
        base_waiting=people["base_waiting"],
        personal_budget=xr.zeros_like(people["base_clients"]),
        inflow=xr.zeros_like(people["waiting"]),
        pathway=pathway,
    )
    return Problem.of(region, outlook)


def sample_data(region: Region, *, planned: bool) -> xr.Dataset:
    """Return the arrays of the plan, or of doing nothing when `planned` is False, with what they cost."""
    data = sample_decisions(region, planned=planned)
    return data.assign(money(sample_problem(region), data))


def _of_policies_that_are_off(known: Collection[str]) -> dict[str, xr.DataArray]:
    """Return what nothing falls short of, for the decisions that are not known."""
    labels = {
        "site": list(SITES), "tier": list(TIERS), "municipality": ["GMA", "GMB"], "account": ["region"],
        "provider": ["Aanbieder A", "Aanbieder B"], "agreement": np.array([], dtype=str), "year": list(YEARS),
    }  # fmt: skip
    found = {}
    for made in DECIDED:
        if made.name not in known:
            coords = {dim: labels[dim] for dim in made.dims}
            zeros = np.zeros([len(label) for label in coords.values()])
            found[made.name] = _array(zeros, made.units, made.long_name, **coords)
    return found


def sample_decisions(region: Region, *, planned: bool) -> xr.Dataset:
    """Return what is decided in the plan, or when nothing is done."""
    nb, yr = list(NEIGHBOURHOODS), list(YEARS)
    # Site 1 goes from 10 beds to 4; site 2 opens with 3 and 4 group places; site 3 stays a candidate.
    base_places = [[10, 0, 0], [0, 0, 0], [0, 0, 0]]
    places = np.zeros((3, 3, 2))
    places[0, 0] = [7, 4] if planned else [10, 10]
    places[1, 1] = [3, 4] if planned else [0, 0]
    clients = np.zeros((4, 2, 3, 2))
    clients[0, 0, 0] = [6.65, 3.8] if planned else [9.5, 9.5]
    clients[2, 0, 1] = [2.85, 3.8] if planned else [0, 0]
    clients[:, 1, 2] = [[1.5, 2.25], [1.5, 2.25], [1, 1], [1, 1.5]] if planned else [[1.25, 1.25]] * 4
    base_clients = np.zeros((4, 2, 3))
    base_clients[0, 0, 0], base_clients[:, 1, 2] = 9.5, 1.25
    waiting = np.zeros((4, 2, 2))
    waiting[:, 1] = [[0.4, 0.2]] * 4 if planned else [[1.4, 2.4]] * 4
    homes = np.zeros((4, 3, 2))
    homes[:, 2] = [[2, 3], [2, 3], [1, 1], [1, 2]] if planned else [[1.25, 1.25]] * 4
    new_homes = np.zeros((1, 4, 2))
    new_homes[0, 0, 0] = 3 if planned else 0
    new_homes[0, 3, 1] = 1 if planned else 0
    parts = [*EUROS, *WEIGHTS]
    weight = np.zeros((len(parts), 2))
    weight[parts.index("travel")] = [120.5, 90]
    weight[parts.index("intramural_reduction")] = [9_000, 0] if planned else [9_000, 36_000]
    added, removed = np.zeros((3, 3, 2)), np.zeros((3, 3, 2))
    if planned:
        added[1, 1], removed[0, 0] = [3, 1], [3, 3]
    # Group places and homes are moved into as they grow; nobody is moved out against the pathway.
    entered = np.zeros((4, 2, 3, 2))
    if planned:
        entered[2, 0, 1], entered[3, 1, 2] = [2.85, 0.95], [0, 2]
    person = {"neighbourhood": nb, "profile": list(PROFILES), "tier": list(TIERS), "year": yr}
    variables = {
        "entered": _array(entered, "clients", "clients who enter a tier", **person),
        "left": _array(0 * entered, "clients", "clients who leave a tier", **person),
        "kept_homes": _array(np.zeros((4, 2)), "homes", "homes kept", neighbourhood=nb, year=yr),
        "places": _array(
            places, "places", "places in facilities", site=list(SITES), tier=list(TIERS), year=yr
        ),
        "operating": _array(places > 0, "1", "running", site=list(SITES), tier=list(TIERS), year=yr),
        "converted": _array(
            np.zeros((3, 3, 3, 2)),
            "places",
            "converted",
            site=list(SITES),
            tier=list(TIERS),
            to_tier=list(TIERS),
            year=yr,
        ),
        "base_places": _array(
            base_places, "places", "places in the base year", site=list(SITES), tier=list(TIERS)
        ),
        "clients": _array(
            clients, "clients", "clients", neighbourhood=nb, profile=list(PROFILES), tier=list(TIERS), year=yr
        ),
        "base_clients": _array(
            base_clients,
            "clients",
            "clients in the base year",
            neighbourhood=nb,
            profile=list(PROFILES),
            tier=list(TIERS),
        ),
        "waiting": _array(
            waiting, "clients", "people waiting", neighbourhood=nb, profile=list(PROFILES), year=yr
        ),
        "base_waiting": _array(
            waiting[:, :, 0] * 0 + [[0, 0.5]] * 4,
            "clients",
            "waiting in the base year",
            neighbourhood=nb,
            profile=list(PROFILES),
        ),
        "homes": _array(homes, "homes", "homes in use", neighbourhood=nb, tier=list(TIERS), year=yr),
        "base_homes": _array([1.25] * 4, "homes", "homes in use in the base year", neighbourhood=nb),
        "new_homes": _array(
            new_homes, "homes", "homes handed over", corporation=["Corp"], neighbourhood=nb, year=yr
        ),
        "excess": _array(
            [[2, 1.5], [0, 0], [0, 0], [0, 0]],
            "weighted places",
            "weighted places over the norm",
            neighbourhood=nb,
            year=yr,
        ),
        "weight": _array(weight, "points", "points that steer", part=parts, year=yr),
        "short_reduction": _array(
            [1, 0] if planned else [1, 4], "places", "places short of the path", year=yr
        ),
        "beyond_norm": _array(
            [[0, 0], [2.9, 3.7]], "clients", "too many beyond the norm", municipality=["GMA", "GMB"], year=yr
        ),
        "unfair": _array(
            np.zeros((2, 2)), "places", "outside the band", municipality=["GMA", "GMB"], year=yr
        ),
        "waiting_growth": _array(
            np.zeros((2, 2)), "clients", "above the base", municipality=["GMA", "GMB"], year=yr
        ),
    }
    none = np.zeros((3, 3))
    variables["wlz_occupied"] = _array(none, "places", "of the Wlz", site=list(SITES), tier=list(TIERS))
    for name, values in (("added", added), ("removed", removed)):
        variables[name] = _array(values, "places", name, site=list(SITES), tier=list(TIERS), year=yr)
    variables |= _of_policies_that_are_off(variables)
    pairs = {
        "origin": ("pair", ["A1", "B1", "B1"]),
        "location": ("pair", ["s1", "s2", "B1"]),
        "tier": ("pair", ["bw", "group", "home"]),
    }
    housed = xr.DataArray(
        [[6.65, 3.8], [2.85, 3.8], [1, 1]],
        dims=("pair", "year"),
        coords={"year": yr},
        attrs={"units": "clients", "long_name": "clients housed"},
    )
    minutes = xr.DataArray(
        [2.0, 26.0, 2.0], dims="pair", attrs={"units": "minutes", "long_name": "travel time"}
    )
    within = xr.DataArray([True, False, True], dims="pair", attrs={"long_name": "within the travel norm"})
    far = {"travel_minutes": minutes, "within_norm": within}
    return xr.Dataset({**variables, "housed": housed, **far}).assign_coords(
        origin=pairs["origin"],
        location=pairs["location"],
        pair_tier=pairs["tier"],
        site_neighbourhood=("site", list(region.sites["neighbourhood"])),
        site_provider=("site", list(region.sites["provider"])),
        site_name=("site", list(region.sites["name"])),
        site_status=("site", list(region.sites["status"])),
        neighbourhood_municipality=("neighbourhood", list(MUNICIPALITY_OF)),
        neighbourhood_name=("neighbourhood", list(region.neighbourhoods["name"])),
        municipality_name=("municipality", list(region.municipalities["name"])),
        inhabitants=("neighbourhood", list(region.neighbourhoods["inhabitants"])),
    )


def sample_plan(folder: Path, site_name: str = "Plek één") -> SamplePlan:
    """Return the sample as the reports get it."""
    region = sample_region(folder, site_name)
    data = sample_data(region, planned=True)
    # The bound lies 50,000 below: 1.23 % of the objective, 3.33 % of the controllable 1,500,000.
    proof = Proof(
        status="within_gap",
        objective=4_050_000.0,
        bound=4_000_000.0,
        unavoidable=2_550_000.0,
        seconds=12.5,
        solver="HiGHS 1.15",
        asked_gap=0.05,
    )
    return SamplePlan(sample_problem(region), data, sample_data(region, planned=False), proof)
