"""Faults on purpose: runs of the program killed while they work, on full disks, and two at a time.

Each run is a fork of this process, so that it begins at once. Whatever happens to it, its folder afterwards
is the plan that was there or the new one, whole, and its input is as it was.
"""

import ctypes
import hashlib
import json
import os
import resource
import shutil
import signal
import sys
import time
import zipfile
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import highspy
import pyogrio

import cli
from geodata.faults import InputError
from models.demand.forecast import forecast
from models.region.read_region import read_region
from optimiser.plan import Plan
from optimiser.problem import Problem
from optimiser.solve import solve
from reports.folder.folder import CASE, FILES, check_writable, read_plan, write

EVENTS = ("open", "os.rename", "os.mkdir", "os.remove", "os.rmdir", "shutil.rmtree", "shutil.copyfile")
"""What a run does to the disk, as Python's audit hooks tell it before it is done."""


@dataclass(frozen=True)
class Ground:
    """A region, the plan that was made of it, and the same region with a change of which a plan is made."""

    region: Path
    plan: Path
    old: str
    """Digest of the plan that is there before a run."""
    new: Plan
    """What a run writes in its place."""

    @classmethod
    def prepare(cls, place: Path, write_region: Callable[[Path], Path]) -> "Ground":
        """Write the region, plan it, and change it."""
        region = write_region(place / "region")
        before = read_region(region)
        write(solve(Problem.of(before, forecast(before)), gap=0.0, seconds=60.0), place / "plan")
        toml = region / "region.toml"
        text = toml.read_text(encoding="utf-8").replace("rate = 300", "rate = 310")
        toml.write_text(text, encoding="utf-8")
        after = read_region(region)
        new = solve(Problem.of(after, forecast(after)), gap=0.0, seconds=60.0)
        return cls(region, place / "plan", before.digest, new)

    def fresh(self, place: Path) -> "Ground":
        """Return a copy of it all to be harmed."""
        place.mkdir(exist_ok=True)
        shutil.copytree(self.region, place / "region")
        shutil.copytree(self.plan, place / "plan")
        return replace(self, region=place / "region", plan=place / "plan")

    def fingerprint(self) -> str:
        """Return a hash of the input."""
        digest = hashlib.sha256()
        for file in sorted(self.region.rglob("*")):
            digest.update(file.name.encode() + (file.read_bytes() if file.is_file() else b""))
        return digest.hexdigest()

    def write(self) -> int:
        """Write the new plan; 2 where that is refused, as by the command."""
        try:
            write(self.new, self.plan)
        except InputError:
            return cli.BAD_INPUT
        return cli.DONE

    def run(self, *more: str) -> int:
        """Plan the region as the command does, and return its exit code."""
        asked = ["plan", str(self.region), "-o", str(self.plan), "--time", "30", "--gap", "0", *more]
        return cli.main(asked)


def forked(
    work: Callable[[], int], before: Callable[[], None] = lambda: None, told: Path | None = None
) -> int:
    """Begin work in a process of its own, silent or telling a file what it says, and return its id."""
    sys.stdout.flush()
    highspy.Highs.resetGlobalScheduler(True)  # a fork has none of its threads, and would wait for them
    pid = os.fork()
    if pid:
        return pid
    try:
        sink = os.open(told or os.devnull, os.O_WRONLY | os.O_CREAT)
        os.dup2(sink, 1)
        os.dup2(sink, 2)
        # whoever began us may have put something else in their place
        sys.stdout = sys.stderr = os.fdopen(sink, "w", buffering=1, encoding="utf-8")
        before()
        code = work()
    except BaseException:  # noqa: BLE001 - a child never goes back to what its parent does
        code = 99
    os._exit(code)


def kill_at(event: int, folder: Path) -> Callable[[], None]:
    """Return what makes a process kill itself just before the n-th thing that it does at a folder."""
    left, near = [event], str(folder.parent)

    def hook(name: str, arguments: tuple[object, ...]) -> None:
        if name in EVENTS and arguments and near in str(arguments[0]) and "/region" not in str(arguments[0]):
            left[0] -= 1
            if left[0] == 0:
                os.kill(os.getpid(), signal.SIGKILL)

    return lambda: sys.addaudithook(hook)


def full_disk(bytes_: int) -> Callable[[], None]:
    """Return what makes every file of a process end at so many bytes, as a full disk does."""

    def limit() -> None:
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (bytes_, bytes_))

    return limit


def little_memory(bytes_: int) -> Callable[[], None]:
    """Return what lets a process take only so many bytes more than it has when it begins."""

    def limit() -> None:
        pages = int(Path("/proc/self/statm").read_text(encoding="utf-8").split()[0])
        most = pages * resource.getpagesize() + bytes_
        resource.setrlimit(resource.RLIMIT_AS, (most, most))

    return limit


_READ_ONLY, _REMOUNT, _OWN = 1, 32, 1 << 18
"""MS_RDONLY, MS_REMOUNT and MS_PRIVATE of mount(2)."""


def _mount(source: str, place: Path, kind: str, flags: int, options: str = "") -> None:
    library = ctypes.CDLL(None, use_errno=True)
    if library.mount(source.encode(), str(place).encode(), kind.encode(), flags, options.encode()):
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number), str(place))


def own_disk(place: Path, bytes_: int) -> None:
    """Give this process a disk of so many bytes at a folder, which no other process sees and ends with it.

    Raises OSError where the system lets nobody make one.
    """
    user, group = os.getuid(), os.getgid()
    os.unshare(os.CLONE_NEWUSER | os.CLONE_NEWNS)
    Path("/proc/self/setgroups").write_text("deny", encoding="utf-8")
    Path("/proc/self/uid_map").write_text(f"0 {user} 1", encoding="utf-8")
    Path("/proc/self/gid_map").write_text(f"0 {group} 1", encoding="utf-8")
    _mount("none", Path("/"), "", _OWN | 1 << 14)
    _mount("none", place, "tmpfs", 0, f"size={bytes_}")


def no_own_disk(place: Path) -> bool:
    """Tell whether the system lets nobody make a disk."""
    pid = forked(lambda: 0, lambda: own_disk(place, 1 << 20))
    return os.waitpid(pid, 0)[1] != 0


DISK = 64 << 20
"""Bytes of a disk that is filled."""


def on_own_disk(ground: Ground, place: Path, room: int | None) -> "Outcome":
    """Write the new plan on a disk with so many bytes left, or one that is read-only where `room` is None."""
    told = place.with_name(f"{place.name}.told")
    place.mkdir()

    def work() -> int:
        own_disk(place, DISK)
        here = ground.fresh(place / "here")
        before, filler = here.fingerprint(), place / "filler"
        if room is None:
            _mount("none", place, "tmpfs", _REMOUNT | _READ_ONLY)
        else:
            disk = os.statvfs(place)
            filler.write_bytes(b"\0" * max(0, disk.f_bavail * disk.f_frsize - room))
        code = here.run() if room is None else here.write()
        if room is None:
            _mount("none", place, "tmpfs", _REMOUNT)
        filler.unlink(missing_ok=True)
        found = Outcome(False, code, state(here), tuple(leftovers(here)), before == here.fingerprint())
        told.write_text(json.dumps(found.__dict__), encoding="utf-8")
        return 0

    os.waitpid(forked(work), 0)
    if not told.is_file():
        return Outcome(False, -1, "nothing was told", (), True)
    found = json.loads(told.read_text(encoding="utf-8"))
    return Outcome(**{**found, "leftovers": tuple(found["leftovers"])})


def state(ground: Ground) -> str:
    """Return "old" or "new", by which plan lies whole in the folder after a fault, or what is wrong."""
    try:
        plan = read_plan(ground.plan)
    except InputError as error:
        return f"no plan: {error}"
    names = {path.name for path in ground.plan.iterdir()}
    if names != {CASE, *FILES}:
        return f"not whole: {sorted(names)}"
    region = plan.problem.region
    assert region is not None
    summary = json.loads((ground.plan / "summary.json").read_text(encoding="utf-8"))
    if summary["digest"] != region.digest:
        return "a summary of another plan"
    with zipfile.ZipFile(ground.plan / "plan.xlsx") as book:
        if book.testzip():
            return "a damaged workbook"
    if not len(pyogrio.list_layers(ground.plan / "plan.gpkg")):
        return "a map without layers"
    if not (ground.plan / "report.html").read_text(encoding="utf-8").rstrip().endswith("</html>"):
        return "half a page"
    return "old" if region.digest == ground.old else "new"


def leftovers(ground: Ground) -> list[str]:
    """Return what lies beside the plan after the next run has looked at the place."""
    check_writable(ground.plan)
    return sorted(p.name for p in ground.plan.parent.iterdir() if p not in (ground.plan, ground.region))


@dataclass(frozen=True)
class Outcome:
    """What a fault did."""

    killed: bool
    code: int
    state: str
    leftovers: tuple[str, ...]
    input_untouched: bool

    @property
    def survived(self) -> bool:
        """Whether the folder holds one of the two plans, whole, and nothing else is left or changed."""
        return self.state in ("old", "new") and not self.leftovers and self.input_untouched


def outcome(ground: Ground, pid: int, delay: float | None = None) -> Outcome:
    """Wait for a run, or kill it after a delay (seconds), and look at what it leaves."""
    before = ground.fingerprint()
    if delay is not None:
        time.sleep(delay)
        os.kill(pid, signal.SIGKILL)
    _, status = os.waitpid(pid, 0)
    killed = os.WIFSIGNALED(status)
    code = -os.WTERMSIG(status) if killed else os.WEXITSTATUS(status)
    found = state(ground)
    return Outcome(killed, code, found, tuple(leftovers(ground)), before == ground.fingerprint())


def begun_by(process: int) -> list[int]:
    """Return the workers that a process has begun, the earliest first."""
    try:
        # whichever of its threads has begun them
        threads = sorted(Path(f"/proc/{process}/task").iterdir())
        begun = [one for at in threads for one in (at / "children").read_text(encoding="utf-8").split()]
        said = {int(child): Path(f"/proc/{child}/cmdline").read_bytes() for child in begun}
    except (FileNotFoundError, ProcessLookupError):
        return []
    return sorted(child for child, command in said.items() if b"spawn_main" in command)


def kill_a_worker(process: int, delay: float) -> bool:
    """Kill the first worker of a process, so many seconds after it is there; False where it has ended."""
    while not (workers := begun_by(process)):
        if Path(f"/proc/{process}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()[0] == "Z":
            return False
        time.sleep(0.02)
    time.sleep(delay)
    try:
        os.kill(workers[0], signal.SIGKILL)
    except ProcessLookupError:
        return False
    return True


def two_at_once(ground: Ground) -> Outcome:
    """Let two runs write to one folder at the same time."""
    one, other = forked(ground.write), forked(ground.write)
    os.waitpid(one, 0)
    return outcome(ground, other)
