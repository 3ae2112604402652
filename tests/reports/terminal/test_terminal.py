"""The commands in a real terminal: help, progress and Ctrl-C, waiting for events and never for the clock."""

import ast
import io
import os
import re
import select
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest

import cli
from optimiser.solver.limits import Progress
from reports.terminal.examples import EXAMPLES
from reports.terminal.progress import ProgressDisplay, described, interruptible
from reports.text.notation import Notation
from reports.text.words import Words

ROOT = Path(__file__).parents[3]
WORKER = """
import sys, threading
from optimiser.solver.limits import Progress
from reports.terminal.progress import ProgressDisplay, interruptible

stop, display = threading.Event(), ProgressDisplay(300, lang="en")

def work():
    display(Progress(seconds=1.0, stage="whole model", incumbent=110.0, bound=99.0))
    stop.wait()
    {after}
    return "kept"

print(interruptible(work, stop, display, "stop_plan"))
"""

pytestmark = pytest.mark.skipif(os.name != "posix", reason="a pseudo-terminal is POSIX")


class Terminal:
    """A process in a terminal of its own, and all that it has shown so far."""

    def __init__(self, *words):
        self.screen, theirs = os.openpty()
        self.shown = ""
        environment = {**os.environ, "PYTHONPATH": str(ROOT), "TERM": "xterm", "COLUMNS": "100"}
        # as started() in test_cli: a child of a shell's background job would ignore Ctrl-C
        signal.signal(signal.SIGINT, signal.default_int_handler)
        self.process = subprocess.Popen(
            [sys.executable, *words],
            stdin=theirs,
            stdout=theirs,
            stderr=theirs,
            env=environment,
            start_new_session=True,
        )
        os.close(theirs)

    def until(self, words):
        """Read until these words are shown; the end of the process before that is a failure."""
        while words not in self.shown:
            assert self._read(), (words, self.shown)

    def interrupt(self):
        """Press Ctrl-C."""
        os.kill(self.process.pid, signal.SIGINT)

    def end(self):
        """Read to the end and return the exit code."""
        while self._read():
            pass
        os.close(self.screen)
        return self.process.wait()

    def _read(self):
        select.select([self.screen], [], [])
        try:
            text = os.read(self.screen, 65536).decode(errors="replace")
        except OSError:  # Linux: nobody has the other side open any more
            return ""
        self.shown += re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", text)
        return text


def test_spreidplan_alone_lists_the_panels_in_the_order_of_the_work():
    """Without a command: exit 0 and every command below its panel."""
    terminal = Terminal(str(ROOT / "cli.py"))
    assert terminal.end() == cli.DONE
    places = [terminal.shown.index(f"─ {panel} ─") for panel in cli.PANELS]
    assert places == sorted(places)
    for panel in cli.PANELS.values():
        assert all(re.search(rf"│ {name} ", terminal.shown) for name in panel)


def test_progress_in_a_terminal_says_where_it_stands_and_ctrl_c_keeps_the_plan():
    """Stage, best plan, distance, elapsed and limit; one Ctrl-C ends with what there is."""
    terminal = Terminal("-c", WORKER.format(after="pass"))
    terminal.until("of at most 300 s")
    assert (
        "improving the whole plan · best plan 110 · at most 10.00% from the best possible" in terminal.shown
    )
    assert "━" in terminal.shown
    terminal.interrupt()
    assert terminal.end() == 0
    assert "Stopping with the best plan so far" in terminal.shown
    assert "kept" in terminal.shown


def test_what_is_said_at_ctrl_c_is_there_in_both_languages():
    """Of each call that can be stopped: the key of its words, which is read only when it is stopped."""
    calls = [
        node
        for file in (ROOT / "reports" / "terminal").glob("*.py")
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "interruptible"
    ]
    assert len(calls) > 10
    keys = {"stop_plans", "stop_points", "stop_futures"}
    for call in calls:
        key = call.args[-1]
        if isinstance(key, ast.Constant):
            keys.add(key.value)
        else:
            # the answers of a question, gathered in a folder
            assert ast.unparse(key) == "f'stop_{what}'"
    for key in sorted(keys):
        english, dutch = Words("en", "progress")(key), Words("nl", "progress")(key)
        assert english.startswith("Stopping"), key
        assert dutch.startswith("Stopt"), key


def test_a_second_ctrl_c_aborts():
    """A worker that does not stop is left: exit 130, and it is said that nothing was written."""
    terminal = Terminal("-c", WORKER.format(after="threading.Event().wait()"))
    terminal.until("of at most 300 s")
    terminal.interrupt()
    terminal.until("Ctrl-C again aborts")
    terminal.interrupt()
    assert terminal.end() == cli.ABORTED
    assert "Aborted; nothing was written." in terminal.shown


def test_sigterm_ends_it():
    """Who ends the process from outside is obeyed at once."""
    terminal = Terminal("-c", WORKER.format(after="pass"))
    terminal.until("of at most 300 s")
    terminal.process.terminate()
    assert terminal.end() == -signal.SIGTERM


def test_elsewhere_progress_is_one_line_a_change():
    """Three reports of which two say the same but for the seconds: two lines."""
    stream = io.StringIO()
    display = ProgressDisplay(300, stream, lang="en")
    for seconds, incumbent in ((1.0, None), (2.0, None), (3.0, 110.0)):
        display(Progress(seconds=seconds, stage="search", incumbent=incumbent, bound=99.0))
        display.redraw()
    display.end()
    dutch = described(Progress(seconds=3.0, stage="search", incumbent=110.0, bound=99.0), "nl")
    assert (
        dutch == f"zoekt · beste plan 110 · hoogstens {Notation('nl').percent(0.1, 2)} van het best mogelijke"
    )
    assert stream.getvalue().splitlines() == [
        "     1 s  searching · best possible 99",
        "     3 s  searching · best plan 110 · at most 10.00% from the best possible",
    ]


def test_what_the_worker_raises_is_raised():
    """An error of the thread comes out of the call that waits for it."""
    with pytest.raises(ZeroDivisionError):
        interruptible(lambda: 1 / 0, threading.Event(), ProgressDisplay(stream=io.StringIO(), lang="en"), "")


@pytest.mark.parametrize("name", cli.commands().commands)
def test_every_help_has_examples_that_can_be_called(name, capsys):
    """Each example is a call of its command and stands in the help."""
    assert cli.main([name, "--help"]) == cli.DONE
    shown = " ".join(capsys.readouterr().out.split())
    for example in EXAMPLES[name]:
        assert cli.parse(example.partition(" > ")[0].split()).command == name
        assert f"spreidplan {example}" in shown


@pytest.mark.parametrize(
    ("words", "meant"),
    [(["chek", "x"], "Did you mean 'check'?"), (["check", "x", "--jsn"], "Did you mean '--json'?")],
)
def test_a_mistyped_word_is_told_with_the_nearest(words, meant, capsys):
    """Commands and options."""
    assert cli.main(words) == cli.BAD_INPUT
    assert meant in capsys.readouterr().err


def test_version(capsys):
    """The name and the number."""
    assert cli.main(["--version"]) == cli.DONE
    assert re.fullmatch(r"spreidplan \d+\.\d+\.\d+\n", capsys.readouterr().out)


def test_a_shell_can_complete_commands():
    """What the completion of bash asks: commands that begin with these letters."""
    environment = {
        **os.environ,
        "_SPREIDPLAN_COMPLETE": "complete_bash",
        "COMP_WORDS": "spreidplan al",
        "COMP_CWORD": "1",
    }
    told = subprocess.run(
        [sys.executable, str(ROOT / "cli.py")], env=environment, capture_output=True, text=True, check=False
    )
    assert told.stdout.split() == ["alternatives"], told.stderr


def test_help_loads_nothing_heavy():
    """None of the libraries that take long is imported for --help, nor rich's progress."""
    code = "import sys, cli; cli.main(['--help']); print([n for n in ('pandas', 'numpy', 'xarray', 'highspy') if n in sys.modules])"  # noqa: E501
    told = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert told.stdout.splitlines()[-1] == "[]"
