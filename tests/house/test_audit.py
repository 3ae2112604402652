"""The pinned packages have no known vulnerability, as far as a service that knows them can be reached."""

import json
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

PINNED = Path(__file__).parents[2] / "constraints.txt"

type Told = dict[str, Any]


def vulnerable(told: Told) -> dict[str, list[str]]:
    """Return the packages that pip-audit knows something of: name and version → what."""
    return {
        f"{one['name']} {one['version']}": [known["id"] for known in one["vulns"]]
        for one in told["dependencies"]
        if one.get("vulns")
    }


def unknown(told: Told) -> list[str]:
    """Return the packages of which the service says that it has none of that name."""
    return [one["name"] for one in told["dependencies"] if "skip_reason" in one]


def test_what_is_known_of_a_package_is_told():
    """As pip-audit writes it: one without, one with, and one that the service does not have."""
    sound: Told = {"name": "sound", "version": "1.0", "vulns": []}
    known: Told = {"name": "known", "version": "2.0", "vulns": [{"id": "CVE-1", "fix_versions": ["2.1"]}]}
    told = {"dependencies": [sound, known, {"name": "own", "skip_reason": "not found"}]}
    assert vulnerable(told) == {"known 2.0": ["CVE-1"]}
    assert unknown(told) == ["own"]


AUDIT = Path(sys.prefix) / "audit"
"""pip-audit is in a place of its own, where `make` puts it: openpyxl takes another reader where it sees
defusedxml, which pip-audit brings along, and then the tests would read with what no user has."""

NOT_REACHED = "ConnectionError", "ServiceError", "Timeout"
"""What pip-audit says where it has no answer."""


@pytest.mark.skipif(not (AUDIT / "ready").exists(), reason="`make test` installs pip-audit; here it is not")
def test_no_pinned_package_has_a_known_vulnerability():
    """Skipped, and said, where no service answers: then nothing is known, and nothing claimed."""
    asked = ["--requirement", str(PINNED), "--no-deps", "--disable-pip", "--format", "json"]
    ran = subprocess.run(
        [AUDIT / "bin" / "python", "-m", "pip_audit", *asked], capture_output=True, text=True, check=False
    )
    if not ran.stdout:
        assert any(words in ran.stderr for words in NOT_REACHED), ran.stderr
        pytest.skip("no service for vulnerabilities is reached")
    told = json.loads(ran.stdout)
    pinned = [line for line in PINNED.read_text(encoding="utf-8").splitlines() if "==" in line]
    assert len(told["dependencies"]) == len(pinned)
    if len(unknown(told)) == len(pinned):
        pytest.skip("the package index has no service for vulnerabilities: not one package was audited")
    assert unknown(told) == [], "these could not be audited"
    assert vulnerable(told) == {}


def test_what_it_brings_along_is_not_beside_ours():
    """Else a workbook would be read otherwise here than by who only has what the tool asks for."""
    assert find_spec("defusedxml") is None
