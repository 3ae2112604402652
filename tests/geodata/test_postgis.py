"""Layers and tables of a real PostgreSQL with PostGIS, started for these tests; skipped where none is."""

import os
import shutil
import subprocess
import tempfile
from pathlib import Path

import geopandas as gpd
import pytest
from cbs_map import NAMES, WIJKEN, square, write_map

import cli
from geodata.cbs import read_extract
from geodata.indicator_tables import read_figures
from geodata.locations import read_locations
from geodata.postgis import label_of, read_table
from models.region.read_region import read_region

pwd = pytest.importorskip("pwd", reason="the database is started as on Linux or macOS")
RD = "EPSG:28992"


def _program(name):
    """Return where a program of PostgreSQL is, also where Debian keeps it."""
    kept = sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{name}"))
    found = str(kept[-1]) if kept else shutil.which(name)
    return found or pytest.skip(f"PostgreSQL is not installed: no {name}")


def _as_nobody_special(command):
    """Run a program as `postgres` where we are root: PostgreSQL refuses to run as root."""
    user = {} if os.geteuid() else {"user": "postgres", "group": "postgres"}
    return subprocess.run(command, check=False, capture_output=True, text=True, cwd="/", **user)


@pytest.fixture(scope="module")
def database():
    """Return the address of a database with PostGIS that lives as long as this module's tests."""
    psycopg = pytest.importorskip("psycopg", reason="psycopg is not installed (extra postgis)")
    initdb, pg_ctl = _program("initdb"), _program("pg_ctl")
    if os.geteuid() == 0 and "postgres" not in {user.pw_name for user in pwd.getpwall()}:
        pytest.skip("we are root and there is no user postgres to run the database as")
    # a socket's path must be short, and the folder that of the database's user
    folder = Path(tempfile.mkdtemp(prefix="pg"))
    if os.geteuid() == 0:
        shutil.chown(folder, "postgres", "postgres")
    try:
        made = _as_nobody_special(
            [initdb, "-D", folder / "data", "-U", "planner", "-A", "trust", "-E", "UTF8"]
        )
        assert made.returncode == 0, made.stderr
        quiet = f"-c listen_addresses='' -c unix_socket_directories={folder} -c fsync=off"
        log = ["-l", folder / "log"]
        started = _as_nobody_special([pg_ctl, "-D", folder / "data", "-w", *log, "-o", quiet, "start"])
        assert started.returncode == 0, started.stdout + started.stderr
        address = f"postgresql://planner@/postgres?host={folder}"
        with psycopg.connect(address) as connection:
            try:
                connection.execute("CREATE EXTENSION postgis")
            except psycopg.Error as error:
                pytest.skip(f"PostGIS is not installed beside PostgreSQL: {str(error).splitlines()[0]}")
        _fill(psycopg, address)
        yield address
    finally:
        _as_nobody_special([pg_ctl, "-D", folder / "data", "-m", "immediate", "stop"])
        shutil.rmtree(folder)


def _fill(psycopg, address):
    """Load the small map, a table as StatLine's and a list of sites."""
    with psycopg.connect(address) as connection:
        connection.execute("CREATE SCHEMA cbs")
        connection.execute(
            "CREATE TABLE cbs.wijken_2023 (wijkcode text, wijknaam text, gemeentecode text, "
            "gemeentenaam text, water text, aantal_inwoners int, percentage_personen_0_tot_15_jaar int, "
            "percentage_laag_inkomen numeric, aantal_woningen int, geom geometry(MultiPolygonZ, 28992))"
        )
        for number, (code, name, town, people, children, low, homes, _) in enumerate(WIJKEN):
            connection.execute(
                "INSERT INTO cbs.wijken_2023 VALUES "
                "(%s, %s, %s, %s, 'NEE', %s, %s, %s, %s, ST_Force3D(ST_Multi(ST_GeomFromText(%s, 28992))))",
                [code, name, town, NAMES[town], people, children, low, homes, square(number).wkt],
            )
        connection.execute('CREATE TABLE "Kern" ("Codering_3" text, "Koopwoningen_40" numeric, "Naam" text)')
        connection.execute(
            "INSERT INTO \"Kern\" VALUES ('WK990100  ', 55.5, 'Centrum'), ('WK990101  ', NULL, 'Noord')"
        )
        connection.execute(
            "CREATE TABLE sites (site text, tier text, places int, geom geometry(Point, 28992))"
        )
        spot = square(1).centroid.wkt
        connection.execute(
            "INSERT INTO sites VALUES ('huis', 'intramural', 12, ST_GeomFromText(%s, 28992))", [spot]
        )
        connection.execute(
            "CREATE TABLE clients (municipality text, profile text, tier text, clients numeric, year int, "
            "form text, basis text)"
        )
        connection.execute(
            "INSERT INTO clients VALUES ('GM9901', 'moderate', 'intramural', 7.5, 2022, 'ZIN', 'origin')"
        )
        connection.execute("CREATE TABLE cbs.roads (maxspeed int, geom geometry(LineString, 28992))")
        road = "LINESTRING(200000 500500, 201500 500500, 204000 500500)"
        connection.execute("INSERT INTO cbs.roads VALUES (50, ST_GeomFromText(%s, 28992))", [road])
        connection.execute("CREATE TABLE nothing (code text, geom geometry(Point, 28992))")


def test_the_map_may_be_a_table(database, tmp_path):
    """The same areas from the database as from a file; heights are left out, numbers are numbers."""
    faults = []
    ours = read_extract(f"{database}#cbs.wijken_2023", ["Dorp", "GM9901"], "wijk", faults)
    file = read_extract(write_map(tmp_path), ["Dorp", "GM9901"], "wijk", faults)
    assert faults == []
    assert ours.year == 2023
    for column in ("code", "inhabitants", "percentage_laag_inkomen", "woningvoorraad"):
        assert ours.areas[column].equals(file.areas[column])
    assert gpd.GeoSeries(ours.areas.geometry).geom_equals(gpd.GeoSeries(file.areas.geometry)).all()


def test_a_table_without_shapes_is_a_table_of_figures(database):
    """Capitals and the numbers behind StatLine's names survive the quoting."""
    faults = []
    figures = read_figures(f"{database}#public.Kern", faults)
    assert faults == []
    assert figures["percentage_koopwoningen"].fillna(-1).to_dict() == {"WK990100": 55.5, "WK990101": -1}


def test_sites_may_be_a_table(database):
    """Points become x and y."""
    faults = []
    places = read_locations(f"{database}#sites", RD, faults)
    assert faults == []
    assert places[["site", "places", "x", "y"]].iloc[0].tolist() == ["huis", "12", "201500", "500500"]


def test_a_region_of_tables_alone(database, tmp_path):
    """`init` with nothing but a database makes a region that is read without a fault."""
    made = cli.main([
        "init", str(tmp_path / "new"), "--from", f"{database}#cbs.wijken_2023", "--municipalities", "GM9901",
        "--sites", f"{database}#sites", "--table", f"clients={database}#clients",
        "--roads", f"{database}#cbs.roads",
    ])  # fmt: skip
    assert made == cli.DONE
    region = read_region(tmp_path / "new")
    assert region.sites.loc["huis", "neighbourhood"] == "WK990101"
    assert region.clients[["tier", "clients"]].to_numpy().tolist() == [["intramural", 7.5]]
    assert "come from roads.gpkg" in " ".join(remark["en"] for remark in region.remarks)


@pytest.mark.parametrize(
    ("table", "found"),
    [
        ("#no.such", "does not exist"),
        ("", "no table"),
        ("#nothing", "no areas"),
        ("#sites; DROP TABLE sites", "not exist"),
    ],
)
def test_faults_of_a_table(database, table, found):
    """A table that is not there, none at all, an empty one, and a name that would be a command."""
    faults = []
    read_extract(f"{database}{table}", ["x"], "wijk", faults)
    assert len(faults) == 1
    assert found.replace("areas", "wijken") in faults[0].found
    assert read_table(f"{database}#sites", []) is not None


def test_no_password_is_told(tmp_path):
    """A server that does not answer: the fault names host and table, and nothing secret."""
    pytest.importorskip("psycopg", reason="psycopg is not installed (extra postgis)")
    source = "postgresql://planner:geheim@127.0.0.1:1/base?connect_timeout=2#cbs.wijken"
    faults = []
    assert read_table(source, faults) is None
    (fault,) = faults
    assert fault.file == label_of(source) == "postgresql://127.0.0.1:1/base#cbs.wijken"
    assert "geheim" not in str(fault)
    assert "connection" in fault.found
