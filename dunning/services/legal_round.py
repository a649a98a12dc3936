"""The nightly round of the legal pack: freezes, claims, deadlines, alerts, files. Every part may run twice."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal

from django.db.models import Exists, OuterRef, Q

from credit.models import Cover, CreditLimit, DeclarationKind
from credit.queries.declarations import ticking, told_on
from credit.queries.insurance import insured_customers, policies_on
from dunning.models import (
    FormalNotice,
    HandOver,
    HandOverState,
    InsurancePolicy,
    LegalDeadline,
    PaymentPlan,
    ReminderLine,
    Ruling,
)
from dunning.rules.legal_clock import (
    DeadlineKind,
    deadline_rule,
    insurer_declaration,
)
from dunning.services.deadlines import warn_of_deadlines
from dunning.services.hand_over_files import build_missing_files
from dunning.services.hand_overs import show_entrusted
from dunning.services.insolvencies import refresh_freezes
from dunning.services.interest_claims import RefreshResult, refresh_claims
from dunning.services.residuals import propose_residuals
from kernel.permissions import system_actor
from kernel.tenancy import current_tenant_id
from ledger.models import DocumentKind, DueLine

PRESCRIPTION_NOTICE = timedelta(days=180)
"""How long before a debt lapses it comes on the clock."""


@dataclass(frozen=True, slots=True)
class RoundResult:
    """What a round did."""

    frozen_lines: int
    claims: RefreshResult
    deadlines: int
    alerts: int
    files: int
    residuals: int = 0


def run_legal_round(*, today: date, now: datetime) -> RoundResult:
    """Freeze what insolvency reaches, bring claims up to date, keep the clock and give its alerts; idempotent."""
    frozen = refresh_freezes(today=today)
    claims = refresh_claims(today=today, now=now)
    started = start_due_deadlines(today=today)
    void_settled_deadlines()
    follow_declarations(today=today)
    alerts = warn_of_deadlines(today=today, now=now)
    actor = system_actor(current_tenant_id())
    residuals = propose_residuals(today=today)
    files = build_missing_files(actor=actor, today=today, now=now)
    for entrusted in HandOver.objects.filter(state=HandOverState.APPROVED, mandate__isnull=False):
        show_entrusted(entrusted)
    return RoundResult(frozen, claims, started, alerts, files, residuals)


def start_due_deadlines(*, today: date) -> int:
    """Put on the clock what is about to lapse, and what the insurer wants to hear of; return how many are new.

    One query for each kind and one insert, whatever the size of the ledger.
    """
    rows = [*_prescriptions(today), *_declarations(today), *_plans(today)]
    known = set(
        LegalDeadline.objects.filter(
            kind__in=[DeadlineKind.PRESCRIPTION, DeadlineKind.INSURER_DECLARATION]
        ).values_list("kind", "subject", "start_date")
    )
    new = [row for row in rows if (row.kind, row.subject, row.start_date) not in known]
    LegalDeadline.objects.bulk_create(new, batch_size=1000, ignore_conflicts=True)
    return len(new)


def _prescriptions(today: date) -> Iterator[LegalDeadline]:
    """Yield the deadlines of open invoices that lapse within half a year; a debt runs from its due date."""
    rule = deadline_rule(DeadlineKind.PRESCRIPTION, today)
    earliest = today - timedelta(days=366 * rule.amount)
    latest = today + PRESCRIPTION_NOTICE - timedelta(days=365 * rule.amount)
    lines = DueLine.objects.filter(
        is_open=True,
        kind=DocumentKind.INVOICE,
        due_date__range=(earliest, latest),
        entity__country="FR",
    ).select_related("document", "customer")
    seen = set()
    for line in lines.order_by("document_id", "due_date"):
        ends = rule.end(line.due_date)
        is_near = today <= ends <= today + PRESCRIPTION_NOTICE
        if line.document_id in seen or not is_near:
            continue
        seen.add(line.document_id)
        yield _row(line, DeadlineKind.PRESCRIPTION, line.due_date, ends, rule.source)


def _declarations(today: date) -> Iterator[LegalDeadline]:
    """Yield the declarations to the insurer of late invoices of insured customers, by the policy in force.

    Who is insured, and until when an invoice is to be declared, credit says; where no insurer's word was taken in, the
    insured part that people wrote beside the limit does.
    """
    seen = set()
    for one in ticking(today=today):
        seen.add(one.document_id)
        yield LegalDeadline(
            customer=one.customer,
            kind=DeadlineKind.INSURER_DECLARATION,
            start_date=one.invoice_date,
            due_date=one.times.declare_by,
            source=str(one.policy)[:200],
            subject=one.document_id,
            document_id=one.document_id,
            label=one.number[:120],
            owner_id=one.customer.collector_id or one.customer.risk_owner_id,
        )
    policy = policy_on(today)
    insured = CreditLimit.objects.filter(
        Q(valid_until=None) | Q(valid_until__gte=today),
        customer=OuterRef("customer"),
        valid_from__lte=today,
        insured_amount__gt=0,
    )
    lines = DueLine.objects.filter(
        Exists(insured),
        ~Exists(Cover.objects.filter(customer=OuterRef("customer"), undone_at=None)),
        is_open=True,
        kind=DocumentKind.INVOICE,
        due_date__lt=today,
        document__amount__gte=policy.threshold,
    ).select_related("document", "customer", "entity")
    for line in lines.order_by("document_id", "due_date"):
        if line.document_id in seen:
            continue
        seen.add(line.document_id)
        is_export = line.customer.country != line.entity.country
        ends = insurer_declaration(
            line.issue_date,
            maximum_days=policy.export_days if is_export else policy.domestic_days,
            declaration_days=policy.declaration_days,
        )
        source = policy.insurer or deadline_rule(DeadlineKind.INSURER_DECLARATION, today).source
        yield _row(line, DeadlineKind.INSURER_DECLARATION, line.issue_date, ends, source)


def _plans(today: date) -> Iterator[LegalDeadline]:
    """Yield that an insurer is to hear of a payment plan agreed with a customer he covers (DOMAIN 4.9)."""
    insured = insured_customers(today)
    plans = PaymentPlan.objects.filter(
        ruling__in=[Ruling.APPROVED, Ruling.NOT_NEEDED], ended_date=None, customer__in=insured
    ).select_related("customer")
    for plan in plans:
        agreed = plan.ruled_date or plan.proposed_date
        policy = policy_on(agreed)
        yield LegalDeadline(
            customer=plan.customer,
            kind=DeadlineKind.INSURER_DECLARATION,
            variant="plan",
            start_date=agreed,
            due_date=agreed + timedelta(days=policy.declaration_days),
            source=policy.insurer[:200],
            subject=plan.pk,
            label=f"plan {plan.number}",
            owner_id=plan.customer.collector_id or plan.customer.risk_owner_id,
        )


@dataclass(frozen=True, slots=True)
class PolicyOfClock:
    """The clauses that the clock of a customer without a cover counts by."""

    insurer: str
    domestic_days: int
    export_days: int
    declaration_days: int
    threshold: Decimal


def policy_on(day: date) -> PolicyOfClock:
    """Return the clauses in force on a day: of the policies page, else entered here before, else usual in France."""
    confirmed = next(iter(policies_on(day)), None)
    if confirmed is not None:
        return PolicyOfClock(
            str(confirmed),
            confirmed.domestic_days,
            confirmed.export_days,
            confirmed.declaration_days,
            confirmed.threshold,
        )
    entered = InsurancePolicy.objects.filter(valid_from__lte=day).first()
    if entered is not None:
        return PolicyOfClock(
            entered.insurer,
            entered.domestic_days,
            entered.export_days,
            entered.declaration_days,
            entered.threshold,
        )
    return PolicyOfClock(
        insurer="",
        domestic_days=deadline_rule(DeadlineKind.INSURER_MAXIMUM, day).amount,
        export_days=deadline_rule(DeadlineKind.INSURER_MAXIMUM, day, variant="export").amount,
        declaration_days=deadline_rule(DeadlineKind.INSURER_DECLARATION, day).amount,
        threshold=Decimal(300),
    )


def follow_declarations(*, today: date) -> int:
    """End the deadlines of invoices that the insurer was told about, and move those he was asked to extend.

    Return how many changed. The declaration's number is the proof.
    """
    running = {
        row.subject: row
        for row in LegalDeadline.objects.filter(
            kind=DeadlineKind.INSURER_DECLARATION, done_date=None, is_void=False, variant=""
        )
    }
    declared = told_on(running, DeclarationKind.OVERDUE)
    for ident, declaration in declared.items():
        row = running.pop(ident)
        row.done_date, row.done_by_id = (
            min(declaration.made_at.date(), today),
            declaration.made_by_id,
        )
        row.proof = declaration.number
        row.save(update_fields=["done_date", "done_by", "proof"])
    moved = 0
    extended = told_on(running, DeclarationKind.EXTENSION)
    for one in ticking(today=today, documents=extended):
        row = running[one.document_id]
        if row.due_date != one.times.declare_by:
            row.due_date, row.alerted_days = one.times.declare_by, None
            row.save(update_fields=["due_date", "alerted_days"])
            moved += 1
    return len(declared) + moved


def _row(line: DueLine, kind: DeadlineKind, start: date, ends: date, source: str) -> LegalDeadline:
    return LegalDeadline(
        customer=line.customer,
        kind=kind,
        start_date=start,
        due_date=ends,
        source=source[:200],
        subject=line.document_id,
        document=line.document,
        label=line.document.number[:120],
        owner_id=line.customer.collector_id or line.customer.risk_owner_id,
    )


def void_settled_deadlines() -> int:
    """Take off the clock what was paid: of an invoice with nothing open, of a notice whose lines are all settled."""
    open_lines = DueLine.objects.filter(document=OuterRef("document"), is_open=True)
    running = LegalDeadline.objects.filter(done_date=None, is_void=False)
    of_documents = running.filter(~Exists(open_lines), document__isnull=False)
    still_asked = ReminderLine.objects.filter(reminder=OuterRef("reminder"), due_line__is_open=True)
    settled = FormalNotice.objects.filter(~Exists(still_asked)).values("pk")
    of_notices = running.filter(kind=DeadlineKind.FORMAL_NOTICE, subject__in=settled)
    return of_documents.update(is_void=True) + of_notices.update(is_void=True)
