"""The care pathway: how people of a profile move, stay and leave, by the tier they live in.

After H. S. Leff, M. Dada and S. C. Graves, *An LP planning model for a mental health community
support system*, Management Science 32(2), 1986: functional levels × service packages ×
transition probabilities.
"""

from dataclasses import dataclass

import numpy as np
import xarray as xr

from models.parameters.parameters import EXITS, WAITING, Parameters


@dataclass(frozen=True)
class CarePathway:
    """Yearly probabilities by tier, with people without a place under `waiting`.

    Attributes
    ----------
    retained
        (tier, profile, to_profile): the part of a profile that is of `to_profile` a year later
        and still in care.
    exits
        (tier, profile, exit): the part that leaves care by recovery, to the Wlz or by death.
        `retained` and `exits` together sum to 1 over everything that can happen.
    """

    retained: xr.DataArray
    exits: xr.DataArray

    @classmethod
    def of(cls, parameters: Parameters) -> "CarePathway":
        """Read the pathway of a region's parameters."""
        tiers, profiles = (*parameters.tiers, WAITING), tuple(parameters.profiles)
        moves, exits = yearly_rates(parameters)
        labels = {"tier": list(tiers), "profile": list(profiles)}
        return cls(
            retained=xr.DataArray(
                moves,
                coords={**labels, "to_profile": list(profiles)},
                dims=("tier", "profile", "to_profile"),
                attrs={"units": "1/year", "long_name": "part of a profile that is of a profile a year later"},
            ),
            exits=xr.DataArray(
                exits,
                coords={**labels, "exit": list(EXITS)},
                dims=("tier", "profile", "exit"),
                attrs={"units": "1/year", "long_name": "part of a profile that leaves care in a year"},
            ),
        )


def yearly_rates(parameters: Parameters) -> tuple[np.ndarray, np.ndarray]:
    """Return the arrays of `CarePathway.retained` and `CarePathway.exits` without their labels."""
    tiers, profiles = (*parameters.tiers, WAITING), tuple(parameters.profiles)
    exits = _exits(parameters, tiers, profiles)
    moves = np.zeros((len(tiers), len(profiles), len(profiles)))
    for k, tier in enumerate(tiers):
        for p, profile in enumerate(profiles):
            for to, probability in parameters.pathway.transitions.get(tier, {}).get(profile, {}).items():
                moves[k, p, profiles.index(to)] = probability.value
    stay = 1.0 - moves.sum(axis=2) - exits.sum(axis=2)
    diagonal = np.arange(len(profiles))
    moves[:, diagonal, diagonal] += stay
    return moves, exits


def _exits(parameters: Parameters, tiers: tuple[str, ...], profiles: tuple[str, ...]) -> np.ndarray:
    pathway = parameters.pathway
    exits = np.zeros((len(tiers), len(profiles), len(EXITS)))
    for p, profile in enumerate(profiles):
        exits[:, p, 1] = pathway.wlz[profile].value if profile in pathway.wlz else 0.0
        exits[:, p, 2] = pathway.died[profile].value if profile in pathway.died else 0.0
        for k, tier in enumerate(tiers):
            recovered = pathway.recovered.get(tier, {}).get(profile)
            exits[k, p, 0] = recovered.value if recovered else 0.0
    return exits
