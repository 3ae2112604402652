"""A number of a region: its value, unit, price year and where it comes from."""

import math
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationInfo

from geodata.invisible import INVISIBLE

PRINTABLE = rf"^[^\x00-\x08\x0b\x0c\x0e-\x1f{INVISIBLE}]*$"
"""Pattern of a text: no character that sheets, pages and maps cannot hold, or that nobody sees."""

type Text = Annotated[str, Field(pattern=PRINTABLE)]
LARGEST = 1e12
"""No amount of a region is larger: a solver reckons to about nine digits beside it."""


class Quantity(BaseModel):
    """One number, written bare or as `{value, unit, price_year, source, note}`.

    A number without a source is the planner's assumption and is listed as such.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    value: float
    unit: str
    price_year: int | None = Field(default=None, ge=1900, le=2200)
    source: Text | None = None
    note: Text | None = None
    low: float | None = Field(default=None, description="lowest value thought possible")
    high: float | None = Field(default=None, description="highest value thought possible")

    @property
    def is_assumption(self) -> bool:
        """Whether no source stands behind this number."""
        return self.source is None


def quantity(unit: str, *, least: float = -math.inf, most: float = math.inf) -> BeforeValidator:
    """Return the validator of a number in `unit` from `least` up to and including `most`."""

    def validate(raw: Any, _info: ValidationInfo) -> Any:
        if isinstance(raw, Quantity):
            raw = raw.model_dump(exclude_none=True)
        written = raw if isinstance(raw, dict) else {"value": raw}
        if "value" not in written:
            raise ValueError(f"a number in {unit}, bare or as {{value = …, source = …}}")
        value = written["value"]
        if not _is_number(value):
            raise ValueError(f"a finite number in {unit}")
        _check_range(written, unit)
        _check_within_own_range(written)
        if not least <= value <= most:
            raise ValueError(f"a number in {unit} {_range(least, most)}")
        if written.get("unit", unit) != unit:
            raise ValueError(f"unit '{unit}', not '{written['unit']}'")
        return {**written, "unit": unit}

    return BeforeValidator(validate)


def _is_number(value: Any) -> bool:
    """Tell whether a value is a number with which can be reckoned."""
    return isinstance(value, int | float) and not isinstance(value, bool) and -LARGEST <= value <= LARGEST


def _check_range(written: dict[str, Any], unit: str) -> None:
    given = [written[end] for end in ("low", "high") if written.get(end) is not None]
    if not all(_is_number(end) for end in given) or given != sorted(given):
        raise ValueError(f"low and high as finite numbers in {unit}, the lowest first")


def _check_within_own_range(written: dict[str, Any]) -> None:
    """Raise where a value is not one of those that its own low and high call possible."""
    low, high = (written.get(end) for end in ("low", "high"))
    least, most = (-math.inf if low is None else low), (math.inf if high is None else high)
    if not least <= written["value"] <= most:
        raise ValueError(f"a number {_range(least, most)}, its own low and high")


def _range(least: float, most: float) -> str:
    if math.isinf(most):
        return f"of at least {least:g}"
    if math.isinf(least):
        return f"of at most {most:g}"
    return f"from {least:g} up to {most:g}"


type Share = Annotated[Quantity, quantity("share", least=0, most=1)]
type Probability = Annotated[Quantity, quantity("1/year", least=0, most=1)]
type Rate = Annotated[Quantity, quantity("1/year", least=-0.5, most=0.5)]
type Minutes = Annotated[Quantity, quantity("minutes", least=0, most=600)]
type Months = Annotated[Quantity, quantity("months", least=0, most=12)]
type LeaseMonths = Annotated[Quantity, quantity("months", least=0, most=120)]
type AssetLife = Annotated[Quantity, quantity("years", least=0, most=100)]
type Weeks = Annotated[Quantity, quantity("weeks", least=0, most=520)]
type Clients = Annotated[Quantity, quantity("clients", least=0)]
type Places = Annotated[Quantity, quantity("places", least=0, most=10_000)]
type Ratio = Annotated[Quantity, quantity("places/place", least=0, most=10)]
type Factor = Annotated[Quantity, quantity("factor", least=0, most=1000)]
type EurPerClientWeek = Annotated[Quantity, quantity("EUR/client-week", least=0)]
type EurPerSiteYear = Annotated[Quantity, quantity("EUR/site-year", least=0)]
type EurPerPlaceYear = Annotated[Quantity, quantity("EUR/place-year", least=0)]
type EurPerPlace = Annotated[Quantity, quantity("EUR/place", least=0)]
type EurPerYear = Annotated[Quantity, quantity("EUR/year", least=0)]
type EurPerHome = Annotated[Quantity, quantity("EUR/home", least=0)]
type PlacesPerThousand = Annotated[Quantity, quantity("places/1000 inhabitants", least=0)]
type Kph = Annotated[Quantity, quantity("km/h", least=1, most=200)]
type PointsPerClientMinute = Annotated[Quantity, quantity("points/client-minute-year", least=0)]
type PointsPerClientYear = Annotated[Quantity, quantity("points/client-year", least=0)]
type PointsPerMove = Annotated[Quantity, quantity("points/move", least=0)]
type PointsPerPlaceYear = Annotated[Quantity, quantity("points/place-year", least=0)]
type PointsPerSiteYear = Annotated[Quantity, quantity("points/site-year", least=0)]
type PointsPerFteYear = Annotated[Quantity, quantity("points/fte-year", least=0)]
type PointsPerEur = Annotated[Quantity, quantity("points/EUR", least=0)]
type HomesPerYear = Annotated[Quantity, quantity("homes/year", least=-10_000, most=10_000)]
type Metres = Annotated[Quantity, quantity("m", least=0, most=100_000)]
type Fte = Annotated[Quantity, quantity("fte", least=0)]
type FtePerPlace = Annotated[Quantity, quantity("fte/place", least=0, most=10)]
type FtePerClient = Annotated[Quantity, quantity("fte/client", least=0, most=10)]
