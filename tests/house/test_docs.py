"""The pages of docs/: what they show is made from the program, and they build without a warning."""

import re
import shlex
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path

import house
import make
import pytest
from test_architecture import MAY_IMPORT

import cli
from models.parameters.parameters import Policies

ROOT = Path(__file__).parents[2]
PAGES = sorted((ROOT / "docs").glob("*.md"))
ANEW = "run `make docs` and look at what is otherwise"


def text_of(page: Path) -> str:
    """Return a page."""
    return page.read_text(encoding="utf-8")


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_what_is_made_is_as_it_would_be_made_now(page):
    """Tables of the code and output of the quick commands, made again: the same, to the letter."""
    text = text_of(page)
    assert make.page(text) == text, ANEW


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_every_table_and_every_code_is_made(page):
    """None is typed: outside the made parts there is no fence, no table and no indented code."""
    typed = make.PART.sub("", text_of(page))
    # `make reliability` fills these
    figures = "reading|guided|faults|second|mutants|load|scale|spread"
    typed = re.sub(rf"<!-- (?:{figures}) -->\n.*?<!-- end -->", "", typed, flags=re.DOTALL)
    typed = re.sub(r"^```\{toctree\}\n.*?^```$", "", typed, flags=re.DOTALL | re.MULTILINE)
    assert re.findall(r"^ *(?:```|~~~|\|).*|(?<=\n\n)(?: {4}|\t)\S.*", typed, re.MULTILINE) == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_long_parts_were_run_and_say_with_what(page):
    """Commands that make plans are ones that the parser takes; output and version stand there."""
    for part in make.parts(text_of(page)):
        for line in part.lines if part.kind == "long" else ():
            assert cli.parse(shlex.split(make.shown(line).partition(" > ")[0])).command
            assert f"$ spreidplan {make.shown(line)}\n" in f"{part.made}\n"
        if part.kind == "long":
            assert re.search(r"^\*Run with spreidplan [\d.]+ and HiGHS [\d.]+, ", part.made, re.MULTILINE)


def test_nothing_is_pasted():
    """Every made part is of a kind that makes it: from the code, from files, or by running commands."""
    kinds = {part.kind for page in PAGES for part in make.parts(text_of(page))}
    assert kinds <= {*make.KINDS, "run", "say", "long", "query"}


def ran(page: Path) -> list[list[str]]:
    """Return the commands of a page whose output stands in it, each as its words."""
    lines = [
        line for part in make.parts(text_of(page)) if part.kind in ("run", "long") for line in part.lines
    ]
    return [shlex.split(make.shown(line)) for line in lines if " > " not in line]


def test_every_command_is_shown_with_what_it_prints():
    """In the page of commands each has a section; somewhere in the pages each was run and its output stands.

    Only the page of `serve` stays open until it is closed; what it prints is shown of its --shortcut.
    """
    headings = re.findall(r"^## ([a-z]+)$", text_of(ROOT / "docs" / "commands.md"), re.MULTILINE)
    assert sorted(headings) == sorted(make.schema._commands())
    commands = [command for page in PAGES for command in ran(page)]
    assert {command[0] for command in commands} == set(make.schema._commands())
    assert any("--country" in command for command in commands)


@pytest.mark.parametrize("page", [ROOT / "README.md", *PAGES], ids=lambda page: page.stem)
def test_options_and_keys_of_the_text_are_there(page):
    """What a sentence names in `code` is an option that some command has, a key that some policy has."""
    words = re.findall(r"`([^`\n]+)`", make.PART.sub("", text_of(page)))
    known = {name for one in make.schema._commands() for name in make.schema.options_of(one)}
    assert {option for word in words for option in re.findall(r"(?<!\S)--[a-z-]+", word)} <= known
    for key in {key for word in words for key in re.findall(r"(?<![/\w])policies\.([a-z_.]+)", word)}:
        policy, _, field = key.partition(".")
        section = Policies.model_fields[policy].annotation
        assert not field or field.partition(".")[0] in section.model_fields, key


def test_the_picture_is_drawn_from_the_imports():
    """Every arrow of the picture is an import that there is, and one that the house allows."""
    assert (ROOT / "docs" / "house.svg").read_text(encoding="utf-8") == house.picture(), ANEW
    for room in house.ROOMS:
        assert set(house.asked(room)) <= MAY_IMPORT[room]
    assert house.picture().count("marker-end") == sum(len(house.asked(room)) for room in house.ROOMS)


class Asked(HTMLParser):
    """What a page makes a browser fetch by itself."""

    def __init__(self, page: Path) -> None:
        super().__init__()
        self.addresses: list[str] = []
        self.feed(page.read_text(encoding="utf-8"))

    def handle_starttag(self, tag, attrs):
        """Keep addresses of scripts, styles and pictures."""
        said = dict(attrs)
        if tag in ("script", "img", "iframe", "source") and said.get("src"):
            self.addresses.append(said["src"])
        if tag == "link" and said.get("rel") in ("stylesheet", "icon", "preload"):
            self.addresses.append(said["href"])


@pytest.mark.slow
def test_the_pages_build_without_a_warning_and_ask_no_other_host(tmp_path):
    """Sphinx with warnings as errors, a missing link among them; what the pages fetch lies beside them."""
    command = [sys.executable, "-m", "sphinx", "-W", "--keep-going", "-q", "-b", "html"]
    built = subprocess.run(
        [*command, "-d", tmp_path / "doctrees", ROOT / "docs", tmp_path / "html"],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert (built.returncode, built.stderr) == (0, "")
    pages = sorted((tmp_path / "html").glob("*.html"))
    assert {page.stem for page in PAGES} <= {page.stem for page in pages}
    for page in pages:
        for address in Asked(page).addresses:
            assert not re.match(r"[a-z]+:|//", address), f"{page.name} asks {address}"
            assert (page.parent / address.partition("?")[0]).is_file()


@pytest.mark.parametrize("page", [ROOT / "README.md", *PAGES], ids=lambda page: page.stem)
def test_links_lead_somewhere(page):
    """Every file that a text links to is there."""
    for target in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", text_of(page)):
        assert (page.parent / target).exists(), target
