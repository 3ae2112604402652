"""A synthetic country: real neighbourhoods grouped in regions, with invented sites, clients and homes.

The map is the user's. Nothing else is real: municipalities are grouped around the largest ones, and
clients, sites and homes are spread by inhabitants from a seed. It is there to try how a whole country
is planned, and everything written says so.
"""

import json
import math
import re
import shutil
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import geopandas as gpd
import networkx as nx
import numpy as np
import pandas as pd
from shapely.geometry import mapping

from geodata.areas import read_areas
from geodata.faults import Fault, InputError, did_you_mean
from geodata.neighbours import contiguity
from geodata.tables import guarded
from models.parameters.parameters import Parameters
from models.parameters.toml_schema import TOML

CRS = "EPSG:28992"

CLIENTS, INHABITANTS = 35_000.0, 17_590_672.0
"""People in sheltered housing in the Netherlands ("ongeveer 35.000 mensen", rijksoverheid as quoted by
RTV Oost, 2020) and inhabitants (CBS 2022); that shelter clients are among them is an assumption."""

REGIONS = 43
"""Centres in the bill on the residence principle (36 288), as schulinck.nl tells it; which municipalities
each serves was not at hand, so regions here are municipalities around the largest ones: an assumption."""

AMONG = 2
"""Municipalities that may be centres, for each centre: the most populous ones."""

SOURCE = "synthetic: generated from a seed, no real site, client or offer"
OWN_CENTRE = 1.5
"""How much likelier a site of today is in the central municipality, per inhabitant: an assumption."""

SIZES = {"intramural": (8, 24), "group_living": (6, 12), "room_rental": (6, 14), "shelter": (8, 16)}
"""Least and most places of a synthetic site: the range of the bundled regions."""

CANDIDATES = {"group_living": 0.45, "room_rental": 0.6}
"""Candidate sites per site of today, by tier: about as in the bundled regions."""

CONVERTS_TO = ("group_living", "room_rental")


@dataclass(frozen=True)
class Template:
    """What a synthetic region takes from a bundled one: its parameters, and its mix per client.

    Attributes
    ----------
    mix
        (profile, tier) clients as a share of all.
    offered
        Planned year → homes offered, per client.
    """

    name: str
    text: str
    parameters: Parameters
    mix: "pd.Series[float]"
    offered: dict[int, float]

    @classmethod
    def of(cls, folder: Path) -> "Template":
        """Read the folder of a region."""
        text = (folder / TOML).read_text(encoding="utf-8")
        parameters = Parameters.model_validate(tomllib.loads(text))
        clients = pd.read_csv(folder / "clients.csv")
        total = float(clients["clients"].sum())
        homes = pd.read_csv(folder / "homes.csv")
        later = homes[homes["year"] > parameters.years.base].groupby("year")["homes"].sum()
        return cls(
            name=parameters.region.name,
            text=text,
            parameters=parameters,
            mix=clients.groupby(["profile", "tier"])["clients"].sum() / total,
            offered={int(str(year)): float(count) / total for year, count in later.items()},
        )


def write_country(
    map_file: Path,
    folder: Path,
    template: Template,
    *,
    regions: int = REGIONS,
    seed: int = 0,
    only: Sequence[str] = (),
) -> dict[str, str]:
    """Write the folder of every region of a country; return what they are called, the largest centre first.

    Parameters
    ----------
    map_file
        Neighbourhoods with inhabitants (see `geodata.read_areas`).
    folder
        Where the region folders go, one a centre; the same map, template and seed give the same files.

    Raises
    ------
    InputError
        With every fault of the map, or where it has fewer municipalities than `regions`.
    """
    faults = list[Fault]()
    if not map_file.is_file():
        raise InputError([Fault(str(map_file), "no such file", "a map of neighbourhoods", "Check the path.")])
    areas = read_areas(map_file, CRS, faults)
    if faults:
        raise InputError(faults)
    names = _names(map_file)
    centre_of = grouped(areas, regions)
    people = areas.groupby("municipality")["inhabitants"].sum()
    centres = _largest_first(sorted(set(centre_of.values())), people)
    _check_known(only, centres)
    _forget_others(folder, only or centres)
    written = dict[str, str]()
    for number, centre in enumerate(centres):
        if only and centre not in only:
            continue
        inside = areas[areas["municipality"].map(centre_of) == centre]
        # a region's numbers depend on its own place in the order alone, whichever others are made
        region = SyntheticRegion(centre, inside, names, template, np.random.default_rng([seed, number]))
        region.write(folder / centre)
        written[centre] = region.name
    return written


def _check_known(only: Sequence[str], centres: Sequence[str]) -> None:
    unknown = [code for code in only if code not in centres]
    if unknown:
        raise InputError(
            Fault("--only", f"'{code}'", "a central municipality", did_you_mean(code, list(centres)))
            for code in unknown
        )


def _forget_others(folder: Path, centres: Sequence[str]) -> None:
    """Take away regions of an earlier run that are no part of this one."""
    for other in folder.iterdir() if folder.is_dir() else ():
        if other.name not in centres and (other / TOML).is_file():
            shutil.rmtree(other)


def grouped(areas: gpd.GeoDataFrame, regions: int) -> dict[str, str]:
    """Return municipality → the central municipality of its region.

    Centres are the most populous municipalities that keep some distance from each other: the largest
    distance at which there are enough of them among the `AMONG` times as many largest ones. Every other
    municipality goes to the centre it is nearest to by way of its neighbours, so that a region hangs
    together. Islands hang on the nearest municipality.
    """
    spots = _spots(areas)
    if len(spots) < regions:
        expected = f"at least {regions} municipalities"
        raise InputError([Fault("map", f"{len(spots)} municipalities", expected, "Ask for fewer regions.")])
    graph = _roads_between(areas, spots)
    centres = _centres(spots, regions)
    paths = nx.multi_source_dijkstra_path(graph, set(centres), weight="metres")
    return {town: paths[town][0] for town in sorted(paths)}


def _spots(areas: gpd.GeoDataFrame) -> pd.DataFrame:
    """Return per municipality its inhabitants and where they live on average (metres)."""
    weight = areas["inhabitants"].clip(lower=1.0)
    table = pd.DataFrame(
        {"town": areas["municipality"], "x": areas["x"] * weight, "y": areas["y"] * weight, "n": weight}
    )
    summed = table.groupby("town").sum()
    return pd.DataFrame({"x": summed["x"] / summed["n"], "y": summed["y"] / summed["n"], "n": summed["n"]})


def _centres(spots: pd.DataFrame, regions: int) -> list[str]:
    order = spots.sort_values("n", ascending=False, kind="stable").head(AMONG * regions)
    places = order[["x", "y"]].to_numpy()
    for apart_m in range(100_000, -1, -1_000):
        chosen = list[int]()
        for n, place in enumerate(places):
            if not chosen or np.hypot(*(places[chosen] - place).T).min() >= apart_m:
                chosen.append(n)
        if len(chosen) >= regions:
            return [str(order.index[n]) for n in chosen[:regions]]
    raise ValueError("Expected as many municipalities as regions.")


def _roads_between(areas: gpd.GeoDataFrame, spots: pd.DataFrame) -> "nx.Graph[str]":
    """Return the graph of municipalities that lie against each other, every part tied to the rest."""
    town = areas["municipality"].to_dict()
    graph: nx.Graph[str] = nx.Graph()
    graph.add_nodes_from(str(code) for code in spots.index)

    def metres(one: str, other: str) -> float:
        return float(
            np.hypot(*(spots.loc[one, ["x", "y"]] - spots.loc[other, ["x", "y"]]).to_numpy(dtype=float))
        )

    for one, other in contiguity(areas).edges:
        if town[one] != town[other]:
            graph.add_edge(town[one], town[other], metres=metres(town[one], town[other]))
    parts = sorted(nx.connected_components(graph), key=lambda part: (-len(part), min(part)))
    for part in parts[1:]:
        rest = sorted(set(graph.nodes) - part)
        one, other = min(((a, b) for a in sorted(part) for b in rest), key=lambda pair: metres(*pair))
        graph.add_edge(one, other, metres=metres(one, other))
    return graph


def _largest_first(towns: Sequence[str], people: "pd.Series[float]") -> list[str]:
    return sorted(towns, key=lambda town: (-float(people[town]), town))


def _names(map_file: Path) -> dict[str, str]:
    """Return municipality → name, where the map has names; else its code stands for it."""
    raw = gpd.read_file(map_file, ignore_geometry=True)
    raw.columns = [str(column).lower() for column in raw.columns]
    code = next((c for c in ("municipality", "gemeentecode", "gm_code") if c in raw), None)
    name = next((c for c in ("municipality_name", "gemeentenaam", "gm_naam") if c in raw), None)
    if code is None or name is None:
        return {}
    return dict(zip(raw[code].astype(str), raw[name].astype(str), strict=True))


@dataclass(frozen=True)
class SyntheticRegion:
    """One region to be written: its areas, and what is invented for them."""

    centre: str
    areas: gpd.GeoDataFrame
    names: Mapping[str, str]
    template: Template
    random: np.random.Generator

    def write(self, folder: Path) -> Path:
        """Write the region's files and return the folder."""
        folder.mkdir(parents=True, exist_ok=True)
        clients = self._clients()
        tables = {
            "municipalities.csv": self._municipalities(),
            "clients.csv": clients,
            "sites.csv": self._sites(clients),
            "homes.csv": self._homes(clients),
        }
        for name, table in tables.items():
            guarded(table).to_csv(folder / name, index=False, lineterminator="\n")
        (folder / "neighbourhoods.geojson").write_text(self._areas_text(), encoding="utf-8", newline="\n")
        (folder / TOML).write_text(self._text(), encoding="utf-8", newline="\n")
        return folder

    @property
    def name(self) -> str:
        """What the region is called."""
        return f"Synthetic region {self.names.get(self.centre, self.centre)}"

    @property
    def _people(self) -> "pd.Series[float]":
        """Inhabitants by municipality."""
        return pd.Series(self.areas.groupby("municipality")["inhabitants"].sum().sort_index())

    def _municipalities(self) -> pd.DataFrame:
        people = self._people
        return pd.DataFrame(
            {
                "code": people.index,
                "name": [self.names.get(str(code), str(code)) for code in people.index],
                "inhabitants": people.to_numpy(),
                "region": self.name,
                "source": "inhabitants: sum of the map that was given",
            }
        )

    def _clients(self) -> pd.DataFrame:
        """Return the clients of the base year: a national number by inhabitants, in the template's mix."""
        people, rows = self._people, list[dict[str, object]]()
        total = CLIENTS / INHABITANTS * float(people.sum())
        for (profile, tier), share in self._mix():
            for town, count in _shared(round(total * share), people).items():
                if count:
                    rows.append({"municipality": town, "profile": profile, "tier": tier, "clients": count})
        base = self.template.parameters.years.base
        return pd.DataFrame(rows).assign(year=base, form="ZIN", basis="origin", source=SOURCE)

    def _mix(self) -> Iterator[tuple[tuple[str, str], float]]:
        mix = self.template.mix
        for profile, tier in mix.index:
            yield (str(profile), str(tier)), float(mix[profile, tier])

    def _sites(self, clients: pd.DataFrame) -> pd.DataFrame:
        rows, number = list[dict[str, object]](), 0
        for tier, (least, most) in SIZES.items():
            occupancy = self.template.parameters.tiers[tier].occupancy
            full = float(occupancy.value) if occupancy else 1.0
            # a site of the least size too, so that a small region can have the tier at all
            needed = max(float(clients.loc[clients["tier"] == tier, "clients"].sum()) / full, 1.0)
            sizes = list(self._sizes(math.ceil(needed), least, most))
            for places in sizes:
                number += 1
                rows.extend(self._existing(number, tier, places))
            for _ in range(round(CANDIDATES.get(tier, 0.0) * _standing(clients))):
                number += 1
                size = 2 * int(self.random.integers(least // 2, most // 2 + 1))
                rows.append(self._row(number, self._place(1.0), "candidate", tier, 0, size, size))
        return pd.DataFrame(rows)

    def _sizes(self, places: int, least: int, most: int) -> Iterator[int]:
        """Generate the sizes of sites that hold so many places together."""
        while places > 0:
            size = int(self.random.integers(least, most + 1))
            size = max(places, least) if places - size < least else size
            yield size
            places -= size

    def _existing(self, number: int, tier: str, places: int) -> Iterator[dict[str, object]]:
        area, plot = self._place(OWN_CENTRE), places + int(self.random.integers(0, 4))
        yield self._row(number, area, "existing", tier, places, plot, plot)
        if tier == "intramural":
            other = CONVERTS_TO[int(self.random.integers(0, len(CONVERTS_TO)))]
            most = max(SIZES[other][0], plot * 3 // 4)
            yield self._row(number, area, "existing", other, 0, most, max(plot, most))

    def _place(self, centre: float) -> str:
        """Return a neighbourhood, likelier where more people live."""
        inside = (self.areas["municipality"] == self.centre).to_numpy()
        weight = self.areas["inhabitants"].to_numpy(dtype=float) * np.where(inside, centre, 1.0)
        return str(self.areas.index[int(self.random.choice(len(weight), p=weight / weight.sum()))])

    def _row(
        self, number: int, area: str, status: str, tier: str, places: int, most: int, plot: int
    ) -> dict[str, object]:
        base = self.template.parameters.years.base
        return {
            "site": f"synthetic_{number}",
            "name": f"Synthetic site {number}",
            "neighbourhood": area,
            "provider": f"Synthetic provider {'ABCDE'[number % 5]}",
            "status": status,
            "tier": tier,
            "places": places,
            "wlz_occupied": 0,
            "most": most,
            "plot_most": plot,
            "earliest": base + 3 if status == "candidate" or places == 0 else None,
            "source": SOURCE,
        }

    def _homes(self, clients: pd.DataFrame) -> pd.DataFrame:
        """Return homes: as many in use as clients in homes, and yearly offers as in the template."""
        parameters, people = self.template.parameters, self._people
        at_home = [code for code, tier in parameters.tiers.items() if tier.setting == "home"]
        used = clients[clients["tier"].isin(at_home)].groupby("municipality")["clients"].sum()
        total, base = float(clients["clients"].sum()), parameters.years.base
        rows = [(town, base, int(count)) for town, count in used.items()]
        given = dict.fromkeys(people.index, 0)
        until = 0.0
        for year, offered in sorted(self.template.offered.items()):
            until += offered * total
            for town, count in _shared(round(until), people).items():
                # the sum up to a year is shared out, so that small municipalities have their turn
                new = max(0, count - given[town])
                given[town] += new
                rows += [(town, year, new)] if new else []
        frame = pd.DataFrame(rows, columns=["municipality", "year", "homes"])
        return frame.assign(corporation="Synthetic corporation", source=SOURCE)

    def _areas_text(self) -> str:
        """Return the areas as GeoJSON in metres, the indicators that the map has among their properties."""
        columns = [c for c in self.areas.columns if c not in ("geometry", "x", "y", "source")]
        features = [
            {
                "type": "Feature",
                "properties": {
                    "code": str(code),
                    **{c: _plain(row[c]) for c in columns},
                    "source": "the map that was given",
                },
                "geometry": mapping(row["geometry"]),
            }
            for code, row in self.areas.iterrows()
        ]
        system = {"type": "name", "properties": {"name": "urn:ogc:def:crs:EPSG::28992"}}
        whole = {"type": "FeatureCollection", "crs": system, "features": features}
        return json.dumps(whole, ensure_ascii=False, allow_nan=False)

    def _text(self) -> str:
        """Return `region.toml`: the template's numbers, each note saying whose it is."""
        text = self.template.text
        begins, ends = text.index("[years]"), text.find("[checks.clients]")
        body = text[begins : ends if ends > 0 else len(text)]
        body = "\n".join(line for line in body.splitlines() if not line.lstrip().startswith("#"))
        body = re.sub(r'note = "', f'note = "as in {self.template.name}: ', body)
        nl = (
            "Wijken en inwoners zijn van de opgegeven kaart; locaties, cliënten en woningen zijn synthetisch."
        )
        en = "Neighbourhoods and inhabitants are of the given map; sites, clients and homes are synthetic."
        header = [
            "# Synthetic: generated from a seed; only the neighbourhoods and their inhabitants are of a map.",
            "[region]",
            f"name = {json.dumps(self.name[:80], ensure_ascii=False)}",
            'language = "nl"',
            f'crs = "{CRS}"',
            f'central_municipality = "{self.centre}"',
            f'note.nl = "{nl}"',
            f'note.en = "{en}"',
            "",
        ]
        return "\n".join([*header, body]) + "\n"


def _standing(clients: pd.DataFrame) -> float:
    """Return about how many sites there are today."""
    facility = clients["tier"].isin(SIZES)
    return float(clients.loc[facility, "clients"].sum()) / (sum(SIZES["intramural"]) / 2)


def _shared(total: int, people: "pd.Series[float]") -> dict[str, int]:
    """Share a whole number out by inhabitants, the largest remainders rounded up."""
    exact = people / people.sum() * total
    whole = exact // 1.0
    left = total - int(whole.sum())
    up = (exact - whole).sort_values(ascending=False, kind="stable").index[:left]
    whole[up] += 1.0
    return {str(town): int(count) for town, count in whole.items()}


def _plain(value: object) -> object:
    if isinstance(value, float | np.floating):
        return None if math.isnan(value) else float(value)
    return value.item() if isinstance(value, np.generic) else value
