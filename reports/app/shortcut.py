"""A start by double click: a launcher on the desktop for whoever never sees a terminal."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from reports.app.wording import Wording


def write_shortcut(target: str, folder: Path | None = None, system: str = sys.platform) -> Path:
    """Write a launcher of the page of a region or plan, and return it.

    Parameters
    ----------
    target
        A bundled region by name, or a folder by its whole path.
    folder
        Where to put it; the desktop, and where there is none the current folder.
    system
        As `sys.platform`: "win32" gets a `.bat`, "linux" a `.desktop`, "darwin" a `.command`.
    """
    place = (desktop() or Path.cwd()) if folder is None else folder
    place.mkdir(parents=True, exist_ok=True)
    name = f"spreidplan {Path(target).name}"
    if system == "win32":
        return _written(place / f"{name}.bat", _bat(target), "\r\n")
    if system == "darwin":
        return _written(place / f"{name}.command", _command(target), "\n")
    return _written(place / f"{name}.desktop", _desktop(name, target), "\n")


def desktop() -> Path | None:
    """Return the folder of the desktop; None where there is none."""
    home = Path.home()
    # the folder that OneDrive keeps for an employer has a name of its own, told here (on Windows in any case)
    above = [Path(os.environ.get("ONEDRIVE") or home / "OneDrive"), home]
    named = [Path(told)] if (told := os.environ.get("XDG_DESKTOP_DIR")) else []
    named += [folder / name for folder in above for name in ("Desktop", "Bureaublad")]
    return next((folder for folder in named if folder.is_dir()), None)


def _arguments(target: str) -> list[str]:
    # -P: a file of somebody's own on the desktop is not taken for a part of the program
    return [sys.executable, "-P", "-m", "cli", "serve", target, "--until-closed"]


def _bat(target: str) -> str:
    """The program runs in a window of its own, minimised; it ends when the last page is closed."""
    quoted = " ".join(f'"{part}"' for part in _arguments(target))
    # in a batch file % begins a variable
    return "@echo off\nchcp 65001 >nul\n" + f'start "spreidplan" /min {quoted}\n'.replace("%", "%%")


def _command(target: str) -> str:
    quoted = " ".join("'" + part.replace("'", "'\\''") + "'" for part in _arguments(target))
    return f"#!/bin/sh\nexec {quoted}\n"


def _desktop(name: str, target: str) -> str:
    parts = [part.replace("\\", "\\\\\\\\") for part in _arguments(target)]
    for sign in '"`$':
        parts = [part.replace(sign, f"\\\\{sign}") for part in parts]
    quoted = " ".join(f'"{part}"' for part in parts).replace("%", "%%")
    return (
        "[Desktop Entry]\nType=Application\nVersion=1.5\n"
        f"Name={name}\nComment={Wording('en')('what_if')}\nComment[nl]={Wording('nl')('what_if')}\n"
        f"Exec={quoted}\nTerminal=false\nCategories=Office;\n"
    )


def _written(file: Path, text: str, newline: str) -> Path:
    file.write_text(text, encoding="utf-8", newline=newline)
    if file.suffix != ".bat":
        file.chmod(0o755)
    return file
