"""The mutants of `make reliability` are what they say, and a few of them are tried."""

import ast
from pathlib import Path

import pytest

from benchmarks.mutants import ROOT, TESTS, mutants


@pytest.mark.parametrize("module", TESTS)
def test_every_mutant_is_code_and_differs(module):
    """Each is a program again, differs from its module in one place, and its tests are there."""
    whole = ast.unparse(ast.parse((ROOT / module).read_text(encoding="utf-8")))
    made = list(mutants(module))
    assert made
    for mutant in made[:: max(1, len(made) // 5)]:
        text = ast.unparse(mutant.tree)
        ast.parse(text)
        assert text != whole
    assert all(Path(ROOT / name).is_file() for name in TESTS[module])
