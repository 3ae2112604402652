"""The tables in the READMEs of the bundled regions: every figure is that of the data."""

import re
from collections.abc import Callable, Iterator

import pandas as pd
import pytest

from geodata.bundled import bundled_regions
from models import Outlook, Region, forecast, read_region

REGIONS = ("zuidoost-drenthe", "groningen-bmwe", "drenthe", "rotterdam")
TOGETHER = ("together", "region")

type Table = pd.DataFrame
type Numbers = tuple[float, ...]


@pytest.fixture(scope="module", params=REGIONS)
def bundled(request) -> tuple[Region, Outlook, list[Table]]:
    """Return a region, its forecast, and the tables under "How it adds up"."""
    folder = bundled_regions()[request.param]
    text = (folder / "README.md").read_text(encoding="utf-8")
    section = text.split("## How it adds up")[1].split("\n## ")[0]
    region = read_region(folder)
    return region, forecast(region), list(tables(section))


def tables(section: str) -> Iterator[Table]:
    """Generate the tables of a section: first column as index, cells as texts."""
    for block in re.findall(r"(?:^\|.*\n)+", section, re.MULTILINE):
        head, _, *rows = [
            [cell.strip(" *") for cell in line.strip().strip("|").split("|")] for line in block.splitlines()
        ]
        yield pd.DataFrame([row[1:] for row in rows], [row[0] for row in rows], head[1:])


def numbers(cell: str) -> Numbers:
    """Return the numbers of a cell: "17, 22" or "45 + 7"; what stands in brackets repeats another."""
    plain = re.sub(r"\(.*\)", "", cell).replace("−", "-")
    return tuple(float(found.replace(",", "")) for found in re.findall(r"-?\d+(?:,\d{3})*(?:\.\d+)?", plain))


# ------------------------------------------------------------------ by municipality


def town_of(region: Region, codes: pd.Series) -> pd.Series:
    """Return the municipality of neighbourhoods."""
    return codes.map(region.neighbourhoods["municipality"])


def by_place(region: Region, label: str) -> Callable[[list[str]], Numbers]:
    """Return what a row of a README counts, for a list of municipalities; an unknown row is an error."""
    areas, clients, homes = region.neighbourhoods, region.clients, region.homes
    base = region.parameters.years.base
    site_towns = town_of(region, region.sites["neighbourhood"])
    places = region.site_tiers["places"].groupby(level="site").sum()
    home_towns = homes["municipality"].where(
        homes["municipality"].notna(), town_of(region, homes["neighbourhood"])
    )

    def towns_where(frame: pd.DataFrame, column: str, towns: pd.Series, codes: list[str]) -> float:
        return float(frame.loc[towns.isin(codes), column].sum())

    def inhabitants(codes: list[str]) -> float:
        return towns_where(areas, "inhabitants", areas["municipality"], codes)

    def in_form(form: str, codes: list[str]) -> float:
        return towns_where(clients[clients["form"] == form], "clients", clients["municipality"], codes)

    def sites(status: str, codes: list[str]) -> float:
        return float(((region.sites["status"] == status) & site_towns.isin(codes)).sum())

    def in_years(wanted: pd.Series, codes: list[str]) -> float:
        return float(homes.loc[wanted & home_towns.isin(codes), "homes"].sum())

    def given(column: str, codes: list[str]) -> float:
        return float(region.municipalities.loc[codes, column].sum())

    def registered(codes: list[str]) -> float:
        return in_form("ZIN", codes) + in_form("PGB", codes)

    known: list[tuple[str, Callable[[list[str]], Numbers]]] = [
        (r"wijken", lambda c: (float(areas["municipality"].isin(c).sum()),)),
        (r"inhabitants.*wijken", lambda c: (inhabitants(c),)),
        (r"municipality|inhabitants, municipality", lambda c: (given("inhabitants", c),)),
        (r"inhabitants 2017", lambda c: (inhabitants_2017(region, c),)),
        (r"difference.*", lambda c: (inhabitants(c) - given("inhabitants", c),)),
        (r"corporation homes", lambda c: (given("social_homes", c),)),
        (r"clients, in kind \+ personal budget", lambda c: (in_form("ZIN", c), in_form("PGB", c))),
        (r"clients (from|by file)", lambda c: (registered(c),)),
        (r"(places|base year).*", lambda c: (float(places[site_towns.isin(c)].sum()),)),
        (r"sites existing, candidate", lambda c: (sites("existing", c), sites("candidate", c))),
        (
            r"homes in use, offered.*",
            lambda c: (in_years(homes["year"] == base, c), in_years(homes["year"] > base, c)),
        ),
        (
            r"share of inhabitants",
            lambda c: (round(100 * inhabitants(c) / float(areas["inhabitants"].sum()), 1),),
        ),
    ]  # fmt: skip
    return next(count for pattern, count in known if re.fullmatch(pattern, label))


def inhabitants_2017(region: Region, codes: list[str]) -> float:
    """Return the inhabitants of 2017, which stand in the notes of municipalities.csv."""
    notes = pd.read_csv(region.folder / "municipalities.csv", index_col="code").loc[codes, "note"]
    return float(notes.str.extract(r"\((\d+) inhabitants then")[0].astype(int).sum())


def test_the_tables_by_municipality(bundled):
    """Each cell is counted in the data as the reader gives it, each town and all of them together."""
    region, _, found = bundled
    codes = {name: [code] for code, name in region.municipalities["name"].items()}
    codes |= {name: list(region.municipalities.index) for name in TOGETHER}
    checked = 0
    for table in found:
        upright = table if set(table.index) & set(codes) else table.T
        if not set(upright.index) <= set(codes):
            continue
        for place, row in upright.iterrows():
            for label, cell in row.items():
                if cell:
                    told = (place, label, numbers(cell))
                    assert told == (place, label, by_place(region, label)(codes[place]))
                    checked += 1
    assert checked >= 20


# ------------------------------------------------------------------ by tier


def test_the_tables_by_tier(bundled):
    """Places, room for Wmo clients, registered and waiting are those of the forecast's reconciliation."""
    region, outlook, found = bundled
    (table,) = [table for table in found if "intramural" in table.index]
    sums = outlook.reconciliation
    places = region.site_tiers[["places", "wlz_occupied"]].groupby(level="tier").sum()
    tiers = {"group living": "group_living", "room rental": "room_rental", "open form": "open_housing"}
    pools = {label: tiers.get(label, label) for label in table.index}
    pools |= {label: sums.index[-1] for label in table.index if "homes" in label}
    counted = {label: pool for label, pool in pools.items() if pool in sums.index}
    assert len(counted) >= 3
    assert {*counted.values()} == {*sums.index[sums["registered"] > 0]}
    for label, pool in counted.items():
        row, one = table.loc[label], sums.loc[pool]
        homes = "homes" in label
        expected = {
            "places": one["room"] if homes else places.loc[pool, "places"],
            "of which Wlz": None if homes else places.loc[pool, "wlz_occupied"],
            "registered": one["registered"],
            "clients": one["registered"],
            "without a place": one["waiting"],
        }
        room = next(column for column in table.columns if "95 %" in column)
        assert numbers(row[room]) == (pytest.approx(one["room"], abs=0.051),)
        for column, value in expected.items():
            if column in row.index and row[column] not in {"–", ""}:
                assert sum(numbers(row[column])) == pytest.approx(value, abs=0.051), (label, column)
    if "together" in table.index:
        told = {column: sum(numbers(cell)) for column, cell in table.loc["together"].items()}
        homes = sums["room"].iloc[-1]
        assert told["places"] == places["places"].sum() + homes
        assert told["registered"] == sums["registered"].sum()
        assert told["without a place"] == pytest.approx(sums["waiting"].sum(), abs=0.051)


# ------------------------------------------------------------------ in sentences


def test_a_year_at_the_base(bundled):
    """Who die, go to the Wlz and recover in the first year, as the README has it in words."""
    region, outlook, _ = bundled
    text = (region.folder / "README.md").read_text(encoding="utf-8")
    sentence = re.search(r"A year at the base: (.*?)\.\s+(?:With|[A-Z])", text, re.DOTALL)
    assert sentence
    first = outlook.steps[outlook.steps["year"] == region.parameters.years.base + 1]
    steps = first.groupby("step")["clients"].sum()
    said = re.sub(r"\s+", " ", sentence[1])
    for pattern, name in (
        (r"([\d.]+) dies?", "died"),
        (r"([\d.]+) go to the Wlz", "wlz"),
        (r"([\d.]+) recover", "recovered"),
    ):
        told = re.search(pattern, said)
        assert told, (pattern, said)
        digits = len(told[1].partition(".")[2])
        assert float(told[1]) == pytest.approx(round(-steps[name], digits)), (name, said)
    ends = re.search(r"([\d,]+)\s+(?:stay|become)\s+([\d,]+)(?: in (\d{4}))?", text)
    demand = outlook.to_frame().sum(axis="columns").round()
    assert [float(part.replace(",", "")) for part in ends.groups()[:2]] == [demand.iloc[0], demand.iloc[-1]]
