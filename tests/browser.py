"""A real Chromium for the tests: pages we already hold served to it, and every look of a page judged."""

import os
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import pytest
from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import Browser, Page, Route, sync_playwright

from otc.static_bundle import BUNDLES

STATIC = Path(__file__).resolve().parent.parent / "static"
HOST = "http://echeo.test"
TYPES = {".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml"}
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
THEMES = ("light", "dark")
WIDTHS = (1440, 390)
CHROMIUM = (
    shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
)
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
MISSING = "no Chromium on this machine: install it to run the tests in a browser"
PLAIN_FILES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}

needs_chromium = pytest.mark.skipif(CHROMIUM is None, reason=MISSING)

Answer = tuple[bytes, str]  # what a page is made of: its bytes and its content security policy


@contextmanager
def open_browser() -> Iterator[Browser]:
    """Start the browser. While it runs, this process cannot use the database: Django sees Playwright's loop."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield browser
        browser.close()


def static_file(name: str) -> str:
    """Return a static file as it is served, a bundle put together from its parts."""
    if name in BUNDLES:
        return BUNDLES[name](name, lambda part: (STATIC / part).read_text())
    return (STATIC / name).read_text()


def serve(page: Page, answers: Mapping[str, Answer]) -> list[str]:
    """Serve the answers by their paths on `HOST`, and return the list of what the browser complains about."""
    said: list[str] = []

    def answer(route: Route) -> None:
        path = route.request.url.removeprefix(HOST).split("?")[0]
        if path in answers:
            body, policy = answers[path]
            headers = {"Content-Security-Policy": policy, "Content-Type": "text/html"}
            route.fulfill(body=body, headers=headers)
        elif path.startswith("/static/"):
            name = path.removeprefix("/static/")
            route.fulfill(body=static_file(name), content_type=TYPES[Path(name).suffix])
        else:
            route.fulfill(body="", status=204)

    page.on("console", lambda message: said.append(message.text))
    page.on("pageerror", lambda error: said.append(str(error)))
    page.route("**/*", answer)
    return said


def faults_of_pages(answers: Mapping[str, Answer], name: str) -> list[str]:
    """Show the answers to a browser one after another; return what is wrong in any look, or was complained about."""
    faults = []
    with open_browser() as browser:
        page = browser.new_page()
        said = serve(page, answers)
        for path in answers:
            page.goto(f"{HOST}{path}")
            faults += faults_in_every_look(page, f"{name}{path}")
    return faults + said


def faults_in_every_look(page: Page, name: str) -> list[str]:
    """Judge the page as it stands in both themes, on a screen and on a phone: axe, and whether it runs off the screen.

    OTC_TEST_SCREENSHOTS names a folder that keeps a picture of each look.
    """
    faults = []
    page.evaluate(AXE_SCRIPT)  # a page keeps its judge while it is shown
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 900})
        for theme in THEMES:
            # Without motion no colour is met on its way from one theme to the other.
            page.emulate_media(
                color_scheme="dark" if theme == "dark" else "light", reduced_motion="reduce"
            )
            look = f"{name} {theme} {width}"
            faults += [f"{look}: {fault}" for fault in _axe_faults(page)]
            if folder := os.environ.get("OTC_TEST_SCREENSHOTS"):
                file = f"{look.strip('/').replace('/', '-').replace(' ', '-')}.png"
                page.screenshot(path=f"{folder}/{file}", full_page=True)
        runs_to = page.evaluate("document.documentElement.scrollWidth")
        if runs_to > width:
            faults.append(f"{name}: runs to {runs_to} on a screen {width} wide")
    return faults


def _axe_faults(page: Page) -> list[str]:
    options = {"runOnly": RULES, "resultTypes": ["violations"]}
    judge = "options => axe.run(document, options).then(found => found.violations)"
    found = page.evaluate(judge, options)
    return [f"{fault['id']} {fault['nodes'][0]['html']}" for fault in found]
