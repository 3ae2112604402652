"""A changed number, planned from the plan in the solver (`Standing.again`) and from scratch (`solve`).

    python -m benchmarks.again [--first 60] [--runs 3] [NAME]

The same problem both times, in one run; medians. Seconds until a bound, until a plan and until it is
verified and handed back, with the gap it then has. The table is added to benchmarks/RESULTS.md.
"""

import argparse
import math
import sys
import time
from collections.abc import Callable
from statistics import median

from benchmarks.results import add, add_option, machine
from geodata.bundled import region_folder
from models.demand.forecast import forecast
from models.region.read_region import read_region
from optimiser.plan import Plan
from optimiser.problem import Problem
from optimiser.solve import solve
from optimiser.solver.limits import Progress
from optimiser.warm_start import WarmStart

CHANGES = {
    "fewer beds: 44 % in place of 40 %": {"policies.intramural_reduction.by_end": "0.44"},
    "concentration norm 2.4 in place of 2.5": {"policies.neighbourhood_concentration.norm": "2.4"},
    "share within the travel norm 0.85 in place of 0.8": {"policies.within_travel_norm.share": "0.85"},
    "band round the fair share 0.2 in place of 0.25": {
        "policies.fair_share_between_municipalities.band": "0.2"
    },
}
"""What is changed, in words and as settings of the bundled regions."""

ENOUGH = 0.015
"""Gap at which both stop: what the first round reaches."""


def problem_of(name: str, settings: dict[str, str]) -> Problem:
    """Return the problem of a bundled region with some numbers changed."""
    region = read_region(region_folder(name), settings=settings)
    return Problem.of(region, forecast(region))


def timed(work: Callable[[Callable[[Progress], None]], Plan]) -> tuple[float, float, float, float]:
    """Return the seconds until there is a bound, a plan, and a verified plan in hand; and its gap."""
    began, bound, planned = time.monotonic(), math.inf, math.inf

    def hear(progress: Progress) -> None:
        nonlocal bound, planned
        now = time.monotonic() - began
        if progress.bound is not None:
            bound = min(bound, now)
        if progress.incumbent is not None:
            planned = min(planned, now)

    plan = work(hear)
    return bound, planned, time.monotonic() - began, plan.proof.gap


def row(words: str, runs: list[tuple[float, float, float, float]], how: str) -> str:
    """Return the line of a change, medians over the runs."""
    bound, planned, done, gap = (median(figures) for figures in zip(*runs, strict=True))
    return f"| {words} | {how} | {bound:.1f} | {planned:.1f} | {done:.1f} | {gap:.2%} |"


def main() -> int:
    """Measure, print the table and add it to RESULTS.md."""
    reading = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    reading.add_argument("name", nargs="?", default="zuidoost-drenthe")
    reading.add_argument("--first", type=float, default=60.0, help="seconds for the plan to begin with")
    reading.add_argument("--runs", type=int, default=3)
    add_option(reading)
    asked = reading.parse_args()
    plan = solve(problem_of(asked.name, {}), gap=0.0, seconds=asked.first)
    standing = WarmStart.of(plan)
    if standing is None:
        raise ValueError("expected a region that is too large to be solved anew at once")
    lines = []
    for words, settings in CHANGES.items():
        problem, here, anew = problem_of(asked.name, settings), list[tuple[float, ...]](), []
        for _ in range(asked.runs):
            here.append(timed(lambda hear, p=problem: standing.again(p, gap=ENOUGH, progress=hear).plan))
            anew.append(timed(lambda hear, p=problem: solve(p, gap=ENOUGH, progress=hear)))
        lines += [row(words, here, "from the plan"), row("", anew, "from scratch")]
    text = "\n".join([
        f"## A changed number ({time.strftime('%Y-%m-%d')})",
        f"\n`python -m benchmarks.again {asked.name} --first {asked.first:g} --runs {asked.runs}`; "
        f"{machine()}. Medians; asked for a gap of {ENOUGH:.1%}; the plan begun with has "
        f"{plan.proof.gap:.2%}.\n",
        "| change | | s to a bound | s to a plan | s to a verified plan | gap |",
        "|---|---|--:|--:|--:|--:|", *lines,
    ])  # fmt: skip
    add(text, asked.results)
    return 0


if __name__ == "__main__":
    sys.exit(main())
