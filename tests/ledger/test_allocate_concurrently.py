"""Counters hold when eight people allocate the same payment at once (P4)."""

from concurrent.futures import ThreadPoolExecutor
from datetime import date
from decimal import Decimal
from threading import Barrier
from uuid import UUID

import pytest
from django.db import connection

from kernel.money import Money
from kernel.permissions import Actor
from kernel.tenancy import tenant_scope
from ledger.models import DueLine
from ledger.queries import differences
from ledger.services import AllocationRefused, allocate
from tests.cast import TODAY, CustomerMaker, House
from tests.ledger.books import Books

PAYMENTS, AT_ONCE = 20, 8


@pytest.mark.django_db(transaction=True)
def test_eight_allocations_of_a_whole_payment_at_once_settle_it_once(
    house: House, make_customer: CustomerMaker
) -> None:
    """Each of 8 invoices could take the whole of each payment; exactly one may."""
    actor = house.actor("cash_accountant")
    payments, invoices = _books(house, make_customer, actor)
    barrier = Barrier(AT_ONCE, timeout=30)

    def allocate_all(invoice_id: UUID) -> int:
        done = 0
        try:
            for payment_id in payments:
                barrier.wait()
                done += _allocate_whole(house, actor, invoice_id, payment_id)
        finally:
            connection.close()
        return done

    with ThreadPoolExecutor(AT_ONCE) as pool:
        done = list(pool.map(allocate_all, invoices))

    assert sum(done) == PAYMENTS
    with house.scope():
        assert not DueLine.objects.filter(pk__in=payments).exclude(open_amount=0).exists()
        assert not differences()


def _books(
    house: House, make_customer: CustomerMaker, actor: Actor
) -> tuple[list[UUID], list[UUID]]:
    with house.scope():
        books, customer = Books(house, actor), make_customer(house)
        payments = [
            books.payment(customer, f"P-{n}", date(2026, 10, 5), "100").pk for n in range(PAYMENTS)
        ]
        invoices = [
            books.invoice(customer, f"F-{n}", date(2026, 9, 1), "10000").pk for n in range(AT_ONCE)
        ]
    return payments, invoices


def _allocate_whole(house: House, actor: Actor, invoice_id: UUID, payment_id: UUID) -> bool:
    with tenant_scope(house.tenant_id):
        invoice, payment = DueLine.objects.get(pk=invoice_id), DueLine.objects.get(pk=payment_id)
        try:
            allocate(
                debit_line=invoice,
                credit_line=payment,
                amount=Money(Decimal(100), "EUR"),
                actor=actor,
                today=TODAY,
            )
        except AllocationRefused:
            return False
    return True
