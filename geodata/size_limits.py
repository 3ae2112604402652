"""Size limits of files: what takes more memory than a workstation has is refused."""

from pathlib import Path

from geodata.faults import Fault

MEGABYTE = 1_000_000
MOST_TEXT = 20 * MEGABYTE
"""Bytes of a TOML or JSON file."""
MOST_TABLE = 300 * MEGABYTE
"""Bytes of a CSV file: some ten million rows."""
MOST_LAYER = 8_000 * MEGABYTE
"""Bytes of a map; of a GeoPackage only the layer that is meant is read."""
MOST_UNPACKED = 2_000 * MEGABYTE
"""Bytes of a GeoPackage in a zip, which is unpacked to see what is in it."""
MOST_ARRAYS = 4_000 * MEGABYTE
"""Bytes of the arrays of a plan, unpacked: a file of a few kilobytes can claim any number."""
MOST_GRAPH = 500 * MEGABYTE
"""Bytes of a GraphML file: the roads of a province."""


def is_too_large(path: Path, most: int, faults: list[Fault]) -> bool:
    """Tell whether a file is larger than `most` bytes, after adding the fault that says so."""
    size = path.stat().st_size if path.is_file() else 0
    if size > most:
        found = f"a file of {size / MEGABYTE:,.0f} MB"
        remedy = "Take out what does not belong to the region."
        faults.append(Fault(path.name, found, f"at most {most // MEGABYTE:,} MB", remedy))
    return size > most
