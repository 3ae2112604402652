"""The decision pack: five files in one folder, the memo as PDF where a browser can print."""

from pathlib import Path

import pytest
from sample_plan import ANSWERS, RULES, sample_plan

from geodata.faults import InputError
from reports.figures.contents import Contents
from reports.publish.memo import memo
from reports.publish.pack import write_pack
from reports.publish.pdf import browser, printed

FOUR = {"report.html", "plan.xlsx", "plan.gpkg", "README.txt"}


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> Contents:
    return Contents(sample_plan(tmp_path_factory.mktemp("sample") / "input"), ANSWERS, RULES, "nl")


@pytest.fixture
def no_browser(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")


@pytest.mark.usefixtures("no_browser")
@pytest.mark.parametrize("public", [False, True])
def test_without_a_browser_the_memo_is_a_page(told: Contents, tmp_path: Path, public: bool) -> None:
    why = write_pack(told, tmp_path / "pack", public=public)
    assert "no browser was found" in why
    assert {path.name for path in (tmp_path / "pack").iterdir()} == FOUR | {"memo.html"}
    readme = (tmp_path / "pack" / "README.txt").read_text(encoding="utf-8")
    assert "memo.html: het memo; open het in een browser" in readme
    assert ("Openbare versie" in readme) is public
    assert told.provenance in readme


def test_a_browser_prints_the_memo_on_two_sheets(told: Contents, tmp_path: Path) -> None:
    if browser() is None:
        pytest.skip("no Chromium, Chrome or Edge on this computer")
    assert write_pack(told, tmp_path / "pack") == ""
    assert {path.name for path in (tmp_path / "pack").iterdir()} == FOUR | {"memo.pdf"}
    pdf = (tmp_path / "pack" / "memo.pdf").read_bytes()
    assert pdf.startswith(b"%PDF")
    assert pdf.count(b"/Type /Page\n") == 2


def test_a_browser_that_fails_is_told(told: Contents, tmp_path: Path) -> None:
    page = tmp_path / "memo.html"
    page.write_text(memo(told), encoding="utf-8")
    assert "did not print" in printed(page, tmp_path / "memo.pdf", tmp_path / "no_such_browser")
    assert not (tmp_path / "memo.pdf").exists()


@pytest.mark.usefixtures("no_browser")
def test_an_earlier_pack_is_replaced_and_other_work_is_not(told: Contents, tmp_path: Path) -> None:
    folder = tmp_path / "pack"
    folder.mkdir()
    (folder / "memo.pdf").write_bytes(b"of an earlier run")
    write_pack(told, folder, public=True)
    assert not (folder / "memo.pdf").exists()
    (folder / "letter.docx").write_text("mine")
    with pytest.raises(InputError, match=r"letter\.docx"):
        write_pack(told, folder)
    assert (folder / "letter.docx").read_text() == "mine"


@pytest.mark.usefixtures("no_browser")
def test_the_same_plan_gives_the_same_bytes(told: Contents, tmp_path: Path) -> None:
    for name in ("one", "two"):
        write_pack(told, tmp_path / name)
    for file in (tmp_path / "one").iterdir():
        assert file.read_bytes() == (tmp_path / "two" / file.name).read_bytes(), file.name
