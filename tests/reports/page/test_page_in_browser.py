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


def boxes(shown: Any, query: str) -> list[dict[str, float]]:
    """Return where the visible things of a query stand: letters and shapes, without halos around them."""
    return [
        one.evaluate("one => one.getBoundingClientRect().toJSON()")
        for one in shown.locator(query).all()
        if one.is_visible()
    ]


def meet(one: dict[str, float], other: dict[str, float]) -> bool:
    across = one["x"] < other["x"] + other["width"] and other["x"] < one["x"] + one["width"]
    return across and one["y"] < other["y"] + other["height"] and other["y"] < one["y"] + one["height"]


@pytest.mark.parametrize(("width", "height"), [(1280, 800), (390, 844)])
def test_the_first_screen_holds_headline_figures_and_map(visit: Any, width: int, height: int) -> None:
    shown = visit("nl", width)
    for query in ("h1", ".figs", "#sites-map"):
        (box,) = boxes(shown, query)
        assert box["y"] + box["height"] <= height
    assert len(shown.locator("h1").inner_text().split()) <= 20


def test_numbers_of_the_headline_are_those_of_the_figures(visit: Any) -> None:
    """10 beds become 4; 7 people are in a home and 5 when nothing is done; nobody keeps a home."""
    for name in ("nl", "en"):
        shown = visit(name)
        cells = {
            row.get_attribute("data-row"): row.locator("td.num").all_inner_texts()
            for row in shown.locator(".figs tbody tr").all()
        }
        said = shown.locator("h1").inner_text()
        assert cells["beds"][:2] == ["10", "4"]
        assert all(f" {count} " in said for count in cells["beds"][:2])
        own = [sum(int(cells[key][at]) for key in ("people_home", "kept")) for at in (1, 2)]
        more = own[0] - own[1]
        assert more == 2
        assert f" {more} " in said


def test_the_slider_goes_through_the_years(visit: Any) -> None:
    """Site 2 is a candidate in 2024, and has opened by 2026."""
    shown = visit("nl")
    slider, second = shown.locator("#map-year"), shown.locator('.sg[data-code="s2"]')
    assert shown.locator("#map-year-shown").inner_text() == "2026"
    assert second.get_attribute("data-event") == "opens"
    slider.focus()
    slider.press("Home")
    assert second.get_attribute("data-event") == "unused"
    slider.press("ArrowRight")
    assert slider.get_attribute("aria-valuetext") == "2025"


def test_names_cover_no_sign_and_no_name(visit: Any) -> None:
    for width in (1280, 390):
        shown = visit("nl", width)
        signs, names = boxes(shown, ".sg"), boxes(shown, ".names text")
        assert len(signs) == 2
        assert names
        assert not [1 for name in names for sign in signs if meet(name, sign)]
        assert not [1 for at, one in enumerate(names) for other in names[:at] if meet(one, other)]


def test_signs_are_reached_by_keys_and_open_a_card(visit: Any) -> None:
    shown = visit("nl")
    first = shown.locator(".sg").first
    first.focus()
    assert "Plek één" in shown.locator("#card").inner_text()
    first.press("ArrowRight")
    assert "Plek twee" in shown.locator("#card").inner_text()
    shown.keyboard.press("Escape")
    assert not shown.locator("#card").is_visible()


def test_the_difference_is_net(visit: Any) -> None:
    shown = visit("nl")
    assert not shown.locator("#nets .dg").first.is_visible()
    shown.locator("#net").click()
    assert shown.locator("#nets .dg text").all_text_contents() == ["\N{MINUS SIGN}2"]


def test_our_municipality_is_chosen_and_kept_in_the_link(visit: Any) -> None:
    shown = visit("nl")
    assert [card.get_attribute("id") for card in shown.locator(".town:visible").all()] == ["GMA"]
    shown.select_option("#town", "GMB")
    assert [card.get_attribute("id") for card in shown.locator(".town:visible").all()] == ["GMB"]
    assert shown.url.endswith("#GMB")
    assert "chosen" in str(shown.locator('.mun[data-town="GMB"]').get_attribute("class"))
    again = visit("nl", anchor="#GMB")
    assert again.locator("#town").input_value() == "GMB"


def test_without_javascript_all_is_there(visit: Any) -> None:
    shown = visit("nl", java_script_enabled=False)
    assert shown.locator(".town:visible").count() == 2
    assert shown.locator(".sg:visible").count() == 2
    assert not shown.locator(".mapctl").is_visible()


def test_it_prints(visit: Any) -> None:
    shown = visit("nl")
    shown.emulate_media(media="print")
    assert not shown.locator(".mapctl").is_visible()
    assert not shown.locator("nav").is_visible()
    assert shown.locator(".town:visible").count() == 1
    assert shown.pdf().startswith(b"%PDF")


@pytest.mark.parametrize("name", ["nl", "public", "memo"])
def test_nothing_sticks_out_on_a_telephone(visit: Any, name: str) -> None:
    assert visit(name, width=400).evaluate("document.documentElement.scrollWidth") <= 400


@pytest.mark.parametrize(
    ("name", "width", "scheme"),
    [
        ("nl", 1280, "light"), ("nl", 400, "dark"), ("en", 400, "light"), ("en", 1280, "dark"),
        ("public", 1280, "light"), ("memo", 1280, "light"),
    ],
)  # fmt: skip
def test_axe_finds_nothing_that_keeps_people_out(visit: Any, name: str, width: int, scheme: str) -> None:
    axe = pytest.importorskip(
        "axe_playwright_python.sync_playwright", reason="the extra 'dev' is not installed"
    )
    shown = visit(name, width, color_scheme=scheme)
    for folded in shown.locator("details").all():
        folded.evaluate("one => { one.open = true; }")
    found = axe.Axe().run(shown)
    assert [(one["id"], one["nodes"][0]["html"][:200]) for one in found.response["violations"]] == []
