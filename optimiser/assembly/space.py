"""Neighbourhoods, fair shares and pairs within reach of a problem, from a region."""

import pandas as pd

from models.parameters.parameters import Tier
from models.region.region import Region


def neighbourhoods_of(region: Region) -> pd.DataFrame:
    """Return the neighbourhoods with their carrying capacity."""
    areas = region.neighbourhoods
    frame = pd.DataFrame(areas[["name", "municipality", "inhabitants", "x", "y"]])
    frame["carrying_capacity"] = region.carrying_capacity["index"]
    return frame


def fair_shares(region: Region) -> pd.DataFrame:
    """Return the fair share of facility places: the objective share where all have one, else inhabitants."""
    share = region.municipalities["objective_share"]
    if share.isna().any():
        share = region.municipalities["inhabitants"]
    return pd.DataFrame({"name": region.municipalities["name"], "share": share / share.sum()})


def areas_inside(region: Region, neighbourhood: object, municipality: object) -> tuple[str, ...]:
    """Return the neighbourhoods of a row that names a neighbourhood or a municipality."""
    if isinstance(neighbourhood, str):
        return (neighbourhood,)
    areas = region.neighbourhoods
    return tuple(areas.index[(areas["municipality"] == municipality) & (areas["inhabitants"] > 0)])


def pairs_within_reach(region: Region, site_tiers: pd.DataFrame) -> pd.DataFrame:
    """Index who can be housed where: only pairs within the reach of the tier."""
    parameters, frames = region.parameters, []
    for code, tier in parameters.tiers.items():
        near = region.minutes[region.minutes["minutes"] <= tier.reach.value]
        if tier.setting == "facility":
            here = [site for site, k in site_tiers.index if k == code]
        else:
            here = list(region.neighbourhoods.index[region.neighbourhoods["inhabitants"] > 0])
        near = near[near["destination"].isin(here)]
        frames.append(
            pd.DataFrame(
                {
                    "origin": near["origin"],
                    "location": near["destination"],
                    "tier": code,
                    "minutes": near["minutes"].astype(float),
                    "within": _within(near, tier),
                }
            )
        )
    pairs = pd.concat(frames, ignore_index=True).sort_values(
        ["tier", "origin", "minutes", "location"], kind="stable"
    )
    return pairs.set_index(["origin", "location", "tier"])


def _within(near: pd.DataFrame, tier: Tier) -> pd.Series:
    """Tell which pairs are near: by car, or by another mode that the tier has a norm for."""
    within = near["minutes"] <= tier.norm.value
    for mode, norm in tier.norms.items():
        within |= near[mode] <= norm.value
    return within
