"""Temporary folders that end with their process, and at the next start where it was killed."""

import os
import shutil
import signal
import stat
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

if sys.platform == "win32":
    import msvcrt

    def _try(descriptor: int) -> None:
        msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
else:
    import fcntl

    def _try(descriptor: int) -> None:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)


PLACE = "SPREIDPLAN_TMP"
"""Setting of the environment: the folder in which temporary folders are made; else that of the system."""

_PREFIX, _LOCK, _WORK = "spreidplan-", "lock", "work"
_YOUNG = 60.0
"""Seconds within which a folder may be one whose process has not locked it yet."""

_ENDING: set[Path] = set()
"""Folders that go where this process is terminated."""


@contextmanager
def temporary_folder() -> Iterator[Path]:
    """Make a folder for this process alone, and take it away at the end or at the next start."""
    sweep()
    folder = Path(tempfile.mkdtemp(prefix=_PREFIX, dir=_place()))
    # not among the files of whoever works there, and held for as long as the process is
    descriptor = os.open(folder / _LOCK, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        _try(descriptor)
        work = folder / _WORK
        work.mkdir()
        with ending_with_process(work):
            yield work
    finally:
        os.close(descriptor)
        _remove(folder)


@contextmanager
def ending_with_process(folder: Path) -> Iterator[None]:
    """Let a folder that is half written be taken away where the process is terminated meanwhile."""
    _ENDING.add(folder)
    try:
        yield
    finally:
        _ENDING.discard(folder)


def end_when_terminated() -> None:
    """Let SIGTERM and the closing of the terminal take away what is half done before they end the process."""
    if threading.current_thread() is not threading.main_thread():
        return
    for name in ("SIGTERM", "SIGHUP"):
        number = getattr(signal, name, None)
        # nohup ignores SIGHUP, and so do we then
        if number is not None and signal.getsignal(number) == signal.SIG_DFL:
            signal.signal(number, _end)


def _end(number: int, _frame: object) -> None:
    """End at once, as the thread of a solver ends in no other way."""
    for folder in tuple(_ENDING):
        shutil.rmtree(folder, ignore_errors=True)
        if folder.name == _WORK and not folder.exists():
            shutil.rmtree(folder.parent, ignore_errors=True)
    os._exit(128 + number)


def sweep() -> None:
    """Take away the temporary folders of this user whose processes are gone."""
    for folder in _place().glob(f"{_PREFIX}*"):
        try:
            _sweep(folder)
        except OSError:
            continue  # somebody else sweeps it too, or holds a file of it open


def _sweep(folder: Path) -> None:
    lock = folder / _LOCK
    # a folder that somebody else made may lead to what is ours
    if not (_is_own(folder, stat.S_ISDIR) and _is_own(lock, stat.S_ISREG)):
        return
    if time.time() - lock.stat().st_mtime < _YOUNG:
        return
    descriptor = os.open(lock, os.O_RDWR | getattr(os, "O_NOFOLLOW", 0))
    try:
        _try(descriptor)  # an OSError where its process is there
    finally:
        os.close(descriptor)
    _remove(folder)


def _remove(folder: Path) -> None:
    """Remove what was worked on, and the lock only when that is gone."""
    shutil.rmtree(folder / _WORK, ignore_errors=True)
    if not (folder / _WORK).exists():
        shutil.rmtree(folder, ignore_errors=True)


def _is_own(path: Path, is_kind: Callable[[int], bool]) -> bool:
    try:
        found = path.lstat()
    except OSError:
        return False
    own = not hasattr(os, "getuid") or found.st_uid == os.getuid()
    return is_kind(found.st_mode) and own


def _place() -> Path:
    return Path(os.environ.get(PLACE) or tempfile.gettempdir())
