"""A request, or what is granted of it, as the charter sees it."""

from datetime import date
from decimal import Decimal

from credit.models import CreditRequest, StepKind
from credit.queries.charter_facts import is_insolvent_on
from credit.queries.limits import limit_on
from credit.rules.charter import Kind, Proposal
from ledger.models import Customer, DocumentKind, DueLine, PaymentTerms
from ledger.services import terms_as_rule

FINANCE = frozenset({StepKind.ANALYSIS, StepKind.DECISION, StepKind.COMMITTEE})


def proposal_of(
    request: CreditRequest,
    *,
    today: date,
    step_kinds: set[str] | None = None,
    amount: Decimal | None = None,
    terms: PaymentTerms | None = None,
) -> Proposal:
    """Return a request as the charter judges it; `amount` and `terms` stand for what would be granted instead."""
    kinds = step_kinds if step_kinds is not None else {step.kind for step in request.steps.all()}
    meant = terms or request.asked_terms
    limit = limit_on(request.customer_id, today) if request.customer_id else None
    is_same = limit is not None and limit.amount.currency == request.currency
    return Proposal(
        kind=Kind(request.kind),
        currency=request.currency,
        amount=request.asked_amount if amount is None else amount,
        terms=terms_as_rule(meant) if meant else None,
        grade=request.grade or None,
        country=request.country,
        deposit_share=request.deposit_share,
        guarantees=request.guarantee_amount,
        insured=request.insured_amount,
        current_limit=(Decimal(0) if limit is None else limit.amount.amount if is_same else None),
        overdue_days=days_overdue(request.customer, today) if request.customer else None,
        is_insolvent=is_insolvent_on(request.customer_id, today) if request.customer_id else None,
        has_finance_step=bool(kinds & FINANCE),
        has_committee=StepKind.COMMITTEE in kinds,
        margin=request.margin_rate,
    )


def days_overdue(customer: Customer, today: date) -> int:
    """Return how many days the customer's oldest open invoice line is overdue; 0 when none is."""
    oldest = (
        DueLine.objects.filter(
            customer=customer,
            is_open=True,
            open_amount__gt=0,
            kind=DocumentKind.INVOICE,
            due_date__lt=today,
        )
        .order_by("due_date")
        .values_list("due_date", flat=True)
        .first()
    )
    return (today - oldest).days if oldest else 0
