"""Hooks of the whole test run: skips that fail in CI, and the quick subset."""

import os
import re
from collections.abc import Generator

import pytest

IN_CI = os.environ.get("CI", "").lower() in ("true", "1")
MAY_SKIP = ["tests/house/test_audit.py::test_no_pinned_package_has_a_known_vulnerability"]
"""Tests that need a service of somebody else, which may not answer."""
if os.environ.get("SPREIDPLAN_WITHOUT_MAPS"):
    # a forge has the project alone; these read maps that are not committed with it
    MAY_SKIP += [
        "tests/geodata/test_public_maps.py", "tests/geodata/test_indicator_tables.py",
        "tests/models/new_region/test_from_map.py", "tests/models/new_region/test_synthetic_country.py",
    ]  # fmt: skip

QUICK = re.compile(
    r"tests/(geodata/(?!test_postgis|test_public_maps|test_roads)|models/(?!new_region)"
    r"|house/test_(architecture|chapters)"
    r"|optimiser/test_tiny_by_hand|reports/(text|figures)/|house/test_skips)"
)
"""The quick subset, less what is marked slow: reading, forecast, money, a plan by hand, structure, words."""


LONGEST = (
    "tests/test_cli.py",
    "tests/optimiser/tradeoffs/test_two_stage.py",
    "tests/reports/folder/test_folder.py",
    "tests/benchmarks/test_faults.py",
    "tests/optimiser/test_properties.py",
    "tests/house/test_notebooks.py",
    "tests/optimiser/regions/test_plan_country.py",
    "tests/benchmarks/test_mutants.py",
    "tests/reports/app/test_what_if_browser.py",
    "tests/reports/app/test_what_if.py",
    "tests/optimiser/tradeoffs/test_pareto.py",
    "tests/optimiser/infeasibility/test_repair.py",
    "tests/benchmarks/test_hostile_input.py",
    "tests/reports/terminal/test_stages.py",
    "tests/optimiser/compare/test_sensitivity.py",
)
"""Files that take longest, first: whichever is begun last, all cores end at about the same time."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark the quick subset, and begin with the files that take longest."""
    place = {name: number for number, name in enumerate(LONGEST)}
    items.sort(key=lambda item: place.get(item.nodeid.partition("::")[0], len(LONGEST)))
    for item in items:
        if QUICK.match(item.nodeid) and item.get_closest_marker("slow") is None:
            item.add_marker(pytest.mark.quick)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Turn a skipped test into a failure in CI."""
    return _without_skip((yield))


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report() -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    """Turn a skipped module into a failure in CI."""
    return _without_skip((yield))


def _without_skip[Report: (pytest.TestReport, pytest.CollectReport)](report: Report) -> Report:
    if not IN_CI or report.outcome != "skipped" or hasattr(report, "wasxfail"):
        return report
    if report.nodeid.startswith(tuple(MAY_SKIP)):
        return report
    reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else str(report.longrepr)
    report.outcome = "failed"
    report.longrepr = f"{report.nodeid} may not be skipped in CI. {reason}"
    return report
