"""The three questions that a council asks of a plan, answered with the plan's own numbers.

They are the integral questions of the regional plan of Zuidoost-Drenthe (2020, § 4.2): is a
facility missing, can a facility do with fewer beds, is the spread fair. Every count of places
comes from the table of changes; a plan that is no better than doing nothing answers none.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, get_args

from optimiser.model.concentration import bounds
from optimiser.review import WITHHOLDING, proof_findings
from reports.figures import changes, figures
from reports.figures.findings import whole, withheld_text
from reports.text.notation import Language, Notation
from reports.text.words import Words

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import xarray as xr

    from optimiser.plan import Plan
    from optimiser.problem import Problem

LANGUAGES: tuple[Language, ...] = get_args(Language.__value__)


@dataclass(frozen=True)
class CouncilAnswer:
    """One question with its answer, each by language."""

    question: Mapping[Language, str]
    answer: Mapping[Language, str]


def council_answers(plan: Plan) -> tuple[CouncilAnswer, CouncilAnswer, CouncilAnswer]:
    """Return the three answers, about the last planned year and the base year."""
    withheld = next((one for one in proof_findings(plan) if one.kind in WITHHOLDING), None)
    if withheld is not None:
        none = {lang: withheld_text(withheld, lang) for lang in LANGUAGES}
        return _answer("missing", none), _answer("fewer_beds", none), _answer("fair_spread", none)
    tellers = [_Teller(plan, lang) for lang in LANGUAGES]
    return (
        _answer("missing", {teller.lang: teller.missing() for teller in tellers}),
        _answer("fewer_beds", {teller.lang: teller.fewer_beds() for teller in tellers}),
        _answer("fair_spread", {teller.lang: teller.fair_spread() for teller in tellers}),
    )


def _answer(question: str, answer: Mapping[Language, str]) -> CouncilAnswer:
    return CouncilAnswer({lang: Words(lang, "council")(f"ask_{question}") for lang in LANGUAGES}, answer)


@dataclass(frozen=True)
class _Teller:
    """A plan in the words of one language."""

    plan: Plan
    lang: Language

    def say(self, key: str, **values: object) -> str:
        problem = self.plan.problem
        return Words(self.lang, "council")(key, last=problem.years[-1], base=problem.base_year, **values)

    def missing(self) -> str:
        problem, data = self.plan.problem, self.plan.data
        waiting, misfit = _last(data["waiting"]), _misfit(problem, data)
        return self.say(
            "missing_yes" if waiting >= 0.5 or misfit >= 0.5 else "missing_no",
            waiting=whole(waiting, self.lang),
            before=whole(float(problem.waiting.sum()), self.lang),
            undone=whole(_last(self.plan.reference["waiting"]), self.lang),
            misfit=whole(misfit, self.lang),
            added=self.added(),
            net=self.net(),
        )

    def added(self) -> str:
        """Name the places that come somewhere, gross by tier, and the homes."""
        words, write = Words(self.lang, "council"), Notation(self.lang)
        table = changes.tier_changes(self.plan)
        more = [
            self.say("of_tier", number=write.number(int(places)), tier=self.tier(str(tier)))
            for tier, places in table["more"].items()
            if places
        ]
        homes = round(float(self.plan.data["new_homes"].sum()))
        return self.listed([*(more or [self.say("no_places")]), words.counted("homes", homes)])

    def net(self) -> str:
        """Name the net change of every facility tier."""
        write = Notation(self.lang)
        table = changes.tier_changes(self.plan)
        return self.listed(
            [f"{self.tier(str(tier))} {write.signed(int(net))}" for tier, net in table["net"].items()]
        )

    def fewer_beds(self) -> str:
        problem, write = self.plan.problem, Notation(self.lang)
        beds = changes.tier_changes(self.plan).loc[list(problem.tiers.index[problem.tiers["intramural"]])]
        had, has = int(beds["base"].sum()), int(beds["last"].sum())
        closed, smaller = changes.bed_sites(self.plan)
        short = _last(self.plan.data["short_reduction"])
        text = self.say(
            "beds_yes" if has < had else "beds_no",
            had=write.number(had),
            has=write.number(has),
            share=write.percent((had - has) / had if had else 0.0, 0),
            closed=closed,
            smaller=smaller,
        )
        missed = self.say("beds_short", short=write.number(short, 1)) if short > 0.05 else ""
        return f"{text} {missed}".strip()

    def fair_spread(self) -> str:
        above = _above_the_norm(self.plan.problem, self.plan.data)
        outside = _outside_the_band(self.plan.problem, self.plan.data)
        return self.say(
            "spread_no" if above or outside else "spread_yes",
            above=above,
            outside=outside,
            shares=self.listed(self.shares()),
        )

    def shares(self) -> list[str]:
        """Name each municipality with its share of the places, then and now, and the fair share."""
        problem, write = self.plan.problem, Notation(self.lang)
        site = changes.site_changes(self.plan)
        town = [problem.municipality_of[problem.neighbourhood_of[str(code)]] for code in site.index]
        by_town = site[["base", "last"]].groupby(town).sum().reindex(problem.towns, fill_value=0)
        then, now = (
            (by_town[end] / max(1, int(by_town[end].sum()))).to_numpy(float) for end in ("base", "last")
        )
        fair = problem.municipalities["share"].to_numpy(float)
        return [
            self.say(
                "share",
                name=name,
                then=write.number(100 * then[n]),
                now=write.percent(now[n], 0),
                fair=write.percent(fair[n], 0),
            )
            for n, name in enumerate(problem.municipalities["name"])
        ]

    def tier(self, code: str) -> str:
        return Words(self.lang).of(figures.region_of(self.plan).parameters.tiers[code].name)

    def listed(self, parts: Sequence[str]) -> str:
        if len(parts) < 2:
            return "".join(parts)
        return self.say("and", first=", ".join(parts[:-1]), second=parts[-1])


def _last(array: xr.DataArray) -> float:
    return float(array.isel(year=-1).sum())


def _misfit(problem: Problem, data: xr.Dataset) -> float:
    clients = data["clients"].isel(year=-1).sum("neighbourhood")
    return sum(
        float(clients.sel(profile=p, tier=k)) for p, k in problem.allowed if (p, k) not in problem.fits
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
