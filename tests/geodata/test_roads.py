"""Minutes over roads: the quickest way by hand, one-way streets, bicycles, what is told of the network."""

import tempfile
import tomllib
from pathlib import Path

import geopandas as gpd
import networkx as nx
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely import LineString, Point, box
from tiny import write_tiny_region

from geodata.faults import InputError
from geodata.roads import read_roads, routes
from models.demand.forecast import forecast
from models.parameters.parameters import Parameters
from models.parameters.toml_writer import region_text
from models.region.read_region import read_region
from optimiser.problem import Problem

RD = "EPSG:28992"
LEFT, BOTTOM = 250_000, 525_000
CENTRES = {"N1": 250_000, "N2": 252_000, "N3": 254_000}


def write_lines(path, rows, **columns):
    """Write straight roads between points, given in metres from the corner of the tiny region."""
    shapes = [LineString([(LEFT + x, BOTTOM + y) for x, y in points]) for points in rows]
    gpd.GeoDataFrame(columns, geometry=shapes, crs=RD).to_file(path, layer="roads")
    return path


def places(**at):
    """Return areas and destinations at points of a line, in metres from the corner."""
    frame = pd.DataFrame({"x": [LEFT + x for x, _ in at.values()], "y": [BOTTOM + y for _, y in at.values()]})
    frame = frame.assign(neighbourhood=list(at)).set_axis(pd.Index(list(at)))
    shapes = [Point(x, y).buffer(1) for x, y in zip(frame["x"], frame["y"], strict=True)]
    return gpd.GeoDataFrame(frame, geometry=shapes, crs=RD)


def way(roads, areas, **options):
    """Return the routes between places, one's own area at 0 minutes."""
    own = pd.Series(0.0, index=areas.index)
    known = {"own": own, "detour": 1.0, "access_kph": 60.0, "most": 1e6}
    return routes(roads, areas, pd.DataFrame(areas.drop(columns="geometry")), **{**known, **options})


def minutes_of(found):
    """Return (origin, destination) → minutes."""
    return found.minutes.set_index(["origin", "destination"])["minutes"].to_dict()


def read(path, faults=None, fallback=50.0):
    """Read roads in metres."""
    return read_roads(path, RD, fallback, [] if faults is None else faults)


def test_the_quickest_way_and_not_the_shortest(tmp_path):
    """4 km at 30 km/h is 8 minutes; 6 km round at 120 km/h is 3."""
    rows = [[(0, 0), (4000, 0)], [(0, 0), (0, 1000), (4000, 1000), (4000, 0)]]
    roads = read(write_lines(tmp_path / "roads.gpkg", rows, maxspeed=[30, 120]))
    found = way(roads, places(a=(0, 0), b=(4000, 0)))
    assert minutes_of(found)["a", "b"] == pytest.approx(3.0, abs=1e-4)
    assert found.unreachable == ()


@pytest.mark.parametrize(
    ("column", "forward", "backward"),
    [("oneway", "F", "T"), ("RIJRICHTNG", "H", "T"), ("oneway", "yes", "-1")],
)
def test_one_way_streets(tmp_path, column, forward, backward):
    """There by the first road (1 minute), back by the second, which is twice as long."""
    rows = [[(0, 0), (1000, 0)], [(0, 0), (0, 500), (1000, 500), (1000, 0)]]
    roads = read(
        write_lines(tmp_path / "roads.gpkg", rows, maxspeed=[60, 60], **{column: [forward, backward]})
    )
    known = minutes_of(way(roads, places(a=(0, 0), b=(1000, 0))))
    assert known["a", "b"] == pytest.approx(1.0, abs=1e-4)
    assert known["b", "a"] == pytest.approx(2.0, abs=1e-4)


def test_roads_meet_where_they_share_a_vertex_and_cross_elsewhere(tmp_path):
    """The side road ends on a vertex of the main road; the bridge only crosses it."""
    rows = [[(0, 0), (1000, 0), (2000, 0)], [(1000, 0), (1000, 1000)], [(1500, -500), (1500, 500)]]
    roads = read(write_lines(tmp_path / "roads.gpkg", rows, maxspeed=[60, 60, 60]))
    found = way(roads, places(a=(0, 0), side=(1000, 1000), bridge=(1500, 500)))
    assert minutes_of(found)["a", "side"] == pytest.approx(2.0, abs=1e-4)
    assert set(found.unreachable) == {
        ("a", "bridge"), ("side", "bridge"), ("bridge", "a"), ("bridge", "side"),
    }  # fmt: skip


def test_the_way_to_the_road_counts(tmp_path):
    """500 m beside the road at 60 km/h over a detour of 1.2 adds 0.6 minutes to the 2."""
    roads = read(write_lines(tmp_path / "roads.gpkg", [[(0, 0), (2000, 0)]], maxspeed=[60]))
    found = way(roads, places(a=(0, 0), b=(2000, 500)), detour=1.2)
    assert minutes_of(found)["a", "b"] == pytest.approx(2.6, abs=1e-4)
    assert found.snapping.round().to_dict() == {"a": 0, "b": 500}


def test_a_missing_speed_is_the_mean_of_its_class(tmp_path):
    """OpenStreetMap writes 0 where it knows none: (30 + 50) / 2 = 40 km/h for the third street of four."""
    rows = [[(0, y), (1000, y)] for y in (0, 100, 200, 300)]
    columns = {"maxspeed": [30, 50, 0, 100], "fclass": ["residential"] * 3 + ["motorway"]}
    roads = read(write_lines(tmp_path / "roads.gpkg", rows, **columns))
    known = minutes_of(way(roads, places(a=(0, 200), b=(1000, 200))))
    assert known["a", "b"] == pytest.approx(1.5, abs=1e-4)
    assert roads.estimated == pytest.approx(0.25)


def test_without_a_road_to_cycle_on_there_is_no_way(tmp_path):
    """A motorway only: by bicycle every pair is without a route."""
    roads = read(
        write_lines(tmp_path / "roads.gpkg", [[(0, 0), (9, 0)]], maxspeed=[100], fclass=["motorway"])
    )
    found = way(roads, places(a=(0, 0), b=(9, 0)), cycling_kph=15.0)
    assert set(found.unreachable) == {("a", "b"), ("b", "a")}


def test_nobody_cycles_on_a_motorway(tmp_path):
    """By car 2 km at 120 km/h; by bicycle 4 km round at 15 km/h, and against a one-way street."""
    rows = [[(0, 0), (2000, 0)], [(0, 0), (0, 1000), (2000, 1000), (2000, 0)]]
    columns = {"maxspeed": [120, 30], "fclass": ["motorway", "tertiary"], "oneway": ["B", "T"]}
    roads = read(write_lines(tmp_path / "roads.gpkg", rows, **columns))
    areas = places(a=(0, 0), b=(2000, 0))
    assert minutes_of(way(roads, areas))["a", "b"] == pytest.approx(1.0, abs=1e-4)
    assert minutes_of(way(roads, areas, cycling_kph=15.0))["a", "b"] == pytest.approx(16.0, abs=1e-3)


def write_graphml(path, speeds, **written):
    """Write a graph as OSMnx does: degrees, lengths in metres, every attribute a text."""
    graph = nx.MultiDiGraph(crs="epsg:4326")
    degrees = gpd.GeoSeries.from_xy(list(CENTRES.values()), [BOTTOM] * 3, crs=RD).to_crs("EPSG:4326")
    for node, at in enumerate(degrees):
        graph.add_node(node, x=str(at.x), y=str(at.y), street_count="2")
    for a, b in ((0, 1), (1, 0), (1, 2), (2, 1)):
        graph.add_edge(a, b, length="2000.0", highway="['residential', 'tertiary']", **speeds, **written)
    nx.write_graphml(graph, path)
    return path


@pytest.mark.parametrize(
    ("speeds", "minutes"),
    [
        ({"travel_time": "120.0", "speed_kph": "1"}, 4.0),  # two edges of 120 seconds
        ({"speed_kph": "60.0", "maxspeed": "30"}, 4.0),
        ({"maxspeed": "['30', '50']"}, 8.0),  # the slower part stands first
        ({"maxspeed": "20 mph"}, 4000 / 1000 / 32.18688 * 60),
        ({}, 4.0),  # nobody says: the speed of the region's straight lines
    ],
)
def test_graphml_as_osmnx_writes_it(tmp_path, speeds, minutes):
    """Seconds go before speeds; two edges of 2 km each."""
    roads = read(write_graphml(tmp_path / "roads.graphml", speeds), fallback=60.0)
    known = minutes_of(way(roads, places(N1=(0, 0), N3=(4000, 0))))
    assert known["N1", "N3"] == pytest.approx(minutes, rel=1e-3)


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 10_000))
def test_minutes_are_those_of_networkx(seed):
    """On random roads: as long as networkx says, never shorter than the straight line at the top speed."""
    random = np.random.default_rng(seed)
    points = [tuple(map(float, p)) for p in random.integers(0, 5_000, size=(12, 2))]
    pairs = random.integers(0, 12, size=(20, 2))
    rows = [[points[a], points[b]] for a, b in pairs if points[a] != points[b]]
    with tempfile.TemporaryDirectory() as folder:
        speeds = list(random.choice([30, 60], len(rows)))
        roads = read(write_lines(Path(folder) / "roads.gpkg", rows, maxspeed=speeds))
    areas = places(**{f"p{number}": rows[number][0] for number in range(3)})
    known = minutes_of(way(roads, areas))
    for _, _, of in roads.graph.edges(data=True):
        of["minutes"] = of["metres"] / 1000 / of["kph"] * 60
    ends = {name: (row["x"], row["y"]) for name, row in areas.iterrows()}
    node = {
        name: min(roads.graph, key=lambda n: np.hypot(n[0] - x, n[1] - y)) for name, (x, y) in ends.items()
    }
    for (a, b), minutes in known.items():
        if a != b:
            by_hand = nx.dijkstra_path_length(roads.graph, node[a], node[b], weight="minutes")
            assert minutes == pytest.approx(by_hand, abs=0.01)
            straight = np.hypot(ends[a][0] - ends[b][0], ends[a][1] - ends[b][1])
            assert minutes >= straight / 1000 - 0.01


@pytest.fixture
def tiny(tmp_path):
    """Return the folder of the region whose three centres lie 2 km apart."""
    folder = tmp_path / "tiny"
    folder.mkdir()
    write_tiny_region(folder)
    return folder


def straight_road(folder, speed):
    """Write a road along the centres of the tiny region."""
    centres = read_region(folder).neighbourhoods
    line = LineString(list(zip(centres["x"], centres["y"], strict=True)))
    path = folder / "roads.gpkg"
    gpd.GeoDataFrame({"maxspeed": [speed]}, geometry=[line], crs=RD).to_file(path, layer="roads")


def test_a_region_with_roads_uses_them(tiny):
    """At 30 km/h it is 4 minutes to the next centre instead of 2, and the reader is told."""
    straight_road(tiny, 30)
    region = read_region(tiny)
    minutes = region.minutes.set_index(["origin", "destination"])["minutes"]
    assert minutes["N1", "N2"] == pytest.approx(4.0, abs=0.01)
    assert minutes["N1", "N3"] == pytest.approx(8.0, abs=0.01)
    assert "Travel times by car come from roads.gpkg" in region.remarks[0]["en"]
    assert "Pairs without a route: 0." in region.remarks[0]["en"]


def test_modes_side_by_side(tiny):
    """By bicycle at 12 km/h 10 minutes; by bus as given; a tier's norm for a mode counts beside the car's."""
    (tiny / "travel.csv").write_text(
        "origin,destination,mode,minutes\nN1,N2,public_transport,9\n", encoding="utf-8"
    )
    settings_ = {"travel.cycling": "12", "tiers.home.norm": "1", "tiers.home.norms.public_transport": "9"}
    region = read_region(tiny, settings=settings_)
    known = region.minutes.set_index(["origin", "destination"]).loc[("N1", "N2")]
    assert known["minutes"] == pytest.approx(2.0)
    assert known["bicycle"] == pytest.approx(10.0)
    assert known["public_transport"] == 9
    pairs = Problem.of(region, forecast(region)).pairs["within"]
    assert bool(pairs["N1", "N2", "home"])
    assert not bool(pairs["N2", "N3", "home"])
    again = Parameters.model_validate(tomllib.loads(region_text(region.parameters)))
    assert again.tiers["home"].norms["public_transport"].value == 9


@pytest.mark.parametrize("mode", ["bicycle", "public_transport"])
def test_a_norm_for_an_unknown_mode_is_a_fault(tiny, mode):
    """No minutes by that mode are known, so that nobody could ever be near."""
    with pytest.raises(InputError, match=rf"tiers\.home\.norms\.{mode}: found a norm by {mode}"):
        read_region(tiny, settings={f"tiers.home.norms.{mode}": "9"})


def test_two_sources_of_minutes_are_a_fault(tiny):
    """Minutes by car in travel.csv and a network: which one counts is not for us to say."""
    straight_road(tiny, 30)
    (tiny / "travel.csv").write_text("origin,destination,minutes\nN1,S1,1\n", encoding="utf-8")
    with pytest.raises(InputError, match=r"minutes by car in travel\.csv too"):
        read_region(tiny)


def test_a_place_off_the_network_is_a_fault(tiny):
    """A network of another region: every place is told with its distance."""
    shape = [LineString([(200_000, 500_000), (201_000, 500_000)])]
    gpd.GeoDataFrame({"maxspeed": [50]}, geometry=shape, crs=RD).to_file(tiny / "roads.gpkg", layer="roads")
    with pytest.raises(InputError, match=r"'N1', 5[0-9]\.[0-9] km from the nearest road"):
        read_region(tiny)


@pytest.mark.parametrize(
    ("columns", "found"),
    [({"name": ["x"]}, "no column with speeds"), (None, "a damaged file, or one of another kind")],
)
def test_faults_of_a_network(tmp_path, columns, found):
    """Lines without speeds, and a file that is no map."""
    path = tmp_path / "roads.gpkg"
    if columns is None:
        path.write_text("no map", encoding="utf-8")
    else:
        write_lines(path, [[(0, 0), (1, 0)]], **columns)
    faults = []
    assert read(path, faults) is None
    assert [fault.found for fault in faults] == [found]


def test_areas_are_no_roads(tmp_path):
    """A layer of polygons has no lines."""
    gpd.GeoDataFrame({"maxspeed": [50]}, geometry=[box(0, 0, 1, 1)], crs=RD).to_file(tmp_path / "roads.gpkg")
    faults = []
    assert read(tmp_path / "roads.gpkg", faults) is None
    assert faults[0].found == "no lines"


def test_roads_of_nwb_take_the_speed_assumed_for_their_manager(tmp_path):
    """12 km of a province at 80 km/h and 4 km of a municipality at 40 are 9 + 6 minutes; all is estimated."""
    rows = [[(0, 0), (12_000, 0)], [(12_000, 0), (16_000, 0)]]
    path = write_lines(tmp_path / "roads.gpkg", rows, WEGBEHSRT=["P", "G"], RIJRICHTNG=["B", "B"])
    roads = read_roads(path, RD, 50.0, [], {"P": 80.0, "G": 40.0})
    found = minutes_of(way(roads, places(N1=(0, 0), N2=(16_000, 0))))
    assert found["N1", "N2"] == pytest.approx(9 + 6)
    assert roads.estimated == 1.0


def test_a_manager_without_a_speed_is_a_fault(tmp_path):
    """Nothing is guessed from the others; what lacks is named with the key to fill in."""
    rows = [[(0, 0), (9, 0)], [(9, 0), (19, 0)]]
    path = write_lines(tmp_path / "roads.gpkg", rows, WEGBEHSRT=["P", "W"])
    faults = []
    assert read_roads(path, RD, 50.0, faults, {"P": 80.0}) is None
    assert "no speeds for the classes W" in str(faults[0])
    assert "[travel.road_speeds] W = 50" in str(faults[0])


def write_plain_graphml(path, kind, **of):
    """Write two roads of 2 km one after another, in a graph of networkx's class `kind`."""
    graph = kind(crs=RD)
    for number in range(3):
        graph.add_node(number, x=str(LEFT + 2000 * number), y=str(BOTTOM))
    for a, b in ((0, 1), (1, 2)):
        graph.add_edge(a, b, **{"length": "2000.0", "highway": "tertiary", **of})
    nx.write_graphml(graph, path)
    return path


@pytest.mark.parametrize("kind", [nx.Graph, nx.MultiGraph])
def test_an_undirected_graph_is_driven_both_ways(tmp_path, kind):
    """A directed one with the same rows is driven one way."""
    areas = places(N1=(0, 0), N3=(4000, 0))
    both = minutes_of(way(read(write_plain_graphml(tmp_path / "a.graphml", kind, speed_kph="60")), areas))
    assert both["N3", "N1"] == both["N1", "N3"] == pytest.approx(4.0)
    one = read(write_plain_graphml(tmp_path / "b.graphml", nx.MultiDiGraph, speed_kph="60"))
    assert ("N3", "N1") not in minutes_of(way(one, areas))


@pytest.mark.parametrize(
    ("of", "words"),
    [
        ({"travel_time": "2.4"}, "as seconds mean 3,000 km/h (median), as minutes 50 km/h"),
        ({"travel_time": "7200"}, "as seconds mean 1 km/h"),
        ({"length": "2.0", "speed_kph": "50"}, "lengths of 0.001 times the straight line"),
    ],
)
def test_a_graph_in_other_units_is_refused(tmp_path, of, words):
    """Minutes for seconds and kilometres for metres are told with what they would mean."""
    faults = []
    assert read(write_plain_graphml(tmp_path / "a.graphml", nx.MultiDiGraph, **of), faults) is None
    assert [words in fault.found for fault in faults] == [True]
