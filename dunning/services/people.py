"""What people decide about reminders: confirm, hold, release, cancel, try again, and what came of a call."""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Any, ClassVar
from uuid import UUID

from django.db.models import QuerySet
from django.utils.translation import gettext as _

from accounts.services import audit
from dunning.channels import sent_channels
from dunning.models import Reminder, Run
from dunning.queries.closures import closed_days
from dunning.queries.sales import deadlines_of
from dunning.queries.scenarios import contact_policy
from dunning.rules.calendar import zone_of
from dunning.rules.content import Register
from dunning.rules.decision import HoldReason
from dunning.rules.outbox import CancelReason, State
from dunning.rules.policy import DEFAULT_POLICY, Policy
from dunning.rules.sales import SALES_OBJECTION
from dunning.rules.steps import Channel, Mode
from dunning.services.attempts import tell_sent
from dunning.services.barriers import walk_to_sent
from dunning.services.departures import contact_dates, set_departure
from kernel.errors import Refused
from kernel.money import Money
from kernel.permissions import Actor
from ledger.models import TimelineKind
from ledger.services.history import note

OUTCOMES: Mapping[Channel, tuple[str, ...]] = MappingProxyType(
    {
        Channel.CALL: (
            "promise",
            "dispute",
            "not_received",
            "call_back",
            "already_paid",
            "unreachable",
            "done",
        ),
        Channel.SMS: ("done", "already_paid", "dispute"),
        Channel.REGISTERED_ELETTER: ("done", "already_paid", "dispute"),
        Channel.REGISTERED_LETTER: ("done", "already_paid", "dispute"),
        Channel.DECISION: ("hand_over", "payment_plan", "keep_asking", "write_off", "done"),
    }
)
"""What may come of each kind of task; a promise or a dispute gets its own record besides."""


POSTED = "done"
"""The outcome of a letter that was posted."""


class NotWaiting(Refused):
    """The reminder is not in a state in which this can be decided."""

    code: ClassVar[str] = "reminder_not_waiting"


class HeldForVolume(Refused):
    """The run is held because it is far larger than usual."""

    code: ClassVar[str] = "run_held"


class ObjectionOpen(Refused):
    """Sales object to the reminder, and nobody has decided about that yet."""

    code: ClassVar[str] = "objection_open"


class ReasonMissing(Refused):
    """Something is stopped without saying why."""

    code: ClassVar[str] = "reason_missing"


class OutcomeMissing(Refused):
    """A task is closed without saying what came of it."""

    code: ClassVar[str] = "outcome_missing"


class CallWithoutCause(Refused):
    """A call is closed without the form that asks for the cause of non-payment."""

    code: ClassVar[str] = "call_without_cause"


class NoticeNotIssued(Refused):
    """A formal notice is said to be posted that was never issued."""

    code: ClassVar[str] = "notice_not_issued"


class ReleaseByAPerson(Refused):
    """A machine asked to release a held run (S12)."""

    code: ClassVar[str] = "release_needs_a_person"


def confirm_reminders(
    *,
    reminders: QuerySet[Reminder],
    actor: Actor,
    now: datetime,
    opens_now: bool = False,
    policy: Policy = DEFAULT_POLICY,
) -> tuple[UUID, ...]:
    """Let planned reminders go, each at the next opening in its recipient's country, and return their ids.

    `opens_now` lets them go at once. A customer contacted too recently gets his later, when the gap is over.
    Letters wait, confirmed, for a batch. Registered letters stay tasks of people, and so does what no provider carries
    here; calls and decisions are not confirmed at all.
    """
    waiting = (
        reminders.filter(
            state=State.PLANNED,
            channel__in=sorted(sent_channels() | {Channel.LETTER}),
            confirmed_at=None,
            waits_for="",
        )
        .exclude(mode=Mode.MANUAL)
        .select_related("customer", "scenario_version")
        .order_by("planned_date", "id")
        .select_for_update(of=("self",))
    )
    confirmed = list(waiting)
    contacts = contact_dates({reminder.customer_id for reminder in confirmed})
    told = deadlines_of([reminder.pk for reminder in confirmed])
    closures = closed_days(since=now.date() - timedelta(days=1))
    for reminder in confirmed:
        theirs = contacts.setdefault(reminder.customer_id, [])
        reminder.problem = ""
        reminder.confirmed_by_id = actor.membership_id
        reminder.confirmed_at = now
        if reminder.channel == Channel.LETTER:
            # It leaves on the day somebody posts it; until then the plan goes on looking at it.
            until = told.get(reminder.pk, now)
            reminder.leaves_at = max(now, until) if opens_now else max(reminder.leaves_at, until)
            continue
        own_policy = contact_policy(reminder, reminder.scenario_version.as_policy(policy))
        # Nobody's hurry overtakes sales, who were told that they may object until then.
        earliest = max(now, told.get(reminder.pk, now))
        set_departure(
            reminder,
            theirs,
            now=earliest,
            policy=own_policy,
            closures=closures,
            opens_now=opens_now and earliest == now,
        )
        theirs.append(reminder.contact_date)
        reminder.state = State.READY
        reminder.state_at = now
    Reminder.objects.bulk_update(
        confirmed,
        [
            "state",
            "state_at",
            "leaves_at",
            "leaves_any_hour",
            "contact_date",
            "confirmed_by",
            "confirmed_at",
            "problem",
        ],
        batch_size=1000,
    )
    if confirmed:
        audit.record(
            actor=actor,
            action="dunning.confirm_reminders",
            object_kind="reminder",
            object_id=confirmed[0].pk if len(confirmed) == 1 else None,
            count=len(confirmed),
            reminders=[str(reminder.pk) for reminder in confirmed[:1000]],
        )
    return tuple(reminder.pk for reminder in confirmed)


def promote_due(*, now: datetime) -> int:
    """Make ready what leaves by itself and whose hour has come; return how many."""
    return Reminder.objects.filter(
        state=State.PLANNED, mode="auto", channel__in=sorted(sent_channels()), leaves_at__lte=now
    ).update(state=State.READY, state_at=now)


def hold_reminder(*, reminder: Reminder, actor: Actor, reason: str, now: datetime) -> None:
    """Keep one reminder from leaving until it is released. Raises ReasonMissing and NotWaiting."""
    if not reason.strip():
        raise ReasonMissing(_("Say why this reminder is held; whoever finds it will want to know."))
    locked = _locked(reminder, {State.PLANNED, State.READY})
    _move(locked, State.HELD, now=now, held_reason="by_person", note=reason)
    _record(actor, "dunning.hold_reminder", locked)


def release_reminder(*, reminder: Reminder, actor: Actor, now: datetime) -> None:
    """Put a held reminder back among those to confirm. Raises NotWaiting, HeldForVolume, ObjectionOpen."""
    locked = _locked(reminder, {State.HELD})
    if locked.held_reason == SALES_OBJECTION:
        raise ObjectionOpen(
            _(
                "Sales object to this reminder to %(customer)s. Decide about the objection, with a reason: let it go,"
                " drop it, or pause."
            )
            % {"customer": locked.customer.name}
        )
    if locked.held_reason == HoldReason.VOLUME:
        raise HeldForVolume(
            _(
                "This reminder belongs to a run that is held because of its size. A credit manager releases the run."
            )
        )
    _move(
        locked,
        State.PLANNED,
        now=now,
        held_reason="",
        mode="confirm" if locked.mode == "auto" else locked.mode,
    )
    _record(actor, "dunning.release_reminder", locked)


def release_run(*, run: Run, actor: Actor, now: datetime) -> int:
    """Let a person answer for a run far larger than usual, and return how many reminders it frees.

    They are then to confirm like any other, or leave by themselves where nobody has to. Raises
    ReleaseByAPerson: a machine never approves.
    """
    if actor.kind != "person" or actor.membership_id is None:
        raise ReleaseByAPerson(
            _(
                "A held run is released by a named person who signs in; a program cannot answer for it."
            )
        )
    freed = Reminder.objects.filter(
        run=run, state=State.HELD, held_reason=HoldReason.VOLUME
    ).update(state=State.PLANNED, state_at=now, held_reason="")
    Run.objects.filter(pk=run.pk).update(released_by=actor.membership_id, released_at=now)
    audit.record(
        actor=actor,
        action="dunning.release_run",
        object_kind="run",
        object_id=run.pk,
        reminders=freed,
    )
    return freed


def cancel_reminder(*, reminder: Reminder, actor: Actor, reason: str, now: datetime) -> None:
    """Drop a reminder; its step counts as taken. Raises ReasonMissing and NotWaiting."""
    if not reason.strip():
        raise ReasonMissing(
            _("Say why this reminder is cancelled; the customer's history keeps it.")
        )
    states = {State.PLANNED, State.READY, State.HELD, State.FAILED, State.UNKNOWN}
    locked = _locked(reminder, states)
    _move(
        locked,
        State.CANCELLED,
        now=now,
        cancel_reason=CancelReason.BY_PERSON,
        held_reason="",
        note=reason,
    )
    _tell(
        locked,
        "dunning.reminder_cancelled",
        TimelineKind.REMINDER,
        actor=actor,
        words=reason,
        now=now,
    )
    _record(actor, "dunning.cancel_reminder", locked)


def retry_reminder(*, reminder: Reminder, actor: Actor, now: datetime) -> None:
    """Let a failed reminder go once more, after what stood in its way was put right. Raises NotWaiting."""
    locked = _locked(reminder, {State.FAILED})
    _move(
        locked,
        State.READY,
        now=now,
        problem="",
        failures=0,
        lapses=0,
        leaves_at=now,
        leaves_any_hour=True,
    )
    _record(actor, "dunning.retry_reminder", locked)


def settle_by_person(*, reminder: Reminder, actor: Actor, was_sent: bool, now: datetime) -> None:
    """Let a person decide about an outcome that nothing else can tell: it left, or it is dropped.

    A reminder whose outcome is unknown is never sent again by itself. Raises NotWaiting.
    """
    locked = _locked(reminder, {State.UNKNOWN})
    if was_sent:
        walk_to_sent(locked, now=now)
        tell_sent(locked, now=now)
    else:
        _move(locked, State.CANCELLED, now=now, cancel_reason=CancelReason.BY_PERSON)
    _record(actor, "dunning.settle_outcome", locked)


def record_outcome(
    *, reminder: Reminder, actor: Actor, outcome: str, words: str, now: datetime
) -> None:
    """Record what came of a call, a letter or a decision: one of its `OUTCOMES`. Raises OutcomeMissing, NotWaiting."""
    locked = _locked(reminder, {State.PLANNED})
    channel = Channel(locked.channel)
    if channel not in OUTCOMES or (channel.needs_carrier and locked.mode != Mode.MANUAL):
        raise _not_waiting(locked)
    if outcome not in OUTCOMES[channel]:
        raise OutcomeMissing(_outcome_missing(channel))
    today = now.astimezone(zone_of(locked.customer.country)).date()
    _move(
        locked,
        State.DONE,
        now=now,
        outcome=outcome,
        note=words,
        done_by_id=actor.membership_id,
        contact_date=locked.business_date or today,
    )
    code, kind = {
        Channel.CALL: ("dunning.call_done", TimelineKind.CALL),
        Channel.SMS: ("dunning.text_done", TimelineKind.REMINDER),
        Channel.REGISTERED_ELETTER: ("dunning.letter_done", TimelineKind.REMINDER),
        Channel.REGISTERED_LETTER: ("dunning.letter_done", TimelineKind.REMINDER),
    }.get(channel, ("dunning.decision_done", TimelineKind.NOTE))
    _tell(locked, code, kind, actor=actor, words=words, now=now)
    _record(actor, "dunning.record_outcome", locked, outcome=outcome)


def lock_waiting_call(reminder: Reminder) -> Reminder:
    """Return a call that waits to be made, locked. Raises NotWaiting."""
    locked = _locked(reminder, {State.PLANNED})
    if locked.channel != Channel.CALL:
        raise _not_waiting(locked)
    return locked


def close_task(
    *, reminder: Reminder, actor: Actor, outcome: str, words: str, now: datetime
) -> None:
    """Close a letter or a decision with its outcome.

    What was posted is kept word for word: a formal notice is issued before. Raises OutcomeMissing, NotWaiting,
    CallWithoutCause, NoticeNotIssued.
    """
    if reminder.channel == Channel.CALL:
        raise CallWithoutCause(
            _(
                "A call to %(customer)s is closed on its own form: it asks why nothing was paid. Open it again."
            )
            % {"customer": reminder.customer.name}
        )
    if outcome == POSTED and _is_notice(reminder) and not reminder.formal_notices.exists():
        raise NoticeNotIssued(
            _(
                "Nothing was issued that could have been posted to %(customer)s. Issue the formal notice first: it "
                "gets its number and is kept word for word."
            )
            % {"customer": reminder.customer.name}
        )
    record_outcome(reminder=reminder, actor=actor, outcome=outcome, words=words, now=now)


def _is_notice(reminder: Reminder) -> bool:
    is_letter = reminder.channel == Channel.REGISTERED_LETTER
    return is_letter and reminder.step.register == Register.FORMAL_NOTICE


def _outcome_missing(channel: Channel) -> str:
    if channel is Channel.REGISTERED_LETTER:
        return _(
            "Say whether the letter was posted, or why it need not be, before you close the task."
        )
    if channel.needs_carrier:
        return _("Say how the customer was reached instead, or why nothing was needed.")
    if channel is Channel.DECISION:
        return _(
            "Choose what you decide before you close the task: hand over, a plan, keep asking…"
        )
    return _("Choose what came of it before you close the task: a promise, a dispute, a call back…")


def _locked(reminder: Reminder, states: Iterable[State]) -> Reminder:
    """Return the reminder locked, as it is now. Raises NotWaiting."""
    locked = (
        Reminder.objects.select_related("customer")
        .select_for_update(of=("self",))
        .get(pk=reminder.pk)
    )
    if locked.state not in set(states):
        raise _not_waiting(locked)
    return locked


def _not_waiting(reminder: Reminder) -> NotWaiting:
    return NotWaiting(
        _(
            "The reminder to %(customer)s is “%(state)s” by now, so this can no longer be decided. Reload the page."
        )
        % {"customer": reminder.customer.name, "state": reminder.get_state_display()},
        state=reminder.state,
    )


def _move(reminder: Reminder, state: State, *, now: datetime, **changes: Any) -> None:
    reminder.state = state
    reminder.state_at = now
    for name, value in changes.items():
        setattr(reminder, name, value)
    reminder.save()


def _tell(
    reminder: Reminder,
    text_code: str,
    kind: TimelineKind,
    *,
    actor: Actor,
    words: str,
    now: datetime,
) -> None:
    note(
        customer=reminder.customer_id,
        kind=kind,
        text_code=text_code,
        actor=actor,
        words=words,
        at=now,
        object_id=reminder.pk,
        facts={"amount": Money(reminder.amount, reminder.currency).as_json()},
    )


def _record(actor: Actor, action: str, reminder: Reminder, **details: Any) -> None:
    audit.record(
        actor=actor,
        action=action,
        object_kind="reminder",
        object_id=reminder.pk,
        amount=str(reminder.amount),
        **details,
    )
