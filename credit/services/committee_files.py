"""Flagging files for a committee: by a request's circuit, or by a colleague with a reason (R4)."""

from datetime import date, datetime
from decimal import Decimal
from typing import ClassVar

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from accounts.services import audit
from credit.models import (
    LIVE_FILES,
    RUNNING,
    AgendaFile,
    Committee,
    CreditRequest,
    FileSource,
    Measure,
    RequestKind,
    RequestStep,
    StepKind,
    StepState,
)
from credit.queries.authority import MANAGER
from credit.queries.committee import committee_for, prepares
from credit.queries.limits import limit_on
from credit.services.circuits import lock_request, open_step, set_deadline
from kernel.errors import Refused
from kernel.money import Money
from kernel.permissions import Actor
from ledger.models import Customer

AT_ONCE = 200
COMMITTEE_HOURS = 45  # working hours: a week


class FlagRefused(Refused):
    """The file cannot be put before a committee so."""

    code: ClassVar[str] = "committee_flag_refused"


def gather(*, now: datetime) -> int:
    """Flag every request whose circuit reached its committee step; return how many were new. Safe to run twice."""
    steps = (
        RequestStep.objects.filter(
            kind=StepKind.COMMITTEE, state=StepState.OPEN, request__state__in=RUNNING
        )
        .exclude(agenda_files__state__in=LIVE_FILES)
        .select_related("request__portfolio", "request__customer")
        .order_by("opened_at")[:AT_ONCE]
    )
    done = 0
    for step in steps:
        committee = committee_for(step.request.portfolio.path)
        if committee is None:
            continue
        try:
            with transaction.atomic():
                _flag(step, committee, now=now)
        except IntegrityError:
            continue  # somebody else was gathering too
        done += 1
    return done


def _flag(
    step: RequestStep,
    committee: Committee,
    *,
    now: datetime,
    source: FileSource | None = None,
    reason: str = "",
    actor: Actor | None = None,
) -> AgendaFile:
    request = step.request
    is_review = request.kind == RequestKind.REVIEW
    return AgendaFile.objects.create(
        committee=committee,
        source=source or (FileSource.REVIEW if is_review else FileSource.CIRCUIT),
        measure=Measure.REQUEST,
        step=step,
        request=request,
        customer=request.customer,
        name=request.name,
        reference=request.number,
        amount=request.asked_amount,
        currency=request.currency,
        reason=reason,
        flagged_by_id=actor.membership_id if actor else None,
        flagged_at=now,
    )


def flag_request(
    *, request: CreditRequest, reason: str, actor: Actor, now: datetime, today: date
) -> AgendaFile:
    """Put a running request before the committee of its perimeter, beside whoever decides it. Raises FlagRefused."""
    locked = lock_request(request.pk)
    committee = _committee(locked.portfolio.path, actor)
    said = _reason(reason, locked.number)
    deciding = (
        locked.steps.filter(kind=StepKind.DECISION, state__in=[StepState.OPEN, StepState.WAITING])
        .order_by("number")
        .first()
    )
    if locked.state not in RUNNING or deciding is None:
        raise FlagRefused(
            _("%(number)s waits for no decision: there is nothing a committee could say.")
            % {"number": locked.number}
        )
    if locked.steps.filter(
        kind=StepKind.COMMITTEE, state__in=[StepState.OPEN, StepState.WAITING]
    ).exists():
        raise FlagRefused(
            _("%(number)s goes before the committee already, by its circuit.")
            % {"number": locked.number}
        )
    last = locked.steps.order_by("-position").values_list("position", flat=True).first() or 0
    step = RequestStep.objects.create(
        request=locked,
        position=last + 1,
        number=deciding.number,
        kind=StepKind.COMMITTEE,
        role=MANAGER,
        deadline_hours=COMMITTEE_HOURS,
        reminder_hours=0,
        requested_by_id=locked.requested_by_id,
        first_requester_id=locked.first_requester_id,
    )
    if deciding.state == StepState.OPEN:
        open_step(step, locked, now=now, today=today)
        set_deadline(locked)
    locked.revision += 1
    locked.save()
    step.request = locked
    file = _flag(step, committee, now=now, source=FileSource.HAND, reason=said, actor=actor)
    _record("credit.flag_for_committee", file, actor)
    return file


def flag_customer(
    *,
    customer: Customer,
    measure: str,
    amount: Decimal | None,
    reason: str,
    actor: Actor,
    now: datetime,
    today: date,
) -> AgendaFile:
    """Put a customer before the committee: to hold, to lower its limit to `amount`, or to agree what to do.

    Raises FlagRefused. A raise goes by a request and its circuit, never by this door.
    """
    committee = _committee(customer.portfolio.path, actor)
    said = _reason(reason, customer.code)
    if measure not in {Measure.HOLD, Measure.LOWER, Measure.DISCUSS}:
        raise FlagRefused(_("Say what the committee is asked about %(name)s.") % _named(customer))
    target = _lower_amount(customer, amount, today) if measure == Measure.LOWER else None
    try:
        with transaction.atomic():
            file = AgendaFile.objects.create(
                committee=committee,
                source=FileSource.HAND,
                measure=measure,
                customer=customer,
                name=customer.name,
                reference=customer.code,
                amount=target.amount if target else None,
                currency=target.currency if target else "",
                reason=said,
                flagged_by_id=actor.membership_id,
                flagged_at=now,
            )
    except IntegrityError as fault:
        raise FlagRefused(
            _("%(name)s waits for the committee already with this question.") % _named(customer)
        ) from fault
    _record("credit.flag_for_committee", file, actor)
    return file


def _lower_amount(customer: Customer, amount: Decimal | None, today: date) -> Money:
    limit = limit_on(customer.pk, today)
    if limit is None or amount is None or not 0 <= amount < limit.amount.amount:
        raise FlagRefused(
            _(
                "A limit of %(name)s is lowered below what it is, %(limit)s. To raise it, make a request: it takes "
                "its circuit."
            )
            % {"name": customer.name, "limit": limit.amount if limit else "—"}
        )
    return Money(amount, limit.amount.currency)


def _committee(path: str, actor: Actor) -> Committee:
    committee = committee_for(path)
    if committee is None:
        raise FlagRefused(
            _(
                "No committee is in force here yet: propose one under Committees, another person agrees."
            )
        )
    if actor.membership_id is None or not prepares(actor, committee):
        raise FlagRefused(
            _("Files are put before %(committee)s by a credit analyst or manager of its perimeter.")
            % {"committee": committee.name}
        )
    return committee


def _reason(reason: str, reference: str) -> str:
    said = reason.strip()[:1000]
    if not said:
        raise FlagRefused(
            _("Say why %(reference)s should go before the committee: the members read it.")
            % {"reference": reference}
        )
    return said


def _named(customer: Customer) -> dict[str, str]:
    return {"name": customer.name}


def _record(action: str, file: AgendaFile, actor: Actor) -> None:
    audit.record(
        actor=actor,
        action=action,
        object_kind="agenda_file",
        object_id=file.pk,
        reference=file.reference,
        measure=file.measure,
        amount=str(file.amount or ""),
        currency=file.currency,
    )
