"""Limits in force on any day."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from django.db.models import Q

from credit.models.limits import CreditLimit
from kernel.money import Money
from ledger.models import Customer, Entity


@dataclass(frozen=True, slots=True)
class Limit:
    """A limit in force: the whole amount, the part of it that is insured, and its first and last day."""

    amount: Money
    insured: Money
    valid_from: date
    valid_until: date | None
    approved_by: str
    reason: str
    is_temporary: bool = False

    @property
    def own_risk(self) -> Money:
        """Return what we bear ourselves."""
        return self.amount - self.insured


def limits_on(customer_ids: Iterable[UUID], day: date) -> dict[UUID, Limit]:
    """Return each customer's limit in force on `day`; a customer without one is absent.

    A temporary limit steps in front of the one before it and gives way to it again after its last day.
    """
    rows = (
        CreditLimit.objects.filter(
            Q(valid_until=None) | Q(valid_until__gte=day),
            customer__in=list(customer_ids),
            valid_from__lte=day,
            undone_at=None,
        )
        .order_by("customer_id", "-valid_from", "-is_temporary")
        .distinct("customer_id")
        .select_related("approved_by")
    )
    return {row.customer_id: _limit(row) for row in rows}


def _limit(row: CreditLimit) -> Limit:
    return Limit(
        amount=Money(row.amount, row.currency),
        insured=Money(row.insured_amount, row.currency),
        valid_from=row.valid_from,
        valid_until=row.valid_until,
        approved_by=row.approved_by.name if row.approved_by else "",
        reason=row.reason,
        is_temporary=row.is_temporary,
    )


def limit_on(customer_id: UUID, day: date) -> Limit | None:
    """Return the customer's limit in force on `day`; None when he has none."""
    return limits_on([customer_id], day).get(customer_id)


@dataclass(frozen=True, slots=True)
class LimitsTogether:
    """The limits of several accounts on a day: each with its customer, and their sums per currency.

    `without` counts the accounts that have none.
    """

    accounts: tuple[tuple[Customer, Limit], ...]
    totals: tuple[Money, ...]
    without: int


def limits_of_group(group_id: UUID, day: date) -> LimitsTogether:
    """Return the limits in force of every customer of a group, the largest first; one question for all."""
    return _together(list(Customer.objects.filter(group=group_id)), day)


def limits_of_entity(entity: Entity, day: date) -> LimitsTogether:
    """Return the limits in force of every customer followed below one of our entities, the largest first."""
    followed = Customer.objects.filter(portfolio__path__startswith=entity.scope.path)
    return _together(list(followed), day)


def _together(customers: list[Customer], day: date) -> LimitsTogether:
    limits = limits_on([customer.pk for customer in customers], day)
    held = [(customer, limits[customer.pk]) for customer in customers if customer.pk in limits]
    sums: dict[str, Money] = {}
    for _customer, limit in held:
        currency = limit.amount.currency
        sums[currency] = sums.get(currency, Money.zero(currency)) + limit.amount
    held.sort(key=lambda pair: (-pair[1].amount.amount, pair[0].sort_name))
    return LimitsTogether(
        tuple(held), tuple(sums[key] for key in sorted(sums)), len(customers) - len(held)
    )
