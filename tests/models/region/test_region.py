# ruff: noqa: E501 (the table of faults reads best with one case on a line)
"""A region's folder: what is read from it, and every fault that can be in it."""

import json

import geopandas as gpd
import pandas as pd
import pytest
from tiny import SITES, edit, neighbourhoods, write_tiny_region

from geodata.faults import InputError
from models.region.read_region import read_region


@pytest.fixture
def folder(tmp_path):
    """Return a sound region's folder that a test may spoil."""
    return write_tiny_region(tmp_path / "tiny")


def faults(folder, **options):
    """Return what is wrong with a folder."""
    with pytest.raises(InputError) as caught:
        read_region(folder, **options)
    return caught.value.faults


def test_the_frames_carry_their_labels(folder):
    """Sites, places, clients and homes as the files have them, blanks filled as documented."""
    region = read_region(folder)
    assert region.municipalities.loc["M1"].to_dict() == {
        "name": "Westerveen",
        "inhabitants": 16_000.0,
        "region": "Tiny",
        "objective_share": 0.8,
        "social_homes": 2000.0,
        "host": (),
        "central": "M1",
    }
    assert region.neighbourhoods.index.name == "neighbourhood"
    assert list(region.contiguity.edges) == [("N1", "N2"), ("N2", "N3")]
    site = region.sites.loc["S1"]
    assert (site["neighbourhood"], site["status"], site["plot_most"]) == ("N1", "existing", 12)
    assert (site["contract_end"], region.sites.at["S2", "contract_end"]) == ("2023-12-31", None)
    row = region.site_tiers.loc[("S1", "bed")]
    assert row[["places", "wlz_occupied", "most", "earliest"]].tolist() == [
        10,
        0,
        10,
        2022,
    ]  # blank: base + 1
    assert pd.isna(row["running_cost"])
    assert region.clients["clients"].sum() == 19
    assert region.clients.loc[0, "neighbourhood"] is None
    assert region.homes.groupby("year")["homes"].sum().to_dict() == {2021: 4, 2022: 1, 2023: 2}
    assert region.overrides == ()


def test_minutes_are_estimated_within_the_largest_reach(folder):
    """Centres lie 2 km apart at a kilometre a minute, so N1 to S3 takes 4; a reach of 3 drops it."""
    region = read_region(folder)
    minutes = region.minutes.set_index(["origin", "destination"])["minutes"]
    assert minutes["N1", "S3"] == pytest.approx(4.0)
    assert minutes["N1", "N2"] == pytest.approx(2.0)
    assert len(minutes) == 3 * 3 + 3 * 3  # every neighbourhood to every site and neighbourhood
    near = read_region(folder, settings={f"tiers.{tier}.reach": "3" for tier in ("bed", "group", "home")})
    assert ("N1", "S3") not in near.minutes.set_index(["origin", "destination"]).index
    assert "straight line × 1 ÷ 60 km/h" in region.remarks[0]["en"]
    assert "hemelsbreed × 1 ÷ 60 km/u" in region.remarks[0]["nl"]


def test_sites_by_coordinates_lie_in_the_area_around_them(folder):
    """S1 by x and y, S2 just (300 m) outside the map, S3 by degrees: each finds its square."""
    n3 = gpd.GeoSeries.from_xy([255_000], [526_000], crs="EPSG:28992").to_crs("EPSG:4326")[0]
    (folder / "sites.csv").write_text(
        "site,x,y,lon,lat,status,tier,places,most\n"
        "S1,250500,525500,,,existing,bed,10,10\n"
        "S2,253000,524700,,,existing,group,4,8\n"
        f"S3,,,{n3.x:.6f},{n3.y:.6f},candidate,group,0,8\n",
        encoding="utf-8",
    )
    sites = read_region(folder).sites
    assert sites["neighbourhood"].to_dict() == {"S1": "N1", "S2": "N2", "S3": "N3"}
    assert sites.loc["S1", ["x", "y"]].tolist() == [250_500.0, 525_500.0]
    assert sites.at["S3", "x"] == pytest.approx(255_000, abs=1)
    assert sites["plot_most"].to_dict() == {"S1": 10, "S2": 8, "S3": 8}  # blank: what the tiers hold


def test_travel_csv_goes_before_the_estimate(folder):
    """Pairs that it does not name are beyond reach; within one's own area the estimate fills in."""
    (folder / "travel.csv").write_text(
        "origin;destination;minutes\nN1;S1;1,5\nN2;S2;2\nN3;S3;3\nN1;S3;99\nN1;N2;7\n", encoding="utf-8"
    )
    region = read_region(folder)
    minutes = region.minutes.set_index(["origin", "destination"])["minutes"].round(3).to_dict()
    # 99 is beyond the largest reach of 10; ½·√(4/π) km at a kilometre a minute is 0.564
    assert minutes == {
        ("N1", "S1"): 1.5,
        ("N2", "S2"): 2.0,
        ("N3", "S3"): 3.0,
        ("N1", "N2"): 7.0,
        ("N1", "N1"): 0.564,
        ("N2", "N2"): 0.564,
        ("N3", "N3"): 0.564,
    }
    assert "travel.csv" in region.remarks[0]["en"]


def test_what_was_estimated_or_left_out_is_said(folder):
    """Registrations, points, missing shares of children, late rows and what others pay: one remark each."""
    edit(folder / "clients.csv", "bed,6,2021,ZIN,origin", "bed,6,2021,ZIN,registration")
    with (folder / "homes.csv").open("a", encoding="utf-8") as homes:
        homes.write("C1,M2,2030,5,\n")
    document = neighbourhoods()
    for column, feature in enumerate(document["features"]):
        feature["properties"].pop("percentage_personen_0_tot_15_jaar")
        feature["geometry"] = {"type": "Point", "coordinates": [251_000 + 2000 * column, 526_000]}
    (folder / "neighbourhoods.geojson").write_text(json.dumps(document), encoding="utf-8")
    region = read_region(folder)
    said = [remark["en"] for remark in region.remarks]
    assert len(said) == 7
    for words in (
        "Voronoi",
        "straight line",
        "share of children",
        "place of registration",
        "1 rows of homes.csv",
        "Contributions of clients",
        "corporations invest",
    ):
        assert sum(words in sentence for sentence in said) == 1
    assert all(remark["nl"] != remark["en"] for remark in region.remarks)
    assert region.homes["year"].max() == 2023


def test_every_number_stands_in_the_register(folder):
    """Bare numbers are assumptions, others carry their source; tables count rows by source."""
    listed = read_region(folder).assumptions
    by_key = listed.drop_duplicates("key").set_index("key")
    assert by_key.loc["tiers.bed.rate", ["value", "unit", "source"]].tolist() == [
        1000.0,
        "EUR/client-week",
        "tariff sheet 2021",
    ]
    assert by_key.at["tiers.home.rate", "source"] == "assumption"
    assert by_key.at["tiers.home.rate", "price_year"] == 2021  # none given: the region's
    assert by_key.at["checks.rounding", "note"] == "default of spreidplan"
    assert by_key.at["tiers.group.building_years", "unit"] == "years"
    sites = listed[listed["key"] == "sites.csv"].set_index("source")["value"].to_dict()
    assert sites == {"contract register": 3.0, "assumption": 1.0}
    assert not listed["value"].isna().any()


def test_the_digest_knows_every_change(folder, tmp_path):
    """The same files anywhere give the same digest; one other figure or setting gives another."""
    first = read_region(folder).digest
    assert read_region(write_tiny_region(tmp_path / "copy")).digest == first
    assert read_region(folder, settings={"homes.lead": "3"}).digest != first
    edit(folder / "clients.csv", "waiting,1,", "waiting,2,")
    assert read_region(folder).digest != first


def test_semicolons_and_row_order_change_nothing(folder):
    """The same tables as a Dutch spreadsheet writes them, rows reversed, make the same region."""
    before = read_region(folder)
    for name in ("municipalities.csv", "sites.csv", "clients.csv", "homes.csv"):
        header, *rows = (folder / name).read_text(encoding="utf-8").splitlines()
        text = "\r\n".join([header, *rows[::-1]])
        dutch = (
            text.replace(",", ";").replace("0.", "0,")
            if name == "municipalities.csv"
            else text.replace(",", ";")
        )
        (folder / name).write_bytes(b"\xef\xbb\xbf" + dutch.encode("utf-8"))
    after = read_region(folder)
    for frame in ("municipalities", "sites", "site_tiers"):
        pd.testing.assert_frame_equal(getattr(before, frame).sort_index(), getattr(after, frame).sort_index())
    assert after.clients["clients"].tolist() == before.clients["clients"].tolist()[::-1]


# One change to the sound folder, and the one fault that it must give:
# (file to change, old text, new text, file of the fault, line, column, found, remedy)
BROKEN = [
    # region.toml: its schema
    ("region.toml", "last = 2023", "lats = 2023", "region.toml", None, "years.lats", "unknown key 'lats'", "'last'"),
    ("region.toml", "norm = 2.0", 'norm = "2"', "region.toml", None, "policies.neighbourhood_concentration.norm", "'2'", "without quotation marks"),
    ("region.toml", "norm = 2.0", "norm = nan", "region.toml", None, "policies.neighbourhood_concentration.norm", "nan", "Correct"),
    ("region.toml", "norm = 2.0", "norm = -2.0", "region.toml", None, "policies.neighbourhood_concentration.norm", "-2.0", "Correct"),
    ("region.toml", "norm = 2.0", 'norm = {value = 2, unit = "m"}', "region.toml", None, "policies.neighbourhood_concentration.norm", "2 m", "Correct"),
    ("region.toml", "norm = 2.0", "norm = {value = 2, sorce = 'x'}", "region.toml", None, "policies.neighbourhood_concentration.norm.sorce", "unknown key 'sorce'", "'source'"),
    ("region.toml", "asset_life = 10\n", "", "region.toml", None, "costs.asset_life", "nothing", "Add costs.asset_life"),
    ("region.toml", "by_end = 0.5", 'by_end = 0.5\nmode = "sofft"', "region.toml", None, "policies.intramural_reduction.mode", "'sofft'", "'soft'"),
    ("region.toml", "rate = 300", "rate = 300\nplace = 5", "region.toml", None, "tiers.home", "the keys name", "Correct"),
    # region.toml: what its schema cannot see
    ("region.toml", "EPSG:28992", "EPSG:4326", "region.toml", None, "region.crs", "EPSG:4326", "metres"),
    ("region.toml", "EPSG:28992", "EPSG:nothing", "region.toml", None, "region.crs", "EPSG:nothing", "number"),
    ("region.toml", 'central_municipality = "M1"', 'central_municipality = "M11"', "region.toml", None, "region.central_municipality", "'M11'", "'M1'"),
    ("region.toml", 'fits = ["bed", "group"]', 'fits = ["bed", "groep"]', "region.toml", None, "profiles.intensive.fits", "'groep'", "'group'"),
    ("region.toml", 'also = ["group"]', 'also = ["group", "home"]', "region.toml", None, "profiles.light", "'home' twice", "once"),
    ("region.toml", "profiles = {intensive = 0.5, light = 0.5}", "profiles = {intensive = 0.5, light = 0.4}", "region.toml", None, "pathway.inflow.profiles", "0.9", "add up to 1"),
    ("region.toml", "profiles = {intensive = 0.5, light = 0.5}", "profiles = {intensive = 0.5, light = 0.5, lihgt = 0}", "region.toml", None, "pathway.inflow.profiles.lihgt", "'lihgt'", "'light'"),
    ("region.toml", "[pathway.wlz]\n", "[pathway.wlz]\nlite = 0.0\n", "region.toml", None, "pathway.wlz.lite", "'lite'", "'light'"),
    ("region.toml", "[pathway.died]\nintensive = 0.0\n", "[pathway.died]\n", "region.toml", None, "pathway.died.intensive", "nothing", "Add intensive"),
    ("region.toml", "[pathway.recovered]\n", "[pathway.recovered]\nbed = {light = 0.1}\n", "region.toml", None, "pathway.recovered.bed", "facility tier 'bed'", "first moves to a home"),
    ("region.toml", "home = {intensive = {light = 0.0}", "home = {intensive = {lichter = 0.0}", "region.toml", None, "pathway.transitions.home.intensive.lichter", "'lichter'", "light"),
    ("region.toml", "home = {intensive = {light = 0.0}", "home = {intensive = {intensive = 0.0}", "region.toml", None, "pathway.transitions.home.intensive.intensive", "to itself", "stays"),
    ("region.toml", "\nwaiting = {intensive", "\nwait = {intensive", "region.toml", None, "pathway.transitions.wait", "'wait'", "'waiting'"),
    ("region.toml", "[costs.conversions.bed.group]", "[costs.conversions.bed.home]", "region.toml", None, "costs.conversions.bed.home", "home tier 'home'", "no places"),
    ("region.toml", "[costs.conversions.bed.group]", "[costs.conversions.bed.bed]", "region.toml", None, "costs.conversions.bed.bed", "itself", "Take it out"),
    ("region.toml", "[costs.conversions.bed.group]", "[costs.conversions.beds.group]", "region.toml", None, "costs.conversions.beds.group", "'beds'", "'bed'"),
    ("region.toml", "by_end = 0.5", "by_end = 0.5\npath = {2021 = 0.1}", "region.toml", None, "policies.intramural_reduction.path.2021", "2021", "planned year"),
    # municipalities.csv
    ("municipalities.csv", "name,inhabitants", "name,inhabitens", "municipalities.csv", 1, "inhabitens", "unknown column", "'inhabitants'"),
    ("municipalities.csv", "16000", "-16000", "municipalities.csv", 2, "inhabitants", "'-16000'", "Correct"),
    ("municipalities.csv", "16000", "nan", "municipalities.csv", 2, "inhabitants", "'nan'", "digits"),
    ("municipalities.csv", "16000", "16 00", "municipalities.csv", 2, "inhabitants", "'16 00'", "digits"),
    ("municipalities.csv", "16000", "", "municipalities.csv", 2, "inhabitants", "empty", "Fill it in"),
    ("municipalities.csv", "16000", "16011", "municipalities.csv", 2, "inhabitants", "16,011 inhabitants of M1", "one year"),
    ("municipalities.csv", ",0.8,", ",1.8,", "municipalities.csv", 2, "objective_share", "'1.8'", "Correct"),
    ("municipalities.csv", "0.2,500\n", "0.2,500\nM1,Again,16000,,,\n", "municipalities.csv", 4, "code", "code M1 again, as on line 2", "Take one"),
    # sites.csv
    ("sites.csv", "S2,Site two,N2", "S2,Site two,N22", "sites.csv", 4, "neighbourhood", "'N22'", "'N2'"),
    ("sites.csv", "S2,Site two,N2", "S2,Site two,", "sites.csv", 4, "neighbourhood", "without a place", "lon and lat"),
    ("sites.csv", "S2,Site two,N2", "S 2,Site two,N2", "sites.csv", 4, "site", "'S 2'", "Correct"),
    ("sites.csv", "S2,Site two,N2", "N2,Site two,N2", "sites.csv", 4, "site", "also a neighbourhood's code", "another code"),
    ("sites.csv", "candidate", "candidat", "sites.csv", 5, "status", "'candidat'", "'candidate'"),
    ("sites.csv", "candidate,group", "candidate,home", "sites.csv", 5, "tier", "'home'", "bed"),
    ("sites.csv", "candidate,group,0", "candidate,group,3", "sites.csv", 5, "places", "3 places at a candidate", "existing"),
    ("sites.csv", "candidate,group,0,0,8", "candidate,group,0,0,1", "sites.csv", 5, "most", "1 places at most", "Raise"),
    ("sites.csv", "existing,group,4", "existing,group,2.5", "sites.csv", 4, "places", "'2.5'", "Round"),
    ("sites.csv", "existing,group,4,0,8,8", "existing,group,4,0,3,8", "sites.csv", 4, "places", "4 places", "Correct places or most"),
    ("sites.csv", "existing,group,4,0,8,8", "existing,group,4,0,8,3", "sites.csv", 4, "plot_most", "4 places at site S2", "plot_most"),
    ("sites.csv", "existing,group,4,0,8,8", "existing,group,4,5,8,8", "sites.csv", 4, "wlz_occupied", "5 places held by Wlz", "Correct"),
    ("sites.csv", "existing,group,4,0,8,8", "existing,bed,4,0,8,8,", "sites.csv", 4, None, "14 cells", "quotation marks"),
    ("sites.csv", "existing,group,0,0,12", "existing,bed,0,0,12", "sites.csv", 3, "site, tier", "site S1, tier bed again, as on line 2", "Take one"),
    ("sites.csv", "S1,Site one,N1,provider A,existing,group", "S1,Site one,N2,provider A,existing,group", "sites.csv", 3, "neighbourhood", "'N2' for site S1, which line 2 says is 'N1'", "the same"),
    ("sites.csv", "existing,group,4,0,8,8,,,", "existing,group,4,0,8,8,,soon,", "sites.csv", 4, "contract_end", "'soon'", "Correct"),
    # clients.csv
    ("clients.csv", "M1,light,home", "M9,light,home", "clients.csv", 5, "municipality", "'M9'", "M1"),
    ("clients.csv", "M1,light,home", "M1,lihgt,home", "clients.csv", 5, "profile", "'lihgt'", "'light'"),
    ("clients.csv", "M1,light,home", "M1,light,hom", "clients.csv", 5, "tier", "'hom'", "'home'"),
    ("clients.csv", "M1,light,home", "M1,light,bed", "clients.csv", 5, "tier", "profile 'light' in tier 'bed'", "profiles.light.also"),
    ("clients.csv", "M1,light,home", ",light,home", "clients.csv", 5, "municipality, neighbourhood", "neither", "Fill in one"),
    ("clients.csv", "M1,light,home", "M2,light,home", "clients.csv", 6, "municipality, neighbourhood, profile, tier, form, basis", "as on line 5", "add them up"),
    ("clients.csv", "M2,light,waiting,1,2021", "M2,light,waiting,1,2020", "clients.csv", 7, "year", "2020", "years.base"),
    ("clients.csv", "M2,light,waiting,1,", "M2,light,waiting,-1,", "clients.csv", 7, "clients", "'-1'", "Correct"),
    ("clients.csv", "M2,light,waiting,1,", "M2,light,waiting,inf,", "clients.csv", 7, "clients", "'inf'", "digits"),
    ("clients.csv", "M2,light,waiting,1,2021,ZIN", "M2,light,waiting,1,2021,ZN", "clients.csv", 7, "form", "'ZN'", "'ZIN'"),
    ("clients.csv", "municipality,profile", "neighbourhood,profile", "clients.csv", 2, "neighbourhood", "'M1' (2 more lines: 4, 5)", "N1"),
    # homes.csv
    ("homes.csv", "C1,M2,2023,1", "C1,M3,2023,1", "homes.csv", 6, "municipality", "'M3'", "M2"),
    ("homes.csv", "C1,M2,2023,1", "C1,M2,2020,1", "homes.csv", 6, "year", "2020", "Take the row out"),
    ("homes.csv", "C1,M2,2023,1", "C1,M2,2023,0.5", "homes.csv", 6, "homes", "'0.5'", "Round"),
    ("homes.csv", "C1,M2,2023,1", "C1,M1,2023,1", "homes.csv", 6, "corporation, municipality, neighbourhood, year", "as on line 5", "add them up"),
    ("homes.csv", "C1,M2,2023,1", ",M2,2023,1", "homes.csv", 6, "corporation", "empty", "Fill it in"),
    # neighbourhoods
    ("neighbourhoods.geojson", '"inhabitants": 6000', '"inhabitants": null', "neighbourhoods.geojson", None, "inhabitants", "'N2' without", "estimate"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("file", "old", "new", "place", "found", "remedy"),
    [
        (file, old, new, (where, row, column), found, remedy)
        for file, old, new, where, row, column, found, remedy in BROKEN
    ],
)
def test_each_fault_is_told_once_with_its_place(folder, file, old, new, place, found, remedy):
    """File, line and column are those of the change; no other fault follows from it."""
    edit(folder / file, old, new)
    told = [fault for fault in faults(folder) if not _follows(fault, new)]
    assert [(fault.file, fault.row, fault.column) for fault in told] == [place]
    assert found in told[0].found
    assert remedy in told[0].remedy
    assert told[0].expected


def _follows(fault, new: str) -> bool:
    """Tell whether a fault is the other half of the same change: a key or column that is renamed is also missing."""
    return (new in ("lats = 2023", "name,inhabitens") and fault.found in ("nothing", "no such column")) or (
        new.startswith("neighbourhood,profile") and fault.found.startswith("'M2'")
    )


def test_all_faults_are_told_at_once(folder):
    """Eight files with a fault each: eight faults in one message, file by file."""
    (folder / "travel.csv").write_text(
        "origin,destination,minutes\nN1,S1,1\nN1,S2,x\nN1,S3,3\n", encoding="utf-8"
    )
    (folder / "budgets.csv").write_text("municipality,year,stream,eur\nM1,2022,Wnt,5\n", encoding="utf-8")
    edit(folder / "region.toml", "asset_life = 10", "asset_life = -10")
    edit(folder / "municipalities.csv", "16000", "x")
    edit(folder / "sites.csv", "candidate", "candidat")
    edit(folder / "clients.csv", "M1,light,home", "M1,light,hom")
    edit(folder / "homes.csv", "C1,M2,2023,1", "C1,M3,2023,1")
    edit(folder / "neighbourhoods.geojson", '"municipality": "M2"', '"municipality": null')
    told = faults(folder)
    # M2, left without its only neighbourhood, is the ninth
    assert [fault.file for fault in told if "without neighbourhoods" not in fault.found] == [
        "region.toml",
        "neighbourhoods.geojson",
        "municipalities.csv",
        "sites.csv",
        "clients.csv",
        "homes.csv",
        "travel.csv",
        "budgets.csv",
    ]


def test_more_leave_than_there_are(folder):
    """0.7 move, 0.2 die and 0.2 go to the Wlz: 1.1 of every intensive client in a bed."""
    edit(folder / "region.toml", "bed = {intensive = {light = 0.0}", "bed = {intensive = {light = 0.7}")
    edit(folder / "region.toml", "[pathway.died]\nintensive = 0.0", "[pathway.died]\nintensive = 0.2")
    edit(folder / "region.toml", "[pathway.wlz]\nintensive = 0.0", "[pathway.wlz]\nintensive = 0.2")
    (fault,) = faults(folder)
    assert fault.column == "pathway.transitions.bed.intensive"
    assert fault.found == "1.1 a year (move 0.7, go to the Wlz 0.2, die 0.2)"
    assert fault.remedy == "Lower one of these probabilities."


def test_recovery_counts_among_those_who_leave(folder):
    """1.0 recover from home and 0.1 die: impossible there, and only there."""
    edit(
        folder / "region.toml",
        "home = {intensive = 0.0, light = 0.0}",
        "home = {intensive = 0.0, light = 1.0}",
    )
    edit(
        folder / "region.toml",
        "[pathway.died]\nintensive = 0.0\nlight = 0.0",
        "[pathway.died]\nintensive = 0\nlight = 0.1",
    )
    (fault,) = faults(folder)
    assert (fault.column, fault.found) == (
        "pathway.transitions.home.light",
        "1.1 a year (recover 1, die 0.1)",
    )


def test_waiting_must_weigh_more_than_the_dearest_tier(folder):
    """Group living costs 55,871 a year (see below), bridging 200 × 365.25/7 = 10,436: at least 45,436 is left."""
    edit(folder / "region.toml", "waiting = 100000", "waiting = 45435")
    (fault,) = faults(folder)
    assert (fault.file, fault.column) == ("region.toml", "weights.waiting")
    assert "dearest tier 'group'" in fault.expected
    assert "45,436" in fault.remedy
    edit(folder / "region.toml", "waiting = 45435", "waiting = 45436")
    read_region(folder)


def test_a_tier_by_components_counts_its_part_of_the_site(folder):
    """Group living: 400 × 52.18 = 20,871, the place 10,000 and 200,000/2 for the smallest site = 130,871."""
    edit(folder / "region.toml", "running = 50000", "running = 200000")
    (fault,) = faults(folder)
    assert "130,871" in fault.expected
    assert "'group'" in fault.expected


def test_a_running_cost_where_an_all_in_rate_pays(folder):
    """It would be paid twice."""
    text = (
        (folder / "sites.csv")
        .read_text(encoding="utf-8")
        .replace("contract_end,source", "contract_end,running_cost")
    )
    (folder / "sites.csv").write_text(text.replace("contract register", "7"), encoding="utf-8")
    (fault,) = faults(folder)
    assert (fault.file, fault.row, fault.column) == ("sites.csv", 2, "running_cost")
    assert "by components" in fault.remedy


@pytest.mark.parametrize(
    ("place", "row", "column", "found", "remedy"),
    [
        (",,,,260000,526000", 2, "x, y", "site S1 at (260000, 526000), 4.0 km outside the region", "easting"),
        (",,4.9,52.4,,", 2, "lon, lat", "outside the region", "coordinates"),
        (",,,,250500,", 2, "y", "half a coordinate", "Fill in y"),
        (",N3,,,250500,525500", 2, "x, y", "neighbourhood N3, with coordinates in N1", "one of the two"),
        (",,190,52,,", 2, "lon", "'190'", "Correct"),
    ],
)
def test_a_site_that_lies_nowhere(folder, place, row, column, found, remedy):
    """Outside the region, half placed, or in two places: said with the line and what to look at."""
    (folder / "sites.csv").write_text(
        "site,name,neighbourhood,lon,lat,x,y,status,tier,places,most\n"
        f"S1,one{place},existing,bed,10,10\n"
        "S2,,N2,,,,,existing,group,4,8\n",
        encoding="utf-8",
    )
    told = faults(folder)
    assert (told[0].file, told[0].row, told[0].column) == ("sites.csv", row, column)
    assert found in told[0].found
    assert remedy in told[0].remedy


@pytest.mark.parametrize(
    ("rows", "file", "row", "found", "remedy"),
    [
        ("N1,S1,1\nN2,S2,1\n", "travel.csv", None, "no row to site 'S3' (sites.csv, line 5)", "Add rows"),
        ("N1,S1,1\nN2,S2,1\nN3,S3,11\n", "sites.csv", 5, "site 'S3', which nobody reaches", "reach"),
        ("N1,S1,1\nN2,S2,1\nN4,S3,1\n", "travel.csv", 4, "'N4'", "N3"),
        ("N1,S1,1\nN2,S2,1\nN3,S3,1\nN3,S4,1\n", "travel.csv", 5, "'S4'", "S1"),
        (
            "N1,S1,1\nN2,S2,1\nN3,S3,1\nN1,S1,2\n",
            "travel.csv",
            5,
            "origin N1, destination S1, mode car again",
            "Take one",
        ),
        ("N1,S1,1\nN2,S2,1\nN3,S3,1\nN1,S2,-2\n", "travel.csv", 5, "'-2'", "Correct"),
    ],
)
def test_faults_of_travel_csv(folder, rows, file, row, found, remedy):
    """Unknown places, doubles, and sites that nobody reaches."""
    (folder / "travel.csv").write_text(f"origin,destination,minutes\n{rows}", encoding="utf-8")
    (fault,) = faults(folder)
    assert (fault.file, fault.row) == (file, row)
    assert found in fault.found
    assert remedy in fault.remedy


@pytest.mark.parametrize(
    ("rows", "row", "column", "found"),
    [
        ("M1,2022,Wnt,5", 2, "stream", "'Wnt'"),
        ("M3,2022,Wmo,5", 2, "municipality", "'M3'"),
        ("M1,2020,Wmo,5", 2, "year", "the year 2020"),
        ("M1,2022,Wmo,5\nM1,2022,Wmo,6", 3, "municipality, year, stream", "again, as on line 2"),
    ],
)
def test_faults_of_budgets_csv(folder, rows, row, column, found):
    """Unknown streams and municipalities, years before the base, doubles."""
    (folder / "budgets.csv").write_text(f"municipality,year,stream,eur\n{rows}\n", encoding="utf-8")
    (fault,) = faults(folder)
    assert (fault.file, fault.row, fault.column) == ("budgets.csv", row, column)
    assert found in fault.found


@pytest.mark.parametrize(
    ("file", "purpose"),
    [
        ("municipalities.csv", "the municipalities that pay"),
        ("sites.csv", "the sites where places are"),
        ("clients.csv", "the clients of the base year"),
        ("homes.csv", "the homes that corporations let"),
        ("neighbourhoods.geojson", "the areas and their inhabitants"),
    ],
)
def test_a_missing_file_is_told_with_what_it_is_for(folder, file, purpose):
    """One fault, not a list of every code that is now unknown."""
    (folder / file).unlink()
    (fault,) = faults(folder)
    assert fault.file == file.removesuffix(".geojson")
    assert fault.found == "no such file"
    assert purpose in fault.remedy


@pytest.mark.parametrize("name", ["travels.csv", "wegen.graphml", "scenario.toml"])
def test_a_data_file_that_nobody_reads_is_a_fault(folder, name):
    """A typing error in the name of an optional file must not pass in silence."""
    (folder / name).write_text("x", encoding="utf-8")
    (fault,) = faults(folder)
    assert (fault.file, fault.found) == (name, "a file that is not read")
    (folder / name).rename(folder / "notes.md")  # other files are nobody's business
    read_region(folder)


def test_areas_given_twice(folder):
    """With two files nobody knows which counts."""
    (folder / "neighbourhoods.gpkg").write_bytes(b"")
    told = faults(folder)
    assert told[0].found == "neighbourhoods.gpkg and neighbourhoods.geojson"
    assert told[0].remedy == "Keep one of the two."


def test_a_table_of_column_names_alone(folder):
    """Sites are needed; homes may be none."""
    for name in ("sites.csv", "homes.csv"):
        path = folder / name
        path.write_text(path.read_text(encoding="utf-8").splitlines()[0] + "\n", encoding="utf-8")
    (fault,) = faults(folder)
    assert (fault.file, fault.found) == ("sites.csv", "no rows")


def test_a_municipality_without_neighbourhoods_and_one_unknown(folder):
    """N3 belongs to a municipality that is not listed, and M2 has none left."""
    edit(folder / "neighbourhoods.geojson", '"municipality": "M2"', '"municipality": "M3"')
    told = {fault.file: fault for fault in faults(folder)}
    assert told["municipalities.csv"].row == 3
    assert told["municipalities.csv"].found == "'M2' without neighbourhoods"
    assert told["neighbourhoods"].found == "'M3' as municipality of 1 areas (first: N3)"
    assert "M2" in told["neighbourhoods"].remedy


def test_a_facility_tier_without_a_site(folder):
    """Nobody could ever have such a place."""
    text = "\n".join(line for line in SITES.splitlines() if ",bed," not in line)
    (folder / "sites.csv").write_text(text, encoding="utf-8")
    (fault,) = faults(folder)
    assert (fault.file, fault.found) == ("sites.csv", "no row with tier 'bed'")


def test_more_registered_than_places_is_no_fault(folder):
    """They wait; the forecast reconciles them."""
    edit(folder / "clients.csv", "M1,intensive,bed,6", "M1,intensive,bed,600")
    assert read_region(folder).clients.loc[0, "clients"] == 600


@pytest.mark.parametrize(
    ("content", "row", "found"),
    [
        (b"[region]\nname = Tiny\n", 2, "Invalid value"),
        (b"[region]\nname = 'a'\nname = 'b'\n", 3, "Cannot overwrite"),
        (b"[region]\nname = '\xe9'\n", 2, "0xe9"),
        (b"[region\n", 1, "Expected ']'"),
    ],
)
def test_a_region_toml_that_is_no_toml(folder, content, row, found):
    """The line is told, and the tables are checked all the same."""
    (folder / "region.toml").write_bytes(content)
    edit(folder / "municipalities.csv", "16000", "x")
    told = faults(folder)
    assert [(fault.file, fault.row) for fault in told] == [("region.toml", row), ("municipalities.csv", 2)]
    assert found in told[0].found


def test_a_region_toml_with_a_byte_order_mark(folder):
    """Notepad writes one; it is let pass."""
    path = folder / "region.toml"
    path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes().replace(b"\n", b"\r\n"))
    assert read_region(folder).parameters.region.name == "Tiny"


def test_what_is_no_region(tmp_path):
    """A path that leads nowhere, a file, an empty folder, some folder, a plan: each told for what it is."""
    (tmp_path / "a.txt").write_text("x", encoding="utf-8")
    (tmp_path / "empty").mkdir()
    write_tiny_region(tmp_path / "plan" / "case")
    expected = {
        "none": "no such folder",
        "a.txt": "a file",
        "empty": "no region.toml, the folder is empty",
        ".": "no region.toml among a.txt, empty, plan",
        "plan": "the folder of a plan",
    }
    for name, found in expected.items():
        (fault,) = faults(tmp_path / name)
        assert fault.found == found
        assert fault.remedy


def test_homes_are_offered_by_municipality_or_by_neighbourhood(folder):
    """In 2022 C1 offers one home in M1, which N2 is in, and two in N2: is that three, or two of one?

    Another corporation, another year, and homes that are in use today may be given both ways.
    """
    rows = "corporation,municipality,neighbourhood,year,homes\nC1,M1,,2021,2\nC1,,N1,2021,1\nC1,M2,,2021,1\n"
    both = "C1,M1,,2022,1\nC1,,N2,2022,2\n"
    (folder / "homes.csv").write_text(rows + both, encoding="utf-8")
    (fault,) = faults(folder)
    assert (fault.file, fault.row, fault.column) == ("homes.csv", 6, "neighbourhood")
    assert fault.found == "homes of C1 in N2 in 2022, which is in M1: line 5 offers homes there too"
    assert "in place of line 5" in fault.remedy
    for other in (both.replace("C1,,N2", "C2,,N2"), both.replace("N2,2022", "N2,2023")):
        (folder / "homes.csv").write_text(rows + other, encoding="utf-8")
        assert len(read_region(folder).homes) == 5
