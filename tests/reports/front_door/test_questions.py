"""Questions of the front door: each is one call, and its result has text, tables, plots and a map."""

import pandas as pd
import pytest
from results import shown
from tiny import write_tiny_region

import spreidplan as sp
from optimiser.tradeoffs.plan_store import MemoryStore

RANGES = {"pathway.inflow.share": {"value": 0.1, "low": 0.05, "high": 0.15}}


def test_an_explanation_has_a_row_per_rule_that_binds(tiny):
    """Rules that bind, values of one unit more, and a site asked for."""
    explained = sp.explain(tiny, sites=["S1"], seconds=5, each=1)
    tables = shown(explained)
    assert len(tables["binding"]) == len(explained.explanation.bindings) > 0
    assert list(tables["sites"]["site"]) == ["S1"]
    assert len(tables["values"]) == len(explained.explanation.worths)


def test_a_comparison_with_itself_differs_in_nothing(tiny):
    """No site, no key and no person differs; the measures are those of the plan."""
    tables = shown(sp.compare(tiny, tiny))
    assert tables["sites"].empty
    assert tables["inputs"].empty
    assert (tables["measures"].nunique(axis=1) == 1).all()
    assert tables["measures"].loc["objective"].iloc[0] == tiny.proof.objective


def test_alternatives_are_in_the_band(tiny):
    """Each plan of the band is at most so much dearer than the best, and is told once."""
    other = sp.alternatives(tiny, within=0.1, count=2, gap=0.0, seconds=30, room_seconds=10)
    plans = shown(other)["plans"]
    assert plans["above_best"].max() <= 0.1 + 1e-9
    assert len(plans) == len(other.plans) <= 2


def test_a_front_steps_from_the_cheapest_to_less_travel(tiny, tmp_path):
    """Cost rises as travel falls; in a folder the same points are stored and read back."""
    front = sp.pareto(tiny, points=2, gap=0.0, seconds=30, within=0.5)
    table = shown(front)["front"]
    assert table["cost"].is_monotonic_increasing
    assert table["travel"].is_monotonic_decreasing
    folder = tmp_path / "front"
    stored = sp.pareto(tiny, points=2, gap=0.0, seconds=30, within=0.5, folder=folder)
    pd.testing.assert_frame_equal(stored.table(), table)
    assert (folder / "frontier.svg").is_file()


def test_a_first_stage_serves_two_futures(tmp_path):
    """Every future has the objective of its own plan and that with the shared start, which is no better."""
    folder = write_tiny_region(tmp_path / "tiny")
    found = sp.two_stage(folder, settings=RANGES, draws=2, commit=1, gap=1e-9, seconds=60.0, processes=1)
    regret = shown(found)["regret"]
    assert (regret["start"] >= regret["own"] - 1e-3).all()
    region = sp.read_region(folder, settings=RANGES)
    again = sp.two_stage(region, draws=2, commit=1, gap=1e-9, seconds=60.0, processes=1)
    pd.testing.assert_frame_equal(again.table("regret"), regret)


def test_a_store_in_memory_has_what_was_stored(tiny):
    """Plans by name with their facts, in order; facts alone leave the plan."""
    store = MemoryStore()
    store.keep("one", tiny, {"n": 1})
    store.keep("one", None, {"n": 2})
    store.keep("none", None, {})
    assert store.names() == ["one", "none"]
    assert store.plan("one") is tiny
    assert store.facts("one") == {"n": 2}
    with pytest.raises(KeyError):
        store.plan("none")
    store.note("a", {"b": 1})
    assert (store.noted("a"), store.noted("b")) == ({"b": 1}, None)
