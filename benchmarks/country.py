"""A whole country in one run of the command: how sure, how long and in how much memory.

    python -m benchmarks.country MAP [--open-places 16000] [--national-budget 1.25e9] [--gap 1.5%]

MAP holds all CBS wijken. Nothing is kept between runs: each begins in a new folder. The section is added to
benchmarks/RESULTS.md.
"""

import argparse
import json
import subprocess
import sys
import tempfile
import threading
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.results import add, add_option, machine

EVERY_SECONDS = 2.0


@dataclass(frozen=True)
class Measured:
    """What the command told (country.json), its wall time, and the memory of all its processes at most."""

    told: dict[str, Any]
    seconds: float
    gigabytes: float


def asked(arguments: argparse.Namespace, folder: Path) -> list[str]:
    """Return the command."""
    return [
        sys.executable, "cli.py", "plan", "--country", str(arguments.map),
        "--open-places", f"{arguments.open_places:.0f}",
        "--national-budget", f"{arguments.national_budget:.0f}",
        "--time", f"{arguments.time:g}", "--gap", arguments.gap, "--lang", "en", "-o", str(folder),
    ]  # fmt: skip


def measured(command: list[str], folder: Path) -> Measured:
    """Run the command to its end."""
    began, most, ended = time.monotonic(), [0.0], threading.Event()
    with subprocess.Popen(command, cwd=Path(__file__).parents[1], stdout=subprocess.DEVNULL) as run:

        def watch() -> None:
            while not ended.wait(EVERY_SECONDS):
                most[0] = max(most[0], resident_gigabytes(run.pid))

        watching = threading.Thread(target=watch, daemon=True)
        watching.start()
        run.wait()
        ended.set()
        watching.join()
    told = json.loads((folder / "country.json").read_text(encoding="utf-8"))
    return Measured(told, time.monotonic() - began, most[0])


def resident_gigabytes(process: int) -> float:
    """Return the memory of a process and all that it has started, shared pages counted for each of them."""
    parents: dict[int, int] = {}
    resident: dict[int, float] = {}
    for status in Path("/proc").glob("[0-9]*/status"):
        try:
            fields = dict(line.split(":", 1) for line in status.read_text().splitlines() if ":" in line)
        except OSError:
            continue  # it has ended since
        number = int(status.parent.name)
        parents[number] = int(fields["PPid"])
        resident[number] = float(fields.get("VmRSS", "0 kB").split()[0]) / 1e6
    family, grown = {process}, True
    while grown:
        more = {child for child, parent in parents.items() if parent in family} - family
        family |= more
        grown = bool(more)
    return sum(resident.get(one, 0.0) for one in family)


def section(told: dict[str, Any], seconds: float, gigabytes: float, command: str) -> str:
    """Return the Markdown of RESULTS.md."""
    gap = "a shared limit is not met, so no gap" if told["gap"] is None else f"proven gap {told['gap']:.2%}"
    lines = [
        f"## Country ({time.strftime('%Y-%m-%d')})",
        f"`{command}`; {machine()}.",
        f"{told['regions']} regions, {told['label'].lower().rstrip('.')}: **{gap}** in "
        f"{seconds / 60:.1f} minutes, all processes together {gigabytes:.1f} GB at most. Objective "
        f"{told['objective']:,.0f}, no plan below {told['bound']:,.0f}.",
        "\n".join(
            [
                "| limit | year | used | asked | price, points a unit |",
                "|---|--:|--:|--:|--:|",
                *(
                    f"| {one['kind']} | {one['year']} | {one['used']:,.0f} | {one['amount']:,.0f} "
                    f"| {one['price']:,.6g} |"
                    for one in told["limits"]
                ),
            ]
        ),
    ]
    return "\n\n".join(lines) + "\n"


def main() -> int:
    """Measure, print the section and add it to RESULTS.md."""
    reading = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    reading.add_argument("map", type=Path, metavar="MAP")
    reading.add_argument("--open-places", type=float, default=16_000.0)
    reading.add_argument("--national-budget", type=float, default=1.25e9)
    reading.add_argument("--time", type=float, default=240.0, help="seconds for each region")
    reading.add_argument("--gap", default="1.5%")
    add_option(reading)
    arguments = reading.parse_args()
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place) / "country"
        run = measured(asked(arguments, folder), folder)
    command = f"python -m benchmarks.country MAP --open-places {arguments.open_places:.0f} --national-budget "
    command += f"{arguments.national_budget:.0f} --time {arguments.time:g} --gap {arguments.gap}"
    text = section(run.told, run.seconds, run.gigabytes, command)
    add(text, arguments.results)
    return 0


if __name__ == "__main__":
    sys.exit(main())
