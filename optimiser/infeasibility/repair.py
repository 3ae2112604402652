"""The smallest changes after which a plan exists where hard rules clash, each tried by making one.

A number that could change is moved step by step towards its easiest value until nothing gives
way any more (`clash.py`); a plan made with it is the proof that it is enough.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

from optimiser.infeasibility.concessions import Conceding, breakable, changed, conceding
from optimiser.infeasibility.levers import Lever, levers
from optimiser.model.model import Floats, Model
from optimiser.plan import dataset
from optimiser.problem import Problem
from optimiser.search.elastic import NOTHING, ElasticModel, Shortage, softened
from optimiser.search.optimise import search
from optimiser.solver.limits import Clock, Limits, Progress, Report
from optimiser.verification.verify import violations

ANY_GAP = 0.999
"""Gap with which the first plan is good enough."""

OFFERS = 3
"""Offers of homes that are tried: those that help most at the margin."""

MORE_STEPS = 3
"""Steps beyond what fractions ask that are tried for a plan in whole numbers."""


@dataclass(frozen=True)
class Repair:
    """A change of one number after which a plan exists.

    Attributes
    ----------
    to
        The value that is enough.
    verified
        Whether a plan was made with it and passed its check.
    least
        Whether one step less is proven not to be enough.
    """

    lever: Lever
    to: float
    verified: bool
    least: bool

    @property
    def change(self) -> float:
        """By how much the number changes, with its sign."""
        return round(self.to - self.lever.now, 6)

    @property
    def size(self) -> float:
        """The change as a share of what it is measured against."""
        return abs(self.change) / (self.lever.scale or 1.0)


@dataclass(frozen=True)
class LetGo:
    """Policies that, made soft together, leave a plan; none of them can be left out."""

    policies: tuple[str, ...]
    verified: bool


@dataclass(frozen=True)
class Diagnosis:
    """Why no plan exists and what would do.

    Attributes
    ----------
    exact
        Whether shortages are counted in whole places and homes, everybody apart.
    only_whole
        Whether fractions of places and homes would make a plan.
    repairs
        Each enough by itself, the smallest change first.
    in_time
        Whether all was tried before time was up.
    """

    shortages: tuple[Shortage, ...]
    exact: bool
    only_whole: bool
    repairs: tuple[Repair, ...]
    let_go: LetGo | None
    in_time: bool


def diagnose(
    problem: Problem, limits: Limits, report: Report = lambda _: None, clash: ElasticModel | None = None
) -> Diagnosis:
    """Return why a problem has no plan and what would do, the smallest change first; no plan made yet.

    Parameters
    ----------
    limits
        `seconds` are for the whole of it; what could not be tried by then is left out.
    clash
        Of the problem, where it is at hand.
    """
    clock = Clock(limits)
    report(Progress(0.0, "what gives way at the least", None, None))
    clash = clash or ElasticModel.of(problem, limits)
    amount, values, prices = clash.least()
    if clash.whole:
        _, _, prices = clash.least(fractions=True)
    shortages = () if values is None else tuple(clash.shortages(values))
    let_go = _let_go(clash, shortages)
    found, in_time = list[Repair](), True
    for lever in _worth_trying(problem, clash, prices):
        in_time = in_time and clock.left > 0.0
        if in_time:
            report(Progress(clock.seconds, f"trying {lever.key}", None, None))
            repair = _by(lever, clash)
            found += [repair] if repair is not None else []
    return Diagnosis(
        shortages=shortages,
        exact=clash.whole,
        only_whole=amount > NOTHING and clash.holds_for_fractions_of_places(),
        repairs=_ranked(found),
        let_go=let_go,
        in_time=in_time,
    )


def verified(
    problem: Problem, diagnosis: Diagnosis, limits: Limits, report: Report = lambda _: None
) -> Diagnosis:
    """Make a plan with every repair, the smallest first, until time is up.

    Where fractions had asked too little a repair becomes larger; one that is proven to leave no
    plan after all is dropped.
    """
    clock = Clock(limits)

    def exists(changed: Problem) -> bool | None:
        return plan_exists(changed, Limits(limits.gap, clock.left, limits.stop, limits.seed))

    def made_with(repair: Repair) -> Repair | None:
        if isinstance(repair.lever, Conceding) and not diagnosis.exact:
            report(Progress(clock.seconds, "a plan that keeps what it can of the agreements", None, None))
            return _conceded(problem, repair, Limits(limits.gap, clock.left, limits.stop, limits.seed))
        return _made(problem, repair, exists, clock, report)

    made = [made_with(repair) for repair in diagnosis.repairs]
    let_go = diagnosis.let_go
    if let_go is not None and clock.left > 0.0:
        report(Progress(clock.seconds, "a plan with rules made soft", None, None))
        let_go = replace(let_go, verified=exists(softened(problem, let_go.policies)) is True)
    return replace(diagnosis, repairs=_ranked([one for one in made if one is not None]), let_go=let_go)


def plan_exists(problem: Problem, limits: Limits) -> bool | None:
    """Whether a plan of a problem exists: made and checked, or proven not to; None where time was up.

    The first plan will do, so the gap that is asked for is as wide as it can be.
    """
    model = Model.of(problem)
    found = search(model, replace(limits, gap=ANY_GAP), lambda _: None)
    if found.values is None:
        return False if found.infeasible else None
    return not violations(problem, dataset(model, found.values)) or None


def _ranked(repairs: list[Repair]) -> tuple[Repair, ...]:
    return tuple(sorted(repairs, key=lambda repair: repair.size))


def _worth_trying(problem: Problem, clash: ElasticModel, prices: Floats | None) -> Iterator[Lever]:
    """Generate numbers to move: all of the policies, and of the offers those that help most."""
    offered: list[tuple[float, int, Lever]] = []
    rows = {
        row.label: n
        for n, (rule, row) in enumerate(clash.model.rows)
        if rule.name == "homes_within_agreements"
    }
    agreements = conceding(problem, clash)
    if agreements is not None:
        yield agreements
    for number, lever in enumerate(levers(problem)):
        if lever.policy != "homes_within_agreements":
            yield lever
        else:
            helps = abs(float(prices[rows[lever.label]])) if prices is not None else 0.0
            offered.append((-helps, number, lever))
    for _, _, lever in sorted(offered, key=lambda one: one[:2])[: None if clash.whole else OFFERS]:
        yield lever


def _by(lever: Lever, clash: ElasticModel) -> Repair | None:
    """Return the fewest steps of a number after which nothing gives way; None where no steps do.

    Nothing gets worse by a step further, so the steps are halved.
    """
    if not lever.steps or clash.with_value(lever, lever.value(lever.steps)) > NOTHING:
        return None
    short, enough = 0, lever.steps
    while enough - short > 1:
        middle = min((short + enough) // 2, 2 * short + 1)
        if clash.with_value(lever, lever.value(middle)) > NOTHING:
            short = middle
        else:
            enough = middle
    # of agreements the sum is the least, not a step of it
    together = isinstance(lever, Conceding)
    least = clash.whole if together else clash.proves_too_little(lever, lever.value(short))
    return Repair(lever, lever.value(enough), verified=False, least=least)


def _made(
    problem: Problem, repair: Repair, exists: Callable[[Problem], bool | None], clock: Clock, report: Report
) -> Repair | None:
    """Make a plan with a repair; where fractions had asked too little, a few steps further."""
    lever, least = repair.lever, repair.least
    first = round((repair.to - lever.now) / lever.step)
    for steps in range(first, min(first + MORE_STEPS, lever.steps) + 1):
        if clock.left <= 0.0:
            return repair
        report(Progress(clock.seconds, f"a plan with {lever.key} = {lever.value(steps):g}", None, None))
        answer = exists(lever.apply(problem, lever.value(steps)))
        if answer is None:
            return repair
        if answer:
            return Repair(lever, lever.value(steps), verified=True, least=least)
        least = True
    return None


def _conceded(problem: Problem, repair: Repair, limits: Limits) -> Repair | None:
    """Read what agreements would have to say off a plan in which they may be broken at their price."""
    model = Model.of(breakable(problem))
    found = search(model, replace(limits, gap=ANY_GAP), lambda _: None)
    if found.values is None or violations(model.problem, dataset(model, found.values)):
        return None if found.infeasible else repair
    lever = changed(problem, model, found.values)
    return None if lever is None else Repair(lever, lever.limit, verified=True, least=False)


def _let_go(clash: ElasticModel, shortages: tuple[Shortage, ...]) -> LetGo | None:
    """Return policies of those that give way without which nothing does; none of them can stay."""
    names = list(dict.fromkeys(shortage.policy for shortage in shortages))
    for name in list(names):
        rest = tuple(other for other in names if other != name)
        if rest and clash.with_free(rest).least()[0] <= NOTHING:
            names.remove(name)
    return LetGo(tuple(names), verified=False) if names else None
