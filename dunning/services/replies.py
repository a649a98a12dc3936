"""Take a message in: find whose it is, tell man from machine, keep it as text, and suggest what it means.

Nothing is answered and nothing is decided here. A person's reply pauses the chase of that customer for three working
days, so that nobody is chased while his letter lies unread; all else waits for a colleague (RELIABILITY D16).
"""

import logging
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from email.utils import parseaddr
from enum import StrEnum
from hashlib import sha256
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import IntegrityError, transaction
from django.utils import translation
from django.utils.translation import gettext as _

from accounts.look_ups import tenant_ids, tenant_of_slug
from accounts.models import Tenant
from accounts.services import audit
from dunning.channels import ScannerUnreachableError, virus_scanner
from dunning.models import (
    FoundBy,
    MailTask,
    Pause,
    Reminder,
    Reply,
    ReplyAttachment,
    ReplyState,
    TaskKind,
)
from dunning.queries.replies import (
    customer_of_sender,
    open_numbers,
    tenant_of_message,
    tenant_of_sender,
)
from dunning.rules.calendar import is_working_day
from dunning.rules.delivery import EventKind, kind_of_report
from dunning.rules.enclosures import judged
from dunning.rules.incoming import IncomingMail, taken_apart
from dunning.rules.machine_mail import Machine, is_flood, machine_behind
from dunning.rules.quoting import new_words
from dunning.rules.suggestions import Intent, Suggestion, ibans_in, suggestion_of
from dunning.services.delivery_events import is_in_copy, record_event
from dunning.services.pauses import pause_reminders
from dunning.services.reply_addresses import name_in_address, name_of, slug_in_address
from kernel.permissions import system_actor
from kernel.tenancy import current_tenant_id, tenant_scope
from ledger.models import Contact, Customer, Entity, TimelineKind
from ledger.services.history import note

logger = logging.getLogger(__name__)

PAUSE_WORKING_DAYS = 3
"""For so long a customer who wrote back is left alone (DOMAIN 5.2, reply handling)."""

WORDS_SHOWN = 500
OLDEST_BELIEVED = timedelta(days=7)
"""A mail's own date counts when it is not older than this: clocks are wrong, and some lie."""


class Received(StrEnum):
    """What became of a message that came in."""

    KEPT = "kept"
    KNOWN = "known"
    NOBODYS = "nobodys"


@dataclass(frozen=True, slots=True)
class _Home:
    """Where a message belongs: its tenant, and what its address or thread already tells."""

    tenant_id: UUID
    reminder_id: UUID | None = None
    found_by: str = ""


def receive_mail(
    raw: bytes,
    *,
    source: str,
    now: datetime,
    envelope_recipients: tuple[str, ...] = (),
    envelope_sender: str | None = None,
) -> Received:
    """Take in one message as bytes; opens its own scope, none may be open. Twice the same message is kept once.

    NOBODYS: no tenant could be found, so nobody may see it and nothing is kept. `envelope_sender` is None when
    unknown, empty for a message that wants no answer.
    """
    mail = taken_apart(
        raw,
        envelope_recipients=envelope_recipients,
        envelope_sender=envelope_sender,
        trusted_server=settings.OTC_INBOUND_AUTHSERV,
    )
    home = _home_of(mail)
    if home is None:
        logger.warning("a message from outside belongs to no tenant; it was not kept")
        return Received.NOBODYS
    # The scanner may be slow: no transaction is open meanwhile.
    infected = _scanned(mail)
    with tenant_scope(home.tenant_id):
        return _Intake(mail, home, source=source, now=now, infected=infected).keep()


def _scanned(mail: IncomingMail) -> Mapping[str, str]:
    """Return why files are kept back, by digest: `virus`, or `unscanned` where the scanner gave no answer."""
    scanner = virus_scanner()
    if scanner is None:
        return {}
    kept_back = {}
    for each in mail.enclosures:
        try:
            found = scanner.infection(each.content)
        except ScannerUnreachableError as problem:
            logger.warning("a file of a reply could not be scanned: %s", problem)
            kept_back[sha256(each.content).hexdigest()] = "unscanned"
            continue
        if found:
            logger.warning("a file of a reply carries %s", found)
            kept_back[sha256(each.content).hexdigest()] = "virus"
    return kept_back


def _home_of(mail: IncomingMail) -> _Home | None:
    """Find the tenant: by the signed address, the message answered, the tenant's address, the sender, the only one."""
    for address in mail.recipients:
        name = name_in_address(address)
        found = tenant_of_message(name) if name else None
        if found:
            return _Home(*found, found_by=FoundBy.TOKEN)
    for message_id in (*mail.answered, mail.message_id):
        name = name_of(message_id)
        found = tenant_of_message(name) if name else None
        if found:
            return _Home(*found, found_by=FoundBy.THREAD)
    for address in mail.recipients:
        slug = slug_in_address(address)
        tenant_id = tenant_of_slug(slug) if slug else None
        if tenant_id:
            return _Home(tenant_id)
    known = tenant_of_sender(mail.sender_address) if mail.sender_address else None
    if known:
        return _Home(known[0])
    only = tenant_ids()
    return _Home(only[0]) if len(only) == 1 else None


class _Intake:
    """Keeps one message, inside its tenant's scope."""

    def __init__(
        self,
        mail: IncomingMail,
        home: _Home,
        *,
        source: str,
        now: datetime,
        infected: Mapping[str, str],
    ) -> None:
        self.mail = mail
        self.infected = infected
        self.source = source
        self.now = now
        self.tenant = Tenant.objects.get(pk=home.tenant_id)
        self.zone = ZoneInfo(self.tenant.time_zone)
        self.today: date = now.astimezone(self.zone).date()
        self.reminder: Reminder | None = None
        self.customer: Customer | None = None
        self.found_by = home.found_by
        if home.reminder_id:
            self.reminder = Reminder.objects.select_related("customer").get(pk=home.reminder_id)
            self.customer = self.reminder.customer
        elif mail.sender_address:
            self.customer = customer_of_sender(mail.sender_address)
            self.found_by = FoundBy.SENDER if self.customer else ""
        self.words = new_words(mail.text)

    def keep(self) -> Received:
        """Store the message once, with what follows from it."""
        machine = self._machine()
        suggestion = self._suggestion(machine)
        strange = self._strange_ibans()
        is_decided_by_nobody = machine is not None and machine is not Machine.OUT_OF_OFFICE
        try:
            with transaction.atomic():
                reply = Reply.objects.create(
                    event_key=self.mail.key,
                    source=self.source,
                    received_at=self.now,
                    message_id=self.mail.message_id[:250],
                    sender_name=self.mail.sender_name,
                    sender_address=self.mail.sender_address,
                    subject=self.mail.subject,
                    text=self.mail.text,
                    words=self.words,
                    authentication=dict(self.mail.authentication),
                    customer=self.customer,
                    contact=self._contact(),
                    reminder=self.reminder,
                    found_by=self.found_by,
                    machine=machine or "",
                    state=ReplyState.MACHINE if is_decided_by_nobody else ReplyState.TO_DECIDE,
                    suggestion=suggestion.intent if suggestion else "",
                    facts=facts_of(suggestion) if suggestion else {},
                    ibans=[iban[-4:] for iban in strange],
                )
        except IntegrityError:
            return Received.KNOWN
        if machine is not Machine.FLOOD:
            self._keep_enclosures(reply)
        if machine in {Machine.DELIVERY_REPORT, Machine.COMPLAINT}:
            self._report(machine)
        elif not is_decided_by_nobody:
            settle_in(reply, is_machine=machine is not None, now=self.now, today=self.today)
        self._record(reply)
        return Received.KEPT

    def _machine(self) -> Machine | None:
        hour_ago = self.now - timedelta(hours=1)
        lately = Reply.objects.filter(
            sender_address=self.mail.sender_address, received_at__gt=hour_ago
        ).count()
        if is_flood(lately):
            return Machine.FLOOD
        if self.reminder is not None and is_in_copy(self.reminder, self.mail.sender_address):
            return Machine.OURSELVES
        name = name_of(self.mail.message_id)
        return machine_behind(
            self.mail.envelope,
            own_addresses=own_addresses(),
            is_our_thread_mail=name is not None and tenant_of_message(name) is not None,
        )

    def _suggestion(self, machine: Machine | None) -> Suggestion | None:
        if machine is not None and machine is not Machine.OUT_OF_OFFICE:
            return None
        customer = self.customer
        return suggestion_of(
            f"{self.words}" or self.mail.subject,
            written_date=self._written_date(),
            documents=open_numbers(customer.pk) if customer else (),
            country=customer.country if customer else self.tenant.country,
            is_absence=machine is Machine.OUT_OF_OFFICE,
        )

    def _written_date(self) -> date:
        written = self.mail.written_at
        if written is None or not self.now - OLDEST_BELIEVED <= written <= self.now:
            return self.today
        return written.astimezone(self.zone).date()

    def _strange_ibans(self) -> tuple[str, ...]:
        found = ibans_in(self.words)
        ours = (
            set(Entity.objects.exclude(iban="").values_list("iban", flat=True)) if found else set()
        )
        known = {iban.replace(" ", "").upper() for iban in ours}
        return tuple(iban for iban in found if iban not in known)

    def _contact(self) -> Contact | None:
        if self.customer is None:
            return None
        contacts = Contact.objects.filter(customer=self.customer)
        return contacts.filter(email__iexact=self.mail.sender_address).exclude(email="").first()

    def _keep_enclosures(self, reply: Reply) -> None:
        for each in self.mail.enclosures:
            verdict = judged(each.name, each.content)
            digest = sha256(each.content).hexdigest()
            kept_back = self.infected.get(digest, "") or verdict.quarantine
            ReplyAttachment.objects.create(
                reply=reply,
                file_name=verdict.name,
                media_type=verdict.media_type,
                size=len(each.content),
                digest=digest,
                content=None if kept_back else each.content,
                quarantine=kept_back,
            )

    def _report(self, machine: Machine) -> None:
        """Pass a report on; about a message that is not ours it says nothing to us."""
        if self.reminder is None:
            return
        if machine is Machine.COMPLAINT:
            self._event(EventKind.COMPLAINT, self.mail.complained_recipient, "")
        for report in self.mail.reports:
            kind = kind_of_report(report)
            if kind:
                self._event(kind, report.recipient, f"{report.status} {report.detail}".strip())

    def _event(self, kind: EventKind, recipient: str, detail: str) -> None:
        if self.reminder is not None:
            record_event(
                reminder=self.reminder,
                kind=kind,
                event_id=f"{self.mail.key}:{kind}:{recipient}",
                recipient=recipient,
                occurred_at=self.mail.written_at or self.now,
                detail=detail,
                now=self.now,
            )

    def _record(self, reply: Reply) -> None:
        audit.record(
            actor=system_actor(current_tenant_id()),
            action="dunning.receive_reply",
            object_kind="reply",
            object_id=reply.pk,
            customer=str(reply.customer_id or ""),
            machine=reply.machine,
            suggestion=reply.suggestion,
        )


def own_addresses() -> Collection[str]:
    """Return the addresses this house writes from, in lower case."""
    return {parseaddr(settings.OTC_MAIL_FROM)[1].lower()}


def facts_of(suggestion: Suggestion) -> dict[str, Any]:
    """Return a suggestion's facts as they are stored: plain JSON, days as ISO 8601, amounts as text."""
    return {
        "reasons": list(suggestion.reasons),
        "day": suggestion.day.isoformat() if suggestion.day else "",
        "amounts": [str(amount) for amount in suggestion.amounts],
        "documents": list(suggestion.documents),
        "dispute_type": suggestion.dispute_type,
        "address": suggestion.address,
        "also": [intent.value for intent in suggestion.also],
    }


def settle_in(reply: Reply, *, is_machine: bool, now: datetime, today: date) -> None:
    """Tell a known customer's message in his history, pause his chase if a person wrote, and warn of strange IBANs."""
    if reply.customer is None:
        return
    note(
        customer=reply.customer,
        kind=TimelineKind.NOTE,
        text_code="dunning.absence_received" if is_machine else "dunning.reply_received",
        at=now,
        words=(reply.words or reply.subject)[:WORDS_SHOWN],
        object_id=reply.pk,
        facts={"contact": str(reply.contact or reply.sender_name or reply.sender_address)},
    )
    if not is_machine:
        _pause(reply, now=now, today=today)
    if reply.ibans:
        warn_of_ibans(reply, now=now)


def _pause(reply: Reply, *, now: datetime, today: date) -> None:
    """Leave a customer who wrote alone for three working days; a pause that lasts longer stays as it is."""
    customer: Customer = reply.customer
    until = today
    left = PAUSE_WORKING_DAYS
    while left:
        until += timedelta(days=1)
        left -= is_working_day(until, country=customer.country)
    standing = Pause.objects.in_force(today).filter(customer=customer, due_line=None)
    if standing.filter(until_date__gte=until).exists():
        return
    tenant = Tenant.objects.get(pk=current_tenant_id())
    with translation.override(tenant.language):
        reason = _("Reply received, to be read")
    reply.pause = pause_reminders(
        customer=customer,
        actor=system_actor(tenant.pk),
        reason=reason,
        today=today,
        until=until,
        now=now,
    )
    reply.save(update_fields=["pause"])


def warn_of_ibans(reply: Reply, *, now: datetime) -> None:
    """Ask a person to look at bank details that are not ours: nobody pays or refunds to a number from a mail (S5)."""
    MailTask.objects.get_or_create(
        reply=reply,
        kind=TaskKind.FRAUD,
        defaults={
            "customer": reply.customer,
            "contact": reply.contact,
            "reminder": reply.reminder,
            "detail": ", ".join(f"…{last}" for last in reply.ibans)[:300],
            "created_at": now,
        },
    )
    note(
        customer=reply.customer,
        kind=TimelineKind.NOTE,
        text_code="dunning.strange_iban",
        at=now,
        object_id=reply.pk,
        facts={"last": ", ".join(f"…{last}" for last in reply.ibans)},
    )


def words_mean(reply: Reply, customer: Customer, *, today: date) -> Suggestion:
    """Return what a message suggests once its customer is known, whose invoices it may name."""
    zone = ZoneInfo(Tenant.objects.get(pk=current_tenant_id()).time_zone)
    return suggestion_of(
        reply.words or reply.subject,
        written_date=min(reply.received_at.astimezone(zone).date(), today),
        documents=open_numbers(customer.pk),
        country=customer.country,
        is_absence=reply.machine == Intent.OUT_OF_OFFICE.value,
    )
