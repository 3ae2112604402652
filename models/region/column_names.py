"""Columns and words of a planner's tables in Dutch or with capitals, as the names that the tables use."""

from collections import Counter
from collections.abc import Collection, Mapping

import pandas as pd

DUTCH: Mapping[str, tuple[str, ...]] = {
    "site": ("locatie", "locatiecode", "code locatie"),
    "name": ("naam", "locatienaam", "naam locatie"),
    "code": ("gemeentecode",),
    "neighbourhood": ("wijk", "wijkcode", "buurt", "buurtcode"),
    "municipality": ("gemeente",),
    "provider": ("aanbieder", "zorgaanbieder"),
    "corporation": ("corporatie", "woningcorporatie"),
    "tier": ("vorm", "woonvorm", "voorziening"),
    "profile": ("profiel",),
    "places": ("plaatsen", "plekken", "aantal plaatsen", "aantal plekken", "capaciteit"),
    "wlz_occupied": ("wlz plaatsen", "waarvan wlz"),
    "most": ("hoogstens", "maximum", "maximaal"),
    "earliest": ("vanaf", "vroegste jaar"),
    "contract_end": ("einde contract", "contract tot", "einddatum contract"),
    "running_cost": ("exploitatiekosten",),
    "building_cost": ("bouwkosten",),
    "clients": ("clienten", "cliënten", "aantal cliënten", "aantal clienten"),
    "homes": ("woningen", "aantal woningen"),
    "inhabitants": ("inwoners", "aantal inwoners"),
    "social_homes": ("sociale huurwoningen", "corporatiewoningen"),
    "region": ("regio",),
    "year": ("jaar",),
    "basis": ("grondslag",),
    "source": ("bron",),
    "note": ("opmerking", "opmerkingen", "toelichting"),
}
"""Columns of the tables of a region, and how a Dutch list calls them."""

WORDS: Mapping[str, str] = {
    "bestaand": "existing", "kandidaat": "candidate", "herkomst": "origin", "registratie": "registration",
}  # fmt: skip
"""Dutch words for what columns of few words take."""


def with_our_names(rows: pd.DataFrame, known: Collection[str]) -> pd.DataFrame:
    """Return rows with the names of `known` for columns that are these, in capitals or in Dutch.

    What two columns would be called stays as it is written, for who reads it to tell of.
    """
    ours = {_plain(dutch): name for name in known for dutch in DUTCH.get(name, ())}
    ours |= {_plain(name): name for name in known}
    names = {str(column): ours.get(_plain(str(column)), str(column)) for column in rows}
    twice = {name for name, count in Counter(names.values()).items() if count > 1}
    names = {written: name for written, name in names.items() if name not in twice and written not in known}
    renamed = rows.rename(columns=names)
    renamed.attrs = dict(rows.attrs)
    return renamed


def in_our_words(column: pd.Series, words: Collection[str]) -> pd.Series:
    """Return a column of text in the words that it takes, where it says them in Dutch or in capitals."""
    ours = {dutch: word for dutch, word in WORDS.items() if word in words}
    ours |= {word.casefold(): word for word in words}
    return column.map(lambda text: ours.get(text.casefold(), text))


def _plain(name: str) -> str:
    return " ".join(name.casefold().replace("_", " ").replace("-", " ").split())
