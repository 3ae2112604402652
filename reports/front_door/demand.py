"""Uncertainty of the demand from Python: a band of draws, and a backtest of the forecast."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from models.demand.backtest import LEVEL, Backtest
from models.demand.backtest import backtest as backtest_of
from models.demand.demand_draws import demand_factors
from models.demand.forecast import Outlook, forecast
from models.drawing import AreaMap, Graph
from models.html_card import plain_card
from models.result import Result
from reports.answers.demand import Foreseen
from reports.front_door.targets import region_of

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    import pandas as pd
    import xarray as xr

    from reports.front_door.targets import RegionLike
    from reports.text.notation import Language


@dataclass(frozen=True, repr=False)
class DemandBand(Result):
    """Drawn demand (draw, profile, year) in clients, with the quantiles that are told of it."""

    drawn: xr.DataArray
    quantiles: tuple[float, ...]
    outlook: Outlook

    def summary(self) -> str:
        """Return the quantiles of all clients by year."""
        band = self._band()
        rows = [(str(year), *map(float, row)) for year, row in zip(band.index, band.to_numpy(), strict=True)]
        heads = [f"{chance:.0%}" for chance in self.quantiles]
        note = f"{self.drawn.sizes['draw']} draws of every number that has a range; others stay as they are."
        return plain_card("Demand in clients, quantiles", rows, heads=heads, note=note)

    def _frames(self) -> Mapping[str, Callable[[], pd.DataFrame]]:
        return {"band": self._band, "profiles": self._profiles}

    def _band(self) -> pd.DataFrame:
        known = self.drawn.sum("profile").quantile(self.quantiles, "draw").rename("clients")
        return known.to_series().unstack("quantile")

    def _profiles(self) -> pd.DataFrame:
        known = self.drawn.quantile(self.quantiles, "draw").rename("clients")
        return known.to_dataframe().reset_index()

    def _graphs(self) -> Mapping[str, Callable[[], Graph]]:
        return {"band": lambda: Graph(self._band(), "Demand, quantiles of the draws", "clients")}

    def _area_map(self) -> AreaMap:
        return self.outlook._area_map()


@dataclass(frozen=True, repr=False)
class BacktestResult(Result):
    """A forecast fitted on early years and held against later ones, told in one language."""

    test: Backtest
    lang: Language

    def summary(self) -> str:
        """Return the table and what must be read with it."""
        return Foreseen(self.test, self.lang).text()

    def sentences(self) -> list[str]:
        """Return what must be read with the table."""
        return Foreseen(self.test, self.lang).sentences()

    def _frames(self) -> Mapping[str, Callable[[], pd.DataFrame]]:
        return {"predictions": self.test.rows.copy}

    def _graphs(self) -> Mapping[str, Callable[[], Graph]]:
        return {"predictions": self._predictions}

    def _predictions(self) -> Graph:
        rows = self.test.rows
        predicted = rows.pivot_table(index="year", columns="method", values="predicted", sort=False)
        observed = rows.groupby("year")["observed"].first()
        title = f"Predicted from the years up to {self.test.cut}, and observed"
        return Graph(predicted.assign(observed=observed), title, "clients")


def demand_band(
    target: RegionLike,
    *,
    draws: int = 200,
    seed: int = 0,
    quantiles: Sequence[float] = (0.05, 0.5, 0.95),
) -> DemandBand:
    """Return the demand of a region in many draws of the numbers that have a range.

    Parameters
    ----------
    draws, seed
        How many; same seed, same draws.
    quantiles
        What is told of them.
    """
    region = region_of(target)
    outlook = forecast(region)
    expected = outlook.to_frame().loc[list(region.parameters.years.planned)]
    factors = demand_factors(region, outlook, draws=draws, seed=seed)
    drawn = factors * expected.to_xarray().to_dataarray("profile")
    return DemandBand(drawn, tuple(quantiles), outlook)


def backtest(
    target: RegionLike, *, until: int | None = None, level: float = LEVEL, lang: Language = "en"
) -> BacktestResult:
    """Return how a forecast from the early years of a region would have met the later ones.

    Parameters
    ----------
    until
        Last year to fit on; all but two.
    level
        Chance that the interval should hold a count.

    Raises
    ------
    InputError
        Where the region has too few counts.
    """
    return BacktestResult(backtest_of(region_of(target), cut=until, level=level), lang)
