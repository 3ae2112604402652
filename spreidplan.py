"""The front door: `import spreidplan as sp`, one name a line, no logic."""

from geodata.bundled import bundled_regions, region_folder
from models.demand.forecast import forecast
from models.region.region import read_region
from optimiser.model.model import RULES
from optimiser.problem import Problem
from optimiser.rule import Row, own_rule
from optimiser.solve import Impossible, NoPlanYet, Unverified, solve
from optimiser.verification.verify import violations
from reports.folder.folder import read_plan, write

__all__ = [
    "RULES",
    "Impossible",
    "NoPlanYet",
    "Problem",
    "Row",
    "Unverified",
    "bundled_regions",
    "forecast",
    "own_rule",
    "read_plan",
    "read_region",
    "region_folder",
    "solve",
    "violations",
    "write",
]
