"""The words of what people read: in the catalogues of both languages, all of them used, and nowhere else."""

import ast
import glob
import re
from collections.abc import Iterator
from fnmatch import fnmatchcase
from functools import cache
from pathlib import Path
from string import Formatter
from typing import Any

import pytest

from reports.text.words import catalogue

ROOT = Path(__file__).parents[3]
REPORTS = ROOT / "reports"
MODULES = sorted(REPORTS.rglob("*.py"))
NOT_WORDS = {"notation.py"}
"""How numbers and dates are written is no text: `mln` and the names of locales stay there."""

DUTCH = re.compile(
    r"\b(het|een|niet|geen|wordt|worden|zijn|voor|naar|van|meer|minder|woning(en)?|plek(ken)?|mensen|"
    r"gemeente[ns]?|jaar|jaren|kosten|locaties?|wat)\b"
)
"""Words of Dutch that neither an English text nor a name in the code has."""

OF_FIELDS = {("what_if", "level_region"), ("what_if", "level_municipality")}
"""Words of what a field of a policy may be: asked for by f"{field}_{kind}"."""

type Key = tuple[str | None, str]


def messages(lang: Any) -> dict[Key, list[str]]:
    """Return context and key → the forms of every message."""
    texts = {(one.context, str(_key(one.id))): one.string for one in catalogue(lang) if one.id}
    return {key: [text] if isinstance(text, str) else list(text) for key, text in texts.items()}


def _key(of: Any) -> str:
    return of if isinstance(of, str) else of[0]


def literals(source: str) -> Iterator[tuple[int, str]]:
    """Generate line and text of every literal that is no docstring."""
    tree = ast.parse(source)
    docs = {id(n.value) for n in ast.walk(tree) if isinstance(n, ast.Expr)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in docs:
            yield node.lineno, node.value


def pairs(source: str) -> Iterator[int]:
    """Generate the lines where texts are chosen by language: by a table with both, or by comparing it."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Dict):
            keys = {getattr(key, "value", None) for key in node.keys}
            if {"nl", "en"} <= keys:
                yield node.lineno
        compared = isinstance(node, ast.Compare) and [node.left, *node.comparators]
        if compared and any(getattr(side, "value", None) in ("nl", "en") for side in compared):
            yield node.lineno


@cache
def patterns(path: Path) -> frozenset[str]:
    """Return what a module may ask for: its literals, and f-strings with anything at what varies."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            found.add(glob.escape(node.value))
        elif isinstance(node, ast.JoinedStr):
            parts = [glob.escape(str(p.value)) if isinstance(p, ast.Constant) else "*" for p in node.values]
            found |= {"".join(parts)} if any(part.strip("*_ ") for part in parts) else set()
    return frozenset(found)


def asked(context: str | None) -> set[str]:
    """Return the patterns of the modules that speak in a context (all of them: without one)."""
    page = context == "what_if"
    speaking = [
        path for path in MODULES if context is None or f'"{context}"' in path.read_text(encoding="utf-8")
    ]
    speaking += [path for path in MODULES if page and "app" in path.parts]
    found = set().union(*map(patterns, speaking))
    if context in (None, "what_if"):
        found |= set(_of_pages())
    return found


def codes() -> set[str]:
    """Return the literals of the rooms behind the reports, whose codes have words: reasons, parts, kinds."""
    files = [ROOT / "cli.py", *MODULES]
    files += [path for room in ("optimiser", "models") for path in (ROOT / room).rglob("*.py")]
    return {text.split(" ")[0] for path in files for text in patterns(path)}


def _of_pages() -> Iterator[str]:
    """Generate the keys that templates and scripts ask for: "key", words.key, `key_${of}` and "key_" ~ of."""
    for path in [*REPORTS.rglob("*.html"), *REPORTS.rglob("*.js")]:
        text = path.read_text(encoding="utf-8")
        yield from re.findall(r"[\"']([a-z][a-z0-9_]*)[\"']", text)
        yield from re.findall(r"\b(?:words|w)\.([a-z][a-z0-9_]*)", text)
        yield from (f"{start}*" for start in re.findall(r"`([a-z][a-z0-9_]*_)\$\{", text))
        yield from (f"{start}*" for start in re.findall(r"[\"']([a-z][a-z0-9_]*_)[\"'] ~", text))


def test_both_languages_have_the_same_messages_and_none_is_empty() -> None:
    dutch, english = messages("nl"), messages("en")
    assert dutch.keys() == english.keys()
    assert [key for told in (dutch, english) for key, forms in told.items() if not all(forms)] == []


def test_both_languages_leave_the_same_gaps() -> None:
    def gaps(forms: list[str]) -> set[str]:
        return {name for text in forms for _, name, _, _ in Formatter().parse(text) if name}

    dutch, english = messages("nl"), messages("en")
    assert {key for key in dutch if gaps(dutch[key]) != gaps(english[key])} == set()


def test_no_message_is_unused() -> None:
    """Every key is asked for by a module of its context, a template or a script, or is a code with words."""
    keys, known_codes = messages("nl").keys(), codes()
    unused = set()
    for context in {context for context, _ in keys}:
        known = asked(context)
        exact, open_ended = {p for p in known if "*" not in p}, [p for p in known if "*" in p]
        for key in (key for of, key in keys if of == context):
            if key not in exact and not any(fnmatchcase(key, pattern) for pattern in open_ended):
                unused.add((context, key))
    assert {(of, key) for of, key in unused if key not in known_codes} == OF_FIELDS


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(REPORTS)))
def test_texts_stand_in_the_catalogues(path: Path) -> None:
    """No pair of Dutch and English and no Dutch at all is left in the code of the reports."""
    if path.name in NOT_WORDS:
        return
    source = path.read_text(encoding="utf-8")
    assert list(pairs(source)) == []
    assert [(line, text) for line, text in literals(source) if DUTCH.search(text.lower())] == []


@pytest.mark.parametrize(
    "source",
    [
        'W = {"nl": "ja", "en": "yes"}',
        'x = "ja" if lang == "nl" else "yes"',
        'x = ("ja", "yes")[lang == "en"]',
    ],
)
def test_a_pair_in_the_code_is_found(source: str) -> None:
    assert list(pairs(source)) == [1]
