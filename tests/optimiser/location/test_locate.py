"""Where first: the location models by hand, against every choice one by one, and told where it cannot be."""

import itertools
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from builders import tiny_region
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import linprog

from geodata.faults import InputError
from models.demand.forecast import forecast
from optimiser.location.locate import Crowd, LocationProblem, OutOfReach, locate
from optimiser.location.verify import misfits

STREET = ("A", "B", "C", "D", "E")
SPOT = (0, 1, 2, 6, 10)
"""Five houses along a street, at these minutes from its west end; a site may be at each."""


def street(**asked):
    """Return a problem of the street: one person in each house, unless asked otherwise."""
    minutes = np.abs(np.subtract.outer(SPOT, SPOT)).astype(float)
    return LocationProblem(pd.DataFrame(minutes, STREET, STREET), **asked)


def capacity(people, labels=STREET):
    """Return the same capacity for every site."""
    return pd.Series(float(people), index=list(labels))


# By hand ------------------------------------------------------------------------------------------


def test_fewest_minutes_in_all():
    """One site: C, the middle house, 2 + 1 + 0 + 4 + 8 = 15; two: B and D or E, 1 + 0 + 1 + 4 = 6."""
    one = locate(street(aim="travel", sites=1))
    assert (one.sites, one.objective, one.status) == (("C",), 15, "proven")
    two = locate(street(aim="travel", sites=2))
    assert (two.objective, two.bound) == (6, 6)
    assert two.sites in {("B", "D"), ("B", "E")}


def test_people_weigh():
    """Twenty people at E outweigh the others: 10 + 9 + 8 + 4 = 31 minutes from E, more from anywhere else."""
    people = pd.Series([1, 1, 1, 1, 20], STREET)
    assert locate(street(aim="travel", sites=1, demand=people)).sites == ("E",)


def test_shortest_longest_journey():
    """One site: D, 6 minutes from A; two: 2 minutes would need a third, as D and E are 4 apart."""
    one = locate(street(aim="worst", sites=1))
    assert (one.sites, one.objective) == (("D",), 6)
    assert locate(street(aim="worst", sites=2)).objective == 4
    assert locate(street(aim="worst", sites=3)).objective == 1


def test_equal_for_the_farthest_is_better_for_the_others():
    """With two sites 4 minutes is the best for the farthest; B and D or E is also the least for all."""
    assert locate(street(aim="worst", sites=2)).mean_minutes == pytest.approx(6 / 5)


def test_where_nobody_lives_nobody_has_to_travel():
    """Without anybody at E the site moves to B or C, 5 or 4 minutes from D: C is 4."""
    people = pd.Series([1, 1, 1, 1, 0], STREET)
    answer = locate(street(aim="worst", sites=1, demand=people))
    assert (answer.sites, answer.objective) == (("C",), 4)


def test_most_people_near():
    """Within a minute: B reaches A, B and C; a second site adds one more."""
    one = locate(street(aim="coverage", sites=1, radius=1))
    assert (one.sites, one.objective) == (("B",), 3)
    assert locate(street(aim="coverage", sites=2, radius=1)).objective == 4
    assert one.share_within(1) == pytest.approx(3 / 5)


def test_as_few_as_reach_everybody():
    """Within 4 minutes two do (A, B, C by one, D and E by one); within 1, three."""
    assert locate(street(aim="coverage", sites=None, radius=4)).objective == 2
    few = locate(street(aim="coverage", sites=None, radius=1))
    assert (few.objective, few.unit) == (3, "sites")


def test_far_apart():
    """Two: the ends, 10 apart; three: A or B or C, with D and E 4 apart."""
    two = locate(street(aim="spread", sites=2))
    assert (two.sites, two.objective) == (("A", "E"), 10)
    assert locate(street(aim="spread", sites=3)).objective == 4


def test_capacity_sends_people_further():
    """Two sites with room for 3 and 2 people: B for A, B, C and then D with E, 1 + 0 + 1 + 0 + 4 = 6.

    With room for 2 each, five people do not fit in two sites; three sites serve 2 + 2 + 1: A and
    B at one of them, C at its own, D and E together: 1 + 0 + 4 = 5.
    """
    room = pd.Series([3.0, 3, 3, 2, 2], STREET)
    assert locate(street(aim="travel", sites=2, capacity=room)).objective == 6
    assert locate(street(aim="travel", sites=3, capacity=capacity(2))).objective == 5


def test_people_who_may_part_fill_the_room_exactly():
    """Three people in each house and room for 5 at each of three sites: whole houses do not fit, parts do."""
    asked = {"aim": "travel", "sites": 3, "demand": pd.Series(3.0, STREET), "capacity": capacity(5)}
    with pytest.raises(OutOfReach):
        locate(street(**asked))
    parted = locate(street(**asked, divided=True))
    assert parted.per_site()["people"].tolist() == [5, 5, 5]


def test_always_never_and_around():
    """A must and C may not be chosen; around B at most one of A, B, C: the second is D or E."""
    around = Crowd("B", {"A": 1, "B": 1, "C": 1}, 1)
    answer = locate(street(aim="travel", sites=2, always=("A",), never=("C", "D"), crowds=(around,)))
    assert answer.sites == ("A", "E")
    # A to itself, B 1, C 2, D 4 (to E), E 0
    assert answer.objective == 7


def test_a_limit_on_the_journey():
    """Two sites with nobody over 4 minutes: B or C for the west; the east takes D or E for 4: 6 in all."""
    answer = locate(street(aim="travel", sites=2, limit=4))
    assert (answer.objective, answer.worst_minutes) == (6, 4)


# Told where it cannot be --------------------------------------------------------------------------


def test_out_of_reach_names_who_and_how_far():
    """E alone has no site within 3 minutes once its own may not be chosen: D is 4 away."""
    with pytest.raises(OutOfReach) as told:
        locate(street(aim="travel", sites=2, limit=3, never=("E",)))
    assert told.value.explanation == (
        "E (1 people) is out of reach: its nearest site, D, is 4.0 minutes away, not 3.",
    )


def test_too_few_sites_says_how_many_are_needed():
    """Within 1 minute: B reaches A, B, C; D and E need one each, so two sites leave one person out."""
    with pytest.raises(OutOfReach) as told:
        locate(street(aim="travel", sites=2, limit=1))
    assert told.value.explanation[0].startswith("2 sites leave out at least 1 of 5 people")
    assert told.value.explanation[-1] == "At least 3 sites are needed."


def test_too_little_room_says_how_much_there_is():
    """Two sites with room for 2 have room for 4 of 5 people."""
    with pytest.raises(OutOfReach) as told:
        locate(street(aim="travel", sites=2, capacity=capacity(2)))
    assert "The largest 2 sites have room for 4 of 5 people." in told.value.explanation


def test_limits_around_places_say_how_many_sites_they_leave():
    """At most one of all five: two cannot be chosen."""
    with pytest.raises(OutOfReach) as told:
        locate(street(aim="worst", sites=2, crowds=(Crowd("street", dict.fromkeys(STREET, 1), 1),)))
    assert told.value.explanation == ("The limits around places leave room for 1 sites, not 2.",)


def test_sites_that_are_always_open_may_exceed_a_limit_by_themselves():
    """A and B are always open and only one of them may be."""
    crowd = Crowd("west", {"A": 1, "B": 1}, 1)
    with pytest.raises(OutOfReach, match="always open exceed the limit around west"):
        locate(street(aim="travel", sites=2, always=("A", "B"), crowds=(crowd,)))


@pytest.mark.parametrize(
    ("asked", "column"),
    [
        ({"aim": "travel", "sites": 0}, "sites"),
        ({"aim": "travel", "sites": 6}, "sites"),
        ({"aim": "travel", "sites": None}, "sites"),
        ({"aim": "spread", "sites": 1}, "sites"),
        ({"aim": "travel", "sites": 4, "never": ("A", "B")}, "sites"),
        ({"aim": "travel", "sites": 1, "always": ("A", "B")}, "sites"),
        ({"aim": "nearest", "sites": 2}, "aim"),
        ({"aim": "coverage", "sites": 2}, "radius"),
        ({"aim": "travel", "sites": 2, "limit": -1.0}, "limit"),
        ({"aim": "travel", "sites": 2, "limit": np.nan}, "limit"),
        ({"aim": "travel", "sites": 2, "always": ("F",)}, "always"),
        ({"aim": "travel", "sites": 2, "never": ("a",)}, "never"),
        ({"aim": "travel", "sites": 2, "always": ("A",), "never": ("A",)}, "never"),
        ({"aim": "travel", "sites": 2, "demand": pd.Series([1, 1, 1, 1, np.nan], STREET)}, "demand"),
        ({"aim": "travel", "sites": 2, "demand": pd.Series([1, 1, 1, 1, -1], STREET)}, "demand"),
        ({"aim": "travel", "sites": 2, "demand": pd.Series(0.0, STREET)}, "demand"),
        ({"aim": "travel", "sites": 2, "demand": pd.Series(1.0, ["A", "B"])}, "demand"),
        ({"aim": "travel", "sites": 2, "demand": pd.Series(1.0, [*STREET, "F"])}, "demand"),
        ({"aim": "travel", "sites": 2, "capacity": pd.Series(np.inf, STREET)}, "capacity"),
        ({"aim": "travel", "sites": 2, "crowds": (Crowd("x", {"F": 1.0}, 1),)}, "crowds, x"),
        ({"aim": "travel", "sites": 2, "crowds": (Crowd("x", {"A": np.nan}, 1),)}, "crowds, x"),
    ],
)
def test_what_cannot_be_asked_is_told(asked, column):
    """The fault names what it is about."""
    with pytest.raises(InputError) as told:
        street(**asked)
    assert [fault.column for fault in told.value.faults] == [column]


@pytest.mark.parametrize(
    ("minutes", "found"),
    [
        ([[1.0, np.nan]], "1 empty cells"),
        ([[1.0, -2.0]], "-2"),
    ],
)
def test_a_matrix_that_cannot_be_used_is_told(minutes, found):
    """NaN is a question and not an answer; infinite says that a site cannot be reached."""
    with pytest.raises(InputError, match=found):
        LocationProblem(pd.DataFrame(minutes, ["A"], ["S", "T"]), aim="travel", sites=1)


def test_spread_needs_minutes_between_sites():
    """Houses and sites are different things here, and how far sites are apart is not said."""
    with pytest.raises(InputError, match="minutes between sites"):
        LocationProblem(pd.DataFrame([[1.0, 2.0]], ["A"], ["S", "T"]), aim="spread", sites=2)


# Against every choice -----------------------------------------------------------------------------


def worth_of(problem, sites):
    """Return what a choice is worth (less is better), None where it breaks a rule; none of ours is used."""
    minutes = problem.minutes.loc[problem.origins, list(sites)].to_numpy(float)
    people = problem.demand.loc[problem.origins].to_numpy(float)
    limit = problem.radius if problem.sites is None else problem.limit
    if limit is not None:
        minutes = np.where(minutes <= limit, minutes, np.inf)
    left_out = problem.aim == "coverage" and problem.sites is not None and problem.limit is None
    if not left_out and np.isinf(minutes.min(axis=1)).any():
        return None
    if problem.capacity is not None:
        return with_capacity(problem, sites, minutes, people)
    return plain_worth(problem, sites, minutes.min(axis=1), people)


def plain_worth(problem, sites, nearest, people):
    """Return what sites are worth when everybody goes to the nearest."""
    if problem.sites is None:
        return len(sites)
    if problem.aim == "travel":
        return (nearest * people).sum()
    if problem.aim == "worst":
        return nearest.max()
    if problem.aim == "coverage":
        return -people[nearest <= problem.radius].sum()
    apart = problem.between.loc[list(sites), list(sites)].to_numpy(float)
    return -np.minimum(apart, apart.T)[np.triu_indices(len(sites), 1)].min()


def with_capacity(problem, sites, minutes, people):
    """Return what sites are worth with everybody at one site that has room, over all ways to go there."""
    room, best = problem.capacity.loc[list(sites)].to_numpy(float), None
    left_out = problem.aim == "coverage" and problem.sites is not None and problem.limit is None
    ways = [*range(len(sites)), None] if left_out else range(len(sites))
    for way in itertools.product(ways, repeat=len(people)):
        used = np.zeros(len(sites))
        for person, site in enumerate(way):
            used[site if site is not None else 0] += people[person] if site is not None else 0
        far = np.array([0.0 if s is None else minutes[i, s] for i, s in enumerate(way)])
        if (used > room + 1e-9).any() or np.isinf(far).any():
            continue
        here = np.array([s is not None for s in way])
        if left_out:
            value = -people[here & (far <= problem.radius)].sum()
        else:
            value = plain_worth(problem, sites, far, people)
        best = value if best is None or value < best else best
    return best


def least(problem):
    """Return the least worth of any choice, None where there is none."""
    counts = [problem.sites] if problem.sites is not None else range(1, len(problem.candidates) + 1)
    for count in counts:
        allowed = [
            sites
            for sites in itertools.combinations(problem.candidates, count)
            if set(problem.always) <= set(sites)
            and all(sum(c.weights.get(s, 0) for s in sites) <= c.most for c in problem.crowds)
        ]
        found = [worth for sites in allowed if (worth := worth_of(problem, sites)) is not None]
        if found:
            return min(found)
    return None


@st.composite
def problems(draw, *, capacities=False):
    """Draw a problem of any kind: whole or broken minutes, holes, limits, sites always or never open."""
    rng = np.random.default_rng(draw(st.integers(0, 10**6)))
    rows, columns = (
        int(rng.integers(2, 6 if capacities else 10)),
        int(rng.integers(3, 6 if capacities else 8)),
    )
    origins, sites = [f"o{i}" for i in range(rows)], [f"s{j}" for j in range(columns)]
    minutes = rng.integers(0, draw(st.sampled_from([4, 30, 1000])), (rows, columns)).astype(float)
    if draw(st.booleans()):
        minutes += rng.random((rows, columns)).round(3)
    if draw(st.booleans()):
        minutes[rng.random((rows, columns)) < 0.2] = np.inf
    people = rng.integers(0, 4, rows) * draw(st.sampled_from([1.0, 0.37]))
    people[0] = max(people[0], 1.0)
    count = int(rng.integers(2, columns))
    kinds = rng.permutation(sites)
    asked = {}
    if draw(st.booleans()):
        asked |= {"always": tuple(map(str, kinds[:1])), "never": tuple(map(str, kinds[-1:]))}
    if draw(st.booleans()):
        asked["limit"] = float(np.quantile(minutes[np.isfinite(minutes)], rng.uniform(0.4, 1)))
    if draw(st.booleans()):
        weights = [{site: float(rng.integers(0, 3)) for site in sites} for _ in range(2)]
        asked["crowds"] = tuple(Crowd(str(i), w, float(rng.integers(1, 6))) for i, w in enumerate(weights))
    if capacities:
        asked["capacity"] = pd.Series(rng.integers(1, 8, columns).astype(float), sites)
    aim = draw(st.sampled_from(["travel", "worst", "coverage", "spread", "fewest"]))
    return LocationProblem(
        pd.DataFrame(minutes, origins, sites),
        aim="coverage" if aim == "fewest" else aim,
        sites=None if aim == "fewest" else count,
        demand=pd.Series(people, origins),
        radius=float(np.quantile(minutes[np.isfinite(minutes)], 0.4)),
        between=pd.DataFrame(rng.integers(0, 20, (columns, columns)).astype(float), sites, sites),
        **asked,
    )


def assert_best(problem):
    """The answer is as good as the best of all choices, or there is none and that is said."""
    best = least(problem)
    if best is None:
        with pytest.raises(OutOfReach) as told:
            locate(problem)
        assert all(told.value.explanation)
        return
    answer = locate(problem)
    less = problem.aim in ("travel", "worst") or problem.sites is None
    assert answer.status == "proven"
    assert answer.objective == pytest.approx(best if less else -best, rel=1e-7, abs=1e-9)


@settings(max_examples=120, deadline=None, derandomize=True)
@given(problems())
def test_every_aim_against_every_choice(problem):
    """Small enough to try all choices, with all kinds of rules."""
    assert_best(problem)


@settings(max_examples=50, deadline=None, derandomize=True)
@given(problems(capacities=True))
def test_every_aim_with_capacities_against_every_way_to_go(problem):
    """All choices, and for each all ways to send everybody to one site with room."""
    assert_best(problem)


@settings(max_examples=25, deadline=None, derandomize=True)
@given(st.integers(0, 10**6))
def test_people_who_may_part_go_as_in_a_transport_problem(seed):
    """For every choice of sites the best flows are a linear program, solved by scipy."""
    rng = np.random.default_rng(seed)
    rows, columns, count = 5, 5, int(rng.integers(2, 4))
    minutes, people = (
        rng.integers(1, 30, (rows, columns)).astype(float),
        rng.integers(1, 5, rows).astype(float),
    )
    room = rng.integers(4, 9, columns).astype(float)
    origins, sites = [f"o{i}" for i in range(rows)], [f"s{j}" for j in range(columns)]
    problem = LocationProblem(
        pd.DataFrame(minutes, origins, sites), aim="travel", sites=count, divided=True,
        demand=pd.Series(people, origins), capacity=pd.Series(room, sites),
    )  # fmt: skip
    every = np.kron(np.eye(rows), np.ones(count))
    best = np.inf
    for chosen in itertools.combinations(range(columns), count):
        limits = np.tile(np.eye(count), rows)
        found = linprog(
            minutes[:, chosen].ravel(), A_ub=limits, b_ub=room[list(chosen)], A_eq=every, b_eq=people
        )
        best = min(best, found.fun if found.status == 0 else np.inf)
    if np.isinf(best):
        with pytest.raises(OutOfReach):
            locate(problem)
    else:
        assert locate(problem).objective == pytest.approx(best)


# Larger, proven -----------------------------------------------------------------------------------


def graph(seed, size=150):
    """Return shortest paths of a random graph as in Beasley's p-median instances, with lengths 1 to 100."""
    from scipy.sparse import csr_array
    from scipy.sparse.csgraph import shortest_path

    rng, edges = np.random.default_rng(seed), size * size // 50
    ends = np.vstack([[(i, i + 1) for i in range(size - 1)], rng.integers(0, size, (edges - size + 1, 2))])
    lengths = {
        (min(a, b), max(a, b)): int(c)
        for (a, b), c in zip(ends, rng.integers(1, 101, edges), strict=True)
        if a != b
    }
    where = np.array(list(lengths))
    links = csr_array((list(lengths.values()), (where[:, 0], where[:, 1])), shape=(size, size))
    labels = [f"v{i}" for i in range(size)]
    return pd.DataFrame(shortest_path(links, directed=False), labels, labels)


@pytest.mark.parametrize(("sites", "seed"), [(3, 1), (5, 2), (15, 3)])
def test_fewest_minutes_as_another_formulation_has_them(sites, seed):
    """70 vertices: our search against HiGHS with the radius formulation and none of our bounds."""
    from optimiser.location.instance import LocationInstance
    from optimiser.location.radius_formulation import arrays
    from optimiser.solver.highs import LinearModel

    problem = LocationProblem(graph(seed, 70), aim="travel", sites=sites)
    answer = locate(problem)
    given_ = LocationInstance.of(problem)
    model = arrays(given_.choice(given_.minutes))
    solver = LinearModel(model, np.arange(len(model.cost), dtype=np.int32))
    other = solver.search(gap=0.0, seconds=120.0, start=None, progress=lambda *_: None)
    assert other.outcome == "optimal"
    assert answer.status == "proven"
    assert answer.objective == pytest.approx(other.objective)


def test_the_same_problem_has_the_same_answer():
    """Sites and assignment do not depend on the run."""
    problem = LocationProblem(graph(4), aim="travel", sites=6)
    first, second = locate(problem), locate(problem)
    assert first.sites == second.sites
    pd.testing.assert_frame_equal(first.assignment, second.assignment)


@settings(max_examples=8, deadline=None, derandomize=True)
@given(st.integers(0, 10**6), st.integers(2, 6))
def test_more_sites_never_serve_worse_and_limits_never_better(seed, sites):
    """One more site cannot lengthen the journeys; a limit around a place cannot shorten them."""
    problem = LocationProblem(graph(seed, 60), aim="travel", sites=sites)
    answer = locate(problem)
    assert locate(replace(problem, sites=sites + 1)).objective <= answer.objective
    crowd = Crowd("chosen", dict.fromkeys(answer.sites, 1.0), 1.0)
    assert locate(replace(problem, crowds=(crowd,))).objective >= answer.objective


@settings(max_examples=8, deadline=None, derandomize=True)
@given(st.integers(0, 10**6))
def test_twice_the_minutes_is_twice_the_answer(seed):
    """Units do not matter, and neither does the order of the labels."""
    minutes = graph(seed, 60)
    answer = locate(LocationProblem(minutes, aim="travel", sites=4))
    assert locate(LocationProblem(minutes * 2.5, aim="travel", sites=4)).objective == pytest.approx(
        2.5 * answer.objective
    )
    turned = minutes.iloc[::-1, ::-1]
    assert locate(LocationProblem(turned, aim="travel", sites=4)).objective == answer.objective


def test_no_time_is_told_with_what_there_is():
    """Without any time the greedy choice is returned, with a bound below it, and not called proven."""
    answer = locate(LocationProblem(graph(1), aim="travel", sites=5), seconds=1e-9)
    assert answer.status == "best_found"
    assert answer.bound < answer.objective


# The check ----------------------------------------------------------------------------------------


def test_the_check_sees_each_misstatement():
    """An answer is changed in one thing at a time; each is told."""
    room = pd.Series([3.0, 3, 3, 2, 2], STREET)
    crowd = Crowd("east", {"D": 1.0, "E": 1.0}, 1.0)
    asked = street(
        aim="travel", sites=2, capacity=room, limit=4, crowds=(crowd,), never=("C",), always=("B",)
    )
    right = locate(asked)
    assert misfits(right) == ()
    rows = right.assignment
    wrong = {
        "not chosen": replace(right, sites=("A", "E")),
        "chosen twice": replace(right, sites=("B", "B")),
        "are chosen, not 2": replace(right, sites=("B",)),
        "may not be chosen": replace(right, sites=("B", "C")),
        "around east": replace(right, sites=("D", "E")),
        "minutes, not": replace(right, assignment=rows.assign(minutes=rows["minutes"] + 1)),
        "at most 4": replace(right, assignment=rows.assign(site="E")),
        "are served": replace(right, assignment=rows.iloc[1:]),
        "is divided": replace(right, assignment=parted(rows)),
        "serves": replace(right, assignment=rows.assign(people=9.0)),
        "the objective is": replace(right, objective=5.0),
        "the bound": replace(right, bound=7.0),
    }
    assert {
        said: any(said in told for told in misfits(answer)) for said, answer in wrong.items()
    } == dict.fromkeys(wrong, True)


def parted(rows):
    """Return an assignment in which the first origin goes half to either site."""
    half = rows.iloc[:1].assign(people=rows["people"].iloc[0] / 2)
    return pd.concat([half, half, rows.iloc[1:]])


# On a region --------------------------------------------------------------------------------------


def test_on_a_region_by_hand():
    """Tiny: ten intensive people need group places, six from M1 and four from M2 (N3).

    M1's six divide over N1 and N2 by inhabitants of 15 and over, 10:6, so 3.75 and 2.25. S2 in
    the middle square is 2 minutes from N1 and from N3; within N2 it is half the radius of a
    circle of 4 km²: ½·√(4/π) = 0.564 km, a minute each. 7.75 × 2 + 2.25 × 0.564 = 16.77.
    """
    region = tiny_region()
    problem = LocationProblem.of(region, forecast(region), tier="group", aim="travel", sites=1)
    answer = locate(problem)
    assert answer.sites == ("S2",)
    assert answer.objective == pytest.approx(7.75 * 2 + 2.25 * 0.5 * np.sqrt(4 / np.pi))


def test_a_tier_in_homes_is_located_in_neighbourhoods():
    """Homes need no site: the candidates are the three squares."""
    region = tiny_region()
    problem = LocationProblem.of(region, forecast(region), tier="home", aim="worst", sites=1)
    assert problem.candidates == ["N1", "N2", "N3"]
    assert locate(problem).sites == ("N2",)


def test_places_around_a_neighbourhood_weigh_with_their_tier():
    """Group places weigh a half: S1 has room for 12, S2 and S3 for 8, so 6, 4 and 4.

    N2 borders on both others and would carry 14; with 8 at most, S1 can stand with neither.
    """
    region = tiny_region()
    asked = {"tier": "group", "aim": "travel", "around_places": 8.0}
    problem = LocationProblem.of(region, forecast(region), sites=2, **asked)
    assert locate(problem).sites == ("S2", "S3")


def test_an_unknown_tier_is_told():
    """The nearest name is offered."""
    region = tiny_region()
    with pytest.raises(InputError, match="Did you mean 'group'"):
        LocationProblem.of(region, forecast(region), tier="groep", aim="travel", sites=1)
