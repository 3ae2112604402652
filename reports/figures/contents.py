"""Contents of a report: a plan, the answers and rules that go with it, and the language."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from importlib.metadata import version
from typing import TYPE_CHECKING

from models.funding.funding import REGIMES
from optimiser.explain.binding_rules import bindings, values_of_plan
from optimiser.manual_plan import broken_rules
from optimiser.model.cost_allocation import BaseAllocation
from optimiser.model.model import Model
from optimiser.review import Finding, review
from reports.answers.explanation import Held, Teller, held
from reports.figures import figures
from reports.figures.findings import FindingText, finding_text, whole
from reports.text.notation import Language, Notation
from reports.text.words import Words

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import pandas as pd

    from models.parameters.parameters import Regime
    from models.region.region import Region
    from optimiser.plan import Plan
    from optimiser.rule import Rule
    from reports.answers.council import CouncilAnswer


@dataclass(frozen=True)
class Regimes:
    """Years in a row under one funding regime."""

    name: Regime
    first: int
    last: int

    @property
    def years(self) -> str:
        """The years as people write them."""
        return str(self.first) if self.first == self.last else f"{self.first}–{self.last}"


@dataclass(frozen=True)
class Contents:
    """One plan as it is told to people in one language."""

    plan: Plan
    answers: Sequence[CouncilAnswer]
    rules: Sequence[Rule]
    lang: Language = "nl"
    lots: pd.DataFrame | None = None
    """Lots as `spreidplan lots -o` writes them to `lots.csv`, where somebody gave them."""

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
        said = self.words(f"status_{proof.status}", gap=self.notation.percent(proof.gap, 2))
        broken = list(dict.fromkeys(one.rule for one in broken_rules(self.plan)))
        if not broken:
            return said
        return f"{said} {self.words('status_breaks', count=len(broken), names=', '.join(broken))}"

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

    @cached_property
    def review(self) -> tuple[Finding, ...]:
        """The findings of the plan's review, the most serious first."""
        return review(self.plan)

    @cached_property
    def findings(self) -> list[str]:
        """The review in sentences, to be read before anything else; empty where nothing was found."""
        return [self.finding(one).text for one in self.review]

    @cached_property
    def page_findings(self) -> list[str]:
        """The findings as a page says them: without options of a command."""
        return [self.finding(one, commands=False).text for one in self.review]

    def finding(
        self, finding: Finding, lang: Language | None = None, *, commands: bool = True
    ) -> FindingText:
        """Return a finding in words, in this language or another."""
        told = replace(self, lang=lang or self.lang)
        names: dict[str, Callable[[str], str]] = {
            "region": str,
            "municipality": told.municipality,
            "neighbourhood": told.neighbourhood,
            "site": told.site,
        }
        tier = told.tier(finding.tier) if finding.tier else ""
        place = names[finding.level](finding.place)
        return finding_text(finding, told.lang, place, tier, commands=commands)

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
        """Return the name of a municipality, with its code where two have the same name; else the code."""
        return self._municipalities.get(code, str(code))

    @cached_property
    def _municipalities(self) -> dict[str, str]:
        names = self.region.municipalities["name"]
        shared = set(names[names.duplicated()])
        return {
            str(code): f"{name} ({code})" if name in shared else str(name) for code, name in names.items()
        }

    def payer(self, code: str) -> str:
        """Return the name of who pays: a municipality, those who pay a stream, or a corporation."""
        return self.words.known(f"payer_{code}", self.municipality(code))

    def stream(self, code: str) -> str:
        """Return the name of a stream."""
        return self.words.known(f"stream_{code}", code)

    @cached_property
    def regimes(self) -> list[Regimes]:
        """The years under each funding regime, in order."""
        funding, found = self.region.parameters.funding, list[Regimes]()
        for year in figures.planned_years(self.plan):
            name = funding.regime(year)
            if found and found[-1].name == name:
                found[-1] = replace(found[-1], last=year)
            else:
                found.append(Regimes(name, year, year))
        return found

    @property
    def several_centres(self) -> bool:
        """Whether the region has more than one central municipality."""
        return bool(self.region.municipalities["central"].nunique() > 1)

    @cached_property
    def lines(self) -> pd.DataFrame:
        """Every euro of the plan in a line, with names in place of codes; see `optimiser.ledger`."""
        lines, town = figures.ledger_lines(self.plan), self.municipality
        areas, sites = self.region.neighbourhoods["name"], self.region.sites["name"]
        names = {"": "", **{code: f"{name} ({code})" for code, name in [*areas.items(), *sites.items()]}}
        return lines.assign(
            part=lines["part"].map(self.part),
            stream=lines["stream"].map(self.stream),
            **{column: lines[column].map(town) for column in ("origin", "host", "account")},
            payer=lines["payer"].map(self.payer),
            place=lines["place"].map(names),
            tier=[self.tier(code) if code else "" for code in lines["tier"]],
            unit=[self.words(f"of_{unit}") for unit in lines["unit"]],
        )

    @property
    def shares_basis(self) -> str:
        """What the grant is divided by where a regime divides it: given shares, or inhabitants as a proxy."""
        given = self.region.municipalities["objective_share"].notna().all()
        return self.words("shares_given" if given else "shares_proxy")

    @property
    def funding_told(self) -> list[str]:
        """Sentences on who receives, bears and settles, and on what of it the plan decides."""
        words = self.words
        told = [
            f"{span.years}: {words.of(REGIMES[span.name].sentence)} {words(f'due_{span.name}')}"
            for span in self.regimes
        ]
        if self.several_centres:
            told.append(words("several_centres"))
        if any(span.name != "central" for span in self.regimes):
            told.append(self.shares_basis)
        if self.plan.data["grant"].notnull().any():
            told.append(words("grant_fixed"))
        else:
            told.append(words("no_grant"))
        return [*told, *self._budget_told(), self._wlz_told()]

    def _budget_told(self) -> list[str]:
        """Return on which basis the policy on budgets held the plan to the grants, where it is on."""
        policy = self.region.parameters.policies.budget
        if policy.mode == "off":
            return []
        if policy.level == "region":
            return [self.words("budget_region")]
        exact = BaseAllocation(self.plan.problem).exact
        return [self.words("budget_exact" if exact else "budget_base")]

    def _wlz_told(self) -> str:
        """Return the take-out of people and of money: two numbers that need not agree."""
        out, people = self.region.parameters.funding.wlz, figures.to_wlz(self.plan)
        write, years = self.notation, self.years
        count = whole(float(people.to_numpy().sum()), self.lang)
        told = self.words("wlz_people", people=count, **years)
        if out is None:
            return f"{told} {self.words('wlz_no_money')}"
        share = write.percent(out.money.value, 1)
        return f"{told} {self.words('wlz_money', share=share, since=out.since)}"

    def site(self, code: str) -> str:
        """Return the name of a site."""
        return str(self.region.sites.at[code, "name"])

    def neighbourhood(self, code: str) -> str:
        """Return the name of a neighbourhood."""
        return str(self.region.neighbourhoods.at[code, "name"])

    def part(self, code: str) -> str:
        """Return the name of a part of the cost or of a policy."""
        return self.words.known(f"part_{code}", code)

    def rule_kind(self, rule: Rule) -> str:
        """Return whether a rule is of the core or somebody's own, and else how the scenario has set it."""
        if rule.kind != "policy":
            return self.words(f"kind_{rule.kind}")
        policy = getattr(self.region.parameters.policies, rule.name, None)
        return self.words("kind_policy", mode=self.words(f"mode_{getattr(policy, 'mode', 'off')}"))

    @cached_property
    def bindings(self) -> list[Held]:
        """The rules that hold the plan back, policies first, with where and when."""
        model = Model.of(self.plan.problem)
        found = bindings(model, values_of_plan(model, self.plan))
        return list(held(Teller(self.plan.problem, self.lang), found))

    @property
    def provenance(self) -> str:
        """What the plan was made of and with, in one sentence."""
        proof = self.plan.proof
        return self.words(
            "provenance",
            id=figures.plan_id(self.plan),
            digest=self.region.digest[:12],
            solver=proof.solver,
            gap=self.notation.percent(proof.gap, 2),
            version=version("spreidplan"),
        )

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
