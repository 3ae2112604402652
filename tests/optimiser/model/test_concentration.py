"""The measures of concentration: what each finds on paper, how they combine, and that each is checked.

In the tiny region a bed weighs 1 and a group place ½. S1 in N1 has ten beds: 10. S2 in N2 has four
group places: 2. Both lie in M1; N3, alone in M2, has none. The least facility has two places.
Converting a bed costs so much that all stay, unless a norm is hard.
"""

import pytest
from builders import BED, EUROS_ONLY, GROUP, HOME, ONE_YEAR, amount, best, tiny_problem

from geodata.faults import InputError
from optimiser.plan import Plan
from optimiser.verification.verify import violations
from reports.answers.council import council_answers

DEAR = EUROS_ONLY | ONE_YEAR | {
    "costs.conversions.bed.group.cost": "300000",
    "policies.replacement_before_closure.most_per_year": "1.0",
}  # fmt: skip
STILL = 775_539.29
OVER = {"around": [4, 2, 0], "own": [5, 0, 0], "share": [3, 0, 0]}
"""Measure → weighted places over the norm in N1, N2 and N3.

around: 0.5 per 1,000 of 16,000, 20,000 and 10,000, which carry 12, 12 and 2. own: 0.5 per 1,000 of
10,000, 6,000 and 4,000, which carry 10, 2 and none. share: half of the 12 of M1, but for the first
2: 2 + ½ × 10 = 7 in N1 and in N2.
"""


def measured(*measures: str, mode: str = "soft", **norms: float) -> dict[str, str]:
    """Return the settings of a choice of measures."""
    values = {"norm": 0.5, "own_norm": 0.5, "most_share": 0.5} | norms
    named = ", ".join(f'"{name}"' for name in measures)
    written = {"mode": mode, "measures": f"[{named}]"} | {name: str(norm) for name, norm in values.items()}
    return DEAR | {f"policies.neighbourhood_concentration.{name}": value for name, value in written.items()}


def excess(plan: Plan) -> list[float]:
    """Return the weighted places over the norm in N1, N2 and N3."""
    return [amount(plan, "excess", neighbourhood=j) for j in ("N1", "N2", "N3")]


@pytest.mark.parametrize("measure", OVER)
def test_each_measure_finds_what_is_over_its_norm(measure):
    """A hundred points for a weighted place, on top of doing nothing."""
    plan = best(tiny_problem(measured(measure)))
    assert excess(plan) == pytest.approx(OVER[measure])
    assert plan.proof.objective == pytest.approx(STILL + 100 * sum(OVER[measure]), abs=0.01)


@pytest.mark.parametrize("measures", [("own", "share"), ("around", "own"), ("around", "own", "share")])
def test_of_several_measures_the_largest_counts(measures):
    """One place too many is paid for once: N1 has 5 over, whichever measures find less than that."""
    plan = best(tiny_problem(measured(*measures)))
    assert excess(plan) == pytest.approx([max(found) for found in zip(*map(OVER.get, measures), strict=True)])


def test_a_hard_share_converts_beds():
    """Of c conversions N1 keeps 10 − c/2 of 12 − c/2, and may have 2 + 0.7 × (10 − c/2) = 9 − 0.35 c.

    So 0.15 c ≥ 1: seven beds go, and 30,000 a year is paid for each.
    """
    plan = best(tiny_problem(measured("share", mode="hard", most_share=0.7)))
    assert amount(plan, "converted") == 7
    support = 3 * BED + 11 * GROUP + 5 * HOME
    assert plan.proof.objective == pytest.approx(support + 210_000 + 7 * 30_000 + 2_000, abs=0.01)


def test_a_town_may_begin_with_one_facility():
    """S3 is the only facility of M2. Its places weigh 4: the first 2 are let pass, and half of the rest."""
    sites = (
        "site,neighbourhood,status,tier,places,most\nS1,N1,existing,bed,10,10\n"
        "S2,N2,existing,group,4,4\nS3,N3,existing,group,8,8\n"
    )
    plan = best(tiny_problem(measured("share"), sites=sites))
    assert excess(plan)[2] == pytest.approx(1)


def test_what_the_base_breaks_narrows_to_the_norm():
    """Over two years half of the 5 of N1 is let pass in 2022 (2.5), and nothing in 2023."""
    settings = measured("own") | {
        "years.last": "2023", "policies.replacement_before_closure.most_per_year": "0",
    }  # fmt: skip
    plan = best(tiny_problem(settings))
    found = plan.data["excess"].sel(neighbourhood="N1")
    assert found.values.tolist() == pytest.approx([2.5, 5.0])


@pytest.mark.parametrize("measure", OVER)
def test_an_excess_that_is_too_small_is_caught(measure):
    """The check computes each measure anew: a hundredth of a weighted place less is named."""
    plan = best(tiny_problem(measured(measure)))
    assert violations(plan.problem, plan.data) == ()
    less = plan.data.assign(excess=(plan.data["excess"] - 0.01).clip(min=0.0))
    assert "neighbourhood_concentration" in {v.rule for v in violations(plan.problem, less)}


def test_a_measure_that_was_not_chosen_is_not_checked():
    """The plan by one measure does not keep the norm of another, and need not."""
    plan = best(tiny_problem(measured("share")))
    other = tiny_problem(measured("own"))
    assert violations(plan.problem, plan.data) == ()
    assert "neighbourhood_concentration" in {v.rule for v in violations(other, plan.data)}


@pytest.mark.parametrize(("measures", "over"), [(("own",), 1), (("around",), 2), (("around", "own"), 2)])
def test_the_council_hears_of_the_measures_chosen(measures, over):
    """Neighbourhoods over any norm that is chosen are counted once each."""
    spread = council_answers(best(tiny_problem(measured(*measures))))[2]
    assert f"concentration norm in 2022: {over}." in spread.answer["en"]


@pytest.mark.parametrize(
    ("settings", "told"),
    [
        ({"measures": '["own"]'}, "also ask for own_norm"),
        ({"measures": '["around", "own", "share"]'}, "also ask for own_norm, most_share"),
        ({"measures": '["around", "around"]'}, "each measure once"),
        ({"measures": '["arround"]'}, "Did you mean 'around'"),
        ({"measures": "[]"}, "at least 1 item"),
        ({"most_share": "1.2"}, "from 0 up to 1"),
    ],
)
def test_a_measure_without_its_norm_is_a_fault(settings, told):
    """Nothing is taken for granted where a norm is asked for."""
    asked = {f"policies.neighbourhood_concentration.{name}": value for name, value in settings.items()}
    with pytest.raises(InputError, match=told):
        tiny_problem(asked)
