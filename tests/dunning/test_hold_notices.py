"""Before a customer's hold falls he reads of it, once, where the policy says so, and not when it is lifted (R55)."""

from datetime import timedelta

import pytest

from credit.models import Hold, HoldOrigin, HoldState, OrderPolicy
from dunning.models import SideMail, SideMailKind, SideMailState
from dunning.services.hold_notices import warn_customers
from ledger.models import Contact, TimelineEntry
from tests.credit.asking import ident
from tests.dunning.conftest import NOW, TODAY, Chase
from tests.dunning.test_sales_notices import Sales

DAY = timedelta(days=1)


@pytest.fixture
def sales(chase: Chase) -> Sales:
    chase.person("collector")
    chase.person("credit_manager")
    return Sales(chase, chase.customer())


def announced(sales: Sales, *, in_days: int = 3, tells: bool = True) -> Hold:
    manager = ident(sales.chase.person("credit_manager"))
    writer = ident(sales.chase.person("collector"))
    with sales.house.scope():
        OrderPolicy.objects.create(
            stage="order",
            beyond="no",
            tells_customer=tells,
            written_by_id=writer,
            written_at=NOW,
            approved_by_id=manager,
            approved_at=NOW,
        )
        return Hold.objects.create(
            customer=sales.customer,
            origin=HoldOrigin.PERSON,
            state=HoldState.ANNOUNCED,
            reason="Two promises broken",
            falls_on=TODAY + in_days * DAY,
            placed_by_id=manager,
            placed_at=NOW,
            created_at=NOW,
        )


def notices(sales: Sales) -> list[SideMail]:
    with sales.house.scope():
        return list(SideMail.objects.filter(kind=SideMailKind.HOLD))


def test_the_customer_reads_of_his_hold_three_days_before_and_once(sales: Sales) -> None:
    hold = announced(sales)
    sales.work()
    sales.work()
    ((_when, subject),) = sales.post.to("compta@c001.example")
    (mail,) = notices(sales)
    assert mail.state == SideMailState.SENT
    assert (
        f"{hold.falls_on.day} " in subject.replace("\xa0", " ")
        or f"{hold.falls_on:%d/%m/%Y}" in subject
    )
    assert "livraisons" in mail.text
    assert "promises" not in mail.text  # why is the house's own
    with sales.house.scope():
        assert TimelineEntry.objects.filter(text_code="dunning.hold_notice_sent").count() == 1


@pytest.mark.parametrize("case", ["too_early", "not_told", "opted_out", "an_order"])
def test_who_need_not_read_of_it_does_not(sales: Sales, case: str) -> None:
    hold = announced(sales, in_days=4 if case == "too_early" else 3, tells=case != "not_told")
    with sales.house.scope():
        if case == "opted_out":
            Contact.objects.update(is_opted_out=True)
        if case == "an_order":
            Hold.objects.filter(pk=hold.pk).update(
                order_number="88214", entity_id=sales.house.entity_id
            )
    sales.work()
    assert notices(sales) == []


def test_a_hold_that_is_released_before_the_mail_leaves_is_not_told(sales: Sales) -> None:
    hold = announced(sales)
    with sales.house.scope():
        warn_customers(today=TODAY, now=NOW)
        Hold.objects.filter(pk=hold.pk).update(state=HoldState.LIFTED, ended_at=NOW)
    sales.work()
    assert not sales.post.left
    assert notices(sales)[0].state == SideMailState.DROPPED
