"""Which areas are neighbours: a shared border counts, a shared corner does not."""

import geopandas as gpd
from shapely import box

from geodata.neighbours import contiguity


def squares(**corners) -> gpd.GeoDataFrame:
    """Return squares of 1 km whose south-west corners lie at these kilometres."""
    shapes = [box(x * 1000, y * 1000, (x + 1) * 1000, (y + 1) * 1000) for x, y in corners.values()]
    return gpd.GeoDataFrame(index=list(corners), geometry=shapes, crs="EPSG:28992")


def test_a_border_makes_neighbours_and_a_corner_does_not():
    """A and B share a side of 1 km; C touches B in one corner; D lies alone but is in the graph."""
    graph = contiguity(squares(A=(0, 0), B=(1, 0), C=(2, 1), D=(9, 9)))
    assert set(graph.nodes) == {"A", "B", "C", "D"}
    assert list(graph.edges(data="border")) == [("A", "B", 1000.0)]


def test_part_of_a_side_is_a_border():
    """B lies half a square higher, so 500 m of the side is shared."""
    assert contiguity(squares(A=(0, 0), B=(1, 0.5))).edges["A", "B"]["border"] == 500.0


def test_the_order_of_rows_changes_nothing():
    """The graph of the same squares in another order has the same edges."""
    areas = squares(A=(0, 0), B=(1, 0), C=(1, 1))
    forth, back = contiguity(areas), contiguity(areas.iloc[::-1])
    assert {frozenset(edge) for edge in forth.edges} == {frozenset(edge) for edge in back.edges}
    assert {frozenset(edge) for edge in forth.edges} == {frozenset("AB"), frozenset("BC")}
