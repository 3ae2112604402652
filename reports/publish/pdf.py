"""A page printed to PDF by the browser that a computer already has.

Nothing is installed for it: Windows has Edge, most other desktops Chrome or Chromium. Libraries
that make PDFs of HTML need either a browser of their own or system libraries that a locked-down
computer has not. Where no browser can print, the page itself is what remains.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

from geodata.temporary import temporary_folder

_NAMES = (
    "chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome", "microsoft-edge",
    "microsoft-edge-stable", "msedge",
)  # fmt: skip
_ON_WINDOWS = ("Microsoft/Edge/Application/msedge.exe", "Google/Chrome/Application/chrome.exe")
_ON_A_MAC = (
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    "/Applications/Microsoft Edge.app/Contents/MacOS/Microsoft Edge",
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
)
_SECONDS = 90


def browser() -> Path | None:
    """Return a browser of this computer that can print, or None."""
    homes = [os.environ.get(name) for name in ("PROGRAMFILES(X86)", "PROGRAMFILES", "LOCALAPPDATA")]
    places = [Path(home) / name for home in homes if home for name in _ON_WINDOWS]
    places += [Path(name) for name in _ON_A_MAC]
    found = [Path(path) for name in _NAMES if (path := shutil.which(name))]
    return next((path for path in [*found, *places] if path.is_file()), None)


def printed(page: Path, file: Path, by: Path | None) -> str:
    """Print a page to a PDF file; return why that could not be done, or nothing.

    The browser starts without a window, with a profile of its own that is thrown away, and
    without a network to go to: the page is one file.
    """
    if by is None:
        return "no browser was found (Edge, Chrome or Chromium)"
    with temporary_folder() as profile:
        command = [
            str(by), "--headless", "--disable-gpu", "--no-first-run", "--no-default-browser-check",
            "--disable-extensions", "--disable-background-networking", "--disable-sync",
            "--proxy-server=127.0.0.1:9", f"--user-data-dir={profile}", "--no-pdf-header-footer",
            *_as_administrator(), f"--print-to-pdf={file}", page.resolve().as_uri(),
        ]  # fmt: skip
        try:
            done = subprocess.run(command, capture_output=True, timeout=_SECONDS, check=False)
        except (OSError, subprocess.TimeoutExpired) as error:
            return f"{by.name} did not print ({type(error).__name__})"
    if not file.is_file() or not file.read_bytes().startswith(b"%PDF"):
        file.unlink(missing_ok=True)
        return f"{by.name} did not print (exit {done.returncode})"
    return ""


def _as_administrator() -> list[str]:
    """Return what a browser asks for where the user is root, as in a container; it has no sandbox there."""
    if sys.platform == "win32":
        return []
    return ["--no-sandbox"] if os.geteuid() == 0 else []
