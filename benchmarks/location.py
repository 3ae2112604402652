"""OR-Library's p-median and capacitated p-median instances by `locate`, beside spopt where it is at hand.

    python -m benchmarks.location FOLDER [--spopt PYTHON] [NAME …]

FOLDER holds `pmed/`, `cpmp/` and optima.csv of J. E. Beasley's OR-Library; they are not part of this project.
spopt asks for an older PuLP than we use, so it runs in an environment of its own, whose Python is named:

    python -m venv other && other/bin/pip install spopt highspy

Every solve runs in a process of its own, so that its memory is its own. Reading the instance is not timed,
the answer's own check is. The table is added to benchmarks/RESULTS.md.
"""

import argparse
import csv
import json
import math
import resource
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from scipy.sparse import csr_array
from scipy.sparse.csgraph import shortest_path

from benchmarks.results import add, add_option, machine
from optimiser.location.locate import LocationProblem, locate

BY_SPOPT = """\
import json, resource, sys, time
import numpy, pulp, spopt
minutes = numpy.load(sys.argv[1])
began = time.monotonic()
people = numpy.ones(len(minutes))
model = spopt.locate.PMedian.from_cost_matrix(minutes, people, p_facilities=int(sys.argv[2]))
model.solve(pulp.HiGHS(msg=False))
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
told = {"objective": pulp.value(model.problem.objective), "seconds": time.monotonic() - began}
print(json.dumps({**told, "gigabytes": peak, "version": spopt.__version__}))
"""


@dataclass(frozen=True)
class Instance:
    """An instance: (origin, site) minutes, sites asked, and capacity and demand where they count."""

    name: str
    minutes: np.ndarray
    sites: int
    capacity: np.ndarray | None = None
    demand: np.ndarray | None = None

    @classmethod
    def read(cls, file: Path) -> "Instance":
        """Read `pmed` (a graph: the last length of an edge counts) or `cpmp` (points in a plane)."""
        lines = [line.split() for line in file.read_text(encoding="utf-8").splitlines() if line.split()]
        numbers = np.array([[float(word) for word in line] for line in lines[1:]])
        return (
            cls._points(file.stem, lines, numbers)
            if len(lines[0]) == 2
            else cls._graph(file.stem, lines, numbers)
        )

    @classmethod
    def _graph(cls, name: str, lines: list[list[str]], edges: np.ndarray) -> "Instance":
        nodes, _, sites = (int(word) for word in lines[0])
        length = {(int(a) - 1, int(b) - 1) if a < b else (int(b) - 1, int(a) - 1): d for a, b, d in edges}
        at = np.array(list(length))
        graph = csr_array((list(length.values()), (at[:, 0], at[:, 1])), shape=(nodes, nodes))
        return cls(name, shortest_path(graph, directed=False), sites)

    @classmethod
    def _points(cls, name: str, lines: list[list[str]], rows: np.ndarray) -> "Instance":
        x, y, capacity, demand = rows[:, -4:].T
        apart = np.floor(np.hypot(x[:, None] - x, y[:, None] - y))
        return cls(name, apart, int(lines[0][1]), capacity, demand)

    def problem(self) -> LocationProblem:
        """Return it as `locate` is asked; with capacities an origin goes to one site, its demand once."""
        labels = [f"{n:04d}" for n in range(len(self.minutes))]
        minutes = pd.DataFrame(self.minutes, index=labels, columns=labels)
        if self.capacity is None or self.demand is None:
            return LocationProblem(minutes, "travel", self.sites)
        # the objective counts every origin once, whatever it asks: minutes per unit of demand
        weighed = minutes.div(self.demand, axis=0)
        demand, capacity = pd.Series(self.demand, labels), pd.Series(self.capacity, labels)
        return LocationProblem(weighed, "travel", self.sites, demand, capacity=capacity)


def ours(file: Path, seconds: float) -> dict[str, object]:
    """Solve an instance in this process."""
    problem = Instance.read(file).problem()
    began = time.monotonic()
    answer = locate(problem, seconds=seconds)
    took, peak = time.monotonic() - began, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
    proven = answer.status == "proven"
    return {"objective": answer.objective, "seconds": took, "gigabytes": peak, "proven": proven}


def in_a_process(words: list[str]) -> dict[str, object]:
    """Run a solve in a process of its own and return what it printed last."""
    said = subprocess.run(words, capture_output=True, text=True, check=False)
    if said.returncode:
        raise RuntimeError(f"{words} ended in {said.returncode}:\n{said.stderr[-2000:]}")
    found: dict[str, object] = json.loads(said.stdout.splitlines()[-1])
    return found


def by_spopt(python: str, instance: Instance) -> dict[str, object]:
    """Solve a p-median by spopt with HiGHS, through a file of minutes."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "minutes.npy"
        np.save(file, instance.minutes)
        return in_a_process([python, "-c", BY_SPOPT, str(file), str(instance.sites)])


def row(file: Path, optimum: float, spopt: str | None, seconds: float) -> tuple[str, bool]:
    """Return the line of an instance, and whether it was proven at its published optimum."""
    own = in_a_process(
        [sys.executable, "-m", "benchmarks.location", "--one", str(file), "--time", str(seconds), "-"]
    )
    right = bool(own["proven"]) and math.isclose(float(str(own["objective"])), optimum, rel_tol=1e-6)
    instance, other = Instance.read(file), None
    if spopt and instance.capacity is None:
        other = by_spopt(spopt, instance)
    cells = [file.stem, f"{len(instance.minutes)}", f"{instance.sites}", f"{optimum:g}"]
    cells += [f"{own['objective']:.0f}", "proven" if right else "not proven", f"{own['seconds']:.2f}"]
    cells += [f"{own['gigabytes']:.2f}"]
    if other is None:
        cells += ["-"] * 4
    else:
        times, memory = other["seconds"] / own["seconds"], other["gigabytes"] / own["gigabytes"]  # type: ignore[operator]
        cells += [f"{other['seconds']:.1f}", f"{other['gigabytes']:.2f}", f"{times:.0f}×", f"{memory:.1f}×"]
    return "| " + " | ".join(cells) + " |", right


def main() -> int:
    """Solve the instances and add a table to RESULTS.md; 1 where one is not proven at its optimum."""
    reading = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    reading.add_argument("folder", type=Path)
    reading.add_argument("names", nargs="*")
    reading.add_argument("--spopt", help="Python of an environment that has spopt and highspy")
    reading.add_argument("--time", type=float, default=600.0, help="seconds for each solve")
    add_option(reading)
    reading.add_argument("--one", type=Path, help=argparse.SUPPRESS)
    asked = reading.parse_args()
    if asked.one:
        print(json.dumps(ours(asked.one, asked.time)))
        return 0
    with (asked.folder / "optima.csv").open(encoding="utf-8") as table:
        optima = {line["instance"]: float(line["optimum"]) for line in csv.DictReader(table)}
    files = sorted(file for kind in ("pmed", "cpmp") for file in (asked.folder / kind).glob("*.txt"))
    files = [file for file in files if not asked.names or file.stem in asked.names]
    lines, wrong = [], 0
    for file in files:
        line, right = row(file, optima[file.stem], asked.spopt, asked.time)
        lines.append(line)
        wrong += not right
        print(line, file=sys.stderr)
    head = "| instance | n | p | published | found | | s | GB | spopt s | spopt GB "
    head += "| times as fast | times the memory |"
    text = "\n".join([
        f"## Locations ({time.strftime('%Y-%m-%d')})",
        f"\n`python -m benchmarks.location ORLIB`; {machine()}. spopt with HiGHS, where it is shown.\n",
        head, "|---|--:|--:|--:|--:|---|--:|--:|--:|--:|--:|--:|", *lines,
    ])  # fmt: skip
    add(text, asked.results)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
