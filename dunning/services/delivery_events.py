"""What mail servers and providers report about our messages: each report once, in whatever order they come.

An address that does not exist, or somebody who wants no more, is not written to again, and a person is asked what
now: nothing is sent another way by itself (DOMAIN 5.2, channel fallback; 5.5, invariant 14).
"""

import logging
from datetime import datetime
from hashlib import sha256
from uuid import UUID

from django.db import IntegrityError, transaction
from django.utils import translation
from django.utils.translation import gettext as _

from accounts.models import Tenant
from accounts.services import audit
from dunning.models import (
    DeliveryEvent,
    EventKind,
    MailTask,
    Reminder,
    RenderedMessage,
    SendAttempt,
    SendingSwitch,
    SwitchScope,
    TaskKind,
)
from dunning.queries.replies import complaint_standing
from dunning.rules.delivery import ComplaintLevel, state_after
from dunning.rules.delivery import EventKind as Kind
from dunning.rules.outbox import State
from dunning.services.attempts import tell_sent
from dunning.services.barriers import stop_sending, walk_to_sent
from kernel.permissions import Actor, system_actor
from kernel.tenancy import current_tenant_id
from ledger.models import Contact, Customer, TimelineKind
from ledger.services.history import note

logger = logging.getLogger(__name__)

ON_ITS_WAY = frozenset({State.HANDING, State.UNKNOWN})
"""A report about such a message is the evidence that it left."""

_TASKS = {
    EventKind.HARD_BOUNCE: TaskKind.BOUNCE,
    EventKind.COMPLAINT: TaskKind.COMPLAINT,
    EventKind.UNSUBSCRIBED: TaskKind.OPTED_OUT,
    EventKind.UNDELIVERED: TaskKind.UNDELIVERED,
    EventKind.REFUSED: TaskKind.NOT_TAKEN,
    EventKind.NOT_CLAIMED: TaskKind.NOT_TAKEN,
}
_ENDS_WRITING = frozenset({EventKind.HARD_BOUNCE, EventKind.COMPLAINT, EventKind.UNSUBSCRIBED})
"""After these the address is not written to again; what a provider reports of another channel says nothing of it."""

_SENTENCES = {
    EventKind.HARD_BOUNCE: "dunning.bounced",
    EventKind.SOFT_BOUNCE: "dunning.bounced_softly",
    EventKind.COMPLAINT: "dunning.complained",
    EventKind.UNSUBSCRIBED: "dunning.unsubscribed",
    EventKind.UNDELIVERED: "dunning.undelivered",
    EventKind.REFUSED: "dunning.letter_refused",
    EventKind.NOT_CLAIMED: "dunning.letter_not_claimed",
}


def record_event(
    *,
    reminder: Reminder,
    kind: Kind,
    event_id: str,
    recipient: str,
    occurred_at: datetime,
    detail: str,
    now: datetime,
) -> bool:
    """Record a report about a reminder and what follows from it; return False when it was known already.

    `event_id` is the reporter's own name for the report. `recipient` may be empty: then the reminder's contact. What
    becomes of the copy for our own colleague is no report about the customer: a copy that came back is only told.
    """
    locked = Reminder.objects.select_for_update(of=("self",)).get(pk=reminder.pk)
    known = EventKind(kind.value)
    try:
        with transaction.atomic():
            DeliveryEvent.objects.create(
                event_key=sha256(event_id.encode()).hexdigest(),
                kind=known,
                reminder=locked,
                recipient=recipient[:254],
                occurred_at=occurred_at,
                received_at=now,
                detail=detail[:300],
            )
    except IntegrityError:
        return False
    if is_in_copy(locked, recipient):
        if known in {EventKind.HARD_BOUNCE, EventKind.SOFT_BOUNCE}:
            _tell_of_copy(locked, recipient, detail, now=now)
        return True
    _move(locked, kind, detail, now=now)
    contact = _contact_of(locked, recipient)
    if known in _TASKS:
        if known in _ENDS_WRITING:
            _suppress(contact, known)
        _ask(locked, contact, known, detail, now=now)
    if known in _SENTENCES:
        _tell(locked, known, contact, detail, now=now)
    if known is EventKind.COMPLAINT:
        watch_complaints(now=now)
    return True


def is_in_copy(reminder: Reminder, address: str) -> bool:
    """Say whether an address is that of our colleague in copy: what becomes of his mail is not the customer's."""
    if not address:
        return False
    return RenderedMessage.objects.filter(reminder=reminder, in_copy__iexact=address).exists()


def _tell_of_copy(reminder: Reminder, address: str, detail: str, *, now: datetime) -> None:
    note(
        customer=reminder.customer_id,
        kind=TimelineKind.REMINDER,
        text_code="dunning.copy_bounced",
        at=now,
        words=detail[:300],
        object_id=reminder.pk,
        facts={"contact": address},
    )


def _move(reminder: Reminder, kind: Kind, detail: str, *, now: datetime) -> None:
    if reminder.state in ON_ITS_WAY:
        walk_to_sent(reminder, now=now)
        SendAttempt.objects.filter(
            reminder=reminder, number=reminder.attempt, ended_at=None
        ).update(ended_at=now, outcome=State.SENT)
        tell_sent(reminder, now=now)
    target = state_after(State(reminder.state), kind)
    if target is None:
        return
    reminder.state = target
    reminder.state_at = now
    if target is not State.DELIVERED:
        reminder.problem = detail[:300]
    reminder.save(update_fields=["state", "state_at", "problem"])


def _contact_of(reminder: Reminder, recipient: str) -> Contact | None:
    contacts = Contact.objects.filter(customer=reminder.customer_id)
    if recipient:
        named = contacts.filter(email__iexact=recipient).first()
        if named is not None:
            return named
    return contacts.filter(pk=reminder.contact_id).first() if reminder.contact_id else None


def _suppress(contact: Contact | None, kind: EventKind) -> None:
    if contact is None:
        return
    if kind is EventKind.HARD_BOUNCE:
        contact.is_undeliverable = True
    else:
        contact.is_opted_out = True
    contact.save(update_fields=["is_undeliverable", "is_opted_out"])


def other_contact(customer_id: UUID, contact: Contact | None) -> Contact | None:
    """Return another usable contact of a customer, to be proposed and never written to by itself."""
    usable = Contact.objects.filter(
        customer=customer_id, is_opted_out=False, is_undeliverable=False
    ).exclude(email="")
    return (usable.exclude(pk=contact.pk) if contact else usable).first()


def _ask(
    reminder: Reminder, contact: Contact | None, kind: EventKind, detail: str, *, now: datetime
) -> None:
    """Put a task before a person, unless the same one is open already."""
    standing = MailTask.objects.filter(
        customer=reminder.customer_id, kind=_TASKS[kind], contact=contact, done_at=None, reply=None
    )
    if standing.exists():
        return
    MailTask.objects.create(
        customer_id=reminder.customer_id,
        kind=_TASKS[kind],
        contact=contact,
        alternative=other_contact(reminder.customer_id, contact),
        reminder=reminder,
        detail=detail[:300],
        created_at=now,
    )


def _tell(
    reminder: Reminder, kind: EventKind, contact: Contact | None, detail: str, *, now: datetime
) -> None:
    note(
        customer=reminder.customer_id,
        kind=TimelineKind.REMINDER,
        text_code=_SENTENCES[kind],
        at=now,
        words=detail[:300],
        object_id=reminder.pk,
        facts={"contact": str(contact) if contact else ""},
    )
    audit.record(
        actor=system_actor(current_tenant_id()),
        action="dunning.record_delivery_event",
        object_kind="reminder",
        object_id=reminder.pk,
        kind=str(kind.value),
        contact=str(contact.pk) if contact else "",
    )


def watch_complaints(*, now: datetime) -> ComplaintLevel:
    """Stop all sending of the tenant when too many report its messages as unwanted, and return how it stands.

    From 0.1 % an alarm shows on the agenda, from 0.3 % nothing leaves until a person resumes (RELIABILITY P20).
    """
    standing = complaint_standing(now)
    if standing.level is not ComplaintLevel.STOP:
        return standing.level
    if SendingSwitch.objects.filter(
        scope=SwitchScope.TENANT, scenario=None, is_stopped=True
    ).exists():
        return standing.level
    tenant = Tenant.objects.get(pk=current_tenant_id())
    with translation.override(tenant.language):
        reason = _(
            "%(complaints)s of %(sent)s messages of the last thirty days were reported as unwanted. Mail providers"
            " block senders from 0.3 %% on. Find out who complains before you resume."
        ) % {"complaints": standing.complaints, "sent": standing.sent}
    stop_sending(actor=system_actor(tenant.pk), reason=reason[:250], now=now)
    logger.error("tenant %s: sending stopped, %s complaints", tenant.pk, standing.complaints)
    return standing.level


def unsubscribe(*, reminder: Reminder, now: datetime) -> bool:
    """Take down that the reader of a message wants no more; return False when that was known."""
    return record_event(
        reminder=reminder,
        kind=Kind.UNSUBSCRIBED,
        event_id=f"unsubscribe:{reminder.pk}",
        recipient="",
        occurred_at=now,
        detail="",
        now=now,
    )


def finish_task(*, task: MailTask, actor: Actor, now: datetime) -> None:
    """Close what somebody has done."""
    done = MailTask.objects.filter(pk=task.pk, done_at=None)
    if not done.update(done_at=now, done_by=actor.membership_id):
        return
    customer = Customer.objects.only("id").get(pk=task.customer_id)
    note(
        customer=customer,
        kind=TimelineKind.CHANGE,
        text_code=f"dunning.mail_task_{task.kind}",
        actor=actor,
        at=now,
        object_id=task.pk,
    )
    audit.record(
        actor=actor,
        action="dunning.finish_mail_task",
        object_kind="customer",
        object_id=task.customer_id,
        task=str(task.pk),
        kind=task.kind,
    )
