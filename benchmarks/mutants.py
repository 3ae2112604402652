"""Mutants: one term of a rule, of a policy or of the verifier dropped or turned round; a test has to fail.

    python -m benchmarks.mutants [--every 1] [--seed 0] MODULE

The tests of a module are run once as it is, and what each of them comes by is noted. Then every mutant is put
in place of its function in a fork of that process, which runs those tests that come by the changed line, the
quickest first. A mutant that they all pass is a survivor, told with its line. What a solver says of the same
arrays is remembered, so that only what the mutant changes is solved again.
"""

import argparse
import ast
import gc
import hashlib
import importlib
import os
import pickle
import signal
import sys
import time
import warnings
from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, fields, is_dataclass
from itertools import islice
from pathlib import Path
from random import Random
from types import CodeType, FunctionType
from typing import Any, NoReturn

import highspy
import pandas as pd
import pytest
import xarray as xr
from _pytest.runner import runtestprotocol

ROOT = Path(__file__).resolve().parent.parent
RULES = (
    "tests/optimiser/model/test_rules.py",
    "tests/optimiser/test_tiny_by_hand.py",
    "tests/optimiser/model/test_shelter_and_wlz.py",
)
POLICIES = (
    "tests/optimiser/model/test_optional_policies.py",
    "tests/optimiser/model/test_change_takes_time.py",
    *RULES,
)
TESTS = {
    "optimiser/model/formulation.py": RULES,
    "optimiser/accounts/charges.py": ("tests/optimiser/accounts/test_ledger.py",),
    "optimiser/model/policies.py": POLICIES,
    "optimiser/model/optional_policies.py": POLICIES,
    "optimiser/model/concentration.py": (
        "tests/optimiser/model/test_concentration.py",
        "tests/models/region/test_carrying_capacity.py",
        "tests/optimiser/model/test_rules.py",
    ),
    "optimiser/verification/verify.py": (
        "tests/optimiser/verification/test_verifier_golden.py",
        "tests/optimiser/verification/test_verify.py",
        "tests/optimiser/model/test_optional_policies.py",
        "tests/optimiser/model/test_concentration.py",
        "tests/models/region/test_carrying_capacity.py",
        "tests/optimiser/model/test_change_takes_time.py",
        "tests/optimiser/model/test_agreed_decisions.py",
        "tests/optimiser/model/test_shelter_and_wlz.py",
    ),
}
"""Module → the tests that have to notice when it is wrong."""

VERIFIER = "optimiser/verification/verify.py"

FIRST = (
    "tests/optimiser/model/test_rules.py::test_the_terms_of_the_objective",
    "tests/optimiser/model/test_rules.py::test_the_rows_of_a_rule",
    "tests/optimiser/verification/test_verifier_golden.py::test_every_change_breaks_what_it_broke_before",
)
"""Tests that are asked before it is known who notices most: they compare what is written down."""

TURNED: dict[type, type] = {
    ast.Add: ast.Sub, ast.Sub: ast.Add, ast.Mult: ast.Div, ast.Div: ast.Mult,
    ast.LtE: ast.Gt, ast.GtE: ast.Lt, ast.Lt: ast.GtE, ast.Gt: ast.LtE, ast.Eq: ast.NotEq, ast.NotEq: ast.Eq,
    ast.In: ast.NotIn, ast.NotIn: ast.In, ast.And: ast.Or, ast.Or: ast.And,
}  # fmt: skip
"""What an operator is turned into."""


@dataclass(frozen=True)
class Mutant:
    """One change of one module, on the lines `line` … `end`."""

    module: str
    line: int
    columns: str
    """Where on the line the changed term begins, and where on its last line it ends."""
    end: int
    change: str
    node: int
    """Which node of the module's tree, in the order in which `ast.walk` comes by; -1 for none."""

    def __str__(self) -> str:
        return f"{self.module}:{self.line}:{self.columns} {self.change}"

    @property
    def tree(self) -> ast.Module:
        """The module with the change; what is not changed stays on its line."""
        whole = ast.parse((ROOT / self.module).read_text(encoding="utf-8"))
        if self.node >= 0:
            _apply(next(islice(ast.walk(whole), self.node, None)), self.change)
        return ast.fix_missing_locations(whole)


def mutants(module: str) -> Iterator[Mutant]:
    """Generate every mutant of a module: an operator turned, a sign dropped, a generated term left out."""
    whole = ast.parse((ROOT / module).read_text(encoding="utf-8"))
    for number, node in enumerate(ast.walk(whole)):
        for change in _changes(node):
            assert isinstance(node, ast.expr | ast.stmt)
            columns, end = f"{node.col_offset + 1}-{node.end_col_offset}", node.end_lineno or node.lineno
            yield Mutant(module, node.lineno, columns, end, change, number)


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


# In place of the module -----------------------------------------------------------------------

type Place = tuple[str, int]
"""A function by its full name and the line on which it begins."""


def _codes(code: CodeType) -> Iterator[CodeType]:
    yield code
    for inner in code.co_consts:
        if isinstance(inner, CodeType):
            yield from _codes(inner)


def _compiled(tree: ast.Module, module: str) -> dict[Place, CodeType]:
    whole = compile(tree, str(ROOT / module), "exec", dont_inherit=True)
    return {(code.co_qualname, code.co_firstlineno): code for code in _codes(whole)}


def _functions(module: str) -> dict[Place, list[FunctionType]]:
    """Return the functions of a module wherever they are held: in the module, a rule or a class."""
    found = defaultdict(list)
    for one in gc.get_objects():
        if isinstance(one, FunctionType) and one.__code__.co_filename == str(ROOT / module):
            found[one.__code__.co_qualname, one.__code__.co_firstlineno].append(one)
    return found


def put_in_place(mutant: Mutant) -> set[str]:
    """Give the functions that a mutant changes their changed code; return their names."""
    before = _compiled(Mutant(mutant.module, 0, "", 0, "", -1).tree, mutant.module)
    after, changed = _compiled(mutant.tree, mutant.module), set[str]()
    for place, functions in _functions(mutant.module).items():
        if place in after and after[place] != before[place]:
            for function in functions:
                function.__code__ = after[place]
                changed.add(function.__name__)
    return changed


# What is the same for every mutant --------------------------------------------------------------


def _remembering(function: Callable[..., Any], key: Callable[..., bytes]) -> Callable[..., Any]:
    """Return a function that answers what it was asked before from memory."""
    known: dict[bytes, Any] = {}

    def asked(*given: Any, **named: Any) -> Any:
        at = key(*given, **named)
        if at not in known:
            known[at] = function(*given, **named)
        return known[at]

    return asked


def _of_arrays(model: Any, *given: Any, **_: Any) -> bytes:
    """Return a hash of all that a solver sees of a model, of the limits, and of arrays beside them."""
    from optimiser.solver.limits import Limits

    digest, arrays = hashlib.sha256(repr(model.arrays.constant).encode()), model.arrays
    digest.update(repr([variable.name for variable in model.decisions.all()]).encode())
    matrix = arrays.matrix
    parts = [arrays.cost, matrix.data, matrix.indices, matrix.indptr, arrays.row_lower, arrays.row_upper]
    for part in [*parts, arrays.lower, arrays.upper, arrays.integer]:
        digest.update(part.tobytes())
    for one in given:
        if isinstance(one, Limits):
            digest.update(repr((one.gap, one.seconds, one.seed, one.work.left)).encode())
        elif hasattr(one, "tobytes"):
            digest.update(one.tobytes())
    return digest.digest()


def _of_files(settings: Any = None, **files: str) -> bytes:
    return pickle.dumps((sorted((settings or {}).items()), sorted(files.items())))


_HELD: list[object] = []
"""What is known by its identity, so that nothing else gets it."""


def _of_itself(one: Any, *given: Any, **named: Any) -> bytes:
    _HELD.append((one, given, named))
    arrays = (value.tobytes() if hasattr(value, "tobytes") else id(value) for value in given)
    return repr((id(one), *arrays, sorted((name, id(value)) for name, value in named.items()))).encode()


def _remember() -> None:
    """Have what a solver or a reader says of the same remembered, in this process and its forks.

    Reading knows nothing of rules, so that a problem is the same for every mutant.
    """
    import builders

    solving = importlib.import_module("optimiser.solve")
    for name in ("search", "do_nothing", "steadiest"):
        setattr(solving, name, _remembering(getattr(solving, name), _of_arrays))
    builders.by_scipy = _remembering(builders.by_scipy, _of_arrays)
    builders.tiny_problem = _remembering(builders.tiny_problem, _of_files)


def _remember_models() -> None:
    """Have the model and the arrays of a problem remembered too: what checks them does not make them."""
    from optimiser.model.model import Model

    solving = importlib.import_module("optimiser.solve")
    Model.of = _remembering(Model.of, _of_itself)  # type: ignore[method-assign]
    for name in ("dataset", "unavoidable"):
        setattr(solving, name, _remembering(getattr(solving, name), _of_itself))


class Checks:
    """What each check of the verifier says of the same plan, remembered where a mutant is not in its way."""

    def __init__(self) -> None:
        self._module = importlib.import_module("optimiser.verification.verify")
        self._digests: dict[int, bytes] = {}
        self._anew: set[str] = set()
        for name in self._named(self._module.violations):
            check = getattr(self._module, name)
            setattr(self._module, name, self._remembering(name, check))

    def forget(self, changed: Collection[str]) -> None:
        """Have every check made anew that comes by one of these functions, however far down."""
        functions = [f for all_ in _functions(VERIFIER).values() for f in all_]
        uses = {
            f.__name__: {name for code in _codes(f.__code__) for name in code.co_names} for f in functions
        }
        self._anew = {name.partition(".")[0] for name in changed} | {*changed}
        grown = True
        while grown:
            more = {name for name, used in uses.items() if used & self._anew} - self._anew
            self._anew |= more
            grown = bool(more)

    def _named(self, function: FunctionType) -> list[str]:
        return [name for name in function.__code__.co_names if name.startswith("_")]

    def _remembering(self, name: str, check: Callable[..., Any]) -> Callable[..., Any]:
        known: dict[tuple[bytes, bytes], tuple[Any, ...]] = {}

        def said(problem: Any, data: Any) -> tuple[Any, ...]:
            if name in self._anew:
                return tuple(check(problem, data))
            at = self._digest(problem), self._digest(data)
            if at not in known:
                known[at] = tuple(check(problem, data))
            return known[at]

        return said

    def _digest(self, one: Any) -> bytes:
        if id(one) not in self._digests:
            _HELD.append(one)
            self._digests[id(one)] = _digest(one)
        return self._digests[id(one)]


def _digest(one: Any) -> bytes:
    try:
        return hashlib.sha256(pickle.dumps(_content(one))).digest()
    except pickle.PicklingError:  # it has a rule of somebody's own: never taken for another
        return os.urandom(32)


def _content(one: Any) -> object:
    """Return what an object holds; what xarray and pandas were asked before is left out."""
    if isinstance(one, xr.Dataset):
        return {name: content for name, content in one.to_dict().items() if name != "attrs"}
    if isinstance(one, xr.DataArray | pd.Series):
        return one.to_dict()
    if is_dataclass(one):
        return [_content(getattr(one, each.name)) for each in fields(one)]
    return one


# Tests and what they come by --------------------------------------------------------------------


@dataclass
class Watch:
    """Notes which lines of a module are come by, through what Python tells of its own work."""

    module: str
    lines: set[int] = field(default_factory=set)

    @contextmanager
    def on(self) -> Iterator[None]:
        """Listen."""
        tools = sys.monitoring
        tools.use_tool_id(tools.COVERAGE_ID, "mutants")
        tools.register_callback(tools.COVERAGE_ID, tools.events.LINE, self._noted)
        for functions in _functions(self.module).values():
            for code in _codes(functions[0].__code__):
                tools.set_local_events(tools.COVERAGE_ID, code, tools.events.LINE)
        try:
            yield
        finally:
            tools.free_tool_id(tools.COVERAGE_ID)

    def _noted(self, code: CodeType, line: int) -> object:
        del code
        self.lines.add(line)
        return sys.monitoring.DISABLE

    def taken(self) -> set[int]:
        """Return the lines since the last time, and begin anew."""
        lines, self.lines = self.lines, set()
        sys.monitoring.restart_events()
        return lines


SECONDS = 300.0
"""Of the processor; a mutant whose tests take longer does not end, and is noticed too."""


@dataclass(frozen=True)
class Fork:
    """A process that tries a mutant."""

    mutant: Mutant
    tests: int
    heard: int
    """Where it tells which test failed."""
    began: float


@dataclass
class Trial:
    """A plugin of pytest that runs the tests once, and then those that come by each mutant."""

    module: str
    asked: list[Mutant]
    checks: Checks | None = None
    survivors: list[Mutant] = field(default_factory=list)
    fixtures: dict[int, set[int]] = field(default_factory=lambda: defaultdict(set))
    """Lines come by while a fixture was made, by the id of its definition."""

    @pytest.hookimpl(wrapper=True)
    def pytest_fixture_setup(self, fixturedef: Any) -> Iterator[None]:
        """Keep apart what belongs to a fixture, which is made for one test and used by others."""
        before = self.watch.taken() if self.watch else set()
        try:
            return (yield)
        finally:
            if self.watch:
                own = self.watch.taken()
                self.fixtures[id(fixturedef)] |= own
                self.watch.lines |= before

    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        """Run all, and then the mutants."""
        self.watch, lines, took = Watch(self.module), {}, {}
        with self.watch.on():
            for number, item in enumerate(session.items):
                began = time.monotonic()
                self.watch.taken()
                _passes(item, session.items[number + 1 : number + 2]) or _refuse(item)
                lines[item], took[item] = self.watch.taken(), time.monotonic() - began
        self.watch = None
        for item in session.items:
            definitions = item._fixtureinfo.name2fixturedefs.values()  # type: ignore[attr-defined]
            lines[item] |= {n for all_ in definitions for one in all_ for n in self.fixtures[id(one)]}
        highspy.Highs.resetGlobalScheduler(True)  # a fork has none of its threads
        whole = Mutant(self.module, 0, "", 10**6, "no change", -1)
        self._begin(whole, sorted(session.items, key=lambda item: took[item])[:40])
        self._end_one()
        if not self.survivors:
            raise RuntimeError(f"the tests of {self.module} fail without a mutant")
        self.survivors.clear()
        for mutant in self.asked:
            own = [item for item in session.items if lines[item] & {*range(mutant.line, mutant.end + 1)}]
            while len(self.running) >= _cores():
                self._end_one()
            self._begin(mutant, sorted(own, key=lambda item: (-self.kills[_name(item)], took[item])))
        while self.running:
            self._end_one()
        return True

    watch: Watch | None = None
    kills: Counter[str] = field(default_factory=lambda: Counter(FIRST))
    """How often a test has noticed a mutant."""

    running: dict[int, Fork] = field(default_factory=dict)
    """Process → what it tries."""
    tried: int = 0

    def _begin(self, mutant: Mutant, items: list[pytest.Item]) -> None:
        """Begin a process in which tests run with the mutant in place."""
        heard, tells = os.pipe()
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            pid = os.fork()
        if not pid:
            _end_with(mutant, items, tells, self.checks)
        os.close(tells)
        self.running[pid] = Fork(mutant, len(items), heard, time.monotonic())

    def _end_one(self) -> None:
        """Wait until one of the processes ends, and tell whether a test failed, or did not end."""
        pid, status = os.wait()
        if pid not in self.running:
            return  # a process that a test began and left behind
        fork = self.running.pop(pid)
        with os.fdopen(fork.heard) as line:
            self.kills[line.read()] += 1
        self.survivors += [] if status else [fork.mutant]
        self.tried += 1
        said = "killed" if status else f"SURVIVED {fork.tests} tests"
        told = (
            f"{self.tried - 1}/{len(self.asked)} {fork.mutant}: {said}, {time.monotonic() - fork.began:.1f} s"
        )
        print(told, file=sys.stderr, flush=True)


def _cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else 1


def _name(item: pytest.Item) -> str:
    """Return the name of a test without its parameters."""
    return item.nodeid.partition("[")[0]


def _end_with(mutant: Mutant, items: list[pytest.Item], tells: int, checks: Checks | None) -> NoReturn:
    """Run tests with a mutant, and end this process with 0 where all pass; tell which does not."""
    signal.setitimer(signal.ITIMER_PROF, SECONDS)
    sink = os.open(os.devnull, os.O_WRONLY)
    os.dup2(sink, 1)
    os.dup2(sink, 2)
    code = 1
    try:
        changed = put_in_place(mutant) if mutant.node >= 0 else {"no change"}
        if checks:
            checks.forget(changed)
        if not changed:
            code = 0  # nothing is changed where only the module's own lines are: told as a survivor
        else:
            failed = (item for n, item in enumerate(items) if not _passes(item, items[n + 1 : n + 2]))
            noticed = next(failed, None)
            code = int(noticed is not None)
            os.write(tells, b"" if noticed is None else _name(noticed).encode())
    finally:
        os._exit(code)


def _passes(item: pytest.Item, coming: list[pytest.Item]) -> bool:
    reports = runtestprotocol(item, nextitem=coming[0] if coming else None, log=False)
    return not any(report.failed for report in reports)


def _refuse(item: pytest.Item) -> NoReturn:
    raise RuntimeError(f"{item.nodeid} fails without a mutant")


# All of it ----------------------------------------------------------------------------------------


def sample(module: str, every: int, seed: int) -> list[Mutant]:
    """Return the mutants of a module, or one in `every` of them by lot."""
    all_ = list(mutants(module))
    return all_ if every == 1 else Random(seed).sample(all_, max(1, len(all_) // every))


def tried(module: str, every: int = 1, seed: int = 0) -> dict[str, Any]:
    """Try the mutants of a module, one in `every` by lot; tell how many, how many killed, who survived."""
    asked = sample(module, every, seed)
    left = _left(module, asked)
    return {"tried": len(asked), "killed": len(asked) - len(left), "survivors": left}


def survivors(module: str, told: Collection[str]) -> list[str]:
    """Return which of the mutants with these words survive.

    Raises
    ------
    ValueError
        Where the module has no such mutants: it was changed since, so that all are to be tried.
    """
    asked = [mutant for mutant in mutants(module) if str(mutant) in told]
    if {str(mutant) for mutant in asked} != set(told):
        raise ValueError(f"{module} has changed since; try all of its mutants")
    return _left(module, asked) if asked else []


def _left(module: str, asked: list[Mutant]) -> list[str]:
    """Try mutants of one module, once in a process, and return the survivors.

    Raises
    ------
    RuntimeError
        Where the tests of the module fail without a mutant: then nothing that they say counts.
    """
    sys.path[:0] = [path for path in (str(ROOT), str(ROOT / "tests" / "support")) if path not in sys.path]
    _remember()
    checks = None
    if module == VERIFIER:
        _remember_models()
        checks = Checks()
    trial = Trial(module, asked, checks=checks)
    loaded = "ignore::pytest.PytestAssertRewriteWarning"  # by what is imported here
    options = ["-q", "-p", "no:cacheprovider", "-W", loaded, f"--rootdir={ROOT}", "-m", "not slow"]
    ended = pytest.main([*options, *(str(ROOT / name) for name in TESTS[module])], plugins=[trial])
    if ended != pytest.ExitCode.OK:
        raise RuntimeError(f"the tests of {module} cannot be run ({ended})")
    return [str(one) for one in trial.survivors]


def main() -> int:
    """Try the mutants of a module and tell the kill rate and the survivors."""
    reading = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    reading.add_argument("module", metavar="MODULE", choices=list(TESTS), help="%(choices)s")
    reading.add_argument("--every", type=int, default=1, help="try one in so many")
    reading.add_argument("--seed", type=int, default=0)
    asked = reading.parse_args()
    print(asked.module, tried(asked.module, asked.every, asked.seed))
    return 0


if __name__ == "__main__":
    sys.exit(main())
