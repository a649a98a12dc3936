"""What came in: whom it belongs to, and what a person has to decide about.

The two look-ups at the top run before any tenant is known, each by one narrow database function of migration 0005.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from uuid import UUID

from django.db import connection
from django.db.models import QuerySet

from disputes.queries import disputed_amounts
from dunning.models import (
    DeliveryEvent,
    EventKind,
    MailTask,
    Reminder,
    Reply,
    ReplyAttachment,
    ReplyState,
)
from dunning.permissions import SEND_REMINDER
from dunning.rules.delivery import ComplaintLevel, complaint_level
from dunning.rules.outbox import State
from kernel.money import Money
from kernel.permissions import Actor
from ledger.models import Contact, Customer, DocumentKind, DueLine, TimelineEntry

COMPLAINT_DAYS = 30


def tenant_of_message(name: UUID) -> tuple[UUID, UUID] | None:
    """Return (tenant, reminder) of a message of ours by its unguessable name; None when it is not known."""
    return _pair("SELECT * FROM sec.tenant_of_message(%s)", name)


def tenant_of_sender(address: str) -> tuple[UUID, UUID] | None:
    """Return (tenant, customer) of an address that one customer in the whole house has; None for none or several."""
    return _pair("SELECT * FROM sec.tenant_of_sender(%s)", address.strip().lower())


def _pair(question: str, asked: UUID | str) -> tuple[UUID, UUID] | None:
    with connection.cursor() as cursor:
        cursor.execute(question, [asked])
        row = cursor.fetchone()
    return (row[0], row[1]) if row else None


def customer_of_sender(address: str) -> Customer | None:
    """Return the tenant's one customer with a contact of this address; None for none or several."""
    found = Contact.objects.filter(email__iexact=address).exclude(email="")
    customers = list(found.values_list("customer", flat=True).distinct()[:2])
    return Customer.objects.get(pk=customers[0]) if len(customers) == 1 else None


def replies_of(actor: Actor) -> QuerySet[Reply]:
    """Return the messages of customers the actor may chase, with what a list shows of them."""
    customers = Customer.objects.visible_to(actor, SEND_REMINDER)
    found = Reply.objects.filter(customer__in=customers)
    return found.select_related("customer", "contact", "reminder", "decided_by", "pause")


def replies_to_decide(actor: Actor) -> QuerySet[Reply]:
    """Return the replies that wait for a decision, the oldest first."""
    return replies_of(actor).filter(state=ReplyState.TO_DECIDE).order_by("received_at", "id")


def sees_unassigned(actor: Actor) -> bool:
    """Say whether an actor may see messages that belong to nobody yet: whoever may chase every customer."""
    return any(
        held.scope_path == "/" and held.reach.value == "" for held in actor.held(SEND_REMINDER)
    )


def unassigned(actor: Actor) -> QuerySet[Reply]:
    """Return the messages nobody could be found for, the oldest first; none to whoever chases some customers only."""
    if not sees_unassigned(actor):
        return Reply.objects.none()
    return Reply.objects.unassigned().order_by("received_at", "id")


def mail_tasks(actor: Actor) -> QuerySet[MailTask]:
    """Return what messages and reports ask people to do, the oldest first."""
    customers = Customer.objects.visible_to(actor, SEND_REMINDER)
    found = MailTask.objects.filter(customer__in=customers, done_at=None)
    related = ("customer", "contact", "alternative", "reminder", "reply")
    return found.select_related(*related).order_by("created_at", "id")


@dataclass(frozen=True, slots=True)
class OpenInvoice:
    """An invoice line that a reply may speak of; `claimable` is what it owes less what is disputed."""

    line: DueLine
    number: str
    claimable: Money
    is_named: bool


@dataclass(frozen=True, slots=True)
class ReplyInHand:
    """One message with all that is needed to decide about it; `invoices` with those it names first."""

    reply: Reply
    attachments: tuple[ReplyAttachment, ...]
    invoices: tuple[OpenInvoice, ...]
    thread: tuple[TimelineEntry, ...]
    tasks: tuple[MailTask, ...]

    @property
    def is_spoofable(self) -> bool:
        """Say whether nothing proves that the sender's domain sent it: no DMARC pass by our own server."""
        return str(self.reply.authentication.get("dmarc", "")) != "pass"

    @property
    def has_more(self) -> bool:
        """Say whether the message holds more than its new words: what it quotes, a signature."""
        return bool(self.reply.words) and self.reply.text.strip() != self.reply.words


def reply_in_hand(reply: Reply, *, today: date) -> ReplyInHand:
    """Return a message with its files, the customer's open invoices and his last dealings."""
    return ReplyInHand(
        reply=reply,
        attachments=tuple(reply.attachments.defer("content")),
        invoices=open_invoices(reply, today=today) if reply.customer_id else (),
        thread=tuple(
            TimelineEntry.objects.filter(customer=reply.customer_id).select_related("author")[:6]
        )
        if reply.customer_id
        else (),
        tasks=tuple(reply.tasks.filter(done_at=None)),
    )


def open_invoices(reply: Reply, *, today: date) -> tuple[OpenInvoice, ...]:
    """Return the customer's open invoice lines, those the message or its reminder names first, then by due date."""
    lines = list(
        DueLine.objects.filter(customer=reply.customer_id, kind=DocumentKind.INVOICE, is_open=True)
        .select_related("document")
        .order_by("due_date", "id")[:200]
    )
    disputed = disputed_amounts(today, customer_id=reply.customer_id)
    named = set(reply.facts.get("documents", [])) or _reminded(reply.reminder)
    found = [
        OpenInvoice(
            line=line,
            number=line.document.number,
            claimable=Money(
                max(line.open_amount - disputed.get(line.pk, Decimal(0)), Decimal(0)), line.currency
            ),
            is_named=line.document.number in named,
        )
        for line in lines
    ]
    return tuple(sorted(found, key=lambda one: not one.is_named))


def _reminded(reminder: Reminder | None) -> set[str]:
    if reminder is None:
        return set()
    return set(reminder.lines.values_list("due_line__document__number", flat=True))


def open_numbers(customer_id: UUID) -> Sequence[str]:
    """Return the numbers of the customer's open documents."""
    lines = DueLine.objects.filter(customer=customer_id, is_open=True)
    return list(lines.values_list("document__number", flat=True).distinct()[:2000])


@dataclass(frozen=True, slots=True)
class ComplaintStanding:
    """How many of the messages of the last thirty days were reported as unwanted."""

    sent: int
    complaints: int
    level: ComplaintLevel


def complaint_standing(now: datetime) -> ComplaintStanding:
    """Return the tenant's complaints against what it sent within thirty days."""
    since = now - timedelta(days=COMPLAINT_DAYS)
    arrived = [State.SENT, State.DELIVERED, State.BOUNCED, State.COMPLAINED]
    sent = Reminder.objects.filter(state__in=arrived, sent_at__gte=since).count()
    complaints = DeliveryEvent.objects.filter(
        kind=EventKind.COMPLAINT, occurred_at__gte=since
    ).count()
    return ComplaintStanding(sent, complaints, complaint_level(sent=sent, complaints=complaints))
