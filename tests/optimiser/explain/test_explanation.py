"""Why a plan is as it is: prices by hand and by solving again, sites by brute force, sentences."""

from dataclasses import replace

import numpy as np
import pytest
from builders import BED, EUROS_ONLY, GROUP, HOME, ONE_YEAR, best, by_scipy, least_cost, tiny_problem
from test_brute_force import BruteForce, drawn, problem_of

from geodata.faults import InputError
from optimiser.explain.binding_rules import bindings, values_of_plan
from optimiser.explain.explanation import explain
from optimiser.explain.home_values import home_worths
from optimiser.explain.marginal_values import worths
from optimiser.explain.site_counterfactuals import otherwise
from optimiser.model.model import Model
from optimiser.solve import Impossible, solve
from optimiser.solver.limits import Limits
from reports.answers.explanation import as_record, as_text, years_in_words

LIMITS = Limits(0.0, 60.0)
CENT = 0.01


@pytest.fixture(scope="module", name="plan")
def _plan():
    return best(tiny_problem())


def test_one_home_and_one_place_by_hand():
    """One year, euros only: five beds, nine group places (five intensive, four light), five homes, all full.

    A home more takes a light person out of group living, whose place takes an intensive one out of a bed:

        (20,871.43 − 15,653.57) + (52,178.57 − 20,871.43) = 36,525.00

    It is a home that a corporation hands over, so its 2,000 of furnishing go off: 34,525.00, while its price
    is a bound without them.

    A group place more takes an intensive person out of a bed: 31,307.14. Nobody lives better with one bed
    more. Its price and the answer of asking again are the same.
    """
    found = list(worths(best(tiny_problem(EUROS_ONLY | ONE_YEAR)), LIMITS))
    homes = [worth for worth in found if worth.what == "home"]
    assert {worth.label[1] for worth in homes} == {2022}
    assert {worth.basis for worth in homes} == {"people"}
    by_hand = (GROUP - HOME) + (BED - GROUP)
    assert by_hand == pytest.approx(36_525.00, abs=CENT)
    for worth in homes:
        assert worth.change.eur == pytest.approx(-(by_hand - 2_000), abs=CENT)
        assert worth.change.points == pytest.approx(0.0, abs=CENT)
        assert worth.price == pytest.approx(-by_hand, abs=CENT)
    places = [worth for worth in found if worth.what == "place"]
    assert {worth.label[1] for worth in places} == {"group"}
    assert all(worth.change.eur == pytest.approx(-(BED - GROUP), abs=CENT) for worth in places)


def with_more(model, rule, label):
    """Return a model whose row of that rule and label has one unit more."""
    rows = tuple(
        (made, replace(row, rhs=row.rhs + (1.0 if row.sense == "<=" else -1.0)))
        if (made.name, row.label) == (rule, label) else (made, row)
        for made, row in model.rows
    )  # fmt: skip
    assert rows != model.rows
    return replace(model, rows=rows)


def test_what_one_more_is_worth_is_the_difference_of_two_solves(plan):
    """Scipy with the whole decisions fixed, before and after: the change; the price is never less."""
    model = Model.of(plan.problem)
    values = values_of_plan(model, plan)
    found = [worth for worth in worths(plan, LIMITS) if worth.what != "minute"]
    assert {worth.what for worth in found} >= {"home", "place", "person"}

    def cost(asked, more=()):
        fixed = asked.arrays
        lower, upper = fixed.lower.copy(), fixed.upper.copy()
        lower[fixed.integer] = upper[fixed.integer] = values[fixed.integer]
        for column in more:
            lower[column] = upper[column] = values[column] + 1.0
        standing = replace(asked)
        standing.__dict__["arrays"] = replace(fixed, lower=lower, upper=upper)
        return by_scipy(standing).fun

    before = cost(model)
    assert before == pytest.approx(plan.proof.objective, abs=CENT)
    for worth in found:
        if worth.what == "home":
            label = min(one for one in model.decisions.new_homes if one[1:] == worth.label)
            free = tuple(one for one in model.rows if one[0].name != "homes_within_agreements")
            difference = cost(replace(model, rows=free), [model.decisions.new_homes[label].id]) - before
        else:
            difference = cost(with_more(model, worth.rule.name, worth.label)) - before
        assert worth.change.objective == pytest.approx(difference, abs=CENT)
        assert worth.price <= worth.change.objective + CENT
        assert worth.change.eur + worth.change.points == pytest.approx(worth.change.objective, abs=CENT)


def test_a_home_more_is_worth_here_what_it_is_worth_at_the_table(plan):
    """`agreements` asks of the same neighbourhood and year: the same objective and the same waiting."""
    homes = [worth for worth in worths(plan, LIMITS) if worth.what == "home"]
    asked = list(home_worths(plan, LIMITS, places=[worth.label for worth in homes]))
    assert homes
    for worth, told in zip(homes, asked, strict=True):
        assert (told.neighbourhood, told.year) == worth.label
        assert worth.change.objective == pytest.approx(told.objective, abs=CENT)
        assert worth.change.waiting == pytest.approx(told.waiting, abs=1e-6)


def test_asking_the_whole_plan_again_is_a_solve_of_the_whole(plan):
    """One home more offered, one bed a year more: the proven best of the changed model less this one."""
    short, everything = plan, list(worths(plan, LIMITS, again=True))
    found = [worth for worth in everything if worth.basis == "plans"]
    rules = {worth.rule.name for worth in found}
    assert rules >= {"homes_within_agreements", "replacement_before_closure"}
    assert any(worth.change.objective < -1.0 for worth in found)
    for worth in found:
        changed = by_scipy(with_more(Model.of(short.problem), worth.rule.name, worth.label)).fun
        assert worth.change.objective == pytest.approx(changed - short.proof.objective, abs=1.0)
        assert worth.change.objective <= 1.0
        assert worth.is_distinguishable == (abs(worth.change.objective) > worth.gaps)


def test_no_time_leaves_the_price(plan):
    """Without time to ask, each is told by its price, which is a bound."""
    found = list(worths(plan, Limits(0.0, 0.0)))
    assert found
    assert {worth.basis for worth in found} == {"price"}
    assert all(worth.change is None for worth in found)


def test_neighbourhoods_that_move_as_one_say_the_same_here(plan, monkeypatch):
    """The three squares lie within 8 km, but N1 and N3 are in two towns: one price for N1 and N2."""
    apart = {(w.what, w.label): w.change.objective for w in worths(plan, LIMITS) if w.what == "home"}
    monkeypatch.setattr("optimiser.explain.marginal_values.APART", 0)
    grouped = [w for w in worths(plan, LIMITS) if w.what == "home"]
    assert all(worth.grouped for worth in grouped)
    most = min(apart.values())
    assert min(w.change.objective for w in grouped) == pytest.approx(most, rel=0.05)


def test_rules_that_bind_are_those_without_room(plan):
    """All offers of M1 are used; the pace is at its limit in both years; half a person is beyond the norm."""
    model = Model.of(plan.problem)
    found = {(b.rule.name, b.label): b.over for b in bindings(model, values_of_plan(model, plan))}
    assert ("homes_within_agreements", ("C1", "M1", 2022)) in found
    assert {label for name, label in found if name == "replacement_before_closure"} == {
        ("yearly", 2022), ("yearly", 2023),
    }  # fmt: skip
    assert found["within_travel_norm", ("M2", 2023)] == pytest.approx(0.5)
    assert sum(found.values()) == pytest.approx(0.5)


@pytest.mark.parametrize("seed", range(6))
def test_a_site_that_must_or_may_not_run(seed):
    """The least of every choice in which S2 runs in 2023, or does not, less the least of all."""
    case = drawn(seed)
    brute = BruteForce(case)
    every = brute.best()
    if every == np.inf:
        with pytest.raises(Impossible):
            solve(problem_of(case), gap=0.0, seconds=60.0)
        return
    plan = solve(problem_of(case), gap=0.0, seconds=60.0)
    other = otherwise(plan, "S2", LIMITS)

    def allowed(first, second):
        runs = second[0][2] > 0
        if other.runs and not case.groups:
            return not runs and first[0][2] == 0
        return runs != other.runs

    homes = [(a, b) for a in range(case.offered[0] + 1) for b in range(case.offered[1] + 1)]
    least = min(
        (
            brute.cost(first, second, given)
            for first in brute.steps(brute.start)
            for second in brute.steps(first[0])
            if allowed(first, second)
            for given in homes
        ),
        default=np.inf,
    )
    if least == np.inf:
        assert other.impossible
        return
    assert other.change.objective == pytest.approx(least - every, abs=0.05)
    assert other.is_distinguishable == (least - every > other.gaps)
    assert not other.others_stand


def test_an_unknown_site_is_a_fault(plan):
    """The nearest name is offered."""
    with pytest.raises(InputError, match="no site 'S9'"):
        otherwise(plan, "S9", LIMITS)


@pytest.mark.parametrize(
    ("lang", "says"),
    [
        ("nl", ["Welke regels knellen", "Eén woning meer in Square", "Site three draait niet", "Mist er"]),
        ("en", ["Which rules bind", "One home more in Square", "Site three does not run", "Is a facility"]),
    ],
)  # fmt: skip
def test_it_is_told_in_both_languages(plan, lang, says):
    """Places by name, the basis of each figure, the three questions."""
    found = explain(plan, sites=["S3"])
    text = as_text(found, lang)
    assert all(one in text for one in says)
    record = as_record(found, lang)
    assert {one["basis"] for one in record["worth"]} == {"people"}
    assert len(record["answers"]) == 3
    assert record["sites"][0]["distinguishable"]


def test_years_that_follow_each_other_are_a_range():
    """2022, 2023, 2024 and 2027."""
    assert years_in_words([2022, 2023, 2024, 2027]) == "2022–2024, 2027"


def test_the_other_answer_can_be_impossible():
    """Ten intensive people, nobody more may wait, nothing to build: S1 cannot do without its beds."""
    settings = {
        "policies.waiting_does_not_grow.mode": "hard",
        "policies.replacement_before_closure.mode": "off",
    }
    plan = best(tiny_problem(settings))
    other = otherwise(plan, "S1", LIMITS)
    assert other.runs
    assert other.impossible == (other.change is None)
    assert least_cost(plan.problem) == pytest.approx(plan.proof.objective, abs=1.0)
