"""What a region, a problem and a plan show of themselves in a notebook."""

import re

import pytest
from builders import best, tiny_problem

from models.html_card import amount, card


def cells(html: str) -> dict[str, list[str]]:
    """Return the rows of a card: what they are about → what stands beside it."""
    rows = re.findall(r"<tr><th[^>]*>(.*?)</th>(.*?)</tr>", html)
    return {about: re.findall(r"<td[^>]*>(.*?)</td>", rest) for about, rest in rows if "<td" in rest}


def test_names_are_shown_and_never_run():
    """A name from a file may hold what HTML would read as a tag."""
    html = card("<b>a</b>", [("<script>", "<i>")], heads=["<u>"], note="a & b")
    assert "<script>" not in html
    for text in ("&lt;b&gt;a&lt;/b&gt;", "&lt;script&gt;", "&lt;i&gt;", "&lt;u&gt;", "<p>a &amp; b</p>"):
        assert text in html


@pytest.mark.parametrize(
    ("value", "text"), [(1234567, "1,234,567"), (1234.5, "1,234"), (0.25, "0.2"), (2.0, "2"), ("–", "–")]
)
def test_numbers_are_written_as_people_read_them(value, text):
    """Thousands apart, and a decimal only where there is one that matters."""
    assert amount(value) == text


def test_the_tiny_region_tells_what_it_is():
    """Ten beds and four group places, 18 people and one waiting, 4 homes in use and 3 on offer."""
    problem = tiny_problem()
    told = cells(problem.region._repr_html_())
    assert (told["Places"], told["Clients"]) == (["14"], ["18"])
    assert (told["Waiting"], told["Homes in use"], told["Homes offered"]) == (["1"], ["4"], ["3"])
    asked = cells(problem._repr_html_())
    assert "replacement_before_closure" in asked["Hard policies"][0].split(", ")
    assert asked["Places in the base year"] == ["14"]


def test_a_plan_stands_beside_doing_nothing():
    """Base, last year and last year without a plan; the card's places are those of the arrays."""
    plan = best(tiny_problem())
    html = plan._repr_html_()
    beds = [plan.data["places"], plan.reference["places"]]
    shown = [f"{float(places.sel(tier='bed', year=2023).sum()):.0f}" for places in beds]
    assert cells(html)["Places, bed"] == ["10", *shown]
    assert cells(html)["People waiting"][0] == "1"
    assert "proven: at most 0.00%" in html
