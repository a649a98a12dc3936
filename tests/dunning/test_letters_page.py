"""The pages of letters: prepare, print, post, take out; who may, and what another tenant sees."""

import pytest

from dunning.documents.joining import page_count
from dunning.rules.outbox import State
from dunning.rules.steps import Mode
from tests.cast import House
from tests.dunning.conftest import Chase
from tests.dunning.letters import STREET, Letters

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def letters(chase: Chase) -> Letters:
    return Letters(chase)


def test_the_agenda_leads_to_letters_a_batch_and_its_prints(letters: Letters) -> None:
    letters.customer("C001")
    letters.customer("C002")
    letters.plan()
    letters.confirm()
    client = letters.chase.house.client("credit_manager")
    assert "/agenda/letters" in client.get("/agenda").content.decode()
    page = client.get("/agenda/letters").content.decode()
    assert "/agenda/letters/of/" in page
    batch = letters.prepare()
    assert "every 2s" in client.get(f"/agenda/letters/{batch.pk}").content.decode()
    while letters.work():
        pass
    page = client.get(f"/agenda/letters/{batch.pk}").content.decode()
    for letter in letters.letters():
        assert letter.number in page
        single = client.get(f"/agenda/letters/one/{letter.pk}.pdf")
        assert single.content == bytes(letter.pdf or b"")
    whole = client.get(f"/agenda/letters/{batch.pk}/letters.pdf?sides=1")
    assert page_count(whole.content) == sum(letter.pages for letter in letters.letters())
    both = client.get(f"/agenda/letters/{batch.pk}/letters.pdf")
    assert page_count(both.content) % 2 == 0
    listed = client.get(f"/agenda/letters/{batch.pk}/list.pdf")
    assert (listed.status_code, listed["Content-Type"]) == (200, "application/pdf")


def test_a_day_to_come_or_before_the_drawing_is_refused_in_words(letters: Letters) -> None:
    batch = letters.batch()
    client = letters.chase.house.client("credit_manager")
    for day in ("2040-01-01", "2026-10-01", "", "yesterday"):
        answer = client.post(f"/agenda/letters/{batch.pk}/posted", {"day": day, "every": "1"})
        assert answer.status_code == 422
    assert letters.reminder().state == State.PLANNED


def test_another_tenant_and_the_agency_see_no_letter(letters: Letters, other_house: House) -> None:
    batch = letters.batch()
    (letter,) = letters.letters()
    addresses = [
        f"/agenda/letters/{batch.pk}",
        f"/agenda/letters/{batch.pk}/letters.pdf",
        f"/agenda/letters/{batch.pk}/list.pdf",
        f"/agenda/letters/one/{letter.pk}.pdf",
    ]
    strangers = [other_house.client("credit_manager"), letters.chase.house.client("agency")]
    for client in strangers:
        assert {client.get(address).status_code for address in addresses} == {404}
    for client in strangers:
        answer = client.post(f"/agenda/letters/{batch.pk}/posted", {"day": "2026-10-29"})
        assert answer.status_code == 404
    analyst = letters.chase.house.client("cash_accountant")
    assert {analyst.get(address).status_code for address in addresses} == {403}


def test_a_letter_without_an_address_is_a_task_until_somebody_adds_it(letters: Letters) -> None:
    letters.customer("C001", address="Villemodèle")
    letters.plan()
    reminder = letters.reminder()
    assert (reminder.waits_for, bool(reminder.problem)) == ("address", True)
    client = letters.chase.house.client("credit_manager")
    assert reminder.problem in client.get(f"/agenda/{reminder.pk}").content.decode()
    collector = letters.chase.house.client("collector")
    given = {"address": STREET}
    assert collector.post(f"/agenda/{reminder.pk}/address", given).status_code == 403
    assert client.post(f"/agenda/{reminder.pk}/address", {"address": " "}).status_code == 422
    assert client.post(f"/agenda/{reminder.pk}/address", given).status_code == 302
    assert letters.reminder().waits_for == ""
    letters.confirm()
    letters.prepare()
    while letters.work():
        pass
    assert [letter.state for letter in letters.letters()] == ["to_post"]


def test_a_letter_is_confirmed_before_it_may_be_prepared(chase: Chase) -> None:
    letters = Letters(chase, mode=Mode.CONFIRM)
    letters.customer()
    letters.plan()
    client = chase.house.client("credit_manager")
    reminder = letters.reminder()
    assert "/agenda/letters/of/" not in client.get("/agenda/letters").content.decode()
    shown = {"reminder": f"{reminder.pk}:{reminder.amount}"}
    assert client.post("/agenda/confirm", shown).status_code == 302
    assert letters.reminder().state == State.PLANNED
    assert "/agenda/letters/of/" in client.get("/agenda/letters").content.decode()
    assert (
        "/agenda/confirm"
        not in client.get(f"/agenda/{reminder.pk}").content.decode().split("work-title")[1]
    )
