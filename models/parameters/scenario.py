"""Scenarios: other values for keys that the schema knows, each change on record.

A table keyed by codes may gain a code; tiers and profiles themselves may not.
"""

import copy
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from geodata.faults import Fault, did_you_mean
from models.parameters.quantity import Quantity
from models.parameters.toml_schema import (
    Slot,
    TooDeepError,
    UnknownKeyError,
    find,
    is_branch,
    parsed,
    read_toml,
)

COMMAND_LINE = "--set"
"""Origin of an override that was given with the command."""


@dataclass(frozen=True, slots=True)
class Override:
    """One value that a scenario or a setting has replaced."""

    key: str
    """Dotted key of `region.toml`."""
    old: Any
    """The value before, None where the key had none."""
    new: Any
    origin: str
    """`scenario NAME`, or `--set`."""


@dataclass(frozen=True, slots=True)
class _Change:
    keys: tuple[str, ...]
    value: Any
    origin: str
    file: str

    @property
    def key(self) -> str:
        return ".".join(self.keys)


def override(
    raw: Mapping[str, Any],
    folder: Path,
    scenarios: Sequence[str],
    settings: Mapping[str, object],
    faults: list[Fault],
) -> tuple[dict[str, Any], tuple[Override, ...]]:
    """Apply scenarios and settings to what `region.toml` says.

    Parameters
    ----------
    raw
        `region.toml` as written; it is left as it is.
    folder
        The region's folder; scenario NAME is its `scenarios/NAME.toml`.
    scenarios, settings
        Names of scenarios, and dotted keys with values: numbers, booleans, lists and tables as they are,
        text as one would write it in TOML.
        They do not overlap, so their order does not matter.
    faults
        Unknown scenarios and keys, and keys that are set twice, are added here.

    Returns
    -------
    tuple
        The values to use and what was changed, in order of key.
    """
    changes = [*_from_files(raw, folder, scenarios, faults), *_from_settings(settings)]
    chosen = copy.deepcopy(dict(raw))
    done: dict[str, _Change] = {}
    log = []
    for change in changes:
        slot = _slot(raw, change, faults)
        if slot is None:
            continue
        if change.key in done:
            faults.append(_twice(change, done[change.key]))
            continue
        done[change.key] = change
        new = _new_value(slot, change)
        _put(chosen, change.keys, new)
        log.append(Override(change.key, _bare(slot.value), _bare(new), change.origin))
    return chosen, tuple(sorted(log, key=lambda one: one.key))


def scenario_names(folder: Path) -> tuple[str, ...]:
    """Return the names of the scenarios that a region's folder holds, in alphabetical order."""
    return tuple(sorted(path.stem for path in (folder / "scenarios").glob("*.toml")))


def _from_files(
    raw: Mapping[str, Any], folder: Path, scenarios: Sequence[str], faults: list[Fault]
) -> Iterator[_Change]:
    known = scenario_names(folder)
    for name in scenarios:
        label = f"scenarios/{name}.toml"
        if name not in known:
            faults.append(
                Fault(label, f"no scenario '{name}'", "a scenario of this region", did_you_mean(name, known))
            )
            continue
        written = read_toml(folder / "scenarios" / f"{name}.toml", label, faults)
        for keys, value in _leaves(written or {}, raw):
            yield _Change(keys, value, f"scenario {name}", label)


def _from_settings(settings: Mapping[str, object]) -> Iterator[_Change]:
    for key, value in settings.items():
        plain = _parsed(value.strip()) if isinstance(value, str) else _plain(value)
        yield _Change(tuple(key.strip().split(".")), plain, COMMAND_LINE, COMMAND_LINE)


def _plain(value: object) -> object:
    """Return a value as TOML knows it: numbers of numpy are numbers of Python."""
    return value.item() if isinstance(value, np.generic) else value


def _parsed(text: str) -> Any:
    """Return a value as TOML would read it, else the text itself (`hard` needs no quotation marks)."""
    try:
        read = parsed(f"value = {text}")
    except (tomllib.TOMLDecodeError, TooDeepError):
        return text
    return read["value"] if set(read) == {"value"} else text


def _leaves(
    table: Mapping[str, Any], raw: Mapping[str, Any], above: tuple[str, ...] = ()
) -> Iterator[tuple[tuple[str, ...], Any]]:
    """Walk to the values; a table that is one number (`{value = …}`) is a value."""
    for key, value in table.items():
        keys = (*above, key)
        if isinstance(value, dict) and _is_branch(keys, raw):
            yield from _leaves(value, raw, keys)
        else:
            yield keys, value


def _is_branch(keys: tuple[str, ...], raw: Mapping[str, Any]) -> bool:
    try:
        return is_branch(find(keys, raw).kind)
    except UnknownKeyError:
        return False


def _slot(raw: Mapping[str, Any], change: _Change, faults: list[Fault]) -> Slot | None:
    try:
        slot = find(change.keys, raw)
    except UnknownKeyError as unknown:
        remedy = did_you_mean(unknown.word, unknown.known)
        expected = "a key that region.toml has"
        faults.append(
            Fault(change.file, f"the unknown key '{unknown.word}'", expected, remedy, column=change.key)
        )
        return None
    if is_branch(slot.kind):
        remedy = f"Name a key below it: {change.key}.… = value."
        faults.append(
            Fault(change.file, f"a value for the section '{change.key}'", "a key", remedy, column=change.key)
        )
        return None
    return slot


def _twice(change: _Change, other: _Change) -> Fault:
    found = f"a second value for '{change.key}', also set by {other.origin}"
    remedy = "Take one of the two away: overrides do not overlap, so that their order does not matter."
    return Fault(change.file, found, "each key set once", remedy, column=change.key)


def _new_value(slot: Slot, change: _Change) -> Any:
    """Return the value to write; a number keeps its unit and price year and names its origin."""
    if slot.kind is not Quantity:
        return change.value
    before = slot.value if isinstance(slot.value, dict) else {"value": slot.value}
    kept = {name: before[name] for name in ("unit", "price_year") if before.get(name) is not None}
    given = change.value if isinstance(change.value, dict) else {"value": change.value}
    was = "had no value" if before.get("value") is None else f"was {before['value']}"
    return {**kept, "source": change.origin, "note": was, **given}


def _bare(value: Any) -> Any:
    return value.get("value") if isinstance(value, dict) else value


def _put(target: dict[str, Any], keys: Sequence[str], value: Any) -> None:
    for key in keys[:-1]:
        below = target.get(key)
        target[key] = below if isinstance(below, dict) else {}
        target = target[key]
    target[keys[-1]] = value
