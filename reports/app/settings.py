"""The settings of one side of the page: dotted keys with values as TOML writes them."""

from __future__ import annotations

import hashlib
import json
import re
import tomllib
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from models.parameters.scenario import scenario_names
from models.parameters.toml_writer import value_text

if TYPE_CHECKING:
    from pathlib import Path

type Settings = Mapping[str, str]

_KEY = re.compile(r"[A-Za-z0-9_]+(\.[A-Za-z0-9_-]+){1,5}")
MOST_KEYS, MOST_TEXT = 200, 2000


def checked(raw: object) -> dict[str, str]:
    """Return settings that came from a browser; raises ValueError for anything that is not such."""
    if not isinstance(raw, dict) or len(raw) > MOST_KEYS:
        raise ValueError("settings are a table of keys with texts")
    for key, text in raw.items():
        if not isinstance(text, str) or len(text) > MOST_TEXT or not _KEY.fullmatch(str(key)):
            raise ValueError("settings are a table of keys with texts")
        if set(_parsed(text)) != {"value"}:
            raise ValueError(f"{key} has no value of TOML")
    return dict(sorted(raw.items()))


def _parsed(text: str) -> dict[str, Any]:
    try:
        return tomllib.loads(f"value = {text}")
    except (tomllib.TOMLDecodeError, RecursionError):
        return {}


def fingerprint(digest: str, settings: Settings, limits: Mapping[str, Any]) -> str:
    """Return what tells one question from all others: the region, what is set, and how it is solved."""
    asked = json.dumps([digest, sorted(settings.items()), sorted(limits.items())])
    return hashlib.sha256(asked.encode()).hexdigest()[:20]


def scenario_text(settings: Settings, about: str) -> str:
    """Return settings as a scenario file that `-s` takes; `about` is put above it."""
    lines = [f"# {line}" for line in about.splitlines()] + [""]
    return "\n".join([*lines, *(f"{key} = {text}" for key, text in sorted(settings.items()))]) + "\n"


def scenarios(folder: Path) -> dict[str, dict[str, str]]:
    """Return the settings of every scenario of a region, by name."""
    found = {}
    for name in scenario_names(folder):
        written = tomllib.loads((folder / "scenarios" / f"{name}.toml").read_text(encoding="utf-8-sig"))
        found[name] = dict(_leaves(written))
    return found


def _leaves(table: Mapping[str, Any], above: str = "") -> list[tuple[str, str]]:
    """Return dotted keys with their values as text; one number with its source is a value."""
    found = []
    for key, value in table.items():
        if isinstance(value, dict) and "value" not in value:
            found += _leaves(value, f"{above}{key}.")
        else:
            found.append((f"{above}{key}", value_text(value)))
    return found
