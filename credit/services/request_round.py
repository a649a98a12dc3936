"""The scheduled round of requests: reminders, escalations, lapses, reviews and limits that end; safe to run twice."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID

from django.utils.translation import gettext as _
from django.utils.translation import override

from accounts.models import Membership, MembershipState, Tenant
from accounts.services import audit
from credit.models import (
    RUNNING,
    CreditLimit,
    CreditRequest,
    RequestKind,
    RequestState,
    RequestStep,
    StepKind,
    StepState,
)
from credit.queries.authority import MANAGER
from credit.queries.limits import limits_on
from credit.queries.scores import grade_on
from credit.queries.settings import credit_settings, office_hours
from credit.services.circuit_drafts import install_ready
from credit.services.circuits import NoCircuit, start, tell_whom_it_waits_for
from credit.services.notices import tell
from credit.services.requests import Ask, draft_review, end_without_decision
from kernel.money import Money
from kernel.permissions import system_actor
from ledger.models import Customer, TimelineEntry, TimelineKind
from ledger.services import note

SAID_BEFORE = timedelta(days=14)  # that a limit ends
LOOKED_BACK = timedelta(days=7)  # for limits that ended while nothing ran
AT_ONCE = 500


@dataclass(frozen=True, slots=True)
class Round:
    """How much a round did."""

    reminded: int
    escalated: int
    lapsed: int
    reviews: int
    expired: int


def run_round(tenant: Tenant, *, now: datetime, today: date) -> Round:
    """Do the tenant's round; each thing is done once, however often the round runs."""
    with override(tenant.language):
        return Round(
            reminded=_remind(now=now, today=today),
            escalated=_escalate(tenant, now=now, today=today),
            lapsed=_lapse(tenant, now=now),
            reviews=_start_reviews(tenant, now=now, today=today),
            expired=_say_ends(now=now, today=today),
        )


def _late_or_soon(now: datetime) -> list[RequestStep]:
    """Return the open steps of running requests, locked; those whose clock stands still are left alone."""
    return list(
        RequestStep.objects.select_for_update(of=("self",), skip_locked=True)
        .filter(state=StepState.OPEN, request__state__in=RUNNING, request__waiting_since=None)
        .filter(due_at__lte=now + timedelta(days=30))
        .exclude(kind=StepKind.COMMITTEE)
        .select_related(
            "request__portfolio",
            "request__customer",
            "request__requested_by",
            "person",
            "escalates_to",
        )
        .order_by("due_at")[:AT_ONCE]
    )


def _remind(*, now: datetime, today: date) -> int:
    hours = office_hours()
    done = 0
    for step in _late_or_soon(now):
        if step.reminded_at is not None or not step.reminder_hours or step.due_at is None:
            continue
        if hours.minutes_between(now, step.due_at) > step.reminder_hours * 60:
            continue
        step.reminded_at = now
        step.save(update_fields=["reminded_at"])
        tell_whom_it_waits_for(step, code="reminder", now=now, today=today)
        done += 1
    return done


def _escalate(tenant: Tenant, *, now: datetime, today: date) -> int:
    done = 0
    for step in _late_or_soon(now):
        if step.due_at is None or step.due_at >= now or step.escalated_at is not None:
            continue
        if step.escalates_to is None:
            continue
        step.escalated_at = now
        step.save(update_fields=["escalated_at"])
        tell_whom_it_waits_for(
            step, code="escalated", now=now, today=today, people=[step.escalates_to]
        )
        audit.record(
            actor=system_actor(tenant.pk),
            action="credit.escalate_step",
            object_kind="credit_request",
            object_id=step.request_id,
            number=step.request.number,
            step=step.kind,
            to=str(step.escalates_to_id),
        )
        done += 1
    return done


def _lapse(tenant: Tenant, *, now: datetime) -> int:
    before = now - timedelta(days=credit_settings().lapse_days)
    late = list(
        CreditRequest.objects.select_for_update(of=("self",), skip_locked=True)
        .running()
        .filter(waiting_since__lt=before)
        .select_related("requested_by")[:AT_ONCE]
    )
    for request in late:
        end_without_decision(request, RequestState.LAPSED, now=now)
        audit.record(
            actor=system_actor(tenant.pk),
            action="credit.lapse_request",
            object_kind="credit_request",
            object_id=request.pk,
            number=request.number,
        )
        if request.requested_by is not None:
            tell(
                [request.requested_by],
                code="lapsed",
                once_key=f"lapsed:{request.pk}",
                now=now,
                request=request,
                path=f"/credit/requests/{request.number}",
                number=request.number,
                customer=request.name,
            )
    return len(late)


def _start_reviews(tenant: Tenant, *, now: datetime, today: date) -> int:
    """Start the review of each customer whose latest decision asked for one by today."""
    latest = (
        CreditRequest.objects.filter(state=RequestState.GRANTED, customer__isnull=False)
        .exclude(kind__in=[RequestKind.ADVICE, RequestKind.TEMPORARY])
        .order_by("customer_id", "-decided_at")
        .distinct("customer_id")
    )
    due = [
        one
        for one in CreditRequest.objects.filter(
            pk__in=latest.values("pk"), review_date__lte=today
        ).select_related("customer__portfolio", "customer__group", "customer__terms", "entity")
        if one.customer is not None
    ][:AT_ONCE]
    running: set[UUID | None] = set(
        CreditRequest.objects.filter(
            kind=RequestKind.REVIEW, state__in=[RequestState.DRAFT, *RUNNING]
        ).values_list("customer_id", flat=True)
    )
    limits = limits_on([one.customer_id for one in due if one.customer_id], today)
    done = 0
    for one in due:
        customer = one.customer
        if customer is None or customer.pk in running or customer.pk not in limits:
            continue
        done += _start_review(tenant, one, customer, limits[customer.pk].amount, now, today)
    return done


def _start_review(  # noqa: PLR0917
    tenant: Tenant,
    before: CreditRequest,
    customer: Customer,
    amount: Money,
    now: datetime,
    today: date,
) -> int:
    install_ready(tenant=tenant, now=now)
    review = draft_review(
        Ask(
            kind=RequestKind.REVIEW,
            entity=before.entity,
            portfolio=customer.portfolio,
            customer=customer,
            asked_amount=amount.amount,
            currency=amount.currency,
            asked_terms=customer.terms,
            expected_sales=before.expected_sales,
            peak_factor=before.peak_factor,
            insured_amount=before.granted_insured,
            insured_quota=before.insured_quota,
            grade=grade_on(customer, today) or before.grade,
            words=_("Periodic review: the decision %(number)s asked for it.")
            % {"number": before.number},
        ),
        now=now,
        today=today,
    )
    review.state = RequestState.IN_CIRCUIT
    review.submitted_at = now
    try:
        start(review, now=now, today=today)
    except NoCircuit:
        end_without_decision(review, RequestState.WITHDRAWN, now=now)
        return 0
    audit.record(
        actor=system_actor(tenant.pk),
        action="credit.start_review",
        object_kind="credit_request",
        object_id=review.pk,
        number=review.number,
        customer=str(customer.pk),
    )
    return 1


def _say_ends(*, now: datetime, today: date) -> int:
    """Say which limits end soon, and note those that ended in the customer's history."""
    soon = CreditLimit.objects.filter(
        undone_at=None, valid_until__gte=today, valid_until__lte=today + SAID_BEFORE
    ).select_related("customer__risk_owner", "requested_by")[:AT_ONCE]
    for limit in soon:
        tell(
            _who_follows(limit),
            code="limit_expires",
            once_key=f"limit_expires:{limit.pk}",
            now=now,
            path=f"/customers/{limit.customer.code}?tab=credit",
            customer=limit.customer.name,
            amount=Money(limit.amount, limit.currency).as_json(),
            day={"day": limit.valid_until.isoformat() if limit.valid_until else ""},
        )
    ended = CreditLimit.objects.filter(
        undone_at=None, valid_until__lt=today, valid_until__gte=today - LOOKED_BACK
    ).select_related("customer")[:AT_ONCE]
    said = set(
        TimelineEntry.objects.filter(
            text_code="credit.limit_expired", object_id__in=[one.pk for one in ended]
        ).values_list("object_id", flat=True)
    )
    done = 0
    for limit in ended:
        if limit.pk in said or limit.valid_until is None:
            continue
        note(
            customer=limit.customer,
            kind=TimelineKind.CHANGE,
            text_code="credit.limit_expired",
            object_id=limit.pk,
            facts={
                "amount": Money(limit.amount, limit.currency).as_json(),
                "day": limit.valid_until.isoformat(),
            },
        )
        done += 1
    return done


def _who_follows(limit: CreditLimit) -> list[Membership]:
    """Return who judges the customer, else the credit managers; and who asked for the limit."""
    owner = limit.customer.risk_owner
    people = (
        [owner]
        if owner
        else list(
            Membership.objects.filter(state=MembershipState.ACTIVE, grants__role=MANAGER).distinct()
        )
    )
    asker = limit.requested_by
    return [*people, asker] if asker and asker not in people else people
