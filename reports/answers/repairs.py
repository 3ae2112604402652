"""Infeasibility and its smallest repairs, as text and as a record."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING, Any

from models.region.decisions import DecidedPlaces
from optimiser.infeasibility.concessions import KEPT, Conceding
from optimiser.model.model import RULES
from reports.answers.explanation import Teller, years_in_words
from reports.text.words import Words

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from optimiser.infeasibility.repair import Diagnosis, LetGo, Repair
    from optimiser.problem import Problem
    from optimiser.search.elastic import Shortage
    from reports.text.notation import Language


def as_text(diagnosis: Diagnosis, problem: Problem, lang: Language) -> str:
    """Return all that is said, for a terminal."""
    teller = Teller(problem, lang)
    lines = [_say(lang, "none"), "", *_short(teller, diagnosis), "", *_enough(teller, diagnosis)]
    return "\n".join(lines)


def shortage_lines(diagnosis: Diagnosis, problem: Problem, lang: Language) -> list[str]:
    """Return what is short at the least, a line each."""
    return [line.strip() for line in _short(Teller(problem, lang), diagnosis)][1:]


def as_record(diagnosis: Diagnosis, problem: Problem, lang: Language) -> dict[str, Any]:
    """Return the same for a program: codes and numbers beside the sentences."""
    teller = Teller(problem, lang)
    return {
        "short": [
            {"rule": s.policy, "label": list(s.label), "amount": s.amount, "unit": s.unit}
            for s in diagnosis.shortages
        ],
        "only_whole": diagnosis.only_whole,
        "repairs": [_record(teller, repair) for repair in diagnosis.repairs],
        "let_go": diagnosis.let_go
        and {"policies": list(diagnosis.let_go.policies), "verified": diagnosis.let_go.verified},
        "all_tried": diagnosis.in_time,
    }


def _say(lang: Language, phrase: str, /, **values: object) -> str:
    return Words(lang, "repairs")(phrase, **values)


def _short(teller: Teller, diagnosis: Diagnosis) -> Iterator[str]:
    yield _say(teller.lang, "short") + (
        ":" if diagnosis.exact else f" ({_say(teller.lang, 'in_fractions')}):"
    )
    if diagnosis.only_whole:
        yield "  " + _say(teller.lang, "only_whole")
    if not diagnosis.shortages:
        yield "  " + _say(teller.lang, "core")
    for (policy, where), same in groupby(diagnosis.shortages, key=lambda s: (s.policy, s.label[:-1])):
        rows = list(same)
        named = _agreement(teller, str(where[0])) if policy == KEPT else teller.where(where)
        yield f"  {_sentence(policy, teller.lang)} {_amounts(teller, named, rows)}"


def _amounts(teller: Teller, where: str, rows: Sequence[Shortage]) -> str:
    unit = _unit(teller, rows[0].unit)
    by_year = ", ".join(f"{row.label[-1]}: {teller.notation.number(row.amount, 1)}" for row in rows)
    return f"[{where}; {unit}] {by_year}"


def _sentence(policy: str, lang: Language) -> str:
    return next(rule.sentence[lang] for rule in RULES if rule.name == policy)


def _enough(teller: Teller, diagnosis: Diagnosis) -> Iterator[str]:
    lang = teller.lang
    yield _say(lang, "repairs" if diagnosis.repairs else "no_repairs") + (":" if diagnosis.repairs else "")
    for number, repair in enumerate(diagnosis.repairs, start=1):
        yield f"  {number}. {_repair(teller, repair)}  [{_proof(lang, repair)}]"
    if diagnosis.let_go is not None:
        mark = _say(lang, "made" if diagnosis.let_go.verified else "not_made")
        yield f"  {len(diagnosis.repairs) + 1}. {_let_go(teller, diagnosis.let_go)}  [{mark}]"
    if not diagnosis.in_time:
        yield "  " + _say(lang, "in_time")


def _let_go(teller: Teller, let_go: LetGo) -> str:
    sets = " ".join(f"--set policies.{name}.mode=soft" for name in let_go.policies)
    rules = ", ".join(f"‘{teller.policy(name)}’" for name in let_go.policies)
    return _say(teller.lang, "let_go", rules=rules, sets=sets)


def _repair(teller: Teller, repair: Repair) -> str:
    lever, number = repair.lever, teller.notation.plain
    if lever.unit == "homes":
        corporation, place, year = lever.label
        return _say(
            teller.lang, "homes", change=number(repair.change), corporation=corporation,
            place=teller.names.get(place, place), year=year, now=number(lever.now), to=number(repair.to),
        )  # fmt: skip
    if isinstance(lever, Conceding):
        return _say(teller.lang, "concede", what="; ".join(_concessions(teller, lever)))
    if lever.unit == "EUR":
        return _say(teller.lang, "euros", change=teller.notation.euros(repair.change))
    where = f", {teller.where(lever.label)}" if lever.label else ""
    now, to = (_amount(teller, repair, value) for value in (lever.now, repair.to))
    return f"{teller.policy(lever.policy)}{where}: {now} → {to}   --set {lever.key}={repair.to:g}"


def _concessions(teller: Teller, lever: Conceding) -> Iterator[str]:
    """Generate, per site or corporation and number, the years in which an agreement would say another."""
    told = groupby(lever.concessions, key=lambda one: (one.agreed.name, one.now, one.to))
    for (name, now, to), same in told:
        rows = [one.agreed for one in same]
        what = "places" if isinstance(rows[0], DecidedPlaces) else "homes"
        years = years_in_words([one.year for one in rows])
        yield f"{_agreement(teller, name)} {years}: {now} → {to} {_unit(teller, what)}"


def _agreement(teller: Teller, name: str) -> str:
    """Return where what is agreed is, by the names of the region."""
    return teller.where(next(one.where for one in teller.problem.agreed.every if one.name == name))


def _unit(teller: Teller, unit: str) -> str:
    return Words(teller.lang).known(f"unit_{unit}", unit)


def _amount(teller: Teller, repair: Repair, value: float) -> str:
    if repair.lever.unit == "share":
        return teller.notation.percent(value, 0)
    return f"{teller.notation.plain(value)} {repair.lever.unit}"


def _proof(lang: Language, repair: Repair) -> str:
    told = [_say(lang, "made" if repair.verified else "not_made")]
    step = "least_in_all" if isinstance(repair.lever, Conceding) else "least"
    return "; ".join([*told, _say(lang, step if repair.least else "not_least")])


def _record(teller: Teller, repair: Repair) -> dict[str, Any]:
    lever = repair.lever
    conceded = lever.concessions if isinstance(lever, Conceding) else ()
    return {
        "key": lever.key,
        "rule": lever.policy,
        "label": list(lever.label),
        "unit": lever.unit,
        "from": lever.now,
        "to": repair.to,
        "change": repair.change,
        "set": f"{lever.key}={repair.to:g}" if lever.settable else None,
        "verified": repair.verified,
        "one_step_less_is_too_little": repair.least,
        "step": lever.step,
        "agreements": [
            {"agreement": one.agreed.name, "year": one.agreed.year, "from": one.now, "to": one.to}
            for one in conceded
        ],
        "sentence": _repair(teller, repair),
    }
