"""The price of a client-week in the six elements of the fair-price rule (*reële prijs*).

Article 5.4 of the Uitvoeringsbesluit Wmo 2015 names what a price must cover: staff, a reasonable overhead,
hours that are not productive, travel and training, indexation, and other obligations (HR 2021:1452).
The region's files have one amount, so its division is an assumption until a planner gives the elements.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from geodata.faults import Fault, InputError, did_you_mean
from geodata.numerals import parse_number
from geodata.tables import read_table
from models.parameters.quantity import Quantity

ELEMENTS = ("staff", "overhead", "non_productive", "travel_training", "indexation", "other")


def _share(value: float, low: float, high: float) -> Quantity:
    return Quantity(
        value=value,
        low=low,
        high=high,
        unit="share",
        note="no division of a Dutch tariff was found; give --prices",
    )


SHARES: Mapping[str, Quantity] = {
    "staff": _share(0.60, 0.5, 0.7),
    "overhead": _share(0.15, 0.1, 0.25),
    "non_productive": _share(0.15, 0.1, 0.2),
    "travel_training": _share(0.03, 0.02, 0.06),
    "other": _share(0.07, 0.03, 0.1),
}
"""How an amount divides over the elements but for indexation, where nobody has said it: assumptions."""


@dataclass(frozen=True)
class PriceBasis:
    """What a client-week of a tier costs, EUR at the price level of the year in which a contract starts."""

    tier: str
    elements: Mapping[str, float]
    given: bool
    """Whether a planner gave the elements; else the region's own amount is divided by assumption."""

    @property
    def total(self) -> float:
        """EUR per client-week."""
        return sum(self.elements.values())


def divided(tier: str, then: float, now: float) -> PriceBasis:
    """Return the basis of an amount: `then` at its own price level, `now` at that of the contract's start."""
    parts = {name: then * share.value for name, share in SHARES.items()}
    elements = {name: now - then if name == "indexation" else parts[name] for name in ELEMENTS}
    return PriceBasis(tier, elements, given=False)


def read_price_bases(file: Path, tiers: Mapping[str, object]) -> dict[str, PriceBasis]:
    """Return the basis per tier of a CSV file: the column tier and one per element, EUR per client-week.

    Raises
    ------
    InputError
        With every fault: a column missing, a tier unknown or twice, no number or one below 0.
    """
    faults = list[Fault]()
    table = read_table(file, faults)
    for name in ("tier", *ELEMENTS):
        if name not in table:
            faults.append(
                Fault(file.name, f"no column {name}", "tier, " + ", ".join(ELEMENTS), "Add it.", row=1)
            )
    if faults:
        raise InputError(faults)
    bases: dict[str, PriceBasis] = {}
    for line, row in table.iterrows():
        tier, at = str(row["tier"]), int(str(line))
        if tier not in tiers:
            faults.append(
                Fault(file.name, f"'{tier}'", "a tier", did_you_mean(tier, list(tiers)), at, "tier")
            )
        if tier in bases:
            faults.append(Fault(file.name, f"{tier} twice", "each tier once", "Take one out.", at, "tier"))
        amounts = {name: _amount(str(row[name]), table.attrs["decimal"]) for name in ELEMENTS}
        faults.extend(
            Fault(file.name, f"'{row[name]}'", "EUR per client-week, 0 or more", "Write it.", at, name)
            for name, amount in amounts.items()
            if amount is None
        )
        bases[tier] = PriceBasis(tier, {name: amount or 0.0 for name, amount in amounts.items()}, given=True)
    if faults:
        raise InputError(faults)
    return bases


def _amount(text: str, decimal: str) -> float | None:
    try:
        amount = parse_number(text, decimal)
    except ValueError:
        return None
    return amount if amount >= 0 else None
