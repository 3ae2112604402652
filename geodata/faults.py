"""Input errors: where, what was found, what was expected and what to do."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from difflib import get_close_matches

from geodata.invisible import shown


@dataclass(frozen=True, slots=True)
class Fault:
    """One fault of an input.

    `row` is the line of the file as a text editor counts it (the header is line 1) and
    `column` the column's name or, in a TOML file, the dotted key.
    """

    file: str
    found: str
    expected: str
    remedy: str
    row: int | None = None
    column: str | None = None

    def __str__(self) -> str:
        place = self.file
        if self.row is not None:
            place += f", line {self.row}"
        if self.column is not None:
            place += f", {self.column}"
        return shown(f"{place}: found {self.found}; expected {self.expected}. {self.remedy}")


class InputError(ValueError):
    """An input that cannot be used, with every fault that was found in it."""

    def __init__(self, faults: Iterable[Fault]) -> None:
        self.faults = tuple(faults)
        count = "1 fault" if len(self.faults) == 1 else f"{len(self.faults)} faults"
        super().__init__("\n".join([f"{count} in the input:", *(f"- {f}" for f in self.faults)]))


def did_you_mean(word: str, known: Sequence[str]) -> str:
    """Return a remedy naming the nearest known words, or all of them where none is near."""
    near = get_close_matches(word, known, n=3, cutoff=0.6)
    if near:
        return "Did you mean " + " or ".join(f"'{name}'" for name in near) + "?"
    listed = ", ".join(known[:12]) + (", …" if len(known) > 12 else "")
    return f"Known here: {listed}." if known else "None is known here."
