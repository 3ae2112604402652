"""Backtest of the forecast: fitted on early counts, compared with later ones.

Nothing here is tuned to look well: a forecast that misses is shown missing, beside a straight
trend and beside doing no forecasting at all.
"""

import math
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from scipy import stats

from geodata.faults import Fault, InputError
from models.demand.forecast import forecast
from models.parameters.quantity import Quantity
from models.region.region import Region

LEVEL = 0.8
"""Chance that a true interval holds the count, unless another is asked for."""

LEAST_COUNTS = 3
"""Counts that a trend with an interval needs: two for the line, one to see how far they lie off it."""

PATHWAY, TREND, LAST = "care pathway", "trend", "last count"
METHODS = (PATHWAY, TREND, LAST)
COLUMNS = ("method", "year", "observed", "predicted", "low", "high", "error", "error_share", "inside")


@dataclass(frozen=True)
class Trend:
    """A yearly growth that is the same every year: log count = level + slope · year + noise.

    Ordinary least squares on the logarithms; with n counts, noise is estimated from n − 2
    degrees of freedom.
    """

    counts: pd.Series
    """Index year: the counts that it is fitted on."""
    slope: float
    """Growth a year, in logarithms."""
    slope_error: float
    """Standard error of the slope."""
    noise: float
    """Standard deviation of a count around the line, in logarithms."""

    @classmethod
    def of(cls, counts: pd.Series) -> "Trend":
        """Fit the trend; fewer than three counts, or one that is zero, is an `InputError`."""
        known = counts.dropna()
        if len(known) < LEAST_COUNTS or not (known > 0).all():
            raise InputError([_too_few(known, f"{LEAST_COUNTS} counts above zero to fit on")])
        years, logs = known.index.to_numpy(dtype=float), np.log(known.to_numpy(dtype=float))
        line = stats.linregress(years, logs)
        off = logs - (line.intercept + line.slope * years)
        noise = math.sqrt(float(off @ off) / (len(known) - 2))
        return cls(known, float(line.slope), float(line.stderr), noise)

    @property
    def growth(self) -> float:
        """Growth a year (1/year)."""
        return math.exp(self.slope) - 1.0

    def reach(self, level: float) -> float:
        """Return how many standard errors lie on either side (Student's t, n − 2 degrees of freedom)."""
        return float(stats.t.ppf((1.0 + level) / 2.0, len(self.counts) - 2))

    def at(self, year: int, level: float) -> tuple[float, float, float]:
        """Return the prediction for one year and the interval that should hold its count."""
        years = self.counts.index.to_numpy(dtype=float)
        away = year - years.mean()
        middle = float(np.log(self.counts.to_numpy(dtype=float)).mean()) + self.slope * away
        spread = float(((years - years.mean()) ** 2).sum())
        error = self.noise * math.sqrt(1.0 + 1.0 / len(years) + away**2 / spread)
        return _around(middle, self.reach(level) * error)


@dataclass(frozen=True)
class Backtest:
    """A forecast fitted on the years up to `cut` and held against the later ones.

    Attributes
    ----------
    trend
        What was fitted.
    rows
        `COLUMNS`, one row per method and later year, in clients: `error` is predicted − observed,
        `error_share` the same as a share of the observed. The last count has no interval (NaN,
        `inside` None).
    approximate
        Years up to `cut` whose count is given as about so many; they weigh as much as the others.
    redeemed_too_few
        How many counts of redeemed indications are known up to `cut`, where those are too few to fit.
    """

    cut: int
    level: float
    trend: Trend
    rows: pd.DataFrame
    approximate: tuple[int, ...]
    redeemed_too_few: int | None

    def mean_error(self, method: str) -> float:
        """Return the mean size of a method's errors, as a share of the observed."""
        return float(self.rows.loc[self.rows["method"] == method, "error_share"].abs().mean())


def backtest(region: Region, *, cut: int | None = None, level: float = LEVEL) -> Backtest:
    """Fit the forecast on the indications up to a year and predict those after it.

    Three methods stand side by side:

    - `care pathway`: the forecast that plans use (`models.forecast`), its trend of the inflow
      fitted on the early years, starting from the last count of them. Its other rates are the
      region's own, so that only the trend is out of sample. Interval: the noise of the first
      count and of the predicted one, and the error of the fitted trend, squares added.
    - `trend`: the fitted line itself, with the prediction interval of a regression.
    - `last count`: the last early count carried on, without an interval. A forecast that does
      worse than this one adds nothing.

    Parameters
    ----------
    cut
        Last year that is fitted on; the last but two of the series when absent.
    level
        Chance that the interval should hold the count, between 0 and 1.

    Raises
    ------
    InputError
        Where fewer than three counts lie up to the cut, none after it, or more years after it
        than the region plans.
    """
    counts = region.series["indications"].dropna()
    if cut is None:
        cut = int(counts.index[-3]) if len(counts) >= LEAST_COUNTS else 0
    early, late = counts[counts.index <= cut], counts[counts.index > cut]
    trend = Trend.of(early)
    _check_late(region, late, cut)
    rows = [
        (method, int(str(year)), float(observed), *prediction)
        for method, predicted in _methods(region, trend, late, level).items()
        for (year, observed), prediction in zip(late.items(), predicted, strict=True)
    ]
    known = region.series[region.series.index <= cut]
    approximate = tuple(int(str(year)) for year in known.index[known["circa"]])
    redeemed = int(known["redeemed"].notna().sum())
    too_few = redeemed if redeemed < LEAST_COUNTS else None
    return Backtest(cut, level, trend, _judged(rows), approximate, too_few)


def _check_late(region: Region, late: pd.Series, cut: int) -> None:
    most = len(region.parameters.years.planned)
    if late.empty:
        raise InputError([_too_few(late, f"a count after {cut} to test on")])
    if int(late.index[-1]) > cut + most:
        raise InputError(
            [_too_few(late, f"counts of at most {most} years after {cut}, as many as are planned")]
        )


def _too_few(counts: pd.Series, expected: str) -> Fault:
    years = ", ".join(str(year) for year in counts.index)
    found = f"counts of {years}" if years else "no counts"
    return Fault("series.csv", found, expected, "Add years to it, or choose another last year to fit on.")


type _Prediction = tuple[float, float, float]


def _methods(region: Region, trend: Trend, late: pd.Series, level: float) -> dict[str, list[_Prediction]]:
    years = [int(year) for year in late.index]
    last = float(trend.counts.iloc[-1])
    return {
        PATHWAY: _pathway(region, trend, years, level),
        TREND: [trend.at(year, level) for year in years],
        LAST: [(last, math.nan, math.nan) for _ in years],
    }


def _pathway(region: Region, trend: Trend, years: list[int], level: float) -> list[_Prediction]:
    """Carry the last early count on as the region's own forecast does, with the fitted trend."""
    reach, last = trend.reach(level), float(trend.counts.iloc[-1])
    off = reach * trend.slope_error
    middle, low, high = (
        _ratios(region, slope) for slope in (trend.slope, trend.slope - off, trend.slope + off)
    )
    first = int(trend.counts.index[-1])
    predictions = []
    for year in years:
        step = year - first
        from_trend = (math.log(high[step]) - math.log(low[step])) / 2.0
        half = math.hypot(reach * trend.noise * math.sqrt(2.0), from_trend)
        predictions.append(_around(math.log(last * middle[step]), half))
    return predictions


def _ratios(region: Region, slope: float) -> list[float]:
    """Return the demand of the base year and those after it, over that of the base year."""
    demand = forecast(_with_trend(region, math.exp(slope) - 1.0)).to_frame().sum(axis="columns")
    return [float(ratio) for ratio in demand / demand.iloc[0]]


def _with_trend(region: Region, growth: float) -> Region:
    """Return the region with another trend of the inflow."""
    parameters = region.parameters
    trend = Quantity(value=growth, unit="1/year", source="fitted on series.csv")
    inflow = parameters.pathway.inflow.model_copy(update={"trend": trend})
    pathway = parameters.pathway.model_copy(update={"inflow": inflow})
    return replace(region, parameters=parameters.model_copy(update={"pathway": pathway}))


def _around(middle: float, half: float) -> _Prediction:
    return math.exp(middle), math.exp(middle - half), math.exp(middle + half)


def _judged(rows: list[tuple[str, int, float, float, float, float]]) -> pd.DataFrame:
    frame = pd.DataFrame(rows, columns=list(COLUMNS[:6]))
    error = frame["predicted"] - frame["observed"]
    held = (frame["low"] <= frame["observed"]) & (frame["observed"] <= frame["high"])
    inside = held.astype(object).where(frame["low"].notna(), None)
    return frame.assign(error=error, error_share=error / frame["observed"], inside=inside)
