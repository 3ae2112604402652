"""A folder of plans that answer one question together, which grows and can be gone on with.

`asked.json` says which question (region by the hash of its input, and the options that matter) and
holds what is known of every plan in it. A plan is put in place whole before it is named there, so
that whoever stops half-way finds what was finished.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from geodata.faults import Fault, InputError
from reports.folder.file_lock import locked
from reports.folder.folder import read_plan, write

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from optimiser.plan import Plan
    from reports.text.notation import Language

ASKED = "asked.json"
NOTES = "notes"


class StoredPlan(Protocol):
    """What a collection tells together: for a terminal and for a program."""

    @property
    def is_possible(self) -> bool:
        """Whether there is a plan that answers the question."""

    def text(self) -> str:
        """Return all that is said, for a terminal."""

    def record(self) -> dict[str, Any]:
        """Return the same for a program."""


@dataclass(frozen=True)
class Collection:
    """The folder and the question that it answers."""

    folder: Path
    question: Mapping[str, Any]
    lang: Language = "nl"
    writer: Callable[[Plan, Path, Language], object] = write
    """Puts a plan into its folder: with all its files, or with no more than what reads it again."""

    def __post_init__(self) -> None:
        self._check()

    def names(self) -> list[str]:
        """Return the plans that are finished, in the order in which they were kept."""
        return list(self._written()["plans"])

    def plan(self, name: str) -> Plan:
        """Return a plan that was kept; raises InputError where its folder is gone."""
        return read_plan(self.folder / name)

    def facts(self, name: str) -> dict[str, Any]:
        """Return what is known of a plan beside its own folder."""
        return dict(self._written()["plans"][name])

    def keep(self, name: str, plan: Plan | None, facts: Mapping[str, Any]) -> None:
        """Write a plan, or nothing where it is there or there is none, and what is known of it."""
        if plan is not None:
            self.folder.mkdir(parents=True, exist_ok=True)
            self.writer(plan, self.folder / name, self.lang)
        with locked(self.folder / ASKED):
            written = self._written()
            written["plans"][name] = dict(facts)
            self._write(written)

    def begin(self) -> None:
        """Write which question the folder answers, so that it is gone on with however little is in it."""
        with locked(self.folder / ASKED):
            self._write(self._written())

    def note(self, name: str, facts: Mapping[str, Any]) -> None:
        """Keep what is known of one of many answers that have no plan of their own, in a file of its own."""
        (self.folder / NOTES).mkdir(parents=True, exist_ok=True)
        self.text(f"{NOTES}/{name}.json", json.dumps(dict(facts), ensure_ascii=False, allow_nan=False))

    def noted(self, name: str) -> dict[str, Any] | None:
        """Return what was noted of an answer; None where nothing was, or it cannot be read."""
        try:
            return dict(json.loads((self.folder / NOTES / f"{name}.json").read_text(encoding="utf-8")))
        except (OSError, ValueError, TypeError, RecursionError):
            return None

    def text(self, name: str, text: str) -> Path:
        """Write a text file of the collection whole or not at all, and return it."""
        return self.content(name, text.encode("utf-8"))

    def content(self, name: str, content: bytes) -> Path:
        """Write a file of the collection whole or not at all, and return it."""
        self.folder.mkdir(parents=True, exist_ok=True)
        file = self.folder / name
        fresh = file.with_name(f".{file.name}.new")
        fresh.write_bytes(content)
        return fresh.replace(file)

    def _write(self, written: Mapping[str, Any]) -> None:
        self.text(ASKED, json.dumps(written, ensure_ascii=False, indent=2, allow_nan=False) + "\n")

    def _written(self) -> dict[str, Any]:
        file = self.folder / ASKED
        if not file.is_file():
            return {"question": dict(self.question), "plans": {}}
        try:
            written = dict(json.loads(file.read_text(encoding="utf-8")))
            if not (isinstance(written["question"], dict) and isinstance(written["plans"], dict)):
                raise ValueError("neither question nor plans")
        except (OSError, ValueError, TypeError, KeyError, RecursionError) as error:
            raise self._refused(f"{ASKED} that cannot be read ({error})", "a folder to go on with") from error
        return written

    def _check(self) -> None:
        """A folder that answers another question, or holds something else, is left alone."""
        if not self.folder.exists():
            return
        if not self.folder.is_dir():
            raise self._refused("a file", "a new folder")
        if not (self.folder / ASKED).is_file():
            strange = sorted(path.name for path in self.folder.iterdir())
            if strange:
                found = f"a folder with {', '.join(strange[:5])}"
                raise self._refused(found, "a new folder, or one to go on with")
            return
        there = self._written()["question"]
        differing = [
            f"{key} {there.get(key)} instead of {self.question.get(key)}"
            for key in sorted({*there, *self.question})
            if there.get(key) != self.question.get(key)
        ]
        if differing:
            raise self._refused(f"an answer to another question: {'; '.join(differing)}", "the same question")

    def _refused(self, found: str, expected: str) -> InputError:
        return InputError([Fault(str(self.folder), found, expected, "Choose another folder with -o.")])
