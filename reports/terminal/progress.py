"""Progress of a solve in a terminal, and Ctrl-C."""

import _thread
import math
import os
import re
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, wait
from contextlib import contextmanager
from typing import TYPE_CHECKING, TextIO

from reports.terminal.messages import ABORTED, tell

if TYPE_CHECKING:
    from rich.console import RenderableType
    from rich.live import Live

    from optimiser.solver.limits import Progress
    from reports.text.notation import Language
    from reports.text.words import Words

BEGUN = 5.0
"""Seconds in which a thread has begun, or there is no memory for one."""
NUMBER = re.compile(r"[+-]?\d+(\.\d+)?(e[+-]?\d+)?")
STAGES = (
    (r"relaxation, groups of (?P<km>\d+) km", "groups"),
    (r"the farthest relaxation", "farthest"),
    (r"(small )?relaxation|bound", "relaxation"),
    (r"sites, (?P<left>\d+) open", "sites_open"),
    (r"(?P<left>\d+) sites to go", "sites_open"),
    (r"sites tried otherwise", "sites_tried"),
    (r"a plan in whole numbers", "whole_numbers"),
    (r"whole model", "whole_model"),
    (r"search", "search"),
    (r"people follow", "people"),
    (r"do nothing", "do_nothing"),
    # no plan, and what would do
    (r"what gives way at the least", "gives_way"),
    (r"trying (?P<what>.+)", "lever_tried"),
    (r"a plan that keeps what it can of the agreements", "agreements_kept"),
    (r"a plan with rules made soft", "rules_soft"),
    (r"a plan with (?P<what>.+) = (?P<value>\S+)", "plan_with"),
    # explanation and negotiation
    (r"which rules bind", "binding"),
    (r"what one more is worth", "one_more"),
    (r"one home more", "one_home"),
    (r"one home more, (?P<done>\d+) of (?P<total>\d+)", "one_home_of"),
    (r"the other answer for (?P<site>.+)", "other_answer"),
    (r"room, (?P<done>\d+) of (?P<total>\d+)", "room"),
    (r"room of (?P<code>.+)", "room_of"),
    (r"with all that is agreed: (?P<stage>.+)", "all_agreed"),
    (r"without (?P<lock>.+): (?P<stage>.+)", "without_lock"),
    (r"delivery of (?P<share>\d+)%: (?P<stage>.+)", "delivery"),
    # other plans
    (r"the farthest plan", "farthest_plan"),
    (r"the cheapest plan", "cheapest"),
    (r"(?P<ceilings>\w+ ≤ -?[\d,]+(, \w+ ≤ -?[\d,]+)*)", "cheapest_under"),
    (r"own, (?P<done>\d+) of (?P<total>\d+) futures", "futures_own"),
    (r"compared, (?P<done>\d+) of (?P<total>\d+) futures", "futures_compared"),
    (r"start, (?P<done>\d+) of (?P<total>\d+) futures", "futures_start"),
    (r"mean, (?P<done>\d+) of (?P<total>\d+) futures", "futures_mean"),
    # many solves
    (r"(?P<done>\d+) of (?P<total>\d+) solves: (?P<stage>.+)", "solves"),
    (r"(?P<done>\d+) of (?P<total>\d+) solves, some (?P<left>\d+) s to go: (?P<stage>.+)", "solves_left"),
    (r"as it stands", "as_it_stands"),
    (r"(?P<what>[\w.-]+) = (?P<value>\S+)", "with_number"),
    (r"(?P<done>\d+) of (?P<total>\d+) plans; next: (?P<steps>.+)", "plans_between"),
    (r"bounds, (?P<done>\d+) of (?P<total>\d+) regions", "regions_bounds"),
    (r"plans, (?P<done>\d+) of (?P<total>\d+) regions", "regions_plans"),
)
"""Stages of a search as the solver calls them, and the keys of their words (context `progress`)."""


def interruptible[Result](
    work: Callable[[], Result], stop: threading.Event, display: "ProgressDisplay", kept: str
) -> Result:
    """Work in a thread, so that Ctrl-C is heard: once stops with what there is, twice aborts.

    `kept` is the key of the words that say what there is (context `progress`).
    """
    outcome, began = Future[Result](), time.monotonic()
    # not threading.Thread: its start never ends where the thread has no memory to begin with
    try:
        _thread.start_new_thread(_run_into, (outcome, work))
    except RuntimeError as error:
        raise MemoryError from error
    answered = 0
    with counted_interrupts() as presses:
        while not outcome.done():
            if time.monotonic() - began > BEGUN and not outcome.running():
                raise MemoryError
            wait([outcome], timeout=0.2)
            if len(presses) == answered:
                display.redraw()
                continue
            display.end()
            if stop.is_set():
                # The solver's own thread cannot be ended in any other way.
                tell(display.words("aborted"))
                os._exit(ABORTED)
            stop.set()
            answered += 1
            tell(display.words(kept))
    display.end()
    return outcome.result()


@contextmanager
def counted_interrupts() -> Iterator[list[int]]:
    """Let Ctrl-C be counted and nothing else: as an exception it could come while the last one is answered.

    Outside the main thread, and where Ctrl-C is ignored (a shell's background job), nothing is counted.
    """
    presses: list[int] = []
    here = threading.current_thread() is threading.main_thread()
    before = signal.getsignal(signal.SIGINT)
    if not here or before == signal.SIG_IGN:
        yield presses
        return
    signal.signal(signal.SIGINT, lambda number, _: presses.append(number))
    try:
        yield presses
    finally:
        signal.signal(signal.SIGINT, before)


def _run_into[Result](outcome: Future[Result], work: Callable[[], Result]) -> None:
    outcome.set_running_or_notify_cancel()
    try:
        outcome.set_result(work())
    except BaseException as error:  # noqa: BLE001 - handed on to the thread that waits
        outcome.set_exception(error)


class ProgressDisplay:
    """Progress of a solve: a display kept up to date in a terminal, one line a change elsewhere.

    The solver's thread reports; the thread that waits for it draws.
    """

    def __init__(self, limit: float | None = None, stream: TextIO | None = None, *, lang: "Language") -> None:
        self._stream, self._lang = stream or sys.stderr, lang
        self.words = _words(lang)
        self._limit = limit
        self._is_terminal = self._stream.isatty()
        self._latest: Progress | None = None
        self._reported = self._began = time.monotonic()
        self._live: Live | None = None
        self._line = ""

    def __call__(self, progress: "Progress") -> None:
        """Take note of how far the solve is, and say it where there is no terminal."""
        self._latest, self._reported = progress, time.monotonic()
        line = described(progress, self._lang)
        if not self._is_terminal and line != self._line:
            self._stream.write(f"{progress.seconds:6.0f} s  {line}\n")
            self._stream.flush()
        self._line = line

    def redraw(self) -> None:
        """Draw the display in a terminal, with the seconds that have gone by."""
        if not self._is_terminal or self._latest is None:
            return
        if self._live is None:
            from rich.console import Console
            from rich.live import Live

            self._live = Live(console=Console(file=self._stream), auto_refresh=False)
            self._live.start()
        self._live.update(self._drawing(self._latest), refresh=True)

    def end(self) -> None:
        """Leave the display as it stands, if one was begun."""
        if self._live is not None:
            self._live.stop()
        self._live = self._latest = None
        self._line = ""

    def _drawing(self, progress: "Progress") -> "RenderableType":
        from rich.console import Group
        from rich.progress_bar import ProgressBar
        from rich.table import Table
        from rich.text import Text

        seconds = progress.seconds + time.monotonic() - self._reported
        row = Table.grid(padding=(0, 1))
        if self._limit is None:
            row.add_row(Text(f"{seconds:.0f} s"))
        else:
            bar = ProgressBar(total=self._limit, completed=min(seconds, self._limit), width=30)
            row.add_row(
                bar, Text(_words(self._lang)("limit", seconds=f"{seconds:.0f}", limit=f"{self._limit:.0f}"))
            )
        return Group(Text(described(progress, self._lang)), row)


def described(progress: "Progress", lang: "Language" = "en") -> str:
    """Return where a solve stands in plain words."""
    from reports.text.notation import Notation

    say, write = _words(lang), Notation(lang)
    parts = [plain_words(progress.stage, lang)]
    if progress.incumbent is not None:
        parts.append(say("best_plan", amount=write.number(progress.incumbent)))
    if progress.bound is not None and progress.incumbent is None:
        parts.append(say("best_possible", amount=write.number(progress.bound)))
    if progress.gap is not None and math.isfinite(progress.gap):
        parts.append(say("distance", gap=write.percent(progress.gap, 2)))
    return " · ".join(parts)


def plain_words(stage: str, lang: "Language" = "en") -> str:
    """Return a stage of a search in words of daily use; a stage without such words as it is."""
    return known_words(stage, lang) or stage


def known_words(stage: str, lang: "Language") -> str | None:
    """Return the words of a stage; None where it, or a stage that it names, has none."""
    for pattern, key in STAGES:
        if match := re.fullmatch(pattern, stage):
            values = match.groupdict()
            inner = known_words(values["stage"], lang) if "stage" in values else ""
            if inner is None:
                return None
            parts = {name: _written(name, text, lang) for name, text in values.items()}
            return _words(lang)(key, **parts | {"stage": inner})
    return None


def _written(name: str, text: str, lang: "Language") -> str:
    """Return a part of a stage as a language writes it."""
    from reports.text.notation import Notation
    from reports.text.words import Words

    if name == "share":
        return Notation(lang).percent(int(text) / 100, 0)
    if name == "ceilings":
        criterion = Words(lang, "frontier")
        pairs = [one.split(" ≤ ") for one in text.split(", ")]
        written = [
            f"{criterion(of)} ≤ {Notation(lang).number(float(most.replace(',', '')))}" for of, most in pairs
        ]
        return ", ".join(written)
    return Notation(lang).plain(float(text)) if name == "value" and NUMBER.fullmatch(text) else text


def _words(lang: "Language") -> "Words":
    from reports.text.words import Words

    return Words(lang, "progress")
