"""The effect of each assumption: `assumptions --measure`."""

import threading
import time
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from reports.terminal.messages import DONE, language, print_json, print_lines
from reports.terminal.options import Options
from reports.terminal.progress import ProgressDisplay, interruptible
from reports.terminal.solving import settings_by_key

if TYPE_CHECKING:
    import pandas as pd

    from models.region.region import Region
    from optimiser.compare.sensitivity import Effect, Evaluate
    from reports.text.notation import Language


def measure(region: "Region", arguments: Options) -> int:
    from optimiser.compare.sensitivity import planned, ranked, relaxed, with_range, without_range
    from reports.answers.sensitivity import effect_record, effects_table, measured_words, not_moved_words

    register = _only(region.assumptions, arguments.only)
    rows, fixed = with_range(register), without_range(register)
    stop, lang = threading.Event(), language(arguments, region)
    measured = ranked(_effects(arguments, rows, lambda problem: relaxed(problem, stop), stop, lang))
    parts = [("relaxation", measured, len(rows))]
    if arguments.plans and not stop.is_set():
        top = register.set_index("key", drop=False).loc[[one.key for one in measured[: arguments.plans]]]
        limits = {"gap": arguments.gap, "seconds": arguments.time}
        whole = _effects(arguments, top, lambda problem: planned(problem, stop=stop, **limits), stop, lang)
        parts.append(("plans", ranked(whole), len(top)))
    if arguments.json:
        found = {name: [effect_record(one) for one in told] for name, told, _ in parts}
        print_json({**found, "interrupted": stop.is_set(), "no_range_stated": fixed["key"].tolist()})
    else:
        for name, told, asked in parts:
            print_lines([measured_words(name, len(told), asked, lang), "", effects_table(told, lang), ""])
        print_lines([not_moved_words(fixed["key"].tolist(), lang)])
    return DONE


def _only(register: "pd.DataFrame", begins: Sequence[str]) -> "pd.DataFrame":
    """Return the rows whose key is one of these or lies below it; all where none is named."""
    from geodata.faults import Fault, InputError, did_you_mean

    parts = {key: [".".join(key.split(".")[:n]) for n in range(1, 9)] for key in register["key"]}
    known = list(dict.fromkeys(part for below in parts.values() for part in below))
    strange = [begin for begin in begins if begin not in known]
    if strange:
        raise InputError(
            Fault("--only", f"the unknown key '{key}'", "a key of the register", did_you_mean(key, known))
            for key in strange
        )
    return register[[not begins or bool(set(parts[key]) & set(begins)) for key in register["key"]]]


def _effects(
    arguments: Options, rows: "pd.DataFrame", evaluate: "Evaluate", stop: threading.Event, lang: "Language"
) -> "list[Effect]":
    """Measure until done or Ctrl-C; what was measured by then is returned."""
    from geodata.bundled import region_folder
    from models.region.read_region import read_region
    from optimiser.compare.sensitivity import effects
    from optimiser.solver.limits import Progress

    folder, settings = region_folder(arguments.region), settings_by_key(arguments.settings)
    ticker, began, measured = ProgressDisplay(lang=lang), time.monotonic(), list["Effect"]()

    def tell(done: int, total: int, what: str) -> None:
        seconds = time.monotonic() - began
        left = f", some {seconds / done * (total - done):.0f} s to go" if done else ""
        ticker(Progress(seconds, f"{done} of {total} solves{left}: {what}", None, None))

    def work() -> None:
        def read(moved: Mapping[str, str]) -> "Region":
            return read_region(folder, arguments.scenarios, {**settings, **moved})

        measured.extend(effects(read, rows, evaluate, tell))

    interruptible(work, stop, ticker, "stop_measured")
    return measured
