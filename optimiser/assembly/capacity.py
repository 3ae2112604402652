"""Tiers, places, conversions, homes and offers of a problem, from a region."""

from dataclasses import dataclass

import pandas as pd
import xarray as xr

from models.parameters.parameters import Parameters
from models.region.region import Region
from optimiser.assembly.space import areas_inside


@dataclass(frozen=True)
class Offer:
    """Homes that a corporation hands over in a place in a year.

    Attributes
    ----------
    place
        The code it was offered for: a neighbourhood or a municipality.
    neighbourhoods
        Where in that place the homes may lie.
    """

    corporation: str
    place: str
    year: int
    homes: int
    neighbourhoods: tuple[str, ...]


def tiers_of(parameters: Parameters) -> pd.DataFrame:
    """Return the tiers as the model needs them; see `Problem.tiers`."""
    rows = {
        code: {
            "setting": tier.setting,
            "intramural": tier.intramural,
            "stream": tier.stream,
            "least": tier.least.value if tier.least else 0.0,
            "occupancy": tier.occupancy.value if tier.occupancy else 1.0,
            "concentration_weight": _weight(tier.concentration_weight, tier.setting),
            "keeps_home": tier.keeps_home.value if tier.keeps_home else 0.0,
            "flip_years": tier.flip.value / 12.0 if tier.flip else 0.0,
            "norm": tier.norm.value,
        }
        for code, tier in parameters.tiers.items()
    }
    return pd.DataFrame.from_dict(rows, orient="index").rename_axis("tier")


def under_way_of(region: Region) -> dict[tuple[str, str, int], int]:
    """Return (site, tier, year) → places that are under construction."""
    rows = region.under_way.to_dict("records")
    return {(str(row["site"]), str(row["tier"]), int(row["year"])): int(row["places"]) for row in rows}


def _weight(written: object, setting: str) -> float:
    value = getattr(written, "value", None)
    return (1.0 if setting == "facility" else 0.0) if value is None else float(value)


def site_tiers_of(region: Region) -> pd.DataFrame:
    """Return the limits on places; see `Problem.site_tiers`."""
    parameters, given = region.parameters, region.site_tiers
    labels, rows = [(str(site), str(tier)) for site, tier in given.index], []
    for (_, tier), row in zip(labels, given.to_dict("records"), strict=True):
        least = parameters.tiers[tier].least
        base, size = int(row["places"]), int(least.value) if least else 0
        ready = parameters.years.base + 1 + parameters.tiers[tier].building_years
        rows.append(
            {
                "base": base,
                "wlz_occupied": int(row["wlz_occupied"]),
                # what runs below the least size today may go on doing so
                "least": min(size, base) if base else size,
                "most": int(row["most"]),
                "first_year": max(ready, int(row["earliest"])),
            }
        )
    return pd.DataFrame(rows, index=pd.MultiIndex.from_tuples(labels, names=["site", "tier"]))


def conversions_of(region: Region, site_tiers: pd.DataFrame) -> pd.DataFrame:
    """Return the conversions that sites allow; see `Problem.conversions`."""
    parameters, earliest = region.parameters, region.site_tiers["earliest"]
    first = parameters.years.base + 1
    rows: dict[tuple[str, str, str], tuple[float, int]] = {}
    for tier, targets in parameters.costs.conversions.items():
        for to_tier, conversion in targets.items():
            years = conversion.building_years
            ready = first + (parameters.tiers[to_tier].building_years if years is None else years)
            for site, here in site_tiers.index:
                if here == tier and (site, to_tier) in site_tiers.index:
                    since = max(ready, int(earliest[site, to_tier]))
                    rows[site, tier, to_tier] = (conversion.ratio.value, since)
    index = pd.MultiIndex.from_tuples(list(rows), names=["site", "tier", "to_tier"])
    ratio, first_year = [one for one, _ in rows.values()], [one for _, one in rows.values()]
    return pd.DataFrame({"ratio": ratio, "first_year": first_year}, index=index)


def homes_in_use(region: Region) -> xr.DataArray:
    """Bring homes in use to neighbourhoods: by inhabitants where only the municipality is known."""
    areas = region.neighbourhoods
    in_use = pd.Series(0.0, index=areas.index)
    for row in region.homes.loc[region.homes["year"] == region.parameters.years.base].to_dict("records"):
        inside = areas_inside(region, row["neighbourhood"], row["municipality"])
        weights = areas["inhabitants"].where(areas.index.isin(inside), 0.0)
        in_use += float(row["homes"]) * weights / weights.sum()
    return xr.DataArray(
        in_use.to_numpy(),
        coords={"neighbourhood": list(areas.index)},
        dims="neighbourhood",
        attrs={"units": "homes", "long_name": "homes in use in the base year"},
    )


def offers_of(region: Region) -> tuple[Offer, ...]:
    """Return the homes offered in planned years."""
    offered = region.homes.loc[region.homes["year"] > region.parameters.years.base]
    return tuple(
        Offer(
            corporation=str(row["corporation"]),
            place=str(row["neighbourhood"] if isinstance(row["neighbourhood"], str) else row["municipality"]),
            year=int(row["year"]),
            homes=int(row["homes"]),
            neighbourhoods=areas_inside(region, row["neighbourhood"], row["municipality"]),
        )
        for row in offered.to_dict("records")
    )
