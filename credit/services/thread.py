"""What is said about a request; a question to the requester stops the clock until it is answered."""

from datetime import date, datetime, timedelta
from typing import ClassVar

from django.utils.translation import gettext as _

from accounts.models import Membership
from accounts.services import audit
from credit.models import (
    RUNNING,
    CreditRequest,
    LessonCode,
    MessageKind,
    RequestMessage,
    RequestStep,
    StepState,
)
from credit.queries.authority import can_end, candidates
from credit.queries.settings import office_hours
from credit.services.circuits import lock_request, set_deadline
from credit.services.lessons import tell_lesson
from credit.services.notices import tell
from kernel.errors import Refused
from kernel.permissions import Actor

LONGEST = 4_000


class ThreadRefused(Refused):
    """It cannot be said here, or now."""

    code: ClassVar[str] = "request_thread_refused"


def ask_precision(
    *, request: CreditRequest, words: str, actor: Actor, now: datetime, today: date
) -> RequestMessage:
    """Ask the requester something; the clock of the request stands still until he answers. Raises ThreadRefused."""
    locked = lock_request(request.pk)
    said = _said(words)
    if locked.state not in RUNNING:
        raise ThreadRefused(
            _("%(number)s is %(state)s: there is nobody left to answer for it.")
            % {"number": locked.number, "state": locked.get_state_display().lower()}
        )
    steps = list(locked.steps.filter(state=StepState.OPEN))
    for one in steps:
        one.request = locked
    mine = next((one for one in steps if can_end(one, actor, today=today)), None)
    if mine is None:
        raise ThreadRefused(
            _("Whoever has to end a step of %(number)s asks the requester; this is not yours now.")
            % {"number": locked.number}
        )
    if locked.waiting_since is None:
        locked.waiting_since = now
        locked.revision += 1
        locked.save()
    message = _add(locked, MessageKind.QUESTION, said, actor, now, step=mine)
    if locked.requested_by is not None:
        _tell(locked, [locked.requested_by], "question", message, actor=actor, now=now)
        tell_lesson(
            locked.requested_by,
            LessonCode.REQUEST_RETURNED,
            object_id=locked.pk,
            customer=locked.customer,
            now=now,
        )
    return message


def answer(
    *, request: CreditRequest, words: str, actor: Actor, now: datetime, today: date
) -> RequestMessage:
    """Answer as the requester: the clock goes on, and deadlines move by the working time that was waited."""
    locked = lock_request(request.pk)
    said = _said(words)
    if actor.membership_id is None or actor.membership_id not in {
        locked.requested_by_id,
        locked.first_requester_id,
    }:
        raise ThreadRefused(
            _("A question about %(number)s is answered by who asked for it.")
            % {"number": locked.number}
        )
    if locked.waiting_since is None or locked.state not in RUNNING:
        raise ThreadRefused(
            _("Nobody waits for an answer about %(number)s now; leave a note instead.")
            % {"number": locked.number}
        )
    resume(locked, now=now)
    message = _add(locked, MessageKind.ANSWER, said, actor, now)
    waiting: dict[object, Membership] = {}
    for step in locked.steps.filter(state=StepState.OPEN):
        step.request = locked
        waiting |= {one.pk: one for one in candidates(step, today=today)}
    _tell(locked, list(waiting.values()), "answer", message, actor=actor, now=now)
    return message


def leave_note(
    *, request: CreditRequest, words: str, actor: Actor, now: datetime
) -> RequestMessage:
    """Leave a word in the thread; no clock moves."""
    return _add(request, MessageKind.NOTE, _said(words), actor, now)


def resume(request: CreditRequest, *, now: datetime) -> None:
    """Let the clock go on: open steps are due later by the working time in which the request waited."""
    if request.waiting_since is None:
        return
    hours = office_hours()
    waited = hours.minutes_between(request.waiting_since, now)
    for step in request.steps.filter(state=StepState.OPEN):
        if step.due_at is not None:
            step.due_at = _later(step.due_at, waited)
            step.reminded_at = None
            step.save(update_fields=["due_at", "reminded_at"])
    request.waiting_since = None
    request.waited_minutes += max(0, waited)
    request.revision += 1
    set_deadline(request)
    request.save()


def _later(due_at: datetime, minutes: int) -> datetime:
    return office_hours().add_minutes(due_at, minutes) if minutes > 0 else due_at + timedelta(0)


def _said(words: str) -> str:
    said = words.strip()
    if not said:
        raise ThreadRefused(
            _("Write what you want to say; an empty message tells nobody anything.")
        )
    if len(said) > LONGEST:
        raise ThreadRefused(
            _("A message holds %(most)s characters; this one has %(count)s. Say it shorter.")
            % {"most": LONGEST, "count": len(said)}
        )
    return said


def _add(
    request: CreditRequest,
    kind: MessageKind,
    words: str,
    actor: Actor,
    now: datetime,
    *,
    step: RequestStep | None = None,
) -> RequestMessage:
    message = RequestMessage.objects.create(
        request=request, kind=kind, step=step, author_id=actor.membership_id, words=words, at=now
    )
    audit.record(
        actor=actor,
        action="credit.say_in_request",
        object_kind="credit_request",
        object_id=request.pk,
        number=request.number,
        kind=kind.value,
    )
    return message


def _tell(
    request: CreditRequest,
    people: list[Membership],
    code: str,
    message: RequestMessage,
    *,
    actor: Actor,
    now: datetime,
) -> None:
    tell(
        people,
        code=code,
        once_key=f"{code}:{message.pk}",
        now=now,
        request=request,
        path=f"/credit/requests/{request.number}#thread",
        number=request.number,
        customer=request.name,
        author=actor.name,
        words=message.words,
    )
