"""The figures in bare SQL: what somebody who knows this schema would write by hand for the very same answer.

Run as a role that no wall stands before, with the tenant written into the statement. Left out is only what this
ledger has none of: other perimeters, currencies without a rate, lines brought forward. Each statement answers with
the same amounts, to the cent, as the question of ours beside which it is measured; the benchmarks check that.
"""

from datetime import date, timedelta

from bench.data import BenchLedger
from kernel.periods import month_end, month_start, months_back

MONTHS = 24
WINDOW_MONTHS = 6

# What one unit of each foreign currency is worth on the day.
RATE = """
rate AS MATERIALIZED (
    SELECT DISTINCT ON (currency) currency, rate FROM ledger_exchangerate
    WHERE tenant_id = %(tenant)s AND valid_from <= %(day)s ORDER BY currency, valid_from DESC
)"""


def _euros(amount: str) -> str:
    return (
        f"CASE WHEN line.currency = 'EUR' THEN {amount} ELSE round(({amount}) * rate.rate, 2) END"
    )


# A credit note stands where the invoice does that it corrects, a payment nowhere.
_PLACED = """
CASE WHEN line.amount > 0 THEN line.due_date WHEN line.kind = 'credit_note' THEN (
    SELECT min(owed.due_date) FROM ledger_document note
    JOIN ledger_dueline owed ON owed.tenant_id = note.tenant_id AND owed.document_id = note.linked_document_id
    WHERE note.tenant_id = %(tenant)s AND note.id = line.document_id) END"""
_RATE_OF_LINE = "LEFT JOIN rate ON rate.currency = line.currency"
_KNOWN = (
    "line.tenant_id = %(tenant)s AND line.issue_date <= %(day)s AND line.perimeter = 'operational'"
)

OPEN_NOW = f"""
open_line AS (
    SELECT line.customer_id, {_PLACED} AS placed, line.amount, {_euros("line.open_amount")} AS open
    FROM ledger_dueline line {_RATE_OF_LINE} WHERE {_KNOWN} AND line.is_open
)"""
# What was open on a past day is what is open now and what has settled it since.
_GIVEN_BACK = "line.open_amount + sign(line.amount) * coalesce(since.amount, 0)"
OPEN_THEN = f"""
since AS MATERIALIZED (
    SELECT side.line_id, sum(allocation.amount) AS amount FROM ledger_allocation allocation
    CROSS JOIN LATERAL (VALUES (debit_line_id), (credit_line_id)) side (line_id)
    WHERE allocation.tenant_id = %(tenant)s AND allocation.effective_date > %(day)s GROUP BY side.line_id
),
open_line AS (
    SELECT line.customer_id, {_PLACED} AS placed, line.amount, {_euros(_GIVEN_BACK)} AS open
    FROM ledger_dueline line LEFT JOIN since ON since.line_id = line.id {_RATE_OF_LINE}
    WHERE {_KNOWN} AND line.is_open AND {_GIVEN_BACK} <> 0
    UNION ALL
    SELECT line.customer_id, {_PLACED}, line.amount, {_euros(_GIVEN_BACK)}
    FROM since JOIN ledger_dueline line ON line.id = since.line_id {_RATE_OF_LINE}
    WHERE {_KNOWN} AND NOT line.is_open AND {_GIVEN_BACK} <> 0
)"""


def aged_balance(source: str, cut: str) -> str:
    """Return the statement of the totals, in the first row, and the customers who owe most."""
    return f"""
WITH {RATE}, {source},
customer_sum AS MATERIALIZED (
    SELECT customer_id, max(%(day)s - placed) FILTER (WHERE placed < %(day)s AND amount > 0) AS oldest,
        coalesce(sum(open) FILTER (WHERE %(day)s - placed <= 0), 0) AS not_due,
        coalesce(sum(open) FILTER (WHERE %(day)s - placed BETWEEN 1 AND 30), 0) AS days_1_30,
        coalesce(sum(open) FILTER (WHERE %(day)s - placed BETWEEN 31 AND 60), 0) AS days_31_60,
        coalesce(sum(open) FILTER (WHERE %(day)s - placed BETWEEN 61 AND 90), 0) AS days_61_90,
        coalesce(sum(open) FILTER (WHERE %(day)s - placed > 90), 0) AS days_91_plus,
        coalesce(sum(open) FILTER (WHERE placed IS NULL), 0) AS unallocated
    FROM open_line GROUP BY customer_id
)
SELECT NULL::text, NULL::text, NULL::text, count(*), sum(not_due), sum(days_1_30), sum(days_31_60), sum(days_61_90),
    sum(days_91_plus), sum(unallocated) FROM customer_sum
UNION ALL (
    SELECT customer.id::text, customer.code, customer.name, oldest, not_due, days_1_30, days_31_60, days_61_90,
        days_91_plus, unallocated
    FROM customer_sum JOIN ledger_customer customer
        ON customer.tenant_id = %(tenant)s AND customer.id = customer_sum.customer_id
    ORDER BY not_due + days_1_30 + days_31_60 + days_61_90 + days_91_plus + unallocated DESC, sort_name, customer.id
    {cut}
)"""


_MONTH_BASE = "CASE WHEN line.issue_date < %(month)s THEN line.opening ELSE line.amount END"
_CONTESTED = "least(dispute.amount, greatest(line.open_amount, 0))"
# What is open, what was open at the last month-end, what the month collected, who owes how much, what is disputed.
POSITION = f"""
WITH {RATE},
since AS MATERIALIZED (
    SELECT side.line_id, sum(allocation.amount) AS amount,
        sum(allocation.amount) FILTER (WHERE note.id IS NULL) AS collected,
        sum(allocation.amount) FILTER (WHERE note.id IS NOT NULL) AS credited
    FROM ledger_allocation allocation
    LEFT JOIN ledger_dueline note ON note.tenant_id = %(tenant)s AND note.id = allocation.credit_line_id
        AND note.kind = 'credit_note'
    CROSS JOIN LATERAL (VALUES (debit_line_id), (credit_line_id)) side (line_id)
    WHERE allocation.tenant_id = %(tenant)s AND allocation.effective_date >= %(month)s GROUP BY side.line_id
),
line AS (
    SELECT line.*, since.collected, since.credited, {_PLACED} AS placed,
        CASE WHEN line.issue_date < %(month)s THEN {_GIVEN_BACK} ELSE 0 END AS opening
    FROM ledger_dueline line LEFT JOIN since ON since.line_id = line.id WHERE {_KNOWN} AND line.is_open
    UNION ALL
    SELECT line.*, since.collected, since.credited, {_PLACED},
        CASE WHEN line.issue_date < %(month)s THEN {_GIVEN_BACK} ELSE 0 END
    FROM since JOIN ledger_dueline line ON line.id = since.line_id WHERE {_KNOWN} AND NOT line.is_open
),
valued AS (
    SELECT line.customer_id, %(day)s - line.placed AS days, line.amount > 0 AND line.open_amount <> 0 AS is_debt,
        line.amount > 0 AND line.due_date <= %(day)s AS is_collectable,
        {_euros("line.open_amount")} AS open, {_euros("line.opening")} AS opening,
        {_euros(_MONTH_BASE)} AS base, {_euros("line.collected")} AS collected, {_euros("line.credited")} AS credited,
        CASE WHEN dispute.amount > 0 THEN {_euros(_CONTESTED)} END AS disputed
    FROM line {_RATE_OF_LINE} LEFT JOIN (
        SELECT due_line_id, sum(amount) AS amount FROM disputes_dispute
        WHERE tenant_id = %(tenant)s AND opened_date <= %(day)s AND (closed_date IS NULL OR closed_date > %(day)s)
        GROUP BY due_line_id
    ) dispute ON dispute.due_line_id = line.id
),
customer_sum AS MATERIALIZED (
    SELECT customer_id,
        sum(open) FILTER (WHERE days <= 0) AS not_due,
        sum(open) FILTER (WHERE days BETWEEN 1 AND 30) AS days_1_30,
        sum(open) FILTER (WHERE days BETWEEN 31 AND 60) AS days_31_60,
        sum(open) FILTER (WHERE days BETWEEN 61 AND 90) AS days_61_90,
        sum(open) FILTER (WHERE days > 90) AS days_91_plus,
        sum(open) FILTER (WHERE days IS NULL) AS unallocated,
        coalesce(sum(open) FILTER (WHERE days IS NOT NULL), 0) AS owed,
        count(*) FILTER (WHERE is_debt) AS lines, count(*) FILTER (WHERE is_debt AND days > 0) AS late_lines,
        sum(open * days) FILTER (WHERE days > 0) AS weighed,
        sum(opening) AS opening, sum(base) FILTER (WHERE is_collectable) AS collectable,
        sum(credited) FILTER (WHERE is_collectable) AS credited,
        sum(collected) FILTER (WHERE is_collectable) AS collected,
        sum(disputed) AS disputed, sum(disputed) FILTER (WHERE days > 0) AS disputed_late
    FROM valued GROUP BY customer_id
),
debtor AS MATERIALIZED (
    SELECT coalesce(group_id::text, nullif(siren, ''), customer.id::text), sum(owed) AS owed
    FROM customer_sum JOIN ledger_customer customer
        ON customer.tenant_id = %(tenant)s AND customer.id = customer_sum.customer_id
    GROUP BY 1 HAVING sum(owed) > 0
)
SELECT sum(not_due), sum(days_1_30), sum(days_31_60), sum(days_61_90), sum(days_91_plus), sum(unallocated),
    sum(lines), sum(late_lines), sum(weighed), sum(opening), sum(collectable), sum(credited), sum(collected),
    sum(disputed), sum(disputed_late), (SELECT sum(owed) FROM debtor), (SELECT sum(owed * owed) FROM debtor),
    (SELECT sum(owed) FROM (SELECT owed FROM debtor ORDER BY owed DESC LIMIT 10) top)
FROM customer_sum
"""

# How late the payments came of invoices that were settled within six months.
PAID = f"""
WITH {RATE}
SELECT sum(value), sum(value * days), count(DISTINCT document_id) FROM (
    SELECT line.document_id, allocation.effective_date - line.due_date AS days,
        {_euros("allocation.amount")} AS value
    FROM ledger_dueline line {_RATE_OF_LINE}
    JOIN ledger_allocation allocation ON allocation.tenant_id = %(tenant)s AND allocation.debit_line_id = line.id
    WHERE {_KNOWN} AND line.kind = 'invoice' AND line.cleared_date BETWEEN %(window)s AND %(day)s
        AND NOT EXISTS (
            SELECT FROM ledger_dueline note WHERE note.tenant_id = %(tenant)s
                AND note.id = allocation.credit_line_id AND note.kind = 'credit_note')
) payment
"""

# Sales by month; a credit note counts in the month of its invoice. The month of the document comes second.
_SALE = "line.tenant_id = %(tenant)s AND line.issue_date <= %(day)s AND NOT line.is_opening"
SALES = f"""
WITH {RATE}, sale AS (
    SELECT line.issue_date AS counted, line.issue_date AS issued, sum({_euros("line.amount")}) AS net
    FROM ledger_document line {_RATE_OF_LINE}
    WHERE {_SALE} AND line.kind = 'invoice' AND line.perimeter = ANY('{{operational,doubtful}}') GROUP BY 1
    UNION ALL
    SELECT coalesce(invoice.issue_date, line.issue_date), line.issue_date, sum({_euros("line.amount")})
    FROM ledger_document line {_RATE_OF_LINE}
    LEFT JOIN ledger_document invoice ON invoice.tenant_id = %(tenant)s AND invoice.id = line.linked_document_id
    WHERE {_SALE} AND line.kind = 'credit_note' AND line.perimeter = ANY('{{operational,doubtful}}') GROUP BY 1, 2
)
SELECT date_trunc('month', counted::timestamp)::date, date_trunc('month', issued::timestamp)::date, sum(net)
FROM sale GROUP BY 1, 2
"""

# All that moved since the first month-end, by month and by the date a line stands at: 24 month-ends follow from it.
_WITHIN = "allocation.tenant_id = %(tenant)s AND effective_date > %(first_end)s AND effective_date <= %(day)s"
SERIES = f"""
WITH {RATE}, {OPEN_NOW}, movement AS (
    SELECT NULL::date AS day, placed, sum(open) AS amount FROM open_line GROUP BY placed
    UNION ALL
    SELECT line.issue_date, {_PLACED}, sum({_euros("line.amount")}) FROM ledger_dueline line {_RATE_OF_LINE}
    WHERE {_KNOWN} AND line.issue_date > %(first_end)s GROUP BY 1, 2
    UNION ALL
    SELECT allocation.effective_date, line.due_date, sum({_euros("-allocation.amount")})
    FROM ledger_allocation allocation JOIN ledger_dueline line ON line.id = allocation.debit_line_id {_RATE_OF_LINE}
    WHERE {_WITHIN} AND {_KNOWN} GROUP BY 1, 2
    UNION ALL
    SELECT allocation.effective_date, {_PLACED}, sum({_euros("allocation.amount")})
    FROM ledger_allocation allocation JOIN ledger_dueline line ON line.id = allocation.credit_line_id {_RATE_OF_LINE}
    WHERE {_WITHIN} AND {_KNOWN} GROUP BY 1, 2
)
SELECT date_trunc('month', day::timestamp)::date, CASE WHEN placed IS NOT NULL THEN greatest(placed, %(oldest)s) END,
    sum(amount)
FROM movement GROUP BY 1, 2
"""

NEWLY_DISPUTED = """
SELECT sum(amount) FROM disputes_dispute WHERE tenant_id = %(tenant)s AND opened_date BETWEEN %(month)s AND %(day)s
"""
DAY_INDICATORS = (POSITION, PAID, SALES, NEWLY_DISPUTED)


def facts(ledger: BenchLedger, day: date) -> dict[str, str | date]:
    """Return the parameters of every statement here."""
    first_end = month_end(months_back(day, MONTHS - 1))
    return {
        "tenant": str(ledger.tenant_id),
        "day": day,
        "month": month_start(day),
        "window": months_back(day, WINDOW_MONTHS - 1),
        "first_end": first_end,
        "oldest": first_end - timedelta(days=91),
    }
