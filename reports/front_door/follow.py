"""Monitor from Python: counts beside a plan."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from geodata.temporary import temporary_folder
from models.monitoring.actuals import Quarter, read_actuals
from models.monitoring.history import SUFFIX, History
from reports.answers.monitor import Monitor, monitored, needed
from reports.front_door.targets import plan_of

if TYPE_CHECKING:
    from reports.front_door.targets import PlanLike
    from reports.text.notation import Language


def monitor(
    plan: PlanLike,
    actuals: str | Path | None = None,
    *,
    history: str | Path | None = None,
    quarter: str | None = None,
    draws: int = 400,
    seed: int = 0,
    public: bool = False,
    lang: Language = "en",
) -> Monitor:
    """Return what was counted beside what a plan expects, with control bands and re-estimated rates.

    Parameters
    ----------
    actuals
        CSV file of counts, see docs/monitor.md.
    history
        File in which counts are recorded and from which all earlier ones are read; without one only the
        file of counts is looked at, and nothing is recorded.
    quarter
        Such as 2027Q1; the last one that was counted.
    draws, seed
        Of the band.
    public
        Whether only the region as a whole is told, without small counts of people.

    Raises
    ------
    InputError
        Where a file has faults, or nothing was counted.
    """
    plan = plan_of(plan)
    with temporary_folder() as folder:
        file = folder / f"counts{SUFFIX}" if history is None else Path(history)
        store = History(file, plan.problem.region.parameters.region.name)
        if actuals is not None:
            store.record(read_actuals(Path(actuals), plan.problem.region), Path(actuals).name)
        counts = store.read().within(plan.problem.years)
    chosen = needed(counts, file, Quarter.of(quarter) if quarter else None)
    return monitored(plan, counts, chosen, lang, draws=draws, seed=seed, public=public)
