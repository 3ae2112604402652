"""Where things are: areas, their neighbours and the minutes between them."""

from geodata.areas import read_areas
from geodata.bundled import bundled_regions, region_folder
from geodata.faults import Fault, InputError, did_you_mean
from geodata.minutes import own_area_minutes, travel_minutes
from geodata.neighbours import contiguity
from geodata.tables import parse_number, read_table

__all__ = [
    "Fault",
    "InputError",
    "bundled_regions",
    "contiguity",
    "did_you_mean",
    "own_area_minutes",
    "parse_number",
    "read_areas",
    "read_table",
    "region_folder",
    "travel_minutes",
]
