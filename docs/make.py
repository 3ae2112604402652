"""Make what is made in the pages of this folder, anew: tables from the code, output from commands.

    python docs/make.py            what is quick; the tests compare the pages with it
    python docs/make.py --long     plans too, which takes some minutes; the pages say with which version

A made part of a page stands between two comments; the first says how it is made:

    <!-- made: run check groningen-bmwe -->
    <!-- /made -->

`COMMAND > FILE` keeps what a command prints in a file, `COMMAND | from WORDS` shows it from the line on that
begins with these words.

Every table and every piece of code in the pages is such a part. Commands are run where the files of
`examples/` lie; beside them a page finds, where it names them, the made-up region and maps of the tests:
`three-squares`, `wijkenbuurten_2023_v1.gpkg` and `four-towns.geojson`.
"""

import argparse
import contextlib
import importlib.metadata
import io
import os
import re
import shlex
import shutil
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import duckdb

DOCS = Path(__file__).resolve().parent
ROOT = DOCS.parent
sys.path[:0] = [str(ROOT), str(DOCS), str(ROOT / "tests" / "support")]

import cbs_map  # noqa: E402
import house  # noqa: E402
import schema  # noqa: E402
import sources  # noqa: E402
import tiny  # noqa: E402

import cli  # noqa: E402
from benchmarks.regions import Size, map_of  # noqa: E402

PART = re.compile(
    r"(?P<head><!-- made: (?P<asked>.+?) ?-->\n)(?P<made>.*?)(?P<tail><!-- /made -->)", re.DOTALL
)
KINDS = {
    "command": schema.command,
    "commands": schema.command_list,
    "decisions": schema.decisions,
    "rules": schema.rules,
    "objective": schema.objective,
    "parameters": schema.parameters,
    "table": schema.table,
    "ready": schema.ready,
    "measures": schema.measures,
    "settable": schema.settable,
    "areas": schema.area_columns,
    "files": schema.files,
    "arrays": schema.arrays,
    "attributes": schema.attributes,
    "summary": schema.summary,
    "workbook": schema.workbook,
    "layers": schema.layers,
    "sourced": schema.sourced,
    "terms": schema.terms,
    "words": schema.words,
    "imports": house.imports,
    "front_door": sources.front_door,
    "source": sources.source,
    "cell": sources.cell,
    "file": sources.file,
    "quote": sources.quote,
}


@dataclass(frozen=True)
class Part:
    """A made part of a page: how it is asked for, and what stands there now."""

    kind: str
    asked: str
    made: str

    @property
    def lines(self) -> list[str]:
        """What is asked, a line each."""
        return [line.strip() for line in self.asked.splitlines() if line.strip()]


def parts(text: str) -> Iterator[Part]:
    """Generate the made parts of a page."""
    for found in PART.finditer(text):
        kind, _, asked = found["asked"].strip().partition("\n" if "\n" in found["asked"] else " ")
        yield Part(kind.strip(), asked.strip(), found["made"])


def page(text: str, *, long: bool = False) -> str:
    """Return a page with its parts made anew; those that take long only where asked for."""
    with tempfile.TemporaryDirectory() as scratch:
        _lay_out(text, Path(scratch))
        made = iter([_made(part, Path(scratch), long=long) for part in parts(text)])
        return PART.sub(lambda found: found["head"] + next(made) + found["tail"], text)


def _lay_out(text: str, scratch: Path) -> None:
    """Put what the commands of a page work on in its folder."""
    shutil.copytree(DOCS / "examples", scratch, dirs_exist_ok=True)
    if "three-squares" in text:
        tiny.write_tiny_region(scratch / "three-squares")
    if "wijkenbuurten_2023_v1.gpkg" in text:
        cbs_map.write_map(scratch)
    if "four-towns.geojson" in text:
        (scratch / "four-towns.geojson").write_text(map_of(Size(10, 4, 40_000), seed=5), encoding="utf-8")


def _made(part: Part, scratch: Path, *, long: bool) -> str:
    if part.kind == "run":
        return _fenced("\n".join(_ran(line, scratch) for line in part.lines))
    if part.kind == "say":
        return _fenced("\n".join(f"spreidplan {_checked(line)}" for line in part.lines))
    if part.kind == "long":
        return _long(part, scratch) if long else part.made
    if part.kind == "query":
        return _query(*part.lines, scratch=scratch) if long else part.made
    return KINDS[part.kind](*shlex.split(part.asked)).strip("\n") + "\n"


def _long(part: Part, scratch: Path) -> str:
    """Run commands that make plans, and say with which version and how long it took."""
    began = time.monotonic()
    text = _fenced("\n\n".join(_ran(line, scratch) for line in part.lines))
    version, solver = (importlib.metadata.version(name) for name in ("spreidplan", "highspy"))
    took = f"{time.monotonic() - began:.0f} s on {os.cpu_count()} cores"
    return f"{text}\n*Run with spreidplan {version} and HiGHS {solver}, {took} that did other work too.*\n"


def _query(file: str, *lines: str, scratch: Path) -> str:
    """Return a question in SQL to a DuckDB file that a command has made, and its answer."""
    with duckdb.connect(str(scratch / file), read_only=True) as history:
        answer = history.sql(" ".join(lines)).fetchdf()
    asked = "\n".join(lines)
    return f"```sql\n{asked}\n```\n\n{_fenced(answer.to_string(index=False))}"


def shown(line: str) -> str:
    """Return a line of a part as the page shows it."""
    return line.partition(" | from ")[0]


def _checked(line: str) -> str:
    """Return a command line as it is shown, after seeing that the parser takes it."""
    cli.parse(shlex.split(shown(line).partition(" > ")[0]))
    return shown(line)


def _ran(line: str, scratch: Path) -> str:
    """Return a command line and what it writes to standard output, in a folder of its own."""
    command, _, into = _checked(line).partition(" > ")
    out, said = _Heard(), _Heard()
    with contextlib.chdir(scratch), _width("100"), contextlib.redirect_stdout(out):
        with contextlib.redirect_stderr(said):
            code = cli.main(shlex.split(command))
        if into:
            Path(into).write_text(out.text(), encoding="utf-8")
    if code not in (cli.DONE, cli.NO_PLAN):
        raise SystemExit(f"spreidplan {line}: {code}\n{said.text()}")
    told = "" if into else out.text() or _last_words(said.text())
    if out.text() and code == cli.NO_PLAN:
        told += _last_words(said.text())
    told = _from(line.partition(" | from ")[2], told)
    text = told.replace(f"{scratch.resolve()}/", "").replace(f"{ROOT.resolve()}/", "").rstrip()
    return f"$ spreidplan {shown(line)}\n{text}".rstrip()


def _from(words: str, told: str) -> str:
    """Return what is told from the line on that begins with these words."""
    lines = told.splitlines()
    first = next(number for number, one in enumerate(lines) if one.startswith(words)) if words else 0
    return "\n".join(["…", *lines[first:]] if first else lines)


class _Heard(io.TextIOWrapper):
    """What a command writes, kept as UTF-8."""

    def __init__(self) -> None:
        super().__init__(io.BytesIO(), encoding="utf-8", newline="")

    def text(self) -> str:
        """Return all of it."""
        self.flush()
        return str(self.buffer.getvalue().decode("utf-8"))  # type: ignore[attr-defined]


def _last_words(text: str) -> str:
    """Return what a command that fails says, less its progress and what was changed."""
    return "\n".join(line for line in text.splitlines() if not re.match(r" *\d+ s  |[\w.]+: .* → ", line))


@contextlib.contextmanager
def _width(columns: str) -> Iterator[None]:
    """Let what is printed be as wide everywhere."""
    before = os.environ.get("COLUMNS")
    os.environ["COLUMNS"] = columns
    try:
        yield
    finally:
        os.environ.pop("COLUMNS")
        if before is not None:
            os.environ["COLUMNS"] = before


def _fenced(text: str) -> str:
    return f"```text\n{text}\n```\n"


def main() -> None:
    """Write the pages that are named, else all of them, and the picture of the house."""
    reader = argparse.ArgumentParser(description="Make what is made in the pages, anew.")
    reader.add_argument("pages", nargs="*", type=Path, help="pages (all)")
    reader.add_argument("--long", action="store_true", help="also make plans")
    asked = reader.parse_args()
    (DOCS / "house.svg").write_text(house.picture(), encoding="utf-8")
    for file in asked.pages or sorted(DOCS.glob("*.md")):
        before = file.read_text(encoding="utf-8")
        after = page(before, long=asked.long)
        file.write_text(after, encoding="utf-8", newline="\n")
        print(f"{file.name}: {'made anew' if after != before else 'as it was'}", flush=True)


if __name__ == "__main__":
    main()
