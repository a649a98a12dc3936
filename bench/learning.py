"""What a night's learning takes against bare SQL over the same ledger.

The limit counts, for each customer and lateness, the lines of the past year and those paid within thirty days, and
inserts a row for each, in one statement, with no wall before it. Both are rolled back.
"""

from bench import data
from bench._measuring import medians, tell, tell_growth

# isort: split
# `bench.data` sets Django up, so the models come after it.
from django.db import connection, transaction

from dunning.models import PaymentOdds
from dunning.queries.experience import odds_parameters
from dunning.services.learning import learn
from kernel.tenancy import tenant_scope

GOAL = 4.0
ROUNDS = 3
SIZES = (20_000, 100_000)

BARE = """
INSERT INTO dunning_paymentodds (id, tenant_id, customer_id, lateness, lines, paid, segment_chance, learnt_date)
SELECT gen_random_uuid(), %(tenant)s, customer.id, band.lateness, coalesce(seen.lines, 0), coalesce(seen.paid, 0), 0.5,
    %(today)s
FROM ledger_customer customer
CROSS JOIN unnest(%(names)s::text[], %(starts)s::integer[]) AS band(lateness, start)
LEFT JOIN (
    SELECT line.customer_id, band.lateness, count(*) AS lines,
        count(*) FILTER (WHERE line.cleared_date <= line.due_date + band.start + %(outlook)s) AS paid
    FROM ledger_dueline line
    JOIN unnest(%(names)s::text[], %(starts)s::integer[]) AS band(lateness, start)
        ON line.due_date <= %(today)s::date - band.start - %(outlook)s
        AND line.due_date > %(today)s::date - band.start - %(outlook)s - %(window)s
    WHERE line.tenant_id = %(tenant)s AND line.kind = 'invoice'
    GROUP BY line.customer_id, band.lateness
) seen ON seen.customer_id = customer.id AND seen.lateness = band.lateness
WHERE customer.tenant_id = %(tenant)s
"""


def learnt(ledger: data.BenchLedger) -> int:
    """Learn, count what was kept, and take it back."""
    with tenant_scope(ledger.tenant_id):
        learn(today=data.DAY)
        kept = PaymentOdds.objects.count()
        transaction.set_rollback(True)
    return kept


def bare(ledger: data.BenchLedger) -> None:
    """Write as many rows with nothing learnt and no wall."""
    parameters = {**odds_parameters(today=data.DAY), "tenant": str(ledger.tenant_id)}
    with data.bare_cursor() as cursor:
        cursor.execute("BEGIN")
        cursor.execute(BARE, parameters)
        cursor.execute("ROLLBACK")


def compare(ledger: data.BenchLedger) -> float:
    """Print the figure beside the limit, and return it."""
    with connection.cursor() as cursor:
        cursor.execute("SET statement_timeout = 0")
    figure, limit = medians(lambda: learnt(ledger), lambda: bare(ledger), rounds=ROUNDS)
    tell(ledger.lines, f"learning, {ledger.customers:,} customers", figure, limit, GOAL)
    return figure


def main() -> None:
    """Compare at each size."""
    tell_growth("learning", SIZES, [compare(data.make_ledger(lines)) for lines in SIZES])


if __name__ == "__main__":
    main()
