"""The end of a request: its decision written down, and its effect at once."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import ClassVar

from django.utils.translation import gettext as _

from accounts.models import Membership
from accounts.services import audit
from credit.models import (
    CreditLimit,
    CreditRequest,
    Outcome,
    RequestKind,
    RequestState,
    RequestStep,
    StepKind,
    StepState,
)
from credit.queries.authority import DECIDING
from credit.services.charter import grant_anyway
from credit.services.exports import promise_export
from credit.services.limits import AskedLimit, grant_limit
from credit.services.notices import tell
from credit.services.opening import open_account
from kernel.errors import Refused
from kernel.money import Money
from kernel.permissions import Actor
from ledger.models import PaymentTerms, TimelineKind
from ledger.services import change_terms, note

GRANTS_A_LIMIT = frozenset(
    {RequestKind.OPENING, RequestKind.LIMIT, RequestKind.TEMPORARY, RequestKind.REVIEW}
)


class NobodyDecided(Refused):
    """Every step ended and none of them decided."""

    code: ClassVar[str] = "nobody_decided"


@dataclass(frozen=True, slots=True)
class Said:
    """What a person says when he ends a step; amounts are in the request's currency, tax included."""

    outcome: Outcome
    amount: Money | None = None
    insured: Money | None = None
    terms: PaymentTerms | None = None
    until: date | None = None
    review_date: date | None = None
    conditions: str = ""
    words: str = ""


def close(request: CreditRequest, *, actor: Actor, now: datetime, today: date) -> None:
    """Decide a request by what its deciding steps said, and let the decision take effect."""
    deciding = [
        step
        for step in request.steps.order_by("done_at", "number", "position")
        if step.kind in DECIDING
        and step.state == StepState.DONE
        and step.outcome != Outcome.TO_ARBITRATION
    ]
    if not deciding:
        raise NobodyDecided(
            _("No step of %(number)s decides: have its circuit name a decision.")
            % {"number": request.number}
        )
    counted = _that_counts(deciding)
    request.decided_by_id = actor.membership_id
    request.decided_at = now
    request.closed_at = now
    request.decide_before = None
    request.reason = "\n".join(dict.fromkeys(step.words for step in deciding if step.words))
    request.conditions = "\n".join(
        dict.fromkeys(step.conditions for step in deciding if step.conditions)
    )
    refused = next((step for step in counted if step.outcome == Outcome.REFUSE), None)
    if refused is not None:
        _refuse(request)
    else:
        _grant(request, counted, actor=actor, now=now, today=today)
    request.save()
    audit.record(
        actor=actor,
        action="credit.decide_request",
        object_kind="credit_request",
        object_id=request.pk,
        number=request.number,
        decision=request.decision,
        amount=str(request.granted_amount or ""),
        currency=request.currency,
        requested_by=str(request.requested_by_id or ""),
    )
    _tell_requester(request, actor, now)


def _that_counts(deciding: Sequence[RequestStep]) -> list[RequestStep]:
    """Return the steps whose word counts: an arbitration outdoes all others."""
    arbitrated = [step for step in deciding if step.kind == StepKind.ARBITRATION]
    return arbitrated[-1:] or list(deciding)


def _refuse(request: CreditRequest) -> None:
    request.state = RequestState.REFUSED
    request.decision = Outcome.REFUSE
    request.granted_amount = None
    request.steps.filter(state__in=[StepState.WAITING, StepState.OPEN]).update(
        state=StepState.SKIPPED
    )
    if request.customer is not None:
        note(
            customer=request.customer,
            kind=TimelineKind.CHANGE,
            text_code="credit.request_refused",
            words=request.reason,
            object_id=request.pk,
            facts={"number": request.number},
        )


def _grant(
    request: CreditRequest,
    deciding: Sequence[RequestStep],
    *,
    actor: Actor,
    now: datetime,
    today: date,
) -> None:
    """Take the smallest amount that was granted, with its terms, and the earliest of the days."""
    least = min(deciding, key=lambda step: step.amount or 0)
    request.state = RequestState.GRANTED
    request.decision = (
        Outcome.AS_ASKED
        if all(step.outcome == Outcome.AS_ASKED for step in deciding)
        else Outcome.CONDITIONS
    )
    request.granted_amount = least.amount
    insured = next((step.insured for step in deciding if step.insured is not None), None)
    insured = request.insured_amount if insured is None else insured
    request.granted_insured = (
        None if insured is None or least.amount is None else min(insured, least.amount)
    )
    request.granted_terms = least.terms
    request.granted_until = min((step.until for step in deciding if step.until), default=None)
    request.review_date = min(
        (step.review_date for step in deciding if step.review_date), default=None
    )
    grant_anyway(object_id=request.pk, reason=request.reason, actor=actor, today=today)
    if request.kind not in GRANTS_A_LIMIT:
        return
    if request.kind == RequestKind.OPENING:
        open_account(request, actor=actor, today=today)
    _change_terms(request, actor=actor, today=today)
    request.limit = _limit(request, actor=actor, now=now, today=today)
    promise_export(request, now=now)
    request.steps.filter(kind=StepKind.EXPORT, state=StepState.WAITING).update(
        state=StepState.DONE, done_at=now, outcome=Outcome.DONE
    )


def _change_terms(request: CreditRequest, *, actor: Actor, today: date) -> None:
    customer, terms = request.customer, request.granted_terms
    if customer is None or terms is None or customer.terms_id == terms.pk:
        return
    request.terms_before = customer.terms
    change_terms(customer=customer, terms=terms, actor=actor, today=today)


def _limit(request: CreditRequest, *, actor: Actor, now: datetime, today: date) -> CreditLimit:
    """Grant the limit; one of the same kind from the same day gives way to it."""
    customer = request.customer
    if customer is None or request.granted_amount is None:
        raise NobodyDecided(
            _("%(number)s has no customer to grant a limit to.") % {"number": request.number}
        )
    is_temporary = request.kind == RequestKind.TEMPORARY
    CreditLimit.objects.filter(
        customer=customer, valid_from=today, is_temporary=is_temporary, undone_at=None
    ).update(undone_at=now)
    insured = request.granted_insured
    return grant_limit(
        AskedLimit(
            customer=customer,
            amount=Money(request.granted_amount, request.currency),
            valid_from=today,
            reason=request.reason,
            valid_until=request.granted_until,
            insured=None if insured is None else Money(insured, request.currency),
            is_temporary=is_temporary,
        ),
        requested_by=request.requested_by,
        actor=actor,
        today=today,
    )


def _tell_requester(request: CreditRequest, actor: Actor, now: datetime) -> None:
    asker: Membership | None = request.requested_by
    if asker is None:
        return
    amount = request.granted_amount
    is_granted = request.state == RequestState.GRANTED and amount is not None
    facts = {"amount": Money(amount, request.currency).as_json()} if amount is not None else {}
    tell(
        [asker],
        code="granted" if is_granted else "refused",
        once_key=f"decided:{request.pk}:{now.isoformat()}",
        now=now,
        request=request,
        path=f"/credit/requests/{request.number}",
        number=request.number,
        customer=request.name,
        author=actor.name,
        words=request.reason,
        **facts,
    )
