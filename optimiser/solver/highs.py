"""HiGHS kept between solves, with one thread count per process and every status checked."""

import math
import os
import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

import highspy
import numpy as np
import pulp  # noqa: F401  PuLP loads the library that highspy must share with it
from numpy.typing import NDArray

from optimiser.model.model import Arrays, Floats
from optimiser.solver.limits import Limits, Work

type Outcome = Literal["optimal", "infeasible", "worse", "stopped"]
"""`worse` is said of a relaxation that was given up once it could not come below a limit."""
THREADS = 2
"""The same wherever HiGHS is used: it refuses to change within a process. Its interior point uses two."""

_solver: Callable[[], Any] = highspy.Highs
"""highspy gives it no types."""

FAILED = frozenset(
    {
        highspy.HighsModelStatus.kNotset, highspy.HighsModelStatus.kLoadError,
        highspy.HighsModelStatus.kModelError, highspy.HighsModelStatus.kPresolveError,
        highspy.HighsModelStatus.kSolveError, highspy.HighsModelStatus.kPostsolveError,
        highspy.HighsModelStatus.kMemoryLimit,
    }
)  # fmt: skip
"""Model statuses after which no answer may be read."""

_thread_count = threading.Lock()
_processes_with_thread_count = set[int]()


class SolverError(RuntimeError):
    """HiGHS refused a call or failed in a solve: there is no answer, and none may be made up."""


def checked(status: Any, call: str) -> None:
    """Raise where HiGHS refuses a call."""
    if status == highspy.HighsStatus.kError:
        raise SolverError(f"HiGHS failed in {call}. Restart the process and try again.")


def use_one_thread_count() -> None:
    """Make this process run HiGHS with `THREADS` threads, whoever ran it before with another number.

    HiGHS starts its threads once per process and fails each later run that asks for another number.
    """
    with _thread_count:
        process = os.getpid()
        if process in _processes_with_thread_count:
            return
        if _runs() != highspy.HighsStatus.kOk:
            highspy.Highs.resetGlobalScheduler(True)
            checked(_runs(), f"a run with {THREADS} threads")
        _processes_with_thread_count.add(process)


def _runs() -> Any:
    """Run HiGHS on a model of one column, with the thread count of this house."""
    highs = _solver()
    highs.setOptionValue("output_flag", False)
    highs.setOptionValue("threads", THREADS)
    highs.addVar(0.0, 1.0)
    return highs.run()


def new_highs(seed: int = 0) -> Any:
    """Return a silent solver with the thread count of this house; highspy gives it no types."""
    use_one_thread_count()
    highs = _solver()
    for option, value in (("output_flag", False), ("threads", THREADS), ("random_seed", seed)):
        checked(highs.setOptionValue(option, value), f"option {option}")
    return highs


def run(highs: Any) -> None:
    """Run a solver, from scratch once more where it loses its way, and then by simplex if not before.

    Raises
    ------
    SolverError
        Where it fails all the same.
    """
    highs.run()
    if highs.getModelStatus() in FAILED | {highspy.HighsModelStatus.kUnknown}:
        # numerical trouble on the way from an old basis; an unusable thread count fails again
        highs.clearSolver()
        again = highs.run()
        if again == highspy.HighsStatus.kError and highs.getOptionValue("solver")[1] == "ipm":
            highs.clearSolver()
            highs.setOptionValue("solver", "simplex")
            again = highs.run()
        checked(again, "a solve")
    if highs.getModelStatus() in FAILED:
        raise SolverError(f"HiGHS failed: {highs.modelStatusToString(highs.getModelStatus())}.")


UNLIMITED_NODES = 2**31 - 1
"""Number of nodes that HiGHS takes for no limit."""

type Columns = NDArray[np.int32]


@dataclass(frozen=True)
class Solution:
    """What a solve gave: value and objective where there is one, and the bound that was proven.

    Of a relaxation that was solved to the end also `duals` (row) and `reduced` (column) costs.
    """

    outcome: Outcome
    objective: float
    bound: float
    values: Floats | None
    duals: Floats | None
    reduced: Floats | None = None


class LinearModel:
    """A part of the columns of a model inside HiGHS; the other columns stand at zero.

    Bounds are changed in place, so that a re-solve starts from the last basis. This is a holder
    of solver state and nothing else: what to change and why is decided elsewhere.
    """

    def __init__(self, arrays: Arrays, columns: Columns, limits: Limits | None = None) -> None:
        self.arrays = arrays
        self.columns = columns
        self._place = np.full(len(arrays.cost), -1, dtype=np.int32)
        self._place[columns] = np.arange(len(columns), dtype=np.int32)
        self._highs = new_highs(limits.seed if limits else 0)
        self._work = limits.work if limits else Work()
        self._stop_when_asked(limits.stop if limits else None)
        checked(self._highs.passModel(_program(arrays, columns)), "passModel")

    def set_bounds(self, columns: Columns, lower: Floats, upper: Floats) -> None:
        """Change the bounds of columns, which are named by their place in the whole model."""
        status = self._highs.changeColsBounds(len(columns), self._place[columns], lower, upper)
        checked(status, "changeColsBounds")

    def set_row(self, row: int, lower: float, upper: float) -> None:
        """Change the limits of a row."""
        checked(self._highs.changeRowBounds(row, lower, upper), "changeRowBounds")

    def set_cost(self, cost: Floats) -> None:
        """Give every column of the whole model another cost."""
        taking_part = np.arange(len(self.columns), dtype=np.int32)
        status = self._highs.changeColsCost(len(self.columns), taking_part, cost[self.columns])
        checked(status, "changeColsCost")

    def add_columns(self, columns: Columns) -> None:
        """Let more columns of the model take part, keeping the basis."""
        arrays = self.arrays
        part = arrays.matrix.tocsc()[:, columns]
        status = self._highs.addCols(
            len(columns), arrays.cost[columns], arrays.lower[columns], arrays.upper[columns],
            part.nnz, part.indptr[:-1].astype(np.int32), part.indices.astype(np.int32), part.data,
        )  # fmt: skip
        checked(status, "addCols")
        self._place[columns] = len(self.columns) + np.arange(len(columns), dtype=np.int32)
        self.columns = np.concatenate([self.columns, columns])

    def relax(
        self,
        *,
        interior: bool = False,
        crossover: bool = True,
        seconds: float = np.inf,
        below: float = np.inf,
    ) -> Solution:
        """Solve without whole numbers; given up where the objective cannot come below a limit.

        By interior point it ends in a vertex and a basis only with `crossover`.
        """
        self._highs.setOptionValue("solve_relaxation", True)
        self._highs.setOptionValue("solver", "ipm" if interior else "simplex")
        self._highs.setOptionValue("run_crossover", "on" if crossover else "off")
        limit = below - self.arrays.constant if np.isfinite(below) else np.inf
        self._highs.setOptionValue("objective_bound", limit)
        return self._run(seconds)

    def basis(self) -> Any:
        """Return where the last solve ended."""
        return self._highs.getBasis()

    def begin_from(self, basis: Any) -> None:
        """Let the next solve begin where an earlier one ended."""
        checked(self._highs.setBasis(basis), "setBasis")

    def search(
        self,
        *,
        gap: float,
        seconds: float,
        start: Floats | None,
        progress: Callable[[float, float], None],
        nodes: int | None = None,
        enough: Callable[[], bool] = lambda: False,
    ) -> Solution:
        """Solve with whole numbers, from a start where there is one, until gap, time, nodes or stop.

        `progress` hears incumbent and bound, both without the constant; `enough` is asked after it whether
        what is known elsewhere makes going on of no use.
        """
        highs = self._highs
        highs.setOptionValue("solve_relaxation", False)
        highs.setOptionValue("solver", "choose")
        highs.setOptionValue("objective_bound", np.inf)
        highs.setOptionValue("mip_rel_gap", gap)
        if start is not None:
            known = highspy.HighsSolution()
            known.col_value = start[self.columns].tolist()
            checked(highs.setSolution(known), "setSolution")

        def tell(event: Any) -> None:
            progress(event.data_out.mip_primal_bound, event.data_out.mip_dual_bound)
            if enough():
                event.interrupt()

        highs.cbMipInterrupt.subscribe(tell)
        try:
            return self._run(seconds, nodes)
        finally:
            highs.cbMipInterrupt.unsubscribe(tell)

    def prefer_branching(self) -> None:
        """Let a search look for a bound: no heuristics, and little strong branching."""
        for option, value in (("mip_heuristic_effort", 0.0), ("mip_pscost_minreliable", 1)):
            checked(self._highs.setOptionValue(option, value), f"option {option}")

    def hear_solutions(self, hear: Callable[[float, Floats], None]) -> None:
        """Let somebody hear each better solution of a search: its cost without the constant, its values."""

        def tell(event: Any) -> None:
            values = self._whole(event.data_out.mip_solution)
            hear(float(self.arrays.cost @ values), values)

        self._highs.cbMipImprovingSolution.subscribe(tell)

    def _stop_when_asked(self, stop: threading.Event | None) -> None:
        """Listen for a stop wherever HiGHS pauses to ask."""
        if stop is None:
            return
        self._highs.HandleUserInterrupt = False

        def interrupt(event: Any) -> None:
            if stop.is_set():
                event.interrupt()

        for pause in (self._highs.cbMipInterrupt, self._highs.cbSimplexInterrupt, self._highs.cbIpmInterrupt):
            pause.subscribe(interrupt)

    def _run(self, seconds: float, nodes: int | None = None) -> Solution:
        highs, constant = self._highs, self.arrays.constant
        highs.setOptionValue("time_limit", highs.getRunTime() + seconds if np.isfinite(seconds) else 1e30)
        most = min(self._work.left, math.inf if nodes is None else nodes)
        highs.setOptionValue("mip_max_nodes", max(1, int(most)) if np.isfinite(most) else UNLIMITED_NODES)
        run(highs)
        self._work.spent += 1 + max(0, highs.getInfo().mip_node_count)
        status, info = highs.getModelStatus(), highs.getInfo()
        relaxed = highs.getOptionValue("solve_relaxation")[1]
        if status == highspy.HighsModelStatus.kInfeasible:
            return Solution("infeasible", np.inf, np.inf, None, None)
        if status == highspy.HighsModelStatus.kObjectiveBound:
            return Solution("worse", np.inf, -np.inf, None, None)
        found = info.primal_solution_status == highspy.SolutionStatus.kSolutionStatusFeasible
        solution = highs.getSolution()
        done = status == highspy.HighsModelStatus.kOptimal
        bound = (
            info.objective_function_value
            if relaxed and done
            else (-np.inf if relaxed else info.mip_dual_bound)
        )
        return Solution(
            outcome="optimal" if done else "stopped",
            objective=info.objective_function_value + constant if found else np.inf,
            bound=bound + constant,
            values=self._whole(solution.col_value) if found else None,
            duals=np.asarray(solution.row_dual) if relaxed and done and solution.dual_valid else None,
            reduced=self._whole(solution.col_dual) if relaxed and done and solution.dual_valid else None,
        )

    def _whole(self, taking_part: list[float]) -> Floats:
        """Return (column) values of the columns that take part, zero for the others."""
        whole = np.zeros(len(self.arrays.cost))
        whole[self.columns] = np.asarray(taking_part)
        return whole


def _program(arrays: Arrays, columns: Columns) -> highspy.HighsLp:
    part = arrays.matrix.tocsc()[:, columns]
    program = highspy.HighsLp()
    program.num_col_, program.num_row_ = len(columns), len(arrays.row_lower)
    program.col_cost_ = arrays.cost[columns]
    program.col_lower_, program.col_upper_ = arrays.lower[columns], arrays.upper[columns]
    program.row_lower_, program.row_upper_ = arrays.row_lower, arrays.row_upper
    program.a_matrix_.format_ = highspy.MatrixFormat.kColwise
    program.a_matrix_.start_ = part.indptr.astype(np.int32)
    program.a_matrix_.index_ = part.indices.astype(np.int32)
    program.a_matrix_.value_ = part.data
    whole, any_value = highspy.HighsVarType.kInteger, highspy.HighsVarType.kContinuous
    program.integrality_ = [whole if i else any_value for i in arrays.integer[columns]]
    return program


def version() -> str:
    """Return the solver's name and version as it reports itself."""
    return f"HiGHS {_solver().version()}"
