"""Summary card of a region, problem or plan: as HTML for a notebook and as plain text."""

from collections.abc import Iterable, Sequence
from html import escape

LONG = 40
"""Characters above which a cell is a sentence: it does not widen its column."""

_LEFT, _RIGHT = "text-align:left;vertical-align:top", "text-align:right;max-width:32em"


def card(title: str, rows: Iterable[Sequence[object]], *, heads: Sequence[str] = (), note: str = "") -> str:
    """Return a table with a title, a row of heads where there are any, and a line below it.

    The first cell of a row is what it is about; the others stand to the right. Texts are escaped,
    so that a name from a file is shown and never run.
    """
    lines = [f'<table><caption style="{_LEFT};font-weight:600">{escape(title)}</caption>']
    if heads:
        cells = (f'<th scope="col" style="{_RIGHT}">{escape(head)}</th>' for head in heads)
        lines.append(f"<thead><tr><td></td>{''.join(cells)}</tr></thead>")
    lines.append("<tbody>")
    for about, *values in rows:
        cells = (f'<td style="{_RIGHT}">{escape(amount(value))}</td>' for value in values)
        lines.append(f'<tr><th scope="row" style="{_LEFT}">{escape(str(about))}</th>{"".join(cells)}</tr>')
    lines.append("</tbody></table>")
    return "\n".join([*lines, f"<p>{escape(note)}</p>"] if note else lines)


def plain_card(
    title: str, rows: Iterable[Sequence[object]], *, heads: Sequence[str] = (), note: str = ""
) -> str:
    """Return the same as text: numbers to the right, a line per row."""
    cells = [("", *heads)] if heads else []
    cells += [(str(about), *map(amount, values)) for about, *values in rows]
    columns = max(map(len, cells), default=0)
    padded = [(*row, *[""] * (columns - len(row))) for row in cells]
    widths = [
        max(len(cell) if len(cell) <= LONG else 0 for cell in column) for column in zip(*padded, strict=True)
    ]
    lines = [
        "  ".join(
            cell.rjust(width) if place else cell.ljust(width)
            for place, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in padded
    ]
    return "\n".join([title, *(f"  {line}" for line in lines), *([note] if note else [])])


def amount(value: object) -> str:
    """Return a value as people read it: thousands apart, one decimal where it is no whole number."""
    if isinstance(value, float):
        return f"{round(value):,}" if abs(value) >= 1000 or float(value).is_integer() else f"{value:,.1f}"
    return f"{value:,}" if isinstance(value, int) else str(value)
