"""The front door: its names, loaded when they are used."""

import ast
import inspect
import subprocess
import sys

import pytest

import spreidplan as sp


def test_every_name_is_there_once_and_the_lists_agree():
    """What type checkers read, what is loaded and what is offered are the same names of the same modules."""
    tree = ast.parse(inspect.getsource(sp))
    checked = {
        alias.asname or alias.name: node.module
        for block in tree.body
        if isinstance(block, ast.If)
        for node in block.body
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
    }
    assert checked == sp._MODULES
    assert set(sp.__all__) == set(checked) == set(dir(sp))
    for name in sp.__all__:
        assert getattr(sp, name) is not None


def test_nothing_is_loaded_before_it_is_used():
    """The import alone brings no table, map or solver."""
    code = "import sys, spreidplan; print([m for m in ('pandas', 'xarray', 'highspy') if m in sys.modules])"
    shown = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert shown.stdout.strip() == "[]"


def test_an_unknown_name_is_an_attribute_error():
    """As of any module."""
    with pytest.raises(AttributeError, match="no attribute 'solved'"):
        _ = sp.solved


def test_settings_are_numbers_booleans_and_text():
    """Whatever their type, they are the same as text in TOML; what no key can be is told."""
    typed = {"policies.intramural_reduction.by_end": 0.3, "years.last": 2019, "policies.budget.mode": "off"}
    text = {key: str(value) for key, value in typed.items()}
    one = sp.read_region("groningen-bmwe", settings=typed)
    other = sp.read_region("groningen-bmwe", settings=text)
    assert one.parameters == other.parameters
    assert one.digest == other.digest
    assert one.parameters.policies.intramural_reduction.by_end.value == 0.3
    with pytest.raises(sp.InputError, match="by_end"):
        sp.read_region("groningen-bmwe", settings={"policies.intramural_reduction.by_end": True})
    with pytest.raises(sp.InputError, match="Did you mean 'by_end'"):
        sp.read_region("groningen-bmwe", settings={"policies.intramural_reduction.by_ent": 0.3})
