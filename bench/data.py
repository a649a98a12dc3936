"""A ledger for benchmarks, written set-based in SQL: invoices of three years, 8 % of them open.

Everything follows from the number of the invoice, so that two runs are equal. A customer pays on the 28th what he
meant to pay that month, in one payment; the newest invoices are the open ones, as in a living ledger. One customer in
twenty is invoiced in dollars, one invoice in fifty is credited in part, one open invoice in a hundred is disputed. One
invoice in a hundred belongs to a second tenant, whose rows nobody may see.
"""

import os
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "otc.settings")
django.setup()

import psycopg2  # noqa: E402
from django.conf import settings  # noqa: E402
from django.db import connection, connections  # noqa: E402
from django.utils import timezone  # noqa: E402

from accounts.models import Scope, ScopeKind  # noqa: E402
from accounts.services.tenants import NewTenant, open_tenant  # noqa: E402
from kernel.tenancy import tenant_scope  # noqa: E402
from ledger.models import Entity  # noqa: E402
from ledger.services import recompute_lines  # noqa: E402

DAY = date(2026, 10, 31)  # the last day of the history; the figures are those of its end
SIZES = (20_000, 100_000, 1_000_000)
LINES_PER_CUSTOMER = 54
TABLES = (
    "ledger_customer",
    "ledger_document",
    "ledger_dueline",
    "ledger_allocation",
    "disputes_dispute",
)

CUSTOMERS = """
INSERT INTO ledger_customer (id, tenant_id, code, name, sort_name, siren, vat_number, country, language, address,
    portfolio_id, is_vip, is_public_buyer, pays_by_direct_debit, payment_reference, created_at)
SELECT md5(%(salt)s || 'C' || n)::uuid, %(tenant)s, 'C' || n, 'Client ' || n, 'client ' || n, '', '', 'FR', 'fr', '',
    %(portfolio)s, false, false, false, '', now()
FROM generate_series(1, %(customers)s) n
"""

# Issued evenly over three years, on terms of 30 to 75 days, meant to be paid up to 76 days late.
FACTS = """
SELECT n, md5(%(salt)s || 'F' || n)::uuid AS id, md5(%(salt)s || 'A' || n)::uuid AS note_id,
    md5(%(salt)s || 'C' || customer)::uuid AS customer_id,
    CASE WHEN customer %% 20 = 0 THEN 'USD' ELSE 'EUR' END AS currency,
    issued, issued + term AS due, amount, credited, paid, paid BETWEEN issued AND %(day)s AS is_settled,
    md5(%(salt)s || 'P' || customer || paid)::uuid AS payment_id
FROM (
    SELECT *, 1 + (n * 6700417) %% %(customers)s AS customer, (20 + (n * 7919) %% 9000)::numeric AS amount,
        CASE WHEN n %% 50 = 0 AND issued + 5 <= %(day)s THEN 10 + (n * 31) %% 10 ELSE 0 END::numeric AS credited,
        date_trunc('month', (issued + term + late)::timestamp)::date + 27 AS paid
    FROM (
        SELECT n, %(day)s::date - (n * 1095 / %(lines)s)::int AS issued,
            (30 + 15 * (n %% 4))::int AS term, ((n * 104729) %% 82)::int - 5 AS late
        FROM generate_series(1, %(lines)s::bigint) n
    ) drawn
) fact
"""
PAYMENTS = f"""
SELECT payment_id AS id, customer_id, currency, paid, sum(amount - credited) AS amount
FROM ({FACTS}) fact WHERE is_settled GROUP BY 1, 2, 3, 4
"""

_DOCUMENT = """
INSERT INTO ledger_document (id, tenant_id, entity_id, customer_id, kind, number, issue_date, currency, amount,
    linked_document_id, original_currency, perimeter, is_opening, order_number, label, created_at)
"""
_DOCUMENT_END = "'', 'operational', false, '', '', now()"
# What is open is written at once: `recompute_lines` then has nothing to mend, which proves the allocations.
_LINE = """
INSERT INTO ledger_dueline (id, tenant_id, document_id, number, due_date, contractual_due_date, is_estimated, amount,
    open_amount, is_open, cleared_date, redated_reason, entity_id, customer_id, kind, issue_date, currency, perimeter)
SELECT id, %(tenant)s, id, 1, due, due, false, amount, CASE WHEN cleared IS NULL THEN amount ELSE 0 END,
    cleared IS NULL, cleared, '', %(entity)s, customer_id, kind, issued, currency, 'operational' FROM
"""
_ALLOCATION = """
INSERT INTO ledger_allocation (id, tenant_id, debit_line_id, credit_line_id, amount, effective_date, created_at)
"""
STATEMENTS = (
    CUSTOMERS,
    """
INSERT INTO ledger_exchangerate (id, tenant_id, currency, valid_from, rate, source)
VALUES (gen_random_uuid(), %(tenant)s, 'USD', '2020-01-01', 0.9134, '')""",
    f"""{_DOCUMENT}
SELECT id, %(tenant)s, %(entity)s, customer_id, 'invoice', 'F' || n, issued, currency, amount, NULL, {_DOCUMENT_END}
FROM ({FACTS}) fact""",
    f"""{_DOCUMENT}
SELECT note_id, %(tenant)s, %(entity)s, customer_id, 'credit_note', 'A' || n, issued + 5, currency, -credited, id,
    {_DOCUMENT_END} FROM ({FACTS}) fact WHERE credited > 0""",
    f"""{_DOCUMENT}
SELECT id, %(tenant)s, %(entity)s, customer_id, 'payment', 'P' || paid, paid, currency, -amount, NULL, {_DOCUMENT_END}
FROM ({PAYMENTS}) payment""",
    f"""{_LINE} (SELECT id, customer_id, 'invoice' AS kind, issued, due, currency, amount,
    CASE WHEN is_settled THEN greatest(paid, CASE WHEN credited > 0 THEN issued + 5 END) END AS cleared
    FROM ({FACTS}) fact) invoice""",
    f"""{_LINE} (SELECT note_id AS id, customer_id, 'credit_note' AS kind, issued + 5 AS issued, issued + 5 AS due,
    currency, -credited AS amount, CASE WHEN is_settled THEN issued + 5 END AS cleared
    FROM ({FACTS}) fact WHERE credited > 0) note""",
    f"""{_LINE} (SELECT id, customer_id, 'payment' AS kind, paid AS issued, paid AS due, currency, -amount AS amount,
    paid AS cleared FROM ({PAYMENTS}) fact) payment""",
    f"""{_ALLOCATION}
SELECT gen_random_uuid(), %(tenant)s::uuid, id, payment_id, amount - credited, paid, now()
FROM ({FACTS}) fact WHERE is_settled
UNION ALL
SELECT gen_random_uuid(), %(tenant)s::uuid, id, note_id, credited, issued + 5, now()
FROM ({FACTS}) fact WHERE is_settled AND credited > 0""",
    f"""
INSERT INTO disputes_dispute (id, tenant_id, number, due_line_id, customer_id, amount, currency, type, opened_date,
    reason, outcome, created_at)
SELECT gen_random_uuid(), %(tenant)s, n, id, customer_id, 5, currency, 'price', issued, '', '', now()
FROM ({FACTS}) fact WHERE NOT is_settled AND n %% 100 = 1""",
)


@dataclass(frozen=True, slots=True)
class BenchLedger:
    """A filled tenant: how many invoices it has, and how many customers."""

    tenant_id: uuid.UUID
    lines: int
    customers: int


def make_ledger(lines: int) -> BenchLedger:
    """Fill a tenant of its own with 99 % of `lines` invoices and a second one with the rest.

    The large one first: a session keeps the plans by which it checks references, and those made for a few rows read
    the whole table for each of a million.
    """
    ledger = _fill(lines - lines // 100)
    _fill(max(LINES_PER_CUSTOMER, lines // 100))
    vacuum()
    return ledger


def _fill(lines: int) -> BenchLedger:
    slug = f"bench-{uuid.uuid4().hex[:8]}"
    opened = open_tenant(
        NewTenant(slug=slug, name=slug), admin_email=f"{slug}@bench.example", now=timezone.now()
    )
    customers = max(1, lines // LINES_PER_CUSTOMER)
    with tenant_scope(opened.tenant_id):
        scope = Scope.objects.create(
            parent=Scope.objects.get(), kind=ScopeKind.ENTITY, code="E", name="E", path="/E/"
        )
        entity = Entity.objects.create(scope=scope, code="E", name="E")
        facts: dict[str, str | int | date] = {
            "tenant": str(opened.tenant_id),
            "salt": slug,
            "portfolio": str(scope.pk),
            "entity": str(entity.pk),
            "lines": lines,
            "customers": customers,
            "day": DAY,
        }
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL statement_timeout = 0")
            for statement in STATEMENTS:
                cursor.execute(statement, facts)
        assert recompute_lines() == 0, "The lines say something else than their allocations."
    return BenchLedger(opened.tenant_id, lines, customers)


def vacuum() -> None:
    """Refresh statistics and visibility as the owner of the tables, as the house does after an import."""
    with connections["migrate"].cursor() as cursor:
        for table in TABLES:
            cursor.execute(f"VACUUM ANALYZE {table}")
    connections["migrate"].close()


@contextmanager
def bare_cursor() -> Iterator["psycopg2.extensions.cursor"]:
    """Give a cursor that no wall stands before: the limit is what PostgreSQL can do, not what we ask of it."""
    url = os.environ["DATABASE_ADMIN_URL"].replace("/postgres?", "/otc?")
    parameters = {"dbname": settings.DATABASES["default"]["NAME"]}
    bare = psycopg2.connect(url, **parameters)
    bare.autocommit = True
    try:
        with bare.cursor() as cursor:
            yield cursor
    finally:
        bare.close()


def main() -> None:
    """Tell how long filling takes: the one benchmark that has no goal."""
    for lines in SIZES:
        begin = time.perf_counter()
        ledger = make_ledger(lines)
        taken = time.perf_counter() - begin
        print(
            f"{lines:>9,} lines, {ledger.customers:,} customers written in {taken:.1f} s",
            flush=True,
        )


if __name__ == "__main__":
    main()
