from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from hypothesis import given
from hypothesis import strategies as st

from accounts.models import Membership
from credit.models import GroupLimit, Guarantee, GuaranteeKind
from credit.queries import exposure, headroom
from credit.queries.exposure import customer_exposure, exposure_by_entity, exposure_parts
from credit.rules.exposure import Parts, in_currency, together
from credit.services.limits import AskedLimit, grant_limit
from kernel.money import Money
from kernel.permissions import Actor
from ledger.models import (
    Customer,
    CustomerGroup,
    DocumentKind,
    Entity,
    OrderStage,
    OrderState,
    Perimeter,
)
from ledger.rules.orders import Stage, Standing
from ledger.services import NewDocument, record_document, record_exchange_rate
from ledger.services.orders import NewOrder, OrderRefused, take_in_order
from tests.cast import CustomerMaker, House
from tests.credit.asking import ident

TODAY = date(2026, 11, 17)
NOW = datetime(2026, 11, 17, 9, 0, tzinfo=UTC)


def euros(amount: str) -> Money:
    return Money(Decimal(amount), "EUR")


@dataclass
class Books:
    house: House
    manager: Actor
    accountant: Actor
    customer: Customer

    @property
    def entity(self) -> Entity:
        return Entity.objects.get(pk=self.house.entity_id)

    def document(
        self,
        number: str,
        amount: str,
        *,
        kind: DocumentKind = DocumentKind.INVOICE,
        perimeter: Perimeter = Perimeter.OPERATIONAL,
        day: date = TODAY,
    ) -> None:
        record_document(
            NewDocument(
                self.entity,
                self.customer,
                kind,
                number,
                day,
                Money(Decimal(amount), "EUR"),
                perimeter=perimeter,
            ),
            actor=self.accountant,
            today=TODAY,
        )

    def order(
        self,
        number: str,
        amount: str,
        stage: OrderStage = OrderStage.ORDER,
        *,
        delivered: str | None = None,
        invoiced: str | None = None,
        currency: str = "EUR",
        as_of: date = TODAY,
        customer: Customer | None = None,
    ) -> bool:
        _order, is_changed = take_in_order(
            NewOrder(
                self.entity,
                customer or self.customer,
                number,
                as_of,
                Money(Decimal(amount), currency),
                stage,
                as_of,
                delivered=None if delivered is None else Decimal(delivered),
                invoiced=None if invoiced is None else Decimal(invoiced),
            ),
            actor=self.accountant,
            now=NOW,
            today=TODAY,
        )
        return is_changed

    def guarantee(
        self, amount: str, kind: GuaranteeKind = GuaranteeKind.BANK, **more: object
    ) -> Guarantee:
        values: dict[str, object] = {
            "customer": self.customer,
            "kind": kind,
            "amount": Decimal(amount),
            "currency": "EUR",
            "valid_from": TODAY - timedelta(days=30),
            "given_by": "Banque Fictive",
            "reference": f"G-{amount}-{kind}",
            "entered_by_id": self.accountant.membership_id,
            "entered_at": NOW,
            "accepted_by_id": self.manager.membership_id,
            "accepted_date": TODAY - timedelta(days=30),
        }
        return Guarantee.objects.create(**{**values, **more})

    def limit(self, amount: str, currency: str = "EUR") -> None:
        grant_limit(
            AskedLimit(
                self.customer, Money(Decimal(amount), currency), TODAY - timedelta(days=60), "test"
            ),
            requested_by=Membership.objects.get(pk=ident(self.accountant)),
            actor=self.manager,
            today=TODAY,
        )


@pytest.fixture
def books(house: House, make_customer: CustomerMaker) -> Iterator[Books]:
    manager, accountant = house.actor("credit_manager"), house.actor("credit_analyst")
    with house.scope():
        yield Books(house, manager, accountant, make_customer(house))


def test_exposure_is_open_items_deliveries_and_orders_less_deposits_and_guarantees(
    books: Books,
) -> None:
    books.document("FA1", "1000")
    books.document("PAY1", "-200", kind=DocumentKind.PAYMENT)
    books.document("DEP1", "-50", kind=DocumentKind.PAYMENT, perimeter=Perimeter.DEPOSIT)
    books.order("O1", "500", delivered="120", invoiced="20")
    books.guarantee("300")
    books.guarantee("30", GuaranteeKind.DEPOSIT)
    assert exposure_parts([books.customer.pk], TODAY)[books.customer.pk]["EUR"] == Parts(
        invoiced=Decimal(800),
        delivered=Decimal(100),
        ordered=Decimal(380),
        deposits=Decimal(80),
        guarantees=Decimal(300),
    )
    assert exposure(books.customer.pk, TODAY) == {"EUR": euros("900")}


def test_a_delivery_known_from_the_books_and_from_the_order_counts_once(books: Books) -> None:
    books.document("FAE1", "400", perimeter=Perimeter.ACCRUAL)
    books.order("O1", "500", OrderStage.DELIVERED)
    assert exposure(books.customer.pk, TODAY) == {"EUR": euros("500")}


@pytest.mark.parametrize(
    ("stage", "delivered", "invoiced", "expected"),
    [
        (OrderStage.QUOTE, None, None, (0, 0)),
        (OrderStage.ORDER, None, None, (100, 0)),
        (OrderStage.ORDER, "40", None, (60, 40)),
        (OrderStage.ORDER, "40", "40", (60, 0)),
        (OrderStage.ORDER, "0", "30", (70, 0)),
        (OrderStage.DELIVERED, None, None, (0, 100)),
        (OrderStage.DELIVERED, "120", "0", (0, 120)),
        (OrderStage.INVOICED, None, None, (0, 0)),
        (OrderStage.CANCELLED, "0", "0", (0, 0)),
        (OrderStage.CANCELLED, "25", "5", (0, 20)),
    ],
)
def test_what_an_order_adds_follows_its_stage(
    books: Books,
    stage: OrderStage,
    delivered: str | None,
    invoiced: str | None,
    expected: tuple[int, int],
) -> None:
    books.order("O1", "100", stage, delivered=delivered, invoiced=invoiced)
    parts = (
        exposure_parts([books.customer.pk], TODAY).get(books.customer.pk, {}).get("EUR", Parts())
    )
    assert (parts.ordered, parts.delivered) == expected


def test_the_exposure_of_a_past_day_is_what_it_was(books: Books) -> None:
    before = TODAY - timedelta(days=10)
    books.document("FA1", "1000", day=before)
    books.order("O1", "500", as_of=before)
    books.order("O1", "500", OrderStage.INVOICED)
    books.guarantee("100", valid_from=TODAY, accepted_date=TODAY)
    assert exposure(books.customer.pk, before) == {"EUR": euros("1500")}
    assert exposure(books.customer.pk, TODAY) == {"EUR": euros("900")}
    assert exposure(books.customer.pk, before - timedelta(days=1)) == {}


def test_a_guarantee_counts_once_accepted_while_valid_and_until_released(books: Books) -> None:
    books.guarantee("1", accepted_by_id=None, accepted_date=None, reference="not accepted")
    books.guarantee("2", valid_until=TODAY - timedelta(days=1), reference="ended")
    books.guarantee("4", released_date=TODAY, reference="released today")
    books.guarantee("8", valid_until=TODAY, reference="its last day")
    books.guarantee("16", valid_from=TODAY + timedelta(days=1), reference="to come")
    assert exposure(books.customer.pk, TODAY) == {"EUR": euros("-8")}


def test_a_currency_without_a_rate_gives_no_figure_and_is_named(books: Books) -> None:
    books.limit("1000")
    books.order("O1", "500", currency="CHF")
    room = headroom(books.customer.pk, TODAY)
    assert room is not None
    assert (room.exposure, room.currencies_without_rate) == (None, ("CHF",))
    assert customer_exposure(books.customer, TODAY).whole.missing == ("CHF",)


def test_orders_in_a_currency_are_converted_at_the_days_rate(books: Books) -> None:
    books.limit("1000")
    for rate, day in (("0.5", TODAY - timedelta(days=30)), ("0.9", TODAY)):
        record_exchange_rate(
            currency="USD", valid_from=day, rate=Decimal(rate), actor=books.manager, today=TODAY
        )
    books.order("O1", "100", currency="USD", as_of=TODAY - timedelta(days=5))
    found = {day: headroom(books.customer.pk, day) for day in (TODAY - timedelta(days=5), TODAY)}
    assert [room.exposure for room in found.values() if room] == [euros("50"), euros("90")]


def test_a_group_is_seen_beside_the_customer_and_the_entity(
    books: Books, make_customer: CustomerMaker
) -> None:
    group = CustomerGroup.objects.create(code="G", name="Groupe")
    sister = make_customer(books.house, "C002", "Sœur", group=group)
    books.customer.group = group
    books.customer.save()
    GroupLimit.objects.create(
        group=group,
        amount=1000,
        currency="EUR",
        valid_from=TODAY,
        reason="group",
        requested_by_id=ident(books.accountant),
        requested_at=NOW,
        approved_by_id=books.manager.membership_id,
        approved_at=NOW,
    )
    books.order("O1", "400")
    books.order("O2", "700", customer=sister)
    seen = customer_exposure(books.customer, TODAY)
    assert seen.whole.total == euros("400")
    assert seen.group_view is not None
    assert (seen.group_view.total, seen.group_view.left) == (euros("1100"), euros("-100"))
    assert [(one.entity.pk, one.view.total) for one in seen.entities] == [
        (books.house.entity_id, euros("400"))
    ]


def test_a_page_of_customers_is_one_statement(books: Books, make_customer: CustomerMaker) -> None:
    many = [make_customer(books.house, f"P{one:03}", f"Client {one}") for one in range(20)]
    for one in many:
        books.order(f"O-{one.code}", "10", customer=one)
    with CaptureQueriesContext(connection) as asked:
        found = exposure_by_entity([one.pk for one in many], TODAY)
    assert (len(asked), len(found)) == (1, 20)


def test_the_same_order_twice_changes_nothing(books: Books) -> None:
    assert books.order("O1", "100")
    assert not books.order("O1", "100")
    assert books.order("O1", "120")
    assert OrderState.objects.count() == 1  # one row for each day it changed


def test_news_of_the_past_fills_the_history_and_leaves_the_order_alone(books: Books) -> None:
    books.order("O1", "100", OrderStage.DELIVERED)
    books.order("O1", "100", as_of=TODAY - timedelta(days=3))
    yesterday = exposure_parts([books.customer.pk], TODAY - timedelta(days=1))
    assert yesterday[books.customer.pk]["EUR"].ordered == 100
    assert exposure_parts([books.customer.pk], TODAY)[books.customer.pk]["EUR"].delivered == 100


def test_an_order_does_not_change_hands(books: Books, make_customer: CustomerMaker) -> None:
    books.order("O1", "100")
    with pytest.raises(OrderRefused, match="belongs to another customer"):
        books.order("O1", "100", customer=make_customer(books.house, "C002", "Autre"))


@pytest.mark.parametrize("delivered", ["-1", "0.001"])
def test_an_amount_that_cannot_be_is_refused(books: Books, delivered: str) -> None:
    with pytest.raises(OrderRefused):
        books.order("O1", "100", delivered=delivered)


AMOUNTS = st.decimals(min_value=-(10**6), max_value=10**6, places=2)
ANY_PARTS = st.builds(Parts, AMOUNTS, AMOUNTS, AMOUNTS, AMOUNTS, AMOUNTS)
ANY_EXPOSURE = st.dictionaries(st.sampled_from(["EUR", "USD", "GBP"]), ANY_PARTS)
RATES = {"EUR": Decimal(1), "USD": Decimal("0.5"), "GBP": Decimal(2)}


@given(st.lists(ANY_EXPOSURE, max_size=6))
def test_an_exposure_together_is_the_naive_sum_of_its_parts(each: list[dict[str, Parts]]) -> None:
    told = in_currency(together(each), "EUR", RATES)
    naive = sum(
        (
            RATES[currency]
            * (one.invoiced + one.delivered + one.ordered - one.deposits - one.guarantees)
            for exposures in each
            for currency, one in exposures.items()
        ),
        start=Decimal(0),
    )
    assert isinstance(told, Parts)
    assert abs(told.total - naive) <= Decimal("0.05")  # five parts, each to the cent


@given(
    st.sampled_from(Stage),
    *(st.decimals(min_value=0, max_value=10**6, places=2) for _ in range(3)),
)
def test_an_order_never_adds_less_than_nothing_nor_more_than_was_ordered_or_delivered(
    stage: Stage, ordered: Decimal, delivered: Decimal, invoiced: Decimal
) -> None:
    standing = Standing(stage, ordered, delivered, invoiced)
    assert standing.on_order >= 0
    assert standing.delivered_not_invoiced >= 0
    assert standing.at_risk <= max(ordered, delivered)
