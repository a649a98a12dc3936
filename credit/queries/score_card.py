"""A customer's score card: the grade and its lines, the limit it suggests, risk against return, the second opinion.

Another page shows it with `{% include "credit/cards/score.html" with card=score_card(...) %}`.
"""

from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from uuid import UUID

from django.db.models import Sum

from credit.models import CreditRequest, FinancialStatement, ScoreContest
from credit.queries.limits import limit_on
from credit.queries.score_facts import is_stale, known_of
from credit.queries.scores import (
    CustomerScore,
    assumptions_of,
    customer_score,
    score_settings,
)
from credit.queries.second_opinion import shipped_model
from credit.queries.settings import credit_settings
from credit.rules.risk_return import RiskReturn, advised_limit, risk_return
from credit.rules.scorecard import Criterion
from credit.rules.second_opinion import Opinion, opinion
from kernel.money import Money
from ledger.models import Customer, Document, DocumentKind, Perimeter
from ledger.queries import home_and_rates

YEAR = timedelta(days=365)
NOTHING = Decimal(0)
DEFAULT_DAYS = Decimal(30)


@dataclass(frozen=True, slots=True)
class Worth:
    """Risk against return with the figures it was worked out from."""

    result: RiskReturn
    sales: Money
    margin_rate: Decimal
    at_risk: Money
    days: Decimal
    failing: Decimal
    lost: Decimal
    financing: Decimal


@dataclass(frozen=True, slots=True)
class ScoreCard:
    """All that a score card shows of a customer on a day."""

    customer: Customer
    standing: CustomerScore
    proceedings: str
    advised: Money | None
    worth: Worth | None
    second: Opinion | None
    statement: FinancialStatement | None
    open_contests: int


def score_card(customer: Customer, *, today: date) -> ScoreCard:
    """Return a customer's score card, in the tenant's currency."""
    standing = customer_score(customer, today=today)
    facts = known_of([customer.pk], today=today)[customer.pk].facts
    legal = facts[Criterion.LEGAL_EVENT].value
    late = facts.get(Criterion.DAYS_LATE)
    days = _agreed_days(customer) + (
        late.value if late and isinstance(late.value, Decimal) else NOTHING
    )
    statements = statements_of(customer)
    sales = _sales(customer.pk, today)
    return ScoreCard(
        customer=customer,
        standing=standing,
        proceedings=str(legal or "none"),
        advised=_advised(standing.grade, sales, days, statements, today),
        worth=_worth(customer, standing.grade, sales, days, today),
        second=second_opinion(statements, today),
        statement=statements[0] if statements else None,
        open_contests=ScoreContest.objects.filter(customer=customer, answered_at=None).count(),
    )


def statements_of(customer: Customer) -> list[FinancialStatement]:
    """Return the accounts that stand for a customer, the newest year first."""
    rows = FinancialStatement.objects.filter(customer=customer, replaced_at=None)
    return list(rows.select_related("entered_by"))


def second_opinion(statements: list[FinancialStatement], today: date) -> Opinion | None:
    """Return the learned second opinion on the newest accounts; None where they are too old or too few figures."""
    if not statements or is_stale(statements[0].year_end, today):
        return None
    return opinion(shipped_model(), statements[0].as_rule())


def _agreed_days(customer: Customer) -> Decimal:
    return Decimal(customer.terms.days) if customer.terms else DEFAULT_DAYS


def _sales(customer_id: UUID, today: date) -> Money:
    """Return what a customer bought in the last year, tax included, credit notes deducted."""
    home, rates = home_and_rates(today)
    rows = (
        Document.objects.filter(
            customer=customer_id,
            kind__in=[DocumentKind.INVOICE, DocumentKind.CREDIT_NOTE],
            perimeter=Perimeter.OPERATIONAL,
            issue_date__gt=today - YEAR,
            issue_date__lte=today,
        )
        .order_by()
        .values_list("currency")
        .annotate(sold=Sum("amount"))
    )
    sold = sum((amount * rates.get(currency, NOTHING) for currency, amount in rows), NOTHING)
    return Money(max(sold, NOTHING), home).rounded()


def _advised(
    grade: str | None,
    sales: Money,
    days: Decimal,
    statements: list[FinancialStatement],
    today: date,
) -> Money | None:
    if grade is None:
        return None
    equity = None
    if statements and not is_stale(statements[0].year_end, today):
        newest = statements[0]
        if newest.equity is not None and newest.currency == sales.currency:
            equity = Money(newest.equity, newest.currency)
    return advised_limit(grade, yearly_sales=sales, days=days, equity=equity)


def _worth(
    customer: Customer, grade: str | None, sales: Money, days: Decimal, today: date
) -> Worth | None:
    """Return the risk and return of going on as in the past year; None without a grade or without sales."""
    settings = score_settings()
    limit = limit_on(customer.pk, today)
    at_risk = Money(sales.amount * max(days, NOTHING) / 360, sales.currency).rounded()
    if limit is not None and limit.amount.currency == sales.currency:
        at_risk = max(at_risk - limit.insured, Money.zero(sales.currency))
    return worth_of(
        sales=Money(sales.amount / (1 + credit_settings().vat_rate), sales.currency).rounded(),
        margin_rate=settings.margin_rate,
        at_risk=at_risk,
        days=days,
        grade=grade,
    )


def worth_of(
    *, sales: Money, margin_rate: Decimal, at_risk: Money, days: Decimal, grade: str | None
) -> Worth | None:
    """Return risk against return under the house's assumptions; None without a grade or without sales."""
    if grade is None or sales.amount <= 0:
        return None
    assumed = assumptions_of(score_settings())
    found = risk_return(
        sales=sales,
        margin_rate=margin_rate,
        at_risk=at_risk,
        days=days,
        grade=grade,
        assumptions=assumed,
    )
    return Worth(
        found,
        sales,
        margin_rate,
        at_risk,
        days,
        assumed.failing[grade],
        assumed.lost,
        assumed.financing,
    )


def worth_of_request(request: CreditRequest) -> Worth | None:
    """Return whether what a request asks for is worth its risk: its own sales and margin, less cover and guarantees."""
    if request.expected_sales is None or request.margin_rate is None or not request.grade:
        return None
    asked = request.asked_amount or NOTHING
    bare = asked - (request.insured_amount or NOTHING) - (request.guarantee_amount or NOTHING)
    days = Decimal(request.asked_terms.days) if request.asked_terms else DEFAULT_DAYS
    return worth_of(
        sales=Money(request.expected_sales, request.currency),
        margin_rate=request.margin_rate,
        at_risk=Money(max(bare, NOTHING), request.currency),
        days=days,
        grade=request.grade,
    )
