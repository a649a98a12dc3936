"""The nightly self-audit: every tenant's books are held against their entries, and a difference is told."""

import logging
from collections.abc import Iterator
from datetime import date

import pytest
from django.db import connection
from django.test import Client

from accounts import rounds
from accounts.models import AuditEvent
from ledger import tasks
from ledger.models import DueLine
from ledger.queries import differences, last_self_audit
from ledger.services.self_audit import audit_books
from otc import health
from tests.cast import CustomerMaker, House
from tests.ledger.books import Books

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def fresh_look() -> Iterator[None]:
    """Let no look of another test answer for this one."""
    health.forget()
    yield
    health.forget()


@pytest.fixture
def broken(house: House, make_customer: CustomerMaker) -> DueLine:
    """Return a line whose stored open amount somebody changed behind our back."""
    actor = house.actor("credit_manager")
    with house.scope():
        line = Books(house, actor).invoice(make_customer(house), "F-1", date(2026, 9, 1), "100")
        with connection.cursor() as cursor:
            cursor.execute("UPDATE ledger_dueline SET open_amount = 60 WHERE id = %s", [line.pk])
    return line


def test_books_that_agree_leave_one_line_in_the_trail(house: House) -> None:
    tasks.audit_all_books()
    with house.scope():
        assert AuditEvent.objects.filter(action="ledger.check_books", actor="system").count() == 1
        found = last_self_audit()
    assert found is not None
    assert found.differences == 0


def test_a_difference_is_told_where_people_look_and_corrected_nowhere(
    house: House, other_house: House, broken: DueLine, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.ERROR):
        tasks.audit_all_books()
    assert f"the books of tenant {house.tenant_id} differ in 1 places" in caplog.text
    with house.scope():
        assert [difference.row_id for difference in differences()] == [broken.pk]
        event = AuditEvent.objects.get(action="ledger.find_differences")
        assert event.details["kinds"] == {"open_amount": 1}
        assert event.details["rows_differing"] == [str(broken.pk)]
    with other_house.scope():
        assert not AuditEvent.objects.filter(action="ledger.find_differences").exists()

    ready = Client().get("/readyz", headers={"Accept-Language": "en"})
    assert ready.status_code == 503
    assert ready.json()["parts"]["books"].startswith(
        "The nightly check found differences in the books of 1 company."
    )
    admin, manager = house.client("tenant_admin"), house.client("credit_manager")
    words = "Les comptes ne concordent pas avec leurs écritures."
    for page in (admin.get("/audit"), admin.get("/admin", follow=True), manager.get("/imports")):
        assert page.status_code == 200
        assert words in page.content.decode()
    assert words not in other_house.client("tenant_admin").get("/audit").content.decode()


def test_a_difference_that_is_gone_is_told_no_more(house: House, broken: DueLine) -> None:
    tasks.audit_all_books()
    with house.scope(), connection.cursor() as cursor:
        cursor.execute("UPDATE ledger_dueline SET open_amount = amount WHERE id = %s", [broken.pk])
    tasks.audit_all_books()
    with house.scope():
        found = last_self_audit()
    assert found is not None
    assert found.differences == 0


def test_one_tenant_whose_audit_breaks_off_keeps_no_other_waiting(
    house: House,
    other_house: House,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    def breaks(**given: object) -> object:
        if given["actor"].tenant_id == house.tenant_id:  # type: ignore[attr-defined]
            raise RuntimeError
        return audit_books(actor=given["actor"])  # type: ignore[arg-type]

    monkeypatch.setattr(tasks, "audit_books", breaks)
    monkeypatch.setattr(rounds, "close_old_connections", lambda: None)  # the test's own
    tasks.audit_all_books()
    with other_house.scope():
        assert last_self_audit() is not None
    with house.scope():
        assert last_self_audit() is None
    assert "broke off" in caplog.text


def test_the_clock_rings_for_it_every_night() -> None:
    from otc.celery import app  # noqa: PLC0415  what the scheduler itself loads

    app.finalize()
    assert app.conf.beat_schedule["ledger.audit_books"]["task"] == "ledger.tasks.audit_all_books"
