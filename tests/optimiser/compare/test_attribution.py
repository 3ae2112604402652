"""What each change does: parts that add up, by hand and on the tiny region."""

import json
from itertools import combinations, permutations

import pytest
from builders import EUROS_ONLY, ONE_YEAR, best, least_cost, tiny_problem
from hypothesis import given
from hypothesis import strategies as st
from tiny import write_tiny_region

from models.demand.forecast import forecast
from models.region.read_region import read_region
from optimiser.compare.attribution import attribute, method_for, needed
from optimiser.problem import Problem
from optimiser.solve import Impossible
from reports.answers.attribution import Between, Step, attribution_lines, steps_between
from reports.figures.contents import Contents
from reports.folder.folder import read_plan, write

LIMITS = {"gap": 0.0, "seconds": 60.0, "seed": 0}


def subsets(count):
    """Return every subset of so many steps."""
    return [frozenset(taken) for n in range(count + 1) for taken in combinations(range(count), n)]


@given(st.integers(1, 4).flatmap(lambda n: st.lists(st.integers(-99, 99), min_size=2**n, max_size=2**n)))
def test_parts_add_up_and_shapley_is_the_mean_over_every_order(worth):
    """Whatever the plans are worth: parts sum to the difference, and are what all orders give on average."""
    count = len(worth).bit_length() - 1
    values = dict(zip(subsets(count), worth, strict=True))
    names = [f"step {n}" for n in range(count)]
    figures = {taken: {"objective": float(value)} for taken, value in values.items()}
    gaps = dict.fromkeys(values, 1.0)
    for method in ("shapley", "ordered"):
        found = attribute(names, figures, gaps, method)
        assert found.remainder["objective"] == pytest.approx(0.0, abs=1e-9)
        assert found.parts["objective"].sum() == pytest.approx(found.total["objective"])
    orders = list(permutations(range(count)))
    found = attribute(names, figures, gaps, "shapley")
    for step, name in enumerate(names):
        added = [
            values[frozenset(order[: order.index(step) + 1])] - values[frozenset(order[: order.index(step)])]
            for order in orders
        ]
        assert found.parts.at[name, "objective"] == pytest.approx(sum(added) / len(orders))
    assert found.parts["margin"].to_list() == pytest.approx([2.0] * count)


def test_two_steps_that_only_work_together_share_it():
    """Each alone does nothing, both save 10: five each by Shapley; in order the second gets all of it."""
    values = {s: {"objective": -10.0 if len(s) == 2 else 0.0} for s in subsets(2)}
    gaps = dict.fromkeys(values, 0.0)
    assert attribute("ab", values, gaps, "shapley").parts["objective"].to_list() == [-5.0, -5.0]
    assert attribute("ab", values, gaps, "ordered").parts["objective"].to_list() == [0.0, -10.0]


def test_stopped_half_way_it_is_in_order_with_a_remainder():
    """Of {}, a, abc the part of a is known (3 of 10); b and c have no part, and 7 is left."""
    taken = [frozenset(), frozenset([0]), frozenset([0, 1, 2])]
    values = {s: {"objective": v} for s, v in zip(taken, (0.0, 3.0, 10.0), strict=True)}
    found = attribute("abc", values, dict.fromkeys(taken, 0.0), "shapley")
    assert found.method == "ordered"
    assert found.parts["objective"].to_dict() == {"a": 3.0}
    assert found.remainder["objective"] == 7.0


def test_four_steps_ask_every_subset_and_five_only_the_order():
    """2⁴ = 16 plans; five steps in order are six. The order's own plans come first."""
    assert (method_for(4), method_for(5), method_for(2, in_order=True)) == ("shapley", "ordered", "ordered")
    assert len(needed(4, "shapley")) == len(set(needed(4, "shapley"))) == 16
    assert needed(5, "ordered") == needed(5, "shapley")[:6]


@pytest.fixture(scope="module")
def pair(tmp_path_factory):
    """Return two plans of one year that differ in two keys and a file."""
    here = tmp_path_factory.mktemp("pair")
    region = write_tiny_region(here / "region")
    base = EUROS_ONLY | ONE_YEAR

    def planned(name, settings):
        read = read_region(region, settings=base | settings)
        return read_plan(write(best(Problem.of(read, forecast(read))), here / name))

    one = planned("one", {})
    homes = region / "homes.csv"
    homes.write_text(homes.read_text(encoding="utf-8") + "C1,M2,2022,1,agreement 2021\n", encoding="utf-8")
    return one, planned("two", {"tiers.bed.rate": "1100", "tiers.home.rate": "250"})


def by_hand(one, two, taken):
    """Return the objective of the tiny region with some steps taken, made by itself."""
    settings = EUROS_ONLY | ONE_YEAR
    settings |= {"tiers.bed.rate": "1100"} if 0 in taken else {}
    settings |= {"tiers.home.rate": "250"} if 1 in taken else {}
    homes = (two if 2 in taken else one).problem.region.folder / "homes.csv"
    return least_cost(tiny_problem(settings, homes=homes.read_text(encoding="utf-8")))


def half_way(pair, kept=None, solve=None, **options):
    """Return the plans between the pair, solved to the end unless something else is given."""
    return Between(
        *pair, steps_between(*pair), solve or (lambda problem, _: best(problem)), LIMITS, kept, **options
    )


def test_steps_are_the_keys_and_the_files_last(pair):
    """Each key by itself, the files together."""
    assert steps_between(*pair) == (
        Step("tiers.bed.rate", ("tiers.bed.rate",)),
        Step("tiers.home.rate", ("tiers.home.rate",)),
        Step("files: homes.csv", files=("homes.csv",)),
    )


def test_shapley_on_the_tiny_region_is_what_all_orders_give(pair):
    """Eight plans made one by one from settings and files, averaged over the six orders."""
    one, two = pair
    worth = {taken: by_hand(one, two, taken) for taken in subsets(3)}
    found = half_way(pair).attribution()
    orders = list(permutations(range(3)))
    for step, name in enumerate(found.parts.index):
        before = [frozenset(order[: order.index(step)]) for order in orders]
        mean = sum(worth[taken | {step}] - worth[taken] for taken in before) / len(orders)
        assert found.parts.at[name, "objective"] == pytest.approx(mean, abs=0.1)
    assert found.method == "shapley"
    assert found.remainder.to_numpy() == pytest.approx(0.0, abs=1e-6)


def test_what_is_kept_is_not_planned_again_and_stopping_keeps_it(pair, tmp_path):
    """In order there are two plans half-way; stopped before the second, the first is in the folder."""
    solved = []

    def solve(problem, _):
        solved.append(problem)
        return best(problem) if len(solved) == 1 else None

    stopped = half_way(pair, tmp_path / "kept", solve, in_order=True).attribution()
    assert stopped.parts.index.to_list() == ["tiers.bed.rate"]
    assert stopped.remainder.abs().sum() > 0.0
    (file,) = (tmp_path / "kept").iterdir()
    assert json.loads(file.read_text(encoding="utf-8"))["steps"] == ["tiers.bed.rate"]
    solved.clear()
    resumed = half_way(pair, tmp_path / "kept", solve, in_order=True).attribution()
    assert len(solved) == 1
    assert resumed.remainder.to_numpy() == pytest.approx(0.0, abs=1e-6)
    other = Between(*pair, steps_between(*pair), solve, LIMITS | {"seconds": 9.0}, tmp_path / "kept")
    other.attribution()
    assert len(solved) == 2, "other limits are other plans"


def test_a_plan_that_cannot_be_is_named_and_the_rest_goes_on(pair):
    """Where one subset is impossible its parts are missing and the reason is told."""

    def solve(problem, _):
        if problem.prices is not None:
            raise Impossible(("no bed may go",))
        return best(problem)

    between = half_way(pair, None, solve, in_order=True)
    found = between.attribution()
    lines = list(attribution_lines(found, between.missing, between.steps, Contents(pair[0], (), (), "en")))
    assert any(line.startswith("  No plan with tiers.bed.rate alone:") for line in lines)
    assert found.parts.empty
    assert found.remainder.to_dict() == pytest.approx(found.total.to_dict())


def test_a_scenario_is_one_step_when_asked(tmp_path):
    """Two keys of one scenario: two steps by key, one by scenario."""
    region = write_tiny_region(tmp_path / "tiny")
    (region / "scenarios").mkdir()
    text = "[tiers.bed]\nrate = 1100\n[tiers.home]\nrate = 250\n"
    (region / "scenarios" / "dear.toml").write_text(text, encoding="utf-8")
    plans = []
    for scenarios in ([], ["dear"]):
        read = read_region(region, scenarios, EUROS_ONLY | ONE_YEAR)
        plans.append(best(Problem.of(read, forecast(read))))
    assert [step.name for step in steps_between(*plans)] == ["tiers.bed.rate", "tiers.home.rate"]
    (step,) = steps_between(*plans, by_scenario=True)
    assert step == Step("scenario dear", ("tiers.bed.rate", "tiers.home.rate"))
