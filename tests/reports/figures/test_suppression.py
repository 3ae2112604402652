"""Small counts stay unknown to somebody who computes with all that is published."""

import numpy as np
import pandas as pd
import pytest
from attack import disclosed, reach
from hypothesis import given, settings
from hypothesis import strategies as st

from reports.figures.suppression import TOTAL, Sum, shown, suppressed_table


def equations(table: pd.DataFrame, *, across: bool) -> list[tuple[object, list[object]]]:
    """Return the sums of a table that stands with its margins."""
    rows = [row for row in table.index if row != TOTAL]
    columns = [name for name in table.columns if name != TOTAL]
    found: list[tuple[object, list[object]]] = [
        ((TOTAL, name), [(row, name) for row in rows]) for name in table.columns
    ]
    if across:
        found += [((row, TOTAL), [(row, name) for name in columns]) for row in table.index]
    return found


def broken(counts: pd.DataFrame, *, across: bool = True, threshold: float = 10) -> object:
    """Return what can be computed back from the published form of a table."""
    table = suppressed_table(counts, threshold, across=across)
    whole = counts.copy()
    whole.loc[TOTAL] = counts.sum()
    if across:
        whole[TOTAL] = whole.sum(axis=1)
    return disclosed(
        whole.stack().to_dict(), table.stack().dropna().to_dict(), equations(table, across=across), threshold
    )


def test_a_total_does_not_give_a_small_count_away():
    """3 is small. From 3 + 20 + 30 = 53 it could be had, so 20 goes too; and from column x with
    its total, so 40 goes; 20 then follows from column y unless 50 goes, which also closes the square.
    """
    counts = pd.DataFrame([[3, 20, 30], [40, 50, 60], [70, 80, 90]], index=list("abc"), columns=list("xyz"))
    table = suppressed_table(counts, 10)
    hidden = {cell for cell, value in table.stack(future_stack=True).items() if np.isnan(value)}
    assert hidden == {("a", "x"), ("a", "y"), ("b", "x"), ("b", "y")}
    assert table.loc[TOTAL, TOTAL] == 443


def test_hiding_the_small_count_alone_would_not_do():
    """The attack does find a 3 where only the 3 is hidden: 53 − 20 − 30."""
    published = {"y": 20.0, "z": 30.0, TOTAL: 53.0}
    assert reach(published, [(TOTAL, ["x", "y", "z"])], "x") == (3, 3)


def test_a_small_total_goes_with_its_parts():
    """4 + 3 = 7: were the 7 there, neither part could be the 10 that nobody should rule out."""
    assert (
        suppressed_table(pd.DataFrame({2030: [4.0, 3.0]}, index=["a", "b"]), 10, across=False)
        .isna()
        .all(axis=None)
    )


def test_nothing_small_hides_nothing():
    counts = pd.DataFrame({2030: [10.0, 40.0], 2031: [11.0, 12.0]}, index=["a", "b"])
    assert not suppressed_table(counts, 10, across=False).isna().any(axis=None)


def test_a_zero_is_small_too():
    table = suppressed_table(pd.DataFrame({2030: [0.0, 40.0, 60.0]}, index=list("abc")), 10, across=False)
    assert table[2030].isna().tolist() == [True, True, False, False]  # the cheaper of the two goes with it


@given(st.data())
@settings(max_examples=25, deadline=None)
def test_no_table_can_be_computed_back(data):
    """Any table with both margins, small counts anywhere."""
    size = data.draw(st.tuples(st.integers(2, 5), st.integers(2, 4)))
    values = data.draw(st.lists(st.integers(0, 30), min_size=size[0] * size[1], max_size=size[0] * size[1]))
    counts = pd.DataFrame(np.array(values, dtype=float).reshape(size))
    counts = counts.set_axis([f"r{n}" for n in range(size[0])]).set_axis(
        [f"c{n}" for n in range(size[1])], axis=1
    )
    assert broken(counts) == {}


def test_tables_that_share_cells_protect_each_other():
    """Rows by town and by tier add up to one total. Town b is 5; hiding town a with it would do
    there, were it not that the two tiers are published too and town × tier is what both are sums of.
    """
    inner = {("a", "bed"): 40.0, ("a", "home"): 20.0, ("b", "bed"): 5.0, ("b", "home"): 0.0}
    cells = {
        **inner, "a": 60.0, "b": 5.0, "c": 80.0, ("c", "bed"): 30.0, ("c", "home"): 50.0,
        "bed": 75.0, "home": 70.0, "all": 145.0,
    }  # fmt: skip
    towns, tiers = ("a", "b", "c"), ("bed", "home")
    sums = [
        Sum("all", towns),
        Sum("all", tiers),
        *(Sum(town, tuple((town, tier) for tier in tiers)) for town in towns),
        *(Sum(tier, tuple((town, tier) for town in towns)) for tier in tiers),
    ]
    latent = [(town, tier) for town in towns for tier in tiers]
    values = pd.Series(cells.values(), index=pd.Index(list(cells), tupleize_cols=False))
    seen = shown(values, sums, 10, latent)
    published = {cell: value for cell, value in cells.items() if seen[cell == values.index].all()}
    assert not set(latent) & set(published)
    assert "b" not in published
    assert disclosed(cells, published, [(one.total, one.parts) for one in sums], 10) == {}


@pytest.mark.parametrize(
    ("counts", "message"),
    [
        (pd.DataFrame({"x": [-1.0]}), "at least 0"),
        (pd.DataFrame({"x": [np.nan]}), "must be known"),
        (pd.DataFrame({"total": [1.0]}), "no label may be"),
    ],
)
def test_what_are_no_counts_is_refused(counts, message):
    with pytest.raises(ValueError, match=message):
        suppressed_table(counts, 10)


def test_a_sum_that_does_not_hold_is_refused():
    with pytest.raises(ValueError, match="not the sum of its parts"):
        shown(pd.Series({"a": 10.0, "all": 12.0}), [Sum("all", ("a",))], 10)
