"""Tables as planners keep them: CSV files whose cells stay text until somebody asks for a number."""

import csv
import io
import re
from pathlib import Path
from typing import Any

import pandas as pd

from geodata.faults import Fault
from geodata.invisible import invisible
from geodata.numerals import is_plain
from geodata.size_limits import MOST_TABLE, is_too_large
from geodata.spreadsheets import is_spreadsheet, read_sheet

_FORMULA = re.compile(r"'*[=+@\t\r\n-]")
"""How a cell begins that a spreadsheet program runs, or that began so before `guarded` had it."""

_SAVE_AS = "In a spreadsheet program choose 'save as', 'CSV UTF-8'."


def read_table(path: Path, faults: list[Fault]) -> pd.DataFrame:
    """Read a CSV file into a frame of text.

    Parameters
    ----------
    path
        UTF-8 (a byte order mark is let pass), columns separated by comma or semicolon; or an Excel workbook,
        of which the first sheet with rows is read. Titles above the columns and a source below are let pass.
    faults
        Every fault that is found is added here; the frame then holds what could be read.

    Returns
    -------
    pd.DataFrame
        One column of stripped text per column of the file. The index `line` is the line on
        which the row begins; `attrs["decimal"]` is the decimal mark that goes with the
        separator: a point with commas, a comma with semicolons. Rows without any text are
        left out.
    """
    known = len(faults)
    if is_spreadsheet(path):
        separator, rows = "", read_sheet(path, faults)
    else:
        text = _text(path, faults)
        separator = _separator(text) if text is not None else ","
        rows = _rows(path.name, text, separator, faults) if text is not None else []
    faults += _invisible_faults(path.name, rows)
    if not rows and len(faults) > known:
        return _frame([], [], [], ".")
    rows = _without_title_and_source(rows)
    if not rows:
        faults.append(
            Fault(path.name, "an empty file", "a line of column names", "Write the column names on line 1.")
        )
        return _frame([], [], [], ".")
    rows = _without_spare_columns(rows)
    header = rows[0][1]
    _check_header(path.name, header, rows[0][0], separator, faults)
    lines, cells = [], []
    for line, row in rows[1:]:
        if len(row) != len(header):
            faults.append(_ragged(path.name, line, len(row), len(header), separator))
        else:
            lines.append(line)
            cells.append(row)
    return _frame(header, lines, cells, {";": ",", ",": "."}.get(separator, ""))


def guarded(frame: pd.DataFrame) -> pd.DataFrame:
    """Return a table to be written as CSV, in which no spreadsheet program finds a formula to run.

    A text that begins with = + - @, a tab or a return, and is no number, gets an apostrophe in front;
    so does one that has apostrophes before such a sign already, so that `read_table`, which takes
    one away, gives back every text as it was.
    """
    safe = frame.rename(columns=_guarded)
    for at, kind in enumerate(frame.dtypes):
        if not pd.api.types.is_numeric_dtype(kind):
            safe.isetitem(at, [_guarded(cell) for cell in frame.iloc[:, at]])
    return safe


def _guarded(cell: Any) -> Any:
    if isinstance(cell, str) and _FORMULA.match(cell) and not is_plain(cell):
        return f"'{cell}"
    return cell


def guarded_text(text: str) -> str:
    """Return a CSV file's text as `guarded` would write its cells; the very same where none is a formula."""
    body = text.removeprefix("\ufeff")
    separator = _separator(body)
    try:
        rows = list(csv.reader(io.StringIO(body, newline=""), delimiter=separator, strict=True))
    except csv.Error:
        return text
    safe = [[_guarded_cell(cell) for cell in row] for row in rows]
    if safe == rows:
        return text
    out = io.StringIO(newline="")
    csv.writer(out, delimiter=separator, lineterminator="\n").writerows(safe)
    return text[: len(text) - len(body)] + out.getvalue()


def _guarded_cell(cell: str) -> str:
    """Guard a cell that may have spaces before its sign, and leave one that is guarded."""
    bare = cell.strip()
    return cell if bare.startswith("'") else cell if _guarded(bare) == bare else _guarded(bare)


def unguarded(cell: str) -> str:
    """Return a text as it was before `guarded`."""
    return cell[1:] if cell.startswith("'") and _FORMULA.match(cell) else cell


def _text(path: Path, faults: list[Fault]) -> str | None:
    if is_too_large(path, MOST_TABLE, faults):
        return None
    try:
        raw = path.read_bytes()
    except OSError as error:
        reason = error.strerror or "an error"
        faults.append(
            Fault(path.name, reason, "a file that can be read", "Check that it exists and is not locked.")
        )
        return None
    if raw.startswith((b"\xff\xfe", b"\xfe\xff")):
        faults.append(Fault(path.name, "UTF-16 text", "CSV in UTF-8", _SAVE_AS, row=1))
        return None
    if b"\0" in raw:
        line = raw.count(b"\n", 0, raw.index(b"\0")) + 1
        faults.append(
            Fault(path.name, "a NUL byte", "text", f"The file is damaged or no CSV. {_SAVE_AS}", row=line)
        )
        return None
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        found = f"the byte 0x{raw[error.start]:02x}, which is not UTF-8"
        faults.append(Fault(path.name, found, "CSV in UTF-8", _SAVE_AS, row=line))
        return None


def _separator(text: str) -> str:
    """Return the separator of the line of column names, which titles may stand above."""
    first = [line for line in text.splitlines() if line.strip()][:_TITLES]
    bare = [re.sub(r'"[^"]*"', "", line) for line in first]
    header = max(bare, key=lambda line: max(line.count(";"), line.count(",")) > 1, default="")
    return ";" if header.count(";") > header.count(",") else ","


_TITLES = 10
"""Lines in which the column names stand, below titles."""

_SOURCE = re.compile(r"(bron|source)\s*:|©", re.IGNORECASE)
"""Beginning of the line that statistics offices write below a table."""


def _without_title_and_source(rows: list[tuple[int, list[str]]]) -> list[tuple[int, list[str]]]:
    """Return rows without the titles above the column names and the source below the last row.

    A title is a line of one cell above a line of three or more; a source says that it is one.
    """
    filled = [sum(map(bool, row)) for _, row in rows[:_TITLES]]
    first = next((at for at, count in enumerate(filled) if count > 2), 0)
    begins = first if all(count == 1 for count in filled[:first]) else 0
    ends = len(rows)
    while ends > begins + 1 and _is_source(rows[ends - 1][1]):
        ends -= 1
    return rows[begins:ends]


def _is_source(row: list[str]) -> bool:
    return bool(_SOURCE.match(row[0])) and not any(row[1:])


def _rows(file: str, text: str, separator: str, faults: list[Fault]) -> list[tuple[int, list[str]]]:
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True)
    rows: list[tuple[int, list[str]]] = []
    while True:
        line = reader.line_num + 1
        try:
            cells = [unguarded(cell.strip()) for cell in next(reader)]
        except StopIteration:
            return rows
        except csv.Error as error:
            remedy = "Close every quotation mark; double those inside a text."
            faults.append(Fault(file, str(error), "rows of cells", remedy, row=line))
            return rows
        if any(cells):
            rows.append((line, cells))


def _invisible_faults(file: str, rows: list[tuple[int, list[str]]]) -> list[Fault]:
    """Return a fault for each row with a character that nobody sees."""
    expected, remedy = "characters that can be seen", "Type this cell anew, rather than paste it."
    marked = [(line, row, sign) for line, row in rows if (sign := invisible("".join(row)))]
    return [
        Fault(file, f"the invisible character {sign} in cell {at}", expected, remedy, row=line)
        for line, row, sign in marked
        for at, cell in enumerate(row, start=1)
        if invisible(cell) == sign
    ]


def _without_spare_columns(rows: list[tuple[int, list[str]]]) -> list[tuple[int, list[str]]]:
    """Return rows without the empty cells at their end that spreadsheet programs leave behind."""
    header = rows[0][1]
    used = max(at for _, row in rows for at, cell in enumerate(row, start=1) if cell)
    width = min(used, len(header)) if used <= len(header) or not any(header[used:]) else len(header)
    return [(line, row[:width] if not any(row[width:]) else row) for line, row in rows]


def _check_header(file: str, header: list[str], line: int, separator: str, faults: list[Fault]) -> None:
    if len(header) == 1 and "\t" in header[0]:
        remedy = f"Separate the columns by commas or semicolons. {_SAVE_AS}"
        faults.append(Fault(file, "columns separated by tabs", "a comma or semicolon", remedy, row=line))
    for position, name in enumerate(header, start=1):
        if not name:
            remedy = f"Name column {position} or take it out."
            faults.append(Fault(file, f"column {position} without a name", "a name", remedy, row=line))
        elif name in header[: position - 1]:
            remedy = "Keep one of the two and take the other out."
            faults.append(
                Fault(file, "the same column twice", "each column once", remedy, row=line, column=name)
            )


def _ragged(file: str, line: int, count: int, expected: int, separator: str) -> Fault:
    remedy = f"Put a text that holds '{separator}' between quotation marks."
    if count < expected:
        remedy = f"Write a '{separator}' for an empty cell too."
    return Fault(file, f"{count} cells", f"{expected}, as on the header line", remedy, row=line)


def _frame(header: list[str], lines: list[int], cells: list[list[str]], decimal: str) -> pd.DataFrame:
    kept = [position for position, name in enumerate(header) if name and name not in header[:position]]
    columns = {header[position]: [row[position] for row in cells] for position in kept}
    frame = pd.DataFrame(columns, index=pd.Index(lines, name="line", dtype="int64"), dtype="str")
    frame.attrs["decimal"] = decimal
    return frame
