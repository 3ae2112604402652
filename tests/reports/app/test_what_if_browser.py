"""The what-if page in a real browser: headless Chromium of this system, no network but this machine."""

import re
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright
from tiny import write_tiny_region

from models.region.read_region import read_region

CHROMIUM = next(
    (found for name in ("chromium", "chromium-browser", "google-chrome") if (found := shutil.which(name))),
    None,
)
ARGUMENTS = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
]  # fmt: skip
PATIENCE_MS = 120_000
"""A solve of the tiny region takes a second; a loaded machine takes its time to begin."""

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine")


@pytest.fixture(scope="module", name="chromium")
def the_browser() -> Iterator[Browser]:
    """Return a browser."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield browser
        browser.close()


def served(*arguments: str) -> tuple[subprocess.Popen, str]:
    """Start the page as a planner's double click does, and return its process and address."""
    command = [sys.executable, "-m", "cli", "serve", *arguments, "--no-browser", "--port", "0"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    return process, process.stdout.readline().strip()


def ended(process: subprocess.Popen) -> None:
    """Stop the page as Ctrl-C does; nothing but the first line may have been said."""
    process.terminate()
    _, said = process.communicate(timeout=30)
    assert "Traceback" not in said


@pytest.fixture(scope="module", name="address")
def the_page_of_the_tiny_region(tmp_path_factory) -> Iterator[str]:
    """Return where the page of the tiny region is."""
    process, address = served(str(write_tiny_region(tmp_path_factory.mktemp("browser") / "tiny")))
    yield address
    ended(process)


@pytest.fixture(name="visit")
def a_visit(chromium, address) -> Iterator[BrowserContext]:
    """Return a visitor of its own; whatever is asked of another host, or goes wrong in a script, fails."""
    context = chromium.new_context(viewport={"width": 1280, "height": 900}, bypass_csp=False)
    context.set_default_timeout(PATIENCE_MS)
    strange: list[str] = []
    own = urlsplit(address).netloc

    def watch(page: Page) -> None:
        page.on("pageerror", lambda error: strange.append(str(error)))
        page.on("console", lambda said: strange.append(said.text) if said.type == "error" else None)

    def local(route) -> None:
        url = urlsplit(route.request.url)
        if url.scheme in ("data", "blob") or url.netloc == own:
            route.continue_()
        else:
            strange.append(route.request.url)
            route.abort()

    context.on("page", watch)
    context.route("**/*", local)
    yield context
    context.close()
    assert strange == []


def opened(visit: BrowserContext, address: str) -> Page:
    """Return the page once plan A is worked out."""
    page = visit.new_page()
    page.goto(address)
    page.wait_for_selector("html[data-ready=yes]")
    return page


def chips(page: Page, side: str) -> list[str]:
    """Return what is said of how a plan differs from the region, without the crosses."""
    return [said.removesuffix("×").strip() for said in page.locator(f"#chips-{side} li").all_inner_texts()]


def work_out(page: Page) -> None:
    """Press the button and wait for the answer."""
    page.click("#go")
    # what was said before may say the same: an answer is there when neither side is of other settings
    expect(page.locator("#side-a.stale, #side-b.stale")).to_have_count(0, timeout=PATIENCE_MS)
    expect(page.locator("#now")).to_have_text(re.compile("Done|Klaar"), timeout=PATIENCE_MS)
    expect(page.locator("#go")).to_be_visible(timeout=PATIENCE_MS)


class Hand:
    """Counts what a planner does: every click, choice and slider that is moved."""

    def __init__(self, page: Page) -> None:
        self.page, self.done = page, 0

    def click(self, where: str) -> None:
        self.page.click(where)
        self.done += 1

    def choose(self, where: str, what: str) -> None:
        self.page.select_option(where, what)
        self.done += 2  # the list is opened and a line of it clicked

    def slide(self, where: str, to: str) -> None:
        self.page.locator(where).fill(to)
        self.done += 1


def test_the_question_of_the_council_takes_at_most_twelve_clicks(visit, address):
    """What if 40 % of the beds are gone a year early and Westerveen gives 20 homes more a year?

    From the start by double click: the page is there with plan A. Then share, year, homes, go, print.
    """
    page = opened(visit, address)
    page.evaluate("() => { window.print = () => { document.body.dataset.printed = 'yes'; }; }")
    hand = Hand(page)
    hand.slide("#theme-beds input[type=range]", "0.4")
    hand.choose("#beds-year", "2022")
    hand.slide("input[data-key='homes.more.M1']", "20")
    hand.click("#go")
    expect(page.locator("#difference .verdict")).to_be_visible(timeout=PATIENCE_MS)
    hand.click("#print")
    assert hand.done <= 12
    assert hand.done == 6
    assert page.locator("body").get_attribute("data-printed") == "yes"
    assert chips(page, "b") == ["40% of the beds gone in 2022", "Westerveen: +20 homes a year"]
    rows = dict(zip(*(page.locator(f"#difference table >> nth=0 >> tbody {cell}").all_inner_texts()
                      for cell in ("th", "td.change")), strict=True))  # fmt: skip
    assert rows["Homes handed over, 2022–2023"].startswith("+")
    page.emulate_media(media="print")
    assert not page.locator("aside").is_visible()
    assert page.locator("#printed").is_visible()
    assert page.locator("#side-b .map").is_visible()
    assert len(page.pdf(prefer_css_page_size=True)) > 20_000


def test_both_maps_move_together_by_mouse_and_keyboard(visit, address):
    """Arrow keys, plus and 0 on one map, a click on a site, the year: the other map follows."""
    page = opened(visit, address)

    def views() -> list[str]:
        return [page.locator(f"#{side}-map svg").get_attribute("viewBox") for side in "ab"]

    whole = views()
    page.locator("#a-map svg").focus()
    page.keyboard.press("+")
    page.keyboard.press("ArrowRight")
    one, other = views()
    assert one == other != whole[0]
    page.keyboard.press("0")
    assert views() == whole
    page.locator("#b-map .site[data-code=S1]").click()
    expect(page.locator("#a-map .site[data-code=S1]")).to_have_class(re.compile("chosen"))
    assert "Site one" in page.locator("#chosen-body").inner_text()
    year = page.locator("#map-year")
    year.focus()
    page.keyboard.press("ArrowLeft")
    assert page.locator("#map-year-shown").inner_text() == "2022"
    for side in "ab":
        assert "2022" in page.locator(f"#{side}-map-title").text_content()


def test_a_site_is_settled_by_keyboard_and_worked_out(visit, address):
    """S3 stays unused in plan A; kept open in plan B it opens, and its sign says so. A link restores both."""
    page = opened(visit, address)
    page.select_option("#map-area", "s:S3")
    free = page.locator("#site-answer input[value=free]")
    free.focus()
    page.keyboard.press("ArrowRight")
    expect(page.locator("#side-b .site[data-code=S3]")).to_have_class(re.compile("kept-open"))
    assert page.locator("#settled").inner_text().startswith("Site three: kept open")
    expect(page.locator("#side-b")).to_have_class(re.compile("stale"))
    work_out(page)
    assert page.locator("#a-map .site[data-code=S3]").get_attribute("data-event") == "unused"
    assert page.locator("#b-map .site[data-code=S3]").get_attribute("data-event") == "opens"
    assert "Site three" in page.locator("#difference").inner_text()
    page.check("#sides input[value=a]", force=True)
    page.locator("input[data-key='homes.more.M2']").fill("3")
    work_out(page)
    again = opened(visit, page.url.replace("/#", "/?lang=nl#"))
    expect(again.locator("#difference .verdict")).to_be_visible(timeout=PATIENCE_MS)
    assert chips(again, "a") == ["Oosterveen: +3 woningen per jaar"]
    assert chips(again, "b") == ["Site three: open gehouden"]
    for side in "ab":
        numbers = [p.locator(f"#tiles-{side} dd").all_inner_texts() for p in (page, again)]
        assert re.findall(r"\d", "".join(numbers[0])) == re.findall(r"\d", "".join(numbers[1]))


def test_what_cannot_be_is_told_with_what_would_do(visit, address):
    """All beds gone at once, hard: nobody can; the smallest change is offered and taken by a click."""
    setting = (
        '{"policies.intramural_reduction.mode":"\\"hard\\"","policies.intramural_reduction.path.2022":"1"}'
    )
    page = visit.new_page()
    page.goto(f"{address}#b={setting}")
    page.wait_for_selector("html[data-ready=yes]")
    told = page.locator("#message")
    assert "No plan can do all of this" in told.inner_text()
    told.locator("button").first.click()
    expect(told).to_be_hidden()
    work_out(page)
    assert page.locator("#difference .verdict").is_visible()


def test_explain_room_other_plans_and_save(visit, address, tmp_path):
    """Each question has its answer, in the page; what is saved is a scenario that the region takes.

    With twenty homes more there are other plans within 2 %; as the region is set there are none.
    """
    page = opened(
        visit, f'{address}#b={{"homes.more.M1":"20","policies.sites_run_as_settled.open":"[\\"S3\\"]"}}'
    )
    page.select_option("#map-area", "a:N3")
    page.click("#room-ask")
    expect(page.locator("#room")).to_contain_text("Oosterveen can have from", timeout=PATIENCE_MS)
    page.click("#why-ask")
    expect(page.locator("#why")).to_contain_text("Which rules bind", timeout=PATIENCE_MS)
    page.click("#others-ask")
    page.locator("#others .next").click(timeout=PATIENCE_MS)
    expect(page.locator("#about-b")).to_have_text("Plan B shows this plan.", timeout=PATIENCE_MS)
    expect(page.locator("#go")).to_be_visible(timeout=PATIENCE_MS)
    page.locator("#others .own").click()
    page.locator("#theme-beds input[type=range]").fill("0.3")
    with page.expect_download() as saved:
        page.click("#save")
    region = write_tiny_region(tmp_path / "tiny")
    (region / "scenarios").mkdir()
    saved.value.save_as(region / "scenarios" / saved.value.suggested_filename)
    parameters = read_region(region, [Path(saved.value.suggested_filename).stem]).parameters
    assert parameters.policies.intramural_reduction.by_end.value == 0.3


@pytest.mark.parametrize(("width", "lang"), [(1280, "en"), (400, "nl")])
def test_everybody_can_use_it(chromium, address, width, lang):
    """axe finds nothing, with everything unfolded and a difference shown; nothing sticks out sideways."""
    # axe is put into the page by hand, which the page's own policy would refuse
    context = chromium.new_context(viewport={"width": width, "height": 900}, bypass_csp=True)
    context.set_default_timeout(PATIENCE_MS)
    page = context.new_page()
    page.goto(f'{address}&lang={lang}#b={{"homes.more.M1":"20"}}')
    page.wait_for_selector("html[data-ready=yes]")
    for theme in ("travel", "spread", "pace", "waiting", "money"):
        page.click(f"#theme-{theme} > summary")
    page.select_option("#map-area", "s:S3")
    found = Axe().run(page).response["violations"]
    assert [(one["id"], [node["target"] for node in one["nodes"]]) for one in found] == []
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert page.locator("html").get_attribute("lang") == lang
    context.close()


@pytest.mark.parametrize(("width", "height"), [(1280, 800), (390, 844), (640, 400)])
def test_the_main_button_and_stop_are_always_in_the_window(visit, address, width, height):
    """Also at a zoom of 200 %, where a window of 1280 by 800 has 640 by 400 left."""
    page = opened(visit, address)
    page.set_viewport_size({"width": width, "height": height})
    for where in ("document.documentElement.scrollTop = 0", "window.scrollTo(0, document.body.scrollHeight)"):
        page.evaluate(where)
        for button in ("#go", "#cancel"):
            box = page.locator(button).bounding_box()
            assert box["y"] >= 0
            assert box["y"] + box["height"] <= height


def test_old_results_are_dimmed_at_the_first_move_of_a_slider(visit, address):
    """Before the slider is let go, and back to full ink once worked out; then the wish has its outcome."""
    page = opened(visit, address)
    slider = page.locator("input[data-key=beds]")
    slider.evaluate("one => { one.value = 0.8; one.dispatchEvent(new Event('input')); }")
    expect(page.locator("#side-b")).to_have_class(re.compile("stale"))
    assert page.locator("#wishes-b li").count() == 0
    slider.evaluate("one => one.dispatchEvent(new Event('change'))")
    work_out(page)
    expect(page.locator("#difference")).not_to_have_class(re.compile("stale"))
    said = page.locator("#wishes-b").inner_text()
    assert "80" in said
    assert re.search(r"Result: |Uitkomst: ", said)


def test_a_search_is_stopped_from_the_page(chromium):
    """A bundled region is worked out from the start; Stop stops it within two seconds."""
    process, address = served("zuidoost-drenthe", "--lang", "nl")
    page = chromium.new_page()
    page.set_default_timeout(PATIENCE_MS)
    page.goto(address)
    expect(page.locator("#now")).to_contain_text("Plan A", timeout=PATIENCE_MS)
    page.click("#cancel")
    began = time.monotonic()
    expect(page.locator("#now")).to_have_text("Gestopt. Er is niets veranderd.", timeout=5000)
    assert time.monotonic() - began < 2.0
    expect(page.locator("#go")).to_be_enabled()
    page.close()
    ended(process)
