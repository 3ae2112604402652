"""Load on the what-if page: many questions from several sessions over loopback, each answer checked.

The page is started as `spreidplan serve` does, in a process of its own. Every question has other settings,
and what the page answers is compared with a solve of the same settings in this process.
"""

import http.client
import json
import os
import re
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from statistics import median
from typing import Any

from models.demand.forecast import forecast
from models.region.read_region import read_region
from optimiser.problem import Problem
from optimiser.solve import solve
from reports.app.answers import plan_answer, stored

ROOT = Path(__file__).resolve().parent.parent
LIMITS = {"gap": 0.0, "seconds": 60.0, "seed": 0}
WAIT = 120.0
"""Seconds after which a question counts as lost."""


@contextmanager
def served(region: str) -> Iterator["Page"]:
    """Start the page of a region; ended afterwards."""
    limits = ["--gap", str(LIMITS["gap"]), "--time", str(LIMITS["seconds"])]
    command = [sys.executable, "-m", "cli", "serve", region, "--no-browser", *limits]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment, cwd=ROOT) as page:
        try:
            assert page.stdout is not None
            place = re.search(r":([0-9]+)/\?token=(\S+)", page.stdout.readline())
            assert place, "the page did not begin"
            yield Page(page.pid, int(place[1]), place[2])
        finally:
            page.terminate()


@dataclass(frozen=True)
class Page:
    """A page that runs: its process, its port and the token of its link."""

    process: int
    port: int
    token: str


@dataclass
class Session:
    """One browser: its cookies, and what it asks."""

    port: int
    token: str
    cookie: str = ""

    def __post_init__(self) -> None:
        for path in (f"/?token={self.token}", "/"):
            with self._asked("GET", path) as answer:
                new = answer.headers["set-cookie"].partition(";")[0]
            self.cookie = "; ".join(filter(None, (self.cookie, new)))

    @contextmanager
    def _asked(self, method: str, path: str, body: object = None) -> Iterator[http.client.HTTPResponse]:
        line = http.client.HTTPConnection("127.0.0.1", self.port, timeout=WAIT)
        own = {"Origin": f"http://127.0.0.1:{self.port}", "Content-Type": "application/json"}
        text = None if body is None else json.dumps(body)
        with closing(line):
            line.request(method, path, text, {**own, "Cookie": self.cookie})
            with line.getresponse() as answer:
                yield answer

    def told(self, method: str, path: str, body: object = None) -> tuple[int, Any]:
        """Return what is answered: the code and the JSON."""
        with self._asked(method, path, body) as answer:
            return answer.status, json.loads(answer.read() or b"null")

    def stands(self, job: str) -> Iterator[dict[str, Any]]:
        """Generate how a question stands, until it is answered."""
        with self._asked("GET", f"/api/watch/{job}") as answer:
            for line in answer:
                if line.startswith(b"data: "):
                    yield json.loads(line[6:])


@dataclass
class Question:
    """Settings that were asked for, and what came of it."""

    settings: Mapping[str, str]
    answer: Any = None
    busy: int = 0
    seconds: float = 0.0
    state: str = "lost"

    def ask(self, session: Session) -> None:
        """Ask until it is answered; told that it is busy, ask again after a second, as people do."""
        began = time.monotonic()
        try:
            while True:
                code, told = session.told("POST", "/api/ask", {"kind": "plan", "set": dict(self.settings)})
                if code != 503:
                    break
                assert told["busy"] > 0
                self.busy += 1
                time.sleep(1.0)
            assert code == 202, (code, told)
            *_, last = session.stands(told["job"])
            self.state = last["state"]
            if self.state == "done":
                _, self.answer = session.told("GET", f"/api/plan/{told['job']}?lang=en")
        except (OSError, http.client.HTTPException, ValueError) as error:
            self.state = f"lost: {type(error).__name__}"
        self.seconds = time.monotonic() - began

    def is_right(self, region: Path) -> bool:
        """Tell whether a solve of the same settings says the same, but for the time it took."""
        read = read_region(region, settings=dict(self.settings))
        plan = solve(Problem.of(read, forecast(read)), gap=LIMITS["gap"], seconds=LIMITS["seconds"])
        own = json.loads(stored(plan_answer(plan)))["en"]
        return {**own, "proof": ""} == {**(self.answer or {}), "proof": ""}


def questions(count: int, seed: int) -> list[Question]:
    """Return so many questions, no two the same: fewer beds, and homes a year more."""
    random, seen = Random(seed), dict[tuple[int, int], Question]()
    while len(seen) < count:
        beds, homes = random.randrange(0, 100), random.randrange(0, 20)
        seen[beds, homes] = Question(
            {"policies.intramural_reduction.by_end": str(beds / 100), "homes.more.M1": str(homes)}
        )
    return list(seen.values())


def megabytes(process: int) -> float:
    """Return what a process and those that it began hold in memory."""
    try:
        status = Path(f"/proc/{process}/status").read_text(encoding="utf-8")
        begun = _children(process)
    except OSError:
        return 0.0  # it has ended
    held = re.search(r"VmRSS:\s+([0-9]+)", status)
    return (int(held[1]) / 1e3 if held else 0.0) + sum(megabytes(child) for child in begun)


@dataclass
class Load:
    """What a page did with the questions of several sessions."""

    asked: list[Question]
    memory: list[float] = field(default_factory=list)

    @classmethod
    def of(cls, page: Page, count: int, every: float, sessions: int = 5, seed: int = 0) -> "Load":
        """Ask `count` questions, one every so many seconds, and sample the memory meanwhile."""
        load, browsers = (
            cls(questions(count, seed)),
            [Session(page.port, page.token) for _ in range(sessions)],
        )
        threads = [
            threading.Thread(target=one.ask, args=(browsers[number % sessions],), daemon=True)
            for number, one in enumerate(load.asked)
        ]
        began = time.monotonic()
        for number, thread in enumerate(threads):
            time.sleep(max(0.0, began + number * every - time.monotonic()))
            thread.start()
            load.memory.append(megabytes(page.process))
        for thread in threads:
            thread.join(WAIT)
        return load

    def figures(self, region: Path) -> dict[str, Any]:
        """Return what is told of it; each answer is solved again here."""
        fifth = max(1, len(self.memory) // 5)
        return {
            "asked": len(self.asked),
            "answered": sum(one.state == "done" for one in self.asked),
            "lost": [f"{one.settings}: {one.state}" for one in self.asked if one.state != "done"],
            "wrong": [f"{one.settings}" for one in self.asked if one.answer and not one.is_right(region)],
            "told busy": sum(one.busy for one in self.asked),
            "median wait s": median(one.seconds for one in self.asked),
            "longest wait s": max(one.seconds for one in self.asked),
            "MB early": median(self.memory[fifth : 2 * fifth] or self.memory),
            "MB at the end": median(self.memory[-fifth:]),
        }


def burst(page: Page, count: int) -> tuple[int, int, int]:
    """Ask many questions at once; return how many were taken, told to be busy, and answered in the end."""
    session = Session(page.port, page.token)
    asked = [
        session.told("POST", "/api/ask", {"kind": "plan", "set": dict(one.settings)})
        for one in questions(count, 1)
    ]
    taken = [told["job"] for code, told in asked if code == 202]
    busy = sum(code == 503 and told["busy"] > 0 for code, told in asked)
    done = sum([*session.stands(job)][-1]["state"] == "done" for job in taken)
    return len(taken), busy, done


def cancelled(region: str) -> float:
    """Return the seconds from a cancel of a search at work until its process is gone."""
    with served(region) as page:
        session = Session(page.port, page.token)
        _, told = session.told("POST", "/api/ask", {"kind": "plan", "set": {}})
        with closing(session.stands(told["job"])) as stands:
            next(one for one in stands if (one["told"] or {}).get("bound") is not None)
        solver = max(_children(page.process), key=megabytes)
        began = time.monotonic()
        session.told("POST", "/api/cancel", {"job": told["job"]})
        while Path(f"/proc/{solver}").exists() and time.monotonic() - began < WAIT:
            time.sleep(0.01)
        return time.monotonic() - began


def _children(process: int) -> list[int]:
    # whichever thread began them: each has its own
    lists = Path(f"/proc/{process}/task").glob("*/children")
    return [int(child) for begun in lists for child in begun.read_text(encoding="utf-8").split()]
