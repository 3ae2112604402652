"""Regions that share a limit: prices, bound and choice on countries whose best plan is known on paper."""

from dataclasses import replace
from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from optimiser.regions.price_coordination import (
    Coordination,
    Limit,
    RegionAnswer,
    chosen,
    coordinate,
    propose,
)

BUDGET = Limit("budget", 2022, 10.0, 1.0, 5.0)

WEST = {"dear": (0.0, 8.0), "cheap": (6.0, 4.0)}
EAST = {"dear": (0.0, 8.0), "cheap": (20.0, 2.0)}
"""Plans of two regions: their cost in points and what they use of the shared euros.

Both dear ones use 16 of 10. The choices that fit: west cheap and east cheap (6; cost 26), west dear
and east cheap (10; cost 20); west cheap and east dear use 12. The best costs 20. For west, saving 4
euros costs 6 points, 1.5 each; for east 6 euros cost 20 points, 3.33 each. So at a price p the regions
promise min(8p, 6 + 4p) + min(8p, 20 + 2p) − 10p: below 1.5 that is 6p; from there 6 + 2p, up to 12.67
at p = 10/3; beyond it 26 − 4p. No price shows more than 12.67.
"""
KNOWN = {"west": WEST, "east": EAST}


def asking(regions, limits, *, keep):
    """Return an exact answer of every region at prices: the plan that is cheapest then."""

    def ask(prices):
        return {name: cheapest(plans, limits, prices, keep) for name, plans in regions.items()}

    return ask


def cheapest(plans, limits, prices, keep):
    """Return the plan of a region that is cheapest at prices, with its price as bound."""

    def priced(plan):
        cost, *used = plan
        extra = (m.weight * m.sign * p * u for m, p, u in zip(limits, prices, used, strict=True))
        return cost + sum(extra)

    name = min(plans, key=lambda one: priced(plans[one]))
    cost, *used = plans[name]
    return RegionAnswer(priced(plans[name]), cost, tuple(used), str(name) if keep else "")


def some(ask):
    """Ask some regions only."""
    return lambda prices, names: {name: made for name, made in ask(prices).items() if name in names}


def coordinated(regions, limits, **options):
    """Coordinate regions that answer exactly."""
    relax, plan = asking(regions, limits, keep=False), some(asking(regions, limits, keep=True))
    return coordinate(list(regions), limits, relax, plan, **options)


def test_prices_find_the_highest_bound():
    """12.67 at a price of 10/3, see `WEST` and `EAST`."""
    country = coordinated(KNOWN, [BUDGET])
    assert country.prices == pytest.approx((10 / 3,))
    assert country.bound == pytest.approx(38 / 3)


def test_bounds_that_lie_low_do_not_keep_prices_going():
    """Bounds a tenth of a point below what the regions cost, at any price: rounds as with exact ones."""
    rounds = []
    for below in (0.0, 0.1):
        ask, asked = asking(KNOWN, [BUDGET], keep=False), []

        def relax(prices, ask=ask, asked=asked, below=below):
            asked.append(prices)
            return {name: replace(one, bound=one.bound - below) for name, one in ask(prices).items()}

        coordinate(list(KNOWN), [BUDGET], relax, some(asking(KNOWN, [BUDGET], keep=True)), gap=0.2)
        rounds.append(asked)
    assert rounds[0] == rounds[1]
    assert len(rounds[0]) < 12


def test_plans_are_made_where_limits_are_nearest_met():
    """Price 1 with bound 100 and 5 over the limit, 2 with 99.99 and none over, 3 with 90 and none over."""
    asked = Coordination(("west",), (BUDGET,))
    for price, bound, used in ((1.0, 110.0, 15.0), (2.0, 119.99, 10.0), (3.0, 120.0, 5.0)):
        asked.hear((price,), {"west": RegionAnswer(bound, bound, (used,))})
    assert [round(asked.bound((price,)), 2) for price in (1.0, 2.0, 3.0)] == [100.0, 99.99, 90.0]
    assert asked.best == (1.0,)
    assert asked.nearest(0.001) == (2.0,)
    assert asked.nearest(0.0) == (1.0,)


def test_the_assembled_plan_meets_the_limit():
    """The gap on paper is (26 − 12.67) / 26 with the plans that prices alone can show: west cheap, east
    either; west dear is never cheapest at 10/3 or above, so the choice is both cheap."""
    country = coordinated(KNOWN, [BUDGET])
    assert {name: answer.plan for name, answer in country.plans.items()} == dict.fromkeys(KNOWN, "cheap")
    assert (country.cost, country.used, country.short) == (26.0, (6.0,), (0.0,))
    assert country.gap == pytest.approx((26 - 38 / 3) / 26)


def test_an_earlier_plan_is_chosen_where_it_fits():
    """Had west made its dear plan before, the choice would be the best one: 20."""
    asked = Coordination(("west", "east"), (BUDGET,))
    plans = {name: [RegionAnswer(0.0, cost, (used,), kind) for kind, (cost, used) in known.items()]
             for name, known in KNOWN.items()}  # fmt: skip
    asked.plans.update(plans)
    best = chosen(asked)
    assert sum(answer.cost for answer in best.values()) == 20.0
    assert (best["west"].plan, best["east"].plan) == ("dear", "cheap")


def test_a_limit_that_nobody_feels_has_no_price():
    """Both dear plans use 16 of 20: each region's own best is the country's, and it is proven."""
    country = coordinated(KNOWN, [Limit("budget", 2022, 20.0, 1.0, 5.0)])
    assert (country.prices, country.cost, country.gap) == ((0.0,), 0.0, None)
    assert country.bound == 0.0


def test_places_that_must_stay_are_rewarded():
    """Keeping a place costs 3 points in the west and 5 in the east; five of eight must stay.

    West keeps its four and east one at least; a plan of east keeps none or four. At a price of 5 both
    keep: 4·3 + 4·5 = 32 with 8 places; the bound is Σ min − price·limit = 12 − 20 + 0 + 25 = 17.
    """
    must = Limit("open_places", 2022, 5.0, 1.0, 4.0)
    regions = {
        "west": {"none": (0.0, 0.0), "all": (12.0, 4.0)},
        "east": {"none": (0.0, 0.0), "all": (20.0, 4.0)},
    }
    country = coordinated(regions, [must])
    assert country.prices == pytest.approx((5.0,))
    assert country.bound == pytest.approx(17.0)
    assert (country.cost, country.used, country.short) == (32.0, (8.0,), (0.0,))


def test_a_price_is_raised_until_whole_plans_follow():
    """Relaxations keep a place for 1 point, whole plans for 12: relaxed prices end at 1, where no plan keeps.

    Raised by half the box of 4, then twice and four times that: 1 + 2 + 4 + 8 = 15, and all four are kept.
    """
    must = Limit("open_places", 2022, 4.0, 1.0, 4.0)
    relaxed = {"west": {"none": (0.0, 0.0), "all": (4.0, 4.0)}}
    whole = {"west": {"none": (0.0, 0.0), "all": (48.0, 4.0)}}
    relax, plan = asking(relaxed, [must], keep=False), asking(whole, [must], keep=True)
    asked = []

    def made(prices, names):
        asked.append(prices[0])
        return plan(prices)

    country = coordinate(["west"], [must], relax, made)
    assert asked[-1] >= 12.0
    assert asked == pytest.approx([asked[0] + raised for raised in (0.0, 2.0, 6.0, 14.0)][: len(asked)])
    assert (country.cost, country.short) == (48.0, (0.0,))


def test_no_more_regions_plan_again_than_it_takes():
    """Each of ten keeps four places for 48 points, where the relaxation asks 4; eight must stay in all.

    At a price of 1 none keeps a place. At 1 + 2 and + 4 still none (12 are needed); at 15 the four asked
    first, the last ones given, all keep theirs, and the others are not asked.
    """
    must = Limit("open_places", 2022, 8.0, 1.0, 4.0)
    names = [f"region {n}" for n in range(10)]
    relaxed = {name: {"none": (0.0, 0.0), "all": (4.0, 4.0)} for name in names}
    whole = {name: {"none": (0.0, 0.0), "all": (48.0, 4.0)} for name in names}
    relax, plan = asking(relaxed, [must], keep=False), some(asking(whole, [must], keep=True))
    asked = []

    def made(prices, few):
        asked.append((prices[0], tuple(few)))
        return plan(prices, few)

    country = coordinate(names, [must], relax, made)
    assert (country.cost, country.short) == (96.0, (0.0,))
    assert asked[-1][0] >= 12.0
    assert [few for price, few in asked if price == asked[-1][0]] == [tuple(names[:-5:-1])]


def test_a_limit_that_cannot_be_met_is_told():
    """Both cheap plans still use 6 of 5: one euro short, no gap is told, and no bound is false."""
    country = coordinated(KNOWN, [Limit("budget", 2022, 5.0, 1.0, 5.0)])
    assert country.short == (pytest.approx(1.0, abs=1e-4),)
    assert country.gap is None


def test_without_limits_every_region_has_its_own_best():
    """Nothing is shared: the bound is the sum of the bounds."""
    country = coordinated({"a": {"one": (3.0,)}, "b": {"one": (4.0,), "two": (5.0,)}}, [])
    assert (country.cost, country.bound, country.gap) == (7.0, 7.0, 0.0)


def test_a_region_that_does_not_answer_leaves_no_country():
    """The asking was stopped before the east had a plan."""
    relax, plan = (asking(KNOWN, [BUDGET], keep=keep) for keep in (False, True))
    assert coordinate(list(KNOWN), [BUDGET], relax, lambda p, _: {"west": plan(p)["west"]}) is None


def test_the_first_proposal_keeps_to_the_box():
    """From nothing with a box of 5 the planes promise most at its edge: nothing else is known yet."""
    asked = Coordination(("west", "east"), (BUDGET,))
    asked.hear((0.0,), asking(KNOWN, [BUDGET], keep=False)((0.0,)))
    prices, promised = propose(asked, (0.0,), np.array([5.0]))
    assert (prices, promised) == ((5.0,), pytest.approx(16 * 5 - 10 * 5))


FEW = st.integers(0, 20).map(float)
PLAN = st.tuples(st.integers(0, 50).map(float), FEW, FEW)
REGION = st.lists(PLAN, min_size=1, max_size=4).map(lambda plans: dict(enumerate(plans)))


@settings(deadline=None, max_examples=60)
@given(st.lists(REGION, min_size=1, max_size=3), st.integers(0, 40), st.integers(0, 40))
def test_no_bound_lies_above_the_best_plan(regions, budget, places):
    """Against all choices: the bound never exceeds the best one that fits; what is said to fit does."""
    limits = [
        Limit("budget", 2022, float(budget), 0.9, 3.0),
        Limit("open_places", 2022, float(places), 0.9, 3.0),
    ]
    named = {f"region {n}": plans for n, plans in enumerate(regions)}
    country = coordinated(named, limits)
    fits = [
        sum(plan[0] for plan in choice)
        for choice in product(*(plans.values() for plans in regions))
        if sum(plan[1] for plan in choice) <= budget and sum(plan[2] for plan in choice) >= places
    ]
    if fits:
        assert country.bound <= min(fits) + 1e-6
    if country.gap is not None:
        assert min(fits) - 1e-6 <= country.cost
