"""The sums every indicator rests on, one scan a family, for a whole scope or for all its groups at once.

What was open on a day is what is open now plus what has settled it since: the stored amount follows from the
allocations (the nightly self-audit holds it to them), so a question costs what has happened since its day. Amounts
are converted line by line and rounded to the cent, so that the lines behind a figure add up to it exactly.
"""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any

from kernel.periods import MONTHS_IN_YEAR, month_start, months_back, months_to_date
from kpis.queries.scope import FigureScope, Filter, Grouping, fetch, filter_of
from kpis.rules.ageing import Ageing
from kpis.rules.collection import Collectable
from kpis.rules.concentration import TOP, Debtors
from kpis.rules.delays import Paid
from kpis.rules.dso import MonthSales
from kpis.rules.figures import ZERO
from kpis.rules.indicators import IndicatorInputs, Part
from ledger.rules.payers import WINDOW_MONTHS

RATES = "rate AS (SELECT * FROM unnest(%(currencies)s::text[], %(rates)s::numeric[]) AS rate (currency, value))"


def rate_of(currency: str) -> str:
    """Return the SQL of what one unit of a currency is worth on the day; null without a rate.

    Looked up in the parameters: a join would cost every line of the tenant's own currency too.
    """
    place = f"array_position(%(currencies)s::text[], {currency}::text)"
    return f"(%(rates)s::numeric[])[{place}]"


def has_no_rate(currency: str) -> str:
    """Return the SQL that says whether amounts in a currency cannot be converted."""
    return f"{currency} <> ALL(%(currencies)s::text[])"


def converted(amount: str, currency: str) -> str:
    """Return the SQL of an amount in the currency of the figures, to the cent; null without a rate."""
    return f"CASE WHEN {currency} = %(home)s THEN {amount} ELSE round(({amount}) * {rate_of(currency)}, 2) END"


def currencies(*lists: str | None) -> frozenset[str]:
    """Return the currencies named in lists separated by commas, as the SQL collects them."""
    return frozenset(currency for one in lists if one for currency in one.split(","))


# What has settled each line since the first day of the month, after the day, and within the month by whom: what is no
# credit note is a payment.
MOVED = """
moved AS MATERIALIZED (
    SELECT side.line_id,
        sum(allocation.amount) AS since_month_start,
        sum(allocation.amount) FILTER (WHERE allocation.effective_date > %(as_of)s) AS after_day,
        sum(allocation.amount) FILTER (
            WHERE allocation.effective_date <= %(as_of)s AND note.id IS NULL) AS collected,
        sum(allocation.amount) FILTER (
            WHERE allocation.effective_date <= %(as_of)s AND note.id IS NOT NULL) AS credited
    FROM ledger_allocation allocation
    LEFT JOIN ledger_dueline note ON note.id = allocation.credit_line_id AND note.kind = 'credit_note'
    CROSS JOIN LATERAL (VALUES (allocation.debit_line_id), (allocation.credit_line_id)) AS side (line_id)
    WHERE allocation.effective_date >= %(month_start)s
    GROUP BY side.line_id
)"""
HAS_MOVED = "EXISTS (SELECT FROM ledger_allocation WHERE effective_date >= %(month_start)s)"


# A debt stands at its due date, a linked credit note at the first due date of its invoice, and all else nowhere: it
# is unallocated. The invoice is looked up for credit notes only, which are few; in two steps, each by its own key.
AGEING_DATE = """
    CASE WHEN line.amount > 0 THEN line.due_date
        WHEN line.kind = 'credit_note' THEN (
            SELECT min(owed.due_date) FROM ledger_dueline owed WHERE owed.document_id = (
                SELECT document.linked_document_id FROM ledger_document document
                WHERE document.id = line.document_id)) END"""

_LINE_COLUMNS = f"""
    line.id, line.document_id, line.kind, line.currency, line.due_date, line.issue_date, line.amount,
    line.customer_id, line.entity_id, line.perimeter, line.number, line.is_estimated, {AGEING_DATE} AS ageing_date
"""
_AS_STORED = f"""{_LINE_COLUMNS},
    line.open_amount AS open_then,
    CASE WHEN line.issue_date < %(month_start)s THEN line.open_amount ELSE 0 END AS opening,
    0::numeric AS collected, 0::numeric AS credited
"""
_AS_MOVED = f"""{_LINE_COLUMNS},
    line.open_amount + sign(line.amount) * coalesce(moved.after_day, 0) AS open_then,
    CASE WHEN line.issue_date < %(month_start)s
        THEN line.open_amount + sign(line.amount) * coalesce(moved.since_month_start, 0) ELSE 0 END AS opening,
    coalesce(moved.collected, 0) AS collected, coalesce(moved.credited, 0) AS credited
"""


def lines_stored(condition: str) -> str:
    """Return the SQL of every line open on the day by the stored amounts; none where anything has moved since.

    Reads the partial index of open lines alone, in the order of customers. The question has to ask for `HAS_MOVED` as
    well, in the same statement, and to be put again with `lines_then` where that is true.
    """
    return f"""
placed AS NOT MATERIALIZED (
    SELECT {_AS_STORED} FROM ledger_dueline line
    WHERE line.is_open AND line.issue_date <= %(as_of)s AND {condition.format(line="line")} AND NOT {HAS_MOVED}
)"""  # noqa: S608  the parts are this module's own text


def lines_then(condition: str) -> str:
    """Return the SQL of every line that was open on the day or on the last month-end, with what was open then.

    Open lines are found by their partial index and the rest by what has moved since, so settled history costs
    nothing.
    """
    then = f"line.issue_date <= %(as_of)s AND {condition.format(line='line')}"
    return f"""{MOVED},
placed AS (
    SELECT {_AS_MOVED} FROM ledger_dueline line LEFT JOIN moved ON moved.line_id = line.id
    WHERE line.is_open AND {then}
    UNION ALL
    SELECT {_AS_MOVED} FROM moved JOIN ledger_dueline line ON line.id = moved.line_id
    WHERE NOT line.is_open AND {then}
)"""  # noqa: S608  the parts are this module's own text


DISPUTED = """
disputed AS (
    SELECT due_line_id, sum(amount) AS amount FROM disputes_dispute
    WHERE opened_date <= %(as_of)s AND (closed_date IS NULL OR closed_date > %(as_of)s)
    GROUP BY due_line_id
)"""


def _positions(filtered: Filter, key: str) -> str:
    value, opening = (
        converted("placed.open_then", "placed.currency"),
        converted("placed.opening", "placed.currency"),
    )
    base = (
        "CASE WHEN placed.issue_date < %(month_start)s THEN placed.opening ELSE placed.amount END"
    )
    # `least` would take the open amount where nothing is disputed.
    contested = "CASE WHEN disputed.amount > 0 THEN least(disputed.amount, greatest(placed.open_then, 0)) END"
    return f"""
WITH {lines_then(filtered.condition)}, {DISPUTED},
valued AS (
    SELECT placed.customer_id, placed.entity_id, placed.currency,
        placed.amount > 0 AND placed.open_then <> 0 AS is_open_debt,
        %(as_of)s - placed.ageing_date AS days,
        placed.amount > 0 AND placed.due_date <= %(as_of)s AS is_collectable,
        {has_no_rate("placed.currency")} AS has_no_rate,
        placed.open_then, placed.opening, disputed.amount AS contested,
        {value} AS value, {opening} AS opening_value,
        {converted(base, "placed.currency")} AS base,
        {converted("placed.collected", "placed.currency")} AS collected,
        {converted("placed.credited", "placed.currency")} AS credited,
        {converted(contested, "placed.currency")} AS disputed
    FROM placed LEFT JOIN disputed ON disputed.due_line_id = placed.id
),
per_customer AS (
    SELECT customer_id, entity_id, currency,
        sum(value) FILTER (WHERE days <= 0) AS not_due,
        sum(value) FILTER (WHERE days BETWEEN 1 AND 30) AS days_1_30,
        sum(value) FILTER (WHERE days BETWEEN 31 AND 60) AS days_31_60,
        sum(value) FILTER (WHERE days BETWEEN 61 AND 90) AS days_61_90,
        sum(value) FILTER (WHERE days > 90) AS days_91_plus,
        sum(value) FILTER (WHERE days IS NULL) AS unallocated,
        coalesce(sum(value) FILTER (WHERE days IS NOT NULL), 0) AS open_items,
        count(*) FILTER (WHERE is_open_debt) AS open_lines,
        count(*) FILTER (WHERE is_open_debt AND days > 0) AS overdue_lines,
        sum(value * days) FILTER (WHERE days > 0) AS overdue_times_days,
        sum(opening_value) AS opening_receivables,
        sum(base) FILTER (WHERE is_collectable) AS collectable,
        sum(credited) FILTER (WHERE is_collectable) AS credited,
        sum(collected) FILTER (WHERE is_collectable) AS collected,
        sum(disputed) AS disputed,
        sum(disputed) FILTER (WHERE days > 0) AS disputed_overdue,
        bool_or(has_no_rate AND open_then <> 0) AS is_open_without_rate,
        bool_or(has_no_rate AND (opening <> 0 OR is_collectable)) AS is_month_without_rate,
        bool_or(has_no_rate AND contested IS NOT NULL AND open_then <> 0) AS is_disputed_without_rate
    FROM valued GROUP BY customer_id, entity_id, currency
),
per_currency AS (
    SELECT {key.format(line="per_customer")} AS key,
        coalesce(customer.group_id::text, nullif(customer.siren, ''), customer.id::text) AS debtor, per_customer.*
    FROM per_customer JOIN ledger_customer customer ON customer.id = per_customer.customer_id
),
ranked AS (
    SELECT *, row_number() OVER (PARTITION BY key ORDER BY open_items DESC) AS place
    FROM (SELECT key, debtor, sum(open_items) AS open_items FROM per_currency GROUP BY key, debtor) debtor
),
debtors AS (
    SELECT key, sum(open_items) AS debtors_total, sum(open_items) FILTER (WHERE place <= {TOP}) AS debtors_top,
        sum(open_items * open_items) AS debtors_squares
    FROM ranked WHERE open_items > 0 GROUP BY key
)
SELECT key, sum(not_due) AS not_due, sum(days_1_30) AS days_1_30, sum(days_31_60) AS days_31_60,
    sum(days_61_90) AS days_61_90, sum(days_91_plus) AS days_91_plus, sum(unallocated) AS unallocated,
    sum(open_lines)::int AS open_lines, sum(overdue_lines)::int AS overdue_lines,
    sum(overdue_times_days) AS overdue_times_days, sum(opening_receivables) AS opening_receivables,
    sum(collectable) AS collectable, sum(credited) AS credited, sum(collected) AS collected,
    sum(disputed) AS disputed, sum(disputed_overdue) AS disputed_overdue,
    debtors_total, debtors_top, debtors_squares,
    string_agg(DISTINCT currency, ',') FILTER (WHERE is_open_without_rate) AS open_without_rate,
    string_agg(DISTINCT currency, ',') FILTER (WHERE is_month_without_rate) AS month_without_rate,
    string_agg(DISTINCT currency, ',') FILTER (WHERE is_disputed_without_rate) AS disputed_without_rate
FROM per_currency LEFT JOIN debtors USING (key)
GROUP BY key, debtors_total, debtors_top, debtors_squares
"""  # noqa: S608  the parts are this module's own text


def _paid(filtered: Filter, key: str) -> str:
    """Ask for the payments on invoice lines that reached zero in the window, and how late they came."""
    condition = filtered.condition.format(line="line")
    columns = (
        "line.id, line.document_id, line.customer_id, line.entity_id, line.currency, line.due_date"
    )
    return f"""
WITH later AS MATERIALIZED (
    SELECT debit_line_id, sum(amount) AS amount FROM ledger_allocation
    WHERE effective_date > %(as_of)s GROUP BY debit_line_id
),
cleared AS (
    SELECT {columns} FROM ledger_dueline line
    WHERE line.kind = 'invoice' AND line.cleared_date BETWEEN %(window_start)s AND %(as_of)s AND {condition}
    UNION ALL
    SELECT {columns} FROM later JOIN ledger_dueline line ON line.id = later.debit_line_id
    CROSS JOIN LATERAL (
        SELECT max(effective_date) AS cleared_date FROM (
            SELECT effective_date FROM ledger_allocation
            WHERE debit_line_id = line.id AND effective_date <= %(as_of)s
            GROUP BY effective_date HAVING sum(amount) <> 0
        ) day
    ) last
    WHERE line.kind = 'invoice' AND line.issue_date <= %(as_of)s AND line.open_amount + later.amount = 0
        AND (line.cleared_date IS NULL OR line.cleared_date > %(as_of)s)
        AND last.cleared_date >= %(window_start)s AND {condition}
),
payment AS (
    SELECT {key.format(line="cleared")} AS key, cleared.document_id, cleared.currency,
        allocation.effective_date - cleared.due_date AS days,
        {converted("allocation.amount", "cleared.currency")} AS value
    FROM cleared {_customer_of("cleared", key)}
    JOIN ledger_allocation allocation ON allocation.debit_line_id = cleared.id
        AND allocation.effective_date <= %(as_of)s
    WHERE NOT EXISTS (
        SELECT FROM ledger_dueline note WHERE note.id = allocation.credit_line_id AND note.kind = 'credit_note')
)
SELECT key, sum(value) AS amount, sum(value * days) AS amount_times_days,
    count(DISTINCT document_id)::int AS invoices,
    string_agg(currency, ',') FILTER (WHERE {has_no_rate("currency")}) AS paid_without_rate
FROM payment GROUP BY key
"""  # noqa: S608  the parts are this module's own text


def _customer_of(line: str, key: str) -> str:
    """Return the join of the customer, where the key of the groups is one of his columns."""
    if "customer." not in key.replace("{line}.customer", ""):
        return ""
    return f"JOIN ledger_customer customer ON customer.id = {line}.customer_id"


# A sale stays a sale when it turns doubtful; accruals and deposits never were one.
SALES_PERIMETERS = ["operational", "doubtful"]


def sales_by_day(filtered: Filter, key: str = "''::text") -> str:
    """Return the SQL of what was sold up to the day, by the day of the document and the day it counts on.

    A linked credit note counts on its invoice's day; until its invoice exists it counts on its own. Balances brought
    forward are no sales. Summed by day first: days are few, and months of a million documents are slow to tell.
    """
    condition = filtered.condition.replace("%(perimeters)s", "%(sales_perimeters)s").format(
        line="document"
    )
    value = converted("document.amount", "document.currency")
    columns = f"""{key.format(line="document")} AS key, document.issue_date AS issued, document.currency,
        sum({value}) AS net, sum({value}) FILTER (WHERE document.kind = 'invoice') AS invoiced"""
    customer = _customer_of("document", key)
    issued = f"document.issue_date <= %(as_of)s AND NOT document.is_opening AND {condition}"
    return f"""
sold AS (
    SELECT {columns}, document.issue_date AS counted
    FROM ledger_document document {customer}
    WHERE (document.kind = 'invoice' OR document.kind = 'credit_note' AND document.linked_document_id IS NULL)
        AND {issued}
    GROUP BY 1, 2, 3
    UNION ALL
    SELECT {columns}, coalesce(invoice.issue_date, document.issue_date) AS counted
    FROM ledger_document document {customer}
    LEFT JOIN ledger_document invoice ON invoice.id = document.linked_document_id
        AND invoice.issue_date <= %(as_of)s
    WHERE document.kind = 'credit_note' AND document.linked_document_id IS NOT NULL AND {issued}
    GROUP BY 1, 2, 3, coalesce(invoice.issue_date, document.issue_date)
)"""  # noqa: S608  the parts are this module's own text


def _sales(filtered: Filter, key: str) -> str:
    return f"""
WITH {sales_by_day(filtered, key)}
SELECT key, date_trunc('month', counted::timestamp)::date AS month, sum(net) AS net, sum(invoiced) AS invoiced,
    string_agg(DISTINCT currency, ',') FILTER (WHERE {has_no_rate("currency")}) AS sales_without_rate
FROM sold GROUP BY 1, 2
"""  # noqa: S608  the parts are this module's own text


def _newly_disputed(filtered: Filter, key: str) -> str:
    return f"""
SELECT {key.format(line="line")} AS key, sum({converted("dispute.amount", "dispute.currency")}) AS amount
FROM disputes_dispute dispute
JOIN ledger_dueline line ON line.id = dispute.due_line_id {_customer_of("line", key)}
WHERE dispute.opened_date BETWEEN %(month_start)s AND %(as_of)s AND dispute.outcome <> 'undone'
    AND {filtered.condition.format(line="line")}
GROUP BY 1
"""  # noqa: S608  the parts are this module's own text


@dataclass(slots=True)
class _Found:
    """The rows of one group, from the four questions."""

    position: Mapping[str, Any] = field(default_factory=dict)
    paid: Mapping[str, Any] = field(default_factory=dict)
    months: dict[date, Mapping[str, Any]] = field(default_factory=dict)
    newly_disputed: Decimal = ZERO


def indicator_inputs(scope: FigureScope) -> IndicatorInputs:
    """Return the sums of a whole scope; zeros where there is nothing."""
    found = _ask(scope, "''::text")
    return _inputs(scope.as_of, found.get("", _Found()))


def grouped_inputs(scope: FigureScope, grouping: Grouping) -> dict[str, IndicatorInputs]:
    """Return the sums of every group of a scope, by the key of the group in the database.

    One pass for all groups; those without amounts and sales are left out.
    """
    found = _ask(scope, grouping.column)
    inputs = {key: _inputs(scope.as_of, group) for key, group in found.items()}
    return {key: sums for key, sums in inputs.items() if not sums.is_empty}


def _ask(scope: FigureScope, key: str) -> dict[str, _Found]:
    filtered = filter_of(scope)
    parameters = {
        **filtered.parameters,
        "month_start": month_start(scope.as_of),
        "window_start": months_back(scope.as_of, WINDOW_MONTHS - 1),
        "sales_perimeters": SALES_PERIMETERS,
    }
    found: dict[str, _Found] = defaultdict(_Found)
    for row in fetch(_positions(filtered, key), parameters):
        found[row["key"]].position = row
    for row in fetch(_paid(filtered, key), parameters):
        found[row["key"]].paid = row
    for row in fetch(_sales(filtered, key), parameters):
        found[row["key"]].months[row["month"]] = row
    for row in fetch(_newly_disputed(filtered, key), parameters):
        found[row["key"]].newly_disputed = row["amount"] or ZERO
    return found


def _inputs(as_of: date, found: _Found) -> IndicatorInputs:
    def amount(name: str) -> Decimal:
        return found.position.get(name) or ZERO

    this_month = found.months.get(month_start(as_of), {})
    return IndicatorInputs(
        as_of=as_of,
        ageing=Ageing(*(amount(name) for name in Ageing.__dataclass_fields__)),
        open_lines=found.position.get("open_lines") or 0,
        overdue_lines=found.position.get("overdue_lines") or 0,
        overdue_times_days=amount("overdue_times_days"),
        sales=sales_of(as_of, found.months),
        invoiced_in_month=this_month.get("invoiced") or ZERO,
        newly_disputed_in_month=found.newly_disputed,
        disputed=amount("disputed"),
        disputed_overdue=amount("disputed_overdue"),
        opening_receivables=amount("opening_receivables"),
        collectable=Collectable(amount("collectable"), amount("credited"), amount("collected")),
        paid=Paid(
            found.paid.get("amount") or ZERO,
            found.paid.get("amount_times_days") or ZERO,
            found.paid.get("invoices") or 0,
        ),
        debtors=Debtors(amount("debtors_total"), amount("debtors_top"), amount("debtors_squares")),
        currencies_without_rate={
            Part.OPEN: currencies(found.position.get("open_without_rate")),
            Part.MONTH: currencies(found.position.get("month_without_rate")),
            Part.DISPUTED: currencies(found.position.get("disputed_without_rate")),
            Part.PAID: currencies(found.paid.get("paid_without_rate")),
            Part.SALES: currencies(*(row["sales_without_rate"] for row in found.months.values())),
        },
    )


def sales_of(as_of: date, months: Mapping[date, Mapping[str, Any]]) -> list[MonthSales]:
    """Return net sales newest first, every month down to the first with any; None where a rate is missing."""
    if not months:
        return []
    first = min(months)
    count = (as_of.year - first.year) * MONTHS_IN_YEAR + as_of.month - first.month + 1
    return [
        MonthSales(period, _net(months.get(period.start)))
        for period in months_to_date(as_of, count)
    ]


def _net(row: Mapping[str, Any] | None) -> Decimal | None:
    if row is None:
        return ZERO
    return None if row["sales_without_rate"] else row["net"]
