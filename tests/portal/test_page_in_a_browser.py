"""The customer's page in a real Chromium: accessible in both themes, on a phone and on a screen."""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.test import Client, override_settings
from playwright.sync_api import Page, Route, sync_playwright

from otc.static_bundle import BUNDLES
from tests.cast import House
from tests.portal.conftest import Account, add_line

STATIC = Path(__file__).resolve().parents[2] / "static"
HOST = "http://pay.test"
TYPES = {".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml"}
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
CHROMIUM = shutil.which("chromium") or shutil.which("google-chrome")
PLAIN_FILES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(
        CHROMIUM is None,
        reason="no Chromium on this machine: install it to run the tests in a browser",
    ),
]


@pytest.fixture
def answers(account: Account, client: Client) -> Iterator[dict[str, tuple[bytes, str]]]:
    """Return the pages as the server answers them: bytes and policy, by path."""
    with account.house.scope():
        add_line(account.house, account.customer, "FA-6", "4.00")
        add_line(account.house, account.customer, "FA-7", "500.00", currency="USD")
    with override_settings(STORAGES=PLAIN_FILES):
        responses = {
            "/page": client.get(account.path()),
            "/unknown": client.get("/r/unknown"),
        }
        yield {
            path: (response.content, response.headers["Content-Security-Policy"])
            for path, response in responses.items()
        }


def shown(page: Page, answers: dict[str, tuple[bytes, str]], path: str) -> list[str]:
    """Open a path and return what the browser complained about."""
    said: list[str] = []

    def answer(route: Route) -> None:
        asked = route.request.url.removeprefix(HOST).split("?")[0]
        if asked in answers:
            body, policy = answers[asked]
            headers = {"Content-Security-Policy": policy, "Content-Type": "text/html"}
            route.fulfill(body=body, headers=headers)
        elif asked.startswith("/static/"):
            name = asked.removeprefix("/static/")
            if name in BUNDLES:
                text = BUNDLES[name](name, lambda part: (STATIC / part).read_text())
            else:
                text = (STATIC / name).read_text()
            route.fulfill(body=text, content_type=TYPES[Path(name).suffix])
        else:
            route.abort()

    page.on("console", lambda message: said.append(message.text))
    page.route("**/*", answer)
    page.goto(f"{HOST}{path}")
    return said


@pytest.mark.parametrize("path", ["/page", "/unknown"])
@pytest.mark.parametrize("width", [1440, 390])
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_axe_finds_nothing_and_nothing_runs_off_the_screen(
    answers: dict[str, tuple[bytes, str]],
    theme: str,
    width: int,
    path: str,
) -> None:
    flags = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=flags)
        page = browser.new_page(
            viewport={"width": width, "height": 900},
            color_scheme="dark" if theme == "dark" else "light",
        )
        said = shown(page, answers, path)
        found = Axe().run(page, options={"runOnly": RULES}).response["violations"]
        runs_to = page.evaluate("document.documentElement.scrollWidth")
        if folder := os.environ.get("OTC_TEST_SCREENSHOTS"):
            page.screenshot(path=f"{folder}/portal{path[1:]}-{theme}-{width}.png", full_page=True)
        browser.close()
    assert [(fault["id"], fault["nodes"][0]["html"]) for fault in found] == []
    assert said == []
    assert runs_to <= width


def test_the_page_needs_no_script_and_few_requests(
    answers: dict[str, tuple[bytes, str]],
    house: House,
) -> None:
    asked: list[str] = []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        page = browser.new_page(java_script_enabled=False)
        page.on("request", lambda request: asked.append(request.url))
        shown(page, answers, "/page")
        heading = page.inner_text("h1")
        is_shown = page.is_visible("#pay .iban >> nth=0")
        browser.close()
    assert house.slug.title() in heading
    assert is_shown
    assert len(asked) <= 6
