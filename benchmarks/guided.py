"""Fuzzing guided by coverage: an input that reaches a line that none before it reached is changed further.

What is reached is what Python tells of its own work (`sys.monitoring`), in modules of this project only.
"""

import shutil
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from random import Random
from types import CodeType

from benchmarks.hostile import harm
from benchmarks.reading import READERS, Reader
from geodata.faults import InputError

ROOT = Path(__file__).resolve().parent.parent
OURS = tuple(str(ROOT / name) for name in ("geodata", "models", "optimiser", "reports"))

type Line = tuple[str, int]


class Reached:
    """Lines of ours that were come by, each told once."""

    def __init__(self) -> None:
        self.lines: set[Line] = set()

    @contextmanager
    def on(self) -> Iterator[None]:
        """Listen."""
        tools = sys.monitoring
        tools.use_tool_id(tools.PROFILER_ID, "guided")
        tools.register_callback(tools.PROFILER_ID, tools.events.LINE, self._noted)
        tools.set_events(tools.PROFILER_ID, tools.events.LINE)
        try:
            yield
        finally:
            tools.set_events(tools.PROFILER_ID, 0)
            tools.free_tool_id(tools.PROFILER_ID)

    def _noted(self, code: CodeType, line: int) -> object:
        # a line that was told is never told again, so that what is watched costs next to nothing
        if code.co_filename.startswith(OURS):
            self.lines.add((code.co_filename, line))
        return sys.monitoring.DISABLE


class Guided:
    """Inputs of a reader that reach something new, and what is made of them."""

    def __init__(self, name: str, place: Path, seed: int) -> None:
        self.reader: Reader = READERS[name]
        self.name, self.place, self.random = name, place, Random(f"{name} {seed}")
        self.kept = [place / "sound"]
        self.kept[0].mkdir()
        self.reader.make(self.kept[0])
        self.reached = Reached()
        self.cases = self.refused = 0
        self.defects: dict[str, int] = {}
        """What went wrong → the first case in which it did."""

    def run(self, seconds: float, most: int = sys.maxsize) -> None:
        """Read changed inputs until the time is over, or so many have been read."""
        ends = time.monotonic() + seconds
        with self.reached.on():
            self._read(self.kept[0])
            while time.monotonic() < ends and self.cases < most:
                self._one()

    def _one(self) -> None:
        # the latest are the furthest: half of the time one of them is changed on
        among = self.kept[-4:] if self.random.random() < 0.5 else self.kept
        case = self.place / f"case-{self.cases}"
        shutil.copytree(self.random.choice(among), case)
        patterns = (file for pattern in self.reader.harmed for file in case.glob(pattern))
        harm(self.random.choice(sorted(patterns)), self.random)
        before = len(self.reached.lines)
        copy = self.place / "read"
        shutil.copytree(case, copy)
        self.cases += 1
        self._read(copy)
        shutil.rmtree(copy)
        if len(self.reached.lines) > before:
            self.kept.append(case)
        else:
            shutil.rmtree(case)

    def _read(self, folder: Path) -> None:
        from benchmarks.reliability import limited

        try:
            with limited(), suppress(Warning):
                self.reader.read(folder)
        except InputError:
            self.refused += 1
        except BaseException as error:  # noqa: BLE001 - each of them is a finding
            self.defects.setdefault(f"{type(error).__name__}: {str(error)[:60]}", self.cases)


def guided(name: str, seconds: float, seed: int = 0, most: int = sys.maxsize) -> dict[str, object]:
    """Fuzz one reader for so many seconds and return what came of it."""
    with tempfile.TemporaryDirectory() as place:
        fuzz = Guided(name, Path(place), seed)
        fuzz.run(seconds, most)
        return {
            "cases": fuzz.cases,
            "refused": fuzz.refused,
            "kept": len(fuzz.kept) - 1,
            "lines": len(fuzz.reached.lines),
            "defects": [f"case {case}: {words}" for words, case in fuzz.defects.items()],
        }
