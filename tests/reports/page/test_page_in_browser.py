"""The page in a real browser without a network: by mouse, by keyboard, on paper, without JavaScript."""

from collections.abc import Iterator
from typing import Any

import pytest
from sample_plan import ANSWERS, RULES, sample_plan

from reports.figures.contents import Contents
from reports.page.page import page
from reports.publish.memo import memo
from reports.publish.pdf import browser
from reports.publish.public_page import public_page

playwright = pytest.importorskip("playwright.sync_api", reason="the extra 'dev' is not installed")

_QUIET = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
]  # fmt: skip


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Report in Dutch and English, public version and memo, as addresses of files."""
    folder = tmp_path_factory.mktemp("pages")
    plan = sample_plan(folder / "input")
    nl, en = Contents(plan, ANSWERS, RULES, "nl"), Contents(plan, ANSWERS, RULES, "en")
    made = {"nl": page(nl), "en": page(en), "public": public_page(nl), "memo": memo(nl)}
    for name, text in made.items():
        (folder / f"{name}.html").write_text(text, encoding="utf-8")
    return {name: (folder / f"{name}.html").as_uri() for name in made}


@pytest.fixture(scope="module")
def chromium() -> Iterator[Any]:
    found = browser()
    if found is None:
        pytest.skip("no Chromium, Chrome or Edge on this computer")
    with playwright.sync_playwright() as started:
        running = started.chromium.launch(executable_path=str(found), args=_QUIET)
        yield running
        running.close()


@pytest.fixture
def visit(chromium: Any, pages: dict[str, str]) -> Iterator[Any]:
    """Return what opens a page; no page may ask anything that is not in its own file."""
    opened, asked, wrong = [], list[str](), list[str]()

    def open_page(name: str, width: int = 1280, anchor: str = "", **options: Any) -> Any:
        context = chromium.new_context(viewport={"width": width, "height": 900}, **options)
        context.on("request", lambda request: asked.append(request.url))
        opened.append(context)
        shown = context.new_page()
        shown.on("console", lambda said: wrong.append(said.text) if said.type == "error" else None)
        shown.on("pageerror", lambda error: wrong.append(str(error)))
        shown.goto(pages[name] + anchor)
        return shown

    yield open_page
    for context in opened:
        context.close()
    assert asked
    assert all(url.partition("#")[0] in pages.values() or url.startswith("data:") for url in asked)
    assert not wrong


def fill(shown: Any, code: str) -> str:
    return str(shown.locator(f'.area[data-code="{code}"]').get_attribute("fill"))


def test_the_slider_goes_through_the_years(visit: Any) -> None:
    """Site 2 is a candidate in 2024, and has opened by 2026."""
    shown = visit("nl")
    slider, second = shown.locator("#map-year"), shown.locator('#map .site[data-code="s2"]')
    assert shown.locator("#map-year-shown").inner_text() == "2026"
    assert second.get_attribute("data-event") == "opens"
    slider.focus()
    slider.press("Home")
    assert shown.locator("#map-year-shown").inner_text() == "2024"
    assert second.get_attribute("data-event") == "unused"
    slider.press("ArrowRight")
    assert slider.get_attribute("aria-valuetext") == "2025"


def test_areas_are_coloured_by_what_is_chosen(visit: Any) -> None:
    """Nobody lives at a site in B; people of B wait all the same."""
    shown = visit("nl")
    nothing = fill(shown, "B1")
    shown.select_option("#map-measure", "waiting")
    assert fill(shown, "B1") != nothing
    shown.select_option("#map-sites", "changing")
    assert not shown.locator('#map .site[data-event="unused"]').first.is_visible()
    assert shown.locator('#map .site[data-event="opens"]').is_visible()
    shown.select_option("#map-sites", "none")
    assert not shown.locator('#map .site[data-event="opens"]').is_visible()


def test_the_map_by_keyboard(visit: Any) -> None:
    shown = visit("nl")
    svg = shown.locator("#map svg")
    whole = svg.get_attribute("viewBox")
    svg.focus()
    svg.press("+")
    nearer = svg.get_attribute("viewBox")
    svg.press("ArrowRight")
    moved = svg.get_attribute("viewBox")
    assert len({whole, nearer, moved}) == 3
    svg.press("0")
    assert svg.get_attribute("viewBox") == whole
    shown.locator("#map-area").focus()
    shown.keyboard.type("A-Noord")
    assert "A-Noord, 2026" in shown.locator("#map-details").inner_text()


def test_the_map_by_mouse(visit: Any) -> None:
    shown = visit("en")
    shown.locator('.area[data-code="B2"]').click()
    assert "B-Zuid, 2026" in shown.locator("#map-details").inner_text()
    shown.locator("#map-in").click()
    svg = shown.locator("#map svg")
    before, box = svg.get_attribute("viewBox"), svg.bounding_box()
    shown.mouse.move(box["x"] + 300, box["y"] + 200)
    shown.mouse.down()
    shown.mouse.move(box["x"] + 200, box["y"] + 150, steps=4)
    shown.mouse.up()
    assert svg.get_attribute("viewBox") != before
    assert "B-Zuid" in shown.locator("#map-details").inner_text()  # a drag chooses nothing


def test_our_municipality_is_chosen_and_kept_in_the_link(visit: Any) -> None:
    shown = visit("nl")
    assert [card.get_attribute("id") for card in shown.locator(".town:visible").all()] == ["GMA"]
    shown.select_option("#town", "GMB")
    assert [card.get_attribute("id") for card in shown.locator(".town:visible").all()] == ["GMB"]
    assert shown.url.endswith("#GMB")
    assert "chosen" in str(shown.locator('.border[data-town="GMB"]').get_attribute("class"))
    again = visit("nl", anchor="#GMB")
    assert again.locator("#town").input_value() == "GMB"


def test_without_javascript_all_is_there_for_the_base_year(visit: Any) -> None:
    shown = visit("nl", java_script_enabled=False)
    assert shown.locator(".town:visible").count() == 2
    assert shown.locator(".area:visible").count() == 4
    assert not shown.locator(".controls").is_visible()
    assert "2024" in shown.locator("#map-title").text_content()


def test_it_prints(visit: Any) -> None:
    shown = visit("nl")
    shown.emulate_media(media="print")
    assert not shown.locator(".controls").is_visible()
    assert not shown.locator("nav").is_visible()
    assert shown.locator(".town:visible").count() == 1
    assert shown.pdf().startswith(b"%PDF")


@pytest.mark.parametrize("name", ["nl", "public", "memo"])
def test_nothing_sticks_out_on_a_telephone(visit: Any, name: str) -> None:
    assert visit(name, width=400).evaluate("document.documentElement.scrollWidth") <= 400


@pytest.mark.parametrize(("name", "width"), [("nl", 1280), ("en", 400), ("public", 1280), ("memo", 1280)])
def test_axe_finds_nothing_that_keeps_people_out(visit: Any, name: str, width: int) -> None:
    axe = pytest.importorskip(
        "axe_playwright_python.sync_playwright", reason="the extra 'dev' is not installed"
    )
    shown = visit(name, width)
    for folded in shown.locator("details").all():
        folded.evaluate("one => { one.open = true; }")
    found = axe.Axe().run(shown)
    assert [(one["id"], one["nodes"][0]["html"][:200]) for one in found.response["violations"]] == []
