"""The three questions that a council asks of a plan, answered with the plan's own numbers.

They are the integral questions of the regional plan of Zuidoost-Drenthe (2020, § 4.2): is a
facility missing, can a facility do with fewer beds, is the spread fair.
"""

from dataclasses import dataclass

import xarray as xr

from optimiser.model.concentration import bounds
from optimiser.plan import Plan
from optimiser.problem import Problem
from optimiser.review import opened_places
from reports.answers.review import LANGUAGES, withheld
from reports.text.notation import Language, Notation
from reports.text.words import Words


@dataclass(frozen=True)
class CouncilAnswer:
    """One question with its answer, each in Dutch (nl) and English (en)."""

    question: dict[str, str]
    answer: dict[str, str]


def council_answers(plan: Plan) -> tuple[CouncilAnswer, CouncilAnswer, CouncilAnswer]:
    """Return the three answers, about the last planned year and the base year."""
    missing, beds, spread = (
        CouncilAnswer(
            {lang: Words(lang)(f"council_{question}") for lang in LANGUAGES},
            {lang: withheld(plan, lang) or answer(plan, lang) for lang in LANGUAGES},
        )
        for question, answer in (("missing", _missing), ("beds", _fewer_beds), ("spread", _fair_spread))
    )
    return missing, beds, spread


def _missing(plan: Plan, lang: Language) -> str:
    problem, data, words, write = plan.problem, plan.data, Words(lang), Notation(lang)
    waiting, misfit = _last(data["waiting"]), _misfit(problem, data)
    yes = waiting >= 0.5 or misfit >= 0.5
    return words(
        "council_still_missing" if yes else "council_not_missing",
        last=problem.years[-1],
        base=problem.base_year,
        waiting=write.number(waiting),
        before=write.number(float(problem.waiting.sum())),
        undone=write.number(_last(plan.reference["waiting"])),
        misfit=write.number(misfit),
        gross=_opened(plan, lang),
        net=_net(plan, lang),
    )


def _opened(plan: Plan, lang: Language) -> str:
    """Name what is opened or converted on the ground, by tier, and the homes handed over."""
    opened = opened_places(plan).sum(["site", "year"]).round().to_series()
    counted = [
        f"{Notation(lang).number(places)} × {_tier(plan.problem, str(k), lang)}"
        for k, places in opened.items()
        if k in plan.problem.facility_tiers and places > 0
    ]
    words, homes = Words(lang), round(float(plan.data["new_homes"].sum()))
    return listed([*(counted or [words("council_no_places")]), words.counted("council_homes", homes)], lang)


def _net(plan: Plan, lang: Language) -> str:
    """Name by how many places each facility tier is larger or smaller in the last year than in the base."""
    gained = (plan.data["places"].isel(year=-1) - plan.data["base_places"]).sum("site").round().to_series()
    write = Notation(lang)
    changed = [
        f"{'+' if places > 0 else '−'}{write.number(abs(places))} {_tier(plan.problem, str(k), lang)}"
        for k, places in gained.items()
        if k in plan.problem.facility_tiers and places
    ]
    return listed(changed, lang) or Words(lang)("council_no_change")


def _last(array: xr.DataArray) -> float:
    return float(array.isel(year=-1).sum())


def _misfit(problem: Problem, data: xr.Dataset) -> float:
    clients = data["clients"].isel(year=-1).sum("neighbourhood")
    return sum(
        float(clients.sel(profile=p, tier=k)) for p, k in problem.allowed if (p, k) not in problem.fits
    )


def _fewer_beds(plan: Plan, lang: Language) -> str:
    problem, data, words, write = plan.problem, plan.data, Words(lang), Notation(lang)
    beds = list(problem.tiers.index[problem.tiers["intramural"]])
    base = data["base_places"].sel(tier=beds).sum("tier")
    now = data["places"].sel(tier=beds).sum("tier").isel(year=-1)
    had, has = float(base.sum()), float(now.sum())
    short = _last(data["short_reduction"])
    answer = words(
        "council_fewer_beds" if has < had else "council_no_fewer_beds",
        had=write.number(had),
        has=write.number(has),
        last=problem.years[-1],
        less=write.percent((had - has) / had if had else 0.0),
        closed=int(((base > 0) & (now == 0)).sum()),
        smaller=int(((now > 0) & (now < base)).sum()),
    )
    return f"{answer} {words('council_short', short=write.number(short, 1))}" if short > 0.05 else answer


def _fair_spread(plan: Plan, lang: Language) -> str:
    problem, data = plan.problem, plan.data
    above, outside = _above_the_norm(problem, data), _outside_the_band(problem, data)
    return Words(lang)(
        "council_fair" if not above and not outside else "council_not_fair",
        last=problem.years[-1],
        base=problem.base_year,
        above=above,
        outside=outside,
        shares=listed(_shares(problem, data, lang), lang),
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


def _shares(problem: Problem, data: xr.Dataset, lang: Language) -> list[str]:
    town = problem.sites["neighbourhood"].map(problem.neighbourhoods["municipality"])
    words, percent = Words(lang), Notation(lang).percent

    def share(places: xr.DataArray, code: str) -> float:
        by_site = places.sum("tier").to_series()
        return float(by_site[town.reindex(by_site.index) == code].sum() / max(by_site.sum(), 1e-9))

    names, owed = problem.municipalities["name"], problem.municipalities["share"]
    return [
        words(
            "council_share",
            name=name,
            then=percent(share(data["base_places"], code)),
            now=percent(share(data["places"].isel(year=-1), code)),
            fair=percent(own),
        )
        for code, name, own in zip(problem.towns, names, owed, strict=True)
    ]


def _tier(problem: Problem, code: str, lang: Language) -> str:
    return Words(lang).of(problem.region.parameters.tiers[code].name)


def listed(parts: list[str], lang: Language) -> str:
    """Return parts in a row as people say it, with `and` before the last."""
    if len(parts) < 2:
        return "".join(parts)
    return f"{', '.join(parts[:-1])} {Words(lang)('and')} {parts[-1]}"
