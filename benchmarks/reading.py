"""Every reader of the program, with a sound input of its own to be made wrong."""

import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from random import Random

from cbs_map import write_map
from test_roads import write_graphml, write_lines
from tiny import write_tiny_region

from benchmarks.hostile import harm
from benchmarks.regions import Size, map_of
from geodata.bundled import region_folder
from geodata.cbs import CRS, read_extract
from geodata.faults import Fault, InputError
from geodata.locations import read_locations
from models.demand.forecast import forecast
from models.new_region.from_map import NewRegion, write_region
from models.new_region.synthetic_country import Template, write_country
from models.region.read_region import read_region
from models.region.workbook import gather
from optimiser.problem import Problem
from reports.folder.folder import read_plan, write

AGREED = (
    "site,tier,corporation,municipality,year,places,homes,asked_by\n"
    "S1,group,,,2022,4,,council\n,,C1,M1,2023,,1,\n"
)
TRAVEL = "origin,destination,minutes,mode\n" + "".join(
    f"{a},{b},{abs(i - j) * 2 + 1},{mode}\n" for mode in ("car", "bicycle")
    for i, a in enumerate(("N1", "N2", "N3")) for j, b in enumerate(("S1", "S2", "S3"))
)  # fmt: skip
BUDGETS = "municipality,year,stream,eur\nM1,2022,Wmo,1000000\nM2,2022,Wmo,500000\nM1,2023,Wmo,1000000\n"
SERIES = "year,indications,redeemed,circa\n2018,10,8,\n2019,11,9,ca.\n2020,12,9,\n2021,13,10,\n"
FIGURES = (
    "Codering;PercentageLaagInkomen;Koopwoningen_40\n"
    "WK990100;45,5;30\nWK990101;38;60\nWK990102;.;\nWK990200;41;70\n"
)
SCENARIO = "[policies.intramural_reduction]\nby_end = 0.3\n[tiers.bed]\nrate = {value = 900, source = 'x'}\n"


def _tiny(folder: Path) -> None:
    write_tiny_region(folder)
    texts = {"agreed.csv": AGREED, "travel.csv": TRAVEL, "budgets.csv": BUDGETS, "series.csv": SERIES}
    for name, text in texts.items():
        (folder / name).write_text(text, encoding="utf-8")
    (folder / "scenarios").mkdir()
    (folder / "scenarios" / "less.toml").write_text(SCENARIO, encoding="utf-8")


def _geopackage(folder: Path) -> None:
    import geopandas as gpd

    write_tiny_region(folder)
    areas = gpd.read_file(folder / "neighbourhoods.geojson")
    areas.to_file(folder / "neighbourhoods.gpkg", layer="neighbourhoods")
    (folder / "neighbourhoods.geojson").unlink()
    columns = {"maxspeed": [60], "fclass": ["tertiary"], "oneway": ["B"]}
    write_lines(folder / "roads.gpkg", [[(0, 1000), (3000, 1000), (6000, 1000)]], **columns)


def _graphml(folder: Path) -> None:
    write_tiny_region(folder)
    write_graphml(folder / "roads.graphml", {"speed_kph": "60.0"})


def _workbook(folder: Path) -> None:
    write_tiny_region(folder)
    gather(folder)


def _map(folder: Path) -> None:
    write_map(folder)
    (folder / "figures.csv").write_text(FIGURES, encoding="utf-8")
    (folder / "crosswalk.csv").write_text(
        "code_old,code_new,weight\nWK1,WK990100,0.5\nWK1,WK990101,0.5\nWK2,WK990200,1\nWK3,WK990102,1\n",
        encoding="utf-8",
    )
    (folder / "old.csv").write_text(
        "code,inwoners,p_koopw\nWK1,6000,40\nWK2,1000,60\nWK3,0,0\n", encoding="utf-8"
    )
    (folder / "sites.csv").write_text(
        "site,name,x,y,tier,places\nA,Home,200500,500500,intramural,10\nB,Other,203500,500500,group_living,4\n",
        encoding="utf-8",
    )
    _geojson_sites(folder / "sites.geojson")


def _country(folder: Path) -> None:
    (folder / "map.geojson").write_text(map_of(Size(12, 4, 60_000), 0), encoding="utf-8")


def _geojson_sites(file: Path) -> None:
    import geopandas as gpd
    from shapely import Point

    rows = {"site": ["A", "B"], "tier": ["intramural", "group_living"], "places": [10, 4]}
    gpd.GeoDataFrame(rows, geometry=[Point(200500, 500500), Point(203500, 500500)], crs="EPSG:28992").to_file(
        file
    )


def _plan(folder: Path) -> None:
    from optimiser.solve import solve

    write_tiny_region(folder / "region")
    region = read_region(folder / "region")
    write(solve(Problem.of(region, forecast(region)), gap=0.0, seconds=60.0), folder / "plan")
    shutil.rmtree(folder / "region")


def _read_region(folder: Path) -> None:
    scenarios = ("less",) if (folder / "scenarios").is_dir() else ()
    region = read_region(folder, scenarios)
    Problem.of(region, forecast(region))


def _read_map(folder: Path) -> None:
    faults = list[Fault]()
    found = read_extract(folder / "wijkenbuurten_2023_v1.gpkg", ["GM9901", "GM9902"], "wijk", faults)
    sites = read_locations(folder / "sites.csv", CRS, faults)
    read_locations(folder / "sites.geojson", CRS, faults)
    if found is not None:
        found.with_figures([folder / "figures.csv"], None, faults)
        found = found.with_figures([folder / "old.csv"], folder / "crosswalk.csv", faults)
    if faults or found is None:
        raise InputError(faults)
    write_region(NewRegion(found, "New", 2022, sites), folder / "made")
    made = read_region(folder / "made")
    Problem.of(made, forecast(made))


def _read_country(folder: Path) -> None:
    template = Template.of(region_folder("drenthe"))
    regions = write_country(folder / "map.geojson", folder / "regions", template, regions=2)
    for centre in regions:
        read_region(folder / "regions" / centre)
    outside = {path.name for path in folder.iterdir()} - {"map.geojson", "regions"}
    assert not outside, outside


def _read_plan(folder: Path) -> None:
    plan = read_plan(folder / "plan")
    write(plan, folder / "again")


@dataclass(frozen=True)
class Reader:
    """What is read, the files of it that are made wrong, and who reads it."""

    make: Callable[[Path], None]
    harmed: tuple[str, ...]
    read: Callable[[Path], None]


READERS: Mapping[str, Reader] = {
    "CSV": Reader(_tiny, ("*.csv",), _read_region),
    "TOML": Reader(_tiny, ("*.toml", "scenarios/*.toml"), _read_region),
    "GeoJSON": Reader(_tiny, ("*.geojson",), _read_region),
    "GeoPackage": Reader(_geopackage, ("*.gpkg",), _read_region),
    "GraphML": Reader(_graphml, ("*.graphml",), _read_region),
    "Excel": Reader(_workbook, ("*.xlsx",), _read_region),
    "map and tables of init": Reader(_map, ("*.gpkg", "*.csv", "*.geojson"), _read_map),
    "map of a country": Reader(_country, ("map.geojson",), _read_country),
    "plan folder": Reader(_plan, ("plan/plan.nc", "plan/summary.json", "plan/case/*"), _read_plan),
}


def harmed(reader: Reader, sound: Path, folder: Path, random: Random) -> None:
    """Copy a sound input to a folder and make one of its files wrong."""
    shutil.copytree(sound, folder)
    files = sorted(file for pattern in reader.harmed for file in folder.glob(pattern))
    harm(random.choice(files), random)
