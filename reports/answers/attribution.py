"""Attribution of a difference between plans, as text and tables."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from geodata.faults import InputError
from geodata.temporary import temporary_folder
from models.demand.forecast import forecast
from models.region.differences import between, file_differences, key_differences
from models.region.read_region import read_region
from optimiser.compare.attribution import MARGIN, OBJECTIVE, Attribution, Steps, attribute, method_for, needed
from optimiser.problem import Problem
from optimiser.solve import Impossible, NoPlanYet
from reports.answers.plan_brief import aligned
from reports.figures import figures
from reports.folder.case import write_case
from reports.text.words import Words

if TYPE_CHECKING:
    from pathlib import Path

    from models.region.region import Region
    from optimiser.plan import Plan
    from reports.figures.contents import Contents

FILES = "files"

MEASURED = {"beds": 1, "cost": 0, "minutes": 2, "waiting_years": 1, OBJECTIVE: 0}
"""The figures that are attributed, with the decimals in which they are told."""


@dataclass(frozen=True)
class Step:
    """One change from the first plan's input to the second's: keys that go together, or the files."""

    name: str
    keys: tuple[str, ...] = ()
    files: tuple[str, ...] = ()


def steps_between(first: Plan, second: Plan, *, by_scenario: bool = False) -> tuple[Step, ...]:
    """Return what differs, a step per key, the files together last.

    With `by_scenario` the keys that one scenario has set are one step.
    """
    regions = figures.region_of(first), figures.region_of(second)
    origin = {one.key: one.origin for region in regions for one in region.overrides}
    together: dict[str, list[str]] = {}
    for one in key_differences(regions[0].parameters, regions[1].parameters):
        scenario = origin.get(one.key, "")
        name = scenario if by_scenario and scenario.startswith("scenario ") else one.key
        together.setdefault(name, []).append(one.key)
    steps = [Step(name, tuple(keys)) for name, keys in together.items()]
    files = file_differences(*regions)
    return (*steps, *([Step(f"{FILES}: {', '.join(files)}", files=files)] if files else []))


type Solve = Callable[[Problem, Plan], Plan | None]
"""Makes a plan of a problem, with the plan to begin from; None where it was stopped."""


@dataclass
class Between:
    """The plans half-way between two, as far as they are there.

    Attributes
    ----------
    kept
        Folder of finished plans' figures, by the hash of what went in; None keeps nothing.
    limits
        Gap, seconds and seed of each plan; part of the hash.
    """

    first: Plan
    second: Plan
    steps: tuple[Step, ...]
    solve: Solve
    limits: Mapping[str, float]
    kept: Path | None = None
    in_order: bool = False
    missing: list[tuple[Steps, str]] = field(default_factory=list)

    def attribution(self, tell: Callable[[int, int, str], None] = lambda *_: None) -> Attribution:
        """Plan what is needed until it is there or a solve is stopped, and return the parts.

        `tell` hears how many plans are there, how many are needed, and which is next.
        """
        count = len(self.steps)
        method = method_for(count, in_order=self.in_order)
        found = {frozenset[int](): _measured(self.first), frozenset(range(count)): _measured(self.second)}
        asked = [taken for taken in needed(count, method) if taken not in found]
        for done, taken in enumerate(asked):
            tell(done, len(asked), ", ".join(self._names(taken)))
            try:
                figures_of = self._figures(taken)
            except (InputError, Impossible, NoPlanYet) as error:
                self.missing.append((taken, " ".join(str(error).splitlines())))
                continue
            if figures_of is None:
                break
            found[taken] = figures_of
        values = {taken: {name: one[name] for name in MEASURED} for taken, one in found.items()}
        gaps = {taken: one[MARGIN] for taken, one in found.items()}
        return attribute([step.name for step in self.steps], values, gaps, method)

    def _names(self, taken: Steps) -> list[str]:
        return [self.steps[n].name for n in sorted(taken)]

    def _figures(self, taken: Steps) -> dict[str, float] | None:
        """Return the figures of the plan with some steps taken: those kept, or of a new plan."""
        with temporary_folder() as folder:
            region = self._region(taken, folder / "case")
        file = None if self.kept is None else self.kept / f"{self._hash(region)}.json"
        kept = None if file is None else _kept(file)
        if kept is not None:
            return kept
        plan = self.solve(Problem.of(region, forecast(region)), self.first)
        if plan is None:
            return None
        measured = _measured(plan)
        if file is not None:
            _keep(file, {"steps": self._names(taken), "limits": dict(self.limits), "figures": measured})
        return measured

    def _region(self, taken: Steps, folder: Path) -> Region:
        """Return the region with some steps taken, read anew so that every check holds."""
        one, other = figures.region_of(self.first), figures.region_of(self.second)
        chosen = [self.steps[n] for n in taken]
        files = other if any(step.files for step in chosen) else one
        keys = [key for step in chosen for key in step.keys]
        write_case(replace(files, parameters=between(one.parameters, other.parameters, keys)), folder)
        return read_region(folder)

    def _hash(self, region: Region) -> str:
        told = json.dumps([region.digest, sorted(self.limits.items()), self.first.proof.solver])
        return hashlib.sha256(told.encode()).hexdigest()[:24]


def attribution_lines(
    found: Attribution, missing: Sequence[tuple[Steps, str]], steps: Sequence[Step], told: Contents
) -> Iterator[str]:
    """Generate the parts as a terminal shows them."""
    said = Words(told.lang, "attribution")
    if not steps:
        yield said("no_step")
        return
    yield said(found.method)
    number = told.notation
    rows = [("", *(said(name) for name in [*MEASURED, MARGIN]), "")]
    for name, part in found.parts.iterrows():
        unsure = "~" if abs(part[OBJECTIVE]) <= part[MARGIN] else ""
        cells = (number.signed(part[column], digits) for column, digits in MEASURED.items())
        rows.append((str(name), *cells, number.number(part[MARGIN]), unsure))
    for name, line in (("remainder", found.remainder), ("total", found.total)):
        cells = (number.signed(line[column], digits) for column, digits in MEASURED.items())
        rows.append((said(name), *cells, "", ""))
    yield from (line.rstrip() for line in aligned(rows))
    for taken, reason in missing:
        names = ", ".join(steps[n].name for n in sorted(taken))
        yield "  " + said("missing", steps=names, reason=reason)
    yield "  " + said("note")


def attribution_record(
    found: Attribution, missing: Sequence[tuple[Steps, str]], steps: Sequence[Step]
) -> dict[str, Any]:
    """Return the parts for a program."""
    return {
        "method": found.method,
        "parts": {str(name): part.to_dict() for name, part in found.parts.iterrows()},
        "remainder": found.remainder.to_dict(),
        "total": found.total.to_dict(),
        "missing": [
            {"steps": [steps[n].name for n in sorted(taken)], "reason": reason} for taken, reason in missing
        ],
    }


def _measured(plan: Plan) -> dict[str, float]:
    measures = figures.measures(plan)
    shown = {name: measures[name] for name in MEASURED if name in measures}
    return {
        **shown,
        "beds": figures.beds(plan),
        OBJECTIVE: plan.proof.objective,
        MARGIN: plan.proof.gap_eur,
    }


def _kept(file: Path) -> dict[str, float] | None:
    """Return figures that were kept; None where there are none, or what is there cannot be read."""
    try:
        read = json.loads(file.read_text(encoding="utf-8"))["figures"]
        return {str(name): float(figure) for name, figure in read.items()}
    except (OSError, ValueError, TypeError, KeyError, AttributeError, RecursionError):
        return None


def _keep(file: Path, record: Mapping[str, object]) -> None:
    """Write a record whole or not at all."""
    file.parent.mkdir(parents=True, exist_ok=True)
    fresh = file.with_name(f".{file.name}.{os.getpid()}")
    fresh.write_text(json.dumps(record, ensure_ascii=False, indent=2) + "\n", encoding="utf-8", newline="\n")
    fresh.replace(file)
