"""Solution of a location problem: sites, assignment and proof."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from optimiser.location.problem import LocationProblem
from optimiser.plan import Status

UNITS = {
    "travel": "client-minutes",
    "worst": "minutes to the farthest",
    "coverage": "clients within the radius",
    "spread": "minutes between the nearest two sites",
    "fewest": "sites",
}


@dataclass(frozen=True)
class Location:
    """Chosen sites, with proof.

    Attributes
    ----------
    sites
        The chosen sites, in the order of the problem.
    assignment
        origin, site, people, minutes: one row per origin and site it goes to. Who is left out
        (outside the radius where capacities count) has no row.
    objective, bound
        In the aim's own unit; no choice does better than `bound`: less for `travel`, `worst` and
        the fewest sites, more for `coverage` and `spread`.
    """

    problem: LocationProblem
    sites: tuple[str, ...]
    assignment: pd.DataFrame
    objective: float
    bound: float
    status: Status
    seconds: float
    solver: str
    nodes: int

    @property
    def unit(self) -> str:
        """What the objective counts."""
        return UNITS["fewest" if self.problem.sites is None else self.problem.aim]

    @property
    def gap(self) -> float:
        """Distance between objective and bound as a share of the objective (infinite where that is 0)."""
        distance = abs(self.objective - self.bound)
        if not distance:
            return 0.0
        return distance / abs(self.objective) if self.objective else np.inf

    @property
    def mean_minutes(self) -> float:
        """Minutes of a journey, averaged over the people who are served."""
        people = self.assignment["people"].to_numpy(float)
        return float((people * self.assignment["minutes"]).sum() / people.sum()) if people.sum() else np.nan

    @property
    def worst_minutes(self) -> float:
        """Minutes of the longest journey of anybody who is served."""
        served = self.assignment.loc[self.assignment["people"] > 0, "minutes"]
        return float(served.max()) if len(served) else np.nan

    def share_within(self, minutes: float) -> float:
        """Return the share of all people who are served within so many minutes."""
        near = self.assignment.loc[self.assignment["minutes"] <= minutes, "people"].sum()
        return float(near) / float(self.problem.demand.sum())

    def per_site(self) -> pd.DataFrame:
        """Return people, mean and worst minutes by site."""
        rows = self.assignment[self.assignment["people"] > 0]
        weighted = rows.assign(total=rows["people"] * rows["minutes"])
        totals = weighted.groupby("site").agg(
            people=("people", "sum"), total=("total", "sum"), worst_minutes=("minutes", "max")
        )
        totals.insert(1, "mean_minutes", totals.pop("total") / totals["people"])
        return totals.reindex(list(self.sites)).fillna({"people": 0.0})


class OutOfReach(Exception):
    """No choice of sites keeps to all that is asked; `explanation` says who is left out, or what stops it."""

    status = "impossible"

    def __init__(self, explanation: tuple[str, ...]) -> None:
        self.explanation = explanation
        super().__init__("\n".join(["No choice of sites does.", *(f"- {line}" for line in explanation)]))
