"""What each part of the formulation and each size of groups does to the bound, and what it costs in seconds.

    python -m benchmarks.bounds [zuidoost-drenthe …]

Rows that hold in every plan anyway, but not in the relaxation, are taken out in turn; then origins are
grouped within other distances. The table is added to benchmarks/RESULTS.md.
"""

import argparse
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import replace

import numpy as np

from benchmarks.regions import problem_of
from benchmarks.results import add, add_option, machine
from optimiser.model.model import Model
from optimiser.rule import Row
from optimiser.search.aggregation import WITHIN_M
from optimiser.search.lagrangian_bound import LagrangianBound
from optimiser.search.reduced_model import ReducedModel
from optimiser.solver.limits import Clock, Limits

LEFT_OUT: dict[str, Callable[[str, Row], bool]] = {
    "no row left out": lambda rule, row: False,
    "without: no larger than it was, unless it grew": lambda rule, row: row.label[0] == "grown",
    "without: two forms on one plot": lambda rule, row: (
        rule == "small_enough_to_fit" and len(row.label) == 4 and row.label[0] != "grown"
    ),
    "without both": lambda rule, row: (
        row.label[0] == "grown" or (rule == "small_enough_to_fit" and len(row.label) == 4)
    ),
}
"""The rows that only strengthen the relaxation, by what they say."""


def without(model: Model, strengthens: Callable[[str, Row], bool]) -> Model:
    """Return a model in which some rows say nothing."""
    idle = np.array([strengthens(rule.name, row) for rule, row in model.rows])
    arrays, other = model.arrays, replace(model)
    lower, upper = np.where(idle, -np.inf, arrays.row_lower), np.where(idle, np.inf, arrays.row_upper)
    other.__dict__["arrays"] = replace(arrays, row_lower=lower, row_upper=upper)
    return other


def bound(model: Model, within_m: float) -> tuple[float, int, float]:
    """Return the bound by groups of a size, the columns of the smaller model and the seconds."""
    began, limits = time.monotonic(), Limits(0.0, np.inf)
    smaller, relaxed = ReducedModel.relaxed(model, within_m, limits, Clock(limits))
    prices = smaller.prices(relaxed)
    assert prices is not None
    return LagrangianBound.of(model).bound(prices), smaller.program.columns.size, time.monotonic() - began


def rows_of(name: str) -> Iterator[str]:
    """Generate the lines of the table of a region."""
    model = Model.of(problem_of(name, 0))
    first = WITHIN_M[0]
    best, columns, seconds = bound(model, first)
    for words, strengthens in LEFT_OUT.items():
        if words != "no row left out":
            weaker, columns, seconds = bound(without(model, strengthens), first)
        else:
            weaker = best
        yield _line(name, words, weaker, best, columns, seconds)
    for within_m in WITHIN_M[1:]:
        other, columns, seconds = bound(model, within_m)
        words = f"groups of {within_m / 1000:g} km instead of {first / 1000:g}"
        yield _line(name, words, other, best, columns, seconds)


def _line(name: str, words: str, found: float, best: float, columns: int, seconds: float) -> str:
    return f"| {name} | {words} | {found:,.0f} | {found / best - 1:+.3%} | {columns:,} | {seconds:.1f} |"


def main() -> int:
    """Measure, print the table and add it to RESULTS.md."""
    reading = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    reading.add_argument("names", nargs="*", default=["zuidoost-drenthe"])
    add_option(reading)
    asked = reading.parse_args()
    lines = [line for name in asked.names for line in rows_of(name)]
    text = "\n".join([
        f"## Bounds ({time.strftime('%Y-%m-%d')})",
        f"\n`python -m benchmarks.bounds {' '.join(asked.names)}`; {machine()}.\n",
        "| region | | bound | against the first | columns | s |",
        "|---|---|--:|--:|--:|--:|", *lines,
    ])  # fmt: skip
    add(text, asked.results)
    return 0


if __name__ == "__main__":
    sys.exit(main())
