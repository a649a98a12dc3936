"""Guarantees, group limits and order checks through their pages: one enters, another lets it count."""

from datetime import date
from decimal import Decimal
from uuid import uuid4

from django.utils import timezone

from credit.models import GroupLimit, Guarantee, OrderPolicy
from credit.queries.exposure import exposure
from credit.queries.secured import guarantee_state
from kpis.queries.customer_list import CustomerView, customer_figures
from ledger.models import CustomerGroup
from ledger.queries.customers import CustomerFilter
from tests.cast import CustomerMaker, House
from tests.credit.asking import cast_of, terms
from tests.credit.test_exposure import Books
from tests.credit.test_order_checks import Desk, desk
from tests.credit.test_request_pages import charter_in_force

__all__ = ["desk"]

GUARANTEE = {
    "kind": "bank", "given_by": "Vexin Bank", "reference": "G-1", "amount": "12 000",
    "currency": "eur", "valid_from": "2026-01-01", "valid_until": "2030-12-31",
}  # fmt: skip


def test_a_guarantee_counts_once_another_accepted_it_and_until_it_is_given_back(
    house: House, make_customer: CustomerMaker
) -> None:
    analyst, manager = house.client("credit_analyst"), house.client("credit_manager")
    rep = house.client("sales_rep")
    with house.scope():
        customer = make_customer(house)
    page = f"/credit/guarantees/of/{customer.code}"
    assert rep.get(page).status_code == 404  # not his customer
    wrong = analyst.post(page, {**GUARANTEE, "valid_until": "2025-01-01"})
    assert wrong.status_code == 422
    assert analyst.post(page, {**GUARANTEE, "currency": "ZZZ"}).status_code == 422
    assert analyst.post(page, GUARANTEE).status_code == 302
    again = analyst.post(page, GUARANTEE)
    assert again.status_code == 422  # the same document
    with house.scope():
        row = Guarantee.objects.get()
        assert exposure(customer.pk, timezone.localdate()) == {}
    assert analyst.post(f"/credit/guarantees/{row.pk}/accept").status_code == 403
    assert manager.post(f"/credit/guarantees/{row.pk}/accept").status_code == 302
    with house.scope():
        assert exposure(customer.pk, timezone.localdate())["EUR"].amount == -12_000
    assert manager.post(f"/credit/guarantees/{row.pk}/release", {}).status_code == 422
    assert (
        manager.post(f"/credit/guarantees/{row.pk}/release", {"reason": "Replaced"}).status_code
        == 302
    )
    assert "Replaced" in manager.get(page).content.decode()
    with house.scope():
        assert exposure(customer.pk, timezone.localdate()).get("EUR") is None


def test_a_guarantee_says_where_it_stands_on_each_day() -> None:
    row = Guarantee(tenant_id=uuid4(), valid_from=date(2026, 1, 1), valid_until=date(2026, 6, 30))
    assert guarantee_state(row, date(2026, 3, 1)) == "waiting"
    row.accepted_by_id = row.pk
    states = [
        guarantee_state(row, day)
        for day in (date(2025, 12, 31), date(2026, 1, 1), date(2026, 5, 31), date(2026, 6, 30))
    ]
    assert states == ["to_come", "counts", "ends_soon", "ends_soon"]
    assert guarantee_state(row, date(2026, 7, 1)) == "ended"
    row.released_date = date(2026, 3, 1)
    assert guarantee_state(row, date(2026, 3, 1)) == "released"


def test_a_groups_limit_and_the_order_policy_take_two_people(
    house: House, make_customer: CustomerMaker
) -> None:
    manager = house.client("credit_manager")
    cast = cast_of(house)
    with house.scope():
        group = CustomerGroup.objects.create(code="G1", name="Groupe")
        make_customer(house, group=group)
    asked = {"amount": "90 000", "currency": "EUR", "valid_from": "2026-01-01", "reason": "Two"}
    assert manager.post(f"/credit/groups/{group.pk}", asked).status_code == 302
    with house.scope():
        limit = GroupLimit.objects.get()
    refused = manager.post(f"/credit/group-limits/{limit.pk}/grant")
    assert (refused.status_code, "S7" in refused.content.decode()) == (422, True)
    analyst = house.client("credit_analyst")
    policy = {"stage": "delivery", "beyond": "review", "notice_days": "5", "tells_customer": "on"}
    assert analyst.post("/credit/order-checks", {**policy, "notice_days": "31"}).status_code == 422
    assert analyst.post("/credit/order-checks", policy).status_code == 302
    with house.scope():
        row = OrderPolicy.objects.get()
    assert analyst.post(f"/credit/order-checks/{row.pk}/approve").status_code == 403
    assert manager.post(f"/credit/order-checks/{row.pk}/approve").status_code == 302
    assert house.client("sales_rep").get("/credit/order-checks").status_code == 403
    with house.scope():
        row.refresh_from_db()
        assert row.approved_by_id == cast.manager.membership_id


def test_the_list_of_customers_counts_the_whole_exposure_against_the_limit(
    desk: Desk, make_customer: CustomerMaker
) -> None:
    books = desk.books
    books.limit("1000")
    books.document("FA1", "400")
    books.order("O1", "900", delivered="300")
    books.guarantee("100")
    other = make_customer(books.house, "C002", "Autre")
    Books(books.house, books.manager, books.accountant, other).limit("500")
    books.order("O2", "600", customer=other)

    def used(view: CustomerView, sort: str) -> dict[str, Decimal | None]:
        rows = customer_figures(
            CustomerFilter(), view, actor=desk.manager, today=date(2026, 11, 17), sort=sort
        ).page.rows
        return {row.code: row.used for row in rows}

    everybody = {"C002": Decimal("1.2"), "C001": Decimal("1.2")}
    for view, sort in (
        (CustomerView.ALL, "code"),
        (CustomerView.ALL, "-used"),
        (CustomerView.OVER_LIMIT, "name"),
    ):
        assert used(view, sort) == everybody, (view, sort)


def test_the_charter_is_quoted_while_the_form_is_filled_and_without_a_script(
    house: House,
) -> None:
    rep = house.client("sales_rep")
    cast = cast_of(house)
    with house.scope():
        charter_in_force(cast)
        late, fine = terms("75", 75, "net").pk, terms("30", 30, "net").pk
    typed = {"kind": "opening", "asked_amount": "80 000", "currency": "EUR", "country": "FR"}
    live = rep.post("/credit/requests/quote", {**typed, "asked_terms": str(late)})
    assert "charte" in live.content.decode().lower()
    assert "is-late" in live.content.decode()
    clean = rep.post("/credit/requests/quote", {**typed, "asked_terms": str(fine)})
    assert "is-late" not in clean.content.decode()
    assert rep.post("/credit/requests/quote", {"asked_amount": "x'"}).status_code == 200
    bound = rep.post("/credit/requests/new", {**typed, "asked_terms": str(late)})
    assert bound.status_code == 422  # the name is missing, and the article is quoted beside
    assert "is-late" in bound.content.decode()
