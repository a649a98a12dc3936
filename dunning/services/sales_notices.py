"""Tell sales before a message leaves to a protected customer, and keep it in the house until they could object (R43).

The notice is the row that counts: whoever claims a message asks it again. Silence lets the message go after the
deadline, an objection holds it until finance decides, and where nobody in sales can be told a person of finance
answers for it.
"""

from datetime import datetime
from enum import StrEnum
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db.models import F, Q
from django.urls import reverse
from django.utils.translation import gettext as _

from accounts.models import Membership, MembershipState, Tenant
from accounts.services import audit
from dunning.channels import sent_channels
from dunning.models import (
    Care,
    ContactRule,
    DepartureNotice,
    Reminder,
    RepAnswer,
    SideMailKind,
)
from dunning.queries.sales import IN_THE_HOUSE, deadlines_of
from dunning.rules.outbox import State
from dunning.rules.policy import DEFAULT_POLICY, Policy
from dunning.rules.sales import objection_deadline
from dunning.rules.steps import Channel, Mode
from dunning.services.departures import contact_dates, set_departure
from dunning.services.previews import preview
from dunning.services.side_mails import language_of, tell_member
from kernel import formats
from kernel.money import Money
from kernel.permissions import system_actor
from kernel.tenancy import current_tenant_id
from ledger.models import Customer, TimelineKind
from ledger.services.history import note

MOST_AT_ONCE = 200
DEPARTURE_FIELDS = ["leaves_at", "leaves_any_hour", "contact_date"]


class Gate(StrEnum):
    """What sales make of a message that is about to leave."""

    OPEN = "open"
    WAITS = "waits"
    HELD = "held"


def tell_sales(*, now: datetime) -> int:
    """Tell sales of every planned message to a protected customer or contact they do not know of; return how many.

    Letters count too. Whoever has taken a customer over since is told what waits, and has his own time to object.
    """
    tell_successors(now=now)
    today = now.astimezone(_zone()).date()
    rules = ContactRule.objects.agreed().in_force(today).filter(kind=Care.PROTECTED)
    if not rules.exists():
        return 0
    customers = rules.filter(contact=None).values("customer")
    contacts = rules.exclude(contact=None).values("contact")
    untold = (
        Reminder.objects.filter(
            Q(customer__in=customers) | Q(contact__in=contacts),
            state__in=[State.PLANNED, State.READY],
            channel__in=sorted(sent_channels() | {Channel.LETTER}),
            departure_notices=None,
        )
        .exclude(mode=Mode.MANUAL)
        .select_for_update(of=("self",), skip_locked=True)
        .select_related("customer", "scenario_version")
        .order_by("leaves_at", "id")[:MOST_AT_ONCE]
    )
    told = list(untold)
    for reminder in told:
        announce(reminder, now=now)
        put_behind_deadline(reminder, now=now)
    return len(told)


def tell_successors(*, now: datetime) -> int:
    """Hand notices that wait on to whoever sells to the customer by now, with a new deadline; return how many."""
    waiting = (
        DepartureNotice.objects.filter(answer="", reminder__state__in=IN_THE_HOUSE)
        .exclude(told=F("customer__sales_rep"), told__state=MembershipState.ACTIVE)
        .select_related("customer__sales_rep__manager", "reminder__scenario_version")
        .select_for_update(of=("self",), skip_locked=True)
        .order_by("deadline", "id")[:MOST_AT_ONCE]
    )
    count = 0
    for notice in list(waiting):
        person, is_stand_in = person_to_tell(notice.customer)
        if person is None or person.pk == notice.told_id:
            continue
        tenant = Tenant.objects.get(pk=current_tenant_id())
        own = objection_deadline(now, zone=ZoneInfo(tenant.time_zone), country=tenant.country)
        notice.told, notice.is_stand_in, notice.told_at = person, is_stand_in, now
        notice.deadline = max(notice.deadline, own)
        notice.save(update_fields=["told", "is_stand_in", "told_at", "deadline"])
        _say_told(person, notice, notice.reminder, notice.customer, now=now)
        if notice.reminder.state in {State.PLANNED, State.READY}:
            put_behind_deadline(notice.reminder, now=now)
        count += 1
    return count


def gate_of(reminder: Reminder, *, is_protected: bool, now: datetime) -> Gate:
    """Return whether a locked message may leave as far as sales are concerned; tells them if they do not know yet."""
    notice = DepartureNotice.objects.filter(reminder=reminder).first()
    if notice is None:
        if not is_protected:
            return Gate.OPEN
        notice = announce(reminder, now=now)
    if notice.answer == RepAnswer.OBJECTED and not notice.decision:
        return Gate.HELD
    is_waited_for = notice.told_id is not None and notice.answer == RepAnswer.NONE
    return Gate.WAITS if is_waited_for and now < notice.deadline else Gate.OPEN


def put_behind_deadline(
    reminder: Reminder, *, now: datetime, policy: Policy = DEFAULT_POLICY
) -> None:
    """Let a message that would leave before sales could object leave at the next opening after it."""
    deadline = deadlines_of([reminder.pk]).get(reminder.pk)
    if deadline is None or reminder.leaves_at >= deadline:
        return
    if reminder.channel == Channel.LETTER:
        # A letter leaves on the day somebody posts it; until the deadline it is in no batch.
        reminder.leaves_at = deadline
        reminder.save(update_fields=["leaves_at"])
        return
    depart(reminder, after=max(deadline, now), policy=policy)


def depart(reminder: Reminder, *, after: datetime, policy: Policy = DEFAULT_POLICY) -> None:
    """Let a message leave at the first opening from `after`."""
    others = contact_dates([reminder.customer_id], except_reminder=reminder.pk)
    own_policy = reminder.scenario_version.as_policy(policy)
    theirs = others.get(reminder.customer_id, [])
    set_departure(reminder, theirs, now=after, policy=own_policy)
    reminder.save(update_fields=DEPARTURE_FIELDS)


def person_to_tell(customer: Customer) -> tuple[Membership | None, bool]:
    """Return who in sales is told about a customer, and whether he only stands in for the representative.

    A representative who left, or has no access, is stood in for by his manager; None when neither is there.
    """
    rep = customer.sales_rep
    if rep is None:
        return None, False
    if rep.state == MembershipState.ACTIVE:
        return rep, False
    boss = rep.manager
    is_there = boss is not None and boss.state == MembershipState.ACTIVE
    return (boss, True) if is_there else (None, False)


def announce(reminder: Reminder, *, now: datetime) -> DepartureNotice:
    """Write down that sales are told of one message, and queue the mail that tells them."""
    tenant = Tenant.objects.get(pk=current_tenant_id())
    customer = Customer.objects.select_related("sales_rep__manager").get(pk=reminder.customer_id)
    person, is_stand_in = person_to_tell(customer)
    notice = DepartureNotice.objects.create(
        reminder=reminder,
        customer=customer,
        told=person,
        is_stand_in=is_stand_in,
        told_at=now,
        deadline=objection_deadline(now, zone=ZoneInfo(tenant.time_zone), country=tenant.country),
    )
    _say_told(person, notice, reminder, customer, now=now)
    return notice


def _say_told(
    person: Membership | None,
    notice: DepartureNotice,
    reminder: Reminder,
    customer: Customer,
    *,
    now: datetime,
) -> None:
    """Write to whom a notice is for, and note on the customer and in the trail that he was told."""
    if person is not None:
        _write_to(person, notice, reminder, customer, now=now)
    note(
        customer=customer,
        kind=TimelineKind.NOTE,
        text_code="dunning.sales_told" if person else "dunning.sales_not_told",
        at=now,
        object_id=notice.pk,
        facts={"name": person.name if person else ""},
    )
    audit.record(
        actor=system_actor(current_tenant_id()),
        action="dunning.tell_sales",
        object_kind="reminder",
        object_id=reminder.pk,
        told=str(person.pk) if person else "",
        deadline=notice.deadline.isoformat(),
    )


def _write_to(
    person: Membership,
    notice: DepartureNotice,
    reminder: Reminder,
    customer: Customer,
    *,
    now: datetime,
) -> None:
    with language_of(person) as language:
        shown = preview(reminder=reminder, now=now)
        facts = {
            "name": person.name,
            "customer": customer.name,
            "amount": formats.money(Money(reminder.amount, reminder.currency), language),
            "deadline": moment_of(notice.deadline, language),
            "url": f"{settings.OTC_PUBLIC_URL}{reverse('departures')}",
            "subject": shown.subject,
            "text": shown.text,
        }
        subject = _("%(customer)s: a reminder is about to leave; object by %(deadline)s") % facts
        text = (
            _(
                "Hello %(name)s,\n\n"
                "a reminder over %(amount)s is about to leave to %(customer)s, who is protected. You may object until "
                "%(deadline)s; without a word from you it leaves after that.\n\n"
                "Object, or let it go: %(url)s\n\n"
                "What would leave as things stand now:\n\n"
                "%(subject)s\n\n%(text)s"
            )
            % facts
        )
    tell_member(
        member=person,
        kind=SideMailKind.DEPARTURE,
        key=f"departure:{notice.pk}:{person.pk}",
        customer=customer,
        object_id=notice.pk,
        subject=subject,
        text=text,
        now=now,
    )


def moment_of(instant: datetime, language: str) -> str:
    """Return an instant as colleagues read it, in the tenant's zone: 24/11/2026 18:00."""
    local = instant.astimezone(_zone())
    return f"{formats.day(local.date(), language)} {formats.clock(local, language)}"


def _zone() -> ZoneInfo:
    return ZoneInfo(Tenant.objects.only("time_zone").get(pk=current_tenant_id()).time_zone)
