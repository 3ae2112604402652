"""A synthetic country: grouped so that regions hang together, the same for a seed, and labelled so."""

import networkx as nx
import pandas as pd
import pytest
from maps import the_map

from benchmarks.regions import Size, map_of
from geodata.areas import read_areas
from geodata.bundled import region_folder
from geodata.faults import InputError
from geodata.neighbours import contiguity
from models.demand.forecast import forecast
from models.new_region.synthetic_country import CLIENTS, CRS, INHABITANTS, Template, grouped, write_country
from models.region.read_region import read_region
from optimiser.problem import Problem

TEMPLATE = Template.of(region_folder("drenthe"))
NATIONAL_MAP = the_map("nl_wijk_2022.gpkg")


@pytest.fixture(scope="module")
def country_map(tmp_path_factory):
    """A map of 48 neighbourhoods in 9 municipalities."""
    file = tmp_path_factory.mktemp("map") / "map.geojson"
    file.write_text(map_of(Size(48, 9, 300_000), seed=3), encoding="utf-8")
    return file


@pytest.fixture(scope="module")
def country(country_map, tmp_path_factory):
    """Three regions of it, written."""
    folder = tmp_path_factory.mktemp("country")
    return folder, write_country(country_map, folder, TEMPLATE, regions=3, seed=1)


def test_every_municipality_is_in_a_region_that_hangs_together(country_map):
    """Regions are the nearest by way of neighbours, so each is connected and has its centre in it."""
    areas = read_areas(country_map, CRS, [])
    centre_of = grouped(areas, 3)
    assert set(centre_of) == set(areas["municipality"])
    assert len(set(centre_of.values())) == 3
    near = contiguity(areas)
    for centre in set(centre_of.values()):
        inside = areas.index[areas["municipality"].map(centre_of) == centre]
        assert centre_of[centre] == centre
        assert nx.is_connected(near.subgraph(inside))


def test_the_same_seed_writes_the_same_files(country, country_map, tmp_path):
    """Byte for byte, also where only one region is asked for; another seed has other sites."""
    folder, names = country
    one = sorted(names)[0]
    again = write_country(country_map, tmp_path / "again", TEMPLATE, regions=3, seed=1, only=[one])
    assert list(again) == [one]
    for file in (folder / one).iterdir():
        assert (tmp_path / "again" / one / file.name).read_bytes() == file.read_bytes()
    write_country(country_map, tmp_path / "other", TEMPLATE, regions=3, seed=2)
    assert (tmp_path / "other" / one / "sites.csv").read_bytes() != (folder / one / "sites.csv").read_bytes()


def test_clients_are_the_national_number_by_inhabitants(country):
    """35,000 of 17.6 million: 597 of 300,000; each row of a region may be rounded."""
    folder, names = country
    clients = [pd.read_csv(folder / name / "clients.csv")["clients"].sum() for name in names]
    assert sum(clients) == pytest.approx(CLIENTS / INHABITANTS * 300_000, abs=3 * 0.5 * len(TEMPLATE.mix))


def test_the_regions_are_problems_whose_base_holds(country):
    """Every region is read without a fault, and today's places hold the clients that live in them."""
    folder, names = country
    for name in names:
        region = read_region(folder / name)
        problem = Problem.of(region, forecast(region))
        assert float(problem.waiting.min()) >= 0.0  # nor a rounding error less than nobody
        for tier in problem.facility_tiers:
            room = (
                problem.site_tiers["base"].xs(tier, level="tier").sum() * problem.tiers.loc[tier, "occupancy"]
            )
            assert float(problem.clients.sel(tier=tier).sum()) <= room + 1e-9


def test_everything_invented_says_so(country):
    """Names, sources and the region's own note; nothing can be taken for a real site."""
    folder, names = country
    for name in names:
        region = read_region(folder / name)
        assert region.parameters.region.name.startswith("Synthetic region")
        assert region.sites["name"].str.startswith("Synthetic site").all()
        assert "synthetisch" in region.parameters.region.note.nl
        for table in ("sites.csv", "clients.csv", "homes.csv"):
            assert pd.read_csv(folder / name / table)["source"].str.startswith("synthetic").all()
        notes = [
            line for line in (folder / name / "region.toml").read_text().splitlines() if 'note = "' in line
        ]
        assert all('note = "as in Drenthe: ' in line for line in notes)


def test_an_unknown_centre_is_told(country_map, tmp_path):
    """A region is named by its central municipality."""
    with pytest.raises(InputError, match="--only"):
        write_country(country_map, tmp_path, TEMPLATE, regions=3, only=["GM9999"])


def test_too_many_regions_are_told(country_map, tmp_path):
    """Nine municipalities make no ten regions."""
    with pytest.raises(InputError, match="at least 10 municipalities"):
        write_country(country_map, tmp_path, TEMPLATE, regions=10)


def test_a_map_that_is_not_there_is_told(tmp_path):
    """The file's name stands in the fault."""
    with pytest.raises(InputError, match="no such file"):
        write_country(tmp_path / "none.gpkg", tmp_path, TEMPLATE)


@pytest.mark.slow
@pytest.mark.skipif(not NATIONAL_MAP.is_file(), reason="the national map is not beside the project")
def test_the_national_map_makes_43_regions():
    """345 municipalities, each in one of 43 regions; islands too."""
    areas = read_areas(NATIONAL_MAP, CRS, [])
    centre_of = grouped(areas, 43)
    assert (len(centre_of), len(set(centre_of.values()))) == (345, 43)
