"""After a promise is taken down its customer reads what was noted: amounts, invoices, day, a link to his page.

It is no reminder: it leaves once, at once, and no gap or cap counts it.
"""

from dataclasses import replace
from datetime import date, datetime, timedelta
from decimal import Decimal

from accounts.services import audit
from dunning.channels import PORTAL_LINK_DAYS, portal_link
from dunning.messages.composing import compose_words
from dunning.models import (
    ContactSettings,
    Promise,
    PromiseLine,
    Register,
    Reminder,
    Scenario,
    ScenarioVersion,
    SideMailKind,
    Step,
)
from dunning.queries.contents import ContentBasis, reminder_content
from dunning.rules.content import ContentLine, LineKind, ReminderContent, Section, Totals
from dunning.rules.policy import DEFAULT_POLICY
from dunning.rules.ready_scenarios import STANDARD_B2B
from dunning.services.side_mails import tell_contact
from kernel.permissions import Actor
from ledger.models import Contact, TimelineKind
from ledger.rules.payment_codes import selection_reference
from ledger.services.history import note


def send_recap(
    *,
    promise: Promise,
    actor: Actor,
    today: date,
    now: datetime,
    contact: Contact | None = None,
) -> bool:
    """Queue the recap of a promise to `contact`, else to whoever reads reminders; say whether somebody gets one.

    Who opted out, or has no address that works, gets none. Asked twice, it leaves once.
    """
    reader = _reader(promise, contact)
    if reader is None:
        return False
    content = _content(promise, reader, today=today)
    message = compose_words(content)
    is_new = tell_contact(
        contact=reader,
        kind=SideMailKind.PROMISE_RECAP,
        key=f"promise:{promise.pk}",
        object_id=promise.pk,
        subject=message.subject,
        text=message.text,
        html=message.html,
        reply_to=content.sender.email,
        leaves_at=now,
    )
    if is_new:
        note(
            customer=promise.customer_id,
            kind=TimelineKind.NOTE,
            text_code="dunning.recap_sent",
            actor=actor,
            at=now,
            object_id=promise.pk,
            facts={"contact": reader.name or reader.email},
        )
    return is_new


def choose_recap(*, is_on: bool, actor: Actor) -> None:
    """Choose whether the switch beside a promise is on at first."""
    ContactSettings.objects.update_or_create(defaults={"sends_recap": is_on})
    audit.record(actor=actor, action="dunning.choose_recap", object_kind="tenant", is_on=is_on)


def _reader(promise: Promise, contact: Contact | None) -> Contact | None:
    if contact is not None and contact.email and contact.customer_id == promise.customer_id:
        return contact
    known = Contact.objects.filter(
        customer=promise.customer_id, is_opted_out=False, is_undeliverable=False
    ).exclude(email="")
    return known.order_by("-is_primary", "name", "pk").first()


def _content(promise: Promise, contact: Contact, *, today: date) -> ReminderContent:
    basis = ContentBasis(
        lines=(),
        today=today,
        euro_rate=Decimal(1),
        policy=DEFAULT_POLICY,
        scenario=STANDARD_B2B,
        announcement=None,
        portal_url=portal_link(customer_id=promise.customer_id, today=today),
    )
    named = promise.lines.select_related("due_line__document").order_by("due_line__due_date", "id")
    lines = tuple(_line(each, today) for each in named if each.amount)
    none = Decimal(0)
    customer = promise.customer
    content = reminder_content(_as_reminder(promise, today), contact, basis)
    until = today + timedelta(days=PORTAL_LINK_DAYS) if basis.portal_url else None
    return replace(
        content,
        lines=lines,
        totals=Totals(promise.amount, none, none, none, promise.amount),
        promised_date=promise.promised_date,
        portal_valid_until=until,
        payment_reference=customer.payment_reference
        or selection_reference(customer.code, [each.document_number for each in lines], today),
    )


def _line(named: PromiseLine, today: date) -> ContentLine:
    line = named.due_line
    return ContentLine(
        document_number=line.document.number,
        order_number=line.document.order_number,
        issue_date=line.issue_date,
        due_date=line.due_date,
        days_late=(today - line.due_date).days,
        original_amount=line.amount,
        open_amount=named.amount,
        disputed_amount=Decimal(0),
        kind=LineKind.INVOICE,
        section=Section.LATE,
    )


def _as_reminder(promise: Promise, today: date) -> Reminder:
    """Return a reminder that is stored nowhere: what a message says is read from one."""
    version = ScenarioVersion(scenario=Scenario(name=STANDARD_B2B.name), number=1)
    step = Step(version=version, number=1, offset_days=1, level=0, register=Register.PROMISE)
    return Reminder(
        customer=promise.customer,
        entity=promise.entity,
        currency=promise.currency,
        scenario_version=version,
        step=step,
        level=0,
        contact_date=today,
    )
