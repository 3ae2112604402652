"""The numbers that could give way where hard rules clash: policy by policy, and what corporations offer."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any

from optimiser.problem import Problem

type Apply = Callable[[Problem, float], Problem]

MOST_HOMES = 200
"""Homes more in one place and year beyond which nothing is proposed."""

MOST_EUR = 100e6
"""Euros a year more beyond which nothing is proposed."""


@dataclass(frozen=True)
class Lever:
    """A number that could change, by steps, towards a limit.

    Attributes
    ----------
    key
        Dotted key of region.toml where `settable`, else the file and the row.
    policy
        The policy it belongs to, or the rule of the core.
    label
        Codes of where, and the year last; empty for the whole region.
    now, limit, step
        In `unit`; the change goes from `now` towards `limit`, so `step` is below 0 where less is easier.
    scale
        What a change is measured against when repairs are ranked.
    apply
        Returns the problem with another value.
    rules
        Rules whose rows the number stands in.
    """

    key: str
    policy: str
    label: tuple[Any, ...]
    unit: str
    now: float
    limit: float
    step: float
    scale: float
    settable: bool
    apply: Apply
    rules: tuple[str, ...]

    @property
    def steps(self) -> int:
        """How many steps there are to the limit."""
        return max(0, int((self.limit - self.now) / self.step + 1e-9))

    def value(self, steps: int) -> float:
        """Return the number after so many steps; rounded, as a planner writes it."""
        return round(self.now + steps * self.step, 6)


SETTINGS: dict[str, tuple[tuple[str, float, float], ...]] = {
    "intramural_reduction": (("by_end", 0.0, -0.01),),
    "replacement_before_closure": (("most_per_year", 1.0, 0.01), ("years_ahead", 0.0, -1.0)),
    "within_travel_norm": (("share", 0.0, -0.01),),
    "neighbourhood_concentration": (("norm", 50.0, 0.1), ("own_norm", 50.0, 0.1), ("most_share", 1.0, 0.01)),
    "fair_share_between_municipalities": (("band", 1.0, 0.01),),
    "facilities_kept_apart": (("distance", 0.0, -10.0),),
    "help_within_reach": (("response", 60.0, 1.0),),
    "provider_share": (("share", 1.0, 0.01),),
    "specialist_scale": (("least", 0.0, -1.0),),
    "staff_within_reach": (("in_region", 10_000.0, 0.5),),
    "notice_before_closing": (("notice", 0.0, -1.0),),
}
"""Policy → its numbers: name, the easiest value, and the step towards it."""


def levers(problem: Problem) -> Iterator[Lever]:
    """Generate the numbers of the hard policies of a problem, then the offers of homes.

    Of a policy that is soft no number can stand in the way; what is offered can, whatever the policy.
    """
    for policy, numbers in SETTINGS.items():
        if getattr(problem.policies, policy).mode == "hard":
            for name, limit, step in numbers:
                yield from _setting(problem, policy, name, limit, step)
    if problem.policies.intramural_reduction.mode == "hard":
        yield from _path(problem)
    if problem.policies.within_travel_norm.mode == "hard":
        yield from _norms(problem)
    if problem.policies.staff_within_reach.mode == "hard":
        yield from _staff(problem)
    if problem.policies.budget.mode == "hard":
        yield from _grants(problem)
    yield from _offers(problem)


def _setting(problem: Problem, policy: str, name: str, limit: float, step: float) -> Iterator[Lever]:
    given = getattr(getattr(problem.policies, policy), name)
    if given is None:
        return
    now = float(getattr(given, "value", given))
    unit = str(getattr(given, "unit", "years"))

    def apply(changed: Problem, value: float) -> Problem:
        return with_policy(changed, policy, **{name: _as_given(given, value)})

    scale = abs(limit - now) if abs(now) < abs(step) else abs(now)
    key = f"policies.{policy}.{name}"
    yield Lever(key, policy, (), unit, now, limit, step, scale, True, apply, (policy,))


def _as_given(given: Any, value: float) -> Any:
    return given.model_copy(update={"value": value}) if hasattr(given, "value") else int(value)


def with_policy(problem: Problem, policy: str, **values: Any) -> Problem:
    """Return a problem with other values in a policy."""
    changed = getattr(problem.policies, policy).model_copy(update=values)
    return replace(problem, policies=problem.policies.model_copy(update={policy: changed}))


def _path(problem: Problem) -> Iterator[Lever]:
    """Generate the years of the reduction path that are given by themselves."""
    policy = problem.policies.intramural_reduction
    for year, given in policy.path.items():

        def apply(changed: Problem, value: float, year: int = year, given: Any = given) -> Problem:
            path = changed.policies.intramural_reduction.path | {year: _as_given(given, value)}
            return with_policy(changed, "intramural_reduction", path=path)

        name = "intramural_reduction"
        key, now = f"policies.{name}.path.{year}", given.value
        yield Lever(key, name, (year,), given.unit, now, 0.0, -0.01, now or 1.0, True, apply, (name,))


def _norms(problem: Problem) -> Iterator[Lever]:
    """Generate the travel norms of the tiers: nobody lives beyond the reach, so no norm goes beyond it."""
    for tier in problem.tiers.index:
        here = problem.pairs.index.get_level_values("tier") == tier
        now = float(problem.tiers["norm"][tier])
        farthest = float(problem.pairs["minutes"][here].max()) if here.any() else now

        def apply(changed: Problem, value: float, tier: str = str(tier)) -> Problem:
            pairs, tiers = changed.pairs.copy(), changed.tiers.copy()
            inside = pairs.index.get_level_values("tier") == tier
            pairs.loc[inside, "within"] = pairs["minutes"][inside] <= value
            tiers.loc[tier, "norm"] = value
            return replace(changed, pairs=pairs, tiers=tiers)

        rule = "within_travel_norm"
        yield Lever(
            f"tiers.{tier}.norm", rule, (str(tier),), "minutes", now, float(int(farthest + 1.0)), 1.0,
            now or 1.0, True, apply, (rule,),
        )  # fmt: skip


def _staff(problem: Problem) -> Iterator[Lever]:
    for town, given in problem.policies.staff_within_reach.available.items():

        def apply(changed: Problem, value: float, town: str = town, given: Any = given) -> Problem:
            available = changed.policies.staff_within_reach.available | {town: _as_given(given, value)}
            return with_policy(changed, "staff_within_reach", available=available)

        rule = "staff_within_reach"
        key = f"policies.{rule}.available.{town}"
        now = float(given.value)
        yield Lever(key, rule, (town,), given.unit, now, now + 1000.0, 0.5, now or 1.0, True, apply, (rule,))


def _grants(problem: Problem) -> Iterator[Lever]:
    """Generate euros more of Wmo in every year that has a grant, to whoever receives most of it."""
    mean = sum(problem.grants.values()) / max(1, len(problem.grants))

    def apply(changed: Problem, value: float) -> Problem:
        budgets = changed.region.budgets.copy()
        wmo = budgets[(budgets["stream"] == "Wmo") & budgets["year"].isin(changed.years)]
        first = wmo.sort_values("eur", ascending=False).drop_duplicates("year").index
        budgets.loc[first, "eur"] = budgets.loc[first, "eur"] + value
        return replace(changed, region=replace(changed.region, budgets=budgets))

    if problem.grants:
        yield Lever(
            "budgets.csv: eur of Wmo, every year", "budget", (), "EUR", 0.0, MOST_EUR, 10_000.0, mean or 1.0,
            False, apply, ("budget",),
        )  # fmt: skip


def _offers(problem: Problem) -> Iterator[Lever]:
    """Generate the offers of homes, one by one: more of them in that place and year."""
    every = float(sum(offer.homes for offer in problem.offers)) or 1.0
    for number, offer in enumerate(problem.offers):

        def apply(changed: Problem, value: float, number: int = number) -> Problem:
            offers = list(changed.offers)
            offers[number] = replace(offers[number], homes=int(value))
            return replace(changed, offers=tuple(offers))

        if offer.homes > 0:
            label = (offer.corporation, offer.place, offer.year)
            yield Lever(
                f"homes.csv: {offer.corporation}, {offer.place}, {offer.year}", "homes_within_agreements",
                label, "homes", float(offer.homes), float(offer.homes + MOST_HOMES), 1.0, every, False, apply,
                ("homes_within_agreements",),
            )  # fmt: skip
