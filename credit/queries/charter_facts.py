"""What the ledger knows about a customer that the charter asks for, on any day."""

from collections.abc import Iterable, Mapping
from datetime import date
from decimal import Decimal
from types import MappingProxyType
from typing import Any
from uuid import UUID

from django.db.models import Min, Sum

from credit.models.limits import CreditLimit
from credit.ports import LegalEvent, chase_facts
from credit.queries.holds import is_customer_held
from credit.queries.limits import limit_on
from credit.queries.scores import grade_on
from credit.rules.charter import Kind, Proposal
from ledger.models import Customer, Document, DocumentKind, PaymentTerms, Perimeter
from ledger.queries import home_and_rates, lines_as_of
from ledger.rules.terms import DEFAULT_TERMS, TermKind, Terms

NOTHING = Decimal(0)
_DELIVERING = frozenset({Kind.ORDER, Kind.DELIVERY})
# What limits of the past were granted without, as far as anything is on record.
WITHOUT_RECORD: Mapping[str, Any] = MappingProxyType(
    {"guarantees": NOTHING, "has_committee": False}
)


def known_about(customer: Customer, *, kind: Kind, currency: str, day: date) -> Proposal:
    """Return a proposal of `kind` with all that the ledger knows of `customer` on `day`, and nothing proposed yet.

    `dataclasses.replace` adds the amount, the deposit and the rest of what is asked for. Before the customer was ever
    scored the grade is his risk class of today; what the law says stands in for terms that were never agreed.
    """
    _home, rates = home_and_rates(day)
    limit = limit_on(customer.pk, day)
    overdue_days, overdue_amount = overdue_on(customer.pk, day, currency, rates)
    return Proposal(
        kind=kind,
        currency=currency,
        rate=rates.get(currency),
        terms=terms_of(customer.terms),
        grade=grade_on(customer, day),
        country=customer.country,
        insured=NOTHING
        if limit is None
        else converted(limit.insured.amount, limit.insured.currency, currency, rates),
        current_limit=NOTHING
        if limit is None
        else converted(limit.amount.amount, limit.amount.currency, currency, rates),
        overdue_days=overdue_days,
        overdue_amount=overdue_amount,
        is_blocked=is_customer_held(customer.pk, day) if kind in _DELIVERING else None,
        is_insolvent=is_insolvent_on(customer.pk, day),
    )


def is_insolvent_on(customer_id: UUID, day: date) -> bool:
    """Return whether a procedure that we knew of ran against a customer on `day`."""
    return any_running(chase_facts().legal_events([customer_id]).get(customer_id, ()), day)


def any_running(events: Iterable[LegalEvent], day: date) -> bool:
    """Return whether one of the procedures ran on `day`."""
    return any(one.is_on(day) for one in events)


def terms_of(terms: PaymentTerms | None) -> Terms:
    """Return payment terms as the value due dates are counted from; the law's where none were agreed."""
    if terms is None:
        return DEFAULT_TERMS
    return Terms(TermKind(terms.method), terms.days, terms.day_of_month)


def converted(
    amount: Decimal, currency: str, wanted: str, rates: dict[str, Decimal]
) -> Decimal | None:
    """Return `amount` in the `wanted` currency, to four decimals; None without a rate."""
    if currency == wanted:
        return amount
    if currency not in rates or wanted not in rates:
        return None
    return (amount * rates[currency] / rates[wanted]).quantize(Decimal("0.0001"))


def overdue_on(
    customer_id: UUID, day: date, currency: str, rates: dict[str, Decimal]
) -> tuple[int, Decimal | None]:
    """Return for how many days the oldest invoice open on `day` had been overdue, and how much was overdue.

    0 and 0 when nothing was. The amount is what was open of all overdue invoices, tax included, in `currency` at
    `rates`; None when one of their currencies has no rate.
    """
    late = (
        lines_as_of(day)
        .filter(
            customer=customer_id,
            kind=DocumentKind.INVOICE,
            perimeter=Perimeter.OPERATIONAL,
            due_date__lt=day,
        )
        .values_list("currency")
        .annotate(oldest=Min("due_date"), owed=Sum("open_then"))
        .order_by("currency")
    )
    found = list(late)
    amounts = [converted(owed, held, currency, rates) for held, _oldest, owed in found]
    oldest = min((oldest for _held, oldest, _owed in found), default=day)
    whole = [amount for amount in amounts if amount is not None]
    return (day - oldest).days, sum(whole, NOTHING) if len(whole) == len(found) else None


def received_by(customer_id: UUID, currency: str, day: date) -> Decimal:
    """Return what a customer had paid by the end of `day`, deposits included, in one currency; 0 or above."""
    paid = Document.objects.filter(
        customer=customer_id, kind=DocumentKind.PAYMENT, currency=currency, issue_date__lte=day
    ).aggregate(paid=Sum("amount"))["paid"]
    return max(-(paid or NOTHING), NOTHING)


def deposit_share(received: Decimal, amount: Decimal) -> Decimal:
    """Return which part of an amount had been received, as a fraction from 0 to 1; all of nothing is 1."""
    return Decimal(1) if amount <= 0 else min(Decimal(1), received / amount)


def was_granted_by_somebody(customer_id: UUID, day: date) -> bool:
    """Return whether finance had granted the customer a limit by `day`: its step in the opening."""
    granted = CreditLimit.objects.filter(
        customer=customer_id, valid_from__lte=day, approved_by__isnull=False, undone_at=None
    )
    return granted.exists()
