"""People beside those of beschermd wonen: who went to the Wlz and stayed, and who is in a shelter (MO).

To the tiny region comes a shelter S4 in N1 with four places, a subsidy of 60,000 a year for the site and
15,000 for a place; it runs with four or not at all. Three homeless people live there; all come from M2.
"""

import pytest
from builders import (
    BRIDGE,
    EUROS_ONLY,
    HOMELESS,
    ONE_YEAR,
    SHELTER,
    SHELTERED,
    amount,
    best,
    tiny_problem,
    with_shelter,
)  # fmt: skip
from tiny import SITES

from geodata.faults import InputError
from optimiser.accounts.ledger import ledger
from optimiser.model.model import Model
from optimiser.model.optional_policies import budget
from optimiser.verification.verify import violations

CENT = 0.01
NO_OFFERS = "corporation,municipality,year,homes\nC1,M1,2021,2\nC1,M2,2021,2\n"

# ------------------------------------------------------------------ people of the Wlz who stay

TWO_IN_BEDS = SITES.replace("bed,10,0,10,12", "bed,10,2,10,12")
ONE_IN_A_GROUP = SITES.replace("existing,group,4,0,8,8", "existing,group,4,1,8,8")
GRANTS = "municipality,year,stream,eur\nM1,2022,Wmo,600000\n"


def test_they_count_for_the_load_of_the_neighbourhood():
    """S1 has ten beds, two of them of the Wlz: all ten weigh. 0.5 per 1,000 of 10,000 is 5, so 5 are over."""
    policy = "policies.neighbourhood_concentration"
    settings = {
        f"{policy}.mode": "soft", f"{policy}.measures": '["own"]', f"{policy}.own_norm": "0.5",
        "costs.conversions.bed.group.cost": "300000",
        "policies.replacement_before_closure.most_per_year": "0",
    }  # fmt: skip
    plan = best(tiny_problem(EUROS_ONLY | ONE_YEAR | settings, sites=TWO_IN_BEDS))
    assert amount(plan, "excess", neighbourhood="N1") == pytest.approx(5)


def test_they_fill_the_plot_and_keep_their_places():
    """The plot holds twelve. All ten beds may go, yet the two of the Wlz stay and at most ten places come.

    The path asks for all Wmo beds to go, eight: with two left it is kept to the place.
    """
    settings = {
        "policies.intramural_reduction.mode": "hard", "policies.intramural_reduction.by_end": "1.0",
        "policies.replacement_before_closure.mode": "off", "tiers.group.building_years": "0",
    }  # fmt: skip
    plan = best(tiny_problem(EUROS_ONLY | ONE_YEAR | settings, sites=TWO_IN_BEDS))
    assert amount(plan, "places", site="S1", tier="bed") == 2
    assert amount(plan, "places", site="S1") <= 12
    fewer = plan.data.assign(places=plan.data["places"] - plan.data["wlz_occupied"])
    assert "served_within_places" in {v.rule for v in violations(plan.problem, fewer)}


def test_the_wlz_pays_for_its_places():
    """One of S2's four group places is of the Wlz: three are paid, 30,000, and the site, 50,000."""
    problem = tiny_problem(EUROS_ONLY | ONE_YEAR, sites=ONE_IN_A_GROUP)
    plan = best(problem)
    assert float(plan.reference["cost"].sel(part="sites").sum()) == pytest.approx(80_000)
    assert violations(problem, plan.reference) == ()
    dearer = plan.reference["cost"].copy(deep=True)
    dearer.loc[{"part": "sites", "payer": "M1", "stream": "Wmo"}] += 10_000
    found = violations(problem, plan.reference.assign(cost=dearer))
    assert "cost of sites" in {violation.rule for violation in found}


@pytest.mark.parametrize("level", ["region", "municipality"])
def test_the_budget_is_for_the_wmo_alone(level):
    """What the budget is exceeded by is the Wmo's cost less 600,000; the Wlz's 10,000 are in neither.

    So it is where M1's own grant counts: without a law M1 bears everything.
    """
    settings = EUROS_ONLY | ONE_YEAR | {"policies.budget.mode": "soft", "policies.budget.level": level}
    problem = tiny_problem(settings, sites=ONE_IN_A_GROUP, budgets=GRANTS)
    model = Model.of(problem, rules=(budget,))
    ((_, row),) = model.rows
    assert row.rhs == pytest.approx(600_000 + 10_000)
    plan = best(problem)
    wmo = amount(plan, "cost", stream="Wmo")
    assert amount(plan, "over_budget") == pytest.approx(wmo - 600_000, abs=CENT)
    assert violations(plan.problem, plan.data) == ()


ALL_NEW = {"funding.law": "2022", "funding.path.shape": "linear", "funding.path.yearly": "1.0"}


@pytest.mark.parametrize(
    ("regime", "off"),
    [({"funding.before": "development"}, (10_000, 0)), (ALL_NEW, (10_000 * 9 / 13, 10_000 * 4 / 13))],
    ids=["development", "residence"],
)
def test_places_of_the_wlz_are_in_no_grant(regime, off):
    """600,000 is divided 0.8 to 0.2; the 10,000 of the Wlz is taken off what the rows have too much.

    M1 hosts S2, so in the development model it is M1's. Where the origin bears all, it is divided as the
    people in facilities are: nine of M1 (six in beds, three beside the one of the Wlz) and four of M2.
    """
    settings = {"policies.budget.mode": "soft", "policies.budget.level": "municipality"} | regime
    problem = tiny_problem(EUROS_ONLY | ONE_YEAR | settings, sites=ONE_IN_A_GROUP, budgets=GRANTS)
    found = {row.label[0]: row.rhs for _, row in Model.of(problem, rules=(budget,)).rows}
    assert found == {"M1": pytest.approx(480_000 + off[0]), "M2": pytest.approx(120_000 + off[1])}
    plan = best(problem)
    assert amount(plan, "over_budget") > 1000
    assert violations(plan.problem, plan.data) == ()


# ------------------------------------------------------------------ shelter


def test_its_subsidy_is_yearly_and_a_stream_of_its_own():
    """60,000 + 4 × 15,000 = 120,000, though three live there: no other stream has a euro of it.

    Without the homeless and the shelter the rest of the plan costs what it did.
    """
    plan = best(with_shelter())
    assert amount(plan, "cost", stream="MO") == pytest.approx(120_000)
    assert amount(plan, "cost", stream="Wmo") == pytest.approx(
        amount(best(tiny_problem(EUROS_ONLY | ONE_YEAR)), "cost"), abs=CENT
    )


def test_who_waits_for_a_shelter_is_bridged_by_it():
    """A fifth homeless person waits, as the shelter has four places and no room is built."""
    clients = HOMELESS.replace("shelter,3", "shelter,5")
    plan = best(
        with_shelter(
            {"costs.bridging": "200"}, clients=clients, sites=SHELTERED.replace("4,0,8,8", "4,0,4,4")
        )
    )
    bridged = plan.data["cost"].sel(part="bridging", stream="MO").sum()
    assert float(bridged) == pytest.approx(BRIDGE, abs=CENT)
    assert amount(plan, "waiting", profile="homeless") == pytest.approx(1)
    assert violations(plan.problem, plan.data) == ()
    by_centre = ledger(plan.problem, plan.data).query("part == 'bridging' and stream == 'MO'")
    assert by_centre[["origin", "payer", "account"]].values.tolist() == [["M2", "M1", "M1"]]


LAW = "\n[funding]\nlaw = 2022\npath = {shape = 'linear', yearly = 1.0}\n"


DEVELOPMENT = "\n[funding]\nbefore = 'development'\n"


@pytest.mark.parametrize("more", ["", LAW, DEVELOPMENT])
def test_its_centre_bears_it_under_every_regime(more):
    """The homeless come from M2. M1, the centre, receives their subsidy and bears it, law or no law.

    Under the residence principle M2 bears its own people of the other stream, and in the development model
    those at home. Each line of the subsidy says that M1 pays it; a plan in which M2 bears it is caught.
    """
    budgets = GRANTS + "M1,2022,MO,130000\n"
    plan = best(with_shelter(more=more, budgets=budgets))
    due = plan.data["funding_due"].sel(stream="MO", year=2022).to_series()
    assert due.to_dict() == {"M1": pytest.approx(120_000), "M2": 0}
    assert float(plan.data["funding_gap"].sel(municipality="M1", stream="MO").sum()) == pytest.approx(10_000)
    assert (amount(plan, "funding_due", stream="Wmo", municipality="M2") > 0) == bool(more)
    assert violations(plan.problem, plan.data) == ()
    subsidy = ledger(plan.problem, plan.data).query("stream == 'MO'")
    assert set(subsidy["origin"]) == {"M2"}
    assert set(subsidy["payer"]) == set(subsidy["account"]) == {"M1"}
    handed_on = plan.data["funding_due"].copy(deep=True)
    handed_on.loc[{"stream": "MO"}] = plan.data["funding_need"].sel(stream="MO")
    found = {v.rule for v in violations(plan.problem, plan.data.assign(funding_due=handed_on))}
    assert "its centre bears shelter" in found


HOSTS = """\
code,name,inhabitants,region,objective_share,host,central
M1,Westerveen,16000,Tiny,0.8,intramural,M1
M2,Oosterveen,4000,Tiny,0.2,shelter,M1
"""


@pytest.mark.parametrize(("eur", "stream"), [(50_000, "MO"), (0, "MO"), (50_000, "Wmo")])
def test_a_shelter_is_not_paid_by_the_wmo_as_well(eur, stream):
    """A host's budget for a shelter comes out of the Wmo: beside a tier of MO it has no cost to pay by it."""
    text = SHELTER.replace('stream = "MO"', f'stream = "{stream}"')
    more = DEVELOPMENT + f"facilities = {{intramural = 300000, shelter = {eur}}}\n"
    if eur and stream == "MO":
        with pytest.raises(
            InputError, match="a budget out of the Wmo for shelter, beside tiers of MO"
        ) as caught:
            with_shelter(text=text, more=more, municipalities=HOSTS, budgets=GRANTS)
        assert [fault.column for fault in caught.value.faults] == ["funding.facilities.shelter"]
    else:
        problem = with_shelter(text=text, more=more, municipalities=HOSTS, budgets=GRANTS)
        divided = problem.region.treasury.grants(["Wmo"], [2022]).to_series()
        assert divided.xs(("Wmo", 2022), level=("stream", "year")).to_dict() == {
            "M1": pytest.approx(300_000 + 0.8 * (300_000 - eur)),
            "M2": pytest.approx(eur + 0.2 * (300_000 - eur)),
        }  # fmt: skip


CLOSING = {
    "policies.intramural_reduction.mode": "soft", "policies.intramural_reduction.by_end": "1.0",
    "policies.intramural_reduction.price": "500000",
    "policies.replacement_before_closure.most_per_year": "1.0",
}  # fmt: skip
NO_GROUPS = SHELTERED.replace("existing,group,0,0,12,12", "existing,group,0,0,0,12")


def test_a_shelter_does_not_replace_a_bed():
    """Four places are added to a shelter and ten beds should go: none does, for none replaces them.

    Paid from the same stream, the four would let four beds go; that plan is caught where it is MO's.
    """
    plan = best(with_shelter(CLOSING, sites=NO_GROUPS, homes=NO_OFFERS))
    assert amount(plan, "removed", tier="bed") == 0
    mixed = best(
        with_shelter(CLOSING, SHELTER.replace('stream = "MO"\n', ""), sites=NO_GROUPS, homes=NO_OFFERS)
    )
    assert amount(mixed, "added", tier="shelter") == amount(mixed, "removed", tier="bed") == 4
    found = {v.rule for v in violations(plan.problem, mixed.data.assign_coords(stream=["Wmo"]))}
    assert "replacement_before_closure" in found


@pytest.mark.parametrize(
    ("old", "new", "column", "told"),
    [
        (
            'fits = ["shelter"]',
            'fits = ["shelter", "home"]',
            "profiles.homeless",
            r"MO \(shelter\) and others \(home\)",
        ),
        ("place = 15000", "place = 15000\nclient = 5", "tiers.shelter", "a yearly subsidy"),
        ("running = 60000\nplace = 15000", "rate = 300", "tiers.shelter", "a yearly subsidy"),
        ("place = 15000", "place = 15000\nintramural = true", "tiers.shelter", "is not intramural"),
    ],
)
def test_what_mixes_them_is_a_fault(old, new, column, told):
    """A profile of both, an amount by the week, and beds that a region means to reduce."""
    with pytest.raises(InputError, match=told) as caught:
        with_shelter(text=SHELTER.replace(old, new))
    assert [fault.column for fault in caught.value.faults] == [column]
