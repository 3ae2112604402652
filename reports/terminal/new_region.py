"""The command that makes a region folder: init."""

import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any, Literal

from reports.terminal import values
from reports.terminal.declare import argument, option, options
from reports.terminal.messages import DONE, print_lines, tell
from reports.terminal.options import DEMO_REGION, Options


def init(
    folder: Annotated[Path, argument("FOLDER", "a folder that is new or empty")],
    *,
    source: Annotated[
        str,
        option(
            "--from REGION|MAP",
            "region to copy, or CBS's map of wijken and buurten: a GeoPackage (FILE or FILE#LAYER) or a "
            "table of PostGIS (postgresql://user@host/database#schema.table)",
        ),
    ] = DEMO_REGION,
    municipalities: Annotated[
        str | None, option("--municipalities NAMES", "with a map: names or codes, with commas between them")
    ] = None,
    level: Annotated[
        Literal["wijk", "buurt"], option("--level wijk|buurt", "with a map: which areas (wijk)")
    ] = "wijk",
    figures: Annotated[
        list[str],
        options(
            "--figures TABLE",
            "with a map: table of figures joined by code (StatLine, KWB), in place of the "
            "map's; may be given again",
        ),
    ],
    crosswalk: Annotated[
        str | None,
        option(
            "--crosswalk FILE",
            "with --figures of another year: CSV of code_old, code_new, weight, or the map of that year",
        ),
    ] = None,
    sites: Annotated[
        str | None, option("--sites FILE", "with a map: sites as CSV, GeoJSON, GeoPackage or PostGIS")
    ] = None,
    addresses: Annotated[
        str | None,
        option(
            "--addresses FILE",
            "with --sites: table of addresses (postcode, huisnummer, x, y), such as an extract of BAG",
        ),
    ] = None,
    base: Annotated[
        int | None,
        option("--base YEAR", "with a map: base year (default the year before the map's)", values.count),
    ] = None,
    roads: Annotated[
        str | None, option("--roads FILE", "with a map: GraphML, or lines with speeds; those near are copied")
    ] = None,
    tables: Annotated[
        list[Any],
        options(
            "--table NAME=SOURCE",
            "with a map: clients, homes, budgets, travel or series as CSV or PostGIS; may be given again",
            values.table_source,
        ),
    ],
    xlsx: Annotated[
        bool, option("--xlsx", "put the tables in one workbook, with drop-downs, to fill in")
    ] = False,
    name: Annotated[
        str | None, option("--name NAME", "with a map: name of the region (default its municipalities)")
    ] = None,
) -> int:
    """Make a new region folder to fill in."""
    return _init(Options(**locals()))


def _init(arguments: Options) -> int:
    from geodata.bundled import region_folder
    from geodata.faults import Fault, InputError

    if _is_map(arguments.source):
        return _init_from_map(arguments)
    _only_with_a_map(arguments)
    source, folder = region_folder(arguments.source), arguments.folder
    if folder.exists() and any(folder.iterdir()):
        raise InputError(
            [Fault(str(folder), "a folder with files in it", "a new or empty folder", "Name another folder.")]
        )
    # copyfile and not copy: an installed region may be read-only, the planner's copy is not.
    shutil.copytree(source, folder, copy_function=shutil.copyfile, dirs_exist_ok=True)
    return _made(arguments)


def _made(arguments: Options, told: Sequence[str] = (), *, is_whole: bool = False) -> int:
    """Put the tables in a workbook where that is asked for, and say where the new region is."""
    folder, into = arguments.folder, arguments.folder
    if arguments.xlsx:
        from models.region.workbook import gather

        into = gather(folder)
    print_lines([str(folder)])
    first = f"Look through {into}" if is_whole else f"Fill in {into}"
    tell(*told, f"{first}, then: spreidplan check {folder}")
    return DONE


_WITH_A_MAP = frozenset(
    ("municipalities", "sites", "addresses", "base", "name", "figures", "crosswalk", "roads", "tables")
)
"""Options of `init` that are used with a map only."""


def _is_map(source: str) -> bool:
    """Tell a map from a region by how it is written."""
    kinds = (".gpkg", ".geojson", ".json", ".shp", ".zip")
    return "://" in source or Path(source.partition("#")[0]).suffix.lower() in kinds


def _only_with_a_map(arguments: Options) -> None:
    """Refuse what would be left unused when a region is copied."""
    from geodata.faults import Fault, InputError

    unused = [name for name in sorted(_WITH_A_MAP) if getattr(arguments, name) not in (None, [])]
    if unused:
        remedy = "Name CBS's map: --from wijkenbuurten_2024.gpkg."
        found, expected = f"a region to copy ('{arguments.source}')", "a map, as this goes with one"
        options = [{"tables": "table"}.get(name, name) for name in unused]
        raise InputError(Fault(f"--{name}", found, expected, remedy) for name in options)


def _init_from_map(arguments: Options) -> int:
    """Make a region of CBS's map, and say what was assumed and what is left to do."""
    from models.new_region.from_map import MapOptions, write_region

    given = {name: getattr(arguments, name) for name in _WITH_A_MAP - {"municipalities"}}
    towns = (arguments.municipalities or "").split(",")
    new = MapOptions(arguments.source, towns, arguments.level, **given).read()
    told = write_region(new, arguments.folder)
    return _made(arguments, told, is_whole=new.is_whole)
