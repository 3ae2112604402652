"""Answers that the source documents give, asked of the code that planners use.

Numbered as the golden cases of the domain notes: 1–5 and 8–15. Of the others 6 (who is a new client) has a
file of its own; 7 (partitions of Drenthe) is in test_partition.py and 16 (a partial refresh) in
test_monitor.py. S0 memo of the BMWE councils 2018, S1 regional plan Zuidoost-Drenthe 2020, S2 and S3 webinars
and slides of the Rotterdam region 2020–2021.
"""

import json
from collections.abc import Mapping
from pathlib import Path

import pytest
import xarray as xr
from builders import EUROS_ONLY, ONE_YEAR, amount, tiny_problem
from tiny import CLIENTS, REGION, square

from geodata.faults import InputError
from models.demand.forecast import forecast
from models.funding.funding import wlz_take_out
from models.parameters.finance import WEEKS_PER_YEAR, support_per_client
from models.region.read_region import read_region
from models.region.region import Region
from models.region.series import mean_growth, redemption_rate, without_a_place, yearly_growth
from optimiser.accounts.residents import people_between
from optimiser.infeasibility.repair import diagnose, verified
from optimiser.problem import Problem
from optimiser.solve import Impossible, solve
from optimiser.solver.limits import Limits
from optimiser.verification.verify import violations
from reports.figures.figures import site_events
from reports.text.rounding import largest_remainder

CLIENT_COLUMNS = "municipality,profile,tier,clients,year,form,basis\n"
SITE_COLUMNS = "site,neighbourhood,status,tier,places,most,earliest\n"
NO_GROUP_YET = "later,WK0,candidate,group,0,12,2023\n"
"""Every tier of the tiny region has a site; this one can open only after the year that is planned."""

QUICK = EUROS_ONLY | ONE_YEAR
NO_LIMITS = Limits(0.0, 60.0)


def region(
    folder: Path,
    towns: Mapping[str, tuple[str, int]],
    settings: Mapping[str, str] | None = None,
    **files: str,
) -> Region:
    """Write a region of one square per town (code → name, inhabitants), in a row, and read it.

    The rest is as in the tiny region. `files` are tables: `clients="…"` is clients.csv; `money` is
    added to region.toml.
    """
    rows = "\n".join(f"{code},{name},{people}" for code, (name, people) in towns.items())
    first = next(iter(towns))
    toml = REGION.replace('central_municipality = "M1"', f'central_municipality = "{first}"')
    features = [
        {
            "type": "Feature",
            "properties": {"code": f"WK{n}", "name": name, "municipality": code, "inhabitants": people},
            "geometry": {"type": "Polygon", "coordinates": [square(n)]},
        }
        for n, (code, (name, people)) in enumerate(towns.items())
    ]
    rd = {"type": "name", "properties": {"name": "urn:ogc:def:crs:EPSG::28992"}}
    written = {
        "region.toml": toml + files.pop("money", ""),
        "municipalities.csv": files.pop("municipalities", f"code,name,inhabitants\n{rows}\n"),
        "neighbourhoods.geojson": json.dumps({"type": "FeatureCollection", "crs": rd, "features": features}),
        "homes.csv": files.pop("homes", "corporation,municipality,year,homes\n"),
        **{f"{name}.csv": text for name, text in files.items()},
    }
    folder.mkdir(exist_ok=True)
    for name, text in written.items():
        (folder / name).write_text(text, encoding="utf-8")
    return read_region(folder, settings=settings or {})


# ------------------------------------------------------------------ 1-3: the memo of BMWE

BMWE = {"GM1651": ("Eemsmond", 15_656), "GM1663": ("De Marne", 10_088), "GM0053": ("Winsum", 13_596),
        "GM0005": ("Bedum", 10_479)}  # fmt: skip
MEMO = {"GM0005": (0, 0), "GM1663": (31, 0), "GM0053": (2, 1), "GM1651": (45, 7)}
"""Municipality → clients with care in kind and with a personal budget, Q4-2017 (S0)."""

PUBLISHED = """
[checks.clients]
all = {value = 86, source = "S0"}
ZIN = 78
PGB = 8
GM0005 = 0
GM1663 = 31
GM0053 = 3
GM1651 = 52
"""
BEDS_IN_BEDUM = SITE_COLUMNS + "de_tille,WK3,existing,bed,80,80,\n" + NO_GROUP_YET


def memo_clients(memo: Mapping[str, tuple[int, int]]) -> str:
    """Return clients.csv with the counts of the memo, all in beds."""
    return CLIENT_COLUMNS + "".join(
        f"{code},intensive,bed,{count},2021,{form},origin\n"
        for code, counts in memo.items()
        for form, count in zip(("ZIN", "PGB"), counts, strict=True)
    )


def bmwe(folder: Path, memo: Mapping[str, tuple[int, int]] = MEMO, **files: str) -> Region:
    """Return the four municipalities with all beds in Bedum, where no client comes from."""
    files = {"money": PUBLISHED, "clients": memo_clients(memo), "sites": BEDS_IN_BEDUM} | files
    return region(folder, BMWE, QUICK, **files)


def test_1_the_margins_of_the_memo(tmp_path):
    """0 + 31 + 3 + 52 = 86 = 78 in kind + 8 by personal budget."""
    clients = bmwe(tmp_path).clients
    assert clients.groupby("municipality")["clients"].sum().to_dict() == {
        "GM0005": 0, "GM1663": 31, "GM0053": 3, "GM1651": 52,
    }  # fmt: skip
    assert clients.groupby("form")["clients"].sum().to_dict() == {"ZIN": 78, "PGB": 8}
    assert clients["clients"].sum() == 86


def test_1_a_wrong_sum_is_a_fault(tmp_path):
    """One client too many in Eemsmond breaks the total, its own row and the column in kind; all are told."""
    with pytest.raises(InputError) as caught:
        bmwe(tmp_path, MEMO | {"GM1651": (46, 7)})
    assert [fault.found for fault in caught.value.faults] == [
        "87 clients (all)", "79 clients (ZIN)", "53 clients (GM1651)",
    ]  # fmt: skip


def test_1_a_sum_of_an_unknown_town_is_a_fault(tmp_path):
    with pytest.raises(InputError, match=r"checks.clients.GM0006: found 'GM0006'.*Did you mean 'GM0005'"):
        bmwe(tmp_path, money=PUBLISHED.replace("GM0005", "GM0006"))


def test_2_a_municipality_without_clients_is_a_host(tmp_path):
    """Nobody comes from Bedum and everybody with care in kind lives there; personal budgets stay at home."""
    problem = Problem.of(towns := bmwe(tmp_path), outlook := forecast(towns))
    assert float(outlook.base_clients.sel(neighbourhood="WK3").sum()) == 0.0
    plan = solve(problem, gap=0.0, seconds=60.0)
    assert plan.proof.status == "proven"
    people = people_between(problem, plan.data).sel(year=2022).sum("tier")
    assert float(people.sel(origin="GM0005").sum()) == 0.0
    assert float(people.sel(host="GM0005").sum()) == pytest.approx(78)
    assert float(people.sel(origin="GM1651", host="GM1651")) == pytest.approx(7)
    assert float(plan.data["funding_need"].sel(municipality="GM0005").sum()) == pytest.approx(0.0, abs=0.01)


def test_3_thirty_per_cent_to_the_wlz(tmp_path):
    """86 × 0.30 = 25.8 stay fractions; in whole people 26 leave and 60 stay, and by town 9 + 1 + 16 = 26."""
    clients = bmwe(tmp_path).clients.groupby("municipality")["clients"].sum()
    leaving, staying = wlz_take_out(clients.to_xarray(), 0.30)
    assert float(leaving.sum()) == pytest.approx(25.8)
    together = [float(leaving.sum()), float(staying.sum())]
    assert largest_remainder(together).tolist() == [26, 60]
    by_town = dict(zip(clients.index, largest_remainder(leaving.to_numpy()).tolist(), strict=True))
    assert by_town == {"GM0005": 0, "GM1663": 9, "GM0053": 1, "GM1651": 16}


# ------------------------------------------------------------------ 4, 5, 8, 9: Rotterdam

SEVEN = {
    "GM0599": ("Rotterdam", 655_468), "GM0502": ("Capelle aan den IJssel", 67_188),
    "GM1621": ("Lansingerland", 64_110), "GM0489": ("Barendrecht", 48_714), "GM0597": ("Ridderkerk", 47_099),
    "GM0542": ("Krimpen aan den IJssel", 29_415), "GM0613": ("Albrandswaard", 25_934),
}  # fmt: skip
TWO = {code: SEVEN[code] for code in ("GM0599", "GM0597")}
SERIES = """\
year,indications,redeemed,circa
2015,2400,,ca.
2016,2123,,
2017,1923,1854,
2018,2024,1888,
2019,2008,1898,
2020,1993,1813,
"""
BEDS = SITE_COLUMNS + "r1,WK0,existing,bed,95,95,\nr2,WK1,existing,bed,55,55,\n" + NO_GROUP_YET
PEOPLE = CLIENT_COLUMNS + (
    "GM0599,intensive,bed,100,2021,ZIN,origin\n"
    "GM0597,intensive,bed,50,2021,ZIN,origin\n"
    "GM0599,light,waiting,1,2021,ZIN,origin\n"
)  # fmt: skip


def rotterdam(folder: Path, towns: Mapping[str, tuple[str, int]] = TWO, **files: str) -> Region:
    """Return Rotterdam and other towns with 150 full beds."""
    return region(folder, towns, QUICK, **{"clients": PEOPLE, "sites": BEDS} | files)


def test_4_the_series_and_its_redemption(tmp_path):
    """1,854 of 1,923 is 0.964, and so on; of 2015 and 2016 nothing is known, and 2015 is "ca. 2,400"."""
    series = rotterdam(tmp_path, series=SERIES).series
    rate = redemption_rate(series)
    assert rate.dropna().round(3).to_dict() == {2017: 0.964, 2018: 0.933, 2019: 0.945, 2020: 0.910}
    assert rate.index[rate.isna()].tolist() == [2015, 2016]
    assert series.index[series["circa"]].tolist() == [2015]
    assert without_a_place(series).dropna().to_dict() == {2017: 69, 2018: 136, 2019: 110, 2020: 180}


def test_4_it_falls_slightly_but_not_every_year(tmp_path):
    """−1.6 % a year over 2016–2020, with +5.3 % in 2018; redeemed −4.5 % in 2020."""
    series = rotterdam(tmp_path, series=SERIES).series
    assert mean_growth(series["indications"], 2016, 2020) == pytest.approx(-0.016, abs=5e-4)
    growth = yearly_growth(series["indications"]).round(3)
    assert growth.loc[2017:].tolist() == [-0.094, 0.053, -0.008, -0.007]
    assert yearly_growth(series["redeemed"]).round(3).loc[2018:].tolist() == [0.018, 0.005, -0.045]
    with pytest.raises(ValueError, match="no growth from 2015 to 2020"):
        mean_growth(series["redeemed"], 2015, 2020)


def test_4_more_redeemed_than_given_is_a_fault(tmp_path):
    with pytest.raises(InputError, match="2014 redeemed of 1993 indications"):
        rotterdam(tmp_path, series=SERIES.replace("1993,1813", "1993,2014"))


def test_5_the_price_of_a_place_and_the_grant_agree(tmp_path):
    """1,813 × 888 × 52 = 83.72 million; 116 − 32 of Wlz money = 84.0 million: 0.3 % apart.

    A calendar year has 52.18 weeks: then it is 84.0066 million.
    """
    given = rotterdam(
        tmp_path,
        money="\n[funding.wlz]\nmoney = {value = 0.27586206896551724, note = '32 of 116'}\nsince = 2021\n",
        budgets="municipality,year,stream,eur\nGM0599,2022,Wmo,116000000\n",
    )
    grant = float(given.treasury.grants(["Wmo"], [2022]).sum())
    assert grant == pytest.approx(84_000_000, abs=0.01)
    priced = read_region(tmp_path, settings=QUICK | {"tiers.bed.rate": "888"})
    yearly = support_per_client(priced.parameters.tiers["bed"], 2022, priced.parameters.years)
    assert 1813 * yearly / WEEKS_PER_YEAR * 52 == pytest.approx(83_717_088)
    assert 1813 * yearly / WEEKS_PER_YEAR * 52 == pytest.approx(grant, rel=0.0034)
    assert 1813 * yearly == pytest.approx(grant, rel=1e-4)


def test_8_ridderkerk_by_origin_and_by_location(tmp_path):
    """50 people come from Ridderkerk, 55 are in its beds: five more; one goes to live in a home there."""
    homes = "corporation,municipality,year,homes\nC,GM0597,2022,1\n"
    problem = Problem.of(towns := rotterdam(tmp_path, homes=homes), forecast(towns))
    plan = solve(problem, gap=0.0, seconds=60.0)
    people = people_between(problem, plan.data).sel(year=2022)
    assert float(people.sel(origin="GM0597").sum()) == pytest.approx(50)
    assert float(people.sel(host="GM0597", tier="bed").sum()) == pytest.approx(55)
    assert float(people.sel(host="GM0597", tier="home").sum()) == pytest.approx(1)
    assert float(plan.data["waiting"].sum()) == pytest.approx(0, abs=1e-6)


WITH_GRONINGEN = SEVEN | {"GM0014": ("Groningen", 234_249)}
LAW = "\n[funding]\nlaw = 2022\npath = {shape = 'linear', yearly = 0.1}\n"


def spent_on(towns: Region, **eur: float) -> xr.DataArray:
    """Return Wmo euros in 2022: `GM0613_GM0014=40` is 40 on people of the one who live in the other."""
    codes = list(towns.municipalities.index)
    labels = {"origin": codes, "host": codes, "setting": ["facility"], "stream": ["Wmo"], "year": [2022]}
    spent = xr.DataArray(0.0, coords=labels, dims=tuple(labels))
    for pair, paid in eur.items():
        origin, host = pair.split("_")
        spent.loc[{"origin": origin, "host": host}] = paid
    return spent


def test_9_nothing_inside_the_seven_and_the_origin_pays_outside(tmp_path):
    """S2: no settlement among the seven. Albrandswaard pays Groningen for its new client there, a tenth
    of 46,000 in the first year; nine tenths are existing clients, who stay with Rotterdam, the centre.
    """
    rows = "\n".join(
        f"{code},{name},{people},{'Groningen' if code == 'GM0014' else 'Rotterdam'}"
        for code, (name, people) in WITH_GRONINGEN.items()
    )
    towns = rotterdam(
        tmp_path, WITH_GRONINGEN, municipalities=f"code,name,inhabitants,region\n{rows}\n", money=LAW
    )
    inside = {f"{origin}_{host}": 1000.0 for origin in SEVEN for host in SEVEN}
    account = towns.treasury.account(spent_on(towns, **inside, GM0613_GM0014=46_000.0))
    paid = account.settlement.sel(year=2022).to_series()
    assert paid[paid != 0].to_dict() == {
        ("GM0613", "GM0014"): pytest.approx(4_600),
        ("GM0599", "GM0014"): pytest.approx(41_400),
    }
    assert float(account.due.sum()) == pytest.approx(49 * 1000 + 46_000)


# ------------------------------------------------------------------ 11, 13: contracts, conversion


def earlier(base: int, **settings: str) -> Problem:
    """Return the tiny region from another base year to 2026, with bed places that may be converted."""
    tables = {
        "clients": CLIENTS,
        "homes": "corporation,municipality,year,homes\nC1,M1,2021,2\nC1,M2,2021,2\n",
    }
    dated = {name: text.replace(",2021,", f",{base},") for name, text in tables.items()}
    years = {"years.base": str(base), "years.last": "2026"}
    most = {"policies.replacement_before_closure.most_per_year": "0.2"}
    return tiny_problem(EUROS_ONLY | years | most | settings, **dated)


NODES = "policies.contract_nodes"


@pytest.mark.parametrize(
    ("base", "settings", "nodes"),
    [
        (2019, {f"{NODES}.contract_ends": "[2021]", f"{NODES}.renewal_years": "2"}, {2021, 2023, 2025}),
        (2018, {f"{NODES}.contract_ends": "[2020]", f"{NODES}.renewal_years": "20"}, {2020}),
    ],
    ids=["Emmen", "Assen"],
)
def test_11_places_change_when_contracts_end(base, settings, nodes):
    """S1: Emmen's contracts end with 2020, 2022 and 2024; S4: Assen's with 2019. A place that goes when
    a contract ends with a year is gone from the next one.

    Two beds may be converted a year, and for six of the ten it pays: in the first three years where nothing
    holds them back, and else at the nodes.
    """
    free = solve(earlier(base), gap=0.0, seconds=60.0)
    bound = solve(earlier(base, **settings, **{f"{NODES}.mode": "hard"}), gap=0.0, seconds=60.0)
    for plan, expected in ((free, {base + 1, base + 2, base + 3}), (bound, nodes)):
        changes = sum(plan.data[name].sum(["site", "tier"]) for name in ("added", "removed"))
        changes = changes + plan.data["converted"].sum(["site", "tier", "to_tier"])
        assert {int(t) for t in plan.data["year"].values[changes.to_numpy() > 0.5]} == expected
    assert violations(bound.problem, free.data) != ()


def test_13_a_conversion_is_no_new_site():
    """Five of the ten beds become rooms at the same site, 0.8 for one: beds − 5, rooms + 4.

    One bed stood empty, so everybody has a place. The site changes its form and none opens: two run as
    two did, and a site is not too near itself.
    """
    settings = QUICK | {"costs.conversions.bed.group.ratio": "0.8", "costs.conversions.bed.group.cost": "0"}
    settings |= {"tiers.bed.building_years": "1"}
    nine = CLIENTS.replace("M1,intensive,bed,6", "M1,intensive,bed,5")
    plan = solve(tiny_problem(settings, clients=nine), gap=0.0, seconds=60.0)
    assert amount(plan, "converted", site="S1") == 5
    assert amount(plan, "places", site="S1", tier="bed") == 10 - 5
    assert amount(plan, "places", site="S1", tier="group") == 0.8 * 5
    assert site_events(plan)[2022].to_dict() == {"S1": "changes_form", "S2": "stays", "S3": "unused"}
    near = {"policies.facilities_kept_apart.mode": "hard", "policies.facilities_kept_apart.distance": "100"}
    assert violations(tiny_problem(settings | near, clients=nine), plan.data) == ()


def test_13_a_scattered_home_is_no_site():
    """Zwolle exempts one household with support: two more homes in N1 open no site and weigh nothing there.

    The load of N1 is that of its ten beds, 5 above 0.5 per 1,000 of its 10,000, with the homes and without.
    """
    settings = QUICK | {
        "policies.replacement_before_closure.most_per_year": "0",
        "policies.neighbourhood_concentration.mode": "soft",
        "policies.neighbourhood_concentration.measures": '["own"]',
        "policies.neighbourhood_concentration.own_norm": "0.5",
    }
    homes = "corporation,neighbourhood,year,homes\nC1,N1,2021,2\nC1,N3,2021,2\n"
    for offered in (0, 2):
        more = homes + (f"C1,N1,2022,{offered}\n" if offered else "")
        plan = solve(tiny_problem(settings, homes=more), gap=0.0, seconds=60.0)
        assert amount(plan, "homes", neighbourhood="N1") == pytest.approx(2 + offered)
        assert amount(plan, "excess", neighbourhood="N1") == pytest.approx(5)
        assert "opens" not in set(site_events(plan)[2022])


# ------------------------------------------------------------------ 10, 12: distribution

DEVELOPMENT = """
[funding]
before = "development"
execution = 150000

[funding.facilities]
intramural = 2000000
expert_pool = 100000
"""
HOSTS = """\
code,name,inhabitants,objective_share,host
GM1651,Eemsmond,15656,0.4,intramural|expert_pool
GM1663,De Marne,10088,0.2,intramural
GM0053,Winsum,13596,0.25,
GM0005,Bedum,10479,0.15,
"""


def test_10_the_development_model(tmp_path):
    """3,750,000 − 150,000 = 3,600,000 is divided to the euro.

    b: 1,000,000 for each of the two intramural hosts and 100,000 for the expert pool; a: the other
    1,500,000 by share, for hosts and others alike.
    """
    towns = bmwe(
        tmp_path,
        municipalities=HOSTS,
        money=PUBLISHED + DEVELOPMENT,
        budgets="municipality,year,stream,eur\nGM1651,2022,Wmo,3750000\n",
    )
    fixed = towns.treasury.grants(["Wmo"], [2022]).sel(stream="Wmo", year=2022)
    assert fixed.to_series().to_dict() == {
        "GM1651": pytest.approx(600_000 + 1_100_000),
        "GM1663": pytest.approx(300_000 + 1_000_000),
        "GM0053": pytest.approx(375_000),
        "GM0005": pytest.approx(225_000),
    }
    assert float(fixed.sum()) == pytest.approx(3_750_000 - 150_000, abs=0.005)


@pytest.mark.parametrize(("shape", "left"), [("linear", 0.0), ("geometric", 0.349)])
def test_12_ten_years_of_growth_path(tmp_path, shape, left):
    """2022–2031: a tenth of the whole each year is done in ten; 0.9¹⁰ leaves 34.9 % as it was."""
    rows = "".join(f"GM0599,{year},Wmo,1000000\n" for year in range(2022, 2032))
    rotterdam(
        tmp_path,
        municipalities="code,name,inhabitants,objective_share\nGM0599,Rotterdam,655468,0\n"
        "GM0597,Ridderkerk,47099,1\n",
        money=LAW.replace("linear", shape),
        budgets=f"municipality,year,stream,eur\n{rows}",
    )
    longer = read_region(tmp_path, settings=EUROS_ONLY | {"years.last": "2031"})
    grants = longer.treasury.grants(["Wmo"], list(range(2022, 2032)))
    historic = grants.sel(municipality="GM0599", stream="Wmo") / 1_000_000
    assert float(historic.sel(year=2022)) == pytest.approx(0.9)
    assert float(historic.sel(year=2031)) == pytest.approx(left, abs=5e-4)


@pytest.mark.parametrize(("law", "first"), [("2022", 2022), ("2023", 2023), ("2026", 2026), ("never", None)])
def test_12_the_start_year_is_a_scenario(tmp_path, law, first):
    """The same region with the law in 2022, 2023, 2026 or never: until then Rotterdam receives all."""
    rotterdam(tmp_path, money=LAW, budgets="municipality,year,stream,eur\nGM0599,2022,Wmo,1000000\n")
    settings = {"years.last": "2027", "funding.law": law, "funding.carry_on": "true"}
    grants = read_region(tmp_path, settings=EUROS_ONLY | settings).treasury.grants(["Wmo"], range(2022, 2028))
    other = grants.sel(municipality="GM0597", stream="Wmo").fillna(0.0).to_series()
    assert next((year for year, eur in other.items() if eur > 0), None) == first


ONLY_BEDS = (
    "site,name,neighbourhood,provider,status,tier,places,wlz_occupied,most,plot_most,earliest\n"
    "S1,Site one,N1,provider A,existing,bed,10,0,10,12,\n"
    "S2,Site two,N2,provider B,existing,group,4,0,4,4,\n"
)
OUTFLOW = QUICK | {
    "policies.intramural_reduction.mode": "hard", "policies.replacement_before_closure.most_per_year": "1.0",
}  # fmt: skip


def offered(homes: int) -> str:
    """Return homes.csv with four homes in use and an offer in M1."""
    return f"corporation,municipality,year,homes\nC1,M1,2021,2\nC1,M2,2021,2\nC1,M1,2022,{homes}\n"


def test_15_fewer_homes_than_beds_that_must_go():
    """Five of ten beds must go by 2022 and two homes replace them: three short, of beds as of homes.

    Nothing else can replace a bed: no site can convert or grow. Three homes more in M1 would do, five
    in all; or a path of two beds, 0.2.
    """
    problem = tiny_problem(OUTFLOW, sites=ONLY_BEDS, homes=offered(2))
    with pytest.raises(Impossible, match=r"intramural_reduction: 3\.0 places short at 2022"):
        solve(problem)
    told = verified(problem, diagnose(problem, NO_LIMITS), NO_LIMITS)
    (short,) = told.shortages
    assert (short.policy, short.label, short.amount) == ("intramural_reduction", (2022,), pytest.approx(3.0))
    assert not told.only_whole
    repairs = {repair.lever.key: repair for repair in told.repairs}
    homes = repairs["homes.csv: C1, M1, 2022"]
    assert (homes.lever.now, homes.to, homes.verified, homes.least) == (2, 5, True, True)
    path = repairs["policies.intramural_reduction.by_end"]
    assert (path.to, path.verified, path.least) == (0.2, True, True)
    assert set(repairs) == {homes.lever.key, path.lever.key}


def test_14_a_quota_that_is_delivered_at_71_per_cent():
    """Four homes are agreed and 71 % comes: 2.84, two whole ones. Four of ten beds must go, no more a year.

    Five beds become four rooms (0.8 for one), so that whole conversions come by fives and four beds
    can only be closed: for four homes. In fractions 4 beds become 3.2 rooms and 0.8 homes would do, so
    it is whole numbers that stand in the way. Two homes more would do; or five beds in the year (one
    conversion of five and one home); or two beds, a path of 0.2.
    """
    rooms = ONLY_BEDS + "S1,Site one,N1,provider A,existing,group,0,0,8,12,\n"
    settings = OUTFLOW | {
        "policies.intramural_reduction.by_end": "0.4",
        "policies.replacement_before_closure.most_per_year": "0.4",
        "costs.conversions.bed.group.ratio": "0.8",
        "tiers.group.building_years": "1",
    }
    agreed, delivered = 4, int(4 * 0.71)
    assert solve(tiny_problem(settings, sites=rooms, homes=offered(agreed)), gap=0.9).proof.objective > 0
    problem = tiny_problem(settings, sites=rooms, homes=offered(delivered))
    with pytest.raises(Impossible, match=r"2\.0 places short at 2022\n.*no whole number"):
        solve(problem)
    told = verified(problem, diagnose(problem, NO_LIMITS), NO_LIMITS)
    assert told.only_whole
    assert {repair.lever.key: repair.to for repair in told.repairs} == {
        "homes.csv: C1, M1, 2022": 4,
        "policies.intramural_reduction.by_end": 0.2,
        "policies.replacement_before_closure.most_per_year": 0.5,
    }
    assert all(repair.verified and repair.least for repair in told.repairs)
