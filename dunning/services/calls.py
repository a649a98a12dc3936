"""Take down a call with everything that follows from it, in one go: promise, dispute, call back, another try.

Whoever was reached is asked why he had not paid (R62). What a call leads to is refused by the service that keeps it,
and then nothing of the call is kept either.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from types import MappingProxyType
from typing import ClassVar
from uuid import UUID

from django.db.models import Sum
from django.utils.translation import gettext as _

from disputes.models import Dispute, DisputeType
from disputes.services import open_dispute
from dunning.models import Exclusion, FollowUp, PromiseSource, Reminder
from dunning.rules.calls import MAX_TRIES, CallOutcome, try_again_at
from dunning.rules.causes import Cause
from dunning.rules.steps import Channel
from dunning.services.contact_reports import report_contact
from dunning.services.follow_ups import call_back, close
from dunning.services.people import OutcomeMissing, lock_waiting_call, record_outcome
from dunning.services.promises import record_promise
from dunning.services.stops import keep_out, take_back_in
from kernel.errors import Refused
from kernel.money import Money
from kernel.permissions import Actor
from ledger.models import Contact, Customer, DueLine, TimelineKind
from ledger.services.history import note

LOOK_AGAIN_DAYS = 7
"""After so many days somebody asks whether the invoice arrived, or whether the money did."""

SAID_BY_OUTCOME: Mapping[CallOutcome, Cause] = MappingProxyType(
    {
        CallOutcome.NOT_RECEIVED: Cause.NOT_RECEIVED,
        CallOutcome.ALREADY_PAID: Cause.ALREADY_PAID,
    }
)
"""Outcomes that name their cause themselves."""

DISPUTE_TYPES: Mapping[str, DisputeType] = MappingProxyType(
    {
        Cause.PRICE: DisputeType.PRICE,
        Cause.DELIVERY: DisputeType.DELIVERY,
        Cause.QUALITY: DisputeType.QUALITY,
        Cause.ADMINISTRATIVE: DisputeType.ADMINISTRATIVE,
    }
)


class CallIncomplete(Refused):
    """A call that led to something is missing what that needs."""

    code: ClassVar[str] = "call_incomplete"


@dataclass(frozen=True, slots=True)
class Call:
    """What came of a call. `amount` of a promise or a dispute is tax included; None is all the lines owe."""

    outcome: str
    cause: str = ""
    words: str = ""
    lines: tuple[UUID, ...] = ()
    promised_date: date | None = None
    amount: Decimal | None = None
    call_back_at: datetime | None = None
    sends_recap: bool = False


@dataclass(frozen=True, slots=True)
class Called:
    """Whom the call was with, and the task it takes off the agenda, if there was one."""

    customer: Customer
    reminder: Reminder | None = None
    follow_up: FollowUp | None = None
    contact: Contact | None = None


@dataclass(frozen=True, slots=True)
class CallResult:
    """What was kept; `try_again_at` when nobody answered, `tries` with this one."""

    outcome: CallOutcome
    tries: int = 0
    try_again_at: datetime | None = None


def record_call(
    *, call: Call, called: Called, actor: Actor, today: date, now: datetime
) -> CallResult:
    """Keep a call and what it led to. Raises OutcomeMissing, CauseMissing, CallIncomplete, and what they lead to."""
    if call.outcome not in {each.value for each in CallOutcome}:
        raise OutcomeMissing(
            _(
                "Choose what came of it before you close the task: a promise, a dispute, a call back…"
            )
        )
    outcome = CallOutcome(call.outcome)
    _refuse_what_is_done(called)
    report_contact(
        customer=called.customer,
        actor=actor,
        channel=Channel.CALL.value,
        outcome=outcome.value,
        cause=call.cause or SAID_BY_OUTCOME.get(outcome, ""),
        words=call.words,
        today=today,
        now=now,
        reminder=called.reminder,
        contact=called.contact,
    )
    if outcome is CallOutcome.UNREACHABLE:
        return _in_vain(call, called, actor=actor, now=now)
    work = _Work(call, called, actor=actor, today=today, now=now)
    work.follow(outcome)
    _take_off(call, called, actor=actor, today=today, now=now)
    return CallResult(outcome)


def _refuse_what_is_done(called: Called) -> None:
    """Lock what the call takes off the agenda. Raises NotWaiting, CallIncomplete when somebody did it meanwhile."""
    if called.reminder is not None:
        lock_waiting_call(called.reminder)
    if called.follow_up is not None:
        locked = FollowUp.objects.select_for_update(of=("self",)).get(pk=called.follow_up.pk)
        if locked.closed_at is not None:
            raise CallIncomplete(
                _("The call to %(customer)s was made meanwhile. Reload the page.")
                % {"customer": called.customer.name}
            )


class _Work:
    """What follows from one call that reached somebody."""

    def __init__(
        self, call: Call, called: Called, *, actor: Actor, today: date, now: datetime
    ) -> None:
        self.call = call
        self.called = called
        self.actor = actor
        self.today = today
        self.now = now

    def follow(self, outcome: CallOutcome) -> None:
        """Keep what the outcome leads to; a call that is simply done leads to nothing."""
        steps: Mapping[CallOutcome, Callable[[], None]] = {
            CallOutcome.PROMISE: self._promise,
            CallOutcome.DISPUTE: self._dispute,
            CallOutcome.CALL_BACK: self._call_back,
            CallOutcome.NOT_RECEIVED: self._send_again,
            CallOutcome.ALREADY_PAID: self._look_at_the_bank,
        }
        step = steps.get(outcome)
        if step:
            step()

    def _promise(self) -> None:
        if self.call.promised_date is None:
            raise CallIncomplete(
                _("Write the day %(customer)s promised to pay, or choose another outcome.")
                % self._name()
            )
        record_promise(
            customer=self.called.customer,
            due_lines=self.call.lines,
            promised_date=self.call.promised_date,
            amount=self.call.amount,
            actor=self.actor,
            today=self.today,
            now=self.now,
            source=PromiseSource.CALL,
            words=self.call.words,
            reminder=self.called.reminder,
            sends_recap=self.call.sends_recap,
            contact=self.called.contact,
        )

    def _dispute(self) -> None:
        kind = DISPUTE_TYPES.get(self.call.cause)
        if kind is None:
            raise CallIncomplete(
                _(
                    "Say what %(customer)s contests: the price, the delivery, the quality or the invoice itself."
                )
                % self._name()
            )
        lines = self._lines()
        if self.call.amount is not None and len(lines) > 1:
            raise CallIncomplete(
                _(
                    "%(count)s invoices are ticked: leave the amount empty to contest each of them whole, or contest a "
                    "part of one invoice at a time."
                )
                % {"count": len(lines)}
            )
        disputed = dict(
            Dispute.objects.filter(due_line__in=lines, closed_date=None)
            .order_by()
            .values_list("due_line")
            .annotate(total=Sum("amount"))
        )
        for line in lines:
            rest = line.open_amount - disputed.get(line.pk, Decimal(0))
            amount = rest if self.call.amount is None else self.call.amount
            open_dispute(
                line=line,
                amount=Money(amount, line.currency),
                type=kind,
                reason=self.call.words,
                actor=self.actor,
                today=self.today,
            )

    def _call_back(self) -> None:
        if self.call.call_back_at is None:
            raise CallIncomplete(
                _("Write on which day and at what time %(customer)s is to be called back.")
                % self._name()
            )
        self._again_at(self.call.call_back_at, self.call.words)

    def _send_again(self) -> None:
        """Leave the lines alone until the invoice can have arrived; somebody then asks."""
        asked = self._again_at(
            self._in_a_week(), _("Has the invoice arrived? It was to be sent again.")
        )
        self._rest(asked, Exclusion.INVOICE_NOT_RECEIVED, _("Says the invoice did not arrive"))

    def _look_at_the_bank(self) -> None:
        """Leave the lines alone until the money can have arrived; somebody then looks."""
        asked = self._again_at(self._in_a_week(), _("Said to be paid: has the money arrived?"))
        self._rest(asked, Exclusion.PAUSED, _("Says it is paid"))

    def _in_a_week(self) -> datetime:
        return try_again_at(
            self.now + timedelta(days=LOOK_AGAIN_DAYS), country=self.called.customer.country
        )

    def _again_at(self, at: datetime, words: str) -> FollowUp:
        return call_back(
            customer=self.called.customer,
            at=at,
            words=words,
            actor=self.actor,
            now=self.now,
            reminder=self.called.reminder,
        )

    def _rest(self, asked: FollowUp, exclusion: Exclusion, reason: str) -> None:
        """Keep the ticked lines out of the chase for a week; the call that asks again ends it earlier."""
        if not self.call.lines:
            return
        keep_out(
            customer=self.called.customer,
            exclusion=exclusion,
            reason=reason,
            today=self.today,
            until=self.today + timedelta(days=LOOK_AGAIN_DAYS),
            object_id=asked.pk,
            actor=self.actor,
            due_lines=[line.pk for line in self._lines()],
        )

    def _lines(self) -> list[DueLine]:
        """Return the ticked lines, the customer's own only. Raises CallIncomplete."""
        found = list(
            DueLine.objects.filter(pk__in=self.call.lines, customer=self.called.customer)
            .select_related("document")
            .order_by("due_date", "id")
        )
        if not found or len(found) != len(set(self.call.lines)):
            raise CallIncomplete(
                _("Tick the invoices of %(customer)s it is about; at least one is needed.")
                % self._name()
            )
        return found

    def _name(self) -> dict[str, str]:
        return {"customer": self.called.customer.name}


def _take_off(call: Call, called: Called, *, actor: Actor, today: date, now: datetime) -> None:
    """Close the task the call was, or tell the customer's history of a call nobody had planned."""
    if called.reminder is not None:
        record_outcome(
            reminder=called.reminder, actor=actor, outcome=call.outcome, words=call.words, now=now
        )
        _close_former(called.reminder, actor=actor, now=now)
    else:
        _tell(called.customer, call.words, actor=actor, now=now)
    if called.follow_up is not None:
        close(called.follow_up, actor=actor, now=now)
        take_back_in(object_id=called.follow_up.pk, today=today)


def _close_former(reminder: Reminder, *, actor: Actor, now: datetime) -> None:
    """Close the further tries of a call that has now reached somebody."""
    for follow_up in FollowUp.objects.still_open().filter(reminder=reminder, tries__gt=0):
        close(follow_up, actor=actor, now=now)


def _in_vain(call: Call, called: Called, *, actor: Actor, now: datetime) -> CallResult:
    """Count a call nobody answered and name the next hour; the last one closes the task, so that writing goes on."""
    follow_up = called.follow_up or _tries_of(called, actor=actor, now=now)
    follow_up.tries += 1
    if follow_up.tries >= MAX_TRIES:
        follow_up.save(update_fields=["tries"])
        close(follow_up, actor=actor, now=now)
        if called.reminder is not None:
            record_outcome(
                reminder=called.reminder,
                actor=actor,
                outcome=call.outcome,
                words=call.words,
                now=now,
            )
        return CallResult(CallOutcome.UNREACHABLE, follow_up.tries)
    follow_up.due_at = try_again_at(now, country=called.customer.country)
    follow_up.save(update_fields=["tries", "due_at"])
    return CallResult(CallOutcome.UNREACHABLE, follow_up.tries, follow_up.due_at)


def _tries_of(called: Called, *, actor: Actor, now: datetime) -> FollowUp:
    """Return what counts the tries of a call, made at the first one."""
    if called.reminder is not None:
        standing = (
            FollowUp.objects.still_open()
            .select_for_update(of=("self",))
            .filter(reminder=called.reminder, tries__gt=0)
            .first()
        )
        if standing is not None:
            return standing
    return call_back(
        customer=called.customer,
        at=try_again_at(now, country=called.customer.country),
        words="",
        actor=actor,
        now=now,
        reminder=called.reminder,
    )


def _tell(customer: Customer, words: str, *, actor: Actor, now: datetime) -> None:
    note(
        customer=customer,
        kind=TimelineKind.CALL,
        text_code="dunning.call_logged",
        actor=actor,
        words=words,
        at=now,
    )
