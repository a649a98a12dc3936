"""Scenarios in a real Chromium: accessible in both themes, on a phone and on a screen; the keys of the track."""

import re
from collections.abc import Iterator

import pytest
from django.test import Client, override_settings

from accounts.models import User
from dunning.models import AssignmentRule, Scenario
from dunning.rules.assignment import Typology
from dunning.services.scenarios import ensure_ready_scenarios
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
from tests.dunning.test_scenario_pages import STANDARD, STEP, seen

pytestmark = [
    pytest.mark.browser,
    pytest.mark.django_db,
    needs_chromium,
]


@pytest.fixture
def manager(house: House) -> Client:
    """Return the browser of a manager whose analyst left a draft that two things keep back."""
    client, author = house.client("credit_manager"), house.client("credit_analyst")
    User.objects.update(language="en")
    with house.scope():
        ensure_ready_scenarios()
        for position, kind in enumerate((Typology.PUBLIC_BUYER, Typology.PUBLIC_BUYER), start=1):
            AssignmentRule.objects.create(
                position=position,
                name=f"Town halls {position}",
                scenario=Scenario.objects.get(code="public"),
                conditions={"typologies": [kind]},
            )
    author.post(f"{STANDARD}/draft")
    letter = {**STEP, "number": "6", "days": "25", "channel": "registered_letter", "level": "4"}
    author.post(f"{STANDARD}/steps", {**letter, "seen": seen(author)})
    client.post("/scenarios/silent/archive")
    return client


@pytest.fixture
def answers(manager: Client) -> Iterator[dict[str, Answer]]:
    """Return the pages as the server answers them: bytes and policy, by a path of ours."""
    asked = {
        "/list": "/scenarios",
        "/draft": f"{STANDARD}?step=4",
        "/adding": f"{STANDARD}?add=6",
        "/table": f"{STANDARD}?view=table",
        "/published": f"{STANDARD}?version=1&step=2",
        "/changes": f"{STANDARD}/changes",
        "/rules": "/scenarios/rules",
        "/rule": "/scenarios/rules/new",
    }
    with override_settings(STORAGES=PLAIN_FILES):
        responses = {path: manager.get(url) for path, url in asked.items()}
        refused = {**STEP, "days": "20", "seen": seen(manager)}
        responses["/refused"] = manager.post(f"{STANDARD}/steps", refused)
        assert responses["/refused"].status_code == 422
        yield {
            path: (response.content, response.headers["Content-Security-Policy"])
            for path, response in responses.items()
        }


def test_axe_finds_nothing_and_nothing_runs_off_the_screen(answers: dict[str, Answer]) -> None:
    assert faults_of_pages(answers, "scenarios") == []


@pytest.mark.parametrize(
    ("key", "pressed"),
    [
        ("ArrowRight", "step=6"),  # the letter, moved before the mail
        ("ArrowLeft", "step=3"),
        ("Shift+ArrowRight", "move=later"),
        ("Shift+ArrowLeft", "move=earlier"),
    ],
)
def test_arrows_press_the_buttons_of_the_page(
    answers: dict[str, Answer], key: str, pressed: str
) -> None:
    with open_browser() as browser:
        page = browser.new_page()
        serve(page, answers)
        page.goto(f"{HOST}/draft")
        with page.expect_request(re.compile(r"step=|/steps")) as asked:
            page.keyboard.press(key)
        sent = asked.value.post_data or asked.value.url
        assert pressed in sent


def test_arrows_belong_to_the_field_while_somebody_writes(answers: dict[str, Answer]) -> None:
    with open_browser() as browser:
        page = browser.new_page()
        serve(page, answers)
        page.goto(f"{HOST}/draft")
        page.focus("#id_days")
        page.keyboard.press("ArrowRight")
        page.keyboard.press("Shift+ArrowLeft")
        assert page.url == f"{HOST}/draft"
        assert page.evaluate("document.activeElement.id") == "id_days"


def test_enter_saves_a_step_and_moves_nothing(answers: dict[str, Answer]) -> None:
    with open_browser() as browser:
        page = browser.new_page()
        serve(page, answers)
        page.goto(f"{HOST}/draft")
        with page.expect_request(re.compile(r"/steps$")) as asked:
            page.press("#id_days", "Enter")
        assert "move=" not in (asked.value.post_data or "")
