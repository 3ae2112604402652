"""The page that all measurements are added to, and the machine they were made on."""

import argparse
import os
import platform
from pathlib import Path

HEAD = "# Results\n"


def add_option(reading: argparse.ArgumentParser) -> None:
    """Let a command say where its results go; `benchmarks/RESULTS.md` unless it says otherwise."""
    reading.add_argument("--results", type=Path, default=Path(__file__).with_name("RESULTS.md"))


def add(section: str, page: Path) -> None:
    """Print a section of Markdown and add it to a page, which is begun where there is none."""
    print(section)
    head = "" if page.is_file() else HEAD
    with page.open("a", encoding="utf-8") as file:
        file.write(f"{head}\n{section.rstrip()}\n")


def machine() -> str:
    """Return the kind of machine, and nothing that tells which one."""
    # here: a process that measures the plain way must not have loaded ours
    from optimiser.solver.highs import version

    return f"{os.cpu_count()} cores, {platform.machine()}, Python {platform.python_version()}, {version()}"
