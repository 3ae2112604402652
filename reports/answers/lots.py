"""Procurement lots as tables, records and tender files."""

import math
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio

from geodata.faults import Fault, InputError
from geodata.tables import guarded, unguarded
from models.drawing import AreaMap, Graph
from models.funding.price_basis import ELEMENTS, PriceBasis, divided
from models.parameters.finance import WEEKS_PER_YEAR
from models.result import Result
from optimiser.plan import Plan
from optimiser.procurement.contract_volumes import BAND, ContractTerm, Volumes, nodes
from optimiser.procurement.lots import Division, Wish
from reports.answers.plan_brief import aligned
from reports.figures.suppression import Sum, shown
from reports.text.notation import Language, Notation
from reports.text.words import Words

FILES = ("lots.csv", "volumes.csv", "prices.csv", "lots.gpkg")
"""What the folder of a tender holds."""

NOTHING = 0.005
"""Client-weeks below which a volume is what a solver leaves of a 0, and not told."""


def read_lots(folder: Path) -> pd.DataFrame:
    """Return the lots that `Tender.write` has written to a folder, a row per lot and term.

    Raises
    ------
    InputError
        When there are none in it.
    """
    file = folder / "lots.csv"
    columns = {"lot", "region", "first_year", "last_year", "expected", "least", "most", "eur"}
    if file.is_file():
        read = pd.read_csv(file)
        if columns <= set(read.columns):
            return read.map(lambda cell: unguarded(cell) if isinstance(cell, str) else cell)
    found = "other columns" if file.is_file() else "no such file"
    remedy = "Make them with `spreidplan lots PLAN -o FOLDER`."
    raise InputError([Fault(str(file), found, "lots of a plan", remedy)])


@dataclass(frozen=True, repr=False)
class Tender(Result):
    """Lots of a plan with their volumes and prices, to be told in one language."""

    plan: Plan
    bought: Volumes
    division: Division
    wish: Wish
    given: Mapping[str, PriceBasis]
    lang: Language

    def summary(self) -> str:
        """Return the lots as a terminal shows them."""
        return self.text()

    def _frames(self) -> Mapping[str, Callable[[], pd.DataFrame]]:
        return {"lots": self.lots, "volumes": self.volumes, "prices": self.price_rows}

    def _graphs(self) -> Mapping[str, Callable[[], Graph]]:
        return {"volumes": self._volume_graph}

    def _volume_graph(self) -> Graph:
        known = self.lots().pivot_table(index="lot", columns="term", values="expected", sort=False)
        return Graph(known, "Volume of the lots by term", "client-weeks", "bar")

    def _area_map(self) -> AreaMap:
        lot_of = {area: f"lot {lot + 1}" for lot in self._lots for area in self.division.areas(lot)}
        return AreaMap(self._region.neighbourhoods, pd.Series(lot_of, dtype=object), "Lots")

    def text(self) -> str:
        """Return the lots as a terminal shows them."""
        blocks = [
            [self._title(), self._proof(), ""],
            [*aligned(self._overview()), ""],
            [*(self._areas(lot) for lot in self._lots), ""],
            [
                self._said(key, draws=self.bought.drawn.sizes["draw"])
                for key in ("volume", "range", "room", "money")
            ],
            ["", *aligned(self._by_tier()), ""],
            [self._said("price", year=self._first), *aligned(self._prices()), *self._price_notes(), ""],
            [*self._notes()],
        ]
        return "\n".join(line for block in blocks for line in block).rstrip()

    def record(self) -> dict[str, Any]:
        """Return the lots for a program: client-weeks in fractions, euros of the year."""
        division = self.division
        return {
            "region": self._region.parameters.region.name,
            "terms": [
                {"name": t.name, "years": list(t.years), "length": t.length} for t in self.bought.terms
            ],
            "objective": division.objective,
            "bound": division.bound,
            "gap": division.gap,
            "seconds": round(division.seconds, 3),
            "lots": [self._lot_record(lot) for lot in self._lots],
            "prices": [
                {"tier": one.tier, **one.elements, "sum": one.total, "given": one.given}
                for one in self.prices.values()
            ],
            "notes": self._notes(),
        }

    def write(self, folder: Path) -> None:
        """Write `FILES` to a folder that is new, empty or holds earlier ones.

        Raises
        ------
        InputError
            When the folder holds something else.
        """
        strange = sorted({path.name for path in folder.iterdir()} - set(FILES)) if folder.is_dir() else []
        if strange or folder.is_file():
            found = f"a folder with {', '.join(strange[:5])}" if strange else "a file"
            remedy = "Name another folder."
            raise InputError([Fault(str(folder), found, "a new folder, or one of earlier lots", remedy)])
        folder.mkdir(parents=True, exist_ok=True)
        for name, frame in (
            ("lots", self.lots()),
            ("volumes", self.volumes()),
            ("prices", self.price_rows()),
        ):
            guarded(frame).to_csv(
                folder / f"{name}.csv", index=False, float_format="%.2f", lineterminator="\n"
            )
        fixed = {"OGR_CURRENT_DATE": "2000-01-01T00:00:00.000Z"}  # re-runs stay equal
        pyogrio.set_gdal_config_options(fixed)
        try:
            (folder / "lots.gpkg").unlink(missing_ok=True)
            self.layer().to_file(folder / "lots.gpkg", layer="lots", driver="GPKG")
        finally:
            pyogrio.set_gdal_config_options(dict.fromkeys(fixed))

    # ------------------------------------------------------------------ frames

    def lots(self) -> pd.DataFrame:
        """Return a row per lot and term: client-weeks expected, least and most (NaN: small), and EUR.

        EUR are left out (NaN) too where they would give a small number away to who knows the rates.
        """
        rows = []
        for lot in self._lots:
            for term in self.bought.terms:
                asked = self._sum(lot, term.years)
                rows.append(
                    {
                        "lot": lot + 1, "region": self._region_of(lot), "term": term.name,
                        "first_year": term.years[0], "last_year": term.years[-1],
                        **self._public((lot, term.name), _three(asked)),
                        "eur": self._public_eur((lot, term.name), term.years),
                    }
                )  # fmt: skip
        return pd.DataFrame(rows)

    def volumes(self) -> pd.DataFrame:
        """Return a row per lot, municipality, tier and year: client-weeks expected, least and most.

        They are meant to be published: NaN is fewer clients than the region publishes, none included, or
        what would give such a number away (`reports/figures/suppression.py`).
        """
        rows = []
        for lot in self._lots:
            for town, areas in self._towns(lot).items():
                for term in self.bought.terms:
                    for year in term.years:
                        rows += self._rows(lot, town, areas, term, year)
        return pd.DataFrame(rows)

    def price_rows(self) -> pd.DataFrame:
        """Return a row per tier: EUR per client-week in six elements, and whether a planner gave them."""
        return pd.DataFrame(
            [
                {"tier": one.tier, **one.elements, "sum": one.total, "given": one.given}
                for one in self.prices.values()
            ]
        )

    def layer(self) -> gpd.GeoDataFrame:
        """Return a polygon per lot with its volumes."""
        areas = self._region.neighbourhoods
        shapes = [areas.loc[list(self.division.areas(lot))].geometry.union_all() for lot in self._lots]
        rows = [
            {
                "lot": lot + 1,
                "region": self._region_of(lot),
                "municipalities": ", ".join(self._names(lot)),
                **self._public((lot,), _three(self._sum(lot, self.bought.years))),
                "eur": self._public_eur((lot,), self.bought.years),
            }
            for lot in self._lots
        ]
        return gpd.GeoDataFrame(rows, geometry=shapes, crs=areas.crs)

    @cached_property
    def prices(self) -> dict[str, PriceBasis]:
        """The basis of every tier that is bought, given or divided by assumption."""
        return {
            tier: self.given.get(tier) or self._divided(tier) for tier in self._tiers if self._is_bought(tier)
        }

    # ------------------------------------------------------------------ figures

    @property
    def _region(self) -> Any:
        return self.plan.problem.region

    @property
    def _threshold(self) -> int:
        """Numbers of people under this are not published."""
        return int(self._region.parameters.privacy.threshold)

    @property
    def _lots(self) -> range:
        return range(len(self.division.lots))

    @property
    def _tiers(self) -> list[str]:
        return [str(tier) for tier in self.bought.expected["tier"].values]

    @property
    def _first(self) -> int:
        return self.bought.years[0]

    @property
    def _total(self) -> float:
        return float(self.bought.expected.sum())

    def _is_bought(self, tier: str) -> bool:
        return float(self.bought.expected.sel(tier=tier).sum()) > 1e-6

    def _region_of(self, lot: int) -> str:
        patchwork = self.division.patchwork
        return patchwork.region[patchwork.units.index(self.division.lots[lot][0])]

    def _towns(self, lot: int) -> dict[str, list[str]]:
        """Return municipality → its neighbourhoods in a lot, in the order of the region's file."""
        towns: dict[str, list[str]] = {}
        for area in self.division.areas(lot):
            towns.setdefault(self.plan.problem.municipality_of[area], []).append(area)
        return {str(code): towns[str(code)] for code in self._region.municipalities.index if code in towns}

    def _names(self, lot: int) -> list[str]:
        every = pd.Series(self.plan.problem.municipality_of).value_counts()
        told = []
        for town, areas in self._towns(lot).items():
            name = str(self._region.municipalities.at[town, "name"])
            whole = len(areas) == every[town]
            told.append(name if whole else self._said("part", town=name, some=len(areas), all=every[town]))
        return told

    def _sum(self, lot: int, years: Sequence[int], tier: str | None = None) -> tuple[float, np.ndarray]:
        """Return the client-weeks of a lot, expected and (draw)."""
        return self._of(self.division.areas(lot), years, tier)

    def _of(self, areas: Sequence[str], years: Sequence[int], tier: str | None) -> tuple[float, np.ndarray]:
        at = {"neighbourhood": list(areas), "year": list(years), **({"tier": [tier]} if tier else {})}
        over = ["neighbourhood", "tier", "year"]
        return float(self.bought.expected.sel(at).sum()), self.bought.drawn.sel(at).sum(over).to_numpy()

    def _eur(self, lot: int, years: Sequence[int]) -> float:
        return float(
            self.bought.eur.sel(neighbourhood=list(self.division.areas(lot)), year=list(years)).sum()
        )

    def _rows(
        self, lot: int, town: str, areas: Sequence[str], term: ContractTerm, year: int
    ) -> list[dict[str, Any]]:
        rows = []
        for tier in self._tiers:
            if self._is_bought(tier):
                three = _three(self._of(areas, [year], tier))
                rows.append(
                    {
                        "lot": lot + 1, "municipality": town, "tier": tier, "term": term.name, "year": year,
                        **self._public((lot, town, tier, year), three),
                    }
                )  # fmt: skip
        return rows

    @cached_property
    def _shown(self) -> pd.Series:
        """Tell per cell, and per sum of them that is in a file too, whether it may be published.

        What a lot costs is a sum of its cells too, each at its rate, which is public.
        """
        values: dict[tuple[Any, ...], float] = {}
        sums = list[Sum]()
        for lot in self._lots:
            for term in self.bought.terms:
                parts = {
                    (lot, town, tier, year): self._of(areas, [year], tier)[0] / WEEKS_PER_YEAR
                    for town, areas in self._towns(lot).items()
                    for tier in self._tiers
                    for year in term.years
                    if self._is_bought(tier)
                }
                rates = tuple(self._rate(cell) for cell in parts)
                euros = sum(rate * clients for rate, clients in zip(rates, parts.values(), strict=True))
                values |= parts | {(lot, term.name): sum(parts.values()), ("eur", lot, term.name): euros}
                sums += [
                    Sum((lot, term.name), tuple(parts)),
                    Sum(("eur", lot, term.name), tuple(parts), rates),
                ]
            for of in ((lot,), ("eur", lot)):
                terms = tuple((*of, term.name) for term in self.bought.terms)
                values[of] = sum(values[term] for term in terms)
                sums.append(Sum(of, terms))
        cells = pd.Index(list(values), tupleize_cols=False)
        euros_of = [cell for cell in values if cell[0] == "eur"]
        return shown(pd.Series(list(values.values()), index=cells), sums, self._threshold, amounts=euros_of)

    def _rate(self, cell: tuple[Any, ...]) -> float:
        """Return what a client-year of a cell (lot, town, tier, year) costs, in tens of thousands of EUR."""
        lot, town, tier, year = cell
        every = list(self._region.neighbourhoods.index)
        wider = ((self._towns(lot)[town], [year]), (every, [year]), (every, list(self.bought.years)))
        for areas, years in wider:
            at = {"neighbourhood": areas, "tier": tier, "year": years}
            weeks = float(self.bought.expected.sel(at).sum())
            if weeks > NOTHING:
                return float(self.bought.eur.sel(at).sum()) / weeks * WEEKS_PER_YEAR / 1e4
        return 0.0

    def _public_eur(self, cell: tuple[Any, ...], years: Sequence[int]) -> float:
        """Return what a lot costs, as it may be published."""
        return self._eur(cell[0], years) if bool(self._shown[("eur", *cell)]) else math.nan

    def _public(self, cell: tuple[Any, ...], three: dict[str, float]) -> dict[str, float]:
        """Return the three numbers of a cell as they may be published."""
        return three if bool(self._shown[cell]) else dict.fromkeys(three, math.nan)

    def _sites(self, lot: int) -> pd.DataFrame:
        """Return the sites of a lot that run in some year of the terms."""
        areas = set(self.division.areas(lot))
        runs = (
            self.plan.data["places"]
            .sel(
                year=list(self.bought.years),
                tier=[tier for tier in self._tiers if tier in self.plan.data["places"]["tier"].values],
            )
            .fillna(0.0)
        )
        used = runs.sum(["tier", "year"]).to_series()
        sites = self._region.sites
        found: pd.DataFrame = sites[sites["neighbourhood"].isin(areas) & (used.reindex(sites.index) > 1e-6)]
        return found

    def _divided(self, tier: str) -> PriceBasis:
        """Return what a client-week costs in the first year that has any, divided by assumption."""
        weeks, eur = (
            one.sel(tier=tier).sum("neighbourhood") for one in (self.bought.expected, self.bought.eur)
        )
        year = next(int(t) for t in weeks["year"].values if float(weeks.sel(year=t)) > 1e-6)
        now = float(eur.sel(year=year) / weeks.sel(year=year))
        years, rate = self._region.parameters.years, self._region.parameters.tiers[tier].rate
        level = rate.price_year if rate and rate.price_year else years.price_year
        return divided(tier, now / (1 + years.indexation.value) ** (year - level), now)

    # ------------------------------------------------------------------ words

    @property
    def _write(self) -> Notation:
        return Notation(self.lang)

    def _said(self, key: str, **values: object) -> str:
        return Words(self.lang, "lots")(key, **values)

    def _heads(self, key: str) -> list[str]:
        """Return the names of columns, which stand in one text with bars between them."""
        return self._said(key).split("|")

    def _tier(self, code: str) -> str:
        return str(getattr(self._region.parameters.tiers[code].name, self.lang))

    def _term(self, term: ContractTerm) -> str:
        kind, _, number = term.name.partition(" ")
        return f"{self._said(kind, number=number)} {term.years[0]}–{term.years[-1]}"

    def _title(self) -> str:
        return self._said(
            "title", region=self._region.parameters.region.name, count=len(self._lots), first=self._first,
            terms="+".join(str(term.length) for term in self.bought.terms), last=self.plan.problem.years[-1],
        )  # fmt: skip

    def _proof(self) -> str:
        gap, seconds = self._write.percent(self.division.gap, 2), self._write.number(self.division.seconds, 1)
        return self._said("proof", gap=gap, seconds=seconds)

    def _overview(self) -> list[Sequence[str]]:
        write, rows = self._write, list[Sequence[str]]([self._heads("head")])
        for lot in self._lots:
            three, sites = _three(self._sum(lot, self.bought.years)), self._sites(lot)
            rows.append(
                (
                    str(lot + 1),
                    self._region_of(lot),
                    write.percent(three["expected"] / self._total if self._total else 0.0),
                    *(write.number(three[name]) for name in ("expected", "least", "most")),
                    write.number(self._eur(lot, self.bought.years)),
                    write.number(len(sites)),
                    write.number(sites["provider"].dropna().nunique()),
                )
            )
        return rows

    def _areas(self, lot: int) -> str:
        return f"{lot + 1}: {', '.join(self._names(lot))}"

    def _by_tier(self) -> list[Sequence[str]]:
        """Return a row per lot and tier: expected (least–most) in each term, and EUR per client-week."""
        write = self._write
        head = (*self._heads("tier_head"), *(self._term(term) for term in self.bought.terms), "EUR/week")
        rows: list[Sequence[str]] = [head]
        for lot in self._lots:
            for tier in self._tiers:
                weeks, _ = self._sum(lot, self.bought.years, tier)
                if weeks <= NOTHING:
                    continue
                cells = []
                for term in self.bought.terms:
                    three = _three(self._sum(lot, term.years, tier))
                    band = f"{write.number(three['least'])}–{write.number(three['most'])}"
                    cells.append(f"{write.number(three['expected'])} ({band})")
                at = {"neighbourhood": list(self.division.areas(lot)), "tier": tier}
                eur = float(self.bought.eur.sel(at).sum())
                rows.append((str(lot + 1), self._tier(tier), *cells, write.number(eur / weeks)))
        return rows

    def _prices(self) -> list[Sequence[str]]:
        rows: list[Sequence[str]] = [self._heads("elements")]
        for tier, basis in self.prices.items():
            amounts = [self._write.number(basis.elements[name], 2) for name in ELEMENTS]
            rows.append((self._tier(tier), *amounts, self._write.number(basis.total, 2)))
        return rows

    def _price_notes(self) -> list[str]:
        told = [] if all(one.given for one in self.prices.values()) else [self._said("assumed")]
        for tier, basis in self.prices.items():
            tariff = self._divided(tier).total
            if basis.given and basis.total > tariff + 0.005:
                amounts = {"tariff": tariff, "gap": basis.total - tariff, "cost": basis.total}
                written = {name: self._write.number(amount, 2) for name, amount in amounts.items()}
                told.append(self._said("covers", tier=self._tier(tier), **written))
        return told

    def _notes(self) -> list[str]:
        """Return what a reader of the lots must know: what gave way, contracts, and a provider's share."""
        told = self._outside(), self._below(), self._contracts(), self._between(), self._wins()
        return [*(line for lines in told for line in lines), *self._entrants(), *self._small()]

    def _between(self) -> Iterable[str]:
        """Generate the terms that begin in a year in which nothing is renewed."""
        known = nodes(self.plan)
        for term in self.bought.terms:
            if term.years[0] not in known:
                told = ", ".join(map(str, known))
                yield self._said("between", term=self._term(term), year=term.years[0], nodes=told)

    def _entrants(self) -> Iterable[str]:
        """Generate the forms that a lot will have and nobody offers there in the base year."""
        problem = self.plan.problem
        for lot in self._lots:
            areas = set(self.division.areas(lot))
            at_sites = {
                tier
                for (site, tier), places in problem.base_places.items()
                if places and problem.neighbourhood_of[site] in areas
            }
            lived = problem.clients.sel(neighbourhood=list(areas)).sum(["neighbourhood", "profile"])
            in_homes = {tier for tier in problem.home_tiers if float(lived.sel(tier=tier)) > NOTHING}
            new = [
                self._tier(tier)
                for tier in self._tiers
                if tier not in at_sites | in_homes and self._sum(lot, self.bought.years, tier)[0] > NOTHING
            ]
            if new:
                yield self._said("entrants", lot=lot + 1, tiers=", ".join(new))

    def _small(self) -> Iterable[str]:
        """Say that numbers of few people are shown, where they are."""
        clients = (
            self._sum(lot, [year], tier)[0] / WEEKS_PER_YEAR
            for lot in self._lots
            for tier in self._tiers
            for year in self.bought.years
        )
        if any(number < self._threshold for number in clients):
            yield self._said("small", threshold=self._threshold)

    def _outside(self) -> Iterable[str]:
        write, band = self._write, self.wish.band
        if self.wish.small is not None:
            return
        mean = 1 / len(self._lots)
        for lot in self._lots:
            share = self._sum(lot, self.bought.years)[0] / self._total if self._total else mean
            if not (1 - band) * mean - 1e-6 <= share <= (1 + band) * mean + 1e-6:
                yield self._said(
                    "outside", lot=lot + 1, share=write.percent(share), low=write.percent((1 - band) * mean),
                    high=write.percent((1 + band) * mean),
                )  # fmt: skip

    def _below(self) -> Iterable[str]:
        for lot in self._lots:
            for tier, least in zip(self._tiers, self.division.patchwork.least, strict=True):
                weeks, _ = self._sum(lot, self.bought.years, tier)
                if 1e-3 < weeks < least - 1e-3:
                    yield self._said(
                        "below", lot=lot + 1, tier=self._tier(tier), least=self._write.number(least)
                    )

    def _contracts(self) -> Iterable[str]:
        """Generate a line per end of contracts that is not the start, with how many sites have it."""
        table = self.bought.contracts
        ends = Counter(zip(table["contract_end"].astype(str), table["months"].astype(int), strict=True))
        for (end, months), sites in ends.items():
            key = "bridge" if months > 0 else "runs_on"
            yield self._said(key, count=sites, end=end, months=abs(months))

    def _wins(self) -> Iterable[str]:
        """Say how many lots one provider can win without passing the largest share, whichever they are."""
        share = self.wish.max_share
        if share is None or not self._total:
            return
        parts = sorted(
            (self._sum(lot, self.bought.years)[0] / self._total for lot in self._lots), reverse=True
        )
        count = int(np.searchsorted(np.cumsum(parts), share + 1e-9, side="right"))
        yield self._said("wins", share=self._write.percent(share), count=count)

    def _lot_record(self, lot: int) -> dict[str, Any]:
        sites = self._sites(lot)
        return {
            "lot": lot + 1,
            "region": self._region_of(lot),
            "municipalities": list(self._towns(lot)),
            "neighbourhoods": list(self.division.areas(lot)),
            "contiguous": self.division.is_contiguous(lot),
            **_three(self._sum(lot, self.bought.years)),
            "eur": self._eur(lot, self.bought.years),
            "sites": list(map(str, sites.index)),
            "providers": sorted(map(str, sites["provider"].dropna().unique())),
            "tiers": [
                {"tier": tier, "term": term.name, **_three(self._sum(lot, term.years, tier))}
                for tier in self._tiers
                for term in self.bought.terms
            ],
        }


def _three(asked: tuple[float, np.ndarray]) -> dict[str, float]:
    """Return client-weeks expected, and the least and most of the draws."""
    expected, drawn = asked
    least, most = (float(found) for found in np.quantile(drawn, BAND))
    # what the plan itself delivers is possible, also where draws are skewed to one side of it
    return {"expected": expected, "least": min(least, expected), "most": max(most, expected)}
