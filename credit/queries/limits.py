"""Limits in force on any day."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from uuid import UUID

from django.db.models import Q

from credit.models.limits import CreditLimit
from credit.queries.insurance import Insured, in_other, insured_on
from kernel.money import Money
from ledger.models import Customer, Entity
from ledger.queries import home_and_rates


@dataclass(frozen=True, slots=True)
class Limit:
    """A limit in force: the whole amount, the part of it that is insured, and its first and last day.

    The insured part is the insurer's word of the day where he gave one (`insurer` names him), else what was decided
    with the limit; never more than the limit, and never added to it (DOMAIN 2.1).
    """

    amount: Money
    insured: Money
    valid_from: date
    valid_until: date | None
    approved_by: str
    reason: str
    is_temporary: bool = False
    insurer: str = ""

    @property
    def own_risk(self) -> Money:
        """Return what we bear ourselves."""
        return self.amount - self.insured


def limits_on(
    customer_ids: Iterable[UUID], day: date, insured: Mapping[UUID, Insured] | None = None
) -> dict[UUID, Limit]:
    """Return each customer's limit in force on `day`; a customer without one is absent.

    `insured` is what insurers say that day, where the caller has asked already.
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
    found = {row.customer_id: row for row in rows}
    known = insured_on(found, day) if insured is None else insured
    rates: Mapping[str, Decimal] = {}
    if any(
        one.amount.currency != found[ident].currency
        for ident, one in known.items()
        if ident in found
    ):
        rates = home_and_rates(day)[1]
    return {ident: _limit(row, known.get(ident), rates) for ident, row in found.items()}


def _limit(row: CreditLimit, insured: Insured | None, rates: Mapping[str, Decimal]) -> Limit:
    amount = Money(row.amount, row.currency)
    part = Money(row.insured_amount, row.currency)
    if insured is not None:
        # A cover that cannot be told in the limit's currency secures nothing that we could count.
        part = min(
            amount, in_other(insured.amount, row.currency, rates) or Money.zero(row.currency)
        )
    return Limit(
        amount=amount,
        insured=part,
        insurer=insured.policy.insurer if insured else "",
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
