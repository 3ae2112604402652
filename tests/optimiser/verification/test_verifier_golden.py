"""Violations of plans in which one entry is changed: rule, place and amount, for every variable.

That a claim is broken stands in test_verify.py; here it is also where and by how much. Plans and amounts are
stored, so that nothing depends on which of equally good plans a solver finds. Run this file to store
all of it again, or those that are named.
"""

import json
import sys
import warnings
from collections.abc import Iterator
from dataclasses import replace
from functools import cache
from pathlib import Path

import numpy as np
import pytest
import xarray as xr
from builders import EUROS_ONLY, HOMELESS, ONE_YEAR, SHELTERED, best, tiny_problem, with_shelter
from test_concentration import measured
from test_optional_policies import SOFTLY, STAFF, asked
from test_verify import rich_problem
from tiny import CLIENTS, REGION, SITES

from optimiser.assembly.money import SharedPrice
from optimiser.plan import Plan
from optimiser.problem import Problem
from optimiser.rule import Row, own_rule
from optimiser.solve import solve
from optimiser.verification.verify import (
    recomputed_bearing,
    recomputed_objective,
    recomputed_others,
    violations,
)
from reports.folder.arrays import read_arrays, write_arrays

GOLDEN = Path(__file__).parent / "golden"
GRANTS = "municipality,year,stream,eur\n" + "".join(
    f"M1,{year},Wmo,400000\nM2,{year},Wmo,90000\n" for year in (2022, 2023, 2024)
)


def policies() -> Problem:
    """Return the tiny region over three years with every policy on, in the development model."""
    settings = {key: value for policy in SOFTLY.values() for key, value in policy.items()}
    modes = {f"policies.{name}.mode": "soft" for name in SOFTLY if name != "staff_within_reach"}
    more = {
        "years.last": "2024", "years.discount_rate": "0.03", "tiers.bed.occupancy": "0.95",
        "tiers.bed.building_years": "1", "tiers.bed.contribution": "50", "funding.before": "development",
        "policies.budget.level": "municipality",
        "policies.notice_before_closing.mode": "hard", "policies.notice_before_closing.notice": "6",
    }  # fmt: skip
    hard = {f"policies.{name}.mode": "hard" for name in ("buildings_stay", "tenants_stay", "shelter_stays")}
    hard |= {"policies.residents_stay.mode": "soft", "policies.residents_stay.most_per_year": "6"}
    fewer = {
        "policies.intramural_reduction.mode": "soft", "policies.intramural_reduction.by_end": "0.9",
        "pathway.recovered.home.light": "0.3", "tiers.home.flip": "12",
        "policies.sites_run_as_settled.shut": '["S2"]',
    }  # fmt: skip
    return tiny_problem(
        EUROS_ONLY | settings | modes | more | hard | fewer,
        region=REGION + STAFF.replace("MODE", "soft"),
        budgets=GRANTS,
        # one bed is of the Wlz and two of the other nine are empty
        sites=SITES.replace("bed,10,0,10,12", "bed,10,1,10,12"),
        clients=CLIENTS.replace("M1,intensive,bed,6", "M1,intensive,bed,3"),
    )


def shelter() -> Problem:
    """Return the tiny region with a shelter, one of whose places is of the Wlz, under the law of 2022
    after the development model."""
    settings = {
        "funding.law": "2022", "funding.path.shape": "linear", "funding.path.yearly": "0.5",
        "funding.before": "development", "policies.budget.mode": "soft",
        "policies.budget.level": "municipality", "years.last": "2023", "years.discount_rate": "0.03",
        "costs.bridging": "200", "funding.execution": "20000",
        "funding.wlz.money": "0.25", "funding.wlz.since": "2023",
    }  # fmt: skip
    sites = SHELTERED.replace("4,0,8,8", "4,1,8,8")
    budgets = GRANTS + "M1,2022,MO,130000\n"
    clients = HOMELESS.replace("shelter,3", "shelter,5")
    return with_shelter(settings, clients=clients, sites=sites, budgets=budgets)


PROBLEMS = {"rich": rich_problem, "policies": policies, "shelter": shelter}


@cache
def stored(name: str) -> tuple[Problem, xr.Dataset]:
    """Return a problem and the arrays of its plan as they are stored."""
    data, _ = read_arrays(GOLDEN / f"{name}.nc")
    return PROBLEMS[name](), data


def changes(data: xr.Dataset) -> Iterator[tuple[str, xr.Dataset]]:
    """Generate plans in which the largest entry of a variable is one more or one less, or many beds go."""
    for year in data["year"].values.tolist():
        gone = data["removed"].copy(deep=True)
        gone.loc[{"site": "S1", "tier": "bed", "year": year}] += 20.0
        yield f"20 beds gone in {year}", data.assign(removed=gone)
    for name in sorted(map(str, data.data_vars)):
        values = data[name].astype(float)
        rounded = np.nan_to_num(values.to_numpy().round(6))
        if not rounded.size:
            continue
        for by in (1.0, -1.0):
            other = values.copy(deep=True)
            other[np.unravel_index(int(rounded.argmax()), other.shape)] += by
            yield f"{name}, {by:+g}", data.assign({name: other})


Broken = dict[str, dict[str, float]]
"""Rule → where → amount; the amounts of claims that share both are added up."""


def broken(problem: Problem, data: xr.Dataset) -> Broken:
    """Return what is broken, where and by how much."""
    amounts: Broken = {}
    for one in violations(problem, data):
        places = amounts.setdefault(one.rule, {})
        places[one.where] = places.get(one.where, 0.0) + one.amount
    return amounts


@pytest.mark.parametrize("name", PROBLEMS)
def test_the_stored_plans_are_verified(name):
    assert violations(*stored(name)) == ()


@pytest.mark.parametrize("name", PROBLEMS)
def test_every_change_breaks_what_it_broke_before(name):
    """Where this differs for a good reason: run this file, and read the difference before it is committed."""
    known = json.loads((GOLDEN / f"{name}.json").read_text(encoding="utf-8"))
    problem, data = stored(name)
    now = {change: broken(problem, other) for change, other in changes(data)}
    assert list(now) == list(known)
    for change, rules in known.items():
        assert list(now[change]) == list(rules), change
        for rule, places in rules.items():
            assert now[change][rule] == pytest.approx(places, rel=1e-3, abs=1e-3), (change, rule)


@pytest.mark.parametrize("name", ["added", "removed", "converted"])
def test_each_change_between_contracts_counts(name):
    """The contracts of the plan end in 2021: what changes at S1 in 2022 is counted, of whatever kind."""
    problem, data = stored("policies")
    more = data[name].copy(deep=True)
    where = {"site": "S1", "year": 2022, "tier": "bed"} | (
        {"to_tier": "group"} if name == "converted" else {}
    )
    more.loc[where] += 5.0
    said = [one for one in violations(problem, data.assign({name: more})) if one.rule == "contract_nodes"]
    assert [(one.where, one.amount) for one in said] == [("S1, 2022", pytest.approx(5.0))]


def test_what_regions_share_is_priced():
    """Half a point for a euro of the Wmo in 2022, and ten off for a bed or a place of the shelter in 2023.

    Places of the Wlz are not open to everyone: there is one, in the shelter.
    """
    problem, data = stored("shelter")
    prices = (SharedPrice("budget", 2022, 0.5), SharedPrice("open_places", 2023, 10.0))
    more = recomputed_objective(replace(problem, shared_prices=prices), data)
    euros = float(data["cost"].sel(stream="Wmo", year=2022).sum())
    places = float(data["places"].sel(tier=["bed", "shelter"], year=2023).sum()) - 1
    weight = problem.discount.sel(year=[2022, 2023]).to_numpy()
    assert places > 1
    assert more - recomputed_objective(problem, data) == pytest.approx(
        0.5 * euros * weight[0] - 10.0 * places * weight[1]
    )


@cache
def clinic() -> Plan:
    """Return the best plan where beds, and so homes, are of the Zvw: with personal budgets, contributions and
    homes of 5,000 that the corporation pays; the Wmo has 29,000 for the rest, in the development model.
    """
    settings = EUROS_ONLY | ONE_YEAR | {
        "tiers.bed.stream": '"Zvw"', "funding.before": "development",
        "policies.budget.mode": "soft", "policies.budget.level": "municipality",
        "costs.home_capital": "5000", "tiers.bed.contribution": "50", "tiers.group.contribution": "20",
    }  # fmt: skip
    grants = "municipality,year,stream,eur\nM1,2022,Wmo,20000\nM2,2022,Wmo,9000\n"
    own = "{},1,2021,PGB,origin,registration 2021\n"
    budgets = ("M1,intensive,bed", "M1,light,group", "M2,light,group")
    clients = CLIENTS + "".join(own.format(one) for one in budgets)
    return best(tiny_problem(settings, budgets=grants, clients=clients))


def test_homes_are_of_the_wmo_only_where_the_first_tier_is():
    """Both municipalities are over budget in the plan, which the formulation made: together by what the
    check says they bear less the grants. The home handed over for 2,000 is in neither.
    """
    plan = clinic()
    assert float(plan.data["new_homes"].sum()) > 0
    borne, over = recomputed_bearing(plan.problem, plan.data), plan.data["over_budget"]
    assert bool((over > 0).all())
    assert float(borne.sum()) - 29_000 == pytest.approx(float(over.sum()))


def test_what_another_stream_pays_is_added_up_again():
    """What the plan says that the Zvw pays, beds less contributions and no home of the corporation, is what
    the check comes to, and a hundred euros more are told.
    """
    plan = clinic()
    assert violations(plan.problem, plan.data) == ()
    paid = plan.data["cost"].sel(payer="Zvw", stream="Zvw", year=2022).sum()
    assert float(recomputed_others(plan.problem, plan.data)["Zvw"].sel(year=2022)) == pytest.approx(
        float(paid)
    )
    more = plan.data["cost"].copy(deep=True)
    more.loc[{"payer": "Zvw", "stream": "Zvw", "part": "support", "year": 2022}] += 100.0
    assert "what Zvw pays" in {one.rule for one in violations(plan.problem, plan.data.assign(cost=more))}


CLAIMS = [
    # variable, entry, change, rule, unit of what is said
    ("places", {"site": "S1", "tier": "bed"}, -9.0, "served_within_places", "places of the Wlz"),
    (
        "converted", {"site": "S1", "tier": "bed", "to_tier": "home"}, 1.0,
        "places_carry_over", "places converted where that is not possible",
    ),
    (
        "cost", {"payer": "client", "stream": "Wmo", "part": "support"}, 100.0,
        "every stream has its own payers", "EUR",
    ),
]  # fmt: skip


@pytest.mark.parametrize(("name", "where", "by", "rule", "unit"), CLAIMS)
def test_a_claim_is_told_in_its_own_words(name, where, by, rule, unit):
    """One entry of a year is changed so that just this claim cannot hold."""
    problem, data = stored("policies")
    other = data[name].astype(float).copy(deep=True)
    other.loc[where | {"year": 2023}] += by
    said = {(one.rule, one.unit) for one in violations(problem, data.assign({name: other}))}
    assert (rule, unit) in said


@pytest.mark.parametrize(("added", "early"), [(2.0, 0.0), (3.0, 0.0), (4.0, 1.0)])
def test_only_what_was_under_way_is_there_before_it_could_be_built(added, early):
    """At S3 nothing can be ready before 2023, but for the three that were under way for 2022."""
    problem, data = stored("policies")
    more = data["added"].copy(deep=True)
    more.loc[{"site": "S3", "tier": "group", "year": 2022}] = added
    begun = replace(problem, under_way={("S3", "group", 2022): 3})
    said = violations(begun, data.assign(added=more))
    assert sum(one.amount for one in said if one.unit == "places added before they can be built") == early


def most_of_four(_: Problem, data: xr.Dataset) -> xr.DataArray:
    """Return the places above four of every site, known from 2023 on."""
    return (data["places"].sum("tier") - 4.0).where(data["year"] >= 2023)


@own_rule(("site", "year"), "places", nl="Ten hoogste vier plekken.", en="Four at most.", check=most_of_four)
def small_sites(problem: Problem, x: object) -> Iterator[Row]:
    """No row at all: only its check is looked at."""
    del problem, x
    yield from ()


def test_the_check_of_a_rule_of_ones_own_is_heard():
    """Eleven places at S1 are seven too many in 2023; that it says nothing of 2022 is told as well."""
    problem, data = stored("policies")
    places = data["places"].copy(deep=True)
    places.loc[{"site": "S1", "tier": "bed", "year": 2023}] += 11.0 - places.sel(site="S1", year=2023).sum()
    ruled = replace(problem, own_rules=(small_sites,))
    said = [one for one in violations(ruled, data.assign(places=places)) if one.rule == "small_sites"]
    assert [one.amount for one in said if one.where == "S1, 2023" and one.unit == "places"] == [7.0]
    unknown = {one.where for one in said if one.unit == "claims that its check says nothing of"}
    assert unknown == {"S1, 2022", "S2, 2022", "S3, 2022"}


TWO_YEARS = {"years.last": "2023"}
THREE_YEARS = {"years.last": "2024"}
FAIR = "policies.fair_share_between_municipalities"
NOTHING_DONE: dict[str, tuple[dict[str, str], str, str, dict[str, float]]] = {
    # settings, slack that is taken away, rule, where → by how much doing nothing breaks it then
    "two beds short of twelve, half of them left half-way": (
        asked("specialist_scale", mode="soft", tiers=["bed"], least=12, price=1) | TWO_YEARS,
        "below_scale", "specialist_scale", {"bed, 2022": 1.0, "bed, 2023": 2.0},
    ),
    "ten beds that weigh half, two of them carried": (
        measured("own", own_norm=0.2) | {"tiers.bed.concentration_weight": "0.5"} | TWO_YEARS,
        "excess", "neighbourhood_concentration", {"N1, 2022": 1.5, "N1, 2023": 3.0},
    ),
    "fourteen places near by, 3.2 carried, 4 and 2; around N3 none of them its own": (
        measured("around", norm=0.2) | {"tiers.group.concentration_weight": "1.0"} | ONE_YEAR,
        "excess", "neighbourhood_concentration", {"N1, 2022": 10.8, "N2, 2022": 10.0, "N3, 2022": 2.0},
    ),
    "fourteen places in M1, 12.32 at most; none in M2, 2.52 at least; a third more each year": (
        {f"{FAIR}.mode": "soft", f"{FAIR}.band": "0.1"} | THREE_YEARS,
        "unfair", "fair_share_between_municipalities", {
            "M1, 2022": 0.56, "M1, 2023": 1.12, "M1, 2024": 1.68,
            "M2, 2022": 0.84, "M2, 2023": 1.68, "M2, 2024": 2.52,
        },
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", NOTHING_DONE)
def test_what_doing_nothing_breaks(name):
    """What was too much in the base year may fade out by the last."""
    settings, slack, rule, expected = NOTHING_DONE[name]
    problem = tiny_problem(EUROS_ONLY | settings, sites=SITES.partition("S3,")[0])
    data = best(problem).reference
    said = violations(problem, data.assign({slack: data[slack] * 0.0}))
    assert {one.where: one.amount for one in said if one.rule == rule} == pytest.approx(expected)


def test_homes_that_no_help_ever_reached_may_stay_for_a_while():
    """Beds at S1 are 4 minutes from N3: of its two homes one may stay in 2022, and none in 2023."""
    policy = asked("help_within_reach", mode="hard", homes=["home"], staffed=["bed"], response=3)
    problem = tiny_problem(EUROS_ONLY | policy | TWO_YEARS)
    said = violations(problem, best(tiny_problem(EUROS_ONLY | TWO_YEARS)).reference)
    amounts = {one.where: one.amount for one in said if one.rule == "help_within_reach"}
    assert amounts == pytest.approx({"N3, 2022": 1.0, "N3, 2023": 3.0})


@pytest.mark.parametrize(("east", "north", "near"), [(1, 2, 1), (2, 2, 0), (2, -1, 1)])
def test_sites_are_apart_as_the_crow_flies(east, north, near):
    """√5 km is nearer than 2.5 km, √8 km is not."""
    problem = tiny_problem(EUROS_ONLY | ONE_YEAR | asked("facilities_kept_apart", mode="hard", distance=2500))
    sites = problem.sites.copy()
    sites.loc["S2", ["x", "y"]] = sites.loc["S1", ["x", "y"]] + [1000.0 * east, 1000.0 * north]
    done = best(tiny_problem(EUROS_ONLY | ONE_YEAR)).reference
    said = violations(replace(problem, sites=sites), done)
    assert [one.amount for one in said if one.rule == "facilities_kept_apart"] == [1.0] * near


def test_the_wmo_does_not_bear_the_wait_of_the_homeless():
    """One more of them waits: the MO bridges that."""
    problem, data = stored("shelter")
    waiting = data["waiting"].copy(deep=True)
    waiting.loc[{"neighbourhood": "N1", "profile": "homeless", "year": 2022}] += 1.0
    before = recomputed_bearing(problem, data)
    assert recomputed_bearing(problem, data.assign(waiting=waiting)).equals(before)


def test_the_grant_by_hand():
    """490,000 carried on at 10 % a year, a quarter of it the Wlz's from 2023 on, less 20,000 of 2021.

    490,000 − 22,000; 539,000 × ¾ − 24,200; 592,900 × ¾ − 26,620.
    """
    settings = {
        "years.indexation": "0.1", "years.last": "2024", "funding.carry_on": "true", "funding.law": "2022",
        "funding.path.shape": "linear", "funding.path.yearly": "0.5", "funding.execution": "20000",
        "funding.wlz.money": "0.25", "funding.wlz.since": "2023",
    }  # fmt: skip
    grants = "municipality,year,stream,eur\nM1,2022,Wmo,400000\nM2,2022,Wmo,90000\n"
    plan = best(tiny_problem(EUROS_ONLY | settings, budgets=grants))
    received = plan.data["grant"].sel(stream="Wmo").sum("municipality").to_series()
    assert received.to_dict() == pytest.approx({2022: 468_000, 2023: 380_050, 2024: 418_055})
    assert violations(plan.problem, plan.data) == ()


def test_a_grant_is_carried_on_only_where_that_is_asked():
    """Given for 2022 alone it is known for 2022 alone."""
    settings = {"funding.before": "development", "years.last": "2023"}
    grants = "municipality,year,stream,eur\nM1,2022,Wmo,400000\nM2,2022,Wmo,90000\n"
    plan = best(tiny_problem(EUROS_ONLY | settings, budgets=grants))
    assert violations(plan.problem, plan.data) == ()
    received = plan.data["grant"].sel(stream="Wmo").sum("municipality").to_series()
    assert received.to_dict() == {2022: 490_000.0, 2023: 0.0}


def write_golden() -> None:
    """Store the plans and what is said of each change as it is now."""
    GOLDEN.mkdir(parents=True, exist_ok=True)
    for name in sys.argv[1:] or PROBLEMS:
        plan: Plan = solve(PROBLEMS[name](), gap=0.0, seconds=60.0)
        (GOLDEN / f"{name}.nc").unlink(missing_ok=True)
        write_arrays(plan, GOLDEN / f"{name}.nc")
        stored.cache_clear()
        problem, data = stored(name)
        lines = (
            f"  {json.dumps(change)}: {_line(broken(problem, other))}" for change, other in changes(data)
        )
        (GOLDEN / f"{name}.json").write_text("{\n" + ",\n".join(lines) + "\n}\n", encoding="utf-8")


def _line(amounts: Broken) -> str:
    rounded = {
        rule: {where: float(f"{amount:.6g}") for where, amount in places.items()}
        for rule, places in amounts.items()
    }
    return json.dumps(rounded, ensure_ascii=False)


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    write_golden()
