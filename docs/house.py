"""The house, drawn from the imports themselves: rooms, what is in them, and who asks whom."""

import ast
import functools
import json
from html import escape
from pathlib import Path

ROOT = Path(__file__).parent.parent
ROOMS = {
    "geodata": "where things are",
    "models": "what a region is, who needs what, what it costs and who pays",
    "optimiser": "what to have where and when, with proof",
    "reports": "what people look at",
    "cli": "the commands",
    "notebooks": "the same lines, to change",
}
"""Rooms from the ground up."""

_WIDE, _HIGH, _APART = 420, 52, 34


def modules(room: str) -> list[Path]:
    """Return the files of a room."""
    if room == "notebooks":
        return sorted((ROOT / room).glob("*.ipynb"))
    return [ROOT / "cli.py"] if room == "cli" else sorted((ROOT / room).rglob("*.py"))


@functools.cache
def asked(room: str) -> list[str]:
    """Return which other rooms the modules of a room import, from the ground up."""
    names = set().union(*(_imported(path) for path in modules(room)))
    return [other for other in ROOMS if other != room and other in names]


def _imported(path: Path) -> set[str]:
    text = path.read_text(encoding="utf-8")
    if path.suffix == ".ipynb":
        text = "\n".join(_code_of(text))
    names = set()
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Import):
            names |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names.add(node.module.partition(".")[0])
    return names


def _code_of(notebook: str) -> list[str]:
    return ["".join(c["source"]) for c in json.loads(notebook)["cells"] if c["cell_type"] == "code"]


def imports() -> str:
    """Return who asks whom as a table: a mark where some module of the row imports the column."""
    rooms = list(ROOMS)
    lines = ["| room | what is in it | " + " | ".join(f"`{other}`" for other in rooms[:4]) + " |"]
    lines.append("|---" * 6 + "|")
    for room in reversed(rooms):
        cells = ["imports" if other in asked(room) else "" for other in rooms[:4]]
        lines.append(f"| `{room}` | {ROOMS[room]} | {' | '.join(cells)} |")
    return "\n".join(lines)


def picture() -> str:
    """Return the house as an SVG: a room a floor, with an arrow to every room that it imports."""
    floors = list(reversed(ROOMS))
    top = {room: 12 + n * (_HIGH + _APART) for n, room in enumerate(floors)}
    wide, high = _WIDE + 190, max(top.values()) + _HIGH + 12
    body = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {wide} {high}" width="{wide}" role="img" '
        'aria-labelledby="house-title" font-family="system-ui, sans-serif">',
        f'<title id="house-title">{escape(_title())}</title>',
        '<defs><marker id="head" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" '
        'orient="auto"><path d="M0 0 8 4 0 8z" fill="#345"/></marker></defs>',
        f'<rect width="{wide}" height="{high}" fill="#fff"/>',
        *(_room(room, top[room]) for room in floors),
        *_arrows(top),
        "</svg>",
    ]
    return "\n".join(body) + "\n"


def _title() -> str:
    said = [f"{room} imports {', '.join(asked(room)) or 'none'}" for room in ROOMS]
    return "The house: " + "; ".join(said)


def _room(room: str, y: int) -> str:
    return (
        f'<rect x="12" y="{y}" width="{_WIDE}" height="{_HIGH}" rx="4" fill="#f2f5f8" stroke="#345"/>'
        f'<text x="26" y="{y + 22}" font-weight="600" font-size="15" fill="#123">{room}</text>'
        f'<text x="26" y="{y + 41}" font-size="12.5" fill="#345">{escape(ROOMS[room])}</text>'
    )


def _arrows(top: dict[str, int]) -> list[str]:
    """Draw an import of the room below straight, and one of a room farther down around those between."""
    drawn, edge, order = [], 12 + _WIDE, list(reversed(ROOMS))
    for n, room in enumerate(order):
        for other in asked(room):
            steps, start, end = order.index(other) - n, top[room] + _HIGH, top[other]
            if steps == 1:
                drawn.append(_arrow(f"M{150} {start}V{end - 2}"))
            else:
                out, a, b = edge + 18 + 26 * (steps - 2) + 5 * n, start - 14 - 4 * steps, end + 14 + 5 * n
                drawn.append(_arrow(f"M{edge} {a}H{out}V{b}H{edge + 3}"))
    return drawn


def _arrow(path: str) -> str:
    return f'<path d="{path}" fill="none" stroke="#345" marker-end="url(#head)"/>'
