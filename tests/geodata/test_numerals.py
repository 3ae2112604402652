"""Numbers and dates as people write them: one reading, or a refusal that shows both."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geodata.indicators import number
from geodata.numerals import exact_text, parse_number, read_date


@pytest.mark.parametrize(
    ("text", "decimal", "right"),
    [
        ("12", ".", 12.0),
        ("-0.5", ".", -0.5),
        ("1,5", ".", 1.5),
        ("1,234", ",", 1.234),  # in a file with semicolons a comma is the decimal mark
        ("5.100", ",", 5100.0),  # and a point parts thousands
        ("121.000,5", ",", 121_000.5),
        ("121.000,5", ".", 121_000.5),  # two marks have one reading, whatever the file
        ("121,000.5", ".", 121_000.5),
        ("1.234.567", ".", 1_234_567.0),
        ("1,234,567", "", 1_234_567.0),
        ("0.125", ",", 0.125),  # no thousands begin with 0
        ("1234.567", ",", 1234.567),  # nor have they four digits before the first mark
        ("1e-05", ".", 0.00001),
        ("€ 112.000,50", ",", 112_000.5),
        ("112.000,-", ",", 112_000.0),
        ("€112000", ".", 112_000.0),
        ("112000 EUR", ".", 112_000.0),
        ("112 000", ".", 112_000.0),
        ("112\u202f000,5", ",", 112_000.5),
        ("12.5", ",", 12.5),
    ],
)
def test_a_number_with_one_reading_is_read(text, decimal, right):
    """Marks, spaces and a euro sign as planners write them."""
    assert parse_number(text, decimal) == right


@pytest.mark.parametrize(
    ("text", "decimal", "small", "large"),
    [
        ("112.000", ".", "112", "112000"),
        ("5.100", "", "5.1", "5100"),
        ("1.234", ".", "1.234", "1234"),
        ("1,234", ".", "1.234", "1234"),
        ("40,125", "", "40.125", "40125"),
        ("112,000", ",", "112", "112000"),  # nobody writes 112 so beside decimal commas
        ("€ 112.000", ".", "112", "112000"),
    ],
)
def test_a_number_with_two_readings_shows_both(text, decimal, small, large):
    """It is never guessed."""
    with pytest.raises(ValueError, match="one way only") as caught:
        parse_number(text, decimal)
    assert f"{small} or {large}" in str(caught.value)


@pytest.mark.parametrize("decimal", [".", ",", ""])
def test_of_two_readings_the_one_that_can_stand_there_is_taken(decimal):
    """A longitude is no 4,906 degrees, and a percentage no 50,125."""
    assert parse_number("4.906", decimal, fits=lambda degrees: -180 <= degrees <= 180) == 4.906
    assert number("50.125", name="percentage_koopwoningen", decimal=decimal) == 50.125


@pytest.mark.parametrize(
    "text", ["", " ", "x", "nan", "inf", "-inf", "1.", ".5", "٣", "1e999", "5%", "12 34", "1.23.456", "1,2,3"]
)
def test_what_is_no_number_is_refused(text):
    """What pandas or Python would take for a number without a word is none here."""
    with pytest.raises(ValueError, match="number"):
        parse_number(text)


def test_percent_signs_are_for_percentages():
    """50 % of homes is 50 in a column of percentages; people are not counted in percent."""
    assert number("50 %", name="percentage_koopwoningen", decimal=",") == 50
    assert number("40,5%", name="percentage_laag_inkomen", decimal=",") == 40.5
    with pytest.raises(ValueError, match="percent sign"):
        number("50%", name="inhabitants")


@pytest.mark.parametrize("value", [5.1, "5,1", "5.25"])
@pytest.mark.parametrize("name", ["inhabitants", "woningvoorraad"])
def test_people_and_homes_are_whole(value, name):
    """A fraction of a person is a misreading."""
    with pytest.raises(ValueError, match="whole number"):
        number(value, name=name)


@pytest.mark.parametrize(("text", "right"), [
    ("31-12-2020", "2020-12-31"), ("31/12/2020", "2020-12-31"), ("12/31/2020", "2020-12-31"),
    ("2-2-2020", "2020-02-02"), ("2020-12-31", "2020-12-31"), ("2020-12-31 00:00:00", "2020-12-31"),
    ("2020/1/5", "2020-01-05"), ("2020", "2020"), ("soon", "soon"), ("31-12-2020 0:00", "2020-12-31"),
])  # fmt: skip
def test_a_date_with_one_reading_is_read(text, right):
    """Day, month and year in any order that leaves no doubt; what is no date stays."""
    assert read_date(text) == right


def test_a_date_with_two_readings_shows_both():
    """The second of January, or the first of February."""
    with pytest.raises(ValueError, match="2020-02-01 or 2020-01-02"):
        read_date("01-02-2020")


@settings(max_examples=300, deadline=None, derandomize=True, database=None)
@given(
    st.floats(-1e9, 1e9) | st.integers(-(10**9), 10**9).map(lambda n: n / 1000), st.sampled_from([".", ""])
)
def test_numbers_of_workbooks_and_maps_are_read_back(value, decimal):
    """A number that is no text has one reading, whatever its decimals."""
    assert parse_number(exact_text(value), decimal) == value
