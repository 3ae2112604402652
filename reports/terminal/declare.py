"""Options and arguments as they stand in the help: `option("-o, --output FOLDER", "folder to write")`."""

from collections.abc import Callable
from typing import Any

from typer import Argument, Option


def argument(metavar: str, text: str, parser: Callable[[str], Any] | None = None) -> Any:
    """Declare what a command is about."""
    return Argument(metavar=metavar, help=text, parser=_reader(parser), show_default=False)


def option(shown: str, text: str, parser: Callable[[str], Any] | None = None) -> Any:
    """Declare an option by how the help shows it, such as `--time SECONDS`; a flag has no value."""
    names, metavar = _split(shown)
    return Option(*names, metavar=metavar, help=text, parser=_reader(parser), show_default=False)


def options(shown: str, text: str, parser: Callable[[str], Any] | None = None) -> Any:
    """Declare an option that may be given again."""
    names, metavar = _split(shown)
    return Option(
        *names, metavar=metavar, help=text, parser=_reader(parser), show_default=False, default_factory=list
    )


def _split(shown: str) -> tuple[list[str], str | None]:
    words = shown.split(" ")
    names = [word.rstrip(",") for word in words if word.startswith("-")]
    return names, " ".join(words[len(names) :]) or None


def _reader(parser: Callable[[str], Any] | None) -> Callable[[Any], Any] | None:
    """Return a parser that leaves defaults, which are values already, as they are."""
    if parser is None:
        return None

    def read(value: Any) -> Any:
        return parser(value) if isinstance(value, str) else value

    return read
