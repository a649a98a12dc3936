"""The causes of non-payment: counted in a period and portfolio, the unsaid against its aim, the contacts behind."""

from datetime import date, timedelta
from types import SimpleNamespace

import pytest
from django.test import Client

from accounts.models import Scope, ScopeKind, Tenant, User
from dunning.models import Cause, ContactReport
from ledger.models import Customer
from tests.cast import House
from tests.dunning.conftest import NOW, TODAY, Chase
from tests.dunning.test_scenario_pages import text

PAGE = "/agenda/causes"


@pytest.fixture
def collector(chase: Chase, monkeypatch: pytest.MonkeyPatch) -> Client:
    monkeypatch.setattr("kernel.http.timezone", SimpleNamespace(now=lambda: NOW))
    for role in ("credit_manager", "sales_rep"):
        chase.house.member(role)
    User.objects.update(language="en")
    with chase.house.scope():
        Tenant.objects.update(language="en")
    return chase.house.client("credit_manager")


def report(
    chase: Chase, customer: Customer, cause: str, day: date = TODAY, words: str = ""
) -> None:
    with chase.house.scope():
        ContactReport.objects.create(
            customer=customer,
            channel="call",
            outcome="keep_asking",
            has_reached=bool(cause),
            cause=cause,
            words=words,
            report_date=day,
            reported_at=NOW,
        )


def test_causes_are_counted_with_their_share_and_lead_to_the_contacts(
    chase: Chase, collector: Client
) -> None:
    customer = chase.customer()
    for _number in range(3):
        report(chase, customer, Cause.CASH_SHORTAGE)
    report(chase, customer, Cause.UNKNOWN, words="hung up")
    report(chase, customer, "")
    page = text(collector.get(PAGE))
    assert "Not said: 25%; the aim is below 10%" in page
    assert "?days=90&amp;portfolio=%2F&amp;cause=cash_shortage" in page
    behind = text(collector.get(PAGE, {"cause": "unknown"}))
    assert "hung up" in behind
    assert behind.count('<a class="name" href="/customers/C001">') == 1


def test_the_period_ends_today_and_begins_so_many_days_before(
    chase: Chase, collector: Client
) -> None:
    customer = chase.customer()
    report(chase, customer, Cause.PRICE, TODAY - timedelta(days=29), "in the month")
    report(chase, customer, Cause.PRICE, TODAY - timedelta(days=30), "too old")
    page = text(collector.get(PAGE, {"days": "30"}))
    assert "in the month" in page
    assert "too old" not in page
    assert "too old" in text(collector.get(PAGE, {"days": "90"}))


def test_a_portfolio_shows_its_own_customers(chase: Chase, collector: Client) -> None:
    with chase.house.scope():
        north = Scope.objects.create(
            parent=Scope.objects.get(path="/"),
            kind=ScopeKind.PORTFOLIO,
            code="NORTH",
            name="North",
            path="/NORTH/",
        )
    northern = chase.customer("C001")
    with chase.house.scope():
        Customer.objects.filter(pk=northern.pk).update(portfolio=north)
    report(chase, northern, Cause.PRICE, words="of the north")
    report(chase, chase.customer("C002"), Cause.PRICE, words="of the rest")
    page = text(collector.get(PAGE, {"portfolio": "/NORTH/"}))
    assert "of the north" in page
    assert "of the rest" not in page


@pytest.mark.parametrize(
    "asked", [{"days": "9999"}, {"days": "²"}, {"portfolio": "/x/"}, {"cause": "x"}, {"page": "-1"}]
)
def test_an_address_that_makes_no_sense_shows_the_usual(
    chase: Chase, collector: Client, asked: dict[str, str]
) -> None:
    report(chase, chase.customer(), Cause.PRICE, words="in the month")
    assert "in the month" in text(collector.get(PAGE, asked))


def test_nobody_reached_is_said(collector: Client) -> None:
    assert "Nobody was reached in this time" in text(collector.get(PAGE))


def test_sales_are_refused_and_strangers_see_nothing(
    chase: Chase, collector: Client, other_house: House
) -> None:
    report(chase, chase.customer(), Cause.PRICE, words="Too dear by far")
    assert chase.house.client("sales_rep").get(PAGE).status_code == 403
    assert "Too dear by far" not in text(other_house.client("credit_manager").get(PAGE))
