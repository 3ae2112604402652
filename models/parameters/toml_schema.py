"""TOML files of a region, and what is wrong with them in the planner's words."""

import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import UnionType
from typing import Annotated, Any, TypeAliasType, Union, get_args, get_origin

from pydantic import BaseModel, ValidationError
from pydantic.fields import FieldInfo

from geodata.faults import Fault, did_you_mean
from geodata.invisible import invisible
from geodata.size_limits import MOST_TEXT, is_too_large
from models.parameters.parameters import Parameters
from models.parameters.quantity import PRINTABLE, Quantity

TOML = "region.toml"
DEFINES_CODES = ("tiers", "profiles")
"""Tables whose keys are the region's own codes; all others are keyed by codes that exist elsewhere."""

_PLACE = re.compile(r"\(at line (\d+), column \d+\)")


def read_toml(path: Path, label: str, faults: list[Fault]) -> dict[str, Any] | None:
    """Return what a TOML file says, or None after adding the fault that prevents it.

    `label` is the name under which the planner knows the file.
    """
    expected = "a TOML file in UTF-8"
    if is_too_large(path, MOST_TEXT, faults):
        return None
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except OSError as error:
        faults.append(Fault(label, error.strerror or "an error", expected, "Check that it can be opened."))
        return None
    except UnicodeDecodeError as error:
        line = error.object.count(b"\n", 0, error.start) + 1
        faults.append(
            Fault(
                label, f"the byte 0x{error.object[error.start]:02x}", expected, "Save it as UTF-8.", row=line
            )
        )
        return None
    if sign := invisible(text):
        line = text[: next(at for at, one in enumerate(text) if invisible(one))].count("\n") + 1
        remedy = "Type this line anew, rather than paste it."
        faults.append(
            Fault(label, f"the invisible character {sign}", "characters that can be seen", remedy, row=line)
        )
        return None
    try:
        read = parsed(text.replace("\r\n", "\n"))
    except TooDeepError as error:
        faults.append(
            Fault(label, str(error), "key = value, in TOML", "Write shorter numbers and fewer brackets.")
        )
        return None
    except tomllib.TOMLDecodeError as error:
        place = _PLACE.search(str(error))
        line = int(place[1]) if place else text.count("\n") + 1
        found = _PLACE.sub("", str(error)).strip().rstrip(".")
        remedy = "Texts stand between quotation marks, numbers have a decimal point, a key stands once."
        faults.append(Fault(label, found, "key = value, in TOML", remedy, row=line))
        return None
    return read


class TooDeepError(ValueError):
    """A text that is TOML but of which no region is made: thousands of digits, or of nested brackets."""


MOST_DEEP = 20
"""Tables and lists within one another; a region has six."""


def parsed(text: str) -> dict[str, Any]:
    """Return what a text in TOML says.

    Raises
    ------
    TOMLDecodeError
        When it is not TOML.
    TooDeepError
        When it nests deeper than any region, or has a number of thousands of digits.
    """
    try:
        read = tomllib.loads(text)
    except tomllib.TOMLDecodeError:
        raise
    except (RecursionError, ValueError) as error:
        reason = "brackets" if isinstance(error, RecursionError) else "digits"
        raise TooDeepError(f"thousands of {reason}") from error
    level: list[Any] = [read]
    for _ in range(MOST_DEEP):
        level = [part for value in level for part in _parts(value)]
    if level:
        raise TooDeepError(f"more than {MOST_DEEP} tables within one another")
    return read


def _parts(value: Any) -> list[Any]:
    if isinstance(value, dict):
        return list(value.values())
    return list(value) if isinstance(value, list) else []


@dataclass(frozen=True)
class Slot:
    """Where a dotted key leads: the kind of value that belongs there and what is there now."""

    kind: Any
    value: Any


class UnknownKeyError(KeyError):
    """A dotted key that leads nowhere: the word that is unknown and those known in its place."""

    def __init__(self, word: str, known: Sequence[str]) -> None:
        super().__init__(word)
        self.word = word
        self.known = tuple(known)


def find(keys: Sequence[str], raw: Mapping[str, Any]) -> Slot:
    """Return where `keys` lead in `region.toml` as written (`raw`), defaults included.

    A table that is keyed by codes of something else (a municipality's staff, a tier's conversions)
    takes keys that it does not have yet; whether such a code exists is for the checks of the whole
    region to say, which know the tables too.

    Raises
    ------
    UnknownKeyError
        When a key is not in the schema, or no tier or profile that `raw` gives.
    """
    kind: Any = Parameters
    value: Any = raw
    for depth, key in enumerate(keys):
        if _is_section(kind):
            field = kind.model_fields.get(key)
            if field is None:
                raise UnknownKeyError(key, list(kind.model_fields))
            value = _inside(value, key, _default(field))
            kind = plain(field.annotation)
        elif get_origin(kind) is dict:
            kind = plain(get_args(kind)[1])
            if depth == 1 and keys[0] in DEFINES_CODES and key not in _keys(value):
                raise UnknownKeyError(key, _keys(value))
            value = _inside(value, key, None)
        else:
            raise UnknownKeyError(key, [])
    return Slot(kind, value)


def plain(annotation: Any) -> Any:
    """Return the type behind aliases, `Annotated` and `| None`."""
    while True:
        if isinstance(annotation, TypeAliasType):
            annotation = annotation.__value__
        elif get_origin(annotation) is Annotated:
            annotation = get_args(annotation)[0]
        elif get_origin(annotation) in (Union, UnionType):
            annotation = next(part for part in get_args(annotation) if part is not type(None))
        else:
            return annotation


def is_branch(kind: Any) -> bool:
    """Tell whether keys stand below this kind of value (a section, or a table of codes)."""
    return _is_section(kind) or get_origin(kind) is dict


def validation_faults(error: ValidationError, raw: Mapping[str, Any]) -> list[Fault]:
    """Return what pydantic found wrong in `region.toml` (`raw`), in words."""
    return [_fault(one, raw) for one in error.errors(include_url=False)]


def _fault(error: Any, raw: Mapping[str, Any]) -> Fault:
    keys = [str(part) for part in error["loc"] if part != "[key]"]
    key = ".".join(keys)
    match error["type"]:
        case "extra_forbidden":
            section = f"[{'.'.join(keys[:-1])}]" if keys[1:] else "the file"
            found = f"the unknown key '{keys[-1]}'"
            known = _known(keys[:-1], raw)
            return Fault(TOML, found, f"a key of {section}", did_you_mean(keys[-1], known), column=key)
        case "missing":
            return Fault(TOML, "nothing", _meaning(keys, raw), f"Add {key} = …", column=key)
        case "value_error":
            expected, remedy = str(error["ctx"]["error"]), _value_remedy(error["input"])
        case "literal_error":
            words = re.findall(r"'([^']*)'", error["ctx"]["expected"])
            expected, remedy = error["ctx"]["expected"], did_you_mean(str(error["input"]), words)
        case "string_pattern_mismatch":
            if error["ctx"]["pattern"] == PRINTABLE:
                remedy = "Take out its control and invisible characters."
                return Fault(TOML, _shown(error["input"]), "a text", remedy, column=key)
            expected = "a code of letters, digits and _ that begins with a letter"
            remedy = "Shorten it to such a code; the name can hold the rest."
        case _:
            expected, remedy = _lowered(error["msg"]), "Correct it."
    return Fault(TOML, _shown(error["input"]), expected, remedy, column=key)


def _value_remedy(found: Any) -> str:
    value = found.get("value") if isinstance(found, dict) else found
    if isinstance(value, str):
        return "Write the number without quotation marks, with a decimal point."
    return "Correct it."


def _known(keys: Sequence[str], raw: Mapping[str, Any]) -> list[str]:
    try:
        kind = find(keys, raw).kind
    except UnknownKeyError:
        return []
    return list(kind.model_fields) if isinstance(kind, type) and issubclass(kind, BaseModel) else []


def _meaning(keys: Sequence[str], raw: Mapping[str, Any]) -> str:
    """Return what belongs under a key that is absent: the docstring of the field."""
    try:
        section = find(keys[:-1], raw).kind
    except UnknownKeyError:
        return "a value"
    field = section.model_fields.get(keys[-1]) if _is_section(section) else None
    return _lowered(field.description) if field is not None and field.description else "a value"


def _lowered(sentence: str) -> str:
    return sentence[:1].lower() + sentence[1:].rstrip(".")


def _shown(value: Any) -> str:
    if isinstance(value, dict) and "value" in value:
        unit = value.get("unit")
        return f"{value['value']!r} {unit}" if unit else repr(value["value"])
    if isinstance(value, dict):
        return "the keys " + ", ".join(map(str, value)) if value else "no keys"
    text = repr(value)
    return text if len(text) <= 60 else text[:57] + "…"


def _is_section(kind: Any) -> bool:
    return isinstance(kind, type) and issubclass(kind, BaseModel) and not issubclass(kind, Quantity)


def _default(field: FieldInfo) -> Any:
    if field.is_required():
        return None
    default = field.get_default(call_default_factory=True)
    return default.model_dump() if isinstance(default, BaseModel) else default


def _keys(value: Any) -> list[str]:
    return [str(key) for key in value] if isinstance(value, dict) else []


def _inside(value: Any, key: str, default: Any) -> Any:
    return value.get(key, default) if isinstance(value, dict) else default
