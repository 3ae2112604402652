"""A plan in the few lines that a terminal shows."""

from collections.abc import Iterable, Iterator, Sequence

from reports.figures import figures
from reports.figures.contents import Contents


def brief(told: Contents) -> str:
    """Return title, findings, status and proof, beds, homes, waiting, cost, and who is worst off."""
    return "\n".join(
        [
            told.title,
            *_findings(told),
            told.status,
            *aligned(_proof(told)),
            "",
            *aligned(_first_and_last(told)),
            "",
            *aligned(_beside_nothing(told)),
            "",
            worst_off(told),
        ]
    )


def _findings(told: Contents) -> Iterator[str]:
    """Generate the review of the plan, a finding in a line."""
    if told.findings:
        yield f"{told.words('finding_heading')}:"
        yield from (f"  - {line}" for line in told.findings)
        yield ""


def worst_off(told: Contents) -> str:
    """Return which municipality has the largest share of its people waiting in the last year."""
    changes = figures.municipality_changes(told.plan)
    waiting = changes["waiting", "last"]
    people = changes["people", "last"] + waiting
    share = (waiting / people.where(people > 0)).fillna(0.0)
    year = told.years["last"]
    if share.max() <= figures.TOLERANCE:
        return told.words("nobody_waits", year=year)
    worst = str(share.idxmax())
    return told.words(
        "most_wait",
        year=year,
        name=told.municipality(worst),
        waiting=told.notation.number(waiting[worst], 1),
        people=told.notation.number(people[worst], 1),
        share=told.notation.percent(share[worst]),
    )


def _proof(told: Contents) -> Iterator[tuple[str, ...]]:
    proof, words, notation = told.plan.proof, told.words, told.notation
    yield words("proof_gap"), notation.percent(proof.gap, 2)
    yield words("proof_gap_eur"), notation.euros(proof.gap_eur)
    yield words("proof_gap_controllable"), notation.percent(proof.gap_controllable, 2)


def _first_and_last(told: Contents) -> Iterator[tuple[str, ...]]:
    """Generate beds per tier, homes and people waiting in the base year and the last."""
    number = told.notation.number
    base, last = told.years["base"], told.years["last"]
    yield "", str(base), str(last)
    for tier, beds in figures.places_by_tier(told.plan).iterrows():
        yield told.tier(str(tier)), number(beds[base]), number(beds[last])
    for key, table in (
        ("sheet_homes", figures.neighbourhood_homes(told.plan)),
        ("sheet_waiting", figures.neighbourhood_waiting(told.plan)),
    ):
        yield told.words(key), number(table[base].sum(), 1), number(table[last].sum(), 1)


def _beside_nothing(told: Contents) -> Iterator[tuple[str, ...]]:
    """Generate the comparison with doing nothing."""
    yield "", told.words("plan"), told.words("nothing")
    for measure, row in figures.comparison(told.plan).iterrows():
        both = (row["plan"], row["nothing"])
        written = map(told.notation.millions if row["unit"] == "EUR" else told.notation.number, both)
        yield told.words(f"compare_{measure}", **told.years), *written


def aligned(rows: Iterable[Sequence[str]], indent: str = "  ") -> list[str]:
    """Return lines with texts to the left and numbers to the right; the first row may be a header."""
    cells = [list(row) for row in rows]
    columns = list(zip(*cells, strict=True))
    widths = [max(map(len, column)) for column in columns]
    right = [_is_numeric(column) for column in columns]
    return [
        (
            indent
            + "  ".join(
                cell.rjust(width) if to_the_right else cell.ljust(width)
                for cell, width, to_the_right in zip(row, widths, right, strict=True)
            )
        ).rstrip()
        for row in cells
    ]


def _is_numeric(column: Sequence[str]) -> bool:
    """Tell whether all that is in a column under its header begins as a number does."""
    filled = [cell for cell in column[1:] if cell]
    return bool(filled) and all(cell[0].isdigit() or cell[0] in "+−–-€<≈" for cell in filled)
