"""Map files that lie beside the project, for tests only: they are not committed with it."""

import os
from pathlib import Path

import pytest

_BESIDE = Path(__file__).resolve().parents[3] / "shared" / "data" / "maps"
MAPS = Path(os.environ.get("SPREIDPLAN_MAPS", _BESIDE))


def the_map(name: str) -> Path:
    """Return the path of a map."""
    return MAPS / name


def needs(*names: str) -> pytest.MarkDecorator:
    """Return the mark of a test that needs maps: it skips, saying so, where they are not there."""
    missing = [name for name in names if not the_map(name).is_file()]
    return pytest.mark.skipif(bool(missing), reason=f"not beside the project: {', '.join(missing)}")
