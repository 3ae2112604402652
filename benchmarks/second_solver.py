"""Another solver on the same problems: what our search proves the best is held against SCIP, through PuLP.

SCIP gets the program that the rules write in PuLP, none of our reductions, cuts or search.
"""

from dataclasses import dataclass
from random import Random

import pulp
from test_properties import Variant

from optimiser.model.model import Model
from optimiser.solve import Impossible, solve

SAME = 1e-6
"""Share of the objective by which two proven optima may differ: the solvers' tolerances."""


@dataclass(frozen=True)
class Compared:
    """The least cost by our search and by SCIP; infinite where there is no plan."""

    seed: int
    ours: float
    other: float

    @property
    def agrees(self) -> bool:
        """Whether both say the same."""
        return self.ours == self.other or abs(self.ours - self.other) <= SAME * abs(self.other)


def drawn(seed: int) -> Variant:
    """Return a small region with numbers by lot, the same for the same seed."""
    random = Random(seed)
    return Variant(
        beds=random.randint(3, 8),
        groups=random.randint(2, 5),
        most=random.randint(5, 8),
        light_waiting=random.randint(0, 4),
        offers=(random.randint(0, 2), random.randint(0, 2), random.randint(0, 2)),
        running=random.choice((10_000, 40_000, 70_000)),
        conversion=random.choice((5_000, 50_000, 200_000)),
        by_end=random.choice((0.0, 0.4, 0.9)),
        share=random.choice((0.5, 0.9)),
        norm=random.choice((0.1, 0.5)),
        band=random.choice((0.1, 0.5)),
        better=random.choice((0.0, 0.3)),
        recovered=random.choice((0.0, 0.3)),
        inflow=random.choice((0.0, 0.15)),
        years_ahead=random.randint(0, 1),
    )


HARD = ("intramural_reduction", "within_travel_norm", "waiting_does_not_grow")
"""Policies of which every fourth region makes one hard, so that some have no plan at all."""


def compared(seed: int) -> Compared:
    """Solve one region by both."""
    problem = drawn(seed).problem()
    if seed % 4 == 3:
        problem = problem.with_modes(**{HARD[seed // 4 % len(HARD)]: "hard"})
    try:
        ours = solve(problem, gap=0.0, seconds=120.0).proof.objective
    except Impossible:
        ours = float("inf")
    said = Model.of(problem).program.solve(pulp.SCIP_PY(msg=False, gapRel=0.0, threads=1))
    if said.status not in (pulp.LpSolveStatus.Optimal, pulp.LpSolveStatus.Infeasible):
        raise RuntimeError(f"SCIP ended with {said.status} on seed {seed}")
    other = said.objective if said.status == pulp.LpSolveStatus.Optimal else float("inf")
    return Compared(seed, ours, float(other))
