"""The register of assumptions as a table."""

from typing import Any

import pandas as pd

from reports.answers.plan_brief import aligned
from reports.text.notation import Language, Notation
from reports.text.words import Words


def register_table(register: pd.DataFrame, lang: Language) -> str:
    """Lay out a line a number: key, unit, value, range, price year, source; a dash where there is none."""
    said, write = Words(lang, "numbers"), Notation(lang)
    columns = ("key", "unit", "value", "low", "high", "price_year", "source")
    rows = [tuple(map(said, columns))]
    for _, row in register.iterrows():
        # a year is written as one, not as 2,031
        years = {"price_year"} | ({"value", "low", "high"} if row["unit"] == "year" else set())
        rows.append(tuple(_cell(row[column], write, is_year=column in years) for column in columns))
    return "\n".join(aligned(rows, indent=""))


def _cell(value: Any, write: Notation, *, is_year: bool) -> str:
    if value is None or pd.isna(value):
        return write.number(None)
    if is_year:
        return f"{value:.0f}"
    return write.plain(value) if isinstance(value, float) else str(value)
