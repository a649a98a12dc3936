"""What people decide about a reply: what it means, whose it is, or that it means nothing."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import ClassVar
from uuid import UUID

from django.utils.translation import gettext as _

from accounts.services import audit
from disputes.models import DisputeType
from disputes.services import open_dispute
from dunning.models import (
    FoundBy,
    MailTask,
    PromiseSource,
    Reply,
    ReplyIntent,
    ReplyState,
    TaskKind,
)
from dunning.queries.sales import sends_recap
from dunning.services.pauses import LONGEST, end_pause, pause_reminders
from dunning.services.promises import record_promise
from dunning.services.replies import facts_of, settle_in, words_mean
from kernel.errors import Refused
from kernel.money import Money
from kernel.permissions import Actor
from ledger.models import Contact, Customer, DueLine, TimelineKind
from ledger.services.contacts import upsert_contact
from ledger.services.history import note


class ReplyDecided(Refused):
    """Somebody decided about this reply already, or it belongs to nobody yet."""

    code: ClassVar[str] = "reply_decided"


class DecisionIncomplete(Refused):
    """The decision lacks what it is about: a day, an invoice, an address."""

    code: ClassVar[str] = "decision_incomplete"


@dataclass(frozen=True, slots=True)
class Decision:
    """What a person makes of a reply; each meaning needs its own facts. `amount` None: all the lines owe."""

    intent: ReplyIntent
    due_lines: Sequence[UUID] = ()
    day: date | None = None
    amount: Decimal | None = None
    dispute_type: DisputeType | None = None
    contact_email: str = ""
    contact_name: str = ""
    words: str = field(default="")


def confirm_reply(
    *, reply: Reply, decision: Decision, actor: Actor, today: date, now: datetime
) -> Reply:
    """Decide what a reply means, as suggested or corrected, and do what follows from it.

    A promise is recorded, a dispute opened, a contact entered, the chase paused until somebody returns; a payment to
    look for and a copy to send become tasks. Raises ReplyDecided, DecisionIncomplete, and what those services raise.
    """
    locked = _open(reply)
    _FOLLOW_UPS[decision.intent](locked, decision, actor, today, now)
    _close(locked, ReplyState.CONFIRMED, decision.intent, actor=actor, now=now)
    return locked


def dismiss_reply(*, reply: Reply, actor: Actor, today: date, now: datetime) -> Reply:
    """Set a reply aside as meaning nothing; the pause it brought ends. Raises ReplyDecided."""
    locked = _open(reply, is_assigned=False)
    if locked.pause is not None and locked.pause.ended_date is None:
        end_pause(pause=locked.pause, actor=actor, today=today, now=now)
    _close(locked, ReplyState.DISMISSED, "", actor=actor, now=now)
    return locked


def assign_reply(
    *, reply: Reply, customer: Customer, actor: Actor, today: date, now: datetime
) -> Reply:
    """Say whose a message is; from then on it is treated like any reply of his. Raises ReplyDecided."""
    locked = _open(reply, is_assigned=False)
    if locked.customer_id is not None:
        raise ReplyDecided(
            _("This message belongs to %(customer)s already. Reload the page.")
            % {"customer": locked.customer}
        )
    suggestion = words_mean(locked, customer, today=today)
    locked.customer = customer
    locked.contact = (
        Contact.objects.filter(customer=customer, email__iexact=locked.sender_address)
        .exclude(email="")
        .first()
    )
    locked.found_by = FoundBy.PERSON
    locked.suggestion = suggestion.intent
    locked.facts = facts_of(suggestion)
    locked.save()
    settle_in(locked, is_machine=bool(locked.machine), now=now, today=today)
    _record(locked, "dunning.assign_reply", actor)
    return locked


def _open(reply: Reply, *, is_assigned: bool = True) -> Reply:
    """Return the reply locked. Raises ReplyDecided."""
    locked = Reply.objects.select_for_update(of=("self",)).get(pk=reply.pk)
    if locked.state != ReplyState.TO_DECIDE:
        raise ReplyDecided(
            _("This reply is “%(state)s” by now, so nothing more is decided about it.")
            % {"state": locked.get_state_display()},
            state=locked.state,
        )
    if is_assigned and locked.customer is None:
        raise ReplyDecided(_("Say first which customer wrote this message."))
    return locked


def _close(reply: Reply, state: ReplyState, decision: str, *, actor: Actor, now: datetime) -> None:
    reply.state = state
    reply.decision = decision
    reply.decided_by_id = actor.membership_id
    reply.decided_at = now
    reply.save()
    action = "dunning.confirm_reply" if state is ReplyState.CONFIRMED else "dunning.dismiss_reply"
    _record(reply, action, actor, decision=str(decision), suggested=reply.suggestion)
    if reply.customer is not None:
        note(
            customer=reply.customer,
            kind=TimelineKind.NOTE,
            text_code=f"dunning.reply_decided_{decision}"
            if decision
            else "dunning.reply_dismissed",
            actor=actor,
            at=now,
            object_id=reply.pk,
        )


def _record(reply: Reply, action: str, actor: Actor, **details: str) -> None:
    audit.record(
        actor=actor,
        action=action,
        object_kind="reply",
        object_id=reply.pk,
        customer=str(reply.customer_id or ""),
        **details,
    )


# --- what follows ---------------------------------------------------------------------------------------------------


def _promised(reply: Reply, what: Decision, actor: Actor, today: date, now: datetime) -> None:
    if what.day is None:
        raise DecisionIncomplete(_("Enter the day on which %(customer)s pays.") % _named(reply))
    record_promise(
        customer=reply.customer,
        due_lines=what.due_lines,
        promised_date=what.day,
        amount=what.amount,
        actor=actor,
        today=today,
        now=now,
        source=PromiseSource.REPLY,
        words=what.words or reply.words,
        reminder=reply.reminder,
        sends_recap=sends_recap(),
    )


def _contested(reply: Reply, what: Decision, actor: Actor, today: date, now: datetime) -> None:  # noqa: ARG001  one shape for all
    if what.dispute_type is None:
        raise DecisionIncomplete(_("Choose what %(customer)s contests.") % _named(reply))
    lines = list(
        DueLine.objects.filter(customer=reply.customer, pk__in=what.due_lines)
        .select_related("document")
        .order_by("due_date", "id")
    )
    if len(lines) != 1:
        raise DecisionIncomplete(
            _("Choose the one invoice that %(customer)s contests; open the others on their pages.")
            % _named(reply)
        )
    (line,) = lines
    amount = line.open_amount if what.amount is None else what.amount
    open_dispute(
        line=line,
        amount=Money(amount, line.currency),
        type=what.dispute_type,
        reason=what.words or reply.words,
        actor=actor,
        today=today,
    )


def _wrong_contact(reply: Reply, what: Decision, actor: Actor, today: date, now: datetime) -> None:
    if not what.contact_email.strip():
        _task(reply, TaskKind.CONTACT, what, now)
        return
    upsert_contact(
        customer=reply.customer,
        actor=actor,
        today=today,
        email=what.contact_email,
        name=what.contact_name,
        is_primary=True,
    )


def _away(reply: Reply, what: Decision, actor: Actor, today: date, now: datetime) -> None:
    if what.day is None or what.day < today:
        raise DecisionIncomplete(
            _("Enter the day of the return, today or later; until then nobody is reminded.")
        )
    pause_reminders(
        customer=reply.customer,
        actor=actor,
        reason=_("Out of office"),
        today=today,
        until=min(what.day, today + LONGEST),
        now=now,
    )


def _paid(reply: Reply, what: Decision, actor: Actor, today: date, now: datetime) -> None:  # noqa: ARG001  one shape for all
    _task(reply, TaskKind.PAYMENT, what, now)


def _copy(reply: Reply, what: Decision, actor: Actor, today: date, now: datetime) -> None:  # noqa: ARG001  one shape for all
    _task(reply, TaskKind.COPY, what, now)


def _other(reply: Reply, what: Decision, actor: Actor, today: date, now: datetime) -> None:
    """Do nothing more: the words are in the history."""


_FOLLOW_UPS = {
    ReplyIntent.PROMISE: _promised,
    ReplyIntent.DISPUTE: _contested,
    ReplyIntent.WRONG_CONTACT: _wrong_contact,
    ReplyIntent.OUT_OF_OFFICE: _away,
    ReplyIntent.PAID: _paid,
    ReplyIntent.COPY: _copy,
    ReplyIntent.OTHER: _other,
}


def _task(reply: Reply, kind: TaskKind, what: Decision, now: datetime) -> None:
    numbers = DueLine.objects.filter(customer=reply.customer, pk__in=what.due_lines)
    shown = numbers.order_by("due_date", "id").values_list("document__number", flat=True)[:20]
    MailTask.objects.create(
        customer=reply.customer,
        kind=kind,
        contact=reply.contact,
        reminder=reply.reminder,
        reply=reply,
        detail=", ".join(shown)[:300],
        created_at=now,
    )


def _named(reply: Reply) -> dict[str, str]:
    return {"customer": str(reply.customer)}
