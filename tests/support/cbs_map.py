"""A small map as CBS publishes it: two municipalities, a square kilometre a wijk, and a lake."""

from pathlib import Path

import geopandas as gpd
from shapely import box

RD = "EPSG:28992"
LEFT, BOTTOM = 200_000, 500_000

WIJKEN = [
    # code, name, municipality, inhabitants, children (%), low incomes (%), homes, owned by corporations (%)
    ("WK990100", "Centrum", "GM9901", 4000, 15, 45.0, 2000, 40),
    ("WK990101", "Noord", "GM9901", 2000, 20, 38.0, 1000, 20),
    ("WK990102", "Meer en bos", "GM9901", 0, -99997, -99997.0, 0, -99997),
    ("WK990200", "Dorp", "GM9902", 1005, 10, 41.0, 500, 10),
]
NAMES = {"GM9901": "Stad aan 't Meer", "GM9902": "Dorp"}


def square(number: int, size: int = 1000):
    """Return a square; those of successive numbers lie side by side."""
    return box(LEFT + number * size, BOTTOM, LEFT + (number + 1) * size, BOTTOM + size)


def write_map(folder: Path, *, spelling: str = "long", year: int = 2023) -> Path:
    """Write the map with the column names of recent years ("long") or of older ones ("short")."""
    path = folder / f"wijkenbuurten_{year}_v1.gpkg"
    names = LONG if spelling == "long" else SHORT
    wijken = [
        {
            names["code"]: code, names["name"]: name, names["town"]: town, names["town_name"]: NAMES[town],
            "water": "NEE", names["people"]: people, names["children"]: children, names["low"]: low,
            names["homes"]: homes, names["social"]: social, "geometry": square(number),
        }
        for number, (code, name, town, people, children, low, homes, social) in enumerate(WIJKEN)
    ]  # fmt: skip
    lake = {**wijken[0], names["code"]: "WK990199", "water": "JA", names["people"]: -99997}
    wijken.append({**lake, "geometry": square(9)})
    gpd.GeoDataFrame(wijken, crs=RD).to_file(path, layer=names["wijken"])
    towns = [
        {
            names["town"]: town, names["town_name"]: NAMES[town], "water": "NEE",
            names["people"]: sum(row[3] for row in WIJKEN if row[2] == town) + 2, names["homes"]: homes,
            names["social"]: social, "geometry": square(number),
        }
        for number, (town, homes, social) in enumerate([("GM9901", 3000, 30), ("GM9902", 500, 10)])
    ]  # fmt: skip
    gpd.GeoDataFrame(towns, crs=RD).to_file(path, layer=names["gemeenten"])
    return path


LONG = {
    "code": "wijkcode", "name": "wijknaam", "town": "gemeentecode", "town_name": "gemeentenaam",
    "people": "aantal_inwoners", "children": "percentage_personen_0_tot_15_jaar",
    "low": "percentage_laag_inkomen", "homes": "aantal_woningen",
    "social": "percentage_huurwoningen_in_bezit_woningcorporaties",
    "wijken": "wijken", "gemeenten": "gemeenten",
}  # fmt: skip
SHORT = {
    "code": "WK_CODE", "name": "WK_NAAM", "town": "GM_CODE", "town_name": "GM_NAAM", "people": "AANT_INW",
    "children": "P_00_14_JR", "low": "P_LAAGINKP", "homes": "WONINGEN", "social": "P_HUURCORP",
    "wijken": "cbs_wijken_2017", "gemeenten": "gemeenten2017",
}  # fmt: skip
