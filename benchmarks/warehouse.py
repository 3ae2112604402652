"""OR-Library's capacitated warehouses as a `Problem` of one year, tier and profile, solved to their optima.

    python -m benchmarks.warehouse FOLDER [cap41 cap42 …]

FOLDER holds J. E. Beasley's cap41.txt … cap134.txt and capopt.txt; they are not part of this project.

A customer is a neighbourhood whose demand waits in the base year; a warehouse is a candidate site. Running a
site costs its fixed cost, `most` is its capacity, and carrying all of a customer's demand costs what the
instance says: minutes × the weight of travel = that cost ÷ demand. Demand may be split, as in the instance.
Waiting weighs more than any way of serving does. All else costs nothing, so the objective is the instance's.
"""

import argparse
import json
import resource
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from benchmarks.results import add, add_option, machine
from models.demand.forecast import forecast
from models.region.read_region import read_region
from optimiser.plan import Plan
from optimiser.problem import Problem
from optimiser.solve import solve

MINUTES = 500.0
"""The dearest unit of an instance is so many minutes away; the weight of travel is scaled to it."""

SAME = 1e-6
"""Share by which an optimum may differ from the published one: that has a few decimals."""

TOML = """\
[region]
name = "Warehouses"
language = "en"
crs = "EPSG:28992"
central_municipality = "M1"

[years]
base = 2021
last = 2022
price_year = 2021
indexation = 0.0
discount_rate = 0.0
terminal = 1.0

[tiers.warehouse]
name = {{nl = "pakhuis", en = "warehouse"}}
setting = "facility"
running = 0
place = 0
client = 0
building = 0
closing = 0
building_years = 0
occupancy = 1.0
least = 0
norm = 600
reach = 600
concentration_weight = 0

[profiles.demand]
name = {{nl = "vraag", en = "demand"}}
fits = ["warehouse"]

[pathway.inflow]
share = 0.0
trend = 0.0
profiles = {{demand = 1.0}}

[pathway.transitions]

[pathway.recovered]

[pathway.wlz]
demand = 0.0

[pathway.died]
demand = 0.0

[travel]
detour = 1.0
speed = 60

[homes]
lead = 0

[costs]
interest = 0.0
asset_life = 10
new_home = 0
bridging = 0
double_running = 0

[weights]
travel = {travel!r}
misfit = 0
waiting = {waiting!r}
unasked_move = 0

[policies.intramural_reduction]
mode = "off"
price = 0
by_end = 0.0

[policies.replacement_before_closure]
mode = "off"
years_ahead = 0
most_per_year = 1.0

[policies.within_travel_norm]
mode = "off"
price = 0
share = 0.0

[policies.neighbourhood_concentration]
mode = "off"
price = 0
norm = 1.0

[policies.fair_share_between_municipalities]
mode = "off"
price = 0
band = 1.0

[policies.waiting_does_not_grow]
mode = "off"
price = 0
"""


@dataclass(frozen=True)
class Warehouses:
    """An instance: capacity and fixed cost by warehouse; demand, and the cost of all of it, by customer."""

    capacity: tuple[int, ...]
    fixed: tuple[float, ...]
    demand: tuple[float, ...]
    cost: tuple[tuple[float, ...], ...]

    @classmethod
    def read(cls, text: str) -> "Warehouses":
        """Read OR-Library's format: "m n", then capacity and fixed cost, then demand and m costs."""
        numbers = [float(word) for word in text.split()]
        sites, customers = int(numbers[0]), int(numbers[1])
        at_sites = numbers[2 : 2 + 2 * sites]
        rest = numbers[2 + 2 * sites :]
        each = [rest[n * (sites + 1) : (n + 1) * (sites + 1)] for n in range(customers)]
        return cls(
            capacity=tuple(int(c) for c in at_sites[0::2]),
            fixed=tuple(at_sites[1::2]),
            demand=tuple(row[0] for row in each),
            cost=tuple(tuple(row[1:]) for row in each),
        )

    @property
    def unit_costs(self) -> list[list[float]]:
        """(customer, warehouse) cost of one unit; nothing is carried to who asks for nothing."""
        return [
            [cost / demand if demand else 0.0 for cost in row]
            for demand, row in zip(self.demand, self.cost, strict=True)
        ]

    def problem(self) -> Problem:
        """Return the instance in the planner's terms."""
        with tempfile.TemporaryDirectory() as folder:
            self.write(Path(folder))
            region = read_region(Path(folder))
            return Problem.of(region, forecast(region))

    def write(self, folder: Path) -> None:
        """Write the instance as the folder of a region."""
        dearest = max(max(row) for row in self.unit_costs) or 1.0
        per_minute = dearest / MINUTES
        # dearer than serving a unit in the dearest way and opening everything for it
        waiting = 2.0 * (dearest + sum(self.fixed))
        customers = [f"C{n}" for n in range(len(self.demand))]
        sites = [f"W{n}" for n in range(len(self.fixed))]
        tables = {
            "municipalities.csv": [("code", "name", "inhabitants"), ("M1", "All", 1000 * len(customers))],
            "sites.csv": [
                ("site", "neighbourhood", "status", "tier", "places", "most", "running_cost"),
                *(
                    (s, customers[0], "candidate", "warehouse", 0, capacity, repr(fixed))
                    for s, capacity, fixed in zip(sites, self.capacity, self.fixed, strict=True)
                ),
            ],
            "clients.csv": [
                ("neighbourhood", "profile", "tier", "clients", "year", "form", "basis"),
                *(
                    (c, "demand", "waiting", repr(demand), 2021, "ZIN", "origin")
                    for c, demand in zip(customers, self.demand, strict=True)
                ),
            ],
            "homes.csv": [("corporation", "municipality", "year", "homes")],
            "travel.csv": [
                ("origin", "destination", "minutes"),
                *(
                    (c, s, repr(unit / per_minute))
                    for c, row in zip(customers, self.unit_costs, strict=True)
                    for s, unit in zip(sites, row, strict=True)
                ),
            ],
        }
        for name, rows in tables.items():
            lines = [",".join(map(str, row)) for row in rows]
            (folder / name).write_text("\n".join(lines) + "\n", encoding="utf-8")
        (folder / "neighbourhoods.geojson").write_text(_points(customers), encoding="utf-8")
        text = TOML.format(travel=per_minute, waiting=waiting)
        (folder / "region.toml").write_text(text, encoding="utf-8")


def _points(customers: list[str]) -> str:
    """Return a map of the customers in a row: where they lie plays no part, their minutes are given."""
    features = [
        {
            "type": "Feature",
            "properties": {"code": code, "name": code, "municipality": "M1", "inhabitants": 1000},
            "geometry": {"type": "Point", "coordinates": [150_000 + 1000 * n, 450_000]},
        }
        for n, code in enumerate(customers)
    ]
    system = {"type": "name", "properties": {"name": "urn:ogc:def:crs:EPSG::28992"}}
    return json.dumps({"type": "FeatureCollection", "crs": system, "features": features})


def solved(warehouses: Warehouses, seconds: float) -> Plan:
    """Solve an instance to its proven optimum, or as far as the seconds allow."""
    return solve(warehouses.problem(), gap=0.0, seconds=seconds)


def published(folder: Path) -> dict[str, float]:
    """Return the optima of capopt.txt by name."""
    rows = (line.split() for line in (folder / "capopt.txt").read_text(encoding="utf-8").splitlines())
    return {
        row[0].removesuffix(".txt"): float(row[1]) for row in rows if len(row) == 2 and _is_number(row[1])
    }


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def main() -> int:
    """Solve the instances and print a row for each; 1 where one is not proven at its published optimum."""
    reading = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    reading.add_argument("folder", type=Path)
    reading.add_argument("names", nargs="*")
    reading.add_argument("--time", type=float, default=300.0, help="seconds for each")
    add_option(reading)
    arguments = reading.parse_args()
    optima = published(arguments.folder)
    names = arguments.names or [name for name in optima if (arguments.folder / f"{name}.txt").is_file()]
    lines = [
        "| instance | warehouses | customers | published | found | bound | status | seconds | same |",
        "|---|--:|--:|--:|--:|--:|---|--:|---|",
    ]
    failed = 0
    for name in names:
        line, same = row(name, arguments.folder, optima[name], arguments.time)
        lines.append(line)
        failed += not same
        print(line, file=sys.stderr, flush=True)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
    told = f"{len(names) - failed} of {len(names)} proven at the published optimum; {peak:.1f} GB at most."
    head = f"## Warehouses ({time.strftime('%Y-%m-%d')})"
    text = "\n".join([head, f"\n`python -m benchmarks.warehouse ORLIB`; {machine()}.\n", *lines, f"\n{told}"])
    add(text, arguments.results)
    return min(failed, 1)


def row(name: str, folder: Path, optimum: float, seconds: float) -> tuple[str, bool]:
    """Solve an instance; return its line, and whether it was proven at the published optimum."""
    instance = Warehouses.read((folder / f"{name}.txt").read_text(encoding="utf-8"))
    began = time.monotonic()
    proof = solved(instance, seconds).proof
    same = abs(proof.objective - optimum) <= SAME * optimum and proof.status == "proven"
    cells = [name, f"{len(instance.fixed)}", f"{len(instance.demand)}", f"{optimum:,.3f}"]
    cells += [f"{proof.objective:,.3f}", f"{proof.bound:,.3f}", proof.status]
    cells += [f"{time.monotonic() - began:.1f}", "yes" if same else "NO"]
    return "| " + " | ".join(cells) + " |", same


if __name__ == "__main__":
    sys.exit(main())
