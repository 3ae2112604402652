"""The commands: each reads what it is called with, calls the packages and prints what these say.

Results go to standard output and everything else to standard error. The exit code is 0 when
done, 1 when no plan meets the hard rules and 2 when the input cannot be used.
"""

import functools
import os
import sys
import traceback
from collections.abc import Callable, Sequence
from concurrent.futures import BrokenExecutor
from typing import Annotated, Any

import typer
from typer.core import TyperGroup
from typer.main import get_command

from geodata.temporary import end_when_terminated, sweep
from reports.terminal import ask, follow, new_region, plan, region, show, table
from reports.terminal.examples import EXAMPLES
from reports.terminal.messages import (
    ABORTED,
    BAD_INPUT,
    DONE,
    NO_PLAN,
    OUR_FAULT,
    refuse,
    tell,
    usage_message,
    write_utf8,
)
from reports.terminal.options import Options

__all__ = ["ABORTED", "BAD_INPUT", "DONE", "NO_PLAN", "OUR_FAULT", "PANELS", "main", "parse"]

type Command = Callable[..., int]

PANELS: dict[str, dict[str, Command]] = {
    "Region": {
        "init": new_region.init,
        "check": region.check,
        "forecast": region.forecast,
        "assumptions": region.assumptions,
        "locate": region.locate,
        "partition": region.partition,
    },
    "Plan": {"demo": plan.demo, "plan": plan.plan, "score": plan.score},
    "Ask": {
        "explain": ask.explain,
        "compare": ask.compare,
        "alternatives": ask.alternatives,
        "frontier": ask.frontier,
        "futures": ask.futures,
    },
    "Table": {"agreements": table.agreements, "place": table.place, "lots": table.lots},
    "Follow": {"monitor": follow.monitor},
    "Show": {"report": show.report, "serve": show.serve, "verify": show.verify, "regions": show.regions},
}
"""The commands by panel, in the order of the work."""
COMPLETING = "_SPREIDPLAN_COMPLETE"
"""Set by a shell that asks what a word can be completed to."""
_LOST = (
    "A worker process was ended from outside, or lost, most likely for want of memory. What was finished is "
    "kept: the same command goes on from there, with --workers 1 at its smallest."
)


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code."""
    write_utf8(sys.stdout, sys.stderr)
    words = sys.argv[1:] if argv is None else list(argv)
    if argv is None:
        end_when_terminated()
        sweep()
    try:
        code = _run(words)
        sys.stdout.flush()
    except BrokenPipeError:
        # Who reads our output has seen enough; the flush at exit must not fail on it again.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return DONE
    except KeyboardInterrupt:
        tell("Aborted.")
        return ABORTED
    except OSError as error:
        tell(f"{error.filename}: {error.strerror}" if error.filename else str(error))
        return BAD_INPUT
    except BrokenExecutor:
        tell(_LOST)
        return OUR_FAULT
    except MemoryError:
        tell("Out of memory. Nothing was changed. Close other programs, or take a larger machine.")
        return OUR_FAULT
    except Exception:  # noqa: BLE001 - Python itself would end in 1, which says that no plan exists
        traceback.print_exc()
        tell("This is a fault of spreidplan and not of your input.")
        return OUR_FAULT
    return code


def _run(words: list[str]) -> int:
    if COMPLETING in os.environ:
        application()(prog_name="spreidplan")
    try:
        context = _context(words or ["--help"])
        return int(context.command.invoke(context) or DONE)
    except typer.Exit as ended:
        return ended.exit_code
    except typer.TyperException as error:
        tell(usage_message(error))
        return BAD_INPUT


def parse(words: Sequence[str]) -> Options:
    """Return the command that these words call, with its options; what cannot be called ends the program."""
    try:
        context = _context(list(words))
    except typer.TyperException as error:
        tell(usage_message(error))
        raise SystemExit(BAD_INPUT) from error
    return Options(command=context.info_name, **context.params)


def _context(words: list[str]) -> Any:
    """Return the command that is called, with its options read; --help and --version end here."""
    group = commands()
    whole = group.make_context("spreidplan", list(words))
    name, command, rest = group.resolve_command(whole, words)
    assert command is not None  # an unknown name is a usage error
    return command.make_context(name, rest, parent=whole)


def commands() -> TyperGroup:
    """Return the group of all commands, whose options can be looked through."""
    group = get_command(application())
    assert isinstance(group, TyperGroup)
    return group


@functools.cache
def application() -> typer.Typer:
    """Return the commands in their panels."""
    app = typer.Typer(
        name="spreidplan",
        help="Plan housing with support: which beds can go, what replaces them and where.",
        epilog="REGION is the name of a bundled region or a folder, PLAN the folder of a plan. Exit code: 0 "
        "done, 1 no plan meets the hard rules, 2 the input cannot be used.",
        context_settings={"help_option_names": ["-h", "--help"]},
        rich_markup_mode="rich",
    )
    app.callback()(_whole)
    for panel, members in PANELS.items():
        for name, command in members.items():
            shown = "\n\n".join(["Examples:", *(f"  spreidplan {line}" for line in EXAMPLES[name])])
            app.command(name, rich_help_panel=panel, epilog=shown)(_guarded(name, command))
    return app


def _guarded(name: str, command: Command) -> Command:
    """Return the command that tells the faults of its input."""

    @functools.wraps(command)
    def run(**options: Any) -> int:
        from geodata.faults import InputError

        try:
            return command(**options)
        except InputError as error:
            return refuse(error, as_json=options.get("json", False), is_result=name == "check")

    return run


def _whole(
    version: Annotated[
        bool,
        typer.Option(
            "--version", help="print the version", callback=lambda asked: _version(asked=asked), is_eager=True
        ),
    ] = False,
) -> None:
    """Plan housing with support: which beds can go, what replaces them and where."""


def _version(*, asked: bool) -> None:
    if asked:
        from importlib.metadata import version

        sys.stdout.write(f"spreidplan {version('spreidplan')}\n")
        raise typer.Exit


if __name__ == "__main__":
    sys.exit(main())
