"""Start, finish and watch the deadlines of the legal clock."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import ClassVar
from uuid import UUID

from django.utils.translation import gettext as _

from accounts.models import Membership
from accounts.services import audit
from dunning.models import LegalDeadline
from dunning.rules.legal_clock import (
    DeadlineKind,
    DeadlineUnknown,
    alert_due,
    deadline_rule,
)
from dunning.services.deadline_mails import mail_alerts
from kernel.errors import Refused
from kernel.permissions import Actor, system_actor
from kernel.tenancy import current_tenant_id
from ledger.models import Customer, Document, TimelineKind
from ledger.services.history import note


class DeadlineRefused(Refused):
    """A deadline cannot be started or finished so."""

    code: ClassVar[str] = "deadline_refused"


@dataclass(frozen=True, slots=True)
class Subject:
    """What a deadline is about: its id, the number people know it by, and the invoice where it is one."""

    id: UUID
    label: str
    document: Document | UUID | None = None


def start_deadline(
    *,
    customer: Customer,
    kind: DeadlineKind,
    subject: Subject,
    start: date,
    actor: Actor,
    now: datetime,
    country: str = "FR",
    variant: str = "",
    due_date: date | None = None,
    source: str = "",
    owner: Membership | UUID | None = None,
) -> LegalDeadline:
    """Start the clock of a right from `start` and return its row, the one that runs already where there is one.

    The length comes from the dated tables unless `due_date` is given with its `source`. Without `owner` it is the
    customer's collector's. Raises DeadlineRefused where no length is known.
    """
    if due_date is None:
        try:
            rule = deadline_rule(kind, start, country=country, variant=variant)
        except DeadlineUnknown as unknown:
            raise DeadlineRefused(
                _(
                    "How long this lasts in %(country)s from %(start)s is not in the tables. Enter the deadline by "
                    "hand, with its source."
                )
                % {"country": unknown.country, "start": unknown.start}
            ) from None
        due_date, source = rule.end(start), rule.source
    document = subject.document
    row, is_new = LegalDeadline.objects.get_or_create(
        kind=kind,
        subject=subject.id,
        start_date=start,
        defaults={
            "customer": customer,
            "variant": variant,
            "due_date": due_date,
            "source": source[:200],
            "label": subject.label[:120],
            "document_id": document.pk if isinstance(document, Document) else document,
            "owner_id": _owner_of(customer, owner),
        },
    )
    if is_new:
        _tell(row, "dunning.deadline_started", actor=actor, now=now)
    elif row.is_void:
        row.is_void = False
        row.save(update_fields=["is_void"])
    return row


def _owner_of(customer: Customer, owner: Membership | UUID | None) -> UUID | None:
    if isinstance(owner, Membership):
        return owner.pk
    found: UUID | None = owner or customer.collector_id or customer.risk_owner_id
    return found


def finish_deadline(
    *, row: LegalDeadline, proof: str, day: date, actor: Actor, today: date, now: datetime
) -> LegalDeadline:
    """Write down that a right was used on `day`, with the proof: a registered number, a receipt, a filing.

    Raises DeadlineRefused without proof, for a day to come, before the clock started, or when it was finished before.
    """
    locked = (
        LegalDeadline.objects.select_related("customer")
        .select_for_update(of=("self",))
        .get(pk=row.pk)
    )
    facts = {"kind": locked.get_kind_display(), "day": day, "start": locked.start_date}
    if locked.done_date is not None:
        raise DeadlineRefused(
            _("%(kind)s was done on %(done)s already.") % {**facts, "done": locked.done_date}
        )
    if not proof.strip():
        raise DeadlineRefused(
            _("Give the proof: a registered number, a receipt, the reference of the filing.")
        )
    if not locked.start_date <= day <= today:
        raise DeadlineRefused(
            _("%(kind)s cannot have been done on %(day)s: give a day from %(start)s to today.")
            % facts
        )
    locked.done_date, locked.proof = day, proof.strip()[:300]
    locked.done_by_id = actor.membership_id
    locked.save(update_fields=["done_date", "proof", "done_by"])
    _tell(locked, "dunning.deadline_done", actor=actor, now=now, words=locked.proof)
    audit.record(
        actor=actor,
        action="dunning.finish_deadline",
        object_kind="legal_deadline",
        object_id=locked.pk,
        kind=locked.kind,
        day=day.isoformat(),
    )
    return locked


def give_deadline(*, row: LegalDeadline, owner: Membership, actor: Actor) -> None:
    """Make somebody else answer for a deadline."""
    row.owner = owner
    row.save(update_fields=["owner"])
    audit.record(
        actor=actor,
        action="dunning.give_deadline",
        object_kind="legal_deadline",
        object_id=row.pk,
        owner=str(owner.pk),
    )


def void_deadlines(*, subject: UUID) -> int:
    """Take the running deadlines of a subject off the clock, because what they were about is over; return how many."""
    running = LegalDeadline.objects.filter(subject=subject, done_date=None, is_void=False)
    return running.update(is_void=True)


def warn_of_deadlines(*, today: date, now: datetime) -> int:
    """Give the alerts due today, 30, 15 and 5 days before the end, and return how many; safe to run twice.

    The alert stands in the customer's history and on the page of deadlines, and goes by mail to its owner, from
    fifteen days before to the credit managers too. Days without a run are made up for by the latest alert alone.
    """
    actor = system_actor(current_tenant_id())
    given = []
    running = LegalDeadline.objects.filter(done_date=None, is_void=False)
    for row in running.select_related("customer", "owner__user").select_for_update(of=("self",)):
        alert = alert_due(row.due_date, today=today, alerted=row.alerted_days)
        if alert is None:
            continue
        row.alerted_days = alert
        row.save(update_fields=["alerted_days"])
        _tell(row, "dunning.deadline_near", actor=actor, now=now)
        given.append(row)
    mail_alerts(given, today=today, now=now)
    return len(given)


def _tell(
    row: LegalDeadline, text_code: str, *, actor: Actor, now: datetime, words: str = ""
) -> None:
    note(
        customer=row.customer_id,
        kind=TimelineKind.CHANGE,
        text_code=text_code,
        actor=actor,
        words=words,
        at=now,
        object_id=row.pk,
        facts={"deadline": row.due_date.isoformat(), "label": row.label or "—"},
    )
