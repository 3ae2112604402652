"""The answer of `locate` as a planner reads it, and as a program does."""

from typing import Any

import pandas as pd

from models.region import Region
from optimiser.locate import Location
from optimiser.location.terrain import places

AIMS = {
    "travel": "fewest minutes in all",
    "worst": "shortest longest journey",
    "coverage": "most people near",
    "spread": "sites as far apart as can be",
}
SURE = {"proven": "proven best", "best_found": "best found, not proven"}


def table(answer: Location, region: Region, tier: str | None) -> str:
    """Return the answer in plain text: what was asked, each site with its people and minutes, the proof."""
    frame = sites(answer, region, tier)
    shown = frame.round({"people": 1, "mean_minutes": 1, "worst_minutes": 1})
    columns = {"mean_minutes": "mean min", "worst_minutes": "worst min"}
    lines = [_asked(answer), "", shown.rename(columns=columns).to_string(na_rep="–"), "", _served(answer)]
    return "\n".join([*lines, *_near(answer, region, tier), _proof(answer)])


def record(answer: Location, region: Region, tier: str | None) -> dict[str, Any]:
    """Return the answer for a program; what has no value is None."""
    per_site = sites(answer, region, tier).reset_index()
    norm = _norm(answer, region, tier)
    return {
        "aim": answer.problem.aim,
        "status": answer.status,
        "objective": answer.objective,
        "bound": answer.bound,
        "gap": answer.gap,
        "unit": answer.unit,
        "seconds": answer.seconds,
        "solver": answer.solver,
        "people": float(answer.problem.demand.sum()),
        "served": float(answer.assignment["people"].sum()),
        "mean_minutes": answer.mean_minutes,
        "worst_minutes": answer.worst_minutes,
        "norm_minutes": norm,
        "within_norm": None if norm is None else answer.share_within(norm),
        "sites": per_site.astype(object).where(per_site.notna(), None).to_dict("records"),
        "assignment": answer.assignment.to_dict("records"),
    }


def sites(answer: Location, region: Region, tier: str | None) -> pd.DataFrame:
    """Return the chosen sites: name, neighbourhood by name, people, mean and worst minutes."""
    found = places(region, tier).loc[list(answer.sites), ["name", "neighbourhood"]]
    named = found["neighbourhood"].map(region.neighbourhoods["name"])
    return found.assign(neighbourhood=named).join(answer.per_site()).rename_axis("site")


def _asked(answer: Location) -> str:
    count, aim = len(answer.sites), AIMS[answer.problem.aim]
    if answer.problem.sites is None:
        aim = f"as few as bring everybody within {answer.problem.radius:g} minutes"
    elif answer.problem.aim == "coverage":
        aim = f"most people within {answer.problem.radius:g} minutes"
    return f"{count} {'site' if count == 1 else 'sites'}: {aim} ({SURE[answer.status]})"


def _served(answer: Location) -> str:
    people, served = float(answer.problem.demand.sum()), float(answer.assignment["people"].sum())
    minutes = f"mean {answer.mean_minutes:.1f} minutes, worst {answer.worst_minutes:.1f}"
    if served < people - 1e-6:
        return f"{served:.1f} of {people:.1f} people served: {minutes}"
    return f"{people:.1f} people: {minutes}"


def _near(answer: Location, region: Region, tier: str | None) -> list[str]:
    norm = _norm(answer, region, tier)
    return [] if norm is None else [f"{answer.share_within(norm):.1%} of them within {norm:g} minutes"]


def _norm(answer: Location, region: Region, tier: str | None) -> float | None:
    """Return the minutes that count as near: as asked, else the tier's norm, if any."""
    norm = None if tier is None else region.parameters.tiers[tier].norm.value
    return norm if answer.problem.radius is None else answer.problem.radius


def _proof(answer: Location) -> str:
    worth = f"{answer.objective:.6g} {answer.unit}, bound {answer.bound:.6g}"
    return f"{worth}, gap {answer.gap:.2%}; {answer.solver}, {answer.seconds:.1f} s"
