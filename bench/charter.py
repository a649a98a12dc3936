"""The back-test of a charter over twelve months of a ledger, by number of customers: its seconds and its questions.

Each customer has five invoices over twenty months, four of them settled, a limit and one of three terms; a third began
within the twelve months. The questions are the same few whatever the size; the seconds grow with the customers.
"""

import os
import sys
import time
import uuid
from typing import Any

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "otc.settings")
django.setup()

from django.db import connection, connections  # noqa: E402
from django.test.utils import CaptureQueriesContext  # noqa: E402
from django.utils import timezone  # noqa: E402

from accounts.models import Membership, RoleGrant, Scope, ScopeKind, User  # noqa: E402  # noqa: E402
from accounts.queries import actor_of  # noqa: E402
from accounts.services.tenants import NewTenant, open_tenant  # noqa: E402
from credit.queries.charter_backtest import back_test  # noqa: E402
from credit.rules.ready_charter import READY_CHARTER  # noqa: E402
from kernel.tenancy import tenant_scope  # noqa: E402
from ledger.models import Entity, PaymentTerms  # noqa: E402

CUSTOMERS = """
INSERT INTO ledger_customer (id, tenant_id, code, name, sort_name, siren, vat_number, country, language, address,
    portfolio_id, is_vip, is_public_buyer, pays_by_direct_debit, payment_reference, created_at, risk_class, terms_id)
SELECT gen_random_uuid(), %(tenant)s, 'C' || n, 'Client ' || n, 'client ' || n, '', '', 'FR', 'fr', '',
    %(portfolio)s, false, false, false, '', now(), substr('ABCD', 1 + n %% 4, 1),
    (SELECT id FROM ledger_paymentterms ORDER BY days OFFSET n %% 3 LIMIT 1)
FROM generate_series(1, %(customers)s) n
"""
DOCUMENTS = """
INSERT INTO ledger_document (id, tenant_id, entity_id, customer_id, kind, number, issue_date, currency, amount,
    original_currency, perimeter, is_opening, order_number, label, created_at)
SELECT gen_random_uuid(), %(tenant)s, %(entity)s, id, 'invoice', code || '-' || k,
    CURRENT_DATE - (CASE WHEN right(code, 1) < '4' THEN 70 ELSE 120 END) * (6 - k), 'EUR', 500 + k * 700, '',
    'operational', false, '', '', now()
FROM ledger_customer, generate_series(1, 5) k
"""
LINES = """
INSERT INTO ledger_dueline (id, tenant_id, document_id, number, due_date, contractual_due_date, is_estimated, amount,
    open_amount, is_open, cleared_date, redated_reason, entity_id, customer_id, kind, issue_date, currency, perimeter)
SELECT gen_random_uuid(), tenant_id, id, 1, issue_date + 30, issue_date + 30, false, amount,
    CASE WHEN right(number, 1) = '5' THEN amount ELSE 0 END, right(number, 1) = '5',
    CASE WHEN right(number, 1) = '5' THEN NULL ELSE issue_date + 35 END, '', entity_id, customer_id, kind, issue_date,
    currency, perimeter
FROM ledger_document
"""
LIMITS = """
INSERT INTO credit_creditlimit (id, tenant_id, customer_id, amount, insured_amount, currency, valid_from, reason,
    created_at)
SELECT gen_random_uuid(), tenant_id, id, 20000 + 1000 * (length(name) * 37 %% 400), 0, 'EUR',
    CURRENT_DATE - 200 - length(name), '', now()
FROM ledger_customer
"""


def fill(customers: int) -> tuple[uuid.UUID, uuid.UUID]:
    """Open a tenant with so many customers; return it and the membership of its credit manager."""
    slug = f"charter-{uuid.uuid4().hex[:8]}"
    opened = open_tenant(
        NewTenant(slug=slug, name=slug, country="FR"),
        admin_email=f"admin@{slug}.example",
        now=timezone.now(),
    )
    with tenant_scope(opened.tenant_id), connection.cursor() as cursor:
        root = Scope.objects.get(path="/")
        scope = Scope.objects.create(
            parent=root, kind=ScopeKind.ENTITY, code="E", name="E", path="/E/"
        )
        entity = Entity.objects.create(scope=scope, code="E", name="E")
        for days in (30, 45, 60):
            PaymentTerms.objects.create(code=f"N{days}", label=str(days), days=days)
        member = Membership.objects.create(
            user=User.objects.create(email=f"cm@{slug}.example"), name="CM", state="active"
        )
        RoleGrant.objects.create(membership=member, role="credit_manager", scope=root)
        facts: dict[str, Any] = {
            "tenant": opened.tenant_id,
            "portfolio": scope.pk,
            "entity": entity.pk,
            "customers": customers,
        }
        cursor.execute("SET LOCAL statement_timeout = '20min'")  # filling is not what is measured
        for statement in (CUSTOMERS, DOCUMENTS, LINES, LIMITS):
            cursor.execute(statement, facts)
    return opened.tenant_id, member.pk


def main() -> None:
    """Print seconds and questions for each size named on the command line, else 10,000 and 100,000."""
    for size in [int(word) for word in sys.argv[1:]] or [10_000, 100_000]:
        tenant_id, member = fill(size)
        with connections["migrate"].cursor() as cursor:
            cursor.execute(
                "ANALYZE ledger_customer, ledger_document, ledger_dueline, credit_creditlimit"
            )
        with tenant_scope(tenant_id):
            actor = actor_of(member)
            if actor is None:
                raise LookupError("the credit manager of the benchmark has no access")
            with CaptureQueriesContext(connection) as asked:
                start = time.perf_counter()
                found = back_test(READY_CHARTER, actor=actor, today=timezone.localdate())
                took = time.perf_counter() - start
        in_sql = sum(float(one["time"]) for one in asked)
        print(
            f"{size:>8,} customers, {sum(found.events.values()):,} events: {took:.1f} s, of which {in_sql:.1f} s in "
            f"{len(asked)} questions; {len(found.judged):,} break an article"
        )


if __name__ == "__main__":
    main()
