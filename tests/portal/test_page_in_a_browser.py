"""The customer's page in a real Chromium: accessible in both themes, on a phone and on a screen."""

from collections.abc import Iterator

import pytest
from django.test import Client, override_settings

from tests.browser import (
    HOST,
    PLAIN_FILES,
    Answer,
    faults_of_pages,
    needs_chromium,
    open_browser,
    serve,
)
from tests.cast import House
from tests.portal.conftest import Account, add_line

pytestmark = [
    pytest.mark.browser,
    needs_chromium,
]


@pytest.fixture
def answers(account: Account, client: Client) -> Iterator[dict[str, Answer]]:
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


def test_axe_finds_nothing_and_nothing_runs_off_the_screen(answers: dict[str, Answer]) -> None:
    assert faults_of_pages(answers, "portal") == []


def test_the_page_needs_no_script_and_few_requests(
    answers: dict[str, Answer],
    house: House,
) -> None:
    asked: list[str] = []
    with open_browser() as browser:
        page = browser.new_page(java_script_enabled=False)
        page.on("request", lambda request: asked.append(request.url))
        serve(page, answers)
        page.goto(f"{HOST}/page")
        heading = page.inner_text("h1")
        is_shown = page.is_visible("#pay .iban >> nth=0")
    assert house.slug.title() in heading
    assert is_shown
    assert len(asked) <= 6
