"""The curve of recovery on the page of a scenario: from the tenant's own lines, honest about few of them."""

from datetime import timedelta
from decimal import Decimal
from types import SimpleNamespace

import pytest
from django.test import Client

from accounts.models import Tenant, User
from dunning.queries.recovery import EVERYBODY, recovery_by_segment
from dunning.rules.recovery import survival
from dunning.services.scenarios import ensure_ready_scenarios
from ledger.models import Allocation, Customer, DocumentKind, DueLine
from tests.cast import House
from tests.dunning.conftest import NOW, TODAY, Chase
from tests.dunning.test_scenario_pages import STANDARD, text

PAGE = f"{STANDARD}/recovery"


@pytest.fixture
def house_of_lines(chase: Chase, monkeypatch: pytest.MonkeyPatch) -> Chase:
    monkeypatch.setattr("kernel.http.timezone", SimpleNamespace(now=lambda: NOW))
    for role in ("credit_analyst", "collector"):
        chase.house.member(role)
    User.objects.update(language="en")
    with chase.house.scope():
        Tenant.objects.update(language="en", is_demo=True)
        ensure_ready_scenarios()
    return chase


def lines(
    chase: Chase,
    customer: Customer,
    count: int,
    *,
    due: int,
    paid_after: int | None,
    **fields: object,
) -> list[DueLine]:
    """Add lines due so many days ago, paid so many days after, or open."""
    made = [chase.line(customer, due, "100", **fields) for _ in range(count)]  # type: ignore[arg-type]
    if paid_after is not None:
        day = TODAY - timedelta(days=due) + timedelta(days=paid_after)
        with chase.house.scope():
            DueLine.objects.filter(pk__in=[one.pk for one in made]).update(
                is_open=False, open_amount=0, cleared_date=day
            )
    return made


def shares(chase: Chase, segment: str = EVERYBODY) -> list[Decimal | None]:
    with chase.house.scope():
        _currency, found = recovery_by_segment(today=TODAY)
    curve = survival(found[segment].amounts)
    return [curve.recovered(day) for day in (0, 30, 60)]


def test_lines_count_by_their_age_and_kind_of_customer(house_of_lines: Chase) -> None:
    chase = house_of_lines
    public = chase.customer("P001", is_public_buyer=True)
    lines(chase, chase.customer(), 2, due=100, paid_after=-5)
    lines(chase, public, 1, due=100, paid_after=30)
    lines(chase, public, 1, due=100, paid_after=None)
    assert shares(chase) == [Decimal("0.5"), Decimal("0.75"), Decimal("0.75")]
    assert shares(chase, "public_buyer") == [0, Decimal("0.5"), Decimal("0.5")]
    assert shares(chase, "company") == [1, 1, 1]


def test_what_is_not_due_is_old_or_was_credited_teaches_nothing(house_of_lines: Chase) -> None:
    chase = house_of_lines
    customer = chase.customer()
    lines(chase, customer, 1, due=100, paid_after=None)
    before = shares(chase)
    lines(chase, customer, 1, due=-1, paid_after=None)
    lines(chase, customer, 1, due=730, paid_after=10)
    (credited,) = lines(chase, customer, 1, due=100, paid_after=3)
    note = chase.line(customer, 97, "-100", kind=DocumentKind.CREDIT_NOTE)
    with chase.house.scope():
        Allocation.objects.create(
            debit_line=credited,
            credit_line=note,
            amount=100,
            effective_date=TODAY - timedelta(days=97),
        )
    assert shares(chase) == before == [0, 0, 0]


def test_a_settlement_of_tomorrow_is_not_known_today(house_of_lines: Chase) -> None:
    lines(house_of_lines, house_of_lines.customer(), 1, due=40, paid_after=41)
    assert shares(house_of_lines)[1] == 0


def test_the_page_suggests_where_pre_litigation_had_better_begin(house_of_lines: Chase) -> None:
    chase, customer = house_of_lines, house_of_lines.customer()
    lines(chase, customer, 30, due=300, paid_after=5)
    lines(chase, customer, 20, due=300, paid_after=58)
    lines(chase, customer, 31, due=300, paid_after=None)
    page = text(chase.house.client("credit_analyst").get(PAGE))
    assert (
        "After D+60 you have recovered 62%; of what is owed then, 0% comes within 30 days" in page
    )
    assert "(31 lines seen)" in page
    assert "Pre-litigation on D+50 is suggested, instead of D+45." in page
    assert "Show the data" in page
    assert '<th scope="col" class="num">D+60</th>' in page


def test_too_few_lines_are_said_to_be_too_few(house_of_lines: Chase) -> None:
    lines(house_of_lines, house_of_lines.customer(), 3, due=300, paid_after=None)
    page = text(house_of_lines.house.client("credit_analyst").get(PAGE))
    assert "3 lines were still open after thirty days, and at least 30 must be left" in page
    assert "is suggested" not in page


def test_nothing_due_shows_no_curve(house_of_lines: Chase) -> None:
    page = text(house_of_lines.house.client("credit_analyst").get(PAGE))
    assert "No invoice fell due" in page


def test_an_unknown_kind_shows_everybody(house_of_lines: Chase) -> None:
    lines(house_of_lines, house_of_lines.customer(), 1, due=30, paid_after=1)
    client: Client = house_of_lines.house.client("credit_analyst")
    assert client.get(PAGE, {"segment": "martians"}).status_code == 200
    assert "<html" not in text(client.get(PAGE, headers={"HX-Request": "true"}))


def test_collectors_and_strangers_do_not_see_it(house_of_lines: Chase, other_house: House) -> None:
    assert house_of_lines.house.client("collector").get(PAGE).status_code == 403
    assert other_house.client("credit_manager").get(PAGE).status_code == 404
