"""The plan of a day against bare SQL that writes the same reminders and lines: goal 4 times, by PERFORMANCE.

The limit sums up the late lines of each customer in one statement and inserts one reminder and its lines for
every group, with none of the rules. Both run in a transaction that is rolled back, on the same ledger: 8 % of
the lines open, about one customer for 54 lines.
"""

import os
import statistics
import time
import uuid
from collections.abc import Callable
from math import log
from typing import Any

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "otc.settings")
django.setup()

from django.db import connection, transaction  # noqa: E402
from django.utils import timezone  # noqa: E402

from accounts.models import Scope, Tenant  # noqa: E402
from accounts.services.tenants import NewTenant, open_tenant  # noqa: E402
from dunning.services.plan import plan_reminders  # noqa: E402
from dunning.services.scenarios import default_version  # noqa: E402
from kernel.permissions import system_actor  # noqa: E402
from kernel.tenancy import tenant_scope  # noqa: E402
from ledger.models import Entity  # noqa: E402

GOAL = 4.0
SIZES = (20_000, 100_000, 1_000_000)
ROUNDS = 3
LINES_PER_CUSTOMER = 54

CUSTOMERS = """
INSERT INTO ledger_customer (id, tenant_id, code, name, sort_name, siren, vat_number, country, language, address,
    portfolio_id, is_vip, is_public_buyer, pays_by_direct_debit, payment_reference, created_at)
SELECT gen_random_uuid(), %(tenant)s, 'C' || n, 'Client ' || n, 'client ' || n, '', '', 'FR', 'fr', '',
    %(portfolio)s, false, false, false, '', now()
FROM generate_series(1, %(customers)s) n
"""
CONTACTS = """
INSERT INTO ledger_contact (id, tenant_id, customer_id, name, email, phone, role, language, is_primary, is_opted_out,
    is_undeliverable)
SELECT gen_random_uuid(), %(tenant)s, id, '', code || '@client.example', '', 'ap', '', true, false, false
FROM ledger_customer
"""
# Issued evenly over three years, due after thirty days; the newest are the open ones, as in a living ledger.
DOCUMENTS = """
INSERT INTO ledger_document (id, tenant_id, entity_id, customer_id, kind, number, issue_date, currency, amount,
    original_currency, perimeter, is_opening, order_number, label, created_at)
SELECT gen_random_uuid(), %(tenant)s, %(entity)s, customer.id, 'invoice', 'F' || n,
    CURRENT_DATE - 1 - (n * 1095 / %(lines)s)::int, 'EUR', 20 + (n * 7919) %% 9000, '', 'operational', false,
    '', '', now()
FROM generate_series(1, %(lines)s::bigint) n
JOIN (SELECT id, row_number() OVER (ORDER BY id) AS place FROM ledger_customer) customer
    ON customer.place = 1 + (n * 6700417) %% %(customers)s
"""
DUE_LINES = """
INSERT INTO ledger_dueline (id, tenant_id, document_id, number, due_date, contractual_due_date, is_estimated, amount,
    open_amount, is_open, redated_reason, entity_id, customer_id, kind, issue_date, currency, perimeter)
SELECT gen_random_uuid(), %(tenant)s, id, 1, issue_date + 30, issue_date + 30, false, amount,
    CASE WHEN issue_date > CURRENT_DATE - 88 THEN amount ELSE 0 END, issue_date > CURRENT_DATE - 88, '', entity_id,
    customer_id, kind, issue_date, currency, perimeter
FROM ledger_document
"""

BARE_REMINDERS = """
INSERT INTO dunning_reminder (id, tenant_id, customer_id, entity_id, currency, scenario_version_id, step_id, cycle,
    channel, level, stage, mode, confirm_reasons, skipped_steps, amount, line_count, days_late, planned_date,
    contact_date, leaves_at, state, state_at, held_reason, cancel_reason, problem, attempt, failures, lapses,
    deferrals, worker, message_id, outcome, note, created_at)
SELECT gen_random_uuid(), %(tenant)s, customer_id, entity_id, currency, %(version)s, %(step)s, 1,
    'email', 1, 'amicable', 'auto', '[]', '[]', sum(open_amount), count(*), CURRENT_DATE - min(due_date), CURRENT_DATE,
    CURRENT_DATE, now(), 'planned', now(), '', '', '', 0, 0, 0, 0, '', '', '', '', now()
FROM ledger_dueline WHERE is_open AND due_date < CURRENT_DATE AND kind = 'invoice' AND perimeter = 'operational'
GROUP BY customer_id, entity_id, currency
"""
BARE_LINES = """
INSERT INTO dunning_reminderline (id, tenant_id, reminder_id, due_line_id, due_date, open_amount, claimed_amount,
    days_late, level, offset_days)
SELECT gen_random_uuid(), %(tenant)s, reminder.id, line.id, line.due_date, line.open_amount, line.open_amount,
    CURRENT_DATE - line.due_date, 1, 3
FROM ledger_dueline line JOIN dunning_reminder reminder ON reminder.customer_id = line.customer_id
    AND reminder.entity_id = line.entity_id AND reminder.currency = line.currency
WHERE line.is_open AND line.due_date < CURRENT_DATE AND line.kind = 'invoice' AND line.perimeter = 'operational'
"""


def make_ledger(lines: int) -> uuid.UUID:
    """Fill a tenant of its own with `lines` invoices."""
    slug = f"bench-{uuid.uuid4().hex[:8]}"
    opened = open_tenant(
        NewTenant(slug=slug, name=slug), admin_email=f"{slug}@bench.example", now=timezone.now()
    )
    with tenant_scope(opened.tenant_id):
        Tenant.objects.update(created_at="2020-01-01T00:00:00Z")
        root = Scope.objects.get()
        scope = Scope.objects.create(parent=root, kind="entity", code="E", name="E", path="/E/")
        entity = Entity.objects.create(scope=scope, code="E", name="E")
        default_version()
        facts: dict[str, Any] = {
            "tenant": opened.tenant_id,
            "portfolio": scope.pk,
            "entity": entity.pk,
            "lines": lines,
            "customers": lines // LINES_PER_CUSTOMER,
        }
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL statement_timeout = 0")
            for statement in (CUSTOMERS, CONTACTS, DOCUMENTS, DUE_LINES):
                cursor.execute(statement, facts)
    analyse()
    return opened.tenant_id


def analyse() -> None:
    """Refresh the statistics as the owner of the tables, as the house does after an import."""
    from django.db import connections  # noqa: PLC0415  the second door is used here alone

    with connections["migrate"].cursor() as cursor:
        for table in ("ledger_customer", "ledger_contact", "ledger_document", "ledger_dueline"):
            cursor.execute(f"VACUUM ANALYZE {table}")
    connections["migrate"].close()


def timed(tenant_id: uuid.UUID, work: Callable[[], object]) -> float:
    """Return how long a piece of work takes inside the tenant, and forget what it wrote."""
    with tenant_scope(tenant_id):
        begin = time.perf_counter()
        work()
        taken = time.perf_counter() - begin
        transaction.set_rollback(True)
    return taken


def bare(tenant_id: uuid.UUID) -> None:
    version = default_version()
    facts = {"tenant": tenant_id, "version": version.pk, "step": version.steps.all()[1].pk}
    with connection.cursor() as cursor:
        cursor.execute(BARE_REMINDERS, facts)
        cursor.execute(BARE_LINES, facts)


def ours(tenant_id: uuid.UUID) -> tuple[int, int]:
    now = timezone.now()
    result = plan_reminders(today=now.date(), now=now, actor=system_actor(tenant_id))
    assert result.coverage.uncovered == 0
    return len(result.planned), result.coverage.overdue_lines


def measure(lines: int) -> tuple[float, float]:
    """Print one size and return (ours, limit) in seconds, the median of a few rounds each."""
    tenant_id = make_ledger(lines)
    planned: list[tuple[int, int]] = []
    limits, plans = [], []
    for _ in range(ROUNDS):
        limits.append(timed(tenant_id, lambda: bare(tenant_id)))
        plans.append(timed(tenant_id, lambda: planned.append(ours(tenant_id))))
    limit, plan = statistics.median(limits), statistics.median(plans)
    reminders, overdue = planned[0]
    print(
        f"{lines:>9,} lines: {reminders:,} reminders for {overdue:,} overdue lines planned in {plan:.2f} s, "
        f"limit {limit:.2f} s, ratio {plan / limit:.2f} (goal {GOAL:.1f})"
    )
    return plan, limit


def main() -> None:
    figures = [measure(lines)[0] for lines in SIZES]
    for smaller, larger, before, after in zip(SIZES, SIZES[1:], figures, figures[1:], strict=False):
        print(
            f"growth {smaller:,} → {larger:,}: exponent {log(after / before) / log(larger / smaller):.2f}"
        )


if __name__ == "__main__":
    main()
