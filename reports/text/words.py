"""The words of what people read, in Dutch and English, from gettext catalogues.

`catalogues/nl.po` and `catalogues/en.po` hold every text under a key that never changes, so
that either language can be edited by whoever edits such files, in any program for them. A
context (`msgctxt`) names the report that the words are of; those of the plan itself have none.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from gettext import c2py
from importlib.resources import files
from io import BytesIO

from babel.messages.catalog import Catalog
from babel.messages.pofile import read_po

from reports.text.notation import Language


@dataclass(frozen=True, slots=True)
class Words:
    """The words of one language; `words("status_proven", gap="2 %")` fills in what varies."""

    lang: Language
    about: str | None = None

    def __call__(self, key: str, **values: object) -> str:
        """Return the words of `key`; raises KeyError for a key that has none."""
        return self._forms(key)[0].format(**values)

    def counted(self, key: str, count: int, **values: object) -> str:
        """Return the words of `key` in the form that goes with `count`, which they may name."""
        form = c2py(catalogue(self.lang).plural_expr)(count)
        return self._forms(key)[form].format(count=count, **values)

    def known(self, key: str, otherwise: str) -> str:
        """Return the words of `key`, or `otherwise` where it has none."""
        return self(key) if key in self else otherwise

    def __contains__(self, key: str) -> bool:
        """Return whether `key` has words."""
        return catalogue(self.lang).get(key, self.about) is not None

    def of(self, texts: object) -> str:
        """Return the text of this language from `{"nl": …, "en": …}` or an object with both as attributes."""
        if isinstance(texts, Mapping):
            return str(texts[self.lang])
        return str(getattr(texts, self.lang))

    def _forms(self, key: str) -> tuple[str, ...]:
        found = catalogue(self.lang).get(key, self.about)
        if found is None or not found.string:
            raise KeyError(key)
        return (found.string,) if isinstance(found.string, str) else tuple(found.string)


@cache
def catalogue(lang: Language) -> Catalog:
    """Return the catalogue of a language."""
    text = files("reports").joinpath("catalogues", f"{lang}.po").read_bytes()
    return read_po(BytesIO(text), locale=lang, abort_invalid=True)
