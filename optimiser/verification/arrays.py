"""Arrays of a plan and of its problem in numpy, all in one order of labels."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd
import xarray as xr
from numpy.typing import NDArray

from optimiser.problem import Problem
from optimiser.verification.violation import Floats, Violation

AXES: Mapping[str, str] = {
    "j": "neighbourhood", "p": "profile", "k": "tier", "t": "year", "s": "site", "o": "to_tier",
    "c": "corporation", "m": "municipality", "a": "account", "q": "provider", "g": "agreement",
    "n": "part", "y": "payer", "f": "stream", "e": "step", "h": "host",
}  # fmt: skip
"""Letter of an axis → the name of its dimension."""

VARIABLES: Mapping[str, str] = {
    "clients": "jpkt", "entered": "jpkt", "left": "jpkt", "waiting": "jpt",
    "places": "skt", "operating": "skt", "added": "skt", "removed": "skt", "converted": "skot",
    "homes": "jkt", "new_homes": "cjt", "kept_homes": "jt",
    "excess": "jt", "short_reduction": "t", "beyond_norm": "mt", "unfair": "mt", "waiting_growth": "mt",
    "relocated": "skt", "natural_leavers": "skt", "asked_moves": "skt", "priced_relocations": "kt",
    "too_near": "st", "over_budget": "at", "over_share": "qt", "between_nodes": "st", "below_scale": "kt",
    "short_staff": "mt", "unsettled": "st", "broken_agreements": "gt",
    "base_places": "sk", "wlz_occupied": "sk", "base_clients": "jpk", "base_waiting": "jp", "base_homes": "j",
    "weight": "nt", "cost": "nyft", "funding_need": "mft", "funding_due": "mft",
    "grant": "mft", "grant_steps": "emft", "funding_gap": "mft", "to_wlz": "mt",
}  # fmt: skip
"""Variable that the check reads → its axes; `housed` and what belongs to it are by pair."""

BY_PAIR = ("housed", "travel_minutes", "within_norm")

MAY_BE_ABSENT = frozenset({"grant", "funding_gap"})
"""What has no number where budgets.csv gives none."""

LATER = frozenset({"relocated", "natural_leavers", "asked_moves", "priced_relocations"})
"""What plans of an earlier version do not have: nothing, where the rule that needs it is off."""

OPEN = "cagqynfeh"
"""Axes along which a plan may have labels that the problem has not, such as a wish of its own."""


def positions(known: Iterable[object], wanted: Any) -> NDArray[np.intp]:
    """Return where each wanted label stands among those known, −1 where it does not."""
    at = {label: n for n, label in enumerate(known)}
    labels = wanted.tolist() if hasattr(wanted, "tolist") else wanted
    return np.array([at.get(label, -1) for label in labels], dtype=np.intp)


@dataclass(frozen=True)
class HousedPairs:
    """Who is housed where: positions of origin, site or neighbourhood, and tier; −1 where unknown."""

    origin: NDArray[np.intp]
    site: NDArray[np.intp]
    area: NDArray[np.intp]
    tier: NDArray[np.intp]
    housed: Floats
    minutes: Floats
    within: Floats
    expected_minutes: Floats
    expected_within: Floats


class PlanArrays:
    """A plan in the order of its problem: every array in numpy, brought there once.

    A label that the plan lacks counts as zero; one that the problem lacks is a violation (`faults`).
    """

    def __init__(self, problem: Problem, data: xr.Dataset) -> None:
        self.problem, self.data = problem, data
        self.labels = {axis: self._labels(axis) for axis in AXES}
        self._cache: dict[str, Floats] = {}

    def _labels(self, axis: str) -> list[object]:
        problem, dim = self.problem, AXES[axis]
        tiers: list[object] = list(problem.tiers.index)
        known: dict[str, list[object]] = {
            "j": list(problem.neighbourhoods.index), "p": list(problem.profiles), "k": tiers, "o": tiers,
            "t": list(problem.years), "s": list(problem.sites.index), "m": list(problem.municipalities.index),
            "c": list(dict.fromkeys(offer.corporation for offer in problem.offers)),
            "a": list(problem.accounts), "q": list(problem.providers), "y": list(problem.payers),
            "f": list(problem.streams),
        }  # fmt: skip
        own = known.get(axis, [])
        if axis not in OPEN or dim not in self.data.coords:
            return own
        seen = set(own)
        return own + [label for label in self.data[dim].to_numpy().tolist() if label not in seen]

    def __getitem__(self, name: str) -> Floats:
        """Return a variable of the plan in the order of the problem."""
        if name not in self._cache:
            self._cache[name] = self._ordered(name)
        return self._cache[name]

    def _ordered(self, name: str) -> Floats:
        axes = VARIABLES[name]
        shape = [len(self.labels[axis]) for axis in axes]
        if name not in self.data.variables:
            return np.zeros(shape)
        variable = self.data.variables[name].transpose(*(AXES[axis] for axis in axes))
        values = np.asarray(variable.values, dtype=float)
        at = [self._order[axis] for axis in axes]
        if list(values.shape) == shape and all(np.array_equal(one, np.arange(len(one))) for one in at):
            return values
        ordered = np.full(shape, np.nan if name in MAY_BE_ABSENT else 0.0)
        there = [np.flatnonzero(one >= 0) for one in at]
        ordered[np.ix_(*(one[own] for one, own in zip(at, there, strict=True)))] = values[np.ix_(*there)]
        return ordered

    @cached_property
    def _order(self) -> dict[str, NDArray[np.intp]]:
        """Axis → where each label of the plan stands in the order of the problem."""
        return {
            axis: positions(self.labels[axis], self.data.variables[dim].values)
            for axis, dim in AXES.items()
            if dim in self.data.variables
        }

    def faults(self) -> Iterator[Violation]:
        """Generate the variables that are missing, labelled otherwise than the problem, or no numbers."""
        for name in (*VARIABLES, *BY_PAIR):
            if name not in self.data.variables and name not in LATER:
                yield Violation("arrays", name, float("nan"), "missing")
        for axis in VARIABLES_BY_AXIS:
            dim = AXES[axis]
            own = self.data.variables[dim].values.tolist() if dim in self.data.variables else []
            unknown = [label for label in own if label not in set(self.labels[axis])]
            if unknown or len(set(own)) < len(own):
                yield Violation(
                    "arrays", dim, float(len(unknown)), "labels that are not those of the problem"
                )
        for key, variable in self.data.data_vars.items():
            if key not in MAY_BE_ABSENT and not np.isfinite(variable.values.astype(float)).all():
                yield Violation("arrays", str(key), float("nan"), "not a number")

    # The problem, in the same order -----------------------------------------------------------------

    def given(self, array: xr.DataArray, axes: str) -> Floats:
        """Return an array of the problem in the order of its labels."""
        ordered = array.transpose(*(AXES[axis] for axis in axes))
        values = np.asarray(ordered.values, dtype=float)
        at = [positions(array.coords[AXES[axis]].values, self.labels[axis]) for axis in axes]
        if all(np.array_equal(one, np.arange(n)) for one, n in zip(at, values.shape, strict=True)):
            return values
        return values[np.ix_(*at)]

    def at_sites(self, column: str) -> Floats:
        """Return (site, tier) a column of the tiers at sites, 0 where a site has no such tier."""
        table = self.problem.site_tiers
        full = np.zeros((len(self.labels["s"]), len(self.labels["k"])))
        full[self.site_index] = table[column].to_numpy(dtype=float)
        return full

    @cached_property
    def site_index(self) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
        """Positions of site and tier of every tier that a site has or may have."""
        index = self.problem.site_tiers.index
        return (
            positions(self.labels["s"], index.get_level_values(0)),
            positions(self.labels["k"], index.get_level_values(1)),
        )

    def conversions(self, column: str) -> Floats:
        """Return (site, tier, to_tier) a column of the possible conversions, NaN where there is none."""
        table, tiers = self.problem.conversions, self.labels["k"]
        full = np.full((len(self.labels["s"]), len(tiers), len(tiers)), np.nan)
        if len(table):
            at = [table.index.get_level_values(level) for level in range(3)]
            known = (self.labels["s"], tiers, tiers)
            full[tuple(positions(k, own) for k, own in zip(known, at, strict=True))] = table[column]
        return full

    def of_tiers(self, column: str) -> Floats:
        """Return (tier) a numeric column of the tiers."""
        return self.problem.tiers[column].to_numpy(dtype=float)

    @cached_property
    def retained(self) -> Floats:
        """(tier, profile, to_profile) the part of a profile that is of another a year later; waiting last."""
        array = self.problem.retained.transpose("tier", "profile", "to_profile")
        people = [positions(array.coords[dim].values, self.labels["p"]) for dim in ("profile", "to_profile")]
        rows = positions(array.coords["tier"].values, [*self.labels["k"], "waiting"])
        return np.asarray(array.values, dtype=float)[np.ix_(rows, *people)]

    @cached_property
    def exits(self) -> dict[str, Floats]:
        """Way out → (tier, profile) the part that leaves care by it in a year; waiting last."""
        array = self.problem.exits.transpose("exit", "tier", "profile")
        rows = positions(array.coords["tier"].values, [*self.labels["k"], "waiting"])
        people = positions(array.coords["profile"].values, self.labels["p"])
        values = np.asarray(array.values, dtype=float)[:, rows][:, :, people]
        return {str(name): values[n] for n, name in enumerate(array.coords["exit"].values)}

    @cached_property
    def base(self) -> Floats:
        """(site, tier) places in the base year."""
        return self.at_sites("base")

    @cached_property
    def wlz(self) -> Floats:
        """(site, tier) places lived in by people of the Wlz."""
        return self.at_sites("wlz_occupied")

    @cached_property
    def base_clients(self) -> Floats:
        """(neighbourhood, profile, tier) clients in the base year."""
        return self.given(self.problem.clients, "jpk")

    @cached_property
    def base_waiting(self) -> Floats:
        """(neighbourhood, profile) people waiting in the base year."""
        return self.given(self.problem.waiting, "jp")

    @cached_property
    def base_homes(self) -> Floats:
        """(neighbourhood) homes in use in the base year."""
        return self.given(self.problem.homes, "j")

    @cached_property
    def budgets(self) -> Floats:
        """(neighbourhood, profile, tier, year) clients with a personal budget, who bring their own place."""
        array = self.problem.personal_budget
        if "year" in array.dims:
            return self.given(array, "jpkt")
        return np.repeat(self.given(array, "jpk")[..., None], len(self.years), axis=3)

    @cached_property
    def inflow(self) -> Floats:
        """(neighbourhood, profile, year) new clients."""
        return self.given(self.problem.inflow, "jpt")

    @cached_property
    def years(self) -> NDArray[np.int64]:
        """The planned years."""
        return np.array(self.problem.years, dtype=np.int64)

    @cached_property
    def narrowing(self) -> Floats:
        """(year) the part of a deviation of the base year that may be left."""
        last = self.years[-1]
        return np.asarray((last - self.years) / (last - self.problem.base_year), dtype=float)

    @cached_property
    def town_of(self) -> NDArray[np.intp]:
        """(neighbourhood) position of its municipality."""
        return positions(self.labels["m"], self.problem.neighbourhoods["municipality"])

    @cached_property
    def area_of(self) -> NDArray[np.intp]:
        """(site) position of its neighbourhood."""
        return positions(self.labels["j"], self.problem.sites["neighbourhood"])

    def by_town(self, values: Floats, town: NDArray[np.intp] | None = None) -> Floats:
        """Return values (neighbourhood, …), or of another kind of place, summed by municipality."""
        summed = np.zeros((len(self.labels["m"]), *values.shape[1:]))
        np.add.at(summed, self.town_of if town is None else town, values)
        return summed

    def mask(self, axis: str, labels: object) -> NDArray[np.bool_]:
        """Return which labels of an axis are among those given."""
        wanted = set(labels)  # type: ignore[call-overload]
        return np.array([label in wanted for label in self.labels[axis]], dtype=bool)

    @cached_property
    def leaving(self) -> Floats:
        """(tier, profile) the part that leaves care in a year, whatever the way out; waiting last."""
        return np.sum(list(self.exits.values()), axis=0)

    @cached_property
    def beds(self) -> NDArray[np.bool_]:
        """(tier) whether its places are intramural."""
        return self.problem.tiers["intramural"].to_numpy(dtype=bool)

    @cached_property
    def facility(self) -> NDArray[np.bool_]:
        """(tier) whether its places are at sites."""
        return np.asarray(self.problem.tiers["setting"] == "facility", dtype=bool)

    @cached_property
    def shelter(self) -> NDArray[np.bool_]:
        """(tier) whether the shelter stream pays for it."""
        return self.of_stream("MO")

    def of_stream(self, stream: str) -> NDArray[np.bool_]:
        """Return (tier) whether a stream pays for it."""
        return np.asarray(self.problem.tiers["stream"] == stream, dtype=bool)

    def among(self, which: frozenset[tuple[str, str]] | tuple[tuple[str, str], ...]) -> NDArray[np.bool_]:
        """Return (profile, tier) whether a combination is among those given."""
        full = np.zeros((len(self.labels["p"]), len(self.labels["k"])), dtype=bool)
        both = list(which)
        full[
            positions(self.labels["p"], [p for p, _ in both]),
            positions(self.labels["k"], [k for _, k in both]),
        ] = True
        return full

    @cached_property
    def gone(self) -> Floats:
        """(site, tier, year) places that are removed or converted."""
        return self["removed"] + self["converted"].sum(axis=2)

    @cached_property
    def arrived(self) -> Floats:
        """(site, tier, year) places that conversions bring."""
        return np.asarray(
            np.einsum("skot,sko->sot", self["converted"], np.nan_to_num(self.conversions("ratio")))
        )

    @cached_property
    def pairs(self) -> HousedPairs:
        """The pairs in which somebody is housed, beside what the problem says of them."""
        data, areas, sites, tiers = self.data, self.labels["j"], self.labels["s"], self.labels["k"]
        origin = positions(areas, data.variables["origin"].values)
        tier = positions(tiers, data.variables["pair_tier"].values)
        where = data.variables["location"].values
        site, area = positions(sites, where), positions(areas, where)
        known = self._known_pairs()
        at = self._pair_keys(origin, site, area, tier)
        found = np.searchsorted(known[0], at).clip(max=max(0, len(known[0]) - 1))
        right = (known[0][found] == at) & (at >= 0) if len(known[0]) else np.zeros(len(at), dtype=bool)
        expected = [np.where(right, one[found] if len(one) else np.inf, np.inf) for one in known[1:]]
        housed = np.asarray(data.variables["housed"].transpose("pair", "year").values, dtype=float)
        year = positions(data.variables["year"].values, self.labels["t"])
        housed = np.where(year >= 0, housed[:, year], 0.0)
        minutes, within = (np.asarray(data.variables[n].values, dtype=float) for n in BY_PAIR[1:])
        return HousedPairs(origin, site, area, tier, housed, minutes, within, expected[0], expected[1])

    def _pair_keys(
        self, origin: NDArray[np.intp], site: NDArray[np.intp], area: NDArray[np.intp], tier: NDArray[np.intp]
    ) -> NDArray[np.intp]:
        """Return one number per pair, −1 where a label of it is unknown."""
        place = np.where(self.facility[tier], site, area)  # facilities are at sites, homes in neighbourhoods
        width = max(len(self.labels["j"]), len(self.labels["s"]))
        keys = (origin * width + place) * len(self.labels["k"]) + tier
        return np.where((origin < 0) | (place < 0) | (tier < 0), -1, keys)

    def _known_pairs(self) -> tuple[NDArray[np.intp], Floats, Floats]:
        """Return the keys of the problem's pairs in order, with their minutes and whether they are near."""
        table = self.problem.pairs
        assert isinstance(table.index, pd.MultiIndex)
        levels = ((0, "j"), (1, "s"), (1, "j"), (2, "k"))
        codes = [
            positions(self.labels[axis], table.index.levels[level])[table.index.codes[level]]
            for level, axis in levels
        ]
        keys = self._pair_keys(*codes)
        order = np.argsort(keys, kind="stable")
        columns = [table[name].to_numpy(dtype=float)[order] for name in ("minutes", "within")]
        return keys[order], columns[0], columns[1]

    def housed_by(self, rows: NDArray[np.intp], count: int, weight: Floats | None = None) -> Floats:
        """Return (position, tier, year) the housed people of the pairs whose position is known."""
        pairs = self.pairs
        there = (rows >= 0) & (pairs.tier >= 0)
        people = pairs.housed if weight is None else pairs.housed * weight[:, None]
        summed = np.zeros((count, len(self.labels["k"]), len(self.years)))
        np.add.at(summed, (rows[there], pairs.tier[there]), people[there])
        return summed

    def year_before(self, planned: Floats, base: Floats) -> Floats:
        """Return last year's values (…, year) at every planned year."""
        return np.concatenate([base[..., None], planned[..., :-1]], axis=-1)


VARIABLES_BY_AXIS = tuple(axis for axis in AXES if axis not in OPEN)
"""Axes along which a plan must have the labels of the problem."""
