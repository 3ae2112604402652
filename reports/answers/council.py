"""The three questions that a council asks of a plan, answered with the plan's own numbers.

They are the integral questions of the regional plan of Zuidoost-Drenthe (2020, § 4.2): is a
facility missing, can a facility do with fewer beds, is the spread fair.
"""

from dataclasses import dataclass

import xarray as xr

from optimiser.model.concentration import bounds
from optimiser.plan import Plan
from optimiser.problem import Problem


@dataclass(frozen=True)
class CouncilAnswer:
    """One question with its answer, each in Dutch (nl) and English (en)."""

    question: dict[str, str]
    answer: dict[str, str]


def council_answers(plan: Plan) -> tuple[CouncilAnswer, CouncilAnswer, CouncilAnswer]:
    """Return the three answers, about the last planned year and the base year."""
    return _missing(plan), _fewer_beds(plan), _fair_spread(plan)


def _missing(plan: Plan) -> CouncilAnswer:
    problem, data = plan.problem, plan.data
    last, base = problem.years[-1], problem.base_year
    waiting, misfit = _last(data["waiting"]), _misfit(problem, data)
    before, undone = float(problem.waiting.sum()), _last(plan.reference["waiting"])
    added = {lang: _added(problem, data, lang) for lang in ("nl", "en")}
    yes = waiting >= 0.5 or misfit >= 0.5
    return CouncilAnswer(
        {"nl": "Mist er een voorziening?", "en": "Is a facility missing?"},
        {
            "nl": f"{'Ja, ook na dit plan' if yes else 'Na dit plan niet meer'}. Wachtenden in {last}: "
            f"{_nl(waiting, 0)} ({base}: {_nl(before, 0)}; als er niets gebeurt: {_nl(undone, 0)}); mensen "
            f"in een vorm die niet past: {_nl(misfit, 0)}. Het plan voegt toe: {added['nl']}.",
            "en": f"{'Yes, even after this plan' if yes else 'Not any more after this plan'}. People waiting "
            f"in {last}: {waiting:,.0f} ({base}: {before:,.0f}; doing nothing: {undone:,.0f}); living in a "
            f"form that does not fit: {misfit:,.0f}. The plan adds {added['en']}.",
        },
    )


def _added(problem: Problem, data: xr.Dataset, lang: str) -> str:
    """Name the facility tiers with more places in the last year than in the base year, and the homes."""
    gained = (data["places"].isel(year=-1) - data["base_places"]).sum("site").round().to_series()
    more = [
        f"{_written(places, lang)} × {_tier(problem, str(k), lang)}"
        for k, places in gained.items()
        if k in problem.facility_tiers and places > 0
    ]
    homes = round(float(data["new_homes"].sum()))
    one, many = ("woning", "woningen") if lang == "nl" else ("home", "homes")
    none = ["geen plekken" if lang == "nl" else "no places"]
    return _listed([*(more or none), f"{_written(homes, lang)} {one if homes == 1 else many}"], lang)


def _last(array: xr.DataArray) -> float:
    return float(array.isel(year=-1).sum())


def _misfit(problem: Problem, data: xr.Dataset) -> float:
    clients = data["clients"].isel(year=-1).sum("neighbourhood")
    return sum(
        float(clients.sel(profile=p, tier=k)) for p, k in problem.allowed if (p, k) not in problem.fits
    )


def _fewer_beds(plan: Plan) -> CouncilAnswer:
    problem, data = plan.problem, plan.data
    last = problem.years[-1]
    beds = list(problem.tiers.index[problem.tiers["intramural"]])
    places = data["places"].sel(tier=beds).sum("tier")
    base, now = data["base_places"].sel(tier=beds).sum("tier"), places.isel(year=-1)
    had, has = float(base.sum()), float(now.sum())
    closed, smaller = int(((base > 0) & (now == 0)).sum()), int(((now > 0) & (now < base)).sum())
    less = (had - has) / had if had else 0.0
    short = _last(data["short_reduction"])
    missed = {
        "nl": f" Dat is {_nl(short)} minder dan het afgesproken pad vraagt." if short > 0.05 else "",
        "en": f" That is {short:.1f} short of the agreed path." if short > 0.05 else "",
    }
    return CouncilAnswer(
        {"nl": "Kan een voorziening met minder bedden toe?", "en": "Can a facility do with fewer beds?"},
        {
            "nl": f"{'Ja' if has < had else 'Nee'}: van {_nl(had, 0)} naar {_nl(has, 0)} intramurale bedden "
            f"in {last} ({100 * less:.0f} % minder). Locaties die ermee stoppen: {closed}; die kleiner "
            f"worden: {smaller}.{missed['nl']}",
            "en": f"{'Yes' if has < had else 'No'}: from {had:,.0f} to {has:,.0f} intramural beds in {last} "
            f"({100 * less:.0f}% fewer). Sites that give theirs up: {closed}; that shrink: "
            f"{smaller}.{missed['en']}",
        },
    )


def _fair_spread(plan: Plan) -> CouncilAnswer:
    problem, data = plan.problem, plan.data
    last, base = problem.years[-1], problem.base_year
    above, outside = _above_the_norm(problem, data), _outside_the_band(problem, data)
    shares = {lang: _listed(_shares(problem, data, lang), lang) for lang in ("nl", "en")}
    fair = not above and not outside
    return CouncilAnswer(
        {"nl": "Is de spreiding eerlijk?", "en": "Is the spread fair?"},
        {
            "nl": f"{'Ja, binnen de normen' if fair else 'Nog niet overal'}. Wijken boven de norm voor "
            f"concentratie in {last}: {above}; gemeenten buiten de band rond hun aandeel: {outside}. "
            f"Aandeel in de plekken, {base} → {last}: {shares['nl']}.",
            "en": f"{'Yes, within the norms' if fair else 'Not everywhere yet'}. Neighbourhoods above the "
            f"concentration norm in {last}: {above}; municipalities outside the band around their share: "
            f"{outside}. Share of the places, {base} → {last}: {shares['en']}.",
        },
    )


def _above_the_norm(problem: Problem, data: xr.Dataset) -> int:
    """Count the neighbourhoods over the norm in the last year, whether or not the policy is on."""
    last = data["places"].isel(year=-1)
    places = {(s, k): float(last.sel(site=s, tier=k)) for s, k in problem.places_at}
    return len({bound.neighbourhood for bound in bounds(problem) if bound.over(places) > 1e-6})


def _outside_the_band(problem: Problem, data: xr.Dataset) -> int:
    """Count the municipalities that are outside the band around their share in the last year."""
    band = problem.policies.fair_share_between_municipalities.band.value
    by_site = data["places"].isel(year=-1).sum("tier").to_series()
    town = problem.sites["neighbourhood"].map(problem.neighbourhoods["municipality"])
    there = by_site.groupby(town.reindex(by_site.index).to_numpy()).sum()
    fair = problem.municipalities["share"] * by_site.sum()
    deviation = (there.reindex(fair.index, fill_value=0.0) - fair).abs()
    return int((deviation > band * fair + 1e-6).sum())


def _shares(problem: Problem, data: xr.Dataset, lang: str) -> list[str]:
    town = problem.sites["neighbourhood"].map(problem.neighbourhoods["municipality"])

    def share(places: xr.DataArray, code: str) -> float:
        by_site = places.sum("tier").to_series()
        return float(by_site[town.reindex(by_site.index) == code].sum() / max(by_site.sum(), 1e-9))

    fair, percent = ("eerlijk", "\u00a0%") if lang == "nl" else ("fair", "%")
    names, owed = problem.municipalities["name"], problem.municipalities["share"]
    return [
        f"{name} {100 * share(data['base_places'], code):.0f} → "
        f"{100 * share(data['places'].isel(year=-1), code):.0f}{percent} ({fair} {100 * own:.0f}{percent})"
        for code, name, own in zip(problem.towns, names, owed, strict=True)
    ]


def _tier(problem: Problem, code: str, lang: str) -> str:
    name = problem.region.parameters.tiers[code].name
    return name.nl if lang == "nl" else name.en


def _listed(parts: list[str], lang: str) -> str:
    if len(parts) < 2:
        return "".join(parts)
    return ", ".join(parts[:-1]) + (" en " if lang == "nl" else " and ") + parts[-1]


def _written(number: float, lang: str) -> str:
    return _nl(number, 0) if lang == "nl" else f"{number:,.0f}"


def _nl(number: float, digits: int = 1) -> str:
    return f"{number:,.{digits}f}".translate(str.maketrans(",.", ".,"))
