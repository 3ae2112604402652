"""p-dispersion: the largest distance that every two selected sites can keep.

It is one of the distances between sites, so it is looked for by halving: can so many sites be
chosen with no two nearer than this? Sites that are too near to each other are kept apart by
cliques ("at most one of these"), which bound far better than pairs.
"""

import numpy as np
from scipy.sparse import coo_array

from optimiser.location.bisection import Threshold, first_level
from optimiser.location.cost_matrix import Bools, Floats, Places
from optimiser.location.instance import LocationInstance
from optimiser.location.milp import MilpSolution, Program, Rows
from optimiser.solver.limits import Clock, Limits


def distances(between: Floats) -> Floats:
    """Return the distances that can be the least one, the largest first."""
    upper = np.triu_indices(len(between), 1)
    return np.unique(between[upper])[::-1]


def farthest_apart(instance: LocationInstance, between: Floats, clock: Clock, limits: Limits) -> Threshold:
    """Return the first of the distances, from the largest, that a choice can keep."""
    known = distances(between)
    near = np.isfinite(instance.minutes)
    if instance.capacity is not None:
        program = Program.serving(instance, near, everybody=True)
    else:
        program = Program.covering(instance, near)

    def works(level: int) -> MilpSolution:
        return program.solved(clock, limits, more=(kept_apart(between < known[level], len(program.cost)),))

    return first_level(len(known), works, None)


def kept_apart(conflict: Bools, columns: int) -> Rows:
    """Return the rows that let at most one of every clique of conflicting sites be chosen."""
    groups = cliques(conflict)
    rows = np.repeat(np.arange(len(groups)), [len(clique) for clique in groups])
    sites = np.concatenate(groups) if groups else np.zeros(0, np.intp)
    matrix = coo_array((np.ones(len(rows)), (rows, sites)), shape=(len(groups), columns)).tocsr()
    return matrix, np.full(len(groups), -np.inf), np.ones(len(groups))


def cliques(conflict: Bools) -> list[Places]:
    """Return sets of sites of which every two conflict, such that every conflict lies in one of them."""
    conflict = conflict & ~np.eye(len(conflict), dtype=bool)
    left, groups = np.triu(conflict), []
    for site in np.argsort(-conflict.sum(axis=0), kind="stable"):
        while (mates := np.flatnonzero(left[site] | left[:, site])).size:
            clique = _grown(conflict, int(site), mates)
            groups.append(clique)
            left[np.ix_(clique, clique)] = False
    return groups


def _grown(conflict: Bools, site: int, mates: Places) -> Places:
    """Return a clique that cannot grow, with the site and a first mate in it, other mates before the rest."""
    clique = [site]
    order = np.concatenate([mates, np.setdiff1d(np.flatnonzero(conflict[site]), mates)])
    open_ = conflict[site].copy()
    for other in order:
        if open_[other]:
            clique.append(int(other))
            open_ &= conflict[other]
    return np.array(clique, dtype=np.intp)
