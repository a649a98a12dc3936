"""The home page and the pages of indicators."""

from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest

from dunning.models import Reminder
from dunning.rules.steps import Mode
from kernel.money import Money
from kernel.permissions import system_actor
from kernel.tenancy import tenant_scope
from kpis import words
from kpis.queries import FigureScope, scope_indicators
from kpis.views import home
from ledger.models import Customer, DocumentKind, Entity
from ledger.services import NewDocument, NewLine, record_document
from tests.cast import CustomerMaker, House
from tests.dunning.conftest import Chase

TODAY = date.today()  # noqa: DTZ011  a page shows the day it is asked on


@pytest.fixture
def ledger(house: House, make_customer: CustomerMaker) -> None:
    """Record two late invoices and one to come for one customer."""
    with house.scope():
        customer = make_customer(house)
        for number, due, amount in (
            ("F-1", 2025, "1000.00"),
            ("F-2", 2025, "234.50"),
            ("F-3", 2099, "500.00"),
        ):
            record_document(
                NewDocument(
                    entity=Entity.objects.get(),
                    customer=customer,
                    kind=DocumentKind.INVOICE,
                    number=number,
                    issue_date=date(2025, 1, 2),
                    amount=Money(Decimal(amount), "EUR"),
                    lines=(NewLine(date(due, 2, 1), Decimal(amount)),),
                ),
                actor=system_actor(house.tenant_id),
                today=TODAY,
            )


def test_without_documents_home_shows_the_way_to_the_first_figure(house: House) -> None:
    page = house.client("credit_manager").get("/home")
    assert page.status_code == 200
    assert "/imports" in page.content.decode()


def test_home_shows_the_figures_and_leads_to_their_items(house: House, ledger: None) -> None:
    page = house.client("credit_manager").get("/home").content.decode()
    assert "1 235" in page.replace("\u202f", " ") or "1,235" in page
    assert "/items?state=overdue" in page


@pytest.mark.parametrize("slug", sorted(words.BY_SLUG))
def test_every_indicator_has_a_page_with_its_calculation(
    house: House, ledger: None, slug: str
) -> None:
    page = house.client("executive").get(f"/kpi/{slug}")
    assert page.status_code == 200
    assert "calc card" in page.content.decode()


def test_the_columns_of_the_page_are_the_sums_of_their_items(house: House, ledger: None) -> None:
    client = house.client("credit_manager")
    with house.scope():
        found = scope_indicators(FigureScope(as_of=TODAY))
    for bucket, column in found.ageing.items():
        if not column.value:
            continue
        page = client.get("/kpi/overdue")
        from kpis.presenting import items_url  # noqa: PLC0415

        query = parse_qs(urlsplit(items_url(bucket, {})).query)
        items = client.get("/items", {name: values[0] for name, values in query.items()})
        (total,) = items.context["found"].totals
        assert total.open_amount.amount == column.value
        assert page.status_code == 200


def test_an_unknown_indicator_or_node_is_not_found(house: House, ledger: None) -> None:
    client = house.client("executive")
    assert client.get("/kpi/nonsense").status_code == 404
    assert client.get("/kpi/dso?scope=/NOWHERE/").status_code == 404


def test_who_may_not_see_the_tenants_figures_is_refused(house: House, ledger: None) -> None:
    assert house.client("collector").get("/kpi/dso").status_code == 403


def test_a_sales_reps_home_counts_his_own_customers_alone(house: House, ledger: None) -> None:
    rep = house.client("sales_rep")
    assert "1 235" not in rep.get("/home").content.decode().replace("\u202f", " ")
    with house.scope():
        Customer.objects.update(sales_rep=house.member_known("sales_rep"))
    assert "1 235" in rep.get("/home").content.decode().replace("\u202f", " ").replace(",", " ")


def test_another_tenant_sees_none_of_it(house: House, other_house: House, ledger: None) -> None:
    page = other_house.client("credit_manager").get("/kpi/receivables").content.decode()
    assert "Client Fictif" not in page
    with tenant_scope(other_house.tenant_id):
        assert scope_indicators(FigureScope(as_of=TODAY))["receivables"].value == 0


@pytest.fixture
def chase(house: House, make_customer: CustomerMaker) -> Chase:
    """Return a house that has been at it for years."""
    chase = Chase(house, make_customer)
    chase.settle_in()
    return chase


def test_home_lists_what_waits_for_a_person_and_not_what_leaves_by_itself(
    house: House, chase: Chase
) -> None:
    now = datetime.now(UTC)
    chase.line(chase.customer("C001"), 22, "900", today=TODAY)  # a call
    chase.line(chase.customer("C002"), 4, "800", today=TODAY)  # a courteous e-mail, by itself
    chase.plan(TODAY, now=now)
    with house.scope():
        Reminder.objects.filter(customer__code="C002").update(mode=Mode.AUTO)
    (task,) = house.client("credit_manager").get("/home").context["to_do"]
    assert task["customer"] == "Client C001"
    assert task["icon"] == "phone"


def test_home_says_how_much_became_overdue_this_week(house: House, chase: Chase) -> None:
    customer = chase.customer()
    for days_late in (0, 1, 7, 8):
        chase.line(customer, days_late, "100", today=TODAY)
    assert house.client("credit_manager").get("/home").context["newly_due"].startswith("2 ")


def test_the_home_view_asks_queries_and_no_table_itself() -> None:
    source = Path(home.__file__).read_text(encoding="utf-8")
    assert ".objects" not in source
