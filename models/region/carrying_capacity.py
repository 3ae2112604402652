"""How much a neighbourhood can carry (*draagkracht*): an index of what CBS counts there.

Every indicator is brought to 0–1 over the region's neighbourhoods: 0 for the one that by it can carry
least, 1 for the one that can carry most (min–max, turned over where more of it means less; ½
everywhere where all are alike). Their weighted mean is divided by its mean over the inhabitants,
so that the region as a whole can carry what the norm says: the index is 1 on average. Places that
are there already are no indicator: the rule on concentration counts them itself.

Which indicators count, and for how much, is a choice: the regional plan of Zuidoost-Drenthe (2020,
§ 3.2) asks for joint criteria and names none, and no Dutch norm is in force. The index tells of
surroundings and nothing of people.
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
        Index as `areas`; a column from 0 to 1 per indicator, and `index`, whose mean over the
        inhabitants is 1. Where it is switched off there is `index` only, 1 everywhere.
    """
    if section.mode == "off":
        return pd.DataFrame({INDEX: 1.0}, index=areas.index)
    people = areas["inhabitants"].astype(float)
    parts = {name: _part(areas[name], people, one) for name, one in section.indicators.items()}
    weights = {name: one.weight.value for name, one in section.indicators.items()}
    score = _weighted(parts, weights)
    return pd.DataFrame({**parts, INDEX: score / float(np.average(score, weights=people))}, index=areas.index)


def _part(figures: pd.Series, people: pd.Series, indicator: Indicator) -> pd.Series:
    """Return an indicator from 0 to 1; what is missing is the mean of the others over their inhabitants."""
    known = figures.notna()
    weights = people[known] if people[known].sum() > 0 else None
    whole = figures.fillna(float(np.average(figures[known], weights=weights))).astype(float)
    least, most = whole.min(), whole.max()
    if least == most:
        return pd.Series(0.5, index=figures.index)
    part = (whole - least) / (most - least)
    return part if indicator.sign == "+" else 1.0 - part


def _weighted(parts: Mapping[str, pd.Series], weights: Mapping[str, float]) -> pd.Series:
    together = pd.DataFrame(dict(parts))
    return together.mul(pd.Series(weights)).sum(axis=1) / sum(weights.values())


def faults_of(draft: Draft) -> Iterator[Fault]:
    """Check that the index can be made of what the file of neighbourhoods holds."""
    section = draft.capacity
    if section is None or section.mode == "off" or draft.areas.empty:
        return
    known = len(faults := [*_indicators(draft.areas, section)])
    yield from faults
    weights = [one.weight.value for one in section.indicators.values()]
    if not any(weights):
        yield _fault("indicators", "no weight above 0", "a weight for one indicator at least", "Raise one.")
    elif not known and not _can_be_scaled(draft.areas, section):
        found = "an index of 0 wherever somebody lives"
        expected = "somebody in a neighbourhood that can carry more than the least"
        yield _fault("indicators", found, expected, "Choose another indicator, or switch it off.")


def _can_be_scaled(areas: gpd.GeoDataFrame, section: CarryingCapacity) -> bool:
    people = areas["inhabitants"].astype(float)
    parts = {name: _part(areas[name], people, one) for name, one in section.indicators.items()}
    score = _weighted(parts, {name: one.weight.value for name, one in section.indicators.items()})
    return bool((score * people).sum() > 0)


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
            remedy = f'Fill them in, or write {_KEY}.missing = "mean" to use the mean of the others.'
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
        f"{_made_of(section, 'nl')}; van {least.replace('.', ',')} tot {most.replace('.', ',')}, gemiddeld 1 "
        "per inwoner. Geen bron geeft deze weging: zij is een keuze, en zegt iets over de omgeving en niets "
        "over mensen.",
        "en": "The norm of concentration is scaled per neighbourhood by an index of carrying capacity: "
        f"{_made_of(section, 'en')}; from {least} to {most}, 1 on average over inhabitants. No source gives "
        "these weights: they are a choice, and tell of surroundings and nothing of people.",
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
            "gemiddelde van de overige wijken, naar inwoners.",
            "en": f"For the carrying capacity a figure of {listed} ({len(codes)}) is missing: the mean of "
            "the other neighbourhoods by inhabitants stands in.",
        }


def _name(indicator: str, language: str) -> str:
    return NAMES.get(indicator, {}).get(language, indicator)


def _made_of(section: CarryingCapacity, language: str) -> str:
    total = sum(one.weight.value for one in section.indicators.values())
    return ", ".join(
        f"{_name(name, language)} ({'−' if one.sign == '-' else '+'}, {100 * one.weight.value / total:.0f} %)"
        for name, one in section.indicators.items()
    )
