"""Controls of the what-if page: switches, sliders and choices, read from the policies."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, get_args

from pydantic import ValidationError

from models.parameters.parameters import Budget, Policies, SpecialistScale
from models.parameters.quantity import Quantity
from models.parameters.toml_schema import plain
from optimiser.model.model import RULES
from reports.text.words import Words

if TYPE_CHECKING:
    from collections.abc import Iterator

    from models.region.region import Region

THEMES: dict[str, tuple[str, ...]] = {
    "travel": ("within_travel_norm",),
    "spread": ("neighbourhood_concentration", "fair_share_between_municipalities", "facilities_kept_apart"),
    "pace": (
        "replacement_before_closure", "buildings_stay", "bed_houses_keep_scale", "notice_before_closing",
        "contract_nodes",
    ),
    "waiting": (
        "waiting_does_not_grow", "tenants_stay", "residents_stay", "help_within_reach", "staff_within_reach",
    ),
    "money": ("budget", "provider_share", "specialist_scale", "agreed_decisions_are_kept", "shelter_stays"),
}  # fmt: skip
"""Theme → its policies; the words of a theme are `theme_…`."""

NEVER_SHOWN = frozenset({"price", "path", "measures"})
"""Weights and tables of a policy: for the region's file, not for a slider."""

ELSEWHERE = frozenset({"intramural_reduction", "sites_run_as_settled"})
"""Policies with a place of their own on the page: the beds that go, and the sites on the map."""

RANGES: dict[str, tuple[float, float, float]] = {
    "share": (0.0, 1.0, 0.05),
    "1/year": (0.0, 1.0, 0.01),
    "minutes": (0.0, 60.0, 1.0),
    "months": (0.0, 36.0, 1.0),
    "m": (0.0, 3000.0, 50.0),
    "places": (0.0, 50.0, 1.0),
    "places/1000 inhabitants": (0.0, 10.0, 0.1),
    "years": (0.0, 10.0, 1.0),
}
"""Unit → least, most and step of its slider; a value that is outside widens it."""

MORE_HOMES = (-20, 60)
"""Homes a year fewer and more that can be asked of a municipality."""


@dataclass(frozen=True)
class Slider:
    """A number that can be set: its dotted key, its unit, and from where to where."""

    key: str
    label: str
    unit: str
    value: float
    least: float
    most: float
    step: float


@dataclass(frozen=True)
class ChoiceControl:
    """A word that can be set: the options are values with what they are called."""

    key: str
    label: str
    value: str
    options: list[tuple[str, str]]


@dataclass(frozen=True)
class Policy:
    """A policy: what it claims, how it is switched and its numbers; `lacks` says why it cannot be on."""

    name: str
    label: str
    sentence: str
    mode: ChoiceControl
    sliders: list[Slider]
    choices: list[ChoiceControl]
    lacks: str


@dataclass(frozen=True)
class Theme:
    """Policies, and numbers beside them, that are about one thing."""

    name: str
    label: str
    policies: list[Policy]
    sliders: list[Slider]


def themes(region: Region, words: Words) -> list[Theme]:
    """Return what can be set, theme by theme."""
    found = []
    for name, members in THEMES.items():
        norms = list(_norms(region, words)) if name == "travel" else []
        asked = [member for member in members if member != "agreed_decisions_are_kept" or region.agreed]
        policies = [_policy(region, member, words) for member in asked]
        found.append(Theme(name, words(f"theme_{name}"), policies, norms))
    return found


def homes(region: Region) -> list[Slider]:
    """Return a slider per municipality: homes a year more than is offered, in every planned year."""
    more = region.parameters.homes.more
    sliders = []
    for code, name in region.municipalities["name"].items():
        now = more[str(code)].value if str(code) in more else 0.0
        least, most = min(MORE_HOMES[0], now), max(MORE_HOMES[1], now)
        sliders.append(
            Slider(f"homes.more.{code}", str(name), "homes/year", now, float(least), float(most), 1.0)
        )
    return sliders


def _norms(region: Region, words: Words) -> Iterator[Slider]:
    for code, tier in region.parameters.tiers.items():
        most = max(tier.reach.value, tier.norm.value)
        yield Slider(
            f"tiers.{code}.norm",
            words.of(tier.name),
            "minutes",
            tier.norm.value,
            0.0,
            float(round(most)),
            1.0,
        )


def _policy(region: Region, name: str, words: Words) -> Policy:
    policy, above = getattr(region.parameters.policies, name), f"policies.{name}"
    sentence = next(rule.sentence for rule in RULES if rule.name == name)
    modes = get_args(plain(type(policy).model_fields["mode"].annotation))
    options = [(mode, words(f"mode_{mode}")) for mode in modes]
    mode = ChoiceControl(f"{above}.mode", words("mode"), policy.mode, options)
    sliders, choices, called = [], [], Words(words.lang, "sliders")
    for field in type(policy).model_fields:
        value, key = getattr(policy, field), f"{above}.{field}"
        said = called.known(f"{name}.{field}", called.known(field, ""))
        if not said or field in NEVER_SHOWN:
            continue
        if isinstance(value, str):
            kinds = get_args(plain(type(policy).model_fields[field].annotation))
            choices.append(
                ChoiceControl(key, said, value, [(kind, words(f"{field}_{kind}")) for kind in kinds])
            )
        elif isinstance(value, Quantity | int):
            sliders.append(_slider(key, said, value))
    lacks = "" if policy.mode != "off" or _can_be_on(policy, region) else words("lacks_data")
    return Policy(name, words.known(f"part_{name}", name), words.of(sentence), mode, sliders, choices, lacks)


def _slider(key: str, label: str, value: Quantity | int) -> Slider:
    now = float(value) if isinstance(value, int) else value.value
    unit = "years" if isinstance(value, int) else value.unit
    least, most, step = RANGES[unit]
    return Slider(key, label, unit, now, min(least, now), max(most, now), step)


def _can_be_on(policy: Any, region: Region) -> bool:
    """Return whether a policy has all that it needs when it is switched on."""
    if isinstance(policy, Budget):
        return bool((region.budgets["stream"] == "Wmo").any())
    written = {**policy.model_dump(), "mode": "hard"}
    try:
        type(policy).model_validate(written)
    except ValidationError:
        return False
    return not isinstance(policy, SpecialistScale) or bool(policy.tiers)


def settable(region: Region, key: str) -> bool:
    """Return whether the page may set a dotted key."""
    parts = key.split(".")
    if parts[:2] == ["homes", "more"]:
        return len(parts) == 3 and parts[2] in region.municipalities.index
    if parts[0] == "tiers":
        return len(parts) == 3 and parts[1] in region.parameters.tiers and parts[2] == "norm"
    return parts[0] == "policies" and len(parts) in (3, 4) and parts[1] in Policies.model_fields
