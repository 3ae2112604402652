"""Cost of each policy of a region: the plan with all of them beside the best one found without it.

    python -m benchmarks.rules [--seconds 60] [--name groningen-bmwe] [POLICY …]

Every plan without a policy begins from the one with all, so that it is never dearer. The cost of a policy
lies between the bound of the plan with it less the objective of the one without, and the objective of the
plan with it less the bound of the one without. The table is added to benchmarks/RESULTS.md.
"""

import argparse
import sys
import time
from collections.abc import Iterator, Sequence

from benchmarks.results import add, add_option, machine
from geodata.bundled import region_folder
from models.demand.forecast import forecast
from models.region.read_region import read_region
from optimiser.plan import Plan
from optimiser.problem import Problem
from optimiser.review import bed_drivers
from optimiser.solve import solve

HEAD = (
    "| without | objective, k | bound, k | gap | beds in the last year | cost of the policy, k |\n"
    "|---|--:|--:|--:|--:|--:|"
)


def policies_on(problem: Problem) -> list[str]:
    """Return the policies of a problem that are on, but for agreements: these are decisions."""
    return [
        name
        for name, policy in problem.policies
        if policy.mode != "off" and name != "agreed_decisions_are_kept"
    ]


def rows(problem: Problem, without: Sequence[str], seconds: float) -> Iterator[str]:
    """Generate the lines of the table: all policies first, then one less each time."""
    with_all = solve(problem, seconds=seconds)
    yield line("none: all policies", with_all, "")
    for name in without:
        plan = solve(problem.with_modes(**{name: "off"}), seconds=seconds, start=with_all)
        yield line(f"`{name}`", plan, cost(with_all, plan))


def cost(with_all: Plan, without: Plan) -> str:
    """Return from and to what a policy costs, in thousands; it never costs less than nothing."""
    least = max(0.0, with_all.proof.bound - without.proof.objective)
    most = max(0.0, with_all.proof.objective - without.proof.bound)
    return f"{least / 1e3:,.0f} to {most / 1e3:,.0f}"


def line(name: str, plan: Plan, told: str) -> str:
    """Return a plan as a line of the table."""
    proof, beds = plan.proof, bed_drivers(plan).beds
    figures = f"{proof.objective / 1e3:,.0f} | {proof.bound / 1e3:,.0f} | {100 * proof.gap:.2f} %"
    return f"| {name} | {figures} | {beds:.0f} | {told} |"


def main() -> int:
    """Measure, print the table and add it to RESULTS.md."""
    reading = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    reading.add_argument("policies", nargs="*", help="policies to leave out, one at a time; all that are on")
    reading.add_argument("--name", default="groningen-bmwe")
    reading.add_argument("--seconds", type=float, default=60.0, help="for each plan")
    add_option(reading)
    asked = reading.parse_args()
    region = read_region(region_folder(asked.name))
    problem = Problem.of(region, forecast(region))
    lines = []
    for one in rows(problem, asked.policies or policies_on(problem), asked.seconds):
        print(one, flush=True)
        lines.append(one)
    text = "\n".join([
        f"## What each policy costs ({time.strftime('%Y-%m-%d')})",
        f"\n`python -m benchmarks.rules {' '.join([*asked.policies, '--name', asked.name])} "
        f"--seconds {asked.seconds:g}`; {machine()}. One run each; objective in thousands of discounted "
        "euros and points.\n",
        HEAD, *lines,
    ])  # fmt: skip
    add(text, asked.results)
    return 0


if __name__ == "__main__":
    sys.exit(main())
