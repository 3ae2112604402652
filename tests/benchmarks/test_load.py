"""The what-if page under load: a short sample of the five minutes of `make reliability`."""

import sys

import pytest
from tiny import write_tiny_region

if sys.platform == "linux":
    from benchmarks.load import Load, burst, served

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="memory is read from /proc")


@pytest.fixture(scope="module")
def region(tmp_path_factory):
    """Return the folder of the tiny region."""
    return write_tiny_region(tmp_path_factory.mktemp("load") / "tiny")


@pytest.fixture(scope="module")
def page(region):
    """Return its page, started as `spreidplan serve` does."""
    with served(str(region)) as started:
        yield started


def test_questions_of_several_sessions_are_all_answered_and_right(region, page):
    """One every 1.2 seconds from three sessions: each answer is that of a solve of our own."""
    found = Load.of(page, 4, 1.2, sessions=3).figures(region)
    assert (found["answered"], found["lost"], found["wrong"]) == (4, [], [])


def test_too_many_questions_at_once_are_told_that_it_is_busy(page):
    """One at work and six that wait; the others hear 503 with how many wait; none taken is lost."""
    taken, busy, done = burst(page, 10)
    assert taken + busy == 10
    assert 6 <= taken < 10
    assert done == taken
