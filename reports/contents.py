"""What a report tells: a plan, the answers and rules that go with it, and the language."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from reports import figures
from reports.notation import Language, Notation
from reports.words import Words

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd

    from models.region import Region
    from optimiser import Answer
    from optimiser.plan import Plan
    from optimiser.rule import Rule


@dataclass(frozen=True)
class Contents:
    """One plan as it is told to people in one language."""

    plan: Plan
    answers: Sequence[Answer]
    rules: Sequence[Rule]
    lang: Language = "nl"

    @cached_property
    def words(self) -> Words:
        """The words of the language."""
        return Words(self.lang)

    @cached_property
    def notation(self) -> Notation:
        """How the language writes numbers."""
        return Notation(self.lang)

    @property
    def region(self) -> Region:
        """The region that the plan is for."""
        return figures.region_of(self.plan)

    @cached_property
    def years(self) -> dict[str, int]:
        """The base year and the first and last planned year, under the names that the words use."""
        planned = figures.planned_years(self.plan)
        return {"base": figures.base_year(self.plan), "first": planned[0], "last": planned[-1]}

    @property
    def title(self) -> str:
        """The name of the plan."""
        years = self.years
        return self.words(
            "title", region=self.region.parameters.region.name, first=years["first"], last=years["last"]
        )

    @property
    def status(self) -> str:
        """How sure the plan is, in one sentence."""
        proof = self.plan.proof
        return self.words(f"status_{proof.status}", gap=self.notation.percent(proof.gap, 2))

    @property
    def status_note(self) -> str:
        """What the distance of the status is measured in."""
        proof, write = self.plan.proof, self.notation
        return self.words(
            "status_note",
            gap=write.percent(proof.gap, 2),
            gap_eur=write.number(proof.gap_eur),
            controllable=write.percent(proof.gap_controllable, 2),
        )

    @property
    def scenario(self) -> str:
        """What has changed the region's own values: scenarios and settings by name, or nothing."""
        return ", ".join(dict.fromkeys(override.origin for override in self.region.overrides))

    def tier(self, code: str) -> str:
        """Return the name of a tier; `waiting` stands for those without a place."""
        tier = self.region.parameters.tiers.get(code)
        return self.words.of(tier.name) if tier else self.words("waiting_row")

    def profile(self, code: str) -> str:
        """Return the name of a profile."""
        return self.words.of(self.region.parameters.profiles[code].name)

    def municipality(self, code: str) -> str:
        """Return the name of a municipality, or the code of a payer that is none."""
        names = self.region.municipalities["name"]
        return str(names[code]) if code in names.index else str(code)

    def neighbourhood(self, code: str) -> str:
        """Return the name of a neighbourhood."""
        return str(self.region.neighbourhoods.at[code, "name"])

    def part(self, code: str) -> str:
        """Return the name of a part of the cost or of a policy."""
        return self.words.known(f"part_{code}", code)

    def rule_kind(self, rule: Rule) -> str:
        """Return whether a rule is of the core, and else how the scenario has set it."""
        if rule.kind == "core":
            return self.words("kind_core")
        policy = getattr(self.region.parameters.policies, rule.name, None)
        return self.words("kind_policy", mode=self.words(f"mode_{getattr(policy, 'mode', 'off')}"))

    @cached_property
    def used_sites(self) -> pd.DataFrame:
        """The sites that have a place in some year, with their names as the plan carries them."""
        totals = figures.site_totals(self.plan)
        sites = self.region.sites.loc[totals.index]
        return sites[(totals > figures.TOLERANCE).any(axis=1)]

    def neighbour_name(self, site: str) -> str:
        """Return the name of the neighbourhood of a site."""
        return self.neighbourhood(str(self.region.sites.at[site, "neighbourhood"]))


def is_assumed(source: object) -> bool:
    """Return whether a line of the assumptions has no source behind it."""
    return not isinstance(source, str) or source in ("", "assumption")
