"""The picture of the house: imports point one way, and names say what is in a module."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]

MAY_IMPORT = {
    "geodata": {"geodata"},
    "models": {"models", "geodata"},
    "optimiser": {"optimiser", "models", "geodata"},
    "reports": {"reports", "optimiser", "models", "geodata"},
    "cli": {"reports", "optimiser", "models", "geodata"},
    "notebooks": {"reports", "optimiser", "models", "geodata"},
}
"""Room → the rooms it may import; the line of the drawing in docs/house.md."""

ROOMS = {*MAY_IMPORT, "tests", "benchmarks"}
PACKAGES = ("geodata", "models", "optimiser", "reports")
SAYS_NOTHING = {
    "common", "engine", "handler", "helper", "helpers", "manager", "misc", "service", "util", "utils",
}  # fmt: skip


def modules_of(room: str) -> list[Path]:
    """Return the Python files of a room, in order."""
    return [ROOT / "cli.py"] if room == "cli" else sorted((ROOT / room).rglob("*.py"))


def imported(tree: ast.AST) -> set[str]:
    """Return the full names that a module imports, wherever in it and for types alike."""
    names = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
    return names


def breaches(source: str, room: str) -> list[str]:
    """Return what a module of a room does that the picture forbids, each with its line."""
    tree = ast.parse(source)
    found = []
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.level:
            found.append(f"line {node.lineno}: relative import")
        if isinstance(node, ast.ImportFrom) and any(alias.name == "*" for alias in node.names):
            found.append(f"line {node.lineno}: star import")
        if isinstance(node, ast.Call) and _called(node) == "print" and room in PACKAGES:
            found.append(f"line {node.lineno}: print in a package")
        if isinstance(node, ast.Call) and _called(node) in {"__import__", "import_module"}:
            found.append(f"line {node.lineno}: import by name")
    rooms = {name.partition(".")[0] for name in imported(tree)} & ROOMS
    found += [f"imports {other}" for other in sorted(rooms - MAY_IMPORT[room])]
    return found


def _called(call: ast.Call) -> str:
    """Return the last word of what is called."""
    return getattr(call.func, "attr", None) or getattr(call.func, "id", "")


@pytest.mark.parametrize("room", MAY_IMPORT)
def test_imports_point_one_way(room):
    """cli, notebooks → reports → optimiser → models → geodata, and nothing the other way."""
    found = {
        str(path.relative_to(ROOT)): breaches(path.read_text(encoding="utf-8"), room)
        for path in modules_of(room)
    }
    assert not {path: told for path, told in found.items() if told}


@pytest.mark.parametrize("room", PACKAGES)
def test_every_room_is_there(room):
    """A renamed room would otherwise be checked by nobody."""
    assert modules_of(room)


@pytest.mark.parametrize(
    ("source", "room", "breach"),
    [
        ("import reports", "optimiser", "imports reports"),
        ("from optimiser.solve import solve", "models", "imports optimiser"),
        ("import models.region as region", "geodata", "imports models"),
        ("def f():\n    from models import forecast", "geodata", "imports models"),
        ("import cli", "reports", "imports cli"),
        ("from tests.tiny import region", "reports", "imports tests"),
        ("from . import tables", "geodata", "line 1: relative import"),
        ("from ..models import region", "geodata", "line 1: relative import"),
        ("from geodata.areas import *", "models", "line 1: star import"),
        ("\nprint('hello')", "models", "line 2: print in a package"),
        ("import builtins\nbuiltins.print()", "reports", "line 2: print in a package"),
        ("import importlib\nimportlib.import_module('cli')", "models", "line 2: import by name"),
    ],
)
def test_the_check_sees_a_breach(source, room, breach):
    """The check itself fails on each thing that it is for."""
    assert breach in breaches(source, room)


def test_the_check_lets_the_line_pass():
    """What the picture allows is no breach: the next room, one further on, and any library."""
    source = "import reports\nfrom optimiser import solve\nimport geodata.areas\nimport numpy\nprint(1)"
    assert breaches(source, "cli") == []


@pytest.mark.parametrize("package", PACKAGES)
def test_no_circle_within_a_package(package):
    """Modules of a package can be put in an order in which each imports only earlier ones."""
    names = {path: _module_name(path) for path in modules_of(package) if path.name != "__init__.py"}
    waiting = {
        name: imported(_without_type_checking(path)) & (set(names.values()) - {name})
        for path, name in names.items()
    }
    while free := {name for name, needed in waiting.items() if not needed & waiting.keys()}:
        waiting = {name: needed for name, needed in waiting.items() if name not in free}
    assert not waiting


def _module_name(path: Path) -> str:
    return ".".join(path.relative_to(ROOT).with_suffix("").parts)


def _without_type_checking(path: Path) -> ast.Module:
    """Return a module less its `if TYPE_CHECKING:` blocks, which do not run."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    tree.body = [node for node in tree.body if not _is_for_types(node)]
    return tree


def _is_for_types(node: ast.stmt) -> bool:
    return isinstance(node, ast.If) and "TYPE_CHECKING" in ast.dump(node.test)


@pytest.mark.parametrize("package", PACKAGES)
def test_names_say_what_is_in_a_module(package):
    """No module is named after the fact that it helps."""
    words = {word for path in modules_of(package) for word in path.stem.split("_")}
    assert not words & SAYS_NOTHING
