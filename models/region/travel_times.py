"""Travel times of a region, with the roads that they come from."""

from dataclasses import dataclass

import pandas as pd

from geodata.roads import Roads, Routes


@dataclass(frozen=True)
class Travelled:
    """Minutes, and where they come from.

    `minutes` has origin, destination, minutes (by car) and a column for every other mode that is known,
    NaN where a pair has none; None where too little is known. `roads` and `routes` are those by car.
    """

    minutes: pd.DataFrame | None
    roads: Roads | None = None
    routes: Routes | None = None
