"""Characters that nobody sees: every one that Unicode knows as such, and none that people write."""

import sys
import unicodedata

import pytest

from geodata.invisible import invisible

TURNED = "GM\u202e2000"
"""Reads as GM0002 where text is turned around."""


def test_every_format_character_of_unicode_is_found():
    """Format, private use and noncharacters; separators of lines; controls other than tab and line ends."""
    kinds = {"Cf", "Zl", "Zp", "Co"}
    for code in range(sys.maxunicode + 1):
        sign = chr(code)
        if unicodedata.category(sign) in kinds or 0x7F <= code < 0xA0:
            assert invisible(f"a{sign}b") == f"U+{code:04X}"


def test_what_people_write_is_let_pass():
    """Letters with accents, signs, no-break spaces, and every other letter and mark of the basic plane."""
    assert invisible("Súdwest-Fryslân, ’s-Gravenhage\u00a0(€ 5) … ‘x’ – ½\t\n") == ""
    shown = [chr(code) for code in range(0x20, 0x2000) if unicodedata.category(chr(code))[0] in "LNPSM"]
    assert {sign for sign in shown if invisible(sign)} == {"\u115f", "\u1160"}  # fillers without a form


@pytest.mark.parametrize(
    ("text", "found"),
    [(TURNED, "U+202E"), ("a\u200bb", "U+200B"), ("\ufeffx", "U+FEFF"), ("\U000e0041", "U+E0041")],
)
def test_it_is_named(text, found):
    """As a planner can look it up."""
    assert invisible(text) == found
