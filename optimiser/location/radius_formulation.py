"""Radius formulation of the p-median as an integer programme.

A row pays at least its least cost, and each step to a dearer one only if no column within the
last radius is chosen: min Σ_i c_i1 + Σ_k (c_i,k+1 − c_ik) z_ik with z_ik + Σ_{j: c_ij ≤ c_ik} y_j ≥ 1
(Cornuéjols, Nemhauser and Wolsey 1980; Elloumi 2010). Equal balls of different rows share a z.
"""

from dataclasses import dataclass

import numpy as np
from scipy.sparse import csr_array, eye_array, hstack, vstack

from optimiser.location.cost_matrix import Bools, CandidateCosts, Floats
from optimiser.location.incumbent import Incumbent, LocationSearch
from optimiser.location.node import Part
from optimiser.model.model import Arrays
from optimiser.solver.highs import LinearModel


@dataclass(frozen=True)
class Balls:
    """Different balls (ball, column), and what it costs to choose nothing in one."""

    members: Bools
    cost: Floats
    least: float


def balls(choice: CandidateCosts) -> Balls:
    """Return the balls of all rows; a ball too large to be missed by so many columns is left out."""
    price, least = dict[bytes, float](), 0.0
    most = choice.costs.shape[1] - choice.count
    for row in choice.costs:
        radii, which = np.unique(row, return_inverse=True)
        least += float(radii[0])
        for step in range(len(radii) - 1):
            inside = which <= step
            if inside.sum() > most:
                break
            key = inside.tobytes()
            price[key] = price.get(key, 0.0) + float(radii[step + 1] - radii[step])
    members = np.array([np.frombuffer(key, bool) for key in price]).reshape(len(price), choice.costs.shape[1])
    return Balls(members, np.array(list(price.values())), least)


def arrays(choice: CandidateCosts) -> Arrays:
    """Return the program; a ball that must be hit (infinite cost beyond) has a z that stays zero."""
    radii, columns = balls(choice), choice.costs.shape[1]
    extra = len(radii.cost)
    needed = np.isinf(radii.cost)
    hit = csr_array(hstack([csr_array(radii.members.astype(float)), eye_array(extra)]))
    of_sites = np.vstack([np.ones((1, columns)), choice.loads])
    sites = csr_array(hstack([csr_array(of_sites), csr_array((len(of_sites), extra))]))
    free = np.full(len(choice.most), -np.inf)
    return Arrays(
        cost=np.concatenate([np.zeros(columns), np.where(needed, 0.0, radii.cost)]),
        constant=radii.least,
        matrix=csr_array(vstack([hit, sites])),
        row_lower=np.concatenate([np.ones(extra), [choice.count], free]),
        row_upper=np.concatenate([np.full(extra, np.inf), [choice.count], choice.most]),
        lower=np.concatenate([choice.forced.astype(float), np.zeros(extra)]),
        upper=np.concatenate([np.ones(columns), np.where(needed, 0.0, 1.0)]),
        integer=np.arange(columns + extra) < columns,
    )


def by_radii(rest: CandidateCosts, part: Part, best: Incumbent, search: LocationSearch) -> float:
    """Offer the best choice of a part and return the bound of that part."""
    model = arrays(rest)
    solver = LinearModel(model, model.columns, search.limits)
    result = solver.search(gap=0.0, seconds=search.clock.left, start=None, progress=lambda *_: None)
    if result.values is not None:
        best.offer(part.columns[result.values[: len(part.columns)] > 0.5])
    return result.bound if result.outcome != "infeasible" else np.inf
