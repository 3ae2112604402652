"""The benchmarks measure what they say: a warehouse instance is the instance, a log is read right."""

import os
import subprocess
import sys
from itertools import product
from pathlib import Path

import numpy as np
import pytest
from scipy.optimize import linprog

from benchmarks.country import resident_gigabytes
from benchmarks.regions import Run, history_in
from benchmarks.warehouse import Warehouses, solved

TEXT = """\
3 4
10 20.
8 9.5
12 30.
4  8.0 20.0 4.0
5  15.0 2.5 30.0
3  9.0 9.0 1.5
6  6.0 24.0 12.0
"""
"""Three warehouses (capacity, fixed cost) and four customers (demand, cost of all of it from each)."""


def by_trying(warehouses):
    """Return the least cost over all sets of open warehouses, each with its transport problem."""
    demand, unit = np.array(warehouses.demand), np.array(warehouses.unit_costs)
    best = np.inf
    for is_open in product((0, 1), repeat=len(warehouses.fixed)):
        capacity = np.array(warehouses.capacity) * np.array(is_open)
        served = np.kron(np.eye(len(demand)), np.ones(len(capacity)))
        used = np.kron(np.ones(len(demand)), np.eye(len(capacity)))
        carried = linprog(unit.ravel(), A_ub=used, b_ub=capacity, A_eq=served, b_eq=demand)
        if carried.status == 0:
            best = min(best, carried.fun + float(np.dot(is_open, warehouses.fixed)))
    return best


def test_an_instance_is_read_as_it_is_written():
    """The format says capacity and fixed cost by warehouse; demand and then the costs by customer."""
    known = Warehouses.read(TEXT)
    assert (known.capacity, known.fixed, known.demand) == (
        (10, 8, 12),
        (20.0, 9.5, 30.0),
        (4.0, 5.0, 3.0, 6.0),
    )
    assert known.unit_costs[1] == [3.0, 0.5, 6.0]


def test_the_problem_is_the_instance():
    """18 units need two warehouses (10 + 8 just do); every set of open ones is tried and carried for."""
    known = Warehouses.read(TEXT)
    plan = solved(known, 60.0)
    assert plan.proof.status == "proven"
    assert plan.proof.objective == pytest.approx(by_trying(known), rel=1e-9)
    assert float(plan.data["waiting"].sum()) == 0.0


LOG = """\
     Nodes      |    B&B Tree     |        Objective Bounds          | Dynamic Constraints |     Work
Src  Proc. InQ. |  Leaves   Expl. | BestBound   BestSol          Gap | Cuts   InLp Confl.  | LpIters  Time

      0     0         0   0.00%   154766.215    inf            inf        0      0      0       0   0.5s
 R    0     0         0   0.00%   160000        200000      20.00%        0      0      0    3406   2.5s
      1     0         1 100.00%   1.98e+05      200000       1.00%        0      0      0    3406   7.0s
  Timing       7.02
"""


def test_the_solvers_log_is_read():
    """Rows of the table and nothing else; the gap at a time is that of the best bound and plan by then."""
    history = history_in(LOG)
    assert history == [(0.5, None, 154766.215), (2.5, 200000.0, 160000.0), (7.0, 200000.0, 198000.0)]
    run = Run(history, 1, 0.0, 0.0, 0.0)
    assert run.gap_at(1.0) == np.inf
    assert run.gap_at(3.0) == pytest.approx(0.2)
    assert (run.seconds_to(0.01), run.seconds_to(0.001)) == (7.0, np.inf)


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="memory is read from /proc")
def test_memory_is_that_of_a_process_and_all_it_has_started():
    """A child that holds 200 MB is counted with this process."""
    alone = resident_gigabytes(os.getpid())
    assert 0.01 < alone < 20
    holds = "import sys; held = bytearray(200_000_000); print(1, flush=True); sys.stdin.read()"
    with subprocess.Popen([sys.executable, "-c", holds], stdin=-1, stdout=-1) as child:
        child.stdout.readline()
        both = resident_gigabytes(os.getpid())
        child.stdin.close()
    assert both - alone > 0.18
