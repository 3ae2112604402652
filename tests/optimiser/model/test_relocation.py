"""Residents who must move: counted by site and year, and priced once."""

from collections.abc import Mapping

import pytest
from builders import EUROS_ONLY, REPLACEMENT, SITE_COLUMNS, WITH_A_CANDIDATE, amount, best, tiny_problem

from optimiser.problem import Problem
from optimiser.verification.verify import violations

STAY = "policies.residents_stay"
TWO_HOUSES = SITE_COLUMNS + (
    "S1,Site one,N1,provider A,existing,bed,5,0,5,5,\n"
    "S2,Site two,N2,provider B,existing,bed,5,0,5,5,\n"
    "S3,Site three,N3,provider B,candidate,group,0,0,8,8,2024\n"
)  # fmt: skip
FOUR = "municipality,profile,tier,clients,year,form,basis\nM1,intensive,bed,4,2021,ZIN,origin\n"
NO_HOMES = "corporation,municipality,year,homes\nC1,M1,2021,1\n"


def one_house_shut(settings: Mapping[str, str]) -> Problem:
    """Return two houses of five beds, two people in each; S1 is to be gone in 2023 at the latest."""
    free = EUROS_ONLY | {
        "weights.unasked_move": "70000",
        "policies.sites_run_as_settled.shut": '["S1"]',
        "policies.replacement_before_closure.mode": "off",
    }
    return tiny_problem(free | dict(settings), sites=TWO_HOUSES, clients=FOUR, homes=NO_HOMES)


def test_people_of_a_house_that_shuts_are_relocated_once():
    """Both people of S1 move to S2, which is the same tier: nobody leaves it, yet 2 × 60,000 are counted."""
    free = best(one_house_shut({}))
    plan = best(one_house_shut({f"{STAY}.mode": "soft"}))
    assert amount(plan, "relocated", site="S1") == pytest.approx(2)
    assert amount(plan, "relocated", site="S2") == pytest.approx(0)
    assert plan.proof.objective == pytest.approx(free.proof.objective + 120_000, abs=0.1)
    assert float(plan.data["weight"].sel(part="residents_stay").sum()) == pytest.approx(120_000, abs=0.1)


def test_a_limit_per_year_spreads_the_moves():
    """At most one a year, hard: one moves in 2022 and one in 2023; at none at all there is no plan."""
    plan = best(one_house_shut({f"{STAY}.mode": "hard", f"{STAY}.most_per_year": "1"}))
    assert plan.data["relocated"].sum(["site", "tier"]).values.tolist() == pytest.approx([1, 1])


def test_a_move_that_is_priced_already_is_counted_and_not_priced_again():
    """People go from beds to S3, another tier that fits: an unasked move, priced as that alone."""
    unasked = REPLACEMENT | {"weights.unasked_move": "500"}
    plan = best(tiny_problem(unasked | {f"{STAY}.mode": "soft"}, sites=WITH_A_CANDIDATE))
    left = 10 - amount(plan, "clients", tier="bed", year=2023)
    assert left > 0
    assert amount(plan, "relocated", site="S1", tier="bed") == pytest.approx(left)
    assert amount(plan, "priced_relocations") == pytest.approx(0)
    without = best(tiny_problem(unasked, sites=WITH_A_CANDIDATE))
    assert plan.proof.objective == pytest.approx(without.proof.objective, abs=0.1)


def test_residents_who_are_not_counted_are_caught():
    """Two people leave S1 and nobody is said to move: off by the two, and by nothing else."""
    plan = best(one_house_shut({f"{STAY}.mode": "soft"}))
    data = plan.data.assign(relocated=plan.data["relocated"] * 0.0)
    said = violations(plan.problem, data)
    assert {v.rule for v in said} == {"residents_stay"}
    assert sum(v.amount for v in said) == pytest.approx(2)


def test_a_relocation_without_its_price_is_caught():
    """The plan has two relocations and counts the points of none."""
    plan = best(one_house_shut({f"{STAY}.mode": "soft"}))
    data = plan.data.assign(priced_relocations=plan.data["priced_relocations"] * 0.0)
    assert {v.rule for v in violations(plan.problem, data)} == {"residents_stay", "points of residents_stay"}
