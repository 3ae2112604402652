"""A region with a character that nobody sees: refused, with its place."""

from pathlib import Path

import pytest
from tiny import write_tiny_region

from geodata.faults import InputError
from models.region.read_region import read_region

TURNED = "\u202e"
"""Turns the text behind it around."""


@pytest.mark.parametrize(
    ("name", "old", "new", "place"),
    [
        ("region.toml", 'name = "Tiny"', f'name = "Ti{TURNED}ny"', "line 2"),
        ("region.toml", 'name = "Tiny"', 'name = "Ti\\u202eny"', "region.name"),
        ("region.toml", "[years]", f"# {TURNED}\n[years]", "line 7"),
        ("sites.csv", "Site one", f"Site {TURNED}one", "line 2"),
        ("sites.csv", "provider A", "provider\u200b A", "line 2"),
        ("clients.csv", "clients", "cli\u00adents", "line 1"),
        ("neighbourhoods.geojson", '"Square N1"', f'"Square {TURNED}N1"', "name"),
    ],
)
def test_a_sign_that_nobody_sees_is_refused_with_its_place(
    tmp_path: Path, name: str, old: str, new: str, place: str
) -> None:
    file = write_tiny_region(tmp_path / "region") / name
    text = file.read_text(encoding="utf-8")
    assert old in text
    file.write_text(text.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(InputError, match=place) as told:
        read_region(file.parent)
    assert TURNED not in str(told.value)
    assert all(fault.remedy for fault in told.value.faults)
