"""One at a time: a lock on what lies at a path, which ends with the process that holds it."""

from __future__ import annotations

import os
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

if sys.platform == "win32":
    import msvcrt

    def _take(descriptor: int) -> None:
        msvcrt.locking(descriptor, msvcrt.LK_LOCK, 1)
else:
    import fcntl

    def _take(descriptor: int) -> None:
        fcntl.flock(descriptor, fcntl.LOCK_EX)


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Wait until nobody else works on `path`, and keep others waiting until the end.

    The lock is the file `.NAME.lock` beside it; a process that is killed leaves the file, but not the lock.

    Raises
    ------
    OSError
        When nothing can be written beside `path`.
    """
    file = path.with_name(f".{path.name}.lock")
    file.parent.mkdir(parents=True, exist_ok=True)
    while True:
        descriptor = os.open(file, os.O_RDWR | os.O_CREAT, 0o644)
        try:
            _take(descriptor)
        except BaseException:
            os.close(descriptor)
            raise
        if _is_still_there(descriptor, file):
            break
        os.close(descriptor)  # who held it took the file away: what was locked is nobody's any more
    try:
        yield
    finally:
        if sys.platform != "win32":
            file.unlink(missing_ok=True)
        os.close(descriptor)


def _is_still_there(descriptor: int, file: Path) -> bool:
    try:
        return os.path.samestat(os.fstat(descriptor), file.stat())
    except FileNotFoundError:
        return False
