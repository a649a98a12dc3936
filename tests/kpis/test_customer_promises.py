"""The promises of a customer on his page: what may be taken down, by whom, and what a refusal says."""

from datetime import date, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import User
from dunning.models import Pause, PaymentPlan, Promise
from dunning.rules.promises import Rhythm, equal_instalments
from kernel.permissions import system_actor
from ledger.models import Customer, DueLine
from tests.cast import CustomerMaker, House
from tests.ledger.books import Books

pytestmark = pytest.mark.django_db

TODAY = timezone.localdate(timezone=ZoneInfo("Europe/Paris"))  # a page knows its own day
FRIDAY = TODAY + timedelta(days=7)


@pytest.fixture
def debtor(house: House, make_customer: CustomerMaker) -> Customer:
    manager, rep = house.member("credit_manager"), house.member("sales_rep")
    collector = house.member("collector")
    assert manager
    User.objects.update(language="en")
    with house.scope():
        customer = make_customer(house, code="L1", name="Lent et Fils")
        Customer.objects.filter(pk=customer.pk).update(sales_rep=rep, collector=collector)
        books = Books(house, system_actor(house.tenant_id))
        books.invoice(
            customer, "F-1", TODAY - timedelta(days=60), "1000", TODAY - timedelta(days=9)
        )
        books.invoice(customer, "F-2", TODAY - timedelta(days=50), "500", TODAY - timedelta(days=3))
    return customer


def lines_of(house: House, customer: Customer) -> list[str]:
    with house.scope():
        return [
            str(pk)
            for pk in DueLine.objects.filter(customer=customer)
            .order_by("due_date")
            .values_list("pk", flat=True)
        ]


def promise(client: Client, customer: Customer, lines: list[str], **more: Any) -> HttpResponse:
    return client.post(  # type: ignore[return-value]
        reverse("record_promise", args=[customer.pk]),
        {
            "due_lines": lines,
            "promised_date": FRIDAY.isoformat(),
            "amount": "",
            "source": "call",
            **more,
        },
    )


def page(client: Client, customer: Customer) -> str:
    return client.get(
        reverse("customer", args=[customer.code]), {"tab": "promises"}
    ).content.decode()


def test_a_collector_takes_a_promise_down_and_the_page_shows_it(
    house: House, debtor: Customer
) -> None:
    client = house.client("collector")
    answer = promise(client, debtor, lines_of(house, debtor)[:1], words="After the fair")
    assert answer.status_code == 302
    shown = page(client, debtor)
    assert "Expected" in shown
    assert "After the fair" in shown
    with house.scope():
        assert Promise.objects.get().amount == Decimal(1000)
        assert Pause.objects.get().exclusion == "promised"


def test_what_sales_are_told_waits_for_a_colleague_and_pauses_for_two_working_days(
    house: House, debtor: Customer
) -> None:
    rep, manager = house.client("sales_rep"), house.client("credit_manager")
    assert promise(rep, debtor, lines_of(house, debtor)[:1], source="sales").status_code == 302
    with house.scope():
        made, held = Promise.objects.get(), Pause.objects.get()
        assert (made.ruling, held.exclusion) == ("pending", "promised")
        assert held.until_date is not None
        assert held.until_date < made.promised_date
    assert (
        rep.post(
            reverse("rule_promise", args=[debtor.pk, made.pk]), {"ruling": "approved"}
        ).status_code
        == 403
    )
    manager.post(reverse("rule_promise", args=[debtor.pk, made.pk]), {"ruling": "approved"})
    with house.scope():
        made.refresh_from_db()
        in_force = Pause.objects.in_force(TODAY).get()
        assert (made.ruling, in_force.until_date) == ("approved", made.deadline)


def test_a_promise_too_far_off_is_refused_with_what_was_typed(
    house: House, debtor: Customer
) -> None:
    far = (TODAY + timedelta(days=31)).isoformat()
    answer = promise(
        house.client("collector"),
        debtor,
        lines_of(house, debtor)[:1],
        promised_date=far,
        words="Soon",
    )
    assert answer.status_code == 422
    text = answer.content.decode()
    assert "propose a payment plan" in text
    assert far in text
    assert "Soon" in text


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ({"amount": "1000.01"}, "too much"),
        ({"amount": "rather a lot"}, "rather a lot"),
        ({"promised_date": "tomorrow"}, "no day"),
        ({"promised_date": ""}, "Choose the day"),
        ({"due_lines": []}, "at least one"),
    ],
)
def test_bad_input_is_refused_in_words_and_keeps_nothing(
    house: House, debtor: Customer, typed: dict[str, Any], words: str
) -> None:
    lines = typed.pop("due_lines", lines_of(house, debtor)[:1])
    answer = promise(house.client("collector"), debtor, lines, **typed)
    assert answer.status_code == 422
    assert words in answer.content.decode()
    with house.scope():
        assert not Promise.objects.exists()


def test_a_promise_is_taken_back_from_the_page(house: House, debtor: Customer) -> None:
    client = house.client("collector")
    promise(client, debtor, lines_of(house, debtor))
    with house.scope():
        made = Promise.objects.get()
    client.post(reverse("withdraw_promise", args=[debtor.pk, made.pk]))
    assert "Taken back" in page(client, debtor)
    with house.scope():
        assert not Pause.objects.in_force(TODAY).exists()


def plan(client: Client, customer: Customer, lines: list[str], **more: Any) -> HttpResponse:
    typed = {
        "due_lines": lines,
        "number": "3",
        "first_date": FRIDAY.isoformat(),
        "rhythm": "month",
        "reason": "Short of cash until the fair",
    }
    return client.post(  # type: ignore[return-value]
        reverse("propose_plan", args=[customer.pk]), {**typed, **more}
    )


def test_a_plan_is_proposed_by_one_person_and_agreed_by_another(
    house: House, debtor: Customer
) -> None:
    collector, manager = house.client("collector"), house.client("credit_manager")
    assert plan(collector, debtor, lines_of(house, debtor)).status_code == 302
    with house.scope():
        made = PaymentPlan.objects.get()
        assert [each.amount for each in made.instalments.all()] == [Decimal(500)] * 3
    url = reverse("rule_plan", args=[debtor.pk, made.pk])
    assert collector.post(url, {"ruling": "approved"}).status_code == 403
    assert "To be agreed" in page(manager, debtor)
    manager.post(url, {"ruling": "approved"})
    assert "Running" in page(manager, debtor)
    with house.scope():
        assert Pause.objects.in_force(TODAY).count() == 2
    off = reverse("call_off_plan", args=[debtor.pk, made.pk])
    assert manager.post(off, {"reason": ""}).status_code == 422
    manager.post(off, {"reason": "Paid otherwise"})
    with house.scope():
        assert not Pause.objects.in_force(TODAY).exists()


def test_who_proposed_a_plan_is_told_why_he_cannot_agree_to_it(
    house: House, debtor: Customer
) -> None:
    manager = house.client("credit_manager")
    plan(manager, debtor, lines_of(house, debtor))
    with house.scope():
        made = PaymentPlan.objects.get()
    answer = manager.post(reverse("rule_plan", args=[debtor.pk, made.pk]), {"ruling": "approved"})
    assert answer.status_code == 422
    assert "S1" in answer.content.decode()


def test_a_plan_that_begins_too_late_is_refused_in_words(house: House, debtor: Customer) -> None:
    far = (TODAY + timedelta(days=45)).isoformat()
    answer = plan(house.client("collector"), debtor, lines_of(house, debtor), first_date=far)
    assert answer.status_code == 422
    assert "first instalment" in answer.content.decode()


def test_the_next_tenant_finds_nothing(house: House, other_house: House, debtor: Customer) -> None:
    stranger = other_house.client("credit_manager")
    assert promise(stranger, debtor, lines_of(house, debtor)).status_code == 404
    assert plan(stranger, debtor, lines_of(house, debtor)).status_code == 404


def test_a_director_reads_and_changes_nothing(house: House, debtor: Customer) -> None:
    director = house.client("executive")
    assert "Take a promise down" not in page(director, debtor)
    assert promise(director, debtor, lines_of(house, debtor)).status_code == 403


def test_instalments_sum_to_the_total_to_the_cent() -> None:
    end_of_month = date(2026, 8, 31)
    for total in ("100", "0.05", "1234.57"):
        found = equal_instalments(
            Decimal(total), number=3, first_date=end_of_month, rhythm=Rhythm.MONTH
        )
        assert sum(each.amount for each in found) == Decimal(total)
        assert [(each.due_date.month, each.due_date.day) for each in found] == [
            (8, 31),
            (9, 30),
            (10, 31),
        ]
