"""After a promise its customer reads what was noted: once, in his language, and not who opted out."""

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from pytest_django import Settings

from dunning.models import Promise, SideMail, SideMailKind, SideMailState
from dunning.queries.facts import HEARD_STATES
from dunning.queries.sales import sends_recap
from dunning.rules.promises import PromiseSource
from dunning.services.barriers import resume_sending, stop_sending
from dunning.services.promise_recaps import choose_recap, send_recap
from dunning.services.promises import record_promise, rule_promise, withdraw_promise
from ledger.models import Contact, Customer, DueLine
from tests.dunning.conftest import NOW, TODAY, Chase
from tests.dunning.test_sales_notices import Post, Sales

DAY = date(2026, 11, 6)


@pytest.fixture
def sales(chase: Chase) -> Sales:
    chase.person("collector")
    chase.person("credit_manager")
    return Sales(chase, chase.customer())


def promised(
    sales: Sales, line: DueLine, *, amount: str = "", role: str = "collector", **facts: Any
) -> Promise:
    actor = sales.chase.person(role)
    with sales.house.scope():
        return record_promise(
            customer=Customer.objects.get(pk=sales.customer.pk),
            due_lines=[line.pk],
            promised_date=DAY,
            amount=Decimal(amount) if amount else None,
            actor=actor,
            today=TODAY,
            now=NOW,
            source=PromiseSource.CALL,
            **{"sends_recap": True, **facts},
        )  # fmt: skip


def recaps(sales: Sales) -> list[SideMail]:
    with sales.house.scope():
        return list(SideMail.objects.filter(kind=SideMailKind.PROMISE_RECAP))


def test_the_recap_names_amount_invoice_and_day_and_leaves_once(
    sales: Sales, settings: Settings
) -> None:
    promise = promised(sales, sales.chase.line(sales.customer, 12), amount="400")
    with sales.house.scope():
        again = send_recap(
            promise=Promise.objects.get(),
            actor=sales.chase.person("collector"),
            today=TODAY,
            now=NOW,
        )
    assert not again
    sales.work()
    sales.work()
    ((_when, subject),) = sales.post.to("compta@c001.example")
    assert "400,00 €" in subject.replace("\u202f", " ").replace("\xa0", " ")
    (mail,) = recaps(sales)
    assert mail.state == SideMailState.SENT
    for words in ("F-00001", "6 novembre 2026", f"{settings.OTC_PORTAL_URL}/r/"):
        assert words in mail.text.replace("\xa0", " ")
        assert words in mail.html.replace("\xa0", " ")
    assert "cid:" not in mail.html
    assert mail.object_id == promise.pk


def test_it_speaks_the_language_of_its_reader(sales: Sales) -> None:
    with sales.house.scope():
        Contact.objects.update(language="en")
    promised(sales, sales.chase.line(sales.customer, 12))
    (mail,) = recaps(sales)
    assert "Thank you for your answer" in mail.text


def test_it_is_no_contact_of_the_chase(sales: Sales) -> None:
    promised(sales, sales.chase.line(sales.customer, 12))
    sales.chase.line(sales.customer, 20)
    sales.chase.plan()
    assert [each.state for each in sales.chase.reminders()] == ["planned"]
    assert "sent" in HEARD_STATES


@pytest.mark.parametrize("flag", ["is_opted_out", "is_undeliverable"])
def test_who_wants_no_mail_gets_none(sales: Sales, flag: str) -> None:
    with sales.house.scope():
        Contact.objects.update(**{flag: True})
    promised(sales, sales.chase.line(sales.customer, 12))
    assert recaps(sales) == []


def test_opting_out_before_it_leaves_stops_it(sales: Sales) -> None:
    promised(sales, sales.chase.line(sales.customer, 12))
    with sales.house.scope():
        Contact.objects.update(is_opted_out=True)
    sales.work()
    assert not sales.post.left
    assert recaps(sales)[0].state == SideMailState.DROPPED


def test_a_promise_taken_back_is_not_recapped(sales: Sales) -> None:
    promise = promised(sales, sales.chase.line(sales.customer, 12))
    with sales.house.scope():
        withdraw_promise(
            promise=promise, actor=sales.chase.person("collector"), today=TODAY, now=NOW
        )
    sales.work()
    assert not sales.post.left


def test_the_stop_button_keeps_it_in_the_house(sales: Sales) -> None:
    manager = sales.chase.person("credit_manager")
    promised(sales, sales.chase.line(sales.customer, 12))
    with sales.house.scope():
        stop_sending(actor=manager, reason="Test", now=NOW)
    sales.work()
    assert not sales.post.left
    with sales.house.scope():
        resume_sending(actor=manager, now=NOW)
    sales.work(NOW + timedelta(minutes=5))
    assert len(sales.post.left) == 1


def test_a_proposal_is_recapped_once_finance_agrees(sales: Sales) -> None:
    sales.chase.person("sales_rep")
    line = sales.chase.line(sales.customer, 12)
    promise = promised(sales, line, role="sales_rep", is_proposal=True)
    assert recaps(sales) == []
    with sales.house.scope():
        rule_promise(
            promise=promise, actor=sales.chase.person("credit_manager"), is_approved=True,
            today=TODAY, now=NOW,
        )  # fmt: skip
    assert len(recaps(sales)) == 1


def test_the_switch_is_on_until_the_tenant_turns_it_off(sales: Sales) -> None:
    with sales.house.scope():
        assert sends_recap()
        choose_recap(is_on=False, actor=sales.chase.person("credit_manager"))
        assert not sends_recap()


def test_an_unknown_outcome_is_not_sent_again_by_guessing(sales: Sales) -> None:
    promised(sales, sales.chase.line(sales.customer, 12))

    class Blind(Post):
        def was_accepted(self, message_id: str) -> bool | None:
            return None if message_id else False

    with sales.house.scope():
        SideMail.objects.update(state=SideMailState.SENDING, lease_until=NOW, attempt=1)
    sales.post = Blind(now=NOW + timedelta(minutes=5))
    sales.work()
    assert not sales.post.left
    assert recaps(sales)[0].state == SideMailState.FAILED
