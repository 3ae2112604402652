"""Messages on standard output and standard error, and the exit codes."""

import json
import sys
from collections.abc import Iterable
from dataclasses import asdict
from difflib import SequenceMatcher
from typing import TYPE_CHECKING, Any, TextIO

from typer import TyperException

from reports.terminal.options import Options

if TYPE_CHECKING:
    import pandas as pd

    from geodata.faults import InputError
    from models.region.region import Region
    from optimiser.location.locate import NoAnswerYet, OutOfReach
    from optimiser.solve import Impossible, NoPlanYet


DONE, NO_PLAN, BAD_INPUT, OUR_FAULT, ABORTED = 0, 1, 2, 70, 130
"""Exit codes."""


def print_lines(lines: Iterable[str]) -> None:
    """Write lines to standard output."""
    for line in lines:
        sys.stdout.write(f"{line}\n")


def print_json(value: object) -> None:
    """Write a result for a program to standard output."""
    sys.stdout.write(json.dumps(value, ensure_ascii=False, indent=2, allow_nan=False) + "\n")


def tell(*lines: str) -> None:
    """Write lines to standard error, at once."""
    sys.stderr.write("\n".join(lines) + "\n")
    sys.stderr.flush()


def write_utf8(*streams: TextIO) -> None:
    """Make a redirected Windows console write what a terminal does: →, € and accents."""
    for stream in streams:
        if stream.encoding.lower() != "utf-8" and hasattr(stream, "reconfigure"):
            stream.reconfigure(encoding="utf-8")


def no_plan(error: "Impossible | NoPlanYet | OutOfReach | NoAnswerYet", arguments: Options) -> int:
    """Say that there is no plan, and why."""
    if arguments.json:
        print_json({"status": error.status, "message": str(error), "explanation": list(error.explanation)})
    else:
        tell(str(error))
    return NO_PLAN


def records(frame: "pd.DataFrame") -> Any:
    """Return the rows of a frame as JSON has them."""
    return json.loads(frame.to_json(orient="records", double_precision=15))


def language(arguments: Options, region: "Region") -> Any:
    """Return the language that was asked for, or else the region's."""
    return arguments.lang or region.parameters.region.language


def in_language(words: dict[str, str], region: "Region") -> str:
    """Return the words in the language of the region."""
    return words[region.parameters.region.language]


def refuse(error: "InputError", *, as_json: bool, is_result: bool) -> int:
    """Tell the faults of the input; those of `check` are its result, those of the others stand in its way."""
    if as_json:
        print_json({"faults": [asdict(fault) for fault in error.faults]})
    elif is_result:
        print_lines([str(error)])
    else:
        tell(str(error))
    sys.stdout.flush()
    return BAD_INPUT


def usage_message(error: TyperException) -> str:
    """Return what is wrong with a command line, how it is written, and where its help is."""
    context = getattr(error, "ctx", None)
    if context is None:
        return error.format_message()
    message, known = error.format_message(), getattr(error, "possibilities", None)
    if known:
        name = getattr(error, "option_name", "")
        near = max(known, key=lambda one: SequenceMatcher(None, one, name).ratio())
        message = f"{message.partition(' (')[0]} Did you mean '{near}'?"
    return f"{context.get_usage()}\n{message}\nFor help: {context.command_path} --help"
