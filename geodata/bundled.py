"""The regions that come with the program."""

from pathlib import Path

from geodata.faults import Fault, InputError, did_you_mean

_REGIONS = Path(__file__).parent / "regions"


def bundled_regions() -> dict[str, Path]:
    """Return the folder of every bundled region, by name, in alphabetical order."""
    if not _REGIONS.is_dir():
        return {}
    folders = sorted(path for path in _REGIONS.iterdir() if (path / "region.toml").is_file())
    return {folder.name: folder for folder in folders}


def region_folder(name_or_path: str | Path) -> Path:
    """Return the folder of a region, given as a bundled name or as a path.

    A folder on disk goes before a bundled region of the same name only when it is written as
    a path (`./name`).

    Raises
    ------
    InputError
        When it is neither a bundled name nor a folder.
    """
    bundled = bundled_regions()
    text = str(name_or_path)
    if isinstance(name_or_path, str) and text in bundled:
        return bundled[text]
    folder = Path(name_or_path)
    if folder.is_dir():
        return folder
    expected = "the name of a bundled region or a folder with a region.toml"
    found = f"the file '{text}'" if folder.is_file() else f"'{text}', which is no folder here"
    raise InputError([Fault(text, found, expected, did_you_mean(text, list(bundled)))])
