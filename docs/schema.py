"""Tables of the pages, made from the code that they speak of: commands, rules, keys, columns, arrays."""

import functools
import inspect
import json
import re
import tempfile
import textwrap
import tomllib
import types
import warnings
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import fields
from pathlib import Path
from typing import Annotated, Any, Literal, TypeAliasType, Union, get_args, get_origin

import geopandas as gpd
import openpyxl
import pyogrio
import xarray as xr
from pydantic import BaseModel, TypeAdapter, ValidationError
from pydantic.fields import FieldInfo

import cli
import spreidplan as sp
from geodata import bundled, indicators
from models.inputs.outflow_clients import FREE_COLUMNS, READY_COLUMNS, FreeHome, ReadyClient
from models.monitoring.actuals import MEASURES
from models.parameters.parameters import Parameters, Policies
from models.parameters.quantity import Quantity
from models.region.decisions import AGREED
from models.region.tables import (
    MEANINGS,
    TABLES,
    UNITS,
    TableSchema,
    actuals_table,
    agreed_table,
    is_number,
    stock_table,
)
from optimiser.model.formulation import EUROS
from optimiser.model.variables import SLACK, Decisions
from optimiser.plan import DECIDED, WEIGHTS
from optimiser.rule import Rule
from reports.app import controls
from reports.app.wording import Wording
from reports.text.glossary import glossary
from reports.text.words import Words as ReportWords

ROOT = Path(__file__).parent.parent
SAMPLE = "groningen-bmwe"
STORED = {"housed": ("clients", "by `pair`")}
"""Decisions that a plan keeps in another form: unit and how."""
EVERYWHERE = {
    "mode": "Whether it holds: hard, soft at a price, or off.",
    "price": "What a unit of what falls short costs, where it is soft.",
}
"""Keys that mean the same in every policy."""


def _table(heads: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """Return a Markdown table; a bar in a cell is no border."""
    lines = ["| " + " | ".join(heads) + " |", "|---" * len(heads) + "|"]
    for row in rows:
        cells = (" ".join(str(cell).split()).replace("|", "\\|") for cell in row)
        lines.append("| " + " | ".join(cells) + " |")
    return "\n".join(lines)


def _code(text: object) -> str:
    return f"`{text}`" if str(text) else ""


# Commands ------------------------------------------------------------------------------------


def _commands() -> dict[str, Any]:
    return dict(cli.commands().commands)


def options_of(name: str) -> set[str]:
    """Return the options that a command has, as they are written."""
    return {word for one in _commands()[name].params for word in (*one.opts, *one.secondary_opts)} | {
        "--help"
    }


def _does(name: str) -> str:
    first = str(_commands()[name].help).strip().rstrip(".")
    return first[0].lower() + first[1:]


def command_list() -> str:
    """Return every command with what it does."""
    return _table(["command", "what it does"], [[_code(f"spreidplan {n}"), _does(n)] for n in _commands()])


def command(name: str) -> str:
    """Return what a command does, and its arguments as its signature has them."""
    rows = [_argument(one) for one in _commands()[name].params if one.name != "help" and one.help]
    return f"{_does(name).capitalize()}.\n\n" + _table(["argument", "what it is"], rows)


def _argument(one: Any) -> tuple[str, str]:
    value = one.metavar or ""
    if one.param_type_name == "argument":
        return _code(value), str(one.help)
    names = ", ".join(sorted(one.opts or one.secondary_opts, key=len))
    return _code(f"{names} {value}".strip()), str(one.help) + (" (must be given)" if one.required else "")


# Mathematics ---------------------------------------------------------------------------------


def decisions() -> str:
    """Return every family of variables: its labels, what it counts, and its name in a plan."""
    known = {made.name: made for made in DECIDED}
    rows = []
    for name, text in _attributes_of(Decisions).items():
        made = known.get(name)
        units, where = (made.units, "yes") if made else STORED.get(name, ("1", "follows from others"))
        rows.append([_code(name), text, units, where])
    return _table(["decision", "labels and meaning", "unit", "in `plan.nc`"], rows)


def _attributes_of(cls: type) -> dict[str, str]:
    """Return field → text, from the section Attributes of a docstring in NumPy's style."""
    body = inspect.cleandoc(cls.__doc__ or "").partition("Attributes\n")[2].partition("\n")[2]
    told: dict[str, str] = {}
    names: list[str] = []
    for line in body.splitlines():
        if re.match(r"\w", line):
            names = [name.strip() for name in line.split(",")]
        elif line.strip():
            told |= {name: f"{told.get(name, '')} {line.strip()}".strip() for name in names}
    return {f.name: told.get(f.name, "") for f in fields(cls)}


def rules(kind: str) -> str:
    """Return the rules of a kind: sentence, what a row is about, equation, and how a scenario sets it."""
    return "\n\n".join(_rule(rule) for rule in sp.RULES if rule.kind == kind)


def _rule(rule: Rule) -> str:
    lines = [
        f"### `{rule.name}`",
        "",
        f"{rule.sentence['en']} *{rule.sentence['nl']}*",
        "",
        f"```text\n{_wrapped(rule.equation)}\n```",
        "",
        f"A row per {', '.join(rule.dims)}; counted in {rule.unit}. {_setting(rule)}".strip(),
    ]
    return "\n".join(lines)


def _wrapped(equation: str) -> str:
    return "\n".join(textwrap.wrap(equation, 96, break_on_hyphens=False))


def _setting(rule: Rule) -> str:
    if rule.kind == "core":
        return "Always hard."
    policy = Policies.model_fields[rule.name]
    section = _plain(policy.annotation)
    mode = section.model_fields["mode"].default
    said = {
        "hard": "Hard unless set otherwise.",
        "soft": "Soft unless set otherwise.",
        "off": "Off unless set.",
    }[mode]
    slack = SLACK.get(rule.name)
    if not slack:
        return f"{said} It cannot be soft."
    price = _unit(section.model_fields["price"])
    return f"{said} Where it is soft, `{slack}` says by how much it falls short, at a price in {price}."


def objective() -> str:
    """Return the parts of the objective: what somebody pays, and what only steers."""
    sentences = {rule.name: rule.sentence["en"] for rule in sp.RULES}
    rows = [[_code(part), "euros that somebody pays", ""] for part in EUROS]
    rows += [[_code(part), "points that only steer", sentences.get(part, "")] for part in WEIGHTS]
    return _table(["part", "what it is", "of the rule"], rows)


# region.toml ---------------------------------------------------------------------------------


def parameters() -> str:
    """Return every key of region.toml, a table per section, from the models that read it."""
    return "\n\n".join(_sections("", Parameters))


def _sections(path: str, section: type[BaseModel]) -> Iterator[str]:
    rows, below = [], []
    for name, field in section.model_fields.items():
        inner, level = _inner(field.annotation)
        key = f"{path}{name}{''.join(f'.<{label}>' for label in level)}"
        if _is_section(inner):
            below.append((key, inner))
        else:
            told = field.description or EVERYWHERE.get(name) or _doc(inner)
            rows.append([_code(key), _type(inner), _default(field), told])
    said = _doc(section).partition(": ")[2] or _doc(section)
    said = said if path.startswith("policies.") else _doc(section)
    if rows:
        table = _table(["key", "holds", "unless given", "meaning"], rows)
        yield f"### `[{path.rstrip('.')}]`\n\n{said}\n\n{table}"
    for key, inner in below:
        yield from _sections(f"{key}.", inner)


def _is_section(kind: Any) -> bool:
    """Whether a key holds keys of its own; a text in two languages is one."""
    is_model = isinstance(kind, type) and issubclass(kind, BaseModel) and kind is not Quantity
    return is_model and set(kind.model_fields) != {"nl", "en"}


def _doc(kind: Any) -> str:
    if isinstance(kind, type) and issubclass(kind, BaseModel) and kind is not Quantity:
        return (kind.__doc__ or "").split("\n\n")[0]
    return ""


def _plain(annotation: Any) -> Any:
    """Return an annotation without alias, None and Annotated that holds no quantity."""
    while True:
        if isinstance(annotation, TypeAliasType):
            if _is_quantity(annotation):
                return annotation
            annotation = annotation.__value__
        elif get_origin(annotation) in (Union, types.UnionType):
            left = [a for a in get_args(annotation) if a is not type(None)]
            if len(left) != 1:
                return annotation
            annotation = left[0]
        else:
            return annotation


def _is_quantity(annotation: Any) -> bool:
    value = annotation.__value__ if isinstance(annotation, TypeAliasType) else annotation
    return get_origin(value) is Annotated and get_args(value)[0] is Quantity


def _inner(annotation: Any) -> tuple[Any, list[str]]:
    """Return what a table keyed by codes holds in the end, and what its keys are."""
    plain, labels = _plain(annotation), []
    while get_origin(plain) is dict:
        key, value = get_args(plain)
        labels.append(_label(key))
        plain = _plain(value)
    return plain, labels


def _label(key: Any) -> str:
    if isinstance(key, TypeAliasType):
        key = key.__value__ if get_origin(key.__value__) is Literal else key.__name__.lower()
    if get_origin(key) is Literal:
        return "|".join(map(str, get_args(key)))
    return "code" if key is str else str(key)


def _type(annotation: Any) -> str:
    annotation = _plain(annotation)
    if _is_quantity(annotation):
        return _range_of(annotation)
    if get_origin(annotation) is Literal:
        return ", ".join(_code(word) for word in get_args(annotation))
    if get_origin(annotation) is tuple:
        return f"list of {_type(get_args(annotation)[0])}"
    if get_origin(annotation) is Annotated:
        return _type(get_args(annotation)[0]) + _limits(get_args(annotation)[1:])
    if get_origin(annotation) in (Union, types.UnionType):
        return " or ".join(_type(a) for a in get_args(annotation))
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return "`{nl = …, en = …}`" if set(annotation.model_fields) == {"nl", "en"} else annotation.__name__
    names = {str: "text", int: "whole number", bool: "`true` or `false`", float: "number"}
    return names.get(annotation, str(annotation))


def _limits(metadata: Iterable[Any]) -> str:
    least = most = None
    for one in metadata:
        for limit in getattr(one, "metadata", [one]):
            least, most = getattr(limit, "ge", least), getattr(limit, "le", most)
    return f", {least} to {most}" if least is not None and most is not None else ""


def _range_of(annotation: Any) -> str:
    """Return what the validator of a number says that it expects."""
    try:
        TypeAdapter(annotation).validate_python(-1e30)
    except ValidationError as error:
        return str(error.errors()[0]["ctx"]["error"]).removeprefix("a number in ")
    raise ValueError(f"{annotation} takes any number")


def _unit(field: FieldInfo) -> str:
    return str(TypeAdapter(_plain(field.annotation)).validate_python(1).unit)


def _default(field: FieldInfo) -> str:
    if field.is_required():
        return "must be given"
    value = field.get_default(call_default_factory=True, validated_data={})
    if isinstance(value, Quantity):
        return _code(f"{value.value:.10g}")
    if value in (None, (), {}):
        return "nothing"
    return _code(json.dumps(value, default=lambda one: one.model_dump(exclude_none=True)).strip('"'))


# Tables of a region --------------------------------------------------------------------------


def table(file: str) -> str:
    """Return the columns of a table of a region."""
    others = (agreed_table(AGREED), stock_table("stock.csv"), actuals_table("actuals.csv", list(MEASURES)))
    known = {t.file: t for t in (*TABLES, *others)}
    found: TableSchema = known[file]
    rows = [
        [_code(name), "must be there" if column.required else "", _holds(name, column), found.means(name)]
        for name, column in found.every_column.items()
    ]
    return _table(["column", "", "holds", "meaning"], rows)


def _holds(name: str, column: Any) -> str:
    checks = [str(check.error) for check in column.checks]
    if not checks:
        checks = ["a number" if is_number(column) else "text"]
    unit = UNITS.get(name, "")
    return ", ".join(checks) + (f" ({unit})" if unit and unit not in checks[0] else "")


def ready(which: str) -> str:
    """Return the columns of the outflow desk: of clients who are ready, or of homes that come free."""
    columns, absent, about = {
        "ready": (READY_COLUMNS, {"neighbourhood", "wanted"}, ReadyClient),
        "free": (FREE_COLUMNS, {"tier"}, FreeHome),
    }[which]
    told = _attributes_of(about) if "Attributes" in str(about.__doc__) else {}
    rows = [
        [_code(name), "may be empty" if name in absent else "", told.get(name, "") or MEANINGS.get(name, "")]
        for name in columns
    ]
    return _table(["column", "", "meaning"], rows)


def measures() -> str:
    """Return what may be counted: of when, and which columns go with it."""

    def several(names: Iterable[str]) -> str:
        return ", ".join(_code(name) for name in names)

    rows = [
        [
            _code(name),
            one.about,
            "within the quarter" if one.is_flow else "at its end",
            several(one.needs),
            several(one.takes),
        ]
        for name, one in MEASURES.items()
    ]
    return _table(["measure", "what", "counted", "filled in", "may be filled in"], rows)


def settable() -> str:
    """Return what can be set on the what-if page, for the sample region, with the keys of region.toml."""
    region, words = sp.read_region(bundled.region_folder(SAMPLE)), Wording("en")
    rows = []
    for theme in controls.themes(region, words):
        rows += [[theme.label, one.label, _code(one.key)] for one in theme.sliders]
        for policy in theme.policies:
            keys = [policy.mode.key, *(one.key for one in (*policy.choices, *policy.sliders))]
            rows.append([theme.label, policy.label, ", ".join(_code(key) for key in keys)])
    return _table(["theme", "on the page", "key"], rows)


def area_columns() -> str:
    """Return our columns of neighbourhoods, and the names under which they are known."""
    rows = [
        [_code(ours), ", ".join(_code(name) for name in theirs if name != ours)]
        for ours, theirs in {**indicators.COLUMNS, **indicators.INDICATORS}.items()
    ]
    return _table(["column", "also known as"], rows)


def files() -> str:
    """Return the tables of a region with what each is for."""
    rows = [
        [_code(t.file), t.purpose, "may be absent" if t.may_be_absent else "must be there"] for t in TABLES
    ]
    return _table(["file", "holds", ""], rows)


# A plan --------------------------------------------------------------------------------------


@functools.cache
def _sample() -> tuple[xr.Dataset, dict[str, Any], dict[str, Any], dict[str, list[str]]]:
    """Return what a plan of one year holds: arrays, summary, sheets with titles, layers with columns."""
    region = sp.read_region(bundled.region_folder(SAMPLE), settings={"years.last": "2018"})
    problem = sp.Problem.of(region, sp.forecast(region))
    with tempfile.TemporaryDirectory() as scratch:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", sp.NothingChanges)  # any plan shows what a folder holds
            plan = sp.solve(problem, gap=0.9)
        folder = sp.write(plan, Path(scratch) / "plan", lang="en")
        with xr.open_dataset(folder / "plan.nc") as data:
            arrays = data.load()
        summary = json.loads((folder / "summary.json").read_text(encoding="utf-8"))
        book = openpyxl.load_workbook(folder / "plan.xlsx", read_only=True)
        sheets = {sheet.title: next(sheet.values, ("",))[0] for sheet in book.worksheets}
        book.close()
        names = pyogrio.list_layers(folder / "plan.gpkg")[:, 0]
        layers = {str(name): list(gpd.read_file(folder / "plan.gpkg", layer=name).columns) for name in names}
    return arrays, summary, sheets, layers


def arrays() -> str:
    """Return every variable of plan.nc."""
    data = _sample()[0]
    rows = [
        [_code(name), ", ".join(map(str, data[name].dims)), data[name].attrs.get("units", ""),
         data[name].attrs.get("long_name", "")]
        for name in data.data_vars
    ]  # fmt: skip
    coords = [
        [
            _code(name),
            ", ".join(map(str, data[name].dims)),
            "",
            "label" if name in data.dims else "of a label",
        ]
        for name in data.coords
    ]
    return _table(["variable", "dimensions", "unit", "meaning"], [*rows, *coords])


def attributes() -> str:
    """Return the attributes of plan.nc: names and what kind of value each holds."""
    rows = []
    for name, value in _sample()[0].attrs.items():
        text = str(value)
        if text[:1] in "[{":
            inside = json.loads(text)
            keys = inside if isinstance(inside, dict) else (inside[0] if inside else {})
            kind = "JSON" + (": " + ", ".join(_code(key) for key in keys) if keys else "")
        else:
            kind = "number" if not isinstance(value, str) else "text"
        rows.append([_code(name), kind])
    return _table(["attribute", "holds"], rows)


def summary() -> str:
    """Return the keys of summary.json and what each holds."""
    return _table(["key", "holds"], [[_code(k), _kind_of(v)] for k, v in _keys(_sample()[1])])


def _keys(value: Mapping[str, Any], above: str = "") -> Iterator[tuple[str, Any]]:
    """Generate keys with dots; those that are codes, years or sites of the sample are not told apart."""
    for key, inner in value.items():
        if isinstance(inner, dict) and above == "" and key in ("proof", "years"):
            yield from _keys(inner, f"{key}.")
        else:
            yield f"{above}{key}", inner


def _kind_of(value: Any) -> str:
    if isinstance(value, dict):
        inner = next(iter(value.values()), None)
        if isinstance(inner, dict):
            keys = ", ".join(_code(key) for key in inner)
            years = all(str(key).isdigit() for key in inner)
            return "by code and year" if years else f"by name: {keys}"
        return "by code"
    if isinstance(value, list):
        first = value[0] if value else None
        if isinstance(first, dict):
            return f"list of {', '.join(_code(key) for key in first)}"
        return "list"
    return {str: "text", int: "whole number", float: "number"}.get(type(value), "text or nothing")


def workbook() -> str:
    """Return the sheets of plan.xlsx with their titles."""
    return _table(["sheet", "title"], [[name, title] for name, title in _sample()[2].items()])


def layers() -> str:
    """Return the layers of plan.gpkg with their columns."""
    rows = [[_code(name), ", ".join(_code(c) for c in columns)] for name, columns in _sample()[3].items()]
    return _table(["layer", "columns"], rows)


# The domain ----------------------------------------------------------------------------------


def sourced() -> str:
    """Return the numbers of the bundled regions that have a source, once each."""
    rows: dict[tuple[str, ...], list[str]] = {}
    for name, folder in bundled.bundled_regions().items():
        register = sp.read_region(folder).assumptions
        known = register[
            (register["source"] != "assumption") & ~register["key"].str.contains(r"\.csv|\.geojson")
        ]
        for row in known.to_dict("records"):
            value = f"{row['value']:g} {row['unit']}"
            rows.setdefault((str(row["key"]), value, str(row["source"])), []).append(name)
    told = [
        [_code(key), value, source, ", ".join(names) if len(names) < 4 else "all"]
        for (key, value, source), names in rows.items()
    ]
    return _table(["number", "value", "source", "in"], told)


def terms() -> str:
    """Return the glossary of the report in both languages."""
    dutch, english = (glossary(ReportWords(lang)) for lang in ("nl", "en"))
    rows = [[nl[0], en[0], en[1]] for nl, en in zip(dutch, english, strict=True)]
    return _table(["Nederlands", "English", "meaning"], rows)


def words() -> str:
    """Return what tiers, profiles and rules are called in Dutch and English, from the bundled regions."""
    rows: dict[str, str] = {}
    for folder in bundled.bundled_regions().values():
        text = tomllib.loads((folder / "region.toml").read_text(encoding="utf-8"))
        for section in ("tiers", "profiles"):
            for one in text[section].values():
                rows.setdefault(one["name"]["nl"], one["name"]["en"])
    rows |= {rule.sentence["nl"]: rule.sentence["en"] for rule in sp.RULES}
    return _table(["Nederlands", "English"], sorted(rows.items(), key=lambda pair: pair[0].lower()))
