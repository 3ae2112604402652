"""Changes on the ground between the base year and the last: the one table that every count comes from.

`more` and `less` are gross: a site that loses ten beds and gains six rooms has both. `net` is
their difference and is called net wherever it is shown.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, get_args

import pandas as pd

from reports.figures import figures

if TYPE_CHECKING:
    from optimiser.plan import Plan

EVENTS: tuple[str, ...] = get_args(figures.Event.__value__)


def tier_changes_by_site(plan: Plan) -> pd.DataFrame:
    """Return `base`, `last`, `more` and `less` places by (site, tier), in whole places."""
    table = figures.site_places(plan).round()
    ends = pd.DataFrame({"base": table.iloc[:, 0], "last": table.iloc[:, -1]}).astype(int)
    change = ends["last"] - ends["base"]
    return ends.assign(more=change.clip(lower=0), less=(-change).clip(lower=0))


def site_changes(plan: Plan) -> pd.DataFrame:
    """Return per site `event` and the gross changes of its tiers: `base`, `last`, `more`, `less`, `net`."""
    events = figures.site_events(plan).iloc[:, -1]
    summed = tier_changes_by_site(plan).groupby(level="site").sum()
    table = summed.reindex(events.index, fill_value=0)
    return table.assign(net=table["last"] - table["base"], event=events)


def tier_changes(plan: Plan) -> pd.DataFrame:
    """Return per facility tier `base`, `last`, gross `more` and `less`, and `net` = more − less."""
    codes = figures.places_by_tier(plan).index
    table = tier_changes_by_site(plan).groupby(level="tier").sum().reindex(codes, fill_value=0)
    return table.assign(net=table["more"] - table["less"])


def event_counts(plan: Plan) -> dict[str, int]:
    """Return the number of sites by what happens to them, in the order of `Event`."""
    counted = site_changes(plan)["event"].value_counts()
    return {event: int(counted.get(event, 0)) for event in EVENTS}


def bed_sites(plan: Plan) -> tuple[int, int]:
    """Return the sites that give up their last intramural bed, and those that keep fewer."""
    tiers = plan.problem.tiers
    beds = tier_changes_by_site(plan).loc[
        lambda t: t.index.isin(tiers.index[tiers["intramural"]], level="tier")
    ]
    own = beds[["base", "last"]].groupby(level="site").sum()
    closed = (own["base"] > 0) & (own["last"] == 0)
    smaller = (own["last"] > 0) & (own["last"] < own["base"])
    return int(closed.sum()), int(smaller.sum())
