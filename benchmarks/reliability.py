"""The long runs behind docs/reliability.md: hostile input, faults, a second solver, mutants, load, scale.

    python -m benchmarks.reliability [--share 1.0] [--of ROW] [--again] [PART …]

Each row of a part is a run of its own, in a process of its own. It leaves what it found in
benchmarks/reliability.json, and the page is made of all that lies there: a row that was not run again keeps
its figures, with their date and the share of the whole that was tried.
"""

import argparse
import json
import multiprocessing
import os
import re
import resource
import signal
import sys
import tempfile
import time
import warnings
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "tests" / "support")]

from benchmarks.mutants import TESTS, survivors  # noqa: E402 - they lie beside us and in tests
from benchmarks.reading import READERS  # noqa: E402
from benchmarks.scale import SPREAD  # noqa: E402

KEPT, PAGE = ROOT / "benchmarks" / "reliability.json", ROOT / "docs" / "reliability.md"

CASES, SECONDS, MEMORY = 500, 60, 4 << 30
"""Changed inputs a reader; a case that takes longer hangs; bytes that a process may take for one."""
KILLS, REGIONS = 200, 200
GUIDED_SECONDS = 150.0
"""Seconds a reader for fuzzing guided by coverage."""

QUESTIONS, A_MINUTE = 250, 50
"""Questions to the what-if page in all, and in a minute."""
SIZES = {
    "10": (10, 1, 60.0),
    "100": (100, 1, 60.0),
    "400": (400, 1, 60.0),
    "1,000": (1000, 1, 60.0),
    "3,340 in 43 regions": (3340, 43, 10.0),
}
"""Row of the table of stages → neighbourhoods, regions, and the seconds that a search of one may take."""

TOLD = 12
"""Of a list on the page; benchmarks/reliability.json has it all."""

type Found = dict[str, Any]
"""What a row tells: column → number, words, or a list of what went wrong."""
type Table = dict[str, Found]

ABOUT = "date", "share", "seconds"
"""What is kept of each row beside what it tells: when, how much of the whole, and how long it took."""


@contextmanager
def limited() -> Iterator[None]:
    """Raise TimeoutError where what is done takes too long."""

    def stop(*_: object) -> None:
        raise TimeoutError(f"no answer within {SECONDS} s")

    signal.signal(signal.SIGALRM, stop)
    signal.alarm(SECONDS)
    try:
        yield
    finally:
        signal.alarm(0)


def one_case(name: str, seed: int, sound: Path) -> str:
    """Return what a reader makes of one changed input: "read", "refused", or a defect in words."""
    from benchmarks.reading import harmed
    from geodata.faults import InputError

    with tempfile.TemporaryDirectory() as place:
        harmed(READERS[name], sound, Path(place) / "case", Random(f"{name} {seed}"))
        try:
            with limited(), warnings.catch_warnings():
                warnings.simplefilter("ignore")
                READERS[name].read(Path(place) / "case")
        except InputError:
            return "refused"
        except BaseException as error:  # noqa: BLE001 - each of them is a finding
            return f"{name} seed {seed}: {type(error).__name__}: {str(error)[:120]}"
    return "read"


def _capped() -> None:
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))


def reading(name: str, share: float) -> Found:
    """Try a reader on changed inputs, in processes with a bound on their memory."""
    reader, count = READERS[name], max(1, round(CASES * share))
    with tempfile.TemporaryDirectory() as place:
        reader.make(Path(place))
        spawn = multiprocessing.get_context("spawn")
        with ProcessPoolExecutor(os.cpu_count(), mp_context=spawn, initializer=_capped) as pool:
            asked = [pool.submit(one_case, name, seed, Path(place)) for seed in range(count)]
            said = Counter(_said(future, name) for future in asked)
    return {
        "cases": count,
        "read": said["read"],
        "refused": said["refused"],
        "defects": [words for words in said if words not in ("read", "refused")],
    }


def _said(future: Any, name: str) -> str:
    try:
        return str(future.result())
    except Exception as error:  # noqa: BLE001 - a process that dies is a finding too
        return f"{name}: {type(error).__name__}"


def faults(_: str, share: float) -> Table:
    """Kill runs at every step and at random moments, fill disks, take memory, and let two write at once."""
    from tiny import write_tiny_region

    from benchmarks.faults import Ground, Outcome, forked, full_disk, kill_at, outcome, two_at_once

    table: dict[str, list[Outcome]] = {"killed at a step": [], "killed at a random moment": []}
    table |= {"disk full": [], "two runs at once": []}
    random, warned = Random(0), warnings.catch_warnings()
    with tempfile.TemporaryDirectory() as folder, warned:
        warnings.simplefilter("ignore")
        place = Path(folder)
        ground = Ground.prepare(place / "ground", write_tiny_region)
        copies = (ground.fresh(place / f"copy{number}") for number in range(10_000))
        for event in range(1, 100):
            here = next(copies)
            found = outcome(here, forked(here.write, kill_at(event, here.plan)))
            if not found.killed:
                break
            table["killed at a step"].append(found)
        whole = next(copies)
        began = time.monotonic()
        outcome(whole, forked(whole.run))
        longest = time.monotonic() - began
        for _ in range(max(1, round(KILLS * share))):
            here = next(copies)
            found = outcome(here, forked(here.run), delay=random.uniform(0.0, longest))
            table["killed at a random moment"].append(found)
        for size in range(0, 200_000, max(5_000, round(5_000 / share))):
            here = next(copies)
            table["disk full"].append(outcome(here, forked(here.write, full_disk(size))))
        for _ in range(max(1, round(10 * share))):
            table["two runs at once"].append(two_at_once(next(copies)))
        table |= _withheld(ground, copies, place / "disks", share)
    return {what: _counted(outcomes) for what, outcomes in table.items()}


def _withheld(ground: Any, copies: Iterator[Any], disks: Path, share: float) -> dict[str, list[Any]]:
    """Give runs little room, a disk that is read-only, little memory, or no time."""
    from benchmarks.faults import forked, little_memory, no_own_disk, on_own_disk, outcome

    disks.mkdir()
    rooms = [] if no_own_disk(disks) else [None, *range(0, 1_000_000, round(20_000 / share))]
    hard = "policies.intramural_reduction.mode=hard"
    memory, time_ = list[Any](), list[Any]()
    for megabytes in range(-200, 200, max(5, round(5 / share))):
        here = next(copies)
        memory.append(outcome(here, forked(here.run, little_memory(megabytes << 20))))
    for seconds in ("0.001", "0.01", "0.1", "1"):
        here, asked = next(copies), ("--time", seconds, "--set", hard)
        time_.append(outcome(here, forked(lambda here=here, asked=asked: here.run(*asked))))  # type: ignore[misc]
    return {
        "a disk with little room, or read-only": [
            on_own_disk(ground, disks / str(room), room) for room in rooms
        ],
        "memory withheld": memory,
        "no time": time_,
    }


def _counted(outcomes: list[Any]) -> Found:
    states = Counter(one.state for one in outcomes)
    lost = [str(one) for one in outcomes if not one.survived]
    return {
        "tried": len(outcomes),
        "survived": len(outcomes) - len(lost),
        "earlier plan": states["old"],
        "new plan": states["new"],
        "lost": lost,
    }


def guided(name: str, share: float) -> Found:
    """Fuzz a reader, guided by the lines that are reached; this process has the same bound on its memory."""
    from benchmarks.guided import guided as fuzzed

    _capped()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return fuzzed(name, GUIDED_SECONDS * share)


def second(_: str, share: float) -> Table:
    """Hold our proven optimum against SCIP's on small regions by lot."""
    from benchmarks.second_solver import compared

    found = [compared(seed) for seed in range(max(1, round(REGIONS * share)))]
    told = {
        "tried": len(found),
        "agree": sum(one.agrees for one in found),
        "without a plan": sum(one.ours == float("inf") for one in found),
        "differ": [str(one) for one in found if not one.agrees],
    }
    return {"regions by lot": told}


def mutation(module: str, share: float) -> Found:
    """Try mutants of a module of the rules or of the verifier; the tests have to notice."""
    from benchmarks.mutants import tried

    return tried(module, max(1, round(1 / share)), 0)


def load(_: str, share: float) -> Table:
    """Ask the what-if page 50 questions a minute for five minutes, all at once, and take one back."""
    from tiny import write_tiny_region

    from benchmarks.load import Load, burst, cancelled, served

    with tempfile.TemporaryDirectory() as folder:
        region = write_tiny_region(Path(folder) / "tiny")
        with served(str(region)) as page:
            found = Load.of(page, max(1, round(QUESTIONS * share)), 60.0 / A_MINUTE)
            taken, busy, done = burst(page, 50)
        figures = found.figures(region)
    figures |= {"of 50 at once": f"{taken} taken, {done} of them answered, {busy} told busy"}
    return {"one every 1.2 s": figures | {"cancel frees s": round(cancelled("zuidoost-drenthe"), 2)}}


def stages(size: str, share: float) -> Found:
    """Measure each stage of the plans of regions that are generated from a seed."""
    from benchmarks.scale import stages as measured

    neighbourhoods, regions, seconds = SIZES[size]
    return measured(neighbourhoods, regions, seconds * share)


def spread(task: str, _: float) -> Found:
    """Measure what is shared out over processes and over a Dask cluster, and hold the answers together."""
    return SPREAD[task]()


@dataclass(frozen=True)
class Part:
    """A table of the page: what makes a row of it (or all of them at once), and the rows."""

    run: Callable[[str, float], Found]
    rows: tuple[str, ...] = ()


PARTS = {
    "reading": Part(reading, tuple(READERS)),
    "guided": Part(guided, tuple(READERS)),
    "faults": Part(faults),
    "second": Part(second),
    "mutants": Part(mutation, tuple(TESTS)),
    "load": Part(load),
    "scale": Part(stages, tuple(SIZES)),
    "spread": Part(spread, tuple(SPREAD)),
}


def run(part: str, row: str, share: float) -> Table:
    """Return the rows that a run of a part makes, each with when it was and how much of the whole."""
    began = time.monotonic()
    found = _apart(PARTS[part].run, row, share)
    seconds = round(time.monotonic() - began)
    about = dict(zip(ABOUT, (time.strftime("%Y-%m-%d"), share, seconds), strict=True))
    table = {row: found} if PARTS[part].rows else found
    return {name: {**cells, **about} for name, cells in table.items()}


def _apart[Given, Answer](function: Callable[..., Answer], *given: Given) -> Answer:
    """Return what a function answers in a process of its own, which leaves nothing behind in this one."""
    from optimiser.solver.executors import own_processes

    with own_processes(1) as own:
        return own.submit(function, *given).result()


def again(module: str, known: Found) -> Found:
    """Return the row of a module after its survivors were tried again, with the tests as they are."""
    left = _apart(survivors, module, known["survivors"])
    return {**known, "killed": known["tried"] - len(left), "survivors": left}


# The page ------------------------------------------------------------------------------------


def page(kept: dict[str, Table]) -> str:
    """Return the page with the figures that are known, put between its marks."""
    text = PAGE.read_text(encoding="utf-8")
    for name in PARTS:
        told = _told(kept[name]) if name in kept else "*Not run yet: `make reliability`.*"
        pattern = rf"(<!-- {name} -->\n).*?(<!-- end -->)"
        text = re.sub(pattern, lambda m, told=told: m[1] + told + "\n" + m[2], text, flags=re.S)  # type: ignore[misc]
    return text


def _told(rows: Table) -> str:
    columns = [name for name in next(iter(rows.values())) if name not in ABOUT]
    lines = [
        f"| | {' | '.join(columns)} |",
        "|---|" + "--:|" * len(columns),
        *(f"| {row} | {' | '.join(_cell(cells[c]) for c in columns)} |" for row, cells in rows.items()),
    ]
    return "\n".join([_head(list(rows.values())), "", *lines])


def _head(rows: list[Found]) -> str:
    """Return when and how much of the whole was run; the seconds are those of each run, once."""
    days, shares = (sorted({row[name] for row in rows}) for name in ABOUT[:2])
    share = f"{shares[0]:.0%}" if len(shares) == 1 else f"{shares[0]:.0%} to {shares[-1]:.0%}"
    return f"Run of {' and '.join(days)}, {share} of the whole."


def _cell(value: Any) -> str:
    if isinstance(value, list):
        told = "; ".join(str(one).replace("|", "/") for one in value[:TOLD])
        return (told or "none") + (f"; and {len(value) - TOLD} more" if len(value) > TOLD else "")
    return (
        f"{value:.1f}" if isinstance(value, float) else f"{value:,}" if isinstance(value, int) else str(value)
    )


def _known() -> dict[str, Table]:
    """Return what the parts have found so far."""
    return json.loads(KEPT.read_text(encoding="utf-8")) if KEPT.is_file() else {}


def _keep(part: str, table: Table) -> None:
    """Put rows among those that are known, in the order of the part, and write the page."""
    known = _known()
    rows = {**known.get(part, {}), **table}
    order = PARTS[part].rows or tuple(table)
    known[part] = {name: rows[name] for name in order if name in rows}
    KEPT.write_text(json.dumps(known, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    PAGE.write_text(page(known), encoding="utf-8")


def main() -> int:
    """Run the parts that are asked for and write the page."""
    reading_ = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    reading_.add_argument("parts", nargs="*", metavar="PART", help=", ".join(PARTS))
    reading_.add_argument("--share", type=float, default=1.0, help="part of the whole to try (%(default)g)")
    reading_.add_argument("--of", action="append", metavar="ROW", help="only this row; may be repeated")
    reading_.add_argument("--again", action="store_true", help="only the mutants that survived")
    reading_.add_argument("--page", action="store_true", help="only write the page of what is known")
    asked = reading_.parse_args()
    for part in [] if asked.page else asked.parts or list(PARTS):
        for row in asked.of or PARTS[part].rows or ("",):
            made = {row: again(row, _known()[part][row])} if asked.again else run(part, row, asked.share)
            print(part, made, file=sys.stderr, flush=True)
            _keep(part, made)
    PAGE.write_text(page(_known()), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
