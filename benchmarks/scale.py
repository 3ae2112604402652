"""What each stage of a plan costs as a region grows; the same work over processes and over Dask."""

import resource
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Executor
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from threading import Event
from typing import Any

from test_two_stage import UNSURE
from tiny import write_tiny_region

from benchmarks.regions import Size, map_of
from geodata.bundled import region_folder
from models.demand.forecast import forecast
from models.new_region.synthetic_country import Template, write_country
from models.region.read_region import read_region
from optimiser.model.model import Model
from optimiser.problem import Problem
from optimiser.regions.region_jobs import Crew
from optimiser.solve import solve
from optimiser.solver.executors import cluster, own_processes, workers
from optimiser.tradeoffs.two_stage_set import TwoStageOptions
from optimiser.verification.verify import violations
from reports.collections.futures import gather, question
from reports.folder.collection import Collection
from reports.folder.folder import write

WORKERS = 2
COUNTRY = Size(320, 32, 1_400_000)
REGIONS = 4


class Laps:
    """The seconds of one stage after the other."""

    def __init__(self) -> None:
        self._since = time.monotonic()

    def lap(self) -> float:
        """Return the seconds since the last time."""
        before, self._since = self._since, time.monotonic()
        return round(self._since - before, 1)


def regions_of(size: Size, folder: Path, regions: int) -> list[Path]:
    """Write regions from a seed and return their folders."""
    (folder / "map.geojson").write_text(map_of(size, 0), encoding="utf-8")
    template = Template.of(region_folder("drenthe"))
    made = write_country(folder / "map.geojson", folder / "regions", template, regions=regions)
    return [folder / "regions" / centre for centre in made]


@dataclass
class Stages:
    """What the stages of the plans of regions took together, and what was made."""

    seconds: Counter[str] = field(default_factory=Counter)
    columns: int = 0
    objective: float = 0.0
    bound: float = 0.0

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        """Count the seconds of a stage."""
        began = time.monotonic()
        yield
        self.seconds[name] += time.monotonic() - began  # type: ignore[assignment]

    def plan(self, folder: Path, to: Path, seconds: float) -> None:
        """Plan a region, stage by stage, and write the plan."""
        with self.stage("read"):
            region = read_region(folder)
        with self.stage("forecast"):
            seen = forecast(region)
        with self.stage("build"):
            problem = Problem.of(region, seen)
            self.columns += len(Model.of(problem).arrays.cost)
        with self.stage("solve"):
            plan = solve(problem, gap=0.0, seconds=seconds)
        with self.stage("check"):
            assert violations(problem, plan.data) == ()
        with self.stage("write"):
            write(plan, to)
        self.objective += plan.proof.objective
        self.bound += plan.proof.bound


def stages(neighbourhoods: int, regions: int, seconds: float) -> dict[str, Any]:
    """Return what each stage takes of the plans of so many neighbourhoods, each region searched so long."""
    towns = max(2 * regions, neighbourhoods // 12)
    found = Stages()
    with tempfile.TemporaryDirectory() as place:
        for folder in regions_of(Size(neighbourhoods, towns, 4_300 * neighbourhoods), Path(place), regions):
            found.plan(folder, Path(place) / "plan", seconds)
    took = {f"{name} s": round(found.seconds[name], 1) for name in found.seconds}
    gap = 100 * (found.objective - found.bound) / abs(found.objective)
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
    return {"regions": regions, "columns": found.columns, **took, "gap %": round(gap, 2), "GB": memory}


@contextmanager
def own_cluster() -> Iterator[str]:
    """Give the address of a Dask cluster on this machine."""
    from distributed import LocalCluster

    with LocalCluster(n_workers=WORKERS, threads_per_worker=1, dashboard_address=None) as own:
        yield own.scheduler_address


def futures(count: int) -> dict[str, Any]:
    """Plan so many drawn futures of the tiny region with one start, over processes and over Dask."""
    with tempfile.TemporaryDirectory() as place:
        tiny, laps = write_tiny_region(Path(place) / "tiny"), Laps()

        def read(drawn: Mapping[str, str]) -> Any:
            return read_region(tiny, settings={**UNSURE, **drawn})

        def told(name: str, **where: Any) -> tuple[Any, str, float]:
            asked = TwoStageOptions(draws=count, commit=1, gap=1e-9, seconds=60.0)
            with workers(**where) as work:
                kept = Collection(Path(place) / name, question(read({}), asked), "en")
                found = gather(read, kept, asked, work)
            assert found is not None
            return found.start, found.frame().to_csv(), found.bound

        here = told("here", processes=WORKERS)
        took = laps.lap()
        with own_cluster() as address:
            there = told("there", scheduler=address)
    return _compared(count, took, laps.lap(), here == there)


def country() -> dict[str, Any]:
    """Bound every region of a generated country, over processes and over Dask."""
    with tempfile.TemporaryDirectory() as place:
        folders = regions_of(COUNTRY, Path(place), REGIONS)
        laps = Laps()
        with own_processes(WORKERS) as executor:
            here = _bounds(folders, Path(place) / "here", executor)
        took = laps.lap()
        with (
            own_cluster() as address,
            cluster(address) as client,
            client.get_executor(pure=False) as executor,
        ):
            there = _bounds(folders, Path(place) / "there", executor)
    return _compared(len(folders), took, laps.lap(), here == there)


def _bounds(folders: list[Path], kept: Path, executor: Executor) -> dict[str, tuple[str, ...]]:
    """Return region → bound and cost to twelve digits: the last of a sum of floats depends on where in memory
    it is made.
    """
    regions = {folder.name: folder for folder in folders}
    crew = Crew(regions, kept, (), executor, write, Event(), gap=0.01, seconds=60.0)
    return {name: (f"{one.bound:.12g}", f"{one.cost:.12g}") for name, one in crew.relax(()).items()}


def _compared(tasks: int, here: float, there: float, same: bool) -> dict[str, Any]:
    return {
        "tasks": tasks,
        f"{WORKERS} processes, s": here,
        f"Dask with {WORKERS} workers, s": there,
        "differ": [] if same else ["the answers"],
    }


SPREAD: Mapping[str, Callable[[], dict[str, Any]]] = {
    **{f"{count:,} scenarios": partial(futures, count) for count in (1, 10, 100, 1000)},
    f"bounds of {REGIONS} regions of {COUNTRY.neighbourhoods:,} neighbourhoods": country,
}
"""Work of independent tasks → what it takes."""
