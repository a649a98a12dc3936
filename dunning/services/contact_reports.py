"""Take down what came of a contact with a customer, and why he had not paid (R48, R62)."""

from datetime import date, datetime
from decimal import Decimal
from typing import ClassVar

from django.utils.translation import gettext as _

from accounts.services import audit
from dunning.models import Cause, ContactReport, Reminder
from dunning.rules.causes import Cause as CauseRule
from kernel.errors import Refused
from kernel.permissions import Actor
from ledger.models import Contact, Customer

NOBODY_REACHED = frozenset({"unreachable"})
"""Outcomes of a contact that reached nobody: no cause can be asked for."""


class CauseMissing(Refused):
    """Somebody was reached and nothing says why he had not paid."""

    code: ClassVar[str] = "cause_missing"


def report_contact(
    *,
    customer: Customer,
    actor: Actor,
    channel: str,
    outcome: str,
    cause: CauseRule | str,
    words: str,
    today: date,
    now: datetime,
    reminder: Reminder | None = None,
    contact: Contact | None = None,
) -> ContactReport:
    """Take down one contact; where somebody answered, its cause must be named, “not said” included.

    Raises CauseMissing.
    """
    has_reached = outcome not in NOBODY_REACHED
    named = str(cause) if has_reached else ""
    if has_reached and named not in set(Cause.values):
        raise CauseMissing(
            _(
                "Say why %(customer)s had not paid, “not said” if nobody told: without the cause nobody can remove it."
            )
            % {"customer": customer.name}
        )
    report = ContactReport.objects.create(
        customer=customer,
        contact=contact,
        reminder=reminder,
        channel=channel,
        outcome=outcome,
        has_reached=has_reached,
        cause=named,
        words=words.strip(),
        amount=reminder.amount if reminder else Decimal(0),
        currency=reminder.currency if reminder else "",
        report_date=today,
        reported_at=now,
        reported_by_id=actor.membership_id,
    )
    audit.record(
        actor=actor,
        action="dunning.report_contact",
        object_kind="customer",
        object_id=customer.pk,
        channel=channel,
        outcome=outcome,
        cause=named,
    )
    return report
