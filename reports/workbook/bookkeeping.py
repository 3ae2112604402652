"""Sheets for a controller: the regime and its money, one municipality, and every euro in a line."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from xlsxwriter.utility import xl_col_to_name

from models.funding.funding import BORNE, REGIMES, objective_shares
from reports.figures import figures
from reports.workbook.sheets import FIRST_ROW

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd

    from reports.workbook.sheets import Writer

_CENTS = "#,##0.00"
_TOP = FIRST_ROW + 1
"""Row of the header of the lines: above it stands the total of what is visible."""


_REGIME_LINES = ("regime", "legacy", "depends_due", "depends_settlement")
"""What is told of the regime of each year."""


@dataclass(frozen=True)
class Column:
    """A column of the sheet of lines: the word at its head, its width, and how its numbers are written."""

    name: str
    word: str
    width: int
    form: str = "General"


COLUMNS = (
    Column("year", "year", 7),
    Column("part", "part", 20),
    Column("stream", "stream", 18),
    Column("origin", "origin_of", 18),
    Column("host", "host", 18),
    Column("payer", "payer", 22),
    Column("account", "counts_for", 18),
    Column("place", "place", 26),
    Column("tier", "tier", 22),
    Column("built", "built", 7),
    Column("quantity", "quantity", 12, "0.0000"),
    Column("unit", "unit", 12),
    Column("share_origin", "share_origin", 10, "0.0000"),
    Column("share_payer", "share_payer", 10, "0.0000"),
    Column("price", "price", 14, _CENTS),
    Column("eur", "euros", 16, _CENTS),
    Column("keys", "keys", 70),
)
_AT = {column.name: n for n, column in enumerate(COLUMNS)}


def write_lines(writer: Writer) -> None:
    """Write every euro in a line, with the formula that makes it and the numbers under its price."""
    words, lines = writer.words, writer.contents.lines
    sheet = writer.sheet("lines", words("lines_note", assumptions=words("sheet_assumptions")))
    writer.header(sheet, _TOP, [words(column.word) for column in COLUMNS])
    columns = [column.name for column in COLUMNS]
    for row, line in enumerate(lines[columns].itertuples(index=False), start=_TOP + 1):
        _write_line(writer, sheet, row, dict(zip(columns, line, strict=True)))
    last = _TOP + len(lines)
    for n, column in enumerate(COLUMNS):
        writer.widths(sheet, n, n, column.width)
    sheet.autofilter(_TOP, 0, max(last, _TOP + 1), len(COLUMNS) - 1)
    sheet.freeze_panes(_TOP + 1, 0)
    sheet.repeat_rows(FIRST_ROW, _TOP)
    sheet.write_string(FIRST_ROW, 0, words("visible"), writer.sums["General"])
    letter = xl_col_to_name(_AT["eur"])
    formula = f"=SUBTOTAL(109,{letter}{_TOP + 2}:{letter}{last + 1})"
    total = float(lines["eur"].sum())
    sheet.write_formula(FIRST_ROW, _AT["eur"], formula, writer.sums[_CENTS], value=total)


def _write_line(writer: Writer, sheet: Any, row: int, line: dict[str, Any]) -> None:
    for n, column in enumerate(COLUMNS):
        value = line[column.name]
        if column.name == "eur":
            factors = ("quantity", "share_origin", "share_payer", "price")
            product = "*".join(f"{xl_col_to_name(_AT[name])}{row + 1}" for name in factors)
            sheet.write_formula(row, n, f"={product}", writer.formats[_CENTS], value=float(value))
        elif isinstance(value, str):
            sheet.write_string(row, n, value)
        elif column.name == "built" and not value:
            sheet.write_blank(row, n, None)  # paid in its year, and not since one
        else:
            sheet.write_number(row, n, value, writer.formats[column.form])


def write_funding(writer: Writer) -> None:
    """Write the regime by year, what is needed, due, granted and settled, and how the grants come about."""
    contents, words = writer.contents, writer.words
    sheet = writer.sheet("funding", contents.shares_basis)
    top = _regimes(writer, sheet, FIRST_ROW)
    labels = [words("municipality"), words("stream"), words("what")]
    money = figures.funding(contents.plan)
    named = [
        [contents.municipality(place), contents.stream(stream), words(what)]
        for place, stream, what in money.index
    ]
    top = writer.table(sheet, labels, named, money, _CENTS, summed=False, top=top + 1)
    top = _settlement(writer, sheet, top + 1)
    steps = figures.grant_steps(contents.plan)
    if len(steps):
        sheet.write_string(top + 1, 0, words("grant_steps_title"), writer.bold)
        named = [
            [contents.municipality(place), contents.stream(stream), words(f"step_{step}")]
            for place, stream, step in steps.index
        ]
        top = writer.table(sheet, labels, named, steps, _CENTS, top=top + 2)
    top = _wlz(writer, sheet, top + 1)
    _shares(writer, sheet, top + 1)


def _regimes(writer: Writer, sheet: Any, top: int) -> int:
    """Write regime, what is left of the old, and what depends on the plan, by year."""
    contents, words = writer.contents, writer.words
    treasury, years = contents.region.treasury, figures.planned_years(contents.plan)
    names = [treasury.funding.regime(t) for t in years]
    cards = [REGIMES[name] for name in names]
    several = contents.several_centres
    lines: tuple[Sequence[str | float], ...] = (
        [words(f"regime_{name}") for name in names],
        [treasury.legacy(t) for t in years],
        [words(f"depends_{'after' if several else card.due}") for card in cards],
        [words(f"depends_{card.settlement}") for card in cards],
    )
    writer.header(sheet, top, [words("what"), "", "", *years])
    for row, (key, values) in enumerate(zip(_REGIME_LINES, lines, strict=True), start=top + 1):
        writer.line(sheet, row, [words(key), "", "", *values], "0.0000")
    return top + 1 + len(lines)


def _settlement(writer: Writer, sheet: Any, top: int) -> int:
    contents, words = writer.contents, writer.words
    table = figures.settlement(contents.plan)
    sheet.write_string(top, 0, words("settles_title"), writer.bold)
    rows = [[contents.municipality(payer), contents.municipality(host), ""] for payer, host in table.index]
    labels = [words("payer"), words("settles_with"), ""]
    return writer.table(sheet, labels, rows, table, _CENTS, top=top + 1)


def _wlz(writer: Writer, sheet: Any, top: int) -> int:
    contents, words = writer.contents, writer.words
    sheet.write_string(top, 0, words("wlz_title"), writer.bold)
    labels = [words("municipality"), words("what"), ""]
    people, money = figures.to_wlz(contents.plan), figures.wlz_money(contents.plan)
    for key, table, form in (("wlz_people_row", people, "#,##0.0"), ("wlz_money_row", money, _CENTS)):
        rows = [[contents.municipality(str(code)), words(key), ""] for code in table.index]
        top = writer.table(sheet, labels, rows, table, form, top=top + 1)
    return top


def _shares(writer: Writer, sheet: Any, top: int) -> None:
    contents, words = writer.contents, writer.words
    shares = objective_shares(contents.region.municipalities).to_series()
    sheet.write_string(top, 0, words("shares_title"), writer.bold)
    writer.header(sheet, top + 1, [words("municipality"), "", "", words("share")])
    for row, (code, share) in enumerate(shares.items(), start=top + 2):
        writer.line(sheet, row, [contents.municipality(str(code)), "", "", share], "0.0000")


def write_one_municipality(writer: Writer) -> None:
    """Write the sums of one municipality: what it bears, who pays for its people, what it settles."""
    contents, words = writer.contents, writer.words
    sheet = writer.sheet("one", words("one_note", lines=words("sheet_lines")))
    towns = [contents.municipality(str(code)) for code in contents.plan.data["municipality"].values]
    sheet.write_string(FIRST_ROW, 0, words("municipality"), writer.head)
    sheet.write_string(FIRST_ROW, 1, towns[0], writer.choice)
    page = _Chosen(writer, sheet, towns[0])
    source = _list_of(sheet, towns, 2 + len(page.years))
    sheet.data_validation(FIRST_ROW, 1, FIRST_ROW, 1, {"validate": "list", "source": source})
    top = page.block(FIRST_ROW + 2, "bears_title", "part", "account", BORNE, "due")
    every = tuple(str(name) for name in contents.plan.data["stream"].values)
    top = page.block(top + 1, "pays_title", "payer", "origin", every, "need")
    page.settled(top + 1)
    writer.widths(sheet, 0, 1, 30)
    writer.widths(sheet, 2, 1 + len(page.years), 16)


def _list_of(sheet: Any, names: Sequence[str], column: int) -> str:
    """Write what can be chosen from in a hidden column: a list in the rule itself ends at 255 letters, and
    has a comma for the end of a name.
    """
    for row, name in enumerate(names, start=FIRST_ROW):
        sheet.write_string(row, column, name)
    sheet.set_column(column, column, None, None, {"hidden": True})
    letter = xl_col_to_name(column)
    return f"=${letter}${FIRST_ROW + 1}:${letter}${FIRST_ROW + len(names)}"


class _Chosen:
    """Writes sums over the lines for the municipality that is chosen in one cell."""

    def __init__(self, writer: Writer, sheet: Any, town: str) -> None:
        self.writer, self.sheet, self.town = writer, sheet, town
        self.contents, self.words = writer.contents, writer.words
        self.lines = writer.contents.lines
        self.years = figures.planned_years(writer.contents.plan)
        self.funding = figures.funding(writer.contents.plan)
        self.settlement = figures.settlement(writer.contents.plan)

    def block(self, top: int, title: str, by: str, whose: str, streams: Sequence[str], what: str) -> int:
        """Write a row per `by` and stream, their total, what the plan says and the difference."""
        named = [self.contents.stream(stream) for stream in streams]
        mine = self.lines[self.lines["stream"].isin(named)]
        keys = mine[[by, "stream"]].drop_duplicates().sort_values(["stream", by]).to_numpy().tolist()
        self.sheet.write_string(top, 0, self.words(title), self.writer.bold)
        head = next(column.word for column in COLUMNS if column.name == by)
        self.writer.header(self.sheet, top + 1, [self.words(head), self.words("stream"), *self.years])
        of_town = mine[mine[whose] == self.town]
        sums = of_town.groupby([by, "stream", "year"])["eur"].sum()
        for row, (name, stream) in enumerate(keys, start=top + 2):
            self.writer.line(self.sheet, row, [name, stream])
            for n, year in enumerate(self.years):
                asked = {by: name, "stream": stream, whose: self.town, "year": year}
                self._sum_of(row, 2 + n, asked, whose, float(sums.get((name, stream, year), 0.0)))
        return self._total(top + 2, len(keys), of_town, named, what)

    def _sum_of(self, row: int, column: int, asked: dict[str, Any], whose: str, value: float) -> None:
        """Write a sum over the lines that match; its value is that for the municipality first chosen."""
        here = dict.fromkeys(asked, f"$A{row + 1}") | {
            "stream": f"$B{row + 1}", whose: _choice(), "year": str(asked["year"]),
        }  # fmt: skip
        conditions = ",".join(f"{self._range(name)},{here[name]}" for name in asked)
        formula = f"=SUMIFS({self._range('eur')},{conditions})"
        self._formula(row, column, formula, value)

    def _range(self, name: str) -> str:
        letter, last = xl_col_to_name(_AT[name]), _TOP + 1 + len(self.lines)
        return f"'{self.words('sheet_lines')}'!${letter}${_TOP + 2}:${letter}${last}"

    def _formula(self, row: int, column: int, formula: str, value: float, *, bold: bool = False) -> None:
        look = (self.writer.sums if bold else self.writer.formats)[_CENTS]
        self.sheet.write_formula(row, column, formula, look, value=value)

    def _total(self, first: int, count: int, mine: pd.DataFrame, named: Sequence[str], what: str) -> int:
        """Write the total of the rows above, what the plan says of it, and the difference."""
        last = first + count
        words = ("total", "in_plan" if what == "due" else "need_in_plan", "difference")
        for row, key in enumerate(words, start=last):
            self.sheet.write_string(row, 0, self.words(key), self.writer.sums["General"])
        table = self._of_the_plan(named, what)
        for n, year in enumerate(self.years):
            letter, total = xl_col_to_name(2 + n), float(mine.loc[mine["year"] == year, "eur"].sum())
            self._formula(last, 2 + n, f"=SUM({letter}{first + 1}:{letter}{last})", total, bold=True)
            said = float(table[year])
            self._formula(last + 1, 2 + n, self._on_funding(year, named, what), said)
            self._formula(
                last + 2, 2 + n, f"=ROUND({letter}{last + 1}-{letter}{last + 2},2)", _cents(total - said)
            )
        return last + 3

    def _of_the_plan(self, named: Sequence[str], what: str) -> pd.Series:
        table = self.funding
        rows = [
            self.contents.municipality(place) == self.town
            and self.contents.stream(stream) in named
            and kind == what
            for place, stream, kind in table.index
        ]
        return table[rows].sum()

    def _on_funding(self, year: int, named: Sequence[str], what: str) -> str:
        """Return the sum over the sheet of funding for the chosen municipality, streams and kind."""
        sheet, letter = f"'{self.words('sheet_funding')}'!", xl_col_to_name(3 + self.years.index(year))
        first, last = _funding_rows(self.funding)

        def column(name: str) -> str:
            return f"{sheet}${name}${first + 1}:${name}${last + 1}"

        sums = [
            f'SUMIFS({column(letter)},{column("A")},{_choice()},{column("B")},"{name}",'
            f'{column("C")},"{self.words(what)}")'
            for name in named
        ]
        return "=" + "+".join(sums)

    def settled(self, top: int) -> None:
        """Write what the chosen municipality pays to hosts and receives as one, from the lines."""
        self.sheet.write_string(top, 0, self.words("settles_title"), self.writer.bold)
        self.writer.header(self.sheet, top + 1, ["", "", *self.years])
        table = self.settlement
        for row, (key, level) in enumerate((("pays_out", 0), ("takes_in", 1)), start=top + 2):
            self.writer.line(self.sheet, row, [self.words(key)])
            mine = [self.contents.municipality(pair[level]) == self.town for pair in table.index]
            for n, year in enumerate(self.years):
                value = float(table.loc[mine, year].sum()) if len(table) else 0.0
                self._formula(row, 2 + n, self._on_settlement(year, level), value)

    def _on_settlement(self, year: int, level: int) -> str:
        """Return the sum over the settlements on the sheet of funding, as payer (0) or host (1)."""
        sheet, letter = f"'{self.words('sheet_funding')}'!", xl_col_to_name(3 + self.years.index(year))
        first = _funding_rows(self.funding)[1] + 4
        last = first + max(1, len(self.settlement)) - 1
        whose = "AB"[level]
        eur, named = (f"{sheet}${name}${first + 1}:${name}${last + 1}" for name in (letter, whose))
        return f"=SUMIFS({eur},{named},{_choice()})"


def _funding_rows(funding: pd.DataFrame) -> tuple[int, int]:
    """Return the first and last row of what is needed, due, granted and short on the sheet of funding."""
    first = FIRST_ROW + len(_REGIME_LINES) + 3
    return first, first + len(funding) - 1


def _choice() -> str:
    return f"$B${FIRST_ROW + 1}"


def _cents(eur: float) -> float:
    return round(eur, 2) + 0.0
