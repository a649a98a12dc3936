"""Contesting a part of a due line and deciding about it."""

from datetime import date
from decimal import Decimal

import pytest
from django.db import IntegrityError, transaction

from accounts.models import AuditEvent
from disputes.models import Dispute, DisputeOutcome, DisputeType
from disputes.queries import disputed_amounts, open_disputes_of
from disputes.services import (
    DisputeRefused,
    close_dispute,
    open_dispute,
    register_declared_dispute,
)
from kernel.money import Money
from kernel.permissions import Actor
from ledger.models import DueLine
from ledger.queries import timeline
from tests.cast import TODAY, CustomerMaker, House
from tests.ledger.books import Books

pytestmark = pytest.mark.django_db

SEPTEMBER_1, OCTOBER_10 = date(2026, 9, 1), date(2026, 10, 10)


@pytest.fixture
def collector(house: House) -> Actor:
    return house.actor("collector")


@pytest.fixture
def manager(house: House) -> Actor:
    return house.actor("credit_manager")


@pytest.fixture
def books(house: House) -> Books:
    return Books(house, house.actor("cash_accountant"))


def contest(line: DueLine, amount: str, actor: Actor, currency: str = "EUR") -> Dispute:
    return open_dispute(
        line=line,
        amount=Money(Decimal(amount), currency),
        type=DisputeType.PRICE,
        reason="Wrong unit price",
        actor=actor,
        today=OCTOBER_10,
    )


def test_380_of_12000_are_contested_and_the_rest_stays_claimable(
    house: House, books: Books, collector: Actor, make_customer: CustomerMaker
) -> None:
    with house.scope():
        customer = make_customer(house)
        line = books.invoice(customer, "F-1", SEPTEMBER_1, "12000")
        dispute = contest(line, "380", collector)
        assert disputed_amounts(TODAY) == {line.pk: 380}
        (shown,) = open_disputes_of(customer.pk, TODAY)
        assert (shown.number, shown.days_open, shown.document_number) == (1, 21, "F-1")
        assert dispute.opened_by_id == collector.membership_id
        assert timeline(customer.pk)[0].sentence == "Dispute 1 opened on €380.00 of F-1"
        assert AuditEvent.objects.filter(action="disputes.open_dispute").exists()


@pytest.mark.parametrize(
    ("amount", "currency", "sentence"),
    [
        ("100.01", "EUR", "F-1 still owes 100.00 EUR; 100.01 EUR is too much"),
        ("50", "USD", "F-1 is in EUR; contest an amount in EUR, not 50.00 USD"),
        ("0", "EUR", "0 EUR of F-1 cannot be contested"),
        ("-1", "EUR", "-1 EUR of F-1 cannot be contested"),
    ],
)
def test_an_amount_that_cannot_be_contested_is_refused_with_the_figures(  # noqa: PLR0917  fixtures come by name
    house: House,
    books: Books,
    collector: Actor,
    make_customer: CustomerMaker,
    amount: str,
    currency: str,
    sentence: str,
) -> None:
    with house.scope():
        line = books.invoice(make_customer(house), "F-1", SEPTEMBER_1, "100")
        with pytest.raises(DisputeRefused, match=sentence):
            contest(line, amount, collector, currency)


def test_disputes_of_one_line_never_overlap(
    house: House, books: Books, collector: Actor, make_customer: CustomerMaker
) -> None:
    with house.scope():
        line = books.invoice(make_customer(house), "F-1", SEPTEMBER_1, "100")
        contest(line, "60", collector)
        with pytest.raises(DisputeRefused, match=r"60.00 EUR is already contested.*at most 40.00"):
            contest(line, "50", collector)
        assert contest(line, "40", collector).number == 2


def test_what_is_paid_or_a_credit_is_not_contested(
    house: House, books: Books, collector: Actor, make_customer: CustomerMaker
) -> None:
    with house.scope():
        customer = make_customer(house)
        line = books.invoice(customer, "F-1", SEPTEMBER_1, "100")
        payment = books.payment(customer, "P-1", OCTOBER_10, "150")
        books.settle(line, payment, "100")
        with pytest.raises(DisputeRefused, match="F-1 is settled"):
            contest(line, "1", collector)
        with pytest.raises(DisputeRefused, match="P-1 is no debt"):
            contest(payment, "1", collector)


def test_whoever_opened_it_does_not_decide_a_credit_note(
    house: House, books: Books, manager: Actor, collector: Actor, make_customer: CustomerMaker
) -> None:
    with house.scope():
        line = books.invoice(make_customer(house), "F-1", SEPTEMBER_1, "100")
        mine, theirs = contest(line, "10", manager), contest(line, "20", collector)
        with pytest.raises(DisputeRefused, match="S9"):
            close_dispute(
                dispute=mine, outcome=DisputeOutcome.CREDIT_NOTE, actor=manager, today=TODAY
            )
        close_dispute(
            dispute=theirs, outcome=DisputeOutcome.CREDIT_NOTE, actor=manager, today=TODAY
        )
        close_dispute(dispute=mine, outcome=DisputeOutcome.WITHDRAWN, actor=manager, today=TODAY)
        with pytest.raises(DisputeRefused, match="was decided on 2026-10-31"):
            close_dispute(
                dispute=theirs, outcome=DisputeOutcome.UNJUSTIFIED, actor=manager, today=TODAY
            )


def test_the_database_holds_s9_without_the_service(
    house: House, books: Books, manager: Actor, make_customer: CustomerMaker
) -> None:
    with house.scope():
        line = books.invoice(make_customer(house), "F-1", SEPTEMBER_1, "100")
        mine = contest(line, "10", manager)
        with pytest.raises(IntegrityError, match="s9"), transaction.atomic():
            Dispute.objects.filter(pk=mine.pk).update(
                closed_date=TODAY, outcome="credit_note", closed_by=manager.membership_id
            )


def test_a_past_day_shows_the_disputes_of_that_day(
    house: House, books: Books, manager: Actor, collector: Actor, make_customer: CustomerMaker
) -> None:
    with house.scope():
        line = books.invoice(make_customer(house), "F-1", SEPTEMBER_1, "100")
        dispute = contest(line, "10", collector)
        close_dispute(
            dispute=dispute, outcome=DisputeOutcome.UNJUSTIFIED, actor=manager, today=TODAY
        )
        assert disputed_amounts(date(2026, 10, 9)) == {}
        assert disputed_amounts(OCTOBER_10) == {line.pk: 10}
        assert disputed_amounts(date(2026, 10, 30), line_ids=[line.pk]) == {line.pk: 10}
        assert disputed_amounts(TODAY) == {}


def test_a_file_declares_what_is_contested_once_and_never_more_than_is_owed(
    house: House, books: Books, make_customer: CustomerMaker
) -> None:
    with house.scope():
        line = books.invoice(make_customer(house), "F-1", SEPTEMBER_1, "100")

        def declare(amount: str) -> Dispute | None:
            return register_declared_dispute(
                line=line,
                amount=Decimal(amount),
                reason="Livraison incomplète",
                actor=books.actor,
                today=TODAY,
            )

        first = declare("30")
        assert first is not None
        assert (first.amount, first.type) == (30, DisputeType.DELIVERY)
        assert declare("30") is None
        more = declare("500")
        assert more is not None
        assert more.amount == 70
