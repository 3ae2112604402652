"""The chapters of the house: imports run downhill between folders, and folders and files stay small."""

import ast
import functools
import re
from collections import Counter
from pathlib import Path

import networkx as nx
import pytest
from test_architecture import PACKAGES, ROOT, imported, modules_of

CHAPTERS = {
    "geodata": (),
    "models": ("parameters", "funding", "region", "demand", "inputs", "monitoring", "new_region"),
    "optimiser": (
        "prices", "rule", "assembly", "problem", "accounts", "model", "plan", "verification", "solver",
        "search", "infeasibility", "solve", "review", "warm_start", "manual_plan", "explain", "compare",
        "tradeoffs", "negotiation", "outflow_matching", "procurement", "monitoring", "regions", "location",
    ),
    "reports": (
        "text", "figures", "maps", "answers", "page", "workbook", "folder", "collections", "publish",
        "front_door", "app", "terminal",
    ),
}  # fmt: skip
"""Package → its chapters from the ground up: each may import those before it."""

STILL_UPHILL = {"optimiser.search.elastic → optimiser.infeasibility.levers"}
"""Steps that are left to be mended; `reports` has more of them and is not held to its order yet."""

MOST_MODULES, MOST_LINES = 12, 500
LARGE_FOLDERS = {"geodata", "optimiser/location", "models/region", "reports/answers", "reports/terminal"}
"""Folders that hold more: a family of methods read one by one, and those still to be divided."""

LONG_FILES = {
    "models/new_region/from_map.py", "models/parameters/parameters.py", "models/region/tables.py",
    "reports/answers/lots.py",
    "reports/figures/figures.py",
}  # fmt: skip
"""Files still to be divided; a file that is short enough leaves this list."""

CLAUSE = re.compile(r"(What|Who|Where|Why|How|Which|Whoever)\b")


def chapter(name: str) -> str:
    """Return the second part of a module's name: its folder, or itself where it lies beside the folders."""
    parts = name.split(".")
    return parts[1] if len(parts) > 1 else ""


@functools.cache
def imports_of(path: Path) -> frozenset[str]:
    """Return the full names that a module imports."""
    return frozenset(imported(ast.parse(path.read_text(encoding="utf-8"))))


def uphill(package: str) -> list[str]:
    """Return the imports of a package that point to a later chapter, for types alike."""
    order = CHAPTERS[package]
    steps = []
    for path in modules_of(package):
        name = ".".join(path.relative_to(ROOT).with_suffix("").parts)
        if chapter(name) not in order:
            continue
        for other in sorted(imports_of(path)):
            above = other.startswith(f"{package}.") and chapter(other) in order
            if above and order.index(chapter(other)) > order.index(chapter(name)):
                steps.append(f"{name} → {other}")
    return [step for step in steps if not any(step.startswith(one) for one in STILL_UPHILL)]


def circles(package: str) -> set[str]:
    """Return the modules of a package that import themselves in the end, for types and faces alike."""
    names = {".".join(path.relative_to(ROOT).with_suffix("").parts): path for path in modules_of(package)}
    graph = nx.DiGraph(
        (name, other) for name, path in names.items() for other in imports_of(path) & (names.keys() - {name})
    )
    return {name for group in nx.strongly_connected_components(graph) if len(group) > 1 for name in group}


def folders() -> list[Path]:
    """Return every folder of the packages that holds modules."""
    return sorted({path.parent for package in PACKAGES for path in modules_of(package)})


@pytest.mark.parametrize("package", ["geodata", "models", "optimiser"])
def test_imports_run_downhill_between_chapters(package):
    """A later chapter may import an earlier one, and not the other way round."""
    assert uphill(package) == []


@pytest.mark.parametrize("package", CHAPTERS)
def test_every_chapter_has_its_place_in_the_order(package):
    """No folder is left out of the order; a name of the order that is gone is taken out."""
    there = {path.name for path in folders() if path.parent == ROOT / package}
    assert there <= set(CHAPTERS[package]) | {"regions"}


@pytest.mark.parametrize("package", PACKAGES)
def test_no_circle_with_types_and_faces(package):
    """No module needs itself, imports for types and those of a package's face included."""
    assert circles(package) == set()


@pytest.mark.parametrize("folder", folders(), ids=lambda folder: str(folder.relative_to(ROOT)))
def test_a_folder_holds_few_modules(folder):
    """A reader sees the whole chapter at one glance."""
    if str(folder.relative_to(ROOT)) not in LARGE_FOLDERS:
        assert len([path for path in folder.glob("*.py") if path.name != "__init__.py"]) <= MOST_MODULES


def test_files_are_short():
    """No module has more lines than a reader keeps in mind."""
    lines = {
        str(path.relative_to(ROOT)): len(path.read_text(encoding="utf-8").splitlines())
        for package in PACKAGES
        for path in modules_of(package)
    }
    assert {path for path, count in lines.items() if count > MOST_LINES} == LONG_FILES


def test_class_names_are_unique():
    """A name stands for one class in all packages."""
    names = Counter(
        node.name
        for package in PACKAGES
        for path in modules_of(package)
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.ClassDef) and not node.name.startswith("_")
    )
    assert {name for name, count in names.items() if count > 1} == set()


def test_a_folder_says_what_it_holds():
    """The `__init__.py` of a chapter is one noun phrase, and imports nothing."""
    for folder in folders():
        tree = ast.parse((folder / "__init__.py").read_text(encoding="utf-8"))
        assert len(tree.body) == 1
        assert not CLAUSE.match(ast.get_docstring(tree) or "What")


@pytest.mark.parametrize("package", PACKAGES)
def test_first_lines_are_noun_phrases(package):
    """No module opens with a clause in the place of a noun phrase."""
    opening = {
        str(path.relative_to(ROOT)): ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))) or "What"
        for path in modules_of(package)
    }
    assert {path: text for path, text in opening.items() if CLAUSE.match(text)} == {}
