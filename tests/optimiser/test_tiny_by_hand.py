"""Plans of the tiny region that can be made on paper: every number is derived in its test.

What things cost in these variants (tests/support/tiny.py): a client-year in a bed 52,178.57 (€ 1,000 a
week, 365.25/7 weeks a year), in a group place 20,871.43 (€ 400), in a home 15,653.57 (€ 300), of
waiting 10,435.71 (€ 200) and 100,000 points. A site with group places runs at 50,000 a year, each
of its places at 10,000. Converting a bed costs 10,000 and building a place 50,000, paid in ten
yearly parts; closing a bed 5,000, a group place 2,000 and furnishing a home 2,000, paid once.
"""

import re

import pytest
from builders import (
    BED,
    BRIDGE,
    EUROS_ONLY,
    GROUP,
    HOME,
    ONE_YEAR,
    REPLACEMENT,
    SITE_COLUMNS,
    WAIT,
    WITH_A_CANDIDATE,
    amount,
    best,
    tiny_problem,
)
from tiny import SITES

from optimiser.assembly.money import points_of
from optimiser.solve import Impossible, solve

CENT = 0.01

ONLY_BEDS_AND_S2 = SITE_COLUMNS + (
    "S1,Site one,N1,provider A,existing,bed,10,0,10,10,\n"
    "S2,Site two,N2,provider B,existing,group,4,0,4,4,\n"
)  # fmt: skip
"""Ten beds and four group places, and nowhere to build."""

NO_OFFERS = "corporation,municipality,year,homes\nC1,M1,2021,2\nC1,M2,2021,2\n"


def test_half_the_beds_become_group_places():
    """One year, euros only. Ten intensive and nine light people; 10 beds, 4 group places, 4 homes.

    One home is offered, so five of the light live at home and four in group living; nobody waits.
    At most half the beds may go in a year. A bed that becomes a group place saves
    52,178.57 − 20,871.43 = 31,307.14 of support and costs 10,000 for the place and 1,000 of
    conversion: 20,307.14 gained each. Five of them, 101,535.71, pay for the 50,000 of running a
    second site, fewer than three would not. The building of S3 takes a year, so it comes too late.

        5 × 52,178.57 beds + 9 × 20,871.43 group + 5 × 15,653.57 home     = 527,003.57
        2 sites × 50,000 + 9 places × 10,000                              = 190,000
        5 conversions × 1,000                                             =   5,000
        1 home × 2,000                                                    =   2,000
    """
    plan = best(tiny_problem(EUROS_ONLY | ONE_YEAR))
    assert plan.proof.objective == pytest.approx(724_003.57, abs=CENT)
    support = 5 * BED + 9 * GROUP + 5 * HOME
    assert support == pytest.approx(527_003.57, abs=CENT)
    assert amount(plan, "places", site="S1", tier="bed") == 5
    assert amount(plan, "places", site="S1", tier="group") == amount(plan, "converted") == 5
    assert amount(plan, "places", site="S2", tier="group") == 4
    assert amount(plan, "new_homes") == 1
    assert amount(plan, "waiting") == pytest.approx(0)


def test_doing_nothing_keeps_all_beds():
    """The reference of the same year: 10 beds and 4 group places stay, and the offered home is used.

    10 × 52,178.57 + 4 × 20,871.43 + 5 × 15,653.57 + 50,000 + 4 × 10,000 + 2,000 = 775,539.29
    """
    plan = best(tiny_problem(EUROS_ONLY | ONE_YEAR))
    reference = plan.reference
    total = float(reference["cost"].sum() + reference["weight"].sum())
    assert total == pytest.approx(775_539.29, abs=CENT)
    assert float(reference["places"].sum()) == 14
    assert float(reference["waiting"].sum()) == pytest.approx(0)


def test_two_years_end_in_one_full_site():
    """Euros only, 2022 and 2023. The first year is the one above without its bill for later: 724,003.57.

    In 2023 the other five beds may go. With three homes offered by then, seven of the nine light
    people live at home, and twelve people need a group place. S1 takes just twelve: ten
    converted beds and two new places (allowed from 2023, building takes a year). Then S2 closes,
    which costs 4 × 2,000 once and saves 50,000.

        2022    527,003.57 + 190,000 + 5,000 + 2,000                       = 724,003.57
        2023    12 × 20,871.43 + 7 × 15,653.57                             = 360,032.14
                1 site × 50,000 + 12 places × 10,000                       = 170,000
                10 conversions × 1,000 (five of 2022, still paid off)      =  10,000
                2 new places × 5,000                                       =  10,000
                4 closed × 2,000                                           =   8,000
                2 homes × 2,000                                            =   4,000
    """
    plan = best(tiny_problem(EUROS_ONLY))
    assert plan.proof.objective == pytest.approx(724_003.57 + 562_032.14, abs=CENT)
    places = plan.data["places"].sel(year=2023)
    assert places.sel(tier="group").to_series().to_dict() == {"S1": 12, "S2": 0, "S3": 0}
    assert places.sum() == 12
    assert amount(plan, "added") == 2
    assert amount(plan, "removed") == 4
    assert amount(plan, "new_homes") == 3


def test_the_last_year_counts_for_those_after_it():
    """One year that counts three times: what returns yearly triples, what happens once does not.

    724,003.57 − 2,000 = 722,003.57 returns (support, sites, the yearly part of conversion): × 3,
    and the home is furnished once.
    """
    plan = best(tiny_problem(EUROS_ONLY | ONE_YEAR | {"years.terminal": "3"}))
    assert plan.proof.objective == pytest.approx(3 * 722_003.57 + 2_000, abs=3 * CENT)


def test_money_is_indexed_and_discounted():
    """One planned year after a base year of prices: all grow by 10 %, and the first year is not discounted.

    The plan does not change when all prices grow alike, but for waiting, of which there is none.
    724,003.57 × 1.1 = 796,403.93.
    """
    rates = {"years.indexation": "0.1", "years.discount_rate": "0.05"}
    plan = best(tiny_problem(EUROS_ONLY | ONE_YEAR | rates))
    assert plan.proof.objective == pytest.approx(796_403.93, abs=CENT)


def test_a_later_year_is_discounted():
    """At 25 % a year the 562,032.14 of 2023 weigh 562,032.14 ÷ 1.25 = 449,625.71.

    The same plan stays the best: converting pays in the year itself, and closing S2 for 8,000
    once saves 50,000 in that same year.
    """
    plan = best(tiny_problem(EUROS_ONLY | {"years.discount_rate": "0.25"}))
    assert plan.proof.objective == pytest.approx(724_003.57 + 449_625.71, abs=CENT)
    # euros are shown as they are paid, undiscounted
    assert float(plan.data["cost"].sum()) == pytest.approx(724_003.57 + 562_032.14, abs=CENT)


def test_points_of_travel_misfit_and_moves():
    """One year without policies, no bed may go, and the points count: travel 10 a minute, misfit 1,000.

    Beds stay with ten intensive people. Where they come from: N1 and N2 share M1's six by
    inhabitants of 15 and over (10,000 to 6,000, so 3.75 and 2.25), N3 has M2's four. Minutes: inside a square
    of 4 km² half of √(4 ÷ π), 0.5642; one square on 2; two squares on 4.

        beds at S1        3.75 × 0.5642 + 2.25 × 2 + 4 × 4                 = 22.6157 minutes
        group at S2       four light: 2.25 live in N2, of whom each stays or takes a home there

    The light: M1's six are 3.75 from N1 and 2.25 from N2, and N3's three live in or near N3.
    Homes: N1 1.25, N2 0.75, N3 2, and the one that is offered goes to N1 or N2. Homes and
    places are nine, people are nine: all are used. Spots by square: N1 1.25, N2 4.75 and N3 2,
    and one more in N1 or N2. N3's three fill its own two and one of N2. N1's 3.75 fill 1.25 of
    their own, N2's 2.25 stay in N2. With the new home in N1: N1's own 2.25 and 1.5 of them to
    N2, 4.75 = 2.25 + 1 + 1.5. So 2.25 + 2.25 + 2 = 6.5 people at 0.5642 and 2.5 at 2 minutes.

        light             6.5 × 0.5642 + 2.5 × 2                           =  8.6673 minutes
        misfit            four light people in group places                =  4 × 1,000 points
        unasked moves     none: the base has the same mix in every place

    312.83 points of travel (22.6157 + 8.6673 = 31.2830 minutes × 10). N1's 1.25 light people at
    home keep their form and so does everybody else: nobody needs to leave a form that fits.
    """
    settings = EUROS_ONLY | ONE_YEAR | {
        "weights.travel": "10", "weights.misfit": "1000", "weights.unasked_move": "500",
        "policies.replacement_before_closure.most_per_year": "0",
    }  # fmt: skip
    plan = best(tiny_problem(settings))
    weight = plan.data["weight"].sel(year=2022)
    assert float(weight.sel(part="travel")) == pytest.approx(312.83, abs=CENT)
    assert float(weight.sel(part="misfit")) == pytest.approx(4_000, abs=CENT)
    assert float(weight.sel(part="unasked_moves")) == pytest.approx(0, abs=CENT)
    assert plan.proof.objective == pytest.approx(775_539.29 + 4_312.83, abs=CENT)


NOBODY_MOVES = EUROS_ONLY | ONE_YEAR | {"policies.replacement_before_closure.most_per_year": "0"}


def hard_travel_norm(share: str) -> dict[str, str]:
    """Return the settings of a travel norm that must hold."""
    return {"policies.within_travel_norm.mode": "hard", "policies.within_travel_norm.share": share}


def test_the_travel_norm_costs_points_where_it_cannot_be_met():
    """No bed may go, so N3's four intensive people stay in S1, 4 minutes away, beyond the norm of 3.

    M2 has those four and three light people, who live within the norm. Half of seven is 3.5: half a
    client too many beyond it, at 1,000 points. M1 meets it. The rest is the do-nothing bill.
    """
    settings = NOBODY_MOVES | {"policies.within_travel_norm.mode": "soft"}
    plan = best(tiny_problem(settings))
    assert amount(plan, "beyond_norm", municipality="M2") == pytest.approx(0.5)
    assert amount(plan, "beyond_norm", municipality="M1") == pytest.approx(0)
    assert plan.proof.objective == pytest.approx(775_539.29 + 500, abs=CENT)


def test_a_hard_travel_norm_leaves_people_waiting():
    """The same norm, hard, at 60 %: of M2's seven 4.2 must live within it, 1.2 more than its light people.

    So 1.2 of the four take a group place at S2, 2 minutes away, and as many light people of M1 wait:
    12 − 1.2 = 10.8 of M1's twelve still live within the norm, 90 %. Each pair of moves empties a bed
    (52,178.57, paid by the client) and has somebody wait (110,435.71): 58,257.14 × 1.2 = 69,908.57.
    """
    plan = best(tiny_problem(NOBODY_MOVES | hard_travel_norm("0.6")))
    assert plan.proof.objective == pytest.approx(775_539.29 + 69_908.57, abs=CENT)
    assert amount(plan, "clients", neighbourhood="N3", tier="bed") == pytest.approx(2.8)
    assert amount(plan, "waiting", neighbourhood=["N1", "N2"]) == pytest.approx(1.2)


def test_a_travel_norm_for_everybody_is_impossible():
    """At 100 % nobody may wait or live beyond the norm: of 19 people only 15 can live within it, four short.

    Ten beds are within the norm of M1's six only; the other four of the nineteen places lie too far from N3.
    """
    with pytest.raises(Impossible) as caught:
        solve(tiny_problem(NOBODY_MOVES | hard_travel_norm("1.0")), gap=0.0)
    sentence = r"within_travel_norm: (\d+\.\d) clients short at M[12], 2022"
    told = [re.fullmatch(sentence, line) for line in caught.value.explanation]
    assert all(told)
    assert sum(float(line[1]) for line in told if line) == pytest.approx(4.0)


def test_reach_is_a_hard_limit():
    """A bed may be at most 3 minutes away: N3's four intensive people cannot be housed in S1 (4 minutes).

    No bed may go. Group places are two minutes from N3 and within reach. Ten intensive people
    share six beds' worth of reachable demand and four group places; the four light people in those either
    leave or the four wait: four people wait in any case, at 110,435.71 each.

        6 × 52,178.57 + 4 × 20,871.43 + 5 × 15,653.57                      = 474,825.00
        50,000 + 4 × 10,000 + 2,000                                        =  92,000
        4 × 110,435.71                                                     = 441,742.86
    """
    plan = best(tiny_problem(NOBODY_MOVES | {"tiers.bed.reach": "3"}))
    support, waiting = 6 * BED + 4 * GROUP + 5 * HOME, 4 * WAIT
    assert (support, waiting) == pytest.approx((474_825.00, 441_742.86), abs=CENT)
    assert plan.proof.objective == pytest.approx(474_825.00 + 92_000 + 441_742.86, abs=2 * CENT)
    assert amount(plan, "waiting") == pytest.approx(4)
    assert amount(plan, "clients", neighbourhood="N3", tier="bed") == pytest.approx(0)


CONCENTRATION = EUROS_ONLY | ONE_YEAR | {
    "costs.conversions.bed.group.cost": "300000",
    "policies.replacement_before_closure.most_per_year": "1.0",
    "policies.neighbourhood_concentration.norm": "0.5",
}  # fmt: skip


def test_concentration_pays_points_for_what_is_over_the_norm():
    """A bed weighs 1, a group place ½; the norm is 0.5 per 1,000 inhabitants around, at once.

    N1 with N2 has 16,000 inhabitants and may carry 8; it carries 10 × 1 + 4 × ½ = 12: four over.
    N2 with both has 20,000, may carry 10: two over. N3 with N2 has 10,000, may carry 5 and carries 2.
    At 300,000 a conversion costs 30,000 a year and loses 31,307.14 − 10,000 − 30,000 < 0, so the
    beds stay: 6 weighted places over × 100 points on top of doing nothing.
    """
    plan = best(tiny_problem(CONCENTRATION | {"policies.neighbourhood_concentration.mode": "soft"}))
    assert [amount(plan, "excess", neighbourhood=j) for j in ("N1", "N2", "N3")] == pytest.approx([4, 2, 0])
    assert plan.proof.objective == pytest.approx(775_539.29 + 600, abs=CENT)


def test_a_hard_concentration_norm_converts_beds():
    """The same norm, hard. Converting a bed takes ½ off the load: N1 must lose 4, so eight beds go.

    2 × 52,178.57 + 12 × 20,871.43 + 5 × 15,653.57                     = 433,082.14
    2 sites × 50,000 + 12 places × 10,000                              = 220,000
    8 × 30,000 + 1 home × 2,000                                        = 242,000
    """
    plan = best(tiny_problem(CONCENTRATION | {"policies.neighbourhood_concentration.mode": "hard"}))
    support = 2 * BED + 12 * GROUP + 5 * HOME
    assert support == pytest.approx(433_082.14, abs=CENT)
    assert plan.proof.objective == pytest.approx(895_082.14, abs=CENT)
    assert amount(plan, "converted") == 8


@pytest.mark.parametrize(("years_ahead", "closed", "extra"), [(0, 5, 50_000), (1, 1, 70_000)])
def test_a_bed_closes_after_its_replacement(years_ahead, closed, extra):
    """Nothing can be converted; S3 may open in 2023 with eight group places. Half the beds should go by then.

    2022 is the year of doing nothing, 775,539.29: all 19 places, with the one home, hold 19
    people, so that closing a bed would leave somebody waiting. The path asks for 2.5 beds less:
    25,000 points.

    2023: eight places at S3 take eight people out of beds (8 × 31,307.14 saved, 8 × 15,000 and
    50,000 paid), and two more homes take two light people out of S2, so that the last two leave
    their beds too:

        12 × 20,871.43 + 7 × 15,653.57                                     = 360,032.14
        2 sites × 50,000 + 12 places × 10,000                              = 220,000
        8 new places × 5,000 + 2 homes × 2,000                             =  44,000

    All beds stand empty, so nobody is moved by closing them. Where replacement may open in the
    year itself, five go, as the path asks (5 × 5,000, cheaper than 5 × 10,000 points): 25,000 with
    the 25,000 of 2022. Where it must open a year before, only the home of 2022 counts: one bed
    goes (5,000) and four are short of the path (40,000), with the 25,000 of 2022.
    """
    settings = REPLACEMENT | {"policies.replacement_before_closure.years_ahead": str(years_ahead)}
    plan = best(tiny_problem(settings, sites=WITH_A_CANDIDATE))
    support = 12 * GROUP + 7 * HOME
    assert support == pytest.approx(360_032.14, abs=CENT)
    assert plan.proof.objective == pytest.approx(775_539.29 + 360_032.14 + 264_000 + extra, abs=2 * CENT)
    assert amount(plan, "removed", tier="bed") == closed


def test_a_bed_that_is_converted_is_not_replaced_by_a_place_that_goes_the_same_year():
    """Four beds are full, and two homes stand empty for the two light people. Half the beds should go.

    Homes of before replace nothing, so a bed may only go by conversion, here for nothing. Two group places
    would have to stay: 50,000 + 2 × 10,000. To convert two beds and remove what they became (2 × 2,000) would
    be cheapest and replaces nobody, so it is not possible: two beds too many, 2 × 10,000 points.
    """
    settings = REPLACEMENT | ONE_YEAR | {
        "profiles.intensive.fits": '["bed"]', "profiles.light.also": '["bed"]',
        "costs.conversions.bed.group.cost": "0",
        "policies.intramural_reduction.by_end": "0.5", "policies.replacement_before_closure.years_ahead": "1",
    }  # fmt: skip
    sites = SITE_COLUMNS + (
        "S1,Site one,N1,provider A,existing,bed,4,0,4,4,\nS1,Site one,N1,provider A,existing,group,0,0,4,4,\n"
    )
    clients = "neighbourhood,profile,tier,clients,year,form,basis\n" + "".join(
        f"N1,{profile},bed,2,2021,ZIN,origin\n" for profile in ("intensive", "light")
    )
    homes = "corporation,neighbourhood,year,homes\nC1,N1,2021,2\n"
    plan = best(tiny_problem(settings, sites=sites, clients=clients, homes=homes))
    assert plan.proof.objective == pytest.approx(2 * BED + 2 * HOME + 20_000, abs=CENT)
    assert amount(plan, "converted") == amount(plan, "removed") == 0.0


FLOW = EUROS_ONLY | ONE_YEAR | {
    "profiles.light.also": '["group", "bed"]',
    "pathway.transitions.bed.intensive.light": "0.4",
}  # fmt: skip
"""Four of the ten people in beds get better within the year, and may stay for want of a home."""

ONE_WAITS = """\
municipality,profile,tier,clients,year,form,basis
M1,intensive,bed,6,2021,ZIN,origin
M2,intensive,bed,4,2021,ZIN,origin
M1,light,group,4,2021,ZIN,origin
M1,light,home,2,2021,ZIN,origin
M2,light,home,2,2021,ZIN,origin
M2,intensive,waiting,1,2021,ZIN,origin
"""


@pytest.mark.parametrize(("homes", "waits"), [(0, 1), (1, 0), (3, 0)])
def test_a_missing_home_blocks_a_bed(homes, waits):
    """An intensive client waits for a bed. The ten are full, four of them of people who are light by now.

    Without a home they stay, and he waits: 10 × 52,178.57 + 4 × 20,871.43 + 4 × 15,653.57 +
    90,000 + 110,435.71 = 868,321.43. The first home frees a bed for him: 15,653.57 + 2,000 come
    in the place of 110,435.71. Each home more takes a light person out of a bed, which saves
    52,178.57 − 15,653.57 − 2,000 = 34,525.00.
    """
    offers = NO_OFFERS + (f"C1,M1,2022,{homes}\n" if homes else "")
    settings = FLOW | {"policies.replacement_before_closure.most_per_year": "0"}
    plan = best(tiny_problem(settings, sites=ONLY_BEDS_AND_S2, clients=ONE_WAITS, homes=offers))
    assert amount(plan, "waiting") == pytest.approx(waits)
    expected = 868_321.43 if not homes else 868_321.43 - 110_435.71 + 17_653.57 - 34_525.00 * (homes - 1)
    assert plan.proof.objective == pytest.approx(expected, abs=2 * CENT)
    assert pytest.approx(868_321.43, abs=CENT) == 10 * BED + 4 * GROUP + 4 * HOME + 90_000 + WAIT


def test_who_recovers_keeps_half_of_the_homes():
    """Half of the four light people at home recover in the year, and half of those keep the home.

    Two leave care; one home of four stays with its tenant, so three are left. Two are lived in by
    those who stay; the third goes to the one who waits. No home is offered and no bed goes.

        10 × 52,178.57 + 4 × 20,871.43 + 3 × 15,653.57 + 50,000 + 40,000   = 742,232.14
    """
    settings = NOBODY_MOVES | {"pathway.recovered.home.light": "0.5"}
    plan = best(tiny_problem(settings, homes=NO_OFFERS))
    assert amount(plan, "kept_homes") == pytest.approx(1)
    assert amount(plan, "clients", tier="home") == pytest.approx(3)
    assert plan.proof.objective == pytest.approx(742_232.14, abs=CENT)


@pytest.mark.parametrize(("months", "waiting"), [(0, 0.0), (3, 0.25), (12, 1.0)])
def test_a_home_counts_from_its_key(months, waiting):
    """A home that takes three months serves for nine: a quarter of a client-year of waiting is left.

    There is one person more than places; all else is the do-nothing year, in which the client-year
    at home shrinks and waiting grows by the lead. With twelve months the home comes in the year
    after, and its 2,000 buy nothing in a plan of one year: it is not taken.
    """
    plan = best(tiny_problem(NOBODY_MOVES | {"homes.lead": str(months)}))
    assert amount(plan, "waiting") == pytest.approx(waiting)
    expected = 775_539.29 + waiting * (WAIT - HOME) - (2_000 if months == 12 else 0)
    assert plan.proof.objective == pytest.approx(expected, abs=CENT)


def test_places_of_the_wlz_hold_nobody_else():
    """Two of the ten beds are lived in by people of the Wlz, who do not count for the Wmo.

    Ten people are registered in eight beds: by the reconciliation two of them wait, and with the
    light one three do. A group place would do for the two,
    but S2's four are full of light people, of whom only one can go to the home that is offered.
    No bed goes. Nine light people and two intensive look for four group places and five homes: two wait.

        8 × 52,178.57 + 4 × 20,871.43 + 5 × 15,653.57 + 90,000 + 2,000     = 671,182.14
        2 × 110,435.71                                                     = 220,871.43
    """
    sites = SITES.replace("bed,10,0,10,12", "bed,10,2,10,12")
    plan = best(tiny_problem(NOBODY_MOVES, sites=sites))
    assert amount(plan, "clients", tier="bed") == pytest.approx(8)
    assert amount(plan, "waiting") == pytest.approx(2)
    assert plan.proof.objective == pytest.approx(671_182.14 + 220_871.43, abs=2 * CENT)
    assert amount(plan, "cost", part="bridging") == pytest.approx(2 * BRIDGE, abs=CENT)


def test_a_personal_budget_costs_money_and_no_place():
    """Two people in a bed's form of support bring their own location: 2 × 52,178.57 whatever is planned."""
    clients = ONE_WAITS.replace("M2,intensive,waiting,1", "M2,light,waiting,1")
    clients += "M1,intensive,bed,2,2021,PGB,origin\n"
    plan = best(tiny_problem(EUROS_ONLY | ONE_YEAR, clients=clients))
    assert plan.proof.objective == pytest.approx(724_003.57 + 2 * 52_178.57, abs=2 * CENT)
    assert amount(plan, "clients", tier="bed") == pytest.approx(5)


def test_fair_share_moves_places_where_it_is_hard():
    """Of all places 80 % belong in M1; with a band of a quarter it has 60 to 100 %, and M2 15 to 25 %.

    In the base M2 has none. Building takes no time here, so S3 (in N3, M2) may open at once; no bed
    may go and S2 stays. M2 needs z ≥ 0.15 × (14 + z) places, z ≥ 2.47, so three at the least. Each
    lets an intensive person out of a bed, 31,307.14 − 15,000 gained. The most that M2 may have is
    z ≤ 0.25 × (14 + z), z ≤ 4.67: four gain more than three, five would be unfair.

        6 × 52,178.57 + 8 × 20,871.43 + 5 × 15,653.57                      = 558,310.71
        2 sites × 50,000 + 8 places × 10,000                               = 180,000
        4 new places × 5,000 + 2,000                                       =  22,000
    """
    settings = NOBODY_MOVES | {
        "tiers.group.building_years": "0",
        "policies.fair_share_between_municipalities.mode": "hard",
        "policies.fair_share_between_municipalities.band": "0.25",
    }  # fmt: skip
    sites = WITH_A_CANDIDATE.replace("8,8,2023", "8,8,2022")
    plan = best(tiny_problem(settings, sites=sites))
    support = 6 * BED + 8 * GROUP + 5 * HOME
    assert support == pytest.approx(558_310.71, abs=CENT)
    assert plan.proof.objective == pytest.approx(760_310.71, abs=CENT)
    assert amount(plan, "places", site="S3") == 4


def test_waiting_that_grows_costs_points():
    """No home and no place comes, and two are new (2/19 of the stock): three wait, where one did.

    Ten beds, four group places and four homes are full and hold 18 of 21 people. M1 had nobody
    waiting and M2 one: whoever they are, both together have two too many, at 20,000 points each.
    """
    settings = NOBODY_MOVES | {
        "pathway.inflow.share": str(2 / 19), "policies.waiting_does_not_grow.mode": "soft",
    }  # fmt: skip
    plan = best(tiny_problem(settings, homes=NO_OFFERS, sites=ONLY_BEDS_AND_S2))
    assert amount(plan, "waiting") == pytest.approx(3)
    assert amount(plan, "waiting_growth") == pytest.approx(2)
    expected = 10 * BED + 4 * GROUP + 4 * HOME + 90_000 + 3 * WAIT + 2 * 20_000
    assert plan.proof.objective == pytest.approx(expected, abs=CENT)


def test_points_are_indexed_like_euros():
    """A year after prices were set all euros and points are 10 % more, so that the plan stays what it is.

    The 775,539.29 euros and 4,312.83 points of `test_points_of_travel_misfit_and_moves`, each × 1.1:
    853,093.22 and 312.83 × 1.1 + 4,000 × 1.1 = 344.11 + 4,400.
    """
    settings = EUROS_ONLY | ONE_YEAR | {
        "weights.travel": "10", "weights.misfit": "1000", "weights.unasked_move": "500",
        "policies.replacement_before_closure.most_per_year": "0", "years.indexation": "0.1",
    }  # fmt: skip
    plan = best(tiny_problem(settings))
    weight = plan.data["weight"].sel(year=2022)
    assert float(weight.sel(part="travel")) == pytest.approx(344.11, abs=CENT)
    assert float(weight.sel(part="misfit")) == pytest.approx(4_400, abs=CENT)
    assert plan.proof.objective == pytest.approx(853_093.22 + 4_744.11, abs=2 * CENT)


def test_a_point_with_a_price_year_of_its_own_is_brought_to_the_year():
    """1,000 points of 2020 are 1,210 in 2022 at 10 % a year; a miss of a bed is priced likewise."""
    settings = EUROS_ONLY | ONE_YEAR | {
        "weights.misfit": "{value = 1000, price_year = 2020}", "years.indexation": "0.1",
        "policies.intramural_reduction.mode": '"soft"', "policies.intramural_reduction.by_end": "1.0",
        "policies.intramural_reduction.price": "{value = 100, price_year = 2020}",
        "policies.replacement_before_closure.most_per_year": "0",
    }  # fmt: skip
    plan = best(tiny_problem(settings))
    weight = plan.data["weight"].sel(year=2022)
    assert float(weight.sel(part="misfit")) == pytest.approx(4 * 1_210, abs=CENT)
    assert float(weight.sel(part="intramural_reduction")) == pytest.approx(10 * 121, abs=CENT)


def test_the_price_of_a_euro_over_the_budget_does_not_grow():
    """The euro over the budget is one of its own year, and counts what it counted at the start."""
    parameters = tiny_problem({"years.indexation": "0.1"}).region.parameters
    price = parameters.policies.budget.price
    assert points_of(price, 2023, parameters) == price.value
    bed = parameters.policies.intramural_reduction.price
    assert points_of(bed, 2023, parameters) == pytest.approx(1.21 * bed.value)
