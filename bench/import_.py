"""The import of a receivables file, from its bytes to the applied ledger, against bare COPY and upsert.

The limit does the least that ends in the same tables: COPY of clean, typed rows into an unlogged table, then an
upsert into documents and due lines with all their keys and indexes, as a role that no wall stands before.
"""

import io
import time
import uuid
from datetime import date, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from bench._measuring import tell, tell_growth
from bench.data import DAY, LINES_PER_CUSTOMER, SIZES, bare_cursor

# isort: split
# `bench.data` sets Django up, so the models come after it.
from django.utils import timezone

from accounts.models import Scope, ScopeKind
from accounts.services.tenants import NewTenant, open_tenant
from kernel.permissions import system_actor
from kernel.tenancy import tenant_scope
from ledger.imports.services import ImportRequest, run_import
from ledger.models import Entity

GOAL = 4.0
HEADER = (
    "code client;raison sociale;n° pièce;type;date pièce;échéance;montant TTC;montant HT;devise"
)

STAGE = """
CREATE UNLOGGED TABLE bench_stage (code text, name text, number text, issued date, due date, amount numeric(19,4),
    excl_tax numeric(19,4))
"""
CUSTOMERS = """
INSERT INTO ledger_customer (id, tenant_id, code, name, sort_name, siren, vat_number, country, language, address,
    portfolio_id, is_vip, is_public_buyer, pays_by_direct_debit, payment_reference, created_at)
SELECT gen_random_uuid(), %(tenant)s, code, min(name), lower(min(name)), '', '', 'FR', 'fr', '', %(scope)s, false,
    false, false, '', now()
FROM bench_stage GROUP BY code ON CONFLICT DO NOTHING
"""
DOCUMENTS = """
INSERT INTO ledger_document (id, tenant_id, entity_id, customer_id, kind, number, issue_date, currency, amount,
    amount_excl_tax, original_currency, perimeter, is_opening, order_number, label, created_at)
SELECT gen_random_uuid(), %(tenant)s, %(entity)s, customer.id, 'invoice', number, issued, 'EUR', amount, excl_tax, '',
    'operational', false, '', '', now()
FROM bench_stage JOIN ledger_customer customer ON customer.tenant_id = %(tenant)s AND customer.code = bench_stage.code
ON CONFLICT (tenant_id, entity_id, customer_id, kind, number) DO UPDATE SET amount = excluded.amount
"""
LINES = """
INSERT INTO ledger_dueline (id, tenant_id, document_id, number, due_date, contractual_due_date, is_estimated, amount,
    open_amount, is_open, redated_reason, entity_id, customer_id, kind, issue_date, currency, perimeter)
SELECT gen_random_uuid(), %(tenant)s, document.id, 1, due, due, false, document.amount, document.amount, true, '',
    document.entity_id, document.customer_id, 'invoice', issued, 'EUR', 'operational'
FROM bench_stage
JOIN ledger_document document ON document.tenant_id = %(tenant)s AND document.number = bench_stage.number
ON CONFLICT (tenant_id, document_id, number) DO UPDATE SET due_date = excluded.due_date
"""


def rows(lines: int) -> list[tuple[str, str, str, date, date, str, str]]:
    """Return `lines` invoices over three years, the same for the same number."""
    made = []
    for number in range(lines):
        customer = number * 7919 % max(1, lines // LINES_PER_CUSTOMER)
        issued = DAY - timedelta(days=number * 1095 // lines)
        cents = 2000 + number * 104_729 % 900_000
        amount, net = f"{cents / 100:.2f}", f"{cents / 120:.2f}"
        due = issued + timedelta(days=30 + 15 * (number % 4))
        made.append((f"C{customer}", f"Société {customer}", f"F{number}", issued, due, amount, net))
    return made


def write_csv(made: list[tuple[Any, ...]], path: Path) -> None:
    """Write the rows as a French accounting program exports them."""
    with path.open("w", encoding="utf-8") as target:
        target.write(HEADER + "\n")
        for code, name, number, issued, due, amount, net in made:
            days = f"{issued:%d/%m/%Y};{due:%d/%m/%Y}"
            money = f"{amount};{net}".replace(".", ",")
            target.write(f"{code};{name};{number};Facture;{days};{money};EUR\n")


def new_tenant() -> dict[str, str]:
    """Open a tenant with one entity and return the ids that the statements need."""
    slug = f"bench-{uuid.uuid4().hex[:8]}"
    opened = open_tenant(
        NewTenant(slug=slug, name=slug), admin_email=f"{slug}@bench.example", now=timezone.now()
    )
    with tenant_scope(opened.tenant_id):
        scope = Scope.objects.create(
            parent=Scope.objects.get(), kind=ScopeKind.ENTITY, code="E", name="E", path="/E/"
        )
        entity = Entity.objects.create(scope=scope, code="E", name="E")
        return {
            "tenant": str(opened.tenant_id),
            "scope": str(scope.pk),
            "entity": str(entity.pk),
        }


def bare(made: list[tuple[Any, ...]]) -> float:
    """Return the seconds of COPY and upsert of rows that are typed already."""
    facts = new_tenant()
    text = "\n".join("\t".join(map(str, row)) for row in made) + "\n"
    with bare_cursor() as cursor:
        cursor.execute("SET statement_timeout = 0")
        cursor.execute("DROP TABLE IF EXISTS bench_stage")
        cursor.execute(STAGE)
        started = time.perf_counter()
        cursor.copy_expert("COPY bench_stage FROM STDIN", io.StringIO(text))
        for statement in (CUSTOMERS, DOCUMENTS, LINES):
            cursor.execute(statement, facts)
        seconds = time.perf_counter() - started
        cursor.execute("DROP TABLE bench_stage")
    return seconds


def ours(path: Path) -> float:
    """Return the seconds from the file to the applied import."""
    tenant_id = uuid.UUID(new_tenant()["tenant"])
    started = time.perf_counter()
    result = run_import(
        ImportRequest(path, path.name),
        tenant_id=tenant_id,
        actor=system_actor(tenant_id),
        today=DAY,
        now=timezone.now,
    )
    assert result.state == "applied", result.as_json()
    return time.perf_counter() - started


def main() -> None:
    """Print figure, limit and ratio at each size, and the growth."""
    figures = []
    with TemporaryDirectory() as folder:
        for lines in SIZES:
            made = rows(lines)
            path = Path(folder) / f"receivables-{lines}.csv"
            write_csv(made, path)
            limit = bare(made)
            figures.append(ours(path))
            tell(lines, "import, file to applied", figures[-1], limit, GOAL)
    tell_growth("import", SIZES, figures)


if __name__ == "__main__":
    main()
