"""What is claimed of each late customer in euros: for those in the house who are told besides the scenario."""

from datetime import date
from uuid import UUID

from django.db import connection

from dunning.queries.facts import STANDINGS, group_parameters
from dunning.queries.lines import euro_rates
from dunning.rules.escalation import LateClaim
from dunning.rules.policy import DEFAULT_POLICY

CLAIMS = f"""
    {STANDINGS}
    SELECT customer_id, min(due_date), sum(claimed * rate) FROM s
    WHERE is_late AND claimed > 0 AND due_date <= %(due_until)s GROUP BY customer_id
"""  # noqa: S608  only constants are put together


def late_claims(*, today: date, due_until: date) -> dict[UUID, LateClaim]:
    """Return by customer what the chase claims of lines due by `due_until`: disputes, promises and pauses are out.

    In euros, tax included; credit notes and unapplied cash are not deducted, since nobody knows of which line.
    """
    nobody = UUID(int=0)
    parameters = group_parameters(
        today=today,
        policy=DEFAULT_POLICY,
        rates=euro_rates(today=today),
        announcements={nobody: None},
        default_id=nobody,
    )
    with connection.cursor() as cursor:
        # As in the plan: statistics know nothing yet of what it has just written, and would join row by row.
        cursor.execute("SET LOCAL enable_nestloop = off")
        cursor.execute(CLAIMS, parameters | {"due_until": due_until})
        rows = cursor.fetchall()
        cursor.execute("SET LOCAL enable_nestloop TO DEFAULT")
    return {row[0]: LateClaim(row[1], row[2]) for row in rows}
