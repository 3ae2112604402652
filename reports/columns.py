"""Rows of text in columns: the first to the left, the others to the right."""

from collections.abc import Iterator, Sequence


def columns(rows: Sequence[Sequence[str]], indent: str = "  ") -> Iterator[str]:
    """Generate one line per row; every row has as many cells."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for first, *others in rows:
        cells = [first.ljust(widths[0]), *map(str.rjust, others, widths[1:])]
        yield (indent + "  ".join(cells)).rstrip()
