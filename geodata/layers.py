"""Layers of a map, read from a file or a database: which one is meant, and what prevents reading it."""

import re
import shutil
import sqlite3
import warnings
import zipfile
import zlib
from collections.abc import Callable, Sequence
from functools import cache
from pathlib import Path

import geopandas as gpd
import pyogrio
import shapely
from pyogrio.errors import DataLayerError, DataSourceError
from pyproj import CRS, Transformer
from pyproj.exceptions import ProjError

from geodata import postgis
from geodata.faults import Fault
from geodata.size_limits import MOST_LAYER, MOST_UNPACKED, is_too_large
from geodata.temporary import temporary_folder

type Source = Path | str
"""A file or a zip of one, `FILE#layer`, or a table of PostGIS: `postgresql://user@host/base#schema.table`."""

type Choice = Callable[[Sequence[str]], str | Fault]
"""Which of the layers of a file is meant, by name, or what is wrong with them."""

LEAST_SHAPE = 8
"""Bytes of a file that a shape takes at least, whatever the kind of file."""

_YEAR = re.compile(r"(?<![0-9])(20[0-9]{2})(?![0-9])")


def read_layer(source: Source, choose: Choice, what: str, faults: list[Fault]) -> gpd.GeoDataFrame | None:
    """Read one layer with its reference system; None after adding the fault that prevents it.

    Parameters
    ----------
    source
        Where it is. A layer that is named behind `#` is read whatever `choose` says.
    choose
        Says which layer of a file is meant.
    what
        What the layer holds, in a word: "areas".
    faults
        What is wrong is added here.
    """
    label = label_of(source)
    frame = (
        postgis.read_table(str(source), faults)
        if postgis.is_database(source)
        else _from_file(source, choose, what, faults)
    )
    if frame is None:
        return None
    if not isinstance(frame, gpd.GeoDataFrame) or frame.empty:
        expected, remedy = _expected(what)
        faults.append(Fault(label, f"no {what}", expected, remedy))
        return None
    if not _is_on_earth(frame.crs):
        remedy = "Assign the reference system (CRS) in which the coordinates were measured."
        found = "no reference system" if frame.crs is None else f"the reference system '{frame.crs.name}'"
        faults.append(Fault(label, found, "a file that names its CRS", remedy))
        return None
    return frame


def _is_on_earth(crs: CRS | None) -> bool:
    """Tell whether coordinates of a system can be brought onto a map; those of a drawing cannot."""
    return crs is not None and _can_be_mapped(crs.to_wkt())


@cache
def _can_be_mapped(wkt: str) -> bool:
    try:
        return bool(Transformer.from_crs(wkt, "EPSG:4326"))
    except ProjError:
        return False


def label_of(source: Source) -> str:
    """Return the name by which a planner knows a source; of a database no password is told."""
    return postgis.label_of(str(source)) if postgis.is_database(source) else _split(source)[0].name


def year_of(*names: str) -> int | None:
    """Return the year that stands in the first of these names that has one: `wijken_2022`."""
    found = [year for name in names if (year := _YEAR.search(name))]
    return int(found[0][1]) if found else None


def layer_names(source: Source) -> list[str]:
    """Return the names of the layers of a file that have shapes; a table of a database has its own.

    Raises
    ------
    DataSourceError, OSError, UnicodeDecodeError
        When the file cannot be read.
    """
    path, named = _split(source)
    if postgis.is_database(source):
        return [named]
    return (
        [named]
        if named
        else [str(name) for name, kind in pyogrio.list_layers(_inside(path)) if kind is not None]
    )


def _split(source: Source) -> tuple[Path, str]:
    """Return the file and the layer that is named behind `#`, "" where none is."""
    path, _, layer = str(source).partition("#")
    if layer and not Path(str(source)).exists():
        return Path(path), layer
    return Path(source), ""


def _inside(path: Path) -> str:
    """Return what GDAL opens: of a zip, as CBS hands out its maps, the GeoPackage in it where there is one.

    A zip of anything else is opened as it is; what is wrong with it is told by whoever reads it.
    """
    if path.suffix.lower() != ".zip" or not zipfile.is_zipfile(path):
        return str(path)
    with zipfile.ZipFile(path) as archive:
        found = [name for name in archive.namelist() if name.lower().endswith(".gpkg")]
    return f"/vsizip/{path.resolve().as_posix()}/{found[0]}" if len(found) == 1 else str(path)


def _expected(what: str) -> tuple[str, str]:
    expected = f"a GeoPackage or GeoJSON file with one layer of {what}"
    return expected, f"Export the {what} again from a GIS program."


def _from_file(source: Source, choose: Choice, what: str, faults: list[Fault]) -> gpd.GeoDataFrame | None:
    path, named = _split(source)
    expected, remedy = _expected(what)
    if path.is_file() and (_is_of_another_kind(path, what, faults) or is_too_large(path, MOST_LAYER, faults)):
        return None
    try:
        layer = named or choose(layer_names(path))
        if isinstance(layer, Fault):
            faults.append(layer)
            return None
        if _holds_less_than_it_says(path, layer):
            faults.append(Fault(path.name, "a damaged file, which holds less than it says", expected, remedy))
            return None
        with warnings.catch_warnings():
            # what these warn of (a ring that is not closed, texts among numbers) is told as a fault later
            warnings.simplefilter("ignore")
            return _flat(gpd.read_file(_inside(path), layer=layer))
    except (DataSourceError, DataLayerError, OSError) as error:
        missing = not path.exists()
        found = "no such file" if missing else "a damaged file, or one of another kind"
        if isinstance(error, DataLayerError):
            found, remedy = f"no layer '{named}'", f"It has: {', '.join(layer_names(path)[:12])}."
        faults.append(Fault(path.name, found, expected, "Check the path." if missing else remedy))
    except UnicodeDecodeError:
        faults.append(Fault(path.name, "names that are not in UTF-8", expected, remedy))
    except shapely.errors.ShapelyError as error:
        found = f"a shape that is none ({error})"
        faults.append(Fault(path.name, found, expected, remedy, column="geometry"))
    return None


_COUNTING = (".gpkg", ".shp", ".fgb")
"""Kinds of files that say how many shapes they hold; of the others each shape is read to count them."""


def _holds_less_than_it_says(path: Path, layer: str | None) -> bool:
    """Tell whether a layer counts more shapes than a file of its size can hold; room is made for as many."""
    sizes = {path.name: path.stat().st_size}
    if path.suffix.lower() == ".zip" and zipfile.is_zipfile(path):
        with zipfile.ZipFile(path) as archive:
            sizes = {part.filename: part.file_size for part in archive.infolist()}
    if not any(name.lower().endswith(_COUNTING) for name in sizes):
        return False
    count = pyogrio.read_info(_inside(path), layer=layer, force_feature_count=False)["features"]
    return bool(count * LEAST_SHAPE > sum(sizes.values()))


def _flat(frame: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Return a layer without heights, which mean nothing here and may be anything."""
    if not isinstance(frame, gpd.GeoDataFrame):
        return frame
    return frame.set_geometry(shapely.force_2d(frame.geometry.array), crs=frame.crs)


_BEGINNINGS = {
    ".gpkg": (b"SQLite format 3\0",),
    ".geojson": (b"{",),
    ".json": (b"{",),
    ".shp": (b"\0\0\x27\x0a",),
    ".fgb": (b"fgb",),
}
"""How a file of a kind begins. What GDAL would take for another kind (a virtual dataset, a service) can name
other files and addresses, which then are opened: so only what a file says it is, is read."""


def _is_of_another_kind(path: Path, what: str, faults: list[Fault]) -> bool:
    """Tell whether a file is not what its name says, or holds what runs when it is read."""
    expected, remedy = _expected(what)
    if path.suffix.lower() == ".zip":
        strange = _strange_in(path)
        faults.extend([Fault(path.name, strange, f"{expected}, or a zip of one", remedy)] if strange else [])
        return bool(strange)
    known = _BEGINNINGS.get(path.suffix.lower())
    try:
        with path.open("rb") as file:
            begins = file.read(4096).removeprefix(b"\xef\xbb\xbf").lstrip(b" \t\r\n")
        seen = _views(path) if path.suffix.lower() == ".gpkg" and known and begins.startswith(known) else []
    except OSError:
        return False  # told where it is read
    if known is None:
        faults.append(Fault(path.name, f"a file of the kind '{path.suffix}'", expected, remedy))
    elif not begins.startswith(known):
        faults.append(Fault(path.name, "a damaged file, or one of another kind", expected, remedy))
    elif seen:
        found = f"views ({', '.join(seen[:5])})"
        remedy = "Export the layer again as a table of its own: a view is worked out anew, without an end."
        faults.append(Fault(path.name, found, "a GeoPackage with tables only", remedy))
    else:
        return False
    return True


_BESIDE = (".shx", ".dbf", ".prj", ".cpg", ".sbn", ".sbx", ".qix", ".xml", ".txt", ".pdf", ".md", ".html")
"""Files that come with a map in its zip and are no map."""


def _strange_in(path: Path) -> str:
    """Return what a zip holds that is no map, or does not begin as its name says; "" where all is well."""
    try:
        with zipfile.ZipFile(path) as archive:
            parts = [part for part in archive.infolist() if not part.is_dir()]
            maps = [part for part in parts if Path(part.filename).suffix.lower() in _BEGINNINGS]
            for part in parts:
                if part not in maps and Path(part.filename).suffix.lower() not in _BESIDE:
                    return f"a zip with '{Path(part.filename).name}' in it"
            if sum(part.file_size for part in parts) > MOST_LAYER:
                return "a zip that unfolds to more than any map"
            for part in maps:
                with archive.open(part) as file:
                    begins = file.read(4096).removeprefix(b"\xef\xbb\xbf").lstrip(b" \t\r\n")
                if not begins.startswith(_BEGINNINGS[Path(part.filename).suffix.lower()]):
                    return f"a damaged file '{Path(part.filename).name}' in a zip, or one of another kind"
                if not part.filename.lower().endswith(".gpkg"):
                    continue
                if part.file_size > MOST_UNPACKED:
                    return "a GeoPackage in a zip that is too large to be unpacked here: unpack it first"
                seen = _views_within(archive, part)
                if seen:
                    return f"a zip of a GeoPackage with views ({', '.join(seen[:5])})"
    except (OSError, zipfile.BadZipFile, NotImplementedError, RuntimeError, zlib.error, EOFError):
        return "a damaged zip"
    return "" if maps else "a zip without a map"


def _views_within(archive: zipfile.ZipFile, part: zipfile.ZipInfo) -> list[str]:
    """Return the views of a GeoPackage in a zip, which is unpacked for it: SQLite reads files only."""
    with temporary_folder() as folder:
        unpacked = folder / "map.gpkg"
        with archive.open(part) as packed, unpacked.open("wb") as file:
            shutil.copyfileobj(packed, file)
        return _views(unpacked)


_OWN_VIEWS = ("st_spatial_ref_sys", "st_geometry_columns", "spatial_ref_sys", "geometry_columns")
"""Views with which the standard lists its own tables."""


def _views(path: Path) -> list[str]:
    """Return the views of a GeoPackage; none where it cannot be opened, which is told elsewhere."""
    database = sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro&immutable=1", uri=True)
    database.text_factory = lambda name: name.decode("utf-8", "replace")
    try:
        found = database.execute("SELECT name FROM sqlite_master WHERE type = 'view'").fetchall()
    except (sqlite3.Error, UnicodeDecodeError):  # the latter where what SQLite says of it is no text
        return []
    finally:
        database.close()
    return [str(name) for (name,) in found if str(name).lower() not in _OWN_VIEWS]
