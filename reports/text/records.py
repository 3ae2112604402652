"""A table as a program reads it: a record per row, what is not known as null."""

from typing import Any

import numpy as np
import pandas as pd


def records(frame: pd.DataFrame) -> list[dict[str, Any]]:
    """Return a dictionary per row; missing and infinite numbers, which JSON lacks, are None."""
    finite = frame.replace([np.inf, -np.inf], np.nan)
    plain = finite.astype(object).where(finite.notna(), None)
    return [{str(key): value for key, value in row.items()} for row in plain.to_dict("records")]
