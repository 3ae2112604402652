"""Two tiny regions with a shared budget: asked by the crew, and held against one model of both."""

from concurrent.futures import ThreadPoolExecutor
from threading import Event

import numpy as np
import pytest
from builders import EUROS_ONLY, ONE_YEAR
from scipy.optimize import Bounds, LinearConstraint, milp
from scipy.sparse import block_diag
from tiny import edit, write_tiny_region

from models.demand.forecast import forecast
from models.region.read_region import read_region
from optimiser.assembly.money import SharedPrice
from optimiser.model.coupling_limits import uses
from optimiser.model.model import Model
from optimiser.problem import Problem
from optimiser.regions.price_coordination import Limit, coordinate
from optimiser.regions.region_jobs import Crew

SHARE_OF_FREE = 0.97
"""The budget as a share of what both would spend without one."""


def written(folder):
    """Write two tiny regions, the second with twice the people who wait; only euros and waiting count."""
    for name in ("west", "east"):
        place = write_tiny_region(folder / name)
        text = (place / "region.toml").read_text(encoding="utf-8")
        for key, value in (EUROS_ONLY | ONE_YEAR).items():
            section, _, own = key.rpartition(".")
            text = _set(text, section, own, f'"{value}"' if own == "mode" else value)
        (place / "region.toml").write_text(text, encoding="utf-8")
    edit(folder / "east" / "clients.csv", "M2,light,waiting,1,", "M2,light,waiting,2,")
    return {name: folder / name for name in ("west", "east")}


def _set(text, section, key, value):
    """Write a key of a section anew."""
    begin = text.index(f"[{section}]") + len(section) + 2
    end = text.find("\n[", begin)
    end = len(text) if end < 0 else end
    kept = [line for line in text[begin:end].splitlines() if not line.startswith(f"{key} ")]
    return text[:begin] + "\n".join([kept[0], f"{key} = {value}", *kept[1:]]) + text[end:]


def problem_of(folder):
    """Return the problem of a region's folder."""
    region = read_region(folder)
    return Problem.of(region, forecast(region))


def both_in_one(folders, amount):
    """Return the least cost of both regions under one budget, by one whole-number programme."""
    models = [Model.of(problem_of(folder)) for folder in folders.values()]
    columns = sum(len(model.arrays.cost) for model in models)
    link, constant, offset = np.zeros(columns), 0.0, 0
    for model in models:
        asked = [SharedPrice("budget", 2022, 1.0)]
        for _, (terms, known) in uses(model.problem, model.decisions, asked):
            np.add.at(link, [offset + v.id for v, _ in terms], [a for _, a in terms])
            constant += known
        offset += len(model.arrays.cost)
    arrays = [model.arrays for model in models]

    def joined(name):
        return np.concatenate([getattr(one, name) for one in arrays])

    found = milp(
        joined("cost"),
        integrality=joined("integer").astype(int),
        bounds=Bounds(joined("lower"), joined("upper")),
        constraints=[
            LinearConstraint(
                block_diag([one.matrix for one in arrays]).tocsc(), joined("row_lower"), joined("row_upper")
            ),
            LinearConstraint(link[None, :], -np.inf, amount - constant),
        ],
        options={"mip_rel_gap": 0.0},
    )
    return found.fun + sum(one.constant for one in arrays)


def noted(plan, folder):
    """Write no report, only that there is a plan."""
    folder.mkdir()
    (folder / "summary.txt").write_text(plan.proof.status, encoding="utf-8")


def crew_of(folders, kept, limits, executor, told=lambda *_: None):
    """Return a crew that solves to the end."""
    return Crew(folders, kept, limits, executor, noted, Event(), gap=0.0, seconds=60.0, told=told)


def coordinated(crew):
    """Coordinate the crew's regions."""
    return coordinate(list(crew.regions), crew.limits, crew.relax, crew.plan, gap=0.0)


@pytest.fixture(scope="module")
def regions(tmp_path_factory):
    """Two regions on disc."""
    return written(tmp_path_factory.mktemp("regions"))


@pytest.fixture(scope="module")
def alone(regions, tmp_path_factory):
    """Both planned with a budget that nobody feels."""
    limits = (Limit("budget", 2022, 1e9, 1.0, 1.0),)
    with ThreadPoolExecutor(1) as executor:
        return coordinated(crew_of(regions, tmp_path_factory.mktemp("kept"), limits, executor))


def test_without_a_felt_limit_each_region_is_at_its_best(regions, alone):
    """Two separate optima, each by scipy, add up to the plan; relaxations bound it from below."""
    assert alone.cost == pytest.approx(both_in_one(regions, 1e9))
    assert alone.prices == (0.0,)
    assert alone.bound <= alone.cost * (1 + 1e-9)


def test_a_shared_budget_is_kept_and_the_bound_holds(regions, alone, tmp_path):
    """One model of both regions knows the best plan under the budget: bound ≤ best ≤ what was assembled."""
    limit = Limit("budget", 2022, SHARE_OF_FREE * alone.used[0], 1.0, 1.0)
    with ThreadPoolExecutor(1) as executor:
        country = coordinated(crew_of(regions, tmp_path, (limit,), executor))
    best = both_in_one(regions, limit.amount)
    assert country.prices[0] > 0.0
    assert country.bound <= best * (1 + 1e-9)
    assert country.short == (0.0,)
    assert best <= country.cost * (1 + 1e-9)
    assert country.cost < best * 1.25


def test_what_is_kept_is_not_made_again(regions, tmp_path):
    """Asked again with the same input and prices nothing is solved; with an input changed one region is."""
    limits = (Limit("budget", 2022, 1e9, 1.0, 1.0),)
    with ThreadPoolExecutor(1) as executor:
        crew = crew_of(regions, tmp_path / "kept", limits, executor)
        first = crew.relax((0.0,))
        files = {path: path.stat().st_mtime_ns for path in (tmp_path / "kept").rglob("*.json")}
        assert crew.relax((0.0,)) == first
        assert {path: path.stat().st_mtime_ns for path in (tmp_path / "kept").rglob("*.json")} == files
        other = written(tmp_path / "other")
        edit(other["east"] / "homes.csv", "C1,M2,2022,1,", "C1,M2,2022,2,") if False else edit(
            other["east"] / "homes.csv", "C1,M1,2022,1,", "C1,M1,2022,2,"
        )
        crew_of(other, tmp_path / "kept", limits, executor).relax((0.0,))
    made = [path for path in (tmp_path / "kept").rglob("*.json") if path not in files]
    assert [path.parent.name for path in made] == ["east"]


def test_a_stop_keeps_what_is_done_and_goes_on(regions, tmp_path):
    """Stopped after the first region, the second has no answer; asked again only that one is made."""
    limits = (Limit("budget", 2022, 1e9, 1.0, 1.0),)
    with ThreadPoolExecutor(1) as executor:
        crew = crew_of(regions, tmp_path, limits, executor)

        def stop_after_one(_what, done, _total):
            if done:
                crew.stop.set()

        stopped = Crew(**{**crew.__dict__, "told": stop_after_one})
        first = stopped.relax((0.0,))
        assert "west" in first
        crew.stop.clear()
        assert set(crew.relax((0.0,))) == {"west", "east"}
        assert crew.relax((0.0,))["west"] == first["west"]
