"""Buildings, tenants and shelters that stay, and beds that are replaced: each on the tiny region, by hand."""

from dataclasses import replace

import pytest
from builders import EUROS_ONLY, REPLACEMENT, WITH_A_CANDIDATE, best, tiny_problem, with_shelter
from test_optional_policies import asked, hardened, possible, rows_of
from tiny import CLIENTS, HOMES, REGION

from optimiser.model.replacement import replacement_before_closure
from optimiser.verification.verify import violations

FIVE_YEARS = {"years.last": "2026"}
TWO_YEARS = {"years.last": "2023"}


def broken_by(problem, data, rule):
    """Return what the verifier says of one rule."""
    return [str(v) for v in violations(problem, data) if v.rule == rule]


def test_what_the_plan_opens_stands():
    """S3 may open in 2023: places can come, and none of them can go again, in that year or a later one."""
    for mode, goes in (("off", True), ("hard", False)):
        problem = tiny_problem(EUROS_ONLY | FIVE_YEARS | asked("buildings_stay", mode=mode))
        opened = {("S3", "group", 2023): 4.0}
        assert possible(problem, added=opened)
        assert possible(problem, added=opened, removed={("S3", "group", 2025): 4.0}) is goes


@pytest.mark.parametrize(("gone", "come"), [(2022, 2025), (2025, 2023)])
def test_a_tier_of_today_goes_one_way(gone, come):
    """S2 has four group places: they may go, or four may come, in whatever years, and never both."""
    removed, added = {("S2", "group", gone): 1.0}, {("S2", "group", come): 1.0}
    problem = tiny_problem(EUROS_ONLY | FIVE_YEARS | asked("buildings_stay", mode="hard"))
    assert possible(problem, removed=removed)
    assert possible(problem, added=added)
    assert not possible(problem, removed=removed, added=added)
    loose = tiny_problem(EUROS_ONLY | FIVE_YEARS)
    assert possible(loose, removed=removed, added=added)


def test_conversions_escape_neither_the_direction_nor_the_building_time():
    """Where converting takes a year, nothing is converted before 2023; and what is converted stays."""
    slow = {"costs.conversions.bed.group.building_years": "1"}
    problem = tiny_problem(REPLACEMENT | FIVE_YEARS | slow | asked("buildings_stay", mode="hard"))
    assert not possible(problem, converted={("S1", "bed", "group", 2022): 1.0})
    assert possible(problem, converted={("S1", "bed", "group", 2023): 1.0})
    both = {"converted": {("S1", "bed", "group", 2023): 1.0}, "removed": {("S1", "group", 2024): 1.0}}
    assert not possible(problem, **both)


def test_a_building_that_goes_again_is_caught():
    """Two places said to come to S3 and to go again; two said to come to S2, where all four go."""
    plan = best(tiny_problem(EUROS_ONLY | FIVE_YEARS))
    strict = hardened(plan.problem, "buildings_stay")
    removed = plan.data["removed"].copy(deep=True)
    removed.loc[{"site": "S3", "tier": "group", "year": 2025}] = 2.0
    said = broken_by(strict, plan.data.assign(removed=removed), "buildings_stay")
    assert any("S3, group, 2025: off by 2 places opened by the plan that go" in line for line in said)
    added = plan.data["added"].copy(deep=True)
    gone = float(plan.data["removed"].sel(site="S2", tier="group").sum())
    added.loc[{"site": "S2", "tier": "group", "year": 2022}] = 2.0
    said = broken_by(strict, plan.data.assign(added=added), "buildings_stay")
    assert any("S2, group" in line and "both ways" in line for line in said) is (gone > 0)


def houses_with_beds(**settings):
    """Return ten beds at S1 over ten years, of which one goes in a year; ten may stand at S3 from 2023."""
    sites = WITH_A_CANDIDATE.replace("candidate,group,0,0,8,8,2023", "candidate,bed,0,0,10,10,2023")
    pace = {"policies.replacement_before_closure.most_per_year": "0.1"}
    hard = asked("buildings_stay", mode="hard") | asked("bed_houses_keep_scale", mode="hard")
    return tiny_problem(REPLACEMENT | {"years.last": "2031"} | pace | hard | settings, sites=sites)


def test_a_house_keeps_two_thirds_of_its_beds_or_none():
    """Of ten beds six (⌊0.667 × 10⌋) are two thirds: four may go for good, and five not."""
    added = {("S3", "bed", 2023): 10.0}
    four = {("S1", "bed", t): 1.0 for t in (2024, 2025, 2026, 2027)}
    problem = houses_with_beds()
    assert possible(problem, added=added, removed=four)
    assert not possible(problem, added=added, removed=four | {("S1", "bed", 2028): 1.0})
    loose = problem.with_modes(bed_houses_keep_scale="off")
    assert possible(loose, added=added, removed=four | {("S1", "bed", 2028): 1.0})


def test_a_house_stops_at_once_where_the_pace_has_left_room():
    """At one bed a year ten may be gone in the tenth year, 2031: all at once then, not in 2030; and bed by
    bed never, as fewer than two do not run.
    """
    added, all_of_them = {("S3", "bed", 2023): 10.0}, 10.0
    once = {"policies.replacement_before_closure.houses_stop_at_once": "true"}
    assert not possible(houses_with_beds(), added=added, removed={("S1", "bed", 2031): all_of_them})
    problem = houses_with_beds(**once)
    assert possible(problem, added=added, removed={("S1", "bed", 2031): all_of_them})
    assert not possible(problem, added=added, removed={("S1", "bed", 2030): all_of_them})


def test_a_house_below_its_scale_and_a_pace_beyond_it_are_caught():
    """Four beds said to stand at S1 in 2023 are two short; ten that go in 2022 are nine too many."""
    once = {"policies.replacement_before_closure.houses_stop_at_once": "true"}
    problem = houses_with_beds(**once, **TWO_YEARS)
    still = best(problem).reference
    places, removed = still["places"].copy(deep=True), still["removed"].copy(deep=True)
    places.loc[{"site": "S1", "tier": "bed", "year": 2023}] = 4.0
    said = broken_by(problem, still.assign(places=places), "bed_houses_keep_scale")
    assert said == ["bed_houses_keep_scale at S1, bed, 2023: off by 2 places"]
    removed.loc[{"site": "S1", "tier": "bed", "year": 2022}] = 10.0
    said = broken_by(problem, still.assign(removed=removed), "replacement_before_closure")
    assert any("2022: off by 9 places so far" in line for line in said)
    assert any("2022: off by 9 places in one year" in line for line in said)


def test_tenants_keep_a_home():
    """Four people live at home in 2021 and homes are dearer than nothing: none of them is put out."""
    dear = {"tiers.home.rate": "1500"}
    free = best(tiny_problem(EUROS_ONLY | dear))
    kept = best(tiny_problem(EUROS_ONLY | dear | asked("tenants_stay", mode="hard")))
    at_home = {"tier": "home", "profile": "light"}
    assert float(free.data["clients"].sel(at_home).sum("neighbourhood").min()) < 4
    by_origin = kept.data["clients"].sel(at_home)
    assert (by_origin.groupby(kept.data["neighbourhood_municipality"]).sum() >= 2 - 1e-6).all()
    strict = hardened(free.problem, "tenants_stay")
    assert broken_by(strict, free.data, "tenants_stay")
    assert broken_by(kept.problem, kept.data, "tenants_stay") == []


def test_more_tenants_than_homes_are_grandfathered():
    """Four tenants in two homes: half of each is held to, and a plan exists."""
    homes = HOMES.replace("C1,M1,2021,2", "C1,M1,2021,1").replace("C1,M2,2021,2", "C1,M2,2021,1")
    plan = best(tiny_problem(EUROS_ONLY | asked("tenants_stay", mode="hard"), homes=homes))
    assert float(plan.data["clients"].sel(tier="home", year=2022).sum()) >= 2 - 1e-6


def test_shelter_changes_only_where_and_when_it_is_free():
    """S4 has four shelter places: none may come or go before 2023, and none elsewhere ever."""
    fixed = with_shelter(TWO_YEARS | asked("shelter_stays", mode="hard"))
    freed = with_shelter(
        TWO_YEARS | asked("shelter_stays", mode="hard") | {"policies.shelter_stays.free_from.S4": "2023"}
    )
    assert not possible(fixed, places={("S4", "shelter", 2023): 0.0})
    assert not possible(freed, places={("S4", "shelter", 2022): 0.0})
    assert possible(freed, places={("S4", "shelter", 2023): 0.0})
    plan = best(fixed)
    places = plan.data["places"].copy(deep=True)
    places.loc[{"site": "S4", "tier": "shelter", "year": 2023}] = 3.0
    said = broken_by(fixed, plan.data.assign(places=places), "shelter_stays")
    assert said == ["shelter_stays at S4, shelter, 2023: off by 1 places"]


def moving_beds(**settings):
    """Return the tiny region in which S3 may take beds instead of group places, from 2023."""
    sites = WITH_A_CANDIDATE.replace("candidate,group,0,0,8,8,2023", "candidate,bed,0,0,10,10,2023")
    return tiny_problem(
        REPLACEMENT | asked("buildings_stay", mode="hard") | {"years.last": "2024"} | settings, sites=sites
    )


def test_beds_may_move_one_for_one():
    """Ten beds of S1 go in 2024 where ten stand at S3 since 2023: nobody is short of anything."""
    problem = moving_beds()
    assert possible(problem, added={("S3", "bed", 2023): 10.0}, removed={("S1", "bed", 2024): 10.0})
    assert not possible(
        problem,
        removed={("S1", "bed", 2024): 10.0},
        added=dict.fromkeys([("S3", "bed", 2023), ("S3", "bed", 2024)], 0.0),
    )


def test_no_more_go_than_the_pace_allows():
    """A tenth of ten beds a year is one."""
    slow = moving_beds(**{"policies.replacement_before_closure.most_per_year": "0.1"})
    added = {("S3", "bed", 2023): 2.0}
    assert possible(slow, added=added, removed={("S1", "bed", 2024): 1.0})
    assert not possible(slow, added=added, removed={("S1", "bed", 2024): 2.0})


def test_who_lives_at_home_asks_for_no_place():
    """Everybody fits beds alone, and the light may live at home too: there they ask for none of the places.

    In the row on places they stand on both sides, as people and as people at home, and so not at all; in
    the row on beds they do stand: a home that does not fit is no bed.
    """
    region = REGION.replace('fits = ["bed", "group"]', 'fits = ["bed"]')
    region = region.replace('fits = ["home"]', 'fits = ["bed"]').replace('["group"]', '["group", "home"]')
    rows = rows_of(replacement_before_closure, tiny_problem(REPLACEMENT, region=region))
    at_home = "clients_N1_light_home_2022"
    assert at_home not in rows["now", 2022][0]
    assert rows["now", 2022][0]["clients_N1_light_group_2022"] == 1.0
    assert rows["fits", 2022][0][at_home] == 1.0


def test_a_year_without_closing_owes_nothing():
    """Nine of ten people of the base fit: with one more inhabitant than places, standing still is allowed."""
    crowded = CLIENTS.replace("M1,intensive,bed,6", "M1,intensive,bed,9")
    problem = tiny_problem(REPLACEMENT, clients=crowded)
    assert possible(problem, removed={("S1", "bed", 2022): 0.0, ("S1", "bed", 2023): 0.0})


def test_removed_replacement_in_the_last_year_is_caught_in_full():
    """Beds go against group places; all of these are said to be gone: the check counts what lacks."""
    plan = best(tiny_problem(REPLACEMENT | {"policies.intramural_reduction.by_end": "0.2"}))
    going = plan.data["removed"].sel(tier="bed").sum() + plan.data["converted"].sel(tier="bed").sum()
    assert float(going) > 0
    places = plan.data["places"].copy(deep=True)
    places.loc[{"tier": "group"}] = 0.0
    said = broken_by(plan.problem, plan.data.assign(places=places), "replacement_before_closure")
    assert said
    assert broken_by(plan.problem, plan.data, "replacement_before_closure") == []
    assert (
        broken_by(
            replace(plan.problem).with_modes(replacement_before_closure="off"),
            plan.data.assign(places=places),
            "replacement_before_closure",
        )
        == []
    )
