"""The front between cost and other things, against every choice there is of a small region."""

from itertools import product
from math import inf
from threading import Event

import numpy as np
import pytest
import test_brute_force
from builders import best, by_scipy, tiny_problem
from scipy.optimize import Bounds, LinearConstraint, milp
from test_brute_force import BruteForce, drawn, problem_of
from tiny import write_tiny_region

import cli
from geodata.faults import InputError
from models.demand.forecast import forecast
from models.region.read_region import read_region
from optimiser.model.model import Model
from optimiser.problem import Problem
from optimiser.search import optimise
from optimiser.solver.limits import Limits
from optimiser.tradeoffs import pareto
from optimiser.tradeoffs.criteria import COST, CRITERIA, LEFT, traded
from optimiser.tradeoffs.pareto import Point, Steps, Tracer, front
from optimiser.tradeoffs.pareto_trace import ParetoOptions
from reports.collections.frontier import gather, question
from reports.folder.collection import Collection

LIMITS = Limits(1e-9, 60.0)
SEED = 0
"""A drawn case without a hard policy in which fewer bed-years cost more, in four steps."""


def choices():
    """Return (cost, bed-years) of every choice of the case."""
    case, every = drawn(SEED), []
    force = BruteForce(case)
    homes = list(product(range(case.offered[0] + 1), range(case.offered[1] + 1)))
    for first in force.steps(force.start):
        for second in force.steps(first[0]):
            cost = min(force.cost(first, second, given) for given in homes)
            if cost < inf:
                every.append((cost, first[0][0] + second[0][0]))
    return every


@pytest.fixture(scope="module")
def problem():
    """Return the problem of the case, at its own prices."""
    return problem_of(drawn(SEED))


@pytest.fixture(scope="module")
def every(problem):
    """Return all choices where the path of reduction counts a thousandth of its price."""
    price = test_brute_force.PRICE["intramural_reduction"]
    assert problem.policies.intramural_reduction.price.value == price
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(test_brute_force.PRICE, "intramural_reduction", LEFT * price)
        return choices()


def tracer(problem, *names):
    """Return what finds points for a problem, and the problem's own best plan."""
    criteria = [CRITERIA[name] for name in names]
    return Tracer(problem, criteria, LIMITS, lambda _: None), best(problem)


def test_each_point_is_the_cheapest_of_all_choices_under_its_ceiling(problem, every):
    """For every possible ceiling on bed-years the point has the least cost over the choices that meet it."""
    traces, own = tracer(problem, "pace")
    points = []
    for most in sorted({beds for _, beds in every}):
        point = traces.point({"pace": float(most)}, own)
        assert point.values[COST] == pytest.approx(
            min(cost for cost, beds in every if beds <= most), abs=0.02
        )
        assert point.values["pace"] <= most
        assert point.gap <= 0.02
        points.append(point)
    assert len({round(point.values[COST]) for point in points}) >= 3


def test_the_front_is_what_no_choice_dominates(problem, every):
    """With a point at every ceiling the front is the whole front of all choices, and nothing else."""
    traces, own = tracer(problem, "pace")
    ceilings = sorted({beds for _, beds in every})
    found = front([traces.point({"pace": float(most)}, own) for most in ceilings])
    truth = {
        (round(cost), beds)
        for cost, beds in every
        if not any(c <= cost + 0.01 and b <= beds and (c < cost - 0.01 or b < beds) for c, b in every)
    }
    assert {(round(p.values[COST]), round(p.values["pace"])) for p in found} == truth
    assert [p.values[COST] for p in found] == sorted(p.values[COST] for p in found)


def test_the_least_of_a_criterion_is_that_of_all_choices_at_that_cost(problem, every):
    """The tight end of the grid: the fewest bed-years at a cost within the band, a hair above."""
    traces, _ = tracer(problem, "pace")
    cheapest = min(cost for cost, _ in every)
    for within in (0.0, 0.1, 0.3):
        most = cheapest * (1 + within) + 0.01
        fewest = min(beds for cost, beds in every if cost <= most)
        assert traces.least(CRITERIA["pace"], most) == pytest.approx(fewest, abs=1e-3)


@pytest.mark.parametrize(("name", "parts"), [("travel", (0.7, 0.9)), ("concentration", (0.9, 0.95))])
def test_a_ceiling_on_people_or_places_against_scipy(name, parts):
    """The same model with the same ceiling, written as a row by hand and given to scipy, costs as much."""
    settings = {"weights.travel": "2000", "policies.neighbourhood_concentration.norm": "0.2"}
    problem = tiny_problem(settings)
    traces, own = tracer(problem, name)
    free = traces.point({}, own)
    for part in parts:
        most = part * free.values[name]
        point = traces.point({name: most}, own)
        assert point.values[name] <= most + 1e-6 * max(1.0, most)
        assert point.values[COST] == pytest.approx(least_by_hand(traces.lighter, name, most), rel=1e-6)
        assert point.values[COST] > free.values[COST]


def least_by_hand(problem, name, most):
    """Return the least objective with a ceiling, the row written from the variables' labels."""
    model = Model.of(problem)
    row = np.zeros(len(model.arrays.cost))
    if name == "travel":
        for (origin, location, tier, _), variable in model.decisions.housed.items():
            row[variable.id] = problem.pairs["minutes"][origin, location, tier]
    else:
        row[[variable.id for variable in model.decisions.excess.values()]] = 1.0
    arrays = model.arrays
    solved = milp(
        arrays.cost,
        integrality=arrays.integer.astype(int),
        bounds=Bounds(arrays.lower, arrays.upper),
        constraints=[
            LinearConstraint(arrays.matrix.tocsc(), arrays.row_lower, arrays.row_upper),
            LinearConstraint(row[None, :], -np.inf, most),
        ],
        options={"mip_rel_gap": 0.0},
    )
    assert solved.status == 0
    return solved.fun + arrays.constant


def test_cost_is_the_objective_less_what_is_traded():
    """With the travel points at a thousandth, cost is the objective less 999 thousandths of them."""
    problem = tiny_problem({"weights.travel": "2000"})
    traces, own = tracer(problem, "travel")
    points = float(own.data["weight"].sel(part="travel").sum())
    assert points > 0
    assert traces.values(own)[COST] == pytest.approx(own.proof.objective - (1 - LEFT) * points, abs=0.01)
    assert by_scipy(Model.of(traces.lighter)).fun <= traces.values(own)[COST] + 0.01


def made(cost, beds, bound=None, ceilings=None, plan="a plan"):
    """Return a point with two numbers."""
    return Point(ceilings or {"pace": float(beds)}, {COST: cost, "pace": beds}, bound or cost, plan)


def test_dominated_points_are_dropped():
    """(10, 5) is dominated by (9, 5) and (10, 4); equal ones are told once."""
    kept = front([made(9.0, 5.0, plan="a"), made(10.0, 4.0, plan="b"), made(9.0, 5.0, plan="a")])
    assert [(p.values[COST], p.values["pace"]) for p in kept] == [(9.0, 5.0), (10.0, 4.0)]
    assert made(9.0, 5.0).dominates(made(10.0, 5.0))
    assert not made(9.0, 5.0).dominates(made(10.0, 4.0))


def test_a_plan_found_under_tighter_ceilings_takes_the_place_of_a_dearer_one():
    """Under the ceiling of 8 a plan of 12 was found; one that meets 5 costs 11: it is the one for 8 too."""
    loose, tight = made(12.0, 8.0, bound=9.0, plan="loose"), made(11.0, 5.0, bound=10.0, plan="tight")
    (kept,) = front([loose, tight])
    assert kept.plan == "tight"


def test_a_difference_within_the_gap_is_not_one():
    """A point of 11 that might cost 9 is not dearer than one of 10 for certain; one that costs 10.5 is."""
    assert not made(11.0, 4.0, bound=9.0).is_dearer_than(made(10.0, 5.0))
    assert made(11.0, 4.0, bound=10.5).is_dearer_than(made(10.0, 5.0))


def test_the_grid_is_equal_steps_and_no_larger_than_asked():
    """Five points over one criterion; over two three each way, nine in all with the cheapest."""
    one = Steps.between({"pace": 10.0}, {"pace": 30.0}, 5)
    assert [c["pace"] for c in one.grid()] == [10.0, 15.0, 20.0, 25.0]
    two = Steps.between({"pace": 0.0, "travel": 5.0}, {"pace": 2.0, "travel": 9.0}, 9)
    assert len(list(two.grid())) == 8
    assert {"pace": 2.0, "travel": 9.0} not in list(two.grid())
    still = Steps.between({"pace": 3.0}, {"pace": 3.0}, 5)
    assert list(still.grid()) == []


@pytest.mark.parametrize(
    ("names", "told"),
    [
        (["cost"], "at least one other"),
        (["travel", "pace"], "cost and at least"),
        (["cost", "travl"], "travel"),
        (["cost", "pace", "pace"], "twice"),
    ],
)
def test_what_cannot_be_traded_is_told(names, told):
    """Each fault with what is expected."""
    with pytest.raises(InputError, match=told):
        traded(names, tiny_problem())


def test_concentration_is_traded_only_where_it_is_soft():
    """A hard policy has no excess to trade."""
    problem = tiny_problem({"policies.neighbourhood_concentration.mode": "hard"})
    with pytest.raises(InputError, match="concentration where its policy is hard"):
        traded(["cost", "concentration"], problem)


def test_no_plan_is_no_point(problem):
    """Fewer bed-years than none is impossible, and is told so; the front goes on without it."""
    traces, own = tracer(problem, "pace")
    impossible = traces.point({"pace": -1.0}, own)
    assert (impossible.plan, impossible.bound) == (None, inf)
    assert front([impossible]) == []


def test_what_is_known_stands_where_time_is_up(problem):
    """Without any time the point is the plan that is known and meets the ceiling, with no bound of worth."""
    traces, own = tracer(problem, "pace")
    traces.know([Point({}, traces.values(own), -inf, own)])
    traces.limits = Limits(1e-9, 0.0)
    point = traces.point({"pace": 100.0}, own)
    assert point.plan is own
    assert point.values == traces.values(own)
    assert point.bound <= own.proof.objective


def test_in_parts_the_points_under_ceilings_are_as_good_as_with_the_solver_alone(monkeypatch):
    """Travel in a model too large for the solver: no bound is above the least cost, and plans are near it.

    All is one group at first, which overstates the minutes of the known plan; what prices bound at one
    ceiling holds at the others too, and is nowhere above the least cost there.
    """
    problem = tiny_problem({"weights.travel": "2000", "policies.neighbourhood_concentration.norm": "0.2"})
    whole, own = tracer(problem, "travel")
    free = whole.point({}, own).values["travel"]
    ceilings = [{"travel": part * free} for part in (0.7, 0.8, 0.9)]
    least = [least_by_hand(whole.lighter, "travel", one["travel"]) for one in ceilings]
    monkeypatch.setattr(optimise, "SMALL", 0)
    monkeypatch.setattr(pareto, "SMALL", 0)
    traces = Tracer(problem, [CRITERIA["travel"]], Limits(1e-3, 60.0), lambda _: None)
    traces.know([Point({}, traces.values(own), -inf, own)])
    points = [traces.point({}, own), *(traces.point(one, own) for one in ceilings)]
    for one, cost in zip(ceilings, least, strict=True):
        assert all(point.bound_under(one) <= cost * (1 + 1e-6) for point in points)
    for point, one, cost in zip(points[1:], ceilings, least, strict=True):
        assert point.meets(one)
        assert cost * (1 - 1e-6) <= point.values[COST] <= cost * 1.02


def test_a_bound_from_prices_is_a_line_over_all_ceilings():
    """Under 10 no plan costs less than 100, and one more takes 3 off: 103 under 9, 94 under 12."""
    line = Point({"pace": 10.0}, {}, 100.0, None, {"pace": 3.0}, 100.0)
    assert [line.bound_under({"pace": most}) for most in (9.0, 12.0)] == [103.0, 94.0]
    assert line.bound_under({}) == -inf
    flat = Point({"pace": 10.0, "travel": 5.0}, {}, 100.0, None, {"pace": 0.0, "travel": 2.0}, 100.0)
    assert flat.bound_under({"travel": 4.0}) == 102.0


def test_a_bound_of_the_solver_holds_under_tighter_ceilings_only():
    """What no plan under 10 costs less than none under 9 does; under 11 there may be cheaper ones."""
    known = made(12.0, 10.0, bound=9.0)
    assert known.bound_under({"pace": 9.0}) == 9.0
    assert known.bound_under({"pace": 11.0}) == -inf
    impossible = Point({"pace": 10.0}, {}, inf, None)
    assert impossible.bound_under({"pace": 9.0}) == inf
    tighter = made(13.0, 9.0, bound=8.0)
    assert [point.bound for point in front([known, tighter])] == [9.0, 9.0]


def test_a_known_plan_within_the_gap_of_a_known_bound_is_not_sought_again(problem):
    """The plan of one ceiling serves the next, a hair looser, without another search."""
    traces, own = tracer(problem, "pace")
    first = traces.point({"pace": 8.0}, own)
    told = []
    traces.report = told.append
    traces.limits = Limits(0.5, 60.0)
    traces.know([Point({}, traces.values(own), first.bound, None)])
    again = traces.point({"pace": 8.0}, own)
    assert again.plan is first.plan
    assert len(told) == 1


def test_a_folder_is_gone_on_with(tmp_path):
    """What a stop left is kept, the rest is made the next time, and the picture is drawn."""
    region = read_region(write_tiny_region(tmp_path / "tiny"), settings={"weights.travel": "2000"})
    asked = ParetoOptions(("cost", "travel"), points=3, within=0.3, gap=1e-6, seconds=60.0)
    problem, here = Problem.of(region, forecast(region)), tmp_path / "out"
    stop = Event()

    def until_the_second(progress):
        if progress.stage.startswith("travel"):
            stop.set()

    gather(problem, Collection(here, question(region, asked), "en"), asked, until_the_second, stop)
    kept = Collection(here, question(region, asked), "en")
    before = {name: (here / name / "plan.nc").stat().st_mtime_ns for name in ("best", "point-1")}
    told = gather(problem, kept, asked)
    # from loose to tight
    assert kept.names() == ["best", "point-1", "point-3", "point-2"]
    assert {name: (here / name / "plan.nc").stat().st_mtime_ns for name in before} == before
    assert len(told.on_front) == 3
    assert (here / "frontier.svg").read_bytes().startswith(b"<?xml")
    assert len((here / "frontier.csv").read_text().splitlines()) == 4


def test_the_command_tells_the_front(tmp_path, capsys):
    """A line per point; a trade without cost is refused before anything is written."""
    region = str(write_tiny_region(tmp_path / "tiny"))
    words = ["frontier", region, "--points", "2", "--within", "30%", "-o", str(tmp_path / "out")]
    assert cli.main([*words, "--trade", "travel,pace"]) == cli.BAD_INPUT
    assert not (tmp_path / "out").exists()
    capsys.readouterr()
    assert cli.main([*words, "--trade", "cost,travel"]) == cli.DONE
    assert "point-1" in capsys.readouterr().out
