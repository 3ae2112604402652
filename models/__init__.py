"""What a region is, how many people need what, how they recover, what it costs and who pays."""

from models.outlook import Outlook, forecast
from models.parameters import WAITING, Parameters
from models.quantity import Quantity
from models.region import Region, read_region
from models.scenario import Override, scenario_names

__all__ = [
    "WAITING",
    "Outlook",
    "Override",
    "Parameters",
    "Quantity",
    "Region",
    "forecast",
    "read_region",
    "scenario_names",
]
