"""The nightly scores of a tenant by number of customers, beside bare SQL over the same facts in the same run.

Each customer has five invoices, four of them settled, and a limit; a third has a year's accounts. The first night
writes a score for everybody, the second finds that nothing changed. Bare SQL gathers the same facts (the habits and
the use of limits) and writes as many rows of the same size, with no card, no rules and no Python between.
"""

import os
import sys
import time
from collections.abc import Callable
from datetime import timedelta
from functools import partial
from typing import Any

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "otc.settings")
django.setup()

from django.db import connection, connections, transaction  # noqa: E402
from django.test.utils import CaptureQueriesContext  # noqa: E402
from django.utils import timezone  # noqa: E402

from bench.charter import fill  # noqa: E402
from credit.models import ScorecardVersion  # noqa: E402
from credit.queries.exposure import parts_sql  # noqa: E402
from credit.queries.score_facts import HABITS, USED  # noqa: E402
from credit.rules.ready_scorecard import READY_CARD  # noqa: E402
from credit.rules.scorecard import as_stored  # noqa: E402
from credit.services.rescoring import rescore  # noqa: E402
from kernel.periods import months_back  # noqa: E402
from kernel.permissions import system_actor  # noqa: E402
from kernel.tenancy import tenant_scope  # noqa: E402
from ledger.queries import home_and_rates  # noqa: E402

ACCOUNTS = """
INSERT INTO credit_financialstatement (id, tenant_id, siren, customer_id, year_end, currency, total_assets,
    current_assets, equity, retained_earnings, liabilities, short_term_liabilities, debt, ebit, depreciation, source,
    entered_at)
SELECT gen_random_uuid(), tenant_id, '', id, CURRENT_DATE - 300, 'EUR', 1000, 600, 300 + length(code) * 10, 200, 700,
    400, 200, 80, 30, 'bench', now()
FROM ledger_customer WHERE length(name) % 3 = 0 OR right(code, 1) IN ('1', '4', '7')
"""

WRITTEN = """
INSERT INTO credit_score (id, tenant_id, customer_id, day, version_id, points, grade, lines, used, created_at)
SELECT gen_random_uuid(), tenant_id, customer_id, day + 400, version_id, points, grade, lines, used, now()
FROM credit_score
"""


AS_A_WORKER = (
    "SET statement_timeout = '15min'"  # the night's work has a worker's patience, not a page's
)


def timed(work: Callable[[], object]) -> tuple[float, int]:
    """Return the seconds that `work` took and how many questions it asked."""
    with CaptureQueriesContext(connection) as asked:
        start = time.perf_counter()
        work()
        took = time.perf_counter() - start
    return took, len(asked)


def bare() -> None:
    """Gather the facts and write as many rows, in SQL alone."""
    today = timezone.localdate()
    _home, rates = home_and_rates(today)
    facts: dict[str, Any] = {
        "everybody": True, "ids": [], "today": today, "day": today, "window_start": months_back(today, 5),
        "currencies": list(rates), "rates": list(rates.values()),
    }  # fmt: skip
    used = USED.format(parts=parts_sql("TRUE")).replace(
        "granted.currency, part", "granted.currency AS wanted, part"
    )
    with transaction.atomic(), connection.cursor() as cursor:
        for statement in (HABITS, used):
            cursor.execute(f"SELECT sum(length(row::text)) FROM ({statement}) row", facts)
        cursor.execute(WRITTEN)
        transaction.set_rollback(True)


def main() -> None:
    """Print both nights beside bare SQL for each size named on the command line, else 10,000 and 100,000."""
    for size in [int(word) for word in sys.argv[1:]] or [10_000, 100_000]:
        tenant_id, member = fill(size)
        today = timezone.localdate()
        with tenant_scope(tenant_id), connection.cursor() as cursor:
            cursor.execute(ACCOUNTS)
            cursor.execute("UPDATE ledger_customer SET risk_class = ''")
            ScorecardVersion.objects.create(
                number=1, is_draft=False, content=as_stored(READY_CARD), published_by_id=member,
                published_at=timezone.now(), published_date=today,
            )  # fmt: skip
        with connections["migrate"].cursor() as cursor:
            cursor.execute(
                "ANALYZE ledger_customer, ledger_dueline, credit_creditlimit, credit_financialstatement"
            )
        actor = system_actor(tenant_id)
        for name, day in (("first night", today), ("quiet night", today + timedelta(days=1))):
            with tenant_scope(tenant_id):
                with connection.cursor() as cursor:
                    cursor.execute(AS_A_WORKER)
                work = partial(rescore, today=day, now=timezone.now(), actor=actor)
                took, questions = timed(work)
                if day == today:
                    floor, _questions = timed(bare)
            print(
                f"{size:>8,} customers, {name}: {took:5.1f} s in {questions} questions; bare SQL {floor:.1f} s; "
                f"{took / floor:.1f} times"
            )


if __name__ == "__main__":
    main()
