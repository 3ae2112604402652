"""Contiguity of areas."""

from collections.abc import Mapping

import geopandas as gpd
import networkx as nx
import shapely

SHORTEST_BORDER_M = 0.001
"""Borders up to this length (in metres) are corners that rounding has stretched."""


def contiguity(areas: gpd.GeoDataFrame) -> "nx.Graph[str]":
    """Return the graph of areas that share a border of positive length.

    Areas that only touch in a point are not neighbours. `areas` is indexed by code and in a
    projected system in metres. Nodes are the codes; an edge carries `border`, the length of
    the shared border in metres (for areas that overlap a little: the outline of the overlap).
    """
    graph: nx.Graph[str] = nx.Graph()
    graph.add_nodes_from(areas.index)
    shapes = areas.geometry.to_numpy()
    first, second = areas.sindex.query(shapes, predicate="intersects")
    once = first < second
    first, second = first[once], second[once]
    borders = shapely.length(shapely.intersection(shapes[first], shapes[second]))
    for a, b, border in zip(first, second, borders, strict=True):
        if border > SHORTEST_BORDER_M:
            graph.add_edge(areas.index[a], areas.index[b], border=float(border))
    return graph


def merged(graph: "nx.Graph[str]", group_of: Mapping[str, str]) -> "nx.Graph[str]":
    """Return the graph of groups of areas: neighbours where an area of one lies against one of the other.

    `border` adds up. Nodes are the groups, in the order in which `group_of` first names them.
    """
    groups: nx.Graph[str] = nx.Graph()
    groups.add_nodes_from(dict.fromkeys(group_of.values()))
    for a, b, border in graph.edges(data="border", default=0.0):
        one, other = group_of[a], group_of[b]
        if one != other:
            before = groups.edges[one, other]["border"] if groups.has_edge(one, other) else 0.0
            groups.add_edge(one, other, border=before + border)
    return groups
