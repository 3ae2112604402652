"""Schema of `region.toml`: the numbers of a region, each with its unit and source."""

from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from models.parameters.quantity import (
    AssetLife,
    Clients,
    EurPerClientWeek,
    EurPerHome,
    EurPerPlace,
    EurPerPlaceYear,
    EurPerSiteYear,
    EurPerYear,
    Factor,
    Fte,
    FtePerClient,
    FtePerPlace,
    HomesPerYear,
    Kph,
    LeaseMonths,
    Metres,
    Minutes,
    Months,
    Places,
    PlacesPerThousand,
    PointsPerClientMinute,
    PointsPerClientYear,
    PointsPerEur,
    PointsPerFteYear,
    PointsPerMove,
    PointsPerPlaceYear,
    PointsPerSiteYear,
    Probability,
    Quantity,
    Rate,
    Ratio,
    Share,
    Text,
    Weeks,
)

EXITS = ("recovered", "wlz", "died")
WAITING = "waiting"
"""The name under which people without a place stand among the tiers of the transitions."""

MO = "MO"
"""The stream of shelter (*maatschappelijke opvang*): a yearly subsidy of its own, not mixed with the rest."""

type Code = Annotated[str, Field(pattern=r"^[A-Za-z][A-Za-z0-9_]*$", max_length=40)]
type Column = Annotated[str, Field(pattern=r"^[A-Za-z][A-Za-z0-9_]*$", max_length=80)]
type Year = Annotated[int, Field(ge=1990, le=2100)]
type Mode = Literal["hard", "soft", "off"]
type TravelMode = Literal["bicycle", "public_transport"]
type ConcentrationMeasure = Literal["around", "own", "share"]


class Section(BaseModel):
    """A part of `region.toml`: frozen, and a key that it does not know is an error."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)


class Wordings(Section):
    """A name in Dutch and English."""

    nl: Text = Field(min_length=1, max_length=80)
    en: Text = Field(min_length=1, max_length=80)


class Sentences(Section):
    """A text in Dutch and English."""

    nl: Text = Field(min_length=1, max_length=1000)
    en: Text = Field(min_length=1, max_length=1000)


class Header(Section):
    """Which region this is."""

    name: Text = Field(min_length=1, max_length=80)
    """What the region is called in reports."""
    language: Literal["nl", "en"] = "nl"
    """Language of reports where none is asked for."""
    crs: str = "EPSG:28992"
    """Projected reference system of all coordinates, in metres."""
    central_municipality: str
    """Code of the municipality that registers the clients and receives the grant."""
    note: Sentences | None = None
    """What a reader must know of this region before trusting a figure of it."""


class Years(Section):
    """The calendar years that are planned and how money of different years compares."""

    base: Year
    """The observed year, the one before the first planned year."""
    last: Year
    """The last planned year."""
    price_year: Year
    """Price level of every amount that names none."""
    indexation: Rate
    """Yearly growth of prices and wages."""
    discount_rate: Rate
    """Yearly nominal rate; only the objective discounts."""
    terminal: Factor
    """How many times the last year counts, so that nothing is dumped on it."""

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if not self.base < self.last <= self.base + 40:
            raise ValueError(f"last ({self.last}) lies 1 to 40 years after base ({self.base})")
        return self

    @property
    def planned(self) -> tuple[int, ...]:
        """The planned years, in order."""
        return tuple(range(self.base + 1, self.last + 1))


class Presence(Section):
    """Part of an all-in rate that pays for somebody who is there at night, however many live in the house.

    The rest of the rate follows the client. A house of `reference_places`, as full as it can be, costs
    what the rate alone would; a smaller or emptier one costs more for each client, a larger one less.
    """

    per_site: EurPerSiteYear
    """Of a house that runs, for a year."""
    reference_places: Places
    """Size of the house at which both ways to pay come to the same."""

    @model_validator(mode="after")
    def _somebody_lives_there(self) -> Self:
        if self.reference_places.value < 1:
            raise ValueError("reference_places is 1 or more")
        return self


class Tier(Section):
    """A form of housing with support.

    It is paid either by an all-in `rate` or by the components `running`, `place` and
    `client`, never by both.
    """

    name: Wordings
    """What it is called."""
    setting: Literal["facility", "home"]
    """Places at a site, or ordinary homes."""
    intramural: bool = False
    """Whether its places are the beds that the region means to reduce."""
    stream: Literal["Wmo", "Wlz", "Zvw", "MO"] = "Wmo"
    """Who pays for it."""
    rate: EurPerClientWeek | None = None
    """All-in, in place of the next three."""
    presence: Presence | None = None
    """Part of the all-in rate that does not follow the client; facilities only, absent: nothing."""
    availability: Share | None = None
    """Part of the all-in rate, less presence, that a place costs while it stands empty; as many places as
    may be lived in (`occupancy`). Facilities only; absent: an empty place costs nothing."""
    running: EurPerSiteYear | None = None
    """Of a site that runs, however many live there."""
    place: EurPerPlaceYear | None = None
    """Of a place, lived in or not."""
    client: EurPerClientWeek | None = None
    """Support of one client."""
    contribution: EurPerClientWeek | None = None
    """What a client pays of the support (*eigen bijdrage*); the tier's stream pays the rest of it."""
    building: EurPerPlace | None = None
    """Capital for one new place; facilities only."""
    closing: EurPerPlace | None = None
    """One-off cost of taking a place away; facilities only."""
    building_years: Annotated[int, Field(ge=0, le=10)] = 0
    """Years between deciding on new places and using them."""
    occupancy: Share | None = None
    """Share of the places that can be lived in; facilities only."""
    least: Places | None = None
    """Places below which a site does not run; facilities only."""
    norm: Minutes
    """Travel time within which a client's place should lie."""
    reach: Minutes
    """Travel time beyond which a client is never housed."""
    norms: dict[TravelMode, Minutes] = Field(default_factory=dict)
    """Travel time by other means within which a place is near too; `norm` and `reach` are by car."""
    concentration_weight: Factor | None = None
    """How much one place weighs in the load of a neighbourhood; ordinary homes weigh 0."""
    keeps_home: Share | None = None
    """Share of those who recover who stay on in the home as its tenant; homes only."""
    flip: LeaseMonths | None = None
    """Months that the lease is on the provider's name before it goes to the client (*omklapwoning*);
    whoever leaves care sooner leaves the home behind. Homes only; absent: the client is tenant at once."""

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        components = [name for name in ("running", "place", "client") if getattr(self, name)]
        if (self.rate is None) == (not components):
            raise ValueError("either an all-in rate or components (running, place, client), never both")
        if (self.presence or self.availability) and self.rate is None:
            raise ValueError("presence and availability are parts of an all-in rate, and there is none")
        facility_only = (
            "presence",
            "availability",
            "running",
            "place",
            "building",
            "closing",
            "occupancy",
            "least",
            "concentration_weight",
        )
        if self.setting == "facility":
            missing = [n for n in ("building", "closing", "occupancy", "least") if getattr(self, n) is None]
            if missing:
                raise ValueError(f"a facility tier also has {', '.join(missing)}")
            if self.keeps_home is not None or self.flip is not None:
                raise ValueError("keeps_home and flip belong to home tiers")
        else:
            extra = [n for n in facility_only if getattr(self, n) is not None]
            if extra:
                raise ValueError(f"a home tier has no {', '.join(extra)}")
            if self.intramural:
                raise ValueError("a home tier is not intramural")
            if self.keeps_home is None:
                raise ValueError("a home tier also has keeps_home")
        if self.norm.value > self.reach.value:
            raise ValueError("norm is at most reach")
        return self

    @model_validator(mode="after")
    def _shelter(self) -> Self:
        if self.stream == MO and self.intramural:
            raise ValueError("a tier of MO is not intramural: beds that go are those of beschermd wonen")
        if self.stream == MO and self.setting == "facility" and (self.rate or self.client):
            raise ValueError("a facility of MO has a yearly subsidy (running, place), no amount by the week")
        return self


class Profile(Section):
    """A level of need, the tiers that fit it and those in which it may live for want of better."""

    name: Wordings
    """What it is called."""
    fits: tuple[Code, ...] = Field(min_length=1)
    """Tiers that are right for it."""
    also: tuple[Code, ...] = ()
    """Tiers where the profile may live although they do not fit."""

    @property
    def allowed(self) -> tuple[str, ...]:
        """Every tier in which the profile may live."""
        return (*self.fits, *self.also)


class Inflow(Section):
    """New clients of a year: a share of the base stock, moving with a trend."""

    share: Share
    """New clients of a year as a share of the base stock."""
    trend: Rate
    """Yearly change of the inflow."""
    profiles: dict[Code, Share]
    """How new clients divide over the profiles; adds up to 1."""


type Transitions = dict[Code, dict[Code, dict[Code, Probability]]]
type ByProfile = dict[Code, Probability]


class Pathway(Section):
    """How people move between profiles, come in and leave care (after Leff, Dada and Graves)."""

    inflow: Inflow
    transitions: Transitions
    """tier or `waiting` → profile → other profile → yearly probability; the rest stays."""
    recovered: dict[Code, ByProfile]
    """home tier → profile → yearly probability of leaving care."""
    wlz: ByProfile
    """profile → yearly probability of moving to the Wlz."""
    died: ByProfile
    """profile → yearly probability of dying."""


class Travel(Section):
    """Minutes where no table gives them: straight line × detour ÷ speed."""

    detour: Factor
    """Kilometres of road for one of straight line."""
    speed: Kph
    """By car, door to door."""
    cycling: Kph | None = None
    """Speed by bicycle; absent: no minutes by bicycle but those of travel.csv."""
    road_speeds: dict[Code, Kph] = Field(default_factory=dict)
    """Class of road → speed where roads have none: `highway` of OpenStreetMap, `WEGBEHSRT` of NWB."""


class Conversion(Section):
    """Places of one tier turned into places of another at the same site."""

    ratio: Ratio
    """Places that arrive for one place converted."""
    cost: EurPerPlace
    """Capital for one place converted."""
    changeover: Weeks = Quantity(value=0, unit="weeks")
    """Weeks in which the old place is still paid beside the new one."""
    building_years: Annotated[int, Field(ge=0, le=20)] | None = None
    """Whole years until converted places can be used; absent: those of the tier that they become."""


class Costs(Section):
    """Amounts that belong to no single tier."""

    interest: Rate
    """Of the annuity by which capital is paid."""
    asset_life: AssetLife
    """Years over which capital is paid as an annuity."""
    new_home: EurPerHome
    """One-off cost of a home handed over: furnishing and first support."""
    home_capital: EurPerHome | None = None
    """What a corporation invests in a home that it hands over; it pays this as an annuity."""
    bridging: EurPerClientWeek
    """Support of somebody who waits."""
    double_running: Weeks
    """Weeks that an all-in place is still paid after it is taken away."""
    conversions: dict[Code, dict[Code, Conversion]] = Field(default_factory=dict)
    """tier → tier → how places are converted; a pair that is absent cannot be converted."""


class Homes(Section):
    """Ordinary homes from corporations."""

    lead: Months
    """Months between urgency and key."""
    more: dict[str, HomesPerYear] = Field(default_factory=dict)
    """municipality → homes a year more than homes.csv offers in every planned year; fewer below 0."""

    @model_validator(mode="after")
    def _are_whole(self) -> Self:
        parts = [town for town, homes in self.more.items() if homes.value != round(homes.value)]
        if parts:
            raise ValueError(f"whole homes a year for {', '.join(parts)}")
        return self


class Weights(Section):
    """What only steers: points that stand beside euros in the objective and are never paid."""

    travel: PointsPerClientMinute
    """A minute between where a client comes from and lives, for a year."""
    misfit: PointsPerClientYear
    """A client-year in a tier that does not fit the profile."""
    waiting: PointsPerClientYear
    """A client-year without a place, beside what bridging support costs."""
    unasked_move: PointsPerMove
    """A move out of a tier that fits."""


class IntramuralReduction(Section):
    """Policy 8: Wmo intramural places follow a falling path of the base."""

    mode: Mode = "soft"
    price: PointsPerPlaceYear
    by_end: Share
    """Share of the base places that is gone in the last year; years between on a straight line."""
    path: dict[Year, Share] = Field(default_factory=dict)
    """Share gone in given years; between them a straight line."""


class ReplacementBeforeClosure(Section):
    """Policy 9: where beds go, everybody who needs a place has one as in the base year; not too fast."""

    mode: Literal["hard", "off"] = "hard"
    years_ahead: Annotated[int, Field(ge=0, le=10)]
    """Years before the closing in which the replacement stood already; 0 asks for it in the year itself."""
    most_per_year: Share
    """Largest share of the base's intramural places that may go in one year."""
    houses_stop_at_once: bool = False
    """Whether all beds of a house that stops may go in one year, though that is more: as long as no more
    have gone since the base year than the share of every year together. Only where buildings stay."""


class WithinTravelNorm(Section):
    """Policy 10: most people of a municipality live within the norm of their tier."""

    mode: Mode = "soft"
    price: PointsPerClientYear
    share: Share
    """Part of a municipality's clients, waiting ones too, for whom that is so."""


class NeighbourhoodConcentration(Section):
    """Policy 11: facility places of a neighbourhood stay under a norm, by one measure or more.

    What is over the norm is counted once: where measures differ, the largest.
    """

    mode: Mode = "soft"
    price: PointsPerPlaceYear
    measures: tuple[ConcentrationMeasure, ...] = Field(default=("around",), min_length=1)
    """around: places per 1,000 inhabitants of a neighbourhood and its neighbours; own: of the
    neighbourhood by itself; share: part of the municipality's places that is in one neighbourhood."""
    norm: PlacesPerThousand | None = None
    """Weighted places per 1,000 inhabitants of a neighbourhood and its neighbours."""
    own_norm: PlacesPerThousand | None = None
    """Weighted places per 1,000 inhabitants of the neighbourhood by itself."""
    most_share: Share | None = None
    """Largest part of a municipality's weighted places, beyond one facility, in one neighbourhood."""

    @model_validator(mode="after")
    def _has_norms(self) -> Self:
        if len(set(self.measures)) < len(self.measures):
            raise ValueError("measures names each measure once")
        norms = {"around": "norm", "own": "own_norm", "share": "most_share"}
        lacking = [norms[name] for name in self.measures if getattr(self, norms[name]) is None]
        if lacking:
            raise ValueError(f"measures {', '.join(self.measures)} also ask for {', '.join(lacking)}")
        return self


class FairShareBetweenMunicipalities(Section):
    """Policy 13: a municipality's part of the facility places is near its share."""

    mode: Mode = "soft"
    price: PointsPerPlaceYear
    band: Share
    """Deviation from the fair share that is let pass, as a share of it."""


class WaitingDoesNotGrow(Section):
    """Policy 19: no municipality has more people waiting than in the base year."""

    mode: Mode = "soft"
    price: PointsPerClientYear


class FacilitiesKeptApart(Section):
    """Policy 12: of the sites that lie within a distance of each other one runs at most."""

    mode: Mode = "off"
    price: PointsPerSiteYear = Quantity(value=50_000, unit="points/site-year")
    distance: Metres = Quantity(value=300, unit="m")
    """Straight line between two sites below which they are too near."""


class HelpWithinReach(Section):
    """Policy 14: some home tiers are only lived in where staff can come soon."""

    mode: Literal["hard", "off"] = "off"
    homes: tuple[Code, ...] = ()
    """Home tiers that need it."""
    staffed: tuple[Code, ...] = ()
    """Facility tiers whose staff comes."""
    response: Minutes = Quantity(value=15, unit="minutes")
    """Travel time within which they come."""

    @model_validator(mode="after")
    def _has_tiers(self) -> Self:
        if self.mode != "off" and not (self.homes and self.staffed):
            raise ValueError("homes and staffed name the tiers, one at least each")
        return self


class Budget(Section):
    """Policy 15: the Wmo euros of a year stay within its grants, less Wlz money and execution cost."""

    mode: Mode = "off"
    level: Literal["region", "municipality"] = "region"
    """Whether all grants together are enough, or each municipality's for what it bears by the regime."""
    price: PointsPerEur = Quantity(value=1, unit="points/EUR")


class ProviderShare(Section):
    """Policy 16: no provider has more than a share of the region's facility places."""

    mode: Mode = "off"
    price: PointsPerPlaceYear = Quantity(value=10_000, unit="points/place-year")
    share: Share = Quantity(value=0.5, unit="share")
    """Largest part of all places."""


class ContractNodes(Section):
    """Policy 17: places change only in the years in which contracts are renewed."""

    mode: Mode = "off"
    price: PointsPerPlaceYear = Quantity(value=10_000, unit="points/place-year")
    contract_ends: tuple[Year, ...] = ()
    """Years in which places may change; after a contract that ends with a year, name the next one."""
    renewal_years: Annotated[int, Field(ge=1, le=20)] = 2
    """After the last of those years, places may change again every so many years."""

    @model_validator(mode="after")
    def _has_years(self) -> Self:
        if self.mode != "off" and not self.contract_ends:
            raise ValueError("contract_ends names the years in which places may change, one at least")
        return self


class SpecialistScale(Section):
    """Policy 18: a tier for a small group has a least number of places in the region, or none."""

    mode: Mode = "off"
    price: PointsPerPlaceYear = Quantity(value=10_000, unit="points/place-year")
    tiers: tuple[Code, ...] = ()
    """Facility tiers that it holds for."""
    least: Places = Quantity(value=8, unit="places")
    """Places in the whole region from which it may be offered."""

    @model_validator(mode="after")
    def _has_tiers(self) -> Self:
        if self.mode != "off" and not self.tiers:
            raise ValueError("tiers names the tiers that it holds for, one at least")
        return self


class StaffWithinReach(Section):
    """Policy 20: places and clients ask no more staff than there is."""

    mode: Mode = "off"
    price: PointsPerFteYear = Quantity(value=100_000, unit="points/fte-year")
    per_place: dict[Code, FtePerPlace] = Field(default_factory=dict)
    """facility tier → staff for one place, lived in or not."""
    per_client: dict[Code, FtePerClient] = Field(default_factory=dict)
    """tier → staff for one client, counted in the municipality where the client lives."""
    available: dict[str, Fte] = Field(default_factory=dict)
    """municipality → staff that can be had there; no limit where none is named."""
    in_region: Fte | None = None
    """Staff that can be had in the whole region."""

    @model_validator(mode="after")
    def _has_limits(self) -> Self:
        asked, limits = self.per_place or self.per_client, self.available or self.in_region
        if self.mode != "off" and not (asked and limits):
            raise ValueError("per_place or per_client is what is asked, available or in_region what there is")
        return self


class TenantsStay(Section):
    """Policy 21: who lives in a home goes on living in a home as long as some home tier suits the need."""

    mode: Literal["hard", "off"] = "hard"


class ResidentsStay(Section):
    """Policy 22: residents who must move because their place goes are counted, and each costs points."""

    mode: Mode = "off"
    """hard: no more must move in a year than most_per_year, nobody where it is absent; soft: at a price."""
    price: PointsPerMove = Quantity(value=60_000, unit="points/move")
    """Of a resident who must move to another site without having asked for it; counts for no more than
    nearly the weight of an unasked move, which is one out of a fitting form of housing."""
    asked: PointsPerMove = Quantity(value=1_000, unit="points/move")
    """Of a move out of a site that the resident's own need asked for."""
    most_asked: Share = Quantity(value=0.5, unit="share")
    """Largest part of a site's residents whose own need asks them to move on in one year."""
    most_per_year: Clients | None = None
    """Residents of the region who must move in one year, at most; absent and soft: no limit."""


class BuildingsStay(Section):
    """Policy 23: what is opened or converted stands to the end; a tier of today goes one way, up or down."""

    mode: Literal["hard", "off"] = "hard"


class BedHousesKeepScale(Section):
    """Policy 25: a house with beds keeps most of them, or it stops or changes form."""

    mode: Literal["hard", "off"] = "off"
    share: Share = Quantity(value=0.667, unit="share")
    """Part of a house's beds of the base year, in whole beds below it, that it keeps while it goes on."""


class ShelterStays(Section):
    """Policy 24: capacity of the shelter stream (MO) changes only where the scenario says so."""

    mode: Literal["hard", "off"] = "hard"
    free_from: dict[str, Year] = Field(default_factory=dict)
    """Site → first year in which its shelter places may change."""


class NoticeBeforeClosing(Section):
    """Places are only taken away when the notice of contract and lease has passed since the plan was made."""

    mode: Literal["hard", "off"] = "off"
    notice: LeaseMonths = Quantity(value=6, unit="months")
    """Months from the end of the base year; what goes in a year is gone from its first day."""


class SitesRunAsSettled(Section):
    """Of some sites it is settled beforehand whether they run, whatever else the plan decides."""

    mode: Mode = "off"
    """Hard where sites are named and nothing else is said."""
    price: PointsPerSiteYear = Quantity(value=1_000_000, unit="points/site-year")
    open: tuple[str, ...] = ()
    """Sites that run: those of today in every year, candidates in the last."""
    shut: tuple[str, ...] = ()
    """Sites that do not: those of today are gone in the last year, candidates never open."""

    @model_validator(mode="before")
    @classmethod
    def _hard_where_sites_are_named(cls, given: Any) -> Any:
        named = isinstance(given, dict) and bool(given.get("open") or given.get("shut"))
        return {"mode": "hard", **given} if named else given

    @model_validator(mode="after")
    def _one_answer(self) -> Self:
        both = sorted({*self.open} & {*self.shut})
        if both:
            raise ValueError(f"each site in one of open and shut, not {', '.join(both)} in both")
        return self


type SoftPolicy = (
    IntramuralReduction
    | WithinTravelNorm
    | NeighbourhoodConcentration
    | FairShareBetweenMunicipalities
    | WaitingDoesNotGrow
    | FacilitiesKeptApart
    | Budget
    | ProviderShare
    | ContractNodes
    | SpecialistScale
    | StaffWithinReach
    | SitesRunAsSettled
    | AgreedDecisionsAreKept
)
"""Policies that can be soft: they have a price."""


class AgreedDecisionsAreKept(Section):
    """What somebody has agreed (agreed.csv, or `--lock`) stands as it was agreed."""

    mode: Mode = "hard"
    price: PointsPerPlaceYear = Quantity(value=1_000_000, unit="points/place-year")
    """Of a place or home that is otherwise, where soft; and where a plan is finished with few changes."""


class Policies(Section):
    """What a scenario switches, sizes and prices."""

    intramural_reduction: IntramuralReduction
    replacement_before_closure: ReplacementBeforeClosure
    within_travel_norm: WithinTravelNorm
    neighbourhood_concentration: NeighbourhoodConcentration
    fair_share_between_municipalities: FairShareBetweenMunicipalities
    waiting_does_not_grow: WaitingDoesNotGrow
    facilities_kept_apart: FacilitiesKeptApart = FacilitiesKeptApart()
    help_within_reach: HelpWithinReach = HelpWithinReach()
    budget: Budget = Budget()
    provider_share: ProviderShare = ProviderShare()
    contract_nodes: ContractNodes = ContractNodes()
    specialist_scale: SpecialistScale = SpecialistScale()
    staff_within_reach: StaffWithinReach = StaffWithinReach()
    tenants_stay: TenantsStay = TenantsStay()
    residents_stay: ResidentsStay = ResidentsStay()
    buildings_stay: BuildingsStay = BuildingsStay()
    bed_houses_keep_scale: BedHousesKeepScale = BedHousesKeepScale()
    shelter_stays: ShelterStays = ShelterStays()
    notice_before_closing: NoticeBeforeClosing = NoticeBeforeClosing()
    sites_run_as_settled: SitesRunAsSettled = SitesRunAsSettled()
    agreed_decisions_are_kept: AgreedDecisionsAreKept = AgreedDecisionsAreKept()


NEVER = "never"


def _law_year(written: object) -> object:
    if written == NEVER or (type(written) is int and 1990 <= written <= 2100):
        return written
    raise ValueError(f"a year from 1990 to 2100, or '{NEVER}'")


type Law = Annotated[int | Literal["never"], BeforeValidator(_law_year)]
type Regime = Literal["central", "objective", "development", "residence"]
type SharedFacility = Literal["shelter", "walk_in", "intramural", "expert_pool"]


class GrowthPath(Section):
    """How the historic distribution gives way to the objective one (*ingroeipad*): a choice, no default.

    Ten years and 10 % new clients a year (S1, S2) can be read in two ways, and the yearly
    percentages were never found.
    """

    shape: Literal["linear", "geometric"]
    """linear: each year the same part of the whole; geometric: the same part of what is left."""
    yearly: Probability
    """That part: 0.1 is gone in ten years when linear, and leaves 34.9 % then when geometric."""


class WlzTakeOut(Section):
    """The money that left the grants for the Wlz (*uitname*); the people who left are another number."""

    money: Share
    """Share of the grant that is taken out."""
    since: Year
    """First year in which it is: amounts of budgets.csv from then on are those before it is taken."""


class Funding(Section):
    """Who receives the grant and who bears the cost, and how that changes if the law comes.

    As it stands by itself the law never comes: the central municipality receives what budgets.csv
    says and bears everything.
    """

    before: Literal["central", "development"] = "central"
    """Regime until the law comes."""
    law: Law = "never"
    """Year in which the law comes, the first of the growth path, or never."""
    after: Regime = "residence"
    """Regime from that year on."""
    pooled: bool = True
    """Whether municipalities of one region (municipalities.csv) settle nothing among themselves."""
    carry_on: bool = False
    """Whether the last grant of budgets.csv goes on, indexed, in years without one."""
    path: GrowthPath | None = None
    wlz: WlzTakeOut | None = None
    execution: EurPerYear | None = None
    """Cost of carrying out, taken off the grants first."""
    facilities: dict[SharedFacility, EurPerYear] = Field(default_factory=dict)
    """Development model: the budget of each kind of shared facility, for its hosts together."""

    def regime(self, year: int) -> Regime:
        """Return the regime of a year."""
        return self.before if isinstance(self.law, str) or year < self.law else self.after


class Indicator(Section):
    """A figure of the neighbourhoods that says how much they can carry."""

    weight: Factor
    """Its part in the index, beside those of the others."""
    sign: Literal["+", "-"]
    """Whether more of it means that a neighbourhood can carry more (+) or less (-)."""


def _half(sign: Literal["+", "-"]) -> Indicator:
    return Indicator(weight=Quantity(value=0.5, unit="factor"), sign=sign)


class CarryingCapacity(Section):
    """What scales the norm of concentration per neighbourhood (*draagkracht*); off unless asked for."""

    mode: Literal["on", "off"] = "off"
    missing: Literal["fault", "mean"] = "fault"
    """What a neighbourhood without a figure is: a fault, or in the middle of the country (by an indicator
    without a national distribution: the mean of the others by inhabitants)."""
    least: Factor = Quantity(value=0.6, unit="factor")
    """Index of a neighbourhood that by every indicator can carry least."""
    most: Factor = Quantity(value=1.4, unit="factor")
    """Index of one that can carry most; halfway is the middle of the country."""
    indicators: dict[Column, Indicator] = Field(
        default_factory=lambda: {
            "percentage_laag_inkomen": _half("-"),
            "percentage_huurwoningen_in_bezit_woningcorporaties": _half("-"),
        },
        min_length=1,
    )
    """column of the file of neighbourhoods → its weight and sign."""

    @model_validator(mode="after")
    def _bounds_in_order(self) -> Self:
        if not 0.0 < self.least.value <= self.most.value:
            found = f"{self.least.value} and {self.most.value}"
            raise ValueError(f"least lies above 0 and is no more than most, not {found}")
        return self


class Checks(Section):
    """How closely figures of different tables must agree."""

    rounding: Annotated[int, Field(ge=0, le=1000)] = 5
    """Rounding of one neighbourhood's count: a sum of n of them may be off by n times this."""
    clients: dict[Code, Clients] = Field(default_factory=dict)
    """Published sums that clients.csv must add up to: `all`, a form (ZIN, PGB) or a municipality's code."""


class Privacy(Section):
    """What the public version of a report leaves out."""

    threshold: Annotated[int, Field(ge=2, le=1000)] = 10
    """A count of people, places or homes under this is not published, 0 included."""


class Parameters(Section):
    """Everything that `region.toml` says."""

    region: Header
    years: Years
    tiers: dict[Code, Tier] = Field(min_length=1)
    profiles: dict[Code, Profile] = Field(min_length=1)
    pathway: Pathway
    travel: Travel
    homes: Homes
    costs: Costs
    weights: Weights
    policies: Policies
    carrying_capacity: CarryingCapacity = CarryingCapacity()
    funding: Funding = Funding()
    checks: Checks = Checks()
    privacy: Privacy = Privacy()

    def tiers_of(self, setting: Literal["facility", "home"]) -> tuple[str, ...]:
        """Return the codes of the tiers of one setting, in the order of the file."""
        return tuple(code for code, tier in self.tiers.items() if tier.setting == setting)
