"""`summary.json`: the plan in figures that another program may read."""

from __future__ import annotations

import json
import math
from typing import TYPE_CHECKING, Any, get_args

from reports.figures import figures
from reports.text.notation import Language

if TYPE_CHECKING:
    from pathlib import Path

    import pandas as pd

    from reports.figures.contents import Contents

FORMAT = 1
"""Changes when a key of the summary gets another meaning."""


def write_summary(contents: Contents, file: Path) -> None:
    """Write the summary of a plan."""
    text = json.dumps(summary(contents), ensure_ascii=False, indent=2, allow_nan=False, default=str)
    file.write_text(text + "\n", encoding="utf-8", newline="\n")


def summary(contents: Contents) -> dict[str, Any]:
    """Return the summary of a plan: texts in both languages, people in fractions, euros nominal."""
    plan, region = contents.plan, contents.region
    compared = figures.comparison(plan)
    return {
        "format": FORMAT,
        "region": region.parameters.region.name,
        "plan_id": figures.plan_id(plan),
        "digest": region.digest,
        "scenario": contents.scenario,
        "overrides": [
            {"key": o.key, "old": o.old, "new": o.new, "origin": o.origin} for o in region.overrides
        ],
        "years": {"base": contents.years["base"], "planned": figures.planned_years(plan)},
        "review": _review(contents),
        "proof": _proof(contents),
        "figures": {
            str(name): {
                "plan": _number(line["plan"]),
                "do_nothing": _number(line["nothing"]),
                "unit": line["unit"],
            }
            for name, line in compared.iterrows()
        },
        "places": _by_year(figures.places_by_tier(plan)),
        "people_in_homes": _by_year(figures.living_by_tier(plan)),
        "waiting": _by_year(figures.by_municipality(plan, figures.neighbourhood_waiting(plan))),
        "cost": _by_year(figures.cost_by_municipality(plan)),
        "shortfalls": _by_year(figures.shortfalls(plan)),
        "sites": {str(site): event for site, event in figures.site_events(plan).iloc[:, -1].items()},
        "council": [{"question": dict(a.question), "answer": dict(a.answer)} for a in contents.answers],
        "remarks": [dict(remark) for remark in region.remarks],
    }


def _review(contents: Contents) -> list[dict[str, Any]]:
    """Return the findings of the review, each with its sentences in both languages."""
    languages: tuple[Language, ...] = get_args(Language.__value__)
    return [
        {
            "kind": one.kind,
            "severity": one.severity,
            "number": _number(one.number),
            "level": one.level,
            "place": one.place or None,
            "year": one.year,
            "tier": one.tier or None,
            "amounts": {name: _number(value) for name, value in one.amounts.items()},
            "text": {lang: contents.finding(one, lang).text for lang in languages},
        }
        for one in contents.review
    ]


def _proof(contents: Contents) -> dict[str, Any]:
    proof = contents.plan.proof
    names = ("objective", "bound", "gap", "gap_eur", "gap_controllable", "seconds")
    return {
        "status": proof.status,
        "solver": proof.solver,
        **{name: _number(getattr(proof, name)) for name in names},
    }


def _by_year(table: pd.DataFrame) -> dict[str, dict[str, float | None]]:
    return {
        str(code): {str(year): _number(value) for year, value in line.items()}
        for code, line in table.iterrows()
    }


def _number(value: Any) -> float | None:
    """Return a number as JSON has it; what is not known is null."""
    number = float(value)
    return round(number, 6) if math.isfinite(number) else None
