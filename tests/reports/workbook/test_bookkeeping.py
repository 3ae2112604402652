"""The workbook as a controller reads it: every line, added up again, is what the plan says, to the cent."""

import re
from pathlib import Path
from typing import Any

import openpyxl
import pandas as pd
import pytest
from builders import best, tiny_problem, with_shelter
from sample_plan import ANSWERS, sample_plan
from sample_plan import RULES as SAMPLE_RULES

from models.funding.funding import BORNE
from optimiser.model.model import RULES
from reports.answers.council import council_answers
from reports.figures.contents import Contents
from reports.page.page import page
from reports.workbook.workbook import write_workbook

CENT = 0.005
TOWNS = """\
code,name,inhabitants,region,objective_share,central
M1,Westerveen,16000,West,0.8,M1
M2,Oosterveen,4000,East,0.2,M2
"""
GRANTS = "municipality,year,stream,eur\nM1,2022,Wmo,900000\nM2,2022,Wmo,90000\nM1,2022,MO,130000\n"
LAW = {
    "years.indexation": "0.02", "costs.double_running": "8", "pathway.wlz.intensive": "0.05",
    "funding.law": "2022", "funding.path.shape": "linear", "funding.path.yearly": "0.1",
    "funding.carry_on": "true", "funding.execution": "20000",
    "funding.wlz.money": "0.25", "funding.wlz.since": "2022",
    "tiers.bed.contribution": "100", "tiers.home.contribution": "5", "costs.home_capital": "20000",
}  # fmt: skip


def solved() -> Contents:
    """Return the best plan of two years of two regions with a centre each and a shelter, the law in force."""
    plan = best(with_shelter(LAW | {"years.last": "2023"}, municipalities=TOWNS, budgets=GRANTS))
    return Contents(plan, council_answers(plan), RULES, "en")


@pytest.fixture(scope="module", name="told", params=["solved", "sample"])
def told_plan(request, tmp_path_factory) -> Contents:
    """Return a real plan, and the one that was written down."""
    if request.param == "solved":
        return solved()
    return Contents(sample_plan(tmp_path_factory.mktemp("sample")), ANSWERS, SAMPLE_RULES, "en")


@pytest.fixture(scope="module", name="file")
def workbook(told, tmp_path_factory) -> Path:
    """Return the workbook of the plan."""
    file = tmp_path_factory.mktemp("book") / "plan.xlsx"
    write_workbook(told, file)
    return file


def rows(file: Path, sheet: str, *, values: bool = True) -> list[tuple[Any, ...]]:
    """Return the cells of a sheet: their values as readers see them, or their formulas."""
    return list(openpyxl.load_workbook(file, data_only=values)[sheet].iter_rows(values_only=True))


@pytest.fixture(scope="module", name="lines")
def lines_of_the_workbook(file) -> pd.DataFrame:
    """Return the sheet of every euro as it is read back."""
    cells = rows(file, "Every euro")
    return pd.DataFrame(cells[5:], columns=cells[4])


def added(lines: pd.DataFrame, **where: object) -> float:
    """Return the amount of the lines that match."""
    chosen = lines
    for column, value in where.items():
        chosen = chosen[chosen[column.replace("_", " ")] == value]
    return float(chosen["Amount"].sum())


def test_every_line_adds_up_by_municipality_stream_and_year(told, lines):
    """What a municipality bears and what is spent on its people, read from the file alone."""
    data = told.plan.data
    for name, column in (("funding_due", "Counts_for"), ("funding_need", "Comes_from")):
        for at, eur in data[name].to_series().items():
            town, stream, year = at
            where = {column: told.municipality(town), "Stream": told.stream(stream), "Year": year}
            assert added(lines, **where) == pytest.approx(eur, abs=CENT), (name, at)


def test_every_line_adds_up_by_part_and_payer(told, lines):
    cost = told.plan.data["cost"].to_series()
    for (part, payer, stream, year), eur in cost[cost > 0].items():
        where = {"Part": told.part(part), "Payer": told.payer(payer), "Stream": told.stream(stream)}
        assert added(lines, **where, Year=year) == pytest.approx(eur, abs=CENT)
    assert added(lines) == pytest.approx(float(cost.sum()), abs=CENT)


def test_a_line_is_a_formula_of_its_own_cells(file, lines):
    """Quantity × part of origin × part of payer × price, with the value that it has."""
    formulas = rows(file, "Every euro", values=False)
    for number, cells in enumerate(formulas[5:], start=6):
        assert cells[15] == f"=K{number}*M{number}*N{number}*O{number}"
    product = lines["Quantity"] * lines["Part of origin"] * lines["Part of payer"] * lines["Price"]
    assert float((product - lines["Amount"]).abs().max()) < 1e-6
    assert formulas[3][15] == f"=SUBTOTAL(109,P6:P{len(formulas)})"
    assert rows(file, "Every euro")[3][15] == pytest.approx(float(lines["Amount"].sum()))


def test_every_number_under_a_price_stands_on_the_sheet_of_assumptions(file, lines):
    """With its source, or called an assumption."""
    sheet = {cells[0]: cells[4] for cells in rows(file, "Assumptions")[4:]}
    named = {key for keys in lines["Numbers (sheet of assumptions)"] for key in keys.split("; ")}
    assert named
    assert all(sheet[key] for key in named)


def one(file: Path) -> dict[str, list[tuple[Any, ...]]]:
    """Return the blocks of the sheet of one municipality under their title, as far as they are shown."""
    blocks: dict[str, list[tuple[Any, ...]]] = {}
    title = ""
    for whole in rows(file, "One municipality")[5:]:
        cells = whole[:-1]  # the last column is hidden: what can be chosen from
        if cells[0] and all(cell is None for cell in cells[1:]):
            title = cells[0]
            blocks[title] = []
        elif cells[0]:
            blocks[title].append(cells)
    return blocks


def test_one_municipality_is_followed_to_the_plan(told, file, lines):
    """The blocks of the chosen municipality are sums of the lines, and differ from the plan by nothing."""
    data, years = told.plan.data, [int(year) for year in told.plan.data["year"].values]
    code = str(data["municipality"].values[0])
    blocks = one(file)
    bears, pays, settles = (blocks[name] for name in list(blocks))
    for block, whose, head in ((bears, "Counts_for", "Part"), (pays, "Comes_from", "Payer")):
        *parts, total, said, apart = block[1:]
        for name, stream, *amounts in parts:
            for year, eur in zip(years, amounts, strict=True):
                where = {head: name, "Stream": stream, whose: told.municipality(code), "Year": year}
                assert eur == pytest.approx(added(lines, **where), abs=CENT)
        assert list(total[2:]) == pytest.approx(list(said[2:]), abs=CENT)
        assert list(apart[2:]) == [0.0] * len(years)
    own = [stream for stream in data["stream"].values if stream in BORNE]
    municipal = data["funding_due"].sel(municipality=code, stream=own).sum("stream")
    assert list(bears[-2][2:]) == pytest.approx(municipal.values.tolist(), abs=CENT)
    need = data["funding_need"].sel(municipality=code).sum("stream").values.tolist()
    assert list(pays[-2][2:]) == pytest.approx(need, abs=CENT)
    out = data["settlement"].sel(payer=code).sum("host").values.tolist()
    taken = data["settlement"].sel(host=code).sum("payer").values.tolist()
    assert [list(row[2:]) for row in settles] == [
        pytest.approx(out, abs=CENT),
        pytest.approx(taken, abs=CENT),
    ]


def evaluated(book: Any, formula: str, choice: str) -> float:
    """Return the value of a sum of SUMIFS, with the given municipality in the yellow cell."""
    sheet = book["One municipality"]

    def cells(reference: str) -> list[Any]:
        name, corners = reference.split("!")
        return [cell.value for (cell,) in book[name.strip("'")][corners.replace("$", "")]]

    def meant(criterion: str) -> Any:
        if criterion == "$B$4":
            return choice
        if criterion.startswith("$"):
            return sheet[criterion.replace("$", "")].value
        return criterion.strip('"') if criterion.startswith('"') else int(criterion)

    total = 0.0
    for inside in re.findall(r"SUMIFS\((.*?)\)(?=\+|$)", formula):
        first, *rest = re.findall(r"'[^']*'![^,]+|\"[^\"]*\"|[^,]+", inside)
        match = [True] * len(cells(first))
        for at, criterion in zip(rest[::2], rest[1::2], strict=True):
            match = [so and cell == meant(criterion) for so, cell in zip(match, cells(at), strict=True)]
        total += sum(eur for eur, so in zip(cells(first), match, strict=True) if so)
    return total


def test_the_formulas_follow_any_municipality_that_is_chosen(told, file):
    """Each formula, worked out from the cells it points at, for every municipality in the yellow cell."""
    values = openpyxl.load_workbook(file, data_only=True)
    sheet = openpyxl.load_workbook(file)["One municipality"]
    data, year = told.plan.data, int(told.plan.data["year"].values[-1])
    column = 2 + data.sizes["year"]
    made = {
        cell.row: cell.value for (cell,) in sheet.iter_rows(min_col=column, max_col=column)
        if isinstance(cell.value, str) and cell.value.startswith("=SUMIFS")
    }  # fmt: skip
    named = [values["One municipality"].cell(row, 1).value for row in made]
    for code in map(str, data["municipality"].values):
        found = [evaluated(values, formula, told.municipality(code)) for formula in made.values()]
        own = [stream for stream in data["stream"].values if stream in BORNE]
        due = float(data["funding_due"].sel(municipality=code, year=year, stream=own).sum())
        need = float(data["funding_need"].sel(municipality=code, year=year).sum())
        out, into = (
            float(data["settlement"].sel({dim: code, "year": year}).sum()) for dim in ("payer", "host")
        )
        begins, ends = named.index("in the plan (due)"), named.index("in the plan (needed)")
        assert sum(found[:begins]) == pytest.approx(due, abs=CENT)
        assert found[begins] == pytest.approx(due, abs=CENT)
        assert sum(found[begins + 1 : ends]) == pytest.approx(need, abs=CENT)
        assert found[ends:] == pytest.approx([need, out, into], abs=CENT)


def test_the_sheet_of_funding_tells_the_regime_and_how_a_grant_comes_about(told, file):
    """Every step of every grant; the steps of a municipality add up to what it is granted."""
    funding = rows(file, "Funding")
    text = [cells[0] for cells in funding]
    regimes = funding[text.index("Regime")][3:]
    years = [int(year) for year in told.plan.data["year"].values]
    assert list(regimes) == [
        {"central": "central municipality, historic", "residence": "residence principle"}[
            told.region.parameters.funding.regime(year)
        ]
        for year in years
    ]
    top = text.index("How the grant comes about") + 2
    steps = funding[top : text.index("Total", top)]
    for code in told.plan.data["municipality"].values:
        mine = [cells[3:] for cells in steps if cells[0] == told.municipality(str(code))]
        grant = told.plan.data["grant"].sel(municipality=code).fillna(0.0).sum("stream").values.tolist()
        assert [sum(column) for column in zip(*mine, strict=True)] == pytest.approx(grant, abs=CENT)


@pytest.mark.parametrize("lang", ["nl", "en"])
def test_the_page_tells_who_receives_bears_and_settles(told, lang):
    """Need, due, grant and gap, the regime in a sentence, what it is divided by, and the take-out apart."""
    contents = Contents(told.plan, told.answers, told.rules, lang)
    text = page(contents)
    for key in ("funding_title", "need", "due", "grant", "gap", "stream_client", "stream_corporation"):
        assert contents.words(key).replace("'", "&#39;") in text
    for sentence in contents.funding_told:
        assert sentence.replace("'", "&#39;") in text
    assert contents.shares_basis in contents.funding_told


def test_a_plan_of_one_centre_says_that_it_bears_all():
    """Without a law the sentence is that of the central municipality, linear in the plan."""
    plan = best(tiny_problem())
    told = Contents(plan, (), RULES, "en").funding_told
    assert told[0].startswith("2022–2023: The central municipality receives the historic grant")
    assert "linear" in told[0]
    assert "No grants are known" in told[1]
    assert "No take-out of money is given" in told[2]


def test_any_number_of_municipalities_can_be_chosen_from(tmp_path):
    """Names of more than 255 letters together, one with a comma, as the list of a cell."""
    names = ["Wester" + "veen" * 40, "Oosterveen, " + "en omstreken " * 10]
    towns = TOWNS.replace("Westerveen", names[0]).replace("Oosterveen", f'"{names[1].strip()}"')
    plan = best(tiny_problem(municipalities=towns))
    write_workbook(Contents(plan, council_answers(plan), RULES, "en"), tmp_path / "plan.xlsx")
    book = openpyxl.load_workbook(tmp_path / "plan.xlsx")
    (sheet,) = (sheet for sheet in book if sheet.data_validations.dataValidation)
    (rule,) = sheet.data_validations.dataValidation
    cells = sheet[rule.formula1.replace("$", "")]
    assert [cell.value for (cell,) in cells] == [name.strip() for name in names]
    assert sheet.column_dimensions[cells[0][0].column_letter].hidden
    assert sheet[str(rule.sqref)].value == names[0]
