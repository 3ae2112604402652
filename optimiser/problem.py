"""The planning problem: everything that is given, labelled, checked and frozen."""

import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, fields, replace
from functools import cached_property
from itertools import product
from typing import TYPE_CHECKING, Any, Self

import pandas as pd
import xarray as xr

from models.demand.forecast import Outlook, forecast
from models.drawing import AreaMap, Graph, dots
from models.funding.funding import BORNE
from models.html_card import card, plain_card
from models.parameters.finance import CLIENT, CORPORATION, discount
from models.parameters.parameters import MO, Mode, Policies
from models.region.decisions import NOTHING, AgreedDecisions
from models.region.region import Region
from models.result import Result
from optimiser.assembly.capacity import (
    Offer,
    conversions_of,
    homes_in_use,
    offers_of,
    site_tiers_of,
    tiers_of,
    under_way_of,
)
from optimiser.assembly.money import (
    LESS,
    SharedPrice,
    Steering,
    by_year,
    points_of,
    policies_of,
    steering_of,
)
from optimiser.assembly.space import fair_shares, neighbourhoods_of, pairs_within_reach
from optimiser.prices import Prices

if TYPE_CHECKING:
    from optimiser.rule import Rule

REGION = "region"
"""The account that stands for all municipalities together."""


def same(one: Any, other: Any) -> bool:
    """Whether two values of a problem are the same, tables and labelled arrays by their contents."""
    if isinstance(one, pd.DataFrame):
        return bool(one.equals(other))
    if isinstance(one, xr.DataArray):
        return bool(one.identical(other))
    if isinstance(one, Prices):
        return all(same(getattr(one, f.name), getattr(other, f.name)) for f in fields(one))
    return bool(one == other)


@dataclass(frozen=True, repr=False)
class Problem(Result):
    """What a plan is asked to decide on; a variation is made with `dataclasses.replace`.

    Attributes
    ----------
    years, base_year
        The planned years in order, and the observed one before them.
    discount
        (year): what a euro or point of a year counts in the objective.
    terminal
        How many times what returns every year counts in the last year; what happens once counts once.
    neighbourhoods
        Index code; name, municipality, inhabitants, x, y (metres), carrying_capacity.
    municipalities
        Index code; name, share (of facility places that is fair; sums to 1).
    around
        Neighbourhood → itself and its neighbours.
    sites
        Index site; name, neighbourhood, provider, status, plot_most, x, y (metres).
    site_tiers
        Index (site, tier); base, wlz_occupied, least, most (places), first_year (of additions).
    tiers
        Index tier; setting, intramural, stream, least (places), occupancy, concentration_weight, keeps_home,
        flip_years (before a lease is the client's), norm (minutes).
    conversions
        Index (site, tier, to_tier); ratio, first_year (in which converted places can be used).
    fits, allowed
        (profile, tier) that fit, and all in which the profile may live.
    clients, waiting, personal_budget, inflow
        Demand of the base year and new clients, as in the outlook.
    retained, exits
        The care pathway, as in the outlook.
    homes
        (neighbourhood): homes in use in the base year.
    offers
        What the corporations hand over, where and when.
    home_lead_years
        Part of a year between urgency and key.
    pairs
        Index (origin, location, tier), only where reach allows; minutes, within (the norm).
    agreed, wished
        Decisions that a plan keeps; and those that it departs from at a price.
    under_way
        (site, tier, year) → places that are being built already and can be used from that year on, though
        what is decided now would take longer.
    shared_prices
        Limits shared with other regions when a country is planned
        (`optimiser/regions/price_coordination.py`); else empty.
    own_rules
        Rules of the user's own beside those of spreidplan; see `with_rules`.
    """

    years: tuple[int, ...]
    base_year: int
    discount: xr.DataArray
    terminal: float
    neighbourhoods: pd.DataFrame
    municipalities: pd.DataFrame
    around: dict[str, tuple[str, ...]]
    sites: pd.DataFrame
    site_tiers: pd.DataFrame
    tiers: pd.DataFrame
    conversions: pd.DataFrame
    fits: frozenset[tuple[str, str]]
    allowed: tuple[tuple[str, str], ...]
    clients: xr.DataArray
    waiting: xr.DataArray
    personal_budget: xr.DataArray
    inflow: xr.DataArray
    retained: xr.DataArray
    exits: xr.DataArray
    homes: xr.DataArray
    offers: tuple[Offer, ...]
    home_lead_years: float
    pairs: pd.DataFrame
    prices: Prices
    steering: Steering
    policies: Policies
    payer: str
    region: Region
    outlook: Outlook | None = None
    agreed: AgreedDecisions = NOTHING
    wished: AgreedDecisions = NOTHING
    under_way: Mapping[tuple[str, str, int], int] = field(default_factory=dict)
    shared_prices: tuple[SharedPrice, ...] = ()
    own_rules: "tuple[Rule, ...]" = ()

    @classmethod
    def of(cls, region: Region, outlook: Outlook | None = None) -> Self:
        """Assemble the problem of a region and its outlook, which is its forecast unless there is another."""
        outlook = forecast(region) if outlook is None else outlook
        parameters = region.parameters
        tiers = tiers_of(parameters)
        site_tiers = site_tiers_of(region)
        conversions = conversions_of(region, site_tiers)
        years = parameters.years.planned
        return cls(
            years=years,
            base_year=parameters.years.base,
            discount=by_year(years, [discount(t, parameters.years) for t in years]),
            terminal=parameters.years.terminal.value,
            neighbourhoods=neighbourhoods_of(region),
            municipalities=fair_shares(region),
            around={code: (code, *sorted(region.contiguity[code])) for code in region.neighbourhoods.index},
            sites=region.sites[["name", "neighbourhood", "provider", "status", "plot_most", "x", "y"]],
            site_tiers=site_tiers,
            tiers=tiers,
            conversions=conversions,
            fits=frozenset((p, k) for p, profile in parameters.profiles.items() for k in profile.fits),
            allowed=tuple((p, k) for p, profile in parameters.profiles.items() for k in profile.allowed),
            clients=outlook.base_clients,
            waiting=outlook.base_waiting,
            personal_budget=outlook.personal_budget,
            inflow=outlook.inflow,
            retained=outlook.pathway.retained,
            exits=outlook.pathway.exits,
            homes=homes_in_use(region),
            offers=offers_of(region),
            home_lead_years=parameters.homes.lead.value / 12.0,
            pairs=pairs_within_reach(region, site_tiers),
            prices=Prices.of(region),
            steering=steering_of(parameters),
            policies=policies_of(region),
            payer=parameters.region.central_municipality,
            region=region,
            outlook=outlook,
            agreed=region.agreed,
            under_way=under_way_of(region),
        )

    def summary(self) -> str:
        """Return how large the problem is, and which policies are hard and soft."""
        return plain_card(self._title, self._told())

    def _repr_html_(self) -> str:
        """Return what a notebook shows."""
        return card(self._title, self._told())

    @property
    def _title(self) -> str:
        return f"Problem {self.region.parameters.region.name}, {self.years[0]}–{self.years[-1]}"

    def _frames(self) -> Mapping[str, Callable[[], pd.DataFrame]]:
        return {
            "policies": self._policies_table,
            "tiers": self.tiers.copy,
            "sites": self.sites.copy,
            "site_tiers": self.site_tiers.copy,
            "conversions": self.conversions.copy,
            "offers": lambda: pd.DataFrame([vars(offer) for offer in self.offers]),
            "pairs": self.pairs.copy,
        }

    def _policies_table(self) -> pd.DataFrame:
        modes = {name: policy.mode for name, policy in self.policies}
        return pd.DataFrame({"mode": modes}).rename_axis("policy")

    def _graphs(self) -> Mapping[str, Callable[[], Graph]]:
        inflow = self.inflow.sum("neighbourhood").to_series().unstack("profile")
        return {"inflow": lambda: Graph(inflow, "New clients by profile", "clients a year")}

    def _area_map(self) -> AreaMap:
        places = self.site_tiers["base"].groupby("site").sum()
        title = f"Carrying capacity, and the places of {self.base_year}"
        index = self.neighbourhoods["carrying_capacity"]
        return AreaMap(self.region.neighbourhoods, index, title, dots(self.sites, places))

    def _told(self) -> Iterator[tuple[object, ...]]:
        """Generate what stands in the card of a problem."""
        yield "Neighbourhoods", len(self.areas)
        yield "Sites by tier", len(self.places_at)
        yield "Places in the base year", sum(self.base_places.values())
        yield "Clients in the base year", float(self.clients.sum())
        yield "Waiting in the base year", float(self.waiting.sum())
        yield "New clients, all years", float(self.inflow.sum())
        yield "Homes offered", sum(offer.homes for offer in self.offers)
        yield "Who can be housed where (pairs)", len(self.pairs)
        modes = {name: policy.mode for name, policy in self.policies}
        for mode, told in (("hard", "Hard policies"), ("soft", "Soft policies")):
            yield told, ", ".join(name for name in modes if modes[name] == mode) or "none"
        if self.own_rules:
            yield "Your own rules", ", ".join(rule.name for rule in self.own_rules)

    def with_rules(self, *rules: "Rule") -> Self:
        """Return this problem with rules of your own more, made by `optimiser.own_rule`.

        They are hard. A plan is only given out where its arrays pass the check of each.
        """
        named = [rule.name for rule in (*self.own_rules, *rules)]
        if unchecked := [rule.name for rule in rules if rule.check is None]:
            raise ValueError(f"expected rules with a check (optimiser.own_rule): {', '.join(unchecked)}")
        if len(set(named)) < len(named):
            raise ValueError(f"expected each rule once: {', '.join(named)}")
        return replace(self, own_rules=(*self.own_rules, *rules))

    def with_modes(self, **modes: Mode) -> Self:
        """Return this problem with policies switched: `with_modes(fair_share_…="off")`."""
        changed = {
            name: getattr(self.policies, name).model_copy(update={"mode": mode})
            for name, mode in modes.items()
        }
        return replace(self, policies=self.policies.model_copy(update=changed))

    @cached_property
    def areas(self) -> tuple[str, ...]:
        """The codes of the neighbourhoods."""
        return tuple(str(code) for code in self.neighbourhoods.index)

    @cached_property
    def inhabited(self) -> tuple[str, ...]:
        """The neighbourhoods in which somebody lives, so that homes can be there."""
        return tuple(
            j for j, people in zip(self.areas, self.neighbourhoods["inhabitants"], strict=True) if people > 0
        )

    @cached_property
    def towns(self) -> tuple[str, ...]:
        """The codes of the municipalities."""
        return tuple(str(code) for code in self.municipalities.index)

    @cached_property
    def places_at(self) -> tuple[tuple[str, str], ...]:
        """The (site, tier) where there are or may be places."""
        return tuple((str(site), str(tier)) for site, tier in self.site_tiers.index)

    @cached_property
    def intramural_at(self) -> tuple[tuple[str, str], ...]:
        """The (site, tier) with intramural places: beds."""
        intramural = set(self.tiers.index[self.tiers["intramural"]])
        return tuple((site, tier) for site, tier in self.places_at if tier in intramural)

    @cached_property
    def replacing_at(self) -> tuple[tuple[str, str], ...]:
        """The other (site, tier) that may replace beds; a shelter is for others and does not."""
        beds = set(self.intramural_at)
        return tuple(at for at in self.places_at if at not in beds and self.stream_of[at[1]] != MO)

    @cached_property
    def resident_tiers(self) -> tuple[str, ...]:
        """The facility tiers in which people have a place to themselves: all but those of the shelter."""
        return tuple(k for k in self.facility_tiers if self.stream_of[k] != MO)

    def relocation_price(self, year: int) -> float:
        """Return the points of a relocation, under those of an unasked move: else people leave and enter."""
        own = points_of(self.policies.residents_stay.price, year, self.region.parameters)
        return min(own, LESS * self.steering.unasked_move * self.steering.level[year])

    @cached_property
    def residents_at(self) -> tuple[tuple[str, str], ...]:
        """The (site, tier) in which there are or may be residents."""
        tiers = set(self.resident_tiers)
        return tuple(at for at in self.places_at if at[1] in tiers)

    @cached_property
    def base_residents(self) -> dict[tuple[str, str], float]:
        """(site, tier) → residents in the base year: a tier's people over its sites by places.

        Places of the Wlz are left out. An assumption: in which house people live is not registered.
        """
        clients = self.clients.sum(["neighbourhood", "profile"]).to_series()
        free = {at: max(0, self.base_places[at] - self.wlz_occupied[at]) for at in self.residents_at}
        total = {k: sum(n for (_, tier), n in free.items() if tier == k) for k in self.resident_tiers}
        return {(s, k): float(clients[k]) * n / total[k] if total[k] else 0.0 for (s, k), n in free.items()}

    @cached_property
    def base_places(self) -> dict[tuple[str, str], int]:
        """(site, tier) → places in the base year."""
        return self._at_sites("base")

    @cached_property
    def wlz_occupied(self) -> dict[tuple[str, str], int]:
        """(site, tier) → places lived in by people of the Wlz."""
        return self._at_sites("wlz_occupied")

    @cached_property
    def least_places(self) -> dict[tuple[str, str], int]:
        """(site, tier) → places from which it can run."""
        return self._at_sites("least")

    @cached_property
    def most_places(self) -> dict[tuple[str, str], int]:
        """(site, tier) → places that fit."""
        return self._at_sites("most")

    @cached_property
    def first_year(self) -> dict[tuple[str, str], int]:
        """(site, tier) → first year in which places can be added."""
        return self._at_sites("first_year")

    def _at_sites(self, column: str) -> dict[tuple[str, str], int]:
        return dict(zip(self.places_at, (int(value) for value in self.site_tiers[column]), strict=True))

    @cached_property
    def ratios(self) -> dict[tuple[str, str, str], float]:
        """(site, tier, to_tier) → places that one converted place becomes."""
        labels = [(str(site), str(tier), str(to)) for site, tier, to in self.conversions.index]
        return dict(zip(labels, (float(ratio) for ratio in self.conversions["ratio"]), strict=True))

    @cached_property
    def converted_from(self) -> dict[tuple[str, str, str], int]:
        """(site, tier, to_tier) → first year in which converted places can be used."""
        labels = [(str(site), str(tier), str(to)) for site, tier, to in self.conversions.index]
        return dict(zip(labels, (int(year) for year in self.conversions["first_year"]), strict=True))

    @cached_property
    def reachable(self) -> tuple[tuple[str, str, str], ...]:
        """The (origin, location, tier) within reach, in the order of `pairs`."""
        return tuple((str(origin), str(location), str(tier)) for origin, location, tier in self.pairs.index)

    @cached_property
    def facility_tiers(self) -> tuple[str, ...]:
        """The tiers whose places are at sites."""
        return tuple(self.tiers.index[self.tiers["setting"] == "facility"])

    @cached_property
    def home_tiers(self) -> tuple[str, ...]:
        """The tiers in ordinary homes."""
        return tuple(self.tiers.index[self.tiers["setting"] == "home"])

    @cached_property
    def municipality_of(self) -> dict[str, str]:
        """Neighbourhood → municipality."""
        return dict(zip(self.areas, self.neighbourhoods["municipality"].astype(str), strict=True))

    @cached_property
    def neighbourhood_of(self) -> dict[str, str]:
        """Site → neighbourhood."""
        return {str(site): str(area) for site, area in self.sites["neighbourhood"].items()}

    @cached_property
    def provider_of(self) -> dict[str, str]:
        """Site → provider."""
        return {str(site): str(provider) for site, provider in self.sites["provider"].items()}

    @cached_property
    def providers(self) -> tuple[str, ...]:
        """The providers in the order of the sites; sites that name none belong to nobody's share."""
        return tuple(provider for provider in dict.fromkeys(self.provider_of.values()) if provider)

    @cached_property
    def accounts(self) -> tuple[str, ...]:
        """Whose grants the policy on budgets looks at: the region's as one, or every municipality's."""
        return (REGION,) if self.policies.budget.level == "region" else self.towns

    @cached_property
    def grants(self) -> dict[tuple[str, int], float]:
        """(account, planned year) → Wmo euros granted, Wlz money and execution cost off; only if known."""
        treasury = self.region.treasury
        if self.policies.budget.level == "region":
            divided = treasury.historic(["Wmo"], self.years)
            by_account = divided.sum("municipality", min_count=1).expand_dims(municipality=[REGION])
        else:
            by_account = treasury.grants(["Wmo"], self.years)
        wmo = by_account.sel(stream="Wmo").transpose("municipality", "year").to_numpy()
        labels = [(account, t) for account in self.accounts for t in self.years]
        amounts = zip(labels, wmo.ravel().tolist(), strict=True)
        return {label: eur for label, eur in amounts if not math.isnan(eur)}

    @cached_property
    def left_states(self) -> tuple[tuple[str, str], ...]:
        """(profile, tier) that can be left: all allowed ones, and those a change of profile leads to."""
        forced = [
            (to, tier)
            for to, tier in product(self.profiles, self.tiers.index)
            if (to, tier) not in set(self.allowed)
            and any(
                self.retained.sel(tier=tier, profile=p, to_profile=to) > 0
                for p, k in self.allowed
                if k == tier
            )
        ]
        return (*self.allowed, *forced)

    @property
    def profiles(self) -> tuple[str, ...]:
        """The levels of need."""
        return tuple(str(p) for p in self.clients["profile"].to_numpy())

    @cached_property
    def stream_of(self) -> dict[str, str]:
        """Tier → the stream that pays for it."""
        return {str(tier): str(stream) for tier, stream in self.tiers["stream"].items()}

    @cached_property
    def stream_of_waiting(self) -> dict[str, str]:
        """Profile → the stream that pays for the bridging of those who wait."""
        shelter = {p for p, k in self.allowed if self.stream_of[k] == MO}
        return {p: MO if p in shelter else self.general_stream for p in self.profiles}

    @property
    def general_stream(self) -> str:
        """The stream of what belongs to no tier: homes, and bridging but for shelter."""
        streams = [str(stream) for stream in self.tiers["stream"]]
        return next((stream for stream in streams if stream != MO), MO)

    @property
    def has_home_capital(self) -> bool:
        """Whether corporations are said to invest in the homes they hand over."""
        return self.region.parameters.costs.home_capital is not None

    @cached_property
    def streams(self) -> tuple[str, ...]:
        """The streams that pay for something: those of the tiers, of clients and of corporations."""
        named = list(dict.fromkeys(self.stream_of.values()))
        clients = [CLIENT] if bool(self.prices.contribution.to_numpy().any()) else []
        return (*named, *clients, *([CORPORATION] if self.has_home_capital else []))

    @cached_property
    def payers(self) -> tuple[str, ...]:
        """Who pays: the municipalities, for each stream of others its own name, and the corporations."""
        others = [name for name in self.streams if name not in (*BORNE, CORPORATION)]
        corporations = dict.fromkeys(offer.corporation for offer in self.offers)
        return (*self.towns, *others, *(corporations if self.has_home_capital else ()))

    def years_from(self, year: int) -> tuple[int, ...]:
        """Return a planned year and those after it."""
        return self.years[self.years.index(year) :]

    def objective_weight(self, year: int, *, once: bool) -> float:
        """Return what a euro or point counts in the objective; a yearly one stands for later years too."""
        repeated = 1.0 if once or year != self.years[-1] else self.terminal
        return float(self.discount.sel(year=year)) * repeated

    def narrowing(self, year: int) -> float:
        """Return what is left of a grandfathered deviation: all in the base year, nothing in the last."""
        return (self.years[-1] - year) / (self.years[-1] - self.base_year)
