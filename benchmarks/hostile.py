"""Hostile input: sound files of every kind that the program reads, each made wrong in many ways.

A case is a reader and a seed: the same two give the same bytes. What a reader may do with them is to answer,
or to raise an `InputError`; anything else, a hang or a memory that grows without end is a defect.
"""

import io
import re
import sqlite3
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path
from random import Random

TEXTS = (
    "=cmd|' /C calc'!A0", "<script>alert(1)</script>", "<!--", "]]>", "../../etc/passwd", "C:\\x", "\0", "",
    "NaN", "inf", "-inf", "1e308", "-1e308", "1e400", "-1", "0", "1e-320", "9" * 25, "9" * 5000, "1e99999999",
    "0x10", "1_000", "1.234", "1,5", "true", "null", "[]", "{}", "'", '"', '"""', "é", "\u202e",
    "\ufeff", "٣",
    "a" * 50_000, "2021-01-01", "2000000000", "0000", "M1", "N1", "bed", "waiting", "existing", "%s%n", "\r",
    "\x1b[2J", "N" * 41, "9223372036854775808", "{value = 1, unit = 'x'}", "postgresql://x", "a|b",
    "9999-12-31",
)  # fmt: skip
"""What stands in a cell, or in place of a number or a name, where nobody expects it."""

_WORD = re.compile(rb"[A-Za-z_][A-Za-z0-9_]*|[+-]?[0-9]+(?:\.[0-9]+)?")

type Change = Callable[[bytes, Random], bytes]


def _spot(content: bytes, random: Random) -> int:
    return random.randrange(len(content) + 1)


def _flip(content: bytes, random: Random) -> bytes:
    changed = bytearray(content)
    for _ in range(random.choice((1, 1, 2, 8, 64))):
        if changed:
            changed[random.randrange(len(changed))] = random.randrange(256)
    return bytes(changed)


def _cut(content: bytes, random: Random) -> bytes:
    first, last = sorted((_spot(content, random), _spot(content, random)))
    return content[:first] + content[last:]


def _truncate(content: bytes, random: Random) -> bytes:
    return content[: _spot(content, random)]


def _insert(content: bytes, random: Random) -> bytes:
    spot = _spot(content, random)
    text = random.choice(TEXTS).encode("utf-8", "surrogatepass")
    return content[:spot] + text + content[spot:]


def _replace_word(content: bytes, random: Random) -> bytes:
    words = list(_WORD.finditer(content))
    if not words:
        return content
    word = random.choice(words)
    text = random.choice(TEXTS).encode("utf-8", "surrogatepass")
    return content[: word.start()] + text + content[word.end() :]


def _swap_words(content: bytes, random: Random) -> bytes:
    words = list(_WORD.finditer(content))
    if len(words) < 2:
        return content
    one, other = random.choice(words), random.choice(words)
    return content[: one.start()] + other[0] + content[one.end() :]


def _lines(content: bytes, random: Random) -> bytes:
    lines = content.split(b"\n")
    at, what = random.randrange(len(lines)), random.randrange(4)
    if what == 0:
        del lines[at]
    elif what == 1:
        lines.insert(random.randrange(len(lines)), lines[at])
    elif what == 2:
        lines[at : at + 1] = [lines[at]] * 2000
    else:
        random.shuffle(lines)
    return b"\n".join(lines)


def _encode(content: bytes, random: Random) -> bytes:
    text = content.decode("utf-8", "replace")
    coding = random.choice(("utf-16", "utf-16-le", "utf-32", "cp1252", "utf-8-sig", "cp500"))
    return text.encode(coding, "replace")


def _deep(content: bytes, random: Random) -> bytes:
    spot, depth = _spot(content, random), random.choice((50, 1000, 100_000))
    opening = random.choice((b"[", b"{", b"(", b"<a>", b'{"a":'))
    return content[:spot] + opening * depth + content[spot:]


_BEGINNINGS = (
    b"", b"\0", b"\0" * 4096, b"PK\x03\x04", b"SQLite format 3\0", b"\x89HDF\r\n\x1a\n", b"{}", b"[]",
)  # fmt: skip


def _other(content: bytes, random: Random) -> bytes:
    del content
    return random.choice(_BEGINNINGS)


CHANGES: tuple[Change, ...] = (
    _flip, _cut, _truncate, _insert, _insert, _replace_word, _replace_word, _replace_word, _swap_words,
    _lines, _encode, _deep, _other,
)  # fmt: skip


def changed(content: bytes, random: Random) -> bytes:
    """Return the bytes of a file after one to three changes."""
    for _ in range(random.choice((1, 1, 1, 2, 3))):
        content = random.choice(CHANGES)(content, random)
    return content


# Containers: what is inside is changed, so that the reader gets past the wrapping -------------

LAUGHS = (
    '<?xml version="1.0"?><!DOCTYPE lolz [<!ENTITY a "ha">'
    + "".join(
        f'<!ENTITY {new} "{f"&{old};" * 10}">' for old, new in zip("abcdefghi", "bcdefghij", strict=True)
    )
    + "]>"
)
"""Ten billion laughs: entities that unfold to gigabytes."""


def changed_zip(content: bytes, random: Random) -> bytes:
    """Return an archive (xlsx) of which one part is changed, left out, unfolded or huge."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            parts = {name: archive.read(name) for name in archive.namelist()}
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError):
        return changed(content, random)  # it was changed before and is no archive any more
    if not parts:
        return changed(content, random)
    likely = [name for name in parts if "sheet" in name or "shared" in name or random.random() < 0.3]
    name = random.choice(likely or list(parts))
    what = random.randrange(7)
    if what == 0:
        del parts[name]
    elif what == 1:
        body = parts[name].partition(b"?>")[2] or parts[name]
        parts[name] = LAUGHS.encode() + re.sub(rb">([^<>]+)<", b">&j;<", body, count=1)
    elif what == 2:
        parts[name] = parts[name].replace(b"</", b" " * 50_000_000 + b"</", 1)
    elif what == 3:
        parts[name] = re.sub(rb'r="A[0-9]+"', b'r="XFD1048576"', parts[name], count=1)
    elif what == 4:
        parts["../../outside.xml"] = parts[name]
    else:
        parts[name] = changed(parts[name], random)
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for part, inside in parts.items():
            archive.writestr(part, inside)
    return packed.getvalue()


def changed_geopackage(content: bytes, random: Random, place: Path) -> bytes:
    """Return a GeoPackage of which a cell, a table's name or what it says of itself is changed."""
    if random.random() < 0.3:
        return changed(content, random)
    file = place / "changing.gpkg"
    file.write_bytes(content)
    database = sqlite3.connect(file)
    database.execute("PRAGMA writable_schema = ON")
    try:
        tables = [row[0] for row in database.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        for _ in range(random.choice((1, 2, 4))):
            _change_table(database, random.choice(tables), random)
        database.commit()
    except (sqlite3.Error, OverflowError, ValueError, UnicodeEncodeError):
        pass
    database.close()
    made = file.read_bytes()
    file.unlink()
    return made


def _change_table(database: sqlite3.Connection, table: str, random: Random) -> None:
    columns = [row[1] for row in database.execute(f'PRAGMA table_info("{table}")')]
    column, value = random.choice(columns), _cell(random)
    for trigger in database.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
        database.execute(f'DROP TRIGGER "{trigger[0]}"')
    what = random.randrange(5)
    if what == 0:
        database.execute(f'UPDATE "{table}" SET "{column}" = ?', (value,))
    elif what == 1:
        database.execute(f'DELETE FROM "{table}" WHERE rowid = 1')
    elif what == 2:
        row = database.execute(f'SELECT "{column}" FROM "{table}" LIMIT 1').fetchone()
        blob = row[0] if row and isinstance(row[0], bytes) else b"GP\0\x01"
        database.execute(f'UPDATE "{table}" SET "{column}" = ? WHERE rowid = 1', (_flip(blob, random),))
    else:
        database.execute(f'UPDATE "{table}" SET "{column}" = ? WHERE rowid = 1', (value,))


def _cell(random: Random) -> object:
    return random.choice((None, 0, -1, 2**63 - 1, 1e308, float("inf"), b"\0\xff", *TEXTS))


# Cases ---------------------------------------------------------------------------------------


def harm(file: Path, random: Random) -> None:
    """Change a file on disc in place, as befits its kind."""
    content = file.read_bytes()
    if file.suffix == ".xlsx" and random.random() < 0.8:
        file.write_bytes(changed_zip(content, random))
    elif file.suffix == ".gpkg":
        file.write_bytes(changed_geopackage(content, random, file.parent))
    elif file.suffix == ".graphml" and random.random() < 0.15:
        body = content.partition(b"?>")[2]
        file.write_bytes(LAUGHS.encode() + re.sub(rb">([^<>]+)<", b">&j;<", body, count=1))
    else:
        file.write_bytes(changed(content, random))
