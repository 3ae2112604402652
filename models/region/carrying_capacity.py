"""Index of carrying capacity (*draagkracht*) of a neighbourhood, against all wijken of the Netherlands.

Every indicator is brought to 0–1: its percentile among the wijken of the country in 2022 (turned over
where more of it means that less can be carried), weighed by inhabitants. Their weighted mean m gives the
index least + (most − least)·m, by default from 0.6 to 1.4 and 1 in the middle of the country: no place is
banned for being the last of its region, and no figure of one neighbourhood moves the limit of another.
An indicator of which no national distribution is held (`NATIONAL`) is scaled between the least and the
most of the region's own neighbourhoods; a remark says so. Places that are there already are no
indicator: the rule on concentration counts them itself.

Which indicators count, and for how much, is a choice: the regional plan of Zuidoost-Drenthe (2020,
§ 3.2) asks for joint criteria and names none, and no Dutch norm is in force. The bounds are an
assumption. The index tells of surroundings and nothing of people.
"""

from collections.abc import Iterator, Mapping
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd

from geodata.faults import Fault, did_you_mean
from geodata.indicator_tables import joined, read_figures
from geodata.indicators import INDICATORS
from models.parameters.parameters import CarryingCapacity, Indicator
from models.parameters.toml_schema import TOML
from models.region.draft import Draft

TABLE = "indicators.csv"
"""A table of figures by neighbourhood, beside those of the map: column `code` (or `id`) and any others."""

TABLE_COLUMNS = "indicators.csv"
"""Under which the columns of that table stand in the `attrs` of the areas."""

INDEX = "index"
"""The column of the index, beside its indicators'."""

NAMES = {
    "percentage_laag_inkomen": {"nl": "aandeel lage inkomens", "en": "share of low incomes"},
    "percentage_huurwoningen_in_bezit_woningcorporaties": {
        "nl": "aandeel corporatiewoningen", "en": "share of corporation homes",
    },
    "percentage_koopwoningen": {"nl": "aandeel koopwoningen", "en": "share of owner-occupied homes"},
    "woningvoorraad": {"nl": "aantal woningen", "en": "number of homes"},
    "gemiddelde_woningwaarde": {"nl": "gemiddelde woningwaarde", "en": "average value of homes"},
}  # fmt: skip
"""Indicators as a reader knows them."""

NATIONAL: dict[str, dict[float, float]] = {
    "percentage_laag_inkomen": {
        1: 27.4, 5: 31.6, 10: 33.6, 20: 35.7, 25: 36.5, 30: 37.3, 40: 38.4, 50: 39.7, 60: 40.7, 70: 42.1,
        75: 42.8, 80: 44.0, 90: 47.4, 95: 49.6, 99: 55.4,
    },
    "percentage_koopwoningen": {
        1: 17, 5: 25, 10: 32, 20: 43, 25: 47, 30: 51, 40: 58, 50: 63, 60: 66, 70: 70, 75: 71, 80: 73, 90: 77,
        95: 82, 99: 89,
    },
    "gemiddelde_woningwaarde": {
        1: 159, 5: 197.6, 10: 214, 20: 242.2, 25: 252, 30: 263, 40: 284, 50: 305, 60: 328, 70: 352, 75: 366,
        80: 385, 90: 433.3, 95: 477, 99: 638,
    },
}  # fmt: skip
"""Indicator → percentile (by inhabitants) → figure over the wijken of the Netherlands (CBS, Kerncijfers
wijken en buurten 2022: 3,144 wijken with low incomes, 3,234 with owner-occupied homes, 3,217 with values)."""

MIDDLE = 0.5
"""What a neighbourhood without a figure is by an indicator that is measured against the country."""

_KEY = "carrying_capacity"


def with_indicators(
    folder: Path, areas: gpd.GeoDataFrame, section: CarryingCapacity | None, faults: list[Fault]
) -> gpd.GeoDataFrame:
    """Return areas with the indicators that `indicators.csv` gives, in place of the map's where both do.

    Only indicators that `region.toml` weighs are taken over. A neighbourhood without a row has no
    figure; a table of other neighbourhoods is a fault.
    """
    if not (folder / TABLE).is_file() or areas.empty:
        return areas
    known = len(faults)
    figures = read_figures(folder / TABLE, faults)
    figures = joined([str(code) for code in areas.index], figures, TABLE, faults, gaps=True)
    if len(faults) > known:
        return areas
    asked = [name for name in (section.indicators if section is not None else ()) if name in figures]
    whole = areas.assign(**{name: figures[name].to_numpy() for name in asked})
    whole.attrs = {**areas.attrs, TABLE_COLUMNS: tuple(figures), "from_table": tuple(asked)}
    return whole


def carrying_capacity(areas: gpd.GeoDataFrame, section: CarryingCapacity) -> pd.DataFrame:
    """Return the index of every neighbourhood and what it is made of.

    Parameters
    ----------
    areas
        `inhabitants` and a column for every indicator; of each at least one value is known.
    section
        Which indicators count, and for how much; one weight at least is above 0.

    Returns
    -------
    pd.DataFrame
        Index as `areas`; a column from 0 to 1 per indicator, and `index`, from the least to the most of
        the section. Where it is switched off there is `index` only, 1 everywhere.
    """
    if section.mode == "off":
        return pd.DataFrame({INDEX: 1.0}, index=areas.index)
    people = areas["inhabitants"].astype(float)
    parts = {name: _part(name, areas[name], people, one) for name, one in section.indicators.items()}
    weights = {name: one.weight.value for name, one in section.indicators.items()}
    least, most = section.least.value, section.most.value
    return pd.DataFrame(
        {**parts, INDEX: least + (most - least) * _weighted(parts, weights)}, index=areas.index
    )


def _part(name: str, figures: pd.Series, people: pd.Series, indicator: Indicator) -> pd.Series:
    """Return an indicator from 0 to 1: by percentile where the country is known, else within the region."""
    part = _percentile(figures, NATIONAL[name]) if name in NATIONAL else _within_region(figures, people)
    return part if indicator.sign == "+" else 1.0 - part


def _percentile(figures: pd.Series, national: Mapping[float, float]) -> pd.Series:
    """Return the part of the country's inhabitants with a lower figure; the middle where it is missing."""
    shares = [percent / 100.0 for percent in national]
    # beyond the outer percentiles known a figure is the least or the most there is
    found = np.interp(figures.astype(float), list(national.values()), shares, left=0.0, right=1.0)
    return pd.Series(found, index=figures.index).where(figures.notna(), MIDDLE)


def _within_region(figures: pd.Series, people: pd.Series) -> pd.Series:
    """Return figures from 0 for the least to 1 for the most; what is missing is the mean by inhabitants."""
    known = figures.notna()
    weights = people[known] if people[known].sum() > 0 else None
    whole = figures.fillna(float(np.average(figures[known], weights=weights))).astype(float)
    least, most = whole.min(), whole.max()
    if least == most:
        return pd.Series(MIDDLE, index=figures.index)
    return (whole - least) / (most - least)


def _weighted(parts: Mapping[str, pd.Series], weights: Mapping[str, float]) -> pd.Series:
    together = pd.DataFrame(dict(parts))
    return together.mul(pd.Series(weights)).sum(axis=1) / sum(weights.values())


def faults_of(draft: Draft) -> Iterator[Fault]:
    """Check that the index can be made of what the file of neighbourhoods holds."""
    section = draft.capacity
    if section is None or section.mode == "off" or draft.areas.empty:
        return
    yield from _indicators(draft.areas, section)
    weights = [one.weight.value for one in section.indicators.values()]
    if not any(weights):
        yield _fault("indicators", "no weight above 0", "a weight for one indicator at least", "Raise one.")


def _indicators(areas: gpd.GeoDataFrame, section: CarryingCapacity) -> Iterator[Fault]:
    for name in section.indicators:
        key = f"indicators.{name}"
        if name not in areas and name not in INDICATORS:
            remedy = did_you_mean(name, [*INDICATORS, *areas.attrs.get(TABLE_COLUMNS, ())])
            expected = f"an indicator that is known, or a column of {TABLE}"
            yield _fault(key, f"'{name}'", expected, remedy)
        elif name not in areas:
            expected = "a column " + " or ".join(INDICATORS[name]) + " in the file of neighbourhoods"
            yield _fault(key, "no such column", expected, _instead(name, areas))
        elif areas[name].isna().all():
            yield _fault(key, "no figure at all", "a figure for one neighbourhood at least", "Take it out.")
        elif section.missing == "fault" and areas[name].isna().any():
            codes = [str(code) for code in areas.index[areas[name].isna()]]
            listed = ", ".join(codes[:5]) + (", …" if codes[5:] else "")
            found = f"no figure for {len(codes)} neighbourhoods ({listed})"
            remedy = f'Fill them in, or write {_KEY}.missing = "mean" to use the middle.'
            yield _fault(key, found, "a figure for every neighbourhood", remedy)


def _instead(name: str, areas: gpd.GeoDataFrame) -> str:
    """Name the proxy of the corporations' share, where that is what is missing."""
    corporations, owned = "percentage_huurwoningen_in_bezit_woningcorporaties", "percentage_koopwoningen"
    if name == corporations and owned in areas:
        return f"Add it, or take its proxy: indicators.{owned}, with sign '+' and the same weight."
    return "Add it, take the indicator out, or switch the index off."


def _fault(key: str, found: str, expected: str, remedy: str) -> Fault:
    return Fault(TOML, found, expected, remedy, column=f"{_KEY}.{key}")


def remarks_of(draft: Draft, section: CarryingCapacity) -> Iterator[dict[str, str]]:
    """Generate what a reader must know of the index before reading a norm that it scales."""
    if section.mode == "off":
        return
    index = carrying_capacity(draft.areas, section)[INDEX]
    least, most = f"{index.min():.2f}", f"{index.max():.2f}"
    yield {
        "nl": "De norm voor concentratie is per wijk geschaald met een index van de draagkracht: "
        f"{_made_of(section, 'nl')}; hier van {least.replace('.', ',')} tot {most.replace('.', ',')}. De "
        "wijken van heel Nederland zijn de maat: 1 is het midden. Geen bron geeft deze weging en grenzen: "
        "zij zijn een keuze, en zeggen iets over de omgeving en niets over mensen.",
        "en": "The norm of concentration is scaled per neighbourhood by an index of carrying capacity: "
        f"{_made_of(section, 'en')}; here from {least} to {most}. All wijken of the Netherlands are the "
        "measure: 1 is the middle. No source gives these weights and bounds: they are a choice, and tell of "
        "surroundings and nothing of people.",
    }
    relative = [name for name in section.indicators if name not in NATIONAL]
    if relative:
        yield {
            "nl": "Van deze cijfers is geen landelijke verdeling bekend: "
            f"{', '.join(_name(name, 'nl') for name in relative)}. Daarvoor zijn de wijken van de regio "
            "de maat.",
            "en": "Of these figures no national distribution is known: "
            f"{', '.join(_name(name, 'en') for name in relative)}. The region's own neighbourhoods are the "
            "measure of them.",
        }
    given = draft.areas.attrs.get("from_table", ())
    if given:
        yield {
            "nl": f"Uit {TABLE} komen: {', '.join(_name(name, 'nl') for name in given)}.",
            "en": f"From {TABLE} come: {', '.join(_name(name, 'en') for name in given)}.",
        }
    missing = draft.areas[list(section.indicators)].isna().any(axis=1)
    codes = [str(code) for code in draft.areas.index[missing]]
    if codes:
        listed = ", ".join(codes[:5]) + (", …" if codes[5:] else "")
        yield {
            "nl": f"Voor de draagkracht ontbreekt een cijfer van {listed} ({len(codes)}): daar geldt het "
            "midden van het land, of van de regio waar geen landelijke verdeling bekend is.",
            "en": f"For the carrying capacity a figure of {listed} ({len(codes)}) is missing: the middle of "
            "the country stands in, or the mean of the region where no national distribution is known.",
        }


def _name(indicator: str, language: str) -> str:
    return NAMES.get(indicator, {}).get(language, indicator)


def _made_of(section: CarryingCapacity, language: str) -> str:
    total = sum(one.weight.value for one in section.indicators.values())
    return ", ".join(
        f"{_name(name, language)} ({'−' if one.sign == '-' else '+'}, {100 * one.weight.value / total:.0f} %)"
        for name, one in section.indicators.items()
    )
