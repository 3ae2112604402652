"""From a problem to a verified plan with its proof, or to what stops it."""

import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace
from threading import Event
from typing import Self

import numpy as np
import xarray as xr

from optimiser.model.model import Floats, Model
from optimiser.plan import Plan, Proof, Status, dataset
from optimiser.problem import Problem
from optimiser.search.assignment import do_nothing
from optimiser.search.elastic import ElasticModel, Shortage, hard_policies, softened
from optimiser.search.lagrangian_bound import LagrangianBound
from optimiser.search.matheuristic import SearchResult
from optimiser.search.optimise import search
from optimiser.search.tie_breaking import steadiest
from optimiser.solver.highs import version
from optimiser.solver.limits import Limits, Progress, Work
from optimiser.verification.verify import recomputed_objective, violations
from optimiser.verification.violation import Violation

PROVEN = 1e-6
"""Gap (share) below which a plan is called proven: the precision of the solver's own arithmetic."""


BESIDE_FROM = 0.5
"""Part of the seconds after which the reference is made beside a search that has no plan yet."""


class Impossible(Exception):
    """No plan meets the hard rules; `explanation` says which give way at the least, where and by how much.

    `clash` is what it was found with, for those who ask on (`optimiser/infeasibility/repair.py`).
    """

    status = "impossible"

    def __init__(self, explanation: tuple[str, ...], clash: ElasticModel | None = None) -> None:
        self.explanation, self.clash = explanation, clash
        super().__init__("\n".join(["No plan meets the hard rules.", *(f"- {line}" for line in explanation)]))


class NoPlanYet(Exception):
    """The search was stopped, or ran out of time, before it had any plan.

    `explanation` says what the nearest to one breaks, where that is known.
    """

    status = "no plan yet"

    def __init__(self, message: str, explanation: tuple[str, ...] = ()) -> None:
        self.explanation = explanation
        super().__init__("\n".join([message, *(f"- {line}" for line in explanation)]))


class Unverified(Exception):
    """The plan that was found does not pass the check of its own arrays; it is withheld."""

    def __init__(self, broken: tuple[Violation, ...]) -> None:
        self.broken = broken
        shown = [f"- {violation}" for violation in broken[:20]]
        super().__init__(
            "\n".join([f"The plan fails its check in {len(broken)} places and is withheld.", *shown])
        )


def solve(
    problem: Problem,
    *,
    gap: float = 0.01,
    seconds: float = 150.0,
    seed: int = 0,
    progress: Callable[[Progress], None] = lambda _: None,
    stop: Event | None = None,
    start: Plan | None = None,
    work: int | None = None,
) -> Plan:
    """Return the best plan that the limits allow, verified, with its proof and the do-nothing reference.

    Parameters
    ----------
    gap
        Share of the objective by which the plan may exceed the bound; the search stops there.
    seconds
        Wall-clock seconds for the search; the reference and the check come on top.
    seed
        Of the solver; the same input, seed and solver version take the same path.
    progress
        Hears how far the search has come.
    stop
        Set it from outside to stop with the best plan so far.
    start
        A plan of the same region, perhaps under other numbers: the search first looks around in it,
        sites running when they run there.
    work
        Programmes that the solver may solve and nodes it may look at, in place of the seconds: the same
        input, seed, work and solver version give the same plan, however quick the machine is.

    Raises
    ------
    Impossible
        Where the hard rules cannot all hold.
    NoPlanYet
        Where the search ended before it had any plan.
    Unverified
        Where the plan does not pass the check of its own arrays.
    """
    began = time.monotonic()
    limits = Limits(gap, seconds, stop or Event(), seed)
    if work is not None:
        limits = replace(limits, seconds=np.inf, work=Work(work))
    model = Model.of(problem)
    runs = None if start is None else running_as_in(start, problem)
    with ReferenceBeside(model, limits, progress) as reference_beside:
        found = search(model, limits, reference_beside.heard, runs)
        if found.infeasible and found.values is None:
            raise _impossible(found, problem, limits)
        reference, nothing_done = reference_beside.made()
    if nothing_done is not None:
        found = _better(found, nothing_done, model)
    values = _values(found, problem, limits)
    if found.objective - found.bound <= PROVEN * abs(found.objective):
        values = steadiest(model, values, limits)
        found = replace(found, values=values, objective=_objective(model, values))
    return verified(model, values, reference, proof_of(model, found, limits, time.monotonic() - began))


def verified(model: Model, values: Floats, reference: xr.Dataset, proof: Proof) -> Plan:
    """Return the plan that values (column) are, checked on its own arrays; raises Unverified."""
    problem, data = model.problem, dataset(model, values)
    _check(problem, data)
    _check_objective(problem, data, proof)
    return Plan(problem, signed(problem, data, proof), reference, proof)


def running_as_in(plan: Plan, problem: Problem) -> Floats:
    """Return (site and tier, year) 1 where a site runs in a plan; what it does not know is as in the base."""
    known = plan.data["operating"].to_series().to_dict()
    base = {at: float(places > 0) for at, places in problem.base_places.items()}
    return np.array(
        [[float(known.get((*at, t), base[at])) for t in problem.years] for at in problem.places_at]
    ).round()


class ReferenceBeside:
    """The do-nothing reference, made in a thread beside the search once that has a plan, or half its time.

    Not before: the search needs the cores more, and where there can be no plan its time would be lost.
    """

    def __init__(self, model: Model, limits: Limits, progress: Callable[[Progress], None]) -> None:
        self._model, self._limits, self._progress = model, limits, progress
        self._beside = ThreadPoolExecutor(max_workers=1)
        self._making: Future[tuple[xr.Dataset, Floats | None]] | None = None
        _ = model.arrays  # before two threads ask for them

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._beside.shutdown()

    def heard(self, told: Progress) -> None:
        """Pass on how far the search has come, and begin once there is something to stand beside."""
        late = told.bound is not None and told.seconds > BESIDE_FROM * self._limits.seconds
        if self._making is None and (told.incumbent is not None or late):
            self._begin()
        self._progress(told)

    def made(self) -> tuple[xr.Dataset, Floats | None]:
        """Return the reference, and its values where it is a plan of the problem itself."""
        return (self._making or self._begin()).result()

    def _begin(self) -> "Future[tuple[xr.Dataset, Floats | None]]":
        self._making = self._beside.submit(reference_of, self._model, self._limits)
        return self._making


def _impossible(found: SearchResult, problem: Problem, limits: Limits) -> Impossible:
    clash = found.clash or ElasticModel.of(problem, Limits(limits.gap, np.inf, limits.stop, limits.seed))
    return Impossible(tuple(_what_stops(clash)), clash)


def _values(found: SearchResult, problem: Problem, limits: Limits) -> Floats:
    """Return the values of a plan that was found, or say why there is none."""
    if found.infeasible:
        raise _impossible(found, problem, limits)
    if found.values is None:
        broken = tuple(map(_short, found.shortages))
        nearest = " The nearest breaks hard rules: ask less of them, or make them soft." if broken else ""
        message = "The search ended before it had a plan. Give it more time, or leave it running."
        raise NoPlanYet(message + nearest, broken)
    return found.values


def _better(found: SearchResult, values: Floats, model: Model) -> SearchResult:
    """Return what was found, or another plan where that costs less."""
    objective = _objective(model, values)
    if found.values is not None and found.objective <= objective:
        return found
    return replace(found, values=values, objective=objective, infeasible=False)


def _objective(model: Model, values: Floats) -> float:
    return float(model.arrays.cost @ values) + model.arrays.constant


def reference_of(model: Model, limits: Limits) -> tuple[xr.Dataset, Floats | None]:
    """Return the do-nothing reference, and its values where it is a plan of the problem itself."""
    problem, hard = model.problem, hard_policies(model.problem)
    soft = replace(softened(problem, hard), own_rules=())
    giving_way = Model.of(soft) if hard or problem.own_rules else model
    # never stopped: what is left when the search is stopped at once is this
    values = do_nothing(giving_way, Limits(limits.gap, np.inf, seed=limits.seed))
    data = dataset(giving_way, values)
    _check(soft, data)
    return data, None if hard or (problem.own_rules and violations(problem, data)) else values


def _check(problem: Problem, data: xr.Dataset) -> None:
    broken = violations(problem, data)
    if broken:
        raise Unverified(broken)


def _check_objective(problem: Problem, data: xr.Dataset, proof: Proof) -> None:
    """The objective that the proof speaks of must be the one that the arrays add up to."""
    off = abs(recomputed_objective(problem, data) - proof.objective)
    if off > max(1.0, 1e-7 * abs(proof.objective)):
        raise Unverified((Violation("objective", "all years", off, "euros and points"),))


def proof_of(model: Model, found: SearchResult, limits: Limits, seconds: float) -> Proof:
    """Return how far what was found can be from the best plan."""
    least = unavoidable(model)
    bound = max(found.bound, least)
    status = status_of(found.objective, bound, limits.gap)
    return Proof(status, found.objective, bound, least, seconds, version(), limits.gap)


def status_of(objective: float, bound: float, gap: float) -> Status:
    """Return what can be said of a plan with this objective, where `gap` (share) was asked."""
    distance = objective - bound
    if distance <= PROVEN * abs(objective):
        return "proven"
    return "within_gap" if distance <= gap * abs(objective) else "best_found"


def unavoidable(model: Model) -> float:
    """Return what no plan can avoid: people in the cheapest tiers within reach, without any limit."""
    return LagrangianBound.of(model).bound(np.zeros(len(model.rows)))


def _short(one: Shortage) -> str:
    where = ", ".join(str(part) for part in one.label)
    return f"{one.policy}: {one.amount:.1f} {one.unit} short at {where}"


def cheaper(one: Plan, other: Plan) -> Plan:
    """Return the better of two plans of one problem, `one` where they are equal, with the better bound."""
    best, bound = (
        min((one, other), key=lambda plan: plan.proof.objective),
        max(one.proof.bound, other.proof.bound),
    )
    status = status_of(best.proof.objective, bound, best.proof.asked_gap)
    seconds = one.proof.seconds + other.proof.seconds
    proof = replace(best.proof, status=status, bound=bound, seconds=seconds)
    return replace(best, data=signed(best.problem, best.data, proof), proof=proof)


def _what_stops(clash: ElasticModel) -> Iterator[str]:
    """Say which hard policies would be broken at the least, where, when and by how much."""
    _, values, _ = clash.least()
    if values is None and (own := clash.model.problem.own_rules):
        names = ", ".join(rule.name for rule in own)
        yield f"the rules of your own ({names}) and those that always hold do not go together"
        return
    if values is None:
        yield (
            "the core rules themselves cannot hold: "
            "more people of the Wlz live at a site than it may have places"
        )
        return
    yield from map(_short, clash.shortages(values))
    if clash.holds_for_fractions_of_places():
        yield "the hard rules hold for fractions of places, but for no whole number of places"


def signed(problem: Problem, data: xr.Dataset, proof: Proof) -> xr.Dataset:
    """Write the proof into the attributes."""
    attrs: dict[str, object] = {
        "status": proof.status,
        "gap": proof.gap,
        "gap_eur": proof.gap_eur,
        "gap_controllable": proof.gap_controllable,
        "bound": proof.bound,
        "objective": proof.objective,
        "unavoidable": proof.unavoidable,
        "asked_gap": proof.asked_gap,
        "seconds": proof.seconds,
        "solver": proof.solver,
    }
    attrs |= {"region": problem.region.parameters.region.name, "digest": problem.region.digest}
    return data.assign_attrs(attrs)
