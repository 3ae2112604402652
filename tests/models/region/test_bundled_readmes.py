"""The tables in the READMEs of the bundled regions: every figure is that of the data."""

import re
from collections.abc import Iterator

import pandas as pd
import pytest

from geodata.bundled import bundled_regions
from models.demand.forecast import Outlook, forecast
from models.region.read_region import read_region
from models.region.region import Region

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


ROWS = {
    r"wijken": "wijken",
    r"inhabitants.*wijken": "inhabitants",
    r"municipality|inhabitants, municipality": "own_count",
    r"inhabitants 2017": "in_2017",
    r"difference.*": "difference",
    r"corporation homes": "social_homes",
    r"clients, in kind \+ personal budget": "by_form",
    r"clients (from|by file)": "clients",
    r"(places|base year).*": "places",
    r"sites existing, candidate": "sites",
    r"homes in use, offered.*": "homes",
    r"share of inhabitants": "share",
}
"""Label of a row or column → what it counts; an unknown label is an error."""


class Counts:
    """What a README counts of the data, each for a list of municipalities."""

    def __init__(self, region: Region) -> None:
        self.region, self.areas = region, region.neighbourhoods
        self.site_towns = region.sites["neighbourhood"].map(self.areas["municipality"])
        homes = region.homes
        named = homes["municipality"].notna()
        self.home_towns = homes["municipality"].where(
            named, homes["neighbourhood"].map(self.areas["municipality"])
        )

    def of(self, label: str, codes: list[str]) -> Numbers:
        """Return the numbers that stand in a cell."""
        name = next(name for pattern, name in ROWS.items() if re.fullmatch(pattern, label))
        counted = getattr(self, name)(codes)
        return tuple(map(float, counted)) if isinstance(counted, tuple) else (float(counted),)

    def wijken(self, codes: list[str]) -> int:
        return int(self.areas["municipality"].isin(codes).sum())

    def inhabitants(self, codes: list[str]) -> float:
        return float(self.areas.loc[self.areas["municipality"].isin(codes), "inhabitants"].sum())

    def own_count(self, codes: list[str]) -> float:
        return float(self.region.municipalities.loc[codes, "inhabitants"].sum())

    def in_2017(self, codes: list[str]) -> int:
        notes = pd.read_csv(self.region.folder / "municipalities.csv", index_col="code").loc[codes, "note"]
        return int(notes.str.extract(r"\((\d+) inhabitants then")[0].astype(int).sum())

    def difference(self, codes: list[str]) -> float:
        return self.inhabitants(codes) - self.own_count(codes)

    def social_homes(self, codes: list[str]) -> float:
        return float(self.region.municipalities.loc[codes, "social_homes"].sum())

    def by_form(self, codes: list[str]) -> tuple[float, ...]:
        rows = self.region.clients
        here = rows[rows["municipality"].isin(codes)]
        return tuple(here.loc[here["form"] == form, "clients"].sum() for form in ("ZIN", "PGB"))

    def clients(self, codes: list[str]) -> float:
        return sum(self.by_form(codes))

    def places(self, codes: list[str]) -> float:
        by_site = self.region.site_tiers["places"].groupby(level="site").sum()
        return float(by_site[self.site_towns.isin(codes)].sum())

    def sites(self, codes: list[str]) -> tuple[int, ...]:
        status = self.region.sites.loc[self.site_towns.isin(codes), "status"]
        return tuple(int((status == one).sum()) for one in ("existing", "candidate"))

    def homes(self, codes: list[str]) -> tuple[int, ...]:
        here = self.region.homes[self.home_towns.isin(codes)]
        in_use = here["year"] == self.region.parameters.years.base
        return int(here.loc[in_use, "homes"].sum()), int(here.loc[~in_use, "homes"].sum())

    def share(self, codes: list[str]) -> float:
        return round(100 * self.inhabitants(codes) / float(self.areas["inhabitants"].sum()), 1)


def test_the_tables_by_municipality(bundled):
    """Each cell is counted in the data as the reader gives it, each town and all of them together."""
    region, _, found = bundled
    codes = {name: [code] for code, name in region.municipalities["name"].items()}
    codes |= {name: list(region.municipalities.index) for name in TOGETHER}
    checked, counts = 0, Counts(region)
    for table in found:
        upright = table if set(table.index) & set(codes) else table.T
        if not set(upright.index) <= set(codes):
            continue
        for place, row in upright.iterrows():
            for label, cell in row.items():
                if cell:
                    told = (place, label, numbers(cell))
                    assert told == (place, label, counts.of(label, codes[place]))
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

OVER = {"Five": 5, "Six": 6, "Nine": 9}


def test_the_neighbourhoods_above_the_norm(bundled):
    """Weighted places of a wijk and its neighbours against the norm per 1,000 of their inhabitants.

    Rotterdam's README tells five, and one more because of its neighbours.
    """
    region, _, _ = bundled
    text = re.sub(r"\s+", " ", (region.folder / "README.md").read_text(encoding="utf-8"))
    told = re.search(r"(Six|Five|Nine) wijken.*?norm of (\d\.\d)", text)
    whole = re.search(r"(?:together have|whole has) (\d\.\d+)", text)
    tiers = region.parameters.tiers.items()
    weight = {code: tier.concentration_weight.value for code, tier in tiers if tier.concentration_weight}
    rows = region.site_tiers["places"].reset_index()
    areas = rows["site"].map(region.sites["neighbourhood"])
    load = (rows["places"] * rows["tier"].map(weight)).groupby(areas).sum()
    load = load.reindex(region.neighbourhoods.index, fill_value=0.0)
    people = region.neighbourhoods["inhabitants"]
    norm = region.parameters.policies.neighbourhood_concentration.norm.value
    around = {code: [code, *region.contiguity.neighbors(code)] for code in people.index}
    over = [code for code, near in around.items() if load[near].sum() > norm * people[near].sum() / 1000]
    one_more = 1 if "because of its neighbours" in text else 0
    assert told
    assert whole
    assert float(told[2]) == norm
    assert len(over) == OVER[told[1]] + one_more
    assert float(whole[1]) == pytest.approx(1000 * load.sum() / people.sum(), abs=0.005)


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
