"""Travel minutes by mode: a given matrix, a road network, or straight line × detour ÷ speed."""

from collections.abc import Iterator
from pathlib import Path

import pandas as pd

from geodata.faults import Fault
from geodata.minutes import own_area_minutes, travel_minutes
from geodata.roads import Roads, Routes, faults_of, read_roads, routes
from models.region.draft import Draft
from models.region.travel_times import Travelled

ROADS = ("roads.graphml", "roads.gpkg")
"""Files of a road network, one at most."""

CAR, BICYCLE, PUBLIC_TRANSPORT = "car", "bicycle", "public_transport"
MODES = (CAR, BICYCLE, PUBLIC_TRANSPORT)
"""How people travel; the first is what reach and norm are about."""

_PAIR = ["origin", "destination"]


def travelled(draft: Draft, folder: Path, faults: list[Fault]) -> Travelled:
    """Return the minutes within the largest reach; what is wrong with a network is added to `faults`."""
    if draft.road is None or draft.areas.empty or draft.sites.empty or not draft.tiers:
        return Travelled(None)
    most = max(tier.reach.value for tier in draft.tiers.values())
    network = _network(draft, folder, faults)
    cars = draft.travel[draft.travel["mode"] == CAR]
    driven = None
    if not cars.empty:
        minutes = _given(draft, cars, most)
    elif network is not None:
        driven = _driven(draft, network, most, None)
        faults.extend(faults_of(driven, network.label))
        minutes = driven.minutes
    else:
        minutes = _estimated(draft, draft.road.speed.value, most)
    for mode, other in _others(draft, network, most).items():
        named = other.rename(columns={"minutes": mode})
        minutes = minutes.merge(named[[*_PAIR, mode]], on=_PAIR, how="left")
    return Travelled(minutes, network, driven)


def _network(draft: Draft, folder: Path, faults: list[Fault]) -> Roads | None:
    present = [name for name in ROADS if (folder / name).is_file()]
    if len(present) > 1:
        remedy = "Keep one of the two."
        faults.append(Fault(present[0], " and ".join(present), "one network of roads", remedy))
    if len(present) != 1 or draft.road is None:
        return None
    if (draft.travel["mode"] == CAR).any():
        expected, remedy = "one source of minutes by car", "Keep one of the two."
        faults.append(Fault(present[0], "minutes by car in travel.csv too", expected, remedy))
        return None
    by_class = {name: speed.value for name, speed in draft.road.road_speeds.items()}
    return read_roads(folder / present[0], str(draft.areas.crs), draft.road.speed.value, faults, by_class)


def _others(draft: Draft, network: Roads | None, most: float) -> dict[str, pd.DataFrame]:
    """Return the minutes of the modes beside the car, those that are known."""
    road, found = draft.road, dict[str, pd.DataFrame]()
    for mode in (BICYCLE, PUBLIC_TRANSPORT):
        given = draft.travel[draft.travel["mode"] == mode]
        if not given.empty:
            found[mode] = _given(draft, given, most)
        elif mode == BICYCLE and road is not None and road.cycling is not None:
            kph = road.cycling.value
            by_road = _driven(draft, network, most, kph).minutes if network is not None else None
            found[mode] = by_road if by_road is not None else _estimated(draft, kph, most)
    return found


def _own(draft: Draft, kph: float) -> pd.Series:
    detour = draft.road.detour.value if draft.road is not None else 1.0
    return own_area_minutes(draft.areas, detour=detour, speed_kph=kph)


def _destinations(draft: Draft) -> pd.DataFrame:
    """Return the sites, and the neighbourhoods for their homes."""
    columns = ["x", "y", "neighbourhood"]
    homes = pd.DataFrame(draft.areas.assign(neighbourhood=draft.areas.index)[columns])
    return pd.concat([draft.sites[columns].dropna(), homes]).astype({"x": float, "y": float})


def _estimated(draft: Draft, kph: float, most: float) -> pd.DataFrame:
    detour = draft.road.detour.value if draft.road is not None else 1.0
    return travel_minutes(draft.areas, _destinations(draft), detour=detour, speed_kph=kph, most=most)


def _driven(draft: Draft, network: Roads, most: float, cycling: float | None) -> Routes:
    road = draft.road
    speed, detour = (road.speed.value, road.detour.value) if road is not None else (50.0, 1.0)
    return routes(
        network, draft.areas, _destinations(draft), own=_own(draft, cycling or speed),
        detour=detour, access_kph=speed, most=most, cycling_kph=cycling,
    )  # fmt: skip


def _given(draft: Draft, rows: pd.DataFrame, most: float) -> pd.DataFrame:
    """Return the pairs of `travel.csv`, with an estimate for homes in one's own neighbourhood."""
    own = _own(draft, draft.road.speed.value if draft.road is not None else 50.0)
    pairs = rows[[*_PAIR, "minutes"]]
    inside = pd.DataFrame({"origin": own.index, "destination": own.index, "minutes": own.to_numpy()})
    every = pd.concat([pairs, inside]).drop_duplicates(_PAIR)
    return every[every["minutes"] <= most].reset_index(drop=True)


def faults_of_norms(draft: Draft) -> Iterator[Fault]:
    """Generate a fault for every norm of a mode of which no minutes are known."""
    listed = set(draft.travel["mode"])
    known = {CAR, *listed, *([BICYCLE] if draft.road is not None and draft.road.cycling else [])}
    for code, tier in draft.tiers.items():
        for mode in tier.norms:
            if mode not in known:
                remedy = f"Add rows with mode {mode} to travel.csv, or take the norm out."
                if mode == BICYCLE:
                    remedy = (
                        "Add travel.cycling, the speed by bicycle, or rows with mode bicycle to travel.csv."
                    )
                key = f"tiers.{code}.norms.{mode}"
                expected = "a mode of which minutes are known"
                yield Fault("region.toml", f"a norm by {mode}", expected, remedy, column=key)


def remarks(draft: Draft) -> Iterator[dict[str, str]]:
    """Generate what a reader must know of a network before trusting its minutes."""
    if draft.network is None or draft.network.roads is None or draft.network.routes is None:
        return
    network, driven = draft.network.roads, draft.network.routes
    middle, furthest = driven.snapping.median(), driven.snapping.max()
    far, guessed, lost = driven.snapping.idxmax(), f"{network.estimated:.0%}", len(driven.unreachable)
    named = ", ".join(f"{a}–{b}" for a, b in driven.unreachable[:3]) + (", …" if lost > 3 else "")
    pairs = f"{lost} ({named})." if lost else "0."
    nodes = network.graph.number_of_nodes()
    yield {
        "nl": f"Reistijden met de auto komen uit {network.label} ({nodes} knopen). Plekken liggen er "
        f"hemelsbreed {middle:.0f} m vanaf (mediaan; de verste, {far}, {furthest:.0f} m). Van {guessed} van "
        f"de weglengte is de snelheid geschat uit de soort weg. Paren zonder route: {pairs}",
        "en": f"Travel times by car come from {network.label} ({nodes} nodes). Places lie a straight "
        f"{middle:.0f} m from it (median; the furthest, {far}, {furthest:.0f} m). For {guessed} of the "
        "length of the roads the speed is estimated from the class of road. Pairs without a route: "
        f"{pairs}",
    }
