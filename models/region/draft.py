"""A region while it is being read: whatever of it is sound, so that all faults are found at once."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import pandas as pd
from pydantic import TypeAdapter, ValidationError

from models.parameters.parameters import (
    CarryingCapacity,
    Checks,
    Costs,
    Funding,
    Header,
    Homes,
    Parameters,
    Pathway,
    Policies,
    Profile,
    Tier,
    Travel,
    Weights,
    Years,
)

if TYPE_CHECKING:
    from models.region.travel_times import Travelled


@dataclass(frozen=True)
class Draft:
    """A region that may still have faults: what could be read of it, the rest None or empty."""

    tiers: Mapping[str, Tier]
    profiles: Mapping[str, Profile]
    tier_codes: tuple[str, ...]
    profile_codes: tuple[str, ...]
    header: Header | None
    years: Years | None
    pathway: Pathway | None
    costs: Costs | None
    weights: Weights | None
    policies: Policies | None
    road: Travel | None
    """The section `travel`: how minutes are estimated."""
    home_terms: Homes | None
    """The section `homes`: how homes come."""
    capacity: CarryingCapacity | None
    """The section `carrying_capacity`."""
    funding: Funding | None
    checks: Checks
    areas: gpd.GeoDataFrame
    municipalities: pd.DataFrame
    site_rows: pd.DataFrame
    sites: pd.DataFrame
    clients: pd.DataFrame
    homes: pd.DataFrame
    travel: pd.DataFrame
    budgets: pd.DataFrame
    series: pd.DataFrame
    under_way: pd.DataFrame
    network: "Travelled | None"
    """The minutes with the roads that they come from, see `models/region/travel_times.py`."""

    @property
    def minutes(self) -> pd.DataFrame | None:
        """Origin, destination and minutes within the largest reach; None where too little is known."""
        return None if self.network is None else self.network.minutes

    @property
    def municipality_codes(self) -> list[str]:
        """The codes of `municipalities.csv`."""
        return [str(code) for code in self.municipalities["code"].dropna()]


def sections(raw: Mapping[str, Any]) -> dict[str, Any]:
    """Return the sections of `region.toml` that are sound by themselves, for a `Draft`."""
    found: dict[str, Any] = {}
    for name in ("years", "pathway", "costs", "weights", "policies"):
        found[name] = _section(name, raw.get(name))
    found["road"] = _section("travel", raw.get("travel"))
    found["home_terms"] = _section("homes", raw.get("homes"))
    found["header"] = _section("region", raw.get("region"))
    found["capacity"] = _section("carrying_capacity", raw.get("carrying_capacity", {}))
    found["funding"] = _section("funding", raw.get("funding", {}))
    found["checks"] = _section("checks", raw.get("checks", {})) or Checks()
    for name, kind in (("tiers", Tier), ("profiles", Profile)):
        table = raw.get(name)
        entries = table if isinstance(table, dict) else {}
        sound = {code: _valid(TypeAdapter(kind), entry) for code, entry in entries.items()}
        found[name] = {code: entry for code, entry in sound.items() if entry is not None}
        found[f"{name[:-1]}_codes"] = tuple(entries)
    return found


def _section(name: str, raw: Any) -> Any:
    kind: Any = Parameters.model_fields[name].annotation
    return _valid(TypeAdapter(kind), raw)


def _valid(kind: TypeAdapter[Any], raw: Any) -> Any:
    try:
        return kind.validate_python(raw)
    except ValidationError:
        return None
