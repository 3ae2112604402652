"""Counts in the sentences of the page beside the tables that draw its pictures."""

import pytest
from sample_plan import ANSWERS, RULES, sample_plan

from optimiser.review import bed_drivers
from reports.figures.contents import Contents
from reports.maps.site_map import site_map
from reports.page.certainty import bed_use, certainty
from reports.page.page import page
from reports.page.sections import site_groups
from reports.page.tables import page_tables

EVENTS = {"opens": ("opens",), "changes": ("grows", "changes_form", "shrinks"), "closes": ("closes",)}


@pytest.fixture(scope="module")
def contents(tmp_path_factory: pytest.TempPathFactory) -> Contents:
    return Contents(sample_plan(tmp_path_factory.mktemp("plan")), ANSWERS, RULES, "nl")


def test_counts_of_sites_in_headings_are_those_of_the_signs(contents: Contents) -> None:
    drawn = site_map(contents)
    groups = site_groups(contents, drawn)
    expected = {key: sum(sign.event in kinds for sign in drawn.signs) for key, kinds in EVENTS.items()}
    assert [len(group.lines) for group in groups] == [count for count in expected.values() if count]
    assert all(f" {len(group.lines)} " in group.title for group in groups)
    assert expected == {"opens": 1, "changes": 1, "closes": 0}


def test_uses_of_beds_add_up_to_the_beds_of_the_last_year(contents: Contents) -> None:
    """Four beds stay in 2026; nobody of them needs a bed, as group living fits too."""
    use = bed_use(contents)
    assert use
    counts = [int(sentence.split()[0]) for _, sentence in use.lines]
    assert sum(counts) == 4 == round(bed_drivers(contents.plan).beds)
    assert f" {sum(counts)} bedden" in use.title
    assert sum(part.width + 1 for part in use.strip.parts) == pytest.approx(480, abs=1)


def test_bars_of_the_gap_are_drawn_on_the_scale_of_the_plan(contents: Contents) -> None:
    sure, proof = certainty(contents), contents.plan.proof
    bound, plan, nothing = (bar.part.width for bar in sure.bars)
    assert bound / plan == pytest.approx(proof.bound / proof.objective, abs=1e-3)
    assert max(bound, plan, nothing) == 480
    assert sure.bars[1].value == "100,0"


def test_the_gap_in_words_is_never_smaller_than_the_proven_one(contents: Contents) -> None:
    said = float(certainty(contents).gap.split("%")[0].split()[-1].replace(",", "."))
    assert contents.plan.proof.gap * 100 <= said < contents.plan.proof.gap * 100 + 0.1 + 1e-9


def test_homes_of_corporations_add_up(contents: Contents) -> None:
    table = page_tables(contents)["agreement_totals"]
    for column in (2, 3):
        assert sum(int(row[column]) for row in table.rows) == int(table.foot[column])


def test_no_code_of_a_rule_stands_on_the_page(contents: Contents) -> None:
    text = page(contents)
    assert not [word for word in ("lived, ", "priced, ", "natural, ", "--time", "--gap") if word in text]
