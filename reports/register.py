"""The register of assumptions as a table."""

import pandas as pd


def register_table(register: pd.DataFrame) -> str:
    """Lay out a line a number: key, unit, value, range, price year, source."""
    named = register.rename(columns={"price_year": "price year"})
    columns = ["key", "unit", "value", "low", "high", "price year", "source"]
    texts = named[columns].astype(object).where(named[columns].notna(), "-")
    for column in ("value", "low", "high"):
        texts[column] = [_number(value) for value in texts[column]]
    for column in ("key", "unit", "source"):
        width = max(len(column), *(len(text) for text in texts[column]))
        texts[column] = texts[column].str.ljust(width)
    return "\n".join(line.rstrip() for line in str(texts.to_string(index=False)).splitlines())


def _number(value: object) -> str:
    return f"{value:.10g}" if isinstance(value, float) else str(value)
