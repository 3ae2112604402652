"""Notation of numbers, euros and dates in Dutch and English, by Babel."""

import math
from dataclasses import dataclass
from datetime import date
from typing import Literal

from babel.dates import format_date
from babel.numbers import format_decimal

type Language = Literal["nl", "en"]

UNKNOWN = "–"
MINUS = "\N{MINUS SIGN}"
NARROW = "\N{NO-BREAK SPACE}"
_LOCALE = {"nl": "nl_NL", "en": "en_GB"}
_MILLIONS = {"nl": "mln", "en": "m"}


@dataclass(frozen=True, slots=True)
class Notation:
    """Writes numbers for people: 1.234,5 and € 1.234 in Dutch, 1,234.5 and € 1,234 in English.

    A number that is not known (None or NaN) is written as a dash, never as 0.
    """

    lang: Language

    def number(self, value: float | None, digits: int = 0) -> str:
        """Return `value` with thousands separated and `digits` decimals."""
        if value is None or not math.isfinite(value):
            return UNKNOWN
        rounded = round(value, digits)  # half to even, as everywhere; so Babel has nothing left to round
        form = "#,##0" + ("." + "0" * digits if digits else "")
        # What rounds to nothing has no sign.
        sign = MINUS if rounded < 0 else ""
        return sign + format_decimal(abs(rounded), format=form, locale=_LOCALE[self.lang])

    def signed(self, value: float | None, digits: int = 0) -> str:
        """Return `value` with its sign, as a difference is written; 0 has none."""
        text = self.number(value, digits)
        known = value is not None and math.isfinite(value) and value > 0
        return "+" + text if known and any(c in "123456789" for c in text) else text

    def euros(self, value: float | None) -> str:
        """Return whole euros."""
        return UNKNOWN if (text := self.number(value)) == UNKNOWN else f"€{NARROW}{text}"

    def millions(self, value: float | None) -> str:
        """Return euros in millions with one decimal; below a tenth of a million in whole euros."""
        if value is None or not math.isfinite(value) or abs(value) < 100_000:
            return self.euros(value)
        return f"€{NARROW}{self.number(value / 1e6, 1)}{NARROW}{_MILLIONS[self.lang]}"

    def percent(self, share: float | None, digits: int = 1) -> str:
        """Return a share as a percentage."""
        if share is None or not math.isfinite(share):
            return UNKNOWN
        return f"{self.number(100 * share, digits)}{NARROW if self.lang == 'nl' else ''}%"

    def signed_percent(self, share: float | None, digits: int = 1) -> str:
        """Return a share as a percentage with its sign, as growth and errors are written."""
        text = self.percent(share, digits)
        positive = share is not None and math.isfinite(share) and share > 0
        return "+" + text if positive and any(c in "123456789" for c in text) else text

    def plain(self, value: float | None) -> str:
        """Return an input number as it was meant: no more decimals than it has, six at most."""
        if value is None or not math.isfinite(value):
            return UNKNOWN
        digits = next((d for d in range(7) if math.isclose(value, round(value, d), rel_tol=1e-9)), 6)
        return self.number(value, digits)

    def day(self, day: date) -> str:
        """Return a date in full: 5 maart 2026, 5 March 2026."""
        return format_date(day, format="long", locale=_LOCALE[self.lang])
