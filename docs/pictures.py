"""Pictures of the report and of the what-if page, taken in a browser from a plan.

    python docs/pictures.py            plans groningen-bmwe first, which takes some minutes
    python docs/pictures.py PLAN       of a plan folder that is there

Playwright drives the Chromium that is there; nothing is drawn by hand.
"""

import os
import subprocess
import sys
import tempfile
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

DOCS = Path(__file__).resolve().parent
ROOT = DOCS.parent
sys.path[:0] = [str(ROOT)]

from reports.publish.pdf import browser  # noqa: E402

REGION = "groningen-bmwe"
SECONDS = "240"
WISH = 0.2
"""Share of the beds that goes in the wish."""
WIDTH, HEIGHT = 1280, 800
PATIENCE_MS = 600_000
QUIET = ["--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking"]
ENVIRONMENT = {**os.environ, "PYTHONPATH": str(ROOT)}
COMMAND = [sys.executable, "-m", "cli"]


def planned(folder: Path) -> Path:
    """Make a plan of the region and return its folder."""
    asked = ["plan", REGION, "--time", SECONDS, "--lang", "nl", "-o", str(folder)]
    subprocess.run([*COMMAND, *asked], cwd=ROOT, env=ENVIRONMENT, check=True, stdout=subprocess.DEVNULL)
    return folder


def take_report(page: Page, plan: Path) -> None:
    """Take the first screen of a report."""
    page.goto((plan / "report.html").resolve().as_uri())
    page.screenshot(path=DOCS / "report.png")


def take_what_if(page: Page, plan: Path) -> None:
    """Take the what-if page of a plan, with one wish that is not worked out yet."""
    asked = [*COMMAND, "serve", str(plan.resolve()), "--no-browser", "--port", "0", "--lang", "nl"]
    with subprocess.Popen(asked, cwd=ROOT, env=ENVIRONMENT, stdout=subprocess.PIPE, text=True) as served:
        try:
            page.goto(served.stdout.readline().strip() if served.stdout else "")
            page.wait_for_selector("html[data-ready=yes]")
            slider = page.locator("input[data-key=beds]")
            slider.evaluate(f"one => {{ one.value = {WISH}; one.dispatchEvent(new Event('change')); }}")
            page.wait_for_selector("#chips-b li")
            page.screenshot(path=DOCS / "what_if.png")
            page.goto("about:blank")
        finally:
            served.terminate()


def main() -> None:
    """Take both pictures."""
    with tempfile.TemporaryDirectory() as scratch, sync_playwright() as playwright:
        plan = Path(sys.argv[1]) if len(sys.argv) > 1 else planned(Path(scratch) / "plan")
        chromium = playwright.chromium.launch(executable_path=browser(), args=QUIET)
        page = chromium.new_page(viewport={"width": WIDTH, "height": HEIGHT})
        page.set_default_timeout(PATIENCE_MS)
        take_report(page, plan)
        take_what_if(page, plan)
        chromium.close()


if __name__ == "__main__":
    main()
