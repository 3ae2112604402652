"""What changing takes: the flip of a lease, notice before closing, and paying for two places at once."""

import pytest
from builders import (
    BED,
    EUROS_ONLY,
    HOME,
    ONE_YEAR,
    REPLACEMENT,
    WEEKS,
    WITH_A_CANDIDATE,
    amount,
    best,
    tiny_problem,
)
from tiny import REGION

from geodata.faults import InputError
from optimiser.verification.verify import violations

CENT = 0.01
NO_OFFERS = "corporation,municipality,year,homes\nC1,M1,2021,2\nC1,M2,2021,2\n"
NOTHING_BUILT = EUROS_ONLY | ONE_YEAR | {
    "policies.replacement_before_closure.most_per_year": "0", "pathway.recovered.home.light": "0.5",
}  # fmt: skip


@pytest.mark.parametrize(("months", "kept"), [(0, 1.0), (12, 0.5), (24, 0.25)])
def test_who_leaves_before_the_lease_flips_leaves_the_home(months, kept):
    """Two of four at home recover within the year, and one of them would keep the home.

    Who leaves at a rate of ½ a year has been there a year in half of the cases, and two years in a
    quarter. So of the four homes 3, 3.5 or 3.75 are left: for the two who stay, the one who waits, and
    half or three quarters of a light person from S2, who makes room for one out of a bed.
    """
    plan = best(tiny_problem(NOTHING_BUILT | {"tiers.home.flip": str(months)}, homes=NO_OFFERS))
    assert amount(plan, "kept_homes") == pytest.approx(kept)
    assert amount(plan, "clients", tier="home") == pytest.approx(4 - kept)
    expected = 742_232.14 - (1 - kept) * (BED - HOME)
    assert plan.proof.objective == pytest.approx(expected, abs=CENT)


def test_a_lease_that_flips_too_early_is_caught():
    """The plan of a region where clients are tenants at once keeps too many homes where they are not."""
    settings = NOTHING_BUILT | {"tiers.home.flip": "0"}
    plan = best(tiny_problem(settings, homes=NO_OFFERS))
    later = tiny_problem(settings | {"tiers.home.flip": "12"}, homes=NO_OFFERS)
    assert violations(plan.problem, plan.data) == ()
    assert "homes_carry_over" in {violation.rule for violation in violations(later, plan.data)}


def test_a_facility_has_no_lease_to_flip():
    """Places are not let to clients by the year."""
    with pytest.raises(InputError, match="keeps_home and flip belong to home tiers"):
        tiny_problem({"tiers.bed.flip": "12"})


NOTICE = "policies.notice_before_closing"


@pytest.mark.parametrize(("months", "closed"), [(6, 5), (12, 5), (13, 0), (24, 0)])
def test_places_go_after_their_notice(months, closed):
    """S3 replaces five beds in 2023, as in test_tiny_by_hand.py. The year 2023 begins 12 months on.

    With a notice of a year or less they go then (5 × 5,000); with a longer one all ten stay, and five
    are short of the path (5 × 10,000). 2.5 are short in 2022 either way.
    """
    settings = REPLACEMENT | {f"{NOTICE}.mode": "hard", f"{NOTICE}.notice": str(months)}
    plan = best(tiny_problem(settings, sites=WITH_A_CANDIDATE))
    assert amount(plan, "removed") == closed
    extra = 25_000 + (25_000 if closed else 50_000)
    assert plan.proof.objective == pytest.approx(775_539.29 + 360_032.14 + 264_000 + extra, abs=2 * CENT)


def test_places_that_go_within_the_notice_are_caught():
    """The plan that closes five beds in 2023 fails a notice of 13 months, and nothing else."""
    plan = best(tiny_problem(REPLACEMENT, sites=WITH_A_CANDIDATE))
    asked = REPLACEMENT | {f"{NOTICE}.mode": "hard", f"{NOTICE}.notice": "13"}
    other = tiny_problem(asked, sites=WITH_A_CANDIDATE)
    assert {str(v) for v in violations(other, plan.data)} == {
        "notice_before_closing at S1, bed, 2023: off by 5 places",
    }  # fmt: skip


CHANGEOVER = "costs.conversions.bed.group.changeover"


@pytest.mark.parametrize(("weeks", "converted"), [(0, 5), (10, 5), (11, 0)])
def test_both_places_are_paid_while_a_site_changes_over(weeks, converted):
    """Five conversions gain 51,535.72, 10,307.14 each; a week that a bed is still paid takes 1,000 of that.

    So ten weeks are worth it and eleven are not. They are paid once, as closing with double running.
    """
    plan = best(tiny_problem(EUROS_ONLY | ONE_YEAR | {CHANGEOVER: str(weeks)}))
    assert amount(plan, "converted") == converted
    both = converted * weeks * 1000
    assert plan.proof.objective == pytest.approx(724_003.57 + both if converted else 775_539.29, abs=CENT)
    assert amount(plan, "cost", part="closing") == pytest.approx(both, abs=CENT)


def test_a_place_paid_by_components_is_paid_for_as_long_as_it_runs_on():
    """13 weeks of the 10,000 a year of a group place, turned into a bed: 13 / 52.18 of it."""
    text = REGION + "\n[costs.conversions.group.bed]\nratio = 1\ncost = 0\nchangeover = 13\n"
    prices = tiny_problem(region=text).prices
    assert prices.changeover.loc[("group", "bed"), 2022] == pytest.approx(10_000 * 13 / WEEKS)
    assert prices.changeover.loc[("bed", "group"), 2022] == 0


def test_weeks_that_are_paid_twice_are_added_up_again():
    """A plan that leaves them out misstates its cost of closing."""
    plan = best(tiny_problem(EUROS_ONLY | ONE_YEAR))
    dearer = tiny_problem(EUROS_ONLY | ONE_YEAR | {CHANGEOVER: "4"})
    assert "cost of closing" in {violation.rule for violation in violations(dearer, plan.data)}
