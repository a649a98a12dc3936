"""What the assignment rules may know of every customer, in two statements whatever their number."""

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db import connection

from credit.queries import limits_on
from dunning.rules.assignment import Traits, Typology
from kernel.periods import months_back
from ledger.queries import home_and_rates
from ledger.rules.payers import MIN_INVOICES, WINDOW_MONTHS, payer_profile

# What is open and late in the tenant's currency, credits and unapplied cash deducted from what is open; how late the
# invoices cleared in the window were paid, weighted by payment (DOMAIN 3.9).
TRAITS = """
    WITH rate AS (
        SELECT * FROM unnest(%(currencies)s::text[], %(rates)s::numeric[]) AS given(currency, rate)
    ), position AS (
        SELECT line.customer_id, sum(line.open_amount * coalesce(rate.rate, 1)) AS open,
               coalesce(sum(line.open_amount * coalesce(rate.rate, 1)) FILTER (
                   WHERE line.kind = 'invoice' AND line.open_amount > 0 AND line.due_date < %(today)s), 0) AS overdue
        FROM ledger_dueline line LEFT JOIN rate ON rate.currency = line.currency
        WHERE line.is_open AND line.perimeter = 'operational' AND line.issue_date <= %(today)s
          AND (%(only)s IS NULL OR line.customer_id = %(only)s::uuid)
        GROUP BY line.customer_id
    ), paid AS (
        SELECT line.customer_id, count(DISTINCT line.document_id) AS invoices,
               sum(allocation.amount * coalesce(rate.rate, 1)) AS amount,
               sum(allocation.amount * coalesce(rate.rate, 1) * (allocation.effective_date - line.due_date)) AS late
        FROM ledger_dueline line
        JOIN ledger_allocation allocation ON allocation.debit_line_id = line.id
            AND allocation.effective_date <= %(today)s
        LEFT JOIN rate ON rate.currency = line.currency
        WHERE line.kind = 'invoice' AND line.perimeter = 'operational'
          AND line.cleared_date BETWEEN %(window_start)s AND %(today)s
          AND (%(only)s IS NULL OR line.customer_id = %(only)s::uuid)
          AND NOT EXISTS (
              SELECT FROM ledger_dueline note
              WHERE note.id = allocation.credit_line_id AND note.kind = 'credit_note')
        GROUP BY line.customer_id
    )
    SELECT customer.id, customer.country, customer.is_public_buyer, customer.is_vip, customer.group_id IS NOT NULL,
           scope.path, customer.risk_class, coalesce(position.open, 0), coalesce(position.overdue, 0),
           paid.invoices, paid.amount, paid.late
    FROM ledger_customer customer
    JOIN accounts_scope scope ON scope.id = customer.portfolio_id
    LEFT JOIN position ON position.customer_id = customer.id
    LEFT JOIN paid ON paid.customer_id = customer.id
    WHERE (%(only)s IS NULL OR customer.id = %(only)s::uuid)
"""


def traits_of_customers(*, today: date, only: UUID | None = None) -> dict[UUID, Traits]:
    """Return what is known of each customer at `today`, of one alone if asked.

    Amounts are tax included, in euros as far as the rate of the euro is known, else in the tenant's currency.
    """
    _home, rates = home_and_rates(today)
    with connection.cursor() as cursor:
        cursor.execute(
            TRAITS,
            {
                "today": today,
                "window_start": months_back(today, WINDOW_MONTHS - 1),
                "currencies": list(rates),
                "rates": list(rates.values()),
                "only": only,
            },
        )
        rows = cursor.fetchall()
    uses = _limit_uses({row[0]: row[7] for row in rows}, rates, today)
    euro = rates.get("EUR", Decimal(1))
    return {row[0]: _traits(row, uses.get(row[0]), euro) for row in rows}


def _limit_uses(
    owed: Mapping[UUID, Decimal], rates: Mapping[str, Decimal], today: date
) -> dict[UUID, Decimal]:
    """Return what each customer with a limit owes as a share of it; a limit of nothing counts as used up."""
    uses = {}
    for customer_id, limit in limits_on(owed, today).items():
        amount = limit.amount.amount * rates.get(limit.amount.currency, Decimal(1))
        uses[customer_id] = owed[customer_id] / amount if amount else Decimal(1)
    return uses


def _traits(row: tuple[Any, ...], limit_use: Decimal | None, euro: Decimal) -> Traits:
    invoices, amount, late = row[9:12]
    has_habit = (invoices or 0) >= MIN_INVOICES and amount > 0
    return Traits(
        typology=_typology(is_public=row[2], is_key=row[3], is_grouped=row[4]),
        country=row[1],
        portfolio=row[5],
        profile=payer_profile(late / amount).value if has_habit else "",
        risk_class=row[6],
        open_amount=row[7] / euro,
        overdue=row[8] / euro,
        limit_use=limit_use,
    )


def _typology(*, is_public: bool, is_key: bool, is_grouped: bool) -> Typology:
    if is_public:
        return Typology.PUBLIC_BUYER
    if is_key:
        return Typology.KEY_ACCOUNT
    return Typology.GROUP if is_grouped else Typology.COMPANY
