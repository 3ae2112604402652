"""What `make reliability` measures of the stages of a plan, on regions of five neighbourhoods."""

import pytest

from benchmarks.scale import stages


@pytest.mark.parametrize("regions", [1, 2])
def test_every_stage_is_measured(regions):
    """Each takes some time and none all of it, and what is planned is proven to some gap."""
    told = stages(5 * regions, regions, 1.5)
    assert [name for name in told if name.endswith(" s")] == [
        f"{stage} s" for stage in ("read", "forecast", "build", "solve", "check", "write")
    ]
    assert 0 <= told["gap %"] < 100
    assert told["columns"] > 300 * regions
