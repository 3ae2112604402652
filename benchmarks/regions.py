"""`solve` against the textbook model given to PuLP and HiGHS: gap over time, side by side in one run.

    python -m benchmarks.regions [--time 60] [--runs 3] [--columns 1000000] [NAME …]

NAME is a bundled region or one of `region`, `province` and `metropolis`, which are generated from a seed.
Each solve runs in a process of its own, so that its memory is its own. Both get the same problem and the
same time, the model's building included. The table is added to benchmarks/RESULTS.md; the gap over time is
drawn in benchmarks/regions.svg.
"""

import argparse
import json
import math
import re
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING

from benchmarks.results import add, add_option, machine

if TYPE_CHECKING:
    from optimiser.problem import Problem

ASKED_GAPS = (0.01, 0.0025)
SOLVERS = ("spreidplan", "plain")

type Point = tuple[float, float | None, float | None]
"""Seconds, incumbent and bound; None before there is one."""


@dataclass(frozen=True)
class Size:
    """A generated region: neighbourhoods, municipalities and inhabitants."""

    neighbourhoods: int
    municipalities: int
    inhabitants: int


SIZES = {
    "region": Size(60, 4, 170_000),
    "province": Size(190, 12, 500_000),
    "metropolis": Size(300, 15, 1_300_000),
}
BUNDLED = ("groningen-bmwe", "zuidoost-drenthe", "rotterdam", "drenthe")


@dataclass(frozen=True)
class Run:
    """One solve as it went, what building and reading back took beside it, and its peak memory."""

    history: list[Point]
    columns: int
    build_seconds: float
    read_back_seconds: float
    gigabytes: float

    def gap_at(self, seconds: float) -> float:
        """Return the gap (share of the incumbent) at a time; infinite before there is a plan and a bound."""
        incumbent, bound = math.inf, -math.inf
        for when, plan, proven in self.history:
            if when <= seconds:
                incumbent = min(incumbent, math.inf if plan is None else plan)
                bound = max(bound, -math.inf if proven is None else proven)
        if not (math.isfinite(incumbent) and math.isfinite(bound)):
            return math.inf
        return max(0.0, incumbent - bound) / abs(incumbent)

    def seconds_to(self, gap: float) -> float:
        """Return when a gap was first reached; infinite where it was not."""
        return next((when for when, *_ in self.history if self.gap_at(when) <= gap), math.inf)


# One solve, in a process of its own ----------------------------------------------------------


def problem_of(name: str, seed: int) -> "Problem":
    """Return the problem of a bundled region, or of a generated one."""
    from geodata.bundled import region_folder
    from models.demand.forecast import forecast
    from models.region.read_region import read_region
    from optimiser.problem import Problem

    if name in SIZES:
        return generated(SIZES[name], seed)
    region = read_region(region_folder(name))
    return Problem.of(region, forecast(region))


def generated(size: Size, seed: int) -> "Problem":
    """Return the problem of a region of a size, all of it from a seed."""
    from geodata.bundled import region_folder
    from models.demand.forecast import forecast
    from models.new_region.synthetic_country import Template, write_country
    from models.region.read_region import read_region
    from optimiser.problem import Problem

    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        (folder / "map.geojson").write_text(map_of(size, seed), encoding="utf-8")
        template = Template.of(region_folder("drenthe"))
        written = write_country(folder / "map.geojson", folder / "regions", template, regions=1, seed=seed)
        (centre,) = written
        region = read_region(folder / "regions" / centre)
        return Problem.of(region, forecast(region))


def map_of(size: Size, seed: int) -> str:
    """Return neighbourhoods on a shaken grid as GeoJSON, each in the municipality whose centre is nearest."""
    import numpy as np

    random = np.random.default_rng(seed)
    side = math.ceil(math.sqrt(size.neighbourhoods))
    apart_m = 3_500.0 * math.sqrt(170_000 / 60 / (size.inhabitants / size.neighbourhoods))
    grid = np.array([(n % side, n // side) for n in range(size.neighbourhoods)], dtype=float)
    spots = np.array([150_000.0, 450_000.0]) + apart_m * (grid + random.uniform(-0.3, 0.3, grid.shape))
    centres = spots[random.choice(len(spots), size.municipalities, replace=False)]
    town = np.argmin(((spots[:, None] - centres[None]) ** 2).sum(axis=2), axis=1)
    people = random.lognormal(0.0, 0.8, len(spots))
    people = np.round(people / people.sum() * size.inhabitants).astype(int)
    features = [
        {
            "type": "Feature",
            "properties": {
                "code": f"N{n:05d}",
                "name": f"Synthetic {n}",
                "municipality": f"M{town[n]:03d}",
                "inhabitants": int(people[n]),
                "percentage_laag_inkomen": round(float(random.uniform(25, 55)), 1),
                "percentage_koopwoningen": round(float(random.uniform(30, 80))),
            },
            "geometry": {"type": "Point", "coordinates": [round(x, 1), round(y, 1)]},
        }
        for n, (x, y) in enumerate(spots.tolist())
    ]
    system = {"type": "name", "properties": {"name": "urn:ogc:def:crs:EPSG::28992"}}
    return json.dumps({"type": "FeatureCollection", "crs": system, "features": features})


def by_spreidplan(problem: "Problem", seconds: float) -> list[Point]:
    """Solve as the command does; the reference and the check of the arrays come on top of the seconds."""
    from optimiser.solve import solve

    began, history = time.monotonic(), list[Point]()
    plan = solve(
        problem,
        gap=0.0,
        seconds=seconds,
        progress=lambda p: history.append((time.monotonic() - began, p.incumbent, p.bound)),
    )
    history.append((time.monotonic() - began, plan.proof.objective, plan.proof.bound))
    return history


def by_plain_highs(problem: "Problem", seconds: float) -> list[Point]:
    """Give the textbook model to PuLP and HiGHS; the gap over time is read from the solver's own log."""
    import pulp

    from optimiser.model.model import Model

    began = time.monotonic()
    program = Model.of(problem).program
    handed_over = time.monotonic() - began
    with tempfile.TemporaryDirectory() as folder:
        log = Path(folder) / "highs.log"
        left = max(1.0, seconds - handed_over)
        program.solve(pulp.HiGHS(msg=False, timeLimit=left, gapRel=0.0, threads=2, log_file=str(log)))
        text = log.read_text(encoding="utf-8") if log.is_file() else ""
    # the log's clock begins when HiGHS does; what PuLP's hand-over takes is not in it, in plain's favour
    return [(handed_over + when, plan, bound) for when, plan, bound in history_in(text)]


def history_in(log: str) -> list[Point]:
    """Return the rows of HiGHS's table: … bound, plan, gap, cuts, in LP, conflicts, iterations, time."""
    found = list[Point]()
    for line in log.splitlines():
        words = line.split()
        # only rows of the table end in seconds and have a share or "inf" where the gap stands
        if len(words) >= 8 and _SECONDS.fullmatch(words[-1]) and _GAP.fullmatch(words[-6]):
            bound, plan = (value if math.isfinite(value) else None for value in map(float, words[-8:-6]))
            found.append((float(words[-1][:-1]), plan, bound))
    return found


_SECONDS, _GAP = re.compile(r"[\d.]+s"), re.compile(r"[\d.]+%|inf|Large")


def one(name: str, solver: str, seconds: float, seed: int) -> Run:
    """Solve once in this process."""
    from optimiser.model.model import Model
    from optimiser.plan import dataset

    problem = problem_of(name, seed)
    history = {"spreidplan": by_spreidplan, "plain": by_plain_highs}[solver](problem, seconds)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
    began = time.monotonic()
    model = Model.of(problem)
    columns = len(model.arrays.cost)
    built = time.monotonic()
    dataset(model, model.arrays.lower)
    return Run(history, columns, built - began, time.monotonic() - built, peak)


def in_a_process(name: str, solver: str, seconds: float, seed: int) -> Run:
    """Solve once in a process of its own."""
    asked = [
        sys.executable,
        "-m",
        "benchmarks.regions",
        "--one",
        solver,
        "--time",
        str(seconds),
        "--seed",
        str(seed),
        name,
    ]
    said = subprocess.run(asked, capture_output=True, text=True, check=False)
    if said.returncode:
        raise RuntimeError(f"{solver} on {name} ended in {said.returncode}:\n{said.stderr[-2000:]}")
    told = json.loads(said.stdout.splitlines()[-1])
    return Run(**{**told, "history": [tuple(point) for point in told["history"]]})


# A million columns ----------------------------------------------------------------------------


def building(columns: int, seed: int) -> str:
    """Return what building the arrays and reading them back takes for so many columns or more."""
    from optimiser.model.model import Model
    from optimiser.plan import dataset

    count = 350
    while True:
        problem = generated(Size(count, max(2, count // 20), 4_300 * count), seed)
        began = time.monotonic()
        model = Model.of(problem)
        made = time.monotonic()
        arrays = model.arrays
        built = time.monotonic()
        if len(arrays.cost) >= columns:
            break
        # columns grow with the number of neighbourhoods, as reach bounds the pairs of each
        count = math.ceil(1.05 * count * columns / len(arrays.cost))
    began_back = time.monotonic()
    dataset(model, arrays.lower)
    back = time.monotonic() - began_back
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
    return (
        f"{len(arrays.cost):,} columns, {arrays.matrix.shape[0]:,} rows, {arrays.matrix.nnz:,} entries: "
        f"{made - began:.1f} s for rows and terms, {built - made:.1f} s more for the arrays, {back:.1f} s "
        f"from values to labelled arrays, {peak:.1f} GB."
    )


# What is told ---------------------------------------------------------------------------------


def table(runs: dict[str, dict[str, list[Run]]], seconds: float) -> str:
    """Return a Markdown table: medians over the runs, and their ratio."""
    lines = [
        f"| instance | columns | gap at {seconds:g} s | plain PuLP→HiGHS | ratio | s to 1 % | s to 0.25 % "
        "| plain s to 1 % | building, share of s to 1 % | read back s | GB | plain GB |",
        "|---|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|",
        *(row(name, by["spreidplan"], by["plain"], seconds) for name, by in runs.items()),
    ]
    return "\n".join(lines)


def row(name: str, ours: list[Run], plain: list[Run], seconds: float) -> str:
    """Return the line of an instance; at the end ours has what it says after its check."""

    def mid(of: list[Run], figure: Callable[[Run], float]) -> float:
        return median(figure(run) for run in of)

    gap, other = mid(ours, lambda run: run.gap_at(math.inf)), mid(plain, lambda run: run.gap_at(seconds))
    one_percent, less = (mid(ours, lambda run, g=g: run.seconds_to(g)) for g in ASKED_GAPS)  # type: ignore[misc]
    built = mid(ours, lambda run: run.build_seconds)
    cells = [
        name,
        f"{ours[0].columns:,}",
        _share(gap),
        _share(other),
        f"{other / gap:.0f}×" if math.isfinite(other) and gap else "-",
        _seconds(one_percent),
        _seconds(less),
        _seconds(mid(plain, lambda run: run.seconds_to(ASKED_GAPS[0]))),
        f"{built / one_percent:.0%}" if math.isfinite(one_percent) else f"({built:.1f} s)",
        f"{mid(ours, lambda run: run.read_back_seconds):.1f}",
        f"{mid(ours, lambda run: run.gigabytes):.1f}",
        f"{mid(plain, lambda run: run.gigabytes):.1f}",
    ]
    return "| " + " | ".join(cells) + " |"


def _share(gap: float) -> str:
    return f"{gap:.2%}" if math.isfinite(gap) else "no plan"


def _seconds(seconds: float) -> str:
    return f"{seconds:.1f}" if math.isfinite(seconds) else "not reached"


def draw(runs: dict[str, dict[str, list[Run]]], seconds: float, file: Path) -> None:
    """Draw the gap over time of every run, both solvers side by side."""
    import matplotlib as mpl

    mpl.use("agg")
    mpl.rcParams["svg.hashsalt"] = "spreidplan"
    from matplotlib import pyplot as plt

    figure, axes = plt.subplots(1, len(runs), figsize=(3.2 * len(runs), 3.4), sharey=True, squeeze=False)
    for axis, (name, by) in zip(axes[0], runs.items(), strict=True):
        for solver, style in zip(SOLVERS, ("-", "--"), strict=True):
            for run in by[solver]:
                gaps = [(when, run.gap_at(when)) for when, *_ in run.history]
                shown = [(when, 100 * gap) for when, gap in gaps if math.isfinite(gap) and gap > 0]
                if shown:
                    axis.step(*zip(*shown, strict=True), style, where="post", color="black")
        axis.set(title=name, xlabel="seconds", yscale="log", xlim=(0, seconds * 1.1))
    axes[0][0].set_ylabel("proven gap, %\nsolid: spreidplan, dashed: plain")
    figure.tight_layout()
    figure.savefig(file, metadata={"Date": None})
    plt.close(figure)


def measured(names: list[str], seconds: float, count: int, seed: int) -> dict[str, dict[str, list[Run]]]:
    """Solve every instance by both solvers in turn; generated ones have a seed of their own each run."""
    runs: dict[str, dict[str, list[Run]]] = {}
    for name in names:
        runs[name] = {solver: [] for solver in SOLVERS}
        for number in range(count):
            for solver in SOLVERS:
                run = in_a_process(name, solver, seconds, seed + number)
                runs[name][solver].append(run)
                print(f"{name}, {solver}, run {number + 1}: {_share(run.gap_at(math.inf))}", file=sys.stderr)
    return runs


def main() -> int:
    """Measure, print the table and add it to RESULTS.md."""
    reading = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    reading.add_argument("names", nargs="*", metavar="NAME", default=[])
    reading.add_argument("--time", type=float, default=60.0, help="seconds for each solve")
    reading.add_argument("--runs", type=int, default=3)
    reading.add_argument("--seed", type=int, default=0)
    reading.add_argument("--columns", type=int, help="also build an instance of so many columns")
    add_option(reading)
    reading.add_argument("--one", choices=SOLVERS, help=argparse.SUPPRESS)
    arguments = reading.parse_args()
    if arguments.one:
        print(json.dumps(asdict(one(arguments.names[0], arguments.one, arguments.time, arguments.seed))))
        return 0
    names = arguments.names or [*BUNDLED, *SIZES]
    runs = measured(names, arguments.time, arguments.runs, arguments.seed)
    command = f"python -m benchmarks.regions --time {arguments.time:g} --runs {arguments.runs} "
    command += f"--seed {arguments.seed} {' '.join(names)}"
    parts = [f"## Regions ({time.strftime('%Y-%m-%d')})", f"`{command}`; {machine()}. Medians."]
    parts.append(table(runs, arguments.time))
    if arguments.columns:
        parts.append(building(arguments.columns, arguments.seed))
    text = "\n\n".join(parts) + "\n"
    add(text, arguments.results)
    draw(runs, arguments.time, arguments.results.with_name("regions.svg"))
    return 0


if __name__ == "__main__":
    sys.exit(main())
