"""Residents by site, and how many of them must move."""

import numpy as np
import xarray as xr

from optimiser.problem import Problem


def tightened(problem: Problem, data: xr.Dataset) -> xr.DataArray:
    """Return the fewest relocated residents (site, tier, year) that a plan's moves leave.

    The solver may count more where a relocation costs nothing, since the move is priced as unasked already.
    """
    relocated = data["relocated"].transpose("site", "tier", "year")
    if problem.policies.residents_stay.mode == "off":
        return relocated
    now = _lived(problem, data)
    base = np.zeros(now.shape[:2])
    site, tier = ({label: n for n, label in enumerate(data[name].values)} for name in ("site", "tier"))
    for (s, k), people in problem.base_residents.items():
        base[site[s], tier[k]] = people
    before = np.concatenate([base[:, :, None], now[:, :, :-1]], axis=2)
    left = data["natural_leavers"] + data["asked_moves"]
    least = before - now - left.transpose("site", "tier", "year").to_numpy()
    return relocated.copy(data=np.clip(least, 0.0, relocated.to_numpy()))


def _lived(problem: Problem, data: xr.Dataset) -> np.ndarray:
    """Return (site, tier, year) the people housed at sites, without those of the shelter."""
    there = np.zeros([data.sizes[name] for name in ("site", "tier", "year")])
    site, tier = ({label: n for n, label in enumerate(data[name].values)} for name in ("site", "tier"))
    housed = data["housed"].transpose("pair", "year").to_numpy()
    for n, (at, k) in enumerate(zip(data["location"].values, data["pair_tier"].values, strict=True)):
        if k in problem.resident_tiers:
            there[site[at], tier[k]] += housed[n]
    return there
