"""The mutants of `make reliability` are what they say, and two of them are tried."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks.mutants import ROOT, TESTS, mutants


@pytest.mark.parametrize("module", TESTS)
def test_every_mutant_is_code_and_differs(module):
    """Each is a program again, differs from its module in one place, and its tests are there."""
    whole = ast.unparse(ast.parse((ROOT / module).read_text(encoding="utf-8")))
    made = list(mutants(module))
    assert made
    assert len({str(mutant) for mutant in made}) == len(made), "two with the same words"
    for mutant in made[:: max(1, len(made) // 5)]:
        text = ast.unparse(mutant.tree)
        ast.parse(text)
        assert text != whole
    assert all(Path(ROOT / name).is_file() for name in TESTS[module])


def test_two_mutants_are_noticed():
    """One in thirteen of what prices the ledger, by lot; the tests are those of `make test`."""
    asked = [sys.executable, "-m", "benchmarks.mutants", "optimiser/accounts/charges.py", "--every", "13"]
    said = subprocess.run(asked, cwd=ROOT, capture_output=True, text=True, check=True)
    assert said.stdout.splitlines()[-1] == (
        "optimiser/accounts/charges.py {'tried': 2, 'killed': 2, 'survivors': []}"
    ), said.stderr
