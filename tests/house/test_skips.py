"""In CI a skipped test is a failure, but for the audit without a service."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

CONFTEST = Path(__file__).parents[1] / "conftest.py"
SKIPPED = {
    "in the test": "def test_one():\n    pytest.skip('no browser')\n",
    "by a mark": "@pytest.mark.skipif(True, reason='no browser')\ndef test_one():\n    pass\n",
    "by a fixture": "@pytest.fixture\ndef one():\n    pytest.skip('no browser')\n\ndef test_one(one): ...\n",
    "as a module": "pytest.skip('no browser', allow_module_level=True)\n",
}
PASSED = "def test_one():\n    pass\n"
EXPECTED_FAILURE = "@pytest.mark.xfail(reason='known')\ndef test_one():\n    assert False\n"
AUDIT = "def test_no_pinned_package_has_a_known_vulnerability():\n    pytest.skip('no service')\n"


def _run(
    folder: Path, text: str, *, ci: str, name: str = "test_one.py", options: tuple[str, ...] = ()
) -> subprocess.CompletedProcess[str]:
    tests = folder / "tests"
    (tests / name).parent.mkdir(parents=True)
    shutil.copy(CONFTEST, tests / "conftest.py")
    (folder / "pytest.ini").write_text("[pytest]\n", encoding="utf-8")
    (tests / name).write_text(f"import pytest\n\n{text}", encoding="utf-8")
    command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", *options, "tests"]
    surroundings = {**os.environ, "CI": ci}
    surroundings.pop("PYTEST_ADDOPTS", None)
    return subprocess.run(command, cwd=folder, env=surroundings, capture_output=True, text=True, check=False)


@pytest.mark.parametrize("how", SKIPPED)
def test_a_skip_fails_in_ci_and_says_why(how: str, tmp_path: Path) -> None:
    ran = _run(tmp_path, SKIPPED[how], ci="true")
    assert ran.returncode != 0, ran.stdout
    assert "may not be skipped in CI" in ran.stdout
    assert "no browser" in ran.stdout


def test_a_skip_fails_in_a_worker_too(tmp_path: Path) -> None:
    ran = _run(tmp_path, SKIPPED["in the test"], ci="true", options=("-n", "1"))
    assert ran.returncode == 1, ran.stdout


@pytest.mark.parametrize("how", ["in the test", "by a mark"])
def test_a_skip_is_a_skip_elsewhere(how: str, tmp_path: Path) -> None:
    ran = _run(tmp_path, SKIPPED[how], ci="")
    assert ran.returncode == 0, ran.stdout
    assert "1 skipped" in ran.stdout


@pytest.mark.parametrize("text", [PASSED, EXPECTED_FAILURE], ids=["passed", "expected to fail"])
def test_what_is_not_skipped_stays_as_it_is(text: str, tmp_path: Path) -> None:
    ran = _run(tmp_path, text, ci="true")
    assert ran.returncode == 0, ran.stdout


def test_the_audit_may_be_skipped(tmp_path: Path) -> None:
    ran = _run(tmp_path, AUDIT, ci="true", name="house/test_audit.py")
    assert ran.returncode == 0, ran.stdout
    assert "1 skipped" in ran.stdout


def test_files_that_the_hooks_name_are_there() -> None:
    """Those that may skip and those that begin first: a renamed one would silently be neither."""
    named = re.findall(r'"(tests/[a-z_/]+\.py)[":]', CONFTEST.read_text(encoding="utf-8"))
    assert len(named) > len(SKIPPED)
    assert [name for name in named if not (CONFTEST.parents[1] / name).is_file()] == []
