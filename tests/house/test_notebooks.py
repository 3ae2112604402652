"""Notebooks are stored without output, run from top to bottom, and their questions have answers."""

import ast
import json
from pathlib import Path

import matplotlib as mpl
import matplotlib.pyplot as plt
import pytest

NOTEBOOKS = sorted((Path(__file__).parents[2] / "notebooks").glob("*.ipynb"))
NAMES = [path.stem for path in NOTEBOOKS]


@pytest.fixture(autouse=True)
def _no_screen(tmp_path, monkeypatch):
    """Draw without a screen, write into a folder that is thrown away."""
    monkeypatch.chdir(tmp_path)
    before = mpl.get_backend()
    plt.switch_backend("agg")
    yield
    plt.close("all")
    plt.switch_backend(before)


def cells(name: str, kind: str = "code") -> list[dict]:
    """Return the cells of a notebook, of one kind."""
    path = NOTEBOOKS[NAMES.index(name)]
    return [
        cell for cell in json.loads(path.read_text(encoding="utf-8"))["cells"] if cell["cell_type"] == kind
    ]


def run(name: str, **changed: object) -> dict:
    """Run the cells one after the other as a reader does, each last value shown; return what is named.

    `changed` are values of the first cell that a reader gives another.
    """
    names: dict = {}
    for number, cell in enumerate(cells(name)):
        tree = ast.parse("".join(cell["source"]))
        shown = tree.body.pop() if isinstance(tree.body[-1], ast.Expr) else None
        exec(compile(tree, f"{name}, cell {number + 1}", "exec"), names)
        if shown is not None:
            value = eval(compile(ast.Expression(shown.value), f"{name}, cell {number + 1}", "eval"), names)
            assert value is None or repr(value)
            assert not hasattr(value, "_repr_html_") or value._repr_html_()
        if not number:
            assert set(changed) <= set(names)
            names |= changed
    return names


@pytest.mark.parametrize("name", NAMES)
def test_it_is_stored_without_output(name):
    """What a notebook shows is made by running it."""
    assert all(not cell["outputs"] and cell["execution_count"] is None for cell in cells(name))


@pytest.mark.parametrize("name", NAMES)
def test_it_ends_with_a_question(name):
    """The last words ask the reader something, and name what to change: a value of the first cell."""
    last = "".join(cells(name, "markdown")[-1]["source"])
    first = ast.parse("".join(cells(name)[0]["source"]))
    named = [t.id for node in first.body for t in ast.walk(node) if isinstance(t, ast.Name)]
    assert "**Your turn.**" in last
    assert "?" in last
    assert any(f"`{value}`" in last for value in named)


@pytest.mark.parametrize(
    ("name", "changed"),
    [
        ("01_region", {"travel.speed": 40}),
        ("02_demand", {"pathway.inflow.share": 0.12}),
    ],
)
def test_the_question_has_an_answer(name, changed):
    """Changed as the notebook says, its last figure is another: farther, more."""
    assert run(name, SETTINGS=changed)["answer"] > run(name)["answer"]


@pytest.mark.parametrize("name", NAMES)
def test_it_uses_the_front_door_only(name):
    """Whoever learns from a notebook imports spreidplan and the libraries of the field."""
    packages = {
        alias.name.partition(".")[0] if isinstance(node, ast.Import) else str(node.module).partition(".")[0]
        for cell in cells(name)
        for node in ast.walk(ast.parse("".join(cell["source"])))
        if isinstance(node, ast.Import | ast.ImportFrom)
        for alias in node.names
    }
    assert "spreidplan" in packages
    assert not packages & {"geodata", "models", "optimiser", "reports"}


@pytest.mark.slow
def test_the_plan_is_written_and_read_back(tmp_path):
    """A plan within 5 %, its folder, and the same places after reading it back."""
    names = run("03_plan")
    assert names["proof"].gap <= 0.05
    assert (tmp_path / "my-plan" / "report.html").is_file()
    assert (names["again"].data["places"] == names["plan"].data["places"]).all()
    assert list(names["places"].columns) == list(names["problem"].years)


@pytest.mark.slow
def test_what_if_why_and_what_it_costs():
    """More people come, so more live somewhere or wait, really dearer; less travel has a price."""
    names = run("04_what_if")
    people = [
        float(p.data["clients"].sum() + p.data["waiting"].sum()) for p in (names["plan"], names["other"])
    ]
    assert people[1] > people[0]
    assert names["distance"].is_distinguishable
    points = names["points"]
    assert len(points) > 1
    assert points[names["TRADE"]].is_monotonic_decreasing
    assert points["cost"].is_monotonic_increasing
    assert (points["dearer_least"] <= points["dearer_most"]).all()


@pytest.mark.slow
def test_agreements_lots_and_partition():
    """Three lots in which every neighbourhood is once; the best partitions are no dearer than all others."""
    names = run("05_agreements")
    homes = names["asked"].table("homes")
    assert homes["asked"].sum() == names["plan"].data["new_homes"].sum()
    lots = [names["tender"].division.areas(lot) for lot in range(3)]
    assert sorted(code for lot in lots for code in lot) == sorted(names["plan"].problem.areas)
    assert names["compared"].found


@pytest.mark.slow
def test_your_own_rule(capsys):
    """With the rule no new site is larger than it says; the plan of the mistaken one is withheld."""
    names = run("06_own_rule")
    assert names["largest"]["with"] <= names["MOST"] < names["largest"]["without"]
    assert "is withheld" in capsys.readouterr().out
