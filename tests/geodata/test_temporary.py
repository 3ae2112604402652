"""Temporary folders: gone with their process, however that ends, and nobody else's are touched."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from tiny import write_tiny_region

from geodata.temporary import PLACE, sweep, temporary_folder

ROOT = Path(__file__).parents[2]
WAITS = """
import time
from geodata.temporary import end_when_terminated, temporary_folder
end_when_terminated()
with temporary_folder() as folder:
    (folder / "plan.nc").write_text("of somebody")
    print(folder, flush=True)
    time.sleep(60)
"""
SERVES = "import cli, sys; sys.exit(cli.main())"


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the folder in which temporary folders are made, as a user chooses it."""
    (tmp_path / "chosen").mkdir()
    monkeypatch.setenv(PLACE, str(tmp_path / "chosen"))
    return tmp_path / "chosen"


@pytest.fixture
def process(place: Path) -> Iterator[subprocess.Popen[str]]:
    """Return a process that works in a temporary folder."""
    process = _started(WAITS)
    assert process.stdout is not None
    assert Path(process.stdout.readline().strip()).is_relative_to(place)
    yield process
    process.kill()
    process.wait()
    process.stdout.close()


def _started(program: str, *words: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", program, *words]
    return subprocess.Popen(
        command, cwd=ROOT, text=True, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )  # fmt: skip


def _made_an_hour_ago(place: Path) -> None:
    for lock in place.glob("*/lock"):
        os.utime(lock, (time.time() - 3600,) * 2)


def test_a_folder_is_for_its_user_alone_and_goes_at_the_end(place: Path) -> None:
    with temporary_folder() as folder:
        assert folder.is_relative_to(place)
        assert list(folder.iterdir()) == []
        if hasattr(os, "getuid"):
            assert folder.parent.stat().st_mode & 0o077 == 0
    assert list(place.iterdir()) == []


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGTERM to answer")
@pytest.mark.parametrize("name", ["SIGTERM", "SIGHUP"])
def test_it_goes_where_the_process_is_terminated(
    process: subprocess.Popen[str], place: Path, name: str
) -> None:
    number = signal.Signals[name]
    process.send_signal(number)
    assert process.wait(timeout=10) == 128 + number
    assert list(place.iterdir()) == []


def test_it_is_swept_at_the_next_start_where_the_process_was_killed(
    process: subprocess.Popen[str], place: Path
) -> None:
    """As long as the process is there it stays, however old it is."""
    _made_an_hour_ago(place)
    sweep()
    assert len(list(place.rglob("plan.nc"))) == 1
    process.kill()
    process.wait()
    assert len(list(place.rglob("plan.nc"))) == 1
    with temporary_folder() as other:
        assert list(place.iterdir()) == [other.parent]


def test_what_was_made_just_now_is_not_swept(process: subprocess.Popen[str], place: Path) -> None:
    """Its process may not hold its lock yet."""
    process.kill()
    process.wait()
    sweep()
    assert len(list(place.iterdir())) == 1


def test_nothing_else_is_swept(place: Path, tmp_path: Path) -> None:
    """Folders without a lock, and links by which somebody else points at ours, stay with what is in them."""
    mine = tmp_path / "mine"
    (mine / "work").mkdir(parents=True)
    (mine / "lock").touch()
    (place / "spreidplan-link").symlink_to(mine)
    (place / "spreidplan-locked").mkdir()
    (place / "spreidplan-locked" / "lock").symlink_to(mine / "lock")
    (place / "spreidplan-earlier").mkdir()
    (place / "spreidplan-file").touch()
    os.utime(mine / "lock", (0, 0))
    sweep()
    assert len(list(place.iterdir())) == 4
    assert sorted(path.name for path in mine.iterdir()) == ["lock", "work"]


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGTERM to answer")
@pytest.mark.parametrize("name", ["SIGTERM", "SIGKILL"])
def test_the_page_leaves_no_plan_behind(place: Path, tmp_path: Path, name: str) -> None:
    """`serve` keeps plans there: terminated it takes them away, killed the next command does."""
    region = write_tiny_region(tmp_path / "region")
    process = _started(SERVES, "serve", str(region), "--no-browser")
    assert process.stdout is not None
    assert "token=" in process.stdout.readline()
    assert len(list(place.iterdir())) == 1
    process.send_signal(signal.Signals[name])
    process.wait(timeout=20)
    process.stdout.close()
    if name == "SIGKILL":
        assert len(list(place.iterdir())) == 1
        _made_an_hour_ago(place)
        with _started(SERVES, "regions") as regions:
            regions.communicate()
    assert list(place.iterdir()) == []
