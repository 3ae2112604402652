"""What `make reliability` measures of the stages of a plan, on a region of ten neighbourhoods."""

from benchmarks.scale import stages


def test_every_stage_is_measured():
    """Each takes some time and none all of it, and the plan is proven to some gap."""
    told = stages(10, 3.0)
    named = ["read", "forecast", "build", "solve", "check", "write"]
    assert [name for name in told if name in named] == named
    assert 0 <= told["gap %"] < 100
    assert told["columns"] > 1000
