"""The words of the what-if page; what the report says too comes from there."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reports.text.words import Words, catalogue

if TYPE_CHECKING:
    from reports.text.notation import Language

PAGE = "what_if"
"""Context of the page's own words in the catalogues."""


class Wording(Words):
    """The words of the page in one language, and behind them those of the report."""

    def __init__(self, lang: Language) -> None:
        super().__init__(lang, PAGE)

    def __contains__(self, key: str) -> bool:
        """Return whether `key` has words, of the page or of the report."""
        return super().__contains__(key) or key in Words(self.lang)

    def script(self) -> dict[str, str]:
        """Return all words of the page, for the script to fill in what varies."""
        own = (one for one in catalogue(self.lang) if one.context == PAGE)
        return {str(one.id): str(one.string) for one in own}

    def _forms(self, key: str) -> tuple[str, ...]:
        return super()._forms(key) if super().__contains__(key) else Words(self.lang)._forms(key)
