"""The nightly self-audit: what is stored for speed must equal what the entries say (RELIABILITY D18)."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from django.db import connection

from accounts.models import AuditEvent

BOOKS_AGREE = "ledger.check_books"
BOOKS_DIFFER = "ledger.find_differences"

# What a line's stored state must be, from its allocations alone: the day it was cleared is the last one on which
# what settles it changed, once nothing is left open. A reversal and its replacement on one day change nothing.
STATE_OF_LINES = """
    SELECT line.id, line.amount - sign(line.amount) * coalesce(settled.amount, 0) AS open_amount,
        CASE WHEN line.amount = sign(line.amount) * coalesce(settled.amount, 0)
            THEN coalesce(settled.last_date, line.issue_date) END AS cleared_date
    FROM ledger_dueline line
    LEFT JOIN (
        SELECT line_id, sum(amount) AS amount, max(effective_date) FILTER (WHERE amount <> 0) AS last_date
        FROM (
            SELECT line_id, effective_date, sum(amount) AS amount
            FROM (
                SELECT debit_line_id AS line_id, effective_date, amount FROM ledger_allocation {debit_filter}
                UNION ALL
                SELECT credit_line_id, effective_date, amount FROM ledger_allocation {credit_filter}
            ) entry
            GROUP BY line_id, effective_date
        ) by_day
        GROUP BY line_id
    ) settled ON settled.line_id = line.id
    {line_filter}
"""


class DifferenceKind(StrEnum):
    """What does not agree."""

    OPEN_AMOUNT = "open_amount"
    CLEARED_DATE = "cleared_date"
    INSTALMENTS = "instalments"
    COPIED_COLUMNS = "copied_columns"
    ALLOCATION_DATE = "allocation_date"
    ALLOCATION_SIDES = "allocation_sides"
    REVERSAL = "reversal"


@dataclass(frozen=True, slots=True)
class Difference:
    """A disagreement: the row it is about (a due line, a document or an allocation), what is stored, what follows."""

    kind: DifferenceKind
    row_id: UUID
    stored: str
    expected: str


_STORED_STATE = f"""
    SELECT CASE WHEN stored.open_amount <> state.open_amount THEN 'open_amount' ELSE 'cleared_date' END,
        stored.id,
        concat_ws(' ', stored.open_amount, stored.cleared_date), concat_ws(' ', state.open_amount, state.cleared_date)
    FROM ledger_dueline stored
    JOIN ({STATE_OF_LINES.format(debit_filter="", credit_filter="", line_filter="")}) state ON state.id = stored.id
    WHERE (stored.open_amount, stored.cleared_date) IS DISTINCT FROM (state.open_amount, state.cleared_date)
"""  # noqa: S608  the parts are this module's own text

_INSTALMENTS = """
    SELECT 'instalments', document.id, coalesce(sum(line.amount), 0)::text, document.amount::text
    FROM ledger_document document LEFT JOIN ledger_dueline line ON line.document_id = document.id
    GROUP BY document.id, document.amount
    HAVING coalesce(sum(line.amount), 0) <> document.amount
"""

_COPIED_COLUMNS = """
    SELECT 'copied_columns', line.id,
        concat_ws(' ', line.customer_id, line.entity_id, line.kind, line.issue_date, line.currency, line.perimeter),
        concat_ws(' ', document.customer_id, document.entity_id, document.kind, document.issue_date,
            document.currency, document.perimeter)
    FROM ledger_dueline line JOIN ledger_document document ON document.id = line.document_id
    WHERE (line.customer_id, line.entity_id, line.kind, line.issue_date, line.currency, line.perimeter)
        IS DISTINCT FROM (document.customer_id, document.entity_id, document.kind, document.issue_date,
            document.currency, document.perimeter)
"""

_ALLOCATION_DATE = """
    SELECT 'allocation_date', allocation.id, allocation.effective_date::text,
        greatest(debit.issue_date, credit.issue_date)::text
    FROM ledger_allocation allocation
    JOIN ledger_dueline debit ON debit.id = allocation.debit_line_id
    JOIN ledger_dueline credit ON credit.id = allocation.credit_line_id
    WHERE allocation.effective_date < greatest(debit.issue_date, credit.issue_date)
"""

_ALLOCATION_SIDES = """
    SELECT 'allocation_sides', allocation.id,
        concat_ws(' ', debit.amount, debit.currency, credit.amount, credit.currency),
        'a debit and a credit in one currency'
    FROM ledger_allocation allocation
    JOIN ledger_dueline debit ON debit.id = allocation.debit_line_id
    JOIN ledger_dueline credit ON credit.id = allocation.credit_line_id
    WHERE debit.amount <= 0 OR credit.amount >= 0 OR debit.currency <> credit.currency
"""

_REVERSAL = """
    SELECT 'reversal', reversal.id, concat_ws(' ', reversal.amount, reversal.effective_date),
        concat_ws(' ', -original.amount, original.effective_date)
    FROM ledger_allocation reversal JOIN ledger_allocation original ON original.id = reversal.reverses_id
    WHERE reversal.amount <> -original.amount OR reversal.effective_date < original.effective_date
        OR reversal.debit_line_id <> original.debit_line_id OR reversal.credit_line_id <> original.credit_line_id
"""

_QUESTIONS = (
    _STORED_STATE,
    _INSTALMENTS,
    _COPIED_COLUMNS,
    _ALLOCATION_DATE,
    _ALLOCATION_SIDES,
    _REVERSAL,
)


def differences(*, limit: int = 100) -> tuple[Difference, ...]:
    """Return where the tenant's stored figures and its entries disagree, at most `limit` of each kind; none is health.

    Compared are: what is open on each line and when it was cleared, the sum of a document's instalments, the columns
    a due line repeats, and the date, the sides and the reversal of each allocation.
    """
    found: list[Difference] = []
    with connection.cursor() as cursor:
        for question in _QUESTIONS:
            cursor.execute(f"{question} LIMIT %s", [limit])
            found += [
                Difference(DifferenceKind(kind), row_id, stored, expected)
                for kind, row_id, stored, expected in cursor.fetchall()
            ]
    return tuple(found)


@dataclass(frozen=True, slots=True)
class SelfAudit:
    """When the books were last held against their entries, how many differences it found, and its event's number."""

    at: datetime
    differences: int
    sequence: int


def last_self_audit() -> SelfAudit | None:
    """Return what came of the last self-audit, from the audit trail; None before the first."""
    event = (
        AuditEvent.objects.filter(action__in=[BOOKS_AGREE, BOOKS_DIFFER])
        .order_by("-sequence")
        .first()
    )
    if event is None:
        return None
    return SelfAudit(event.at, int(event.details.get("differences", 0)), event.sequence)
