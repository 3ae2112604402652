"""One thread count for HiGHS in a process, and no answer from a solve that failed."""

import subprocess
import sys
from pathlib import Path

import highspy
import numpy as np
import pytest
from builders import best, tiny_problem
from scipy.sparse import csr_array

from optimiser.model.model import Arrays
from optimiser.solver.highs import THREADS, LinearModel, SolverError, new_highs, run

AFTER_ANOTHER_RUN = """
import sys

import highspy

other = highspy.Highs()
other.setOptionValue("output_flag", False)
other.setOptionValue("threads", int(sys.argv[1]))
other.run()

from builders import best, tiny_problem

from optimiser.solve import solve

proof = solve(tiny_problem(), gap=0.0).proof
print(proof.status, proof.objective)
"""


def one_column() -> Arrays:
    """Return the arrays of: the least of x between 1 and 2."""
    one = np.ones(1)
    return Arrays(one, 0.0, csr_array(one[None, :]), 0.0 * one, 9.0 * one, one, 2.0 * one, np.zeros(1, bool))


@pytest.mark.parametrize("threads", [0, 1, 3])
def test_a_run_of_highs_before_changes_nothing(threads):
    """Somebody else's run in the process had other threads: the plan is proven all the same."""
    support = Path(__file__).parents[2] / "support"
    code = f"import sys; sys.path.insert(0, {str(support)!r})\n{AFTER_ANOTHER_RUN}"
    said = subprocess.run(
        [sys.executable, "-c", code, str(threads)], capture_output=True, text=True, check=False
    )
    assert said.returncode == 0, said.stderr
    status, objective = said.stdout.split()
    assert status == "proven"
    assert float(objective) == pytest.approx(best(tiny_problem()).proof.objective)


def test_a_refused_run_raises():
    """Another thread count than the one that runs: HiGHS refuses, and that is an error and no result."""
    highs = new_highs()
    highs.addVar(0.0, 1.0)
    highs.setOptionValue("threads", 1)
    with pytest.raises(SolverError):
        run(highs)


def test_a_refused_call_raises():
    """A limit of a row that does not exist."""
    program = LinearModel(one_column(), np.zeros(1, dtype=np.int32))
    with pytest.raises(SolverError, match="changeRowBounds"):
        program.set_row(7, 0.0, 1.0)


def test_a_run_that_holds_gives_its_value():
    """The same solver, left alone, answers."""
    solution = LinearModel(one_column(), np.zeros(1, dtype=np.int32)).relax()
    assert (solution.outcome, solution.objective) == ("optimal", 1.0)
    assert highspy.Highs().version()


class WithoutInteriorPoint(highspy.Highs):
    """A solver whose interior point method fails, as it did on a model of groningen-bmwe."""

    def run(self):
        """Fail by interior point, and run otherwise."""
        if self.getOptionValue("solver")[1] == "ipm":
            return highspy.HighsStatus.kError
        return super().run()

    def getModelStatus(self):
        """Return that the solve failed, by interior point."""
        failed = self.getOptionValue("solver")[1] == "ipm"
        return highspy.HighsModelStatus.kSolveError if failed else super().getModelStatus()


def test_where_interior_point_fails_simplex_answers():
    """The least of x from 1 to 2 is 1, by whatever method."""
    highs = WithoutInteriorPoint()
    for option, value in (("output_flag", False), ("threads", THREADS), ("solver", "ipm")):
        highs.setOptionValue(option, value)
    highs.addVar(1.0, 2.0)
    highs.changeColCost(0, 1.0)
    run(highs)
    assert highs.getInfo().objective_function_value == pytest.approx(1.0)
