"""A batch of letters in a real Chromium: accessible in both themes, and posted by two clicks and a day."""

from datetime import UTC, datetime

import pytest
from django.test import Client, override_settings
from playwright.sync_api import Page, Route

from accounts.models import User
from dunning.models import LetterBatch
from tests.browser import (
    HOST,
    PLAIN_FILES,
    Answer,
    faults_of_pages,
    needs_chromium,
    open_browser,
    serve,
)
from tests.dunning.conftest import Chase
from tests.dunning.letters import Letters

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True), needs_chromium]

NOW = datetime.now(UTC)  # a page works on the day it is asked
TODAY = NOW.date()


@pytest.fixture
def letters(chase: Chase) -> Letters:
    return Letters(chase, now=NOW, today=TODAY)


@pytest.fixture
def batch(letters: Letters) -> LetterBatch:
    found = letters.batch("C001", "C002", "C003")
    letters.customer("C004", address="")
    letters.customer("C005")
    letters.plan()
    letters.confirm()
    return found


@pytest.fixture
def client(chase: Chase) -> Client:
    found = chase.house.client("credit_manager")
    User.objects.update(language="en")
    return found


@pytest.fixture
def answers(client: Client, letters: Letters, batch: LetterBatch) -> dict[str, Answer]:
    asked = {
        "/agenda/letters": "/agenda/letters",
        f"/agenda/letters/{batch.pk}": f"/agenda/letters/{batch.pk}",
        "/drawn": f"/agenda/{letters.reminder('C001').pk}",
        "/missing": f"/agenda/{letters.reminder('C004').pk}",
    }
    with override_settings(STORAGES=PLAIN_FILES):
        found = {path: client.get(address) for path, address in asked.items()}
    return {
        path: (page.content, page.headers["Content-Security-Policy"])
        for path, page in found.items()
    }


def test_letters_can_be_used_by_everybody(answers: dict[str, Answer]) -> None:
    assert faults_of_pages(answers, "letters") == []


def test_a_batch_is_posted_in_a_browser(
    answers: dict[str, Answer], client: Client, letters: Letters, batch: LetterBatch
) -> None:
    sent: list[str] = []

    def take(route: Route) -> None:
        if route.request.method != "POST":
            route.fallback()
            return
        sent.append(route.request.post_data or "")
        route.fulfill(status=204, body="")

    with open_browser() as browser:
        page: Page = browser.new_page()
        said = serve(page, answers)
        page.route("**/posted", take)
        page.goto(f"{HOST}/agenda/letters/{batch.pk}")
        boxes = page.get_by_role("checkbox", name="Select L-")
        assert boxes.count() == 3
        boxes.nth(0).check()
        boxes.nth(2).check()
        page.get_by_role("button", name="Posted: the ticked ones").click()
        page.wait_for_timeout(200)
        assert said == []
    answer = client.post(
        f"/agenda/letters/{batch.pk}/posted",
        sent[0],
        content_type="application/x-www-form-urlencoded",
    )
    assert answer.status_code == 302
    states = [letter.state for letter in letters.letters(batch=batch)]
    assert states == ["posted", "to_post", "posted"]
