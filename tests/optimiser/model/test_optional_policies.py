"""Policies that are off unless asked for: that each bites for the reason on paper, and is checked anew.

Where nothing else is said, the plan without them is the one of one year in test_tiny_by_hand.py:
S1 turns five of its ten beds into group places, S2 keeps four, five of the light people live at
home (two of them in N3) and nobody waits; 724,003.57 in all, and 775,539.29 when nothing changes.
One more place can only be a bed at S1: two fit on the plot, at 10,000 a year each.
"""

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import pytest
import xarray as xr
from builders import (
    BED,
    BRIDGE,
    EUROS_ONLY,
    GROUP,
    HOME,
    ONE_YEAR,
    WAIT,
    WEEKS,
    amount,
    best,
    by_scipy,
    tiny_problem,
    with_shelter,
)
from tiny import REGION, SITES

from geodata.faults import InputError
from models.parameters.parameters import Policies
from models.parameters.quantity import Quantity
from optimiser.model.continuity import CONTINUITY
from optimiser.model.cost_allocation import BaseAllocation
from optimiser.model.model import Model
from optimiser.model.optional_policies import (
    CONDITIONS,
    budget,
    facilities_kept_apart,
    too_near_together,
)
from optimiser.model.variables import SLACK
from optimiser.plan import Plan
from optimiser.problem import Problem
from optimiser.rule import Label, Rule
from optimiser.solve import Impossible
from optimiser.verification.verify import recomputed_bearing, violations

CENT = 0.01
CHANGED, STILL = 724_003.57, 775_539.29

ONE_MORE_BED = BED + 10_000 - HOME
"""What it costs that somebody lives in a bed that is added and not at home."""

STAFF = """
[policies.staff_within_reach]
mode = "MODE"
per_client = {home = 0.2}
available = {M2 = 0.2}
"""
GRANTS = "municipality,year,stream,eur\nM1,2022,Wmo,600000\nM2,2022,Wmo,100000\n"


def asked(policy: str, **values: object) -> dict[str, str]:
    """Return the settings of one policy, as one would write them after --set."""
    written = {name: str(value).replace("'", '"') for name, value in values.items()}
    return {f"policies.{policy}.{name}": value for name, value in written.items()}


def rows_of(rule: Rule, problem: Problem) -> dict[Label, tuple[dict[str, float], float]]:
    """Return label → coefficients by variable and right side of the rows of a rule."""
    model = Model.of(problem)
    rows = rule.rows(problem, model.decisions)
    return {row.label: ({v.name: amount for v, amount in row.terms}, row.rhs) for row in rows}


def one_year(settings: Mapping[str, str], **files: str) -> Plan:
    """Return the best plan of 2022, euros and waiting only but for the given settings."""
    return best(tiny_problem(EUROS_ONLY | ONE_YEAR | settings, **files))


def beds(plan: Plan) -> float:
    """Return the beds of 2022."""
    return amount(plan, "places", tier="bed", year=2022)


def test_they_are_off_and_cost_nothing():
    """All are off in a region that does not name them: no variable, no row, and zeros in the plan.

    What is agreed is kept unless a scenario says otherwise, where anything is agreed at all.
    """
    model = Model.of(tiny_problem())
    optional = {name for name, field in Policies.model_fields.items() if not field.is_required()}
    always = {"agreed_decisions_are_kept", "residents_stay", *(rule.name for rule in CONTINUITY)}
    assert {rule.name for rule in CONDITIONS} == optional - always
    names = {rule.name for rule in CONDITIONS}
    assert not names & {rule.name for rule, _ in model.rows}
    families = [SLACK[name] for name in names if name in SLACK] + ["running"]
    assert len(families) == 8
    assert not any(model.decisions.family(family) for family in families)


def test_a_policy_that_is_off_rests_on_nothing():
    """The numbers of a policy are assumptions of the plan only where somebody asks for it."""
    for settings, listed in (({}, 0), (asked("provider_share", mode="soft"), 2)):
        region = tiny_problem(settings).region
        keys = [key for key in region.assumptions["key"] if key.startswith("policies.provider_share")]
        assert len(keys) == listed


def test_no_provider_has_more_than_its_share():
    """A has ten of fourteen places, 71 %, and may have 70 %; B cannot build in time, so one of A goes.

    Of nine places at S1 five are beds. The place that goes is a bed, and four are converted
    (4 × 1,000 + 5,000 closing): one just converted does not go in the same year, which would
    cost 5 × 1,000 + 2,000. Somebody light waits.
    """
    plan = one_year(asked("provider_share", mode="hard", share=0.7))
    assert amount(plan, "places", site="S1") == 9
    assert plan.proof.objective == pytest.approx(CHANGED - GROUP - 10_000 + WAIT - 1_000 + 5_000, abs=CENT)


def test_a_share_that_is_soft_is_bought_off():
    """Ten places are 0.2 more than 70 % of fourteen: 200 points at 1,000 a place, and nobody waits."""
    plan = one_year(asked("provider_share", mode="soft", share=0.7, price=1000))
    assert amount(plan, "over_share", provider="provider A") == pytest.approx(0.2)
    assert plan.proof.objective == pytest.approx(CHANGED + 200, abs=CENT)


def test_places_change_when_contracts_are_renewed():
    """Contracts are renewed in 2021 and 2023: in 2022 nothing may change, so all beds stay."""
    plan = one_year(asked("contract_nodes", mode="hard", contract_ends=[2021], renewal_years=2))
    assert beds(plan) == 10
    assert plan.proof.objective == pytest.approx(STILL, abs=CENT)


@pytest.mark.parametrize(("price", "changed"), [(10_300, 5), (10_310, 0)])
def test_what_a_change_between_contracts_may_cost(price, changed):
    """Five conversions gain 775,539.29 − 724,003.57 = 51,535.72, which is 10,307.14 each."""
    plan = one_year(asked("contract_nodes", mode="soft", contract_ends=[2021], price=price))
    assert amount(plan, "converted") == amount(plan, "between_nodes") == changed
    assert plan.proof.objective == pytest.approx(min(CHANGED + 5 * price, STILL), abs=CENT)


def test_contracts_are_renewed_in_the_years_named_and_every_period_after():
    """Named 2020 and 2022, then every two years: over two planned years, 2023 alone is closed."""
    settings = EUROS_ONLY | asked("contract_nodes", mode="hard", contract_ends=[2020, 2022], renewal_years=2)
    plan = best(tiny_problem(settings))
    assert amount(plan, "converted", year=2022) == 5
    changes = [amount(plan, name, year=2023) for name in ("added", "removed", "converted")]
    assert changes == [0, 0, 0]


def test_a_tier_has_its_scale_in_the_region():
    """Six beds at least. To convert one less loses 20,307.14; a bed added and left empty costs 10,000."""
    plan = one_year(asked("specialist_scale", mode="hard", tiers=["bed"], least=6))
    assert beds(plan) == 6
    assert plan.proof.objective == pytest.approx(CHANGED + 10_000, abs=CENT)


def test_a_tier_that_is_gone_has_no_scale_to_reach():
    """Where all beds may go at once, none at all is as good as the eight that are asked."""
    free = {"policies.replacement_before_closure.most_per_year": "1.0"}
    plan = one_year(free | asked("specialist_scale", mode="hard", tiers=["bed"], least=8))
    assert beds(plan) == 0
    assert plan.proof.objective == pytest.approx(CHANGED - 5 * 20_307.14, abs=5 * CENT)


@pytest.mark.parametrize(
    ("distance", "cliques"),
    [(2000, []), (2001, [("S1", "S2"), ("S2", "S3")]), (4001, [("S1", "S2", "S3")])],
)
def test_sites_too_near_are_told_together(distance, cliques):
    """The three sites lie on a line, 2 km apart: a triangle is one row and not three."""
    problem = tiny_problem(asked("facilities_kept_apart", distance=distance))
    assert too_near_together(problem) == cliques


@pytest.mark.parametrize(("price", "too_near"), [(1000, 1), (1_000_000, 0)])
def test_of_two_sites_too_near_one_runs(price, too_near):
    """S1 and S2 lie 2 km apart. To run both costs one price; to close S2 costs at most that four people wait.

    That is 4 × 110,435.71 + 4 × 2,000 less what their places cost: below 1,000,000, above 1,000.
    Replacement is off, as S2 could not close without; so all ten beds become group places.
    """
    free = {"policies.replacement_before_closure.mode": "off"}
    plan = one_year(free | asked("facilities_kept_apart", mode="soft", distance=2500, price=price))
    assert amount(plan, "too_near") == too_near
    assert int((plan.data["operating"].max("tier") > 0).sum()) == 1 + too_near
    if too_near:
        assert plan.proof.objective == pytest.approx(CHANGED - 5 * 20_307.14 + price, abs=5 * CENT)


def test_of_three_too_near_one_has_half_the_time():
    """With S3 running too, three are two too many: half-way one more than one may run, then one alone."""
    sites = (
        "site,neighbourhood,status,tier,places,most\nS1,N1,existing,bed,10,10\n"
        "S2,N2,existing,group,4,4\nS3,N3,existing,group,8,8\n"
    )
    settings = EUROS_ONLY | asked("facilities_kept_apart", mode="hard", distance=5000)
    rows = rows_of(facilities_kept_apart, tiny_problem(settings, sites=sites))
    near = {label[-1]: row for label, row in rows.items() if label[0] == "near"}
    assert {year: rhs for year, (_, rhs) in near.items()} == {2022: 2.0, 2023: 1.0}
    assert near[2022][0] == {f"running_{s}_2022": 1.0 for s in ("S1", "S2", "S3")}


def test_what_is_left_of_too_many_is_no_more_for_being_a_fraction():
    """Of 43 at one spot 42 are too many. Of 14 years 9 are left: 27 of the 42, though more as floats."""
    sites = "site,neighbourhood,status,tier,places,most\nS1,N1,existing,bed,10,10\n" + "".join(
        f"S{number},N2,existing,group,2,2\n" for number in range(2, 45)
    )
    settings = (
        EUROS_ONLY | asked("facilities_kept_apart", mode="hard", distance=1000) | {"years.last": "2035"}
    )
    problem = tiny_problem(settings, sites=sites)
    assert problem.narrowing(2026) * 42 > 27
    rows = rows_of(facilities_kept_apart, problem)
    allowed = {label[-1]: rhs for label, (_, rhs) in rows.items() if label[0] == "near"}
    assert allowed[2026] == 1 + 27
    assert allowed[2035] == 1


def test_sites_of_today_have_until_the_last_year():
    """Hard, over two years: both may run in 2022, and in 2023 S2 closes anyway, so nothing changes."""
    settings = EUROS_ONLY | asked("facilities_kept_apart", mode="hard", distance=2500)
    assert best(tiny_problem(settings)).proof.objective == pytest.approx(724_003.57 + 562_032.14, abs=CENT)


@pytest.mark.parametrize(("minutes", "extra"), [(3, 0), (1, 2)])
def test_homes_stand_where_help_can_come(minutes, extra):
    """From S2 to N3 it is two minutes. Within one, nobody may live in the two homes of N3.

    Then two beds are added at S1, where two of the intensive give up a group place to the light.
    """
    policy = asked("help_within_reach", mode="hard", homes=["home"], staffed=["group"], response=minutes)
    plan = one_year(policy)
    assert amount(plan, "homes", neighbourhood="N3") == pytest.approx(0 if extra else 2)
    assert amount(plan, "added") == extra
    assert plan.proof.objective == pytest.approx(CHANGED + extra * ONE_MORE_BED, abs=CENT)


@pytest.mark.parametrize(("mode", "beds_added", "short"), [("hard", 1, 0.0), ("soft", 0, 0.2)])
def test_staff_is_there_for_one_of_two(mode, beds_added, short):
    """Two people at home in M2 ask 0.4 fte, half of which is there. One bed more costs 46,525.

    The 0.2 fte that is short costs 20,000 points where that is allowed, which is less.
    """
    plan = one_year({}, region=REGION + STAFF.replace("MODE", mode))
    assert amount(plan, "added") == beds_added
    assert amount(plan, "short_staff", municipality="M2") == pytest.approx(short)
    extra = beds_added * ONE_MORE_BED + short * 100_000
    assert plan.proof.objective == pytest.approx(CHANGED + extra, abs=CENT)


def test_staff_of_the_region_is_counted_over_all_municipalities():
    """Five people at home ask 1 fte; 0.8 is there, so four can: a bed is added, and no home (2,000)."""
    staff = STAFF.replace("MODE", "hard").replace("available = {M2 = 0.2}", "in_region = 0.8")
    plan = one_year({}, region=REGION + staff)
    assert amount(plan, "clients", tier="home") == pytest.approx(4)
    assert plan.proof.objective == pytest.approx(CHANGED + ONE_MORE_BED - 2_000, abs=CENT)


def test_a_hard_budget_makes_people_wait():
    """The grants are 700,000, which is 24,003.57 too little.

    Somebody from a bed who waits saves 52,178.57 − 10,435.71 = 41,742.86 in a year, more than
    anybody else; so for 0.575 of a year somebody waits, and 57,503 points come in place of the euros.
    """
    plan = one_year(asked("budget", mode="hard"), budgets=GRANTS)
    waits = (CHANGED - 700_000) / (BED - BRIDGE)
    assert amount(plan, "cost") == pytest.approx(700_000, abs=1)
    assert amount(plan, "waiting") == pytest.approx(waits, abs=1e-4)
    assert plan.proof.objective == pytest.approx(700_000 + 100_000 * waits, abs=1)


def test_a_soft_budget_is_exceeded_at_its_price():
    """At a point for a euro nobody waits: 100,000 points would save 41,742.86 euros and as many points."""
    plan = one_year(asked("budget", mode="soft", price=1), budgets=GRANTS)
    assert amount(plan, "over_budget") == pytest.approx(CHANGED - 700_000, abs=CENT)
    assert plan.proof.objective == pytest.approx(CHANGED + CHANGED - 700_000, abs=CENT)
    assert amount(plan, "waiting") == pytest.approx(0)


def test_a_municipality_pays_from_its_own_grant():
    """By law of today M1 bears all, and has 600,000 of the 700,000: 24,003.57 more is too little now."""
    plan = one_year(asked("budget", mode="soft", price=1, level="municipality"), budgets=GRANTS)
    assert amount(plan, "over_budget", account="M1") == pytest.approx(CHANGED - 600_000, abs=CENT)
    assert amount(plan, "over_budget", account="M2") == 0.0
    assert BaseAllocation(plan.problem).exact


def test_hosts_and_origins_pay_from_their_own_grants():
    """In the development model 700,000 is divided 0.8 to 0.2: 560,000 for M1, 140,000 for M2.

    M1 bears its facilities and its own people at home. The three light people of M2 live at home: M2
    bears them, 46,960.71. The new home (2,000) is for who lives at home, in 2021 two of each: half.
    """
    settings = asked("budget", mode="soft", price=1, level="municipality") | {"funding.before": "development"}
    plan = one_year(settings, budgets=GRANTS)
    assert not BaseAllocation(plan.problem).exact
    over = CHANGED - 3 * HOME - 1_000 - 560_000
    assert amount(plan, "over_budget", account="M1") == pytest.approx(over, abs=CENT)
    assert amount(plan, "over_budget", account="M2") == 0.0
    assert plan.proof.objective == pytest.approx(CHANGED + over, abs=CENT)


@pytest.mark.parametrize(
    "regime",
    [
        {}, {"funding.before": "development"}, {"funding.law": "2018", "funding.after": "objective"},
        {"funding.law": "2018", "funding.after": "residence"},
    ],
    ids=["central", "development", "objective", "residence"],
)  # fmt: skip
def test_what_a_municipality_bears_is_computed_anew(regime):
    """The excess of every row is what the check finds from the arrays; two centres and regions, two years."""
    path = {"funding.path.shape": "linear", "funding.path.yearly": "0.1", "tiers.bed.contribution": "50"}
    settings = EUROS_ONLY | path | regime | asked("budget", mode="soft", price="0.1", level="municipality")
    towns = "code,name,inhabitants,region,objective_share,central\nM1,W,16000,A,0.8,M1\nM2,O,4000,B,0.2,M2\n"
    budgets = "municipality,year,stream,eur\n" + "".join(
        f"{m},{t},Wmo,{eur}\n" for m, eur in (("M1", 300_000), ("M2", 50_000)) for t in (2022, 2023)
    )
    clients = (
        "municipality,profile,tier,clients,year,form,basis\n"
        "M1,intensive,bed,6,2021,ZIN,origin\nM2,intensive,bed,4,2021,ZIN,origin\n"
        "M1,light,group,4,2021,ZIN,origin\nM1,light,home,2,2021,ZIN,origin\n"
        "M2,light,home,2,2021,ZIN,origin\nM2,light,waiting,1,2021,ZIN,origin\n"
        "M2,intensive,bed,1,2021,PGB,origin\n"
    )
    plan = best(tiny_problem(settings, municipalities=towns, budgets=budgets, clients=clients))
    assert violations(plan.problem, plan.data) == ()
    bears = recomputed_bearing(plan.problem, plan.data)
    total = plan.data["funding_due"].sel(stream="Wmo").sum("municipality")
    assert bears.sum("account").values == pytest.approx(total.values, abs=CENT)
    grant = plan.data["grant"].sel(stream="Wmo").rename(municipality="account")
    over = (bears - grant).clip(min=0.0).transpose("account", "year")
    assert plan.data["over_budget"].values == pytest.approx(over.values, abs=CENT)
    assert (over.sum("year") > 1000).all()
    less = changed(plan.data, "over_budget", -1000.0)
    assert "budget" in broken(plan.problem, less)


def test_personal_budgets_are_paid_from_the_grant_too():
    """A client with a personal budget for a home costs 15,653.57 on top of what is too little."""
    plan = one_year(asked("budget", mode="soft", price=1), budgets=GRANTS)
    own = xr.zeros_like(plan.problem.personal_budget)
    own.loc[{"neighbourhood": "N1", "profile": "light", "tier": "home"}] = 1.0
    more = best(replace(plan.problem, personal_budget=own))
    assert amount(more, "over_budget") - amount(plan, "over_budget") == pytest.approx(HOME, abs=CENT)


def test_a_personal_budget_is_paid_but_for_the_contribution():
    """Of the 15,653.57 of a home the client pays 10 a week: the rest is taken off the grants."""
    settings = ONE_YEAR | asked("budget", mode="soft") | {"tiers.home.contribution": "10"}
    problem = tiny_problem(EUROS_ONLY | settings, budgets=GRANTS)
    own = xr.zeros_like(problem.personal_budget)
    own.loc[{"neighbourhood": "N1", "profile": "light", "tier": "home"}] = 1.0
    ((_, left),) = rows_of(budget, replace(problem, personal_budget=own)).values()
    assert left == pytest.approx(700_000 - (HOME - 10 * WEEKS), abs=CENT)


def test_the_grants_of_the_wmo_pay_for_no_shelter():
    """Neither the shelter's subsidy nor its place of the Wlz is in what the Wmo pays."""
    sites = SITES + "S4,Site four,N1,provider C,existing,shelter,4,1,8,8,,,\n"
    problem = with_shelter(asked("budget", mode="soft"), budgets=GRANTS, sites=sites)
    ((terms, left),) = rows_of(budget, problem).values()
    assert left == 700_000
    assert "clients_N1_intensive_bed_2022" in terms
    assert not [name for name in terms if "shelter" in name]


def possible(problem: Problem, **at_least: Mapping[tuple[str, str, int], float]) -> bool:
    """Return whether a plan exists with the given numbers at least; 0 stands for none at all."""
    model = Model.of(replace(problem))  # of its own, as its bounds change
    for family, wanted in at_least.items():
        for label, least in wanted.items():
            variable = model.decisions.family(family)[label]
            if least:
                variable.lowBound = least
            else:
                variable.upBound = 0.0
    return by_scipy(model).status == 0


def test_hard_rules_that_clash_are_named_with_their_unit():
    """Half of ten beds may go in 2022 and each asks 1 fte, of which none is there: 5 fte are short.

    A grant of 100 euros pays nobody, not even while waiting: what is short is told in euros.
    """
    staff = STAFF.replace("MODE", "hard").replace("per_client = {home = 0.2}", "per_place = {bed = 1.0}")
    staff = staff.replace("M2 = 0.2", "M1 = 0")
    with pytest.raises(Impossible) as clash:
        one_year({}, region=REGION + staff)
    assert clash.value.explanation == ("staff_within_reach: 5.0 fte short at M1, 2022",)
    with pytest.raises(Impossible) as clash:
        one_year(asked("budget", mode="hard"), budgets="municipality,year,stream,eur\nM1,2022,Wmo,100\n")
    (told,) = clash.value.explanation
    assert told.startswith("budget: ")
    assert told.endswith(" EUR short at region, 2022")


@pytest.mark.parametrize(
    ("settings", "key"),
    [
        (asked("specialist_scale", mode="hard", tiers=["cot"]), "policies.specialist_scale.tiers"),
        (asked("specialist_scale", mode="hard", tiers=["home"]), "policies.specialist_scale.tiers"),
        (asked("specialist_scale", mode="hard"), "policies.specialist_scale"),
        (asked("contract_nodes", mode="hard"), "policies.contract_nodes"),
        (asked("help_within_reach", mode="hard", homes=["home"]), "policies.help_within_reach"),
        (
            asked("help_within_reach", mode="hard", homes=["bed"], staffed=["group"], response=3),
            "policies.help_within_reach.homes",
        ),
        (
            asked("help_within_reach", mode="hard", homes=["home"], staffed=["group"], response=11),
            "policies.help_within_reach.response",
        ),
        (asked("staff_within_reach", mode="soft"), "policies.staff_within_reach"),
        (asked("budget", mode="soft"), "policies.budget.mode"),
    ],
)
def test_a_policy_that_could_not_work_is_refused(settings, key):
    """Switched on without what it speaks of, or with codes that are not there: never silently nothing."""
    with pytest.raises(InputError) as refused:
        tiny_problem(settings)
    assert [fault.column for fault in refused.value.faults] == [key]


def test_staff_is_of_known_tiers_and_municipalities():
    """Each code that is not there is named, all at once."""
    staff = STAFF.replace("MODE", "hard").replace("home =", "house =").replace("M2 =", "M3 =")
    with pytest.raises(InputError) as refused:
        tiny_problem(region=REGION + staff)
    assert [fault.column for fault in refused.value.faults] == [
        "policies.staff_within_reach.per_client.house", "policies.staff_within_reach.available.M3",
    ]  # fmt: skip


SOFTLY = {
    "provider_share": asked("provider_share", share=0.7, price=1),
    "contract_nodes": asked("contract_nodes", contract_ends=[2021], price=1),
    "specialist_scale": asked("specialist_scale", tiers=["bed"], least=8, price=1),
    "facilities_kept_apart": asked("facilities_kept_apart", distance=2500, price=1),
    "budget": asked("budget", price="0.01"),
    "staff_within_reach": {},
    "sites_run_as_settled": asked("sites_run_as_settled", open=["S3"], shut=["S1"], price=1),
}


@pytest.fixture(scope="module", name="soft")
def softly_deviating() -> Plan:
    """Return the plan of one year in which every one that can be soft is, and is cheap to deviate from."""
    settings = {key: value for policy in SOFTLY.values() for key, value in policy.items()}
    modes = {f"policies.{name}.mode": "soft" for name in SOFTLY if name != "staff_within_reach"}
    return one_year(settings | modes, region=REGION + STAFF.replace("MODE", "soft"), budgets=GRANTS)


def changed(data: xr.Dataset, name: str, by: float) -> xr.Dataset:
    """Return a plan in which the largest entry of a variable differs."""
    values = data[name].copy(deep=True)
    values[np.unravel_index(int(values.to_numpy().argmax()), values.shape)] += by
    return data.assign({name: values})


def broken(problem: Problem, data: xr.Dataset) -> set[str]:
    """Return the names of the claims that a plan does not meet."""
    return {violation.rule for violation in violations(problem, data)}


@pytest.mark.parametrize("name", SOFTLY)
def test_a_deviation_told_too_small_is_caught(soft, name):
    """Each is deviated from; told smaller the rule is broken, and either way the points are wrong."""
    step = 1000.0 if name == "budget" else 0.01
    assert amount(soft, SLACK[name]) > step
    assert name in broken(soft.problem, changed(soft.data, SLACK[name], -step))
    more = changed(soft.data, SLACK[name], 1000 * step)
    assert broken(soft.problem, more) == {f"points of {name}"}
    weight = soft.data["weight"].copy(deep=True)
    weight.loc[{"part": name}] += 100.0
    assert broken(soft.problem, soft.data.assign(weight=weight)) == {f"points of {name}"}


HARDLY: dict[str, dict[str, object]] = {
    "provider_share": {"share": 0.7},
    "contract_nodes": {"contract_ends": (2021,)},
    "specialist_scale": {"tiers": ("bed",), "least": 8.0},
    "facilities_kept_apart": {"distance": 2500.0},
    "help_within_reach": {"homes": ("home",), "staffed": ("group",), "response": 1.0},
    "budget": {},
    "sites_run_as_settled": {"shut": ("S1",)},
    "staff_within_reach": {
        "per_place": {"bed": Quantity(value=0.5, unit="fte/place")},
        "in_region": Quantity(value=2.0, unit="fte"),
    },
}


def hardened(problem: Problem, name: str, **values: object) -> Problem:
    """Return a problem in which one policy is hard, with other values."""
    old = getattr(problem.policies, name)
    new = {
        key: getattr(old, key).model_copy(update={"value": value}) if isinstance(value, float) else value
        for key, value in values.items()
    }
    hard = old.model_copy(update={"mode": "hard", **new})
    return replace(problem, policies=problem.policies.model_copy(update={name: hard}))


@pytest.fixture(scope="module", name="without")
def plan_without_them() -> Plan:
    """Return the plan of one year in which all are off."""
    return one_year({}, budgets=GRANTS)


@pytest.mark.parametrize("name", HARDLY)
def test_a_plan_made_without_it_fails_it(without, name):
    """Nothing else is wrong with the plan of one year: the policy is the only claim that is broken."""
    assert broken(without.problem, without.data) == set()
    assert broken(hardened(without.problem, name, **HARDLY[name]), without.data) == {name}


def test_a_triangle_is_checked_as_a_whole():
    """All three sites run and each is told to be half too near: every pair is settled, the three are not."""
    plan = one_year(asked("facilities_kept_apart", mode="soft", distance=5000, price=1))
    runs = plan.data["operating"].copy(deep=True)
    runs.loc[{"site": ["S1", "S2", "S3"], "tier": "group"}] = 1.0
    near = xr.full_like(plan.data["too_near"], 0.5)
    assert "facilities_kept_apart" in broken(plan.problem, plan.data.assign(operating=runs, too_near=near))
    near = xr.full_like(plan.data["too_near"], 2 / 3)
    assert "facilities_kept_apart" not in broken(
        plan.problem, plan.data.assign(operating=runs, too_near=near)
    )


def test_every_policy_is_caught():
    """Each stands in one of the checks above, but for notice: that is with what else takes time."""
    alone = {"notice_before_closing"}
    assert set(HARDLY) | alone == {rule.name for rule in CONDITIONS}
    assert set(SOFTLY) == {rule.name for rule in CONDITIONS} & set(SLACK)
