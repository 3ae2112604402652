"""Input from anywhere: files that once brought the program down, and changes drawn anew, end in faults."""

import signal
import tempfile
from contextlib import contextmanager, suppress
from pathlib import Path
from random import Random

import openpyxl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tiny import REGION, edit, write_tiny_region

from benchmarks.guided import guided
from benchmarks.reading import READERS, harmed
from geodata.faults import InputError
from models.demand.forecast import forecast
from models.region.read_region import read_region
from optimiser.problem import Problem
from optimiser.solve import solve
from reports.folder.folder import write

CORPUS = Path(__file__).parent / "corpus"
"""A folder a file of a region, and in it what may stand in its place."""

SECONDS = 60
"""Longer than this a reader hangs; on a quiet core the slowest of these takes a second."""


@contextmanager
def watched():
    """Raise TimeoutError where a reader hangs."""

    def stop(*_):
        raise TimeoutError(f"no answer within {SECONDS} s")

    before = signal.signal(signal.SIGALRM, stop)
    signal.alarm(SECONDS)
    try:
        yield
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)


def region_with(file, folder):
    """Write the tiny region with one file of the corpus in its place."""
    name = file.parent.name
    maker = {"tables.xlsx": "Excel", "roads.graphml": "GraphML", "neighbourhoods.gpkg": "GeoPackage"}
    READERS[maker[name]].make(folder) if name in maker else write_tiny_region(folder)
    (folder / name).write_bytes(file.read_bytes())
    return folder


@pytest.mark.parametrize(
    "file", sorted(CORPUS.glob("*/*")), ids=lambda file: f"{file.parent.name}-{file.name}"
)
def test_a_found_case_is_refused_in_words(file, tmp_path):
    """Each of these is told with its file, what was found, what is expected and what to do."""
    with watched(), pytest.raises(InputError) as refused:
        read_region(region_with(file, tmp_path / "region"))
    for fault in refused.value.faults:
        assert fault.file
        assert fault.found
        assert fault.expected
        assert fault.remedy
    assert any(
        fault.file.partition(",")[0].partition(".")[0] == file.parent.name.partition(".")[0]
        for fault in refused.value.faults
    ), refused.value


@pytest.mark.parametrize("text", ["[" * 50_000, "9" * 5000, "{a=" * 5000, "1e400", "nan"])
def test_a_setting_of_the_command_line_is_refused_in_words(text, tmp_path):
    """What follows `--set key=` may be anything too."""
    folder = write_tiny_region(tmp_path)
    with watched(), pytest.raises(InputError):
        read_region(folder, settings={"costs.bridging": text})


@pytest.fixture(scope="module", params=READERS)
def sound(request, tmp_path_factory):
    """Return the name of a reader and a folder with a sound input of it."""
    place = tmp_path_factory.mktemp("sound")
    READERS[request.param].make(place)
    return request.param, place


@settings(
    max_examples=3, deadline=None, derandomize=True, database=None,
    suppress_health_check=list(HealthCheck),
)  # fmt: skip
@given(random=st.randoms(use_true_random=False))
@pytest.mark.filterwarnings("ignore")
def test_whatever_is_changed_is_read_or_refused(sound, random: Random):
    """Bytes, lines, words, encodings and what is inside containers; `make reliability` tries thousands."""
    name, whole = sound
    with tempfile.TemporaryDirectory() as place:
        harmed(READERS[name], whole, Path(place) / "case", random)
        with watched(), suppress(InputError):
            READERS[name].read(Path(place) / "case")


@pytest.mark.filterwarnings("ignore")
def test_what_reaches_new_lines_is_changed_further():
    """A few inputs of the minutes that `make reliability` takes, guided by the lines that they reach."""
    found = guided("CSV", SECONDS, most=5)
    assert (found["cases"], found["defects"]) == (5, [])
    assert found["lines"] > 500


LABELS = {
    'name = "Tiny"': 'name = "<script>alert(1)</script>"',
    'name = {nl = "bed", en = "bed"}': "name = {nl = \"=cmd|' /C calc'!A0\", en = \"=cmd|' /C calc'!A0\"}",
    'en = "group living"': 'en = "$\\\\frac{1}{$ %s"',
    'en = "own home"': 'en = "</script><img src=x onerror=alert(1)>"',
}
"""What stands in region.toml, and the label in its place."""


def test_a_label_is_text_wherever_it_is_shown(tmp_path):
    """Formulas, markup and mathematics in names: shown as they are, and never run."""
    folder = write_tiny_region(tmp_path / "region")
    text = REGION
    for old, new in LABELS.items():
        assert text.count(old) == 1
        text = text.replace(old, new)
    (folder / "region.toml").write_text(text, encoding="utf-8")
    edit(folder / "municipalities.csv", "Westerveen", "=HYPERLINK(1)")
    edit(folder / "sites.csv", "S3,Site three", "S3,<b onmouseover=alert(1)>")
    edit(folder / "neighbourhoods.geojson", "Square N1", "</script><script>alert(1)</script>")
    region = read_region(folder)
    plan = solve(Problem.of(region, forecast(region)), gap=0.0, seconds=60.0)
    made = write(plan, tmp_path / "plan", lang="en")
    page = (made / "report.html").read_text(encoding="utf-8")
    assert "&lt;script&gt;alert(1)" in page
    for raw in ("<script>alert", "<img src=x", "<b onmouseover"):
        assert raw not in page
    book = openpyxl.load_workbook(made / "plan.xlsx")
    ours = [c for sheet in book for row in sheet.iter_rows() for c in row if "calc" in str(c.value)]
    assert ours
    assert not [cell.coordinate for cell in ours if cell.data_type == "f"]
