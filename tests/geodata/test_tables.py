"""Tables: what a CSV file may look like, and what is said of one that is wrong."""

import ast
import csv
import io
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geodata.bundled import bundled_regions, region_folder
from geodata.faults import Fault, InputError, did_you_mean
from geodata.numerals import is_plain, parse_number
from geodata.tables import guarded, guarded_text, read_table, unguarded


def read(tmp_path, content: bytes | str):
    """Return the frame and the faults of a file with this content."""
    path = tmp_path / "some.csv"
    path.write_bytes(content.encode("utf-8") if isinstance(content, str) else content)
    faults: list[Fault] = []
    return read_table(path, faults), faults


@pytest.mark.parametrize(
    ("content", "decimal"),
    [
        ("code,name\nA,één\n", "."),
        ("code;name\nA;één\n", ","),
        ("\ufeffcode;name\r\nA;één\r\n", ","),  # as a Dutch Excel saves it
        ('"code","name"\n"A"," één "\n\n', "."),
        ('code,"a;b;c"\nA,één\n'.replace("a;b;c", "name"), "."),
    ],
)
def test_separators_and_byte_order_marks(tmp_path, content, decimal):
    """Comma or semicolon, with or without byte order mark, quotes and spaces: the same cells."""
    frame, faults = read(tmp_path, content)
    assert faults == []
    assert frame.to_dict("list") == {"code": ["A"], "name": ["één"]}
    assert frame.attrs["decimal"] == decimal


def test_the_index_is_the_line_as_an_editor_counts(tmp_path):
    """A cell of two lines, an empty line and a line of separators move the rows after them."""
    frame, faults = read(tmp_path, 'code,note\nA,"two\nlines"\n\n,\nB,x\n')
    assert faults == []
    # A begins on line 2 and ends on 3, 4 is empty, 5 holds no text
    assert list(frame.index) == [2, 6]
    assert frame.index.name == "line"


def test_codes_stay_text(tmp_path):
    """Leading zeros, and words that pandas takes for missing, are codes like any other."""
    frame, _ = read(tmp_path, "code\n0106\nNA\nnull\n1e5\n")
    assert list(frame["code"]) == ["0106", "NA", "null", "1e5"]


@pytest.mark.parametrize(
    ("content", "row", "column", "found", "remedy"),
    [
        (b"code\nA\0B\n", 2, None, "NUL", "CSV UTF-8"),
        (b"code,name\nA,x\nB,\xe9\xe9n\n", 3, None, "0xe9", "CSV UTF-8"),
        ("code\n".encode("utf-16"), 1, None, "UTF-16", "CSV UTF-8"),
        ("code,name\nA,x\nB\n", 3, None, "1 cells", "empty cell"),
        ("code,name\nA,x,y\n", 2, None, "3 cells", "quotation marks"),
        ("code,name,code\nA,x,A\n", 1, "code", "twice", "take the other out"),
        ("code,,name\nA,x,y\n", 1, None, "column 2 without a name", "Name column 2"),
        ('code,name\nA,"x\n', 2, None, "unexpected end", "quotation mark"),
        ("code\tname\nA\tx\n", 1, None, "tabs", "semicolons"),
        ("code,name\nA,x\nB,\u202ex\n", 3, None, "U+202E in cell 2", "Type this cell anew"),
        ("co\u00adde,name\nA,x\n", 1, None, "U+00AD in cell 1", "Type this cell anew"),
        ("", None, None, "an empty file", "line 1"),
        ("\n\n", None, None, "an empty file", "line 1"),
    ],
)
def test_a_damaged_file_is_told_with_its_line(tmp_path, content, row, column, found, remedy):
    """Each kind of damage is one fault that names file, line, finding and remedy."""
    _, faults = read(tmp_path, content)
    assert [(fault.file, fault.row, fault.column) for fault in faults] == [("some.csv", row, column)]
    assert found in faults[0].found
    assert remedy in faults[0].remedy


def test_a_file_that_is_not_there(tmp_path):
    """No exception passes: the fault says what the system said."""
    faults: list[Fault] = []
    frame = read_table(tmp_path / "none.csv", faults)
    assert frame.empty
    assert [(fault.file, fault.found) for fault in faults] == [("none.csv", "No such file or directory")]


def test_a_remedy_names_the_nearest_words():
    """Near words are proposed; where none is near, all are told."""
    assert did_you_mean("provder", ["provider", "places"]) == "Did you mean 'provider'?"
    assert did_you_mean("zzz", ["provider", "places"]) == "Known here: provider, places."


def test_a_bundled_region_is_found_by_name_and_a_folder_by_path(tmp_path):
    """Each bundled name leads to its folder; a path to itself."""
    for name, folder in bundled_regions().items():
        assert region_folder(name) == folder
        assert (folder / "region.toml").is_file()
    assert region_folder(tmp_path) == tmp_path
    assert region_folder(str(tmp_path)) == tmp_path


def test_an_unknown_region_is_told_with_near_names():
    """A typing error in a bundled name is met with the right one."""
    with pytest.raises(InputError, match="Did you mean 'zuidoost-drenthe'") as caught:
        region_folder("zuidoost-drente")
    assert caught.value.faults[0].file == "zuidoost-drente"


FORMULAS = ("=cmd|' /C calc'!A0", "+1+1", "-1+1", "@SUM(1)", "\t=1", "\r=1", "'=1", "''=1")


@settings(max_examples=100, deadline=None, derandomize=True, database=None)
@given(st.lists(st.sampled_from(FORMULAS) | st.text("=+-@'\t\r\nab1,;\"", min_size=1), min_size=1))
def test_a_text_is_written_so_that_no_spreadsheet_runs_it_and_reads_back_the_same(cells):
    """No cell that is not a plain number begins with = + - @, tab or return; nothing else is changed.

    "=1" is written "'=1", and so "'=1" must become "''=1": what is read back is what was there.
    """
    frame = pd.DataFrame({"name": cells, "@amount": range(len(cells))})
    text = guarded(frame).to_csv(index=False, lineterminator="\n")
    written = list(csv.reader(io.StringIO(text, newline="")))
    for cell in (cell for row in written for cell in row):
        assert cell[:1] not in tuple("=+-@\t\r\n") or parse_number(cell) is not None
    assert [[unguarded(cell) for cell in row] for row in written[1:]] == [
        [cell, str(number)] for number, cell in enumerate(cells)
    ]
    assert unguarded(written[0][1]) == "@amount"


CELLS = st.lists(st.sampled_from(FORMULAS) | st.text("=+-@' ab1,;\"", max_size=4), min_size=3, max_size=3)


@settings(max_examples=100, deadline=None, derandomize=True, database=None)
@given(st.lists(CELLS, min_size=1, max_size=4), st.sampled_from(",;"), st.sampled_from(["", "\ufeff"]))
def test_a_table_of_somebody_else_is_copied_so_that_no_spreadsheet_runs_it(rows, separator, mark):
    """Formulas get their apostrophe, also behind spaces; it reads as before, and stays so."""
    text = io.StringIO(newline="")
    csv.writer(text, delimiter=separator).writerows([["code", "name", "note"], *rows])
    safe = guarded_text(mark + text.getvalue())
    assert guarded_text(safe) == safe
    cells = list(csv.reader(io.StringIO(safe.removeprefix("\ufeff"), newline=""), delimiter=separator))
    assert [[unguarded(cell.strip()) for cell in row] for row in cells] == [
        ["code", "name", "note"], *([unguarded(cell.strip()) for cell in row] for row in rows)
    ]  # fmt: skip
    for cell in (cell.strip() for row in cells for cell in row):
        assert not cell.startswith(tuple("=+@-")) or is_plain(cell)


@pytest.mark.parametrize("text", ["code,name\r\nA, één \r\n", "code;x\nA;-0,5\n", "a,b\n1,2e-3", 'a,"b', ""])
def test_a_table_without_formulas_is_copied_to_the_byte(text):
    """Line ends, spaces, numbers below zero and what is no CSV stay."""
    assert guarded_text(text) == text


def test_what_is_written_guarded_is_read_as_it_was(tmp_path):
    """The reader takes one apostrophe away; a name such as 's-Hertogenbosch and a number stay."""
    cells = ["=1+1", "'s-Hertogenbosch", "-12.5", "'=1", "1e-3"]
    text = guarded(pd.DataFrame({"name": cells})).to_csv(index=False)
    assert text.splitlines() == ["name", "'=1+1", "'s-Hertogenbosch", "-12.5", "''=1", "1e-3"]
    frame, faults = read(tmp_path, text)
    assert (frame["name"].tolist(), faults) == (cells, [])


def test_every_csv_file_is_written_guarded():
    """Wherever a table is written as CSV, it went through `guarded`; a hash of rows is no file."""
    root = Path(__file__).resolve().parents[2]
    for file in [root / "cli.py", *(f for p in ("geodata", "models", "reports", "optimiser")
                                    for f in sorted((root / p).rglob("*.py")))]:  # fmt: skip
        if file.name == "history.py":
            continue
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Attribute) and node.attr == "to_csv":
                made = node.value
                assert isinstance(made, ast.Call), f"{file.name}:{node.lineno}"
                assert getattr(made.func, "id", "") == "guarded", f"{file.name}:{node.lineno}"


def test_empty_columns_at_the_end_are_left_out(tmp_path):
    """Excel writes separators behind the last column; a cell there without a name is still told."""
    frame, faults = read(tmp_path, "code;name;;;\nA;x;;;\nB;y;;;\n")
    assert (frame.to_dict("list"), faults) == ({"code": ["A", "B"], "name": ["x", "y"]}, [])
    frame, faults = read(tmp_path, "code;name\nA;x;;\n")
    assert (frame.to_dict("list"), faults) == ({"code": ["A"], "name": ["x"]}, [])
    assert len(read(tmp_path, "code;name;;\nA;x;lost;\n")[1]) == 1
