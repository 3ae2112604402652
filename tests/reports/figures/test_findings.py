"""Sentences of the review in Dutch and English."""

import pytest

from optimiser.review import Finding
from reports.figures.findings import finding_text


def told(kind, number, lang, **amounts):
    """Return a finding about S1 in 2025, in words."""
    finding = Finding(kind, "notable", number, "site", "S1", 2025, amounts=amounts)
    return finding_text(finding, lang, "S1", "Groepswonen (tussenvorm)").text


@pytest.mark.parametrize(
    ("number", "dutch", "english"),
    [
        (
            1.0,
            "Zeker 1 mens moet verhuizen, uit S1 in 2025.",
            "At least 1 person must move, from S1 in 2025.",
        ),
        (1.6, "Zeker 2 mensen moeten verhuizen, het meest uit S1 in 2025.", "At least 2 people must move, "),
        (10.0, "Zeker 10 mensen moeten verhuizen, ", "At least 10 people must move, "),
    ],
)
def test_one_person_is_no_plural(number, dutch, english):
    """A verb and a noun go with the number beside them, as it is rounded."""
    assert told("people_relocated", number, "nl").startswith(dutch)
    assert told("people_relocated", number, "en").startswith(english)


def test_one_person_at_home_is_no_plural():
    """Both sentences of a finding, each by its own number."""
    amounts = {"plan": 1.0, "reference": 2.0, "independent_plan": 3.0, "independent_reference": 1.0}
    text = told("fewer_at_home", 1.0, "nl", **amounts)
    assert text == (
        "1 mens woont met begeleiding in een woning; bij niets doen 2. "
        "Zonder begeleiding houden 3 mensen hun woning; bij niets doen 1."
    )


def test_a_form_with_brackets_stands_in_none():
    """The name of a form may have brackets of its own."""
    text = told("built_beside_closure", 8.0, "nl", more=12.0, less=8.0)
    assert text == "Groepswonen (tussenvorm) in S1, in plekken: 12 erbij en 8 weg."
