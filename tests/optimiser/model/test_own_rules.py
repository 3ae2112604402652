"""Rules of the user's own: they hold, they are checked apart from their rows, and no plan forgets them."""

from dataclasses import replace

import pytest
import xarray as xr
from builders import best, by_scipy
from tiny import write_tiny_region

import spreidplan as sp
from geodata.faults import InputError
from models.demand.forecast import forecast
from models.region.read_region import read_region
from optimiser.explain.binding_rules import values_of_plan
from optimiser.model.model import RULES, Model
from optimiser.problem import Problem
from optimiser.rule import Row, own_rule
from optimiser.search.rounding import whole_places
from optimiser.solve import Impossible, Unverified, solve

MOST = 5


def too_large(_, data):
    """Return the places above MOST of every site, from 2023 on."""
    return (data["places"].sum("tier") - MOST).where(data["year"] >= 2023, 0.0)


SAID = {"nl": "Vanaf 2023 heeft een locatie hoogstens 5 plekken.", "en": "From 2023 a site has 5 places."}


@own_rule(("site", "year"), "places", **SAID, check=too_large)
def small_sites(problem, x):
    """Σ_k z[s,k,t] ≤ 5 where t ≥ 2023."""
    for s in problem.sites.index:
        for t in problem.years_from(2023):
            yield Row((s, t), [(x.places[u, k, t], 1.0) for u, k in problem.places_at if u == s], "<=", MOST)


@pytest.fixture(scope="module", name="problem")
def tiny(tmp_path_factory):
    """Return the tiny region's problem: ten beds at S1, four group places at S2."""
    region = read_region(write_tiny_region(tmp_path_factory.mktemp("tiny")))
    return Problem.of(region, forecast(region))


@pytest.fixture(scope="module", name="plan")
def small(problem):
    """Return its best plan with small sites."""
    return best(problem.with_rules(small_sites))


def test_a_rule_of_ones_own_holds_and_costs(problem, plan):
    """Without it S1 has more than five places in 2023; another solver finds the same plan's cost."""
    free = best(problem)
    assert float(free.data["places"].sum("tier").sel(year=2023).max()) > MOST
    assert float(plan.data["places"].sum("tier").sel(year=2023).max()) <= MOST
    assert plan.proof.objective > free.proof.objective
    assert plan.proof.objective == pytest.approx(by_scipy(Model.of(plan.problem)).fun, rel=1e-7)


def test_doing_nothing_is_shown_although_it_breaks_the_rule(plan):
    """The reference is the base carried on: ten beds at S1, whatever a plan must keep."""
    assert float(plan.reference["places"].sum("tier").sel(site="S1", year=2023)) == 10.0


@pytest.mark.parametrize(
    "check",
    [too_large, lambda _, data: xr.full_like(data["places"].sum("tier"), float("nan"))],
    ids=["rows that say too little", "a check that says nothing"],
)
def test_a_plan_that_its_check_does_not_pass_is_withheld(problem, check):
    """The rows are not believed: the check looks at the plan, and must say something of every claim."""

    def nothing(problem, x):
        """No row at all."""
        del problem, x
        yield from ()

    with pytest.raises(Unverified, match="nothing at S1"):
        solve(problem.with_rules(own_rule(("site", "year"), "places", **SAID, check=check)(nothing)), gap=0.0)


def test_a_rule_that_cannot_hold_is_named(problem):
    """Fewer places than none are nowhere: the message names the rule, as nothing else stands in the way."""

    def tiny_sites(problem, x):
        """Σ_k z[s,k,t] ≤ −1."""
        yield Row(("S1", 2022), [(x.places["S1", k, 2022], 1.0) for k in ("bed", "group")], "<=", -1.0)

    asked = own_rule(("site", "year"), "places", **SAID, check=too_large)(tiny_sites)
    with pytest.raises(Impossible, match=r"rules of your own \(tiny_sites\)"):
        solve(problem.with_rules(asked), gap=0.0)


def test_what_is_no_rule_of_ones_own_is_refused(problem):
    """A rule without a check, one twice, and a name that is taken: each is told."""
    with pytest.raises(ValueError, match="with a check"):
        problem.with_rules(replace(small_sites, check=None))
    with pytest.raises(ValueError, match="each rule once"):
        problem.with_rules(small_sites).with_rules(small_sites)
    with pytest.raises(ValueError, match=RULES[0].name):
        Model.of(problem.with_rules(replace(small_sites, name=RULES[0].name)))


def test_the_folder_of_a_plan_is_not_read_without_its_rule(plan, tmp_path):
    """The page tells the sentence; whoever reads the folder must bring the rule along."""
    folder = sp.write(plan, tmp_path / "plan", lang="en")
    assert SAID["en"] in (folder / "report.html").read_text(encoding="utf-8")
    with pytest.raises(InputError, match="small_sites"):
        sp.read_plan(folder)
    again = sp.read_plan(folder, rules=[small_sites])
    assert [rule.name for rule in again.problem.own_rules] == ["small_sites"]


def test_other_numbers_leave_the_rule_in_place(plan):
    """A model that takes other numbers in place keeps the rows of one's own rule, where they stood."""
    model = Model.of(plan.problem)
    again = model.with_numbers_of(plan.problem)
    assert [rule.name for rule, _ in again.rows] == [rule.name for rule, _ in model.rows]
    assert (again.arrays.matrix != model.arrays.matrix).nnz == 0


def test_places_are_brought_to_whole_numbers_under_it(plan):
    """In a large region places are rounded by themselves: from half a place more at S1 than may be
    in 2023, they go to five and not to six."""
    model = Model.of(plan.problem)
    values = values_of_plan(model, plan)
    bed = next(v for at, v in model.decisions.places.items() if at[0] == "S1" and at[2] == 2023)
    values[bed.id] += MOST + 0.6 - sum(plan.data["places"].sel(site="S1", year=2023).values)
    columns, whole = whole_places(model, values, 0.0)
    places = dict(zip(columns, whole, strict=True))
    at_s1 = [places[v.id] for (s, _, t), v in model.decisions.places.items() if (s, t) == ("S1", 2023)]
    assert sum(at_s1) == MOST
