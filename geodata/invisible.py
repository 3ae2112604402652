"""Characters that nobody sees: a text with one reads as another than it is."""

import re

_RANGES = (
    (0x7F, 0x9F), (0xAD, 0xAD), (0x600, 0x605), (0x61C, 0x61C), (0x6DD, 0x6DD), (0x70F, 0x70F),
    (0x890, 0x891), (0x8E2, 0x8E2), (0x115F, 0x1160), (0x180E, 0x180E), (0x200B, 0x200F),
    (0x2028, 0x202E), (0x2060, 0x206F), (0x2800, 0x2800), (0x3164, 0x3164), (0xE000, 0xF8FF),
    (0xFEFF, 0xFEFF), (0xFFA0, 0xFFA0), (0xFFF9, 0xFFFB), (0xFFFE, 0xFFFF), (0x110BD, 0x110BD),
    (0x110CD, 0x110CD), (0x13430, 0x1343F), (0x1BCA0, 0x1BCA3), (0x1D173, 0x1D17A), (0xE0001, 0xE0001),
    (0xE0020, 0xE007F), (0xF0000, 0x10FFFF),
)  # fmt: skip
INVISIBLE = "".join(f"{chr(first)}-{chr(last)}" for first, last in _RANGES)
"""Characters that turn, join or hide text or have no form, as the inside of a [class] of a pattern."""

_INVISIBLE = re.compile(f"[{INVISIBLE}]")
_NOT_SHOWN = re.compile(f"[\x00-\x08\x0b\x0c\x0e-\x1f{INVISIBLE}]")
"""Also the controls below a space, with which a terminal is written over."""


def invisible(text: str) -> str:
    """Return the first character of a text that nobody sees as U+202E, "" where there is none."""
    found = _INVISIBLE.search(text)
    return f"U+{ord(found[0]):04X}" if found else ""


def shown(text: str) -> str:
    """Return a text to be read by somebody, with ‹U+202E› for what nobody sees."""
    return _NOT_SHOWN.sub(lambda found: f"‹U+{ord(found[0]):04X}›", text)
