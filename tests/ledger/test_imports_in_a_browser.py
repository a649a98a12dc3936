"""Imports in a real Chromium: every step accessible in both themes, on a phone and on a screen."""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.core.cache import cache
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client, override_settings
from playwright.sync_api import Page, Route, sync_playwright

from ledger.tasks import work_imports
from otc.static_bundle import BUNDLES
from tests.cast import House

STATIC = Path(__file__).resolve().parents[2] / "static"
HOST = "http://echeo.test"
TYPES = {".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml"}
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
CHROMIUM = shutil.which("chromium") or shutil.which("google-chrome")
PLAIN_FILES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
HEAD = "Code client;Raison sociale;N° pièce;Date pièce;Échéance;{amount}\n"
GOOD = "".join(
    f"C{n % 40};Négoce Fictif {n % 40};FA-{n};01/09/2026;31/10/2026;{n},50\n" for n in range(1, 90)
)
FLAWED = "".join(
    f"C{n};Négoce Fictif {n};FB-{n};31/11/2026;31/12/2026;douze\n" for n in range(1, 30)
)
BOOKS = (
    "JournalCode|JournalLib|EcritureNum|EcritureDate|CompteNum|CompteLib|CompAuxNum|CompAuxLib|PieceRef|PieceDate"
    "|EcritureLib|Debit|Credit|EcritureLet|DateLet|ValidDate|Montantdevise|Idevise\n"
    "VE|Ventes|1|20260901|411000|Clients|C1|Bâti-Loire|FA-1|20260901|Facture|412860,75|0,00|||20260930||\n"
    "VE|Ventes|1|20260901|706000|Ventes|||FA-1|20260901|Facture|0,00|412860,75|||20260930||\n"
)
STATES = ("list", "empty", "waiting", "naming", "staged", "flawed", "books", "refused")

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(
        CHROMIUM is None,
        reason="no Chromium on this machine: install it to run the tests in a browser",
    ),
]


def sent(client: Client, name: str, text: str) -> str:
    answer = client.post("/imports", {"file": SimpleUploadedFile(name, text.encode())})
    return str(answer.headers["Location"])


@pytest.fixture
def answers(house: House, tmp_path: Path) -> Iterator[dict[str, tuple[bytes, str]]]:
    """Return each state of the pages as the server answers it: bytes and policy."""
    cache.clear()
    client = house.client("credit_manager")
    head = HEAD.format(amount="Montant TTC")
    with override_settings(STORAGES=PLAIN_FILES, MEDIA_ROOT=tmp_path):
        asked = {"empty": client.get("/imports")}
        paths = {
            "naming": sent(client, "a.csv", HEAD.format(amount="Quagga") + GOOD),
            "staged": sent(client, "balance_clients_20261031.csv", head + GOOD),
            "flawed": sent(client, "c.csv", head + GOOD + FLAWED),
            "books": sent(client, "123456789FEC20261231.txt", BOOKS),
            "refused": sent(client, "e.csv", BOOKS.replace("0,00|412860,75", "0,00|1,00")),
        }
        asked["waiting"] = client.get(paths["staged"])
        work_imports()
        client.post(f"{paths['books']}/apply")
        work_imports()
        asked |= {state: client.get(path) for state, path in paths.items()}
        asked["list"] = client.get("/imports")
        yield {
            state: (response.content, response.headers["Content-Security-Policy"])
            for state, response in asked.items()
        }
    cache.clear()


def shown(page: Page, body: bytes, policy: str) -> list[str]:
    """Open a page and return what the browser complained about."""
    said: list[str] = []

    def answer(route: Route) -> None:
        asked = route.request.url.removeprefix(f"{HOST}/").split("?")[0]
        if asked == "page":
            headers = {"Content-Security-Policy": policy, "Content-Type": "text/html"}
            route.fulfill(body=body, headers=headers)
        elif asked.startswith("static/"):
            name = asked.removeprefix("static/")
            if name in BUNDLES:
                text = BUNDLES[name](name, lambda part: (STATIC / part).read_text())
            else:
                text = (STATIC / name).read_text()
            route.fulfill(body=text, content_type=TYPES[Path(name).suffix])
        else:
            route.fulfill(body="", status=204)

    page.on("console", lambda message: said.append(message.text))
    page.route("**/*", answer)
    page.goto(f"{HOST}/page")
    return said


@pytest.mark.parametrize("width", [1440, 390])
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_axe_finds_nothing_in_any_step(
    answers: dict[str, tuple[bytes, str]], theme: str, width: int
) -> None:
    faults = []
    with sync_playwright() as playwright:
        flags = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=flags)
        for state in STATES:
            page = browser.new_page(
                viewport={"width": width, "height": 900},
                color_scheme="dark" if theme == "dark" else "light",
            )
            said = shown(page, *answers[state])
            found = Axe().run(page, options={"runOnly": RULES}).response["violations"]
            faults += [(state, fault["id"], fault["nodes"][0]["html"]) for fault in found]
            faults += [(state, "console", words) for words in said]
            runs_to = page.evaluate("document.documentElement.scrollWidth")
            if runs_to > width:
                faults.append((state, "too wide", str(runs_to)))
            if folder := os.environ.get("OTC_TEST_SCREENSHOTS"):
                page.screenshot(path=f"{folder}/import-{state}-{theme}-{width}.png", full_page=True)
            page.close()
        browser.close()
    assert faults == []
