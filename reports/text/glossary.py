"""The words of the field, explained in a sentence each: one list for page, workbook and memo."""

from reports.text.words import Words

TERMS = (
    "tier", "place", "site", "intramural", "home", "profile", "origin", "waiting", "norm", "stream", "need",
    "nothing", "gap", "points", "soft",
)  # fmt: skip
"""In the order in which a reader meets them."""


def glossary(words: Words) -> list[tuple[str, str]]:
    """Return every term with what it means."""
    own = Words(words.lang, "glossary")
    return [(own(f"term_{term}"), own(f"means_{term}")) for term in TERMS]
