"""Our search against SCIP on small regions by lot, and two changes of a region that change no plan."""

import json
import re

import pytest
from builders import least_cost, tiny_problem
from tiny import CLIENTS, HOMES, REGION, SITES, neighbourhoods

from benchmarks.second_solver import compared

SAMPLE = 8
"""Regions of the 200 of `make reliability`; every fourth has a hard policy."""


@pytest.mark.parametrize("seed", range(SAMPLE))
def test_another_solver_proves_the_same_optimum(seed):
    """SCIP gets the rules' own program through PuLP; both prove a gap of 0."""
    found = compared(seed)
    assert found.agrees, found


def test_years_are_but_names():
    """Everything seven years later: the same decisions at the same cost, as prices keep their level."""
    texts = {"region": REGION, "sites": SITES, "clients": CLIENTS, "homes": HOMES}
    later = {}
    for name, text in texts.items():
        later[name] = re.sub(r"\b202[123]\b", lambda year: str(int(year[0]) + 7), text)
    assert least_cost(tiny_problem(**later)) == pytest.approx(least_cost(tiny_problem()), rel=1e-9)


def halved():
    """Return the map of the tiny region with N3 as two halves of 2,000 people, N3 and N4."""
    document = neighbourhoods()
    third = document["features"][2]
    (west, south), (east, _), (_, north) = third["geometry"]["coordinates"][0][:3]
    middle = (west + east) / 2
    other = json.loads(json.dumps(third))
    other["properties"] |= {"code": "N4", "name": "Square N4"}
    for feature, (left, right) in ((third, (west, middle)), (other, (middle, east))):
        ring = [[left, south], [right, south], [right, north], [left, north], [left, south]]
        feature["geometry"]["coordinates"] = [ring]
        feature["properties"]["inhabitants"] = 2000
    document["features"].append(other)
    return json.dumps(document)


def minutes(areas):
    """Return travel.csv with N4 at the spot of N3: 2 minutes a square, 1 within one's own."""
    at = {"N1": 0, "N2": 1, "N3": 2, "N4": 2, "S1": 0, "S2": 1, "S3": 2}
    places = (*areas, "S1", "S2", "S3")
    rows = [f"{a},{b},{2 * abs(at[a] - at[b]) or 1}" for a in areas for b in places]
    return "origin,destination,minutes\n" + "\n".join(rows) + "\n"


def test_a_neighbourhood_split_in_two_at_one_spot_changes_nothing():
    """Half of N3's people get another name for where they live; what is counted by area is switched off."""
    settings = {"policies.neighbourhood_concentration.mode": "off"}
    whole = tiny_problem(settings, travel=minutes(("N1", "N2", "N3")))
    split = tiny_problem(settings, travel=minutes(("N1", "N2", "N3", "N4")), neighbourhoods=halved())
    assert least_cost(split) == pytest.approx(least_cost(whole), rel=1e-9)
