"""Cost of cooperation for a group of municipalities: minutes, euros, scale and cut ties.

Everything is of the base year: clients with a place by their origin, and the places that exist. A region
has one waiting list and gives the next free place, wherever in the region it is; so a small
region is near, and a large one keeps its specialist forms at their scale.

Equations, for a group S of municipalities and a facility tier k with c = Σ clients, n = c / occupancy
places asked, least its least size and size the mean size of its sites today (never below least):

    sites q = max(1, n / size)      places paid p = max(n, least)      short = max(0, least − n)
    euros   = presence · q + (rate · weeks − presence / (reference · occupancy)) · occupancy · p  (all-in)
            = running · q + place · p + client · weeks · c                  (a tier of components)

Minutes: from a client's neighbourhood to the places of the group, each place as likely as the next;
what the group has no room for goes to the places outside it, each as likely as the next.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from functools import cached_property

import networkx as nx  # noqa: TC002 (the annotations of a dataclass are read at run time)
import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.optimize import LinearConstraint, milp
from scipy.sparse import csr_array, kron
from scipy.sparse import eye_array as eye

from geodata.faults import Fault, InputError, did_you_mean
from geodata.minutes import travel_minutes
from geodata.neighbours import merged
from geodata.numerals import parse_number
from models.demand.forecast import Outlook
from models.parameters.finance import WEEKS_PER_YEAR, nominal, presence_per_client, running_per_site
from models.parameters.parameters import Parameters, Tier, Years
from models.parameters.quantity import Quantity
from models.region.region import Region

type Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Weighing:
    """What a partition's minutes, ties, scale and balance weigh beside its euros; all are choices."""

    travel: Quantity
    """A minute farther for a client, a year long; that of the region."""
    tie: Quantity = field(
        default=Quantity(
            value=1000, unit="points/client-year", note="a client whose place is in another region; a choice"
        )
    )
    scale: Quantity = field(
        default=Quantity(value=10_000, unit="points/place-year", note="a place below a tier's least size")
    )
    balance: Quantity = field(
        default=Quantity(value=1000, unit="points/client-year", note="a client beyond the band; a choice")
    )
    band: Quantity = field(
        default=Quantity(value=0.5, unit="share", note="of an equal part, let pass on either side; a choice")
    )
    overhead: Quantity = field(
        default=Quantity(
            value=0, unit="EUR/region-year", note="access and contracts of a region: none was found"
        )
    )

    @classmethod
    def of(cls, parameters: Parameters) -> "Weighing":
        """Return the region's own weights, and the defaults where it has none."""
        scale = parameters.policies.specialist_scale.price
        return cls(
            travel=parameters.weights.travel,
            scale=Quantity(
                value=scale.value,
                unit=scale.unit,
                note=(scale.note or "a place below a tier's least size; as the policy specialist_scale"),
            ),
        )

    def changed(self, written: Mapping[str, str]) -> "Weighing":
        """Return other weights (name → number as text), each an assumption of whoever writes it.

        Raises
        ------
        InputError
            When a name is unknown or a number cannot be read or is below 0.
        """
        names, faults, values = [one.name for one in fields(self)], list[Fault](), dict[str, Quantity]()
        for name, text in written.items():
            if name not in names:
                faults.append(
                    Fault("--weigh", f"'{name}'", "the name of a weight", did_you_mean(name, names))
                )
                continue
            try:
                number = parse_number(text)
            except ValueError as error:
                faults.append(Fault("--weigh", f"'{text}'", str(error), "Write a number.", column=name))
                continue
            if number < 0:
                faults.append(Fault("--weigh", f"'{text}'", "0 or more", "Write a number.", column=name))
            values[name] = Quantity(value=number, unit=getattr(self, name).unit, note="given by --weigh")
        if faults:
            raise InputError(faults)
        return replace(self, **values)


@dataclass(frozen=True)
class TierScale:
    """What a facility tier costs at any scale; euros of the base year."""

    tier: str
    least: float
    """Places below which it cannot run without paying for empty ones."""
    size: float
    """Places of a site as they are today."""
    occupancy: float
    running: float
    """EUR per site and year."""
    place: float
    """EUR per place and year, lived in or not; an all-in tier by its occupied part."""
    client: float
    """EUR per client and year."""

    def places(self, clients: float) -> float:
        """Return the places that clients ask."""
        return clients / self.occupancy

    def short(self, clients: float) -> float:
        """Return the places by which what clients ask is below the least; 0 where nobody asks."""
        return max(0.0, self.least - self.places(clients)) if clients > 0 else 0.0

    def euros(self, clients: float) -> float:
        """Return what the tier costs for clients that share it, in EUR per year."""
        if clients <= 0:
            return 0.0
        required = self.places(clients)
        sites, paid = max(1.0, required / self.size), max(required, self.least)
        return self.running * sites + self.place * paid + self.client * clients


@dataclass(frozen=True)
class Cooperation:
    """What is known of municipalities that may cooperate, as arrays in the order of `towns` and `tiers`.

    Attributes
    ----------
    names
        (town): name.
    clients
        (town, tier): clients with a place in the base year, by origin.
    room
        (town, tier): clients for whom the places there have room.
    minutes
        (tier, origin, host): minutes of the clients of a town to the places in another, on average.
    flows
        (origin, host): clients by where they live; `flows_are_estimated` when no table told it.
    """

    towns: tuple[str, ...]
    names: tuple[str, ...]
    tiers: tuple[TierScale, ...]
    clients: Floats
    room: Floats
    minutes: Floats
    flows: Floats
    graph: "nx.Graph[str]"
    weighing: Weighing
    flows_are_estimated: bool = True

    @cached_property
    def position(self) -> dict[str, int]:
        """Town → its place in the arrays."""
        return {town: number for number, town in enumerate(self.towns)}

    @classmethod
    def of(
        cls,
        region: Region,
        outlook: Outlook,
        weighing: Weighing | None = None,
        flows: pd.DataFrame | None = None,
    ) -> "Cooperation":
        """Return what a region's files say of it.

        `flows` are counted clients (origin, host); without them each client is taken to live in
        the nearest place that there is room for, all together.
        """
        towns = tuple(map(str, region.municipalities.index))
        tiers = _scales(region)
        codes = [tier.tier for tier in tiers]
        people = pd.DataFrame(outlook.base_clients.sum("profile").to_pandas())[codes]
        town_of = region.neighbourhoods["municipality"].astype(str)
        free = _free_places(region, codes)
        host = region.sites["neighbourhood"].map(town_of)
        room = free.groupby(host).sum().reindex(list(towns), fill_value=0.0)
        room *= [tier.occupancy for tier in tiers]
        reach = _minutes_between(region, towns, host, free)
        return cls(
            towns=towns,
            names=tuple(map(str, region.municipalities["name"])),
            tiers=tiers,
            clients=people.groupby(town_of).sum().reindex(list(towns), fill_value=0.0).to_numpy(float),
            room=room.to_numpy(float),
            minutes=np.stack([_mean_over(reach[k], people[k], town_of, towns) for k in codes]),
            flows=np.sum(
                [_nearest(reach[k], people[k], room[k].to_numpy(float), town_of, towns) for k in codes],
                axis=0,
            )
            if flows is None
            else flows.reindex(index=list(towns), columns=list(towns), fill_value=0.0).to_numpy(float),
            flows_are_estimated=flows is None,
            graph=merged(region.contiguity, town_of.to_dict()),
            weighing=weighing or Weighing.of(region.parameters),
        )


def _scales(region: Region) -> tuple[TierScale, ...]:
    return tuple(_scale(region, code) for code in region.parameters.tiers_of("facility"))


def _scale(region: Region, code: str) -> TierScale:
    parameters, tier = region.parameters, region.parameters.tiers[code]
    years, specialist = parameters.years, parameters.policies.specialist_scale
    least = tier.least.value if tier.least else 0.0
    if code in specialist.tiers:
        least = max(least, specialist.least.value)
    places = region.site_tiers["places"]
    here = places[(places.index.get_level_values("tier") == code) & (places > 0)]
    occupancy = tier.occupancy.value if tier.occupancy else 1.0

    def paid(amount: Quantity | None) -> float:
        return nominal(amount, years.base, years) if amount else 0.0

    return TierScale(
        tier=code,
        least=least,
        size=max(least, 1.0, float(here.mean()) if len(here) else 0.0),
        occupancy=occupancy,
        running=running_per_site(tier, 0.0, years.base, years),
        place=_all_in(tier, years) * occupancy if tier.rate else paid(tier.place),
        client=_client(tier, paid(tier.client)),
    )


def _all_in(tier: Tier, years: Years) -> float:
    """Return the euros of an all-in tier for a client-year, presence at night left out."""
    rate = nominal(tier.rate, years.base, years) * WEEKS_PER_YEAR if tier.rate else 0.0
    return rate - presence_per_client(tier, years.base, years)


def _client(tier: Tier, weekly: float) -> float:
    return 0.0 if tier.rate else weekly * WEEKS_PER_YEAR


def _free_places(region: Region, codes: list[str]) -> pd.DataFrame:
    """Return places that Wmo clients can live in, (site, tier)."""
    rows = region.site_tiers
    open_ = (rows["places"] - rows["wlz_occupied"]).unstack("tier", fill_value=0)
    return open_.reindex(index=region.sites.index, columns=codes, fill_value=0).astype(float)


def _minutes_between(
    region: Region, towns: tuple[str, ...], host: pd.Series, free: pd.DataFrame
) -> dict[str, pd.DataFrame]:
    """Return per tier the minutes (neighbourhood, town) to the places in a town, each as likely as the next.

    Pairs that the region does not know, as they lie beyond every reach, are estimated by the straight line.
    """
    road, everywhere = region.parameters.travel, float("inf")
    rows = travel_minutes(
        region.neighbourhoods,
        region.sites[["x", "y", "neighbourhood"]],
        detour=road.detour.value,
        speed_kph=road.speed.value,
        most=everywhere,
    )
    table = rows.pivot_table(index="origin", columns="destination", values="minutes", sort=False)
    known = region.minutes[region.minutes["destination"].isin(table.columns)]
    if len(known):
        table.update(known.pivot_table(index="origin", columns="destination", values="minutes"))
    table = table.reindex(index=region.neighbourhoods.index, columns=free.index)
    minutes = {}
    for tier in free.columns:
        weight = pd.DataFrame({town: free[tier].where(host == town, 0.0) for town in towns})
        total = weight.sum()
        minutes[str(tier)] = (table @ weight / total.where(total > 0)).fillna(0.0)
    return minutes


def _mean_over(reach: pd.DataFrame, people: pd.Series, town_of: pd.Series, towns: tuple[str, ...]) -> Floats:
    """Return (origin, host) minutes of a town's clients on average; without any all wijken count alike."""
    rows = []
    for town in towns:
        here = people[town_of == town]
        weights = here if here.sum() > 0 else here * 0.0 + 1.0
        rows.append(reach.loc[here.index].mul(weights, axis=0).sum() / max(float(weights.sum()), 1e-12))
    return pd.DataFrame(rows)[list(towns)].to_numpy(float)


def _nearest(
    reach: pd.DataFrame, people: pd.Series, room: Floats, town_of: pd.Series, towns: tuple[str, ...]
) -> Floats:
    """Return (origin, host) clients: housed within the room with the fewest minutes together."""
    demand = people.to_numpy(float)
    areas, hosts = reach.shape
    if demand.sum() <= 0:
        return np.zeros((len(towns), hosts))
    room = room * max(1.0, demand.sum() / room.sum())  # what rounding takes off the sum
    leave = csr_array(kron(eye(areas), np.ones((1, hosts))))
    arrive = csr_array(kron(np.ones((1, areas)), eye(hosts)))
    rows = [LinearConstraint(leave, demand, demand), LinearConstraint(arrive, -np.inf, room + 1e-9)]
    result = milp(reach.to_numpy(float).ravel(), constraints=rows)
    if not result.success:
        raise RuntimeError(f"the present flows could not be estimated: {result.message}")
    lived = pd.DataFrame(result.x.reshape(areas, hosts), index=reach.index, columns=reach.columns)
    return lived.groupby(town_of).sum().reindex(list(towns), fill_value=0.0)[list(towns)].to_numpy(float)
