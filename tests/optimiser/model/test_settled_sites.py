"""Sites of which it is settled whether they run, and homes a year more than is offered: what a scenario sets.

Without them the plan of one year is that of test_tiny_by_hand.py: S1 turns five of its ten beds into
group places, S2 keeps four, S3 stays unused; 724,003.57 in all.
"""

import pytest
from builders import EUROS_ONLY, ONE_YEAR, amount, best, tiny_problem, tiny_region
from test_optional_policies import asked, possible

from geodata.faults import InputError
from optimiser.solve import Impossible, solve
from optimiser.verification.verify import violations

SETTLED = "sites_run_as_settled"


def test_a_site_of_today_that_is_shut_is_gone_in_the_last_year():
    """S2 may run in 2022 and not in 2023; a candidate that is shut runs in neither."""
    both = {"years.last": "2023"}
    problem = tiny_problem(EUROS_ONLY | both | asked(SETTLED, shut=["S2"]))
    assert possible(problem, operating={("S2", "group", 2022): 1})
    assert not possible(problem, operating={("S2", "group", 2023): 1})
    problem = tiny_problem(EUROS_ONLY | both | asked(SETTLED, shut=["S3"]))
    assert not possible(problem, operating={("S3", "group", 2023): 1})
    plan = best(problem)
    assert amount(plan, "places", site="S3") == 0


def test_a_site_that_is_open_has_a_place():
    """S2 may not close in either year, S3 must have opened by 2023."""
    problem = tiny_problem(EUROS_ONLY | {"years.last": "2023"} | asked(SETTLED, open=["S2", "S3"]))
    assert not possible(problem, operating={("S2", "group", 2022): 0})
    plan = best(problem)
    assert amount(plan, "places", site="S3", year=2023) >= 2  # the least size
    assert amount(plan, "places", site="S2", year=2022) >= 2
    off = tiny_problem(EUROS_ONLY | {"years.last": "2023"} | asked(SETTLED, open=["S3"], mode="off"))
    assert amount(best(off), "places", site="S3") == 0


def test_departing_from_it_is_told_where_it_is_soft():
    """S1 and its ten beds cannot go in one year; soft, that costs its price of one point."""
    settings = EUROS_ONLY | ONE_YEAR | asked(SETTLED, shut=["S1"])
    with pytest.raises(Impossible, match=f"{SETTLED}: 1.0 sites short at S1"):
        solve(tiny_problem(settings), gap=0.0, seconds=20)
    plan = best(tiny_problem(settings | asked(SETTLED, mode="soft", price=1)))
    assert amount(plan, "unsettled", site="S1") == 1
    assert plan.proof.objective == pytest.approx(724_003.57 + 1, abs=0.01)


def test_what_is_settled_is_checked():
    """A site in both lists, one that is not there, and one in which people of the Wlz live."""
    for setting, told in (
        ({"open": ["S1"], "shut": ["S1"]}, "S1 in both"),
        ({"open": ["S9"]}, "a site of this region"),
    ):
        with pytest.raises(InputError, match=told):
            tiny_region(asked(SETTLED, **setting))
    sites = (
        "site,name,neighbourhood,provider,status,tier,places,wlz_occupied,most\n"
        "S1,Site one,N1,provider A,existing,bed,10,3,10\n"
        "S2,Site two,N2,provider B,existing,group,4,0,8\n"
    )
    with pytest.raises(InputError, match="where people of the Wlz live"):
        tiny_region(asked(SETTLED, shut=["S1"]), sites=sites)


def test_a_site_that_runs_while_it_is_shut_is_caught():
    """The plan that keeps S2 open fails the claim that it is shut, and nothing else."""
    plan = best(tiny_problem(EUROS_ONLY | ONE_YEAR))
    other = tiny_problem(EUROS_ONLY | ONE_YEAR | asked(SETTLED, shut=["S2"]))
    assert [str(v) for v in violations(other, plan.data)] == [f"{SETTLED} at S2, 2022: off by 1 sites"]


@pytest.mark.parametrize(("more", "offered"), [(3, [4, 5, 6]), (-1, [0, 0, 1]), (0, [1, 1, 2])])
def test_homes_a_year_more_than_offered(more, offered):
    """M1 is offered one home in 2022 and in 2023, M2 none and one: together 1 and 2."""
    homes = tiny_region({"homes.more.M1": str(more)}).homes
    later = homes[(homes["year"] > 2021) & (homes["municipality"] == "M1")].groupby("year")["homes"].sum()
    assert later.to_dict() == {2022: offered[0], 2023: offered[0] if more else 1}
    assert homes.loc[homes["year"] == 2021, "homes"].sum() == 4
    problem = tiny_problem({"homes.more.M1": str(more)})
    assert sum(offer.homes for offer in problem.offers if offer.year == 2023) == offered[0] + 1


def test_where_nothing_is_offered_the_corporation_there_gives_them():
    """M2 has no offer in 2022: C1, which lets there, gives two."""
    homes = tiny_region({"homes.more.M2": "2"}).homes
    given = homes[(homes["municipality"] == "M2") & (homes["year"] == 2022)]
    assert given[["corporation", "homes"]].values.tolist() == [["C1", 2]]


@pytest.mark.parametrize(
    ("setting", "told"),
    [
        ({"homes.more.M9": "2"}, "a municipality of this region"),
        ({"homes.more.M1": "1.5"}, "whole homes a year for M1"),
    ],
)
def test_homes_that_cannot_be_are_told(setting, told):
    """A municipality that is not there, and half a home."""
    with pytest.raises(InputError, match=told):
        tiny_region(setting)


def test_homes_are_asked_where_a_corporation_lets():
    """Without any home in M2 nobody can give more."""
    with pytest.raises(InputError, match=r"a corporation in homes\.csv that lets there"):
        tiny_region({"homes.more.M2": "1"}, homes="corporation,municipality,year,homes\nC1,M1,2021,2\n")
