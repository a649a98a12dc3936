"""Write down what became of an attempt; each step is one short transaction behind the attempt's fence."""

from datetime import datetime

from accounts.services import audit
from dunning.models import Reminder, ReminderQuerySet, RenderedMessage, SendAttempt
from dunning.rules.content import ComposedMessage
from dunning.rules.outbox import LEASE, MAX_FAILURES, State, next_attempt_at
from dunning.services.barriers import barrier
from dunning.services.claims import Claim
from kernel.money import Money
from kernel.permissions import system_actor
from kernel.tenancy import current_tenant_id
from ledger.models import Contact, TimelineKind
from ledger.services.history import note

PROBLEM_LENGTH = 300


class FenceError(RuntimeError):
    """The reminder is no longer in this attempt's hands, or a red button was pressed: it must not leave."""


def mark_handing(
    claim: Claim, *, message: ComposedMessage | None, raw: bytes, now: datetime
) -> None:
    """Commit, just before the last dot, that the message is about to leave, with the bytes it leaves as.

    `message` is None when the bytes are those stored by an earlier attempt. Raises FenceError.
    """
    if barrier(now=now).is_closed:
        raise FenceError("nothing may leave")
    moved = _held(claim, State.CLAIMED).filter(lease_until__gt=now)
    if not moved.update(state=State.HANDING, state_at=now, handed_at=now, lease_until=now + LEASE):
        raise FenceError("another attempt has taken over")
    if message is not None:
        kept = {
            "digest": claim.digest,
            "subject": message.subject,
            "html": message.html,
            "text": message.text,
            "raw": raw,
            "recipient": claim.recipient_address,
            "in_copy": claim.in_copy,
            "composed_at": now,
            "text_version_id": claim.content.words.version_id if claim.content.words else None,
            "facts": message.facts,
        }
        # One statement: this transaction stands between the message and its last dot.
        RenderedMessage.objects.bulk_create(
            [RenderedMessage(reminder_id=claim.reminder_id, **kept)],
            update_conflicts=True,
            unique_fields=["tenant_id", "reminder"],
            update_fields=[name.removesuffix("_id") for name in kept],
        )


def record_sent(claim: Claim, *, now: datetime) -> None:
    """Record that the relay accepted the message, in the outbox, the customer's history and the audit trail.

    An attempt whose lease ran out meanwhile is settled by evidence instead: then this changes nothing.
    """
    if not _held(claim, State.HANDING).update(
        state=State.SENT, state_at=now, sent_at=now, lease_until=None, problem=""
    ):
        return
    _end_attempt(claim, State.SENT, "", now=now)
    # As it was claimed: the fence held, so nobody changed it since.
    tell_sent(claim.reminder, now=now)


def tell_sent(reminder: Reminder, *, now: datetime) -> None:
    """Write a message that left into the customer's history and the audit trail."""
    is_announcement = reminder.level == 0
    note(
        customer=reminder.customer_id,
        kind=TimelineKind.REMINDER,
        text_code="dunning.announcement_sent" if is_announcement else "dunning.reminder_sent",
        at=now,
        object_id=reminder.pk,
        facts={
            "level": reminder.level,
            "amount": Money(reminder.amount, reminder.currency).as_json(),
        },
    )
    audit.record(
        actor=system_actor(current_tenant_id()),
        action="dunning.send_reminder",
        object_kind="reminder",
        object_id=reminder.pk,
        message_id=reminder.message_id,
        amount=str(reminder.amount),
        currency=reminder.currency,
        confirmed_by=reminder.confirmed_by_id,
    )


def put_off(claim: Claim, *, before: State, reason: str, now: datetime) -> None:
    """Put a message that was certainly not accepted back in the queue, with a growing wait."""
    reminder = _held(claim, before).select_for_update().first()
    if reminder is None:
        return
    reminder.deferrals += 1
    reminder.leaves_at = next_attempt_at(deferrals=reminder.deferrals, now=now)
    _leave(reminder, State.READY, reason, now=now)
    _end_attempt(claim, State.READY, reason, now=now)


def give_back(claim: Claim, *, reason: str, now: datetime) -> None:
    """Give a claimed message back untouched, to be taken again when nothing stands in the way."""
    reminder = _held(claim, State.CLAIMED).select_for_update().first()
    if reminder is not None:
        _leave(reminder, State.READY, reason, now=now)
        _end_attempt(claim, State.READY, reason, now=now)


def record_refusal(
    claim: Claim, *, before: State, reason: str, is_address: bool, now: datetime
) -> None:
    """Record that the relay refused the message for good: a task for a person, never another channel by itself.

    An address the relay does not know is not written to again until a person has corrected it.
    """
    reminder = _held(claim, before).select_for_update().first()
    if reminder is None:
        return
    _leave(reminder, State.FAILED, reason, now=now)
    _end_attempt(claim, State.FAILED, reason, now=now)
    if is_address and reminder.contact_id:
        Contact.objects.filter(pk=reminder.contact_id).update(is_undeliverable=True)
    tell_failed(reminder, now=now)


def tell_failed(reminder: Reminder, *, now: datetime) -> None:
    """Write a message that did not leave into the customer's history."""
    note(
        customer=reminder.customer_id,
        kind=TimelineKind.REMINDER,
        text_code="dunning.reminder_failed",
        at=now,
        object_id=reminder.pk,
        words=reminder.problem,
        facts={"amount": Money(reminder.amount, reminder.currency).as_json()},
    )


def record_failure(claim: Claim, *, reason: str, now: datetime) -> None:
    """Record that we ourselves could not make the message; after three times the row is set aside for a person."""
    reminder = _held(claim, State.CLAIMED).select_for_update().first()
    if reminder is None:
        return
    reminder.failures += 1
    is_poison = reminder.failures >= MAX_FAILURES
    reminder.leaves_at = next_attempt_at(deferrals=reminder.failures, now=now)
    _leave(reminder, State.FAILED if is_poison else State.READY, reason, now=now)
    _end_attempt(claim, State(reminder.state), reason, now=now)
    if is_poison:
        tell_failed(reminder, now=now)


def record_unknown(claim: Claim, *, reason: str, now: datetime) -> None:
    """Record that the relay went away after the last dot: only evidence, or a person, can tell."""
    reminder = _held(claim, State.HANDING).select_for_update().first()
    if reminder is not None:
        _leave(reminder, State.UNKNOWN, reason, now=now)
        _end_attempt(claim, State.UNKNOWN, reason, now=now)


def _held(claim: Claim, state: State) -> ReminderQuerySet:
    # The worker too: a claim that a crash took back leaves its number to the next one.
    return Reminder.objects.filter(
        pk=claim.reminder_id, attempt=claim.attempt, worker=claim.worker, state=state
    )


def _leave(reminder: Reminder, state: State, reason: str, *, now: datetime) -> None:
    reminder.state = state
    reminder.state_at = now
    reminder.lease_until = None
    reminder.problem = reason[:PROBLEM_LENGTH]
    reminder.save()


def _end_attempt(claim: Claim, outcome: State, detail: str, *, now: datetime) -> None:
    SendAttempt.objects.filter(reminder=claim.reminder_id, number=claim.attempt).update(
        ended_at=now, outcome=outcome, detail=detail[:PROBLEM_LENGTH]
    )
