"""The agenda in a real Chromium: accessible in both themes, on a phone and on a screen; keys, sums and fields."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from django.test import Client, override_settings

from accounts.models import User
from dunning.models import FollowUp, Promise
from dunning.services.learning import learn
from ledger.models import Contact, Customer
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
from tests.dunning.conftest import Chase

pytestmark = [
    pytest.mark.browser,
    pytest.mark.django_db,
    needs_chromium,
]

NOW = datetime.now(UTC)  # a page works on the day it is asked
TODAY = NOW.date()
WORDS = "Says on Friday"


@pytest.fixture
def manager(house: House, chase: Chase) -> Client:
    """Return the browser of a manager with calls, e-mails in two currencies, a letter, a promise and a question."""
    client = house.client("credit_manager")
    house.member("sales_rep")
    User.objects.update(language="en")
    for number, (days_late, amount, risk) in enumerate(
        [(22, "191470.75", "D"), (24, "42000", "C"), (47, "9000", "B"), (70, "8000", "D")]
    ):
        chase.line(chase.customer(f"C{number}", risk_class=risk), days_late, amount, today=TODAY)
    for number, currency in enumerate(("EUR", "EUR", "USD")):
        customer = chase.customer(f"M{number}", risk_class="A")
        chase.line(customer, 12, f"{number + 1}200.40", today=TODAY, currency=currency)
    with house.scope():
        Contact.objects.update(phone="02 00 00 04 82")
        Customer.objects.update(sales_rep=house.member_known("sales_rep"))
    chase.plan(TODAY, now=NOW)
    with house.scope():
        learn(today=TODAY)
    return client


@pytest.fixture
def answers(house: House, chase: Chase, manager: Client) -> Iterator[dict[str, Answer]]:
    """Return the pages as the server answers them: bytes and policy, by a path of ours."""
    rows = {row.customer.code: row for row in chase.reminders()}
    first = f"/agenda/{rows['C0'].pk}"
    with house.scope():
        line = str(rows["C1"].lines.values_list("due_line", flat=True).get())
    promise = {"outcome": "promise", "cause": "cash_shortage", "promised_date": "+2"}
    manager.post(f"/agenda/{rows['C1'].pk}/call", {**promise, "due_line": line, "words": WORDS})
    manager.post("/agenda/calls/C0/ask", {"words": "What was agreed?"})
    with house.scope():
        assert Promise.objects.exists()
        FollowUp.objects.update(opened_at=NOW - timedelta(minutes=1))
    with override_settings(STORAGES=PLAIN_FILES):
        asked = {
            "/agenda": "/agenda",
            "/call": f"{first}?cause=no_budget",
            "/mail": f"/agenda/{rows['M0'].pk}",
            "/letter": f"/agenda/{rows['C2'].pk}",
            "/decision": f"/agenda/{rows['C3'].pk}",
            "/whom": "/agenda/calls",
            "/unplanned": "/agenda/calls/C1",
        }
        responses = {path: manager.get(url) for path, url in asked.items()}
        refused = {"outcome": "promise", "promised_date": "31/02", "words": WORDS}
        responses["/refused"] = manager.post(f"{first}/call", refused)
        assert responses["/refused"].status_code == 422
        rep = house.client("sales_rep")
        responses["/questions"] = rep.get("/questions")
        yield {
            path: (response.content, response.headers["Content-Security-Policy"])
            for path, response in responses.items()
        }


def test_axe_finds_nothing_and_nothing_runs_off_the_screen(answers: dict[str, Answer]) -> None:
    assert faults_of_pages(answers, "agenda") == []


def test_a_key_chooses_an_outcome_and_shows_its_fields_alone(answers: dict[str, Answer]) -> None:
    with open_browser() as browser:
        page = browser.new_page()
        serve(page, answers)
        page.goto(f"{HOST}/call")
        assert not page.is_visible("#id_promised_date")
        page.keyboard.press("p")
        assert page.is_checked('[name=outcome][value="promise"]')
        assert page.is_visible("#id_promised_date")
        assert not page.is_visible("#id_back_date")
        page.keyboard.press("r")
        assert page.is_visible("#id_back_date")
        assert not page.is_visible("#id_promised_date")
        page.keyboard.press("i")
        assert not page.is_visible("#id_cause"), "nobody answered: nobody is asked why"


def test_control_enter_saves_the_call_with_its_ticked_lines(answers: dict[str, Answer]) -> None:
    with open_browser() as browser:
        page = browser.new_page()
        serve(page, answers)
        page.goto(f"{HOST}/call")
        page.keyboard.press("p")
        page.fill("#id_promised_date", "+3")
        page.fill("#id_words", WORDS)
        with page.expect_request("**/call") as asked:
            page.keyboard.press("Control+Enter")
        sent = asked.value.post_data or ""
        assert "outcome=promise" in sent
        assert "due_line=" in sent
        assert "Says+on+Friday" in sent


def test_what_is_ticked_is_added_up_by_currency(answers: dict[str, Answer]) -> None:
    with open_browser() as browser:
        page = browser.new_page()
        serve(page, answers)
        page.goto(f"{HOST}/agenda")
        assert not page.is_visible("[data-bulk=r]"), "nothing is ticked yet"
        page.check("[data-pick-all=r]")
        assert page.inner_text("[data-count=r]") == "3"
        assert page.inner_text("[data-sum=r][data-currency=EUR]") == "€3,400.80"
        assert page.inner_text("[data-sum=r][data-currency=USD]") == "US$3,200.40"


def test_the_rows_are_walked_by_keys(answers: dict[str, Answer]) -> None:
    with open_browser() as browser:
        page = browser.new_page()
        serve(page, answers)
        page.goto(f"{HOST}/agenda")
        before = page.evaluate("document.activeElement.textContent")
        page.keyboard.press("j")
        assert page.evaluate("document.activeElement.className") == "who"
        assert page.evaluate("document.activeElement.textContent") != before
