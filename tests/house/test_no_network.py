"""Nothing is sent anywhere: the whole tool works where there is no network, and imports none."""

import ast
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from tiny import write_tiny_region

ROOT = Path(__file__).resolve().parents[2]
NETWORK = {
    "http.client", "urllib.request", "ftplib", "smtplib", "requests", "aiohttp", "httpx",
    "pickle", "marshal", "shelve", "dill", "cloudpickle",
}  # fmt: skip
"""Modules that call other machines, and those that run what they read."""

UNSHARE = ("unshare", "--map-root-user", "--net")


def no_namespace() -> str:
    """Return why no namespace without a network can be made here, "" where one can."""
    if shutil.which("unshare") is None:
        return "unshare is not installed"
    tried = subprocess.run([*UNSHARE, "true"], capture_output=True, text=True, check=False)
    return tried.stderr.strip() if tried.returncode else ""


WHOLE = """
import socket, sys, cli
try:
    socket.create_connection(("192.0.2.1", 80), timeout=1)
except OSError:
    pass
else:
    sys.exit("there is a network")
region, plan = sys.argv[1:]
for asked in (["check", region], ["forecast", region], ["plan", region, "-o", plan, "--time", "60"],
              ["report", plan], ["explain", plan, "--time", "5"]):
    code = cli.main(asked)
    if code:
        sys.exit(f"{asked}: {code}")
"""


@pytest.mark.skipif(bool(no_namespace()), reason=f"no namespace: {no_namespace()}")
def test_the_whole_tool_works_without_a_network(tmp_path):
    """Checked, forecast, planned, reported and explained where no packet has a way out."""
    region = write_tiny_region(tmp_path / "region")
    asked = [*UNSHARE, sys.executable, "-c", WHOLE, str(region), str(tmp_path / "plan")]
    done = subprocess.run(
        asked,
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "plan" / "report.html").is_file()


@pytest.mark.parametrize("package", ["cli.py", "geodata", "models", "optimiser", "reports"])
def test_no_module_can_send_or_unpickle(package):
    """No import that calls another machine or runs what it reads; PostGIS is asked through psycopg."""
    place = ROOT / package
    for file in [place] if place.is_file() else sorted(place.rglob("*.py")):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            names = [one.name for one in node.names] if isinstance(node, ast.Import) else []
            names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            assert not set(names) & NETWORK, file.name
            called = isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id
            assert called not in ("eval", "exec"), file.name
