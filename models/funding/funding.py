"""Funding regimes: grant, cost borne and settlement by municipality and year.

Four regimes, of which one holds in a year (`Funding.regime`):

central
    The central municipality receives the historic grant and bears everything. This is the law as it
    is, and stays when the new one never comes.
objective
    The grant moves along the growth path from the historic to the objective distribution. Legacy
    clients stay with the central municipality; a new client is borne where they come from inside
    their own region, and by the host when they come from another.
development
    The Groningen model: one budget, execution cost off first. Hosts of a shared facility get its
    budget, the rest goes to every municipality by share, for access and support at home. Who
    hosts bears the facility, every municipality bears its own people in homes.
residence
    The residence principle (*woonplaatsbeginsel*), for which the law also brings the objective
    grant: the origin bears new clients wherever they live and pays the host for them. Nothing is
    settled inside a pooled region.

Origin, host and payer are three labels of a euro and stay apart. Arrays are labelled by
municipality code and year; all amounts are nominal EUR of the year. Only the streams in `MUNICIPAL`
are divided and settled. Shelter (MO) is not handed on with them: under every regime its centre
receives the subsidy and bears it. Amounts of others stay with the origin, for information.
"""

from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd
import xarray as xr

from models.parameters.finance import nominal
from models.parameters.parameters import MO, Funding, GrowthPath, Regime, Years

MUNICIPAL = ("Wmo",)
"""Streams whose grant is divided over municipalities, and which they settle among themselves."""

BORNE = (*MUNICIPAL, MO)
"""Streams that municipalities bear: their own, and the subsidy of shelter. Others pay the rest."""

SHARES_TO_ONE = 1e-3
"""How far objective shares may be off 1: they are published in few decimals."""

SETTINGS = ("facility", "home")
"""Where people live: the second thing, beside origin and residence, that tells who bears a euro."""

STEPS = ("given", "carried_on", "wlz", "execution", "divided")
"""How a grant comes about: budgets.csv, its last amount indexed on, less Wlz money, less execution
cost, and what the regime moves between municipalities."""

type Depends = Literal["no", "linear", "after"]


@dataclass(frozen=True)
class RegimeCard:
    """What a regime asks of the plan, and where it is from.

    `grant`, `due` and `settlement` tell whether the amount depends on the plan's decisions: no, linear
    in them (so it can be a row of the model), or only after it, because shared costs are divided
    by the people whom the plan turns out to house.
    """

    grant: Depends
    due: Depends
    settlement: Depends
    source: str
    sentence: dict[str, str]


REGIMES: Mapping[Regime, RegimeCard] = {
    "central": RegimeCard(
        grant="no",
        due="linear",
        settlement="no",
        source="bill 36 288 is not in force: the centres keep the historic distribution",
        sentence={
            "nl": "De centrumgemeente krijgt de historische uitkering en betaalt alles.",
            "en": "The central municipality receives the historic grant and pays for everything.",
        },
    ),
    "objective": RegimeCard(
        grant="no",
        due="after",
        settlement="no",
        source="S1, S2, S3: ten years from the historic to the objective distribution",
        sentence={
            "nl": "De uitkering groeit van historisch naar objectief verdeeld; bestaande cliënten blijven "
            "bij de centrumgemeente.",
            "en": "The grant moves from historic to objective shares; existing clients stay with the "
            "central municipality.",
        },
    ),
    "development": RegimeCard(
        grant="no",
        due="after",
        settlement="no",
        source="S0: memo to the councils of BMWE, 2018 (ontwikkelmodel)",
        sentence={
            "nl": "Elke gemeente krijgt een vast budget voor toegang en hulp thuis; wie een gedeelde "
            "voorziening heeft, krijgt en betaalt die erbij.",
            "en": "Every municipality gets a fixed budget for access and support at home; who hosts a "
            "shared facility gets its budget on top, and pays for it.",
        },
    ),
    "residence": RegimeCard(
        grant="no",
        due="after",
        settlement="after",
        source="bill 36 288; S2, S3 (geld volgt cliënt); S1, S2 (existing clients stay with the centre)",
        sentence={
            "nl": "De gemeente van herkomst betaalt nieuwe cliënten en verrekent met wie hen in een andere "
            "regio huisvest.",
            "en": "The municipality of origin pays for new clients and settles with who houses them in "
            "another region.",
        },
    ),
}
"""Regime → its card. No grant depends on the plan: the development model's budgets are fixed ones."""


@dataclass(frozen=True)
class Account:
    """The money of a plan, in nominal EUR.

    Attributes
    ----------
    grant
        (municipality, stream, year): what is received; NaN where no grant is known.
    due
        (municipality, stream, year): what the municipality bears; adds up to what is spent.
    settlement
        (payer, host, year): what one pays another for people of its own who live there.
    gap
        (municipality, stream, year): grant − due; below zero is short, NaN where no grant is known.
    """

    grant: xr.DataArray
    due: xr.DataArray
    settlement: xr.DataArray
    gap: xr.DataArray


@dataclass(frozen=True)
class Treasury:
    """What the regimes need to know of a region.

    Attributes
    ----------
    funding, years
        The choices of region.toml.
    municipalities
        Index code; region, inhabitants, objective_share, host (tuple of kinds of shared facility),
        central (code of its central municipality).
    budgets
        municipality, year, stream, eur: rows of budgets.csv.
    """

    funding: Funding
    years: Years
    municipalities: pd.DataFrame
    budgets: pd.DataFrame

    def account(self, spent: xr.DataArray) -> Account:
        """Return the money under the regime of each year.

        Parameters
        ----------
        spent
            (origin, host, setting, stream, year) nominal EUR: what people of `origin` cost who live in
            `host`, by setting (facility or home). Nothing is lost: its sum is the plan's cost.
        """
        grant = self.grants(list(spent["stream"].values), list(spent["year"].values))
        borne = due(spent, self)
        return Account(
            grant=grant.assign_attrs(
                units="EUR", long_name="grant; missing where none is known", **self._told()
            ),
            due=borne.assign_attrs(units="EUR", long_name="nominal euros by municipality that bears them"),
            settlement=settlement(spent, self).assign_attrs(
                units="EUR", long_name="settlement between municipalities; nothing inside a pooled region"
            ),
            gap=(grant - borne).assign_attrs(
                units="EUR", long_name="grant less what is borne; below zero is short"
            ),
        )

    def _told(self) -> dict[str, str]:
        regimes = [f"{t} {self.funding.regime(t)}" for t in self.years.planned]
        return {"regimes": ", ".join(regimes), "shares": objective_shares(self.municipalities).attrs["basis"]}

    def historic(self, streams: Sequence[str], years: Sequence[int]) -> xr.DataArray:
        """Return the grants as budgets.csv divides them (municipality, stream, year), in nominal EUR.

        Wlz money and execution cost are off; NaN where no grant is known.
        """
        granted = self._given(streams, years)
        return granted + self._wlz_money(granted) + self._execution_cost(granted)

    def grants(self, streams: Sequence[str], years: Sequence[int]) -> xr.DataArray:
        """Return the grants (municipality, stream, year) of the regime of each year, in nominal EUR."""
        key = ("grants", tuple(streams), tuple(years))
        return self._remembered(key, lambda: self._grants(streams, years))

    def _grants(self, streams: Sequence[str], years: Sequence[int]) -> xr.DataArray:
        historic = self.historic(streams, years)
        by_year = [self._grant_of(year, historic.sel(year=[year])) for year in years]
        return xr.concat(by_year, dim="year", join="exact").transpose("municipality", "stream", "year")

    def grant_steps(self, streams: Sequence[str], years: Sequence[int]) -> xr.DataArray:
        """Return how every grant comes about (step, municipality, stream, year), in nominal EUR.

        The `STEPS` add up to the grants; 0 where no grant is known.
        """
        key = ("grant_steps", tuple(streams), tuple(years))
        return self._remembered(key, lambda: self._grant_steps(streams, years))

    def _grant_steps(self, streams: Sequence[str], years: Sequence[int]) -> xr.DataArray:
        codes = list(self.municipalities.index)
        written, granted = given_grants(self.budgets, codes, streams, years), self._given(streams, years)
        steps = {
            "given": written.fillna(0.0),
            "carried_on": granted.fillna(0.0) - written.fillna(0.0),
            "wlz": self._wlz_money(granted).fillna(0.0),
            "execution": self._execution_cost(granted).fillna(0.0),
        }
        so_far = sum(steps.values(), xr.zeros_like(steps["given"]))
        steps["divided"] = self.grants(streams, years).fillna(0.0) - so_far
        whole = xr.concat([steps[name] for name in STEPS], dim="step", join="exact")
        return whole.assign_coords(step=list(STEPS)).assign_attrs(
            units="EUR", long_name="how the grant comes about; the steps add up to it"
        )

    def _given(self, streams: Sequence[str], years: Sequence[int]) -> xr.DataArray:
        """Return budgets.csv, carried on where the region says so; NaN where no grant is known."""
        granted = given_grants(self.budgets, list(self.municipalities.index), streams, years)
        return carried_on(granted, self.budgets, self.years) if self.funding.carry_on else granted

    def _wlz_money(self, granted: xr.DataArray) -> xr.DataArray:
        """Return the Wlz money in the given grants, below zero: it is taken out of the municipal streams."""
        taken = -granted * self._wlz_share(granted["year"])
        return taken.where(granted["stream"].isin(MUNICIPAL), 0.0 * granted)

    def _execution_cost(self, granted: xr.DataArray) -> xr.DataArray:
        """Return the execution cost, below zero, taken off the municipal streams in proportion."""
        total = granted.sum("municipality", min_count=1)
        off = -self._execution(granted["year"]) * granted / total.where(total > 0)
        return off.where(granted["stream"].isin(MUNICIPAL) & (total > 0), 0.0 * granted)

    def _wlz_share(self, years: xr.DataArray) -> xr.DataArray:
        out = self.funding.wlz
        taken = [out.money.value if out and year >= out.since else 0.0 for year in years.values]
        return xr.DataArray(taken, coords={"year": years.values}, dims="year")

    def _execution(self, years: xr.DataArray) -> xr.DataArray:
        cost = self.funding.execution
        eur = [nominal(cost, int(year), self.years) if cost else 0.0 for year in years.values]
        return xr.DataArray(eur, coords={"year": years.values}, dims="year")

    def _grant_of(self, year: int, historic: xr.DataArray) -> xr.DataArray:
        """Divide the grant of one year over the municipalities; streams of others stay as given."""
        regime, share = self.funding.regime(year), objective_shares(self.municipalities)
        total = historic.sum("municipality", min_count=1)
        if regime == "central":
            return historic
        if regime == "development":
            own = total.where(total["stream"].isin(MUNICIPAL))
            divided = development(own, share, self.facility_budgets(year), self._hosts())
        else:
            divided = blended(historic.fillna(0.0).where(total.notnull()), share, self.legacy(year))
        return divided.where(historic["stream"].isin(MUNICIPAL), historic)

    def legacy(self, year: int) -> float:
        """Return what is left of the old distribution and of the legacy clients' cost in a year (0–1).

        Both follow the growth path: new clients replacing a tenth a year is the reason that is given
        for its ten years (S2).
        """
        law, path = self.funding.law, self.funding.path
        if isinstance(law, str) or year < law:
            return 1.0
        if path is None:
            raise ValueError("a growth path is needed once the law has come")
        return legacy_part(path, year - law + 1)

    def bearing(self, year: int, stream: str = MUNICIPAL[0]) -> xr.DataArray:
        """Return who bears a euro of a stream in `BORNE` (origin, host, setting, municipality) in a year.

        By origin and residence of the person it is spent on and by setting (facility, home): the
        share of each municipality; they add up to 1. Shelter (MO) is its centre's under every regime.
        """
        return self._remembered(("bearing", year, stream), lambda: self._bearing(year, stream))

    def _bearing(self, year: int, stream: str) -> xr.DataArray:
        regime, legacy = self.funding.regime(year), self.legacy(year)
        codes = list(self.municipalities.index)
        own = np.eye(len(codes))
        origin, host = own[:, None, None, :], own[None, :, None, :]
        central = self.central_of().to_numpy()[:, None, None, :]
        if stream == MO or regime == "central":
            borne = central
        elif regime == "development":
            at_home = np.array([setting == "home" for setting in SETTINGS])[None, None, :, None]
            borne = np.where(at_home, origin, host)
        elif regime == "residence":
            borne = legacy * central + (1.0 - legacy) * origin
        else:
            new = np.where(self.same_pool().to_numpy()[:, :, None, None], origin, host)
            borne = legacy * central + (1.0 - legacy) * new
        labels = {"origin": codes, "host": codes, "setting": list(SETTINGS), "municipality": codes}
        shares = np.broadcast_to(borne, [len(known) for known in labels.values()])
        return xr.DataArray(shares, coords=labels, dims=tuple(labels))

    def _remembered(self, key: Hashable, made: Callable[[], xr.DataArray]) -> xr.DataArray:
        """Return what depends on the region alone, made once."""
        memory: dict[Hashable, xr.DataArray] = self.__dict__.setdefault("_memory", {})
        if key not in memory:
            memory[key] = made()
            memory[key].values.flags.writeable = False  # it is shared
        return memory[key]

    def facility_budgets(self, year: int) -> xr.DataArray:
        """Return the budget of each kind of shared facility (kind) in a year, in nominal EUR."""
        amounts = {kind: nominal(eur, year, self.years) for kind, eur in self.funding.facilities.items()}
        return xr.DataArray(list(amounts.values()), coords={"kind": list(amounts)}, dims="kind")

    def _hosts(self) -> xr.DataArray:
        kinds, hosts = list(self.funding.facilities), self.municipalities["host"]
        return xr.DataArray(
            [[float(kind in here) for kind in kinds] for here in hosts],
            coords={"municipality": list(hosts.index), "kind": kinds},
            dims=("municipality", "kind"),
        )

    def central_of(self) -> xr.DataArray:
        """Return (origin, central) 1 where the one is the central municipality of the other, else 0."""
        codes, own = list(self.municipalities.index), self.municipalities["central"].to_numpy()
        is_it = (own[:, None] == np.array(codes)[None, :]).astype(float)
        return xr.DataArray(is_it, coords={"origin": codes, "central": codes}, dims=("origin", "central"))

    def same_pool(self) -> xr.DataArray:
        """Return (origin, host) whether the two settle nothing: the same one, or a pooled region."""
        codes, region = list(self.municipalities.index), self.municipalities["region"].to_numpy()
        same = np.eye(len(codes), dtype=bool)
        if self.funding.pooled:
            same |= region[:, None] == region[None, :]
        return xr.DataArray(same, coords={"origin": codes, "host": codes}, dims=("origin", "host"))


def legacy_part(path: GrowthPath, nth_year: int) -> float:
    """Return what is left of the old in the nth year of a growth path (0–1); the first year already moves."""
    if path.shape == "geometric":
        return float((1.0 - path.yearly.value) ** nth_year)
    # ten times a tenth is not quite one in floating point
    return max(0.0, round(1.0 - nth_year * path.yearly.value, 12))


def objective_shares(municipalities: pd.DataFrame) -> xr.DataArray:
    """Return every municipality's part of the grant (sums to 1); inhabitants stand in where it is absent."""
    stated = municipalities["objective_share"]
    proxy = bool(stated.isna().any())
    weight = municipalities["inhabitants"] if proxy else stated
    basis = "inhabitants, a proxy: no objective shares are given" if proxy else "objective_share"
    share = (weight / weight.sum()).to_numpy(dtype=float)
    codes = {"municipality": list(weight.index)}
    return xr.DataArray(share, coords=codes, dims="municipality", attrs={"basis": basis})


def given_grants(
    budgets: pd.DataFrame, municipalities: Sequence[str], streams: Sequence[str], years: Sequence[int]
) -> xr.DataArray:
    """Return budgets.csv as (municipality, stream, year) in EUR, NaN where it has no row."""
    labels = {"municipality": list(municipalities), "stream": list(streams), "year": list(years)}
    grants = xr.DataArray(np.nan, coords=labels, dims=tuple(labels))
    selected = budgets[budgets["stream"].isin(list(streams)) & budgets["year"].isin(list(years))]
    for row in selected.to_dict("records"):
        grants.loc[{name: row[name] for name in labels}] = float(row["eur"])
    return grants


def carried_on(grants: xr.DataArray, budgets: pd.DataFrame, years: Years) -> xr.DataArray:
    """Fill years without a grant with the last one given before, indexed year by year; never backwards."""
    whole = grants.copy()
    for (town, stream), rows in budgets.groupby(["municipality", "stream"]):
        if stream not in whole["stream"].values:
            continue
        known = dict(zip(rows["year"], rows["eur"], strict=True))
        for year in whole["year"].values:
            last = max((y for y in known if y <= year), default=None)
            if last is not None:
                grown = known[last] * (1.0 + years.indexation.value) ** (int(year) - last)
                whole.loc[{"municipality": town, "stream": stream, "year": year}] = grown
    return whole


def blended(historic: xr.DataArray, share: xr.DataArray, legacy: float) -> xr.DataArray:
    """Return grants of which `legacy` (0–1) is divided as before and the rest by `share`; same sum, EUR."""
    return legacy * historic + (1.0 - legacy) * historic.sum("municipality", skipna=False) * share


def development(
    budget: xr.DataArray, share: xr.DataArray, facilities: xr.DataArray, hosts: xr.DataArray
) -> xr.DataArray:
    """Return the fixed budget of every municipality in the Groningen development model (S0).

    Parameters
    ----------
    budget
        EUR without `municipality`: the provincial budget, execution cost already off.
    share
        (municipality): part of component a (access and bespoke support at home), sums to 1.
    facilities
        (kind) EUR of component b, for all hosts of a kind together; they divide it equally.
    hosts
        (municipality, kind): 1 where the municipality hosts that kind, else 0.

    Returns
    -------
    xr.DataArray
        a + b with `municipality`, in EUR; sums to `budget`.

    Raises
    ------
    ValueError
        When a kind with a budget has no host, or the facilities cost more than the budget.
    """
    count = hosts.sum("municipality")
    if bool(((count == 0) & (facilities > 0)).any()):
        raise ValueError("a shared facility with a budget and without a host")
    b = (hosts / count.where(count > 0, 1.0) * facilities).sum("kind")
    a = budget - b.sum("municipality")
    if bool((a < 0).any()):
        raise ValueError("the shared facilities cost more than the whole budget")
    return share * a + b


def due(spent: xr.DataArray, treasury: Treasury) -> xr.DataArray:
    """Return what each municipality bears (municipality, stream, year), in EUR; sums to `spent`.

    Amounts of others' streams stand at the origin, for information: others pay them. Any
    further dimension of `spent` (part) is kept.
    """
    fixed = ("origin", "host", "setting", "stream", "year")
    euros = spent.transpose(*fixed, ...)
    labels = {name: euros.indexes[name] for name in fixed}
    shares_at = {"origin": labels["origin"], "host": labels["host"], "setting": labels["setting"]}
    borne = euros.sum(["host", "setting"]).rename(origin="municipality")
    amounts = borne.to_numpy()
    for stream in labels["stream"].intersection(pd.Index(BORNE)):
        column = labels["stream"].get_loc(stream)
        for number, year in enumerate(labels["year"]):
            shares = treasury.bearing(int(year), stream).sel(municipality=labels["origin"], **shares_at)
            spent_now = euros.to_numpy()[:, :, :, column, number]
            amounts[:, column, number] = np.tensordot(shares.to_numpy(), spent_now, ((0, 1, 2), (0, 1, 2)))
    return borne


def settlement(spent: xr.DataArray, treasury: Treasury) -> xr.DataArray:
    """Return what payers settle with hosts (payer, host, year), in EUR.

    Only under the residence principle: the origin pays for its new clients, the central municipality
    for legacy clients. Nobody pays itself, and nobody pays inside a pooled region.
    """
    labels = {name: spent.indexes[name] for name in ("origin", "host", "setting", "year")}
    euros = spent.sel(stream=spent["stream"].isin(MUNICIPAL)).sum("stream").transpose(*labels).to_numpy()
    payers = list(treasury.municipalities.index)
    owed = np.zeros((len(payers), len(labels["host"]), len(labels["year"])))
    at = {name: labels[name] for name in ("origin", "host", "setting")}
    for number, year in enumerate(labels["year"]):
        if treasury.funding.regime(int(year)) == "residence":
            shares = treasury.bearing(int(year)).sel(at).to_numpy()
            owed[:, :, number] = np.einsum("ohs,ohsp->ph", euros[..., number], shares)
    owed[treasury.same_pool().sel(host=labels["host"]).to_numpy()] = 0.0
    coords = {"payer": payers, "host": list(labels["host"]), "year": list(labels["year"])}
    return xr.DataArray(owed, coords=coords, dims=tuple(coords))


def wlz_take_out(clients: xr.DataArray, share: float) -> tuple[xr.DataArray, xr.DataArray]:
    """Return the clients who leave for the Wlz and those who stay, in fractions of people.

    Reports round by largest remainder, so of 86 clients of whom 30 % leave (25.8) 26 leave and 60
    stay. Money is taken out by a number of its own (`Funding.wlz`): people leave with other
    costs than the average.

    Raises ValueError where the share is not from 0 to 1.
    """
    if not 0.0 <= share <= 1.0:
        raise ValueError(f"a share from 0 to 1, not {share:g}")
    leaving = clients * share
    return leaving, clients - leaving
