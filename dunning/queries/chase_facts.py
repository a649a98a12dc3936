"""What the chase tells credit: procedures against customers and promises they broke; fills a port of credit."""

from collections.abc import Collection, Mapping
from datetime import date
from uuid import UUID

from django.db import connection

from credit.ports import Broken, LegalEvent
from dunning.models import Insolvency

# Broken: its last day is over and less arrived in time than was promised, as `queries.promises` has it.
BROKEN = """
    SELECT promise.customer_id, count(*), max(promise.deadline)
    FROM dunning_promise promise
    LEFT JOIN LATERAL (
        SELECT sum(least(named.amount, greatest(0, named.open_before - owed.open_amount - coalesce(late.amount, 0))))
            AS amount
        FROM dunning_promiseline named
        JOIN ledger_dueline owed ON owed.id = named.due_line_id
        LEFT JOIN LATERAL (
            SELECT sum(amount) AS amount FROM ledger_allocation
            WHERE debit_line_id = named.due_line_id AND effective_date > promise.deadline
        ) late ON true
        WHERE named.promise_id = promise.id
    ) paid ON true
    WHERE promise.deadline >= %(since)s AND promise.deadline < %(today)s AND promise.ended_date IS NULL
      AND promise.replaced_by_id IS NULL AND promise.ruling NOT IN ('pending', 'refused')
      AND coalesce(paid.amount, 0) < promise.amount
      AND (%(everybody)s OR promise.customer_id = ANY(%(ids)s::uuid[]))
    GROUP BY promise.customer_id
"""


class ChaseFacts:
    """Answers `credit.ports.ChaseFacts` from the tables of the chase, one question each."""

    def legal_events(
        self, customer_ids: Collection[UUID] | None
    ) -> Mapping[UUID, tuple[LegalEvent, ...]]:
        """Return each customer's insolvencies by the day we froze, ended ones included."""
        rows = Insolvency.objects.order_by("from_date")
        if customer_ids is not None:
            rows = rows.filter(customer__in=customer_ids)
        found: dict[UUID, tuple[LegalEvent, ...]] = {}
        columns = ("customer_id", "procedure", "from_date", "ended_date", "source")
        for customer_id, procedure, first, ended, source in rows.values_list(*columns):
            event = LegalEvent(procedure, first, ended, source)
            found[customer_id] = (*found.get(customer_id, ()), event)
        return found

    def broken_promises(
        self, customer_ids: Collection[UUID] | None, *, since: date, today: date
    ) -> Mapping[UUID, Broken]:
        """Return how many promises each customer broke from `since` to yesterday; who kept all is absent."""
        with connection.cursor() as cursor:
            cursor.execute(
                BROKEN,
                {
                    "since": since,
                    "today": today,
                    "everybody": customer_ids is None,
                    "ids": [str(each) for each in customer_ids or ()],
                },
            )
            return {row[0]: Broken(row[1], row[2]) for row in cursor.fetchall()}
