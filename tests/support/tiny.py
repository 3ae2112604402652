"""A region that a person can hold in the head: three squares in a row, two municipalities.

    N1 ── N2 ── N3        squares of 2 km, centres 2 km apart
    └─ M1 ─┘    M2        10,000, 6,000 and 4,000 inhabitants

The roads are straight and a kilometre takes a minute (detour 1, 60 km/h), so from centre to
centre it is 2 minutes to the next square and 4 to the one after it. Nobody moves between
profiles, comes in or leaves, and money keeps its value: demand stays what it is in 2021.

S1 in N1 has 10 beds (full), and could convert them to group places; S2 in N2 has 4 group
places (full) and room for 8; S3 in N3 is a candidate for 8 group places. Four people live in
homes, one waits.
"""

import json
from pathlib import Path

REGION = """\
[region]
name = "Tiny"
language = "en"
crs = "EPSG:28992"
central_municipality = "M1"

[years]
base = 2021
last = 2023
price_year = 2021
indexation = 0.0
discount_rate = 0.0
terminal = 1.0

[tiers.bed]
name = {nl = "bed", en = "bed"}
setting = "facility"
intramural = true
rate = {value = 1000, unit = "EUR/client-week", price_year = 2021, source = "tariff sheet 2021"}
building = 100000
closing = 5000
occupancy = 1.0
least = 2
norm = 3
reach = 10
concentration_weight = 1.0

[tiers.group]
name = {nl = "groepswonen", en = "group living"}
setting = "facility"
running = 50000
place = 10000
client = 400
building = 50000
closing = 2000
building_years = 1
occupancy = 1.0
least = 2
norm = 3
reach = 10
concentration_weight = 0.5

[tiers.home]
name = {nl = "eigen woning", en = "own home"}
setting = "home"
rate = 300
norm = 3
reach = 10
keeps_home = 0.5

[profiles.intensive]
name = {nl = "intensief", en = "intensive"}
fits = ["bed", "group"]

[profiles.light]
name = {nl = "licht", en = "light"}
fits = ["home"]
also = ["group"]

[pathway.inflow]
share = 0.0
trend = 0.0
profiles = {intensive = 0.5, light = 0.5}

[pathway.transitions]
bed = {intensive = {light = 0.0}, light = {intensive = 0.0}}
group = {intensive = {light = 0.0}, light = {intensive = 0.0}}
home = {intensive = {light = 0.0}, light = {intensive = 0.0}}
waiting = {intensive = {light = 0.0}, light = {intensive = 0.0}}

[pathway.recovered]
home = {intensive = 0.0, light = 0.0}

[pathway.wlz]
intensive = 0.0
light = 0.0

[pathway.died]
intensive = 0.0
light = 0.0

[travel]
detour = 1.0
speed = 60

[homes]
lead = 0

[costs]
interest = 0.0
asset_life = 10
new_home = 2000
bridging = 200
double_running = 0

[costs.conversions.bed.group]
ratio = 1.0
cost = 10000
building_years = 0

[weights]
travel = 10
misfit = 1000
waiting = 100000
unasked_move = 500

[policies.intramural_reduction]
price = 10000
by_end = 0.5

[policies.replacement_before_closure]
years_ahead = 0
most_per_year = 0.5

[policies.within_travel_norm]
price = 1000
share = 0.5

[policies.neighbourhood_concentration]
price = 100
norm = 2.0

[policies.fair_share_between_municipalities]
price = 100
band = 1.0

[policies.waiting_does_not_grow]
price = 20000

[policies.residents_stay]
mode = "off"

[policies.tenants_stay]
mode = "off"

[policies.buildings_stay]
mode = "off"

[policies.shelter_stays]
mode = "off"
"""

MUNICIPALITIES = """\
code,name,inhabitants,region,objective_share,social_homes
M1,Westerveen,16000,Tiny,0.8,2000
M2,Oosterveen,4000,Tiny,0.2,500
"""

SITES = """\
site,name,neighbourhood,provider,status,tier,places,wlz_occupied,most,plot_most,earliest,contract_end,source
S1,Site one,N1,provider A,existing,bed,10,0,10,12,,2023-12-31,contract register
S1,Site one,N1,provider A,existing,group,0,0,12,12,,2023-12-31,contract register
S2,Site two,N2,provider B,existing,group,4,0,8,8,,,contract register
S3,Site three,N3,provider B,candidate,group,0,0,8,8,2022,,
"""

CLIENTS = """\
municipality,profile,tier,clients,year,form,basis,source
M1,intensive,bed,6,2021,ZIN,origin,registration 2021
M2,intensive,bed,4,2021,ZIN,origin,registration 2021
M1,light,group,4,2021,ZIN,origin,registration 2021
M1,light,home,2,2021,ZIN,origin,registration 2021
M2,light,home,2,2021,ZIN,origin,registration 2021
M2,light,waiting,1,2021,ZIN,origin,registration 2021
"""

HOMES = """\
corporation,municipality,year,homes,source
C1,M1,2021,2,agreement 2021
C1,M2,2021,2,agreement 2021
C1,M1,2022,1,agreement 2021
C1,M1,2023,1,agreement 2021
C1,M2,2023,1,agreement 2021
"""

SQUARE_M = 2000
WEST_M, SOUTH_M = 250_000, 525_000


def square(column: int) -> list[list[float]]:
    """Return the ring of a square of 2 km, counted from the west (coordinates in RD, metres)."""
    west, east = WEST_M + column * SQUARE_M, WEST_M + (column + 1) * SQUARE_M
    south, north = SOUTH_M, SOUTH_M + SQUARE_M
    return [[west, south], [east, south], [east, north], [west, north], [west, south]]


def neighbourhoods() -> dict:
    """Return the three squares as a GeoJSON document in RD coordinates."""
    figures = [("N1", "M1", 10_000), ("N2", "M1", 6_000), ("N3", "M2", 4_000)]
    features = [
        {
            "type": "Feature",
            "properties": {
                "code": code,
                "name": f"Square {code}",
                "municipality": municipality,
                "inhabitants": inhabitants,
                "percentage_personen_0_tot_15_jaar": 20,
            },
            "geometry": {"type": "Polygon", "coordinates": [square(column)]},
        }
        for column, (code, municipality, inhabitants) in enumerate(figures)
    ]
    rd = {"type": "name", "properties": {"name": "urn:ogc:def:crs:EPSG::28992"}}
    return {"type": "FeatureCollection", "crs": rd, "features": features}


def write_tiny_region(folder: Path) -> Path:
    """Write the region into `folder` (made where absent) and return it."""
    folder.mkdir(parents=True, exist_ok=True)
    texts = {
        "region.toml": REGION,
        "municipalities.csv": MUNICIPALITIES,
        "sites.csv": SITES,
        "clients.csv": CLIENTS,
        "homes.csv": HOMES,
        "neighbourhoods.geojson": json.dumps(neighbourhoods()),
    }
    for name, text in texts.items():
        (folder / name).write_text(text, encoding="utf-8")
    return folder


def edit(path: Path, old: str, new: str) -> None:
    """Replace the one place where `old` stands in a file."""
    text = path.read_text(encoding="utf-8")
    assert text.count(old) == 1, f"{old!r} stands {text.count(old)} times in {path.name}"
    path.write_text(text.replace(old, new), encoding="utf-8")
