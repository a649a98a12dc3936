"""The plan of a day against bare SQL that writes the same reminders and lines: goal 4 times, by PERFORMANCE.

The limit sums up the late lines of each customer in one statement and inserts one reminder and its lines for
every group, with none of the rules, as a role that no wall stands before. Both write the same reminders and lines, and
are rolled back, on the same ledger: 8 % of the lines open, about one customer for 54 lines.
"""

import uuid
from typing import Any

from bench._measuring import medians, tell, tell_growth
from bench.data import LINES_PER_CUSTOMER, SIZES, bare_cursor

# isort: split
# `bench.data` sets Django up, so the models come after it.
from django.db import connection, connections, transaction
from django.utils import timezone

from accounts.models import Scope, Tenant
from accounts.services.tenants import NewTenant, open_tenant
from dunning.models import ReminderLine
from dunning.services.plan import plan_reminders
from dunning.services.scenarios import default_version
from kernel.permissions import system_actor
from kernel.tenancy import tenant_scope
from ledger.models import Entity

GOAL = 4.0
ROUNDS = 3

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
FROM ledger_dueline
WHERE tenant_id = %(tenant)s AND is_open AND due_date < CURRENT_DATE AND kind = 'invoice' AND perimeter = 'operational'
GROUP BY customer_id, entity_id, currency
"""
BARE_LINES = """
INSERT INTO dunning_reminderline (id, tenant_id, reminder_id, due_line_id, due_date, open_amount, claimed_amount,
    days_late, level, offset_days)
SELECT gen_random_uuid(), %(tenant)s, reminder.id, line.id, line.due_date, line.open_amount, line.open_amount,
    CURRENT_DATE - line.due_date, 1, 3
FROM ledger_dueline line JOIN dunning_reminder reminder ON reminder.tenant_id = line.tenant_id
    AND reminder.customer_id = line.customer_id
    AND reminder.entity_id = line.entity_id AND reminder.currency = line.currency
WHERE line.tenant_id = %(tenant)s AND line.is_open AND line.due_date < CURRENT_DATE AND line.kind = 'invoice'
    AND line.perimeter = 'operational'
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
    vacuum("ledger_customer", "ledger_contact", "ledger_document", "ledger_dueline")
    return opened.tenant_id


def vacuum(*tables: str) -> None:
    """Refresh the statistics as the owner of the tables, as the house does after an import."""
    with connections["migrate"].cursor() as cursor:
        for table in tables:
            cursor.execute(f"VACUUM ANALYZE {table}")
    connections["migrate"].close()


def forget_rolled_back() -> None:
    """Take away the dead rows of the last round, which the planner would take for an empty table."""
    vacuum("dunning_reminder", "dunning_reminderline")


def ours(tenant_id: uuid.UUID) -> tuple[int, int]:
    """Plan as the nightly task does, forget it, and return how many reminders and lines there were."""
    now = timezone.now()
    with tenant_scope(tenant_id):
        result = plan_reminders(today=now.date(), now=now, actor=system_actor(tenant_id))
        lines = ReminderLine.objects.count()
        transaction.set_rollback(True)
    assert result.coverage.uncovered == 0
    return len(result.planned), lines


def measure(lines: int) -> tuple[float, float]:
    """Print one size and return (ours, limit) in seconds."""
    tenant_id = make_ledger(lines)
    with tenant_scope(tenant_id):
        version = default_version()
        step = version.steps.all()[1]
    facts = {"tenant": str(tenant_id), "version": str(version.pk), "step": str(step.pk)}
    with bare_cursor() as cursor:

        def bare() -> tuple[int, int]:
            cursor.execute("BEGIN")
            written = []
            for statement in (BARE_REMINDERS, BARE_LINES):
                cursor.execute(statement, facts)
                written.append(cursor.rowcount)
            cursor.execute("ROLLBACK")
            return written[0], written[1]

        reminders, overdue = ours(tenant_id)
        assert (reminders, overdue) == bare()
        figure, limit = medians(
            lambda: ours(tenant_id), bare, rounds=ROUNDS, before=forget_rolled_back
        )
    tell(lines, f"{reminders:,} reminders, {overdue:,} lines", figure, limit, GOAL)
    return figure, limit


def main() -> None:
    """Measure each size and print the growth."""
    tell_growth("dunning plan", SIZES, [measure(lines)[0] for lines in SIZES])


if __name__ == "__main__":
    main()
