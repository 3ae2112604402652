"""Minutes by straight line × detour ÷ speed, and inside one's own area."""

import math

import geopandas as gpd
import pandas as pd
import pytest
from shapely import Point, box

from geodata.minutes import own_area_minutes, travel_minutes


@pytest.fixture
def areas() -> gpd.GeoDataFrame:
    """Two areas 6 km apart: a square of 2 km and a circle of (nearly) 1 km radius."""
    shapes = [box(-1000, -1000, 1000, 1000), Point(6000, 0).buffer(1000, quad_segs=1000)]
    frame = gpd.GeoDataFrame({"x": [0.0, 6000.0], "y": [0.0, 0.0]}, geometry=shapes, crs="EPSG:28992")
    return frame.set_index(pd.Index(["A", "B"]))


def places(**rows) -> pd.DataFrame:
    """Return destinations from (x, y, neighbourhood)."""
    return pd.DataFrame.from_dict(rows, orient="index", columns=["x", "y", "neighbourhood"])


def test_minutes_over_the_road(areas):
    """From B's point to (3000, 4000): √(3² + 4²) = 5 km, × 1.2 = 6 km, at 36 km/h 10 minutes."""
    minutes = travel_minutes(areas, places(S=(3000.0, 4000.0, "A")), detour=1.2, speed_kph=36, most=60)
    assert minutes.set_index("origin").at["B", "minutes"] == pytest.approx(10.0)
    assert list(minutes.columns) == ["origin", "destination", "minutes"]


def test_minutes_in_ones_own_area(areas):
    """Half the radius of B, 0.5 km, at 60 km/h is half a minute; A is as large as a circle of √(4/π) km."""
    own = own_area_minutes(areas, detour=1.0, speed_kph=60)
    assert own["B"] == pytest.approx(0.5, rel=1e-5)
    assert own["A"] == pytest.approx(0.5 * math.sqrt(4 / math.pi))


def test_a_place_in_ones_own_area_takes_the_area_s_minutes(areas):
    """S lies in A, a kilometre from its point: from A the own-area minutes count, not the line."""
    minutes = travel_minutes(areas, places(S=(1000.0, 0.0, "A")), detour=1.0, speed_kph=60, most=60)
    by_origin = minutes.set_index("origin")["minutes"]
    assert by_origin["A"] == pytest.approx(0.5 * math.sqrt(4 / math.pi))
    assert by_origin["B"] == pytest.approx(5.0)  # 5 km at a kilometre a minute


def test_pairs_beyond_reach_are_absent(areas):
    """The 6 minutes from A to B count up to a reach of 6, and are gone below it."""
    there = places(B=(6000.0, 0.0, "B"))
    assert set(travel_minutes(areas, there, detour=1, speed_kph=60, most=6)["origin"]) == {"A", "B"}
    assert set(travel_minutes(areas, there, detour=1, speed_kph=60, most=5.999)["origin"]) == {"B"}
