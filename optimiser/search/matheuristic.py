"""From a relaxation to a plan with a proof: relax, bound, construct, improve; stopped at any time.

1. Origins that lie near each other move as one (`aggregation.py`); prices of that smaller model bound every
   plan of the whole one (`lagrangian_bound.py`). From the first prices on a small relaxation of the whole
   model is branched on beside (`branching.py`): the bound rises, and its decisions are made plans of.
2. Sites are settled along the small relaxation, or the smaller model, the clearest first.
3. Places and homes are brought to whole numbers, and everybody chooses again in the whole model; where that
   breaks a rule, places are fitted to what people do.
4. One site at a time runs in other years, the most promising first: duality says which cannot pay.
5. With time left, groups become smaller, so that prices, bound and plan become sharper.

A model that is small from the start is simply given to the solver.
"""

import logging
from collections.abc import Collection
from dataclasses import dataclass

import numpy as np

from optimiser.model.model import Floats, Model
from optimiser.model.variables import column_ids
from optimiser.search.aggregation import WITHIN_M, Eased, grouped_finely_enough
from optimiser.search.assignment import UNBROKEN, cleaned, nearly_followed, netted, parts_of, people_follow
from optimiser.search.branching import Branching, Decided
from optimiser.search.elastic import ElasticModel, Shortage, hard_policies
from optimiser.search.lagrangian_bound import LagrangianBound
from optimiser.search.reduced_model import (
    DROPPED,
    USED,
    WORTH_TAKING,
    Guide,
    ReducedModel,
    SiteChange,
    as_used,
    reduced_costs,
    values_of,
)
from optimiser.search.rounding import MARGINS, places_for, replacement_rows, whole_homes, whole_places
from optimiser.solver.highs import Columns, LinearModel, Solution
from optimiser.solver.limits import Clock, Limits, Progress, Report

logger = logging.getLogger(__name__)

PER_ROUND = 0.25
"""Part of the open questions settled in a round."""

FEW, BOTH = 4, 8
"""Open questions from which both answers are tried, and how many times; the rest is answered yes."""

WORTH_TRYING = 1e-5
"""Share of the objective that a change must promise to be tried."""

FINISHING = 1.5
"""Times the seconds that making a plan took before, which are kept to make the last one."""

FINISHING_WORK = 8
"""Programmes to solve that are kept to make the last plan, beside one for each part of the clients."""

CLEAR = 0.03
"""Gap (share) within which what the branching has decided is made a plan of."""

ROUNDING_SHARE = 0.25
"""Part of the asked gap that is left for whole places and homes when sites are improved."""


@dataclass(frozen=True)
class SearchResult:
    """The best values found (column), their objective, and a bound on every plan of the model."""

    values: Floats | None
    objective: float
    bound: float
    infeasible: bool = False
    clash: ElasticModel | None = None
    """What proved that there is none, in a large model."""
    prices: Floats | None = None
    """(row) the prices that give `priced`; None where only a search of whole numbers gave a bound."""
    priced: float = -np.inf
    """The best bound by prices alone, which holds whatever the limits of the rows, less what they give."""
    shortages: tuple[Shortage, ...] = ()
    """By how much the nearest to a plan breaks which hard policies, where there is none."""


class Matheuristic:
    """One search: the model, where it stands, and its best plan so far."""

    def __init__(self, model: Model, limits: Limits, report: Report, clock: Clock | None = None) -> None:
        self.model, self.arrays, self.limits, self.report = model, model.arrays, limits, report
        self.clock = clock or Clock(limits)
        self.best: Floats | None = None
        self.objective, self.bound, self.infeasible = np.inf, -np.inf, False
        self.clash: ElasticModel | None = None
        self.prices: Floats | None = None
        self._priced = -np.inf
        self.finishing = 0.0
        self.branching: Branching | None = None
        self._tried: Decided | None = None

    def tell(self, stage: str) -> None:
        """Report where the search stands."""
        self._hear_branching()
        incumbent = self.objective if self.best is not None else None
        self.report(Progress(self.clock.seconds, stage, incumbent, _finite(self.bound)))

    def keep(self, values: Floats, stage: str) -> None:
        """Take a whole-numbered plan as the incumbent where it is better."""
        values = netted(self.model, values)
        objective = float(self.arrays.cost @ values) + self.arrays.constant
        if objective < self.objective:
            self.best, self.objective = values, objective
        self.tell(stage)

    def done(self) -> bool:
        """Whether the asked gap is reached, the model is impossible or no time is left."""
        self._hear_branching()
        reached = self.best is not None and self.objective - self.bound <= self.limits.gap * abs(
            self.objective
        )
        return reached or self.infeasible or self.clock.left <= 0.0

    def found(self) -> SearchResult:
        """Return what the search has."""
        return SearchResult(
            self.best, self.objective, self.bound, self.infeasible, self.clash, self.prices, self._priced
        )

    def by_stages(self, runs: Floats | None, eased: Eased | None = None) -> None:
        """Relax, bound, construct, round and improve, with smaller groups each time."""
        try:
            self._by_stages(runs, eased)
        finally:
            if self.branching is not None:
                self.branching.end()
                self._hear_branching()

    def _by_stages(self, runs: Floats | None, eased: Eased | None) -> None:
        apart = LagrangianBound.of(self.model)
        for within_m, grouped in grouped_finely_enough(self.model, eased):
            self.tell(f"relaxation, groups of {within_m / 1000:.0f} km")
            smaller, relaxed = ReducedModel.of(self.model, grouped, self.limits, self.clock)
            if relaxed.outcome == "infeasible" and not self._whole_is_possible():
                return
            prices = smaller.prices(relaxed)
            if prices is not None:
                prices = prices if eased is None else apart.sharpened(prices, eased.rows)
                self.take_bound(apart.bound(prices), prices)
            self.tell("relaxation")
            if self.done() or relaxed.outcome != "optimal":
                break
            if self.branching is None and prices is not None:
                self.branching = Branching(self.model, prices, self.limits, self.clock)
                self.branching.begin()
            # sites that suit looser ceilings are a plan to begin with, seldom the cheapest one
            both_ways = eased is not None and self.best is None
            settled = self.begin(smaller, relaxed, runs, both_ways=both_ways)
            if self.done():
                break
            runs = self.rounds(smaller, settled) if settled is not None else runs
            if self.done() or (self.best is None and hard_policies(self.model.problem)):
                break  # with hard policies it may be for ever: `breach.py` goes about it otherwise
        else:
            self.whole_model()

    def begin(
        self, smaller: ReducedModel, relaxed: Solution, runs: Floats | None, *, both_ways: bool
    ) -> Solution | None:
        """Settle sites as they are known to run, else along the relaxation; or both ways, and the better."""
        known = None if runs is None else self.settled(smaller, runs)
        if runs is None or known is None:
            along = self.along_small_relaxation(smaller)
            return self.construct(smaller, relaxed) if along is None else along
        if not both_ways:
            return known
        self.to_whole_numbers(smaller, known)
        if self.done() or self.clock.left <= FINISHING * self.finishing:
            return known
        smaller.ask_again(list(range(smaller.sites.count)))
        made = self.construct(smaller, relaxed)
        return made if made is not None and made.objective < known.objective else self.settled(smaller, runs)

    def along_small_relaxation(self, smaller: ReducedModel) -> Solution | None:
        """Settle sites along the small relaxation, which is quick, and as there in the smaller model."""
        if self.branching is None:
            return None
        small, relaxed = self.branching.relaxed()
        self.tell("small relaxation")
        along = self.construct(small, relaxed) if relaxed.outcome == "optimal" else None
        if along is None:
            return None
        self.branching.search_near(values_of(relaxed), values_of(along))
        going = values_of(along)[small.aggregate.place[column_ids(self.model.decisions.closing)]]
        return smaller.settle_all(self.model, small.sites.use(along).round(), going.round(), self.clock)

    def _hear_branching(self) -> None:
        if self.branching is not None:
            self.take_bound(self.branching.bound, None)

    def as_decided(self, smaller: ReducedModel) -> Solution | None:
        """Settle what the branching has decided, where that is new and near its bound; else change nothing.

        Where it cannot be settled in the smaller model, all sites may choose again.
        """
        decided = self._newly_decided()
        if decided is None:
            return None
        self._tried = decided
        return smaller.settle_all(self.model, decided.runs, decided.closing, self.clock)

    def _newly_decided(self) -> Decided | None:
        decided = None if self.branching is None else self.branching.decided
        if decided is None or decided is self._tried:
            return None
        return decided if decided.objective - self.bound <= CLEAR * abs(decided.objective) else None

    def take_bound(self, bound: float, prices: Floats | None) -> None:
        """Take a bound where it is better; the best that prices give with those prices."""
        self.bound = max(self.bound, bound)
        if prices is not None and bound > self._priced:
            self._priced, self.prices = bound, prices

    def near(self, runs: Floats, free: Collection[int]) -> None:
        """Make a plan in which all sites run as given, but for those that are free."""
        smaller, relaxed = ReducedModel.relaxed(self.model, WITHIN_M[0], self.limits, self.clock)
        prices = smaller.prices(relaxed)
        if prices is not None:
            self.bound = LagrangianBound.of(self.model).bound(prices)
        self.tell("relaxation")
        smaller.settle({n: row for n, row in enumerate(runs) if n not in free})
        settled = smaller.relax(self.clock)
        if settled is None:
            return
        use = smaller.sites.use(settled)
        most = max((use[n].max() for n in free), default=0.0)
        smaller.settle({n: as_used(use[n], most) for n in free})
        settled = smaller.relax(self.clock)
        if settled is not None:
            self.to_whole_numbers(smaller, settled)

    def rounds(self, smaller: ReducedModel, settled: Solution) -> Floats:
        """Make a plan of what is settled, improve it, and return (site and tier, year) what runs."""
        self.to_whole_numbers(smaller, settled)
        settled = self.or_as_decided(smaller, settled)
        while not self.done():
            better = self.improve(smaller, settled)
            if better is not settled:
                self.to_whole_numbers(smaller, better)
            settled = self.or_as_decided(smaller, better)
            if settled is better:
                break
        return smaller.sites.use(settled).round()

    def or_as_decided(self, smaller: ReducedModel, settled: Solution) -> Solution:
        """Make a plan of what the branching has decided meanwhile, and return the cheaper of both."""
        runs, decided = smaller.sites.use(settled).round(), None if self.done() else self.as_decided(smaller)
        if decided is None:
            return settled
        self.to_whole_numbers(smaller, decided)
        return decided if decided.objective < settled.objective else self.settled(smaller, runs) or decided

    def _whole_is_possible(self) -> bool:
        """Whether the whole relaxation has a solution, where the smaller one has none."""
        unhurried = Limits(self.limits.gap, np.inf, self.limits.stop, self.limits.seed)
        self.clash = ElasticModel.of(self.model.problem, unhurried)
        if self.clash.is_proven:
            self.infeasible = True
            return False
        solution = LinearModel(self.arrays, self.arrays.columns, self.limits).relax(
            interior=True, seconds=self.clock.left
        )
        self.infeasible = solution.outcome == "infeasible"
        return not self.infeasible

    def settled(self, smaller: ReducedModel, runs: Floats) -> Solution | None:
        """Solve the smaller model where sites run as in the plan so far."""
        smaller.settle(dict(enumerate(runs)))
        solution = smaller.relax(self.clock)
        if solution is not None:
            solution = smaller.settle_closing(self.model, solution, self.clock)
        if solution is None:
            smaller.ask_again(list(range(smaller.sites.count)))
        return solution

    def construct(self, smaller: ReducedModel, relaxed: Solution) -> Solution | None:
        """Settle which sites run in which years, along the relaxation."""
        begun = smaller.settle_closing(self.model, relaxed, self.clock)
        if begun is None:
            return None
        solution = begun
        left, tries = set(range(smaller.sites.count)), 0
        while not self.clock.left <= 0.0:
            tried, decided = self._tried, self.as_decided(smaller)
            if decided is not None:
                return decided
            if self._tried is not tried:
                return self.construct(smaller, relaxed)
            use = smaller.sites.use(solution)
            questions = [n for n in left if _is_open(use[n])]
            if not questions:
                smaller.settle({n: (row > USED).astype(float) for n, row in enumerate(use)})
                return smaller.relax(self.clock)
            questions.sort(key=lambda n: (float(use[n].max()), n))
            settled = self._settle(smaller, use, questions, both=len(questions) <= FEW and tries < BOTH)
            tries += len(questions) <= FEW
            if settled is None:
                logger.info("no answer to %d open sites", len(questions))
                return None
            solution, answered = settled
            left -= answered
            self.tell(f"sites, {len(questions)} open")
        return None

    def _settle(
        self, smaller: ReducedModel, use: Floats, questions: list[int], *, both: bool
    ) -> tuple[Solution, set[int]] | None:
        """Answer the clearest of the open questions, and solve again."""
        sites = smaller.sites
        if both:
            return self._try_both(smaller, use, questions[-1])
        count = len(questions) if len(questions) <= FEW else max(1, int(len(questions) * PER_ROUND))
        answers = {n: sites.running(n, use[n]) for n in questions[-count:]}
        weak = [n for n in questions[:count] if not sites.base[n] and use[n].max() < DROPPED]
        answers |= {n: np.zeros(use.shape[1]) for n in weak if n not in answers}
        smaller.settle(answers)
        answered = smaller.relax(self.clock)
        if answered is None and self.clock.left > 0.0:
            smaller.ask_again(list(answers))
            answers = {n: np.full(use.shape[1], 1.0 if sites.base[n] else 0.0) for n in answers}
            smaller.settle(answers)
            answered = smaller.relax(self.clock)
        if answered is None and self.clock.left > 0.0:
            smaller.ask_again(list(answers))
            return self._one_by_one(smaller, use, questions)
        return (answered, set(answers)) if answered is not None else None

    def _one_by_one(
        self, smaller: ReducedModel, use: Floats, questions: list[int]
    ) -> tuple[Solution, set[int]] | None:
        """Answer the clearest question that has an answer by itself, where several at once have none."""
        for question in reversed(questions):
            settled = self._try_both(smaller, use, question)
            if settled is not None:
                return settled
            smaller.ask_again([question])
        return None

    def _try_both(
        self, smaller: ReducedModel, use: Floats, question: int
    ) -> tuple[Solution, set[int]] | None:
        """Solve with either answer and keep the better one."""
        tried: list[tuple[float, int, Solution, Floats]] = []
        for answer in (
            smaller.sites.running(question, use[question]),
            smaller.sites.closing(question, use[question]),
        ):
            smaller.settle({question: answer})
            solution = smaller.relax(self.clock)
            if solution is not None:
                tried.append((solution.objective, len(tried), solution, answer))
        if not tried:
            return None
        _, _, solution, answer = min(tried)
        smaller.settle({question: answer})
        return solution, {question}

    def improve(self, smaller: ReducedModel, settled: Solution) -> Solution:
        """Change when one site runs at a time, the most promising first, until no change pays."""
        best, tried = settled, set[tuple[int, bytes]]()
        runs = smaller.sites.use(best).round()
        while not self._good_enough(best):
            smaller.settle(dict(enumerate(runs)))
            basis = smaller.program.basis()
            better = None
            for change in smaller.sites.changes(runs, reduced_costs(best)):
                if change.at_least > -WORTH_TRYING * abs(best.objective) or self._good_enough(best):
                    break
                key = (change.site, change.runs.tobytes())
                if key in tried:
                    continue
                tried.add(key)
                better = self._with_change(smaller, change, best.objective)
                if better is not None:
                    runs[change.site] = change.runs
                    best = better
                    break
                smaller.settle({change.site: runs[change.site]})
                smaller.program.begin_from(basis)
            if better is None:
                break
            logger.info("%.1f s: %.0f after %d changes tried", self.clock.seconds, best.objective, len(tried))
            self.tell("sites tried otherwise")
        return best

    def _with_change(self, smaller: ReducedModel, change: SiteChange, objective: float) -> Solution | None:
        smaller.settle({change.site: change.runs})
        return smaller.relax(self.clock, below=objective - WORTH_TAKING * abs(objective))

    def _good_enough(self, settled: Solution) -> bool:
        """Tell whether it would reach the asked gap as a plan, or time or newer decisions ask for one."""
        enough = self.limits.gap * (1.0 - ROUNDING_SHARE) * abs(settled.objective)
        to_finish = FINISHING_WORK + parts_of(self.model)
        late = self.clock.left <= FINISHING * self.finishing or self.limits.work.left <= to_finish
        decided = self.branching is not None and self.branching.sites_are_decided
        return (
            settled.objective - self.bound <= enough
            or late
            or (decided and self._newly_decided() is not None)
        )

    def to_whole_numbers(self, smaller: ReducedModel, settled: Solution) -> None:
        """Round homes, then places, and let everybody choose again in the whole model."""
        began = self.clock.seconds
        homes, given = whole_homes(self.model, smaller.expand(values_of(settled)))
        smaller.fix(homes, given)
        x, replaced = self.model.decisions, replacement_rows(self.model)
        runs, closing = column_ids(x.operating), column_ids(x.closing)
        whole = np.concatenate([given, smaller.expand(values_of(settled))[runs].round()])
        decided, tried = (np.concatenate([homes, runs]), whole), set[bytes]()
        for margin in MARGINS:
            if self.clock.left <= 0.0:
                break
            spared = smaller.sparing(replaced, margin.in_fractions, self.clock)
            if spared is None and margin.in_fractions:
                continue
            values = smaller.expand(values_of(spared or settled))
            places = whole_places(self.model, values, margin.in_whole)
            if places is None or places[1].tobytes() in tried:
                continue
            tried.add(places[1].tobytes())
            lived_in = smaller.lived_in(*places, self.clock)
            smaller.fix(closing, values[closing].round())
            logger.info("%.1f s: rounded, margin %.1f", self.clock.seconds, margin.in_whole)
            if lived_in is not None and self._people_follow(decided, places, smaller.guide(lived_in)):
                break
        smaller.release(homes)
        self.finishing = max(self.finishing, self.clock.seconds - began)

    def _people_follow(
        self, decided: tuple[Columns, Floats], places: tuple[Columns, Floats], guide: Guide | None
    ) -> bool:
        """Let everybody choose where homes, sites and places stand; return whether that is a plan."""
        columns = np.concatenate([decided[0], places[0]])
        fixed = np.concatenate([decided[1], places[1]])
        followed = nearly_followed(self.model, columns, fixed, guide, self.limits, self.clock)
        if followed is None:
            return False
        plan = followed.values if followed.broken <= UNBROKEN else places_for(self.model, followed.values)
        if plan is not None:
            self.keep(plan, "a plan in whole numbers")
        return plan is not None

    def whole_model(self) -> None:
        """Give the whole model to the solver, from the best plan, for the time that is left."""
        program = LinearModel(self.arrays, self.arrays.columns, self.limits)
        self.tell("whole model")

        told = (np.inf, -np.inf)

        def listen(incumbent: float, bound: float) -> None:
            nonlocal told
            self._hear_branching()
            if np.isfinite(bound):
                self.take_bound(bound + self.arrays.constant, None)
            better = incumbent + self.arrays.constant if abs(incumbent) < 1e30 else np.inf
            now = (min(self.objective, better), self.bound)
            if now != told:
                told = now
                shown = _finite(now[0])
                self.report(Progress(self.clock.seconds, "whole model", shown, _finite(self.bound)))

        def enough() -> bool:
            """Whether the best plan is near the bound of the branching, which the solver knows nothing of."""
            objective, bound = told
            return np.isfinite(objective) and objective - bound <= self.limits.gap * abs(objective)

        solution = program.search(
            gap=self.limits.gap, seconds=self.clock.left, start=self.best, progress=listen, enough=enough
        )
        if np.isfinite(solution.bound):
            self.take_bound(solution.bound, None)
        self.infeasible = solution.outcome == "infeasible" and self.best is None
        if solution.values is not None:
            self.fix_whole(solution.values)

    def fix_whole(self, values: Floats) -> None:
        """Bring near-whole values of the solver to whole numbers and let people follow."""
        columns = np.flatnonzero(self.arrays.integer).astype(np.int32)
        unlimited = Limits(self.limits.gap, np.inf, seed=self.limits.seed)
        followed = people_follow(
            self.model, columns, values[columns].round(), None, unlimited, Clock(unlimited)
        )
        self.keep(cleaned(self.arrays, values) if followed is None else followed, "whole model")


def _finite(number: float) -> float | None:
    return number if np.isfinite(number) else None


def _is_open(use: Floats) -> bool:
    return bool(((use > USED) & (use < 1.0 - USED)).any())
