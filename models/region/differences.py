"""In what two regions differ: keys with their values, and files; and a region half-way between them."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError

from geodata.faults import InputError
from models.parameters.parameters import Parameters
from models.parameters.toml_schema import TOML, validation_faults
from models.region.region import Region

type Keys = tuple[str, ...]

_DATA = (".csv", ".gpkg", ".geojson", ".graphml")


@dataclass(frozen=True, slots=True)
class Difference:
    """A key whose value is not the same; None where a region has no value for it."""

    key: str
    old: Any
    new: Any


def key_differences(one: Parameters, other: Parameters) -> tuple[Difference, ...]:
    """Return the keys of `region.toml` that mean something else, in alphabetical order.

    Sources and notes are not compared; a number that is equal in another unit or price year is told with it.
    """
    old, new = _meanings(one), _meanings(other)
    keys = sorted({*old, *new})
    return tuple(
        Difference(".".join(key), *_shown(old.get(key), new.get(key)))
        for key in keys
        if old.get(key) != new.get(key)
    )


def file_differences(one: Region, other: Region) -> tuple[str, ...]:
    """Return the names of the tables and areas whose content is not the same, in alphabetical order."""
    contents = [_contents(one), _contents(other)]
    names = sorted({*contents[0], *contents[1]})
    return tuple(name for name in names if contents[0].get(name) != contents[1].get(name))


def between(one: Parameters, other: Parameters, keys: Collection[str]) -> Parameters:
    """Return the parameters of `one` with the values that `other` has for some keys.

    Raises
    ------
    InputError
        Where these values cannot go together.
    """
    merged, theirs = _written(one), _written(other)
    for key in keys:
        path = tuple(key.split("."))
        value = _value_at(theirs, path)
        if value is None:
            _remove(merged, path)
        else:
            _put(merged, path, value)
    try:
        return Parameters.model_validate(merged)
    except ValidationError as error:
        raise InputError(validation_faults(error, merged)) from error


def is_one_number(value: object) -> bool:
    """Return whether a table is one number with its source, and not a section."""
    return isinstance(value, Mapping) and "value" in value and "unit" in value


def _meanings(parameters: Parameters) -> dict[Keys, Any]:
    whole = parameters.model_dump(mode="python", exclude_none=True)
    return {keys: _meaning(value) for keys, value in _leaves(whole)}


def _meaning(value: Any) -> Any:
    """Return what counts of a value: of a number what it is, in which unit, and of which year."""
    if not is_one_number(value):
        return value
    return value["value"], value["unit"], value.get("price_year")


def _shown(old: Any, new: Any) -> tuple[Any, Any]:
    """Return values as a planner writes them; units only where these are what differs."""
    numbers = [isinstance(value, tuple) and len(value) == 3 for value in (old, new)]
    if all(numbers) and old[0] == new[0]:
        return _with_unit(old), _with_unit(new)
    bare = [value[0] if number else value for value, number in zip((old, new), numbers, strict=True)]
    return bare[0], bare[1]


def _with_unit(meaning: tuple[Any, ...]) -> str:
    return " ".join(str(part) for part in meaning if part is not None)


def _written(parameters: Parameters) -> dict[str, Any]:
    """Return what is written down; a default stays unwritten."""
    written: dict[str, Any] = parameters.model_dump(mode="python", exclude_unset=True, exclude_none=True)
    return written


def _leaves(table: Mapping[Any, Any], above: Keys = ()) -> Iterator[tuple[Keys, Any]]:
    for key, value in table.items():
        keys = (*above, str(key))
        if isinstance(value, Mapping) and not is_one_number(value):
            yield from _leaves(value, keys)
        else:
            yield keys, value


def _value_at(table: Mapping[Any, Any], keys: Keys) -> Any:
    value: Any = table
    for key in keys:
        if not isinstance(value, Mapping):
            return None
        value = value.get(_own(value, key))
    return value


def _put(table: dict[Any, Any], keys: Keys, value: Any) -> None:
    for key in keys[:-1]:
        table = table.setdefault(_own(table, key), {})
    table[_own(table, keys[-1])] = value


def _remove(table: dict[Any, Any], keys: Keys) -> None:
    for key in keys[:-1]:
        below = table.get(_own(table, key))
        if not isinstance(below, dict):
            return
        table = below
    table.pop(_own(table, keys[-1]), None)


def _own(table: Mapping[Any, Any], key: str) -> Any:
    """Return the key as the table has it: years are numbers there."""
    return next((known for known in table if str(known) == key), key)


def _contents(region: Region) -> dict[str, bytes]:
    files = [path for path in region.folder.iterdir() if path.suffix in _DATA and path.name != TOML]
    return {path.name: path.read_bytes() for path in files if not path.name.startswith(".")}
