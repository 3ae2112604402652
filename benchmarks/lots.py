"""Lots by spreidplan beside spopt's max-p and SKATER: the same areas, volumes and measure.

spopt asks for an older PuLP than we use, so it runs in an environment of its own:

    python -m venv other && other/bin/pip install spopt
    python -m benchmarks.lots rotterdam --lots 4 --python other/bin/python

The areas are the neighbourhoods of a region, each with its clients of the base year by origin. Every
division is measured as ours is: client-kilometres to the best root of each lot, and clients outside the band
around a mean lot at `BAND_PRICE`. Max-p and SKATER make areas alike within a lot and do not aim at this
measure, nor at lots of equal size; what is compared is what a tender would get from each.
"""

import argparse
import json
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

import networkx as nx
import numpy as np

sys.path.insert(0, str(Path(__file__).parent.parent))

from geodata.bundled import region_folder
from models.demand.forecast import forecast
from models.parameters.finance import WEEKS_PER_YEAR
from models.region.read_region import read_region
from optimiser.procurement.lots import BAND_PRICE, EMPTY_WEIGHT, Patchwork, Wish, divide

OTHER = """
import json, sys, time, warnings
import geopandas as gpd
import numpy as np
import spopt
from libpysal import weights
from spopt.region import MaxPHeuristic, Skater
warnings.filterwarnings("ignore")
given = json.load(open(sys.argv[1]))
areas = gpd.read_file(sys.argv[2])
w = weights.W({int(k): v for k, v in given["ring"].items()}, silence_warnings=True)
told = {"version": spopt.__version__}
np.random.seed(0)
began = time.perf_counter()
maxp = MaxPHeuristic(areas, w, ["x", "y"], "clients", given["floor"], top_n=5)
maxp.solve()
told["max-p"] = {"labels": [int(one) for one in maxp.labels_], "seconds": time.perf_counter() - began}
began = time.perf_counter()
skater = Skater(areas, w, ["x", "y"], n_clusters=given["lots"], floor=given["least"])
skater.solve()
told["SKATER"] = {"labels": [int(one) for one in skater.labels_], "seconds": time.perf_counter() - began}
print(json.dumps(told))
"""


def main(arguments: argparse.Namespace) -> None:
    """Divide one region in every way and print a line for each."""
    region = read_region(region_folder(arguments.region))
    people = forecast(region).base_clients.sum(["profile", "tier"]).to_series()
    areas = region.neighbourhoods
    codes = [str(code) for code in areas.index]
    pieces = Patchwork(
        units=tuple(codes), areas={code: (code,) for code in codes},
        volume=people.reindex(codes).to_numpy(float)[:, None] * WEEKS_PER_YEAR, least=np.zeros(1),
        place=areas[["x", "y"]].to_numpy(float), region=("all",) * len(codes),
        graph=region.contiguity, years=1,
    )  # fmt: skip
    wish = Wish(lots=arguments.lots, band=arguments.band)
    ours = divide(pieces, wish, seconds=arguments.time, gap=arguments.gap)
    print(f"{arguments.region}: {len(codes)} areas, {arguments.lots} lots within {arguments.band:.0%}")
    print(f"{'':12} {'lots':>4} {'smallest':>9} {'largest':>8} {'km':>6} {'score':>10} {'seconds':>8}")
    tell("spreidplan", pieces, [list(lot) for lot in ours.lots], wish, ours.seconds)
    print(f"{'':12} gap {ours.gap:.2%}, {ours.rounds} rounds")
    if arguments.python:
        for name, labels, seconds in others(arguments, pieces, areas, wish):
            lots = [
                [code for code, own in zip(codes, labels, strict=True) if own == k]
                for k in sorted(set(labels))
            ]
            tell(name, pieces, lots, wish, seconds)


def others(arguments, pieces, areas, wish):
    """Yield name, label per area and seconds of each way of spopt, run by the other Python."""
    position = {code: n for n, code in enumerate(pieces.units)}
    ring = {n: [position[o] for o in pieces.graph.neighbors(code)] for code, n in position.items()}
    mean = float(pieces.clients.sum()) / arguments.lots
    given = {"ring": ring, "lots": arguments.lots, "least": 2, "floor": (1 - wish.band) * mean}
    with tempfile.TemporaryDirectory() as folder:
        here = Path(folder)
        (here / "given.json").write_text(json.dumps(given), encoding="utf-8")
        (here / "other.py").write_text(OTHER, encoding="utf-8")
        table = areas[["geometry"]].assign(clients=pieces.clients, x=pieces.place[:, 0], y=pieces.place[:, 1])
        table.reset_index(drop=True).to_file(here / "areas.gpkg", driver="GPKG")
        words = [arguments.python, here / "other.py", here / "given.json", here / "areas.gpkg"]
        ran = subprocess.run(words, capture_output=True, text=True, check=False, env={"PATH": ""})
    if ran.returncode:
        sys.exit(f"spopt did not run: {ran.stderr[-500:]}")
    told = json.loads(ran.stdout.splitlines()[-1])
    print(f"{'':12} spopt {told.pop('version')}")
    for name, one in told.items():
        yield name, one["labels"], one["seconds"]


def tell(name: str, pieces: Patchwork, lots: Sequence[Sequence[str]], wish: Wish, seconds: float) -> None:
    """Print what a division weighs by our own measure."""
    clients = dict(zip(pieces.units, pieces.clients, strict=True))
    place = dict(zip(pieces.units, pieces.place, strict=True))
    total, points, kilometres = float(pieces.clients.sum()), 0.0, 0.0
    mean, sizes = total / wish.lots, []
    for lot in lots:
        apart = "" if nx.is_connected(pieces.graph.subgraph(lot)) else " (not contiguous)"
        name += apart
        size = sum(clients[unit] for unit in lot)
        near = min(
            sum(max(clients[u], EMPTY_WEIGHT) * np.hypot(*(place[u] - place[root])) / 1000 for u in lot)
            for root in lot
        )
        outside = max(0.0, size - (1 + wish.band) * mean, (1 - wish.band) * mean - size)
        points += near + BAND_PRICE * outside
        kilometres += near
        sizes.append(size / total)
    print(
        f"{name:12} {len(lots):4} {min(sizes):9.1%} {max(sizes):8.1%} {kilometres / total:6.2f} "
        f"{points:10,.0f} {seconds:8.1f}"
    )


if __name__ == "__main__":
    reader = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    reader.add_argument("region", help="a bundled region or a folder")
    reader.add_argument("--lots", type=int, default=4)
    reader.add_argument("--band", type=float, default=0.3)
    reader.add_argument("--time", type=float, default=120.0)
    reader.add_argument("--gap", type=float, default=0.01)
    reader.add_argument("--python", help="Python of an environment that has spopt")
    main(reader.parse_args())
