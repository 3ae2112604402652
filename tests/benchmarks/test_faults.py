"""Runs that are killed, on full disks and two at a time: one plan or the other is there, whole."""

import asyncio
import json
import logging
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from concurrent.futures import BrokenExecutor
from pathlib import Path

import pytest
from tiny import write_tiny_region

import cli
from benchmarks.regions import Size, map_of
from geodata.faults import InputError
from optimiser.regions.region_jobs import _kept
from optimiser.solver.executors import workers
from reports.app.jobs import JobQueue, Worker
from reports.folder.collection import Collection
from reports.folder.folder import check_writable, read_plan

pytestmark = [
    pytest.mark.skipif(sys.platform == "win32", reason="there is no fork on Windows"),
    pytest.mark.filterwarnings("ignore:This process:DeprecationWarning"),
]
if sys.platform != "win32":
    from benchmarks.faults import (
        Ground,
        forked,
        full_disk,
        kill_a_worker,
        kill_at,
        little_memory,
        no_own_disk,
        on_own_disk,
        outcome,
        two_at_once,
    )


ROOT = Path(cli.__file__).parent


@pytest.fixture(scope="module")
def ground(tmp_path_factory):
    """Return the tiny region with its plan, and another plan to put in its place."""
    return Ground.prepare(tmp_path_factory.mktemp("ground"), write_tiny_region)


@pytest.mark.parametrize("event", [1, 6, 18, 19])
def test_a_run_killed_at_any_step_leaves_one_of_the_two_plans(ground, tmp_path, event):
    """Before the lock, in the middle of the files, and about the two renames that end a run."""
    here = ground.fresh(tmp_path)
    found = outcome(here, forked(here.write, kill_at(event, here.plan)))
    assert found.killed
    assert found.survived, found


@pytest.mark.parametrize("bytes_", [5_000, 60_000])
def test_a_full_disk_leaves_the_earlier_plan(ground, tmp_path, bytes_):
    """No file may grow beyond so much: told with exit code 2, and nothing is lost."""
    here = ground.fresh(tmp_path)
    found = outcome(here, forked(here.write, full_disk(bytes_)))
    assert (found.code, found.state) == (cli.BAD_INPUT, "old")
    assert found.survived, found


@pytest.mark.skipif(sys.platform != "linux", reason="disks are mounted as Linux does")
@pytest.mark.parametrize("room", [100_000, None], ids=["full", "read-only"])
def test_a_disk_without_room_or_that_is_read_only_leaves_the_earlier_plan(ground, tmp_path, room):
    """A disk of its own, in a namespace of its own: told with exit code 2; a read-only one before solving."""
    if no_own_disk(tmp_path):
        pytest.skip("the system lets nobody make a disk")
    found = on_own_disk(ground, tmp_path / "disk", room)
    assert (found.code, found.state) == (cli.BAD_INPUT, "old")
    assert found.survived, found


def test_a_search_that_ends_before_it_has_a_plan_leaves_the_earlier_one(ground, tmp_path):
    """No second at all, and a hard rule that doing nothing breaks: exit code 1, and said so."""
    here, told = ground.fresh(tmp_path / "here"), tmp_path / "told"
    hard = "policies.intramural_reduction.mode=hard"
    found = outcome(here, forked(lambda: here.run("--time", "1e-9", "--set", hard), told=told))
    assert (found.code, found.state) == (cli.NO_PLAN, "old")
    assert found.survived, found
    assert "ended before it had a plan" in told.read_text(encoding="utf-8")


def test_a_run_without_memory_says_so_and_leaves_the_earlier_plan(ground, tmp_path):
    """No byte more than it began with, and a hundred megabytes less: exit code 70, in words."""
    here, told = ground.fresh(tmp_path / "here"), tmp_path / "told"
    found = outcome(here, forked(here.run, little_memory(-100 << 20), told=told))
    assert (found.code, found.state) == (cli.OUR_FAULT, "old")
    assert found.survived, found
    assert "Out of memory" in told.read_text(encoding="utf-8")


def test_two_runs_to_one_folder_do_not_mix(ground, tmp_path):
    """One waits for the other: the folder is of one of them, and nothing lies beside it."""
    found = two_at_once(ground.fresh(tmp_path))
    assert (found.code, found.state) == (cli.DONE, "new")
    assert found.survived, found


def test_the_next_run_says_what_it_clears_up(ground, tmp_path, caplog):
    """A half-written folder of a killed run goes; a plan moved away and not replaced comes back."""
    here = ground.fresh(tmp_path)
    half = here.plan.with_name(".plan.0123abcd")
    half.mkdir()
    for name in ("plan.nc", "plan.gpkg", "plan.gpkg-journal"):  # the last is there while SQLite writes
        (half / name).write_bytes(b"half")
    mine = here.plan.with_name(".plan.mine")
    mine.mkdir()
    here.plan.rename(here.plan.with_name("plan.previous"))
    with caplog.at_level(logging.WARNING):
        check_writable(here.plan)
    assert not half.exists()
    assert mine.exists()
    assert (here.plan / "plan.nc").is_file()
    assert [record.message.partition(":")[0] for record in caplog.records] == [
        "an earlier run was broken off while it wrote",
        "an earlier run was broken off",
    ]


def test_a_plan_moved_away_is_put_back_by_who_reads_it(ground, tmp_path):
    """Killed between the two renames, a run leaves the earlier plan under another name."""
    here = ground.fresh(tmp_path)
    here.plan.rename(here.plan.with_name("plan.previous"))
    assert read_plan(here.plan).problem.region.digest == ground.old


@pytest.fixture
def read_only():
    """Yield a folder that cannot be written; as root, to whom nothing is read-only, while we are nobody."""
    user, place = os.geteuid(), Path(tempfile.mkdtemp())
    place.chmod(0o555)
    if user == 0:
        os.seteuid(65534)
    try:
        yield place
    finally:
        os.seteuid(user)
        place.chmod(0o755)
        shutil.rmtree(place)


def test_a_folder_that_cannot_be_written_is_told_before_solving(read_only):
    """Permission is asked before hours of work, not after; the folder itself can be looked into."""
    assert list(read_only.iterdir()) == []
    with pytest.raises(InputError, match="cannot be written"):
        check_writable(read_only / "plan")


def test_a_file_in_the_way_is_told_before_solving(tmp_path, capsys):
    """The output is a file: exit code 2, and no solver was started."""
    (tmp_path / "plan").write_text("mine")
    write_tiny_region(tmp_path / "region")
    asked = ["plan", str(tmp_path / "region"), "-o", str(tmp_path / "plan")]
    assert cli.main(asked) == cli.BAD_INPUT
    told = capsys.readouterr().err
    assert "a file" in told
    assert " s  " not in told
    assert (tmp_path / "plan").read_text() == "mine"


def _ends(task):
    os.kill(os.getpid(), signal.SIGKILL)
    return task


def test_a_lost_worker_is_told_and_does_not_hang():
    """A worker killed for want of memory ends the work with an error that the command explains."""
    with workers(processes=2) as work, pytest.raises(BrokenExecutor):
        list(work(_ends, [1, 2]))


@pytest.mark.skipif(sys.platform != "linux", reason="workers are found in /proc")
@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="who is alive is read from /proc")
def test_a_worker_ends_with_who_asked_it(tmp_path):
    """Who works for an hour is gone soon after the one who asked was killed and could tell nobody."""
    asks = """
import os, time
from pathlib import Path
from optimiser.solver.executors import workers

def at_work(place):
    Path(place).write_text(str(os.getpid()))
    time.sleep(3600)

if __name__ == "__main__":
    import sys
    with workers(processes=2) as work:
        list(work(at_work, [sys.argv[1] + "/a", sys.argv[1] + "/b"]))
"""
    (tmp_path / "asks.py").write_text(asks, encoding="utf-8")
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT), str(tmp_path)])}
    with subprocess.Popen(
        [sys.executable, "asks.py", str(tmp_path)], cwd=tmp_path, env=environment
    ) as asking:
        places = [tmp_path / "a", tmp_path / "b"]
        until(lambda: all(place.is_file() and place.read_text() for place in places))
        asking.kill()
    at_work = [int(place.read_text()) for place in places]
    until(lambda: not any(is_alive(one) for one in at_work))


def is_alive(process: int) -> bool:
    """Whether a process is there and not only waited for."""
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def until(done, seconds=30.0):
    """Wait until something holds."""
    began = time.monotonic()
    while not done():
        assert time.monotonic() - began < seconds
        time.sleep(0.05)


def test_a_country_whose_worker_is_killed_says_so_and_leaves_no_half(tmp_path):
    """Killed as it begins: exit code 70, the message, and no plan of any region."""
    file, told = tmp_path / "map.geojson", tmp_path / "told"
    file.write_text(map_of(Size(10, 4, 40_000), seed=5), encoding="utf-8")
    asked = ["plan", "--country", str(file), "--regions", "2", "--workers", "2", "-o", str(tmp_path / "c")]
    run = forked(lambda: cli.main(asked), told=told)
    assert kill_a_worker(run, 0.5)
    assert os.waitstatus_to_exitcode(os.waitpid(run, 0)[1]) == cli.OUR_FAULT
    assert "What was finished is kept" in told.read_text(encoding="utf-8")
    assert not (tmp_path / "c" / "plans").exists()


def _squared(number):
    time.sleep(0.3)
    return number**2


@pytest.mark.filterwarnings("default")
def test_a_lost_worker_of_a_cluster_changes_no_answer():
    """Another does its tasks; where each that takes a task up is lost, that is told and does not hang."""
    distributed = pytest.importorskip("distributed", reason="the extra 'cluster' is not installed")
    local = {"threads_per_worker": 1, "dashboard_address": None, "worker_dashboard_address": None}
    with distributed.LocalCluster(n_workers=2, **local) as cluster:
        first = next(iter(cluster.workers.values())).pid
        with workers(scheduler=cluster.scheduler_address) as work:
            answers = work(_squared, range(12))
            found = [next(answers), next(answers)]
            os.kill(first, signal.SIGKILL)
            assert [*found, *answers] == [number**2 for number in range(12)]
        with pytest.raises(BrokenExecutor), workers(scheduler=cluster.scheduler_address) as work:
            list(work(_ends, [1]))


async def _ended(worker, times):
    """Ask a question, end the process `times` times while it is at work, and return the question."""
    desk = JobQueue(worker)
    working = asyncio.create_task(desk.work())
    order = {"kind": "plan", "set": {}, "given": "", "repair": 1.0,
             "limits": {"gap": 0.0, "seconds": 60.0, "seed": 0}}  # fmt: skip
    job = desk.submit("plan-1", order | {"plan": "plan-1"}, "me")
    for _ in range(times):
        while not job.told:
            await asyncio.sleep(0.01)
        job.told = None
        os.kill(worker.pid, signal.SIGKILL)
    while not job.is_over:
        await asyncio.sleep(0.01)
    again = desk.submit("plan-2", order | {"plan": "plan-2"}, "me")
    while not again.is_over:
        await asyncio.sleep(0.01)
    working.cancel()
    return job, again


def test_a_question_whose_solver_is_killed_is_told_and_the_next_is_answered(tmp_path):
    """The what-if page asks once more by itself; killed again, it says so, and it works on."""
    worker = Worker(write_tiny_region(tmp_path / "region"), tmp_path / "kept")
    job, again = asyncio.run(_ended(worker, 2))
    worker.close()
    assert (job.state, job.told["why"]) == ("failed", "ended")
    assert again.state == "done"


@pytest.mark.parametrize("text", ["", "{", "[]", '{"bound": 1}', '{"bound": NaN, "cost": 1, "used": []}'])
def test_a_damaged_answer_of_a_region_is_asked_again(tmp_path, text):
    """What was kept half is as what was not kept."""
    (tmp_path / "kept.json").write_text(text)
    assert _kept(tmp_path / "kept.json") is None


def test_an_answer_whose_plan_is_gone_is_asked_again(tmp_path):
    """The answer names the folder of its plan; without that it is worth nothing."""
    file = tmp_path / "kept.json"
    file.write_text(json.dumps({"bound": 1.0, "cost": 2.0, "used": [3.0], "plan": "made"}))
    assert _kept(file) is None
    (tmp_path / "made").mkdir()
    (tmp_path / "made" / "plan.nc").write_bytes(b"")
    assert _kept(file).plan == "made"
    shutil.rmtree(tmp_path / "made")


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"question": [], "plans": {}}', "[" * 20_000])
def test_a_damaged_collection_is_refused_in_words(tmp_path, text):
    """`asked.json` says what a folder of plans answers: one that cannot be read is left alone."""
    (tmp_path / "asked.json").write_text(text)
    with pytest.raises(InputError, match=r"asked\.json that cannot be read"):
        Collection(tmp_path, {"kind": "alternatives"})
