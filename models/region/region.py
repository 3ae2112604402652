"""A region as planners keep it in a folder: labelled frames, checked as a whole."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

import geopandas as gpd
import networkx as nx  # noqa: TC002 (the annotations of a dataclass are read at run time)
import pandas as pd

from models.drawing import AreaMap, Graph, dots
from models.funding.funding import Treasury
from models.html_card import card, plain_card
from models.parameters.parameters import WAITING, Parameters
from models.parameters.scenario import Override
from models.region import assumptions
from models.region.decisions import NOTHING, AgreedDecisions
from models.result import Result


@dataclass(frozen=True, repr=False)
class Region(Result):
    """What is known of a region, checked: codes agree, sums reconcile, nothing is missing.

    All frames are labelled by code; money is in euros of the year that its number names.
    """

    folder: Path
    parameters: Parameters
    municipalities: pd.DataFrame
    """Index `code`: name, inhabitants, region, objective_share and social_homes (NaN when absent),
    host (tuple of the kinds of shared facility it has), central (code of its central municipality)."""
    neighbourhoods: gpd.GeoDataFrame
    """Index `neighbourhood`: as `geodata.read_areas` returns them."""
    carrying_capacity: pd.DataFrame
    """Index `neighbourhood`: index (1 in the middle of the country), and from 0 to 1 what it is made of."""
    contiguity: "nx.Graph[str]"
    """Neighbourhoods that share a border."""
    sites: pd.DataFrame
    """Index `site`: name, neighbourhood, provider, status, plot_most, contract_end (None), x, y (metres)."""
    site_tiers: pd.DataFrame
    """Index `site`, `tier`: places, wlz_occupied, most, earliest (year), running_cost and
    building_cost (NaN where the tier's own counts)."""
    clients: pd.DataFrame
    """municipality or neighbourhood (the other None), profile, tier or "waiting", clients, year,
    form, basis."""
    homes: pd.DataFrame
    """corporation, municipality or neighbourhood (the other None), year, homes: in use in the
    base year, offered in later ones."""
    minutes: pd.DataFrame
    """origin (neighbourhood), destination (site or neighbourhood), minutes by car; within the largest reach.
    Of every other mode that is known a column more, NaN where a pair has no minutes."""
    minutes_given: bool
    """Whether the minutes to sites come from `travel.csv` or roads; else they are estimated."""
    budgets: pd.DataFrame
    """municipality, year, stream, eur."""
    under_way: pd.DataFrame
    """site, tier, year, places: what is being built already and can be used from that year on."""
    series: pd.DataFrame
    """Index year: indications and redeemed (clients, NaN when not known), circa; see `models.series`."""
    assumptions: pd.DataFrame
    """Every number and its source, see `models.assumptions.register`."""
    overrides: tuple[Override, ...]
    digest: str
    """SHA-256 of the files and overrides that made this region."""
    agreed: AgreedDecisions = NOTHING
    """What somebody has agreed, which a plan keeps: `agreed.csv` and what is locked beside it."""
    remarks: tuple[dict[str, str], ...] = ()
    """Sentences (`nl`, `en`) without which the region's figures must not be shown."""
    files: Mapping[str, bytes] = field(default_factory=dict, repr=False)
    """The files of the folder as they were read, scenarios included; none of a region made in Python."""

    @cached_property
    def treasury(self) -> Treasury:
        """What the funding regimes need to know of the region."""
        parameters = self.parameters
        return Treasury(parameters.funding, parameters.years, self.municipalities, self.budgets)

    def summary(self) -> str:
        """Return the counts of what a region has, and how many of its numbers are assumptions."""
        return plain_card(self._title, self._told(), note=self._note)

    def _repr_html_(self) -> str:
        """Return what a notebook shows."""
        return card(self._title, self._told(), note=self._note)

    def _frames(self) -> Mapping[str, Callable[[], pd.DataFrame]]:
        named = {
            "municipalities": self.municipalities,
            "neighbourhoods": pd.DataFrame(self.neighbourhoods.drop(columns="geometry")),
            "sites": self.sites,
            "site_tiers": self.site_tiers,
            "clients": self.clients,
            "homes": self.homes,
            "minutes": self.minutes,
            "budgets": self.budgets,
            "under_way": self.under_way,
            "series": self.series,
            "assumptions": self.assumptions,
            "overrides": pd.DataFrame(
                [(one.key, one.old, one.new, one.origin) for one in self.overrides],
                columns=["key", "old", "new", "origin"],
            ),
        }
        return {name: frame.copy for name, frame in named.items()}

    def _graphs(self) -> Mapping[str, Callable[[], Graph]]:
        return {"clients": self._clients_graph, "places": self._places_graph}

    def _clients_graph(self) -> Graph:
        counted = self.clients.groupby(["profile", "tier"], sort=False)["clients"].sum().unstack()
        return Graph(counted.fillna(0.0), f"Clients in {self.parameters.years.base}", "clients", "bar")

    def _places_graph(self) -> Graph:
        places = self.site_tiers["places"].unstack().fillna(0)
        used = places[places.sum(axis=1) > 0]
        return Graph(used, f"Places in {self.parameters.years.base}", "places", "bar")

    def _area_map(self) -> AreaMap:
        places = self.site_tiers["places"].groupby("site").sum()
        title = "Inhabitants, and the sites in use by places"
        return AreaMap(
            self.neighbourhoods, self.neighbourhoods["inhabitants"], title, dots(self.sites, places)
        )

    @property
    def _title(self) -> str:
        return f"Region {self.parameters.region.name}"

    def _told(self) -> Iterator[tuple[object, ...]]:
        """Generate what stands in the card of a region."""
        years, waits = self.parameters.years, self.clients["tier"] == WAITING
        in_use = self.homes["year"] == years.base
        yield "Base year", str(years.base)
        yield "Planned", f"{years.planned[0]}–{years.planned[-1]}"
        yield "Municipalities", len(self.municipalities)
        yield "Neighbourhoods", len(self.neighbourhoods)
        yield "Inhabitants", float(self.neighbourhoods["inhabitants"].sum())
        yield "Sites in use", int((self.sites["status"] == "existing").sum())
        yield "Candidate sites", int((self.sites["status"] == "candidate").sum())
        yield "Places", int(self.site_tiers["places"].sum())
        yield "Clients", float(self.clients.loc[~waits, "clients"].sum())
        yield "Waiting", float(self.clients.loc[waits, "clients"].sum())
        yield "Homes in use", int(self.homes.loc[in_use, "homes"].sum())
        yield "Homes offered", int(self.homes.loc[~in_use, "homes"].sum())

    @property
    def _note(self) -> str:
        bare = int((self.assumptions["source"] == assumptions.ASSUMPTION).sum())
        changed = f" {len(self.overrides)} changed by scenario or setting." if self.overrides else ""
        return f"{len(self.assumptions)} numbers and tables, of which {bare} are assumptions.{changed}"
