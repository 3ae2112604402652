"""The pictures of the page's questions: changes by site and year, people by form of housing, cost by year."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import pandas as pd

from reports.figures import figures
from reports.maps.bars import Rect, Strip, YearsChart, small_bars, strip, years_chart
from reports.maps.tier_colours import WAITING, tier_classes
from reports.text.rounding import largest_remainder

if TYPE_CHECKING:
    from collections.abc import Sequence

    from reports.figures.contents import Contents
    from reports.maps.site_map import SiteMap

_GROUPS: dict[str, tuple[figures.Event, ...]] = {
    "opens": ("opens",),
    "changes": ("grows", "changes_form", "shrinks"),
    "closes": ("closes",),
}
_COST_PARTS = {"support": "support", "bridging": "support", "homes": "homes", "home_capital": "homes"}
"""Part of the cost → the group it is drawn in; all others are of sites."""
_COST_STYLES = {"support": "c-one", "sites": "c-two", "homes": "c-three"}


@dataclass(frozen=True)
class SiteLine:
    """A site that changes: its bars by year and what happens in words."""

    name: str
    bars: Sequence[Rect]
    change: str
    what: str


@dataclass(frozen=True)
class SiteGroup:
    """The sites to which one kind of thing happens."""

    title: str
    lines: Sequence[SiteLine]


@dataclass(frozen=True)
class PeopleOf:
    """The people of a municipality by form of housing, today and in the plan."""

    name: str
    strips: Sequence[Strip]


def site_groups(contents: Contents, drawn: SiteMap) -> list[SiteGroup]:
    """Return the sites that change by what happens to them, the earliest first."""
    styles = tier_classes(contents.region)
    table = figures.site_places(contents.plan).round()
    events = figures.site_events(contents.plan)
    facts = {sign.code: one for sign, one in zip(drawn.signs, drawn.data["sites"], strict=True)}
    most = float(table.groupby(level="site").sum().max().max()) if len(table) else 0.0
    groups = []
    for key, kinds in _GROUPS.items():
        codes = [code for code in events.index[events.iloc[:, -1].isin(kinds)] if code in facts]
        since = {
            code: int((events.loc[code] != events.loc[code].iloc[-1]).to_numpy()[::-1].argmax())
            for code in codes
        }
        lines = []
        for code in sorted(codes, key=lambda one: (-since[one], facts[one]["name"])):
            own = table.loc[code]
            totals = own.sum()
            first = totals.max() if key == "closes" else totals.iloc[0]
            change = f"{contents.notation.number(first)} → {contents.notation.number(totals.iloc[-1])}"
            lines.append(
                SiteLine(facts[code]["name"], small_bars(own, styles, most), change, facts[code]["what"])
            )
        if lines:
            groups.append(SiteGroup(contents.words.counted(f"group_{key}", len(lines)), lines))
    return groups


def people_strips(contents: Contents) -> list[PeopleOf]:
    """Return the people from each municipality by form of housing, on one scale, the largest first."""
    looks = tier_looks(contents)
    everybody = figures.everybody(contents.plan).sum("profile")
    at = contents.region.neighbourhoods["municipality"]
    found: dict[str, dict[int, dict[str, int]]] = {}
    ends = (int(everybody["year"][0]), int(everybody["year"][-1]))
    for year in ends:
        frame = everybody.sel(year=year).transpose("neighbourhood", "tier").to_pandas()
        summed = pd.DataFrame(frame).groupby(at.reindex(frame.index)).sum()
        for code, line in summed.iterrows():
            counts = largest_remainder(line.to_numpy(dtype=float))
            ordered = dict(zip(map(str, line.index), map(int, counts), strict=True))
            found.setdefault(str(code), {})[year] = {tier: ordered.get(tier, 0) for tier in looks}
    most = max((sum(counts.values()) for years in found.values() for counts in years.values()), default=0)
    largest = sorted(found, key=lambda code: -sum(found[code][ends[0]].values()))
    return [
        PeopleOf(
            contents.municipality(code), [strip(str(year), found[code][year], looks, most) for year in ends]
        )
        for code in largest
    ]


def tier_looks(contents: Contents) -> dict[str, tuple[str, str]]:
    """Return tier → name and style class, in the order of every picture; those waiting come last."""
    classes = tier_classes(contents.region)
    looks = {code: (contents.tier(code), style) for code, style in classes.items()}
    return {**looks, "waiting": (contents.tier("waiting"), WAITING)}


def cost_chart(contents: Contents) -> YearsChart:
    """Return the cost per year in three parts beside doing nothing."""
    words, write = contents.words, contents.notation
    table = _grouped(figures.cost_by_part(contents.plan))
    idle = figures.cost_by_part(figures.doing_nothing(contents.plan)).sum() / 1e6
    looks = {key: (words(f"cost_{key}"), style) for key, style in _COST_STYLES.items()}
    titles = (words("cost_by_year"), words("cost_by_year_unit"), words("nothing_line"))
    return years_chart(table, looks, idle, titles, lambda value: write.number(value, 1))


def people_chart(contents: Contents) -> YearsChart:
    """Return everybody by form of housing and year, beside everybody when nothing is done."""
    words, looks = contents.words, tier_looks(contents)
    table = (
        figures.everybody(contents.plan)
        .sum(["neighbourhood", "profile"])
        .transpose("tier", "year")
        .to_pandas()
    )
    idle = figures.everybody(figures.doing_nothing(contents.plan)).sum(["neighbourhood", "profile", "tier"])
    titles = (words("people_by_year"), words("people_by_year_unit"), words("nothing_line"))
    ordered = pd.DataFrame(table).reindex(list(looks), fill_value=0.0)
    return years_chart(ordered, looks, idle.to_series(), titles, contents.notation.number)


def _grouped(parts: pd.DataFrame) -> pd.DataFrame:
    """Return millions by the three groups of the chart."""
    names = [_COST_PARTS.get(str(code), "sites") for code in parts.index]
    return parts.groupby(names).sum().reindex(list(_COST_STYLES), fill_value=0.0) / 1e6
