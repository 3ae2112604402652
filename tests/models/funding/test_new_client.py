"""Who is new: the cases in which the three published readings agree and in which they differ."""

from datetime import date, timedelta

import pytest

from models.funding.new_client import READINGS, Event, Report, is_new, responsible

DAY = date(2023, 6, 1)
"""A report whose 365 days hold no leap day: the first of them is 1 June 2022."""


def report(*history: Event, day: date = DAY, origin: str = "here") -> Report:
    """Return somebody of the region who reports in it."""
    return Report(day, "here", origin, history)


def readings(somebody: Report) -> dict[str, bool]:
    """Return whether somebody is new in each of the readings."""
    return {reading: is_new(somebody, reading) for reading in READINGS}


def test_who_never_had_anything_is_new_in_every_reading():
    assert readings(report()) == {"official": True, "indication": True, "use": True}


def test_a_refused_application_splits_the_readings():
    """Applied 200 days ago and was refused: the official text counts applications, the others don't."""
    applied = Event("application", "here", DAY - timedelta(days=200))
    assert readings(report(applied)) == {"official": False, "indication": True, "use": True}


def test_only_the_region_of_the_report_counts():
    """Sheltered housing in another region until 100 days ago, none here: new in every reading."""
    gone = DAY - timedelta(days=100)
    there = [
        Event("application", "there", date(2021, 1, 4)),
        Event("indication", "there", date(2021, 2, 1), gone),
        Event("use", "there", date(2021, 2, 1), gone),
    ]
    assert readings(report(*there, origin="there")) == dict.fromkeys(READINGS, True)


@pytest.mark.parametrize(("days_ago", "new"), [(364, False), (365, False), (366, True)])
def test_the_window_is_365_days(days_ago, new):
    """The day 365 days before the report is the first that counts; use and indication alike."""
    last = DAY - timedelta(days=days_ago)
    lived = [Event(kind, "here", date(2020, 1, 1), last) for kind in ("use", "indication")]
    assert readings(report(*lived)) == dict.fromkeys(READINGS, new)


def test_a_leap_year_is_a_day_longer_than_the_window():
    """From 1 March 2023 to 1 March 2024 are 366 days: a year to the day, and yet outside the window."""
    day, last = date(2024, 3, 1), date(2023, 3, 1)
    assert (day - last).days == 366
    assert is_new(report(Event("use", "here", date(2021, 1, 1), last), day=day), "official")
    assert not is_new(
        report(Event("use", "here", date(2021, 1, 1), last + timedelta(days=1)), day=day), "official"
    )


def test_who_lives_there_now_is_not_new():
    """Use without an end goes on."""
    assert not is_new(report(Event("use", "here", date(2019, 5, 1))), "use")


def test_the_report_itself_is_no_earlier_application():
    """The window ends the day before: applying on the day of the report leaves one new."""
    assert is_new(report(Event("application", "here", DAY)), "official")
    assert not is_new(report(Event("application", "here", DAY - timedelta(days=1))), "official")


def test_the_reading_by_use_begins_in_2022():
    """Nobody is new on 31 December 2021, everybody without use the day after."""
    assert not is_new(report(day=date(2021, 12, 31)), "use")
    assert is_new(report(day=date(2022, 1, 1)), "use")
    assert is_new(report(day=date(2021, 12, 31)), "official")


def test_from_outside_the_region_is_new_in_the_reading_by_indication():
    """An indication of this region does not bind who comes from another one (§4.1)."""
    indicated = Event("indication", "here", date(2022, 9, 1), date(2023, 2, 1))
    assert is_new(report(indicated, origin="there"), "indication")
    assert not is_new(report(indicated), "indication")


def test_a_new_client_is_paid_by_the_origin_and_others_by_the_centre():
    applied = report(Event("application", "here", DAY - timedelta(days=200)))
    who = {
        reading: responsible(applied, reading, municipality="GM0109", central="GM0114")
        for reading in READINGS
    }
    assert who == {"official": "GM0114", "indication": "GM0109", "use": "GM0109"}


def test_an_event_does_not_end_before_it_begins():
    with pytest.raises(ValueError, match="cannot end on 2021-12-31"):
        Event("use", "here", date(2022, 1, 1), date(2021, 12, 31))


def test_an_unknown_reading_is_refused():
    with pytest.raises(ValueError, match="no reading 'variant 1'; known are official, indication, use"):
        is_new(report(), "variant 1")
