"""Explanation of a plan as text and as a record, in Dutch or English."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from functools import cached_property
from itertools import groupby
from typing import TYPE_CHECKING, Any

from reports.answers.council import council_answers
from reports.text.notation import Language, Notation
from reports.text.words import Words

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from optimiser.explain.binding_rules import Binding
    from optimiser.explain.explanation import Explanation
    from optimiser.explain.marginal_values import ValueFigures, Worth
    from optimiser.explain.site_counterfactuals import Otherwise
    from optimiser.problem import Problem
    from optimiser.rule import Rule

MOST_PLACES = 8
"""Where a rule binds, told by name; the rest is counted."""

DEVIATES = 0.05
"""Deviation from a soft policy below which it is not told."""

_OF_LABELS = {"yearly": "yearly", "over": "over_side", "under": "under_side", "region": "everywhere"}
"""What rules put in a label beside codes."""

_OF_RELOCATION = ("lived", "natural", "asked", "priced", "all natural", "all asked")
_NEVER_TOLD = frozenset(("grown", "kept", "runs", "shrinks", "grows", *_OF_RELOCATION))
"""First of the labels of rows that only help the solver."""

_OF_SITES_ONLY = frozenset({"served_within_places", "small_enough_to_fit", "large_enough_to_run"})


@dataclass(frozen=True)
class Teller:
    """Says where and how much, in one language, by the names of a region."""

    problem: Problem
    lang: Language

    @cached_property
    def notation(self) -> Notation:
        """How the language writes numbers."""
        return Notation(self.lang)

    def say(self, key: str, **values: object) -> str:
        """Return a phrase."""
        return Words(self.lang, "explanation")(key, **values)

    @cached_property
    def names(self) -> dict[str, str]:
        """Code of a municipality, neighbourhood, site, tier or profile → its name."""
        problem, words = self.problem, Words(self.lang)
        tiers = {k: words.of(tier.name) for k, tier in problem.region.parameters.tiers.items()}
        areas = {str(j): str(name) for j, name in problem.neighbourhoods["name"].items()}
        sites = {str(s): str(name) for s, name in problem.sites["name"].items() if str(name).strip()}
        towns = {str(m): str(name) for m, name in problem.municipalities["name"].items()}
        profiles = {p: words.of(one.name) for p, one in problem.region.parameters.profiles.items()}
        return profiles | tiers | areas | sites | towns

    def where(self, label: Sequence[object]) -> str:
        """Return the places of a label, its year left out."""
        parts = [str(part) for part in label if not isinstance(part, int)]
        told = [self.say(_OF_LABELS[p]) if p in _OF_LABELS else self.names.get(p, p) for p in parts]
        return ", ".join(told) or self.say("everywhere")

    def policy(self, name: str) -> str:
        """Return the short name of a rule."""
        return Words(self.lang).known(f"part_{name}", name)


def sections(explanation: Explanation, lang: Language) -> list[tuple[str, list[str]]]:
    """Return heading and lines of every part."""
    teller = Teller(explanation.plan.problem, lang)
    told = [
        (teller.say("binds"), list(_binding_lines(teller, explanation.bindings))),
        (teller.say("worth"), list(_worth_lines(teller, explanation.worths))),
        (teller.say("sites"), [_site_line(teller, site) for site in explanation.sites]),
        *((answer.question[lang], [answer.answer[lang]]) for answer in council_answers(explanation.plan)),
    ]
    return [(heading, lines) for heading, lines in told if lines]


def as_text(explanation: Explanation, lang: Language) -> str:
    """Return all that is said, for a terminal."""
    blocks = [
        "\n".join([heading, *(f"  {line}" for line in lines)])
        for heading, lines in sections(explanation, lang)
    ]
    return "\n\n".join(blocks)


def as_record(explanation: Explanation, lang: Language) -> dict[str, Any]:
    """Return the same for a program: codes and numbers beside the sentences."""
    teller = Teller(explanation.plan.problem, lang)
    return {
        "binding": [
            {"rule": b.rule.name, "unit": b.rule.unit, "label": list(b.label), "over": b.over}
            for b in _told(teller.problem, explanation.bindings)
        ],
        "worth": [_worth_record(teller, worth) for worth in explanation.worths],
        "sites": [_site_record(teller, site) for site in explanation.sites],
        "answers": [
            {"question": a.question[lang], "answer": a.answer[lang]}
            for a in council_answers(explanation.plan)
        ],
        "sentences": [line for _, lines in sections(explanation, lang) for line in lines],
    }


def _told(problem: Problem, bindings: Iterable[Binding]) -> Iterator[Binding]:
    """Leave out what only helps the solver, and homes that are all lived in: they are as many as needed."""
    sites = set(problem.sites.index)
    for binding in bindings:
        at_home = binding.rule.name in _OF_SITES_ONLY and binding.label[0] not in sites
        if binding.label[0] not in _NEVER_TOLD and not at_home:
            yield binding


@dataclass(frozen=True)
class Held:
    """A rule that binds: its sentence, and where and when, in words."""

    rule: Rule
    sentence: str
    places: tuple[str, ...]


def held(teller: Teller, bindings: Sequence[Binding]) -> Iterator[Held]:
    """Generate the rules that bind, policies first."""
    told = sorted(_told(teller.problem, bindings), key=lambda b: b.rule.kind, reverse=True)
    for _, same in groupby(told, key=lambda b: b.rule.name):
        rows = list(same)
        places = [
            teller.say(key, where=_places(teller, some))
            for key, some in (
                ("over", [b for b in rows if b.over > DEVIATES]),
                ("no_room", [b for b in rows if b.over <= DEVIATES]),
            )
            if some
        ]
        yield Held(rows[0].rule, rows[0].rule.sentence[teller.lang], tuple(places))


def _binding_lines(teller: Teller, bindings: Sequence[Binding]) -> Iterator[str]:
    for rule in held(teller, bindings):
        yield rule.sentence
        yield from (f"  {place}" for place in rule.places)


def _places(teller: Teller, bindings: Sequence[Binding]) -> str:
    """Return where and in which years, those with most deviation first, then those with most years."""
    spots: dict[str, list[Binding]] = {}
    for binding in bindings:
        spots.setdefault(teller.where(binding.label), []).append(binding)
    order = sorted(spots, key=lambda where: (-sum(b.over for b in spots[where]), -len(spots[where])))
    told = [f"{where} {_when(teller, spots[where])}" for where in order[:MOST_PLACES]]
    left = len(order) - MOST_PLACES
    return "; ".join([*told, *([teller.say("more", count=left)] if left > 0 else [])])


def _when(teller: Teller, bindings: Sequence[Binding]) -> str:
    """Return the years, with how far is deviated at the most."""
    years = years_in_words(sorted({b.label[-1] for b in bindings if isinstance(b.label[-1], int)}))
    most = max(b.over for b in bindings)
    unit = Words(teller.lang).known(f"unit_{bindings[0].rule.unit}", bindings[0].rule.unit)
    if most <= DEVIATES:
        return years
    return teller.say("at_most", years=years, most=teller.notation.number(most, 1), unit=unit)


def years_in_words(years: Sequence[int]) -> str:
    """Return years with those that follow each other as a range: 2022–2024, 2027."""
    told = []
    for _, run in groupby(enumerate(years), key=lambda pair: pair[1] - pair[0]):
        same = [year for _, year in run]
        told.append(f"{same[0]}–{same[-1]}" if len(same) > 1 else str(same[0]))
    return ", ".join(told)


def _worth_lines(teller: Teller, worths: Sequence[Worth]) -> Iterator[str]:
    """Generate lines, each kind of answer under how it was found."""
    for basis, same in groupby(worths, key=lambda worth: _basis(teller, worth)):
        yield f"{basis[0].upper()}{basis[1:]}:"
        for worth in same:
            yield f"  {_what(teller, worth)}: {_change(teller, worth)}"


def _what(teller: Teller, worth: Worth) -> str:
    year = next((part for part in reversed(worth.label) if isinstance(part, int)), "")
    where, rule = teller.where(worth.label), teller.policy(worth.rule.name)
    return Words(teller.lang, "one_more")(worth.what, where=where, year=year, rule=rule)


def _change(teller: Teller, worth: Worth) -> str:
    if worth.change is None:
        return teller.say("price", price=teller.notation.number(-(worth.price or 0.0)))
    told = _figures(teller, worth.change)
    if worth.basis == "plans" and not worth.is_distinguishable:
        told += "; " + teller.say("not_distinguishable", gaps=teller.notation.number(worth.gaps))
    return told


def _figures(teller: Teller, change: ValueFigures) -> str:
    """Return what changes; what does not change is left out."""
    told = {
        "eur": (change.eur, 0), "points": (change.points, 0),
        "waiting": (change.waiting, 2), "minutes": (change.minutes, 0),
    }  # fmt: skip
    parts = [
        teller.say(f"in_{name}", amount=teller.notation.signed(amount, digits))
        for name, (amount, digits) in told.items()
        if abs(amount) >= 0.5 * 10.0**-digits
    ]
    return ", ".join(parts) or teller.say("no_change")


def _basis(teller: Teller, worth: Worth) -> str:
    grouped = f"; {teller.say('by_groups')}" if worth.grouped else ""
    return teller.say(f"by_{worth.basis}") + grouped


def _site_line(teller: Teller, site: Otherwise) -> str:
    name, number = teller.names.get(site.site, site.site), teller.notation.number
    begin = teller.say(
        "runs" if site.runs else "does_not_run",
        site=name, year=teller.problem.years[-1], people=number(site.people, 1),
    )  # fmt: skip
    if site.change is None:
        return f"{begin} {teller.say('impossible' if site.impossible else 'not_found')}."
    notes = [teller.say("by_plans")]
    notes += [teller.say("others_stand")] if site.others_stand else []
    if site.better_than > 0.0:
        notes.append(teller.say("proven_worse", least=number(site.better_than)))
    elif not site.is_distinguishable:
        notes.append(teller.say("not_distinguishable", gaps=number(site.gaps)))
    return f"{begin}: {_figures(teller, site.change)} [{'; '.join(notes)}]"


def _worth_record(teller: Teller, worth: Worth) -> dict[str, Any]:
    return {
        "what": worth.what,
        "rule": worth.rule.name,
        "label": list(worth.label),
        "basis": worth.basis,
        "price": worth.price,
        "change": None if worth.change is None else asdict(worth.change),
        "neighbours_move_as_one": worth.grouped,
        "gaps": worth.gaps,
        "sentence": f"{_what(teller, worth)}: {_change(teller, worth)} [{_basis(teller, worth)}]",
    }


def _site_record(teller: Teller, site: Otherwise) -> dict[str, Any]:
    told = asdict(site) | {"distinguishable": site.is_distinguishable, "sentence": _site_line(teller, site)}
    return told | {"better_than": site.better_than if abs(site.better_than) < 1e30 else None,
                   "gaps": site.gaps if abs(site.gaps) < 1e30 else None}  # fmt: skip
