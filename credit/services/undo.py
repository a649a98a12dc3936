"""Taking a decision back within ten minutes, by who made it."""

from datetime import date, datetime, timedelta
from typing import ClassVar

from django.utils.translation import gettext as _

from accounts.models import Membership
from accounts.services import audit
from credit.models import (
    DECIDED,
    AccountExport,
    AgendaFile,
    CreditRequest,
    ExportState,
    RequestState,
    RequestStep,
    StepKind,
    StepState,
)
from credit.queries.settings import credit_settings
from credit.services.circuits import lock_request, open_step, set_deadline
from credit.services.exports import body_of
from credit.services.notices import tell
from kernel.errors import Refused
from kernel.permissions import Actor
from ledger.models import TimelineKind
from ledger.services import change_terms, note

UNDO_FOR = timedelta(minutes=10)


class UndoRefused(Refused):
    """The decision stands."""

    code: ClassVar[str] = "undo_refused"


def can_undo(request: CreditRequest, actor: Actor, *, now: datetime) -> bool:
    """Say whether the actor may still take the decision back."""
    return (
        request.state in DECIDED
        and request.decided_at is not None
        and actor.membership_id is not None
        and request.decided_by_id == actor.membership_id
        and now - request.decided_at <= UNDO_FOR
        and not _is_in_minutes(request)
    )


def _is_in_minutes(request: CreditRequest) -> bool:
    """Say whether a committee's minutes hold the decision: what a director arbitrated for it stands."""
    return AgendaFile.objects.filter(
        request=request.pk, arbitrated_at__isnull=False, arbitrated_at=request.decided_at
    ).exists()


def undo_decision(
    *, request: CreditRequest, actor: Actor, now: datetime, today: date
) -> CreditRequest:
    """Take the decision back: the limit never was, the terms are as before, the last step is open again.

    An account that was opened stays, without a limit: its code may be known elsewhere by now. Raises UndoRefused.
    """
    locked = lock_request(request.pk)
    if not can_undo(locked, actor, now=now):
        raise UndoRefused(
            _(
                "The decision about %(number)s is taken back by who made it, within ten minutes. Make a new request "
                "to change what was decided."
            )
            % {"number": locked.number}
        )
    step = _deciding_step(locked, actor)
    was_granted = locked.state == RequestState.GRANTED
    if was_granted:
        _take_effect_back(locked, actor=actor, now=now, today=today)
    undone = {"decision": locked.decision, "amount": str(locked.granted_amount or "")}
    _forget_decision(locked, actor, now)
    _reopen(locked, step, now=now, today=today)
    audit.record(
        actor=actor,
        action="credit.undo_decision",
        object_kind="credit_request",
        object_id=locked.pk,
        number=locked.number,
        **undone,
    )
    if locked.requested_by is not None:
        _tell(locked, locked.requested_by, actor, now)
    return locked


def _deciding_step(request: CreditRequest, actor: Actor) -> RequestStep:
    step = (
        request.steps.filter(
            state=StepState.DONE,
            done_by=actor.membership_id,
            done_at=request.decided_at,
            kind__in=[StepKind.DECISION, StepKind.ARBITRATION],
        )
        .order_by("-position")
        .first()
    )
    if step is None:
        raise UndoRefused(
            _("%(number)s was decided by the committee: its minutes stand.")
            % {"number": request.number}
        )
    return step


def _take_effect_back(request: CreditRequest, *, actor: Actor, now: datetime, today: date) -> None:
    limit = request.limit
    if limit is not None:
        limit.undone_at = now
        limit.save(update_fields=["undone_at"])
    customer = request.customer
    if customer is None:
        return
    if request.terms_before is not None:
        change_terms(customer=customer, terms=request.terms_before, actor=actor, today=today)
    note(
        customer=customer,
        kind=TimelineKind.CHANGE,
        text_code="credit.decision_undone",
        actor=actor,
        object_id=request.pk,
        facts={"number": request.number},
    )
    is_called = bool(credit_settings().export_url)
    unsent = request.exports.filter(state=ExportState.WAITING, attempts=0)
    if unsent.exists():
        unsent.update(state=ExportState.GIVEN_UP, next_attempt_at=None, problem="undone")
        return
    AccountExport.objects.create(
        request=request,
        body=body_of(request, is_undone=True),
        state=ExportState.WAITING if is_called else ExportState.FILE_ONLY,
        next_attempt_at=now if is_called else None,
        created_at=now,
    )


def _forget_decision(request: CreditRequest, actor: Actor, now: datetime) -> None:
    request.state = RequestState.IN_CIRCUIT
    request.undone_by_id = actor.membership_id
    request.undone_at = now
    request.decision = ""
    request.decided_by = request.decided_at = request.closed_at = None
    request.granted_amount = request.granted_insured = None
    request.granted_terms = request.granted_until = request.review_date = None
    request.conditions = request.reason = ""
    request.limit = request.terms_before = None
    request.revision += 1


def _reopen(request: CreditRequest, step: RequestStep, *, now: datetime, today: date) -> None:
    if step.kind == StepKind.ARBITRATION:
        request.state = RequestState.ARBITRATION
    due_at = step.due_at
    step.outcome, step.words, step.conditions = "", "", ""
    step.amount = step.insured = None
    step.terms = step.until = step.review_date = None
    step.done_at = step.done_by = step.on_behalf_of = None
    open_step(step, request, now=now, today=today)
    step.due_at = due_at or step.due_at
    step.save(update_fields=["due_at"])
    beside = request.steps.exclude(pk=step.pk).filter(number__gte=step.number)
    beside.filter(kind=StepKind.EXPORT, state=StepState.DONE).update(
        state=StepState.WAITING, done_at=None, outcome=""
    )
    beside.filter(kind=StepKind.EXPORT, state=StepState.SKIPPED).update(state=StepState.WAITING)
    if request.state == RequestState.IN_CIRCUIT:
        for other in beside.filter(state=StepState.SKIPPED):
            if other.number == step.number:
                open_step(other, request, now=now, today=today)
            else:
                other.state = StepState.WAITING
                other.save(update_fields=["state"])
    set_deadline(request)
    request.save()


def _tell(request: CreditRequest, person: Membership, actor: Actor, now: datetime) -> None:
    tell(
        [person],
        code="undone",
        once_key=f"undone:{request.pk}:{now.isoformat()}",
        now=now,
        request=request,
        path=f"/credit/requests/{request.number}",
        number=request.number,
        customer=request.name,
        author=actor.name,
    )
