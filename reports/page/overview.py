"""The first screen of the page: a headline, five figures beside doing nothing, and notes to them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from optimiser.review import NO_HEADLINE, proof_findings
from reports.figures import figures

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import xarray as xr

    from reports.figures.contents import Contents


@dataclass(frozen=True)
class FigureRow:
    """A figure today, in the plan and when nothing is done; None where it has no meaning."""

    key: str
    name: str
    note: str
    now: float | None
    plan: float
    nothing: float
    cells: tuple[str, str, str]

    @property
    def track(self) -> tuple[float | None, float, float]:
        """Where the three stand on a line from 0 to the largest, as shares."""
        most = max(self.now or 0.0, self.plan, self.nothing, 1e-9)
        return (None if self.now is None else self.now / most), self.plan / most, self.nothing / most


@dataclass(frozen=True)
class Overview:
    """What stands above everything else."""

    headline: str
    announced: bool
    """Whether the headline claims the figures of the plan; else it says why not."""
    rows: Sequence[FigureRow]
    notes: Sequence[str]


def overview(contents: Contents) -> Overview:
    """Return the first screen of a plan."""
    rows = {row.key: row for row in _rows(contents)}
    refused = _refusal(contents, rows)
    headline = refused or _headline(contents, rows)
    return Overview(headline, not refused, list(rows.values()), list(_notes(contents, rows)))


def _rows(contents: Contents) -> Iterator[FigureRow]:
    words, write, years = contents.words, contents.notation, contents.years
    for key, (now, plan, nothing) in _counts(contents).items():
        cells = (write.number(now), write.number(plan), write.number(nothing))
        yield FigureRow(
            key, words(f"row_{key}"), words(f"row_{key}_note", **years), now, plan, nothing, cells
        )
    euros, otherwise = _compared(contents, "cost")
    cells = ("–", write.millions(euros), write.millions(otherwise))
    yield FigureRow("cost", words("row_cost"), words("row_cost_note", **years), None, euros, otherwise, cells)


def _compared(contents: Contents, measure: str) -> tuple[float, float]:
    """Return a measure of the plan, and when nothing is done."""
    columns = figures.comparison(contents.plan)
    return float(columns["plan"].astype(float)[measure]), float(columns["nothing"].astype(float)[measure])


def _counts(contents: Contents) -> dict[str, tuple[int | None, int, int]]:
    """Return the counts of people and places, in whole numbers: base year, plan and doing nothing."""
    plan, region = contents.plan, contents.region
    tiers = region.parameters.tiers
    beds = [code for code in figures.tier_codes(region, "facility") if tiers[code].intramural]
    homes = figures.tier_codes(region, "home")
    data, idle = plan.data, plan.reference
    counts: dict[str, tuple[int | None, int, int]] = {}
    if beds:
        now, other = (_whole(one["places"].isel(year=-1).sel(tier=beds)) for one in (data, idle))
        counts["beds"] = _whole(data["base_places"].sel(tier=beds)), now, other
    now, other = (_whole(one["clients"].isel(year=-1).sel(tier=homes)) for one in (data, idle))
    counts["people_home"] = _whole(data["base_clients"].sel(tier=homes)), now, other
    counts["kept"] = (None, _whole(data["kept_homes"]), _whole(idle["kept_homes"]))
    now, other = (_whole(one["waiting"].isel(year=-1)) for one in (data, idle))
    counts["waiting"] = _whole(data["base_waiting"]), now, other
    return counts


def _whole(array: xr.DataArray) -> int:
    return round(float(array.sum()))


def _refusal(contents: Contents, rows: dict[str, FigureRow]) -> str:
    """Return why the headline claims nothing, or an empty text."""
    words, gap = contents.words, contents.notation.percent(contents.plan.proof.gap, 1)
    if all(abs(row.plan - row.nothing) < 0.5 for row in rows.values()):
        best = any(one.kind == "doing_nothing_is_best" for one in proof_findings(contents.plan))
        return words("headline_nothing_is_best" if best else "headline_nothing")
    if any(one.kind in NO_HEADLINE for one in contents.review):
        return words("headline_gap", gap=gap)
    return ""


def _headline(contents: Contents, rows: dict[str, FigureRow]) -> str:
    """Return the plan in one sentence: the beds, and people and money beside doing nothing.

    People who live on their own are those in a home with support and those who have left care and
    keep their home: either alone would make half a claim.
    """
    words, write, cost = contents.words, contents.notation, rows["cost"]
    more = round(sum(rows[key].plan - rows[key].nothing for key in ("people_home", "kept")))
    lives = words("headline_home_same")
    if more:
        lives = words.counted(f"headline_home_{'more' if more > 0 else 'fewer'}", abs(more))
    dearer = cost.plan - cost.nothing
    side = "same" if cost.cells[1] == cost.cells[2] else "dearer" if dearer > 0 else "cheaper"
    money = words(f"headline_{side}", money=write.millions(abs(dearer)))
    parts = [words("headline_compared", lives=lives, money=money)]
    if "beds" in rows:
        beds = rows["beds"]
        parts.insert(
            0, words("headline_beds", first=beds.cells[0], last=beds.cells[1], year=contents.years["last"])
        )
    said = "; ".join(parts)
    return f"{said[0].upper()}{said[1:]}."


def _notes(contents: Contents, rows: dict[str, FigureRow]) -> Iterator[str]:
    """Generate a sentence for each figure that looks wrong without one."""
    words, write = contents.words, contents.notation
    home, kept = rows["people_home"], rows["kept"]
    if not _refusal(contents, rows):
        yield words("note_own")
    said = {one.kind for one in contents.review}
    if home.nothing > home.plan and "fewer_at_home" not in said:
        yield words("note_home_fewer")
        if kept.plan > kept.nothing:
            yield words.counted("note_kept", round(kept.plan), nothing=kept.cells[2])
    plan, nothing = (round(years) for years in _compared(contents, "waiting_years"))
    if plan != nothing:
        yield words("note_waiting", plan=write.number(plan), nothing=write.number(nothing))
