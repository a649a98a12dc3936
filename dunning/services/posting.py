"""Say that letters were posted on a day: each is looked at once more, and what does not stand any more is named."""

from collections.abc import Callable, Collection
from datetime import date, datetime, time
from typing import ClassVar
from uuid import UUID
from zoneinfo import ZoneInfo

from django.utils.translation import gettext as _

from accounts.models import Tenant
from accounts.services import audit
from dunning.models import Letter, LetterBatch, Reminder, RenderedMessage, SendAttempt
from dunning.queries.letters import letters_for
from dunning.rules.letters import LetterState, WhyOut
from dunning.services.barriers import Barrier, barrier, walk_to_sent
from dunning.services.letter_looks import look_at
from dunning.services.letters import locked_reminder, refuse_while_stopped, take_out, void_settled
from kernel.errors import Refused
from kernel.formats import day_for_reader
from kernel.money import Money
from kernel.permissions import Actor, system_actor
from kernel.tenancy import current_tenant_id, tenant_scope
from ledger.models import TimelineKind
from ledger.services.history import note

AT_ONCE = 25
"""So many letters are recorded while the page waits; a worker goes on with the rest."""

NOON = time(12)
WORKER = "post"

Clock = Callable[[], datetime]


class NotPosted(Refused):
    """The letters cannot be recorded as posted on this day."""

    code: ClassVar[str] = "letters_not_posted"


class ReasonMissing(Refused):
    """A letter is taken out without saying why."""

    code: ClassVar[str] = "reason_missing"


def say_posted(
    *,
    batch: LetterBatch,
    letters: Collection[UUID] | None,
    day: date,
    actor: Actor,
    today: date,
    now: datetime,
) -> int:
    """Note that letters of `batch` were posted on `day`, all that are to post without `letters`; return how many.

    They are recorded one by one afterwards, by `record_postings`; those not named stay. Raises NotPosted,
    SendingStopped.
    """
    refuse_while_stopped(now)
    void_settled(now=now)
    found = letters_for(actor).filter(batch=batch, state=LetterState.TO_POST, posting_date=None)
    if letters is not None:
        found = found.filter(pk__in=list(letters))
    rows = list(found.select_for_update(of=("self",)).values_list("pk", "drawn_date"))
    _refuse_day(batch, [drawn for _pk, drawn in rows if drawn], day, today)
    Letter.objects.filter(pk__in=[pk for pk, _drawn in rows]).update(
        posting_date=day, settled_by=actor.membership_id
    )
    audit.record(
        actor=actor,
        action="dunning.post_letters",
        object_kind="letter_batch",
        object_id=batch.pk,
        number=batch.number,
        letters=len(rows),
        day=day.isoformat(),
    )
    return len(rows)


def _refuse_day(batch: LetterBatch, drawn: list[date], day: date, today: date) -> None:
    facts = {
        "number": batch.number,
        "day": day_for_reader(day),
        "today": day_for_reader(today),
        "drawn": day_for_reader(max(drawn, default=today)),
    }
    if not drawn:
        raise NotPosted(
            _(
                "No letter of %(number)s is chosen that waits to be posted. Tick some, or reload the page."
            )
            % facts
        )
    if day > today:
        raise NotPosted(
            _(
                "Letters cannot have been posted on %(day)s: today is %(today)s. Give the day they left."
            )
            % facts
        )
    if day < max(drawn):
        raise NotPosted(
            _(
                "These letters were drawn on %(drawn)s and cannot have been posted before, on %(day)s. Give the day"
                " they left."
            )
            % facts
        )


def record_postings(tenant_id: UUID, *, clock: Clock, at_most: int | None = None) -> bool:
    """Record what somebody said was posted, a letter at a time; return whether some are left. Opens its own scopes."""
    count = 0
    while count != at_most:
        with tenant_scope(tenant_id):
            if not record_next(now=clock()):
                return False
        count += 1
    return True


def record_next(*, now: datetime, batch: LetterBatch | None = None) -> bool:
    """Record the next letter somebody said was posted, inside an open scope; False when there is none."""
    gate = barrier(now=now)
    if gate.is_closed:
        return False
    waiting = Letter.objects.filter(state=LetterState.TO_POST, posting_date__isnull=False)
    if batch is not None:
        waiting = waiting.filter(batch=batch)
    row = (
        waiting.order_by("year", "sequence")
        .select_for_update(skip_locked=True)
        .values_list("pk", flat=True)
        .first()
    )
    if row is None:
        return False
    _record(Letter.objects.select_related("entity", "settled_by").get(pk=row), gate, now=now)
    return True


def _record(letter: Letter, gate: Barrier, *, now: datetime) -> None:
    reminder = locked_reminder(letter)
    look = look_at(reminder, now=now, gate=gate)
    if look.content is None:
        take_out(letter, look.why_out or WhyOut.HELD_BACK, now=now, words=look.words)
        return
    if look.essence != letter.essence:
        reminder.confirmed_by = None
        reminder.confirmed_at = None
        reminder.save(update_fields=["confirmed_by", "confirmed_at"])
        take_out(letter, WhyOut.CHANGED, now=now)
        return
    day = letter.posting_date
    if day is None:
        return
    _send(reminder, letter, day, now=now)
    letter.state = LetterState.POSTED
    letter.posted_date = day
    letter.posting_date = None
    letter.settled_at = now
    letter.save(update_fields=["state", "posted_date", "posting_date", "settled_at"])
    _tell(letter, reminder)


def _send(reminder: Reminder, letter: Letter, day: date, *, now: datetime) -> None:
    """Bring the reminder to sent, with what was said kept as for every message; the customer hears of it on `day`."""
    left_at = _left_at(day, now)
    RenderedMessage.objects.create(
        reminder=reminder,
        digest=letter.essence,
        subject=letter.subject,
        html="",
        text=letter.text,
        raw=bytes(letter.pdf or b""),
        recipient=", ".join(letter.address)[:254],
        composed_at=letter.drawn_at or now,
        text_version_id=letter.text_version_id,
        facts=letter.facts,
    )
    reminder.attempt += 1
    reminder.worker = WORKER
    reminder.contact_date = reminder.business_date or day
    reminder.handed_at = left_at
    reminder.problem = ""
    SendAttempt.objects.create(
        reminder=reminder,
        number=reminder.attempt,
        worker=WORKER,
        started_at=now,
        ended_at=now,
        outcome="sent",
        detail=letter.number,
    )
    walk_to_sent(reminder, now=now)


def _left_at(day: date, now: datetime) -> datetime:
    """Return when a letter left: now on the day itself, noon of an earlier one."""
    zone = ZoneInfo(Tenant.objects.values_list("time_zone", flat=True).get(pk=current_tenant_id()))
    return now if now.astimezone(zone).date() == day else datetime.combine(day, NOON, tzinfo=zone)


def _tell(letter: Letter, reminder: Reminder) -> None:
    note(
        customer=letter.customer_id,
        kind=TimelineKind.REMINDER,
        text_code="dunning.letter_posted",
        at=reminder.sent_at,
        object_id=reminder.pk,
        facts={
            "number": letter.number,
            "level": reminder.level,
            "amount": Money(reminder.amount, reminder.currency).as_json(),
            "day": letter.posted_date.isoformat() if letter.posted_date else "",
        },
    )
    audit.record(
        actor=system_actor(current_tenant_id()),
        action="dunning.post_letter",
        object_kind="letter",
        object_id=letter.pk,
        number=letter.number,
        reminder=str(reminder.pk),
        digest=letter.digest,
        day=str(letter.posted_date),
        amount=str(reminder.amount),
        currency=reminder.currency,
        said_by=str(letter.settled_by_id or ""),
    )


def take_out_by_hand(*, letter: Letter, actor: Actor, reason: str, now: datetime) -> None:
    """Take one letter out of its batch for a reason; its reminder waits for the next.

    Raises ReasonMissing, NotPosted.
    """
    if not reason.strip():
        raise ReasonMissing(
            _(
                "Say why this letter is taken out; its number stays void, and the list names the reason."
            )
        )
    locked = Letter.objects.select_for_update().select_related("entity").get(pk=letter.pk)
    if locked.state not in {LetterState.WAITING, LetterState.TO_POST} or locked.posting_date:
        raise NotPosted(
            _(
                "Letter %(number)s is “%(state)s” by now, so it cannot be taken out. Reload the page."
            )
            % {"number": locked.number, "state": locked.get_state_display()}
        )
    take_out(locked, WhyOut.BY_PERSON, now=now, actor=actor, words=reason)
    audit.record(
        actor=actor,
        action="dunning.take_letter_out",
        object_kind="letter",
        object_id=locked.pk,
        number=locked.number,
    )
