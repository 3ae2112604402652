"""Numbers that cannot be meant, settings that change nothing, and people of whom a table has no home."""

import pytest
from builders import tiny_region
from tiny import SITES

from geodata.faults import InputError
from models.region.plausibility import MOST_PLACES


def faults(*changes, **tables):
    """Return the faults of the tiny region with other settings or tables, as key and what was found."""
    with pytest.raises(InputError) as caught:
        tiny_region(*changes, **tables)
    return [(fault.column, fault.found, fault.remedy) for fault in caught.value.faults]


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("travel.detour", "0.01"),
        ("travel.speed", "180"),
        ("years.terminal", "1000"),
        ("years.discount_rate", "0.4"),
        ("tiers.bed.occupancy", "0.01"),
        ("tiers.bed.norm", "0.25"),
        ("years.price_year", "1950"),
    ],
)
def test_a_number_that_cannot_be_meant_is_one_fault(key, value):
    """The key, what was found and what to look at; nothing follows from it."""
    ((column, found, remedy),) = faults({key: value})
    assert column == key
    assert found.replace(",", "") == value
    assert remedy


def test_a_rate_per_year_is_told_as_such():
    """52,000 euros a week: the cause is told, and not that waiting must then cost more."""
    ((column, found, remedy),) = faults({"tiers.bed.rate": "52000"})
    assert (column, found) == ("tiers.bed.rate", "52,000")
    assert "1/52" in remedy


def test_a_value_outside_its_own_range_is_a_fault():
    """Low and high say what is thought possible; the value is not."""
    told = faults({"tiers.bed.rate": "{value = 888, low = 2000, high = 3000}"})
    assert [column for column, _, _ in told] == ["tiers.bed.rate"]


def test_more_places_than_a_town_can_have():
    """20,000 inhabitants have room for 1,000 places at the most; four of them are in S2."""
    enough = SITES.replace("bed,10,0,10,12", "bed,996,0,996,998").replace(
        "group,0,0,12,12", "group,0,0,12,998"
    )
    assert int(tiny_region(sites=enough).site_tiers["places"].sum()) == MOST_PLACES * 20_000
    told = faults(sites=enough.replace("996,0,996", "997,0,997"))
    assert [(column, found) for column, found, _ in told] == [
        ("places", "1,001 places for 20,000 inhabitants")
    ]


def remarks(*changes, **tables):
    """Return the English remarks on the tiny region."""
    return [remark["en"] for remark in tiny_region(*changes, **tables).remarks]


def test_a_setting_of_a_policy_that_is_off_has_no_effect():
    """It is told by its key; with the policy on, nothing is."""
    price = {"policies.specialist_scale.price": "9"}
    assert any("policies.specialist_scale.price = 9 has no effect" in one for one in remarks(price))
    assert not any(
        "no effect" in one for one in remarks({"policies.fair_share_between_municipalities.band": "0.9"})
    )
    assert not any("no effect" in one for one in remarks({"policies.buildings_stay.mode": "off"}))


def test_tenants_without_a_home_are_told_in_numbers():
    """Four live in homes; with a table of two homes there is none for two, with none for four."""
    header = "corporation,municipality,year,homes\n"
    assert not any("is beyond that" in one for one in remarks())
    assert any("beyond that (2) waits" in one for one in remarks(homes=f"{header}C1,M1,2021,2\n"))
    assert any("beyond that (4) waits" in one for one in remarks(homes=header))


def test_people_beyond_the_places_are_told_by_form():
    """Ten beds at 95 % hold 9.5 people, and ten live there; the four group places are just full."""
    (told,) = [one for one in remarks({"tiers.bed.occupancy": "0.95"}) if "more people than places" in one]
    assert "bed: 10 people, 9.5 places" in told
    assert "group" not in told
    assert not any("more people than places" in one for one in remarks())


def test_columns_and_words_in_dutch_or_capitals_are_read():
    """The same sites as a Dutch list has them."""
    _, rows = SITES.split("\n", 1)
    header = (
        "Locatie,NAAM,Wijkcode,Zorgaanbieder,Status,Vorm,Aantal plaatsen,waarvan Wlz,Hoogstens,plot_most,"
        "Vanaf,Einde contract,Bron"
    )
    words = rows.replace(",existing,", ",Bestaand,").replace(",candidate,", ",kandidaat,")
    ours, theirs = tiny_region(), tiny_region(sites=f"{header}\n{words}")
    assert theirs.site_tiers.equals(ours.site_tiers)
    assert theirs.sites.equals(ours.sites)


def test_two_columns_of_one_meaning_are_told():
    """Which of the two counts is not for us to choose."""
    told = faults(sites=SITES.replace("places,wlz_occupied", "Plaatsen,Plekken"))
    assert {"the unknown column 'Plaatsen'", "the unknown column 'Plekken'"} <= {
        found for _, found, _ in told
    }
