"""Granting a credit limit: asked for by one person, approved by another (S7)."""

from dataclasses import dataclass
from datetime import date
from typing import ClassVar

from django.utils.translation import gettext as _

from accounts.models import Membership
from accounts.services import audit
from credit.models.limits import CreditLimit
from kernel.errors import Refused
from kernel.money import Money
from kernel.permissions import Actor
from ledger.models import Customer, TimelineKind
from ledger.queries import home_and_rates
from ledger.services import note
from ledger.services.locks import lock_customer


class LimitRefused(Refused):
    """The limit cannot be granted so."""

    code: ClassVar[str] = "limit_refused"


@dataclass(frozen=True, slots=True)
class AskedLimit:
    """What is asked for a customer: the whole amount, the insured part of it, its first day and its last, included."""

    customer: Customer
    amount: Money
    valid_from: date
    reason: str
    valid_until: date | None = None
    insured: Money | None = None
    is_temporary: bool = False

    @property
    def insured_part(self) -> Money:
        """Return the insured part, nothing when none is named."""
        return self.insured or Money.zero(self.amount.currency)


def grant_limit(
    asked: AskedLimit, *, requested_by: Membership | None, actor: Actor, today: date
) -> CreditLimit:
    """Grant what `requested_by` asked for, None when the scheduled round did; `actor` approves. Raises LimitRefused.

    The approver is another person, outside the account's sales line, and never a machine (S7, S12).
    """
    customer = lock_customer(asked.customer.pk)
    _refuse_approver(customer, requested_by, actor)
    _refuse_amounts(asked)
    granted = CreditLimit.objects.create(
        customer=customer,
        amount=asked.amount.amount,
        insured_amount=asked.insured_part.amount,
        currency=asked.amount.currency,
        valid_from=asked.valid_from,
        valid_until=asked.valid_until,
        is_temporary=asked.is_temporary,
        reason=asked.reason.strip()[:250],
        requested_by=requested_by,
        approved_by_id=actor.membership_id,
    )
    audit.record(
        actor=actor,
        action="credit.grant_limit",
        object_kind="credit_limit",
        object_id=granted.pk,
        customer=str(customer.pk),
        requested_by=str(requested_by.pk) if requested_by else "",
        amount=str(asked.amount.amount),
        currency=asked.amount.currency,
        decided=today.isoformat(),
    )
    note(
        customer=customer,
        kind=TimelineKind.CHANGE,
        text_code="credit.limit_granted",
        actor=actor,
        words=asked.reason.strip(),
        object_id=granted.pk,
        facts={"amount": asked.amount.as_json(), "valid_from": asked.valid_from.isoformat()},
    )
    return granted


def _refuse_approver(customer: Customer, requested_by: Membership | None, actor: Actor) -> None:
    facts = {"customer": customer.name}
    if actor.kind != "person" or actor.membership_id is None:
        raise LimitRefused(
            _("A limit for %(customer)s is approved by a person, never by a machine (S12).") % facts
        )
    if requested_by is not None and actor.membership_id == requested_by.pk:
        raise LimitRefused(
            _(
                "You asked for this limit of %(customer)s yourself: another person approves it (S7). "
                "Pass the request on."
            )
            % facts
        ).by_another()
    seller = customer.sales_rep
    if seller is not None and actor.membership_id in {seller.pk, seller.manager_id}:
        raise LimitRefused(
            _("Whoever sells to %(customer)s, or manages who does, cannot approve its limit (S7).")
            % facts
        )


def _refuse_amounts(asked: AskedLimit) -> None:
    facts = {
        "customer": asked.customer.name,
        "amount": asked.amount,
        "insured": asked.insured_part,
        "start": asked.valid_from,
        "end": asked.valid_until,
    }
    if asked.amount.amount < 0 or asked.insured_part.amount < 0:
        raise LimitRefused(
            _("A limit of %(amount)s, insured for %(insured)s, cannot be: neither is below zero.")
            % facts
        )
    if asked.insured_part.currency != asked.amount.currency:
        raise LimitRefused(
            _("Give the insured part of %(customer)s in the currency of the limit, %(amount)s.")
            % facts
        )
    if asked.insured_part > asked.amount:
        raise LimitRefused(
            _(
                "%(insured)s cannot be insured of a limit of %(amount)s; raise the limit or lower the cover."
            )
            % facts
        )
    if asked.valid_until is not None and asked.valid_until < asked.valid_from:
        raise LimitRefused(
            _("A limit from %(start)s cannot end on %(end)s, before it begins.") % facts
        )
    _refuse_currency(asked)
    if CreditLimit.objects.filter(
        customer=asked.customer,
        valid_from=asked.valid_from,
        is_temporary=asked.is_temporary,
        undone_at=None,
    ).exists():
        raise LimitRefused(
            _("%(customer)s already has a limit from %(start)s. Choose another day.") % facts
        )


def _refuse_currency(asked: AskedLimit) -> None:
    currency = asked.amount.currency
    home, rates = home_and_rates(asked.valid_from)
    if currency in rates:
        return
    raise LimitRefused(
        _(
            "No exchange rate from %(currency)s to %(home)s is known on %(start)s: a limit of %(customer)s in "
            "%(currency)s could not be compared with what is owed. Enter a rate, or ask in %(home)s."
        )
        % {
            "currency": currency,
            "home": home,
            "start": asked.valid_from,
            "customer": asked.customer.name,
        },
        currency=currency,
    )
