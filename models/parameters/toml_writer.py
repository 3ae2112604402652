"""Parameters as the text of a `region.toml` that reads back as the same."""

import json
import math
import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from models.parameters.parameters import Parameters

_BARE_KEY = re.compile(r"[A-Za-z0-9_-]+")


def region_text(parameters: Parameters) -> str:
    """Return the text of a `region.toml` that reads back as `parameters`."""
    # What the planner did not write stays unwritten: it is a default, and told as one.
    written = parameters.model_dump(mode="python", exclude_unset=True, exclude_none=True)
    text = "\n".join(_section((), written)).lstrip("\n") + "\n"
    if Parameters.model_validate(tomllib.loads(text)) != parameters:
        raise ValueError("region.toml does not read back as it was written")
    return text


def _section(above: Sequence[str], values: Mapping[Any, Any]) -> Iterator[str]:
    """Generate the lines of one table: its own values first, then the tables below it."""
    own = {key: value for key, value in values.items() if not _is_table(value)}
    if above and (own or not values):
        yield f"\n[{'.'.join(above)}]"
    for key, value in own.items():
        yield f"{_key(key)} = {value_text(value)}"
    for key, value in values.items():
        if _is_table(value):
            yield from _section((*above, _key(key)), value)


def _is_table(value: Any) -> bool:
    """Return whether a value gets a header of its own: a table, and not one number with its source."""
    return isinstance(value, Mapping) and not ("value" in value and "unit" in value)


def _key(key: Any) -> str:
    text = str(key)
    return text if _BARE_KEY.fullmatch(text) else _text(text)


def value_text(value: Any) -> str:
    """Return a value as TOML writes it on one line."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return _text(value)
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{_key(key)} = {value_text(inner)}" for key, inner in value.items()) + "}"
    if isinstance(value, Sequence):
        return "[" + ", ".join(map(value_text, value)) + "]"
    if isinstance(value, int) or (isinstance(value, float) and math.isfinite(value)):
        return repr(value)
    raise ValueError(f"{value!r} cannot be written in region.toml")


def _text(text: str) -> str:
    # JSON escapes what a basic string of TOML must escape, but for DEL.
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")
