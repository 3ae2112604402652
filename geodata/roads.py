"""Minutes over a road network: a graph as OSMnx writes it, or lines with speeds from a GeoPackage."""

import math
import re
import shutil
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import geopandas as gpd
import networkx as nx
import numpy as np
import pandas as pd
import shapely
from pyproj import CRS, Transformer
from pyproj.exceptions import ProjError
from scipy.sparse import csr_array
from scipy.sparse.csgraph import connected_components, dijkstra
from scipy.spatial import KDTree

from geodata.faults import Fault
from geodata.layers import Source, label_of, read_layer
from geodata.minutes import METRES_PER_KM, MINUTES_PER_HOUR
from geodata.postgis import is_database
from geodata.size_limits import MOST_GRAPH, is_too_large

MARGIN_M = 10_000.0
"""Metres around a region in which the quickest route inside it may lead."""

FURTHEST_M = 5_000.0
"""A place further than this from every road lies outside the network, in metres."""

SAME_VERTEX_M = 0.05
"""Ends of lines closer than this (metres) are one junction."""

STRETCH_M = 250.0
"""Length of road (metres) after which the next vertex is a node too."""

LONGEST_M = 10_000_000.0
"""No stretch of road is longer, in metres."""

SLOWEST_KPH, FASTEST_KPH = 3.0, 200.0
"""Speeds (km/h) between which the median of a network of roads lies."""

SHORTEST_ROAD = 0.5
"""Length of a road ÷ straight line: the median is 1 or more, less what rounding and projection do."""

CAR_ONLY = ("motorway", "motorway_link", "trunk", "trunk_link", "r")
"""Classes of roads where nobody cycles: of OpenStreetMap, and of NWB what the State manages."""

_SPEEDS = ("speed_kph", "maxspeed", "maxshd", "maximumsnelheid", "snelheid")
_CLASSES = ("highway", "fclass", "wegcat", "wegtype", "wegbehsrt")
_DIRECTIONS = ("oneway", "rijrichtng", "rijrichting")
_FORWARD, _BACKWARD = ("yes", "true", "1", "f", "h"), ("-1", "reverse", "t")
_MPH = 1.609344
_NUMBER = re.compile(r"([0-9]+(?:\.[0-9]+)?)\s*(mph)?")


@dataclass(frozen=True)
class Roads:
    """A road network: nodes with `x`, `y` in metres, edges with `metres`, `kph` and `car_only`.

    `kph` of an edge without a speed is that given for its class, or the mean of its class, or of all edges,
    or `fallback` where no edge has one; `estimated` is the share of the length of which that is so.
    """

    graph: "nx.MultiDiGraph[Any]"
    label: str
    estimated: float


@dataclass(frozen=True)
class Routes:
    """Minutes over the roads, and how well the places fit on them."""

    minutes: pd.DataFrame
    """origin, destination, minutes: pairs of at most the minutes asked for."""
    snapping: pd.Series
    """Place → straight metres to the nearest node of the network."""
    unreachable: tuple[tuple[str, str], ...]
    """Pairs without any route."""


def read_roads(
    source: Source,
    crs: str,
    fallback: float,
    faults: list[Fault],
    by_class: Mapping[str, float] | None = None,
) -> Roads | None:
    """Read a network; None after adding the fault that prevents it.

    Parameters
    ----------
    source
        GraphML as OSMnx writes it (`crs` of the graph, `x` and `y` of nodes, `length` in metres of edges, and
        `travel_time` in seconds or a speed), or a layer of lines with a speed in km/h in one of the
        columns speed_kph, maxspeed, maxshd, or with a class of which `by_class` gives the speed, such as
        the road manager of NWB (WEGBEHSRT).
    crs
        System in metres of the result.
    fallback
        Speed in km/h where no edge has one.
    by_class
        Class of road → km/h where an edge has none.
    """
    given = {name.lower(): kph for name, kph in (by_class or {}).items()}
    if str(source).lower().endswith(".graphml"):
        edges = _from_graphml(Path(source), crs, faults)
    else:
        edges = _from_lines(source, crs, given, faults)
    if edges is None:
        return None
    graph, known = edges
    return Roads(graph, label_of(source), _with_speeds(graph, known, given, fallback))


type _Graph = tuple["nx.MultiDiGraph[Any]", list[float | None]]


def _from_graphml(path: Path, crs: str, faults: list[Fault]) -> _Graph | None:
    expected = "a GraphML file as OSMnx writes it (save_graphml)"
    if is_too_large(path, MOST_GRAPH, faults):
        return None
    try:
        read = nx.read_graphml(path)
        transform = Transformer.from_crs(CRS.from_user_input(read.graph.get("crs")), crs, always_xy=True)
    except (
        OSError,
        ValueError,
        nx.NetworkXError,
        SyntaxError,
        LookupError,
        RecursionError,
        ProjError,
    ) as error:
        found = "no CRS" if isinstance(error, ProjError) else f"a file that cannot be read ({error})"
        faults.append(Fault(path.name, found, expected, "Write it again with OSMnx."))
        return None
    graph: nx.MultiDiGraph[Any] = nx.MultiDiGraph()
    try:
        for node, at in read.nodes(data=True):
            x, y = transform.transform(float(at["x"]), float(at["y"]))
            graph.add_node(node, x=_finite(x), y=_finite(y))
        rows = [(a, b, _length(of["length"]), of) for a, b, of in read.edges(data=True)]
    except (KeyError, ValueError, ProjError) as error:
        found = f"a node without x, y on the map or an edge without length ({error})"
        faults.append(Fault(path.name, found, expected, "Write it again with OSMnx."))
        return None
    known = []
    for a, b, metres, of in rows:
        known.append(_kph(of, metres))
        _add(graph, a, b, metres, known[-1], _word(of.get("highway", "")))
        if not read.is_directed():
            _add(graph, b, a, metres, known[-1], _word(of.get("highway", "")))
    wrong = next(_wrong_units(path.name, graph, rows), None)
    if wrong is not None:
        faults.append(wrong)
        return None
    return graph, _speeds_of(graph)


def _wrong_units(
    file: str, graph: "nx.MultiDiGraph[Any]", rows: Sequence[tuple[Any, Any, float, Mapping[str, Any]]]
) -> Iterator[Fault]:
    """Generate what shows that lengths are no metres, or travel times no seconds."""
    at = graph.nodes
    straight = [math.dist((at[a]["x"], at[a]["y"]), (at[b]["x"], at[b]["y"])) for a, b, _, _ in rows]
    ratios = [row[2] / line for row, line in zip(rows, straight, strict=True) if line > 1.0]
    if ratios and np.median(ratios) < SHORTEST_ROAD:
        found = f"lengths of {np.median(ratios):.3g} times the straight line between the ends (median)"
        yield Fault(file, found, "lengths in metres", "Multiply kilometres by 1,000.", column="length")
    timed = [row[2] / METRES_PER_KM / (seconds / MINUTES_PER_HOUR / MINUTES_PER_HOUR)
             for row in rows if (seconds := _plain_number(row[3].get("travel_time")))]  # fmt: skip
    if not timed:
        return
    kph = float(np.median(timed))
    if not SLOWEST_KPH <= kph <= FASTEST_KPH:
        found = f"travel times that as seconds mean {kph:,.0f} km/h (median)"
        remedy = "Check the unit."
        if SLOWEST_KPH <= kph / MINUTES_PER_HOUR <= FASTEST_KPH:
            found += f", as minutes {kph / MINUTES_PER_HOUR:,.0f} km/h"
            remedy = "Multiply minutes by 60, or leave travel_time out."
        expected = f"seconds, from {SLOWEST_KPH:g} to {FASTEST_KPH:g} km/h"
        yield Fault(file, found, expected, remedy, column="travel_time")


def _finite(coordinate: float) -> float:
    if not math.isfinite(coordinate):
        raise ValueError("off the map")
    return coordinate


def _length(text: Any) -> float:
    metres = float(text)
    if not 0.0 <= metres <= LONGEST_M:
        raise ValueError(f"a length of {metres:g} m")
    return metres


def _kph(of: Mapping[str, Any], metres: float) -> float | None:
    """Return the speed of an edge: by its travel time (seconds), else as written."""
    seconds = _plain_number(of.get("travel_time"))
    if seconds:
        return metres / METRES_PER_KM / (seconds / MINUTES_PER_HOUR / MINUTES_PER_HOUR)
    return next((kph for name in _SPEEDS if (kph := _plain_number(of.get(name)))), None)


def _plain_number(value: Any) -> float | None:
    """Return the first number of a text (`50`, `['50', '70']`, `30 mph`) in km/h, None without one."""
    match = _NUMBER.search(str(value)) if value is not None else None
    if match is None or not float(match[1]) > 0:
        return None
    return float(match[1]) * (_MPH if match[2] else 1.0)


def _word(value: Any) -> str:
    """Return the first word of a class: of "['residential', 'tertiary']" residential."""
    match = re.search(r"[a-z_]+", str(value).lower())
    return match[0] if match else ""


def _add(graph: "nx.MultiDiGraph[Any]", a: Any, b: Any, metres: float, kph: float | None, kind: str) -> None:
    graph.add_edge(a, b, metres=metres, kph=kph, kind=kind, car_only=kind in CAR_ONLY)


def _speeds_of(graph: "nx.MultiDiGraph[Any]") -> list[float | None]:
    return [of["kph"] for _, _, of in graph.edges(data=True)]


def _with_speeds(
    graph: "nx.MultiDiGraph[Any]", known: list[float | None], given: Mapping[str, float], fallback: float
) -> float:
    """Give every edge a speed, and return the share of the length whose speed was estimated."""
    frame = pd.DataFrame(
        {
            "kind": [of["kind"] for _, _, of in graph.edges(data=True)],
            "metres": [of["metres"] for _, _, of in graph.edges(data=True)],
            "kph": pd.Series(known, dtype="float").to_numpy(),
        }
    )
    by_class = frame.groupby("kind")["kph"].transform("mean")
    overall = frame["kph"].mean() if frame["kph"].notna().any() else fallback
    whole = frame["kph"].fillna(frame["kind"].map(given)).fillna(by_class).fillna(overall)
    for (_, _, of), kph in zip(graph.edges(data=True), whole, strict=True):
        of["kph"] = float(kph)
    length = frame["metres"].sum()
    return float(frame.loc[frame["kph"].isna(), "metres"].sum() / length) if length else 0.0


def _from_lines(source: Source, crs: str, given: Mapping[str, float], faults: list[Fault]) -> _Graph | None:
    label = label_of(source)
    lines = read_layer(source, lambda names: _one_layer(label, list(names)), "roads", faults)
    if lines is None:
        return None
    lines = lines.to_crs(crs).explode(index_parts=False)
    lines = lines[lines.geometry.geom_type == "LineString"]
    bare = bare_classes(lines)
    if lines.empty or not set(bare) <= set(given):
        faults.append(_without_speeds(label, bare, given))
        return None
    speeds, kinds, ways = _attributes(lines)
    graph: nx.MultiDiGraph[Any] = nx.MultiDiGraph()
    for line, metres, start, end in _between_junctions(lines.geometry.to_numpy()):
        for node in (start, end):
            graph.add_node(node, x=node[0], y=node[1])
        if ways[line] not in _BACKWARD:
            _add(graph, start, end, metres, speeds[line], kinds[line])
        if ways[line] not in _FORWARD:
            _add(graph, end, start, metres, speeds[line], kinds[line])
    return graph, _speeds_of(graph)


def _attributes(lines: gpd.GeoDataFrame) -> tuple[list[float | None], list[str], list[str]]:
    """Return speed, class and direction of every line; of several speeds the first that is known."""
    columns = {str(name).lower(): list(lines[name]) for name in lines.columns}
    count = len(lines)
    speeds: list[float | None] = [None] * count
    for name in (name for name in _SPEEDS if name in columns):
        read = map(_plain_number, columns[name])
        speeds = [known if known is not None else kph for known, kph in zip(speeds, read, strict=True)]
    words = ([_word(kind) for kind in columns[name]] for name in _CLASSES if name in columns)
    kinds = next((kinds for kinds in words if any(kinds)), [""] * count)
    ways = next((columns[name] for name in _DIRECTIONS if name in columns), [""] * count)
    return speeds, kinds, [str(way).strip().lower() for way in ways]


def bare_classes(lines: gpd.GeoDataFrame) -> tuple[str, ...]:
    """Return the classes of lines that have no column of speeds ("" for none); none where they have one."""
    if {str(name).lower() for name in lines} & set(_SPEEDS):
        return ()
    return tuple(sorted(set(_attributes(lines)[1])))


def _without_speeds(label: str, bare: Sequence[str], given: Mapping[str, float]) -> Fault:
    lacking = [kind.upper() for kind in bare if kind and kind not in given]
    if not bare or "" in bare:
        found = "no column with speeds" if bare else "no lines"
        expected = f"lines with a speed in km/h: {', '.join(_SPEEDS)}"
        return Fault(label, found, expected, "Join the speeds to the lines, or take another file.")
    found, expected = f"no speeds for the classes {', '.join(lacking[:12])}", "a speed in km/h for each class"
    remedy = f"Add them to region.toml, such as [travel.road_speeds] {lacking[0]} = 50, or join speeds."
    return Fault(label, found, expected, remedy)


def cut_out(source: Source, areas: gpd.GeoDataFrame, folder: Path, faults: list[Fault]) -> tuple[str, ...]:
    """Copy a network into a region's folder: a graph whole, of lines those within `MARGIN_M` of the areas.

    Returns the classes of lines that have no speeds at all (see `bare_classes`).
    """
    if not is_database(source) and str(source).lower().endswith(".graphml"):
        try:
            shutil.copyfile(source, folder / "roads.graphml")
        except OSError as error:
            reason = error.strerror or "an error"
            faults.append(Fault(label_of(source), reason, "a file that can be read", "Check the path."))
        return ()
    label = label_of(source)
    lines = read_layer(source, lambda names: _one_layer(label, list(names)), "roads", faults)
    if lines is None:
        return ()
    west, south, east, north = areas.buffer(MARGIN_M).to_crs(lines.crs).total_bounds
    near = lines.cx[west:east, south:north]
    if near.empty:
        remedy = "Take the roads of this region."
        faults.append(Fault(label, "no road near the region", "roads in and around it", remedy))
        return ()
    near.drop(columns="fid", errors="ignore").to_file(folder / "roads.gpkg", layer="roads", driver="GPKG")
    return bare_classes(near)


def _one_layer(label: str, names: list[str]) -> str | Fault:
    if "roads" in names or len(names) == 1:
        return "roads" if "roads" in names else names[0]
    found, remedy = f"{len(names)} layers ({', '.join(names[:8])})", "Name the one that counts 'roads'."
    return Fault(label, found, "one layer of roads", remedy)


def _between_junctions(
    shapes: np.ndarray,
) -> Iterator[tuple[int, float, tuple[float, float], tuple[float, float]]]:
    """Cut lines at their ends, at every vertex that two of them share, as OpenStreetMap joins roads, and
    at one vertex in every `STRETCH_M`, so that a place beside a long road finds it.
    """
    points, line = shapely.get_coordinates(shapes, return_index=True)
    snapped = np.round(points / SAME_VERTEX_M).astype(np.int64)
    _, vertex, times = np.unique(snapped, axis=0, return_inverse=True, return_counts=True)
    vertex = vertex.ravel()
    first = np.r_[True, line[1:] != line[:-1]]
    last = np.r_[first[1:], True]
    steps = np.r_[0.0, np.hypot(*(points[1:] - points[:-1]).T)]
    steps[first] = 0.0
    along = np.cumsum(steps)
    stretch = (along // STRETCH_M).astype(np.int64)
    passed = np.r_[True, stretch[1:] != stretch[:-1]]
    junction = first | last | passed | (times[vertex] > 1)
    places = np.flatnonzero(junction)
    at = snapped * SAME_VERTEX_M
    for here, there in pairwise(places):
        if line[here] == line[there]:
            start, end = (float(at[here][0]), float(at[here][1])), (float(at[there][0]), float(at[there][1]))
            yield int(line[here]), float(along[there] - along[here]), start, end


def routes(
    roads: Roads, origins: gpd.GeoDataFrame, destinations: pd.DataFrame, *,
    own: pd.Series, detour: float, access_kph: float, most: float, cycling_kph: float | None = None,
) -> Routes:  # fmt: skip
    """Return the minutes from areas to places over the quickest route.

    Parameters
    ----------
    roads
        The network.
    origins, destinations
        As `geodata.minutes.travel_minutes` takes them: `x`, `y` in metres, and `neighbourhood` of places.
    own
        Minutes within one's own area, by code.
    detour, access_kph
        From a place to its nearest node and back: straight line × detour ÷ this speed (km/h).
    most
        Minutes beyond which a pair is left out.
    cycling_kph
        By bicycle: at this speed on every road that is not for cars only; else by car.
    """
    edges = _edges(roads.graph, cycling_kph)
    nodes = list(dict.fromkeys(node for pair in edges for node in pair))
    metres_from, node_from = _snapped(roads.graph, nodes, origins)
    metres_to, node_to = _snapped(roads.graph, nodes, destinations)
    access = (metres_from[:, None] + metres_to[None, :]) / METRES_PER_KM * detour
    minutes = access / (cycling_kph or access_kph) * MINUTES_PER_HOUR
    if nodes:
        over, routed = _over(_matrix(edges, nodes), node_from, node_to, most)
        minutes += over
    else:
        routed = np.zeros(minutes.shape, dtype=bool)
    here = origins.index.to_numpy()[:, None] == destinations["neighbourhood"].to_numpy()
    minutes = np.where(here, own.to_numpy(float)[:, None], minutes)
    row, column = np.nonzero(minutes <= most)
    lost = np.argwhere(~routed & ~here)
    froms, tos = origins.index.to_numpy(), destinations.index.to_numpy()
    snapping = pd.Series(np.r_[metres_from, metres_to], index=[*froms, *tos], name="metres")
    return Routes(
        pd.DataFrame({"origin": froms[row], "destination": tos[column], "minutes": minutes[row, column]}),
        snapping[~snapping.index.duplicated()],
        tuple((str(froms[i]), str(tos[j])) for i, j in lost),
    )


def _over(
    network: csr_array, node_from: np.ndarray, node_to: np.ndarray, most: float
) -> tuple[np.ndarray, np.ndarray]:
    """Return the minutes between nodes, infinite beyond `most`, and whether there is any route."""
    sources, back = np.unique(node_from, return_inverse=True)
    minutes = np.asarray(dijkstra(network, directed=True, indices=sources, limit=most))[:, node_to]
    _, component = connected_components(network, directed=True, connection="strong")
    routed = np.isfinite(minutes) | (component[sources][:, None] == component[node_to][None, :])
    # neither near nor in one component: only a search without a limit can tell
    unsure = np.flatnonzero(~routed.all(axis=1))
    if len(unsure):
        far = dijkstra(network, directed=True, indices=sources[unsure])
        routed[unsure] = np.isfinite(np.asarray(far)[:, node_to])
    return minutes[back.ravel()], routed[back.ravel()]


def _snapped(
    graph: "nx.MultiDiGraph[Any]", nodes: list[Any], places: pd.DataFrame
) -> tuple[np.ndarray, np.ndarray]:
    """Return the metres to the nearest of the nodes and which it is; infinitely far where there is none."""
    if not nodes:
        return np.full(len(places), np.inf), np.zeros(len(places), dtype=np.int64)
    spots = [(graph.nodes[node]["x"], graph.nodes[node]["y"]) for node in nodes]
    metres, nearest = KDTree(spots).query(places[["x", "y"]].to_numpy(float))
    return np.asarray(metres), np.asarray(nearest)


def _edges(graph: "nx.MultiDiGraph[Any]", cycling_kph: float | None) -> dict[tuple[Any, Any], float]:
    """Return (from, to) → minutes; by bicycle in both directions, but not where only cars may go."""
    edges: dict[tuple[Any, Any], float] = {}
    for a, b, of in graph.edges(data=True):
        if a == b or (cycling_kph is not None and of["car_only"]):
            continue
        minutes = of["metres"] / METRES_PER_KM / (cycling_kph or of["kph"]) * MINUTES_PER_HOUR
        for pair in [(a, b)] if cycling_kph is None else [(a, b), (b, a)]:
            # a zero in a sparse matrix would be no edge at all
            edges[pair] = max(min(minutes, edges.get(pair, minutes)), 1e-9)
    return edges


def _matrix(edges: Mapping[tuple[Any, Any], float], nodes: list[Any]) -> csr_array:
    number = {node: position for position, node in enumerate(nodes)}
    rows, columns = [number[a] for a, _ in edges], [number[b] for _, b in edges]
    return csr_array((list(edges.values()), (rows, columns)), shape=(len(nodes), len(nodes)))


def faults_of(routes: Routes, label: str) -> Iterator[Fault]:
    """Generate a fault for every place too far from the network to be on it."""
    for place, metres in routes.snapping[routes.snapping > FURTHEST_M].items():
        found = f"'{place}', {metres / METRES_PER_KM:.1f} km from the nearest road"
        remedy = "Take a network that covers the region and its edges, or check the coordinates."
        yield Fault(label, found, f"a road within {FURTHEST_M / METRES_PER_KM:g} km", remedy)
