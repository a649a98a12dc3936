"""When lines that fell due were settled: by kind of customer and age, in one statement whatever the size."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from django.db import connection

from dunning.queries.experience import TYPOLOGY
from dunning.rules.recovery import Aged
from ledger.queries import home_and_rates

WINDOW_DAYS = 730
EVERYBODY = ""

# A line is recovered when its last euro came; one that a credit note settled, even in part, was not paid. A currency
# without a rate is left out.
AGES = f"""
    SELECT {TYPOLOGY} AS segment, greatest(coalesce(settled.day, %(today)s) - line.due_date, 0) AS age,
           count(settled.day), count(*) - count(settled.day),
           coalesce(sum(line.amount * rate.rate) FILTER (WHERE settled.day IS NOT NULL), 0),
           coalesce(sum(line.amount * rate.rate) FILTER (WHERE settled.day IS NULL), 0)
    FROM ledger_dueline line
    JOIN ledger_customer customer ON customer.id = line.customer_id
    JOIN unnest(%(currencies)s::text[], %(rates)s::numeric[]) AS rate(currency, rate) ON rate.currency = line.currency
    CROSS JOIN LATERAL (
        SELECT CASE WHEN line.cleared_date <= %(today)s THEN line.cleared_date END AS day
    ) settled
    WHERE line.kind = 'invoice' AND line.perimeter = 'operational' AND line.amount > 0
      AND line.due_date <= %(today)s AND line.due_date > %(today)s::date - %(window)s
      AND NOT EXISTS (
          SELECT FROM ledger_allocation allocation JOIN ledger_dueline note ON note.id = allocation.credit_line_id
          WHERE allocation.debit_line_id = line.id AND note.kind = 'credit_note')
    GROUP BY 1, 2
"""  # noqa: S608  only constants are put together


@dataclass(frozen=True, slots=True)
class SegmentAges:
    """The lines of one kind of customer by age: counted, and as amounts in the tenant's currency, tax included."""

    lines: list[Aged] = field(default_factory=list)
    amounts: list[Aged] = field(default_factory=list)

    @property
    def count(self) -> int:
        """How many lines there are."""
        return int(sum(each.recovered + each.left for each in self.lines))


def recovery_by_segment(*, today: date) -> tuple[str, Mapping[str, SegmentAges]]:
    """Return the tenant's currency, and the lines due in the past two years by kind of customer and for everybody."""
    home, rates = home_and_rates(today)
    with connection.cursor() as cursor:
        cursor.execute(
            AGES,
            {
                "today": today,
                "window": WINDOW_DAYS,
                "currencies": list(rates),
                "rates": list(rates.values()),
            },
        )
        rows: Sequence[tuple[str, int, int, int, Decimal, Decimal]] = cursor.fetchall()
    found = {EVERYBODY: SegmentAges()}
    for segment, age, settled, still_open, paid, owed in rows:
        for ages in (found.setdefault(segment, SegmentAges()), found[EVERYBODY]):
            ages.lines.append(Aged(age, Decimal(settled), Decimal(still_open)))
            ages.amounts.append(Aged(age, paid, owed))
    return home, found
