"""Questions that wait their turn for a process that answers them, and who asked which."""

from __future__ import annotations

import asyncio
import multiprocessing
import threading
from collections import OrderedDict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from reports.app.worker import ENOUGH, work

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from multiprocessing.context import SpawnProcess
    from pathlib import Path

type State = Literal["waiting", "running", "done", "failed", "cancelled"]

MOST_WAITING = 6
"""Questions that wait; one more is told that it is busy."""

MOST_KEPT = 60
"""Questions with their answers that are remembered."""

TIMES = 2
"""Times that a question is asked whose process is ended by somebody else: killed by the system, or by a
question before it that was taken back as it was answered."""

SOFTLY = 1.0
"""Seconds for a process to end before it is killed."""


class Busy(Exception):
    """Too many questions wait already."""


class Ended(Exception):
    """The process was ended while it was at work."""


class Worker:
    """The process that reads and solves; ended and begun anew where somebody cancels."""

    def __init__(self, region: Path, folder: Path) -> None:
        self._given = str(region), str(folder)
        self._lock, self._closed = threading.Lock(), False
        self._process: SpawnProcess | None = None

    def begin(self) -> None:
        """Begin the process where there is none, so that it is warm when it is asked."""
        with self._lock:
            if self._process is None or not self._process.is_alive():
                self._begin()

    def _begin(self) -> None:
        context = multiprocessing.get_context("spawn")
        self._connection, theirs = context.Pipe()
        self._process = context.Process(target=work, args=(theirs, *self._given), daemon=True)
        self._process.start()
        theirs.close()

    @property
    def pid(self) -> int | None:
        """The number of the process."""
        return None if self._process is None else self._process.pid

    def ask(self, order: Mapping[str, Any], heard: Callable[[Any], None]) -> tuple[str, Any]:
        """Wait for the answer to an order: ("done" | "failed", what); `heard` hears of progress.

        Raises Ended where the process ends before it has answered; it has then begun anew.
        """
        self.begin()
        try:
            self._connection.send(dict(order))
            while True:
                said, what = self._connection.recv()
                if said != "progress":
                    return said, what
                heard(what)
        except (EOFError, OSError) as error:
            if not self._closed:
                self.end()
                self.begin()
            raise Ended from error

    def enough(self) -> None:
        """Ask for the best so far."""
        self._connection.send(ENOUGH)

    def close(self) -> None:
        """End the process for good."""
        self._closed = True
        self.end()

    def end(self) -> None:
        """End the process with all that it is doing; killed where it does not end by itself."""
        with self._lock:
            process = self._process
        if process is None:
            return
        process.terminate()
        process.join(SOFTLY)
        if process.is_alive():
            process.kill()


@dataclass
class PlanJob:
    """A question, its answer when there is one, and the sessions that wait for it."""

    name: str
    order: Mapping[str, Any]
    sessions: set[str]
    state: State = "waiting"
    told: Any = None
    """Of the last progress, the answer, or what went wrong."""
    changed: asyncio.Condition = field(default_factory=asyncio.Condition)
    taken_back: bool = False
    """Whether its process is ended because nobody waits for it any more."""

    @property
    def is_over(self) -> bool:
        """Whether nothing more will be told."""
        return self.state in ("done", "failed", "cancelled")

    async def tell(self, state: State, told: Any) -> None:
        """Say how it stands to all who watch."""
        async with self.changed:
            self.state, self.told = state, told
            self.changed.notify_all()


class JobQueue:
    """Takes questions and has them answered one by one; one that is asked twice is answered once."""

    def __init__(self, worker: Worker, forgotten: Callable[[PlanJob], None] = lambda _: None) -> None:
        self._worker, self._forgotten = worker, forgotten
        self._jobs: OrderedDict[str, PlanJob] = OrderedDict()
        self._line: list[PlanJob] = []
        self._asked = asyncio.Event()
        self._running: PlanJob | None = None

    def submit(self, name: str, order: Mapping[str, Any], session: str) -> PlanJob:
        """Return the question of this name, put in line where it is new; raises Busy."""
        known = self._jobs.get(name)
        if known is not None and not known.taken_back and known.state in ("waiting", "running", "done"):
            known.sessions.add(session)
            self._jobs.move_to_end(name)
            return known
        if len(self._line) >= MOST_WAITING:
            raise Busy
        job = PlanJob(name, order, {session})
        self._jobs[name] = job
        self._line.append(job)
        self._forget()
        self._asked.set()
        return job

    def of(self, name: str, session: str) -> PlanJob | None:
        """Return a question of a session; those of others are as if they were not there."""
        job = self._jobs.get(name)
        return job if job is not None and session in job.sessions else None

    def before(self, job: PlanJob) -> int:
        """Return how many questions come before this one."""
        if job not in self._line:
            return 0
        return self._line.index(job) + (self._running is not None)

    @property
    def waiting(self) -> int:
        """How many questions wait."""
        return len(self._line)

    async def cancel(self, job: PlanJob, session: str) -> None:
        """Take back a question for a session; where nobody else waits for it, its work is ended."""
        if job.is_over:
            return
        job.sessions.discard(session)
        if job.sessions:
            return
        if job in self._line:
            self._line.remove(job)
            await job.tell("cancelled", None)
        elif job is self._running:
            job.taken_back = True
            await asyncio.to_thread(self._worker.end)

    async def enough(self, job: PlanJob) -> None:
        """Ask for the best so far of a question that is at work, where nobody else waits for it."""
        if job is self._running and len(job.sessions) == 1:
            await asyncio.to_thread(self._worker.enough)

    async def work(self) -> None:
        """Have questions answered, one at a time, for as long as the program runs."""
        while True:
            await self._asked.wait()
            self._asked.clear()
            while self._line:
                self._running = self._line.pop(0)
                await self._answer(self._running)
                self._running = None

    async def _answer(self, job: PlanJob) -> None:
        loop = asyncio.get_running_loop()

        def heard(what: Any) -> None:
            asyncio.run_coroutine_threadsafe(job.tell("running", what), loop)

        await job.tell("running", None)
        for _ in range(TIMES):
            try:
                said, what = await asyncio.to_thread(self._worker.ask, job.order, heard)
            except Ended:
                if job.taken_back:
                    await job.tell("cancelled", None)
                    return
            else:
                await job.tell("done" if said == "done" else "failed", what)
                return
        await job.tell("failed", {"why": "ended", "lines": []})

    def _forget(self) -> None:
        """Forget the oldest questions that are over."""
        over = [name for name, job in self._jobs.items() if job.is_over]
        for name in over[: max(0, len(self._jobs) - MOST_KEPT)]:
            self._forgotten(self._jobs.pop(name))
