"""Pages of exposure, holds and the queues ahead: they work, refuse, and show nothing of others."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import AuditEvent
from credit.models import Hold, HoldRelease
from credit.queries.exposure import exposure_parts
from credit.queries.exposure_list import ExposureView, Filter, exposure_list, heat_table
from credit.services import holds
from ledger.models import Customer, OrderStage
from tests.cast import CustomerMaker, House
from tests.credit.test_exposure import Books
from tests.credit.test_order_checks import Desk, desk

__all__ = ["desk"]


def test_the_list_says_what_the_customers_own_figures_say(
    desk: Desk, make_customer: CustomerMaker
) -> None:
    books = desk.books
    books.limit("1000")
    books.document("FA1", "700")
    books.order("O1", "500", delivered="120", invoiced="20")
    books.guarantee("50")
    rich = make_customer(books.house, "C002", "Autre")
    books.order("O2", "5000", customer=rich)
    day = date(2026, 11, 17)
    rows = exposure_list(Filter(), actor=desk.manager, day=day).rows
    assert [row.code for row in rows] == ["C001", "C002"]  # over the limit comes first
    parts = exposure_parts([row.id for row in rows], day)
    assert {row.id: row.parts for row in rows} == {
        ident: one["EUR"] for ident, one in parts.items()
    }
    assert rows[0].left is not None
    assert rows[0].left.amount == Decimal(-130)
    heat = heat_table(actor=desk.manager, day=day)
    assert [grade for grade, _cells in heat] == ["–"]
    assert sum((cell.amount.amount for cell in heat[0][1]), start=Decimal(0)) == 6130


def test_the_list_costs_the_same_for_one_customer_and_for_many(
    desk: Desk, make_customer: CustomerMaker
) -> None:
    counts = []
    for many in (1, 30):
        for number in range(many):
            customer = make_customer(desk.books.house, f"P{many}-{number}", "Client")
            desk.books.order(f"O-{customer.code}", "10", customer=customer)
        with CaptureQueriesContext(connection) as asked:
            exposure_list(Filter(), actor=desk.manager, day=date(2026, 11, 17), page=None)
        counts.append(len(asked))
    assert counts == [3, 3]  # the page, how many there are, the insurance policies in force


@pytest.mark.parametrize("view", list(ExposureView))
def test_every_view_of_the_list_answers(house: House, view: ExposureView) -> None:
    client = house.client("credit_manager")
    for query in (
        f"?view={view.value}",
        "?grade=A&segment=public&q=%27",
        "?page=9999999999",
        "?page=x",
    ):
        assert client.get(f"/credit/limits{query}").status_code == 200
    exported = client.get(f"/credit/limits?view={view.value}&format=csv")
    assert exported.headers["Content-Type"].startswith("text/csv")


@pytest.mark.parametrize("path", ["/credit/limits", "/credit/ahead"])
def test_who_sees_no_opinions_sees_no_exposure(house: House, path: str) -> None:
    assert house.client("sales_rep").get(path).status_code == 403
    assert house.client("tenant_admin").get(path).status_code == 403


def test_the_queues_name_what_can_still_be_prevented(
    house: House, make_customer: CustomerMaker
) -> None:
    client, analyst = house.client("credit_manager"), house.actor("credit_analyst")
    manager = house.actor("credit_manager")
    with house.scope():
        books = Books(house, manager, analyst, make_customer(house, risk_class="D"))
        books.order("88214", "100", OrderStage.ORDER)
        books.document("FA-SOON", "40", day=timezone.now().date())
    page = client.get("/credit/ahead").content.decode()
    assert "88214" in page  # no terms were agreed


def test_a_release_is_asked_for_and_granted_by_two_people(
    house: House, make_customer: CustomerMaker
) -> None:
    rep, manager = house.client("sales_rep"), house.client("credit_manager")
    actor = house.actor("credit_manager")
    with house.scope():
        customer = make_customer(house, sales_rep_id=house.member_known("sales_rep"))
        hold = holds.place_hold(
            holds.Wanted(customer, "Silence", falls_on=timezone.now().date()),
            actor=actor,
            now=timezone.now(),
            today=timezone.now().date(),
        )
    asked = rep.post(
        f"/credit/holds/{hold.pk}/release",
        {"reason": "Paid tomorrow", "until": str(timezone.now().date() + timedelta(days=5))},
    )
    assert asked.status_code == 302, asked.content
    with house.scope():
        release = HoldRelease.objects.get()
    assert "Paid tomorrow" in manager.get("/credit/holds").content.decode()
    assert rep.post(f"/credit/releases/{release.pk}", {"outcome": "grant"}).status_code == 403
    assert manager.post(f"/credit/releases/{release.pk}", {"outcome": "grant"}).status_code == 302
    again = manager.post(f"/credit/releases/{release.pk}", {"outcome": "grant"})
    assert again.status_code == 422
    with house.scope():
        assert Hold.objects.get().state == "released"
        assert AuditEvent.objects.filter(action="credit.grant_release").count() == 1


@pytest.mark.parametrize(
    "typed", [{}, {"reason": "x"}, {"reason": "x", "until": "yesterday"}, {"until": "2020-01-01"}]
)
def test_a_release_typed_wrong_is_refused_in_words(
    house: House, make_customer: CustomerMaker, typed: dict[str, str]
) -> None:
    client, actor = house.client("sales_director"), house.actor("credit_manager")
    with house.scope():
        customer = make_customer(house)
        Customer.objects.update(sales_rep=house.member_known("sales_director"))
        hold = holds.place_hold(
            holds.Wanted(customer, "Silence"),
            actor=actor,
            now=timezone.now(),
            today=timezone.now().date(),
        )
    assert client.post(f"/credit/holds/{hold.pk}/release", typed).status_code == 422


def test_the_other_tenant_sees_no_hold(
    house: House, other_house: House, make_customer: CustomerMaker
) -> None:
    actor, theirs = house.actor("credit_manager"), other_house.client("credit_manager")
    with house.scope():
        hold = holds.place_hold(
            holds.Wanted(make_customer(house), "Secret reason"),
            actor=actor,
            now=timezone.now(),
            today=timezone.now().date(),
        )
    assert "Secret reason" not in theirs.get("/credit/holds").content.decode()
    assert theirs.post(f"/credit/holds/{hold.pk}/confirm").status_code == 404
