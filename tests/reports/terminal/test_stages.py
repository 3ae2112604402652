"""Stages of every question, from real runs on the tiny region: each has plain words in both languages."""

import re
from threading import Event

import numpy as np
import pandas as pd
import pytest
from builders import best, tiny_problem, tiny_region
from tiny import write_tiny_region

import cli
from models.demand.forecast import forecast
from models.region.decisions import AgreedDecisions, DecidedPlaces
from models.region.read_region import locked, read_region
from optimiser.explain.explanation import explain
from optimiser.infeasibility.repair import diagnose, verified
from optimiser.location.locate import LocationProblem, locate
from optimiser.manual_plan import score
from optimiser.negotiation.home_requests import HomesAsked
from optimiser.negotiation.terms import with_locks
from optimiser.problem import Problem
from optimiser.solve import solve
from optimiser.solver.executors import workers
from optimiser.solver.limits import Limits
from optimiser.tradeoffs.near_optimal_set import AlternativesOptions, near_optimal_set
from optimiser.tradeoffs.pareto_trace import ParetoOptions, pareto_trace
from optimiser.tradeoffs.plan_store import MemoryStore
from optimiser.tradeoffs.two_stage_set import TwoStageOptions, two_stage_set
from reports.answers.agreements import Negotiation
from reports.answers.negotiate import Asking, negotiate
from reports.terminal.ask import _attribute
from reports.terminal.progress import STAGES, ProgressDisplay, known_words, plain_words
from reports.text.words import Words

JARGON = re.compile(r"\b(relaxation|bound|incumbent|gap|node|MIP|LP)\b")
LARGE = (
    "search.optimise", "search.elastic", "tradeoffs.near_optimal", "tradeoffs.pareto", "tradeoffs.ranges",
    "tradeoffs.two_stage", "negotiation.terms",
)  # fmt: skip
"""Modules that go another way in a large region."""
LIMITS = Limits(0.0, 60.0)
STEEP = {
    "policies.intramural_reduction.mode": "hard",
    "policies.intramural_reduction.by_end": "1.0",
    "policies.replacement_before_closure.most_per_year": "0.2",
}
"""Five beds must go by 2022 and ten by 2023, but only two a year may."""
NOT_HEARD = {
    "solves", "solves_left", "as_it_stands", "with_number", "plans_between", "regions_bounds",
    "regions_plans", "futures_mean",
}  # fmt: skip
"""Stages of commands with many solves, tried apart: the regions of a country in test_plan_country.py.

The last is heard where the mean of the futures begins otherwise than all of them together.
"""


def agreed(beds):
    """Return the problem of the tiny region with an agreement on the beds of S1 in 2022."""
    decided = AgreedDecisions((DecidedPlaces("S1", "bed", 2022, beds, "provider A"),), ())
    region = locked(tiny_region(), decided)
    return Problem.of(region, forecast(region))


def search(plan, report):
    solve(tiny_problem(), gap=0.0, seconds=60.0, progress=report)


def edit(plan, report):
    score(plan.problem, AgreedDecisions(), progress=report)


def explanation(plan, report):
    explain(plan, sites=["S3"], seconds=5.0, report=report)


def repair(plan, report):
    for problem in (tiny_problem(STEEP), agreed(11)):
        verified(problem, diagnose(problem, LIMITS, report), LIMITS, report)


def negotiation(plan, report):
    later = AgreedDecisions((DecidedPlaces("S1", "bed", 2023, 8, "provider A"),), ())
    with_locks(plan, later, LIMITS, report)
    first = Negotiation(plan, HomesAsked.of(plan), "nl")
    negotiate(first, Asking(0.71, 0.05, 0.0, 60.0, 0), lambda _: None, report, Event())


def alternatives(plan, report):
    asked = AlternativesOptions(within=0.5, count=2, gap=0.0, seconds=60.0, room_seconds=60.0)
    near_optimal_set(plan.problem, MemoryStore(), asked, report)


def front(plan, report):
    asked = ParetoOptions(("cost", "travel", "pace"), points=3, within=0.5, gap=0.0, seconds=60.0)
    pareto_trace(plan.problem, MemoryStore(), asked, report)


def futures(plan, report):
    def read(settings):
        return tiny_region({"pathway.inflow.share": "{value = 0.2, low = 0.02, high = 0.5}", **settings})

    with workers(processes=1) as work:
        asked = TwoStageOptions(draws=1, commit=1, gap=1e-9, seconds=60.0)
        two_stage_set(read, MemoryStore(), asked, work, report)


def location(plan, report):
    # minutes of no map at all: what is near says nothing of what is nearest next, so it has to search
    minutes = np.random.default_rng(0).integers(1, 60, (12, 12)).astype(float)
    places = [f"p{n}" for n in range(12)]
    locate(LocationProblem(pd.DataFrame(minutes, places, places), aim="travel", sites=3), progress=report)


QUESTIONS = (search, edit, explanation, repair, negotiation, alternatives, front, futures, location)


@pytest.fixture(scope="module")
def stages():
    """Return the stages of every question, asked as of the tiny region and as of a large one."""
    plan, by_question = best(agreed(9)), {}
    for of_large in (False, True):
        with pytest.MonkeyPatch.context() as patch:
            for module in LARGE if of_large else ():
                patch.setattr(f"optimiser.{module}.SMALL", 0)
            for question in QUESTIONS:
                heard = by_question.setdefault(question, set())
                question(plan, lambda progress, heard=heard: heard.add(progress.stage))
    return by_question


def keys(stages):
    """Return the keys of the words of stages, and of the stages that these name."""
    matches = [(key, re.fullmatch(pattern, stage)) for stage in stages for pattern, key in STAGES]
    inner = {m["stage"] for _, m in matches if m and "stage" in m.groupdict()}
    return {key for key, match in matches if match} | (keys(inner) if inner else set())


@pytest.mark.parametrize("question", QUESTIONS)
def test_every_stage_of_a_question_has_plain_words(question, stages):
    """No stage, and no stage that another names, is told in the solver's own words."""
    assert stages[question]
    assert [s for s in stages[question] for lang in ("nl", "en") if known_words(s, lang) is None] == []


def test_the_stages_with_words_are_those_of_real_runs(stages):
    """Each that has words is heard, but for those of a command with many solves, which are tried below."""
    heard = set().union(*map(keys, stages.values()))
    assert {key for _, key in STAGES} - heard == NOT_HEARD


@pytest.fixture
def displayed(monkeypatch):
    """Return the stages that commands display, each with the language that it is displayed in."""
    shown = []
    monkeypatch.setattr(
        ProgressDisplay, "__call__", lambda self, progress: shown.append((progress.stage, self._lang))
    )
    return shown


def test_the_stages_of_a_sensitivity_are_told_in_the_language_asked(displayed, tmp_path, capsys):
    """One number with a range in a region of English, asked for in Dutch."""
    words = ["assumptions", str(write_tiny_region(tmp_path / "tiny")), "--measure", "--lang", "nl"]
    assert cli.main([*words, "--set", "tiers.bed.rate={value = 1000, low = 900, high = 1100}"]) == cli.DONE
    assert {lang for _, lang in displayed} == {"nl"}
    assert keys(stage for stage, _ in displayed) == {"solves", "solves_left", "as_it_stands", "with_number"}
    assert [stage for stage, lang in displayed if known_words(stage, lang) is None] == []


def test_the_stages_of_an_attribution_are_told_in_the_language_asked(displayed, tmp_path, capsys):
    """Two numbers differ, so two plans lie between."""
    settings = {"tiers.bed.rate": "1100", "tiers.group.client": "500"}
    folder = write_tiny_region(tmp_path / "tiny")
    regions = [read_region(folder), read_region(folder, settings=settings)]
    plans = [best(Problem.of(region, forecast(region))) for region in regions]
    asked = cli.parse(["compare", "one", "two", "--attribute", "--lang", "nl"])
    _attribute(plans, "nl", asked)
    assert {lang for _, lang in displayed} == {"nl"}
    assert "plans_between" in keys(stage for stage, _ in displayed)
    assert [stage for stage, lang in displayed if known_words(stage, lang) is None] == []


def test_stages_are_told_without_jargon():
    """No words of solvers, also not where a stage is part of another."""
    values = dict.fromkeys(
        ("km", "left", "what", "value", "done", "total", "site", "code", "stage", "lock", "share",
         "ceilings", "steps"), "3",
    )  # fmt: skip
    for lang in ("nl", "en"):
        texts = [Words(lang, "progress")(key, **values) for _, key in STAGES]
        assert not [words for words in texts if JARGON.search(words)]
    assert plain_words("sites, 3 open", "nl") == "kiest locaties, nog 3 te gaan"
    assert plain_words("relaxation, groups of 5 km") == (
        "estimating the best possible, neighbourhoods within 5 km together"
    )
    assert plain_words("without S1: x: sites, 3 open", "nl") == (
        "zonder de afspraak ‘S1: x’: kiest locaties, nog 3 te gaan"
    )
    assert plain_words("travel ≤ 1,234, pace ≤ 5", "nl") == (
        "zoekt het goedkoopste plan bij reisminuten ≤ 1.234, bedjaren ≤ 5"
    )
    assert (
        plain_words("a plan with policies.x.by_end = 0.4", "nl")
        == "maakt een plan met policies.x.by_end = 0,4"
    )
    assert plain_words("without S1: a stage without words", "nl") == "without S1: a stage without words"
