"""Locks on what allocations change, always in one order: customer, then credit line, then debit line."""

from uuid import UUID

from ledger.models import Customer, DueLine


def lock_customer(customer_id: UUID) -> Customer:
    """Return the customer, locked until the transaction ends; others who settle his items wait here."""
    return Customer.objects.select_for_update(of=("self",)).get(pk=customer_id)


def lock_line(line_id: UUID) -> DueLine:
    """Return the due line as it is now, locked, with its document."""
    return (
        DueLine.objects.select_for_update(of=("self",)).select_related("document").get(pk=line_id)
    )
