"""Mutants: one term of a rule, of a policy or of the verifier dropped or turned round; a test has to fail.

    python -m benchmarks.mutants [--every 1] [--seed 0] [MODULE …]

A mutant is a copy of the project's code with one change. Each is run against the tests of its module alone; a
mutant that they pass is a survivor, told with its line.
"""

import argparse
import ast
import importlib
import os
import shutil
import signal
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from random import Random
from typing import Any, NoReturn

import pytest

ROOT = Path(__file__).resolve().parent.parent
RULES = ("tests/test_rules.py", "tests/test_tiny_by_hand.py", "tests/test_shelter_and_wlz.py")
POLICIES = ("tests/test_more_policies.py", "tests/test_change_takes_time.py", *RULES)
TESTS = {
    "optimiser/formulation.py": RULES,
    "optimiser/charges.py": RULES,
    "optimiser/policies.py": POLICIES,
    "optimiser/conditions.py": POLICIES,
    "optimiser/concentration.py": ("tests/test_concentration.py", "tests/test_rules.py"),
    "optimiser/verify.py": ("tests/test_verify.py", "tests/test_more_policies.py"),
}
"""Module → the tests that have to notice when it is wrong, the quickest first."""

LIBRARIES = (
    "geopandas", "pulp", "pandera.pandas", "pydantic", "networkx", "xarray", "highspy", "scipy.optimize",
    "hypothesis",
)  # fmt: skip
"""What takes long to load, and is the same for every mutant."""

TURNED: dict[type, type] = {
    ast.Add: ast.Sub, ast.Sub: ast.Add, ast.Mult: ast.Div, ast.Div: ast.Mult,
    ast.LtE: ast.Gt, ast.GtE: ast.Lt, ast.Lt: ast.GtE, ast.Gt: ast.LtE, ast.Eq: ast.NotEq, ast.NotEq: ast.Eq,
    ast.In: ast.NotIn, ast.NotIn: ast.In, ast.And: ast.Or, ast.Or: ast.And,
}  # fmt: skip
"""What an operator is turned into."""


@dataclass(frozen=True)
class Mutant:
    """One change of one module."""

    module: str
    line: int
    change: str
    node: int
    """Which node of the module's tree, in the order in which `ast.walk` comes by; -1 for none."""

    @property
    def text(self) -> str:
        """The module with the change."""
        whole = ast.parse((ROOT / self.module).read_text(encoding="utf-8"))
        if self.node < 0:
            return ast.unparse(whole)
        _apply(next(islice(ast.walk(whole), self.node, None)), self.change)
        return ast.unparse(ast.fix_missing_locations(whole))


def mutants(module: str) -> Iterator[Mutant]:
    """Generate every mutant of a module: an operator turned, a sign dropped, a generated term left out."""
    whole = ast.parse((ROOT / module).read_text(encoding="utf-8"))
    for number, node in enumerate(ast.walk(whole)):
        for change in _changes(node):
            yield Mutant(module, getattr(node, "lineno", 0), change, number)


def _changes(node: ast.AST) -> list[str]:
    if isinstance(node, ast.BinOp) and type(node.op) in TURNED:
        turned = type(node.op).__name__, TURNED[type(node.op)].__name__
        return [f"{turned[0]} → {turned[1]}", "left alone", "right alone"]
    if isinstance(node, ast.Compare) and type(node.ops[0]) in TURNED:
        return [f"{type(node.ops[0]).__name__} → {TURNED[type(node.ops[0])].__name__}"]
    if isinstance(node, ast.BoolOp):
        return [f"{type(node.op).__name__} → {TURNED[type(node.op)].__name__}"]
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub | ast.Not):
        return ["sign dropped"]
    if isinstance(node, ast.Expr) and isinstance(node.value, ast.Yield | ast.YieldFrom):
        return ["term dropped"]
    return []


def _apply(node: ast.AST, change: str) -> None:
    match node, change:
        case ast.Expr(), _:
            node.value = ast.Constant(None)
        case ast.UnaryOp(), _:
            node.op = ast.UAdd() if isinstance(node.op, ast.USub) else ast.Not()
            if isinstance(node.op, ast.Not):
                node.operand = ast.UnaryOp(ast.Not(), node.operand)
        case ast.BinOp(), "left alone":
            node.op, node.right = ast.Add(), ast.Constant(0)
        case ast.BinOp(), "right alone":
            node.op, node.left = ast.Add(), ast.Constant(0)
        case ast.BinOp() | ast.BoolOp(), _:
            node.op = TURNED[type(node.op)]()
        case ast.Compare(), _:
            node.ops[0] = TURNED[type(node.ops[0])]()


def is_killed(mutant: Mutant, place: Path) -> bool:
    """Tell whether a test fails, or does not end, with the mutant in place of its module.

    The tests run in a fork, which has the libraries loaded already but nothing of the project.
    """
    (place / mutant.module).write_text(mutant.text, encoding="utf-8")
    pid = os.fork()
    if not pid:
        _test(mutant, place)
    try:
        return os.waitpid(pid, 0)[1] != 0
    finally:
        shutil.copyfile(ROOT / mutant.module, place / mutant.module)


SECONDS = 900
"""A mutant whose tests take longer does not end: noticed too."""


def _test(mutant: Mutant, place: Path) -> NoReturn:
    """Run the tests of a module in this process, and end it with 0 where all pass."""
    signal.alarm(SECONDS)
    sink = os.open(os.devnull, os.O_WRONLY)
    os.dup2(sink, 1)
    os.dup2(sink, 2)
    code = 1
    try:
        os.chdir(place)
        kept = [part for part in sys.path if Path(part or ".").resolve() not in (ROOT, ROOT / "benchmarks")]
        sys.path[:] = [str(place), *kept]
        sys.dont_write_bytecode = True
        for name in [one for one in sys.modules if one.partition(".")[0] == "benchmarks"]:
            del sys.modules[name]
        # the libraries were loaded before pytest could rewrite their assertions
        loaded = "ignore::pytest.PytestAssertRewriteWarning"
        tests = ["-x", "-q", "-p", "no:cacheprovider", "-m", "not slow", "-W", loaded]
        code = int(pytest.main([*tests, *TESTS[mutant.module]]))
    finally:
        os._exit(code)


def copied(place: Path) -> Path:
    """Copy what the tests need to a folder of its own, so that nothing here is touched."""
    for name in ("geodata", "models", "optimiser", "reports", "tests", "benchmarks"):
        shutil.copytree(ROOT / name, place / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("cli.py", "pyproject.toml"):
        shutil.copyfile(ROOT / name, place / name)
    return place


def sample(modules: list[str], every: int, seed: int) -> list[Mutant]:
    """Return the mutants of modules, or one in `every` of them by lot."""
    all_ = [mutant for module in modules for mutant in mutants(module)]
    return all_ if every == 1 else Random(seed).sample(all_, max(1, len(all_) // every))


def tried(modules: list[str], every: int, seed: int) -> dict[str, Any]:
    """Try mutants, one in `every` by lot, and return how many were killed and who survived.

    Raises
    ------
    RuntimeError
        Where the tests of a module fail without a mutant: then nothing that they say counts.
    """
    for library in LIBRARIES:
        importlib.import_module(library)
    survivors, asked = list[Mutant](), sample(modules, every, seed)
    with tempfile.TemporaryDirectory() as folder:
        place = copied(Path(folder))
        for module in sorted({mutant.module for mutant in asked}):
            if is_killed(Mutant(module, 0, "", -1), place):
                raise RuntimeError(f"the tests of {module} fail without a mutant")
        for number, mutant in enumerate(asked, start=1):
            killed = is_killed(mutant, place)
            survivors += [] if killed else [mutant]
            said = "killed" if killed else "SURVIVED"
            place_of = f"{mutant.module}:{mutant.line} {mutant.change}"
            print(f"{number}/{len(asked)} {place_of}: {said}", file=sys.stderr, flush=True)
    names = [f"{one.module}:{one.line} {one.change}" for one in survivors]
    return {"tried": len(asked), "killed": len(asked) - len(names), "survivors": names}


def main() -> int:
    """Try mutants and tell the kill rate and the survivors."""
    reading = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    reading.add_argument("modules", nargs="*", metavar="MODULE")
    reading.add_argument("--every", type=int, default=1, help="try one in so many")
    reading.add_argument("--seed", type=int, default=0)
    asked = reading.parse_args()
    print(tried(asked.modules or list(TESTS), asked.every, asked.seed))
    return 0


if __name__ == "__main__":
    sys.exit(main())
