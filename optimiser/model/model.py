"""The linear model of a problem: PuLP's variables and rows, and the same rows as sparse arrays."""

import gc
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Self

import numpy as np
from numpy.typing import NDArray
from pulp import LpMinimize, LpProblem, lpSum_vars_coefs
from scipy.sparse import csr_array, hstack, vstack

from optimiser.model.coupling_limits import SHARED, shared, shared_constant
from optimiser.model.formulation import (
    CORE,
    CostTerm,
    homes_within_agreements,
    paid,
    paid_by_the_wlz,
    steered,
)
from optimiser.model.policies import POLICIES, deviations
from optimiser.model.relocation import moves, residents_stay
from optimiser.model.variables import SLACK, Decisions, LpNames, decide
from optimiser.problem import Problem, same
from optimiser.rule import Row, Rule

RULES: tuple[Rule, ...] = (*CORE, *POLICIES)

type Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Model:
    """A problem as a linear model: its decisions are PuLP's variables, its rows those of the rules.

    `program` is PuLP's model, to export or give to any solver; `arrays` are the same rows for a
    solver that is kept. Each is written when it is first asked for. `variables` is the model of
    PuLP that the decisions belong to.
    """

    problem: Problem
    variables: LpProblem
    decisions: Decisions
    rows: tuple[tuple[Rule, Row], ...]
    terms: tuple[CostTerm, ...]
    constant: float

    @classmethod
    def of(cls, problem: Problem, rules: Sequence[Rule] = RULES) -> Self:
        """Write a problem down under the given rules and its own, policies that are off left out."""
        variables = LpProblem("spreidplan", LpMinimize)
        with _nothing_to_collect():
            x = decide(problem, variables)
            _check_names(problem)
            active = [*(rule for rule in rules if is_on(problem, rule)), *problem.own_rules]
            rows = tuple((rule, row) for rule in active for row in rule.rows(problem, x))
            terms = (*paid(problem, x), *steered(problem, x), *_of_policies(problem, x))
            return cls(problem, variables, x, rows, terms, _constant(problem, x))

    @cached_property
    def program(self) -> LpProblem:
        """PuLP's model with every row and the objective."""
        names = LpNames()
        for rule, row in self.rows:
            _write(self.variables, names.of(rule.name, *row.label), row)
        weight = _weights(self.problem)
        spent = [(t.variable, t.amount * weight[t.year, t.once]) for t in self.terms]
        self.variables.setObjective(lpSum_vars_coefs(spent) + self.constant)
        return self.variables

    def changed(self, problem: Problem, names: Collection[str]) -> Self:
        """Return this model with the rows of some rules as another problem has them.

        The other problem decides on the same things; what no named rule speaks of is as it was.
        Quicker than writing it all down again; `program` stays that of this model, `arrays` are new.
        """
        kept = (made for made in self.rows if made[0].name not in names)
        rules = [rule for rule in RULES if rule.name in names and is_on(problem, rule)]
        again = ((rule, row) for rule in rules for row in rule.rows(problem, self.decisions))
        return replace(self, problem=problem, rows=(*kept, *again))

    def under(self, rules: Iterable[Rule]) -> Self:
        """Return this model with the rows of more rules; the others, in the arrays too, are this model's."""
        more = ((rule, row) for rule in rules for row in rule.rows(self.problem, self.decisions))
        other = replace(self, rows=(*self.rows, *more))
        other.__dict__["arrays"] = Arrays.of(other, self)
        return other

    def with_numbers_of(self, problem: Problem) -> Self:
        """Return this model for a problem in which only numbers differ (`optimiser/warm_start.py`).

        Rows of policies and offers are written anew where they stand, and what they cost; the other
        rows, nearly all of them, are those of this model, in the arrays too.
        """
        x, known = self.decisions, defaultdict[str, list[tuple[Rule, Row]]](list)
        for made in self.rows:
            known[made[0].name].append(made)
        rows: list[tuple[Rule, Row]] = []
        for rule in (*RULES, *problem.own_rules):
            if rule.kind == "core" and rule is not homes_within_agreements:
                rows += known[rule.name]
            elif is_on(problem, rule):
                rows += ((rule, row) for row in rule.rows(problem, x))
        other = replace(
            self,
            problem=problem,
            rows=tuple(rows),
            terms=self._terms(problem),
            constant=_constant(problem, x),
        )
        other.__dict__["arrays"] = Arrays.of(other, self)
        return other

    def _terms(self, problem: Problem) -> tuple[CostTerm, ...]:
        """Return the terms for other numbers; those of the core only where their prices differ."""
        x, mine = self.decisions, self.problem
        core: Iterable[CostTerm] = (*paid(problem, x), *steered(problem, x))
        if same(problem.prices, mine.prices) and problem.steering == mine.steering:
            others = {*SLACK, SHARED, residents_stay.name}
            core = (term for term in self.terms if term.part not in others)
        return (*core, *_of_policies(problem, x))

    @cached_property
    def arrays(self) -> "Arrays":
        """The same rows as sparse arrays, for a solver that is kept between solves."""
        return Arrays.of(self)


def _of_policies(problem: Problem, x: Decisions) -> Iterator[CostTerm]:
    """Generate the points of policies, and of limits that regions share."""
    yield from moves(problem, x)
    yield from deviations(problem, x)
    yield from shared(problem, x)


@contextmanager
def _nothing_to_collect() -> Iterator[None]:
    """Pause Python's search for cycles: a model is millions of objects that stay, and none of them is one.

    The search takes as long as writing the model down.
    """
    searching = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if searching:
            gc.enable()


def is_on(problem: Problem, rule: Rule) -> bool:
    """Whether a rule holds in a problem: a policy unless it is switched off, others always."""
    return rule.kind != "policy" or getattr(problem.policies, rule.name).mode != "off"


def _check_names(problem: Problem) -> None:
    """Refuse a rule of somebody's own that is called as one that is there: prices and messages go by name."""
    ours = {rule.name for rule in RULES}
    if taken := [rule.name for rule in problem.own_rules if rule.name in ours]:
        raise ValueError(f"expected names of rules that are not taken: {', '.join(taken)}")


def _constant(problem: Problem, x: Decisions) -> float:
    return personal_budget_cost(problem) - _wlz_places_cost(problem) + shared_constant(problem, x)


def personal_budget_cost(problem: Problem) -> float:
    """Return the objective's constant: support of clients with a personal budget, who choose themselves."""
    clients = problem.personal_budget.sum(["neighbourhood", "profile"]).to_series()
    yearly = problem.prices.support.mul(clients, axis=0).sum()[list(problem.years)]
    weighed = zip(yearly, problem.years, strict=True)
    return float(sum(eur * problem.objective_weight(t, once=False) for eur, t in weighed))


def _wlz_places_cost(problem: Problem) -> float:
    """Return what the terms have too much: the places that the Wlz pays for."""
    paid_elsewhere = paid_by_the_wlz(problem)
    return sum(eur * problem.objective_weight(t, once=False) for _, t, eur in paid_elsewhere)


def _weights(problem: Problem) -> dict[tuple[int, bool], float]:
    return {
        (t, once): problem.objective_weight(t, once=once) for t in problem.years for once in (False, True)
    }


def _write(program: LpProblem, name: str, row: Row) -> None:
    expression = lpSum_vars_coefs(row.terms)
    if row.sense == "<=":
        written = expression <= row.rhs
    elif row.sense == ">=":
        written = expression >= row.rhs
    else:
        written = expression == row.rhs
    program.addConstraint(written, name)


@dataclass(frozen=True)
class Arrays:
    """min cost·x + constant, row_lower ≤ matrix·x ≤ row_upper, lower ≤ x ≤ upper, some x integer.

    Columns are in the order of PuLP's variable ids, rows in the order of `Model.rows`.
    """

    cost: Floats
    constant: float
    matrix: csr_array
    row_lower: Floats
    row_upper: Floats
    lower: Floats
    upper: Floats
    integer: NDArray[np.bool_]

    @classmethod
    def of(cls, model: Model, known: Model | None = None) -> Self:
        """Assemble the arrays from the model's own rows and terms; rows of a known model as it has them."""
        with _nothing_to_collect():
            return cls._of(model, known)

    @classmethod
    def _of(cls, model: Model, known: Model | None) -> Self:
        variables = model.decisions.all()
        matrix = _rows(model, known)
        rhs = np.array([row.rhs for _, row in model.rows])
        sense = np.array([row.sense for _, row in model.rows])
        return cls(
            cost=_cost(model, len(variables)),
            constant=model.constant,
            matrix=matrix,
            row_lower=np.where(sense == "<=", -np.inf, rhs),
            row_upper=np.where(sense == ">=", np.inf, rhs),
            lower=np.array([v.getLb() for v in variables], dtype=float),
            upper=np.array([np.inf if v.getUb() is None else v.getUb() for v in variables], dtype=float),
            integer=np.array([v.cat != "Continuous" for v in variables]),
        )

    @property
    def columns(self) -> NDArray[np.int32]:
        """Every column, as a solver takes them."""
        return np.arange(len(self.cost), dtype=np.int32)

    def with_rows(self, matrix: csr_array, lower: Floats, upper: Floats) -> "Arrays":
        """Return these arrays with rows more: lower ≤ matrix·x ≤ upper, `matrix` (new row, column)."""
        return replace(
            self,
            matrix=csr_array(vstack([self.matrix, matrix])),
            row_lower=np.concatenate([self.row_lower, lower]),
            row_upper=np.concatenate([self.row_upper, upper]),
        )

    def speaks_of(self, columns: NDArray[np.int32]) -> NDArray[np.bool_]:
        """Return (row) whether it has an entry of any of the columns."""
        there = np.zeros(len(self.cost))
        there[columns] = 1.0
        speaks: NDArray[np.bool_] = (abs(self.matrix) @ there) > 0.0
        return speaks

    def with_columns(self, cost: Floats, upper: Floats) -> "Arrays":
        """Return these arrays with columns more, from 0 to `upper`, in no row yet and not whole."""
        count = len(cost)
        return replace(
            self,
            cost=np.concatenate([self.cost, cost]),
            matrix=csr_array(hstack([self.matrix, csr_array((self.matrix.shape[0], count))])),
            lower=np.concatenate([self.lower, np.zeros(count)]),
            upper=np.concatenate([self.upper, upper]),
            integer=np.concatenate([self.integer, np.zeros(count, dtype=bool)]),
        )


def _rows(model: Model, known: Model | None) -> csr_array:
    """Return the rows as a sparse matrix, those that a known model has taken from there."""
    place = {} if known is None else {id(row): n for n, (_, row) in enumerate(known.rows)}
    columns = len(model.decisions.all())
    fresh = [row for _, row in model.rows if id(row) not in place]
    starts = np.cumsum([0, *(len(row.terms) for row in fresh)])
    index = np.fromiter((v.id for row in fresh for v, _ in row.terms), np.int32, starts[-1])
    value = np.fromiter((c for row in fresh for _, c in row.terms), float, starts[-1])
    matrix = csr_array((value, index, starts.astype(np.int32)), shape=(len(fresh), columns))
    matrix.sum_duplicates()
    if known is None:
        return matrix
    after, order = len(known.rows), np.empty(len(model.rows), dtype=np.int32)
    for n, (_, row) in enumerate(model.rows):
        order[n] = place.get(id(row), after)
        after += id(row) not in place
    return csr_array(csr_array(vstack([known.arrays.matrix, matrix]))[order])


def _cost(model: Model, columns: int) -> Floats:
    weight = _weights(model.problem)
    cost = np.zeros(columns)
    ids = [term.variable.id for term in model.terms]
    np.add.at(cost, ids, [term.amount * weight[term.year, term.once] for term in model.terms])
    return cost
