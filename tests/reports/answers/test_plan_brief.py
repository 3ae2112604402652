"""The lines that a terminal shows of a plan, read against the sample that is written down by hand."""

import pytest
from sample_plan import sample_plan

from reports.answers.plan_brief import brief, worst_off
from reports.figures.contents import Contents


@pytest.fixture
def told(tmp_path):
    """Return the sample plan as it is told in English."""
    return Contents(sample_plan(tmp_path), (), (), "en")


def test_brief_shows_beds_homes_and_who_waits(told):
    """Site 1 goes from 10 beds to 4; homes from 4 × 1.25 to 3 + 3 + 1 + 2; waiting 4 × 0.2."""
    lines = [line.split() for line in brief(told).splitlines()]
    assert ["Sheltered", "housing", "10", "4"] in lines
    assert ["Group", "living", "0", "4"] in lines
    assert ["Homes", "5.0", "9.0"] in lines
    assert ["Waiting", "2.0", "0.8"] in lines


def test_brief_shows_the_gap_in_three_ways(told):
    """Per cent, euros and against what can be controlled, as the proof of the sample has them."""
    lines = brief(told).splitlines()
    gaps = [line for line in lines if line.strip().startswith("Gap")]
    assert [line.split()[-1] for line in gaps] == ["1.23%", "50,000", "3.33%"]


def test_the_status_says_best_only_when_proven(told):
    """The sample is within a gap: nothing calls it the best plan or optimal."""
    text = brief(told).lower()
    assert "best plan" not in text
    assert "optimal" not in text


def test_worst_off_is_the_largest_share_and_not_the_largest_number(told):
    """Both municipalities have 0.4 waiting; B's is 0.4 of 3.8 + 1.0 + 1.5 + 0.4 = 6.7, A's 0.4 of 8.7."""
    assert worst_off(told) == "Worst off in 2026: Gemeente B, where 0.4 of 6.7 people wait (6.0%)."


def test_nobody_waits_is_said_as_such(told):
    """A list of one municipality at 0 % would read as a complaint."""
    told.plan.data["waiting"][:] = 0.0
    assert worst_off(told) == "Nobody waits in 2026."


def test_the_findings_stand_before_everything_but_the_title(told):
    """Beds go from 10 to 4 where 6 would do, so the wish changes nothing; all 4 could live elsewhere."""
    lines = brief(told).splitlines()
    assert lines[1] == "Please note:"
    assert (
        "  - The wish for fewer beds changes nothing: 4 beds, and 6 are allowed. "
        "4 people in a bed could live elsewhere."
    ) in lines[2 : lines.index("")]
