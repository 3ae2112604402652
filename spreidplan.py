"""The front door: `import spreidplan as sp`, one name a line, loaded when it is first used."""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from geodata.bundled import bundled_regions, region_folder
    from geodata.faults import InputError
    from models.demand.forecast import forecast
    from optimiser.model.model import RULES
    from optimiser.problem import Problem
    from optimiser.rule import Row, own_rule
    from optimiser.solve import Impossible, NoPlanYet, Unverified
    from optimiser.verification.verify import violations
    from reports.folder.folder import read_plan, write
    from reports.front_door.demand import backtest, demand_band
    from reports.front_door.follow import monitor
    from reports.front_door.location import locate
    from reports.front_door.plan_warnings import GapMissed, NothingChanges, PlanWarning
    from reports.front_door.plans import score, solve, warm_start
    from reports.front_door.questions import alternatives, compare, explain, pareto, two_stage
    from reports.front_door.tables import agreements, lots, match_outflow, partition
    from reports.front_door.targets import read_region

_MODULES = {
    "GapMissed": "reports.front_door.plan_warnings",
    "Impossible": "optimiser.solve",
    "InputError": "geodata.faults",
    "NoPlanYet": "optimiser.solve",
    "NothingChanges": "reports.front_door.plan_warnings",
    "PlanWarning": "reports.front_door.plan_warnings",
    "Problem": "optimiser.problem",
    "RULES": "optimiser.model.model",
    "Row": "optimiser.rule",
    "Unverified": "optimiser.solve",
    "agreements": "reports.front_door.tables",
    "alternatives": "reports.front_door.questions",
    "backtest": "reports.front_door.demand",
    "bundled_regions": "geodata.bundled",
    "compare": "reports.front_door.questions",
    "demand_band": "reports.front_door.demand",
    "explain": "reports.front_door.questions",
    "forecast": "models.demand.forecast",
    "locate": "reports.front_door.location",
    "lots": "reports.front_door.tables",
    "match_outflow": "reports.front_door.tables",
    "monitor": "reports.front_door.follow",
    "own_rule": "optimiser.rule",
    "pareto": "reports.front_door.questions",
    "partition": "reports.front_door.tables",
    "read_plan": "reports.folder.folder",
    "read_region": "reports.front_door.targets",
    "region_folder": "geodata.bundled",
    "score": "reports.front_door.plans",
    "solve": "reports.front_door.plans",
    "two_stage": "reports.front_door.questions",
    "violations": "optimiser.verification.verify",
    "warm_start": "reports.front_door.plans",
    "write": "reports.folder.folder",
}
"""Name → the module that has it: the same as the imports above, which only type checkers read."""

__all__ = [
    "RULES",
    "GapMissed",
    "Impossible",
    "InputError",
    "NoPlanYet",
    "NothingChanges",
    "PlanWarning",
    "Problem",
    "Row",
    "Unverified",
    "agreements",
    "alternatives",
    "backtest",
    "bundled_regions",
    "compare",
    "demand_band",
    "explain",
    "forecast",
    "locate",
    "lots",
    "match_outflow",
    "monitor",
    "own_rule",
    "pareto",
    "partition",
    "read_plan",
    "read_region",
    "region_folder",
    "score",
    "solve",
    "two_stage",
    "violations",
    "warm_start",
    "write",
]


def __getattr__(name: str) -> object:
    """Return a name of the front door, its module imported now (PEP 562)."""
    if name not in _MODULES:
        raise AttributeError(f"module 'spreidplan' has no attribute '{name}'")
    value = globals()[name] = getattr(import_module(_MODULES[name]), name)
    return value


def __dir__() -> list[str]:
    """Return the names of the front door."""
    return sorted(__all__)
